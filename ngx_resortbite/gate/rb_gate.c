
/*
 * nginx's side of the gate: everything here runs on the main stack.
 *
 * A request whose answer is in the cache and fresh is sent at once, with no
 * request of ours made.  Any other is matched and checked, its body is read,
 * and a fiber is started.  If that ends without having waited, its answer is
 * returned from the content handler like any module's.  If not, nginx is told
 * to wait (NGX_DONE), and three things keep the request alive meanwhile:
 *
 *   r->main->count    one more, taken back by ngx_http_finalize_request();
 *   r->main->blocked  since ngx_http_terminate_request() sets count to 1
 *                     when the client has gone, but leaves a blocked request
 *                     to be finalised by whoever unblocks it;
 *   a cleanup         that cancels the fiber and does nothing else.
 *
 * The fiber ends by posting an event: sending and finalising happen here,
 * once, whatever has become of the client.
 */


#include "gate/rb_gate_internal.h"
#include "base/rb_time.h"
#include "web/rb_page.h"
#include "io/rb_tally.h"


#define RB_GATE_HEARD  900              /* ms since the node was known to hear
                                           of all changes */


static ngx_int_t rb_gate_from_cache(ngx_http_request_t *r,
    rb_gate_ctx_t *ctx);
static ngx_int_t rb_gate_pass(ngx_http_request_t *r, rb_gate_ctx_t *ctx,
    rb_gate_conf_t *conf);
static rb_err_t *rb_gate_match(rb_gate_ctx_t *ctx);
static void rb_gate_body_read(ngx_http_request_t *r);
static ngx_int_t rb_gate_start(rb_gate_ctx_t *ctx);
static void rb_gate_fiber(void *data);
static void rb_gate_done(ngx_event_t *ev);
static void rb_gate_cancel(void *data);
static ngx_int_t rb_gate_send(rb_gate_ctx_t *ctx);
static ngx_int_t rb_gate_send_kept(ngx_http_request_t *r, rb_gate_ctx_t *ctx);
static void rb_gate_unshare(rb_gate_ctx_t *ctx);
static void rb_gate_count(rb_gate_ctx_t *ctx, ngx_uint_t status);
static void rb_gate_view(ngx_http_request_t *r, const rb_gate_ctx_t *ctx);


rb_gate_t  rb_gate;


