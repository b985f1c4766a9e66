/* unit: base/rb_time.c base/rb_uuid.c base/rb_token.c base/rb_utf8.c
   base/rb_hash.c */

/*
 * Dates, instants, UUIDs and tokens as a client may send them.  What is
 * accepted is written as it was or reads back as the same; no token that we
 * didn't sign is ours.
 */


#include "base/rb_hash.h"
#include "base/rb_time.h"
#include "base/rb_token.h"
#include "base/rb_utf8.h"
#include "base/rb_uuid.h"
#include "support.h"


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
times(const ngx_str_t *s)
{
    u_char     text[RB_RFC3339_LEN];
    int32_t    day, day_again;
    int64_t    usec, again;
    ngx_str_t  written = { 0, text };

    if (rb_date_parse(s, &day) == NGX_OK) {
        written.len = rb_date_write(text, day) - text;
        check(written.len == s->len && memcmp(text, s->data, s->len) == 0);
        check(rb_date_parse(&written, &day_again) == NGX_OK
              && day_again == day);
    }

    if (rb_rfc3339_parse(s, &usec) == NGX_OK) {
        written.len = rb_rfc3339_write(text, usec) - text;
        check(written.len <= RB_RFC3339_LEN);
        check(rb_rfc3339_parse(&written, &again) == NGX_OK && again == usec);
    }
}


static void
ids(const ngx_str_t *s)
{
    u_char     uuid[RB_UUID_LEN], again[RB_UUID_LEN];
    ngx_str_t  canonical = { RB_UUID_LEN, uuid };

    if (rb_uuid_parse(s, uuid) == NGX_OK) {
        check(strncasecmp((char *) uuid, (char *) s->data, RB_UUID_LEN) == 0);
        check(rb_uuid_parse(&canonical, again) == NGX_OK
              && memcmp(uuid, again, RB_UUID_LEN) == 0);
    }
}


static void
tokens(ngx_pool_t *pool, const ngx_str_t *s)
{
    ngx_str_t  token, payload;

    static const ngx_str_t  key =
        ngx_string("fuzzing: thirty-two bytes of key");

    rb_token_secret(&key);

    check(rb_token_verify(pool, "fuzz", s, &payload) == NGX_DECLINED);

    if (rb_token_sign(pool, "fuzz", s, &token) == NGX_OK) {
        check(rb_token_verify(pool, "fuzz", &token, &payload) == NGX_OK);
        check(payload.len == s->len
              && (s->len == 0 || memcmp(payload.data, s->data, s->len) == 0));
        check(rb_token_verify(pool, "other", &token, &payload)
              == NGX_DECLINED);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t    s = { size, (u_char *) data };
    ngx_pool_t  *pool;

    pool = support_pool();

    times(&s);
    ids(&s);
    tokens(pool, &s);

    if (rb_utf8_valid(data, size)) {
        check(rb_utf8_length(data, size) <= size);
    }

    check(rb_hash64(data, size, 1) == rb_hash64(data, size, 1));

    ngx_destroy_pool(pool);

    return 0;
}
