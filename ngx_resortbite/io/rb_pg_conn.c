
/*
 * How a connection comes up and goes down.
 *
 *     DOWN --timer--> RESOLVING --> CONNECTING --> READY
 *       ^                 |             |            |
 *       +---- backoff ----+-------------+---- lose --+
 *
 * libpq would look names up with a blocking getaddrinfo(), so every host of
 * the conninfo that is a name is resolved first, on the thread pool, and
 * handed over as `hostaddr' beside the name (which TLS still verifies).
 *
 * PQconnectPoll() may close its socket and open another one, possibly with
 * the same number, when it goes on to the next address or retries without
 * TLS: so the socket is taken out of the event loop before each poll and put
 * back after it.
 *
 * Readiness is level-triggered: libpq reads once and may leave bytes in the
 * kernel.  Under TLS bytes may also be left within OpenSSL, where no event
 * tells of them, so reading goes on until SSL_pending() is 0.
 */


#include "io/rb_pg_conn.h"

#include <openssl/ssl.h>


#define RB_PG_BACKOFF_MIN  50           /* ms */
#define RB_PG_BACKOFF_MAX  5000


static void rb_pg_conn_attempt(rb_pg_conn_t *conn);
static ngx_int_t rb_pg_conn_resolve_next(rb_pg_conn_t *conn);
static void rb_pg_conn_resolved(rb_resolve_t *resolve);
static void rb_pg_conn_connect(rb_pg_conn_t *conn);
static void rb_pg_conn_poll(rb_pg_conn_t *conn);
static void rb_pg_conn_established(rb_pg_conn_t *conn);
static void rb_pg_conn_notice(void *data, const char *message);
static ngx_int_t rb_pg_conn_register(rb_pg_conn_t *conn);
static void rb_pg_conn_unregister(rb_pg_conn_t *conn);
static void rb_pg_conn_read_handler(ngx_event_t *rev);
static void rb_pg_conn_write_handler(ngx_event_t *wev);
static void rb_pg_conn_timer_handler(ngx_event_t *ev);
static void rb_pg_conn_close(rb_pg_conn_t *conn);


void
rb_pg_conn_start(rb_pg_conn_t *conn)
{
    conn->state = RB_PG_DOWN;
    conn->backoff = RB_PG_BACKOFF_MIN;

    conn->timer.handler = rb_pg_conn_timer_handler;
    conn->timer.data = conn;
    conn->timer.log = conn->log;
    conn->timer.cancelable = 1;

    rb_pg_conn_attempt(conn);
}


void
rb_pg_conn_end(rb_pg_conn_t *conn)
{
    conn->ended = 1;
    rb_pg_conn_close(conn);
}


void
rb_pg_conn_hurry(rb_pg_conn_t *conn)
{
    if (conn->state == RB_PG_DOWN && !conn->ended) {
        ngx_add_timer(&conn->timer, 1 + (ngx_msec_t) ngx_random() % 20);
    }
}


void
rb_pg_conn_lose(rb_pg_conn_t *conn, const char *why)
{
    ngx_msec_t   delay;
    ngx_uint_t   established;
    const char  *message;

    if (conn->state == RB_PG_DOWN) {
        return;
    }

    established = (conn->state == RB_PG_READY);
    message = why ? why : (conn->pg ? PQerrorMessage(conn->pg) : "");

    if (!conn->complained) {
        conn->complained = 1;
        ngx_log_error(NGX_LOG_ERR, conn->log, 0,
                      "postgres (%s): %s: %s", conn->role,
                      established ? "connection lost"
                                  : "connecting failed",
                      rb_pg_one_line(message));
    }

    rb_pg_conn_close(conn);

    /* half of the delay is chance, so that workers don't come all at once */

    delay = conn->backoff / 2 + (ngx_msec_t) ngx_random()
                                % (conn->backoff / 2 + 1);
    conn->backoff = ngx_min(conn->backoff * 2, RB_PG_BACKOFF_MAX);

    if (!conn->ended) {
        ngx_add_timer(&conn->timer, delay);
    }

    conn->user->lost(conn, established);
}


/* libpq's messages have several lines, a log's entry has one. */

const char *
rb_pg_one_line(const char *message)
{
    size_t  n;

    static char  line[512];

    for (n = 0; message[n] && n < sizeof(line) - 1; n++) {
        line[n] = ((u_char) message[n] < ' ') ? ' ' : message[n];
    }

    while (n && line[n - 1] == ' ') {
        n--;
    }

    line[n] = '\0';

    return line;
}


