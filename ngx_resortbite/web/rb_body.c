
/*
 * Members are checked by the same parsers as parameters: what JSON has as a
 * number or a boolean is turned into the text that a parameter would have.
 * So a limit is a limit, and an error reads the same, wherever a value is.
 *
 * null stands for an absent member, and so does an empty list of codes; only
 * an optional one may be absent.  A PATCH tells null from absent by
 * value->null.
 *
 * A member of an object within is found by its dotted name.
 */


#include "web/rb_body_list.h"
#include "web/rb_body.h"
#include <openssl/evp.h>


#define RB_BODY_NUMBER_MAX  999999999999999.0
#define RB_BODY_LIST_MAX    64
#define RB_BODY_NAME_MAX    128         /* bytes of a name's part */


static void rb_body_member(rb_params_t *ps, const rb_param_t *param,
    json_t *json, rb_value_t *value);
static ngx_int_t rb_body_text(rb_params_t *ps, const rb_param_t *param,
    json_t *json, u_char *buf, ngx_str_t *text);
static ngx_int_t rb_body_dump(rb_params_t *ps, json_t *json, ngx_str_t *text);
static ngx_int_t rb_body_join(rb_params_t *ps, json_t *array, ngx_str_t *text);
static json_t *rb_body_find(json_t *object, const ngx_str_t *name);
static void rb_body_unknown(rb_params_t *ps, const rb_param_t *params,
    json_t *object, const ngx_str_t *within);
static ngx_uint_t rb_body_known(rb_params_t *ps, const rb_param_t *params,
    json_t *value, ngx_str_t *name);
static ngx_int_t rb_body_digest(EVP_MD_CTX *ctx, rb_req_t *req,
    rb_buf_t *target);
static ngx_int_t rb_body_digest_text(EVP_MD_CTX *ctx, ngx_uint_t present,
    const void *data, size_t len);


rb_err_t *
rb_body_parse(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_str_t          text, name;
    ngx_uint_t         i, n;
    rb_params_t        ps;
    const rb_param_t  *params;

    static const ngx_str_t  empty = ngx_string("{}");

    params = req->route->body;
    text = req->raw_body.len ? req->raw_body : empty;

    err = rb_json_parse(req->task.pool, &text, &req->json);
    if (err != NULL) {
        return err;
    }

    ngx_memzero(&ps, sizeof(rb_params_t));
    ps.pool = req->task.pool;
    ps.lines = 1;

    if (!json_is_object(req->json)) {
        ngx_str_set(&name, "body");
        return rb_err_add_field(NULL, ps.pool, &name, "not_an_object",
                                "JSON 객체여야 합니다 (예: {\"a\": 1}).",
                                "must be a JSON object such as {\"a\": 1}.");
    }

    n = rb_param_count(params);

    req->body = ngx_pcalloc(ps.pool, (n ? n : 1) * sizeof(rb_value_t));
    if (req->body == NULL) {
        return &rb_err_internal;
    }

    for (i = 0; i < n; i++) {
        rb_body_member(&ps, &params[i],
                       rb_body_find(req->json, &params[i].name),
                       &req->body[i]);
    }

    ngx_str_null(&name);
    rb_body_unknown(&ps, params, req->json, &name);

    return ps.err;
}


rb_err_t *
rb_body_hash(rb_req_t *req)
{
    ngx_int_t    rc;
    rb_buf_t     target;
    EVP_MD_CTX  *ctx;

    (void) rb_buf_init(&target, req->task.pool, 256);

    rb_path_write(&target, req);
    rb_query_write(&target, req, 0);

    if (target.failed) {
        return &rb_err_internal;
    }

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return &rb_err_internal;
    }

    rc = rb_body_digest(ctx, req, &target);

    EVP_MD_CTX_free(ctx);

    return (rc == NGX_OK) ? NULL : &rb_err_internal;
}


