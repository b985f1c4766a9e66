
/*
 * /signup.  Whether the address has an account is not told here: what happens
 * next is told by mail, to whoever reads that.
 */


#include "pages/rb_pages.h"
#include "users/rb_users.h"
#include <ngx_http.h>


static rb_err_t *rb_pages_sign_up_form_handler(rb_req_t *req);
static rb_err_t *rb_pages_sign_up_handler(rb_req_t *req);
static rb_err_t *rb_pages_sign_up_sent_handler(rb_req_t *req);
static rb_err_t *rb_pages_sign_up_page(rb_req_t *req, const rb_err_t *err);


enum {
    RB_SIGN_UP_B_ROLE = 0,
    RB_SIGN_UP_B_EMAIL,
    RB_SIGN_UP_B_PASSWORD,
    RB_SIGN_UP_B_NAME,
    RB_SIGN_UP_B_BORN_ON,
    RB_SIGN_UP_B_TERMS,
    RB_SIGN_UP_B_PRIVACY,
    RB_SIGN_UP_B_MARKETING
};


static const ngx_str_t  rb_pages_sign_up_roles[] = {
    ngx_string("crew"), ngx_string("resort"), ngx_null_string
};

static const rb_param_t  rb_pages_sign_up_fields[] = {
    { ngx_string("role"), RB_PARAM_ENUM, 0, 0, rb_pages_sign_up_roles, 1,
      ngx_null_string,
      rb_text("크루(crew) 또는 리조트(resort)", "crew, or resort") },
    { ngx_string("email"), RB_PARAM_STRING, 1, 254, NULL, 1, ngx_null_string,
      rb_text("이메일", "The e-mail address") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 1024, NULL, 1,
      ngx_null_string, rb_text("비밀번호", "The password") },
    { ngx_string("display_name"), RB_PARAM_STRING, 1, 200, NULL, 1,
      ngx_null_string, rb_text("이름", "The name that others see") },
    { ngx_string("born_on"), RB_PARAM_DATE, 0, 0, NULL, 1, ngx_null_string,
      rb_text("생년월일", "The date of birth") },
    { ngx_string("terms"), RB_PARAM_BOOL, 0, 0, NULL, 1, ngx_null_string,
      rb_text("이용약관 동의", "Consent to the terms of service") },
    { ngx_string("privacy"), RB_PARAM_BOOL, 0, 0, NULL, 1, ngx_null_string,
      rb_text("개인정보 수집·이용 동의",
              "Consent to the collection and use of personal data") },
    { ngx_string("marketing"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("소식 받기 동의 (선택)", "Consent to news (optional)") },
    rb_param_end
};


static const rb_route_t  rb_pages_sign_up_table[] = {
    {
        .name = ngx_string("pages_sign_up_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/signup"),
        .handler = rb_pages_sign_up_form_handler,
        .summary = rb_text("회원가입 페이지", "The page to sign up"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_sign_up"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/signup"),
        .handler = rb_pages_sign_up_handler,
        .summary = rb_text("회원가입", "Sign up"),
        .tag = ngx_string("pages"),
        .body = rb_pages_sign_up_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("pages_sign_up_sent"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/signup/sent"),
        .handler = rb_pages_sign_up_sent_handler,
        .summary = rb_text("메일을 보냈다는 페이지",
                           "The page that says that a mail was sent"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .page = 1
    }
};

const rb_routes_t  rb_pages_sign_up_routes = {
    rb_pages_sign_up_table, rb_array_size(rb_pages_sign_up_table)
};


/* GET /signup */

static rb_err_t *
rb_pages_sign_up_form_handler(rb_req_t *req)
{
    return rb_pages_sign_up_page(req, NULL);
}


/* POST /signup.  What is wrong in the form is told together with what the
 * rules find wrong only once the form is whole. */

static rb_err_t *
rb_pages_sign_up_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      none = ngx_null_string;
    rb_value_t    *body;
    rb_origin_t    origin;
    rb_sign_up_t   sign_up;

    err = rb_csrf_check(req, &req->csrf);

    if (err == NULL) {
        err = rb_identity_origin(req, &origin);
    }

    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_sign_up_page(req, req->wrong);
    }

    body = req->body;

    ngx_memzero(&sign_up, sizeof(rb_sign_up_t));

    sign_up.email = body[RB_SIGN_UP_B_EMAIL].text;
    sign_up.password = body[RB_SIGN_UP_B_PASSWORD].text;
    sign_up.display_name = body[RB_SIGN_UP_B_NAME].text;
    sign_up.born_on = body[RB_SIGN_UP_B_BORN_ON].text;
    sign_up.role = body[RB_SIGN_UP_B_ROLE].text;
    sign_up.lang = req->lang;
    sign_up.terms = (body[RB_SIGN_UP_B_TERMS].integer != 0);
    sign_up.privacy = (body[RB_SIGN_UP_B_PRIVACY].integer != 0);
    sign_up.marketing = (body[RB_SIGN_UP_B_MARKETING].integer != 0);

    err = rb_users_sign_up(&req->task, &sign_up, &origin);

    if (err) {
        return rb_pages_shown(err) ? rb_pages_sign_up_page(req, err) : err;
    }

    return rb_pages_go(req, "/signup/sent", &none);
}


/* GET /signup/sent */

static rb_err_t *
rb_pages_sign_up_sent_handler(rb_req_t *req)
{
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("메일을 확인해 주세요", "Check your mail");
    static const rb_text_t  sent =
        rb_text("적어 주신 주소로 메일을 보냈습니다. 메일의 링크를 열면 가입이 "
                "끝납니다.",
                "We have sent a mail to the address. Its link completes your "
                "sign-up.");
    static const rb_text_t  none =
        rb_text("메일이 보이지 않으면 스팸함을 확인하고, 주소가 맞는지 다시 "
                "살펴봐 주세요.",
                "If it doesn't arrive, look among the spam, and check that "
                "the address is right.");
    static const rb_text_t  again =
        rb_text("다시 가입하기", "Sign up again");

    rb_page_begin(&page, req, &title, NULL);
    rb_page_notice(&page, RB_PAGE_STATUS, &sent);
    rb_page_put(&page, "p", &none);
    rb_page_link(&page, "/signup", &again);

    return rb_page_end(&page);
}


static rb_err_t *
rb_pages_sign_up_page(rb_req_t *req, const rb_err_t *err)
{
    ngx_str_t   csrf;
    rb_page_t   page;
    ngx_uint_t  i;

    static const rb_text_t  title =
        rb_text("회원가입", "Create an account");
    static const rb_text_t  who = rb_text("누구신가요?", "Who are you?");
    static const rb_text_t  send = rb_text("가입하기", "Sign up");
    static const rb_text_t  log_in =
        rb_text("이미 계정이 있으신가요? 로그인",
                "Have an account already? Sign in");

    static const rb_page_choice_t  roles[] = {
        { ngx_string("crew"),
          rb_text("크루: 리조트에서 일하고 싶어요",
                  "Crew: I want to work at a resort") },
        { ngx_string("resort"),
          rb_text("리조트: 함께 일할 사람을 찾아요",
                  "Resort: I am looking for crew") },
        { ngx_null_string, rb_text("", "") }
    };

    static const rb_page_input_t  inputs[] = {
        { .name = "email", .type = "email",
          .label = rb_text("이메일", "E-mail"),
          .autocomplete = "email", .inputmode = "email", .maxlength = 254,
          .required = 1 },
        { .name = "password", .type = "password",
          .label = rb_text("비밀번호", "Password"),
          .hint = rb_text("8자 이상. 길수록 좋습니다. 다른 곳에서 쓰지 않는 "
                          "것으로 정해 주세요.",
                          "8 characters or more, the longer the better, and "
                          "one that you use nowhere else."),
          .autocomplete = "new-password", .maxlength = 1024, .required = 1 },
        { .name = "display_name",
          .label = rb_text("이름", "Name"),
          .autocomplete = "name", .maxlength = 200, .required = 1 },
        { .name = "born_on", .type = "date",
          .label = rb_text("생년월일", "Date of birth"),
          .hint = rb_text("만 14세부터 가입할 수 있습니다.",
                          "You have to be at least 14."),
          .autocomplete = "bday", .required = 1 }
    };

    csrf = rb_csrf_token(req);

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = err });

    rb_page_form(&page, rb_page_lit("/signup"), &csrf);
    rb_page_radios(&page, "role", &who, roles, rb_page_lit("crew"));

    for (i = 0; i < rb_array_size(inputs); i++) {
        rb_page_input(&page, &inputs[i]);
    }

    rb_pages_consents(&page);
    rb_page_button(&page, &send, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    rb_page_link(&page, "/login", &log_in);

    return rb_page_end(&page);
}
