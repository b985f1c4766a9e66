
/*
 * Transactions.  A link of the exclusive lane is lent to one transaction at a
 * time; who finds none free waits in line, up to the queue's limit.
 *
 * A link goes back only when nothing is in flight on it: rb_pg_rollback()
 * does not wait for the server's answer, and the next borrower gets the link
 * when that has come.  A transaction that is left in the middle of a
 * statement (its deadline passed) takes its connection with it: the server
 * rolls back when it sees the connection closed.
 */


#include "io/rb_pg_lane.h"


struct rb_pg_tx_s {
    rb_task_t       *task;
    rb_pg_link_t    *link;              /* NULL: lost */
};


/* One fiber in line for a link, on its stack. */

typedef struct {
    ngx_queue_t      queue;
    rb_fiber_t      *fiber;
    rb_pg_link_t    *link;
    rb_err_t        *err;
} rb_pg_tx_waiter_t;


static rb_err_t *rb_pg_tx_borrow(rb_task_t *task, rb_pg_link_t **link);
static void rb_pg_tx_release(rb_pg_tx_t *tx);
static rb_err_t *rb_pg_tx_text(rb_pg_tx_t *tx, const char *text,
    rb_pg_rows_t *rows);
static rb_err_t *rb_pg_tx_op(rb_pg_tx_t *tx, rb_pg_op_t *op,
    rb_pg_rows_t *rows);


