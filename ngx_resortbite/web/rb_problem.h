
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


#endif /* _RB_PROBLEM_H_INCLUDED_ */
