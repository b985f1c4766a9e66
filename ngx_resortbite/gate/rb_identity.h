
/*
 * Finding out who asks: from the session cookie, a bearer token (RFC 6750) or
 * a DPoP-bound one (RFC 9449), with CSRF defence for cookies.  A verdict is
 * kept in shared memory until its session, member or client changes (tags
 * session:<id>, member:<id>, client:<id>, see rb_changes.h), for at most a
 * minute, and only while changes are being heard of; so a revocation bites on
 * every node as soon as it is announced, and with PostgreSQL away nobody gets
 * in.
 */


#ifndef _RB_IDENTITY_H_INCLUDED_
#define _RB_IDENTITY_H_INCLUDED_


#include "gate/rb_cache.h"
#include "base/rb_principal.h"
#include "crypto/rb_keyring.h"
#include "web/rb_http.h"


#define RB_SESSION_COOKIE    "__Host-rb_session"
#define RB_DEVICE_COOKIE     "__Host-rb_device"
#define RB_CSRF_HEADER       "X-CSRF-Token"
#define RB_CSRF_FIELD        "csrf"


/* Of this installation; from the directives. */

typedef struct {
    ngx_str_t                   issuer;     /* "https://resortbite.example" */
    ngx_str_t                   origin;     /* its scheme, host and port */
    ngx_str_t                   host;       /* its host: rpId of passkeys */
    const rb_keyring_t         *ring;
    ngx_http_complex_value_t   *place;      /* where an address is; or NULL */
    uint64_t                    generation; /* a hash of issuer and keys */
} rb_identity_conf_t;

/* NULL: resortbite_identity isn't set, and nobody can sign in. */
extern const rb_identity_conf_t  *rb_identity;

/* That of a cycle, before a worker has set its own; or NULL. */
const rb_identity_conf_t *rb_identity_of(ngx_cycle_t *cycle);

/*
 * Whether the configuration that is being read has another origin than the
 * one before it (a reload): public answers that were kept name it.
 */
ngx_uint_t rb_identity_moved(ngx_cycle_t *cycle);


/*
 * Finds req->principal (may yield).  NULL with principal NULL: nobody said
 * who they are.  Errors: rb_err_token_invalid (401: wrong, expired or revoked,
 * with its WWW-Authenticate), rb_err_csrf (403), and those of rb_pg_query().
 * A cookie that is not good any more is nobody, not an error.  Of a cookie
 * and an Authorization of ours the Authorization counts.
 */
rb_err_t *rb_identity_find(rb_req_t *req);

/*
 * The same as far as it goes without waiting: NGX_OK when req->principal is
 * right (NULL: nobody), NGX_DECLINED when rb_identity_find() has to be asked.
 * Looks at no CSRF defence.
 */
ngx_int_t rb_identity_peek(rb_req_t *req);

/*
 * Whether the principal may call the route: role, scope, age of the log-in,
 * second factor of staff (may yield: roles in a resort are asked for).
 * Errors: rb_err_sign_in (401), rb_err_role (403, says which role is
 * missing), rb_err_scope (403), rb_err_own_only (403: a dangerous act by an
 * application that isn't ours), rb_err_step_up (401/403, says the acr and age
 * wanted: RFC 9470).
 */
rb_err_t *rb_identity_admit(rb_req_t *req);

/* The same without a route: for resortbite_auth.  Doesn't yield. */
rb_err_t *rb_identity_admit_to(rb_req_t *req, ngx_uint_t roles,
    ngx_uint_t scopes);

/*
 * Takes a proof, or an assertion's jti, once on all nodes (yields): its hash
 * is kept until `expires'.  rb_err_replayed (400) when it was taken before.
 */
rb_err_t *rb_identity_once(rb_task_t *task,
    const u_char hash[RB_SHA256_LEN], time_t expires);

/*
 * The DPoP proof of a request to the token endpoint (access_token empty) or
 * to the API, checked against the request's method and URI and taken once
 * (yields).  *jkt is its key's thumbprint, in the task's pool; empty when
 * there is no DPoP field.  rb_err_proof (401 invalid_dpop_proof), whose
 * `authenticate' says why; errors of rb_identity_once().
 */
rb_err_t *rb_identity_proof(rb_req_t *req, const ngx_str_t *access_token,
    ngx_str_t *jkt);

/*
 * What a page or a client must send back with an unsafe request: bound to the
 * session or, before there is one, to the device cookie.
 */
ngx_str_t rb_csrf_token(rb_req_t *req);

/* Whether it is that one, and Origin / Sec-Fetch-Site speak for our own page.
 * token may be empty: the header's or the form field's is taken. */
rb_err_t *rb_csrf_check(rb_req_t *req, const ngx_str_t *token);

/* The half of it that needs no token: for what isn't ours to give one to. */
rb_err_t *rb_csrf_check_origin(rb_req_t *req);


/* The device cookie's hash (32 bytes, as bytea text); made and set in the
 * reply when the browser has none. */
ngx_str_t rb_identity_device(rb_req_t *req);

/* "Chrome on Windows": of the user agent; where the address is. */
ngx_str_t rb_identity_agent(rb_req_t *req);
ngx_str_t rb_identity_place(rb_req_t *req);

/*
 * Where the request comes from.  A browser without a device cookie gets one;
 * whoever shows a token, and a client at an endpoint of OAuth, keeps no
 * cookies and gets none.  rb_err_internal.
 */
rb_err_t *rb_identity_origin(rb_req_t *req, rb_origin_t *origin);

/* Sets or clears the session cookie in the reply. */
void rb_identity_set_cookie(rb_req_t *req, const ngx_str_t *secret,
    time_t max_age);
void rb_identity_clear_cookie(rb_req_t *req);


/* At postconfiguration, of a directive that calls other services by internal
 * locations: NGX_ERROR, having said so, if no server has resortbite_outbound. */
ngx_int_t rb_identity_need_outbound(ngx_conf_t *cf, const char *directive);


extern rb_err_t  rb_err_proof;                  /* 401 invalid_dpop_proof */
extern rb_err_t  rb_err_replayed;               /* 400 proof_replayed */
extern rb_err_t  rb_err_sign_in;                /* 401 sign_in_required */
extern rb_err_t  rb_err_token_invalid;          /* 401 invalid_token */
extern rb_err_t  rb_err_csrf;                   /* 403 cross_site_request */
extern rb_err_t  rb_err_role;                   /* 403 role_missing */
extern rb_err_t  rb_err_scope;                  /* 403 insufficient_scope */
extern rb_err_t  rb_err_own_only;               /* 403 own_application_needed */
extern rb_err_t  rb_err_step_up;    /* 401 insufficient_user_authentication */
extern rb_err_t  rb_err_no_identity;            /* 503 identity_not_set_up */


#endif /* _RB_IDENTITY_H_INCLUDED_ */
