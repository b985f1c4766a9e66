
/*
 * What is set up, and authenticators.  An authenticator's secret lies in the
 * database sealed for its member.  A code is taken by an UPDATE that asks for
 * a step after the last one taken: of two requests with one code at the same
 * instant, one is told that it is wrong.
 */


#include "factors/rb_factors_internal.h"
#include "crypto/rb_keyring.h"
#include "crypto/rb_otp.h"
#include "rb_statements.h"
#include <openssl/crypto.h>


#define RB_CODE_MAX  32                 /* as somebody may write one */


/* An authenticator as it is in the database. */

typedef struct {
    ngx_str_t     secret;
    ngx_str_t     sealed;               /* as PostgreSQL writes it */
    ngx_str_t     email;
    unsigned      known:1;
    unsigned      confirmed:1;
} rb_totp_factor_t;


static rb_err_t *rb_factors_totp_get(rb_task_t *task, const ngx_str_t *member,
    rb_totp_factor_t *factor);
static ngx_int_t rb_factors_totp_context(ngx_pool_t *pool,
    const ngx_str_t *member, ngx_str_t *context);
static rb_err_t *rb_factors_totp_setup(ngx_pool_t *pool, rb_lang_e lang,
    const ngx_str_t *secret, const ngx_str_t *email, rb_totp_setup_t *setup);
static rb_err_t *rb_factors_take_totp(rb_task_t *task,
    const ngx_str_t *member, const ngx_str_t *code);
static ngx_str_t rb_factors_digits(u_char *buf, const ngx_str_t *typed);
static rb_err_t *rb_factors_wrong_code(ngx_pool_t *pool);
static rb_err_t *rb_factors_passkeys_of(rb_task_t *task,
    const ngx_str_t *member, rb_factors_t *factors);


rb_err_define(rb_err_code_refused, 401, "wrong_code",
    "코드가 맞지 않거나 이미 사용되었습니다. 새 코드로 다시 시도해 주세요.",
    "The code is wrong or was used before. Try again with a new one.");

rb_err_define(rb_err_totp_exists, 409, "totp_exists",
    "인증 앱이 이미 등록되어 있습니다. 바꾸려면 먼저 지금 것을 삭제해 주세요.",
    "An authenticator is set up already. To change it, remove that one "
    "first.");

rb_err_define(rb_err_totp_not_begun, 409, "totp_not_begun",
    "등록 중인 인증 앱이 없습니다. 등록을 처음부터 다시 시작해 주세요.",
    "No authenticator is being set up. Begin again.");

rb_err_define(rb_err_last_factor, 409, "last_factor",
    "운영진 계정에는 2단계 인증 수단이 하나 이상 있어야 합니다. 다른 수단을 먼저 "
    "추가해 주세요.",
    "A staff account must keep a second factor. Add another one first.");


ngx_str_t  rb_factors_origin;
ngx_str_t  rb_factors_rp_id;


void
rb_factors_init(const ngx_str_t *origin, const ngx_str_t *rp_id)
{
    rb_factors_origin = *origin;
    rb_factors_rp_id = *rp_id;
}


rb_err_t *
rb_factors_methods(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t *methods)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_METHODS_NPARAMS], value;
    ngx_uint_t     i, found;
    rb_pg_rows_t   rows;

    static const ngx_uint_t  bits[] = { RB_AMR_OTP, RB_AMR_RCV, RB_AMR_HWK };

    params[RB_FACTORS_METHODS_P_MEMBER] = *member;

    err = rb_pg_query(task, RB_STMT_FACTORS_METHODS, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_internal;
    }

    found = 0;

    for (i = 0; i < rb_array_size(bits); i++) {
        value = rb_pg_value(&rows, 0, i);

        if (value.len && value.data[0] == 't') {
            found |= bits[i];
        }
    }

    /* a recovery code stands in for a factor, and is none by itself */

    *methods = (found & (RB_AMR_OTP|RB_AMR_HWK)) ? found : 0;

    return NULL;
}


