
/*
 * /api/v1/admin/reports: the queue, who looks at a report, and its decision.
 */


#include "reports/rb_reports_http.h"
#include "reports/rb_reports.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_REPORTS_TEXT_MAX  1000

#define RB_REPORTS_READERS                                                    \
    (RB_ROLE_MODERATOR|RB_ROLE_AUDITOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN)
#define RB_REPORTS_DECIDERS                                                   \
    (RB_ROLE_MODERATOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN)

/* revision: a column of both views */
#define RB_REPORTS_REVISION  1


enum {
    RB_REPORTS_Q_STATUS = 0,
    RB_REPORTS_Q_ASSIGNED,
    RB_REPORTS_Q_JOB,
    RB_REPORTS_Q_LIMIT,
    RB_REPORTS_Q_CURSOR
};

enum {
    RB_REPORTS_OPEN = 0                 /* of rb_reports_states */
};

enum {
    RB_REPORTS_ME = 0,                  /* of rb_reports_assigned */
    RB_REPORTS_NONE
};

enum {
    RB_REPORTS_HIDE_POST = 1            /* of rb_reports_actions */
};

enum {
    RB_REPORTS_B_DECISION = 0,
    RB_REPORTS_B_ACTION,
    RB_REPORTS_B_REASON,
    RB_REPORTS_B_ANSWER,
    RB_REPORTS_B_ALL
};


static rb_err_t *rb_reports_queue_handler(rb_req_t *req);
static rb_err_t *rb_reports_staff_get_handler(rb_req_t *req);
static rb_err_t *rb_reports_assign_handler(rb_req_t *req);
static rb_err_t *rb_reports_release_handler(rb_req_t *req);
static rb_err_t *rb_reports_decide_handler(rb_req_t *req);
static rb_err_t *rb_reports_show(rb_req_t *req, const ngx_str_t *left);
static rb_report_at_t rb_reports_at(rb_req_t *req);


static const rb_view_field_t  rb_reports_queue_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("신고 id", "The id") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("바뀔 때마다 오르는 번호: ETag",
              "Raised by every change: the ETag") },
    { ngx_string("job.id"), RB_VIEW_UUID, 0,
      rb_text("신고된 공고", "The job that was reported") },
    { ngx_string("job.title"), RB_VIEW_STRING, 0,
      rb_text("그 제목", "Its title") },
    { ngx_string("job.status"), RB_VIEW_CODE, 0,
      rb_text("그 공고의 상태", "The state it is in") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0,
      rb_text("공고를 낸 리조트", "The resort that it is of") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0,
      rb_text("그 이름", "Its name") },
    { ngx_string("reason"), RB_VIEW_CODE, 0,
      rb_text("사유 (meta의 report_reasons)",
              "Reason (report_reasons of meta)") },
    { ngx_string("detail"), RB_VIEW_STRING, 0,
      rb_text("신고 내용", "What was written") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("처리 상태: open, upheld, dismissed",
              "State: open, upheld or dismissed") },
    { ngx_string("by_member"), RB_VIEW_BOOL, 0,
      rb_text("회원이 로그인하고 신고했는지", "Whether a member made it") },
    { ngx_string("open_reports"), RB_VIEW_INTEGER, 0,
      rb_text("이 공고의 처리하지 않은 신고 수",
              "How many of this job are open") },
    { ngx_string("assigned_to.id"), RB_VIEW_UUID, 1,
      rb_text("맡은 운영진", "Who looks at it") },
    { ngx_string("assigned_to.name"), RB_VIEW_STRING, 1,
      rb_text("그 이름", "Their name") },
    { ngx_string("assigned_at"), RB_VIEW_TIME, 1,
      rb_text("맡은 때", "Since when") },
    { ngx_string("action"), RB_VIEW_CODE, 1,
      rb_text("공고에 한 조치: none, post_hidden",
              "What was done to the job: none or post_hidden") },
    { ngx_string("answer"), RB_VIEW_STRING, 1,
      rb_text("신고자에게 드린 답", "The answer to who made it") },
    { ngx_string("handled_by.id"), RB_VIEW_UUID, 1,
      rb_text("처리한 운영진", "Who decided") },
    { ngx_string("handled_by.name"), RB_VIEW_STRING, 1,
      rb_text("그 이름", "Their name") },
    { ngx_string("handled_at"), RB_VIEW_TIME, 1,
      rb_text("처리한 때", "When it was decided") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("신고한 때", "When it was made") }
};

static const rb_view_t  rb_reports_queue_view = rb_view("QueuedReport",
                                                   rb_reports_queue_fields);


