
/*
 * A row says when a part applies; a route's features are computed from its
 * table, and those of all routes together say which parts are components.
 */


#include "web/rb_openapi_parts.h"
#include "web/rb_openapi_schema.h"
#include <ngx_http.h>


#define RB_OPENAPI_PROBLEM  "Problem"


typedef struct {
    ngx_uint_t     when;                /* routes that can have it */
    const char    *name;                /* of the component */
    const char    *as;                  /* status, header or parameter */
    rb_text_t      about;
    ngx_uint_t     with;                /* a problem's headers */
} rb_openapi_part_t;


static const rb_openapi_part_t  rb_openapi_problems[] = {

    { RB_OPENAPI_ETAG, "NotModified", "304",
      rb_text("가지고 있는 사본이 최신입니다.", "Your copy is current."),
      RB_OPENAPI_ETAG },

    { RB_OPENAPI_ANY, "BadRequest", "400",
      rb_text("잘못된 값이 있습니다. errors에 항목마다 이유가 있습니다.",
              "Something sent is invalid; errors says what and why."), 0 },

    { RB_OPENAPI_ROLES, "Unauthorized", "401",
      rb_text("로그인이 필요합니다.", "Signing in is required."), 0 },

    { RB_OPENAPI_ROLES, "Forbidden", "403",
      rb_text("권한이 없습니다.", "The account lacks the permission."), 0 },

    { RB_OPENAPI_ID, "NotFound", "404",
      rb_text("없거나 공개되지 않았습니다.", "It doesn't exist or isn't public."),
      0 },

    { RB_OPENAPI_VIEW, "NotAcceptable", "406",
      rb_text("Accept에 application/json이 없습니다.",
              "Accept doesn't allow application/json."), 0 },

    { RB_OPENAPI_CONFLICT, "Conflict", "409",
      rb_text("현재 상태와 충돌하여 처리할 수 없습니다. code로 구분합니다.",
              "What is there already stands against it; code tells what."),
      RB_OPENAPI_RETRY },

    { RB_OPENAPI_GONE, "Gone", "410",
      rb_text("이미 종료되었거나 삭제되었습니다. code로 구분합니다.",
              "It was there and has ended; code tells how."), 0 },

    { RB_OPENAPI_ETAG, "PreconditionFailed", "412",
      rb_text("If-Match의 ETag가 지금 내용의 것이 아닙니다.",
              "The ETag in If-Match isn't that of what is there now."), 0 },

    { RB_OPENAPI_BODY, "ContentTooLarge", "413",
      rb_text("본문이 너무 큽니다.", "The body is too large."), 0 },

    { RB_OPENAPI_BODY, "UnsupportedMediaType", "415",
      rb_text("본문이 압축하지 않은 application/json이 아닙니다.",
              "The body isn't uncompressed application/json."), 0 },

    { RB_OPENAPI_KEY, "IdempotencyKeyReused", "422",
      rb_text("같은 Idempotency-Key로 다른 요청을 보냈습니다.",
              "The Idempotency-Key was used for another request."), 0 },

    { RB_OPENAPI_WAITS, "Unavailable", "503",
      rb_text("지금은 처리할 수 없습니다. Retry-After 뒤에 같은 요청을 다시 "
              "보내 주세요.",
              "Not possible at the moment; send the same request again after "
              "Retry-After."),
      RB_OPENAPI_RETRY },

    { RB_OPENAPI_ANY, "Unexpected", "default",
      rb_text("그 밖의 오류입니다. code로 구분합니다.",
              "Any other error; its code tells which."), 0 }
};


static const rb_openapi_part_t  rb_openapi_headers[] = {

    { RB_OPENAPI_ANY, "XRequestId", "X-Request-Id",
      rb_text("요청의 고유 번호. 문의할 때 알려 주세요.",
              "Identifies the request; quote it when you contact us."), 0 },

    { RB_OPENAPI_ETAG, "ETag", "ETag",
      rb_text("이 내용의 표식. If-None-Match로 다시 보내면 바뀌지 않았을 때 "
              "304로 답합니다.",
              "Tags this content; sent back as If-None-Match, it is answered "
              "304 while nothing has changed."), 0 },

    { RB_OPENAPI_ETAG, "CacheControl", "Cache-Control",
      rb_text("사본을 얼마나 보관해도 되는지.", "How long a copy may be kept."),
      0 },

    { RB_OPENAPI_LIST, "Link", "Link",
      rb_text("첫 쪽과 다음 쪽의 주소 (RFC 8288).",
              "Where the first and the next page are (RFC 8288)."), 0 },

    { RB_OPENAPI_CREATES, "Location", "Location",
      rb_text("새로 만든 것의 주소.", "Where what was created is."), 0 },

    { RB_OPENAPI_RETRY, "RetryAfter", "Retry-After",
      rb_text("다시 시도하기까지 기다릴 초.",
              "Seconds to wait before trying again."), 0 }
};


