
/*
 * What a resort writes: drafts, copies, edits.  The statements decide; the
 * table's constraints say what a value may be, and here each of them has the
 * field and the words that a client is told.
 */


#include "posts/rb_posts.h"
#include "base/rb_uuid.h"
#include "crypto/rb_crypto.h"
#include "io/rb_budget.h"
#include "rb_statements.h"


#define RB_POSTS_ATTEMPTS  3
#define RB_POSTS_CALLER    "member:"


/* Texts of a draft's parameters. */

typedef struct {
    u_char       id[RB_UUID_LEN];
    u_char       caller[sizeof(RB_POSTS_CALLER) - 1 + RB_UUID_LEN];
} rb_posts_texts_t;


/* A constraint of posts, the field that it is told of, and what is wrong. */

typedef struct {
    ngx_str_t    constraint;
    ngx_str_t    field;
    const char  *code;
    rb_text_t    detail;
} rb_posts_constraint_t;


static uint64_t rb_posts_params(ngx_pool_t *pool,
    const rb_posts_new_t *draft, const rb_principal_t *who,
    rb_posts_texts_t *texts, ngx_str_t *params);
static rb_err_t *rb_posts_created(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_str_t *response, ngx_uint_t *replayed);
static rb_err_t *rb_posts_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows);
static void rb_posts_trail(const rb_principal_t *who,
    const rb_origin_t *origin, ngx_str_t *actor, ngx_str_t *request_id);


static const rb_budget_t  rb_posts_budgets[] = {
    { ngx_string("posts_hour"), 60, 3600, 30, 3600 },
    { ngx_string("posts_day"), 300, 86400, 300, 86400 }
};


static const rb_posts_constraint_t  rb_posts_constraints[] = {
    { ngx_string("posts_title_ck"), ngx_string("title"), "length",
      rb_text("앞뒤 공백을 빼고 2자 이상 100자 이하의 한 줄이어야 합니다.",
              "must be one line of 2 to 100 characters, without blanks at "
              "its ends.") },
    { ngx_string("posts_text_ck"), ngx_string("description"), "too_long",
      rb_text("10,000자(지원 자격은 5,000자)를 넘을 수 없습니다.",
              "can't have more than 10,000 characters, and requirements not "
              "more than 5,000.") },
    { ngx_string("posts_pay_ck"), ngx_string("pay.max"), "below_min",
      rb_text("pay.min보다 작을 수 없습니다.", "can't be less than pay.min.") },
    { ngx_string("posts_period_ck"), ngx_string("period.until"),
      "before_from",
      rb_text("period.from보다 앞설 수 없고, 3년을 넘을 수 없습니다.",
              "can't be before period.from, nor more than three years "
              "after.") },
    { ngx_string("posts_period_start_ck"), ngx_string("period.from"),
      "required",
      rb_text("period.until을 정하려면 시작하는 날도 있어야 합니다.",
              "is required with period.until.") },
    { ngx_string("posts_apply_until_ck"), ngx_string("apply_until"),
      "after_until",
      rb_text("period.until보다 늦을 수 없습니다.",
              "can't be after period.until.") },
    { ngx_string("posts_address_ck"), ngx_string("workplace.address"),
      "length",
      rb_text("앞뒤 공백을 빼고 5자 이상 200자 이하여야 합니다.",
              "must have 5 to 200 characters, without blanks at its ends.") },
    { ngx_string("posts_has_dormitory_ck"), ngx_string("dormitory_id"),
      "without_dormitory",
      rb_text("dormitory가 false이면 비어 있어야 합니다.",
              "must be null when dormitory is false.") },
    { ngx_string("posts_dormitory_fk"), ngx_string("dormitory_id"), "unknown",
      rb_text("이 리조트의 숙소가 아닙니다.",
              "is no dormitory of this resort.") },
    { ngx_string("posts_benefits_ck"), ngx_string("benefits"), "invalid",
      rb_text("빈 항목이 없어야 하고, 30개를 넘을 수 없습니다.",
              "can't have empty entries, nor more than 30.") },
    { ngx_string("post_work_types_work_type_fk"),
      ngx_string("work_type_ids"), "unknown",
      rb_text("이 리조트의 근무 유형이 아닌 것이 있습니다.",
              "has one that is no work type of this resort.") },
    { ngx_string("posts_complete_ck"), ngx_string("description"),
      "incomplete",
      rb_text("검토를 요청한 공고에는 빠진 항목이 있을 수 없습니다.",
              "a post that was submitted must stay complete.") }
};


