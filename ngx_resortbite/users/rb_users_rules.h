
/* What the files of this room have in common. */


#ifndef _RB_USERS_RULES_H_INCLUDED_
#define _RB_USERS_RULES_H_INCLUDED_


#include "users/rb_users.h"


static ngx_inline ngx_str_t
rb_users_or_null(const ngx_str_t *text)
{
    ngx_str_t  none = ngx_null_string;

    return (text && text->len) ? *text : none;
}


static ngx_inline ngx_uint_t
rb_users_true(const rb_pg_rows_t *rows, ngx_uint_t column)
{
    ngx_str_t  value;

    value = rb_pg_value(rows, 0, column);

    return value.data && value.data[0] == 't';
}


/* A new id, in pool; data == NULL: no memory, or no randomness. */
ngx_str_t rb_users_id(ngx_pool_t *pool);

/* The MAC of the origin's address as bytea text. */
ngx_str_t rb_users_address(ngx_pool_t *pool, const rb_origin_t *origin);

/* "true" or "false". */
ngx_str_t rb_users_flag(ngx_uint_t flag);

/* Adds to err that the password, as `field', is none to be taken. */
rb_err_t *rb_users_password_fault(rb_err_t *err, ngx_pool_t *pool,
    const char *field, const ngx_str_t *password, const ngx_str_t *email,
    const ngx_str_t *name);

/* The password is needed, for this isn't the browser that began: a 400. */
rb_err_t *rb_users_password_needed(ngx_pool_t *pool);

/* No name that an account could have: a 400 that names it. */
rb_err_t *rb_users_name_fault(rb_err_t *err, ngx_pool_t *pool);

/* What mails to this address cost whoever asks for them (yields). */
rb_err_t *rb_users_spend_mail(rb_task_t *task, const ngx_str_t *email,
    const rb_origin_t *origin, ngx_uint_t sign_up);

/*
 * Runs a statement of one row or none (yields): rb_err_internal when the
 * server refuses a value, whatever for.
 */
rb_err_t *rb_users_run(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows);


#endif /* _RB_USERS_RULES_H_INCLUDED_ */
