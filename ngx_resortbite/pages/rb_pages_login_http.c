
/*
 * /login and /login/second.  Without a script: a form for e-mail and
 * password, one for a code.  With one: passkeys, in place of either.
 *
 * Between the steps the browser keeps a ticket in a cookie; it says who has
 * given the first proof, and is good for nothing but the second.
 */


#include "pages/rb_pages.h"
#include "factors/rb_factors.h"
#include <ngx_http.h>


static rb_err_t *rb_pages_login_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_login_handler(rb_req_t *req);
static rb_err_t *rb_pages_login_options_handler(rb_req_t *req);
static rb_err_t *rb_pages_login_passkey_handler(rb_req_t *req);
static rb_err_t *rb_pages_second_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_second_handler(rb_req_t *req);
static rb_err_t *rb_pages_second_options_handler(rb_req_t *req);
static rb_err_t *rb_pages_second_passkey_handler(rb_req_t *req);

static rb_err_t *rb_pages_login_page(rb_req_t *req, const rb_err_t *err);
static void rb_pages_login_top(rb_page_t *page);
static void rb_pages_login_form(rb_page_t *page, const ngx_str_t *csrf,
    const ngx_str_t *next);
static rb_err_t *rb_pages_second_page(rb_req_t *req, const rb_err_t *err);
static void rb_pages_second_code(rb_page_t *page, ngx_uint_t method,
    const ngx_str_t *csrf, const ngx_str_t *next);
static rb_err_t *rb_pages_start_over(rb_req_t *req);


enum {
    RB_LOGIN_B_EMAIL = 0,
    RB_LOGIN_B_PASSWORD
};

enum {
    RB_SECOND_B_METHOD = 0,
    RB_SECOND_B_CODE
};


static const ngx_str_t  rb_pages_code_methods[] = {
    ngx_string("otp"), ngx_string("rcv"), ngx_null_string
};


static const rb_param_t  rb_pages_login_query[] = {
    rb_pages_next_field,
    { ngx_string("login_hint"), RB_PARAM_STRING, 0, 0, NULL, 0,
      ngx_null_string,
      rb_text("미리 적어 둘 이메일", "The address to begin with") },
    { ngx_string("notice"), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,
      rb_text("알려 줄 말: signed_out, verified …",
              "What to tell: signed_out, verified …") },
    rb_param_end
};

static const rb_param_t  rb_pages_login_fields[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 254, NULL, 1, ngx_null_string,
      rb_text("이메일", "The e-mail address") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 1024, NULL, 1,
      ngx_null_string, rb_text("비밀번호", "The password") },
    rb_pages_next_field,
    rb_param_end
};

static const rb_param_t  rb_pages_next_query[] = {
    rb_pages_next_field,
    rb_param_end
};

static const rb_param_t  rb_pages_second_fields[] = {
    { ngx_string("method"), RB_PARAM_ENUM, 0, 0, rb_pages_code_methods, 1,
      ngx_null_string,
      rb_text("otp: 인증 앱, rcv: 복구 코드",
              "otp: an authenticator's, rcv: a recovery code") },
    { ngx_string("code"), RB_PARAM_STRING, 1, 32, NULL, 1, ngx_null_string,
      rb_text("코드", "The code") },
    rb_pages_next_field,
    rb_param_end
};

static const rb_param_t  rb_pages_login_passkey_fields[] = {
    rb_pages_passkey_fields,
    rb_pages_next_field,
    rb_param_end
};


