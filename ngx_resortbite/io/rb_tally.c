
/*
 * The table.
 *
 * Slots in groups of 64; an id's group and its first slot in it follow from
 * the id, and it is looked for from there, around the group, up to an empty
 * slot.  Of a slot everything but the id is one word:
 *
 *     14 bits   generation, odd while the slot is being emptied
 *      2 bits   to be counted anew: since the last batch, in the batch
 *     24 bits   taken: views in the batch
 *     24 bits   live: views since
 *
 * Who adds reads the word, then the id, and changes the word if it is still
 * the same; so the slot was that id's all the while, for whoever empties one
 * makes its generation another first.  An id is put into an empty slot half by
 * half, each half by a compare-and-swap from 0, which the other half of no id
 * of ours is.  Who is killed in between leaves the other half to whoever comes
 * next.  Two who meet there may leave a slot with halves of two ids, which is
 * nobody's and is emptied when the group is looked through.  An id may come to
 * have two slots, when one before the second was emptied: they add up.
 *
 * A batch is the slots that have something taken.  It moves on, under the
 * zone's mutex, from state to state, and each step can be done again by who
 * finds it half done:
 *
 *     IDLE
 *     GATHERING  live counts become taken ones, a word at a time
 *     SENT       it has an id: the taken counts stay as they are
 *     CLEARING   it is written: taken counts become 0, a word at a time
 *
 * A group that was added to has its flag set after the word was changed; the
 * flag is cleared before the group is looked through.  Both are sequentially
 * consistent, so whatever is missed leaves the flag set.  Who is killed between
 * the two sets none: so the worker that takes its place sets them all.
 */


#include "io/rb_tally.h"
#include "base/rb_hash.h"
#include <sys/random.h>


#define RB_TALLY_GROUP    64            /* slots */
#define RB_TALLY_GROUPS   64            /* at least */
#define RB_TALLY_SEEN     8             /* views remembered in a set */
#define RB_TALLY_LINE     64            /* bytes */
#define RB_TALLY_CALLER   32            /* bytes of one that are told apart */

#define RB_TALLY_MAX      0xffffffull   /* 24 bits */
#define RB_TALLY_TAKEN    24            /* shifts */
#define RB_TALLY_RECOUNT        (1ull << 48)
#define RB_TALLY_RECOUNT_TAKEN  (1ull << 49)
#define RB_TALLY_GENERATION     (1ull << 50)

#define rb_tally_live(word)      ((word) & RB_TALLY_MAX)
#define rb_tally_taken(word)     (((word) >> RB_TALLY_TAKEN) & RB_TALLY_MAX)
#define rb_tally_emptying(word)  ((word) & RB_TALLY_GENERATION)

/* all that is counted, without the generation */
#define rb_tally_counts(word)    ((word) & (RB_TALLY_GENERATION - 1))

#define rb_tally_load(p)         __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define rb_tally_store(p, v)     __atomic_store_n(p, v, __ATOMIC_SEQ_CST)

#define rb_tally_cas(p, old, new)                                             \
    __atomic_compare_exchange_n(p, old, new, 0, __ATOMIC_SEQ_CST,             \
                                __ATOMIC_SEQ_CST)


typedef struct {
    uint64_t             low;           /* of the id; 0: empty */
    uint64_t             high;
} rb_tally_id_t;


typedef struct {
    uint64_t             word;
    rb_tally_id_t        id;
} rb_tally_slot_t;


typedef enum {
    RB_TALLY_IDLE = 0,
    RB_TALLY_GATHERING,
    RB_TALLY_SENT,
    RB_TALLY_CLEARING
} rb_tally_state_e;


struct rb_tally_s {
    ngx_slab_pool_t     *shpool;
    uint64_t             seed;
    uint64_t             groups;        /* a power of two */
    uint64_t             seen_sets;     /* likewise */
    uint32_t            *flags;         /* of groups */
    rb_tally_slot_t     *slots;
    uint64_t            *seen;          /* print and second, 32 bits each */

