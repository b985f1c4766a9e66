
/*
 * Codes (RFC 6749 §4.1, RFC 7636 §4.6), and clients for themselves (§4.4).
 *
 * A code is used by one statement, which also makes the grant and its first
 * refresh token.  Who comes later with the same code, and knows its verifier,
 * shows that the code and the verifier are in two hands: what the first use
 * gave ends.  Who has found a used code without the verifier, in a browser's
 * history, can't end anything.
 */


#include "oauth/rb_oauth_rules.h"
#include "rb_statements.h"


#define RB_OAUTH_VERIFIER_MIN  43
#define RB_OAUTH_VERIFIER_MAX  128


typedef struct {
    ngx_str_t     client;
    ngx_str_t     redirect_uri;
    ngx_str_t     challenge;
    ngx_str_t     jkt;
    ngx_str_t     session;
    unsigned      used:1;
    unsigned      fresh:1;
} rb_oauth_code_t;


static rb_err_t *rb_oauth_code_look(rb_task_t *task, const ngx_str_t *hash,
    rb_oauth_code_t *code);
static rb_err_t *rb_oauth_code_fits(ngx_pool_t *pool,
    const rb_oauth_code_t *code, const rb_oauth_caller_t *caller,
    const ngx_str_t *redirect_uri, const ngx_str_t *verifier);
static rb_err_t *rb_oauth_code_take(rb_task_t *task,
    const rb_oauth_caller_t *caller, const ngx_str_t *hash,
    rb_oauth_grant_t *grant);


rb_err_t *
rb_oauth_code_issue(rb_task_t *task, const rb_oauth_request_t *request,
    const rb_principal_t *who, const rb_origin_t *origin,
    ngx_uint_t consented, ngx_str_t *code)
{
    u_char         seconds[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CODE_ISSUE_NPARAMS], hash;
    rb_pg_rows_t   rows;

    err = rb_oauth_secret(task->pool, code, &hash);
    if (err) {
        return err;
    }

    ngx_memzero(p, sizeof(p));

    p[RB_OAUTH_CODE_ISSUE_P_SESSION] = who->session;
    p[RB_OAUTH_CODE_ISSUE_P_MEMBER] = who->member;
    p[RB_OAUTH_CODE_ISSUE_P_CLIENT] = request->client.id;
    p[RB_OAUTH_CODE_ISSUE_P_HASH] = hash;
    p[RB_OAUTH_CODE_ISSUE_P_REDIRECT_URI] =
        request->value[RB_OAUTH_A_REDIRECT_URI];
    p[RB_OAUTH_CODE_ISSUE_P_SCOPES] = request->scopes;
    p[RB_OAUTH_CODE_ISSUE_P_CODE_CHALLENGE] =
        request->value[RB_OAUTH_A_CODE_CHALLENGE];
    p[RB_OAUTH_CODE_ISSUE_P_SECONDS].data = seconds;
    p[RB_OAUTH_CODE_ISSUE_P_SECONDS].len =
        ngx_sprintf(seconds, "%d", RB_OAUTH_CODE_LIFE) - seconds;

    if (request->value[RB_OAUTH_A_NONCE].len) {
        p[RB_OAUTH_CODE_ISSUE_P_NONCE] = request->value[RB_OAUTH_A_NONCE];
    }

    if (request->value[RB_OAUTH_A_DPOP_JKT].len) {
        p[RB_OAUTH_CODE_ISSUE_P_DPOP_JKT] =
            request->value[RB_OAUTH_A_DPOP_JKT];
    }

    if (consented) {
        p[RB_OAUTH_CODE_ISSUE_P_CALLER] =
            rb_oauth_address(task->pool, origin);
        p[RB_OAUTH_CODE_ISSUE_P_REQUEST_ID] = origin->request_id;
    }

    err = rb_pg_query(task, RB_STMT_OAUTH_CODE_ISSUE,
                      consented ? RB_OAUTH_CODE_ISSUE_WHEN_CONSENTED : 0, p,
                      &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_oauth_session_gone;
}


rb_err_t *
rb_oauth_code_use(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *code, const ngx_str_t *redirect_uri,
    const ngx_str_t *verifier, rb_oauth_grant_t *grant)
{
    rb_err_t          *err;
    ngx_str_t          hash;
    rb_oauth_code_t    row;

    hash = rb_hash_param(task->pool, code);

    if (hash.data == NULL) {
        return &rb_err_internal;
    }

    err = rb_oauth_code_look(task, &hash, &row);
    if (err) {
        return err;
    }

    err = rb_oauth_code_fits(task->pool, &row, caller, redirect_uri,
                             verifier);
    if (err) {
        return err;
    }

    if (!row.used) {

        if (!row.fresh) {
            return &rb_err_oauth_grant;
        }

        err = rb_oauth_code_take(task, caller, &hash, grant);

        if (err != &rb_err_oauth_grant) {
            return err;
        }

        /* somebody was faster, or what it hangs on has ended */

        err = rb_oauth_code_look(task, &hash, &row);
        if (err) {
            return err;
        }
    }

    if (row.used && row.session.len) {
        err = rb_oauth_family_revoke(task, &row.session, "code_reused",
                                     caller->origin);
        if (err) {
            return err;
        }
    }

    return &rb_err_oauth_grant;
}


static rb_err_t *
rb_oauth_code_look(rb_task_t *task, const ngx_str_t *hash,
    rb_oauth_code_t *code)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_pg_query(task, RB_STMT_OAUTH_CODE_LOOK, 0, hash, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_oauth_grant;
    }

    code->client = rb_pg_value(&rows, 0, 0);
    code->redirect_uri = rb_pg_value(&rows, 0, 1);
    code->challenge = rb_pg_value(&rows, 0, 2);
    code->jkt = rb_pg_value(&rows, 0, 3);
    code->used = rb_pg_value(&rows, 0, 4).data[0] == 't';
    code->fresh = rb_pg_value(&rows, 0, 5).data[0] == 't';
    code->session = rb_pg_value(&rows, 0, 6);

    return NULL;
}


