
/*
 * Counting.  See rb_metrics_zone.h for where, rb_metrics_write.c for how it
 * is told.
 *
 * The counters of fibers, PostgreSQL and Redis start from zero in every
 * process.  What is published is how much they grew since the last time, so
 * that the node's sums never go back when a worker is replaced.
 */


#include "gate/rb_metrics_zone.h"
#include "gate/rb_changes.h"
#include "gate/rb_gate.h"
#include "io/rb_redis.h"
#include "io/rb_tally.h"
#include "io/rb_told.h"
#include <ngx_event.h>


#define RB_METRICS_PERIOD  1000         /* ms between publications */


_Static_assert(RB_METRICS_SERVED == RB_SERVED_COUNT,
               "every way of serving has a counter and a name");


static ngx_int_t rb_metrics_claim(rb_metrics_t *metrics);
static rb_metrics_block_t *rb_metrics_orphan(rb_metrics_t *metrics);
static rb_metrics_block_t *rb_metrics_block_create(rb_metrics_t *metrics);
static void rb_metrics_gather(uint64_t *vital);
static void rb_metrics_gather_pg(uint64_t *vital);
static void rb_metrics_gather_redis(uint64_t *vital);
static void rb_metrics_gather_changes(uint64_t *vital);
static void rb_metrics_gather_views(uint64_t *vital);
static void rb_metrics_gather_told(uint64_t *vital);
static void rb_metrics_gather_process(uint64_t *vital);
static uint64_t rb_metrics_memory(void);
static void rb_metrics_timer_handler(ngx_event_t *ev);


const rb_metrics_bucket_t  rb_metrics_buckets[RB_METRICS_BUCKETS] = {
    { 250, "0.00025" },
    { 500, "0.0005" },
    { 1000, "0.001" },
    { 2500, "0.0025" },
    { 5000, "0.005" },
    { 10000, "0.01" },
    { 25000, "0.025" },
    { 50000, "0.05" },
    { 100000, "0.1" },
    { 250000, "0.25" },
    { 500000, "0.5" },
    { 1000000, "1" },
    { 2500000, "2.5" },
    { 5000000, "5" },
    { 10000000, "10" }
};


static rb_metrics_block_t  *rb_metrics_own;     /* this worker's */
static uint64_t             rb_metrics_last[RB_VITALS];
static ngx_event_t          rb_metrics_timer;
static ngx_connection_t     rb_metrics_ident;   /* for nginx's debug log */


#define rb_metrics_add(p, n)                                                  \
    __atomic_store_n(&(p), rb_metrics_load(p) + (n), __ATOMIC_RELAXED)


rb_metrics_t *
rb_metrics_create(ngx_slab_pool_t *shpool, ngx_uint_t routes)
{
    rb_metrics_t  *metrics;

    metrics = ngx_slab_calloc(shpool, sizeof(rb_metrics_t));
    if (metrics == NULL) {
        return NULL;
    }

    metrics->shpool = shpool;
    metrics->routes = routes;

    return metrics;
}


ngx_int_t
rb_metrics_init_process(ngx_cycle_t *cycle, rb_metrics_t *metrics)
{
    if (metrics == NULL) {
        return NGX_OK;
    }

    if (rb_metrics_claim(metrics) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "the zone has no room for this worker's counters, "
                      "its requests won't be counted: make it larger");
        return NGX_OK;
    }

    rb_metrics_ident.fd = (ngx_socket_t) -1;
    rb_metrics_timer.handler = rb_metrics_timer_handler;
    rb_metrics_timer.data = &rb_metrics_ident;
    rb_metrics_timer.log = cycle->log;
    rb_metrics_timer.cancelable = 1;

    ngx_add_timer(&rb_metrics_timer, RB_METRICS_PERIOD);

    return NGX_OK;
}


static ngx_int_t
rb_metrics_claim(rb_metrics_t *metrics)
{
    rb_metrics_block_t  *block;

    ngx_shmtx_lock(&metrics->shpool->mutex);

    block = rb_metrics_orphan(metrics);

    if (block == NULL) {
        block = rb_metrics_block_create(metrics);
    }

    if (block) {
        ngx_memzero(rb_metrics_last, sizeof(rb_metrics_last));
        __atomic_store_n(&block->pid, (uint64_t) ngx_pid, __ATOMIC_RELAXED);
    }

    ngx_shmtx_unlock(&metrics->shpool->mutex);

    rb_metrics_own = block;

    return block ? NGX_OK : NGX_ERROR;
}


