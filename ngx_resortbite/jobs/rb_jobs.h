
/*
 * Job posts.  What other rooms may ask of them.
 *
 * A post is open to the public while it is live and can still be applied for;
 * it has ended when it was open once and was filled, expired or removed.
 * Anything else (a draft, one under review, paused or hidden) isn't there as
 * far as the public is concerned.
 */


#ifndef _RB_JOBS_H_INCLUDED_
#define _RB_JOBS_H_INCLUDED_


#include "io/rb_pg.h"


/*
 * Reads an open post by its id: one row, the columns of statement jobs_get
 * (yields).  rb_err_not_found, rb_err_job_ended, or an error of rb_pg_get().
 */
rb_err_t *rb_jobs_read(rb_task_t *task, const ngx_str_t *id,
    rb_pg_rows_t *rows);

/*
 * The same of a row's state, as statement jobs_get has it: NULL of a post that
 * is open.
 */
rb_err_t *rb_jobs_state(const ngx_str_t *state);

/* 410 job_ended: it was public once. */
extern rb_err_t  rb_err_job_ended;


/* The columns of a row that rb_jobs_read() returns. */

enum {
    RB_JOB_C_ID = 0,
    RB_JOB_C_TITLE,
    RB_JOB_C_DESCRIPTION,
    RB_JOB_C_CATEGORY,
    RB_JOB_C_EMPLOYMENT,
    RB_JOB_C_PAY_TYPE,
    RB_JOB_C_PAY_MIN,
    RB_JOB_C_PAY_MAX,
    RB_JOB_C_PAY_HOURLY,
    RB_JOB_C_FROM,
    RB_JOB_C_UNTIL,
    RB_JOB_C_HEADCOUNT,
    RB_JOB_C_DORMITORY,
    RB_JOB_C_DORMITORY_ID,
    RB_JOB_C_MEALS,
    RB_JOB_C_BENEFITS,                  /* a JSON array */
    RB_JOB_C_REQUIREMENTS,
    RB_JOB_C_APPLY_UNTIL,
    RB_JOB_C_STATUS,
    RB_JOB_C_PUBLISHED_AT,
    RB_JOB_C_UPDATED_AT,
    RB_JOB_C_REGION,
    RB_JOB_C_CITY,
    RB_JOB_C_ADDRESS,
    RB_JOB_C_LAT,
    RB_JOB_C_LNG,
    RB_JOB_C_RESORT_ID,
    RB_JOB_C_RESORT_NAME,
    RB_JOB_C_RESORT_TYPE
};


/*
 * The public list.  What is looked for, as text: codes with commas between,
 * numbers, days, true or false; data == NULL asks for nothing.  All of it has
 * been checked.
 */

typedef enum {                          /* as rb_meta_job_orders */
    RB_JOBS_BY_NEWEST = 0,
    RB_JOBS_BY_PAY,
    RB_JOBS_BY_DEADLINE,
    RB_JOBS_BY_DISTANCE                 /* needs lat and lng */
} rb_jobs_order_e;

#define RB_JOBS_KEYS  2                 /* last columns: where a page ended */

typedef struct {
    rb_jobs_order_e    order;
    ngx_str_t          region;
    ngx_str_t          category;
    ngx_str_t          employment_type;
    ngx_str_t          pay_type;
    ngx_str_t          pay_min;         /* by the hour, KRW */
    ngx_str_t          dormitory;
    ngx_str_t          from;            /* begins on this day or later */
    ngx_str_t          until;           /* ends by this day */
    ngx_str_t          resort;
    ngx_str_t          lat;
    ngx_str_t          lng;
    ngx_str_t          radius_km;
    int32_t            open_on;         /* can be applied for on this day; of
                                           days gone by, and 0: today */
    ngx_str_t          after[RB_JOBS_KEYS];     /* keys of the row before */
    ngx_uint_t         limit;           /* rows, at most 101 */
} rb_jobs_search_t;

/* The columns of a row of the list, before its keys. */

enum {
    RB_JOBS_C_ID = 0,
    RB_JOBS_C_TITLE,
    RB_JOBS_C_CATEGORY,
    RB_JOBS_C_EMPLOYMENT,
    RB_JOBS_C_PAY_TYPE,
    RB_JOBS_C_PAY_MIN,
    RB_JOBS_C_PAY_MAX,
    RB_JOBS_C_PAY_HOURLY,
    RB_JOBS_C_FROM,
    RB_JOBS_C_UNTIL,
    RB_JOBS_C_HEADCOUNT,
    RB_JOBS_C_DORMITORY,
    RB_JOBS_C_MEALS,
    RB_JOBS_C_APPLY_UNTIL,
    RB_JOBS_C_PUBLISHED_AT,
    RB_JOBS_C_REGION,
    RB_JOBS_C_CITY,
    RB_JOBS_C_LAT,
    RB_JOBS_C_LNG,
    RB_JOBS_C_RESORT_ID,
    RB_JOBS_C_RESORT_NAME,
    RB_JOBS_C_RESORT_TYPE
};

/*
 * One page (yields).  A value that the database refuses though it was checked
 * is rb_err_internal; else the errors of rb_pg_query().
 */
rb_err_t *rb_jobs_search(rb_task_t *task, const rb_jobs_search_t *search,
    rb_pg_rows_t *rows);

/*
 * What statement jobs_count is given to count the same.  params has room for
 * RB_JOBS_COUNT_NPARAMS; rb_err_internal when out of memory.
 */
rb_err_t *rb_jobs_search_count(ngx_pool_t *pool,
    const rb_jobs_search_t *search, ngx_str_t *params, uint64_t *when);


#endif /* _RB_JOBS_H_INCLUDED_ */
