
/*
 * HMAC through OpenSSL's EVP_MAC.  Looking up the algorithm and setting the
 * key cost more than a short message's MAC, so one context keeps both: it is
 * made when first needed and started anew for each message.
 *
 * base64url is decoded strictly: no padding, no other characters, and the
 * bits beyond the last byte are zero, so that a payload has one spelling.
 */


#include "base/rb_token.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>


#define RB_TOKEN_MAC_LEN   32           /* SHA-256 */
#define RB_TOKEN_TAG_LEN   16           /* of which a token carries */
#define RB_TOKEN_LEN_MAX   8192         /* as long as a header can be */


static ngx_str_t     rb_token_key;
static EVP_MAC_CTX  *rb_token_ctx;


static EVP_MAC_CTX *rb_token_start(void);
static u_char *rb_token_encode(u_char *dst, const u_char *src, size_t len);
static ngx_int_t rb_token_decode(u_char *dst, const ngx_str_t *src,
    size_t *len);
static ngx_uint_t rb_token_sextet(u_char c);


void
rb_token_secret(const ngx_str_t *secret)
{
    EVP_MAC_CTX_free(rb_token_ctx);
    rb_token_ctx = NULL;

    if (secret) {
        rb_token_key = *secret;

    } else {
        ngx_str_null(&rb_token_key);
    }
}


ngx_int_t
rb_token_mac(const char *purpose, const void *data, size_t len,
    u_char out[32])
{
    size_t        n;
    EVP_MAC_CTX  *ctx;

    ctx = rb_token_start();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    /* with its final zero, which no purpose contains */

    if (EVP_MAC_update(ctx, (const u_char *) purpose, ngx_strlen(purpose) + 1)
            != 1
        || (len && EVP_MAC_update(ctx, data, len) != 1)
        || EVP_MAC_final(ctx, out, &n, RB_TOKEN_MAC_LEN) != 1
        || n != RB_TOKEN_MAC_LEN)
    {
        /* whatever state it was left in, it isn't used again */
        EVP_MAC_CTX_free(rb_token_ctx);
        rb_token_ctx = NULL;

        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
rb_token_sign(ngx_pool_t *pool, const char *purpose, const ngx_str_t *payload,
    ngx_str_t *token)
{
    size_t   len;
    u_char  *p, *plain, mac[RB_TOKEN_MAC_LEN];

    if (payload->len > RB_TOKEN_LEN_MAX) {
        return NGX_ERROR;
    }

    if (rb_token_mac(purpose, payload->data, payload->len, mac) != NGX_OK) {
        return NGX_ERROR;
    }

    len = payload->len + RB_TOKEN_TAG_LEN;

    /* the plain bytes lie behind their encoding */
    p = ngx_pnalloc(pool, (len * 4 + 2) / 3 + len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    plain = p + (len * 4 + 2) / 3;

    if (payload->len) {
        ngx_memcpy(plain, payload->data, payload->len);
    }

    ngx_memcpy(plain + payload->len, mac, RB_TOKEN_TAG_LEN);

    token->data = p;
    token->len = rb_token_encode(p, plain, len) - p;

    return NGX_OK;
}


ngx_int_t
rb_token_verify(ngx_pool_t *pool, const char *purpose, const ngx_str_t *token,
    ngx_str_t *payload)
{
    size_t   len;
    u_char  *p, mac[RB_TOKEN_MAC_LEN];

    if (token->len > RB_TOKEN_LEN_MAX * 4 / 3 + RB_TOKEN_MAC_LEN) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(pool, token->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (rb_token_decode(p, token, &len) != NGX_OK
        || len < RB_TOKEN_TAG_LEN)
    {
        return NGX_DECLINED;
    }

    len -= RB_TOKEN_TAG_LEN;

    if (rb_token_mac(purpose, p, len, mac) != NGX_OK) {
        return NGX_ERROR;
    }

    if (CRYPTO_memcmp(p + len, mac, RB_TOKEN_TAG_LEN) != 0) {
        return NGX_DECLINED;
    }

    payload->data = p;
    payload->len = len;

    return NGX_OK;
}


/* The context, keyed and at the start of a message; NULL on failure. */

static EVP_MAC_CTX *
rb_token_start(void)
{
    EVP_MAC     *mac;
    OSSL_PARAM   params[2];

    if (rb_token_ctx) {
        /* no key: the one it has */
        return (EVP_MAC_init(rb_token_ctx, NULL, 0, NULL) == 1) ? rb_token_ctx
                                                                : NULL;
    }

    if (rb_token_key.len == 0) {
        return NULL;
    }

    mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    if (mac == NULL) {
        return NULL;
    }

    rb_token_ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_end();

    if (rb_token_ctx == NULL
        || EVP_MAC_init(rb_token_ctx, rb_token_key.data, rb_token_key.len,
                        params) != 1)
    {
        EVP_MAC_CTX_free(rb_token_ctx);
        rb_token_ctx = NULL;
    }

    return rb_token_ctx;
}


static u_char *
rb_token_encode(u_char *dst, const u_char *src, size_t len)
{
    uint32_t    bits;
    ngx_uint_t  have;

    static const u_char  letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    bits = 0;
    have = 0;

    while (len--) {
        bits = (bits << 8 | *src++) & 0xffff;
        have += 8;

        while (have >= 6) {
            have -= 6;
            *dst++ = letters[bits >> have & 0x3f];
        }
    }

    if (have) {
        *dst++ = letters[bits << (6 - have) & 0x3f];
    }

    return dst;
}


static ngx_int_t
rb_token_decode(u_char *dst, const ngx_str_t *src, size_t *len)
{
    size_t      i;
    u_char     *p;
    uint32_t    bits;
    ngx_uint_t  have, sextet;

    bits = 0;
    have = 0;
    p = dst;

    for (i = 0; i < src->len; i++) {
        sextet = rb_token_sextet(src->data[i]);
        if (sextet > 0x3f) {
            return NGX_ERROR;
        }

        bits = (bits << 6 | sextet) & 0xffff;
        have += 6;

        if (have >= 8) {
            have -= 8;
            *p++ = bits >> have;
        }
    }

    /* six left over would be a letter that says nothing */

    if (have == 6 || (bits & ((1u << have) - 1))) {
        return NGX_ERROR;
    }

    *len = p - dst;

    return NGX_OK;
}


static ngx_uint_t
rb_token_sextet(u_char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return (c == '-') ? 62 : (c == '_') ? 63 : 64;
}
