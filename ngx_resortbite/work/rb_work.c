
/*
 * The rules of work types.  Each write is one statement, which says how it
 * went and with what an error has to name; what it could not see, because it
 * came in between, the schema refuses, and then it is asked once more.
 */


#include "work/rb_work.h"
#include "base/rb_json.h"
#include "base/rb_uuid.h"
#include "crypto/rb_crypto.h"
#include "rb_statements.h"


#define RB_WORK_ATTEMPTS  3
#define RB_WORK_CALLER    "member:"
#define RB_WORK_MOST      "200"         /* of a resort */

/* the last columns of a write */
#define rb_work_outcome(rows)  rb_pg_value(rows, 0, (rows)->columns - 3)
#define rb_work_minutes(rows)  rb_pg_value(rows, 0, (rows)->columns - 2)
#define rb_work_posts(rows)    rb_pg_value(rows, 0, (rows)->columns - 1)

typedef rb_err_t *(*rb_work_err_pt)(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);


static rb_err_t *rb_work_write(rb_task_t *task, ngx_uint_t stmt,
    uint64_t when, const ngx_str_t *params, rb_pg_rows_t *rows);
static rb_err_t *rb_work_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows);
static rb_err_t *rb_work_told(ngx_pool_t *pool, const rb_pg_rows_t *rows);
static rb_err_t *rb_work_template_wrong(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_pay_wrong(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_day_wrong(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_name_taken(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_category_held(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_schedule_held(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_words_held(ngx_pool_t *pool,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_work_pay_held(ngx_pool_t *pool, const rb_pg_rows_t *rows);
static rb_err_t *rb_work_held(ngx_pool_t *pool, const rb_pg_rows_t *rows);
static rb_err_t *rb_work_holding(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_str_t *field);
static ngx_uint_t rb_work_is(const ngx_str_t *text, const char *expected);
static ngx_str_t rb_work_or_null(const ngx_str_t *text);


rb_err_define(rb_err_work_in_use, 409, "work_type_in_use",
              "공고가 쓰고 있는 업무는 근무 시간과 직무를 바꾸거나, 급여를 "
              "낮추거나, 운영자가 확인해야 할 표현을 넣거나, 지울 수 없습니다. "
              "복사해서 고쳐 주세요.",
              "While posts offer a work type, its schedule and category stay, "
              "its pay can't become less, words that a moderator has to look "
              "at can't be added, and it can't be deleted. Copy it instead, "
              "and change the copy.");

rb_err_define(rb_err_work_name, 409, "name_taken",
              "같은 이름의 업무가 이미 있습니다. 다른 이름을 써 주세요.",
              "There is a work type of that name. Choose another one.");

rb_err_define(rb_err_work_full, 409, "limit_reached",
              "한 리조트의 업무는 " RB_WORK_MOST "개까지입니다. 쓰지 않는 것을 "
              "먼저 지워 주세요.",
              "A resort has at most " RB_WORK_MOST " work types. Delete one "
              "that isn't used first.");


static const rb_problem_t  rb_err_work_resort_problem = {
    403, ngx_string("role_missing"),
    rb_text("복사할 곳은 내가 구성원인 리조트여야 합니다.",
            "It can be copied only to a resort that you act for.")
};

rb_err_t  rb_err_work_resort = {
    &rb_err_work_resort_problem, 0, ngx_null_string, NULL, ngx_null_string,
    "owner manager recruiter", NULL, 0
};


/* What a statement may say, with its error or what makes it. */

static const struct {
    const char        *outcome;
    rb_err_t          *err;
    rb_work_err_pt     tell;
} rb_work_outcomes[] = {
    { "done", NULL, NULL },
    { "replayed", NULL, NULL },
    { "reused", &rb_err_key_reused, NULL },
    { "too_many", &rb_err_work_full, NULL },
    { "not_found", &rb_err_not_found, NULL },
    { "forbidden", &rb_err_work_resort, NULL },
    { "stale", &rb_err_precondition, NULL },
    { "template", NULL, rb_work_template_wrong },
    { "pay", NULL, rb_work_pay_wrong },
    { "day", NULL, rb_work_day_wrong },
    { "name", NULL, rb_work_name_taken },
    { "category", NULL, rb_work_category_held },
    { "schedule", NULL, rb_work_schedule_held },
    { "words", NULL, rb_work_words_held },
    { "less", NULL, rb_work_pay_held },
    { "in_use", NULL, rb_work_held }
};


rb_err_t *
rb_work_of_post(rb_task_t *task, const ngx_str_t *post, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_WORK_OF_POST_NPARAMS];

    params[RB_WORK_OF_POST_P_POST] = *post;

    return rb_pg_query(task, RB_STMT_WORK_OF_POST, 0, params, rows);
}


rb_err_t *
rb_work_read(rb_task_t *task, const ngx_str_t *resort, const ngx_str_t *id,
    rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_WORK_GET_NPARAMS];

    params[RB_WORK_GET_P_RESORT] = *resort;
    params[RB_WORK_GET_P_ID] = *id;

    err = rb_pg_query(task, RB_STMT_WORK_GET, 0, params, rows);
    if (err) {
        return err;
    }

    return rows->count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_work_create(rb_task_t *task, const rb_work_new_t *work,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows,
    ngx_uint_t *replayed)
{
    u_char     id[RB_UUID_LEN];
    u_char     caller[sizeof(RB_WORK_CALLER) - 1 + RB_UUID_LEN];
    uint64_t   when;
    rb_err_t  *err;
    ngx_str_t  outcome, params[RB_WORK_CREATE_NPARAMS];

    static const ngx_str_t  langs[] = {
        [RB_LANG_KO] = ngx_string("ko"),
        [RB_LANG_EN] = ngx_string("en")
    };

    if (rb_uuid_v7(id) != NGX_OK) {
        return &rb_err_internal;
    }

    when = work->key.len ? RB_WORK_CREATE_WHEN_KEYED : 0;

    params[RB_WORK_CREATE_P_ID].data = id;
    params[RB_WORK_CREATE_P_ID].len = RB_UUID_LEN;
    params[RB_WORK_CREATE_P_RESORT] = work->resort;
    params[RB_WORK_CREATE_P_PATCH] = work->columns;
    params[RB_WORK_CREATE_P_TEMPLATE] = work->template;
    params[RB_WORK_CREATE_P_LANG] = langs[work->lang];
    params[RB_WORK_CREATE_P_ACTOR] = who->member;
    params[RB_WORK_CREATE_P_REQUEST_ID] =
        rb_work_or_null(&origin->request_id);
    ngx_str_set(&params[RB_WORK_CREATE_P_MOST], RB_WORK_MOST);
    params[RB_WORK_CREATE_P_KEY] = work->key;
    params[RB_WORK_CREATE_P_CALLER].data = caller;
    params[RB_WORK_CREATE_P_CALLER].len =
        ngx_snprintf(caller, sizeof(caller), RB_WORK_CALLER "%V",
                     &who->member)
        - caller;
    params[RB_WORK_CREATE_P_REQUEST_HASH] =
        rb_bytea(task->pool, work->request_hash, sizeof(work->request_hash));

    if (params[RB_WORK_CREATE_P_REQUEST_HASH].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_work_write(task, RB_STMT_WORK_CREATE, when, params, rows);
    if (err) {
        return err;
    }

    outcome = rb_work_outcome(rows);
    *replayed = rb_work_is(&outcome, "replayed");

    return NULL;
}


rb_err_t *
rb_work_change(rb_task_t *task, const rb_work_edit_t *edit,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_WORK_CHANGE_NPARAMS];

    params[RB_WORK_CHANGE_P_ID] = edit->id;
    params[RB_WORK_CHANGE_P_RESORT] = edit->resort;
    params[RB_WORK_CHANGE_P_PATCH] = edit->columns;
    params[RB_WORK_CHANGE_P_IF_MATCH] = edit->if_match;
    params[RB_WORK_CHANGE_P_ACTOR] = who->member;
    params[RB_WORK_CHANGE_P_REQUEST_ID] =
        rb_work_or_null(&origin->request_id);

    return rb_work_write(task, RB_STMT_WORK_CHANGE, 0, params, rows);
}


rb_err_t *
rb_work_delete(rb_task_t *task, const rb_work_edit_t *edit,
    const rb_principal_t *who, const rb_origin_t *origin)
{
    ngx_str_t     params[RB_WORK_DELETE_NPARAMS];
    rb_pg_rows_t  rows;

    params[RB_WORK_DELETE_P_ID] = edit->id;
    params[RB_WORK_DELETE_P_RESORT] = edit->resort;
    params[RB_WORK_DELETE_P_IF_MATCH] = edit->if_match;
    params[RB_WORK_DELETE_P_ACTOR] = who->member;
    params[RB_WORK_DELETE_P_REQUEST_ID] =
        rb_work_or_null(&origin->request_id);

    return rb_work_write(task, RB_STMT_WORK_DELETE, 0, params, &rows);
}


rb_err_t *
rb_work_copy(rb_task_t *task, const rb_work_copy_t *copy,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    u_char     id[RB_UUID_LEN];
    ngx_str_t  params[RB_WORK_COPY_NPARAMS];

    if (rb_uuid_v7(id) != NGX_OK) {
        return &rb_err_internal;
    }

    params[RB_WORK_COPY_P_NEW_ID].data = id;
    params[RB_WORK_COPY_P_NEW_ID].len = RB_UUID_LEN;
    params[RB_WORK_COPY_P_ID] = copy->id;
    params[RB_WORK_COPY_P_RESORT] = copy->resort;
    params[RB_WORK_COPY_P_TO] = copy->to;
    params[RB_WORK_COPY_P_NAME] = copy->name;
    params[RB_WORK_COPY_P_ACTOR] = who->member;
    params[RB_WORK_COPY_P_REQUEST_ID] = rb_work_or_null(&origin->request_id);
    ngx_str_set(&params[RB_WORK_COPY_P_MOST], RB_WORK_MOST);

    return rb_work_write(task, RB_STMT_WORK_COPY, 0, params, rows);
}


/*
 * Runs a write.  Of two at one instant the second is refused by a unique key
 * (23505), or by the trigger that keeps what is offered, and then sees what
 * the first has left.
 */

static rb_err_t *
rb_work_write(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows)
{
    rb_err_t    *err;
    ngx_uint_t   attempt;

    for (attempt = 0; attempt < RB_WORK_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, stmt, when, params, rows);
        if (err) {
            return err;
        }

        if (rows->sqlstate[0] == '\0') {
            return rb_work_told(task->pool, rows);
        }

        if (ngx_strcmp(rows->sqlstate, "23505") != 0
            && !rb_work_is(&rows->constraint, "work_types_in_use_ck"))
        {
            return rb_work_refused(task->pool, rows);
        }
    }

    return &rb_err_busy;
}


/*
 * What a parameter's own limits don't tell: a name of blanks is empty, one of
 * two lines is none, and normalising (NFC) may lengthen a text.
 */

static rb_err_t *
rb_work_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("name");
    static ngx_str_t  requirements = ngx_string("requirements");

    if (rb_work_is(&rows->constraint, "work_types_name_ck")) {
        return rb_err_add_field(NULL, pool, &name, "invalid",
                                "1~60자의 한 줄 글이어야 합니다.",
                                "must be 1 to 60 characters on one line.");
    }

    if (rb_work_is(&rows->constraint, "work_types_requirements_ck")) {
        return rb_err_add_field(NULL, pool, &requirements, "too_long",
                                "2000자 이하여야 합니다.",
                                "must have at most 2000 characters.");
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_work_told(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    ngx_str_t   outcome;
    ngx_uint_t  i;

    if (rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = rb_work_outcome(rows);

    for (i = 0; i < rb_array_size(rb_work_outcomes); i++) {

        if (!rb_work_is(&outcome, rb_work_outcomes[i].outcome)) {
            continue;
        }

        return rb_work_outcomes[i].tell
               ? rb_work_outcomes[i].tell(pool, rows)
               : rb_work_outcomes[i].err;
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_work_template_wrong(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("template");

    return rb_err_add_field(NULL, pool, &name, "not_allowed",
                            "그런 양식이 없습니다. /api/v1/work-type-templates "
                            "에 있는 code여야 합니다.",
                            "there is none of that name: it is the code of "
                            "one at /api/v1/work-type-templates.");
}


static rb_err_t *
rb_work_pay_wrong(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("pay.max");

    return rb_err_add_field(NULL, pool, &name, "less_than_min",
                            "pay.min보다 작을 수 없습니다.",
                            "can't be less than pay.min.");
}


static rb_err_t *
rb_work_day_wrong(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   most;

    static ngx_str_t  minutes = ngx_string("daily_minutes");
    static ngx_str_t  schedule = ngx_string("schedule");

    most = rb_work_minutes(rows);

    err = rb_err_add_field(NULL, pool, &minutes, "too_long",
                           "schedule에서 가장 긴 하루는 %V분입니다. 그보다 길 "
                           "수 없습니다.",
                           "can't be more than the longest day of schedule, "
                           "which has %V minutes.", &most);

    return rb_err_add_field(err, pool, &schedule, "too_short",
                            "가장 긴 하루(%V분)가 daily_minutes보다 짧습니다.",
                            "its longest day (%V minutes) is shorter than "
                            "daily_minutes.", &most);
}


static rb_err_t *
rb_work_name_taken(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("name");

    return rb_err_add_field(rb_err_list(pool, &rb_err_work_name), pool, &name,
                            "taken", "이미 쓰고 있는 이름입니다.",
                            "is the name of another one.");
}


static rb_err_t *
rb_work_category_held(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("category");

    return rb_work_holding(pool, rows, &name);
}


static rb_err_t *
rb_work_schedule_held(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("schedule");

    return rb_work_holding(pool, rows, &name);
}


/* The posts were reviewed without the word. */

static rb_err_t *
rb_work_words_held(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    json_t      *posts, *post;
    ngx_str_t    text, field;
    const char  *found;

    text = rb_work_posts(rows);

    if (text.data == NULL || rb_json_parse(pool, &text, &posts) != NULL) {
        return &rb_err_internal;
    }

    post = json_array_get(posts, 0);
    field.data = (u_char *) json_string_value(json_object_get(post, "field"));
    found = json_string_value(json_object_get(post, "found"));

    if (field.data == NULL || found == NULL) {
        return &rb_err_internal;
    }

    field.len = ngx_strlen(field.data);

    return rb_err_add_field(rb_work_holding(pool, rows, &field), pool, &field,
                            "watched_word",
                            "‘%s’: 운영자가 먼저 확인해야 하는 표현입니다. "
                            "모집할 때 요구하거나 조건으로 둘 수 없는 것일 수 "
                            "있습니다.",
                            "\"%s\" may be what recruiting must not ask for: "
                            "a moderator has to look at it first.", found);
}


/* The posts were reviewed with more pay; they say of which field. */

static rb_err_t *
rb_work_pay_held(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    json_t     *posts;
    ngx_str_t   text, field;

    text = rb_work_posts(rows);

    if (text.data == NULL || rb_json_parse(pool, &text, &posts) != NULL) {
        return &rb_err_internal;
    }

    field.data = (u_char *) json_string_value(
                     json_object_get(json_array_get(posts, 0), "field"));

    if (field.data == NULL) {
        return &rb_err_internal;
    }

    field.len = ngx_strlen(field.data);

    return rb_work_holding(pool, rows, &field);
}


static rb_err_t *
rb_work_held(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    static ngx_str_t  name = ngx_string("work_type_id");

    return rb_work_holding(pool, rows, &name);
}


/* Names the posts in the way, an entry each. */

static rb_err_t *
rb_work_holding(ngx_pool_t *pool, const rb_pg_rows_t *rows, ngx_str_t *field)
{
    size_t      i;
    json_t     *posts, *post;
    rb_err_t   *err;
    ngx_str_t   text;

    text = rb_work_posts(rows);
    err = rb_err_list(pool, &rb_err_work_in_use);

    if (text.data == NULL || rb_json_parse(pool, &text, &posts) != NULL) {
        return err;
    }

    json_array_foreach(posts, i, post) {
        err = rb_err_add_field(err, pool, field, "offered",
                               "공고 \"%s\"(%s, %s)이(가) 쓰고 있습니다.",
                               "is offered by the post \"%s\" (%s, %s).",
                               json_string_value(json_object_get(post,
                                                                 "title")),
                               json_string_value(json_object_get(post,
                                                                 "status")),
                               json_string_value(json_object_get(post,
                                                                 "id")));
    }

    return err;
}


static ngx_uint_t
rb_work_is(const ngx_str_t *text, const char *expected)
{
    return text->data && ngx_strlen(expected) == text->len
           && ngx_memcmp(text->data, expected, text->len) == 0;
}


static ngx_str_t
rb_work_or_null(const ngx_str_t *text)
{
    ngx_str_t  null = ngx_null_string;

    return text->len ? *text : null;
}
