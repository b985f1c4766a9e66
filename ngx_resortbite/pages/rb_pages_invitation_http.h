
/* The page of an invitation to a resort, for the module. */


#ifndef _RB_PAGES_INVITATION_HTTP_H_INCLUDED_
#define _RB_PAGES_INVITATION_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_pages_invitation_routes;


#endif /* _RB_PAGES_INVITATION_HTTP_H_INCLUDED_ */
