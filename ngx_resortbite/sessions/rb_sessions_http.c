
/* What is signed in to one's account, and proving oneself anew. */


#include "sessions/rb_sessions_http.h"
#include "factors/rb_factors.h"
#include "gate/rb_identity.h"
#include "web/rb_list.h"
#include "web/rb_req.h"
#include "rb_statements.h"
#include <ngx_http.h>


enum {
    RB_SESSIONS_Q_LIMIT = 0,
    RB_SESSIONS_Q_CURSOR
};

enum {
    RB_STEP_UP_B_METHOD = 0,
    RB_STEP_UP_B_PASSWORD,
    RB_STEP_UP_B_CODE,
    RB_STEP_UP_B_HANDLE,
    RB_STEP_UP_B_CREDENTIAL
};


static rb_err_t *rb_sessions_list_handler(rb_req_t *req);
static rb_err_t *rb_sessions_end_handler(rb_req_t *req);
static rb_err_t *rb_sessions_log_out_handler(rb_req_t *req);
static rb_err_t *rb_sessions_end_all_handler(rb_req_t *req);
static rb_err_t *rb_sessions_step_up_handler(rb_req_t *req);
static rb_err_t *rb_sessions_step_up_proof(rb_req_t *req,
    const rb_origin_t *origin, ngx_uint_t *amr);
static rb_err_t *rb_sessions_step_up_passkey(rb_req_t *req,
    const rb_origin_t *origin, ngx_uint_t *amr);
static rb_err_t *rb_sessions_missing(rb_req_t *req, const char *name);


static const ngx_str_t  rb_step_up_methods[] = {
    ngx_string("password"), ngx_string("otp"), ngx_string("rcv"),
    ngx_string("passkey"), ngx_null_string
};


static const rb_view_field_t  rb_session_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("세션 id", "The id") },
    { ngx_string("kind"), RB_VIEW_CODE, 0,
      rb_text("browser(브라우저)나 grant(앱에 준 권한)",
              "browser, or grant: what was granted to an application") },
    { ngx_string("current"), RB_VIEW_BOOL, 0,
      rb_text("지금 쓰고 있는 것인지", "Whether it is this one") },
    { ngx_string("device"), RB_VIEW_STRING, 0,
      rb_text("기기", "Which browser, on what") },
    { ngx_string("place"), RB_VIEW_STRING, 0,
      rb_text("곳", "Where") },
    { ngx_string("client.id"), RB_VIEW_STRING, 1,
      rb_text("앱. 브라우저면 client는 null",
              "The application; client is null for a browser") },
    { ngx_string("client.name"), RB_VIEW_STRING, 1,
      rb_text("앱 이름", "Its name") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("로그인한 때", "When it began") },
    { ngx_string("last_seen_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 쓴 때", "When it was last used") },
    { ngx_string("expires_at"), RB_VIEW_TIME, 0,
      rb_text("쓰지 않으면 끝나는 때", "When it ends if it isn't used") }
};

static const rb_view_t  rb_session_view = rb_view("Session",
                                                  rb_session_fields);


static const rb_param_t  rb_sessions_list_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_sessions_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("세션 id", "The session's id") },
    rb_param_end
};

static const rb_param_t  rb_sessions_end_all_query[] = {
    { ngx_string("keep_current"), RB_PARAM_BOOL, 0, 0, NULL, 0,
      ngx_string("false"),
      rb_text("지금 쓰고 있는 세션은 남길지", "Whether this one stays") },
    rb_param_end
};

static const rb_param_t  rb_sessions_step_up_body[] = {
    { ngx_string("method"), RB_PARAM_ENUM, 0, 0, rb_step_up_methods, 1,
      ngx_null_string,
      rb_text("무엇으로 확인할지", "By what") },
    { ngx_string("password"), RB_PARAM_STRING, 1, 128, NULL, 0,
      ngx_null_string,
      rb_text("method가 password일 때", "When method is password") },
    { ngx_string("code"), RB_PARAM_STRING, 1, 40, NULL, 0, ngx_null_string,
      rb_text("method가 otp나 rcv일 때", "When method is otp or rcv") },
    { ngx_string("handle"), RB_PARAM_STRING, 1, 200, NULL, 0,
      ngx_null_string,
      rb_text("method가 passkey일 때: sessions/passkey/options에서 받은 것",
              "When method is passkey: what came with the options of "
              "sessions/passkey/options") },
    { ngx_string("credential"), RB_PARAM_JSON, 0, 0, NULL, 0,
      ngx_null_string,
      rb_text("method가 passkey일 때: PublicKeyCredential.toJSON()의 결과",
              "When method is passkey: what PublicKeyCredential.toJSON() "
              "returns") },
    rb_param_end
};


