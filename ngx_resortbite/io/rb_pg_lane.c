
/*
 * Sending.  A statement waits in its lane until the end of the turn; then the
 * lane hands everything to its links, the least busy first, up to a depth
 * that keeps one slow statement from holding up many.
 *
 * Point reads of a turn share a sync, up to RB_PG_SYNC_EVERY of them.  That
 * makes them one implicit transaction: after an error the server skips the
 * rest up to the sync, and what was skipped is queued again, each with a sync
 * of its own, so that the same offender can't spoil it twice.  The server
 * also holds results back until the sync, which is nothing for reads by key;
 * slow reads and writes always have a sync of their own.
 *
 * Receiving is in rb_pg_result.c.
 */


#include "io/rb_pg_lane.h"
#include "base/rb_time.h"


static ngx_int_t rb_pg_lane_full(rb_pg_lane_t *lane);
static void rb_pg_lane_free_ops(ngx_queue_t *ops);
static void rb_pg_lane_turn(void *data);
static void rb_pg_lane_batch(rb_pg_lane_t *lane);
static rb_pg_op_t *rb_pg_lane_batch_op(rb_pg_lane_t *lane, ngx_uint_t stmt,
    ngx_queue_t *gather);
static rb_pg_link_t *rb_pg_lane_pick(rb_pg_lane_t *lane);
static void rb_pg_link_put(rb_pg_link_t *link, rb_pg_op_t *op);
static ngx_int_t rb_pg_link_send_op(rb_pg_link_t *link, rb_pg_op_t *op);
static ngx_int_t rb_pg_link_prepare(rb_pg_link_t *link, rb_pg_op_t *op,
    char *name);
static void rb_pg_link_sync(rb_pg_link_t *link);


rb_err_t *
rb_pg_lane_submit(rb_pg_lane_t *lane, rb_pg_variant_t *variant,
    const ngx_str_t *params, rb_pg_call_t *call)
{
    rb_pg_op_t  *op;

    if (lane->failing) {
        return &rb_err_database;
    }

    if (rb_pg_lane_full(lane)) {
        return &rb_err_busy;
    }

    op = rb_pg_op_create(RB_PG_OP_STATEMENT, variant, params);
    if (op == NULL) {
        return &rb_err_internal;
    }

    op->lane = lane;
    call->op = op;
    ngx_queue_insert_tail(&op->calls, &call->queue);

    ngx_queue_insert_tail(&lane->pending, &op->queue);
    lane->queued++;

    rb_turn_end(&lane->turn);

    return NULL;
}


rb_err_t *
rb_pg_lane_gather(rb_pg_lane_t *lane, ngx_uint_t stmt, rb_pg_call_t *call)
{
    if (lane->failing) {
        return &rb_err_database;
    }

    if (rb_pg_lane_full(lane)) {
        return &rb_err_busy;
    }

    call->op = NULL;
    call->lane = lane;
    ngx_queue_insert_tail(&lane->gathers[stmt], &call->queue);
    lane->gathered++;

    rb_turn_end(&lane->turn);

    return NULL;
}


rb_pg_lane_t *
rb_pg_lane_for(ngx_uint_t index)
{
    rb_pg_lane_t  *lane;

    lane = &rb_pg.lanes[index];

    return (lane->failing && lane->replica && !lane->replica->failing)
           ? lane->replica : lane;
}


static ngx_int_t
rb_pg_lane_full(rb_pg_lane_t *lane)
{
    if (lane->queued + lane->gathered < rb_pg.conf->queue) {
        return 0;
    }

    lane->stats.refused++;

    if (lane->warned != ngx_time()) {   /* once a second is enough to know */
        lane->warned = ngx_time();
        ngx_log_error(NGX_LOG_WARN, rb_pg.log, 0,
                      "postgres (%s): the queue is full: requests are "
                      "answered 503; see \"queue=\"", lane->name);
    }

    return 1;
}


