
/*
 * A connection that one fiber reads and writes.  The socket is ours and
 * wrapped into an ngx_connection_t; an event is added to the loop only while
 * the fiber waits for it, so that unread bytes don't keep the loop turning.
 * Events are level-triggered: what came before a wait ends it at once.
 *
 * A worker that leaves doesn't wait for background tasks; what they still
 * have open is on a list and closed in rb_stream_exit_process(), when their
 * fibers, and the tasks on their stacks, are gone.
 */


#include "io/rb_stream_internal.h"
#include "base/rb_buf.h"
#include <netinet/tcp.h>
#include <openssl/err.h>


typedef struct {
    rb_fiber_t           *fiber;
    rb_stream_t          *stream;
    ngx_uint_t            port;
    const char           *error;
    unsigned              done:1;
} rb_stream_lookup_t;


static rb_err_t *rb_stream_create(rb_task_t *task, rb_stream_t **stream);
static void rb_stream_cleanup(void *data);
static rb_err_t *rb_stream_find(rb_stream_t *stream, const ngx_str_t *host,
    ngx_uint_t port);
static rb_err_t *rb_stream_add_path(rb_stream_t *stream,
    const ngx_str_t *path);
static ngx_int_t rb_stream_add_text(rb_stream_t *stream, u_char *text,
    size_t len, ngx_uint_t port);
static rb_err_t *rb_stream_look_up(rb_stream_t *stream, const ngx_str_t *host,
    ngx_uint_t port);
static void rb_stream_resolved(rb_resolve_t *resolve);
static rb_err_t *rb_stream_try(rb_stream_t *stream,
    rb_stream_address_t *address, ngx_msec_t limit);
static rb_err_t *rb_stream_wrap(rb_stream_t *stream, ngx_socket_t s);
static void rb_stream_event(ngx_event_t *ev);
static void rb_stream_drop_peer(rb_stream_t *stream);
static rb_err_t *rb_stream_send(rb_stream_t *stream, const u_char *data,
    size_t len, size_t *sent);
static rb_err_t *rb_stream_fill(rb_stream_t *stream);


rb_err_define(rb_err_unreachable, 502, "unreachable",
    "다른 서비스와 연결하지 못했습니다. 잠시 뒤 다시 시도해 주세요.",
    "Another service could not be reached. Try again in a moment.");


static ngx_queue_t  rb_stream_open = { &rb_stream_open, &rb_stream_open };


rb_err_t *
rb_stream_connect(rb_task_t *task, const ngx_str_t *host, ngx_uint_t port,
    rb_stream_t **out)
{
    rb_err_t     *err;
    ngx_uint_t    i;
    ngx_msec_t    left;
    rb_stream_t  *stream;

    err = rb_stream_create(task, out);
    if (err) {
        return err;
    }

    stream = *out;

    err = rb_stream_find(stream, host, port);
    if (err) {
        return err;
    }

    /* each address has its share of the time that is left */

    for (i = 0; i < stream->count; i++) {
        left = rb_task_left(task, NGX_MAX_INT32_VALUE);

        err = rb_stream_try(stream, &stream->addresses[i],
                            left / (stream->count - i));

        if (err == NULL || err == &rb_err_cancelled
            || err == &rb_err_internal)
        {
            return err;
        }

        rb_stream_drop_peer(stream);
    }

    return rb_task_left(task, 1) ? err : &rb_err_timeout;
}


rb_err_t *
rb_stream_adopt(rb_task_t *task, ngx_socket_t fd, rb_stream_t **out)
{
    rb_err_t  *err;

    err = rb_stream_create(task, out);
    if (err) {
        (void) ngx_close_socket(fd);
        return err;
    }

    return rb_stream_wrap(*out, fd);
}


