
/*
 * Which client calls: RFC 6749 §2.3, RFC 7523 §3 (private_key_jwt), RFC 9449
 * §5 (the key that its tokens will be bound to).
 */


#include "oauth/rb_oauth_room_http.h"
#include "crypto/rb_jose.h"
#include "io/rb_budget.h"
#include "web/rb_http.h"


#define RB_OAUTH_ASSERTION_TYPE                                               \
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

#define RB_OAUTH_ASSERTION_LEEWAY  30   /* seconds */
#define RB_OAUTH_ASSERTION_MAX     3600 /* seconds until exp, at most */
#define RB_OAUTH_BASIC_MAX         1024


/* What the request has brought. */

typedef struct {
    const char   *method;               /* as clients are registered for */
    ngx_str_t     id;
    ngx_str_t     secret;
    rb_jwt_t      assertion;
} rb_oauth_shown_t;


static rb_err_t *rb_oauth_shown(rb_req_t *req, rb_oauth_shown_t *shown);
static rb_err_t *rb_oauth_basic(ngx_pool_t *pool, const ngx_str_t *header,
    rb_oauth_shown_t *shown);
static ngx_int_t rb_oauth_form_decode(ngx_str_t *text);
static ngx_int_t rb_oauth_hex(u_char c);
static rb_err_t *rb_oauth_assertion(rb_req_t *req, rb_oauth_shown_t *shown);
static rb_err_t *rb_oauth_verify(rb_req_t *req,
    const rb_oauth_client_t *client, rb_oauth_shown_t *shown);
static rb_err_t *rb_oauth_verify_secret(const rb_oauth_client_t *client,
    const ngx_str_t *secret);
static rb_err_t *rb_oauth_verify_assertion(rb_req_t *req,
    const rb_oauth_client_t *client, const rb_jwt_t *jwt);
static ngx_uint_t rb_oauth_assertion_for(rb_req_t *req, const rb_jwt_t *jwt);


/* Secrets are too long to be guessed; this is against the noise of trying. */

static const rb_budget_t  rb_oauth_failures = {
    ngx_string("client_address"), 30, 900, 1, 60
};

/* As many as ways to accounts elsewhere. */

static const rb_budget_t  rb_oauth_begun = {
    ngx_string("oauth_begin"), 200, 900, 1, 60
};


rb_err_t *
rb_oauth_authenticate(rb_req_t *req, rb_oauth_client_t *client)
{
    rb_err_t           *err;
    rb_budget_of_t      of;
    rb_oauth_shown_t    shown;

    err = rb_oauth_ready();
    if (err) {
        return err;
    }

    err = rb_oauth_shown(req, &shown);
    if (err) {
        return err;
    }

    of.budget = &rb_oauth_failures;
    of.whose.data = req->caller;
    of.whose.len = sizeof(req->caller);

    err = rb_budget_check(&req->task, &of, 1);
    if (err) {
        return err;
    }

    err = rb_oauth_client_get(&req->task, &shown.id, client);

    if (err == &rb_err_not_found) {
        err = &rb_err_oauth_client;

    } else if (err == NULL) {
        err = rb_oauth_verify(req, client, &shown);
    }

    if (err == &rb_err_oauth_client) {
        (void) rb_budget_spend(&req->task, &of, 1);
        return rb_oauth_refuse(req);
    }

    return err;
}