static void
rb_pg_lane_turn(void *data)
{
    ngx_uint_t     i;
    rb_pg_op_t    *op;
    ngx_queue_t   *q;
    rb_pg_lane_t  *lane;
    rb_pg_link_t  *link;

    lane = data;

    if (lane->gathered) {
        rb_pg_lane_batch(lane);
    }

    while (!ngx_queue_empty(&lane->pending)) {
        link = rb_pg_lane_pick(lane);
        if (link == NULL) {
            break;
        }

        q = ngx_queue_head(&lane->pending);
        ngx_queue_remove(q);
        lane->queued--;

        op = ngx_queue_data(q, rb_pg_op_t, queue);

        if (ngx_queue_empty(&op->calls)) {
            rb_pg_op_free(op);          /* nobody waits any more */
            continue;
        }

        rb_pg_link_put(link, op);
    }

    for (i = 0; i < lane->nlinks; i++) {
        link = &lane->links[i];

        if (link->unsynced) {
            rb_pg_link_sync(link);
        }

        if (link->conn.state == RB_PG_READY
            && !ngx_queue_empty(&link->inflight))
        {
            rb_pg_conn_flush(&link->conn);
        }
    }
}


/*
 * Turns gathered reads by id into operations.  While no link can take more
 * they stay gathered: the batches grow with the load.
 */

static void
rb_pg_lane_batch(rb_pg_lane_t *lane)
{
    ngx_uint_t    stmt;
    rb_pg_op_t   *op;
    ngx_queue_t  *gather;

    for (stmt = 0; stmt < RB_STMT_COUNT; stmt++) {
        gather = &lane->gathers[stmt];

        while (!ngx_queue_empty(gather)) {

            if (rb_pg_lane_pick(lane) == NULL) {
                return;
            }

            op = rb_pg_lane_batch_op(lane, stmt, gather);
            if (op == NULL) {
                return;
            }

            ngx_queue_insert_tail(&lane->pending, &op->queue);
            lane->queued++;
        }
    }
}


static rb_pg_op_t *
rb_pg_lane_batch_op(rb_pg_lane_t *lane, ngx_uint_t stmt, ngx_queue_t *gather)
{
    u_char           *p;
    ngx_str_t         ids;
    ngx_uint_t        n;
    rb_pg_op_t       *op;
    ngx_queue_t      *q, batch;
    rb_pg_call_t     *call;
    rb_pg_variant_t  *variant;

    /* {id,id,…}: each was parsed, so that none needs quoting */

    u_char            literal[RB_PG_BATCH * 37 + 2];

    ngx_queue_init(&batch);
    p = literal;
    *p++ = '{';

    for (n = 0; n < RB_PG_BATCH && !ngx_queue_empty(gather); n++) {
        q = ngx_queue_head(gather);
        ngx_queue_remove(q);
        lane->gathered--;

        call = ngx_queue_data(q, rb_pg_call_t, queue);
        ngx_queue_insert_tail(&batch, q);

        p = ngx_cpymem(p, call->id->data, call->id->len);
        *p++ = ',';
    }

    p[-1] = '}';
    ids.data = literal;
    ids.len = p - literal;

    variant = rb_pg_variant(&rb_statements[stmt], 0);
    op = variant ? rb_pg_op_create(RB_PG_OP_STATEMENT, variant, &ids) : NULL;

    while (!ngx_queue_empty(&batch)) {
        q = ngx_queue_head(&batch);
        ngx_queue_remove(q);
        call = ngx_queue_data(q, rb_pg_call_t, queue);

        if (op == NULL) {
            ngx_queue_init(q);
            rb_pg_call_finish(call, NULL, 0, 0, &rb_err_internal);
            continue;
        }

        call->op = op;
        ngx_queue_insert_tail(&op->calls, q);
    }

    if (op) {
        op->lane = lane;
        op->coalesced = 1;
    }

    return op;
}


/* The least busy link that may take one more; NULL: none. */

static rb_pg_link_t *
rb_pg_lane_pick(rb_pg_lane_t *lane)
{
    ngx_uint_t     i;
    rb_pg_link_t  *link, *best;

    best = NULL;

    for (i = 0; i < lane->nlinks; i++) {
        link = &lane->links[i];

        if (link->conn.state != RB_PG_READY || link->depth >= lane->depth) {
            continue;
        }

        if (best == NULL || link->depth < best->depth) {
            best = link;
        }
    }

    return best;
}


/* Sends an operation; a sync follows now or at the end of the turn. */