/* One error for all: nobody is told how near they are. */

static rb_err_t *
rb_oauth_code_fits(ngx_pool_t *pool, const rb_oauth_code_t *code,
    const rb_oauth_caller_t *caller, const ngx_str_t *redirect_uri,
    const ngx_str_t *verifier)
{
    u_char      digest[RB_SHA256_LEN];
    ngx_str_t   challenge;
    ngx_uint_t  fits;

    if (verifier->len < RB_OAUTH_VERIFIER_MIN
        || verifier->len > RB_OAUTH_VERIFIER_MAX)
    {
        return &rb_err_oauth_grant;
    }

    if (rb_sha256(verifier->data, verifier->len, digest) != NGX_OK) {
        return &rb_err_internal;
    }

    challenge = rb_base64url(pool, digest, sizeof(digest));

    if (challenge.data == NULL) {
        return &rb_err_internal;
    }

    fits = rb_same(&challenge, &code->challenge);
    fits &= rb_same(&caller->client->id, &code->client);
    fits &= rb_same(redirect_uri, &code->redirect_uri);

    if (code->jkt.len) {
        fits &= rb_same(&caller->jkt, &code->jkt);
    }

    return fits ? NULL : &rb_err_oauth_grant;
}


static rb_err_t *
rb_oauth_code_take(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *hash, rb_oauth_grant_t *grant)
{
    u_char         life[NGX_INT_T_LEN], idle[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CODE_USE_NPARAMS], refresh, refresh_hash;
    ngx_uint_t     refreshes;
    rb_pg_rows_t   rows;

    ngx_memzero(p, sizeof(p));
    ngx_str_null(&refresh);
    ngx_str_null(&refresh_hash);

    refreshes = rb_oauth_refreshes(caller->client);

    if (refreshes) {
        err = rb_oauth_secret(task->pool, &refresh, &refresh_hash);
        if (err) {
            return err;
        }
    }

    err = rb_oauth_uuid(task->pool, &p[RB_OAUTH_CODE_USE_P_SESSION]);
    if (err) {
        return err;
    }

    p[RB_OAUTH_CODE_USE_P_HASH] = *hash;
    p[RB_OAUTH_CODE_USE_P_CLIENT] = caller->client->id;
    p[RB_OAUTH_CODE_USE_P_JKT] = rb_oauth_bound(caller);
    p[RB_OAUTH_CODE_USE_P_CALLER] =
        rb_oauth_address(task->pool, caller->origin);
    p[RB_OAUTH_CODE_USE_P_REQUEST_ID] = caller->origin->request_id;
    p[RB_OAUTH_CODE_USE_P_REFRESH_HASH] = refresh_hash;
    p[RB_OAUTH_CODE_USE_P_SECONDS] = rb_oauth_seconds(life,
        refreshes ? RB_OAUTH_GRANT_MAX : RB_OAUTH_ACCESS_LIFE);
    p[RB_OAUTH_CODE_USE_P_IDLE] = rb_oauth_seconds(idle,
                                                   RB_OAUTH_REFRESH_IDLE);

    err = rb_pg_query(task, RB_STMT_OAUTH_CODE_USE,
                      refreshes ? RB_OAUTH_CODE_USE_WHEN_REFRESH : 0, p,
                      &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_oauth_grant;
    }

    rb_oauth_grant_row(&rows, caller, grant);
    grant->refresh_token = refresh;

    return NULL;
}


