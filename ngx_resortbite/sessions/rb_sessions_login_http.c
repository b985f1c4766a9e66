
/*
 * Signing in with JSON: POST /api/v1/sessions and its steps.
 *
 * There is no token yet that could defend against another site which signs
 * its visitors in as somebody else; what the browser says of where a request
 * comes from has to do, and that a page elsewhere can't send JSON unasked.
 */


#include "sessions/rb_sessions_http.h"
#include "factors/rb_factors.h"
#include "gate/rb_identity.h"
#include "web/rb_req.h"
#include <ngx_http.h>


#define RB_LOGIN_PASSWORD_MAX  128      /* characters */


enum {
    RB_LOGIN_B_EMAIL = 0,
    RB_LOGIN_B_PASSWORD
};

enum {
    RB_LOGIN_B_TICKET = 0,
    RB_LOGIN_B_METHOD,
    RB_LOGIN_B_CODE
};

enum {
    RB_LOGIN_B_HANDLE = 0,
    RB_LOGIN_B_CREDENTIAL,
    RB_LOGIN_B_PASSKEY_TICKET
};


static rb_err_t *rb_login_begin(rb_req_t *req, rb_origin_t *origin);
static rb_err_t *rb_login_password_handler(rb_req_t *req);
static rb_err_t *rb_login_code_handler(rb_req_t *req);
static rb_err_t *rb_login_options_handler(rb_req_t *req);
static rb_err_t *rb_login_passkey_handler(rb_req_t *req);
static rb_err_t *rb_login_csrf_handler(rb_req_t *req);
static rb_err_t *rb_login_passkey(rb_req_t *req, const rb_origin_t *origin,
    rb_login_t *login);
static rb_err_t *rb_login_reply(rb_req_t *req, const rb_login_t *login,
    const rb_origin_t *origin);
static void rb_login_write_methods(rb_json_t *json, ngx_uint_t methods);


static const ngx_str_t  rb_login_code_methods[] = {
    ngx_string("otp"), ngx_string("rcv"), ngx_null_string
};


static const rb_view_field_t  rb_login_fields[] = {
    { ngx_string("session.id"), RB_VIEW_UUID, 1,
      rb_text("세션 id. 2단계 인증이 남았으면 session은 null",
              "The session's id; session is null when a second step is due") },
    { ngx_string("session.member_id"), RB_VIEW_UUID, 1,
      rb_text("회원 id", "The member's id") },
    { ngx_string("second_factor.ticket"), RB_VIEW_STRING, 1,
      rb_text("2단계에서 보낼 값. 10분 동안 유효합니다. 필요 없으면 "
              "second_factor는 null",
              "To be sent with the second step, good for ten minutes; "
              "second_factor is null when none is needed") },
    { ngx_string("second_factor.methods"), RB_VIEW_JSON, 1,
      rb_text("쓸 수 있는 방법: otp(인증 앱), rcv(복구 코드), hwk(패스키)",
              "What will do: otp (a code of the authenticator), rcv (a "
              "recovery code), hwk (a passkey)") },
    { ngx_string("csrf_token"), RB_VIEW_STRING, 1,
      rb_text("쿠키로 부르는 POST, PUT, PATCH, DELETE에 X-CSRF-Token으로 "
              "보낼 값",
              "To be sent as X-CSRF-Token with each POST, PUT, PATCH and "
              "DELETE that goes with the cookie") }
};

static const rb_view_field_t  rb_login_options_fields[] = {
    { ngx_string("options"), RB_VIEW_JSON, 0,
      rb_text("navigator.credentials.get()의 publicKey",
              "publicKey of navigator.credentials.get()") },
    { ngx_string("handle"), RB_VIEW_STRING, 0,
      rb_text("결과와 함께 보낼 값", "To be sent with the result") }
};

static const rb_view_field_t  rb_login_csrf_fields[] = {
    { ngx_string("csrf_token"), RB_VIEW_STRING, 0,
      rb_text("X-CSRF-Token으로 보낼 값", "To be sent as X-CSRF-Token") }
};

static const rb_view_t  rb_login_view = rb_view("LogIn", rb_login_fields);
static const rb_view_t  rb_login_options_view =
    rb_view("PasskeyRequest", rb_login_options_fields);
static const rb_view_t  rb_login_csrf_view =
    rb_view("CsrfToken", rb_login_csrf_fields);


static const rb_param_t  rb_login_password_body[] = {
    { ngx_string("email"), RB_PARAM_STRING, 1, 320, NULL, 1, ngx_null_string,
      rb_text("이메일", "The e-mail address") },
    { ngx_string("password"), RB_PARAM_STRING, 1, RB_LOGIN_PASSWORD_MAX, NULL,
      1, ngx_null_string,
      rb_text("비밀번호", "The password") },
    rb_param_end
};

