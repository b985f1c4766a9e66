
/*
 * Codes of authenticators: TOTP (RFC 6238) with SHA-1, 6 digits, 30 seconds,
 * which is what every authenticator understands; and QR codes that carry the
 * secret to one (libqrencode).
 */


#ifndef _RB_OTP_H_INCLUDED_
#define _RB_OTP_H_INCLUDED_


#include "crypto/rb_crypto.h"
#include "base/rb_buf.h"


#define RB_TOTP_SECRET_LEN   20         /* bytes */
#define RB_TOTP_STEP         30         /* seconds */


/*
 * Looks for the code in the step of `now' and one to each side.  *step is the
 * one found; a code is good once, so the caller takes only steps after the
 * last one taken.  Tries all steps, in constant time.  NGX_DECLINED: wrong.
 */
ngx_int_t rb_totp_find(const ngx_str_t *secret, const ngx_str_t *code,
    time_t now, int64_t *step);

/* The code of a step: six digits. */
ngx_int_t rb_totp_code(const ngx_str_t *secret, int64_t step, u_char code[6]);

/* otpauth://totp/issuer:account?secret=… with the secret as base32, in pool. */
ngx_int_t rb_totp_uri(ngx_pool_t *pool, const ngx_str_t *secret,
    const ngx_str_t *issuer, const ngx_str_t *account, ngx_str_t *uri);

/* base32 without padding (RFC 4648 §6), in pool. */
ngx_str_t rb_base32(ngx_pool_t *pool, const void *data, size_t len);

/* The text as a QR code: an <svg> element with a title.  NGX_ERROR: too long
 * (over 1000 bytes) or no memory. */
ngx_int_t rb_qr_svg(rb_buf_t *svg, const ngx_str_t *text,
    const ngx_str_t *title);


#endif /* _RB_OTP_H_INCLUDED_ */
