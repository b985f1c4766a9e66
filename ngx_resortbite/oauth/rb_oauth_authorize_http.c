
/*
 * GET and POST /oauth/authorize, POST /oauth/par.
 *
 * Until client and redirect URI are known to be good, what is wrong is told
 * on a page; after that to the client, by a redirection.
 *
 * Whoever has to log in comes back to the same address, with auth_after: the
 * signed time at which they were sent away.  So prompt=login and max_age=0
 * are known to be done, and can't send anybody round in circles.  It counts
 * for that request alone, whose code_challenge it has: added to another, it
 * would spare somebody the log-in that the client has asked for.
 */


#include "oauth/rb_oauth_room_http.h"
#include "base/rb_token.h"


#define RB_OAUTH_NEXT_MAX    1800       /* bytes of an address to come back to;
                                           longer ones are kept here */
#define RB_OAUTH_AFTER_LIFE  1800       /* seconds that auth_after counts */


typedef enum {
    RB_OAUTH_ASKED = 0,
    RB_OAUTH_ACCEPTED,
    RB_OAUTH_REFUSED
} rb_oauth_decision_e;


static rb_err_t *rb_oauth_authorize(rb_req_t *req,
    rb_oauth_request_t *request, rb_oauth_decision_e decision);
static rb_err_t *rb_oauth_decide(rb_req_t *req, rb_oauth_request_t *request,
    ngx_uint_t pending, rb_oauth_decision_e decision);
static rb_err_t *rb_oauth_give(rb_req_t *req, rb_oauth_request_t *request,
    ngx_uint_t pending, ngx_uint_t consented);
static ngx_uint_t rb_oauth_stale(rb_req_t *req,
    const rb_oauth_request_t *request, const rb_principal_t *who);
static int64_t rb_oauth_auth_after(rb_req_t *req,
    const rb_oauth_request_t *request);
static rb_err_t *rb_oauth_to_login(rb_req_t *req,
    rb_oauth_request_t *request, ngx_uint_t pending, const char *page);
static rb_err_t *rb_oauth_address_of(rb_req_t *req,
    const rb_oauth_request_t *request, ngx_uint_t pending, ngx_str_t *uri);
static rb_err_t *rb_oauth_keep(rb_req_t *req, rb_oauth_request_t *request,
    ngx_uint_t *pending);
static rb_err_t *rb_oauth_tell(rb_req_t *req,
    const rb_oauth_request_t *request, const rb_err_t *what);
static ngx_uint_t rb_oauth_by_form(const rb_oauth_request_t *request,
    rb_oauth_decision_e decision);


rb_err_t *
rb_oauth_authorize_handler(rb_req_t *req)
{
    ngx_uint_t           i;
    rb_oauth_request_t   request;

    ngx_memzero(&request, sizeof(request));

    for (i = 0; i < RB_OAUTH_A_COUNT; i++) {
        request.value[i] = rb_oauth_query(req, i);
    }

    return rb_oauth_authorize(req, &request, RB_OAUTH_ASKED);
}


/*
 * The consent page's answer; or a client's request by POST (OpenID Connect
 * Core §3.1.2.1), which comes without the browser's cookies, as they are
 * SameSite=Lax: it is asked again as a GET.
 */

rb_err_t *
rb_oauth_authorize_post_handler(rb_req_t *req)
{
    rb_err_t             *err;
    ngx_str_t            *decision, uri;
    ngx_uint_t            i;
    rb_oauth_request_t    request;

    ngx_memzero(&request, sizeof(request));

    for (i = 0; i < RB_OAUTH_A_COUNT; i++) {
        request.value[i] = rb_oauth_body(req, i);
    }

    decision = &rb_oauth_body(req, RB_OAUTH_F_DECISION);

    if (decision->len == 0 || rb_oauth_member(req) == NULL) {

        err = rb_oauth_address_of(req, &request, 0, &uri);

        return err ? err : rb_reply_redirect(req, &uri);
    }

    err = rb_csrf_check(req, &req->csrf);
    if (err) {
        return err;
    }

    return rb_oauth_authorize(req, &request,
                              rb_oauth_is(decision, "accept")
                              ? RB_OAUTH_ACCEPTED : RB_OAUTH_REFUSED);
}


