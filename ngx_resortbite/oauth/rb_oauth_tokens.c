
/*
 * Access tokens (RFC 9068), ID tokens (OpenID Connect Core §2), and what
 * becomes of them: introspection (RFC 7662), revocation (RFC 7009).
 */


#include "oauth/rb_oauth_rules.h"
#include "base/rb_uuid.h"
#include "crypto/rb_jose.h"
#include "rb_statements.h"


#define RB_OAUTH_MD_MAX  64


/* Columns of oauth_refresh_look that these need. */

enum {
    RB_OAUTH_L_SESSION = 0,
    RB_OAUTH_L_MEMBER,
    RB_OAUTH_L_SCOPES,
    RB_OAUTH_L_ACR,
    RB_OAUTH_L_AUTH_TIME = 5,
    RB_OAUTH_L_CLIENT = 7,
    RB_OAUTH_L_JKT,
    RB_OAUTH_L_USED,
    RB_OAUTH_L_LIVE = 12,
    RB_OAUTH_L_IAT,
    RB_OAUTH_L_EXP
};


static rb_err_t *rb_oauth_access_token(rb_task_t *task,
    const ngx_str_t *issuer, const rb_oauth_grant_t *grant, time_t now,
    ngx_str_t *token);
static rb_err_t *rb_oauth_id_token(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_grant_t *grant, time_t now, const ngx_str_t *access_token,
    ngx_str_t *token);
static void rb_oauth_how(rb_json_t *json, const rb_oauth_grant_t *grant);
static ngx_int_t rb_oauth_at_hash(ngx_pool_t *pool, time_t now,
    const ngx_str_t *access_token, ngx_str_t *hash);
static rb_err_t *rb_oauth_look_access(rb_task_t *task,
    const ngx_str_t *issuer, const rb_oauth_client_t *client,
    const ngx_str_t *text, rb_oauth_token_t *token);
static rb_err_t *rb_oauth_look_refresh(rb_task_t *task,
    const rb_oauth_client_t *client, const ngx_str_t *text,
    rb_oauth_token_t *token);
static ngx_str_t rb_oauth_jwt_number(ngx_pool_t *pool, const rb_jwt_t *jwt,
    const char *claim);


rb_err_t *
rb_oauth_answer(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_grant_t *grant, rb_json_t *json)
{
    time_t      now;
    rb_err_t   *err;
    ngx_str_t   access, id;

    static const ngx_str_t  bearer = ngx_string("Bearer");
    static const ngx_str_t  dpop = ngx_string("DPoP");

    now = ngx_time();
    ngx_str_null(&id);

    err = rb_oauth_access_token(task, issuer, grant, now, &access);
    if (err) {
        return err;
    }

    if (grant->member.len && rb_oauth_has_lit(&grant->scopes, "openid")) {
        err = rb_oauth_id_token(task, issuer, grant, now, &access, &id);
        if (err) {
            return err;
        }
    }

    rb_json_open(json, '{');
    rb_json_key(json, "access_token");
    rb_json_str(json, &access);
    rb_json_key(json, "token_type");
    rb_json_str(json, grant->jkt.len ? &dpop : &bearer);
    rb_json_key(json, "expires_in");
    rb_json_int(json, RB_OAUTH_ACCESS_LIFE);
    rb_json_key(json, "scope");
    rb_json_str(json, &grant->scopes);

    if (grant->refresh_token.len) {
        rb_json_key(json, "refresh_token");
        rb_json_str(json, &grant->refresh_token);
    }

    if (id.len) {
        rb_json_key(json, "id_token");
        rb_json_str(json, &id);
    }

    rb_json_close(json, '}');

    return NULL;
}


