
/*
 * What is to be done now and then, asked for by no request, in worker 0 of a
 * node:
 *
 *   at midnight in Seoul  posts end with the day; no row changes then, so no
 *                         change is notified, and all that is kept counts as
 *                         changed (every node for itself)
 *   each second           who applied to a post is told what has become worse
 *                         of it (the leader; two may do so at once)
 *   each five seconds     posts whose last day has passed become expired, a
 *                         hundred at once (the leader, see rb_changes.h; that
 *                         two may think they lead does no harm: the statement
 *                         takes a lock and looks again)
 *   each minute           idempotency keys older than a day are forgotten, and
 *                         tokens, codes and sign-ups that have expired (the
 *                         leader)
 *   each hour             sessions that ended a month ago, devices unseen for
 *                         a year, old mails and events; members who deleted
 *                         their account a month ago are erased (the leader);
 *                         sql/queries/upkeep.sql says what is kept how long
 */


#ifndef _RB_UPKEEP_H_INCLUDED_
#define _RB_UPKEEP_H_INCLUDED_


#include "gate/rb_cache.h"


/* Starts the fiber that does it; it delays no reload. */
ngx_int_t rb_upkeep_init_process(ngx_cycle_t *cycle, rb_cache_t *cache);


#endif /* _RB_UPKEEP_H_INCLUDED_ */
