
/* /api/v1/admin/members: finding accounts, their roles, suspending them. */


#include "admin/rb_admin_http.h"
#include "base/rb_time.h"
#include "gate/rb_identity.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_ADMIN_EMAIL_MAX   254
#define RB_ADMIN_NAME_MAX    50
#define RB_ADMIN_REASON_MAX  500


enum {
    RB_ADMIN_Q_EMAIL = 0,
    RB_ADMIN_Q_NAME,
    RB_ADMIN_Q_LIMIT,
    RB_ADMIN_Q_CURSOR
};

enum {
    RB_ADMIN_B_UNTIL = 0,
    RB_ADMIN_B_REASON
};


static rb_err_t *rb_admin_list_handler(rb_req_t *req);
static rb_err_t *rb_admin_get_handler(rb_req_t *req);
static rb_err_t *rb_admin_roles_handler(rb_req_t *req);
static rb_err_t *rb_admin_suspend_handler(rb_req_t *req);
static rb_err_t *rb_admin_unsuspend_handler(rb_req_t *req);
static rb_err_t *rb_admin_show(rb_req_t *req);


static const rb_view_field_t  rb_admin_member_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("회원 id", "The id") },
    { ngx_string("email"), RB_VIEW_STRING, 0,
      rb_text("이메일", "E-mail") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("locale"), RB_VIEW_CODE, 0,
      rb_text("언어: ko, en", "Language: ko or en") },
    { ngx_string("roles"), RB_VIEW_JSON, 0,
      rb_text("역할: 문자열의 배열", "Roles: an array of strings") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태: active, suspended, deleted",
              "State: active, suspended or deleted") },
    { ngx_string("suspended_until"), RB_VIEW_TIME, 1,
      rb_text("정지가 풀리는 때. 정지 상태에서 null이면 기한이 없습니다.",
              "When the suspension ends; null of a suspended one: never") },
    { ngx_string("email_verified_at"), RB_VIEW_TIME, 1,
      rb_text("이메일을 확인한 때", "When the address was proved") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("가입한 때", "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") },
    { ngx_string("deleted_at"), RB_VIEW_TIME, 1,
      rb_text("탈퇴한 때", "When it was deleted") }
};

static const rb_view_t  rb_admin_member_view = rb_view("AdminMember",
                                                     rb_admin_member_fields);


static const rb_param_t  rb_admin_member_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("회원 id", "The member's id") },
    rb_param_end
};