static rb_metrics_block_t *
rb_metrics_orphan(rb_metrics_t *metrics)
{
    rb_metrics_block_t  *block;

    for (block = rb_metrics_first(metrics); block; block = block->next) {
        if (!rb_metrics_is_alive(block)) {
            return block;
        }
    }

    return NULL;
}


static rb_metrics_block_t *
rb_metrics_block_create(rb_metrics_t *metrics)
{
    rb_metrics_block_t  *block;

    block = ngx_slab_calloc_locked(metrics->shpool,
                                   sizeof(rb_metrics_block_t)
                                   + metrics->routes
                                     * sizeof(rb_metrics_route_t));
    if (block == NULL) {
        return NULL;
    }

    block->next = metrics->blocks;
    __atomic_store_n(&metrics->blocks, block, __ATOMIC_RELEASE);

    return block;
}


ngx_uint_t
rb_metrics_is_alive(const rb_metrics_block_t *block)
{
    ngx_pid_t  pid;

    pid = (ngx_pid_t) rb_metrics_load(block->pid);

    if (pid == ngx_pid) {
        return block == rb_metrics_own;
    }

    /* a worker of before a reload may run as another user: EPERM */

    return pid && (kill(pid, 0) == 0 || ngx_errno != NGX_ESRCH);
}


void
rb_metrics_count(rb_metrics_t *metrics, ngx_uint_t route, ngx_uint_t status,
    uint64_t usec, ngx_uint_t cache_state)
{
    ngx_uint_t           i, class;
    rb_metrics_route_t  *counters;

    if (rb_metrics_own == NULL) {
        return;
    }

    counters = &rb_metrics_own->route[ngx_min(route, metrics->routes)];

    class = status / 100;

    if (class >= RB_METRICS_CLASSES) {
        class = 0;
    }

    for (i = 0; i < RB_METRICS_BUCKETS; i++) {
        if (usec <= rb_metrics_buckets[i].usec) {
            break;
        }
    }

    rb_metrics_add(counters->usec, usec);
    rb_metrics_add(counters->status[class], 1);
    rb_metrics_add(counters->bucket[i], 1);

    if (cache_state < RB_METRICS_SERVED) {
        rb_metrics_add(counters->served[cache_state], 1);
    }
}


void
rb_metrics_publish(rb_metrics_t *metrics)
{
    uint64_t            now[RB_VITALS], grown;
    ngx_uint_t          i, n, k;
    const rb_metric_t  *metric;

    if (rb_metrics_own == NULL) {
        return;
    }

    ngx_memzero(now, sizeof(now));
    rb_metrics_gather(now);

    for (i = 0; i < rb_metrics_nvitals; i++) {
        metric = &rb_metrics_vitals[i];
        n = metric->lanes ? RB_PG_LANES : 1;

        for (k = metric->vital; k < metric->vital + n; k++) {

            if (metric->type == RB_GAUGE) {
                __atomic_store_n(&rb_metrics_own->vital[k], now[k],
                                 __ATOMIC_RELAXED);
                continue;
            }

            grown = now[k] - rb_metrics_last[k];
            rb_metrics_add(rb_metrics_own->vital[k], grown);
            rb_metrics_last[k] = now[k];
        }
    }
}


static void
rb_metrics_gather(uint64_t *vital)
{
    rb_fiber_stats_t  fibers;

    rb_fiber_stats(&fibers);

    vital[RB_VITAL_FIBERS_ALIVE] = fibers.alive;
    vital[RB_VITAL_FIBERS_WAITING] = fibers.waiting;
    vital[RB_VITAL_FIBERS_IDLE_STACKS] = fibers.idle_stacks;
    vital[RB_VITAL_FIBERS_STARTED] = fibers.started;
    vital[RB_VITAL_FIBERS_REFUSED] = fibers.refused;

    rb_metrics_gather_pg(vital);
    rb_metrics_gather_redis(vital);
    rb_metrics_gather_changes(vital);
    rb_metrics_gather_views(vital);
    rb_metrics_gather_told(vital);
    rb_metrics_gather_process(vital);
}


static void
rb_metrics_gather_pg(uint64_t *vital)
{
    ngx_uint_t     i;
    rb_pg_stats_t  lanes[RB_PG_LANES];

    rb_pg_stats(lanes);

    for (i = 0; i < RB_PG_LANES; i++) {
        vital[RB_VITAL_PG_CONNECTIONS + i] = lanes[i].connections;
        vital[RB_VITAL_PG_READY + i] = lanes[i].ready;
        vital[RB_VITAL_PG_QUEUED + i] = lanes[i].queued;
        vital[RB_VITAL_PG_INFLIGHT + i] = lanes[i].inflight;
        vital[RB_VITAL_PG_STATEMENTS + i] = lanes[i].statements;
        vital[RB_VITAL_PG_SYNCS + i] = lanes[i].syncs;
        vital[RB_VITAL_PG_ERRORS + i] = lanes[i].errors;
        vital[RB_VITAL_PG_REFUSED + i] = lanes[i].refused;
        vital[RB_VITAL_PG_RECONNECTS + i] = lanes[i].reconnects;
    }
}


