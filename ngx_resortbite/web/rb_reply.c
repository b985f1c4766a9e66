
/*
 * Replies out of rows.
 *
 * A cursor holds the sort keys of the last row shown (a keyset: M. Winand,
 * "We need tool support for keyset pagination").  It is signed together with
 * the list that it came from: the route, the path, filters and order, in
 * canonical form.  Page size, fields and count may change between pages.
 *
 * An entity tag is a hash of the body's bytes, the same on every node, so a
 * client's copy stays good whichever node it asks next.
 */


#include "web/rb_req.h"
#include "web/rb_param.h"
#include "base/rb_hash.h"
#include "base/rb_time.h"
#include "base/rb_token.h"
#include <ngx_http.h>


/* All nodes must have the same. */

#define RB_ETAG_SEED        0x7265736f72746269ull
#define RB_TAG_SEED         0x7461672d73656564ull

#define RB_ETAG_SIZE        16
#define RB_ETAG_TEXT_MAX    (ngx_base64_encoded_length(RB_ETAG_SIZE) + 2)

#define RB_KEY_MAX          1024        /* bytes of one sort key */
#define RB_ROW_GUESS        512         /* bytes of one row in a list */

#define RB_CACHE_CONTROL_MAX                                                  \
    (sizeof("public, max-age=, s-maxage=, stale-while-revalidate=, "          \
            "stale-if-error=")                                                \
     + 4 * NGX_INT_T_LEN)


static uint64_t rb_reply_mask(rb_req_t *req);
static const rb_param_t *rb_cursor_param(const rb_req_t *req,
    ngx_uint_t *given);
static rb_err_t *rb_reply_next(rb_req_t *req, const rb_pg_rows_t *rows,
    ngx_uint_t row, ngx_uint_t keys, ngx_str_t *token);
static rb_err_t *rb_reply_link(rb_req_t *req, ngx_str_t *token);
static void rb_reply_link_to(rb_buf_t *b, rb_req_t *req, const char *rel,
    const ngx_str_t *name, const ngx_str_t *token);
static char *rb_cursor_purpose(rb_req_t *req);
static ngx_int_t rb_cursor_read(const ngx_str_t *payload, ngx_uint_t keys,
    ngx_str_t *keyset);
static ngx_uint_t rb_reply_line_break(const ngx_str_t *value);
static rb_err_t *rb_reply_etag(rb_req_t *req);
static rb_err_t *rb_reply_cache_control(rb_req_t *req);
static ngx_int_t rb_reply_public(ngx_pool_t *pool, const rb_route_t *route,
    ngx_uint_t shared, ngx_str_t *value);
static ngx_uint_t rb_reply_until_midnight(void);
static void rb_reply_keep_tag(rb_reply_t *reply);


ngx_uint_t  rb_reply_shared_age;


rb_err_t *
rb_reply_row(rb_req_t *req, const rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    rb_json_t   json;

    if (rows->count == 0) {
        return &rb_err_not_found;
    }

    err = rb_reply_json(req, req->route->success, &json);
    if (err != NULL) {
        return err;
    }

    rb_view_write(&json, req->route->view, rows, 0, rb_reply_mask(req));

    return rb_reply_finish(req);
}


rb_err_t *
rb_reply_revised(rb_req_t *req, const rb_pg_rows_t *rows, ngx_uint_t revision)
{
    u_char      *p;
    ngx_str_t    number;
    rb_reply_t  *reply;

    if (rows->count == 0) {
        return &rb_err_not_found;
    }

    reply = &req->reply;
    number = rb_pg_value(rows, 0, revision);

    p = ngx_pnalloc(req->task.pool, number.len + 2);
    if (p == NULL) {
        return &rb_err_internal;
    }

    reply->etag.data = p;
    reply->etag.len = ngx_sprintf(p, "\"%V\"", &number) - p;
    reply->revised = 1;

    return rb_reply_row(req, rows);
}


