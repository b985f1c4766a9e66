/* unit: io/rb_outbound_parse.c notify/rb_smtp_text.c notify/rb_mime.c
   base/rb_buf.c base/rb_err.c base/rb_utf8.c */

/*
 * What other servers say: the parts of an answer lie within what came, and
 * so do those of a line of SMTP.  And whatever a subject is, it stays one
 * field of the header.
 */


#include "io/rb_outbound_parse.h"
#include "notify/rb_mime.h"
#include "notify/rb_smtp.h"
#include "support.h"
#include <openssl/evp.h>


/* what nginx's core has and the support file has not */

off_t
ngx_atoof(u_char *line, size_t n)
{
    off_t  value;

    if (n == 0) {
        return NGX_ERROR;
    }

    for (value = 0; n--; line++) {
        if (*line < '0' || *line > '9' || value > NGX_MAX_OFF_T_VALUE / 10 - 1)
        {
            return NGX_ERROR;
        }

        value = value * 10 + (*line - '0');
    }

    return value;
}


ngx_int_t
ngx_atoi(u_char *line, size_t n)
{
    return ngx_atoof(line, n);
}


ngx_int_t
ngx_strncasecmp(u_char *s1, u_char *s2, size_t n)
{
    return strncasecmp((char *) s1, (char *) s2, n);
}


void
ngx_encode_base64(ngx_str_t *dst, ngx_str_t *src)
{
    u_char  text[256];                  /* with its final zero */

    dst->len = EVP_EncodeBlock(text, src->data, src->len);
    memcpy(dst->data, text, dst->len);
}


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
within(const ngx_str_t *part, const ngx_str_t *whole)
{
    if (part->len) {
        check(part->data >= whole->data
              && part->data + part->len <= whole->data + whole->len);
    }
}


static void
answer(const ngx_str_t *s)
{
    rb_answer_t  a;

    if (rb_outbound_parse(s, &a) == NULL) {
        check(a.status >= 200 && a.status <= 599
              && a.body.len <= RB_OUTBOUND_BODY_MAX);
        within(&a.type, s);
        within(&a.body, s);
    }
}


static void
reply(const ngx_str_t *s)
{
    ngx_str_t   text;
    ngx_uint_t  code;

    if (rb_smtp_reply_line(s, &code, &text) != NGX_ERROR) {
        check(code >= 200 && code <= 559);
        within(&text, s);
    }

    if (rb_smtp_address(s)) {
        check(memchr(s->data, '\r', s->len) == NULL
              && memchr(s->data, '\n', s->len) == NULL
              && memchr(s->data, '>', s->len) == NULL);
    }
}


static void
subject(ngx_pool_t *pool, const ngx_str_t *s)
{
    rb_buf_t   buf;
    u_char    *p;

    check(rb_buf_init(&buf, pool, 64) == NGX_OK);
    rb_mime_words(&buf, s, 9);

    for (p = buf.start; p < buf.last; p++) {
        check(*p < 0x80 && *p && (*p >= ' ' || *p == '\r' || *p == '\n'));
        check(*p != '\n' || (p + 1 < buf.last && p[1] == ' '));
        check(*p != '\r' || (p + 1 < buf.last && p[1] == '\n'));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    s = { size, (u_char *) data };
    ngx_pool_t  *pool;

    pool = support_pool();

    answer(&s);
    reply(&s);
    subject(pool, &s);

    ngx_destroy_pool(pool);

    return 0;
}
