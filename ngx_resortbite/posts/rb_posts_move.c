
/*
 * Moves of a post.  What is allowed is decided by the statement, under the
 * row's lock; here is how its answer is told.
 */


#include "posts/rb_posts.h"
#include "base/rb_json.h"
#include "resorts/rb_resorts.h"
#include "rb_statements.h"


#define RB_POSTS_REASON_MIN  2
#define RB_POSTS_REASON_MAX  1000


/* Columns of posts_move. */

enum {
    RB_POSTS_C_OUTCOME = 0,
    RB_POSTS_C_STATE,
    RB_POSTS_C_ALLOWED,
    RB_POSTS_C_FINDINGS,
    RB_POSTS_C_POST,                    /* RB_POSTS_LEFT */
    RB_POSTS_C_STATUS,
    RB_POSTS_C_VERSION,
    RB_POSTS_C_REVISION
};


static rb_err_t *rb_posts_reason_wrong(ngx_pool_t *pool);
static const char *rb_posts_finding(const json_t *finding, const char *key);
static const char *rb_posts_detail(ngx_pool_t *pool, const json_t *finding,
    const char *key);
static ngx_str_t rb_posts_or_null(const ngx_str_t *text);


rb_err_define(rb_err_state_conflict, 409, "state_conflict",
              "공고의 지금 상태에서는 할 수 없는 일입니다. allowed_states에 "
              "있는 상태로만 바꿀 수 있습니다.",
              "That can't be done in the post's present state. It can go to "
              "the states in allowed_states only.");

rb_err_define(rb_err_rules, 422, "rules_not_met",
              "법과 공고 규칙에 맞지 않는 내용이 있습니다. 아래 항목을 고친 뒤 "
              "다시 시도해 주세요.",
              "The post doesn't keep what the law and the rules for posts "
              "ask. Mend what is listed and try again.");


rb_err_t *
rb_posts_move(rb_task_t *task, const rb_posts_move_t *move,
    const rb_principal_t *who, const rb_origin_t *origin,
    rb_posts_moved_t *moved)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_POSTS_MOVE_NPARAMS];
    rb_pg_rows_t   rows;

    static const ngx_str_t  actors[] = {
        ngx_string("resort"), ngx_string("moderator")
    };

    ngx_memzero(params, sizeof(params));

    params[RB_POSTS_MOVE_P_POST] = move->post;
    params[RB_POSTS_MOVE_P_RESORT] = rb_posts_or_null(&move->resort);
    params[RB_POSTS_MOVE_P_VERB] = move->verb;
    params[RB_POSTS_MOVE_P_BY] = actors[move->by];
    params[RB_POSTS_MOVE_P_REASON] = rb_posts_or_null(&move->reason);
    params[RB_POSTS_MOVE_P_IF_MATCH] = move->if_match;

    params[RB_POSTS_MOVE_P_ACTOR] = who->member;
    params[RB_POSTS_MOVE_P_REQUEST_ID] = rb_posts_or_null(&origin->request_id);

    err = rb_pg_query(task, RB_STMT_POSTS_MOVE, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        err = rb_posts_guarded(task->pool, &rows);
        return err ? err : &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    moved->from = rb_pg_value(&rows, 0, RB_POSTS_C_STATE);
    moved->to = rb_pg_value(&rows, 0, RB_POSTS_C_STATUS);
    moved->version = rb_pg_value(&rows, 0, RB_POSTS_C_VERSION);
    moved->revision = rb_pg_value(&rows, 0, RB_POSTS_C_REVISION);
    moved->post = rb_pg_value(&rows, 0, RB_POSTS_C_POST);

    return rb_posts_outcome(task->pool, &rows);
}


