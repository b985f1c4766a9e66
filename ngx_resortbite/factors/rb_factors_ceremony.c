
/*
 * A ceremony of passkeys is a row that holds its challenge; the handle is the
 * row's id, signed for the purpose, so that nobody asks the database for rows
 * that were never made.
 */


#include "factors/rb_factors_internal.h"
#include "base/rb_token.h"
#include "base/rb_uuid.h"
#include "rb_statements.h"


#define RB_CHALLENGE_LEN  32


const ngx_str_t  rb_factors_true = ngx_string("true");
const ngx_str_t  rb_factors_false = ngx_string("false");


rb_err_t *
rb_factors_ceremony(rb_task_t *task, const char *purpose,
    const ngx_str_t *member, ngx_str_t *challenge, ngx_str_t *handle,
    rb_pg_rows_t *rows)
{
    u_char      bytes[RB_CHALLENGE_LEN], text[RB_UUID_LEN];
    ngx_str_t   params[RB_FACTORS_CEREMONY_BEGIN_NPARAMS], id;

    id.data = text;
    id.len = sizeof(text);

    if (rb_random(bytes, sizeof(bytes)) != NGX_OK
        || rb_uuid_v7(text) != NGX_OK
        || rb_token_sign(task->pool, purpose, &id, handle) != NGX_OK)
    {
        return &rb_err_internal;
    }

    *challenge = rb_base64url(task->pool, bytes, sizeof(bytes));
    if (challenge->data == NULL) {
        return &rb_err_internal;
    }

    params[RB_FACTORS_CEREMONY_BEGIN_P_ID] = id;
    params[RB_FACTORS_CEREMONY_BEGIN_P_PURPOSE].data = (u_char *) purpose;
    params[RB_FACTORS_CEREMONY_BEGIN_P_PURPOSE].len = ngx_strlen(purpose);
    params[RB_FACTORS_CEREMONY_BEGIN_P_CHALLENGE] = *challenge;
    params[RB_FACTORS_CEREMONY_BEGIN_P_MEMBER] = *member;

    if (member->len == 0) {
        ngx_str_null(&params[RB_FACTORS_CEREMONY_BEGIN_P_MEMBER]);
    }

    return rb_pg_query(task, RB_STMT_FACTORS_CEREMONY_BEGIN, 0, params, rows);
}


rb_err_t *
rb_factors_handle_read(rb_task_t *task, const char *purpose,
    const ngx_str_t *handle, ngx_str_t *id)
{
    ngx_int_t  rc;

    rc = rb_token_verify(task->pool, purpose, handle, id);

    if (rc == NGX_ERROR) {
        return &rb_err_internal;
    }

    return (rc == NGX_OK && id->len == RB_UUID_LEN) ? NULL
                                                    : &rb_err_code_refused;
}


void
rb_factors_credentials(rb_json_t *json, ngx_pool_t *pool,
    const rb_pg_rows_t *rows)
{
    ngx_str_t   text, bytes, id, transports;
    ngx_uint_t  i;

    rb_json_open(json, '[');

    for (i = 0; i < rows->count; i++) {
        text = rb_pg_value(rows, i, 2);
        transports = rb_pg_value(rows, i, 3);

        if (text.data == NULL
            || rb_bytea_decode(pool, &text, &bytes) != NGX_OK)
        {
            continue;
        }

        id = rb_base64url(pool, bytes.data, bytes.len);

        rb_json_open(json, '{');
        rb_factors_key_str(json, "type", "public-key");
        rb_json_key(json, "id");
        rb_json_str(json, &id);

        if (transports.len > 2) {
            rb_json_key(json, "transports");
            rb_json_raw(json, transports.data, transports.len);
        }

        rb_json_close(json, '}');
    }

    rb_json_close(json, ']');
}


void
rb_factors_key_str(rb_json_t *json, const char *name, const char *value)
{
    ngx_str_t  text;

    text.data = (u_char *) value;
    text.len = ngx_strlen(value);

    rb_json_key_n(json, name, ngx_strlen(name));
    rb_json_str(json, &text);
}


ngx_int_t
rb_factors_answer(ngx_pool_t *pool, const ngx_str_t *text,
    rb_factors_answer_t *answer)
{
    const char  *type;

    if (rb_json_parse(pool, text, &answer->root) != NULL) {
        return NGX_DECLINED;
    }

    answer->response = json_object_get(answer->root, "response");
    type = json_string_value(json_object_get(answer->root, "type"));

    if (!json_is_object(answer->response) || type == NULL
        || ngx_strcmp(type, "public-key") != 0)
    {
        return NGX_DECLINED;
    }

    if (rb_factors_member(pool, answer->root, "rawId", &answer->id) != NGX_OK
        && rb_factors_member(pool, answer->root, "id", &answer->id) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return rb_factors_member(pool, answer->response, "clientDataJSON",
                             &answer->client_data);
}


ngx_int_t
rb_factors_member(ngx_pool_t *pool, json_t *object, const char *name,
    ngx_str_t *value)
{
    json_t     *member;
    ngx_str_t   text;

    member = json_object_get(object, name);

    if (!json_is_string(member) || json_string_length(member) == 0) {
        return NGX_DECLINED;
    }

    text.data = (u_char *) json_string_value(member);
    text.len = json_string_length(member);

    return rb_base64url_decode(pool, &text, value);
}


ngx_int_t
rb_factors_uuid_bytes(const ngx_str_t *uuid, u_char bytes[RB_UUID_BYTES])
{
    size_t       i;
    ngx_int_t    value;
    ngx_uint_t   n;

    n = 0;

    for (i = 0; i + 1 < uuid->len && n < RB_UUID_BYTES; i += 2) {

        if (uuid->data[i] == '-') {
            i++;
        }

        value = (i + 1 < uuid->len) ? ngx_hextoi(uuid->data + i, 2)
                                    : NGX_ERROR;
        if (value == NGX_ERROR) {
            return NGX_ERROR;
        }

        bytes[n++] = (u_char) value;
    }

    return (n == RB_UUID_BYTES) ? NGX_OK : NGX_ERROR;
}
