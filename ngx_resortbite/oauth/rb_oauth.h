
/*
 * Applications that get tokens (OAuth 2, RFC 6749; OpenID Connect Core 1.0),
 * as administrators register them.  What the applications themselves call is
 * in the routes; README.md in this folder tells how grants live and end.
 *
 * Lists are text with one space between items, which no URI, scope or grant
 * type holds: "https://a.example/cb https://b.example/cb".
 */


#ifndef _RB_OAUTH_H_INCLUDED_
#define _RB_OAUTH_H_INCLUDED_


#include "sessions/rb_sessions.h"


#define RB_OAUTH_URIS_MAX    16
#define RB_OAUTH_URI_LEN     1000       /* bytes */
#define RB_OAUTH_JWKS_LEN    16384
#define RB_OAUTH_NAME_LEN    60         /* characters */

/* The clients' grant types, and how they show who they are. */

#define RB_OAUTH_GRANTS                                                       \
    "authorization_code refresh_token client_credentials "                  \
    "urn:ietf:params:oauth:grant-type:device_code"

#define RB_OAUTH_AUTH_METHODS                                                 \
    "none client_secret_basic client_secret_post private_key_jwt"


/* Strings live in the task's pool; empty ones may have data NULL. */

typedef struct {
    ngx_str_t     id;
    ngx_str_t     name;
    ngx_str_t     auth_method;          /* of RB_OAUTH_AUTH_METHODS */
    ngx_str_t     jwks;                 /* JSON text; private_key_jwt only */
    ngx_str_t     redirect_uris;
    ngx_str_t     post_logout_redirect_uris;
    ngx_str_t     grant_types;          /* of RB_OAUTH_GRANTS */
    ngx_str_t     scopes;               /* of rb_scope_names */
    ngx_str_t     secret_hash;          /* SHA-256, 32 bytes; or empty */
    unsigned      require_par:1;
    unsigned      require_dpop:1;
    unsigned      first_party:1;        /* ours: no consent; see README */
    unsigned      disabled:1;
} rb_oauth_client_t;


/*
 * Registers a client (yields).  id may be empty: one is made, and put into
 * client->id.  *secret is the client's secret where its method has one, shown
 * this once (only its hash is kept); else empty.  Event client.registered.
 *
 * Errors: a 400 that names each wrong field by the member's name above;
 * rb_err_client_taken (409).
 */
rb_err_t *rb_oauth_client_create(rb_task_t *task, rb_oauth_client_t *client,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *secret);

/*
 * Changes all of it but id, auth_method, secret and disabled, by the same
 * rules (yields).  Event client.changed, with the names of what changed.
 * rb_err_not_found.
 */
rb_err_t *rb_oauth_client_update(rb_task_t *task,
    const rb_oauth_client_t *client, const rb_principal_t *who,
    const rb_origin_t *origin);

/*
 * A new secret; the old one is no good any more (yields).  Grants stay.  409
 * rb_err_client_no_secret when the client's method has none; rb_err_not_found.
 */
rb_err_t *rb_oauth_client_rotate_secret(rb_task_t *task, const ngx_str_t *id,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *secret);

/*
 * Disables, ending all of the client's grants at once; or enables (yields).
 * Doing it again is as good.  rb_err_not_found.
 */
rb_err_t *rb_oauth_client_disable(rb_task_t *task, const ngx_str_t *id,
    ngx_uint_t disabled, const rb_principal_t *who, const rb_origin_t *origin);

/* One (yields): rb_err_not_found.  A disabled one too. */
rb_err_t *rb_oauth_client_get(rb_task_t *task, const ngx_str_t *id,
    rb_oauth_client_t *client);

/*
 * To be shown (yields), one by its id (rows->count 0: none) or up to `limit'
 * ordered by id, after `after' (data NULL: from the first).  Columns, for a
 * view of these fields: id, name, auth_method (codes), redirect_uris,
 * post_logout_redirect_uris, grant_types, scopes, jwks (JSON, the last may be
 * NULL), require_par, require_dpop, first_party (bool), created_at,
 * updated_at, disabled_at (times, the last may be NULL).  The list has one
 * more, the id again: the key of rb_reply_list().
 */
rb_err_t *rb_oauth_client_row(rb_task_t *task, const ngx_str_t *id,
    rb_pg_rows_t *rows);
rb_err_t *rb_oauth_client_list(rb_task_t *task, const ngx_str_t *after,
    const ngx_str_t *limit, rb_pg_rows_t *rows);

/*
 * A member takes back what they let a client do: the consent is forgotten and
 * its grants end (yields).  Event consent.withdrawn.  rb_err_not_found.
 */
rb_err_t *rb_oauth_consent_withdraw(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *client, const rb_principal_t *who,
    const rb_origin_t *origin);


extern rb_err_t  rb_err_client_taken;           /* 409 client_id_taken */
extern rb_err_t  rb_err_client_no_secret;       /* 409 client_has_no_secret */


#endif /* _RB_OAUTH_H_INCLUDED_ */
