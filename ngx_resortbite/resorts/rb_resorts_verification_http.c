
/*
 * /api/v1/admin/resorts: those that wait for a moderator, one with all that is
 * needed to decide, and the decisions.
 */


#include "resorts/rb_resorts_verification_http.h"
#include "resorts/rb_resorts.h"
#include "gate/rb_identity.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_RESORTS_REASON_MAX  1000
#define RB_RESORTS_NUMBER_MAX  12       /* with dashes */


enum {
    RB_RESORTS_V_STATUS = 0,
    RB_RESORTS_V_NUMBER,
    RB_RESORTS_V_LIMIT,
    RB_RESORTS_V_CURSOR
};


static rb_err_t *rb_resorts_queue_handler(rb_req_t *req);
static rb_err_t *rb_resorts_case_handler(rb_req_t *req);
static rb_err_t *rb_resorts_verify_handler(rb_req_t *req);
static rb_err_t *rb_resorts_refuse_handler(rb_req_t *req);
static rb_err_t *rb_resorts_withdraw_handler(rb_req_t *req);
static rb_err_t *rb_resorts_move(rb_req_t *req, rb_resort_move_e move);


static const rb_view_field_t  rb_resort_queue_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)", "Kind (resort_types of meta)") },
    { ngx_string("region"), RB_VIEW_CODE, 0,
      rb_text("지역 (meta의 regions)",
              "Province or city (regions of meta)") },
    { ngx_string("business_number"), RB_VIEW_STRING, 0,
      rb_text("사업자등록번호", "Business registration number") },
    { ngx_string("business_name"), RB_VIEW_STRING, 1,
      rb_text("상호", "Name of the registered business") },
    { ngx_string("representative"), RB_VIEW_STRING, 1,
      rb_text("대표자 이름", "Its representative") },
    { ngx_string("opened_on"), RB_VIEW_DATE, 1,
      rb_text("개업일", "The day it opened") },
    { ngx_string("verification.status"), RB_VIEW_CODE, 0,
      rb_text("상태: none(정보 부족), waiting, verified, refused",
              "State: none (has not told enough), waiting, verified or "
              "refused") },
    { ngx_string("verification.reason"), RB_VIEW_STRING, 1,
      rb_text("거절 사유", "Why it was refused") },
    { ngx_string("verification.asked_at"), RB_VIEW_TIME, 1,
      rb_text("확인을 요청한 때", "When verification was asked for") },
    { ngx_string("verification.decided_at"), RB_VIEW_TIME, 1,
      rb_text("확인하거나 거절한 때", "When it was verified or refused") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("등록한 때", "When it was added") }
};

static const rb_view_t  rb_resort_queue_view = rb_view("AdminResortSummary",
                                                      rb_resort_queue_fields);


