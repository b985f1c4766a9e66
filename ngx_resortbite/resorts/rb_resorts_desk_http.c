
/*
 * POST /api/v1/resorts, GET and PATCH /api/v1/resorts/{id}/profile, and
 * DELETE /api/v1/resorts/{id}.
 */


#include "resorts/rb_resorts_desk_http.h"
#include "resorts/rb_resorts.h"
#include "gate/rb_identity.h"
#include "meta/rb_meta.h"
#include "web/rb_param.h"
#include "web/rb_patch.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_RESORTS_STEP_UP      900     /* seconds since the log-in */

#define RB_RESORTS_LABELS_MAX   30


/* Members of the body, in the order of both tables. */

enum {
    RB_RESORTS_D_NAME = 0,
    RB_RESORTS_D_NAME_EN,
    RB_RESORTS_D_TYPE,
    RB_RESORTS_D_DESCRIPTION,
    RB_RESORTS_D_ENVIRONMENT,
    RB_RESORTS_D_BENEFITS,
    RB_RESORTS_D_PHOTOS,
    RB_RESORTS_D_REGION,
    RB_RESORTS_D_ADDRESS,
    RB_RESORTS_D_LAT,
    RB_RESORTS_D_LNG,
    RB_RESORTS_D_PHONE,
    RB_RESORTS_D_EMAIL,
    RB_RESORTS_D_WEBSITE,
    RB_RESORTS_D_NUMBER,
    RB_RESORTS_D_BUSINESS,
    RB_RESORTS_D_REPRESENTATIVE,
    RB_RESORTS_D_OPENED_ON
};


static rb_err_t *rb_resorts_create_handler(rb_req_t *req);
static rb_err_t *rb_resorts_profile_handler(rb_req_t *req);
static rb_err_t *rb_resorts_patch_handler(rb_req_t *req);
static rb_err_t *rb_resorts_close_handler(rb_req_t *req);
static rb_err_t *rb_resorts_told(rb_req_t *req, ngx_str_t *patch);
static rb_err_t *rb_resorts_show(rb_req_t *req);
static rb_err_t *rb_resorts_created(rb_req_t *req, const ngx_str_t *response,
    ngx_uint_t replayed);


static const rb_view_field_t  rb_resort_profile_fields[] = {
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
      rb_text("사진의 주소, 보여 주는 차례대로. 첫 번째가 대표 사진입니다.",
              "Addresses of photos in the order they are shown in; the first "
              "one stands for the resort") },
    { ngx_string("region"), RB_VIEW_CODE, 0,
      rb_text("지역 (meta의 regions)",
              "Province or city (regions of meta)") },
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
    { ngx_string("business_number"), RB_VIEW_STRING, 0,
      rb_text("사업자등록번호, 숫자 열 자리. 공개되지 않습니다.",
              "Business registration number, ten digits; not public") },
    { ngx_string("business_name"), RB_VIEW_STRING, 1,
      rb_text("사업자등록증의 상호", "Name of the registered business") },
    { ngx_string("representative"), RB_VIEW_STRING, 1,
      rb_text("대표자 이름", "Its representative") },
    { ngx_string("opened_on"), RB_VIEW_DATE, 1,
      rb_text("개업일", "The day it opened") },
    { ngx_string("open"), RB_VIEW_BOOL, 0,
      rb_text("공개 여부: 사업자 확인이 끝났는지",
              "Whether the public sees it: its business is verified") },
    { ngx_string("verification.status"), RB_VIEW_CODE, 0,
      rb_text("사업자 확인: none(정보 부족), waiting(대기), verified(완료), "
              "refused(거절)",
              "Of the business: none (has not told enough), waiting, verified "
              "or refused") },
    { ngx_string("verification.reason"), RB_VIEW_STRING, 1,
      rb_text("거절 사유. 고치면 다시 확인을 요청합니다.",
              "Why it was refused; changing the profile asks again") },
    { ngx_string("verification.asked_at"), RB_VIEW_TIME, 1,
      rb_text("확인을 요청한 때", "When verification was asked for") },
    { ngx_string("verification.decided_at"), RB_VIEW_TIME, 1,
      rb_text("확인하거나 거절한 때", "When it was verified or refused") },
    { ngx_string("role"), RB_VIEW_CODE, 0,
      rb_text("내 역할: owner, manager, recruiter",
              "One's role: owner, manager or recruiter") },
    { ngx_string("posts.draft"), RB_VIEW_INTEGER, 0,
      rb_text("작성 중인 공고 수", "Posts that are drafts") },
    { ngx_string("posts.pending"), RB_VIEW_INTEGER, 0,
      rb_text("검토 대기", "waiting for review") },
    { ngx_string("posts.changes_requested"), RB_VIEW_INTEGER, 0,
      rb_text("수정 요청", "to be changed") },
    { ngx_string("posts.approved"), RB_VIEW_INTEGER, 0,
      rb_text("게시 중", "live") },
    { ngx_string("posts.rejected"), RB_VIEW_INTEGER, 0,
      rb_text("거절", "rejected") },
    { ngx_string("posts.paused"), RB_VIEW_INTEGER, 0,
      rb_text("일시 중지", "paused") },
    { ngx_string("posts.hidden"), RB_VIEW_INTEGER, 0,
      rb_text("운영진이 숨김", "hidden by moderators") },
    { ngx_string("posts.filled"), RB_VIEW_INTEGER, 0,
      rb_text("모집 완료", "filled") },
    { ngx_string("posts.expired"), RB_VIEW_INTEGER, 0,
      rb_text("기한 만료", "expired") },
    { ngx_string("beds"), RB_VIEW_INTEGER, 0,
      rb_text("쓰고 있는 침대 수", "Beds in use") },
    { ngx_string("rating.average"), RB_VIEW_NUMBER, 1,
      rb_text("평균 평점. 평가가 없으면 null",
              "Mean rating; null when there is none") },
    { ngx_string("rating.count"), RB_VIEW_INTEGER, 0,
      rb_text("평가 수", "How many ratings") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("등록한 때", "When it was added") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") }
};