ngx_int_t
rb_gate_handler(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    rb_gate_ctx_t   *ctx;
    rb_gate_conf_t  *conf;

    ctx = ngx_pcalloc(r->pool, sizeof(rb_gate_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->http = r;
    ctx->start = rb_time_monotonic();
    ctx->route = rb_router_count(rb_gate.router);
    ngx_http_set_ctx(r, ctx, ngx_resortbite_module);

    if (rb_http_uri(r, &ctx->uri) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    conf = ngx_http_get_module_loc_conf(r, ngx_resortbite_module);

    if (conf->cache && rb_gate.cache
        && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)))
    {
        rc = rb_gate_from_cache(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return rb_gate_pass(r, ctx, conf);
}


/*
 * The URI as it came is tried as a key: nearly every client writes the
 * canonical form.  Whatever is not plain (another language, an Accept to be
 * weighed) goes the long way.
 */

static ngx_int_t
rb_gate_from_cache(ngx_http_request_t *r, rb_gate_ctx_t *ctx)
{
    ngx_int_t          rc;
    const rb_route_t  *route;

    if (rb_cache_get(rb_gate.cache, r->pool, &ctx->uri, &ctx->kept)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ctx->kept.state != RB_CACHE_FRESH
        && ctx->kept.state != RB_CACHE_STALE)
    {
        return NGX_DECLINED;
    }

    route = rb_router_route(rb_gate.router, ctx->kept.route);

    if (route->page ? !rb_http_accepts_html(r)
                    : route->view && !rb_http_accepts_json(r))
    {
        return NGX_DECLINED;
    }

    if (route->by_language && rb_http_language(r) != RB_LANG_KO) {
        return NGX_DECLINED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->kept.state == RB_CACHE_STALE) {
        rb_gate_refresh(&ctx->uri);
        ctx->served = RB_SERVED_STALE;

    } else {
        ctx->served = RB_SERVED_HIT;
    }

    ctx->from_cache = 1;
    ctx->route = ctx->kept.route;

    return rb_gate_send(ctx);
}


static ngx_int_t
rb_gate_pass(ngx_http_request_t *r, rb_gate_ctx_t *ctx, rb_gate_conf_t *conf)
{
    ngx_int_t   rc;
    rb_err_t   *err;
    rb_req_t   *req;

    req = rb_http_req_create(r);
    if (req == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->req = req;
    req->task.deadline = ngx_current_msec + conf->timeout;

    err = rb_gate_match(ctx);

    if (err == NULL && req->route == NULL) {    /* answered */
        return rb_gate_send(ctx);
    }

    /* who may not ask isn't told what is wrong with the question */

    if (err && req->route && req->route->roles != RB_ROLE_ANYONE) {
        ctx->wrong = err;
        err = NULL;
    }

    if (err == NULL && req->route->fresh && conf->cache && rb_gate.cache) {
        err = rb_http_cache_key(req, &ctx->key);
    }

    if (err) {
        rb_http_problem(req, err);
        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK ? rb_gate_send(ctx) : rc;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) && ctx->wrong == NULL) {
        rc = ngx_http_read_client_request_body(r, rb_gate_body_read);

        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = rb_gate_start(ctx);

    if (rc == NGX_AGAIN) {
        r->main->count++;
        return NGX_DONE;
    }

    return rc;
}


/*
 * Finds the route and checks what was sent against it.  With no error and no
 * route the reply is complete: OPTIONS, or it is elsewhere.
 */

static rb_err_t *
rb_gate_match(rb_gate_ctx_t *ctx)
{
    ngx_int_t            rc;
    rb_req_t            *req;
    ngx_str_t            path, allow, accept, values[RB_PATH_PARAMS_MAX];
    ngx_http_request_t  *r;

    r = ctx->http;
    req = ctx->req;

    path.data = ctx->uri.data;
    path.len = 0;

    while (path.len < ctx->uri.len && path.data[path.len] != '?') {
        path.len++;
    }

    ngx_memzero(values, sizeof(values));

    rc = rb_router_match(rb_gate.router, r->method, &path, &req->route,
                         &req->route_index, values, &allow);

    if (rc == NGX_DECLINED) {
        req->route = NULL;

        if (rb_page_moved(req, rb_gate.router, &path, &ctx->uri) == NGX_OK) {
            return NULL;
        }

        accept = rb_http_header(req, "accept");
        req->route = rb_page_nowhere(&path, &accept);

        if (req->route) {
            req->lang = req->route->english ? RB_LANG_EN : RB_LANG_KO;
        }

        return &rb_err_not_found;
    }

    if (rc == NGX_HTTP_NOT_ALLOWED) {
        req->route = NULL;

        if (r->method == NGX_HTTP_OPTIONS) {
            rb_http_options(req, &allow);
            return NULL;
        }

        return rb_err_method_not_allowed(r->pool, &allow);
    }

    ctx->route = req->route_index;

    return rb_http_check(req, values);
}


/* The body is here: also the way on for a POST without one. */

static void
rb_gate_body_read(ngx_http_request_t *r)
{
    ngx_int_t        rc;
    rb_err_t        *err;
    rb_gate_ctx_t   *ctx;
    rb_gate_conf_t  *conf;

    ctx = ngx_http_get_module_ctx(r, ngx_resortbite_module);
    conf = ngx_http_get_module_loc_conf(r, ngx_resortbite_module);

    /* however long the client took to send it */

    ctx->req->task.deadline = ngx_current_msec + conf->timeout;

    err = rb_http_read_body(ctx->req);

    if (err && ctx->req->route->roles != RB_ROLE_ANYONE) {
        ctx->wrong = err;
        err = NULL;
    }

    if (err) {
        rb_http_problem(ctx->req, err);
        rc = rb_gate_send(ctx);

    } else {
        rc = rb_gate_start(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
    }
}


/*
 * Starts the fiber.  NGX_AGAIN: it waits, and rb_gate_done() will finalise;
 * anything else is what a content handler returns.
 */

static ngx_int_t
rb_gate_start(rb_gate_ctx_t *ctx)
{
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    static time_t  warned;

    r = ctx->http;

    if (ctx->req->route->on_main) {
        rb_gate_answer(ctx);
        return rb_gate_send(ctx);
    }

    ctx->done_event.handler = rb_gate_done;
    ctx->done_event.data = ctx;
    ctx->done_event.log = r->connection->log;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = rb_gate_cancel;
    cln->data = ctx;

    if (rb_fiber_start(rb_gate_fiber, ctx, r->connection->log) == NULL) {

        if (warned != ngx_time()) {     /* once a second is enough to know */
            warned = ngx_time();
            ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                          "no fiber is free: requests are answered 503; see "
                          "\"resortbite_fibers\"");
        }

        rb_http_problem(ctx->req, &rb_err_busy);
        return rb_gate_send(ctx);
    }

    if (ctx->done) {
        return rb_gate_send(ctx);
    }

    ctx->suspended = 1;
    r->main->blocked++;

    /* a read is given up when its client goes; a write is seen through */

    if (!r->discard_body) {
        r->read_event_handler = (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
                                ? ngx_http_test_reading
                                : ngx_http_block_reading;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_AGAIN;
}


static void
rb_gate_fiber(void *data)
{
    rb_gate_ctx_t  *ctx = data;

    ctx->fiber = rb_fiber_self();

    if (!(ctx->http->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        rb_fiber_shield();
    }

    rb_gate_answer(ctx);

    ctx->fiber = NULL;
    ctx->done = 1;

    if (ctx->suspended) {
        ngx_post_event(&ctx->done_event, &ngx_posted_events);
    }
}


static void
rb_gate_done(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    rb_gate_ctx_t       *ctx;
    ngx_http_request_t  *r;

    ctx = ev->data;
    r = ctx->http;
    c = r->connection;

    r->main->blocked--;

    if (c->error) {                     /* terminated while it was blocked */
        rb_gate_count(ctx, NGX_HTTP_CLIENT_CLOSED_REQUEST);
        ngx_http_finalize_request(r, NGX_ERROR);

    } else {
        ngx_http_finalize_request(r, rb_gate_send(ctx));
    }

    ngx_http_run_posted_requests(c);
}


/* The request is being torn down: its fiber hears of it at its next wait. */

static void
rb_gate_cancel(void *data)
{
    rb_gate_ctx_t  *ctx = data;

    if (ctx->fiber) {
        rb_fiber_cancel(ctx->fiber);
    }
}


static ngx_int_t
rb_gate_send(rb_gate_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->http;

    if (rb_reply_shared_age && rb_gate.cache) {
        rb_gate_unshare(ctx);
    }

    rc = ctx->from_cache ? rb_gate_send_kept(r, ctx)
                         : rb_http_send(r, ctx->req);

    rb_gate_count(ctx, r->headers_out.status);

    if (ctx->route < rb_router_count(rb_gate.router)
        && rb_router_route(rb_gate.router, ctx->route)->counts_views)
    {
        rb_gate_view(r, ctx);
    }

    return rc;
}


static ngx_int_t
rb_gate_send_kept(ngx_http_request_t *r, rb_gate_ctx_t *ctx)
{
    rb_http_cached_t   out;
    const rb_route_t  *route;

    route = rb_router_route(rb_gate.router, ctx->route);

    ngx_memzero(&out, sizeof(rb_http_cached_t));

    out.body = ctx->kept.body;
    out.type = ctx->kept.type;
    out.etag = ctx->kept.etag;
    out.link = ctx->kept.link;
    out.cache_control = ctx->kept.cache_control;
    out.surrogate_key = ctx->kept.surrogate_key;
    out.age = ctx->kept.age;
    out.by_language = route->by_language;
    out.public_page = rb_route_public_page(route);
    out.any_origin = route->any_origin;
    out.lang = out.public_page
               ? (route->english ? RB_LANG_EN : RB_LANG_KO)
               : ctx->req ? ctx->req->lang : RB_LANG_KO;

    return rb_http_send_cached(r, &out);
}


/*
 * Caches in front are told of a change once, and may be before we hear of it,
 * or before what was being made meanwhile gets there.  So they keep for long
 * only what is known to show all changes.
 */

static void
rb_gate_unshare(rb_gate_ctx_t *ctx)
{
    rb_req_t    *req;
    ngx_uint_t   heard;

    req = ctx->req;
    heard = rb_cache_heard(rb_gate.cache, RB_GATE_HEARD);

    if (ctx->from_cache) {

        if (ctx->kept.surrogate_key.len
            && (!heard || ctx->served == RB_SERVED_ERROR_STALE))
        {
            rb_reply_unshare(ctx->http->pool,
                             rb_router_route(rb_gate.router, ctx->route),
                             &ctx->kept.cache_control);
        }

    } else if (req->route && ctx->key.len && req->reply.tags
               && (!heard
                   || !rb_cache_unchanged_since(rb_gate.cache, ctx->epoch,
                                                req->reply.tag,
                                                req->reply.tags)))
    {
        rb_reply_unshare(ctx->http->pool, req->route,
                         &req->reply.cache_control);
    }
}


static void
rb_gate_count(rb_gate_ctx_t *ctx, ngx_uint_t status)
{
    if (rb_gate.metrics) {
        rb_metrics_count(rb_gate.metrics, ctx->route, status,
                         (uint64_t) (rb_time_monotonic() - ctx->start),
                         ctx->served);
    }
}


/*
 * Somebody has got the post's page, or has it still.  Of an answer that came
 * out of the cache at once nothing is parsed, but then the path is the
 * canonical one, and the id is where the route has it.
 */

static void
rb_gate_view(ngx_http_request_t *r, const rb_gate_ctx_t *ctx)
{
    size_t            n, len;
    u_char            address[RB_HTTP_ADDRESS];
    ngx_str_t         id;
    ngx_uint_t        status;
    const ngx_str_t  *path;

    status = r->headers_out.status;

    if (r != r->main || !(r->method & NGX_HTTP_GET)
        || (status != NGX_HTTP_OK && status != NGX_HTTP_NOT_MODIFIED))
    {
        return;
    }

    if (ctx->req) {
        id = ctx->req->path[0].text;

    } else {
        path = &rb_router_route(rb_gate.router, ctx->route)->path;

        for (n = 0; n < path->len && path->data[n] != '{'; n++) { /* void */ }

        if (ctx->uri.len < n + RB_UUID_LEN) {
            return;
        }

        id.data = ctx->uri.data + n;
        id.len = RB_UUID_LEN;
    }

    len = rb_http_address(r, address);
    rb_tally_view(&id, address, len);
}