rb_err_t *
rb_factors_list(rb_task_t *task, const ngx_str_t *member,
    rb_factors_t *factors)
{
    rb_err_t      *err;
    ngx_int_t      n;
    ngx_str_t      params[RB_FACTORS_SUMMARY_NPARAMS], value;
    rb_pg_rows_t   rows;

    params[RB_FACTORS_SUMMARY_P_MEMBER] = *member;

    err = rb_pg_query(task, RB_STMT_FACTORS_SUMMARY, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_internal;
    }

    factors->totp_at = rb_pg_value(&rows, 0, 0);

    value = rb_pg_value(&rows, 0, 1);
    n = ngx_atoi(value.data, value.len);
    factors->recovery_codes = (n > 0) ? n : 0;

    return rb_factors_passkeys_of(task, member, factors);
}


static rb_err_t *
rb_factors_passkeys_of(rb_task_t *task, const ngx_str_t *member,
    rb_factors_t *factors)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_PASSKEYS_NPARAMS], value;
    ngx_uint_t     i;
    rb_passkey_t  *passkey;
    rb_pg_rows_t   rows;

    params[RB_FACTORS_PASSKEYS_P_MEMBER] = *member;

    err = rb_pg_query(task, RB_STMT_FACTORS_PASSKEYS, 0, params, &rows);
    if (err) {
        return err;
    }

    factors->count = rows.count;
    factors->passkeys = ngx_palloc(task->pool,
                                   (rows.count + 1) * sizeof(rb_passkey_t));

    if (factors->passkeys == NULL) {
        return &rb_err_internal;
    }

    for (i = 0; i < rows.count; i++) {
        passkey = &factors->passkeys[i];
        passkey->id = rb_pg_value(&rows, i, 0);
        passkey->name = rb_pg_value(&rows, i, 1);
        passkey->created_at = rb_pg_value(&rows, i, 2);
        passkey->last_used_at = rb_pg_value(&rows, i, 3);

        value = rb_pg_value(&rows, i, 4);
        passkey->backed_up = (value.len && value.data[0] == 't');
    }

    return NULL;
}


rb_err_t *
rb_factors_take_code(rb_task_t *task, const ngx_str_t *member,
    ngx_uint_t method, const ngx_str_t *code)
{
    if (method == RB_AMR_OTP) {
        return rb_factors_take_totp(task, member, code);
    }

    return rb_factors_take_recovery(task, member, code);
}


static rb_err_t *
rb_factors_take_totp(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *code)
{
    u_char             buf[RB_CODE_MAX], text[NGX_INT64_LEN];
    int64_t            step;
    rb_err_t          *err;
    ngx_int_t          rc;
    ngx_str_t          digits, params[RB_FACTORS_TOTP_TAKE_NPARAMS];
    rb_pg_rows_t       rows;
    rb_totp_factor_t   factor;

    err = rb_factors_totp_get(task, member, &factor);
    if (err) {
        return err;
    }

    if (!factor.confirmed) {
        return &rb_err_code_refused;
    }

    digits = rb_factors_digits(buf, code);
    rc = rb_totp_find(&factor.secret, &digits, ngx_time(), &step);
    OPENSSL_cleanse(factor.secret.data, factor.secret.len);

    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? &rb_err_internal : &rb_err_code_refused;
    }

    params[RB_FACTORS_TOTP_TAKE_P_MEMBER] = *member;
    params[RB_FACTORS_TOTP_TAKE_P_STEP].data = text;
    params[RB_FACTORS_TOTP_TAKE_P_STEP].len =
        ngx_sprintf(text, "%L", step) - text;

    err = rb_pg_query(task, RB_STMT_FACTORS_TOTP_TAKE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_code_refused;
}


/* The secret is unsealed; it is the caller's to wipe. */