static const rb_view_t  rb_resort_profile_view = rb_view("ResortProfile",
                                                   rb_resort_profile_fields);


static const rb_param_t  rb_resorts_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};


/* What POST needs is 1 there and 0 of PATCH. */

#define rb_resorts_body(needed)                                               \
    { ngx_string("name"), RB_PARAM_STRING, 2, 60, NULL, needed,               \
      ngx_null_string,                                                        \
      rb_text("이름", "Name") },                                              \
    { ngx_string("name_en"), RB_PARAM_STRING, 2, 120, NULL, 0,                \
      ngx_null_string,                                                        \
      rb_text("영문 이름", "Name in English") },                              \
    { ngx_string("type"), RB_PARAM_ENUM, 0, 0, rb_meta_resort_types, needed,  \
      ngx_null_string,                                                        \
      rb_text("유형", "Kind of resort") },                                    \
    { ngx_string("description"), RB_PARAM_STRING, 0, 5000, NULL, 0,           \
      ngx_null_string,                                                        \
      rb_text("소개", "Description") },                                       \
    { ngx_string("environment"), RB_PARAM_STRING, 0, 2000, NULL, 0,           \
      ngx_null_string,                                                        \
      rb_text("근무 환경과 주변", "Surroundings and working conditions") },   \
    { ngx_string("benefits"), RB_PARAM_LABELS, 0, RB_RESORTS_LABELS_MAX,      \
      NULL, 0, ngx_null_string,                                               \
      rb_text("복리후생", "Benefits") },                                      \
    { ngx_string("photos"), RB_PARAM_ADDRESSES, 0, RB_RESORTS_LABELS_MAX,     \
      NULL, 0, ngx_null_string,                                               \
      rb_text("사진의 주소 전부, 보여 줄 차례대로",                           \
              "Addresses of all photos, in the order to show them in") },     \
    { ngx_string("region"), RB_PARAM_ENUM, 0, 0, rb_meta_regions, needed,     \
      ngx_null_string,                                                        \
      rb_text("지역", "Province or city") },                                  \
    { ngx_string("address"), RB_PARAM_STRING, 5, 200, NULL, needed,           \
      ngx_null_string,                                                        \
      rb_text("주소. 바꾸면 공고의 주소도 따라 바뀝니다.",                    \
              "Address, beginning with its region; posts that have it move "  \
              "with it. Region, address, lat and lng change together.") },    \
    { ngx_string("lat"), RB_PARAM_NUMBER, 32.5, 39, NULL, needed,             \
      ngx_null_string,                                                        \
      rb_text("위도", "Latitude") },                                          \
    { ngx_string("lng"), RB_PARAM_NUMBER, 124, 132.5, NULL, needed,           \
      ngx_null_string,                                                        \
      rb_text("경도", "Longitude") },                                         \
    { ngx_string("contact.phone"), RB_PARAM_STRING, 9, 14, NULL, 0,           \
      ngx_null_string,                                                        \
      rb_text("하이픈을 넣은 전화번호", "Telephone, with hyphens") },         \
    { ngx_string("contact.email"), RB_PARAM_STRING, 3, 254, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("이메일", "E-mail") },                                          \
    { ngx_string("contact.website"), RB_PARAM_STRING, 8, 258, NULL, 0,        \
      ngx_null_string,                                                        \
      rb_text("웹사이트", "Website") },                                       \
    { ngx_string("business_number"), RB_PARAM_STRING, 1, 20, NULL, needed,    \
      ngx_null_string,                                                        \
      rb_text("사업자등록번호. 하이픈은 있어도 없어도 됩니다.",               \
              "Business registration number, with or without dashes") },      \
    { ngx_string("business_name"), RB_PARAM_STRING, 1, 100, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("사업자등록증의 상호. 상호와 대표자, 개업일이 다 있어야 "       \
              "사업자 확인을 시작합니다.",                                    \
              "Name of the registered business. Verification begins once "    \
              "this, the representative and the day of opening are there.") },\
    { ngx_string("representative"), RB_PARAM_STRING, 1, 50, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("대표자 이름", "Its representative") },                         \
    { ngx_string("opened_on"), RB_PARAM_DATE, -25567, 47846, NULL, 0,         \
      ngx_null_string,                                                        \
      rb_text("개업일", "The day it opened") },                               \
    rb_param_end

