/* unit: web/rb_negotiate.c web/rb_nearest.c web/rb_param.c
   web/rb_param_wrong.c web/rb_query.c web/rb_body.c web/rb_body_list.c web/rb_reply.c
   web/rb_problem.c web/rb_view.c base/rb_buf.c base/rb_err.c base/rb_hash.c
   base/rb_json.c base/rb_time.c base/rb_token.c base/rb_utf8.c
   base/rb_uuid.c base/rb_week.c */

/* What a client may write in header fields, parameters and bodies, what it is
 * told when it is wrong, and that cursors only fit where they come from. */


#include "web/rb_body.h"
#include "web/rb_negotiate.h"
#include "web/rb_param.h"
#include "web/rb_problem.h"
#include "base/rb_token.h"
#include <ngx_http.h>
#include <stdarg.h>
#include <stdio.h>


#define str(literal)                                                          \
    (&(ngx_str_t) { sizeof(literal) - 1, (u_char *) literal })


static ngx_pool_t  *pool;
static ngx_log_t    test_log;
static ngx_cycle_t  test_cycle;
static int          tests, failed;

static ngx_str_t    row_key = ngx_string("2026-11-23");


/* rows of two columns: the view's own and one sort key */

ngx_str_t
rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    ngx_str_t  title = ngx_string("\xec\x8a\xa4\xed\x82\xa4");

    return column ? row_key : title;
}


static void ok(int condition, const char *name, ...)
    __attribute__((format(printf, 2, 3)));


static void
ok(int condition, const char *name, ...)
{
    va_list  args;

    printf("%sok %d - ", condition ? "" : "not ", ++tests);
    failed += !condition;

    va_start(args, name);
    vprintf(name, args);
    va_end(args);

    putchar('\n');
}


static void
is(const ngx_str_t *got, const char *expected, const char *name)
{
    int  same;

    same = got->len == strlen(expected)
           && memcmp(got->data, expected, got->len) == 0;

    ok(same, "%s", name);

    if (!same) {
        printf("# got      %.*s\n# expected %s\n", (int) got->len,
               (char *) got->data, expected);
    }
}


static void
accept_json(void)
{
    ngx_uint_t  i;

    static const struct {
        const char  *value;
        int          yes;
    } cases[] = {
        { "application/json", 1 },
        { "APPLICATION/JSON; charset=utf-8", 1 },
        { "*/*", 1 },
        { "text/html, application/xhtml+xml, */*;q=0.8", 1 },
        { "application/*;q=0.001", 1 },
        { "text/html", 0 },
        { "application/json;q=0, */*", 0 },
        { "*/*;q=0", 0 },
        { "application/*;q=0, application/json", 1 },
        { "text/html;x=\"a,application/json\"", 0 },
        { "", 1 },
        { ",,;;", 1 },
        { "nonsense", 1 },
        { "application/json;q=2, text/html", 0 },
        { "application/json;q=1.0000", 1 },
        { "application/json;q=", 1 },
        { "\"", 1 }
    };

    for (i = 0; i < rb_array_size(cases); i++) {
        ngx_str_t  s = { strlen(cases[i].value), (u_char *) cases[i].value };

        ok((int) rb_accept_json(&s) == cases[i].yes, "Accept: %s",
           cases[i].value);
    }
}


static void
accept_language(void)
{
    ok(rb_accept_language(str("en-US,en;q=0.9,ko;q=0.8")) == RB_LANG_EN,
       "English first");
    ok(rb_accept_language(str("ko-KR,ko;q=0.9,en;q=0.8")) == RB_LANG_KO,
       "Korean first");
    ok(rb_accept_language(str("*")) == RB_LANG_KO, "any is Korean");
    ok(rb_accept_language(str("ja, en;q=0.1")) == RB_LANG_EN,
       "Japanese, then English");
    ok(rb_accept_language(str("en;q=0")) == RB_LANG_KO, "no English");
    ok(rb_accept_language(str("eng")) == RB_LANG_KO, "another subtag");
    ok(rb_accept_language(str("ko;q=0.3, *;q=0.5")) == RB_LANG_EN,
       "anything rather than Korean");
}


