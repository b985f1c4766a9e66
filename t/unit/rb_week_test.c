/* unit: base/rb_week.c base/rb_buf.c base/rb_err.c base/rb_json.c
   base/rb_utf8.c */

/* Ranges to a week and back, for shifts as resorts have them, for any week at
 * all, and for what is no range. */


#include "base/rb_week.h"
#include "support.h"


static ngx_pool_t  *pool;


/* The week of a list of ranges as JSON; what was wrong, as "field code". */

static const char *
parse(const char *text, rb_week_t *week)
{
    json_t           *root;
    rb_err_t         *err;
    ngx_int_t         rc;
    ngx_str_t         s;
    rb_err_field_t   *field;

    static char             said[1024];
    static const ngx_str_t  name = ngx_string("schedule");

    s.data = (u_char *) text;
    s.len = strlen(text);
    err = NULL;

    if (rb_json_parse(pool, &s, &root) != NULL) {
        return "no JSON";
    }

    rc = rb_week_read(pool, &name, root, week, &err);

    said[0] = '\0';

    for (field = err ? err->fields : NULL; field; field = field->next) {
        snprintf(said + strlen(said), sizeof(said) - strlen(said),
                 "%s%.*s %.*s", said[0] ? ", " : "", (int) field->name.len,
                 field->name.data, (int) field->code.len, field->code.data);

        if (field->detail[RB_LANG_KO].len == 0
            || field->detail[RB_LANG_EN].len == 0)
        {
            return "nothing said";
        }
    }

    return (rc == NGX_OK) == (said[0] == '\0') ? said : "wrong result";
}


/* "mon 22:00-06:00 tue 07:00-15:00" as JSON. */

static const char *
ranges(const char *text)
{
    int         n, used;
    char        day[4], start[6], end[6];

    static char  json[8192];

    strcpy(json, "[");

    for (n = 0; sscanf(text, " %3s %5[0-9:]-%5[0-9:]%n", day, start, end,
                       &used) == 3; n++)
    {
        sprintf(json + strlen(json),
                "%s{\"day\":\"%s\",\"start\":\"%s\",\"end\":\"%s\"}",
                n ? "," : "", day, start, end);
        text += used;
    }

    strcat(json, "]");

    return json;
}


static void
written(const rb_week_t *week, const char *expected, const char *name)
{
    rb_buf_t  b;

    rb_buf_init(&b, pool, 64);
    rb_week_write(&b, week);

    support_is(b.start, rb_buf_len(&b), expected, "%s", name);
}


/* What is given, and what comes out: "": the same. */