static void
rb_pg_link_put(rb_pg_link_t *link, rb_pg_op_t *op)
{
    unsigned  alone;

    alone = !link->lane->shared_sync || op->attempts;

    if (alone && link->unsynced) {
        rb_pg_link_sync(link);
    }

    if (rb_pg_link_send_op(link, op) != NGX_OK) {
        return;
    }

    link->unsynced++;

    if (alone || link->unsynced == RB_PG_SYNC_EVERY) {
        rb_pg_link_sync(link);
    }
}


rb_err_t *
rb_pg_link_send(rb_pg_link_t *link, rb_pg_op_t *op)
{
    if (link->conn.state != RB_PG_READY) {
        rb_pg_op_free(op);
        return &rb_err_database;
    }

    op->lane = link->lane;
    rb_pg_link_put(link, op);

    if (link->conn.state == RB_PG_READY) {
        rb_pg_conn_flush(&link->conn);
    }

    return NULL;
}


/* NGX_ERROR: the link was lost, and with it the operation dealt with. */

static ngx_int_t
rb_pg_link_send_op(rb_pg_link_t *link, rb_pg_op_t *op)
{
    int               rc;
    char              name[32];
    PGconn           *pg;
    rb_pg_variant_t  *variant;

    pg = link->conn.pg;
    variant = op->variant;
    op->link = link;
    link->depth++;

    if (op->kind == RB_PG_OP_TEXT) {
        ngx_queue_insert_tail(&link->inflight, &op->queue);
        rc = PQsendQueryParams(pg, op->text, 0, NULL, NULL, NULL, NULL, 0);

    } else if (variant->index >= RB_PG_VARIANTS) {
        ngx_queue_insert_tail(&link->inflight, &op->queue);
        rc = PQsendQueryParams(pg, variant->text, (int) variant->nparams, NULL,
                               (const char *const *) op->values, NULL, NULL,
                               0);

    } else {
        rc = (rb_pg_link_prepare(link, op, name) == NGX_OK);
        ngx_queue_insert_tail(&link->inflight, &op->queue);

        if (rc) {
            rc = PQsendQueryPrepared(pg, name, (int) variant->nparams,
                                     (const char *const *) op->values, NULL,
                                     NULL, 0);
        }
    }

    if (rc == 0) {
        rb_pg_conn_lose(&link->conn, NULL);
        return NGX_ERROR;
    }

    link->lane->stats.statements++;

    return NGX_OK;
}


/* Has the statement prepared on this link first, if it isn't yet. */

static ngx_int_t
rb_pg_link_prepare(rb_pg_link_t *link, rb_pg_op_t *op, char *name)
{
    uint64_t         *word, bit;
    rb_pg_op_t       *prepare;
    rb_pg_variant_t  *variant;

    variant = op->variant;

    *ngx_sprintf((u_char *) name, "rb%ui_%ui", variant->index,
                 link->generation) = '\0';

    word = &link->prepared[variant->index / 64];
    bit = 1ULL << (variant->index % 64);

    if (*word & bit) {
        return NGX_OK;
    }

    prepare = rb_pg_op_create(RB_PG_OP_PREPARE, NULL, NULL);
    if (prepare == NULL) {
        return NGX_ERROR;
    }

    prepare->link = link;
    prepare->generation = link->generation;
    prepare->statement = op;
    ngx_queue_insert_tail(&link->inflight, &prepare->queue);

    if (PQsendPrepare(link->conn.pg, name, variant->text, 0, NULL) == 0) {
        return NGX_ERROR;
    }

    *word |= bit;

    return NGX_OK;
}