    uint32_t             state;         /* the batch */
    uint32_t             n;
    uint64_t             cursor;        /* where gathering goes on */
    u_char               id[RB_UUID_LEN];
    uint32_t             slot[RB_TALLY_BATCH];
};


static ngx_uint_t rb_tally_seen(const rb_tally_id_t *id, const void *caller,
    size_t len);
static ngx_int_t rb_tally_add(const rb_tally_id_t *id, uint64_t what);
static ngx_int_t rb_tally_add_to(rb_tally_slot_t *slot,
    const rb_tally_id_t *id, uint64_t what);
static ngx_uint_t rb_tally_is(rb_tally_slot_t *slot, const rb_tally_id_t *id);
static ngx_uint_t rb_tally_half(uint64_t *half, uint64_t value);
static void rb_tally_flag(uint64_t group);
static void rb_tally_flag_all(void);
static ngx_uint_t rb_tally_gather(rb_tally_t *t);
static ngx_uint_t rb_tally_gather_group(rb_tally_t *t, uint64_t group);
static void rb_tally_take_slot(rb_tally_slot_t *slot);
static void rb_tally_clear(rb_tally_t *t);
static void rb_tally_empty(rb_tally_slot_t *slot, uint64_t word);
static ngx_int_t rb_tally_parse(const ngx_str_t *text, rb_tally_id_t *id);
static void rb_tally_text(const rb_tally_id_t *id, u_char *text);


void  (*rb_tally_added_late)(void);

static rb_tally_t        *rb_tally;
static rb_tally_stats_t   rb_tally_own;


rb_tally_t *
rb_tally_create(ngx_slab_pool_t *shpool, size_t zone_size)
{
    size_t       sets, groups;
    u_char      *seen;
    rb_tally_t  *t;

    groups = RB_TALLY_GROUPS;

    while (groups * 2 * RB_TALLY_GROUP * sizeof(rb_tally_slot_t)
           <= zone_size / 16)
    {
        groups *= 2;
    }

    for (sets = 64; sets * 2 * RB_TALLY_LINE <= zone_size / 32; sets *= 2) {
        /* void */
    }

    t = ngx_slab_calloc(shpool, sizeof(rb_tally_t));
    if (t == NULL) {
        return NULL;
    }

    t->shpool = shpool;
    t->groups = groups;
    t->seen_sets = sets;
    t->flags = ngx_slab_calloc(shpool, groups * sizeof(uint32_t));
    t->slots = ngx_slab_calloc(shpool, groups * RB_TALLY_GROUP
                                       * sizeof(rb_tally_slot_t));
    seen = ngx_slab_calloc(shpool, sets * RB_TALLY_LINE + RB_TALLY_LINE);

    if (t->flags == NULL || t->slots == NULL || seen == NULL
        || getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed))
    {
        return NULL;
    }

    t->seen = (uint64_t *) ngx_align_ptr(seen, RB_TALLY_LINE);

    return t;
}


void
rb_tally_init_process(rb_tally_t *tally)
{
    rb_tally = tally;

    if (tally) {
        rb_tally_flag_all();
    }
}


void
rb_tally_view(const ngx_str_t *text, const void *caller, size_t len)
{
    rb_tally_id_t  id;

    if (rb_tally == NULL || rb_tally_parse(text, &id) != NGX_OK) {
        return;
    }

    if (rb_tally_seen(&id, caller, len)) {
        rb_tally_own.repeated++;
        return;
    }

    if (rb_tally_add(&id, 1) == NGX_OK) {
        rb_tally_own.counted++;

    } else {
        rb_tally_own.dropped++;
    }
}


void
rb_tally_mark(const ngx_str_t *text)
{
    rb_tally_id_t  id;

    if (rb_tally && rb_tally_parse(text, &id) == NGX_OK
        && rb_tally_add(&id, RB_TALLY_RECOUNT) != NGX_OK)
    {
        rb_tally_own.dropped++;
    }
}


/*
 * Whether this was seen within the hour; from now on it was.  Of two equal
 * views at one instant both may be told that it wasn't.
 */

