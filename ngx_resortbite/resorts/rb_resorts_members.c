
/*
 * The rules of a resort's members and invitations.  Each change is one
 * statement, which says in its last column how it went.
 */


#include "resorts/rb_resorts_rules.h"
#include "base/rb_uuid.h"
#include "io/rb_budget.h"
#include "users/rb_users.h"
#include "rb_statements.h"


#define RB_RESORTS_PURPOSE  "invitation"


static rb_err_t *rb_resorts_budget(rb_task_t *task, const ngx_str_t *email,
    const rb_origin_t *origin);
static rb_err_t *rb_resorts_invitation_id(rb_task_t *task,
    const ngx_str_t *token, ngx_str_t *id);


static const rb_problem_t  rb_err_owner_needed_problem = {
    403, ngx_string("role_missing"),
    rb_text("이 리조트의 소유자(owner)만 할 수 있습니다.",
            "Only an owner of this resort may do that.")
};

rb_err_t  rb_err_owner_needed = {
    &rb_err_owner_needed_problem, 0, ngx_null_string, NULL, ngx_null_string,
    "owner", NULL, 0
};

rb_err_define(rb_err_member_already, 409, "already_member",
              "이미 이 리조트의 구성원입니다. 역할은 구성원 목록에서 바꿀 수 "
              "있습니다.",
              "That is a member of this resort already. The list of members is "
              "where roles are changed.");

rb_err_define(rb_err_last_owner, 409, "last_owner",
              "리조트에는 소유자가 한 명은 있어야 합니다. 먼저 다른 구성원을 "
              "소유자로 지정해 주세요.",
              "A resort needs an owner. Make another member one first.");

rb_err_define(rb_err_invitation_accepted, 409, "invitation_accepted",
              "이미 수락한 초대입니다. 구성원 목록에서 내보낼 수 있습니다.",
              "The invitation has been accepted. The list of members is where "
              "somebody is removed.");

rb_err_define(rb_err_invitation_other, 403, "invitation_for_other",
              "다른 이메일 주소로 보낸 초대입니다. 초대받은 주소의 계정으로 "
              "로그인해 주세요.",
              "The invitation was sent to another address. Sign in with the "
              "account of that address.");


/* What a statement may say of a change. */

static const struct {
    ngx_str_t     outcome;
    rb_err_t     *err;
} rb_resorts_outcomes[] = {
    { ngx_string("done"), NULL },
    { ngx_string("not_found"), &rb_err_not_found },
    { ngx_string("forbidden"), &rb_err_owner_needed },
    { ngx_string("member"), &rb_err_member_already },
    { ngx_string("last_owner"), &rb_err_last_owner },
    { ngx_string("accepted"), &rb_err_invitation_accepted },
    { ngx_string("other"), &rb_err_invitation_other },
    { ngx_string("ended"), &rb_err_link },
    { ngx_string("gone"), &rb_err_link },
    { ngx_string("role"), &rb_err_desk_role },
    { ngx_string("stale"), &rb_err_precondition },
    { ngx_string("taken"), &rb_err_number_taken },
    { ngx_string("claimed"), &rb_err_number_claimed },
    { ngx_string("unverified"), &rb_err_unverified },
    { ngx_string("reused"), &rb_err_key_reused },
    { ngx_string("staff"), &rb_err_moderator_needed },
    { ngx_string("own"), &rb_err_own_resort }
};


/* Mails that go to one address, and those that one address makes go out: by
 * these names all rooms count together. */

static const rb_budget_t  rb_resorts_mails[] = {
    { ngx_string("mail_hour"), 5, 3600, 300, 3600 },
    { ngx_string("mail_day"), 20, 86400, 3600, 86400 },
    { ngx_string("mail_address"), 20, 3600, 60, 3600 }
};


rb_err_t *
rb_resorts_invite(rb_task_t *task, const rb_invitation_t *invitation,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    u_char      id[RB_UUID_LEN];
    rb_err_t   *err;
    ngx_str_t   email, params[RB_RESORTS_INVITE_NPARAMS];

    static const ngx_str_t  locales[] = {
        ngx_string("ko"), ngx_string("en")
    };

    err = rb_users_email(task->pool, &invitation->email, &email);
    if (err) {
        return err;
    }

    if (rb_uuid_v7(id) != NGX_OK) {
        return &rb_err_internal;
    }

    err = rb_resorts_budget(task, &email, origin);
    if (err) {
        return err;
    }

    rb_resorts_trail(RB_RESORTS_INVITE, params, task, who, origin);

    params[RB_RESORTS_INVITE_P_ID].data = id;
    params[RB_RESORTS_INVITE_P_ID].len = RB_UUID_LEN;
    params[RB_RESORTS_INVITE_P_RESORT] = invitation->resort;
    params[RB_RESORTS_INVITE_P_EMAIL] = email;
    params[RB_RESORTS_INVITE_P_ROLE] = invitation->role;
    params[RB_RESORTS_INVITE_P_LOCALE] =
        locales[invitation->lang == RB_LANG_EN];

    err = rb_pg_query(task, RB_STMT_RESORTS_INVITE, 0, params, rows);

    return err ? err : rb_resorts_outcome(rows);
}


