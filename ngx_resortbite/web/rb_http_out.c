
/*
 * Sending.
 *
 * A reply is a set of header fields and one buffer; nginx's filters do the
 * rest: conditions, gzip, framing, HEAD.  Every answer out of the cache passes
 * here, so names and fixed values are constants with their lengths, and there
 * is one allocation for the buffer and none for what is already in memory.
 *
 * All conditions but If-None-Match are settled before nginx sees them.  We
 * send no Last-Modified, so If-Modified-Since and If-Unmodified-Since must be
 * ignored (RFC 9110 §13.1.3, §13.1.4), which nginx wouldn't.  And a failed
 * If-Match is answered with our problem document instead of nginx's page.
 */


#include "web/rb_http.h"
#include "web/rb_negotiate.h"
#include "web/rb_page.h"
#include "web/rb_problem.h"


static ngx_int_t rb_http_out(ngx_http_request_t *r, ngx_uint_t status,
    rb_http_cached_t *out, const ngx_str_t *id);
static ngx_int_t rb_http_out_headers(ngx_http_request_t *r, ngx_uint_t status,
    rb_http_cached_t *out, const ngx_str_t *id);
static size_t rb_http_type_len(const ngx_str_t *type);
static ngx_int_t rb_http_out_page(ngx_http_request_t *r, rb_lang_e lang);
static ngx_int_t rb_http_out_reply(ngx_http_request_t *r, rb_req_t *req);
static ngx_int_t rb_http_out_body(ngx_http_request_t *r,
    const ngx_str_t *body);
static ngx_uint_t rb_http_if_match(ngx_http_request_t *r,
    const ngx_str_t *etag);
static ngx_int_t rb_http_precondition_failed(ngx_http_request_t *r);
static ngx_table_elt_t *rb_http_push(ngx_http_request_t *r,
    const ngx_str_t *name, const ngx_str_t *value);
static ngx_int_t rb_http_push_number(ngx_http_request_t *r,
    const ngx_str_t *name, time_t number);
static ngx_int_t rb_http_push_cache_control(ngx_http_request_t *r,
    const ngx_str_t *value);
static ngx_int_t rb_http_push_if(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t *value);


static const ngx_str_t  rb_json_type = ngx_string("application/json");
static const ngx_str_t  rb_form_type =
    ngx_string("application/x-www-form-urlencoded");
static const ngx_str_t  rb_problem_type = ngx_string(RB_PROBLEM_TYPE);
static const ngx_str_t  rb_no_store = ngx_string("no-store");

static const ngx_str_t  rb_name_etag = ngx_string("ETag");
static const ngx_str_t  rb_name_cache_control = ngx_string("Cache-Control");
static const ngx_str_t  rb_name_request_id = ngx_string("X-Request-Id");
static const ngx_str_t  rb_name_options = ngx_string("X-Content-Type-Options");
static const ngx_str_t  rb_nosniff = ngx_string("nosniff");
static const ngx_str_t  rb_name_allow_origin =
    ngx_string("Access-Control-Allow-Origin");
static const ngx_str_t  rb_any_origin = ngx_string("*");
static const ngx_str_t  rb_name_surrogate_key = ngx_string("Surrogate-Key");
static const ngx_str_t  rb_name_policy =
    ngx_string("Content-Security-Policy");
static const ngx_str_t  rb_name_referrer = ngx_string("Referrer-Policy");
static const ngx_str_t  rb_name_link = ngx_string("Link");
static const ngx_str_t  rb_name_age = ngx_string("Age");
static const ngx_str_t  rb_name_vary = ngx_string("Vary");
static const ngx_str_t  rb_accept_language_name =
    ngx_string("Accept-Language");
static const ngx_str_t  rb_name_language = ngx_string("Content-Language");
static const ngx_str_t  rb_name_location = ngx_string("Location");
static const ngx_str_t  rb_name_allow = ngx_string("Allow");
static const ngx_str_t  rb_name_accept_post = ngx_string("Accept-Post");
static const ngx_str_t  rb_name_retry_after = ngx_string("Retry-After");
static const ngx_str_t  rb_name_authenticate = ngx_string("WWW-Authenticate");
static const ngx_str_t  rb_bearer = ngx_string("Bearer realm=\"resortbite\"");
static const ngx_str_t  rb_name_replayed = ngx_string("Idempotency-Replayed");
static const ngx_str_t  rb_true = ngx_string("true");