rb_err_t *
rb_oauth_begin(rb_req_t *req)
{
    rb_budget_of_t  of;

    if ((req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && rb_http_caller(req) != NGX_OK)
    {
        return &rb_err_internal;
    }

    of.budget = &rb_oauth_begun;
    of.whose.data = req->caller;
    of.whose.len = sizeof(req->caller);

    return rb_budget_spend(&req->task, &of, 1);
}


/*
 * A 401 says how to do better (RFC 9110 §15.5.2); of our ways Basic alone has
 * a challenge, and who has tried it must be told (RFC 6749 §5.2).
 */

rb_err_t *
rb_oauth_refuse(rb_req_t *req)
{
    rb_err_t  *err;

    err = rb_err_retry(req->task.pool, &rb_err_oauth_client, 0);

    if (err != &rb_err_internal) {
        ngx_str_set(&err->authenticate, "Basic realm=\"ResortBite\"");
    }

    return err;
}


static rb_err_t *
rb_oauth_shown(rb_req_t *req, rb_oauth_shown_t *shown)
{
    rb_err_t    *err;
    ngx_str_t    header, *field, id;
    ngx_uint_t   ways;

    ngx_memzero(shown, sizeof(rb_oauth_shown_t));

    header = rb_http_header(req, "Authorization");
    id = rb_oauth_body(req, RB_OAUTH_B_CLIENT_ID);
    field = &rb_oauth_body(req, RB_OAUTH_B_ASSERTION);

    shown->id = id;
    shown->method = "none";
    ways = 0;

    if (rb_oauth_body(req, RB_OAUTH_B_CLIENT_SECRET).len) {
        shown->method = "client_secret_post";
        shown->secret = rb_oauth_body(req, RB_OAUTH_B_CLIENT_SECRET);
        ways++;
    }

    if (header.len) {
        ways++;
    }

    if (field->len || rb_oauth_body(req, RB_OAUTH_B_ASSERTION_TYPE).len) {
        ways++;
    }

    if (ways > 1) {
        return &rb_err_oauth_two_ways;
    }

    if (header.len) {
        err = rb_oauth_basic(req->task.pool, &header, shown);

    } else if (ways && shown->secret.len == 0) {
        err = rb_oauth_assertion(req, shown);

    } else {
        err = NULL;
    }

    if (err) {
        return err == &rb_err_oauth_client ? rb_oauth_refuse(req) : err;
    }

    if (id.len && !rb_same(&id, &shown->id)) {
        return rb_oauth_refuse(req);
    }

    return shown->id.len ? NULL : rb_oauth_refuse(req);
}


/* id and secret are form-encoded before they are base64 (§2.3.1). */

static rb_err_t *
rb_oauth_basic(ngx_pool_t *pool, const ngx_str_t *header,
    rb_oauth_shown_t *shown)
{
    u_char     *colon;
    ngx_str_t   text, coded;

    shown->method = "client_secret_basic";

    if (header->len <= 6 || header->len > RB_OAUTH_BASIC_MAX
        || ngx_strncasecmp(header->data, (u_char *) "Basic ", 6) != 0)
    {
        return &rb_err_oauth_client;
    }

    coded.data = header->data + 6;
    coded.len = header->len - 6;

    text.data = ngx_pnalloc(pool, ngx_base64_decoded_length(coded.len));

    if (text.data == NULL) {
        return &rb_err_internal;
    }

    if (ngx_decode_base64(&text, &coded) != NGX_OK) {
        return &rb_err_oauth_client;
    }

    colon = ngx_strlchr(text.data, text.data + text.len, ':');

    if (colon == NULL) {
        return &rb_err_oauth_client;
    }

    shown->id.data = text.data;
    shown->id.len = colon - text.data;
    shown->secret.data = colon + 1;
    shown->secret.len = text.data + text.len - shown->secret.data;

    if (rb_oauth_form_decode(&shown->id) != NGX_OK
        || rb_oauth_form_decode(&shown->secret) != NGX_OK)
    {
        return &rb_err_oauth_client;
    }

    return NULL;
}


/* In place.  What is not ASCII is no id's, nor a secret's of ours. */

static ngx_int_t
rb_oauth_form_decode(ngx_str_t *text)
{
    u_char     *p, *last, *out;
    ngx_int_t   high, low;

    out = text->data;
    last = text->data + text->len;

    for (p = text->data; p < last; p++) {

        if (*p == '%') {

            if (last - p < 3) {
                return NGX_DECLINED;
            }

            high = rb_oauth_hex(p[1]);
            low = rb_oauth_hex(p[2]);

            if (high < 0 || low < 0) {
                return NGX_DECLINED;
            }

            *out = (u_char) (high << 4 | low);
            p += 2;

        } else {
            *out = (*p == '+') ? ' ' : *p;
        }

        if (*out < ' ' || *out > '~') {
            return NGX_DECLINED;
        }

        out++;
    }

    text->len = out - text->data;

    return NGX_OK;
}


static ngx_int_t
rb_oauth_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


static rb_err_t *
rb_oauth_assertion(rb_req_t *req, rb_oauth_shown_t *shown)
{
    ngx_str_t  subject;

    shown->method = "private_key_jwt";

    if (!rb_oauth_is(&rb_oauth_body(req, RB_OAUTH_B_ASSERTION_TYPE),
                     RB_OAUTH_ASSERTION_TYPE))
    {
        return &rb_err_oauth_client;
    }

    switch (rb_jwt_parse(req->task.pool,
                         &rb_oauth_body(req, RB_OAUTH_B_ASSERTION),
                         &shown->assertion))
    {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return &rb_err_oauth_client;

    default:
        return &rb_err_internal;
    }

    shown->id = rb_jwt_str(&shown->assertion, "iss");
    subject = rb_jwt_str(&shown->assertion, "sub");

    return rb_same(&shown->id, &subject) ? NULL : &rb_err_oauth_client;
}


static rb_err_t *
rb_oauth_verify(rb_req_t *req, const rb_oauth_client_t *client,
    rb_oauth_shown_t *shown)
{
    if (client->disabled
        || !rb_oauth_is(&client->auth_method, shown->method))
    {
        return &rb_err_oauth_client;
    }

    if (shown->secret.len) {
        return rb_oauth_verify_secret(client, &shown->secret);
    }

    if (shown->assertion.claims) {
        return rb_oauth_verify_assertion(req, client, &shown->assertion);
    }

    return rb_oauth_is(&client->auth_method, "none") ? NULL
                                                     : &rb_err_oauth_client;
}


static rb_err_t *
rb_oauth_verify_secret(const rb_oauth_client_t *client,
    const ngx_str_t *secret)
{
    u_char     digest[RB_SHA256_LEN];
    ngx_str_t  hash;

    if (rb_sha256(secret->data, secret->len, digest) != NGX_OK) {
        return &rb_err_internal;
    }

    hash.data = digest;
    hash.len = sizeof(digest);

    return rb_same(&hash, &client->secret_hash) ? NULL
                                                : &rb_err_oauth_client;
}


/* RFC 7523 §3: for us, not too old nor for too long, and once. */

static rb_err_t *
rb_oauth_verify_assertion(rb_req_t *req, const rb_oauth_client_t *client,
    const rb_jwt_t *jwt)
{
    u_char       digest[RB_SHA256_LEN];
    json_t      *jwks;
    time_t       now;
    double       exp;
    rb_buf_t     buf;
    rb_err_t    *err;
    ngx_str_t    jti;

    if (rb_json_parse(req->task.pool, &client->jwks, &jwks) != NULL) {
        return &rb_err_internal;
    }

    now = ngx_time();

    /* it may have a fraction (RFC 7519 §2) */

    exp = json_number_value(json_object_get(jwt->claims, "exp"));
    jti = rb_jwt_str(jwt, "jti");

    if (rb_jwt_verify_set(jwt, jwks) != NGX_OK
        || rb_jwt_times(jwt, now, RB_OAUTH_ASSERTION_LEEWAY) != NGX_OK
        || exp > (double) (now + RB_OAUTH_ASSERTION_MAX)
        || jti.len == 0
        || !rb_oauth_assertion_for(req, jwt))
    {
        return &rb_err_oauth_client;
    }

    if (rb_buf_init(&buf, req->task.pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add_lit(&buf, "assertion");
    rb_buf_add(&buf, "", 1);
    rb_buf_add_str(&buf, &client->id);
    rb_buf_add(&buf, "", 1);
    rb_buf_add_str(&buf, &jti);

    if (buf.failed
        || rb_sha256(buf.start, rb_buf_len(&buf), digest) != NGX_OK)
    {
        return &rb_err_internal;
    }

    err = rb_identity_once(&req->task, digest,
                           (time_t) exp + 1 + RB_OAUTH_ASSERTION_LEEWAY);

    return err == &rb_err_replayed ? &rb_err_oauth_client : err;
}


/* The issuer, the token endpoint, or the endpoint that is called. */

static ngx_uint_t
rb_oauth_assertion_for(rb_req_t *req, const rb_jwt_t *jwt)
{
    rb_buf_t   buf;
    ngx_str_t  uri;

    if (rb_jwt_for(jwt, &rb_identity->issuer)) {
        return 1;
    }

    if (rb_buf_init(&buf, req->task.pool, 128) != NGX_OK) {
        return 0;
    }

    rb_buf_printf(&buf, "%V/oauth/token", &rb_identity->issuer);

    uri.data = buf.start;
    uri.len = rb_buf_len(&buf);

    if (buf.failed || rb_jwt_for(jwt, &uri)) {
        return !buf.failed;
    }

    if (rb_buf_init(&buf, req->task.pool, 128) != NGX_OK) {
        return 0;
    }

    rb_buf_printf(&buf, "%V%V", &rb_identity->issuer, &req->route->path);

    uri.data = buf.start;
    uri.len = rb_buf_len(&buf);

    return !buf.failed && rb_jwt_for(jwt, &uri);
}


rb_err_t *
rb_oauth_proof(rb_req_t *req, ngx_uint_t required, ngx_str_t *jkt)
{
    rb_err_t   *err;
    ngx_str_t   none;

    ngx_str_null(&none);
    ngx_str_null(jkt);

    err = rb_identity_proof(req, &none, jkt);

    if (err) {
        return err->problem == rb_err_proof.problem
               || err->problem == rb_err_replayed.problem
               ? &rb_err_oauth_dpop : err;
    }

    return jkt->len == 0 && required ? &rb_err_oauth_dpop : NULL;
}


rb_err_t *
rb_oauth_ready(void)
{
    return rb_identity ? NULL : &rb_err_no_identity;
}


const rb_principal_t *
rb_oauth_member(const rb_req_t *req)
{
    return req->principal && req->principal->by == RB_BY_COOKIE
           && req->principal->member.len
           ? req->principal : NULL;
}
