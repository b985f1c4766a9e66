
/* The routes by which moderators verify resorts, for the module. */


#ifndef _RB_RESORTS_VERIFICATION_HTTP_H_INCLUDED_
#define _RB_RESORTS_VERIFICATION_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_resorts_verification_routes;


#endif /* _RB_RESORTS_VERIFICATION_HTTP_H_INCLUDED_ */
