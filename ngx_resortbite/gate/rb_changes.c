
/*
 * Two sources of the same news, and nothing to keep in step between them:
 *
 *     PostgreSQL  NOTIFY resortbite_changes, '<tags>'     to every node
 *     Redis       PUBLISH resortbite_changes '<tags>'     by the leader
 *
 * Whatever arrives is applied at once.  README.md tells why that is enough.
 * What a node can't have heard is made up for here, by everything counting as
 * changed:
 *
 *     a source comes up         in this node: it was deaf on that ear
 *     a node becomes leader     in all: between two leaders nobody relayed
 *     the leader's Redis        in all: what it published meanwhile is lost
 *     comes back
 *
 * While a node has neither source, it serves answers for no longer than their
 * own time, as it always does.
 */


#include "gate/rb_changes.h"
#include "io/rb_redis.h"


/* The advisory lock: "rbchange" in ASCII. */
#define RB_CHANGES_LOCK  INT64_C(0x72626368616e6765)


static void rb_changes_on_notify(void *data, ngx_str_t *payload);
static void rb_changes_on_listening(void *data, ngx_uint_t listening);
static void rb_changes_on_heard(void *data, ngx_msec_t asked);
static void rb_changes_on_leader(void *data, ngx_uint_t leader);
static void rb_changes_on_message(void *data, ngx_str_t *message);
static void rb_changes_on_subscribed(void *data, ngx_uint_t subscribed);
static void rb_changes_apply(rb_cache_t *cache, const ngx_str_t *payload);


void  (*rb_changes_told)(void);

static rb_changes_stats_t       rb_changes;

static ngx_str_t  rb_changes_channel = ngx_string(RB_CHANGES_CHANNEL);
static ngx_str_t  rb_changes_everything = ngx_string("*");

/* a table that no migration holds for long: while a probe waits for a lock,
 * nothing is heard */

static rb_pg_listener_t         rb_changes_listener = {
    .channel = ngx_string(RB_CHANGES_CHANNEL),
    .probe = ngx_string("SELECT 1 FROM regions LIMIT 1"),
    .leader_key = RB_CHANGES_LOCK,
    .on_notify = rb_changes_on_notify,
    .on_state = rb_changes_on_listening,
    .on_heard = rb_changes_on_heard,
    .on_leader = rb_changes_on_leader
};

static rb_redis_subscription_t  rb_changes_subscription = {
    .channel = ngx_string(RB_CHANGES_CHANNEL),
    .on_message = rb_changes_on_message,
    .on_state = rb_changes_on_subscribed
};


ngx_int_t
rb_changes_init_process(ngx_cycle_t *cycle, rb_cache_t *cache)
{
    ngx_int_t  rc;

    if (ngx_worker != 0 || cache == NULL) {
        return NGX_OK;
    }

    /* the worker before may have ended without having heard all */
    rb_cache_changed_all(cache);

    rb_changes_listener.data = cache;
    rb_changes_subscription.data = cache;

    rc = rb_pg_listen(&rb_changes_listener);

    if (rc == NGX_OK && rb_redis_configured()) {
        rc = rb_redis_subscribe(&rb_changes_subscription);
    }

    /* declined: without a database there is nothing to hear of */

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static void
rb_changes_on_notify(void *data, ngx_str_t *payload)
{
    rb_changes.notified++;

    rb_changes_apply(data, payload);

    if (rb_changes.leader) {
        rb_redis_publish(&rb_changes_channel, payload);
    }

    if (rb_changes_told) {
        rb_changes_told();
    }
}


static void
rb_changes_on_listening(void *data, ngx_uint_t listening)
{
    rb_changes.listening = listening;
    rb_cache_set_listening(data, listening);

    if (listening) {
        rb_cache_changed_all(data);
        return;
    }

    /* the lock went with the session */
    rb_changes.leader = 0;
}


static void
rb_changes_on_heard(void *data, ngx_msec_t asked)
{
    rb_cache_set_heard(data, asked);

    /* a worker that was leaving may have said that it lost its connection */

    rb_cache_set_listening(data, rb_changes.listening);
}


static void
rb_changes_on_leader(void *data, ngx_uint_t leader)
{
    rb_changes.leader = leader;

    if (leader) {
        rb_redis_publish(&rb_changes_channel, &rb_changes_everything);
    }
}


static void
rb_changes_on_message(void *data, ngx_str_t *message)
{
    rb_changes.received++;

    /* the leader published it, so it has done this already */

    if (!rb_changes.leader) {
        rb_changes_apply(data, message);
    }
}


static void
rb_changes_on_subscribed(void *data, ngx_uint_t subscribed)
{
    rb_changes.subscribed = subscribed;

    if (!subscribed) {
        return;
    }

    rb_cache_changed_all(data);

    if (rb_changes.leader) {
        rb_redis_publish(&rb_changes_channel, &rb_changes_everything);
    }
}


static void
rb_changes_apply(rb_cache_t *cache, const ngx_str_t *payload)
{
    u_char  *p, *tag, *last;

    last = payload->data + payload->len;

    for (p = payload->data; p < last; p++) {

        for (tag = p; p < last && *p != ' '; p++) { /* void */ }

        if (p == tag) {
            continue;
        }

        if (p - tag == 1 && *tag == '*') {
            rb_cache_changed_all(cache);
            return;
        }

        rb_cache_changed(cache, rb_tag_hash(tag, p - tag));
    }
}


void
rb_changes_stats(rb_changes_stats_t *stats)
{
    *stats = rb_changes;
}
