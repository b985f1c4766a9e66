
/*
 * One connection: look-up, connect, write, read.
 *
 * Sockets are ours and wrapped into ngx_connection_t.  Events are
 * level-triggered, so what one turn leaves unread or unsent the next one
 * finds: no state says "there may be more".  Interest in writing exists only
 * while connecting and while the socket's buffer is full.
 *
 * What is queued in one turn leaves in one send() at the turn's end.
 *
 * A name may have several addresses: they are tried in turn until one
 * connects.  How long that may take is the owner's business, who closes.
 *
 * Every way out goes through rb_redis_conn_close(), which counts a
 * generation; code that called the owner compares it to learn whether the
 * connection is still the same one.
 */


#include "io/rb_redis_conn.h"
#include <netinet/tcp.h>


#define RB_REDIS_READ_SIZE    16384     /* a call of recv() */
#define RB_REDIS_READ_ROUNDS  16        /* calls a turn: others wait */


static void rb_redis_conn_resolved(rb_resolve_t *resolve);
static ngx_int_t rb_redis_conn_add_text(rb_redis_conn_t *conn, u_char *text,
    size_t len);
static void rb_redis_conn_add_path(rb_redis_conn_t *conn,
    const ngx_str_t *path);
static void rb_redis_conn_connect(rb_redis_conn_t *conn);
static const char *rb_redis_conn_try(rb_redis_conn_t *conn,
    rb_redis_address_t *address);
static const char *rb_redis_conn_wrap(rb_redis_conn_t *conn, ngx_socket_t s);
static void rb_redis_conn_tune(ngx_socket_t s, int family);
static void rb_redis_conn_opened(rb_redis_conn_t *conn);
static void rb_redis_conn_drop_peer(rb_redis_conn_t *conn);
static void rb_redis_conn_fail(rb_redis_conn_t *conn, const char *why);
static void rb_redis_conn_write_event(ngx_event_t *wev);
static void rb_redis_conn_check(rb_redis_conn_t *conn);
static void rb_redis_conn_write(void *data);
static ngx_int_t rb_redis_conn_want_write(rb_redis_conn_t *conn,
    ngx_uint_t want);
static void rb_redis_conn_read_event(ngx_event_t *rev);
static ngx_int_t rb_redis_conn_read(rb_redis_conn_t *conn);
static ngx_int_t rb_redis_conn_replies(rb_redis_conn_t *conn);


void
rb_redis_conn_init(rb_redis_conn_t *conn, const rb_redis_conn_ops_t *ops,
    void *owner)
{
    ngx_memzero(conn, sizeof(rb_redis_conn_t));

    conn->ops = ops;
    conn->owner = owner;
    conn->turn.handler = rb_redis_conn_write;
    conn->turn.data = conn;
}


void
rb_redis_conn_open(rb_redis_conn_t *conn, const rb_redis_server_t *server)
{
    ngx_str_t  host;

    conn->port = server->port;
    conn->next = 0;
    conn->count = 0;

    if (server->local) {
        rb_redis_conn_add_path(conn, &server->host);
        rb_redis_conn_connect(conn);
        return;
    }

    if (rb_redis_conn_add_text(conn, server->host.data, server->host.len)
        == NGX_OK)
    {
        rb_redis_conn_connect(conn);
        return;
    }

    /* nginx would wait for the look-up's thread */

    if (ngx_exiting || ngx_terminate) {
        rb_redis_conn_fail(conn, "the worker is leaving");
        return;
    }

    host = server->host;

    conn->resolve = rb_resolve_start(&host, rb_redis_conn_resolved, conn,
                                     rb_redis.log);
    if (conn->resolve == NULL) {
        rb_redis_conn_fail(conn, "the name could not be looked up");
    }
}