static ngx_uint_t
rb_tally_seen(const rb_tally_id_t *id, const void *caller, size_t len)
{
    u_char      key[sizeof(rb_tally_id_t) + RB_TALLY_CALLER];
    int32_t     age, oldest;
    uint32_t    now, print;
    uint64_t    hash, *set, *place, entry;
    ngx_uint_t  i;

    len = ngx_min(len, RB_TALLY_CALLER);

    ngx_memcpy(key, id, sizeof(rb_tally_id_t));
    ngx_memcpy(key + sizeof(rb_tally_id_t), caller, len);

    hash = rb_hash64(key, sizeof(rb_tally_id_t) + len, rb_tally->seed);
    set = rb_tally->seen + (hash & (rb_tally->seen_sets - 1)) * RB_TALLY_SEEN;
    print = (uint32_t) (hash >> 32);
    now = (uint32_t) (ngx_current_msec / 1000) + RB_TALLY_AGAIN;

    place = set;
    oldest = -1;

    for (i = 0; i < RB_TALLY_SEEN; i++) {
        entry = __atomic_load_n(&set[i], __ATOMIC_RELAXED);
        age = (int32_t) (now - (uint32_t) entry);

        if ((uint32_t) (entry >> 32) == print && age < RB_TALLY_AGAIN) {
            return 1;
        }

        if (age > oldest) {
            oldest = age;
            place = &set[i];
        }
    }

    __atomic_store_n(place, (uint64_t) print << 32 | now, __ATOMIC_RELAXED);

    return 0;
}


/* NGX_DECLINED: there is no place, or no room for one more. */

static ngx_int_t
rb_tally_add(const rb_tally_id_t *id, uint64_t what)
{
    uint64_t          hash, group;
    ngx_int_t         rc;
    ngx_uint_t        i;
    rb_tally_slot_t  *slots;

    hash = (id->low ^ id->high) * 0x9e3779b97f4a7c15ull;
    group = (hash >> 32) & (rb_tally->groups - 1);
    slots = rb_tally->slots + group * RB_TALLY_GROUP;

    rc = NGX_AGAIN;

    for (i = 0; i < RB_TALLY_GROUP && rc == NGX_AGAIN; i++) {
        rc = rb_tally_add_to(&slots[((hash >> 58) + i) % RB_TALLY_GROUP], id,
                             what);
    }

    if (rc != NGX_OK) {
        return NGX_DECLINED;
    }

    rb_tally_flag(group);

    if (ngx_exiting && rb_tally_added_late) {
        rb_tally_added_late();
    }

    return NGX_OK;
}


/* NGX_AGAIN: the slot is another's. */

static ngx_int_t
rb_tally_add_to(rb_tally_slot_t *slot, const rb_tally_id_t *id, uint64_t what)
{
    uint64_t  word, new;

    do {
        word = rb_tally_load(&slot->word);

        if (rb_tally_emptying(word) || !rb_tally_is(slot, id)) {
            return NGX_AGAIN;
        }

        if (what == RB_TALLY_RECOUNT) {
            new = word | RB_TALLY_RECOUNT;

        } else if (rb_tally_live(word) < RB_TALLY_MAX) {
            new = word + what;

        } else {
            return NGX_DECLINED;
        }

    } while (!rb_tally_cas(&slot->word, &word, new));

    return NGX_OK;
}


static ngx_uint_t
rb_tally_is(rb_tally_slot_t *slot, const rb_tally_id_t *id)
{
    return rb_tally_half(&slot->id.low, id->low)
           && rb_tally_half(&slot->id.high, id->high);
}


/* Whether it has this value, which it is given if it has none. */

static ngx_uint_t
rb_tally_half(uint64_t *half, uint64_t value)
{
    uint64_t  present;

    present = rb_tally_load(half);

    if (present == 0 && rb_tally_cas(half, &present, value)) {
        return 1;
    }

    return present == value;
}


static void
rb_tally_flag(uint64_t group)
{
    if (rb_tally_load(&rb_tally->flags[group]) == 0) {
        rb_tally_store(&rb_tally->flags[group], 1);
    }
}


