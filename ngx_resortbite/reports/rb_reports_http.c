
/*
 * POST /api/v1/jobs/{id}/reports, GET of what became of one, and
 * GET /api/v1/me/reports.
 *
 * Nobody needs an account to report.  Whoever has a report's id may ask for
 * its state: the id can't be guessed, and what the reporter wrote isn't shown.
 */


#include "reports/rb_reports_http.h"
#include "reports/rb_reports.h"
#include "jobs/rb_jobs.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


enum {
    RB_REPORTS_B_REASON = 0,
    RB_REPORTS_B_DETAIL
};


enum {
    RB_REPORTS_Q_LIMIT = 0,
    RB_REPORTS_Q_CURSOR
};


static rb_err_t *rb_reports_create_handler(rb_req_t *req);
static rb_err_t *rb_reports_get_handler(rb_req_t *req);
static rb_err_t *rb_reports_mine_handler(rb_req_t *req);
static rb_err_t *rb_reports_from_body(rb_req_t *req, rb_report_t *report);
static rb_err_t *rb_reports_reply(rb_req_t *req, const ngx_str_t *response,
    ngx_uint_t replayed);


static const rb_view_field_t  rb_report_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("신고 id", "The id") },
    { ngx_string("job_id"), RB_VIEW_UUID, 0,
      rb_text("신고한 공고", "The job that was reported") },
    { ngx_string("reason"), RB_VIEW_CODE, 0,
      rb_text("사유 (meta의 report_reasons)",
              "Reason (report_reasons of meta)") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("처리 상태: open(접수), upheld(인정), dismissed(기각)",
              "What became of it: open, upheld or dismissed") },
    { ngx_string("answer"), RB_VIEW_STRING, 1,
      rb_text("신고자에게 드리는 답", "The answer to who made it") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("신고한 때", "When it was made") },
    { ngx_string("decided_at"), RB_VIEW_TIME, 1,
      rb_text("처리한 때", "When it was decided") }
};

static const rb_view_t  rb_report_view = rb_view("Report", rb_report_fields);


static const rb_view_field_t  rb_reports_own_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("신고 id", "The id") },
    { ngx_string("job.id"), RB_VIEW_UUID, 0,
      rb_text("신고한 공고", "The job that was reported") },
    { ngx_string("job.title"), RB_VIEW_STRING, 0,
      rb_text("그 제목", "Its title") },
    { ngx_string("reason"), RB_VIEW_CODE, 0,
      rb_text("사유 (meta의 report_reasons)",
              "Reason (report_reasons of meta)") },
    { ngx_string("detail"), RB_VIEW_STRING, 0,
      rb_text("적어 보낸 내용", "What was written") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("처리 상태: open(접수), upheld(인정), dismissed(기각)",
              "What became of it: open, upheld or dismissed") },
    { ngx_string("answer"), RB_VIEW_STRING, 1,
      rb_text("받은 답", "The answer to it") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("신고한 때", "When it was made") },
    { ngx_string("decided_at"), RB_VIEW_TIME, 1,
      rb_text("처리한 때", "When it was decided") }
};

static const rb_view_t  rb_reports_own_view = rb_view("OwnReport",
                                                     rb_reports_own_fields);


static const rb_param_t  rb_reports_job_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

