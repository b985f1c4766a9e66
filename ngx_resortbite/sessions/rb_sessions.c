
/* Sessions that there are: what they are worth, and how they end. */


#include "sessions/rb_sessions_rules.h"
#include "crypto/rb_crypto.h"
#include "rb_statements.h"


/* Each bit is a factor; a passkey that verified its user is two by itself. */

#define RB_SESSIONS_FACTORS  (RB_AMR_PWD|RB_AMR_FED)
#define RB_SESSIONS_SECOND   (RB_AMR_OTP|RB_AMR_RCV|RB_AMR_HWK)


rb_err_define(rb_err_second_needed, 403, "second_factor_needed",
              "2단계 인증을 설정한 계정입니다. 인증 앱의 코드나 패스키로 확인해 "
              "주세요.",
              "This account has a second factor: confirm with a code of your "
              "authenticator or with a passkey.");


ngx_uint_t
rb_sessions_acr(ngx_uint_t amr)
{
    if (amr & RB_AMR_MFA) {
        return 2;
    }

    if ((amr & RB_AMR_HWK) && (amr & RB_AMR_USER)) {
        return 2;
    }

    return (amr & RB_SESSIONS_FACTORS) && (amr & RB_SESSIONS_SECOND) ? 2 : 1;
}


ngx_uint_t
rb_sessions_amr(ngx_uint_t amr)
{
    return rb_sessions_acr(amr) == 2 ? amr | RB_AMR_MFA : amr;
}


rb_err_t *
rb_sessions_state(const ngx_str_t *state)
{
    if (ngx_strcmp(state->data, "active") == 0) {
        return NULL;
    }

    if (ngx_strcmp(state->data, "suspended") == 0) {
        return &rb_err_suspended;
    }

    return ngx_strcmp(state->data, "deleted") == 0 ? &rb_err_deleted
                                                   : &rb_err_unverified;
}


ngx_str_t
rb_sessions_address(ngx_pool_t *pool, const rb_origin_t *origin)
{
    return rb_bytea(pool, origin->caller, sizeof(origin->caller));
}


/*
 * A password alone doesn't renew what two factors have opened: else whoever
 * finds a browser signed in and knows the password would need no more.
 */

rb_err_t *
rb_sessions_step_up(rb_task_t *task, const rb_principal_t *who,
    ngx_uint_t amr, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_SESSIONS_STEP_UP_NPARAMS];
    ngx_uint_t     all;
    rb_pg_rows_t   rows;

    static ngx_str_t  acr[] = { ngx_string("1"), ngx_string("2") };

    if ((who->second || who->acr == 2) && !(amr & RB_SESSIONS_SECOND)) {
        return &rb_err_second_needed;
    }

    all = rb_sessions_amr(who->amr | amr);

    params[RB_SESSIONS_STEP_UP_P_ID] = who->session;
    params[RB_SESSIONS_STEP_UP_P_MEMBER] = who->member;
    params[RB_SESSIONS_STEP_UP_P_ACR] = acr[rb_sessions_acr(all) - 1];
    params[RB_SESSIONS_STEP_UP_P_AMR] = rb_names_of(task->pool, rb_amr_names,
                                                    all, ',');
    params[RB_SESSIONS_STEP_UP_P_ADDRESS_HASH] =
        rb_sessions_address(task->pool, origin);
    params[RB_SESSIONS_STEP_UP_P_REQUEST_ID] =
        rb_sessions_or_null(&origin->request_id);

    err = rb_pg_query(task, RB_STMT_SESSIONS_STEP_UP, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_sessions_end(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *session, const char *reason, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_SESSIONS_END_NPARAMS], *p;
    rb_pg_rows_t   rows;

    p = &params[RB_SESSIONS_END_P_REASON];
    p->data = (u_char *) reason;
    p->len = ngx_strlen(reason);

    params[RB_SESSIONS_END_P_ID] = *session;
    params[RB_SESSIONS_END_P_MEMBER] = *member;
    params[RB_SESSIONS_END_P_ACTOR] =
        rb_sessions_or_null(who ? &who->member : NULL);
    params[RB_SESSIONS_END_P_ADDRESS_HASH] = rb_sessions_address(task->pool,
                                                                 origin);
    params[RB_SESSIONS_END_P_REQUEST_ID] =
        rb_sessions_or_null(&origin->request_id);

    err = rb_pg_query(task, RB_STMT_SESSIONS_END, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_sessions_end_all(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *but, const char *reason, const rb_principal_t *who,
    const rb_origin_t *origin, ngx_uint_t *count)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_SESSIONS_END_ALL_NPARAMS], *p, ended;
    rb_pg_rows_t   rows;

    p = &params[RB_SESSIONS_END_ALL_P_REASON];
    p->data = (u_char *) reason;
    p->len = ngx_strlen(reason);

    params[RB_SESSIONS_END_ALL_P_MEMBER] = *member;
    params[RB_SESSIONS_END_ALL_P_BUT] = rb_sessions_or_null(but);
    params[RB_SESSIONS_END_ALL_P_ACTOR] =
        rb_sessions_or_null(who ? &who->member : NULL);
    params[RB_SESSIONS_END_ALL_P_SESSION] =
        rb_sessions_or_null(who ? &who->session : NULL);
    params[RB_SESSIONS_END_ALL_P_ADDRESS_HASH] =
        rb_sessions_address(task->pool, origin);
    params[RB_SESSIONS_END_ALL_P_REQUEST_ID] =
        rb_sessions_or_null(&origin->request_id);

    err = rb_pg_query(task, RB_STMT_SESSIONS_END_ALL, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0] || rows.count == 0) {
        return &rb_err_internal;
    }

    ended = rb_pg_value(&rows, 0, 0);

    if (count) {
        *count = (ngx_uint_t) ngx_atoi(ended.data, ended.len);
    }

    return NULL;
}
