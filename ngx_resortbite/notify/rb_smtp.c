
/*
 * The dialogue: a command, a reply.  Nothing is sent ahead of its turn, so a
 * reply always belongs to the command before it; after STARTTLS all that was
 * said before is forgotten (RFC 3207 §4.2), and rb_stream_tls() refuses what
 * was sent ahead of it.
 */


#include "notify/rb_smtp.h"
#include "base/rb_buf.h"


#define RB_SMTP_LINE    2048            /* bytes of a reply's line; the
                                           standard says 512 (§4.5.3.1.5) */
#define RB_SMTP_LINES   100             /* of a reply */
#define RB_SMTP_SAID    300             /* bytes kept of it */


/* What the server offers. */

#define RB_SMTP_HAS_STARTTLS  0x01
#define RB_SMTP_HAS_PLAIN     0x02
#define RB_SMTP_HAS_LOGIN     0x04
#define RB_SMTP_HAS_UTF8      0x08


struct rb_smtp_session_s {
    rb_task_t         *task;
    const rb_smtp_t   *server;
    rb_stream_t       *stream;
    ngx_uint_t         offers;
    ngx_uint_t         code;            /* of the last reply; 0: lost */
    const char        *why;
};


static ngx_int_t rb_smtp_begin(rb_smtp_session_t *s);
static ngx_int_t rb_smtp_tls(rb_smtp_session_t *s);
static ngx_int_t rb_smtp_hello(rb_smtp_session_t *s);
static void rb_smtp_offer(rb_smtp_session_t *s, const ngx_str_t *text);
static ngx_int_t rb_smtp_auth(rb_smtp_session_t *s);
static ngx_int_t rb_smtp_auth_plain(rb_smtp_session_t *s);
static ngx_int_t rb_smtp_auth_login(rb_smtp_session_t *s);
static ngx_int_t rb_smtp_secret(rb_smtp_session_t *s, const char *command,
    const u_char *data, size_t len, ngx_uint_t expected);
static ngx_int_t rb_smtp_command(rb_smtp_session_t *s, ngx_uint_t expected,
    const char *fmt, ...);
static ngx_int_t rb_smtp_send_all(rb_smtp_session_t *s, const void *data,
    size_t len);
static ngx_int_t rb_smtp_reply(rb_smtp_session_t *s, ngx_uint_t expected,
    ngx_uint_t hello);
static ngx_int_t rb_smtp_said(rb_smtp_session_t *s, const ngx_str_t *text);
static ngx_int_t rb_smtp_lost(rb_smtp_session_t *s, rb_err_t *err);
static ngx_int_t rb_smtp_mail(rb_smtp_session_t *s, const ngx_str_t *from,
    const ngx_str_t *to, const ngx_str_t *message,
    rb_smtp_outcome_e *refused);
static ngx_int_t rb_smtp_data(rb_smtp_session_t *s,
    const ngx_str_t *message);
static ngx_uint_t rb_smtp_ascii(const ngx_str_t *text);


rb_smtp_session_t *
rb_smtp_open(rb_task_t *task, const rb_smtp_t *server, const char **why)
{
    rb_err_t           *err;
    rb_smtp_session_t  *s;

    *why = "out of memory";

    s = ngx_pcalloc(task->pool, sizeof(rb_smtp_session_t));
    if (s == NULL) {
        return NULL;
    }

    s->task = task;
    s->server = server;

    err = rb_stream_connect(task, &server->host, server->port, &s->stream);

    if (err) {
        if (s->stream) {
            (void) rb_smtp_lost(s, err);
            *why = s->why;
        }

        return NULL;
    }

    if (rb_smtp_begin(s) != NGX_OK) {
        *why = s->why;
        rb_smtp_close(s);
        return NULL;
    }

    return s;
}


