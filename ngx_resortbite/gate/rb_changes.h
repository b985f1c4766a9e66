
/*
 * How a changed row reaches the caches of every node.  Triggers in the
 * database NOTIFY the tags of what changed, in the transaction that changes
 * it: separated by spaces, or "*" for everything.  Every node listens.  Of
 * all nodes one, the leader (an advisory lock says which), also passes each
 * on to a Redis channel that every node subscribes to, so that a node whose
 * connection to the database is lost still hears of changes.  A node does
 * what either source says: hearing it twice is only a needless refresh.
 * Whenever a node may have missed one (it starts, or a source was lost and
 * comes back), all that it holds counts as changed.
 *
 * The listener runs in worker 0 of a node; the cache is in shared memory, so
 * one is enough.
 */


#ifndef _RB_CHANGES_H_INCLUDED_
#define _RB_CHANGES_H_INCLUDED_


#include "gate/rb_cache.h"


#define RB_CHANGES_CHANNEL  "resortbite_changes"


/* In each worker; does nothing but in the first. */
ngx_int_t rb_changes_init_process(ngx_cycle_t *cycle, rb_cache_t *cache);


typedef struct {
    ngx_uint_t    listening;            /* to PostgreSQL */
    ngx_uint_t    subscribed;           /* to Redis */
    ngx_uint_t    leader;
    uint64_t      notified;             /* by PostgreSQL */
    uint64_t      received;             /* from Redis */
} rb_changes_stats_t;

void rb_changes_stats(rb_changes_stats_t *stats);


/* Called with each notification by PostgreSQL, on the main stack; or NULL. */
extern void  (*rb_changes_told)(void);


#endif /* _RB_CHANGES_H_INCLUDED_ */
