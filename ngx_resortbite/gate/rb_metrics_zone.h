
/*
 * The counters as they lie in shared memory.  Private to rb_metrics*.c.
 *
 * Each worker owns a block and is the only one to write to it, so adding is a
 * load and a store.  Who writes the exposition sums all blocks.  A block
 * outlives its worker, and what it has counted stays counted when another
 * worker takes it over; only its gauges go with their process.
 */


#ifndef _RB_METRICS_ZONE_H_INCLUDED_
#define _RB_METRICS_ZONE_H_INCLUDED_


#include "gate/rb_metrics.h"


#define RB_METRICS_BUCKETS  15          /* and one for all that is longer */
#define RB_METRICS_CLASSES  6           /* 1xx … 5xx; 0: none of these */
#define RB_METRICS_SERVED   6           /* values of rb_served_e */


typedef struct {
    uint64_t             usec;          /* at most */
    const char          *le;            /* the same in seconds */
} rb_metrics_bucket_t;

extern const rb_metrics_bucket_t  rb_metrics_buckets[RB_METRICS_BUCKETS];


/* What a worker publishes of itself.  By lane: four in a row. */

typedef enum {
    RB_VITAL_FIBERS_ALIVE = 0,
    RB_VITAL_FIBERS_WAITING,
    RB_VITAL_FIBERS_IDLE_STACKS,
    RB_VITAL_FIBERS_STARTED,
    RB_VITAL_FIBERS_REFUSED,

    RB_VITAL_PG_CONNECTIONS,
    RB_VITAL_PG_READY = RB_VITAL_PG_CONNECTIONS + RB_PG_LANES,
    RB_VITAL_PG_QUEUED = RB_VITAL_PG_READY + RB_PG_LANES,
    RB_VITAL_PG_INFLIGHT = RB_VITAL_PG_QUEUED + RB_PG_LANES,
    RB_VITAL_PG_STATEMENTS = RB_VITAL_PG_INFLIGHT + RB_PG_LANES,
    RB_VITAL_PG_SYNCS = RB_VITAL_PG_STATEMENTS + RB_PG_LANES,
    RB_VITAL_PG_ERRORS = RB_VITAL_PG_SYNCS + RB_PG_LANES,
    RB_VITAL_PG_REFUSED = RB_VITAL_PG_ERRORS + RB_PG_LANES,
    RB_VITAL_PG_RECONNECTS = RB_VITAL_PG_REFUSED + RB_PG_LANES,

    RB_VITAL_REDIS_CONNECTIONS = RB_VITAL_PG_RECONNECTS + RB_PG_LANES,
    RB_VITAL_REDIS_READY,
    RB_VITAL_REDIS_INFLIGHT,
    RB_VITAL_REDIS_COMMANDS,
    RB_VITAL_REDIS_ERRORS,
    RB_VITAL_REDIS_REDIRECTS,
    RB_VITAL_REDIS_RECONNECTS,

    RB_VITAL_CHANGES_LISTENING,
    RB_VITAL_CHANGES_SUBSCRIBED,
    RB_VITAL_CHANGES_LEADER,
    RB_VITAL_CHANGES_NOTIFIED,
    RB_VITAL_CHANGES_RECEIVED,

    RB_VITAL_VIEWS_COUNTED,
    RB_VITAL_VIEWS_REPEATED,
    RB_VITAL_VIEWS_DROPPED,
    RB_VITAL_VIEWS_WRITTEN,
    RB_VITAL_VIEWS_BATCHES,

    RB_VITAL_PURGES_PASSED,
    RB_VITAL_PURGES_FAILED,
    RB_VITAL_PURGE_KEYS,
    RB_VITAL_PURGE_EVENTS,
    RB_VITAL_MAILS_SENT,
    RB_VITAL_MAILS_FAILED,
    RB_VITAL_MAILS_DEAD,
    RB_VITAL_MAILS_WAITING,

    RB_VITAL_CONNECTIONS,
    RB_VITAL_CONNECTIONS_MAX,
    RB_VITAL_MEMORY,

    RB_VITALS
} rb_vital_e;


typedef enum {
    RB_GAUGE = 0,
    RB_COUNTER
} rb_metric_type_e;


typedef struct {
    rb_vital_e           vital;
    rb_metric_type_e     type;
    unsigned             lanes:1;       /* four, told apart by a label */
    ngx_str_t            name;
    ngx_str_t            help;          /* the first of a name's tells it */
    const char          *result;        /* a label; NULL: there is none */
} rb_metric_t;

extern const rb_metric_t  rb_metrics_vitals[];
extern const ngx_uint_t   rb_metrics_nvitals;


typedef struct {
    uint64_t             usec;
    uint64_t             status[RB_METRICS_CLASSES];
    uint64_t             served[RB_METRICS_SERVED];
    uint64_t             bucket[RB_METRICS_BUCKETS + 1];
} rb_metrics_route_t;


typedef struct rb_metrics_block_s  rb_metrics_block_t;

struct rb_metrics_block_s {
    rb_metrics_block_t  *next;
    uint64_t             pid;
    uint64_t             vital[RB_VITALS];
    rb_metrics_route_t   route[1];      /* all routes, and one for the rest */
};


struct rb_metrics_s {
    ngx_slab_pool_t     *shpool;
    ngx_uint_t           routes;
    rb_metrics_block_t  *blocks;        /* grows at its head, never shrinks */
};


#define rb_metrics_load(p)  __atomic_load_n(&(p), __ATOMIC_RELAXED)

static ngx_inline rb_metrics_block_t *
rb_metrics_first(const rb_metrics_t *metrics)
{
    return __atomic_load_n(&metrics->blocks, __ATOMIC_ACQUIRE);
}


/* Whether its worker still runs, so that its gauges mean something. */
ngx_uint_t rb_metrics_is_alive(const rb_metrics_block_t *block);


#endif /* _RB_METRICS_ZONE_H_INCLUDED_ */
