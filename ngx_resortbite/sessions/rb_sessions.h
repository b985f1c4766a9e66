
/*
 * Sessions: how somebody comes to be signed in, what is signed in where, and
 * how it ends.  A log-in is one or two steps: a first proof (password, an
 * account elsewhere, a passkey) and, where a second factor is set up, that;
 * a passkey that verified its user is both.
 */


#ifndef _RB_SESSIONS_H_INCLUDED_
#define _RB_SESSIONS_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


/* A browser session lasts this long after it was last seen, and in all. */
#define RB_SESSION_IDLE   (14 * 86400)
#define RB_SESSION_MAX    (90 * 86400)


typedef enum {
    RB_LOGIN_DONE = 0,                  /* a session was made */
    RB_LOGIN_SECOND_FACTOR              /* ticket and methods say how */
} rb_login_e;


/* What a step of a log-in has led to.  Strings are in the task's pool. */

typedef struct {
    rb_login_e    outcome;
    ngx_str_t     secret;               /* the cookie's value */
    ngx_str_t     session;              /* id */
    ngx_str_t     member;               /* id */
    ngx_str_t     ticket;               /* for the second step, 10 minutes */
    ngx_uint_t    methods;              /* RB_AMR_OTP, RB_AMR_RCV, RB_AMR_HWK */
} rb_login_t;


/*
 * First step by password (yields).  Takes the same time and gives the same
 * error whether there is such an account, or it has no password.  Budgets are
 * spent per account, address and device.  Errors: rb_err_credentials (401),
 * rb_err_too_many (429), rb_err_suspended (403, after the right password
 * only), rb_err_deleted (403, likewise), rb_err_busy when scrypt's queue is
 * full.
 */
rb_err_t *rb_login_password(rb_task_t *task, const ngx_str_t *email,
    const ngx_str_t *password, const rb_origin_t *origin, rb_login_t *login);

/*
 * First step by a proof that the caller has verified: an account elsewhere
 * (RB_AMR_FED), a passkey (RB_AMR_HWK, with RB_AMR_USER it is both steps).
 */
rb_err_t *rb_login_proved(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t amr, const rb_origin_t *origin, rb_login_t *login);

/*
 * Whom a ticket is for, and how far they are (yields).  rb_err_ticket (401):
 * unknown, used, or over 10 minutes old.
 */
rb_err_t *rb_login_ticket(rb_task_t *task, const ngx_str_t *ticket,
    ngx_str_t *member, ngx_uint_t *amr);

/* Second step by a code of an authenticator or a recovery code (yields). */
rb_err_t *rb_login_code(rb_task_t *task, const ngx_str_t *ticket,
    ngx_uint_t method, const ngx_str_t *code, const rb_origin_t *origin,
    rb_login_t *login);

/* Second step by a passkey that the caller has verified (yields). */
rb_err_t *rb_login_second(rb_task_t *task, const ngx_str_t *ticket,
    ngx_uint_t amr, const rb_origin_t *origin, rb_login_t *login);

/*
 * A session proves itself anew, for a dangerous act: by password
 * (rb_sessions_check_password() first), code or passkey.  Raises acr and amr
 * and sets authenticated_at to now (yields).  rb_err_second_needed: a password
 * alone won't do where a second factor is set up; rb_err_not_found: the
 * session has ended.
 */
rb_err_t *rb_sessions_step_up(rb_task_t *task, const rb_principal_t *who,
    ngx_uint_t amr, const rb_origin_t *origin);

/* The member's own password once more; budgets as in a log-in (yields). */
rb_err_t *rb_sessions_check_password(rb_task_t *task,
    const ngx_str_t *member, const ngx_str_t *password,
    const rb_origin_t *origin);

/* Its codes likewise: OTP or RCV (yields). */
rb_err_t *rb_sessions_check_code(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t method, const ngx_str_t *code, const rb_origin_t *origin);

/* A passkey that was refused: the trail hears of it (yields). */
rb_err_t *rb_sessions_code_failed(rb_task_t *task, const ngx_str_t *member,
    const char *method, const rb_origin_t *origin);

/*
 * A password as it is kept, in the task's pool, made on a thread (yields).
 * rb_password_fault() comes first.  Passwords are taken as they were typed:
 * input methods compose Hangul, and nothing here normalises it.
 */
rb_err_t *rb_sessions_hash_password(rb_task_t *task,
    const ngx_str_t *password, ngx_str_t *hash);

/* Whether a hash is that password's, found out on a thread (yields).  What it
 * costs is for the caller to limit. */
rb_err_t *rb_sessions_password_is(rb_task_t *task, const ngx_str_t *password,
    const ngx_str_t *hash, ngx_uint_t *right);

/* Who has proved to be the owner of the address need not wait (yields). */
void rb_sessions_forget_failures(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *email, const rb_origin_t *origin);

/*
 * Ends one session of the member (yields), and the grants given in it that
 * have no offline_access.  reason: "signed_out", "revoked" …
 * rb_err_not_found when it isn't theirs or has ended.
 */
rb_err_t *rb_sessions_end(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *session, const char *reason,
    const rb_principal_t *who, const rb_origin_t *origin);

/*
 * Ends all of a member's sessions and grants but `but' (or empty) (yields).
 * *count is how many.
 */
rb_err_t *rb_sessions_end_all(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *but, const char *reason, const rb_principal_t *who,
    const rb_origin_t *origin, ngx_uint_t *count);

/*
 * What is signed in to the member's account, the newest hundred (yields).
 * Columns: id, kind, current, device, place, client.id, client.name,
 * created_at, last_seen_at, expires_at, and the keys of the list.
 */
rb_err_t *rb_sessions_list(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *current, rb_pg_rows_t *rows);

/*
 * What is once good (one_time_tokens): makes one for `seconds' and signs its
 * id for the purpose; takes one, so that it is used, with its data (JSON
 * text).  All yield.  rb_err_link (410 link_not_valid): unknown, used, old.
 */
rb_err_t *rb_once_make(rb_task_t *task, const char *purpose,
    const ngx_str_t *member, const ngx_str_t *data, ngx_uint_t seconds,
    ngx_str_t *token);
rb_err_t *rb_once_look(rb_task_t *task, const char *purpose,
    const ngx_str_t *token, ngx_str_t *member, ngx_str_t *data);
rb_err_t *rb_once_take(rb_task_t *task, const char *purpose,
    const ngx_str_t *token, ngx_str_t *member, ngx_str_t *data);

/* The id (UUID text) within a token, if it is signed for the purpose: for
 * statements that take the row themselves.  NGX_DECLINED, NGX_ERROR. */
ngx_int_t rb_once_id(ngx_pool_t *pool, const char *purpose,
    const ngx_str_t *token, ngx_str_t *id);
ngx_int_t rb_once_token(ngx_pool_t *pool, const char *purpose,
    const ngx_str_t *id, ngx_str_t *token);


extern rb_err_t  rb_err_credentials;        /* 401 wrong_credentials */
extern rb_err_t  rb_err_code;               /* 401 wrong_code */
extern rb_err_t  rb_err_ticket;             /* 401 log_in_again */
extern rb_err_t  rb_err_suspended;          /* 403 account_suspended */
extern rb_err_t  rb_err_deleted;            /* 403 account_deleted */
extern rb_err_t  rb_err_unverified;         /* 403 email_not_verified */
extern rb_err_t  rb_err_second_needed;      /* 403 second_factor_needed */
extern rb_err_t  rb_err_link;               /* 410 link_not_valid */


#endif /* _RB_SESSIONS_H_INCLUDED_ */
