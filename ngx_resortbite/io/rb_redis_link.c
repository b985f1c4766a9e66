
/*
 * Keeping a connection up.
 *
 *     stopped -> opening -> hello -> ready
 *                   ^         |        |
 *                   |         v        v
 *                   +------ waiting <--+
 *
 * One timer serves all states: it ends an attempt that takes too long, starts
 * the next one, and is the owner's tick while ready.
 *
 * The greetings go in one piece and are answered in order.  PING is last and
 * always there, because a stopped server's kernel still accepts connections,
 * and because a server that loads its data, or wants a password it wasn't
 * given, answers it with an error.
 *
 * An outage is logged once, and its end.
 */


#include "io/rb_redis_link.h"
#include "io/rb_redis_sentinel.h"


#define RB_REDIS_BACKOFF_MIN  50
#define RB_REDIS_BACKOFF_MAX  5000
#define RB_REDIS_REASON_MAX   160


static void rb_redis_link_attempt(rb_redis_link_t *link);
static void rb_redis_link_wait(rb_redis_link_t *link);
static void rb_redis_link_opened(rb_redis_conn_t *conn);
static ngx_int_t rb_redis_link_greet(rb_redis_link_t *link, const char *name,
    ngx_uint_t argc, const ngx_str_t *argv);
static ngx_int_t rb_redis_link_auth(rb_redis_link_t *link);
static ngx_int_t rb_redis_link_select(rb_redis_link_t *link);
static ngx_int_t rb_redis_link_role(rb_redis_link_t *link);
static ngx_int_t rb_redis_link_ping(rb_redis_link_t *link);
static void rb_redis_link_reply(rb_redis_conn_t *conn,
    const rb_redis_value_t *value);
static void rb_redis_link_hello(rb_redis_link_t *link,
    const rb_redis_value_t *value);
static void rb_redis_link_refused(rb_redis_link_t *link, const char *greeting,
    const rb_redis_value_t *value);
static void rb_redis_link_closed(rb_redis_conn_t *conn, const char *why);
static ngx_msec_t rb_redis_link_backoff(rb_redis_link_t *link);
static void rb_redis_link_timer(ngx_event_t *ev);


static const rb_redis_conn_ops_t  rb_redis_link_conn_ops = {
    rb_redis_link_opened,
    rb_redis_link_reply,
    rb_redis_link_closed
};


