
/*
 * Reading a request.
 *
 * A body is only ever taken from memory.  A location that serves us has
 * buffers as large as the largest body (rb_http_body_conf()), so that one
 * which nginx put into a file is too large by that alone.
 */


#include "web/rb_http_fields.h"
#include "web/rb_body.h"
#include "web/rb_form.h"
#include "web/rb_negotiate.h"
#include "web/rb_param.h"
#include "base/rb_token.h"
#include "base/rb_uuid.h"


/* Has a space, so that no URI a client can send ends like it. */

#define RB_HTTP_EN_MARK     " en"

#define RB_HTTP_LANG_COOKIE      "__Host-rb_lang"
#define RB_HTTP_LANG_ATTRIBUTES  "; Path=/; Max-Age=31536000; Secure; "       \
                                 "HttpOnly; SameSite=Lax"


static void rb_http_own_language(rb_req_t *req);
static rb_err_t *rb_http_check_params(rb_req_t *req, const ngx_str_t *texts);
static rb_err_t *rb_http_check_body(rb_req_t *req, ngx_http_request_t *r);
static rb_err_t *rb_http_check_key(rb_req_t *req, ngx_http_request_t *r);
static rb_err_t *rb_http_take_body(rb_req_t *req, ngx_http_request_t *r);


rb_err_define(rb_err_not_acceptable_page, 406, "not_acceptable",
    "이 주소는 웹 페이지입니다. Accept 헤더에 text/html을 포함해 주세요.",
    "This address is a web page. Include text/html in the Accept header.");

rb_err_define(rb_err_not_a_form, 415, "unsupported_media_type",
    "지원하지 않는 형식입니다. Content-Type을 "
    "application/x-www-form-urlencoded로 하고 압축하지 않은 폼을 보내 주세요.",
    "This format is not supported. Send an uncompressed form with the "
    "Content-Type application/x-www-form-urlencoded.");


rb_req_t *
rb_http_req_create(ngx_http_request_t *r)
{
    rb_req_t  *req;

    req = ngx_pcalloc(r->pool, sizeof(rb_req_t));
    if (req == NULL) {
        return NULL;
    }

    req->task.pool = r->pool;
    req->task.log = r->connection->log;
    req->http = r;
    req->method = r->method;
    req->args = r->args;
    req->lang = rb_http_language(r);
    req->reply.age = -1;

    (void) rb_http_traceparent(r, &req->traceparent);

    if (rb_http_request_id(r, &req->id) != NGX_OK) {
        return NULL;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        && rb_http_caller(req) != NGX_OK)
    {
        return NULL;
    }

    return req;
}


ngx_int_t
rb_http_uri(ngx_http_request_t *r, ngx_str_t *uri)
{
    u_char      *p;
    uintptr_t    escape;
    ngx_str_t   *raw;

    raw = &r->unparsed_uri;

    /* "set $args" leaves the raw URI valid, but the query is another then */

    if (r->valid_unparsed_uri && r == r->main
        && (r->args.len
            ? r->args.data + r->args.len == raw->data + raw->len
            : ngx_strlchr(raw->data, raw->data + raw->len, '?') == NULL))
    {
        *uri = *raw;
        return NGX_OK;
    }

    escape = ngx_escape_uri(NULL, r->uri.data, r->uri.len, NGX_ESCAPE_URI);

    uri->len = r->uri.len + 2 * escape + (r->args.len ? 1 + r->args.len : 0);
    uri->data = ngx_pnalloc(r->pool, uri->len);

    if (uri->data == NULL) {
        return NGX_ERROR;
    }

    p = (u_char *) ngx_escape_uri(uri->data, r->uri.data, r->uri.len,
                                  NGX_ESCAPE_URI);

    if (r->args.len) {
        *p++ = '?';
        ngx_memcpy(p, r->args.data, r->args.len);
    }

    return NGX_OK;
}


rb_err_t *
rb_http_check(rb_req_t *req, const ngx_str_t *path_values)
{
    rb_err_t            *err;
    ngx_http_request_t  *r;

    r = req->http;

    /* what isn't made from a view (metrics, the API's description) comes in
     * one type, whatever was asked for */

    if (r && req->route->page) {

        if (rb_route_public_page(req->route)) {
            rb_http_own_language(req);

        } else {
            rb_http_page_language(req);
        }

        if (!rb_http_accepts_html(r)) {
            return &rb_err_not_acceptable_page;
        }

    } else if (r && req->route->view && !rb_http_accepts_json(r)) {
        return &rb_err_not_acceptable;
    }

    err = rb_http_check_params(req, path_values);

    if (err == NULL && r && (req->route->body || req->route->form)) {
        err = rb_http_check_body(req, r);
    }

    if (err == NULL && r && req->route->idempotent) {
        err = rb_http_check_key(req, r);
    }

    if (err == NULL && r && (req->route->if_match || req->route->may_match)) {
        err = rb_http_check_match(req, r);
    }

    return err;
}