static rb_err_t *
rb_factors_totp_get(rb_task_t *task, const ngx_str_t *member,
    rb_totp_factor_t *factor)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_TOTP_GET_NPARAMS], sealed, context, value;
    rb_pg_rows_t   rows;

    ngx_memzero(factor, sizeof(rb_totp_factor_t));

    params[RB_FACTORS_TOTP_GET_P_MEMBER] = *member;

    err = rb_pg_query(task, RB_STMT_FACTORS_TOTP_GET, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return NULL;
    }

    factor->sealed = rb_pg_value(&rows, 0, 0);
    value = rb_pg_value(&rows, 0, 1);
    factor->email = rb_pg_value(&rows, 0, 2);

    if (rb_bytea_decode(task->pool, &factor->sealed, &sealed) != NGX_OK
        || rb_factors_totp_context(task->pool, member, &context) != NGX_OK)
    {
        return &rb_err_internal;
    }

    if (rb_unseal(task->pool, &sealed, &context, &factor->secret) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, task->log, 0,
                      "the authenticator of member %V can't be opened: is "
                      "the key that sealed it (<n>.seal) still in the folder "
                      "of \"resortbite_keys\"?", member);
        return &rb_err_internal;
    }

    factor->known = 1;
    factor->confirmed = (value.len && value.data[0] == 't');

    return NULL;
}


static ngx_int_t
rb_factors_totp_context(ngx_pool_t *pool, const ngx_str_t *member,
    ngx_str_t *context)
{
    context->data = ngx_pnalloc(pool, sizeof("totp:") - 1 + member->len);

    if (context->data == NULL) {
        return NGX_ERROR;
    }

    context->len = ngx_sprintf(context->data, "totp:%V", member)
                   - context->data;

    return NGX_OK;
}


/* Without what people put between digits; what is no digit stays wrong. */

static ngx_str_t
rb_factors_digits(u_char *buf, const ngx_str_t *typed)
{
    size_t     i;
    ngx_str_t  digits;

    digits.data = buf;
    digits.len = 0;

    for (i = 0; i < typed->len && digits.len < RB_CODE_MAX; i++) {
        if (typed->data[i] != ' ' && typed->data[i] != '-') {
            buf[digits.len++] = typed->data[i];
        }
    }

    return digits;
}


rb_err_t *
rb_factors_totp_begin(rb_task_t *task, const rb_factors_by_t *by,
    rb_lang_e lang, rb_totp_setup_t *setup)
{
    u_char         bytes[RB_TOTP_SECRET_LEN];
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_TOTP_BEGIN_NPARAMS];
    ngx_str_t      secret, sealed, context, email;
    rb_pg_rows_t   rows;

    secret.data = bytes;
    secret.len = sizeof(bytes);

    if (rb_random(bytes, sizeof(bytes)) != NGX_OK
        || rb_factors_totp_context(task->pool, &by->who->member, &context)
           != NGX_OK
        || rb_seal(task->pool, &secret, &context, &sealed) != NGX_OK)
    {
        return &rb_err_internal;
    }

    params[RB_FACTORS_TOTP_BEGIN_P_MEMBER] = by->who->member;
    params[RB_FACTORS_TOTP_BEGIN_P_SEALED] = rb_bytea(task->pool, sealed.data,
                                                      sealed.len);

    if (params[RB_FACTORS_TOTP_BEGIN_P_SEALED].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_FACTORS_TOTP_BEGIN, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_totp_exists;
    }

    email = rb_pg_value(&rows, 0, 0);

    err = rb_factors_totp_setup(task->pool, lang, &secret, &email, setup);
    OPENSSL_cleanse(bytes, sizeof(bytes));

    return err;
}


rb_err_t *
rb_factors_totp_pending(rb_task_t *task, const rb_factors_by_t *by,
    rb_lang_e lang, rb_totp_setup_t *setup)
{
    rb_err_t          *err;
    rb_totp_factor_t   factor;

    err = rb_factors_totp_get(task, &by->who->member, &factor);
    if (err) {
        return err;
    }

    if (!factor.known || factor.confirmed) {
        return &rb_err_totp_not_begun;
    }

    return rb_factors_totp_setup(task->pool, lang, &factor.secret,
                                 &factor.email, setup);
}