static void
rb_tally_flag_all(void)
{
    uint64_t  group;

    for (group = 0; group < rb_tally->groups; group++) {
        rb_tally_flag(group);
    }
}


ngx_int_t
rb_tally_take(rb_tally_batch_t *batch)
{
    uint64_t          word;
    ngx_uint_t        i;
    rb_tally_t       *t;
    rb_tally_slot_t  *slot;

    t = rb_tally;

    if (t == NULL) {
        return NGX_DECLINED;
    }

    ngx_shmtx_lock(&t->shpool->mutex);

    if (t->state == RB_TALLY_CLEARING) {
        rb_tally_clear(t);
    }

    if (t->state != RB_TALLY_SENT && !rb_tally_gather(t)) {
        ngx_shmtx_unlock(&t->shpool->mutex);
        return NGX_DECLINED;
    }

    ngx_memcpy(batch->id, t->id, RB_UUID_LEN);
    batch->n = t->n;

    for (i = 0; i < t->n; i++) {
        slot = &t->slots[t->slot[i]];
        word = rb_tally_load(&slot->word);

        rb_tally_text(&slot->id, batch->count[i].id);
        batch->count[i].views = rb_tally_taken(word);
        batch->count[i].recount = (word & RB_TALLY_RECOUNT_TAKEN) != 0;
    }

    ngx_shmtx_unlock(&t->shpool->mutex);

    return NGX_OK;
}


/* True: there is a batch, and it has an id. */

static ngx_uint_t
rb_tally_gather(rb_tally_t *t)
{
    uint64_t  i, group;

    if (t->state == RB_TALLY_GATHERING) {

        /* whoever began has not said which groups it looked through */

        rb_tally_flag_all();
    }

    rb_tally_store(&t->state, RB_TALLY_GATHERING);
    t->n = 0;

    for (i = 0; i < t->groups; i++) {
        group = (t->cursor + i) & (t->groups - 1);

        if (rb_tally_load(&t->flags[group])
            && !rb_tally_gather_group(t, group))
        {
            break;
        }
    }

    /* the next batch begins with what this one has no room for */

    t->cursor = (t->cursor + i) & (t->groups - 1);

    if (t->n == 0 || rb_uuid_v7(t->id) != NGX_OK) {

        /* with something taken it is begun again */

        if (t->n == 0) {
            rb_tally_store(&t->state, RB_TALLY_IDLE);
        }

        return 0;
    }

    rb_tally_store(&t->state, RB_TALLY_SENT);

    return 1;
}


/* False: the batch is full, and there may be more in the group. */

static ngx_uint_t
rb_tally_gather_group(rb_tally_t *t, uint64_t group)
{
    uint64_t          i, first, word;
    rb_tally_slot_t  *slot;

    rb_tally_store(&t->flags[group], 0);

    first = group * RB_TALLY_GROUP;

    for (i = first; i < first + RB_TALLY_GROUP; i++) {
        slot = &t->slots[i];
        word = rb_tally_load(&slot->word);

        if (rb_tally_counts(word) == 0) {

            if (rb_tally_emptying(word)
                || rb_tally_load(&slot->id.low) != 0
                || rb_tally_load(&slot->id.high) != 0)
            {
                rb_tally_empty(slot, word);
            }

            continue;
        }

        if (t->n == RB_TALLY_BATCH) {
            rb_tally_store(&t->flags[group], 1);
            return 0;
        }

        rb_tally_take_slot(slot);
        t->slot[t->n++] = (uint32_t) i;
    }

    return 1;
}


static void
rb_tally_take_slot(rb_tally_slot_t *slot)
{
    uint64_t  word, new, n;

    word = rb_tally_load(&slot->word);

    do {
        n = ngx_min(rb_tally_live(word), RB_TALLY_MAX - rb_tally_taken(word));

        new = word - n + (n << RB_TALLY_TAKEN);

        if (new & RB_TALLY_RECOUNT) {
            new = (new & ~RB_TALLY_RECOUNT) | RB_TALLY_RECOUNT_TAKEN;
        }

    } while (!rb_tally_cas(&slot->word, &word, new));
}