rb_err_t *
rb_posts_outcome(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    char       *outcome;
    ngx_str_t   state, allowed, findings;

    outcome = (char *) rb_pg_value(rows, 0, RB_POSTS_C_OUTCOME).data;

    if (ngx_strcmp(outcome, "done") == 0 || ngx_strcmp(outcome, "again") == 0)
    {
        return NULL;
    }

    if (ngx_strcmp(outcome, "own") == 0) {
        return &rb_err_own_resort;
    }

    if (ngx_strcmp(outcome, "stale") == 0) {
        return &rb_err_precondition;
    }

    if (ngx_strcmp(outcome, "state") == 0) {
        state = rb_pg_value(rows, 0, RB_POSTS_C_STATE);
        allowed = rb_pg_value(rows, 0, RB_POSTS_C_ALLOWED);

        return rb_err_states(pool, &rb_err_state_conflict, &state, &allowed);
    }

    if (ngx_strcmp(outcome, "reason") == 0) {
        return rb_posts_reason_wrong(pool);
    }

    if (ngx_strcmp(outcome, "rules") == 0) {
        findings = rb_pg_value(rows, 0, RB_POSTS_C_FINDINGS);

        return rb_posts_rules(pool, &findings);
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_posts_reason_wrong(ngx_pool_t *pool)
{
    ngx_str_t  reason = ngx_string("reason");

    return rb_err_add_field(NULL, pool, &reason, "required",
                            "이유를 %d자 이상 %d자 이하로 적어 주세요.",
                            "say why in %d to %d characters.",
                            RB_POSTS_REASON_MIN, RB_POSTS_REASON_MAX);
}


rb_err_t *
rb_posts_rules(ngx_pool_t *pool, const ngx_str_t *findings)
{
    size_t      i;
    json_t     *root, *finding;
    rb_err_t   *err;
    ngx_str_t   name;

    err = rb_json_parse(pool, findings, &root);
    if (err) {
        return &rb_err_internal;
    }

    err = rb_err_list(pool, &rb_err_rules);

    json_array_foreach(root, i, finding) {

        if (ngx_strcmp(rb_posts_finding(finding, "severity"), "refuse") != 0) {
            continue;
        }

        name.data = (u_char *) rb_posts_finding(finding, "field");
        name.len = ngx_strlen(name.data);

        err = rb_err_add_field(err, pool, &name,
                               rb_posts_finding(finding, "code"),
                               rb_posts_detail(pool, finding, "detail_ko"),
                               rb_posts_detail(pool, finding, "detail_en"));
    }

    return err;
}


/* Never NULL. */

static const char *
rb_posts_finding(const json_t *finding, const char *key)
{
    const char  *text;

    text = json_string_value(json_object_get(finding, key));

    return text ? text : "";
}


/* As a format: a text may have percent signs in it. */

static const char *
rb_posts_detail(ngx_pool_t *pool, const json_t *finding, const char *key)
{
    u_char      *format, *p;
    const char  *text;

    text = rb_posts_finding(finding, key);

    format = ngx_pnalloc(pool, 2 * ngx_strlen(text) + 1);
    if (format == NULL) {
        return "";
    }

    for (p = format; *text; text++) {
        if (*text == '%') {
            *p++ = '%';
        }

        *p++ = *text;
    }

    *p = '\0';

    return (char *) format;
}


rb_err_t *
rb_posts_guarded(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    ngx_str_t  resort = ngx_string("resort"), pay = ngx_string("pay.min"),
               dormitory = ngx_string("dormitory_id"),
               work = ngx_string("work_type_ids");

    if (rows->constraint.len == 0) {
        return NULL;
    }

    if (ngx_strcmp(rows->constraint.data, "posts_resort_open_ck") == 0) {
        return rb_err_add_field(rb_err_list(pool, &rb_err_rules), pool,
                                &resort, "resort_not_verified",
                                "사업자등록번호가 확인되기 전에는 공고를 "
                                "공개할 수 없습니다.",
                                "Until the resort's business number is "
                                "verified, none of its posts can be public.");
    }

    if (ngx_strcmp(rows->constraint.data, "posts_min_wage_ck") == 0) {
        return rb_err_add_field(rb_err_list(pool, &rb_err_rules), pool,
                                &pay, "minimum_wage",
                                "급여가 근무 기간의 최저임금보다 적습니다.",
                                "The pay is less than the minimum wage of "
                                "the work's dates.");
    }

    if (ngx_strcmp(rows->constraint.data, "posts_dormitory_in_use_ck") == 0) {
        return rb_err_add_field(rb_err_list(pool, &rb_err_rules), pool,
                                &dormitory, "dormitory_deleted",
                                "지운 숙소입니다. 다른 숙소를 고르거나 비워 "
                                "주세요.",
                                "This dormitory was deleted. Choose another, "
                                "or none.");
    }

    if (ngx_strcmp(rows->constraint.data, "post_work_types_work_type_fk")
        == 0)
    {
        return rb_err_add_field(rb_err_list(pool, &rb_err_rules), pool,
                                &work, "work_type_deleted",
                                "지운 근무 유형이 있습니다. 목록에서 빼 "
                                "주세요.",
                                "A work type was deleted. Take it off the "
                                "list.");
    }

    return NULL;
}


static ngx_str_t
rb_posts_or_null(const ngx_str_t *text)
{
    ngx_str_t  null = ngx_null_string;

    return text->len ? *text : null;
}