static const rb_param_t  rb_resorts_new_body[] = { rb_resorts_body(1) };
static const rb_param_t  rb_resorts_patch_body[] = { rb_resorts_body(0) };


static const rb_patch_t  rb_resorts_columns[] = {
    { RB_RESORTS_D_NAME, ngx_string("name"), 0 },
    { RB_RESORTS_D_NAME_EN, ngx_string("name_en"), 1 },
    { RB_RESORTS_D_TYPE, ngx_string("type"), 0 },
    { RB_RESORTS_D_DESCRIPTION, ngx_string("description"), 0 },
    { RB_RESORTS_D_ENVIRONMENT, ngx_string("environment"), 0 },
    { RB_RESORTS_D_BENEFITS, ngx_string("benefits"), 0 },
    { RB_RESORTS_D_PHOTOS, ngx_string("photos"), 0 },
    { RB_RESORTS_D_REGION, ngx_string("region_code"), 0 },
    { RB_RESORTS_D_ADDRESS, ngx_string("address"), 0 },
    { RB_RESORTS_D_LAT, ngx_string("lat"), 0 },
    { RB_RESORTS_D_LNG, ngx_string("lng"), 0 },
    { RB_RESORTS_D_PHONE, ngx_string("contact_phone"), 1 },
    { RB_RESORTS_D_EMAIL, ngx_string("contact_email"), 1 },
    { RB_RESORTS_D_WEBSITE, ngx_string("website"), 1 },
    { RB_RESORTS_D_NUMBER, ngx_string("business_number"), 0 },
    { RB_RESORTS_D_BUSINESS, ngx_string("business_name"), 1 },
    { RB_RESORTS_D_REPRESENTATIVE, ngx_string("representative"), 1 },
    { RB_RESORTS_D_OPENED_ON, ngx_string("opened_on"), 1 }
};