static rb_err_t *
rb_stream_create(rb_task_t *task, rb_stream_t **out)
{
    rb_stream_t        *stream;
    rb_task_cleanup_t  *cleanup;

    *out = NULL;

    stream = ngx_pcalloc(task->pool, sizeof(rb_stream_t));
    if (stream == NULL) {
        return &rb_err_internal;
    }

    cleanup = rb_task_cleanup_add(task);
    if (cleanup == NULL) {
        return &rb_err_internal;
    }

    cleanup->handler = rb_stream_cleanup;
    cleanup->data = stream;

    stream->task = task;
    stream->pos = stream->in;
    stream->last = stream->in;

    *out = stream;

    return NULL;
}


static void
rb_stream_cleanup(void *data)
{
    rb_stream_close(data);
}


/* Addresses. */

static rb_err_t *
rb_stream_find(rb_stream_t *stream, const ngx_str_t *host, ngx_uint_t port)
{
    ngx_str_t  name;

    name = *host;

    if (name.len > 5 && ngx_strncmp(name.data, "unix:", 5) == 0) {
        name.data += 5;
        name.len -= 5;
        return rb_stream_add_path(stream, &name);
    }

    if (name.len > 2 && name.data[0] == '['
        && name.data[name.len - 1] == ']')
    {
        name.data++;
        name.len -= 2;
    }

    if (rb_stream_add_text(stream, name.data, name.len, port) == NGX_OK) {
        return NULL;
    }

    return rb_stream_look_up(stream, &name, port);
}


static rb_err_t *
rb_stream_add_path(rb_stream_t *stream, const ngx_str_t *path)
{
    struct sockaddr_un   *sun;
    rb_stream_address_t  *address;

    address = &stream->addresses[0];
    sun = &address->sockaddr.sockaddr_un;

    if (path->len >= sizeof(sun->sun_path)) {
        return rb_stream_fail(stream, "the socket's path is too long");
    }

    sun->sun_family = AF_UNIX;
    ngx_memcpy(sun->sun_path, path->data, path->len);
    address->len = sizeof(struct sockaddr_un);
    stream->count = 1;

    return NULL;
}


/* NGX_DECLINED: it is no numeric address. */

