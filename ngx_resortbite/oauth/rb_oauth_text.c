
/*
 * Lists, redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1),
 * secrets.
 */


#include "oauth/rb_oauth_rules.h"
#include "base/rb_uuid.h"
#include "crypto/rb_crypto.h"


/* Of an http or https URI, slices; port with its colon, or empty. */

typedef struct {
    ngx_str_t     host;
    ngx_str_t     port;
    ngx_str_t     rest;                 /* path and query */
} rb_oauth_uri_t;


static ngx_uint_t rb_oauth_uri_cut(const ngx_str_t *uri, const char *scheme,
    rb_oauth_uri_t *parts);
static ngx_uint_t rb_oauth_loopback(const ngx_str_t *uri,
    rb_oauth_uri_t *parts);
static ngx_uint_t rb_oauth_private_scheme(const ngx_str_t *uri);


ngx_uint_t
rb_oauth_next(const ngx_str_t *list, size_t *at, ngx_str_t *item)
{
    size_t  i, start;

    for (i = *at; i < list->len && list->data[i] == ' '; i++) {
        /* void */
    }

    for (start = i; i < list->len && list->data[i] != ' '; i++) {
        /* void */
    }

    item->data = list->data + start;
    item->len = i - start;
    *at = i;

    return item->len != 0;
}


