
/*
 * /api/v1/resorts/{id}/members with its invitations, what one accepts at
 * /api/v1/invitations/accept, and GET /api/v1/me/resorts.
 */


#include "resorts/rb_resorts_members_http.h"
#include "resorts/rb_resorts.h"
#include "gate/rb_identity.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_RESORTS_TOKEN_MAX  200
#define RB_RESORTS_EMAIL_MAX  254


/* Parameters of the lists, and members of the bodies. */

enum {
    RB_RESORTS_Q_LIMIT = 0,
    RB_RESORTS_Q_CURSOR
};

enum {
    RB_RESORTS_B_EMAIL = 0,
    RB_RESORTS_B_ROLE
};


static rb_err_t *rb_resorts_members_handler(rb_req_t *req);
static rb_err_t *rb_resorts_member_patch_handler(rb_req_t *req);
static rb_err_t *rb_resorts_member_delete_handler(rb_req_t *req);
static rb_err_t *rb_resorts_invite_handler(rb_req_t *req);
static rb_err_t *rb_resorts_invitations_handler(rb_req_t *req);
static rb_err_t *rb_resorts_revoke_handler(rb_req_t *req);
static rb_err_t *rb_resorts_accept_handler(rb_req_t *req);
static rb_err_t *rb_resorts_mine_handler(rb_req_t *req);


static const rb_view_field_t  rb_resort_member_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("회원 id", "The member's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("email"), RB_VIEW_STRING, 0,
      rb_text("이메일", "E-mail") },
    { ngx_string("role"), RB_VIEW_CODE, 0,
      rb_text("역할: owner(소유자), manager(관리자), recruiter(채용 담당자)",
              "Role: owner, manager or recruiter") },
    { ngx_string("joined_at"), RB_VIEW_TIME, 0,
      rb_text("구성원이 된 때", "Since when") }
};

static const rb_view_t  rb_resort_member_view = rb_view("ResortMember",
                                                    rb_resort_member_fields);


static const rb_view_field_t  rb_resort_of_member_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The resort's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("리조트 이름", "Its name") },
    { ngx_string("open"), RB_VIEW_BOOL, 0,
      rb_text("공개 여부: 사업자 확인이 끝났는지",
              "Whether the public sees it: its business is verified") },
    { ngx_string("role"), RB_VIEW_CODE, 0,
      rb_text("내 역할: owner, manager, recruiter",
              "One's role: owner, manager or recruiter") },
    { ngx_string("joined_at"), RB_VIEW_TIME, 0,
      rb_text("구성원이 된 때", "Since when") }
};

static const rb_view_t  rb_resort_of_member_view = rb_view("MemberResort",
                                                 rb_resort_of_member_fields);


static const rb_view_field_t  rb_invitation_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("초대 id", "The id") },
    { ngx_string("email"), RB_VIEW_STRING, 0,
      rb_text("초대한 이메일", "The address that is invited") },
    { ngx_string("role"), RB_VIEW_CODE, 0,
      rb_text("역할: manager, recruiter", "Role: manager or recruiter") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태: open(대기), accepted(수락), revoked(취소), expired(만료)",
              "What became of it: open, accepted, revoked or expired") },
    { ngx_string("invited_by.id"), RB_VIEW_UUID, 0,
      rb_text("초대한 회원의 id", "Who invited") },
    { ngx_string("invited_by.name"), RB_VIEW_STRING, 0,
      rb_text("초대한 회원의 이름", "Their name") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("초대한 때", "When it was sent") },
    { ngx_string("expires_at"), RB_VIEW_TIME, 0,
      rb_text("이때까지 수락할 수 있습니다.", "Until when it can be accepted") }
};

static const rb_view_t  rb_invitation_view = rb_view("Invitation",
                                                     rb_invitation_fields);


#define rb_resorts_param_id                                                   \
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,        \
      rb_text("리조트 id", "The resort's id") }

static const rb_param_t  rb_resorts_resort[] = {
    rb_resorts_param_id,
    rb_param_end
};

