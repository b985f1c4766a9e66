
/*
 * /account: who one is here, what is signed in, what is linked and allowed,
 * and the way out.  Each form has an address of its own; a form that is
 * refused shows the page again, with what was wrong.
 */


#include "pages/rb_pages_account.h"
#include "gate/rb_identity.h"
#include "oauth/rb_oauth.h"
#include "social/rb_social.h"


#define RB_ACCOUNT_STEP_UP  900

enum {
    RB_PASSWORD_B_OLD = 0,
    RB_PASSWORD_B_NEW
};


static rb_err_t *rb_pages_account(rb_req_t *req);
static rb_err_t *rb_pages_account_show(rb_req_t *req, const rb_err_t *error);
static rb_err_t *rb_pages_account_read(rb_req_t *req, rb_account_t *account);
static rb_err_t *rb_pages_account_profile_post(rb_req_t *req);
static rb_err_t *rb_pages_account_email_post(rb_req_t *req);
static rb_err_t *rb_pages_account_password_post(rb_req_t *req);
static rb_err_t *rb_pages_account_session_post(rb_req_t *req);
static rb_err_t *rb_pages_account_sessions_post(rb_req_t *req);
static rb_err_t *rb_pages_account_grant_post(rb_req_t *req);
static rb_err_t *rb_pages_account_identity_post(rb_req_t *req);
static rb_err_t *rb_pages_account_consents_post(rb_req_t *req);
static rb_err_t *rb_pages_account_delete(rb_req_t *req);
static rb_err_t *rb_pages_account_delete_post(rb_req_t *req);
static rb_err_t *rb_pages_account_done(rb_req_t *req, rb_err_t *err,
    const char *what);


static const ngx_str_t  rb_account_done_words[] = {
    ngx_string("profile"), ngx_string("email"), ngx_string("password"),
    ngx_string("session"), ngx_string("sessions"), ngx_string("grant"),
    ngx_string("identity"), ngx_string("consents"), ngx_null_string
};

/* in the same order */

static const rb_text_t  rb_account_done_texts[] = {
    rb_text("저장했습니다.", "Saved."),
    rb_text("새 주소로 확인 메일을 보냈습니다. 링크를 누르면 주소가 바뀝니다.",
            "We have sent a mail to the new address. It becomes yours here "
            "when you follow its link."),
    rb_text("비밀번호를 바꾸고 다른 곳에서는 모두 로그아웃했습니다.",
            "Your password is changed, and you are signed out everywhere "
            "else."),
    rb_text("로그아웃했습니다.", "It is signed out."),
    rb_text("다른 곳에서 모두 로그아웃했습니다.",
            "You are signed out everywhere else."),
    rb_text("허용을 거두었습니다.", "It has no access any more."),
    rb_text("연결을 해제했습니다.", "It is unlinked."),
    rb_text("저장했습니다.", "Saved.")
};

static const ngx_str_t  rb_account_locales[] = {
    ngx_string("ko"), ngx_string("en"), ngx_null_string
};

static const rb_param_t  rb_account_query[] = {
    { ngx_string("done"), RB_PARAM_ENUM, 0, 0, rb_account_done_words, 0,
      ngx_null_string,
      rb_text("방금 끝난 일", "What was just done") },
    rb_param_end
};

static const rb_param_t  rb_account_profile_body[] = {
    { ngx_string("display_name"), RB_PARAM_STRING, 1, 50, NULL, 1,
      ngx_null_string, rb_text("이름", "The name") },
    { ngx_string("locale"), RB_PARAM_ENUM, 0, 0, rb_account_locales, 1,
      ngx_null_string,
      rb_text("메일을 받을 언어", "The language of mails") },
    rb_param_end
};

static const rb_param_t  rb_account_email_body[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 254, NULL, 1, ngx_null_string,
      rb_text("새 메일 주소", "The new e-mail address") },
    rb_param_end
};

static const rb_param_t  rb_account_password_body[] = {
    { ngx_string("old_password"), RB_PARAM_STRING, 0, 1000, NULL, 0,
      ngx_null_string, rb_text("지금 비밀번호", "The password so far") },
    { ngx_string("new_password"), RB_PARAM_STRING, 1, 1000, NULL, 1,
      ngx_null_string, rb_text("새 비밀번호", "The new password") },
    rb_param_end
};

