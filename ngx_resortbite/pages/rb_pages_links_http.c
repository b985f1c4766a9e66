
/*
 * Where the links of our mails lead.  Opening one changes nothing, since
 * programs that look for malice in mails open them all; a form on the page
 * does it.  The token is in the page's address only: no other site is told
 * where one came from (Referrer-Policy), and it is good once.
 */


#include "pages/rb_pages.h"
#include "users/rb_users.h"
#include <ngx_http.h>


/* A page that does one thing by a link's token. */

typedef struct {
    rb_text_t        title;
    rb_text_t        about;
    rb_text_t        button;
    const char      *path;
    const char      *done;              /* where to go when it is done */
    const char      *again;             /* where a new link is had; or NULL */
    rb_text_t        again_label;
    rb_err_t      *(*act)(rb_req_t *req, const ngx_str_t *token,
                          const rb_origin_t *origin);
} rb_pages_link_t;


static rb_err_t *rb_pages_verify_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_verify_handler(rb_req_t *req);
static rb_err_t *rb_pages_confirm_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_confirm_handler(rb_req_t *req);
static rb_err_t *rb_pages_restore_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_restore_handler(rb_req_t *req);
static rb_err_t *rb_pages_forgot_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_forgot_handler(rb_req_t *req);
static rb_err_t *rb_pages_forgot_sent_handler(rb_req_t *req);
static rb_err_t *rb_pages_reset_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_reset_handler(rb_req_t *req);

static rb_err_t *rb_pages_link_form(rb_req_t *req,
    const rb_pages_link_t *link);
static rb_err_t *rb_pages_link_act(rb_req_t *req,
    const rb_pages_link_t *link);
static rb_err_t *rb_pages_link_over(rb_req_t *req, rb_err_t *err,
    const char *again, const rb_text_t *label);
static rb_err_t *rb_pages_verify(rb_req_t *req, const ngx_str_t *token,
    const rb_origin_t *origin);
static rb_err_t *rb_pages_password_page(rb_req_t *req,
    const rb_pages_link_t *link, const rb_err_t *err);
static rb_err_t *rb_pages_confirm(rb_req_t *req, const ngx_str_t *token,
    const rb_origin_t *origin);
static rb_err_t *rb_pages_restore(rb_req_t *req, const ngx_str_t *token,
    const rb_origin_t *origin);
static rb_err_t *rb_pages_forgot_page(rb_req_t *req, const rb_err_t *err);
static rb_err_t *rb_pages_reset_page(rb_req_t *req, const rb_err_t *err);


static const rb_pages_link_t  rb_pages_verify_link = {
    rb_text("이메일 확인", "Verify your address"),
    rb_text("아래 단추를 누르면 이메일이 확인되고 가입이 끝납니다.",
            "The button verifies your address and completes your sign-up."),
    rb_text("이메일 확인하기", "Verify my address"),
    "/verify-email", "/login?notice=verified", "/signup",
    rb_text("다시 가입하고 새 링크 받기", "Sign up again to get a new link"),
    rb_pages_verify
};

static const rb_pages_link_t  rb_pages_confirm_link = {
    rb_text("새 이메일 확인", "Confirm your new address"),
    rb_text("아래 단추를 누르면 이 주소가 계정의 이메일이 됩니다.",
            "The button makes this the address of your account."),
    rb_text("이 주소로 바꾸기", "Change to this address"),
    "/confirm-email", "/login?notice=email_confirmed", "/account",
    rb_text("내 계정에서 새 링크 받기", "Get a new link on your account's page"),
    rb_pages_confirm
};

static const rb_pages_link_t  rb_pages_restore_link = {
    rb_text("탈퇴 취소", "Restore your account"),
    rb_text("아래 단추를 누르면 탈퇴가 취소되고 계정을 다시 쓸 수 있습니다.",
            "The button restores your account, so that you can use it again."),
    rb_text("탈퇴 취소", "Restore my account"),
    "/restore-account", "/login?notice=restored", NULL, rb_text("", ""),
    rb_pages_restore
};


