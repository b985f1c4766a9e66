
/* The OpenAPI 3.1 description of every route, made from the route tables. */


#ifndef _RB_OPENAPI_H_INCLUDED_
#define _RB_OPENAPI_H_INCLUDED_


#include "web/rb_route.h"


/* Writes the document into pool, once, while the configuration is read. */
ngx_int_t rb_openapi_write(ngx_pool_t *pool, const rb_router_t *router,
    ngx_str_t *document);


#endif /* _RB_OPENAPI_H_INCLUDED_ */