static rb_err_t *
rb_oauth_authorize(rb_req_t *req, rb_oauth_request_t *request,
    rb_oauth_decision_e decision)
{
    rb_err_t    *err;
    ngx_uint_t   pending;

    err = rb_oauth_ready();
    if (err) {
        return err;
    }

    pending = 0;

    if (request->value[RB_OAUTH_A_REQUEST_URI].len) {
        err = rb_oauth_request_load(&req->task, request, &pending);
        if (err) {
            return err;
        }
    }

    err = rb_oauth_request_client(&req->task, request);
    if (err) {
        return err;
    }

    err = rb_oauth_request_check(req->task.pool, request);
    if (err) {
        return err->problem->status < 500 ? rb_oauth_tell(req, request, err)
                                          : err;
    }

    return rb_oauth_decide(req, request, pending, decision);
}


static rb_err_t *
rb_oauth_decide(rb_req_t *req, rb_oauth_request_t *request,
    ngx_uint_t pending, rb_oauth_decision_e decision)
{
    rb_err_t              *err;
    ngx_str_t              uri;
    ngx_uint_t             consented, none;
    const rb_principal_t  *who;

    who = rb_oauth_member(req);
    none = request->prompt & RB_OAUTH_PROMPT_NONE;

    if (who == NULL || rb_oauth_stale(req, request, who)) {
        return none ? rb_oauth_tell(req, request, &rb_err_oauth_login)
                    : rb_oauth_to_login(req, request, pending,
                                        who ? "/login/again" : "/login");
    }

    if (decision == RB_OAUTH_REFUSED) {
        return rb_oauth_tell(req, request, &rb_err_oauth_denied);
    }

    if (decision == RB_OAUTH_ACCEPTED) {
        return rb_oauth_give(req, request, pending,
                             !request->client.first_party);
    }

    consented = 0;

    if (rb_oauth_assured(request)) {
        consented = request->client.first_party;

        if (!consented && !(request->prompt & RB_OAUTH_PROMPT_CONSENT)) {
            err = rb_oauth_consented(&req->task, &who->member, request,
                                     &consented);
            if (err) {
                return err;
            }
        }
    }

    if (consented) {
        return rb_oauth_give(req, request, pending, 0);
    }

    if (none) {
        return rb_oauth_tell(req, request, &rb_err_oauth_consent);
    }

    if (!request->pushed || pending) {
        err = rb_oauth_address_of(req, request, pending, &uri);

        return err ? err : rb_oauth_consent_page(req, request, &uri);
    }

    /* the page must have an address that can be loaded again */

    err = rb_oauth_keep(req, request, &pending);

    if (err == NULL) {
        err = rb_oauth_address_of(req, request, pending, &uri);
    }

    return err ? err : rb_reply_redirect(req, &uri);
}


/*
 * Whether the log-in is older than the client wants, or was by less than it
 * wants and the member has more.  acr_values is a wish (OpenID Connect Core
 * §3.1.2.1): who has no second factor goes on with what there is.
 */

static ngx_uint_t
rb_oauth_stale(rb_req_t *req, const rb_oauth_request_t *request,
    const rb_principal_t *who)
{
    int64_t  after;

    after = rb_oauth_auth_after(req, request);

    if (request->acr > who->acr && who->second && after == 0) {
        return 1;
    }

    if (after && who->authenticated_at >= after) {
        return 0;
    }

    if (request->prompt & (RB_OAUTH_PROMPT_LOGIN|RB_OAUTH_PROMPT_SELECT)) {
        return 1;
    }

    return request->max_age >= 0
           && who->authenticated_at + request->max_age <= ngx_time();
}


/* 0: none, not ours, of another request, or too long ago. */

static int64_t
rb_oauth_auth_after(rb_req_t *req, const rb_oauth_request_t *request)
{
    u_char     *dot;
    time_t      at;
    ngx_str_t   payload, challenge;

    if (request->value[RB_OAUTH_A_AUTH_AFTER].len == 0
        || rb_token_verify(req->task.pool, "auth_after",
                           (ngx_str_t *)
                           &request->value[RB_OAUTH_A_AUTH_AFTER], &payload)
           != NGX_OK)
    {
        return 0;
    }

    dot = ngx_strlchr(payload.data, payload.data + payload.len, '.');

    if (dot == NULL) {
        return 0;
    }

    challenge.data = dot + 1;
    challenge.len = payload.data + payload.len - challenge.data;

    if (!rb_same(&challenge, &request->value[RB_OAUTH_A_CODE_CHALLENGE])) {
        return 0;
    }

    at = ngx_atotm(payload.data, dot - payload.data);

    return at > 0 && at <= ngx_time() + 1
           && at > ngx_time() - RB_OAUTH_AFTER_LIFE ? at : 0;
}


