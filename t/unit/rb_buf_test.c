/* unit: base/rb_buf.c base/rb_err.c base/rb_utf8.c */

/* Buffers, errors and UTF-8. */


#include "base/rb_buf.h"
#include "base/rb_err.h"
#include "base/rb_utf8.h"
#include "support.h"


static void
grows(void)
{
    size_t       i;
    rb_buf_t     b;
    ngx_uint_t   same;
    ngx_pool_t  *pool;

    pool = support_pool();

    support_ok(rb_buf_init(&b, pool, 0) == NGX_OK, "an empty buffer");

    for (i = 0; i < 10000; i++) {
        u_char  c = i;
        rb_buf_add(&b, &c, 1);
    }

    for (i = 0, same = 1; i < 10000; i++) {
        same &= b.start[i] == (u_char) i;
    }

    support_ok(rb_buf_len(&b) == 10000 && same && !b.failed,
               "grows a byte at a time");

    b.last = b.start;
    rb_buf_add(&b, NULL, 0);
    support_ok(rb_buf_len(&b) == 0, "nothing at NULL is nothing");

    rb_buf_init(&b, pool, 1);
    rb_buf_printf(&b, "%s=%ui", "n", (ngx_uint_t) 42);
    support_is(b.start, rb_buf_len(&b), "n=42", "printf");

    rb_buf_init(&b, pool, 1);
    for (i = 0; i < 5000; i++) {
        rb_buf_printf(&b, "%05ui,", (ngx_uint_t) i);
    }
    support_ok(rb_buf_len(&b) == 30000
               && memcmp(b.last - 6, "04999,", 6) == 0,
               "printf of any length");

    support_ok(rb_buf_grow(&b, (size_t) -1) == NGX_ERROR && b.failed,
               "an absurd size is refused");

    ngx_destroy_pool(pool);
}


static void
runs_out(void)
{
    size_t       len;
    rb_buf_t     b;
    ngx_pool_t  *pool;

    pool = support_pool();

    support_allocations_left = 1;
    rb_buf_init(&b, pool, 8);
    rb_buf_add_lit(&b, "1234567");
    rb_buf_add_lit(&b, "89");
    len = rb_buf_len(&b);
    rb_buf_add_lit(&b, "x");
    rb_buf_printf(&b, "%d", 1);

    support_ok(b.failed && rb_buf_len(&b) == len,
               "out of memory: failed, and later appends do nothing");

    support_allocations_left = 0;
    support_ok(rb_buf_init(&b, pool, 8) == NGX_ERROR && b.failed,
               "out of memory from the start");
    rb_buf_add_lit(&b, "x");
    support_ok(rb_buf_len(&b) == 0, "and nothing is written");
    support_allocations_left = -1;

    ngx_destroy_pool(pool);
}