ngx_uint_t
rb_oauth_has(const ngx_str_t *list, const ngx_str_t *item)
{
    size_t     at;
    ngx_str_t  one;

    at = 0;

    while (rb_oauth_next(list, &at, &one)) {
        if (one.len == item->len
            && ngx_memcmp(one.data, item->data, one.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
rb_oauth_within(const ngx_str_t *list, const ngx_str_t *items)
{
    size_t     at;
    ngx_str_t  one;

    at = 0;

    while (rb_oauth_next(items, &at, &one)) {
        if (!rb_oauth_has(list, &one)) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
rb_oauth_is(const ngx_str_t *text, const char *what)
{
    return text->len == ngx_strlen(what)
           && ngx_memcmp(text->data, what, text->len) == 0;
}


const char *
rb_oauth_uri_fault(const ngx_str_t *uri)
{
    size_t          i;
    rb_oauth_uri_t  parts;

    if (uri->len > RB_OAUTH_URI_LEN) {
        return "too_long";
    }

    for (i = 0; i < uri->len; i++) {
        if (uri->data[i] <= ' ' || uri->data[i] >= 0x7f
            || ngx_strchr("\"<>\\^`{|}*", uri->data[i]))
        {
            return "bad_character";
        }

        if (uri->data[i] == '#') {
            return "has_fragment";
        }
    }

    if (rb_oauth_uri_cut(uri, "https://", &parts)
        || rb_oauth_loopback(uri, &parts)
        || rb_oauth_private_scheme(uri))
    {
        return NULL;
    }

    return "not_https";
}


ngx_uint_t
rb_oauth_uri_known(const rb_oauth_client_t *client, const ngx_str_t *uri)
{
    size_t          at;
    ngx_str_t       one;
    rb_oauth_uri_t  asked, known;

    if (rb_oauth_has(&client->redirect_uris, uri)) {
        return 1;
    }

    /* a native application listens on the port that it was given (RFC 8252
     * §7.3) */

    if (!rb_oauth_is(&client->auth_method, "none")
        || rb_oauth_uri_fault(uri) != NULL
        || !rb_oauth_loopback(uri, &asked)
        || rb_oauth_is(&asked.host, "localhost"))
    {
        return 0;
    }

    at = 0;

    while (rb_oauth_next(&client->redirect_uris, &at, &one)) {
        if (rb_oauth_loopback(&one, &known)
            && rb_same(&known.host, &asked.host)
            && rb_same(&known.rest, &asked.rest))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
rb_oauth_uri_cut(const ngx_str_t *uri, const char *scheme,
    rb_oauth_uri_t *parts)
{
    size_t   n;
    u_char  *p, *end;

    n = ngx_strlen(scheme);

    if (uri->len <= n || ngx_strncmp(uri->data, scheme, n) != 0) {
        return 0;
    }

    end = uri->data + uri->len;
    parts->host.data = uri->data + n;

    for (p = parts->host.data; p < end && *p != '/' && *p != '?'; p++) {
        if (*p == '@' || *p == '%') {
            return 0;
        }
    }

    parts->rest.data = p;
    parts->rest.len = end - p;

    /* the port follows the last colon, but for those within [::1] */

    while (p > parts->host.data && p[-1] >= '0' && p[-1] <= '9') {
        p--;
    }

    if (p > parts->host.data && p[-1] == ':'
        && (p - 1 == parts->host.data || p[-2] != ':'))
    {
        p--;

    } else {
        p = parts->rest.data;
    }

    parts->host.len = p - parts->host.data;
    parts->port.data = p;
    parts->port.len = parts->rest.data - p;

    return parts->host.len != 0 && parts->port.len != 1
           && parts->port.len <= sizeof(":65535") - 1;
}


static ngx_uint_t
rb_oauth_loopback(const ngx_str_t *uri, rb_oauth_uri_t *parts)
{
    return rb_oauth_uri_cut(uri, "http://", parts)
           && (rb_oauth_is(&parts->host, "127.0.0.1")
               || rb_oauth_is(&parts->host, "[::1]")
               || rb_oauth_is(&parts->host, "localhost"));
}


/* A domain turned around, "com.example.app:/cb" (RFC 8252 §7.1). */

static ngx_uint_t
rb_oauth_private_scheme(const ngx_str_t *uri)
{
    u_char      c;
    size_t      i;
    ngx_uint_t  dots;

    dots = 0;

    for (i = 0; i < uri->len && uri->data[i] != ':'; i++) {
        c = uri->data[i];

        if (c == '.') {
            dots++;
        }

        if ((c < 'a' || c > 'z')
            && (i == 0 || ((c < '0' || c > '9') && c != '.' && c != '-')))
        {
            return 0;
        }
    }

    return dots && i + 1 < uri->len && uri->data[i - 1] != '.';
}


void
rb_oauth_add_param(rb_buf_t *b, const char *name, const ngx_str_t *value)
{
    size_t       i;
    u_char       c, sep;

    static const char  hex[] = "0123456789ABCDEF";

    sep = '&';

    if (ngx_strlchr(b->start, b->last, '?') == NULL) {
        sep = '?';

    } else if (b->last[-1] == '?' || b->last[-1] == '&') {
        sep = 0;
    }

    if (sep) {
        rb_buf_add(b, &sep, 1);
    }

    rb_buf_add(b, name, ngx_strlen(name));
    rb_buf_add_lit(b, "=");

    for (i = 0; i < value->len; i++) {
        c = value->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
            || c == '~')
        {
            rb_buf_add(b, &c, 1);
            continue;
        }

        rb_buf_add_lit(b, "%");
        rb_buf_add(b, &hex[c >> 4], 1);
        rb_buf_add(b, &hex[c & 15], 1);
    }
}


rb_err_t *
rb_oauth_secret(ngx_pool_t *pool, ngx_str_t *secret, ngx_str_t *hash)
{
    secret->len = RB_SECRET_TEXT_LEN;
    secret->data = ngx_pnalloc(pool, RB_SECRET_TEXT_LEN);

    if (secret->data == NULL || rb_random_text(secret->data) != NGX_OK) {
        return &rb_err_internal;
    }

    *hash = rb_hash_param(pool, secret);

    return hash->data ? NULL : &rb_err_internal;
}


rb_err_t *
rb_oauth_uuid(ngx_pool_t *pool, ngx_str_t *id)
{
    id->len = RB_UUID_LEN;
    id->data = ngx_pnalloc(pool, RB_UUID_LEN);

    if (id->data == NULL || rb_uuid_v7(id->data) != NGX_OK) {
        return &rb_err_internal;
    }

    return NULL;
}


ngx_str_t
rb_oauth_address(ngx_pool_t *pool, const rb_origin_t *origin)
{
    return rb_bytea(pool, origin->caller, sizeof(origin->caller));
}