rb_err_t *
rb_http_read_body(rb_req_t *req)
{
    rb_err_t  *err;

    if (req->route->body || req->route->form) {

        err = rb_http_take_body(req, req->http);
        if (err != NULL) {
            return err;
        }

        err = req->route->form ? rb_form_parse(req) : rb_body_parse(req);

        if (err && err->fields && req->route->redisplays) {
            req->wrong = err;

        } else if (err) {
            return err;
        }
    }

    return req->route->idempotent ? rb_body_hash(req) : NULL;
}


rb_err_t *
rb_http_cache_key(rb_req_t *req, ngx_str_t *key)
{
    rb_buf_t  b;

    (void) rb_buf_init(&b, req->task.pool,
                       req->route->path.len + req->args.len + 64);

    rb_path_write(&b, req);
    rb_query_write(&b, req, 0);

    if (req->route->by_language && req->lang == RB_LANG_EN) {
        rb_buf_add_lit(&b, RB_HTTP_EN_MARK);
    }

    if (b.failed) {
        return &rb_err_internal;
    }

    key->data = b.start;
    key->len = rb_buf_len(&b);

    return NULL;
}


rb_req_t *
rb_http_req_from_key(ngx_pool_t *pool, ngx_log_t *log,
    const rb_router_t *router, const ngx_str_t *key)
{
    size_t      mark;
    u_char     *query;
    rb_req_t   *req;
    ngx_str_t   path, allow, values[RB_PATH_PARAMS_MAX];

    ngx_memzero(values, sizeof(values));

    req = ngx_pcalloc(pool, sizeof(rb_req_t) + RB_UUID_LEN);
    if (req == NULL) {
        return NULL;
    }

    req->task.pool = pool;
    req->task.log = log;
    req->task.background = 1;
    req->method = NGX_HTTP_GET;
    req->reply.age = -1;

    req->id.data = (u_char *) (req + 1);
    req->id.len = RB_UUID_LEN;

    if (rb_uuid_v7(req->id.data) != NGX_OK) {
        return NULL;
    }

    path = *key;
    mark = sizeof(RB_HTTP_EN_MARK) - 1;

    if (path.len > mark
        && ngx_memcmp(path.data + path.len - mark, RB_HTTP_EN_MARK, mark) == 0)
    {
        path.len -= mark;
        req->lang = RB_LANG_EN;
    }

    query = ngx_strlchr(path.data, path.data + path.len, '?');

    if (query) {
        req->args.data = query + 1;
        req->args.len = path.data + path.len - req->args.data;
        path.len = query - path.data;
    }

    if (rb_router_match(router, NGX_HTTP_GET, &path, &req->route,
                        &req->route_index, values, &allow) != NGX_OK)
    {
        return NULL;
    }

    if (rb_route_public_page(req->route)) {
        rb_http_own_language(req);
    }

    return rb_http_check_params(req, values) ? NULL : req;
}


/* A public page's: two pages in two languages have two addresses. */

static void
rb_http_own_language(rb_req_t *req)
{
    req->lang = req->route->english ? RB_LANG_EN : RB_LANG_KO;
}


/*
 * A page's language is that of ?lang=, which the switch on each page is made
 * of, or of an application's ui_locales; a cookie keeps it.  Else it is the
 * cookie's, else the browser's.
 */

void
rb_http_page_language(rb_req_t *req)
{
    ngx_str_t   value, cookie;
    ngx_uint_t  i;

    static const struct {
        ngx_str_t  name;
        ngx_str_t  cookie;
    } languages[RB_LANG_COUNT] = {
        [RB_LANG_KO] = { ngx_string("ko"),
                         ngx_string(RB_HTTP_LANG_COOKIE "=ko"
                                    RB_HTTP_LANG_ATTRIBUTES) },
        [RB_LANG_EN] = { ngx_string("en"),
                         ngx_string(RB_HTTP_LANG_COOKIE "=en"
                                    RB_HTTP_LANG_ATTRIBUTES) }
    };

    if (ngx_http_arg(req->http, (u_char *) "lang", 4, &value) != NGX_OK
        && ngx_http_arg(req->http, (u_char *) "ui_locales", 10, &value)
           != NGX_OK)
    {
        value.len = 0;
    }

    /* of several (OpenID Connect §3.1.2.1) the first: "en-GB ko" */

    value.len = ngx_min(value.len, 2);

    cookie = rb_http_cookie(req, RB_HTTP_LANG_COOKIE);

    for (i = 0; i < RB_LANG_COUNT; i++) {

        if (value.len == languages[i].name.len
            && ngx_memcmp(value.data, languages[i].name.data, value.len) == 0)
        {
            req->lang = i;
            rb_reply_header(req, "Set-Cookie", &languages[i].cookie);
            return;
        }

        if (cookie.len == languages[i].name.len
            && ngx_memcmp(cookie.data, languages[i].name.data, cookie.len)
               == 0)
        {
            req->lang = i;
        }
    }
}


