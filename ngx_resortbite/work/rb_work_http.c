
/*
 * /api/v1/resorts/{id}/work-types of a resort's desk; of the public
 * /api/v1/jobs/{id}/work-types and /api/v1/work-type-templates.
 */


#include "work/rb_work_http.h"
#include "work/rb_work.h"
#include "gate/rb_identity.h"
#include "jobs/rb_jobs.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "web/rb_patch.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_WORK_REVISION       13       /* column of the view */
#define RB_WORK_OF_JOB_MAX     20       /* the most that a post offers */
#define RB_WORK_TEMPLATES_MAX  1000

/* column of jobs_get: resort.id, for the tag */
#define RB_WORK_JOB_RESORT     "resort.id"


enum {
    RB_WORK_Q_LIMIT = 0,
    RB_WORK_Q_CURSOR
};

/* Members of the bodies; a template is of the POST's only. */

enum {
    RB_WORK_B_NAME = 0,
    RB_WORK_B_CATEGORY,
    RB_WORK_B_SCHEDULE,
    RB_WORK_B_HEADCOUNT,
    RB_WORK_B_PAY_TYPE,
    RB_WORK_B_PAY_MIN,
    RB_WORK_B_PAY_MAX,
    RB_WORK_B_MINUTES,
    RB_WORK_B_REQUIREMENTS,
    RB_WORK_B_TEMPLATE
};

enum {
    RB_WORK_C_NAME = 0,
    RB_WORK_C_RESORT
};


static rb_err_t *rb_work_create_handler(rb_req_t *req);
static rb_err_t *rb_work_list_handler(rb_req_t *req);
static rb_err_t *rb_work_get_handler(rb_req_t *req);
static rb_err_t *rb_work_change_handler(rb_req_t *req);
static rb_err_t *rb_work_delete_handler(rb_req_t *req);
static rb_err_t *rb_work_copy_handler(rb_req_t *req);
static rb_err_t *rb_work_of_job_handler(rb_req_t *req);
static rb_err_t *rb_work_templates_handler(rb_req_t *req);
static rb_err_t *rb_work_check_new(rb_req_t *req);
static rb_err_t *rb_work_reply(rb_req_t *req, const rb_pg_rows_t *rows);
static void rb_work_tag_resort(rb_req_t *req, const rb_pg_rows_t *job);


#define RB_WORK_SCHEDULE_ABOUT                                                \
    rb_text("근무 시간대: day(mon~sun), start, end. end가 start보다 늦지 "    \
            "않으면 다음 날 끝납니다.",                                       \
            "When it is worked: day (mon to sun), start, end. It ends on "    \
            "the next day when end isn't after start.")

