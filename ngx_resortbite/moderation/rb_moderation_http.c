
/*
 * /api/v1/admin/posts: what moderators look at, and how one post is moved.
 * Many at once: rb_moderation_bulk_http.c.  What is made public (approve,
 * unhide) is what was read: those need If-Match.
 */


#include "moderation/rb_moderation_http.h"
#include "posts/rb_posts.h"
#include "gate/rb_identity.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_MODERATION_REVISION  1       /* column of moderation_post */


enum {
    RB_MODERATION_Q_STATUS = 0,
    RB_MODERATION_Q_RESORT,
    RB_MODERATION_Q_FLAGGED,
    RB_MODERATION_Q_LIMIT,
    RB_MODERATION_Q_CURSOR
};

enum {                                  /* of rb_moderation_states */
    RB_MODERATION_PENDING = 0,
    RB_MODERATION_CHANGES_REQUESTED,
    RB_MODERATION_REJECTED,
    RB_MODERATION_HIDDEN
};


/* The ways through the list: how it is ordered, and where it goes on. */

typedef struct {
    uint64_t    by;
    uint64_t    after;
} rb_moderation_order_t;


static rb_err_t *rb_moderation_queue_handler(rb_req_t *req);
static rb_err_t *rb_moderation_flagged_check(rb_req_t *req);
static const rb_moderation_order_t *rb_moderation_order(rb_req_t *req);
static rb_err_t *rb_moderation_get_handler(rb_req_t *req);
static rb_err_t *rb_moderation_approve_handler(rb_req_t *req);
static rb_err_t *rb_moderation_request_changes_handler(rb_req_t *req);
static rb_err_t *rb_moderation_reject_handler(rb_req_t *req);
static rb_err_t *rb_moderation_hide_handler(rb_req_t *req);
static rb_err_t *rb_moderation_unhide_handler(rb_req_t *req);
static rb_err_t *rb_moderation_move(rb_req_t *req, const char *verb);
static rb_err_t *rb_moderation_reply(rb_req_t *req,
    const rb_posts_moved_t *moved);


static const rb_view_field_t  rb_moderation_queue_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id", "The id") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("바뀔 때마다 오르는 번호: If-Match에 씁니다",
              "Raised by every change: what If-Match names") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목", "Title") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태", "State") },
    { ngx_string("status_reason"), RB_VIEW_STRING, 1,
      rb_text("그 상태가 된 이유", "Why it is in this state") },
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판", "The version of what it says") },
    { ngx_string("approved_version"), RB_VIEW_INTEGER, 1,
      rb_text("공개된, 또는 마지막으로 공개됐던 판",
              "The version that the public sees, or saw last") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The resort") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0,
      rb_text("리조트 이름", "Its name") },
    { ngx_string("resort.verified"), RB_VIEW_BOOL, 0,
      rb_text("사업자 확인이 끝났는지", "Whether its business is verified") },
    { ngx_string("author.id"), RB_VIEW_UUID, 0,
      rb_text("쓴 회원", "Who wrote it") },
    { ngx_string("author.name"), RB_VIEW_STRING, 0,
      rb_text("그 이름", "Their name") },
    { ngx_string("findings"), RB_VIEW_INTEGER, 0,
      rb_text("법과 규칙에 비추어 볼 것의 수",
              "How much the law and the rules find") },
    { ngx_string("refusals"), RB_VIEW_INTEGER, 0,
      rb_text("그중 공개를 막는 것의 수",
              "How much of that stands in the way") },
    { ngx_string("worse"), RB_VIEW_JSON, 0,
      rb_text("공개된 판보다 나빠진 항목의 이름",
              "Names of what is worse than in the public version") },
    { ngx_string("first_of_resort"), RB_VIEW_BOOL, 0,
      rb_text("이 리조트의 첫 공고인지",
              "Whether the resort has published none yet") },
    { ngx_string("open_reports"), RB_VIEW_INTEGER, 0,
      rb_text("처리하지 않은 신고 수", "How many open reports it has") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때", "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") }
};

static const rb_view_t  rb_moderation_queue_view = rb_view("QueuedPost",
                                                rb_moderation_queue_fields);


