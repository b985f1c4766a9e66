
/*
 * From a cookie or a token to a principal: by the verdict that is known, or
 * else by what the database says (rb_identity_ask.c).
 */


#include "gate/rb_identity_internal.h"


static rb_err_t *rb_identity_know(rb_req_t *req, rb_identity_ctx_t *ctx);
static ngx_int_t rb_identity_credential(rb_req_t *req,
    rb_credential_t *credential);
static ngx_uint_t rb_identity_scheme(const ngx_str_t *value,
    rb_credential_t *credential);
static rb_err_t *rb_identity_judge(rb_req_t *req,
    const rb_credential_t *credential, rb_verdict_t *verdict);
static rb_err_t *rb_identity_bound(rb_req_t *req,
    const rb_credential_t *credential, const rb_verdict_t *verdict);
static const rb_principal_t *rb_identity_principal(ngx_pool_t *pool,
    const rb_verdict_t *verdict, rb_by_e by);


const rb_identity_conf_t  *rb_identity;


rb_err_define(rb_err_token_invalid, 401, "invalid_token",
    "접근 토큰이 올바르지 않거나 만료되었습니다. 새 토큰을 받아 다시 보내 주세요.",
    "The access token is not valid or has expired. Get a new one and send "
    "the request again.");

rb_err_define(rb_err_no_identity, 503, "identity_not_set_up",
    "이 서버는 아직 로그인을 받도록 설정되지 않았습니다.",
    "This server is not set up for signing in yet.");


rb_err_t *
rb_identity_find(rb_req_t *req)
{
    rb_err_t           *err;
    rb_identity_ctx_t  *ctx;

    static const ngx_str_t  none = ngx_null_string;

    req->principal = NULL;

    if (req->http == NULL || rb_identity == NULL) {
        return NULL;
    }

    ctx = rb_identity_ctx(req->http);
    if (ctx == NULL) {
        return &rb_err_internal;
    }

    if (!ctx->known) {
        err = rb_identity_know(req, ctx);

        if (err) {
            return err;
        }

        ctx->known = 1;
    }

    req->principal = ctx->who;

    /* a page asks for no scope, and of a token for no CSRF token: it is a
     * browser's alone, lest a token be good for all that its member may do */

    if (req->principal && req->principal->by != RB_BY_COOKIE
        && req->route && rb_route_of_pages(req->route))
    {
        req->principal = NULL;
    }

    /* a browser sends its cookie along whoever has made it ask */

    if (req->principal && req->principal->by == RB_BY_COOKIE
        && req->route && !req->route->no_csrf
        && !(req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS)))
    {
        return rb_csrf_check(req, &none);
    }

    return NULL;
}


/* Asks for the first time (yields): fills ctx->who. */

static rb_err_t *
rb_identity_know(rb_req_t *req, rb_identity_ctx_t *ctx)
{
    ngx_int_t         rc;
    rb_err_t         *err;
    rb_verdict_t      verdict;
    rb_credential_t   credential;

    rc = rb_identity_credential(req, &credential);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NULL : &rb_err_internal;
    }

    err = rb_identity_judge(req, &credential, &verdict);

    if (err == NULL) {
        err = rb_identity_bound(req, &credential, &verdict);
    }

    if (err) {

        /* a cookie that has ended: its browser isn't signed in */

        return (err == &rb_err_token_invalid
                && credential.by == RB_BY_COOKIE)
               ? NULL : err;
    }

    ctx->who = rb_identity_principal(req->task.pool, &verdict, credential.by);

    return ctx->who ? NULL : &rb_err_internal;
}


ngx_int_t
rb_identity_peek(rb_req_t *req)
{
    rb_verdict_t        verdict;
    rb_credential_t     credential;
    rb_identity_ctx_t  *ctx;

    req->principal = NULL;

    if (req->http == NULL || rb_identity == NULL) {
        return NGX_OK;
    }

    ctx = rb_identity_ctx(req->http);
    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    if (!ctx->known) {

        switch (rb_identity_credential(req, &credential)) {

        case NGX_OK:
            break;

        case NGX_DECLINED:
            ctx->known = 1;
            return NGX_OK;

        default:
            return NGX_DECLINED;
        }

        /* a proof has to be remembered, which is a write */

        if (credential.by == RB_BY_DPOP || rb_gate.verdicts == NULL
            || rb_verdict_get(rb_gate.verdicts, rb_gate.cache,
                              credential.digest, rb_identity->generation,
                              &verdict)
               != NGX_OK
            || verdict.jkt_len
            || verdict.cookie != (credential.by == RB_BY_COOKIE))
        {
            return NGX_DECLINED;
        }

        ctx->who = rb_identity_principal(req->task.pool, &verdict,
                                         credential.by);
        if (ctx->who == NULL) {
            return NGX_DECLINED;
        }

        ctx->known = 1;
    }

    req->principal = ctx->who;

    return NGX_OK;
}


/* NGX_DECLINED: nobody says who they are. */

static ngx_int_t
rb_identity_credential(rb_req_t *req, rb_credential_t *credential)
{
    ngx_str_t  value;

    value = rb_http_header(req, "Authorization");

    if (!rb_identity_scheme(&value, credential)) {

        credential->by = RB_BY_COOKIE;
        credential->text = rb_http_cookie(req, RB_SESSION_COOKIE);

        /* what isn't 32 bytes is no cookie of ours */

        if (credential->text.len != RB_SECRET_TEXT_LEN) {
            return NGX_DECLINED;
        }
    }

    return rb_sha256(credential->text.data, credential->text.len,
                     credential->digest);
}


