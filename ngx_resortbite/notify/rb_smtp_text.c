
/* What may be said to a mail server, and what it may say. */


#include "notify/rb_smtp.h"


ngx_uint_t
rb_smtp_address(const ngx_str_t *address)
{
    u_char      c;
    size_t      i;
    ngx_uint_t  at;

    at = 0;

    for (i = 0; i < address->len; i++) {
        c = address->data[i];

        if (c <= ' ' || c == 0x7f || strchr("<>()[]\\,;:\"", c)) {
            return 0;
        }

        if (c == '@') {
            at++;
        }
    }

    return at == 1 && address->len <= 254 && address->data[0] != '@'
           && address->data[address->len - 1] != '@';
}


ngx_int_t
rb_smtp_reply_line(const ngx_str_t *line, ngx_uint_t *code, ngx_str_t *text)
{
    ngx_int_t  n;

    n = line->len >= 3 ? ngx_atoi(line->data, 3) : NGX_ERROR;

    if (n < 200 || n > 559
        || (line->len > 3 && line->data[3] != ' ' && line->data[3] != '-'))
    {
        return NGX_ERROR;
    }

    *code = n;
    text->data = line->data + ngx_min(line->len, 4);
    text->len = line->len - ngx_min(line->len, 4);

    return line->len > 3 && line->data[3] == '-' ? NGX_AGAIN : NGX_OK;
}
