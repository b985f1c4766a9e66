
/*
 * The map of a cluster.
 *
 * `place' holds the nodes; a slot names one by its index, so that a node may
 * go without looking for its slots.  The map comes from CLUSTER SLOTS and
 * replaces what MOVED has taught one slot at a time.  It is fetched when a
 * MOVED or a lost node says that it is old, once a second at most; every
 * second while a node of the map is away (after a fail-over the survivors
 * know the new master before we can guess it); and once a minute anyway.
 *
 * The seed is a node beside the map that goes through the servers named in
 * the directive.  It is connected only while no node of the map is: at the
 * start, and when all of them are lost.  A slot without a node is asked of
 * the seed or of any other node, who will answer MOVED.
 */


#include "io/rb_redis_map.h"


static void rb_redis_cluster_seed_changed(rb_redis_node_t *node,
    ngx_uint_t ready);
static ngx_uint_t rb_redis_cluster_settled(void);
static void rb_redis_cluster_timer(ngx_event_t *ev);
static void rb_redis_cluster_refresh(void);
static void rb_redis_cluster_refreshed(rb_redis_call_t *call,
    rb_redis_node_t *node, const rb_redis_value_t *value);


rb_redis_cluster_t  *rb_redis_cluster;


ngx_int_t
rb_redis_cluster_init(void)
{
    ngx_uint_t           i;
    rb_redis_cluster_t  *cluster;

    cluster = ngx_calloc(sizeof(rb_redis_cluster_t), rb_redis.log);
    if (cluster == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < RB_REDIS_SLOTS; i++) {
        cluster->slot[i] = RB_REDIS_NOWHERE;
    }

    cluster->next_seed = ngx_random() % rb_redis.target.count;

    cluster->seed = rb_redis_node_create(
                            &rb_redis.target.servers[cluster->next_seed]);
    if (cluster->seed == NULL) {
        ngx_free(cluster);
        return NGX_ERROR;
    }

    cluster->seed->changed = rb_redis_cluster_seed_changed;
    cluster->refresh.done = rb_redis_cluster_refreshed;
    cluster->timer.handler = rb_redis_cluster_timer;
    cluster->timer.log = rb_redis.log;
    cluster->timer.cancelable = 1;

    rb_redis_cluster = cluster;

    rb_redis_node_start(cluster->seed);
    ngx_add_timer(&cluster->timer, RB_REDIS_SOON);

    return NGX_OK;
}


void
rb_redis_cluster_exit(void)
{
    ngx_uint_t           i;
    rb_redis_cluster_t  *cluster;

    cluster = rb_redis_cluster;

    if (cluster == NULL) {
        return;
    }

    rb_redis_cluster = NULL;

    for (i = 0; i < cluster->places; i++) {
        if (cluster->place[i]) {
            rb_redis_node_exit(cluster->place[i]);
        }
    }

    rb_redis_node_exit(cluster->seed);

    if (cluster->timer.timer_set) {
        ngx_del_timer(&cluster->timer);
    }

    ngx_free(cluster);
}


static void
rb_redis_cluster_seed_changed(rb_redis_node_t *node, ngx_uint_t ready)
{
    rb_redis_cluster_t  *cluster;

    cluster = rb_redis_cluster;

    if (ready) {
        rb_redis_cluster_refresh();
        return;
    }

    cluster->next_seed = (cluster->next_seed + 1) % rb_redis.target.count;

    (void) rb_redis_link_set_server(&node->link,
                   &rb_redis.target.servers[cluster->next_seed].host,
                   rb_redis.target.servers[cluster->next_seed].port, 0);
}


ngx_uint_t
rb_redis_cluster_ready(void)
{
    return rb_redis_cluster->loaded && rb_redis_cluster_any() != NULL;
}


