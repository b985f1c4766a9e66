
/* Header fields of a request, between the files of web/ that read it. */


#ifndef _RB_HTTP_FIELDS_H_INCLUDED_
#define _RB_HTTP_FIELDS_H_INCLUDED_


#include "web/rb_http.h"


/*
 * Finds a field by its name in lower case.  Several lines of one name are
 * joined, in r->pool.  0: there is none.
 */
ngx_uint_t rb_http_find(ngx_http_request_t *r, const ngx_str_t *name,
    ngx_str_t *value);

/* Whether Accept allows text/html. */
ngx_uint_t rb_http_accepts_html(ngx_http_request_t *r);


#endif /* _RB_HTTP_FIELDS_H_INCLUDED_ */
