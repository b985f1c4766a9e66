
/*
 * Time.  Instants are microseconds since 1970-01-01T00:00:00Z (int64_t), days
 * are days since 1970-01-01 (int32_t).  Text is RFC 3339; the product's
 * "today" is Asia/Seoul's, which has had no daylight saving since 1988: UTC+9.
 */


#ifndef _RB_TIME_H_INCLUDED_
#define _RB_TIME_H_INCLUDED_


#include "base/rb_base.h"


#define RB_SEOUL_OFFSET_SECONDS  (9 * 3600)
#define RB_RFC3339_LEN           (sizeof("2026-11-23T01:02:03.123456Z") - 1)


/* The wall clock, microseconds; one clock_gettime() call. */
int64_t rb_time_now(void);

/* The monotonic clock, microseconds, for measuring spans. */
int64_t rb_time_monotonic(void);

/*
 * "2026-11-23".  NGX_ERROR when it is no date of the proleptic Gregorian
 * calendar from 0001-01-01 to 9999-12-31.
 */
ngx_int_t rb_date_parse(const ngx_str_t *s, int32_t *day);

/*
 * Writes YYYY-MM-DD (10 bytes); returns one past the last byte.  What is
 * outside of those years is written as their first or last day.
 */
u_char *rb_date_write(u_char *p, int32_t day);

/*
 * RFC 3339 §5.6 with `Z' or an offset, up to six digits of a second.  A leap
 * second (§5.7) counts as the next second.  NGX_ERROR likewise.
 */
ngx_int_t rb_rfc3339_parse(const ngx_str_t *s, int64_t *usec);

/*
 * Writes 2026-11-23T01:02:03Z, with .ffffff when not whole seconds: at most
 * RB_RFC3339_LEN bytes.
 */
u_char *rb_rfc3339_write(u_char *p, int64_t usec);

/* Today in Seoul. */
int32_t rb_date_today(void);


#endif /* _RB_TIME_H_INCLUDED_ */
