
/*
 * A form's body (application/x-www-form-urlencoded): what HTML forms send
 * (URL Standard §5.1) and OAuth's endpoints take (RFC 6749 appendix B).
 * Needs no nginx request.  Nothing here yields.
 */


#ifndef _RB_FORM_H_INCLUDED_
#define _RB_FORM_H_INCLUDED_


#include "web/rb_param.h"


/*
 * Parses req->raw_body into req->body, req->form and req->csrf by
 * route->body.  A field given twice is an error unless it is a list, one
 * without a value is absent, an unknown one is an error unless the route is
 * lenient; `csrf' is known to every form.
 */
rb_err_t *rb_form_parse(rb_req_t *req);


#endif /* _RB_FORM_H_INCLUDED_ */
