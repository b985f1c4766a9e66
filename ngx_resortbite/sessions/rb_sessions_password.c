
/*
 * Guessing.  Whoever gives a password or a code spends a bit of a budget
 * first, so that many guesses at once can't all pass, and has it back when it
 * was right.
 *
 * A browser in which the member has signed in before has a budget of its own
 * with this account, in place of the account's and the address': strangers
 * use those up, and lock nobody out who is known.
 *
 * An address without an account, or an account without a password, costs what
 * any other does: the same statements, one scrypt, one row in the trail.
 */


#include "sessions/rb_sessions_rules.h"
#include "crypto/rb_password.h"
#include "factors/rb_factors.h"
#include "io/rb_budget.h"
#include "io/rb_thread.h"
#include "rb_statements.h"
#include <openssl/crypto.h>


#define RB_SESSIONS_PASSWORD_BYTES  (RB_PASSWORD_MAX * 4)
#define RB_SESSIONS_EMAIL_MAX       254

#define RB_SESSIONS_BUDGETS         2


/* What a thread works on. */

typedef struct {
    size_t        len;
    size_t        hash_len;             /* 0: there is none */
    size_t        fresh_len;            /* 0: it need not be hashed anew */
    ngx_int_t     rc;
    u_char        password[RB_SESSIONS_PASSWORD_BYTES];
    u_char        hash[RB_PASSWORD_HASH_MAX];
    u_char        fresh[RB_PASSWORD_HASH_MAX];
} rb_sessions_scrypt_t;


typedef struct {
    ngx_str_t     id;                   /* empty: there is no account */
    ngx_str_t     email;
    ngx_str_t     hash;                 /* empty: it has no password */
    ngx_str_t     state;
    ngx_str_t     changed;              /* when the password was set */
    unsigned      known:1;              /* signed in from this browser before */
} rb_sessions_account_t;


static rb_err_t *rb_sessions_account(rb_task_t *task, const ngx_str_t *email,
    const ngx_str_t *member, const rb_origin_t *origin,
    rb_sessions_account_t *account);
static rb_err_t *rb_sessions_guess(rb_task_t *task,
    const rb_sessions_account_t *account, const ngx_str_t *password,
    const ngx_str_t *actor, const rb_origin_t *origin);
static rb_err_t *rb_sessions_verify(rb_task_t *task,
    const rb_sessions_account_t *account, const ngx_str_t *password,
    ngx_uint_t *right);
static rb_err_t *rb_sessions_compare(rb_task_t *task,
    const ngx_str_t *password, const ngx_str_t *hash,
    rb_sessions_scrypt_t *scrypt);
static void rb_sessions_verify_on_thread(void *data);
static void rb_sessions_hash_on_thread(void *data);
static ngx_uint_t rb_sessions_budgets(rb_task_t *task,
    const rb_sessions_account_t *account, const rb_origin_t *origin,
    rb_budget_of_t *of);
static ngx_str_t rb_sessions_pair(ngx_pool_t *pool, const ngx_str_t *member,
    const ngx_str_t *device);
static void rb_sessions_rehash(rb_task_t *task,
    const rb_sessions_account_t *account, const rb_sessions_scrypt_t *scrypt);
static rb_err_t *rb_sessions_failed(rb_task_t *task, const char *action,
    const ngx_str_t *member, const ngx_str_t *actor, const char *method,
    const rb_origin_t *origin);
static ngx_str_t rb_sessions_email(ngx_pool_t *pool, const ngx_str_t *typed);


static const rb_budget_t  rb_budget_password_account = {
    ngx_string("password_account"), 5, 900, 2, 900
};

static const rb_budget_t  rb_budget_password_device = {
    ngx_string("password_device"), 5, 900, 2, 900
};

static const rb_budget_t  rb_budget_password_address = {
    ngx_string("password_address"), 30, 900, 2, 900
};

static const rb_budget_t  rb_budget_codes = {
    ngx_string("codes_account"), 5, 900, 2, 900
};


rb_err_define(rb_err_credentials, 401, "wrong_credentials",
              "이메일이나 비밀번호가 맞지 않습니다. 다시 확인해 주세요. "
              "비밀번호를 잊었다면 새로 정할 수 있습니다.",
              "The e-mail address or the password is wrong. If you have "
              "forgotten the password, you can set a new one.");

