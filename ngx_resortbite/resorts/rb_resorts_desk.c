
/*
 * The rules of a resort's desk: making a resort, changing what it says of
 * itself, closing it.  Each is one statement, which says in its last column
 * how it went.
 *
 * A statement's snapshot is older than the lock that it waits for.  What it
 * could not see yet, another's key or number or a post that has just gone
 * live or been submitted, violates a constraint, and it is asked once more.
 */


#include "resorts/rb_resorts_rules.h"
#include "base/rb_time.h"
#include "base/rb_uuid.h"
#include "io/rb_budget.h"
#include "rb_statements.h"


#define RB_RESORTS_ATTEMPTS       3

#define RB_RESORTS_NUMBER_LEN     10
#define RB_RESORTS_WHERE_MAX      128   /* bytes of a path with a UUID */


/* What a violated constraint says, and of which member of the body. */

typedef struct {
    const char  *constraint;
    const char  *field;
    const char  *code;
    const char  *ko;
    const char  *en;
} rb_resorts_constraint_t;


static rb_err_t *rb_resorts_create_run(rb_task_t *task, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows);
static void rb_resorts_unspend(rb_task_t *task, const rb_budget_of_t *of,
    const rb_err_t *many);
static ngx_uint_t rb_resorts_is(const ngx_str_t *text, const char *word);


rb_err_define(rb_err_number_taken, 409, "business_number_taken",
              "이미 등록된 사업자등록번호입니다. 그 리조트의 소유자에게 초대를 "
              "부탁하거나, 도용이라면 고객센터에 알려 주세요.",
              "A resort with this business number is registered already. Ask "
              "its owner for an invitation, or tell our support if the number "
              "was used without your consent.");

rb_err_define(rb_err_number_claimed, 409, "business_number_taken",
              "아직 확인받지 않은 다른 리조트가 등록한 사업자등록번호입니다. "
              "본인의 사업자라면 사업자등록증과 함께 고객센터에 알려 주세요. "
              "운영진이 살펴보고 그 리조트를 거절하면 바로 등록할 수 있습니다.",
              "A resort that has not been verified yet was registered with "
              "this business number. If the business is yours, send its "
              "registration to our support: a moderator looks at it, and once "
              "that resort is refused you can register.");

rb_err_define(rb_err_resort_live, 409, "resort_has_live_posts",
              "게시 중인 공고가 있어 할 수 없습니다. 먼저 공고를 멈추거나 "
              "마감해 주세요.",
              "Not while the resort has live posts. Pause them or mark them "
              "as filled first.");

rb_err_define(rb_err_resort_pending, 409, "resort_has_pending_posts",
              "검토를 기다리는 공고가 있어 리조트를 닫을 수 없습니다. 먼저 "
              "거두어들이거나 삭제해 주세요.",
              "The resort can't be closed while posts wait for review. Take "
              "them back or delete them first.");


static const rb_problem_t  rb_err_desk_role_problem = {
    403, ngx_string("role_missing"),
    rb_text("이 리조트의 소유자(owner)나 관리자(manager)만 할 수 있습니다.",
            "Only owners and managers of this resort may do that.")
};

rb_err_t  rb_err_desk_role = {
    &rb_err_desk_role_problem, 0, ngx_null_string, NULL, ngx_null_string,
    "owner manager", NULL, 0
};


/* Resorts that one member makes: nobody opens more of them in a day. */

static const rb_budget_t  rb_resorts_made =
    { ngx_string("resorts_made"), 5, 86400, 3600, 86400 };