static ngx_int_t
rb_stream_add_text(rb_stream_t *stream, u_char *text, size_t len,
    ngx_uint_t port)
{
    in_addr_t             inaddr;
    rb_stream_address_t  *address;

    if (stream->count == RB_RESOLVE_MAX) {
        return NGX_DECLINED;
    }

    address = &stream->addresses[stream->count];
    ngx_memzero(address, sizeof(rb_stream_address_t));

    inaddr = ngx_inet_addr(text, len);

    if (inaddr != INADDR_NONE) {
        address->sockaddr.sockaddr_in.sin_family = AF_INET;
        address->sockaddr.sockaddr_in.sin_port = htons((in_port_t) port);
        address->sockaddr.sockaddr_in.sin_addr.s_addr = inaddr;
        address->len = sizeof(struct sockaddr_in);
        stream->count++;

        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    if (ngx_inet6_addr(text, len,
                       address->sockaddr.sockaddr_in6.sin6_addr.s6_addr)
        == NGX_OK)
    {
        address->sockaddr.sockaddr_in6.sin6_family = AF_INET6;
        address->sockaddr.sockaddr_in6.sin6_port = htons((in_port_t) port);
        address->len = sizeof(struct sockaddr_in6);
        stream->count++;

        return NGX_OK;
    }

#endif

    return NGX_DECLINED;
}


/*
 * The look-up may end when the fiber no longer waits for it, so what it
 * writes to is on this stack only while its handler is set.
 */

static rb_err_t *
rb_stream_look_up(rb_stream_t *stream, const ngx_str_t *host, ngx_uint_t port)
{
    rb_err_t            *err;
    ngx_str_t            name;
    ngx_msec_t           left;
    rb_resolve_t        *resolve;
    rb_stream_lookup_t   lookup;

    /* nginx would wait for the look-up's thread */

    if (ngx_exiting || ngx_terminate) {
        return rb_stream_fail(stream, "the worker is leaving");
    }

    ngx_memzero(&lookup, sizeof(rb_stream_lookup_t));

    lookup.fiber = rb_fiber_self();
    lookup.stream = stream;
    lookup.port = port;

    name = *host;
    resolve = rb_resolve_start(&name, rb_stream_resolved, &lookup,
                               (ngx_log_t *) ngx_cycle->log);
    if (resolve == NULL) {
        return rb_stream_fail(stream, "the name could not be looked up");
    }

    err = NULL;

    while (!lookup.done && err == NULL) {
        left = rb_task_left(stream->task, NGX_MAX_INT32_VALUE);

        if (left == 0) {
            (void) rb_stream_fail(stream, "the name was not found in time");
            err = &rb_err_timeout;

        } else if (rb_task_wait(stream->task, left) == RB_WAKE_CANCELLED) {
            err = &rb_err_cancelled;
        }
    }

    if (!lookup.done) {
        resolve->handler = NULL;
        return err;
    }

    if (stream->count == 0) {
        return rb_stream_fail(stream, lookup.error);
    }

    return err;
}


static void
rb_stream_resolved(rb_resolve_t *resolve)
{
    ngx_uint_t           i;
    rb_stream_lookup_t  *lookup;

    lookup = resolve->data;

    for (i = 0; i < resolve->count; i++) {
        (void) rb_stream_add_text(lookup->stream, resolve->address[i],
                                  ngx_strlen(resolve->address[i]),
                                  lookup->port);
    }

    lookup->error = resolve->error ? resolve->error : "no usable address";
    lookup->done = 1;

    rb_fiber_wake(lookup->fiber);
}


/* Connecting. */

static rb_err_t *
rb_stream_try(rb_stream_t *stream, rb_stream_address_t *address,
    ngx_msec_t limit)
{
    int            family, on, error;
    rb_err_t      *err;
    socklen_t      len;
    ngx_socket_t   s;

    family = address->sockaddr.sockaddr.sa_family;

    s = ngx_socket(family, SOCK_STREAM, 0);
    if (s == (ngx_socket_t) -1) {
        return rb_stream_fail(stream, strerror(ngx_socket_errno));
    }

    if (family != AF_UNIX) {
        on = 1;
        (void) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));
    }

    if (ngx_nonblocking(s) == -1) {
        err = rb_stream_fail(stream, strerror(ngx_socket_errno));
        (void) ngx_close_socket(s);
        return err;
    }

    err = rb_stream_wrap(stream, s);
    if (err) {
        return err;
    }

    if (connect(s, &address->sockaddr.sockaddr, address->len) == 0) {
        return NULL;
    }

    if (ngx_socket_errno != NGX_EINPROGRESS) {
        return rb_stream_fail(stream, strerror(ngx_socket_errno));
    }

    err = rb_stream_wait(stream, 1, limit);
    if (err) {
        return err;
    }

    error = 0;
    len = sizeof(int);

    if (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len) == -1) {
        error = ngx_socket_errno;
    }

    return error ? rb_stream_fail(stream, strerror(error)) : NULL;
}


/* Takes the descriptor, also when it fails. */

static rb_err_t *
rb_stream_wrap(rb_stream_t *stream, ngx_socket_t s)
{
    ngx_log_t         *log;
    ngx_connection_t  *c;

    log = (ngx_log_t *) ngx_cycle->log;

    c = ngx_get_connection(s, log);
    if (c == NULL) {
        (void) ngx_close_socket(s);
        return rb_stream_fail(stream, "no free connection: raise "
                              "worker_connections");
    }

    c->data = stream;
    c->log_error = NGX_ERROR_INFO;
    c->read->handler = rb_stream_event;
    c->write->handler = rb_stream_event;
    c->read->log = log;
    c->write->log = log;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    stream->peer = c;

    ngx_queue_insert_tail(&rb_stream_open, &stream->queue);
    stream->linked = 1;

    return NULL;
}


static void
rb_stream_event(ngx_event_t *ev)
{
    rb_stream_t       *stream;
    ngx_connection_t  *c;

    c = ev->data;
    stream = c->data;

    stream->ready = 1;

    if (stream->fiber) {
        rb_fiber_wake(stream->fiber);
    }
}


