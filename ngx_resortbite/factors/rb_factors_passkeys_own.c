
/* A member's own passkeys: adding (§7.1), naming and removing them. */


#include "factors/rb_factors_internal.h"
#include "base/rb_utf8.h"
#include "base/rb_uuid.h"
#include "crypto/rb_webauthn.h"
#include "rb_statements.h"


static rb_err_t *rb_factors_register(rb_task_t *task,
    const ngx_str_t *challenge, const rb_factors_answer_t *answer,
    rb_credential_t *credential);
static rb_err_t *rb_factors_passkey_add(rb_task_t *task,
    const rb_factors_by_t *by, const rb_factors_answer_t *answer,
    const rb_credential_t *credential, rb_passkey_t *passkey,
    rb_recovery_codes_t *codes);
static ngx_str_t rb_factors_transports(ngx_pool_t *pool, json_t *list);
static rb_err_t *rb_factors_refused(ngx_pool_t *pool, const char *field,
    const char *why);
static rb_err_t *rb_factors_name(ngx_pool_t *pool, const ngx_str_t *name);


rb_err_define(rb_err_passkey_exists, 409, "passkey_exists",
    "이 패스키는 이미 등록되어 있습니다.",
    "This passkey is registered already.");

rb_err_define(rb_err_too_many_passkeys, 409, "too_many_passkeys",
    "패스키는 20개까지 등록할 수 있습니다. 쓰지 않는 것을 먼저 삭제해 주세요.",
    "There can be 20 passkeys. Remove one that you don't use first.");


rb_err_t *
rb_factors_passkey_create_options(rb_task_t *task, const rb_factors_by_t *by,
    ngx_str_t *options, ngx_str_t *handle)
{
    u_char         bytes[RB_UUID_BYTES];
    rb_buf_t       buf;
    rb_err_t      *err;
    ngx_str_t      challenge, user, email, name;
    rb_json_t      json;
    rb_pg_rows_t   rows;

    static const char  params[] =
        "[{\"type\":\"public-key\",\"alg\":-7},"
        "{\"type\":\"public-key\",\"alg\":-8},"
        "{\"type\":\"public-key\",\"alg\":-257}]";
    static const char  selection[] =
        "{\"residentKey\":\"preferred\",\"requireResidentKey\":false,"
        "\"userVerification\":\"preferred\"}";
    static const char  extensions[] = "{\"credProps\":true}";

    err = rb_factors_ceremony(task, "passkey_create", &by->who->member,
                              &challenge, handle, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0
        || rb_factors_uuid_bytes(&by->who->member, bytes) != NGX_OK
        || rb_buf_init(&buf, task->pool, 1024) != NGX_OK)
    {
        return &rb_err_internal;
    }

    if (rows.count >= RB_PASSKEYS_MAX) {
        return &rb_err_too_many_passkeys;
    }

    user = rb_base64url(task->pool, bytes, sizeof(bytes));
    email = rb_pg_value(&rows, 0, 0);
    name = rb_pg_value(&rows, 0, 1);

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "rp");
    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_str(&json, &rb_factors_rp_id);
    rb_factors_key_str(&json, "name", "ResortBite");
    rb_json_close(&json, '}');
    rb_json_key(&json, "user");
    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_str(&json, &user);
    rb_json_key(&json, "name");
    rb_json_str(&json, &email);
    rb_json_key(&json, "displayName");
    rb_json_str(&json, &name);
    rb_json_close(&json, '}');
    rb_json_key(&json, "challenge");
    rb_json_str(&json, &challenge);
    rb_json_key(&json, "pubKeyCredParams");
    rb_json_raw(&json, params, sizeof(params) - 1);
    rb_json_key(&json, "timeout");
    rb_json_int(&json, 300000);
    rb_json_key(&json, "excludeCredentials");
    rb_factors_credentials(&json, task->pool, &rows);
    rb_json_key(&json, "authenticatorSelection");
    rb_json_raw(&json, selection, sizeof(selection) - 1);
    rb_factors_key_str(&json, "attestation", "none");
    rb_json_key(&json, "extensions");
    rb_json_raw(&json, extensions, sizeof(extensions) - 1);
    rb_json_close(&json, '}');

    options->data = buf.start;
    options->len = rb_buf_len(&buf);

    return (buf.failed || user.data == NULL) ? &rb_err_internal : NULL;
}


