
/*
 * The rules of reports.
 *
 * A report is one statement; what it commits, it commits whole.  Of two equal
 * requests at the same instant the second finds the first's row where it
 * wants to put its own, but does not see the answer that is kept with it: its
 * snapshot is older.  So it asks once more, and is answered with that.
 */


#include "reports/rb_reports.h"
#include "base/rb_json.h"
#include "base/rb_time.h"
#include "base/rb_uuid.h"
#include "meta/rb_meta.h"
#include "rb_statements.h"


#define RB_REPORTS_ATTEMPTS  3

#define RB_REPORTS_DAY       86400

#define RB_REPORTS_HEX       64         /* of 32 bytes */

#define RB_REPORTS_CALLER    (sizeof("member:") - 1 + RB_REPORTS_HEX)


/* Texts of a report's parameters. */

typedef struct {
    u_char    id[RB_UUID_LEN];
    u_char    created_at[RB_RFC3339_LEN];
    u_char    caller[RB_REPORTS_CALLER];
    u_char    caller_hash[2 + RB_REPORTS_HEX];
    u_char    request_hash[2 + RB_REPORTS_HEX];
} rb_reports_texts_t;


static ngx_uint_t rb_reports_blank(const ngx_str_t *text);
static rb_err_t *rb_reports_take(rb_task_t *task, const rb_report_t *report,
    ngx_str_t *response, ngx_uint_t *replayed);
static rb_err_t *rb_reports_params(rb_task_t *task, const rb_report_t *report,
    int64_t now, rb_reports_texts_t *texts, ngx_str_t *params);
static void rb_reports_caller(const rb_report_t *report,
    rb_reports_texts_t *texts, ngx_str_t *params);
static rb_err_t *rb_reports_response(rb_task_t *task,
    const rb_report_t *report, const rb_reports_texts_t *texts, int64_t now,
    ngx_str_t *response);
static rb_err_t *rb_reports_outcome(const rb_pg_rows_t *rows,
    const ngx_str_t *own, ngx_str_t *response, ngx_uint_t *replayed);
