
/*
 * The command connection.
 *
 * What calls for how long is watched in one place: the tick.  While commands
 * are in flight it looks at the oldest; when that has waited for longer than
 * a command may take and then some, the server is stuck, and the connection
 * is given up so that those behind it fail now and not one by one.  While
 * nothing is in flight it sends a PING now and then, so that "ready" is true.
 *
 * Nodes come and go with a cluster's map while their connection's callbacks,
 * or an end of turn, may still be under way: so they are freed at the end of
 * the turn, after those.
 */


#include "io/rb_redis_node.h"


#define RB_REDIS_GRACE  500             /* after the timeout, ms */
#define RB_REDIS_IDLE   5000            /* between PINGs, ms */


static ngx_int_t rb_redis_node_push(rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_call_t *call);
static void rb_redis_node_watch(rb_redis_node_t *node, ngx_msec_t delay);
static void rb_redis_node_drop(rb_redis_node_t *node);
static void rb_redis_node_answer(rb_redis_node_t *node,
    const rb_redis_value_t *value);
static void rb_redis_node_ready_handler(rb_redis_link_t *link);
static void rb_redis_node_reply_handler(rb_redis_link_t *link,
    const rb_redis_value_t *value);
static void rb_redis_node_down_handler(rb_redis_link_t *link);
static void rb_redis_node_tick_handler(rb_redis_link_t *link);
static void rb_redis_node_bury(void *data);


static const rb_redis_link_ops_t  rb_redis_node_ops = {
    NULL,
    rb_redis_node_ready_handler,
    rb_redis_node_reply_handler,
    rb_redis_node_down_handler,
    rb_redis_node_tick_handler
};


static ngx_queue_t  rb_redis_node_dead = {
    &rb_redis_node_dead, &rb_redis_node_dead
};

static rb_turn_t  rb_redis_node_burial = {
    rb_redis_node_bury, NULL, { NULL, NULL }, 0
};


rb_redis_node_t *
rb_redis_node_create(const rb_redis_server_t *server)
{
    size_t            size;
    rb_redis_node_t  *node;

    node = ngx_calloc(sizeof(rb_redis_node_t), rb_redis.log);
    if (node == NULL) {
        return NULL;
    }

    node->size = ngx_max(rb_redis.conf.queue, 2);
    size = node->size * sizeof(rb_redis_slot_t);

    node->ring = ngx_alloc(size, rb_redis.log);

    if (node->ring == NULL
        || rb_redis_link_init(&node->link, &rb_redis_node_ops, node, server)
           != NGX_OK)
    {
        ngx_free(node->ring);
        ngx_free(node);
        return NULL;
    }

    return node;
}


void
rb_redis_node_destroy(rb_redis_node_t *node)
{
    node->changed = NULL;

    rb_redis_node_stop(node);

    ngx_queue_insert_tail(&rb_redis_node_dead, &node->queue);
    rb_turn_end(&rb_redis_node_burial);
}


/* An end of turn posted before this one has run; one posted since, not. */

static void
rb_redis_node_bury(void *data)
{
    ngx_queue_t      *q, *next;
    rb_redis_node_t  *node;

    for (q = ngx_queue_head(&rb_redis_node_dead);
         q != ngx_queue_sentinel(&rb_redis_node_dead);
         q = next)
    {
        next = ngx_queue_next(q);
        node = ngx_queue_data(q, rb_redis_node_t, queue);

        if (!rb_redis_link_idle(&node->link)) {
            rb_turn_end(&rb_redis_node_burial);
            continue;
        }

        ngx_queue_remove(q);
        rb_redis_link_free(&node->link);
        ngx_free(node->ring);
        ngx_free(node);
    }
}


void
rb_redis_node_start(rb_redis_node_t *node)
{
    rb_redis_link_start(&node->link);
}


void
rb_redis_node_stop(rb_redis_node_t *node)
{
    rb_redis_link_stop(&node->link);
    rb_redis_node_drop(node);
}


void
rb_redis_node_exit(rb_redis_node_t *node)
{
    rb_redis_link_stop(&node->link);
    rb_redis_out_free(&node->early);
    rb_redis_link_free(&node->link);
    ngx_free(node->ring);
    ngx_free(node);
}


ngx_uint_t
rb_redis_node_usable(rb_redis_node_t *node)
{
    return rb_redis_link_ready(&node->link)
           || rb_redis_link_fresh(&node->link);
}


ngx_int_t
rb_redis_node_send(rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_call_t *call)
{
    if (!rb_redis_node_usable(node)
        || rb_redis_node_inflight(node) >= node->size)
    {
        return NGX_ERROR;
    }

    return rb_redis_node_push(node, argc, argv, call);
}


