/* unit: gate/rb_cache.c gate/rb_cache_look.c gate/rb_cache_store.c
         gate/rb_cache_flight.c base/rb_hash.c */

/*
 * The cache in shared memory: what is kept how long, and what becomes of it
 * with several processes at it, some of which are killed.
 */


#include "gate/rb_cache_zone.h"
#include <ngx_event.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sched.h>
#include "support.h"


#define ZONE      (4 * 1024 * 1024)
#define KEYS      400
#define BODY_MAX  24000


/* nginx, as far as the cache sees it */

ngx_uint_t            ngx_pagesize = 4096;
ngx_rbtree_t          ngx_event_timer_rbtree;

static ngx_event_t   *timer;            /* the one that was added last */
static ngx_pool_t    *pool;             /* of the last answer */


void *
ngx_slab_alloc(ngx_slab_pool_t *shpool, size_t size)
{
    u_char  *p;

    p = ngx_align_ptr(shpool->start, 4096);

    if (p + size > shpool->end) {
        return NULL;
    }

    shpool->start = p + size;

    return p;
}


void
ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    ngx_atomic_uint_t  none = 0;

    while (!__atomic_compare_exchange_n(mtx->lock, &none, ngx_pid, 0,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    {
        none = 0;
        sched_yield();
    }
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    __atomic_store_n(mtx->lock, 0, __ATOMIC_RELEASE);
}


/* what nginx's master does for a worker that died */

static void
force_unlock(ngx_shmtx_t *mtx, ngx_pid_t pid)
{
    ngx_atomic_uint_t  held = pid;

    (void) __atomic_compare_exchange_n(mtx->lock, &held, 0, 0,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}


void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    timer = ngx_rbtree_data(node, ngx_event_t, timer);
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    timer = NULL;
}


/* a fiber that waits lets the test do something instead */

static void      (*on_wait)(void);
static ngx_uint_t  woken;

rb_fiber_t *
rb_fiber_self(void)
{
    return NULL;
}


void
rb_fiber_wake(rb_fiber_t *f)
{
    woken++;
}


ngx_msec_t
rb_task_left(const rb_task_t *task, ngx_msec_t cap)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (task->deadline - ngx_current_msec);

    return left <= 0 ? 0 : ngx_min((ngx_msec_t) left, cap);
}


rb_wake_e
rb_task_wait(rb_task_t *task, ngx_msec_t timeout)
{
    woken = 0;
    on_wait();

    return woken ? RB_WAKE : RB_WAKE_TIMEOUT;
}


/* A zone as nginx would have set it up. */

static rb_cache_t *
make_cache(size_t size)
{
    ngx_slab_pool_t  *shpool;

    shpool = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                  -1, 0);

    if (shpool == MAP_FAILED) {
        exit(2);
    }

    shpool->start = (u_char *) (shpool + 1);
    shpool->end = (u_char *) shpool + size;
    shpool->pfree = size / 4096 - 2;
    shpool->mutex.lock = &shpool->lock.lock;

    return rb_cache_create(shpool, size);
}


/* Chunks on chains and on the free list; 0 when the structure is broken. */

static uint64_t
audit(rb_cache_t *cache)
{
    u_char          *seen;
    uint32_t         n, chunk;
    uint64_t         s, used, free_chunks, entries;
    ngx_uint_t       way;
    rb_cache_set_t  *set;

    seen = calloc(cache->chunks, 1);
    used = 0;
    entries = 0;

    for (s = 0; s <= cache->set_mask; s++) {
        set = &cache->sets[s];

        for (way = 0; way < RB_CACHE_WAYS; way++) {

            if (set->slot[way].seq & 1) {
                goto broken;
            }

            if (set->hash[way] == 0) {
                continue;
            }

            entries++;
            chunk = set->slot[way].first;

            for (n = rb_cache_chunks(set->slot[way].size); n; n--) {
                if (chunk >= cache->untouched || seen[chunk]++) {
                    goto broken;
                }

                used++;
                chunk = cache->chunk[chunk].next;
            }

            if (chunk != RB_CACHE_NONE) {
                goto broken;
            }
        }
    }

    free_chunks = cache->chunks - cache->untouched;

    for (chunk = cache->free;
         chunk != RB_CACHE_NONE;
         chunk = cache->chunk[chunk].next)
    {
        if (chunk >= cache->untouched || seen[chunk]++) {
            goto broken;
        }

        free_chunks++;
    }

    free(seen);

    if (entries != cache->entries || free_chunks != cache->free_count
        || cache->writing)
    {
        return 0;
    }

    return used + free_chunks;

broken:

    free(seen);
    return 0;
}


