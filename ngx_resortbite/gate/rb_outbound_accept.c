
/*
 * Serving a descriptor that nobody accepted.
 *
 * nginx finds a connection's server by what it was accepted on.  So there is
 * a listening structure of ours, which listens to nothing and whose only
 * address has that server as its default, without TLS, HTTP/2 or the PROXY
 * protocol.  It is constant once made; a connection that is served during a
 * reload keeps the one of its own worker.
 */


#include "gate/rb_outbound_accept.h"
#include "io/rb_outbound.h"

#include <ngx_event.h>


static ngx_int_t rb_outbound_serve(ngx_socket_t fd, ngx_log_t *log);
static ngx_int_t rb_outbound_prepare(ngx_connection_t *c, ngx_log_t *log);
static ngx_int_t rb_outbound_open(ngx_http_request_t *r);


static ngx_listening_t       rb_outbound_listening;
static ngx_http_port_t       rb_outbound_port;
static ngx_http_in_addr_t    rb_outbound_addr;
static struct sockaddr_un    rb_outbound_sockaddr;

static ngx_str_t  rb_outbound_text = ngx_string("unix:");


ngx_int_t
rb_outbound_accept_conf(ngx_conf_t *cf, ngx_http_core_srv_conf_t *server)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = rb_outbound_open;

    return NGX_OK;
}


void
rb_outbound_accept_init(ngx_http_core_srv_conf_t *server)
{
    if (server == NULL) {
        rb_outbound_accept = NULL;
        return;
    }

    rb_outbound_sockaddr.sun_family = AF_UNIX;

    rb_outbound_addr.conf.default_server = server;

    rb_outbound_port.naddrs = 1;
    rb_outbound_port.addrs = &rb_outbound_addr;

    rb_outbound_listening.fd = (ngx_socket_t) -1;
    rb_outbound_listening.type = SOCK_STREAM;
    rb_outbound_listening.sockaddr = (struct sockaddr *) &rb_outbound_sockaddr;
    rb_outbound_listening.socklen = offsetof(struct sockaddr_un, sun_path);
    rb_outbound_listening.addr_text = rb_outbound_text;
    rb_outbound_listening.handler = ngx_http_init_connection;
    rb_outbound_listening.servers = &rb_outbound_port;
    rb_outbound_listening.pool_size = server->connection_pool_size;
    rb_outbound_listening.log = *ngx_cycle->log;

    rb_outbound_accept = rb_outbound_serve;
}


/* As in ngx_event_accept(), after accept() itself. */

static ngx_int_t
rb_outbound_serve(ngx_socket_t fd, ngx_log_t *log)
{
    ngx_connection_t  *c;

    if (ngx_nonblocking(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      ngx_nonblocking_n " failed");
        return NGX_ERROR;
    }

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    if (rb_outbound_prepare(c, log) != NGX_OK) {

        if (c->pool) {
            ngx_destroy_pool(c->pool);
        }

        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;

        return NGX_ERROR;
    }

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    /* reads nothing now: the fiber that called this isn't the place for it */

    ngx_http_init_connection(c);

    return NGX_OK;
}


static ngx_int_t
rb_outbound_prepare(ngx_connection_t *c, ngx_log_t *log)
{
    ngx_log_t  *own;

    c->pool = ngx_create_pool(rb_outbound_listening.pool_size, log);
    if (c->pool == NULL) {
        return NGX_ERROR;
    }

    own = ngx_palloc(c->pool, sizeof(ngx_log_t));
    if (own == NULL) {
        return NGX_ERROR;
    }

    *own = rb_outbound_listening.log;
    own->data = NULL;
    own->handler = NULL;

    c->type = SOCK_STREAM;
    c->sockaddr = rb_outbound_listening.sockaddr;
    c->socklen = rb_outbound_listening.socklen;
    c->local_sockaddr = rb_outbound_listening.sockaddr;
    c->local_socklen = rb_outbound_listening.socklen;
    c->addr_text = rb_outbound_text;
    c->listening = &rb_outbound_listening;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    c->log = own;
    c->pool->log = own;
    c->read->log = own;
    c->write->log = own;
    c->write->ready = 1;

    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;

    if (ngx_add_conn && (ngx_event_flags & NGX_USE_EPOLL_EVENT) == 0) {
        return ngx_add_conn(c);
    }

    return NGX_OK;
}


/* POST_READ phase: before it has looked for a location. */

static ngx_int_t
rb_outbound_open(ngx_http_request_t *r)
{
    if (r->connection->listening == &rb_outbound_listening) {
        r->internal = 1;
    }

    return NGX_DECLINED;
}