ngx_int_t
rb_redis_link_init(rb_redis_link_t *link, const rb_redis_link_ops_t *ops,
    void *owner, const rb_redis_server_t *server)
{
    ngx_memzero(link, sizeof(rb_redis_link_t));

    rb_redis_conn_init(&link->conn, &rb_redis_link_conn_ops, link);

    link->ops = ops;
    link->owner = owner;
    link->timer.handler = rb_redis_link_timer;
    link->timer.data = link;
    link->timer.log = rb_redis.log;
    link->timer.cancelable = 1;

    if (server) {
        return rb_redis_link_set_server(link, &server->host, server->port,
                                        server->local);
    }

    if (rb_redis.target.kind == RB_REDIS_SENTINEL) {
        link->sentinel = rb_redis_sentinel_create(link);
        return link->sentinel ? NGX_OK : NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
rb_redis_link_set_server(rb_redis_link_t *link, const ngx_str_t *host,
    in_port_t port, ngx_uint_t local)
{
    if (host->len == 0 || host->len > sizeof(link->host)
        || ngx_strlchr(host->data, host->data + host->len, '\0'))
    {
        return NGX_ERROR;
    }

    ngx_memmove(link->host, host->data, host->len);

    link->server.host.data = link->host;
    link->server.host.len = host->len;
    link->server.port = port;
    link->server.local = local;

    return NGX_OK;
}


void
rb_redis_link_start(rb_redis_link_t *link)
{
    if (link->state == RB_REDIS_STOPPED) {
        link->failures = 0;
        rb_redis_link_attempt(link);
    }
}


void
rb_redis_link_stop(rb_redis_link_t *link)
{
    link->state = RB_REDIS_STOPPED;

    if (link->sentinel) {
        rb_redis_sentinel_stop(link->sentinel);
    }

    rb_redis_conn_close(&link->conn);

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }
}


void
rb_redis_link_free(rb_redis_link_t *link)
{
    if (link->sentinel) {
        ngx_free(link->sentinel);
        link->sentinel = NULL;
    }
}


static void
rb_redis_link_attempt(rb_redis_link_t *link)
{
    link->state = RB_REDIS_OPENING;
    ngx_add_timer(&link->timer, rb_redis.conf.connect_timeout);

    if (link->sentinel) {
        rb_redis_sentinel_ask(link->sentinel);
        return;
    }

    if (link->ops->server && link->ops->server(link) != NGX_OK) {
        rb_redis_link_wait(link);
        return;
    }

    rb_redis_link_found(link);
}


static void
rb_redis_link_wait(rb_redis_link_t *link)
{
    link->state = RB_REDIS_WAITING;
    link->failures++;

    ngx_add_timer(&link->timer, rb_redis_link_backoff(link));
}


void
rb_redis_link_found(rb_redis_link_t *link)
{
    rb_redis_conn_open(&link->conn, &link->server);
}


static void
rb_redis_link_opened(rb_redis_conn_t *conn)
{
    rb_redis_link_t  *link;

    link = conn->owner;

    link->state = RB_REDIS_HELLO;
    link->greetings = 0;
    link->greeted = 0;

    if (rb_redis_link_auth(link) != NGX_OK
        || rb_redis_link_select(link) != NGX_OK
        || rb_redis_link_role(link) != NGX_OK
        || rb_redis_link_ping(link) != NGX_OK)
    {
        rb_redis_link_fail(link, "out of memory");
    }
}


static ngx_int_t
rb_redis_link_greet(rb_redis_link_t *link, const char *name, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    link->greeting[link->greetings++] = name;

    return rb_redis_conn_command(&link->conn, argc, argv);
}


static ngx_int_t
rb_redis_link_auth(rb_redis_link_t *link)
{
    ngx_str_t   argv[3] = { ngx_string("AUTH") };
    ngx_uint_t  argc;

    if (rb_redis.target.password.data == NULL) {
        return NGX_OK;
    }

    argc = 1;

    if (rb_redis.target.user.len) {
        argv[argc++] = rb_redis.target.user;
    }

    argv[argc++] = rb_redis.target.password;

    return rb_redis_link_greet(link, "AUTH", argc, argv);
}


static ngx_int_t
rb_redis_link_select(rb_redis_link_t *link)
{
    u_char     digits[NGX_INT_T_LEN];
    ngx_str_t  argv[2] = { ngx_string("SELECT") };

    if (rb_redis.target.db == 0) {
        return NGX_OK;
    }

    argv[1].data = digits;
    argv[1].len = ngx_sprintf(digits, "%ui", rb_redis.target.db) - digits;

    return rb_redis_link_greet(link, "SELECT", 2, argv);
}


static ngx_int_t
rb_redis_link_role(rb_redis_link_t *link)
{
    static ngx_str_t  role = ngx_string("ROLE");

    if (link->sentinel == NULL) {
        return NGX_OK;
    }

    return rb_redis_link_greet(link, "ROLE", 1, &role);
}


static ngx_int_t
rb_redis_link_ping(rb_redis_link_t *link)
{
    static ngx_str_t  ping = ngx_string("PING");

    return rb_redis_link_greet(link, "PING", 1, &ping);
}


static void
rb_redis_link_reply(rb_redis_conn_t *conn, const rb_redis_value_t *value)
{
    rb_redis_link_t  *link;

    link = conn->owner;

    if (link->state == RB_REDIS_READY) {
        link->ops->reply(link, value);
        return;
    }

    rb_redis_link_hello(link, value);
}


static void
rb_redis_link_hello(rb_redis_link_t *link, const rb_redis_value_t *value)
{
    const char  *greeting;

    greeting = link->greeting[link->greeted++];

    if (value->type == RB_REDIS_ERROR) {
        rb_redis_link_refused(link, greeting, value);
        return;
    }

    if (ngx_strcmp(greeting, "ROLE") == 0
        && (value->count == 0
            || !rb_redis_value_starts(value->first, "master")))
    {
        rb_redis_link_fail(link, "the server is not the master");
        return;
    }

    if (link->greeted < link->greetings) {
        return;
    }

    if (link->complained) {
        link->complained = 0;
        rb_redis.reconnects++;
        rb_redis_link_log(link, NGX_LOG_NOTICE, "answers again");
    }

    link->state = RB_REDIS_READY;
    link->since = ngx_current_msec;
    ngx_del_timer(&link->timer);

    link->ops->ready(link);
}


static void
rb_redis_link_refused(rb_redis_link_t *link, const char *greeting,
    const rb_redis_value_t *value)
{
    u_char  *last, reason[RB_REDIS_REASON_MAX];

    last = ngx_snprintf(reason, sizeof(reason) - 1, "%s refused: %V",
                        greeting, &value->str);
    *last = '\0';

    rb_redis_link_fail(link, (const char *) reason);
}


static void
rb_redis_link_closed(rb_redis_conn_t *conn, const char *why)
{
    rb_redis_link_fail(conn->owner, why);
}


void
rb_redis_link_fail(rb_redis_link_t *link, const char *why)
{
    rb_redis_link_log(link, link->complained ? NGX_LOG_INFO : NGX_LOG_ERR,
                      why);
    link->complained = 1;

    /* one that is lost again and again isn't back: the pauses still grow */

    if (link->state == RB_REDIS_READY
        && ngx_current_msec - link->since >= RB_REDIS_BACKOFF_MAX)
    {
        link->failures = 0;
    }

    rb_redis_link_stop(link);

    rb_redis_link_wait(link);

    link->ops->down(link);
}


/* It may be what the server said: no control characters go to the log. */

void
rb_redis_link_log(rb_redis_link_t *link, ngx_uint_t level, const char *what)
{
    u_char  *p, text[RB_REDIS_REASON_MAX];

    (void) ngx_cpystrn(text, (u_char *) what, sizeof(text));

    for (p = text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = '?';
        }
    }

    if (link->server.host.len == 0) {
        ngx_log_error(level, rb_redis.log, 0, "redis master \"%V\": %s",
                      &rb_redis.target.master, text);

    } else if (link->server.local) {
        ngx_log_error(level, rb_redis.log, 0, "redis unix:%V: %s",
                      &link->server.host, text);

    } else {
        ngx_log_error(level, rb_redis.log, 0, "redis %V:%ui: %s",
                      &link->server.host, (ngx_uint_t) link->server.port,
                      text);
    }
}


static ngx_msec_t
rb_redis_link_backoff(rb_redis_link_t *link)
{
    ngx_msec_t  delay;

    delay = RB_REDIS_BACKOFF_MIN << ngx_min(link->failures - 1, 7);
    delay += ngx_random() % delay;

    return ngx_min(delay, RB_REDIS_BACKOFF_MAX);
}


static void
rb_redis_link_timer(ngx_event_t *ev)
{
    rb_redis_link_t  *link;

    link = ev->data;

    switch (link->state) {

    case RB_REDIS_READY:
        link->ops->tick(link);
        break;

    case RB_REDIS_WAITING:
        rb_redis_link_attempt(link);
        break;

    default:
        rb_redis_link_fail(link, "timed out");
    }
}
