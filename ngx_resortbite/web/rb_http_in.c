
/*
 * Reading a request.
 *
 * Header fields that nginx doesn't know are looked for by walking its list:
 * there are a dozen, and the length of the name rules out nearly all of them
 * at once.
 *
 * A body is only ever taken from memory.  A location that serves us has
 * buffers as large as the largest body (rb_http_body_conf()), so that one
 * which nginx put into a file is too large by that alone.
 */


#include "web/rb_http.h"
#include "web/rb_body.h"
#include "web/rb_negotiate.h"
#include "web/rb_param.h"
#include "base/rb_token.h"
#include "base/rb_uuid.h"


/* Lines of one name that are read; joining them copies. */

#define RB_HTTP_LINES_MAX   8

/* Has a space, so that no URI a client can send ends like it. */

#define RB_HTTP_EN_MARK     " en"


static ngx_uint_t rb_http_find(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_str_t *value);
static rb_err_t *rb_http_check_params(rb_req_t *req, const ngx_str_t *texts);
static rb_err_t *rb_http_check_body(rb_req_t *req, ngx_http_request_t *r);
static rb_err_t *rb_http_check_key(rb_req_t *req, ngx_http_request_t *r);
static rb_err_t *rb_http_take_body(rb_req_t *req, ngx_http_request_t *r);


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


rb_lang_e
rb_http_language(ngx_http_request_t *r)
{
    ngx_str_t  value;

    static const ngx_str_t  name = ngx_string("accept-language");

    return rb_http_find(r, &name, &value) ? rb_accept_language(&value)
                                          : RB_LANG_KO;
}


ngx_uint_t
rb_http_accepts_json(ngx_http_request_t *r)
{
    ngx_str_t  value;

    static const ngx_str_t  name = ngx_string("accept");

    if (!rb_http_find(r, &name, &value)
        || (value.len == 3 && ngx_memcmp(value.data, "*/*", 3) == 0))
    {
        return 1;
    }

    return rb_accept_json(&value);
}


ngx_int_t
rb_http_caller(rb_req_t *req)
{
    size_t               len;
    u_char               address[9];
    ngx_http_request_t  *r;
    struct sockaddr_in  *sin;

#if (NGX_HAVE_INET6)
    struct in6_addr     *in6;
#endif

    r = req->http;
    address[0] = 'u';
    len = 1;

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        address[0] = '4';
        ngx_memcpy(address + 1, &sin->sin_addr, 4);
        len = 5;
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        in6 = &((struct sockaddr_in6 *) r->connection->sockaddr)->sin6_addr;

        if (IN6_IS_ADDR_V4MAPPED(in6)) {
            address[0] = '4';
            ngx_memcpy(address + 1, &in6->s6_addr[12], 4);
            len = 5;
            break;
        }

        address[0] = '6';
        ngx_memcpy(address + 1, in6->s6_addr, 8);
        len = 9;
        break;
#endif
    }

    return rb_token_mac("caller", address, len, req->caller);
}


ngx_int_t
rb_http_request_id(ngx_http_request_t *r, ngx_str_t *id)
{
    static const ngx_str_t  name = ngx_string("x-request-id");

    if (rb_http_find(r, &name, id) && rb_request_id_valid(id)) {
        return NGX_OK;
    }

    id->data = ngx_pnalloc(r->pool, RB_UUID_LEN);
    if (id->data == NULL) {
        return NGX_ERROR;
    }

    id->len = RB_UUID_LEN;

    return rb_uuid_v7(id->data);
}


ngx_int_t
rb_http_traceparent(ngx_http_request_t *r, ngx_str_t *value)
{
    static const ngx_str_t  name = ngx_string("traceparent");

    if (rb_http_find(r, &name, value) && rb_traceparent_valid(value)) {
        return NGX_OK;
    }

    ngx_str_null(value);

    return NGX_DECLINED;
}


rb_err_t *
rb_http_check(rb_req_t *req, const ngx_str_t *path_values)
{
    rb_err_t            *err;
    ngx_http_request_t  *r;

    r = req->http;

    /* what isn't made from a view (metrics, the API's description) comes in
     * one type, whatever was asked for */

    if (r && req->route->view && !rb_http_accepts_json(r)) {
        return &rb_err_not_acceptable;
    }

    err = rb_http_check_params(req, path_values);

    if (err == NULL && r && req->route->body) {
        err = rb_http_check_body(req, r);
    }

    if (err == NULL && r && req->route->idempotent) {
        err = rb_http_check_key(req, r);
    }

    return err;
}


rb_err_t *
rb_http_read_body(rb_req_t *req)
{
    rb_err_t  *err;

    if (req->route->body) {

        err = rb_http_take_body(req, req->http);
        if (err != NULL) {
            return err;
        }

        err = rb_body_parse(req);
        if (err != NULL) {
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
                        &req->route_index, values, &allow) != NGX_OK
        || rb_http_check_params(req, values) != NULL)
    {
        return NULL;
    }

    return req;
}


/*
 * Finds a field by its name in lower case.  Several lines of one name are one
 * list (RFC 9110 §5.3); all but the first are of no use to a field that isn't
 * a list, and joined they make it an invalid one.
 */

static ngx_uint_t
rb_http_find(ngx_http_request_t *r, const ngx_str_t *name, ngx_str_t *value)
{
    u_char           *p;
    ngx_uint_t        i, found;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    found = 0;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i == part->nelts) {
            part = part->next;
            if (part == NULL) {
                return found;
            }

            h = part->elts;
            i = 0;
        }

        if (h[i].key.len != name->len || h[i].hash == 0
            || ngx_memcmp(h[i].lowcase_key, name->data, name->len) != 0)
        {
            continue;
        }

        if (found++ == 0) {
            *value = h[i].value;
            continue;
        }

        if (found > RB_HTTP_LINES_MAX) {
            return found;
        }

        p = ngx_pnalloc(r->pool, value->len + 2 + h[i].value.len);
        if (p == NULL) {
            return found;
        }

        value->len = ngx_sprintf(p, "%V, %V", value, &h[i].value) - p;
        value->data = p;
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
    rb_query_parse(&ps, req->route, &req->args, req->query);

    return ps.err;
}


static rb_err_t *
rb_http_check_body(rb_req_t *req, ngx_http_request_t *r)
{
    ngx_str_t  value;

    static const ngx_str_t  encoding = ngx_string("content-encoding");

    if (r->headers_in.content_length_n > RB_HTTP_BODY_MAX) {

        /* not asked for: who waits for 100 (Continue) need not send it */

        if (!r->expect_tested && r->headers_in.expect) {
            r->expect_tested = 1;
            r->keepalive = 0;
        }

        return &rb_err_too_large;
    }

    if (rb_http_find(r, &encoding, &value)
        && !(value.len == 8
             && ngx_strncasecmp(value.data, (u_char *) "identity", 8) == 0))
    {
        return &rb_err_unsupported_type;
    }

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NULL;
    }

    if (r->headers_in.content_type == NULL
        || !rb_content_type_json(&r->headers_in.content_type->value))
    {
        return &rb_err_unsupported_type;
    }

    return NULL;
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