/*
 * A public page has no script; JSON-LD is data, of which the policy says
 * nothing (HTML §4.12.1.1).  Resorts' photos may be anywhere.
 */

static const ngx_str_t  rb_public_policy =
    ngx_string("default-src 'none'; style-src 'self'; "
               "img-src 'self' https: data:; base-uri 'none'; "
               "frame-ancestors 'none'; form-action 'self'");
static const ngx_str_t  rb_public_referrer =
    ngx_string("strict-origin-when-cross-origin");

static const ngx_str_t  rb_languages[RB_LANG_COUNT] = {
    [RB_LANG_KO] = ngx_string("ko"),
    [RB_LANG_EN] = ngx_string("en")
};

static const ngx_str_t  rb_status_422 =
    ngx_string("422 Unprocessable Content");
static const ngx_str_t  rb_status_428 =
    ngx_string("428 Precondition Required");


void
rb_http_problem(rb_req_t *req, const rb_err_t *err)
{
    rb_reply_t         *reply, before;
    const rb_route_t   *route;

    reply = &req->reply;
    route = req->route;

    before = *reply;
    ngx_memzero(reply, sizeof(rb_reply_t));

    if (!before.broken) {
        reply->headers = before.headers;
        ngx_memcpy(reply->header, before.header, sizeof(before.header));
    }

    reply->status = err->problem->status;
    reply->cache_control = rb_no_store;
    reply->retry_after = err->retry_after;
    reply->allow = err->allow;
    reply->age = -1;
    reply->problem = 1;
    reply->finished = 1;

    if (err->authenticate.len && !(route && route->page)) {
        rb_reply_header(req, (char *) rb_name_authenticate.data,
                        &err->authenticate);
    }

    if (route && route->page) {
        rb_page_problem(req, err);

    } else if (route && route->oauth) {
        reply->type = rb_json_type;
        rb_problem_write_oauth(req, err);

    } else {
        reply->type = rb_problem_type;
        rb_problem_write(&reply->body, req->task.pool, err, req->lang,
                         &req->id);
    }
}


void
rb_http_options(rb_req_t *req, const ngx_str_t *allow)
{
    rb_reply_t  *reply;

    reply = &req->reply;

    ngx_memzero(reply, sizeof(rb_reply_t));

    reply->status = NGX_HTTP_NO_CONTENT;
    reply->cache_control = rb_no_store;
    reply->allow = *allow;
    reply->age = -1;
    reply->finished = 1;
}


ngx_int_t
rb_http_send(ngx_http_request_t *r, rb_req_t *req)
{
    rb_err_t          *err;
    rb_reply_t        *reply;
    rb_http_cached_t   out;

    if (r->header_sent) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "a second reply to one request");
        return NGX_ERROR;
    }

    err = rb_reply_finish(req);
    if (err != NULL) {
        rb_http_problem(req, err);
    }

    reply = &req->reply;

    if (reply->status == NGX_HTTP_OK && r->headers_in.if_match
        && r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)
        && !rb_http_if_match(r, &reply->etag))
    {
        rb_http_problem(req, &rb_err_precondition);
    }

    out.body.data = reply->body.start;
    out.body.len = rb_buf_len(&reply->body);
    out.type = reply->type;
    out.etag = reply->etag;
    out.link = reply->link;
    out.cache_control = reply->cache_control;
    out.surrogate_key.data = reply->keys;
    out.surrogate_key.len = (reply->status == NGX_HTTP_OK && req->route
                             && req->route->fresh)
                            ? reply->keys_len : 0;
    out.age = reply->age;
    out.lang = req->lang;
    out.public_page = req->route && rb_route_public_page(req->route);
    out.any_origin = req->route && req->route->any_origin;
    out.by_language = !out.public_page
                      && (reply->problem
                          || (req->route && (req->route->by_language
                                             || req->route->page)));

    if (reply->revised) {
        r->disable_not_modified = 1;
    }

#if (NGX_HTTP_GZIP)

    /* a secret beside what somebody else can choose: its length tells (BREACH,
     * RFC 7457 §2.6); and nginx makes the tag of what it compresses weak */

    if ((req->route && req->route->page && !out.public_page)
        || reply->strong)
    {
        r->gzip_tested = 1;
        r->gzip_ok = 0;
    }