static const rb_route_t  rb_resorts_desk_table[] = {
    {
        .name = ngx_string("resorts_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts"),
        .handler = rb_resorts_create_handler,
        .summary = rb_text("리조트 등록. 등록한 회원이 소유자가 됩니다.",
                           "Make a resort and become its owner"),
        .tag = ngx_string("resort desk"),
        .body = rb_resorts_new_body,
        .view = &rb_resort_profile_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_TOO_MANY,
        .idempotent = 1
    },
    {
        .name = ngx_string("resorts_profile_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/profile"),
        .handler = rb_resorts_profile_handler,
        .summary = rb_text("구성원이 보는 리조트 정보",
                           "A resort as its own people see it"),
        .tag = ngx_string("resort desk"),
        .path_params = rb_resorts_id,
        .view = &rb_resort_profile_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("resorts_profile_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string("/api/v1/resorts/{id}/profile"),
        .handler = rb_resorts_patch_handler,
        .summary = rb_text("리조트 정보 바꾸기. 보낸 것만 바뀝니다. 확인을 마친 "
                           "사업자 정보를 바꾸면 다시 확인을 받아야 합니다.",
                           "Change what is sent. What was verified of the "
                           "business is to be verified anew."),
        .tag = ngx_string("resort desk"),
        .path_params = rb_resorts_id,
        .body = rb_resorts_patch_body,
        .view = &rb_resort_profile_view,
        .roles = RB_ROLE_OWNER|RB_ROLE_MANAGER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .if_match = 1
    },
    {
        .name = ngx_string("resorts_close"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/resorts/{id}"),
        .handler = rb_resorts_close_handler,
        .summary = rb_text("리조트 닫기. 다시 열 수 없습니다.",
                           "Close a resort for good"),
        .tag = ngx_string("resort desk"),
        .path_params = rb_resorts_id,
        .roles = RB_ROLE_OWNER,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_RESORTS_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    }
};

const rb_routes_t  rb_resorts_desk_routes = {
    rb_resorts_desk_table, rb_array_size(rb_resorts_desk_table)
};


/* POST /api/v1/resorts */

static rb_err_t *
rb_resorts_create_handler(rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         response;
    ngx_uint_t        replayed;
    rb_origin_t       origin;
    rb_resort_new_t   resort;

    err = rb_resorts_told(req, &resort.patch);
    if (err) {
        return err;
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    resort.key = req->idempotency_key;
    ngx_memcpy(resort.request_hash, req->request_hash,
               sizeof(resort.request_hash));

    err = rb_resorts_create(&req->task, &resort, req->principal, &origin,
                            &response, &replayed);

    return err ? err : rb_resorts_created(req, &response, replayed);
}


/* GET /api/v1/resorts/{id}/profile */

static rb_err_t *
rb_resorts_profile_handler(rb_req_t *req)
{
    return rb_resorts_show(req);
}


/* PATCH /api/v1/resorts/{id}/profile */

static rb_err_t *
rb_resorts_patch_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     patch;
    rb_origin_t   origin;

    err = rb_resorts_told(req, &patch);
    if (err) {
        return err;
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_resorts_change(&req->task, &req->path[0].text, &patch,
                            &req->if_match, req->principal, &origin);

    return err ? err : rb_resorts_show(req);
}


/* DELETE /api/v1/resorts/{id} */

static rb_err_t *
rb_resorts_close_handler(rb_req_t *req)
{
    rb_err_t     *err;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    err = rb_resorts_close(&req->task, &req->path[0].text, &req->if_match,
                           req->principal, &origin);

    return err ? err : rb_reply_nothing(req);
}


/* What the body says, as columns; all that is wrong with it at once. */

static rb_err_t *
rb_resorts_told(rb_req_t *req, ngx_str_t *patch)
{
    rb_err_t          *err;
    const rb_value_t  *number, *opened, *region, *address;

    err = rb_patch_write(req, rb_resorts_columns,
                         rb_array_size(rb_resorts_columns), patch);

    err = rb_patch_whole(req, err, RB_RESORTS_D_REGION,
                         RB_RESORTS_D_LNG - RB_RESORTS_D_REGION + 1);

    region = &req->body[RB_RESORTS_D_REGION];
    address = &req->body[RB_RESORTS_D_ADDRESS];

    if (region->given && address->given) {
        err = rb_meta_address_check(req->task.pool, err,
                     rb_param_name(&req->route->body[RB_RESORTS_D_ADDRESS]),
                     &region->text, &address->text);
    }

    number = &req->body[RB_RESORTS_D_NUMBER];
    opened = &req->body[RB_RESORTS_D_OPENED_ON];

    if (number->given) {
        err = rb_resorts_number_check(req->task.pool, err, &number->text);
    }

    if (opened->given) {
        err = rb_resorts_opened_check(req->task.pool, err, opened->integer);
    }

    return err;
}


static rb_err_t *
rb_resorts_show(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_resorts_profile(&req->task, &req->path[0].text, req->principal,
                             &rows);

    return err ? err : rb_reply_revised(req, &rows, rows.columns - 1);
}


static rb_err_t *
rb_resorts_created(rb_req_t *req, const ngx_str_t *response,
    ngx_uint_t replayed)
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

    rb_buf_printf(&location, "/api/v1/resorts/%s/profile", id);

    if (location.failed) {
        return &rb_err_internal;
    }

    err = rb_reply_json(req, NGX_HTTP_CREATED, &json);
    if (err) {
        return err;
    }

    rb_json_raw(&json, response->data, response->len);

    ngx_str_set(&req->reply.etag, "\"1\"");
    req->reply.location.data = location.start;
    req->reply.location.len = rb_buf_len(&location);
    req->reply.replayed = (replayed != 0);

    return NULL;
}
