
/*
 * Subscribing.
 *
 * One connection for all channels of the worker, opened with the first
 * subscription.  Whenever it becomes ready it subscribes to all of them
 * again; a subscription counts from the server's confirmation on, and is told
 * when it is lost, because what is published in between is not repeated.
 *
 * A stopped server, or a network that swallows packets, looks like silence,
 * and silence is normal here: so a PING goes out every two seconds, and when
 * nothing at all has come by the time a command may take, the connection is
 * given up.
 *
 * In a cluster any node hears of all messages; in front of Sentinel it is
 * the master, whom PUBLISH goes to as well.
 */


#include "io/rb_redis_pubsub.h"
#include "io/rb_redis_cluster.h"


#define RB_REDIS_PING_EVERY  2000       /* ms */
#define RB_REDIS_PING_GRACE  500


typedef struct {
    rb_redis_link_t    link;
    ngx_queue_t        subscriptions;   /* rb_redis_subscription_t */
    ngx_uint_t         confirmed;
    unsigned           pinged:1;        /* nothing has come since */
    unsigned           configured:1;
} rb_redis_pubsub_t;


static ngx_int_t rb_redis_pubsub_server(rb_redis_link_t *link);
static void rb_redis_pubsub_ready(rb_redis_link_t *link);
static void rb_redis_pubsub_reply(rb_redis_link_t *link,
    const rb_redis_value_t *value);
static void rb_redis_pubsub_down(rb_redis_link_t *link);
static void rb_redis_pubsub_tick(rb_redis_link_t *link);
static void rb_redis_pubsub_send(const ngx_str_t *channel);
static void rb_redis_pubsub_confirm(const rb_redis_value_t *channel);
static void rb_redis_pubsub_message(const rb_redis_value_t *channel,
    const rb_redis_value_t *message);
static ngx_uint_t rb_redis_pubsub_is(rb_redis_subscription_t *sub,
    const rb_redis_value_t *channel);


static const rb_redis_link_ops_t  rb_redis_pubsub_ops = {
    rb_redis_pubsub_server,
    rb_redis_pubsub_ready,
    rb_redis_pubsub_reply,
    rb_redis_pubsub_down,
    rb_redis_pubsub_tick
};


static rb_redis_pubsub_t  rb_redis_pubsub;


