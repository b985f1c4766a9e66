
/*
 * A TCP or TLS connection to somebody else, as a fiber sees it: lines and
 * bytes, with the task's deadline on each wait.  For SMTP and for calls
 * through our own internal locations.
 */


#ifndef _RB_STREAM_H_INCLUDED_
#define _RB_STREAM_H_INCLUDED_


#include "base/rb_err.h"
#include "fiber/rb_task.h"


typedef struct rb_stream_s  rb_stream_t;


/*
 * All of these yield.  A stream belongs to the task: it is closed when that
 * ends, or by rb_stream_close().  Errors: rb_err_unreachable (502: refused,
 * reset, closed, TLS failed; rb_stream_why() says it in words),
 * rb_err_timeout, rb_err_cancelled, rb_err_internal.
 */

/* host is a name, an address or "unix:/path"; names go to rb_resolve. */
rb_err_t *rb_stream_connect(rb_task_t *task, const ngx_str_t *host,
    ngx_uint_t port, rb_stream_t **stream);

/* Takes over a connected non-blocking descriptor. */
rb_err_t *rb_stream_adopt(rb_task_t *task, ngx_socket_t fd,
    rb_stream_t **stream);

/*
 * Begins TLS as a client: the name is verified against the system's
 * certificates, or those of ca (a file; or empty), unless verify is 0.
 */
rb_err_t *rb_stream_tls(rb_stream_t *stream, const ngx_str_t *name,
    const ngx_str_t *ca, ngx_uint_t verify);

rb_err_t *rb_stream_write(rb_stream_t *stream, const void *data, size_t len);

/* A line of at most `max' bytes, without CRLF or LF, in the task's pool. */
rb_err_t *rb_stream_read_line(rb_stream_t *stream, size_t max,
    ngx_str_t *line);

/* Up to the end of the stream, at most `max' bytes; more is an error. */
rb_err_t *rb_stream_read_all(rb_stream_t *stream, size_t max,
    ngx_str_t *data);

/* What went wrong last, for a log or a dead letter. */
const char *rb_stream_why(const rb_stream_t *stream);

void rb_stream_close(rb_stream_t *stream);

/* Closes what background tasks have left; at a worker's end. */
void rb_stream_exit_process(void);

/* 502 unreachable */
extern rb_err_t  rb_err_unreachable;


#endif /* _RB_STREAM_H_INCLUDED_ */