rb_err_t *
rb_reply_list(rb_req_t *req, const rb_pg_rows_t *rows, ngx_uint_t limit,
    ngx_uint_t keys, int64_t count)
{
    uint64_t     mask;
    rb_err_t    *err;
    ngx_str_t    token;
    rb_json_t    json;
    ngx_uint_t   i, shown;

    shown = ngx_min(rows->count, limit);
    mask = rb_reply_mask(req);

    err = rb_reply_next(req, rows, shown, keys, &token);
    if (err != NULL) {
        return err;
    }

    err = rb_reply_link(req, &token);
    if (err != NULL) {
        return err;
    }

    if (rb_buf_init(&req->reply.body, req->task.pool,
                    (shown + 1) * RB_ROW_GUESS) != NGX_OK)
    {
        return &rb_err_internal;
    }

    req->reply.status = req->route->success;
    rb_json_init(&json, &req->reply.body);

    rb_json_open(&json, '{');
    rb_json_key(&json, "items");
    rb_json_open(&json, '[');

    for (i = 0; i < shown; i++) {
        rb_view_write(&json, req->route->view, rows, i, mask);
    }

    rb_json_close(&json, ']');
    rb_json_key(&json, "next");

    if (token.len) {
        rb_json_str(&json, &token);

    } else {
        rb_json_null(&json);
    }

    if (count >= 0) {
        rb_json_key(&json, "count");
        rb_json_int(&json, count);
    }

    rb_json_close(&json, '}');

    return rb_reply_finish(req);
}


rb_err_t *
rb_reply_json(rb_req_t *req, ngx_uint_t status, rb_json_t *json)
{
    req->reply.status = status;

    if (rb_buf_init(&req->reply.body, req->task.pool, 4 * RB_ROW_GUESS)
        != NGX_OK)
    {
        return &rb_err_internal;
    }

    rb_json_init(json, &req->reply.body);

    return NULL;
}


rb_err_t *
rb_reply_redirect(rb_req_t *req, const ngx_str_t *location)
{
    req->reply.status = NGX_HTTP_SEE_OTHER;
    req->reply.location = *location;
    ngx_str_set(&req->reply.cache_control, "no-store");

    if (rb_reply_line_break(location)) {
        req->reply.broken = 1;
    }

    return NULL;
}


rb_err_t *
rb_reply_nothing(rb_req_t *req)
{
    req->reply.status = NGX_HTTP_NO_CONTENT;

    return NULL;
}


void
rb_reply_header(rb_req_t *req, const char *name, const ngx_str_t *value)
{
    size_t       len;
    ngx_uint_t   i;
    rb_reply_t  *reply;

    reply = &req->reply;
    len = ngx_strlen(name);
    i = reply->headers;

    if (ngx_strcmp(name, "Set-Cookie") != 0) {

        for (i = 0; i < reply->headers; i++) {
            if (reply->header[i].name.len == len
                && ngx_strncasecmp(reply->header[i].name.data,
                                   (u_char *) name, len) == 0)
            {
                break;
            }
        }
    }

    if (i == RB_REPLY_HEADERS_MAX || rb_reply_line_break(value)) {
        reply->broken = 1;
        return;
    }

    reply->header[i].name.data = (u_char *) name;
    reply->header[i].name.len = len;
    reply->header[i].value = *value;

    if (i == reply->headers) {
        reply->headers++;
    }
}


rb_err_t *
rb_reply_finish(rb_req_t *req)
{
    rb_err_t    *err;
    rb_reply_t  *reply;

    reply = &req->reply;

    if (reply->broken) {
        return &rb_err_internal;
    }

    if (reply->finished) {
        return NULL;
    }

    if (reply->body.failed) {
        return &rb_err_internal;
    }

    if (reply->status == 0) {
        reply->status = req->route->success ? req->route->success : 200;
    }

    if (reply->etag.len && req->route->roles != RB_ROLE_ANYONE) {
        rb_reply_keep_tag(reply);
    }

    if (req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD) && reply->status == 200
        && reply->etag.len == 0
        && (!req->route->page || rb_route_public_page(req->route)))
    {
        err = rb_reply_etag(req);
        if (err != NULL) {
            return err;
        }
    }

    if (reply->cache_control.len == 0) {
        err = rb_reply_cache_control(req);
        if (err != NULL) {
            return err;
        }
    }

    reply->finished = 1;

    return NULL;
}


