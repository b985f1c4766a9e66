
/*
 * How accounts come about.  A sign-up waits for its link: an account's address
 * is always a proven one.  Nobody can put a password on another's address,
 * either: the link is good where the sign-up was made, or with its password.
 */


#include "users/rb_users_rules.h"
#include "base/rb_time.h"
#include "io/rb_budget.h"
#include "rb_statements.h"


#define RB_USERS_AGE       14           /* Personal Information Protection Act,
                                           article 22-2 */
#define RB_USERS_DATE_LEN  (sizeof("2026-11-23") - 1)
#define RB_USERS_AGE_MAX   120

#define RB_USERS_ATTEMPTS  2


static rb_err_t *rb_users_same_person(rb_task_t *task, const ngx_str_t *id,
    const ngx_str_t *password, const rb_origin_t *origin);
static rb_err_t *rb_users_check(rb_task_t *task,
    const rb_sign_up_t *sign_up, ngx_uint_t password, ngx_str_t *email);
static rb_err_t *rb_users_check_age(rb_err_t *err, ngx_pool_t *pool,
    const ngx_str_t *born_on);
static rb_err_t *rb_users_check_words(rb_err_t *err, ngx_pool_t *pool,
    const rb_sign_up_t *sign_up);
static rb_err_t *rb_users_merge(rb_err_t *err, rb_err_t *more);
static ngx_str_t rb_users_locale(rb_lang_e lang);


static const rb_budget_t  rb_budget_sign_up_password = {
    ngx_string("sign_up_password"), 5, 900, 2, 900
};


rb_err_define(rb_err_email_taken, 409, "email_taken",
              "이미 가입된 이메일입니다. 로그인하거나 비밀번호를 새로 정해 "
              "주세요.",
              "There is an account with this e-mail address: log in to it, or "
              "set a new password.");


rb_err_t *
rb_users_sign_up(rb_task_t *task, const rb_sign_up_t *sign_up,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_SIGN_UP_NPARAMS], email;
    rb_pg_rows_t   rows;

    err = rb_users_check(task, sign_up, 1, &email);

    if (err == NULL) {
        err = rb_users_spend_mail(task, &email, origin, 1);
    }

    if (err == NULL) {
        err = rb_sessions_hash_password(task, &sign_up->password,
                                        &params[RB_USERS_SIGN_UP_P_HASH]);
    }

    if (err) {
        return err;
    }

    params[RB_USERS_SIGN_UP_P_ID] = rb_users_id(task->pool);
    params[RB_USERS_SIGN_UP_P_EMAIL] = email;
    params[RB_USERS_SIGN_UP_P_NAME] = sign_up->display_name;
    params[RB_USERS_SIGN_UP_P_BORN_ON] = sign_up->born_on;
    params[RB_USERS_SIGN_UP_P_ROLE] = sign_up->role;
    params[RB_USERS_SIGN_UP_P_LOCALE] = rb_users_locale(sign_up->lang);
    params[RB_USERS_SIGN_UP_P_MARKETING] = rb_users_flag(sign_up->marketing);
    params[RB_USERS_SIGN_UP_P_DEVICE_HASH] =
        rb_users_or_null(&origin->device_hash);

    err = rb_users_run(task, RB_STMT_USERS_SIGN_UP, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : rb_users_name_fault(NULL, task->pool);
}


rb_err_t *
rb_users_verify(rb_task_t *task, const ngx_str_t *token,
    const ngx_str_t *password, const rb_origin_t *origin, ngx_str_t *member)
{
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      params[RB_USERS_VERIFY_NPARAMS];
    ngx_uint_t     attempt;
    rb_pg_rows_t   rows;

    rc = rb_once_id(task->pool, "verify_email", token,
                    &params[RB_USERS_VERIFY_P_ID]);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? &rb_err_link : &rb_err_internal;
    }

    err = rb_users_same_person(task, &params[RB_USERS_VERIFY_P_ID], password,
                               origin);
    if (err) {
        return err;
    }

    params[RB_USERS_VERIFY_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                              origin);
    params[RB_USERS_VERIFY_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    for (attempt = 0; attempt < RB_USERS_ATTEMPTS; attempt++) {

        err = rb_users_run(task, RB_STMT_USERS_VERIFY, 0, params, &rows);
        if (err) {
            return err;
        }

        if (rows.count == 0) {
            return &rb_err_link;
        }

        if (rb_users_true(&rows, 1) || rb_users_true(&rows, 2)) {
            *member = rb_pg_value(&rows, 0, 0);
            return NULL;
        }
    }

    return &rb_err_email_taken;
}


