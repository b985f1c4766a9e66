
/*
 * The rules of what staff do.  Each change is one statement, whose only column
 * says how it went.
 */


#include "admin/rb_admin.h"
#include "crypto/rb_crypto.h"
#include "rb_statements.h"


#define rb_admin_who(S, params, task, who, origin)                            \
    do {                                                                      \
        params[S##_P_ACTOR] = (who)->member;                                  \
        params[S##_P_SESSION] = rb_admin_or_null(&(who)->session);            \
        params[S##_P_CLIENT] = rb_admin_or_null(&(who)->client);              \
        params[S##_P_REQUEST_ID] = rb_admin_or_null(&(origin)->request_id);   \
        params[S##_P_ADDRESS] = rb_bytea((task)->pool, (origin)->caller,      \
                                         sizeof((origin)->caller));           \
    } while (0)


static ngx_str_t rb_admin_or_null(const ngx_str_t *text);
static rb_err_t *rb_admin_outcome(const rb_pg_rows_t *rows);


static const rb_problem_t  rb_err_admin_rank_problem = {
    403, ngx_string("role_missing"),
    rb_text("운영진의 계정과 역할은 super_admin만 바꿀 수 있습니다.",
            "Accounts and roles of staff are a super_admin's to change.")
};

rb_err_t  rb_err_admin_rank = {
    &rb_err_admin_rank_problem, 0, ngx_null_string, NULL, ngx_null_string,
    "super_admin", NULL, 0
};

rb_err_define(rb_err_admin_peer, 409, "is_super_admin",
              "super_admin은 정지할 수 없습니다. 먼저 그 역할을 거두어 주세요.",
              "A super_admin can't be suspended. Take the role away first.");

rb_err_define(rb_err_admin_oneself, 409, "not_to_oneself",
              "자기 자신의 운영진 역할은 바꿀 수 없고, 자기 자신을 정지할 수도 "
              "없습니다. 다른 super_admin에게 부탁해 주세요.",
              "Nobody changes their own roles of staff, or suspends "
              "themself. Ask another super_admin.");

rb_err_define(rb_err_admin_deleted, 409, "member_deleted",
              "탈퇴한 계정입니다.",
              "The account has been deleted.");


static const struct {
    ngx_str_t     outcome;
    rb_err_t     *err;
} rb_admin_outcomes[] = {
    { ngx_string("done"), NULL },
    { ngx_string("not_found"), &rb_err_not_found },
    { ngx_string("forbidden"), &rb_err_admin_rank },
    { ngx_string("oneself"), &rb_err_admin_oneself },
    { ngx_string("peer"), &rb_err_admin_peer },
    { ngx_string("deleted"), &rb_err_admin_deleted }
};


rb_err_t *
rb_admin_roles_change(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *roles, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_ADMIN_ROLES_CHANGE_NPARAMS];
    rb_pg_rows_t   rows;

    rb_admin_who(RB_ADMIN_ROLES_CHANGE, params, task, who, origin);

    params[RB_ADMIN_ROLES_CHANGE_P_MEMBER] = *member;
    params[RB_ADMIN_ROLES_CHANGE_P_ROLES] = *roles;

    err = rb_pg_query(task, RB_STMT_ADMIN_ROLES_CHANGE, 0, params, &rows);

    return err ? err : rb_admin_outcome(&rows);
}


rb_err_t *
rb_admin_suspend(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *until, const ngx_str_t *reason,
    const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_ADMIN_SUSPEND_NPARAMS];
    rb_pg_rows_t   rows;

    rb_admin_who(RB_ADMIN_SUSPEND, params, task, who, origin);

    params[RB_ADMIN_SUSPEND_P_MEMBER] = *member;
    params[RB_ADMIN_SUSPEND_P_UNTIL] = *until;
    params[RB_ADMIN_SUSPEND_P_REASON] = *reason;

    err = rb_pg_query(task, RB_STMT_ADMIN_SUSPEND, 0, params, &rows);

    return err ? err : rb_admin_outcome(&rows);
}


rb_err_t *
rb_admin_unsuspend(rb_task_t *task, const ngx_str_t *member,
    const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_ADMIN_UNSUSPEND_NPARAMS];
    rb_pg_rows_t   rows;

    rb_admin_who(RB_ADMIN_UNSUSPEND, params, task, who, origin);

    params[RB_ADMIN_UNSUSPEND_P_MEMBER] = *member;

    err = rb_pg_query(task, RB_STMT_ADMIN_UNSUSPEND, 0, params, &rows);

    return err ? err : rb_admin_outcome(&rows);
}


rb_err_t *
rb_admin_trail(rb_task_t *task, const char *action, const char *subject,
    const ngx_str_t *detail, const rb_principal_t *who,
    const ngx_str_t *request_id)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_ADMIN_TRAIL_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_ADMIN_TRAIL_P_ACTOR] = who->member;
    params[RB_ADMIN_TRAIL_P_ACTION].data = (u_char *) action;
    params[RB_ADMIN_TRAIL_P_ACTION].len = ngx_strlen(action);
    params[RB_ADMIN_TRAIL_P_SUBJECT].data = (u_char *) subject;
    params[RB_ADMIN_TRAIL_P_SUBJECT].len = ngx_strlen(subject);
    params[RB_ADMIN_TRAIL_P_REQUEST_ID] = *request_id;
    params[RB_ADMIN_TRAIL_P_DETAIL] = *detail;

    err = rb_pg_query(task, RB_STMT_ADMIN_TRAIL, 0, params, &rows);

    return (err == NULL && rows.sqlstate[0]) ? &rb_err_internal : err;
}


static ngx_str_t
rb_admin_or_null(const ngx_str_t *text)
{
    ngx_str_t  null = ngx_null_string;

    return text->len ? *text : null;
}


static rb_err_t *
rb_admin_outcome(const rb_pg_rows_t *rows)
{
    ngx_str_t   outcome;
    ngx_uint_t  i;

    if (rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = rb_pg_value(rows, 0, 0);

    for (i = 0; i < rb_array_size(rb_admin_outcomes); i++) {
        if (outcome.len == rb_admin_outcomes[i].outcome.len
            && ngx_memcmp(outcome.data, rb_admin_outcomes[i].outcome.data,
                          outcome.len) == 0)
        {
            return rb_admin_outcomes[i].err;
        }
    }

    return &rb_err_internal;
}
