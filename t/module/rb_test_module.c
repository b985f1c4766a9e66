
/*
 * The module of the tests: routes under /test/ that wait, fail, recurse and
 * hold transactions on demand, so that each rule about lifetimes has a test.
 * It is never part of the product's build.
 */


#include "gate/rb_gate.h"
#include "io/rb_pg.h"


#define RB_TEST_RECURSION_MAX  100000000


extern const rb_routes_t  rb_test_redis_routes;
extern const rb_routes_t  rb_test_forms_routes;
extern const rb_routes_t  rb_test_budget_routes;
extern const rb_routes_t  rb_test_pages_routes;
extern const rb_routes_t  rb_test_outbound_routes;
extern const rb_routes_t  rb_test_identity_routes;
extern const rb_routes_t  rb_test_factors_routes;

static ngx_int_t rb_test_add_rooms(ngx_conf_t *cf);

static rb_err_t *rb_test_hello(rb_req_t *req);
static rb_err_t *rb_test_wait(rb_req_t *req);
static rb_err_t *rb_test_recurse(rb_req_t *req);
static rb_err_t *rb_test_pg_sleep(rb_req_t *req);
static rb_err_t *rb_test_pg_big(rb_req_t *req);
static rb_err_t *rb_test_pg_fail(rb_req_t *req);
static rb_err_t *rb_test_write(rb_req_t *req);
static rb_err_t *rb_test_transaction(rb_req_t *req);
static rb_err_t *rb_test_json(rb_req_t *req);


/* Statements of its own, each with the parameters it names. */

#define rb_test_stmt(name, lane, nparams, text)                               \
    { name, lane, 0, nparams, text, sizeof(text) - 1, NULL, 0, NULL, NULL, 0, \
      sizeof(text) }

static const rb_stmt_t  rb_test_sleep_stmt = rb_test_stmt("test_sleep",
    RB_LANE_SLOW, 1, "SELECT 'slept' FROM pg_sleep($1::float8)");

static const rb_stmt_t  rb_test_point_sleep_stmt = rb_test_stmt(
    "test_point_sleep", RB_LANE_POINT, 1,
    "SELECT 'slept' FROM pg_sleep($1::float8)");

static const rb_stmt_t  rb_test_big_stmt = rb_test_stmt("test_big",
    RB_LANE_SLOW, 1, "SELECT repeat('x', $1::integer)");

static const rb_stmt_t  rb_test_fail_stmt = rb_test_stmt("test_fail",
    RB_LANE_POINT, 1, "SELECT 1 / $1::integer");

static const rb_stmt_t  rb_test_missing_stmt = rb_test_stmt("test_missing",
    RB_LANE_POINT, 1, "SELECT $1::text FROM a_table_that_does_not_exist");

static const rb_stmt_t  rb_test_write_stmt = rb_test_stmt("test_write",
    RB_LANE_WRITE, 2, "INSERT INTO test_writes (note) SELECT $1::text "
    "FROM pg_sleep($2::float8) RETURNING id");


static const rb_param_t  rb_test_seconds[] = {
    { ngx_string("seconds"), RB_PARAM_NUMBER, 0, 600, NULL, 0,
      ngx_string("0.1"), rb_text("초", "seconds") },
    { ngx_string("lane"), RB_PARAM_STRING, 1, 10, NULL, 0,
      ngx_string("slow"), rb_text("차선", "lane") },
    rb_param_end
};

static const rb_param_t  rb_test_number[] = {
    { ngx_string("n"), RB_PARAM_INT, 0, 1e9, NULL, 0,
      ngx_string("1"), rb_text("수", "a number") },
    rb_param_end
};

static const rb_param_t  rb_test_note[] = {
    { ngx_string("note"), RB_PARAM_STRING, 1, 200, NULL, 1,
      ngx_null_string, rb_text("메모", "a note") },
    { ngx_string("seconds"), RB_PARAM_NUMBER, 0, 600, NULL, 0,
      ngx_string("0"), rb_text("초", "seconds") },
    { ngx_string("end"), RB_PARAM_STRING, 1, 20, NULL, 0,
      ngx_string("commit"), rb_text("끝", "commit or rollback") },
    rb_param_end
};