/* Whether who follows the link has signed up, and not somebody else. */

static rb_err_t *
rb_users_same_person(rb_task_t *task, const ngx_str_t *id,
    const ngx_str_t *password, const rb_origin_t *origin)
{
    rb_err_t        *err;
    ngx_str_t        params[RB_USERS_SIGN_UP_OF_NPARAMS], hash;
    ngx_str_t        field = ngx_string("password");
    ngx_uint_t       right;
    rb_pg_rows_t     rows;
    rb_budget_of_t   of;

    params[RB_USERS_SIGN_UP_OF_P_ID] = *id;
    params[RB_USERS_SIGN_UP_OF_P_DEVICE_HASH] =
        rb_users_or_null(&origin->device_hash);

    err = rb_users_run(task, RB_STMT_USERS_SIGN_UP_OF, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    if (rb_users_true(&rows, 1) || rb_users_true(&rows, 2)) {
        return NULL;
    }

    if (password == NULL || password->len == 0) {
        return rb_users_password_needed(task->pool);
    }

    of.budget = &rb_budget_sign_up_password;
    of.whose = *id;

    err = rb_budget_spend(task, &of, 1);
    if (err) {
        return err;
    }

    hash = rb_pg_value(&rows, 0, 0);

    err = rb_sessions_password_is(task, password, &hash, &right);

    if (err || right) {
        rb_budget_refund(task, &of, 1);
        return err;
    }

    return rb_err_add_field(NULL, task->pool, &field, "wrong_password",
                            "가입할 때 정한 비밀번호가 아닙니다. 가입한 적이 "
                            "없다면 이 메일은 무시해 주세요.",
                            "isn't the one that was chosen at sign-up. If "
                            "you didn't sign up, ignore the mail.");
}


rb_err_t *
rb_users_create(rb_task_t *task, const rb_sign_up_t *sign_up,
    const rb_origin_t *origin, ngx_str_t *member)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_CREATE_NPARAMS], email;
    rb_pg_rows_t   rows;

    err = rb_users_check(task, sign_up, 0, &email);
    if (err) {
        return err;
    }

    params[RB_USERS_CREATE_P_ID] = rb_users_id(task->pool);
    params[RB_USERS_CREATE_P_EMAIL] = email;
    params[RB_USERS_CREATE_P_NAME] = sign_up->display_name;
    params[RB_USERS_CREATE_P_BORN_ON] = sign_up->born_on;
    params[RB_USERS_CREATE_P_ROLE] = sign_up->role;
    params[RB_USERS_CREATE_P_LOCALE] = rb_users_locale(sign_up->lang);
    params[RB_USERS_CREATE_P_MARKETING] = rb_users_flag(sign_up->marketing);
    params[RB_USERS_CREATE_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                              origin);
    params[RB_USERS_CREATE_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_users_run(task, RB_STMT_USERS_CREATE, 0, params, &rows);
    if (err) {
        return err;
    }

    if (!rb_users_true(&rows, 0)) {
        return rb_users_name_fault(NULL, task->pool);
    }

    *member = rb_pg_value(&rows, 0, 1);

    return member->len ? NULL : &rb_err_email_taken;
}


/* All that is wrong, at once. */