#endif

    if (rb_http_out_reply(r, req) != NGX_OK) {
        return NGX_ERROR;
    }

    return rb_http_out(r, reply->status, &out, &req->id);
}


ngx_int_t
rb_http_send_cached(ngx_http_request_t *r, rb_http_cached_t *cached)
{
    ngx_str_t  id;

    if (r->headers_in.if_match && !rb_http_if_match(r, &cached->etag)) {
        return rb_http_precondition_failed(r);
    }

    if (rb_http_request_id(r, &id) != NGX_OK) {
        return NGX_ERROR;
    }

    return rb_http_out(r, NGX_HTTP_OK, cached, &id);
}


ngx_int_t
rb_http_sent_id(ngx_http_request_t *r, ngx_str_t *id)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.data == rb_name_request_id.data) {
                *id = h[i].value;
                return NGX_OK;
            }
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
rb_http_out(ngx_http_request_t *r, ngx_uint_t status, rb_http_cached_t *out,
    const ngx_str_t *id)
{
    ngx_int_t  rc;

    /* what was not read would be taken for the next request */

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    r->headers_in.if_match = NULL;
    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_unmodified_since = NULL;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        r->disable_not_modified = 1;
    }

    if (rb_http_out_headers(r, status, out, id) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return rb_http_out_body(r, &out->body);
}


static ngx_int_t
rb_http_out_headers(ngx_http_request_t *r, ngx_uint_t status,
    rb_http_cached_t *out, const ngx_str_t *id)
{
    r->headers_out.status = status;

    if (status == NGX_HTTP_NOT_MODIFIED || status == NGX_HTTP_NO_CONTENT) {
        r->header_only = 1;

    } else if (out->body.len == 0 && status == NGX_HTTP_SEE_OTHER) {
        r->headers_out.content_length_n = 0;

    } else {
        r->headers_out.content_length_n = out->body.len;
        r->headers_out.content_type = out->type.len ? out->type : rb_json_type;
        r->headers_out.content_type_len =
                                rb_http_type_len(&r->headers_out.content_type);
        r->headers_out.content_type_lowcase = NULL;
    }

    if (out->etag.len) {
        r->headers_out.etag = rb_http_push(r, &rb_name_etag, &out->etag);
        if (r->headers_out.etag == NULL) {
            return NGX_ERROR;
        }
    }

    if (rb_http_push_cache_control(r, &out->cache_control) != NGX_OK
        || rb_http_push_if(r, &rb_name_link, &out->link) != NGX_OK
        || rb_http_push_if(r, &rb_name_surrogate_key, &out->surrogate_key)
           != NGX_OK
        || rb_http_push(r, &rb_name_options, &rb_nosniff) == NULL
        || rb_http_push(r, &rb_name_request_id, id) == NULL)
    {
        return NGX_ERROR;
    }

    if (out->by_language
        && (rb_http_push(r, &rb_name_vary, &rb_accept_language_name) == NULL
            || rb_http_push(r, &rb_name_language, &rb_languages[out->lang])
               == NULL))
    {
        return NGX_ERROR;
    }

    if (out->public_page && rb_http_out_page(r, out->lang) != NGX_OK) {
        return NGX_ERROR;
    }

    if (out->any_origin
        && rb_http_push(r, &rb_name_allow_origin, &rb_any_origin) == NULL)
    {
        return NGX_ERROR;
    }

    return (out->age < 0) ? NGX_OK
                          : rb_http_push_number(r, &rb_name_age, out->age);
}


/* Without its parameters: what gzip_types and others of nginx compare. */

static size_t
rb_http_type_len(const ngx_str_t *type)
{
    size_t  len;

    for (len = 0; len < type->len && type->data[len] != ';'; len++) {
        /* void */
    }

    return len;
}


/* What every public page has, kept or just made, and its problems. */