rb_err_define(rb_err_code, 401, "wrong_code",
              "코드가 맞지 않거나 이미 쓴 코드입니다. 새 코드를 넣어 주세요.",
              "The code is wrong, or was used before. Enter a new one.");


rb_err_t *
rb_sessions_password_of(rb_task_t *task, const ngx_str_t *email,
    const ngx_str_t *password, const rb_origin_t *origin, ngx_str_t *member,
    ngx_str_t *state, ngx_str_t *changed)
{
    rb_err_t               *err;
    ngx_str_t               address;
    rb_sessions_account_t   account;

    address = rb_sessions_email(task->pool, email);
    if (address.data == NULL) {
        return &rb_err_internal;
    }

    err = rb_sessions_account(task, &address, NULL, origin, &account);
    if (err) {
        return err;
    }

    err = rb_sessions_guess(task, &account, password, NULL, origin);
    if (err) {
        return err;
    }

    *member = account.id;
    *state = account.state;
    *changed = account.changed;

    return NULL;
}


rb_err_t *
rb_sessions_check_password(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *password, const rb_origin_t *origin)
{
    rb_err_t               *err;
    rb_sessions_account_t   account;

    err = rb_sessions_account(task, NULL, member, origin, &account);
    if (err) {
        return err;
    }

    return rb_sessions_guess(task, &account, password, member, origin);
}


rb_err_t *
rb_sessions_check_code(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t method, const ngx_str_t *code, const rb_origin_t *origin)
{
    rb_err_t        *err, *failed;
    rb_budget_of_t   of;

    of.budget = &rb_budget_codes;
    of.whose = *member;

    err = rb_budget_spend(task, &of, 1);
    if (err) {
        return err;
    }

    err = rb_factors_take_code(task, member, method, code);

    if (err == &rb_err_code_refused) {
        failed = rb_sessions_failed(task, "code.failed", member, NULL,
                                    method == RB_AMR_RCV ? "rcv" : "otp",
                                    origin);

        return failed ? failed : &rb_err_code;
    }

    rb_budget_refund(task, &of, 1);

    return err;
}


rb_err_t *
rb_sessions_code_failed(rb_task_t *task, const ngx_str_t *member,
    const char *method, const rb_origin_t *origin)
{
    return rb_sessions_failed(task, "code.failed", member, NULL, method,
                              origin);
}


void
rb_sessions_forget_failures(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *email, const rb_origin_t *origin)
{
    ngx_uint_t       n;
    rb_budget_of_t   of[3];

    n = 0;

    of[n].budget = &rb_budget_password_account;
    of[n++].whose = *email;

    of[n].budget = &rb_budget_codes;
    of[n++].whose = *member;

    if (origin->device_hash.len) {
        of[n].budget = &rb_budget_password_device;
        of[n++].whose = rb_sessions_pair(task->pool, member,
                                         &origin->device_hash);
    }

    rb_budget_forget(task, of, n);
}


rb_err_t *
rb_sessions_hash_password(rb_task_t *task, const ngx_str_t *password,
    ngx_str_t *hash)
{
    rb_err_t              *err;
    rb_sessions_scrypt_t   scrypt;

    if (password->len > sizeof(scrypt.password)) {
        return &rb_err_internal;        /* rb_password_fault() comes first */
    }

    ngx_memzero(&scrypt, sizeof(scrypt));

    scrypt.len = password->len;
    ngx_memcpy(scrypt.password, password->data, password->len);

    err = rb_thread_run(task, rb_sessions_hash_on_thread, &scrypt,
                        sizeof(scrypt));

    OPENSSL_cleanse(scrypt.password, sizeof(scrypt.password));

    if (err) {
        return err;
    }

    hash->data = ngx_pnalloc(task->pool, RB_PASSWORD_HASH_MAX);

    if (scrypt.rc != NGX_OK || hash->data == NULL) {
        return &rb_err_internal;
    }

    hash->len = scrypt.fresh_len;
    ngx_memcpy(hash->data, scrypt.fresh, hash->len);

    return NULL;
}


/* By address or, where that is NULL, by id. */

