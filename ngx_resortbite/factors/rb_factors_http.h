
/* The factors room's routes, for the module. */


#ifndef _RB_FACTORS_HTTP_H_INCLUDED_
#define _RB_FACTORS_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_factors_routes;


#endif /* _RB_FACTORS_HTTP_H_INCLUDED_ */
