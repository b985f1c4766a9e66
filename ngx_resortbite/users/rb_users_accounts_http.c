
/*
 * What outsiders ask for: an account, a new password, and what the links in
 * mails do.  Whether an account exists is told to nobody: the answer to what
 * takes an address is an empty 202, whatever comes of it.
 */


#include "users/rb_users_http.h"
#include "gate/rb_identity.h"
#include <ngx_http.h>


enum {
    RB_ACCOUNTS_B_EMAIL = 0,
    RB_ACCOUNTS_B_PASSWORD,
    RB_ACCOUNTS_B_DISPLAY_NAME,
    RB_ACCOUNTS_B_BORN_ON,
    RB_ACCOUNTS_B_ROLE,
    RB_ACCOUNTS_B_LOCALE,
    RB_ACCOUNTS_B_TERMS,
    RB_ACCOUNTS_B_PRIVACY,
    RB_ACCOUNTS_B_MARKETING
};

enum {
    RB_ACCOUNTS_B_TOKEN = 0,
    RB_ACCOUNTS_B_ITS_PASSWORD
};


static rb_err_t *rb_accounts_sign_up_handler(rb_req_t *req);
static rb_err_t *rb_accounts_verify_handler(rb_req_t *req);
static rb_err_t *rb_accounts_confirm_email_handler(rb_req_t *req);
static rb_err_t *rb_accounts_restore_handler(rb_req_t *req);
static rb_err_t *rb_accounts_forgot_handler(rb_req_t *req);
static rb_err_t *rb_accounts_reset_handler(rb_req_t *req);
static rb_err_t *rb_accounts_documents_handler(rb_req_t *req);
static rb_err_t *rb_accounts_begin(rb_req_t *req, rb_origin_t *origin);
static rb_err_t *rb_accounts_accepted(rb_req_t *req, rb_err_t *err);
static rb_err_t *rb_accounts_nothing(rb_req_t *req, rb_err_t *err);


static const ngx_str_t  rb_accounts_roles[] = {
    ngx_string("crew"), ngx_string("resort"), ngx_null_string
};

static const ngx_str_t  rb_accounts_locales[] = {
    ngx_string("ko"), ngx_string("en"), ngx_null_string
};


static const rb_view_field_t  rb_account_made_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("회원 id", "The member's id") }
};

static const rb_view_t  rb_account_made_view =
    rb_view("AccountMade", rb_account_made_fields);

static const rb_view_field_t  rb_document_fields[] = {
    { ngx_string("kind"), RB_VIEW_CODE, 0,
      rb_text("terms, privacy, marketing", "terms, privacy, marketing") },
    { ngx_string("version"), RB_VIEW_STRING, 0,
      rb_text("지금 판", "The current version") },
    { ngx_string("effective_from"), RB_VIEW_DATE, 0,
      rb_text("시행일", "Since when it is in force") },
    { ngx_string("required"), RB_VIEW_BOOL, 0,
      rb_text("가입에 필수인지", "Whether there is no account without it") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목", "Its title") },
    { ngx_string("text"), RB_VIEW_STRING, 0,
      rb_text("전문. 문단 사이에 빈 줄이 있습니다.",
              "The whole text, with an empty line between paragraphs") }
};

static const rb_view_t  rb_document_view = rb_view("ConsentDocument",
                                                   rb_document_fields);


static const rb_param_t  rb_accounts_sign_up_body[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 320, NULL, 1, ngx_null_string,
      rb_text("이메일. 여기로 확인 링크를 보냅니다.",
              "The e-mail address, to which a link is sent") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 1024, NULL, 1, ngx_null_string,
      rb_text("비밀번호: 8~128자, 흔하지 않은 것",
              "The password: 8 to 128 characters, none that is common") },
    { ngx_string("display_name"), RB_PARAM_STRING, 1, 50, NULL, 1,
      ngx_null_string,
      rb_text("이름", "What to be called") },
    { ngx_string("born_on"), RB_PARAM_DATE, 0, 0, NULL, 1, ngx_null_string,
      rb_text("생년월일. 만 14세 이상만 가입할 수 있습니다.",
              "Date of birth; one must be 14 or older") },
    { ngx_string("role"), RB_PARAM_ENUM, 0, 0, rb_accounts_roles, 1,
      ngx_null_string,
      rb_text("crew(일할 사람)나 resort(리조트)",
              "crew, who works; or resort, who hires") },
    { ngx_string("locale"), RB_PARAM_ENUM, 0, 0, rb_accounts_locales, 0,
      ngx_null_string,
      rb_text("메일과 페이지의 언어. 없으면 Accept-Language를 따릅니다.",
              "Language of mails and pages; by default what Accept-Language "
              "prefers") },
    { ngx_string("terms"), RB_PARAM_BOOL, 0, 0, NULL, 1, ngx_null_string,
      rb_text("이용약관에 동의 (필수)", "Agrees to the terms: needed") },
    { ngx_string("privacy"), RB_PARAM_BOOL, 0, 0, NULL, 1, ngx_null_string,
      rb_text("개인정보 수집·이용에 동의 (필수)",
              "Agrees to the collection and use of personal data: needed") },
    { ngx_string("marketing"), RB_PARAM_BOOL, 0, 0, NULL, 0,
      ngx_string("false"),
      rb_text("새 소식과 혜택 알림 받기 (선택)",
              "Wants news and offers: optional") },
    rb_param_end
};