static rb_err_t *
rb_oauth_to_login(rb_req_t *req, rb_oauth_request_t *request,
    ngx_uint_t pending, const char *page)
{
    u_char       after[NGX_TIME_T_LEN + 1 + RB_OAUTH_S256_LEN];
    rb_buf_t     to;
    rb_err_t    *err;
    ngx_str_t    text, uri;

    if (request->pushed && !pending) {
        err = rb_oauth_keep(req, request, &pending);
        if (err) {
            return err;
        }
    }

    text.data = after;
    text.len = ngx_slprintf(after, after + sizeof(after), "%T.%V",
                            ngx_time(),
                            &request->value[RB_OAUTH_A_CODE_CHALLENGE])
               - after;

    if (rb_token_sign(req->task.pool, "auth_after", &text,
                      &request->value[RB_OAUTH_A_AUTH_AFTER]) != NGX_OK)
    {
        return &rb_err_internal;
    }

    err = rb_oauth_address_of(req, request, pending, &uri);

    if (err == NULL && uri.len > RB_OAUTH_NEXT_MAX) {
        err = rb_oauth_begin(req);

        if (err == NULL) {
            err = rb_oauth_keep(req, request, &pending);
        }

        if (err == NULL) {
            err = rb_oauth_address_of(req, request, pending, &uri);
        }
    }

    if (err) {
        return err;
    }

    if (rb_buf_init(&to, req->task.pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add(&to, page, ngx_strlen(page));
    rb_oauth_add_param(&to, "next", &uri);

    if (request->value[RB_OAUTH_A_LOGIN_HINT].len) {
        rb_oauth_add_param(&to, "login_hint",
                           &request->value[RB_OAUTH_A_LOGIN_HINT]);
    }

    if (request->value[RB_OAUTH_A_UI_LOCALES].len) {
        rb_oauth_add_param(&to, "ui_locales",
                           &request->value[RB_OAUTH_A_UI_LOCALES]);
    }

    text.data = to.start;
    text.len = rb_buf_len(&to);

    return to.failed ? &rb_err_internal : rb_reply_redirect(req, &text);
}


/* The request as an address of ours. */

static rb_err_t *
rb_oauth_address_of(rb_req_t *req, const rb_oauth_request_t *request,
    ngx_uint_t pending, ngx_str_t *uri)
{
    rb_buf_t    b;
    ngx_uint_t  i;

    if (rb_buf_init(&b, req->task.pool, 1024) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add_lit(&b, "/oauth/authorize");

    for (i = 0; i < RB_OAUTH_A_COUNT; i++) {

        if (request->value[i].len == 0
            || (pending && i != RB_OAUTH_A_CLIENT_ID
                && i != RB_OAUTH_A_REQUEST_URI
                && i != RB_OAUTH_A_AUTH_AFTER))
        {
            continue;
        }

        rb_oauth_add_param(&b, (char *) rb_oauth_request_names[i].data,
                           &request->value[i]);
    }

    uri->data = b.start;
    uri->len = rb_buf_len(&b);

    return b.failed ? &rb_err_internal : NULL;
}


static rb_err_t *
rb_oauth_keep(rb_req_t *req, rb_oauth_request_t *request,
    ngx_uint_t *pending)
{
    *pending = 1;

    return rb_oauth_request_push(&req->task, request, "authorize",
                                 RB_OAUTH_PENDING_LIFE,
                                 &request->value[RB_OAUTH_A_REQUEST_URI]);
}


static rb_err_t *
rb_oauth_give(rb_req_t *req, rb_oauth_request_t *request, ngx_uint_t pending,
    ngx_uint_t consented)
{
    rb_buf_t      uri;
    rb_err_t     *err;
    ngx_str_t     code, text;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);

    if (err == NULL && pending) {
        err = rb_oauth_request_use(&req->task,
                                   &request->value[RB_OAUTH_A_REQUEST_URI]);
    }

    if (err) {
        return err;
    }

    err = rb_oauth_code_issue(&req->task, request, rb_oauth_member(req),
                              &origin, consented, &code);
    if (err) {
        return err;
    }

    if (rb_buf_init(&uri, req->task.pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add_str(&uri, &request->value[RB_OAUTH_A_REDIRECT_URI]);
    rb_oauth_add_param(&uri, "code", &code);

    if (request->value[RB_OAUTH_A_STATE].len) {
        rb_oauth_add_param(&uri, "state", &request->value[RB_OAUTH_A_STATE]);
    }

    rb_oauth_add_param(&uri, "iss", &rb_identity->issuer);

    if (uri.failed) {
        return &rb_err_internal;
    }

    text.data = uri.start;
    text.len = rb_buf_len(&uri);

    return rb_oauth_leave(req, &text,
                          rb_oauth_by_form(request, consented
                                           ? RB_OAUTH_ACCEPTED
                                           : RB_OAUTH_ASKED));
}


/* An error's code and words for the client, RFC 6749 §4.1.2.1, RFC 9207. */

static rb_err_t *
rb_oauth_tell(rb_req_t *req, const rb_oauth_request_t *request,
    const rb_err_t *what)
{
    rb_buf_t    uri;
    ngx_str_t   text;

    if (rb_buf_init(&uri, req->task.pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add_str(&uri, &request->value[RB_OAUTH_A_REDIRECT_URI]);
    rb_oauth_add_param(&uri, "error", &what->problem->code);
    rb_oauth_add_param(&uri, "error_description",
                       &what->problem->title.in[RB_LANG_EN]);

    if (request->value[RB_OAUTH_A_STATE].len) {
        rb_oauth_add_param(&uri, "state", &request->value[RB_OAUTH_A_STATE]);
    }

    rb_oauth_add_param(&uri, "iss", &rb_identity->issuer);

    if (uri.failed) {
        return &rb_err_internal;
    }

    text.data = uri.start;
    text.len = rb_buf_len(&uri);

    return rb_oauth_leave(req, &text,
                          rb_oauth_by_form(request,
                                           what == &rb_err_oauth_denied
                                           ? RB_OAUTH_REFUSED
                                           : RB_OAUTH_ASKED));
}


/* The consent page knows its client; the log-in's pages don't. */

static ngx_uint_t
rb_oauth_by_form(const rb_oauth_request_t *request,
    rb_oauth_decision_e decision)
{
    return decision == RB_OAUTH_ASKED
           && request->value[RB_OAUTH_A_AUTH_AFTER].len != 0;
}


/* RFC 9126 §2. */

rb_err_t *
rb_oauth_par_handler(rb_req_t *req)
{
    rb_err_t             *err;
    rb_json_t             json;
    ngx_str_t             jkt, uri, *own;
    ngx_uint_t            i;
    rb_oauth_client_t     client;
    rb_oauth_request_t    request;

    err = rb_oauth_authenticate(req, &client);

    if (err == NULL && rb_oauth_is(&client.auth_method, "none")) {
        err = rb_oauth_begin(req);
    }

    if (err) {
        return err;
    }

    ngx_memzero(&request, sizeof(request));

    request.value[RB_OAUTH_A_CLIENT_ID] = client.id;
    request.pushed = 1;

    for (i = RB_OAUTH_A_REDIRECT_URI; i < RB_OAUTH_A_AUTH_AFTER; i++) {
        request.value[i] = rb_oauth_body(req, RB_OAUTH_P_REQUEST + i - 1);
    }

    if (request.value[RB_OAUTH_A_REQUEST_URI].len) {
        return &rb_err_oauth_request;
    }

    err = rb_oauth_request_client(&req->task, &request);

    if (err == &rb_err_oauth_redirect_uri) {
        return &rb_err_oauth_request_redirect;
    }

    if (err) {
        return err;
    }

    err = rb_oauth_request_check(req->task.pool, &request);
    if (err) {
        return err;
    }

    /* the code is for the key that was shown here (RFC 9449 §10.1) */

    err = rb_oauth_proof(req, 0, &jkt);
    if (err) {
        return err;
    }

    own = &request.value[RB_OAUTH_A_DPOP_JKT];

    if (jkt.len) {
        if (own->len && !rb_same(own, &jkt)) {
            return &rb_err_oauth_jkt;
        }

        *own = jkt;
    }

    err = rb_oauth_request_push(&req->task, &request, "par",
                                RB_OAUTH_PAR_LIFE, &uri);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_CREATED, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "request_uri");
    rb_json_str(&json, &uri);
    rb_json_key(&json, "expires_in");
    rb_json_int(&json, RB_OAUTH_PAR_LIFE);
    rb_json_close(&json, '}');

    return NULL;
}
