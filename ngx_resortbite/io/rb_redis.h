
/*
 * Redis, non-blocking: our own connections on nginx events, hiredis as the
 * codec (formatter and reader).  One server, a Cluster (slots, MOVED, ASK) or
 * Sentinel, by what the directive names.
 *
 * Redis is never the source of truth.  Callers treat every error as "not
 * known" and go on without; so errors here are cheap, quick (a connection
 * that is down refuses at once) and logged once per outage, not per call.
 */


#ifndef _RB_REDIS_H_INCLUDED_
#define _RB_REDIS_H_INCLUDED_


#include "base/rb_err.h"
#include "fiber/rb_task.h"


typedef struct {
    ngx_str_t     url;                  /* see rb_redis_conf_check() */
    ngx_msec_t    timeout;              /* a command may take; 500 ms */
    ngx_msec_t    connect_timeout;      /* 1 s */
    ngx_uint_t    queue;                /* commands in flight, a connection */
} rb_redis_conf_t;


typedef enum {
    RB_REDIS_NIL = 0,
    RB_REDIS_STRING,
    RB_REDIS_STATUS,
    RB_REDIS_ERROR,                     /* the server's, text in str */
    RB_REDIS_INTEGER,
    RB_REDIS_ARRAY
} rb_redis_type_e;


typedef struct rb_redis_reply_s  rb_redis_reply_t;

struct rb_redis_reply_s {
    rb_redis_type_e      type;
    int64_t              integer;
    ngx_str_t            str;
    ngx_uint_t           count;         /* RB_REDIS_ARRAY */
    rb_redis_reply_t    *items;
};


/*
 * unix:/path | host:port | redis://[user:password@]host[:port][/db] |
 * rediss://… (refused: says so) | cluster://[user:password@]h:p,h:p,… |
 * sentinel://[user:password@]master@h:p,h:p[/db].  User and password are the
 * data servers', percent-encoded.  Returns NGX_CONF_OK or what is wrong.
 */
char *rb_redis_conf_check(ngx_conf_t *cf, rb_redis_conf_t *conf);

ngx_int_t rb_redis_init_process(ngx_cycle_t *cycle, rb_redis_conf_t *conf);
void rb_redis_exit_process(void);


/*
 * Sends one command and waits for its reply (yields), which is allocated from
 * the task's pool (strings end with a NUL that str.len doesn't count).  In a
 * cluster the key is argv[1], or where EVAL, FCALL, XREAD and their kin have
 * it; at most five redirections are followed.  A reply of type RB_REDIS_ERROR
 * is a success of this call.
 *
 * All fibers share the connection: no command that blocks or that changes the
 * connection's state (BLPOP, XREAD BLOCK, MULTI, WATCH, SELECT, SUBSCRIBE).
 * Use a script for what must happen together.
 *
 * Errors: rb_err_redis (not connected, lost, full), rb_err_timeout,
 * rb_err_cancelled; after these three a command may still have had its
 * effect.  rb_err_internal (out of memory).
 */
rb_err_t *rb_redis_command(rb_task_t *task, ngx_uint_t argc,
    const ngx_str_t *argv, rb_redis_reply_t *reply);

extern rb_err_t  rb_err_redis;          /* 503 redis_unavailable */

/* Publishes without waiting (never yields); lost when Redis is away. */
void rb_redis_publish(const ngx_str_t *channel, const ngx_str_t *message);


/*
 * Subscribing: one connection for all of a worker's channels, kept up by
 * itself.  The callbacks run on the main stack and must not yield.
 * on_state(1) is told when the subscription is confirmed, on_state(0) when it
 * is lost.  The channel and the struct stay the caller's, for good.
 */

typedef struct {
    ngx_str_t      channel;
    void         (*on_message)(void *data, ngx_str_t *message);
    void         (*on_state)(void *data, ngx_uint_t subscribed);
    void          *data;
    ngx_queue_t    queue;               /* ours */
    unsigned       subscribed:1;        /* ours: confirmed */
} rb_redis_subscription_t;

/* NGX_DECLINED: Redis is not configured, or not in this process. */
ngx_int_t rb_redis_subscribe(rb_redis_subscription_t *sub);


typedef struct {
    ngx_uint_t    connections;
    ngx_uint_t    ready;
    ngx_uint_t    inflight;
    ngx_uint_t    subscribed;
    uint64_t      commands;
    uint64_t      errors;
    uint64_t      redirects;
    uint64_t      reconnects;
} rb_redis_stats_t;

void rb_redis_stats(rb_redis_stats_t *stats);

/* Whether Redis is configured, and whether it answers now. */
ngx_uint_t rb_redis_configured(void);
ngx_uint_t rb_redis_ready(void);


#endif /* _RB_REDIS_H_INCLUDED_ */