static const rb_text_t  rb_pages_reset_again =
    rb_text("새 링크 받기", "Get a new link");


static const rb_param_t  rb_pages_token_query[] = {
    { ngx_string("token"), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,
      rb_text("메일의 링크에 있는 값", "What the link in the mail has") },
    rb_param_end
};

static const rb_param_t  rb_pages_token_fields[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 512, NULL, 1, ngx_null_string,
      rb_text("메일의 링크에 있는 값", "What the link in the mail has") },
    rb_param_end
};

static const rb_param_t  rb_pages_proved_fields[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 512, NULL, 1, ngx_null_string,
      rb_text("메일의 링크에 있는 값", "What the link in the mail has") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 128, NULL, 0,
      ngx_null_string,
      rb_text("계정의, 또는 가입할 때 정한 비밀번호. 요청한 브라우저에서는 "
              "없어도 됩니다.",
              "The account's password, or that chosen at sign-up; not needed "
              "in the browser in which it began") },
    rb_param_end
};

static const rb_param_t  rb_pages_forgot_fields[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 254, NULL, 1, ngx_null_string,
      rb_text("이메일", "The e-mail address") },
    rb_param_end
};

static const rb_param_t  rb_pages_reset_fields[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 512, NULL, 1, ngx_null_string,
      rb_text("메일의 링크에 있는 값", "What the link in the mail has") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 1024, NULL, 1,
      ngx_null_string, rb_text("새 비밀번호", "The new password") },
    rb_param_end
};


#define rb_pages_link_route(nm, pth, hnd, flds, more, ko, en)                 \
    {                                                                         \
        .name = ngx_string(nm "_form"),                                       \
        .method = NGX_HTTP_GET,                                               \
        .path = ngx_string(pth),                                              \
        .handler = hnd##_form_handler,                                        \
        .summary = rb_text(ko " 페이지", en ": the page"),                    \
        .tag = ngx_string("pages"),                                           \
        .query = rb_pages_token_query,                                        \
        .roles = RB_ROLE_ANYONE,                                              \
        .success = NGX_HTTP_OK,                                               \
        .problems = RB_PROBLEM_GONE,                                          \
        .optional = 1,                                                        \
        .page = 1                                                             \
    },                                                                        \
    {                                                                         \
        .name = ngx_string(nm),                                               \
        .method = NGX_HTTP_POST,                                              \
        .path = ngx_string(pth),                                              \
        .handler = hnd##_handler,                                             \
        .summary = rb_text(ko, en),                                           \
        .tag = ngx_string("pages"),                                           \
        .body = flds,                                                         \
        .roles = RB_ROLE_ANYONE,                                              \
        .success = NGX_HTTP_SEE_OTHER,                                        \
        .problems = RB_PROBLEM_GONE|RB_PROBLEM_CONFLICT|(more),               \
        .optional = 1,                                                        \
        .form = 1,                                                            \
        .page = 1                                                             \
    }