rb_err_t *
rb_resorts_invitation_revoke(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *id, const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_RESORTS_INVITATION_REVOKE_NPARAMS];
    rb_pg_rows_t   rows;

    rb_resorts_trail(RB_RESORTS_INVITATION_REVOKE, params, task, who, origin);

    params[RB_RESORTS_INVITATION_REVOKE_P_ID] = *id;
    params[RB_RESORTS_INVITATION_REVOKE_P_RESORT] = *resort;

    err = rb_pg_query(task, RB_STMT_RESORTS_INVITATION_REVOKE, 0, params,
                      &rows);

    return err ? err : rb_resorts_outcome(&rows);
}


rb_err_t *
rb_resorts_invitation_look(rb_task_t *task, const ngx_str_t *token,
    rb_invitation_to_t *to)
{
    rb_err_t      *err;
    ngx_str_t      state, params[RB_RESORTS_INVITATION_LOOK_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_resorts_invitation_id(task, token,
                                  &params[RB_RESORTS_INVITATION_LOOK_P_ID]);
    if (err) {
        return err;
    }

    err = rb_pg_query(task, RB_STMT_RESORTS_INVITATION_LOOK, 0, params,
                      &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    state = rb_pg_value(&rows, 0, 4);

    if (state.data[0] == 'e') {
        return &rb_err_link;
    }

    to->resort = rb_pg_value(&rows, 0, 0);
    to->role = rb_pg_value(&rows, 0, 1);
    to->inviter = rb_pg_value(&rows, 0, 2);
    to->email = rb_pg_value(&rows, 0, 3);
    to->accepted = (state.data[0] == 'a');

    return NULL;
}


rb_err_t *
rb_resorts_invitation_accept(rb_task_t *task, const ngx_str_t *token,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    rb_err_t    *err;
    ngx_str_t    outcome, params[RB_RESORTS_INVITATION_ACCEPT_NPARAMS];
    ngx_uint_t   attempt;

    err = rb_resorts_invitation_id(task, token,
                                &params[RB_RESORTS_INVITATION_ACCEPT_P_ID]);
    if (err) {
        return err;
    }

    rb_resorts_trail(RB_RESORTS_INVITATION_ACCEPT, params, task, who, origin);

    for (attempt = 0; attempt < 2; attempt++) {

        err = rb_pg_query(task, RB_STMT_RESORTS_INVITATION_ACCEPT, 0, params,
                          rows);
        if (err) {
            return err;
        }

        if (rows->count == 0) {
            return &rb_err_link;
        }

        outcome = rb_pg_value(rows, 0, rows->columns - 1);

        if (outcome.len != 4 || ngx_strncmp(outcome.data, "gone", 4) != 0) {
            break;
        }
    }

    return rb_resorts_outcome(rows);
}


rb_err_t *
rb_resorts_member_change(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *member, const ngx_str_t *role,
    const rb_principal_t *who, const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_RESORTS_MEMBER_CHANGE_NPARAMS];

    rb_resorts_trail(RB_RESORTS_MEMBER_CHANGE, params, task, who, origin);

    params[RB_RESORTS_MEMBER_CHANGE_P_RESORT] = *resort;
    params[RB_RESORTS_MEMBER_CHANGE_P_MEMBER] = *member;
    params[RB_RESORTS_MEMBER_CHANGE_P_ROLE] = *role;

    err = rb_pg_query(task, RB_STMT_RESORTS_MEMBER_CHANGE, 0, params, rows);

    return err ? err : rb_resorts_outcome(rows);
}


rb_err_t *
rb_resorts_member_remove(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *member, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_RESORTS_MEMBER_REMOVE_NPARAMS];
    rb_pg_rows_t   rows;

    rb_resorts_trail(RB_RESORTS_MEMBER_REMOVE, params, task, who, origin);

    params[RB_RESORTS_MEMBER_REMOVE_P_RESORT] = *resort;
    params[RB_RESORTS_MEMBER_REMOVE_P_MEMBER] = *member;

    err = rb_pg_query(task, RB_STMT_RESORTS_MEMBER_REMOVE, 0, params, &rows);

    return err ? err : rb_resorts_outcome(&rows);
}


static rb_err_t *
rb_resorts_budget(rb_task_t *task, const ngx_str_t *email,
    const rb_origin_t *origin)
{
    rb_budget_of_t  of[3];

    of[0].budget = &rb_resorts_mails[0];
    of[0].whose = *email;
    of[1].budget = &rb_resorts_mails[1];
    of[1].whose = *email;
    of[2].budget = &rb_resorts_mails[2];
    of[2].whose.data = (u_char *) origin->caller;
    of[2].whose.len = sizeof(origin->caller);

    return rb_budget_spend(task, of, 3);
}


rb_err_t *
rb_resorts_outcome(const rb_pg_rows_t *rows)
{
    ngx_str_t   outcome;
    ngx_uint_t  i;

    if (rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = rb_pg_value(rows, 0, rows->columns - 1);

    for (i = 0; i < rb_array_size(rb_resorts_outcomes); i++) {
        if (outcome.len == rb_resorts_outcomes[i].outcome.len
            && ngx_memcmp(outcome.data, rb_resorts_outcomes[i].outcome.data,
                          outcome.len) == 0)
        {
            return rb_resorts_outcomes[i].err;
        }
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_resorts_invitation_id(rb_task_t *task, const ngx_str_t *token,
    ngx_str_t *id)
{
    switch (rb_once_id(task->pool, RB_RESORTS_PURPOSE, token, id)) {

    case NGX_OK:
        return NULL;

    case NGX_DECLINED:
        return &rb_err_link;

    default:
        return &rb_err_internal;
    }
}
