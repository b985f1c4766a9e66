
/*
 * What is known of a client's request.  nginx forgets a module's context at
 * an internal redirect; so it also hangs on the pool's list of cleanups, where
 * it is found again.
 */


#include "gate/rb_identity_internal.h"


static void rb_identity_ctx_gone(void *data);


rb_identity_ctx_t *
rb_identity_ctx(ngx_http_request_t *r)
{
    rb_identity_ctx_t   *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = rb_identity_ctx_of(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(rb_identity_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ngx_memzero(cln->data, sizeof(rb_identity_ctx_t));
    cln->handler = rb_identity_ctx_gone;
    ctx = cln->data;

    ngx_http_set_ctx(r->main, ctx, ngx_resortbite_identity_module);

    return ctx;
}


rb_identity_ctx_t *
rb_identity_ctx_of(ngx_http_request_t *r)
{
    rb_identity_ctx_t   *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_http_get_module_ctx(r->main, ngx_resortbite_identity_module);
    if (ctx) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == rb_identity_ctx_gone) {
            ngx_http_set_ctx(r->main, cln->data,
                             ngx_resortbite_identity_module);
            return cln->data;
        }
    }

    return NULL;
}


/* It goes with its pool; the handler is only what it is known by. */

static void
rb_identity_ctx_gone(void *data)
{
    /* void */
}
