
/*
 * The device flow (RFC 8628): a television shows a short code, its owner
 * types it in elsewhere.
 *
 * A user code is eight consonants (§6.1): no words, nothing that looks like a
 * digit, 34 bits.  Guesses are counted by account and by address, so that
 * somebody else's device is out of reach in the ten minutes of its code.
 */


#include "oauth/rb_oauth_rules.h"
#include "io/rb_budget.h"
#include "rb_statements.h"


#define RB_OAUTH_LETTERS          "BCDFGHJKLMNPQRSTVWXZ"
#define RB_OAUTH_LETTERS_N        (sizeof(RB_OAUTH_LETTERS) - 1)
#define RB_OAUTH_DEVICE_ATTEMPTS  3


static rb_err_t *rb_oauth_device_user_code(ngx_pool_t *pool,
    ngx_str_t *code);
static rb_err_t *rb_oauth_device_asked(ngx_pool_t *pool,
    const rb_oauth_caller_t *caller, const ngx_str_t *scope,
    ngx_str_t *scopes);
static void rb_oauth_device_budgets(const rb_principal_t *who,
    const rb_origin_t *origin, rb_budget_of_t of[2]);
static rb_err_t *rb_oauth_device_outcome(const ngx_str_t *outcome);


static const rb_budget_t  rb_oauth_guesses[] = {
    { ngx_string("user_code_account"), 5, 900, 2, 900 },
    { ngx_string("user_code_address"), 20, 900, 2, 900 }
};


rb_err_t *
rb_oauth_device_begin(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *scope, rb_oauth_device_t *device)
{
    u_char         life[NGX_INT_T_LEN], interval[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_DEVICE_BEGIN_NPARAMS];
    ngx_uint_t     attempt;
    rb_pg_rows_t   rows;

    err = rb_oauth_device_asked(task->pool, caller, scope,
                                &p[RB_OAUTH_DEVICE_BEGIN_P_SCOPES]);
    if (err) {
        return err;
    }

    err = rb_oauth_secret(task->pool, &device->device_code,
                          &p[RB_OAUTH_DEVICE_BEGIN_P_HASH]);
    if (err) {
        return err;
    }

    p[RB_OAUTH_DEVICE_BEGIN_P_CLIENT] = caller->client->id;
    p[RB_OAUTH_DEVICE_BEGIN_P_SECONDS] =
        rb_oauth_seconds(life, RB_OAUTH_DEVICE_LIFE);
    p[RB_OAUTH_DEVICE_BEGIN_P_INTERVAL] =
        rb_oauth_seconds(interval, RB_OAUTH_DEVICE_POLL);

    for (attempt = 0; attempt < RB_OAUTH_DEVICE_ATTEMPTS; attempt++) {

        err = rb_oauth_device_user_code(task->pool, &device->user_code);
        if (err) {
            return err;
        }

        p[RB_OAUTH_DEVICE_BEGIN_P_USER_CODE] = device->user_code;

        err = rb_pg_query(task, RB_STMT_OAUTH_DEVICE_BEGIN, 0, p, &rows);
        if (err) {
            return err;
        }

        if (rows.sqlstate[0]) {
            return &rb_err_internal;
        }

        if (rows.count) {
            return NULL;
        }
    }

    return &rb_err_busy;
}


static rb_err_t *
rb_oauth_device_asked(ngx_pool_t *pool, const rb_oauth_caller_t *caller,
    const ngx_str_t *scope, ngx_str_t *scopes)
{
    const ngx_str_t  *asked;

    if (!rb_oauth_has_lit(&caller->client->grant_types,
                          RB_OAUTH_DEVICE_GRANT))
    {
        return &rb_err_oauth_unauthorized;
    }

    asked = scope->len ? scope : &caller->client->scopes;

    if (!rb_oauth_within(&caller->client->scopes, asked)) {
        return &rb_err_oauth_scope;
    }

    *scopes = rb_names_of(pool, rb_scope_names,
                          rb_bits_of(rb_scope_names, asked, ' '), ' ');

    if (scopes->data == NULL) {
        return &rb_err_internal;
    }

    return scopes->len ? NULL : &rb_err_oauth_scope;
}