static rb_err_t *
rb_sessions_account(rb_task_t *task, const ngx_str_t *email,
    const ngx_str_t *member, const rb_origin_t *origin,
    rb_sessions_account_t *account)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_SESSIONS_ACCOUNT_NPARAMS];
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));
    ngx_memzero(account, sizeof(rb_sessions_account_t));

    params[RB_SESSIONS_ACCOUNT_P_DEVICE_HASH] =
        rb_sessions_or_null(&origin->device_hash);

    if (email) {
        params[RB_SESSIONS_ACCOUNT_P_EMAIL] = *email;
        account->email = *email;

    } else {
        params[RB_SESSIONS_ACCOUNT_P_MEMBER] = *member;
    }

    err = rb_pg_query(task, RB_STMT_SESSIONS_ACCOUNT,
                      email ? RB_SESSIONS_ACCOUNT_WHEN_BY_EMAIL
                            : RB_SESSIONS_ACCOUNT_WHEN_BY_ID,
                      params, &rows);

    if (err || rows.count == 0) {
        return err;
    }

    account->id = rb_pg_value(&rows, 0, 0);
    account->email = rb_pg_value(&rows, 0, 1);
    account->hash = rb_pg_value(&rows, 0, 2);
    account->state = rb_pg_value(&rows, 0, 3);
    account->known = (rb_pg_value(&rows, 0, 4).data[0] == 't');
    account->changed = rb_pg_value(&rows, 0, 5);

    return NULL;
}


static rb_err_t *
rb_sessions_guess(rb_task_t *task, const rb_sessions_account_t *account,
    const ngx_str_t *password, const ngx_str_t *actor,
    const rb_origin_t *origin)
{
    rb_err_t        *err;
    ngx_uint_t       n, right;
    rb_budget_of_t   of[RB_SESSIONS_BUDGETS];

    n = rb_sessions_budgets(task, account, origin, of);
    if (n == 0) {
        return &rb_err_internal;
    }

    err = rb_budget_spend(task, of, n);
    if (err) {
        return err;
    }

    err = rb_sessions_verify(task, account, password, &right);

    if (err || right) {
        rb_budget_refund(task, of, n);
        return err;
    }

    err = rb_sessions_failed(task, "session.failed", &account->id, actor,
                             "pwd", origin);

    return err ? err : &rb_err_credentials;
}


static rb_err_t *
rb_sessions_verify(rb_task_t *task, const rb_sessions_account_t *account,
    const ngx_str_t *password, ngx_uint_t *right)
{
    rb_err_t              *err;
    rb_sessions_scrypt_t   scrypt;

    err = rb_sessions_compare(task, password, &account->hash, &scrypt);
    if (err) {
        return err;
    }

    *right = (scrypt.rc == NGX_OK);

    if (*right && scrypt.fresh_len) {
        rb_sessions_rehash(task, account, &scrypt);
    }

    return NULL;
}


rb_err_t *
rb_sessions_password_is(rb_task_t *task, const ngx_str_t *password,
    const ngx_str_t *hash, ngx_uint_t *right)
{
    rb_err_t              *err;
    rb_sessions_scrypt_t   scrypt;

    err = rb_sessions_compare(task, password, hash, &scrypt);

    *right = (err == NULL && scrypt.rc == NGX_OK);

    return err;
}


static rb_err_t *
rb_sessions_compare(rb_task_t *task, const ngx_str_t *password,
    const ngx_str_t *hash, rb_sessions_scrypt_t *scrypt)
{
    rb_err_t  *err;

    ngx_memzero(scrypt, sizeof(rb_sessions_scrypt_t));

    /* what is empty, or longer than any password may be, is nobody's; it takes
     * as long as any other all the same */

    if (password->len && password->len <= sizeof(scrypt->password)
        && hash->len && hash->len <= sizeof(scrypt->hash))
    {
        scrypt->len = password->len;
        ngx_memcpy(scrypt->password, password->data, password->len);

        scrypt->hash_len = hash->len;
        ngx_memcpy(scrypt->hash, hash->data, hash->len);
    }

    err = rb_thread_run(task, rb_sessions_verify_on_thread, scrypt,
                        sizeof(rb_sessions_scrypt_t));

    OPENSSL_cleanse(scrypt->password, sizeof(scrypt->password));

    if (err) {
        return err;
    }

    return scrypt->rc == NGX_ERROR ? &rb_err_internal : NULL;
}


static void
rb_sessions_verify_on_thread(void *data)
{
    rb_sessions_scrypt_t  *s = data;

    ngx_str_t   password, hash;
    ngx_uint_t  weak;

    password.data = s->password;
    password.len = s->len;
    hash.data = s->hash;
    hash.len = s->hash_len;

    s->rc = rb_password_verify(&password, &hash, &weak);

    if (s->rc == NGX_OK && weak
        && rb_password_hash(&password, s->fresh, &s->fresh_len) != NGX_OK)
    {
        s->fresh_len = 0;
    }
}