static void
fields(void)
{
    char       long_key[300];
    ngx_str_t  key;

    ok(rb_content_type_json(str("application/json")), "JSON");
    ok(rb_content_type_json(str("Application/JSON ; Charset=\"UTF-8\"")),
       "JSON in UTF-8");
    ok(!rb_content_type_json(str("application/json; charset=euc-kr")),
       "JSON in EUC-KR is refused");
    ok(!rb_content_type_json(str("text/plain")), "text is refused");
    ok(!rb_content_type_json(str("application/json; charset")),
       "a parameter without a value is refused");
    ok(!rb_content_type_json(str("")), "nothing is refused");

    ok(rb_etag_listed(str("\"a\", W/\"b\""), str("\"b\""), 1), "weakly");
    ok(!rb_etag_listed(str("\"a\", W/\"b\""), str("\"b\""), 0),
       "not strongly");
    ok(rb_etag_listed(str("*"), str("\"b\""), 0), "any tag");
    ok(!rb_etag_listed(str("\"a,b\""), str("\"b\""), 1),
       "a comma in a tag separates nothing");
    ok(!rb_etag_listed(str(""), str(""), 1), "no tag is no match");

    ok(rb_idempotency_key(pool, str("\"a\\\"b\""), &key) == NGX_OK, "quoted");
    is(&key, "a\"b", "loses its quotes and escapes");
    ok(rb_idempotency_key(pool, str(" k-1 "), &key) == NGX_OK, "bare");
    is(&key, "k-1", "is itself");
    ok(rb_idempotency_key(pool, str("a b"), &key) == NGX_DECLINED, "space");
    ok(rb_idempotency_key(pool, str("\"a\\n\""), &key) == NGX_DECLINED,
       "unknown escape");
    ok(rb_idempotency_key(pool, str("\"\\\""), &key) == NGX_DECLINED,
       "escape at the end");
    ok(rb_idempotency_key(pool, str("\"\""), &key) == NGX_DECLINED,
       "empty key");
    ok(rb_idempotency_key(pool, str("\xed\x82\xa4"), &key) == NGX_DECLINED,
       "not ASCII");

    memset(long_key, 'k', sizeof(long_key));
    key.data = (u_char *) long_key;
    key.len = 256;
    ok(rb_idempotency_key(pool, &key, &key) == NGX_DECLINED, "256 is too long");
    key.data = (u_char *) long_key;
    key.len = 255;
    ok(rb_idempotency_key(pool, &key, &key) == NGX_OK, "255 is not");

    ok(rb_request_id_valid(str("abc.DEF_1-")), "request id");
    ok(!rb_request_id_valid(str("abc")), "too short");
    ok(!rb_request_id_valid(str("abc\ndefgh")), "line break");

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    ok(rb_traceparent_valid(str("00-" TRACE)), "traceparent");
    ok(!rb_traceparent_valid(str("00-" TRACE "-x")), "version 00, longer");
    ok(rb_traceparent_valid(str("01-" TRACE "-x")), "version 01, longer");
    ok(!rb_traceparent_valid(str("01-" TRACE "x")), "but not anyhow");
    ok(!rb_traceparent_valid(str("ff-" TRACE)), "version ff");
    ok(!rb_traceparent_valid(str("00-00000000000000000000000000000000-"
                                 "00f067aa0ba902b7-01")), "trace id of zeros");
    ok(!rb_traceparent_valid(str("00-4BF92f3577b34da6a3ce929d0e0e4736-"
                                 "00f067aa0ba902b7-01")), "upper case");
}


static const ngx_str_t  regions[] = {
    ngx_string("gangwon"), ngx_string("jeju"), ngx_string("busan"),
    ngx_null_string
};

static const ngx_str_t  orders[] = {
    ngx_string("newest"), ngx_string("pay"), ngx_null_string
};