static const rb_param_t  rb_admin_list_query[] = {
    { ngx_string("email"), RB_PARAM_STRING, 3, RB_ADMIN_EMAIL_MAX, NULL, 0,
      ngx_null_string,
      rb_text("이 이메일의 계정", "The account of this address") },
    { ngx_string("q"), RB_PARAM_STRING, 1, RB_ADMIN_NAME_MAX, NULL, 0,
      ngx_null_string,
      rb_text("이름이 이렇게 시작하는 계정",
              "Accounts whose name begins like this") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


static const ngx_str_t  rb_admin_roles[] = {
    ngx_string("crew"), ngx_string("resort"), ngx_string("moderator"),
    ngx_string("auditor"), ngx_string("admin"), ngx_string("super_admin"),
    ngx_null_string
};

static const rb_param_t  rb_admin_roles_body[] = {
    { ngx_string("roles"), RB_PARAM_ENUMS, 0, 0, rb_admin_roles, 1,
      ngx_null_string,
      rb_text("이 회원의 역할 전부", "All the roles of this member") },
    rb_param_end
};

static const rb_param_t  rb_admin_suspend_body[] = {
    { ngx_string("until"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("이날(한국 시간) 0시에 풀립니다. 없으면 기한이 없습니다.",
              "Ends when this day begins, Korean time; without it never") },
    { ngx_string("reason"), RB_PARAM_STRING, 1, RB_ADMIN_REASON_MAX, NULL, 1,
      ngx_null_string,
      rb_text("사유. 회원에게 메일로 알려집니다.",
              "Why; the member is told by mail") },
    rb_param_end
};


static const rb_route_t  rb_admin_members_table[] = {
    {
        .name = ngx_string("admin_members_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/members"),
        .handler = rb_admin_list_handler,
        .summary = rb_text("계정 찾기. 본 것은 기록에 남습니다.",
                           "Find accounts; what is read is on record"),
        .tag = ngx_string("admin"),
        .query = rb_admin_list_query,
        .view = &rb_admin_member_view,
        .roles = RB_ROLE_AUDITOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("admin_members_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/members/{id}"),
        .handler = rb_admin_get_handler,
        .summary = rb_text("계정 하나. 본 것은 기록에 남습니다.",
                           "One account; what is read is on record"),
        .tag = ngx_string("admin"),
        .path_params = rb_admin_member_id,
        .view = &rb_admin_member_view,
        .roles = RB_ROLE_AUDITOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("admin_roles_change"),
        .method = NGX_HTTP_PUT,
        .path = ngx_string("/api/v1/admin/members/{id}/roles"),
        .handler = rb_admin_roles_handler,
        .summary = rb_text("역할 바꾸기. 운영진의 역할은 super_admin만.",
                           "Set roles; those of staff only by a super_admin"),
        .tag = ngx_string("admin"),
        .path_params = rb_admin_member_id,
        .body = rb_admin_roles_body,
        .view = &rb_admin_member_view,
        .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("admin_suspend"),
        .method = NGX_HTTP_PUT,
        .path = ngx_string("/api/v1/admin/members/{id}/suspension"),
        .handler = rb_admin_suspend_handler,
        .summary = rb_text("계정 정지. 모든 로그인이 곧바로 끝납니다.",
                           "Suspend an account; all its sessions end at once"),
        .tag = ngx_string("admin"),
        .path_params = rb_admin_member_id,
        .body = rb_admin_suspend_body,
        .view = &rb_admin_member_view,
        .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("admin_unsuspend"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/admin/members/{id}/suspension"),
        .handler = rb_admin_unsuspend_handler,
        .summary = rb_text("정지 풀기", "Lift a suspension"),
        .tag = ngx_string("admin"),
        .path_params = rb_admin_member_id,
        .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT
    }
};

const rb_routes_t  rb_admin_members_routes = {
    rb_admin_members_table, rb_array_size(rb_admin_members_table)
};


/* GET /api/v1/admin/members */

static rb_err_t *
rb_admin_list_handler(rb_req_t *req)
{
    uint64_t           when, after;
    ngx_str_t          params[RB_ADMIN_MEMBERS_LIST_NPARAMS];
    const rb_value_t  *email, *name;

    static const rb_list_page_t  page = {
        RB_STMT_ADMIN_MEMBERS_LIST, RB_ADMIN_Q_LIMIT, RB_ADMIN_Q_CURSOR,
        RB_ADMIN_MEMBERS_LIST_P_LIMIT,
        { RB_ADMIN_MEMBERS_LIST_P_AFTER, RB_ADMIN_MEMBERS_LIST_P_AFTER_ID }, 2
    };

    email = &req->query[RB_ADMIN_Q_EMAIL];
    name = &req->query[RB_ADMIN_Q_NAME];

    if (name->given) {
        when = RB_ADMIN_MEMBERS_LIST_WHEN_BY_NAME;
        after = RB_ADMIN_MEMBERS_LIST_WHEN_AFTER_NAME;

    } else {
        when = RB_ADMIN_MEMBERS_LIST_WHEN_BY_NEWEST;
        after = RB_ADMIN_MEMBERS_LIST_WHEN_AFTER_NEWEST;
    }

    if (email->given) {
        when |= RB_ADMIN_MEMBERS_LIST_WHEN_EMAIL;
    }

    params[RB_ADMIN_MEMBERS_LIST_P_EMAIL] = email->text;
    params[RB_ADMIN_MEMBERS_LIST_P_NAME] = name->text;
    params[RB_ADMIN_MEMBERS_LIST_P_ACTOR] = req->principal->member;
    params[RB_ADMIN_MEMBERS_LIST_P_REQUEST_ID] = req->id;

    return rb_list_page(req, &page, when, after, params);
}


/* GET /api/v1/admin/members/{id} */

static rb_err_t *
rb_admin_get_handler(rb_req_t *req)
{
    return rb_admin_show(req);
}


/* PUT /api/v1/admin/members/{id}/roles */

static rb_err_t *
rb_admin_roles_handler(rb_req_t *req)
{
    u_char       *p;
    rb_err_t     *err;
    ngx_str_t     roles;
    rb_origin_t   origin;

    roles.len = req->body[0].text.len + 2;
    roles.data = ngx_pnalloc(req->task.pool, roles.len);

    if (roles.data == NULL) {
        return &rb_err_internal;
    }

    p = roles.data;
    *p++ = '{';
    p = ngx_cpymem(p, req->body[0].text.data, req->body[0].text.len);
    *p = '}';

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_admin_roles_change(&req->task, &req->path[0].text, &roles,
                                req->principal, &origin);

    return err ? err : rb_admin_show(req);
}


/* PUT /api/v1/admin/members/{id}/suspension */

static rb_err_t *
rb_admin_suspend_handler(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_str_t          name = ngx_string("until");
    rb_origin_t        origin;
    const rb_value_t  *until;

    until = &req->body[RB_ADMIN_B_UNTIL];

    if (until->given && until->integer <= rb_date_today()) {
        return rb_err_add_field(NULL, req->task.pool, &name, "out_of_range",
                                "내일 이후의 날짜여야 합니다.",
                                "must be a day after today.");
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_admin_suspend(&req->task, &req->path[0].text, &until->text,
                           &req->body[RB_ADMIN_B_REASON].text,
                           req->principal, &origin);

    return err ? err : rb_admin_show(req);
}


/* DELETE /api/v1/admin/members/{id}/suspension */

static rb_err_t *
rb_admin_unsuspend_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_admin_unsuspend(&req->task, &req->path[0].text, req->principal,
                             &origin);

    return err ? err : rb_reply_nothing(req);
}


static rb_err_t *
rb_admin_show(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_ADMIN_MEMBERS_GET_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_ADMIN_MEMBERS_GET_P_ID] = req->path[0].text;
    params[RB_ADMIN_MEMBERS_GET_P_ACTOR] = req->principal->member;
    params[RB_ADMIN_MEMBERS_GET_P_REQUEST_ID] = req->id;

    err = rb_pg_query(&req->task, RB_STMT_ADMIN_MEMBERS_GET, 0, params,
                      &rows);

    return err ? err : rb_reply_row(req, &rows);
}