static const rb_resorts_constraint_t  rb_resorts_constraints[] = {
    { "resorts_name_ck", "name", "invalid",
      "앞뒤 공백을 빼고 2~60자의 한 줄이어야 합니다.",
      "must be 2 to 60 characters on one line, not counting blanks around." },
    { "resorts_name_en_ck", "name_en", "invalid",
      "앞뒤 공백을 빼고 2~120자여야 합니다.",
      "must be 2 to 120 characters, not counting blanks around." },
    { "resorts_text_ck", "description", "too_long",
      "소개는 5,000자, 근무 환경은 2,000자 이하여야 합니다.",
      "must have at most 5,000 characters, and environment 2,000." },
    { "resorts_benefits_ck", "benefits", "invalid",
      "60자 이하의 글 30개까지 쓸 수 있습니다.",
      "may have at most 30 texts of at most 60 characters." },
    { "resorts_photos_ck", "photos", "too_many",
      "최대 30개까지 쓸 수 있습니다.",
      "may have at most 30 entries." },
    { "resorts_photo_addresses_ck", "photos", "invalid",
      "https://로 시작하거나 /로 시작하는 주소여야 합니다.",
      "must be addresses that begin with https:// or with one slash." },
    { "resorts_address_ck", "address", "invalid",
      "앞뒤 공백을 빼고 5~200자여야 합니다.",
      "must be 5 to 200 characters, not counting blanks around." },
    { "resorts_place_ck", "lat", "out_of_range",
      "lat과 lng은 대한민국 안의 좌표여야 합니다.",
      "lat and lng must be a place in Korea." },
    { "resorts_phone_ck", "contact.phone", "invalid",
      "하이픈을 넣은 국내 전화번호여야 합니다 (예: 033-123-4567, 1588-0000).",
      "must be a Korean telephone number with hyphens such as 033-123-4567." },
    { "resorts_email_ck", "contact.email", "invalid",
      "이메일 주소여야 합니다 (예: jobs@example.com).",
      "must be an e-mail address such as jobs@example.com." },
    { "resorts_website_ck", "contact.website", "invalid",
      "http://나 https://로 시작하는 주소여야 합니다.",
      "must be an address that begins with http:// or https://." },
    { "resorts_live_contact_ck", "contact", "required",
      "공고를 게시하는 동안에는 전화번호, 이메일, 웹사이트 가운데 하나는 "
      "있어야 합니다.",
      "must keep a telephone number, an e-mail address or a website while the "
      "resort has live posts." },
    { "resorts_business_number_ck", "business_number", "check_digit",
      "사업자등록번호가 아닙니다. 숫자 열 자리를 다시 확인해 주세요.",
      "is no business number. Look at its ten digits again." },
    { "resorts_business_name_ck", "business_name", "invalid",
      "앞뒤 공백을 빼고 1~100자의 한 줄이어야 합니다.",
      "must be 1 to 100 characters on one line, not counting blanks." },
    { "resorts_representative_ck", "representative", "invalid",
      "앞뒤 공백을 빼고 1~50자의 한 줄이어야 합니다.",
      "must be 1 to 50 characters on one line, not counting blanks." },
    { "resorts_opened_on_ck", "opened_on", "out_of_range",
      "1900-01-01부터의 날짜여야 합니다.",
      "must be a day from 1900-01-01 on." },
    { "resorts_refused_ck", "reason", "too_short",
      "무엇을 고쳐야 하는지 2~1,000자로 적어 주세요.",
      "must tell in 2 to 1,000 characters what to correct." }
};


rb_err_t *
rb_resorts_create(rb_task_t *task, const rb_resort_new_t *resort,
    const rb_principal_t *who, const rb_origin_t *origin,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    u_char           id[RB_UUID_LEN];
    rb_err_t        *err, *many;
    uint64_t         when;
    ngx_str_t        outcome, params[RB_RESORTS_CREATE_NPARAMS];
    rb_pg_rows_t     rows;
    rb_budget_of_t   of;

    if (rb_uuid_v7(id) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_resorts_trail(RB_RESORTS_CREATE, params, task, who, origin);

    params[RB_RESORTS_CREATE_P_ID].data = id;
    params[RB_RESORTS_CREATE_P_ID].len = RB_UUID_LEN;
    params[RB_RESORTS_CREATE_P_PATCH] = resort->patch;
    params[RB_RESORTS_CREATE_P_KEY] = resort->key;
    params[RB_RESORTS_CREATE_P_REQUEST_HASH] =
        rb_bytea(task->pool, resort->request_hash,
                 sizeof(resort->request_hash));

    when = resort->key.len ? RB_RESORTS_CREATE_WHEN_KEYED : 0;

    of.budget = &rb_resorts_made;
    of.whose = who->member;

    many = rb_budget_spend(task, &of, 1);

    if (many && when == 0) {
        return many;
    }

    /* who may make no more still gets the answer of before */

    if (many) {
        when |= RB_RESORTS_CREATE_WHEN_SPENT;
    }

    err = rb_resorts_create_run(task, when, params, &rows);

    if (err) {
        rb_resorts_unspend(task, &of, many);
        return err;
    }

    *response = rb_pg_value(&rows, 0, 0);
    outcome = rb_pg_value(&rows, 0, 1);
    *replayed = rb_resorts_is(&outcome, "replayed");

    if (rb_resorts_is(&outcome, "created")) {
        return NULL;
    }

    rb_resorts_unspend(task, &of, many);

    if (*replayed) {
        return NULL;
    }

    return many ? many : rb_resorts_outcome(&rows);
}


/* Gives back what was spent; many: nothing was. */

static void
rb_resorts_unspend(rb_task_t *task, const rb_budget_of_t *of,
    const rb_err_t *many)
{
    if (many == NULL) {
        rb_budget_refund(task, of, 1);
    }
}


static rb_err_t *
rb_resorts_create_run(rb_task_t *task, uint64_t when, const ngx_str_t *params,
    rb_pg_rows_t *rows)
{
    rb_err_t    *err;
    ngx_uint_t   attempt;

    for (attempt = 0; attempt < RB_RESORTS_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, RB_STMT_RESORTS_CREATE, when, params, rows);
        if (err) {
            return err;
        }

        if (rows->sqlstate[0] == '\0') {
            return rows->count ? NULL : &rb_err_internal;
        }

        if (ngx_strcmp(rows->sqlstate, "23505") != 0) {
            return rb_resorts_refused(task->pool, rows);
        }
    }

    return &rb_err_busy;
}


