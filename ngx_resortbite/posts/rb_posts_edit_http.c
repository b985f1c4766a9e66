
/*
 * What a resort's posts say: drafts, copies, edits.  The rest of
 * /api/v1/resorts/{id}/posts: rb_posts_http.c.
 */


#include "posts/rb_posts_http.h"
#include "posts/rb_posts.h"
#include "posts/rb_posts_view_http.h"
#include "gate/rb_identity.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "web/rb_param.h"
#include "web/rb_patch.h"
#include <ngx_http.h>


#define RB_POSTS_PAY_MAX    100000000
/*
 * Characters: as many as keep a job's page under 50 KB (t/pages_site.t).  The
 * tables take more, of posts from before.
 */

#define RB_POSTS_DESCRIPTION   6000
#define RB_POSTS_REQUIREMENTS  2000

#define RB_POSTS_BENEFITS   30
#define RB_POSTS_WORK_TYPES 20


/* Members of what a post says; of a copy. */

enum {
    RB_POSTS_B_TITLE = 0,
    RB_POSTS_B_DESCRIPTION,
    RB_POSTS_B_CATEGORY,
    RB_POSTS_B_EMPLOYMENT,
    RB_POSTS_B_PAY_TYPE,
    RB_POSTS_B_PAY_MIN,
    RB_POSTS_B_PAY_MAX,
    RB_POSTS_B_MINUTES,
    RB_POSTS_B_FROM,
    RB_POSTS_B_UNTIL,
    RB_POSTS_B_HEADCOUNT,
    RB_POSTS_B_DORMITORY,
    RB_POSTS_B_DORMITORY_ID,
    RB_POSTS_B_MEALS,
    RB_POSTS_B_BENEFITS,
    RB_POSTS_B_REQUIREMENTS,
    RB_POSTS_B_APPLY_UNTIL,
    RB_POSTS_B_WORK_TYPES,
    RB_POSTS_B_REGION,
    RB_POSTS_B_ADDRESS,
    RB_POSTS_B_LAT,
    RB_POSTS_B_LNG
};

enum {
    RB_POSTS_C_RESORT = 0,
    RB_POSTS_C_TITLE,
    RB_POSTS_C_FROM,
    RB_POSTS_C_UNTIL,
    RB_POSTS_C_APPLY_UNTIL
};


static rb_err_t *rb_posts_create_handler(rb_req_t *req);
static rb_err_t *rb_posts_copy_handler(rb_req_t *req);
static rb_err_t *rb_posts_make(rb_req_t *req, rb_posts_new_t *draft);
static rb_err_t *rb_posts_reply(rb_req_t *req, const ngx_str_t *resort,
    const ngx_str_t *response, ngx_uint_t replayed);
static rb_err_t *rb_posts_edit_handler(rb_req_t *req);
static rb_err_t *rb_posts_told(rb_req_t *req, ngx_str_t *patch);


/* What a post says; only a new one's title is required. */

