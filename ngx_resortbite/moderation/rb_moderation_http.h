
/* The moderators' routes for posts, for the module. */


#ifndef _RB_MODERATION_HTTP_H_INCLUDED_
#define _RB_MODERATION_HTTP_H_INCLUDED_


#include "web/rb_route.h"


#define RB_MODERATION_ROLES                                                   \
    (RB_ROLE_MODERATOR|RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN)

#define RB_MODERATION_REASON  1000      /* characters */


extern const rb_routes_t  rb_moderation_routes;
extern const rb_routes_t  rb_moderation_bulk_routes;


#endif /* _RB_MODERATION_HTTP_H_INCLUDED_ */
