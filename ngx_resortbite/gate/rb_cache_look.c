
/*
 * The cache's readers; they take no lock.
 *
 * A look-up goes: hash; the set's line of hashes; the slot, with its sequence
 * number first; the chain's first chunk, copied head and compared key; the
 * number again.  From then on the head can be believed: whether the answer is
 * still good, and its length, so that exactly that much is taken from the
 * pool and copied; and the number a last time.  Whatever is used before the
 * number was looked at again (an index, a length) is checked against bounds
 * first, since it may be torn.  The bytes copied may be torn as well, which
 * the last look discovers.
 */


#include "gate/rb_cache_zone.h"


#define RB_CACHE_TRIES     64
#define RB_CACHE_HEAD_MIN  (sizeof(rb_cache_head_t) + 1)


/* A slot as it was when its number was `seq'. */

typedef struct {
    rb_cache_slot_t     *slot;
    uint32_t             seq;
    uint32_t             first;
    uint32_t             size;
    rb_cache_head_t      head;
} rb_cache_look_t;


static ngx_int_t rb_cache_look(const rb_cache_t *cache, const ngx_str_t *key,
    uint64_t hash, rb_cache_look_t *look);
static ngx_int_t rb_cache_open(const rb_cache_t *cache,
    const ngx_str_t *key, uint64_t hash, rb_cache_set_t *set, ngx_uint_t way,
    rb_cache_look_t *look);
static ngx_inline ngx_int_t rb_cache_unchanged(const rb_cache_look_t *look);
static ngx_int_t rb_cache_describe(const rb_cache_t *cache,
    const rb_cache_look_t *look, rb_cached_t *cached);
static ngx_int_t rb_cache_copy(const rb_cache_t *cache,
    const rb_cache_look_t *look, u_char *p, size_t offset, size_t n);
static void rb_cache_found(const rb_cache_t *cache, rb_cache_look_t *look,
    const rb_cached_t *cached);
static ngx_int_t rb_cache_missed(const rb_cache_t *cache);


ngx_int_t
rb_cache_get(rb_cache_t *cache, ngx_pool_t *pool, const ngx_str_t *key,
    rb_cached_t *cached)
{
    size_t            n, offset, room;
    u_char           *p;
    uint64_t          hash;
    ngx_uint_t        tries;
    rb_cache_look_t   look;

    if (key->len > RB_CACHE_KEY_MAX) {
        return rb_cache_missed(cache);
    }

    hash = rb_cache_hash(cache, key);
    p = NULL;
    room = 0;

    for (tries = 0; tries < RB_CACHE_TRIES; tries++) {

        if (rb_cache_look(cache, key, hash, &look) != NGX_OK
            || rb_cache_describe(cache, &look, cached) != NGX_OK)
        {
            return rb_cache_missed(cache);
        }

        offset = sizeof(rb_cache_head_t) + look.head.key;
        n = look.size - offset;

        if (p == NULL || n > room) {
            p = ngx_pnalloc(pool, n);
            if (p == NULL) {
                return rb_cache_missed(cache);
            }

            room = n;
        }

        if (rb_cache_copy(cache, &look, p, offset, n) == NGX_OK) {
            break;
        }
    }

    if (tries == RB_CACHE_TRIES) {
        return rb_cache_missed(cache);
    }

    cached->etag.data = p;
    cached->etag.len = look.head.etag;
    cached->cache_control.data = p + look.head.etag;
    cached->cache_control.len = look.head.cache_control;
    cached->type.data = cached->cache_control.data + look.head.cache_control;
    cached->type.len = look.head.type;
    cached->link.data = cached->type.data + look.head.type;
    cached->link.len = look.head.link;
    cached->surrogate_key.data = cached->link.data + look.head.link;
    cached->surrogate_key.len = look.head.keys;
    cached->body.data = cached->surrogate_key.data + look.head.keys;
    cached->body.len = look.head.body;

    rb_cache_found(cache, &look, cached);

    return NGX_OK;
}


/* Finds the key's slot and a head that can be believed; or NGX_DECLINED. */

static ngx_int_t
rb_cache_look(const rb_cache_t *cache, const ngx_str_t *key, uint64_t hash,
    rb_cache_look_t *look)
{
    ngx_int_t        rc;
    ngx_uint_t       tries, way;
    rb_cache_set_t  *set;

    set = &cache->sets[hash & cache->set_mask];

    __builtin_prefetch(&set->slot[0]);
    __builtin_prefetch(&set->slot[RB_CACHE_WAYS / 2]);

    for (tries = 0; tries < RB_CACHE_TRIES; tries++) {
        rc = NGX_DECLINED;

        for (way = 0; way < RB_CACHE_WAYS; way++) {

            if (rb_load(set->hash[way]) != hash) {
                continue;
            }

            rc = rb_cache_open(cache, key, hash, set, way, look);

            if (rc != NGX_DECLINED) {
                break;
            }
        }

        if (rc != NGX_AGAIN) {
            return rc;
        }

        ngx_cpu_pause();
    }

    return NGX_DECLINED;
}


