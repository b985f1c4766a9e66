
/*
 * Counters and latency histograms by route, in shared memory, one copy a
 * worker so that counting takes no lock; and the Prometheus text format
 * (version 0.0.4) of all that is known of a node.
 */


#ifndef _RB_METRICS_H_INCLUDED_
#define _RB_METRICS_H_INCLUDED_


#include "gate/rb_cache.h"


typedef struct rb_metrics_s  rb_metrics_t;


/* NULL when the zone is too small.  A worker's copy is allocated when it
 * starts, and handed on to another when it has ended. */
rb_metrics_t *rb_metrics_create(ngx_slab_pool_t *shpool, ngx_uint_t routes);

/* In each worker: takes a copy and starts publishing each second. */
ngx_int_t rb_metrics_init_process(ngx_cycle_t *cycle, rb_metrics_t *metrics);

/*
 * One request answered: by route, status class and how the cache served (an
 * rb_served_e).  A route that is none of the router's: any index beyond.
 */
void rb_metrics_count(rb_metrics_t *metrics, ngx_uint_t route,
    ngx_uint_t status, uint64_t usec, ngx_uint_t cache_state);

/*
 * Pools, queues, fibers: numbers that live in each worker's own memory.  A
 * worker publishes its own each second, and before it answers.
 */
void rb_metrics_publish(rb_metrics_t *metrics);

/* Writes the whole exposition. */
void rb_metrics_write(rb_metrics_t *metrics, const rb_router_t *router,
    rb_cache_t *cache, rb_buf_t *out);


#endif /* _RB_METRICS_H_INCLUDED_ */
