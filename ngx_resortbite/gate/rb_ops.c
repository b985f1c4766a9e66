
/*
 * What those who run a node ask it: does it live, is it ready, how is it
 * doing, what can it do.  All of it is answered from memory.
 */


#include "gate/rb_gate.h"
#include "base/rb_hash.h"
#include "io/rb_redis.h"


#define RB_OPS_METRICS_SIZE  (64 * 1024)


static rb_err_t *rb_ops_health(rb_req_t *req);
static rb_err_t *rb_ops_ready(rb_req_t *req);
static rb_err_t *rb_ops_not_ready(rb_req_t *req);
static rb_err_t *rb_ops_metrics(rb_req_t *req);
static rb_err_t *rb_ops_openapi(rb_req_t *req);


/* without which a node is no use to its balancer */

static const ngx_str_t  rb_ops_needed[] = {
    ngx_string("postgresql.point"),     /* by rb_lane_t */
    ngx_string("postgresql.slow"),
    ngx_string("postgresql.write"),
    ngx_string("postgresql.listener")
};

#define RB_OPS_LISTENER  3


rb_err_define(rb_err_not_ready, 503, "not_ready",
    "이 노드는 아직 요청을 처리할 준비가 되지 않았습니다.",
    "This node is not ready to serve requests.");