#define RB_POSTS_BODY(required)                                               \
    { ngx_string("title"), RB_PARAM_STRING, 2, 100, NULL, required,           \
      ngx_null_string,                                                        \
      rb_text("제목", "Title") },                                             \
    { ngx_string("description"), RB_PARAM_STRING, 0,                         \
      RB_POSTS_DESCRIPTION, NULL, 0,                                          \
      ngx_null_string,                                                        \
      rb_text("하는 일과 근무 조건. 검토를 요청하려면 10자 이상",             \
              "What the work is like; at least 10 characters to be "          \
              "submitted") },                                                 \
    { ngx_string("category"), RB_PARAM_ENUM, 0, 0, rb_meta_categories, 0,     \
      ngx_null_string,                                                        \
      rb_text("직무", "Kind of work") },                                      \
    { ngx_string("employment_type"), RB_PARAM_ENUM, 0, 0,                     \
      rb_meta_employment_types, 0, ngx_null_string,                           \
      rb_text("고용 형태", "Kind of employment") },                           \
    { ngx_string("pay.type"), RB_PARAM_ENUM, 0, 0, rb_meta_pay_types, 0,      \
      ngx_null_string,                                                        \
      rb_text("급여 기준", "What pay is for") },                              \
    { ngx_string("pay.min"), RB_PARAM_INT, 1, RB_POSTS_PAY_MAX, NULL, 0,      \
      ngx_null_string,                                                        \
      rb_text("최저 급여 (원)", "The least, in KRW") },                       \
    { ngx_string("pay.max"), RB_PARAM_INT, 1, RB_POSTS_PAY_MAX, NULL, 0,      \
      ngx_null_string,                                                        \
      rb_text("최고 급여 (원)", "The most, in KRW") },                        \
    { ngx_string("pay.daily_minutes"), RB_PARAM_INT, 60, 1440, NULL, 0,       \
      ngx_null_string,                                                        \
      rb_text("하루 유급 근무 시간 (분). 처음에는 480",                       \
              "Paid minutes of a working day; 480 at first") },               \
    { ngx_string("period.from"), RB_LIST_DATES, NULL, 0, ngx_null_string,     \
      rb_text("근무를 시작하는 날", "First day of work") },                   \
    { ngx_string("period.until"), RB_LIST_DATES, NULL, 0, ngx_null_string,    \
      rb_text("근무가 끝나는 날. null은 정하지 않음",                         \
              "Last day of work; null: open") },                              \
    { ngx_string("headcount"), RB_PARAM_INT, 1, 999, NULL, 0,                 \
      ngx_null_string,                                                        \
      rb_text("모집 인원", "How many are wanted") },                          \
    { ngx_string("dormitory"), RB_PARAM_BOOL, 0, 0, NULL, 0,                  \
      ngx_null_string,                                                        \
      rb_text("숙소를 주는지", "Whether there is a bed") },                   \
    { ngx_string("dormitory_id"), RB_PARAM_UUID, 0, 0, NULL, 0,               \
      ngx_null_string,                                                        \
      rb_text("주는 숙소. 이 리조트의 것", "The dormitory, of this resort") }, \
    { ngx_string("meals"), RB_PARAM_INT, 0, 3, NULL, 0, ngx_null_string,      \
      rb_text("하루 식사 제공 횟수", "Meals a day") },                        \
    { ngx_string("benefits"), RB_PARAM_LABELS, 0, RB_POSTS_BENEFITS, NULL, 0, \
      ngx_null_string,                                                        \
      rb_text("복리후생", "Benefits") },                                      \
    { ngx_string("requirements"), RB_PARAM_STRING, 0,                        \
      RB_POSTS_REQUIREMENTS, NULL, 0,                                         \
      ngx_null_string,                                                        \
      rb_text("지원 자격", "What applicants need") },                         \
    { ngx_string("apply_until"), RB_LIST_DATES, NULL, 0, ngx_null_string,     \
      rb_text("지원 마감일. null은 채용될 때까지",                            \
              "Last day to apply; null: until filled") },                     \
    { ngx_string("work_type_ids"), RB_PARAM_UUIDS, 0, RB_POSTS_WORK_TYPES,    \
      NULL, 0, ngx_null_string,                                               \
      rb_text("근무 유형. 이 리조트의 것", "Work types, of this resort") },   \
    { ngx_string("workplace.region"), RB_PARAM_ENUM, 0, 0, rb_meta_regions,   \
      0, ngx_null_string,                                                     \
      rb_text("지역. 처음에는 리조트의 것",                                   \
              "Province or city; the resort's at first, as all of the "       \
              "workplace") },                                                 \
    { ngx_string("workplace.address"), RB_PARAM_STRING, 5, 200, NULL, 0,      \
      ngx_null_string,                                                        \
      rb_text("주소", "Address") },                                           \
    { ngx_string("workplace.lat"), RB_PARAM_NUMBER, 32.5, 39, NULL, 0,        \
      ngx_null_string,                                                        \
      rb_text("위도", "Latitude") },                                          \
    { ngx_string("workplace.lng"), RB_PARAM_NUMBER, 124, 132.5, NULL, 0,      \
      ngx_null_string,                                                        \
      rb_text("경도", "Longitude") },                                         \
    rb_param_end

static const rb_param_t  rb_posts_create_body[] = { RB_POSTS_BODY(1) };
static const rb_param_t  rb_posts_edit_body[] = { RB_POSTS_BODY(0) };

