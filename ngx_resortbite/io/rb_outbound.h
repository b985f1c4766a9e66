
/*
 * Calls to other services over HTTP, through this nginx's own internal
 * locations: `location /out/kakao/ { internal; proxy_pass https://…; }`.  So
 * addresses, TLS, keep-alive and retries are nginx's and the operator's, and
 * no address that a user gave is ever called.
 *
 * A call is a request on a socket pair of which nginx serves the other end
 * as if it had accepted it; gate/rb_outbound_accept.c does that part.
 */


#ifndef _RB_OUTBOUND_H_INCLUDED_
#define _RB_OUTBOUND_H_INCLUDED_


#include "base/rb_err.h"
#include "fiber/rb_task.h"


#define RB_OUTBOUND_BODY_MAX  262144    /* bytes of an answer */


typedef struct {
    ngx_str_t     method;               /* "GET", "POST" */
    ngx_str_t     uri;                  /* "/out/kakao/token?x=y" */
    ngx_str_t     type;                 /* of body; or empty */
    ngx_str_t     body;
    ngx_str_t     authorization;        /* or empty */
    ngx_str_t     accept;               /* empty: application/json */
    ngx_uint_t    headers;              /* more of them */
    struct {
        ngx_str_t    name;
        ngx_str_t    value;
    }             header[8];
} rb_outbound_t;


typedef struct {
    ngx_uint_t    status;
    ngx_str_t     type;                 /* Content-Type; or empty */
    ngx_str_t     body;                 /* in the task's pool */
} rb_answer_t;


/*
 * Calls (yields).  An answer of any status is no error.  Errors:
 * rb_err_unreachable (no such location, or the answer is broken or too
 * large), rb_err_timeout, rb_err_cancelled, rb_err_internal.
 */
rb_err_t *rb_outbound_call(rb_task_t *task, const rb_outbound_t *call,
    rb_answer_t *answer);

/*
 * Set by the gate: hands one end of a socket pair to nginx's HTTP.  NGX_ERROR
 * when it can't (the descriptor is then still the caller's).
 */
extern ngx_int_t  (*rb_outbound_accept)(ngx_socket_t fd, ngx_log_t *log);


#endif /* _RB_OUTBOUND_H_INCLUDED_ */
