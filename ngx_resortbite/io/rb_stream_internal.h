
/*
 * What the two files of a stream share.
 */


#ifndef _RB_STREAM_INTERNAL_H_INCLUDED_
#define _RB_STREAM_INTERNAL_H_INCLUDED_


#include "io/rb_stream.h"
#include "io/rb_resolve.h"
#include <ngx_event.h>
#include <openssl/ssl.h>


#define RB_STREAM_IN        4096        /* bytes read ahead */
#define RB_STREAM_WHY       256


typedef struct {
    ngx_sockaddr_t    sockaddr;
    socklen_t         len;
} rb_stream_address_t;


struct rb_stream_s {
    rb_task_t            *task;
    rb_fiber_t           *fiber;        /* which waits; or NULL */
    ngx_connection_t     *peer;         /* NULL: closed */
    SSL                  *ssl;
    u_char               *pos;          /* read ahead, not yet taken */
    u_char               *last;
    ngx_uint_t            count;
    rb_stream_address_t   addresses[RB_RESOLVE_MAX];
    ngx_queue_t           queue;
    unsigned              ready:1;      /* the event came */
    unsigned              linked:1;
    char                  why[RB_STREAM_WHY];
    u_char                in[RB_STREAM_IN];
};


/* Until the socket can be read or written, for at most `limit' ms (yields). */
rb_err_t *rb_stream_wait(rb_stream_t *stream, ngx_uint_t write,
    ngx_msec_t limit);

/* Keeps why, and returns rb_err_unreachable. */
rb_err_t *rb_stream_fail(rb_stream_t *stream, const char *why);

/*
 * After an SSL_…() that returned rc: waits for what OpenSSL wants (yields); an
 * error when it wants nothing.
 */
rb_err_t *rb_stream_tls_again(rb_stream_t *stream, int rc);

void rb_stream_tls_exit_process(void);


#endif /* _RB_STREAM_INTERNAL_H_INCLUDED_ */
