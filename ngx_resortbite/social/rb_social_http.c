
/*
 * GET /api/v1/auth/providers, GET /api/v1/me/identities and
 * DELETE /api/v1/me/identities/{provider}.  Signing in and linking are pages:
 * they go through the provider's own.
 */


#include "social/rb_social_http.h"
#include "social/rb_social.h"
#include "gate/rb_identity.h"


static rb_err_t *rb_social_providers_handler(rb_req_t *req);
static rb_err_t *rb_social_identities_handler(rb_req_t *req);
static rb_err_t *rb_social_unlink_handler(rb_req_t *req);
static void rb_social_write_provider(rb_req_t *req, rb_json_t *json,
    const rb_social_t *provider);


static const rb_view_field_t  rb_provider_fields[] = {
    { ngx_string("provider"), RB_VIEW_CODE, 0,
      rb_text("서비스의 이름", "The provider's name here") },
    { ngx_string("label"), RB_VIEW_STRING, 0,
      rb_text("화면에 보일 이름", "What people call it") },
    { ngx_string("sign_in_path"), RB_VIEW_STRING, 0,
      rb_text("브라우저에서 열면 로그인이 시작되는 경로",
              "The path where a browser begins to sign in") }
};

static const rb_view_t  rb_provider_view =
                                 rb_view("SignInProvider", rb_provider_fields);

static const rb_view_field_t  rb_identity_fields[] = {
    { ngx_string("provider"), RB_VIEW_CODE, 0,
      rb_text("서비스의 이름", "The provider's name here") },
    { ngx_string("email"), RB_VIEW_STRING, 1,
      rb_text("그 서비스가 알려 준 메일 주소",
              "The address that the provider told") },
    { ngx_string("linked_at"), RB_VIEW_TIME, 0,
      rb_text("연결한 때", "When it was linked") },
    { ngx_string("used_at"), RB_VIEW_TIME, 1,
      rb_text("마지막으로 로그인에 쓴 때",
              "When somebody last signed in by it") }
};

static const rb_view_t  rb_identity_view =
                                 rb_view("LinkedIdentity", rb_identity_fields);


static const rb_param_t  rb_social_path[] = {
    { ngx_string("provider"), RB_PARAM_STRING, 2, 30, NULL, 1,
      ngx_null_string,
      rb_text("서비스의 이름", "The provider's name here") },
    rb_param_end
};


static const rb_route_t  rb_social_table[] = {
    {
        .name = ngx_string("auth_providers"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/auth/providers"),
        .handler = rb_social_providers_handler,
        .summary = rb_text("로그인에 쓸 수 있는 외부 서비스",
                           "Services elsewhere that one can sign in with"),
        .tag = ngx_string("auth"),
        .view = &rb_provider_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .list = 1,
        .by_language = 1
    },
    {
        .name = ngx_string("me_identities_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/me/identities"),
        .handler = rb_social_identities_handler,
        .summary = rb_text("내 계정에 연결된 외부 계정",
                           "Accounts elsewhere that are linked to mine"),
        .tag = ngx_string("me"),
        .view = &rb_identity_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("me_identities_delete"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/me/identities/{provider}"),
        .handler = rb_social_unlink_handler,
        .summary = rb_text("외부 계정 연결 해제", "Unlink one of them"),
        .tag = ngx_string("me"),
        .path_params = rb_social_path,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = 900,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT
    }
};

const rb_routes_t  rb_social_routes = {
    rb_social_table, rb_array_size(rb_social_table)
};


/* GET /api/v1/auth/providers */

static rb_err_t *
rb_social_providers_handler(rb_req_t *req)
{
    rb_err_t    *err;
    rb_json_t    json;
    ngx_uint_t   i;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "items");
    rb_json_open(&json, '[');

    for (i = 0; i < rb_social_providers.count; i++) {
        rb_social_write_provider(req, &json, &rb_social_providers.list[i]);
    }

    rb_json_close(&json, ']');
    rb_json_key(&json, "next");
    rb_json_null(&json);
    rb_json_close(&json, '}');

    return NULL;
}


static void
rb_social_write_provider(rb_req_t *req, rb_json_t *json,
    const rb_social_t *provider)
{
    ngx_str_t  path;
    u_char     text[sizeof("/auth/social/") + 30];

    path.data = text;
    path.len = ngx_snprintf(text, sizeof(text), "/auth/social/%V",
                            &provider->name) - text;

    rb_json_open(json, '{');
    rb_json_key(json, "provider");
    rb_json_str(json, &provider->name);
    rb_json_key(json, "label");
    rb_json_str(json, &provider->label.in[req->lang]);
    rb_json_key(json, "sign_in_path");
    rb_json_str(json, &path);
    rb_json_close(json, '}');
}


/* GET /api/v1/me/identities */

static rb_err_t *
rb_social_identities_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_social_identities(&req->task, &req->principal->member, &rows);

    return err ? err : rb_reply_list(req, &rows, rows.count, 0, -1);
}


/* DELETE /api/v1/me/identities/{provider} */

static rb_err_t *
rb_social_unlink_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_social_unlink(&req->task, &req->path[0].text, req->principal,
                           &origin);

    return err ? err : rb_reply_nothing(req);
}
