
/* /api/v1/resorts/{id}/dormitories: a resort's own view of them. */


#include "dorms/rb_dorms_desk_http.h"
#include "crypto/rb_crypto.h"
#include "gate/rb_identity.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "web/rb_patch.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_DORMS_DESK_REVISION  19      /* column of rb_dorm_desk_fields */


enum {
    RB_DORMS_Q_DELETED = 0,
    RB_DORMS_Q_LIMIT,
    RB_DORMS_Q_CURSOR
};

enum {
    RB_DORMS_B_NAME = 0,
    RB_DORMS_B_TYPE,
    RB_DORMS_B_DESCRIPTION,
    RB_DORMS_B_RULES,
    RB_DORMS_B_FACILITIES,
    RB_DORMS_B_PHOTOS,
    RB_DORMS_B_MONTHLY,
    RB_DORMS_B_DEPOSIT,
    RB_DORMS_B_UTILITIES,
    RB_DORMS_B_ADDRESS,
    RB_DORMS_B_LAT,
    RB_DORMS_B_LNG,
    RB_DORMS_B_DISTANCE
};


static rb_err_t *rb_dorms_desk_list_handler(rb_req_t *req);
static rb_err_t *rb_dorms_desk_get_handler(rb_req_t *req);
static rb_err_t *rb_dorms_create_handler(rb_req_t *req);
static rb_err_t *rb_dorms_change_handler(rb_req_t *req);
static rb_err_t *rb_dorms_delete_handler(rb_req_t *req);
static rb_err_t *rb_dorms_restore_handler(rb_req_t *req);
static rb_err_t *rb_dorms_made(rb_req_t *req, const ngx_str_t *response);


static const rb_view_field_t  rb_dorm_row_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("숙소 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 dorm_types)", "Kind (dorm_types of meta)") },
    { ngx_string("photo"), RB_VIEW_STRING, 1,
      rb_text("첫 사진", "The first photo") },
    { ngx_string("rent.monthly"), RB_VIEW_INTEGER, 0,
      rb_text("시즌이 아닐 때 월세 (원)",
              "A month's rent in KRW outside of the seasons") },
    { ngx_string("rent.deposit"), RB_VIEW_INTEGER, 0,
      rb_text("보증금 (원)", "Deposit in KRW") },
    { ngx_string("rent.utilities_included"), RB_VIEW_BOOL, 0,
      rb_text("공과금이 월세에 들어 있는지",
              "Whether the rent includes utilities") },
    { ngx_string("distance_m"), RB_VIEW_INTEGER, 0,
      rb_text("일터까지 거리 (m)", "Metres to the place of work") },
    { ngx_string("rooms"), RB_VIEW_INTEGER, 0,
      rb_text("쓰고 있는 방 수", "Rooms in use") },
    { ngx_string("beds"), RB_VIEW_INTEGER, 0,
      rb_text("쓰고 있는 침대 수", "Beds in use") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("판 번호: If-Match에 씁니다.", "What If-Match names") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 고친 때", "When it was changed last") },
    { ngx_string("deleted_at"), RB_VIEW_TIME, 1,
      rb_text("삭제한 때", "When it was deleted") }
};

static const rb_view_t  rb_dorm_row_view = rb_view("DormitoryRow",
                                                   rb_dorm_row_fields);


