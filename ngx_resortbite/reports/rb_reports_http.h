
/* The reports room's routes, for the module. */


#ifndef _RB_REPORTS_HTTP_H_INCLUDED_
#define _RB_REPORTS_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_reports_routes;            /* of the public */
extern const rb_routes_t  rb_reports_desk_routes;       /* of the staff */


#endif /* _RB_REPORTS_HTTP_H_INCLUDED_ */