void
rb_redis_cluster_stats(rb_redis_stats_t *stats)
{
    ngx_uint_t        i;
    rb_redis_node_t  *node;

    for (i = 0; i <= rb_redis_cluster->places; i++) {
        node = (i < rb_redis_cluster->places) ? rb_redis_cluster->place[i]
                                              : rb_redis_cluster->seed;

        if (node && node->link.state != RB_REDIS_STOPPED) {
            stats->connections++;
            stats->ready += rb_redis_node_ready(node);
            stats->inflight += rb_redis_node_inflight(node);
        }
    }
}


ngx_int_t
rb_redis_cluster_server(rb_redis_link_t *link)
{
    rb_redis_node_t  *node;

    node = rb_redis_cluster_any();

    if (node == NULL) {
        return NGX_DECLINED;
    }

    return rb_redis_link_set_server(link, &node->link.server.host,
                                    node->link.server.port, 0);
}


/* Every node of the map answers, and the seed is no longer needed. */

static ngx_uint_t
rb_redis_cluster_settled(void)
{
    ngx_uint_t        i;
    rb_redis_node_t  *node;

    for (i = 0; i < rb_redis_cluster->places; i++) {
        node = rb_redis_cluster->place[i];

        if (node && node->listed && !rb_redis_node_ready(node)) {
            return 0;
        }
    }

    return rb_redis_cluster->loaded
           && rb_redis_cluster->seed->link.state == RB_REDIS_STOPPED;
}


static void
rb_redis_cluster_timer(ngx_event_t *ev)
{
    rb_redis_node_t     *seed;
    rb_redis_cluster_t  *cluster;

    cluster = rb_redis_cluster;
    seed = cluster->seed;

    if (seed->link.state != RB_REDIS_STOPPED
        && rb_redis_node_inflight(seed) == 0
        && rb_redis_cluster_ready())
    {
        rb_redis_node_stop(seed);
    }

    if (cluster->stale
        || !rb_redis_cluster_settled()
        || ngx_current_msec - cluster->refreshed >= RB_REDIS_CALM)
    {
        rb_redis_cluster_refresh();
    }

    ngx_add_timer(&cluster->timer,
                  rb_redis_cluster_settled() && !cluster->stale
                  ? RB_REDIS_CALM : RB_REDIS_SOON);
}


void
rb_redis_cluster_doubt(void)
{
    ngx_msec_t           since;
    rb_redis_cluster_t  *cluster;

    cluster = rb_redis_cluster;

    if (cluster->stale) {
        return;
    }

    cluster->stale = 1;

    since = ngx_current_msec - cluster->refreshed;

    if (cluster->timer.timer_set) {
        ngx_del_timer(&cluster->timer);
    }

    ngx_add_timer(&cluster->timer,
                  since < RB_REDIS_SOON ? RB_REDIS_SOON - since : 1);
}


static void
rb_redis_cluster_refresh(void)
{
    rb_redis_node_t     *node;
    rb_redis_cluster_t  *cluster;

    static ngx_str_t  argv[] = {
        ngx_string("CLUSTER"), ngx_string("SLOTS")
    };

    cluster = rb_redis_cluster;

    if (cluster->refreshing) {
        return;
    }

    node = rb_redis_cluster_any();

    if (node == NULL) {
        node = cluster->seed;

        if (!rb_redis_node_ready(node)) {

            /* it will come back here when it is */
            rb_redis_node_start(node);
            return;
        }
    }

    if (rb_redis_node_send(node, 2, argv, &cluster->refresh) == NGX_OK) {
        cluster->refreshing = 1;
        cluster->refreshed = ngx_current_msec;
        cluster->stale = 0;
    }
}


static void
rb_redis_cluster_refreshed(rb_redis_call_t *call, rb_redis_node_t *node,
    const rb_redis_value_t *value)
{
    rb_redis_cluster->refreshing = 0;

    if (value == NULL) {
        rb_redis_cluster_doubt();
        return;
    }

    if (value->type != RB_REDIS_ARRAY) {
        rb_redis_link_log(&node->link, NGX_LOG_ERR,
                          "CLUSTER SLOTS refused: is it a cluster?");
        return;
    }

    rb_redis_cluster_load(node, value);
}
