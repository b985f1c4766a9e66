
/*
 * /api/v1/me/factors: one's own second factors.  All that changes anything
 * asks for a log-in of the last quarter of an hour.
 */


#include "factors/rb_factors_http.h"
#include "factors/rb_factors.h"
#include "web/rb_req.h"
#include <ngx_http.h>


#define RB_FACTORS_STEP_UP  900         /* seconds */


enum {
    RB_FACTORS_B_NAME = 0,
    RB_FACTORS_B_HANDLE,
    RB_FACTORS_B_CREDENTIAL
};


static rb_err_t *rb_factors_list_handler(rb_req_t *req);
static rb_err_t *rb_factors_totp_begin_handler(rb_req_t *req);
static rb_err_t *rb_factors_totp_confirm_handler(rb_req_t *req);
static rb_err_t *rb_factors_totp_remove_handler(rb_req_t *req);
static rb_err_t *rb_factors_recovery_handler(rb_req_t *req);
static rb_err_t *rb_factors_passkey_options_handler(rb_req_t *req);
static rb_err_t *rb_factors_passkey_create_handler(rb_req_t *req);
static rb_err_t *rb_factors_passkey_rename_handler(rb_req_t *req);
static rb_err_t *rb_factors_passkey_remove_handler(rb_req_t *req);
static void rb_factors_by(rb_req_t *req, rb_factors_by_t *by);
static rb_err_t *rb_factors_reply_codes(rb_req_t *req,
    const rb_recovery_codes_t *codes);
static void rb_factors_write_codes(rb_json_t *json,
    const rb_recovery_codes_t *codes);
static void rb_factors_write_passkey(rb_json_t *json,
    const rb_passkey_t *passkey);


static const rb_view_field_t  rb_factors_fields[] = {
    { ngx_string("totp_at"), RB_VIEW_TIME, 1,
      rb_text("인증 앱을 등록한 때. 없으면 null",
              "Since when an authenticator is set up; null: none is") },
    { ngx_string("recovery_codes"), RB_VIEW_INTEGER, 0,
      rb_text("남은 복구 코드 수", "How many recovery codes are left") },
    { ngx_string("passkeys"), RB_VIEW_JSON, 0,
      rb_text("패스키: id, name, created_at, last_used_at, backed_up",
              "Passkeys: id, name, created_at, last_used_at, backed_up") }
};

static const rb_view_field_t  rb_totp_setup_fields[] = {
    { ngx_string("secret"), RB_VIEW_STRING, 0,
      rb_text("비밀값 (base32)", "The secret, as base32") },
    { ngx_string("uri"), RB_VIEW_STRING, 0,
      rb_text("otpauth:// 주소", "The same as an otpauth:// URI") },
    { ngx_string("qr"), RB_VIEW_STRING, 0,
      rb_text("QR 코드 (SVG)", "That as a QR code: an <svg> element") }
};

static const rb_view_field_t  rb_codes_fields[] = {
    { ngx_string("recovery_codes"), RB_VIEW_JSON, 1,
      rb_text("새 복구 코드 열 개. 지금만 볼 수 있습니다. 이미 있으면 null",
              "Ten new recovery codes, shown this once; null: there are some "
              "already") }
};

static const rb_view_field_t  rb_passkey_options_fields[] = {
    { ngx_string("options"), RB_VIEW_JSON, 0,
      rb_text("navigator.credentials.create()의 publicKey",
              "publicKey of navigator.credentials.create()") },
    { ngx_string("handle"), RB_VIEW_STRING, 0,
      rb_text("결과와 함께 보낼 값. 5분 동안 유효합니다.",
              "To be sent with the result; good for five minutes") }
};

static const rb_view_field_t  rb_passkey_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("패스키 id", "The passkey's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Its name") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("등록한 때", "When it was added") },
    { ngx_string("last_used_at"), RB_VIEW_TIME, 1,
      rb_text("마지막으로 쓴 때", "When it was last used") },
    { ngx_string("backed_up"), RB_VIEW_BOOL, 0,
      rb_text("클라우드에 백업되는지", "Whether its key is kept in a cloud") },
    { ngx_string("recovery_codes"), RB_VIEW_JSON, 1,
      rb_text("첫 인증 수단이면 복구 코드 열 개. 지금만 볼 수 있습니다.",
              "With the first factor ten recovery codes, shown this once; "
              "else null") }
};

