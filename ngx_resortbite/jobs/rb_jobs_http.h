
/* The jobs room's routes, for the module. */


#ifndef _RB_JOBS_HTTP_H_INCLUDED_
#define _RB_JOBS_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_jobs_routes;


#endif /* _RB_JOBS_HTTP_H_INCLUDED_ */
