
/*
 * How often posts are looked at, kept and applied for.  What is counted is
 * gathered in shared memory (io/rb_tally.h; the gate counts the views of
 * routes that say counts_views) and written here, to post_counters, every two
 * seconds by worker 0 of each node, and by each worker that leaves.
 *
 * Other rooms may read it by a LEFT JOIN of post_counters on post_id: a post
 * without a row has been counted nothing of.
 */


#ifndef _RB_COUNTERS_H_INCLUDED_
#define _RB_COUNTERS_H_INCLUDED_


#include "io/rb_pg.h"


/* In each worker; with PostgreSQL and the table there already. */
ngx_int_t rb_counters_init_process(ngx_cycle_t *cycle);

/*
 * A favourite or an application of this post has come or gone: both are
 * counted anew with the next batch.  To be called after the write, and when
 * its outcome is unknown.  Doesn't yield.
 */
void rb_counters_mark(const ngx_str_t *post);


#endif /* _RB_COUNTERS_H_INCLUDED_ */
