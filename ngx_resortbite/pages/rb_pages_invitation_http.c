
/*
 * /invitation: what the link in an invitation's mail leads to.  Looking at it
 * changes nothing; its form accepts, for who is signed in with the address
 * that was invited.
 */


#include "pages/rb_pages.h"
#include "pages/rb_pages_invitation_http.h"
#include "resorts/rb_resorts.h"
#include "users/rb_users.h"
#include <ngx_http.h>


#define RB_PAGES_TOKEN_MAX  200


static rb_err_t *rb_pages_invitation_handler(rb_req_t *req);
static rb_err_t *rb_pages_accept_handler(rb_req_t *req);
static rb_err_t *rb_pages_invitation(rb_req_t *req, const ngx_str_t *token,
    const rb_err_t *wrong);
static void rb_pages_invitation_member(rb_page_t *page, rb_req_t *req,
    const ngx_str_t *token, const ngx_str_t *here, const rb_user_t *user,
    const rb_invitation_to_t *to);
static void rb_pages_invitation_sign_in(rb_page_t *page, rb_req_t *req,
    const ngx_str_t *here);
static ngx_str_t rb_pages_invitation_here(rb_req_t *req,
    const ngx_str_t *token);
static const rb_text_t *rb_pages_resort_role(const ngx_str_t *role);


static const rb_text_t  rb_pages_invitation_title =
    rb_text("리조트 초대", "Invitation to a resort");


static const rb_param_t  rb_pages_invitation_fields[] = {
    rb_pages_field("token", RB_PARAM_STRING, RB_PAGES_TOKEN_MAX, 1),
    rb_param_end
};

