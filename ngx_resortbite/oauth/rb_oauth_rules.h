
/*
 * What this room's files know of each other: the authorization request, the
 * grant, and what is done with them.  Nothing here sees HTTP.
 */


#ifndef _RB_OAUTH_RULES_H_INCLUDED_
#define _RB_OAUTH_RULES_H_INCLUDED_


#include "oauth/rb_oauth.h"
#include "base/rb_buf.h"
#include "base/rb_json.h"
#include "crypto/rb_crypto.h"


/* Seconds. */

#define RB_OAUTH_CODE_LIFE      60
#define RB_OAUTH_PAR_LIFE       60
#define RB_OAUTH_PENDING_LIFE   1800    /* a pushed request while its member
                                           logs in and consents */
#define RB_OAUTH_ACCESS_LIFE    600
#define RB_OAUTH_ID_TOKEN_LIFE  600
#define RB_OAUTH_REFRESH_IDLE   (30 * 86400)
#define RB_OAUTH_GRANT_MAX      (180 * 86400)
#define RB_OAUTH_REFRESH_GRACE  10
#define RB_OAUTH_DEVICE_LIFE    600
#define RB_OAUTH_DEVICE_POLL    5

#define RB_OAUTH_S256_LEN       43      /* SHA-256 as base64url */

#define RB_OAUTH_USER_CODE_LEN  9       /* BCDF-GHJK */

#define RB_OAUTH_DEVICE_GRANT                                                 \
    "urn:ietf:params:oauth:grant-type:device_code"


/* An authorization request's parameters, in the order of their table. */

enum {
    RB_OAUTH_A_CLIENT_ID = 0,
    RB_OAUTH_A_REDIRECT_URI,
    RB_OAUTH_A_RESPONSE_TYPE,
    RB_OAUTH_A_RESPONSE_MODE,
    RB_OAUTH_A_SCOPE,
    RB_OAUTH_A_STATE,
    RB_OAUTH_A_NONCE,
    RB_OAUTH_A_CODE_CHALLENGE,
    RB_OAUTH_A_CODE_CHALLENGE_METHOD,
    RB_OAUTH_A_PROMPT,
    RB_OAUTH_A_MAX_AGE,
    RB_OAUTH_A_LOGIN_HINT,
    RB_OAUTH_A_UI_LOCALES,
    RB_OAUTH_A_ACR_VALUES,
    RB_OAUTH_A_DPOP_JKT,
    RB_OAUTH_A_REQUEST_URI,
    RB_OAUTH_A_REQUEST,
    RB_OAUTH_A_AUTH_AFTER,              /* ours: see rb_oauth_authorize_http */
    RB_OAUTH_A_COUNT
};

extern const ngx_str_t  rb_oauth_request_names[RB_OAUTH_A_COUNT];


#define RB_OAUTH_PROMPT_NONE     0x1
#define RB_OAUTH_PROMPT_LOGIN    0x2
#define RB_OAUTH_PROMPT_CONSENT  0x4
#define RB_OAUTH_PROMPT_SELECT   0x8


typedef struct {
    ngx_str_t            value[RB_OAUTH_A_COUNT];   /* len 0: absent */
    rb_oauth_client_t    client;
    ngx_str_t            scopes;        /* what is asked for, each once */
    ngx_uint_t           prompt;        /* RB_OAUTH_PROMPT_… */
    ngx_uint_t           acr;           /* wanted at least; 1 or 2 */
    int64_t              max_age;       /* seconds; -1: any */
    unsigned             pushed:1;      /* came by a request_uri */
} rb_oauth_request_t;


/* What a token is made of. */