static const rb_param_t  rb_accounts_token_body[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("메일에 있는 링크의 token", "The token of the link in the mail") },
    rb_param_end
};

static const rb_param_t  rb_accounts_proved_body[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("메일에 있는 링크의 token", "The token of the link in the mail") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 128, NULL, 0,
      ngx_null_string,
      rb_text("계정의, 또는 가입할 때 정한 비밀번호. 요청한 브라우저에서는 "
              "없어도 됩니다.",
              "The account's password, or that chosen at sign-up; not needed "
              "in the browser in which it began") },
    rb_param_end
};

static const rb_param_t  rb_accounts_email_body[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 320, NULL, 1, ngx_null_string,
      rb_text("이메일", "The e-mail address") },
    rb_param_end
};

static const rb_param_t  rb_accounts_reset_body[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("메일에 있는 링크의 token", "The token of the link in the mail") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 1024, NULL, 1, ngx_null_string,
      rb_text("새 비밀번호: 8~128자, 흔하지 않은 것",
              "The new password: 8 to 128 characters, none that is common") },
    rb_param_end
};


/* Nobody need be signed in, and who is needn't prove that a page is ours. */

#define rb_accounts_route(nm, mt, pt, hd, ko, en, bd, ok, pr)                 \
    .name = ngx_string(nm), .method = mt, .path = ngx_string(pt),             \
    .handler = hd, .summary = rb_text(ko, en),                                \
    .tag = ngx_string("accounts"), .body = bd, .roles = RB_ROLE_ANYONE,       \
    .success = ok, .problems = RB_PROBLEM_FORBIDDEN|(pr)

static const rb_route_t  rb_users_accounts_table[] = {
    { rb_accounts_route("accounts_sign_up", NGX_HTTP_POST,
                        "/api/v1/accounts", rb_accounts_sign_up_handler,
                        "가입. 확인 링크를 메일로 보냅니다.",
                        "Sign up; a link is sent by mail",
                        rb_accounts_sign_up_body, NGX_HTTP_ACCEPTED,
                        RB_PROBLEM_TOO_MANY) },
    { rb_accounts_route("accounts_verify", NGX_HTTP_POST,
                        "/api/v1/accounts/verify", rb_accounts_verify_handler,
                        "가입 확인", "Confirm a sign-up",
                        rb_accounts_proved_body, NGX_HTTP_CREATED,
                        RB_PROBLEM_GONE|RB_PROBLEM_CONFLICT
                        |RB_PROBLEM_TOO_MANY),
      .view = &rb_account_made_view },
    { rb_accounts_route("accounts_confirm_email", NGX_HTTP_POST,
                        "/api/v1/accounts/confirm-email",
                        rb_accounts_confirm_email_handler,
                        "바꿀 이메일 확인", "Confirm a new e-mail address",
                        rb_accounts_proved_body, NGX_HTTP_NO_CONTENT,
                        RB_PROBLEM_GONE|RB_PROBLEM_CONFLICT
                        |RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY) },
    { rb_accounts_route("accounts_restore", NGX_HTTP_POST,
                        "/api/v1/accounts/restore",
                        rb_accounts_restore_handler,
                        "탈퇴 취소", "Restore a deleted account",
                        rb_accounts_token_body, NGX_HTTP_NO_CONTENT,
                        RB_PROBLEM_GONE) },
    { rb_accounts_route("accounts_forgot", NGX_HTTP_POST,
                        "/api/v1/password-resets",
                        rb_accounts_forgot_handler,
                        "비밀번호를 새로 정할 링크 받기",
                        "Ask for a link to set a new password",
                        rb_accounts_email_body, NGX_HTTP_ACCEPTED,
                        RB_PROBLEM_TOO_MANY) },
    { rb_accounts_route("accounts_reset", NGX_HTTP_PUT,
                        "/api/v1/password-resets", rb_accounts_reset_handler,
                        "링크로 비밀번호 새로 정하기",
                        "Set a new password by the link",
                        rb_accounts_reset_body, NGX_HTTP_NO_CONTENT,
                        RB_PROBLEM_GONE) },
    {
        .name = ngx_string("consents_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/consents"),
        .handler = rb_accounts_documents_handler,
        .summary = rb_text("약관과 동의서의 전문",
                           "What there is to agree to, in full"),
        .tag = ngx_string("accounts"),
        .view = &rb_document_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .fresh = 60,
        .stale_while_revalidate = 300,
        .stale_if_error = 86400,
        .list = 1,
        .by_language = 1
    }
};