rb_err_t *
rb_req_keyset(rb_req_t *req, const rb_value_t *cursor, ngx_uint_t keys,
    ngx_str_t *keyset)
{
    char         *purpose;
    ngx_int_t     rc;
    ngx_str_t     payload;
    ngx_uint_t    i, given;
    rb_params_t   ps;

    for (i = 0; i < keys; i++) {
        ngx_str_null(&keyset[i]);
    }

    if (cursor->text.data == NULL) {
        return NULL;
    }

    purpose = rb_cursor_purpose(req);
    if (purpose == NULL) {
        return &rb_err_internal;
    }

    ngx_memzero(&ps, sizeof(rb_params_t));
    ps.pool = req->task.pool;

    rc = rb_token_verify(ps.pool, purpose, &cursor->text, &payload);

    if (rc == NGX_OK) {
        rc = rb_cursor_read(&payload, keys, keyset);
    }

    if (rc == NGX_DECLINED) {
        rb_param_cursor_wrong(&ps, rb_cursor_param(req, &given));
        return ps.err;
    }

    return (rc == NGX_OK) ? NULL : &rb_err_internal;
}


void
rb_reply_tag(rb_req_t *req, const char *kind, const ngx_str_t *id)
{
    size_t        len;
    u_char       *p, text[256];
    uint32_t      hash;
    ngx_uint_t    i;
    rb_reply_t   *reply;

    reply = &req->reply;

    p = (id && id->len)
        ? ngx_snprintf(text, sizeof(text), "%s:%V", kind, id)
        : ngx_snprintf(text, sizeof(text), "%s", kind);

    hash = rb_tag_hash(text, p - text);

    for (i = 0; i < reply->tags; i++) {
        if (reply->tag[i] == hash) {
            return;
        }
    }

    len = p - text;

    if (reply->tags == RB_REPLY_TAGS_MAX
        || reply->keys_len + 1 + len > RB_REPLY_KEYS_MAX)
    {
        reply->uncached = 1;
        return;
    }

    reply->tag[reply->tags++] = hash;

    if (reply->keys_len) {
        reply->keys[reply->keys_len++] = ' ';
    }

    ngx_memcpy(reply->keys + reply->keys_len, text, len);
    reply->keys_len += len;
}


uint32_t
rb_tag_hash(const u_char *tag, size_t len)
{
    uint64_t  hash;

    hash = rb_hash64(tag, len, RB_TAG_SEED);

    return (uint32_t) (hash ^ hash >> 32);
}


static uint64_t
rb_reply_mask(rb_req_t *req)
{
    ngx_uint_t  i, n;

    n = rb_param_count(req->route->query);

    for (i = 0; i < n; i++) {
        if (req->route->query[i].type == RB_PARAM_FIELDS) {
            return req->query[i].set;
        }
    }

    return ~(uint64_t) 0;
}


static const rb_param_t *
rb_cursor_param(const rb_req_t *req, ngx_uint_t *given)
{
    ngx_uint_t  i, n;

    n = rb_param_count(req->route->query);
    *given = 0;

    for (i = 0; i < n; i++) {
        if (req->route->query[i].type == RB_PARAM_CURSOR) {
            *given = req->query[i].given;
            return &req->route->query[i];
        }
    }

    return NULL;
}


/* The cursor after this many rows; empty when there are no more. */

static rb_err_t *
rb_reply_next(rb_req_t *req, const rb_pg_rows_t *rows, ngx_uint_t shown,
    ngx_uint_t keys, ngx_str_t *token)
{
    char        *purpose;
    u_char       head[2];
    rb_buf_t     b;
    ngx_str_t    key, payload;
    ngx_uint_t   i, given;

    ngx_str_null(token);

    if (rows->count <= shown || shown == 0
        || rb_cursor_param(req, &given) == NULL)
    {
        return NULL;
    }

    purpose = rb_cursor_purpose(req);
    if (purpose == NULL) {
        return &rb_err_internal;
    }

    (void) rb_buf_init(&b, req->task.pool, 128);

    for (i = 0; i < keys; i++) {
        key = rb_pg_value(rows, shown - 1, rows->columns - keys + i);

        if (key.len > RB_KEY_MAX) {
            ngx_log_error(NGX_LOG_ERR, req->task.log, 0,
                          "sort key %ui of list \"%V\" is too long for a "
                          "cursor: %uz bytes", i, &req->route->name, key.len);
            return &rb_err_internal;
        }

        head[0] = (u_char) (key.data ? (key.len + 1) >> 8 : 0);
        head[1] = (u_char) (key.data ? (key.len + 1) & 0xff : 0);

        rb_buf_add(&b, head, 2);
        rb_buf_add_str(&b, &key);
    }

    if (b.failed) {
        return &rb_err_internal;
    }

    payload.data = b.start;
    payload.len = rb_buf_len(&b);

    return (rb_token_sign(req->task.pool, purpose, &payload, token) == NGX_OK)
           ? NULL : &rb_err_internal;
}