/* Until the socket can be read or written, for at most `limit' ms. */

rb_err_t *
rb_stream_wait(rb_stream_t *stream, ngx_uint_t write, ngx_msec_t limit)
{
    ngx_int_t     event;
    rb_err_t     *err;
    ngx_msec_t    start, spent, left;
    ngx_event_t  *ev;

    ev = write ? stream->peer->write : stream->peer->read;
    event = write ? NGX_WRITE_EVENT : NGX_READ_EVENT;

    stream->ready = 0;
    stream->fiber = rb_fiber_self();

    if (ngx_add_event(ev, event, NGX_LEVEL_EVENT) != NGX_OK) {
        stream->fiber = NULL;
        return rb_stream_fail(stream, "no event for the socket");
    }

    err = NULL;
    start = ngx_current_msec;

    while (!stream->ready && err == NULL) {
        spent = ngx_current_msec - start;
        left = spent < limit ? rb_task_left(stream->task, limit - spent) : 0;

        if (left == 0) {
            (void) rb_stream_fail(stream, "it took too long");
            err = &rb_err_timeout;

        } else if (rb_task_wait(stream->task, left) == RB_WAKE_CANCELLED) {
            err = &rb_err_cancelled;
        }
    }

    stream->fiber = NULL;

    if (ngx_del_event(ev, event, 0) != NGX_OK && err == NULL) {
        return rb_stream_fail(stream, "no event for the socket");
    }

    return err;
}


rb_err_t *
rb_stream_fail(rb_stream_t *stream, const char *why)
{
    (void) ngx_cpystrn((u_char *) stream->why, (u_char *) why, RB_STREAM_WHY);

    return &rb_err_unreachable;
}


static void
rb_stream_drop_peer(rb_stream_t *stream)
{
    if (stream->ssl) {

        /* says good-bye if the socket takes it, and waits for nothing */

        if (SSL_is_init_finished(stream->ssl)) {
            (void) SSL_shutdown(stream->ssl);
        }

        SSL_free(stream->ssl);
        ERR_clear_error();
        stream->ssl = NULL;
    }

    if (stream->peer) {
        ngx_close_connection(stream->peer);
        stream->peer = NULL;
    }

    if (stream->linked) {
        ngx_queue_remove(&stream->queue);
        stream->linked = 0;
    }
}


void
rb_stream_close(rb_stream_t *stream)
{
    rb_stream_drop_peer(stream);

    stream->pos = stream->in;
    stream->last = stream->in;
}


const char *
rb_stream_why(const rb_stream_t *stream)
{
    return stream->why;
}


void
rb_stream_exit_process(void)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&rb_stream_open)) {
        q = ngx_queue_head(&rb_stream_open);
        rb_stream_drop_peer(ngx_queue_data(q, rb_stream_t, queue));
    }

    rb_stream_tls_exit_process();
}


/* Bytes. */

rb_err_t *
rb_stream_write(rb_stream_t *stream, const void *data, size_t len)
{
    size_t         sent;
    rb_err_t      *err;
    const u_char  *p;

    p = data;

    while (len) {
        if (stream->peer == NULL) {
            return rb_stream_fail(stream, "the connection is closed");
        }

        err = rb_stream_send(stream, p, len, &sent);
        if (err) {
            return err;
        }

        p += sent;
        len -= sent;
    }

    return NULL;
}


/* Sends some, or waits until some could be sent and sends none. */