static ngx_int_t
rb_smtp_begin(rb_smtp_session_t *s)
{
    if (s->server->tls == RB_SMTP_IMPLICIT && rb_smtp_tls(s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rb_smtp_reply(s, 220, 0) != NGX_OK || rb_smtp_hello(s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (s->server->tls == RB_SMTP_STARTTLS) {

        if (!(s->offers & RB_SMTP_HAS_STARTTLS)) {
            s->why = "the server doesn't offer STARTTLS";
            return NGX_ERROR;
        }

        if (rb_smtp_command(s, 220, "STARTTLS") != NGX_OK
            || rb_smtp_tls(s) != NGX_OK
            || rb_smtp_hello(s) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return s->server->user.len ? rb_smtp_auth(s) : NGX_OK;
}


static ngx_int_t
rb_smtp_tls(rb_smtp_session_t *s)
{
    rb_err_t  *err;

    err = rb_stream_tls(s->stream, &s->server->host, &s->server->ca, 1);

    return err ? rb_smtp_lost(s, err) : NGX_OK;
}


/* The host's name is made to be one: RFC 5321 §4.1.2. */

static ngx_int_t
rb_smtp_hello(rb_smtp_session_t *s)
{
    u_char      name[NGX_MAXHOSTNAMELEN];
    ngx_uint_t  i, n;
    ngx_str_t  *host;

    host = (ngx_str_t *) &ngx_cycle->hostname;

    for (i = 0, n = 0; i < host->len && n < sizeof(name); i++) {
        if (isalnum(host->data[i]) || host->data[i] == '-'
            || host->data[i] == '.')
        {
            name[n++] = host->data[i];
        }
    }

    if (n == 0) {
        n = ngx_cpymem(name, "localhost", 9) - name;
    }

    s->offers = 0;

    if (rb_smtp_send_all(s, "EHLO ", 5) != NGX_OK
        || rb_smtp_send_all(s, name, n) != NGX_OK
        || rb_smtp_send_all(s, CRLF, 2) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rb_smtp_reply(s, 250, 1);
}


static void
rb_smtp_offer(rb_smtp_session_t *s, const ngx_str_t *text)
{
    u_char      *p, *word, *end;
    ngx_uint_t   auth;

    auth = 0;
    end = text->data + text->len;

    for (p = text->data; p < end; p++) {

        for (word = p; p < end && *p != ' ' && *p != '='; p++) { /* void */ }

        if (p - word == 8 && ngx_strncasecmp(word, (u_char *) "STARTTLS", 8)
                             == 0)
        {
            s->offers |= RB_SMTP_HAS_STARTTLS;

        } else if (p - word == 8
                   && ngx_strncasecmp(word, (u_char *) "SMTPUTF8", 8) == 0)
        {
            s->offers |= RB_SMTP_HAS_UTF8;

        } else if (p - word == 4
                   && ngx_strncasecmp(word, (u_char *) "AUTH", 4) == 0)
        {
            auth = 1;

        } else if (auth && p - word == 5
                   && ngx_strncasecmp(word, (u_char *) "PLAIN", 5) == 0)
        {
            s->offers |= RB_SMTP_HAS_PLAIN;

        } else if (auth && p - word == 5
                   && ngx_strncasecmp(word, (u_char *) "LOGIN", 5) == 0)
        {
            s->offers |= RB_SMTP_HAS_LOGIN;
        }
    }
}


static ngx_int_t
rb_smtp_auth(rb_smtp_session_t *s)
{
    if (s->offers & RB_SMTP_HAS_PLAIN) {
        return rb_smtp_auth_plain(s);
    }

    if (s->offers & RB_SMTP_HAS_LOGIN) {
        return rb_smtp_auth_login(s);
    }

    s->why = "the server offers neither AUTH PLAIN nor AUTH LOGIN";

    return NGX_ERROR;
}


/* RFC 4616 */

static ngx_int_t
rb_smtp_auth_plain(rb_smtp_session_t *s)
{
    size_t            len;
    u_char           *data, *p;
    ngx_int_t         rc;
    const rb_smtp_t  *server;

    server = s->server;
    len = 2 + server->user.len + server->password.len;

    data = ngx_pnalloc(s->task->pool, len);
    if (data == NULL) {
        return rb_smtp_lost(s, &rb_err_internal);
    }

    p = data;
    *p++ = '\0';
    p = ngx_cpymem(p, server->user.data, server->user.len);
    *p++ = '\0';
    ngx_memcpy(p, server->password.data, server->password.len);

    rc = rb_smtp_secret(s, "AUTH PLAIN ", data, len, 235);

    ngx_explicit_memzero(data, len);

    return rc;
}


static ngx_int_t
rb_smtp_auth_login(rb_smtp_session_t *s)
{
    const rb_smtp_t  *server;

    server = s->server;

    if (rb_smtp_command(s, 334, "AUTH LOGIN") != NGX_OK
        || rb_smtp_secret(s, "", server->user.data, server->user.len, 334)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rb_smtp_secret(s, "", server->password.data, server->password.len,
                          235);
}


static ngx_int_t
rb_smtp_secret(rb_smtp_session_t *s, const char *command, const u_char *data,
    size_t len, ngx_uint_t expected)
{
    u_char     *p;
    size_t      size;
    ngx_int_t   rc;
    ngx_str_t   src, dst;

    size = ngx_strlen(command) + ngx_base64_encoded_length(len) + 2;

    p = ngx_pnalloc(s->task->pool, size);
    if (p == NULL) {
        return rb_smtp_lost(s, &rb_err_internal);
    }

    src.data = (u_char *) data;
    src.len = len;
    dst.data = ngx_cpymem(p, command, ngx_strlen(command));

    ngx_encode_base64(&dst, &src);
    ngx_memcpy(dst.data + dst.len, CRLF, 2);

    rc = rb_smtp_send_all(s, p, dst.data + dst.len + 2 - p);

    ngx_explicit_memzero(p, size);

    return rc == NGX_OK ? rb_smtp_reply(s, expected, 0) : rc;
}


rb_smtp_outcome_e
rb_smtp_send(rb_smtp_session_t *s, const ngx_str_t *from, const ngx_str_t *to,
    const ngx_str_t *message, const char **why)
{
    rb_smtp_outcome_e  refused;

    if (!rb_smtp_address(from) || !rb_smtp_address(to)) {
        *why = "it is no address that mail can be sent to";
        return RB_SMTP_NEVER;
    }

    if (!rb_smtp_ascii(to) && !(s->offers & RB_SMTP_HAS_UTF8)) {
        *why = "the mail server can't send to such an address (SMTPUTF8)";
        return RB_SMTP_NEVER;
    }

    if (rb_smtp_mail(s, from, to, message, &refused) == NGX_OK) {
        *why = "";
        return RB_SMTP_SENT;
    }

    *why = s->why;

    /* 421: the server closes the connection (RFC 5321 §3.8) */

    if (s->code == 0 || s->code == 421) {
        s->code = 0;
        return RB_SMTP_LOST;
    }

    (void) rb_smtp_command(s, 250, "RSET");

    return refused;
}


/*
 * A 5xx means that it will always be refused, unless it is our own address
 * that is: then the next mail would be, too, and somebody has to mend it.
 */

static ngx_int_t
rb_smtp_mail(rb_smtp_session_t *s, const ngx_str_t *from, const ngx_str_t *to,
    const ngx_str_t *message, rb_smtp_outcome_e *refused)
{
    ngx_int_t  rc;

    *refused = RB_SMTP_LATER;

    rc = rb_smtp_command(s, 250, "MAIL FROM:<%V>%s", from,
                         rb_smtp_ascii(to) ? "" : " SMTPUTF8");
    if (rc != NGX_OK) {
        return rc;
    }

    rc = rb_smtp_command(s, 250, "RCPT TO:<%V>", to);

    if (rc == NGX_OK) {
        rc = rb_smtp_command(s, 354, "DATA");
    }

    if (rc == NGX_OK) {
        rc = rb_smtp_data(s, message);
    }

    if (rc != NGX_OK && s->code >= 500) {
        *refused = RB_SMTP_NEVER;
    }

    return rc;
}


/* RFC 5321 §4.5.2: a line that begins with a dot gets another. */

static ngx_int_t
rb_smtp_data(rb_smtp_session_t *s, const ngx_str_t *message)
{
    u_char  *p, *line, *end;

    line = message->data;
    end = message->data + message->len;

    for (p = line; p < end; p++) {

        if (*p == '.' && (p == message->data || p[-1] == '\n')) {

            if (rb_smtp_send_all(s, line, p - line) != NGX_OK
                || rb_smtp_send_all(s, ".", 1) != NGX_OK)
            {
                return NGX_ERROR;
            }

            line = p;
        }
    }

    if (rb_smtp_send_all(s, line, end - line) != NGX_OK
        || (end - line < 2 || end[-1] != '\n'
            ? rb_smtp_send_all(s, CRLF, 2) : NGX_OK) != NGX_OK
        || rb_smtp_send_all(s, "." CRLF, 3) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return rb_smtp_reply(s, 250, 0);
}


void
rb_smtp_close(rb_smtp_session_t *s)
{
    if (s->code) {
        (void) rb_smtp_command(s, 221, "QUIT");
    }

    rb_stream_close(s->stream);
}


static ngx_int_t
rb_smtp_command(rb_smtp_session_t *s, ngx_uint_t expected, const char *fmt,
    ...)
{
    u_char   line[1024], *last;
    va_list  args;

    va_start(args, fmt);
    last = ngx_vslprintf(line, line + sizeof(line) - 2, fmt, args);
    va_end(args);

    last = ngx_cpymem(last, CRLF, 2);

    if (rb_smtp_send_all(s, line, last - line) != NGX_OK) {
        return NGX_ERROR;
    }

    return rb_smtp_reply(s, expected, 0);
}


static ngx_int_t
rb_smtp_send_all(rb_smtp_session_t *s, const void *data, size_t len)
{
    rb_err_t  *err;

    err = rb_stream_write(s->stream, data, len);

    return err ? rb_smtp_lost(s, err) : NGX_OK;
}


/* NGX_DECLINED: another code than expected, which is in s->code. */

static ngx_int_t
rb_smtp_reply(rb_smtp_session_t *s, ngx_uint_t expected, ngx_uint_t hello)
{
    rb_err_t    *err;
    ngx_int_t    rc;
    ngx_str_t    line, text;
    ngx_uint_t   i, code, first;

    first = 0;

    for (i = 0; i < RB_SMTP_LINES; i++) {

        err = rb_stream_read_line(s->stream, RB_SMTP_LINE, &line);
        if (err) {
            return rb_smtp_lost(s, err);
        }

        rc = rb_smtp_reply_line(&line, &code, &text);

        if (rc == NGX_ERROR || (i && code != first)) {
            s->code = 0;
            s->why = "the server doesn't speak SMTP";
            return NGX_ERROR;
        }

        first = code;

        if (hello && i) {
            rb_smtp_offer(s, &text);
        }

        if (rc == NGX_OK) {
            s->code = code;

            /* 251: taken, and sent on to where it belongs */

            return code == expected || (code == 251 && expected == 250)
                   ? NGX_OK : rb_smtp_said(s, &line);
        }
    }

    s->code = 0;
    s->why = "the server's reply doesn't end";

    return NGX_ERROR;
}


/* Keeps what the server said, without what is unfit for a log or a page. */

static ngx_int_t
rb_smtp_said(rb_smtp_session_t *s, const ngx_str_t *text)
{
    size_t   i, len;
    u_char  *p;

    len = ngx_min(text->len, RB_SMTP_SAID);

    p = ngx_pnalloc(s->task->pool, len + 1);
    if (p == NULL) {
        s->why = "out of memory";
        return NGX_DECLINED;
    }

    for (i = 0; i < len; i++) {
        p[i] = text->data[i] < ' ' || text->data[i] >= 0x7f ? '?'
                                                             : text->data[i];
    }

    p[len] = '\0';
    s->why = (char *) p;

    return NGX_DECLINED;
}


static ngx_int_t
rb_smtp_lost(rb_smtp_session_t *s, rb_err_t *err)
{
    s->code = 0;

    if (err == &rb_err_unreachable) {
        s->why = rb_stream_why(s->stream);

    } else if (err == &rb_err_timeout) {
        s->why = "the server didn't answer in time";

    } else {
        s->why = err == &rb_err_cancelled ? "cancelled" : "out of memory";
    }

    return NGX_ERROR;
}


static ngx_uint_t
rb_smtp_ascii(const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] >= 0x80) {
            return 0;
        }
    }

    return 1;
}
