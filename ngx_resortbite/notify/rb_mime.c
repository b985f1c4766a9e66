
/* Writing a message. */


#include "notify/rb_mime.h"
#include "notify/rb_smtp.h"
#include "base/rb_utf8.h"


#define RB_MIME_LINE   57               /* bytes: 76 characters of base64 */

/* Of an encoded word, beside =?UTF-8?B? and ?=: 45 bytes, 60 characters. */
#define RB_MIME_WORD   45

#define RB_MIME_PLAIN  60               /* characters that need no folding */


static ngx_uint_t rb_mime_plain(const ngx_str_t *text);
static size_t rb_mime_piece(const u_char *p, const u_char *end, size_t max);
static void rb_mime_base64(rb_buf_t *buf, const u_char *data, size_t len);
static void rb_mime_date(rb_buf_t *buf, time_t date);
static void rb_mime_part(rb_buf_t *buf, const ngx_str_t *boundary,
    const char *type, const ngx_str_t *body);


ngx_str_t
rb_mime_message(ngx_pool_t *pool, const rb_envelope_t *e,
    const rb_mail_t *mail)
{
    rb_buf_t   buf;
    ngx_str_t  text;

    ngx_str_null(&text);

    if (!rb_smtp_address(&e->from) || !rb_smtp_address(&e->to)
        || e->id.len == 0 || !rb_mime_plain(&e->id)
        || rb_buf_init(&buf, pool, 2048 + (mail->text.len + mail->html.len)
                                          * 3 / 2)
           != NGX_OK)
    {
        return text;
    }

    rb_buf_add_lit(&buf, "Date: ");
    rb_mime_date(&buf, e->date);

    rb_buf_add_lit(&buf, CRLF "From: ");

    if (e->from_name.len) {
        rb_mime_words(&buf, &e->from_name, 6);
        rb_buf_add_lit(&buf, CRLF " ");
    }

    rb_buf_printf(&buf, "<%V>" CRLF "To: <%V>" CRLF "Message-ID: ", &e->from,
                  &e->to);
    rb_mime_message_id(&buf, e);

    rb_buf_add_lit(&buf, CRLF "Subject: ");
    rb_mime_words(&buf, &mail->subject, 9);

    rb_buf_printf(&buf, CRLF "Auto-Submitted: auto-generated" CRLF
                  "MIME-Version: 1.0" CRLF
                  "Content-Type: multipart/alternative;" CRLF
                  " boundary=\"=_%V\"" CRLF CRLF, &e->id);

    rb_mime_part(&buf, &e->id, "plain", &mail->text);
    rb_mime_part(&buf, &e->id, "html", &mail->html);

    rb_buf_printf(&buf, "--=_%V--" CRLF, &e->id);

    if (!buf.failed) {
        text.data = buf.start;
        text.len = rb_buf_len(&buf);
    }

    return text;
}


void
rb_mime_words(rb_buf_t *buf, const ngx_str_t *text, ngx_uint_t column)
{
    size_t         n, max;
    const u_char  *p, *end;

    /* what looks like an encoded word is encoded, lest it be decoded */

    if (column + text->len < RB_MIME_PLAIN && rb_mime_plain(text)
        && ngx_strlchr(text->data, text->data + text->len, '=') == NULL)
    {
        rb_buf_add_str(buf, text);
        return;
    }

    p = text->data;
    end = p + text->len;
    max = RB_MIME_WORD - ngx_min(column, 24);

    do {
        n = rb_mime_piece(p, end, max);

        rb_buf_add_lit(buf, "=?UTF-8?B?");
        rb_mime_base64(buf, p, n);
        rb_buf_add_lit(buf, "?=");

        p += n;
        max = RB_MIME_WORD;

        if (p < end) {
            rb_buf_add_lit(buf, CRLF " ");
        }

    } while (p < end);
}


void
rb_mime_message_id(rb_buf_t *buf, const rb_envelope_t *e)
{
    u_char  *at, *end;

    end = e->from.data + e->from.len;

    for (at = end; at > e->from.data && at[-1] != '@'; at--) { /* void */ }

    rb_buf_printf(buf, "<%V@%*s>", &e->id, (size_t) (end - at), at);
}


/* Letters, digits and what means nothing in a header field. */

static ngx_uint_t
rb_mime_plain(const ngx_str_t *text)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (!isalnum(c)
            && (c == '\0' || strchr(" !#$%&'*+-/=?^_`{|}~", c) == NULL))
        {
            return 0;
        }
    }

    return 1;
}


/* As many whole characters as fit; what isn't UTF-8 counts by the byte. */

static size_t
rb_mime_piece(const u_char *p, const u_char *end, size_t max)
{
    size_t  n, len;

    for (n = 0; p + n < end; n += len) {
        len = rb_utf8_char(p + n, end);
        len = len ? len : 1;

        if (n + len > max) {
            break;
        }
    }

    return n;
}


static void
rb_mime_base64(rb_buf_t *buf, const u_char *data, size_t len)
{
    ngx_str_t  src, dst;

    if (rb_buf_grow(buf, ngx_base64_encoded_length(len)) != NGX_OK) {
        return;
    }

    src.data = (u_char *) data;
    src.len = len;
    dst.data = buf->last;

    ngx_encode_base64(&dst, &src);

    buf->last += dst.len;
}


static void
rb_mime_date(rb_buf_t *buf, time_t date)
{
    struct tm  tm;

    static const char *const  days[] = {
        "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
    };

    static const char *const  months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    (void) gmtime_r(&date, &tm);

    rb_buf_printf(buf, "%s, %02d %s %4d %02d:%02d:%02d +0000",
                  days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                  tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}


static void
rb_mime_part(rb_buf_t *buf, const ngx_str_t *boundary, const char *type,
    const ngx_str_t *body)
{
    size_t  i, n;

    rb_buf_printf(buf, "--=_%V" CRLF "Content-Type: text/%s; charset=utf-8"
                  CRLF "Content-Transfer-Encoding: base64" CRLF CRLF,
                  boundary, type);

    for (i = 0; i < body->len; i += n) {
        n = ngx_min(RB_MIME_LINE, body->len - i);
        rb_mime_base64(buf, body->data + i, n);
        rb_buf_add_lit(buf, CRLF);
    }
}
