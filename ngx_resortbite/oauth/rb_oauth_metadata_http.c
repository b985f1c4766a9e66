
/*
 * What clients find out by themselves: OpenID Connect Discovery 1.0 §3,
 * RFC 8414 §2, and the keys.  Both documents hold the same, each reader takes
 * what it knows.
 */


#include "oauth/rb_oauth_room_http.h"


static void rb_oauth_list(rb_json_t *json, const char *words);
static void rb_oauth_endpoints(rb_json_t *json);
static void rb_oauth_features(rb_json_t *json);
static void rb_oauth_algorithms(rb_json_t *json);


#define rb_oauth_member_list(json, name, words)                               \
    rb_json_key(json, name); rb_oauth_list(json, words)


static const struct {
    const char   *name;
    const char   *path;
} rb_oauth_paths[] = {
    { "authorization_endpoint", "/oauth/authorize" },
    { "token_endpoint", "/oauth/token" },
    { "userinfo_endpoint", "/oauth/userinfo" },
    { "jwks_uri", "/oauth/jwks" },
    { "introspection_endpoint", "/oauth/introspect" },
    { "revocation_endpoint", "/oauth/revoke" },
    { "end_session_endpoint", "/oauth/logout" },
    { "device_authorization_endpoint", "/oauth/device_authorization" },
    { "pushed_authorization_request_endpoint", "/oauth/par" }
};


rb_err_t *
rb_oauth_metadata_handler(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_oauth_ready();
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    ngx_str_set(&req->reply.cache_control, "public, max-age=300");

    rb_json_open(&json, '{');
    rb_json_key(&json, "issuer");
    rb_json_str(&json, &rb_identity->issuer);

    rb_oauth_endpoints(&json);
    rb_oauth_features(&json);
    rb_oauth_algorithms(&json);

    rb_json_close(&json, '}');

    return NULL;
}


static void
rb_oauth_endpoints(rb_json_t *json)
{
    u_char      uri[512], *p;
    ngx_str_t   text;
    ngx_uint_t  i;

    for (i = 0; i < rb_array_size(rb_oauth_paths); i++) {

        p = ngx_slprintf(uri, uri + sizeof(uri), "%V%s",
                         &rb_identity->issuer, rb_oauth_paths[i].path);

        text.data = uri;
        text.len = p - uri;

        rb_json_key_n(json, rb_oauth_paths[i].name,
                      ngx_strlen(rb_oauth_paths[i].name));
        rb_json_str(json, &text);
    }
}


static void
rb_oauth_features(rb_json_t *json)
{
    rb_oauth_member_list(json, "response_types_supported", "code");
    rb_oauth_member_list(json, "response_modes_supported", "query");
    rb_oauth_member_list(json, "grant_types_supported", RB_OAUTH_GRANTS);
    rb_oauth_member_list(json, "subject_types_supported", "public");
    rb_oauth_member_list(json, "scopes_supported",
                         "openid profile email offline_access read write");
    rb_oauth_member_list(json, "claims_supported",
                         "sub iss aud exp iat auth_time nonce acr amr azp "
                         "sid at_hash name locale updated_at email "
                         "email_verified");
    rb_oauth_member_list(json, "acr_values_supported", "1 2");
    rb_oauth_member_list(json, "prompt_values_supported",
                         "none login consent select_account");
    rb_oauth_member_list(json, "ui_locales_supported", "ko en");
    rb_oauth_member_list(json, "code_challenge_methods_supported", "S256");

    rb_json_key(json, "authorization_response_iss_parameter_supported");
    rb_json_bool(json, 1);
    rb_json_key(json, "claims_parameter_supported");
    rb_json_bool(json, 0);
    rb_json_key(json, "request_parameter_supported");
    rb_json_bool(json, 0);
    rb_json_key(json, "request_uri_parameter_supported");
    rb_json_bool(json, 0);
    rb_json_key(json, "require_pushed_authorization_requests");
    rb_json_bool(json, 0);
}


static void
rb_oauth_algorithms(rb_json_t *json)
{
    static const char  own[] = "ES256 EdDSA";
    static const char  assertions[] = "ES256 EdDSA RS256 PS256";

    rb_oauth_member_list(json, "id_token_signing_alg_values_supported", own);
    rb_oauth_member_list(json, "dpop_signing_alg_values_supported",
                         assertions);

    rb_oauth_member_list(json, "token_endpoint_auth_methods_supported",
                         RB_OAUTH_AUTH_METHODS);
    rb_oauth_member_list(json,
                         "token_endpoint_auth_signing_alg_values_supported",
                         assertions);

    rb_oauth_member_list(json, "revocation_endpoint_auth_methods_supported",
                         RB_OAUTH_AUTH_METHODS);
    rb_oauth_member_list(json,
                     "revocation_endpoint_auth_signing_alg_values_supported",
                         assertions);

    rb_oauth_member_list(json,
                         "introspection_endpoint_auth_methods_supported",
                         "client_secret_basic client_secret_post "
                         "private_key_jwt");
    rb_oauth_member_list(json,
                  "introspection_endpoint_auth_signing_alg_values_supported",
                         assertions);
}


static void
rb_oauth_list(rb_json_t *json, const char *words)
{
    size_t     at;
    ngx_str_t  list, one;

    list.data = (u_char *) words;
    list.len = ngx_strlen(words);
    at = 0;

    rb_json_open(json, '[');

    while (rb_oauth_next(&list, &at, &one)) {
        rb_json_str(json, &one);
    }

    rb_json_close(json, ']');
}


/* A new key is published RB_KEY_LEAD before it signs: longer than this. */

rb_err_t *
rb_oauth_jwks_handler(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_oauth_ready();
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    ngx_str_set(&req->reply.type, "application/jwk-set+json");
    ngx_str_set(&req->reply.cache_control, "public, max-age=300");

    rb_json_raw(&json, rb_identity->ring->jwks.data,
                rb_identity->ring->jwks.len);

    return NULL;
}
