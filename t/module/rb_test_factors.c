
/*
 * What sessions/ asks of factors/, on demand:
 *
 *     POST /test/factors/take     {"member": "…", "method": "totp", "code": …}
 *     POST /test/factors/options  {"member": "…"}, or {}
 *     POST /test/factors/passkey  {"handle": "…", "credential": {…}}
 */


#include "gate/rb_gate.h"
#include "factors/rb_factors.h"


static rb_err_t *rb_test_factors_take(rb_req_t *req);
static rb_err_t *rb_test_factors_options(rb_req_t *req);
static rb_err_t *rb_test_factors_passkey(rb_req_t *req);
static rb_err_t *rb_test_factors_reply(rb_req_t *req, const char *name,
    const ngx_str_t *value, ngx_uint_t number);


static const rb_param_t  rb_test_factors_take_body[] = {
    { ngx_string("member"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("누구", "whose") },
    { ngx_string("method"), RB_PARAM_STRING, 1, 20, NULL, 1, ngx_null_string,
      rb_text("무엇", "which") },
    { ngx_string("code"), RB_PARAM_STRING, 0, 100, NULL, 1, ngx_null_string,
      rb_text("코드", "the code") },
    rb_param_end
};

static const rb_param_t  rb_test_factors_options_body[] = {
    { ngx_string("member"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("누구", "whose") },
    rb_param_end
};

static const rb_param_t  rb_test_factors_passkey_body[] = {
    { ngx_string("handle"), RB_PARAM_STRING, 1, 200, NULL, 1,
      ngx_null_string, rb_text("핸들", "the handle") },
    { ngx_string("credential"), RB_PARAM_JSON, 0, 0, NULL, 1,
      ngx_null_string, rb_text("응답", "the answer") },
    rb_param_end
};

static const rb_route_t  rb_test_factors_table[] = {
    { .name = ngx_string("testFactorsTake"), .method = NGX_HTTP_POST,
      .path = ngx_string("/test/factors/take"),
      .handler = rb_test_factors_take,
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),
      .body = rb_test_factors_take_body, .success = 200 },
    { .name = ngx_string("testFactorsOptions"), .method = NGX_HTTP_POST,
      .path = ngx_string("/test/factors/options"),
      .handler = rb_test_factors_options,
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),
      .body = rb_test_factors_options_body, .success = 200 },
    { .name = ngx_string("testFactorsPasskey"), .method = NGX_HTTP_POST,
      .path = ngx_string("/test/factors/passkey"),
      .handler = rb_test_factors_passkey,
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),
      .body = rb_test_factors_passkey_body, .success = 200 }
};

const rb_routes_t  rb_test_factors_routes = {
    rb_test_factors_table, rb_array_size(rb_test_factors_table)
};


static rb_err_t *
rb_test_factors_take(rb_req_t *req)
{
    rb_err_t    *err;
    ngx_uint_t   method, methods;

    method = (req->body[1].text.data[0] == 't') ? RB_AMR_OTP : RB_AMR_RCV;

    err = rb_factors_take_code(&req->task, &req->body[0].text, method,
                               &req->body[2].text);
    if (err) {
        return err;
    }

    err = rb_factors_methods(&req->task, &req->body[0].text, &methods);

    return err ? err : rb_test_factors_reply(req, "member",
                                             &req->body[0].text, methods);
}


static rb_err_t *
rb_test_factors_options(rb_req_t *req)
{
    rb_err_t   *err;
    ngx_str_t   options, handle;
    rb_json_t   json;

    err = rb_factors_passkey_options(&req->task, &req->body[0].text, &options,
                                     &handle);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "options");
    rb_json_raw(&json, options.data, options.len);
    rb_json_key(&json, "handle");
    rb_json_str(&json, &handle);
    rb_json_close(&json, '}');

    return NULL;
}


static rb_err_t *
rb_test_factors_passkey(rb_req_t *req)
{
    rb_err_t    *err;
    ngx_str_t    member;
    ngx_uint_t   amr;

    err = rb_factors_passkey_take(&req->task, &req->body[0].text,
                                  &req->body[1].text, &member, &amr);

    return err ? err : rb_test_factors_reply(req, "member", &member, amr);
}


static rb_err_t *
rb_test_factors_reply(rb_req_t *req, const char *name, const ngx_str_t *value,
    ngx_uint_t number)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key_n(&json, name, ngx_strlen(name));
    rb_json_str(&json, value);
    rb_json_key(&json, "amr");
    rb_json_int(&json, number);
    rb_json_close(&json, '}');

    return NULL;
}
