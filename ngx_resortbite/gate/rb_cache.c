
/*
 * The cache: laying it out, keeping answers, invalidating them, counting.
 * rb_cache_zone.h shows the memory, rb_cache_look.c is the readers' side,
 * rb_cache_store.c the writers', rb_cache_flight.c the single flight.
 */


#include "gate/rb_cache_zone.h"
#include <sys/random.h>


_Static_assert(sizeof(rb_cache_head_t) + RB_CACHE_KEY_MAX + RB_CACHE_ETAG_MAX
               + RB_CACHE_CONTROL_MAX <= RB_CACHE_CHUNK,
               "what a look-up compares and a 304 needs is in one chunk");


static rb_cache_t *rb_cache_lay_out(ngx_slab_pool_t *shpool, uint32_t chunks);
static size_t rb_cache_plan(rb_cache_t *cache, uint32_t chunks, u_char *base);
static ngx_int_t rb_cache_head_init(rb_cache_head_t *head,
    const ngx_str_t *key, const rb_req_t *req, uint64_t epoch);
static void rb_cache_fill(rb_cache_t *cache, uint32_t first,
    const rb_cache_head_t *head, const ngx_str_t *key, const rb_req_t *req);


rb_cache_t *
rb_cache_create(ngx_slab_pool_t *shpool, size_t zone_size)
{
    size_t       room, spare;
    uint32_t     chunks;
    rb_cache_t  *cache;

    /* the counters of the workers live in the same zone */
    spare = ngx_max(zone_size / 16, 128 * 1024);
    room = shpool->pfree * ngx_pagesize;

    if (room <= spare) {
        return NULL;
    }

    room = ngx_min(room - spare, (size_t) 1 << 40);
    chunks = (uint32_t) (room / sizeof(rb_cache_chunk_t));

    while (chunks && rb_cache_plan(NULL, chunks, NULL) > room) {
        chunks -= chunks / 64 + 1;
    }

    /* pages may be free and yet not lie together */
    for ( /* void */ ; chunks >= 64; chunks -= chunks / 8) {
        cache = rb_cache_lay_out(shpool, chunks);

        if (cache) {
            return cache;
        }
    }

    return NULL;
}


static rb_cache_t *
rb_cache_lay_out(ngx_slab_pool_t *shpool, uint32_t chunks)
{
    size_t       size;
    u_char      *base;
    uint64_t     seed;
    rb_cache_t  *cache;

    size = rb_cache_plan(NULL, chunks, NULL);

    base = ngx_slab_alloc(shpool, size);
    if (base == NULL) {
        return NULL;
    }

    ngx_memzero(base, size - chunks * sizeof(rb_cache_chunk_t));

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
        seed = ((uint64_t) ngx_random() << 32) ^ ngx_random();
    }

    cache = (rb_cache_t *) base;
    (void) rb_cache_plan(cache, chunks, base);

    cache->shpool = shpool;
    cache->seed = seed;
    cache->chunks = chunks;
    cache->entry_max = ngx_min(chunks / 16, 1024 * 1024) * RB_CACHE_CHUNK;

    /* 0 would make an epoch that was never asked for look valid */
    cache->changes = 1;

    rb_cache_store_init(cache);

    return cache;
}


/* How much memory that many chunks take with all that goes with them; and,
 * with a cache given, where each part starts.  The chunks come last. */

static size_t
rb_cache_plan(rb_cache_t *cache, uint32_t chunks, u_char *base)
{
    size_t    sets, tags, at[6], size;

    for (sets = 2; sets * 2 <= chunks / 4; sets *= 2) { /* void */ }
    for (tags = 1024; tags < chunks; tags *= 2) { /* void */ }

    at[0] = ngx_align(sizeof(rb_cache_t), RB_CACHE_LINE);
    at[1] = at[0] + sets * sizeof(rb_cache_set_t);
    at[2] = at[1] + tags * sizeof(uint64_t);
    at[3] = at[2] + RB_FLIGHTS * sizeof(rb_flight_t);
    at[4] = at[3] + RB_CACHE_COUNTERS * sizeof(rb_cache_counters_t);
    at[5] = ngx_align(at[4] + (chunks + 7) / 8, RB_CACHE_LINE);
    size = at[5] + chunks * sizeof(rb_cache_chunk_t);

    if (cache) {
        cache->set_mask = sets - 1;
        cache->tag_mask = tags - 1;
        cache->sets = (rb_cache_set_t *) (base + at[0]);
        cache->tag_changed = (uint64_t *) (base + at[1]);
        cache->flights = (rb_flight_t *) (base + at[2]);
        cache->counters = (rb_cache_counters_t *) (base + at[3]);
        cache->marks = base + at[4];
        cache->chunk = (rb_cache_chunk_t *) (base + at[5]);
    }

    return size;
}


