
/*
 * /jobs/{id}/report: the form by which anybody, signed in or not, reports a
 * job.  The rules are those of the API, in reports/.  What is here is of one
 * visit: it is in no cache and in no search engine.
 */


#include "pages/rb_pages.h"
#include "jobs/rb_jobs.h"
#include "meta/rb_meta.h"
#include "reports/rb_reports.h"
#include <ngx_http.h>


#define RB_PAGES_REASONS_MAX  16


static rb_err_t *rb_pages_report_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_report_handler(rb_req_t *req);
static rb_err_t *rb_pages_report_done_handler(rb_req_t *req);
static rb_err_t *rb_pages_report_take(rb_req_t *req);
static ngx_str_t rb_pages_report_lines(ngx_pool_t *pool, ngx_str_t text);
static rb_err_t *rb_pages_report_page(rb_req_t *req, const rb_pg_rows_t *job,
    const rb_err_t *err);
static void rb_pages_report_fields(rb_page_t *page);
static rb_err_t *rb_pages_report_said(rb_req_t *req, const rb_text_t *title,
    const rb_text_t *text, const rb_err_t *err);
static void rb_pages_report_begin(rb_page_t *page, rb_req_t *req,
    const rb_text_t *title, const rb_page_conf_t *conf);
static void rb_pages_report_back(rb_page_t *page);
static ngx_str_t rb_pages_report_path(rb_req_t *req, const char *before,
    const char *after);


static const rb_param_t  rb_pages_report_job[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

/* A browser sends two characters for a line break that counts as one. */

static const rb_param_t  rb_pages_report_form[] = {
    { ngx_string("reason"), RB_PARAM_ENUM, 0, 0, rb_meta_report_reasons, 1,
      ngx_null_string, rb_text("사유", "The reason") },
    { ngx_string("detail"), RB_PARAM_STRING, 0, 2 * RB_LIMIT_REPORT_DETAIL,
      NULL, 0, ngx_null_string,
      rb_text("무슨 일이 있었는지. 사유가 other이면 꼭 적어 주세요.",
              "What happened; needed when the reason is other") },
    rb_param_end
};

static const rb_route_t  rb_pages_report_table[] = {
    {
        .name = ngx_string("pages_report_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/jobs/{id}/report"),
        .handler = rb_pages_report_form_handler,
        .summary = rb_text("공고 신고 페이지", "The page to report a job"),
        .tag = ngx_string("pages"),
        .path_params = rb_pages_report_job,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_report"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/jobs/{id}/report"),
        .handler = rb_pages_report_handler,
        .summary = rb_text("페이지에서 공고 신고", "Report a job from its page"),
        .tag = ngx_string("pages"),
        .path_params = rb_pages_report_job,
        .body = rb_pages_report_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_GONE
                    |RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("pages_report_done"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/jobs/{id}/report/done"),
        .handler = rb_pages_report_done_handler,
        .summary = rb_text("신고를 받았다는 페이지",
                           "The page that says that a report was taken"),
        .tag = ngx_string("pages"),
        .path_params = rb_pages_report_job,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .page = 1
    }
};

const rb_routes_t  rb_pages_report_routes = {
    rb_pages_report_table, rb_array_size(rb_pages_report_table)
};


static const rb_text_t  rb_pages_report_title =
    rb_text("이 공고 신고하기", "Report this job");


/* GET /jobs/{id}/report */

static rb_err_t *
rb_pages_report_form_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   job;

    err = rb_jobs_read(&req->task, &req->path[0].text, &job);

    return err ? err : rb_pages_report_page(req, &job, NULL);
}


/* POST /jobs/{id}/report */

