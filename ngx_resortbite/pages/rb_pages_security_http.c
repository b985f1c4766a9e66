
/*
 * /account/security: an authenticator, recovery codes and passkeys, without a
 * script but for what passkeys need.
 *
 * Recovery codes are shown in the answer to the form that made them, and never
 * again.
 */


#include "pages/rb_pages_account.h"
#include "factors/rb_factors.h"
#include "gate/rb_identity.h"


#define RB_SECURITY_STEP_UP  900


enum {
    RB_PASSKEY_B_HANDLE = 0,
    RB_PASSKEY_B_ANSWER,
    RB_PASSKEY_B_NAME
};


static rb_err_t *rb_pages_security(rb_req_t *req);
static rb_err_t *rb_pages_security_show(rb_req_t *req, const rb_err_t *error);
static void rb_pages_security_totp(rb_page_t *page,
    const rb_factors_t *factors);
static void rb_pages_security_recovery(rb_page_t *page,
    const rb_factors_t *factors);
static void rb_pages_security_passkeys(rb_page_t *page,
    const rb_factors_t *factors);
static void rb_pages_security_passkey(rb_page_t *page,
    const rb_passkey_t *passkey);
static rb_err_t *rb_pages_totp_begin(rb_req_t *req);
static rb_err_t *rb_pages_totp(rb_req_t *req);
static rb_err_t *rb_pages_totp_show(rb_req_t *req,
    const rb_totp_setup_t *setup, const rb_err_t *error);
static rb_err_t *rb_pages_totp_confirm(rb_req_t *req);
static rb_err_t *rb_pages_totp_remove(rb_req_t *req);
static rb_err_t *rb_pages_recovery_make(rb_req_t *req);
static rb_err_t *rb_pages_codes_show(rb_req_t *req,
    const rb_recovery_codes_t *codes);
static rb_err_t *rb_pages_passkey_begin(rb_req_t *req);
static rb_err_t *rb_pages_passkey_add(rb_req_t *req);
static rb_err_t *rb_pages_passkey_rename(rb_req_t *req);
static rb_err_t *rb_pages_passkey_remove(rb_req_t *req);
static rb_factors_by_t rb_pages_by(rb_req_t *req);
static rb_err_t *rb_pages_proved(rb_req_t *req, ngx_uint_t amr);
static rb_err_t *rb_pages_security_back(rb_req_t *req, rb_err_t *err);


static const rb_param_t  rb_totp_confirm_body[] = {
    { ngx_string("code"), RB_PARAM_STRING, 1, 20, NULL, 1, ngx_null_string,
      rb_text("인증 앱에 보이는 여섯 자리 숫자",
              "The six digits that the authenticator shows") },
    rb_param_end
};

static const rb_param_t  rb_passkey_body[] = {
    { ngx_string("handle"), RB_PARAM_STRING, 1, 200, NULL, 1,
      ngx_null_string,
      rb_text("등록을 시작할 때 받은 값", "What the ceremony began with") },
    { ngx_string("answer"), RB_PARAM_STRING, 1, 16384, NULL, 1,
      ngx_null_string,
      rb_text("브라우저가 만든 답", "What the browser has made") },
    { ngx_string("name"), RB_PARAM_STRING, 0, RB_PASSKEY_NAME_MAX, NULL, 0,
      ngx_null_string, rb_text("패스키의 이름", "The passkey's name") },
    rb_param_end
};

static const rb_param_t  rb_passkey_rename_body[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, RB_PASSKEY_NAME_MAX, NULL, 1,
      ngx_null_string, rb_text("새 이름", "Its new name") },
    rb_param_end
};

static const rb_param_t  rb_passkey_path[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("패스키 id", "The passkey's id") },
    rb_param_end
};


#define rb_security_route(nm, mt, pt, hd, ko, en)                             \
        .name = ngx_string(nm),                                               \
        .method = mt,                                                         \
        .path = ngx_string(pt),                                               \
        .handler = hd,                                                        \
        .summary = rb_text(ko, en),                                           \
        .tag = ngx_string("pages"),                                           \
        .roles = RB_ROLE_MEMBER,                                              \
        .step_up = RB_SECURITY_STEP_UP