uint64_t
rb_cache_epoch(rb_cache_t *cache)
{
    return __atomic_load_n(&cache->changes, __ATOMIC_ACQUIRE);
}


ngx_int_t
rb_cache_put(rb_cache_t *cache, const ngx_str_t *key, rb_req_t *req,
    uint64_t epoch)
{
    size_t            size;
    uint32_t          first;
    uint64_t          hash;
    rb_cache_head_t   head, *kept;

    if (rb_cache_head_init(&head, key, req, epoch) != NGX_OK) {
        return NGX_DECLINED;
    }

    size = rb_cache_head_size(&head);

    if (size > cache->entry_max) {
        return NGX_DECLINED;
    }

    hash = rb_cache_hash(cache, key);

    rb_cache_write_begin(cache);

    /* a slow maker must not replace what was made after a change */

    kept = rb_cache_kept(cache, hash);

    if (kept && kept->epoch > epoch) {
        rb_cache_write_end(cache);
        return NGX_OK;
    }

    first = rb_cache_chain_alloc(cache, (uint32_t) size);

    if (first != RB_CACHE_NONE) {
        rb_cache_fill(cache, first, &head, key, req);
        rb_cache_publish(cache, hash, first, (uint32_t) size);
    }

    rb_cache_write_end(cache);

    return first == RB_CACHE_NONE ? NGX_DECLINED : NGX_OK;
}


void
rb_cache_drop(rb_cache_t *cache, const ngx_str_t *key, uint64_t epoch)
{
    uint64_t          hash;
    rb_cache_head_t  *kept;

    hash = rb_cache_hash(cache, key);

    rb_cache_write_begin(cache);

    kept = rb_cache_kept(cache, hash);

    if (kept && kept->epoch <= epoch) {
        rb_cache_unpublish(cache, hash);
    }

    rb_cache_write_end(cache);
}


static ngx_int_t
rb_cache_head_init(rb_cache_head_t *head, const ngx_str_t *key,
    const rb_req_t *req, uint64_t epoch)
{
    ngx_uint_t         i;
    const rb_reply_t  *reply;
    const rb_route_t  *route;

    reply = &req->reply;
    route = req->route;

    if (reply->status != 200 || reply->body.failed
        || reply->tags > RB_REPLY_TAGS_MAX
        || req->route_index > 0xffff
        || key->len == 0 || key->len > RB_CACHE_KEY_MAX
        || reply->etag.len > RB_CACHE_ETAG_MAX
        || reply->cache_control.len > RB_CACHE_CONTROL_MAX
        || reply->type.len > 0xffff
        || reply->link.len > 0xffff
        || rb_buf_len(&reply->body) > 0x7fffffff)
    {
        return NGX_DECLINED;
    }

    ngx_memzero(head, sizeof(rb_cache_head_t));

    head->epoch = epoch;
    head->made = rb_cache_now();
    head->fresh = (uint32_t) route->fresh;
    head->stale_while_revalidate = (uint32_t) route->stale_while_revalidate;
    head->stale_if_error = (uint32_t) route->stale_if_error;
    head->key = (uint16_t) key->len;
    head->etag = (uint16_t) reply->etag.len;
    head->cache_control = (uint16_t) reply->cache_control.len;
    head->type = (uint16_t) reply->type.len;
    head->link = (uint32_t) reply->link.len;
    head->body = (uint32_t) rb_buf_len(&reply->body);
    head->route = (uint16_t) req->route_index;
    head->tags = (uint16_t) reply->tags;
    head->keys = (uint16_t) reply->keys_len;

    for (i = 0; i < reply->tags; i++) {
        head->tag[i] = reply->tag[i];
    }

    return NGX_OK;
}


