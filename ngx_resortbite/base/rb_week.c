
/* A week of hours: its ranges, its bits, its sums. */


#include "base/rb_week.h"


#define RB_WEEK_RANGE_HOURS  23         /* the most of one over midnight */
#define RB_WEEK_FAULTS_MAX   16
#define RB_WEEK_NAME_SIZE    128        /* of "schedule[83].start" */
#define RB_WEEK_SHOWN        32         /* bytes of a wrong value */


/* What reading works with. */

typedef struct {
    ngx_pool_t         *pool;
    const ngx_str_t    *name;
    rb_err_t           *err;
    ngx_uint_t          item;
    ngx_uint_t          faults;
} rb_week_reader_t;


static void rb_week_read_item(rb_week_reader_t *r, const json_t *item,
    rb_week_t *week);
static ngx_int_t rb_week_read_day(rb_week_reader_t *r, const json_t *item,
    ngx_uint_t *day);
static ngx_int_t rb_week_read_hour(rb_week_reader_t *r, const json_t *item,
    const char *member, ngx_uint_t *hour);
static ngx_int_t rb_week_read_members(rb_week_reader_t *r,
    const json_t *item);
static ngx_str_t rb_week_string(const json_t *item, const char *member);
static void rb_week_wrong(rb_week_reader_t *r, const char *member,
    const char *code, const char *ko, const char *en, const ngx_str_t *got);
static void rb_week_add(rb_week_t *week, ngx_uint_t first, ngx_uint_t hours);
static ngx_uint_t rb_week_run(const rb_week_t *week, ngx_uint_t first);
static rb_week_range_t *rb_week_cut(rb_week_range_t *range, ngx_uint_t first,
    ngx_uint_t hours);


const ngx_str_t  rb_week_days[] = {
    ngx_string("mon"), ngx_string("tue"), ngx_string("wed"),
    ngx_string("thu"), ngx_string("fri"), ngx_string("sat"),
    ngx_string("sun"), ngx_null_string
};


ngx_int_t
rb_week_read(ngx_pool_t *pool, const ngx_str_t *name, const json_t *ranges,
    rb_week_t *week, rb_err_t **err)
{
    size_t            i, n;
    rb_week_reader_t  r;

    ngx_memzero(week, sizeof(rb_week_t));

    n = json_array_size(ranges);

    if (!json_is_array(ranges) || n > RB_WEEK_RANGES_MAX) {
        *err = json_is_array(ranges)
            ? rb_err_add_field(*err, pool, (ngx_str_t *) name, "too_many",
                               "시간대는 최대 %d개까지 쓸 수 있습니다.",
                               "may have at most %d ranges.",
                               RB_WEEK_RANGES_MAX)
            : rb_err_add_field(*err, pool, (ngx_str_t *) name, "wrong_type",
                               "시간대의 배열이어야 합니다 (예: [{\"day\": "
                               "\"mon\", \"start\": \"22:00\", \"end\": "
                               "\"06:00\"}]).",
                               "must be an array of ranges such as "
                               "[{\"day\": \"mon\", \"start\": \"22:00\", "
                               "\"end\": \"06:00\"}].");
        return NGX_ERROR;
    }

    r.pool = pool;
    r.name = name;
    r.err = *err;
    r.faults = 0;

    for (i = 0; i < n && r.faults < RB_WEEK_FAULTS_MAX; i++) {
        r.item = i;
        rb_week_read_item(&r, json_array_get(ranges, i), week);
    }

    *err = r.err;

    return r.faults ? NGX_ERROR : NGX_OK;
}


static void
rb_week_read_item(rb_week_reader_t *r, const json_t *item, rb_week_t *week)
{
    ngx_int_t   rc;
    ngx_uint_t  day, start, end;

    if (!json_is_object(item)) {
        rb_week_wrong(r, NULL, "not_an_object",
                      "day, start, end가 있는 객체여야 합니다.",
                      "must be an object with day, start and end.", NULL);
        return;
    }

    rc = rb_week_read_members(r, item);
    rc |= rb_week_read_day(r, item, &day);
    rc |= rb_week_read_hour(r, item, "start", &start);
    rc |= rb_week_read_hour(r, item, "end", &end);

    if (rc != NGX_OK) {
        return;
    }

    if (start == 24) {
        rb_week_wrong(r, "start", "out_of_range",
                      "24:00은 끝나는 시각으로만 쓸 수 있습니다. 다음 날 "
                      "00:00으로 써 주세요.",
                      "24:00 is an end only: write 00:00 of the next day.",
                      NULL);
        return;
    }

    if (start == end) {
        rb_week_wrong(r, "end", "same_as_start",
                      "start와 같을 수 없습니다. 하루 종일은 00:00~24:00이고, "
                      "자정을 넘는 24시간은 자정에서 둘로 나눠 주세요.",
                      "can't be the start: a whole day is 00:00 to 24:00, and "
                      "24 hours over midnight are two ranges, cut there.",
                      NULL);
        return;
    }

    rb_week_add(week, day * 24 + start,
                (end > start) ? end - start : end + 24 - start);
}


