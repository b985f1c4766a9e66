
/*
 * The front door: a command, by whichever way the directive chose.
 *
 * A command that waits is a struct on its fiber's stack.  The node knows it
 * by its place in the ring; whichever of reply, loss, deadline and
 * cancellation comes first takes it out of there, so nothing points to a
 * stack that has gone.  The reply is copied into the task's pool while the
 * fiber still sleeps.
 */


#include "io/rb_redis_core.h"
#include "io/rb_redis_node.h"
#include "io/rb_redis_cluster.h"
#include "io/rb_redis_pubsub.h"
#include "base/rb_time.h"


#define RB_REDIS_HOPS   5
#define RB_REDIS_PAUSE  50              /* before asking again: TRYAGAIN, ms */


typedef struct {
    rb_redis_call_t      call;          /* first */
    rb_fiber_t          *fiber;
    rb_task_t           *task;
    rb_redis_reply_t    *reply;
    rb_err_t            *err;
    rb_redis_hop_e       hop;
    ngx_uint_t           target;        /* of the hop: see the cluster's map */
    ngx_msec_t           deadline;
    unsigned             done:1;
} rb_redis_waiter_t;


static rb_err_t *rb_redis_run(rb_redis_waiter_t *w, ngx_uint_t argc,
    const ngx_str_t *argv);
static rb_redis_node_t *rb_redis_node_for(rb_redis_waiter_t *w,
    ngx_uint_t argc, const ngx_str_t *argv);
static rb_err_t *rb_redis_once(rb_redis_waiter_t *w, rb_redis_node_t *node,
    ngx_uint_t argc, const ngx_str_t *argv);
static rb_err_t *rb_redis_wait(rb_redis_waiter_t *w);
static rb_err_t *rb_redis_pause(rb_redis_waiter_t *w);
static void rb_redis_done(rb_redis_call_t *call, rb_redis_node_t *node,
    const rb_redis_value_t *value);


rb_err_define(rb_err_redis, 503, "redis_unavailable",
    "잠시 이용할 수 없는 기능입니다. 조금 뒤에 다시 시도해 주세요.",
    "This is unavailable for the moment. Please try again shortly.");


rb_redis_t  rb_redis;

static rb_redis_node_t  *rb_redis_single;       /* NULL: a cluster, or none */


ngx_int_t
rb_redis_init_process(ngx_cycle_t *cycle, rb_redis_conf_t *conf)
{
    const char  *error;

    ngx_memzero(&rb_redis, sizeof(rb_redis_t));

    if (conf->url.len == 0) {
        return NGX_OK;
    }

    rb_redis.conf = *conf;
    rb_redis.log = cycle->log;

    error = rb_redis_target_parse(cycle->pool, &conf->url, &rb_redis.target);
    if (error) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0, "redis: %s", error);
        return NGX_ERROR;
    }

    if (rb_redis_pubsub_init() != NGX_OK) {
        return NGX_ERROR;
    }

    rb_redis.configured = 1;

    if (rb_redis.target.kind == RB_REDIS_CLUSTER) {
        return rb_redis_cluster_init();
    }

    rb_redis_single = rb_redis_node_create(
                            rb_redis.target.kind == RB_REDIS_SENTINEL
                            ? NULL : rb_redis.target.servers);
    if (rb_redis_single == NULL) {
        return NGX_ERROR;
    }

    rb_redis_node_start(rb_redis_single);

    return NGX_OK;
}


void
rb_redis_exit_process(void)
{
    if (!rb_redis.configured) {
        return;
    }

    rb_redis.configured = 0;

    rb_redis_pubsub_exit();
    rb_redis_cluster_exit();

    if (rb_redis_single) {
        rb_redis_node_exit(rb_redis_single);
        rb_redis_single = NULL;
    }
}


rb_err_t *
rb_redis_command(rb_task_t *task, ngx_uint_t argc, const ngx_str_t *argv,
    rb_redis_reply_t *reply)
{
    int64_t             start;
    rb_err_t           *err;
    rb_redis_waiter_t   w;

    ngx_memzero(reply, sizeof(rb_redis_reply_t));

    if (!rb_redis.configured) {
        return &rb_err_redis;
    }

    ngx_memzero(&w, sizeof(rb_redis_waiter_t));

    w.call.done = rb_redis_done;
    w.fiber = rb_fiber_self();
    w.task = task;
    w.reply = reply;

    if (w.fiber == NULL) {
        return &rb_err_internal;
    }

    w.deadline = ngx_current_msec + rb_task_left(task, rb_redis.conf.timeout);

    start = rb_time_monotonic();

    err = rb_redis_run(&w, argc, argv);

    task->redis_usec += rb_time_monotonic() - start;

    if (err) {
        rb_redis.errors++;
    }

    return err;
}


/*
 * Follows redirections.  After the last one allowed the caller gets the
 * server's own answer, which is an error.
 */