enum {
    Q_TEXT = 0, Q_REGION, Q_LIMIT, Q_LAT, Q_DORM, Q_RESORT, Q_FROM, Q_ORDER,
    Q_CURSOR, Q_FIELDS, Q_COUNT
};

static const rb_param_t  query[] = {
    { ngx_string("q"), RB_PARAM_STRING, 1, 5, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("region"), RB_PARAM_ENUMS, 0, 0, regions, 0,
      ngx_null_string, rb_text("", "") },
    { ngx_string("limit"), RB_PARAM_INT, 1, 100, NULL, 0, ngx_string("20"),
      rb_text("", "") },
    { ngx_string("lat"), RB_PARAM_NUMBER, -90, 90, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("dormitory"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("resort"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("from"), RB_PARAM_DATE, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("order"), RB_PARAM_ENUM, 0, 0, orders, 0,
      ngx_string("newest"), rb_text("", "") },
    { ngx_string("cursor"), RB_PARAM_CURSOR, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("fields"), RB_PARAM_FIELDS, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("count"), RB_PARAM_INT, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    rb_param_end
};

static const rb_param_t  body[] = {
    { ngx_string("reason"), RB_PARAM_ENUM, 0, 0, orders, 1, ngx_null_string,
      rb_text("", "") },
    { ngx_string("detail"), RB_PARAM_STRING, 0, 10, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("pay"), RB_PARAM_INT, 1, 1000000, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("lat"), RB_PARAM_NUMBER, -90, 90, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("meals"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("", "") },
    { ngx_string("regions"), RB_PARAM_ENUMS, 0, 0, regions, 0,
      ngx_null_string, rb_text("", "") },
    rb_param_end
};

static const rb_param_t  path_params[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("", "") },
    { ngx_string("name"), RB_PARAM_STRING, 0, 0, NULL, 1, ngx_null_string,
      rb_text("", "") },
    rb_param_end
};

static const rb_view_field_t  view_fields[] = {
    { ngx_string("title"), RB_VIEW_STRING, 0, rb_text("", "") }
};

static const rb_view_field_t  wide_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0, rb_text("", "") },
    { ngx_string("title"), RB_VIEW_STRING, 0, rb_text("", "") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0, rb_text("", "") },
    { ngx_string("resort.at.lat"), RB_VIEW_NUMBER, 0, rb_text("", "") },
    { ngx_string("resort.at.lng"), RB_VIEW_NUMBER, 0, rb_text("", "") },
    { ngx_string("resort_type"), RB_VIEW_CODE, 0, rb_text("", "") }
};

static const rb_view_t  wide_view = rb_view("Wide", wide_fields);

static const rb_view_t  view = rb_view("Test", view_fields);

static rb_route_t  route;
static rb_value_t  values[RB_QUERY_PARAMS_MAX];


/* A request with this query, parsed; what was wrong with it. */

static rb_err_t *
ask(rb_req_t *req, const char *args)
{
    rb_params_t  ps;

    memset(req, 0, sizeof(rb_req_t));
    memset(&ps, 0, sizeof(ps));
    memset(values, 0xa5, sizeof(values));

    ps.pool = pool;
    ps.view = route.view;
    req->task.pool = pool;
    req->task.log = &test_log;
    req->method = NGX_HTTP_GET;
    req->route = &route;
    req->query = values;
    req->args.data = (u_char *) args;
    req->args.len = strlen(args);

    rb_query_parse(&ps, &route, &req->args, values);

    return ps.err;
}


static void
canonical(const char *args, const char *expected)
{
    rb_req_t   req;
    rb_buf_t   b;
    ngx_str_t  s;

    if (ask(&req, args) != NULL) {
        ok(0, "%s is refused", args);
        return;
    }

    rb_buf_init(&b, pool, 1);
    rb_query_write(&b, &req, 0);

    s.data = b.start;
    s.len = rb_buf_len(&b);

    is(&s, expected, args);
}


static void
refused(const char *args, const char *field, const char *code,
    const char *detail)
{
    rb_err_t  *err;
    rb_req_t   req;

    err = ask(&req, args);

    if (err == NULL || err->fields == NULL) {
        ok(0, "%s is refused", args);
        return;
    }

    is(&err->fields->name, field, args);
    is(&err->fields->code, code, code);

    if (detail) {
        is(&err->fields->detail[RB_LANG_EN], detail, detail);
    }
}


static void
parameters(void)
{
    rb_err_t  *err;
    rb_req_t   req;

    route.name = *str("jobs_list");
    route.path = *str("/api/v1/jobs");
    route.method = NGX_HTTP_GET;
    route.query = query;
    route.view = &view;
    route.success = 200;

    canonical("", "");
    canonical("limit=20&order=newest", "");
    canonical("limit=007", "?limit=7");
    canonical("order=pay&limit=50", "?limit=50&order=pay");
    canonical("region=busan,gangwon&region=busan", "?region=gangwon,busan");
    canonical("region=busan%2Cjeju", "?region=jeju,busan");
    canonical("lat=-037.500&&", "?lat=-37.5");
    canonical("lat=-0.0", "?lat=0");
    canonical("lat=000", "?lat=0");
    canonical("dormitory=true&from=2026-02-28", "?dormitory=true"
              "&from=2026-02-28");
    canonical("resort=0190A6F2-7C1E-7B4A-9D3F-5E8C2A1B6D40",
              "?resort=0190a6f2-7c1e-7b4a-9d3f-5e8c2a1b6d40");
    canonical("q=%EC%8A%A4%ed%82%a4+%26'", "?q=%EC%8A%A4%ED%82%A4%20%26%27");
    canonical("q=a,b:c", "?q=a,b:c");
    canonical("q=&region=", "");
    canonical("%71=x", "?q=x");

    (void) ask(&req, "region=jeju&dormitory=true&from=1970-01-02");
    ok(values[Q_REGION].set == 2 && values[Q_DORM].integer == 1
       && values[Q_FROM].integer == 1 && values[Q_LIMIT].integer == 20
       && !values[Q_LIMIT].given && values[Q_ORDER].set == 1
       && values[Q_TEXT].text.data == NULL
       && values[Q_FIELDS].set == ~(uint64_t) 0, "values and presets");

    refused("limit=0", "limit", "out_of_range",
            "must be an integer from 1 to 100.");
    refused("limit=9999999999999999999", "limit", "out_of_range", NULL);
    refused("limit=+5", "limit", "out_of_range", NULL);
    refused("limit=%2B5", "limit", "out_of_range", NULL);
    refused("lat=1e5", "lat", "out_of_range",
            "must be a number from -90 to 90.");
    refused("lat=.", "lat", "out_of_range", NULL);
    refused("lat=1.", "lat", "out_of_range", NULL);
    refused("lat=91", "lat", "out_of_range", NULL);
    refused("dormitory=1", "dormitory", "wrong_type", NULL);
    refused("resort=1", "resort", "not_a_uuid", NULL);
    refused("from=2026-02-29", "from", "not_a_date", NULL);
    refused("order=pya", "order", "not_allowed",
            "did you mean pay? Allowed are: newest, pay.");
    refused("region=jeju,", "region", "not_allowed", NULL);
    refused("region=seoul", "region", "not_allowed",
            "must be one of: gangwon, jeju, busan.");
    refused("regoin=jeju", "regoin", "unknown",
            "is not known. Did you mean region?");
    refused("utm_source=x", "utm_source", "unknown",
            "is not known: leave it out.");
    refused("limit=1&limit=2&limit=3", "limit", "repeated", NULL);
    refused("q=%zz", "q", "bad_escape", NULL);
    refused("q=%4", "q", "bad_escape", NULL);
    refused("q=%00", "q", "invalid_text", NULL);
    refused("q=%0a", "q", "invalid_text", NULL);
    refused("q=%c0%af", "q", "invalid_text", NULL);
    refused("q=%c2%85", "q", "invalid_text", NULL);
    refused("q=%ed%a0%80", "q", "invalid_text", NULL);
    refused("q=123456", "q", "too_long",
            "must have at most 5 characters (it has 6).");
    refused("fields=titel", "fields", "unknown_field",
            "there is no field titel. Did you mean title?");

    route.view = &wide_view;
    canonical("fields=title", "?fields=id,title");
    canonical("fields=title,id", "?fields=id,title");
    canonical("fields=id,id,title&fields=title", "?fields=id,title");
    canonical("fields=id", "?fields=id");
    canonical("fields=resort_type,resort", "?fields=id,resort,resort_type");
    canonical("fields=resort.at.lng,resort.id,resort.at.lat",
              "?fields=id,resort");
    canonical("fields=resort.at.lng,resort.at", "?fields=id,resort.at");
    canonical("fields=resort.at.lat,resort.id",
              "?fields=id,resort.id,resort.at.lat");
    route.view = &view;

    route.query = NULL;
    refused("x=1", "x", "unknown", NULL);
    route.any_query = 1;
    canonical("x=1&%zz&&a=%00", "");
    route.any_query = 0;
    route.query = query;

    err = ask(&req, "limit=0&order=x&regoin=jeju");
    ok(err && err->fields && err->fields->next && err->fields->next->next
       && err->fields->next->next->next == NULL, "all wrong ones at once");
}


static void
path(void)
{
    rb_req_t     req;
    rb_buf_t     b;
    rb_params_t  ps;
    ngx_str_t    s, texts[2];
    u_char       shared[] = "a/b? \xed\x82\xa4";

    memset(&req, 0, sizeof(req));
    memset(&ps, 0, sizeof(ps));
    ps.pool = pool;

    route.path = *str("/r/{id}/x/{name}");
    route.path_params = path_params;
    req.route = &route;

    texts[0] = *str("0190A6F2-7C1E-7B4A-9D3F-5E8C2A1B6D40");
    texts[1].data = shared;
    texts[1].len = sizeof(shared) - 1;

    rb_path_parse(&ps, &route, texts, req.path);
    memset(shared, 'X', sizeof(shared));

    rb_buf_init(&b, pool, 1);
    rb_path_write(&b, &req);
    s.data = b.start;
    s.len = rb_buf_len(&b);

    ok(ps.err == NULL, "path parameters");
    is(&s, "/r/0190a6f2-7c1e-7b4a-9d3f-5e8c2a1b6d40/x/a%2Fb%3F%20%ED%82%A4",
       "the path in canonical form, from values of its own");

    texts[0] = *str("1");
    rb_path_parse(&ps, &route, texts, req.path);
    ok(ps.err && ps.err->fields, "a wrong path parameter");

    route.path = *str("/api/v1/jobs");
}


static void
number(double value, const char *expected)
{
    u_char     buf[RB_PARAM_NUMBER_SIZE];
    ngx_str_t  s;

    s.data = buf;
    s.len = rb_param_number_write(buf, value) - buf;

    is(&s, expected, expected);
}


static void
numbers(void)
{
    number(0, "0");
    number(-0.0, "0");
    number(-0.0000000001, "0");
    number(0.1, "0.1");
    number(-37.5665, "-37.5665");
    number(0.9999999999, "1");
    number(999999999999999.0, "999999999999999");
    number(1e18, "1000000000000000000");
}


static rb_err_t *
post(rb_req_t *req, const char *text)
{
    memset(req, 0, sizeof(rb_req_t));
    req->task.pool = pool;
    req->route = &route;
    req->query = values;
    req->raw_body.data = (u_char *) text;
    req->raw_body.len = strlen(text);

    return rb_body_parse(req);
}


static void
wrong_body(const char *text, const char *field, const char *code)
{
    rb_err_t  *err;
    rb_req_t   req;

    err = post(&req, text);

    if (err == NULL || err->fields == NULL) {
        ok(0, "%s is refused", text);
        return;
    }

    is(&err->fields->name, field, text);
    is(&err->fields->code, code, code);
}


static void
bodies(void)
{
    rb_req_t  a, b;

    route.body = body;
    (void) ask(&a, "");

    ok(post(&a, "{\"reason\":\"pay\",\"pay\":12000,\"lat\":37.50,"
                "\"meals\":true,\"regions\":[\"busan\",\"jeju\"],"
                "\"detail\":\"\\uc2a4\\n\\ud0a4\"}") == NULL, "a body");
    is(&a.body[2].text, "12000", "an integer");
    is(&a.body[3].text, "37.5", "a number");
    is(&a.body[4].text, "true", "a boolean");
    is(&a.body[5].text, "jeju,busan", "a list");
    is(&a.body[1].text, "\xec\x8a\xa4\n\xed\x82\xa4", "text of two lines");
    ok(rb_body_hash(&a) == NULL, "its hash");

    ok(post(&b, " { \"regions\" : [\"jeju\",\"busan\"], \"lat\":37.5,"
                "\"meals\":true, \"detail\":\"\\uc2a4\\n\\ud0a4\","
                "\"reason\":\"pay\",\"pay\":12000 }") == NULL
       && rb_body_hash(&b) == NULL
       && memcmp(a.request_hash, b.request_hash, 32) == 0,
       "is the same for what means the same");

    ok(post(&b, "{\"reason\":\"pay\",\"pay\":12001,\"lat\":37.5,"
                "\"meals\":true,\"regions\":[\"jeju\",\"busan\"],"
                "\"detail\":\"\\uc2a4\\n\\ud0a4\"}") == NULL
       && rb_body_hash(&b) == NULL
       && memcmp(a.request_hash, b.request_hash, 32) != 0,
       "and another for what does not");

    ok(post(&b, "{\"reason\":\"pay\",\"pay\":null,\"regions\":[]}") == NULL
       && b.body[2].text.data == NULL && b.body[5].text.data == NULL,
       "null and an empty list are absent");

    wrong_body("", "reason", "required");
    wrong_body("{}", "reason", "required");
    wrong_body("[]", "body", "not_an_object");
    wrong_body("{\"reason\":null}", "reason", "required");
    wrong_body("{\"reason\":1}", "reason", "wrong_type");
    wrong_body("{\"reason\":\"pay\",\"pay\":1.5}", "pay", "wrong_type");
    wrong_body("{\"reason\":\"pay\",\"pay\":\"1\"}", "pay", "wrong_type");
    wrong_body("{\"reason\":\"pay\",\"pay\":0}", "pay", "out_of_range");
    wrong_body("{\"reason\":\"pay\",\"pay\":-9223372036854775808}", "pay",
               "out_of_range");
    wrong_body("{\"reason\":\"pay\",\"lat\":1e300}", "lat", "wrong_type");
    wrong_body("{\"reason\":\"pay\",\"meals\":\"true\"}", "meals",
               "wrong_type");
    wrong_body("{\"reason\":\"pay\",\"regions\":[1]}", "regions",
               "wrong_type");
    wrong_body("{\"reason\":\"pay\",\"admin\":true}", "admin", "unknown");
    wrong_body("{\"reason\":\"pay\",\"detail\":\"12345678901\"}", "detail",
               "too_long");
    wrong_body("{\"reason\":\"pay\",\"detail\":\"\\u001b\"}", "detail",
               "invalid_text");

    route.body = NULL;
}


static void
cursors(void)
{
    rb_req_t       req;
    ngx_str_t      keys[2], cursor, s;
    rb_pg_rows_t   rows;
    char           args[512];

    memset(&rows, 0, sizeof(rows));
    rows.columns = 2;
    rows.count = 3;

    (void) ask(&req, "order=pay&limit=2&region=jeju");
    ok(rb_reply_list(&req, &rows, 2, 1, 7) == NULL, "a list of two of three");

    s.data = req.reply.body.start;
    s.len = rb_buf_len(&req.reply.body);
    ok(ngx_strnstr(s.data, ",\"count\":7}", s.len) != NULL, "has its count");

    /* the cursor, out of the Link field */

    cursor.data = ngx_strnstr(req.reply.link.data, "cursor=",
                              req.reply.link.len);
    ok(cursor.data != NULL
       && ngx_strncmp(req.reply.link.data,
                      "</api/v1/jobs?region=jeju&limit=2&order=pay&cursor=",
                      51) == 0, "has a link to the next page");
    cursor.data += 7;
    cursor.len = (u_char *) strchr((char *) cursor.data, '>') - cursor.data;

    ok(req.reply.etag.len == 24 && req.reply.etag.data[0] == '"',
       "has an ETag");
    is(&req.reply.cache_control, "private, no-cache", "is private");

    snprintf(args, sizeof(args), "limit=9&region=jeju&order=pay&cursor=%.*s",
             (int) cursor.len, cursor.data);
    ok(ask(&req, args) == NULL, "the next page");
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) == NULL, "its key");
    is(&keys[0], "2026-11-23", "is that of the last row");

    rows.count = 1;
    ok(rb_reply_list(&req, &rows, 9, 1, -1) == NULL, "the last page");
    is(&req.reply.link,
       "</api/v1/jobs?region=jeju&limit=9&order=pay>; rel=\"first\"",
       "has a link to the first");
    s.data = req.reply.body.start;
    s.len = rb_buf_len(&req.reply.body);
    is(&s, "{\"items\":[{\"title\":\"\xec\x8a\xa4\xed\x82\xa4\"}],"
           "\"next\":null}", "and no next");

    snprintf(args, sizeof(args), "region=busan&order=pay&cursor=%.*s",
             (int) cursor.len, cursor.data);
    (void) ask(&req, args);
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) != NULL,
       "other filters refuse it");

    snprintf(args, sizeof(args), "region=jeju&cursor=%.*s",
             (int) cursor.len, cursor.data);
    (void) ask(&req, args);
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) != NULL,
       "another order refuses it");

    route.path = *str("/api/v1/other");
    snprintf(args, sizeof(args), "region=jeju&order=pay&cursor=%.*s",
             (int) cursor.len, cursor.data);
    (void) ask(&req, args);
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) != NULL,
       "another list refuses it");
    route.path = *str("/api/v1/jobs");

    (void) ask(&req, args);
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) == NULL,
       "its own takes it");
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 2, keys) != NULL,
       "another number of keys refuses it");

    (void) ask(&req, "cursor=AAAA");
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) != NULL, "no cursor");

    (void) ask(&req, "");
    ok(rb_req_keyset(&req, &values[Q_CURSOR], 1, keys) == NULL
       && keys[0].data == NULL, "none given");
}


