
/*
 * What a post was: its versions, its way through the states, and what became
 * worse since somebody applied to it.
 */


#include "posts/rb_posts_http.h"
#include "posts/rb_posts_view_http.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_POSTS_VERSION_MAX  2147483647


enum {
    RB_POSTS_PAST_Q_LIMIT = 0,
    RB_POSTS_PAST_Q_CURSOR
};


static rb_err_t *rb_posts_versions_handler(rb_req_t *req);
static rb_err_t *rb_posts_version_handler(rb_req_t *req);
static rb_err_t *rb_posts_history_handler(rb_req_t *req);
static rb_err_t *rb_posts_changes_handler(rb_req_t *req);
static rb_err_t *rb_posts_exists(rb_req_t *req);


static const rb_param_t  rb_posts_past_version[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    { ngx_string("post_id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The post's id") },
    { ngx_string("version"), RB_PARAM_INT, 1, RB_POSTS_VERSION_MAX, NULL, 1,
      ngx_null_string,
      rb_text("판 번호", "The version's number") },
    rb_param_end
};

static const rb_param_t  rb_posts_past_job[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

static const rb_param_t  rb_posts_past_query[] = {
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


/* As statements know them. */

static const ngx_str_t  rb_posts_past_languages[RB_LANG_COUNT] = {
    [RB_LANG_KO] = ngx_string("ko"), [RB_LANG_EN] = ngx_string("en")
};


static const rb_route_t  rb_posts_past_table[] = {
    {
        .name = ngx_string("posts_versions"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}/versions"),
        .handler = rb_posts_versions_handler,
        .summary = rb_text("공고의 판, 새것부터",
                           "The versions of a post, the newest first"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_ids,
        .query = rb_posts_past_query,
        .view = &rb_post_version_summary_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("posts_version"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}/versions"
                           "/{version}"),
        .handler = rb_posts_version_handler,
        .summary = rb_text("공고의 판 하나", "What a version said"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_past_version,
        .view = &rb_post_version_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("posts_history"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}/history"),
        .handler = rb_posts_history_handler,
        .summary = rb_text("공고가 거쳐 온 상태, 새것부터",
                           "The way of a post through its states, the newest "
                           "step first"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_ids,
        .query = rb_posts_past_query,
        .view = &rb_post_step_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1,
        .by_language = 1
    },
    {
        .name = ngx_string("jobs_changes"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/jobs/{id}/changes"),
        .handler = rb_posts_changes_handler,
        .summary = rb_text("지원한 뒤 불리해진 조건",
                           "What became worse since one applied"),
        .tag = ngx_string("jobs"),
        .path_params = rb_posts_past_job,
        .view = &rb_job_changes_view,
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .by_language = 1
    }
};

const rb_routes_t  rb_posts_past_routes = {
    rb_posts_past_table, rb_array_size(rb_posts_past_table)
};


/* GET /api/v1/resorts/{id}/posts/{post_id}/versions */

static rb_err_t *
rb_posts_versions_handler(rb_req_t *req)
{
    u_char             buf[RB_LIST_LIMIT_SIZE];
    rb_err_t          *err;
    ngx_str_t          params[RB_POSTS_VERSIONS_NPARAMS];
    rb_pg_rows_t       rows;
    const rb_value_t  *limit;

    limit = &req->query[RB_POSTS_PAST_Q_LIMIT];

    ngx_memzero(params, sizeof(params));

    params[RB_POSTS_VERSIONS_P_RESORT] = req->path[0].text;
    params[RB_POSTS_VERSIONS_P_POST] = req->path[1].text;
    params[RB_POSTS_VERSIONS_P_LIMIT] = rb_list_limit(limit, buf);

    err = rb_req_keyset(req, &req->query[RB_POSTS_PAST_Q_CURSOR], 1,
                        &params[RB_POSTS_VERSIONS_P_AFTER]);

    if (err == NULL) {
        err = rb_posts_exists(req);
    }

    if (err) {
        return err;
    }

    err = rb_list_query(req, RB_STMT_POSTS_VERSIONS, 0, params, &rows);

    return err ? err : rb_reply_list(req, &rows, limit->integer, 1, -1);
}


/* GET /api/v1/resorts/{id}/posts/{post_id}/versions/{version} */

static rb_err_t *
rb_posts_version_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_POSTS_VERSION_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_POSTS_VERSION_P_RESORT] = req->path[0].text;
    params[RB_POSTS_VERSION_P_POST] = req->path[1].text;
    params[RB_POSTS_VERSION_P_VERSION] = req->path[2].text;

    err = rb_pg_query(&req->task, RB_STMT_POSTS_VERSION, 0, params, &rows);

    return err ? err : rb_reply_row(req, &rows);
}


/* GET /api/v1/resorts/{id}/posts/{post_id}/history */

static rb_err_t *
rb_posts_history_handler(rb_req_t *req)
{
    u_char             buf[RB_LIST_LIMIT_SIZE];
    rb_err_t          *err;
    ngx_str_t          params[RB_POSTS_HISTORY_NPARAMS];
    rb_pg_rows_t       rows;
    const rb_value_t  *limit;

    limit = &req->query[RB_POSTS_PAST_Q_LIMIT];

    ngx_memzero(params, sizeof(params));

    params[RB_POSTS_HISTORY_P_RESORT] = req->path[0].text;
    params[RB_POSTS_HISTORY_P_POST] = req->path[1].text;
    params[RB_POSTS_HISTORY_P_LIMIT] = rb_list_limit(limit, buf);
    params[RB_POSTS_HISTORY_P_LANG] = rb_posts_past_languages[req->lang];

    err = rb_req_keyset(req, &req->query[RB_POSTS_PAST_Q_CURSOR], 1,
                        &params[RB_POSTS_HISTORY_P_AFTER]);

    if (err == NULL) {
        err = rb_posts_exists(req);
    }

    if (err) {
        return err;
    }

    err = rb_list_query(req, RB_STMT_POSTS_HISTORY, 0, params, &rows);

    return err ? err : rb_reply_list(req, &rows, limit->integer, 1, -1);
}


/* A list of no post is a 404, not an empty list. */

static rb_err_t *
rb_posts_exists(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_POSTS_EXISTS_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_POSTS_EXISTS_P_RESORT] = req->path[0].text;
    params[RB_POSTS_EXISTS_P_POST] = req->path[1].text;

    err = rb_pg_query(&req->task, RB_STMT_POSTS_EXISTS, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_not_found;
}


/* GET /api/v1/jobs/{id}/changes */

static rb_err_t *
rb_posts_changes_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_POSTS_CHANGES_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_POSTS_CHANGES_P_POST] = req->path[0].text;
    params[RB_POSTS_CHANGES_P_MEMBER] = req->principal->member;
    params[RB_POSTS_CHANGES_P_LANG] = rb_posts_past_languages[req->lang];

    err = rb_pg_query(&req->task, RB_STMT_POSTS_CHANGES, 0, params, &rows);

    return err ? err : rb_reply_row(req, &rows);
}
