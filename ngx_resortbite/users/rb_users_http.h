
/* The users room's routes, for the module. */


#ifndef _RB_USERS_HTTP_H_INCLUDED_
#define _RB_USERS_HTTP_H_INCLUDED_


#include "users/rb_users.h"
#include "web/rb_req.h"


extern const rb_routes_t  rb_users_accounts_routes;     /* of outsiders */
extern const rb_routes_t  rb_users_me_routes;           /* one's own */


#endif /* _RB_USERS_HTTP_H_INCLUDED_ */
