
/*
 * GET /api/v1/jobs, /api/v1/jobs/{id}, /api/v1/resorts/{id}/jobs.
 *
 * A list's filters are rows of a table: which query parameter goes to which
 * parameter of the statement.  The table is made twice, for the statement
 * that reads a page and for the one that counts.
 */


#include "jobs/rb_jobs_http.h"
#include "jobs/rb_jobs.h"
#include "jobs/rb_jobs_view_http.h"
#include "base/rb_time.h"
#include "meta/rb_meta.h"
#include "resorts/rb_resorts.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_JOBS_KEYS         2          /* columns of a cursor */
#define RB_JOBS_REGION_TAGS  3          /* a list of more is tagged "jobs" */
#define RB_JOBS_DATE_LEN     10


/* Parameters of the lists; a resort's own has those before REGION. */

enum {
    RB_JOBS_Q_ORDER = 0,
    RB_JOBS_Q_CATEGORY,
    RB_JOBS_Q_EMPLOYMENT,
    RB_JOBS_Q_PAY_TYPE,
    RB_JOBS_Q_PAY_MIN,
    RB_JOBS_Q_DORMITORY,
    RB_JOBS_Q_FROM,
    RB_JOBS_Q_UNTIL,
    RB_JOBS_Q_APPLY_UNTIL,
    RB_JOBS_Q_LIMIT,
    RB_JOBS_Q_CURSOR,
    RB_JOBS_Q_COUNT,
    RB_JOBS_Q_FIELDS,
    RB_JOBS_Q_REGION,
    RB_JOBS_Q_RESORT,
    RB_JOBS_Q_LAT,
    RB_JOBS_Q_LNG,
    RB_JOBS_Q_RADIUS
};


/* What the two statements of a list are given. */

typedef struct {
    ngx_str_t    list[RB_JOBS_LIST_NPARAMS];
    ngx_str_t    count[RB_JOBS_COUNT_NPARAMS];
    uint64_t     list_when;
    uint64_t     count_when;
    u_char       open_on[RB_JOBS_DATE_LEN];
    u_char       limit[RB_LIST_LIMIT_SIZE];
    ngx_str_t   *resort;                /* whose own list it is; or NULL */
} rb_jobs_search_t;


static rb_err_t *rb_jobs_get_handler(rb_req_t *req);
static rb_err_t *rb_jobs_list_handler(rb_req_t *req);
static rb_err_t *rb_jobs_of_resort_handler(rb_req_t *req);
static rb_err_t *rb_jobs_check_dates(rb_req_t *req);
static rb_err_t *rb_jobs_check_place(rb_req_t *req, rb_err_t *err);
static rb_err_t *rb_jobs_page(rb_req_t *req, rb_jobs_search_t *s);
static rb_err_t *rb_jobs_check_resort(rb_req_t *req, const ngx_str_t *resort);
static void rb_jobs_open_on(rb_req_t *req, rb_jobs_search_t *s);
static rb_err_t *rb_jobs_order(rb_req_t *req, rb_jobs_search_t *s);
static void rb_jobs_tag(rb_req_t *req);