static const rb_route_t  rb_ops_routes[] = {

    { .name = ngx_string("ops_health"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/healthz"),
      .handler = rb_ops_health,
      .summary = rb_text("프로세스가 살아 있는지 확인합니다.",
                         "Whether the process is alive."),
      .tag = ngx_string("operations"),
      .success = 200,
      .on_main = 1,
      .any_query = 1 },

    { .name = ngx_string("ops_ready"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/readyz"),
      .handler = rb_ops_ready,
      .summary = rb_text("요청을 처리할 준비가 되었는지 확인합니다.",
                         "Whether the node is ready to serve requests."),
      .tag = ngx_string("operations"),
      .success = 200,
      .problems = RB_PROBLEM_UNAVAILABLE,
      .on_main = 1,
      .any_query = 1 },

    { .name = ngx_string("ops_metrics"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/metrics"),
      .handler = rb_ops_metrics,
      .summary = rb_text("Prometheus 형식의 지표를 제공합니다.",
                         "Metrics in Prometheus' text format."),
      .tag = ngx_string("operations"),
      .success = 200,
      .on_main = 1,
      .any_query = 1 },

    { .name = ngx_string("ops_openapi"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/openapi.json"),
      .handler = rb_ops_openapi,
      .summary = rb_text("이 API의 OpenAPI 3.1 설명을 제공합니다.",
                         "The OpenAPI 3.1 description of this API."),
      .tag = ngx_string("operations"),
      .success = 200,
      .on_main = 1,
      .any_query = 1 }
};


const rb_routes_t  rb_gate_routes = {
    rb_ops_routes, rb_array_size(rb_ops_routes)
};


/* The process answers: nothing else is looked at, so that a database that is
 * away never has nodes restarted. */

static rb_err_t *
rb_ops_health(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;
    ngx_str_t   status = ngx_string("ok");

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    ngx_str_set(&req->reply.cache_control, "no-store");

    rb_json_open(&json, '{');
    rb_json_key(&json, "status");
    rb_json_str(&json, &status);
    rb_json_close(&json, '}');

    return NULL;
}


static rb_err_t *
rb_ops_ready(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;
    ngx_str_t   redis, postgresql, status = ngx_string("ready");

    ngx_str_set(&postgresql, "ready");

    err = rb_ops_not_ready(req);
    if (err) {

        /* what reads is served all the same, by every node alike */

        if (!rb_pg_replica_ready()) {
            return err;
        }

        ngx_str_set(&postgresql, "read_only");
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    ngx_str_set(&req->reply.cache_control, "no-store");

    /* without Redis every answer is still right, so it is only told */

    if (!rb_redis_configured()) {
        ngx_str_set(&redis, "not_configured");

    } else if (rb_redis_ready()) {
        ngx_str_set(&redis, "ready");

    } else {
        ngx_str_set(&redis, "unavailable");
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "status");
    rb_json_str(&json, &status);
    rb_json_key(&json, "postgresql");
    rb_json_str(&json, &postgresql);
    rb_json_key(&json, "redis");
    rb_json_str(&json, &redis);
    rb_json_close(&json, '}');

    return NULL;
}


/* A 503 that names what is missing; NULL when nothing is. */

static rb_err_t *
rb_ops_not_ready(rb_req_t *req)
{
    rb_err_t        *err;
    ngx_uint_t       i, ready;
    rb_err_field_t  *field, **next;

    err = NULL;
    next = NULL;

    for (i = 0; i < rb_array_size(rb_ops_needed); i++) {

        ready = (i == RB_OPS_LISTENER) ? rb_cache_listening(rb_gate.cache)
                                       : rb_pg_ready(i);
        if (ready) {
            continue;
        }

        if (err == NULL) {
            err = rb_err_retry(req->task.pool, &rb_err_not_ready, 1);
            next = &err->fields;
        }

        field = ngx_pcalloc(req->task.pool, sizeof(rb_err_field_t));

        /* a kind that was not copied is constant: it stays without */

        if (field == NULL || err == &rb_err_not_ready) {
            return err;
        }

        field->name = rb_ops_needed[i];
        ngx_str_set(&field->code, "unavailable");
        ngx_str_set(&field->detail[RB_LANG_KO],
                    "데이터베이스에 연결되어 있지 않습니다.");
        ngx_str_set(&field->detail[RB_LANG_EN],
                    "There is no connection to the database.");

        *next = field;
        next = &field->next;
    }

    return err;
}


static rb_err_t *
rb_ops_metrics(rb_req_t *req)
{
    rb_buf_t  *body;

    body = &req->reply.body;

    if (rb_gate.metrics == NULL
        || rb_buf_init(body, req->task.pool, RB_OPS_METRICS_SIZE) != NGX_OK)
    {
        return &rb_err_internal;
    }

    rb_metrics_publish(rb_gate.metrics);
    rb_metrics_write(rb_gate.metrics, rb_gate.router, rb_gate.cache, body);

    if (body->failed) {
        return &rb_err_internal;
    }

    req->reply.status = NGX_HTTP_OK;
    ngx_str_set(&req->reply.type, "text/plain; version=0.0.4; charset=utf-8");
    ngx_str_set(&req->reply.cache_control, "no-store");

    return NULL;
}


static rb_err_t *
rb_ops_openapi(rb_req_t *req)
{
    u_char                *p;
    uint64_t               hash;
    ngx_str_t             *document;
    static const u_char   *hashed;
    static u_char          etag[sizeof("\"0123456789abcdef\"")];

    document = &rb_gate.openapi;

    /* the document is made once, with the configuration */

    if (hashed != document->data) {
        hash = rb_hash64(document->data, document->len, 0);
        (void) ngx_sprintf(etag, "\"%016xL\"", hash);
        hashed = document->data;
    }

    /* not copied: nothing is ever appended to it, nor freed */

    req->reply.body.start = document->data;
    req->reply.body.last = document->data + document->len;
    req->reply.body.end = req->reply.body.last;
    req->reply.body.pool = req->task.pool;

    p = ngx_pnalloc(req->task.pool, sizeof(etag) - 1);
    if (p == NULL) {
        return &rb_err_internal;
    }

    ngx_memcpy(p, etag, sizeof(etag) - 1);

    req->reply.status = NGX_HTTP_OK;
    req->reply.etag.data = p;
    req->reply.etag.len = sizeof(etag) - 1;
    ngx_str_set(&req->reply.cache_control, "public, max-age=60");

    return NULL;
}
