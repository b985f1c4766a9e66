
/*
 * Second factors: codes of an authenticator (TOTP), recovery codes, passkeys.
 * Budgets for guessing are the callers' (sessions/).
 *
 * The ceremonies of passkeys are rows of one_time_tokens, which sessions/
 * owns; since sessions/ calls this room and not the other way round, the two
 * purposes passkey_create and passkey_get are written and taken here.
 */


#ifndef _RB_FACTORS_H_INCLUDED_
#define _RB_FACTORS_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


#define RB_RECOVERY_CODES      10
#define RB_RECOVERY_CODE_LEN   11       /* "xxxxx-xxxxx" */
#define RB_PASSKEYS_MAX        20       /* a member */
#define RB_PASSKEY_NAME_MAX    60       /* characters */


/* What is set up: RB_AMR_OTP, RB_AMR_RCV (some left), RB_AMR_HWK (yields). */
rb_err_t *rb_factors_methods(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t *methods);

/*
 * Takes a code, which is then used (yields).  method is RB_AMR_OTP or
 * RB_AMR_RCV.  rb_err_code_refused when it is wrong, old or used.
 */
rb_err_t *rb_factors_take_code(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t method, const ngx_str_t *code);

/*
 * A passkey's ceremony: what navigator.credentials.get() wants (JSON text),
 * and a handle that goes with the answer.  member empty: any discoverable
 * passkey, user verification required (yields).
 */
rb_err_t *rb_factors_passkey_options(rb_task_t *task,
    const ngx_str_t *member, ngx_str_t *options, ngx_str_t *handle);

/*
 * Takes the browser's answer (PublicKeyCredential.toJSON(), JSON text).
 * *member is whose it is; *amr RB_AMR_HWK, with RB_AMR_USER if it verified
 * its user (yields).  rb_err_code_refused.
 */
rb_err_t *rb_factors_passkey_take(rb_task_t *task, const ngx_str_t *handle,
    const ngx_str_t *answer, ngx_str_t *member, ngx_uint_t *amr);

extern rb_err_t  rb_err_code_refused;       /* 401 wrong_code */


/*
 * Managing one's own.  All of what follows yields, changes only what is the
 * principal's, and expects that the caller has made sure of a recent log-in.
 */

/* Who does it, and what of the request goes into the trail. */

typedef struct {
    const rb_principal_t  *who;
    ngx_str_t              request_id;
    u_char                 caller[32];  /* MAC of the address */
} rb_factors_by_t;


typedef struct {
    ngx_str_t     id;
    ngx_str_t     name;
    ngx_str_t     created_at;           /* RFC 3339 */
    ngx_str_t     last_used_at;         /* or data NULL: never */
    unsigned      backed_up:1;          /* its key is kept in some cloud */
} rb_passkey_t;


/* Strings in the task's pool. */

typedef struct {
    ngx_str_t      totp_at;             /* since when, RFC 3339; data NULL:
                                           none is set up */
    ngx_uint_t     recovery_codes;      /* how many are left */
    rb_passkey_t  *passkeys;            /* oldest first */
    ngx_uint_t     count;
} rb_factors_t;

rb_err_t *rb_factors_list(rb_task_t *task, const ngx_str_t *member,
    rb_factors_t *factors);


/* Recovery codes just made: the only time that they can be shown. */

typedef struct {
    ngx_uint_t    count;                /* 0: there are some already */
    ngx_str_t     code[RB_RECOVERY_CODES];
} rb_recovery_codes_t;


/* What somebody gives to an authenticator: any of the three. */

typedef struct {
    ngx_str_t     secret;               /* base32 */
    ngx_str_t     uri;                  /* otpauth://totp/… */
    ngx_str_t     qr;                   /* <svg>…</svg>, to be put into HTML */
} rb_totp_setup_t;

/*
 * Begins, or begins anew, to set up an authenticator; nothing changes until a
 * code of it is confirmed.  rb_err_totp_exists when one is set up.
 */
rb_err_t *rb_factors_totp_begin(rb_task_t *task, const rb_factors_by_t *by,
    rb_lang_e lang, rb_totp_setup_t *setup);

/*
 * The same once more, for a page that is shown again after a wrong code;
 * rb_err_totp_not_begun.
 */
rb_err_t *rb_factors_totp_pending(rb_task_t *task, const rb_factors_by_t *by,
    rb_lang_e lang, rb_totp_setup_t *setup);

/*
 * Sets it up.  With the first factor recovery codes are made.
 * A 400 that names `code' when it isn't its code; rb_err_totp_exists,
 * rb_err_totp_not_begun.
 */
rb_err_t *rb_factors_totp_confirm(rb_task_t *task, const rb_factors_by_t *by,
    const ngx_str_t *code, rb_recovery_codes_t *codes);

/* rb_err_not_found when there is none, rb_err_last_factor. */
rb_err_t *rb_factors_totp_remove(rb_task_t *task, const rb_factors_by_t *by);

/* New ones in place of the old.  rb_err_no_factor with no factor set up. */
rb_err_t *rb_factors_recovery_make(rb_task_t *task, const rb_factors_by_t *by,
    rb_recovery_codes_t *codes);

/*
 * What navigator.credentials.create() wants (JSON text), and a handle that
 * goes with the answer.  rb_err_too_many_passkeys.
 */
rb_err_t *rb_factors_passkey_create_options(rb_task_t *task,
    const rb_factors_by_t *by, ngx_str_t *options, ngx_str_t *handle);

/*
 * Adds the passkey that the browser has made (PublicKeyCredential.toJSON(),
 * JSON text).  name may be empty.  With the first factor recovery codes are
 * made.  A 400 that names `credential' (or `handle') when it isn't good;
 * rb_err_passkey_exists, rb_err_too_many_passkeys.
 */
rb_err_t *rb_factors_passkey_create(rb_task_t *task,
    const rb_factors_by_t *by, const ngx_str_t *handle,
    const ngx_str_t *answer, const ngx_str_t *name, rb_passkey_t *passkey,
    rb_recovery_codes_t *codes);

/* rb_err_not_found. */
rb_err_t *rb_factors_passkey_rename(rb_task_t *task,
    const rb_factors_by_t *by, const ngx_str_t *id, const ngx_str_t *name);

/* rb_err_not_found, rb_err_last_factor.  The last factor of all takes the
 * recovery codes with it. */
rb_err_t *rb_factors_passkey_remove(rb_task_t *task,
    const rb_factors_by_t *by, const ngx_str_t *id);


extern rb_err_t  rb_err_totp_exists;        /* 409 totp_exists */
extern rb_err_t  rb_err_totp_not_begun;     /* 409 totp_not_begun */
extern rb_err_t  rb_err_last_factor;        /* 409 last_factor */
extern rb_err_t  rb_err_no_factor;          /* 409 no_factor */
extern rb_err_t  rb_err_passkey_exists;     /* 409 passkey_exists */
extern rb_err_t  rb_err_too_many_passkeys;  /* 409 too_many_passkeys */


/* Of this installation; set when a worker starts. */
void rb_factors_init(const ngx_str_t *origin, const ngx_str_t *rp_id);


#endif /* _RB_FACTORS_H_INCLUDED_ */