static const rb_route_t  rb_pages_login_table[] = {
    {
        .name = ngx_string("pages_login_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/login"),
        .handler = rb_pages_login_form_handler,
        .summary = rb_text("로그인 페이지", "The page to sign in"),
        .tag = ngx_string("pages"),
        .query = rb_pages_login_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_login"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login"),
        .handler = rb_pages_login_handler,
        .summary = rb_text("비밀번호로 로그인", "Sign in with a password"),
        .tag = ngx_string("pages"),
        .body = rb_pages_login_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("pages_login_options"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/passkey/options"),
        .handler = rb_pages_login_options_handler,
        .summary = rb_text("패스키 로그인의 시작",
                           "What a passkey's log-in begins with"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_FORBIDDEN|RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .lenient = 1
    },
    {
        .name = ngx_string("pages_login_passkey"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/passkey"),
        .handler = rb_pages_login_passkey_handler,
        .summary = rb_text("패스키로 로그인", "Sign in with a passkey"),
        .tag = ngx_string("pages"),
        .body = rb_pages_login_passkey_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_second_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/login/second"),
        .handler = rb_pages_second_form_handler,
        .summary = rb_text("2단계 인증 페이지",
                           "The page of a log-in's second step"),
        .tag = ngx_string("pages"),
        .query = rb_pages_next_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_second"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/second"),
        .handler = rb_pages_second_handler,
        .summary = rb_text("코드로 2단계 인증",
                           "The second step with a code"),
        .tag = ngx_string("pages"),
        .body = rb_pages_second_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("pages_second_options"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/second/options"),
        .handler = rb_pages_second_options_handler,
        .summary = rb_text("패스키로 하는 2단계 인증의 시작",
                           "What the second step with a passkey begins with"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_FORBIDDEN
                    |RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .lenient = 1
    },
    {
        .name = ngx_string("pages_second_passkey"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/login/second/passkey"),
        .handler = rb_pages_second_passkey_handler,
        .summary = rb_text("패스키로 2단계 인증",
                           "The second step with a passkey"),
        .tag = ngx_string("pages"),
        .body = rb_pages_login_passkey_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1
    }
};

const rb_routes_t  rb_pages_login_routes = {
    rb_pages_login_table, rb_array_size(rb_pages_login_table)
};


/* GET /login */

static rb_err_t *
rb_pages_login_form_handler(rb_req_t *req)
{
    return rb_pages_login_page(req, NULL);
}


/* POST /login */

static rb_err_t *
rb_pages_login_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     next;
    rb_login_t    login;
    rb_origin_t   origin;

    err = rb_pages_begin(req, &origin);
    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_login_page(req, req->wrong);
    }

    err = rb_login_password(&req->task, &req->body[RB_LOGIN_B_EMAIL].text,
                            &req->body[RB_LOGIN_B_PASSWORD].text, &origin,
                            &login);
    if (err) {
        return rb_pages_shown(err) ? rb_pages_login_page(req, err) : err;
    }

    next = rb_pages_next(req);

    return rb_pages_signed_in(req, &login, &next);
}


/* POST /login/passkey/options */

static rb_err_t *
rb_pages_login_options_handler(rb_req_t *req)
{
    ngx_str_t  anybody = ngx_null_string;

    return rb_pages_passkey_options(req, &anybody);
}


/* POST /login/passkey */

static rb_err_t *
rb_pages_login_passkey_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     next, member;
    rb_login_t    login;
    ngx_uint_t    amr;
    rb_origin_t   origin;

    err = rb_pages_begin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_pages_passkey_take(req, NULL, &member, &amr);

    if (err == NULL) {
        err = rb_login_proved(&req->task, &member, amr, &origin, &login);
    }

    if (err) {
        return rb_pages_shown(err) ? rb_pages_login_page(req, err) : err;
    }

    next = rb_pages_next(req);

    return rb_pages_signed_in(req, &login, &next);
}


static rb_err_t *
rb_pages_login_page(rb_req_t *req, const rb_err_t *err)
{
    ngx_str_t  csrf, next;
    rb_page_t  page;

    static const rb_text_t  title = rb_text("로그인", "Sign in");
    static const rb_text_t  passkey =
        rb_text("패스키로 로그인", "Sign in with a passkey");
    static const rb_text_t  forgot =
        rb_text("비밀번호를 잊으셨나요?", "Forgot your password?");
    static const rb_text_t  sign_up =
        rb_text("처음이신가요? 회원가입", "New here? Create an account");

    csrf = rb_csrf_token(req);
    next = rb_pages_next(req);

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = err, .script = "passkey.js" });

    if (err == NULL) {
        rb_pages_login_top(&page);
    }

    rb_pages_login_form(&page, &csrf, &next);

    rb_page_passkey_form(&page, "get", rb_page_lit("/login/passkey"),
                         rb_page_lit("/login/passkey/options"), &csrf);
    rb_page_hidden(&page, "next", &next);
    rb_page_button(&page, &passkey, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(&page);

    rb_pages_social_links(&page, &next, "%V 계정으로 로그인",
                          "Sign in with %V");

    rb_page_link(&page, "/forgot-password", &forgot);
    rb_page_link(&page, "/signup", &sign_up);

    return rb_page_end(&page);
}


