
/* Password, address, and the end of an account. */


#include "users/rb_users_rules.h"
#include "base/rb_time.h"
#include "rb_statements.h"


#define RB_USERS_RECENT  900            /* seconds since the log-in */


static rb_err_t *rb_users_set_password(rb_task_t *task, uint64_t when,
    ngx_str_t *params, const ngx_str_t *member, const ngx_str_t *password,
    const rb_origin_t *origin, rb_pg_rows_t *rows);
static rb_err_t *rb_users_set_locked(rb_task_t *task, uint64_t when,
    const ngx_str_t *params, const ngx_str_t *member, rb_pg_rows_t *rows);
static rb_err_t *rb_users_delete_locked(rb_task_t *task,
    const ngx_str_t *params, const ngx_str_t *member, rb_pg_rows_t *rows);
static rb_err_t *rb_users_same_owner(rb_task_t *task, const ngx_str_t *id,
    const ngx_str_t *password, const rb_origin_t *origin);
static ngx_str_t rb_users_text(const ngx_str_t *text);


rb_err_define(rb_err_hand_over, 409, "close_or_hand_over_resort",
              "혼자 소유자로 있는 리조트가 있습니다. 리조트를 닫거나 소유자를 "
              "넘긴 뒤 탈퇴해 주세요.",
              "You are the only owner of a resort. Close it or hand it over "
              "first, then delete the account.");

rb_err_define(rb_err_log_in_first, 401, "insufficient_user_authentication",
              "본인 확인이 필요합니다. 다시 로그인한 뒤 시도해 주세요.",
              "Please log in once more first.");