static ngx_int_t
rb_http_out_page(ngx_http_request_t *r, rb_lang_e lang)
{
    if (rb_http_push(r, &rb_name_policy, &rb_public_policy) == NULL
        || rb_http_push(r, &rb_name_referrer, &rb_public_referrer) == NULL
        || rb_http_push(r, &rb_name_language, &rb_languages[lang]) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The fields that an answer out of the cache never has. */

static ngx_int_t
rb_http_out_reply(ngx_http_request_t *r, rb_req_t *req)
{
    ngx_uint_t   i, authenticate;
    rb_reply_t  *reply;

    reply = &req->reply;
    authenticate = 0;

    for (i = 0; i < reply->headers; i++) {

        if (rb_http_push(r, &reply->header[i].name, &reply->header[i].value)
            == NULL)
        {
            return NGX_ERROR;
        }

        authenticate |= (ngx_strcasecmp(reply->header[i].name.data,
                                        rb_name_authenticate.data) == 0);
    }

    if (rb_http_push_if(r, &rb_name_location, &reply->location) != NGX_OK
        || rb_http_push_if(r, &rb_name_allow, &reply->allow) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (reply->retry_after
        && rb_http_push_number(r, &rb_name_retry_after, reply->retry_after)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (reply->replayed
        && rb_http_push(r, &rb_name_replayed, &rb_true) == NULL)
    {
        return NGX_ERROR;
    }

    switch (reply->status) {

    case NGX_HTTP_UNAUTHORIZED:
        return (authenticate
                || rb_http_push(r, &rb_name_authenticate, &rb_bearer))
               ? NGX_OK : NGX_ERROR;

    case NGX_HTTP_UNSUPPORTED_MEDIA_TYPE:
        return (r->method != NGX_HTTP_POST
                || rb_http_push(r, &rb_name_accept_post,
                                (req->route && req->route->form)
                                ? &rb_form_type : &rb_json_type))
               ? NGX_OK : NGX_ERROR;

    case 422:
        /* nginx has no words for it */
        r->headers_out.status_line = rb_status_422;
        break;

    case 428:
        r->headers_out.status_line = rb_status_428;
        break;
    }

    return NGX_OK;
}


static ngx_int_t
rb_http_out_body(ngx_http_request_t *r, const ngx_str_t *body)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = body->len ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_uint_t
rb_http_if_match(ngx_http_request_t *r, const ngx_str_t *etag)
{
    ngx_table_elt_t  *h;

    h = r->headers_in.if_match;

#if (nginx_version >= 1023000)

    for ( /* void */ ; h; h = h->next) {
        if (rb_etag_listed(&h->value, etag, 0)) {
            return 1;
        }
    }

    return 0;

#else

    return rb_etag_listed(&h->value, etag, 0);

#endif
}


static ngx_int_t
rb_http_precondition_failed(ngx_http_request_t *r)
{
    rb_req_t  *req;

    req = rb_http_req_create(r);
    if (req == NULL) {
        return NGX_ERROR;
    }

    rb_http_problem(req, &rb_err_precondition);

    return rb_http_send(r, req);
}


static ngx_table_elt_t *
rb_http_push(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key = *name;
    h->value = *value;
    h->lowcase_key = NULL;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return h;
}


static ngx_int_t
rb_http_push_if(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t *value)
{
    return (value->len == 0 || rb_http_push(r, name, value)) ? NGX_OK
                                                             : NGX_ERROR;
}


static ngx_int_t
rb_http_push_number(ngx_http_request_t *r, const ngx_str_t *name,
    time_t number)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%T", number) - value.data;

    return rb_http_push(r, name, &value) ? NGX_OK : NGX_ERROR;
}


/* nginx keeps these apart too, for gzip_proxied and "expires". */

static ngx_int_t
rb_http_push_cache_control(ngx_http_request_t *r, const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

#if (nginx_version < 1023000)
    ngx_table_elt_t  **slot;
#endif

    if (value->len == 0) {
        return NGX_OK;
    }

    h = rb_http_push(r, &rb_name_cache_control, value);
    if (h == NULL) {
        return NGX_ERROR;
    }

#if (nginx_version >= 1023000)

    r->headers_out.cache_control = h;

#else

    if (r->headers_out.cache_control.elts == NULL
        && ngx_array_init(&r->headers_out.cache_control, r->pool, 1,
                          sizeof(ngx_table_elt_t *)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    slot = ngx_array_push(&r->headers_out.cache_control);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = h;

#endif

    return NGX_OK;
}
