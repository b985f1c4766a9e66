
/*
 * Reports of abuse: anybody may report an open post, once a day (Asia/Seoul).
 * Other rooms ask nothing of them yet.
 */


#ifndef _RB_REPORTS_H_INCLUDED_
#define _RB_REPORTS_H_INCLUDED_


#include "io/rb_pg.h"


typedef struct {
    ngx_str_t    post;
    ngx_str_t    reason;
    ngx_str_t    detail;                /* may be empty */
    ngx_str_t    key;                   /* of idempotency; or empty */
    ngx_str_t    request_id;
    u_char       request_hash[32];
    u_char       caller[32];
    unsigned     open:1;                /* the post may be reported */
} rb_report_t;


/*
 * Takes a report (yields).  *response is the answer as JSON, in the task's
 * pool or as long as the task; *replayed says that it was given before, to
 * the same request with the same key.  If the post isn't open, that alone is
 * still answered: else *response is left empty.
 *
 * Errors: rb_err_already_reported with when it may be tried again,
 * rb_err_key_reused, a 400 that names `detail', and those of rb_pg_query().
 */
rb_err_t *rb_reports_create(rb_task_t *task, const rb_report_t *report,
    ngx_str_t *response, ngx_uint_t *replayed);

/* `other' says nothing without a detail: that error. */
rb_err_t *rb_reports_detail_missing(ngx_pool_t *pool);

/* 409 already_reported: this post, by this caller, today. */
extern rb_err_t  rb_err_already_reported;


#endif /* _RB_REPORTS_H_INCLUDED_ */
