
/*
 * The public list of jobs: from what is looked for to the parameters of its
 * two statements, the one that reads a page and the one that counts.
 *
 * Filters are rows of a table.  It is made twice, because each statement
 * numbers its parameters by itself.
 */


#include "jobs/rb_jobs.h"
#include "base/rb_time.h"
#include "rb_statements.h"


#define RB_JOBS_NONE      -1
#define RB_JOBS_DATE_LEN  10


/*
 * Where the search has a text and where the statement wants it.  A list of
 * codes with one code goes to `one' with the label `when', which is a variant
 * that an index serves; with several, to `many', as an array.
 */

typedef struct {
    size_t        offset;               /* in rb_jobs_search_t */
    ngx_int_t     one;                  /* parameters; or RB_JOBS_NONE */
    ngx_int_t     many;
    uint64_t      when;
} rb_jobs_filter_t;


static rb_err_t *rb_jobs_filter(ngx_pool_t *pool,
    const rb_jobs_search_t *search, const rb_jobs_filter_t *filters,
    ngx_str_t *params, uint64_t *when);
static rb_err_t *rb_jobs_array(ngx_pool_t *pool, const ngx_str_t *codes,
    ngx_str_t *array);
static rb_err_t *rb_jobs_open_on(ngx_pool_t *pool,
    const rb_jobs_search_t *search, ngx_str_t *param);


#define rb_jobs_at(member)  offsetof(rb_jobs_search_t, member)

/* By the prefix of the statement's constants. */

#define RB_JOBS_PAY_MIN  3              /* its row */