void
rb_pg_conn_flush(rb_pg_conn_t *conn)
{
    int           rc;
    ngx_event_t  *wev;

    rc = PQflush(conn->pg);

    if (rc == -1) {
        rb_pg_conn_lose(conn, NULL);
        return;
    }

    wev = conn->c->write;

    if (rc == 1 && !wev->active) {
        if (ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
            rb_pg_conn_lose(conn, "no event for writing");
        }

    } else if (rc == 0 && wev->active) {
        if (ngx_del_event(wev, NGX_WRITE_EVENT, 0) != NGX_OK) {
            rb_pg_conn_lose(conn, "no event for writing");
        }
    }
}


void
rb_pg_conn_expect(rb_pg_conn_t *conn, ngx_msec_t timeout)
{
    if (timeout) {
        ngx_add_timer(&conn->timer, timeout);

    } else if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }
}


/* Coming up. */

static void
rb_pg_conn_attempt(rb_pg_conn_t *conn)
{
    conn->reconnects++;
    conn->state = RB_PG_RESOLVING;
    conn->hosts = 0;

    ngx_add_timer(&conn->timer, conn->conf->connect_timeout);

    conn->pool = ngx_create_pool(1024, conn->log);
    if (conn->pool == NULL) {
        rb_pg_conn_lose(conn, "out of memory");
        return;
    }

    conn->addresses = 0;
    conn->resolved = 0;

    (void) rb_buf_init(&conn->host, conn->pool, 128);
    (void) rb_buf_init(&conn->hostaddr, conn->pool, 128);
    (void) rb_buf_init(&conn->port, conn->pool, 64);

    if (rb_pg_conn_resolve_next(conn) == NGX_OK) {
        rb_pg_conn_connect(conn);
    }
}


static const char *
rb_pg_option(PQconninfoOption *options, const char *keyword)
{
    PQconninfoOption  *o;

    for (o = options; o->keyword; o++) {
        if (ngx_strcmp(o->keyword, keyword) == 0) {
            return (o->val && o->val[0]) ? o->val : NULL;
        }
    }

    return NULL;
}


/* The n-th item of a comma-separated list; the only one serves for all. */

static ngx_str_t
rb_pg_item(const char *list, ngx_uint_t n)
{
    ngx_str_t    item = ngx_null_string;
    const char  *comma;

    if (list == NULL) {
        return item;
    }

    if (ngx_strchr(list, ',') == NULL) {
        n = 0;
    }

    for ( ;; ) {
        comma = strchr(list, ',');

        item.data = (u_char *) list;
        item.len = comma ? (size_t) (comma - list) : ngx_strlen(list);

        if (n-- == 0) {
            return item;
        }

        if (comma == NULL) {
            ngx_str_null(&item);
            return item;
        }

        list = comma + 1;
    }
}


static ngx_uint_t
rb_pg_is_name(ngx_str_t *host)
{
    u_char  in6[16];

    if (host->len == 0 || host->data[0] == '/' || host->data[0] == '@') {
        return 0;
    }

    if (ngx_inet_addr(host->data, host->len) != INADDR_NONE) {
        return 0;
    }

    return ngx_inet6_addr(host->data, host->len, in6) != NGX_OK;
}


/* One more address of a host, in libpq's lists; empty where none is needed. */

static void
rb_pg_conn_add_address(rb_pg_conn_t *conn, ngx_str_t *host, const u_char *addr,
    ngx_str_t *port)
{
    if (conn->addresses++) {
        rb_buf_add_lit(&conn->host, ",");
        rb_buf_add_lit(&conn->hostaddr, ",");
        rb_buf_add_lit(&conn->port, ",");
    }

    rb_buf_add_str(&conn->host, host);
    rb_buf_add(&conn->hostaddr, addr, ngx_strlen(addr));
    rb_buf_add_str(&conn->port, port);
}


/*
 * Goes through the hosts until one has to be looked up.  NGX_OK: all are
 * known; NGX_AGAIN: a look-up is under way; NGX_ERROR: the attempt failed.
 */

