
/*
 * Log-ins.  What a first step has proved waits in a ticket (a one-time token
 * of the purpose login_step) where a second is needed; the session is made
 * when both are there, by one statement that also uses the ticket up.
 */


#include "sessions/rb_sessions_rules.h"
#include "base/rb_json.h"
#include "base/rb_uuid.h"
#include "crypto/rb_crypto.h"
#include "factors/rb_factors.h"
#include "rb_statements.h"


#define RB_LOGIN_PURPOSE  "login_step"
#define RB_LOGIN_TICKET   600           /* seconds */

/* Where one of these is set up, a log-in takes two steps. */

#define RB_LOGIN_FACTORS  (RB_AMR_OTP|RB_AMR_HWK)


static rb_err_t *rb_login_first(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t amr, const ngx_str_t *changed, const rb_origin_t *origin,
    rb_login_t *login);
static rb_err_t *rb_login_start(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t amr, const ngx_str_t *changed, const ngx_str_t *ticket,
    const rb_origin_t *origin, rb_login_t *login);
static rb_err_t *rb_login_params(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t amr, const rb_origin_t *origin, rb_login_t *login,
    ngx_str_t *params);
static rb_err_t *rb_login_try(rb_task_t *task, const ngx_str_t *ticket,
    ngx_str_t *id, ngx_str_t *member, ngx_uint_t *amr);
static rb_err_t *rb_login_data(rb_task_t *task, const ngx_str_t *data,
    ngx_uint_t *amr);


rb_err_define(rb_err_ticket, 401, "log_in_again",
              "로그인한 지 10분이 지났거나 이미 끝난 로그인입니다. 처음부터 다시 "
              "로그인해 주세요.",
              "This log-in is over, or 10 minutes have passed. Please log in "
              "again from the beginning.");

rb_err_define(rb_err_suspended, 403, "account_suspended",
              "이용이 정지된 계정입니다. 메일로 보내 드린 안내를 확인해 주세요.",
              "This account is suspended. Please see the mail that we sent.");

rb_err_define(rb_err_deleted, 403, "account_deleted",
              "탈퇴한 계정입니다. 30일 안에는 메일로 보내 드린 링크로 탈퇴를 "
              "취소할 수 있습니다.",
              "This account was deleted. For 30 days the link that we sent by "
              "mail restores it.");

rb_err_define(rb_err_unverified, 403, "email_not_verified",
              "이메일이 확인되지 않은 계정입니다. 비밀번호를 새로 정하면 이메일도 "
              "확인됩니다.",
              "This account's e-mail address isn't verified. Setting a new "
              "password by mail verifies it, too.");


rb_err_t *
rb_login_password(rb_task_t *task, const ngx_str_t *email,
    const ngx_str_t *password, const rb_origin_t *origin, rb_login_t *login)
{
    rb_err_t   *err;
    ngx_str_t   member, state, changed;

    err = rb_sessions_password_of(task, email, password, origin, &member,
                                  &state, &changed);

    if (err == NULL) {
        err = rb_sessions_state(&state);
    }

    return err ? err : rb_login_first(task, &member, RB_AMR_PWD, &changed,
                                      origin, login);
}


rb_err_t *
rb_login_proved(rb_task_t *task, const ngx_str_t *member, ngx_uint_t amr,
    const rb_origin_t *origin, rb_login_t *login)
{
    return rb_login_first(task, member, amr, NULL, origin, login);
}


/*
 * changed: of the password that was right, or NULL.  One that is new by now
 * has ended all sessions, and this is not to be one that it missed.
 */

