
/*
 * What a route answers besides its view follows from its kind: which problems,
 * which headers, which headers it heeds.  Each is a component that operations
 * refer to; what no operation refers to isn't written.
 */


#ifndef _RB_OPENAPI_PARTS_H_INCLUDED_
#define _RB_OPENAPI_PARTS_H_INCLUDED_


#include "web/rb_route.h"


/* what a route can do */

#define RB_OPENAPI_ANY       0x0001
#define RB_OPENAPI_ID        0x0002     /* names one thing in its path */
#define RB_OPENAPI_SECRET    0x0004     /* for some only, or told who asks */
#define RB_OPENAPI_VIEW      0x0008     /* answers JSON or HTML, and only that */
#define RB_OPENAPI_BODY      0x0010
#define RB_OPENAPI_KEY       0x0020     /* takes Idempotency-Key */
#define RB_OPENAPI_WRITE     0x0040
#define RB_OPENAPI_WAITS     0x0080     /* for PostgreSQL; or isn't ready */
#define RB_OPENAPI_ETAG      0x0100
#define RB_OPENAPI_LIST      0x0200
#define RB_OPENAPI_CREATES   0x0400
#define RB_OPENAPI_RETRY     0x0800     /* only of problems */
#define RB_OPENAPI_CONFLICT  0x1000
#define RB_OPENAPI_GONE      0x2000
#define RB_OPENAPI_WHO       0x4000     /* may refuse who asks, or a token */
#define RB_OPENAPI_DENIES    0x8000
#define RB_OPENAPI_TOO_MANY  0x10000
#define RB_OPENAPI_UPSTREAM  0x20000
#define RB_OPENAPI_LOGIN     0x40000    /* a page that leads to the log-in */
#define RB_OPENAPI_REVISED   0x80000    /* heeds If-Match */
#define RB_OPENAPI_MATCH     0x100000   /* needs it */
#define RB_OPENAPI_RULES     0x200000   /* refuses by rules */


/* The kinds that a route is of. */
ngx_uint_t rb_openapi_features(const rb_route_t *route);

/* Members of "responses", elements of "parameters", "headers" whole. */
void rb_openapi_problem_refs(rb_json_t *j, const rb_route_t *route);
void rb_openapi_param_refs(rb_json_t *j, ngx_uint_t features);
void rb_openapi_header_refs(rb_json_t *j, ngx_uint_t features);

/* "components".  NGX_ERROR when two views have one name; the log names it. */
ngx_int_t rb_openapi_components(rb_json_t *j, const rb_router_t *router);

ngx_uint_t rb_openapi_same(const ngx_str_t *a, const ngx_str_t *b);


#endif /* _RB_OPENAPI_PARTS_H_INCLUDED_ */