rb_err_t *
rb_users_forgot(rb_task_t *task, const ngx_str_t *email,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_FORGOT_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_users_email(task->pool, email, &params[RB_USERS_FORGOT_P_EMAIL]);

    if (err == NULL) {
        err = rb_users_spend_mail(task, &params[RB_USERS_FORGOT_P_EMAIL],
                                  origin, 0);
    }

    if (err) {
        return err;
    }

    params[RB_USERS_FORGOT_P_ID] = rb_users_id(task->pool);
    params[RB_USERS_FORGOT_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                              origin);
    params[RB_USERS_FORGOT_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    return rb_users_run(task, RB_STMT_USERS_FORGOT, 0, params, &rows);
}


/* The link is looked at first, so that only its holder costs a scrypt. */

rb_err_t *
rb_users_reset(rb_task_t *task, const ngx_str_t *token,
    const ngx_str_t *password, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      params[RB_USERS_RESET_OF_NPARAMS], id, email, name;
    ngx_str_t      set[RB_USERS_SET_PASSWORD_NPARAMS];
    rb_pg_rows_t   rows;

    rc = rb_once_id(task->pool, "reset_password", token, &id);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? &rb_err_link : &rb_err_internal;
    }

    params[RB_USERS_RESET_OF_P_ID] = id;

    err = rb_users_run(task, RB_STMT_USERS_RESET_OF, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    ngx_memzero(set, sizeof(set));
    set[RB_USERS_SET_PASSWORD_P_LINK] = id;

    id = rb_pg_value(&rows, 0, 0);
    email = rb_pg_value(&rows, 0, 1);
    name = rb_pg_value(&rows, 0, 2);

    err = rb_users_password_fault(NULL, task->pool, "password", password,
                                  &email, &name);

    if (err == NULL) {
        err = rb_users_set_password(task, RB_USERS_SET_PASSWORD_WHEN_BY_LINK,
                                    set, &id, password, origin, &rows);
    }

    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    email = rb_pg_value(&rows, 0, 1);

    rb_sessions_forget_failures(task, &id, &email, origin);

    return NULL;
}


rb_err_t *
rb_users_change_password(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *old, const ngx_str_t *new, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_PASSWORD_OF_NPARAMS], email, name;
    ngx_str_t      set[RB_USERS_SET_PASSWORD_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_USERS_PASSWORD_OF_P_ID] = who->member;

    err = rb_users_run(task, RB_STMT_USERS_PASSWORD_OF, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    email = rb_pg_value(&rows, 0, 0);
    name = rb_pg_value(&rows, 0, 1);

    ngx_memzero(set, sizeof(set));
    set[RB_USERS_SET_PASSWORD_P_MEMBER] = who->member;
    set[RB_USERS_SET_PASSWORD_P_SESSION] = who->session;
    set[RB_USERS_SET_PASSWORD_P_BEFORE] = rb_pg_value(&rows, 0, 3);

    err = rb_users_password_fault(NULL, task->pool, "password", new, &email,
                                  &name);
    if (err) {
        return err;
    }

    if (rb_users_true(&rows, 2)) {
        err = rb_sessions_check_password(task, &who->member, old, origin);

    } else if (!who->own
               || rb_time_now() / 1000000 - who->authenticated_at
                  > RB_USERS_RECENT)
    {
        err = &rb_err_log_in_first;
    }

    if (err == NULL) {
        err = rb_users_set_password(task,
                                    RB_USERS_SET_PASSWORD_WHEN_BY_SESSION,
                                    set, &who->member, new, origin, &rows);
    }

    if (err) {
        return err;
    }

    /* the old one isn't right any more: it was changed meanwhile */

    return rows.count ? NULL : &rb_err_credentials;
}


/* params: of the statement, with whose it is. */

static rb_err_t *
rb_users_set_password(rb_task_t *task, uint64_t when, ngx_str_t *params,
    const ngx_str_t *member, const ngx_str_t *password,
    const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    rb_err_t  *err;

    err = rb_sessions_hash_password(task, password,
                                    &params[RB_USERS_SET_PASSWORD_P_HASH]);
    if (err) {
        return err;
    }

    params[RB_USERS_SET_PASSWORD_P_MAIL] = rb_users_id(task->pool);
    params[RB_USERS_SET_PASSWORD_P_DEVICE] = rb_users_text(&origin->device);
    params[RB_USERS_SET_PASSWORD_P_PLACE] = rb_users_text(&origin->place);
    params[RB_USERS_SET_PASSWORD_P_ADDRESS_HASH] =
        rb_users_address(task->pool, origin);
    params[RB_USERS_SET_PASSWORD_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    return rb_users_set_locked(task, when, params, member, rows);
}


/*
 * A statement sees what was committed before it began: a log-in with the old
 * password that commits while the new one waits for the row would be missed,
 * and its session live on.  So the row is locked first, by a statement of its
 * own.
 */

static rb_err_t *
rb_users_set_locked(rb_task_t *task, uint64_t when, const ngx_str_t *params,
    const ngx_str_t *member, rb_pg_rows_t *rows)
{
    rb_err_t      *err;
    ngx_str_t      lock[RB_USERS_LOCK_NPARAMS];
    rb_pg_tx_t    *tx;
    rb_pg_rows_t   locked;

    lock[RB_USERS_LOCK_P_ID] = *member;

    err = rb_pg_begin(task, 0, &tx);
    if (err) {
        return err;
    }

    err = rb_pg_tx_run(tx, &rb_statements[RB_STMT_USERS_LOCK], 0, lock,
                       &locked);

    if (err == NULL) {
        err = rb_pg_tx_run(tx, &rb_statements[RB_STMT_USERS_SET_PASSWORD],
                           when, params, rows);
    }

    if (err == NULL && rows->sqlstate[0]) {
        err = &rb_err_internal;
    }

    if (err) {
        rb_pg_rollback(tx);
        return err;
    }

    return rb_pg_commit(tx);
}


rb_err_t *
rb_users_change_email(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *email, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_CHANGE_EMAIL_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_users_email(task->pool, email,
                         &params[RB_USERS_CHANGE_EMAIL_P_EMAIL]);

    if (err == NULL) {
        err = rb_users_spend_mail(task,
                                  &params[RB_USERS_CHANGE_EMAIL_P_EMAIL],
                                  origin, 0);
    }

    if (err) {
        return err;
    }

    params[RB_USERS_CHANGE_EMAIL_P_ID] = rb_users_id(task->pool);
    params[RB_USERS_CHANGE_EMAIL_P_MEMBER] = who->member;
    params[RB_USERS_CHANGE_EMAIL_P_SESSION] = rb_users_or_null(&who->session);
    params[RB_USERS_CHANGE_EMAIL_P_DEVICE_HASH] =
        rb_users_or_null(&origin->device_hash);
    params[RB_USERS_CHANGE_EMAIL_P_ADDRESS_HASH] =
        rb_users_address(task->pool, origin);
    params[RB_USERS_CHANGE_EMAIL_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_users_run(task, RB_STMT_USERS_CHANGE_EMAIL, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_users_confirm_email(rb_task_t *task, const ngx_str_t *token,
    const ngx_str_t *password, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      params[RB_USERS_CONFIRM_EMAIL_NPARAMS];
    rb_pg_rows_t   rows;

    rc = rb_once_id(task->pool, "confirm_email", token,
                    &params[RB_USERS_CONFIRM_EMAIL_P_ID]);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? &rb_err_link : &rb_err_internal;
    }

    err = rb_users_same_owner(task, &params[RB_USERS_CONFIRM_EMAIL_P_ID],
                              password, origin);
    if (err) {
        return err;
    }

    params[RB_USERS_CONFIRM_EMAIL_P_ADDRESS_HASH] =
        rb_users_address(task->pool, origin);
    params[RB_USERS_CONFIRM_EMAIL_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_pg_query(task, RB_STMT_USERS_CONFIRM_EMAIL, 0, params, &rows);
    if (err) {
        return err;
    }

    /* somebody's account took the address at this very instant */

    if (ngx_strcmp(rows.sqlstate, "23505") == 0) {
        return &rb_err_email_taken;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    return rb_users_true(&rows, 1) ? NULL : &rb_err_email_taken;
}


/* Whether who follows the link has asked for it, or owns the account. */

static rb_err_t *
rb_users_same_owner(rb_task_t *task, const ngx_str_t *id,
    const ngx_str_t *password, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_CONFIRM_OF_NPARAMS], member;
    rb_pg_rows_t   rows;

    params[RB_USERS_CONFIRM_OF_P_ID] = *id;
    params[RB_USERS_CONFIRM_OF_P_DEVICE_HASH] =
        rb_users_or_null(&origin->device_hash);

    err = rb_users_run(task, RB_STMT_USERS_CONFIRM_OF, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    if (rb_users_true(&rows, 1)) {
        return NULL;
    }

    if (password == NULL || password->len == 0) {
        return rb_users_password_needed(task->pool);
    }

    member = rb_pg_value(&rows, 0, 0);

    return rb_sessions_check_password(task, &member, password, origin);
}


rb_err_t *
rb_users_delete(rb_task_t *task, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_DELETE_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_USERS_DELETE_P_ID] = rb_users_id(task->pool);
    params[RB_USERS_DELETE_P_MEMBER] = who->member;
    params[RB_USERS_DELETE_P_SESSION] = rb_users_or_null(&who->session);
    params[RB_USERS_DELETE_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                              origin);
    params[RB_USERS_DELETE_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_users_delete_locked(task, params, &who->member, &rows);
    if (err) {
        return err;
    }

    if (rb_pg_value(&rows, 0, 0).data[0] == 't') {
        return NULL;
    }

    return rb_pg_value(&rows, 0, 1).data[0] == 't' ? &rb_err_hand_over
                                                   : &rb_err_not_found;
}


/*
 * As with a password: what the statement has to see, who else owns the resorts
 * and whether there is another one, is locked before it begins.
 */

static rb_err_t *
rb_users_delete_locked(rb_task_t *task, const ngx_str_t *params,
    const ngx_str_t *member, rb_pg_rows_t *rows)
{
    rb_err_t      *err;
    ngx_str_t      owners[RB_USERS_LOCK_OWNERS_NPARAMS];
    ngx_str_t      lock[RB_USERS_LOCK_NPARAMS];
    rb_pg_tx_t    *tx;
    rb_pg_rows_t   locked;

    owners[RB_USERS_LOCK_OWNERS_P_ID] = *member;
    lock[RB_USERS_LOCK_P_ID] = *member;

    err = rb_pg_begin(task, 0, &tx);
    if (err) {
        return err;
    }

    err = rb_pg_tx_run(tx, &rb_statements[RB_STMT_USERS_LOCK_OWNERS], 0,
                       owners, &locked);

    if (err == NULL && locked.sqlstate[0] == '\0') {
        err = rb_pg_tx_run(tx, &rb_statements[RB_STMT_USERS_LOCK], 0, lock,
                           &locked);
    }

    if (err == NULL && locked.sqlstate[0] == '\0') {
        err = rb_pg_tx_run(tx, &rb_statements[RB_STMT_USERS_DELETE], 0,
                           params, rows);
    }

    if (err == NULL
        && (locked.sqlstate[0] || rows->sqlstate[0] || rows->count == 0))
    {
        err = &rb_err_internal;
    }

    if (err) {
        rb_pg_rollback(tx);
        return err;
    }

    return rb_pg_commit(tx);
}


rb_err_t *
rb_users_restore(rb_task_t *task, const ngx_str_t *token,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      params[RB_USERS_RESTORE_NPARAMS];
    rb_pg_rows_t   rows;

    rc = rb_once_id(task->pool, "restore_account", token,
                    &params[RB_USERS_RESTORE_P_ID]);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? &rb_err_link : &rb_err_internal;
    }

    params[RB_USERS_RESTORE_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                               origin);
    params[RB_USERS_RESTORE_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_users_run(task, RB_STMT_USERS_RESTORE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_link;
}


static ngx_str_t
rb_users_text(const ngx_str_t *text)
{
    static const ngx_str_t  empty = ngx_string("");

    return text->data ? *text : empty;
}
