
/*
 * The fiber's side of the gate: making an answer, through the cache.
 *
 * A request that misses either makes the answer or joins who is making it.
 * When the making fails for a reason of ours (5xx), an answer that is no
 * longer valid but not too old either is sent instead: job pages survive the
 * database being away.
 */


#include "gate/rb_gate_internal.h"
#include "gate/rb_identity.h"


/* a refresh in the background may take, ms */
#define RB_GATE_REFRESH_TIMEOUT  5000


/* A stale answer being made anew, with no client behind it. */

typedef struct {
    rb_gate_ctx_t    ctx;
    ngx_pool_t      *pool;
} rb_gate_refresh_t;


static rb_err_t *rb_gate_admit(rb_req_t *req);
static rb_err_t *rb_gate_through_cache(rb_gate_ctx_t *ctx);
static rb_err_t *rb_gate_make(rb_gate_ctx_t *ctx);
static ngx_uint_t rb_gate_look(rb_gate_ctx_t *ctx, rb_cached_t *old);
static void rb_gate_refresh_fiber(void *data);


void
rb_gate_answer(rb_gate_ctx_t *ctx)
{
    rb_err_t  *err;
    rb_req_t  *req;

    req = ctx->req;

    if (ctx->key.len) {
        err = rb_gate_through_cache(ctx);

    } else {
        err = rb_gate_admit(req);

        if (err == NULL) {
            err = ctx->wrong ? ctx->wrong : req->route->handler(req);
        }
    }

    if (err) {
        rb_http_problem(req, err);
    }

    rb_task_end(&req->task);
}


/*
 * Who asks, and whether they may: before the handler runs.  What is answered
 * to somebody in particular is not to be kept anywhere, unless the handler
 * says otherwise.
 */

static rb_err_t *
rb_gate_admit(rb_req_t *req)
{
    rb_err_t          *err;
    const rb_route_t  *route;

    route = req->route;

    if (route->roles == RB_ROLE_ANYONE && !route->optional) {
        return NULL;
    }

    ngx_str_set(&req->reply.cache_control, "no-store");

    err = rb_identity_find(req);

    return err ? err : rb_identity_admit(req);
}


static rb_err_t *
rb_gate_through_cache(rb_gate_ctx_t *ctx)
{
    rb_err_t    *err;
    ngx_int_t    rc;
    rb_cached_t  old;

    old.usable_on_error = 0;

    if (rb_gate_look(ctx, &old)) {
        return NULL;
    }

    rc = rb_cache_fly(rb_gate.cache, &ctx->req->task, &ctx->key);

    if (rc == NGX_AGAIN) {

        if (rb_gate_look(ctx, &old)) {

            if (ctx->served == RB_SERVED_HIT) {
                ctx->served = RB_SERVED_JOINED;
            }

            return NULL;
        }

        /* what was joined has come to nothing: it failed, or made an answer
         * that can't be kept (404), so that each has to make its own */

        err = old.usable_on_error ? &rb_err_busy : rb_gate_make(ctx);

    } else if (rc == NGX_OK) {

        /* others wait for it: a client that leaves must not take it along */

        rb_fiber_shield();
        err = rb_gate_make(ctx);
        rb_fiber_unshield();

        rb_cache_landed(rb_gate.cache, &ctx->key);

    } else {
        err = rb_fiber_cancelled() ? &rb_err_cancelled : &rb_err_timeout;
    }

    if (err == NULL || err->problem->status < 500 || !old.usable_on_error) {
        return err;
    }

    ctx->kept = old;
    ctx->from_cache = 1;
    ctx->served = RB_SERVED_ERROR_STALE;

    return NULL;
}


/*
 * Looks into the cache.  1: what it holds can be sent, and was taken.  0: it
 * has nothing, or *old, which is only to be sent if making it anew fails.
 */

static ngx_uint_t
rb_gate_look(rb_gate_ctx_t *ctx, rb_cached_t *old)
{
    if (rb_cache_get(rb_gate.cache, ctx->req->task.pool, &ctx->key, old)
        != NGX_OK)
    {
        old->usable_on_error = 0;
        return 0;
    }

    switch (old->state) {

    case RB_CACHE_FRESH:
        ctx->served = RB_SERVED_HIT;
        break;

    case RB_CACHE_STALE:
        ctx->served = RB_SERVED_STALE;
        rb_gate_refresh(&ctx->key);
        break;

    default:
        return 0;
    }

    ctx->kept = *old;
    ctx->from_cache = 1;

    return 1;
}


/* Makes the answer and, if that can be, keeps it. */

static rb_err_t *
rb_gate_make(rb_gate_ctx_t *ctx)
{
    rb_err_t  *err;
    rb_req_t  *req;

    req = ctx->req;
    ctx->served = RB_SERVED_MISS;
    ctx->epoch = rb_cache_epoch(rb_gate.cache);

    err = req->route->handler(req);

    if (err == NULL && req->reply.status == NGX_HTTP_OK
        && !req->reply.uncached)
    {
        err = rb_reply_finish(req);

        if (err == NULL) {
            (void) rb_cache_put(rb_gate.cache, &ctx->key, req, ctx->epoch);
        }

    } else if (err ? err->problem->status < 500 && err != &rb_err_cancelled
                   : req->reply.status >= 400 && req->reply.status < 500)
    {
        /* it is gone, and must not come back when the database is away */

        rb_cache_drop(rb_gate.cache, &ctx->key, ctx->epoch);
    }

    return err;
}


void
rb_gate_refresh(const ngx_str_t *key)
{
    ngx_pool_t         *pool;
    rb_gate_refresh_t  *refresh;

    if (rb_cache_try_fly(rb_gate.cache, key) != NGX_OK) {
        return;
    }

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE / 4, ngx_cycle->log);
    if (pool == NULL) {
        rb_cache_landed(rb_gate.cache, key);
        return;
    }

    refresh = ngx_pcalloc(pool, sizeof(rb_gate_refresh_t));

    if (refresh != NULL) {
        refresh->pool = pool;
        refresh->ctx.key.len = key->len;
        refresh->ctx.key.data = ngx_pstrdup(pool, (ngx_str_t *) key);

        if (refresh->ctx.key.data
            && rb_fiber_start(rb_gate_refresh_fiber, refresh, ngx_cycle->log))
        {
            return;
        }
    }

    rb_cache_landed(rb_gate.cache, key);
    ngx_destroy_pool(pool);
}


static void
rb_gate_refresh_fiber(void *data)
{
    rb_req_t           *req;
    rb_gate_refresh_t  *refresh = data;

    req = rb_http_req_from_key(refresh->pool, ngx_cycle->log, rb_gate.router,
                               &refresh->ctx.key);

    if (req == NULL) {
        rb_cache_landed(rb_gate.cache, &refresh->ctx.key);
        ngx_destroy_pool(refresh->pool);
        return;
    }

    req->task.background = 1;
    req->task.deadline = ngx_current_msec + RB_GATE_REFRESH_TIMEOUT;
    refresh->ctx.req = req;

    /* a failure leaves the old answer where it is */

    (void) rb_gate_make(&refresh->ctx);

    rb_cache_landed(rb_gate.cache, &refresh->ctx.key);

    rb_task_end(&req->task);
    ngx_destroy_pool(refresh->pool);
}