static rb_err_t *
rb_redis_run(rb_redis_waiter_t *w, ngx_uint_t argc, const ngx_str_t *argv)
{
    rb_err_t    *err;
    ngx_uint_t   hops;

    for (hops = 0; ; hops++) {
        err = rb_redis_once(w, rb_redis_node_for(w, argc, argv), argc, argv);

        if (err || w->hop == RB_REDIS_HERE || hops == RB_REDIS_HOPS) {
            return err;
        }

        rb_redis.redirects++;

        if (w->hop == RB_REDIS_LATER) {
            err = rb_redis_pause(w);

            if (err) {
                return err;
            }
        }
    }
}


static rb_redis_node_t *
rb_redis_node_for(rb_redis_waiter_t *w, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    if (rb_redis_single) {
        return rb_redis_single;
    }

    if (w->hop == RB_REDIS_MOVED || w->hop == RB_REDIS_ASK) {
        return rb_redis_cluster_at(w->target);
    }

    return rb_redis_cluster_node(rb_redis_cluster_slot(argc, argv));
}


static rb_err_t *
rb_redis_once(rb_redis_waiter_t *w, rb_redis_node_t *node, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    ngx_int_t  rc;

    if (node == NULL) {
        return &rb_err_redis;
    }

    rc = (w->hop == RB_REDIS_ASK)
         ? rb_redis_node_ask(node, argc, argv, &w->call)
         : rb_redis_node_send(node, argc, argv, &w->call);

    if (rc != NGX_OK) {
        return &rb_err_redis;
    }

    rb_redis.commands++;

    w->done = 0;
    w->err = NULL;
    w->hop = RB_REDIS_HERE;

    return rb_redis_wait(w);
}


static rb_err_t *
rb_redis_wait(rb_redis_waiter_t *w)
{
    rb_wake_e       wake;
    ngx_msec_int_t  left;

    while (!w->done) {
        left = (ngx_msec_int_t) (w->deadline - ngx_current_msec);

        wake = (left > 0) ? rb_task_wait(w->task, left) : RB_WAKE_TIMEOUT;

        if (wake == RB_WAKE_CANCELLED) {
            rb_redis_node_forget(&w->call);
            return &rb_err_cancelled;
        }

        if (wake == RB_WAKE_TIMEOUT && !w->done) {
            rb_redis_node_forget(&w->call);
            return &rb_err_timeout;
        }
    }

    return w->err;
}


static rb_err_t *
rb_redis_pause(rb_redis_waiter_t *w)
{
    rb_wake_e       wake;
    ngx_msec_t      until;
    ngx_msec_int_t  left;

    until = ngx_current_msec + RB_REDIS_PAUSE;

    if ((ngx_msec_int_t) (w->deadline - until) <= 0) {
        return &rb_err_timeout;
    }

    while ((left = (ngx_msec_int_t) (until - ngx_current_msec)) > 0) {
        wake = rb_task_wait(w->task, left);

        if (wake == RB_WAKE_CANCELLED) {
            return &rb_err_cancelled;
        }
    }

    return NULL;
}


/* On the main stack, while the fiber sleeps. */

static void
rb_redis_done(rb_redis_call_t *call, rb_redis_node_t *node,
    const rb_redis_value_t *value)
{
    rb_redis_waiter_t  *w;

    w = (rb_redis_waiter_t *) call;

    w->done = 1;

    if (value == NULL) {
        w->err = &rb_err_redis;

    } else {
        if (rb_redis_single == NULL) {
            w->hop = rb_redis_cluster_hop(node, value, &w->target);
        }

        if (rb_redis_value_copy(w->task->pool, value, w->reply) != NGX_OK) {
            w->err = &rb_err_internal;
        }
    }

    rb_fiber_wake(w->fiber);
}


void
rb_redis_publish(const ngx_str_t *channel, const ngx_str_t *message)
{
    ngx_str_t         argv[3];
    rb_redis_node_t  *node;

    if (!rb_redis.configured) {
        return;
    }

    ngx_str_set(&argv[0], "PUBLISH");
    argv[1] = *channel;
    argv[2] = *message;

    node = rb_redis_single ? rb_redis_single
                           : rb_redis_cluster_node(RB_REDIS_NO_KEY);

    if (node && rb_redis_node_send(node, 3, argv, NULL) == NGX_OK) {
        rb_redis.commands++;
        return;
    }

    rb_redis.errors++;
}


void
rb_redis_stats(rb_redis_stats_t *stats)
{
    ngx_memzero(stats, sizeof(rb_redis_stats_t));

    if (!rb_redis.configured) {
        return;
    }

    if (rb_redis_single) {
        stats->connections = 1;
        stats->ready = rb_redis_node_ready(rb_redis_single);
        stats->inflight = rb_redis_node_inflight(rb_redis_single);

    } else {
        rb_redis_cluster_stats(stats);
    }

    rb_redis_pubsub_stats(stats);

    stats->commands = rb_redis.commands;
    stats->errors = rb_redis.errors;
    stats->redirects = rb_redis.redirects;
    stats->reconnects = rb_redis.reconnects;
}


ngx_uint_t
rb_redis_configured(void)
{
    return rb_redis.configured;
}


ngx_uint_t
rb_redis_ready(void)
{
    if (!rb_redis.configured) {
        return 0;
    }

    return rb_redis_single ? rb_redis_node_ready(rb_redis_single)
                           : rb_redis_cluster_ready();
}
