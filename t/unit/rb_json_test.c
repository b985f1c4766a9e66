/* unit: base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_utf8.c */

/* The JSON writer against jansson's reading, and the parser's limits. */


#include "base/rb_json.h"
#include "support.h"


static rb_buf_t     buf;
static rb_json_t    json;
static ngx_pool_t  *pool;


static void
start(void)
{
    rb_buf_init(&buf, pool, 1);
    rb_json_init(&json, &buf);
}


static void
structure(void)
{
    start();
    rb_json_open(&json, '{');
    rb_json_key(&json, "a");
    rb_json_int(&json, 1);
    rb_json_key(&json, "b");
    rb_json_open(&json, '[');
    rb_json_bool(&json, 1);
    rb_json_bool(&json, 0);
    rb_json_null(&json);
    rb_json_open(&json, '[');
    rb_json_close(&json, ']');
    rb_json_str(&json, support_str("x"));
    rb_json_open(&json, '{');
    rb_json_close(&json, '}');
    rb_json_close(&json, ']');
    rb_json_key(&json, "q\"");
    rb_json_raw(&json, "1.50", 4);
    rb_json_key(&json, "n");
    rb_json_str(&json, &(ngx_str_t) ngx_null_string);
    rb_json_close(&json, '}');

    support_is(buf.start, rb_buf_len(&buf),
               "{\"a\":1,\"b\":[true,false,null,[],\"x\",{}],\"q\\\"\":1.50,"
               "\"n\":null}", "commas, nesting, literals");
}


static void
numbers(void)
{
    start();
    rb_json_open(&json, '[');
    rb_json_int(&json, 0);
    rb_json_int(&json, -1);
    rb_json_int(&json, INT64_MAX);
    rb_json_int(&json, INT64_MIN);
    rb_json_close(&json, ']');

    support_is(buf.start, rb_buf_len(&buf),
               "[0,-1,9223372036854775807,-9223372036854775808]", "numbers");
}


/* Each byte that can be, at each place of strings of each short length. */

static void
strings(void)
{
    int            c, at, len;
    u_char         text[48];
    json_t        *read;
    ngx_str_t      s;
    ngx_uint_t     same;
    json_error_t   error;

    same = 1;

    for (len = 1; len <= 48; len++) {
        for (at = 0; at < len; at++) {
            for (c = 0; c < 0x80; c++) {
                memset(text, 'x', sizeof(text));
                text[at] = c;

                s.data = malloc(len);
                s.len = len;
                memcpy(s.data, text, len);

                start();
                rb_json_str(&json, &s);

                read = json_loadb((char *) buf.start, rb_buf_len(&buf),
                                  JSON_DECODE_ANY|JSON_ALLOW_NUL, &error);

                same &= read && json_string_length(read) == (size_t) len
                        && memcmp(json_string_value(read), text, len) == 0;

                json_decref(read);
                free(s.data);
            }
        }

        ngx_destroy_pool(pool);
        pool = support_pool();
    }

    support_ok(same, "every ASCII byte anywhere in strings up to 48 bytes");

    start();
    rb_json_str(&json, support_str("\b\t\n\f\r\"\\/\x01\x1f\x7f"));
    support_is(buf.start, rb_buf_len(&buf),
               "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0001\\u001f\x7f\"",
               "short escapes, and \\u00 for the others");

    start();
    rb_json_str(&json, support_str("강원도 평창군 — \"스키\" 🎿 리조트에서 겨울을"));
    support_is(buf.start, rb_buf_len(&buf),
               "\"강원도 평창군 — \\\"스키\\\" 🎿 리조트에서 겨울을\"",
               "UTF-8 passes as it is");

    start();
    rb_json_str(&json, support_str(""));
    support_is(buf.start, rb_buf_len(&buf), "\"\"", "an empty string");

    memset(text, '"', sizeof(text));
    start();
    rb_json_str(&json, &(ngx_str_t) { sizeof(text), text });
    support_ok(rb_buf_len(&buf) == 2 + 2 * sizeof(text),
               "nothing but quotes");
}