static void
errors(void)
{
    u_char       text[700];
    rb_err_t    *err, *more;
    ngx_str_t    name, allow = ngx_string("GET, HEAD, OPTIONS");
    ngx_uint_t   i, n;
    ngx_pool_t  *pool;

    rb_err_field_t  *field;

    pool = support_pool();

    err = rb_err_add_field(NULL, pool, support_str("pay.min"), "too_small",
                           "%d 이상이어야 합니다.", "At least %d.", 3);
    more = rb_err_add_field(err, pool, support_str("limit"), "required",
                            "필요합니다.", "It is required.");

    support_ok(more == err && err->problem->status == 400,
               "all wrong fields are in one error");
    support_is(err->problem->code.data, err->problem->code.len,
               "invalid_request", "its code");
    support_is(err->fields->name.data, err->fields->name.len, "pay.min",
               "the first field");
    support_is(err->fields->detail[RB_LANG_KO].data,
               err->fields->detail[RB_LANG_KO].len, "3 이상이어야 합니다.",
               "in Korean");
    support_is(err->fields->detail[RB_LANG_EN].data,
               err->fields->detail[RB_LANG_EN].len, "At least 3.",
               "in English");
    support_is(err->fields->next->name.data, err->fields->next->name.len,
               "limit", "the second field");

    name.data = (u_char *) "a\xff\xc3(\xed\xa0\x80\xea\xb0\x80";
    name.len = 10;
    err = rb_err_add_field(NULL, pool, &name, "unknown", "%V", "%V", &name);
    support_is(err->fields->name.data, err->fields->name.len, "a?" "?(?" "??가",
               "invalid UTF-8 of a client doesn't come back");

    for (i = 0; i + 3 <= sizeof(text); i += 3) {
        memcpy(text + i, "가", 3);
    }
    name.data = text;
    name.len = i;
    err = rb_err_add_field(NULL, pool, &name, "unknown", "%V", "%V", &name);
    support_ok(err->fields->name.len <= 128
               && err->fields->detail[0].len <= 512
               && rb_utf8_valid(err->fields->detail[0].data,
                                err->fields->detail[0].len)
               && rb_utf8_valid(err->fields->name.data,
                                err->fields->name.len),
               "long ones are cut between characters");

    for (err = NULL, i = 0; i < 1000; i++) {
        err = rb_err_add_field(err, pool, support_str("x"), "unknown", "", "");
    }
    for (n = 0, field = err->fields; field; field = field->next) {
        n++;
    }
    support_ok(n == 32, "at most 32 fields are told");

    support_ok(rb_err_add_field(&rb_err_internal, pool, support_str("x"), "y",
                                "", "") == &rb_err_internal,
               "another error is left as it is");

    err = rb_err_method_not_allowed(pool, &allow);
    support_ok(err->problem->status == 405 && err->allow.len == allow.len,
               "405 with Allow");

    err = rb_err_retry(pool, &rb_err_busy, 7);
    support_ok(err->problem == rb_err_busy.problem && err->retry_after == 7
               && rb_err_busy.retry_after == 1, "a kind with another wait");

    support_allocations_left = 0;
    support_ok(rb_err_add_field(NULL, pool, support_str("x"), "y", "", "")
                   == &rb_err_internal
               && rb_err_method_not_allowed(pool, &allow) == &rb_err_internal
               && rb_err_retry(pool, &rb_err_busy, 7) == &rb_err_busy,
               "out of memory");
    support_allocations_left = -1;

    ngx_destroy_pool(pool);
}


static void
kinds(void)
{
    ngx_uint_t  i;

    static const struct {
        rb_err_t    *err;
        ngx_uint_t   status;
    } all[] = {
        { &rb_err_not_found, 404 }, { &rb_err_not_acceptable, 406 },
        { &rb_err_too_large, 413 },
        { &rb_err_unsupported_type, 415 }, { &rb_err_key_reused, 422 },
        { &rb_err_internal, 500 },
        { &rb_err_busy, 503 }, { &rb_err_database, 503 },
        { &rb_err_timeout, 503 }, { &rb_err_cancelled, 499 }
    };

    for (i = 0; i < rb_array_size(all); i++) {
        const rb_problem_t  *p = all[i].err->problem;

        support_ok(p->status == all[i].status && p->code.len
                   && rb_utf8_valid(p->title.in[0].data, p->title.in[0].len)
                   && p->title.in[1].len
                   && (p->status != 503 || all[i].err->retry_after),
                   "%.*s", (int) p->code.len, p->code.data);
    }
}


static void
utf8(void)
{
    ngx_uint_t  i;

    static const struct {
        const char    *text;
        ngx_uint_t     valid;
    } texts[] = {
        { "", 1 }, { "abcdefgh12345", 1 }, { "리조트바이트", 1 },
        { "\x7f", 1 }, { "\xc2\x80", 1 }, { "\xdf\xbf", 1 },
        { "\xe0\xa0\x80", 1 }, { "\xed\x9f\xbf", 1 }, { "\xee\x80\x80", 1 },
        { "\xf0\x90\x80\x80", 1 }, { "\xf4\x8f\xbf\xbf", 1 },
        { "\x80", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xc2", 0 },
        { "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 }, { "\xe3\x81", 0 },
        { "\xf0\x8f\xbf\xbf", 0 }, { "\xf4\x90\x80\x80", 0 },
        { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 }, { "abcdefg\x80", 0 },
        { "abcdefgh\xe3\x81", 0 }, { "\xf0\x9f\x98", 0 }
    };

    for (i = 0; i < rb_array_size(texts); i++) {
        support_ok(rb_utf8_valid((u_char *) texts[i].text,
                                 strlen(texts[i].text)) == texts[i].valid,
                   "UTF-8 text %d is %s", (int) i,
                   texts[i].valid ? "valid" : "refused");
    }

    support_ok(rb_utf8_length((u_char *) "가a\xf0\x9f\x98\x80", 8) == 3,
               "characters are counted");
}


int
main(void)
{
    grows();
    runs_out();
    errors();
    kinds();
    utf8();

    return support_done();
}