static const rb_param_t  rb_posts_copy_body[] = {
    { ngx_string("resort"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("다른 리조트로 복사할 때 그 리조트의 id. 그곳의 구성원이어야 "
              "합니다.",
              "Another resort to copy it to, of which one must be a member, "
              "too") },
    { ngx_string("title"), RB_PARAM_STRING, 2, 100, NULL, 0, ngx_null_string,
      rb_text("새 제목", "Another title") },
    { ngx_string("period.from"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("근무를 시작하는 날", "First day of work") },
    { ngx_string("period.until"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("근무가 끝나는 날", "Last day of work") },
    { ngx_string("apply_until"), RB_LIST_DATES, NULL, 0, ngx_null_string,
      rb_text("지원 마감일", "Last day to apply") },
    rb_param_end
};


static const rb_patch_t  rb_posts_columns[] = {
    { RB_POSTS_B_TITLE, ngx_string("title"), 0 },
    { RB_POSTS_B_DESCRIPTION, ngx_string("description"), 0 },
    { RB_POSTS_B_CATEGORY, ngx_string("category_code"), 1 },
    { RB_POSTS_B_EMPLOYMENT, ngx_string("employment_type"), 1 },
    { RB_POSTS_B_PAY_TYPE, ngx_string("pay_type"), 1 },
    { RB_POSTS_B_PAY_MIN, ngx_string("pay_min_krw"), 1 },
    { RB_POSTS_B_PAY_MAX, ngx_string("pay_max_krw"), 1 },
    { RB_POSTS_B_MINUTES, ngx_string("daily_minutes"), 0 },
    { RB_POSTS_B_FROM, ngx_string("starts_on"), 1 },
    { RB_POSTS_B_UNTIL, ngx_string("ends_on"), 1 },
    { RB_POSTS_B_HEADCOUNT, ngx_string("headcount"), 0 },
    { RB_POSTS_B_DORMITORY, ngx_string("has_dormitory"), 0 },
    { RB_POSTS_B_DORMITORY_ID, ngx_string("dormitory_id"), 1 },
    { RB_POSTS_B_MEALS, ngx_string("meals_a_day"), 0 },
    { RB_POSTS_B_BENEFITS, ngx_string("benefits"), 0 },
    { RB_POSTS_B_REQUIREMENTS, ngx_string("requirements"), 0 },
    { RB_POSTS_B_APPLY_UNTIL, ngx_string("apply_until"), 1 },
    { RB_POSTS_B_WORK_TYPES, ngx_string("work_type_ids"), 0 },
    { RB_POSTS_B_REGION, ngx_string("region_code"), 0 },
    { RB_POSTS_B_ADDRESS, ngx_string("address"), 0 },
    { RB_POSTS_B_LAT, ngx_string("lat"), 0 },
    { RB_POSTS_B_LNG, ngx_string("lng"), 0 }
};

static const rb_patch_t  rb_posts_copy_columns[] = {
    { RB_POSTS_C_TITLE, ngx_string("title"), 0 },
    { RB_POSTS_C_FROM, ngx_string("starts_on"), 1 },
    { RB_POSTS_C_UNTIL, ngx_string("ends_on"), 1 },
    { RB_POSTS_C_APPLY_UNTIL, ngx_string("apply_until"), 1 }
};


static const rb_route_t  rb_posts_edit_table[] = {
    {
        .name = ngx_string("posts_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/posts"),
        .handler = rb_posts_create_handler,
        .summary = rb_text("공고 초안 만들기", "Make a draft"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_resort_id,
        .body = rb_posts_create_body,
        .view = &rb_post_created_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_TOO_MANY,
        .idempotent = 1
    },
    {
        .name = ngx_string("posts_copy"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}/copy"),
        .handler = rb_posts_copy_handler,
        .summary = rb_text("공고를 새 초안으로 복사", "Copy a post to a draft"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_ids,
        .body = rb_posts_copy_body,
        .view = &rb_post_created_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_TOO_MANY,
        .idempotent = 1
    },
    {
        .name = ngx_string("posts_edit"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}"),
        .handler = rb_posts_edit_handler,
        .summary = rb_text("공고 고치기. 공개된 공고가 지원자에게 불리해지면 "
                           "다시 검토를 받습니다.",
                           "Change what is sent. A public post that becomes "
                           "worse for applicants goes back to review."),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_ids,
        .body = rb_posts_edit_body,
        .view = &rb_post_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_RULES,
        .if_match = 1,
        .by_language = 1
    }
};

const rb_routes_t  rb_posts_edit_routes = {
    rb_posts_edit_table, rb_array_size(rb_posts_edit_table)
};


/* POST /api/v1/resorts/{id}/posts */

static rb_err_t *
rb_posts_create_handler(rb_req_t *req)
{
    rb_err_t        *err;
    rb_posts_new_t   draft;

    ngx_memzero(&draft, sizeof(rb_posts_new_t));
    draft.resort = req->path[0].text;

    err = rb_posts_told(req, &draft.patch);

    return err ? err : rb_posts_make(req, &draft);
}


/* POST /api/v1/resorts/{id}/posts/{post_id}/copy */

static rb_err_t *
rb_posts_copy_handler(rb_req_t *req)
{
    rb_err_t        *err;
    rb_value_t      *to;
    rb_posts_new_t   draft;

    to = &req->body[RB_POSTS_C_RESORT];

    ngx_memzero(&draft, sizeof(rb_posts_new_t));
    draft.from = req->path[0].text;
    draft.source = req->path[1].text;
    draft.resort = to->text.data ? to->text : draft.from;

    err = rb_patch_write(req, rb_posts_copy_columns,
                         rb_array_size(rb_posts_copy_columns), &draft.patch);

    return err ? err : rb_posts_make(req, &draft);
}


static rb_err_t *
rb_posts_make(rb_req_t *req, rb_posts_new_t *draft)
{
    rb_err_t     *err;
    ngx_str_t     response;
    ngx_uint_t    replayed;
    rb_origin_t   origin;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    draft->key = req->idempotency_key;
    ngx_memcpy(draft->request_hash, req->request_hash,
               sizeof(draft->request_hash));

    err = rb_posts_create(&req->task, draft, req->principal, &origin,
                          &response, &replayed);

    return err ? err
               : rb_posts_reply(req, &draft->resort, &response, replayed);
}


/* Its ETag is the revision, as that of what shows the whole post. */

static rb_err_t *
rb_posts_reply(rb_req_t *req, const ngx_str_t *resort,
    const ngx_str_t *response, ngx_uint_t replayed)
{
    json_t      *root;
    size_t       place;
    rb_err_t    *err;
    rb_buf_t     b;
    rb_json_t    json;
    const char  *id;

    err = rb_json_parse(req->task.pool, response, &root);
    if (err) {
        return &rb_err_internal;
    }

    id = json_string_value(json_object_get(root, "id"));

    if (id == NULL || rb_buf_init(&b, req->task.pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_printf(&b, "/api/v1/resorts/%V/posts/%s", resort, id);
    place = rb_buf_len(&b);
    rb_buf_printf(&b, "\"%L\"", (int64_t) json_integer_value(
                                     json_object_get(root, "revision")));

    if (b.failed) {
        return &rb_err_internal;
    }

    err = rb_reply_json(req, NGX_HTTP_CREATED, &json);
    if (err) {
        return err;
    }

    rb_json_raw(&json, response->data, response->len);

    req->reply.location.data = b.start;
    req->reply.location.len = place;
    req->reply.etag.data = b.start + place;
    req->reply.etag.len = rb_buf_len(&b) - place;
    req->reply.replayed = (replayed != 0);

    return NULL;
}


/* PATCH /api/v1/resorts/{id}/posts/{post_id} */

static rb_err_t *
rb_posts_edit_handler(rb_req_t *req)
{
    rb_err_t         *err;
    ngx_str_t         left;
    rb_origin_t       origin;
    rb_posts_edit_t   edit;

    err = rb_posts_told(req, &edit.patch);
    if (err) {
        return err;
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    edit.resort = req->path[0].text;
    edit.post = req->path[1].text;
    edit.if_match = req->if_match;

    err = rb_posts_edit(&req->task, &edit, req->principal, &origin, &left);

    return err ? err : rb_posts_show(req, &left);
}


/*
 * What the body says, as columns; all that is wrong with it at once.  A
 * workplace is one place: it moves as a whole.
 */

static rb_err_t *
rb_posts_told(rb_req_t *req, ngx_str_t *patch)
{
    rb_err_t          *err;
    const rb_value_t  *region, *address;

    err = rb_patch_write(req, rb_posts_columns,
                         rb_array_size(rb_posts_columns), patch);

    err = rb_patch_whole(req, err, RB_POSTS_B_REGION,
                         RB_POSTS_B_LNG - RB_POSTS_B_REGION + 1);

    region = &req->body[RB_POSTS_B_REGION];
    address = &req->body[RB_POSTS_B_ADDRESS];

    if (region->given && address->given) {
        err = rb_meta_address_check(req->task.pool, err,
                      rb_param_name(&req->route->body[RB_POSTS_B_ADDRESS]),
                      &region->text, &address->text);
    }

    return err;
}
