
/*
 * /api/v1/resorts/{id}/posts: a resort's posts and their moves.  A write
 * answers with the post as it left it, so that a client goes on from its ETag.
 * What they say: rb_posts_edit_http.c.
 */


#include "posts/rb_posts_http.h"
#include "posts/rb_posts.h"
#include "posts/rb_posts_view_http.h"
#include "gate/rb_identity.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


/* Parameters of the list. */

enum {
    RB_POSTS_Q_STATUS = 0,
    RB_POSTS_Q_DELETED,
    RB_POSTS_Q_LIMIT,
    RB_POSTS_Q_CURSOR
};


static rb_err_t *rb_posts_list_handler(rb_req_t *req);
static rb_err_t *rb_posts_get_handler(rb_req_t *req);
static rb_err_t *rb_posts_delete_handler(rb_req_t *req);
static rb_err_t *rb_posts_move_handler(rb_req_t *req);
static rb_err_t *rb_posts_moves(rb_req_t *req, const ngx_str_t *verb,
    rb_posts_moved_t *moved);


static const ngx_str_t  rb_posts_states[] = {
    ngx_string("draft"), ngx_string("pending"),
    ngx_string("changes_requested"), ngx_string("approved"),
    ngx_string("rejected"), ngx_string("paused"), ngx_string("hidden"),
    ngx_string("filled"), ngx_string("expired"), ngx_null_string
};