static rb_err_t *
rb_pages_report_handler(rb_req_t *req)
{
    rb_err_t        *err;
    ngx_str_t        done;
    rb_pg_rows_t     job;
    const rb_err_t  *wrong;

    static const rb_text_t  title =
        rb_text("오늘은 이미 신고하셨어요", "You have reported it today");
    static const rb_text_t  already =
        rb_text("보내 주신 신고는 잘 받았고, 운영자가 확인하고 있습니다. 더 알려 줄 "
                "것이 있으면 내일(한국 시간) 다시 신고할 수 있습니다.",
                "We have your report, and a moderator looks at it. If there "
                "is more to tell, you may report the job again tomorrow, "
                "Korean time.");

    err = rb_csrf_check(req, &req->csrf);

    if (err == NULL) {
        err = rb_jobs_read(&req->task, &req->path[0].text, &job);
    }

    if (err) {
        return err;
    }

    wrong = req->wrong ? req->wrong : (err = rb_pages_report_take(req));

    if (err && err->problem == rb_err_already_reported.problem) {
        return rb_pages_report_said(req, &title, &already, err);
    }

    if (wrong) {
        return err == NULL || rb_pages_shown(err)
               ? rb_pages_report_page(req, &job, wrong) : err;
    }

    done = rb_pages_report_path(req, "/jobs/", "/report/done");

    return done.data ? rb_reply_redirect(req, &done) : &rb_err_internal;
}


static rb_err_t *
rb_pages_report_take(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     response;
    ngx_uint_t    replayed;
    rb_report_t   report;

    ngx_memzero(&report, sizeof(rb_report_t));

    report.post = req->path[0].text;
    report.reason = rb_pages_value(req, "reason");
    report.detail = rb_pages_report_lines(req->task.pool,
                                          rb_pages_value(req, "detail"));
    report.request_id = req->id;
    report.open = 1;

    if (report.detail.data == NULL) {
        return &rb_err_internal;
    }

    if (req->principal) {
        report.member = req->principal->member;
    }

    ngx_memcpy(report.caller, req->caller, sizeof(report.caller));

    err = rb_reports_check(req->task.pool, &report);

    return err ? err : rb_reports_create(&req->task, &report, &response,
                                         &replayed);
}


/* Line breaks as programs send them.  data == NULL: no memory. */

static ngx_str_t
rb_pages_report_lines(ngx_pool_t *pool, ngx_str_t text)
{
    size_t     i;
    ngx_str_t  lines;

    lines.len = 0;
    lines.data = ngx_pnalloc(pool, text.len + 1);

    if (lines.data == NULL) {
        return lines;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] != '\r') {
            lines.data[lines.len++] = text.data[i];
        }
    }

    return lines;
}


/* GET /jobs/{id}/report/done */

static rb_err_t *
rb_pages_report_done_handler(rb_req_t *req)
{
    static const rb_text_t  title =
        rb_text("신고해 주셔서 고맙습니다", "Thank you for telling us");
    static const rb_text_t  taken =
        rb_text("신고를 받았습니다. 운영자가 공고를 확인합니다.",
                "Your report was taken. A moderator will look at the job.");

    return rb_pages_report_said(req, &title, &taken, NULL);
}


static rb_err_t *
rb_pages_report_page(rb_req_t *req, const rb_pg_rows_t *job,
    const rb_err_t *err)
{
    ngx_str_t  csrf, action, text;
    rb_page_t  page;

    static const rb_text_t  about =
        rb_text("법을 어기거나 사실과 다른 공고를 알려 주세요. 운영자가 확인합니다. "
                "로그인하지 않아도 됩니다.",
                "Tell us of jobs that break the law or aren't what they say. "
                "A moderator looks at it. No account is needed.");

    csrf = rb_csrf_token(req);
    action = rb_pages_report_path(req, "/jobs/", "/report");

    if (action.data == NULL) {
        return &rb_err_internal;
    }

    rb_pages_report_begin(&page, req, &rb_pages_report_title,
                          &(rb_page_conf_t) { .error = err });

    rb_page_open(&page, "p", NULL);
    rb_page_open(&page, "strong", "lang",
                 req->lang == RB_LANG_EN ? rb_page_lit("ko") : NULL, NULL);
    text = rb_pg_value(job, 0, RB_JOB_C_TITLE);
    rb_page_text(&page, &text);
    rb_page_close(&page, "strong");
    rb_page_open(&page, "span", "class", rb_page_lit("hint"),
                 "lang", req->lang == RB_LANG_EN ? rb_page_lit("ko") : NULL,
                 NULL);
    text = rb_pg_value(job, 0, RB_JOB_C_RESORT_NAME);
    rb_page_text(&page, &text);
    rb_page_close(&page, "span");
    rb_page_close(&page, "p");

    rb_page_put(&page, "p", &about);

    rb_page_form(&page, &action, &csrf);
    rb_pages_report_fields(&page);
    rb_page_form_end(&page);
    rb_pages_report_back(&page);

    return rb_page_end(&page);
}


