
/*
 * /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons, what rent is when;
 * and /availability, which beds are free when.
 */


#include "dorms/rb_dorms_desk_http.h"
#include "web/rb_list.h"
#include "web/rb_patch.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_SEASON_REVISION  5           /* column of rb_dorm_season_fields */

#define RB_SEASONS_PATH                                                       \
    "/api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons"


enum {
    RB_SEASONS_B_LABEL = 0,
    RB_SEASONS_B_FROM,
    RB_SEASONS_B_UNTIL,
    RB_SEASONS_B_MONTHLY
};


static rb_err_t *rb_seasons_create_handler(rb_req_t *req);
static rb_err_t *rb_seasons_change_handler(rb_req_t *req);
static rb_err_t *rb_seasons_remove_handler(rb_req_t *req);
static rb_err_t *rb_dorms_availability_handler(rb_req_t *req);


static const rb_view_field_t  rb_dorm_season_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("시즌 id", "The id") },
    { ngx_string("label"), RB_VIEW_STRING, 0,
      rb_text("이름", "What it is called") },
    { ngx_string("from"), RB_VIEW_DATE, 0,
      rb_text("첫날", "The first day") },
    { ngx_string("until"), RB_VIEW_DATE, 0,
      rb_text("끝. 이날부터는 시즌이 아닙니다.",
              "Its end: the first day that is not of it") },
    { ngx_string("rent.monthly"), RB_VIEW_INTEGER, 0,
      rb_text("시즌 월세 (원). 무료면 0",
              "A month's rent in KRW; 0 is free") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("판 번호: If-Match에 씁니다.", "What If-Match names") }
};

static const rb_view_t  rb_dorm_season_view = rb_view("DormitorySeason",
                                                      rb_dorm_season_fields);


static const rb_view_field_t  rb_dorm_availability_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("숙소 id", "The dormitory's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("from"), RB_VIEW_DATE, 0,
      rb_text("들어오는 날", "Day of arrival") },
    { ngx_string("until"), RB_VIEW_DATE, 0,
      rb_text("나가는 날", "Day of leaving") },
    { ngx_string("beds"), RB_VIEW_INTEGER, 0,
      rb_text("쓰고 있는 침대 수", "Beds in use") },
    { ngx_string("free_beds"), RB_VIEW_INTEGER, 0,
      rb_text("그동안 내내 비어 있는 침대 수",
              "How many are free all the time") },
    { ngx_string("rooms"), RB_VIEW_JSON, 0,
      rb_text("방: id, name, floor, gender, free_beds, beds(id, label, free, "
              "free_from: 이 날짜의 숙박이 다 끝나 비는 날, taken: 찬 날짜)",
              "Rooms: id, name, floor, gender, free_beds, beds (id, label, "
              "free, free_from: when the last of these stays is over, taken: "
              "the dates)") }
};

static const rb_view_t  rb_dorm_availability_view =
    rb_view("DormitoryAvailability", rb_dorm_availability_fields);


static const rb_param_t  rb_seasons_of[] = {
    rb_dorms_param_resort,
    rb_dorms_param_dormitory,
    rb_param_end
};

static const rb_param_t  rb_seasons_ids[] = {
    rb_dorms_param_resort,
    rb_dorms_param_dormitory,
    rb_dorms_param_id("season_id", "시즌 id", "The season's id"),
    rb_param_end
};


#define rb_seasons_members(needed)                                            \
    { ngx_string("label"), RB_PARAM_STRING, 1, 30, NULL, needed,              \
      ngx_null_string,                                                        \
      rb_text("이름 (예: 겨울 성수기)", "What it is called") },               \
    { ngx_string("from"), RB_LIST_DATES, NULL, needed, ngx_null_string,       \
      rb_text("첫날", "The first day") },                                     \
    { ngx_string("until"), RB_LIST_DATES, NULL, needed, ngx_null_string,      \
      rb_text("끝. 이날부터는 시즌이 아닙니다. 366일까지",                    \
              "Its end: the first day not of it; 366 days at most") },        \
    { ngx_string("rent.monthly"), RB_PARAM_INT, 0, 5000000, NULL, needed,     \
      ngx_null_string,                                                        \
      rb_text("시즌 월세 (원). 무료면 0",                                     \
              "A month's rent in KRW; 0 is free") }