#define rb_security_form(nm, pt, hd, ko, en)                                  \
        rb_security_route(nm, NGX_HTTP_POST, pt, hd, ko, en),                 \
        .success = NGX_HTTP_SEE_OTHER,                                        \
        .form = 1,                                                            \
        .page = 1


static const rb_route_t  rb_pages_security_table[] = {
    {
        rb_security_route("page_security", NGX_HTTP_GET, "/account/security",
                          rb_pages_security,
                          "로그인 보안", "Sign-in security"),
        .success = NGX_HTTP_OK,
        .page = 1
    },
    {
        rb_security_form("page_totp_begin", "/account/security/totp",
                         rb_pages_totp_begin,
                         "인증 앱 등록 시작", "Begin to set up an "
                         "authenticator"),
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        rb_security_route("page_totp", NGX_HTTP_GET, "/account/security/totp",
                          rb_pages_totp,
                          "등록할 인증 앱", "An authenticator to be set up"),
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .page = 1
    },
    {
        rb_security_form("page_totp_confirm", "/account/security/totp/confirm",
                         rb_pages_totp_confirm,
                         "인증 앱 등록", "Set up an authenticator"),
        .body = rb_totp_confirm_body,
        .problems = RB_PROBLEM_CONFLICT,
        .redisplays = 1
    },
    {
        rb_security_form("page_totp_remove", "/account/security/totp/remove",
                         rb_pages_totp_remove,
                         "인증 앱 등록 해제", "Remove the authenticator"),
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_NOT_FOUND
    },
    {
        rb_security_form("page_recovery", "/account/security/recovery",
                         rb_pages_recovery_make,
                         "새 복구 코드", "New recovery codes"),
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        rb_security_route("page_passkey_options", NGX_HTTP_POST,
                          "/account/security/passkeys/options",
                          rb_pages_passkey_begin,
                          "패스키 등록 시작", "Begin to add a passkey"),
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .form = 1,
        .lenient = 1
    },
    {
        rb_security_form("page_passkey_add", "/account/security/passkeys",
                         rb_pages_passkey_add,
                         "패스키 등록", "Add a passkey"),
        .body = rb_passkey_body,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        rb_security_form("page_passkey_rename",
                         "/account/security/passkeys/{id}/rename",
                         rb_pages_passkey_rename,
                         "패스키 이름 바꾸기", "Rename a passkey"),
        .path_params = rb_passkey_path,
        .body = rb_passkey_rename_body
    },
    {
        rb_security_form("page_passkey_remove",
                         "/account/security/passkeys/{id}/remove",
                         rb_pages_passkey_remove,
                         "패스키 삭제", "Remove a passkey"),
        .path_params = rb_passkey_path,
        .problems = RB_PROBLEM_CONFLICT
    }
};

const rb_routes_t  rb_pages_security_routes = {
    rb_pages_security_table, rb_array_size(rb_pages_security_table)
};


/* GET /account/security */

static rb_err_t *
rb_pages_security(rb_req_t *req)
{
    return rb_pages_security_show(req, NULL);
}


static rb_err_t *
rb_pages_security_show(rb_req_t *req, const rb_err_t *error)
{
    rb_err_t       *err;
    rb_page_t       page;
    rb_factors_t    factors;

    static const rb_text_t  title = rb_text("로그인 보안", "Sign-in security");
    static const rb_text_t  back = rb_text("내 계정", "My account");

    err = rb_factors_list(&req->task, &req->principal->member, &factors);
    if (err) {
        return err;
    }

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = error,
                                      .script = "passkey.js", .wide = 1 });

    if ((req->principal->roles & RB_ROLES_STAFF)
        && factors.totp_at.data == NULL && factors.count == 0)
    {
        static const rb_text_t  staff =
            rb_text("운영진 화면은 2단계 인증이 있어야 열립니다. 인증 앱이나 "
                    "패스키를 등록해 주세요.",
                    "Staff pages need a second factor: set up an "
                    "authenticator or a passkey.");

        rb_page_notice(&page, RB_PAGE_NOTE, &staff);
    }

    rb_pages_security_totp(&page, &factors);
    rb_pages_security_passkeys(&page, &factors);
    rb_pages_security_recovery(&page, &factors);
    rb_page_link(&page, "/account", &back);

    return rb_page_end(&page);
}


