
/*
 * Routes.  Each room has one table of them; from it come routing, 405 with
 * Allow, authorisation, validation, the OpenAPI document, metric labels and
 * the tests' list of what must be covered.
 */


#ifndef _RB_ROUTE_H_INCLUDED_
#define _RB_ROUTE_H_INCLUDED_


#include "base/rb_err.h"
#include "base/rb_principal.h"
#include "web/rb_view.h"


#define RB_PATH_PARAMS_MAX   4
#define RB_QUERY_PARAMS_MAX  32


typedef struct rb_req_s  rb_req_t;

/* Runs on a fiber.  NULL: req->reply is what to send. */
typedef rb_err_t *(*rb_handler_pt)(rb_req_t *req);


typedef enum {
    RB_PARAM_STRING = 0,                /* min, max: characters */
    RB_PARAM_INT,                       /* min, max: the value */
    RB_PARAM_NUMBER,                    /* a decimal; min, max: the value */
    RB_PARAM_BOOL,                      /* true | false */
    RB_PARAM_UUID,
    RB_PARAM_DATE,                      /* YYYY-MM-DD */
    RB_PARAM_ENUM,                      /* one of values */
    RB_PARAM_ENUMS,                     /* some of values, comma separated */
    RB_PARAM_CURSOR,                    /* ours, as returned in `next' */
    RB_PARAM_FIELDS,                    /* names of the route's view */
    RB_PARAM_JSON,                      /* an object or an array; in a form,
                                           a query: its text */

    /* of JSON bodies only: arrays of at most max items, as compact JSON */
    RB_PARAM_LABELS,                    /* short texts: 1 to 60 characters */
    RB_PARAM_ADDRESSES,                 /* https:// or a path, 500 bytes */
    RB_PARAM_UUIDS,
    RB_PARAM_WEEK                       /* ranges of a week (base/rb_week.h):
                                           its bits; min, max: hours */
} rb_param_type_e;


/*
 * A parameter of the path, the query or a member of a JSON body.  values is a
 * list for the enums.  In a JSON body a name with a dot is of an object's
 * member: "pay.min" is {"pay": {"min": …}}; those of one object stand
 * together.
 */

typedef struct {
    ngx_str_t            name;
    rb_param_type_e      type;
    double               min;
    double               max;           /* min == max == 0: no limit */
    const ngx_str_t     *values;        /* ends with an empty string */
    unsigned             required:1;
    ngx_str_t            preset;        /* value when absent; or empty */
    rb_text_t            about;         /* for the API's description */
} rb_param_t;

#define rb_param_end  { ngx_null_string, 0, 0, 0, NULL, 0,                    \
                        ngx_null_string, rb_text("", "") }


/* A parsed parameter.  text is canonical: lower-case UUID, "20", "true". */

typedef struct {
    ngx_str_t     text;                 /* data == NULL: absent, no preset */
    int64_t       integer;              /* INT, BOOL, DATE (day number) */
    double        number;               /* NUMBER, INT */
    uint64_t      set;                  /* ENUM, ENUMS, FIELDS: a bit each */
    unsigned      given:1;              /* the client wrote it */
    unsigned      null:1;               /* it wrote null, into a body; data is
                                           NULL then and given 0 */
} rb_value_t;


