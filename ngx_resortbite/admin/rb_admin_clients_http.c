
/*
 * /api/v1/admin/clients: applications that get tokens.  Lists come as arrays
 * and go to the oauth room as text with spaces between; what is wrong with a
 * value is for that room to say.
 */


#include "admin/rb_admin_http.h"
#include "gate/rb_identity.h"
#include "oauth/rb_oauth.h"
#include "web/rb_list.h"
#include <ngx_http.h>


#define RB_ADMIN_ID_MIN   3
#define RB_ADMIN_ID_MAX   64


enum {
    RB_ADMIN_Q_LIMIT = 0,
    RB_ADMIN_Q_CURSOR
};

/* Members of a client that is made; one that is changed lacks the last. */

enum {
    RB_ADMIN_B_NAME = 0,
    RB_ADMIN_B_REDIRECT_URIS,
    RB_ADMIN_B_POST_LOGOUT,
    RB_ADMIN_B_GRANT_TYPES,
    RB_ADMIN_B_SCOPES,
    RB_ADMIN_B_JWKS,
    RB_ADMIN_B_PAR,
    RB_ADMIN_B_DPOP,
    RB_ADMIN_B_FIRST_PARTY,
    RB_ADMIN_B_DISABLED,
    RB_ADMIN_B_ID = RB_ADMIN_B_DISABLED,
    RB_ADMIN_B_AUTH_METHOD
};


static rb_err_t *rb_admin_clients_handler(rb_req_t *req);
static rb_err_t *rb_admin_client_handler(rb_req_t *req);
static rb_err_t *rb_admin_client_create_handler(rb_req_t *req);
static rb_err_t *rb_admin_client_change_handler(rb_req_t *req);
static rb_err_t *rb_admin_client_secret_handler(rb_req_t *req);
static rb_err_t *rb_admin_client_disable_handler(rb_req_t *req);
static rb_err_t *rb_admin_client_fill(rb_req_t *req,
    rb_oauth_client_t *client);
static rb_err_t *rb_admin_words(rb_req_t *req, ngx_uint_t member,
    ngx_str_t *words);
static rb_err_t *rb_admin_client_show(rb_req_t *req, const ngx_str_t *id);
static rb_err_t *rb_admin_secret_show(rb_req_t *req, const ngx_str_t *id,
    const ngx_str_t *secret);


