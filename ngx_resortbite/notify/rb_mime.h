
/*
 * A mail as it goes over the wire (RFC 5322, RFC 2045 to 2047): text and HTML
 * as alternatives, in UTF-8 and base64, so that no line is too long and none
 * begins with a dot, whatever is in them.
 */


#ifndef _RB_MIME_H_INCLUDED_
#define _RB_MIME_H_INCLUDED_


#include "notify/rb_notify.h"


typedef struct {
    ngx_str_t     from_name;            /* may be empty */
    ngx_str_t     from;
    ngx_str_t     to;
    ngx_str_t     id;                   /* of the mail: makes its Message-ID,
                                           the same each time it is sent */
    time_t        date;
} rb_envelope_t;


/*
 * In pool; data == NULL: out of memory, or an address or the id can't stand
 * in a header.
 */
ngx_str_t rb_mime_message(ngx_pool_t *pool, const rb_envelope_t *envelope,
    const rb_mail_t *mail);

/*
 * Text for a header field that is already begun with `column' characters: in
 * encoded words of at most 75 characters (RFC 2047 §2), between which lines
 * are folded.  Text that is plain ASCII and short stays as it is.
 */
void rb_mime_words(rb_buf_t *buf, const ngx_str_t *text, ngx_uint_t column);

/* "<id@host of from>" */
void rb_mime_message_id(rb_buf_t *buf, const rb_envelope_t *envelope);


#endif /* _RB_MIME_H_INCLUDED_ */
