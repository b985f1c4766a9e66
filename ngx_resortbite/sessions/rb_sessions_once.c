
/*
 * What is good once.  The client holds the row's id, signed for its purpose;
 * the row says whether it is good still.  So what goes out by mail can be made
 * again from the id, and the database holds nothing that could be used.
 */


#include "sessions/rb_sessions_rules.h"
#include "base/rb_token.h"
#include "base/rb_uuid.h"
#include "rb_statements.h"


#define RB_ONCE_ID  16                  /* bytes of an id */


static rb_err_t *rb_once_found(rb_task_t *task, ngx_uint_t stmt,
    const char *purpose, const ngx_str_t *token, ngx_str_t *member,
    ngx_str_t *data);


rb_err_define(rb_err_link, 410, "link_not_valid",
              "쓸 수 없는 링크입니다. 이미 썼거나 기한이 지났습니다. 새로 받아 "
              "주세요.",
              "This link can't be used: it was used before, or has expired. "
              "Please ask for a new one.");


/* Both statements take the same two. */

typedef char  rb_once_params_check_t[
    (RB_ONCE_LOOK_P_ID == RB_ONCE_TAKE_P_ID
     && RB_ONCE_LOOK_P_PURPOSE == RB_ONCE_TAKE_P_PURPOSE) ? 1 : -1];


rb_err_t *
rb_once_make(rb_task_t *task, const char *purpose, const ngx_str_t *member,
    const ngx_str_t *data, ngx_uint_t seconds, ngx_str_t *token)
{
    u_char         id[RB_UUID_LEN], number[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_str_t      params[RB_ONCE_MAKE_NPARAMS], *p;
    rb_pg_rows_t   rows;

    static ngx_str_t  nothing = ngx_string("{}");

    if (rb_uuid_v7(id) != NGX_OK) {
        return &rb_err_internal;
    }

    p = &params[RB_ONCE_MAKE_P_ID];
    p->data = id;
    p->len = RB_UUID_LEN;

    if (rb_once_token(task->pool, purpose, p, token) != NGX_OK) {
        return &rb_err_internal;
    }

    p = &params[RB_ONCE_MAKE_P_PURPOSE];
    p->data = (u_char *) purpose;
    p->len = ngx_strlen(purpose);

    p = &params[RB_ONCE_MAKE_P_SECONDS];
    p->data = number;
    p->len = ngx_sprintf(number, "%ui", seconds) - number;

    params[RB_ONCE_MAKE_P_MEMBER] = rb_sessions_or_null(member);
    params[RB_ONCE_MAKE_P_DATA] = (data && data->len) ? *data : nothing;

    err = rb_pg_query(task, RB_STMT_ONCE_MAKE, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.sqlstate[0] ? &rb_err_internal : NULL;
}


rb_err_t *
rb_once_look(rb_task_t *task, const char *purpose, const ngx_str_t *token,
    ngx_str_t *member, ngx_str_t *data)
{
    return rb_once_found(task, RB_STMT_ONCE_LOOK, purpose, token, member,
                         data);
}


rb_err_t *
rb_once_take(rb_task_t *task, const char *purpose, const ngx_str_t *token,
    ngx_str_t *member, ngx_str_t *data)
{
    return rb_once_found(task, RB_STMT_ONCE_TAKE, purpose, token, member,
                         data);
}


static rb_err_t *
rb_once_found(rb_task_t *task, ngx_uint_t stmt, const char *purpose,
    const ngx_str_t *token, ngx_str_t *member, ngx_str_t *data)
{
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      params[RB_ONCE_LOOK_NPARAMS], *p;
    rb_pg_rows_t   rows;

    rc = rb_once_id(task->pool, purpose, token, &params[RB_ONCE_LOOK_P_ID]);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? &rb_err_link : &rb_err_internal;
    }

    p = &params[RB_ONCE_LOOK_P_PURPOSE];
    p->data = (u_char *) purpose;
    p->len = ngx_strlen(purpose);

    err = rb_pg_query(task, stmt, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_link;
    }

    if (member) {
        *member = rb_pg_value(&rows, 0, 0);
    }

    if (data) {
        *data = rb_pg_value(&rows, 0, 1);
    }

    return NULL;
}


ngx_int_t
rb_once_id(ngx_pool_t *pool, const char *purpose, const ngx_str_t *token,
    ngx_str_t *id)
{
    u_char      *p;
    ngx_int_t    rc;
    ngx_str_t    bytes;
    ngx_uint_t   i;

    rc = rb_token_verify(pool, purpose, token, &bytes);
    if (rc != NGX_OK) {
        return rc;
    }

    if (bytes.len != RB_ONCE_ID) {
        return NGX_DECLINED;
    }

    id->len = RB_UUID_LEN;
    id->data = ngx_pnalloc(pool, RB_UUID_LEN);

    if (id->data == NULL) {
        return NGX_ERROR;
    }

    p = id->data;

    for (i = 0; i < RB_ONCE_ID; i++) {

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }

        p = ngx_hex_dump(p, bytes.data + i, 1);
    }

    return NGX_OK;
}


ngx_int_t
rb_once_token(ngx_pool_t *pool, const char *purpose, const ngx_str_t *id,
    ngx_str_t *token)
{
    u_char       text[RB_UUID_LEN], bytes[RB_ONCE_ID];
    ngx_str_t    payload;
    ngx_uint_t   i, n;

    if (rb_uuid_parse(id, text) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0, n = 0; n < RB_ONCE_ID; i += 2, n++) {

        if (text[i] == '-') {
            i++;
        }

        bytes[n] = (u_char) ngx_hextoi(text + i, 2);
    }

    payload.data = bytes;
    payload.len = sizeof(bytes);

    return rb_token_sign(pool, purpose, &payload, token);
}
