
/*
 * A call is HTTP/1.0, so that its answer ends with the connection and comes
 * in one piece; nginx, which reads the request as any client's, keeps
 * connections to the service behind and undoes what that does otherwise.
 */


#include "io/rb_outbound.h"
#include "base/rb_buf.h"
#include "io/rb_outbound_parse.h"
#include "io/rb_stream.h"


#define RB_OUTBOUND_MAX  (RB_OUTBOUND_HEAD_MAX + RB_OUTBOUND_BODY_MAX)


static rb_err_t *rb_outbound_open(rb_task_t *task, rb_stream_t **stream);
static rb_err_t *rb_outbound_failed(rb_task_t *task,
    const rb_outbound_t *call, const char *why);


ngx_int_t  (*rb_outbound_accept)(ngx_socket_t fd, ngx_log_t *log);


rb_err_t *
rb_outbound_call(rb_task_t *task, const rb_outbound_t *call,
    rb_answer_t *answer)
{
    rb_buf_t      buf;
    rb_err_t     *err;
    ngx_str_t     text;
    const char   *error;
    rb_stream_t  *stream;

    ngx_memzero(answer, sizeof(rb_answer_t));

    if (rb_buf_init(&buf, task->pool, 512 + call->body.len) != NGX_OK) {
        return &rb_err_internal;
    }

    if (rb_outbound_write(&buf, call) != NGX_OK) {
        return buf.failed ? &rb_err_internal
                          : rb_outbound_failed(task, call, "it holds control "
                                               "characters");
    }

    err = rb_outbound_open(task, &stream);
    if (err) {
        return err;
    }

    err = rb_stream_write(stream, buf.start, rb_buf_len(&buf));

    /* refused before it was read whole, it is answered all the same */

    if (err == NULL || err == &rb_err_unreachable) {
        err = rb_stream_read_all(stream, RB_OUTBOUND_MAX, &text);
    }

    rb_stream_close(stream);

    if (err == &rb_err_unreachable) {
        return rb_outbound_failed(task, call, rb_stream_why(stream));
    }

    if (err) {
        return err;
    }

    error = rb_outbound_parse(&text, answer);

    return error ? rb_outbound_failed(task, call, error) : NULL;
}


static rb_err_t *
rb_outbound_open(rb_task_t *task, rb_stream_t **stream)
{
    rb_err_t  *err;
    int        pair[2];

    if (rb_outbound_accept == NULL
        || socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0,
                      pair)
           == -1)
    {
        ngx_log_error(NGX_LOG_ERR, task->log, ngx_errno,
                      "no socket pair for a call");
        return &rb_err_internal;
    }

    err = rb_stream_adopt(task, pair[0], stream);
    if (err) {
        (void) ngx_close_socket(pair[1]);
        return err;
    }

    if (rb_outbound_accept(pair[1], task->log) != NGX_OK) {
        (void) ngx_close_socket(pair[1]);
        rb_stream_close(*stream);
        return &rb_err_internal;
    }

    return NULL;
}


/* Arguments of a URI may be secret. */

static rb_err_t *
rb_outbound_failed(rb_task_t *task, const rb_outbound_t *call,
    const char *why)
{
    u_char     *end;
    ngx_str_t   path;

    path = call->uri;
    end = ngx_strlchr(path.data, path.data + path.len, '?');

    if (end) {
        path.len = end - path.data;
    }

    ngx_log_error(NGX_LOG_ERR, task->log, 0, "a call to \"%V\" failed: %s",
                  &path, why);

    return &rb_err_unreachable;
}
