
/* Accounts as they are: who somebody is, under which name; and common parts. */


#include "users/rb_users_rules.h"
#include "base/rb_utf8.h"
#include "base/rb_uuid.h"
#include "crypto/rb_crypto.h"
#include "crypto/rb_password.h"
#include "io/rb_budget.h"
#include "rb_statements.h"


#define RB_USERS_EMAIL_MAX  254
#define RB_USERS_MAIL_ACTS  4


static rb_err_t *rb_users_email_wrong(ngx_pool_t *pool);
static ngx_uint_t rb_users_email_valid(const ngx_str_t *email);


static const rb_budget_t  rb_budget_sign_up_address = {
    ngx_string("sign_up_address"), 10, 3600, 60, 3600
};

static const rb_budget_t  rb_budget_mail_hour = {
    ngx_string("mail_hour"), 5, 3600, 300, 3600
};

static const rb_budget_t  rb_budget_mail_day = {
    ngx_string("mail_day"), 20, 86400, 3600, 86400
};

static const rb_budget_t  rb_budget_mail_address = {
    ngx_string("mail_address"), 20, 3600, 60, 3600
};


rb_err_t *
rb_users_get(rb_task_t *task, const ngx_str_t *id, rb_user_t *user)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_GET_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_USERS_GET_P_ID] = *id;

    err = rb_pg_query(task, RB_STMT_USERS_GET, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    user->id = rb_pg_value(&rows, 0, 0);
    user->email = rb_pg_value(&rows, 0, 1);
    user->display_name = rb_pg_value(&rows, 0, 2);
    user->locale = rb_pg_value(&rows, 0, 3);
    user->roles = rb_pg_value(&rows, 0, 4);
    user->updated_at = rb_pg_value(&rows, 0, 5);
    user->has_password = rb_users_true(&rows, 6);
    user->email_verified = rb_users_true(&rows, 7);

    return NULL;
}


rb_err_t *
rb_users_find(rb_task_t *task, const ngx_str_t *email, ngx_str_t *member)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_FIND_NPARAMS];
    rb_pg_rows_t   rows;

    ngx_str_null(member);

    params[RB_USERS_FIND_P_EMAIL] = *email;

    err = rb_pg_query(task, RB_STMT_USERS_FIND, 0, params, &rows);

    if (err == NULL && rows.count) {
        *member = rb_pg_value(&rows, 0, 0);
    }

    return err;
}


