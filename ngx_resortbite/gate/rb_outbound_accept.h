
/*
 * nginx's end of a call to another service (io/rb_outbound.h): one end of a
 * socket pair is served as if it had been accepted by the server that has
 * `resortbite_outbound'.  Whatever that server listens to doesn't matter: the
 * connection is plain HTTP/1.1, and it may reach `internal' locations.
 */


#ifndef _RB_OUTBOUND_ACCEPT_H_INCLUDED_
#define _RB_OUTBOUND_ACCEPT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Adds the handler that opens internal locations; from postconfiguration. */
ngx_int_t rb_outbound_accept_conf(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *server);

/* In each worker; server NULL: there is none, and calls find nobody. */
void rb_outbound_accept_init(ngx_http_core_srv_conf_t *server);


#endif /* _RB_OUTBOUND_ACCEPT_H_INCLUDED_ */