#define RB_JOBS_FILTERS(S)                                                    \
    { rb_jobs_at(category), S##_P_CATEGORY, S##_P_CATEGORIES,                 \
      S##_WHEN_CATEGORY },                                                    \
    { rb_jobs_at(employment_type), RB_JOBS_NONE, S##_P_EMPLOYMENT, 0 },       \
    { rb_jobs_at(pay_type), RB_JOBS_NONE, S##_P_PAY_TYPES, 0 },               \
    { rb_jobs_at(pay_min), S##_P_PAY_MIN, RB_JOBS_NONE, 0 },                  \
    { rb_jobs_at(dormitory), S##_P_DORMITORY, RB_JOBS_NONE, 0 },              \
    { rb_jobs_at(from), S##_P_STARTS_FROM, RB_JOBS_NONE, 0 },                 \
    { rb_jobs_at(until), S##_P_ENDS_UNTIL, RB_JOBS_NONE, 0 },                 \
    { rb_jobs_at(region), S##_P_REGION, S##_P_REGIONS, S##_WHEN_REGION },     \
    { rb_jobs_at(resort), S##_P_RESORT, RB_JOBS_NONE, S##_WHEN_RESORT },      \
    { rb_jobs_at(lat), S##_P_LAT, RB_JOBS_NONE, 0 },                          \
    { rb_jobs_at(lng), S##_P_LNG, RB_JOBS_NONE, 0 },                          \
    { rb_jobs_at(radius_km), S##_P_RADIUS_KM, RB_JOBS_NONE, S##_WHEN_RADIUS }

static const rb_jobs_filter_t  rb_jobs_list_filters[] = {
    RB_JOBS_FILTERS(RB_JOBS_LIST)
};

static const rb_jobs_filter_t  rb_jobs_count_filters[] = {
    RB_JOBS_FILTERS(RB_JOBS_COUNT)
};


static const struct {
    uint64_t    by;
    uint64_t    after;
} rb_jobs_orders[] = {                  /* as in rb_jobs_order_e */
    { RB_JOBS_LIST_WHEN_BY_NEWEST, RB_JOBS_LIST_WHEN_AFTER_NEWEST },
    { RB_JOBS_LIST_WHEN_BY_PAY, RB_JOBS_LIST_WHEN_AFTER_PAY },
    { RB_JOBS_LIST_WHEN_BY_DEADLINE, RB_JOBS_LIST_WHEN_AFTER_DEADLINE },
    { RB_JOBS_LIST_WHEN_BY_DISTANCE, RB_JOBS_LIST_WHEN_AFTER_DISTANCE }
};


rb_err_t *
rb_jobs_search(rb_task_t *task, const rb_jobs_search_t *search,
    rb_pg_rows_t *rows)
{
    u_char      limit[NGX_INT_T_LEN];
    rb_err_t   *err;
    uint64_t    when;
    ngx_str_t   params[RB_JOBS_LIST_NPARAMS];

    ngx_memzero(params, sizeof(params));
    when = rb_jobs_orders[search->order].by;

    err = rb_jobs_filter(task->pool, search, rb_jobs_list_filters, params,
                         &when);

    if (err == NULL) {
        err = rb_jobs_open_on(task->pool, search,
                              &params[RB_JOBS_LIST_P_OPEN_ON]);
    }

    if (err) {
        return err;
    }

    if (search->after[0].data) {
        when |= rb_jobs_orders[search->order].after;
        params[RB_JOBS_LIST_P_AFTER] = search->after[0];
        params[RB_JOBS_LIST_P_AFTER_ID] = search->after[1];
    }

    params[RB_JOBS_LIST_P_LIMIT].data = limit;
    params[RB_JOBS_LIST_P_LIMIT].len = ngx_sprintf(limit, "%ui",
                                                   search->limit)
                                       - limit;

    err = rb_pg_query(task, RB_STMT_JOBS_LIST, when, params, rows);

    if (err == NULL && rows->sqlstate[0]) {
        ngx_log_error(NGX_LOG_ERR, task->log, 0,
                      "jobs_list: PostgreSQL refused a parameter: %s",
                      rows->sqlstate);
        return &rb_err_internal;
    }

    return err;
}


rb_err_t *
rb_jobs_search_count(ngx_pool_t *pool, const rb_jobs_search_t *search,
    ngx_str_t *params, uint64_t *when)
{
    rb_err_t  *err;

    ngx_memzero(params, RB_JOBS_COUNT_NPARAMS * sizeof(ngx_str_t));
    *when = 0;

    err = rb_jobs_filter(pool, search, rb_jobs_count_filters, params, when);

    return err ? err : rb_jobs_open_on(pool, search,
                                       &params[RB_JOBS_COUNT_P_OPEN_ON]);
}


static rb_err_t *
rb_jobs_filter(ngx_pool_t *pool, const rb_jobs_search_t *search,
    const rb_jobs_filter_t *filters, ngx_str_t *params, uint64_t *when)
{
    rb_err_t                *err;
    ngx_uint_t               i;
    const ngx_str_t         *text;
    const rb_jobs_filter_t  *filter;

    for (i = 0; i < rb_array_size(rb_jobs_list_filters); i++) {
        filter = &filters[i];
        text = (const ngx_str_t *) ((const u_char *) search + filter->offset);

        if (text->data == NULL) {
            continue;
        }

        if (filter->many != RB_JOBS_NONE
            && (filter->one == RB_JOBS_NONE
                || ngx_strlchr(text->data, text->data + text->len, ',')))
        {
            err = rb_jobs_array(pool, text, &params[filter->many]);
            if (err) {
                return err;
            }

            continue;
        }

        params[filter->one] = *text;
        *when |= filter->when;
    }

    /* compared with, whether asked for or not */

    if (search->pay_min.data == NULL) {
        ngx_str_set(&params[filters[RB_JOBS_PAY_MIN].one], "0");
    }

    return NULL;
}


/* "a,b" as PostgreSQL writes an array.  Codes need no quotes. */

static rb_err_t *
rb_jobs_array(ngx_pool_t *pool, const ngx_str_t *codes, ngx_str_t *array)
{
    array->data = ngx_pnalloc(pool, codes->len + 2);
    if (array->data == NULL) {
        return &rb_err_internal;
    }

    array->len = ngx_sprintf(array->data, "{%V}", codes) - array->data;

    return NULL;
}


/* Jobs are shown that can be applied for today, or later if that is asked. */

static rb_err_t *
rb_jobs_open_on(ngx_pool_t *pool, const rb_jobs_search_t *search,
    ngx_str_t *param)
{
    int32_t  day;

    day = rb_date_today();

    if (search->open_on > day) {
        day = search->open_on;
    }

    param->data = ngx_pnalloc(pool, RB_JOBS_DATE_LEN);
    if (param->data == NULL) {
        return &rb_err_internal;
    }

    param->len = rb_date_write(param->data, day) - param->data;

    return NULL;
}
