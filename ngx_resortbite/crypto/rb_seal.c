
/*
 * What is sealed with a key of the ring carries the key's number, which is
 * authenticated together with the context.
 */


#include "crypto/rb_keyring.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>


#define RB_SEAL_KEY_LEN    32
#define RB_SEAL_NONCE_LEN  12
#define RB_SEAL_TAG_LEN    16


static ngx_int_t rb_seal_with(const u_char *key, const ngx_str_t *head,
    const ngx_str_t *context, const ngx_str_t *plain, u_char *out);
static ngx_int_t rb_seal_open(const u_char *key, const ngx_str_t *head,
    const ngx_str_t *context, const ngx_str_t *sealed, ngx_str_t *plain);
static ngx_int_t rb_seal_derive(const ngx_str_t *secret,
    u_char key[RB_SEAL_KEY_LEN]);


ngx_int_t
rb_seal(ngx_pool_t *pool, const ngx_str_t *plain, const ngx_str_t *context,
    ngx_str_t *sealed)
{
    ngx_str_t  head;

    if (rb_keyring == NULL || rb_keyring->sealed_by == 0) {
        return NGX_ERROR;
    }

    sealed->len = 1 + RB_SEAL_NONCE_LEN + plain->len + RB_SEAL_TAG_LEN;
    sealed->data = ngx_pnalloc(pool, sealed->len);

    if (sealed->data == NULL) {
        return NGX_ERROR;
    }

    sealed->data[0] = rb_keyring->sealed_by;
    head.data = sealed->data;
    head.len = 1;

    return rb_seal_with(rb_keyring->seal[rb_keyring->sealed_by], &head,
                        context, plain, sealed->data + 1);
}


ngx_int_t
rb_unseal(ngx_pool_t *pool, const ngx_str_t *sealed, const ngx_str_t *context,
    ngx_str_t *plain)
{
    u_char     n;
    ngx_str_t  head, rest;

    if (rb_keyring == NULL) {
        return NGX_ERROR;
    }

    if (sealed->len < 1 + RB_SEAL_NONCE_LEN + RB_SEAL_TAG_LEN) {
        return NGX_DECLINED;
    }

    n = sealed->data[0];

    if (!(rb_keyring->seal_known[n / 32] & 1u << (n % 32))) {
        return NGX_DECLINED;
    }

    head.data = sealed->data;
    head.len = 1;
    rest.data = sealed->data + 1;
    rest.len = sealed->len - 1;

    plain->data = ngx_pnalloc(pool, rest.len);
    if (plain->data == NULL) {
        return NGX_ERROR;
    }

    return rb_seal_open(rb_keyring->seal[n], &head, context, &rest, plain);
}


ngx_int_t
rb_seal_for(ngx_pool_t *pool, const ngx_str_t *secret, const ngx_str_t *plain,
    ngx_str_t *sealed)
{
    u_char     key[RB_SEAL_KEY_LEN];
    ngx_int_t  rc;
    ngx_str_t  none = ngx_null_string;

    sealed->len = RB_SEAL_NONCE_LEN + plain->len + RB_SEAL_TAG_LEN;
    sealed->data = ngx_pnalloc(pool, sealed->len);

    if (sealed->data == NULL || rb_seal_derive(secret, key) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = rb_seal_with(key, &none, &none, plain, sealed->data);
    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


ngx_int_t
rb_unseal_with(ngx_pool_t *pool, const ngx_str_t *secret,
    const ngx_str_t *sealed, ngx_str_t *plain)
{
    u_char     key[RB_SEAL_KEY_LEN];
    ngx_int_t  rc;
    ngx_str_t  none = ngx_null_string;

    if (sealed->len < RB_SEAL_NONCE_LEN + RB_SEAL_TAG_LEN) {
        return NGX_DECLINED;
    }

    plain->data = ngx_pnalloc(pool, sealed->len);

    if (plain->data == NULL || rb_seal_derive(secret, key) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = rb_seal_open(key, &none, &none, sealed, plain);
    OPENSSL_cleanse(key, sizeof(key));

    return rc;
}


/* Writes nonce, ciphertext and tag. */

static ngx_int_t
rb_seal_with(const u_char *key, const ngx_str_t *head,
    const ngx_str_t *context, const ngx_str_t *plain, u_char *out)
{
    int              n;
    u_char          *text;
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    if (plain->len > INT_MAX || context->len > INT_MAX
        || rb_random(out, RB_SEAL_NONCE_LEN) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    text = out + RB_SEAL_NONCE_LEN;
    rc = NGX_ERROR;

    if (EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, out, NULL) == 1
        && (head->len == 0
            || EVP_EncryptUpdate(ctx, NULL, &n, head->data, head->len) == 1)
        && (context->len == 0
            || EVP_EncryptUpdate(ctx, NULL, &n, context->data, context->len)
               == 1)
        && (plain->len == 0
            || EVP_EncryptUpdate(ctx, text, &n, plain->data, plain->len) == 1)
        && EVP_EncryptFinal_ex(ctx, text + plain->len, &n) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, RB_SEAL_TAG_LEN,
                               text + plain->len) == 1)
    {
        rc = NGX_OK;
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


/* sealed is nonce, ciphertext and tag; there is room for the plain text. */

static ngx_int_t
rb_seal_open(const u_char *key, const ngx_str_t *head,
    const ngx_str_t *context, const ngx_str_t *sealed, ngx_str_t *plain)
{
    int              n;
    u_char          *text, *tag;
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    if (sealed->len > INT_MAX || context->len > INT_MAX) {
        return NGX_DECLINED;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    text = sealed->data + RB_SEAL_NONCE_LEN;
    tag = sealed->data + sealed->len - RB_SEAL_TAG_LEN;
    plain->len = tag - text;
    rc = NGX_DECLINED;

    if (EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, sealed->data, NULL)
            == 1
        && (head->len == 0
            || EVP_DecryptUpdate(ctx, NULL, &n, head->data, head->len) == 1)
        && (context->len == 0
            || EVP_DecryptUpdate(ctx, NULL, &n, context->data, context->len)
               == 1)
        && (plain->len == 0
            || EVP_DecryptUpdate(ctx, plain->data, &n, text, plain->len) == 1)
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, RB_SEAL_TAG_LEN,
                               tag) == 1
        && EVP_DecryptFinal_ex(ctx, plain->data + plain->len, &n) == 1)
    {
        rc = NGX_OK;

    } else {
        /* what did not prove itself isn't shown */
        OPENSSL_cleanse(plain->data, plain->len);
        plain->len = 0;
        ERR_clear_error();
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


static ngx_int_t
rb_seal_derive(const ngx_str_t *secret, u_char key[RB_SEAL_KEY_LEN])
{
    int            ok;
    EVP_KDF       *kdf;
    OSSL_PARAM     params[4];
    EVP_KDF_CTX   *ctx;

    static char  info[] = "resortbite seal";

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    if (kdf == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                                  secret->data, secret->len);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
                                                  sizeof(info) - 1);
    params[3] = OSSL_PARAM_construct_end();

    ok = EVP_KDF_derive(ctx, key, RB_SEAL_KEY_LEN, params);
    EVP_KDF_CTX_free(ctx);

    return (ok == 1) ? NGX_OK : NGX_ERROR;
}