static void
rb_redis_conn_resolved(rb_resolve_t *resolve)
{
    ngx_uint_t        i;
    rb_redis_conn_t  *conn;

    conn = resolve->data;
    conn->resolve = NULL;

    for (i = 0; i < resolve->count; i++) {
        (void) rb_redis_conn_add_text(conn, resolve->address[i],
                                      ngx_strlen(resolve->address[i]));
    }

    if (conn->count == 0) {
        rb_redis_conn_fail(conn, resolve->error ? resolve->error
                                                : "no usable address");
        return;
    }

    rb_redis_conn_connect(conn);
}


/* NGX_DECLINED: it is no numeric address. */

static ngx_int_t
rb_redis_conn_add_text(rb_redis_conn_t *conn, u_char *text, size_t len)
{
    in_addr_t            inaddr;
    rb_redis_address_t  *address;

    if (conn->count == RB_RESOLVE_MAX) {
        return NGX_DECLINED;
    }

    address = &conn->addresses[conn->count];
    ngx_memzero(address, sizeof(rb_redis_address_t));

    inaddr = ngx_inet_addr(text, len);

    if (inaddr != INADDR_NONE) {
        address->sockaddr.sockaddr_in.sin_family = AF_INET;
        address->sockaddr.sockaddr_in.sin_port = htons(conn->port);
        address->sockaddr.sockaddr_in.sin_addr.s_addr = inaddr;
        address->len = sizeof(struct sockaddr_in);
        conn->count++;

        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    if (ngx_inet6_addr(text, len,
                       address->sockaddr.sockaddr_in6.sin6_addr.s6_addr)
        == NGX_OK)
    {
        address->sockaddr.sockaddr_in6.sin6_family = AF_INET6;
        address->sockaddr.sockaddr_in6.sin6_port = htons(conn->port);
        address->len = sizeof(struct sockaddr_in6);
        conn->count++;

        return NGX_OK;
    }

#endif

    return NGX_DECLINED;
}


/* That it fits was checked when the URL was read. */

static void
rb_redis_conn_add_path(rb_redis_conn_t *conn, const ngx_str_t *path)
{
    rb_redis_address_t  *address;
    struct sockaddr_un  *sun;

    address = &conn->addresses[conn->count++];
    ngx_memzero(address, sizeof(rb_redis_address_t));

    sun = &address->sockaddr.sockaddr_un;

    sun->sun_family = AF_UNIX;
    ngx_memcpy(sun->sun_path, path->data,
               ngx_min(path->len, sizeof(sun->sun_path) - 1));
    address->len = sizeof(struct sockaddr_un);
}


/* Tries the addresses that are left, until one is on its way. */

static void
rb_redis_conn_connect(rb_redis_conn_t *conn)
{
    const char  *error;

    error = "no address";

    while (conn->next < conn->count) {
        error = rb_redis_conn_try(conn, &conn->addresses[conn->next++]);

        if (error == NULL) {
            return;
        }
    }

    rb_redis_conn_fail(conn, error);
}


static const char *
rb_redis_conn_try(rb_redis_conn_t *conn, rb_redis_address_t *address)
{
    int            rc;
    const char    *error;
    ngx_socket_t   s;

    s = ngx_socket(address->sockaddr.sockaddr.sa_family, SOCK_STREAM, 0);
    if (s == (ngx_socket_t) -1) {
        return strerror(ngx_socket_errno);
    }

    rb_redis_conn_tune(s, address->sockaddr.sockaddr.sa_family);

    if (ngx_nonblocking(s) == -1) {
        error = strerror(ngx_socket_errno);
        (void) ngx_close_socket(s);
        return error;
    }

    error = rb_redis_conn_wrap(conn, s);
    if (error) {
        return error;
    }

    rc = connect(s, &address->sockaddr.sockaddr, address->len);

    if (rc == -1 && ngx_socket_errno != NGX_EINPROGRESS) {
        error = strerror(ngx_socket_errno);
        rb_redis_conn_drop_peer(conn);
        return error;
    }

    if (ngx_add_event(conn->peer->read, NGX_READ_EVENT, NGX_LEVEL_EVENT)
        != NGX_OK)
    {
        rb_redis_conn_drop_peer(conn);
        return "no event for the socket";
    }

    if (rc == 0) {
        rb_redis_conn_opened(conn);
        return NULL;
    }

    conn->writing = 1;

    if (ngx_add_event(conn->peer->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT)
        != NGX_OK)
    {
        rb_redis_conn_drop_peer(conn);
        return "no event for the socket";
    }

    return NULL;
}


static const char *
rb_redis_conn_wrap(rb_redis_conn_t *conn, ngx_socket_t s)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(s, rb_redis.log);
    if (c == NULL) {
        (void) ngx_close_socket(s);
        return "no free connection: raise worker_connections";
    }

    c->data = conn;
    c->log_error = NGX_ERROR_INFO;
    c->read->handler = rb_redis_conn_read_event;
    c->write->handler = rb_redis_conn_write_event;
    c->read->log = rb_redis.log;
    c->write->log = rb_redis.log;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    conn->peer = c;

    return NULL;
}


