
/*
 * /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms, and their beds.
 *
 * They are read with their dormitory; a change is answered with what it made
 * of the room or bed.
 */


#include "dorms/rb_dorms_desk_http.h"
#include "web/rb_patch.h"
#include <ngx_http.h>


#define RB_ROOM_REVISION   6            /* column of rb_room_fields */
#define RB_BED_REVISION    3            /* of rb_bed_fields */

#define RB_ROOMS_PATH                                                         \
    "/api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms"
#define RB_BEDS_PATH       RB_ROOMS_PATH "/{room_id}/beds"


enum {
    RB_ROOMS_B_NAME = 0,
    RB_ROOMS_B_FLOOR,
    RB_ROOMS_B_GENDER,
    RB_ROOMS_B_BEDS,
    RB_ROOMS_B_LABELS
};


static rb_err_t *rb_rooms_create_handler(rb_req_t *req);
static rb_err_t *rb_rooms_change_handler(rb_req_t *req);
static rb_err_t *rb_rooms_retire_handler(rb_req_t *req);
static rb_err_t *rb_rooms_restore_handler(rb_req_t *req);
static rb_err_t *rb_rooms_labels(rb_req_t *req, ngx_str_t *labels);
static rb_err_t *rb_beds_create_handler(rb_req_t *req);
static rb_err_t *rb_beds_change_handler(rb_req_t *req);
static rb_err_t *rb_beds_retire_handler(rb_req_t *req);
static rb_err_t *rb_beds_restore_handler(rb_req_t *req);


static const rb_view_field_t  rb_room_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("방 id", "The id") },
    { ngx_string("dormitory_id"), RB_VIEW_UUID, 0,
      rb_text("숙소 id", "The dormitory's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("floor"), RB_VIEW_INTEGER, 0,
      rb_text("층. 지하는 음수", "Floor; below ground it is negative") },
    { ngx_string("gender"), RB_VIEW_CODE, 0,
      rb_text("누가 쓰는 방인지: female, male, any",
              "Whose room it is: female, male, any") },
    { ngx_string("beds"), RB_VIEW_JSON, 0,
      rb_text("침대: id, label, revision, retired_at",
              "Beds: id, label, revision, retired_at") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("판 번호: If-Match에 씁니다.", "What If-Match names") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때", "When it was made") },
    { ngx_string("retired_at"), RB_VIEW_TIME, 1,
      rb_text("쓰지 않게 된 때", "When it went out of use") }
};

static const rb_view_t  rb_room_view = rb_view("Room", rb_room_fields);


static const rb_view_field_t  rb_bed_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("침대 id", "The id") },
    { ngx_string("room_id"), RB_VIEW_UUID, 0,
      rb_text("방 id", "The room's id") },
    { ngx_string("label"), RB_VIEW_STRING, 0,
      rb_text("이름표", "Label") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("판 번호: If-Match에 씁니다.", "What If-Match names") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때", "When it was made") },
    { ngx_string("retired_at"), RB_VIEW_TIME, 1,
      rb_text("쓰지 않게 된 때", "When it went out of use") }
};

static const rb_view_t  rb_bed_view = rb_view("Bed", rb_bed_fields);


static const rb_param_t  rb_rooms_of[] = {
    rb_dorms_param_resort,
    rb_dorms_param_dormitory,
    rb_param_end
};

static const rb_param_t  rb_rooms_ids[] = {
    rb_dorms_param_resort,
    rb_dorms_param_dormitory,
    rb_dorms_param_id("room_id", "방 id", "The room's id"),
    rb_param_end
};

static const rb_param_t  rb_beds_ids[] = {
    rb_dorms_param_resort,
    rb_dorms_param_dormitory,
    rb_dorms_param_id("room_id", "방 id", "The room's id"),
    rb_dorms_param_id("bed_id", "침대 id", "The bed's id"),
    rb_param_end
};


static const ngx_str_t  rb_rooms_genders[] = {
    ngx_string("female"), ngx_string("male"), ngx_string("any"),
    ngx_null_string
};