static void
rb_body_member(rb_params_t *ps, const rb_param_t *param, json_t *json,
    rb_value_t *value)
{
    u_char     buf[64];
    ngx_str_t  text;

    if (json == NULL || json_is_null(json)
        || (param->type == RB_PARAM_ENUMS && json_is_array(json)
            && json_array_size(json) == 0))
    {
        rb_param_absent(ps, param, value);
        value->null = json_is_null(json);
        return;
    }

    if (param->type >= RB_PARAM_LABELS) {

        if (!json_is_array(json)) {
            rb_param_wrong(ps, param);

        } else {
            (void) rb_body_list(ps, param, json, value);
        }

        return;
    }

    switch (rb_body_text(ps, param, json, buf, &text)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        rb_param_wrong(ps, param);
        return;

    default:
        ps->err = &rb_err_internal;
        return;
    }

    rb_param_parse(ps, param, &text, value);
}


/*
 * The text of a member: a number's in buf, which the parsers copy from; else
 * in the document's own memory, which lives as long as the pool.
 * NGX_DECLINED: it is of another type.
 */

static ngx_int_t
rb_body_text(rb_params_t *ps, const rb_param_t *param, json_t *json,
    u_char *buf, ngx_str_t *text)
{
    double  number;

    switch (param->type) {

    case RB_PARAM_BOOL:
        if (!json_is_boolean(json)) {
            return NGX_DECLINED;
        }

        ngx_str_set(text, "false");

        if (json_is_true(json)) {
            ngx_str_set(text, "true");
        }

        return NGX_OK;

    case RB_PARAM_NUMBER:
        if (json_is_real(json)) {
            number = json_real_value(json);

            if (!(number >= -RB_BODY_NUMBER_MAX
                  && number <= RB_BODY_NUMBER_MAX))
            {
                return NGX_DECLINED;
            }

            text->data = buf;
            text->len = rb_param_number_write(buf, number) - buf;
            return NGX_OK;
        }

        /* fall through */

    case RB_PARAM_INT:
        if (!json_is_integer(json)) {
            return NGX_DECLINED;
        }

        text->data = buf;
        text->len = ngx_sprintf(buf, "%L", (int64_t) json_integer_value(json))
                    - buf;
        return NGX_OK;

    case RB_PARAM_ENUMS:
        return json_is_array(json) ? rb_body_join(ps, json, text)
                                   : NGX_DECLINED;

    case RB_PARAM_JSON:
        return rb_body_dump(ps, json, text);

    default:
        if (!json_is_string(json)) {
            return NGX_DECLINED;
        }

        text->data = (u_char *) json_string_value(json);
        text->len = json_string_length(json);

        return NGX_OK;
    }
}


