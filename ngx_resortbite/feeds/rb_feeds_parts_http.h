
/* The handlers of feeds/, in two files. */


#ifndef _RB_FEEDS_PARTS_HTTP_H_INCLUDED_
#define _RB_FEEDS_PARTS_HTTP_H_INCLUDED_


#include "web/rb_req.h"


rb_err_t *rb_feeds_index_handler(rb_req_t *req);
rb_err_t *rb_feeds_file_handler(rb_req_t *req);
rb_err_t *rb_feeds_robots_handler(rb_req_t *req);

/* Begins a body of this type.  rb_err_internal. */
rb_err_t *rb_feeds_begin(rb_req_t *req, const char *type, size_t size);

/* Addresses in these files are whole by definition: without an origin there
 * are none. */
extern rb_err_t  rb_err_no_origin;              /* 503 origin_not_set_up */


#endif /* _RB_FEEDS_PARTS_HTTP_H_INCLUDED_ */