static const rb_param_t  rb_account_session_body[] = {
    { ngx_string("session"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("세션 id", "The session's id") },
    rb_param_end
};

static const rb_param_t  rb_account_grant_body[] = {
    { ngx_string("client"), RB_PARAM_STRING, 1, 64, NULL, 1, ngx_null_string,
      rb_text("애플리케이션 id", "The application's id") },
    rb_param_end
};

static const rb_param_t  rb_account_identity_body[] = {
    { ngx_string("provider"), RB_PARAM_STRING, 2, 30, NULL, 1,
      ngx_null_string,
      rb_text("서비스의 이름", "The provider's name here") },
    rb_param_end
};

static const rb_param_t  rb_account_consents_body[] = {
    { ngx_string("marketing"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("소식 수신 동의", "Consent to news and offers") },
    rb_param_end
};


#define rb_account_route(nm, mt, pt, hd, ko, en)                              \
        .name = ngx_string(nm),                                               \
        .method = mt,                                                         \
        .path = ngx_string(pt),                                               \
        .handler = hd,                                                        \
        .summary = rb_text(ko, en),                                           \
        .tag = ngx_string("pages"),                                           \
        .roles = RB_ROLE_MEMBER,                                              \
        .page = 1

#define rb_account_form(nm, pt, hd, ko, en)                                   \
        rb_account_route(nm, NGX_HTTP_POST, pt, hd, ko, en),                  \
        .success = NGX_HTTP_SEE_OTHER,                                        \
        .form = 1


static const rb_route_t  rb_pages_account_table[] = {
    {
        rb_account_route("page_account", NGX_HTTP_GET, "/account",
                         rb_pages_account, "내 계정", "My account"),
        .query = rb_account_query,
        .success = NGX_HTTP_OK
    },
    {
        rb_account_form("page_account_profile", "/account/profile",
                        rb_pages_account_profile_post,
                        "이름과 언어 바꾸기", "Change name and language"),
        .body = rb_account_profile_body,
        .redisplays = 1
    },
    {
        rb_account_form("page_account_email", "/account/email",
                        rb_pages_account_email_post,
                        "메일 주소 바꾸기", "Change the e-mail address"),
        .body = rb_account_email_body,
        .step_up = RB_ACCOUNT_STEP_UP,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_TOO_MANY,
        .redisplays = 1
    },
    {
        rb_account_form("page_account_password", "/account/password",
                        rb_pages_account_password_post,
                        "비밀번호 바꾸기", "Change the password"),
        .body = rb_account_password_body,
        .step_up = RB_ACCOUNT_STEP_UP,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .redisplays = 1
    },
    {
        rb_account_form("page_account_session", "/account/sessions/end",
                        rb_pages_account_session_post,
                        "한 곳에서 로그아웃", "Sign out one place"),
        .body = rb_account_session_body,
        .problems = RB_PROBLEM_NOT_FOUND
    },
    {
        rb_account_form("page_account_sessions", "/account/sessions/end-all",
                        rb_pages_account_sessions_post,
                        "다른 모든 곳에서 로그아웃",
                        "Sign out everywhere else")
    },
    {
        rb_account_form("page_account_grant", "/account/grants",
                        rb_pages_account_grant_post,
                        "애플리케이션의 접근 거두기",
                        "Take back an application's access"),
        .body = rb_account_grant_body,
        .problems = RB_PROBLEM_NOT_FOUND
    },
    {
        rb_account_form("page_account_identity", "/account/identities",
                        rb_pages_account_identity_post,
                        "외부 계정 연결 해제", "Unlink an account elsewhere"),
        .body = rb_account_identity_body,
        .step_up = RB_ACCOUNT_STEP_UP,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_NOT_FOUND
    },
    {
        rb_account_form("page_account_consents", "/account/consents",
                        rb_pages_account_consents_post,
                        "동의 바꾸기", "Change consents"),
        .body = rb_account_consents_body
    },
    {
        rb_account_route("page_account_delete", NGX_HTTP_GET,
                         "/account/delete", rb_pages_account_delete,
                         "탈퇴할지", "Whether to delete the account"),
        .step_up = RB_ACCOUNT_STEP_UP,
        .success = NGX_HTTP_OK
    },
    {
        rb_account_form("page_account_delete_post", "/account/delete",
                        rb_pages_account_delete_post,
                        "탈퇴", "Delete the account"),
        .step_up = RB_ACCOUNT_STEP_UP,
        .problems = RB_PROBLEM_CONFLICT
    }
};

const rb_routes_t  rb_pages_account_routes = {
    rb_pages_account_table, rb_array_size(rb_pages_account_table)
};


/* GET /account */

static rb_err_t *
rb_pages_account(rb_req_t *req)
{
    return rb_pages_account_show(req, NULL);
}


static rb_err_t *
rb_pages_account_show(rb_req_t *req, const rb_err_t *error)
{
    rb_err_t      *err;
    ngx_uint_t     i;
    rb_page_t      page;
    rb_account_t   account;

    static const rb_text_t  title = rb_text("내 계정", "My account");
    static const rb_text_t  out = rb_text("로그아웃", "Sign out");
    static const rb_text_t  leave = rb_text("탈퇴", "Delete my account");

    err = rb_pages_account_read(req, &account);
    if (err) {
        return err;
    }

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = error, .wide = 1 });

    if (req->method == NGX_HTTP_GET && req->query[0].text.data) {
        for (i = 0; rb_account_done_words[i].len; i++) {
            if (req->query[0].set & ((uint64_t) 1 << i)) {
                rb_page_notice(&page, RB_PAGE_STATUS,
                               &rb_account_done_texts[i]);
            }
        }
    }

    rb_pages_account_parts(&page, &account);

    rb_page_open(&page, "hr", NULL);
    rb_pages_button_form(&page, rb_page_lit("/logout"), NULL, NULL, &out,
                         RB_PAGE_PRIMARY);
    rb_page_link(&page, "/account/delete", &leave);

    return rb_page_end(&page);
}


