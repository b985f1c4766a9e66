
/*
 * Work types: what a resort has worked, when in the week, by how many and for
 * how much.  Posts offer them, crew apply to them.
 *
 * While a post offers one that is public, under review, paused or hidden, its
 * schedule and category stay as they are and it can't be deleted; what a desk
 * wants is a copy.  Pay below the minimum wage is no error here: it is warned
 * of, and the law is kept when a post is submitted.
 *
 * ids are UUID text; rows are the columns of the statement's view, times are
 * of Seoul's week (base/rb_week.h).  Everything here yields; besides their own
 * errors functions return those of rb_pg_query().
 */


#ifndef _RB_WORK_H_INCLUDED_
#define _RB_WORK_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


/*
 * What a live post offers, in its order: of any other post no row.  These are
 * the columns, as text.
 */

enum {
    RB_WORK_OF_POST_ID = 0,
    RB_WORK_OF_POST_NAME,
    RB_WORK_OF_POST_CATEGORY,           /* code */
    RB_WORK_OF_POST_SCHEDULE,           /* bits: rb_week_from_bits() */
    RB_WORK_OF_POST_HOURS,              /* a week */
    RB_WORK_OF_POST_HEADCOUNT,
    RB_WORK_OF_POST_PAY_TYPE,           /* code */
    RB_WORK_OF_POST_PAY_MIN,            /* KRW */
    RB_WORK_OF_POST_PAY_MAX,
    RB_WORK_OF_POST_DAILY_MINUTES,      /* paid, of a working day */
    RB_WORK_OF_POST_REQUIREMENTS        /* may be empty */
};

rb_err_t *rb_work_of_post(rb_task_t *task, const ngx_str_t *post,
    rb_pg_rows_t *rows);


/* One of a resort: rb_err_not_found. */
rb_err_t *rb_work_read(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *id, rb_pg_rows_t *rows);


/* columns is a JSON object of columns of work_types, as rb_patch_write()
 * makes it. */

typedef struct {
    ngx_str_t     resort;
    ngx_str_t     columns;
    ngx_str_t     template;             /* code; data == NULL: none */
    rb_lang_e     lang;                 /* of what the template says */
    ngx_str_t     key;                  /* of idempotency; or empty */
    u_char        request_hash[32];
} rb_work_new_t;

/*
 * Makes one.  *replayed: rows are those of the same request before.  Errors:
 * a 400 that names fields, rb_err_work_name, rb_err_work_full,
 * rb_err_key_reused.
 */
rb_err_t *rb_work_create(rb_task_t *task, const rb_work_new_t *work,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows,
    ngx_uint_t *replayed);


typedef struct {
    ngx_str_t     resort;
    ngx_str_t     id;
    ngx_str_t     if_match;             /* as req->if_match */
    ngx_str_t     columns;              /* of a change */
} rb_work_edit_t;

/*
 * Changes one.  Errors: a 400 that names fields, rb_err_not_found,
 * rb_err_precondition, rb_err_work_in_use with the posts, rb_err_work_name.
 */
rb_err_t *rb_work_change(rb_task_t *task, const rb_work_edit_t *edit,
    const rb_principal_t *who, const rb_origin_t *origin,
    rb_pg_rows_t *rows);

/* Deletes one: rb_err_not_found, rb_err_precondition, rb_err_work_in_use. */
rb_err_t *rb_work_delete(rb_task_t *task, const rb_work_edit_t *edit,
    const rb_principal_t *who, const rb_origin_t *origin);


typedef struct {
    ngx_str_t     resort;
    ngx_str_t     id;
    ngx_str_t     to;                   /* resort; data == NULL: the same */
    ngx_str_t     name;                 /* data == NULL: the same */
} rb_work_copy_t;

/*
 * Copies one.  Errors: rb_err_not_found, rb_err_work_resort, rb_err_work_name,
 * rb_err_work_full, a 400 that names fields.
 */
rb_err_t *rb_work_copy(rb_task_t *task, const rb_work_copy_t *copy,
    const rb_principal_t *who, const rb_origin_t *origin,
    rb_pg_rows_t *rows);


extern rb_err_t  rb_err_work_in_use;    /* 409 work_type_in_use; a copy lists
                                           the posts */
extern rb_err_t  rb_err_work_name;      /* 409 name_taken */
extern rb_err_t  rb_err_work_full;      /* 409 limit_reached */
extern rb_err_t  rb_err_work_resort;    /* 403 role_missing, in the resort
                                           that it is copied to */


#endif /* _RB_WORK_H_INCLUDED_ */