static void
canonical(void)
{
    ngx_uint_t   i;
    rb_week_t    week;
    const char  *wrong;

    static const struct {
        const char  *in, *out, *about;
        ngx_uint_t   total, run, longest;
    } cases[] = {
        { "", "", "no hour", 0, 0, 0 },
        { "mon 09:00-18:00", "", "a day's work", 9, 9, 9 },
        { "mon 00:00-01:00", "", "the first hour", 1, 1, 1 },
        { "sun 23:00-24:00", "", "the last hour", 1, 1, 1 },
        { "sun 23:00-00:00", "sun 23:00-24:00", "midnight either way",
          1, 1, 1 },
        { "mon 22:00-06:00", "", "over midnight is one range", 8, 8, 8 },
        { "sun 22:00-06:00", "", "so it is over the end of the week",
          8, 8, 8 },
        { "mon 22:00-24:00 tue 00:00-06:00", "mon 22:00-06:00",
          "touching ranges merge", 8, 8, 8 },
        { "mon 00:00-06:00 sun 22:00-24:00", "sun 22:00-06:00",
          "at the end of the week too", 8, 8, 8 },
        { "mon 09:00-14:00 mon 12:00-18:00 mon 10:00-11:00",
          "mon 09:00-18:00", "overlapping ones", 9, 9, 9 },
        { "sun 10:00-12:00 mon 10:00-12:00",
          "mon 10:00-12:00 sun 10:00-12:00", "Monday comes first",
          4, 2, 2 },
        { "mon 10:00-14:00 mon 17:00-22:00", "", "a break", 9, 5, 9 },
        { "mon 10:00-09:00", "", "23 hours", 23, 23, 23 },
        { "mon 00:00-24:00", "", "24 hours", 24, 24, 24 },
        { "mon 00:00-23:00", "", "all of a day but an hour", 23, 23, 23 },
        { "mon 01:00-00:00", "mon 01:00-24:00", "its first", 23, 23, 23 },
        { "mon 09:00-24:00 tue 00:00-09:00",
          "mon 09:00-24:00 tue 00:00-09:00",
          "24 hours over midnight are cut there", 24, 24, 15 },
        { "mon 23:00-22:00 tue 22:00-15:00",
          "mon 23:00-24:00 tue 00:00-24:00 wed 00:00-15:00",
          "whatever they were cut by", 40, 40, 24 },
        { "sat 08:00-24:00 sun 00:00-24:00 mon 00:00-24:00 tue 00:00-12:00",
          "mon 00:00-24:00 tue 00:00-12:00 sat 08:00-24:00 sun 00:00-24:00",
          "over the end of the week", 76, 76, 24 },
        { "mon 22:00-06:00 tue 22:00-06:00 wed 22:00-06:00 thu 22:00-06:00 "
          "fri 22:00-06:00 sat 22:00-06:00 sun 22:00-06:00", "",
          "every night", 56, 8, 8 },
        { "mon 00:00-24:00 tue 00:00-24:00 wed 00:00-24:00 thu 00:00-24:00 "
          "fri 00:00-24:00 sat 00:00-24:00 sun 00:00-24:00", "",
          "the whole week", 168, 168, 24 },
        { "sun 13:00-12:00 mon 12:00-11:00 tue 11:00-10:00 wed 10:00-09:00 "
          "thu 09:00-08:00 fri 08:00-07:00 sat 07:00-06:00 sun 06:00-05:00 ",
          "mon 00:00-24:00 tue 00:00-24:00 wed 00:00-24:00 thu 00:00-24:00 "
          "fri 00:00-24:00 sat 00:00-24:00 sun 00:00-24:00",
          "the whole week, begun anywhere", 168, 168, 24 }
    };

    for (i = 0; i < rb_array_size(cases); i++) {
        rb_week_sums_t  sums;

        wrong = parse(ranges(cases[i].in), &week);
        support_is(wrong, strlen(wrong), "", "%s is read", cases[i].about);

        written(&week, ranges(cases[i].out[0] ? cases[i].out : cases[i].in),
                cases[i].about);

        rb_week_sum(&week, &sums);
        support_ok(sums.total == cases[i].total && sums.run == cases[i].run
                   && sums.longest == cases[i].longest,
                   "%s: %d hours, %d in a row, a day of %d", cases[i].about,
                   (int) sums.total, (int) sums.run, (int) sums.longest);
    }
}


/* Hour 0 is Monday's first: where the bits are, and whose hours they are. */

static void
monday_first(void)
{
    u_char          text[RB_WEEK_HOURS];
    rb_week_t       week;
    rb_week_sums_t  sums;

    parse(ranges("mon 00:00-02:00 wed 05:00-06:00 sun 20:00-01:00"), &week);
    rb_week_to_bits(text, &week);

    support_is(text, 3, "110", "Monday's first hours are leftmost");
    support_ok(text[2 * 24 + 5] == '1' && text[2 * 24 + 4] == '0',
               "Wednesday's fifth is hour 53");
    support_is(text + 6 * 24 + 19, 5, "01111", "Sunday's are the last");

    rb_week_sum(&week, &sums);

    support_ok(sums.day[0] == 2 && sums.day[2] == 1 && sums.day[6] == 4
               && sums.day[1] + sums.day[3] + sums.day[4] + sums.day[5] == 0,
               "hours of the calendar's days");
    support_ok(sums.shift[6] == 6 && sums.shift[0] == 0 && sums.shift[2] == 1,
               "a night belongs to its evening, over the end of the week");
    support_ok(sums.run == 6 && sums.total == 7, "it is one run");

    parse(ranges("tue 22:00-06:00"), &week);
    rb_week_sum(&week, &sums);

    support_ok(sums.day[1] == 2 && sums.day[2] == 6, "by the calendar");
    support_ok(sums.shift[1] == 8 && sums.shift[2] == 0, "and by the shift");
}


