
/* GET /api/v1/resorts and /api/v1/resorts/{id}. */


#include "resorts/rb_resorts_http.h"
#include "resorts/rb_resorts.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


/* Parameters of the list. */

enum {
    RB_RESORTS_Q_ORDER = 0,
    RB_RESORTS_Q_TYPE,
    RB_RESORTS_Q_REGION,
    RB_RESORTS_Q_LIMIT,
    RB_RESORTS_Q_CURSOR,
    RB_RESORTS_Q_COUNT,
    RB_RESORTS_Q_FIELDS
};


static rb_err_t *rb_resorts_get_handler(rb_req_t *req);
static rb_err_t *rb_resorts_list_handler(rb_req_t *req);
static rb_err_t *rb_resorts_order(rb_req_t *req, ngx_str_t *params,
    uint64_t *when);
static rb_err_t *rb_resorts_count(rb_req_t *req, int64_t *total);


static const rb_view_field_t  rb_resort_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("name_en"), RB_VIEW_STRING, 1,
      rb_text("영문 이름", "Name in English") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)", "Kind (resort_types of meta)") },
    { ngx_string("description"), RB_VIEW_STRING, 0,
      rb_text("소개", "Description") },
    { ngx_string("environment"), RB_VIEW_STRING, 0,
      rb_text("근무 환경과 주변", "Surroundings and working conditions") },
    { ngx_string("benefits"), RB_VIEW_JSON, 0,
      rb_text("복리후생: 문자열의 배열", "Benefits: an array of strings") },
    { ngx_string("photos"), RB_VIEW_JSON, 0,
      rb_text("사진: 문자열의 배열", "Photos: an array of strings") },
    { ngx_string("region"), RB_VIEW_CODE, 0,
      rb_text("지역 (meta의 regions)",
              "Province or city (regions of meta)") },
    { ngx_string("city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구", "City, county or district") },
    { ngx_string("address"), RB_VIEW_STRING, 0,
      rb_text("주소", "Address") },
    { ngx_string("lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도", "Latitude") },
    { ngx_string("lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도", "Longitude") },
    { ngx_string("contact.phone"), RB_VIEW_STRING, 1,
      rb_text("전화번호", "Telephone") },
    { ngx_string("contact.email"), RB_VIEW_STRING, 1,
      rb_text("이메일", "E-mail") },
    { ngx_string("contact.website"), RB_VIEW_STRING, 1,
      rb_text("웹사이트", "Website") },
    { ngx_string("rating.average"), RB_VIEW_NUMBER, 1,
      rb_text("평균 평점. 평가가 없으면 null",
              "Mean rating; null when there is none") },
    { ngx_string("rating.count"), RB_VIEW_INTEGER, 0,
      rb_text("평가 수", "How many ratings") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("등록된 때", "When it was added") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") },
    { ngx_string("open_jobs"), RB_VIEW_INTEGER, 0,
      rb_text("지금 지원할 수 있는 공고 수",
              "How many jobs there are to apply for") }
};

static const rb_view_t  rb_resort_view = rb_view("Resort", rb_resort_fields);


static const rb_view_field_t  rb_resort_summary_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("name_en"), RB_VIEW_STRING, 1,
      rb_text("영문 이름", "Name in English") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)", "Kind (resort_types of meta)") },
    { ngx_string("region"), RB_VIEW_CODE, 0,
      rb_text("지역 (meta의 regions)",
              "Province or city (regions of meta)") },
    { ngx_string("city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구", "City, county or district") },
    { ngx_string("lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도", "Latitude") },
    { ngx_string("lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도", "Longitude") },
    { ngx_string("photo"), RB_VIEW_STRING, 1,
      rb_text("대표 사진", "The first photo") },
    { ngx_string("rating.average"), RB_VIEW_NUMBER, 1,
      rb_text("평균 평점. 평가가 없으면 null",
              "Mean rating; null when there is none") },
    { ngx_string("rating.count"), RB_VIEW_INTEGER, 0,
      rb_text("평가 수", "How many ratings") }
};

static const rb_view_t  rb_resort_summary_view = rb_view("ResortSummary",
                                                    rb_resort_summary_fields);


static const rb_param_t  rb_resorts_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};

static const rb_param_t  rb_resorts_get_query[] = {
    rb_list_param_fields,
    rb_param_end
};

