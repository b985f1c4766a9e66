
/*
 * Calendar arithmetic without the C library: its time zones read files and
 * its structures carry a locale.
 *
 * The year is taken to begin in March, so that the leap day is the last of
 * the year and the months' lengths (31 30 31 30 31, 31 30 31 30 31, 31 …)
 * follow a straight line: day 0 of month m is (153 m + 2) / 5.  Centuries
 * come in eras of 400 years, which always have 146,097 days.
 */


#include "base/rb_time.h"
#include <time.h>


#define RB_ERA_YEARS      400
#define RB_ERA_DAYS       146097
#define RB_EPOCH_DAYS     719468        /* from 0000-03-01 to 1970-01-01 */

#define RB_DAY_SECONDS    86400
#define RB_USEC           1000000

/* 0001-01-01 and 9999-12-31: four digits, and all that PostgreSQL has a
 * common name for */
#define RB_DAY_MIN        (-719162)
#define RB_DAY_MAX        2932896


typedef struct {
    int    year;
    int    month;                       /* 1 to 12 */
    int    day;                         /* 1 to 31 */
} rb_civil_t;


static int64_t rb_time_clock(clockid_t clock);
static ngx_int_t rb_time_digits(const u_char **p, const u_char *end,
    ngx_uint_t n, int *value);
static ngx_int_t rb_time_char(const u_char **p, const u_char *end, u_char c);
static ngx_int_t rb_time_day(const u_char **p, const u_char *end,
    int32_t *day);
static ngx_int_t rb_time_clock_parse(const u_char **p, const u_char *end,
    int *seconds, ngx_uint_t *leap);
static ngx_int_t rb_time_fraction(const u_char **p, const u_char *end,
    int *usec);
static ngx_int_t rb_time_offset(const u_char **p, const u_char *end,
    int *seconds);
static u_char *rb_time_put(u_char *p, ngx_uint_t value, ngx_uint_t digits);


int64_t
rb_time_now(void)
{
    return rb_time_clock(CLOCK_REALTIME);
}


int64_t
rb_time_monotonic(void)
{
    return rb_time_clock(CLOCK_MONOTONIC);
}


static int64_t
rb_time_clock(clockid_t clock)
{
    struct timespec  ts;

    /* neither clock can fail on the systems nginx runs on */
    (void) clock_gettime(clock, &ts);

    return (int64_t) ts.tv_sec * RB_USEC + ts.tv_nsec / 1000;
}


int32_t
rb_date_today(void)
{
    return (rb_time_now() / RB_USEC + RB_SEOUL_OFFSET_SECONDS)
           / RB_DAY_SECONDS;
}


static int32_t
rb_civil_to_day(const rb_civil_t *civil)
{
    int  year, month, era, of_era, of_year;

    /* March is month 0; January and February end the year before */
    year = civil->year - (civil->month <= 2);
    month = (civil->month + 9) % 12;

    era = year / RB_ERA_YEARS;
    year %= RB_ERA_YEARS;

    of_year = (153 * month + 2) / 5 + civil->day - 1;
    of_era = year * 365 + year / 4 - year / 100 + of_year;

    return era * RB_ERA_DAYS + of_era - RB_EPOCH_DAYS;
}


static void
rb_civil_of_day(int32_t day, rb_civil_t *civil)
{
    int  era, of_era, year, of_year, month;

    /* days in range are after 0000-03-01, so nothing is negative here */
    day += RB_EPOCH_DAYS;

    era = day / RB_ERA_DAYS;
    of_era = day % RB_ERA_DAYS;

    /* leave the leap days out: one each 4 years, but not each 100, but each
     * 400, whose one is the last day of the era */
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (year * 365 + year / 4 - year / 100);
    month = (5 * of_year + 2) / 153;

    civil->day = of_year - (153 * month + 2) / 5 + 1;
    civil->month = (month + 2) % 12 + 1;
    civil->year = era * RB_ERA_YEARS + year + (civil->month <= 2);
}


