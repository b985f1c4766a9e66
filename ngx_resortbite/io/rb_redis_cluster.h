
/*
 * Redis Cluster (Redis Cluster Specification): which node serves a key, and
 * what to do when it no longer does.
 */


#ifndef _RB_REDIS_CLUSTER_H_INCLUDED_
#define _RB_REDIS_CLUSTER_H_INCLUDED_


#include "io/rb_redis_node.h"


#define RB_REDIS_SLOTS   16384
#define RB_REDIS_NO_KEY  RB_REDIS_SLOTS


typedef enum {
    RB_REDIS_HERE = 0,                  /* an answer, not a redirection */
    RB_REDIS_MOVED,
    RB_REDIS_ASK,
    RB_REDIS_LATER                      /* TRYAGAIN, CLUSTERDOWN */
} rb_redis_hop_e;


ngx_int_t rb_redis_cluster_init(void);
void rb_redis_cluster_exit(void);

/* The hash slot of a command's key; RB_REDIS_NO_KEY when it has none. */
ngx_uint_t rb_redis_cluster_slot(ngx_uint_t argc, const ngx_str_t *argv);

/*
 * A node that serves the slot, or that will say who does; for no key, any.
 * NULL: none can be reached now.
 */
rb_redis_node_t *rb_redis_cluster_node(ngx_uint_t slot);

/*
 * What a node's reply means.  MOVED and ASK put the node to go to into *node
 * (its place in the map, see rb_redis_cluster_at()); a MOVED is learnt.
 */
rb_redis_hop_e rb_redis_cluster_hop(rb_redis_node_t *from,
    const rb_redis_value_t *value, ngx_uint_t *node);
rb_redis_node_t *rb_redis_cluster_at(ngx_uint_t node);

/* Chooses a server for the subscriber; NGX_DECLINED: none is known yet. */
ngx_int_t rb_redis_cluster_server(rb_redis_link_t *link);

/* Whether the map covers a node that answers. */
ngx_uint_t rb_redis_cluster_ready(void);

void rb_redis_cluster_stats(rb_redis_stats_t *stats);


#endif /* _RB_REDIS_CLUSTER_H_INCLUDED_ */