static const rb_param_t  rb_resorts_list_query[] = {
    { ngx_string("order"), RB_PARAM_ENUM, 0, 0, rb_meta_resort_orders, 0,
      ngx_string("name"),
      rb_text("정렬", "In which order") },
    { ngx_string("type"), RB_PARAM_ENUMS, 0, 0, rb_meta_resort_types, 0,
      ngx_null_string,
      rb_text("유형. 여럿이면 쉼표로 이어 주세요.",
              "Kinds of resort, with commas between") },
    { ngx_string("region"), RB_PARAM_ENUMS, 0, 0, rb_meta_regions, 0,
      ngx_null_string,
      rb_text("지역. 여럿이면 쉼표로 이어 주세요.",
              "Provinces or cities, with commas between") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_list_param_count,
    rb_list_param_fields,
    rb_param_end
};


#define RB_RESORTS_FILTERS(S)                                                 \
    { RB_RESORTS_Q_TYPE, S##_P_TYPE, S##_P_TYPES, S##_WHEN_TYPE },            \
    { RB_RESORTS_Q_REGION, S##_P_REGION, S##_P_REGIONS, S##_WHEN_REGION }

static const rb_list_filter_t  rb_resorts_list_filters[] = {
    RB_RESORTS_FILTERS(RB_RESORTS_LIST)
};

static const rb_list_filter_t  rb_resorts_count_filters[] = {
    RB_RESORTS_FILTERS(RB_RESORTS_COUNT)
};


#define RB_RESORTS_KEYS  2              /* columns of a cursor */

static const struct {
    uint64_t    by;
    uint64_t    after;
} rb_resorts_orders[] = {               /* as in rb_meta_resort_orders */
    { RB_RESORTS_LIST_WHEN_BY_NAME, RB_RESORTS_LIST_WHEN_AFTER_NAME },
    { RB_RESORTS_LIST_WHEN_BY_NEWEST, RB_RESORTS_LIST_WHEN_AFTER_NEWEST }
};


static const rb_route_t  rb_resorts_table[] = {
    {
        .name = ngx_string("resorts_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts"),
        .handler = rb_resorts_list_handler,
        .summary = rb_text("리조트 목록", "The list of resorts"),
        .tag = ngx_string("resorts"),
        .query = rb_resorts_list_query,
        .view = &rb_resort_summary_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .fresh = 60,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400,
        .list = 1
    },
    {
        .name = ngx_string("resorts_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}"),
        .handler = rb_resorts_get_handler,
        .summary = rb_text("리조트 하나", "One resort"),
        .tag = ngx_string("resorts"),
        .path_params = rb_resorts_id,
        .query = rb_resorts_get_query,
        .view = &rb_resort_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .fresh = 60,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400
    }
};

const rb_routes_t  rb_resorts_routes = {
    rb_resorts_table, rb_array_size(rb_resorts_table)
};


/* GET /api/v1/resorts/{id} */

static rb_err_t *
rb_resorts_get_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_resorts_read(&req->task, &req->path[0].text, &rows);
    if (err) {
        return err;
    }

    rb_reply_tag(req, "resort", &req->path[0].text);

    return rb_reply_row(req, &rows);
}


/* GET /api/v1/resorts */

static rb_err_t *
rb_resorts_list_handler(rb_req_t *req)
{
    u_char             buf[RB_LIST_LIMIT_SIZE];
    int64_t            total;
    rb_err_t          *err;
    uint64_t           when;
    ngx_str_t          params[RB_RESORTS_LIST_NPARAMS];
    rb_pg_rows_t       rows;
    const rb_value_t  *limit;

    ngx_memzero(params, sizeof(params));
    when = 0;

    err = rb_list_filter(req, rb_resorts_list_filters,
                         rb_array_size(rb_resorts_list_filters), params,
                         &when);
    if (err) {
        return err;
    }

    err = rb_resorts_order(req, params, &when);
    if (err) {
        return err;
    }

    limit = &req->query[RB_RESORTS_Q_LIMIT];
    params[RB_RESORTS_LIST_P_LIMIT] = rb_list_limit(limit, buf);

    err = rb_list_query(req, RB_STMT_RESORTS_LIST, when, params, &rows);
    if (err) {
        return err;
    }

    err = rb_resorts_count(req, &total);
    if (err) {
        return err;
    }

    rb_reply_tag(req, "resorts", NULL);

    return rb_reply_list(req, &rows, limit->integer, RB_RESORTS_KEYS, total);
}


static rb_err_t *
rb_resorts_order(rb_req_t *req, ngx_str_t *params, uint64_t *when)
{
    rb_err_t    *err;
    ngx_str_t    keyset[RB_RESORTS_KEYS];
    ngx_uint_t   order;

    order = rb_list_choice(&req->query[RB_RESORTS_Q_ORDER]);

    *when |= rb_resorts_orders[order].by;

    err = rb_req_keyset(req, &req->query[RB_RESORTS_Q_CURSOR],
                        RB_RESORTS_KEYS, keyset);

    if (err || keyset[0].data == NULL) {
        return err;
    }

    *when |= rb_resorts_orders[order].after;
    params[RB_RESORTS_LIST_P_AFTER] = keyset[0];
    params[RB_RESORTS_LIST_P_AFTER_ID] = keyset[1];

    return NULL;
}


static rb_err_t *
rb_resorts_count(rb_req_t *req, int64_t *total)
{
    rb_err_t   *err;
    uint64_t    when;
    ngx_str_t   params[RB_RESORTS_COUNT_NPARAMS];

    ngx_memzero(params, sizeof(params));
    when = 0;

    err = rb_list_filter(req, rb_resorts_count_filters,
                         rb_array_size(rb_resorts_count_filters), params,
                         &when);
    if (err) {
        return err;
    }

    return rb_list_count(req, &req->query[RB_RESORTS_Q_COUNT],
                         RB_STMT_RESORTS_COUNT, when,
                         RB_RESORTS_COUNT_WHEN_PLANNED, params, total);
}
