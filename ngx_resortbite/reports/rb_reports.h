
/*
 * Reports of abuse: anybody may report an open post, once a day (Asia/Seoul),
 * and moderators decide.  What the public sees doesn't change by a report,
 * only by a decision.
 *
 * open > upheld | dismissed; one that is decided stays so.
 */


#ifndef _RB_REPORTS_H_INCLUDED_
#define _RB_REPORTS_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_budget.h"
#include "io/rb_pg.h"


typedef struct {
    ngx_str_t    post;
    ngx_str_t    reason;
    ngx_str_t    detail;                /* may be empty */
    ngx_str_t    key;                   /* of idempotency; or empty */
    ngx_str_t    request_id;
    ngx_str_t    member;                /* who is signed in; or empty */
    u_char       request_hash[32];
    u_char       caller[32];            /* else counts: MAC of the address */
    unsigned     open:1;                /* the post may be reported */
} rb_report_t;


/* `other' says nothing without a detail: a 400 that names it. */
rb_err_t *rb_reports_check(ngx_pool_t *pool, const rb_report_t *report);

/*
 * Takes a report that was checked (yields).  An address has ten an hour, a
 * member thirty a day; only those that are taken count.  *response is the
 * answer as JSON, in the task's pool or as long as the task; *replayed says
 * that it was given before, to the same request with the same key.  If the
 * post isn't open, that alone is still answered: else *response is left empty.
 *
 * Errors: rb_err_already_reported with when it may be tried again,
 * rb_err_too_many likewise, rb_err_key_reused, a 400 that names `detail', and
 * those of rb_pg_query().
 */
rb_err_t *rb_reports_create(rb_task_t *task, const rb_report_t *report,
    ngx_str_t *response, ngx_uint_t *replayed);


/*
 * What the staff do with one.  if_match is req->if_match: revisions that the
 * caller has seen, or data == NULL.  From somebody else a report is taken (to
 * look at it, to give it back, to decide) by an admin, or with if_match.
 *
 * Each yields and leaves a row in audit_events.  *left is the report as this
 * change left it: JSON that lasts as long as the task.  Errors:
 * rb_err_not_found (also of a resort that `who' is a member of: it isn't to
 * learn who reported it), rb_err_precondition (412), rb_err_report_decided and
 * rb_err_report_taken (409), and those of rb_pg_query().
 */

typedef struct {
    ngx_str_t    id;
    ngx_str_t    if_match;
} rb_report_at_t;

/* `to' is a member of the staff; another is a 400 that names `to'. */
rb_err_t *rb_reports_assign(rb_task_t *task, const rb_report_at_t *report,
    const ngx_str_t *to, const rb_principal_t *who,
    const ngx_str_t *request_id, ngx_str_t *left);

rb_err_t *rb_reports_release(rb_task_t *task, const rb_report_at_t *report,
    const rb_principal_t *who, const ngx_str_t *request_id, ngx_str_t *left);


typedef struct {
    ngx_str_t    decision;              /* upheld, dismissed */
    ngx_str_t    reason;                /* to the resort, when it is hidden */
    ngx_str_t    answer;                /* to the reporters; or empty */
    unsigned     hide:1;                /* the post */
    unsigned     all:1;                 /* other open ones of it, too */
} rb_report_decision_t;

/*
 * Closes it and, if asked, hides the post, together.  Errors also: a 400 that
 * names what doesn't go together, rb_err_state_conflict with the post's state
 * (409; see posts/rb_posts.h).
 */
rb_err_t *rb_reports_decide(rb_task_t *task, const rb_report_at_t *report,
    const rb_report_decision_t *decision, const rb_principal_t *who,
    const ngx_str_t *request_id, ngx_str_t *left);


/* 409 already_reported: this post, by this caller, today. */
extern rb_err_t  rb_err_already_reported;

extern rb_err_t  rb_err_report_decided;         /* 409 report_decided */
extern rb_err_t  rb_err_report_taken;           /* 409 report_assigned */


#endif /* _RB_REPORTS_H_INCLUDED_ */
