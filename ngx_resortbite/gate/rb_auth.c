
/*
 * resortbite_auth in nginx's phases.
 *
 *   POST_READ  whatever a client has called X-ResortBite-… is taken out of
 *              its request, wherever that goes: subrequests and redirects see
 *              no access phase
 *   ACCESS     who asks is found out; the request passes, is answered, or
 *              waits for a fiber
 *
 * A request that waits is kept alive as in rb_gate.c: `blocked' holds back its
 * end, a cleanup cancels the fiber and does nothing else, and the fiber posts
 * an event.  Then nginx's phases are run on from where they were: the handler
 * is called again and finds what the fiber has left.
 */


#include "gate/rb_identity_internal.h"


/* A request that waits for its fiber. */

typedef struct {
    ngx_http_request_t   *http;
    rb_req_t             *req;
    rb_err_t             *err;
    rb_fiber_t           *fiber;
    ngx_event_t           done_event;
    ngx_http_event_handler_pt  read;    /* as it was before */
    unsigned              suspended:1;
    unsigned              done:1;
} rb_auth_wait_t;


static ngx_int_t rb_auth_access(ngx_http_request_t *r);
static ngx_int_t rb_auth_wait(ngx_http_request_t *r, rb_identity_ctx_t *ctx,
    rb_req_t *req, rb_auth_wait_t **wait);
static void rb_auth_fiber(void *data);
static void rb_auth_done(ngx_event_t *ev);
static void rb_auth_cancel(void *data);
static ngx_int_t rb_auth_decide(ngx_http_request_t *r, rb_req_t *req,
    rb_err_t *err);
static rb_err_t *rb_auth_own_page(ngx_http_request_t *r, rb_req_t *req);
static ngx_int_t rb_auth_refuse(ngx_http_request_t *r, rb_req_t *req,
    rb_err_t *err);
static ngx_uint_t rb_auth_navigates(ngx_http_request_t *r, rb_req_t *req);
static ngx_int_t rb_auth_redirect(ngx_http_request_t *r, rb_req_t *req);
static ngx_int_t rb_auth_page(ngx_http_request_t *r, rb_req_t *req);
static ngx_int_t rb_auth_leave(ngx_http_request_t *r, rb_err_t *err);
static ngx_uint_t rb_auth_has_page(ngx_http_request_t *r, ngx_uint_t status);


ngx_int_t
rb_auth_add_handlers(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = rb_auth_strip;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = rb_auth_access;

    return NGX_OK;
}