static const rb_param_t  rb_login_code_body[] = {
    { ngx_string("ticket"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("1단계에서 받은 ticket", "The ticket of the first step") },
    { ngx_string("method"), RB_PARAM_ENUM, 0, 0, rb_login_code_methods, 1,
      ngx_null_string,
      rb_text("otp(인증 앱)나 rcv(복구 코드)",
              "otp (authenticator) or rcv (recovery code)") },
    { ngx_string("code"), RB_PARAM_STRING, 1, 40, NULL, 1, ngx_null_string,
      rb_text("코드", "The code") },
    rb_param_end
};

static const rb_param_t  rb_login_options_body[] = {
    { ngx_string("ticket"), RB_PARAM_STRING, 1, 200, NULL, 0, ngx_null_string,
      rb_text("2단계라면 1단계에서 받은 ticket",
              "For a second step, the ticket of the first") },
    rb_param_end
};

static const rb_param_t  rb_login_passkey_body[] = {
    { ngx_string("handle"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("options와 함께 받은 handle", "What came with the options") },
    { ngx_string("credential"), RB_PARAM_JSON, 0, 0, NULL, 1,
      ngx_null_string,
      rb_text("PublicKeyCredential.toJSON()의 결과",
              "What PublicKeyCredential.toJSON() returns") },
    { ngx_string("ticket"), RB_PARAM_STRING, 1, 200, NULL, 0, ngx_null_string,
      rb_text("2단계라면 1단계에서 받은 ticket",
              "For a second step, the ticket of the first") },
    rb_param_end
};


#define rb_login_route(nm, pt, hd, ko, en, bd, vw, ok, pr)                    \
    { .name = ngx_string(nm), .method = NGX_HTTP_POST,                        \
      .path = ngx_string(pt), .handler = hd, .summary = rb_text(ko, en),      \
      .tag = ngx_string("sessions"), .body = bd, .view = &vw,                 \
      .roles = RB_ROLE_ANYONE, .success = ok, .problems = pr,                 \
      .optional = 1, .no_csrf = 1 }

#define RB_LOGIN_PROBLEMS                                                     \
    (RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_FORBIDDEN|RB_PROBLEM_TOO_MANY)

static const rb_route_t  rb_sessions_login_table[] = {
    rb_login_route("sessions_log_in", "/api/v1/sessions",
                   rb_login_password_handler, "로그인", "Log in",
                   rb_login_password_body, rb_login_view, NGX_HTTP_CREATED,
                   RB_LOGIN_PROBLEMS),
    rb_login_route("sessions_log_in_code", "/api/v1/sessions/second",
                   rb_login_code_handler, "로그인 2단계: 코드",
                   "The second step of a log-in: a code",
                   rb_login_code_body, rb_login_view, NGX_HTTP_CREATED,
                   RB_LOGIN_PROBLEMS),
    rb_login_route("sessions_passkey_options",
                   "/api/v1/sessions/passkey/options",
                   rb_login_options_handler, "패스키 로그인 시작",
                   "Begin to log in with a passkey",
                   rb_login_options_body, rb_login_options_view, NGX_HTTP_OK,
                   RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_FORBIDDEN),
    rb_login_route("sessions_log_in_passkey", "/api/v1/sessions/passkey",
                   rb_login_passkey_handler, "패스키 로그인, 또는 2단계",
                   "Log in with a passkey, or take the second step with it",
                   rb_login_passkey_body, rb_login_view, NGX_HTTP_CREATED,
                   RB_LOGIN_PROBLEMS),
    {
        .name = ngx_string("sessions_csrf"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/csrf"),
        .handler = rb_login_csrf_handler,
        .summary = rb_text("CSRF 토큰", "A CSRF token"),
        .tag = ngx_string("sessions"),
        .view = &rb_login_csrf_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1
    }
};

const rb_routes_t  rb_sessions_login_routes = {
    rb_sessions_login_table, rb_array_size(rb_sessions_login_table)
};


static rb_err_t *
rb_login_begin(rb_req_t *req, rb_origin_t *origin)
{
    rb_err_t  *err;

    err = rb_csrf_check_origin(req);

    return err ? err : rb_identity_origin(req, origin);
}


/* POST /api/v1/sessions */

static rb_err_t *
rb_login_password_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_login_t    login;
    rb_origin_t   origin;

    err = rb_login_begin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_login_password(&req->task, &req->body[RB_LOGIN_B_EMAIL].text,
                            &req->body[RB_LOGIN_B_PASSWORD].text, &origin,
                            &login);

    return err ? err : rb_login_reply(req, &login, &origin);
}


/* POST /api/v1/sessions/second */

static rb_err_t *
rb_login_code_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_login_t    login;
    rb_origin_t   origin;

    err = rb_login_begin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_login_code(&req->task, &req->body[RB_LOGIN_B_TICKET].text,
                        rb_bit_of(rb_amr_names,
                                  &req->body[RB_LOGIN_B_METHOD].text),
                        &req->body[RB_LOGIN_B_CODE].text, &origin, &login);

    return err ? err : rb_login_reply(req, &login, &origin);
}


/*
 * POST /api/v1/sessions/passkey/options.  Whoever is signed in, or half way,
 * is asked for a passkey of theirs; anybody else for any.
 */

static rb_err_t *
rb_login_options_handler(rb_req_t *req)
{
    rb_err_t    *err;
    ngx_str_t   *ticket, member, options, handle;
    rb_json_t    json;
    ngx_uint_t   amr;

    err = rb_csrf_check_origin(req);
    if (err) {
        return err;
    }

    ticket = &req->body[0].text;
    ngx_str_null(&member);

    if (ticket->len) {
        err = rb_login_ticket(&req->task, ticket, &member, &amr);
        if (err) {
            return err;
        }

    } else if (req->principal) {
        member = req->principal->member;
    }

    err = rb_factors_passkey_options(&req->task, &member, &options, &handle);

    if (err == NULL) {
        err = rb_reply_json(req, NGX_HTTP_OK, &json);
    }

    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "options");
    rb_json_raw(&json, options.data, options.len);
    rb_json_key(&json, "handle");
    rb_json_str(&json, &handle);
    rb_json_close(&json, '}');

    return NULL;
}


