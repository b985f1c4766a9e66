
/*
 * Single flight.  A small open table in shared memory says which keys are
 * being made now, by which process and since when; a key has eight places.
 * It is written under the zone's mutex and read without.  With all places of
 * a key taken it is made without being registered: twice is only dearer.
 *
 * Those who wait hang on lists of their own process.  If the maker is in the
 * same process, its landing wakes them.  One timer of the process looks every
 * few milliseconds after all the others: flights of another process, and
 * those that nobody will land, because their process died or they take too
 * long.  Waiting thus costs the same however many wait.
 */


#include "gate/rb_cache_zone.h"
#include <ngx_event.h>


#define RB_FLIGHT_MAX     5000          /* ms; then another may try */
#define RB_FLIGHT_LOOK    4             /* ms between looks */
#define RB_FLIGHT_DOUBT   64            /* ms; then look for its process */
#define RB_FLIGHT_LISTS   64


typedef struct {
    ngx_queue_t          queue;
    rb_cache_t          *cache;
    uint64_t             hash;
    rb_fiber_t          *fiber;
    unsigned             over:1;        /* and off the list */
} rb_flight_wait_t;


static ngx_int_t rb_flight_take(rb_cache_t *cache, uint64_t hash);
static rb_flight_t *rb_flight_find(const rb_cache_t *cache, uint64_t hash);
static ngx_uint_t rb_flight_is_up(const rb_flight_t *flight);
static ngx_int_t rb_flight_wait(rb_cache_t *cache, rb_task_t *task,
    uint64_t hash);
static void rb_flight_over(rb_flight_wait_t *wait);
static void rb_flight_watch(void);
static void rb_flight_look(ngx_event_t *ev);


static ngx_queue_t       rb_flight_waits[RB_FLIGHT_LISTS];
static ngx_uint_t        rb_flight_waiting;
static ngx_event_t       rb_flight_timer;
static ngx_connection_t  rb_flight_ident;       /* for nginx's debug log */


ngx_int_t
rb_cache_fly(rb_cache_t *cache, rb_task_t *task, const ngx_str_t *key)
{
    uint64_t  hash;

    hash = rb_cache_hash(cache, key);

    if (rb_flight_take(cache, hash) != NGX_BUSY) {
        rb_add(rb_cache_counters(cache)->flights, 1);
        return NGX_OK;
    }

    rb_add(rb_cache_counters(cache)->joined, 1);

    return rb_flight_wait(cache, task, hash);
}


ngx_int_t
rb_cache_try_fly(rb_cache_t *cache, const ngx_str_t *key)
{
    if (rb_flight_take(cache, rb_cache_hash(cache, key)) != NGX_OK) {
        return NGX_DECLINED;
    }

    rb_add(rb_cache_counters(cache)->flights, 1);

    return NGX_OK;
}


void
rb_cache_landed(rb_cache_t *cache, const ngx_str_t *key)
{
    uint64_t           hash;
    ngx_queue_t       *list, *q, *next;
    rb_flight_t       *flight;
    rb_flight_wait_t  *wait;

    hash = rb_cache_hash(cache, key);

    ngx_shmtx_lock(&cache->shpool->mutex);

    flight = rb_flight_find(cache, hash);

    /* it may be another's by now, if this one took too long */

    if (flight && flight->pid == (uint32_t) ngx_pid) {
        rb_store(flight->hash, 0);
    }

    ngx_shmtx_unlock(&cache->shpool->mutex);

    if (rb_flight_waiting == 0) {
        return;
    }

    list = &rb_flight_waits[hash % RB_FLIGHT_LISTS];

    for (q = ngx_queue_head(list); q != ngx_queue_sentinel(list); q = next) {
        next = ngx_queue_next(q);
        wait = ngx_queue_data(q, rb_flight_wait_t, queue);

        if (wait->hash == hash && wait->cache == cache) {
            rb_flight_over(wait);
        }
    }
}


/*
 * NGX_OK: registered.  NGX_BUSY: somebody is making it.  NGX_DECLINED: there
 * is no place to register it.
 */

static ngx_int_t
rb_flight_take(rb_cache_t *cache, uint64_t hash)
{
    ngx_int_t     rc;
    ngx_uint_t    i;
    rb_flight_t  *flight, *place;

    /* without the lock first: while many join, nobody can change it */

    flight = rb_flight_find(cache, hash);

    if (flight && rb_flight_is_up(flight)) {
        return NGX_BUSY;
    }

    ngx_shmtx_lock(&cache->shpool->mutex);

    rc = NGX_DECLINED;
    place = rb_flight_find(cache, hash);

    if (place && rb_flight_is_up(place)) {
        ngx_shmtx_unlock(&cache->shpool->mutex);
        return NGX_BUSY;
    }

    for (i = 0; place == NULL && i < RB_FLIGHT_PROBES; i++) {
        flight = &cache->flights[(hash + i) % RB_FLIGHTS];

        if (flight->hash == 0 || !rb_flight_is_up(flight)) {
            place = flight;
        }
    }

    if (place) {
        rb_store(place->hash, 0);
        rb_store(place->pid, (uint32_t) ngx_pid);
        rb_store(place->started, (uint32_t) ngx_current_msec);
        __atomic_store_n(&place->hash, hash, __ATOMIC_RELEASE);
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&cache->shpool->mutex);

    return rc;
}


