
/*
 * PostgreSQL, through libpq's pipeline mode, without blocking the worker.
 *
 * A worker keeps a few connections in lanes: `point' (reads by key), `slow'
 * (lists, search, reports), `write' (their commit waits for the disk) and
 * `exclusive' (lent to one transaction at a time).  Statements of many
 * requests share the connections of the first three; what is queued in one
 * turn of the event loop leaves in one system call.  README.md in this folder
 * tells how.
 *
 * Statements come from sql/queries/ by id (see rb_pg_stmt.h).  Parameters go
 * as text and apart from the statement, always.
 *
 * Errors of every call that yields:
 *   rb_err_busy       the queue is full, nothing was sent (503)
 *   rb_err_database   not connected, or the connection was lost (503); for a
 *                     write that had been sent the outcome is unknown, so a
 *                     retry must carry the same idempotency key
 *   rb_err_timeout    the task's deadline passed (503), likewise
 *   rb_err_cancelled  the client went away and the fiber was not shielded
 *   rb_err_internal   the server refused the statement in a way no caller
 *                     foresaw; logged with its SQLSTATE (500)
 * A refusal that callers do foresee (a violated constraint) is told by
 * rows->sqlstate and rows->constraint, with a NULL error.
 */


#ifndef _RB_PG_H_INCLUDED_
#define _RB_PG_H_INCLUDED_


#include "base/rb_err.h"
#include "fiber/rb_task.h"
#include "io/rb_pg_stmt.h"


typedef struct {
    ngx_str_t     conninfo;             /* libpq's; empty: not configured */
    ngx_str_t     replica;              /* likewise; read while that is away */
    ngx_uint_t    lane_size[4];         /* connections a worker, by lane */
    ngx_uint_t    queue;                /* statements waiting, a worker */
    ngx_msec_t    timeout;              /* a statement may take */
    ngx_msec_t    connect_timeout;
} rb_pg_conf_t;


/*
 * What a statement returned.  Values are NUL-terminated text owned by the
 * task's pool; NULL has data == NULL.
 */

typedef struct {
    void         *result;
    ngx_uint_t    first;
    ngx_uint_t    count;                /* rows */
    ngx_uint_t    columns;
    ngx_uint_t    affected;             /* rows inserted, updated, deleted */
    u_char        sqlstate[6];          /* "" or of class 22, 23, P0001 … */
    ngx_str_t     constraint;           /* the violated one, or empty */
} rb_pg_rows_t;


/* Checks a conninfo, and says in the log what is wrong with it. */
char *rb_pg_conf_check(ngx_conf_t *cf, const ngx_str_t *conninfo);

ngx_int_t rb_pg_init_process(ngx_cycle_t *cycle, rb_pg_conf_t *conf);
void rb_pg_exit_process(void);


/*
 * Runs one statement (yields).  `when' chooses a variant (0 when it has
 * none); params are in the order of the RB_…_P_… constants, data == NULL
 * being SQL's NULL; they need not be NUL-terminated and are copied.
 */
rb_err_t *rb_pg_query(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows);

/* The same for a statement that is not of sql/queries/. */
rb_err_t *rb_pg_run(rb_task_t *task, const rb_stmt_t *stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows);

/*
 * Reads one row by its id through a statement marked `coalesce': one that
 * takes an array of ids as its only parameter and returns the id in its first
 * column, as lower-case text.  All such reads of one turn go as one statement
 * (yields).  No such row: rows->count is 0.
 */
rb_err_t *rb_pg_get(rb_task_t *task, ngx_uint_t stmt, const ngx_str_t *id,
    rb_pg_rows_t *rows);

ngx_str_t rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row,
    ngx_uint_t column);
ngx_str_t rb_pg_column_name(const rb_pg_rows_t *rows, ngx_uint_t column);


/*
 * A transaction on a connection of its own (each call yields).  Every path
 * ends in rb_pg_commit() or rb_pg_rollback(); a fiber inside one is shielded
 * from cancellation.  After an error, or a foreseen refusal, only rollback is
 * left.  serializable: with 40001 and 40P01 the caller may try again.
 */

typedef struct rb_pg_tx_s  rb_pg_tx_t;

rb_err_t *rb_pg_begin(rb_task_t *task, ngx_uint_t serializable,
    rb_pg_tx_t **tx);
rb_err_t *rb_pg_tx_run(rb_pg_tx_t *tx, const rb_stmt_t *stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows);
rb_err_t *rb_pg_commit(rb_pg_tx_t *tx);
void rb_pg_rollback(rb_pg_tx_t *tx);


/*
 * Listening.  A connection of its own, kept up by itself and probed four
 * times a second; the callbacks run on the main stack and must not yield.
 * on_state(0) is told when it is lost: notifications may then have been
 * missed.  on_heard tells when a probe that has been answered was sent
 * (ngx_current_msec): all that was announced before that has been heard.
 * With a lock key, the session also tries to hold that advisory lock, and
 * on_leader tells when it does.
 */

typedef struct {
    ngx_str_t      channel;
    ngx_str_t      probe;               /* a statement that must work */
    int64_t        leader_key;          /* 0: none */
    void         (*on_notify)(void *data, ngx_str_t *payload);
    void         (*on_state)(void *data, ngx_uint_t listening);
    void         (*on_heard)(void *data, ngx_msec_t asked);     /* or NULL */
    void         (*on_leader)(void *data, ngx_uint_t leader);
    void          *data;
} rb_pg_listener_t;

ngx_int_t rb_pg_listen(rb_pg_listener_t *listener);


typedef struct {
    ngx_str_t     name;                 /* of the lane */
    ngx_uint_t    connections;          /* configured */
    ngx_uint_t    ready;
    ngx_uint_t    queued;               /* not sent yet */
    ngx_uint_t    inflight;
    uint64_t      statements;
    uint64_t      syncs;                /* batches */
    uint64_t      errors;
    uint64_t      refused;              /* queue full */
    uint64_t      reconnects;
} rb_pg_stats_t;

/* by rb_lane_t; then that of transactions; then those of the replica */

#define RB_PG_EXCLUSIVE      3
#define RB_PG_REPLICA        4
#define RB_PG_LANES          6

void rb_pg_stats(rb_pg_stats_t stats[RB_PG_LANES]);

/* Whether at least one connection of the lane answers. */
ngx_uint_t rb_pg_ready(ngx_uint_t lane);

/* Whether the replica could be read if the primary were away. */
ngx_uint_t rb_pg_replica_ready(void);


#endif /* _RB_PG_H_INCLUDED_ */
