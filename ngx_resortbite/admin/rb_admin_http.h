
/* The routes of staff, for the module; and what their handlers share. */


#ifndef _RB_ADMIN_HTTP_H_INCLUDED_
#define _RB_ADMIN_HTTP_H_INCLUDED_


#include "admin/rb_admin.h"
#include "web/rb_req.h"


#define RB_ADMIN_STEP_UP  900           /* seconds since the log-in */

extern const rb_routes_t  rb_admin_members_routes;
extern const rb_routes_t  rb_admin_trail_routes;
extern const rb_routes_t  rb_admin_clients_routes;
extern const rb_routes_t  rb_admin_mails_routes;


#endif /* _RB_ADMIN_HTTP_H_INCLUDED_ */