static const rb_view_field_t  rb_reports_staff_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("신고 id", "The id") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("바뀔 때마다 오르는 번호: ETag",
              "Raised by every change: the ETag") },
    { ngx_string("job.id"), RB_VIEW_UUID, 0,
      rb_text("신고된 공고", "The job that was reported") },
    { ngx_string("job.title"), RB_VIEW_STRING, 0,
      rb_text("그 제목", "Its title") },
    { ngx_string("job.status"), RB_VIEW_CODE, 0,
      rb_text("그 공고의 상태", "The state it is in") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0,
      rb_text("공고를 낸 리조트", "The resort that it is of") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0,
      rb_text("그 이름", "Its name") },
    { ngx_string("reason"), RB_VIEW_CODE, 0,
      rb_text("사유 (meta의 report_reasons)",
              "Reason (report_reasons of meta)") },
    { ngx_string("detail"), RB_VIEW_STRING, 0,
      rb_text("신고 내용", "What was written") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("처리 상태: open, upheld, dismissed",
              "State: open, upheld or dismissed") },
    { ngx_string("by_member"), RB_VIEW_BOOL, 0,
      rb_text("회원이 로그인하고 신고했는지", "Whether a member made it") },
    { ngx_string("open_reports"), RB_VIEW_INTEGER, 0,
      rb_text("이 공고의 처리하지 않은 신고 수",
              "How many of this job are open") },
    { ngx_string("assigned_to.id"), RB_VIEW_UUID, 1,
      rb_text("맡은 운영진", "Who looks at it") },
    { ngx_string("assigned_to.name"), RB_VIEW_STRING, 1,
      rb_text("그 이름", "Their name") },
    { ngx_string("assigned_at"), RB_VIEW_TIME, 1,
      rb_text("맡은 때", "Since when") },
    { ngx_string("action"), RB_VIEW_CODE, 1,
      rb_text("공고에 한 조치: none, post_hidden",
              "What was done to the job: none or post_hidden") },
    { ngx_string("answer"), RB_VIEW_STRING, 1,
      rb_text("신고자에게 드린 답", "The answer to who made it") },
    { ngx_string("handled_by.id"), RB_VIEW_UUID, 1,
      rb_text("처리한 운영진", "Who decided") },
    { ngx_string("handled_by.name"), RB_VIEW_STRING, 1,
      rb_text("그 이름", "Their name") },
    { ngx_string("handled_at"), RB_VIEW_TIME, 1,
      rb_text("처리한 때", "When it was decided") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("신고한 때", "When it was made") },
    { ngx_string("reporter.id"), RB_VIEW_UUID, 1,
      rb_text("신고한 회원. 로그인하지 않았으면 null",
              "The member who made it; null: nobody was signed in") },
    { ngx_string("reporter.name"), RB_VIEW_STRING, 1,
      rb_text("그 이름", "Their name") }
};

static const rb_view_t  rb_reports_staff_view = rb_view("StaffReport",
                                                   rb_reports_staff_fields);


static const ngx_str_t  rb_reports_states[] = {
    ngx_string("open"), ngx_string("upheld"), ngx_string("dismissed"),
    ngx_null_string
};

static const ngx_str_t  rb_reports_assigned[] = {
    ngx_string("me"), ngx_string("none"), ngx_string("any"), ngx_null_string
};

static const ngx_str_t  rb_reports_actions[] = {
    ngx_string("none"), ngx_string("hide_post"), ngx_null_string
};


static const rb_param_t  rb_reports_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("신고 id", "The report's id") },
    rb_param_end
};