static rb_flight_t *
rb_flight_find(const rb_cache_t *cache, uint64_t hash)
{
    ngx_uint_t    i;
    rb_flight_t  *flight;

    for (i = 0; i < RB_FLIGHT_PROBES; i++) {
        flight = &cache->flights[(hash + i) % RB_FLIGHTS];

        if (__atomic_load_n(&flight->hash, __ATOMIC_ACQUIRE) == hash) {
            return flight;
        }
    }

    return NULL;
}


/* Whether it may still land.  A dead process' id may have been given to
 * another one; then the time ends it. */

static ngx_uint_t
rb_flight_is_up(const rb_flight_t *flight)
{
    int32_t    age;
    ngx_pid_t  pid;

    /* another worker's clock may be a little ahead of ours */
    age = (int32_t) ((uint32_t) ngx_current_msec - rb_load(flight->started));

    if (age > RB_FLIGHT_MAX) {
        return 0;
    }

    pid = (ngx_pid_t) rb_load(flight->pid);

    if (age < RB_FLIGHT_DOUBT || pid == ngx_pid) {
        return 1;
    }

    return kill(pid, 0) == 0 || ngx_errno != NGX_ESRCH;
}


static ngx_int_t
rb_flight_wait(rb_cache_t *cache, rb_task_t *task, uint64_t hash)
{
    rb_wake_e         wake;
    ngx_msec_t        left;
    rb_flight_wait_t  wait;

    rb_flight_watch();

    wait.cache = cache;
    wait.hash = hash;
    wait.fiber = rb_fiber_self();
    wait.over = 0;

    ngx_queue_insert_tail(&rb_flight_waits[hash % RB_FLIGHT_LISTS],
                          &wait.queue);
    rb_flight_waiting++;

    do {
        left = rb_task_left(task, RB_FLIGHT_MAX);
        wake = left ? rb_task_wait(task, left) : RB_WAKE_TIMEOUT;
    } while (wake == RB_WAKE && !wait.over);

    if (!wait.over) {
        ngx_queue_remove(&wait.queue);
        rb_flight_waiting--;
    }

    if (wake == RB_WAKE_CANCELLED || rb_task_left(task, 1) == 0) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
rb_flight_over(rb_flight_wait_t *wait)
{
    ngx_queue_remove(&wait->queue);
    rb_flight_waiting--;
    wait->over = 1;

    rb_fiber_wake(wait->fiber);
}


/* Has the timer running while anybody waits. */

static void
rb_flight_watch(void)
{
    ngx_uint_t  i;

    if (rb_flight_timer.handler == NULL) {

        for (i = 0; i < RB_FLIGHT_LISTS; i++) {
            ngx_queue_init(&rb_flight_waits[i]);
        }

        rb_flight_ident.fd = (ngx_socket_t) -1;
        rb_flight_timer.handler = rb_flight_look;
        rb_flight_timer.data = &rb_flight_ident;
        rb_flight_timer.log = ngx_cycle->log;

        /* those who wait have timers that hold back a reload, if they may */
        rb_flight_timer.cancelable = 1;
    }

    if (!rb_flight_timer.timer_set) {
        ngx_add_timer(&rb_flight_timer, RB_FLIGHT_LOOK);
    }
}


static void
rb_flight_look(ngx_event_t *ev)
{
    uint64_t           hash;
    ngx_uint_t         i, up;
    ngx_queue_t       *list, *q, *next;
    rb_flight_t       *flight;
    rb_flight_wait_t  *wait;

    for (i = 0; i < RB_FLIGHT_LISTS && rb_flight_waiting; i++) {
        list = &rb_flight_waits[i];
        hash = 0;
        up = 0;

        for (q = ngx_queue_head(list);
             q != ngx_queue_sentinel(list);
             q = next)
        {
            next = ngx_queue_next(q);
            wait = ngx_queue_data(q, rb_flight_wait_t, queue);

            /* most of a list wait for the same */

            if (wait->hash != hash) {
                hash = wait->hash;
                flight = rb_flight_find(wait->cache, hash);
                up = flight && rb_flight_is_up(flight);
            }

            if (!up) {
                rb_flight_over(wait);
            }
        }
    }

    if (rb_flight_waiting) {
        ngx_add_timer(ev, RB_FLIGHT_LOOK);
    }
}