#define rb_test_route(nm, mt, pt, hd, qr, bd)                                 \
    { .name = ngx_string(nm), .method = mt, .path = ngx_string("/test/" pt),  \
      .handler = hd, .summary = rb_text("시험", "Test"),                      \
      .tag = ngx_string("test"), .query = qr, .body = bd, .success = 200 }

static const rb_route_t  rb_test_route_table[] = {
    rb_test_route("testHello", NGX_HTTP_GET, "hello", rb_test_hello, NULL,
                  NULL),
    rb_test_route("testWait", NGX_HTTP_GET, "wait", rb_test_wait,
                  rb_test_seconds, NULL),
    rb_test_route("testRecurse", NGX_HTTP_GET, "recurse", rb_test_recurse,
                  rb_test_number, NULL),
    rb_test_route("testSleep", NGX_HTTP_GET, "pg/sleep", rb_test_pg_sleep,
                  rb_test_seconds, NULL),
    rb_test_route("testBig", NGX_HTTP_GET, "pg/big", rb_test_pg_big,
                  rb_test_number, NULL),
    rb_test_route("testFail", NGX_HTTP_GET, "pg/fail", rb_test_pg_fail,
                  rb_test_number, NULL),
    rb_test_route("testWrite", NGX_HTTP_POST, "pg/write", rb_test_write, NULL,
                  rb_test_note),
    rb_test_route("testTransaction", NGX_HTTP_POST, "pg/transaction",
                  rb_test_transaction, NULL, rb_test_note),
    rb_test_route("testJson", NGX_HTTP_POST, "json", rb_test_json, NULL,
                  rb_test_note)
};

static const rb_routes_t  rb_test_routes = {
    rb_test_route_table, rb_array_size(rb_test_route_table)
};


static ngx_http_module_t  rb_test_module_ctx = {
    rb_test_add_rooms,                  /* preconfiguration */
    NULL,                               /* postconfiguration */
    NULL,                               /* create main configuration */
    NULL,                               /* init main configuration */
    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */
    NULL,                               /* create location configuration */
    NULL                                /* merge location configuration */
};


static ngx_command_t  rb_test_commands[] = {
    ngx_null_command
};