static ngx_int_t
rb_auth_access(ngx_http_request_t *r)
{
    ngx_int_t           rc;
    rb_req_t           *req;
    rb_auth_conf_t     *acf;
    rb_gate_conf_t     *conf;
    rb_auth_wait_t     *wait;
    rb_identity_ctx_t  *ctx;

    acf = ngx_http_get_module_loc_conf(r, ngx_resortbite_identity_module);

    if (acf->mode == RB_AUTH_OFF) {
        return NGX_DECLINED;
    }

    ctx = rb_identity_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wait = ctx->wait;

    if (wait == NULL) {
        req = rb_http_req_create(r);
        if (req == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (rb_identity_peek(req) == NGX_OK) {
            return rb_auth_decide(r, req, NULL);
        }

        conf = ngx_http_get_module_loc_conf(r, ngx_resortbite_module);
        req->task.deadline = ngx_current_msec + conf->timeout;

        rc = rb_auth_wait(r, ctx, req, &wait);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (!wait->done) {
        return NGX_AGAIN;
    }

    ctx->wait = NULL;

    return rb_auth_decide(r, wait->req, wait->err);
}


/* Has a fiber find out.  NGX_OK: it is started, and may have ended. */

static ngx_int_t
rb_auth_wait(ngx_http_request_t *r, rb_identity_ctx_t *ctx, rb_req_t *req,
    rb_auth_wait_t **out)
{
    rb_auth_wait_t      *wait;
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(r, 0);
    wait = ngx_pcalloc(r->pool, sizeof(rb_auth_wait_t));

    if (cln == NULL || wait == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wait->http = r;
    wait->req = req;
    wait->done_event.handler = rb_auth_done;
    wait->done_event.data = wait;
    wait->done_event.log = r->connection->log;

    cln->handler = rb_auth_cancel;
    cln->data = wait;

    *out = wait;
    ctx->wait = wait;

    if (rb_fiber_start(rb_auth_fiber, wait, r->connection->log) == NULL) {
        wait->err = &rb_err_busy;
        wait->done = 1;
    }

    if (wait->done) {
        return NGX_OK;
    }

    wait->suspended = 1;
    wait->read = r->read_event_handler;
    r->main->blocked++;

    r->read_event_handler = (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
                            ? ngx_http_test_reading : ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_OK;
}


static void
rb_auth_fiber(void *data)
{
    rb_auth_wait_t  *wait = data;

    wait->fiber = rb_fiber_self();

    wait->err = rb_identity_find(wait->req);
    rb_task_end(&wait->req->task);

    wait->fiber = NULL;
    wait->done = 1;

    if (wait->suspended) {
        ngx_post_event(&wait->done_event, &ngx_posted_events);
    }
}


static void
rb_auth_done(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    rb_auth_wait_t      *wait;
    ngx_http_request_t  *r;

    wait = ev->data;
    r = wait->http;
    c = r->connection;

    r->main->blocked--;

    if (c->error) {                     /* terminated while it was blocked */
        ngx_http_finalize_request(r, NGX_ERROR);

    } else {
        r->read_event_handler = wait->read;
        r->write_event_handler = ngx_http_core_run_phases;

        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


static void
rb_auth_cancel(void *data)
{
    rb_auth_wait_t  *wait = data;

    if (wait->fiber) {
        rb_fiber_cancel(wait->fiber);
    }
}


static ngx_int_t
rb_auth_decide(ngx_http_request_t *r, rb_req_t *req, rb_err_t *err)
{
    rb_auth_conf_t  *acf;

    acf = ngx_http_get_module_loc_conf(r, ngx_resortbite_identity_module);

    if (err == NULL) {
        err = rb_auth_own_page(r, req);
    }

    if (err == NULL && acf->mode == RB_AUTH_REQUIRED) {
        err = rb_identity_admit_to(req, acf->roles, acf->scopes);
    }

    if (err) {
        return rb_auth_refuse(r, req, err);
    }

    if (req->principal && rb_auth_tell(r, req->principal) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* optional lets pass, but satisfies nobody's "satisfy any" */

    return acf->mode == RB_AUTH_REQUIRED ? NGX_OK : NGX_DECLINED;
}


/*
 * A browser's cookie with an unsafe method: what is behind knows nothing of
 * our tokens, so that it is enough that the browser says that the request is
 * from our own origin; if it doesn't, the token's header field is needed.  Our
 * own routes look for themselves.
 */

static rb_err_t *
rb_auth_own_page(ngx_http_request_t *r, rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         origin, site;

    static const ngx_str_t  none = ngx_null_string;

    if (req->principal == NULL || req->principal->by != RB_BY_COOKIE
        || (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS))
        || r->content_handler == rb_gate_handler)
    {
        return NULL;
    }

    err = rb_csrf_check_origin(req);
    if (err) {
        return err;
    }

    origin = rb_http_header(req, "Origin");
    site = rb_http_header(req, "Sec-Fetch-Site");

    return (origin.len || site.len) ? NULL : rb_csrf_check(req, &none);
}


static ngx_int_t
rb_auth_refuse(ngx_http_request_t *r, rb_req_t *req, rb_err_t *err)
{
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    /* the rest of "satisfy any", and the operator's own pages, are nginx's */

    if ((err->problem->status == NGX_HTTP_UNAUTHORIZED
         || err->problem->status == NGX_HTTP_FORBIDDEN)
        && clcf->satisfy == NGX_HTTP_SATISFY_ANY)
    {
        return rb_auth_leave(r, err);
    }

    if (rb_auth_has_page(r, err->problem->status)) {
        return rb_auth_leave(r, err);
    }

    if (err->problem == rb_err_sign_in.problem && rb_auth_navigates(r, req)) {
        rc = rb_auth_redirect(r, req);

    } else if (err->problem->status == NGX_HTTP_FORBIDDEN
               && rb_auth_navigates(r, req)
               && rb_auth_page(r, req) != NGX_OK)
    {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rb_http_problem(req, err);
        rc = rb_http_send(r, req);
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


/* A page is asked for by a browser, for somebody to look at. */

static ngx_uint_t
rb_auth_navigates(ngx_http_request_t *r, rb_req_t *req)
{
    ngx_str_t  mode, accept;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return 0;
    }

    mode = rb_http_header(req, "Sec-Fetch-Mode");

    if (mode.len) {
        return mode.len == 8 && ngx_memcmp(mode.data, "navigate", 8) == 0;
    }

    accept = rb_http_header(req, "Accept");

    return accept.len
           && ngx_strnstr(accept.data, "text/html", accept.len) != NULL;
}


/* To the log-in page, which leads back. */

static ngx_int_t
rb_auth_redirect(ngx_http_request_t *r, rb_req_t *req)
{
    size_t           len;
    u_char          *p;
    ngx_str_t        uri, login;
    uintptr_t        escape;
    rb_auth_conf_t  *acf;

    acf = ngx_http_get_module_loc_conf(r, ngx_resortbite_identity_module);
    login = acf->login;

    if (login.len == 0) {
        ngx_str_set(&login, "/login");
    }

    if (rb_http_uri(r, &uri) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    escape = 2 * ngx_escape_uri(NULL, uri.data, uri.len,
                                NGX_ESCAPE_URI_COMPONENT);

    len = rb_identity->issuer.len + login.len + sizeof("?next=") + uri.len
          + escape;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    req->reply.location.data = p;

    if (login.data[0] == '/') {
        p = ngx_cpymem(p, rb_identity->issuer.data, rb_identity->issuer.len);
    }

    p = ngx_cpymem(p, login.data, login.len);
    p = ngx_cpymem(p, "?next=", sizeof("?next=") - 1);
    p = (u_char *) ngx_escape_uri(p, uri.data, uri.len,
                                  NGX_ESCAPE_URI_COMPONENT);

    req->reply.location.len = p - req->reply.location.data;
    req->reply.status = NGX_HTTP_SEE_OTHER;
    req->reply.finished = 1;
    ngx_str_set(&req->reply.cache_control, "no-store");

    return rb_http_send(r, req);
}


/*
 * Has the problem be told as a page: as one of a route that this location
 * is.  A brace would be a parameter of its path.
 */

static ngx_int_t
rb_auth_page(ngx_http_request_t *r, rb_req_t *req)
{
    size_t        i;
    ngx_str_t     path;
    uintptr_t     escape;
    rb_route_t   *route;

    escape = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len,
                                NGX_ESCAPE_URI);

    route = ngx_pcalloc(r->pool, sizeof(rb_route_t));
    path.data = ngx_pnalloc(r->pool, r->uri.len + escape);

    if (route == NULL || path.data == NULL) {
        return NGX_ERROR;
    }

    path.len = (u_char *) ngx_escape_uri(path.data, r->uri.data, r->uri.len,
                                         NGX_ESCAPE_URI)
               - path.data;

    for (i = 0; i < path.len; i++) {
        if (path.data[i] == '{') {
            path.len = 0;
        }
    }

    ngx_str_set(&route->name, "auth");
    route->method = NGX_HTTP_GET;
    route->path = path;
    route->page = 1;

    req->route = route;
    rb_http_page_language(req);

    return NGX_OK;
}


/* Leaves the answer to nginx. */

static ngx_int_t
rb_auth_leave(ngx_http_request_t *r, rb_err_t *err)
{
    ngx_table_elt_t  *h;

    if (err->problem->status == NGX_HTTP_UNAUTHORIZED
        && r->headers_out.www_authenticate == NULL)
    {
        h = ngx_list_push(&r->headers_out.headers);
        if (h == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        h->hash = 1;
        ngx_str_set(&h->key, "WWW-Authenticate");
        h->value = err->authenticate;
        h->lowcase_key = NULL;

#if (nginx_version >= 1023000)
        h->next = NULL;
#endif

        if (h->value.len == 0) {
            ngx_str_set(&h->value, "Bearer realm=\"resortbite\"");
        }

        r->headers_out.www_authenticate = h;
    }

    return (err->problem->status == 499) ? NGX_HTTP_CLIENT_CLOSED_REQUEST
                                         : (ngx_int_t) err->problem->status;
}


static ngx_uint_t
rb_auth_has_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *pages;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL) {
        return 0;
    }

    pages = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (pages[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}
