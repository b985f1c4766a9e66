
/*
 * Accounts: signing up, one's own data, password, e-mail, consents, deletion.
 * What an outsider can ask (sign-up, reset) answers the same, in the same
 * time, whether an account exists or not.
 */


#ifndef _RB_USERS_H_INCLUDED_
#define _RB_USERS_H_INCLUDED_


#include "sessions/rb_sessions.h"


typedef struct {
    ngx_str_t     email;                /* as typed; made canonical */
    ngx_str_t     password;
    ngx_str_t     display_name;
    ngx_str_t     born_on;              /* YYYY-MM-DD; 14 years ago or more */
    ngx_str_t     role;                 /* "crew" or "resort" */
    rb_lang_e     lang;
    unsigned      terms:1;
    unsigned      privacy:1;
    unsigned      marketing:1;
} rb_sign_up_t;


/*
 * Takes a sign-up and sends its link (yields).  An address that has an
 * account is sent a mail that says so.  Errors: a 400 that names each wrong
 * field, rb_err_too_many.
 */
rb_err_t *rb_users_sign_up(rb_task_t *task, const rb_sign_up_t *sign_up,
    const rb_origin_t *origin);

/*
 * The link was followed: makes the account (yields).  Following it again, or
 * another of the same address, is as good.  *member is its id.  rb_err_link.
 */
rb_err_t *rb_users_verify(rb_task_t *task, const ngx_str_t *token,
    const rb_origin_t *origin, ngx_str_t *member);

/*
 * Makes an account for somebody whose address another provider has verified,
 * with no password (yields).  rb_err_email_taken (409).
 */
rb_err_t *rb_users_create(rb_task_t *task, const rb_sign_up_t *sign_up,
    const rb_origin_t *origin, ngx_str_t *member);

/* Sends a link to set a new password, if there is such an account (yields). */
rb_err_t *rb_users_forgot(rb_task_t *task, const ngx_str_t *email,
    const rb_origin_t *origin);

/* Sets it by the link; all sessions end, budgets are forgotten (yields). */
rb_err_t *rb_users_reset(rb_task_t *task, const ngx_str_t *token,
    const ngx_str_t *password, const rb_origin_t *origin);

/* Sets it, knowing the old one, or having none yet; other sessions end. */
rb_err_t *rb_users_change_password(rb_task_t *task,
    const rb_principal_t *who, const ngx_str_t *old, const ngx_str_t *new,
    const rb_origin_t *origin);

/* Sends the link to the new address and word of it to the old one. */
rb_err_t *rb_users_change_email(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *email, const rb_origin_t *origin);
rb_err_t *rb_users_confirm_email(rb_task_t *task, const ngx_str_t *token,
    const rb_origin_t *origin);

/*
 * Ends all sessions; the row is erased after 30 days, until when the link
 * that is sent brings the account back.
 */
rb_err_t *rb_users_delete(rb_task_t *task, const rb_principal_t *who,
    const rb_origin_t *origin);
rb_err_t *rb_users_restore(rb_task_t *task, const ngx_str_t *token,
    const rb_origin_t *origin);


/* What others may show of an account.  Strings in the task's pool. */

typedef struct {
    ngx_str_t     id;
    ngx_str_t     email;
    ngx_str_t     display_name;
    ngx_str_t     locale;
    ngx_str_t     roles;                /* "{crew}" */
    ngx_str_t     updated_at;           /* seconds since 1970, as text */
    unsigned      has_password:1;
} rb_user_t;

/* rb_err_not_found (yields). */
rb_err_t *rb_users_get(rb_task_t *task, const ngx_str_t *id,
    rb_user_t *user);

/* An address in lower case, without spaces around it, in pool; a 400 that
 * names the field when it is none. */
rb_err_t *rb_users_email(ngx_pool_t *pool, const ngx_str_t *typed,
    ngx_str_t *email);

extern rb_err_t  rb_err_email_taken;        /* 409 email_taken */


#endif /* _RB_USERS_H_INCLUDED_ */
