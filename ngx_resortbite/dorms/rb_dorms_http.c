
/*
 * What the public sees: GET /api/v1/resorts/{id}/dorms, a resort's dormitories
 * and for the dates of a stay how many beds are free; and what a stay costs,
 * GET /api/v1/resorts/{id}/dormitories/{dormitory_id}/quote.
 *
 * Stays come and go without telling the caches, so that an answer for dates
 * is not kept; without dates it is.
 */


#include "dorms/rb_dorms_http.h"
#include "meta/rb_meta.h"
#include "resorts/rb_resorts.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


enum {
    RB_DORMS_Q_FROM = 0,
    RB_DORMS_Q_UNTIL,
    RB_DORMS_Q_LIMIT,
    RB_DORMS_Q_CURSOR,
    RB_DORMS_Q_FIELDS
};


static rb_err_t *rb_dorms_list_handler(rb_req_t *req);
static rb_err_t *rb_dorms_quote_handler(rb_req_t *req);


static const rb_view_field_t  rb_dorm_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("숙소 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 dorm_types)", "Kind (dorm_types of meta)") },
    { ngx_string("description"), RB_VIEW_STRING, 0,
      rb_text("소개", "Description") },
    { ngx_string("rules"), RB_VIEW_STRING, 0,
      rb_text("생활 규칙", "Rules of the house") },
    { ngx_string("facilities"), RB_VIEW_JSON, 0,
      rb_text("시설: 문자열의 배열", "Facilities: an array of strings") },
    { ngx_string("photos"), RB_VIEW_JSON, 0,
      rb_text("사진: 문자열의 배열", "Photos: an array of strings") },
    { ngx_string("rent.monthly"), RB_VIEW_INTEGER, 0,
      rb_text("시즌이 아닐 때 월세 (원). 무료면 0",
              "A month's rent in KRW outside of the seasons; 0 is free") },
    { ngx_string("rent.min"), RB_VIEW_INTEGER, 0,
      rb_text("그 날짜의 가장 싼 월세 (원). 날짜가 없으면 앞으로 가장 싼 월세",
              "The lowest month's rent of the dates; without dates, of all "
              "to come") },
    { ngx_string("rent.max"), RB_VIEW_INTEGER, 0,
      rb_text("그 날짜의 가장 비싼 월세 (원). 날짜가 없으면 앞으로 가장 비싼 "
              "월세",
              "The highest, likewise") },
    { ngx_string("rent.total"), RB_VIEW_INTEGER, 1,
      rb_text("묵는 동안의 월세 합계 (원). 날짜를 주지 않으면 null",
              "What the stay costs in rent; null without dates") },
    { ngx_string("rent.deposit"), RB_VIEW_INTEGER, 0,
      rb_text("보증금 (원)", "Deposit in KRW") },
    { ngx_string("rent.utilities_included"), RB_VIEW_BOOL, 0,
      rb_text("공과금이 월세에 들어 있는지",
              "Whether the rent includes utilities") },
    { ngx_string("rent.seasons"), RB_VIEW_JSON, 0,
      rb_text("시즌: label, from, until(이 날 밤은 빼고), monthly의 배열",
              "Seasons: label, from, until (its night is not counted), "
              "monthly") },
    { ngx_string("distance_m"), RB_VIEW_INTEGER, 0,
      rb_text("일터까지 거리 (m)", "Metres to the place of work") },
    { ngx_string("walk_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("일터까지 걸어서 몇 분 (시속 4 km)",
              "Minutes of walking there, at 4 km/h") },
    { ngx_string("beds"), RB_VIEW_INTEGER, 0,
      rb_text("침대 수", "How many beds there are") },
    { ngx_string("free_beds"), RB_VIEW_INTEGER, 1,
      rb_text("묵는 동안 비어 있는 침대 수. 날짜를 주지 않으면 null",
              "How many are free for the whole stay; null without dates") },
    { ngx_string("rooms"), RB_VIEW_JSON, 0,
      rb_text("방: name, floor, gender(female, male, any), beds, free_beds",
              "Rooms: name, floor, gender (female, male, any), beds, "
              "free_beds") }
};

static const rb_view_t  rb_dorm_view = rb_view("Dormitory", rb_dorm_fields);


