
/* What the router asks of a route's table before it takes the route in. */


#ifndef _RB_ROUTE_CHECK_H_INCLUDED_
#define _RB_ROUTE_CHECK_H_INCLUDED_


#include "web/rb_route.h"


/*
 * NULL when the route's table is sound, or what is wrong with it, for the
 * log.  *which is the parameter or view concerned, or an empty string.
 */
const char *rb_route_check(const rb_route_t *route, ngx_str_t *which);


#endif /* _RB_ROUTE_CHECK_H_INCLUDED_ */
