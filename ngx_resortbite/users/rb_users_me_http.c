
/*
 * /api/v1/me: one's own account.  Its entity tag is its version, the time of
 * the last change, so that a PATCH with If-Match is compared and made by one
 * statement.
 */


#include "users/rb_users_http.h"
#include "gate/rb_identity.h"
#include "web/rb_http.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_ME_STEP_UP  900              /* seconds */
#define RB_ME_COLUMNS  10               /* of users_me; then the version */


enum {
    RB_ME_B_DISPLAY_NAME = 0,
    RB_ME_B_LOCALE
};

enum {
    RB_ME_B_OLD = 0,
    RB_ME_B_NEW
};

enum {
    RB_ME_Q_LIMIT = 0,
    RB_ME_Q_CURSOR
};


static rb_err_t *rb_me_get_handler(rb_req_t *req);
static rb_err_t *rb_me_change_handler(rb_req_t *req);
static rb_err_t *rb_me_password_handler(rb_req_t *req);
static rb_err_t *rb_me_email_handler(rb_req_t *req);
static rb_err_t *rb_me_delete_handler(rb_req_t *req);
static rb_err_t *rb_me_consents_handler(rb_req_t *req);
static rb_err_t *rb_me_consent_history_handler(rb_req_t *req);
static rb_err_t *rb_me_consent_handler(rb_req_t *req);
static rb_err_t *rb_me_events_handler(rb_req_t *req);
static rb_err_t *rb_me_read(rb_req_t *req, rb_pg_rows_t *rows);
static rb_err_t *rb_me_reply(rb_req_t *req);
static rb_err_t *rb_me_version(rb_req_t *req, ngx_str_t *version);


static const ngx_str_t  rb_me_locales[] = {
    ngx_string("ko"), ngx_string("en"), ngx_null_string
};

static const ngx_str_t  rb_me_consent_kinds[] = {
    ngx_string("terms"), ngx_string("privacy"), ngx_string("marketing"),
    ngx_null_string
};


static const rb_view_field_t  rb_me_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("회원 id", "The id") },
    { ngx_string("email"), RB_VIEW_STRING, 0,
      rb_text("이메일", "The e-mail address") },
    { ngx_string("email_verified"), RB_VIEW_BOOL, 0,
      rb_text("이메일이 확인되었는지", "Whether it is verified") },
    { ngx_string("display_name"), RB_VIEW_STRING, 0,
      rb_text("이름", "What to be called") },
    { ngx_string("locale"), RB_VIEW_CODE, 0,
      rb_text("메일과 페이지의 언어: ko, en",
              "Language of mails and pages: ko, en") },
    { ngx_string("roles"), RB_VIEW_JSON, 0,
      rb_text("역할", "Roles") },
    { ngx_string("born_on"), RB_VIEW_DATE, 1,
      rb_text("생년월일", "Date of birth") },
    { ngx_string("has_password"), RB_VIEW_BOOL, 0,
      rb_text("비밀번호를 정했는지", "Whether a password is set") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("가입한 때", "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was last changed") }
};

static const rb_view_field_t  rb_consent_fields[] = {
    { ngx_string("kind"), RB_VIEW_CODE, 0,
      rb_text("terms, privacy, marketing", "terms, privacy, marketing") },
    { ngx_string("version"), RB_VIEW_STRING, 0,
      rb_text("지금 판", "The current version") },
    { ngx_string("required"), RB_VIEW_BOOL, 0,
      rb_text("필수인지", "Whether the service needs it") },
    { ngx_string("given"), RB_VIEW_BOOL, 0,
      rb_text("동의한 상태인지", "Whether it is agreed to") },
    { ngx_string("given_version"), RB_VIEW_STRING, 1,
      rb_text("마지막으로 말한 판. 없으면 null",
              "Of which version that was last said; null: never") },
    { ngx_string("at"), RB_VIEW_TIME, 1,
      rb_text("그때", "When") },
    { ngx_string("title_ko"), RB_VIEW_STRING, 0,
      rb_text("제목", "Its title in Korean") },
    { ngx_string("title_en"), RB_VIEW_STRING, 0,
      rb_text("영어 제목", "Its title in English") },
    { ngx_string("effective_from"), RB_VIEW_DATE, 0,
      rb_text("시행일", "Since when that version is in force") }
};