typedef struct {
    ngx_str_t     session;
    ngx_str_t     member;               /* empty: a client for itself */
    ngx_str_t     client;
    ngx_str_t     granted;              /* all scopes of the grant */
    ngx_str_t     scopes;               /* those of this token */
    ngx_str_t     acr;
    ngx_str_t     amr;                  /* JSON: ["pwd"] */
    ngx_str_t     auth_time;            /* seconds since 1970, as text */
    ngx_str_t     nonce;
    ngx_str_t     jkt;                  /* of the DPoP proof; or empty */
    ngx_str_t     refresh_token;        /* or empty */
} rb_oauth_grant_t;


/* Who presents something at the token endpoint. */

typedef struct {
    const rb_oauth_client_t   *client;
    const rb_origin_t         *origin;
    ngx_str_t                  jkt;     /* of the DPoP proof; or empty */
} rb_oauth_caller_t;


/* What a refresh token, or an access token's session, is. */

typedef struct {
    ngx_str_t     session;
    ngx_str_t     client;               /* whose token it is */
    ngx_str_t     member;
    ngx_str_t     scopes;
    ngx_str_t     jkt;                  /* or empty */
    ngx_str_t     iat;
    ngx_str_t     exp;
    ngx_str_t     jti;                  /* of an access token */
    ngx_str_t     acr;
    ngx_str_t     auth_time;
    unsigned      refresh:1;            /* not an access token */
    unsigned      live:1;
} rb_oauth_token_t;


/* ---- rb_oauth_text.c */

/* Whether the list holds the item. */
ngx_uint_t rb_oauth_has(const ngx_str_t *list, const ngx_str_t *item);

#define rb_oauth_has_lit(list, literal)                                       \
    rb_oauth_has(list, &(ngx_str_t) ngx_string(literal))

/* The next item of a list, *at being where to look; 0: no more. */
ngx_uint_t rb_oauth_next(const ngx_str_t *list, size_t *at, ngx_str_t *item);

/* Whether all of the items are in the list. */
ngx_uint_t rb_oauth_within(const ngx_str_t *list, const ngx_str_t *items);

ngx_uint_t rb_oauth_is(const ngx_str_t *text, const char *what);

/*
 * What may be registered as a redirect URI: NULL, or what is wrong with it.
 * Whether one that is asked for is the one that was registered: equal, or, for
 * a public client's loopback address, equal but for the port.
 */
const char *rb_oauth_uri_fault(const ngx_str_t *uri);
ngx_uint_t rb_oauth_uri_known(const rb_oauth_client_t *client,
    const ngx_str_t *uri);

/* scheme://host:port of a URI, "com.example.app:" of a private-use one. */

/* Appends name=value to a URI or a form, percent-encoded, with '?' or '&'. */
void rb_oauth_add_param(rb_buf_t *b, const char *name,
    const ngx_str_t *value);

/* 32 random bytes as text, and their SHA-256 as PostgreSQL reads it. */
rb_err_t *rb_oauth_secret(ngx_pool_t *pool, ngx_str_t *secret,
    ngx_str_t *hash);

rb_err_t *rb_oauth_uuid(ngx_pool_t *pool, ngx_str_t *id);

/* The MAC of the caller's address as PostgreSQL reads it. */
ngx_str_t rb_oauth_address(ngx_pool_t *pool, const rb_origin_t *origin);


/* ---- rb_oauth_clients_check.c: a 400 that names each wrong field */

rb_err_t *rb_oauth_client_check(ngx_pool_t *pool,
    const rb_oauth_client_t *client);


/* ---- rb_oauth_request.c */

/*
 * Finds the client and its redirect URI (yields).  Errors are for the one who
 * sits before the browser: nobody may be sent anywhere yet.
 */
rb_err_t *rb_oauth_request_client(rb_task_t *task,
    rb_oauth_request_t *request);

/* Checks the rest; errors may be told to the client. */
rb_err_t *rb_oauth_request_check(ngx_pool_t *pool,
    rb_oauth_request_t *request);

/*
 * Keeps a pushed request and gives its request_uri; takes it, so that it is
 * used; keeps it on while its member logs in, under another request_uri.
 * Errors: rb_err_oauth_request_uri.
 */