static void
rb_pages_security_totp(rb_page_t *page, const rb_factors_t *factors)
{
    static const rb_text_t  title = rb_text("인증 앱", "Authenticator");
    static const rb_text_t  what =
        rb_text("로그인할 때 비밀번호 다음으로 휴대전화의 인증 앱에 보이는 "
                "여섯 자리 숫자를 묻습니다.",
                "After your password, signing in asks for the six digits that "
                "an app on your phone shows.");
    static const rb_text_t  set_up =
        rb_text("인증 앱 등록", "Set up an authenticator");
    static const rb_text_t  remove =
        rb_text("인증 앱 등록 해제", "Remove the authenticator");

    rb_page_put(page, "h2", &title);

    if (factors->totp_at.data == NULL) {
        rb_page_put(page, "p", &what);
        rb_pages_button_form(page, rb_page_lit("/account/security/totp"),
                             NULL, NULL, &set_up, RB_PAGE_PRIMARY);
        return;
    }

    rb_page_open(page, "p", NULL);
    rb_page_sayf(page, "등록되어 있습니다: ", "Set up since ");
    rb_pages_when(page, &factors->totp_at);
    rb_page_close(page, "p");
    rb_pages_time_zone(page);

    rb_pages_button_form(page, rb_page_lit("/account/security/totp/remove"),
                         NULL, NULL, &remove, RB_PAGE_DANGER);
}


static void
rb_pages_security_recovery(rb_page_t *page, const rb_factors_t *factors)
{
    static const rb_text_t  title = rb_text("복구 코드", "Recovery codes");
    static const rb_text_t  renew =
        rb_text("새 복구 코드 받기", "Make new recovery codes");

    if (factors->totp_at.data == NULL && factors->count == 0) {
        return;
    }

    rb_page_put(page, "h2", &title);
    rb_page_putf(page, "p",
                 "휴대전화를 잃어버렸을 때 쓰는 코드가 %ui개 남아 있습니다. "
                 "새로 받으면 예전 코드는 쓸 수 없습니다.",
                 "You have %ui codes left, for when your phone is lost. New "
                 "ones take the place of the old.", factors->recovery_codes);

    rb_pages_button_form(page, rb_page_lit("/account/security/recovery"),
                         NULL, NULL, &renew, RB_PAGE_SECONDARY);
}