static const rb_view_field_t  rb_consent_word_fields[] = {
    { ngx_string("version"), RB_VIEW_STRING, 0,
      rb_text("판", "The version") },
    { ngx_string("given"), RB_VIEW_BOOL, 0,
      rb_text("동의(true)나 철회(false)",
              "Agreed to (true) or taken back (false)") },
    { ngx_string("at"), RB_VIEW_TIME, 0,
      rb_text("그때", "When") }
};

static const rb_view_field_t  rb_my_event_fields[] = {
    { ngx_string("action"), RB_VIEW_CODE, 0,
      rb_text("일어난 일: session.started, password.changed …",
              "What happened: session.started, password.changed …") },
    { ngx_string("at"), RB_VIEW_TIME, 0,
      rb_text("그때", "When") },
    { ngx_string("session_id"), RB_VIEW_UUID, 1,
      rb_text("어느 세션에서", "In which session") },
    { ngx_string("client_id"), RB_VIEW_STRING, 1,
      rb_text("어느 앱으로", "By which application") },
    { ngx_string("by_me"), RB_VIEW_BOOL, 0,
      rb_text("로그인한 본인이 했는지", "Whether it was oneself, signed in") },
    { ngx_string("detail"), RB_VIEW_JSON, 0,
      rb_text("자세한 내용", "More of it") }
};

static const rb_view_t  rb_me_view = rb_view("Me", rb_me_fields);
static const rb_view_t  rb_consent_view = rb_view("Consent",
                                                  rb_consent_fields);
static const rb_view_t  rb_consent_word_view =
    rb_view("ConsentWord", rb_consent_word_fields);
static const rb_view_t  rb_my_event_view = rb_view("MyEvent",
                                                   rb_my_event_fields);


static const rb_param_t  rb_me_body[] = {
    { ngx_string("display_name"), RB_PARAM_STRING, 1, 50, NULL, 0,
      ngx_null_string,
      rb_text("이름", "What to be called") },
    { ngx_string("locale"), RB_PARAM_ENUM, 0, 0, rb_me_locales, 0,
      ngx_null_string,
      rb_text("메일과 페이지의 언어", "Language of mails and pages") },
    rb_param_end
};

static const rb_param_t  rb_me_password_body[] = {
    { ngx_string("old_password"), RB_PARAM_STRING, 1, 128, NULL, 0,
      ngx_null_string,
      rb_text("지금 비밀번호. 정한 적이 없으면 빼세요.",
              "The password so far; none, if none was set") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 1024, NULL, 1, ngx_null_string,
      rb_text("새 비밀번호: 8~128자, 흔하지 않은 것",
              "The new password: 8 to 128 characters, none that is common") },
    rb_param_end
};

static const rb_param_t  rb_me_email_body[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 320, NULL, 1, ngx_null_string,
      rb_text("새 이메일. 여기로 확인 링크를 보냅니다.",
              "The new address, to which a link is sent") },
    rb_param_end
};

static const rb_param_t  rb_me_consent_kind[] = {
    { ngx_string("kind"), RB_PARAM_ENUM, 0, 0, rb_me_consent_kinds, 1,
      ngx_null_string,
      rb_text("종류", "The kind") },
    rb_param_end
};

static const rb_param_t  rb_me_consent_body[] = {
    { ngx_string("given"), RB_PARAM_BOOL, 0, 0, NULL, 1, ngx_null_string,
      rb_text("지금 판에 동의하면 true, 철회하면 false",
              "true agrees to the current version, false takes it back") },
    rb_param_end
};

static const rb_param_t  rb_me_page_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


#define rb_me_route(nm, mt, pt, hd, ko, en, sc, ok)                           \
    .name = ngx_string(nm), .method = mt, .path = ngx_string(pt),             \
    .handler = hd, .summary = rb_text(ko, en), .tag = ngx_string("me"),       \
    .roles = RB_ROLE_MEMBER, .scopes = sc, .success = ok