static u_char
pattern(ngx_uint_t key, ngx_uint_t version, size_t i)
{
    return (u_char) ((key * 31 + version * 17 + i) % 251);
}


/* The length of a body tells key and version too. */

static size_t
length(ngx_uint_t key, ngx_uint_t version, size_t max)
{
    return 1 + (key * 7919 + version * 104729) % max;
}


/* So do the texts of its tags; some have none. */

static size_t
keys(u_char *p, ngx_uint_t key, ngx_uint_t version)
{
    return (key % 4 == 3) ? 0 : sprintf((char *) p, "job:%lu v:%lu",
                                        (long) key, (long) version);
}


static ngx_int_t
put(rb_cache_t *cache, ngx_uint_t k, ngx_uint_t version, size_t max,
    uint64_t epoch)
{
    size_t             i, n;
    u_char             key[64], etag[64], tags[64];
    ngx_str_t          name;
    rb_req_t           req;
    static u_char      body[BODY_MAX];
    static rb_route_t  route;

    route.fresh = 10;
    route.stale_while_revalidate = 20;
    route.stale_if_error = 100;

    n = length(k, version, max);

    for (i = 0; i < n; i++) {
        body[i] = pattern(k, version, i);
    }

    memset(&req, 0, sizeof(rb_req_t));

    name.data = key;
    name.len = sprintf((char *) key, "/api/v1/jobs/%lu", (long) k);

    req.route = &route;
    req.route_index = k;
    req.reply.status = 200;
    req.reply.body.start = body;
    req.reply.body.last = body + n;
    req.reply.etag.data = etag;
    req.reply.etag.len = sprintf((char *) etag, "\"%lu\"", (long) version);
    req.reply.tags = 2;
    req.reply.tag[0] = k + 5000;
    req.reply.tag[1] = 7;
    req.reply.keys_len = keys(tags, k, version);
    memcpy(req.reply.keys, tags, req.reply.keys_len);

    return rb_cache_put(cache, &name, &req, epoch);
}


static ngx_int_t
get(rb_cache_t *cache, ngx_uint_t k, rb_cached_t *cached)
{
    u_char     key[64];
    ngx_str_t  name;

    name.data = key;
    name.len = sprintf((char *) key, "/api/v1/jobs/%lu", (long) k);

    ngx_destroy_pool(pool);
    pool = support_pool();

    return rb_cache_get(cache, pool, &name, cached);
}


static ngx_uint_t
found(rb_cache_t *cache, ngx_uint_t k, rb_cache_state_e state,
    rb_cached_t *cached)
{
    return get(cache, k, cached) == NGX_OK && cached->state == state;
}


/* Whether an answer is one that was put, whole. */

static ngx_uint_t
whole(rb_cached_t *cached, ngx_uint_t k, size_t max)
{
    size_t      i;
    u_char      tags[64];
    ngx_uint_t  version;

    if (cached->route != k || cached->etag.len < 3) {
        return 0;
    }

    version = strtoul((char *) cached->etag.data + 1, NULL, 10);

    if (cached->body.len != length(k, version, max)) {
        return 0;
    }

    if (cached->surrogate_key.len != keys(tags, k, version)
        || memcmp(cached->surrogate_key.data, tags,
                  cached->surrogate_key.len) != 0)
    {
        return 0;
    }

    for (i = 0; i < cached->body.len; i++) {
        if (cached->body.data[i] != pattern(k, version, i)) {
            return 0;
        }
    }

    return 1;
}