static rb_err_t *
rb_login_first(rb_task_t *task, const ngx_str_t *member, ngx_uint_t amr,
    const ngx_str_t *changed, const rb_origin_t *origin, rb_login_t *login)
{
    u_char       buf[sizeof("{\"amr\":}") + NGX_INT_T_LEN];
    rb_err_t    *err;
    ngx_str_t    data;
    ngx_uint_t   methods;

    ngx_memzero(login, sizeof(rb_login_t));

    if (rb_sessions_acr(amr) == 2) {
        return rb_login_start(task, member, amr, changed, NULL, origin,
                              login);
    }

    err = rb_factors_methods(task, member, &methods);
    if (err) {
        return err;
    }

    methods &= ~amr;

    if (!(methods & RB_LOGIN_FACTORS)) {
        return rb_login_start(task, member, amr, changed, NULL, origin,
                              login);
    }

    data.data = buf;
    data.len = ngx_sprintf(buf, "{\"amr\":%ui}", amr) - buf;

    login->outcome = RB_LOGIN_SECOND_FACTOR;
    login->member = *member;
    login->methods = methods & (RB_LOGIN_FACTORS|RB_AMR_RCV);

    return rb_once_make(task, RB_LOGIN_PURPOSE, member, &data,
                        RB_LOGIN_TICKET, &login->ticket);
}


rb_err_t *
rb_login_ticket(rb_task_t *task, const ngx_str_t *ticket, ngx_str_t *member,
    ngx_uint_t *amr)
{
    rb_err_t   *err;
    ngx_str_t   data;

    err = rb_once_look(task, RB_LOGIN_PURPOSE, ticket, member, &data);

    if (err) {
        return err == &rb_err_link ? &rb_err_ticket : err;
    }

    return rb_login_data(task, &data, amr);
}


rb_err_t *
rb_login_code(rb_task_t *task, const ngx_str_t *ticket, ngx_uint_t method,
    const ngx_str_t *code, const rb_origin_t *origin, rb_login_t *login)
{
    rb_err_t    *err;
    ngx_str_t    id, member;
    ngx_uint_t   amr;

    ngx_memzero(login, sizeof(rb_login_t));

    err = rb_login_try(task, ticket, &id, &member, &amr);
    if (err) {
        return err;
    }

    err = rb_sessions_check_code(task, &member, method, code, origin);
    if (err) {
        return err;
    }

    return rb_login_start(task, &member, amr | method, NULL, &id, origin,
                          login);
}


rb_err_t *
rb_login_second(rb_task_t *task, const ngx_str_t *ticket, ngx_uint_t amr,
    const rb_origin_t *origin, rb_login_t *login)
{
    rb_err_t    *err;
    ngx_str_t    id, member;
    ngx_uint_t   first;

    ngx_memzero(login, sizeof(rb_login_t));

    err = rb_login_try(task, ticket, &id, &member, &first);
    if (err) {
        return err;
    }

    return rb_login_start(task, &member, first | amr, NULL, &id, origin,
                          login);
}


/* Counts the attempt. */

static rb_err_t *
rb_login_try(rb_task_t *task, const ngx_str_t *ticket, ngx_str_t *id,
    ngx_str_t *member, ngx_uint_t *amr)
{
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      params[RB_SESSIONS_TICKET_TRY_NPARAMS], data;
    rb_pg_rows_t   rows;

    rc = rb_once_id(task->pool, RB_LOGIN_PURPOSE, ticket, id);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? &rb_err_ticket : &rb_err_internal;
    }

    params[RB_SESSIONS_TICKET_TRY_P_ID] = *id;

    err = rb_pg_query(task, RB_STMT_SESSIONS_TICKET_TRY, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_ticket;
    }

    *member = rb_pg_value(&rows, 0, 0);
    data = rb_pg_value(&rows, 0, 1);

    return rb_login_data(task, &data, amr);
}


static rb_err_t *
rb_login_data(rb_task_t *task, const ngx_str_t *data, ngx_uint_t *amr)
{
    json_t  *root;

    if (rb_json_parse(task->pool, data, &root) != NULL) {
        return &rb_err_internal;
    }

    *amr = (ngx_uint_t) json_integer_value(json_object_get(root, "amr"));

    return NULL;
}


