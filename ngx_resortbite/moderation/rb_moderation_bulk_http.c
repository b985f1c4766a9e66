
/* POST /api/v1/admin/posts/bulk: many posts moved, or only looked at. */


#include "moderation/rb_moderation_http.h"
#include "moderation/rb_moderation.h"
#include "base/rb_uuid.h"
#include "web/rb_req.h"
#include <ngx_http.h>


enum {
    RB_MODERATION_B_ACTION = 0,
    RB_MODERATION_B_ITEMS,
    RB_MODERATION_B_REASON,
    RB_MODERATION_B_DRY_RUN
};


/* What the statement takes: "{id,id" and "{3,1", and the ids seen so far. */

typedef struct {
    rb_buf_t    posts;
    rb_buf_t    revisions;
    u_char      seen[RB_MODERATION_AT_ONCE][RB_UUID_LEN];
    ngx_uint_t  n;
} rb_moderation_lists_t;


static rb_err_t *rb_moderation_bulk_handler(rb_req_t *req);
static rb_err_t *rb_moderation_items(rb_req_t *req,
    rb_moderation_bulk_t *bulk);
static rb_err_t *rb_moderation_item(rb_req_t *req, rb_err_t *err, size_t i,
    json_t *item, rb_moderation_lists_t *lists);
static rb_err_t *rb_moderation_unknown(rb_req_t *req, rb_err_t *err,
    size_t i, json_t *item);
static rb_err_t *rb_moderation_id(rb_req_t *req, rb_err_t *err, size_t i,
    json_t *value, rb_moderation_lists_t *lists);
static rb_err_t *rb_moderation_revision(rb_req_t *req, rb_err_t *err,
    size_t i, json_t *value, rb_moderation_lists_t *lists);
static ngx_str_t rb_moderation_name(rb_req_t *req, size_t i,
    const char *member);


static const rb_view_field_t  rb_moderation_bulk_fields[] = {
    { ngx_string("dry_run"), RB_VIEW_BOOL, 0,
      rb_text("바꾸지 않고 보기만 했는지", "Whether nothing was changed") },
    { ngx_string("done"), RB_VIEW_INTEGER, 0,
      rb_text("바뀐(바뀔) 공고 수", "How many were moved, or would be") },
    { ngx_string("refused"), RB_VIEW_INTEGER, 0,
      rb_text("바뀌지 않은(않을) 공고 수",
              "How many were not, or would not be") },
    { ngx_string("items"), RB_VIEW_JSON, 0,
      rb_text("공고마다 id, outcome(done, not_found, own_resort, stale, "
              "state_conflict, rules_not_met), title, from, to, revision, "
              "allowed_states, findings",
              "Of each post id, outcome (done, not_found, own_resort, stale, "
              "state_conflict or rules_not_met), title, from, to, "
              "revision, allowed_states and findings") }
};

static const rb_view_t  rb_moderation_bulk_view = rb_view("PostBulk",
                                                 rb_moderation_bulk_fields);


static const ngx_str_t  rb_moderation_actions[] = {
    ngx_string("approve"), ngx_string("request_changes"),
    ngx_string("reject"), ngx_string("hide"), ngx_string("unhide"),
    ngx_null_string
};

