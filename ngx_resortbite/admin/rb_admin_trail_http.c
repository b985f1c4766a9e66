
/* /api/v1/admin/security-events: reading the trail, and verifying it. */


#include "admin/rb_admin_http.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_ADMIN_ACTION_MAX  60
#define RB_ADMIN_CHAINS      16


enum {
    RB_ADMIN_Q_MEMBER = 0,
    RB_ADMIN_Q_ACTION,
    RB_ADMIN_Q_FROM,
    RB_ADMIN_Q_LIMIT,
    RB_ADMIN_Q_CURSOR
};


static rb_err_t *rb_admin_events_handler(rb_req_t *req);
static rb_err_t *rb_admin_verification_handler(rb_req_t *req);


static const rb_view_field_t  rb_security_event_fields[] = {
    { ngx_string("id"), RB_VIEW_STRING, 0,
      rb_text("사슬과 번호", "Its chain and number") },
    { ngx_string("at"), RB_VIEW_TIME, 0,
      rb_text("일어난 때", "When it happened") },
    { ngx_string("action"), RB_VIEW_STRING, 0,
      rb_text("무슨 일: session.started, roles.changed 등",
              "What happened: session.started, roles.changed …") },
    { ngx_string("member_id"), RB_VIEW_UUID, 1,
      rb_text("누구의 계정", "Whose account it concerns") },
    { ngx_string("actor_id"), RB_VIEW_UUID, 1,
      rb_text("누가", "Who did it") },
    { ngx_string("session_id"), RB_VIEW_UUID, 1,
      rb_text("어느 로그인에서", "In which session") },
    { ngx_string("client_id"), RB_VIEW_STRING, 1,
      rb_text("어느 앱으로", "With which application") },
    { ngx_string("address_hash"), RB_VIEW_STRING, 1,
      rb_text("주소의 가명: 같은 주소는 값이 같습니다.",
              "Pseudonym of the address: equal ones are one address") },
    { ngx_string("request_id"), RB_VIEW_STRING, 1,
      rb_text("X-Request-Id", "X-Request-Id") },
    { ngx_string("detail"), RB_VIEW_JSON, 0,
      rb_text("덧붙은 내용: 객체", "More of it: an object") }
};

static const rb_view_t  rb_security_event_view = rb_view("SecurityEvent",
                                                   rb_security_event_fields);


static const rb_view_field_t  rb_verification_fields[] = {
    { ngx_string("whole"), RB_VIEW_BOOL, 0,
      rb_text("기록이 온전한지", "Whether the trail is what it was") },
    { ngx_string("faults"), RB_VIEW_JSON, 0,
      rb_text("사슬마다 처음 어긋난 곳: {chain, seq, fault}의 배열",
              "The first fault of each chain: an array of {chain, seq, "
              "fault}") }
};

static const rb_view_t  rb_verification_view = rb_view("Verification",
                                                     rb_verification_fields);