const rb_routes_t  rb_users_accounts_routes = {
    rb_users_accounts_table, rb_array_size(rb_users_accounts_table)
};


/* POST /api/v1/accounts */

static rb_err_t *
rb_accounts_sign_up_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_value_t     *body;
    rb_origin_t     origin;
    rb_sign_up_t    sign_up;

    err = rb_accounts_begin(req, &origin);
    if (err) {
        return err;
    }

    ngx_memzero(&sign_up, sizeof(rb_sign_up_t));

    body = req->body;

    sign_up.email = body[RB_ACCOUNTS_B_EMAIL].text;
    sign_up.password = body[RB_ACCOUNTS_B_PASSWORD].text;
    sign_up.display_name = body[RB_ACCOUNTS_B_DISPLAY_NAME].text;
    sign_up.born_on = body[RB_ACCOUNTS_B_BORN_ON].text;
    sign_up.role = body[RB_ACCOUNTS_B_ROLE].text;
    sign_up.terms = (body[RB_ACCOUNTS_B_TERMS].integer != 0);
    sign_up.privacy = (body[RB_ACCOUNTS_B_PRIVACY].integer != 0);
    sign_up.marketing = (body[RB_ACCOUNTS_B_MARKETING].integer != 0);
    sign_up.lang = req->lang;

    if (body[RB_ACCOUNTS_B_LOCALE].text.len) {
        sign_up.lang = (body[RB_ACCOUNTS_B_LOCALE].text.data[0] == 'e')
                       ? RB_LANG_EN : RB_LANG_KO;
    }

    return rb_accounts_accepted(req, rb_users_sign_up(&req->task, &sign_up,
                                                      &origin));
}


/* POST /api/v1/accounts/verify */

static rb_err_t *
rb_accounts_verify_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     member;
    rb_json_t     json;
    rb_origin_t   origin;

    err = rb_accounts_begin(req, &origin);

    if (err == NULL) {
        err = rb_users_verify(&req->task,
                              &req->body[RB_ACCOUNTS_B_TOKEN].text,
                              &req->body[RB_ACCOUNTS_B_ITS_PASSWORD].text,
                              &origin, &member);
    }

    if (err == NULL) {
        err = rb_reply_json(req, NGX_HTTP_CREATED, &json);
    }

    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_str(&json, &member);
    rb_json_close(&json, '}');

    return NULL;
}


/* POST /api/v1/accounts/confirm-email */

static rb_err_t *
rb_accounts_confirm_email_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_accounts_begin(req, &origin);

    return err ? err
        : rb_accounts_nothing(req,
              rb_users_confirm_email(&req->task,
                                     &req->body[RB_ACCOUNTS_B_TOKEN].text,
                                     &req->body[RB_ACCOUNTS_B_ITS_PASSWORD]
                                         .text,
                                     &origin));
}


/* POST /api/v1/accounts/restore */

static rb_err_t *
rb_accounts_restore_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_accounts_begin(req, &origin);

    return err ? err
        : rb_accounts_nothing(req,
              rb_users_restore(&req->task,
                               &req->body[RB_ACCOUNTS_B_TOKEN].text,
                               &origin));
}


/* POST /api/v1/password-resets */

static rb_err_t *
rb_accounts_forgot_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_accounts_begin(req, &origin);

    return err ? err
        : rb_accounts_accepted(req,
              rb_users_forgot(&req->task,
                              &req->body[RB_ACCOUNTS_B_EMAIL].text,
                              &origin));
}


/* PUT /api/v1/password-resets */

static rb_err_t *
rb_accounts_reset_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_accounts_begin(req, &origin);

    return err ? err
        : rb_accounts_nothing(req,
              rb_users_reset(&req->task, &req->body[RB_ACCOUNTS_B_TOKEN].text,
                             &req->body[RB_ACCOUNTS_B_ITS_PASSWORD].text,
                             &origin));
}


static rb_err_t *
rb_accounts_begin(rb_req_t *req, rb_origin_t *origin)
{
    rb_err_t  *err;

    err = rb_csrf_check_origin(req);

    return err ? err : rb_identity_origin(req, origin);
}


/* 202 with nothing in it. */

static rb_err_t *
rb_accounts_accepted(rb_req_t *req, rb_err_t *err)
{
    if (err) {
        return err;
    }

    err = rb_reply_nothing(req);

    req->reply.status = NGX_HTTP_ACCEPTED;

    return err;
}


static rb_err_t *
rb_accounts_nothing(rb_req_t *req, rb_err_t *err)
{
    return err ? err : rb_reply_nothing(req);
}


/* GET /api/v1/consents; no tag: a change of its table drops everything, and
 * the day on which a version comes into force is seen within a minute. */

static rb_err_t *
rb_accounts_documents_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_users_documents(&req->task, NULL, req->lang, &rows);

    return err ? err : rb_reply_list(req, &rows, rows.count, 0, -1);
}
