
/*
 * Registering clients, changing and disabling them.  A secret is shown once
 * and kept as a hash.
 */


#include "oauth/rb_oauth_rules.h"
#include "crypto/rb_crypto.h"
#include "rb_statements.h"


#define RB_OAUTH_ID_MADE  16            /* random bytes of an id */


static rb_err_t *rb_oauth_client_made_id(ngx_pool_t *pool, ngx_str_t *id);
static ngx_str_t rb_oauth_list(const ngx_str_t *list);
static ngx_uint_t rb_oauth_has_secret(const rb_oauth_client_t *client);
static rb_err_t *rb_oauth_client_exists(rb_task_t *task,
    const ngx_str_t *id, rb_err_t *then);


static ngx_str_t  rb_oauth_yes = ngx_string("true");
static ngx_str_t  rb_oauth_no = ngx_string("false");

#define rb_oauth_bool(b)  ((b) ? rb_oauth_yes : rb_oauth_no)


/* The database's ON CONFLICT decides about an id, not a look before it. */

rb_err_t *
rb_oauth_client_create(rb_task_t *task, rb_oauth_client_t *client,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *secret)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CLIENT_CREATE_NPARAMS], hash;
    rb_pg_rows_t   rows;

    ngx_str_null(secret);
    ngx_str_null(&hash);

    if (client->id.len == 0) {
        err = rb_oauth_client_made_id(task->pool, &client->id);
        if (err) {
            return err;
        }
    }

    err = rb_oauth_client_check(task->pool, client);
    if (err) {
        return err;
    }

    if (rb_oauth_has_secret(client)) {
        err = rb_oauth_secret(task->pool, secret, &hash);
        if (err) {
            return err;
        }
    }

    ngx_memzero(p, sizeof(p));

    p[RB_OAUTH_CLIENT_CREATE_P_ID] = client->id;
    p[RB_OAUTH_CLIENT_CREATE_P_NAME] = client->name;
    p[RB_OAUTH_CLIENT_CREATE_P_AUTH_METHOD] = client->auth_method;
    p[RB_OAUTH_CLIENT_CREATE_P_SECRET_HASH] = hash;
    p[RB_OAUTH_CLIENT_CREATE_P_REDIRECT_URIS] =
        rb_oauth_list(&client->redirect_uris);
    p[RB_OAUTH_CLIENT_CREATE_P_POST_LOGOUT_REDIRECT_URIS] =
        rb_oauth_list(&client->post_logout_redirect_uris);
    p[RB_OAUTH_CLIENT_CREATE_P_GRANT_TYPES] = client->grant_types;
    p[RB_OAUTH_CLIENT_CREATE_P_SCOPES] = rb_oauth_list(&client->scopes);
    p[RB_OAUTH_CLIENT_CREATE_P_REQUIRE_PAR] =
        rb_oauth_bool(client->require_par);
    p[RB_OAUTH_CLIENT_CREATE_P_REQUIRE_DPOP] =
        rb_oauth_bool(client->require_dpop);
    p[RB_OAUTH_CLIENT_CREATE_P_FIRST_PARTY] =
        rb_oauth_bool(client->first_party);
    p[RB_OAUTH_CLIENT_CREATE_P_ACTOR] = who->member;
    p[RB_OAUTH_CLIENT_CREATE_P_CALLER] =
        rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_CLIENT_CREATE_P_REQUEST_ID] = origin->request_id;

    if (client->jwks.len) {
        p[RB_OAUTH_CLIENT_CREATE_P_JWKS] = client->jwks;
    }

    err = rb_pg_query(task, RB_STMT_OAUTH_CLIENT_CREATE, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_client_taken;
}


