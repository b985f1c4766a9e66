
/*
 * Public answers in shared memory, for all workers of a node.
 *
 * Reading takes no lock: a slot is read between two looks at its sequence
 * number (a seqlock; H.-J. Boehm, "Can seqlocks get along with programming
 * language memory models?", MSPC 2012), and the answer is copied out.
 * Writing takes the zone's mutex.
 *
 * Invalidation is by tags.  One counter counts all changes; tag_changed[hash]
 * holds the counter's value at the tag's last change; an answer remembers the
 * counter's value when its making began, and is valid while none of its tags
 * has changed since.  So a change in the middle of the making is seen too,
 * and two tags with one hash only cost a needless refresh.
 *
 * Single flight: of all requests of a node that miss the same key, one makes
 * the answer, the others wait for it.
 */


#ifndef _RB_CACHE_H_INCLUDED_
#define _RB_CACHE_H_INCLUDED_


#include "web/rb_req.h"


typedef struct rb_cache_s  rb_cache_t;


typedef enum {
    RB_CACHE_MISS = 0,
    RB_CACHE_FRESH,
    RB_CACHE_STALE,             /* may be served while it is made anew */
    RB_CACHE_INVALID            /* changed or too old: only if making fails */
} rb_cache_state_e;


/* A copy of a kept answer, in the pool given; its strings point into it. */

typedef struct {
    rb_cache_state_e    state;
    ngx_uint_t          route;          /* index in the router */
    ngx_str_t           body;
    ngx_str_t           type;
    ngx_str_t           etag;
    ngx_str_t           link;
    ngx_str_t           cache_control;
    ngx_str_t           surrogate_key;  /* its tags; or empty */
    time_t              age;            /* seconds since it was made */
    unsigned            usable_on_error:1;
} rb_cached_t;


/*
 * Takes all of a new zone but a sixteenth (for the metrics, which must live
 * in the same zone).  NULL when the zone is too small: below 512 KB.
 */
rb_cache_t *rb_cache_create(ngx_slab_pool_t *shpool, size_t zone_size);

/* NGX_OK (cached->state says which) or NGX_DECLINED (a miss).  No lock. */
ngx_int_t rb_cache_get(rb_cache_t *cache, ngx_pool_t *pool,
    const ngx_str_t *key, rb_cached_t *cached);

/* The counter to remember before the making begins. */
uint64_t rb_cache_epoch(rb_cache_t *cache);

/*
 * Keeps req->reply, for as long as req->route says.  NGX_DECLINED when it is
 * no 200, is larger than a sixteenth of the memory, or has too long a key.
 */
ngx_int_t rb_cache_put(rb_cache_t *cache, const ngx_str_t *key,
    rb_req_t *req, uint64_t epoch);

/*
 * Forgets what is kept under the key, unless it was made after this epoch:
 * making it anew has found that there is none (404, 410).
 */
void rb_cache_drop(rb_cache_t *cache, const ngx_str_t *key, uint64_t epoch);

/*
 * Single flight.  NGX_OK: the caller makes the answer, and must call
 * rb_cache_landed() whatever happens.  NGX_AGAIN: somebody else was making it
 * and has ended, or too long has passed: look again (yields while waiting).
 * NGX_ERROR: cancelled or past the deadline.
 */
ngx_int_t rb_cache_fly(rb_cache_t *cache, rb_task_t *task,
    const ngx_str_t *key);

/* Takes the flight if nobody flies: NGX_OK, else NGX_DECLINED.  Does not
 * yield: for a refresh.  Another fiber of this worker may land it. */
ngx_int_t rb_cache_try_fly(rb_cache_t *cache, const ngx_str_t *key);
void rb_cache_landed(rb_cache_t *cache, const ngx_str_t *key);

/* A change: of the tag with this hash; of everything. */
void rb_cache_changed(rb_cache_t *cache, uint32_t tag);
void rb_cache_changed_all(rb_cache_t *cache);


/*
 * Whether the node's listener hears the database: told by the worker that
 * listens, asked by all.  It probes four times a second, so that a database
 * that has stopped is known of in every worker within seconds.
 */
void rb_cache_set_listening(rb_cache_t *cache, ngx_uint_t listening);
ngx_uint_t rb_cache_listening(rb_cache_t *cache);

/*
 * Until when the node is known to have heard of all changes: a probe that was
 * sent at `msec' (ngx_current_msec) has been answered, and what was announced
 * before that came before the answer.  heard() asks whether that is less than
 * `within' ms ago.
 */
void rb_cache_set_heard(rb_cache_t *cache, ngx_msec_t msec);
ngx_uint_t rb_cache_heard(rb_cache_t *cache, ngx_msec_t within);

/* Whether none of the tags has changed since that epoch (no lock). */
ngx_uint_t rb_cache_unchanged_since(rb_cache_t *cache, uint64_t epoch,
    const uint32_t *tags, ngx_uint_t n);


typedef struct {
    uint64_t    fresh, stale, misses, stores, evictions, invalidations;
    uint64_t    flights, joined, bytes, entries;
    uint64_t    size;           /* bytes there are for answers */
} rb_cache_stats_t;

void rb_cache_stats(rb_cache_t *cache, rb_cache_stats_t *stats);


#endif /* _RB_CACHE_H_INCLUDED_ */