static const rb_param_t  rb_resorts_resort_member[] = {
    rb_resorts_param_id,
    { ngx_string("member_id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("회원 id", "The member's id") },
    rb_param_end
};

static const rb_param_t  rb_resorts_resort_invitation[] = {
    rb_resorts_param_id,
    { ngx_string("invitation_id"), RB_PARAM_UUID, 0, 0, NULL, 1,
      ngx_null_string,
      rb_text("초대 id", "The invitation's id") },
    rb_param_end
};

static const rb_param_t  rb_resorts_page_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


static const ngx_str_t  rb_resorts_roles[] = {
    ngx_string("owner"), ngx_string("manager"), ngx_string("recruiter"),
    ngx_null_string
};

static const rb_param_t  rb_resorts_role_body[] = {
    { ngx_string("role"), RB_PARAM_ENUM, 0, 0, rb_resorts_roles, 1,
      ngx_null_string,
      rb_text("새 역할", "The new role") },
    rb_param_end
};

static const rb_param_t  rb_resorts_invite_body[] = {
    { ngx_string("email"), RB_PARAM_STRING, 3, RB_RESORTS_EMAIL_MAX, NULL, 1,
      ngx_null_string,
      rb_text("초대할 이메일", "The address to invite") },
    { ngx_string("role"), RB_PARAM_ENUM, 0, 0, &rb_resorts_roles[1], 1,
      ngx_null_string,
      rb_text("맡길 역할. manager는 소유자만 초대할 수 있습니다.",
              "The role; only an owner invites managers") },
    rb_param_end
};

static const rb_param_t  rb_resorts_accept_body[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, RB_RESORTS_TOKEN_MAX, NULL, 1,
      ngx_null_string,
      rb_text("초대 메일에 담긴 링크의 token 값",
              "The value of token in the invitation's link") },
    rb_param_end
};


static const rb_route_t  rb_resorts_members_table[] = {
    {
        .name = ngx_string("resort_members_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/members"),
        .handler = rb_resorts_members_handler,
        .summary = rb_text("리조트 구성원", "A resort's members"),
        .tag = ngx_string("resort members"),
        .path_params = rb_resorts_resort,
        .query = rb_resorts_page_query,
        .view = &rb_resort_member_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("resort_members_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string("/api/v1/resorts/{id}/members/{member_id}"),
        .handler = rb_resorts_member_patch_handler,
        .summary = rb_text("구성원의 역할 바꾸기", "Change a member's role"),
        .tag = ngx_string("resort members"),
        .path_params = rb_resorts_resort_member,
        .body = rb_resorts_role_body,
        .view = &rb_resort_member_view,
        .roles = RB_ROLE_OWNER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("resort_members_remove"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/resorts/{id}/members/{member_id}"),
        .handler = rb_resorts_member_delete_handler,
        .summary = rb_text("구성원 내보내기, 스스로 나가기",
                           "Remove a member, or leave"),
        .tag = ngx_string("resort members"),
        .path_params = rb_resorts_resort_member,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("invitations_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/members/invitations"),
        .handler = rb_resorts_invite_handler,
        .summary = rb_text("구성원 초대", "Invite somebody"),
        .tag = ngx_string("resort members"),
        .path_params = rb_resorts_resort,
        .body = rb_resorts_invite_body,
        .view = &rb_invitation_view,
        .roles = RB_ROLE_OWNER|RB_ROLE_MANAGER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_TOO_MANY
    },
    {
        .name = ngx_string("invitations_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/members/invitations"),
        .handler = rb_resorts_invitations_handler,
        .summary = rb_text("보낸 초대", "Invitations"),
        .tag = ngx_string("resort members"),
        .path_params = rb_resorts_resort,
        .query = rb_resorts_page_query,
        .view = &rb_invitation_view,
        .roles = RB_ROLE_OWNER|RB_ROLE_MANAGER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("invitations_revoke"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/resorts/{id}/members/invitations"
                           "/{invitation_id}"),
        .handler = rb_resorts_revoke_handler,
        .summary = rb_text("초대 취소", "Take an invitation back"),
        .tag = ngx_string("resort members"),
        .path_params = rb_resorts_resort_invitation,
        .roles = RB_ROLE_OWNER|RB_ROLE_MANAGER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("invitations_accept"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/invitations/accept"),
        .handler = rb_resorts_accept_handler,
        .summary = rb_text("초대 수락", "Accept an invitation"),
        .tag = ngx_string("resort members"),
        .body = rb_resorts_accept_body,
        .view = &rb_resort_of_member_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE
    },
    {
        .name = ngx_string("me_resorts"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/me/resorts"),
        .handler = rb_resorts_mine_handler,
        .summary = rb_text("내가 속한 리조트", "Resorts that one acts for"),
        .tag = ngx_string("resort members"),
        .query = rb_resorts_page_query,
        .view = &rb_resort_of_member_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    }
};

const rb_routes_t  rb_resorts_members_routes = {
    rb_resorts_members_table, rb_array_size(rb_resorts_members_table)
};


/* GET /api/v1/resorts/{id}/members */

static rb_err_t *
rb_resorts_members_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_RESORTS_MEMBERS_LIST_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_RESORTS_MEMBERS_LIST, RB_RESORTS_Q_LIMIT, RB_RESORTS_Q_CURSOR,
        RB_RESORTS_MEMBERS_LIST_P_LIMIT,
        { RB_RESORTS_MEMBERS_LIST_P_AFTER_ID }, 1
    };

    params[RB_RESORTS_MEMBERS_LIST_P_RESORT] = req->path[0].text;

    return rb_list_page(req, &page, 0, 0, params);
}


/* PATCH /api/v1/resorts/{id}/members/{member_id} */

static rb_err_t *
rb_resorts_member_patch_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_origin_t    origin;
    rb_pg_rows_t   rows;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_resorts_member_change(&req->task, &req->path[0].text,
                                   &req->path[1].text, &req->body[0].text,
                                   req->principal, &origin, &rows);

    return err ? err : rb_reply_row(req, &rows);
}


/* DELETE /api/v1/resorts/{id}/members/{member_id} */

static rb_err_t *
rb_resorts_member_delete_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_resorts_member_remove(&req->task, &req->path[0].text,
                                   &req->path[1].text, req->principal,
                                   &origin);

    return err ? err : rb_reply_nothing(req);
}


/* POST /api/v1/resorts/{id}/members/invitations */

static rb_err_t *
rb_resorts_invite_handler(rb_req_t *req)
{
    rb_err_t         *err;
    rb_origin_t       origin;
    rb_pg_rows_t      rows;
    rb_invitation_t   invitation;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    invitation.resort = req->path[0].text;
    invitation.email = req->body[RB_RESORTS_B_EMAIL].text;
    invitation.role = req->body[RB_RESORTS_B_ROLE].text;
    invitation.lang = req->lang;

    err = rb_resorts_invite(&req->task, &invitation, req->principal, &origin,
                            &rows);

    return err ? err : rb_reply_row(req, &rows);
}


/* GET /api/v1/resorts/{id}/members/invitations */

static rb_err_t *
rb_resorts_invitations_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_RESORTS_INVITATIONS_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_RESORTS_INVITATIONS, RB_RESORTS_Q_LIMIT, RB_RESORTS_Q_CURSOR,
        RB_RESORTS_INVITATIONS_P_LIMIT,
        { RB_RESORTS_INVITATIONS_P_AFTER,
          RB_RESORTS_INVITATIONS_P_AFTER_ID },
        2
    };

    params[RB_RESORTS_INVITATIONS_P_RESORT] = req->path[0].text;

    return rb_list_page(req, &page, 0, 0, params);
}


/* DELETE /api/v1/resorts/{id}/members/invitations/{invitation_id} */

static rb_err_t *
rb_resorts_revoke_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_resorts_invitation_revoke(&req->task, &req->path[0].text,
                                       &req->path[1].text, req->principal,
                                       &origin);

    return err ? err : rb_reply_nothing(req);
}


/* POST /api/v1/invitations/accept */

static rb_err_t *
rb_resorts_accept_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_origin_t    origin;
    rb_pg_rows_t   rows;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_resorts_invitation_accept(&req->task, &req->body[0].text,
                                       req->principal, &origin, &rows);

    return err ? err : rb_reply_row(req, &rows);
}


/* GET /api/v1/me/resorts */

static rb_err_t *
rb_resorts_mine_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_RESORTS_OF_MEMBER_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_RESORTS_OF_MEMBER, RB_RESORTS_Q_LIMIT, RB_RESORTS_Q_CURSOR,
        RB_RESORTS_OF_MEMBER_P_LIMIT,
        { RB_RESORTS_OF_MEMBER_P_AFTER_ID }, 1
    };

    params[RB_RESORTS_OF_MEMBER_P_MEMBER] = req->principal->member;

    return rb_list_page(req, &page, 0, 0, params);
}