ngx_int_t
rb_redis_node_ask(rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_call_t *call)
{
    static ngx_str_t  asking = ngx_string("ASKING");

    if (!rb_redis_node_usable(node)
        || rb_redis_node_inflight(node) + 1 >= node->size)
    {
        return NGX_ERROR;
    }

    /* an ASKING without a command after it does no harm */

    if (rb_redis_node_push(node, 1, &asking, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    return rb_redis_node_push(node, argc, argv, call);
}


static ngx_int_t
rb_redis_node_push(rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_call_t *call)
{
    ngx_int_t         rc;
    rb_redis_slot_t  *slot;

    rc = rb_redis_link_ready(&node->link)
         ? rb_redis_conn_command(&node->link.conn, argc, argv)
         : rb_redis_out_command(&node->early, argc, argv);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (rb_redis_link_ready(&node->link) && node->sent == node->answered) {
        rb_redis_node_watch(node, rb_redis.conf.timeout + RB_REDIS_GRACE);
    }

    slot = &node->ring[node->sent % node->size];
    slot->call = call;
    slot->since = ngx_current_msec;

    if (call) {
        call->node = node;
        call->number = node->sent;
    }

    node->sent++;
    node->active = ngx_current_msec;

    return NGX_OK;
}


void
rb_redis_node_forget(rb_redis_call_t *call)
{
    rb_redis_node_t  *node;

    node = call->node;

    if (node) {
        node->ring[call->number % node->size].call = NULL;
        call->node = NULL;
    }
}


/* At the latest after this long; a timer that fires early looks again. */

static void
rb_redis_node_watch(rb_redis_node_t *node, ngx_msec_t delay)
{
    ngx_event_t  *timer;

    timer = &node->link.timer;

    if (timer->timer_set
        && (ngx_msec_int_t) (timer->timer.key - (ngx_current_msec + delay))
           <= 0)
    {
        return;
    }

    ngx_add_timer(timer, delay);
}


static void
rb_redis_node_tick_handler(rb_redis_link_t *link)
{
    ngx_msec_t         limit, waited;
    rb_redis_node_t   *node;
    static ngx_str_t   ping = ngx_string("PING");

    node = link->owner;
    limit = rb_redis.conf.timeout + RB_REDIS_GRACE;

    if (rb_redis_node_inflight(node) == 0) {
        rb_redis_node_watch(node, RB_REDIS_IDLE);

        if (ngx_current_msec - node->active >= RB_REDIS_IDLE) {
            (void) rb_redis_node_push(node, 1, &ping, NULL);
        }

        return;
    }

    waited = ngx_current_msec
             - node->ring[node->answered % node->size].since;

    if (waited >= limit) {
        rb_redis_link_fail(link, "a command was not answered in time");
        return;
    }

    rb_redis_node_watch(node, limit - waited);
}


static void
rb_redis_node_ready_handler(rb_redis_link_t *link)
{
    size_t            n;
    uint64_t          i;
    rb_redis_node_t  *node;

    node = link->owner;
    n = rb_redis_out_len(&node->early);

    /* what waited for the connection gets its time from here */

    for (i = node->answered; i < node->sent; i++) {
        node->ring[i % node->size].since = ngx_current_msec;
    }

    if (n) {
        if (rb_redis_out_add(&link->conn.out, node->early.pos, n) != NGX_OK) {
            rb_redis_link_fail(link, "out of memory");
            return;
        }

        rb_redis_out_free(&node->early);
        rb_redis_conn_flush(&link->conn);
    }

    node->active = ngx_current_msec;

    rb_redis_node_watch(node, n ? rb_redis.conf.timeout + RB_REDIS_GRACE
                                : RB_REDIS_IDLE);

    if (node->changed) {
        node->changed(node, 1);
    }
}


static void
rb_redis_node_reply_handler(rb_redis_link_t *link,
    const rb_redis_value_t *value)
{
    ngx_uint_t        demoted;
    rb_redis_node_t  *node;

    node = link->owner;

    if (rb_redis_node_inflight(node) == 0) {
        rb_redis_link_fail(link, "the server sent a reply nobody asked for");
        return;
    }

    /* the master has changed: ask the sentinels again */

    demoted = link->sentinel
              && value->type == RB_REDIS_ERROR
              && rb_redis_value_starts(value, "READONLY");

    rb_redis_node_answer(node, value);

    if (demoted) {
        rb_redis_link_fail(link, "the server is no longer the master");
    }
}


static void
rb_redis_node_answer(rb_redis_node_t *node, const rb_redis_value_t *value)
{
    rb_redis_call_t  *call;

    call = node->ring[node->answered % node->size].call;
    node->answered++;

    if (call) {
        call->node = NULL;
        call->done(call, node, value);
    }
}


static void
rb_redis_node_down_handler(rb_redis_link_t *link)
{
    rb_redis_node_t  *node;

    node = link->owner;

    rb_redis_node_drop(node);

    if (node->changed) {
        node->changed(node, 0);
    }
}


/* Only what waits now: what a call sends on being told may wait again. */

static void
rb_redis_node_drop(rb_redis_node_t *node)
{
    uint64_t  sent;

    rb_redis_out_free(&node->early);

    for (sent = node->sent; node->answered < sent; /* void */ ) {
        rb_redis_node_answer(node, NULL);
    }
}
