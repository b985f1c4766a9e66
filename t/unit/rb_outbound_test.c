/* unit: io/rb_outbound_parse.c base/rb_buf.c */

/* The text of calls to other services, and of what they answer. */


#include "io/rb_outbound_parse.h"
#include "support.h"


static u_char  large[RB_OUTBOUND_BODY_MAX + RB_OUTBOUND_HEAD_MAX + 100];


static const char *
parse(const char *text, rb_answer_t *answer)
{
    ngx_str_t  s = { strlen(text), (u_char *) text };

    return rb_outbound_parse(&s, answer);
}


static void
answers(void)
{
    rb_answer_t  a;

    support_ok(parse("HTTP/1.1 200 OK\r\nContent-Type: application/json \r\n"
                     "CONTENT-LENGTH:  2\r\nX: y\r\n\r\n{}", &a) == NULL
               && a.status == 200, "an answer");
    support_is(a.type.data, a.type.len, "application/json", "its type");
    support_is(a.body.data, a.body.len, "{}", "its body");

    support_ok(parse("HTTP/1.0 404 \n\nnone", &a) == NULL && a.status == 404
               && a.type.len == 0, "without fields, reason or CR");
    support_is(a.body.data, a.body.len, "none", "up to the end");

    support_ok(parse("HTTP/1.1 204\r\n\r\n", &a) == NULL && a.body.len == 0,
               "without a body");
    support_ok(parse("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"
                     "HTTP/1.1 201 Created\r\n\r\nok", &a) == NULL
               && a.status == 201, "after an interim one");
    support_ok(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more", &a)
               == NULL && a.body.len == 2, "not what comes after it");
}


static void
broken(void)
{
    size_t       n;
    ngx_str_t    s;
    ngx_uint_t   i;
    rb_answer_t  a;

    static const char *const  texts[] = {
        "", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 -20 OK\r\n\r\n", "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\001b\r\n\r\n"
    };

    for (i = 0; i < rb_array_size(texts); i++) {
        support_ok(parse(texts[i], &a) != NULL, "broken answer %d",
                   (int) i);
    }

    memset(large, 'x', sizeof(large));
    n = sprintf((char *) large, "HTTP/1.1 200 OK\r\n\r\n");
    large[n] = 'x';
    s.data = large;
    s.len = n + RB_OUTBOUND_BODY_MAX;
    support_ok(rb_outbound_parse(&s, &a) == NULL
               && a.body.len == RB_OUTBOUND_BODY_MAX, "as large as may be");
    s.len++;
    support_ok(rb_outbound_parse(&s, &a) != NULL, "a byte larger");

    n = sprintf((char *) large, "HTTP/1.1 200 OK\r\nX: ");
    large[n] = 'x';
    memcpy(large + RB_OUTBOUND_HEAD_MAX, "\r\n\r\n", 4);
    s.len = RB_OUTBOUND_HEAD_MAX + 10;
    support_ok(rb_outbound_parse(&s, &a) != NULL, "too much of a header");
}


static ngx_int_t
writes(ngx_pool_t *pool, const rb_outbound_t *call, rb_buf_t *buf)
{
    rb_buf_init(buf, pool, 16);

    return rb_outbound_write(buf, call);
}


static void
requests(void)
{
    rb_buf_t        buf;
    ngx_pool_t     *pool;
    rb_outbound_t   call, bad;

    pool = support_pool();

    memset(&call, 0, sizeof(call));
    call.method = *support_str("POST");
    call.uri = *support_str("/out/x?a=b");
    call.type = *support_str("text/plain");
    call.body = *support_str("a\r\nb");
    call.authorization = *support_str("Bearer x");
    call.headers = 1;
    call.header[0].name = *support_str("X-Key");
    call.header[0].value = *support_str("v w");

    support_ok(writes(pool, &call, &buf) == NGX_OK, "a request");
    support_is(buf.start, rb_buf_len(&buf),
               "POST /out/x?a=b HTTP/1.0\r\nHost: localhost\r\n"
               "Accept: application/json\r\nContent-Type: text/plain\r\n"
               "Authorization: Bearer x\r\nX-Key: v w\r\n"
               "Content-Length: 4\r\n\r\na\r\nb", "as it is sent");

#define refused(field, text)                                                  \
    bad = call;                                                               \
    bad.field = *support_str(text);                                           \
    support_ok(writes(pool, &bad, &buf) == NGX_ERROR, "refused: " #field)

    refused(method, "PO ST");
    refused(method, "");
    refused(uri, "/x HTTP/1.0\r\nX: y");
    refused(uri, "/x y");
    refused(uri, "x");
    refused(uri, "");
    refused(type, "text/plain\r\nX: y");
    refused(authorization, "Bearer x\nX: y");
    refused(accept, "x\ry");
    refused(header[0].name, "X: y\r\nZ");
    refused(header[0].name, "");
    refused(header[0].value, "v\r\n\r\nGET / HTTP/1.0");
    refused(header[0].value, "v\0w");

    bad = call;
    bad.headers = 9;
    support_ok(writes(pool, &bad, &buf) == NGX_ERROR, "refused: nine fields");

    ngx_destroy_pool(pool);
}


int
main(void)
{
    answers();
    broken();
    requests();

    return support_done();
}
