
/*
 * The router's tree, between the half that grows it (rb_route_tree.c) and the
 * half that searches it (rb_route.c).
 */


#ifndef _RB_ROUTE_TREE_H_INCLUDED_
#define _RB_ROUTE_TREE_H_INCLUDED_


#include "web/rb_route.h"


#define RB_ROUTER_NO_ROUTE  ((ngx_uint_t) -1)
#define RB_ROUTER_METHODS   5


typedef struct rb_router_node_s  rb_router_node_t;

struct rb_router_node_s {
    ngx_str_t            segment;       /* or the parameter's name */
    const rb_route_t    *first;         /* who came here first */
    ngx_array_t          fixed;         /* of rb_router_node_t *, sorted */
    rb_router_node_t    *param;
    ngx_uint_t          *routes;        /* by method; NULL: no route ends */
    ngx_str_t            allow;
};


struct rb_router_s {
    rb_router_node_t    *root;
    ngx_array_t          routes;        /* of const rb_route_t * */
};


/* The slot of a method in node->routes, RB_ROUTER_METHODS when it has none. */
ngx_uint_t rb_router_method(ngx_uint_t method);

/* Whether a node has such a fixed child, and where it is or belongs. */
ngx_uint_t rb_router_fixed(const rb_router_node_t *node,
    const ngx_str_t *segment, ngx_uint_t *found);


#endif /* _RB_ROUTE_TREE_H_INCLUDED_ */
