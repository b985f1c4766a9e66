
/* Talking to providers; for this room only. */


#ifndef _RB_SOCIAL_PROVIDER_H_INCLUDED_
#define _RB_SOCIAL_PROVIDER_H_INCLUDED_


#include "social/rb_social.h"
#include "base/rb_json.h"


/* What is asked for, and with what. */

typedef struct {
    const char         *path;           /* after the location: "/token" */
    ngx_str_t           form;           /* POST; empty: GET */
    ngx_str_t           authorization;  /* or empty */
} rb_social_call_t;

#define rb_social_get(path)  { path, ngx_null_string, ngx_null_string }


/*
 * Calls a provider (yields).  *root is an object, whatever the status; NULL
 * status: anything but 200 is an error.  rb_err_social_provider, with what
 * was wrong in the log; rb_err_cancelled, rb_err_internal.
 */
rb_err_t *rb_social_call(rb_task_t *task, const rb_social_t *provider,
    const rb_social_call_t *call, ngx_uint_t *status, json_t **root);

/* The access token in an answer, as an Authorization field; in pool. */
rb_err_t *rb_social_bearer(rb_task_t *task, const rb_social_t *provider,
    json_t *answer, ngx_str_t *bearer);

/* Logs what a provider did wrong, and is that error. */
rb_err_t *rb_social_fault(rb_task_t *task, const rb_social_t *provider,
    const char *what);

/* name=value of a form or a query, percent-encoded; '&' before all but the
 * first. */
void rb_social_param(rb_buf_t *buf, const char *name, const ngx_str_t *value);

/* The value alone. */
void rb_social_escape(rb_buf_t *buf, const ngx_str_t *value);

/* Where a browser may be sent; http is for a provider on this machine. */
ngx_uint_t rb_social_address_good(const ngx_str_t *address);

/* A string member, NUL-terminated; empty with data == NULL: none. */
ngx_str_t rb_social_string(json_t *object, const char *name);

/* The member's address in canonical form, if it is one. */
void rb_social_take_email(rb_task_t *task, rb_social_profile_t *profile,
    const ngx_str_t *email, ngx_uint_t verified);

/* A copy in the pool, cut to `max' characters. */
ngx_int_t rb_social_take_name(rb_task_t *task, rb_social_profile_t *profile,
    const ngx_str_t *name);

/* A copy in the pool; NGX_DECLINED: empty or over 255 characters. */
ngx_int_t rb_social_take_subject(rb_task_t *task,
    rb_social_profile_t *profile, const ngx_str_t *subject);


/* What the exchange of a code needs. */

typedef struct {
    ngx_str_t           code;
    ngx_str_t           redirect_uri;
    ngx_str_t           verifier;       /* PKCE's */
    ngx_str_t           nonce;
    ngx_str_t           state;
} rb_social_grant_t;


/* Each of these asks its kind of provider who somebody is (yields). */

rb_err_t *rb_social_oidc_profile(rb_task_t *task,
    const rb_social_grant_t *grant, rb_social_profile_t *profile);
rb_err_t *rb_social_kakao_profile(rb_task_t *task,
    const rb_social_grant_t *grant, rb_social_profile_t *profile);
rb_err_t *rb_social_naver_profile(rb_task_t *task,
    const rb_social_grant_t *grant, rb_social_profile_t *profile);

/*
 * An OpenID provider's authorization endpoint (yields), and whether it says
 * that it sends iss back.  uri is in the task's pool.
 */
rb_err_t *rb_social_oidc_authorize(rb_task_t *task,
    const rb_social_t *provider, ngx_str_t *uri, ngx_uint_t *sends_iss);

/* Forgets what was fetched of providers; when the process ends. */
void rb_social_oidc_exit_process(void);


#endif /* _RB_SOCIAL_PROVIDER_H_INCLUDED_ */