static const rb_param_t  rb_reports_ids[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    { ngx_string("report_id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("신고 id", "The report's id") },
    rb_param_end
};

static const rb_param_t  rb_reports_body[] = {
    { ngx_string("reason"), RB_PARAM_ENUM, 0, 0, rb_meta_report_reasons, 1,
      ngx_null_string,
      rb_text("사유", "The reason") },
    { ngx_string("detail"), RB_PARAM_STRING, 0, RB_LIMIT_REPORT_DETAIL, NULL,
      0, ngx_null_string,
      rb_text("무슨 일이 있었는지. 사유가 other이면 꼭 적어 주세요.",
              "What happened; needed when the reason is other") },
    rb_param_end
};


static const rb_param_t  rb_reports_mine_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


static const rb_route_t  rb_reports_table[] = {
    {
        .name = ngx_string("reports_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/jobs/{id}/reports"),
        .handler = rb_reports_create_handler,
        .summary = rb_text("공고 신고", "Report a job"),
        .tag = ngx_string("reports"),
        .path_params = rb_reports_job_id,
        .body = rb_reports_body,
        .view = &rb_report_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_GONE
                    |RB_PROBLEM_TOO_MANY,
        .idempotent = 1,
        .optional = 1
    },
    {
        .name = ngx_string("reports_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/jobs/{id}/reports/{report_id}"),
        .handler = rb_reports_get_handler,
        .summary = rb_text("신고 처리 상태", "What became of a report"),
        .tag = ngx_string("reports"),
        .path_params = rb_reports_ids,
        .view = &rb_report_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("me_reports"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/me/reports"),
        .handler = rb_reports_mine_handler,
        .summary = rb_text("내가 한 신고", "Reports that one has made"),
        .tag = ngx_string("reports"),
        .query = rb_reports_mine_query,
        .view = &rb_reports_own_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    }
};

const rb_routes_t  rb_reports_routes = {
    rb_reports_table, rb_array_size(rb_reports_table)
};


/*
 * POST /api/v1/jobs/{id}/reports.  A repetition of a request that was
 * answered gets that answer even if the post has gone meanwhile.
 */

static rb_err_t *
rb_reports_create_handler(rb_req_t *req)
{
    rb_err_t      *err, *gone;
    ngx_str_t      response;
    ngx_uint_t     replayed;
    rb_report_t    report;
    rb_pg_rows_t   job;

    err = rb_reports_from_body(req, &report);
    if (err) {
        return err;
    }

    gone = rb_jobs_read(&req->task, &report.post, &job);

    if (gone && (report.key.len == 0 || gone->problem->status >= 499)) {
        return gone;
    }

    report.open = (gone == NULL);

    err = rb_reports_create(&req->task, &report, &response, &replayed);
    if (err) {
        return err;
    }

    if (response.len == 0) {
        return gone;
    }

    return rb_reports_reply(req, &response, replayed);
}


static rb_err_t *
rb_reports_from_body(rb_req_t *req, rb_report_t *report)
{
    ngx_str_t  detail;

    ngx_memzero(report, sizeof(rb_report_t));

    report->post = req->path[0].text;
    report->reason = req->body[RB_REPORTS_B_REASON].text;
    report->key = req->idempotency_key;
    report->request_id = req->id;

    if (req->principal) {
        report->member = req->principal->member;
    }

    ngx_memcpy(report->caller, req->caller, sizeof(report->caller));
    ngx_memcpy(report->request_hash, req->request_hash,
               sizeof(report->request_hash));

    detail = req->body[RB_REPORTS_B_DETAIL].text;

    if (detail.data == NULL) {
        ngx_str_set(&detail, "");
    }

    report->detail = detail;

    return rb_reports_check(req->task.pool, report);
}


static rb_err_t *
rb_reports_reply(rb_req_t *req, const ngx_str_t *response,
    ngx_uint_t replayed)
{
    json_t      *root;
    rb_err_t    *err;
    rb_buf_t     location;
    rb_json_t    json;
    const char  *id;

    err = rb_json_parse(req->task.pool, response, &root);
    if (err) {
        return &rb_err_internal;
    }

    id = json_string_value(json_object_get(root, "id"));

    if (id == NULL || rb_buf_init(&location, req->task.pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_printf(&location, "/api/v1/jobs/%V/reports/%s",
                  &req->path[0].text, id);

    if (location.failed) {
        return &rb_err_internal;
    }

    err = rb_reply_json(req, NGX_HTTP_CREATED, &json);
    if (err) {
        return err;
    }

    rb_json_raw(&json, response->data, response->len);

    req->reply.location.data = location.start;
    req->reply.location.len = rb_buf_len(&location);
    req->reply.replayed = (replayed != 0);

    return NULL;
}


/* GET /api/v1/jobs/{id}/reports/{report_id} */

static rb_err_t *
rb_reports_get_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_REPORTS_GET_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_REPORTS_GET_P_POST] = req->path[0].text;
    params[RB_REPORTS_GET_P_ID] = req->path[1].text;

    err = rb_pg_query(&req->task, RB_STMT_REPORTS_GET, 0, params, &rows);
    if (err) {
        return err;
    }

    return rb_reply_row(req, &rows);
}


/* GET /api/v1/me/reports */

static rb_err_t *
rb_reports_mine_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_REPORTS_OF_MEMBER_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_REPORTS_OF_MEMBER, RB_REPORTS_Q_LIMIT, RB_REPORTS_Q_CURSOR,
        RB_REPORTS_OF_MEMBER_P_LIMIT,
        { RB_REPORTS_OF_MEMBER_P_AFTER, RB_REPORTS_OF_MEMBER_P_AFTER_ID }, 2
    };

    params[RB_REPORTS_OF_MEMBER_P_MEMBER] = req->principal->member;

    return rb_list_page(req, &page, 0, 0, params);
}