static void
out_of_memory(void)
{
    int  i;

    for (i = 0; i < 4; i++) {
        support_allocations_left = 1 + i;
        start();

        for (int k = 0; k < 500; k++) {
            rb_json_open(&json, '{');
            rb_json_key(&json, "some_key");
            rb_json_str(&json, support_str("\n\n\n\n\n\n\n\n some text\n"));
            rb_json_close(&json, '}');
        }

        support_allocations_left = -1;
        support_ok(buf.failed, "out of memory after %d allocations", i + 1);
    }
}


static rb_err_t *
parse(const char *text, size_t len)
{
    json_t     *root;
    rb_err_t   *err;
    ngx_str_t   s;

    /* a copy of just this size, so that a look beyond it is seen */
    s.data = malloc(len ? len : 1);
    s.len = len;
    memcpy(s.data, text, len);

    err = rb_json_parse(pool, &s, &root);
    free(s.data);

    return err;
}


static void
refused(const char *text, const char *code, const char *en)
{
    rb_err_t  *err;

    err = parse(text, strlen(text));

    if (support_ok(err && err->problem->status == 400 && err->fields,
                   "refused with a 400 that names a field"))
    {
        support_is(err->fields->code.data, err->fields->code.len, code,
                   "as %s", code);
        support_ok(strstr((char *) err->fields->detail[RB_LANG_EN].data, en)
                   != NULL, "with its place: %s", en);
    }
}


static void
parses(void)
{
    char     text[4096];
    size_t   i;

    support_ok(parse("{\"a\":[1,2,{\"b\":null}]}", 22) == NULL, "an object");
    support_ok(parse("\"x\"", 3) == NULL, "a string alone");
    support_ok(parse(" [\"\\\\\", \"\\\"[[[[\"] \n", 19) == NULL,
               "escapes and brackets in strings");

    refused("", "unexpected_end", "line 1");
    refused("{\"a\":1", "unexpected_end", "line 1");
    refused("{\"a\":\n  x}", "invalid_json", "line 2");
    refused("{\"a\":1} x", "trailing_content", "ine 1");
    refused("{\"a\":1,\n\"a\":2}", "duplicate_key", "ine 2");
    refused("\"a\\u0000b\"", "nul_character", "ine 1");
    refused("{\"a\\u0000b\":1}", "nul_character", "ine 1");
    refused("\"\xff\"", "invalid_utf8", "ine 1");
    refused("\"\xed\xa0\x80\"", "invalid_utf8", "ine 1");
    refused("99999999999999999999", "number_too_large", "ine 1");
    refused("1e999", "number_too_large", "ine 1");
    refused("\"\\ud800\"", "invalid_json", "ine 1");
    refused("{'a':1}", "invalid_json", "ine 1");
    refused("[1,]", "invalid_json", "ine 1");

    support_ok(parse("\"a\0b\"", 5) != NULL, "a raw NUL is refused");

    memset(text, '[', sizeof(text));
    memset(text + 64, ']', 64);
    support_ok(parse(text, 128) == NULL, "64 levels are accepted");

    memset(text, '[', sizeof(text));
    memset(text + 65, ']', 65);
    text[130] = '\0';
    refused(text, "too_deep", "column 65");

    text[0] = '"';
    memset(text + 1, '[', 1000);
    text[1001] = '"';
    support_ok(parse(text, 1002) == NULL, "brackets in a string nest nothing");

    /* \\" ends the string, \" doesn't: what follows nests or not */
    strcpy(text, "[\"\\\\\",");
    memset(text + 6, '[', 1000);
    text[1006] = '\0';
    refused(text, "too_deep", "column");

    for (i = 0; i < 2000; i += 2) {
        memcpy(text + i, "[]", 2);
    }
    support_ok(parse(text, 2000)->fields->code.len != sizeof("too_deep") - 1,
               "many brackets aren't deep ones");
}


static void
parses_out_of_memory(void)
{
    int        i;
    json_t    *root;
    rb_err_t  *err;

    for (i = 0; i < 5; i++) {
        support_allocations_left = i;
        err = rb_json_parse(pool, support_str("{\"a\":"), &root);
        support_allocations_left = -1;
        support_ok(err && (err == &rb_err_internal || err->fields),
                   "parsing with %d allocations left", i);
    }
}


int
main(void)
{
    pool = support_pool();

    structure();
    numbers();
    strings();
    out_of_memory();
    parses();
    parses_out_of_memory();

    ngx_destroy_pool(pool);

    return support_done();
}