/* What led here, and who is signed in already. */

static void
rb_pages_login_top(rb_page_t *page)
{
    ngx_str_t   notice, next;
    ngx_uint_t  i;

    static const rb_text_t  moved =
        rb_text("이메일 주소를 바꾸었습니다. 다음부터는 새 주소로 로그인해 "
                "주세요.",
                "Your address is changed. From the next time on, sign in with "
                "the new one.");

    static const struct {
        ngx_str_t         name;
        rb_text_t         text;
        const rb_text_t  *signed_in;    /* what is said instead to who is */
    } notices[] = {
        { ngx_string("start_over"),
          rb_text("시간이 지나 처음부터 다시 로그인해야 합니다.",
                  "That took too long: please sign in from the start."), NULL },
        { ngx_string("signed_out"),
          rb_text("로그아웃했습니다.", "You are signed out."), NULL },
        { ngx_string("verified"),
          rb_text("이메일을 확인했습니다. 이제 로그인할 수 있습니다.",
                  "Your address is verified. You can sign in now."), NULL },
        { ngx_string("password_reset"),
          rb_text("비밀번호를 바꾸고 모든 기기에서 로그아웃했습니다. 새 "
                  "비밀번호로 로그인해 주세요.",
                  "Your password is changed, and you are signed out "
                  "everywhere. Sign in with the new one."), NULL },
        { ngx_string("email_confirmed"),
          rb_text("이메일 주소를 바꾸었습니다. 새 주소로 로그인해 주세요.",
                  "Your address is changed. Sign in with the new one."),
          &moved },
        { ngx_string("restored"),
          rb_text("탈퇴를 취소했습니다. 다시 로그인할 수 있습니다.",
                  "Your account is restored. You can sign in again."), NULL },
        { ngx_string("deleted"),
          rb_text("탈퇴했습니다. 30일 안에는 메일로 보내 드린 링크로 탈퇴를 "
                  "취소할 수 있습니다.",
                  "Your account is deleted. For 30 days the link in our mail "
                  "restores it."), NULL }
    };

    static const rb_text_t  already =
        rb_text("이미 로그인되어 있습니다.", "You are signed in already.");
    static const rb_text_t  go_on = rb_text("계속하기", "Go on");

    notice = rb_pages_value(page->req, "notice");

    for (i = 0; i < rb_array_size(notices); i++) {

        if (notices[i].name.len == notice.len
            && ngx_memcmp(notices[i].name.data, notice.data, notice.len) == 0)
        {
            rb_page_notice(page, RB_PAGE_STATUS,
                           page->req->principal && notices[i].signed_in
                           ? notices[i].signed_in : &notices[i].text);
        }
    }

    if (page->req->principal == NULL) {
        return;
    }

    next = rb_pages_next(page->req);

    if (next.len == 0) {
        ngx_str_set(&next, "/account");
    }

    rb_page_notice(page, RB_PAGE_NOTE, &already);
    rb_page_open(page, "p", NULL);
    rb_page_open(page, "a", "href", &next, NULL);
    rb_page_say(page, &go_on);
    rb_page_close(page, "a");
    rb_page_close(page, "p");
}