#define RB_JOBS_QUERY(orders)                                                 \
    { ngx_string("order"), RB_PARAM_ENUM, 0, 0, orders, 0,                    \
      ngx_string("newest"),                                                   \
      rb_text("정렬. 같은 순위는 언제나 같은 차례로 나옵니다.",               \
              "In which order; what ties always comes in the same one") },    \
    { ngx_string("category"), RB_PARAM_ENUMS, 0, 0, rb_meta_categories, 0,    \
      ngx_null_string,                                                        \
      rb_text("직무. 여럿이면 쉼표로 이어 주세요.",                           \
              "Kinds of work, with commas between") },                        \
    { ngx_string("employment_type"), RB_PARAM_ENUMS, 0, 0,                    \
      rb_meta_employment_types, 0, ngx_null_string,                           \
      rb_text("고용 형태. 여럿이면 쉼표로 이어 주세요.",                      \
              "Kinds of employment, with commas between") },                  \
    { ngx_string("pay_type"), RB_PARAM_ENUMS, 0, 0, rb_meta_pay_types, 0,     \
      ngx_null_string,                                                        \
      rb_text("급여 기준. 여럿이면 쉼표로 이어 주세요.",                      \
              "What pay is for, with commas between") },                      \
    { ngx_string("pay_min"), RB_PARAM_INT, 0, 10000000, NULL, 0,              \
      ngx_string("0"),                                                        \
      rb_text("시급으로 환산해 적어도 이만큼 주는 공고만 (원)",               \
              "Only jobs that pay at least this by the hour, in KRW; daily "  \
              "and monthly pay are converted") },                             \
    { ngx_string("dormitory"), RB_PARAM_BOOL, 0, 0, NULL, 0,                  \
      ngx_null_string,                                                        \
      rb_text("숙소를 주는 공고만(true), 주지 않는 공고만(false)",            \
              "Only with a bed (true), only without (false)") },              \
    { ngx_string("from"), RB_LIST_DATES, NULL, 0, ngx_null_string,      \
      rb_text("이 날 또는 그 뒤에 시작하는 공고만",                           \
              "Only work that starts on this day or later") },                \
    { ngx_string("until"), RB_LIST_DATES, NULL, 0, ngx_null_string,     \
      rb_text("이 날까지 끝나는 공고만. 끝나는 날이 없는 공고는 빠집니다.",   \
              "Only work that ends by this day; leaves out work without an "  \
              "end") },                                                       \
    { ngx_string("apply_until"), RB_LIST_DATES, NULL, 0,                \
      ngx_null_string,                                                        \
      rb_text("이 날에도 지원할 수 있는 공고만",                              \
              "Only jobs that can still be applied for on this day") },       \
    rb_list_param_limit,                                                      \
    rb_list_param_cursor,                                                     \
    rb_list_param_count,                                                      \
    rb_list_param_fields


/* All orders but by distance: a resort is in one place. */

static const ngx_str_t  rb_jobs_orders_of_resort[] = {
    ngx_string("newest"), ngx_string("pay"), ngx_string("deadline"),
    ngx_null_string
};


static const rb_param_t  rb_jobs_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

static const rb_param_t  rb_jobs_resort_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};

static const rb_param_t  rb_jobs_get_query[] = {
    rb_list_param_fields,
    rb_param_end
};

