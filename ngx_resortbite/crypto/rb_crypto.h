
/*
 * Small things that all of identity needs, on OpenSSL.  Nothing in this
 * folder does I/O or yields, and nothing knows of a request.
 */


#ifndef _RB_CRYPTO_H_INCLUDED_
#define _RB_CRYPTO_H_INCLUDED_


#include "base/rb_base.h"


#define RB_SHA256_LEN      32

/* A random secret as clients hold it: 32 bytes as base64url. */
#define RB_SECRET_TEXT_LEN  43


/* NGX_ERROR when the system gives no randomness. */
ngx_int_t rb_random(void *buf, size_t len);

/* 32 random bytes as base64url, RB_SECRET_TEXT_LEN bytes into text. */
ngx_int_t rb_random_text(u_char *text);

ngx_int_t rb_sha256(const void *data, size_t len, u_char out[RB_SHA256_LEN]);

/* base64url without padding (RFC 4648 §5), in pool; data == NULL: no memory. */
ngx_str_t rb_base64url(ngx_pool_t *pool, const void *data, size_t len);

/*
 * The other way, strictly: no padding, no other characters, no stray bits.
 * NGX_DECLINED when it is not that, NGX_ERROR when out of memory.
 */
ngx_int_t rb_base64url_decode(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_str_t *data);

/*
 * The same into out, of at most `max' bytes: NGX_DECLINED when it is more.
 * Safe on any thread.
 */
ngx_int_t rb_base64url_read(const u_char *text, size_t len, u_char *out,
    size_t max, size_t *n);

/* "\x…" as PostgreSQL reads bytea, in pool; data == NULL: no memory. */
ngx_str_t rb_bytea(ngx_pool_t *pool, const void *data, size_t len);

/* The other way; NGX_DECLINED when it is not that, NGX_ERROR: no memory. */
ngx_int_t rb_bytea_decode(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_str_t *data);

/* SHA-256 of a text, as PostgreSQL reads it: how a secret is looked up. */
ngx_str_t rb_hash_param(ngx_pool_t *pool, const ngx_str_t *text);

/* Whether they are the same, in a time that depends on the lengths only. */
ngx_uint_t rb_same(const ngx_str_t *a, const ngx_str_t *b);


#endif /* _RB_CRYPTO_H_INCLUDED_ */