ngx_module_t  ngx_rbtest_module = {
    NGX_MODULE_V1,
    &rb_test_module_ctx,                /* module context */
    rb_test_commands,                   /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
rb_test_add_rooms(ngx_conf_t *cf)
{
    if (rb_gate_add_room(cf, &rb_test_routes) != NGX_OK
        || rb_gate_add_room(cf, &rb_test_forms_routes) != NGX_OK
        || rb_gate_add_room(cf, &rb_test_budget_routes) != NGX_OK
        || rb_gate_add_room(cf, &rb_test_pages_routes) != NGX_OK
        || rb_gate_add_room(cf, &rb_test_outbound_routes) != NGX_OK
        || rb_gate_add_room(cf, &rb_test_identity_routes) != NGX_OK
        || rb_gate_add_room(cf, &rb_test_factors_routes) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rb_gate_add_room(cf, &rb_test_redis_routes);
}


static rb_err_t *
rb_test_say(rb_req_t *req, const char *key, size_t len, const ngx_str_t *value)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key_n(&json, key, len);
    rb_json_str(&json, value);
    rb_json_close(&json, '}');

    return NULL;
}

#define rb_test_answer(req, key, value)                                       \
    rb_test_say(req, key, sizeof(key) - 1, value)


/* A fiber that needs nothing: what a handler costs by itself. */

static rb_err_t *
rb_test_hello(rb_req_t *req)
{
    static const ngx_str_t  hello = ngx_string("world");

    return rb_test_answer(req, "hello", &hello);
}


static rb_err_t *
rb_test_wait(rb_req_t *req)
{
    static const ngx_str_t  waited = ngx_string("yes");

    if (rb_fiber_sleep((ngx_msec_t) (req->query[0].number * 1000))
        == RB_WAKE_CANCELLED)
    {
        ngx_log_error(NGX_LOG_NOTICE, req->task.log, 0, "test: cancelled");
        return &rb_err_cancelled;
    }

    return rb_test_answer(req, "waited", &waited);
}


/* Each call takes a few hundred bytes that the compiler can't do without. */

static ngx_uint_t
rb_test_descend(ngx_uint_t depth)
{
    u_char      frame[256];
    ngx_uint_t  below;

    __asm__ volatile ("" : : "r" (frame) : "memory");

    below = depth ? rb_test_descend(depth - 1) + 1 : 0;

    __asm__ volatile ("" : : "r" (frame) : "memory");

    return below;
}


static rb_err_t *
rb_test_recurse(rb_req_t *req)
{
    u_char     text[NGX_INT64_LEN];
    ngx_str_t  value;

    value.data = text;
    value.len = ngx_sprintf(text, "%ui",
                            rb_test_descend(req->query[0].integer)) - text;

    return rb_test_answer(req, "depth", &value);
}


static rb_err_t *
rb_test_pg_sleep(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      value;
    rb_pg_rows_t   rows;

    err = rb_pg_run(&req->task, req->query[1].text.data[0] == 'p'
                                ? &rb_test_point_sleep_stmt
                                : &rb_test_sleep_stmt,
                    0, &req->query[0].text, &rows);

    if (err == &rb_err_cancelled) {
        ngx_log_error(NGX_LOG_NOTICE, req->task.log, 0, "test: cancelled");
    }

    if (err) {
        return err;
    }

    value = rb_pg_value(&rows, 0, 0);

    return rb_test_answer(req, "pg", &value);
}


static rb_err_t *
rb_test_pg_big(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      value;
    rb_pg_rows_t   rows;

    err = rb_pg_run(&req->task, &rb_test_big_stmt, 0, &req->query[0].text,
                    &rows);
    if (err) {
        return err;
    }

    value = rb_pg_value(&rows, 0, 0);

    return rb_test_answer(req, "big", &value);
}


/* n=0 is refused by the server with 22012, foreseen; n=2 can't be prepared. */

static rb_err_t *
rb_test_pg_fail(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      value;
    rb_pg_rows_t   rows;

    err = rb_pg_run(&req->task, req->query[0].integer == 2
                                ? &rb_test_missing_stmt : &rb_test_fail_stmt,
                    0, &req->query[0].text, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        value.data = rows.sqlstate;
        value.len = ngx_strlen(rows.sqlstate);
        return rb_test_answer(req, "sqlstate", &value);
    }

    value = rb_pg_value(&rows, 0, 0);

    return rb_test_answer(req, "quotient", &value);
}


static rb_err_t *
rb_test_write(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      value, params[2];
    rb_pg_rows_t   rows;

    params[0] = req->body[0].text;
    params[1] = req->body[1].text;

    err = rb_pg_run(&req->task, &rb_test_write_stmt, 0, params, &rows);
    if (err) {
        return err;
    }

    value = rb_pg_value(&rows, 0, 0);

    return rb_test_answer(req, "id", &value);
}


/* Two writes in one transaction, with a pause between them. */

static rb_err_t *
rb_test_transaction(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[2];
    rb_pg_tx_t    *tx;
    rb_pg_rows_t   rows;

    err = rb_pg_begin(&req->task, 0, &tx);
    if (err) {
        return err;
    }

    params[0] = req->body[0].text;
    params[1] = req->body[1].text;

    err = rb_pg_tx_run(tx, &rb_test_write_stmt, 0, params, &rows);

    if (err == NULL) {
        (void) rb_fiber_sleep((ngx_msec_t) (req->body[1].number * 1000));
        err = rb_pg_tx_run(tx, &rb_test_write_stmt, 0, params, &rows);
    }

    if (err || req->body[2].text.data[0] == 'r') {
        rb_pg_rollback(tx);

    } else {
        err = rb_pg_commit(tx);
    }

    return err ? err : rb_test_answer(req, "ended", &req->body[2].text);
}


static rb_err_t *
rb_test_json(rb_req_t *req)
{
    return rb_test_answer(req, "note", &req->body[0].text);
}
