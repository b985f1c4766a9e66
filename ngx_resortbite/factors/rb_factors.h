
/*
 * Second factors: codes of an authenticator (TOTP), recovery codes, passkeys.
 * Budgets for guessing are the callers' (sessions/).
 */


#ifndef _RB_FACTORS_H_INCLUDED_
#define _RB_FACTORS_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


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


/* Of this installation; set when a worker starts. */
void rb_factors_init(const ngx_str_t *origin, const ngx_str_t *rp_id);


#endif /* _RB_FACTORS_H_INCLUDED_ */