static ngx_int_t
rb_pg_conn_resolve_next(rb_pg_conn_t *conn)
{
    char              *message;
    ngx_str_t          host, port;
    const char        *hosts, *ports;
    PQconninfoOption  *options;

    message = NULL;
    options = PQconninfoParse(conn->conninfo, &message);

    if (options == NULL) {
        PQfreemem(message);
        rb_pg_conn_lose(conn, "out of memory");
        return NGX_ERROR;
    }

    hosts = rb_pg_option(options, "host");
    ports = rb_pg_option(options, "port");

    if (rb_pg_option(options, "hostaddr")) {
        hosts = NULL;                   /* libpq has nothing to look up */
    }

    for ( ;; ) {
        host = rb_pg_item(hosts, conn->hosts);

        if (host.data == NULL
            || (conn->hosts > 0 && ngx_strchr(hosts, ',') == NULL))
        {
            PQconninfoFree(options);
            return NGX_OK;
        }

        port = rb_pg_item(ports, conn->hosts);

        if (rb_pg_is_name(&host)) {
            break;
        }

        rb_pg_conn_add_address(conn, &host, (u_char *) "", &port);
        conn->hosts++;
    }

    if (ngx_exiting) {
        PQconninfoFree(options);
        rb_pg_conn_lose(conn, "the worker is leaving");
        return NGX_ERROR;
    }

    conn->resolve = rb_resolve_start(&host, rb_pg_conn_resolved, conn,
                                     conn->log);
    PQconninfoFree(options);

    if (conn->resolve == NULL) {
        rb_pg_conn_lose(conn, "no thread is free to look the host up");
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void
rb_pg_conn_resolved(rb_resolve_t *resolve)
{
    char               why[512];
    ngx_str_t          port;
    ngx_uint_t         i;
    rb_pg_conn_t      *conn;
    PQconninfoOption  *options;

    conn = resolve->data;
    conn->resolve = NULL;

    options = PQconninfoParse(conn->conninfo, NULL);
    if (options == NULL) {
        rb_pg_conn_lose(conn, "out of memory");
        return;
    }

    port = rb_pg_item(rb_pg_option(options, "port"), conn->hosts);

    for (i = 0; i < resolve->count; i++) {
        rb_pg_conn_add_address(conn, &resolve->host, resolve->address[i],
                               &port);
    }

    PQconninfoFree(options);
    conn->hosts++;
    conn->resolved = 1;

    if (rb_pg_conn_resolve_next(conn) != NGX_OK) {
        return;
    }

    if (conn->addresses == 0) {         /* as libpq, which tries them all */
        *ngx_snprintf((u_char *) why, sizeof(why) - 1,
                      "looking up \"%V\": %s", &resolve->host,
                      resolve->error) = '\0';
        rb_pg_conn_lose(conn, why);
        return;
    }

    rb_pg_conn_connect(conn);
}


static void
rb_pg_conn_connect(rb_pg_conn_t *conn)
{
    ngx_uint_t   n;
    const char  *keys[8], *values[8];

    rb_buf_add_lit(&conn->host, "\0");
    rb_buf_add_lit(&conn->hostaddr, "\0");
    rb_buf_add_lit(&conn->port, "\0");

    if (conn->host.failed || conn->hostaddr.failed || conn->port.failed) {
        rb_pg_conn_lose(conn, "out of memory");
        return;
    }

    n = 0;

    /* the conninfo is expanded in place; what follows overrides it */

    keys[n] = "fallback_application_name";
    values[n++] = "resortbite";
    keys[n] = "dbname";
    values[n++] = conn->conninfo;
    keys[n] = "client_encoding";
    values[n++] = "UTF8";

    if (conn->resolved) {
        keys[n] = "host";
        values[n++] = (const char *) conn->host.start;
        keys[n] = "hostaddr";
        values[n++] = (const char *) conn->hostaddr.start;

        if (conn->port.start[0] && conn->port.start[0] != ',') {
            keys[n] = "port";
            values[n++] = (const char *) conn->port.start;
        }
    }

    keys[n] = NULL;
    values[n] = NULL;

    conn->state = RB_PG_CONNECTING;
    conn->pg = PQconnectStartParams(keys, values, 1);

    if (conn->pg == NULL) {
        rb_pg_conn_lose(conn, "out of memory");
        return;
    }

    if (PQstatus(conn->pg) == CONNECTION_BAD) {
        rb_pg_conn_lose(conn, NULL);
        return;
    }

    /* libpq: as if the last poll had said PGRES_POLLING_WRITING */

    if (rb_pg_conn_register(conn) != NGX_OK
        || ngx_add_event(conn->c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT)
           != NGX_OK)
    {
        rb_pg_conn_lose(conn, "no connection is free in this worker: raise "
                              "\"worker_connections\"");
    }
}


static void
rb_pg_conn_poll(rb_pg_conn_t *conn)
{
    ngx_int_t                  rc;
    PostgresPollingStatusType  status;

    rb_pg_conn_unregister(conn);

    status = PQconnectPoll(conn->pg);

    if (status == PGRES_POLLING_FAILED) {
        rb_pg_conn_lose(conn, NULL);
        return;
    }

    rc = rb_pg_conn_register(conn);

    if (rc == NGX_OK && status == PGRES_POLLING_WRITING) {
        rc = ngx_add_event(conn->c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);

    } else if (rc == NGX_OK) {
        rc = ngx_add_event(conn->c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
    }

    if (rc != NGX_OK) {
        rb_pg_conn_lose(conn, "no connection is free in this worker: raise "
                              "\"worker_connections\"");
        return;
    }

    if (status == PGRES_POLLING_OK) {
        rb_pg_conn_established(conn);
    }
}


static void
rb_pg_conn_established(rb_pg_conn_t *conn)
{
    ngx_del_timer(&conn->timer);
    ngx_destroy_pool(conn->pool);
    conn->pool = NULL;

    if (PQsetnonblocking(conn->pg, 1) != 0) {
        rb_pg_conn_lose(conn, NULL);
        return;
    }

    (void) PQsetNoticeProcessor(conn->pg, rb_pg_conn_notice, conn);

    conn->state = RB_PG_READY;
    conn->backoff = RB_PG_BACKOFF_MIN;

    if (conn->user->ready(conn) != NGX_OK) {
        rb_pg_conn_lose(conn, NULL);
        return;
    }

    if (conn->complained) {
        conn->complained = 0;
        ngx_log_error(NGX_LOG_NOTICE, conn->log, 0,
                      "postgres (%s): connected again", conn->role);
    }
}


/* libpq would print the server's notices on stderr. */

static void
rb_pg_conn_notice(void *data, const char *message)
{
    rb_pg_conn_t  *conn = data;

    ngx_log_error(NGX_LOG_INFO, conn->log, 0, "postgres (%s): %s", conn->role,
                  rb_pg_one_line(message));
}


/* In and out of the event loop. */

static ngx_int_t
rb_pg_conn_register(rb_pg_conn_t *conn)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(PQsocket(conn->pg), conn->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = conn;
    c->log = conn->log;
    c->read->log = conn->log;
    c->write->log = conn->log;
    c->read->handler = rb_pg_conn_read_handler;
    c->write->handler = rb_pg_conn_write_handler;

    conn->c = c;

    return NGX_OK;
}


static void
rb_pg_conn_unregister(rb_pg_conn_t *conn)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = conn->c;

    if (c == NULL) {
        return;
    }

    conn->c = NULL;

    /* the socket is libpq's to close, and after an error it may have done so:
     * the kernel has then forgotten it, nginx has yet to */

    flags = (PQsocket(conn->pg) == c->fd) ? 0 : NGX_CLOSE_EVENT;

    if (c->read->active) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, flags);
    }

    if (c->write->active) {
        (void) ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


static void
rb_pg_conn_read_handler(ngx_event_t *rev)
{
    SSL               *ssl;
    ngx_connection_t  *c;
    rb_pg_conn_t      *conn;

    c = rev->data;
    conn = c->data;

    if (conn->state == RB_PG_CONNECTING) {
        rb_pg_conn_poll(conn);
        return;
    }

    do {
        if (PQconsumeInput(conn->pg) == 0) {
            rb_pg_conn_lose(conn, NULL);
            return;
        }

        conn->user->readable(conn);

        if (conn->state != RB_PG_READY) {
            return;
        }

        ssl = PQsslStruct(conn->pg, "OpenSSL");

    } while (ssl != NULL && SSL_pending(ssl) > 0);

    /* what was read may have made room for what waits to be written */

    if (conn->c->write->active) {
        rb_pg_conn_flush(conn);
    }
}


static void
rb_pg_conn_write_handler(ngx_event_t *wev)
{
    ngx_connection_t  *c;
    rb_pg_conn_t      *conn;

    c = wev->data;
    conn = c->data;

    if (conn->state == RB_PG_CONNECTING) {
        rb_pg_conn_poll(conn);
        return;
    }

    rb_pg_conn_flush(conn);

    /* while it can't send, libpq reads: the kernel has no more to tell of
     * what it has taken in */

    if (conn->state == RB_PG_READY) {
        conn->user->readable(conn);
    }
}


static void
rb_pg_conn_timer_handler(ngx_event_t *ev)
{
    rb_pg_conn_t  *conn;

    conn = ev->data;

    switch (conn->state) {

    case RB_PG_DOWN:
        rb_pg_conn_attempt(conn);
        return;

    case RB_PG_READY:
        rb_pg_conn_lose(conn, "the server stopped answering");
        return;

    default:
        rb_pg_conn_lose(conn, "connecting timed out");
    }
}


static void
rb_pg_conn_close(rb_pg_conn_t *conn)
{
    conn->state = RB_PG_DOWN;

    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    if (conn->resolve) {
        conn->resolve->handler = NULL;
        conn->resolve = NULL;
    }

    rb_pg_conn_unregister(conn);

    if (conn->pg) {
        PQfinish(conn->pg);
        conn->pg = NULL;
    }

    if (conn->pool) {
        ngx_destroy_pool(conn->pool);
        conn->pool = NULL;
    }
}