static const rb_view_field_t  rb_moderation_post_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id", "The id") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("바뀔 때마다 오르는 번호: ETag",
              "Raised by every change: the ETag") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목", "Title") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태", "State") },
    { ngx_string("status_reason"), RB_VIEW_STRING, 1,
      rb_text("그 상태가 된 이유", "Why it is in this state") },
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판", "The version of what it says") },
    { ngx_string("approved_version"), RB_VIEW_INTEGER, 1,
      rb_text("공개된, 또는 마지막으로 공개됐던 판",
              "The version that the public sees, or saw last") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The resort") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0,
      rb_text("리조트 이름", "Its name") },
    { ngx_string("resort.open"), RB_VIEW_BOOL, 0,
      rb_text("공개된 리조트인지", "Whether the public sees it") },
    { ngx_string("resort.business_number"), RB_VIEW_STRING, 0,
      rb_text("사업자등록번호", "Its business number") },
    { ngx_string("resort.verified_at"), RB_VIEW_TIME, 1,
      rb_text("사업자를 확인한 때", "When its business was verified") },
    { ngx_string("resort.published_posts"), RB_VIEW_INTEGER, 0,
      rb_text("이 공고 말고 공개한 적이 있는 공고 수",
              "How many other posts it has published") },
    { ngx_string("author.id"), RB_VIEW_UUID, 0,
      rb_text("쓴 회원", "Who wrote it") },
    { ngx_string("author.name"), RB_VIEW_STRING, 0,
      rb_text("그 이름", "Their name") },
    { ngx_string("description"), RB_VIEW_STRING, 0,
      rb_text("하는 일", "What the work is") },
    { ngx_string("category"), RB_VIEW_CODE, 1,
      rb_text("직무", "Kind of work") },
    { ngx_string("employment_type"), RB_VIEW_CODE, 1,
      rb_text("고용 형태", "Kind of employment") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 1,
      rb_text("급여 기준: hourly, daily, monthly",
              "What pay is for: hourly, daily or monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 1,
      rb_text("최저 급여 (원)", "Least pay, KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 1,
      rb_text("최고 급여 (원)", "Most pay, KRW") },
    { ngx_string("pay.daily_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("하루 유급 시간 (분)", "Paid minutes of a day") },
    { ngx_string("period.from"), RB_VIEW_DATE, 1,
      rb_text("근무 시작일", "First day of work") },
    { ngx_string("period.until"), RB_VIEW_DATE, 1,
      rb_text("근무 종료일", "Last day of work") },
    { ngx_string("apply_until"), RB_VIEW_DATE, 1,
      rb_text("지원 마감일", "Last day to apply") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("모집 인원", "How many are wanted") },
    { ngx_string("workplace.region"), RB_VIEW_CODE, 0,
      rb_text("지역", "Region") },
    { ngx_string("workplace.address"), RB_VIEW_STRING, 0,
      rb_text("주소", "Address") },
    { ngx_string("workplace.lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도", "Latitude") },
    { ngx_string("workplace.lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도", "Longitude") },
    { ngx_string("dormitory"), RB_VIEW_BOOL, 0,
      rb_text("숙소 제공", "Whether there is a bed") },
    { ngx_string("dormitory_id"), RB_VIEW_UUID, 1,
      rb_text("숙소", "Which dormitory") },
    { ngx_string("dormitory_details"), RB_VIEW_JSON, 1,
      rb_text("숙소: id, name, rent(monthly, deposit, utilities_included). "
              "고르지 않았으면 null",
              "The dormitory: id, name and rent (monthly, deposit and "
              "utilities_included); null when none was chosen") },
    { ngx_string("meals"), RB_VIEW_INTEGER, 0,
      rb_text("하루 식사", "Meals a day") },
    { ngx_string("benefits"), RB_VIEW_JSON, 0,
      rb_text("복리후생: 문자열의 배열", "Benefits: an array of strings") },
    { ngx_string("requirements"), RB_VIEW_STRING, 0,
      rb_text("지원 자격", "What applicants need") },
    { ngx_string("work_type_ids"), RB_VIEW_JSON, 0,
      rb_text("근무 유형 id의 배열", "Ids of work types: an array") },
    { ngx_string("work_types"), RB_VIEW_JSON, 0,
      rb_text("근무 유형: id, name, pay(type, min, max), daily_minutes, "
              "schedule(day, start, end의 배열), requirements, deleted의 배열",
              "Work types: an array of id, name, pay (type, min and max), "
              "daily_minutes, schedule (an array of day, start and end), "
              "requirements and deleted") },
    { ngx_string("findings"), RB_VIEW_JSON, 0,
      rb_text("법과 규칙에 비추어 볼 것: rule, code, severity(refuse, "
              "review), field, found, needed, source, detail의 배열",
              "What the law and the rules find: an array of rule, code, "
              "severity (refuse or review), field, found, needed, source "
              "and detail") },
    { ngx_string("changes"), RB_VIEW_JSON, 1,
      rb_text("공개된 판과 다른 것: field, before, after, worse의 배열. "
              "공개된 적이 없으면 null",
              "What differs from the public version: an array of field, "
              "before, after and worse; null when there never was one") },
    { ngx_string("reports"), RB_VIEW_JSON, 0,
      rb_text("처리하지 않은 신고: id, reason, detail, created_at의 배열",
              "Open reports: an array of id, reason, detail and created_at") },
    { ngx_string("history"), RB_VIEW_JSON, 0,
      rb_text("상태가 바뀐 기록, 최근 것부터: step, from, to, reason, "
              "version, actor, at의 배열",
              "Its way through the states, the last step first: an array "
              "of step, from, to, reason, version, actor and at") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때", "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때", "When it was changed last") },
    { ngx_string("published_at"), RB_VIEW_TIME, 1,
      rb_text("처음 공개한 때", "When it was published first") },
    { ngx_string("deleted_at"), RB_VIEW_TIME, 1,
      rb_text("지운 때", "When it was deleted") }
};

static const rb_view_t  rb_moderation_post_view = rb_view("StaffPost",
                                                 rb_moderation_post_fields);


static const rb_view_field_t  rb_moderation_moved_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id", "The id") },
    { ngx_string("from"), RB_VIEW_CODE, 0,
      rb_text("전의 상태", "The state that it was in") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("지금 상태", "The state that it is in") },
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판", "The version of what it says") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("이 변경의 번호: ETag", "Of this change: the ETag") }
};

static const rb_view_t  rb_moderation_moved_view = rb_view("ModeratedPost",
                                                rb_moderation_moved_fields);


static const ngx_str_t  rb_moderation_states[] = {
    ngx_string("pending"), ngx_string("changes_requested"),
    ngx_string("rejected"), ngx_string("hidden"), ngx_string("approved"),
    ngx_string("paused"), ngx_string("filled"), ngx_string("expired"),
    ngx_null_string
};

static const rb_param_t  rb_moderation_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The post's id") },
    rb_param_end
};

static const rb_param_t  rb_moderation_query[] = {
    { ngx_string("status"), RB_PARAM_ENUM, 0, 0, rb_moderation_states, 0,
      ngx_string("pending"),
      rb_text("이 상태의 공고. pending, changes_requested, rejected, hidden은 "
              "오래 기다린 것부터, 나머지는 새로 만든 것부터.",
              "Posts in this state: pending, changes_requested, rejected and "
              "hidden ones in the order in which they came to it, the oldest "
              "first; others the newest first") },
    { ngx_string("resort"), RB_PARAM_UUID, 0, 0, NULL, 0, ngx_null_string,
      rb_text("이 리조트의 공고만", "Only those of this resort") },
    { ngx_string("flagged"), RB_PARAM_BOOL, 0, 0, NULL, 0,
      ngx_string("false"),
      rb_text("법과 규칙에 비추어 볼 것이 있는 공고만. 검토할 상태에서만 쓸 "
              "수 있고, 가장 오래 기다린 200건 가운데에서 찾습니다.",
              "Only those of which the law or the rules find something; of "
              "pending, changes_requested, rejected and hidden ones, among "
              "the two hundred that have waited longest") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_moderation_reason_body[] = {
    { ngx_string("reason"), RB_PARAM_STRING, 2, RB_MODERATION_REASON, NULL, 1,
      ngx_null_string,
      rb_text("이유. 리조트에 메일로 알려집니다.",
              "Why; the resort is told by mail") },
    rb_param_end
};


/* A move: roles, scope, the shape of its answer. */

#define rb_moderation_move_route(verb, path_, handler_, summary_)             \
        .name = ngx_string("admin_posts_" verb),                              \
        .method = NGX_HTTP_POST,                                              \
        .path = ngx_string("/api/v1/admin/posts/{id}/" path_),                \
        .handler = handler_,                                                  \
        .summary = summary_,                                                  \
        .tag = ngx_string("moderation"),                                      \
        .path_params = rb_moderation_id,                                      \
        .view = &rb_moderation_moved_view,                                    \
        .roles = RB_MODERATION_ROLES,                                         \
        .scopes = RB_SCOPE_WRITE,                                             \
        .success = NGX_HTTP_OK


/* As statements know them. */

static const ngx_str_t  rb_moderation_locales[RB_LANG_COUNT] = {
    [RB_LANG_KO] = ngx_string("ko"), [RB_LANG_EN] = ngx_string("en")
};


static const rb_route_t  rb_moderation_table[] = {
    {
        .name = ngx_string("admin_posts_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/posts"),
        .handler = rb_moderation_queue_handler,
        .summary = rb_text("검토할 공고", "Posts to review"),
        .tag = ngx_string("moderation"),
        .query = rb_moderation_query,
        .view = &rb_moderation_queue_view,
        .roles = RB_MODERATION_ROLES|RB_ROLE_AUDITOR,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1,
        .by_language = 1
    },
    {
        .name = ngx_string("admin_posts_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/posts/{id}"),
        .handler = rb_moderation_get_handler,
        .summary = rb_text("검토할 공고 하나", "One post, with all that is "
                           "to be known of it"),
        .tag = ngx_string("moderation"),
        .path_params = rb_moderation_id,
        .view = &rb_moderation_post_view,
        .roles = RB_MODERATION_ROLES|RB_ROLE_AUDITOR,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .by_language = 1
    },
    {
        rb_moderation_move_route("approve", "approve",
            rb_moderation_approve_handler,
            rb_text("공고 승인. 읽은 판의 ETag를 If-Match로 보내야 합니다.",
                    "Approve a post: If-Match says which revision was read")),
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_RULES,
        .if_match = 1
    },
    {
        rb_moderation_move_route("request_changes", "request-changes",
            rb_moderation_request_changes_handler,
            rb_text("수정 요청",
                    "Send a post back for changes")),
        .body = rb_moderation_reason_body,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        rb_moderation_move_route("reject", "reject",
            rb_moderation_reject_handler,
            rb_text("공고 반려",
                    "Reject a post")),
        .body = rb_moderation_reason_body,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        rb_moderation_move_route("hide", "hide",
            rb_moderation_hide_handler,
            rb_text("공개된 공고 숨기기",
                    "Hide a post from the public")),
        .body = rb_moderation_reason_body,
        .problems = RB_PROBLEM_CONFLICT,
        .may_match = 1
    },
    {
        rb_moderation_move_route("unhide", "unhide",
            rb_moderation_unhide_handler,
            rb_text("숨긴 공고 다시 공개. 그동안 고쳐졌을 수 있으니 읽은 판의 "
                    "ETag를 If-Match로 보내야 합니다.",
                    "Show a hidden post again: it may have been edited since, "
                    "so If-Match says which revision was read")),
        .problems = RB_PROBLEM_CONFLICT|RB_PROBLEM_RULES,
        .if_match = 1
    }
};

const rb_routes_t  rb_moderation_routes = {
    rb_moderation_table, rb_array_size(rb_moderation_table)
};


/* GET /api/v1/admin/posts */

static rb_err_t *
rb_moderation_queue_handler(rb_req_t *req)
{
    rb_err_t                     *err;
    uint64_t                      when;
    ngx_str_t                     params[RB_MODERATION_QUEUE_NPARAMS];
    const rb_moderation_order_t  *order;

    static const rb_list_page_t  page = {
        RB_STMT_MODERATION_QUEUE,
        RB_MODERATION_Q_LIMIT, RB_MODERATION_Q_CURSOR,
        RB_MODERATION_QUEUE_P_LIMIT,
        { RB_MODERATION_QUEUE_P_AFTER, RB_MODERATION_QUEUE_P_AFTER_ID }, 2
    };

    err = rb_moderation_flagged_check(req);
    if (err) {
        return err;
    }

    order = rb_moderation_order(req);
    when = order->by;

    if (req->query[RB_MODERATION_Q_RESORT].given) {
        when |= RB_MODERATION_QUEUE_WHEN_OF_RESORT;
    }

    if (req->query[RB_MODERATION_Q_FLAGGED].integer) {
        when |= RB_MODERATION_QUEUE_WHEN_FLAGGED;
    }

    params[RB_MODERATION_QUEUE_P_STATUS] =
        req->query[RB_MODERATION_Q_STATUS].text;
    params[RB_MODERATION_QUEUE_P_RESORT] =
        req->query[RB_MODERATION_Q_RESORT].text;
    params[RB_MODERATION_QUEUE_P_LOCALE] = rb_moderation_locales[req->lang];

    return rb_list_page(req, &page, when, order->after, params);
}


/* What is found is looked for in each post: not in all that are public. */

static rb_err_t *
rb_moderation_flagged_check(rb_req_t *req)
{
    ngx_str_t  name = ngx_string("flagged");

    if (!req->query[RB_MODERATION_Q_FLAGGED].integer
        || rb_list_choice(&req->query[RB_MODERATION_Q_STATUS])
           <= RB_MODERATION_HIDDEN)
    {
        return NULL;
    }

    return rb_err_add_field(NULL, req->task.pool, &name, "not_allowed",
                            "status가 pending, changes_requested, rejected, "
                            "hidden일 때만 쓸 수 있습니다.",
                            "goes with the states pending, "
                            "changes_requested, rejected and hidden only.");
}


static const rb_moderation_order_t *
rb_moderation_order(rb_req_t *req)
{
    static const rb_moderation_order_t  pending = {
        RB_MODERATION_QUEUE_WHEN_BY_PENDING,
        RB_MODERATION_QUEUE_WHEN_AFTER_PENDING
    };

    static const rb_moderation_order_t  desk = {
        RB_MODERATION_QUEUE_WHEN_BY_DESK,
        RB_MODERATION_QUEUE_WHEN_AFTER_DESK
    };

    static const rb_moderation_order_t  id = {
        RB_MODERATION_QUEUE_WHEN_BY_ID, RB_MODERATION_QUEUE_WHEN_AFTER_ID
    };

    switch (rb_list_choice(&req->query[RB_MODERATION_Q_STATUS])) {

    case RB_MODERATION_PENDING:
        return &pending;

    case RB_MODERATION_CHANGES_REQUESTED:
    case RB_MODERATION_REJECTED:
    case RB_MODERATION_HIDDEN:
        return &desk;

    default:
        return &id;
    }
}


/* GET /api/v1/admin/posts/{id} */

static rb_err_t *
rb_moderation_get_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_MODERATION_POST_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_MODERATION_POST_P_ID] = req->path[0].text;
    params[RB_MODERATION_POST_P_LOCALE] = rb_moderation_locales[req->lang];
    params[RB_MODERATION_POST_P_ACTOR] = req->principal->member;

    err = rb_pg_query(&req->task, RB_STMT_MODERATION_POST, 0, params, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_MODERATION_REVISION);
}


/* POST /api/v1/admin/posts/{id}/approve */

static rb_err_t *
rb_moderation_approve_handler(rb_req_t *req)
{
    return rb_moderation_move(req, "approve");
}


/* POST /api/v1/admin/posts/{id}/request-changes */

static rb_err_t *
rb_moderation_request_changes_handler(rb_req_t *req)
{
    return rb_moderation_move(req, "request_changes");
}


/* POST /api/v1/admin/posts/{id}/reject */

static rb_err_t *
rb_moderation_reject_handler(rb_req_t *req)
{
    return rb_moderation_move(req, "reject");
}


/* POST /api/v1/admin/posts/{id}/hide */

static rb_err_t *
rb_moderation_hide_handler(rb_req_t *req)
{
    return rb_moderation_move(req, "hide");
}


/* POST /api/v1/admin/posts/{id}/unhide */

static rb_err_t *
rb_moderation_unhide_handler(rb_req_t *req)
{
    return rb_moderation_move(req, "unhide");
}


static rb_err_t *
rb_moderation_move(rb_req_t *req, const char *verb)
{
    rb_err_t          *err;
    rb_origin_t        origin;
    rb_posts_move_t    move;
    rb_posts_moved_t   moved;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    ngx_memzero(&move, sizeof(rb_posts_move_t));

    move.post = req->path[0].text;
    move.verb.data = (u_char *) verb;
    move.verb.len = ngx_strlen(verb);
    move.if_match = req->if_match;
    move.by = RB_POSTS_BY_MODERATOR;

    if (req->route->body) {
        move.reason = req->body[0].text;
    }

    err = rb_posts_move(&req->task, &move, req->principal, &origin, &moved);

    return err ? err : rb_moderation_reply(req, &moved);
}


/* Of this change and none after it: read again, another's might be seen. */

static rb_err_t *
rb_moderation_reply(rb_req_t *req, const rb_posts_moved_t *moved)
{
    u_char     *p;
    rb_err_t   *err;
    rb_json_t   json;

    p = ngx_pnalloc(req->task.pool, moved->revision.len + 2);
    if (p == NULL) {
        return &rb_err_internal;
    }

    req->reply.etag.data = p;
    req->reply.etag.len = ngx_sprintf(p, "\"%V\"", &moved->revision) - p;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_str(&json, &req->path[0].text);
    rb_json_key(&json, "from");
    rb_json_str(&json, &moved->from);
    rb_json_key(&json, "status");
    rb_json_str(&json, &moved->to);
    rb_json_key(&json, "version");
    rb_json_raw(&json, moved->version.data, moved->version.len);
    rb_json_key(&json, "revision");
    rb_json_raw(&json, moved->revision.data, moved->revision.len);
    rb_json_close(&json, '}');

    return NULL;
}