static const rb_route_t  rb_users_me_table[] = {
    { rb_me_route("me_get", NGX_HTTP_GET, "/api/v1/me", rb_me_get_handler,
                  "내 계정", "One's own account", RB_SCOPE_READ,
                  NGX_HTTP_OK),
      .view = &rb_me_view },
    { rb_me_route("me_change", NGX_HTTP_PATCH, "/api/v1/me",
                  rb_me_change_handler,
                  "이름과 언어 바꾸기. If-Match를 보내면 그사이 바뀌었을 때 "
                  "412로 답합니다.",
                  "Change name and language; with If-Match a change made "
                  "meanwhile is answered 412",
                  RB_SCOPE_WRITE, NGX_HTTP_OK),
      .body = rb_me_body, .view = &rb_me_view },
    { rb_me_route("me_password", NGX_HTTP_PUT, "/api/v1/me/password",
                  rb_me_password_handler,
                  "비밀번호 바꾸기. 다른 세션은 끝납니다.",
                  "Change the password; other sessions end", RB_SCOPE_WRITE,
                  NGX_HTTP_NO_CONTENT),
      .body = rb_me_password_body,
      .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY },
    { rb_me_route("me_email", NGX_HTTP_PUT, "/api/v1/me/email",
                  rb_me_email_handler,
                  "이메일 바꾸기. 새 주소로 링크를, 예전 주소로 알림을 보냅니다.",
                  "Change the e-mail address: a link goes to the new one, "
                  "word of it to the old", RB_SCOPE_WRITE, NGX_HTTP_ACCEPTED),
      .body = rb_me_email_body, .step_up = RB_ME_STEP_UP,
      .problems = RB_PROBLEM_TOO_MANY },
    { rb_me_route("me_delete", NGX_HTTP_DELETE, "/api/v1/me",
                  rb_me_delete_handler,
                  "탈퇴. 30일 안에는 메일의 링크로 취소할 수 있습니다.",
                  "Delete the account; within 30 days the link in the mail "
                  "restores it", RB_SCOPE_WRITE, NGX_HTTP_NO_CONTENT),
      .step_up = RB_ME_STEP_UP,
      .problems = RB_PROBLEM_NOT_FOUND|RB_PROBLEM_CONFLICT },
    { rb_me_route("me_consents", NGX_HTTP_GET, "/api/v1/me/consents",
                  rb_me_consents_handler, "동의할 것과 지금 상태",
                  "What there is to agree to, and what was said to it",
                  RB_SCOPE_READ, NGX_HTTP_OK),
      .view = &rb_consent_view, .list = 1 },
    { rb_me_route("me_consent_history", NGX_HTTP_GET,
                  "/api/v1/me/consents/{kind}",
                  rb_me_consent_history_handler, "한 동의의 이력",
                  "All that was said to one of them", RB_SCOPE_READ,
                  NGX_HTTP_OK),
      .path_params = rb_me_consent_kind, .query = rb_me_page_query,
      .view = &rb_consent_word_view, .list = 1 },
    { rb_me_route("me_consent", NGX_HTTP_PUT, "/api/v1/me/consents/{kind}",
                  rb_me_consent_handler, "동의하거나 철회하기",
                  "Agree, or take it back", RB_SCOPE_WRITE,
                  NGX_HTTP_NO_CONTENT),
      .path_params = rb_me_consent_kind, .body = rb_me_consent_body,
      .problems = RB_PROBLEM_CONFLICT },
    { rb_me_route("me_events", NGX_HTTP_GET, "/api/v1/me/events",
                  rb_me_events_handler, "내 계정에 일어난 일",
                  "What has happened to one's account", RB_SCOPE_READ,
                  NGX_HTTP_OK),
      .query = rb_me_page_query, .view = &rb_my_event_view, .list = 1 }
};

const rb_routes_t  rb_users_me_routes = {
    rb_users_me_table, rb_array_size(rb_users_me_table)
};


/* GET /api/v1/me */

static rb_err_t *
rb_me_get_handler(rb_req_t *req)
{
    return rb_me_reply(req);
}


/* PATCH /api/v1/me */

static rb_err_t *
rb_me_change_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t    *name, version;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_me_version(req, &version);
    if (err) {
        return err;
    }

    name = &req->body[RB_ME_B_DISPLAY_NAME].text;

    err = rb_users_rename(&req->task, req->principal,
                          name->data ? name : NULL,
                          &req->body[RB_ME_B_LOCALE].text, &version, &origin);

    return err ? err : rb_me_reply(req);
}


static rb_err_t *
rb_me_read(rb_req_t *req, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_USERS_ME_NPARAMS];

    params[RB_USERS_ME_P_ID] = req->principal->member;

    return rb_pg_query(&req->task, RB_STMT_USERS_ME, 0, params, rows);
}