static const rb_param_t  rb_jobs_list_query[] = {
    RB_JOBS_QUERY(rb_meta_job_orders),
    { ngx_string("region"), RB_PARAM_ENUMS, 0, 0, rb_meta_regions, 0,
      ngx_null_string,
      rb_text("지역. 여럿이면 쉼표로 이어 주세요.",
              "Provinces or cities, with commas between") },
    { ngx_string("resort"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("이 리조트의 공고만", "Only jobs of this resort") },
    { ngx_string("lat"), RB_PARAM_NUMBER, 20, 50, NULL, 0, ngx_null_string,
      rb_text("거리를 잴 곳의 위도. lng와 함께 주세요.",
              "Latitude of where distance is measured from; with lng") },
    { ngx_string("lng"), RB_PARAM_NUMBER, 110, 145, NULL, 0, ngx_null_string,
      rb_text("거리를 잴 곳의 경도. lat와 함께 주세요.",
              "Longitude of where distance is measured from; with lat") },
    { ngx_string("radius_km"), RB_PARAM_NUMBER, 0.1, RB_LIMIT_RADIUS_KM,
      NULL, 0, ngx_null_string,
      rb_text("lat, lng에서 이 거리 안의 공고만 (km)",
              "Only jobs within this distance of lat and lng, in km") },
    rb_param_end
};

static const rb_param_t  rb_jobs_of_resort_query[] = {
    RB_JOBS_QUERY(rb_jobs_orders_of_resort),
    rb_param_end
};


/*
 * By the prefix of the statement's constants.  A resort's own list has the
 * first RB_JOBS_FILTERS_OF_RESORT.
 */

#define RB_JOBS_FILTERS(S)                                                    \
    { RB_JOBS_Q_CATEGORY, S##_P_CATEGORY, S##_P_CATEGORIES,                   \
      S##_WHEN_CATEGORY },                                                    \
    { RB_JOBS_Q_EMPLOYMENT, RB_LIST_NONE, S##_P_EMPLOYMENT, 0 },              \
    { RB_JOBS_Q_PAY_TYPE, RB_LIST_NONE, S##_P_PAY_TYPES, 0 },                 \
    { RB_JOBS_Q_PAY_MIN, S##_P_PAY_MIN, RB_LIST_NONE, 0 },                    \
    { RB_JOBS_Q_DORMITORY, S##_P_DORMITORY, RB_LIST_NONE, 0 },                \
    { RB_JOBS_Q_FROM, S##_P_STARTS_FROM, RB_LIST_NONE, 0 },                   \
    { RB_JOBS_Q_UNTIL, S##_P_ENDS_UNTIL, RB_LIST_NONE, 0 },                   \
    { RB_JOBS_Q_REGION, S##_P_REGION, S##_P_REGIONS, S##_WHEN_REGION },       \
    { RB_JOBS_Q_RESORT, S##_P_RESORT, RB_LIST_NONE, S##_WHEN_RESORT },        \
    { RB_JOBS_Q_LAT, S##_P_LAT, RB_LIST_NONE, 0 },                            \
    { RB_JOBS_Q_LNG, S##_P_LNG, RB_LIST_NONE, 0 },                            \
    { RB_JOBS_Q_RADIUS, S##_P_RADIUS_KM, RB_LIST_NONE, S##_WHEN_RADIUS }

#define RB_JOBS_FILTERS_OF_RESORT  7

static const rb_list_filter_t  rb_jobs_list_filters[] = {
    RB_JOBS_FILTERS(RB_JOBS_LIST)
};

static const rb_list_filter_t  rb_jobs_count_filters[] = {
    RB_JOBS_FILTERS(RB_JOBS_COUNT)
};


#define RB_JOBS_BY_DISTANCE  3

static const struct {
    uint64_t    by;
    uint64_t    after;
} rb_jobs_orders[] = {                  /* as in rb_meta_job_orders */
    { RB_JOBS_LIST_WHEN_BY_NEWEST, RB_JOBS_LIST_WHEN_AFTER_NEWEST },
    { RB_JOBS_LIST_WHEN_BY_PAY, RB_JOBS_LIST_WHEN_AFTER_PAY },
    { RB_JOBS_LIST_WHEN_BY_DEADLINE, RB_JOBS_LIST_WHEN_AFTER_DEADLINE },
    { RB_JOBS_LIST_WHEN_BY_DISTANCE, RB_JOBS_LIST_WHEN_AFTER_DISTANCE }
};


static const rb_route_t  rb_jobs_table[] = {
    {
        .name = ngx_string("jobs_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/jobs"),
        .handler = rb_jobs_list_handler,
        .summary = rb_text("공고 목록", "The list of jobs"),
        .tag = ngx_string("jobs"),
        .query = rb_jobs_list_query,
        .view = &rb_job_summary_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .fresh = 5,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400,
        .list = 1
    },
    {
        .name = ngx_string("jobs_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/jobs/{id}"),
        .handler = rb_jobs_get_handler,
        .summary = rb_text("공고 하나", "One job"),
        .tag = ngx_string("jobs"),
        .path_params = rb_jobs_id,
        .query = rb_jobs_get_query,
        .view = &rb_job_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .fresh = 30,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400
    },
    {
        .name = ngx_string("resorts_jobs"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/jobs"),
        .handler = rb_jobs_of_resort_handler,
        .summary = rb_text("한 리조트의 공고 목록", "The jobs of one resort"),
        .tag = ngx_string("resorts"),
        .path_params = rb_jobs_resort_id,
        .query = rb_jobs_of_resort_query,
        .view = &rb_job_summary_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .fresh = 5,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400,
        .list = 1
    }
};

const rb_routes_t  rb_jobs_routes = {
    rb_jobs_table, rb_array_size(rb_jobs_table)
};


/* GET /api/v1/jobs/{id} */

static rb_err_t *
rb_jobs_get_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      resort;
    rb_pg_rows_t   rows;

    err = rb_jobs_read(&req->task, &req->path[0].text, &rows);
    if (err) {
        return err;
    }

    resort = rb_pg_value(&rows, 0, RB_JOB_RESORT_COLUMN);

    rb_reply_tag(req, "job", &req->path[0].text);
    rb_reply_tag(req, "resort", &resort);

    return rb_reply_row(req, &rows);
}


/* GET /api/v1/jobs */

static rb_err_t *
rb_jobs_list_handler(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_uint_t         n;
    rb_jobs_search_t   s;

    err = rb_jobs_check_place(req, rb_jobs_check_dates(req));
    if (err) {
        return err;
    }

    ngx_memzero(&s, sizeof(rb_jobs_search_t));

    n = rb_array_size(rb_jobs_list_filters);

    err = rb_list_filter(req, rb_jobs_list_filters, n, s.list, &s.list_when);

    if (err == NULL) {
        err = rb_list_filter(req, rb_jobs_count_filters, n, s.count,
                             &s.count_when);
    }

    if (err) {
        return err;
    }

    rb_jobs_tag(req);

    return rb_jobs_page(req, &s);
}


/* GET /api/v1/resorts/{id}/jobs */

static rb_err_t *
rb_jobs_of_resort_handler(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_str_t         *resort;
    rb_jobs_search_t   s;

    err = rb_jobs_check_dates(req);
    if (err) {
        return err;
    }

    ngx_memzero(&s, sizeof(rb_jobs_search_t));

    resort = &req->path[0].text;

    s.list[RB_JOBS_LIST_P_RESORT] = *resort;
    s.list_when = RB_JOBS_LIST_WHEN_RESORT;
    s.count[RB_JOBS_COUNT_P_RESORT] = *resort;
    s.count_when = RB_JOBS_COUNT_WHEN_RESORT;

    err = rb_list_filter(req, rb_jobs_list_filters, RB_JOBS_FILTERS_OF_RESORT,
                         s.list, &s.list_when);

    if (err == NULL) {
        err = rb_list_filter(req, rb_jobs_count_filters,
                             RB_JOBS_FILTERS_OF_RESORT, s.count,
                             &s.count_when);
    }

    if (err) {
        return err;
    }

    rb_reply_tag(req, "resort", resort);
    s.resort = resort;

    return rb_jobs_page(req, &s);
}


static rb_err_t *
rb_jobs_check_dates(rb_req_t *req)
{
    ngx_str_t          name = ngx_string("until");
    const rb_value_t  *from, *until;

    from = &req->query[RB_JOBS_Q_FROM];
    until = &req->query[RB_JOBS_Q_UNTIL];

    if (from->text.data == NULL || until->text.data == NULL
        || from->integer <= until->integer)
    {
        return NULL;
    }

    return rb_err_add_field(NULL, req->task.pool, &name, "before_from",
                            "from(%V)보다 이르면 안 됩니다.",
                            "must not be before from (%V).", &from->text);
}


/* Distances need a place to be measured from. */

static rb_err_t *
rb_jobs_check_place(rb_req_t *req, rb_err_t *err)
{
    ngx_uint_t  i, wanted;

    wanted = rb_list_choice(&req->query[RB_JOBS_Q_ORDER])
             == RB_JOBS_BY_DISTANCE
             || req->query[RB_JOBS_Q_RADIUS].text.data != NULL
             || req->query[RB_JOBS_Q_LAT].text.data != NULL
             || req->query[RB_JOBS_Q_LNG].text.data != NULL;

    if (!wanted) {
        return err;
    }

    for (i = RB_JOBS_Q_LAT; i <= RB_JOBS_Q_LNG; i++) {

        if (req->query[i].text.data == NULL) {
            err = rb_err_add_field(err, req->task.pool,
                                   (ngx_str_t *) &rb_jobs_list_query[i].name,
                                   "required",
                                   "거리로 찾거나 정렬하려면 lat와 lng를 함께 "
                                   "주세요.",
                                   "is required: searching or ordering by "
                                   "distance takes lat and lng.");
        }
    }

    return err;
}


/* What lists of both kinds do: one page, and how many there are in all. */

static rb_err_t *
rb_jobs_page(rb_req_t *req, rb_jobs_search_t *s)
{
    int64_t            total;
    rb_err_t          *err;
    rb_pg_rows_t       rows;
    const rb_value_t  *limit;

    rb_jobs_open_on(req, s);

    limit = &req->query[RB_JOBS_Q_LIMIT];
    s->list[RB_JOBS_LIST_P_LIMIT] = rb_list_limit(limit, s->limit);

    err = rb_jobs_order(req, s);
    if (err) {
        return err;
    }

    err = rb_list_query(req, RB_STMT_JOBS_LIST, s->list_when, s->list,
                        &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0 && s->resort) {
        err = rb_jobs_check_resort(req, s->resort);
        if (err) {
            return err;
        }
    }

    err = rb_list_count(req, &req->query[RB_JOBS_Q_COUNT], RB_STMT_JOBS_COUNT,
                        s->count_when, RB_JOBS_COUNT_WHEN_PLANNED, s->count,
                        &total);
    if (err) {
        return err;
    }

    return rb_reply_list(req, &rows, limit->integer, RB_JOBS_KEYS, total);
}


/* No jobs: is there such a resort at all? */

static rb_err_t *
rb_jobs_check_resort(rb_req_t *req, const ngx_str_t *resort)
{
    rb_pg_rows_t  rows;

    return rb_resorts_read(&req->task, resort, &rows);
}


/* Jobs are shown that can be applied for today, or later if that is asked. */

static void
rb_jobs_open_on(rb_req_t *req, rb_jobs_search_t *s)
{
    int32_t            day;
    ngx_str_t          open_on;
    const rb_value_t  *asked;

    day = rb_date_today();
    asked = &req->query[RB_JOBS_Q_APPLY_UNTIL];

    if (asked->text.data && asked->integer > day) {
        day = (int32_t) asked->integer;
    }

    open_on.data = s->open_on;
    open_on.len = rb_date_write(s->open_on, day) - s->open_on;

    s->list[RB_JOBS_LIST_P_OPEN_ON] = open_on;
    s->count[RB_JOBS_COUNT_P_OPEN_ON] = open_on;
}


static rb_err_t *
rb_jobs_order(rb_req_t *req, rb_jobs_search_t *s)
{
    rb_err_t    *err;
    ngx_str_t    keys[RB_JOBS_KEYS];
    ngx_uint_t   order;

    order = rb_list_choice(&req->query[RB_JOBS_Q_ORDER]);
    s->list_when |= rb_jobs_orders[order].by;

    err = rb_req_keyset(req, &req->query[RB_JOBS_Q_CURSOR], RB_JOBS_KEYS,
                        keys);

    if (err || keys[0].data == NULL) {
        return err;
    }

    s->list_when |= rb_jobs_orders[order].after;
    s->list[RB_JOBS_LIST_P_AFTER] = keys[0];
    s->list[RB_JOBS_LIST_P_AFTER_ID] = keys[1];

    return NULL;
}


/* The tags that the database's triggers name when a list may change. */

static void
rb_jobs_tag(rb_req_t *req)
{
    uint64_t           set;
    ngx_uint_t         i, n;
    const rb_value_t  *region;

    region = &req->query[RB_JOBS_Q_REGION];

    for (n = 0, set = region->set; set; set &= set - 1) {
        n++;
    }

    if (region->text.data == NULL || n > RB_JOBS_REGION_TAGS) {
        rb_reply_tag(req, "jobs", NULL);
        return;
    }

    for (i = 0; rb_meta_regions[i].len; i++) {
        if (region->set & ((uint64_t) 1 << i)) {
            rb_reply_tag(req, "jobs:region", &rb_meta_regions[i]);
        }
    }
}
