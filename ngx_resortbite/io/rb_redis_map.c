
/*
 * What the map says and how it is learnt: from CLUSTER SLOTS as a whole, from
 * MOVED one slot at a time.
 *
 * A node that the map doesn't name may be the target of an ASK before it owns
 * a slot: it is kept until it hasn't been named for a minute.
 */


#include "io/rb_redis_map.h"
#include "io/rb_redis_pubsub.h"


static void rb_redis_cluster_node_changed(rb_redis_node_t *node,
    ngx_uint_t ready);
static ngx_uint_t rb_redis_cluster_find(const rb_redis_server_t *server);
static ngx_uint_t rb_redis_cluster_add(const rb_redis_server_t *server);
static ngx_uint_t rb_redis_cluster_load_range(rb_redis_node_t *from,
    const rb_redis_value_t *range);
static ngx_int_t rb_redis_cluster_endpoint(rb_redis_node_t *from,
    const rb_redis_value_t *value, rb_redis_server_t *server);
static void rb_redis_cluster_sweep(void);
static void rb_redis_cluster_remove(ngx_uint_t i);
static ngx_int_t rb_redis_cluster_target(rb_redis_node_t *from,
    const rb_redis_value_t *value, ngx_uint_t *slot,
    rb_redis_server_t *server);


static void
rb_redis_cluster_node_changed(rb_redis_node_t *node, ngx_uint_t ready)
{
    if (!ready) {
        rb_redis_cluster_doubt();
    }
}


rb_redis_node_t *
rb_redis_cluster_at(ngx_uint_t node)
{
    return node < rb_redis_cluster->places ? rb_redis_cluster->place[node]
                                           : NULL;
}


rb_redis_node_t *
rb_redis_cluster_node(ngx_uint_t slot)
{
    rb_redis_node_t  *node;

    if (slot != RB_REDIS_NO_KEY) {
        node = rb_redis_cluster_at(rb_redis_cluster->slot[slot]);

        if (node && rb_redis_node_usable(node)) {
            return node;
        }

        rb_redis_cluster_doubt();

        if (node) {
            return NULL;
        }
    }

    node = rb_redis_cluster_any();

    if (node == NULL && rb_redis_node_usable(rb_redis_cluster->seed)) {
        node = rb_redis_cluster->seed;
    }

    return node;
}


/*
 * Starting anywhere, so that the load of keyless commands is spread; a node
 * that is on its way out of the cluster only when there is no other.
 */

rb_redis_node_t *
rb_redis_cluster_any(void)
{
    ngx_uint_t           i, start;
    rb_redis_node_t     *node, *other;
    rb_redis_cluster_t  *cluster;

    cluster = rb_redis_cluster;
    start = ngx_random();
    other = NULL;

    for (i = 0; i < cluster->places; i++) {
        node = cluster->place[(start + i) % cluster->places];

        if (node && rb_redis_node_ready(node)) {
            if (node->listed) {
                return node;
            }

            other = node;
        }
    }

    return other;
}


static ngx_uint_t
rb_redis_cluster_find(const rb_redis_server_t *server)
{
    ngx_uint_t        i;
    rb_redis_node_t  *node;

    for (i = 0; i < rb_redis_cluster->places; i++) {
        node = rb_redis_cluster->place[i];

        if (node && rb_redis_same_server(&node->link.server, server)) {
            return i;
        }
    }

    return RB_REDIS_NOWHERE;
}


/* The place of a server's node, new or known; RB_REDIS_NOWHERE: no room. */

static ngx_uint_t
rb_redis_cluster_add(const rb_redis_server_t *server)
{
    ngx_uint_t        i;
    rb_redis_node_t  *node;

    i = rb_redis_cluster_find(server);
    if (i != RB_REDIS_NOWHERE) {
        rb_redis_cluster->place[i]->named = ngx_current_msec;
        return i;
    }

    for (i = 0; i < RB_REDIS_NODES; i++) {
        if (rb_redis_cluster->place[i] == NULL) {
            break;
        }
    }

    if (i == RB_REDIS_NODES) {
        return RB_REDIS_NOWHERE;
    }

    node = rb_redis_node_create(server);
    if (node == NULL) {
        return RB_REDIS_NOWHERE;
    }

    rb_redis_cluster->place[i] = node;
    rb_redis_cluster->places = ngx_max(rb_redis_cluster->places, i + 1);

    node->changed = rb_redis_cluster_node_changed;
    node->named = ngx_current_msec;

    rb_redis_node_start(node);

    return i;
}


void
rb_redis_cluster_load(rb_redis_node_t *from, const rb_redis_value_t *ranges)
{
    ngx_uint_t               i, covered;
    rb_redis_cluster_t      *cluster;
    const rb_redis_value_t  *range;

    cluster = rb_redis_cluster;
    covered = 0;

    for (i = 0; i < cluster->places; i++) {
        if (cluster->place[i]) {
            cluster->place[i]->listed = 0;
        }
    }

    for (range = ranges->first; range; range = range->next) {
        covered += rb_redis_cluster_load_range(from, range);
    }

    if (covered == 0) {

        /* a node that was reset knows nothing: what we know is better */
        return;
    }

    cluster->loaded = 1;

    rb_redis_cluster_sweep();
}


/* [first, last, [host, port, ...], replicas ...]; returns the slots learnt. */