rb_err_t *
rb_factors_passkey_create(rb_task_t *task, const rb_factors_by_t *by,
    const ngx_str_t *handle, const ngx_str_t *text, const ngx_str_t *name,
    rb_passkey_t *passkey, rb_recovery_codes_t *codes)
{
    rb_err_t             *err;
    ngx_str_t             params[RB_FACTORS_CEREMONY_TAKE_NPARAMS], id;
    ngx_str_t             challenge;
    rb_pg_rows_t          rows;
    rb_credential_t       credential;
    rb_factors_answer_t   answer;

    ngx_memzero(passkey, sizeof(rb_passkey_t));
    passkey->name = *name;

    if (name->len == 0) {
        ngx_str_set(&passkey->name, "Passkey");
    }

    err = rb_factors_name(task->pool, &passkey->name);
    if (err) {
        return err;
    }

    if (rb_factors_answer(task->pool, text, &answer) != NGX_OK) {
        return rb_factors_refused(task->pool, "credential", "bad_credential");
    }

    err = rb_factors_handle_read(task, "passkey_create", handle, &id);

    if (err) {
        return (err == &rb_err_internal)
               ? err : rb_factors_refused(task->pool, "handle", "not_valid");
    }

    params[RB_FACTORS_CEREMONY_TAKE_P_ID] = id;
    params[RB_FACTORS_CEREMONY_TAKE_P_MEMBER] = by->who->member;

    err = rb_pg_query(task, RB_STMT_FACTORS_CEREMONY_TAKE, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return rb_factors_refused(task->pool, "handle", "not_valid");
    }

    challenge = rb_pg_value(&rows, 0, 0);

    err = rb_factors_register(task, &challenge, &answer, &credential);
    if (err) {
        return err;
    }

    return rb_factors_passkey_add(task, by, &answer, &credential, passkey,
                                  codes);
}


static rb_err_t *
rb_factors_register(rb_task_t *task, const ngx_str_t *challenge,
    const rb_factors_answer_t *answer, rb_credential_t *credential)
{
    ngx_str_t       object;
    const char     *why;
    rb_webauthn_t   rp;

    rp.challenge = *challenge;
    rp.origin = rb_factors_origin;
    rp.rp_id = rb_factors_rp_id;
    rp.verify_user = 0;

    if (rb_factors_member(task->pool, answer->response, "attestationObject",
                          &object) != NGX_OK)
    {
        return rb_factors_refused(task->pool, "credential", "bad_credential");
    }

    why = rb_webauthn_register(task->pool, &rp, &answer->client_data, &object,
                               credential);

    if (why == NULL && !rb_same(&answer->id, &credential->credential_id)) {
        why = "bad_credential";
    }

    return why ? rb_factors_refused(task->pool, "credential", why) : NULL;
}


static rb_err_t *
rb_factors_passkey_add(rb_task_t *task, const rb_factors_by_t *by,
    const rb_factors_answer_t *answer, const rb_credential_t *credential,
    rb_passkey_t *passkey, rb_recovery_codes_t *codes)
{
    u_char        *id, count[NGX_INT64_LEN], most[NGX_INT64_LEN];
    json_t        *results;
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_PASSKEY_ADD_NPARAMS], hashes, made;
    ngx_str_t      address;
    rb_pg_rows_t   rows;

    id = ngx_pnalloc(task->pool, RB_UUID_LEN);

    if (id == NULL || rb_uuid_v7(id) != NGX_OK) {
        return &rb_err_internal;
    }

    err = rb_factors_codes(task->pool, &by->who->member, codes, &hashes);
    if (err) {
        return err;
    }

    passkey->id.data = id;
    passkey->id.len = RB_UUID_LEN;
    passkey->backed_up = credential->backed_up;

    /* what isn't said (the extension credProps) is taken for granted */
    results = json_object_get(answer->root, "clientExtensionResults");
    results = json_object_get(json_object_get(results, "credProps"), "rk");

    address = rb_bytea(task->pool, by->caller, sizeof(by->caller));
    rb_factors_set_by(params, RB_FACTORS_PASSKEY_ADD, by, address);
    params[RB_FACTORS_PASSKEY_ADD_P_ID] = passkey->id;
    params[RB_FACTORS_PASSKEY_ADD_P_NAME] = passkey->name;
    params[RB_FACTORS_PASSKEY_ADD_P_HASHES] = hashes;
    params[RB_FACTORS_PASSKEY_ADD_P_CREDENTIAL] =
        rb_bytea(task->pool, credential->credential_id.data,
                 credential->credential_id.len);
    params[RB_FACTORS_PASSKEY_ADD_P_PUBLIC_KEY] =
        rb_bytea(task->pool, credential->public_key.data,
                 credential->public_key.len);
    params[RB_FACTORS_PASSKEY_ADD_P_AAGUID] =
        rb_bytea(task->pool, credential->aaguid, sizeof(credential->aaguid));
    params[RB_FACTORS_PASSKEY_ADD_P_TRANSPORTS] =
        rb_factors_transports(task->pool,
                              json_object_get(answer->response,
                                              "transports"));
    params[RB_FACTORS_PASSKEY_ADD_P_DISCOVERABLE] =
        json_is_false(results) ? rb_factors_false : rb_factors_true;
    params[RB_FACTORS_PASSKEY_ADD_P_BACKED_UP] =
        credential->backed_up ? rb_factors_true : rb_factors_false;
    params[RB_FACTORS_PASSKEY_ADD_P_COUNT].data = count;
    params[RB_FACTORS_PASSKEY_ADD_P_COUNT].len =
        ngx_sprintf(count, "%uD", credential->sign_count) - count;
    params[RB_FACTORS_PASSKEY_ADD_P_MAX].data = most;
    params[RB_FACTORS_PASSKEY_ADD_P_MAX].len =
        ngx_sprintf(most, "%d", RB_PASSKEYS_MAX) - most;

    if (params[RB_FACTORS_PASSKEY_ADD_P_CREDENTIAL].data == NULL
        || params[RB_FACTORS_PASSKEY_ADD_P_PUBLIC_KEY].data == NULL
        || params[RB_FACTORS_PASSKEY_ADD_P_AAGUID].data == NULL
        || params[RB_FACTORS_PASSKEY_ADD_P_TRANSPORTS].data == NULL)
    {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_FACTORS_PASSKEY_ADD, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return (rows.constraint.len
                && ngx_strcmp(rows.constraint.data,
                              "passkeys_credential_key") == 0)
               ? &rb_err_passkey_exists : &rb_err_internal;
    }

    if (rows.count == 0) {
        return &rb_err_too_many_passkeys;
    }

    passkey->created_at = rb_pg_value(&rows, 0, 0);
    made = rb_pg_value(&rows, 0, 1);

    if (made.len && made.data[0] == '0') {
        codes->count = 0;
    }

    return NULL;
}


