
/*
 * Budgets on demand:
 *
 *     GET /test/budget?act=spend&whose=somebody&free=5&delay=2
 *
 * Answers {"ok": true}, or as a refusal is answered.
 */


#include "gate/rb_gate.h"
#include "io/rb_budget.h"


static rb_err_t *rb_test_budget(rb_req_t *req);


static const ngx_str_t  rb_test_budget_acts[] = {
    ngx_string("check"), ngx_string("spend"), ngx_string("refund"),
    ngx_string("forget"), ngx_null_string
};

static const rb_param_t  rb_test_budget_query[] = {
    { ngx_string("act"), RB_PARAM_ENUM, 0, 0, rb_test_budget_acts, 1,
      ngx_null_string, rb_text("할 일", "what to do") },
    { ngx_string("whose"), RB_PARAM_STRING, 1, 1000, NULL, 1,
      ngx_null_string, rb_text("누구", "whose") },
    { ngx_string("free"), RB_PARAM_INT, 0, 1000, NULL, 0,
      ngx_string("5"), rb_text("번", "how many without delay") },
    { ngx_string("window"), RB_PARAM_INT, 1, 86400, NULL, 0,
      ngx_string("900"), rb_text("초", "seconds") },
    { ngx_string("delay"), RB_PARAM_INT, 0, 86400, NULL, 0,
      ngx_string("2"), rb_text("초", "seconds") },
    { ngx_string("delay_max"), RB_PARAM_INT, 0, 86400, NULL, 0,
      ngx_string("900"), rb_text("초", "seconds") },
    rb_param_end
};

static const rb_route_t  rb_test_budget_table[] = {
    { .name = ngx_string("testBudget"), .method = NGX_HTTP_GET,
      .path = ngx_string("/test/budget"), .handler = rb_test_budget,
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),
      .query = rb_test_budget_query, .success = 200 }
};

const rb_routes_t  rb_test_budget_routes = {
    rb_test_budget_table, rb_array_size(rb_test_budget_table)
};


static rb_err_t *
rb_test_budget(rb_req_t *req)
{
    rb_err_t        *err;
    rb_json_t        json;
    rb_budget_t      budget = { ngx_string("test"), 0, 0, 0, 0 };
    rb_budget_of_t   of;

    budget.free = req->query[2].integer;
    budget.window = req->query[3].integer;
    budget.delay = req->query[4].integer;
    budget.delay_max = req->query[5].integer;

    of.budget = &budget;
    of.whose = req->query[1].text;

    err = NULL;

    switch (req->query[0].text.data[0]) {

    case 'c':
        err = rb_budget_check(&req->task, &of, 1);
        break;

    case 's':
        err = rb_budget_spend(&req->task, &of, 1);
        break;

    case 'r':
        rb_budget_refund(&req->task, &of, 1);
        break;

    default:
        rb_budget_forget(&req->task, &of, 1);
    }

    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "ok");
    rb_json_bool(&json, 1);
    rb_json_close(&json, '}');

    return NULL;
}
