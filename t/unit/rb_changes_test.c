/* unit: gate/rb_changes.c */

/*
 * What a node does with changes it hears of, and what it does where it may
 * have missed some.  Stands in for the cache, PostgreSQL and Redis.
 */


#include "gate/rb_changes.h"
#include "io/rb_redis.h"
#include "support.h"


static rb_pg_listener_t         *listener;
static rb_redis_subscription_t  *subscription;
static ngx_uint_t                configured = 1;

static ngx_uint_t                everything, changes;
static uint32_t                  changed[16];
static char                      published[256];


void
rb_cache_changed(rb_cache_t *cache, uint32_t tag)
{
    changed[changes++ % 16] = tag;
}


void
rb_cache_changed_all(rb_cache_t *cache)
{
    everything++;
}


static ngx_uint_t  listening;
static ngx_msec_t  heard;


void
rb_cache_set_listening(rb_cache_t *cache, ngx_uint_t on)
{
    listening = on;
}


void
rb_cache_set_heard(rb_cache_t *cache, ngx_msec_t msec)
{
    heard = msec;
}


/* tags of this test differ in length */

uint32_t
rb_tag_hash(const u_char *tag, size_t len)
{
    return len;
}


ngx_int_t
rb_pg_listen(rb_pg_listener_t *l)
{
    listener = l;
    return NGX_OK;
}


ngx_int_t
rb_redis_subscribe(rb_redis_subscription_t *s)
{
    subscription = s;
    return NGX_OK;
}


ngx_uint_t
rb_redis_configured(void)
{
    return configured;
}


void
rb_redis_publish(const ngx_str_t *channel, const ngx_str_t *message)
{
    snprintf(published, sizeof(published), "%.*s=%.*s",
             (int) channel->len, channel->data,
             (int) message->len, message->data);
}


static void
forget(void)
{
    everything = 0;
    changes = 0;
    published[0] = '\0';
}


static void
notify(char *payload)
{
    ngx_str_t  s = { strlen(payload), (u_char *) payload };

    listener->on_notify(listener->data, &s);
}


static void
message(char *payload)
{
    ngx_str_t  s = { strlen(payload), (u_char *) payload };

    subscription->on_message(subscription->data, &s);
}


int
main(void)
{
    void                *cache = &changes;
    rb_changes_stats_t   stats;

    ngx_worker = 1;
    support_ok(rb_changes_init_process(NULL, cache) == NGX_OK
               && listener == NULL,
               "only the first worker listens");

    ngx_worker = 0;
    support_ok(rb_changes_init_process(NULL, NULL) == NGX_OK
               && listener == NULL,
               "without a cache nobody does");

    support_ok(rb_changes_init_process(NULL, cache) == NGX_OK && listener
               && subscription && everything == 1,
               "it starts with nothing valid");

    forget();
    listener->on_state(cache, 1);
    support_ok(everything == 1, "listening: what came before was missed");
    support_ok(listening == 1, "and all workers know that it listens");

    listener->on_heard(cache, 4711);
    support_ok(heard == 4711, "and until when they know of all changes");

    forget();
    subscription->on_state(cache, 1);
    support_ok(everything == 1 && published[0] == '\0',
               "subscribed: what came before was missed");

    forget();
    notify("a bb  ccc ");
    support_ok(changes == 3 && changed[0] == 1 && changed[1] == 2
               && changed[2] == 3
               && everything == 0, "each tag of a notification is applied");
    support_ok(published[0] == '\0', "who is no leader doesn't publish");

    forget();
    message("dddd");
    support_ok(changes == 1 && changed[0] == 4,
               "a message is applied as well");

    forget();
    notify("a *");
    support_ok(everything == 1, "* is everything");

    forget();
    notify("");
    notify("   ");
    notify("**");
    support_ok(everything == 0 && changes == 1, "nothing and ** are not");

    forget();
    listener->on_leader(cache, 1);
    support_ok(strcmp(published, "resortbite_changes=*") == 0,
               "a new leader tells all nodes that they missed something");

    forget();
    notify("a bb");
    support_ok(strcmp(published, "resortbite_changes=a bb") == 0
               && changes == 2,
               "a leader passes on what it hears");

    forget();
    message("a bb");
    support_ok(changes == 0, "and doesn't listen to itself");

    subscription->on_state(cache, 0);
    forget();
    subscription->on_state(cache, 1);
    support_ok(strcmp(published, "resortbite_changes=*") == 0
               && everything == 1,
               "with Redis back it tells all that they missed something");

    rb_changes_stats(&stats);
    support_ok(stats.listening && stats.subscribed && stats.leader
               && stats.notified == 6 && stats.received == 2,
               "and it is counted");

    listener->on_state(cache, 0);
    support_ok(listening == 0, "all workers know that it is deaf");
    forget();
    message("a");
    support_ok(changes == 1, "its lock is lost with the session");

    subscription->on_state(cache, 0);
    rb_changes_stats(&stats);
    support_ok(!stats.listening && !stats.subscribed && !stats.leader,
               "deaf on both ears, and it is known");

    subscription = NULL;
    configured = 0;
    support_ok(rb_changes_init_process(NULL, cache) == NGX_OK
               && subscription == NULL, "it does without Redis");

    return support_done();
}
