
/* What machines read: see rb_feeds.h. */


#ifndef _RB_FEEDS_HTTP_H_INCLUDED_
#define _RB_FEEDS_HTTP_H_INCLUDED_


#include "web/rb_route.h"


/* GET /sitemap.xml, /sitemaps/{name}, /robots.txt, /feeds/jobs.xml and its
 * English one, /api/v1/resorts/{id}/board. */
extern const rb_routes_t  rb_feeds_routes;


#endif /* _RB_FEEDS_HTTP_H_INCLUDED_ */
