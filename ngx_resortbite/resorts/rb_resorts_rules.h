
/* What the files of the resorts' rules share. */


#ifndef _RB_RESORTS_RULES_H_INCLUDED_
#define _RB_RESORTS_RULES_H_INCLUDED_


#include "resorts/rb_resorts.h"
#include "crypto/rb_crypto.h"


/* Who did it and from where, of a statement that writes security_events. */

#define rb_resorts_trail(S, params, task, who, origin)                        \
    do {                                                                      \
        params[S##_P_ACTOR] = (who)->member;                                  \
        params[S##_P_SESSION] = rb_resorts_or_null(&(who)->session);          \
        params[S##_P_CLIENT] = rb_resorts_or_null(&(who)->client);            \
        params[S##_P_REQUEST_ID] = rb_resorts_or_null(&(origin)->request_id); \
        params[S##_P_ADDRESS] = rb_bytea((task)->pool, (origin)->caller,      \
                                         sizeof((origin)->caller));           \
    } while (0)


static ngx_inline ngx_str_t
rb_resorts_or_null(const ngx_str_t *text)
{
    ngx_str_t  null = ngx_null_string;

    return text->len ? *text : null;
}


/* By the last column of a statement's row; NULL: done. */
rb_err_t *rb_resorts_outcome(const rb_pg_rows_t *rows);

/*
 * What a refused statement means: a 400 that names the field that a column's
 * constraint is about; or rb_err_internal.
 */
rb_err_t *rb_resorts_refused(ngx_pool_t *pool, const rb_pg_rows_t *rows);

/* Whether it was this constraint. */
ngx_uint_t rb_resorts_violates(const rb_pg_rows_t *rows,
    const char *constraint);

/*
 * rb_err_resort_live, or rb_err_resort_pending, that says how many posts there
 * are (0: nobody counted) and where, at the resort's desk or the moderators';
 * status is theirs.
 */
rb_err_t *rb_resorts_posts_left(ngx_pool_t *pool, rb_err_t *kind,
    const ngx_str_t *resort, const char *status, const ngx_str_t *count,
    ngx_uint_t moderator);


#endif /* _RB_RESORTS_RULES_H_INCLUDED_ */