/* RFC 8288: the next page, and the first when this one isn't. */

static rb_err_t *
rb_reply_link(rb_req_t *req, ngx_str_t *token)
{
    rb_buf_t           b;
    ngx_uint_t         given;
    const rb_param_t  *cursor;

    cursor = rb_cursor_param(req, &given);

    if (token->len == 0 && !given) {
        return NULL;
    }

    (void) rb_buf_init(&b, req->task.pool, 512);

    if (token->len) {
        rb_reply_link_to(&b, req, "next", &cursor->name, token);
    }

    if (given) {
        if (token->len) {
            rb_buf_add_lit(&b, ", ");
        }

        rb_reply_link_to(&b, req, "first", NULL, NULL);
    }

    if (b.failed) {
        return &rb_err_internal;
    }

    req->reply.link.data = b.start;
    req->reply.link.len = rb_buf_len(&b);

    return NULL;
}


static void
rb_reply_link_to(rb_buf_t *b, rb_req_t *req, const char *rel,
    const ngx_str_t *name, const ngx_str_t *token)
{
    size_t  len;

    rb_buf_add_lit(b, "<");
    rb_path_write(b, req);

    len = rb_buf_len(b);
    rb_query_write(b, req, RB_QUERY_NOT_CURSOR);

    if (token) {
        rb_buf_add(b, (rb_buf_len(b) == len) ? "?" : "&", 1);
        rb_buf_add_str(b, name);
        rb_buf_add_lit(b, "=");
        rb_buf_add_str(b, token);
    }

    rb_buf_add_lit(b, ">; rel=\"");
    rb_buf_add(b, rel, ngx_strlen(rel));
    rb_buf_add_lit(b, "\"");
}


/* Each key is its length and one (two bytes; zero is NULL) and its bytes. */

static ngx_int_t
rb_cursor_read(const ngx_str_t *payload, ngx_uint_t keys, ngx_str_t *keyset)
{
    size_t       len;
    u_char      *p, *end;
    ngx_uint_t   i;

    p = payload->data;
    end = p + payload->len;

    for (i = 0; i < keys; i++) {

        if (end - p < 2) {
            return NGX_DECLINED;
        }

        len = p[0] << 8 | p[1];
        p += 2;

        if (len == 0) {
            continue;
        }

        if ((size_t) (end - p) < --len) {
            return NGX_DECLINED;
        }

        keyset[i].data = p;
        keyset[i].len = len;
        p += len;
    }

    return (p == end) ? NGX_OK : NGX_DECLINED;
}


/* What a cursor is signed for: "cursor jobs_list /api/v1/jobs?order=pay". */

static char *
rb_cursor_purpose(rb_req_t *req)
{
    rb_buf_t  b;

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_buf_add_lit(&b, "cursor ");
    rb_buf_add_str(&b, &req->route->name);
    rb_buf_add_lit(&b, " ");
    rb_path_write(&b, req);
    rb_query_write(&b, req, RB_QUERY_NOT_CURSOR|RB_QUERY_NOT_SHAPE);
    rb_buf_add(&b, "", 1);

    return b.failed ? NULL : (char *) b.start;
}


/*
 * The tag that a handler gives to what somebody may edit is for If-Match,
 * which has strong ones only (RFC 9110 §13.1.1): nobody is to compress the
 * answer, which would make it weak.
 */

static void
rb_reply_keep_tag(rb_reply_t *reply)
{
    static const ngx_str_t  kept = ngx_string("no-store");

    reply->strong = 1;

    if (reply->cache_control.len == kept.len
        && ngx_memcmp(reply->cache_control.data, kept.data, kept.len) == 0)
    {
        ngx_str_set(&reply->cache_control, "no-store, no-transform");
    }
}


