
/*
 * POST /oauth/token, /oauth/introspect, /oauth/revoke, and /oauth/userinfo.
 */


#include "oauth/rb_oauth_room_http.h"
#include "users/rb_users.h"


typedef rb_err_t *(*rb_oauth_grant_pt)(rb_req_t *req,
    const rb_oauth_caller_t *caller, rb_oauth_grant_t *grant);


static rb_err_t *rb_oauth_token_code(rb_req_t *req,
    const rb_oauth_caller_t *caller, rb_oauth_grant_t *grant);
static rb_err_t *rb_oauth_token_refresh(rb_req_t *req,
    const rb_oauth_caller_t *caller, rb_oauth_grant_t *grant);
static rb_err_t *rb_oauth_token_client(rb_req_t *req,
    const rb_oauth_caller_t *caller, rb_oauth_grant_t *grant);
static rb_err_t *rb_oauth_token_device(rb_req_t *req,
    const rb_oauth_caller_t *caller, rb_oauth_grant_t *grant);
static rb_err_t *rb_oauth_presented(rb_req_t *req, rb_oauth_client_t *client,
    rb_oauth_token_t *token);
static void rb_oauth_write_token(rb_json_t *json,
    const rb_oauth_token_t *token);


static const struct {
    const char          *name;
    rb_oauth_grant_pt    handler;
} rb_oauth_grants[] = {
    { "authorization_code", rb_oauth_token_code },
    { "refresh_token", rb_oauth_token_refresh },
    { "client_credentials", rb_oauth_token_client },
    { RB_OAUTH_DEVICE_GRANT, rb_oauth_token_device }
};


