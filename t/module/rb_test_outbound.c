
/*
 * Calls to other services on demand:
 *
 *     GET /test/outbound?uri=/out/echo&method=POST&send=100&timeout=500
 *
 * Answers {"status": …, "type": …, "length": …, "body": its first bytes}, or
 * as an error is answered.  `say' is sent as a header field X-Say.
 */


#include "gate/rb_gate.h"
#include "io/rb_outbound.h"


#define RB_TEST_OUTBOUND_SHOWN  2000


static rb_err_t *rb_test_outbound(rb_req_t *req);


static const rb_param_t  rb_test_outbound_query[] = {
    { ngx_string("uri"), RB_PARAM_STRING, 1, 1000, NULL, 1,
      ngx_null_string, rb_text("주소", "where to") },
    { ngx_string("method"), RB_PARAM_STRING, 1, 20, NULL, 0,
      ngx_string("GET"), rb_text("방법", "how") },
    { ngx_string("send"), RB_PARAM_INT, 0, 10000000, NULL, 0,
      ngx_string("0"), rb_text("바이트", "bytes of a body") },
    { ngx_string("timeout"), RB_PARAM_INT, 1, 60000, NULL, 0,
      ngx_string("3000"), rb_text("밀리초", "milliseconds") },
    { ngx_string("say"), RB_PARAM_STRING, 0, 1000, NULL, 0,
      ngx_string("nothing"), rb_text("머리말", "a header field") },
    rb_param_end
};

static const rb_route_t  rb_test_outbound_table[] = {
    { .name = ngx_string("testOutbound"), .method = NGX_HTTP_GET,
      .path = ngx_string("/test/outbound"), .handler = rb_test_outbound,
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),
      .query = rb_test_outbound_query, .success = 200 }
};

const rb_routes_t  rb_test_outbound_routes = {
    rb_test_outbound_table, rb_array_size(rb_test_outbound_table)
};


static rb_err_t *
rb_test_outbound(rb_req_t *req)
{
    rb_err_t       *err;
    ngx_str_t       shown;
    rb_json_t       json;
    rb_answer_t     answer;
    rb_outbound_t   call;

    ngx_memzero(&call, sizeof(rb_outbound_t));

    call.uri = req->query[0].text;
    call.method = req->query[1].text;
    call.body.len = req->query[2].integer;
    call.headers = 1;
    ngx_str_set(&call.header[0].name, "X-Say");
    call.header[0].value = req->query[4].text;

    if (call.body.len) {
        ngx_str_set(&call.type, "text/plain");

        call.body.data = ngx_pnalloc(req->task.pool, call.body.len);
        if (call.body.data == NULL) {
            return &rb_err_internal;
        }

        ngx_memset(call.body.data, 'x', call.body.len);
    }

    req->task.deadline = ngx_current_msec + req->query[3].integer;

    err = rb_outbound_call(&req->task, &call, &answer);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    shown.data = answer.body.data;
    shown.len = ngx_min(answer.body.len, RB_TEST_OUTBOUND_SHOWN);

    rb_json_open(&json, '{');
    rb_json_key(&json, "status");
    rb_json_int(&json, answer.status);
    rb_json_key(&json, "type");
    rb_json_str(&json, &answer.type);
    rb_json_key(&json, "length");
    rb_json_int(&json, answer.body.len);
    rb_json_key(&json, "body");
    rb_json_str(&json, &shown);
    rb_json_close(&json, '}');

    return NULL;
}
