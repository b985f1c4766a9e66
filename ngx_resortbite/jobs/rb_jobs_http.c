
/* GET /api/v1/jobs, /api/v1/jobs/{id}, /api/v1/resorts/{id}/jobs. */


#include "jobs/rb_jobs_http.h"
#include "jobs/rb_jobs.h"
#include "jobs/rb_jobs_view_http.h"
#include "meta/rb_meta.h"
#include "resorts/rb_resorts.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_JOBS_REGION_TAGS  3          /* a list of more is tagged "jobs" */


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


static rb_err_t *rb_jobs_get_handler(rb_req_t *req);
static rb_err_t *rb_jobs_list_handler(rb_req_t *req);
static rb_err_t *rb_jobs_of_resort_handler(rb_req_t *req);
static rb_err_t *rb_jobs_check_dates(rb_req_t *req);
static rb_err_t *rb_jobs_check_place(rb_req_t *req, rb_err_t *err);
static void rb_jobs_asked(rb_req_t *req, rb_jobs_search_t *search);
static rb_err_t *rb_jobs_page(rb_req_t *req, rb_jobs_search_t *search);
static rb_err_t *rb_jobs_check_resort(rb_req_t *req, const ngx_str_t *resort);
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
        .stale_if_error = 86400,
        .counts_views = 1
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

    resort = rb_pg_value(&rows, 0, RB_JOB_C_RESORT_ID);

    rb_reply_tag(req, "job", &req->path[0].text);
    rb_reply_tag(req, "resort", &resort);

    return rb_reply_row(req, &rows);
}


/* GET /api/v1/jobs */

static rb_err_t *
rb_jobs_list_handler(rb_req_t *req)
{
    rb_err_t          *err;
    rb_jobs_search_t   search;

    err = rb_jobs_check_place(req, rb_jobs_check_dates(req));
    if (err) {
        return err;
    }

    rb_jobs_asked(req, &search);

    search.region = req->query[RB_JOBS_Q_REGION].text;
    search.resort = req->query[RB_JOBS_Q_RESORT].text;
    search.lat = req->query[RB_JOBS_Q_LAT].text;
    search.lng = req->query[RB_JOBS_Q_LNG].text;
    search.radius_km = req->query[RB_JOBS_Q_RADIUS].text;

    rb_jobs_tag(req);

    return rb_jobs_page(req, &search);
}


/* GET /api/v1/resorts/{id}/jobs */

static rb_err_t *
rb_jobs_of_resort_handler(rb_req_t *req)
{
    rb_err_t          *err;
    rb_jobs_search_t   search;

    err = rb_jobs_check_dates(req);
    if (err) {
        return err;
    }

    rb_jobs_asked(req, &search);

    search.resort = req->path[0].text;

    rb_reply_tag(req, "resort", &search.resort);

    return rb_jobs_page(req, &search);
}


/* What lists of both kinds can be asked for. */

static void
rb_jobs_asked(rb_req_t *req, rb_jobs_search_t *search)
{
    const rb_value_t  *query;

    query = req->query;

    ngx_memzero(search, sizeof(rb_jobs_search_t));

    search->order = rb_list_choice(&query[RB_JOBS_Q_ORDER]);
    search->category = query[RB_JOBS_Q_CATEGORY].text;
    search->employment_type = query[RB_JOBS_Q_EMPLOYMENT].text;
    search->pay_type = query[RB_JOBS_Q_PAY_TYPE].text;
    search->pay_min = query[RB_JOBS_Q_PAY_MIN].text;
    search->dormitory = query[RB_JOBS_Q_DORMITORY].text;
    search->from = query[RB_JOBS_Q_FROM].text;
    search->until = query[RB_JOBS_Q_UNTIL].text;

    if (query[RB_JOBS_Q_APPLY_UNTIL].text.data) {
        search->open_on = (int32_t) query[RB_JOBS_Q_APPLY_UNTIL].integer;
    }

    search->limit = query[RB_JOBS_Q_LIMIT].integer + 1;
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
rb_jobs_page(rb_req_t *req, rb_jobs_search_t *search)
{
    int64_t        total;
    rb_err_t      *err;
    uint64_t       when;
    ngx_str_t      params[RB_JOBS_COUNT_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_req_keyset(req, &req->query[RB_JOBS_Q_CURSOR], RB_JOBS_KEYS,
                        search->after);

    if (err == NULL) {
        err = rb_jobs_search(&req->task, search, &rows);
    }

    if (err) {
        return err;
    }

    if (rows.count == 0 && req->route->path_params) {
        err = rb_jobs_check_resort(req, &search->resort);
        if (err) {
            return err;
        }
    }

    err = rb_jobs_search_count(req->task.pool, search, params, &when);

    if (err == NULL) {
        err = rb_list_count(req, &req->query[RB_JOBS_Q_COUNT],
                            RB_STMT_JOBS_COUNT, when,
                            RB_JOBS_COUNT_WHEN_PLANNED, params, &total);
    }

    if (err) {
        return err;
    }

    return rb_reply_list(req, &rows, search->limit - 1, RB_JOBS_KEYS, total);
}


/* No jobs: is there such a resort at all? */

static rb_err_t *
rb_jobs_check_resort(rb_req_t *req, const ngx_str_t *resort)
{
    rb_pg_rows_t  rows;

    return rb_resorts_read(&req->task, resort, &rows);
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
