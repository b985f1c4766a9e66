/* unit: web/rb_route.c web/rb_route_tree.c web/rb_route_check.c web/rb_view.c
   web/rb_openapi.c web/rb_openapi_parts.c web/rb_openapi_schema.c
   base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_principal.c
   base/rb_utf8.c base/rb_week.c */

/*
 * The router, views and the API's description, of tables made up here.  With
 * a file name as its argument it also writes the description there.
 */


#include "web/rb_openapi.h"
#include "support.h"
#include <ngx_http.h>


/* rows: what a statement would have returned */

static ngx_str_t  values[16];


ngx_str_t
rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    return values[column];
}


static rb_err_t *
handler(rb_req_t *req)
{
    return NULL;
}


static const rb_view_field_t  job_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0, rb_text("번호", "Its id") },
    { ngx_string("title"), RB_VIEW_STRING, 0, rb_text("제목", "Title") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0, rb_text("", "") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0, rb_text("", "") },
    { ngx_string("resort.at.lat"), RB_VIEW_NUMBER, 1, rb_text("", "") },
    { ngx_string("resort.at.lng"), RB_VIEW_NUMBER, 1, rb_text("", "") },
    { ngx_string("dorm.id"), RB_VIEW_UUID, 1, rb_text("", "") },
    { ngx_string("dorm.rent"), RB_VIEW_INTEGER, 1, rb_text("월세", "Rent") },
    { ngx_string("meals"), RB_VIEW_BOOL, 0, rb_text("", "") },
    { ngx_string("starts"), RB_VIEW_DATE, 1, rb_text("", "") },
    { ngx_string("benefits"), RB_VIEW_JSON, 0, rb_text("", "") },
    { ngx_string("resort_type"), RB_VIEW_CODE, 0, rb_text("", "") }
};

static const rb_view_t  job_view = rb_view("Job", job_fields);

static const rb_view_field_t  report_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0, rb_text("", "") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0, rb_text("", "") }
};

static const rb_view_t  report_view = rb_view("Report", report_fields);


static const ngx_str_t  orders[] = {
    ngx_string("newest"), ngx_string("pay"), ngx_null_string
};

static const rb_param_t  id_param[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("번호", "The id") },
    rb_param_end
};

