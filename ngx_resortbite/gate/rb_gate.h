
/*
 * The gate: what a request passes before its handler, in this order: cache,
 * route, parameters, body, fiber, handler; and the way back: cache, metrics,
 * sending.  rb_gate_handler() is nginx's content handler.
 */


#ifndef _RB_GATE_H_INCLUDED_
#define _RB_GATE_H_INCLUDED_


#include "gate/rb_cache.h"
#include "gate/rb_metrics.h"
#include "gate/rb_verdict.h"
#include "io/rb_budget.h"
#include "web/rb_http.h"


/* How a request was served: $resortbite_cache and a metric's label. */

typedef enum {
    RB_SERVED_BYPASS = 0,               /* not a cacheable answer */
    RB_SERVED_HIT,
    RB_SERVED_STALE,
    RB_SERVED_MISS,
    RB_SERVED_JOINED,                   /* waited for another's flight */
    RB_SERVED_ERROR_STALE,              /* old, since making it anew failed */
    RB_SERVED_COUNT
} rb_served_e;


/* All that is one per nginx process; set up by the module. */

typedef struct {
    rb_router_t        *router;
    rb_cache_t         *cache;          /* in shared memory; or NULL */
    rb_metrics_t       *metrics;        /* in shared memory; or NULL */
    rb_verdicts_t      *verdicts;       /* in shared memory; or NULL */
    rb_budgets_t       *budgets;        /* in shared memory; or NULL */
    ngx_str_t           openapi;
} rb_gate_t;

extern rb_gate_t  rb_gate;


/* By location: the first members of the module's location configuration. */

typedef struct {
    ngx_flag_t          cache;
    ngx_msec_t          timeout;        /* a request may take */
} rb_gate_conf_t;


/*
 * What the gate knows of one nginx request; the module's context, read by
 * the variables.
 */

typedef struct {
    ngx_http_request_t *http;           /* NULL: a refresh in the background */
    rb_req_t           *req;            /* NULL: served from the cache */
    ngx_str_t           uri;            /* path and query */
    ngx_uint_t          route;          /* index; the count: none matched */
    rb_served_e         served;
    int64_t             start;          /* monotonic, microseconds */
    rb_fiber_t         *fiber;          /* while it runs */
    ngx_str_t           key;            /* of the cache; or empty */
    uint64_t            epoch;          /* of it, when the making began */
    rb_err_t           *wrong;          /* with the request, for who may ask;
                                           or NULL */
    rb_cached_t         kept;           /* to be sent instead of req->reply */
    ngx_event_t         done_event;     /* from the fiber to the main stack */
    unsigned            from_cache:1;
    unsigned            suspended:1;    /* nginx was told to wait */
    unsigned            done:1;
} rb_gate_ctx_t;


/* /healthz, /readyz, /metrics, /openapi.json */
extern const rb_routes_t  rb_gate_routes;

/* The module, whose context and configuration are ours. */
extern ngx_module_t  ngx_resortbite_module;


/*
 * Adds a room that another module brings, from its preconfiguration; that
 * module is loaded after this one.
 */
ngx_int_t rb_gate_add_room(ngx_conf_t *cf, const rb_routes_t *routes);

/*
 * A directive that can't do without database and zone, said so when they are
 * missing; as the directive is read.
 */
void rb_gate_need(ngx_conf_t *cf, const char *directive);

/* Adds the variables; from the module's preconfiguration. */
ngx_int_t rb_gate_add_variables(ngx_conf_t *cf);

/* nginx's content handler for `resortbite_api'. */
ngx_int_t rb_gate_handler(ngx_http_request_t *r);


#endif /* _RB_GATE_H_INCLUDED_ */
