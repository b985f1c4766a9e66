/* unit: web/rb_form.c web/rb_negotiate.c web/rb_nearest.c web/rb_param.c
   web/rb_param_wrong.c web/rb_query.c web/rb_view.c base/rb_json.c
   base/rb_buf.c base/rb_err.c base/rb_time.c base/rb_utf8.c
   base/rb_uuid.c base/rb_week.c */

/*
 * A form's body, strict or lenient (the first byte), and a Cookie field.
 * What is accepted has values within the limits of its declaration, and is
 * accepted with the same values when it is written out and parsed again.
 */


#include "web/rb_form.h"
#include "web/rb_negotiate.h"
#include "base/rb_utf8.h"
#include "support.h"
#include <ngx_http.h>


static const ngx_str_t  choices[] = {
    ngx_string("crew"), ngx_string("resort"), ngx_null_string
};

#define param(name, type, min, max)                                           \
    { ngx_string(name), type, min, max, choices, 0, ngx_null_string,          \
      rb_text("", "") }

static const rb_param_t  params[] = {
    param("s", RB_PARAM_STRING, 1, 8),
    param("i", RB_PARAM_INT, -5, 100),
    param("b", RB_PARAM_BOOL, 0, 0),
    param("d", RB_PARAM_DATE, 0, 0),
    param("e", RB_PARAM_ENUM, 0, 0),
    param("es", RB_PARAM_ENUMS, 0, 0),
    param("j", RB_PARAM_JSON, 0, 0),
    rb_param_end
};

static rb_route_t  route = {
    .name = ngx_string("fuzz"),
    .path = ngx_string("/fuzz"),
    .method = NGX_HTTP_POST,
    .body = params,
    .form = 1
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
check_error(const rb_err_t *err)
{
    const rb_err_field_t  *field;

    check(err->fields != NULL);

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
    ngx_uint_t  i;

    for (i = 0; params[i].name.len; i++) {
        check(values[i].text.len == 0
              || rb_utf8_valid(values[i].text.data, values[i].text.len));
        check(values[i].given == (values[i].text.data != NULL));
    }

    check(values[0].text.len == 0
          || rb_utf8_length(values[0].text.data, values[0].text.len) <= 8);
    check(values[1].integer >= -5 && values[1].integer <= 100);
    check(values[2].integer == 0 || values[2].integer == 1);
    check(values[4].set < 3);
    check(values[5].set < 4);
}


static rb_err_t *
parse(ngx_pool_t *pool, rb_req_t *req, const ngx_str_t *body)
{
    memset(req, 0, sizeof(rb_req_t));

    req->task.pool = pool;
    req->route = &route;
    req->raw_body = *body;

    return rb_form_parse(req);
}


static void
write_again(rb_buf_t *b, const rb_req_t *req)
{
    ngx_uint_t  i;

    rb_buf_add_lit(b, "csrf=");
    rb_query_escape(b, &req->csrf, 0);

    for (i = 0; params[i].name.len; i++) {
        rb_buf_add_lit(b, "&");
        rb_buf_add_str(b, &params[i].name);
        rb_buf_add_lit(b, "=");
        rb_query_escape(b, &req->body[i].text, 0);
    }
}


static void
fuzz_form(ngx_pool_t *pool, const ngx_str_t *text)
{
    rb_buf_t     b;
    rb_req_t     req, again;
    rb_err_t    *err;
    ngx_str_t    body;
    ngx_uint_t   i;

    err = parse(pool, &req, text);

    if (err) {
        check_error(err);
        return;
    }

    check_values(req.body);

    rb_buf_init(&b, pool, 64);
    write_again(&b, &req);
    body.data = b.start;
    body.len = rb_buf_len(&b);

    check(parse(pool, &again, &body) == NULL);
    check(again.csrf.len == req.csrf.len);

    for (i = 0; params[i].name.len; i++) {
        check(again.body[i].text.len == req.body[i].text.len
              && (again.body[i].text.len == 0
                  || memcmp(again.body[i].text.data, req.body[i].text.data,
                            req.body[i].text.len) == 0));
    }
}


static void
fuzz_cookie(const ngx_str_t *text)
{
    ngx_str_t  value;

    if (rb_cookie_value(text, "__Host-rb_session", &value) == NGX_OK) {
        check(value.data >= text->data
              && value.data + value.len <= text->data + text->len);
        check(memchr(value.data, ';', value.len) == NULL);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    text;
    ngx_pool_t  *pool;

    if (size == 0) {
        return 0;
    }

    pool = support_pool();

    /* a copy of its own size, so that reading past it is seen */

    text.len = size - 1;
    text.data = malloc(text.len ? text.len : 1);
    memcpy(text.data, data + 1, text.len);

    if (data[0] % 3 == 2) {
        fuzz_cookie(&text);

    } else {
        route.lenient = data[0] % 3;
        fuzz_form(pool, &text);
    }

    free(text.data);
    ngx_destroy_pool(pool);

    return 0;
}
