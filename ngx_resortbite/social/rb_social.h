
/*
 * Signing in by an account elsewhere: any OpenID provider (OpenID Connect Core
 * 1.0, code flow with PKCE), Kakao and Naver.  What is fetched from them goes
 * through internal locations (io/rb_outbound.h); the browser goes to them by
 * itself.
 *
 *     /auth/social/kakao                we send the browser there
 *     /auth/social/kakao/callback       and they send it back, with a code
 *     a known identity                  signs in
 *     an unknown one                    is kept for a quarter of an hour: its
 *                                       owner signs up, or signs in to the
 *                                       account that it is to be linked to
 *
 * Nothing is ever linked but to the account that is signed in, by a form of
 * ours that says so: neither an e-mail, verified or not, nor a provider's page
 * that a stranger's link went through, links anything.
 */


#ifndef _RB_SOCIAL_H_INCLUDED_
#define _RB_SOCIAL_H_INCLUDED_


#include "users/rb_users.h"


#define RB_SOCIAL_MAX        16         /* providers */
#define RB_SOCIAL_STATE      600        /* seconds to go there and back */
#define RB_SOCIAL_KEPT       900        /* an unknown identity is kept */


typedef enum {
    RB_SOCIAL_OIDC = 0,
    RB_SOCIAL_KAKAO,
    RB_SOCIAL_NAVER
} rb_social_kind_e;


/* A provider, by its directive. */

typedef struct {
    ngx_str_t           name;           /* in paths and rows: "kakao" */
    rb_social_kind_e    kind;
    ngx_str_t           client_id;
    ngx_str_t           secret;
    ngx_str_t           location;       /* "/out/kakao" */
    ngx_str_t           issuer;
    ngx_str_t           authorize;      /* empty: what discovery says */
    ngx_str_t           scope;          /* may be empty */
    rb_text_t           label;
    ngx_uint_t          index;
} rb_social_t;


/* Of this process; set when a worker starts, by the directives. */

typedef struct {
    const rb_social_t  *list;
    ngx_uint_t          count;
} rb_social_providers_t;

extern rb_social_providers_t  rb_social_providers;

/* NULL: there is none of this name. */
const rb_social_t *rb_social_find(const ngx_str_t *name);


/* What a provider says of somebody.  Strings in the task's pool. */

typedef struct {
    const rb_social_t  *provider;
    ngx_str_t           subject;
    ngx_str_t           email;          /* canonical; or empty */
    ngx_str_t           name;           /* or empty */
    unsigned            email_verified:1;
} rb_social_profile_t;


/* A way there and back; what the browser is bound to. */

typedef struct {
    const rb_social_t  *provider;
    ngx_str_t           origin;         /* ours: "https://resortbite.example" */
    ngx_str_t           device;         /* the device cookie's hash */
    ngx_str_t           next;           /* a path of ours; or empty */
    ngx_str_t           member;         /* who wants to link; or empty */
} rb_social_way_t;


/* What the provider has sent the browser back with; each may be empty. */

typedef struct {
    ngx_str_t           state;
    ngx_str_t           code;
    ngx_str_t           iss;            /* RFC 9207 */
    ngx_str_t           error;
} rb_social_return_t;


/*
 * Where to send the browser (yields): state, nonce and PKCE's challenge are in
 * the URI.  rb_err_social_provider when discovery fails.
 */
rb_err_t *rb_social_begin(rb_task_t *task, const rb_social_way_t *way,
    ngx_str_t *uri);

/*
 * It has come back (yields): takes the state, exchanges the code, and checks
 * who it is.  way's provider, origin and device are the caller's, next and
 * member what rb_social_begin() was given.  Errors: rb_err_social_state,
 * rb_err_social_cancelled, rb_err_social_provider.
 */
rb_err_t *rb_social_end(rb_task_t *task, rb_social_way_t *way,
    const rb_social_return_t *back, rb_social_profile_t *profile);

/* Whose identity it is; empty: nobody's (yields). */
rb_err_t *rb_social_member(rb_task_t *task,
    const rb_social_profile_t *profile, ngx_str_t *member);

/*
 * Keeps an unknown identity for the browser that has proved it; shows it; and
 * takes it, once (all yield).  rb_err_link when it is of another browser, has
 * been taken, or is too old.
 */
rb_err_t *rb_social_keep(rb_task_t *task, const rb_social_profile_t *profile,
    const rb_social_way_t *way, ngx_str_t *token);
rb_err_t *rb_social_kept(rb_task_t *task, const ngx_str_t *token,
    ngx_uint_t take, rb_social_way_t *way, rb_social_profile_t *profile);

/*
 * Links it to the member, who is told by mail (yields).  who may be NULL for
 * an account that has just been made.  Linking what is linked already is no
 * error.  rb_err_identity_taken, rb_err_identity_other (both 409).
 */
rb_err_t *rb_social_link(rb_task_t *task, const rb_social_profile_t *profile,
    const ngx_str_t *member, const rb_principal_t *who,
    const rb_origin_t *origin);

/*
 * Takes the link away (yields).  rb_err_not_found; rb_err_identity_last (409)
 * when nothing else signs in: no password, no passkey, no other identity.
 */
rb_err_t *rb_social_unlink(rb_task_t *task, const ngx_str_t *provider,
    const rb_principal_t *who, const rb_origin_t *origin);

/* What is linked: provider, email, linked_at, used_at, for each (yields). */
rb_err_t *rb_social_identities(rb_task_t *task, const ngx_str_t *member,
    rb_pg_rows_t *rows);


extern rb_err_t  rb_err_social_state;       /* 400 sign_in_not_begun_here */
extern rb_err_t  rb_err_social_cancelled;   /* 403 sign_in_cancelled */
extern rb_err_t  rb_err_social_provider;    /* 502 provider_failed */
extern rb_err_t  rb_err_identity_taken;     /* 409 identity_taken */
extern rb_err_t  rb_err_identity_other;     /* 409 other_identity_linked */
extern rb_err_t  rb_err_identity_last;      /* 409 last_way_to_sign_in */


#endif /* _RB_SOCIAL_H_INCLUDED_ */