static rb_err_t *
rb_pages_account_read(rb_req_t *req, rb_account_t *account)
{
    rb_err_t              *err;
    rb_task_t             *task;
    const rb_principal_t  *who;

    task = &req->task;
    who = req->principal;

    err = rb_users_get(task, &who->member, &account->user);

    if (err == NULL) {
        err = rb_sessions_list(task, &who->member, &who->session,
                               &account->sessions);
    }

    if (err == NULL) {
        err = rb_social_identities(task, &who->member, &account->identities);
    }

    if (err == NULL) {
        err = rb_users_consents(task, &who->member, &account->consents);
    }

    return err;
}


/* POST /account/profile */

static rb_err_t *
rb_pages_account_profile_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    if (req->wrong) {
        return rb_pages_account_show(req, req->wrong);
    }

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_users_rename(&req->task, req->principal, &req->body[0].text,
                              &req->body[1].text, NULL, &origin);
    }

    return rb_pages_account_done(req, err, "profile");
}


/* POST /account/email */

static rb_err_t *
rb_pages_account_email_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    if (req->wrong) {
        return rb_pages_account_show(req, req->wrong);
    }

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_users_change_email(&req->task, req->principal,
                                    &req->body[0].text, &origin);
    }

    return rb_pages_account_done(req, err, "email");
}


/* POST /account/password */

static rb_err_t *
rb_pages_account_password_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    if (req->wrong) {
        return rb_pages_account_show(req, req->wrong);
    }

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_users_change_password(&req->task, req->principal,
                                       &req->body[RB_PASSWORD_B_OLD].text,
                                       &req->body[RB_PASSWORD_B_NEW].text,
                                       &origin);
    }

    return rb_pages_account_done(req, err, "password");
}


/* POST /account/sessions/end */

static rb_err_t *
rb_pages_account_session_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_sessions_end(&req->task, &req->principal->member,
                              &req->body[0].text, "revoked", req->principal,
                              &origin);
    }

    /* it has ended meanwhile: as good */

    return rb_pages_account_done(req, err == &rb_err_not_found ? NULL : err,
                                 "session");
}