static void
rb_pages_login_form(rb_page_t *page, const ngx_str_t *csrf,
    const ngx_str_t *next)
{
    ngx_str_t         hint;
    rb_page_input_t   email;

    static const rb_text_t  send = rb_text("로그인", "Sign in");

    static const rb_page_input_t  email_input = {
        .name = "email", .type = "email",
        .label = rb_text("이메일", "E-mail"),
        .autocomplete = "username", .inputmode = "email",
        .maxlength = 254, .required = 1, .focus = 1
    };

    static const rb_page_input_t  password = {
        .name = "password", .type = "password",
        .label = rb_text("비밀번호", "Password"),
        .autocomplete = "current-password",
        .maxlength = 1024, .required = 1
    };

    hint = rb_pages_value(page->req, "login_hint");

    email = email_input;
    email.value = &hint;

    rb_page_form(page, rb_page_lit("/login"), csrf);
    rb_page_hidden(page, "next", next);
    rb_page_input(page, &email);
    rb_page_input(page, &password);
    rb_page_button(page, &send, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(page);
}


/* GET /login/second */

static rb_err_t *
rb_pages_second_form_handler(rb_req_t *req)
{
    return rb_pages_second_page(req, NULL);
}


/* POST /login/second */

static rb_err_t *
rb_pages_second_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     next, ticket;
    rb_login_t    login;
    ngx_uint_t    method;
    rb_origin_t   origin;

    err = rb_pages_begin(req, &origin);
    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_second_page(req, req->wrong);
    }

    ticket = rb_pages_ticket(req);
    method = (req->body[RB_SECOND_B_METHOD].set & 1) ? RB_AMR_OTP
                                                     : RB_AMR_RCV;

    err = rb_login_code(&req->task, &ticket, method,
                        &req->body[RB_SECOND_B_CODE].text, &origin, &login);

    if (err && err->problem == rb_err_ticket.problem) {
        return rb_pages_start_over(req);
    }

    if (err) {
        return rb_pages_shown(err) ? rb_pages_second_page(req, err) : err;
    }

    next = rb_pages_next(req);

    return rb_pages_signed_in(req, &login, &next);
}


/* POST /login/second/options */

static rb_err_t *
rb_pages_second_options_handler(rb_req_t *req)
{
    rb_err_t    *err;
    ngx_str_t    ticket, member;
    ngx_uint_t   amr;

    ticket = rb_pages_ticket(req);

    err = rb_login_ticket(&req->task, &ticket, &member, &amr);
    if (err) {
        return err;
    }

    return rb_pages_passkey_options(req, &member);
}


/* POST /login/second/passkey.  A passkey of somebody else's is none. */

static rb_err_t *
rb_pages_second_passkey_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     next, ticket, member, owner;
    rb_login_t    login;
    ngx_uint_t    amr, first;
    rb_origin_t   origin;

    err = rb_pages_begin(req, &origin);
    if (err) {
        return err;
    }

    ticket = rb_pages_ticket(req);

    err = rb_login_ticket(&req->task, &ticket, &member, &first);

    if (err) {
        return rb_pages_shown(err) ? rb_pages_start_over(req) : err;
    }

    err = rb_pages_passkey_take(req, &member, &owner, &amr);

    if (err == NULL) {
        err = rb_login_second(&req->task, &ticket, amr, &origin, &login);
    }

    if (err) {
        return rb_pages_shown(err) ? rb_pages_second_page(req, err) : err;
    }

    next = rb_pages_next(req);

    return rb_pages_signed_in(req, &login, &next);
}