static rb_err_t *
rb_factors_totp_setup(ngx_pool_t *pool, rb_lang_e lang,
    const ngx_str_t *secret, const ngx_str_t *email, rb_totp_setup_t *setup)
{
    rb_buf_t  svg;

    static const ngx_str_t  issuer = ngx_string("ResortBite");
    static const rb_text_t  title = rb_text(
        "인증 앱에 등록할 QR 코드", "QR code for your authenticator");

    setup->secret = rb_base32(pool, secret->data, secret->len);

    if (setup->secret.data == NULL
        || rb_totp_uri(pool, secret, &issuer, email, &setup->uri) != NGX_OK
        || rb_buf_init(&svg, pool, 8192) != NGX_OK
        || rb_qr_svg(&svg, &setup->uri, &title.in[lang]) != NGX_OK)
    {
        return &rb_err_internal;
    }

    setup->qr.data = svg.start;
    setup->qr.len = rb_buf_len(&svg);

    return NULL;
}


rb_err_t *
rb_factors_totp_confirm(rb_task_t *task, const rb_factors_by_t *by,
    const ngx_str_t *code, rb_recovery_codes_t *codes)
{
    u_char             buf[RB_CODE_MAX], text[NGX_INT64_LEN];
    int64_t            step;
    rb_err_t          *err;
    ngx_int_t          rc;
    ngx_str_t          params[RB_FACTORS_TOTP_CONFIRM_NPARAMS];
    ngx_str_t          digits, hashes, address, made;
    rb_pg_rows_t       rows;
    rb_totp_factor_t   factor;

    err = rb_factors_totp_get(task, &by->who->member, &factor);
    if (err) {
        return err;
    }

    if (!factor.known || factor.confirmed) {
        return factor.known ? &rb_err_totp_exists : &rb_err_totp_not_begun;
    }

    digits = rb_factors_digits(buf, code);
    rc = rb_totp_find(&factor.secret, &digits, ngx_time(), &step);
    OPENSSL_cleanse(factor.secret.data, factor.secret.len);

    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? &rb_err_internal
                                 : rb_factors_wrong_code(task->pool);
    }

    err = rb_factors_codes(task->pool, &by->who->member, codes, &hashes);
    if (err) {
        return err;
    }

    address = rb_bytea(task->pool, by->caller, sizeof(by->caller));
    rb_factors_set_by(params, RB_FACTORS_TOTP_CONFIRM, by, address);
    params[RB_FACTORS_TOTP_CONFIRM_P_SEALED] = factor.sealed;
    params[RB_FACTORS_TOTP_CONFIRM_P_HASHES] = hashes;
    params[RB_FACTORS_TOTP_CONFIRM_P_STEP].data = text;
    params[RB_FACTORS_TOTP_CONFIRM_P_STEP].len =
        ngx_sprintf(text, "%L", step) - text;

    err = rb_pg_query(task, RB_STMT_FACTORS_TOTP_CONFIRM, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_totp_not_begun;
    }

    made = rb_pg_value(&rows, 0, 0);

    if (made.len && made.data[0] == '0') {
        codes->count = 0;
    }

    return NULL;
}


static rb_err_t *
rb_factors_wrong_code(ngx_pool_t *pool)
{
    ngx_str_t  code = ngx_string("code");

    return rb_err_add_field(NULL, pool, &code, "wrong",
                            "인증 앱에 지금 보이는 여섯 자리가 아닙니다. 휴대폰의 "
                            "시각이 맞는지도 확인해 주세요.",
                            "is not what the authenticator shows now. Make "
                            "sure that the phone's clock is right, too.");
}


rb_err_t *
rb_factors_totp_remove(rb_task_t *task, const rb_factors_by_t *by)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_TOTP_REMOVE_NPARAMS], address;
    rb_pg_rows_t   rows;

    address = rb_bytea(task->pool, by->caller, sizeof(by->caller));
    rb_factors_set_by(params, RB_FACTORS_TOTP_REMOVE, by, address);

    err = rb_pg_query(task, RB_STMT_FACTORS_TOTP_REMOVE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rb_factors_removed(&rows);
}


rb_err_t *
rb_factors_removed(const rb_pg_rows_t *rows)
{
    ngx_str_t  outcome;

    if (rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = rb_pg_value(rows, 0, 0);

    if (ngx_strcmp(outcome.data, "removed") == 0) {
        return NULL;
    }

    return (ngx_strcmp(outcome.data, "last") == 0) ? &rb_err_last_factor
                                                   : &rb_err_not_found;
}
