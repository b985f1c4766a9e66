
/*
 * /login/again: a session proves itself anew before a dangerous act (a route
 * with step_up).  By all that is set up: the password, where there is one,
 * and a second factor, where there is one.  A passkey that verified its user
 * is both; one that didn't needs the password beside it.
 */


#include "pages/rb_pages.h"
#include "factors/rb_factors.h"
#include "users/rb_users.h"
#include <ngx_http.h>


#define RB_PAGES_SECOND  (RB_AMR_OTP|RB_AMR_HWK)


/* What somebody can prove themselves with. */

typedef struct {
    ngx_uint_t    methods;              /* RB_AMR_… of second factors */
    unsigned      password:1;
} rb_pages_proofs_t;


static rb_err_t *rb_pages_again_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_again_handler(rb_req_t *req);
static rb_err_t *rb_pages_again_options_handler(rb_req_t *req);
static rb_err_t *rb_pages_again_passkey_handler(rb_req_t *req);

static rb_err_t *rb_pages_again_check(rb_req_t *req,
    const rb_pages_proofs_t *proofs, const rb_origin_t *origin,
    ngx_uint_t *amr);
static rb_err_t *rb_pages_again_missing(rb_req_t *req,
    const rb_pages_proofs_t *proofs);
static rb_err_t *rb_pages_again_done(rb_req_t *req, ngx_uint_t amr,
    const rb_origin_t *origin);
static rb_err_t *rb_pages_proofs(rb_req_t *req, rb_pages_proofs_t *proofs);
static rb_err_t *rb_pages_again_page(rb_req_t *req, const rb_err_t *wrong);
static void rb_pages_again_form(rb_page_t *page,
    const rb_pages_proofs_t *proofs, const ngx_str_t *csrf,
    const ngx_str_t *next);
static void rb_pages_again_passkey(rb_page_t *page,
    const rb_pages_proofs_t *proofs, const ngx_str_t *csrf,
    const ngx_str_t *next);


enum {
    RB_AGAIN_B_PASSWORD = 0,
    RB_AGAIN_B_CODE
};

#define RB_AGAIN_PASSKEY_B_PASSWORD  2  /* after rb_pages_passkey_fields */


static const rb_param_t  rb_pages_again_query[] = {
    rb_pages_next_field,
    rb_param_end
};

static const rb_param_t  rb_pages_again_fields[] = {
    { ngx_string("password"), RB_PARAM_STRING, 0, 1024, NULL, 0,
      ngx_null_string, rb_text("비밀번호", "The password") },
    { ngx_string("code"), RB_PARAM_STRING, 0, 32, NULL, 0, ngx_null_string,
      rb_text("인증 앱의 코드 또는 복구 코드",
              "A code of the authenticator, or a recovery code") },
    rb_pages_next_field,
    rb_param_end
};

static const rb_param_t  rb_pages_again_passkey_fields[] = {
    rb_pages_passkey_fields,
    { ngx_string("password"), RB_PARAM_STRING, 0, 1024, NULL, 0,
      ngx_null_string,
      rb_text("패스키가 본인 확인을 하지 않을 때의 비밀번호",
              "The password, for a passkey that doesn't verify its user") },
    rb_pages_next_field,
    rb_param_end
};


