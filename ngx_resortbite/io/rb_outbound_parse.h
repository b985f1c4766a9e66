
/*
 * Reading the whole answer of an HTTP/1.0 request (RFC 9112), as nginx writes
 * it: a status line, header fields, a body up to the end.
 */


#ifndef _RB_OUTBOUND_PARSE_H_INCLUDED_
#define _RB_OUTBOUND_PARSE_H_INCLUDED_


#include "base/rb_buf.h"
#include "io/rb_outbound.h"


#define RB_OUTBOUND_HEAD_MAX  32768     /* bytes of status line and fields */


/*
 * Fills answer with parts of text.  NULL, or what is wrong, in words: it is
 * no answer, it ends early (fewer bytes than Content-Length), its body is too
 * large or in chunks.  Interim answers (1xx) are skipped.
 */
const char *rb_outbound_parse(const ngx_str_t *text, rb_answer_t *answer);

/*
 * Writes the request into buf.  NGX_ERROR when a part of it holds what would
 * break it: a line end or another control character, or a space in the URI.
 */
ngx_int_t rb_outbound_write(rb_buf_t *buf, const rb_outbound_t *call);


#endif /* _RB_OUTBOUND_PARSE_H_INCLUDED_ */
