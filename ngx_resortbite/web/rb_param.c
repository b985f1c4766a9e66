
/*
 * One parser a type.  Each makes a canonical text, so that what means the
 * same is the same in the cache's key, in a cursor's binding and in SQL.
 */


#include "web/rb_param.h"
#include "base/rb_time.h"
#include "base/rb_utf8.h"
#include "base/rb_uuid.h"
#include "base/rb_week.h"


#define RB_PARAM_INT_DIGITS     18
#define RB_PARAM_WHOLE_DIGITS   15
#define RB_PARAM_PLACES         9
#define RB_PARAM_UNIT           1000000000
#define RB_PARAM_CURSOR_MAX     4096

/* NGX_OK, or NGX_ERROR with the error told. */
typedef ngx_int_t (*rb_param_parse_pt)(rb_params_t *ps,
    const rb_param_t *param, const ngx_str_t *text, rb_value_t *value);


static ngx_int_t rb_param_string(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_integer(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_number(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_bool(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_uuid(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_date(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_enum(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_enums(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_cursor(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_fields(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_json(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);
static ngx_int_t rb_param_week(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);

static ngx_int_t rb_param_text_check(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text);
static ngx_int_t rb_param_decimal(const ngx_str_t *text, u_char *out,
    size_t *len);
static ngx_uint_t rb_param_within(const rb_param_t *param, double number);
static ngx_int_t rb_param_index(const rb_param_t *param,
    const ngx_str_t *text);
static ngx_int_t rb_param_copy(rb_params_t *ps, ngx_str_t *to,
    const u_char *data, size_t len);


static const rb_param_parse_pt  rb_param_parsers[] = {
    [RB_PARAM_STRING] = rb_param_string,
    [RB_PARAM_INT]    = rb_param_integer,
    [RB_PARAM_NUMBER] = rb_param_number,
    [RB_PARAM_BOOL]   = rb_param_bool,
    [RB_PARAM_UUID]   = rb_param_uuid,
    [RB_PARAM_DATE]   = rb_param_date,
    [RB_PARAM_ENUM]   = rb_param_enum,
    [RB_PARAM_ENUMS]  = rb_param_enums,
    [RB_PARAM_CURSOR] = rb_param_cursor,
    [RB_PARAM_FIELDS] = rb_param_fields,
    [RB_PARAM_JSON]   = rb_param_json,
    [RB_PARAM_LABELS] = rb_param_json,
    [RB_PARAM_ADDRESSES] = rb_param_json,
    [RB_PARAM_UUIDS]  = rb_param_json,
    [RB_PARAM_WEEK]   = rb_param_week
};


ngx_uint_t
rb_param_count(const rb_param_t *params)
{
    ngx_uint_t  n;

    if (params == NULL) {
        return 0;
    }

    for (n = 0; params[n].name.len; n++) { /* void */ }

    return n;
}


ngx_uint_t
rb_param_find(const rb_param_t *params, const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; params && params[i].name.len; i++) {

        if (params[i].name.len == name->len
            && ngx_memcmp(params[i].name.data, name->data, name->len) == 0)
        {
            break;
        }
    }

    return i;
}


void
rb_param_parse(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    ngx_memzero(value, sizeof(rb_value_t));

    if (rb_param_text_check(ps, param, text) != NGX_OK
        || rb_param_parsers[param->type](ps, param, text, value) != NGX_OK)
    {
        ngx_str_null(&value->text);
        return;
    }

    value->given = 1;
}


void
rb_param_absent(rb_params_t *ps, const rb_param_t *param, rb_value_t *value)
{
    if (param->preset.len) {
        rb_param_parse(ps, param, &param->preset, value);
        value->given = 0;
        return;
    }

    ngx_memzero(value, sizeof(rb_value_t));

    if (param->type == RB_PARAM_FIELDS) {
        value->set = ~(uint64_t) 0;
    }

    if (param->required) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "required",
                                   "필수 항목입니다. 값을 넣어 주세요.",
                                   "is required: give it a value.");
    }
}


u_char *
rb_param_number_write(u_char *p, double number)
{
    uint64_t    whole, places;
    ngx_uint_t  negative;

    negative = number < 0;
    number = negative ? -number : number;

    whole = (uint64_t) number;
    places = (uint64_t) ((number - (double) whole) * RB_PARAM_UNIT + 0.5);

    if (places >= RB_PARAM_UNIT) {
        places -= RB_PARAM_UNIT;
        whole++;
    }

    if (negative && (whole || places)) {
        *p++ = '-';
    }

    p = ngx_sprintf(p, "%uL", whole);

    if (places == 0) {
        return p;
    }

    p = ngx_sprintf(p, ".%09uL", places);

    while (p[-1] == '0') {
        p--;
    }

    return p;
}


static ngx_int_t
rb_param_string(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value)
{
    size_t  n, min, max;

    value->text = *text;

    if (param->min == 0 && param->max == 0) {
        return NGX_OK;
    }

    n = rb_utf8_length(text->data, text->len);
    min = (size_t) param->min;
    max = (size_t) param->max;

    if (n == 0 && min == 1) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "too_short", "비어 있으면 안 됩니다.",
                                   "must not be empty.");
        return NGX_ERROR;
    }

    if (n < min) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "too_short",
                                   "%uz자 이상이어야 합니다 (지금 %uz자).",
                                   "must have at least %uz characters (it "
                                   "has %uz).", min, n);
        return NGX_ERROR;
    }

    if (n > max) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "too_long",
                                   "%uz자 이하여야 합니다 (지금 %uz자).",
                                   "must have at most %uz characters (it "
                                   "has %uz).", max, n);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
rb_param_integer(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value)
{
    size_t      i;
    int64_t     n;
    u_char      buf[NGX_INT64_LEN + 1];
    ngx_uint_t  negative;

    negative = text->len && text->data[0] == '-';
    i = negative;

    if (text->len == i || text->len - i > RB_PARAM_INT_DIGITS) {
        return rb_param_wrong_number(ps, param);
    }

    for (n = 0; i < text->len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return rb_param_wrong_number(ps, param);
        }

        n = n * 10 + (text->data[i] - '0');
    }

    n = negative ? -n : n;

    if (!rb_param_within(param, (double) n)) {
        return rb_param_wrong_number(ps, param);
    }

    value->integer = n;
    value->number = (double) n;

    return rb_param_copy(ps, &value->text, buf,
                         ngx_sprintf(buf, "%L", n) - buf);
}


static ngx_int_t
rb_param_number(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value)
{
    size_t  len;
    u_char  buf[RB_PARAM_NUMBER_SIZE];

    if (rb_param_decimal(text, buf, &len) != NGX_OK) {
        return rb_param_wrong_number(ps, param);
    }

    value->number = strtod((char *) buf, NULL);

    if (!rb_param_within(param, value->number)) {
        return rb_param_wrong_number(ps, param);
    }

    return rb_param_copy(ps, &value->text, buf, len);
}


static ngx_int_t
rb_param_bool(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    value->text = *text;

    if (text->len == 4 && ngx_memcmp(text->data, "true", 4) == 0) {
        value->integer = 1;
        return NGX_OK;
    }

    if (text->len == 5 && ngx_memcmp(text->data, "false", 5) == 0) {
        return NGX_OK;
    }

    rb_param_wrong(ps, param);

    return NGX_ERROR;
}


static ngx_int_t
rb_param_uuid(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    u_char  uuid[RB_UUID_LEN];

    if (rb_uuid_parse(text, uuid) == NGX_OK) {

        if (ngx_memcmp(uuid, text->data, RB_UUID_LEN) == 0) {
            value->text = *text;
            return NGX_OK;
        }

        return rb_param_copy(ps, &value->text, uuid, RB_UUID_LEN);
    }

    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "not_a_uuid",
                               "UUID여야 합니다 (예: "
                               "0190a6f2-7c1e-7b4a-9d3f-5e8c2a1b6d40).",
                               "must be a UUID such as "
                               "0190a6f2-7c1e-7b4a-9d3f-5e8c2a1b6d40.");
    return NGX_ERROR;
}


static ngx_int_t
rb_param_date(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    int32_t  day;

    if (rb_date_parse(text, &day) != NGX_OK || !rb_param_within(param, day)) {
        return rb_param_wrong_date(ps, param);
    }

    value->integer = day;
    value->text = *text;

    return NGX_OK;
}


static ngx_int_t
rb_param_enum(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    ngx_int_t  i;

    i = rb_param_index(param, text);

    if (i == NGX_DECLINED) {
        return rb_param_wrong_enum(ps, param, text);
    }

    value->text = param->values[i];
    value->set = (uint64_t) 1 << i;

    return NGX_OK;
}


/* Canonical: in the order of the declaration, each once. */

static ngx_int_t
rb_param_enums(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    u_char     *p, *comma, *end;
    ngx_int_t   i;
    ngx_str_t   one;
    rb_buf_t    b;

    p = text->data;
    end = p + text->len;

    do {
        comma = ngx_strlchr(p, end, ',');

        one.data = p;
        one.len = (comma ? comma : end) - p;

        i = rb_param_index(param, &one);

        if (i == NGX_DECLINED) {
            return rb_param_wrong_enum(ps, param, &one);
        }

        value->set |= (uint64_t) 1 << i;

        if (comma) {
            p = comma + 1;
        }

    } while (comma);

    (void) rb_buf_init(&b, ps->pool, text->len);

    for (i = 0; param->values[i].len; i++) {

        if (value->set & ((uint64_t) 1 << i)) {

            if (rb_buf_len(&b)) {
                rb_buf_add_lit(&b, ",");
            }

            rb_buf_add_str(&b, &param->values[i]);
        }
    }

    if (b.failed) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    value->text.data = b.start;
    value->text.len = rb_buf_len(&b);

    return NGX_OK;
}


/* Whether it is one of ours shows when it is used (rb_req_keyset()). */

static ngx_int_t
rb_param_cursor(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value)
{
    if (text->len && text->len <= RB_PARAM_CURSOR_MAX) {
        value->text = *text;
        return NGX_OK;
    }

    rb_param_cursor_wrong(ps, param);

    return NGX_ERROR;
}


/* Canonical: in the view's order, each once, with the id that is always kept.
 * Without a view (in a body) there is nothing to hold the names against. */

static ngx_int_t
rb_param_fields(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value)
{
    rb_buf_t   b;
    ngx_str_t  unknown;

    if (ps->view == NULL) {
        value->text = *text;
        return NGX_OK;
    }

    if (rb_view_mask(ps->view, text, &value->set, &unknown) != NGX_OK) {
        return rb_param_wrong_field(ps, param, &unknown);
    }

    (void) rb_buf_init(&b, ps->pool, text->len + sizeof("id,") - 1);

    rb_view_names(&b, ps->view, value->set);

    if (b.failed) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    value->text.data = b.start;
    value->text.len = rb_buf_len(&b);

    return NGX_OK;
}


/* Canonical: without spaces, an object's members in alphabetical order. */

static ngx_int_t
rb_param_json(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    char       *dump;
    json_t     *json;
    rb_err_t   *err;
    ngx_int_t   rc;

    err = rb_json_parse(ps->pool, text, &json);

    if (err == &rb_err_internal) {
        ps->err = err;
        return NGX_ERROR;
    }

    if (err || !(json_is_object(json) || json_is_array(json))) {
        rb_param_wrong(ps, param);
        return NGX_ERROR;
    }

    dump = json_dumps(json, JSON_COMPACT|JSON_SORT_KEYS);

    if (dump == NULL) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    rc = rb_param_copy(ps, &value->text, (u_char *) dump, ngx_strlen(dump));

    free(dump);

    return rc;
}


/* A preset: the bits. */

static ngx_int_t
rb_param_week(rb_params_t *ps, const rb_param_t *param, const ngx_str_t *text,
    rb_value_t *value)
{
    rb_week_t       week;
    rb_week_sums_t  sums;

    if (rb_week_from_bits(text, &week) != NGX_OK) {
        rb_param_wrong(ps, param);
        return NGX_ERROR;
    }

    rb_week_sum(&week, &sums);

    value->text = *text;
    value->integer = sums.total;

    return NGX_OK;
}


/* Valid UTF-8 without controls (C0, DEL, C1; RFC 9839 for why). */

static ngx_int_t
rb_param_text_check(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text)
{
    size_t         n;
    const u_char  *p, *end;

    end = text->data + text->len;

    for (p = text->data; p < end; p += n) {
        n = rb_utf8_char(p, end);

        if (n == 1 && *p >= 0x20 && *p != 0x7f) {
            continue;
        }

        if (n == 1 && ps->lines && (*p == '\n' || *p == '\r' || *p == '\t')) {
            continue;
        }

        if (n > 1 && !(p[0] == 0xc2 && p[1] < 0xa0)) {
            continue;
        }

        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "invalid_text",
                                   "쓸 수 없는 문자가 있습니다. 제어 문자 "
                                   "없이 UTF-8로 보내 주세요.",
                                   "has characters that are not allowed: "
                                   "send UTF-8 without control characters.");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * "-012.50" to "-12.5", with a final zero.  Neither exponent nor plus sign:
 * there is one way to write a number here.
 */

static ngx_int_t
rb_param_decimal(const ngx_str_t *text, u_char *out, size_t *len)
{
    u_char  *p, *end, *whole, *dot, *q;

    p = text->data;
    end = p + text->len;
    q = out;

    if (p < end && *p == '-') {
        *q++ = '-';
        p++;
    }

    for (whole = p; p < end && *p >= '0' && *p <= '9'; p++) { /* void */ }

    if (p == whole) {
        return NGX_ERROR;
    }

    while (whole < p - 1 && *whole == '0') {
        whole++;
    }

    if (p - whole > RB_PARAM_WHOLE_DIGITS) {
        return NGX_ERROR;
    }

    q = ngx_cpymem(q, whole, p - whole);

    if (p < end) {
        dot = p++;

        if (*dot != '.' || p == end || end - p > RB_PARAM_PLACES) {
            return NGX_ERROR;
        }

        for ( /* void */ ; p < end; p++) {
            if (*p < '0' || *p > '9') {
                return NGX_ERROR;
            }
        }

        q = ngx_cpymem(q, dot, end - dot);

        while (q[-1] == '0') {
            q--;
        }

        if (q[-1] == '.') {
            q--;
        }
    }

    if (q - out == 2 && out[0] == '-' && out[1] == '0') {
        out[0] = '0';
        q--;
    }

    *q = '\0';
    *len = q - out;

    return NGX_OK;
}


static ngx_uint_t
rb_param_within(const rb_param_t *param, double number)
{
    return (param->min == 0 && param->max == 0)
           || (number >= param->min && number <= param->max);
}


static ngx_int_t
rb_param_index(const rb_param_t *param, const ngx_str_t *text)
{
    ngx_int_t  i;

    for (i = 0; param->values[i].len; i++) {

        if (param->values[i].len == text->len
            && ngx_memcmp(param->values[i].data, text->data, text->len) == 0)
        {
            return i;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
rb_param_copy(rb_params_t *ps, ngx_str_t *to, const u_char *data, size_t len)
{
    to->data = ngx_pnalloc(ps->pool, len);

    if (to->data == NULL) {
        ps->err = &rb_err_internal;
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, data, len);
    to->len = len;

    return NGX_OK;
}