void
rb_tally_done(const rb_tally_batch_t *batch)
{
    ngx_uint_t   i;
    rb_tally_t  *t;

    t = rb_tally;

    ngx_shmtx_lock(&t->shpool->mutex);

    if (t->state == RB_TALLY_SENT
        && ngx_memcmp(t->id, batch->id, RB_UUID_LEN) == 0)
    {
        rb_tally_store(&t->state, RB_TALLY_CLEARING);
        rb_tally_clear(t);

        rb_tally_own.batches++;

        for (i = 0; i < batch->n; i++) {
            rb_tally_own.written += batch->count[i].views;
        }
    }

    ngx_shmtx_unlock(&t->shpool->mutex);
}


static void
rb_tally_clear(rb_tally_t *t)
{
    uint64_t          word, new;
    ngx_uint_t        i;
    rb_tally_slot_t  *slot;

    for (i = 0; i < t->n; i++) {
        slot = &t->slots[t->slot[i]];
        word = rb_tally_load(&slot->word);

        do {
            new = word & ~(RB_TALLY_MAX << RB_TALLY_TAKEN
                           | RB_TALLY_RECOUNT_TAKEN);
        } while (!rb_tally_cas(&slot->word, &word, new));

        if (rb_tally_counts(new) == 0) {
            rb_tally_empty(slot, new);

        } else {
            rb_tally_flag(t->slot[i] / RB_TALLY_GROUP);
        }
    }

    rb_tally_store(&t->state, RB_TALLY_IDLE);
}


/* Unless somebody adds to it meanwhile.  It may be half emptied already. */

static void
rb_tally_empty(rb_tally_slot_t *slot, uint64_t word)
{
    if (!rb_tally_emptying(word)) {

        if (!rb_tally_cas(&slot->word, &word, word + RB_TALLY_GENERATION)) {
            return;
        }

        word += RB_TALLY_GENERATION;
    }

    rb_tally_store(&slot->id.high, 0);
    rb_tally_store(&slot->id.low, 0);
    rb_tally_store(&slot->word, word + RB_TALLY_GENERATION);
}


uint64_t
rb_tally_pending(void)
{
    uint64_t  i, word, sum;

    sum = 0;

    for (i = 0; rb_tally && i < rb_tally->groups * RB_TALLY_GROUP; i++) {
        word = __atomic_load_n(&rb_tally->slots[i].word, __ATOMIC_RELAXED);
        sum += rb_tally_live(word) + rb_tally_taken(word);
    }

    return sum;
}


void
rb_tally_stats(rb_tally_stats_t *stats)
{
    *stats = rb_tally_own;
}


/* NGX_DECLINED: no UUID, or one of which half is zeros. */

static ngx_int_t
rb_tally_parse(const ngx_str_t *text, rb_tally_id_t *id)
{
    u_char      c;
    uint64_t    half[2];
    ngx_uint_t  i, n;

    if (text->len != RB_UUID_LEN) {
        return NGX_DECLINED;
    }

    half[0] = 0;
    half[1] = 0;
    n = 0;

    for (i = 0; i < RB_UUID_LEN; i++) {
        c = text->data[i];

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') {
                return NGX_DECLINED;
            }

            continue;
        }

        if (c >= '0' && c <= '9') {
            c -= '0';

        } else {
            c = (c | 0x20) - 'a' + 10;

            if (c < 10 || c > 15) {
                return NGX_DECLINED;
            }
        }

        half[n / 16] = half[n / 16] << 4 | c;
        n++;
    }

    id->high = half[0];
    id->low = half[1];

    return half[0] && half[1] ? NGX_OK : NGX_DECLINED;
}


static void
rb_tally_text(const rb_tally_id_t *id, u_char *text)
{
    uint64_t    half;
    ngx_uint_t  i, n;

    static const u_char  hex[] = "0123456789abcdef";

    n = 0;

    for (i = 0; i < RB_UUID_LEN; i++) {

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            text[i] = '-';
            continue;
        }

        half = n < 16 ? id->high : id->low;
        text[i] = hex[(half >> (60 - 4 * (n % 16))) & 0xf];
        n++;
    }
}