static const rb_param_t  rb_seasons_create_body[] = {
    rb_seasons_members(1),
    rb_param_end
};

static const rb_param_t  rb_seasons_change_body[] = {
    rb_seasons_members(0),
    rb_param_end
};


static const rb_patch_t  rb_seasons_columns[] = {
    { RB_SEASONS_B_LABEL, ngx_string("label"), 0 },
    { RB_SEASONS_B_FROM, ngx_string("from"), 0 },
    { RB_SEASONS_B_UNTIL, ngx_string("until"), 0 },
    { RB_SEASONS_B_MONTHLY, ngx_string("rent"), 0 }
};


static const rb_route_t  rb_dorms_seasons_table[] = {
    {
        .name = ngx_string("seasons_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string(RB_SEASONS_PATH),
        .handler = rb_seasons_create_handler,
        .summary = rb_text("시즌 월세 더하기",
                           "Add a season with its rent"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_seasons_of,
        .body = rb_seasons_create_body,
        .view = &rb_dorm_season_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("seasons_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string(RB_SEASONS_PATH "/{season_id}"),
        .handler = rb_seasons_change_handler,
        .summary = rb_text("시즌 월세 고치기",
                           "Change a season"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_seasons_ids,
        .body = rb_seasons_change_body,
        .view = &rb_dorm_season_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .if_match = 1
    },
    {
        .name = ngx_string("seasons_remove"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string(RB_SEASONS_PATH "/{season_id}"),
        .handler = rb_seasons_remove_handler,
        .summary = rb_text("시즌 월세 지우기",
                           "Take a season away"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_seasons_ids,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("dormitories_availability"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories/{dormitory_id}"
                           "/availability"),
        .handler = rb_dorms_availability_handler,
        .summary = rb_text("방과 침대마다 빈 날",
                           "Which beds are free for these dates"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_seasons_of,
        .query = rb_dorms_dates_query,
        .view = &rb_dorm_availability_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    }
};

const rb_routes_t  rb_dorms_seasons_routes = {
    rb_dorms_seasons_table, rb_array_size(rb_dorms_seasons_table)
};


/* POST …/seasons */

static rb_err_t *
rb_seasons_create_handler(rb_req_t *req)
{
    rb_err_t       *err;
    ngx_str_t       patch;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_patch_write(req, rb_seasons_columns,
                         rb_array_size(rb_seasons_columns), &patch);
    if (err) {
        return err;
    }

    err = rb_dorms_season_create(&req->task, &at, &patch, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_SEASON_REVISION);
}


/* PATCH …/seasons/{season_id} */

static rb_err_t *
rb_seasons_change_handler(rb_req_t *req)
{
    rb_err_t       *err;
    ngx_str_t       patch;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_patch_write(req, rb_seasons_columns,
                         rb_array_size(rb_seasons_columns), &patch);
    if (err) {
        return err;
    }

    err = rb_dorms_season_change(&req->task, &at, &patch, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_SEASON_REVISION);
}


/* DELETE …/seasons/{season_id} */

static rb_err_t *
rb_seasons_remove_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_season_remove(&req->task, &at);

    return err ? err : rb_reply_nothing(req);
}


/* GET …/availability */

static rb_err_t *
rb_dorms_availability_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_DORMS_AVAILABILITY_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_dorms_dates(req);
    if (err) {
        return err;
    }

    params[RB_DORMS_AVAILABILITY_P_RESORT] = req->path[0].text;
    params[RB_DORMS_AVAILABILITY_P_DORMITORY] = req->path[1].text;
    params[RB_DORMS_AVAILABILITY_P_FROM] = req->query[0].text;
    params[RB_DORMS_AVAILABILITY_P_UNTIL] = req->query[1].text;

    err = rb_list_query(req, RB_STMT_DORMS_AVAILABILITY, 0, params, &rows);

    return err ? err : rb_reply_row(req, &rows);
}
