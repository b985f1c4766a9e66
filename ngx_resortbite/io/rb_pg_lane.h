
/*
 * Lanes: how the statements of many requests share a few connections.
 * Internal to io/; README.md in this folder tells the whole.
 */


#ifndef _RB_PG_LANE_H_INCLUDED_
#define _RB_PG_LANE_H_INCLUDED_


#include "io/rb_pg_conn.h"
#include "rb_statements.h"


#define RB_PG_VARIANTS   512            /* prepared on each connection */
#define RB_PG_BATCH      64             /* ids in one coalesced read */
#define RB_PG_SYNC_EVERY 16             /* point reads share a sync */
#define RB_PG_ATTEMPTS   3              /* of a statement that may be repeated */

typedef struct rb_pg_lane_s    rb_pg_lane_t;
typedef struct rb_pg_link_s    rb_pg_link_t;
typedef struct rb_pg_op_s      rb_pg_op_t;
typedef struct rb_pg_call_s    rb_pg_call_t;
typedef struct rb_pg_holder_s  rb_pg_holder_t;


/* A statement with its variant chosen: what is prepared. */

typedef struct {
    const rb_stmt_t   *stmt;
    uint64_t           when;
    ngx_uint_t         index;           /* of its bit in link->prepared */
    char              *text;
    unsigned           nparams;
    uint8_t           *map;             /* of $k+1: the statement's parameter */
} rb_pg_variant_t;


/* A result, shared by the calls whose rows it holds. */

struct rb_pg_holder_s {
    PGresult          *result;
    ngx_uint_t         refs;
};


/* One caller's wait, on its fiber's stack. */

struct rb_pg_call_s {
    ngx_queue_t        queue;           /* in op->calls, or the lane's gather */
    rb_pg_op_t        *op;              /* NULL: still gathered */
    rb_pg_lane_t      *lane;            /* that gathered it */
    rb_task_t         *task;
    rb_fiber_t        *fiber;
    const ngx_str_t   *id;              /* of a coalesced read */
    rb_pg_rows_t      *rows;
    rb_err_t          *err;
    unsigned           done:1;
};


typedef enum {
    RB_PG_OP_STATEMENT = 0,
    RB_PG_OP_PREPARE,                   /* sent before its statement */
    RB_PG_OP_TEXT,                      /* BEGIN, COMMIT, session settings */
    RB_PG_OP_SYNC
} rb_pg_op_kind_e;


/*
 * What is sent, and stays in the link's list until its result has come.  It
 * outlives callers that leave: its list of calls is then empty.
 */

struct rb_pg_op_s {
    ngx_queue_t        queue;           /* lane->pending or link->inflight */
    rb_pg_lane_t      *lane;
    rb_pg_link_t      *link;            /* NULL: not sent */
    rb_pg_op_kind_e    kind;
    ngx_queue_t        calls;
    rb_pg_variant_t   *variant;
    rb_pg_op_t        *statement;       /* of a PREPARE: what is to follow */
    const char        *text;
    PGresult          *result;
    ngx_uint_t         generation;      /* of a PREPARE: link's at sending */
    ngx_uint_t         attempts;
    char             **values;          /* by $k+1; in the same allocation */
    unsigned           coalesced:1;
};


/* A connection of a lane. */

struct rb_pg_link_s {
    rb_pg_conn_t       conn;            /* first: its user's data */
    rb_pg_lane_t      *lane;
    ngx_queue_t        inflight;
    ngx_uint_t         depth;           /* statements in flight */
    uint64_t           prepared[RB_PG_VARIANTS / 64];
    ngx_uint_t         generation;      /* of the names of prepared ones */
    struct rb_pg_tx_s *tx;              /* to whom it is lent; or NULL */
    ngx_uint_t         unsynced;        /* statements sent since the sync */
};


