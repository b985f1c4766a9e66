
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
 * The link was followed: makes the account (yields).  Following it again is
 * as good.  *member is its id.  Where the browser isn't the one that signed
 * up, the password that was chosen is asked for: else whoever signs up with
 * another's address gets, by one careless click, an account of that address
 * whose password they know.  Errors: rb_err_link; rb_err_email_taken when
 * another sign-up of the same address was there first; a 400 that names the
 * password, when it is needed or wrong; rb_err_too_many.
 */
rb_err_t *rb_users_verify(rb_task_t *task, const ngx_str_t *token,
    const ngx_str_t *password, const rb_origin_t *origin, ngx_str_t *member);

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

/*
 * Sets it, knowing the old one, or, having none yet, within 15 minutes of the
 * log-in and not by a stranger's application (rb_err_log_in_first); other
 * sessions end.  rb_err_credentials also when it was changed meanwhile.
 */
rb_err_t *rb_users_change_password(rb_task_t *task,
    const rb_principal_t *who, const ngx_str_t *old, const ngx_str_t *new,
    const rb_origin_t *origin);

/* Sends the link to the new address and word of it to the old one. */
rb_err_t *rb_users_change_email(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *email, const rb_origin_t *origin);

/*
 * The link was followed (yields).  Where the browser isn't the one that asked
 * for it, the account's password is wanted: else a stranger's account would
 * be one careless click away from being that of another's address.  Errors:
 * rb_err_link, rb_err_email_taken, a 400 that names the password, and those
 * of rb_sessions_check_password().
 */
rb_err_t *rb_users_confirm_email(rb_task_t *task, const ngx_str_t *token,
    const ngx_str_t *password, const rb_origin_t *origin);

/*
 * Ends all sessions; the row is erased after 30 days, until when the link
 * that is sent brings the account back.  rb_err_hand_over (409): nobody
 * else owns a resort that is not closed.
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
    unsigned      email_verified:1;     /* email_verified_at is set */
} rb_user_t;

/* rb_err_not_found (yields). */
rb_err_t *rb_users_get(rb_task_t *task, const ngx_str_t *id,
    rb_user_t *user);

/* Whose the canonical address is; empty: nobody's (yields). */
rb_err_t *rb_users_find(rb_task_t *task, const ngx_str_t *email,
    ngx_str_t *member);

/*
 * Sets one's own name and language; NULL leaves what there is (yields).  With
 * a version (of users_me) rb_err_changed (412) when it isn't that any more.
 */
rb_err_t *rb_users_rename(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *display_name, const ngx_str_t *locale,
    const ngx_str_t *version, const rb_origin_t *origin);

/*
 * What anybody may read before agreeing to it (yields): the documents in force
 * today, or that of one kind (NULL: all).  Columns: RB_DOCUMENT_C_…; a text is
 * paragraphs with an empty line between.  No row: there is none of the kind.
 */

enum {
    RB_DOCUMENT_C_KIND = 0,             /* terms, privacy, marketing */
    RB_DOCUMENT_C_VERSION,
    RB_DOCUMENT_C_EFFECTIVE,            /* YYYY-MM-DD, a day in Seoul */
    RB_DOCUMENT_C_REQUIRED,
    RB_DOCUMENT_C_TITLE,
    RB_DOCUMENT_C_TEXT
};

rb_err_t *rb_users_documents(rb_task_t *task, const ngx_str_t *kind,
    rb_lang_e lang, rb_pg_rows_t *rows);

/*
 * What there is to agree to and what was said to it last (yields): kind
 * (terms, privacy, marketing), version, required, given, given_version, at,
 * title_ko, title_en, effective_from.
 */
rb_err_t *rb_users_consents(rb_task_t *task, const ngx_str_t *member,
    rb_pg_rows_t *rows);

/*
 * Agrees to the current version of a kind, or takes that back (yields).
 * rb_err_consent_required (409): that kind can't be taken back.
 */
rb_err_t *rb_users_consent(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *kind, ngx_uint_t given, const rb_origin_t *origin);

/* An address in lower case, without spaces around it, in pool; a 400 that
 * names the field when it is none. */
rb_err_t *rb_users_email(ngx_pool_t *pool, const ngx_str_t *typed,
    ngx_str_t *email);

extern rb_err_t  rb_err_email_taken;        /* 409 email_taken */
extern rb_err_t  rb_err_hand_over;          /* 409 close_or_hand_over_resort */
extern rb_err_t  rb_err_changed;            /* 412 precondition_failed */
extern rb_err_t  rb_err_consent_required;   /* 409 consent_required */
extern rb_err_t  rb_err_log_in_first;       /* 401, of a password that is set
                                               where there was none */


#endif /* _RB_USERS_H_INCLUDED_ */
