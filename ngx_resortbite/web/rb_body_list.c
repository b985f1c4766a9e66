
/*
 * Lists in JSON bodies: labels, addresses, ids.  What is handed on is compact
 * JSON, which PostgreSQL turns into an array; of a week, its bits.
 */


#include "web/rb_body_list.h"
#include "base/rb_utf8.h"
#include "base/rb_uuid.h"
#include "base/rb_week.h"


#define RB_BODY_LABEL_MAX    60         /* characters */
#define RB_BODY_ADDRESS_MAX  500        /* bytes */


static ngx_int_t rb_body_week(rb_params_t *ps, const rb_param_t *param,
    json_t *array, rb_value_t *value);
static const char *rb_body_item(rb_param_type_e type, const ngx_str_t *text);
static ngx_uint_t rb_body_label(const ngx_str_t *text);
static ngx_uint_t rb_body_address(const ngx_str_t *text);
static rb_err_t *rb_body_item_wrong(rb_params_t *ps, const rb_param_t *param,
    size_t i);


ngx_int_t
rb_body_list(rb_params_t *ps, const rb_param_t *param, json_t *array,
    rb_value_t *value)
{
    size_t      i, n;
    json_t     *item;
    rb_buf_t    b;
    ngx_str_t   text;
    rb_json_t   json;

    if (param->type == RB_PARAM_WEEK) {
        return rb_body_week(ps, param, array, value);
    }

    n = json_array_size(array);

    if (n > (size_t) param->max) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "too_many",
                                   "최대 %d개까지 쓸 수 있습니다.",
                                   "may have at most %d entries.",
                                   (int) param->max);
        return NGX_ERROR;
    }

    (void) rb_buf_init(&b, ps->pool, 64);
    rb_json_init(&json, &b);
    rb_json_open(&json, '[');

    for (i = 0; i < n; i++) {
        item = json_array_get(array, i);
        ngx_str_null(&text);

        if (json_is_string(item)) {
            text.data = (u_char *) json_string_value(item);
            text.len = json_string_length(item);
        }

        if (text.data == NULL || rb_body_item(param->type, &text)) {
            ps->err = rb_body_item_wrong(ps, param, i);
            return NGX_ERROR;
        }

        rb_json_str(&json, &text);
    }

    rb_json_close(&json, ']');

    if (b.failed) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    value->text.data = b.start;
    value->text.len = rb_buf_len(&b);
    value->integer = n;
    value->given = 1;

    return NGX_OK;
}


static ngx_int_t
rb_body_week(rb_params_t *ps, const rb_param_t *param, json_t *array,
    rb_value_t *value)
{
    u_char          *p;
    rb_week_t        week;
    rb_week_sums_t   sums;

    if (rb_week_read(ps->pool, &param->name, array, &week, &ps->err)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rb_week_sum(&week, &sums);

    if (sums.total < (ngx_uint_t) param->min
        || sums.total > (ngx_uint_t) param->max)
    {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "out_of_range",
                                   "한 주에 %d시간 이상 %d시간 이하여야 "
                                   "합니다 (지금 %ui시간).",
                                   "must have from %d to %d hours a week (it "
                                   "has %ui).",
                                   (int) param->min, (int) param->max,
                                   sums.total);
        return NGX_ERROR;
    }

    p = ngx_pnalloc(ps->pool, RB_WEEK_HOURS);
    if (p == NULL) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    value->text.data = p;
    value->text.len = rb_week_to_bits(p, &week) - p;
    value->integer = sums.total;
    value->given = 1;

    return NGX_OK;
}


/* NULL: it is good; or what it isn't. */

static const char *
rb_body_item(rb_param_type_e type, const ngx_str_t *text)
{
    u_char  id[RB_UUID_LEN];

    switch (type) {

    case RB_PARAM_UUIDS:
        return rb_uuid_parse(text, id) == NGX_OK ? NULL : "uuid";

    case RB_PARAM_ADDRESSES:
        return rb_body_address(text) ? NULL : "address";

    default:
        return rb_body_label(text) ? NULL : "label";
    }
}


/* Something to be seen, without control characters. */

static ngx_uint_t
rb_body_label(const ngx_str_t *text)
{
    size_t         n, chars;
    ngx_uint_t     seen;
    const u_char  *p, *end;

    p = text->data;
    end = p + text->len;
    seen = 0;

    for (chars = 0; p < end; p += n, chars++) {
        n = rb_utf8_char(p, end);

        if (n == 0 || *p < ' ' || *p == 0x7f
            || (n == 2 && *p == 0xc2 && p[1] < 0xa0))
        {
            return 0;
        }

        seen |= (*p != ' ');
    }

    return seen && chars <= RB_BODY_LABEL_MAX;
}


/* https://host/… or /path: nothing that a browser would take otherwise. */

static ngx_uint_t
rb_body_address(const ngx_str_t *text)
{
    size_t  i;

    static const ngx_str_t  https = ngx_string("https://");

    if (text->len > RB_BODY_ADDRESS_MAX || text->len < 2) {
        return 0;
    }

    if (text->data[0] == '/') {
        if (text->data[1] == '/') {
            return 0;
        }

    } else if (text->len <= https.len
               || ngx_memcmp(text->data, https.data, https.len) != 0
               || text->data[https.len] == '/')
    {
        return 0;
    }

    for (i = 0; i < text->len; i++) {
        if (text->data[i] <= ' ' || text->data[i] >= 0x7f
            || ngx_strchr("<>\"\\", text->data[i]))
        {
            return 0;
        }
    }

    return 1;
}


static rb_err_t *
rb_body_item_wrong(rb_params_t *ps, const rb_param_t *param, size_t i)
{
    switch (param->type) {

    case RB_PARAM_UUIDS:
        return rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                "invalid_item",
                                "%uz번째 값이 UUID가 아닙니다.",
                                "entry %uz is no UUID.", i + 1);

    case RB_PARAM_ADDRESSES:
        return rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                "invalid_item",
                                "%uz번째 값이 주소가 아닙니다. https://로 "
                                "시작하거나 /로 시작하는 500바이트 이하의 "
                                "주소여야 합니다.",
                                "entry %uz is no address: it begins with "
                                "https:// or with one slash and has at most "
                                "500 bytes.", i + 1);

    default:
        return rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                "invalid_item",
                                "%uz번째 값이 1~60자의 한 줄 글이 아닙니다.",
                                "entry %uz is no text of 1 to 60 characters "
                                "on one line.", i + 1);
    }
}