static const rb_view_field_t  rb_resort_case_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("name_en"), RB_VIEW_STRING, 1,
      rb_text("영문 이름", "Name in English") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)", "Kind (resort_types of meta)") },
    { ngx_string("description"), RB_VIEW_STRING, 0,
      rb_text("소개", "Description") },
    { ngx_string("environment"), RB_VIEW_STRING, 0,
      rb_text("근무 환경과 주변", "Surroundings and working conditions") },
    { ngx_string("benefits"), RB_VIEW_JSON, 0,
      rb_text("복리후생: 문자열의 배열", "Benefits: an array of strings") },
    { ngx_string("photos"), RB_VIEW_JSON, 0,
      rb_text("사진: 문자열의 배열", "Photos: an array of strings") },
    { ngx_string("region"), RB_VIEW_CODE, 0,
      rb_text("지역 (meta의 regions)",
              "Province or city (regions of meta)") },
    { ngx_string("address"), RB_VIEW_STRING, 0,
      rb_text("주소", "Address") },
    { ngx_string("lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도", "Latitude") },
    { ngx_string("lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도", "Longitude") },
    { ngx_string("contact.phone"), RB_VIEW_STRING, 1,
      rb_text("전화번호", "Telephone") },
    { ngx_string("contact.email"), RB_VIEW_STRING, 1,
      rb_text("이메일", "E-mail") },
    { ngx_string("contact.website"), RB_VIEW_STRING, 1,
      rb_text("웹사이트", "Website") },
    { ngx_string("business_number"), RB_VIEW_STRING, 0,
      rb_text("사업자등록번호", "Business registration number") },
    { ngx_string("business_name"), RB_VIEW_STRING, 1,
      rb_text("상호", "Name of the registered business") },
    { ngx_string("representative"), RB_VIEW_STRING, 1,
      rb_text("대표자 이름", "Its representative") },
    { ngx_string("opened_on"), RB_VIEW_DATE, 1,
      rb_text("개업일", "The day it opened") },
    { ngx_string("open"), RB_VIEW_BOOL, 0,
      rb_text("공개 여부", "Whether the public sees it") },
    { ngx_string("verification.status"), RB_VIEW_CODE, 0,
      rb_text("상태: none(정보 부족), waiting, verified, refused",
              "State: none (has not told enough), waiting, verified or "
              "refused") },
    { ngx_string("verification.reason"), RB_VIEW_STRING, 1,
      rb_text("거절 사유", "Why it was refused") },
    { ngx_string("verification.asked_at"), RB_VIEW_TIME, 1,
      rb_text("확인을 요청한 때", "When verification was asked for") },
    { ngx_string("verification.decided_at"), RB_VIEW_TIME, 1,
      rb_text("확인하거나 거절한 때", "When it was verified or refused") },
    { ngx_string("verification.decided_by"), RB_VIEW_STRING, 1,
      rb_text("확인한 운영진", "Who verified it") },
    { ngx_string("live_posts"), RB_VIEW_INTEGER, 0,
      rb_text("게시 중인 공고 수", "How many posts are live") },
    { ngx_string("pending_posts"), RB_VIEW_INTEGER, 0,
      rb_text("검토를 기다리는 공고 수", "How many wait for review") },
    { ngx_string("owners"), RB_VIEW_JSON, 0,
      rb_text("소유자: id, name, email의 배열",
              "Its owners: an array of id, name and email") },
    { ngx_string("other_resorts"), RB_VIEW_JSON, 0,
      rb_text("같은 소유자의 다른 리조트: id, name, business_number, "
              "verification, closed의 배열",
              "Other resorts of its owners: an array of id, name, "
              "business_number, verification and closed") },
    { ngx_string("history"), RB_VIEW_JSON, 0,
      rb_text("있었던 일, 새것부터 50개까지: at, action, actor_id, actor, "
              "detail의 배열",
              "What was done, the newest 50 first: an array of at, action, "
              "actor_id, actor and detail") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("등록한 때", "When it was added") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") },
    { ngx_string("closed_at"), RB_VIEW_TIME, 1,
      rb_text("닫은 때", "When it was closed") }
};

static const rb_view_t  rb_resort_case_view = rb_view("AdminResort",
                                                      rb_resort_case_fields);


static const rb_view_field_t  rb_resort_decision_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("verification.status"), RB_VIEW_CODE, 0,
      rb_text("상태: verified, refused", "State: verified or refused") },
    { ngx_string("verification.reason"), RB_VIEW_STRING, 1,
      rb_text("사유", "Why it was refused") },
    { ngx_string("verification.asked_at"), RB_VIEW_TIME, 1,
      rb_text("확인을 요청한 때", "When verification was asked for") },
    { ngx_string("verification.decided_at"), RB_VIEW_TIME, 1,
      rb_text("확인하거나 거절한 때", "When it was verified or refused") }
};

static const rb_view_t  rb_resort_decision_view = rb_view("ResortDecision",
                                                   rb_resort_decision_fields);


static const rb_param_t  rb_resorts_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};


static const ngx_str_t  rb_resorts_statuses[] = {
    ngx_string("waiting"), ngx_string("refused"), ngx_string("verified"),
    ngx_null_string
};