static const rb_openapi_part_t  rb_openapi_params[] = {

    { RB_OPENAPI_ETAG, "IfNoneMatch", "If-None-Match",
      rb_text("가지고 있는 사본의 ETag.", "The ETag of the copy you have."), 0 },

    { RB_OPENAPI_KEY, "IdempotencyKey", "Idempotency-Key",
      rb_text("재시도해도 한 번만 처리되게 하는 키. 요청마다 새로 만들고, "
              "재시도할 때는 그대로 다시 보냅니다.",
              "Makes retries have one effect: a new key for each request, the "
              "same one when it is retried."), 0 },

    { RB_OPENAPI_ANY, "AcceptLanguage", "Accept-Language",
      rb_text("사람이 읽는 글의 언어: ko(기본) 또는 en.",
              "The language of texts for people: ko (the default) or en."),
      0 }
};


static ngx_uint_t rb_openapi_all_features(const rb_router_t *router);
static ngx_int_t rb_openapi_schemas(rb_json_t *j, const rb_router_t *router);
static void rb_openapi_problem_schema(rb_json_t *j);
static void rb_openapi_problem_responses(rb_json_t *j, ngx_uint_t features);
static void rb_openapi_header_params(rb_json_t *j, ngx_uint_t features);
static void rb_openapi_header_components(rb_json_t *j, ngx_uint_t features);
static void rb_openapi_part_schema(rb_json_t *j,
    const rb_openapi_part_t *part);
static void rb_openapi_part_ref(rb_json_t *j, const char *section,
    const char *name);


ngx_uint_t
rb_openapi_features(const rb_route_t *route)
{
    ngx_uint_t  get;

    get = (route->method == NGX_HTTP_GET);

    return RB_OPENAPI_ANY
           | (route->path_params && route->path_params->name.len
              ? RB_OPENAPI_ID : 0)
           | (route->roles != RB_ROLE_ANYONE ? RB_OPENAPI_ROLES : 0)
           | (route->view ? RB_OPENAPI_VIEW : 0)
           | (route->body ? RB_OPENAPI_BODY : 0)
           | (route->idempotent ? RB_OPENAPI_KEY : 0)
           | (get ? 0 : RB_OPENAPI_WRITE)
           | (route->on_main && !(route->problems & RB_PROBLEM_UNAVAILABLE)
              ? 0 : RB_OPENAPI_WAITS)
           | (route->problems & RB_PROBLEM_CONFLICT ? RB_OPENAPI_CONFLICT : 0)
           | (route->problems & RB_PROBLEM_GONE ? RB_OPENAPI_GONE : 0)
           | (get && (route->view || route->fresh) ? RB_OPENAPI_ETAG : 0)
           | (route->list ? RB_OPENAPI_LIST : 0)
           | (route->success == NGX_HTTP_CREATED ? RB_OPENAPI_CREATES : 0);
}


static ngx_uint_t
rb_openapi_all_features(const rb_router_t *router)
{
    ngx_uint_t  i, features;

    features = 0;

    for (i = 0; i < rb_router_count(router); i++) {
        features |= rb_openapi_features(rb_router_route(router, i));
    }

    if (features & (RB_OPENAPI_WRITE|RB_OPENAPI_WAITS|RB_OPENAPI_CONFLICT)) {
        features |= RB_OPENAPI_RETRY;
    }

    return features;
}