rb_err_t *rb_oauth_request_push(rb_task_t *task,
    const rb_oauth_request_t *request, const char *purpose,
    ngx_uint_t seconds, ngx_str_t *request_uri);
rb_err_t *rb_oauth_request_load(rb_task_t *task,
    rb_oauth_request_t *request, ngx_uint_t *pending);
rb_err_t *rb_oauth_request_use(rb_task_t *task,
    const ngx_str_t *request_uri);

/*
 * Whether it is this client that the code will go to: it has a secret or a
 * key, or an address with https, which is nobody else's.  Any application can
 * listen at a loopback port or claim a scheme, so that for those nothing is
 * given without asking (RFC 8252 §8.6).
 */
ngx_uint_t rb_oauth_assured(const rb_oauth_request_t *request);

/* Whether the member has agreed to all of it before (yields). */
rb_err_t *rb_oauth_consented(rb_task_t *task, const ngx_str_t *member,
    const rb_oauth_request_t *request, ngx_uint_t *consented);


/* ---- rb_oauth_codes.c */

/* Gives a code (yields).  rb_err_oauth_session_gone: log in again. */
rb_err_t *rb_oauth_code_issue(rb_task_t *task,
    const rb_oauth_request_t *request, const rb_principal_t *who,
    const rb_origin_t *origin, ngx_uint_t consented, ngx_str_t *code);

/* Takes a code (yields). */
rb_err_t *rb_oauth_code_use(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *code, const ngx_str_t *redirect_uri,
    const ngx_str_t *verifier, rb_oauth_grant_t *grant);

/* A client for itself (yields). */
rb_err_t *rb_oauth_client_grant(rb_task_t *task,
    const rb_oauth_caller_t *caller, const ngx_str_t *scope,
    rb_oauth_grant_t *grant);

/* The grant of a row: the first seven columns of what gives one. */
void rb_oauth_grant_row(const rb_pg_rows_t *rows,
    const rb_oauth_caller_t *caller, rb_oauth_grant_t *grant);

/*
 * Takes away what the client may not have any more: its scopes may have been
 * changed since they were granted.  rb_err_oauth_scope: nothing is left.
 */
rb_err_t *rb_oauth_narrow(ngx_pool_t *pool, const rb_oauth_client_t *client,
    rb_oauth_grant_t *grant);

/* Whether this client is given refresh tokens. */
ngx_uint_t rb_oauth_refreshes(const rb_oauth_client_t *client);

/* The key that a refresh token is bound to; data NULL: none. */
ngx_str_t rb_oauth_bound(const rb_oauth_caller_t *caller);

/* As a parameter; buf is of NGX_INT_T_LEN bytes. */
ngx_str_t rb_oauth_seconds(u_char *buf, ngx_uint_t seconds);


/* ---- rb_oauth_refresh.c */

/* Rotates (yields); README.md has the protocol. */
rb_err_t *rb_oauth_refresh(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *token, const ngx_str_t *scope, rb_oauth_grant_t *grant);

/* Ends a grant whose token or code came again (yields). */
rb_err_t *rb_oauth_family_revoke(rb_task_t *task, const ngx_str_t *session,
    const char *reason, const rb_origin_t *origin);


/* ---- rb_oauth_device.c */

typedef struct {
    ngx_str_t     device_code;
    ngx_str_t     user_code;            /* "BCDF-GHJK" */
} rb_oauth_device_t;


rb_err_t *rb_oauth_device_begin(rb_task_t *task,
    const rb_oauth_caller_t *caller, const ngx_str_t *scope,
    rb_oauth_device_t *device);

/* As typed, made canonical: NGX_DECLINED when it can't be one. */
ngx_int_t rb_oauth_user_code(ngx_pool_t *pool, const ngx_str_t *typed,
    ngx_str_t *code);