static ngx_int_t
rb_week_read_day(rb_week_reader_t *r, const json_t *item, ngx_uint_t *day)
{
    ngx_str_t   text;
    ngx_uint_t  i;

    text = rb_week_string(item, "day");

    for (i = 0; i < RB_WEEK_DAYS; i++) {
        if (text.len == 3
            && ngx_memcmp(text.data, rb_week_days[i].data, 3) == 0)
        {
            *day = i;
            return NGX_OK;
        }
    }

    rb_week_wrong(r, "day", json_object_get(item, "day") ? "not_allowed"
                                                         : "required",
                  "쓸 수 있는 값: mon, tue, wed, thu, fri, sat, sun%V.",
                  "must be one of: mon, tue, wed, thu, fri, sat, sun%V.",
                  &text);
    return NGX_ERROR;
}


/* "00:00" to "24:00". */

static ngx_int_t
rb_week_read_hour(rb_week_reader_t *r, const json_t *item,
    const char *member, ngx_uint_t *hour)
{
    u_char     *p;
    ngx_str_t   text;

    text = rb_week_string(item, member);
    p = text.data;

    if (text.len == 5
        && p[0] >= '0' && p[0] <= '2'
        && p[1] >= '0' && p[1] <= '9'
        && ngx_memcmp(p + 2, ":00", 3) == 0)
    {
        *hour = (p[0] - '0') * 10 + (p[1] - '0');

        if (*hour <= 24) {
            return NGX_OK;
        }
    }

    rb_week_wrong(r, member, json_object_get(item, member) ? "not_an_hour"
                                                           : "required",
                  "정각이어야 합니다: 00:00부터 24:00까지 (예: 09:00)%V.",
                  "must be a full hour, 00:00 to 24:00, such as 09:00%V.",
                  &text);
    return NGX_ERROR;
}


