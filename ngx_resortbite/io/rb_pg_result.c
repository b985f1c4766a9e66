
/*
 * Receiving.  Results come in the order in which operations were sent; each
 * ends with a NULL, a sync with a result of its own.  A result is handed to
 * the calls of its operation and shared by them; what its operation's callers
 * left behind is dropped.
 */


#include "io/rb_pg_lane.h"


static ngx_int_t rb_pg_link_ready(rb_pg_conn_t *conn);
static void rb_pg_link_readable(rb_pg_conn_t *conn);
static void rb_pg_link_lost(rb_pg_conn_t *conn, ngx_uint_t established);
static ngx_int_t rb_pg_link_take(rb_pg_link_t *link, rb_pg_op_t *op,
    PGresult *result);
static void rb_pg_op_complete(rb_pg_link_t *link, rb_pg_op_t *op);
static void rb_pg_prepare_complete(rb_pg_link_t *link, rb_pg_op_t *op);
static ngx_uint_t rb_pg_forget_prepared(rb_pg_link_t *link, PGresult *result);
static void rb_pg_op_refused(rb_pg_link_t *link, rb_pg_op_t *op);
static void rb_pg_op_again(rb_pg_op_t *op, rb_err_t *otherwise);
static void rb_pg_op_hand_out(rb_pg_op_t *op);
static void rb_pg_op_hand_out_by_id(rb_pg_op_t *op, rb_pg_holder_t *holder);
static void rb_pg_op_fail(rb_pg_op_t *op, rb_err_t *err);
static void rb_pg_lane_fail(rb_pg_lane_t *lane);
static void rb_pg_lane_move(rb_pg_lane_t *from, rb_pg_lane_t *to);
static void rb_pg_holder_release(void *data);


const rb_pg_conn_user_t  rb_pg_link_user = {
    rb_pg_link_ready,
    rb_pg_link_readable,
    rb_pg_link_lost
};


/* Up. */

static ngx_int_t
rb_pg_link_ready(rb_pg_conn_t *conn)
{
    ngx_uint_t     i, k;
    rb_pg_op_t    *op;
    rb_pg_link_t  *link;

    static char  settings[512];

    link = (rb_pg_link_t *) conn;

    if (link->lane->failing) {
        link->lane->failing = 0;

        for (i = 0; i < RB_PG_LANES; i++) {
            for (k = 0; k < rb_pg.lanes[i].nlinks; k++) {
                rb_pg_conn_hurry(&rb_pg.lanes[i].links[k].conn);
            }
        }
    }

    if (PQenterPipelineMode(conn->pg) == 0) {
        return NGX_ERROR;
    }

    *ngx_snprintf((u_char *) settings, sizeof(settings) - 1,
                  "SELECT set_config('statement_timeout', '%M', false),"
                  " set_config('idle_in_transaction_session_timeout', '%M',"
                  " false), set_config('timezone', 'UTC', false),"
                  " set_config('datestyle', 'ISO, YMD', false),"
                  " set_config('bytea_output', 'hex', false),"
                  " set_config('jit', 'off', false)",
                  rb_pg.conf->timeout, rb_pg.conf->timeout) = '\0';

    op = rb_pg_op_create(RB_PG_OP_TEXT, NULL, NULL);
    if (op == NULL) {
        return NGX_ERROR;
    }

    op->text = settings;
    (void) rb_pg_link_send(link, op);

    rb_turn_end(&link->lane->turn);

    return NGX_OK;
}


static void
rb_pg_link_readable(rb_pg_conn_t *conn)
{
    PGresult      *result;
    rb_pg_op_t    *op;
    rb_pg_link_t  *link;

    link = (rb_pg_link_t *) conn;

    while (!ngx_queue_empty(&link->inflight) && !PQisBusy(conn->pg)) {
        op = ngx_queue_data(ngx_queue_head(&link->inflight), rb_pg_op_t,
                            queue);
        result = PQgetResult(conn->pg);

        if (rb_pg_link_take(link, op, result) != NGX_OK) {
            return;
        }
    }

    if (!ngx_queue_empty(&link->inflight)) {
        rb_pg_conn_expect(conn, rb_pg.conf->timeout + 1000);

    } else {
        rb_pg_conn_expect(conn, 0);

        if (link->lane == &rb_pg.lanes[RB_PG_EXCLUSIVE] && link->tx == NULL) {
            rb_pg_tx_link_free(link);
        }
    }

    if (link->lane->queued || link->lane->gathered) {
        rb_turn_end(&link->lane->turn);
    }
}