/* Other schemes, such as Basic of a client, are not about who is signed in. */

static ngx_uint_t
rb_identity_scheme(const ngx_str_t *value, rb_credential_t *credential)
{
    u_char     *p, *last;
    ngx_str_t   text;

    last = value->data + value->len;

    if (value->len > 7
        && ngx_strncasecmp(value->data, (u_char *) "Bearer ", 7) == 0)
    {
        credential->by = RB_BY_BEARER;
        p = value->data + 7;

    } else if (value->len > 5
               && ngx_strncasecmp(value->data, (u_char *) "DPoP ", 5) == 0)
    {
        credential->by = RB_BY_DPOP;
        p = value->data + 5;

    } else {
        return 0;
    }

    while (p < last && *p == ' ') { p++; }

    text.data = p;
    text.len = last - p;
    credential->text = text;

    return 1;
}


/* What is known of the credential, or found out (yields). */

static rb_err_t *
rb_identity_judge(rb_req_t *req, const rb_credential_t *credential,
    rb_verdict_t *verdict)
{
    rb_err_t     *err;
    const char   *wrong;
    rb_access_t   access;

    if (rb_gate.verdicts
        && rb_verdict_get(rb_gate.verdicts, rb_gate.cache, credential->digest,
                          rb_identity->generation, verdict)
           == NGX_OK)
    {
        /* one secret is never good as the other kind of credential */

        if (verdict->cookie == (credential->by == RB_BY_COOKIE)) {
            return NULL;
        }
    }

    if (credential->by == RB_BY_COOKIE) {
        return rb_identity_ask(req, credential, NULL, verdict);
    }

    wrong = rb_identity_token(req->task.pool, &credential->text, &access);

    if (wrong == NULL) {
        err = rb_identity_ask(req, credential, &access, verdict);

        if (err != &rb_err_token_invalid) {
            return err;
        }

        wrong = "what it was given for has ended";
    }

    return rb_identity_refuse(req->task.pool, &rb_err_token_invalid,
                              credential->by, "invalid_token", wrong, NULL);
}


/*
 * Whether the token comes the way that it was given for: a bound one with the
 * proof of its key, taken once (yields), any other as Bearer.
 */

static rb_err_t *
rb_identity_bound(rb_req_t *req, const rb_credential_t *credential,
    const rb_verdict_t *verdict)
{
    rb_err_t   *err;
    ngx_str_t   jkt, bound;

    if (credential->by == RB_BY_COOKIE) {
        return NULL;
    }

    if (credential->by == RB_BY_BEARER) {
        return (verdict->jkt_len == 0)
               ? NULL
               : rb_identity_refuse(req->task.pool, &rb_err_token_invalid,
                                    RB_BY_DPOP, "invalid_token",
                                    "it is bound to a key: send it as DPoP, "
                                    "with a proof", NULL);
    }

    if (verdict->jkt_len == 0) {
        return rb_identity_refuse(req->task.pool, &rb_err_token_invalid,
                                  RB_BY_BEARER, "invalid_token",
                                  "it is not bound to a key: send it as "
                                  "Bearer", NULL);
    }

    err = rb_identity_proof(req, &credential->text, &jkt);

    if (err == NULL && jkt.len == 0) {
        return rb_identity_refuse(req->task.pool, &rb_err_proof, RB_BY_DPOP,
                                  "invalid_dpop_proof",
                                  "exactly one DPoP field is needed", NULL);
    }

    if (err) {
        return err;
    }

    bound.data = (u_char *) verdict->jkt;
    bound.len = verdict->jkt_len;

    return rb_same(&bound, &jkt)
           ? NULL
           : rb_identity_refuse(req->task.pool, &rb_err_token_invalid,
                                RB_BY_DPOP, "invalid_token",
                                "the proof is of another key", NULL);
}


static const rb_principal_t *
rb_identity_principal(ngx_pool_t *pool, const rb_verdict_t *verdict,
    rb_by_e by)
{
    u_char          *p;
    rb_principal_t  *who;

    who = ngx_pcalloc(pool, sizeof(rb_principal_t) + 2 * RB_VERDICT_ID
                            + RB_VERDICT_CLIENT);
    if (who == NULL) {
        return NULL;
    }

    p = (u_char *) (who + 1);

    who->session.data = p;
    who->session.len = RB_VERDICT_ID;
    p = ngx_cpymem(p, verdict->session, RB_VERDICT_ID);

    who->member.data = p;
    who->member.len = verdict->member_len;
    p = ngx_cpymem(p, verdict->member, verdict->member_len);

    who->client.data = p;
    who->client.len = verdict->client_len;
    ngx_memcpy(p, verdict->client, verdict->client_len);

    who->roles = verdict->roles;
    who->scopes = verdict->scopes;
    who->amr = verdict->amr;
    who->acr = verdict->acr;
    who->second = verdict->second;
    who->own = verdict->own;
    who->authenticated_at = verdict->authenticated_at;
    who->by = by;

    return who;
}