ngx_int_t
rb_date_parse(const ngx_str_t *s, int32_t *day)
{
    const u_char  *p, *end;

    p = s->data;
    end = p + s->len;

    if (rb_time_day(&p, end, day) != NGX_OK || p != end) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


u_char *
rb_date_write(u_char *p, int32_t day)
{
    rb_civil_t  civil;

    day = ngx_min(ngx_max(day, RB_DAY_MIN), RB_DAY_MAX);

    rb_civil_of_day(day, &civil);

    p = rb_time_put(p, civil.year, 4);
    *p++ = '-';
    p = rb_time_put(p, civil.month, 2);
    *p++ = '-';

    return rb_time_put(p, civil.day, 2);
}


ngx_int_t
rb_rfc3339_parse(const ngx_str_t *s, int64_t *usec)
{
    int            seconds, fraction, offset;
    int32_t        day;
    int64_t        time;
    ngx_uint_t     leap;
    const u_char  *p, *end;

    p = s->data;
    end = p + s->len;

    if (rb_time_day(&p, end, &day) != NGX_OK
        || p == end || (*p | 0x20) != 't')
    {
        return NGX_ERROR;
    }

    p++;

    if (rb_time_clock_parse(&p, end, &seconds, &leap) != NGX_OK
        || rb_time_fraction(&p, end, &fraction) != NGX_OK
        || rb_time_offset(&p, end, &offset) != NGX_OK
        || p != end)
    {
        return NGX_ERROR;
    }

    time = (int64_t) day * RB_DAY_SECONDS + seconds - offset;

    /* a leap second ends a day of UTC; like POSIX, we count it as the next
     * day's first */
    if (leap && time % RB_DAY_SECONDS != 0) {
        return NGX_ERROR;
    }

    /* an offset may have led out of the years that can be written */
    if (time < (int64_t) RB_DAY_MIN * RB_DAY_SECONDS
        || time >= (int64_t) (RB_DAY_MAX + 1) * RB_DAY_SECONDS)
    {
        return NGX_ERROR;
    }

    *usec = time * RB_USEC + fraction;

    return NGX_OK;
}


u_char *
rb_rfc3339_write(u_char *p, int64_t usec)
{
    int64_t  min, max, day, left;

    min = (int64_t) RB_DAY_MIN * RB_DAY_SECONDS * RB_USEC;
    max = (int64_t) (RB_DAY_MAX + 1) * RB_DAY_SECONDS * RB_USEC - 1;
    usec = ngx_min(ngx_max(usec, min), max);

    day = usec / ((int64_t) RB_DAY_SECONDS * RB_USEC);
    left = usec % ((int64_t) RB_DAY_SECONDS * RB_USEC);

    if (left < 0) {
        left += (int64_t) RB_DAY_SECONDS * RB_USEC;
        day--;
    }

    p = rb_date_write(p, day);
    *p++ = 'T';
    p = rb_time_put(p, left / RB_USEC / 3600, 2);
    *p++ = ':';
    p = rb_time_put(p, left / RB_USEC / 60 % 60, 2);
    *p++ = ':';
    p = rb_time_put(p, left / RB_USEC % 60, 2);

    if (left % RB_USEC) {
        *p++ = '.';
        p = rb_time_put(p, left % RB_USEC, 6);
    }

    *p++ = 'Z';

    return p;
}


static ngx_int_t
rb_time_digits(const u_char **p, const u_char *end, ngx_uint_t n, int *value)
{
    if ((size_t) (end - *p) < n) {
        return NGX_ERROR;
    }

    for (*value = 0; n; n--, (*p)++) {
        if (**p < '0' || **p > '9') {
            return NGX_ERROR;
        }

        *value = *value * 10 + (**p - '0');
    }

    return NGX_OK;
}


static ngx_int_t
rb_time_char(const u_char **p, const u_char *end, u_char c)
{
    if (*p == end || **p != c) {
        return NGX_ERROR;
    }

    (*p)++;

    return NGX_OK;
}


static ngx_int_t
rb_time_day(const u_char **p, const u_char *end, int32_t *day)
{
    int         days, leap;
    rb_civil_t  civil;

    static const u_char  month_days[] =
        { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    if (rb_time_digits(p, end, 4, &civil.year) != NGX_OK
        || rb_time_char(p, end, '-') != NGX_OK
        || rb_time_digits(p, end, 2, &civil.month) != NGX_OK
        || rb_time_char(p, end, '-') != NGX_OK
        || rb_time_digits(p, end, 2, &civil.day) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (civil.year < 1 || civil.month < 1 || civil.month > 12) {
        return NGX_ERROR;
    }

    leap = (civil.year % 4 == 0 && civil.year % 100 != 0)
           || civil.year % 400 == 0;

    days = month_days[civil.month - 1] + (civil.month == 2 && leap);

    if (civil.day < 1 || civil.day > days) {
        return NGX_ERROR;
    }

    *day = rb_civil_to_day(&civil);

    return NGX_OK;
}


static ngx_int_t
rb_time_clock_parse(const u_char **p, const u_char *end, int *seconds,
    ngx_uint_t *leap)
{
    int  hour, minute, second;

    if (rb_time_digits(p, end, 2, &hour) != NGX_OK
        || rb_time_char(p, end, ':') != NGX_OK
        || rb_time_digits(p, end, 2, &minute) != NGX_OK
        || rb_time_char(p, end, ':') != NGX_OK
        || rb_time_digits(p, end, 2, &second) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* RFC 3339 has no 24:00; 60 is a leap second */
    if (hour > 23 || minute > 59 || second > 60) {
        return NGX_ERROR;
    }

    *seconds = hour * 3600 + minute * 60 + second;
    *leap = (second == 60);

    return NGX_OK;
}


static ngx_int_t
rb_time_fraction(const u_char **p, const u_char *end, int *usec)
{
    ngx_uint_t  digits;

    *usec = 0;

    if (*p == end || **p != '.') {
        return NGX_OK;
    }

    (*p)++;

    for (digits = 0; *p < end && **p >= '0' && **p <= '9'; digits++, (*p)++) {
        *usec = *usec * 10 + (**p - '0');

        if (digits == 6) {
            return NGX_ERROR;
        }
    }

    if (digits == 0) {
        return NGX_ERROR;
    }

    for ( /* void */ ; digits < 6; digits++) {
        *usec *= 10;
    }

    return NGX_OK;
}


static ngx_int_t
rb_time_offset(const u_char **p, const u_char *end, int *seconds)
{
    int     hour, minute;
    u_char  sign;

    if (*p == end) {
        return NGX_ERROR;
    }

    sign = *(*p)++;

    if ((sign | 0x20) == 'z') {
        *seconds = 0;
        return NGX_OK;
    }

    if ((sign != '+' && sign != '-')
        || rb_time_digits(p, end, 2, &hour) != NGX_OK
        || rb_time_char(p, end, ':') != NGX_OK
        || rb_time_digits(p, end, 2, &minute) != NGX_OK
        || hour > 23 || minute > 59)
    {
        return NGX_ERROR;
    }

    *seconds = (hour * 3600 + minute * 60) * (sign == '-' ? -1 : 1);

    return NGX_OK;
}


static u_char *
rb_time_put(u_char *p, ngx_uint_t value, ngx_uint_t digits)
{
    ngx_uint_t  i;

    for (i = digits; i; i--) {
        p[i - 1] = '0' + value % 10;
        value /= 10;
    }

    return p + digits;
}
