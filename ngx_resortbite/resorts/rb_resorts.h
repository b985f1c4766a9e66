
/*
 * Resorts.  What other rooms may ask of them.
 *
 * A resort is open to the public while its business number is verified and it
 * is not deleted.
 */


#ifndef _RB_RESORTS_H_INCLUDED_
#define _RB_RESORTS_H_INCLUDED_


#include "io/rb_pg.h"


/*
 * Reads an open resort by its id: one row, the columns of statement
 * resorts_get (yields).  rb_err_not_found, rb_err_resort_closed, or an error
 * of rb_pg_get().
 */
rb_err_t *rb_resorts_read(rb_task_t *task, const ngx_str_t *id,
    rb_pg_rows_t *rows);

/* 410 resort_closed: it was public once. */
extern rb_err_t  rb_err_resort_closed;


#endif /* _RB_RESORTS_H_INCLUDED_ */
