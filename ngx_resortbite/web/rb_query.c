
/*
 * The query string in and out.
 *
 * In: cut at '&', decoded ('+' is a space, as HTML forms write it), matched
 * against the route's declaration.  A text without escapes is not copied.
 * Several of one name are one comma-separated list where a list is declared,
 * and an error elsewhere: two proxies that each pick another one of them are
 * a way around a check.
 *
 * Out: the same text for all that means the same.  What browsers and people
 * leave unescaped in a query stays so, that the address a client is likely to
 * use is itself the canonical one and can be looked up as it came.
 */


#include "web/rb_param.h"


/* Texts as decoded, by index in the declaration. */

typedef struct {
    ngx_str_t    text[RB_QUERY_PARAMS_MAX];
    uint64_t     refused;               /* bit i: told already */
} rb_query_texts_t;


static void rb_query_take(rb_params_t *ps, const rb_param_t *params,
    ngx_uint_t i, rb_query_texts_t *texts, const ngx_str_t *value);
static void rb_query_too_many(rb_params_t *ps);
static ngx_int_t rb_query_decode(rb_params_t *ps, ngx_str_t *s);
static ngx_int_t rb_query_hex(u_char c);
static ngx_uint_t rb_query_skipped(const rb_param_t *param, ngx_uint_t skip);


/* ALPHA DIGIT - . _ ~ ! $ ( ) * , ; : @ / ? (RFC 3986 §3.4 without what
 * forms give a meaning, and without ', which browsers escape) */

static const uint32_t  rb_query_plain[8] = {
    0x00000000, 0x8ffff712, 0x87ffffff, 0x47fffffe, 0, 0, 0, 0
};


void
rb_path_parse(rb_params_t *ps, const rb_route_t *route, const ngx_str_t *texts,
    rb_value_t *values)
{
    u_char      *p, *end;
    ngx_uint_t   i;

    p = route->path.data;
    end = p + route->path.len;

    for (i = 0; (p = ngx_strlchr(p, end, '{')) != NULL; p++, i++) {
        rb_param_parse(ps, &route->path_params[i], &texts[i], &values[i]);

        /* the router's memory is the next request's */

        if (values[i].text.len && values[i].text.data == texts[i].data) {
            values[i].text.data = ngx_pstrdup(ps->pool, &values[i].text);
            if (values[i].text.data == NULL) {
                ps->err = &rb_err_internal;
                return;
            }
        }
    }
}


void
rb_query_parse(rb_params_t *ps, const rb_route_t *route, const ngx_str_t *args,
    rb_value_t *values)
{
    ngx_int_t          rc;
    ngx_str_t          rest, name, value;
    ngx_uint_t         i, n, pieces;
    rb_query_texts_t   texts;

    if (route->any_query) {
        return;
    }

    n = rb_param_count(route->query);

    ngx_memzero(texts.text, n * sizeof(ngx_str_t));
    texts.refused = 0;

    pieces = 0;
    rest = *args;

    for ( ;; ) {
        rc = rb_pairs_next(ps, &rest, &pieces, &name, &value);

        if (rc == NGX_DONE || rc == NGX_ABORT) {
            break;
        }

        if (rc == NGX_ERROR) {
            continue;
        }

        i = rb_param_find(route->query, &name);

        if (i < n) {
            rb_query_take(ps, route->query, i, &texts, &value);

        } else if (!route->lenient && !route->page) {
            rb_param_unknown(ps, route->query, &name);
        }
    }

    for (i = 0; i < n; i++) {

        if (texts.refused & ((uint64_t) 1 << i)) {
            ngx_memzero(&values[i], sizeof(rb_value_t));

        } else if (texts.text[i].len) {
            rb_param_parse(ps, &route->query[i], &texts.text[i], &values[i]);

        } else {
            rb_param_absent(ps, &route->query[i], &values[i]);
        }
    }
}


