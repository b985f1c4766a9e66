
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


#include "web/rb_route_tree.h"
#include <ngx_http.h>


#define RB_ROUTER_SCRATCH  4096         /* decoded segments of one path */


typedef struct {
    ngx_str_t           *value;         /* the next parameter's */
    u_char              *scratch;       /* what is free of the buffer */
} rb_router_search_t;


static const rb_router_node_t *rb_router_find(rb_router_search_t *search,
    const rb_router_node_t *node, u_char *p, u_char *end);
static const rb_router_node_t *rb_router_find_below(
    rb_router_search_t *search, const rb_router_node_t *child, u_char *p,
    u_char *end);
static ngx_int_t rb_router_unescape(rb_router_search_t *search,
    ngx_str_t *segment);


static u_char  rb_router_scratch[RB_ROUTER_SCRATCH];


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

    if (slot == RB_ROUTER_METHODS
        || node->routes[slot] == RB_ROUTER_NO_ROUTE)
    {
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