static const rb_param_t  rb_reports_queue_query[] = {
    { ngx_string("status"), RB_PARAM_ENUM, 0, 0, rb_reports_states, 0,
      ngx_string("open"),
      rb_text("이 상태의 신고. open은 오래된 것부터, 나머지는 최근에 처리한 "
              "것부터.",
              "Reports in this state: open ones the oldest first, others the "
              "last decided first") },
    { ngx_string("assigned"), RB_PARAM_ENUM, 0, 0, rb_reports_assigned, 0,
      ngx_string("any"),
      rb_text("내가 맡은 것(me), 아무도 맡지 않은 것(none), 모두(any)",
              "What one looks at (me), what nobody does (none), or all "
              "(any)") },
    { ngx_string("job"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("이 공고의 신고만", "Only those of this job") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_reports_assign_body[] = {
    { ngx_string("to"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("맡길 운영진의 회원 id. 없으면 본인이 맡습니다.",
              "The member of the staff to give it to; without it oneself") },
    rb_param_end
};

static const rb_param_t  rb_reports_decide_body[] = {
    { ngx_string("decision"), RB_PARAM_ENUM, 0, 0, &rb_reports_states[1], 1,
      ngx_null_string,
      rb_text("인정(upheld), 기각(dismissed)", "upheld or dismissed") },
    { ngx_string("action"), RB_PARAM_ENUM, 0, 0, rb_reports_actions, 0,
      ngx_string("none"),
      rb_text("공고에 할 조치: 없음(none), 숨김(hide_post). 숨긴 공고는 리조트가 "
              "고친 뒤 운영자가 다시 공개합니다.",
              "What to do to the job: none or hide_post. The resort mends a "
              "hidden one, and a moderator shows it again.") },
    { ngx_string("reason"), RB_PARAM_STRING, 0, RB_REPORTS_TEXT_MAX, NULL, 0,
      ngx_null_string,
      rb_text("조치한 이유. 리조트에 메일로 알려집니다.",
              "Why; the resort is told by mail. Needed with an action.") },
    { ngx_string("answer"), RB_PARAM_STRING, 0, RB_REPORTS_TEXT_MAX, NULL, 0,
      ngx_null_string,
      rb_text("신고자에게 드리는 답", "The answer to who made it") },
    { ngx_string("all_of_job"), RB_PARAM_BOOL, 0, 0, NULL, 0,
      ngx_string("false"),
      rb_text("이 공고의 처리하지 않은 신고를 모두 같이 처리합니다.",
              "Decides all open reports of this job alike") },
    rb_param_end
};


static const rb_route_t  rb_reports_desk_table[] = {
    {
        .name = ngx_string("admin_reports_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/reports"),
        .handler = rb_reports_queue_handler,
        .summary = rb_text("신고 목록", "The queue of reports"),
        .tag = ngx_string("moderation"),
        .query = rb_reports_queue_query,
        .view = &rb_reports_queue_view,
        .roles = RB_REPORTS_READERS,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("admin_reports_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/reports/{id}"),
        .handler = rb_reports_staff_get_handler,
        .summary = rb_text("신고 하나. 본 것은 기록에 남습니다.",
                           "One report; what is read is on record"),
        .tag = ngx_string("moderation"),
        .path_params = rb_reports_id,
        .view = &rb_reports_staff_view,
        .roles = RB_REPORTS_READERS,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("admin_reports_assign"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/admin/reports/{id}/assign"),
        .handler = rb_reports_assign_handler,
        .summary = rb_text("신고 맡기", "Take a report, or hand it over"),
        .tag = ngx_string("moderation"),
        .path_params = rb_reports_id,
        .body = rb_reports_assign_body,
        .view = &rb_reports_staff_view,
        .roles = RB_REPORTS_DECIDERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("admin_reports_release"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/admin/reports/{id}/release"),
        .handler = rb_reports_release_handler,
        .summary = rb_text("맡은 신고 내려놓기", "Give a report back"),
        .tag = ngx_string("moderation"),
        .path_params = rb_reports_id,
        .view = &rb_reports_staff_view,
        .roles = RB_REPORTS_DECIDERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("admin_reports_decide"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/admin/reports/{id}/decide"),
        .handler = rb_reports_decide_handler,
        .summary = rb_text("신고 처리", "Decide a report"),
        .tag = ngx_string("moderation"),
        .path_params = rb_reports_id,
        .body = rb_reports_decide_body,
        .view = &rb_reports_staff_view,
        .roles = RB_REPORTS_DECIDERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    }
};

const rb_routes_t  rb_reports_desk_routes = {
    rb_reports_desk_table, rb_array_size(rb_reports_desk_table)
};


/* GET /api/v1/admin/reports */

static rb_err_t *
rb_reports_queue_handler(rb_req_t *req)
{
    uint64_t    when, after;
    ngx_str_t   params[RB_REPORTS_QUEUE_NPARAMS];
    ngx_uint_t  assigned;

    static const rb_list_page_t  page = {
        RB_STMT_REPORTS_QUEUE, RB_REPORTS_Q_LIMIT, RB_REPORTS_Q_CURSOR,
        RB_REPORTS_QUEUE_P_LIMIT,
        { RB_REPORTS_QUEUE_P_AFTER, RB_REPORTS_QUEUE_P_AFTER_ID }, 2
    };

    if (rb_list_choice(&req->query[RB_REPORTS_Q_STATUS]) == RB_REPORTS_OPEN) {
        when = RB_REPORTS_QUEUE_WHEN_BY_OPEN;
        after = RB_REPORTS_QUEUE_WHEN_AFTER_OPEN;

    } else {
        when = RB_REPORTS_QUEUE_WHEN_BY_DECIDED;
        after = RB_REPORTS_QUEUE_WHEN_AFTER_DECIDED;
    }

    assigned = rb_list_choice(&req->query[RB_REPORTS_Q_ASSIGNED]);

    if (assigned == RB_REPORTS_ME) {
        when |= RB_REPORTS_QUEUE_WHEN_ASSIGNED;

    } else if (assigned == RB_REPORTS_NONE) {
        when |= RB_REPORTS_QUEUE_WHEN_UNASSIGNED;
    }

    if (req->query[RB_REPORTS_Q_JOB].given) {
        when |= RB_REPORTS_QUEUE_WHEN_OF_POST;
    }

    params[RB_REPORTS_QUEUE_P_STATUS] = req->query[RB_REPORTS_Q_STATUS].text;
    params[RB_REPORTS_QUEUE_P_ACTOR] = req->principal->member;
    params[RB_REPORTS_QUEUE_P_POST] = req->query[RB_REPORTS_Q_JOB].text;

    return rb_list_page(req, &page, when, after, params);
}


/* GET /api/v1/admin/reports/{id} */

static rb_err_t *
rb_reports_staff_get_handler(rb_req_t *req)
{
    return rb_reports_show(req, NULL);
}


/* POST /api/v1/admin/reports/{id}/assign */

static rb_err_t *
rb_reports_assign_handler(rb_req_t *req)
{
    rb_err_t        *err;
    ngx_str_t        to, left;
    rb_report_at_t   report;

    report = rb_reports_at(req);
    to = req->body[0].given ? req->body[0].text : req->principal->member;

    err = rb_reports_assign(&req->task, &report, &to, req->principal,
                            &req->id, &left);

    return err ? err : rb_reports_show(req, &left);
}


/* POST /api/v1/admin/reports/{id}/release */

static rb_err_t *
rb_reports_release_handler(rb_req_t *req)
{
    rb_err_t        *err;
    ngx_str_t        left;
    rb_report_at_t   report;

    report = rb_reports_at(req);

    err = rb_reports_release(&req->task, &report, req->principal, &req->id,
                             &left);

    return err ? err : rb_reports_show(req, &left);
}


/* POST /api/v1/admin/reports/{id}/decide */

static rb_err_t *
rb_reports_decide_handler(rb_req_t *req)
{
    rb_err_t              *err;
    ngx_str_t              left;
    rb_report_at_t         report;
    rb_report_decision_t   decision;

    report = rb_reports_at(req);

    decision.decision = req->body[RB_REPORTS_B_DECISION].text;
    decision.hide = rb_list_choice(&req->body[RB_REPORTS_B_ACTION])
                    == RB_REPORTS_HIDE_POST;
    decision.reason = req->body[RB_REPORTS_B_REASON].text;
    decision.answer = req->body[RB_REPORTS_B_ANSWER].text;
    decision.all = req->body[RB_REPORTS_B_ALL].integer != 0;

    err = rb_reports_decide(&req->task, &report, &decision, req->principal,
                            &req->id, &left);

    return err ? err : rb_reports_show(req, &left);
}


/* As a change left it, or, with NULL, as it is now.  Who has just changed it
 * is on record for that, and not once more. */

static rb_err_t *
rb_reports_show(rb_req_t *req, const ngx_str_t *left)
{
    rb_err_t      *err;
    uint64_t       when;
    ngx_str_t      params[RB_REPORTS_STAFF_GET_NPARAMS];
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));

    when = RB_REPORTS_STAFF_GET_WHEN_READ;

    if (left) {
        when = 0;
        params[RB_REPORTS_STAFF_GET_P_LEFT] = *left;
    }

    params[RB_REPORTS_STAFF_GET_P_ID] = req->path[0].text;
    params[RB_REPORTS_STAFF_GET_P_ACTOR] = req->principal->member;
    params[RB_REPORTS_STAFF_GET_P_REQUEST_ID] = req->id;

    err = rb_pg_query(&req->task, RB_STMT_REPORTS_STAFF_GET, when, params,
                      &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_REPORTS_REVISION);
}


static rb_report_at_t
rb_reports_at(rb_req_t *req)
{
    rb_report_at_t  report;

    report.id = req->path[0].text;
    report.if_match = req->if_match;

    return report;
}
