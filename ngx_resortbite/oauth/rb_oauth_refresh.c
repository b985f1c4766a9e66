
/*
 * Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): README.md has the protocol.
 */


#include "oauth/rb_oauth_rules.h"
#include "crypto/rb_keyring.h"
#include "rb_statements.h"


#define RB_OAUTH_REFRESH_ATTEMPTS  3


/* Columns of oauth_refresh_look after those of a grant. */

enum {
    RB_OAUTH_R_CLIENT = 7,
    RB_OAUTH_R_JKT,
    RB_OAUTH_R_USED,
    RB_OAUTH_R_JUST_USED,
    RB_OAUTH_R_SEALED,
    RB_OAUTH_R_LIVE
};


typedef struct {
    const rb_oauth_caller_t   *caller;
    ngx_str_t                  token;
    ngx_str_t                  hash;
    ngx_str_t                  scope;   /* asked for; or empty */
} rb_oauth_refresh_t;


static rb_err_t *rb_oauth_refresh_use(rb_task_t *task,
    const rb_oauth_refresh_t *asked, rb_oauth_grant_t *grant);
static rb_err_t *rb_oauth_refresh_again(rb_task_t *task,
    const rb_oauth_refresh_t *asked, rb_oauth_grant_t *grant);
static rb_err_t *rb_oauth_refresh_look(rb_task_t *task,
    const rb_oauth_refresh_t *asked, rb_pg_rows_t *rows);


rb_err_t *
rb_oauth_refresh(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *token, const ngx_str_t *scope, rb_oauth_grant_t *grant)
{
    rb_err_t             *err;
    ngx_uint_t            attempt;
    rb_oauth_refresh_t    asked;

    asked.caller = caller;
    asked.token = *token;
    asked.scope = *scope;
    asked.hash = rb_hash_param(task->pool, token);

    if (asked.hash.data == NULL) {
        return &rb_err_internal;
    }

    grant->session.len = 0;

    if (!rb_oauth_within(&caller->client->scopes, scope)) {
        return &rb_err_oauth_scope;
    }

    for (attempt = 0; attempt < RB_OAUTH_REFRESH_ATTEMPTS; attempt++) {

        err = rb_oauth_refresh_use(task, &asked, grant);

        if (err == NULL && grant->session.len == 0) {
            err = rb_oauth_refresh_again(task, &asked, grant);
        }

        if (err) {
            return err;
        }

        if (grant->session.len) {
            break;
        }
    }

    /* it was good again each time that it was looked at: not the client's
     * fault, and nobody is to be logged out for it */

    if (grant->session.len == 0) {
        return &rb_err_busy;
    }

    if (scope->len) {
        grant->scopes = rb_names_of(task->pool, rb_scope_names,
                                    rb_bits_of(rb_scope_names, scope, ' '),
                                    ' ');
        if (grant->scopes.data == NULL) {
            return &rb_err_internal;
        }
    }

    return NULL;
}


/* Leaves grant->session empty when the token isn't there to be used. */

static rb_err_t *
rb_oauth_refresh_use(rb_task_t *task, const rb_oauth_refresh_t *asked,
    rb_oauth_grant_t *grant)
{
    u_char         idle[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_REFRESH_USE_NPARAMS], next, next_hash, sealed;
    rb_pg_rows_t   rows;

    err = rb_oauth_secret(task->pool, &next, &next_hash);
    if (err) {
        return err;
    }

    if (rb_seal_for(task->pool, &asked->token, &next, &sealed) != NGX_OK) {
        return &rb_err_internal;
    }

    ngx_str_null(&p[RB_OAUTH_REFRESH_USE_P_JKT]);
    ngx_str_set(&p[RB_OAUTH_REFRESH_USE_P_SCOPE], "");

    if (asked->caller->jkt.len) {
        p[RB_OAUTH_REFRESH_USE_P_JKT] = asked->caller->jkt;
    }

    if (asked->scope.len) {
        p[RB_OAUTH_REFRESH_USE_P_SCOPE] = asked->scope;
    }

    p[RB_OAUTH_REFRESH_USE_P_HASH] = asked->hash;
    p[RB_OAUTH_REFRESH_USE_P_CLIENT] = asked->caller->client->id;
    p[RB_OAUTH_REFRESH_USE_P_NEXT_HASH] = next_hash;
    p[RB_OAUTH_REFRESH_USE_P_SEALED] = rb_bytea(task->pool, sealed.data,
                                                sealed.len);
    p[RB_OAUTH_REFRESH_USE_P_IDLE] = rb_oauth_seconds(idle,
                                                      RB_OAUTH_REFRESH_IDLE);

    err = rb_pg_query(task, RB_STMT_OAUTH_REFRESH_USE, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count) {
        rb_oauth_grant_row(&rows, asked->caller, grant);
        grant->refresh_token = next;
    }

    return NULL;
}