/* One result, or the NULL that ends an operation's.  NGX_ERROR: lost. */

static ngx_int_t
rb_pg_link_take(rb_pg_link_t *link, rb_pg_op_t *op, PGresult *result)
{
    const char      *sqlstate;
    ExecStatusType   status;

    status = PQresultStatus(result);

    if (status == PGRES_FATAL_ERROR && result != NULL) {
        sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

        /* 57P0x: the server ends the session; 25006: a failover made it a
         * standby, so that the next attempt finds the new primary */

        if (PQstatus(link->conn.pg) == CONNECTION_BAD
            || (sqlstate && ngx_strncmp(sqlstate, "57P0", 4) == 0)
            || (sqlstate && ngx_strcmp(sqlstate, "25006") == 0))
        {
            rb_pg_conn_lose(&link->conn, PQresultErrorMessage(result));
            PQclear(result);
            return NGX_ERROR;
        }
    }

    if (op->kind == RB_PG_OP_SYNC) {

        if (result == NULL || status != PGRES_PIPELINE_SYNC) {
            PQclear(result);
            rb_pg_conn_lose(&link->conn, "results out of step");
            return NGX_ERROR;
        }

        PQclear(result);
        ngx_queue_remove(&op->queue);
        rb_pg_op_free(op);

        return NGX_OK;
    }

    if (result == NULL) {

        if (op->result == NULL) {
            rb_pg_conn_lose(&link->conn, "results out of step");
            return NGX_ERROR;
        }

        rb_pg_op_complete(link, op);
        return NGX_OK;
    }

    if (op->result) {
        PQclear(op->result);
    }

    op->result = result;

    return NGX_OK;
}


static void
rb_pg_op_complete(rb_pg_link_t *link, rb_pg_op_t *op)
{
    ngx_queue_remove(&op->queue);

    if (op->kind == RB_PG_OP_PREPARE) {
        rb_pg_prepare_complete(link, op);
        return;
    }

    link->depth--;

    switch (PQresultStatus(op->result)) {

    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        rb_pg_op_hand_out(op);
        rb_pg_op_free(op);
        return;

    case PGRES_PIPELINE_ABORTED:

        if (link->lane == &rb_pg.lanes[RB_PG_EXCLUSIVE]) {
            rb_pg_op_fail(op, &rb_err_database);
            return;
        }

        rb_pg_op_again(op, &rb_err_database);
        return;

    default:
        rb_pg_op_refused(link, op);
    }
}


/*
 * A statement that can't be prepared is what is wrong with its callers'
 * operation, which the server now skips: it gets the refusal as its own.
 */

static void
rb_pg_prepare_complete(rb_pg_link_t *link, rb_pg_op_t *op)
{
    rb_pg_op_t  *statement;

    statement = op->statement;

    if (PQresultStatus(op->result) != PGRES_COMMAND_OK) {

        if (op->generation == link->generation) {
            link->prepared[statement->variant->index / 64] &=
                ~(1ULL << (statement->variant->index % 64));
        }

        if (PQresultStatus(op->result) == PGRES_FATAL_ERROR
            && !rb_pg_forget_prepared(link, op->result))
        {
            rb_pg_op_fail_calls(statement, rb_pg_refusal(op->result, NULL,
                                statement->variant->stmt->name));
        }
    }

    rb_pg_op_free(op);
}


/*
 * A migration changed what a prepared statement returns (0A000), or a pooler
 * in between gave us another session (26000, 42P05): under other names all
 * are prepared anew.  0: it was refused for another reason.
 */