static void
rb_sessions_hash_on_thread(void *data)
{
    rb_sessions_scrypt_t  *s = data;

    ngx_str_t  password;

    password.data = s->password;
    password.len = s->len;

    s->rc = rb_password_hash(&password, s->fresh, &s->fresh_len);
}


/* How many there are; 0: no memory. */

static ngx_uint_t
rb_sessions_budgets(rb_task_t *task, const rb_sessions_account_t *account,
    const rb_origin_t *origin, rb_budget_of_t *of)
{
    if (account->known) {
        of[0].budget = &rb_budget_password_device;
        of[0].whose = rb_sessions_pair(task->pool, &account->id,
                                       &origin->device_hash);

        return of[0].whose.data ? 1 : 0;
    }

    of[0].budget = &rb_budget_password_account;
    of[0].whose = account->email;

    of[1].budget = &rb_budget_password_address;
    of[1].whose.data = (u_char *) origin->caller;
    of[1].whose.len = sizeof(origin->caller);

    return 2;
}


static ngx_str_t
rb_sessions_pair(ngx_pool_t *pool, const ngx_str_t *member,
    const ngx_str_t *device)
{
    ngx_str_t  pair;

    pair.len = member->len + device->len;
    pair.data = ngx_pnalloc(pool, pair.len);

    if (pair.data) {
        ngx_memcpy(ngx_cpymem(pair.data, member->data, member->len),
                   device->data, device->len);
    }

    return pair;
}


/* If it fails, the next log-in does it. */

static void
rb_sessions_rehash(rb_task_t *task, const rb_sessions_account_t *account,
    const rb_sessions_scrypt_t *scrypt)
{
    ngx_str_t      params[RB_SESSIONS_REHASH_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_SESSIONS_REHASH_P_MEMBER] = account->id;
    params[RB_SESSIONS_REHASH_P_BEFORE] = account->hash;
    params[RB_SESSIONS_REHASH_P_HASH].data = (u_char *) scrypt->fresh;
    params[RB_SESSIONS_REHASH_P_HASH].len = scrypt->fresh_len;

    (void) rb_pg_query(task, RB_STMT_SESSIONS_REHASH, 0, params, &rows);
}


static rb_err_t *
rb_sessions_failed(rb_task_t *task, const char *action,
    const ngx_str_t *member, const ngx_str_t *actor, const char *method,
    const rb_origin_t *origin)
{
    ngx_str_t      params[RB_SESSIONS_FAILED_NPARAMS], *p;
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));

    p = &params[RB_SESSIONS_FAILED_P_ACTION];
    p->data = (u_char *) action;
    p->len = ngx_strlen(action);

    p = &params[RB_SESSIONS_FAILED_P_METHOD];
    p->data = (u_char *) method;
    p->len = ngx_strlen(method);

    params[RB_SESSIONS_FAILED_P_MEMBER] = rb_sessions_or_null(member);
    params[RB_SESSIONS_FAILED_P_ACTOR] = rb_sessions_or_null(actor);
    params[RB_SESSIONS_FAILED_P_REQUEST_ID] =
        rb_sessions_or_null(&origin->request_id);
    params[RB_SESSIONS_FAILED_P_ADDRESS_HASH] =
        rb_sessions_address(task->pool, origin);

    return rb_pg_query(task, RB_STMT_SESSIONS_FAILED, 0, params, &rows);
}


/*
 * As rb_users_email() makes it, but nothing is refused here: what no account
 * can have is looked for like anything else.
 */

static ngx_str_t
rb_sessions_email(ngx_pool_t *pool, const ngx_str_t *typed)
{
    u_char     *start, *end;
    ngx_str_t   email;

    start = typed->data;
    end = start + typed->len;

    while (start < end && *start == ' ') {
        start++;
    }

    while (start < end && end[-1] == ' ') {
        end--;
    }

    email.len = ngx_min((size_t) (end - start), RB_SESSIONS_EMAIL_MAX * 4);
    email.data = ngx_pnalloc(pool, email.len + 1);

    if (email.data) {
        ngx_strlow(email.data, start, email.len);
    }

    return email;
}
