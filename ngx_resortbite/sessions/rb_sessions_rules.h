
/* What the files of this room have in common. */


#ifndef _RB_SESSIONS_RULES_H_INCLUDED_
#define _RB_SESSIONS_RULES_H_INCLUDED_


#include "sessions/rb_sessions.h"


/* SQL's NULL for what is empty, and '' for what must not be NULL. */

static ngx_inline ngx_str_t
rb_sessions_or_null(const ngx_str_t *text)
{
    ngx_str_t  none = ngx_null_string;

    return (text && text->len) ? *text : none;
}


static ngx_inline ngx_str_t
rb_sessions_or_empty(const ngx_str_t *text)
{
    ngx_str_t  empty = ngx_string("");

    return text->data ? *text : empty;
}


/* The MAC of the origin's address as bytea text; data == NULL: no memory. */
ngx_str_t rb_sessions_address(ngx_pool_t *pool, const rb_origin_t *origin);

/* 1 or 2, for methods; and with RB_AMR_MFA where they are two. */
ngx_uint_t rb_sessions_acr(ngx_uint_t amr);
ngx_uint_t rb_sessions_amr(ngx_uint_t amr);

/* NULL, or why an account in this state may not be signed in to. */
rb_err_t *rb_sessions_state(const ngx_str_t *state);

/*
 * The password of a log-in: of the account with this address (yields).
 * *member is its id, *state is to be asked; *changed says which password it
 * was, for the statement that starts the session.
 */
rb_err_t *rb_sessions_password_of(rb_task_t *task, const ngx_str_t *email,
    const ngx_str_t *password, const rb_origin_t *origin, ngx_str_t *member,
    ngx_str_t *state, ngx_str_t *changed);


#endif /* _RB_SESSIONS_RULES_H_INCLUDED_ */