static ngx_uint_t
rb_pg_forget_prepared(rb_pg_link_t *link, PGresult *result)
{
    const char  *sqlstate;

    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate == NULL
        || (ngx_strcmp(sqlstate, "0A000") != 0
            && ngx_strcmp(sqlstate, "26000") != 0
            && ngx_strcmp(sqlstate, "42P05") != 0))
    {
        return 0;
    }

    link->generation++;
    ngx_memzero(link->prepared, sizeof(link->prepared));

    return 1;
}


/* The server refused a statement: once more, or the callers hear of it. */

static void
rb_pg_op_refused(rb_pg_link_t *link, rb_pg_op_t *op)
{
    rb_err_t    *again;
    ngx_uint_t   stale;
    const char  *sqlstate;

    link->lane->stats.errors++;

    sqlstate = PQresultErrorField(op->result, PG_DIAG_SQLSTATE);

    stale = rb_pg_forget_prepared(link, op->result);

    /* a serialization failure or a deadlock: it was rolled back whole; what
     * is within a transaction can't be repeated alone */

    if (sqlstate == NULL || link->lane == &rb_pg.lanes[RB_PG_EXCLUSIVE]) {
        again = NULL;

    } else if (stale) {
        again = &rb_err_internal;

    } else if (ngx_strcmp(sqlstate, "40001") == 0
               || ngx_strcmp(sqlstate, "40P01") == 0)
    {
        again = &rb_err_busy;

    } else {
        again = NULL;
    }

    if (again && op->attempts < RB_PG_ATTEMPTS) {
        rb_pg_op_again(op, again);
        return;
    }

    rb_pg_op_hand_out(op);
    rb_pg_op_free(op);
}


static void
rb_pg_op_again(rb_pg_op_t *op, rb_err_t *otherwise)
{
    if (op->result) {
        PQclear(op->result);
        op->result = NULL;
    }

    if (ngx_queue_empty(&op->calls) || ++op->attempts > RB_PG_ATTEMPTS) {
        rb_pg_op_fail(op, otherwise);
        return;
    }

    op->link = NULL;
    ngx_queue_insert_tail(&op->lane->pending, &op->queue);
    op->lane->queued++;

    rb_turn_end(&op->lane->turn);
}


/* Handing out. */

static void
rb_pg_op_hand_out(rb_pg_op_t *op)
{
    int              rows;
    rb_err_t        *err;
    ngx_queue_t     *q;
    rb_pg_call_t    *call;
    rb_pg_holder_t  *holder;

    if (ngx_queue_empty(&op->calls)) {
        return;
    }

    holder = ngx_alloc(sizeof(rb_pg_holder_t), rb_pg.log);
    if (holder == NULL) {
        rb_pg_op_fail_calls(op, &rb_err_internal);
        return;
    }

    holder->result = op->result;
    holder->refs = 1;
    op->result = NULL;

    if (op->coalesced && PQresultStatus(holder->result) == PGRES_TUPLES_OK) {
        rb_pg_op_hand_out_by_id(op, holder);
        rb_pg_holder_release(holder);
        return;
    }

    rows = PQntuples(holder->result);

    while (!ngx_queue_empty(&op->calls)) {
        q = ngx_queue_head(&op->calls);
        ngx_queue_remove(q);

        call = ngx_queue_data(q, rb_pg_call_t, queue);

        err = rb_pg_refusal(holder->result, call->rows,
                            op->variant ? op->variant->stmt->name : op->text);

        rb_pg_call_finish(call, holder, 0, (ngx_uint_t) rows, err);
    }

    rb_pg_holder_release(holder);
}


/*
 * Rows and calls are two small sets of the same ids: the search goes on from
 * where the last one was found, as both mostly come in one order.
 */

