
/*
 * Job posts.  What other rooms may ask of them.
 *
 * A post is open to the public while it is live and can still be applied for;
 * it has ended when it was open once and was filled, expired or removed.
 * Anything else (a draft, one under review, paused or hidden) isn't there as
 * far as the public is concerned.
 */


#ifndef _RB_JOBS_H_INCLUDED_
#define _RB_JOBS_H_INCLUDED_


#include "io/rb_pg.h"


/*
 * Reads an open post by its id: one row, the columns of statement jobs_get
 * (yields).  rb_err_not_found, rb_err_job_ended, or an error of rb_pg_get().
 */
rb_err_t *rb_jobs_read(rb_task_t *task, const ngx_str_t *id,
    rb_pg_rows_t *rows);

/* 410 job_ended: it was public once. */
extern rb_err_t  rb_err_job_ended;


#endif /* _RB_JOBS_H_INCLUDED_ */