static void
refused(void)
{
    ngx_uint_t   i;
    rb_week_t    week;
    const char  *wrong;

    static const struct {
        const char  *text, *said;
    } cases[] = {
        { "{}", "schedule wrong_type" },
        { "[1]", "schedule[0] not_an_object" },
        { "[{}]", "schedule[0].day required, schedule[0].start required, "
                  "schedule[0].end required" },
        { "[{\"day\":\"mon\",\"start\":\"09:00\",\"end\":\"10:00\"},"
          "{\"day\":\"Mon\",\"start\":\"09:00\",\"end\":\"10:00\"}]",
          "schedule[1].day not_allowed" },
        { "[{\"day\":0,\"start\":\"09:00\",\"end\":\"10:00\"}]",
          "schedule[0].day not_allowed" },
        { "[{\"day\":\"monday\",\"start\":\"09:30\",\"end\":\"9:00\"}]",
          "schedule[0].day not_allowed, schedule[0].start not_an_hour, "
          "schedule[0].end not_an_hour" },
        { "[{\"day\":\"mon\",\"start\":\"25:00\",\"end\":\"29:00\"}]",
          "schedule[0].start not_an_hour, schedule[0].end not_an_hour" },
        { "[{\"day\":\"mon\",\"start\":\"-1:00\",\"end\":\"10:00\\u0000\"}]",
          "no JSON" },
        { "[{\"day\":\"mon\",\"start\":\"24:00\",\"end\":\"02:00\"}]",
          "schedule[0].start out_of_range" },
        { "[{\"day\":\"mon\",\"start\":\"00:00\",\"end\":\"00:00\"}]",
          "schedule[0].end same_as_start" },
        { "[{\"day\":\"mon\",\"start\":\"09:00\",\"end\":\"09:00\"}]",
          "schedule[0].end same_as_start" },
        { "[{\"day\":\"mon\",\"start\":\"09:00\",\"end\":\"18:00\","
          "\"until\":\"x\"}]", "schedule[0].until unknown" },
        { "[null,[],\"mon\",{}]",
          "schedule[0] not_an_object, schedule[1] not_an_object, "
          "schedule[2] not_an_object, schedule[3].day required, "
          "schedule[3].start required, schedule[3].end required" }
    };

    for (i = 0; i < rb_array_size(cases); i++) {
        wrong = parse(cases[i].text, &week);
        support_is(wrong, strlen(wrong), cases[i].said, "%s", cases[i].text);
    }
}


static void
limits(void)
{
    int          i;
    char         text[8192];
    rb_week_t    week;
    const char  *wrong;

    strcpy(text, "[");

    for (i = 0; i < 85; i++) {
        sprintf(text + strlen(text), "%s{\"day\":\"mon\",\"start\":\"09:00\","
                "\"end\":\"10:00\"}", i ? "," : "");
    }

    strcat(text, "]");

    wrong = parse(text, &week);
    support_is(wrong, strlen(wrong), "schedule too_many", "85 ranges");

    *strrchr(text, ',') = '\0';                     /* within the last one */
    *strrchr(text, ',') = '\0';
    *strrchr(text, ',') = ']';
    text[strrchr(text, ']') - text + 1] = '\0';

    wrong = parse(text, &week);
    support_is(wrong, strlen(wrong), "", "84 are not too many");

    strcpy(text, "[");

    for (i = 0; i < 60; i++) {
        strcat(text, i ? ",1" : "1");
    }

    strcat(text, "]");

    wrong = parse(text, &week);
    support_ok(strstr(wrong, "schedule[15]") && !strstr(wrong, "[16]"),
               "sixteen faults are enough");
}


