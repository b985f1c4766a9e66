
/*
 * What the cache looks like in shared memory.  Private to rb_cache*.c; see
 * README.md for who may write what and when.
 *
 * A key's hash picks a set of eight slots.  A slot names a chain of chunks
 * of one size, so that memory never fragments and the list of free chunks can
 * be made anew from the slots if a writer was killed.  The first chunk starts
 * with an rb_cache_head_t, then come the strings: key, etag, cache_control,
 * type, link, tags' texts, body; those up to cache_control always end in the
 * first chunk.
 */


#ifndef _RB_CACHE_ZONE_H_INCLUDED_
#define _RB_CACHE_ZONE_H_INCLUDED_


#include "gate/rb_cache.h"
#include "base/rb_hash.h"


#define RB_CACHE_LINE        64
#define RB_CACHE_WAYS        8
#define RB_CACHE_CHUNK       1016               /* bytes kept in a chunk */
#define RB_CACHE_NONE        0xffffffff         /* no chunk */

#define RB_CACHE_KEY_MAX     512
#define RB_CACHE_ETAG_MAX    128
#define RB_CACHE_CONTROL_MAX 256

#define RB_CACHE_COUNTERS    64                 /* copies, by worker */

#define RB_FLIGHTS           1024
#define RB_FLIGHT_PROBES     8


#define rb_load(p)      __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define rb_store(p, v)  __atomic_store_n(&(p), v, __ATOMIC_RELAXED)
#define rb_add(p, n)    __atomic_fetch_add(&(p), n, __ATOMIC_RELAXED)


typedef struct {
    uint32_t             seq;           /* odd while it is being changed */
    uint32_t             used;          /* second of the last use, about */
    uint32_t             first;         /* chunk; or RB_CACHE_NONE */
    uint32_t             size;          /* bytes in the chain */
} rb_cache_slot_t;


/* Three cache lines: the hashes are one of them.  Hash 0: an empty slot. */

typedef struct {
    uint64_t             hash[RB_CACHE_WAYS];
    rb_cache_slot_t      slot[RB_CACHE_WAYS];
} rb_cache_set_t;


typedef struct {
    uint32_t             next;
    uint32_t             unused;
    u_char               data[RB_CACHE_CHUNK];
} rb_cache_chunk_t;


typedef struct {
    uint64_t             epoch;
    uint32_t             made;          /* monotonic second */
    uint32_t             fresh;
    uint32_t             stale_while_revalidate;
    uint32_t             stale_if_error;
    uint32_t             body;          /* lengths */
    uint32_t             link;
    uint16_t             key;
    uint16_t             etag;
    uint16_t             cache_control;
    uint16_t             type;
    uint16_t             route;
    uint16_t             tags;
    uint16_t             keys;          /* length of the tags' texts */
    uint16_t             unused;
    uint32_t             tag[RB_REPLY_TAGS_MAX];
} rb_cache_head_t;


/* Who makes the answer of a key now.  Written under the mutex, hash last. */

typedef struct {
    uint64_t             hash;          /* 0: free */
    uint32_t             pid;
    uint32_t             started;       /* low bits of ngx_current_msec */
} rb_flight_t;


typedef struct {
    uint64_t             fresh;
    uint64_t             stale;
    uint64_t             misses;
    uint64_t             flights;
    uint64_t             joined;
    uint64_t             unused[3];
} rb_cache_counters_t;


struct rb_cache_s {
    /* constant once made */
    ngx_slab_pool_t      *shpool;
    uint64_t              seed;
    uint64_t              set_mask;
    uint64_t              tag_mask;
    uint32_t              chunks;
    uint32_t              entry_max;    /* bytes */
    rb_cache_set_t       *sets;
    uint64_t             *tag_changed;
    rb_cache_chunk_t     *chunk;
    u_char               *marks;        /* a bit a chunk, for the repair */
    rb_flight_t          *flights;
    rb_cache_counters_t  *counters;

    /* the count of changes: a line of its own, as every miss reads it */
    uint64_t              changes __attribute__((aligned(RB_CACHE_LINE)));
    uint64_t              all_changed;
    uint64_t              heard;        /* ngx_current_msec; 0: never */
    uint32_t              listening;    /* the node hears the database */

    /* under the mutex; read by the statistics without it */
    uint64_t              stores __attribute__((aligned(RB_CACHE_LINE)));
    uint64_t              evictions;
    uint64_t              entries;
    uint64_t              hand;         /* of the clock: a set */
    uint32_t              free;         /* the first free chunk */
    uint32_t              free_count;   /* with those never taken */
    uint32_t              untouched;    /* the first never taken */
    uint32_t              writing;      /* left 1 by a writer that died */
};


/* The second of a clock that only goes forward, the same in all workers. */

static ngx_inline uint32_t
rb_cache_now(void)
{
    return (uint32_t) (ngx_current_msec / 1000);
}


static ngx_inline uint64_t
rb_cache_hash(const rb_cache_t *cache, const ngx_str_t *key)
{
    uint64_t  hash;

    hash = rb_hash64(key->data, key->len, cache->seed);

    return hash ? hash : 1;
}


static ngx_inline uint32_t
rb_cache_chunks(uint32_t size)
{
    return (size + RB_CACHE_CHUNK - 1) / RB_CACHE_CHUNK;
}


static ngx_inline rb_cache_counters_t *
rb_cache_counters(const rb_cache_t *cache)
{
    return &cache->counters[ngx_worker % RB_CACHE_COUNTERS];
}


static ngx_inline size_t
rb_cache_head_size(const rb_cache_head_t *head)
{
    return sizeof(rb_cache_head_t) + head->key + head->etag
           + head->cache_control + head->type + (size_t) head->link
           + head->keys + head->body;
}


/*
 * What a kept answer is good for now.  *usable: whether it may be served when
 * making it anew fails.
 */
rb_cache_state_e rb_cache_judge(const rb_cache_t *cache,
    const rb_cache_head_t *head, ngx_uint_t *usable);


/*
 * The writers' side (rb_cache_store.c).  Begin takes the mutex and repairs
 * what a killed writer left; end gives it back.
 */
void rb_cache_write_begin(rb_cache_t *cache);
void rb_cache_write_end(rb_cache_t *cache);

/* A chain with room for size bytes, evicting; RB_CACHE_NONE if impossible. */
uint32_t rb_cache_chain_alloc(rb_cache_t *cache, uint32_t size);
void rb_cache_chain_free(rb_cache_t *cache, uint32_t first, uint32_t size);

/* Empties the slot of this hash, if there is one. */
void rb_cache_unpublish(rb_cache_t *cache, uint64_t hash);

/* Lets readers see the chain under this hash; frees what it replaces. */
void rb_cache_publish(rb_cache_t *cache, uint64_t hash, uint32_t first,
    uint32_t size);

/* The head of what is kept under this hash; NULL if nothing is. */
rb_cache_head_t *rb_cache_kept(rb_cache_t *cache, uint64_t hash);

/* All chunks free, all slots empty. */
void rb_cache_store_init(rb_cache_t *cache);


#endif /* _RB_CACHE_ZONE_H_INCLUDED_ */