/* Bytes of 240 and more are thrown away: each letter is as likely. */

static rb_err_t *
rb_oauth_device_user_code(ngx_pool_t *pool, ngx_str_t *code)
{
    u_char      *p, byte;
    ngx_uint_t   n;

    code->len = RB_OAUTH_USER_CODE_LEN;
    code->data = ngx_pnalloc(pool, RB_OAUTH_USER_CODE_LEN);

    if (code->data == NULL) {
        return &rb_err_internal;
    }

    p = code->data;
    n = 0;

    while (n < RB_OAUTH_USER_CODE_LEN - 1) {

        if (rb_random(&byte, 1) != NGX_OK) {
            return &rb_err_internal;
        }

        if (byte >= 256 - 256 % RB_OAUTH_LETTERS_N) {
            continue;
        }

        if (n++ == 4) {
            *p++ = '-';
        }

        *p++ = RB_OAUTH_LETTERS[byte % RB_OAUTH_LETTERS_N];
    }

    return NULL;
}


/* Small letters, blanks and another hyphen, or none, are as good. */

ngx_int_t
rb_oauth_user_code(ngx_pool_t *pool, const ngx_str_t *typed, ngx_str_t *code)
{
    u_char      c, *p;
    size_t      i;
    ngx_uint_t  n;

    code->len = RB_OAUTH_USER_CODE_LEN;
    code->data = ngx_pnalloc(pool, RB_OAUTH_USER_CODE_LEN);

    if (code->data == NULL) {
        return NGX_ERROR;
    }

    p = code->data;
    n = 0;

    for (i = 0; i < typed->len; i++) {
        c = ngx_toupper(typed->data[i]);

        if (c == ' ' || c == '-') {
            continue;
        }

        if (n == RB_OAUTH_USER_CODE_LEN - 1
            || ngx_strlchr((u_char *) RB_OAUTH_LETTERS,
                           (u_char *) RB_OAUTH_LETTERS + RB_OAUTH_LETTERS_N,
                           c) == NULL)
        {
            return NGX_DECLINED;
        }

        if (n++ == 4) {
            *p++ = '-';
        }

        *p++ = c;
    }

    return n == RB_OAUTH_USER_CODE_LEN - 1 ? NGX_OK : NGX_DECLINED;
}


rb_err_t *
rb_oauth_device_find(rb_task_t *task, const ngx_str_t *user_code,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *client,
    ngx_str_t *name, ngx_str_t *scopes)
{
    rb_err_t         *err;
    rb_pg_rows_t      rows;
    rb_budget_of_t    of[2];

    rb_oauth_device_budgets(who, origin, of);

    err = rb_budget_spend(task, of, 2);
    if (err) {
        return err;
    }

    err = rb_pg_query(task, RB_STMT_OAUTH_DEVICE_FIND, 0, user_code, &rows);

    if (err || rows.sqlstate[0]) {
        rb_budget_refund(task, of, 2);
        return err ? err : &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_oauth_user_code;
    }

    rb_budget_refund(task, of, 2);

    *client = rb_pg_value(&rows, 0, 0);
    *name = rb_pg_value(&rows, 0, 1);
    *scopes = rb_pg_value(&rows, 0, 2);

    return NULL;
}


rb_err_t *
rb_oauth_device_decide(rb_task_t *task, const ngx_str_t *user_code,
    ngx_uint_t approved, const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t         *err;
    ngx_str_t         p[RB_OAUTH_DEVICE_DECIDE_NPARAMS];
    rb_pg_rows_t      rows;
    rb_budget_of_t    of[2];

    p[RB_OAUTH_DEVICE_DECIDE_P_USER_CODE] = *user_code;
    p[RB_OAUTH_DEVICE_DECIDE_P_SESSION] = who->session;
    p[RB_OAUTH_DEVICE_DECIDE_P_MEMBER] = who->member;
    p[RB_OAUTH_DEVICE_DECIDE_P_CALLER] =
        rb_oauth_address(task->pool, origin);
    p[RB_OAUTH_DEVICE_DECIDE_P_REQUEST_ID] = origin->request_id;

    if (approved) {
        ngx_str_set(&p[RB_OAUTH_DEVICE_DECIDE_P_APPROVED], "true");
    } else {
        ngx_str_set(&p[RB_OAUTH_DEVICE_DECIDE_P_APPROVED], "false");
    }

    rb_oauth_device_budgets(who, origin, of);

    err = rb_budget_spend(task, of, 2);
    if (err) {
        return err;
    }

    err = rb_pg_query(task, RB_STMT_OAUTH_DEVICE_DECIDE, 0, p, &rows);

    if (err || rows.sqlstate[0]) {
        rb_budget_refund(task, of, 2);
        return err ? err : &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_oauth_user_code;
    }

    rb_budget_refund(task, of, 2);

    return NULL;
}