/* Those that the specification knows (§5.8.4), as PostgreSQL's array. */

static ngx_str_t
rb_factors_transports(ngx_pool_t *pool, json_t *list)
{
    size_t       i, n;
    u_char      *p;
    json_t      *item;
    ngx_str_t    text;
    const char  *name;

    static const char *const  known[] = {
        "usb", "nfc", "ble", "smart-card", "hybrid", "internal"
    };

    p = ngx_pnalloc(pool, 64);
    text.data = p;
    text.len = 0;

    if (p == NULL) {
        return text;
    }

    *p++ = '{';

    for (n = 0; n < rb_array_size(known); n++) {

        json_array_foreach(list, i, item) {
            name = json_string_value(item);

            if (name && ngx_strcmp(name, known[n]) == 0) {
                p = ngx_sprintf(p, "%s%s", p[-1] == '{' ? "" : ",", known[n]);
                break;
            }
        }
    }

    *p++ = '}';
    text.len = p - text.data;

    return text;
}


static rb_err_t *
rb_factors_refused(ngx_pool_t *pool, const char *field, const char *why)
{
    ngx_str_t  name;

    if (ngx_strcmp(why, "out_of_memory") == 0) {
        return &rb_err_internal;
    }

    name.data = (u_char *) field;
    name.len = ngx_strlen(field);

    return rb_err_add_field(NULL, pool, &name, why,
                            "등록할 수 없습니다. 패스키 등록을 처음부터 다시 해 "
                            "주세요.",
                            "can't be taken. Begin adding the passkey "
                            "again.");
}


static rb_err_t *
rb_factors_name(ngx_pool_t *pool, const ngx_str_t *name)
{
    size_t     i, length;
    ngx_str_t  field = ngx_string("name");

    length = rb_utf8_length(name->data, name->len);

    for (i = 0; i < name->len && name->data[i] <= ' '; i++) { /* void */ }

    if (i < name->len && length <= RB_PASSKEY_NAME_MAX) {
        return NULL;
    }

    return rb_err_add_field(NULL, pool, &field,
                            length ? "too_long" : "required",
                            "1자 이상 %d자 이하로 적어 주세요.",
                            "must have 1 to %d characters.",
                            RB_PASSKEY_NAME_MAX);
}


rb_err_t *
rb_factors_passkey_rename(rb_task_t *task, const rb_factors_by_t *by,
    const ngx_str_t *id, const ngx_str_t *name)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_PASSKEY_RENAME_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_factors_name(task->pool, name);
    if (err) {
        return err;
    }

    params[RB_FACTORS_PASSKEY_RENAME_P_ID] = *id;
    params[RB_FACTORS_PASSKEY_RENAME_P_NAME] = *name;
    params[RB_FACTORS_PASSKEY_RENAME_P_MEMBER] = by->who->member;

    err = rb_pg_query(task, RB_STMT_FACTORS_PASSKEY_RENAME, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_factors_passkey_remove(rb_task_t *task, const rb_factors_by_t *by,
    const ngx_str_t *id)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FACTORS_PASSKEY_REMOVE_NPARAMS], address;
    rb_pg_rows_t   rows;

    address = rb_bytea(task->pool, by->caller, sizeof(by->caller));
    rb_factors_set_by(params, RB_FACTORS_PASSKEY_REMOVE, by, address);
    params[RB_FACTORS_PASSKEY_REMOVE_P_ID] = *id;

    err = rb_pg_query(task, RB_STMT_FACTORS_PASSKEY_REMOVE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rb_factors_removed(&rows);
}