static rb_err_t *
rb_pages_second_page(rb_req_t *req, const rb_err_t *wrong)
{
    rb_err_t    *err;
    ngx_str_t    csrf, next, ticket, member;
    rb_page_t    page;
    ngx_uint_t   amr, methods;

    static const rb_text_t  title =
        rb_text("한 번 더 확인합니다", "One more step");
    static const rb_text_t  passkey =
        rb_text("패스키 사용", "Use a passkey");
    static const rb_text_t  over =
        rb_text("처음부터 다시 로그인", "Start over");

    ticket = rb_pages_ticket(req);

    err = rb_login_ticket(&req->task, &ticket, &member, &amr);

    if (err) {
        return rb_pages_shown(err) ? rb_pages_start_over(req) : err;
    }

    err = rb_factors_methods(&req->task, &member, &methods);
    if (err) {
        return err;
    }

    csrf = rb_csrf_token(req);
    next = rb_pages_next(req);

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = wrong,
                                      .script = "passkey.js" });

    if (methods & RB_AMR_HWK) {
        rb_page_passkey_form(&page, "get",
                             rb_page_lit("/login/second/passkey"),
                             rb_page_lit("/login/second/options"), &csrf);
        rb_page_hidden(&page, "next", &next);
        rb_page_button(&page, &passkey, RB_PAGE_PRIMARY, NULL, NULL);
        rb_page_form_end(&page);
    }

    if (methods & RB_AMR_OTP) {
        rb_pages_second_code(&page, RB_AMR_OTP, &csrf, &next);
    }

    if (methods & RB_AMR_RCV) {
        rb_pages_second_code(&page, RB_AMR_RCV, &csrf, &next);
    }

    rb_page_link(&page, "/login", &over);

    return rb_page_end(&page);
}


/* Of two forms on the page only the one that was sent says what was wrong. */

static void
rb_pages_second_code(rb_page_t *page, ngx_uint_t method,
    const ngx_str_t *csrf, const ngx_str_t *next)
{
    ngx_uint_t       sent;
    const rb_err_t  *error;

    static const rb_text_t  otp_heading =
        rb_text("인증 앱의 코드", "A code of your authenticator");
    static const rb_text_t  rcv_heading =
        rb_text("인증 앱을 쓸 수 없다면", "If you can't use the authenticator");
    static const rb_text_t  send = rb_text("확인", "Confirm");

    static const rb_page_input_t  otp = {
        .name = "code", .label = rb_text("6자리 숫자", "Six digits"),
        .autocomplete = "one-time-code", .inputmode = "numeric",
        .maxlength = 10, .required = 1, .focus = 1
    };

    static const rb_page_input_t  rcv = {
        .name = "code", .label = rb_text("복구 코드", "Recovery code"),
        .hint = rb_text("2단계 인증을 켤 때 받은 코드입니다. 한 번씩만 쓸 수 "
                        "있습니다.",
                        "One of those you were given when you turned on "
                        "two-step sign-in. Each works once."),
        .autocomplete = "off", .maxlength = 32, .required = 1, .secret = 1
    };

    error = page->error;
    sent = !(page->req->body && page->req->form
             && page->req->body[RB_SECOND_B_METHOD].set
                != (uint64_t) (method == RB_AMR_OTP ? 1 : 2));

    if (!sent) {
        page->error = NULL;
    }

    rb_page_put(page, "h2", method == RB_AMR_OTP ? &otp_heading
                                                 : &rcv_heading);
    rb_page_form(page, rb_page_lit("/login/second"), csrf);
    rb_page_hidden(page, "next", next);
    rb_page_hidden(page, "method", method == RB_AMR_OTP ? rb_page_lit("otp")
                                                        : rb_page_lit("rcv"));
    rb_page_input(page, method == RB_AMR_OTP ? &otp : &rcv);
    rb_page_button(page, &send, method == RB_AMR_OTP ? RB_PAGE_PRIMARY
                                                     : RB_PAGE_SECONDARY,
                   NULL, NULL);
    rb_page_form_end(page);

    page->error = error;
}


/* The ticket is used up, old, or none: the way back to the first step. */

static rb_err_t *
rb_pages_start_over(rb_req_t *req)
{
    rb_buf_t   b;
    ngx_str_t  next, location;

    next = rb_pages_next(req);
    location = rb_page_with_next(req->task.pool, "/login", &next);

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_buf_printf(&b, "%V%snotice=start_over", &location,
                  next.len ? "&" : "?");

    if (b.failed || location.data == NULL) {
        return &rb_err_internal;
    }

    location.data = b.start;
    location.len = rb_buf_len(&b);

    return rb_reply_redirect(req, &location);
}
