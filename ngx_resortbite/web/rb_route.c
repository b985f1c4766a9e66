
/*
 * The router is a tree of path segments.  A node has its fixed segments,
 * sorted by length and then by bytes so that a search compares few of them,
 * and at most one parameter, which takes any segment that isn't empty.  Fixed
 * ones are tried first: "/jobs/mine" wins over "/jobs/{id}", and where it has
 * no continuation the parameter is tried after all.
 *
 * A node where routes end has one for each method, and the value of Allow.
 *
 * Paths are matched as they were sent.  Decoding them first would let an
 * encoded slash make a segment of its own.  A segment with escapes is decoded
 * into a buffer of the process: matching happens on the main stack and what
 * comes of it is looked at before the next request is.
 */


#include "web/rb_route.h"
#include "web/rb_route_check.h"
#include <ngx_http.h>


#define RB_ROUTER_SCRATCH   4096        /* decoded segments of one path */
#define RB_ROUTER_NO_ROUTE  ((ngx_uint_t) -1)


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


typedef struct {
    ngx_uint_t           method;
    ngx_str_t            name;
} rb_router_method_t;


/* in the order of Allow; a GET also answers HEAD */

static const rb_router_method_t  rb_router_methods[] = {
    { NGX_HTTP_GET,    ngx_string("GET, HEAD, ") },
    { NGX_HTTP_POST,   ngx_string("POST, ") },
    { NGX_HTTP_PUT,    ngx_string("PUT, ") },
    { NGX_HTTP_PATCH,  ngx_string("PATCH, ") },
    { NGX_HTTP_DELETE, ngx_string("DELETE, ") }
};

#define RB_ROUTER_METHODS  rb_array_size(rb_router_methods)

#define RB_ROUTER_ALLOW_MAX                                                   \
    sizeof("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")


typedef struct {
    ngx_str_t           *value;         /* the next parameter's */
    u_char              *scratch;       /* what is free of the buffer */
} rb_router_search_t;


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
static ngx_uint_t rb_router_method(ngx_uint_t method);
static ngx_uint_t rb_router_fixed(const rb_router_node_t *node,
    const ngx_str_t *segment, ngx_uint_t *found);
static const rb_router_node_t *rb_router_find(rb_router_search_t *search,
    const rb_router_node_t *node, u_char *p, u_char *end);
static const rb_router_node_t *rb_router_find_below(
    rb_router_search_t *search, const rb_router_node_t *child, u_char *p,
    u_char *end);
static ngx_int_t rb_router_unescape(rb_router_search_t *search,
    ngx_str_t *segment);


static u_char  rb_router_scratch[RB_ROUTER_SCRATCH];


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


ngx_uint_t
rb_router_count(const rb_router_t *router)
{
    return router->routes.nelts;
}


const rb_route_t *
rb_router_route(const rb_router_t *router, ngx_uint_t i)
{
    const rb_route_t  **routes;

    routes = router->routes.elts;

    return routes[i];
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
                           "route \"%V\" (%V) must be of GET, POST, PUT, PATCH "
                           "or DELETE", &route->name, &route->path);
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


/* The slot of a method, RB_ROUTER_METHODS when it has none. */

static ngx_uint_t
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


ngx_int_t
rb_router_match(const rb_router_t *router, ngx_uint_t method,
    const ngx_str_t *path, const rb_route_t **route, ngx_uint_t *index,
    ngx_str_t *values, ngx_str_t *allow)
{
    u_char                  *p, *end;
    ngx_uint_t               slot;
    rb_router_search_t       search;
    const rb_router_node_t  *node;

    p = path->data;
    end = p + path->len;

    if (path->len == 0 || *p++ != '/') {
        return NGX_DECLINED;
    }

    search.value = values;
    search.scratch = rb_router_scratch;

    if (p == end) {
        node = router->root->routes ? router->root : NULL;

    } else {
        node = rb_router_find(&search, router->root, p, end);
    }

    if (node == NULL) {
        return NGX_DECLINED;
    }

    *allow = node->allow;

    slot = rb_router_method(method == NGX_HTTP_HEAD ? NGX_HTTP_GET : method);

    if (slot == RB_ROUTER_METHODS || node->routes[slot] == RB_ROUTER_NO_ROUTE) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    *index = node->routes[slot];
    *route = rb_router_route(router, *index);

    return NGX_OK;
}


/*
 * The node where the segments from p on lead.  It calls itself once a level
 * of the tree, not of the path.
 */

static const rb_router_node_t *
rb_router_find(rb_router_search_t *search, const rb_router_node_t *node,
    u_char *p, u_char *end)
{
    ngx_str_t                 segment;
    ngx_uint_t                at, escaped;
    rb_router_search_t        saved;
    rb_router_node_t        **nodes;
    const rb_router_node_t   *found;

    segment.data = p;
    escaped = 0;

    for ( /* void */ ; p < end && *p != '/'; p++) {
        escaped |= (*p == '%');
    }

    segment.len = p - segment.data;

    if (segment.len == 0
        || (escaped && rb_router_unescape(search, &segment) != NGX_OK))
    {
        return NULL;
    }

    saved = *search;

    if (rb_router_fixed(node, &segment, &at)) {
        nodes = node->fixed.elts;
        found = rb_router_find_below(search, nodes[at], p, end);

        if (found) {
            return found;
        }

        *search = saved;
    }

    if (node->param == NULL
        || (segment.data[0] == '.'
            && (segment.len == 1
                || (segment.len == 2 && segment.data[1] == '.'))))
    {
        return NULL;
    }

    *search->value++ = segment;

    return rb_router_find_below(search, node->param, p, end);
}


/* p is where the child's segment ended: at a slash or at the end. */

static const rb_router_node_t *
rb_router_find_below(rb_router_search_t *search, const rb_router_node_t *child,
    u_char *p, u_char *end)
{
    if (p == end) {
        return child->routes ? child : NULL;
    }

    return rb_router_find(search, child, p + 1, end);
}


/* Whether there is such a child, and where it is or belongs. */

static ngx_uint_t
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


/*
 * Replaces the segment by its decoded form in the scratch buffer.  NGX_ERROR
 * when an escape is none, or there is more than any parameter can be.
 */

static ngx_int_t
rb_router_unescape(rb_router_search_t *search, ngx_str_t *segment)
{
    u_char     *p, *last, *dst;
    ngx_int_t   value;

    if (segment->len > (size_t) (rb_router_scratch + RB_ROUTER_SCRATCH
                                 - search->scratch))
    {
        return NGX_ERROR;
    }

    p = segment->data;
    last = p + segment->len;
    dst = search->scratch;

    while (p < last) {

        if (*p != '%') {
            *dst++ = *p++;
            continue;
        }

        if (last - p < 3) {
            return NGX_ERROR;
        }

        value = ngx_hextoi(p + 1, 2);
        if (value == NGX_ERROR) {
            return NGX_ERROR;
        }

        *dst++ = value;
        p += 3;
    }

    segment->data = search->scratch;
    segment->len = dst - search->scratch;
    search->scratch = dst;

    return NGX_OK;
}
