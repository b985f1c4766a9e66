
/* The text of a call and of its answer. */


#include "io/rb_outbound_parse.h"


static const char *rb_outbound_status(u_char **pos, u_char *last,
    ngx_uint_t *status);
static const char *rb_outbound_fields(u_char **pos, u_char *last,
    rb_answer_t *answer, off_t *length);
static const char *rb_outbound_field(const ngx_str_t *line,
    rb_answer_t *answer, off_t *length);
static ngx_uint_t rb_outbound_is(const ngx_str_t *name, const char *lower,
    size_t len);
static ngx_int_t rb_outbound_line(u_char **pos, u_char *last,
    ngx_str_t *line);
static ngx_uint_t rb_outbound_plain(const ngx_str_t *value);
static ngx_uint_t rb_outbound_token(const ngx_str_t *name);


const char *
rb_outbound_parse(const ngx_str_t *text, rb_answer_t *answer)
{
    off_t        length;
    u_char      *pos, *last;
    const char  *error;

    pos = text->data;
    last = text->data + text->len;

    do {
        ngx_memzero(answer, sizeof(rb_answer_t));
        length = -1;

        error = rb_outbound_status(&pos, last, &answer->status);

        if (error == NULL) {
            error = rb_outbound_fields(&pos, last, answer, &length);
        }

        if (error == NULL && pos - text->data > RB_OUTBOUND_HEAD_MAX) {
            error = "its header is too large";
        }

        if (error) {
            return error;
        }

    } while (answer->status < 200);

    answer->body.data = pos;
    answer->body.len = last - pos;

    if (length >= 0) {
        if ((off_t) answer->body.len < length) {
            return "it ends early";
        }

        answer->body.len = (size_t) length;
    }

    return answer->body.len > RB_OUTBOUND_BODY_MAX ? "it is too large" : NULL;
}


/* "HTTP/1.1 200 OK" */

static const char *
rb_outbound_status(u_char **pos, u_char *last, ngx_uint_t *status)
{
    ngx_int_t  n;
    ngx_str_t  line;

    if (rb_outbound_line(pos, last, &line) != NGX_OK
        || line.len < sizeof("HTTP/1.x 200") - 1
        || ngx_strncmp(line.data, "HTTP/1.", 7) != 0
        || (line.data[7] != '0' && line.data[7] != '1')
        || line.data[8] != ' '
        || (line.len > 12 && line.data[12] != ' '))
    {
        return "it is no answer of HTTP";
    }

    n = ngx_atoi(line.data + 9, 3);

    if (n < 100 || n > 599) {
        return "it has no status";
    }

    *status = n;

    return NULL;
}


static const char *
rb_outbound_fields(u_char **pos, u_char *last, rb_answer_t *answer,
    off_t *length)
{
    ngx_str_t    line;
    const char  *error;

    for ( ;; ) {
        if (rb_outbound_line(pos, last, &line) != NGX_OK) {
            return "its header ends early";
        }

        if (line.len == 0) {
            return NULL;
        }

        error = rb_outbound_field(&line, answer, length);
        if (error) {
            return error;
        }
    }
}


static const char *
rb_outbound_field(const ngx_str_t *line, rb_answer_t *answer, off_t *length)
{
    off_t       n;
    u_char     *colon, *end;
    ngx_str_t   name, value;

    end = line->data + line->len;
    colon = ngx_strlchr(line->data, end, ':');

    name.data = line->data;
    name.len = colon ? colon - line->data : 0;

    if (!rb_outbound_token(&name)) {
        return "a header field has no name";
    }

    for (value.data = colon + 1;
         value.data < end && (*value.data == ' ' || *value.data == '\t');
         value.data++)
    { /* void */ }

    while (end > value.data && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    value.len = end - value.data;

    if (!rb_outbound_plain(&value)) {
        return "a header field holds control characters";
    }

    if (rb_outbound_is(&name, "content-type", 12)) {
        answer->type = value;

    } else if (rb_outbound_is(&name, "content-length", 14)) {
        n = ngx_atoof(value.data, value.len);

        if (n == NGX_ERROR || (*length >= 0 && *length != n)) {
            return "its Content-Length is wrong";
        }

        *length = n;

    } else if (rb_outbound_is(&name, "transfer-encoding", 17)) {
        return "it comes in chunks, which was not asked for";
    }

    return NULL;
}


static ngx_uint_t
rb_outbound_is(const ngx_str_t *name, const char *lower, size_t len)
{
    return name->len == len
           && ngx_strncasecmp(name->data, (u_char *) lower, len) == 0;
}


/* A line without its LF or CRLF; NGX_ERROR: it doesn't end. */

static ngx_int_t
rb_outbound_line(u_char **pos, u_char *last, ngx_str_t *line)
{
    u_char  *lf;

    lf = ngx_strlchr(*pos, last, '\n');
    if (lf == NULL) {
        return NGX_ERROR;
    }

    line->data = *pos;
    line->len = lf - *pos;

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    *pos = lf + 1;

    return NGX_OK;
}


ngx_int_t
rb_outbound_write(rb_buf_t *buf, const rb_outbound_t *call)
{
    ngx_uint_t  i;

    static const ngx_str_t  json = ngx_string("application/json");

    if (!rb_outbound_token(&call->method) || !rb_outbound_plain(&call->uri)
        || call->uri.len == 0 || call->uri.data[0] != '/'
        || ngx_strlchr(call->uri.data, call->uri.data + call->uri.len, ' ')
        || !rb_outbound_plain(&call->type)
        || !rb_outbound_plain(&call->authorization)
        || !rb_outbound_plain(&call->accept)
        || call->headers > rb_array_size(call->header))
    {
        return NGX_ERROR;
    }

    rb_buf_printf(buf, "%V %V HTTP/1.0" CRLF "Host: localhost" CRLF
                  "Accept: %V" CRLF, &call->method, &call->uri,
                  call->accept.len ? &call->accept : &json);

    if (call->type.len) {
        rb_buf_printf(buf, "Content-Type: %V" CRLF, &call->type);
    }

    if (call->authorization.len) {
        rb_buf_printf(buf, "Authorization: %V" CRLF, &call->authorization);
    }

    for (i = 0; i < call->headers; i++) {
        if (!rb_outbound_token(&call->header[i].name)
            || !rb_outbound_plain(&call->header[i].value))
        {
            return NGX_ERROR;
        }

        rb_buf_printf(buf, "%V: %V" CRLF, &call->header[i].name,
                      &call->header[i].value);
    }

    if (call->body.len || !rb_outbound_is(&call->method, "get", 3)) {
        rb_buf_printf(buf, "Content-Length: %uz" CRLF, call->body.len);
    }

    rb_buf_add_lit(buf, CRLF);
    rb_buf_add_str(buf, &call->body);

    return buf->failed ? NGX_ERROR : NGX_OK;
}


/* No control characters: what a value of a field may hold. */

static ngx_uint_t
rb_outbound_plain(const ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if ((value->data[i] < ' ' && value->data[i] != '\t')
            || value->data[i] == 0x7f)
        {
            return 0;
        }
    }

    return 1;
}


/* RFC 9110 §5.6.2 */

static ngx_uint_t
rb_outbound_token(const ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!isalnum(c)
            && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
        {
            return 0;
        }
    }

    return name->len > 0;
}
