
/*
 * JSON Web Keys of others: read strictly, so that one key has one spelling
 * and so one thumbprint.
 */


#include "crypto/rb_jose.h"
#include "crypto/rb_pkey.h"


#define RB_JWKS_MAX  16


static EVP_PKEY *rb_jwk_ec(json_t *jwk, const char **why);
static EVP_PKEY *rb_jwk_okp(json_t *jwk, const char **why);
static EVP_PKEY *rb_jwk_rsa(json_t *jwk, const char **why);
static ngx_int_t rb_jwk_bytes(json_t *jwk, const char *name, u_char *out,
    size_t max, size_t *len);
static ngx_uint_t rb_jwk_is(json_t *jwk, const char *name,
    const char *value);


EVP_PKEY *
rb_jwk_public(json_t *jwk, const char **why)
{
    ngx_uint_t  i;

    static const char *const  private[] = {
        "d", "p", "q", "dp", "dq", "qi", "oth", "k"
    };

    if (!json_is_object(jwk)) {
        *why = "a key must be an object";
        return NULL;
    }

    for (i = 0; i < rb_array_size(private); i++) {
        if (json_object_get(jwk, private[i])) {
            *why = "a private key is here: send its public members only";
            return NULL;
        }
    }

    if (rb_jwk_is(jwk, "kty", "EC")) {
        return rb_jwk_ec(jwk, why);
    }

    if (rb_jwk_is(jwk, "kty", "OKP")) {
        return rb_jwk_okp(jwk, why);
    }

    if (rb_jwk_is(jwk, "kty", "RSA")) {
        return rb_jwk_rsa(jwk, why);
    }

    *why = "kty must be EC, OKP or RSA";

    return NULL;
}


static EVP_PKEY *
rb_jwk_ec(json_t *jwk, const char **why)
{
    size_t     x_len, y_len;
    u_char     x[32], y[32];
    EVP_PKEY  *pkey;

    if (!rb_jwk_is(jwk, "crv", "P-256")) {
        *why = "crv must be P-256";
        return NULL;
    }

    if (rb_jwk_bytes(jwk, "x", x, sizeof(x), &x_len) != NGX_OK
        || rb_jwk_bytes(jwk, "y", y, sizeof(y), &y_len) != NGX_OK
        || x_len != sizeof(x) || y_len != sizeof(y))
    {
        *why = "x and y must be 32 bytes as base64url";
        return NULL;
    }

    pkey = rb_pkey_p256(x, y);

    if (pkey == NULL) {
        *why = "x and y are no point of the curve";
    }

    return pkey;
}


static EVP_PKEY *
rb_jwk_okp(json_t *jwk, const char **why)
{
    size_t     len;
    u_char     x[32];
    EVP_PKEY  *pkey;

    if (!rb_jwk_is(jwk, "crv", "Ed25519")) {
        *why = "crv must be Ed25519";
        return NULL;
    }

    if (rb_jwk_bytes(jwk, "x", x, sizeof(x), &len) != NGX_OK
        || len != sizeof(x))
    {
        *why = "x must be 32 bytes as base64url";
        return NULL;
    }

    pkey = rb_pkey_ed25519(x);

    if (pkey == NULL) {
        *why = "x is no key";
    }

    return pkey;
}


static EVP_PKEY *
rb_jwk_rsa(json_t *jwk, const char **why)
{
    size_t     n_len, e_len;
    u_char     n[RB_PKEY_RSA_N_MAX], e[RB_PKEY_RSA_E_MAX];
    EVP_PKEY  *pkey;

    pkey = NULL;

    if (rb_jwk_bytes(jwk, "n", n, sizeof(n), &n_len) == NGX_OK
        && rb_jwk_bytes(jwk, "e", e, sizeof(e), &e_len) == NGX_OK)
    {
        pkey = rb_pkey_rsa(n, n_len, e, e_len);
    }

    if (pkey == NULL) {
        *why = "n must have 2048 to 4096 bits and e at most 32, both odd, as "
               "base64url without leading zeros";
    }

    return pkey;
}


static ngx_int_t
rb_jwk_bytes(json_t *jwk, const char *name, u_char *out, size_t max,
    size_t *len)
{
    json_t  *value;

    value = json_object_get(jwk, name);

    if (!json_is_string(value)) {
        return NGX_DECLINED;
    }

    return rb_base64url_read((u_char *) json_string_value(value),
                             json_string_length(value), out, max, len);
}


static ngx_uint_t
rb_jwk_is(json_t *jwk, const char *name, const char *value)
{
    const char  *s;

    s = json_string_value(json_object_get(jwk, name));

    return s && ngx_strcmp(s, value) == 0;
}


const char *
rb_jwks_check(json_t *jwks)
{
    size_t       i;
    json_t      *keys, *key;
    EVP_PKEY    *pkey;
    const char  *why;

    keys = json_object_get(jwks, "keys");

    if (!json_is_array(keys) || json_array_size(keys) < 1
        || json_array_size(keys) > RB_JWKS_MAX)
    {
        return "must be an object whose member keys has 1 to 16 keys";
    }

    json_array_foreach(keys, i, key) {
        pkey = rb_jwk_public(key, &why);

        if (pkey == NULL) {
            return why;
        }

        EVP_PKEY_free(pkey);
    }

    return NULL;
}


ngx_int_t
rb_jwk_thumbprint(ngx_pool_t *pool, json_t *jwk, ngx_str_t *text)
{
    u_char              hash[RB_SHA256_LEN];
    json_t             *value;
    rb_buf_t            buf;
    rb_json_t           json;
    ngx_str_t           s;
    const char *const  *name;

    static const char *const  ec[] = { "crv", "kty", "x", "y", NULL };
    static const char *const  okp[] = { "crv", "kty", "x", NULL };
    static const char *const  rsa[] = { "e", "kty", "n", NULL };

    name = rb_jwk_is(jwk, "kty", "EC") ? ec
           : rb_jwk_is(jwk, "kty", "OKP") ? okp
           : rb_jwk_is(jwk, "kty", "RSA") ? rsa : NULL;

    if (name == NULL) {
        return NGX_DECLINED;
    }

    if (rb_buf_init(&buf, pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');

    for ( /* void */ ; *name; name++) {
        value = json_object_get(jwk, *name);

        if (!json_is_string(value)) {
            return NGX_DECLINED;
        }

        s.data = (u_char *) json_string_value(value);
        s.len = json_string_length(value);

        rb_json_key_n(&json, *name, ngx_strlen(*name));
        rb_json_str(&json, &s);
    }

    rb_json_close(&json, '}');

    if (buf.failed
        || rb_sha256(buf.start, rb_buf_len(&buf), hash) != NGX_OK)
    {
        return NGX_ERROR;
    }

    *text = rb_base64url(pool, hash, sizeof(hash));

    return text->data ? NGX_OK : NGX_ERROR;
}
