
/*
 * nginx variables about how a request was served, for logs and conditions:
 * $resortbite_route, $resortbite_cache, $resortbite_pg_time,
 * $resortbite_redis_time, $resortbite_request_id, $resortbite_traceparent.
 */


#include "gate/rb_gate.h"


static ngx_int_t rb_variable_route(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t rb_variable_cache(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t rb_variable_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t rb_variable_request_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t rb_variable_traceparent(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* data: for a time, its offset within rb_task_t */

static ngx_http_variable_t  rb_variables[] = {

    { ngx_string("resortbite_route"), NULL, rb_variable_route, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_cache"), NULL, rb_variable_cache, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_pg_time"), NULL, rb_variable_time,
      offsetof(rb_task_t, pg_usec), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_redis_time"), NULL, rb_variable_time,
      offsetof(rb_task_t, redis_usec), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_request_id"), NULL, rb_variable_request_id, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_traceparent"), NULL, rb_variable_traceparent, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
rb_gate_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = rb_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}



static rb_gate_ctx_t *
rb_variable_ctx(ngx_http_request_t *r, ngx_http_variable_value_t *v)
{
    rb_gate_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_resortbite_module);

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = (ctx == NULL);

    return ctx;
}


static void
rb_variable_set(ngx_http_variable_value_t *v, const ngx_str_t *s)
{
    v->data = s->data;
    v->len = s->len;
    v->not_found = (s->len == 0);
}


static ngx_int_t
rb_variable_route(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    rb_gate_ctx_t  *ctx;

    ctx = rb_variable_ctx(r, v);

    if (ctx == NULL || ctx->route >= rb_router_count(rb_gate.router)) {
        v->not_found = 1;
        return NGX_OK;
    }

    rb_variable_set(v, &rb_router_route(rb_gate.router, ctx->route)->name);

    return NGX_OK;
}


static ngx_int_t
rb_variable_cache(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    rb_gate_ctx_t  *ctx;

    static const ngx_str_t  names[RB_SERVED_COUNT] = {
        ngx_string("bypass"), ngx_string("hit"), ngx_string("stale"),
        ngx_string("miss"), ngx_string("joined"), ngx_string("error_stale")
    };

    ctx = rb_variable_ctx(r, v);

    if (ctx != NULL) {
        rb_variable_set(v, &names[ctx->served]);
    }

    return NGX_OK;
}


/* Seconds with microseconds: "0.000482". */

static ngx_int_t
rb_variable_time(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    uint64_t        usec;
    rb_gate_ctx_t  *ctx;

    ctx = rb_variable_ctx(r, v);

    if (ctx == NULL) {
        return NGX_OK;
    }

    usec = ctx->req ? *(uint64_t *) ((u_char *) &ctx->req->task + data) : 0;

    v->data = ngx_pnalloc(r->pool, NGX_INT64_LEN + sizeof(".000000") - 1);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%uL.%06uL", usec / 1000000, usec % 1000000)
             - v->data;

    return NGX_OK;
}


/* X-Request-Id as it was sent: the client's own, or the one made for it. */

static ngx_int_t
rb_variable_request_id(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t  id;

    if (rb_variable_ctx(r, v) == NULL || rb_http_sent_id(r, &id) != NGX_OK) {
        v->not_found = 1;
        return NGX_OK;
    }

    rb_variable_set(v, &id);

    return NGX_OK;
}


static ngx_int_t
rb_variable_traceparent(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t  traceparent;

    if (rb_variable_ctx(r, v) == NULL
        || rb_http_traceparent(r, &traceparent) != NGX_OK)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    rb_variable_set(v, &traceparent);

    return NGX_OK;
}
