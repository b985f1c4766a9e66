
/*
 * A node: one server and the worker's one command connection to it, which
 * all fibers share.  Commands are answered in the order they were sent, so
 * who waits for what is a ring.
 *
 * A call that leaves before its reply (its deadline, a cancellation) takes
 * itself out of the ring; the reply is dropped when it comes.
 */


#ifndef _RB_REDIS_NODE_H_INCLUDED_
#define _RB_REDIS_NODE_H_INCLUDED_


#include "io/rb_redis_link.h"


typedef struct rb_redis_node_s  rb_redis_node_t;
typedef struct rb_redis_call_s  rb_redis_call_t;


/*
 * What waits for a reply; owned by who sends it.  done() is called at most
 * once, on the main stack; value is NULL when the connection was lost.
 * After it, or after rb_redis_node_forget(), the call may go.
 */

struct rb_redis_call_s {
    void               (*done)(rb_redis_call_t *call, rb_redis_node_t *node,
                           const rb_redis_value_t *value);
    rb_redis_node_t     *node;          /* NULL: it waits for nothing */
    uint64_t             number;
};


typedef struct {
    rb_redis_call_t     *call;          /* NULL: nobody waits */
    ngx_msec_t           since;
} rb_redis_slot_t;


struct rb_redis_node_s {
    rb_redis_link_t      link;

    /* told when the link became ready, or is down; or NULL */
    void               (*changed)(rb_redis_node_t *node, ngx_uint_t ready);

    rb_redis_slot_t     *ring;
    ngx_uint_t           size;
    uint64_t             sent;          /* commands ever queued */
    uint64_t             answered;      /* of them */
    rb_redis_out_t       early;         /* queued before the link is ready */
    ngx_msec_t           active;        /* when last sent to */
    ngx_msec_t           named;         /* by the cluster, when last */
    ngx_queue_t          queue;         /* of those to be freed */
    unsigned             listed:1;      /* the cluster's map names it */
};


/* server, as for rb_redis_link_init().  NULL when out of memory. */
rb_redis_node_t *rb_redis_node_create(const rb_redis_server_t *server);

/* Calls that wait are told; the memory goes at the end of the turn. */
void rb_redis_node_destroy(rb_redis_node_t *node);

/* Starts and stops the connection; stopping tells the calls that wait. */
void rb_redis_node_start(rb_redis_node_t *node);
void rb_redis_node_stop(rb_redis_node_t *node);

/* Closes, and tells nobody: the worker ends. */
void rb_redis_node_exit(rb_redis_node_t *node);

/*
 * Queues a command; call may be NULL.  NGX_ERROR: down, full or out of
 * memory; nothing was queued.
 */
ngx_int_t rb_redis_node_send(rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_call_t *call);

/* The same with ASKING before it (Redis Cluster: ASK redirection). */
ngx_int_t rb_redis_node_ask(rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_call_t *call);

/* The call no longer waits. */
void rb_redis_node_forget(rb_redis_call_t *call);

/* Whether a command could be queued now. */
ngx_uint_t rb_redis_node_usable(rb_redis_node_t *node);

#define rb_redis_node_ready(node)  rb_redis_link_ready(&(node)->link)
#define rb_redis_node_inflight(node)                                          \
    ((ngx_uint_t) ((node)->sent - (node)->answered))


#endif /* _RB_REDIS_NODE_H_INCLUDED_ */
