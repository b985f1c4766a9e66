
/*
 * How a statement of the desk went, as an error.  Of this room's rules only.
 */


#ifndef _RB_DORMS_REFUSALS_H_INCLUDED_
#define _RB_DORMS_REFUSALS_H_INCLUDED_


#include "dorms/rb_dorms_desk.h"


/*
 * Runs a statement that writes (yields).  Where the database refuses what the
 * statement, being older, could not see, it is run once more: then it sees it,
 * and says more of it.  NULL when the outcome is `done', `created' or
 * `replayed'.  keyed: it has an idempotency key.  label: the member of the
 * request that a bed's label came from.
 */
rb_err_t *rb_dorms_write(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, ngx_uint_t keyed, const char *label,
    rb_pg_rows_t *rows);

/* The text in the column `outcome'; empty when there is no row. */
ngx_str_t rb_dorms_outcome(const rb_pg_rows_t *rows, ngx_uint_t *column);


#endif /* _RB_DORMS_REFUSALS_H_INCLUDED_ */