/* Failing to is no reason to go without the connection. */

static void
rb_redis_conn_tune(ngx_socket_t s, int family)
{
    int  on;

    on = 1;

    if (family != AF_UNIX) {
        (void) setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));
        (void) setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(int));
    }
}


static void
rb_redis_conn_opened(rb_redis_conn_t *conn)
{
    if (rb_redis_decoder_init(&conn->decoder, rb_redis.log) != NGX_OK) {
        rb_redis_conn_fail(conn, "out of memory");
        return;
    }

    conn->open = 1;

    conn->ops->opened(conn);
}


static void
rb_redis_conn_drop_peer(rb_redis_conn_t *conn)
{
    if (conn->peer) {
        ngx_close_connection(conn->peer);
        conn->peer = NULL;
    }

    conn->writing = 0;
}


void
rb_redis_conn_close(rb_redis_conn_t *conn)
{
    conn->generation++;
    conn->open = 0;

    if (conn->resolve) {
        conn->resolve->handler = NULL;
        conn->resolve = NULL;
    }

    rb_redis_conn_drop_peer(conn);
    rb_redis_decoder_free(&conn->decoder);
    rb_redis_out_free(&conn->out);
}


static void
rb_redis_conn_fail(rb_redis_conn_t *conn, const char *why)
{
    char  text[NGX_MAX_ERROR_STR / 8];

    /* it may point into what is about to be released */

    (void) ngx_cpystrn((u_char *) text, (u_char *) why, sizeof(text));

    rb_redis_conn_close(conn);

    conn->ops->closed(conn, text);
}


static void
rb_redis_conn_write_event(ngx_event_t *wev)
{
    ngx_connection_t  *c;
    rb_redis_conn_t   *conn;

    c = wev->data;
    conn = c->data;

    if (!conn->open) {
        rb_redis_conn_check(conn);
        return;
    }

    rb_redis_conn_write(conn);
}


/* The attempt to connect has ended, one way or the other. */