rb_err_t *
rb_users_rename(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *display_name, const ngx_str_t *locale,
    const ngx_str_t *version, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_RENAME_NPARAMS];
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));

    if (display_name) {
        params[RB_USERS_RENAME_P_NAME] = *display_name;
    }

    params[RB_USERS_RENAME_P_LOCALE] = rb_users_or_null(locale);
    params[RB_USERS_RENAME_P_VERSION] = rb_users_or_null(version);
    params[RB_USERS_RENAME_P_ID] = who->member;
    params[RB_USERS_RENAME_P_SESSION] = rb_users_or_null(&who->session);
    params[RB_USERS_RENAME_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                              origin);
    params[RB_USERS_RENAME_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_users_run(task, RB_STMT_USERS_RENAME, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    if (!rb_users_true(&rows, 0)) {
        return &rb_err_changed;
    }

    return rb_users_true(&rows, 1) ? NULL
                                   : rb_users_name_fault(NULL, task->pool);
}


rb_err_define(rb_err_changed, 412, "precondition_failed",
              "그사이 내용이 바뀌었습니다. 다시 읽은 뒤 고쳐 주세요.",
              "It was changed meanwhile. Read it again, then change it.");


rb_err_t *
rb_users_email(ngx_pool_t *pool, const ngx_str_t *typed, ngx_str_t *email)
{
    u_char  *start, *end;

    start = typed->data;
    end = start + typed->len;

    while (start < end && *start == ' ') {
        start++;
    }

    while (start < end && end[-1] == ' ') {
        end--;
    }

    email->len = end - start;
    email->data = start;

    if (!rb_users_email_valid(email)) {
        return rb_users_email_wrong(pool);
    }

    email->data = ngx_pnalloc(pool, email->len);
    if (email->data == NULL) {
        return &rb_err_internal;
    }

    ngx_strlow(email->data, start, email->len);

    return NULL;
}


/*
 * One `@', something before it, a dot within what is after it (RFC 5321
 * §4.1.2 has more; the mail tells).  Quoted local parts are refused.
 */

static ngx_uint_t
rb_users_email_valid(const ngx_str_t *email)
{
    u_char      *p, *at, *dot, *end;

    static const char  forbidden[] = "\"(),:;<>[\\]";

    end = email->data + email->len;
    at = NULL;
    dot = NULL;

    if (!rb_utf8_valid(email->data, email->len)
        || rb_utf8_length(email->data, email->len) > RB_USERS_EMAIL_MAX)
    {
        return 0;
    }

    for (p = email->data; p < end; p++) {

        if (*p <= ' ' || *p == 0x7f || ngx_strchr(forbidden, *p) != NULL) {
            return 0;
        }

        if (*p == '@') {

            if (at || p == email->data || p[-1] == '.') {
                return 0;
            }

            at = p;

        } else if (*p == '.') {

            if (p == email->data || p[-1] == '.' || p[-1] == '@') {
                return 0;
            }

            dot = p;
        }
    }

    return at && dot > at && dot + 1 < end;
}


static rb_err_t *
rb_users_email_wrong(ngx_pool_t *pool)
{
    ngx_str_t  field = ngx_string("email");

    return rb_err_add_field(NULL, pool, &field, "not_an_email",
                            "이메일 주소가 아닙니다. name@example.com처럼 적어 "
                            "주세요.",
                            "is no e-mail address: write it like "
                            "name@example.com.");
}


ngx_str_t
rb_users_id(ngx_pool_t *pool)
{
    ngx_str_t  id;

    id.len = RB_UUID_LEN;
    id.data = ngx_pnalloc(pool, RB_UUID_LEN);

    if (id.data && rb_uuid_v7(id.data) != NGX_OK) {
        ngx_str_null(&id);
    }

    return id;
}


ngx_str_t
rb_users_address(ngx_pool_t *pool, const rb_origin_t *origin)
{
    return rb_bytea(pool, origin->caller, sizeof(origin->caller));
}


ngx_str_t
rb_users_flag(ngx_uint_t flag)
{
    static const ngx_str_t  yes = ngx_string("true");
    static const ngx_str_t  no = ngx_string("false");

    return flag ? yes : no;
}


rb_err_t *
rb_users_password_fault(rb_err_t *err, ngx_pool_t *pool, const char *field,
    const ngx_str_t *password, const ngx_str_t *email, const ngx_str_t *name)
{
    ngx_str_t    which;
    ngx_uint_t   i;
    const char  *fault;

    static const struct {
        const char  *code;
        const char  *ko;
        const char  *en;
    } faults[] = {
        { "too_short", "8자 이상이어야 합니다.",
          "must have at least 8 characters." },
        { "too_long", "128자 이하여야 합니다.",
          "must have at most 128 characters." },
        { "too_common", "너무 흔한 비밀번호입니다. 남이 짐작하기 어려운 것으로 "
          "정해 주세요.",
          "is one of the most common passwords: choose one that is hard to "
          "guess." },
        { "personal", "이메일, 이름이나 서비스 이름으로 만든 비밀번호입니다. 다른 "
          "것으로 정해 주세요.",
          "is made of your address, your name or ours: choose another." }
    };

    fault = rb_password_fault(password, email, name);
    if (fault == NULL) {
        return err;
    }

    which.data = (u_char *) field;
    which.len = ngx_strlen(field);

    for (i = 0; i < rb_array_size(faults) - 1; i++) {
        if (ngx_strcmp(faults[i].code, fault) == 0) {
            break;
        }
    }

    return rb_err_add_field(err, pool, &which, fault, faults[i].ko,
                            faults[i].en);
}


rb_err_t *
rb_users_password_needed(ngx_pool_t *pool)
{
    ngx_str_t  field = ngx_string("password");

    return rb_err_add_field(NULL, pool, &field, "required",
                            "처음 요청한 브라우저가 아닙니다. 비밀번호를 넣어 "
                            "주세요.",
                            "is needed: this isn't the browser in which it "
                            "began.");
}


rb_err_t *
rb_users_name_fault(rb_err_t *err, ngx_pool_t *pool)
{
    ngx_str_t  field = ngx_string("display_name");

    return rb_err_add_field(err, pool, &field, "wrong_length",
                            "1자 이상 50자 이하여야 합니다.",
                            "must have 1 to 50 characters.");
}


rb_err_t *
rb_users_spend_mail(rb_task_t *task, const ngx_str_t *email,
    const rb_origin_t *origin, ngx_uint_t sign_up)
{
    ngx_str_t        caller;
    ngx_uint_t       n;
    rb_budget_of_t   of[RB_USERS_MAIL_ACTS];

    caller.data = (u_char *) origin->caller;
    caller.len = sizeof(origin->caller);

    n = 0;

    if (sign_up) {
        of[n].budget = &rb_budget_sign_up_address;
        of[n++].whose = caller;
    }

    of[n].budget = &rb_budget_mail_address;
    of[n++].whose = caller;
    of[n].budget = &rb_budget_mail_hour;
    of[n++].whose = *email;
    of[n].budget = &rb_budget_mail_day;
    of[n++].whose = *email;

    return rb_budget_spend(task, of, n);
}


rb_err_t *
rb_users_run(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows)
{
    rb_err_t  *err;

    err = rb_pg_query(task, stmt, when, params, rows);
    if (err) {
        return err;
    }

    return rows->sqlstate[0] ? &rb_err_internal : NULL;
}
