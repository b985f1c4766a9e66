
/*
 * The rules of deciding.  Each change is one statement, which says how it went
 * and what the report is in.
 */


#include "reports/rb_reports.h"
#include "posts/rb_posts.h"
#include "rb_statements.h"


#define RB_REPORTS_REASON_MIN  2        /* characters: posts_reason_ck */
#define RB_REPORTS_ADMINS      (RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN)

#define rb_reports_is(text, literal)                                          \
    ((text).len == sizeof(literal) - 1                                        \
     && ngx_memcmp((text).data, literal, sizeof(literal) - 1) == 0)

#define rb_reports_who(S, params, report, who, id_of_request)                 \
    do {                                                                      \
        params[S##_P_ID] = (report)->id;                                      \
        params[S##_P_IF_MATCH] = (report)->if_match;                          \
        params[S##_P_ACTOR] = (who)->member;                                  \
        params[S##_P_ADMIN] =                                                 \
            rb_reports_bool((who)->roles & RB_REPORTS_ADMINS);                \
        params[S##_P_REQUEST_ID] = *(id_of_request);                          \
    } while (0)


static rb_err_t *rb_reports_outcome(ngx_pool_t *pool,
    const rb_pg_rows_t *rows, ngx_str_t *left);
static rb_err_t *rb_reports_no_staff(ngx_pool_t *pool);
static rb_err_t *rb_reports_decision_check(ngx_pool_t *pool,
    const rb_report_decision_t *decision);
static rb_err_t *rb_reports_reason_wrong(ngx_pool_t *pool);
static rb_err_t *rb_reports_decide_refused(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static ngx_str_t rb_reports_bool(ngx_uint_t value);


rb_err_define(rb_err_report_decided, 409, "report_decided",
              "이미 처리한 신고입니다.",
              "The report has been decided.");

rb_err_define(rb_err_report_taken, 409, "report_assigned",
              "다른 담당자가 맡은 신고입니다. 신고를 다시 읽고 그 ETag를 "
              "If-Match로 보내면 넘겨받을 수 있습니다.",
              "Somebody else looks at this report. Read it again and send its "
              "ETag as If-Match to take it over.");


rb_err_t *
rb_reports_assign(rb_task_t *task, const rb_report_at_t *report,
    const ngx_str_t *to, const rb_principal_t *who,
    const ngx_str_t *request_id, ngx_str_t *left)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_REPORTS_ASSIGN_NPARAMS];
    rb_pg_rows_t   rows;

    rb_reports_who(RB_REPORTS_ASSIGN, params, report, who, request_id);

    params[RB_REPORTS_ASSIGN_P_TO] = *to;

    err = rb_pg_query(task, RB_STMT_REPORTS_ASSIGN, 0, params, &rows);

    return err ? err : rb_reports_outcome(task->pool, &rows, left);
}


rb_err_t *
rb_reports_release(rb_task_t *task, const rb_report_at_t *report,
    const rb_principal_t *who, const ngx_str_t *request_id, ngx_str_t *left)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_REPORTS_RELEASE_NPARAMS];
    rb_pg_rows_t   rows;

    rb_reports_who(RB_REPORTS_RELEASE, params, report, who, request_id);

    err = rb_pg_query(task, RB_STMT_REPORTS_RELEASE, 0, params, &rows);

    return err ? err : rb_reports_outcome(task->pool, &rows, left);
}


rb_err_t *
rb_reports_decide(rb_task_t *task, const rb_report_at_t *report,
    const rb_report_decision_t *decision, const rb_principal_t *who,
    const ngx_str_t *request_id, ngx_str_t *left)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_REPORTS_DECIDE_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_reports_decision_check(task->pool, decision);
    if (err) {
        return err;
    }

    rb_reports_who(RB_REPORTS_DECIDE, params, report, who, request_id);

    params[RB_REPORTS_DECIDE_P_DECISION] = decision->decision;
    params[RB_REPORTS_DECIDE_P_REASON] = decision->reason;
    params[RB_REPORTS_DECIDE_P_ANSWER] = decision->answer;

    params[RB_REPORTS_DECIDE_P_ALL] = rb_reports_bool(decision->all);
    params[RB_REPORTS_DECIDE_P_HIDE] = rb_reports_bool(decision->hide);

    err = rb_pg_query(task, RB_STMT_REPORTS_DECIDE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.sqlstate[0]
           ? rb_reports_decide_refused(task->pool, &rows)
           : rb_reports_outcome(task->pool, &rows, left);
}


/* outcome, what the report is in, the row that was left; of a decision also
 * what the post is in, and to where it could go. */

static rb_err_t *
rb_reports_outcome(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_str_t *left)
{
    ngx_str_t  outcome, status, allowed;

    if (rows->sqlstate[0] || rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = rb_pg_value(rows, 0, 0);
    status = rb_pg_value(rows, 0, 1);
    *left = rb_pg_value(rows, 0, 2);

    if (rb_reports_is(outcome, "done")) {
        return NULL;
    }

    if (rb_reports_is(outcome, "not_found")) {
        return &rb_err_not_found;
    }

    if (rb_reports_is(outcome, "decided")) {
        ngx_str_set(&allowed, "");
        return rb_err_states(pool, &rb_err_report_decided, &status,
                             &allowed);
    }

    if (rb_reports_is(outcome, "stale")) {
        return &rb_err_precondition;
    }

    if (rb_reports_is(outcome, "taken")) {
        return &rb_err_report_taken;
    }

    if (rb_reports_is(outcome, "no_staff")) {
        return rb_reports_no_staff(pool);
    }

    if (rb_reports_is(outcome, "reason")) {
        return rb_reports_reason_wrong(pool);
    }

    if (rb_reports_is(outcome, "state")) {
        status = rb_pg_value(rows, 0, 3);
        allowed = rb_pg_value(rows, 0, 4);

        return rb_err_states(pool, &rb_err_state_conflict, &status, &allowed);
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_reports_no_staff(ngx_pool_t *pool)
{
    ngx_str_t  to = ngx_string("to");

    return rb_err_add_field(NULL, pool, &to, "not_staff",
                            "신고를 처리할 수 있는 운영진의 회원 id여야 "
                            "합니다.",
                            "must be a member of the staff who may decide "
                            "reports.");
}


/* What parameters alone don't tell: the post of an unfounded report stays as
 * it is, and a resort is told why its post moves. */

static rb_err_t *
rb_reports_decision_check(ngx_pool_t *pool,
    const rb_report_decision_t *decision)
{
    rb_err_t   *err;
    ngx_str_t   action = ngx_string("action");
    ngx_str_t   reason = ngx_string("reason");

    if (!decision->hide) {
        return NULL;
    }

    err = NULL;

    if (rb_reports_is(decision->decision, "dismissed")) {
        err = rb_err_add_field(err, pool, &action, "not_allowed",
                               "기각(dismissed)할 때에는 none이어야 합니다.",
                               "must be none when the report is dismissed.");
    }

    if (decision->reason.len < RB_REPORTS_REASON_MIN) {
        err = rb_err_add_field(err, pool, &reason, "required",
                               "공고에 조치할 때에는 리조트에 알릴 이유가 "
                               "필요합니다.",
                               "is required with an action: the resort is "
                               "told why.");
    }

    return err;
}


/* Normalising (NFC) may lengthen a text, and one of blanks is empty. */

static rb_err_t *
rb_reports_reason_wrong(ngx_pool_t *pool)
{
    ngx_str_t  reason = ngx_string("reason");

    return rb_err_add_field(NULL, pool, &reason, "out_of_range",
                            "2자 이상 1,000자 이하여야 합니다.",
                            "must have 2 to 1,000 characters.");
}


static rb_err_t *
rb_reports_decide_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    ngx_str_t  answer = ngx_string("answer");

    if (rb_reports_is(rows->constraint, "reports_text_ck")) {
        return rb_err_add_field(NULL, pool, &answer, "too_long",
                                "1,000자 이하여야 합니다.",
                                "must have at most 1,000 characters.");
    }

    return &rb_err_internal;
}


static ngx_str_t
rb_reports_bool(ngx_uint_t value)
{
    static const ngx_str_t  yes = ngx_string("true");
    static const ngx_str_t  no = ngx_string("false");

    return value ? yes : no;
}
