
/*
 * Errors are values.  A function that can fail returns rb_err_t *, NULL being
 * success; the value already is what the client will be told (RFC 9457), so
 * nothing is translated on the way up.
 *
 * Kinds are static and shared.  An error that says more (which fields, how
 * long to wait) is allocated from the caller's pool and lives as long as it.
 */


#ifndef _RB_ERR_H_INCLUDED_
#define _RB_ERR_H_INCLUDED_


#include "base/rb_base.h"


typedef struct {
    ngx_uint_t    status;               /* HTTP status code */
    ngx_str_t     code;                 /* stable, snake_case, English */
    rb_text_t     title;                /* what went wrong and what to do */
} rb_problem_t;


typedef struct rb_err_field_s  rb_err_field_t;

struct rb_err_field_s {
    ngx_str_t          name;            /* as the client wrote it: "pay.min" */
    ngx_str_t          code;            /* stable: "required", "too_long" */
    ngx_str_t          detail[RB_LANG_COUNT];
    rb_err_field_t    *next;
};


typedef struct {
    const rb_problem_t  *problem;
    ngx_uint_t           retry_after;   /* seconds; 0: no Retry-After */
    ngx_str_t            allow;         /* 405: value of Allow; or empty */
    rb_err_field_t      *fields;        /* in the order found; or NULL */
    ngx_str_t            authenticate;  /* 401, 403: WWW-Authenticate; or
                                           empty */
    const char          *missing;       /* 403: the roles of which one would
                                           do, "admin super_admin"; or NULL */
    const ngx_str_t     *states;        /* 409: the state that it is in, and
                                           those it may go to, with commas
                                           between, or empty; or NULL */
    ngx_uint_t           lists;         /* rb_err_list() made it: fields can
                                           be added */
} rb_err_t;


#define rb_err_define(name, st, cd, ko, en)                                   \
    static const rb_problem_t  name##_problem =                               \
        { st, ngx_string(cd), rb_text(ko, en) };                              \
    rb_err_t  name = { &name##_problem, 0, ngx_null_string, NULL,              \
                       ngx_null_string, NULL, NULL, 0 }


/* Shared kinds.  They are constant: never written to, never freed. */

extern rb_err_t  rb_err_not_found;              /* 404 not_found */
extern rb_err_t  rb_err_not_acceptable;         /* 406 not_acceptable */
extern rb_err_t  rb_err_precondition;           /* 412 precondition_failed */
extern rb_err_t  rb_err_too_large;              /* 413 content_too_large */
extern rb_err_t  rb_err_unsupported_type;      /* 415 unsupported_media_type */
extern rb_err_t  rb_err_key_reused;            /* 422 idempotency_key_reused */
/* 428 precondition_required */
extern rb_err_t  rb_err_precondition_required;
extern rb_err_t  rb_err_internal;               /* 500 internal_error */
extern rb_err_t  rb_err_busy;                   /* 503 busy, Retry-After 1 */
extern rb_err_t  rb_err_database;               /* 503 database_unavailable */
extern rb_err_t  rb_err_timeout;                /* 503 timed_out */
extern rb_err_t  rb_err_cancelled;              /* 499, never sent */


/*
 * A validation error (400 invalid_request) that names fields.  *err may be
 * NULL or an error made by an earlier call, so that all wrong fields of a
 * request are told at once.  ko and en are formats of ngx_sprintf() with the
 * same arguments.  Returns rb_err_internal when out of memory.
 */
rb_err_t *rb_err_add_field(rb_err_t *err, ngx_pool_t *pool, ngx_str_t *name,
    const char *code, const char *ko, const char *en, ...);

/*
 * A copy of kind to which rb_err_add_field() adds what it lists, as it does
 * to a 400: rules that a post doesn't keep, say.
 */
rb_err_t *rb_err_list(ngx_pool_t *pool, rb_err_t *kind);

/*
 * A copy of kind (409) that says in which state the thing is and to which it
 * may go: "hidden", "approved,pending".  The strings are copied.
 */
rb_err_t *rb_err_states(ngx_pool_t *pool, rb_err_t *kind,
    const ngx_str_t *state, const ngx_str_t *allowed);

/* 405 with the methods that the path does have ("GET, HEAD, OPTIONS"). */
rb_err_t *rb_err_method_not_allowed(ngx_pool_t *pool, ngx_str_t *allow);

/* A copy of kind that asks the client to wait this many seconds. */
rb_err_t *rb_err_retry(ngx_pool_t *pool, rb_err_t *kind,
    ngx_uint_t retry_after);


#endif /* _RB_ERR_H_INCLUDED_ */