#define rb_rooms_members(needed, floor)                                       \
    { ngx_string("name"), RB_PARAM_STRING, 1, 30, NULL, needed,               \
      ngx_null_string,                                                        \
      rb_text("이름. 한 숙소 안에서 하나뿐이어야 합니다.",                    \
              "Name; no other of the dormitory has it") },                    \
    { ngx_string("floor"), RB_PARAM_INT, -5, 60, NULL, 0, floor,              \
      rb_text("층. 지하는 음수", "Floor; below ground it is negative") },     \
    { ngx_string("gender"), RB_PARAM_ENUM, 0, 0, rb_rooms_genders, needed,    \
      ngx_null_string,                                                        \
      rb_text("누가 쓰는 방인지", "Whose room it is") }

static const rb_param_t  rb_rooms_create_body[] = {
    rb_rooms_members(1, ngx_string("1")),
    { ngx_string("beds"), RB_PARAM_INT, 0, RB_BEDS_MAX, NULL, 0,
      ngx_null_string,
      rb_text("함께 만들 침대 수. 이름표는 A, B, C …",
              "How many beds to make with it; they are A, B, C …") },
    { ngx_string("labels"), RB_PARAM_LABELS, 0, RB_BEDS_MAX, NULL, 0,
      ngx_null_string,
      rb_text("함께 만들 침대의 이름표. beds 대신 줍니다.",
              "Labels of beds to make with it, instead of beds") },
    rb_param_end
};

static const rb_param_t  rb_rooms_change_body[] = {
    rb_rooms_members(0, ngx_null_string),
    rb_param_end
};

static const rb_param_t  rb_beds_body[] = {
    { ngx_string("label"), RB_PARAM_STRING, 1, 20, NULL, 1, ngx_null_string,
      rb_text("이름표. 한 방 안에서 하나뿐이어야 합니다.",
              "Label; no other of the room has it") },
    rb_param_end
};


static const rb_patch_t  rb_rooms_columns[] = {
    { RB_ROOMS_B_NAME, ngx_string("name"), 0 },
    { RB_ROOMS_B_FLOOR, ngx_string("floor"), 0 },
    { RB_ROOMS_B_GENDER, ngx_string("gender"), 0 }
};


