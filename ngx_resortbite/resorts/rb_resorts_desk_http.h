
/* The routes of a resort's desk, for the module. */


#ifndef _RB_RESORTS_DESK_HTTP_H_INCLUDED_
#define _RB_RESORTS_DESK_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_resorts_desk_routes;


#endif /* _RB_RESORTS_DESK_HTTP_H_INCLUDED_ */