static const rb_param_t  list_query[] = {
    { ngx_string("order"), RB_PARAM_ENUM, 0, 0, orders, 0,
      ngx_string("newest"), rb_text("순서", "The order") },
    { ngx_string("kinds"), RB_PARAM_ENUMS, 0, 0, orders, 0,
      ngx_string("newest,pay"), rb_text("종류", "Kinds") },
    { ngx_string("q"), RB_PARAM_STRING, 1, 100, NULL, 0, ngx_null_string,
      rb_text("찾을 말", "What to look for") },
    { ngx_string("lat"), RB_PARAM_NUMBER, -90, 90, NULL, 0, ngx_null_string,
      rb_text("위도", "Latitude") },
    { ngx_string("dorm"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_string("false"),
      rb_text("기숙사", "With a bed") },
    { ngx_string("from"), RB_PARAM_DATE, 0, 0, NULL, 0, ngx_null_string,
      rb_text("시작", "From") },
    { ngx_string("limit"), RB_PARAM_INT, 1, 100, NULL, 0, ngx_string("20"),
      rb_text("개수", "How many") },
    { ngx_string("cursor"), RB_PARAM_CURSOR, 0, 0, NULL, 0, ngx_null_string,
      rb_text("다음 쪽", "The next page") },
    { ngx_string("fields"), RB_PARAM_FIELDS, 0, 0, NULL, 0, ngx_null_string,
      rb_text("항목", "Fields") },
    rb_param_end
};

static const rb_param_t  report_body[] = {
    { ngx_string("reason"), RB_PARAM_ENUM, 0, 0, orders, 1, ngx_null_string,
      rb_text("이유", "Why") },
    { ngx_string("detail"), RB_PARAM_STRING, 1, 1000, NULL, 0,
      ngx_null_string, rb_text("자세히", "More") },
    rb_param_end
};


#define route(nm, mt, pt, params)                                             \
    .name = ngx_string(nm), .method = mt, .path = ngx_string(pt),             \
    .handler = handler, .summary = rb_text("요약", "Summary"),                \
    .tag = ngx_string("jobs"), .path_params = params

static const rb_route_t  jobs[] = {
    { route("jobs_list", NGX_HTTP_GET, "/api/v1/jobs", NULL),
      .query = list_query, .view = &job_view, .list = 1, .fresh = 10 },
    { route("jobs_get", NGX_HTTP_GET, "/api/v1/jobs/{id}", id_param),
      .view = &job_view },
    { route("jobs_delete", NGX_HTTP_DELETE, "/api/v1/jobs/{id}", id_param),
      .roles = 1 },
    { route("jobs_report", NGX_HTTP_POST, "/api/v1/jobs/{id}/reports",
            id_param),
      .body = report_body, .view = &report_view, .idempotent = 1,
      .success = 201 },
    { route("jobs_mine", NGX_HTTP_GET, "/api/v1/jobs/mine", NULL),
      .view = &job_view, .list = 1, .roles = 1 }
};

static const rb_route_t  others[] = {
    { route("root", NGX_HTTP_GET, "/", NULL), .on_main = 1 },
    { route("health", NGX_HTTP_GET, "/healthz", NULL), .on_main = 1 },
    { route("beds", NGX_HTTP_PUT, "/api/v1/jobs/{id}/beds/{bed}",
            ((const rb_param_t[]) {
                { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1,
                  ngx_null_string, rb_text("", "") },
                { ngx_string("bed"), RB_PARAM_STRING, 0, 0, NULL, 1,
                  ngx_null_string, rb_text("침대", "The bed") },
                rb_param_end
            })) }
};

static const rb_routes_t  jobs_room = { jobs, rb_array_size(jobs) };
static const rb_routes_t  others_room = { others, rb_array_size(others) };


static ngx_pool_t   *pool;
static rb_router_t  *router;


static rb_router_t *
create(const rb_route_t *routes, ngx_uint_t n)
{
    ngx_conf_t           cf;
    rb_routes_t          room = { routes, n };
    const rb_routes_t   *rooms[] = { &room, NULL };

    memset(&cf, 0, sizeof(cf));
    cf.pool = pool;
    support_logged[0] = '\0';

    return rb_router_create(&cf, rooms);
}


static void
match(ngx_uint_t method, const char *path, const char *expected)
{
    char               text[512];
    u_char            *copy;
    ngx_int_t          rc;
    ngx_str_t          p, allow, found[RB_PATH_PARAMS_MAX];
    ngx_uint_t         index, i;
    const rb_route_t  *r;

    memset(found, 0, sizeof(found));
    p.len = strlen(path);
    copy = malloc(p.len + 1);
    memcpy(copy, path, p.len);
    p.data = realloc(copy, p.len ? p.len : 1);

    support_allocations_left = 0;
    rc = rb_router_match(router, method, &p, &r, &index, found, &allow);
    support_allocations_left = -1;

    if (rc == NGX_DECLINED) {
        strcpy(text, "404");

    } else if (rc == NGX_HTTP_NOT_ALLOWED) {
        snprintf(text, sizeof(text), "405 %.*s", (int) allow.len, allow.data);

    } else {
        i = snprintf(text, sizeof(text), "%.*s", (int) r->name.len,
                     r->name.data);

        if (rb_router_route(router, index) != r) {
            strcpy(text, "another index");
        }

        for (ngx_uint_t k = 0; k < RB_PATH_PARAMS_MAX && found[k].data; k++) {
            i += snprintf(text + i, sizeof(text) - i, " %.*s",
                          (int) found[k].len, found[k].data);
        }
    }

    support_is(text, strlen(text), expected, "%.60s", path);
    free(p.data);
}


static void
matches(void)
{
    char  *longest;

    match(NGX_HTTP_GET, "/", "root");
    match(NGX_HTTP_GET, "/healthz", "health");
    match(NGX_HTTP_HEAD, "/healthz", "health");
    match(NGX_HTTP_OPTIONS, "/healthz", "405 GET, HEAD, OPTIONS");
    match(NGX_HTTP_POST, "/healthz", "405 GET, HEAD, OPTIONS");
    match(NGX_HTTP_TRACE, "/healthz", "405 GET, HEAD, OPTIONS");
    match(NGX_HTTP_GET, "/healthz/", "404");
    match(NGX_HTTP_GET, "/health", "404");
    match(NGX_HTTP_GET, "/HEALTHZ", "404");
    match(NGX_HTTP_GET, "", "404");
    match(NGX_HTTP_GET, "*", "404");
    match(NGX_HTTP_GET, "healthz", "404");
    match(NGX_HTTP_GET, "//", "404");
    match(NGX_HTTP_GET, "//healthz", "404");
    match(NGX_HTTP_GET, "/api", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs", "jobs_list");
    match(NGX_HTTP_GET, "/api/v1/%6aobs", "jobs_list");
    match(NGX_HTTP_GET, "/api/v1%2fjobs", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/42", "jobs_get 42");
    match(NGX_HTTP_DELETE, "/api/v1/jobs/42", "jobs_delete 42");
    match(NGX_HTTP_POST, "/api/v1/jobs/42",
          "405 GET, HEAD, DELETE, OPTIONS");
    match(NGX_HTTP_GET, "/api/v1/jobs/42/reports", "405 POST, OPTIONS");
    match(NGX_HTTP_HEAD, "/api/v1/jobs/42/reports", "405 POST, OPTIONS");
    match(NGX_HTTP_POST, "/api/v1/jobs/42/reports", "jobs_report 42");
    match(NGX_HTTP_GET, "/api/v1/jobs/mine", "jobs_mine");
    match(NGX_HTTP_POST, "/api/v1/jobs/mine/reports", "jobs_report mine");
    match(NGX_HTTP_POST, "/api/v1/jobs/%6dine/reports", "jobs_report mine");
    match(NGX_HTTP_GET, "/api/v1/jobs/a%2Fb", "jobs_get a/b");
    match(NGX_HTTP_GET, "/api/v1/jobs/a%2525", "jobs_get a%25");
    match(NGX_HTTP_GET, "/api/v1/jobs/%ea%B0%80", "jobs_get 가");
    match(NGX_HTTP_GET, "/api/v1/jobs/a%", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/a%2", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/a%zz", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/.", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/..", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/%2e%2E", "404");
    match(NGX_HTTP_GET, "/api/v1/jobs/...", "jobs_get ...");
    match(NGX_HTTP_GET, "/api/v1//jobs", "404");
    match(NGX_HTTP_PUT, "/api/v1/jobs/%31/beds/%32", "beds 1 2");
    match(NGX_HTTP_PUT, "/api/v1/jobs/1//2", "404");
    match(NGX_HTTP_PUT, "/api/v1/jobs/1/beds/2/3", "404");

    longest = calloc(1, 20000);
    strcpy(longest, "/api/v1/jobs/%41");
    memset(longest + 16, 'x', 10000);
    match(NGX_HTTP_GET, longest, "404");
    memset(longest, '/', 19999);
    match(NGX_HTTP_GET, longest, "404");
    free(longest);
}


static void
refuses(const rb_route_t *routes, ngx_uint_t n, const char *says)
{
    support_ok(create(routes, n) == NULL
               && strstr((char *) support_logged, says) != NULL,
               "refused: %s", support_logged);
}


static const rb_view_field_t  apart[] = {
    { ngx_string("a.x"), RB_VIEW_STRING, 0, rb_text("", "") },
    { ngx_string("b"), RB_VIEW_STRING, 0, rb_text("", "") },
    { ngx_string("a.y"), RB_VIEW_STRING, 0, rb_text("", "") }
};

static const rb_view_t  apart_view = rb_view("Apart", apart);


static void
tables(void)
{
    refuses((rb_route_t[]) {
                { route("a", NGX_HTTP_GET, "/x", NULL) },
                { route("b", NGX_HTTP_GET, "/x", NULL) } }, 2,
            "\"a\" and \"b\" have the same method and path: /x");
    refuses((rb_route_t[]) {
                { route("a", NGX_HTTP_GET, "/x", NULL) },
                { route("a", NGX_HTTP_GET, "/y", NULL) } }, 2,
            "the name \"a\": /x and /y");
    refuses((rb_route_t[]) {
                { route("a", NGX_HTTP_GET, "/x/{id}", id_param) },
                { route("b", NGX_HTTP_GET, "/x/{ident}/y",
                        ((const rb_param_t[]) {
                            { ngx_string("ident"), RB_PARAM_UUID, 0, 0, NULL,
                              1, ngx_null_string, rb_text("", "") },
                            rb_param_end })) } }, 2,
            "{id} and {ident}");
    refuses((rb_route_t[]) {
                { route("a", NGX_HTTP_GET, "/x/{id}", NULL) } }, 1,
            "path_params");
    refuses((rb_route_t[]) {
                { route("a", NGX_HTTP_GET, "/x", id_param) } }, 1,
            "isn't in its path");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x/", NULL) } }, 1,
            "empty segment");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "x", NULL) } }, 1,
            "begins with a slash");
    refuses((rb_route_t[]) { { route("a b", NGX_HTTP_GET, "/x", NULL) } }, 1,
            "needs a name");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_HEAD, "/x", NULL) } }, 1,
            "must be of GET");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .list = 1 } }, 1, "list of no view");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .view = &apart_view } }, 1,
            "an object's fields apart: Apart");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_POST, "/x", NULL),
                               .fresh = 1 } }, 1, "can't be cached");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .fresh = 1, .on_main = 1 } }, 1,
            "without a fiber and so can't be cached");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .view = &job_view, .query = list_query,
                               .any_query = 1 } }, 1,
            "heeds no query");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .page = 1, .fresh = 1, .by_language = 1 } }, 1,
            "language is by its path");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .page = 1, .fresh = 1, .optional = 1 } }, 1,
            "must be for anyone");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .page = 1, .fresh = 1, .english = 1 } }, 1,
            "begin with /en");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/en/x", NULL),
                               .page = 1, .english = 1 } }, 1,
            "must be cached");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_POST, "/en/x", NULL),
                               .page = 1, .form = 1, .fresh = 1 } }, 1,
            "can't be cached");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_GET, "/x", NULL),
                               .any_origin = 1, .optional = 1 } }, 1,
            "may be read by any site");
    refuses((rb_route_t[]) { { route("a", NGX_HTTP_POST, "/x", NULL),
                               .any_origin = 1 } }, 1,
            "may be read by any site");
}


