
/* Members of a body to columns of a row. */


#include "web/rb_patch.h"
#include "web/rb_param.h"


static void rb_patch_value(rb_json_t *json, const rb_param_t *param,
    const rb_value_t *value);


rb_err_t *
rb_patch_write(rb_req_t *req, const rb_patch_t *columns, ngx_uint_t n,
    ngx_str_t *patch)
{
    rb_buf_t           b;
    rb_err_t          *err;
    ngx_uint_t         i;
    rb_json_t          json;
    const rb_param_t  *param;
    const rb_value_t  *value;

    err = NULL;

    (void) rb_buf_init(&b, req->task.pool, 512);
    rb_json_init(&json, &b);
    rb_json_open(&json, '{');

    for (i = 0; i < n; i++) {
        param = &req->route->body[columns[i].member];
        value = &req->body[columns[i].member];

        if (value->null && !columns[i].nullable) {
            err = rb_err_add_field(err, req->task.pool, rb_param_name(param),
                                   "not_null",
                                   "null일 수 없습니다. 바꾸지 않으려면 빼고 "
                                   "보내 주세요.",
                                   "can't be null. Leave it out to keep what "
                                   "is there.");
            continue;
        }

        if (value->text.data == NULL && !value->null) {
            continue;
        }

        rb_json_key_n(&json, (char *) columns[i].column.data,
                      columns[i].column.len);
        rb_patch_value(&json, param, value);
    }

    rb_json_close(&json, '}');

    if (err) {
        return err;
    }

    if (b.failed) {
        return &rb_err_internal;
    }

    patch->data = b.start;
    patch->len = rb_buf_len(&b);

    return NULL;
}


rb_err_t *
rb_patch_whole(rb_req_t *req, rb_err_t *err, ngx_uint_t first, ngx_uint_t n)
{
    ngx_uint_t         i, last;
    const ngx_str_t   *one;
    const rb_param_t  *params;

    params = req->route->body;
    one = NULL;
    last = first + n;

    for (i = first; i < last && one == NULL; i++) {
        one = req->body[i].given ? &params[i].name : NULL;
    }

    for (i = first; i < last && one; i++) {

        if (req->body[i].given || req->body[i].null) {
            continue;
        }

        err = rb_err_add_field(err, req->task.pool, rb_param_name(&params[i]),
                               "missing",
                               "%V 등과 함께 바꾸는 값입니다. 같이 보내 "
                               "주세요.",
                               "changes together with %V. Send both.", one);
    }

    return err;
}


static void
rb_patch_value(rb_json_t *json, const rb_param_t *param,
    const rb_value_t *value)
{
    if (value->text.data == NULL) {
        rb_json_null(json);
        return;
    }

    switch (param->type) {

    case RB_PARAM_INT:
    case RB_PARAM_NUMBER:
    case RB_PARAM_BOOL:
    case RB_PARAM_JSON:
    case RB_PARAM_LABELS:
    case RB_PARAM_ADDRESSES:
    case RB_PARAM_UUIDS:
        rb_json_raw(json, value->text.data, value->text.len);
        break;

    default:
        rb_json_str(json, &value->text);
    }
}
