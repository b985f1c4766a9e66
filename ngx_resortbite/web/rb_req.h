
/*
 * A request as a handler sees it.  It needs no nginx request behind it: the
 * refresh of a cached answer in the background runs the same handler with
 * `http' NULL.  Only web/ and gate/ look at `http'.
 */


#ifndef _RB_REQ_H_INCLUDED_
#define _RB_REQ_H_INCLUDED_


#include "fiber/rb_task.h"
#include "web/rb_route.h"
#include "base/rb_buf.h"


#define RB_REPLY_TAGS_MAX     8
#define RB_REPLY_KEYS_MAX     512
#define RB_REPLY_HEADERS_MAX  12


/* What will be sent.  Strings live in the task's pool or are static. */

typedef struct {
    ngx_uint_t    status;
    ngx_str_t     type;                 /* empty: application/json */
    rb_buf_t      body;
    ngx_str_t     etag;                 /* with its quotes; or empty */
    ngx_str_t     location;             /* of what was created; or empty */
    ngx_str_t     link;                 /* value of Link; or empty */
    ngx_str_t     cache_control;        /* empty: by the route */
    ngx_uint_t    retry_after;          /* seconds; 0: none */
    ngx_str_t     allow;                /* 405, OPTIONS; or empty */
    ngx_uint_t    tags;                 /* what the answer shows */
    uint32_t      tag[RB_REPLY_TAGS_MAX];
    size_t        keys_len;             /* the same as text, for caches in */
    u_char        keys[RB_REPLY_KEYS_MAX];      /* front: Surrogate-Key */
    time_t        age;                  /* seconds in a cache; -1: no Age */
    ngx_uint_t    headers;              /* more of them: Set-Cookie … */
    struct {
        ngx_str_t    name;
        ngx_str_t    value;
    }             header[RB_REPLY_HEADERS_MAX];
    unsigned      replayed:1;           /* Idempotency-Replayed: true */
    unsigned      uncached:1;           /* shows more than tags can tell: the
                                           cache must not keep it */
    unsigned      revised:1;            /* by rb_reply_revised(): no 304 */
    unsigned      strong:1;             /* the ETag is for If-Match: not to be
                                           compressed */
    unsigned      problem:1;            /* made by rb_http_problem() */
    unsigned      broken:1;             /* a header field that can't be */
    unsigned      finished:1;           /* rb_reply_finish() was here */
} rb_reply_t;


struct rb_req_s {
    rb_task_t              task;        /* first: a request is a task */
    void                  *http;        /* ngx_http_request_t; or NULL */
    const rb_route_t      *route;
    ngx_uint_t             route_index;
    rb_lang_e              lang;
    ngx_uint_t             method;      /* NGX_HTTP_…, as the client sent it */
    ngx_str_t              args;        /* the query as the client wrote it */
    rb_value_t             path[RB_PATH_PARAMS_MAX];
    rb_value_t            *query;       /* in the order of route->query */
    rb_value_t            *body;        /* in the order of route->body */
    json_t                *json;        /* the whole body; or NULL */
    ngx_str_t             *form;        /* a form's texts as they were typed,
                                           in the order of route->body */
    ngx_str_t              csrf;        /* a form's field `csrf'; or empty */
    const rb_err_t        *wrong;       /* what is wrong with the fields, for
                                           routes that redisplay; or NULL */
    ngx_str_t              raw_body;
    const rb_principal_t  *principal;   /* NULL: nobody, or not asked for */
    ngx_str_t              idempotency_key;     /* or empty */
    ngx_str_t              if_match;    /* revisions, as PostgreSQL writes an
                                           array: "{3}"; data == NULL: any */
    u_char                 request_hash[32];    /* of method, path and body */
    u_char                 caller[32];  /* pseudonym: MAC of the address; of
                                           a GET only after rb_http_caller() */
    ngx_str_t              id;          /* X-Request-Id */
    ngx_str_t              traceparent; /* W3C Trace Context; or empty */
    rb_reply_t             reply;
};


/*
 * Answers with one object, 404 when there is none; with a list of one page.
 * They take fields= from the route's query when it has one, and make the ETag.
 */
rb_err_t *rb_reply_row(rb_req_t *req, const rb_pg_rows_t *rows);

/*
 * Answers with one object that can be edited: its ETag is the revision, the
 * text of which is in this column.  It is for If-Match alone: what is shown
 * beside the row (rooms of a dormitory, views of a post) changes without it,
 * so that no 304 goes by it.
 */
rb_err_t *rb_reply_revised(rb_req_t *req, const rb_pg_rows_t *rows,
    ngx_uint_t revision);

/*
 * rows holds up to limit + 1 rows: the one too many says that there is a next
 * page.  The cursor carries the `keys' last columns of the last row shown
 * (after the view's own).  count < 0: not asked for.
 */
rb_err_t *rb_reply_list(rb_req_t *req, const rb_pg_rows_t *rows,
    ngx_uint_t limit, ngx_uint_t keys, int64_t count);

/* Starts a body written by hand with a JSON writer. */
rb_err_t *rb_reply_json(rb_req_t *req, ngx_uint_t status, rb_json_t *json);

/* 303 See Other to a path of ours or a URI that was checked (RFC 9110 §15.4.4). */
rb_err_t *rb_reply_redirect(rb_req_t *req, const ngx_str_t *location);

/* Nothing to say: 204. */
rb_err_t *rb_reply_nothing(rb_req_t *req);

/*
 * One more header field; the strings must last as long as the reply.  It takes
 * the place of one of the same name, but for Set-Cookie.  A value with a line
 * break is refused: the reply becomes a 500.  A problem keeps those that were
 * there before it.
 */
void rb_reply_header(rb_req_t *req, const char *name, const ngx_str_t *value);

/*
 * Gives a reply what it still lacks: ETag (of a GET's 200), Cache-Control.
 * Called before a reply is kept or sent; calling it again does nothing.
 * rb_err_internal when the body could not be built (out of memory).
 */
rb_err_t *rb_reply_finish(rb_req_t *req);

/*
 * The keyset of a cursor parameter: `keys' strings as rb_reply_list() put
 * them.  400 when it was tampered with or belongs to another list or order.
 * With no cursor given, keyset[0].data is NULL.  The strings are in the
 * task's pool.  A NULL among the keys comes back as NULL, so the first key
 * must be one that is never NULL.
 */
rb_err_t *rb_req_keyset(rb_req_t *req, const rb_value_t *cursor,
    ngx_uint_t keys, ngx_str_t *keyset);

/*
 * The answer shows this: when "job:0190…" changes, cached copies go.  With id
 * NULL or empty the tag is the kind alone: "jobs".
 */
void rb_reply_tag(rb_req_t *req, const char *kind, const ngx_str_t *id);

/* The hash by which a tag is known to the cache: of "job:0190…". */
uint32_t rb_tag_hash(const u_char *tag, size_t len);

/*
 * How long caches in front of us may keep what is public and tagged, seconds,
 * but not beyond midnight in Seoul: they are told of every change by its tags.
 * 0: they aren't, and keep it as long as browsers do.  Set when a worker
 * starts.
 */
extern ngx_uint_t  rb_reply_shared_age;

/*
 * Such caches may have been told already of a change that this answer of the
 * route doesn't show: makes Cache-Control say that they keep it no longer than
 * browsers do.  What isn't public stays as it is.
 */
void rb_reply_unshare(ngx_pool_t *pool, const rb_route_t *route,
    ngx_str_t *cache_control);


#endif /* _RB_REQ_H_INCLUDED_ */