static const rb_param_t  rb_posts_list_query[] = {
    { ngx_string("status"), RB_PARAM_ENUMS, 0, 0, rb_posts_states, 0,
      ngx_null_string,
      rb_text("상태. 여럿이면 쉼표로 이어 주세요.",
              "States, with commas between") },
    { ngx_string("deleted"), RB_PARAM_BOOL, 0, 0, NULL, 0,
      ngx_string("false"),
      rb_text("true이면 지운 공고만", "true: only those that were deleted") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};


/* A move of the resort's: POST …/posts/{post_id}/<verb>. */

#define rb_posts_move_route(verb, who, wrong, ko, en)                         \
    {                                                                         \
        .name = ngx_string("posts_" verb),                                    \
        .method = NGX_HTTP_POST,                                              \
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}/" verb),     \
        .handler = rb_posts_move_handler,                                     \
        .summary = rb_text(ko, en),                                           \
        .tag = ngx_string("posts"),                                           \
        .path_params = rb_posts_ids,                                          \
        .view = &rb_post_view,                                                \
        .roles = who,                                                         \
        .scopes = RB_SCOPE_WRITE,                                             \
        .success = NGX_HTTP_OK,                                               \
        .problems = wrong,                                                    \
        .may_match = 1,                                                       \
        .by_language = 1                                                      \
    }

static const rb_route_t  rb_posts_table[] = {
    {
        .name = ngx_string("posts_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/posts"),
        .handler = rb_posts_list_handler,
        .summary = rb_text("리조트의 공고 (초안부터 끝난 것까지)",
                           "A resort's posts, from drafts to ended ones"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_resort_id,
        .query = rb_posts_list_query,
        .view = &rb_post_summary_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1,
        .by_language = 1
    },
    {
        .name = ngx_string("posts_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}"),
        .handler = rb_posts_get_handler,
        .summary = rb_text("공고 하나", "One post"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_ids,
        .view = &rb_post_view,
        .roles = RB_ROLES_OF_RESORT,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .by_language = 1
    },
    {
        .name = ngx_string("posts_delete"),
        .method = NGX_HTTP_DELETE,
        .path = ngx_string("/api/v1/resorts/{id}/posts/{post_id}"),
        .handler = rb_posts_delete_handler,
        .summary = rb_text("공고 지우기 (복원할 수 있음)",
                           "Delete a post; it can be restored"),
        .tag = ngx_string("posts"),
        .path_params = rb_posts_ids,
        .roles = RB_ROLE_OWNER|RB_ROLE_MANAGER,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_NO_CONTENT,
        .may_match = 1
    },
    rb_posts_move_route("submit", RB_ROLES_OF_RESORT,
                        RB_PROBLEM_CONFLICT|RB_PROBLEM_RULES,
                        "검토 요청. 법과 규칙에 맞아야 합니다.",
                        "Submit for review; the law and the rules are to be "
                        "kept"),
    rb_posts_move_route("pause", RB_ROLES_OF_RESORT, RB_PROBLEM_CONFLICT,
                        "잠시 내리기", "Take off the public list for a while"),
    rb_posts_move_route("resume", RB_ROLES_OF_RESORT,
                        RB_PROBLEM_CONFLICT|RB_PROBLEM_RULES,
                        "다시 올리기", "Put back on the public list"),
    rb_posts_move_route("fill", RB_ROLES_OF_RESORT, RB_PROBLEM_CONFLICT,
                        "모집 마감 (채용 완료)", "Say that it is filled"),
    rb_posts_move_route("restore", RB_ROLE_OWNER|RB_ROLE_MANAGER,
                        RB_PROBLEM_CONFLICT|RB_PROBLEM_RULES,
                        "지운 공고 복원", "Restore a deleted post")
};

const rb_routes_t  rb_posts_routes = {
    rb_posts_table, rb_array_size(rb_posts_table)
};


/* GET /api/v1/resorts/{id}/posts */

static rb_err_t *
rb_posts_list_handler(rb_req_t *req)
{
    rb_err_t   *err;
    uint64_t    when;
    ngx_str_t   params[RB_POSTS_LIST_NPARAMS];

    static const ngx_str_t  languages[RB_LANG_COUNT] = {
        [RB_LANG_KO] = ngx_string("ko"), [RB_LANG_EN] = ngx_string("en")
    };

    static const rb_list_filter_t  filters[] = {
        { RB_POSTS_Q_STATUS, RB_LIST_NONE, RB_POSTS_LIST_P_STATUSES, 0 }
    };

    static const rb_list_page_t  page = {
        RB_STMT_POSTS_LIST, RB_POSTS_Q_LIMIT, RB_POSTS_Q_CURSOR,
        RB_POSTS_LIST_P_LIMIT,
        { RB_POSTS_LIST_P_AFTER_ID }, 1
    };

    when = req->query[RB_POSTS_Q_DELETED].integer
           ? RB_POSTS_LIST_WHEN_DELETED : 0;

    ngx_memzero(params, sizeof(params));

    params[RB_POSTS_LIST_P_RESORT] = req->path[0].text;
    params[RB_POSTS_LIST_P_LANG] = languages[req->lang];

    err = rb_list_filter(req, filters, rb_array_size(filters), params, &when);
    if (err) {
        return err;
    }

    return rb_list_page(req, &page, when, 0, params);
}


/* GET /api/v1/resorts/{id}/posts/{post_id} */

static rb_err_t *
rb_posts_get_handler(rb_req_t *req)
{
    return rb_posts_show(req, NULL);
}


/* DELETE /api/v1/resorts/{id}/posts/{post_id} */

static rb_err_t *
rb_posts_delete_handler(rb_req_t *req)
{
    rb_err_t          *err;
    rb_posts_moved_t   moved;

    static const ngx_str_t  verb = ngx_string("delete");

    err = rb_posts_moves(req, &verb, &moved);

    return err ? err : rb_reply_nothing(req);
}


/* POST /api/v1/resorts/{id}/posts/{post_id}/<verb> */

static rb_err_t *
rb_posts_move_handler(rb_req_t *req)
{
    u_char            *end;
    rb_err_t          *err;
    ngx_str_t          verb;
    rb_posts_moved_t   moved;

    end = req->route->path.data + req->route->path.len;

    for (verb.data = end; verb.data[-1] != '/'; verb.data--) { /* void */ }

    verb.len = end - verb.data;

    err = rb_posts_moves(req, &verb, &moved);

    return err ? err : rb_posts_show(req, &moved.post);
}


static rb_err_t *
rb_posts_moves(rb_req_t *req, const ngx_str_t *verb,
    rb_posts_moved_t *moved)
{
    rb_err_t         *err;
    rb_origin_t       origin;
    rb_posts_move_t   move;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    ngx_memzero(&move, sizeof(rb_posts_move_t));

    move.resort = req->path[0].text;
    move.post = req->path[1].text;
    move.verb = *verb;
    move.if_match = req->if_match;
    move.by = RB_POSTS_BY_RESORT;

    return rb_posts_move(&req->task, &move, req->principal, &origin, moved);
}