static const rb_view_t  rb_factors_view =
    rb_view("Factors", rb_factors_fields);
static const rb_view_t  rb_totp_setup_view =
    rb_view("TotpSetup", rb_totp_setup_fields);
static const rb_view_t  rb_codes_view =
    rb_view("RecoveryCodes", rb_codes_fields);
static const rb_view_t  rb_passkey_options_view =
    rb_view("PasskeyOptions", rb_passkey_options_fields);
static const rb_view_t  rb_passkey_view =
    rb_view("Passkey", rb_passkey_fields);


static const rb_param_t  rb_factors_code_body[] = {
    { ngx_string("code"), RB_PARAM_STRING, 6, 20, NULL, 1, ngx_null_string,
      rb_text("인증 앱에 보이는 여섯 자리",
              "The six digits that the authenticator shows") },
    rb_param_end
};

static const rb_param_t  rb_factors_passkey_body[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, RB_PASSKEY_NAME_MAX, NULL, 0,
      ngx_null_string,
      rb_text("알아볼 이름", "A name to know it by") },
    { ngx_string("handle"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("options와 함께 받은 handle",
              "What came with the options") },
    { ngx_string("credential"), RB_PARAM_JSON, 0, 0, NULL, 1,
      ngx_null_string,
      rb_text("PublicKeyCredential.toJSON()의 결과",
              "What PublicKeyCredential.toJSON() returns") },
    rb_param_end
};

static const rb_param_t  rb_factors_name_body[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, RB_PASSKEY_NAME_MAX, NULL, 1,
      ngx_null_string,
      rb_text("새 이름", "The new name") },
    rb_param_end
};

static const rb_param_t  rb_factors_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("패스키 id", "The passkey's id") },
    rb_param_end
};