rb_err_t *
rb_pg_begin(rb_task_t *task, ngx_uint_t serializable, rb_pg_tx_t **txp)
{
    rb_err_t       *err;
    rb_pg_tx_t     *tx;
    rb_pg_rows_t    rows;
    rb_pg_link_t   *link;

    tx = ngx_palloc(task->pool, sizeof(rb_pg_tx_t));
    if (tx == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_tx_borrow(task, &link);
    if (err) {
        return err;
    }

    rb_fiber_shield();

    tx->task = task;
    tx->link = link;
    link->tx = tx;

    err = rb_pg_tx_text(tx, serializable
                            ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                            : "BEGIN", &rows);
    if (err) {
        rb_pg_rollback(tx);
        return err;
    }

    *txp = tx;

    return NULL;
}


rb_err_t *
rb_pg_tx_run(rb_pg_tx_t *tx, const rb_stmt_t *stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows)
{
    rb_pg_op_t       *op;
    rb_pg_variant_t  *variant;

    variant = rb_pg_variant(stmt, when);
    op = variant ? rb_pg_op_create(RB_PG_OP_STATEMENT, variant, params) : NULL;

    if (op == NULL) {
        return &rb_err_internal;
    }

    return rb_pg_tx_op(tx, op, rows);
}


rb_err_t *
rb_pg_commit(rb_pg_tx_t *tx)
{
    rb_err_t      *err;
    PGresult      *result;
    rb_pg_rows_t   rows;

    err = rb_pg_tx_text(tx, "COMMIT", &rows);

    if (err) {
        rb_pg_rollback(tx);
        return err;
    }

    /* of a transaction that had failed the server makes a rollback */

    result = rows.result;

    if (rows.sqlstate[0] || ngx_strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        err = ngx_strncmp(rows.sqlstate, "40", 2) == 0 ? &rb_err_busy
                                                       : &rb_err_internal;
    }

    rb_pg_tx_release(tx);

    return err;
}


void
rb_pg_rollback(rb_pg_tx_t *tx)
{
    rb_pg_op_t    *op;

    if (tx->link != NULL) {
        op = rb_pg_op_create(RB_PG_OP_TEXT, NULL, NULL);

        if (op != NULL) {
            op->text = "ROLLBACK";
            (void) rb_pg_link_send(tx->link, op);

        } else {
            rb_pg_conn_lose(&tx->link->conn, "out of memory");
        }
    }

    rb_pg_tx_release(tx);
}


/* Takes the link from the transaction; the lane lends it again once what is
 * in flight on it has been answered. */

static void
rb_pg_tx_release(rb_pg_tx_t *tx)
{
    rb_pg_link_t  *link;

    rb_fiber_unshield();

    link = tx->link;

    if (link == NULL) {
        return;
    }

    tx->link = NULL;
    link->tx = NULL;

    if (ngx_queue_empty(&link->inflight)) {
        rb_pg_tx_link_free(link);
    }
}


static rb_err_t *
rb_pg_tx_text(rb_pg_tx_t *tx, const char *text, rb_pg_rows_t *rows)
{
    rb_pg_op_t  *op;

    op = rb_pg_op_create(RB_PG_OP_TEXT, NULL, NULL);
    if (op == NULL) {
        return &rb_err_internal;
    }

    op->text = text;

    return rb_pg_tx_op(tx, op, rows);
}


static rb_err_t *
rb_pg_tx_op(rb_pg_tx_t *tx, rb_pg_op_t *op, rb_pg_rows_t *rows)
{
    rb_err_t      *err;
    rb_pg_call_t   call;

    if (tx->link == NULL) {
        rb_pg_op_free(op);
        return &rb_err_database;
    }

    ngx_memzero(rows, sizeof(rb_pg_rows_t));
    ngx_memzero(&call, sizeof(rb_pg_call_t));

    call.task = tx->task;
    call.fiber = rb_fiber_self();
    call.rows = rows;
    call.op = op;
    ngx_queue_insert_tail(&op->calls, &call.queue);

    err = rb_pg_link_send(tx->link, op);
    if (err) {
        return err;
    }

    err = rb_pg_call_wait(&call, rb_task_left(tx->task, rb_pg.conf->timeout));

    if (!call.done && tx->link) {
        rb_pg_conn_lose(&tx->link->conn,
                        "a transaction was left in mid-statement");
    }

    return err;
}


/* Links. */

static rb_err_t *
rb_pg_tx_borrow(rb_task_t *task, rb_pg_link_t **linkp)
{
    rb_wake_e           wake;
    ngx_uint_t          i;
    rb_pg_lane_t       *lane;
    rb_pg_link_t       *link;
    rb_pg_tx_waiter_t   waiter;

    lane = &rb_pg.lanes[RB_PG_EXCLUSIVE];

    for (i = 0; i < lane->nlinks; i++) {
        link = &lane->links[i];

        if (link->conn.state == RB_PG_READY && link->tx == NULL
            && ngx_queue_empty(&link->inflight)
            && ngx_queue_empty(&rb_pg.waiting))
        {
            *linkp = link;
            return NULL;
        }
    }

    if (lane->failing || lane->nlinks == 0) {
        return &rb_err_database;
    }

    if (lane->queued >= rb_pg.conf->queue) {
        lane->stats.refused++;
        return &rb_err_busy;
    }

    waiter.fiber = rb_fiber_self();
    waiter.link = NULL;
    waiter.err = NULL;
    ngx_queue_insert_tail(&rb_pg.waiting, &waiter.queue);
    lane->queued++;

    do {
        wake = rb_task_wait(task, rb_task_left(task, rb_pg.conf->timeout));
    } while (wake == RB_WAKE && waiter.link == NULL && waiter.err == NULL);

    if (waiter.err) {
        return waiter.err;
    }

    if (waiter.link) {

        if (wake == RB_WAKE) {
            *linkp = waiter.link;
            return NULL;
        }

        waiter.link->tx = NULL;
        rb_pg_tx_link_free(waiter.link);

    } else {
        ngx_queue_remove(&waiter.queue);
        lane->queued--;
    }

    return wake == RB_WAKE_CANCELLED ? &rb_err_cancelled : &rb_err_busy;
}


/* The first in line gets it; until it runs, the link is marked as its own. */

void
rb_pg_tx_link_free(rb_pg_link_t *link)
{
    ngx_queue_t        *q;
    rb_pg_tx_waiter_t  *waiter;

    static rb_pg_tx_t  promised;

    if (link->conn.state != RB_PG_READY || ngx_queue_empty(&rb_pg.waiting)) {
        return;
    }

    q = ngx_queue_head(&rb_pg.waiting);
    ngx_queue_remove(q);
    link->lane->queued--;

    waiter = ngx_queue_data(q, rb_pg_tx_waiter_t, queue);
    waiter->link = link;
    link->tx = &promised;

    rb_fiber_wake(waiter->fiber);
}


void
rb_pg_tx_link_lost(rb_pg_link_t *link)
{
    if (link->tx) {
        link->tx->link = NULL;
        link->tx = NULL;
    }
}


void
rb_pg_tx_fail(void)
{
    ngx_queue_t        *q;
    rb_pg_tx_waiter_t  *waiter;

    while (!ngx_queue_empty(&rb_pg.waiting)) {
        q = ngx_queue_head(&rb_pg.waiting);
        ngx_queue_remove(q);
        rb_pg.lanes[RB_PG_EXCLUSIVE].queued--;

        waiter = ngx_queue_data(q, rb_pg_tx_waiter_t, queue);
        waiter->err = &rb_err_database;

        rb_fiber_wake(waiter->fiber);
    }
}