static void
rb_pages_security_passkeys(rb_page_t *page, const rb_factors_t *factors)
{
    ngx_str_t   csrf;
    ngx_uint_t  i;

    static const rb_text_t  title = rb_text("패스키", "Passkeys");
    static const rb_text_t  what =
        rb_text("지문이나 얼굴, 화면 잠금으로 비밀번호 없이 로그인합니다.",
                "Sign in with your fingerprint, face or screen lock, without "
                "a password.");
    static const rb_text_t  script =
        rb_text("등록하려면 스크립트가 켜진 브라우저가 필요합니다.",
                "Adding one needs a browser with scripts switched on.");
    static const rb_text_t  add = rb_text("패스키 추가", "Add a passkey");

    static const rb_page_input_t  name = {
        .name = "name",
        .label = rb_text("새 패스키의 이름", "Name of the new passkey"),
        .hint = rb_text("예: 내 휴대전화", "For example: my phone"),
        .maxlength = RB_PASSKEY_NAME_MAX
    };

    rb_page_put(page, "h2", &title);
    rb_page_put(page, "p", &what);

    if (factors->count) {
        rb_pages_time_zone(page);
        rb_page_open(page, "ul", "class", rb_page_lit("rows"), NULL);

        for (i = 0; i < factors->count; i++) {
            rb_pages_security_passkey(page, &factors->passkeys[i]);
        }

        rb_page_close(page, "ul");
    }

    rb_page_open(page, "noscript", NULL);
    rb_page_put(page, "p", &script);
    rb_page_close(page, "noscript");

    csrf = rb_csrf_token(page->req);

    rb_page_passkey_form(page, "create",
                         rb_page_lit("/account/security/passkeys"),
                         rb_page_lit("/account/security/passkeys/options"),
                         &csrf);
    rb_page_input(page, &name);
    rb_page_button(page, &add, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(page);
}


static void
rb_pages_security_passkey(rb_page_t *page, const rb_passkey_t *passkey)
{
    u_char           path[128];
    ngx_str_t        action, csrf;
    rb_page_input_t  name;

    static const rb_text_t  rename = rb_text("이름 바꾸기", "Rename it");
    static const rb_text_t  remove = rb_text("삭제", "Remove it");

    csrf = rb_csrf_token(page->req);

    rb_page_open(page, "li", NULL);
    rb_page_open(page, "strong", NULL);
    rb_page_text(page, &passkey->name);
    rb_page_close(page, "strong");

    rb_page_open(page, "p", "class", rb_page_lit("hint"), NULL);
    rb_page_sayf(page, "등록 ", "Added ");
    rb_pages_when(page, &passkey->created_at);

    if (passkey->last_used_at.data) {
        rb_page_sayf(page, " · 마지막 사용 ", " · last used ");
        rb_pages_when(page, &passkey->last_used_at);
    }

    if (passkey->backed_up) {
        rb_page_sayf(page, " · 다른 기기와 동기화됨",
                     " · synced to other devices");
    }

    rb_page_close(page, "p");

    rb_page_open(page, "details", NULL);
    rb_page_putf(page, "summary", "바꾸기", "Change");

    action.data = path;
    action.len = ngx_snprintf(path, sizeof(path),
                              "/account/security/passkeys/%V/rename",
                              &passkey->id) - path;

    ngx_memzero(&name, sizeof(rb_page_input_t));
    name.name = "name";
    name.label = (rb_text_t) rb_text("이름", "Name");
    name.value = &passkey->name;
    name.maxlength = RB_PASSKEY_NAME_MAX;
    name.required = 1;

    rb_page_form(page, &action, &csrf);
    rb_page_input(page, &name);
    rb_page_button(page, &rename, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);

    action.len = ngx_snprintf(path, sizeof(path),
                              "/account/security/passkeys/%V/remove",
                              &passkey->id) - path;

    rb_pages_button_form(page, &action, NULL, NULL, &remove, RB_PAGE_DANGER);

    rb_page_close(page, "details");
    rb_page_close(page, "li");
}


/* POST /account/security/totp */

static rb_err_t *
rb_pages_totp_begin(rb_req_t *req)
{
    rb_err_t         *err;
    rb_factors_by_t   by;
    rb_totp_setup_t   setup;

    by = rb_pages_by(req);

    err = rb_factors_totp_begin(&req->task, &by, req->lang, &setup);
    if (err) {
        return rb_pages_security_back(req, err);
    }

    return rb_reply_redirect(req, rb_page_lit("/account/security/totp"));
}


/* GET /account/security/totp */

static rb_err_t *
rb_pages_totp(rb_req_t *req)
{
    rb_err_t         *err;
    rb_factors_by_t   by;
    rb_totp_setup_t   setup;

    by = rb_pages_by(req);

    err = rb_factors_totp_pending(&req->task, &by, req->lang, &setup);

    if (err == &rb_err_totp_not_begun) {
        return rb_reply_redirect(req, rb_page_lit("/account/security"));
    }

    return err ? err : rb_pages_totp_show(req, &setup, NULL);
}


static rb_err_t *
rb_pages_totp_show(rb_req_t *req, const rb_totp_setup_t *setup,
    const rb_err_t *error)
{
    ngx_str_t  csrf;
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("인증 앱 등록", "Set up an authenticator");
    static const rb_text_t  scan =
        rb_text("1. 인증 앱으로 이 QR 코드를 찍어 주세요.",
                "1. Scan this QR code with your authenticator app.");
    static const rb_text_t  by_hand =
        rb_text("찍을 수 없으면 이 키를 앱에 직접 적어 주세요.",
                "If you can't scan it, enter this key in the app.");
    static const rb_text_t  then =
        rb_text("2. 앱에 보이는 여섯 자리 숫자를 적어 주세요.",
                "2. Enter the six digits that the app shows.");
    static const rb_text_t  confirm = rb_text("등록", "Set it up");
    static const rb_text_t  cancel = rb_text("취소", "Cancel");

    static const rb_page_input_t  code = {
        .name = "code",
        .label = rb_text("인증 앱의 숫자", "Code of the app"),
        .autocomplete = "one-time-code",
        .inputmode = "numeric",
        .maxlength = 12,
        .required = 1
    };

    csrf = rb_csrf_token(req);

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = error });

    rb_page_put(&page, "p", &scan);
    rb_page_open(&page, "p", NULL);
    rb_page_open(&page, "span", "class", rb_page_lit("qr"), NULL);
    rb_page_markup(&page, &setup->qr);
    rb_page_close(&page, "span");
    rb_page_close(&page, "p");

    rb_page_put(&page, "p", &by_hand);
    rb_page_open(&page, "p", NULL);
    rb_page_open(&page, "code", "id", rb_page_lit("secret"), NULL);
    rb_page_text(&page, &setup->secret);
    rb_page_close(&page, "code");
    rb_page_close(&page, "p");

    rb_page_form(&page, rb_page_lit("/account/security/totp/confirm"), &csrf);
    rb_page_put(&page, "p", &then);
    rb_page_input(&page, &code);
    rb_page_button(&page, &confirm, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);
    rb_page_link(&page, "/account/security", &cancel);

    return rb_page_end(&page);
}


