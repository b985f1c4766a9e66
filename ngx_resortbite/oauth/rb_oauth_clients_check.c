
/*
 * What may be registered: RFC 7591 §2 names the members, RFC 8252 and
 * RFC 9700 say which redirect URIs are safe.  All that is wrong is told at
 * once.
 */


#include "oauth/rb_oauth_rules.h"
#include "base/rb_utf8.h"
#include "crypto/rb_jose.h"


typedef struct {
    ngx_pool_t   *pool;
    rb_err_t     *err;
} rb_oauth_check_t;


static void rb_oauth_wrong(rb_oauth_check_t *check, const char *name,
    const char *code, const char *ko, const char *en);
static void rb_oauth_check_id(rb_oauth_check_t *check, const ngx_str_t *id);
static void rb_oauth_check_name(rb_oauth_check_t *check,
    const ngx_str_t *name);
static void rb_oauth_check_words(rb_oauth_check_t *check,
    const rb_oauth_client_t *client);
static void rb_oauth_check_uris(rb_oauth_check_t *check, const char *name,
    const ngx_str_t *uris);
static void rb_oauth_check_jwks(rb_oauth_check_t *check,
    const rb_oauth_client_t *client);
static void rb_oauth_check_grants(rb_oauth_check_t *check,
    const rb_oauth_client_t *client);


rb_err_t *
rb_oauth_client_check(ngx_pool_t *pool, const rb_oauth_client_t *client)
{
    rb_oauth_check_t  check;

    check.pool = pool;
    check.err = NULL;

    rb_oauth_check_id(&check, &client->id);
    rb_oauth_check_name(&check, &client->name);
    rb_oauth_check_words(&check, client);
    rb_oauth_check_uris(&check, "redirect_uris", &client->redirect_uris);
    rb_oauth_check_uris(&check, "post_logout_redirect_uris",
                        &client->post_logout_redirect_uris);
    rb_oauth_check_jwks(&check, client);
    rb_oauth_check_grants(&check, client);

    return check.err;
}


/* The texts have no '%'. */

static void
rb_oauth_wrong(rb_oauth_check_t *check, const char *name, const char *code,
    const char *ko, const char *en)
{
    ngx_str_t  field;

    field.data = (u_char *) name;
    field.len = ngx_strlen(name);

    check->err = rb_err_add_field(check->err, check->pool, &field, code, ko,
                                  en);
}


static void
rb_oauth_check_id(rb_oauth_check_t *check, const ngx_str_t *id)
{
    u_char      c;
    size_t      i;
    ngx_uint_t  bad;

    bad = (id->len < 3 || id->len > 64);

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        bad |= !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                 || (c >= '0' && c <= '9') || c == '_' || c == '.'
                 || c == '-');
    }

    if (bad) {
        rb_oauth_wrong(check, "id", "invalid",
                       "영문자, 숫자, 점, 밑줄, 붙임표로 3~64자여야 합니다.",
                       "must be 3 to 64 letters, digits, dots, underscores "
                       "and hyphens.");
    }
}


static void
rb_oauth_check_name(rb_oauth_check_t *check, const ngx_str_t *name)
{
    size_t  i, n;

    n = rb_utf8_valid(name->data, name->len)
        ? rb_utf8_length(name->data, name->len) : 0;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] < ' ' || name->data[i] == 0x7f) {
            n = 0;
        }
    }

    if (n == 0 || n > RB_OAUTH_NAME_LEN) {
        rb_oauth_wrong(check, "name", "invalid",
                       "줄바꿈 없이 1~60자여야 합니다.",
                       "must be 1 to 60 characters on one line.");
    }
}