/* POST /api/v1/sessions/passkey */

static rb_err_t *
rb_login_passkey_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_login_t    login;
    rb_origin_t   origin;

    err = rb_login_begin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_login_passkey(req, &origin, &login);

    return err ? err : rb_login_reply(req, &login, &origin);
}


static rb_err_t *
rb_login_passkey(rb_req_t *req, const rb_origin_t *origin, rb_login_t *login)
{
    rb_err_t    *err, *failed;
    ngx_str_t   *ticket, member, owner;
    rb_task_t   *task;
    ngx_uint_t   amr, first;

    task = &req->task;
    ticket = &req->body[RB_LOGIN_B_PASSKEY_TICKET].text;
    ngx_str_null(&owner);

    if (ticket->len) {
        err = rb_login_ticket(task, ticket, &owner, &first);
        if (err) {
            return err;
        }
    }

    err = rb_factors_passkey_take(task, &req->body[RB_LOGIN_B_HANDLE].text,
                                  &req->body[RB_LOGIN_B_CREDENTIAL].text,
                                  &member, &amr);

    if (err == &rb_err_code_refused
        || (err == NULL && owner.len
            && ngx_strcmp(owner.data, member.data) != 0))
    {
        failed = rb_sessions_code_failed(task, &owner, "hwk", origin);

        return failed ? failed : &rb_err_code;
    }

    if (err) {
        return err;
    }

    return owner.len ? rb_login_second(task, ticket, amr, origin, login)
                     : rb_login_proved(task, &member, amr, origin, login);
}


/* GET /api/v1/csrf */

static rb_err_t *
rb_login_csrf_handler(rb_req_t *req)
{
    rb_err_t   *err;
    ngx_str_t   token;
    rb_json_t   json;

    token = rb_csrf_token(req);

    if (token.len == 0) {
        return &rb_err_internal;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "csrf_token");
    rb_json_str(&json, &token);
    rb_json_close(&json, '}');

    return NULL;
}


/*
 * A browser that was signed in already has one session less: nobody could
 * end that one otherwise, for its cookie is gone.  That one token is good for
 * both of them is what the device's is for.
 */

static rb_err_t *
rb_login_reply(rb_req_t *req, const rb_login_t *login,
    const rb_origin_t *origin)
{
    rb_err_t              *err;
    ngx_str_t              token;
    rb_json_t              json;
    ngx_uint_t             done;
    const rb_principal_t  *who;

    done = (login->outcome == RB_LOGIN_DONE);
    who = req->principal;

    if (done && who && who->by == RB_BY_COOKIE) {
        err = rb_sessions_end(&req->task, &who->member, &who->session,
                              "replaced", who, origin);

        if (err && err != &rb_err_not_found) {
            return err;
        }

        req->principal = NULL;
    }

    err = rb_reply_json(req, done ? NGX_HTTP_CREATED : NGX_HTTP_ACCEPTED,
                        &json);
    if (err) {
        return err;
    }

    if (done) {
        rb_identity_set_cookie(req, &login->secret, RB_SESSION_MAX);
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "session");

    if (done) {
        rb_json_open(&json, '{');
        rb_json_key(&json, "id");
        rb_json_str(&json, &login->session);
        rb_json_key(&json, "member_id");
        rb_json_str(&json, &login->member);
        rb_json_close(&json, '}');

    } else {
        rb_json_null(&json);
    }

    rb_json_key(&json, "second_factor");

    if (done) {
        rb_json_null(&json);

    } else {
        rb_json_open(&json, '{');
        rb_json_key(&json, "ticket");
        rb_json_str(&json, &login->ticket);
        rb_json_key(&json, "methods");
        rb_login_write_methods(&json, login->methods);
        rb_json_close(&json, '}');
    }

    ngx_str_null(&token);

    if (done) {
        token = rb_csrf_token(req);
    }

    rb_json_key(&json, "csrf_token");
    rb_json_str(&json, &token);
    rb_json_close(&json, '}');

    return NULL;
}


static void
rb_login_write_methods(rb_json_t *json, ngx_uint_t methods)
{
    const rb_named_bit_t  *amr;

    rb_json_open(json, '[');

    for (amr = rb_amr_names; amr->name.len; amr++) {
        if (methods & amr->bit) {
            rb_json_str(json, &amr->name);
        }
    }

    rb_json_close(json, ']');
}