rb_err_t *
rb_oauth_client_update(rb_task_t *task, const rb_oauth_client_t *client,
    const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t           *err;
    ngx_str_t           p[RB_OAUTH_CLIENT_UPDATE_NPARAMS];
    rb_pg_rows_t        rows;
    rb_oauth_client_t   old, new;

    err = rb_oauth_client_get(task, &client->id, &old);
    if (err) {
        return err;
    }

    new = *client;
    new.auth_method = old.auth_method;

    err = rb_oauth_client_check(task->pool, &new);
    if (err) {
        return err;
    }

    ngx_memzero(p, sizeof(p));

    p[RB_OAUTH_CLIENT_UPDATE_P_ID] = new.id;
    p[RB_OAUTH_CLIENT_UPDATE_P_NAME] = new.name;
    p[RB_OAUTH_CLIENT_UPDATE_P_GRANT_TYPES] = new.grant_types;
    p[RB_OAUTH_CLIENT_UPDATE_P_SCOPES] = rb_oauth_list(&new.scopes);
    p[RB_OAUTH_CLIENT_UPDATE_P_REQUIRE_PAR] = rb_oauth_bool(new.require_par);
    p[RB_OAUTH_CLIENT_UPDATE_P_REQUIRE_DPOP] =
        rb_oauth_bool(new.require_dpop);
    p[RB_OAUTH_CLIENT_UPDATE_P_FIRST_PARTY] = rb_oauth_bool(new.first_party);
    p[RB_OAUTH_CLIENT_UPDATE_P_ACTOR] = who->member;
    p[RB_OAUTH_CLIENT_UPDATE_P_CALLER] = rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_CLIENT_UPDATE_P_REQUEST_ID] = origin->request_id;

    if (new.jwks.len) {
        p[RB_OAUTH_CLIENT_UPDATE_P_JWKS] = new.jwks;
    }

    p[RB_OAUTH_CLIENT_UPDATE_P_REDIRECT_URIS] =
        rb_oauth_list(&new.redirect_uris);
    p[RB_OAUTH_CLIENT_UPDATE_P_POST_LOGOUT_REDIRECT_URIS] =
        rb_oauth_list(&new.post_logout_redirect_uris);

    err = rb_pg_query(task, RB_STMT_OAUTH_CLIENT_UPDATE, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_oauth_client_rotate_secret(rb_task_t *task, const ngx_str_t *id,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *secret)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CLIENT_SECRET_NPARAMS], hash;
    rb_pg_rows_t   rows;

    err = rb_oauth_secret(task->pool, secret, &hash);
    if (err) {
        return err;
    }

    p[RB_OAUTH_CLIENT_SECRET_P_ID] = *id;
    p[RB_OAUTH_CLIENT_SECRET_P_SECRET_HASH] = hash;
    p[RB_OAUTH_CLIENT_SECRET_P_ACTOR] = who->member;
    p[RB_OAUTH_CLIENT_SECRET_P_CALLER] = rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_CLIENT_SECRET_P_REQUEST_ID] = origin->request_id;

    err = rb_pg_query(task, RB_STMT_OAUTH_CLIENT_SECRET, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count) {
        return NULL;
    }

    ngx_str_null(secret);

    return rb_oauth_client_exists(task, id, &rb_err_client_no_secret);
}