static void
rb_pages_report_fields(rb_page_t *page)
{
    ngx_uint_t        i;
    rb_page_choice_t  reasons[RB_PAGES_REASONS_MAX + 1];

    static const rb_text_t  legend =
        rb_text("무엇이 문제인가요?", "What is wrong?");
    static const rb_text_t  send = rb_text("신고 보내기", "Send the report");

    static const rb_page_input_t  detail = {
        .name = "detail", .type = "textarea",
        .label = rb_text("무슨 일이 있었나요?", "What happened"),
        .hint = rb_text("‘기타’를 골랐다면 꼭 적어 주세요. 전화번호 같은 개인정보는 "
                        "쓰지 않아도 됩니다.",
                        "Needed with \"Something else\". Personal data, such "
                        "as telephone numbers, isn't."),
        .maxlength = RB_LIMIT_REPORT_DETAIL
    };

    for (i = 0; i < RB_PAGES_REASONS_MAX && rb_meta_report_reasons[i].len;
         i++)
    {
        reasons[i].value = rb_meta_report_reasons[i];
        reasons[i].label = rb_meta_report_words[i];
    }

    ngx_str_null(&reasons[i].value);

    rb_page_radios(page, "reason", &legend, reasons, NULL);
    rb_page_input(page, &detail);
    rb_page_button(page, &send, RB_PAGE_PRIMARY, NULL, NULL);
}


/* That it was taken, today or just now. */

static rb_err_t *
rb_pages_report_said(rb_req_t *req, const rb_text_t *title,
    const rb_text_t *text, const rb_err_t *err)
{
    rb_page_t  page;

    rb_pages_report_begin(&page, req, title,
                          &(rb_page_conf_t) {
                              .status = err ? err->problem->status : 0 });

    if (err) {
        req->reply.retry_after = err->retry_after;
    }

    rb_page_notice(&page, err ? RB_PAGE_NOTE : RB_PAGE_STATUS, text);
    rb_pages_report_back(&page);

    return rb_page_end(&page);
}


static void
rb_pages_report_begin(rb_page_t *page, rb_req_t *req, const rb_text_t *title,
    const rb_page_conf_t *conf)
{
    static const ngx_str_t  noindex = ngx_string("noindex");

    rb_page_begin(page, req, title, conf);
    rb_reply_header(req, "X-Robots-Tag", &noindex);
}


static void
rb_pages_report_back(rb_page_t *page)
{
    ngx_str_t  job;

    static const rb_text_t  back = rb_text("공고로 돌아가기", "Back to the job");

    job = rb_pages_report_path(page->req, page->req->lang == RB_LANG_EN
                                          ? "/en/jobs/" : "/jobs/", "");

    rb_page_open(page, "p", "class", rb_page_lit("link"), NULL);
    rb_page_open(page, "a", "href", &job, NULL);
    rb_page_say(page, &back);
    rb_page_close(page, "a");
    rb_page_close(page, "p");
}


/* A path of the job's.  data == NULL: no memory. */

static ngx_str_t
rb_pages_report_path(rb_req_t *req, const char *before, const char *after)
{
    rb_buf_t   b;
    ngx_str_t  path;

    (void) rb_buf_init(&b, req->task.pool, 128);
    rb_buf_printf(&b, "%s%V%s", before, &req->path[0].text, after);

    path.data = b.failed ? NULL : b.start;
    path.len = b.failed ? 0 : rb_buf_len(&b);

    return path;
}