static ngx_int_t
rb_week_read_members(rb_week_reader_t *r, const json_t *item)
{
    json_t      *value;
    const char  *key;

    json_object_foreach((json_t *) item, key, value) {

        if (ngx_strcmp(key, "day") == 0
            || ngx_strcmp(key, "start") == 0
            || ngx_strcmp(key, "end") == 0)
        {
            continue;
        }

        rb_week_wrong(r, key, "unknown",
                      "알 수 없는 항목입니다. day, start, end만 쓸 수 "
                      "있습니다.",
                      "is not known: there are day, start and end.", NULL);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Empty when it isn't there or is no string. */

static ngx_str_t
rb_week_string(const json_t *item, const char *member)
{
    json_t     *value;
    ngx_str_t   text;

    value = json_object_get(item, member);

    text.data = (u_char *) json_string_value(value);
    text.len = text.data ? json_string_length(value) : 0;

    return text;
}


/* A fault of items[i], or of a member of it; got, if any, is shown. */

static void
rb_week_wrong(rb_week_reader_t *r, const char *member, const char *code,
    const char *ko, const char *en, const ngx_str_t *got)
{
    u_char     text[RB_WEEK_NAME_SIZE], value[RB_WEEK_SHOWN + 8];
    ngx_str_t  name, shown;

    name.data = text;
    name.len = ngx_snprintf(text, sizeof(text), "%V[%ui]%s%s", r->name,
                            r->item, member ? "." : "",
                            member ? member : "")
               - text;

    ngx_str_set(&shown, "");

    if (got && got->len && got->len <= RB_WEEK_SHOWN) {
        shown.data = value;
        shown.len = ngx_snprintf(value, sizeof(value), " (\"%V\")", got)
                    - value;
    }

    r->err = rb_err_add_field(r->err, r->pool, &name, code, ko, en, &shown);
    r->faults++;
}


static void
rb_week_add(rb_week_t *week, ngx_uint_t first, ngx_uint_t hours)
{
    ngx_uint_t  i;

    for (i = 0; i < hours; i++) {
        rb_week_set(week, (first + i) % RB_WEEK_HOURS);
    }
}


ngx_uint_t
rb_week_ranges(const rb_week_t *week, rb_week_range_t *ranges)
{
    ngx_uint_t        first, run, i, wraps;
    rb_week_range_t  *range, last;

    range = ranges;

    if (rb_week_run(week, 0) == RB_WEEK_HOURS) {
        return rb_week_cut(range, 0, RB_WEEK_HOURS) - ranges;
    }

    for (first = 0; first < RB_WEEK_HOURS; first++) {

        if (!rb_week_has(week, first)
            || rb_week_has(week, (first + RB_WEEK_HOURS - 1)
                                 % RB_WEEK_HOURS))
        {
            continue;
        }

        run = rb_week_run(week, first);
        range = rb_week_cut(range, first, run);
    }

    /*
     * Runs are found in the order of their starts, and only the last can go
     * over the end of the week.  What was cut off it there is Monday's.
     */

    for (wraps = 0; range - ranges > (ngx_int_t) (wraps + 1); wraps++) {
        last = range[-1];

        if (last.day * 24 + last.start
            > ranges[0].day * 24 + ranges[0].start)
        {
            break;
        }

        for (i = range - ranges - 1; i > 0; i--) {
            ranges[i] = ranges[i - 1];
        }

        ranges[0] = last;
    }

    return range - ranges;
}


/* How many hours from `first' on it goes without a break. */

static ngx_uint_t
rb_week_run(const rb_week_t *week, ngx_uint_t first)
{
    ngx_uint_t  n;

    for (n = 0; n < RB_WEEK_HOURS; n++) {
        if (!rb_week_has(week, (first + n) % RB_WEEK_HOURS)) {
            break;
        }
    }

    return n;
}


static rb_week_range_t *
rb_week_cut(rb_week_range_t *range, ngx_uint_t first, ngx_uint_t hours)
{
    ngx_uint_t  n, whole;

    whole = (hours <= RB_WEEK_RANGE_HOURS);

    for ( /* void */ ; hours; hours -= n, first += n) {
        n = whole ? hours : ngx_min(hours, 24 - first % 24);

        range->day = first / 24 % RB_WEEK_DAYS;
        range->start = first % 24;
        range->hours = n;
        range++;
    }

    return range;
}


void
rb_week_write(rb_buf_t *b, const rb_week_t *week)
{
    ngx_uint_t        i, n, end;
    rb_week_range_t   ranges[RB_WEEK_RANGES_MAX], *range;

    n = rb_week_ranges(week, ranges);

    rb_buf_add_lit(b, "[");

    for (i = 0; i < n; i++) {
        range = &ranges[i];
        end = range->start + range->hours;

        rb_buf_printf(b, "%s{\"day\":\"%V\",\"start\":\"%02ui:00\","
                         "\"end\":\"%02ui:00\"}",
                      i ? "," : "", &rb_week_days[range->day], range->start,
                      end > 24 ? end - 24 : end);
    }

    rb_buf_add_lit(b, "]");
}


ngx_int_t
rb_week_from_bits(const ngx_str_t *text, rb_week_t *week)
{
    ngx_uint_t  i;

    ngx_memzero(week, sizeof(rb_week_t));

    if (text->len != RB_WEEK_HOURS) {
        return NGX_DECLINED;
    }

    for (i = 0; i < RB_WEEK_HOURS; i++) {

        switch (text->data[i]) {

        case '0':
            break;

        case '1':
            rb_week_set(week, i);
            break;

        default:
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


u_char *
rb_week_to_bits(u_char *p, const rb_week_t *week)
{
    ngx_uint_t  i;

    for (i = 0; i < RB_WEEK_HOURS; i++) {
        *p++ = rb_week_has(week, i) ? '1' : '0';
    }

    return p;
}


void
rb_week_sum(const rb_week_t *week, rb_week_sums_t *sums)
{
    ngx_uint_t        i, n, run;
    rb_week_range_t   ranges[RB_WEEK_RANGES_MAX];

    ngx_memzero(sums, sizeof(rb_week_sums_t));

    for (i = 0; i < RB_WEEK_HOURS; i++) {

        if (!rb_week_has(week, i)) {
            continue;
        }

        sums->total++;
        sums->day[i / 24]++;

        run = rb_week_run(week, i);
        sums->run = ngx_max(sums->run, run);
    }

    n = rb_week_ranges(week, ranges);

    for (i = 0; i < n; i++) {
        sums->shift[ranges[i].day] += ranges[i].hours;
    }

    for (i = 0; i < RB_WEEK_DAYS; i++) {
        sums->longest = ngx_max(sums->longest, sums->shift[i]);
    }
}