/*
 * It was used, is unknown, or is no good any more.  A client that asks twice
 * (two tabs, a lost answer) is given the same successor for a while; after
 * that two hold the token, and the grant ends.
 */

static rb_err_t *
rb_oauth_refresh_again(rb_task_t *task, const rb_oauth_refresh_t *asked,
    rb_oauth_grant_t *grant)
{
    rb_err_t          *err;
    ngx_str_t          value, sealed, next;
    ngx_uint_t         live;
    rb_pg_rows_t       rows;
    rb_oauth_grant_t   found;

    err = rb_oauth_refresh_look(task, asked, &rows);
    if (err) {
        return err;
    }

    live = (rb_pg_value(&rows, 0, RB_OAUTH_R_LIVE).data[0] == 't');

    rb_oauth_grant_row(&rows, asked->caller, &found);

    if (rb_pg_value(&rows, 0, RB_OAUTH_R_USED).data[0] == 't') {

        if (rb_pg_value(&rows, 0, RB_OAUTH_R_JUST_USED).data[0] != 't') {
            err = rb_oauth_family_revoke(task, &found.session,
                                         "token_reused",
                                         asked->caller->origin);
            return err ? err : &rb_err_oauth_grant;
        }
    }

    if (!live) {
        return &rb_err_oauth_grant;
    }

    if (!rb_oauth_within(&found.granted, &asked->scope)) {
        return &rb_err_oauth_scope;
    }

    value = rb_pg_value(&rows, 0, RB_OAUTH_R_SEALED);

    if (value.data == NULL) {
        return NULL;
    }

    if (rb_bytea_decode(task->pool, &value, &sealed) != NGX_OK
        || rb_unseal_with(task->pool, &asked->token, &sealed, &next)
           != NGX_OK)
    {
        return &rb_err_internal;
    }

    *grant = found;
    grant->refresh_token = next;

    return NULL;
}


/* Another client, or another key, ends nothing: it couldn't have used it. */

static rb_err_t *
rb_oauth_refresh_look(rb_task_t *task, const rb_oauth_refresh_t *asked,
    rb_pg_rows_t *rows)
{
    u_char       grace[NGX_INT_T_LEN];
    rb_err_t    *err;
    ngx_str_t    p[RB_OAUTH_REFRESH_LOOK_NPARAMS], value;

    p[RB_OAUTH_REFRESH_LOOK_P_HASH] = asked->hash;
    p[RB_OAUTH_REFRESH_LOOK_P_GRACE] =
        rb_oauth_seconds(grace, RB_OAUTH_REFRESH_GRACE);

    err = rb_pg_query(task, RB_STMT_OAUTH_REFRESH_LOOK, 0, p, rows);
    if (err) {
        return err;
    }

    if (rows->sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows->count == 0) {
        return &rb_err_oauth_grant;
    }

    value = rb_pg_value(rows, 0, RB_OAUTH_R_CLIENT);

    if (!rb_same(&value, &asked->caller->client->id)) {
        return &rb_err_oauth_grant;
    }

    value = rb_pg_value(rows, 0, RB_OAUTH_R_JKT);

    if (value.len && !rb_same(&value, &asked->caller->jkt)) {
        return &rb_err_oauth_grant;
    }

    return NULL;
}


rb_err_t *
rb_oauth_family_revoke(rb_task_t *task, const ngx_str_t *session,
    const char *reason, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_FAMILY_REVOKE_NPARAMS];
    rb_pg_rows_t   rows;

    p[RB_OAUTH_FAMILY_REVOKE_P_SESSION] = *session;
    p[RB_OAUTH_FAMILY_REVOKE_P_REASON].data = (u_char *) reason;
    p[RB_OAUTH_FAMILY_REVOKE_P_REASON].len = ngx_strlen(reason);
    p[RB_OAUTH_FAMILY_REVOKE_P_CALLER] =
        rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_FAMILY_REVOKE_P_REQUEST_ID] = origin->request_id;

    err = rb_pg_query(task, RB_STMT_OAUTH_FAMILY_REVOKE, 0, p, &rows);
    if (err) {
        return err;
    }

    return rows.sqlstate[0] ? &rb_err_internal : NULL;
}