static const rb_route_t  rb_pages_links_table[] = {

    rb_pages_link_route("pages_verify", "/verify-email", rb_pages_verify,
                        rb_pages_proved_fields, RB_PROBLEM_TOO_MANY,
                        "이메일 확인", "Verify an address"),

    rb_pages_link_route("pages_confirm", "/confirm-email", rb_pages_confirm,
                        rb_pages_proved_fields,
                        RB_PROBLEM_TOO_MANY|RB_PROBLEM_UNAUTHORIZED,
                        "새 이메일 확인", "Confirm a new address"),

    rb_pages_link_route("pages_restore", "/restore-account", rb_pages_restore,
                        rb_pages_token_fields, 0,
                        "탈퇴 취소", "Restore a deleted account"),

    {
        .name = ngx_string("pages_forgot_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/forgot-password"),
        .handler = rb_pages_forgot_form_handler,
        .summary = rb_text("비밀번호 찾기 페이지",
                           "The page for a forgotten password"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_forgot"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/forgot-password"),
        .handler = rb_pages_forgot_handler,
        .summary = rb_text("비밀번호를 다시 정하는 링크 받기",
                           "Have a link sent to set a new password"),
        .tag = ngx_string("pages"),
        .body = rb_pages_forgot_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("pages_forgot_sent"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/forgot-password/sent"),
        .handler = rb_pages_forgot_sent_handler,
        .summary = rb_text("링크를 보냈다는 페이지",
                           "The page that says that a link was sent"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .page = 1
    },
    {
        .name = ngx_string("pages_reset_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/reset-password"),
        .handler = rb_pages_reset_form_handler,
        .summary = rb_text("새 비밀번호 페이지",
                           "The page to set a new password"),
        .tag = ngx_string("pages"),
        .query = rb_pages_token_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_reset"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/reset-password"),
        .handler = rb_pages_reset_handler,
        .summary = rb_text("새 비밀번호 정하기", "Set a new password"),
        .tag = ngx_string("pages"),
        .body = rb_pages_reset_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_GONE,
        .optional = 1,
        .form = 1,
        .page = 1,
        .redisplays = 1
    }
};

const rb_routes_t  rb_pages_links_routes = {
    rb_pages_links_table, rb_array_size(rb_pages_links_table)
};


/* GET and POST /verify-email */

static rb_err_t *
rb_pages_verify_form_handler(rb_req_t *req)
{
    return rb_pages_link_form(req, &rb_pages_verify_link);
}


static rb_err_t *
rb_pages_verify_handler(rb_req_t *req)
{
    return rb_pages_link_act(req, &rb_pages_verify_link);
}


static rb_err_t *
rb_pages_verify(rb_req_t *req, const ngx_str_t *token,
    const rb_origin_t *origin)
{
    ngx_str_t  member, password;

    password = rb_pages_value(req, "password");

    return rb_users_verify(&req->task, token, &password, origin, &member);
}


/* GET and POST /confirm-email */

static rb_err_t *
rb_pages_confirm_form_handler(rb_req_t *req)
{
    return rb_pages_link_form(req, &rb_pages_confirm_link);
}


static rb_err_t *
rb_pages_confirm_handler(rb_req_t *req)
{
    return rb_pages_link_act(req, &rb_pages_confirm_link);
}


static rb_err_t *
rb_pages_confirm(rb_req_t *req, const ngx_str_t *token,
    const rb_origin_t *origin)
{
    ngx_str_t  password;

    password = rb_pages_value(req, "password");

    return rb_users_confirm_email(&req->task, token, &password, origin);
}


/* GET and POST /restore-account */

static rb_err_t *
rb_pages_restore_form_handler(rb_req_t *req)
{
    return rb_pages_link_form(req, &rb_pages_restore_link);
}


static rb_err_t *
rb_pages_restore_handler(rb_req_t *req)
{
    return rb_pages_link_act(req, &rb_pages_restore_link);
}


static rb_err_t *
rb_pages_restore(rb_req_t *req, const ngx_str_t *token,
    const rb_origin_t *origin)
{
    return rb_users_restore(&req->task, token, origin);
}


static rb_err_t *
rb_pages_link_form(rb_req_t *req, const rb_pages_link_t *link)
{
    ngx_str_t  csrf, token, path;
    rb_page_t  page;

    token = rb_pages_value(req, "token");

    if (token.len == 0) {
        return rb_pages_link_over(req, &rb_err_link, link->again,
                                  &link->again_label);
    }

    csrf = rb_csrf_token(req);

    path.data = (u_char *) link->path;
    path.len = ngx_strlen(link->path);

    rb_page_begin(&page, req, &link->title, NULL);
    rb_page_put(&page, "p", &link->about);

    rb_page_form(&page, &path, &csrf);
    rb_page_hidden(&page, "token", &token);
    rb_page_button(&page, &link->button, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


static rb_err_t *
rb_pages_link_act(rb_req_t *req, const rb_pages_link_t *link)
{
    rb_err_t     *err;
    ngx_str_t     token, none = ngx_null_string;
    rb_origin_t   origin;

    err = rb_csrf_check(req, &req->csrf);

    if (err == NULL) {
        err = rb_identity_origin(req, &origin);
    }

    if (err == NULL) {
        token = rb_pages_value(req, "token");
        err = link->act(req, &token, &origin);
    }

    if (err && (err->fields || err == &rb_err_credentials)) {
        return rb_pages_password_page(req, link, err);
    }

    return err ? rb_pages_link_over(req, err, link->again, &link->again_label)
               : rb_pages_go(req, link->done, &none);
}


/* An error; that of a link that is no longer good as a page which says where
 * to get another. */

static rb_err_t *
rb_pages_link_over(rb_req_t *req, rb_err_t *err, const char *again,
    const rb_text_t *label)
{
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("더 이상 쓸 수 없습니다", "No longer valid");

    if (err != &rb_err_link || again == NULL) {
        return err;
    }

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = err });
    rb_page_link(&page, again, label);

    return rb_page_end(&page);
}


/* Another browser than the one in which it began has to say the password. */

static rb_err_t *
rb_pages_password_page(rb_req_t *req, const rb_pages_link_t *link,
    const rb_err_t *err)
{
    ngx_str_t  csrf, token, path;
    rb_page_t  page;

    static const rb_page_input_t  password = {
        .name = "password", .type = "password",
        .label = rb_text("비밀번호", "Password"),
        .hint = rb_text("계정의, 또는 가입할 때 정한 비밀번호",
                        "The account's, or that chosen at sign-up"),
        .autocomplete = "current-password", .maxlength = 128, .required = 1,
        .focus = 1
    };

    csrf = rb_csrf_token(req);
    token = rb_pages_value(req, "token");

    path.data = (u_char *) link->path;
    path.len = ngx_strlen(link->path);

    rb_page_begin(&page, req, &link->title,
                  &(rb_page_conf_t) { .error = err });

    rb_page_form(&page, &path, &csrf);
    rb_page_hidden(&page, "token", &token);
    rb_page_input(&page, &password);
    rb_page_button(&page, &link->button, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


/* GET /forgot-password */

static rb_err_t *
rb_pages_forgot_form_handler(rb_req_t *req)
{
    return rb_pages_forgot_page(req, NULL);
}


/* POST /forgot-password */

static rb_err_t *
rb_pages_forgot_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     email, none = ngx_null_string;
    rb_origin_t   origin;

    err = rb_csrf_check(req, &req->csrf);

    if (err == NULL) {
        err = rb_identity_origin(req, &origin);
    }

    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_forgot_page(req, req->wrong);
    }

    email = rb_pages_value(req, "email");

    err = rb_users_forgot(&req->task, &email, &origin);

    if (err) {
        return rb_pages_shown(err) ? rb_pages_forgot_page(req, err) : err;
    }

    return rb_pages_go(req, "/forgot-password/sent", &none);
}


static rb_err_t *
rb_pages_forgot_page(rb_req_t *req, const rb_err_t *err)
{
    ngx_str_t  csrf;
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("비밀번호 찾기", "Forgotten password");
    static const rb_text_t  about =
        rb_text("가입한 이메일을 적어 주시면 새 비밀번호를 정하는 링크를 보내 "
                "드립니다.",
                "Give the address of your account, and we send you a link to "
                "set a new password.");
    static const rb_text_t  send = rb_text("링크 받기", "Send the link");
    static const rb_text_t  back = rb_text("로그인으로", "Back to signing in");

    static const rb_page_input_t  email = {
        .name = "email", .type = "email",
        .label = rb_text("이메일", "E-mail"),
        .autocomplete = "username", .inputmode = "email",
        .maxlength = 254, .required = 1, .focus = 1
    };

    csrf = rb_csrf_token(req);

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = err });
    rb_page_put(&page, "p", &about);

    rb_page_form(&page, rb_page_lit("/forgot-password"), &csrf);
    rb_page_input(&page, &email);
    rb_page_button(&page, &send, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    rb_page_link(&page, "/login", &back);

    return rb_page_end(&page);
}


