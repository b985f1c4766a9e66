
/* GET /api/v1/me/favourites; PUT, DELETE /api/v1/me/favourites/{job_id}. */


#include "favourites/rb_favourites_http.h"
#include "favourites/rb_favourites.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


enum {
    RB_FAVOURITES_Q_LIMIT = 0,
    RB_FAVOURITES_Q_CURSOR
};


static rb_err_t *rb_favourites_list_handler(rb_req_t *req);
static rb_err_t *rb_favourites_put_handler(rb_req_t *req);
static rb_err_t *rb_favourites_delete_handler(rb_req_t *req);


static const rb_view_field_t  rb_favourite_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id", "The job's id") },
    { ngx_string("kept_at"), RB_VIEW_TIME, 0,
      rb_text("찜한 때", "When it was kept") },
    { ngx_string("ended"), RB_VIEW_BOOL, 0,
      rb_text("모집이 끝났는지", "Whether it has ended since") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목", "Title") },
    { ngx_string("category"), RB_VIEW_CODE, 0,
      rb_text("직무 (meta의 categories)", "Kind of work (categories of meta)") },
    { ngx_string("employment_type"), RB_VIEW_CODE, 0,
      rb_text("고용 형태", "Kind of employment") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 0,
      rb_text("급여 기준: hourly, daily, monthly",
              "What it is for: hourly, daily, monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 0,
      rb_text("최저 급여 (원)", "The least, in KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 0,
      rb_text("최고 급여 (원)", "The most, in KRW") },
    { ngx_string("pay.hourly"), RB_VIEW_INTEGER, 0,
      rb_text("최저 급여를 시급으로 환산한 값 (원)",
              "The least by the hour, in KRW") },
    { ngx_string("period.from"), RB_VIEW_DATE, 0,
      rb_text("근무를 시작하는 날", "First day of work") },
    { ngx_string("period.until"), RB_VIEW_DATE, 1,
      rb_text("근무가 끝나는 날. 정해지지 않았으면 null",
              "Last day of work; null when open") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("모집 인원", "How many are wanted") },
    { ngx_string("dormitory"), RB_VIEW_BOOL, 0,
      rb_text("숙소를 주는지", "Whether there is a bed") },
    { ngx_string("meals"), RB_VIEW_INTEGER, 0,
      rb_text("하루 식사 제공 횟수", "Meals a day") },
    { ngx_string("apply_until"), RB_VIEW_DATE, 1,
      rb_text("지원 마감일. 채용될 때까지면 null",
              "Last day to apply; null until filled") },
    { ngx_string("published_at"), RB_VIEW_TIME, 0,
      rb_text("처음 공개된 때", "When it was published") },
    { ngx_string("workplace.region"), RB_VIEW_CODE, 0,
      rb_text("지역", "Province or city") },
    { ngx_string("workplace.city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구", "City, county or district") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("resort.type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)", "Kind (resort_types of meta)") }
};

static const rb_view_t  rb_favourite_view = rb_view("Favourite",
                                                    rb_favourite_fields);


static const rb_param_t  rb_favourites_job[] = {
    { ngx_string("job_id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

static const rb_param_t  rb_favourites_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


static const rb_route_t  rb_favourites_table[] = {
    {
        .name = ngx_string("me_favourites"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/me/favourites"),
        .handler = rb_favourites_list_handler,
        .summary = rb_text("찜한 공고", "Jobs that one keeps"),
        .tag = ngx_string("favourites"),
        .query = rb_favourites_query,
        .view = &rb_favourite_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("me_favourites_put"),
        .method = NGX_HTTP_PUT,
        .path = ngx_string("/api/v1/me/favourites/{job_id}"),
        .handler = rb_favourites_put_handler,
        .summary = rb_text("공고 찜하기", "Keep a job"),
        .tag = ngx_string("favourites"),
        .path_params = rb_favourites_job,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .problems = RB_PROBLEM_GONE|RB_PROBLEM_CONFLICT
    },
    {
        .name = ngx_string("me_favourites_delete"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/me/favourites/{job_id}"),
        .handler = rb_favourites_delete_handler,
        .summary = rb_text("찜 풀기", "Keep it no longer"),
        .tag = ngx_string("favourites"),
        .path_params = rb_favourites_job,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT
    }
};

const rb_routes_t  rb_favourites_routes = {
    rb_favourites_table, rb_array_size(rb_favourites_table)
};


/* GET /api/v1/me/favourites */

static rb_err_t *
rb_favourites_list_handler(rb_req_t *req)
{
    ngx_str_t  params[RB_FAVOURITES_LIST_NPARAMS];

    static const rb_list_page_t  page = {
        RB_STMT_FAVOURITES_LIST, RB_FAVOURITES_Q_LIMIT, RB_FAVOURITES_Q_CURSOR,
        RB_FAVOURITES_LIST_P_LIMIT,
        { RB_FAVOURITES_LIST_P_AFTER, RB_FAVOURITES_LIST_P_AFTER_ID }, 2
    };

    params[RB_FAVOURITES_LIST_P_MEMBER] = req->principal->member;

    return rb_list_page(req, &page, 0, RB_FAVOURITES_LIST_WHEN_AFTER, params);
}


/* PUT /api/v1/me/favourites/{job_id} */

static rb_err_t *
rb_favourites_put_handler(rb_req_t *req)
{
    rb_err_t  *err;

    err = rb_favourites_put(&req->task, req->principal, &req->path[0].text);

    return err ? err : rb_reply_nothing(req);
}


/* DELETE /api/v1/me/favourites/{job_id} */

static rb_err_t *
rb_favourites_delete_handler(rb_req_t *req)
{
    rb_err_t  *err;

    err = rb_favourites_delete(&req->task, req->principal,
                               &req->path[0].text);

    return err ? err : rb_reply_nothing(req);
}
