
/* Problem details (RFC 9457).  Nothing here yields. */


#ifndef _RB_PROBLEM_H_INCLUDED_
#define _RB_PROBLEM_H_INCLUDED_


#include "web/rb_req.h"


#define RB_PROBLEM_TYPE  "application/problem+json"


/*
 * Writes the document: type, title, status, code, detail, instance and, for
 * validation, errors, in this language.  b is initialised here, in pool; out
 * of memory it holds a short static document instead.
 */
void rb_problem_write(rb_buf_t *b, ngx_pool_t *pool, const rb_err_t *err,
    rb_lang_e lang, const ngx_str_t *request_id);


/*
 * The answer of an OAuth endpoint (RFC 6749 §5.2) into req->reply.body: error,
 * error_description (in English, as it is ASCII by definition).
 */
void rb_problem_write_oauth(rb_req_t *req, const rb_err_t *err);

/*
 * What is particular to this error: the first wrong field, how long to wait,
 * what is allowed.  Written to text; returns where it ends.
 */
u_char *rb_problem_detail(u_char *text, size_t size, const rb_err_t *err,
    rb_lang_e lang);


#endif /* _RB_PROBLEM_H_INCLUDED_ */
