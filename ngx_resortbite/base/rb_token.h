
/*
 * Opaque tamper-evident tokens, for cursors and other things that a client
 * carries for us: base64url( payload || HMAC-SHA-256(key, purpose || 0 ||
 * payload) truncated to 16 bytes ) (RFC 2104, RFC 4648 §5).  They are signed,
 * not encrypted.
 */


#ifndef _RB_TOKEN_H_INCLUDED_
#define _RB_TOKEN_H_INCLUDED_


#include "base/rb_base.h"


#define RB_SECRET_MIN  32               /* bytes */


/*
 * Sets the key of this process; the bytes are not copied.  NULL forgets it
 * and gives the memory back.  Without a key nothing is signed or accepted.
 */
void rb_token_secret(const ngx_str_t *secret);

/*
 * purpose separates uses: a cursor is never accepted as something else.  The
 * token is in pool.  NGX_ERROR: out of memory, no key, or over 8 KB.
 */
ngx_int_t rb_token_sign(ngx_pool_t *pool, const char *purpose,
    const ngx_str_t *payload, ngx_str_t *token);

/*
 * NGX_DECLINED when it is not one of ours; compared in constant time.  The
 * payload is in pool.  NGX_ERROR: out of memory, or no key.
 */
ngx_int_t rb_token_verify(ngx_pool_t *pool, const char *purpose,
    const ngx_str_t *token, ngx_str_t *payload);

/* HMAC-SHA-256 of data under the key and purpose: 32 bytes into out. */
ngx_int_t rb_token_mac(const char *purpose, const void *data, size_t len,
    u_char out[32]);


#endif /* _RB_TOKEN_H_INCLUDED_ */
