/* unit: base/rb_week.c base/rb_json.c base/rb_buf.c base/rb_err.c
   base/rb_utf8.c */

/*
 * A week as a client may send it, and as the database has it.  What is
 * accepted is written in ranges that are read as the same week and written
 * the same again; what is refused says so in valid UTF-8.
 */


#include "base/rb_week.h"
#include "base/rb_utf8.h"
#include "support.h"


static const ngx_str_t  name = ngx_string("schedule");


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
both_ways(ngx_pool_t *pool, const rb_week_t *week)
{
    u_char           bits[RB_WEEK_HOURS];
    json_t          *root;
    rb_buf_t         b, again;
    rb_err_t        *err;
    ngx_str_t        text;
    rb_week_t        read;
    ngx_uint_t       i, hours;
    rb_week_sums_t   sums;

    check(rb_buf_init(&b, pool, 64) == NGX_OK);
    rb_week_write(&b, week);

    text.data = b.start;
    text.len = rb_buf_len(&b);
    err = NULL;

    check(rb_json_parse(pool, &text, &root) == NULL);
    check(rb_week_read(pool, &name, root, &read, &err) == NGX_OK && !err);
    check(memcmp(&read, week, sizeof(rb_week_t)) == 0);

    check(rb_buf_init(&again, pool, 64) == NGX_OK);
    rb_week_write(&again, &read);
    check(rb_buf_len(&again) == text.len
          && memcmp(again.start, text.data, text.len) == 0);

    text.data = bits;
    text.len = rb_week_to_bits(bits, week) - bits;
    check(rb_week_from_bits(&text, &read) == NGX_OK
          && memcmp(&read, week, sizeof(rb_week_t)) == 0);

    rb_week_sum(week, &sums);

    for (i = 0, hours = 0; i < RB_WEEK_DAYS; i++) {
        hours += sums.day[i];
        check(sums.day[i] <= 24 && sums.shift[i] <= sums.longest);
    }

    check(hours == sums.total && sums.run <= sums.total);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t          *root;
    rb_err_t        *err;
    ngx_str_t        text = { size, (u_char *) data };
    rb_week_t        week;
    ngx_pool_t      *pool;
    rb_err_field_t  *field;

    pool = support_pool();
    err = NULL;

    if (size == RB_WEEK_HOURS / 8) {
        memcpy(&week, data, sizeof(week.bits[0]) * 2);
        week.bits[2] = 0;
        memcpy(&week.bits[2], data + 16, size - 16);
        both_ways(pool, &week);
    }

    if (rb_week_from_bits(&text, &week) == NGX_OK) {
        both_ways(pool, &week);
    }

    if (rb_json_parse(pool, &text, &root) == NULL) {

        if (rb_week_read(pool, &name, root, &week, &err) == NGX_OK) {
            check(err == NULL);
            both_ways(pool, &week);

        } else {
            check(err && err->fields);

            for (field = err->fields; field; field = field->next) {
                check(rb_utf8_valid(field->name.data, field->name.len));
                check(rb_utf8_valid(field->detail[RB_LANG_KO].data,
                                    field->detail[RB_LANG_KO].len));
                check(rb_utf8_valid(field->detail[RB_LANG_EN].data,
                                    field->detail[RB_LANG_EN].len));
            }
        }
    }

    ngx_destroy_pool(pool);

    return 0;
}
