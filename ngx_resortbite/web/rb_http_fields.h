
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

/*
 * Reads If-Match into req->if_match.  rb_err_precondition_required,
 * rb_err_precondition (it can't be any revision of ours).
 */
rb_err_t *rb_http_check_match(rb_req_t *req, ngx_http_request_t *r);


#endif /* _RB_HTTP_FIELDS_H_INCLUDED_ */
