
/*
 * POST /api/v1/jobs/{id}/reports, and GET of what became of one.
 *
 * Nobody needs an account to report.  Whoever has a report's id may ask for
 * its state: the id can't be guessed, and what the reporter wrote isn't shown.
 */


#include "reports/rb_reports_http.h"
#include "reports/rb_reports.h"
#include "jobs/rb_jobs.h"
#include "meta/rb_meta.h"
#include "web/rb_req.h"
#include "rb_statements.h"
#include <ngx_http.h>


enum {
    RB_REPORTS_B_REASON = 0,
    RB_REPORTS_B_DETAIL
};


static rb_err_t *rb_reports_create_handler(rb_req_t *req);
static rb_err_t *rb_reports_get_handler(rb_req_t *req);
static rb_err_t *rb_reports_from_body(rb_req_t *req, rb_report_t *report);
static ngx_uint_t rb_reports_blank(const ngx_str_t *text);
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
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("신고한 때", "When it was made") }
};

static const rb_view_t  rb_report_view = rb_view("Report", rb_report_fields);


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
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_GONE,
        .idempotent = 1
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

    ngx_memcpy(report->caller, req->caller, sizeof(report->caller));
    ngx_memcpy(report->request_hash, req->request_hash,
               sizeof(report->request_hash));

    detail = req->body[RB_REPORTS_B_DETAIL].text;

    if (detail.data == NULL) {
        ngx_str_set(&detail, "");
    }

    report->detail = detail;

    if (report->reason.len == sizeof("other") - 1
        && ngx_memcmp(report->reason.data, "other", report->reason.len) == 0
        && rb_reports_blank(&detail))
    {
        return rb_reports_detail_missing(req->task.pool);
    }

    return NULL;
}


/*
 * Whether nothing of a text can be seen: spaces, controls, what Unicode calls
 * default ignorable, the Hangul fillers and the empty braille pattern.  What
 * the statement trims is all of this kind, so that a text which isn't blank
 * here is not empty there.
 */

static ngx_uint_t
rb_reports_blank(const ngx_str_t *text)
{
    u_char      *p, *end;
    uint32_t     ch;
    ngx_uint_t   i;

    static const struct {
        uint32_t  first;
        uint32_t  last;
    } blank[] = {
        { 0x0000, 0x0020 }, { 0x007f, 0x00a0 }, { 0x00ad, 0x00ad },
        { 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 },
        { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
        { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f },
        { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 },
        { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
        { 0xe0000, 0xe0fff }
    };

    p = text->data;
    end = p + text->len;

    while (p < end) {
        ch = *p < 0x80 ? *p++ : ngx_utf8_decode(&p, end - p);

        for (i = 0; i < rb_array_size(blank) && ch > blank[i].last; i++) {
            /* void */
        }

        if (i == rb_array_size(blank) || ch < blank[i].first) {
            return 0;
        }
    }

    return 1;
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