static const rb_view_field_t  rb_admin_client_fields[] = {
    { ngx_string("id"), RB_VIEW_STRING, 0,
      rb_text("client_id", "client_id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("동의 화면에 보이는 이름", "Its name, as members are shown") },
    { ngx_string("auth_method"), RB_VIEW_CODE, 0,
      rb_text("스스로를 밝히는 방법", "How it shows who it is") },
    { ngx_string("redirect_uris"), RB_VIEW_JSON, 0,
      rb_text("로그인 뒤 돌아갈 주소: 문자열의 배열",
              "Where it may be redirected to: an array of strings") },
    { ngx_string("post_logout_redirect_uris"), RB_VIEW_JSON, 0,
      rb_text("로그아웃 뒤 돌아갈 주소: 문자열의 배열",
              "The same after log-out: an array of strings") },
    { ngx_string("grant_types"), RB_VIEW_JSON, 0,
      rb_text("토큰을 받는 길: 문자열의 배열",
              "How it gets tokens: an array of strings") },
    { ngx_string("scopes"), RB_VIEW_JSON, 0,
      rb_text("청할 수 있는 범위: 문자열의 배열",
              "Scopes that it may ask for: an array of strings") },
    { ngx_string("jwks"), RB_VIEW_JSON, 1,
      rb_text("공개 열쇠 (private_key_jwt)",
              "Its public keys (private_key_jwt)") },
    { ngx_string("require_par"), RB_VIEW_BOOL, 0,
      rb_text("PAR(RFC 9126)로만", "Only by PAR (RFC 9126)") },
    { ngx_string("require_dpop"), RB_VIEW_BOOL, 0,
      rb_text("DPoP(RFC 9449)로만", "Only with DPoP (RFC 9449)") },
    { ngx_string("first_party"), RB_VIEW_BOOL, 0,
      rb_text("우리 앱: 동의를 묻지 않습니다.",
              "Ours: nobody is asked for consent") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("등록한 때", "When it was registered") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") },
    { ngx_string("disabled_at"), RB_VIEW_TIME, 1,
      rb_text("막은 때", "When it was disabled") }
};

static const rb_view_t  rb_admin_client_view = rb_view("Client",
                                                     rb_admin_client_fields);


static const rb_view_field_t  rb_admin_secret_fields[] = {
    { ngx_string("id"), RB_VIEW_STRING, 0,
      rb_text("client_id", "client_id") },
    { ngx_string("secret"), RB_VIEW_STRING, 1,
      rb_text("client_secret. 이번 한 번만 보입니다.",
              "client_secret; it is shown this once") }
};

static const rb_view_t  rb_admin_secret_view = rb_view("ClientSecret",
                                                     rb_admin_secret_fields);


static const rb_param_t  rb_admin_clients_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_admin_client_id[] = {
    { ngx_string("id"), RB_PARAM_STRING, RB_ADMIN_ID_MIN, RB_ADMIN_ID_MAX,
      NULL, 1, ngx_null_string,
      rb_text("client_id", "client_id") },
    rb_param_end
};


static const ngx_str_t  rb_admin_auth_methods[] = {
    ngx_string("none"), ngx_string("client_secret_basic"),
    ngx_string("client_secret_post"), ngx_string("private_key_jwt"),
    ngx_null_string
};

#define rb_admin_client_members(needed)                                       \
    { ngx_string("name"), RB_PARAM_STRING, 1, RB_OAUTH_NAME_LEN, NULL,        \
      needed, ngx_null_string,                                                \
      rb_text("동의 화면에 보이는 이름", "Its name, as members are shown") }, \
    { ngx_string("redirect_uris"), RB_PARAM_JSON, 0, 0, NULL, 0,              \
      ngx_null_string,                                                        \
      rb_text("로그인 뒤 돌아갈 주소: 문자열의 배열",                         \
              "Where it may be redirected to: an array of strings") },        \
    { ngx_string("post_logout_redirect_uris"), RB_PARAM_JSON, 0, 0, NULL, 0,  \
      ngx_null_string,                                                        \
      rb_text("로그아웃 뒤 돌아갈 주소: 문자열의 배열",                       \
              "The same after log-out: an array of strings") },               \
    { ngx_string("grant_types"), RB_PARAM_JSON, 0, 0, NULL, needed,           \
      ngx_null_string,                                                        \
      rb_text("토큰을 받는 길: 문자열의 배열",                                \
              "How it gets tokens: an array of strings") },                   \
    { ngx_string("scopes"), RB_PARAM_JSON, 0, 0, NULL, needed,                \
      ngx_null_string,                                                        \
      rb_text("청할 수 있는 범위: 문자열의 배열",                             \
              "Scopes that it may ask for: an array of strings") },           \
    { ngx_string("jwks"), RB_PARAM_JSON, 0, 0, NULL, 0, ngx_null_string,      \
      rb_text("공개 열쇠: {\"keys\": […]}",                                   \
              "Its public keys: {\"keys\": […]}") },                          \
    { ngx_string("require_par"), RB_PARAM_BOOL, 0, 0, NULL, 0,                \
      ngx_null_string,                                                        \
      rb_text("PAR(RFC 9126)로만", "Only by PAR (RFC 9126)") },               \
    { ngx_string("require_dpop"), RB_PARAM_BOOL, 0, 0, NULL, 0,               \
      ngx_null_string,                                                        \
      rb_text("DPoP(RFC 9449)로만", "Only with DPoP (RFC 9449)") },           \
    { ngx_string("first_party"), RB_PARAM_BOOL, 0, 0, NULL, 0,                \
      ngx_null_string,                                                        \
      rb_text("우리 앱: 동의를 묻지 않습니다.",                               \
              "Ours: nobody is asked for consent") }

static const rb_param_t  rb_admin_client_change_body[] = {
    rb_admin_client_members(0),
    { ngx_string("disabled"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("막을지. false면 다시 엽니다.",
              "Whether it is disabled; false enables it again") },
    rb_param_end
};

static const rb_param_t  rb_admin_client_create_body[] = {
    rb_admin_client_members(1),
    { ngx_string("id"), RB_PARAM_STRING, RB_ADMIN_ID_MIN, RB_ADMIN_ID_MAX,
      NULL, 0, ngx_null_string,
      rb_text("client_id. 없으면 지어 줍니다.",
              "client_id; one is made if there is none") },
    { ngx_string("auth_method"), RB_PARAM_ENUM, 0, 0, rb_admin_auth_methods,
      1, ngx_null_string,
      rb_text("스스로를 밝히는 방법", "How it shows who it is") },
    rb_param_end
};


#define rb_admin_client_route(nm, mt, pt, hd, ko, en)                         \
    .name = ngx_string(nm),                                                   \
    .method = mt,                                                             \
    .path = ngx_string("/api/v1/admin/clients" pt),                           \
    .handler = hd,                                                            \
    .summary = rb_text(ko, en),                                               \
    .tag = ngx_string("admin"),                                               \
    .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN

static const rb_route_t  rb_admin_clients_table[] = {
    {
        rb_admin_client_route("admin_clients_list", NGX_HTTP_GET, "",
                              rb_admin_clients_handler,
                              "앱 목록", "Applications"),
        .query = rb_admin_clients_query,
        .view = &rb_admin_client_view,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        rb_admin_client_route("admin_clients_create", NGX_HTTP_POST, "",
                              rb_admin_client_create_handler,
                              "앱 등록", "Register an application"),
        .body = rb_admin_client_create_body,
        .view = &rb_admin_secret_view,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        rb_admin_client_route("admin_clients_get", NGX_HTTP_GET, "/{id}",
                              rb_admin_client_handler,
                              "앱 하나", "One application"),
        .path_params = rb_admin_client_id,
        .view = &rb_admin_client_view,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        rb_admin_client_route("admin_clients_change", NGX_HTTP_PATCH, "/{id}",
                              rb_admin_client_change_handler,
                              "앱 바꾸기. 보내지 않은 것은 그대로입니다.",
                              "Change an application; what isn't sent stays"),
        .path_params = rb_admin_client_id,
        .body = rb_admin_client_change_body,
        .view = &rb_admin_client_view,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_OK
    },
    {
        rb_admin_client_route("admin_clients_secret", NGX_HTTP_POST,
                              "/{id}/secret", rb_admin_client_secret_handler,
                              "새 비밀. 옛것은 곧바로 쓸 수 없게 됩니다.",
                              "A new secret; the old one ends at once"),
        .path_params = rb_admin_client_id,
        .view = &rb_admin_secret_view,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        rb_admin_client_route("admin_clients_disable", NGX_HTTP_DELETE,
                              "/{id}", rb_admin_client_disable_handler,
                              "앱 막기. 준 토큰이 모두 끝납니다.",
                              "Disable; all its tokens end"),
        .path_params = rb_admin_client_id,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT
    }
};

const rb_routes_t  rb_admin_clients_routes = {
    rb_admin_clients_table, rb_array_size(rb_admin_clients_table)
};


/* GET /api/v1/admin/clients */

static rb_err_t *
rb_admin_clients_handler(rb_req_t *req)
{
    u_char         buf[RB_LIST_LIMIT_SIZE];
    rb_err_t      *err;
    ngx_str_t      after = ngx_null_string, limit;
    rb_pg_rows_t   rows;

    limit = rb_list_limit(&req->query[RB_ADMIN_Q_LIMIT], buf);

    err = rb_req_keyset(req, &req->query[RB_ADMIN_Q_CURSOR], 1, &after);

    if (err == NULL) {
        err = rb_oauth_client_list(&req->task, &after, &limit, &rows);
    }

    return err ? err
               : rb_reply_list(req, &rows,
                               req->query[RB_ADMIN_Q_LIMIT].integer, 1, -1);
}


/* GET /api/v1/admin/clients/{id} */

static rb_err_t *
rb_admin_client_handler(rb_req_t *req)
{
    return rb_admin_client_show(req, &req->path[0].text);
}


/* POST /api/v1/admin/clients */

static rb_err_t *
rb_admin_client_create_handler(rb_req_t *req)
{
    rb_err_t           *err;
    ngx_str_t           secret;
    rb_origin_t         origin;
    rb_oauth_client_t   client;

    ngx_memzero(&client, sizeof(rb_oauth_client_t));
    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    client.id = req->body[RB_ADMIN_B_ID].text;
    client.auth_method = req->body[RB_ADMIN_B_AUTH_METHOD].text;

    err = rb_admin_client_fill(req, &client);

    if (err == NULL) {
        err = rb_oauth_client_create(&req->task, &client, req->principal,
                                     &origin, &secret);
    }

    return err ? err : rb_admin_secret_show(req, &client.id, &secret);
}


/* PATCH /api/v1/admin/clients/{id} */

static rb_err_t *
rb_admin_client_change_handler(rb_req_t *req)
{
    rb_err_t           *err;
    ngx_uint_t          i, given;
    rb_value_t         *disabled;
    rb_origin_t         origin;
    rb_oauth_client_t   client;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_oauth_client_get(&req->task, &req->path[0].text, &client);

    if (err == NULL) {
        err = rb_admin_client_fill(req, &client);
    }

    for (i = 0, given = 0; i < RB_ADMIN_B_DISABLED; i++) {
        given |= req->body[i].given;
    }

    if (err == NULL && given) {
        err = rb_oauth_client_update(&req->task, &client, req->principal,
                                     &origin);
    }

    disabled = &req->body[RB_ADMIN_B_DISABLED];

    if (err == NULL && disabled->given) {
        err = rb_oauth_client_disable(&req->task, &req->path[0].text,
                                      disabled->integer != 0, req->principal,
                                      &origin);
    }

    return err ? err : rb_admin_client_show(req, &req->path[0].text);
}


/* POST /api/v1/admin/clients/{id}/secret */

static rb_err_t *
rb_admin_client_secret_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     secret;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_oauth_client_rotate_secret(&req->task, &req->path[0].text,
                                        req->principal, &origin, &secret);

    return err ? err
               : rb_admin_secret_show(req, &req->path[0].text, &secret);
}


/* DELETE /api/v1/admin/clients/{id} */

static rb_err_t *
rb_admin_client_disable_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_oauth_client_disable(&req->task, &req->path[0].text, 1,
                                  req->principal, &origin);

    return err ? err : rb_reply_nothing(req);
}


/* What the client sent takes the place of what is there. */

static rb_err_t *
rb_admin_client_fill(rb_req_t *req, rb_oauth_client_t *client)
{
    rb_err_t    *err;
    rb_value_t  *body;

    body = req->body;

    if (body[RB_ADMIN_B_NAME].given) {
        client->name = body[RB_ADMIN_B_NAME].text;
    }

    if (body[RB_ADMIN_B_JWKS].given) {
        client->jwks = body[RB_ADMIN_B_JWKS].text;
    }

    if (body[RB_ADMIN_B_PAR].given) {
        client->require_par = (body[RB_ADMIN_B_PAR].integer != 0);
    }

    if (body[RB_ADMIN_B_DPOP].given) {
        client->require_dpop = (body[RB_ADMIN_B_DPOP].integer != 0);
    }

    if (body[RB_ADMIN_B_FIRST_PARTY].given) {
        client->first_party = (body[RB_ADMIN_B_FIRST_PARTY].integer != 0);
    }

    err = rb_admin_words(req, RB_ADMIN_B_REDIRECT_URIS,
                         &client->redirect_uris);

    if (err == NULL) {
        err = rb_admin_words(req, RB_ADMIN_B_POST_LOGOUT,
                             &client->post_logout_redirect_uris);
    }

    if (err == NULL) {
        err = rb_admin_words(req, RB_ADMIN_B_GRANT_TYPES,
                             &client->grant_types);
    }

    if (err == NULL) {
        err = rb_admin_words(req, RB_ADMIN_B_SCOPES, &client->scopes);
    }

    return err;
}


/* An array of strings as text with spaces between; no item may hold one. */

static rb_err_t *
rb_admin_words(rb_req_t *req, ngx_uint_t member, ngx_str_t *words)
{
    size_t       i;
    json_t      *array, *item;
    rb_buf_t     b;
    ngx_str_t    name;

    if (!req->body[member].given) {
        return NULL;
    }

    name = req->route->body[member].name;
    array = json_object_get(req->json, (char *) name.data);

    if (!json_is_array(array)
        || rb_buf_init(&b, req->task.pool, 256) != NGX_OK)
    {
        return rb_err_add_field(NULL, req->task.pool, &name, "wrong_type",
                                "문자열의 배열이어야 합니다.",
                                "must be an array of strings.");
    }

    json_array_foreach(array, i, item) {

        if (!json_is_string(item) || json_string_length(item) == 0
            || ngx_strlchr((u_char *) json_string_value(item),
                           (u_char *) json_string_value(item)
                           + json_string_length(item), ' '))
        {
            return rb_err_add_field(NULL, req->task.pool, &name,
                                    "wrong_format",
                                    "빈칸이 없는 문자열의 배열이어야 합니다.",
                                    "must be an array of strings without "
                                    "spaces.");
        }

        if (i) {
            rb_buf_add_lit(&b, " ");
        }

        rb_buf_add(&b, json_string_value(item), json_string_length(item));
    }

    words->data = b.start;
    words->len = rb_buf_len(&b);

    return b.failed ? &rb_err_internal : NULL;
}


static rb_err_t *
rb_admin_client_show(rb_req_t *req, const ngx_str_t *id)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_oauth_client_row(&req->task, id, &rows);

    return err ? err : rb_reply_row(req, &rows);
}


/* Never kept by anybody: rb_reply_finish() says no-store to what isn't
 * public. */

static rb_err_t *
rb_admin_secret_show(rb_req_t *req, const ngx_str_t *id,
    const ngx_str_t *secret)
{
    rb_err_t   *err;
    rb_buf_t    location;
    rb_json_t   json;

    err = rb_reply_json(req, req->route->success, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_str(&json, id);
    rb_json_key(&json, "secret");

    if (secret->len) {
        rb_json_str(&json, secret);

    } else {
        rb_json_null(&json);
    }

    rb_json_close(&json, '}');

    if (req->route->success == NGX_HTTP_CREATED) {
        (void) rb_buf_init(&location, req->task.pool, 128);
        rb_buf_printf(&location, "/api/v1/admin/clients/%V", id);

        if (location.failed) {
            return &rb_err_internal;
        }

        req->reply.location.data = location.start;
        req->reply.location.len = rb_buf_len(&location);
    }

    return NULL;
}