static void
set(ngx_uint_t column, const char *text)
{
    values[column].data = (u_char *) text;
    values[column].len = text ? strlen(text) : 0;
}


static void
view(const char *fields, const char *expected)
{
    uint64_t    mask;
    rb_buf_t    b;
    rb_json_t   j;
    ngx_str_t   s, unknown;

    s.data = (u_char *) fields;
    s.len = fields ? strlen(fields) : 0;
    mask = ~(uint64_t) 0;

    if (fields && rb_view_mask(&job_view, &s, &mask, &unknown) != NGX_OK) {
        support_is(unknown.data, unknown.len, expected, "unknown: \"%s\"",
                   fields);
        return;
    }

    rb_buf_init(&b, pool, 1);
    rb_json_init(&j, &b);
    rb_view_write(&j, &job_view, NULL, 0, mask);

    support_is(b.start, rb_buf_len(&b), expected, "fields=%s",
               fields ? fields : "");
}


static void
views(void)
{
    ngx_uint_t  i;

    static const char  *const row[] = {
        "0190", "스키 \"강사\"", "0191", "용평", "37.64", "NaN", NULL, NULL,
        "t", NULL, "[\"ski\"]", "ski"
    };

    for (i = 0; i < rb_array_size(row); i++) {
        set(i, row[i]);
    }

    view(NULL, "{\"id\":\"0190\",\"title\":\"스키 \\\"강사\\\"\","
         "\"resort\":{\"id\":\"0191\",\"name\":\"용평\","
         "\"at\":{\"lat\":37.64,\"lng\":null}},\"dorm\":null,\"meals\":true,"
         "\"starts\":null,\"benefits\":[\"ski\"],\"resort_type\":\"ski\"}");
    view("title", "{\"id\":\"0190\",\"title\":\"스키 \\\"강사\\\"\"}");
    view("resort.at.lat,meals",
         "{\"id\":\"0190\",\"resort\":{\"at\":{\"lat\":37.64}},"
         "\"meals\":true}");
    view("resort", "{\"id\":\"0190\",\"resort\":{\"id\":\"0191\","
         "\"name\":\"용평\",\"at\":{\"lat\":37.64,\"lng\":null}}}");
    view("dorm", "{\"id\":\"0190\",\"dorm\":null}");
    view("id", "{\"id\":\"0190\"}");

    set(7, "120000");
    view("dorm.id", "{\"id\":\"0190\",\"dorm\":{\"id\":null}}");
    view("dorm", "{\"id\":\"0190\",\"dorm\":{\"id\":null,\"rent\":120000}}");

    set(4, NULL);
    set(5, NULL);
    set(8, "f");
    view("resort.at,meals", "{\"id\":\"0190\",\"resort\":{\"at\":null},"
         "\"meals\":false}");

    view("", "");
    view("title,", "");
    view("titl", "titl");
    view("title,resort.", "resort.");
    view("resor", "resor");
    view("resort.at.lat.x", "resort.at.lat.x");

    for (i = 0; i < 6; i++) {
        rb_buf_t   b;
        rb_json_t  j;

        support_allocations_left = i;
        rb_buf_init(&b, pool, 1);
        rb_json_init(&j, &b);
        rb_view_write(&j, &job_view, NULL, 0, ~(uint64_t) 0);
        rb_json_open(&j, '[');
        for (int k = 0; k < 2000; k++) {
            rb_view_write(&j, &job_view, NULL, 0, ~(uint64_t) 0);
        }
        support_allocations_left = -1;
        support_ok(b.failed, "out of memory after %d allocations", (int) i);
    }
}


