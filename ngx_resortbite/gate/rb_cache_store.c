
/*
 * The cache's writers.  Everything here runs under the zone's mutex; readers
 * are kept out by nothing but the slot's sequence number:
 *
 *     seq becomes odd;  release fence;  the slot changes;  seq becomes even
 *
 * Chunks are filled before a slot names them, and freed after it has stopped
 * to, so a reader that still copies a freed chain finds the number changed.
 *
 * A worker may be killed at any instruction; nginx's master then frees the
 * mutex.  `writing' says so to the next writer: slots and the chains they
 * name are whole whenever their number is even, so the repair empties the odd
 * ones and makes the free list anew of all chunks that no slot names.
 * Chunks from `untouched' on have never been taken and are on no list.
 *
 * Room is made by a clock hand that goes over the sets: of two sets at a time
 * it takes what is no good any more, or else the least recently used.
 */


#include "gate/rb_cache_zone.h"


/* Keeps the compiler from moving stores over it: a killed process has done
 * all that came before in program order, and that is what counts. */

#define rb_cache_program_order()  __atomic_signal_fence(__ATOMIC_SEQ_CST)


static void rb_cache_repair(rb_cache_t *cache);
static ngx_int_t rb_cache_mark(rb_cache_t *cache, rb_cache_slot_t *slot);
static void rb_cache_free_unmarked(rb_cache_t *cache);
static uint32_t rb_cache_chunk_take(rb_cache_t *cache);
static void rb_cache_slot_set(rb_cache_set_t *set, ngx_uint_t way,
    uint64_t hash, uint32_t first, uint32_t size);
static void rb_cache_evict(rb_cache_t *cache, rb_cache_set_t *set,
    ngx_uint_t way);
static void rb_cache_sweep(rb_cache_t *cache);
static ngx_uint_t rb_cache_way(rb_cache_set_t *set, uint64_t hash);


void
rb_cache_store_init(rb_cache_t *cache)
{
    uint64_t    s;
    ngx_uint_t  way;

    for (s = 0; s <= cache->set_mask; s++) {
        for (way = 0; way < RB_CACHE_WAYS; way++) {
            cache->sets[s].slot[way].first = RB_CACHE_NONE;
        }
    }

    rb_cache_free_unmarked(cache);
}


void
rb_cache_write_begin(rb_cache_t *cache)
{
    ngx_shmtx_lock(&cache->shpool->mutex);

    if (cache->writing) {
        rb_cache_repair(cache);
    }

    rb_store(cache->writing, 1);
    rb_cache_program_order();
}


void
rb_cache_write_end(rb_cache_t *cache)
{
    rb_cache_program_order();
    rb_store(cache->writing, 0);

    ngx_shmtx_unlock(&cache->shpool->mutex);
}


static void
rb_cache_repair(rb_cache_t *cache)
{
    uint64_t          s, entries;
    ngx_uint_t        way;
    rb_cache_set_t   *set;
    rb_cache_slot_t  *slot;

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "a worker was killed while it wrote to the cache, "
                  "repairing it");

    ngx_memzero(cache->marks, (cache->chunks + 7) / 8);
    entries = 0;

    for (s = 0; s <= cache->set_mask; s++) {
        set = &cache->sets[s];

        for (way = 0; way < RB_CACHE_WAYS; way++) {
            slot = &set->slot[way];

            if ((slot->seq & 1) == 0 && set->hash[way] == 0) {
                continue;
            }

            if ((slot->seq & 1) || rb_cache_mark(cache, slot) != NGX_OK) {
                rb_cache_slot_set(set, way, 0, RB_CACHE_NONE, 0);
                continue;
            }

            entries++;
        }
    }

    rb_store(cache->entries, entries);
    rb_cache_free_unmarked(cache);
}


/* Marks the slot's chunks.  NGX_ERROR when they are no chain of its own. */

static ngx_int_t
rb_cache_mark(rb_cache_t *cache, rb_cache_slot_t *slot)
{
    u_char    bit;
    uint32_t  n, chunk;

    chunk = slot->first;

    for (n = rb_cache_chunks(slot->size); n; n--) {

        if (chunk >= cache->chunks) {
            return NGX_ERROR;
        }

        bit = (u_char) (1 << (chunk & 7));

        if (cache->marks[chunk / 8] & bit) {
            return NGX_ERROR;
        }

        cache->marks[chunk / 8] |= bit;
        chunk = cache->chunk[chunk].next;
    }

    return NGX_OK;
}


/* From the last to the first, so that chains will run upwards. */

static void
rb_cache_free_unmarked(rb_cache_t *cache)
{
    uint32_t  i, first, count;

    first = RB_CACHE_NONE;
    count = 0;

    for (i = cache->untouched; i-- > 0; /* void */) {

        if (cache->marks[i / 8] & (1 << (i & 7))) {
            continue;
        }

        rb_store(cache->chunk[i].next, first);
        first = i;
        count++;
    }

    cache->free = first;
    rb_store(cache->free_count, count + cache->chunks - cache->untouched);
}


uint32_t
rb_cache_chain_alloc(rb_cache_t *cache, uint32_t size)
{
    uint32_t  n, i, first, last, next;
    uint64_t  turns;

    n = rb_cache_chunks(size);

    for (turns = 0; cache->free_count < n; turns++) {
        if (turns / RB_CACHE_WAYS > cache->set_mask) {
            return RB_CACHE_NONE;
        }

        rb_cache_sweep(cache);
    }

    first = rb_cache_chunk_take(cache);
    last = first;

    for (i = 1; i < n; i++) {
        next = rb_cache_chunk_take(cache);
        rb_store(cache->chunk[last].next, next);
        last = next;
    }

    rb_store(cache->chunk[last].next, RB_CACHE_NONE);
    rb_store(cache->free_count, cache->free_count - n);

    return first;
}


