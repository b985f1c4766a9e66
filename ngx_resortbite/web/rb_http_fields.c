
/*
 * Header fields that nginx doesn't know are looked for by walking its list:
 * there are a dozen, and the length of the name rules out nearly all of them
 * at once.
 */


#include "web/rb_http_fields.h"
#include "web/rb_negotiate.h"
#include "base/rb_token.h"
#include "base/rb_uuid.h"


/* Lines of one name that are read; joining them copies. */

#define RB_HTTP_LINES_MAX   8


#define rb_http_lines_init(lines, r)                                          \
    (lines)->part = &((ngx_http_request_t *) (r))->headers_in.headers.part;   \
    (lines)->i = 0


typedef struct {
    ngx_list_part_t    *part;
    ngx_uint_t          i;
} rb_http_lines_t;


static ngx_table_elt_t *rb_http_next_line(rb_http_lines_t *lines);


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


ngx_uint_t
rb_http_accepts_html(ngx_http_request_t *r)
{
    ngx_str_t  value;

    static const ngx_str_t  name = ngx_string("accept");

    if (!rb_http_find(r, &name, &value)
        || (value.len == 3 && ngx_memcmp(value.data, "*/*", 3) == 0))
    {
        return 1;
    }

    return rb_accept_html(&value);
}


ngx_str_t
rb_http_header(rb_req_t *req, const char *name)
{
    size_t            len;
    ngx_str_t         value = ngx_null_string;
    ngx_uint_t        found;
    rb_http_lines_t   lines;
    ngx_table_elt_t  *h;

    if (req->http == NULL) {
        return value;
    }

    len = ngx_strlen(name);
    found = 0;
    rb_http_lines_init(&lines, req->http);

    while ((h = rb_http_next_line(&lines)) != NULL) {

        if (h->key.len == len
            && ngx_strncasecmp(h->key.data, (u_char *) name, len) == 0)
        {
            value = h->value;
            found++;
        }
    }

    if (found > 1) {
        ngx_str_null(&value);
    }

    return value;
}


/* HTTP/2 may have one in several lines (RFC 9113 §8.2.3). */

ngx_str_t
rb_http_cookie(rb_req_t *req, const char *name)
{
    ngx_int_t         rc;
    ngx_str_t         value = ngx_null_string;
    ngx_uint_t        found;
    rb_http_lines_t   lines;
    ngx_table_elt_t  *h;

    if (req->http == NULL) {
        return value;
    }

    found = 0;
    rb_http_lines_init(&lines, req->http);

    while ((h = rb_http_next_line(&lines)) != NULL) {

        if (h->key.len != 6
            || ngx_memcmp(h->lowcase_key, "cookie", 6) != 0)
        {
            continue;
        }

        rc = rb_cookie_value(&h->value, name, &value);
        found += (rc == NGX_OK) ? 1 : (rc == NGX_ABORT) ? 2 : 0;
    }

    if (found != 1) {
        ngx_str_null(&value);
    }

    return value;
}


ngx_int_t
rb_http_caller(rb_req_t *req)
{
    size_t  len;
    u_char  address[RB_HTTP_ADDRESS];

    len = rb_http_address(req->http, address);

    return rb_token_mac("caller", address, len, req->caller);
}


size_t
rb_http_address(ngx_http_request_t *r, u_char address[RB_HTTP_ADDRESS])
{
    size_t               len;
    struct sockaddr_in  *sin;

#if (NGX_HAVE_INET6)
    struct in6_addr     *in6;
#endif

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

    return len;
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


/*
 * Several lines of one name are one list (RFC 9110 §5.3); all but the first
 * are of no use to a field that isn't a list, and joined they make it an
 * invalid one.
 */

ngx_uint_t
rb_http_find(ngx_http_request_t *r, const ngx_str_t *name, ngx_str_t *value)
{
    u_char           *p;
    ngx_uint_t        found;
    rb_http_lines_t   lines;
    ngx_table_elt_t  *h;

    found = 0;
    rb_http_lines_init(&lines, r);

    while ((h = rb_http_next_line(&lines)) != NULL) {

        if (h->key.len != name->len
            || ngx_memcmp(h->lowcase_key, name->data, name->len) != 0)
        {
            continue;
        }

        if (found++ == 0) {
            *value = h->value;
            continue;
        }

        if (found > RB_HTTP_LINES_MAX) {
            return found;
        }

        p = ngx_pnalloc(r->pool, value->len + 2 + h->value.len);
        if (p == NULL) {
            return found;
        }

        value->len = ngx_sprintf(p, "%V, %V", value, &h->value) - p;
        value->data = p;
    }

    return found;
}


static ngx_table_elt_t *
rb_http_next_line(rb_http_lines_t *lines)
{
    ngx_table_elt_t  *h;

    while (lines->part) {

        if (lines->i == lines->part->nelts) {
            lines->part = lines->part->next;
            lines->i = 0;
            continue;
        }

        h = lines->part->elts;
        h += lines->i++;

        if (h->hash) {
            return h;
        }
    }

    return NULL;
}