static rb_err_t *
rb_login_start(rb_task_t *task, const ngx_str_t *member, ngx_uint_t amr,
    const ngx_str_t *changed, const ngx_str_t *ticket,
    const rb_origin_t *origin, rb_login_t *login)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_SESSIONS_START_NPARAMS], state;
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));

    err = rb_login_params(task, member, rb_sessions_amr(amr), origin, login,
                          params);
    if (err) {
        return err;
    }

    params[RB_SESSIONS_START_P_CHANGED] = rb_sessions_or_null(changed);

    if (ticket) {
        params[RB_SESSIONS_START_P_TICKET] = *ticket;
    }

    err = rb_pg_query(task, RB_STMT_SESSIONS_START,
                      ticket ? RB_SESSIONS_START_WHEN_TICKET : 0, params,
                      &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_credentials;     /* erased since the first step */
    }

    if (rb_pg_value(&rows, 0, 1).data[0] != 't') {
        return &rb_err_ticket;
    }

    state = rb_pg_value(&rows, 0, 0);

    err = rb_sessions_state(&state);
    if (err) {
        return err;
    }

    if (rb_pg_value(&rows, 0, 3).data[0] != 't') {
        return &rb_err_credentials;     /* another password since */
    }

    login->outcome = RB_LOGIN_DONE;
    login->member = *member;

    return NULL;
}


static rb_err_t *
rb_login_params(rb_task_t *task, const ngx_str_t *member, ngx_uint_t amr,
    const rb_origin_t *origin, rb_login_t *login, ngx_str_t *params)
{
    u_char      *p;
    ngx_pool_t  *pool;

    static ngx_str_t  acr[] = { ngx_string("1"), ngx_string("2") };
    static u_char     life[NGX_INT_T_LEN];

    pool = task->pool;

    p = ngx_pnalloc(pool, RB_UUID_LEN + RB_SECRET_TEXT_LEN);

    if (p == NULL || rb_uuid_v7(p) != NGX_OK
        || rb_random_text(p + RB_UUID_LEN) != NGX_OK)
    {
        return &rb_err_internal;
    }

    login->session.data = p;
    login->session.len = RB_UUID_LEN;
    login->secret.data = p + RB_UUID_LEN;
    login->secret.len = RB_SECRET_TEXT_LEN;

    params[RB_SESSIONS_START_P_ID] = login->session;
    params[RB_SESSIONS_START_P_TOKEN_HASH] = rb_hash_param(pool,
                                                           &login->secret);
    params[RB_SESSIONS_START_P_MEMBER] = *member;
    params[RB_SESSIONS_START_P_ACR] = acr[rb_sessions_acr(amr) - 1];
    params[RB_SESSIONS_START_P_AMR] = rb_names_of(pool, rb_amr_names, amr,
                                                  ',');
    params[RB_SESSIONS_START_P_DEVICE] = rb_sessions_or_empty(&origin->device);
    params[RB_SESSIONS_START_P_DEVICE_HASH] =
        rb_sessions_or_null(&origin->device_hash);
    params[RB_SESSIONS_START_P_PLACE] = rb_sessions_or_empty(&origin->place);
    params[RB_SESSIONS_START_P_ADDRESS_HASH] = rb_sessions_address(pool,
                                                                   origin);
    params[RB_SESSIONS_START_P_REQUEST_ID] =
        rb_sessions_or_null(&origin->request_id);

    params[RB_SESSIONS_START_P_LIFE].data = life;
    params[RB_SESSIONS_START_P_LIFE].len =
        ngx_sprintf(life, "%ui", (ngx_uint_t) RB_SESSION_MAX) - life;

    if (params[RB_SESSIONS_START_P_TOKEN_HASH].data == NULL
        || params[RB_SESSIONS_START_P_AMR].data == NULL
        || params[RB_SESSIONS_START_P_ADDRESS_HASH].data == NULL)
    {
        return &rb_err_internal;
    }

    return NULL;
}