static const rb_view_field_t  rb_dorm_quote_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("숙소 id", "The dormitory's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("from"), RB_VIEW_DATE, 0,
      rb_text("들어오는 날", "Day of arrival") },
    { ngx_string("until"), RB_VIEW_DATE, 0,
      rb_text("나가는 날", "Day of leaving") },
    { ngx_string("nights"), RB_VIEW_INTEGER, 0,
      rb_text("묵는 밤 수", "Nights") },
    { ngx_string("parts"), RB_VIEW_JSON, 0,
      rb_text("달과 시즌으로 나눈 조각: from, until, season(없으면 null), "
              "nights, month_days, monthly, amount. 온 달은 월세 그대로, "
              "나머지는 월세 × nights ÷ month_days를 10원 아래 버림",
              "Pieces by month and season: from, until, season (or null), "
              "nights, month_days, monthly, amount. A whole month is its "
              "rent, any other piece rent × nights ÷ month_days, rounded "
              "down to 10 won") },
    { ngx_string("rent"), RB_VIEW_INTEGER, 0,
      rb_text("월세 합계 (원)", "The rent in all, KRW") },
    { ngx_string("deposit"), RB_VIEW_INTEGER, 0,
      rb_text("보증금 (원)", "Deposit in KRW") },
    { ngx_string("utilities_included"), RB_VIEW_BOOL, 0,
      rb_text("공과금이 월세에 들어 있는지",
              "Whether the rent includes utilities") }
};

static const rb_view_t  rb_dorm_quote_view = rb_view("DormitoryQuote",
                                                     rb_dorm_quote_fields);


static const rb_param_t  rb_dorms_resort_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};

static const rb_param_t  rb_dorms_quote_ids[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    { ngx_string("dormitory_id"), RB_PARAM_UUID, 0, 0, NULL, 1,
      ngx_null_string,
      rb_text("숙소 id", "The dormitory's id") },
    rb_param_end
};