ngx_int_t
rb_redis_pubsub_init(void)
{
    ngx_memzero(&rb_redis_pubsub, sizeof(rb_redis_pubsub_t));
    ngx_queue_init(&rb_redis_pubsub.subscriptions);

    if (rb_redis_link_init(&rb_redis_pubsub.link, &rb_redis_pubsub_ops,
                           &rb_redis_pubsub,
                           rb_redis.target.kind == RB_REDIS_SINGLE
                           ? rb_redis.target.servers : NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rb_redis_pubsub.configured = 1;

    return NGX_OK;
}


void
rb_redis_pubsub_exit(void)
{
    if (rb_redis_pubsub.configured) {
        rb_redis_pubsub.configured = 0;
        rb_redis_link_stop(&rb_redis_pubsub.link);
        rb_redis_link_free(&rb_redis_pubsub.link);
    }
}


void
rb_redis_pubsub_left(const rb_redis_server_t *server)
{
    rb_redis_link_t  *link;

    link = &rb_redis_pubsub.link;

    if (rb_redis_link_ready(link)
        && rb_redis_same_server(&link->server, server))
    {
        rb_redis_link_fail(link, "the server has left the cluster");
    }
}


void
rb_redis_pubsub_stats(rb_redis_stats_t *stats)
{
    if (rb_redis_pubsub.link.state != RB_REDIS_STOPPED) {
        stats->connections++;
        stats->ready += rb_redis_link_ready(&rb_redis_pubsub.link);
    }

    stats->subscribed = rb_redis_pubsub.confirmed;
}


ngx_int_t
rb_redis_subscribe(rb_redis_subscription_t *sub)
{
    if (!rb_redis_pubsub.configured) {
        return NGX_DECLINED;
    }

    sub->subscribed = 0;
    ngx_queue_insert_tail(&rb_redis_pubsub.subscriptions, &sub->queue);

    if (rb_redis_link_ready(&rb_redis_pubsub.link)) {
        rb_redis_pubsub_send(&sub->channel);

    } else {
        rb_redis_link_start(&rb_redis_pubsub.link);
    }

    return NGX_OK;
}


static ngx_int_t
rb_redis_pubsub_server(rb_redis_link_t *link)
{
    return rb_redis.target.kind == RB_REDIS_CLUSTER
           ? rb_redis_cluster_server(link) : NGX_OK;
}


static void
rb_redis_pubsub_ready(rb_redis_link_t *link)
{
    ngx_queue_t              *q;
    rb_redis_subscription_t  *sub;

    rb_redis_pubsub.pinged = 0;
    ngx_add_timer(&link->timer, RB_REDIS_PING_EVERY);

    for (q = ngx_queue_head(&rb_redis_pubsub.subscriptions);
         q != ngx_queue_sentinel(&rb_redis_pubsub.subscriptions)
         && rb_redis_link_ready(link);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, rb_redis_subscription_t, queue);
        rb_redis_pubsub_send(&sub->channel);
    }
}


static void
rb_redis_pubsub_send(const ngx_str_t *channel)
{
    ngx_str_t         argv[2] = { ngx_string("SUBSCRIBE"), *channel };
    rb_redis_link_t  *link;

    link = &rb_redis_pubsub.link;

    if (rb_redis_conn_command(&link->conn, 2, argv) != NGX_OK) {
        rb_redis_link_fail(link, "out of memory");
    }
}


static void
rb_redis_pubsub_tick(rb_redis_link_t *link)
{
    static ngx_str_t  ping = ngx_string("PING");

    if (rb_redis_pubsub.pinged) {
        rb_redis_link_fail(link, "no answer to PING");
        return;
    }

    if (rb_redis_conn_command(&link->conn, 1, &ping) != NGX_OK) {
        rb_redis_link_fail(link, "out of memory");
        return;
    }

    rb_redis_pubsub.pinged = 1;
    ngx_add_timer(&link->timer, rb_redis.conf.timeout + RB_REDIS_PING_GRACE);
}


/* Three strings, the first saying what it is, or the answer to a PING. */

static void
rb_redis_pubsub_reply(rb_redis_link_t *link, const rb_redis_value_t *value)
{
    const rb_redis_value_t  *kind;

    if (rb_redis_pubsub.pinged) {
        rb_redis_pubsub.pinged = 0;
        ngx_del_timer(&link->timer);
        ngx_add_timer(&link->timer, RB_REDIS_PING_EVERY);
    }

    if (value->type == RB_REDIS_ERROR) {
        rb_redis_link_fail(link, (const char *) value->str.data);
        return;
    }

    if (value->count != 3) {
        return;
    }

    kind = value->first;

    if (rb_redis_value_starts(kind, "message")) {
        rb_redis_pubsub_message(kind->next, kind->next->next);

    } else if (rb_redis_value_starts(kind, "subscribe")) {
        rb_redis_pubsub_confirm(kind->next);
    }
}


static void
rb_redis_pubsub_confirm(const rb_redis_value_t *channel)
{
    ngx_queue_t              *q;
    rb_redis_subscription_t  *sub;

    for (q = ngx_queue_head(&rb_redis_pubsub.subscriptions);
         q != ngx_queue_sentinel(&rb_redis_pubsub.subscriptions)
         && rb_redis_link_ready(&rb_redis_pubsub.link);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, rb_redis_subscription_t, queue);

        if (!sub->subscribed && rb_redis_pubsub_is(sub, channel)) {
            sub->subscribed = 1;
            rb_redis_pubsub.confirmed++;
            sub->on_state(sub->data, 1);
        }
    }
}


static void
rb_redis_pubsub_message(const rb_redis_value_t *channel,
    const rb_redis_value_t *message)
{
    ngx_str_t                 text;
    ngx_queue_t              *q;
    rb_redis_subscription_t  *sub;

    for (q = ngx_queue_head(&rb_redis_pubsub.subscriptions);
         q != ngx_queue_sentinel(&rb_redis_pubsub.subscriptions)
         && rb_redis_link_ready(&rb_redis_pubsub.link);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, rb_redis_subscription_t, queue);

        if (sub->subscribed && rb_redis_pubsub_is(sub, channel)) {
            text = message->str;
            sub->on_message(sub->data, &text);
        }
    }
}


static ngx_uint_t
rb_redis_pubsub_is(rb_redis_subscription_t *sub,
    const rb_redis_value_t *channel)
{
    return sub->channel.len == channel->str.len
           && ngx_memcmp(sub->channel.data, channel->str.data,
                         channel->str.len)
              == 0;
}


static void
rb_redis_pubsub_down(rb_redis_link_t *link)
{
    ngx_queue_t              *q;
    rb_redis_subscription_t  *sub;

    rb_redis_pubsub.confirmed = 0;

    for (q = ngx_queue_head(&rb_redis_pubsub.subscriptions);
         q != ngx_queue_sentinel(&rb_redis_pubsub.subscriptions);
         q = ngx_queue_next(q))
    {
        sub = ngx_queue_data(q, rb_redis_subscription_t, queue);

        if (sub->subscribed) {
            sub->subscribed = 0;
            sub->on_state(sub->data, 0);
        }
    }
}
