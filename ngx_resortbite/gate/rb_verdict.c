
/*
 * The table: sets of four places, the set chosen by the digest, which is
 * uniform and not to be chosen by anybody.  The whole digest is kept and
 * compared.
 *
 *     reader                          writer, under the mutex
 *     number, acquire; odd: none      number odd; release fence
 *     copies the place                writes the place
 *     acquire fence; same number?     number even, release
 *
 * A writer that is killed leaves an odd number: the place is no verdict until
 * the next writer makes its number even again, and the master has given the
 * mutex back by then.
 */


#include "gate/rb_verdict.h"


#define RB_VERDICT_WAYS   4
#define RB_VERDICT_TRIES  16
#define RB_VERDICT_LINE   64


typedef struct {
    uint32_t           seq;             /* odd while it is being changed */
    uint32_t           unused;
    u_char             digest[RB_SHA256_LEN];
    rb_verdict_t       verdict;
} __attribute__((aligned(RB_VERDICT_LINE))) rb_verdict_place_t;


struct rb_verdicts_s {
    ngx_slab_pool_t     *shpool;
    uint64_t             set_mask;
    rb_verdict_place_t  *places;
};


static ngx_int_t rb_verdict_read(const rb_verdict_place_t *place,
    const u_char *digest, rb_verdict_t *verdict);
static ngx_uint_t rb_verdict_holds(const rb_verdict_t *verdict,
    rb_cache_t *cache, uint64_t generation);
static rb_verdict_place_t *rb_verdict_set(const rb_verdicts_t *verdicts,
    const u_char *digest);


rb_verdicts_t *
rb_verdicts_create(ngx_slab_pool_t *shpool, size_t zone_size)
{
    size_t          sets, size;
    u_char         *base;
    rb_verdicts_t  *verdicts;

    size = RB_VERDICT_WAYS * sizeof(rb_verdict_place_t);

    for (sets = 64; sets * 2 * size <= zone_size / 16; sets *= 2) {
        /* void */
    }

    verdicts = ngx_slab_calloc(shpool, sizeof(rb_verdicts_t));
    base = ngx_slab_calloc(shpool, sets * size + RB_VERDICT_LINE);

    if (verdicts == NULL || base == NULL) {
        return NULL;
    }

    verdicts->shpool = shpool;
    verdicts->set_mask = sets - 1;
    verdicts->places = (rb_verdict_place_t *) ngx_align_ptr(base,
                                                            RB_VERDICT_LINE);

    return verdicts;
}


ngx_int_t
rb_verdict_get(rb_verdicts_t *verdicts, rb_cache_t *cache,
    const u_char digest[RB_SHA256_LEN], uint64_t generation,
    rb_verdict_t *verdict)
{
    ngx_uint_t           i;
    rb_verdict_place_t  *set;

    /* the cheapest first: without news nothing here is worth looking at */

    if (!rb_cache_heard(cache, RB_VERDICT_HEARD)) {
        return NGX_DECLINED;
    }

    set = rb_verdict_set(verdicts, digest);

    for (i = 0; i < RB_VERDICT_WAYS; i++) {
        if (rb_verdict_read(&set[i], digest, verdict) == NGX_OK
            && rb_verdict_holds(verdict, cache, generation))
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
rb_verdict_read(const rb_verdict_place_t *place, const u_char *digest,
    rb_verdict_t *verdict)
{
    u_char      own[RB_SHA256_LEN];
    uint32_t    seq;
    ngx_uint_t  tries;

    for (tries = 0; tries < RB_VERDICT_TRIES; tries++) {

        seq = __atomic_load_n(&place->seq, __ATOMIC_ACQUIRE);

        if (seq == 0) {                 /* never written to */
            return NGX_DECLINED;
        }

        if (seq & 1) {
            ngx_cpu_pause();
            continue;
        }

        ngx_memcpy(own, place->digest, RB_SHA256_LEN);

        if (ngx_memcmp(own, digest, RB_SHA256_LEN) == 0) {
            ngx_memcpy(verdict, &place->verdict, sizeof(rb_verdict_t));
        }

        /* the reads before this are done before the number is read again */

        __atomic_thread_fence(__ATOMIC_ACQUIRE);

        if (__atomic_load_n(&place->seq, __ATOMIC_RELAXED) == seq) {
            return ngx_memcmp(own, digest, RB_SHA256_LEN) == 0
                   ? NGX_OK : NGX_DECLINED;
        }
    }

    return NGX_DECLINED;
}


static ngx_uint_t
rb_verdict_holds(const rb_verdict_t *verdict, rb_cache_t *cache,
    uint64_t generation)
{
    int64_t  age;

    /* another worker's clock may be a little ahead */
    age = (int64_t) ((uint64_t) ngx_current_msec - verdict->made);

    return verdict->generation == generation
           && age < RB_VERDICT_AGE
           && verdict->expires > (int64_t) ngx_time()
           && rb_cache_unchanged_since(cache, verdict->epoch, verdict->tag,
                                       verdict->tags);
}


void
rb_verdict_put(rb_verdicts_t *verdicts, const u_char digest[RB_SHA256_LEN],
    const rb_verdict_t *verdict)
{
    uint32_t             seq;
    ngx_uint_t           i;
    rb_verdict_place_t  *set, *place;

    set = rb_verdict_set(verdicts, digest);

    ngx_shmtx_lock(&verdicts->shpool->mutex);

    place = &set[0];

    for (i = 0; i < RB_VERDICT_WAYS; i++) {

        if (set[i].seq != 0
            && ngx_memcmp(set[i].digest, digest, RB_SHA256_LEN) == 0)
        {
            place = &set[i];
            break;
        }

        if (set[i].verdict.made < place->verdict.made) {
            place = &set[i];
        }
    }

    seq = place->seq | 1;               /* odd already: its writer died */

    __atomic_store_n(&place->seq, seq, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    ngx_memcpy(place->digest, digest, RB_SHA256_LEN);
    ngx_memcpy(&place->verdict, verdict, sizeof(rb_verdict_t));

    /* 0 says that a place was never written to */

    __atomic_store_n(&place->seq, seq + 1 ? seq + 1 : 2, __ATOMIC_RELEASE);

    ngx_shmtx_unlock(&verdicts->shpool->mutex);
}


static rb_verdict_place_t *
rb_verdict_set(const rb_verdicts_t *verdicts, const u_char *digest)
{
    uint64_t  bits;

    ngx_memcpy(&bits, digest, sizeof(bits));

    return &verdicts->places[(bits & verdicts->set_mask) * RB_VERDICT_WAYS];
}
