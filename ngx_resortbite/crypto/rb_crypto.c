
/*
 * base64url is read strictly: no padding, no other characters, and the bits
 * beyond the last byte are zero, so that bytes have one spelling.
 */


#include "crypto/rb_crypto.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>


static u_char *rb_crypto_encode(u_char *dst, const u_char *src, size_t len);
static ngx_uint_t rb_crypto_sextet(u_char c);
static ngx_uint_t rb_crypto_nibble(u_char c);


ngx_int_t
rb_random(void *buf, size_t len)
{
    if (len > INT_MAX || RAND_bytes(buf, (int) len) != 1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
rb_random_text(u_char *text)
{
    u_char  bytes[RB_SHA256_LEN];

    if (rb_random(bytes, sizeof(bytes)) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) rb_crypto_encode(text, bytes, sizeof(bytes));
    OPENSSL_cleanse(bytes, sizeof(bytes));

    return NGX_OK;
}


ngx_int_t
rb_sha256(const void *data, size_t len, u_char out[RB_SHA256_LEN])
{
    /* each request that brings a token comes here; looking for the algorithm
     * and making a context took longer than hashing (OpenSSL 3, crypto(7)) */

    static __thread EVP_MD      *md;
    static __thread EVP_MD_CTX  *ctx;

    if (md == NULL) {
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
    }

    if (ctx == NULL) {
        ctx = EVP_MD_CTX_new();
    }

    if (md == NULL || ctx == NULL
        || EVP_DigestInit_ex2(ctx, md, NULL) != 1
        || EVP_DigestUpdate(ctx, data, len) != 1
        || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_str_t
rb_base64url(ngx_pool_t *pool, const void *data, size_t len)
{
    ngx_str_t  text;

    text.len = 0;
    text.data = ngx_pnalloc(pool, len / 3 * 4 + 4);

    if (text.data) {
        text.len = rb_crypto_encode(text.data, data, len) - text.data;
    }

    return text;
}


ngx_int_t
rb_base64url_decode(ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *data)
{
    size_t     max;
    ngx_str_t  src;

    src = *text;                        /* data may be the same string */
    max = src.len / 4 * 3 + 3;

    data->data = ngx_pnalloc(pool, max);
    if (data->data == NULL) {
        return NGX_ERROR;
    }

    return rb_base64url_read(src.data, src.len, data->data, max, &data->len);
}


ngx_int_t
rb_base64url_read(const u_char *text, size_t len, u_char *out, size_t max,
    size_t *n)
{
    size_t       i;
    u_char      *p;
    uint32_t     bits;
    ngx_uint_t   have, sextet;

    p = out;
    bits = 0;
    have = 0;

    for (i = 0; i < len; i++) {
        sextet = rb_crypto_sextet(text[i]);
        if (sextet > 0x3f) {
            return NGX_DECLINED;
        }

        bits = (bits << 6 | sextet) & 0xffff;
        have += 6;

        if (have >= 8) {
            if ((size_t) (p - out) == max) {
                return NGX_DECLINED;
            }

            have -= 8;
            *p++ = (u_char) (bits >> have);
        }
    }

    /* six left over would be a letter that says nothing */

    if (have == 6 || (bits & ((1u << have) - 1))) {
        return NGX_DECLINED;
    }

    *n = p - out;

    return NGX_OK;
}


static u_char *
rb_crypto_encode(u_char *dst, const u_char *src, size_t len)
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


static ngx_uint_t
rb_crypto_sextet(u_char c)
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


ngx_str_t
rb_bytea(ngx_pool_t *pool, const void *data, size_t len)
{
    size_t         i;
    u_char        *p;
    ngx_str_t      text;
    const u_char  *bytes;

    static const u_char  digits[] = "0123456789abcdef";

    text.len = 0;
    text.data = ngx_pnalloc(pool, 2 + len * 2);

    if (text.data == NULL) {
        return text;
    }

    bytes = data;
    p = text.data;

    *p++ = '\\';
    *p++ = 'x';

    for (i = 0; i < len; i++) {
        *p++ = digits[bytes[i] >> 4];
        *p++ = digits[bytes[i] & 0xf];
    }

    text.len = p - text.data;

    return text;
}


ngx_int_t
rb_bytea_decode(ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *data)
{
    size_t       i;
    ngx_str_t    src;
    ngx_uint_t   high, low;

    src = *text;                        /* data may be the same string */

    if (src.len < 2 || src.len % 2 || src.data[0] != '\\'
        || src.data[1] != 'x')
    {
        return NGX_DECLINED;
    }

    data->len = src.len / 2 - 1;
    data->data = ngx_pnalloc(pool, data->len + 1);

    if (data->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < data->len; i++) {
        high = rb_crypto_nibble(src.data[2 + i * 2]);
        low = rb_crypto_nibble(src.data[3 + i * 2]);

        if (high > 0xf || low > 0xf) {
            return NGX_DECLINED;
        }

        data->data[i] = (u_char) (high << 4 | low);
    }

    return NGX_OK;
}


static ngx_uint_t
rb_crypto_nibble(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return (c >= 'a' && c <= 'f') ? (ngx_uint_t) (c - 'a' + 10) : 16;
}


ngx_str_t
rb_hash_param(ngx_pool_t *pool, const ngx_str_t *text)
{
    u_char     hash[RB_SHA256_LEN];
    ngx_str_t  none = ngx_null_string;

    if (rb_sha256(text->data, text->len, hash) != NGX_OK) {
        return none;
    }

    return rb_bytea(pool, hash, sizeof(hash));
}


ngx_uint_t
rb_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || CRYPTO_memcmp(a->data, b->data, a->len) == 0);
}
