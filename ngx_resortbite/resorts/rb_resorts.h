
/*
 * Resorts.  What other rooms may ask of them.
 *
 * A resort is open to the public while its business number is verified and it
 * is not deleted.  Its members act for it: owners, managers and recruiters,
 * who come by an invitation that goes to one address by mail.  There always
 * is an owner.
 *
 * A resort tells of its business what the tax office's own verification asks
 * for; a moderator verifies it, or refuses with a reason:
 *
 *     none      has not told enough
 *     waiting   for a moderator
 *     verified  open to the public; changing what was verified makes it wait
 *     refused   until what a moderator looks at is changed: then it waits
 *
 * Of those that live, but the refused, each has its business number to itself.
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



/*
 * A resort's desk.  patch is a JSON object of columns and values, as of
 * rb_patch_write().  if_match is revisions as PostgreSQL writes an array;
 * data == NULL: any.  All yield; besides their own errors those of
 * rb_pg_query(), and a 400 that names a field whose value can't be.
 */

typedef struct {
    ngx_str_t     patch;
    ngx_str_t     key;                  /* Idempotency-Key; or empty */
    u_char        request_hash[32];
} rb_resort_new_t;

/*
 * Makes a resort of which the member becomes the owner.  response is the
 * profile as JSON, in the task's pool, also when the same request was answered
 * before: *replayed.  rb_err_unverified, rb_err_number_taken (409),
 * rb_err_number_claimed (409), rb_err_key_reused, rb_err_too_many.
 */
rb_err_t *rb_resorts_create(rb_task_t *task, const rb_resort_new_t *resort,
    const rb_principal_t *who, const rb_origin_t *origin,
    ngx_str_t *response, ngx_uint_t *replayed);

/* One row of statement resorts_profile.  rb_err_not_found. */
rb_err_t *rb_resorts_profile(rb_task_t *task, const ngx_str_t *resort,
    const rb_principal_t *who, rb_pg_rows_t *rows);

/*
 * rb_err_not_found, rb_err_desk_role, rb_err_precondition (412),
 * rb_err_number_taken, rb_err_number_claimed: also of one that was refused and
 * would ask again; rb_err_resort_live (409): what is verified can't change
 * while the resort has live posts.
 */
rb_err_t *rb_resorts_change(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *patch, const ngx_str_t *if_match,
    const rb_principal_t *who, const rb_origin_t *origin);

/*
 * Closes it for good.  rb_err_not_found, rb_err_owner_needed,
 * rb_err_precondition, rb_err_resort_live, rb_err_resort_pending (409).
 */
rb_err_t *rb_resorts_close(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *if_match, const rb_principal_t *who,
    const rb_origin_t *origin);

/*
 * What a parameter's own limits don't tell.  err as of rb_err_add_field(),
 * and what is returned if nothing is wrong.  Dashes are passed over; day is
 * days since 1970.
 */
rb_err_t *rb_resorts_number_check(ngx_pool_t *pool, rb_err_t *err,
    const ngx_str_t *text);
rb_err_t *rb_resorts_opened_check(ngx_pool_t *pool, rb_err_t *err,
    int64_t day);

extern rb_err_t  rb_err_number_taken;       /* 409 business_number_taken */
extern rb_err_t  rb_err_number_claimed;     /* the same, by a resort that has
                                               not been verified */
extern rb_err_t  rb_err_resort_live;        /* 409 resort_has_live_posts */
extern rb_err_t  rb_err_resort_pending;     /* 409 resort_has_pending_posts */
extern rb_err_t  rb_err_desk_role;          /* 403 role_missing */


/* What a moderator decides about a resort. */

typedef enum {
    RB_RESORT_VERIFY = 0,               /* waiting or refused */
    RB_RESORT_REFUSE,                   /* none or waiting */
    RB_RESORT_WITHDRAW                  /* verified, without live posts */
} rb_resort_move_e;

/*
 * The owners are told by mail.  reason is for the latter two.  rows is one row
 * of statement resorts_decide.  rb_err_not_found, rb_err_moderator_needed
 * (403), rb_err_own_resort (403), rb_err_precondition,
 * rb_err_verification_state (409, with the states), rb_err_resort_live,
 * rb_err_number_taken with whose it is now; a 400 that names `reason'.
 */
rb_err_t *rb_resorts_decide(rb_task_t *task, const ngx_str_t *resort,
    rb_resort_move_e move, const ngx_str_t *reason,
    const ngx_str_t *if_match, const rb_principal_t *who,
    const rb_origin_t *origin, rb_pg_rows_t *rows);

extern rb_err_t  rb_err_verification_state; /* 409 verification_state */
extern rb_err_t  rb_err_own_resort;         /* 403 own_resort */
extern rb_err_t  rb_err_moderator_needed;   /* 403 role_missing */


#endif /* _RB_RESORTS_H_INCLUDED_ */