static const rb_param_t  rb_dorms_list_query[] = {
    { ngx_string("from"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("들어오는 날. until과 함께 주면 빈 침대를 셉니다.",
              "Day of arrival; with until, free beds are counted") },
    { ngx_string("until"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("나가는 날. 이날 밤은 세지 않습니다.",
              "Day of leaving; its night is not counted") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_list_param_fields,
    rb_param_end
};

const rb_param_t  rb_dorms_dates_query[] = {
    { ngx_string("from"), RB_LIST_DATES, NULL, 1, ngx_null_string,
      rb_text("들어오는 날", "Day of arrival") },
    { ngx_string("until"), RB_LIST_DATES, NULL, 1, ngx_null_string,
      rb_text("나가는 날. 이날 밤은 세지 않습니다. from에서 366일 안",
              "Day of leaving; its night is not counted. Within 366 days of "
              "from") },
    rb_param_end
};


static const rb_route_t  rb_dorms_table[] = {
    {
        .name = ngx_string("resorts_dorms"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/dorms"),
        .handler = rb_dorms_list_handler,
        .summary = rb_text("한 리조트의 숙소와 빈자리",
                           "The dormitories of one resort and their free "
                           "beds"),
        .tag = ngx_string("resorts"),
        .path_params = rb_dorms_resort_id,
        .query = rb_dorms_list_query,
        .view = &rb_dorm_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .fresh = 60,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400,
        .list = 1
    },
    {
        .name = ngx_string("resorts_dorm_quote"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories/{dormitory_id}"
                           "/quote"),
        .handler = rb_dorms_quote_handler,
        .summary = rb_text("묵는 동안의 숙소 비용", "What a stay costs"),
        .tag = ngx_string("resorts"),
        .path_params = rb_dorms_quote_ids,
        .query = rb_dorms_dates_query,
        .view = &rb_dorm_quote_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE
    }
};

const rb_routes_t  rb_dorms_routes = {
    rb_dorms_table, rb_array_size(rb_dorms_table)
};


/* GET /api/v1/resorts/{id}/dorms */

static rb_err_t *
rb_dorms_list_handler(rb_req_t *req)
{
    u_char             buf[RB_LIST_LIMIT_SIZE];
    rb_err_t          *err;
    uint64_t           when;
    ngx_str_t          params[RB_DORMS_LIST_NPARAMS], after;
    rb_pg_rows_t       rows, resort;
    const rb_value_t  *limit;

    err = rb_dorms_dates(req);
    if (err) {
        return err;
    }

    err = rb_req_keyset(req, &req->query[RB_DORMS_Q_CURSOR], 1, &after);
    if (err) {
        return err;
    }

    err = rb_resorts_read(&req->task, &req->path[0].text, &resort);
    if (err) {
        return err;
    }

    limit = &req->query[RB_DORMS_Q_LIMIT];

    params[RB_DORMS_LIST_P_RESORT] = req->path[0].text;
    params[RB_DORMS_LIST_P_AFTER] = after;
    params[RB_DORMS_LIST_P_FROM] = req->query[RB_DORMS_Q_FROM].text;
    params[RB_DORMS_LIST_P_UNTIL] = req->query[RB_DORMS_Q_UNTIL].text;
    params[RB_DORMS_LIST_P_LIMIT] = rb_list_limit(limit, buf);

    when = 0;

    if (after.data) {
        when |= RB_DORMS_LIST_WHEN_AFTER;
    }

    if (params[RB_DORMS_LIST_P_FROM].data) {
        when |= RB_DORMS_LIST_WHEN_DATES;
        req->reply.uncached = 1;
        ngx_str_set(&req->reply.cache_control, "no-store");
    }

    err = rb_list_query(req, RB_STMT_DORMS_LIST, when, params, &rows);
    if (err) {
        return err;
    }

    rb_reply_tag(req, "resort", &req->path[0].text);

    return rb_reply_list(req, &rows, limit->integer, 1, -1);
}


/* GET /api/v1/resorts/{id}/dormitories/{dormitory_id}/quote */

static rb_err_t *
rb_dorms_quote_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_DORMS_QUOTE_NPARAMS];
    rb_pg_rows_t   rows, resort;

    err = rb_dorms_dates(req);
    if (err) {
        return err;
    }

    err = rb_resorts_read(&req->task, &req->path[0].text, &resort);
    if (err) {
        return err;
    }

    params[RB_DORMS_QUOTE_P_RESORT] = req->path[0].text;
    params[RB_DORMS_QUOTE_P_ID] = req->path[1].text;
    params[RB_DORMS_QUOTE_P_FROM] = req->query[RB_DORMS_Q_FROM].text;
    params[RB_DORMS_QUOTE_P_UNTIL] = req->query[RB_DORMS_Q_UNTIL].text;

    err = rb_list_query(req, RB_STMT_DORMS_QUOTE, 0, params, &rows);
    if (err) {
        return err;
    }

    ngx_str_set(&req->reply.cache_control, "no-store");

    return rb_reply_row(req, &rows);
}


/* Both dates or none, at least one night, not more than a year. */

rb_err_t *
rb_dorms_dates(rb_req_t *req)
{
    ngx_int_t    days;
    ngx_str_t   *name;
    rb_value_t  *from, *until;

    from = &req->query[RB_DORMS_Q_FROM];
    until = &req->query[RB_DORMS_Q_UNTIL];

    if (from->text.data == NULL && until->text.data == NULL) {
        return NULL;
    }

    name = (ngx_str_t *) &rb_dorms_list_query[RB_DORMS_Q_UNTIL].name;

    if (from->text.data == NULL || until->text.data == NULL) {

        if (from->text.data == NULL) {
            name = (ngx_str_t *) &rb_dorms_list_query[RB_DORMS_Q_FROM].name;
        }

        return rb_err_add_field(NULL, req->task.pool, name, "required",
                                "빈자리를 보려면 from과 until을 함께 주세요.",
                                "is required: free beds are counted from one "
                                "day until another.");
    }

    days = (ngx_int_t) (until->integer - from->integer);

    if (days < 1) {
        return rb_err_add_field(NULL, req->task.pool, name, "not_after_from",
                                "from(%V)보다 뒤여야 합니다.",
                                "must be after from (%V).", &from->text);
    }

    if (days > RB_LIMIT_STAY_DAYS) {
        return rb_err_add_field(NULL, req->task.pool, name, "too_long",
                                "from에서 %d일 안이어야 합니다.",
                                "must be within %d days of from.",
                                RB_LIMIT_STAY_DAYS);
    }

    return NULL;
}
