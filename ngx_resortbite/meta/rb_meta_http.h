
/* The meta room's routes, for the module. */


#ifndef _RB_META_HTTP_H_INCLUDED_
#define _RB_META_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_meta_routes;


#endif /* _RB_META_HTTP_H_INCLUDED_ */