static rb_err_t *
rb_http_check_params(rb_req_t *req, const ngx_str_t *texts)
{
    ngx_uint_t   n;
    rb_params_t  ps;

    ngx_memzero(&ps, sizeof(rb_params_t));
    ps.pool = req->task.pool;
    ps.view = req->route->view;

    n = rb_param_count(req->route->query);

    if (n) {
        req->query = ngx_palloc(ps.pool, n * sizeof(rb_value_t));
        if (req->query == NULL) {
            return &rb_err_internal;
        }
    }

    rb_path_parse(&ps, req->route, texts, req->path);

    /* to who follows a link it is all one what is wrong with it */

    if (ps.err && ps.err->fields && rb_route_public_page(req->route)) {
        return &rb_err_not_found;
    }

    rb_query_parse(&ps, req->route, &req->args, req->query);

    return ps.err;
}


static rb_err_t *
rb_http_check_body(rb_req_t *req, ngx_http_request_t *r)
{
    rb_err_t   *unsupported;
    ngx_str_t   value, *type;

    static const ngx_str_t  encoding = ngx_string("content-encoding");

    if (r->headers_in.content_length_n > RB_HTTP_BODY_MAX) {

        /* not asked for: who waits for 100 (Continue) need not send it */

        if (!r->expect_tested && r->headers_in.expect) {
            r->expect_tested = 1;
            r->keepalive = 0;
        }

        return &rb_err_too_large;
    }

    unsupported = req->route->form ? &rb_err_not_a_form
                                   : &rb_err_unsupported_type;

    if (rb_http_find(r, &encoding, &value)
        && !(value.len == 8
             && ngx_strncasecmp(value.data, (u_char *) "identity", 8) == 0))
    {
        return unsupported;
    }

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NULL;
    }

    if (r->headers_in.content_type == NULL) {
        return unsupported;
    }

    type = &r->headers_in.content_type->value;

    return (req->route->form ? rb_content_type_form(type)
                             : rb_content_type_json(type)) ? NULL
                                                           : unsupported;
}


static rb_err_t *
rb_http_check_key(rb_req_t *req, ngx_http_request_t *r)
{
    ngx_str_t  value, field;

    static const ngx_str_t  name = ngx_string("idempotency-key");

    if (!rb_http_find(r, &name, &value)) {
        return NULL;
    }

    switch (rb_idempotency_key(req->task.pool, &value, &req->idempotency_key))
    {

    case NGX_OK:
        return NULL;

    case NGX_DECLINED:
        ngx_str_null(&req->idempotency_key);
        ngx_str_set(&field, "Idempotency-Key");

        return rb_err_add_field(NULL, req->task.pool, &field, "invalid_key",
                                "공백 없는 ASCII 문자 1~255자여야 합니다. "
                                "요청마다 새 UUID를 쓰는 것이 좋습니다.",
                                "must be 1 to 255 visible ASCII characters. "
                                "A new UUID for each request does well.");

    default:
        return &rb_err_internal;
    }
}


static rb_err_t *
rb_http_take_body(rb_req_t *req, ngx_http_request_t *r)
{
    size_t        len;
    u_char       *p;
    ngx_chain_t  *cl, *bufs;

    bufs = r->request_body ? r->request_body->bufs : NULL;
    len = 0;

    for (cl = bufs; cl; cl = cl->next) {

        if (cl->buf->in_file) {
            return &rb_err_too_large;
        }

        len += cl->buf->last - cl->buf->pos;
    }

    if (len > RB_HTTP_BODY_MAX) {
        return &rb_err_too_large;
    }

    if (bufs == NULL) {
        return NULL;
    }

    req->raw_body.len = len;

    if (bufs->next == NULL) {
        req->raw_body.data = bufs->buf->pos;
        return NULL;
    }

    p = ngx_pnalloc(req->task.pool, len);
    if (p == NULL) {
        return &rb_err_internal;
    }

    req->raw_body.data = p;

    for (cl = bufs; cl; cl = cl->next) {
        p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
    }

    return NULL;
}
