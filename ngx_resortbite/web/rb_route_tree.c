
/*
 * Growing the tree, while the configuration is read.  Fixed children are kept
 * sorted by length and then by bytes, so that a search compares few of them.
 */


#include "web/rb_route_tree.h"
#include "web/rb_route_check.h"
#include <ngx_http.h>


typedef struct {
    ngx_uint_t           method;
    ngx_str_t            name;
} rb_router_method_t;


/* in the order of Allow; a GET also answers HEAD */

static const rb_router_method_t  rb_router_methods[RB_ROUTER_METHODS] = {
    { NGX_HTTP_GET,    ngx_string("GET, HEAD, ") },
    { NGX_HTTP_POST,   ngx_string("POST, ") },
    { NGX_HTTP_PUT,    ngx_string("PUT, ") },
    { NGX_HTTP_PATCH,  ngx_string("PATCH, ") },
    { NGX_HTTP_DELETE, ngx_string("DELETE, ") }
};

#define RB_ROUTER_ALLOW_MAX                                                   \
    sizeof("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")


static ngx_int_t rb_router_add(ngx_conf_t *cf, rb_router_t *router,
    const rb_route_t *route);
static rb_router_node_t *rb_router_add_path(ngx_conf_t *cf,
    rb_router_t *router, const rb_route_t *route);
static rb_router_node_t *rb_router_add_param(ngx_conf_t *cf,
    rb_router_node_t *parent, ngx_str_t *name, const rb_route_t *route);
static rb_router_node_t *rb_router_add_fixed(ngx_conf_t *cf,
    rb_router_node_t *parent, ngx_str_t *segment, const rb_route_t *route);
static rb_router_node_t *rb_router_add_node(ngx_conf_t *cf,
    ngx_str_t *segment, const rb_route_t *route);
static ngx_int_t rb_router_set_allow(ngx_conf_t *cf, rb_router_node_t *node);


rb_router_t *
rb_router_create(ngx_conf_t *cf, const rb_routes_t *const *rooms)
{
    ngx_str_t     none = ngx_null_string;
    ngx_uint_t    i;
    rb_router_t  *router;

    router = ngx_pcalloc(cf->pool, sizeof(rb_router_t));
    if (router == NULL) {
        return NULL;
    }

    router->root = rb_router_add_node(cf, &none, NULL);
    if (router->root == NULL) {
        return NULL;
    }

    if (ngx_array_init(&router->routes, cf->pool, 64,
                       sizeof(const rb_route_t *))
        != NGX_OK)
    {
        return NULL;
    }

    for ( /* void */ ; *rooms; rooms++) {
        for (i = 0; i < (*rooms)->count; i++) {
            if (rb_router_add(cf, router, &(*rooms)->routes[i]) != NGX_OK) {
                return NULL;
            }
        }
    }

    return router;
}


static ngx_int_t
rb_router_add(ngx_conf_t *cf, rb_router_t *router, const rb_route_t *route)
{
    ngx_str_t            which;
    ngx_uint_t           i, method, *slot;
    const char          *wrong;
    rb_router_node_t    *node;
    const rb_route_t   **added, *other;

    wrong = rb_route_check(route, &which);

    if (wrong) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "route \"%V\" (%V) %s%s%V", &route->name,
                           &route->path, wrong, which.len ? ": " : "", &which);
        return NGX_ERROR;
    }

    for (i = 0; i < rb_router_count(router); i++) {
        other = rb_router_route(router, i);

        if (other->name.len == route->name.len
            && ngx_memcmp(other->name.data, route->name.data, other->name.len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "two routes have the name \"%V\": %V and %V",
                               &route->name, &other->path, &route->path);
            return NGX_ERROR;
        }
    }

    method = rb_router_method(route->method);

    if (method == RB_ROUTER_METHODS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "route \"%V\" (%V) must be of GET, POST, PUT, "
                           "PATCH or DELETE", &route->name, &route->path);
        return NGX_ERROR;
    }

    node = rb_router_add_path(cf, router, route);
    if (node == NULL) {
        return NGX_ERROR;
    }

    slot = &node->routes[method];

    if (*slot != RB_ROUTER_NO_ROUTE) {
        other = rb_router_route(router, *slot);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "routes \"%V\" and \"%V\" have the same method and "
                           "path: %V", &other->name, &route->name,
                           &route->path);
        return NGX_ERROR;
    }

    *slot = rb_router_count(router);

    added = ngx_array_push(&router->routes);
    if (added == NULL) {
        return NGX_ERROR;
    }

    *added = route;

    return rb_router_set_allow(cf, node);
}


/* The node where the route's path ends, with room for its methods. */