static void
rb_oauth_device_budgets(const rb_principal_t *who, const rb_origin_t *origin,
    rb_budget_of_t of[2])
{
    of[0].budget = &rb_oauth_guesses[0];
    of[0].whose = who->member;

    of[1].budget = &rb_oauth_guesses[1];
    of[1].whose.data = (u_char *) origin->caller;
    of[1].whose.len = sizeof(origin->caller);
}


rb_err_t *
rb_oauth_device_poll(rb_task_t *task, const rb_oauth_caller_t *caller,
    const ngx_str_t *device_code, rb_oauth_grant_t *grant)
{
    u_char         life[NGX_INT_T_LEN], idle[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_DEVICE_POLL_NPARAMS], refresh, outcome;
    ngx_uint_t     refreshes;
    rb_pg_rows_t   rows;

    ngx_memzero(p, sizeof(p));
    ngx_str_null(&refresh);

    refreshes = rb_oauth_refreshes(caller->client);

    if (refreshes) {
        err = rb_oauth_secret(task->pool, &refresh,
                              &p[RB_OAUTH_DEVICE_POLL_P_REFRESH_HASH]);
        if (err) {
            return err;
        }
    }

    err = rb_oauth_uuid(task->pool, &p[RB_OAUTH_DEVICE_POLL_P_SESSION]);
    if (err) {
        return err;
    }

    p[RB_OAUTH_DEVICE_POLL_P_HASH] = rb_hash_param(task->pool, device_code);
    p[RB_OAUTH_DEVICE_POLL_P_CLIENT] = caller->client->id;
    p[RB_OAUTH_DEVICE_POLL_P_JKT] = rb_oauth_bound(caller);
    p[RB_OAUTH_DEVICE_POLL_P_CALLER] =
        rb_oauth_address(task->pool, caller->origin);
    p[RB_OAUTH_DEVICE_POLL_P_REQUEST_ID] = caller->origin->request_id;
    p[RB_OAUTH_DEVICE_POLL_P_SECONDS] = rb_oauth_seconds(life,
        refreshes ? RB_OAUTH_GRANT_MAX : RB_OAUTH_ACCESS_LIFE);
    p[RB_OAUTH_DEVICE_POLL_P_IDLE] = rb_oauth_seconds(idle,
                                                      RB_OAUTH_REFRESH_IDLE);

    err = rb_pg_query(task, RB_STMT_OAUTH_DEVICE_POLL,
                      refreshes ? RB_OAUTH_DEVICE_POLL_WHEN_REFRESH : 0, p,
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

    outcome = rb_pg_value(&rows, 0, rows.columns - 1);

    err = rb_oauth_device_outcome(&outcome);
    if (err) {
        return err;
    }

    rb_oauth_grant_row(&rows, caller, grant);
    grant->refresh_token = refresh;

    return NULL;
}


static rb_err_t *
rb_oauth_device_outcome(const ngx_str_t *outcome)
{
    ngx_uint_t  i;

    static const struct {
        const char   *name;
        rb_err_t     *err;
    } outcomes[] = {
        { "granted", NULL },
        { "pending", &rb_err_oauth_pending },
        { "too_soon", &rb_err_oauth_slow_down },
        { "denied", &rb_err_oauth_denied },
        { "expired", &rb_err_oauth_expired }
    };

    for (i = 0; i < rb_array_size(outcomes); i++) {
        if (rb_oauth_is(outcome, outcomes[i].name)) {
            return outcomes[i].err;
        }
    }

    return &rb_err_oauth_grant;
}
