
/* The dorms room's routes, for the module, and what its handlers share. */


#ifndef _RB_DORMS_HTTP_H_INCLUDED_
#define _RB_DORMS_HTTP_H_INCLUDED_


#include "web/rb_req.h"


extern const rb_routes_t  rb_dorms_routes;          /* the public's */
extern const rb_routes_t  rb_dorms_desk_routes;     /* dormitories */
extern const rb_routes_t  rb_dorms_rooms_routes;    /* rooms and beds */
extern const rb_routes_t  rb_dorms_seasons_routes;  /* rent, what is free */

/* A query of from and until, both required. */
extern const rb_param_t  rb_dorms_dates_query[];

/*
 * Of a query that begins with from and until: both dates or none, at least one
 * night, not more than a year.  A 400 that names one of them.
 */
rb_err_t *rb_dorms_dates(rb_req_t *req);


#endif /* _RB_DORMS_HTTP_H_INCLUDED_ */
