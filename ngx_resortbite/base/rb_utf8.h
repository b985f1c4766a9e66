
/*
 * UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */


#ifndef _RB_UTF8_H_INCLUDED_
#define _RB_UTF8_H_INCLUDED_


#include "base/rb_base.h"


/* The length of the character at p (1 to 4), or 0 when it is none. */
size_t rb_utf8_char(const u_char *p, const u_char *end);

/* Whether all of it is valid. */
ngx_uint_t rb_utf8_valid(const u_char *p, size_t len);

/* How many characters (code points) valid text has. */
size_t rb_utf8_length(const u_char *p, size_t len);


#endif /* _RB_UTF8_H_INCLUDED_ */