static const rb_route_t  rb_pages_invitation_table[] = {
    {
        .name = ngx_string("page_invitation"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/invitation"),
        .handler = rb_pages_invitation_handler,
        .summary = rb_text("초대 페이지", "The page of an invitation"),
        .tag = ngx_string("pages"),
        .query = rb_pages_invitation_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .optional = 1,
        .lenient = 1,
        .page = 1
    },
    {
        .name = ngx_string("page_invitation_accept"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/invitation"),
        .handler = rb_pages_accept_handler,
        .summary = rb_text("초대 수락", "Accept an invitation"),
        .tag = ngx_string("pages"),
        .body = rb_pages_invitation_fields,
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE|RB_PROBLEM_FORBIDDEN,
        .form = 1,
        .page = 1
    }
};

const rb_routes_t  rb_pages_invitation_routes = {
    rb_pages_invitation_table, rb_array_size(rb_pages_invitation_table)
};


/* GET /invitation */

static rb_err_t *
rb_pages_invitation_handler(rb_req_t *req)
{
    return rb_pages_invitation(req, &req->query[0].text, NULL);
}


/* POST /invitation */

static rb_err_t *
rb_pages_accept_handler(rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         resort, role;
    rb_page_t         page;
    rb_origin_t       origin;
    rb_pg_rows_t      rows;
    const rb_text_t  *as;

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_resorts_invitation_accept(&req->task, &req->body[0].text,
                                           req->principal, &origin, &rows);
    }

    if (err == &rb_err_invitation_other) {
        return rb_pages_invitation(req, &req->body[0].text, err);
    }

    if (err) {
        return err;
    }

    resort = rb_pg_value(&rows, 0, 1);
    role = rb_pg_value(&rows, 0, 3);
    as = rb_pages_resort_role(&role);

    rb_page_begin(&page, req, &rb_pages_invitation_title, NULL);

    rb_page_open(&page, "p", "role", rb_page_lit("status"), NULL);
    rb_page_sayf(&page, "초대를 수락했습니다. %V에서의 역할: %V.",
                 "You have accepted. At %V you are now: %V.", &resort,
                 &as->in[req->lang]);
    rb_page_close(&page, "p");

    return rb_page_end(&page);
}


static rb_err_t *
rb_pages_invitation(rb_req_t *req, const ngx_str_t *token,
    const rb_err_t *wrong)
{
    rb_err_t            *err;
    ngx_str_t            here;
    rb_page_t            page;
    rb_user_t            user;
    const rb_text_t     *role;
    rb_page_conf_t       conf;
    rb_invitation_to_t   to;

    static const rb_text_t  accepted =
        rb_text("이미 수락한 초대입니다.",
                "This invitation has been accepted.");

    err = rb_resorts_invitation_look(&req->task, token, &to);

    if (err == NULL && req->principal) {
        err = rb_users_get(&req->task, &req->principal->member, &user);
    }

    if (err) {
        return err;
    }

    here = rb_pages_invitation_here(req, token);

    if (here.data == NULL) {
        return &rb_err_internal;
    }

    ngx_memzero(&conf, sizeof(rb_page_conf_t));
    conf.error = wrong;

    role = rb_pages_resort_role(&to.role);

    rb_page_begin(&page, req, &rb_pages_invitation_title, &conf);

    rb_page_putf(&page, "p", "%V님이 %V에 초대했습니다. 역할: %V.",
                 "%V invites you to %V. Your role will be: %V.", &to.inviter,
                 &to.resort, &role->in[req->lang]);
    rb_page_putf(&page, "p", "초대받은 주소: %V", "Invited address: %V",
                 &to.email);

    if (to.accepted) {
        rb_page_notice(&page, RB_PAGE_NOTE, &accepted);
    }

    if (req->principal) {
        rb_pages_invitation_member(&page, req, token, &here, &user, &to);

    } else if (!to.accepted) {
        rb_pages_invitation_sign_in(&page, req, &here);
    }

    return rb_page_end(&page);
}


/* The button is only there for whom it would do something. */

static void
rb_pages_invitation_member(rb_page_t *page, rb_req_t *req,
    const ngx_str_t *token, const ngx_str_t *here, const rb_user_t *user,
    const rb_invitation_to_t *to)
{
    ngx_str_t   csrf;
    ngx_uint_t  theirs;

    static const rb_text_t  accept = rb_text("초대 수락", "Accept");
    static const rb_text_t  other =
        rb_text("이 계정은 초대받은 주소의 것이 아닙니다. 수락하려면 로그아웃한 "
                "뒤 초대받은 주소의 계정으로 로그인해 주세요.",
                "This account isn't of the invited address. To accept, sign "
                "out, and in with the account of that address.");

    theirs = user->email.len == to->email.len
             && ngx_memcmp(user->email.data, to->email.data, to->email.len)
                == 0;

    csrf = rb_csrf_token(req);

    rb_page_signed_in(page, &user->display_name, &user->email);

    if (!theirs) {
        if (!to->accepted) {
            rb_page_notice(page, RB_PAGE_NOTE, &other);
        }

        rb_page_sign_out(page, &csrf, here);

    } else if (!to->accepted) {
        rb_page_form(page, rb_page_lit("/invitation"), &csrf);
        rb_page_hidden(page, "token", token);
        rb_page_button(page, &accept, RB_PAGE_PRIMARY, NULL, NULL);
        rb_page_form_end(page);
    }
}


/* data == NULL: no memory.  The token was verified: base64url, with nothing
 * to escape. */

static ngx_str_t
rb_pages_invitation_here(rb_req_t *req, const ngx_str_t *token)
{
    u_char     *p;
    ngx_str_t   here;

    here.len = sizeof("/invitation?token=") - 1 + token->len;
    here.data = ngx_pnalloc(req->task.pool, here.len);

    if (here.data) {
        p = ngx_cpymem(here.data, "/invitation?token=",
                       sizeof("/invitation?token=") - 1);
        ngx_memcpy(p, token->data, token->len);
    }

    return here;
}


/* Signing in, or up, leads back here. */

static void
rb_pages_invitation_sign_in(rb_page_t *page, rb_req_t *req,
    const ngx_str_t *here)
{
    ngx_str_t  login, sign_up;

    static const rb_text_t  sign_in_first =
        rb_text("수락하려면 초대받은 주소의 계정으로 로그인해 주세요.",
                "To accept, sign in with the account of that address.");
    static const rb_text_t  to_login = rb_text("로그인", "Sign in");
    static const rb_text_t  to_sign_up = rb_text("계정 만들기",
                                                 "Make an account");

    login = rb_page_with_next(req->task.pool, "/login", here);
    sign_up = rb_page_with_next(req->task.pool, "/signup", here);

    rb_page_put(page, "p", &sign_in_first);

    rb_page_open(page, "p", NULL);
    rb_page_open(page, "a", "href", &login, NULL);
    rb_page_say(page, &to_login);
    rb_page_close(page, "a");
    rb_page_close(page, "p");

    rb_page_open(page, "p", NULL);
    rb_page_open(page, "a", "href", &sign_up, NULL);
    rb_page_say(page, &to_sign_up);
    rb_page_close(page, "a");
    rb_page_close(page, "p");
}


static const rb_text_t *
rb_pages_resort_role(const ngx_str_t *role)
{
    static const rb_text_t  owner = rb_text("소유자", "owner");
    static const rb_text_t  manager = rb_text("관리자", "manager");
    static const rb_text_t  recruiter = rb_text("채용 담당자", "recruiter");

    switch (role->data[0]) {

    case 'o':
        return &owner;

    case 'm':
        return &manager;

    default:
        return &recruiter;
    }
}