static void
rb_pg_op_hand_out_by_id(rb_pg_op_t *op, rb_pg_holder_t *holder)
{
    int            i, n, rows;
    ngx_queue_t   *q;
    rb_pg_call_t  *call;

    rows = PQntuples(holder->result);
    i = 0;

    while (!ngx_queue_empty(&op->calls)) {
        q = ngx_queue_head(&op->calls);
        ngx_queue_remove(q);

        call = ngx_queue_data(q, rb_pg_call_t, queue);

        for (n = 0; n < rows; n++, i++) {

            if (i == rows) {
                i = 0;
            }

            if (PQgetlength(holder->result, i, 0) == (int) call->id->len
                && ngx_memcmp(PQgetvalue(holder->result, i, 0),
                              call->id->data, call->id->len)
                   == 0)
            {
                break;
            }
        }

        rb_pg_call_finish(call, holder, (ngx_uint_t) i, n < rows, NULL);

        if (i == rows) {
            i = 0;
        }
    }
}


void
rb_pg_call_finish(rb_pg_call_t *call, rb_pg_holder_t *holder, ngx_uint_t first,
    ngx_uint_t count, rb_err_t *err)
{
    const char         *affected;
    rb_task_cleanup_t  *cleanup;

    if (err == NULL && holder != NULL) {
        cleanup = rb_task_cleanup_add(call->task);

        if (cleanup == NULL) {
            err = &rb_err_internal;

        } else {
            cleanup->handler = rb_pg_holder_release;
            cleanup->data = holder;
            holder->refs++;

            affected = PQcmdTuples(holder->result);

            call->rows->result = holder->result;
            call->rows->first = first;
            call->rows->count = count;
            call->rows->columns = (ngx_uint_t) PQnfields(holder->result);
            call->rows->affected = affected[0]
                                   ? (ngx_uint_t) ngx_atoi((u_char *) affected,
                                                     ngx_strlen(affected))
                                   : 0;
        }
    }

    call->err = err;
    call->done = 1;

    rb_fiber_wake(call->fiber);
}


static void
rb_pg_holder_release(void *data)
{
    rb_pg_holder_t  *holder = data;

    if (--holder->refs == 0) {
        PQclear(holder->result);
        ngx_free(holder);
    }
}


void
rb_pg_op_fail_calls(rb_pg_op_t *op, rb_err_t *err)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&op->calls)) {
        q = ngx_queue_head(&op->calls);
        ngx_queue_remove(q);

        rb_pg_call_finish(ngx_queue_data(q, rb_pg_call_t, queue), NULL, 0, 0,
                          err);
    }
}


static void
rb_pg_op_fail(rb_pg_op_t *op, rb_err_t *err)
{
    rb_pg_op_fail_calls(op, err);
    rb_pg_op_free(op);
}


/* Down. */

static void
rb_pg_link_lost(rb_pg_conn_t *conn, ngx_uint_t established)
{
    ngx_uint_t     i;
    rb_pg_op_t    *op;
    ngx_queue_t   *q, lost;
    rb_pg_lane_t  *lane;
    rb_pg_link_t  *link;

    link = (rb_pg_link_t *) conn;
    lane = link->lane;

    link->depth = 0;
    link->unsynced = 0;
    ngx_memzero(link->prepared, sizeof(link->prepared));

    ngx_queue_init(&lost);

    if (!ngx_queue_empty(&link->inflight)) {
        ngx_queue_add(&lost, &link->inflight);
        ngx_queue_init(&link->inflight);
    }

    while (!ngx_queue_empty(&lost)) {
        q = ngx_queue_head(&lost);
        ngx_queue_remove(q);
        op = ngx_queue_data(q, rb_pg_op_t, queue);

        if (op->kind == RB_PG_OP_STATEMENT && lane->repeatable
            && !conn->ended)
        {
            rb_pg_op_again(op, &rb_err_database);

        } else {
            rb_pg_op_fail(op, &rb_err_database);
        }
    }

    if (lane == &rb_pg.lanes[RB_PG_EXCLUSIVE]) {
        rb_pg_tx_link_lost(link);
    }

    if (established) {
        return;
    }

    for (i = 0; i < lane->nlinks; i++) {
        if (lane->links[i].conn.state == RB_PG_READY) {
            return;
        }
    }

    rb_pg_lane_fail(lane);
}


