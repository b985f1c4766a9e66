
/* The routes of a resort's members and invitations, for the module. */


#ifndef _RB_RESORTS_MEMBERS_HTTP_H_INCLUDED_
#define _RB_RESORTS_MEMBERS_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_resorts_members_routes;


#endif /* _RB_RESORTS_MEMBERS_HTTP_H_INCLUDED_ */