static const rb_route_t  rb_sessions_table[] = {
    {
        .name = ngx_string("sessions_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/sessions"),
        .handler = rb_sessions_list_handler,
        .summary = rb_text("로그인된 기기와 앱",
                           "What is signed in to one's account"),
        .tag = ngx_string("sessions"),
        .query = rb_sessions_list_query,
        .view = &rb_session_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("sessions_end"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/sessions/{id}"),
        .handler = rb_sessions_end_handler,
        .summary = rb_text("한 세션 끝내기", "End one session"),
        .tag = ngx_string("sessions"),
        .path_params = rb_sessions_id,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT
    },
    {
        .name = ngx_string("sessions_log_out"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/sessions/current"),
        .handler = rb_sessions_log_out_handler,
        .summary = rb_text("로그아웃", "Log out"),
        .tag = ngx_string("sessions"),
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT
    },
    {
        .name = ngx_string("sessions_end_all"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/sessions"),
        .handler = rb_sessions_end_all_handler,
        .summary = rb_text("모든 곳에서 로그아웃", "Log out everywhere"),
        .tag = ngx_string("sessions"),
        .query = rb_sessions_end_all_query,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT
    },
    {
        .name = ngx_string("sessions_step_up"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/me/step-up"),
        .handler = rb_sessions_step_up_handler,
        .summary = rb_text("중요한 작업 전에 다시 본인 확인",
                           "Prove oneself anew, before a dangerous act"),
        .tag = ngx_string("sessions"),
        .body = rb_sessions_step_up_body,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_FORBIDDEN
                    |RB_PROBLEM_TOO_MANY|RB_PROBLEM_NOT_FOUND
    }
};

const rb_routes_t  rb_sessions_routes = {
    rb_sessions_table, rb_array_size(rb_sessions_table)
};


/* GET /api/v1/sessions */

static rb_err_t *
rb_sessions_list_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_SESSIONS_LIST_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_SESSIONS_LIST, RB_SESSIONS_Q_LIMIT, RB_SESSIONS_Q_CURSOR,
        RB_SESSIONS_LIST_P_LIMIT,
        { RB_SESSIONS_LIST_P_AFTER, RB_SESSIONS_LIST_P_AFTER_ID }, 2
    };

    params[RB_SESSIONS_LIST_P_MEMBER] = req->principal->member;
    params[RB_SESSIONS_LIST_P_CURRENT] = req->principal->session;

    return rb_list_page(req, &page, 0, RB_SESSIONS_LIST_WHEN_AFTER, params);
}


/* DELETE /api/v1/sessions/{id} */

static rb_err_t *
rb_sessions_end_handler(rb_req_t *req)
{
    rb_err_t              *err;
    ngx_str_t             *id;
    rb_origin_t            origin;
    const rb_principal_t  *who;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    who = req->principal;
    id = &req->path[0].text;

    err = rb_sessions_end(&req->task, &who->member, id, "revoked", who,
                          &origin);
    if (err) {
        return err;
    }

    if (who->by == RB_BY_COOKIE && id->len == who->session.len
        && ngx_memcmp(id->data, who->session.data, id->len) == 0)
    {
        rb_identity_clear_cookie(req);
    }

    return rb_reply_nothing(req);
}


/* DELETE /api/v1/sessions/current */

static rb_err_t *
rb_sessions_log_out_handler(rb_req_t *req)
{
    rb_err_t              *err;
    rb_origin_t            origin;
    const rb_principal_t  *who;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    who = req->principal;

    err = rb_sessions_end(&req->task, &who->member, &who->session,
                          "signed_out", who, &origin);

    /* it may have ended since the gate let it through */

    if (err && err != &rb_err_not_found) {
        return err;
    }

    if (who->by == RB_BY_COOKIE) {
        rb_identity_clear_cookie(req);
    }

    return rb_reply_nothing(req);
}


/* DELETE /api/v1/sessions */

static rb_err_t *
rb_sessions_end_all_handler(rb_req_t *req)
{
    rb_err_t              *err;
    ngx_uint_t             keep;
    rb_origin_t            origin;
    const rb_principal_t  *who;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    who = req->principal;
    keep = (req->query[0].integer != 0);

    err = rb_sessions_end_all(&req->task, &who->member,
                              keep ? &who->session : NULL,
                              "signed_out_everywhere", who, &origin, NULL);
    if (err) {
        return err;
    }

    if (!keep && who->by == RB_BY_COOKIE) {
        rb_identity_clear_cookie(req);
    }

    return rb_reply_nothing(req);
}


/* POST /api/v1/me/step-up */

static rb_err_t *
rb_sessions_step_up_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_uint_t    amr;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_sessions_step_up_proof(req, &origin, &amr);

    if (err == NULL) {
        err = rb_sessions_step_up(&req->task, req->principal, amr, &origin);
    }

    return err ? err : rb_reply_nothing(req);
}


static rb_err_t *
rb_sessions_step_up_proof(rb_req_t *req, const rb_origin_t *origin,
    ngx_uint_t *amr)
{
    ngx_str_t   *member;
    rb_value_t  *body;

    body = req->body;
    member = (ngx_str_t *) &req->principal->member;

    switch (rb_list_choice(&body[RB_STEP_UP_B_METHOD])) {

    case 0:
        *amr = RB_AMR_PWD;

        if (body[RB_STEP_UP_B_PASSWORD].text.len == 0) {
            return rb_sessions_missing(req, "password");
        }

        if (req->principal->second) {
            return &rb_err_second_needed;
        }

        return rb_sessions_check_password(&req->task, member,
                                          &body[RB_STEP_UP_B_PASSWORD].text,
                                          origin);

    case 3:
        return rb_sessions_step_up_passkey(req, origin, amr);

    default:
        *amr = rb_bit_of(rb_amr_names, &body[RB_STEP_UP_B_METHOD].text);

        if (body[RB_STEP_UP_B_CODE].text.len == 0) {
            return rb_sessions_missing(req, "code");
        }

        return rb_sessions_check_code(&req->task, member, *amr,
                                      &body[RB_STEP_UP_B_CODE].text, origin);
    }
}


static rb_err_t *
rb_sessions_step_up_passkey(rb_req_t *req, const rb_origin_t *origin,
    ngx_uint_t *amr)
{
    rb_err_t         *err, *failed;
    ngx_str_t         owner;
    rb_value_t       *handle, *credential;
    const ngx_str_t  *member;

    member = &req->principal->member;
    handle = &req->body[RB_STEP_UP_B_HANDLE];
    credential = &req->body[RB_STEP_UP_B_CREDENTIAL];

    if (handle->text.len == 0 || credential->text.len == 0) {
        return rb_sessions_missing(req, handle->text.len ? "credential"
                                                         : "handle");
    }

    err = rb_factors_passkey_take(&req->task, &handle->text,
                                  &credential->text, &owner, amr);

    if (err == &rb_err_code_refused
        || (err == NULL
            && (owner.len != member->len
                || ngx_memcmp(owner.data, member->data, owner.len) != 0)))
    {
        failed = rb_sessions_code_failed(&req->task, member, "hwk", origin);

        return failed ? failed : &rb_err_code;
    }

    return err;
}


static rb_err_t *
rb_sessions_missing(rb_req_t *req, const char *name)
{
    ngx_str_t  field;

    field.data = (u_char *) name;
    field.len = ngx_strlen(name);

    return rb_err_add_field(NULL, req->task.pool, &field, "required",
                            "이 방법에는 이 값이 있어야 합니다.",
                            "is needed for this method.");
}
