/* unit: web/rb_negotiate.c web/rb_nearest.c web/rb_param.c
   web/rb_param_wrong.c web/rb_query.c web/rb_body.c web/rb_body_list.c web/rb_view.c
   base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_time.c base/rb_utf8.c
   base/rb_uuid.c base/rb_week.c */

/*
 * What a client writes in a query, in a body and in the header fields that we
 * parse.  The first byte chooses which.  A query that is accepted has a
 * canonical form, which is accepted too and is its own canonical form; a body
 * that is accepted has values within the limits of its declaration.
 */


#include "web/rb_body.h"
#include "web/rb_negotiate.h"
#include "web/rb_param.h"
#include "base/rb_utf8.h"
#include "support.h"
#include <ngx_http.h>


static const ngx_str_t  choices[] = {
    ngx_string("gangwon"), ngx_string("jeju"), ngx_null_string
};

#define param(name, type, min, max, preset)                                   \
    { ngx_string(name), type, min, max, choices, 0, preset, rb_text("", "") }

static const rb_param_t  params[] = {
    param("q", RB_PARAM_STRING, 1, 8, ngx_null_string),
    param("i", RB_PARAM_INT, -5, 100, ngx_string("20")),
    param("n", RB_PARAM_NUMBER, -90, 90, ngx_null_string),
    param("b", RB_PARAM_BOOL, 0, 0, ngx_null_string),
    param("u", RB_PARAM_UUID, 0, 0, ngx_null_string),
    param("d", RB_PARAM_DATE, 0, 0, ngx_null_string),
    param("e", RB_PARAM_ENUM, 0, 0, ngx_string("jeju")),
    param("es", RB_PARAM_ENUMS, 0, 0, ngx_null_string),
    param("c", RB_PARAM_CURSOR, 0, 0, ngx_null_string),
    param("f", RB_PARAM_FIELDS, 0, 0, ngx_null_string),
    rb_param_end
};

static const rb_view_field_t  fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0, rb_text("", "") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0, rb_text("", "") }
};

static const rb_view_t   view = rb_view("Fuzz", fields);
static const rb_route_t  route = {
    .name = ngx_string("fuzz"),
    .path = ngx_string("/fuzz"),
    .method = NGX_HTTP_POST,
    .query = params,
    .body = params,
    .view = &view
};


/* what nginx's core has and the support file has not */

ngx_int_t
ngx_strncasecmp(u_char *s1, u_char *s2, size_t n)
{
    return strncasecmp((char *) s1, (char *) s2, n);
}


/* no view is written here */

ngx_str_t
rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    abort();
}


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
check_error(rb_err_t *err)
{
    rb_err_field_t  *field;

    for (field = err->fields; field; field = field->next) {
        check(rb_utf8_valid(field->name.data, field->name.len));
        check(rb_utf8_valid(field->detail[RB_LANG_KO].data,
                            field->detail[RB_LANG_KO].len));
        check(rb_utf8_valid(field->detail[RB_LANG_EN].data,
                            field->detail[RB_LANG_EN].len));
    }
}


static void
check_values(const rb_value_t *values)
{
    check(values[0].text.data == NULL
          || rb_utf8_length(values[0].text.data, values[0].text.len) <= 8);
    check(values[1].integer >= -5 && values[1].integer <= 100);
    check(values[2].number >= -90 && values[2].number <= 90);
    check(values[3].integer == 0 || values[3].integer == 1);
    check(values[4].text.data == NULL || values[4].text.len == 36);
    check(values[6].set == 1 || values[6].set == 2);
    check(values[7].set < 4);
}


static rb_err_t *
parse(ngx_pool_t *pool, ngx_str_t *args, rb_value_t *values, ngx_str_t *out)
{
    rb_buf_t     b;
    rb_req_t     req;
    rb_params_t  ps;

    memset(&req, 0, sizeof(req));
    memset(&ps, 0, sizeof(ps));
    ps.pool = pool;
    ps.view = &view;
    req.route = &route;
    req.query = values;

    rb_query_parse(&ps, &route, args, values);

    if (ps.err == NULL) {
        rb_buf_init(&b, pool, 1);
        rb_query_write(&b, &req, 0);
        out->data = b.start;
        out->len = rb_buf_len(&b);
    }

    return ps.err;
}


static void
fuzz_query(ngx_pool_t *pool, ngx_str_t *text)
{
    rb_err_t    *err;
    ngx_str_t    once, twice;
    rb_value_t   values[RB_QUERY_PARAMS_MAX];

    err = parse(pool, text, values, &once);

    if (err) {
        check_error(err);
        return;
    }

    check_values(values);

    if (once.len) {
        once.data++;                    /* the question mark */
        once.len--;
    }

    check(parse(pool, &once, values, &twice) == NULL);

    if (twice.len) {
        twice.data++;
        twice.len--;
    }

    check(once.len == twice.len
          && memcmp(once.data, twice.data, once.len) == 0);
}


static void
fuzz_body(ngx_pool_t *pool, ngx_str_t *text)
{
    rb_err_t    *err;
    rb_req_t     req;
    rb_value_t   values[RB_QUERY_PARAMS_MAX];

    memset(&req, 0, sizeof(req));
    memset(values, 0, sizeof(values));
    req.task.pool = pool;
    req.route = &route;
    req.query = values;
    req.raw_body = *text;

    err = rb_body_parse(&req);

    if (err) {
        check_error(err);
        return;
    }

    check_values(req.body);
    check(rb_body_hash(&req) == NULL);
}


static void
fuzz_fields(ngx_pool_t *pool, ngx_str_t *text)
{
    size_t     i;
    ngx_str_t  key, tag = ngx_string("\"tag\"");

    (void) rb_accept_json(text);
    (void) rb_accept_language(text);
    (void) rb_content_type_json(text);
    (void) rb_etag_listed(text, &tag, 0);
    (void) rb_etag_listed(text, &tag, 1);
    (void) rb_request_id_valid(text);
    (void) rb_traceparent_valid(text);

    if (rb_idempotency_key(pool, text, &key) == NGX_OK) {
        check(key.len >= 1 && key.len <= RB_IDEMPOTENCY_KEY_MAX);

        for (i = 0; i < key.len; i++) {
            check(key.data[i] > 0x20 && key.data[i] < 0x7f);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    text;
    ngx_pool_t  *pool;

    static void (*const targets[])(ngx_pool_t *pool, ngx_str_t *text) = {
        fuzz_query, fuzz_body, fuzz_fields
    };

    if (size == 0) {
        return 0;
    }

    pool = support_pool();

    /* a copy of its own size, so that reading past it is seen */

    text.len = size - 1;
    text.data = malloc(text.len ? text.len : 1);
    memcpy(text.data, data + 1, text.len);

    targets[data[0] % 3](pool, &text);

    free(text.data);
    ngx_destroy_pool(pool);

    return 0;
}
