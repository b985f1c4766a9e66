
/*
 * One connection to PostgreSQL on nginx's event loop: resolving, connecting,
 * reconnecting with backoff, reading and writing readiness.  What is said on
 * it is its user's (a lane, a listener).  Internal to io/; nothing yields.
 */


#ifndef _RB_PG_CONN_H_INCLUDED_
#define _RB_PG_CONN_H_INCLUDED_


#include "io/rb_pg.h"
#include "base/rb_buf.h"
#include "io/rb_resolve.h"

#include <ngx_event.h>
#include <libpq-fe.h>


typedef struct rb_pg_conn_s  rb_pg_conn_t;


/* What a connection tells its user, on the main stack. */

typedef struct {
    /* connected and authenticated; NGX_ERROR closes it again */
    ngx_int_t  (*ready)(rb_pg_conn_t *conn);

    /* bytes have come in: take results while PQisBusy() is 0 */
    void       (*readable)(rb_pg_conn_t *conn);

    /* it is down: `established' tells a loss from a failed attempt */
    void       (*lost)(rb_pg_conn_t *conn, ngx_uint_t established);
} rb_pg_conn_user_t;


typedef enum {
    RB_PG_DOWN = 0,                     /* waits to be tried again */
    RB_PG_RESOLVING,
    RB_PG_CONNECTING,
    RB_PG_READY
} rb_pg_conn_state_e;


struct rb_pg_conn_s {
    PGconn                    *pg;
    ngx_connection_t          *c;       /* NULL while not registered */
    rb_pg_conn_state_e         state;

    /* by state: the next attempt, the attempt's limit, the watchdog */
    ngx_event_t                timer;

    rb_resolve_t              *resolve;
    ngx_uint_t                 hosts;   /* of the conninfo, gone through */
    ngx_uint_t                 addresses;       /* in the lists below */
    rb_pg_conf_t              *conf;
    const char                *conninfo;        /* the primary's or replica's */
    const rb_pg_conn_user_t   *user;
    void                      *data;    /* the user's */
    ngx_log_t                 *log;
    ngx_msec_t                 backoff;
    ngx_uint_t                 reconnects;
    const char                *role;    /* of the connection: "point" */
    unsigned                   complained:1;    /* of this outage, once */
    unsigned                   resolved:1;      /* a name was looked up */
    unsigned                   ended:1;         /* the worker is leaving */

    ngx_pool_t                *pool;            /* of this attempt */
    rb_buf_t                   host;            /* libpq's parallel lists, */
    rb_buf_t                   hostaddr;        /*   comma separated */
    rb_buf_t                   port;
};


/* Fills *conn in and starts the first attempt. */
void rb_pg_conn_start(rb_pg_conn_t *conn);

/* Tries again soon, whatever the backoff: another connection came up. */
void rb_pg_conn_hurry(rb_pg_conn_t *conn);

/* Gives it up for good: the worker is leaving. */
void rb_pg_conn_end(rb_pg_conn_t *conn);

/*
 * Closes it because of an error (`why' is logged once an outage; NULL takes
 * libpq's message), tells the user, and tries again later.  Safe to call from
 * within the user's own callbacks.
 */
void rb_pg_conn_lose(rb_pg_conn_t *conn, const char *why);

/* A message of the server's or libpq's for the log: in a buffer of ours that
 * holds until the next call. */
const char *rb_pg_one_line(const char *message);

/* Sends what libpq holds; asks for the socket's readiness when it is full. */
void rb_pg_conn_flush(rb_pg_conn_t *conn);

/*
 * The watchdog: without any byte from the server for this long the connection
 * counts as dead.  0 calls it off.
 */
void rb_pg_conn_expect(rb_pg_conn_t *conn, ngx_msec_t timeout);


#endif /* _RB_PG_CONN_H_INCLUDED_ */