rb_err_t *
rb_posts_create(rb_task_t *task, const rb_posts_new_t *draft,
    const rb_principal_t *who, const rb_origin_t *origin,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    rb_err_t          *err;
    uint64_t           when;
    ngx_str_t          params[RB_POSTS_CREATE_NPARAMS];
    ngx_uint_t         i;
    rb_pg_rows_t       rows;
    rb_budget_of_t     of[rb_array_size(rb_posts_budgets)];
    rb_posts_texts_t   texts;

    if (rb_uuid_v7(texts.id) != NGX_OK) {
        return &rb_err_internal;
    }

    for (i = 0; i < rb_array_size(of); i++) {
        of[i].budget = &rb_posts_budgets[i];
        of[i].whose = who->member;
    }

    err = rb_budget_spend(task, of, rb_array_size(of));
    if (err) {
        return err;
    }

    when = rb_posts_params(task->pool, draft, who, &texts, params);
    rb_posts_trail(who, origin, &params[RB_POSTS_CREATE_P_ACTOR],
                   &params[RB_POSTS_CREATE_P_REQUEST_ID]);

    /* of two equal requests at once the second finds the first's key taken */

    for (i = 0; i < RB_POSTS_ATTEMPTS; i++) {

        err = rb_pg_query(task, RB_STMT_POSTS_CREATE, when, params, &rows);
        if (err) {
            return err;
        }

        if (ngx_strcmp(rows.sqlstate, "23505") != 0) {
            break;
        }
    }

    *replayed = 0;
    err = rb_posts_created(task->pool, &rows, response, replayed);

    if (err || *replayed) {
        rb_budget_refund(task, of, rb_array_size(of));
    }

    return err;
}


/* Answers with the statement's labels. */

static uint64_t
rb_posts_params(ngx_pool_t *pool, const rb_posts_new_t *draft,
    const rb_principal_t *who, rb_posts_texts_t *texts, ngx_str_t *params)
{
    uint64_t    when;
    ngx_str_t  *caller;

    ngx_memzero(params, RB_POSTS_CREATE_NPARAMS * sizeof(ngx_str_t));

    params[RB_POSTS_CREATE_P_ID].data = texts->id;
    params[RB_POSTS_CREATE_P_ID].len = RB_UUID_LEN;
    params[RB_POSTS_CREATE_P_RESORT] = draft->resort;
    params[RB_POSTS_CREATE_P_PATCH] = draft->patch;

    when = 0;

    if (draft->source.len) {
        when |= RB_POSTS_CREATE_WHEN_COPY;
        params[RB_POSTS_CREATE_P_SOURCE] = draft->source;
        params[RB_POSTS_CREATE_P_FROM] = draft->from;
    }

    if (draft->key.len) {
        when |= RB_POSTS_CREATE_WHEN_KEYED;

        caller = &params[RB_POSTS_CREATE_P_CALLER];
        caller->data = texts->caller;
        caller->len = ngx_snprintf(texts->caller, sizeof(texts->caller),
                                   RB_POSTS_CALLER "%V", &who->member)
                      - texts->caller;

        params[RB_POSTS_CREATE_P_KEY] = draft->key;
        ngx_str_set(&params[RB_POSTS_CREATE_P_ROUTE], "posts_create");
        params[RB_POSTS_CREATE_P_REQUEST_HASH] =
            rb_bytea(pool, draft->request_hash, sizeof(draft->request_hash));
    }

    return when;
}


static rb_err_t *
rb_posts_created(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    ngx_str_t  outcome;

    if (rows->sqlstate[0]) {
        return rb_posts_refused(pool, rows);
    }

    if (rows->count == 0) {
        return &rb_err_not_found;
    }

    outcome = rb_pg_value(rows, 0, 0);

    if (ngx_strcmp(outcome.data, "reused") == 0) {
        return &rb_err_key_reused;
    }

    *response = rb_pg_value(rows, 0, 1);
    *replayed = (ngx_strcmp(outcome.data, "replayed") == 0);

    return NULL;
}


rb_err_t *
rb_posts_edit(rb_task_t *task, const rb_posts_edit_t *edit,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *left)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_POSTS_EDIT_NPARAMS];
    rb_pg_rows_t   rows;

    rb_posts_trail(who, origin, &params[RB_POSTS_EDIT_P_ACTOR],
                   &params[RB_POSTS_EDIT_P_REQUEST_ID]);

    params[RB_POSTS_EDIT_P_POST] = edit->post;
    params[RB_POSTS_EDIT_P_RESORT] = edit->resort;
    params[RB_POSTS_EDIT_P_PATCH] = edit->patch;
    params[RB_POSTS_EDIT_P_IF_MATCH] = edit->if_match;

    err = rb_pg_query(task, RB_STMT_POSTS_EDIT, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return rb_posts_refused(task->pool, &rows);
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    *left = rb_pg_value(&rows, 0, RB_POSTS_LEFT);

    return rb_posts_outcome(task->pool, &rows);
}


static rb_err_t *
rb_posts_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    rb_err_t                     *err;
    ngx_str_t                     name;
    ngx_uint_t                    i;
    const rb_posts_constraint_t  *c;

    for (i = 0; i < rb_array_size(rb_posts_constraints); i++) {
        c = &rb_posts_constraints[i];

        if (rows->constraint.len == c->constraint.len
            && ngx_memcmp(rows->constraint.data, c->constraint.data,
                          c->constraint.len) == 0)
        {
            name = c->field;

            return rb_err_add_field(NULL, pool, &name, c->code,
                                    (char *) c->detail.in[RB_LANG_KO].data,
                                    (char *) c->detail.in[RB_LANG_EN].data);
        }
    }

    err = rb_posts_guarded(pool, rows);

    return err ? err : &rb_err_internal;
}


static void
rb_posts_trail(const rb_principal_t *who,
    const rb_origin_t *origin, ngx_str_t *actor, ngx_str_t *request_id)
{
    *actor = who->member;

    if (origin->request_id.len) {
        *request_id = origin->request_id;

    } else {
        ngx_str_null(request_id);
    }
}