static void
replies(void)
{
    rb_req_t   req;
    rb_buf_t   b;
    rb_err_t  *err;
    ngx_str_t  s;
    int        i;
    long       left;
    char       id[2] = "a";
    u_char     long_id[100 + RB_REPLY_TAGS_MAX];

    (void) ask(&req, "");
    route.fresh = 5;
    route.stale_while_revalidate = 60;
    route.stale_if_error = 86400;
    ok(rb_reply_finish(&req) == NULL, "finished");
    is(&req.reply.cache_control, "public, max-age=5, s-maxage=5, "
       "stale-while-revalidate=60, stale-if-error=86400", "is public");

    rb_reply_shared_age = 60 * 86400;

    (void) ask(&req, "");
    ok(rb_reply_finish(&req) == NULL, "finished: without a tag");
    is(&req.reply.cache_control, "public, max-age=5, s-maxage=5, "
       "stale-while-revalidate=60, stale-if-error=86400",
       "what has no tag can't be purged, and is kept as shortly as ever");

    (void) ask(&req, "");
    rb_reply_tag(&req, "jobs", NULL);
    ok(rb_reply_finish(&req) == NULL, "finished: with a tag");
    left = 86400 - (time(NULL) + 9 * 3600) % 86400;
    s = req.reply.cache_control;
    s.data += sizeof("public, max-age=5, s-maxage=") - 1;
    ok(labs(atol((char *) s.data) - left) <= 2
       && atol((char *) s.data) < 86400,
       "shared caches that are told of changes keep it longer, until midnight");

    rb_reply_shared_age = 7;
    (void) ask(&req, "");
    rb_reply_tag(&req, "jobs", NULL);
    ok(rb_reply_finish(&req) == NULL, "finished: with an age");
    s = req.reply.cache_control;
    ok(atol((char *) s.data + sizeof("public, max-age=5, s-maxage=") - 1)
       == (left > 9 ? 7 : atol((char *) s.data
                               + sizeof("public, max-age=5, s-maxage=") - 1)),
       "or as long as the operator says");

    rb_reply_unshare(req.task.pool, &route, &req.reply.cache_control);
    is(&req.reply.cache_control, "public, max-age=5, s-maxage=5, "
       "stale-while-revalidate=60, stale-if-error=86400",
       "what may have changed is kept as shortly as ever");

    ngx_str_set(&s, "no-store");
    rb_reply_unshare(req.task.pool, &route, &s);
    is(&s, "no-store", "and what isn't kept isn't");

    (void) ask(&req, "");
    req.reply.uncached = 1;
    rb_reply_tag(&req, "jobs", NULL);
    ok(rb_reply_finish(&req) == NULL, "finished: with too few tags");
    is(&req.reply.cache_control, "public, max-age=5, s-maxage=5, "
       "stale-while-revalidate=60, stale-if-error=86400",
       "shows more than its tags tell");

    rb_reply_shared_age = 0;
    route.fresh = 0;

    (void) ask(&req, "");

    rb_reply_tag(&req, "job", str("a"));
    rb_reply_tag(&req, "job", str("a"));
    rb_reply_tag(&req, "jobs", NULL);
    ok(req.reply.tags == 2
       && req.reply.tag[0] == rb_tag_hash((u_char *) "job:a", 5)
       && req.reply.tag[1] == rb_tag_hash((u_char *) "jobs", 4), "tags");
    is(&(ngx_str_t) { req.reply.keys_len, req.reply.keys }, "job:a jobs",
       "and their texts");

    for (i = 0; i < 20; i++, id[0]++) {
        rb_reply_tag(&req, "x", &(ngx_str_t) { 1, (u_char *) id });
    }

    ok(req.reply.tags == RB_REPLY_TAGS_MAX && req.reply.uncached,
       "too many tags: not to be kept");

    (void) ask(&req, "");
    memset(long_id, 'i', sizeof(long_id));
    s.data = long_id;

    for (i = 0; i < RB_REPLY_TAGS_MAX; i++) {
        s.len = 100 + i;
        rb_reply_tag(&req, "x", &s);
    }

    ok(req.reply.tags < RB_REPLY_TAGS_MAX && req.reply.uncached
       && req.reply.keys_len <= RB_REPLY_KEYS_MAX,
       "nor are tags too long together");

    err = ask(&req, "limit=0");
    rb_problem_write(&b, pool, err, RB_LANG_EN, str("id-12345"));
    s.data = b.start;
    s.len = rb_buf_len(&b);
    is(&s, "{\"type\":\"/problems/invalid_request\",\"title\":\"The request "
       "has invalid values. Correct what is listed in errors and send it "
       "again.\",\"status\":400,\"code\":\"invalid_request\",\"detail\":"
       "\"limit: must be an integer from 1 to 100.\",\"instance\":"
       "\"urn:resortbite:request:id-12345\",\"errors\":[{\"field\":\"limit\","
       "\"code\":\"out_of_range\",\"detail\":\"must be an integer from 1 to "
       "100.\"}]}", "a problem");
}


int
main(void)
{
    ngx_str_t  secret = ngx_string("0123456789abcdef0123456789abcdef");

    test_cycle.log = &test_log;
    ngx_cycle = &test_cycle;
    ngx_pagesize = 4096;
    ngx_cacheline_size = 64;
    rb_token_secret(&secret);

    pool = ngx_create_pool(4096, &test_log);

    accept_json();
    accept_language();
    fields();
    parameters();
    path();
    numbers();
    bodies();
    cursors();
    replies();

    ngx_destroy_pool(pool);

    printf("1..%d\n", tests);

    return failed != 0;
}