/* POST /account/sessions/end-all */

static rb_err_t *
rb_pages_account_sessions_post(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_uint_t    count;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_sessions_end_all(&req->task, &req->principal->member,
                                  &req->principal->session, "revoked",
                                  req->principal, &origin, &count);
    }

    return rb_pages_account_done(req, err, "sessions");
}


/* POST /account/grants */

static rb_err_t *
rb_pages_account_grant_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_oauth_consent_withdraw(&req->task, &req->principal->member,
                                        &req->body[0].text, req->principal,
                                        &origin);
    }

    return rb_pages_account_done(req, err == &rb_err_not_found ? NULL : err,
                                 "grant");
}


/* POST /account/identities */

static rb_err_t *
rb_pages_account_identity_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_social_unlink(&req->task, &req->body[0].text, req->principal,
                               &origin);
    }

    return rb_pages_account_done(req, err == &rb_err_not_found ? NULL : err,
                                 "identity");
}


/* POST /account/consents */

static rb_err_t *
rb_pages_account_consents_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    static ngx_str_t  marketing = ngx_string("marketing");

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_users_consent(&req->task, req->principal, &marketing,
                               req->body[0].integer != 0, &origin);
    }

    return rb_pages_account_done(req, err, "consents");
}


/* GET /account/delete */

static rb_err_t *
rb_pages_account_delete(rb_req_t *req)
{
    rb_page_t  page;

    static const rb_text_t  title =
        rb_text("탈퇴할까요?", "Delete your account?");
    static const rb_text_t  what =
        rb_text("모든 곳에서 로그아웃되고 계정을 더 쓸 수 없습니다. 30일 안에는 "
                "메일로 보내 드리는 링크로 탈퇴를 취소할 수 있고, 그 뒤에는 "
                "개인정보를 지웁니다.",
                "You are signed out everywhere and can't use the account any "
                "more. For 30 days a link that we mail you restores it; "
                "after that your personal data is erased.");
    static const rb_text_t  yes = rb_text("탈퇴", "Delete my account");
    static const rb_text_t  no = rb_text("탈퇴하지 않기", "Keep it");

    rb_page_begin(&page, req, &title, NULL);
    rb_page_put(&page, "p", &what);
    rb_pages_button_form(&page, rb_page_lit("/account/delete"), NULL, NULL,
                         &yes, RB_PAGE_DANGER);
    rb_page_link(&page, "/account", &no);

    return rb_page_end(&page);
}


/* POST /account/delete */

static rb_err_t *
rb_pages_account_delete_post(rb_req_t *req)
{
    rb_err_t     *err;
    rb_page_t     page;
    rb_origin_t   origin;

    static const rb_text_t  title =
        rb_text("탈퇴했습니다", "Your account is deleted");
    static const rb_text_t  what =
        rb_text("30일 안에는 메일로 보내 드린 링크로 탈퇴를 취소할 수 "
                "있습니다.",
                "Should you change your mind within 30 days, follow the link "
                "that we have mailed you.");

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_users_delete(&req->task, req->principal, &origin);
    }

    if (err) {
        return err;
    }

    rb_identity_clear_cookie(req);

    rb_page_begin(&page, req, &title, NULL);
    rb_page_put(&page, "p", &what);

    return rb_page_end(&page);
}


/* To the page, which says so; what the member can mend it says on top. */

static rb_err_t *
rb_pages_account_done(rb_req_t *req, rb_err_t *err, const char *what)
{
    ngx_str_t  location;

    if (err) {
        return err->problem->status >= NGX_HTTP_INTERNAL_SERVER_ERROR
               || err == &rb_err_cancelled
               ? err : rb_pages_account_show(req, err);
    }

    location.data = ngx_pnalloc(req->task.pool, sizeof("/account?done=")
                                                + ngx_strlen(what));
    if (location.data == NULL) {
        return &rb_err_internal;
    }

    location.len = ngx_sprintf(location.data, "/account?done=%s", what)
                   - location.data;

    return rb_reply_redirect(req, &location);
}
