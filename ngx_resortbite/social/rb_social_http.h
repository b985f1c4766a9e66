
/* The routes of accounts elsewhere, for the module. */


#ifndef _RB_SOCIAL_HTTP_H_INCLUDED_
#define _RB_SOCIAL_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_social_routes;


#endif /* _RB_SOCIAL_HTTP_H_INCLUDED_ */
