
/* The posts room's routes, for the module. */


#ifndef _RB_POSTS_HTTP_H_INCLUDED_
#define _RB_POSTS_HTTP_H_INCLUDED_


#include "web/rb_route.h"


extern const rb_routes_t  rb_posts_routes;
extern const rb_routes_t  rb_posts_edit_routes;
extern const rb_routes_t  rb_posts_past_routes;


#endif /* _RB_POSTS_HTTP_H_INCLUDED_ */