static void
rb_metrics_gather_redis(uint64_t *vital)
{
    rb_redis_stats_t  redis;

    rb_redis_stats(&redis);

    vital[RB_VITAL_REDIS_CONNECTIONS] = redis.connections;
    vital[RB_VITAL_REDIS_READY] = redis.ready;
    vital[RB_VITAL_REDIS_INFLIGHT] = redis.inflight;
    vital[RB_VITAL_REDIS_COMMANDS] = redis.commands;
    vital[RB_VITAL_REDIS_ERRORS] = redis.errors;
    vital[RB_VITAL_REDIS_REDIRECTS] = redis.redirects;
    vital[RB_VITAL_REDIS_RECONNECTS] = redis.reconnects;
}


static void
rb_metrics_gather_changes(uint64_t *vital)
{
    rb_changes_stats_t  changes;

    rb_changes_stats(&changes);

    vital[RB_VITAL_CHANGES_LISTENING] = changes.listening;
    vital[RB_VITAL_CHANGES_SUBSCRIBED] = changes.subscribed;
    vital[RB_VITAL_CHANGES_LEADER] = changes.leader;
    vital[RB_VITAL_CHANGES_NOTIFIED] = changes.notified;
    vital[RB_VITAL_CHANGES_RECEIVED] = changes.received;
}


static void
rb_metrics_gather_views(uint64_t *vital)
{
    rb_tally_stats_t  views;

    rb_tally_stats(&views);

    vital[RB_VITAL_VIEWS_COUNTED] = views.counted;
    vital[RB_VITAL_VIEWS_REPEATED] = views.repeated;
    vital[RB_VITAL_VIEWS_DROPPED] = views.dropped;
    vital[RB_VITAL_VIEWS_WRITTEN] = views.written;
    vital[RB_VITAL_VIEWS_BATCHES] = views.batches;
}


static void
rb_metrics_gather_told(uint64_t *vital)
{
    vital[RB_VITAL_PURGES_PASSED] = rb_told.purges_passed;
    vital[RB_VITAL_PURGES_FAILED] = rb_told.purges_failed;
    vital[RB_VITAL_PURGE_KEYS] = rb_told.purge_keys;
    vital[RB_VITAL_PURGE_EVENTS] = rb_told.purge_events;
    vital[RB_VITAL_MAILS_SENT] = rb_told.mails_sent;
    vital[RB_VITAL_MAILS_FAILED] = rb_told.mails_failed;
    vital[RB_VITAL_MAILS_DEAD] = rb_told.mails_dead;
    vital[RB_VITAL_MAILS_WAITING] = rb_told.mails_waiting;
}


static void
rb_metrics_gather_process(uint64_t *vital)
{
    vital[RB_VITAL_CONNECTIONS] = ngx_cycle->connection_n
                                  - ngx_cycle->free_connection_n;
    vital[RB_VITAL_CONNECTIONS_MAX] = ngx_cycle->connection_n;
    vital[RB_VITAL_MEMORY] = rb_metrics_memory();
}


/*
 * Bytes resident and not shared, by /proc (which answers from memory, so that
 * reading it doesn't block); 0 where there is none.
 */

static uint64_t
rb_metrics_memory(void)
{
    int            fd;
    char           text[128];
    ssize_t        n;
    unsigned long  size, resident, shared;

    fd = open("/proc/self/statm", O_RDONLY|O_CLOEXEC);
    if (fd == -1) {
        return 0;
    }

    n = read(fd, text, sizeof(text) - 1);
    (void) close(fd);

    if (n <= 0) {
        return 0;
    }

    text[n] = '\0';

    if (sscanf(text, "%lu %lu %lu", &size, &resident, &shared) != 3
        || resident < shared)
    {
        return 0;
    }

    return (uint64_t) (resident - shared) * ngx_pagesize;
}


static void
rb_metrics_timer_handler(ngx_event_t *ev)
{
    rb_metrics_publish(rb_gate.metrics);

    ngx_add_timer(ev, RB_METRICS_PERIOD);
}
