
/*
 * Between nginx's request and ours: reading what the client sent, sending
 * what was built.  Everything here runs on the main stack and doesn't yield.
 */


#ifndef _RB_HTTP_H_INCLUDED_
#define _RB_HTTP_H_INCLUDED_


#include "web/rb_req.h"
#include <ngx_http.h>


/* The largest body that a route takes. */
#define RB_HTTP_BODY_MAX  65536


/*
 * Makes the request (in r->pool): language, X-Request-Id, traceparent, query,
 * and the caller of anything but a GET or HEAD.  route and task.deadline are
 * the caller's to set.  NULL when out of memory.
 */
rb_req_t *rb_http_req_create(ngx_http_request_t *r);

/*
 * Path and query as the client wrote them, or, where nginx has put others in
 * their place (a rewrite, an internal redirect, a subrequest), those, escaped.
 * NGX_ERROR when out of memory.
 */
ngx_int_t rb_http_uri(ngx_http_request_t *r, ngx_str_t *uri);

/* What the client accepts: "ko" unless Accept-Language prefers English. */
rb_lang_e rb_http_language(ngx_http_request_t *r);

/* Whether Accept allows application/json (RFC 9110 §12.5.1); text/html. */
ngx_uint_t rb_http_accepts_json(ngx_http_request_t *r);
ngx_uint_t rb_http_accepts_html(ngx_http_request_t *r);

/*
 * Fills req->caller: the MAC of an IPv4 address, of an IPv6 network of 64
 * bits, or of "unix".  NGX_ERROR when OpenSSL fails.
 */
ngx_int_t rb_http_caller(rb_req_t *req);

/* The bytes that this is made of: how many. */
#define RB_HTTP_ADDRESS  9

size_t rb_http_address(ngx_http_request_t *r,
    u_char address[RB_HTTP_ADDRESS]);

/* The client's X-Request-Id if it is fit to be taken over, or a new one.
 * NGX_ERROR when out of memory or the kernel gives no randomness. */
ngx_int_t rb_http_request_id(ngx_http_request_t *r, ngx_str_t *id);

/* The X-Request-Id that was sent, for the log.  NGX_DECLINED: none yet. */
ngx_int_t rb_http_sent_id(ngx_http_request_t *r, ngx_str_t *id);

/* The client's traceparent.  NGX_DECLINED: none, or not a valid one. */
ngx_int_t rb_http_traceparent(ngx_http_request_t *r, ngx_str_t *value);

/*
 * Checks the request against its route: a page's language, Accept (406), path and query
 * parameters (400 naming each wrong one, unknown ones too), and, for a route
 * with a body, Content-Type and Content-Encoding (415) and Content-Length
 * (413); for an idempotent one, Idempotency-Key (400).  With no nginx request
 * behind it (req->http NULL) only the parameters are checked.
 */
rb_err_t *rb_http_check(rb_req_t *req, const ngx_str_t *path_values);

/*
 * Makes a location keep bodies of up to RB_HTTP_BODY_MAX in memory, never in
 * a file, and read little more of any, whatever client_max_body_size says.
 * To be called when the location's configuration is merged.
 */
void rb_http_body_conf(ngx_http_core_loc_conf_t *clcf);

/*
 * After the body was read (ngx_http_read_client_request_body()), for every
 * route but GET's: size (413), JSON, members by route->body; request_hash.
 */
rb_err_t *rb_http_read_body(rb_req_t *req);

/*
 * The canonical form of path and query (parameters in the route's order,
 * presets left out, percent-encoded as browsers do), and " en" when the route
 * differs by language and it is English: the cache's key.
 */
rb_err_t *rb_http_cache_key(rb_req_t *req, ngx_str_t *key);

/*
 * The request made anew from a cache key, checked, for a refresh in the
 * background.  `pool' becomes the task's; key must live as long.  NULL when
 * the key is no route's (any more) or memory is out.
 */
rb_req_t *rb_http_req_from_key(ngx_pool_t *pool, ngx_log_t *log,
    const rb_router_t *router, const ngx_str_t *key);

/* The value of a cookie; of a request header field, in any case of letters.
 * len 0: none, or two. */
ngx_str_t rb_http_cookie(rb_req_t *req, const char *name);
ngx_str_t rb_http_header(rb_req_t *req, const char *name);

/*
 * Turns an error into the reply: application/problem+json (RFC 9457), a page
 * or what OAuth says, as the route is.  Header fields set before it stay.
 */
void rb_http_problem(rb_req_t *req, const rb_err_t *err);

/* The language of a page: what its query says, what a cookie keeps of that, or
 * Accept-Language. */
void rb_http_page_language(rb_req_t *req);

/* Sends req->reply once; what a content handler returns. */
ngx_int_t rb_http_send(ngx_http_request_t *r, rb_req_t *req);

/* OPTIONS: 204 with Allow. */
void rb_http_options(rb_req_t *req, const ngx_str_t *allow);


/*
 * An answer out of the cache, sent without an rb_req_t.  The strings live in
 * r->pool or longer; empty ones are not sent.
 */

typedef struct {
    ngx_str_t      body;
    ngx_str_t      type;                /* empty: application/json */
    ngx_str_t      etag;
    ngx_str_t      link;
    ngx_str_t      cache_control;
    ngx_str_t      surrogate_key;
    time_t         age;                 /* seconds; -1: no Age */
    rb_lang_e      lang;                /* of the answer, when by_language or
                                           a public page */
    unsigned       by_language:1;       /* as Accept-Language has it */
    unsigned       public_page:1;
    unsigned       any_origin:1;        /* CORS, as the route has it */
} rb_http_cached_t;


/*
 * Sends it with 200 (or 304, 412: nginx's conditions hold).  What a content
 * handler returns.
 */
ngx_int_t rb_http_send_cached(ngx_http_request_t *r, rb_http_cached_t *cached);


#endif /* _RB_HTTP_H_INCLUDED_ */
