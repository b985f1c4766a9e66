
/*
 * Counts by id, gathered in the node's shared memory: views of posts, and
 * which posts have something to be counted anew.  Adding takes no lock and
 * allocates nothing; now and then somebody takes a batch of what was added,
 * writes it where it is kept, and says so.
 *
 * What was added is lost with the zone alone: not with a worker, at whatever
 * instruction it is killed, and not by a reload.  A batch stays where it is
 * until it is known to be written, and keeps its id: who writes it makes sure
 * that one written twice counts once.  rb_tally.c tells how.
 */


#ifndef _RB_TALLY_H_INCLUDED_
#define _RB_TALLY_H_INCLUDED_


#include "base/rb_uuid.h"


#define RB_TALLY_BATCH  1000            /* ids of a batch, at most */
#define RB_TALLY_AGAIN  3600            /* seconds; one caller's views of one
                                           id count once in as many */


typedef struct rb_tally_s  rb_tally_t;


/* Of this process. */

typedef struct {
    uint64_t      counted;              /* views */
    uint64_t      repeated;             /* not counted: seen within the hour */
    uint64_t      dropped;              /* no place was left */
    uint64_t      batches;              /* written */
    uint64_t      written;              /* views in them */
} rb_tally_stats_t;


typedef struct {
    u_char        id[RB_UUID_LEN];      /* of the post */
    uint32_t      views;
    uint32_t      recount;              /* what else is counted of it */
} rb_tally_count_t;


typedef struct {
    u_char              id[RB_UUID_LEN];        /* of the batch */
    ngx_uint_t          n;
    rb_tally_count_t    count[RB_TALLY_BATCH];
} rb_tally_batch_t;


/*
 * A part of a new zone, taken before the cache takes the rest; NULL: too
 * small.  64 MB have room for 131,072 ids between two batches, and remember
 * the last 262,144 views.  Set in each worker; NULL: nothing is counted.
 */
rb_tally_t *rb_tally_create(ngx_slab_pool_t *shpool, size_t zone_size);
void rb_tally_init_process(rb_tally_t *tally);

/*
 * Somebody looked at a post.  caller is any bytes by which one is told from
 * another, and is not kept.  That somebody did so within the hour is known
 * nearly always: a view may be counted twice when very many are remembered,
 * and one in a billion isn't counted at all.  What is no UUID isn't either.
 */
void rb_tally_view(const ngx_str_t *id, const void *caller, size_t len);

/* What else is counted of it may have changed. */
void rb_tally_mark(const ngx_str_t *id);

/*
 * The batch to be written now: one taken before that nobody has said is done,
 * or a new one.  NGX_DECLINED: there is nothing.  Takes the zone's mutex for a
 * while that grows with what was added.  An id may be in it twice.
 */
ngx_int_t rb_tally_take(rb_tally_batch_t *batch);

/* It is written, by whomever; a batch that is done already is left alone. */
void rb_tally_done(const rb_tally_batch_t *batch);

/* Views that are not known to be written yet, of the whole node. */
uint64_t rb_tally_pending(void);

void rb_tally_stats(rb_tally_stats_t *stats);


/*
 * Called after each add while the worker is leaving, if it is set: what is
 * added then, the next tick of a clock may not see.
 */
extern void  (*rb_tally_added_late)(void);


#endif /* _RB_TALLY_H_INCLUDED_ */
