
/* The oauth room's routes, for the module. */


#ifndef _RB_OAUTH_HTTP_H_INCLUDED_
#define _RB_OAUTH_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_oauth_routes;


#endif /* _RB_OAUTH_HTTP_H_INCLUDED_ */