static const rb_route_t  rb_factors_table[] = {
    {
        .name = ngx_string("factors_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/me/factors"),
        .handler = rb_factors_list_handler,
        .summary = rb_text("내 2단계 인증 수단", "One's own second factors"),
        .tag = ngx_string("factors"),
        .view = &rb_factors_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("factors_totp_begin"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/me/factors/totp"),
        .handler = rb_factors_totp_begin_handler,
        .summary = rb_text("인증 앱 등록 시작",
                           "Begin to set up an authenticator"),
        .tag = ngx_string("factors"),
        .view = &rb_totp_setup_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .by_language = 1
    },
    {
        .name = ngx_string("factors_totp_confirm"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/me/factors/totp/confirm"),
        .handler = rb_factors_totp_confirm_handler,
        .summary = rb_text("코드로 인증 앱 등록 확인",
                           "Confirm it with a code"),
        .tag = ngx_string("factors"),
        .body = rb_factors_code_body,
        .view = &rb_codes_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("factors_totp_remove"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/me/factors/totp"),
        .handler = rb_factors_totp_remove_handler,
        .summary = rb_text("인증 앱 삭제", "Remove the authenticator"),
        .tag = ngx_string("factors"),
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_NOT_FOUND
    },
    {
        .name = ngx_string("factors_recovery_make"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/me/factors/recovery-codes"),
        .handler = rb_factors_recovery_handler,
        .summary = rb_text("새 복구 코드. 예전 것은 못 쓰게 됩니다.",
                           "New recovery codes; the old ones are void"),
        .tag = ngx_string("factors"),
        .view = &rb_codes_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("factors_passkey_options"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/me/factors/passkeys/options"),
        .handler = rb_factors_passkey_options_handler,
        .summary = rb_text("패스키 등록 시작", "Begin to add a passkey"),
        .tag = ngx_string("factors"),
        .view = &rb_passkey_options_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("factors_passkey_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/me/factors/passkeys"),
        .handler = rb_factors_passkey_create_handler,
        .summary = rb_text("패스키 등록", "Add a passkey"),
        .tag = ngx_string("factors"),
        .body = rb_factors_passkey_body,
        .view = &rb_passkey_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("factors_passkey_rename"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string("/api/v1/me/factors/passkeys/{id}"),
        .handler = rb_factors_passkey_rename_handler,
        .summary = rb_text("패스키 이름 바꾸기", "Rename a passkey"),
        .tag = ngx_string("factors"),
        .path_params = rb_factors_id,
        .body = rb_factors_name_body,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT
    },
    {
        .name = ngx_string("factors_passkey_remove"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/me/factors/passkeys/{id}"),
        .handler = rb_factors_passkey_remove_handler,
        .summary = rb_text("패스키 삭제", "Remove a passkey"),
        .tag = ngx_string("factors"),
        .path_params = rb_factors_id,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_FACTORS_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT
    }
};

const rb_routes_t  rb_factors_routes = {
    rb_factors_table, rb_array_size(rb_factors_table)
};


/* GET /api/v1/me/factors */

static rb_err_t *
rb_factors_list_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_json_t      json;
    ngx_uint_t     i;
    rb_factors_t   factors;

    err = rb_factors_list(&req->task, &req->principal->member, &factors);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "totp_at");
    rb_json_str(&json, &factors.totp_at);
    rb_json_key(&json, "recovery_codes");
    rb_json_int(&json, factors.recovery_codes);
    rb_json_key(&json, "passkeys");
    rb_json_open(&json, '[');

    for (i = 0; i < factors.count; i++) {
        rb_json_open(&json, '{');
        rb_factors_write_passkey(&json, &factors.passkeys[i]);
        rb_json_close(&json, '}');
    }

    rb_json_close(&json, ']');
    rb_json_close(&json, '}');

    return rb_reply_finish(req);
}


static void
rb_factors_write_passkey(rb_json_t *json, const rb_passkey_t *passkey)
{
    rb_json_key(json, "id");
    rb_json_str(json, &passkey->id);
    rb_json_key(json, "name");
    rb_json_str(json, &passkey->name);
    rb_json_key(json, "created_at");
    rb_json_str(json, &passkey->created_at);
    rb_json_key(json, "last_used_at");
    rb_json_str(json, &passkey->last_used_at);
    rb_json_key(json, "backed_up");
    rb_json_bool(json, passkey->backed_up);
}


static void
rb_factors_by(rb_req_t *req, rb_factors_by_t *by)
{
    by->who = req->principal;
    by->request_id = req->id;
    ngx_memcpy(by->caller, req->caller, sizeof(by->caller));
}


static rb_err_t *
rb_factors_reply_codes(rb_req_t *req, const rb_recovery_codes_t *codes)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_factors_write_codes(&json, codes);
    rb_json_close(&json, '}');

    return rb_reply_finish(req);
}


static void
rb_factors_write_codes(rb_json_t *json, const rb_recovery_codes_t *codes)
{
    ngx_uint_t  i;

    rb_json_key(json, "recovery_codes");

    if (codes->count == 0) {
        rb_json_null(json);
        return;
    }

    rb_json_open(json, '[');

    for (i = 0; i < codes->count; i++) {
        rb_json_str(json, &codes->code[i]);
    }

    rb_json_close(json, ']');
}


/* POST /api/v1/me/factors/totp */

static rb_err_t *
rb_factors_totp_begin_handler(rb_req_t *req)
{
    rb_err_t         *err;
    rb_json_t         json;
    rb_factors_by_t   by;
    rb_totp_setup_t   setup;

    rb_factors_by(req, &by);

    err = rb_factors_totp_begin(&req->task, &by, req->lang, &setup);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "secret");
    rb_json_str(&json, &setup.secret);
    rb_json_key(&json, "uri");
    rb_json_str(&json, &setup.uri);
    rb_json_key(&json, "qr");
    rb_json_str(&json, &setup.qr);
    rb_json_close(&json, '}');

    return rb_reply_finish(req);
}


/* POST /api/v1/me/factors/totp/confirm */

static rb_err_t *
rb_factors_totp_confirm_handler(rb_req_t *req)
{
    rb_err_t             *err;
    rb_factors_by_t       by;
    rb_recovery_codes_t   codes;

    rb_factors_by(req, &by);

    err = rb_factors_totp_confirm(&req->task, &by, &req->body[0].text, &codes);

    return err ? err : rb_factors_reply_codes(req, &codes);
}


/* DELETE /api/v1/me/factors/totp */

static rb_err_t *
rb_factors_totp_remove_handler(rb_req_t *req)
{
    rb_err_t         *err;
    rb_factors_by_t   by;

    rb_factors_by(req, &by);
    err = rb_factors_totp_remove(&req->task, &by);

    return err ? err : rb_reply_nothing(req);
}


/* POST /api/v1/me/factors/recovery-codes */

static rb_err_t *
rb_factors_recovery_handler(rb_req_t *req)
{
    rb_err_t             *err;
    rb_factors_by_t       by;
    rb_recovery_codes_t   codes;

    rb_factors_by(req, &by);

    err = rb_factors_recovery_make(&req->task, &by, &codes);

    return err ? err : rb_factors_reply_codes(req, &codes);
}


/* POST /api/v1/me/factors/passkeys/options */

static rb_err_t *
rb_factors_passkey_options_handler(rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         options, handle;
    rb_json_t         json;
    rb_factors_by_t   by;

    rb_factors_by(req, &by);

    err = rb_factors_passkey_create_options(&req->task, &by, &options,
                                            &handle);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "options");
    rb_json_raw(&json, options.data, options.len);
    rb_json_key(&json, "handle");
    rb_json_str(&json, &handle);
    rb_json_close(&json, '}');

    return rb_reply_finish(req);
}


/* POST /api/v1/me/factors/passkeys */

static rb_err_t *
rb_factors_passkey_create_handler(rb_req_t *req)
{
    rb_buf_t              location;
    rb_err_t             *err;
    ngx_str_t             name;
    rb_json_t             json;
    rb_passkey_t          passkey;
    rb_factors_by_t       by;
    rb_recovery_codes_t   codes;

    rb_factors_by(req, &by);
    name = req->body[RB_FACTORS_B_NAME].text;

    err = rb_factors_passkey_create(&req->task, &by,
                                    &req->body[RB_FACTORS_B_HANDLE].text,
                                    &req->body[RB_FACTORS_B_CREDENTIAL].text,
                                    &name, &passkey, &codes);
    if (err) {
        return err;
    }

    if (rb_buf_init(&location, req->task.pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_printf(&location, "/api/v1/me/factors/passkeys/%V", &passkey.id);

    err = rb_reply_json(req, NGX_HTTP_CREATED, &json);

    if (err || location.failed) {
        return &rb_err_internal;
    }

    req->reply.location.data = location.start;
    req->reply.location.len = rb_buf_len(&location);

    rb_json_open(&json, '{');
    rb_factors_write_passkey(&json, &passkey);
    rb_factors_write_codes(&json, &codes);
    rb_json_close(&json, '}');

    return rb_reply_finish(req);
}


/* PATCH /api/v1/me/factors/passkeys/{id} */

static rb_err_t *
rb_factors_passkey_rename_handler(rb_req_t *req)
{
    rb_err_t         *err;
    rb_factors_by_t   by;

    rb_factors_by(req, &by);
    err = rb_factors_passkey_rename(&req->task, &by, &req->path[0].text,
                                    &req->body[0].text);

    return err ? err : rb_reply_nothing(req);
}


/* DELETE /api/v1/me/factors/passkeys/{id} */

static rb_err_t *
rb_factors_passkey_remove_handler(rb_req_t *req)
{
    rb_err_t         *err;
    rb_factors_by_t   by;

    rb_factors_by(req, &by);
    err = rb_factors_passkey_remove(&req->task, &by, &req->path[0].text);

    return err ? err : rb_reply_nothing(req);
}