rb_err_t *
rb_resorts_profile(rb_task_t *task, const ngx_str_t *resort,
    const rb_principal_t *who, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_RESORTS_PROFILE_NPARAMS];

    params[RB_RESORTS_PROFILE_P_RESORT] = *resort;
    params[RB_RESORTS_PROFILE_P_MEMBER] = who->member;

    err = rb_pg_query(task, RB_STMT_RESORTS_PROFILE, 0, params, rows);

    if (err) {
        return err;
    }

    return rows->count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_resorts_change(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *patch, const ngx_str_t *if_match,
    const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      outcome, count, params[RB_RESORTS_CHANGE_NPARAMS];
    ngx_uint_t     attempt;
    rb_pg_rows_t   rows;

    params[RB_RESORTS_CHANGE_P_RESORT] = *resort;
    params[RB_RESORTS_CHANGE_P_PATCH] = *patch;
    params[RB_RESORTS_CHANGE_P_IF_MATCH] = *if_match;
    params[RB_RESORTS_CHANGE_P_ACTOR] = who->member;
    params[RB_RESORTS_CHANGE_P_REQUEST_ID] =
        rb_resorts_or_null(&origin->request_id);

    for (attempt = 0; attempt < RB_RESORTS_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, RB_STMT_RESORTS_CHANGE, 0, params, &rows);
        if (err) {
            return err;
        }

        if (ngx_strcmp(rows.sqlstate, "23505") == 0
            || rb_resorts_violates(&rows, "resorts_no_live_posts_ck"))
        {
            continue;
        }

        if (rows.sqlstate[0]) {
            return rb_resorts_refused(task->pool, &rows);
        }

        if (rows.count == 0) {
            return &rb_err_internal;
        }

        count = rb_pg_value(&rows, 0, 0);
        outcome = rb_pg_value(&rows, 0, 1);

        if (rb_resorts_is(&outcome, "live")) {
            return rb_resorts_posts_left(task->pool, &rb_err_resort_live,
                                         resort, "approved", &count, 0);
        }

        return rb_resorts_outcome(&rows);
    }

    return &rb_err_busy;
}


rb_err_t *
rb_resorts_close(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *if_match, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      outcome, live, pending, params[RB_RESORTS_CLOSE_NPARAMS];
    ngx_uint_t     attempt;
    rb_pg_rows_t   rows;

    params[RB_RESORTS_CLOSE_P_RESORT] = *resort;
    params[RB_RESORTS_CLOSE_P_IF_MATCH] = *if_match;
    params[RB_RESORTS_CLOSE_P_ACTOR] = who->member;
    params[RB_RESORTS_CLOSE_P_REQUEST_ID] =
        rb_resorts_or_null(&origin->request_id);

    for (attempt = 0; attempt < RB_RESORTS_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, RB_STMT_RESORTS_CLOSE, 0, params, &rows);
        if (err) {
            return err;
        }

        if (rb_resorts_violates(&rows, "resorts_no_live_posts_ck")
            || rb_resorts_violates(&rows, "resorts_no_pending_posts_ck"))
        {
            continue;
        }

        if (rows.sqlstate[0] || rows.count == 0) {
            return &rb_err_internal;
        }

        live = rb_pg_value(&rows, 0, 0);
        pending = rb_pg_value(&rows, 0, 1);
        outcome = rb_pg_value(&rows, 0, 2);

        if (rb_resorts_is(&outcome, "live")) {
            return rb_resorts_posts_left(task->pool, &rb_err_resort_live,
                                         resort, "approved", &live, 0);
        }

        if (rb_resorts_is(&outcome, "pending")) {
            return rb_resorts_posts_left(task->pool, &rb_err_resort_pending,
                                         resort, "pending", &pending, 0);
        }

        return rb_resorts_outcome(&rows);
    }

    return &rb_err_busy;
}


