
/*
 * Resorts.  What other rooms may ask of them.
 *
 * A resort is open to the public while its business number is verified and it
 * is not deleted.  Its members act for it: owners, managers and recruiters,
 * who come by an invitation that goes to one address by mail.  There always
 * is an owner.
 */


#ifndef _RB_RESORTS_H_INCLUDED_
#define _RB_RESORTS_H_INCLUDED_


#include "io/rb_pg.h"
#include "sessions/rb_sessions.h"


/*
 * Reads an open resort by its id: one row, the columns of statement
 * resorts_get (yields).  rb_err_not_found, rb_err_resort_closed, or an error
 * of rb_pg_get().
 */
rb_err_t *rb_resorts_read(rb_task_t *task, const ngx_str_t *id,
    rb_pg_rows_t *rows);

/* 410 resort_closed: it was public once. */
extern rb_err_t  rb_err_resort_closed;


/*
 * Members and invitations.  ids are UUID text, role is "owner", "manager" or
 * "recruiter".  Whoever acts has a role in the resort, which the gate has
 * seen; what it allows is decided here, at the moment of the change.  All
 * yield; besides their own errors those of rb_pg_query().
 *
 * rows is one row with the columns of the statement's view in front.
 */

typedef struct {
    ngx_str_t     resort;
    ngx_str_t     email;                /* as typed */
    ngx_str_t     role;                 /* "manager" or "recruiter" */
    rb_lang_e     lang;                 /* of the mail, to a stranger */
} rb_invitation_t;

/*
 * Invites an address and sends the link, good for a week; an older invitation
 * of that address is taken back.  Errors: a 400 that names `email',
 * rb_err_owner_needed, rb_err_member_already (409), rb_err_too_many.
 */
rb_err_t *rb_resorts_invite(rb_task_t *task,
    const rb_invitation_t *invitation, const rb_principal_t *who,
    const rb_origin_t *origin, rb_pg_rows_t *rows);

/*
 * Takes one back; again is as good.  rb_err_not_found, rb_err_owner_needed,
 * rb_err_invitation_accepted (409).
 */
rb_err_t *rb_resorts_invitation_revoke(rb_task_t *task,
    const ngx_str_t *resort, const ngx_str_t *id, const rb_principal_t *who,
    const rb_origin_t *origin);


typedef struct {
    ngx_str_t     resort;               /* name */
    ngx_str_t     role;
    ngx_str_t     inviter;              /* name */
    ngx_str_t     email;                /* whom it was sent to */
    unsigned      accepted:1;
} rb_invitation_to_t;

/* What a link is an invitation to; changes nothing.  rb_err_link (410). */
rb_err_t *rb_resorts_invitation_look(rb_task_t *task, const ngx_str_t *token,
    rb_invitation_to_t *to);

/*
 * Accepts one; again is as good.  rb_err_link (410): unknown, taken back, too
 * old.  rb_err_invitation_other (403): it was sent to another address.
 */
rb_err_t *rb_resorts_invitation_accept(rb_task_t *task,
    const ngx_str_t *token, const rb_principal_t *who,
    const rb_origin_t *origin, rb_pg_rows_t *rows);

/*
 * By an owner: another role, also that of an owner.  rb_err_owner_needed,
 * rb_err_not_found, rb_err_last_owner (409).
 */
rb_err_t *rb_resorts_member_change(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *member, const ngx_str_t *role,
    const rb_principal_t *who, const rb_origin_t *origin,
    rb_pg_rows_t *rows);

/* By an owner or the member themself: the same errors. */
rb_err_t *rb_resorts_member_remove(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *member, const rb_principal_t *who,
    const rb_origin_t *origin);

extern rb_err_t  rb_err_owner_needed;           /* 403 role_missing */
extern rb_err_t  rb_err_member_already;         /* 409 already_member */
extern rb_err_t  rb_err_last_owner;             /* 409 last_owner */
extern rb_err_t  rb_err_invitation_accepted;    /* 409 invitation_accepted */
extern rb_err_t  rb_err_invitation_other;       /* 403 invitation_for_other */


#endif /* _RB_RESORTS_H_INCLUDED_ */