/*
 * What it is for (yields).  Guesses are budgeted by account and address.
 * rb_err_oauth_user_code: unknown, used, old.
 */
rb_err_t *rb_oauth_device_find(rb_task_t *task, const ngx_str_t *user_code,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *client,
    ngx_str_t *name, ngx_str_t *scopes);

rb_err_t *rb_oauth_device_decide(rb_task_t *task, const ngx_str_t *user_code,
    ngx_uint_t approved, const rb_principal_t *who,
    const rb_origin_t *origin);

rb_err_t *rb_oauth_device_poll(rb_task_t *task,
    const rb_oauth_caller_t *caller, const ngx_str_t *device_code,
    rb_oauth_grant_t *grant);


/* ---- rb_oauth_tokens.c */

/* The token endpoint's answer, with its tokens (RFC 6749 §5.1). */
rb_err_t *rb_oauth_answer(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_grant_t *grant, rb_json_t *json);

/*
 * What a token is, if it is this client's, or an access token and the client
 * one of ours (yields); token->session is empty when it is none of theirs.
 */
rb_err_t *rb_oauth_token_look(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_client_t *client, const ngx_str_t *text,
    rb_oauth_token_t *token);

/* Ends what the token belongs to (yields). */
rb_err_t *rb_oauth_token_revoke(rb_task_t *task,
    const rb_oauth_client_t *client, const rb_oauth_token_t *token,
    const rb_origin_t *origin);


/* ---- rb_oauth_errors.c: the codes are the RFCs' */

extern rb_err_t  rb_err_oauth_client;           /* 401 invalid_client */
extern rb_err_t  rb_err_oauth_client_unknown;   /* 400, a page */
extern rb_err_t  rb_err_oauth_redirect_uri;     /* 400, a page */
extern rb_err_t  rb_err_oauth_request_uri;      /* 400 invalid_request_uri */
extern rb_err_t  rb_err_oauth_request;          /* 400 invalid_request */
extern rb_err_t  rb_err_oauth_hint;             /* 400, a page */
extern rb_err_t  rb_err_oauth_request_redirect;
extern rb_err_t  rb_err_oauth_two_ways;
extern rb_err_t  rb_err_oauth_pkce;
extern rb_err_t  rb_err_oauth_pkce_method;
extern rb_err_t  rb_err_oauth_prompt;
extern rb_err_t  rb_err_oauth_max_age;
extern rb_err_t  rb_err_oauth_response_mode;
extern rb_err_t  rb_err_oauth_par_needed;
extern rb_err_t  rb_err_oauth_jkt;
extern rb_err_t  rb_err_oauth_jar;              /* request_not_supported */
extern rb_err_t  rb_err_oauth_response_type;    /* unsupported_response_type */
extern rb_err_t  rb_err_oauth_grant_type;       /* unsupported_grant_type */
extern rb_err_t  rb_err_oauth_unauthorized;     /* unauthorized_client */
extern rb_err_t  rb_err_oauth_scope;            /* invalid_scope */
extern rb_err_t  rb_err_oauth_grant;            /* invalid_grant */
extern rb_err_t  rb_err_oauth_dpop;             /* invalid_dpop_proof */
extern rb_err_t  rb_err_oauth_pending;          /* authorization_pending */
extern rb_err_t  rb_err_oauth_slow_down;        /* slow_down */
extern rb_err_t  rb_err_oauth_expired;          /* expired_token */
extern rb_err_t  rb_err_oauth_denied;           /* access_denied */
extern rb_err_t  rb_err_oauth_login;            /* login_required */
extern rb_err_t  rb_err_oauth_consent;          /* consent_required */
extern rb_err_t  rb_err_oauth_session_gone;     /* login_required */
extern rb_err_t  rb_err_oauth_user_code;        /* 404, a page */


#endif /* _RB_OAUTH_RULES_H_INCLUDED_ */