/*
 * openid, profile, email and offline_access are about a member, so that a
 * client for itself has none of them.
 */

rb_err_t *
rb_oauth_client_grant(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *scope, rb_oauth_grant_t *grant)
{
    u_char         life[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CLIENT_SESSION_NPARAMS], may, scopes;
    ngx_uint_t     bits;
    rb_pg_rows_t   rows;

    bits = rb_bits_of(rb_scope_names, &caller->client->scopes, ' ')
           & (RB_SCOPE_READ|RB_SCOPE_WRITE);

    may = rb_names_of(task->pool, rb_scope_names, bits, ' ');

    if (may.data == NULL) {
        return &rb_err_internal;
    }

    if (!rb_oauth_within(&may, scope)) {
        return &rb_err_oauth_scope;
    }

    if (scope->len) {
        bits = rb_bits_of(rb_scope_names, scope, ' ');
    }

    scopes = rb_names_of(task->pool, rb_scope_names, bits, ' ');

    if (scopes.data == NULL) {
        return &rb_err_internal;
    }

    if (scopes.len == 0) {
        return &rb_err_oauth_scope;
    }

    err = rb_oauth_uuid(task->pool, &p[RB_OAUTH_CLIENT_SESSION_P_SESSION]);
    if (err) {
        return err;
    }

    p[RB_OAUTH_CLIENT_SESSION_P_SCOPES] = scopes;
    p[RB_OAUTH_CLIENT_SESSION_P_CLIENT] = caller->client->id;
    p[RB_OAUTH_CLIENT_SESSION_P_SECONDS] =
        rb_oauth_seconds(life, RB_OAUTH_ACCESS_LIFE);
    p[RB_OAUTH_CLIENT_SESSION_P_CALLER] =
        rb_oauth_address(task->pool, caller->origin);
    p[RB_OAUTH_CLIENT_SESSION_P_REQUEST_ID] = caller->origin->request_id;
    ngx_str_null(&p[RB_OAUTH_CLIENT_SESSION_P_JKT]);

    if (caller->jkt.len) {
        p[RB_OAUTH_CLIENT_SESSION_P_JKT] = caller->jkt;
    }

    err = rb_pg_query(task, RB_STMT_OAUTH_CLIENT_SESSION, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_oauth_client;
    }

    rb_oauth_grant_row(&rows, caller, grant);

    return NULL;
}


void
rb_oauth_grant_row(const rb_pg_rows_t *rows, const rb_oauth_caller_t *caller,
    rb_oauth_grant_t *grant)
{
    ngx_memzero(grant, sizeof(rb_oauth_grant_t));

    grant->session = rb_pg_value(rows, 0, 0);
    grant->member = rb_pg_value(rows, 0, 1);
    grant->granted = rb_pg_value(rows, 0, 2);
    grant->acr = rb_pg_value(rows, 0, 3);
    grant->amr = rb_pg_value(rows, 0, 4);
    grant->auth_time = rb_pg_value(rows, 0, 5);
    grant->nonce = rb_pg_value(rows, 0, 6);

    grant->scopes = grant->granted;
    grant->client = caller->client->id;
    grant->jkt = caller->jkt;
}


rb_err_t *
rb_oauth_narrow(ngx_pool_t *pool, const rb_oauth_client_t *client,
    rb_oauth_grant_t *grant)
{
    ngx_uint_t  bits;

    bits = rb_bits_of(rb_scope_names, &grant->scopes, ' ')
           & rb_bits_of(rb_scope_names, &client->scopes, ' ');

    grant->scopes = rb_names_of(pool, rb_scope_names, bits, ' ');

    if (grant->scopes.data == NULL) {
        return &rb_err_internal;
    }

    return bits ? NULL : &rb_err_oauth_scope;
}


ngx_uint_t
rb_oauth_refreshes(const rb_oauth_client_t *client)
{
    return rb_oauth_has_lit(&client->grant_types, "refresh_token");
}


/*
 * A refresh token of a client without a secret is bound to the proof's key
 * (RFC 9449 §5); that of another is bound to the client.
 */

ngx_str_t
rb_oauth_bound(const rb_oauth_caller_t *caller)
{
    ngx_str_t  none = ngx_null_string;

    return caller->jkt.len && rb_oauth_is(&caller->client->auth_method,
                                          "none")
           ? caller->jkt : none;
}


ngx_str_t
rb_oauth_seconds(u_char *buf, ngx_uint_t seconds)
{
    ngx_str_t  text;

    text.data = buf;
    text.len = ngx_sprintf(buf, "%ui", seconds) - buf;

    return text;
}
