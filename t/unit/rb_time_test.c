/* unit: base/rb_time.c */

/* Dates against the C library's calendar, and RFC 3339's examples. */


#define _GNU_SOURCE

#include "base/rb_time.h"
#include "support.h"
#include <time.h>


static void
every_day(void)
{
    u_char      text[10], expected[32];
    time_t      seconds;
    int32_t     day, read;
    struct tm   tm;
    ngx_uint_t  same;
    ngx_str_t   s = { 10, text };

    same = 1;

    for (day = -719162; day <= 2932896; day++) {
        seconds = (time_t) day * 86400;
        gmtime_r(&seconds, &tm);
        snprintf((char *) expected, sizeof(expected), "%04d-%02d-%02d",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);

        same &= rb_date_write(text, day) == text + 10
                && memcmp(text, expected, 10) == 0
                && rb_date_parse(&s, &read) == NGX_OK && read == day;
    }

    support_ok(same, "every day from 0001-01-01 to 9999-12-31, both ways");

    rb_date_write(text, INT32_MIN);
    support_is(text, 10, "0001-01-01", "days before are the first");
    rb_date_write(text, INT32_MAX);
    support_is(text, 10, "9999-12-31", "days after are the last");
}


static void
no_dates(void)
{
    int32_t     day;
    ngx_uint_t  i;

    static const char  *const texts[] = {
        "", "2026", "2026-1-01", "2026-01-1", "2026-00-10", "2026-13-01",
        "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29", "1900-02-29",
        "2100-02-29", "2024-02-30", "0000-01-01", "2026/01/01", "2026-01-01 ",
        " 2026-01-01", "2026-01-01T", "+026-01-01", "20260101", "-001-01-01",
        "2026-0a-01"
    };

    for (i = 0; i < rb_array_size(texts); i++) {
        ngx_str_t  s = { strlen(texts[i]), (u_char *) texts[i] };

        support_ok(rb_date_parse(&s, &day) == NGX_ERROR, "no date: \"%s\"",
                   texts[i]);
    }

    support_ok(rb_date_parse(support_str("2024-02-29"), &day) == NGX_OK
               && rb_date_parse(support_str("2000-02-29"), &day) == NGX_OK,
               "leap days");
}


static void
instants(void)
{
    u_char      text[RB_RFC3339_LEN + 1];
    int64_t     usec;
    ngx_uint_t  i;

    /* the first five are RFC 3339 §5.8's */

    static const struct {
        const char    *text;
        const char    *utc;             /* NULL: refused */
    } all[] = {
        { "1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520000Z" },
        { "1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z" },
        { "1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z" },
        { "1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z" },
        { "1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870000Z" },
        { "2026-11-23T01:02:03Z", "2026-11-23T01:02:03Z" },
        { "2026-11-23t01:02:03z", "2026-11-23T01:02:03Z" },
        { "2026-11-23T01:02:03.1Z", "2026-11-23T01:02:03.100000Z" },
        { "2026-11-23T01:02:03.123456+09:00", "2026-11-22T16:02:03.123456Z" },
        { "2026-11-23T01:02:03-00:00", "2026-11-23T01:02:03Z" },
        { "2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z" },
        { "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
        { "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z" },
        { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z" },
        { "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z" },
        { "0001-01-01T00:00:00+00:01", NULL },
        { "9999-12-31T23:59:59-00:01", NULL },
        { "2026-11-23T24:00:00Z", NULL },
        { "2026-11-23T12:00:60Z", NULL },
        { "2026-11-23T23:59:61Z", NULL },
        { "2026-11-23T23:60:00Z", NULL },
        { "2026-11-23T01:02:03", NULL },
        { "2026-11-23T01:02Z", NULL },
        { "2026-11-23 01:02:03Z", NULL },
        { "2026-11-23T01:02:03.Z", NULL },
        { "2026-11-23T01:02:03.1234567Z", NULL },
        { "2026-11-23T01:02:03+0900", NULL },
        { "2026-11-23T01:02:03+24:00", NULL },
        { "2026-11-23T01:02:03+09:60", NULL },
        { "2026-11-23T01:02:03Zx", NULL },
        { "2026-11-23T01:02:03+", NULL },
        { "2026-02-29T01:02:03Z", NULL },
        { "2026-11-23", NULL },
        { "", NULL }
    };

    for (i = 0; i < rb_array_size(all); i++) {
        ngx_str_t  s = { strlen(all[i].text), (u_char *) all[i].text };

        if (all[i].utc == NULL) {
            support_ok(rb_rfc3339_parse(&s, &usec) == NGX_ERROR,
                       "no instant: \"%s\"", all[i].text);
            continue;
        }

        if (rb_rfc3339_parse(&s, &usec) != NGX_OK) {
            support_ok(0, "an instant: \"%s\"", all[i].text);
            continue;
        }

        support_is(text, rb_rfc3339_write(text, usec) - text, all[i].utc,
                   "an instant: \"%s\"", all[i].text);
    }

    support_is(text, rb_rfc3339_write(text, INT64_MAX) - text,
               "9999-12-31T23:59:59.999999Z", "the last instant");
    support_is(text, rb_rfc3339_write(text, INT64_MIN) - text,
               "0001-01-01T00:00:00Z", "the first instant");
}


static void
clocks(void)
{
    int32_t    today;
    int64_t    now, before;
    time_t     seconds;
    struct tm  tm;

    now = rb_time_now();
    support_ok(llabs((long long) (now / 1000000 - time(NULL))) <= 1,
               "the wall clock");

    before = rb_time_monotonic();
    support_ok(rb_time_monotonic() >= before, "the monotonic clock");

    today = rb_date_today();
    seconds = time(NULL) + 9 * 3600;
    gmtime_r(&seconds, &tm);
    support_ok(today == seconds / 86400 || today == seconds / 86400 - 1,
               "today in Seoul");
}


int
main(void)
{
    every_day();
    no_dates();
    instants();
    clocks();

    return support_done();
}