/* What would end a header field, or is no part of any (RFC 9110 §5.5). */

static ngx_uint_t
rb_reply_line_break(const ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {

        if ((value->data[i] < 0x20 && value->data[i] != '\t')
            || value->data[i] == 0x7f)
        {
            return 1;
        }
    }

    return 0;
}


static rb_err_t *
rb_reply_etag(rb_req_t *req)
{
    size_t      len;
    u_char      raw[RB_ETAG_SIZE], *p;
    uint64_t    hash[2];
    ngx_str_t   from, to;

    len = rb_buf_len(&req->reply.body);

    rb_hash128(req->reply.body.start, len, RB_ETAG_SEED, hash);
    ngx_memcpy(raw, hash, RB_ETAG_SIZE);

    p = ngx_pnalloc(req->task.pool, RB_ETAG_TEXT_MAX);
    if (p == NULL) {
        return &rb_err_internal;
    }

    from.data = raw;
    from.len = RB_ETAG_SIZE;
    to.data = p + 1;

    ngx_encode_base64url(&to, &from);

    p[0] = '"';
    p[1 + to.len] = '"';

    req->reply.etag.data = p;
    req->reply.etag.len = to.len + 2;

    return NULL;
}


/*
 * Public answers say for how long, and until when an old one may serve.
 * s-maxage alone would forbid that to shared caches (RFC 9111 §5.2.2.10);
 * what allows it says so by name (RFC 5861 §3, §4), which they go by.  What
 * has no tag can't be taken back from them, so it is kept no longer there.
 * Posts end with the day: no row changes then, so no purge tells of it.
 */

static rb_err_t *
rb_reply_cache_control(rb_req_t *req)
{
    ngx_str_t         *value;
    ngx_uint_t         shared;
    const rb_route_t  *route;

    route = req->route;
    value = &req->reply.cache_control;

    if (!(req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || req->reply.status != 200
        || (route->fresh == 0 && (route->oauth || route->page)))
    {
        ngx_str_set(value, "no-store");
        return NULL;
    }

    if (route->fresh == 0) {
        ngx_str_set(value, "private, no-cache");
        return NULL;
    }

    shared = (rb_reply_shared_age && req->reply.tags && !req->reply.uncached)
             ? ngx_min(rb_reply_shared_age, rb_reply_until_midnight())
             : route->fresh;

    return rb_reply_public(req->task.pool, route, shared, value) == NGX_OK
           ? NULL : &rb_err_internal;
}


static ngx_int_t
rb_reply_public(ngx_pool_t *pool, const rb_route_t *route, ngx_uint_t shared,
    ngx_str_t *value)
{
    u_char  *p, *last;

    p = ngx_pnalloc(pool, RB_CACHE_CONTROL_MAX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = p + RB_CACHE_CONTROL_MAX;
    value->data = p;

    p = ngx_slprintf(p, last, "public, max-age=%ui, s-maxage=%ui",
                     route->fresh, shared);

    if (route->stale_while_revalidate) {
        p = ngx_slprintf(p, last, ", stale-while-revalidate=%ui",
                         route->stale_while_revalidate);
    }

    if (route->stale_if_error) {
        p = ngx_slprintf(p, last, ", stale-if-error=%ui",
                         route->stale_if_error);
    }

    value->len = p - value->data;

    return NGX_OK;
}


/* Whole seconds, in Seoul. */

static ngx_uint_t
rb_reply_until_midnight(void)
{
    int64_t  day, now;

    day = 86400 * INT64_C(1000000);
    now = rb_time_now() + RB_SEOUL_OFFSET_SECONDS * INT64_C(1000000);

    return (ngx_uint_t) ((day - now % day) / 1000000);
}


void
rb_reply_unshare(ngx_pool_t *pool, const rb_route_t *route,
    ngx_str_t *cache_control)
{
    if (route->fresh == 0 || cache_control->len < sizeof("public,") - 1
        || ngx_strncmp(cache_control->data, "public,", sizeof("public,") - 1)
           != 0)
    {
        return;
    }

    if (rb_reply_public(pool, route, route->fresh, cache_control) != NGX_OK) {
        ngx_str_set(cache_control, "no-store");
    }
}