rb_err_t *
rb_oauth_client_disable(rb_task_t *task, const ngx_str_t *id,
    ngx_uint_t disabled, const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CLIENT_DISABLE_NPARAMS];
    rb_pg_rows_t   rows;

    p[RB_OAUTH_CLIENT_DISABLE_P_ID] = *id;
    p[RB_OAUTH_CLIENT_DISABLE_P_DISABLED] = rb_oauth_bool(disabled);
    p[RB_OAUTH_CLIENT_DISABLE_P_ACTOR] = who->member;
    p[RB_OAUTH_CLIENT_DISABLE_P_CALLER] =
        rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_CLIENT_DISABLE_P_REQUEST_ID] = origin->request_id;

    err = rb_pg_query(task, RB_STMT_OAUTH_CLIENT_DISABLE, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_oauth_client_row(rb_task_t *task, const ngx_str_t *id, rb_pg_rows_t *rows)
{
    return rb_pg_query(task, RB_STMT_OAUTH_CLIENT_ROW, 0, id, rows);
}


rb_err_t *
rb_oauth_client_list(rb_task_t *task, const ngx_str_t *after,
    const ngx_str_t *limit, rb_pg_rows_t *rows)
{
    ngx_str_t  p[RB_OAUTH_CLIENT_LIST_NPARAMS];

    p[RB_OAUTH_CLIENT_LIST_P_AFTER] = *after;
    p[RB_OAUTH_CLIENT_LIST_P_LIMIT] = *limit;

    return rb_pg_query(task, RB_STMT_OAUTH_CLIENT_LIST,
                       after->data ? RB_OAUTH_CLIENT_LIST_WHEN_AFTER : 0, p,
                       rows);
}


static rb_err_t *
rb_oauth_client_exists(rb_task_t *task, const ngx_str_t *id, rb_err_t *then)
{
    rb_err_t           *err;
    rb_oauth_client_t   client;

    err = rb_oauth_client_get(task, id, &client);

    return err ? err : then;
}


/* An empty list is no NULL. */

static ngx_str_t
rb_oauth_list(const ngx_str_t *list)
{
    static ngx_str_t  none = ngx_string("");

    return list->len ? *list : none;
}


static ngx_uint_t
rb_oauth_has_secret(const rb_oauth_client_t *client)
{
    return rb_oauth_is(&client->auth_method, "client_secret_basic")
           || rb_oauth_is(&client->auth_method, "client_secret_post");
}


static rb_err_t *
rb_oauth_client_made_id(ngx_pool_t *pool, ngx_str_t *id)
{
    u_char  bytes[RB_OAUTH_ID_MADE];

    if (rb_random(bytes, sizeof(bytes)) != NGX_OK) {
        return &rb_err_internal;
    }

    *id = rb_base64url(pool, bytes, sizeof(bytes));

    return id->data ? NULL : &rb_err_internal;
}


rb_err_t *
rb_oauth_client_get(rb_task_t *task, const ngx_str_t *id,
    rb_oauth_client_t *client)
{
    rb_err_t      *err;
    ngx_str_t      hash;
    ngx_uint_t     i;
    rb_pg_rows_t   rows;

    err = rb_pg_query(task, RB_STMT_OAUTH_CLIENT_GET, 0, id, &rows);
    if (err) {
        return err;
    }

    /* an id that PostgreSQL can't read as text is nobody's */

    if (rows.sqlstate[0] || rows.count == 0) {
        return &rb_err_not_found;
    }

    i = 0;
    ngx_memzero(client, sizeof(rb_oauth_client_t));

    client->id = rb_pg_value(&rows, 0, i++);
    client->name = rb_pg_value(&rows, 0, i++);
    client->auth_method = rb_pg_value(&rows, 0, i++);
    client->jwks = rb_pg_value(&rows, 0, i++);
    client->redirect_uris = rb_pg_value(&rows, 0, i++);
    client->post_logout_redirect_uris = rb_pg_value(&rows, 0, i++);
    client->grant_types = rb_pg_value(&rows, 0, i++);
    client->scopes = rb_pg_value(&rows, 0, i++);
    hash = rb_pg_value(&rows, 0, i++);
    client->require_par = rb_pg_value(&rows, 0, i++).data[0] == 't';
    client->require_dpop = rb_pg_value(&rows, 0, i++).data[0] == 't';
    client->first_party = rb_pg_value(&rows, 0, i++).data[0] == 't';
    client->disabled = rb_pg_value(&rows, 0, i++).data[0] == 't';

    if (hash.len
        && rb_bytea_decode(task->pool, &hash, &client->secret_hash) != NGX_OK)
    {
        return &rb_err_internal;
    }

    return NULL;
}


rb_err_t *
rb_oauth_consent_withdraw(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *client, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CONSENT_WITHDRAW_NPARAMS];
    rb_pg_rows_t   rows;

    p[RB_OAUTH_CONSENT_WITHDRAW_P_MEMBER] = *member;
    p[RB_OAUTH_CONSENT_WITHDRAW_P_CLIENT] = *client;
    p[RB_OAUTH_CONSENT_WITHDRAW_P_ACTOR] = who->member;
    p[RB_OAUTH_CONSENT_WITHDRAW_P_CALLER] =
        rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_CONSENT_WITHDRAW_P_REQUEST_ID] = origin->request_id;

    err = rb_pg_query(task, RB_STMT_OAUTH_CONSENT_WITHDRAW, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_not_found;
}