/* The check digit as the tax office makes it: business_number_valid(). */

rb_err_t *
rb_resorts_number_check(ngx_pool_t *pool, rb_err_t *err,
    const ngx_str_t *text)
{
    u_char      digit[RB_RESORTS_NUMBER_LEN];
    size_t      i, n;
    ngx_str_t   name = ngx_string("business_number");
    ngx_uint_t  sum, any;

    static const u_char  weight[] = { 1, 3, 7, 1, 3, 7, 1, 3, 5 };

    n = 0;
    any = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '-') {
            continue;
        }

        if (text->data[i] < '0' || text->data[i] > '9'
            || n == RB_RESORTS_NUMBER_LEN)
        {
            n = 0;
            break;
        }

        digit[n] = text->data[i] - '0';
        any |= digit[n++];
    }

    if (n < RB_RESORTS_NUMBER_LEN) {
        return rb_err_add_field(err, pool, &name, "not_a_business_number",
                                "숫자 열 자리여야 합니다 (예: 123-45-67890).",
                                "must be ten digits such as 123-45-67890.");
    }

    sum = digit[8] * 5 / 10;

    for (i = 0; i < sizeof(weight); i++) {
        sum += digit[i] * weight[i];
    }

    if (!any || (10 - sum % 10) % 10 != digit[9]) {
        return rb_err_add_field(err, pool, &name, "check_digit",
                                "마지막 자리(검증 번호)가 맞지 않습니다. 숫자를 "
                                "다시 확인해 주세요.",
                                "has a wrong check digit at its end. Look at "
                                "the digits again.");
    }

    return err;
}


rb_err_t *
rb_resorts_opened_check(ngx_pool_t *pool, rb_err_t *err, int64_t day)
{
    int64_t    today;
    ngx_str_t  name = ngx_string("opened_on");

    today = (rb_time_now() / 1000000 + RB_SEOUL_OFFSET_SECONDS) / 86400;

    if (day <= today) {
        return err;
    }

    return rb_err_add_field(err, pool, &name, "in_the_future",
                            "아직 오지 않은 날입니다. 사업자등록증의 개업일을 "
                            "적어 주세요.",
                            "has not come yet. Give the day of opening as the "
                            "business registration says.");
}


rb_err_t *
rb_resorts_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    ngx_str_t                       name;
    ngx_uint_t                      i;
    const rb_resorts_constraint_t  *c;

    for (i = 0; i < rb_array_size(rb_resorts_constraints); i++) {
        c = &rb_resorts_constraints[i];

        if (rb_resorts_violates(rows, c->constraint)) {
            name.data = (u_char *) c->field;
            name.len = ngx_strlen(c->field);

            return rb_err_add_field(NULL, pool, &name, c->code, c->ko, c->en);
        }
    }

    return &rb_err_internal;
}


ngx_uint_t
rb_resorts_violates(const rb_pg_rows_t *rows, const char *constraint)
{
    return rows->sqlstate[0] && rb_resorts_is(&rows->constraint, constraint);
}


rb_err_t *
rb_resorts_posts_left(ngx_pool_t *pool, rb_err_t *kind,
    const ngx_str_t *resort, const char *status, const ngx_str_t *count,
    ngx_uint_t moderator)
{
    ngx_str_t  name = ngx_string("posts");
    ngx_str_t  where;

    where.data = ngx_pnalloc(pool, RB_RESORTS_WHERE_MAX);

    if (where.data == NULL) {
        return &rb_err_internal;
    }

    where.len = ngx_snprintf(where.data, RB_RESORTS_WHERE_MAX,
                             moderator
                             ? "/api/v1/admin/posts?resort=%V&status=%s"
                             : "/api/v1/resorts/%V/posts?status=%s",
                             resort, status)
                - where.data;

    return rb_err_add_field(rb_err_list(pool, kind), pool, &name, status,
                            "공고 %V개: %V", "%V posts: %V", count, &where);
}


static ngx_uint_t
rb_resorts_is(const ngx_str_t *text, const char *word)
{
    size_t  len;

    len = ngx_strlen(word);

    return text->len == len && ngx_memcmp(text->data, word, len) == 0;
}