static const rb_view_field_t  rb_dorm_desk_fields[] = {
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
      rb_text("사진 주소의 배열, 보여 줄 차례대로",
              "Addresses of photos, in the order shown") },
    { ngx_string("rent.monthly"), RB_VIEW_INTEGER, 0,
      rb_text("시즌이 아닐 때 월세 (원). 무료면 0",
              "A month's rent in KRW outside of the seasons; 0 is free") },
    { ngx_string("rent.deposit"), RB_VIEW_INTEGER, 0,
      rb_text("보증금 (원)", "Deposit in KRW") },
    { ngx_string("rent.utilities_included"), RB_VIEW_BOOL, 0,
      rb_text("공과금이 월세에 들어 있는지",
              "Whether the rent includes utilities") },
    { ngx_string("place.address"), RB_VIEW_STRING, 1,
      rb_text("주소", "Address") },
    { ngx_string("place.lat"), RB_VIEW_NUMBER, 1,
      rb_text("위도", "Latitude") },
    { ngx_string("place.lng"), RB_VIEW_NUMBER, 1,
      rb_text("경도", "Longitude") },
    { ngx_string("distance_m"), RB_VIEW_INTEGER, 0,
      rb_text("일터까지 거리 (m). 위도와 경도가 있으면 계산한 값",
              "Metres to the place of work: computed where latitude and "
              "longitude are known") },
    { ngx_string("walk_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("일터까지 걸어서 몇 분 (시속 4 km)",
              "Minutes of walking there, at 4 km/h") },
    { ngx_string("beds"), RB_VIEW_INTEGER, 0,
      rb_text("쓰고 있는 침대 수", "Beds in use") },
    { ngx_string("rooms"), RB_VIEW_JSON, 0,
      rb_text("방: id, name, floor, gender, beds(id, label, revision, "
              "retired_at), revision, retired_at",
              "Rooms: id, name, floor, gender, beds (id, label, revision, "
              "retired_at), revision, retired_at") },
    { ngx_string("seasons"), RB_VIEW_JSON, 0,
      rb_text("시즌 월세: id, label, from, until(이 날 밤은 빼고), "
              "rent.monthly, revision",
              "Rent by season: id, label, from, until (its night is not "
              "counted), rent.monthly, revision") },
    { ngx_string("posts"), RB_VIEW_INTEGER, 0,
      rb_text("이 숙소를 제공하는 게시 중인 공고 수",
              "How many live posts offer it") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("판 번호: If-Match에 씁니다.", "What If-Match names") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때", "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 고친 때", "When it was changed last") },
    { ngx_string("deleted_at"), RB_VIEW_TIME, 1,
      rb_text("삭제한 때", "When it was deleted") }
};

static const rb_view_t  rb_dorm_desk_view = rb_view("DormitoryDesk",
                                                    rb_dorm_desk_fields);


static const rb_param_t  rb_dorms_resort[] = {
    rb_dorms_param_resort,
    rb_param_end
};

static const rb_param_t  rb_dorms_ids[] = {
    rb_dorms_param_resort,
    rb_dorms_param_dormitory,
    rb_param_end
};