/* No link is up and an attempt has failed: waiting would be in vain. */

static void
rb_pg_lane_fail(rb_pg_lane_t *lane)
{
    ngx_uint_t     i;
    rb_pg_op_t    *op;
    ngx_queue_t   *q;

    lane->failing = 1;

    if (lane->replica && !lane->replica->failing) {
        rb_pg_lane_move(lane, lane->replica);
    }

    while (!ngx_queue_empty(&lane->pending)) {
        q = ngx_queue_head(&lane->pending);
        ngx_queue_remove(q);
        lane->queued--;

        op = ngx_queue_data(q, rb_pg_op_t, queue);
        rb_pg_op_fail(op, &rb_err_database);
    }

    for (i = 0; i < RB_STMT_COUNT; i++) {
        while (!ngx_queue_empty(&lane->gathers[i])) {
            q = ngx_queue_head(&lane->gathers[i]);
            ngx_queue_remove(q);
            lane->gathered--;

            rb_pg_call_finish(ngx_queue_data(q, rb_pg_call_t, queue), NULL, 0,
                              0, &rb_err_database);
        }
    }

    if (lane == &rb_pg.lanes[RB_PG_EXCLUSIVE]) {
        rb_pg_tx_fail();
    }
}


/* What waited for the primary is read from the replica. */

static void
rb_pg_lane_move(rb_pg_lane_t *from, rb_pg_lane_t *to)
{
    ngx_uint_t     i;
    rb_pg_op_t    *op;
    ngx_queue_t   *q;
    rb_pg_call_t  *call;

    while (!ngx_queue_empty(&from->pending)) {
        q = ngx_queue_head(&from->pending);
        ngx_queue_remove(q);
        from->queued--;

        op = ngx_queue_data(q, rb_pg_op_t, queue);
        op->lane = to;
        ngx_queue_insert_tail(&to->pending, q);
        to->queued++;
    }

    for (i = 0; i < RB_STMT_COUNT; i++) {
        while (!ngx_queue_empty(&from->gathers[i])) {
            q = ngx_queue_head(&from->gathers[i]);
            ngx_queue_remove(q);
            from->gathered--;

            call = ngx_queue_data(q, rb_pg_call_t, queue);
            call->lane = to;
            ngx_queue_insert_tail(&to->gathers[i], q);
            to->gathered++;
        }
    }

    rb_turn_end(&to->turn);
}


/*
 * What a refusal means.  Violated constraints, values out of range and
 * exceptions raised by the schema are for the caller to understand.
 */

rb_err_t *
rb_pg_refusal(PGresult *result, rb_pg_rows_t *rows, const char *what)
{
    const char  *sqlstate, *constraint;

    if (PQresultStatus(result) != PGRES_FATAL_ERROR) {
        return NULL;
    }

    sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate == NULL) {
        return &rb_err_database;
    }

    if (rows != NULL) {
        (void) ngx_cpystrn(rows->sqlstate, (u_char *) sqlstate,
                           sizeof(rows->sqlstate));

        constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

        if (constraint) {
            rows->constraint.data = (u_char *) constraint;
            rows->constraint.len = ngx_strlen(constraint);
        }

        if (ngx_strncmp(sqlstate, "22", 2) == 0
            || ngx_strncmp(sqlstate, "23", 2) == 0
            || ngx_strncmp(sqlstate, "P0", 2) == 0)
        {
            return NULL;
        }
    }

    if (ngx_strcmp(sqlstate, "57014") == 0) {
        return &rb_err_timeout;
    }

    if (ngx_strncmp(sqlstate, "40", 2) == 0) {
        return &rb_err_busy;
    }

    ngx_log_error(NGX_LOG_ERR, rb_pg.log, 0, "postgres: %s: %s: %s", what,
                  sqlstate,
                  rb_pg_one_line(PQresultErrorField(result,
                                                    PG_DIAG_MESSAGE_PRIMARY)));

    return ngx_strncmp(sqlstate, "53", 2) == 0 ? &rb_err_database
                                               : &rb_err_internal;
}