typedef struct {
    ngx_str_t            name;          /* operationId and metric label */
    ngx_uint_t           method;        /* NGX_HTTP_GET, NGX_HTTP_POST … */
    ngx_str_t            path;          /* "/api/v1/jobs/{id}" */
    rb_handler_pt        handler;
    rb_text_t            summary;
    ngx_str_t            tag;           /* the room, for the description */

    const rb_param_t    *path_params;   /* in the order of the path */
    const rb_param_t    *query;         /* ends with rb_param_end; or NULL */
    const rb_param_t    *body;          /* members of a JSON object, fields of
                                           a form; or NULL */
    const rb_view_t     *view;          /* shape of what is answered */

    ngx_uint_t           roles;         /* who may call, any one of them;
                                           RB_ROLE_ANYONE (base/rb_principal.h) */
    ngx_uint_t           scopes;        /* what a token needs, all of them */
    ngx_uint_t           step_up;       /* seconds since the log-in, at most,
                                           by all factors set up; 0: any */
    ngx_uint_t           success;       /* status: 200, 201, 202 */
    ngx_uint_t           problems;      /* RB_PROBLEM_…: what only its handler
                                           can find */

    /* public answers kept in shared memory; seconds; 0: not cached */
    ngx_uint_t           fresh;
    ngx_uint_t           stale_while_revalidate;
    ngx_uint_t           stale_if_error;

    unsigned             list:1;        /* {"items": […], "next": …} of view */
    unsigned             idempotent:1;  /* takes Idempotency-Key */
    unsigned             by_language:1; /* the answer differs by language */
    unsigned             on_main:1;     /* answers without waiting: no fiber */
    unsigned             any_query:1;   /* no parameters: heeds none sent */
    unsigned             optional:1;    /* anyone may, but who is asked for */
    unsigned             form:1;        /* body: x-www-form-urlencoded */
    unsigned             lenient:1;     /* unknown parameters are not heeded
                                           (RFC 6749 §3.1, §3.2) */
    unsigned             page:1;        /* HTML, problems too; with `fresh' a
                                           public page, see below */
    unsigned             any_origin:1;  /* scripts of any site may read it
                                           (CORS, without credentials) */
    unsigned             english:1;     /* of what is public and cached: in
                                           English, whatever was asked for */
    unsigned             oauth:1;       /* problems as RFC 6749 §5.2 has them */
    unsigned             no_csrf:1;     /* of clients, or checked by itself */
    unsigned             redisplays:1;  /* a form's page: runs with req->wrong
                                           when fields are, to show them */
    unsigned             if_match:1;    /* needs If-Match (428 without it) */
    unsigned             may_match:1;   /* heeds it when it is there */
    unsigned             counts_views:1;        /* a GET that is answered 200
                                           or 304 is a view of the post that
                                           the first path parameter names */
} rb_route_t;

#define RB_PROBLEM_CONFLICT     0x1     /* 409 */
#define RB_PROBLEM_GONE         0x2     /* 410 */
#define RB_PROBLEM_UNAVAILABLE  0x4     /* 503, of one that doesn't wait, too */
#define RB_PROBLEM_UNAUTHORIZED 0x8     /* 401: a wrong password or code */
#define RB_PROBLEM_FORBIDDEN    0x10    /* 403 */
#define RB_PROBLEM_TOO_MANY     0x20    /* 429 */
#define RB_PROBLEM_NOT_FOUND    0x40    /* 404, though the path has no id */
#define RB_PROBLEM_UPSTREAM     0x80    /* 502: another service */
#define RB_PROBLEM_RULES        0x100   /* 422: rules that aren't kept */


/* A room's routes: one array, and its length. */

typedef struct {
    const rb_route_t    *routes;
    ngx_uint_t           count;
} rb_routes_t;


typedef struct rb_router_s  rb_router_t;

/*
 * Compiles the tables (once, while the configuration is read) and prepares
 * their views.  rooms ends with NULL.  The router is the pool's of cf.  NULL
 * when a table is wrong; the log says which route, and of two that collide
 * both.
 */
rb_router_t *rb_router_create(ngx_conf_t *cf, const rb_routes_t *const *rooms);

/*
 * Finds the route of a method and path (HEAD finds GET's).  path is what the
 * client sent, still percent-encoded, without the query.  values gets the
 * path's parameters, unescaped, not yet checked: slices of path or, when they
 * had escapes, of a buffer that lasts until the next call.  An encoded slash
 * never separates.
 *
 * Answers NGX_OK, NGX_DECLINED (no such path) or NGX_HTTP_NOT_ALLOWED, which
 * is also the answer to OPTIONS; with the first and the last, *allow is set
 * and is as lasting as the router.  *route and *index are set with NGX_OK.
 * Allocates nothing, doesn't yield.
 */
ngx_int_t rb_router_match(const rb_router_t *router, ngx_uint_t method,
    const ngx_str_t *path, const rb_route_t **route, ngx_uint_t *index,
    ngx_str_t *values, ngx_str_t *allow);

/*
 * Whether only a browser may be signed in for it: a page, or what a page's own
 * form or script asks for.  To those a token says nothing.
 */
static ngx_inline ngx_uint_t
rb_route_of_pages(const rb_route_t *route)
{
    return route->page || (route->form && !route->oauth);
}


/*
 * A page that is everybody's and kept in caches.  Its language is by its path
 * alone (Korean at /jobs/{id}, English at /en/jobs/{id}: two routes), no
 * cookie is read or set, and parameters that it doesn't have are not heeded.
 */
static ngx_inline ngx_uint_t
rb_route_public_page(const rb_route_t *route)
{
    return route->page && route->fresh != 0;
}


ngx_uint_t rb_router_count(const rb_router_t *router);
const rb_route_t *rb_router_route(const rb_router_t *router, ngx_uint_t i);


#endif /* _RB_ROUTE_H_INCLUDED_ */