static void
rb_oauth_check_words(rb_oauth_check_t *check, const rb_oauth_client_t *client)
{
    size_t     at;
    ngx_str_t  one;

    static const ngx_str_t  methods = ngx_string(RB_OAUTH_AUTH_METHODS);
    static const ngx_str_t  grants = ngx_string(RB_OAUTH_GRANTS);

    if (!rb_oauth_has(&methods, &client->auth_method)) {
        rb_oauth_wrong(check, "auth_method", "unknown_value",
                       "none, client_secret_basic, client_secret_post, "
                       "private_key_jwt 중 하나여야 합니다.",
                       "must be one of none, client_secret_basic, "
                       "client_secret_post and private_key_jwt.");
    }

    if (client->grant_types.len == 0
        || !rb_oauth_within(&grants, &client->grant_types))
    {
        rb_oauth_wrong(check, "grant_types", "unknown_value",
                       "authorization_code, refresh_token, "
                       "client_credentials, " RB_OAUTH_DEVICE_GRANT
                       " 중에서 하나 이상 골라야 합니다.",
                       "must be some of authorization_code, refresh_token, "
                       "client_credentials and " RB_OAUTH_DEVICE_GRANT ".");
    }

    at = 0;

    while (rb_oauth_next(&client->scopes, &at, &one)) {
        if (rb_bit_of(rb_scope_names, &one) == 0) {
            rb_oauth_wrong(check, "scopes", "unknown_value",
                           "openid, profile, email, offline_access, read, "
                           "write 중에서 골라야 합니다.",
                           "must be some of openid, profile, email, "
                           "offline_access, read and write.");
            return;
        }
    }
}


static void
rb_oauth_check_uris(rb_oauth_check_t *check, const char *name,
    const ngx_str_t *uris)
{
    size_t        at;
    ngx_str_t     one;
    ngx_uint_t    n;
    const char   *fault;

    at = 0;
    n = 0;
    fault = NULL;

    while (fault == NULL && rb_oauth_next(uris, &at, &one)) {
        fault = (n++ == RB_OAUTH_URIS_MAX) ? "too_many"
                                           : rb_oauth_uri_fault(&one);
    }

    if (fault) {
        rb_oauth_wrong(check, name, fault,
                       "16개까지, https 주소이거나 http://127.0.0.1, "
                       "http://[::1], http://localhost 또는 점이 있는 자체 "
                       "스킴(com.example.app:/)이어야 하고, #, *, 사용자 "
                       "이름이 없어야 합니다.",
                       "must be at most 16 URIs of https, http://127.0.0.1, "
                       "http://[::1] or http://localhost, or of a scheme "
                       "with a dot (com.example.app:/), without fragment, "
                       "wildcard or user name.");
    }
}


static void
rb_oauth_check_jwks(rb_oauth_check_t *check, const rb_oauth_client_t *client)
{
    json_t  *jwks;

    if (!rb_oauth_is(&client->auth_method, "private_key_jwt")) {

        if (client->jwks.len) {
            rb_oauth_wrong(check, "jwks", "not_allowed",
                           "auth_method가 private_key_jwt일 때만 씁니다.",
                           "is for auth_method private_key_jwt only.");
        }

        return;
    }

    if (client->jwks.len == 0 || client->jwks.len > RB_OAUTH_JWKS_LEN
        || rb_json_parse(check->pool, &client->jwks, &jwks) != NULL
        || rb_jwks_check(jwks) != NULL)
    {
        rb_oauth_wrong(check, "jwks", "invalid",
                       "공개 키 1~16개의 JWK 집합이어야 합니다(P-256, "
                       "Ed25519, RSA 2048비트 이상). 비밀 키를 넣지 마세요.",
                       "must be a set of 1 to 16 public keys (P-256, "
                       "Ed25519, or RSA of 2048 bits and more). Leave "
                       "private members out.");
    }
}


/* What the grants need, as the table's constraints say too. */

static void
rb_oauth_check_grants(rb_oauth_check_t *check,
    const rb_oauth_client_t *client)
{
    if (rb_oauth_has_lit(&client->grant_types, "authorization_code")
        && client->redirect_uris.len == 0)
    {
        rb_oauth_wrong(check, "redirect_uris", "required",
                       "authorization_code에는 하나 이상 필요합니다.",
                       "is required for authorization_code.");
    }

    if (rb_oauth_has_lit(&client->grant_types, "client_credentials")
        && rb_oauth_is(&client->auth_method, "none"))
    {
        rb_oauth_wrong(check, "grant_types", "not_allowed",
                       "auth_method가 none이면 client_credentials를 쓸 수 "
                       "없습니다.",
                       "client_credentials is not for clients whose "
                       "auth_method is none.");
    }
}
