
/* The favourites room's routes, for the module. */


#ifndef _RB_FAVOURITES_HTTP_H_INCLUDED_
#define _RB_FAVOURITES_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_favourites_routes;


#endif /* _RB_FAVOURITES_HTTP_H_INCLUDED_ */