static rb_err_t *
rb_me_reply(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      version, *etag;
    rb_pg_rows_t   rows;

    err = rb_me_read(req, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    version = rb_pg_value(&rows, 0, RB_ME_COLUMNS);
    etag = &req->reply.etag;

    etag->data = ngx_pnalloc(req->task.pool, version.len + 2);
    if (etag->data == NULL) {
        return &rb_err_internal;
    }

    etag->len = ngx_sprintf(etag->data, "\"%V\"", &version) - etag->data;

    return rb_reply_row(req, &rows);
}


/*
 * That of If-Match (RFC 9110 §13.1.1): empty when there is none, or any will
 * do.  One of several, or one of another form, is none of ours: 0 matches
 * nothing.
 */

static rb_err_t *
rb_me_version(rb_req_t *req, ngx_str_t *version)
{
    ngx_str_t  match;

    ngx_str_null(version);

    match = rb_http_header(req, "If-Match");

    if (match.len == 0 || (match.len == 1 && match.data[0] == '*')) {
        return NULL;
    }

    version->data = match.data + 1;
    version->len = match.len - 2;

    if (match.len < 3 || match.data[0] != '"'
        || match.data[match.len - 1] != '"'
        || ngx_atoi(version->data, version->len) == NGX_ERROR)
    {
        return &rb_err_changed;
    }

    return NULL;
}


/* PUT /api/v1/me/password */

static rb_err_t *
rb_me_password_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_users_change_password(&req->task, req->principal,
                                   &req->body[RB_ME_B_OLD].text,
                                   &req->body[RB_ME_B_NEW].text, &origin);

    return err ? err : rb_reply_nothing(req);
}


/* PUT /api/v1/me/email */

static rb_err_t *
rb_me_email_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_users_change_email(&req->task, req->principal,
                                &req->body[0].text, &origin);

    if (err == NULL) {
        err = rb_reply_nothing(req);
        req->reply.status = NGX_HTTP_ACCEPTED;
    }

    return err;
}


/* DELETE /api/v1/me */

static rb_err_t *
rb_me_delete_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_users_delete(&req->task, req->principal, &origin);
    if (err) {
        return err;
    }

    if (req->principal->by == RB_BY_COOKIE) {
        rb_identity_clear_cookie(req);
    }

    return rb_reply_nothing(req);
}


/* GET /api/v1/me/consents */

static rb_err_t *
rb_me_consents_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_users_consents(&req->task, &req->principal->member, &rows);

    return err ? err : rb_reply_list(req, &rows, rows.count, 0, -1);
}


/* GET /api/v1/me/consents/{kind} */

static rb_err_t *
rb_me_consent_history_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_USERS_CONSENT_HISTORY_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_USERS_CONSENT_HISTORY, RB_ME_Q_LIMIT, RB_ME_Q_CURSOR,
        RB_USERS_CONSENT_HISTORY_P_LIMIT,
        { RB_USERS_CONSENT_HISTORY_P_AFTER }, 1
    };

    params[RB_USERS_CONSENT_HISTORY_P_MEMBER] = req->principal->member;
    params[RB_USERS_CONSENT_HISTORY_P_KIND] = req->path[0].text;

    return rb_list_page(req, &page, 0, RB_USERS_CONSENT_HISTORY_WHEN_AFTER,
                        params);
}


/* PUT /api/v1/me/consents/{kind} */

static rb_err_t *
rb_me_consent_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_users_consent(&req->task, req->principal, &req->path[0].text,
                           req->body[0].integer != 0, &origin);

    return err ? err : rb_reply_nothing(req);
}


/* GET /api/v1/me/events */

static rb_err_t *
rb_me_events_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_USERS_EVENTS_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_USERS_EVENTS, RB_ME_Q_LIMIT, RB_ME_Q_CURSOR,
        RB_USERS_EVENTS_P_LIMIT,
        { RB_USERS_EVENTS_P_AFTER, RB_USERS_EVENTS_P_AFTER_ID }, 2
    };

    params[RB_USERS_EVENTS_P_MEMBER] = req->principal->member;

    return rb_list_page(req, &page, 0, RB_USERS_EVENTS_WHEN_AFTER, params);
}