struct rb_pg_lane_s {
    const char        *name;
    rb_pg_lane_t      *replica;         /* read when this one fails; or NULL */
    ngx_uint_t         depth;           /* statements in flight on a link */
    unsigned           shared_sync:1;   /* one for the reads of a turn */
    unsigned           repeatable:1;    /* reads: again after a lost link */
    ngx_uint_t         nlinks;
    rb_pg_link_t      *links;
    ngx_queue_t        pending;
    ngx_uint_t         queued;
    ngx_queue_t       *gathers;         /* by statement: coalesced calls */
    ngx_uint_t         gathered;
    rb_turn_t          turn;
    rb_pg_stats_t      stats;
    time_t             warned;          /* of its queue being full */
    unsigned           failing:1;       /* no link, and the last try failed */
};


typedef struct {
    rb_pg_conf_t      *conf;
    rb_pg_lane_t       lanes[RB_PG_LANES];

    /* those without labels by their statement's id, then the others as met */
    rb_pg_variant_t   *variants[RB_PG_VARIANTS];
    ngx_uint_t         nvariants;
    ngx_queue_t        waiting;         /* for an exclusive link */
    ngx_log_t         *log;
    unsigned           configured:1;
} rb_pg_t;

extern rb_pg_t  rb_pg;


ngx_int_t rb_pg_lane_init(rb_pg_lane_t *lane, ngx_pool_t *pool,
    ngx_uint_t index);
void rb_pg_lane_exit(rb_pg_lane_t *lane);

/* Queues a statement for one caller; rb_err_busy, rb_err_database. */
rb_err_t *rb_pg_lane_submit(rb_pg_lane_t *lane, rb_pg_variant_t *variant,
    const ngx_str_t *params, rb_pg_call_t *call);

/* Likewise, to be coalesced with others of the same statement. */
rb_err_t *rb_pg_lane_gather(rb_pg_lane_t *lane, ngx_uint_t stmt,
    rb_pg_call_t *call);

/* The lane for reads: its replica while the primary is away. */
rb_pg_lane_t *rb_pg_lane_for(ngx_uint_t index);

/* Waits until the call is done (yields), and takes it off where it hangs. */
rb_err_t *rb_pg_call_wait(rb_pg_call_t *call, ngx_msec_t timeout);

/* Makes and sends one operation on a given link, with a sync of its own. */
rb_err_t *rb_pg_link_send(rb_pg_link_t *link, rb_pg_op_t *op);

rb_pg_op_t *rb_pg_op_create(rb_pg_op_kind_e kind, rb_pg_variant_t *variant,
    const ngx_str_t *params);
void rb_pg_op_free(rb_pg_op_t *op);

/* Gives a call its result or its error, and wakes its fiber. */
void rb_pg_call_finish(rb_pg_call_t *call, rb_pg_holder_t *holder,
    ngx_uint_t first, ngx_uint_t count, rb_err_t *err);

/* Ends all calls of an operation with an error; it goes on by itself. */
void rb_pg_op_fail_calls(rb_pg_op_t *op, rb_err_t *err);

/* The text of a statement's variant; NULL when out of memory. */
rb_pg_variant_t *rb_pg_variant(const rb_stmt_t *stmt, uint64_t when);
void rb_pg_variant_free(rb_pg_variant_t *variant);

/* What the server refused, as an error; NULL: the caller's to foresee. */
rb_err_t *rb_pg_refusal(PGresult *result, rb_pg_rows_t *rows,
    const char *what);

extern const rb_pg_conn_user_t  rb_pg_link_user;

/* An exclusive link became free or went down; all of them are down. */
void rb_pg_tx_link_free(rb_pg_link_t *link);
void rb_pg_tx_link_lost(rb_pg_link_t *link);
void rb_pg_tx_fail(void);

/* The worker is leaving: closes the listener's connection. */
void rb_pg_listen_exit(void);


#endif /* _RB_PG_LANE_H_INCLUDED_ */