static void
bits(void)
{
    u_char     text[RB_WEEK_HOURS + 1];
    rb_week_t  week;
    ngx_str_t  s = { RB_WEEK_HOURS, text };

    memset(text, '0', sizeof(text));
    support_ok(rb_week_from_bits(&s, &week) == NGX_OK, "168 zeros");
    written(&week, "[]", "are an empty week");

    text[80] = '2';
    support_ok(rb_week_from_bits(&s, &week) == NGX_DECLINED, "no bit");

    text[80] = '1';
    s.len = 167;
    support_ok(rb_week_from_bits(&s, &week) == NGX_DECLINED, "167 aren't all");
    s.len = 169;
    support_ok(rb_week_from_bits(&s, &week) == NGX_DECLINED, "169 aren't");
    s.len = 0;
    support_ok(rb_week_from_bits(&s, &week) == NGX_DECLINED, "none are none");
}


static uint64_t
next(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;

    return *state >> 33;
}


/* A week of any density, from single hours to days on end. */

static void
any_week(rb_week_t *week, uint64_t *state)
{
    ngx_uint_t  i, on, n;

    memset(week, 0, sizeof(rb_week_t));

    on = next(state) & 1;
    n = next(state) % 40 + 1;

    for (i = 0; i < RB_WEEK_HOURS; i++) {
        if (next(state) % n == 0) {
            on = !on;
        }

        if (on) {
            rb_week_set(week, i);
        }
    }
}


static void
round_trips(void)
{
    int                i;
    u_char             text[RB_WEEK_HOURS];
    uint64_t           state;
    rb_buf_t           b;
    rb_week_t          week, again, from;
    ngx_str_t          s = { RB_WEEK_HOURS, text };
    ngx_uint_t         k, n, same, ordered, apart;
    rb_week_sums_t     sums;
    rb_week_range_t    list[RB_WEEK_RANGES_MAX];

    state = 20261123;
    same = 1;
    ordered = 1;
    apart = 1;

    for (i = 0; i < 20000; i++) {
        any_week(&week, &state);

        rb_buf_init(&b, pool, 8192);
        rb_week_write(&b, &week);
        *b.last = '\0';

        same &= parse((char *) b.start, &again)[0] == '\0'
                && memcmp(&week, &again, sizeof(week)) == 0;

        rb_week_to_bits(text, &week);
        same &= rb_week_from_bits(&s, &from) == NGX_OK
                && memcmp(&week, &from, sizeof(week)) == 0;

        n = rb_week_ranges(&week, list);
        rb_week_sum(&week, &sums);
        same &= n <= RB_WEEK_RANGES_MAX
                && sums.total == (ngx_uint_t)
                   __builtin_popcountll(week.bits[0])
                   + __builtin_popcountll(week.bits[1])
                   + __builtin_popcountll(week.bits[2]);

        for (k = 0; k < n; k++) {
            sums.total -= list[k].hours;

            ordered &= k == 0
                       || list[k - 1].day * 24 + list[k - 1].start
                          < list[k].day * 24 + list[k].start;

            /* two ranges touch at midnight only */

            apart &= (list[k].start + list[k].hours) % 24 == 0
                     || !rb_week_has(&week, (list[k].day * 24 + list[k].start
                                             + list[k].hours)
                                            % RB_WEEK_HOURS);
        }

        same &= sums.total == 0;

        ngx_destroy_pool(pool);
        pool = support_pool();
    }

    support_ok(same, "20,000 weeks, both ways, in ranges and in bits");
    support_ok(ordered, "ranges come in order, and none twice");
    support_ok(apart, "and touch at midnight only");

    for (k = 0, memset(&week, 0, sizeof(week)); k < RB_WEEK_HOURS; k += 2) {
        rb_week_set(&week, k);
    }

    support_ok(rb_week_ranges(&week, list) == RB_WEEK_RANGES_MAX,
               "each second hour has as many as there may be");
}


int
main(void)
{
    pool = support_pool();

    canonical();
    monday_first();
    refused();
    limits();
    bits();
    round_trips();

    ngx_destroy_pool(pool);

    return support_done();
}