rb_err_t *
rb_oauth_token_handler(rb_req_t *req)
{
    rb_err_t            *err;
    rb_json_t            json;
    ngx_str_t           *type;
    ngx_uint_t           i;
    rb_origin_t          origin;
    rb_oauth_grant_t     grant;
    rb_oauth_caller_t    caller;
    rb_oauth_client_t    client;

    err = rb_oauth_authenticate(req, &client);
    if (err) {
        return err;
    }

    type = &rb_oauth_body(req, RB_OAUTH_T_GRANT_TYPE);

    if (type->len == 0) {
        return &rb_err_oauth_request;
    }

    for (i = 0; i < rb_array_size(rb_oauth_grants); i++) {
        if (rb_oauth_is(type, rb_oauth_grants[i].name)) {
            break;
        }
    }

    if (i == rb_array_size(rb_oauth_grants)) {
        return &rb_err_oauth_grant_type;
    }

    if (!rb_oauth_has(&client.grant_types, type)) {
        return &rb_err_oauth_unauthorized;
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    caller.client = &client;
    caller.origin = &origin;

    err = rb_oauth_proof(req, client.require_dpop, &caller.jkt);
    if (err) {
        return err;
    }

    err = rb_oauth_grants[i].handler(req, &caller, &grant);
    if (err) {
        return err == &rb_err_oauth_client ? rb_oauth_refuse(req) : err;
    }

    err = rb_oauth_narrow(req->task.pool, &client, &grant);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    return rb_oauth_answer(&req->task, &rb_identity->issuer, &grant, &json);
}


static rb_err_t *
rb_oauth_token_code(rb_req_t *req, const rb_oauth_caller_t *caller,
    rb_oauth_grant_t *grant)
{
    ngx_str_t  *code, *uri, *verifier;

    code = &rb_oauth_body(req, RB_OAUTH_T_CODE);
    uri = &rb_oauth_body(req, RB_OAUTH_T_REDIRECT_URI);
    verifier = &rb_oauth_body(req, RB_OAUTH_T_CODE_VERIFIER);

    if (code->len == 0 || uri->len == 0 || verifier->len == 0) {
        return &rb_err_oauth_request;
    }

    return rb_oauth_code_use(&req->task, caller, code, uri, verifier, grant);
}


static rb_err_t *
rb_oauth_token_refresh(rb_req_t *req, const rb_oauth_caller_t *caller,
    rb_oauth_grant_t *grant)
{
    ngx_str_t  *token;

    token = &rb_oauth_body(req, RB_OAUTH_T_REFRESH_TOKEN);

    if (token->len == 0) {
        return &rb_err_oauth_request;
    }

    return rb_oauth_refresh(&req->task, caller, token,
                            &rb_oauth_body(req, RB_OAUTH_T_SCOPE), grant);
}


static rb_err_t *
rb_oauth_token_client(rb_req_t *req, const rb_oauth_caller_t *caller,
    rb_oauth_grant_t *grant)
{
    return rb_oauth_client_grant(&req->task, caller,
                                 &rb_oauth_body(req, RB_OAUTH_T_SCOPE),
                                 grant);
}


static rb_err_t *
rb_oauth_token_device(rb_req_t *req, const rb_oauth_caller_t *caller,
    rb_oauth_grant_t *grant)
{
    ngx_str_t  *code;

    code = &rb_oauth_body(req, RB_OAUTH_T_DEVICE_CODE);

    if (code->len == 0) {
        return &rb_err_oauth_request;
    }

    return rb_oauth_device_poll(&req->task, caller, code, grant);
}


/* token->session.len 0: none of this client's. */

static rb_err_t *
rb_oauth_presented(rb_req_t *req, rb_oauth_client_t *client,
    rb_oauth_token_t *token)
{
    rb_err_t   *err;
    ngx_str_t  *text;

    err = rb_oauth_authenticate(req, client);
    if (err) {
        return err;
    }

    text = &rb_oauth_body(req, RB_OAUTH_K_TOKEN);

    if (text->len == 0) {
        return &rb_err_oauth_request;
    }

    return rb_oauth_token_look(&req->task, &rb_identity->issuer, client,
                               text, token);
}


/*
 * A client is told of its own tokens, and a service of ours (a first-party
 * client) of everybody's access tokens; of any other, and of what is no token,
 * the same: {"active":false} (RFC 7662 §2.2).
 */

rb_err_t *
rb_oauth_introspect_handler(rb_req_t *req)
{
    rb_err_t            *err;
    rb_json_t            json;
    rb_oauth_token_t     token;
    rb_oauth_client_t    client;

    err = rb_oauth_presented(req, &client, &token);
    if (err) {
        return err;
    }

    if (rb_oauth_is(&client.auth_method, "none")) {
        return rb_oauth_refuse(req);
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "active");
    rb_json_bool(&json, token.live);

    if (token.live) {
        rb_oauth_write_token(&json, &token);
    }

    rb_json_close(&json, '}');

    return NULL;
}


static void
rb_oauth_write_token(rb_json_t *json, const rb_oauth_token_t *token)
{
    static const ngx_str_t  bearer = ngx_string("Bearer");
    static const ngx_str_t  dpop = ngx_string("DPoP");

    rb_json_key(json, "iss");
    rb_json_str(json, &rb_identity->issuer);
    rb_json_key(json, "sub");
    rb_json_str(json, &token->member);
    rb_json_key(json, "client_id");
    rb_json_str(json, &token->client);
    rb_json_key(json, "scope");
    rb_json_str(json, &token->scopes);
    rb_json_key(json, "iat");
    rb_json_raw(json, token->iat.data, token->iat.len);
    rb_json_key(json, "exp");
    rb_json_raw(json, token->exp.data, token->exp.len);

    if (!token->refresh) {
        rb_json_key(json, "token_type");
        rb_json_str(json, token->jkt.len ? &dpop : &bearer);
        rb_json_key(json, "aud");
        rb_json_str(json, &rb_identity->issuer);
        rb_json_key(json, "jti");
        rb_json_str(json, &token->jti);
    }

    if (token->auth_time.len) {
        rb_json_key(json, "auth_time");
        rb_json_raw(json, token->auth_time.data, token->auth_time.len);
        rb_json_key(json, "acr");
        rb_json_str(json, &token->acr);
    }

    if (token->jkt.len) {
        rb_json_key(json, "cnf");
        rb_json_open(json, '{');
        rb_json_key(json, "jkt");
        rb_json_str(json, &token->jkt);
        rb_json_close(json, '}');
    }
}


/* RFC 7009 §2.2: 200, whatever it was. */

rb_err_t *
rb_oauth_revoke_handler(rb_req_t *req)
{
    rb_err_t            *err;
    rb_json_t            json;
    rb_origin_t          origin;
    rb_oauth_token_t     token;
    rb_oauth_client_t    client;

    err = rb_oauth_presented(req, &client, &token);
    if (err) {
        return err;
    }

    if (token.session.len) {

        err = rb_identity_origin(req, &origin);
        if (err) {
            return err;
        }

        err = rb_oauth_token_revoke(&req->task, &client, &token, &origin);
        if (err) {
            return err;
        }
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_close(&json, '}');

    return NULL;
}


/* OpenID Connect Core §5.3, §5.4: claims by scope. */

rb_err_t *
rb_oauth_userinfo_handler(rb_req_t *req)
{
    rb_err_t    *err;
    rb_user_t    user;
    rb_json_t    json;
    ngx_uint_t   scopes;

    err = rb_users_get(&req->task, &req->principal->member, &user);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    scopes = req->principal->scopes;

    rb_json_open(&json, '{');
    rb_json_key(&json, "sub");
    rb_json_str(&json, &user.id);

    if (scopes & RB_SCOPE_PROFILE) {
        rb_json_key(&json, "name");
        rb_json_str(&json, &user.display_name);
        rb_json_key(&json, "locale");
        rb_json_str(&json, &user.locale);
        rb_json_key(&json, "updated_at");
        rb_json_raw(&json, user.updated_at.data, user.updated_at.len);
    }

    if (scopes & RB_SCOPE_EMAIL) {
        rb_json_key(&json, "email");
        rb_json_str(&json, &user.email);
        rb_json_key(&json, "email_verified");
        rb_json_bool(&json, user.email_verified);
    }

    rb_json_close(&json, '}');

    return NULL;
}