/* GET /forgot-password/sent */

static rb_err_t *
rb_pages_forgot_sent_handler(rb_req_t *req)
{
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("메일을 확인해 주세요", "Check your mail");
    static const rb_text_t  sent =
        rb_text("그 주소로 가입한 계정이 있다면 링크를 보냈습니다. 링크는 한 "
                "번만 쓸 수 있습니다.",
                "If there is an account with the address, we have sent a "
                "link. It works once.");
    static const rb_text_t  back = rb_text("로그인으로", "Back to signing in");

    rb_page_begin(&page, req, &title, NULL);
    rb_page_notice(&page, RB_PAGE_STATUS, &sent);
    rb_page_link(&page, "/login", &back);

    return rb_page_end(&page);
}


/* GET /reset-password.  A link that is no longer good is told so before
 * anybody thinks of a password. */

static rb_err_t *
rb_pages_reset_form_handler(rb_req_t *req)
{
    rb_err_t   *err;
    ngx_str_t   token, member, data;

    token = rb_pages_value(req, "token");

    err = rb_once_look(&req->task, "reset_password", &token, &member, &data);

    return err ? rb_pages_link_over(req, err, "/forgot-password",
                                    &rb_pages_reset_again)
               : rb_pages_reset_page(req, NULL);
}


/* POST /reset-password */

