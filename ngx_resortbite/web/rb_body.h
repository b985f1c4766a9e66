
/*
 * The body of a request: text to values by the route's declaration, and the
 * hash that tells one request from another under the same idempotency key.
 * Needs no nginx request.  Nothing here yields.
 */


#ifndef _RB_BODY_H_INCLUDED_
#define _RB_BODY_H_INCLUDED_


#include "web/rb_param.h"


/*
 * Parses req->raw_body into req->json and req->body.  An empty body is an
 * empty object, so that the error names what is required.
 */
rb_err_t *rb_body_parse(rb_req_t *req);

/*
 * SHA-256 of method, path, query and members as they were understood, into
 * req->request_hash: spaces, order of members and null for an absent one make
 * no difference.  rb_err_internal when OpenSSL fails.
 */
rb_err_t *rb_body_hash(rb_req_t *req);


#endif /* _RB_BODY_H_INCLUDED_ */
