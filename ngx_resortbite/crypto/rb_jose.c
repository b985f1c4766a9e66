
/*
 * A token is taken apart once; what it says of itself only chooses among the
 * algorithms and keys that we would take anyway.  What OpenSSL leaves in its
 * queue of errors is taken away, since nginx would find it at the next TLS
 * handshake and complain.
 */


#include "crypto/rb_jose.h"
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>


#define RB_ES256_LEN      64            /* r and s */
#define RB_KID_LEN_MAX    255
#define RB_TYP_LEN_MAX    64
#define RB_JWKS_TRIED     16


typedef enum {
    RB_JOSE_ECDSA = 0,
    RB_JOSE_EDDSA,
    RB_JOSE_PKCS1,
    RB_JOSE_PSS
} rb_jose_kind_e;


typedef struct {
    ngx_str_t         name;
    rb_jose_kind_e    kind;
    const char       *kty;
    const char       *key;              /* as OpenSSL calls it */
} rb_jose_alg_t;


static ngx_int_t rb_jwt_object(ngx_pool_t *pool, u_char *data, size_t len,
    json_t **object);
static ngx_int_t rb_jwt_header(rb_jwt_t *jwt);
static ngx_int_t rb_jwt_header_str(json_t *header, const char *name,
    size_t max, ngx_str_t *value);
static const rb_jose_alg_t *rb_jose_alg(const ngx_str_t *name);
static ngx_uint_t rb_jose_fits(const rb_jwt_t *jwt, const rb_jose_alg_t *alg,
    json_t *jwk);
static ngx_uint_t rb_jose_may_verify(json_t *jwk);
static ngx_int_t rb_jose_verify(const rb_jwt_t *jwt, const rb_jose_alg_t *alg,
    EVP_PKEY *pkey);
static u_char *rb_jose_ecdsa_der(const ngx_str_t *raw, int *len);
static ngx_int_t rb_jose_sign(const rb_signing_key_t *key, const u_char *data,
    size_t len, u_char out[RB_ES256_LEN]);
static ngx_int_t rb_jose_ecdsa_raw(const u_char *der, size_t len,
    u_char out[RB_ES256_LEN]);
static ngx_int_t rb_jwt_time(const rb_jwt_t *jwt, const char *claim,
    double *value);


static const rb_jose_alg_t  rb_jose_algs[] = {
    { ngx_string("ES256"), RB_JOSE_ECDSA, "EC", "EC" },
    { ngx_string("EdDSA"), RB_JOSE_EDDSA, "OKP", "ED25519" },
    { ngx_string("Ed25519"), RB_JOSE_EDDSA, "OKP", "ED25519" },
    { ngx_string("RS256"), RB_JOSE_PKCS1, "RSA", "RSA" },
    { ngx_string("PS256"), RB_JOSE_PSS, "RSA", "RSA" }
};