static const rb_param_t  rb_resorts_queue_query[] = {
    { ngx_string("status"), RB_PARAM_ENUM, 0, 0, rb_resorts_statuses, 0,
      ngx_string("waiting"),
      rb_text("상태", "State of the verification") },
    { ngx_string("business_number"), RB_PARAM_STRING, 10,
      RB_RESORTS_NUMBER_MAX, NULL, 0, ngx_null_string,
      rb_text("이 사업자등록번호를 가진 리조트. status와 상관없이 찾으며, 거절된 "
              "리조트는 번호를 갖지 않습니다.",
              "The resort that holds this business number, whatever status "
              "says; one that was refused holds none") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_resorts_reason_body[] = {
    { ngx_string("reason"), RB_PARAM_STRING, 2, RB_RESORTS_REASON_MAX, NULL,
      1, ngx_null_string,
      rb_text("사유. 소유자에게 메일로 알려집니다.",
              "Why; the owners are told by mail") },
    rb_param_end
};


static const struct {                   /* as in rb_resorts_statuses */
    uint64_t    by;
    uint64_t    after;
} rb_resorts_queues[] = {
    { RB_RESORTS_QUEUE_WHEN_BY_WAITING, RB_RESORTS_QUEUE_WHEN_AFTER_WAITING },
    { RB_RESORTS_QUEUE_WHEN_BY_REFUSED, RB_RESORTS_QUEUE_WHEN_AFTER_REFUSED },
    { RB_RESORTS_QUEUE_WHEN_BY_VERIFIED,
      RB_RESORTS_QUEUE_WHEN_AFTER_VERIFIED }
};


/* Who verifies says what they have read, as who approves a post does. */

#define rb_resorts_decision(route, last, todo, body_of, needed, ko, en)       \
    {                                                                         \
        .name = ngx_string(route),                                            \
        .method = NGX_HTTP_POST,                                              \
        .path = ngx_string("/api/v1/admin/resorts/{id}/" last),               \
        .handler = todo,                                                      \
        .summary = rb_text(ko, en),                                           \
        .tag = ngx_string("admin"),                                           \
        .path_params = rb_resorts_id,                                         \
        .body = body_of,                                                      \
        .view = &rb_resort_decision_view,                                     \
        .roles = RB_ROLE_MODERATOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,         \
        .scopes = RB_SCOPE_WRITE,                                             \
        .success = NGX_HTTP_OK,                                               \
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_FORBIDDEN,                 \
        .if_match = needed,                                                   \
        .may_match = !(needed)                                                \
    }

static const rb_route_t  rb_resorts_verification_table[] = {
    {
        .name = ngx_string("admin_resorts_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/resorts"),
        .handler = rb_resorts_queue_handler,
        .summary = rb_text("사업자 확인을 기다리는 리조트, 오래된 것부터. 본 "
                           "것은 기록에 남습니다.",
                           "Resorts that wait to be verified, the oldest "
                           "first; what is read is on record"),
        .tag = ngx_string("admin"),
        .query = rb_resorts_queue_query,
        .view = &rb_resort_queue_view,
        .roles = RB_ROLES_STAFF,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("admin_resorts_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/resorts/{id}"),
        .handler = rb_resorts_case_handler,
        .summary = rb_text("리조트 하나. 본 것은 기록에 남습니다.",
                           "One resort; what is read is on record"),
        .tag = ngx_string("admin"),
        .path_params = rb_resorts_id,
        .view = &rb_resort_case_view,
        .roles = RB_ROLES_STAFF,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    rb_resorts_decision("admin_resorts_verify", "verify",
                        rb_resorts_verify_handler, NULL, 1,
                        "사업자 확인. 리조트가 공개됩니다. 읽은 판의 ETag를 "
                        "If-Match로 보내야 합니다.",
                        "Verify its business: the resort is public then. "
                        "If-Match says which revision was read."),
    rb_resorts_decision("admin_resorts_refuse", "refuse",
                        rb_resorts_refuse_handler, rb_resorts_reason_body, 0,
                        "사업자 확인 거절", "Refuse to verify it"),
    rb_resorts_decision("admin_resorts_withdraw", "withdraw",
                        rb_resorts_withdraw_handler, rb_resorts_reason_body,
                        0,
                        "사업자 확인 철회. 게시 중인 공고를 먼저 숨겨야 합니다.",
                        "Take a verification back; live posts must be hidden "
                        "first")
};

const rb_routes_t  rb_resorts_verification_routes = {
    rb_resorts_verification_table,
    rb_array_size(rb_resorts_verification_table)
};


/* GET /api/v1/admin/resorts */

static rb_err_t *
rb_resorts_queue_handler(rb_req_t *req)
{
    uint64_t           when, after;
    ngx_str_t          params[RB_RESORTS_QUEUE_NPARAMS];
    ngx_uint_t         status;
    const rb_value_t  *number;

    static const rb_list_page_t  page = {
        RB_STMT_RESORTS_QUEUE, RB_RESORTS_V_LIMIT, RB_RESORTS_V_CURSOR,
        RB_RESORTS_QUEUE_P_LIMIT,
        { RB_RESORTS_QUEUE_P_AFTER, RB_RESORTS_QUEUE_P_AFTER_ID }, 2
    };

    number = &req->query[RB_RESORTS_V_NUMBER];
    status = rb_list_choice(&req->query[RB_RESORTS_V_STATUS]);

    if (number->text.data) {
        when = RB_RESORTS_QUEUE_WHEN_BY_NUMBER;
        after = 0;

    } else {
        when = rb_resorts_queues[status].by;
        after = rb_resorts_queues[status].after;
    }

    params[RB_RESORTS_QUEUE_P_NUMBER] = number->text;
    params[RB_RESORTS_QUEUE_P_ACTOR] = req->principal->member;
    params[RB_RESORTS_QUEUE_P_REQUEST_ID] = req->id;

    return rb_list_page(req, &page, when, after, params);
}


/* GET /api/v1/admin/resorts/{id} */

static rb_err_t *
rb_resorts_case_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_RESORTS_CASE_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_RESORTS_CASE_P_ID] = req->path[0].text;
    params[RB_RESORTS_CASE_P_ACTOR] = req->principal->member;
    params[RB_RESORTS_CASE_P_REQUEST_ID] = req->id;

    err = rb_pg_query(&req->task, RB_STMT_RESORTS_CASE, 0, params, &rows);

    return err ? err : rb_reply_revised(req, &rows, rows.columns - 1);
}


/* POST /api/v1/admin/resorts/{id}/verify */

static rb_err_t *
rb_resorts_verify_handler(rb_req_t *req)
{
    return rb_resorts_move(req, RB_RESORT_VERIFY);
}


/* POST /api/v1/admin/resorts/{id}/refuse */

static rb_err_t *
rb_resorts_refuse_handler(rb_req_t *req)
{
    return rb_resorts_move(req, RB_RESORT_REFUSE);
}


/* POST /api/v1/admin/resorts/{id}/withdraw */

static rb_err_t *
rb_resorts_withdraw_handler(rb_req_t *req)
{
    return rb_resorts_move(req, RB_RESORT_WITHDRAW);
}


static rb_err_t *
rb_resorts_move(rb_req_t *req, rb_resort_move_e move)
{
    rb_err_t      *err;
    ngx_str_t      reason;
    rb_origin_t    origin;
    rb_pg_rows_t   rows;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    ngx_str_null(&reason);

    if (move != RB_RESORT_VERIFY) {
        reason = req->body[0].text;
    }

    err = rb_resorts_decide(&req->task, &req->path[0].text, move, &reason,
                            &req->if_match, req->principal, &origin, &rows);

    return err ? err : rb_reply_revised(req, &rows,
                                        rb_array_size(
                                            rb_resort_decision_fields));
}