static void
rb_cache_fill(rb_cache_t *cache, uint32_t first, const rb_cache_head_t *head,
    const ngx_str_t *key, const rb_req_t *req)
{
    size_t             n, offset, left;
    ngx_uint_t         i;
    const u_char      *data;
    rb_cache_chunk_t  *chunk;

    const ngx_str_t    parts[] = {
        { sizeof(rb_cache_head_t), (u_char *) head },
        *key,
        req->reply.etag,
        req->reply.cache_control,
        req->reply.type,
        req->reply.link,
        { req->reply.keys_len, (u_char *) req->reply.keys },
        { rb_buf_len(&req->reply.body), req->reply.body.start }
    };

    chunk = &cache->chunk[first];
    offset = 0;

    for (i = 0; i < rb_array_size(parts); i++) {
        data = parts[i].data;

        for (left = parts[i].len; left; left -= n) {

            if (offset == RB_CACHE_CHUNK) {
                chunk = &cache->chunk[chunk->next];
                offset = 0;
            }

            n = ngx_min(left, RB_CACHE_CHUNK - offset);
            ngx_memcpy(chunk->data + offset, data, n);
            data += n;
            offset += n;
        }
    }
}


void
rb_cache_changed(rb_cache_t *cache, uint32_t tag)
{
    uint64_t   change, seen, *changed;

    change = __atomic_add_fetch(&cache->changes, 1, __ATOMIC_ACQ_REL);
    changed = &cache->tag_changed[tag & cache->tag_mask];
    seen = rb_load(*changed);

    /* two workers' changes of one tag may arrive here out of order */

    while (seen < change
           && !__atomic_compare_exchange_n(changed, &seen, change, 1,
                                           __ATOMIC_RELEASE,
                                           __ATOMIC_RELAXED))
    {
        /* void */
    }
}


void
rb_cache_changed_all(rb_cache_t *cache)
{
    uint64_t  change, seen;

    change = __atomic_add_fetch(&cache->changes, 1, __ATOMIC_ACQ_REL);
    seen = rb_load(cache->all_changed);

    while (seen < change
           && !__atomic_compare_exchange_n(&cache->all_changed, &seen, change,
                                           1, __ATOMIC_RELEASE,
                                           __ATOMIC_RELAXED))
    {
        /* void */
    }
}


void
rb_cache_stats(rb_cache_t *cache, rb_cache_stats_t *stats)
{
    ngx_uint_t            i;
    rb_cache_counters_t  *counters;

    ngx_memzero(stats, sizeof(rb_cache_stats_t));

    for (i = 0; i < RB_CACHE_COUNTERS; i++) {
        counters = &cache->counters[i];

        stats->fresh += rb_load(counters->fresh);
        stats->stale += rb_load(counters->stale);
        stats->misses += rb_load(counters->misses);
        stats->flights += rb_load(counters->flights);
        stats->joined += rb_load(counters->joined);
    }

    stats->stores = rb_load(cache->stores);
    stats->evictions = rb_load(cache->evictions);
    stats->invalidations = rb_load(cache->changes) - 1;
    stats->entries = rb_load(cache->entries);
    stats->bytes = (uint64_t) (cache->chunks - rb_load(cache->free_count))
                   * sizeof(rb_cache_chunk_t);
    stats->size = (uint64_t) cache->chunks * sizeof(rb_cache_chunk_t);
}


void
rb_cache_set_listening(rb_cache_t *cache, ngx_uint_t listening)
{
    rb_store(cache->listening, (uint32_t) listening);
}


ngx_uint_t
rb_cache_listening(rb_cache_t *cache)
{
    return rb_load(cache->listening);
}


void
rb_cache_set_heard(rb_cache_t *cache, ngx_msec_t msec)
{
    uint64_t  seen;

    seen = rb_load(cache->heard);

    /* during a reload two workers may listen */

    while (seen < msec
           && !__atomic_compare_exchange_n(&cache->heard, &seen,
                                           (uint64_t) msec, 1,
                                           __ATOMIC_RELEASE,
                                           __ATOMIC_RELAXED))
    {
        /* void */
    }
}


ngx_uint_t
rb_cache_heard(rb_cache_t *cache, ngx_msec_t within)
{
    int64_t   age;
    uint64_t  heard;

    heard = __atomic_load_n(&cache->heard, __ATOMIC_ACQUIRE);

    if (heard == 0 || !rb_load(cache->listening)) {
        return 0;
    }

    age = (int64_t) ((uint64_t) ngx_current_msec - heard);

    return age < (int64_t) within;
}


ngx_uint_t
rb_cache_unchanged_since(rb_cache_t *cache, uint64_t epoch,
    const uint32_t *tags, ngx_uint_t n)
{
    ngx_uint_t  i;

    if (rb_load(cache->all_changed) > epoch) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (rb_load(cache->tag_changed[tags[i] & cache->tag_mask]) > epoch) {
            return 0;
        }
    }

    return 1;
}
