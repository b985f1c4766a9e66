
/*
 * What staff do to accounts.  Who may is in the routes; how far it goes (an
 * admin's role doesn't reach other staff) is decided here, at the moment of
 * the change.
 */


#ifndef _RB_ADMIN_H_INCLUDED_
#define _RB_ADMIN_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


/*
 * Sets a member's roles, "{crew,admin}" (yields).  What bites on every node as
 * soon as it is announced.  Event roles.changed, and a mail to the member.
 *
 * Errors: rb_err_not_found; rb_err_admin_rank (403); rb_err_admin_oneself
 * (409): one's own roles of staff; rb_err_admin_deleted (409); those of
 * rb_pg_query().
 */
rb_err_t *rb_admin_roles_change(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *roles, const rb_principal_t *who,
    const rb_origin_t *origin);

/*
 * Suspends until the beginning of a day in Seoul (YYYY-MM-DD), or for good
 * when until->data is NULL (yields).  All sessions and grants end with it.
 * Event account.suspended, and a mail.  The same errors, and
 * rb_err_admin_peer (409).
 */
rb_err_t *rb_admin_suspend(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *until, const ngx_str_t *reason,
    const rb_principal_t *who, const rb_origin_t *origin);

/* Lifts it; again is as good (yields).  The same errors. */
rb_err_t *rb_admin_unsuspend(rb_task_t *task, const ngx_str_t *member,
    const rb_principal_t *who, const rb_origin_t *origin);

/*
 * Leaves a row in audit_events: subject ("mails") was read, detail (JSON text)
 * says what of it (yields).
 */
rb_err_t *rb_admin_trail(rb_task_t *task, const char *action,
    const char *subject, const ngx_str_t *detail, const rb_principal_t *who,
    const ngx_str_t *request_id);


extern rb_err_t  rb_err_admin_rank;             /* 403 role_missing */
extern rb_err_t  rb_err_admin_oneself;          /* 409 not_to_oneself */
extern rb_err_t  rb_err_admin_peer;             /* 409 is_super_admin */
extern rb_err_t  rb_err_admin_deleted;          /* 409 member_deleted */


#endif /* _RB_ADMIN_H_INCLUDED_ */