static ngx_int_t
rb_body_dump(rb_params_t *ps, json_t *json, ngx_str_t *text)
{
    char  *dump;

    if (!json_is_object(json) && !json_is_array(json)) {
        return NGX_DECLINED;
    }

    dump = json_dumps(json, JSON_COMPACT);
    if (dump == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_strlen(dump);
    text->data = ngx_pnalloc(ps->pool, text->len);

    if (text->data) {
        ngx_memcpy(text->data, dump, text->len);
    }

    free(dump);

    return text->data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
rb_body_join(rb_params_t *ps, json_t *array, ngx_str_t *text)
{
    size_t     i, n;
    json_t    *item;
    rb_buf_t   b;

    n = json_array_size(array);

    if (n > RB_BODY_LIST_MAX) {
        return NGX_DECLINED;
    }

    (void) rb_buf_init(&b, ps->pool, 128);

    for (i = 0; i < n; i++) {
        item = json_array_get(array, i);

        if (!json_is_string(item)) {
            return NGX_DECLINED;
        }

        if (i) {
            rb_buf_add_lit(&b, ",");
        }

        rb_buf_add(&b, json_string_value(item), json_string_length(item));
    }

    text->data = b.start;
    text->len = rb_buf_len(&b);

    return b.failed ? NGX_ERROR : NGX_OK;
}


/*
 * By its name, each part of which but the last is an object's.  Of an object
 * that is null every member is.
 */

static json_t *
rb_body_find(json_t *object, const ngx_str_t *name)
{
    size_t  from, len;
    char    key[RB_BODY_NAME_MAX];

    for (from = 0; object && !json_is_null(object); from += len + 1) {
        len = ngx_min(rb_param_part(name, from), sizeof(key) - 1);

        ngx_memcpy(key, name->data + from, len);
        key[len] = '\0';

        object = json_object_get(object, key);

        if (from + len == name->len) {
            break;
        }
    }

    return object;
}


static void
rb_body_unknown(rb_params_t *ps, const rb_param_t *params, json_t *object,
    const ngx_str_t *within)
{
    size_t       len;
    u_char       text[2 * RB_BODY_NAME_MAX];
    json_t      *value;
    ngx_str_t    name;
    const char  *key;
    ngx_uint_t   unknown;

    unknown = 0;

    json_object_foreach(object, key, value) {
        len = ngx_min(ngx_strlen(key), RB_BODY_NAME_MAX - 2);

        name.data = text;
        name.len = ngx_snprintf(text, sizeof(text), "%V%s%*s", within,
                                within->len ? "." : "", len, key)
                   - text;

        /* {"pay.min": …} is no way to write {"pay": {"min": …}} */

        if (ngx_strchr(key, '.') == NULL
            && rb_body_known(ps, params, value, &name))
        {
            continue;
        }

        rb_param_unknown(ps, params, &name);

        /* nobody corrects more of them at once */

        if (++unknown == 16) {
            break;
        }
    }
}


/* Of an object that members have in their names, its own members count. */

static ngx_uint_t
rb_body_known(rb_params_t *ps, const rb_param_t *params, json_t *value,
    ngx_str_t *name)
{
    ngx_uint_t  i, n;

    n = rb_param_count(params);

    if (rb_param_find(params, name) < n) {
        return 1;
    }

    for (i = 0; i < n; i++) {
        if (params[i].name.len > name->len
            && params[i].name.data[name->len] == '.'
            && ngx_memcmp(params[i].name.data, name->data, name->len) == 0)
        {
            break;
        }
    }

    if (i == n) {
        return 0;
    }

    if (json_is_object(value)) {
        rb_body_unknown(ps, params, value, name);

    } else if (!json_is_null(value)) {
        ps->err = rb_err_add_field(ps->err, ps->pool, name, "not_an_object",
                                   "객체여야 합니다 (예: {\"%*s\": …}).",
                                   "must be an object such as "
                                   "{\"%*s\": …}.",
                                   params[i].name.len - name->len - 1,
                                   params[i].name.data + name->len + 1);
    }

    return 1;
}


static ngx_int_t
rb_body_digest(EVP_MD_CTX *ctx, rb_req_t *req, rb_buf_t *target)
{
    ngx_uint_t   i, n, present;
    rb_value_t  *value;

    if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1
        || rb_body_digest_text(ctx, 1, &req->route->method,
                               sizeof(ngx_uint_t)) != NGX_OK
        || rb_body_digest_text(ctx, 1, target->start, rb_buf_len(target))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = req->body ? rb_param_count(req->route->body) : 0;

    for (i = 0; i < n; i++) {
        value = &req->body[i];

        /* to some null says as much as a value: a copy that has no last day
         * isn't one that keeps the day */

        present = value->null ? 2 : value->text.data != NULL;

        if (rb_body_digest_text(ctx, present, value->text.data,
                                value->text.len) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return (EVP_DigestFinal_ex(ctx, req->request_hash, NULL) == 1)
           ? NGX_OK : NGX_ERROR;
}


/* With its length before it, so that no two sequences of texts look alike. */

static ngx_int_t
rb_body_digest_text(EVP_MD_CTX *ctx, ngx_uint_t present, const void *data,
    size_t len)
{
    u_char  head[5];

    head[0] = (u_char) present;
    head[1] = (u_char) (len >> 24);
    head[2] = (u_char) (len >> 16);
    head[3] = (u_char) (len >> 8);
    head[4] = (u_char) len;

    if (EVP_DigestUpdate(ctx, head, sizeof(head)) != 1
        || (len && EVP_DigestUpdate(ctx, data, len) != 1))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