static const rb_view_field_t  rb_work_type_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("업무 id", "The id") },
    { ngx_string("resort_id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The resort's id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("category"), RB_VIEW_CODE, 0,
      rb_text("직무 (meta의 categories)", "Kind of work (categories of meta)") },
    { ngx_string("schedule"), RB_VIEW_WEEK, 0, RB_WORK_SCHEDULE_ABOUT },
    { ngx_string("hours_a_week"), RB_VIEW_INTEGER, 0,
      rb_text("한 주의 시간 수", "Hours of a week") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("필요한 인원", "How many are wanted") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 0,
      rb_text("급여 기준: hourly, daily, monthly",
              "What pay is for: hourly, daily, monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 0,
      rb_text("최저 급여 (원)", "The least, in KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 0,
      rb_text("최고 급여 (원)", "The most, in KRW") },
    { ngx_string("pay.hourly"), RB_VIEW_INTEGER, 0,
      rb_text("시급으로 환산한 최저 급여 (원)",
              "The least an hour pays, in KRW") },
    { ngx_string("daily_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("하루에 급여가 나가는 시간 (분)", "Paid minutes of a day") },
    { ngx_string("requirements"), RB_VIEW_STRING, 0,
      rb_text("자격과 안내", "What is asked for, and what to know") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("고칠 때 If-Match에 쓰는 번호. 바뀔 때마다 오릅니다.",
              "The number for If-Match; goes up with every change") },
    { ngx_string("warnings"), RB_VIEW_JSON, 0,
      rb_text("공고로 내기 전에 고칠 점: field, code. "
              "below_minimum_wage이면 hourly와 minimum(원)도",
              "What has to change before a post: field, code; of "
              "below_minimum_wage also hourly and minimum, in KRW") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때", "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("고친 때", "When it was changed") }
};

static const rb_view_t  rb_work_type_view = rb_view("WorkType",
                                                    rb_work_type_fields);


static const rb_view_field_t  rb_work_of_job_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("업무 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("category"), RB_VIEW_CODE, 0,
      rb_text("직무 (meta의 categories)", "Kind of work (categories of meta)") },
    { ngx_string("schedule"), RB_VIEW_WEEK, 0, RB_WORK_SCHEDULE_ABOUT },
    { ngx_string("hours_a_week"), RB_VIEW_INTEGER, 0,
      rb_text("한 주의 시간 수", "Hours of a week") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("필요한 인원", "How many are wanted") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 0,
      rb_text("급여 기준: hourly, daily, monthly",
              "What pay is for: hourly, daily, monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 0,
      rb_text("최저 급여 (원)", "The least, in KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 0,
      rb_text("최고 급여 (원)", "The most, in KRW") },
    { ngx_string("daily_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("하루에 급여가 나가는 시간 (분)", "Paid minutes of a day") },
    { ngx_string("requirements"), RB_VIEW_STRING, 0,
      rb_text("자격과 안내", "What is asked for, and what to know") }
};

static const rb_view_t  rb_work_of_job_view = rb_view("JobWorkType",
                                                      rb_work_of_job_fields);


static const rb_view_field_t  rb_work_template_fields[] = {
    { ngx_string("code"), RB_VIEW_CODE, 0,
      rb_text("업무를 만들 때 template에 쓰는 값",
              "What `template' is when a work type is made") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("category"), RB_VIEW_CODE, 0,
      rb_text("직무 (meta의 categories)", "Kind of work (categories of meta)") },
    { ngx_string("schedule"), RB_VIEW_WEEK, 0, RB_WORK_SCHEDULE_ABOUT },
    { ngx_string("hours_a_week"), RB_VIEW_INTEGER, 0,
      rb_text("한 주의 시간 수", "Hours of a week") },
    { ngx_string("daily_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("하루에 급여가 나가는 시간 (분)", "Paid minutes of a day") },
    { ngx_string("requirements"), RB_VIEW_STRING, 0,
      rb_text("자격과 안내", "What is asked for, and what to know") }
};

static const rb_view_t  rb_work_template_view = rb_view("WorkTypeTemplate",
                                                    rb_work_template_fields);


#define rb_work_param_resort                                                  \
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,        \
      rb_text("리조트 id", "The resort's id") }

static const rb_param_t  rb_work_resort[] = {
    rb_work_param_resort,
    rb_param_end
};

static const rb_param_t  rb_work_ids[] = {
    rb_work_param_resort,
    { ngx_string("work_type_id"), RB_PARAM_UUID, 0, 0, NULL, 1,
      ngx_null_string,
      rb_text("업무 id", "The work type's id") },
    rb_param_end
};

static const rb_param_t  rb_work_job[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

static const rb_param_t  rb_work_list_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


/* Of a POST pay is needed; the rest may come from a template. */

#define RB_WORK_BODY(needed)                                                  \
    { ngx_string("name"), RB_PARAM_STRING, 1, 60, NULL, 0, ngx_null_string,   \
      rb_text("이름. 리조트 안에서 하나뿐이어야 합니다.",                     \
              "Name; each of a resort's is its own") },                       \
    { ngx_string("category"), RB_PARAM_ENUM, 0, 0, rb_meta_categories, 0,     \
      ngx_null_string,                                                        \
      rb_text("직무", "Kind of work") },                                      \
    { ngx_string("schedule"), RB_PARAM_WEEK, 1, 168, NULL, 0,                 \
      ngx_null_string, RB_WORK_SCHEDULE_ABOUT },                              \
    { ngx_string("headcount"), RB_PARAM_INT, 1, 999, NULL, 0,                 \
      ngx_null_string,                                                        \
      rb_text("필요한 인원", "How many are wanted") },                        \
    { ngx_string("pay.type"), RB_PARAM_ENUM, 0, 0, rb_meta_pay_types, needed, \
      ngx_null_string,                                                        \
      rb_text("급여 기준", "What pay is for") },                              \
    { ngx_string("pay.min"), RB_PARAM_INT, 1, 100000000, NULL, needed,        \
      ngx_null_string,                                                        \
      rb_text("최저 급여 (원)", "The least, in KRW") },                       \
    { ngx_string("pay.max"), RB_PARAM_INT, 1, 100000000, NULL, needed,        \
      ngx_null_string,                                                        \
      rb_text("최고 급여 (원)", "The most, in KRW") },                        \
    { ngx_string("daily_minutes"), RB_PARAM_INT, 60, 1440, NULL, 0,           \
      ngx_null_string,                                                        \
      rb_text("하루에 급여가 나가는 시간 (분). schedule에서 가장 긴 "         \
              "하루보다 길 수 없습니다.",                                     \
              "Paid minutes of a day: at most the longest of schedule") },    \
    { ngx_string("requirements"), RB_PARAM_STRING, 0, 2000, NULL, 0,          \
      ngx_null_string,                                                        \
      rb_text("자격과 안내", "What is asked for, and what to know") }

static const rb_param_t  rb_work_create_body[] = {
    RB_WORK_BODY(1),
    { ngx_string("template"), RB_PARAM_STRING, 1, 40, NULL, 0,
      ngx_null_string,
      rb_text("양식의 code. 주지 않은 항목은 양식에서 옵니다. 없으면 name, "
              "category, schedule이 필수입니다.",
              "The code of a template, from which comes what isn't given. "
              "Without one, name, category and schedule are needed.") },
    rb_param_end
};

static const rb_param_t  rb_work_change_body[] = {
    RB_WORK_BODY(0),
    rb_param_end
};

static const rb_param_t  rb_work_copy_body[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, 60, NULL, 0, ngx_null_string,
      rb_text("새 이름. 없으면 같은 이름", "The copy's name; absent: the "
              "same") },
    { ngx_string("resort"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("복사해 갈 리조트의 id. 그곳의 구성원이어야 합니다. 없으면 "
              "같은 리조트",
              "The id of the resort to copy it to, for which one acts too; "
              "absent: the same") },
    rb_param_end
};


static const rb_patch_t  rb_work_columns[] = {
    { RB_WORK_B_NAME, ngx_string("name"), 0 },
    { RB_WORK_B_CATEGORY, ngx_string("category_code"), 0 },
    { RB_WORK_B_SCHEDULE, ngx_string("schedule"), 0 },
    { RB_WORK_B_HEADCOUNT, ngx_string("headcount"), 0 },
    { RB_WORK_B_PAY_TYPE, ngx_string("pay_type"), 0 },
    { RB_WORK_B_PAY_MIN, ngx_string("pay_min_krw"), 0 },
    { RB_WORK_B_PAY_MAX, ngx_string("pay_max_krw"), 0 },
    { RB_WORK_B_MINUTES, ngx_string("daily_minutes"), 0 },
    { RB_WORK_B_REQUIREMENTS, ngx_string("requirements"), 0 }
};


static const rb_route_t  rb_work_table[] = {
    {
        .name = ngx_string("work_types_create"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/work-types"),
        .handler = rb_work_create_handler,
        .summary = rb_text("업무 만들기", "Make a work type"),
        .tag = ngx_string("work types"),
        .path_params = rb_work_resort,
        .body = rb_work_create_body,
        .view = &rb_work_type_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT,
        .idempotent = 1
    },
    {
        .name = ngx_string("work_types_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/work-types"),
        .handler = rb_work_list_handler,
        .summary = rb_text("리조트의 업무", "A resort's work types"),
        .tag = ngx_string("work types"),
        .path_params = rb_work_resort,
        .query = rb_work_list_query,
        .view = &rb_work_type_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("work_types_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/work-types/{work_type_id}"),
        .handler = rb_work_get_handler,
        .summary = rb_text("업무 하나", "One work type"),
        .tag = ngx_string("work types"),
        .path_params = rb_work_ids,
        .view = &rb_work_type_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("work_types_change"),
        .method = NGX_HTTP_PATCH,
        .path = ngx_string("/api/v1/resorts/{id}/work-types/{work_type_id}"),
        .handler = rb_work_change_handler,
        .summary = rb_text("업무 고치기", "Change a work type"),
        .tag = ngx_string("work types"),
        .path_params = rb_work_ids,
        .body = rb_work_change_body,
        .view = &rb_work_type_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_CONFLICT,
        .if_match = 1
    },
    {
        .name = ngx_string("work_types_delete"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/resorts/{id}/work-types/{work_type_id}"),
        .handler = rb_work_delete_handler,
        .summary = rb_text("업무 지우기", "Delete a work type"),
        .tag = ngx_string("work types"),
        .path_params = rb_work_ids,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        .name = ngx_string("work_types_copy"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/resorts/{id}/work-types/{work_type_id}"
                           "/copy"),
        .handler = rb_work_copy_handler,
        .summary = rb_text("업무 복사", "Copy a work type"),
        .tag = ngx_string("work types"),
        .path_params = rb_work_ids,
        .body = rb_work_copy_body,
        .view = &rb_work_type_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("jobs_work_types"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/jobs/{id}/work-types"),
        .handler = rb_work_of_job_handler,
        .summary = rb_text("공고의 업무", "The work types of a job"),
        .tag = ngx_string("jobs"),
        .path_params = rb_work_job,
        .view = &rb_work_of_job_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .fresh = 30,
        .stale_while_revalidate = 60,
        .stale_if_error = 86400,
        .list = 1
    },
    {
        .name = ngx_string("work_type_templates"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/work-type-templates"),
        .handler = rb_work_templates_handler,
        .summary = rb_text("업무 양식", "Templates of work types"),
        .tag = ngx_string("work types"),
        .view = &rb_work_template_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .fresh = 300,
        .stale_while_revalidate = 3600,
        .stale_if_error = 86400,
        .list = 1,
        .by_language = 1
    }
};

const rb_routes_t  rb_work_routes = {
    rb_work_table, rb_array_size(rb_work_table)
};


/* POST /api/v1/resorts/{id}/work-types */

static rb_err_t *
rb_work_create_handler(rb_req_t *req)
{
    rb_err_t       *err;
    ngx_uint_t      replayed;
    rb_origin_t     origin;
    rb_pg_rows_t    rows;
    rb_work_new_t   work;

    err = rb_work_check_new(req);
    if (err) {
        return err;
    }

    err = rb_patch_write(req, rb_work_columns, rb_array_size(rb_work_columns),
                         &work.columns);
    if (err) {
        return err;
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    work.resort = req->path[0].text;
    work.template = req->body[RB_WORK_B_TEMPLATE].text;
    work.lang = req->lang;
    work.key = req->idempotency_key;
    ngx_memcpy(work.request_hash, req->request_hash,
               sizeof(work.request_hash));

    err = rb_work_create(&req->task, &work, req->principal, &origin, &rows,
                         &replayed);
    if (err) {
        return err;
    }

    req->reply.replayed = (replayed != 0);

    return rb_work_reply(req, &rows);
}


/* What only a template could give. */

static rb_err_t *
rb_work_check_new(rb_req_t *req)
{
    rb_err_t    *err;
    ngx_uint_t   i;

    if (req->body[RB_WORK_B_TEMPLATE].text.data) {
        return NULL;
    }

    err = NULL;

    for (i = RB_WORK_B_NAME; i <= RB_WORK_B_SCHEDULE; i++) {

        if (req->body[i].text.data == NULL) {
            err = rb_err_add_field(err, req->task.pool,
                                   (ngx_str_t *) &req->route->body[i].name,
                                   "required",
                                   "template이 없으면 필수 항목입니다.",
                                   "is required without a template.");
        }
    }

    return err;
}


/* What was made, with where it is. */

static rb_err_t *
rb_work_reply(rb_req_t *req, const rb_pg_rows_t *rows)
{
    rb_buf_t   location;
    ngx_str_t  id, resort;

    id = rb_pg_value(rows, 0, 0);
    resort = rb_pg_value(rows, 0, 1);

    (void) rb_buf_init(&location, req->task.pool, 128);
    rb_buf_printf(&location, "/api/v1/resorts/%V/work-types/%V", &resort,
                  &id);

    if (location.failed) {
        return &rb_err_internal;
    }

    req->reply.location.data = location.start;
    req->reply.location.len = rb_buf_len(&location);

    return rb_reply_revised(req, rows, RB_WORK_REVISION);
}


/* GET /api/v1/resorts/{id}/work-types */

static rb_err_t *
rb_work_list_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_WORK_LIST_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_WORK_LIST, RB_WORK_Q_LIMIT, RB_WORK_Q_CURSOR,
        RB_WORK_LIST_P_LIMIT,
        { RB_WORK_LIST_P_AFTER, RB_WORK_LIST_P_AFTER_ID }, 2
    };

    params[RB_WORK_LIST_P_RESORT] = req->path[0].text;

    return rb_list_page(req, &page, 0, 0, params);
}


/* GET /api/v1/resorts/{id}/work-types/{work_type_id} */

static rb_err_t *
rb_work_get_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    err = rb_work_read(&req->task, &req->path[0].text, &req->path[1].text,
                       &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_WORK_REVISION);
}


/* PATCH /api/v1/resorts/{id}/work-types/{work_type_id} */

static rb_err_t *
rb_work_change_handler(rb_req_t *req)
{
    rb_err_t        *err;
    rb_origin_t      origin;
    rb_pg_rows_t     rows;
    rb_work_edit_t   edit;

    err = rb_patch_write(req, rb_work_columns, rb_array_size(rb_work_columns),
                         &edit.columns);
    if (err) {
        return err;
    }

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    edit.resort = req->path[0].text;
    edit.id = req->path[1].text;
    edit.if_match = req->if_match;

    err = rb_work_change(&req->task, &edit, req->principal, &origin, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_WORK_REVISION);
}


/* DELETE /api/v1/resorts/{id}/work-types/{work_type_id} */

static rb_err_t *
rb_work_delete_handler(rb_req_t *req)
{
    rb_err_t        *err;
    rb_origin_t      origin;
    rb_work_edit_t   edit;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    edit.resort = req->path[0].text;
    edit.id = req->path[1].text;
    edit.if_match = req->if_match;

    err = rb_work_delete(&req->task, &edit, req->principal, &origin);

    return err ? err : rb_reply_nothing(req);
}


/* POST /api/v1/resorts/{id}/work-types/{work_type_id}/copy */

static rb_err_t *
rb_work_copy_handler(rb_req_t *req)
{
    rb_err_t        *err;
    rb_origin_t      origin;
    rb_pg_rows_t     rows;
    rb_work_copy_t   copy;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    copy.resort = req->path[0].text;
    copy.id = req->path[1].text;
    copy.name = req->body[RB_WORK_C_NAME].text;
    copy.to = req->body[RB_WORK_C_RESORT].text;

    err = rb_work_copy(&req->task, &copy, req->principal, &origin, &rows);

    return err ? err : rb_work_reply(req, &rows);
}


/* GET /api/v1/jobs/{id}/work-types */

static rb_err_t *
rb_work_of_job_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_pg_rows_t   job, rows;

    err = rb_jobs_read(&req->task, &req->path[0].text, &job);
    if (err) {
        return err;
    }

    err = rb_work_of_post(&req->task, &req->path[0].text, &rows);
    if (err) {
        return err;
    }

    rb_reply_tag(req, "job", &req->path[0].text);
    rb_work_tag_resort(req, &job);

    return rb_reply_list(req, &rows, RB_WORK_OF_JOB_MAX, 0, -1);
}


/* Its work types' changes are told by the resort's tag. */

static void
rb_work_tag_resort(rb_req_t *req, const rb_pg_rows_t *job)
{
    ngx_str_t   name, id;
    ngx_uint_t  i;

    for (i = 0; i < job->columns; i++) {
        name = rb_pg_column_name(job, i);

        if (name.len == sizeof(RB_WORK_JOB_RESORT) - 1
            && ngx_memcmp(name.data, RB_WORK_JOB_RESORT, name.len) == 0)
        {
            id = rb_pg_value(job, 0, i);
            rb_reply_tag(req, "resort", &id);
            return;
        }
    }

    req->reply.uncached = 1;
}


/* GET /api/v1/work-type-templates; no tag: a change of them drops all. */

static rb_err_t *
rb_work_templates_handler(rb_req_t *req)
{
    rb_err_t      *err;
    uint64_t       when;
    rb_pg_rows_t   rows;

    when = (req->lang == RB_LANG_EN) ? RB_WORK_TEMPLATES_WHEN_EN : 0;

    err = rb_pg_query(&req->task, RB_STMT_WORK_TEMPLATES, when, NULL, &rows);

    return err ? err
               : rb_reply_list(req, &rows, RB_WORK_TEMPLATES_MAX, 0, -1);
}