/* NGX_AGAIN: it is being changed.  NGX_DECLINED: it is another key's. */

static ngx_int_t
rb_cache_open(const rb_cache_t *cache, const ngx_str_t *key, uint64_t hash,
    rb_cache_set_t *set, ngx_uint_t way, rb_cache_look_t *look)
{
    u_char           *data;
    ngx_uint_t        same;
    rb_cache_slot_t  *slot;

    slot = &set->slot[way];

    look->slot = slot;
    look->seq = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);
    look->first = rb_load(slot->first);
    look->size = rb_load(slot->size);

    if ((look->seq & 1) || rb_load(set->hash[way]) != hash) {
        return NGX_AGAIN;
    }

    if (look->first >= cache->chunks
        || look->size < RB_CACHE_HEAD_MIN || look->size > cache->entry_max)
    {
        return NGX_AGAIN;
    }

    data = cache->chunk[look->first].data;
    ngx_memcpy(&look->head, data, sizeof(rb_cache_head_t));

    same = look->head.key == key->len
           && ngx_memcmp(data + sizeof(rb_cache_head_t), key->data, key->len)
              == 0;

    if (rb_cache_unchanged(look) != NGX_OK) {
        return NGX_AGAIN;
    }

    if (!same || rb_cache_head_size(&look->head) != look->size) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* The reads before this are done before the number is looked at again. */

static ngx_inline ngx_int_t
rb_cache_unchanged(const rb_cache_look_t *look)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return (rb_load(look->slot->seq) == look->seq) ? NGX_OK : NGX_AGAIN;
}


/* NGX_DECLINED: it is good for nothing any more. */

static ngx_int_t
rb_cache_describe(const rb_cache_t *cache, const rb_cache_look_t *look,
    rb_cached_t *cached)
{
    uint32_t    now;
    ngx_uint_t  usable;

    ngx_memzero(cached, sizeof(rb_cached_t));

    cached->state = rb_cache_judge(cache, &look->head, &usable);

    if (cached->state == RB_CACHE_INVALID && !usable) {
        return NGX_DECLINED;
    }

    now = rb_cache_now();

    cached->usable_on_error = usable;
    cached->route = look->head.route;
    cached->age = now > look->head.made ? now - look->head.made : 0;

    return NGX_OK;
}


rb_cache_state_e
rb_cache_judge(const rb_cache_t *cache, const rb_cache_head_t *head,
    ngx_uint_t *usable)
{
    uint32_t     now, age;
    uint64_t     changed;
    ngx_uint_t   i;

    /* workers' clocks differ by less than a turn of their event loops */
    now = rb_cache_now();
    age = now > head->made ? now - head->made : 0;

    *usable = age < (uint64_t) head->fresh + head->stale_if_error;

    if (rb_load(cache->all_changed) > head->epoch) {
        return RB_CACHE_INVALID;
    }

    for (i = 0; i < head->tags; i++) {
        changed = rb_load(cache->tag_changed[head->tag[i] & cache->tag_mask]);

        if (changed > head->epoch) {
            return RB_CACHE_INVALID;
        }
    }

    if (age < head->fresh) {
        *usable = 1;
        return RB_CACHE_FRESH;
    }

    if (age < (uint64_t) head->fresh + head->stale_while_revalidate) {
        return RB_CACHE_STALE;
    }

    return RB_CACHE_INVALID;
}


/* Copies n bytes of a chain, starting within its first chunk. */

static ngx_int_t
rb_cache_copy(const rb_cache_t *cache, const rb_cache_look_t *look, u_char *p,
    size_t offset, size_t n)
{
    size_t             part;
    uint32_t           index;
    rb_cache_chunk_t  *chunk;

    index = look->first;

    for ( ;; ) {
        chunk = &cache->chunk[index];
        part = ngx_min(n, RB_CACHE_CHUNK - offset);

        p = ngx_cpymem(p, chunk->data + offset, part);
        n -= part;

        if (n == 0) {
            return rb_cache_unchanged(look);
        }

        index = rb_load(chunk->next);
        offset = 0;

        if (index >= cache->chunks) {
            return NGX_AGAIN;
        }
    }
}


static void
rb_cache_found(const rb_cache_t *cache, rb_cache_look_t *look,
    const rb_cached_t *cached)
{
    uint32_t              now;
    rb_cache_counters_t  *counters;

    /* the slot's line is written once a second, not once a look-up */
    now = rb_cache_now();

    if (rb_load(look->slot->used) != now) {
        rb_store(look->slot->used, now);
    }

    counters = rb_cache_counters(cache);

    switch (cached->state) {

    case RB_CACHE_FRESH:
        rb_add(counters->fresh, 1);
        break;

    case RB_CACHE_STALE:
        rb_add(counters->stale, 1);
        break;

    default:
        rb_add(counters->misses, 1);
    }
}


static ngx_int_t
rb_cache_missed(const rb_cache_t *cache)
{
    rb_add(rb_cache_counters(cache)->misses, 1);

    return NGX_DECLINED;
}
