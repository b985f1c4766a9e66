
/* What this room's handlers share. */


#ifndef _RB_OAUTH_ROOM_HTTP_H_INCLUDED_
#define _RB_OAUTH_ROOM_HTTP_H_INCLUDED_


#include "oauth/rb_oauth_http.h"
#include "oauth/rb_oauth_rules.h"
#include "gate/rb_identity.h"
#include "web/rb_page.h"


/*
 * How a client shows who it is (RFC 6749 §2.3, RFC 7523 §2.2): the first
 * fields of the body of every endpoint that clients call.
 */

enum {
    RB_OAUTH_B_CLIENT_ID = 0,
    RB_OAUTH_B_CLIENT_SECRET,
    RB_OAUTH_B_ASSERTION_TYPE,
    RB_OAUTH_B_ASSERTION,
    RB_OAUTH_B_MORE
};

#define rb_oauth_field(name, max, ko, en)                                     \
    { ngx_string(name), RB_PARAM_STRING, 0, max, NULL, 0, ngx_null_string,    \
      rb_text(ko, en) }

#define rb_oauth_client_fields                                                \
    rb_oauth_field("client_id", 64, "애플리케이션 id", "The client's id"),      \
    rb_oauth_field("client_secret", 200, "비밀 값 (client_secret_post)",      \
                   "Its secret (client_secret_post)"),                        \
    rb_oauth_field("client_assertion_type", 100,                              \
                   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",  \
                   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), \
    rb_oauth_field("client_assertion", 8192, "서명한 JWT (private_key_jwt)",   \
                   "A signed JWT (private_key_jwt)")


/* Of an authorization request: in GET's query, in the forms of POST. */

#define rb_oauth_request_fields                                               \
    rb_oauth_field("client_id", 64, "애플리케이션 id", "The client's id"),      \
    rb_oauth_request_fields_more

#define rb_oauth_request_fields_more                                          \
    rb_oauth_field("redirect_uri", RB_OAUTH_URI_LEN,                          \
                   "돌아갈 주소: 등록된 것과 같아야 합니다",                        \
                   "Where to return to: one that is registered"),             \
    rb_oauth_field("response_type", 50, "code", "code"),                      \
    rb_oauth_field("response_mode", 50, "query", "query"),                    \
    rb_oauth_field("scope", 200, "권한: openid profile …",                    \
                   "What is asked for: openid profile …"),                    \
    rb_oauth_field("state", 2000, "그대로 돌려받는 값", "Comes back as it is"), \
    rb_oauth_field("nonce", 512, "ID 토큰에 담기는 값",                          \
                   "Comes back in the ID token"),                             \
    rb_oauth_field("code_challenge", 128, "PKCE (RFC 7636)",                  \
                   "PKCE (RFC 7636)"),                                        \
    rb_oauth_field("code_challenge_method", 50, "S256", "S256"),              \
    rb_oauth_field("prompt", 100,                                             \
                   "none, 또는 login, consent, select_account",                \
                   "none, or some of login, consent, select_account"),        \
    rb_oauth_field("max_age", 20, "로그인한 지 이 초 안",                        \
                   "Seconds since the log-in, at most"),                      \
    rb_oauth_field("login_hint", 254, "누구일지", "Who it will be"),            \
    rb_oauth_field("ui_locales", 100, "ko, en", "ko, en"),                    \
    rb_oauth_field("acr_values", 100, "1, 2", "1, 2"),                        \
    rb_oauth_field("dpop_jkt", 128, "DPoP 키의 지문 (RFC 9449)",               \
                   "Thumbprint of the DPoP key (RFC 9449)"),                  \
    rb_oauth_field("request_uri", 512, "/oauth/par의 답",                      \
                   "What /oauth/par has answered"),                           \
    rb_oauth_field("request", 8192, "지원하지 않습니다", "Not supported"),       \
    rb_oauth_field("auth_after", 200, "로그인한 뒤 돌아올 때",                    \
                   "Ours: on the way back from a log-in")


/* A field of the form that was sent; len 0: absent. */
#define rb_oauth_body(req, i)   ((req)->body[i].text)
#define rb_oauth_query(req, i)  ((req)->query[i].text)


/* The member who is signed in to this browser; NULL: nobody. */
const rb_principal_t *rb_oauth_member(const rb_req_t *req);

/* Whether the provider is set up: rb_err_no_identity. */
rb_err_t *rb_oauth_ready(void);


/*
 * Finds out which client calls, in exactly the way that it is registered for
 * (yields): rb_err_oauth_client, rb_err_oauth_two_ways, rb_err_too_many.
 */
rb_err_t *rb_oauth_authenticate(rb_req_t *req, rb_oauth_client_t *client);

/*
 * What is begun by a caller who hasn't shown who they are is a row all the
 * same: there are so many an address (yields).  rb_err_too_many.
 */
rb_err_t *rb_oauth_begin(rb_req_t *req);

/* 401 invalid_client, with its WWW-Authenticate. */
rb_err_t *rb_oauth_refuse(rb_req_t *req);

/* The key of the DPoP proof, if there is one or one is required (yields). */
rb_err_t *rb_oauth_proof(rb_req_t *req, ngx_uint_t required,
    ngx_str_t *jkt);


/* The handlers. */

rb_err_t *rb_oauth_metadata_handler(rb_req_t *req);
rb_err_t *rb_oauth_jwks_handler(rb_req_t *req);
rb_err_t *rb_oauth_authorize_handler(rb_req_t *req);
rb_err_t *rb_oauth_authorize_post_handler(rb_req_t *req);
rb_err_t *rb_oauth_par_handler(rb_req_t *req);
rb_err_t *rb_oauth_token_handler(rb_req_t *req);
rb_err_t *rb_oauth_introspect_handler(rb_req_t *req);
rb_err_t *rb_oauth_revoke_handler(rb_req_t *req);
rb_err_t *rb_oauth_userinfo_handler(rb_req_t *req);
rb_err_t *rb_oauth_device_authorization_handler(rb_req_t *req);
rb_err_t *rb_oauth_device_handler(rb_req_t *req);
rb_err_t *rb_oauth_device_post_handler(rb_req_t *req);
rb_err_t *rb_oauth_logout_handler(rb_req_t *req);
rb_err_t *rb_oauth_logout_post_handler(rb_req_t *req);


/* ---- rb_oauth_consent_http.c: pages */

/*
 * Asks whether the client may have what it asks for, of the member who is
 * signed in; here is the page's address (yields).
 */
rb_err_t *rb_oauth_consent_page(rb_req_t *req,
    const rb_oauth_request_t *request, const ngx_str_t *here);

/* What the scopes mean, as a list on a page. */
void rb_oauth_scopes_list(rb_page_t *page, const ngx_str_t *scopes);

/*
 * Leads on to an address of a client.  A browser that comes here by a form of
 * a page whose policy doesn't know the client refuses a redirection (CSP
 * form-action holds for a whole chain of them): `by_form' makes a page that
 * goes on by itself.
 */
rb_err_t *rb_oauth_leave(rb_req_t *req, const ngx_str_t *uri,
    ngx_uint_t by_form);


/* Of a token request's body, after what the client shows. */

enum {
    RB_OAUTH_T_GRANT_TYPE = RB_OAUTH_B_MORE,
    RB_OAUTH_T_CODE,
    RB_OAUTH_T_REDIRECT_URI,
    RB_OAUTH_T_CODE_VERIFIER,
    RB_OAUTH_T_REFRESH_TOKEN,
    RB_OAUTH_T_SCOPE,
    RB_OAUTH_T_DEVICE_CODE
};

/* Of introspection and revocation; of the device flow's beginning. */

enum {
    RB_OAUTH_K_TOKEN = RB_OAUTH_B_MORE,
    RB_OAUTH_K_HINT
};

enum {
    RB_OAUTH_DA_SCOPE = RB_OAUTH_B_MORE
};

/* Of a pushed request: the request's other fields follow the client's. */

enum {
    RB_OAUTH_P_REQUEST = RB_OAUTH_B_MORE    /* redirect_uri … */
};

/* Of /oauth/authorize's form, and of /device's. */

enum {
    RB_OAUTH_F_DECISION = RB_OAUTH_A_COUNT
};

enum {
    RB_OAUTH_D_USER_CODE = 0,
    RB_OAUTH_D_DECISION
};

enum {
    RB_OAUTH_L_HINT = 0,
    RB_OAUTH_L_CLIENT_ID,
    RB_OAUTH_L_REDIRECT_URI,
    RB_OAUTH_L_STATE,
    RB_OAUTH_L_UI_LOCALES,
    RB_OAUTH_L_CONFIRM
};


#endif /* _RB_OAUTH_ROOM_HTTP_H_INCLUDED_ */
