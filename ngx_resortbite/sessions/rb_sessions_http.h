
/* The sessions room's routes, for the module. */


#ifndef _RB_SESSIONS_HTTP_H_INCLUDED_
#define _RB_SESSIONS_HTTP_H_INCLUDED_


#include "sessions/rb_sessions.h"
#include "web/rb_req.h"


extern const rb_routes_t  rb_sessions_login_routes;     /* signing in */
extern const rb_routes_t  rb_sessions_routes;           /* what is signed in */


#endif /* _RB_SESSIONS_HTTP_H_INCLUDED_ */