ngx_int_t
rb_pairs_next(rb_params_t *ps, ngx_str_t *rest, ngx_uint_t *pieces,
    ngx_str_t *name, ngx_str_t *value)
{
    u_char  *p, *end, *stop, *equals;

    if (rest->len == 0) {
        return NGX_DONE;
    }

    end = rest->data + rest->len;

    for (p = rest->data; p < end && *p == '&'; p++) { /* void */ }

    if (p == end) {
        rest->len = 0;
        return NGX_DONE;
    }

    if (++*pieces > RB_PAIRS_MAX) {
        rb_query_too_many(ps);
        return NGX_ABORT;
    }

    stop = ngx_strlchr(p, end, '&');
    stop = stop ? stop : end;

    equals = ngx_strlchr(p, stop, '=');

    name->data = p;
    name->len = (equals ? equals : stop) - p;
    value->data = equals ? equals + 1 : stop;
    value->len = stop - value->data;

    rest->data = stop;
    rest->len = end - stop;

    if (rb_query_decode(ps, name) != NGX_OK
        || rb_query_decode(ps, value) != NGX_OK)
    {
        ps->err = rb_err_add_field(ps->err, ps->pool, name, "bad_escape",
                                   "%% 뒤에는 16진수 두 자리가 와야 합니다. "
                                   "%% 자체는 %%25로 써 주세요.",
                                   "needs two hexadecimal digits after each "
                                   "%%. Write %%25 for %% itself.");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
rb_path_write(rb_buf_t *b, const rb_req_t *req)
{
    u_char      *p, *end, *open;
    ngx_uint_t   i;

    p = req->route->path.data;
    end = p + req->route->path.len;

    for (i = 0; (open = ngx_strlchr(p, end, '{')) != NULL; i++) {
        rb_buf_add(b, p, open - p);
        rb_query_escape(b, &req->path[i].text, 1);
        p = ngx_strlchr(open, end, '}') + 1;
    }

    rb_buf_add(b, p, end - p);
}


void
rb_query_write(rb_buf_t *b, const rb_req_t *req, ngx_uint_t skip)
{
    ngx_uint_t         i, n, first;
    const rb_value_t  *value;
    const rb_param_t  *param;

    n = rb_param_count(req->route->query);
    first = 1;

    for (i = 0; i < n; i++) {
        value = &req->query[i];
        param = &req->route->query[i];

        if (!value->given
            || (value->text.len == param->preset.len
                && ngx_memcmp(value->text.data, param->preset.data,
                              param->preset.len) == 0)
            || rb_query_skipped(param, skip))
        {
            continue;
        }

        rb_buf_add(b, first ? "?" : "&", 1);
        rb_buf_add_str(b, &param->name);
        rb_buf_add_lit(b, "=");
        rb_query_escape(b, &value->text, 0);

        first = 0;
    }
}


static void
rb_query_take(rb_params_t *ps, const rb_param_t *params, ngx_uint_t i,
    rb_query_texts_t *texts, const ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t  *text;

    text = &texts->text[i];

    if (value->len == 0 || texts->refused & ((uint64_t) 1 << i)) {
        return;
    }

    if (text->len == 0) {
        *text = *value;
        return;
    }

    if (params[i].type != RB_PARAM_ENUMS && params[i].type != RB_PARAM_FIELDS)
    {
        texts->refused |= (uint64_t) 1 << i;
        ps->err = rb_err_add_field(ps->err, ps->pool,
                                   (ngx_str_t *) &params[i].name, "repeated",
                                   "한 번만 쓸 수 있습니다.",
                                   "may be given only once.");
        return;
    }

    p = ngx_pnalloc(ps->pool, text->len + 1 + value->len);
    if (p == NULL) {
        ps->err = &rb_err_internal;
        return;
    }

    text->len = ngx_sprintf(p, "%V,%V", text, value) - p;
    text->data = p;
}


static void
rb_query_too_many(rb_params_t *ps)
{
    ngx_str_t  name = ngx_string("?");

    ps->err = rb_err_add_field(ps->err, ps->pool, &name, "too_many",
                               "매개변수는 %d개까지 쓸 수 있습니다.",
                               "at most %d parameters can be given.",
                               RB_PAIRS_MAX);
}


static ngx_int_t
rb_query_decode(rb_params_t *ps, ngx_str_t *s)
{
    size_t      i;
    u_char     *p, *out;
    ngx_int_t   high, low;

    for (i = 0; i < s->len && s->data[i] != '%' && s->data[i] != '+'; i++) {
        /* void */
    }

    if (i == s->len) {
        return NGX_OK;
    }

    out = ngx_pnalloc(ps->pool, s->len);
    if (out == NULL) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    p = ngx_cpymem(out, s->data, i);

    for ( /* void */ ; i < s->len; i++) {

        if (s->data[i] == '+') {
            *p++ = ' ';
            continue;
        }

        if (s->data[i] != '%') {
            *p++ = s->data[i];
            continue;
        }

        if (s->len - i < 3) {
            return NGX_ERROR;
        }

        high = rb_query_hex(s->data[i + 1]);
        low = rb_query_hex(s->data[i + 2]);

        if (high < 0 || low < 0) {
            return NGX_ERROR;
        }

        *p++ = (u_char) (high << 4 | low);
        i += 2;
    }

    s->data = out;
    s->len = p - out;

    return NGX_OK;
}


static ngx_int_t
rb_query_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* In a segment of the path, what would end it is escaped too. */

void
rb_query_escape(rb_buf_t *b, const ngx_str_t *s, ngx_uint_t segment)
{
    u_char  escaped[3], *p, *end, *run;

    static const u_char  hex[] = "0123456789ABCDEF";

    if (s->len == 0) {
        return;
    }

    end = s->data + s->len;

    for (p = run = s->data; p < end; p++) {

        if (rb_query_plain[*p >> 5] & ((uint32_t) 1 << (*p & 0x1f))
            && !(segment && (*p == '/' || *p == '?')))
        {
            continue;
        }

        escaped[0] = '%';
        escaped[1] = hex[*p >> 4];
        escaped[2] = hex[*p & 0xf];

        rb_buf_add(b, run, p - run);
        rb_buf_add(b, escaped, 3);
        run = p + 1;
    }

    rb_buf_add(b, run, p - run);
}


static ngx_uint_t
rb_query_skipped(const rb_param_t *param, ngx_uint_t skip)
{
    if (skip & RB_QUERY_NOT_CURSOR && param->type == RB_PARAM_CURSOR) {
        return 1;
    }

    return skip & RB_QUERY_NOT_SHAPE
           && (param->type == RB_PARAM_FIELDS
               || ngx_strcmp(param->name.data, "limit") == 0
               || ngx_strcmp(param->name.data, "count") == 0);
}
