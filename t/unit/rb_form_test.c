/* unit: web/rb_form.c web/rb_nearest.c web/rb_negotiate.c web/rb_param.c
   web/rb_param_wrong.c web/rb_query.c web/rb_view.c base/rb_buf.c
   base/rb_err.c base/rb_json.c base/rb_time.c base/rb_utf8.c
   base/rb_uuid.c base/rb_week.c */

/* A form's body to values, what is told of a wrong one, and running out of
 * memory; cookies out of their field. */


#include "web/rb_form.h"
#include "web/rb_negotiate.h"
#include "support.h"
#include <ngx_http.h>


static const ngx_str_t  colours[] = {
    ngx_string("red"), ngx_string("green"), ngx_null_string
};

#define param(name, type, max, required, values)                              \
    { ngx_string(name), type, (max) ? 1 : 0, max, values, required,           \
      ngx_null_string, rb_text("", "") }

static const rb_param_t  fields[] = {
    param("name", RB_PARAM_STRING, 8, 1, NULL),
    param("n", RB_PARAM_INT, 9, 0, NULL),
    param("colours", RB_PARAM_ENUMS, 0, 0, colours),
    param("json", RB_PARAM_JSON, 0, 0, NULL),
    rb_param_end
};

static rb_route_t  route = {
    .name = ngx_string("form"),
    .path = ngx_string("/form"),
    .method = NGX_HTTP_POST,
    .body = fields,
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


static rb_err_t *
parse(ngx_pool_t *pool, rb_req_t *req, const char *body)
{
    memset(req, 0, sizeof(rb_req_t));

    req->task.pool = pool;
    req->route = &route;
    req->raw_body.data = (u_char *) body;
    req->raw_body.len = strlen(body);

    return rb_form_parse(req);
}


static void
understood(ngx_pool_t *pool)
{
    rb_req_t   req;
    rb_err_t  *err;

    err = parse(pool, &req, "name=a+b%2B%ED%81%AC&n=007&colours=green&"
                            "colours=&colours=red&csrf=x&json=%5B1%2C+2%5D");

    support_ok(err == NULL, "a form");
    support_is(req.body[0].text.data, req.body[0].text.len,
               "a b+\xed\x81\xac", "a text");
    support_is(req.body[1].text.data, req.body[1].text.len, "7",
               "a number in its canonical form");
    support_is(req.form[1].data, req.form[1].len, "007", "and as typed");
    support_is(req.body[2].text.data, req.body[2].text.len, "red,green",
               "a list, in the order of its declaration");
    support_ok(req.body[2].set == 3, "as a set");
    support_is(req.body[3].text.data, req.body[3].text.len, "[1,2]", "JSON");
    support_is(req.csrf.data, req.csrf.len, "x", "the token beside it");

    err = parse(pool, &req, "name=x&n");
    support_ok(err == NULL && req.body[1].text.data == NULL,
               "a field without a value is absent");
    support_ok(req.form[1].data != NULL && req.form[2].data == NULL,
               "but was there, unlike others");

    route.lenient = 1;
    err = parse(pool, &req, "name=x&other=%FF&other=1");
    support_ok(err == NULL, "lenient: unknown ones aren't heeded");
    support_ok(parse(pool, &req, "name=x&name=x") != NULL,
               "lenient: known ones may not come twice");
    support_ok(parse(pool, &req, "name=x&other=%") != NULL,
               "lenient: escapes must be whole");
    route.lenient = 0;
}


static void
refused(ngx_pool_t *pool)
{
    rb_req_t     req;
    rb_err_t    *err;
    ngx_uint_t   i;

    static const struct {
        const char  *body;
        const char  *field;
        const char  *code;
    } cases[] = {
        { "", "name", "required" },
        { "name=", "name", "required" },
        { "name=a&name=a", "name", "repeated" },
        { "name=a&name=", "name", "repeated" },
        { "name=&name=a", "name", "repeated" },
        { "name=a&csrf=&csrf=", "csrf", "repeated" },
        { "name=a&n=1&n=1&n=1", "n", "repeated" },
        { "name=%", "name", "bad_escape" },
        { "name=%a", "name", "bad_escape" },
        { "name=%ag", "name", "bad_escape" },
        { "name=%FF", "name", "invalid_text" },
        { "name=%00", "name", "invalid_text" },
        { "name=%ED%A0%80", "name", "invalid_text" },
        { "name=123456789", "name", "too_long" },
        { "name=x&n=10", "n", "out_of_range" },
        { "name=x&json=1", "json", "wrong_type" },
        { "name=x&json=%7B", "json", "wrong_type" },
        { "name=x&Name=y", "Name", "unknown" },
        { "name=x&=y", "", "unknown" }
    };

    for (i = 0; i < rb_array_size(cases); i++) {
        err = parse(pool, &req, cases[i].body);

        if (!support_ok(err && err->problem->status == 400 && err->fields
                        && err->fields->next == NULL,
                        "refused, with one reason: %s", cases[i].body))
        {
            continue;
        }

        support_is(err->fields->name.data, err->fields->name.len,
                   cases[i].field, "the field");
        support_is(err->fields->code.data, err->fields->code.len,
                   cases[i].code, "the reason");
    }
}


static void
bounded(ngx_pool_t *pool)
{
    char       *p, body[4096];
    rb_req_t    req;
    rb_err_t   *err;
    ngx_uint_t  i;

    for (p = body, i = 0; i < RB_PAIRS_MAX; i++) {
        p += sprintf(p, "%s", i ? "&colours=red" : "name=x");
    }

    support_ok(parse(pool, &req, body) == NULL, "as many as may be");

    strcpy(p, "&n=1");
    err = parse(pool, &req, body);

    support_ok(err && err->fields, "one more");
    support_is(err->fields->code.data, err->fields->code.len, "too_many",
               "is too many");
}


static void
no_memory(void)
{
    rb_req_t     req;
    rb_err_t    *err;
    ngx_int_t    n;
    ngx_pool_t  *pool;

    for (n = 0; n < 100; n++) {
        pool = support_pool();

        support_allocations_left = n;
        err = parse(pool, &req, "name=a%20b&colours=red&colours=green&"
                                "json=%5B%5D&x=1");
        support_allocations_left = -1;

        if (err != &rb_err_internal && err->fields && err->fields->next == NULL
            && err->fields->detail[RB_LANG_EN].len)
        {
            support_ok(n > 4, "out of memory at each allocation before");
            ngx_destroy_pool(pool);
            return;
        }

        if (err == NULL) {
            support_ok(0, "an unknown field went unheeded for lack of memory");
        }

        ngx_destroy_pool(pool);
    }

    support_ok(0, "never enough memory");
}


static void
cookies(void)
{
    ngx_str_t   field, value;
    ngx_int_t   rc;
    ngx_uint_t  i;

    static const struct {
        const char  *field;
        ngx_int_t    rc;
        const char  *value;
    } cases[] = {
        { "x=1", NGX_OK, "1" },
        { "a=b; x=1=2; c=d", NGX_OK, "1=2" },
        { "x=", NGX_OK, "" },
        { ";;x=1;", NGX_OK, "1" },
        { " x=1 ", NGX_OK, "1" },
        { "a=\"; x=1", NGX_OK, "1" },
        { "x=1; x=1", NGX_ABORT, NULL },
        { "xx=1; yx=2; X=3", NGX_DECLINED, NULL },
        { "x", NGX_DECLINED, NULL },
        { "", NGX_DECLINED, NULL },
        { ";", NGX_DECLINED, NULL }
    };

    for (i = 0; i < rb_array_size(cases); i++) {
        field.data = (u_char *) cases[i].field;
        field.len = strlen(cases[i].field);

        rc = rb_cookie_value(&field, "x", &value);

        if (support_ok(rc == cases[i].rc, "Cookie: %s", cases[i].field)
            && rc == NGX_OK)
        {
            support_is(value.data, value.len, cases[i].value, "its value");
        }
    }
}


int
main(void)
{
    ngx_pool_t  *pool;

    pool = support_pool();

    understood(pool);
    refused(pool);
    bounded(pool);
    no_memory();
    cookies();

    ngx_destroy_pool(pool);

    return support_done();
}
