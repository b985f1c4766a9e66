
/*
 * Jobs that members keep.  A job is kept while it is open; one that ends
 * afterwards stays kept, and says that it has ended.
 */


#ifndef _RB_FAVOURITES_H_INCLUDED_
#define _RB_FAVOURITES_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


/* a member keeps as many as he may: 409 */
extern rb_err_t  rb_err_favourites_full;


/*
 * Keeps a job; keeping it again changes nothing (yields).  rb_err_not_found,
 * rb_err_job_ended, rb_err_favourites_full, or an error of rb_pg_query().
 */
rb_err_t *rb_favourites_put(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *post);

/* Keeps it no longer, whether it was kept or not (yields). */
rb_err_t *rb_favourites_delete(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *post);


#endif /* _RB_FAVOURITES_H_INCLUDED_ */