static const rb_param_t  rb_moderation_bulk_body[] = {
    { ngx_string("action"), RB_PARAM_ENUM, 0, 0, rb_moderation_actions, 1,
      ngx_null_string,
      rb_text("모두에게 할 조치", "What to do to all of them") },
    { ngx_string("items"), RB_PARAM_JSON, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 100건까지: [{\"id\": …, \"revision\": 읽은 판의 "
              "revision}]",
              "Up to 100 posts: [{\"id\": …, \"revision\": of what was "
              "read}]") },
    { ngx_string("reason"), RB_PARAM_STRING, 0, RB_MODERATION_REASON, NULL, 0,
      ngx_null_string,
      rb_text("이유. 수정 요청, 반려, 숨김에 필요하고 리조트에 알려집니다.",
              "Why; needed to request changes, to reject and to hide, and "
              "told to the resorts") },
    { ngx_string("dry_run"), RB_PARAM_BOOL, 0, 0, NULL, 1, ngx_null_string,
      rb_text("true이면 아무것도 바꾸지 않고 결과만 알려 줍니다.",
              "true: nothing is changed, only said what would be") },
    rb_param_end
};


static const rb_route_t  rb_moderation_bulk_table[] = {
    {
        .name = ngx_string("admin_posts_bulk"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/admin/posts/bulk"),
        .handler = rb_moderation_bulk_handler,
        .summary = rb_text("공고 여럿을 한 번에 처리",
                           "Decide many posts at once"),
        .tag = ngx_string("moderation"),
        .body = rb_moderation_bulk_body,
        .view = &rb_moderation_bulk_view,
        .roles = RB_MODERATION_ROLES,
        .scopes = RB_SCOPE_WRITE,
        .success = NGX_HTTP_OK,
        .idempotent = 1,
        .by_language = 1
    }
};

const rb_routes_t  rb_moderation_bulk_routes = {
    rb_moderation_bulk_table, rb_array_size(rb_moderation_bulk_table)
};


/* POST /api/v1/admin/posts/bulk */

static rb_err_t *
rb_moderation_bulk_handler(rb_req_t *req)
{
    rb_err_t              *err;
    rb_json_t              json;
    ngx_str_t              response;
    ngx_uint_t             replayed;
    rb_moderation_bulk_t   bulk;

    ngx_memzero(&bulk, sizeof(rb_moderation_bulk_t));

    err = rb_moderation_items(req, &bulk);
    if (err) {
        return err;
    }

    bulk.verb = req->body[RB_MODERATION_B_ACTION].text;
    bulk.reason = req->body[RB_MODERATION_B_REASON].text;
    bulk.dry = (req->body[RB_MODERATION_B_DRY_RUN].integer != 0);
    bulk.key = req->idempotency_key;
    bulk.lang = req->lang;

    ngx_memcpy(bulk.request_hash, req->request_hash,
               sizeof(bulk.request_hash));

    err = rb_moderation_bulk(&req->task, &bulk, req->principal, &req->id,
                             &response, &replayed);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_raw(&json, response.data, response.len);

    req->reply.replayed = (replayed != 0);

    return NULL;
}


/* All that is wrong with them is told at once. */

static rb_err_t *
rb_moderation_items(rb_req_t *req, rb_moderation_bulk_t *bulk)
{
    size_t                  i;
    json_t                 *items, *item;
    rb_err_t               *err;
    ngx_str_t               name = ngx_string("items");
    rb_moderation_lists_t   lists;

    items = json_object_get(req->json, "items");

    if (!json_is_array(items) || json_array_size(items) == 0
        || json_array_size(items) > RB_MODERATION_AT_ONCE)
    {
        return rb_err_add_field(NULL, req->task.pool, &name, "out_of_range",
                                "공고 1건 이상 %d건 이하의 배열이어야 합니다.",
                                "must be an array of 1 to %d posts.",
                                RB_MODERATION_AT_ONCE);
    }

    if (rb_buf_init(&lists.posts, req->task.pool, 1024) != NGX_OK
        || rb_buf_init(&lists.revisions, req->task.pool, 256) != NGX_OK)
    {
        return &rb_err_internal;
    }

    lists.n = 0;
    err = NULL;

    json_array_foreach(items, i, item) {
        err = rb_moderation_item(req, err, i, item, &lists);
    }

    rb_buf_add_lit(&lists.posts, "}");
    rb_buf_add_lit(&lists.revisions, "}");

    if (lists.posts.failed || lists.revisions.failed) {
        return &rb_err_internal;
    }

    bulk->posts.data = lists.posts.start;
    bulk->posts.len = rb_buf_len(&lists.posts);
    bulk->revisions.data = lists.revisions.start;
    bulk->revisions.len = rb_buf_len(&lists.revisions);

    return err;
}


static rb_err_t *
rb_moderation_item(rb_req_t *req, rb_err_t *err, size_t i, json_t *item,
    rb_moderation_lists_t *lists)
{
    ngx_str_t  name;

    if (!json_is_object(item)) {
        name = rb_moderation_name(req, i, "");

        return rb_err_add_field(err, req->task.pool, &name, "wrong_type",
                                "{\"id\": …, \"revision\": …} 꼴이어야 "
                                "합니다.",
                                "must be {\"id\": …, \"revision\": …}.");
    }

    err = rb_moderation_id(req, err, i, json_object_get(item, "id"), lists);
    err = rb_moderation_revision(req, err, i,
                                 json_object_get(item, "revision"), lists);

    return rb_moderation_unknown(req, err, i, item);
}


static rb_err_t *
rb_moderation_unknown(rb_req_t *req, rb_err_t *err, size_t i, json_t *item)
{
    json_t      *value;
    ngx_str_t    name;
    const char  *key;

    json_object_foreach(item, key, value) {
        if (ngx_strcmp(key, "id") == 0 || ngx_strcmp(key, "revision") == 0) {
            continue;
        }

        name = rb_moderation_name(req, i, "");

        return rb_err_add_field(err, req->task.pool, &name, "unknown",
                                "id와 revision만 쓸 수 있습니다.",
                                "has an id and a revision only.");
    }

    return err;
}


static rb_err_t *
rb_moderation_id(rb_req_t *req, rb_err_t *err, size_t i, json_t *value,
    rb_moderation_lists_t *lists)
{
    u_char      *id;
    ngx_str_t    text, name;
    ngx_uint_t   n;

    name = rb_moderation_name(req, i, ".id");
    id = lists->seen[lists->n];

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);

    if (text.data == NULL || rb_uuid_parse(&text, id) != NGX_OK) {
        return rb_err_add_field(err, req->task.pool, &name,
                                value ? "wrong_type" : "required",
                                "공고의 id(UUID)여야 합니다.",
                                "must be a post's id (a UUID).");
    }

    for (n = 0; n < lists->n; n++) {
        if (ngx_memcmp(lists->seen[n], id, RB_UUID_LEN) == 0) {
            return rb_err_add_field(err, req->task.pool, &name, "twice",
                                    "같은 공고가 두 번 있습니다.",
                                    "is there twice.");
        }
    }

    rb_buf_add(&lists->posts, lists->n ? "," : "{", 1);
    rb_buf_add(&lists->posts, id, RB_UUID_LEN);

    lists->n++;

    return err;
}


static rb_err_t *
rb_moderation_revision(rb_req_t *req, rb_err_t *err, size_t i, json_t *value,
    rb_moderation_lists_t *lists)
{
    ngx_str_t     name;
    json_int_t    revision;

    revision = json_integer_value(value);

    if (!json_is_integer(value) || revision < 1 || revision > INT32_MAX) {
        name = rb_moderation_name(req, i, ".revision");

        return rb_err_add_field(err, req->task.pool, &name,
                                value ? "out_of_range" : "required",
                                "읽은 공고의 revision(1 이상의 정수)이어야 "
                                "합니다.",
                                "must be the revision of the post that was "
                                "read: an integer from 1.");
    }

    rb_buf_printf(&lists->revisions, i ? ",%L" : "{%L", (int64_t) revision);

    return err;
}


/* "items[3].id"; "items" when out of memory. */

static ngx_str_t
rb_moderation_name(rb_req_t *req, size_t i, const char *member)
{
    ngx_str_t  name, items = ngx_string("items");

    name.data = ngx_pnalloc(req->task.pool,
                            sizeof("items[].revision") + NGX_INT_T_LEN);

    if (name.data == NULL) {
        return items;
    }

    name.len = ngx_sprintf(name.data, "items[%uz]%s", i, member) - name.data;

    return name;
}