static ngx_uint_t
rb_redis_cluster_load_range(rb_redis_node_t *from,
    const rb_redis_value_t *range)
{
    int64_t                  slot;
    ngx_uint_t               node;
    rb_redis_server_t        server;
    const rb_redis_value_t  *first, *last;

    if (range->type != RB_REDIS_ARRAY || range->count < 3) {
        return 0;
    }

    first = range->first;
    last = first->next;

    if (first->type != RB_REDIS_INTEGER || last->type != RB_REDIS_INTEGER
        || first->integer < 0 || last->integer >= RB_REDIS_SLOTS
        || first->integer > last->integer
        || rb_redis_cluster_endpoint(from, last->next, &server) != NGX_OK)
    {
        return 0;
    }

    node = rb_redis_cluster_add(&server);

    if (node == RB_REDIS_NOWHERE) {
        return 0;
    }

    rb_redis_cluster->place[node]->listed = 1;

    for (slot = first->integer; slot <= last->integer; slot++) {
        rb_redis_cluster->slot[slot] = (uint16_t) node;
    }

    return (ngx_uint_t) (last->integer - first->integer + 1);
}


/* A node that doesn't know its own address says nothing: it is `from'. */

static ngx_int_t
rb_redis_cluster_endpoint(rb_redis_node_t *from,
    const rb_redis_value_t *value, rb_redis_server_t *server)
{
    const rb_redis_value_t  *port;

    if (value->type != RB_REDIS_ARRAY || value->count < 2) {
        return NGX_ERROR;
    }

    port = value->first->next;

    if (port->type != RB_REDIS_INTEGER
        || port->integer < 1 || port->integer > 65535)
    {
        return NGX_ERROR;
    }

    server->host = value->first->str.len ? value->first->str
                                         : from->link.server.host;
    server->port = (in_port_t) port->integer;
    server->local = 0;

    if (server->host.data[0] == '?' && server->host.len == 1) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
rb_redis_cluster_sweep(void)
{
    ngx_uint_t        i;
    rb_redis_node_t  *node;

    for (i = 0; i < rb_redis_cluster->places; i++) {
        node = rb_redis_cluster->place[i];

        if (node == NULL || node->listed) {
            continue;
        }

        if (!rb_redis_node_usable(node)
            || (rb_redis_node_inflight(node) == 0
                && ngx_current_msec - node->named >= RB_REDIS_CALM))
        {
            rb_redis_cluster_remove(i);
        }
    }
}


static void
rb_redis_cluster_remove(ngx_uint_t i)
{
    ngx_uint_t           slot;
    rb_redis_node_t     *node;
    rb_redis_cluster_t  *cluster;

    cluster = rb_redis_cluster;
    node = cluster->place[i];

    for (slot = 0; slot < RB_REDIS_SLOTS; slot++) {
        if (cluster->slot[slot] == i) {
            cluster->slot[slot] = RB_REDIS_NOWHERE;
        }
    }

    cluster->place[i] = NULL;

    rb_redis_pubsub_left(&node->link.server);
    rb_redis_node_destroy(node);
}


rb_redis_hop_e
rb_redis_cluster_hop(rb_redis_node_t *from, const rb_redis_value_t *value,
    ngx_uint_t *node)
{
    ngx_uint_t          slot, moved;
    rb_redis_server_t   server;

    if (value->type != RB_REDIS_ERROR) {
        return RB_REDIS_HERE;
    }

    if (rb_redis_value_starts(value, "TRYAGAIN ")
        || rb_redis_value_starts(value, "CLUSTERDOWN "))
    {
        rb_redis_cluster_doubt();
        return RB_REDIS_LATER;
    }

    moved = rb_redis_value_starts(value, "MOVED ");

    if ((!moved && !rb_redis_value_starts(value, "ASK "))
        || rb_redis_cluster_target(from, value, &slot, &server) != NGX_OK)
    {
        return RB_REDIS_HERE;
    }

    *node = rb_redis_cluster_add(&server);

    if (*node == RB_REDIS_NOWHERE) {
        return RB_REDIS_HERE;
    }

    if (!moved) {
        return RB_REDIS_ASK;
    }

    rb_redis_cluster->slot[slot] = (uint16_t) *node;
    rb_redis_cluster_doubt();

    return RB_REDIS_MOVED;
}


/* "MOVED 3999 127.0.0.1:6381"; without a host it is that of `from' */

static ngx_int_t
rb_redis_cluster_target(rb_redis_node_t *from, const rb_redis_value_t *value,
    ngx_uint_t *slot, rb_redis_server_t *server)
{
    u_char     *number, *host, *colon, *last;
    ngx_int_t   n, port;

    last = value->str.data + value->str.len;

    number = ngx_strlchr(value->str.data, last, ' ');
    host = number ? ngx_strlchr(++number, last, ' ') : NULL;

    if (host == NULL) {
        return NGX_ERROR;
    }

    n = ngx_atoi(number, host++ - number);

    for (colon = last - 1; colon > host && *colon != ':'; colon--) {
        /* the last one: there may be more in an IPv6 address */
    }

    if (colon < host || *colon != ':') {
        return NGX_ERROR;
    }

    port = ngx_atoi(colon + 1, last - (colon + 1));

    if (n < 0 || n >= RB_REDIS_SLOTS || port < 1 || port > 65535) {
        return NGX_ERROR;
    }

    *slot = n;
    server->port = (in_port_t) port;
    server->local = 0;
    server->host.data = host;
    server->host.len = colon - host;

    if (server->host.len == 0) {
        server->host = from->link.server.host;
    }

    return NGX_OK;
}
