
/*
 * A link: a connection to one server that is kept up.  It finds the server
 * (by Sentinel, if so configured), connects, introduces itself (AUTH, SELECT,
 * ROLE, PING) and says `ready'; when it is lost it says `down' and comes back
 * by itself, after 50 ms first, 5 s at most, with jitter.
 *
 * Its timer belongs to the link until it is ready and to the owner then; it
 * is cancelable, so that it doesn't keep a worker from leaving.
 */


#ifndef _RB_REDIS_LINK_H_INCLUDED_
#define _RB_REDIS_LINK_H_INCLUDED_


#include "io/rb_redis_conn.h"


typedef struct rb_redis_link_s  rb_redis_link_t;


typedef enum {
    RB_REDIS_STOPPED = 0,
    RB_REDIS_WAITING,                   /* for the next attempt */
    RB_REDIS_OPENING,
    RB_REDIS_HELLO,
    RB_REDIS_READY
} rb_redis_state_e;


typedef struct {
    /* chooses the server of the next attempt; NULL: it stays the same.
     * NGX_DECLINED: there is none now, try later */
    ngx_int_t    (*server)(rb_redis_link_t *link);

    void         (*ready)(rb_redis_link_t *link);
    void         (*reply)(rb_redis_link_t *link,
                     const rb_redis_value_t *value);

    /* an attempt failed, or the connection was lost */
    void         (*down)(rb_redis_link_t *link);

    /* the timer, while ready */
    void         (*tick)(rb_redis_link_t *link);
} rb_redis_link_ops_t;


#define RB_REDIS_HELLO_MAX  4


struct rb_redis_link_s {
    rb_redis_conn_t              conn;
    const rb_redis_link_ops_t   *ops;
    void                        *owner;
    rb_redis_server_t            server;
    u_char                       host[RB_REDIS_HOST_MAX];
    struct rb_redis_sentinel_s  *sentinel;      /* or NULL */
    ngx_event_t                  timer;
    rb_redis_state_e             state;
    ngx_uint_t                   failures;      /* since it was reliable */
    ngx_msec_t                   since;         /* it has been ready */
    ngx_uint_t                   greetings;     /* sent */
    ngx_uint_t                   greeted;       /* answered */
    const char                  *greeting[RB_REDIS_HELLO_MAX];
    unsigned                     complained:1;  /* of this outage */
};


/*
 * server may be NULL when ops->server or Sentinel finds one.  Returns
 * NGX_ERROR when out of memory.
 */
ngx_int_t rb_redis_link_init(rb_redis_link_t *link,
    const rb_redis_link_ops_t *ops, void *owner,
    const rb_redis_server_t *server);

void rb_redis_link_start(rb_redis_link_t *link);

/* Closes, and tells nobody. */
void rb_redis_link_stop(rb_redis_link_t *link);

/* Frees what the link holds beside itself. */
void rb_redis_link_free(rb_redis_link_t *link);

/* Gives the connection up and tries again. */
void rb_redis_link_fail(rb_redis_link_t *link, const char *why);

/* Copies a server's host into the link. */
ngx_int_t rb_redis_link_set_server(rb_redis_link_t *link,
    const ngx_str_t *host, in_port_t port, ngx_uint_t local);

/* Writes to the log with the server's name. */
void rb_redis_link_log(rb_redis_link_t *link, ngx_uint_t level,
    const char *what);

/* Called by the sentinel when it has set the server. */
void rb_redis_link_found(rb_redis_link_t *link);


#define rb_redis_link_ready(link)  ((link)->state == RB_REDIS_READY)

/*
 * The first attempt is under way and nothing speaks against it yet: what
 * comes now may wait for it.  After a failure it would be told so at once.
 */
#define rb_redis_link_fresh(link)                                             \
    ((link)->failures == 0                                                    \
     && ((link)->state == RB_REDIS_OPENING || (link)->state == RB_REDIS_HELLO))

#define rb_redis_link_idle(link)  rb_redis_conn_idle(&(link)->conn)


#endif /* _RB_REDIS_LINK_H_INCLUDED_ */