static rb_err_t *
rb_pages_reset_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     token, password, none = ngx_null_string;
    rb_origin_t   origin;

    err = rb_csrf_check(req, &req->csrf);

    if (err == NULL) {
        err = rb_identity_origin(req, &origin);
    }

    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_reset_page(req, req->wrong);
    }

    token = rb_pages_value(req, "token");
    password = rb_pages_value(req, "password");

    err = rb_users_reset(&req->task, &token, &password, &origin);

    if (err) {
        return err->fields ? rb_pages_reset_page(req, err)
                           : rb_pages_link_over(req, err, "/forgot-password",
                                                &rb_pages_reset_again);
    }

    return rb_pages_go(req, "/login?notice=password_reset", &none);
}


static rb_err_t *
rb_pages_reset_page(rb_req_t *req, const rb_err_t *err)
{
    ngx_str_t  csrf, token;
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("새 비밀번호", "A new password");
    static const rb_text_t  about =
        rb_text("비밀번호를 바꾸면 모든 기기에서 로그아웃됩니다.",
                "You will be signed out on all your devices.");
    static const rb_text_t  send =
        rb_text("비밀번호 바꾸기", "Change the password");

    static const rb_page_input_t  password = {
        .name = "password", .type = "password",
        .label = rb_text("새 비밀번호", "New password"),
        .hint = rb_text("8자 이상. 길수록 좋습니다. 다른 곳에서 쓰지 않는 것으로 "
                        "정해 주세요.",
                        "8 characters or more, the longer the better, and "
                        "one that you use nowhere else."),
        .autocomplete = "new-password", .maxlength = 1024, .required = 1,
        .focus = 1
    };

    csrf = rb_csrf_token(req);
    token = rb_pages_value(req, "token");

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = err });
    rb_page_put(&page, "p", &about);

    rb_page_form(&page, rb_page_lit("/reset-password"), &csrf);
    rb_page_hidden(&page, "token", &token);
    rb_page_input(&page, &password);
    rb_page_button(&page, &send, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}
