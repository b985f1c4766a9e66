
/*
 * One connection to one server: looked up, connected, read and written
 * without blocking.  It knows bytes and replies, not what they are for.
 *
 * The owner embeds the struct and keeps its memory until the turn in which
 * rb_redis_conn_close() was called, or `closed' told, has ended (see
 * rb_redis_conn_idle()).  Callbacks run on the main stack; from within any of
 * them the owner may close the connection.
 */


#ifndef _RB_REDIS_CONN_H_INCLUDED_
#define _RB_REDIS_CONN_H_INCLUDED_


#include "io/rb_redis_core.h"
#include "io/rb_redis_codec.h"
#include "io/rb_resolve.h"
#include <ngx_event.h>


typedef struct rb_redis_conn_s  rb_redis_conn_t;


typedef struct {
    void    (*opened)(rb_redis_conn_t *conn);
    void    (*reply)(rb_redis_conn_t *conn, const rb_redis_value_t *value);

    /* it failed or the server closed it; everything is released already */
    void    (*closed)(rb_redis_conn_t *conn, const char *why);
} rb_redis_conn_ops_t;


typedef struct {
    ngx_sockaddr_t    sockaddr;
    socklen_t         len;
} rb_redis_address_t;


struct rb_redis_conn_s {
    const rb_redis_conn_ops_t  *ops;
    void                       *owner;
    ngx_connection_t           *peer;   /* NULL: closed */
    rb_resolve_t               *resolve;
    in_port_t                   port;
    ngx_uint_t                  next;   /* address to try */
    ngx_uint_t                  count;
    rb_redis_address_t          addresses[RB_RESOLVE_MAX];
    rb_redis_decoder_t          decoder;
    rb_redis_out_t              out;
    rb_turn_t                   turn;
    ngx_uint_t                  generation;     /* counts closings */
    unsigned                    open:1;
    unsigned                    writing:1;      /* waits to become writable */
};


void rb_redis_conn_init(rb_redis_conn_t *conn,
    const rb_redis_conn_ops_t *ops, void *owner);

/*
 * Starts; ends in `opened' or `closed', which may be called before this
 * returns.  The server's host is used during the call only.
 */
void rb_redis_conn_open(rb_redis_conn_t *conn,
    const rb_redis_server_t *server);

/* Releases everything and tells nobody. */
void rb_redis_conn_close(rb_redis_conn_t *conn);

/*
 * Queues a command, of an open connection; it leaves at the end of the turn.
 * NGX_ERROR: nothing was queued.
 */
ngx_int_t rb_redis_conn_command(rb_redis_conn_t *conn, ngx_uint_t argc,
    const ngx_str_t *argv);

/* Lets what is in conn->out leave at the end of the turn. */
void rb_redis_conn_flush(rb_redis_conn_t *conn);

/* Whether a closed connection's memory may be freed. */
#define rb_redis_conn_idle(conn)  (!(conn)->turn.posted)


#endif /* _RB_REDIS_CONN_H_INCLUDED_ */
