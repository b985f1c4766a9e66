
/* Shared by the files of identity, and by nobody else. */


#ifndef _RB_IDENTITY_INTERNAL_H_INCLUDED_
#define _RB_IDENTITY_INTERNAL_H_INCLUDED_


#include "gate/rb_gate.h"
#include "gate/rb_auth.h"


/* The main configuration of ngx_resortbite_identity_module. */

typedef struct {
    rb_identity_conf_t          identity;
    rb_keyring_t               *ring;
    ngx_hash_t                 *blocklist;
    ngx_http_core_srv_conf_t   *outbound;
    unsigned                    auth:1;     /* some location asks for it */
} rb_identity_main_conf_t;


/*
 * What is known of a client's request, main request of nginx: it outlives
 * internal redirects.
 */

typedef struct {
    const rb_principal_t  *who;         /* NULL: nobody */
    ngx_str_t              device;      /* the cookie given now; or empty */
    void                  *wait;        /* resortbite_auth's; or NULL */
    unsigned               known:1;     /* who has been asked for */
    unsigned               told:1;      /* request header fields are set */
} rb_identity_ctx_t;

/* Makes one when there is none yet; NULL when out of memory. */
rb_identity_ctx_t *rb_identity_ctx(ngx_http_request_t *r);

/* The one there is; or NULL. */
rb_identity_ctx_t *rb_identity_ctx_of(ngx_http_request_t *r);


/* What a request brings to say who sends it. */

typedef struct {
    rb_by_e       by;
    ngx_str_t     text;                 /* the cookie's value, or the token */
    u_char        digest[RB_SHA256_LEN];
} rb_credential_t;


/* What of an access token the database has to confirm.  All in pool. */

typedef struct {
    ngx_str_t     session;              /* UUID, in lower case */
    ngx_str_t     subject;
    ngx_str_t     client;
    ngx_str_t     jkt;                  /* or empty: a bearer's */
    ngx_uint_t    scopes;
    int64_t       expires;
} rb_access_t;

/*
 * Verifies an access token by itself (RFC 9068 §4): ours, for us, in time.
 * NULL, or what is wrong with it.  Doesn't yield.
 */
const char *rb_identity_token(ngx_pool_t *pool, const ngx_str_t *token,
    rb_access_t *access);


/*
 * What the database says of a cookie (access NULL) or a token (yields); kept
 * as a verdict.  rb_err_token_invalid: there is no such session, or it has
 * ended, or the token doesn't fit it; errors of rb_pg_query().
 */
rb_err_t *rb_identity_ask(rb_req_t *req, const rb_credential_t *credential,
    const rb_access_t *access, rb_verdict_t *verdict);


/* A copy of kind with a WWW-Authenticate that names the error (RFC 6750 §3,
 * RFC 9449 §7.1); more is appended to it, or NULL. */
rb_err_t *rb_identity_refuse(ngx_pool_t *pool, rb_err_t *kind, rb_by_e by,
    const char *error, const char *description, const char *more);


/*
 * resortbite_auth's two sides.  The first takes what clients call
 * X-ResortBite-… out of a request (POST_READ phase); the other adds what is
 * true, for what is behind.
 */
ngx_int_t rb_auth_strip(ngx_http_request_t *r);
ngx_int_t rb_auth_tell(ngx_http_request_t *r, const rb_principal_t *who);


#endif /* _RB_IDENTITY_INTERNAL_H_INCLUDED_ */