static const rb_param_t  rb_dorms_desk_query[] = {
    { ngx_string("deleted"), RB_PARAM_BOOL, 0, 0, NULL, 0,
      ngx_string("false"),
      rb_text("true면 삭제한 숙소를 봅니다.", "true: those that are deleted") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


/* A new one needs a name and a type; of an old one anything may change. */

#define rb_dorms_members(needed)                                              \
    { ngx_string("name"), RB_PARAM_STRING, 1, 60, NULL, needed,               \
      ngx_null_string,                                                        \
      rb_text("이름. 한 리조트 안에서 하나뿐이어야 합니다.",                  \
              "Name; no other of the resort has it") },                       \
    { ngx_string("type"), RB_PARAM_ENUM, 0, 0, rb_meta_dorm_types, needed,    \
      ngx_null_string,                                                        \
      rb_text("유형", "Kind") },                                              \
    { ngx_string("description"), RB_PARAM_STRING, 0, 5000, NULL, 0,           \
      ngx_null_string,                                                        \
      rb_text("소개", "Description") },                                       \
    { ngx_string("rules"), RB_PARAM_STRING, 0, 5000, NULL, 0,                 \
      ngx_null_string,                                                        \
      rb_text("생활 규칙", "Rules of the house") },                           \
    { ngx_string("facilities"), RB_PARAM_LABELS, 0, 40, NULL, 0,              \
      ngx_null_string,                                                        \
      rb_text("시설", "Facilities") },                                        \
    { ngx_string("photos"), RB_PARAM_ADDRESSES, 0, 30, NULL, 0,               \
      ngx_null_string,                                                        \
      rb_text("사진 주소, 보여 줄 차례대로",                                  \
              "Addresses of photos, in the order shown") },                   \
    { ngx_string("rent.monthly"), RB_PARAM_INT, 0, 5000000, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("월세 (원). 무료면 0", "A month's rent in KRW; 0 is free") },   \
    { ngx_string("rent.deposit"), RB_PARAM_INT, 0, 50000000, NULL, 0,         \
      ngx_null_string,                                                        \
      rb_text("보증금 (원)", "Deposit in KRW") },                             \
    { ngx_string("rent.utilities_included"), RB_PARAM_BOOL, 0, 0, NULL, 0,    \
      ngx_null_string,                                                        \
      rb_text("공과금이 월세에 들어 있는지",                                  \
              "Whether the rent includes utilities") },                       \
    { ngx_string("place.address"), RB_PARAM_STRING, 2, 200, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("주소", "Address") },                                           \
    { ngx_string("place.lat"), RB_PARAM_NUMBER, 32.5, 39, NULL, 0,            \
      ngx_null_string,                                                        \
      rb_text("위도. lng와 함께 줍니다.", "Latitude, together with lng") },   \
    { ngx_string("place.lng"), RB_PARAM_NUMBER, 124, 132.5, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("경도. lat과 함께 줍니다.", "Longitude, together with lat") },  \
    { ngx_string("distance_m"), RB_PARAM_INT, 0, 100000, NULL, 0,             \
      ngx_null_string,                                                        \
      rb_text("일터까지 거리 (m). 위도와 경도가 있으면 계산하므로 쓰지 "      \
              "않습니다.",                                                    \
              "Metres to the place of work; of no effect where latitude and " \
              "longitude are known") }

static const rb_param_t  rb_dorms_create_body[] = {
    rb_dorms_members(1),
    rb_param_end
};

static const rb_param_t  rb_dorms_change_body[] = {
    rb_dorms_members(0),
    rb_param_end
};


static const rb_patch_t  rb_dorms_columns[] = {
    { RB_DORMS_B_NAME, ngx_string("name"), 0 },
    { RB_DORMS_B_TYPE, ngx_string("type"), 0 },
    { RB_DORMS_B_DESCRIPTION, ngx_string("description"), 0 },
    { RB_DORMS_B_RULES, ngx_string("rules"), 0 },
    { RB_DORMS_B_FACILITIES, ngx_string("facilities"), 0 },
    { RB_DORMS_B_PHOTOS, ngx_string("photos"), 0 },
    { RB_DORMS_B_MONTHLY, ngx_string("rent_monthly_krw"), 0 },
    { RB_DORMS_B_DEPOSIT, ngx_string("deposit_krw"), 0 },
    { RB_DORMS_B_UTILITIES, ngx_string("utilities_included"), 0 },
    { RB_DORMS_B_ADDRESS, ngx_string("address"), 1 },
    { RB_DORMS_B_LAT, ngx_string("lat"), 1 },
    { RB_DORMS_B_LNG, ngx_string("lng"), 1 },
    { RB_DORMS_B_DISTANCE, ngx_string("distance_m"), 0 }
};


static const rb_route_t  rb_dorms_desk_table[] = {
    {
        .name = ngx_string("dormitories_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories"),
        .handler = rb_dorms_desk_list_handler,
        .summary = rb_text("숙소 관리: 목록", "The desk's dormitories"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_dorms_resort,
        .query = rb_dorms_desk_query,
        .view = &rb_dorm_row_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("dormitories_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories"),
        .handler = rb_dorms_create_handler,
        .summary = rb_text("숙소 만들기", "Make a dormitory"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_dorms_resort,
        .body = rb_dorms_create_body,
        .view = &rb_dorm_desk_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT,
        .idempotent = 1
    },
    {
        .name = ngx_string("dormitories_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories/{dormitory_id}"),
        .handler = rb_dorms_desk_get_handler,
        .summary = rb_text("숙소 하나와 그 방, 침대, 시즌 월세",
                           "A dormitory with its rooms, beds and seasons"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_dorms_ids,
        .view = &rb_dorm_desk_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("dormitories_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories/{dormitory_id}"),
        .handler = rb_dorms_change_handler,
        .summary = rb_text("숙소 고치기", "Change a dormitory"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_dorms_ids,
        .body = rb_dorms_change_body,
        .view = &rb_dorm_desk_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .if_match = 1
    },
    {
        .name = ngx_string("dormitories_delete"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories/{dormitory_id}"),
        .handler = rb_dorms_delete_handler,
        .summary = rb_text("숙소 삭제. 복원할 수 있습니다.",
                           "Delete a dormitory; it can be restored"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_dorms_ids,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("dormitories_restore"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/dormitories/{dormitory_id}"
                           "/restore"),
        .handler = rb_dorms_restore_handler,
        .summary = rb_text("삭제한 숙소 복원",
                           "Restore a deleted dormitory"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_dorms_ids,
        .view = &rb_dorm_desk_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    }
};

const rb_routes_t  rb_dorms_desk_routes = {
    rb_dorms_desk_table, rb_array_size(rb_dorms_desk_table)
};


rb_err_t *
rb_dorms_at(rb_req_t *req, rb_dorms_at_t *at, rb_origin_t *origin)
{
    at->resort = req->path[0].text;
    at->dormitory = req->path[1].text;
    at->room = req->path[2].text;
    at->season = req->path[2].text;
    at->bed = req->path[3].text;
    at->if_match = req->if_match;
    at->who = req->principal;
    at->origin = origin;

    return rb_identity_origin(req, origin);
}


/* GET /api/v1/resorts/{id}/dormitories */

static rb_err_t *
rb_dorms_desk_list_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_DORMS_DESK_LIST_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_DORMS_DESK_LIST, RB_DORMS_Q_LIMIT, RB_DORMS_Q_CURSOR,
        RB_DORMS_DESK_LIST_P_LIMIT,
        { RB_DORMS_DESK_LIST_P_AFTER, RB_DORMS_DESK_LIST_P_AFTER_ID }, 2
    };

    params[RB_DORMS_DESK_LIST_P_RESORT] = req->path[0].text;
    params[RB_DORMS_DESK_LIST_P_DELETED] = req->query[RB_DORMS_Q_DELETED].text;

    return rb_list_page(req, &page, 0, 0, params);
}


/* GET /api/v1/resorts/{id}/dormitories/{dormitory_id} */

static rb_err_t *
rb_dorms_desk_get_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_dorms_desk_read(&req->task, &req->path[0].text,
                             &req->path[1].text, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_DORMS_DESK_REVISION);
}


/* POST /api/v1/resorts/{id}/dormitories */

static rb_err_t *
rb_dorms_create_handler(rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         patch, response;
    ngx_uint_t        replayed;
    rb_origin_t       origin;
    rb_dorms_at_t     at;
    rb_dorms_once_t   once;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_patch_write(req, rb_dorms_columns,
                         rb_array_size(rb_dorms_columns), &patch);
    if (err) {
        return err;
    }

    once.key = req->idempotency_key;
    once.request_hash = rb_bytea(req->task.pool, req->request_hash,
                                 sizeof(req->request_hash));

    err = rb_dorms_create(&req->task, &at, &patch, &once, &response,
                          &replayed);
    if (err) {
        return err;
    }

    req->reply.replayed = (replayed != 0);

    return rb_dorms_made(req, &response);
}


/* The answer begins with the id: its place is by that. */

static rb_err_t *
rb_dorms_made(rb_req_t *req, const ngx_str_t *response)
{
    json_t      *root;
    rb_err_t    *err;
    rb_buf_t     location;
    rb_json_t    json;
    const char  *id;

    err = rb_json_parse(req->task.pool, response, &root);
    if (err) {
        return &rb_err_internal;
    }

    id = json_string_value(json_object_get(root, "id"));

    if (id == NULL || rb_buf_init(&location, req->task.pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_printf(&location, "/api/v1/resorts/%V/dormitories/%s",
                  &req->path[0].text, id);

    if (location.failed) {
        return &rb_err_internal;
    }

    err = rb_reply_json(req, NGX_HTTP_CREATED, &json);
    if (err) {
        return err;
    }

    rb_json_raw(&json, response->data, response->len);

    req->reply.location.data = location.start;
    req->reply.location.len = rb_buf_len(&location);
    ngx_str_set(&req->reply.etag, "\"1\"");

    return NULL;
}


/*
 * PATCH /api/v1/resorts/{id}/dormitories/{dormitory_id}.  It is read anew for
 * the answer, with its rooms and seasons; should somebody have changed it in
 * between, the answer and its ETag are of that revision.
 */

static rb_err_t *
rb_dorms_change_handler(rb_req_t *req)
{
    rb_err_t       *err;
    ngx_str_t       patch;
    rb_origin_t     origin;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_patch_write(req, rb_dorms_columns,
                         rb_array_size(rb_dorms_columns), &patch);
    if (err) {
        return err;
    }

    err = rb_dorms_change(&req->task, &at, &patch);

    return err ? err : rb_dorms_desk_get_handler(req);
}


/* DELETE /api/v1/resorts/{id}/dormitories/{dormitory_id} */

static rb_err_t *
rb_dorms_delete_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_delete(&req->task, &at);

    return err ? err : rb_reply_nothing(req);
}


/* POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/restore */

static rb_err_t *
rb_dorms_restore_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_restore(&req->task, &at);

    return err ? err : rb_dorms_desk_get_handler(req);
}