static rb_err_t *
rb_users_check(rb_task_t *task, const rb_sign_up_t *sign_up,
    ngx_uint_t password, ngx_str_t *email)
{
    rb_err_t    *err;
    ngx_str_t    field, none;
    ngx_pool_t  *pool;

    pool = task->pool;
    ngx_str_null(&none);

    err = rb_users_email(pool, &sign_up->email, email);

    if (password) {
        err = rb_users_merge(err,
                  rb_users_password_fault(NULL, pool, "password",
                                          &sign_up->password,
                                          err ? &none : email,
                                          &sign_up->display_name));
    }

    if (sign_up->display_name.len == 0) {
        err = rb_users_name_fault(err, pool);
    }

    if (!(sign_up->role.len == 4
          && ngx_memcmp(sign_up->role.data, "crew", 4) == 0)
        && !(sign_up->role.len == 6
             && ngx_memcmp(sign_up->role.data, "resort", 6) == 0))
    {
        ngx_str_set(&field, "role");
        err = rb_err_add_field(err, pool, &field, "not_allowed",
                               "crew나 resort여야 합니다.",
                               "must be crew or resort.");
    }

    err = rb_users_check_age(err, pool, &sign_up->born_on);

    return rb_users_check_words(err, pool, sign_up);
}


/*
 * Years as everybody counts them: who was born on the 29th of February is a
 * year older on the 1st of March (Civil Act, article 160).  Dates of one form
 * are ordered as text.
 */

static rb_err_t *
rb_users_check_age(rb_err_t *err, ngx_pool_t *pool, const ngx_str_t *born_on)
{
    u_char      today[RB_USERS_DATE_LEN + 1], old[RB_USERS_DATE_LEN + 1];
    int32_t     day;
    ngx_int_t   year;
    ngx_str_t   field = ngx_string("born_on");

    if (rb_date_parse(born_on, &day) != NGX_OK) {
        return rb_err_add_field(err, pool, &field, "not_a_date",
                                "YYYY-MM-DD 꼴의 날짜여야 합니다.",
                                "must be a date like 2000-12-31.");
    }

    *rb_date_write(today, rb_date_today()) = '\0';

    year = ngx_atoi(born_on->data, 4);
    ngx_memcpy(old, born_on->data, RB_USERS_DATE_LEN);
    old[RB_USERS_DATE_LEN] = '\0';

    if (ngx_strcmp(old, today) > 0
        || ngx_atoi(today, 4) - year > RB_USERS_AGE_MAX)
    {
        return rb_err_add_field(err, pool, &field, "out_of_range",
                                "태어난 날을 다시 확인해 주세요.",
                                "can't be the day you were born: please "
                                "check.");
    }

    ngx_sprintf(old, "%04i", year + RB_USERS_AGE);

    if (ngx_strcmp(old, today) > 0) {
        return rb_err_add_field(err, pool, &field, "too_young",
                                "만 14세 이상만 가입할 수 있습니다.",
                                "must be 14 years ago or more: younger people "
                                "can't sign up.");
    }

    return err;
}


static rb_err_t *
rb_users_check_words(rb_err_t *err, ngx_pool_t *pool,
    const rb_sign_up_t *sign_up)
{
    ngx_str_t  terms = ngx_string("terms");
    ngx_str_t  privacy = ngx_string("privacy");

    if (!sign_up->terms) {
        err = rb_err_add_field(err, pool, &terms, "required",
                               "이용약관에 동의해 주세요.",
                               "must be agreed to.");
    }

    if (!sign_up->privacy) {
        err = rb_err_add_field(err, pool, &privacy, "required",
                               "개인정보 수집·이용에 동의해 주세요.",
                               "must be agreed to.");
    }

    return err;
}


/* Fields of both; what is no 400 comes first. */

static rb_err_t *
rb_users_merge(rb_err_t *err, rb_err_t *more)
{
    rb_err_field_t  *field;

    if (err == NULL || more == NULL) {
        return err ? err : more;
    }

    if (err->fields == NULL || more->fields == NULL) {
        return err->fields ? more : err;
    }

    for (field = err->fields; field->next; field = field->next) {
        /* void */
    }

    field->next = more->fields;

    return err;
}


static ngx_str_t
rb_users_locale(rb_lang_e lang)
{
    static const ngx_str_t  locales[] = { ngx_string("ko"), ngx_string("en") };

    return locales[lang == RB_LANG_EN];
}