static void
rb_pg_link_sync(rb_pg_link_t *link)
{
    rb_pg_op_t  *op;

    link->unsynced = 0;

    if (link->conn.state != RB_PG_READY) {
        return;
    }

    op = rb_pg_op_create(RB_PG_OP_SYNC, NULL, NULL);
    if (op == NULL) {
        rb_pg_conn_lose(&link->conn, "out of memory");
        return;
    }

    op->link = link;
    ngx_queue_insert_tail(&link->inflight, &op->queue);

#if (RB_HAVE_PQ_SEND_PIPELINE_SYNC)
    if (PQsendPipelineSync(link->conn.pg) == 0) {
#else
    if (PQpipelineSync(link->conn.pg) == 0) {
#endif
        rb_pg_conn_lose(&link->conn, NULL);
        return;
    }

    link->lane->stats.syncs++;

    if (!link->conn.timer.timer_set) {
        rb_pg_conn_expect(&link->conn, rb_pg.conf->timeout + 1000);
    }
}


/* Waiting. */

rb_err_t *
rb_pg_call_wait(rb_pg_call_t *call, ngx_msec_t timeout)
{
    int64_t         start;
    rb_wake_e       wake;
    ngx_msec_t      end;
    ngx_msec_int_t  left;

    start = rb_time_monotonic();
    end = ngx_current_msec + timeout;
    wake = RB_WAKE;

    while (!call->done && wake == RB_WAKE) {
        left = (ngx_msec_int_t) (end - ngx_current_msec);
        wake = rb_task_wait(call->task, left > 0 ? (ngx_msec_t) left : 0);
    }

    call->task->pg_usec += rb_time_monotonic() - start;
    call->task->pg_calls++;

    if (call->done) {
        return call->err;
    }

    /* the operation goes on, or is dropped if it has not been sent */

    ngx_queue_remove(&call->queue);

    if (call->op == NULL) {
        call->lane->gathered--;
    }

    return wake == RB_WAKE_CANCELLED ? &rb_err_cancelled : &rb_err_timeout;
}


ngx_int_t
rb_pg_lane_init(rb_pg_lane_t *lane, ngx_pool_t *pool, ngx_uint_t index)
{
    ngx_str_t     *conninfo;
    ngx_uint_t     i;
    rb_pg_link_t  *link;

    static const char *const  names[RB_PG_LANES] = {
        "point", "slow", "write", "exclusive", "replica_point", "replica_slow"
    };

    /* a slow statement holds up what is behind it on its link: few; a commit
     * waits for the disk, and many may wait for one flush of it: more */

    static const ngx_uint_t  depths[] = { 256, 4, 32, 8 };

    lane->name = names[index];

    conninfo = &rb_pg.conf->conninfo;

    if (index >= RB_PG_REPLICA) {
        conninfo = &rb_pg.conf->replica;
        index -= RB_PG_REPLICA;

    } else if (rb_pg.conf->replica.len && index <= RB_LANE_SLOW) {
        lane->replica = &rb_pg.lanes[RB_PG_REPLICA + index];
    }

    lane->depth = depths[index];
    lane->shared_sync = (index == RB_LANE_POINT);
    lane->repeatable = (index == RB_LANE_POINT || index == RB_LANE_SLOW);
    lane->nlinks = conninfo->len ? rb_pg.conf->lane_size[index] : 0;

    ngx_queue_init(&lane->pending);
    lane->turn.handler = rb_pg_lane_turn;
    lane->turn.data = lane;

    lane->links = ngx_pcalloc(pool, lane->nlinks * sizeof(rb_pg_link_t));
    lane->gathers = ngx_palloc(pool, (RB_STMT_COUNT + 1) * sizeof(ngx_queue_t));

    if (lane->links == NULL || lane->gathers == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < RB_STMT_COUNT; i++) {
        ngx_queue_init(&lane->gathers[i]);
    }

    for (i = 0; i < lane->nlinks; i++) {
        link = &lane->links[i];
        link->lane = lane;
        ngx_queue_init(&link->inflight);

        link->conn.conf = rb_pg.conf;
        link->conn.conninfo = (const char *) conninfo->data;
        link->conn.user = &rb_pg_link_user;
        link->conn.log = rb_pg.log;
        link->conn.role = lane->name;
    }

    return NGX_OK;
}


void
rb_pg_lane_exit(rb_pg_lane_t *lane)
{
    ngx_uint_t  i;

    for (i = 0; i < lane->nlinks; i++) {
        rb_pg_conn_end(&lane->links[i].conn);
        rb_pg_lane_free_ops(&lane->links[i].inflight);
    }

    rb_pg_lane_free_ops(&lane->pending);
}


/* The fibers that wait for them end with the process. */

static void
rb_pg_lane_free_ops(ngx_queue_t *ops)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(ops)) {
        q = ngx_queue_head(ops);
        ngx_queue_remove(q);
        rb_pg_op_free(ngx_queue_data(q, rb_pg_op_t, queue));
    }
}