static rb_err_t *rb_reports_refused(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_reports_detail_missing(ngx_pool_t *pool);
static rb_err_t *rb_reports_already(ngx_pool_t *pool, int64_t now);
static ngx_str_t rb_reports_hex(u_char *buf, const char *prefix,
    const u_char *bytes);


rb_err_define(rb_err_already_reported, 409, "already_reported",
              "이 공고는 오늘 이미 신고하셨습니다. 내일(한국 시간) 다시 신고할 "
              "수 있습니다.",
              "You have already reported this job today. You may report it "
              "again tomorrow, Korean time.");


static const rb_budget_t  rb_reports_by_address = {
    ngx_string("report_address"), 10, 3600, 600, 3600
};

static const rb_budget_t  rb_reports_by_member = {
    ngx_string("report_member"), 30, 86400, 3600, 86400
};


rb_err_t *
rb_reports_check(ngx_pool_t *pool, const rb_report_t *report)
{
    if (report->reason.len == sizeof("other") - 1
        && ngx_memcmp(report->reason.data, "other", report->reason.len) == 0
        && rb_reports_blank(&report->detail))
    {
        return rb_reports_detail_missing(pool);
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


rb_err_t *
rb_reports_create(rb_task_t *task, const rb_report_t *report,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    rb_err_t        *err, *many;
    rb_report_t      again;
    rb_budget_of_t   of;

    if (report->member.len) {
        of.budget = &rb_reports_by_member;
        of.whose = report->member;

    } else {
        of.budget = &rb_reports_by_address;
        of.whose.data = (u_char *) report->caller;
        of.whose.len = sizeof(report->caller);
    }

    many = rb_budget_spend(task, &of, 1);

    if (many) {

        if (report->key.len == 0) {
            return many;
        }

        /* what was answered before is answered again, and nothing taken */

        again = *report;
        again.open = 0;

        err = rb_reports_take(task, &again, response, replayed);

        return err || *replayed ? err : many;
    }

    err = rb_reports_take(task, report, response, replayed);

    if (err || *replayed || response->len == 0) {
        rb_budget_refund(task, &of, 1);
    }

    return err;
}


static rb_err_t *
rb_reports_take(rb_task_t *task, const rb_report_t *report,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    int64_t              now;
    rb_err_t            *err;
    uint64_t             when;
    ngx_str_t            params[RB_REPORTS_CREATE_NPARAMS];
    ngx_uint_t           attempt;
    rb_pg_rows_t         rows;
    rb_reports_texts_t   texts;

    now = rb_time_now();
    when = report->key.len ? RB_REPORTS_CREATE_WHEN_KEYED : 0;

    ngx_str_null(response);
    *replayed = 0;

    err = rb_reports_params(task, report, now, &texts, params);
    if (err) {
        return err;
    }

    for (attempt = 0; attempt < RB_REPORTS_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, RB_STMT_REPORTS_CREATE, when, params, &rows);
        if (err) {
            return err;
        }

        if (rows.sqlstate[0]) {

            if (when && ngx_strcmp(rows.sqlstate, "23505") == 0) {
                continue;
            }

            return rb_reports_refused(task->pool, &rows);
        }

        if (rows.count) {
            return rb_reports_outcome(&rows,
                                      &params[RB_REPORTS_CREATE_P_RESPONSE],
                                      response, replayed);
        }

        if (!report->open) {
            return NULL;
        }

        if (!when || attempt) {
            return rb_reports_already(task->pool, now);
        }
    }

    return &rb_err_busy;
}


static rb_err_t *
rb_reports_params(rb_task_t *task, const rb_report_t *report, int64_t now,
    rb_reports_texts_t *texts, ngx_str_t *params)
{
    ngx_str_t  *p;

    static ngx_str_t  yes = ngx_string("true");
    static ngx_str_t  no = ngx_string("false");

    if (rb_uuid_v7(texts->id) != NGX_OK) {
        return &rb_err_internal;
    }

    p = &params[RB_REPORTS_CREATE_P_ID];
    p->data = texts->id;
    p->len = RB_UUID_LEN;

    p = &params[RB_REPORTS_CREATE_P_CREATED_AT];
    p->data = texts->created_at;
    p->len = rb_rfc3339_write(p->data, now) - p->data;

    rb_reports_caller(report, texts, params);

    params[RB_REPORTS_CREATE_P_REQUEST_HASH] =
        rb_reports_hex(texts->request_hash, "\\x", report->request_hash);

    params[RB_REPORTS_CREATE_P_POST] = report->post;
    params[RB_REPORTS_CREATE_P_REASON] = report->reason;
    params[RB_REPORTS_CREATE_P_DETAIL] = report->detail;
    params[RB_REPORTS_CREATE_P_KEY] = report->key;
    params[RB_REPORTS_CREATE_P_REQUEST_ID] = report->request_id;
    params[RB_REPORTS_CREATE_P_OPEN] = report->open ? yes : no;

    return rb_reports_response(task, report, texts, now,
                               &params[RB_REPORTS_CREATE_P_RESPONSE]);
}


/* Who is signed in is known by that, from wherever they report. */

static void
rb_reports_caller(const rb_report_t *report, rb_reports_texts_t *texts,
    ngx_str_t *params)
{
    ngx_str_t  *p;

    p = &params[RB_REPORTS_CREATE_P_CALLER];

    ngx_str_null(&params[RB_REPORTS_CREATE_P_REPORTER]);
    ngx_str_null(&params[RB_REPORTS_CREATE_P_CALLER_HASH]);

    if (report->member.len == 0) {
        *p = rb_reports_hex(texts->caller, "anon:", report->caller);
        params[RB_REPORTS_CREATE_P_CALLER_HASH] =
            rb_reports_hex(texts->caller_hash, "\\x", report->caller);
        return;
    }

    params[RB_REPORTS_CREATE_P_REPORTER] = report->member;

    p->data = texts->caller;
    p->len = ngx_snprintf(texts->caller, RB_REPORTS_CALLER, "member:%V",
                          &report->member)
             - texts->caller;
}


/* What GET on the report will say, too: the columns of reports_get. */

static rb_err_t *
rb_reports_response(rb_task_t *task, const rb_report_t *report,
    const rb_reports_texts_t *texts, int64_t now, ngx_str_t *response)
{
    u_char     seconds[RB_RFC3339_LEN];
    rb_buf_t   buf;
    rb_json_t  json;
    ngx_str_t  id, at;

    static ngx_str_t  status = ngx_string("open");

    if (rb_buf_init(&buf, task->pool, 256) != NGX_OK) {
        return &rb_err_internal;
    }

    id.data = (u_char *) texts->id;
    id.len = RB_UUID_LEN;

    at.data = seconds;
    at.len = rb_rfc3339_write(seconds, now - now % 1000000) - seconds;

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_str(&json, &id);
    rb_json_key(&json, "job_id");
    rb_json_str(&json, &report->post);
    rb_json_key(&json, "reason");
    rb_json_str(&json, &report->reason);
    rb_json_key(&json, "status");
    rb_json_str(&json, &status);
    rb_json_key(&json, "answer");
    rb_json_null(&json);
    rb_json_key(&json, "created_at");
    rb_json_str(&json, &at);
    rb_json_key(&json, "decided_at");
    rb_json_null(&json);
    rb_json_close(&json, '}');

    response->data = buf.start;
    response->len = rb_buf_len(&buf);

    return buf.failed ? &rb_err_internal : NULL;
}


/* One row: `created', `replayed' or `reused', and the answer kept. */

static rb_err_t *
rb_reports_outcome(const rb_pg_rows_t *rows, const ngx_str_t *own,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    ngx_str_t  outcome;

    outcome = rb_pg_value(rows, 0, 0);

    if (ngx_strcmp(outcome.data, "created") == 0) {
        *response = *own;
        return NULL;
    }

    if (ngx_strcmp(outcome.data, "replayed") == 0) {
        *response = rb_pg_value(rows, 0, 1);
        *replayed = 1;
        return NULL;
    }

    return &rb_err_key_reused;
}


/*
 * What a parameter's own limits don't tell: normalising (NFC) may lengthen a
 * text, and one of blanks is empty.
 */

static rb_err_t *
rb_reports_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    ngx_str_t  detail = ngx_string("detail");

    if (rows->constraint.len == 0) {
        return &rb_err_internal;
    }

    if (ngx_strcmp(rows->constraint.data, "reports_other_ck") == 0) {
        return rb_reports_detail_missing(pool);
    }

    if (ngx_strcmp(rows->constraint.data, "reports_detail_ck") == 0) {
        return rb_err_add_field(NULL, pool, &detail, "too_long",
                                "%d자 이하여야 합니다.",
                                "must have at most %d characters.",
                                RB_LIMIT_REPORT_DETAIL);
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_reports_detail_missing(ngx_pool_t *pool)
{
    ngx_str_t  detail = ngx_string("detail");

    return rb_err_add_field(NULL, pool, &detail, "required",
                            "사유가 기타(other)이면 내용을 적어 주세요.",
                            "is required when the reason is other: tell us "
                            "what is wrong.");
}


static rb_err_t *
rb_reports_already(ngx_pool_t *pool, int64_t now)
{
    ngx_uint_t  today;

    today = (ngx_uint_t) ((now / 1000000 + RB_SEOUL_OFFSET_SECONDS)
                          % RB_REPORTS_DAY);

    return rb_err_retry(pool, &rb_err_already_reported,
                        RB_REPORTS_DAY - today);
}


static ngx_str_t
rb_reports_hex(u_char *buf, const char *prefix, const u_char *bytes)
{
    u_char     *p;
    ngx_str_t   text;

    p = ngx_cpymem(buf, prefix, ngx_strlen(prefix));
    p = ngx_hex_dump(p, (u_char *) bytes, 32);

    text.data = buf;
    text.len = p - buf;

    return text;
}
