
/*
 * A week of 168 hours, Asia/Seoul: hour = day * 24 + hour of day, Monday 0.
 * So it is here, in PostgreSQL's bit(168), of which hour 0 is the leftmost
 * character, and wherever else hours of a week are counted.  It has no end:
 * after Sunday's last hour comes Monday's first.
 *
 * Clients have it as a list of ranges of whole hours,
 *
 *     [{"day": "mon", "start": "22:00", "end": "06:00"}]
 *
 * of which one that doesn't end after its start ends on the next day, and
 * 24:00 is an end.  A range has 23 hours at most, or is a whole day, 00:00 to
 * 24:00: a start that is its end would be nothing or a day, so it is refused.
 *
 * Read, ranges may touch and overlap.  Written, they are in order of their
 * start and as few as they can be without a cut other than at midnight: an
 * unbroken run of up to 23 hours is one range, over midnight and over the end
 * of the week too; a longer one is cut at each midnight in it.  A whole week
 * is seven whole days.
 *
 * Needs no I/O; nothing here yields.
 */


#ifndef _RB_WEEK_H_INCLUDED_
#define _RB_WEEK_H_INCLUDED_


#include "base/rb_json.h"


#define RB_WEEK_DAYS        7
#define RB_WEEK_HOURS       168
#define RB_WEEK_RANGES_MAX  84          /* each second hour */


typedef struct {
    uint64_t      bits[3];              /* hour h: bit h % 64 of h / 64 */
} rb_week_t;


typedef struct {
    ngx_uint_t    day;                  /* of its start, Monday 0 */
    ngx_uint_t    start;                /* hour of day: 0 to 23 */
    ngx_uint_t    hours;                /* 1 to 23; 24 of a start at 0 */
} rb_week_range_t;


/* What a week comes to, in hours. */

typedef struct {
    ngx_uint_t    total;
    ngx_uint_t    run;                  /* the longest unbroken; 168: all */
    ngx_uint_t    day[RB_WEEK_DAYS];    /* of the calendar's days */
    ngx_uint_t    shift[RB_WEEK_DAYS];  /* of ranges that begin on the day:
                                           a night's work is that of its
                                           evening */
    ngx_uint_t    longest;              /* the most of shift[] */
} rb_week_sums_t;


extern const ngx_str_t  rb_week_days[];         /* "mon" … "sun"; and empty */


static ngx_inline void
rb_week_set(rb_week_t *week, ngx_uint_t hour)
{
    week->bits[hour / 64] |= (uint64_t) 1 << (hour % 64);
}


static ngx_inline ngx_uint_t
rb_week_has(const rb_week_t *week, ngx_uint_t hour)
{
    return (week->bits[hour / 64] >> (hour % 64)) & 1;
}


/*
 * Reads a client's ranges; none are an empty week.  NGX_ERROR: *err, which
 * may hold others before, has what is wrong added to it, with the fields
 * called as name says: "schedule[2].start".  Entries after the first 16 wrong
 * ones aren't told.  Borrows ranges for the time of the call.
 */
ngx_int_t rb_week_read(ngx_pool_t *pool, const ngx_str_t *name,
    const json_t *ranges, rb_week_t *week, rb_err_t **err);

/* The canonical ranges, at most RB_WEEK_RANGES_MAX; returns how many. */
ngx_uint_t rb_week_ranges(const rb_week_t *week, rb_week_range_t *ranges);

/* The same as a client gets them. */
void rb_week_write(rb_buf_t *b, const rb_week_t *week);

/* NGX_DECLINED: it isn't 168 characters of 0 and 1. */
ngx_int_t rb_week_from_bits(const ngx_str_t *text, rb_week_t *week);

/* Writes RB_WEEK_HOURS characters; returns what comes after them. */
u_char *rb_week_to_bits(u_char *p, const rb_week_t *week);

void rb_week_sum(const rb_week_t *week, rb_week_sums_t *sums);


#endif /* _RB_WEEK_H_INCLUDED_ */