ngx_int_t
rb_openapi_components(rb_json_t *j, const rb_router_t *router)
{
    ngx_uint_t  features;

    features = rb_openapi_all_features(router);

    rb_json_key(j, "components");
    rb_json_open(j, '{');

    if (rb_openapi_schemas(j, router) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_openapi_problem_responses(j, features);
    rb_openapi_header_params(j, features);

    rb_openapi_header_components(j, features);

    if (features & RB_OPENAPI_ROLES) {
        rb_json_key(j, "securitySchemes");
        rb_json_open(j, '{');
        rb_json_key(j, "bearer");
        rb_json_open(j, '{');
        rb_openapi_member(j, "type", "http");
        rb_openapi_member(j, "scheme", "bearer");
        rb_json_close(j, '}');
        rb_json_close(j, '}');
    }

    rb_json_close(j, '}');

    return NGX_OK;
}


/* One schema a view, where it is first used. */

static ngx_int_t
rb_openapi_schemas(rb_json_t *j, const rb_router_t *router)
{
    ngx_str_t          problem = ngx_string(RB_OPENAPI_PROBLEM);
    ngx_uint_t         i, k, sparse;
    const rb_view_t   *view, *other;
    const rb_param_t  *param;

    rb_json_key(j, "schemas");
    rb_json_open(j, '{');

    rb_openapi_problem_schema(j);

    for (i = 0; i < rb_router_count(router); i++) {
        view = rb_router_route(router, i)->view;

        if (view == NULL) {
            continue;
        }

        sparse = 0;

        for (k = 0; k < rb_router_count(router); k++) {
            other = rb_router_route(router, k)->view;

            if (other == NULL || !rb_openapi_same(&other->name, &view->name)) {
                continue;
            }

            if (other->fields != view->fields
                || rb_openapi_same(&view->name, &problem))
            {
                ngx_log_error(NGX_LOG_EMERG, j->buf->pool->log, 0,
                              "two views have the name \"%V\"", &view->name);
                return NGX_ERROR;
            }

            if (k < i) {
                break;
            }

            param = rb_router_route(router, k)->query;

            for ( /* void */ ; param && param->name.len; param++) {
                sparse |= (param->type == RB_PARAM_FIELDS);
            }
        }

        if (k < i) {
            continue;
        }

        rb_json_key_n(j, (char *) view->name.data, view->name.len);
        rb_openapi_view_schema(j, view, sparse);
    }

    rb_json_close(j, '}');

    return NGX_OK;
}


static void
rb_openapi_problem_schema(rb_json_t *j)
{
    static const char  schema[] =
        "{\"type\":\"object\","
        "\"description\":\"RFC 9457\","
        "\"required\":[\"type\",\"title\",\"status\",\"code\"],"
        "\"properties\":{"
            "\"type\":{\"type\":\"string\",\"format\":\"uri-reference\"},"
            "\"title\":{\"type\":\"string\"},"
            "\"status\":{\"type\":\"integer\"},"
            "\"code\":{\"type\":\"string\"},"
            "\"detail\":{\"type\":\"string\"},"
            "\"instance\":{\"type\":\"string\",\"format\":\"uri-reference\"},"
            "\"errors\":{\"type\":\"array\",\"items\":{"
                "\"type\":\"object\","
                "\"required\":[\"field\",\"code\",\"detail\"],"
                "\"properties\":{"
                    "\"field\":{\"type\":\"string\"},"
                    "\"code\":{\"type\":\"string\"},"
                    "\"detail\":{\"type\":\"string\"}}}}},"
        "\"examples\":[{"
            "\"type\":\"/problems/invalid_request\","
            "\"title\":\"요청에 잘못된 값이 있습니다.\","
            "\"status\":400,"
            "\"code\":\"invalid_request\","
            "\"errors\":[{"
                "\"field\":\"limit\","
                "\"code\":\"out_of_range\","
                "\"detail\":\"1 이상 100 이하여야 합니다.\"}]}]}";

    rb_json_key(j, RB_OPENAPI_PROBLEM);
    rb_json_raw(j, schema, sizeof(schema) - 1);
}


static void
rb_openapi_problem_responses(rb_json_t *j, ngx_uint_t features)
{
    ngx_uint_t                i;
    const rb_openapi_part_t  *part;

    static const char  content[] =
        "{\"application/problem+json\":{\"schema\":"
        "{\"$ref\":\"#/components/schemas/" RB_OPENAPI_PROBLEM "\"}}}";

    rb_json_key(j, "responses");
    rb_json_open(j, '{');

    for (i = 0; i < rb_array_size(rb_openapi_problems); i++) {
        part = &rb_openapi_problems[i];

        if ((part->when & features) == 0) {
            continue;
        }

        rb_json_key_n(j, part->name, ngx_strlen(part->name));
        rb_json_open(j, '{');
        rb_openapi_description(j, &part->about);
        rb_openapi_header_refs(j, RB_OPENAPI_ANY|part->with);

        /* a 304 has no content, but a tag */

        if (part->with != RB_OPENAPI_ETAG) {
            rb_json_key(j, "content");
            rb_json_raw(j, content, sizeof(content) - 1);
        }

        rb_json_close(j, '}');
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_header_params(rb_json_t *j, ngx_uint_t features)
{
    ngx_uint_t                i;
    const rb_openapi_part_t  *part;

    rb_json_key(j, "parameters");
    rb_json_open(j, '{');

    for (i = 0; i < rb_array_size(rb_openapi_params); i++) {
        part = &rb_openapi_params[i];

        if (part->when & features) {
            rb_json_key_n(j, part->name, ngx_strlen(part->name));
            rb_json_open(j, '{');
            rb_openapi_member(j, "name", part->as);
            rb_openapi_member(j, "in", "header");
            rb_openapi_part_schema(j, part);
            rb_json_close(j, '}');
        }
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_header_components(rb_json_t *j, ngx_uint_t features)
{
    ngx_uint_t                i;
    const rb_openapi_part_t  *part;

    rb_json_key(j, "headers");
    rb_json_open(j, '{');

    for (i = 0; i < rb_array_size(rb_openapi_headers); i++) {
        part = &rb_openapi_headers[i];

        if (part->when & features) {
            rb_json_key_n(j, part->name, ngx_strlen(part->name));
            rb_json_open(j, '{');
            rb_openapi_part_schema(j, part);
            rb_json_close(j, '}');
        }
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_part_schema(rb_json_t *j, const rb_openapi_part_t *part)
{
    rb_openapi_description(j, &part->about);
    rb_json_key(j, "schema");
    rb_json_open(j, '{');
    rb_openapi_member(j, "type",
                      part->when == RB_OPENAPI_RETRY ? "integer" : "string");

    if (part->when == RB_OPENAPI_KEY) {
        rb_json_key(j, "minLength");
        rb_json_int(j, 1);
        rb_json_key(j, "maxLength");
        rb_json_int(j, 255);
    }

    rb_json_close(j, '}');
}


void
rb_openapi_header_refs(rb_json_t *j, ngx_uint_t features)
{
    ngx_uint_t                i;
    const rb_openapi_part_t  *part;

    rb_json_key(j, "headers");
    rb_json_open(j, '{');

    for (i = 0; i < rb_array_size(rb_openapi_headers); i++) {
        part = &rb_openapi_headers[i];

        if (part->when & features) {
            rb_json_key_n(j, part->as, ngx_strlen(part->as));
            rb_openapi_part_ref(j, "headers", part->name);
        }
    }

    rb_json_close(j, '}');
}


void
rb_openapi_problem_refs(rb_json_t *j, ngx_uint_t features)
{
    ngx_uint_t                i;
    const rb_openapi_part_t  *part;

    for (i = 0; i < rb_array_size(rb_openapi_problems); i++) {
        part = &rb_openapi_problems[i];

        if (part->when & features) {
            rb_json_key_n(j, part->as, ngx_strlen(part->as));
            rb_openapi_part_ref(j, "responses", part->name);
        }
    }
}


void
rb_openapi_param_refs(rb_json_t *j, ngx_uint_t features)
{
    ngx_uint_t  i;

    for (i = 0; i < rb_array_size(rb_openapi_params); i++) {
        if (rb_openapi_params[i].when & features) {
            rb_openapi_part_ref(j, "parameters", rb_openapi_params[i].name);
        }
    }
}


static void
rb_openapi_part_ref(rb_json_t *j, const char *section, const char *name)
{
    ngx_str_t  s;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    rb_openapi_ref(j, section, &s);
}


ngx_uint_t
rb_openapi_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len && ngx_memcmp(a->data, b->data, a->len) == 0;
}