static const rb_param_t  rb_admin_events_query[] = {
    { ngx_string("member"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("이 회원의 계정에 관한 것", "Of this member's account") },
    { ngx_string("action"), RB_PARAM_STRING, 3, RB_ADMIN_ACTION_MAX, NULL, 0,
      ngx_null_string,
      rb_text("이 일만", "Only this action") },
    { ngx_string("from"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("이날(한국 시간)부터", "From this day on, Korean time") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_admin_verification_query[] = {
    { ngx_string("chain"), RB_PARAM_INT, 0, RB_ADMIN_CHAINS - 1, NULL, 0,
      ngx_null_string,
      rb_text("이 사슬만. 기록이 길 때 나누어 볼 수 있습니다.",
              "Only this chain, when there is too much for one request") },
    rb_param_end
};


static const rb_route_t  rb_admin_trail_table[] = {
    {
        .name = ngx_string("admin_security_events"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/security-events"),
        .handler = rb_admin_events_handler,
        .summary = rb_text("보안 기록. 본 것은 기록에 남습니다.",
                           "Security events; what is read is on record"),
        .tag = ngx_string("admin"),
        .query = rb_admin_events_query,
        .view = &rb_security_event_view,
        .roles = RB_ROLE_AUDITOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("admin_verification"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/security-events/verification"),
        .handler = rb_admin_verification_handler,
        .summary = rb_text("보안 기록이 온전한지 확인",
                           "Verify the trail of security events"),
        .tag = ngx_string("admin"),
        .query = rb_admin_verification_query,
        .view = &rb_verification_view,
        .roles = RB_ROLE_AUDITOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    }
};

const rb_routes_t  rb_admin_trail_routes = {
    rb_admin_trail_table, rb_array_size(rb_admin_trail_table)
};


/* GET /api/v1/admin/security-events */

static rb_err_t *
rb_admin_events_handler(rb_req_t *req)
{
    uint64_t     when;
    ngx_str_t    params[RB_ADMIN_SECURITY_EVENTS_NPARAMS];
    rb_value_t  *query;

    static const rb_list_page_t  page = {
        RB_STMT_ADMIN_SECURITY_EVENTS, RB_ADMIN_Q_LIMIT, RB_ADMIN_Q_CURSOR,
        RB_ADMIN_SECURITY_EVENTS_P_LIMIT,
        { RB_ADMIN_SECURITY_EVENTS_P_AFTER,
          RB_ADMIN_SECURITY_EVENTS_P_AFTER_CHAIN,
          RB_ADMIN_SECURITY_EVENTS_P_AFTER_SEQ },
        3
    };

    query = req->query;

    when = (query[RB_ADMIN_Q_MEMBER].given
                ? RB_ADMIN_SECURITY_EVENTS_WHEN_MEMBER : 0)
           | (query[RB_ADMIN_Q_ACTION].given
                ? RB_ADMIN_SECURITY_EVENTS_WHEN_ACTION : 0)
           | (query[RB_ADMIN_Q_FROM].given
                ? RB_ADMIN_SECURITY_EVENTS_WHEN_FROM : 0);

    params[RB_ADMIN_SECURITY_EVENTS_P_MEMBER] = query[RB_ADMIN_Q_MEMBER].text;
    params[RB_ADMIN_SECURITY_EVENTS_P_SUBJECT] =
        query[RB_ADMIN_Q_MEMBER].text;
    params[RB_ADMIN_SECURITY_EVENTS_P_ACTION] = query[RB_ADMIN_Q_ACTION].text;
    params[RB_ADMIN_SECURITY_EVENTS_P_ASKED_ACTION] =
        query[RB_ADMIN_Q_ACTION].text;
    params[RB_ADMIN_SECURITY_EVENTS_P_FROM] = query[RB_ADMIN_Q_FROM].text;
    params[RB_ADMIN_SECURITY_EVENTS_P_ASKED_FROM] =
        query[RB_ADMIN_Q_FROM].text;
    params[RB_ADMIN_SECURITY_EVENTS_P_ACTOR] = req->principal->member;
    params[RB_ADMIN_SECURITY_EVENTS_P_REQUEST_ID] = req->id;

    return rb_list_page(req, &page, when, RB_ADMIN_SECURITY_EVENTS_WHEN_AFTER,
                        params);
}


/* GET /api/v1/admin/security-events/verification */

static rb_err_t *
rb_admin_verification_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      value, params[RB_ADMIN_VERIFY_NPARAMS];
    rb_json_t      json;
    ngx_uint_t     i;
    rb_pg_rows_t   rows;

    params[RB_ADMIN_VERIFY_P_CHAIN] = req->query[0].text;

    err = rb_list_query(req, RB_STMT_ADMIN_VERIFY, 0, params, &rows);

    if (err == NULL) {
        err = rb_reply_json(req, NGX_HTTP_OK, &json);
    }

    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "whole");
    rb_json_bool(&json, rows.count == 0);
    rb_json_key(&json, "faults");
    rb_json_open(&json, '[');

    for (i = 0; i < rows.count; i++) {
        rb_json_open(&json, '{');

        rb_json_key(&json, "chain");
        value = rb_pg_value(&rows, i, 0);
        rb_json_raw(&json, value.data, value.len);

        rb_json_key(&json, "seq");
        value = rb_pg_value(&rows, i, 1);
        rb_json_raw(&json, value.data, value.len);

        rb_json_key(&json, "fault");
        value = rb_pg_value(&rows, i, 2);
        rb_json_str(&json, &value);

        rb_json_close(&json, '}');
    }

    rb_json_close(&json, ']');
    rb_json_close(&json, '}');

    return NULL;
}