static rb_err_t *
rb_stream_send(rb_stream_t *stream, const u_char *data, size_t len,
    size_t *sent)
{
    int      rc;
    ssize_t  n;

    *sent = 0;

    if (stream->ssl) {
        ERR_clear_error();

        rc = SSL_write(stream->ssl, data,
                       (int) ngx_min(len, NGX_MAX_INT32_VALUE));
        if (rc > 0) {
            *sent = rc;
            return NULL;
        }

        return rb_stream_tls_again(stream, rc);
    }

    n = send(stream->peer->fd, data, len, 0);

    if (n >= 0) {
        *sent = n;
        return NULL;
    }

    if (ngx_socket_errno == NGX_EINTR) {
        return NULL;
    }

    if (ngx_socket_errno == NGX_EAGAIN) {
        return rb_stream_wait(stream, 1, NGX_MAX_INT32_VALUE);
    }

    return rb_stream_fail(stream, strerror(ngx_socket_errno));
}


/* Reads ahead what there is; at the end of the stream still nothing. */

static rb_err_t *
rb_stream_fill(rb_stream_t *stream)
{
    int        rc;
    ssize_t    n;
    rb_err_t  *err;

    stream->pos = stream->in;
    stream->last = stream->in;

    for ( ;; ) {
        if (stream->peer == NULL) {
            return rb_stream_fail(stream, "the connection is closed");
        }

        if (stream->ssl) {
            ERR_clear_error();

            rc = SSL_read(stream->ssl, stream->in, RB_STREAM_IN);

            if (rc > 0
                || SSL_get_error(stream->ssl, rc) == SSL_ERROR_ZERO_RETURN)
            {
                stream->last += ngx_max(rc, 0);
                return NULL;
            }

            err = rb_stream_tls_again(stream, rc);

        } else {
            n = recv(stream->peer->fd, stream->in, RB_STREAM_IN, 0);

            if (n >= 0) {
                stream->last += n;
                return NULL;
            }

            if (ngx_socket_errno == NGX_EINTR) {
                continue;
            }

            err = ngx_socket_errno == NGX_EAGAIN
                  ? rb_stream_wait(stream, 0, NGX_MAX_INT32_VALUE)
                  : rb_stream_fail(stream, strerror(ngx_socket_errno));
        }

        if (err) {
            return err;
        }
    }
}


rb_err_t *
rb_stream_read_line(rb_stream_t *stream, size_t max, ngx_str_t *line)
{
    u_char    *lf;
    size_t     n;
    rb_buf_t   buf;
    rb_err_t  *err;

    if (rb_buf_init(&buf, stream->task->pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    do {
        if (stream->pos == stream->last) {

            err = rb_stream_fill(stream);
            if (err) {
                return err;
            }

            if (stream->pos == stream->last) {
                return rb_stream_fail(stream, "the connection was closed");
            }
        }

        n = stream->last - stream->pos;
        lf = ngx_strlchr(stream->pos, stream->last, '\n');

        if (lf) {
            n = lf - stream->pos;
        }

        /* one more for a CR */

        if (rb_buf_len(&buf) + n > max + 1) {
            return rb_stream_fail(stream, "the server sent too long a line");
        }

        rb_buf_add(&buf, stream->pos, n);
        stream->pos += n + (lf ? 1 : 0);

    } while (lf == NULL);

    if (buf.failed) {
        return &rb_err_internal;
    }

    line->data = buf.start;
    line->len = rb_buf_len(&buf);

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    return line->len <= max ? NULL
                            : rb_stream_fail(stream, "the server sent too "
                                             "long a line");
}


rb_err_t *
rb_stream_read_all(rb_stream_t *stream, size_t max, ngx_str_t *data)
{
    size_t     n;
    rb_buf_t   buf;
    rb_err_t  *err;

    if (rb_buf_init(&buf, stream->task->pool, 1024) != NGX_OK) {
        return &rb_err_internal;
    }

    for ( ;; ) {
        n = stream->last - stream->pos;

        if (rb_buf_len(&buf) + n > max) {
            return rb_stream_fail(stream, "the answer is too large");
        }

        rb_buf_add(&buf, stream->pos, n);

        err = rb_stream_fill(stream);
        if (err) {
            return err;
        }

        if (stream->pos == stream->last) {
            break;
        }
    }

    if (buf.failed) {
        return &rb_err_internal;
    }

    data->data = buf.start;
    data->len = rb_buf_len(&buf);

    return NULL;
}