static void
rb_redis_conn_check(rb_redis_conn_t *conn)
{
    int        error;
    socklen_t  len;

    error = 0;
    len = sizeof(int);

    if (getsockopt(conn->peer->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1) {
        error = ngx_socket_errno;
    }

    if (error == 0) {
        if (rb_redis_conn_want_write(conn, 0) == NGX_OK) {
            rb_redis_conn_opened(conn);
        }

        return;
    }

    rb_redis_conn_drop_peer(conn);

    if (conn->next < conn->count) {
        rb_redis_conn_connect(conn);
        return;
    }

    rb_redis_conn_fail(conn, strerror(error));
}


ngx_int_t
rb_redis_conn_command(rb_redis_conn_t *conn, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    if (!conn->open
        || rb_redis_out_command(&conn->out, argc, argv) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rb_redis_conn_flush(conn);

    return NGX_OK;
}


void
rb_redis_conn_flush(rb_redis_conn_t *conn)
{
    if (!conn->writing) {
        rb_turn_end(&conn->turn);
    }
}


/* Called at the end of a turn, and when a full socket has room again. */

static void
rb_redis_conn_write(void *data)
{
    rb_redis_conn_t *conn = data;

    size_t   left;
    ssize_t  n;

    if (!conn->open) {
        return;
    }

    while ((left = rb_redis_out_len(&conn->out)) > 0) {
        n = send(conn->peer->fd, conn->out.pos, left, 0);

        if (n >= 0) {
            rb_redis_out_sent(&conn->out, n);
            continue;
        }

        if (ngx_socket_errno == NGX_EINTR) {
            continue;
        }

        if (ngx_socket_errno == NGX_EAGAIN) {
            break;
        }

        rb_redis_conn_fail(conn, strerror(ngx_socket_errno));
        return;
    }

    (void) rb_redis_conn_want_write(conn, left > 0);
}


/* NGX_ERROR: it could not, and the connection has failed. */

static ngx_int_t
rb_redis_conn_want_write(rb_redis_conn_t *conn, ngx_uint_t want)
{
    ngx_int_t     rc;
    ngx_event_t  *wev;

    if (conn->writing == want) {
        return NGX_OK;
    }

    wev = conn->peer->write;

    rc = want ? ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT)
              : ngx_del_event(wev, NGX_WRITE_EVENT, 0);

    if (rc != NGX_OK) {
        rb_redis_conn_fail(conn, "no event for the socket");
        return NGX_ERROR;
    }

    conn->writing = want;

    return NGX_OK;
}


static void
rb_redis_conn_read_event(ngx_event_t *rev)
{
    ngx_uint_t         rounds;
    ngx_connection_t  *c;
    rb_redis_conn_t   *conn;

    c = rev->data;
    conn = c->data;

    if (!conn->open) {

        /* still connecting: the write event tells how that went */
        return;
    }

    for (rounds = 0; rounds < RB_REDIS_READ_ROUNDS; rounds++) {
        if (rb_redis_conn_read(conn) != NGX_OK) {
            return;
        }
    }
}


/* NGX_OK: there may be more; NGX_AGAIN: not now; NGX_DONE: it is closed. */

static ngx_int_t
rb_redis_conn_read(rb_redis_conn_t *conn)
{
    ssize_t        n;
    static u_char  buf[RB_REDIS_READ_SIZE];

    n = recv(conn->peer->fd, buf, sizeof(buf), 0);

    if (n == -1) {
        if (ngx_socket_errno == NGX_EINTR) {
            return NGX_OK;
        }

        if (ngx_socket_errno == NGX_EAGAIN) {
            return NGX_AGAIN;
        }

        rb_redis_conn_fail(conn, strerror(ngx_socket_errno));
        return NGX_DONE;
    }

    if (n == 0) {
        rb_redis_conn_fail(conn, "the server closed the connection");
        return NGX_DONE;
    }

    if (rb_redis_decoder_feed(&conn->decoder, buf, n) != NGX_OK) {
        rb_redis_conn_fail(conn, conn->decoder.error);
        return NGX_DONE;
    }

    if (rb_redis_conn_replies(conn) != NGX_OK) {
        return NGX_DONE;
    }

    return n < RB_REDIS_READ_SIZE ? NGX_AGAIN : NGX_OK;
}


static ngx_int_t
rb_redis_conn_replies(rb_redis_conn_t *conn)
{
    ngx_int_t          rc;
    ngx_uint_t         generation;
    rb_redis_value_t  *value;

    generation = conn->generation;

    for ( ;; ) {
        rc = rb_redis_decoder_next(&conn->decoder, &value);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            rb_redis_conn_fail(conn, conn->decoder.error);
            return NGX_ERROR;
        }

        conn->ops->reply(conn, value);

        if (conn->generation != generation) {
            return NGX_ERROR;
        }
    }
}