/* POST /account/security/totp/confirm */

static rb_err_t *
rb_pages_totp_confirm(rb_req_t *req)
{
    rb_err_t             *err;
    rb_factors_by_t       by;
    rb_totp_setup_t       setup;
    rb_recovery_codes_t   codes;
    const rb_err_t       *error;

    by = rb_pages_by(req);
    codes.count = 0;
    err = NULL;

    if (req->wrong == NULL) {
        err = rb_factors_totp_confirm(&req->task, &by, &req->body[0].text,
                                      &codes);
    }

    error = req->wrong ? req->wrong : err;

    if (error == NULL) {
        err = rb_pages_proved(req, RB_AMR_OTP);
        return err ? err : rb_pages_codes_show(req, &codes);
    }

    if (error->fields == NULL) {
        return rb_pages_security_back(req, err);
    }

    err = rb_factors_totp_pending(&req->task, &by, req->lang, &setup);

    return err ? rb_pages_security_back(req, err)
               : rb_pages_totp_show(req, &setup, error);
}


/* POST /account/security/totp/remove */

static rb_err_t *
rb_pages_totp_remove(rb_req_t *req)
{
    rb_factors_by_t  by;

    by = rb_pages_by(req);

    return rb_pages_security_back(req,
                                  rb_factors_totp_remove(&req->task, &by));
}


/* POST /account/security/recovery */

static rb_err_t *
rb_pages_recovery_make(rb_req_t *req)
{
    rb_err_t             *err;
    rb_factors_by_t       by;
    rb_recovery_codes_t   codes;

    by = rb_pages_by(req);

    err = rb_factors_recovery_make(&req->task, &by, &codes);

    return err ? rb_pages_security_back(req, err)
               : rb_pages_codes_show(req, &codes);
}


/* Codes just made; none: there is nothing to show. */