static void
openapi(const char *name)
{
    FILE          *file;
    json_t        *root, *op;
    ngx_str_t      document, again;
    ngx_uint_t     i;
    json_error_t   error;

    support_ok(rb_openapi_write(pool, router, &document) == NGX_OK
               && rb_openapi_write(pool, router, &again) == NGX_OK,
               "the API's description");
    support_ok(document.len == again.len
               && memcmp(document.data, again.data, again.len) == 0,
               "is the same each time");

    root = json_loadb((char *) document.data, document.len,
                      JSON_REJECT_DUPLICATES, &error);

    if (!support_ok(root != NULL, "is JSON: %s", root ? "" : error.text)) {
        return;
    }

    for (i = 0; i < rb_router_count(router); i++) {
        const rb_route_t  *r = rb_router_route(router, i);

        op = json_object_get(json_object_get(root, "paths"),
                             (char *) r->path.data);
        op = json_object_get(op, r->method == NGX_HTTP_GET ? "get"
                             : r->method == NGX_HTTP_POST ? "post"
                             : r->method == NGX_HTTP_PUT ? "put" : "delete");
        support_is(r->name.data, r->name.len,
                   json_string_value(json_object_get(op, "operationId")),
                   "has %s", r->name.data);
    }

    json_decref(root);

    for (i = 0; i < 8; i++) {
        support_allocations_left = i;
        if (rb_openapi_write(pool, router, &again) == NGX_OK) {
            break;
        }
    }
    support_allocations_left = -1;
    support_ok(i > 0, "out of memory is told");

    if (name) {
        file = fopen(name, "w");
        fwrite(document.data, 1, document.len, file);
        fclose(file);
    }
}


int
main(int argc, char **argv)
{
    ngx_conf_t           cf;
    const rb_routes_t   *rooms[] = { &jobs_room, &others_room, NULL };

    pool = support_pool();
    memset(&cf, 0, sizeof(cf));
    cf.pool = pool;

    router = rb_router_create(&cf, rooms);

    if (support_ok(router != NULL, "a router: %s", support_logged)) {
        matches();
        openapi(argc > 1 ? argv[1] : NULL);
    }

    tables();
    views();

    ngx_destroy_pool(pool);

    return support_done();
}
