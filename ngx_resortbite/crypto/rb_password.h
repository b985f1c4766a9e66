
/*
 * Passwords: scrypt (RFC 7914) in PHC string form,
 * $scrypt$ln=14,r=8,p=5$<salt>$<hash>, salt of 16 and hash of 32 bytes as
 * base64 without padding.  These functions take tens of milliseconds of CPU
 * and 16 MB: call them on a thread (io/rb_thread.h), never on the event loop.
 */


#ifndef _RB_PASSWORD_H_INCLUDED_
#define _RB_PASSWORD_H_INCLUDED_


#include "crypto/rb_crypto.h"


#define RB_PASSWORD_MIN        8        /* characters */
#define RB_PASSWORD_MAX        128
#define RB_PASSWORD_HASH_MAX   128      /* bytes of the PHC string */


/* Both are safe on any thread: no pool, no log. */

ngx_int_t rb_password_hash(const ngx_str_t *password,
    u_char hash[RB_PASSWORD_HASH_MAX], size_t *len);

/*
 * NGX_OK, NGX_DECLINED or NGX_ERROR (no memory).  With hash->len 0 there is
 * no account: takes the same time and declines.  *weak: its parameters are
 * below today's, so that it should be hashed anew.
 */
ngx_int_t rb_password_verify(const ngx_str_t *password, const ngx_str_t *hash,
    ngx_uint_t *weak);


/*
 * The block list: a file, one password a line, '#' begins a comment.  Compared
 * without regard to case, after NFC by the caller.
 */
char *rb_password_blocklist_read(ngx_conf_t *cf, ngx_str_t *file,
    ngx_hash_t **list);
extern ngx_hash_t  *rb_password_blocklist;      /* or NULL */

/*
 * Whether it may be somebody's password: length in characters, not on the
 * list, not the address, the name or "resortbite" alone or with digits.
 * Returns NULL or what is wrong: "too_short", "too_long", "too_common",
 * "personal".  email and name may be empty.
 */
const char *rb_password_fault(const ngx_str_t *password,
    const ngx_str_t *email, const ngx_str_t *name);


#endif /* _RB_PASSWORD_H_INCLUDED_ */