static const rb_route_t  rb_dorms_rooms_table[] = {
    {
        .name = ngx_string("rooms_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string(RB_ROOMS_PATH),
        .handler = rb_rooms_create_handler,
        .summary = rb_text("방 만들기, 침대와 함께",
                           "Add a room, with its beds"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_rooms_of,
        .body = rb_rooms_create_body,
        .view = &rb_room_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("rooms_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string(RB_ROOMS_PATH "/{room_id}"),
        .handler = rb_rooms_change_handler,
        .summary = rb_text("방 고치기",
                           "Change a room"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_rooms_ids,
        .body = rb_rooms_change_body,
        .view = &rb_room_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .if_match = 1
    },
    {
        .name = ngx_string("rooms_retire"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string(RB_ROOMS_PATH "/{room_id}"),
        .handler = rb_rooms_retire_handler,
        .summary = rb_text("방을 더 쓰지 않기",
                           "Take a room out of use"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_rooms_ids,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("rooms_restore"),
        .method = NGX_HTTP_POST,
        .path = ngx_string(RB_ROOMS_PATH "/{room_id}/restore"),
        .handler = rb_rooms_restore_handler,
        .summary = rb_text("방을 다시 쓰기",
                           "Take a room back into use"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_rooms_ids,
        .view = &rb_room_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("beds_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string(RB_BEDS_PATH),
        .handler = rb_beds_create_handler,
        .summary = rb_text("침대 더하기",
                           "Add a bed"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_rooms_ids,
        .body = rb_beds_body,
        .view = &rb_bed_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("beds_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string(RB_BEDS_PATH "/{bed_id}"),
        .handler = rb_beds_change_handler,
        .summary = rb_text("침대의 이름표 고치기",
                           "Change a bed's label"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_beds_ids,
        .body = rb_beds_body,
        .view = &rb_bed_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .if_match = 1
    },
    {
        .name = ngx_string("beds_retire"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string(RB_BEDS_PATH "/{bed_id}"),
        .handler = rb_beds_retire_handler,
        .summary = rb_text("침대를 더 쓰지 않기",
                           "Take a bed out of use"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_beds_ids,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("beds_restore"),
        .method = NGX_HTTP_POST,
        .path = ngx_string(RB_BEDS_PATH "/{bed_id}/restore"),
        .handler = rb_beds_restore_handler,
        .summary = rb_text("침대를 다시 쓰기",
                           "Take a bed back into use"),
        .tag = ngx_string("dormitories"),
        .path_params = rb_beds_ids,
        .view = &rb_bed_view,
        .roles = RB_DORMS_MANAGERS,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    }
};

const rb_routes_t  rb_dorms_rooms_routes = {
    rb_dorms_rooms_table, rb_array_size(rb_dorms_rooms_table)
};


/* POST …/rooms */

static rb_err_t *
rb_rooms_create_handler(rb_req_t *req)
{
    rb_err_t       *err;
    ngx_str_t       patch, labels;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_patch_write(req, rb_rooms_columns,
                         rb_array_size(rb_rooms_columns), &patch);
    if (err) {
        return err;
    }

    err = rb_rooms_labels(req, &labels);
    if (err) {
        return err;
    }

    err = rb_dorms_room_create(&req->task, &at, &patch, &labels, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_ROOM_REVISION);
}


/* Of its beds: those given, or as many letters as beds are wanted. */

static rb_err_t *
rb_rooms_labels(rb_req_t *req, ngx_str_t *labels)
{
    u_char      *p;
    ngx_int_t    i, beds;
    ngx_str_t    name = ngx_string("labels");
    rb_value_t  *given;

    given = &req->body[RB_ROOMS_B_LABELS];
    beds = (ngx_int_t) req->body[RB_ROOMS_B_BEDS].integer;

    if (given->text.data) {

        if (req->body[RB_ROOMS_B_BEDS].given) {
            return rb_err_add_field(NULL, req->task.pool, &name, "ambiguous",
                                    "beds와 labels 중 하나만 주세요.",
                                    "can't be given together with beds.");
        }

        *labels = given->text;
        return NULL;
    }

    p = ngx_pnalloc(req->task.pool, sizeof("[]") + 4 * RB_BEDS_MAX);
    if (p == NULL) {
        return &rb_err_internal;
    }

    labels->data = p;
    *p++ = '[';

    for (i = 0; i < beds; i++) {
        p = ngx_sprintf(p, "%s\"%c\"", i ? "," : "", (int) ('A' + i));
    }

    *p++ = ']';
    labels->len = p - labels->data;

    return NULL;
}


/* PATCH …/rooms/{room_id} */

static rb_err_t *
rb_rooms_change_handler(rb_req_t *req)
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

    err = rb_patch_write(req, rb_rooms_columns,
                         rb_array_size(rb_rooms_columns), &patch);
    if (err) {
        return err;
    }

    err = rb_dorms_room_change(&req->task, &at, &patch, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_ROOM_REVISION);
}


/* DELETE …/rooms/{room_id} */

static rb_err_t *
rb_rooms_retire_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_room_retire(&req->task, &at);

    return err ? err : rb_reply_nothing(req);
}


/* POST …/rooms/{room_id}/restore */

static rb_err_t *
rb_rooms_restore_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_room_restore(&req->task, &at, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_ROOM_REVISION);
}


/* POST …/rooms/{room_id}/beds */

static rb_err_t *
rb_beds_create_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_bed_create(&req->task, &at, &req->body[0].text, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_BED_REVISION);
}


/* PATCH …/rooms/{room_id}/beds/{bed_id} */

static rb_err_t *
rb_beds_change_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_bed_change(&req->task, &at, &req->body[0].text, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_BED_REVISION);
}


/* DELETE …/rooms/{room_id}/beds/{bed_id} */

static rb_err_t *
rb_beds_retire_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_bed_retire(&req->task, &at);

    return err ? err : rb_reply_nothing(req);
}


/* POST …/rooms/{room_id}/beds/{bed_id}/restore */

static rb_err_t *
rb_beds_restore_handler(rb_req_t *req)
{
    rb_err_t       *err;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_dorms_at_t   at;

    err = rb_dorms_at(req, &at, &origin);
    if (err) {
        return err;
    }

    err = rb_dorms_bed_restore(&req->task, &at, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_BED_REVISION);
}