static ngx_pid_t
spawn(ngx_int_t (*main)(rb_cache_t *cache, ngx_uint_t msec),
    rb_cache_t *cache, ngx_uint_t worker, ngx_uint_t msec)
{
    ngx_pid_t  pid;

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        ngx_worker = worker;
        srandom(ngx_pid);
        _exit(main(cache, msec));
    }

    return pid;
}


static ngx_uint_t
now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static ngx_int_t
writer(rb_cache_t *cache, ngx_uint_t msec)
{
    ngx_uint_t  end, key, version;

    version = (ngx_uint_t) ngx_pid * 100000;

    for (end = now() + msec * 1000; now() < end; /* void */) {
        key = random() % KEYS;

        /* few keys change often, so that readers meet them */
        key = random() % 4 ? key % 8 : key;

        if (put(cache, key, version++, BODY_MAX, rb_cache_epoch(cache))
            != NGX_OK)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
changer(rb_cache_t *cache, ngx_uint_t msec)
{
    ngx_uint_t  end;

    for (end = now() + msec * 1000; now() < end; /* void */) {
        rb_cache_changed(cache, random() % KEYS + 5000);

        if (random() % 1000 == 0) {
            rb_cache_changed_all(cache);
        }

        ngx_current_msec += random() % 3;
        sched_yield();
    }

    return 0;
}


static ngx_int_t
reader(rb_cache_t *cache, ngx_uint_t msec)
{
    ngx_uint_t   end, key, found;
    rb_cached_t  cached;

    found = 0;

    for (end = now() + msec * 1000; now() < end; /* void */) {
        key = random() % KEYS;
        key = random() % 4 ? key % 8 : key;

        if (get(cache, key, &cached) == NGX_OK) {
            if (!whole(&cached, key, BODY_MAX)) {
                return 1;
            }

            found++;
        }
    }

    return found > 100 ? 0 : 2;
}


static void
test_states(void)
{
    size_t       i;
    uint64_t     epoch;
    ngx_uint_t   good;
    rb_cache_t  *cache;
    rb_cached_t  cached;

    cache = make_cache(ZONE);
    support_ok(cache && audit(cache) == cache->chunks, "a new cache is whole");

    support_ok(get(cache, 1, &cached) == NGX_DECLINED, "nothing is kept yet");

    epoch = rb_cache_epoch(cache);
    support_ok(put(cache, 1, 1, 5000, epoch) == NGX_OK
               && found(cache, 1, RB_CACHE_FRESH, &cached)
               && whole(&cached, 1, 5000), "kept and found, fresh");
    support_ok(cached.etag.len == 3
               && memcmp(cached.etag.data, "\"1\"", 3) == 0,
               "with its etag");

    ngx_current_msec += 10 * 1000;
    support_ok(found(cache, 1, RB_CACHE_STALE, &cached)
               && cached.age == 10, "stale after its time");

    ngx_current_msec += 20 * 1000;
    support_ok(found(cache, 1, RB_CACHE_INVALID, &cached)
               && cached.usable_on_error, "then only for errors");

    ngx_current_msec += 80 * 1000;
    support_ok(get(cache, 1, &cached) == NGX_DECLINED, "then not at all");

    ngx_current_msec -= 200 * 1000;
    support_ok(get(cache, 1, &cached) == NGX_OK && cached.age == 0,
               "an age is never negative");
    ngx_current_msec += 90 * 1000;

    epoch = rb_cache_epoch(cache);
    put(cache, 1, 2, 5000, epoch);
    rb_cache_changed(cache, 4999);
    support_ok(found(cache, 1, RB_CACHE_FRESH, &cached),
               "another's change leaves it fresh");

    rb_cache_changed(cache, 5001);
    support_ok(found(cache, 1, RB_CACHE_INVALID, &cached)
               && cached.usable_on_error, "its own change doesn't");

    put(cache, 1, 3, 5000, epoch);
    support_ok(found(cache, 1, RB_CACHE_INVALID, &cached),
               "a change while it was made counts");

    put(cache, 1, 4, 5000, rb_cache_epoch(cache));
    put(cache, 1, 5, 5000, epoch);
    support_ok(found(cache, 1, RB_CACHE_FRESH, &cached)
               && memcmp(cached.etag.data, "\"4\"", 3) == 0,
               "a slow maker doesn't replace a newer answer");

    rb_cache_changed_all(cache);
    support_ok(found(cache, 1, RB_CACHE_INVALID, &cached),
               "a change of everything counts");

    for (i = 0, good = 0; i < BODY_MAX; i += 61) {
        epoch = rb_cache_epoch(cache);
        good += put(cache, 1, i, i + 1, epoch) == NGX_OK
                && get(cache, 1, &cached) == NGX_OK
                && whole(&cached, 1, i + 1);
    }

    support_ok(good == (BODY_MAX + 60) / 61,
               "bodies of all lengths come back");
    support_ok(audit(cache) == cache->chunks, "and the cache is still whole");
}


static void
test_limits(void)
{
    ngx_uint_t         i, good;
    rb_req_t           req;
    rb_cache_t        *cache;
    rb_cached_t        cached;
    static u_char      text[600], body[4 * 1024 * 1024];
    static rb_route_t  route = { .fresh = 10 };
    ngx_str_t          key = { 5, text };

    cache = make_cache(ZONE);

    memset(&req, 0, sizeof(rb_req_t));
    memset(text, 'k', sizeof(text));
    req.route = &route;
    req.reply.status = 200;
    req.reply.body.start = req.reply.body.last = body;

    support_ok(rb_cache_put(cache, &key, &req, 1) == NGX_OK
               && rb_cache_get(cache, pool, &key, &cached) == NGX_OK
               && cached.body.len == 0, "an empty body is kept");

    req.reply.body.last = body + cache->entry_max - 60;
    support_ok(rb_cache_put(cache, &key, &req, 1) == NGX_DECLINED,
               "too long a body is refused");

    req.reply.body.last = body + 10;
    req.reply.status = 404;
    support_ok(rb_cache_put(cache, &key, &req, 1) == NGX_DECLINED,
               "an error is refused");

    req.reply.status = 200;
    key.len = 512;
    support_ok(rb_cache_put(cache, &key, &req, 1) == NGX_OK
               && rb_cache_get(cache, pool, &key, &cached) == NGX_OK,
               "the longest key is kept");

    key.len = 513;
    support_ok(rb_cache_put(cache, &key, &req, 1) == NGX_DECLINED
               && rb_cache_get(cache, pool, &key, &cached) == NGX_DECLINED,
               "a longer one isn't");

    for (i = 0, good = 0; i < 30000; i++) {
        good += put(cache, i, 1, 3000, rb_cache_epoch(cache)) == NGX_OK
                && get(cache, i, &cached) == NGX_OK
                && whole(&cached, i, 3000);
    }

    support_ok(good == 30000 && cache->evictions > 20000,
               "what is new has room made for it");
    support_ok(audit(cache) == cache->chunks, "and none is lost by it");

    ngx_current_msec += 1000;

    for (i = 0, good = 0; i < 40; i++) {
        (void) put(cache, i, 1, 3000, rb_cache_epoch(cache));
    }

    for (i = 1000; i < 3000; i++) {
        ngx_current_msec += 40;
        (void) put(cache, i, 1, 3000, rb_cache_epoch(cache));
        (void) get(cache, i % 40, &cached);
    }

    for (i = 0; i < 40; i++) {
        good += get(cache, i, &cached) == NGX_OK;
    }

    support_ok(good > 25, "what is used stays");

    for (i = 0, good = 0; i < 60; i++) {
        good += put(cache, i, 3, BODY_MAX, rb_cache_epoch(cache)) == NGX_OK;
    }

    support_ok(good == 60, "room for long ones is found among short ones");
    support_ok(make_cache(64 * 1024) == NULL, "a zone too small is refused");
}


static void
test_together(ngx_uint_t msec)
{
    int          status;
    ngx_uint_t   i, torn, other;
    ngx_pid_t    pid[6];
    rb_cache_t  *cache;

    cache = make_cache(ZONE);

    pid[0] = spawn(writer, cache, 0, msec);
    pid[1] = spawn(writer, cache, 1, msec);
    pid[2] = spawn(changer, cache, 2, msec);

    for (i = 3; i < 6; i++) {
        pid[i] = spawn(reader, cache, i, msec);
    }

    for (i = 0, torn = 0, other = 0; i < 6; i++) {
        waitpid(pid[i], &status, 0);
        torn += i > 2 && WIFEXITED(status) && WEXITSTATUS(status) == 1;
        other += status != 0;
    }

    support_ok(torn == 0, "no reader sees a torn answer");
    support_ok(other == 0, "no process failed");
    support_ok(cache->evictions > 100 && audit(cache) == cache->chunks,
               "the cache is whole after evictions by two writers");
}


static void
test_killed(ngx_uint_t rounds)
{
    int          status;
    ngx_uint_t   i, repaired;
    ngx_pid_t    pid, readers[2];
    rb_cache_t  *cache;

    cache = make_cache(ZONE);
    repaired = 0;

    readers[0] = spawn(reader, cache, 1, rounds * 3);
    readers[1] = spawn(reader, cache, 2, rounds * 3);

    for (i = 0; i < rounds; i++) {
        pid = spawn(writer, cache, 0, 60000);
        usleep(2000 + random() % 3000);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        force_unlock(&cache->shpool->mutex, pid);
        repaired += cache->writing;
    }

    rb_cache_write_begin(cache);
    rb_cache_write_end(cache);

    support_ok(repaired > 0, "writers were killed while they wrote");
    support_ok(audit(cache) == cache->chunks, "and nothing is lost by it");

    waitpid(readers[0], &status, 0);
    support_ok(status == 0, "readers saw whole answers all the time");
    waitpid(readers[1], &status, 0);
    support_ok(status == 0, "the other one too");
}


/* Single flight; each on_wait is what happens meanwhile. */

static rb_cache_t       *flights;
static const ngx_str_t   flight_key = ngx_string("/api/v1/resorts");

static void
wait_landed(void)
{
    rb_cache_landed(flights, &flight_key);
}


static void
wait_elsewhere(void)
{
    rb_flight_t  *flight;
    uint64_t      hash;

    hash = rb_cache_hash(flights, &flight_key);

    for (flight = flights->flights; flight->hash != hash; flight++) { }

    timer->timer_set = 0;
    timer->handler(timer);

    if (woken == 0 && timer->timer_set) {
        flight->hash = 0;
        timer->timer_set = 0;
        timer->handler(timer);
    }
}


static void
wait_long(void)
{
    ngx_current_msec += 5001;
    timer->timer_set = 0;
    timer->handler(timer);
}


static void
wait_deadline(void)
{
    ngx_current_msec += 2000;
}


static void
fly_as(ngx_pid_t pid)
{
    ngx_pid = pid;
    (void) rb_cache_try_fly(flights, &flight_key);
    ngx_pid = getpid();
}


static void
test_flights(void)
{
    int               status;
    ngx_uint_t        i, n;
    ngx_pid_t         pid;
    rb_task_t         task;
    rb_cache_stats_t  stats;

    flights = make_cache(ZONE);
    memset(&task, 0, sizeof(rb_task_t));
    task.deadline = ngx_current_msec + 1000000;

    support_ok(rb_cache_fly(flights, &task, &flight_key) == NGX_OK,
               "the first flies");
    support_ok(rb_cache_try_fly(flights, &flight_key) == NGX_DECLINED,
               "no other one does");

    on_wait = wait_landed;
    support_ok(rb_cache_fly(flights, &task, &flight_key) == NGX_AGAIN,
               "the second waits until it has landed");
    support_ok(rb_cache_try_fly(flights, &flight_key) == NGX_OK,
               "then it may");

    on_wait = wait_long;
    support_ok(rb_cache_fly(flights, &task, &flight_key) == NGX_AGAIN
               && rb_cache_fly(flights, &task, &flight_key) == NGX_OK,
               "too long a flight is taken over");
    rb_cache_landed(flights, &flight_key);

    fly_as(getppid());
    rb_cache_landed(flights, &flight_key);
    support_ok(rb_cache_try_fly(flights, &flight_key) == NGX_DECLINED,
               "only its own process lands it");

    on_wait = wait_elsewhere;
    support_ok(rb_cache_fly(flights, &task, &flight_key) == NGX_AGAIN,
               "a landing in another process is seen");

    pid = fork();

    if (pid == 0) {
        _exit(0);
    }

    waitpid(pid, &status, 0);
    fly_as(pid);
    ngx_current_msec += 100;
    support_ok(rb_cache_fly(flights, &task, &flight_key) == NGX_OK,
               "a dead process' flight is taken over");

    on_wait = wait_deadline;
    task.deadline = ngx_current_msec + 1000;
    support_ok(rb_cache_fly(flights, &task, &flight_key) == NGX_ERROR,
               "a deadline ends the wait");
    rb_cache_landed(flights, &flight_key);

    for (i = 0, n = 0; i < RB_FLIGHTS * 8; i++) {
        u_char     text[32];
        ngx_str_t  key = { (size_t) sprintf((char *) text, "%d", (int) i),
                           text };

        n += rb_cache_try_fly(flights, &key) == NGX_OK;
    }

    task.deadline = ngx_current_msec + 1000;
    support_ok(n > RB_FLIGHTS * 9 / 10 && n <= RB_FLIGHTS
               && rb_cache_fly(flights, &task, &flight_key) == NGX_OK,
               "with the table full one flies all the same");

    rb_cache_stats(flights, &stats);
    support_ok(stats.joined == 4 && stats.flights == n + 7,
               "flights are counted");
}


/* What else is asked of the count of changes: by verdicts. */

static void
test_heard(void)
{
    uint32_t     tags[2] = { 11, 12 };
    uint64_t     epoch;
    rb_cache_t  *cache;

    cache = make_cache(ZONE);
    epoch = rb_cache_epoch(cache);

    support_ok(rb_cache_unchanged_since(cache, epoch, tags, 2),
               "nothing has changed");
    rb_cache_changed(cache, 13);
    support_ok(rb_cache_unchanged_since(cache, epoch, tags, 2),
               "another tag has");
    rb_cache_changed(cache, 12);
    support_ok(!rb_cache_unchanged_since(cache, epoch, tags, 2),
               "one of them has");
    support_ok(rb_cache_unchanged_since(cache, rb_cache_epoch(cache), tags, 2),
               "not since then");

    epoch = rb_cache_epoch(cache);
    rb_cache_changed_all(cache);
    support_ok(!rb_cache_unchanged_since(cache, epoch, tags, 0),
               "everything has");

    support_ok(!rb_cache_heard(cache, 900), "nothing was heard yet");
    rb_cache_set_heard(cache, ngx_current_msec - 100);
    support_ok(!rb_cache_heard(cache, 900), "nor does it listen");
    rb_cache_set_listening(cache, 1);
    support_ok(rb_cache_heard(cache, 900), "it hears");
    support_ok(!rb_cache_heard(cache, 100), "not as lately as that");
    rb_cache_set_heard(cache, ngx_current_msec - 5000);
    support_ok(rb_cache_heard(cache, 900),
               "what a worker that leaves has heard before takes nothing back");
    rb_cache_set_listening(cache, 0);
    support_ok(!rb_cache_heard(cache, 900), "it is deaf");
}


int
main(void)
{
    ngx_pid = getpid();
    ngx_current_msec = 1000 * 1000;
    srandom(ngx_pid);
    pool = support_pool();

    test_states();
    test_limits();
    test_flights();
    test_together(3000);
    test_killed(300);
    test_heard();

    ngx_destroy_pool(pool);

    return support_done();
}