static rb_err_t *
rb_oauth_access_token(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_grant_t *grant, time_t now, ngx_str_t *token)
{
    rb_buf_t     buf;
    rb_err_t    *err;
    rb_json_t    json;
    ngx_str_t    jti, claims;

    err = rb_oauth_uuid(task->pool, &jti);
    if (err) {
        return err;
    }

    if (rb_buf_init(&buf, task->pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "iss");
    rb_json_str(&json, issuer);
    rb_json_key(&json, "sub");
    rb_json_str(&json, grant->member.len ? &grant->member : &grant->client);
    rb_json_key(&json, "aud");
    rb_json_str(&json, issuer);
    rb_json_key(&json, "client_id");
    rb_json_str(&json, &grant->client);
    rb_json_key(&json, "scope");
    rb_json_str(&json, &grant->scopes);
    rb_json_key(&json, "sid");
    rb_json_str(&json, &grant->session);
    rb_json_key(&json, "iat");
    rb_json_int(&json, now);
    rb_json_key(&json, "exp");
    rb_json_int(&json, now + RB_OAUTH_ACCESS_LIFE);
    rb_json_key(&json, "jti");
    rb_json_str(&json, &jti);

    if (grant->member.len) {
        rb_oauth_how(&json, grant);
    }

    if (grant->jkt.len) {
        rb_json_key(&json, "cnf");
        rb_json_open(&json, '{');
        rb_json_key(&json, "jkt");
        rb_json_str(&json, &grant->jkt);
        rb_json_close(&json, '}');
    }

    rb_json_close(&json, '}');

    claims.data = buf.start;
    claims.len = rb_buf_len(&buf);

    if (buf.failed
        || rb_jwt_sign(task->pool, "at+jwt", &claims, token) != NGX_OK)
    {
        return &rb_err_internal;
    }

    return NULL;
}


static rb_err_t *
rb_oauth_id_token(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_grant_t *grant, time_t now, const ngx_str_t *access_token,
    ngx_str_t *token)
{
    rb_buf_t    buf;
    rb_json_t   json;
    ngx_str_t   hash, claims;

    if (rb_oauth_at_hash(task->pool, now, access_token, &hash) != NGX_OK
        || rb_buf_init(&buf, task->pool, 512) != NGX_OK)
    {
        return &rb_err_internal;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "iss");
    rb_json_str(&json, issuer);
    rb_json_key(&json, "sub");
    rb_json_str(&json, &grant->member);
    rb_json_key(&json, "aud");
    rb_json_str(&json, &grant->client);
    rb_json_key(&json, "azp");
    rb_json_str(&json, &grant->client);
    rb_json_key(&json, "iat");
    rb_json_int(&json, now);
    rb_json_key(&json, "exp");
    rb_json_int(&json, now + RB_OAUTH_ID_TOKEN_LIFE);
    rb_oauth_how(&json, grant);
    rb_json_key(&json, "sid");
    rb_json_str(&json, &grant->session);
    rb_json_key(&json, "at_hash");
    rb_json_str(&json, &hash);

    if (grant->nonce.len) {
        rb_json_key(&json, "nonce");
        rb_json_str(&json, &grant->nonce);
    }

    rb_json_close(&json, '}');

    claims.data = buf.start;
    claims.len = rb_buf_len(&buf);

    if (buf.failed
        || rb_jwt_sign(task->pool, "JWT", &claims, token) != NGX_OK)
    {
        return &rb_err_internal;
    }

    return NULL;
}


static void
rb_oauth_how(rb_json_t *json, const rb_oauth_grant_t *grant)
{
    rb_json_key(json, "auth_time");
    rb_json_raw(json, grant->auth_time.data, grant->auth_time.len);
    rb_json_key(json, "acr");
    rb_json_str(json, &grant->acr);
    rb_json_key(json, "amr");
    rb_json_raw(json, grant->amr.data, grant->amr.len);
}


/*
 * The left half of the token's hash, by the hash of the signature's algorithm
 * (OpenID Connect Core §3.1.3.6): Ed25519 is built on SHA-512.
 */

static ngx_int_t
rb_oauth_at_hash(ngx_pool_t *pool, time_t now, const ngx_str_t *access_token,
    ngx_str_t *hash)
{
    u_char                    md[RB_OAUTH_MD_MAX];
    unsigned                  len;
    const rb_signing_key_t   *key;

    key = rb_keyring ? rb_keyring_signer(rb_keyring, now) : NULL;

    if (key == NULL
        || EVP_Digest(access_token->data, access_token->len, md, &len,
                      key->alg == RB_ALG_EDDSA ? EVP_sha512() : EVP_sha256(),
                      NULL) != 1)
    {
        return NGX_ERROR;
    }

    *hash = rb_base64url(pool, md, len / 2);

    return hash->data ? NGX_OK : NGX_ERROR;
}


/* A JWT has dots, what we make at random has none. */

rb_err_t *
rb_oauth_token_look(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_client_t *client, const ngx_str_t *text,
    rb_oauth_token_t *token)
{
    ngx_memzero(token, sizeof(rb_oauth_token_t));

    if (ngx_strlchr(text->data, text->data + text->len, '.')) {
        return rb_oauth_look_access(task, issuer, client, text, token);
    }

    return rb_oauth_look_refresh(task, client, text, token);
}


static rb_err_t *
rb_oauth_look_access(rb_task_t *task, const ngx_str_t *issuer,
    const rb_oauth_client_t *client, const ngx_str_t *text,
    rb_oauth_token_t *token)
{
    u_char         id[RB_UUID_LEN];
    json_t        *cnf;
    rb_err_t      *err;
    rb_jwt_t       jwt;
    ngx_str_t      p[RB_OAUTH_SESSION_LOOK_NPARAMS], sid, iss, owner;
    rb_pg_rows_t   rows;

    switch (rb_jwt_parse(task->pool, text, &jwt)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return NULL;

    default:
        return &rb_err_internal;
    }

    if (!rb_oauth_is(&jwt.typ, "at+jwt")
        || rb_jwt_verify_own(&jwt) != NGX_OK
        || rb_jwt_times(&jwt, ngx_time(), 0) != NGX_OK)
    {
        return NULL;
    }

    sid = rb_jwt_str(&jwt, "sid");
    iss = rb_jwt_str(&jwt, "iss");
    owner = rb_jwt_str(&jwt, "client_id");

    if (!rb_same(&iss, issuer) || owner.len == 0
        || rb_uuid_parse(&sid, id) != NGX_OK)
    {
        return NULL;
    }

    /* a service of ours is sent the tokens of all other applications */

    if (!client->first_party && !rb_same(&owner, &client->id)) {
        return NULL;
    }

    p[RB_OAUTH_SESSION_LOOK_P_SESSION] = sid;
    p[RB_OAUTH_SESSION_LOOK_P_CLIENT] = owner;

    err = rb_pg_query(task, RB_STMT_OAUTH_SESSION_LOOK, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return NULL;
    }

    token->session = sid;
    token->client = owner;
    token->live = rb_pg_value(&rows, 0, 0).data[0] == 't';
    token->member = rb_jwt_str(&jwt, "sub");
    token->scopes = rb_jwt_str(&jwt, "scope");
    token->jti = rb_jwt_str(&jwt, "jti");
    token->acr = rb_jwt_str(&jwt, "acr");
    token->iat = rb_oauth_jwt_number(task->pool, &jwt, "iat");
    token->exp = rb_oauth_jwt_number(task->pool, &jwt, "exp");
    token->auth_time = rb_oauth_jwt_number(task->pool, &jwt, "auth_time");

    cnf = json_object_get(json_object_get(jwt.claims, "cnf"), "jkt");

    if (json_is_string(cnf)) {
        token->jkt.data = (u_char *) json_string_value(cnf);
        token->jkt.len = json_string_length(cnf);
    }

    return NULL;
}


static ngx_str_t
rb_oauth_jwt_number(ngx_pool_t *pool, const rb_jwt_t *jwt, const char *claim)
{
    int64_t    n;
    ngx_str_t  text;

    ngx_str_null(&text);
    n = rb_jwt_int(jwt, claim, -1);

    if (n < 0) {
        return text;
    }

    text.data = ngx_pnalloc(pool, NGX_INT64_LEN);

    if (text.data) {
        text.len = ngx_sprintf(text.data, "%L", n) - text.data;
    }

    return text;
}


static rb_err_t *
rb_oauth_look_refresh(rb_task_t *task, const rb_oauth_client_t *client,
    const ngx_str_t *text, rb_oauth_token_t *token)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_REFRESH_LOOK_NPARAMS], owner;
    rb_pg_rows_t   rows;

    p[RB_OAUTH_REFRESH_LOOK_P_HASH] = rb_hash_param(task->pool, text);
    ngx_str_set(&p[RB_OAUTH_REFRESH_LOOK_P_GRACE], "0");

    if (p[RB_OAUTH_REFRESH_LOOK_P_HASH].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_OAUTH_REFRESH_LOOK, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return NULL;
    }

    owner = rb_pg_value(&rows, 0, RB_OAUTH_L_CLIENT);

    if (!rb_same(&owner, &client->id)) {
        return NULL;
    }

    token->refresh = 1;
    token->client = owner;
    token->session = rb_pg_value(&rows, 0, RB_OAUTH_L_SESSION);
    token->member = rb_pg_value(&rows, 0, RB_OAUTH_L_MEMBER);
    token->scopes = rb_pg_value(&rows, 0, RB_OAUTH_L_SCOPES);
    token->acr = rb_pg_value(&rows, 0, RB_OAUTH_L_ACR);
    token->auth_time = rb_pg_value(&rows, 0, RB_OAUTH_L_AUTH_TIME);
    token->jkt = rb_pg_value(&rows, 0, RB_OAUTH_L_JKT);
    token->iat = rb_pg_value(&rows, 0, RB_OAUTH_L_IAT);
    token->exp = rb_pg_value(&rows, 0, RB_OAUTH_L_EXP);

    token->live = rb_pg_value(&rows, 0, RB_OAUTH_L_LIVE).data[0] == 't'
                  && rb_pg_value(&rows, 0, RB_OAUTH_L_USED).data[0] != 't';

    return NULL;
}


rb_err_t *
rb_oauth_token_revoke(rb_task_t *task, const rb_oauth_client_t *client,
    const rb_oauth_token_t *token, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_SESSION_REVOKE_NPARAMS];
    rb_pg_rows_t   rows;

    p[RB_OAUTH_SESSION_REVOKE_P_SESSION] = token->session;
    p[RB_OAUTH_SESSION_REVOKE_P_CLIENT] = client->id;
    p[RB_OAUTH_SESSION_REVOKE_P_CALLER] =
        rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_SESSION_REVOKE_P_REQUEST_ID] = origin->request_id;

    err = rb_pg_query(task, RB_STMT_OAUTH_SESSION_REVOKE, 0, p, &rows);
    if (err) {
        return err;
    }

    return rows.sqlstate[0] ? &rb_err_internal : NULL;
}
