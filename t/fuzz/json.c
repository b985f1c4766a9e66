/* unit: base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_utf8.c */

/*
 * JSON as a client may send it.  What is accepted is no deeper than the limit
 * and is written by our writer as jansson writes it; what is refused says so
 * in valid UTF-8.
 */


#include "base/rb_json.h"
#include "base/rb_utf8.h"
#include "support.h"


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
write_again(rb_json_t *j, json_t *value, int depth)
{
    size_t       i;
    char        *text;
    json_t      *member;
    ngx_str_t    s;
    const char  *key;

    check(depth <= RB_JSON_DEPTH_MAX);

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        rb_json_open(j, '{');

        json_object_foreach(value, key, member) {
            rb_json_key_n(j, key, strlen(key));
            write_again(j, member, depth + 1);
        }

        rb_json_close(j, '}');
        break;

    case JSON_ARRAY:
        rb_json_open(j, '[');

        json_array_foreach(value, i, member) {
            write_again(j, member, depth + 1);
        }

        rb_json_close(j, ']');
        break;

    case JSON_STRING:
        s.data = (u_char *) json_string_value(value);
        s.len = json_string_length(value);
        check(rb_utf8_valid(s.data, s.len));
        check(memchr(s.data, '\0', s.len) == NULL);
        rb_json_str(j, &s);
        break;

    case JSON_INTEGER:
        rb_json_int(j, json_integer_value(value));
        break;

    case JSON_REAL:
        text = json_dumps(value, JSON_ENCODE_ANY);
        rb_json_raw(j, text, strlen(text));
        free(text);
        break;

    case JSON_NULL:
        rb_json_null(j);
        break;

    default:
        rb_json_bool(j, json_is_true(value));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t          *root, *again;
    rb_buf_t         b;
    rb_err_t        *err;
    rb_json_t        j;
    ngx_str_t        text = { size, (u_char *) data };
    ngx_pool_t      *pool;
    rb_err_field_t  *field;

    pool = support_pool();
    err = rb_json_parse(pool, &text, &root);

    if (err) {
        check(err->problem->status == 400);

        for (field = err->fields; field; field = field->next) {
            check(rb_utf8_valid(field->detail[0].data, field->detail[0].len));
        }

    } else {
        rb_buf_init(&b, pool, 1);
        rb_json_init(&j, &b);
        write_again(&j, root, 0);
        check(!b.failed);

        again = json_loadb((char *) b.start, rb_buf_len(&b),
                           JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);
        check(again && json_equal(root, again));
        json_decref(again);
    }

    ngx_destroy_pool(pool);

    return 0;
}
