
/* UUIDs (RFC 9562): version 7 when we make them, any version when we read. */


#ifndef _RB_UUID_H_INCLUDED_
#define _RB_UUID_H_INCLUDED_


#include "base/rb_base.h"


#define RB_UUID_LEN  36


/*
 * Writes a new UUIDv7 as 36 lower-case characters: 48 bits of milliseconds,
 * then a counter within the millisecond seeded at random (RFC 9562 §6.2,
 * method 1), then random bits from the kernel.  NGX_ERROR when the kernel
 * gives no randomness.
 */
ngx_int_t rb_uuid_v7(u_char *out);

/* Checks 8-4-4-4-12 and lower-cases into out.  NGX_ERROR when it is none. */
ngx_int_t rb_uuid_parse(const ngx_str_t *s, u_char *out);


#endif /* _RB_UUID_H_INCLUDED_ */