static rb_err_t *
rb_pages_codes_show(rb_req_t *req, const rb_recovery_codes_t *codes)
{
    rb_page_t   page;
    ngx_uint_t  i;

    static const rb_text_t  title = rb_text("복구 코드", "Recovery codes");
    static const rb_text_t  once =
        rb_text("이 코드는 지금 한 번만 보입니다. 인쇄하거나 적어서 안전한 곳에 "
                "두세요.",
                "These codes are shown only now. Print them or write them "
                "down, and keep them safe.");
    static const rb_text_t  what =
        rb_text("휴대전화를 잃어버려도 코드 하나로 한 번 로그인할 수 있습니다.",
                "Should you lose your phone, each code signs you in once.");
    static const rb_text_t  kept =
        rb_text("적어 두었습니다", "I have kept them");

    if (codes->count == 0) {
        return rb_reply_redirect(req, rb_page_lit("/account/security"));
    }

    rb_page_begin(&page, req, &title, NULL);
    rb_page_notice(&page, RB_PAGE_NOTE, &once);
    rb_page_put(&page, "p", &what);

    rb_page_open(&page, "ol", "class", rb_page_lit("codes"), NULL);

    for (i = 0; i < codes->count; i++) {
        rb_page_open(&page, "li", NULL);
        rb_page_open(&page, "code", NULL);
        rb_page_text(&page, &codes->code[i]);
        rb_page_close(&page, "code");
        rb_page_close(&page, "li");
    }

    rb_page_close(&page, "ol");

    rb_page_open(&page, "a", "class", rb_page_lit("button"), "href",
                 rb_page_lit("/account/security"), NULL);
    rb_page_say(&page, &kept);
    rb_page_close(&page, "a");

    return rb_page_end(&page);
}


/* POST /account/security/passkeys/options, of the script */

static rb_err_t *
rb_pages_passkey_begin(rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         options, handle;
    rb_factors_by_t   by;

    by = rb_pages_by(req);

    err = rb_factors_passkey_create_options(&req->task, &by, &options,
                                            &handle);

    return err ? err : rb_pages_passkey_reply(req, &options, &handle);
}


/* POST /account/security/passkeys */

static rb_err_t *
rb_pages_passkey_add(rb_req_t *req)
{
    rb_err_t             *err;
    ngx_str_t             name;
    rb_passkey_t          passkey;
    rb_factors_by_t       by;
    rb_recovery_codes_t   codes;

    static ngx_str_t      unnamed = ngx_string("");

    by = rb_pages_by(req);
    name = req->body[RB_PASSKEY_B_NAME].text;

    err = rb_factors_passkey_create(&req->task, &by,
                                    &req->body[RB_PASSKEY_B_HANDLE].text,
                                    &req->body[RB_PASSKEY_B_ANSWER].text,
                                    name.data ? &name : &unnamed, &passkey,
                                    &codes);
    if (err == NULL) {
        err = rb_pages_proved(req, RB_AMR_HWK);
    }

    return err ? rb_pages_security_back(req, err)
               : rb_pages_codes_show(req, &codes);
}


/* POST /account/security/passkeys/{id}/rename */

static rb_err_t *
rb_pages_passkey_rename(rb_req_t *req)
{
    rb_factors_by_t  by;

    by = rb_pages_by(req);

    return rb_pages_security_back(req,
               rb_factors_passkey_rename(&req->task, &by, &req->path[0].text,
                                         &req->body[0].text));
}


/* POST /account/security/passkeys/{id}/remove */

static rb_err_t *
rb_pages_passkey_remove(rb_req_t *req)
{
    rb_factors_by_t  by;

    by = rb_pages_by(req);

    return rb_pages_security_back(req,
               rb_factors_passkey_remove(&req->task, &by,
                                         &req->path[0].text));
}


static rb_factors_by_t
rb_pages_by(rb_req_t *req)
{
    rb_factors_by_t  by;

    by.who = req->principal;
    by.request_id = req->id;
    ngx_memcpy(by.caller, req->caller, sizeof(by.caller));

    return by;
}


/* Who has set up a factor has just shown that they have it. */

static rb_err_t *
rb_pages_proved(rb_req_t *req, ngx_uint_t amr)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);

    return err ? err : rb_sessions_step_up(&req->task, req->principal, amr,
                                           &origin);
}


/* To the page; what the member can mend is told on top of it. */

static rb_err_t *
rb_pages_security_back(rb_req_t *req, rb_err_t *err)
{
    if (err == NULL) {
        return rb_reply_redirect(req, rb_page_lit("/account/security"));
    }

    return err->fields || err->problem->status == NGX_HTTP_CONFLICT
           ? rb_pages_security_show(req, err) : err;
}