static const rb_route_t  rb_pages_again_table[] = {
    {
        .name = ngx_string("pages_again_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/login/again"),
        .handler = rb_pages_again_form_handler,
        .summary = rb_text("본인 확인 페이지",
                           "The page to prove oneself anew"),
        .tag = ngx_string("pages"),
        .query = rb_pages_again_query,
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_OK,
        .page = 1
    },
    {
        .name = ngx_string("pages_again"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/again"),
        .handler = rb_pages_again_handler,
        .summary = rb_text("비밀번호와 코드로 본인 확인",
                           "Prove oneself anew, with password and code"),
        .tag = ngx_string("pages"),
        .body = rb_pages_again_fields,
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("pages_again_options"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/again/options"),
        .handler = rb_pages_again_options_handler,
        .summary = rb_text("패스키로 하는 본인 확인의 시작",
                           "What proving oneself with a passkey begins with"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_TOO_MANY,
        .form = 1,
        .lenient = 1
    },
    {
        .name = ngx_string("pages_again_passkey"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/again/passkey"),
        .handler = rb_pages_again_passkey_handler,
        .summary = rb_text("패스키로 본인 확인",
                           "Prove oneself anew, with a passkey"),
        .tag = ngx_string("pages"),
        .body = rb_pages_again_passkey_fields,
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .page = 1
    }
};

const rb_routes_t  rb_pages_again_routes = {
    rb_pages_again_table, rb_array_size(rb_pages_again_table)
};


/* GET /login/again */

static rb_err_t *
rb_pages_again_form_handler(rb_req_t *req)
{
    return rb_pages_again_page(req, NULL);
}


/* POST /login/again */

static rb_err_t *
rb_pages_again_handler(rb_req_t *req)
{
    rb_err_t           *err;
    ngx_uint_t          amr;
    rb_origin_t         origin;
    rb_pages_proofs_t   proofs;

    err = rb_pages_begin(req, &origin);

    if (err == NULL) {
        err = rb_pages_proofs(req, &proofs);
    }

    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_again_page(req, req->wrong);
    }

    err = rb_pages_again_check(req, &proofs, &origin, &amr);

    if (err) {
        return rb_pages_shown(err) ? rb_pages_again_page(req, err) : err;
    }

    return rb_pages_again_done(req, amr, &origin);
}


/*
 * The code before the password: it is the one that is used up, and whoever
 * guesses has its small budget to get past first.
 */

static rb_err_t *
rb_pages_again_check(rb_req_t *req, const rb_pages_proofs_t *proofs,
    const rb_origin_t *origin, ngx_uint_t *amr)
{
    rb_err_t         *err;
    ngx_str_t         none = ngx_string("");
    ngx_uint_t        method;
    const ngx_str_t  *code, *password;

    err = rb_pages_again_missing(req, proofs);
    if (err) {
        return err;
    }

    *amr = 0;

    code = &req->body[RB_AGAIN_B_CODE].text;
    password = &req->body[RB_AGAIN_B_PASSWORD].text;

    if (proofs->methods & RB_PAGES_SECOND) {

        /* an authenticator's code is six digits, spaces aside */

        method = (proofs->methods & RB_AMR_OTP && code->len <= 7)
                 ? RB_AMR_OTP : RB_AMR_RCV;

        err = rb_sessions_check_code(&req->task, &req->principal->member,
                                     method, code, origin);
        if (err) {
            return err;
        }

        *amr |= method|RB_AMR_MFA;
    }

    if (proofs->password) {
        err = rb_sessions_check_password(&req->task, &req->principal->member,
                                         password->data ? password : &none,
                                         origin);
        if (err) {
            return err;
        }

        *amr |= RB_AMR_PWD;
    }

    return NULL;
}


static rb_err_t *
rb_pages_again_missing(rb_req_t *req, const rb_pages_proofs_t *proofs)
{
    rb_err_t   *err;
    ngx_str_t   password = ngx_string("password");
    ngx_str_t   code = ngx_string("code");

    err = NULL;

    if (proofs->password
        && req->body[RB_AGAIN_B_PASSWORD].text.len == 0)
    {
        err = rb_err_add_field(err, req->task.pool, &password, "required",
                               "비밀번호를 입력해 주세요.",
                               "is required: give it a value.");
    }

    if (proofs->methods & RB_PAGES_SECOND
        && req->body[RB_AGAIN_B_CODE].text.len == 0)
    {
        err = rb_err_add_field(err, req->task.pool, &code, "required",
                               "코드를 입력해 주세요.",
                               "is required: give it a value.");
    }

    /* nothing to prove oneself with here */

    if (!proofs->password && !(proofs->methods & RB_PAGES_SECOND)) {
        err = &rb_err_credentials;
    }

    return err;
}


/* POST /login/again/options */

static rb_err_t *
rb_pages_again_options_handler(rb_req_t *req)
{
    return rb_pages_passkey_options(req, &req->principal->member);
}


/* POST /login/again/passkey */

static rb_err_t *
rb_pages_again_passkey_handler(rb_req_t *req)
{
    rb_err_t           *err;
    ngx_str_t           owner, none = ngx_string("");
    ngx_uint_t          amr;
    rb_origin_t         origin;
    const ngx_str_t    *password, *member;
    rb_pages_proofs_t   proofs;

    err = rb_pages_begin(req, &origin);

    if (err == NULL) {
        err = rb_pages_proofs(req, &proofs);
    }

    if (err) {
        return err;
    }

    member = &req->principal->member;
    password = &req->body[RB_AGAIN_PASSKEY_B_PASSWORD].text;

    err = rb_pages_passkey_take(req, member, &owner, &amr);

    if (err == NULL && proofs.password && !(amr & RB_AMR_USER)) {
        amr |= RB_AMR_PWD|RB_AMR_MFA;
        err = rb_sessions_check_password(&req->task, member,
                                         password->data ? password : &none,
                                         &origin);
    }

    if (err) {
        return rb_pages_shown(err) ? rb_pages_again_page(req, err) : err;
    }

    return rb_pages_again_done(req, amr, &origin);
}


static rb_err_t *
rb_pages_again_done(rb_req_t *req, ngx_uint_t amr, const rb_origin_t *origin)
{
    rb_err_t   *err;
    ngx_str_t   next;

    err = rb_sessions_step_up(&req->task, req->principal, amr, origin);
    if (err) {
        return err;
    }

    next = rb_pages_next(req);

    return rb_pages_go(req, "/account", &next);
}


static rb_err_t *
rb_pages_proofs(rb_req_t *req, rb_pages_proofs_t *proofs)
{
    rb_err_t   *err;
    rb_user_t   user;

    err = rb_users_get(&req->task, &req->principal->member, &user);
    if (err) {
        return err;
    }

    proofs->password = user.has_password;

    return rb_factors_methods(&req->task, &req->principal->member,
                              &proofs->methods);
}


static rb_err_t *
rb_pages_again_page(rb_req_t *req, const rb_err_t *wrong)
{
    rb_err_t           *err;
    ngx_str_t           csrf, next;
    rb_page_t           page;
    rb_pages_proofs_t   proofs;

    static const rb_text_t  title =
        rb_text("본인인지 확인합니다", "Confirm that it's you");
    static const rb_text_t  why =
        rb_text("중요한 변경을 하기 전에 다시 한 번 확인합니다.",
                "This is asked once more before an important change.");

    err = rb_pages_proofs(req, &proofs);
    if (err) {
        return err;
    }

    csrf = rb_csrf_token(req);
    next = rb_pages_next(req);

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = wrong,
                                      .script = "passkey.js" });
    rb_page_put(&page, "p", &why);

    if (proofs.methods & RB_AMR_HWK) {
        rb_pages_again_passkey(&page, &proofs, &csrf, &next);
    }

    if (proofs.password || proofs.methods & (RB_AMR_OTP|RB_AMR_RCV)) {
        rb_pages_again_form(&page, &proofs, &csrf, &next);
    }

    /* who signs in by an account elsewhere does that again */

    if (!proofs.password) {
        rb_pages_social_links(&page, &next, "%V 계정으로 다시 로그인",
                              "Sign in with %V again");
    }

    return rb_page_end(&page);
}


static void
rb_pages_again_form(rb_page_t *page, const rb_pages_proofs_t *proofs,
    const ngx_str_t *csrf, const ngx_str_t *next)
{
    static const rb_text_t  send = rb_text("확인", "Confirm");

    static const rb_page_input_t  password = {
        .name = "password", .type = "password",
        .label = rb_text("비밀번호", "Password"),
        .autocomplete = "current-password", .maxlength = 1024, .required = 1,
        .focus = 1
    };

    static const rb_page_input_t  code = {
        .name = "code",
        .label = rb_text("인증 앱의 코드 또는 복구 코드",
                         "A code of your authenticator, or a recovery code"),
        .autocomplete = "one-time-code", .maxlength = 32, .required = 1
    };

    rb_page_form(page, rb_page_lit("/login/again"), csrf);
    rb_page_hidden(page, "next", next);

    if (proofs->password) {
        rb_page_input(page, &password);
    }

    if (proofs->methods & RB_PAGES_SECOND) {
        rb_page_input(page, &code);
    }

    rb_page_button(page, &send, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(page);
}


static void
rb_pages_again_passkey(rb_page_t *page, const rb_pages_proofs_t *proofs,
    const ngx_str_t *csrf, const ngx_str_t *next)
{
    static const rb_text_t  use = rb_text("패스키 사용", "Use a passkey");

    static const rb_page_input_t  password = {
        .name = "password", .type = "password",
        .label = rb_text("비밀번호", "Password"),
        .hint = rb_text("패스키가 지문이나 PIN으로 본인을 확인하지 않을 때만 "
                        "필요합니다.",
                        "Only needed if your passkey doesn't check your "
                        "fingerprint or PIN."),
        .autocomplete = "current-password", .maxlength = 1024
    };

    rb_page_passkey_form(page, "get", rb_page_lit("/login/again/passkey"),
                         rb_page_lit("/login/again/options"), csrf);
    rb_page_hidden(page, "next", next);

    if (proofs->password) {
        rb_page_input(page, &password);
    }

    rb_page_button(page, &use, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);
}
