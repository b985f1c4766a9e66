
/*
 * Recovery codes.  One has 50 bits, which nobody guesses within the budgets.
 * What is kept of it is a MAC under the server's secret, made with the
 * member's id so that two members' equal codes don't look equal.  It is taken
 * by an UPDATE that asks for it unused.
 */


#include "factors/rb_factors_internal.h"
#include "base/rb_token.h"
#include "rb_statements.h"


#define RB_RECOVERY_LETTERS  10
#define RB_RECOVERY_HALF     5


static ngx_int_t rb_factors_recovery_read(const ngx_str_t *typed,
    u_char letters[RB_RECOVERY_LETTERS]);
static ngx_int_t rb_factors_recovery_mac(const ngx_str_t *member,
    const u_char letters[RB_RECOVERY_LETTERS], u_char mac[32]);


rb_err_define(rb_err_no_factor, 409, "no_factor",
    "복구 코드는 2단계 인증 수단이 있을 때만 만들 수 있습니다. 인증 앱이나 "
    "패스키를 먼저 등록해 주세요.",
    "Recovery codes stand in for a second factor. Set up an authenticator or "
    "a passkey first.");


/* Crockford's: without i, l, o and u */
static const u_char  rb_recovery_alphabet[] =
    "0123456789abcdefghjkmnpqrstvwxyz";


rb_err_t *
rb_factors_take_recovery(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *code)
{
    u_char         letters[RB_RECOVERY_LETTERS], mac[32];
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_RECOVERY_TAKE_NPARAMS], hash;
    rb_pg_rows_t   rows;

    if (rb_factors_recovery_read(code, letters) != NGX_OK) {
        return &rb_err_code_refused;
    }

    if (rb_factors_recovery_mac(member, letters, mac) != NGX_OK) {
        return &rb_err_internal;
    }

    hash = rb_bytea(task->pool, mac, sizeof(mac));
    if (hash.data == NULL) {
        return &rb_err_internal;
    }

    params[RB_FACTORS_RECOVERY_TAKE_P_MEMBER] = *member;
    params[RB_FACTORS_RECOVERY_TAKE_P_HASH] = hash;

    err = rb_pg_query(task, RB_STMT_FACTORS_RECOVERY_TAKE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_code_refused;
}


/* In any case, with spaces and hyphens, and with the letters of lookalikes. */

static ngx_int_t
rb_factors_recovery_read(const ngx_str_t *typed,
    u_char letters[RB_RECOVERY_LETTERS])
{
    u_char      c;
    size_t      i;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < typed->len; i++) {
        c = ngx_tolower(typed->data[i]);

        if (c == ' ' || c == '-') {
            continue;
        }

        c = (c == 'o') ? '0' : (c == 'i' || c == 'l') ? '1' : c;

        if (n == RB_RECOVERY_LETTERS || c == '\0'
            || ngx_strchr(rb_recovery_alphabet, c) == NULL)
        {
            return NGX_DECLINED;
        }

        letters[n++] = c;
    }

    return (n == RB_RECOVERY_LETTERS) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
rb_factors_recovery_mac(const ngx_str_t *member,
    const u_char letters[RB_RECOVERY_LETTERS], u_char mac[32])
{
    u_char  text[64 + RB_RECOVERY_LETTERS], *p;

    if (member->len > 64) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(text, member->data, member->len);
    p = ngx_cpymem(p, letters, RB_RECOVERY_LETTERS);

    return rb_token_mac("recovery", text, p - text, mac);
}


rb_err_t *
rb_factors_codes(ngx_pool_t *pool, const ngx_str_t *member,
    rb_recovery_codes_t *codes, ngx_str_t *hashes)
{
    u_char       *p, *text, random[RB_RECOVERY_LETTERS], mac[32];
    u_char        letters[RB_RECOVERY_LETTERS];
    ngx_uint_t    i, n;

    text = ngx_pnalloc(pool, RB_RECOVERY_CODES * RB_RECOVERY_CODE_LEN);
    p = ngx_pnalloc(pool, RB_RECOVERY_CODES * (2 * sizeof(mac) + 1));

    if (text == NULL || p == NULL) {
        return &rb_err_internal;
    }

    hashes->data = p;
    codes->count = RB_RECOVERY_CODES;

    for (i = 0; i < RB_RECOVERY_CODES; i++) {

        if (rb_random(random, sizeof(random)) != NGX_OK) {
            return &rb_err_internal;
        }

        for (n = 0; n < RB_RECOVERY_LETTERS; n++) {
            letters[n] = rb_recovery_alphabet[random[n] & 0x1f];
        }

        if (rb_factors_recovery_mac(member, letters, mac) != NGX_OK) {
            return &rb_err_internal;
        }

        if (i) {
            *p++ = ' ';
        }

        p = ngx_hex_dump(p, mac, sizeof(mac));

        codes->code[i].data = text;
        codes->code[i].len = RB_RECOVERY_CODE_LEN;

        text = ngx_cpymem(text, letters, RB_RECOVERY_HALF);
        *text++ = '-';
        text = ngx_cpymem(text, letters + RB_RECOVERY_HALF, RB_RECOVERY_HALF);
    }

    hashes->len = p - hashes->data;

    return NULL;
}


rb_err_t *
rb_factors_recovery_make(rb_task_t *task, const rb_factors_by_t *by,
    rb_recovery_codes_t *codes)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_RECOVERY_MAKE_NPARAMS], hashes, address;
    rb_pg_rows_t   rows;

    err = rb_factors_codes(task->pool, &by->who->member, codes, &hashes);
    if (err) {
        return err;
    }

    address = rb_bytea(task->pool, by->caller, sizeof(by->caller));
    rb_factors_set_by(params, RB_FACTORS_RECOVERY_MAKE, by, address);
    params[RB_FACTORS_RECOVERY_MAKE_P_HASHES] = hashes;

    err = rb_pg_query(task, RB_STMT_FACTORS_RECOVERY_MAKE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_no_factor;
}
