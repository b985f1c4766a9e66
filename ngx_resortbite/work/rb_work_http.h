
/* The routes of work types, for the module. */


#ifndef _RB_WORK_HTTP_H_INCLUDED_
#define _RB_WORK_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_work_routes;


#endif /* _RB_WORK_HTTP_H_INCLUDED_ */