static rb_router_node_t *
rb_router_add_path(ngx_conf_t *cf, rb_router_t *router,
    const rb_route_t *route)
{
    u_char            *p, *last, *end;
    ngx_str_t          segment;
    ngx_uint_t         i;
    rb_router_node_t  *node;

    node = router->root;
    last = route->path.data + route->path.len;

    for (p = route->path.data + 1; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '/');
        end = end ? end : last;

        segment.data = p;
        segment.len = end - p;

        if (*p == '{') {
            segment.data++;
            segment.len -= 2;
            node = rb_router_add_param(cf, node, &segment, route);

        } else {
            node = rb_router_add_fixed(cf, node, &segment, route);
        }

        if (node == NULL) {
            return NULL;
        }
    }

    if (node->routes == NULL) {
        node->routes = ngx_palloc(cf->pool,
                                  RB_ROUTER_METHODS * sizeof(ngx_uint_t));
        if (node->routes == NULL) {
            return NULL;
        }

        for (i = 0; i < RB_ROUTER_METHODS; i++) {
            node->routes[i] = RB_ROUTER_NO_ROUTE;
        }
    }

    return node;
}


static rb_router_node_t *
rb_router_add_param(ngx_conf_t *cf, rb_router_node_t *parent, ngx_str_t *name,
    const rb_route_t *route)
{
    rb_router_node_t  *param;

    param = parent->param;

    if (param == NULL) {
        parent->param = rb_router_add_node(cf, name, route);
        return parent->param;
    }

    if (param->segment.len == name->len
        && ngx_memcmp(param->segment.data, name->data, name->len) == 0)
    {
        return param;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "routes \"%V\" (%V) and \"%V\" (%V) name the same "
                       "parameter differently: {%V} and {%V}",
                       &param->first->name, &param->first->path,
                       &route->name, &route->path, &param->segment, name);
    return NULL;
}


static rb_router_node_t *
rb_router_add_fixed(ngx_conf_t *cf, rb_router_node_t *parent,
    ngx_str_t *segment, const rb_route_t *route)
{
    ngx_uint_t          at;
    rb_router_node_t   *node, **nodes;

    if (rb_router_fixed(parent, segment, &at)) {
        nodes = parent->fixed.elts;
        return nodes[at];
    }

    node = rb_router_add_node(cf, segment, route);

    if (node == NULL || ngx_array_push(&parent->fixed) == NULL) {
        return NULL;
    }

    nodes = parent->fixed.elts;

    ngx_memmove(&nodes[at + 1], &nodes[at],
                (parent->fixed.nelts - 1 - at) * sizeof(rb_router_node_t *));
    nodes[at] = node;

    return node;
}


static rb_router_node_t *
rb_router_add_node(ngx_conf_t *cf, ngx_str_t *segment, const rb_route_t *route)
{
    rb_router_node_t  *node;

    node = ngx_pcalloc(cf->pool, sizeof(rb_router_node_t));

    if (node == NULL
        || ngx_array_init(&node->fixed, cf->pool, 4,
                          sizeof(rb_router_node_t *))
           != NGX_OK)
    {
        return NULL;
    }

    node->segment = *segment;
    node->first = route;

    return node;
}


static ngx_int_t
rb_router_set_allow(ngx_conf_t *cf, rb_router_node_t *node)
{
    u_char      *p;
    ngx_uint_t   i;

    if (node->allow.data == NULL) {
        node->allow.data = ngx_pnalloc(cf->pool, RB_ROUTER_ALLOW_MAX);
        if (node->allow.data == NULL) {
            return NGX_ERROR;
        }
    }

    p = node->allow.data;

    for (i = 0; i < RB_ROUTER_METHODS; i++) {
        if (node->routes[i] != RB_ROUTER_NO_ROUTE) {
            p = ngx_cpymem(p, rb_router_methods[i].name.data,
                           rb_router_methods[i].name.len);
        }
    }

    p = ngx_cpymem(p, "OPTIONS", sizeof("OPTIONS") - 1);

    node->allow.len = p - node->allow.data;

    return NGX_OK;
}


ngx_uint_t
rb_router_method(ngx_uint_t method)
{
    ngx_uint_t  i;

    for (i = 0; i < RB_ROUTER_METHODS; i++) {
        if (rb_router_methods[i].method == method) {
            break;
        }
    }

    return i;
}


ngx_uint_t
rb_router_fixed(const rb_router_node_t *node, const ngx_str_t *segment,
    ngx_uint_t *found)
{
    ngx_int_t           rc;
    ngx_uint_t          low, high, middle;
    rb_router_node_t  **nodes;

    nodes = node->fixed.elts;
    low = 0;
    high = node->fixed.nelts;

    while (low < high) {
        middle = (low + high) / 2;

        if (segment->len != nodes[middle]->segment.len) {
            rc = (segment->len < nodes[middle]->segment.len) ? -1 : 1;

        } else {
            rc = ngx_memcmp(segment->data, nodes[middle]->segment.data,
                            segment->len);
        }

        if (rc == 0) {
            *found = middle;
            return 1;
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    *found = low;

    return 0;
}