/* There is one.  Memory never used yet comes last: it may never be needed. */

static uint32_t
rb_cache_chunk_take(rb_cache_t *cache)
{
    uint32_t  chunk;

    if (cache->free == RB_CACHE_NONE) {
        return cache->untouched++;
    }

    chunk = cache->free;
    cache->free = cache->chunk[chunk].next;

    return chunk;
}


void
rb_cache_chain_free(rb_cache_t *cache, uint32_t first, uint32_t size)
{
    uint32_t  n, i, last;

    n = rb_cache_chunks(size);
    last = first;

    for (i = 1; i < n; i++) {
        last = cache->chunk[last].next;
    }

    rb_store(cache->chunk[last].next, cache->free);
    cache->free = first;
    rb_store(cache->free_count, cache->free_count + n);
}


void
rb_cache_publish(rb_cache_t *cache, uint64_t hash, uint32_t first,
    uint32_t size)
{
    uint32_t         old, old_size;
    ngx_uint_t       way;
    rb_cache_set_t  *set;

    set = &cache->sets[hash & cache->set_mask];
    way = rb_cache_way(set, hash);

    if (set->hash[way] && set->hash[way] != hash) {
        rb_cache_evict(cache, set, way);
    }

    old = set->slot[way].first;
    old_size = set->slot[way].size;

    rb_cache_slot_set(set, way, hash, first, size);

    if (old == RB_CACHE_NONE) {
        rb_store(cache->entries, cache->entries + 1);

    } else {
        rb_cache_chain_free(cache, old, old_size);
    }

    rb_store(cache->stores, cache->stores + 1);
}


void
rb_cache_unpublish(rb_cache_t *cache, uint64_t hash)
{
    ngx_uint_t       way;
    rb_cache_set_t  *set;

    set = &cache->sets[hash & cache->set_mask];
    way = rb_cache_way(set, hash);

    if (set->hash[way] == hash) {
        rb_cache_evict(cache, set, way);
    }
}


rb_cache_head_t *
rb_cache_kept(rb_cache_t *cache, uint64_t hash)
{
    ngx_uint_t       way;
    rb_cache_set_t  *set;

    set = &cache->sets[hash & cache->set_mask];
    way = rb_cache_way(set, hash);

    if (set->hash[way] != hash) {
        return NULL;
    }

    return (rb_cache_head_t *) cache->chunk[set->slot[way].first].data;
}


/* Where this hash is or may go: its slot, an empty or the oldest one. */

static ngx_uint_t
rb_cache_way(rb_cache_set_t *set, uint64_t hash)
{
    uint32_t    used, oldest;
    ngx_uint_t  way, best;

    best = 0;
    oldest = 0xffffffff;

    for (way = 0; way < RB_CACHE_WAYS; way++) {

        if (set->hash[way] == hash) {
            return way;
        }

        used = set->hash[way] ? rb_load(set->slot[way].used) + 1 : 0;

        if (used < oldest) {
            oldest = used;
            best = way;
        }
    }

    return best;
}


static void
rb_cache_slot_set(rb_cache_set_t *set, ngx_uint_t way, uint64_t hash,
    uint32_t first, uint32_t size)
{
    uint32_t          seq;
    rb_cache_slot_t  *slot;

    slot = &set->slot[way];
    seq = slot->seq | 1;                /* odd already if its writer died */

    rb_store(slot->seq, seq);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    rb_store(set->hash[way], hash);
    rb_store(slot->used, rb_cache_now());
    rb_store(slot->first, first);
    rb_store(slot->size, size);

    __atomic_store_n(&slot->seq, seq + 1, __ATOMIC_RELEASE);
}


static void
rb_cache_evict(rb_cache_t *cache, rb_cache_set_t *set, ngx_uint_t way)
{
    uint32_t  first, size;

    first = set->slot[way].first;
    size = set->slot[way].size;

    rb_cache_slot_set(set, way, 0, RB_CACHE_NONE, 0);
    rb_cache_chain_free(cache, first, size);

    rb_store(cache->entries, cache->entries - 1);
    rb_store(cache->evictions, cache->evictions + 1);
}


/* One step of the clock hand. */

static void
rb_cache_sweep(rb_cache_t *cache)
{
    uint32_t          used, oldest;
    ngx_uint_t        i, way, usable, found, victim_way;
    rb_cache_set_t   *set, *victim;
    rb_cache_head_t  *head;

    found = 0;
    oldest = 0xffffffff;
    victim = NULL;
    victim_way = 0;

    for (i = 0; i < 2; i++) {
        set = &cache->sets[(cache->hand + i) & cache->set_mask];

        for (way = 0; way < RB_CACHE_WAYS; way++) {

            if (set->hash[way] == 0) {
                continue;
            }

            head = (rb_cache_head_t *)
                       cache->chunk[set->slot[way].first].data;

            if (rb_cache_judge(cache, head, &usable) == RB_CACHE_INVALID
                && !usable)
            {
                rb_cache_evict(cache, set, way);
                found = 1;
                continue;
            }

            used = rb_load(set->slot[way].used);

            if (victim == NULL || used < oldest) {
                oldest = used;
                victim = set;
                victim_way = way;
            }
        }
    }

    cache->hand++;

    if (!found && victim) {
        rb_cache_evict(cache, victim, victim_way);
    }
}