ngx_int_t
rb_jwt_parse(ngx_pool_t *pool, const ngx_str_t *token, rb_jwt_t *jwt)
{
    u_char     *p, *end, *dot[2];
    ngx_int_t   rc;
    ngx_str_t   part;
    ngx_uint_t  dots;

    ngx_memzero(jwt, sizeof(rb_jwt_t));

    if (token->len > RB_JWT_MAX) {
        return NGX_DECLINED;
    }

    dots = 0;
    end = token->data + token->len;

    for (p = token->data; p < end; p++) {
        if (*p == '.') {
            if (dots == 2) {
                return NGX_DECLINED;
            }

            dot[dots++] = p;
        }
    }

    if (dots != 2) {
        return NGX_DECLINED;
    }

    rc = rb_jwt_object(pool, token->data, dot[0] - token->data, &jwt->header);

    if (rc == NGX_OK) {
        rc = rb_jwt_header(jwt);
    }

    if (rc == NGX_OK) {
        rc = rb_jwt_object(pool, dot[0] + 1, dot[1] - dot[0] - 1,
                           &jwt->claims);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    jwt->signed_part.data = token->data;
    jwt->signed_part.len = dot[1] - token->data;

    part.data = dot[1] + 1;
    part.len = end - part.data;

    return rb_base64url_decode(pool, &part, &jwt->signature);
}


static ngx_int_t
rb_jwt_object(ngx_pool_t *pool, u_char *data, size_t len, json_t **object)
{
    rb_err_t   *err;
    ngx_int_t   rc;
    ngx_str_t   part, text;

    part.data = data;
    part.len = len;

    rc = rb_base64url_decode(pool, &part, &text);
    if (rc != NGX_OK) {
        return rc;
    }

    err = rb_json_parse(pool, &text, object);

    if (err) {
        return (err == &rb_err_internal) ? NGX_ERROR : NGX_DECLINED;
    }

    return json_is_object(*object) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
rb_jwt_header(rb_jwt_t *jwt)
{
    /* extensions that we don't know must not be passed over (§4.1.11) */

    if (json_object_get(jwt->header, "crit")
        || json_object_get(jwt->header, "b64")
        || json_object_get(jwt->header, "enc"))
    {
        return NGX_DECLINED;
    }

    if (rb_jwt_header_str(jwt->header, "alg", 16, &jwt->alg) != NGX_OK
        || rb_jwt_header_str(jwt->header, "kid", RB_KID_LEN_MAX, &jwt->kid)
           != NGX_OK
        || rb_jwt_header_str(jwt->header, "typ", RB_TYP_LEN_MAX, &jwt->typ)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return rb_jose_alg(&jwt->alg) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
rb_jwt_header_str(json_t *header, const char *name, size_t max,
    ngx_str_t *value)
{
    json_t  *member;

    member = json_object_get(header, name);

    if (member == NULL) {
        ngx_str_set(value, "");
        return NGX_OK;
    }

    if (!json_is_string(member) || json_string_length(member) > max) {
        return NGX_DECLINED;
    }

    value->data = (u_char *) json_string_value(member);
    value->len = json_string_length(member);

    return NGX_OK;
}


static const rb_jose_alg_t *
rb_jose_alg(const ngx_str_t *name)
{
    ngx_uint_t            i;
    const rb_jose_alg_t  *alg;

    for (i = 0; i < rb_array_size(rb_jose_algs); i++) {
        alg = &rb_jose_algs[i];

        if (alg->name.len == name->len
            && ngx_memcmp(alg->name.data, name->data, name->len) == 0)
        {
            return alg;
        }
    }

    return NULL;
}


ngx_int_t
rb_jwt_verify_own(const rb_jwt_t *jwt)
{
    const rb_jose_alg_t     *alg;
    const rb_signing_key_t  *key;

    if (rb_keyring == NULL || jwt->kid.len == 0) {
        return NGX_DECLINED;
    }

    alg = rb_jose_alg(&jwt->alg);
    key = rb_keyring_find(rb_keyring, &jwt->kid);

    if (alg == NULL || key == NULL
        || alg->kind != (key->alg == RB_ALG_ES256 ? RB_JOSE_ECDSA
                                                  : RB_JOSE_EDDSA))
    {
        return NGX_DECLINED;
    }

    return rb_jose_verify(jwt, alg, key->key);
}


ngx_int_t
rb_jwt_verify_set(const rb_jwt_t *jwt, json_t *jwks)
{
    size_t                i;
    json_t               *key;
    ngx_int_t             rc;
    ngx_uint_t            tried;
    const rb_jose_alg_t  *alg;

    alg = rb_jose_alg(&jwt->alg);

    if (alg == NULL) {
        return NGX_DECLINED;
    }

    tried = 0;

    json_array_foreach(json_object_get(jwks, "keys"), i, key) {

        if (!rb_jose_fits(jwt, alg, key)) {
            continue;
        }

        if (tried++ == RB_JWKS_TRIED) {
            break;
        }

        rc = rb_jwt_verify_jwk(jwt, key);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return NGX_DECLINED;
}


/* Whether a key of a set says nothing against being the one. */

static ngx_uint_t
rb_jose_fits(const rb_jwt_t *jwt, const rb_jose_alg_t *alg, json_t *jwk)
{
    const char  *kty, *kid, *own;

    kty = json_string_value(json_object_get(jwk, "kty"));
    kid = json_string_value(json_object_get(jwk, "kid"));
    own = json_string_value(json_object_get(jwk, "alg"));

    if (kty == NULL || ngx_strcmp(kty, alg->kty) != 0
        || !rb_jose_may_verify(jwk))
    {
        return 0;
    }

    if (own && ngx_strcmp(own, alg->name.data) != 0
        && !(alg->kind == RB_JOSE_EDDSA
             && (ngx_strcmp(own, "EdDSA") == 0
                 || ngx_strcmp(own, "Ed25519") == 0)))
    {
        return 0;
    }

    if (jwt->kid.len == 0) {
        return 1;
    }

    return kid && ngx_strlen(kid) == jwt->kid.len
           && ngx_memcmp(kid, jwt->kid.data, jwt->kid.len) == 0;
}


static ngx_uint_t
rb_jose_may_verify(json_t *jwk)
{
    size_t       i;
    json_t      *ops, *op;
    const char  *use, *name;

    use = json_string_value(json_object_get(jwk, "use"));

    if (use && ngx_strcmp(use, "sig") != 0) {
        return 0;
    }

    ops = json_object_get(jwk, "key_ops");

    if (ops == NULL) {
        return 1;
    }

    json_array_foreach(ops, i, op) {
        name = json_string_value(op);

        if (name && ngx_strcmp(name, "verify") == 0) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
rb_jwt_verify_jwk(const rb_jwt_t *jwt, json_t *jwk)
{
    EVP_PKEY             *pkey;
    ngx_int_t             rc;
    const char           *why;
    const rb_jose_alg_t  *alg;

    alg = rb_jose_alg(&jwt->alg);

    if (alg == NULL) {
        return NGX_DECLINED;
    }

    pkey = rb_jwk_public(jwk, &why);

    if (pkey == NULL) {
        return NGX_DECLINED;
    }

    rc = rb_jose_verify(jwt, alg, pkey);
    EVP_PKEY_free(pkey);

    return rc;
}


static ngx_int_t
rb_jose_verify(const rb_jwt_t *jwt, const rb_jose_alg_t *alg, EVP_PKEY *pkey)
{
    int            len, ok;
    u_char        *der;
    ngx_str_t      sig;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *settings;

    if (!EVP_PKEY_is_a(pkey, alg->key)) {
        return NGX_DECLINED;
    }

    sig = jwt->signature;
    der = NULL;

    if (alg->kind == RB_JOSE_ECDSA) {
        der = rb_jose_ecdsa_der(&sig, &len);

        if (der == NULL) {
            return NGX_DECLINED;
        }

        sig.data = der;
        sig.len = len;
    }

    ctx = EVP_MD_CTX_new();

    ok = ctx
         && EVP_DigestVerifyInit_ex(ctx, &settings,
                                    alg->kind == RB_JOSE_EDDSA ? NULL
                                                               : "SHA256",
                                    NULL, NULL, pkey, NULL) == 1;

    if (ok && alg->kind == RB_JOSE_PSS) {
        ok = EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen(settings,
                                                 RSA_PSS_SALTLEN_DIGEST) == 1;
    }

    ok = ok && EVP_DigestVerify(ctx, sig.data, sig.len, jwt->signed_part.data,
                                jwt->signed_part.len) == 1;

    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);

    if (!ok) {
        ERR_clear_error();
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* r and s of 32 bytes each (RFC 7518 §3.4) as OpenSSL reads them: in DER. */

static u_char *
rb_jose_ecdsa_der(const ngx_str_t *raw, int *len)
{
    BIGNUM     *r, *s;
    u_char     *der;
    ECDSA_SIG  *sig;

    if (raw->len != RB_ES256_LEN) {
        return NULL;
    }

    sig = ECDSA_SIG_new();
    r = BN_bin2bn(raw->data, RB_ES256_LEN / 2, NULL);
    s = BN_bin2bn(raw->data + RB_ES256_LEN / 2, RB_ES256_LEN / 2, NULL);

    if (sig == NULL || r == NULL || s == NULL
        || ECDSA_SIG_set0(sig, r, s) != 1)
    {
        ECDSA_SIG_free(sig);
        BN_free(r);
        BN_free(s);
        return NULL;
    }

    der = NULL;
    *len = i2d_ECDSA_SIG(sig, &der);
    ECDSA_SIG_free(sig);

    return (*len > 0) ? der : NULL;
}


ngx_int_t
rb_jwt_times(const rb_jwt_t *jwt, time_t now, time_t leeway)
{
    double     value;
    ngx_int_t  rc;

    if (rb_jwt_time(jwt, "exp", &value) != NGX_OK
        || (double) (now - leeway) >= value)
    {
        return NGX_DECLINED;
    }

    rc = rb_jwt_time(jwt, "nbf", &value);

    if (rc == NGX_ERROR || (rc == NGX_OK && value > (double) (now + leeway))) {
        return NGX_DECLINED;
    }

    rc = rb_jwt_time(jwt, "iat", &value);

    if (rc == NGX_ERROR || (rc == NGX_OK && value > (double) (now + leeway))) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* Times may have fractions (RFC 7519 §2).  NGX_DECLINED: there is none. */

static ngx_int_t
rb_jwt_time(const rb_jwt_t *jwt, const char *claim, double *value)
{
    json_t  *member;

    member = json_object_get(jwt->claims, claim);

    if (member == NULL) {
        return NGX_DECLINED;
    }

    if (!json_is_number(member)) {
        return NGX_ERROR;
    }

    *value = json_number_value(member);

    return NGX_OK;
}


ngx_str_t
rb_jwt_str(const rb_jwt_t *jwt, const char *claim)
{
    json_t     *member;
    ngx_str_t   value = ngx_null_string;

    member = json_object_get(jwt->claims, claim);

    if (json_is_string(member)) {
        value.data = (u_char *) json_string_value(member);
        value.len = json_string_length(member);
    }

    return value;
}


int64_t
rb_jwt_int(const rb_jwt_t *jwt, const char *claim, int64_t fallback)
{
    json_t  *member;

    member = json_object_get(jwt->claims, claim);

    return json_is_integer(member) ? json_integer_value(member) : fallback;
}


ngx_uint_t
rb_jwt_for(const rb_jwt_t *jwt, const ngx_str_t *audience)
{
    size_t       i;
    json_t      *aud, *one;

    aud = json_object_get(jwt->claims, "aud");

    if (json_is_string(aud)) {
        return json_string_length(aud) == audience->len
               && ngx_memcmp(json_string_value(aud), audience->data,
                             audience->len) == 0;
    }

    json_array_foreach(aud, i, one) {
        if (json_is_string(one) && json_string_length(one) == audience->len
            && ngx_memcmp(json_string_value(one), audience->data,
                          audience->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
rb_jwt_sign(ngx_pool_t *pool, const char *typ, const ngx_str_t *claims,
    ngx_str_t *token)
{
    if (rb_keyring == NULL) {
        return NGX_ERROR;
    }

    return rb_jwt_sign_with(pool, rb_keyring_signer(rb_keyring, ngx_time()),
                            typ, claims, token);
}


ngx_int_t
rb_jwt_sign_with(ngx_pool_t *pool, const rb_signing_key_t *key,
    const char *typ, const ngx_str_t *claims, ngx_str_t *token)
{
    u_char     sig[RB_ES256_LEN];
    rb_buf_t   head, buf;
    rb_json_t  json;
    ngx_str_t  text;

    if (rb_buf_init(&head, pool, 128) != NGX_OK
        || rb_buf_init(&buf, pool, claims->len * 4 / 3 + 300) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&text, "ES256");

    if (key->alg == RB_ALG_EDDSA) {
        ngx_str_set(&text, "EdDSA");
    }

    rb_json_init(&json, &head);
    rb_json_open(&json, '{');
    rb_json_key(&json, "alg");
    rb_json_str(&json, &text);
    text.data = (u_char *) typ;
    text.len = ngx_strlen(typ);
    rb_json_key(&json, "typ");
    rb_json_str(&json, &text);

    if (key->kid.len) {
        rb_json_key(&json, "kid");
        rb_json_str(&json, &key->kid);
    }

    rb_json_close(&json, '}');

    text = rb_base64url(pool, head.start, rb_buf_len(&head));
    rb_buf_add_str(&buf, &text);
    rb_buf_add_lit(&buf, ".");
    text = rb_base64url(pool, claims->data, claims->len);
    rb_buf_add_str(&buf, &text);

    if (head.failed || buf.failed || text.data == NULL
        || rb_jose_sign(key, buf.start, rb_buf_len(&buf), sig) != NGX_OK)
    {
        return NGX_ERROR;
    }

    text = rb_base64url(pool, sig, sizeof(sig));
    rb_buf_add_lit(&buf, ".");
    rb_buf_add_str(&buf, &text);

    token->data = buf.start;
    token->len = rb_buf_len(&buf);

    return (buf.failed || text.data == NULL) ? NGX_ERROR : NGX_OK;
}


/* Signatures of either kind have 64 bytes. */

static ngx_int_t
rb_jose_sign(const rb_signing_key_t *key, const u_char *data, size_t len,
    u_char out[RB_ES256_LEN])
{
    int          ok;
    u_char       sig[128];
    size_t       n;
    EVP_MD_CTX  *ctx;

    n = sizeof(sig);
    ctx = EVP_MD_CTX_new();

    ok = ctx
         && EVP_DigestSignInit_ex(ctx, NULL,
                                  key->alg == RB_ALG_EDDSA ? NULL : "SHA256",
                                  NULL, NULL, key->key, NULL) == 1
         && EVP_DigestSign(ctx, sig, &n, data, len) == 1;

    EVP_MD_CTX_free(ctx);

    if (!ok) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    if (key->alg == RB_ALG_ES256) {
        return rb_jose_ecdsa_raw(sig, n, out);
    }

    if (n != RB_ES256_LEN) {
        return NGX_ERROR;
    }

    ngx_memcpy(out, sig, RB_ES256_LEN);

    return NGX_OK;
}


static ngx_int_t
rb_jose_ecdsa_raw(const u_char *der, size_t len, u_char out[RB_ES256_LEN])
{
    int         half;
    ECDSA_SIG  *sig;

    sig = d2i_ECDSA_SIG(NULL, &der, (long) len);

    if (sig == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    half = RB_ES256_LEN / 2;

    if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half) != half
        || BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half) != half)
    {
        half = 0;
    }

    ECDSA_SIG_free(sig);

    return half ? NGX_OK : NGX_ERROR;
}
