
/*
 * Signing in with a passkey (Web Authentication, level 2, §7.2).
 *
 * Whoever answers takes the ceremony's row, whatever the answer is worth: a
 * challenge is good once.  The counter of a passkey is raised by an UPDATE
 * that asks for a lower one, so two requests with one assertion can't both
 * pass; most passkeys have no counter, and for those the challenge alone
 * keeps replays out.
 */


#include "factors/rb_factors_internal.h"
#include "crypto/rb_webauthn.h"
#include "rb_statements.h"


static rb_err_t *rb_factors_take_passkey(rb_task_t *task,
    const ngx_str_t *handle, rb_factors_answer_t *answer,
    rb_pg_rows_t *rows);
static ngx_uint_t rb_factors_user_fits(ngx_pool_t *pool,
    const rb_factors_answer_t *answer, const ngx_str_t *asked,
    const ngx_str_t *owner);
static rb_err_t *rb_factors_passkey_used(rb_task_t *task,
    const ngx_str_t *id, const rb_credential_t *credential);


rb_err_t *
rb_factors_passkey_options(rb_task_t *task, const ngx_str_t *member,
    ngx_str_t *options, ngx_str_t *handle)
{
    rb_buf_t       buf;
    rb_err_t      *err;
    ngx_str_t      challenge;
    rb_json_t      json;
    rb_pg_rows_t   rows;

    err = rb_factors_ceremony(task, "passkey_get", member, &challenge, handle,
                              &rows);
    if (err) {
        return err;
    }

    if (rb_buf_init(&buf, task->pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "challenge");
    rb_json_str(&json, &challenge);
    rb_json_key(&json, "timeout");
    rb_json_int(&json, 300000);
    rb_json_key(&json, "rpId");
    rb_json_str(&json, &rb_factors_rp_id);
    rb_json_key(&json, "allowCredentials");
    rb_factors_credentials(&json, task->pool, &rows);
    rb_factors_key_str(&json, "userVerification",
                       member->len ? "preferred" : "required");
    rb_json_close(&json, '}');

    options->data = buf.start;
    options->len = rb_buf_len(&buf);

    return buf.failed ? &rb_err_internal : NULL;
}


rb_err_t *
rb_factors_passkey_take(rb_task_t *task, const ngx_str_t *handle,
    const ngx_str_t *text, ngx_str_t *member, ngx_uint_t *amr)
{
    rb_err_t             *err;
    ngx_str_t             asked, owner, key, data, signature;
    const char           *why;
    rb_pg_rows_t          rows;
    rb_webauthn_t         rp;
    rb_credential_t       credential;
    rb_factors_answer_t   answer;

    if (rb_factors_answer(task->pool, text, &answer) != NGX_OK
        || rb_factors_member(task->pool, answer.response, "authenticatorData",
                             &data) != NGX_OK
        || rb_factors_member(task->pool, answer.response, "signature",
                             &signature) != NGX_OK)
    {
        return &rb_err_code_refused;
    }

    err = rb_factors_take_passkey(task, handle, &answer, &rows);
    if (err) {
        return err;
    }

    rp.challenge = rb_pg_value(&rows, 0, 0);
    asked = rb_pg_value(&rows, 0, 1);
    owner = rb_pg_value(&rows, 0, 3);
    key = rb_pg_value(&rows, 0, 4);

    rp.origin = rb_factors_origin;
    rp.rp_id = rb_factors_rp_id;
    rp.verify_user = (asked.len == 0);

    if (!rb_factors_user_fits(task->pool, &answer, &asked, &owner)
        || rb_bytea_decode(task->pool, &key, &key) != NGX_OK)
    {
        return &rb_err_code_refused;
    }

    why = rb_webauthn_assert(task->pool, &rp, &key, &answer.client_data, &data,
                             &signature, &credential);
    if (why) {
        ngx_log_error(NGX_LOG_INFO, task->log, 0,
                      "a passkey was refused: %s", why);
        return &rb_err_code_refused;
    }

    key = rb_pg_value(&rows, 0, 2);

    err = rb_factors_passkey_used(task, &key, &credential);
    if (err) {
        return err;
    }

    *member = owner;
    *amr = RB_AMR_HWK | (credential.user_verified ? RB_AMR_USER : 0);

    return NULL;
}


static rb_err_t *
rb_factors_take_passkey(rb_task_t *task, const ngx_str_t *handle,
    rb_factors_answer_t *answer, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_FACTORS_PASSKEY_TAKE_NPARAMS], id;

    err = rb_factors_handle_read(task, "passkey_get", handle, &id);
    if (err) {
        return err;
    }

    params[RB_FACTORS_PASSKEY_TAKE_P_ID] = id;
    params[RB_FACTORS_PASSKEY_TAKE_P_CREDENTIAL] =
        rb_bytea(task->pool, answer->id.data, answer->id.len);

    if (params[RB_FACTORS_PASSKEY_TAKE_P_CREDENTIAL].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_FACTORS_PASSKEY_TAKE, 0, params, rows);
    if (err) {
        return err;
    }

    return rows->count ? NULL : &rb_err_code_refused;
}


/*
 * Whether the passkey is of the one who was asked for it.  Where nobody was,
 * the passkey must say whose it is, and say the truth (§7.2, step 6).
 */

static ngx_uint_t
rb_factors_user_fits(ngx_pool_t *pool, const rb_factors_answer_t *answer,
    const ngx_str_t *asked, const ngx_str_t *owner)
{
    u_char      bytes[RB_UUID_BYTES];
    ngx_str_t   user, own;

    if (asked->len && !rb_same(asked, owner)) {
        return 0;
    }

    if (rb_factors_member(pool, answer->response, "userHandle", &user)
        != NGX_OK)
    {
        /* authenticators need not tell when they were given a list */
        return asked->len && !json_is_string(
                                 json_object_get(answer->response,
                                                 "userHandle"));
    }

    own.data = bytes;
    own.len = sizeof(bytes);

    return rb_factors_uuid_bytes(owner, bytes) == NGX_OK
           && rb_same(&user, &own);
}


static rb_err_t *
rb_factors_passkey_used(rb_task_t *task, const ngx_str_t *id,
    const rb_credential_t *credential)
{
    u_char         text[NGX_INT64_LEN];
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_PASSKEY_USED_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_FACTORS_PASSKEY_USED_P_ID] = *id;
    params[RB_FACTORS_PASSKEY_USED_P_BACKED_UP] =
        credential->backed_up ? rb_factors_true : rb_factors_false;
    params[RB_FACTORS_PASSKEY_USED_P_COUNT].data = text;
    params[RB_FACTORS_PASSKEY_USED_P_COUNT].len =
        ngx_sprintf(text, "%uD", credential->sign_count) - text;

    err = rb_pg_query(task, RB_STMT_FACTORS_PASSKEY_USED, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_code_refused;
}
