
/*
 * A row says when a part applies; a route's features are computed from its
 * table, and those of all routes together say which parts are components.
 */


#include "web/rb_openapi_parts.h"
#include "web/rb_openapi_schema.h"
#include <ngx_http.h>


#define RB_OPENAPI_PROBLEM      "Problem"
#define RB_OPENAPI_OAUTH_ERROR  "OAuthError"
#define RB_OPENAPI_KINDS        3


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

    { RB_OPENAPI_LOGIN, "SignIn", "303",
      rb_text("로그인하러 갑니다.", "To the log-in, which leads back."),
      RB_OPENAPI_CREATES },

    { RB_OPENAPI_WHO, "Unauthorized", "401",
      rb_text("로그인이 필요하거나, 보낸 정보로 로그인할 수 없습니다. code로 "
              "구분합니다.",
              "Signing in is required, or can't be done with what was sent; "
              "code tells which."), 0 },

    { RB_OPENAPI_DENIES, "Forbidden", "403",
      rb_text("권한이 없거나, 다른 사이트에서 보낸 요청입니다. missing_roles에 "
              "필요한 권한이 있습니다.",
              "The account lacks the permission (missing_roles says which "
              "would do), or another site sent the request."), 0 },

    { RB_OPENAPI_ID, "NotFound", "404",
      rb_text("없거나 공개되지 않았습니다.", "It doesn't exist or isn't public."),
      0 },

    { RB_OPENAPI_VIEW, "NotAcceptable", "406",
      rb_text("Accept에 이 주소가 답하는 형식이 없습니다.",
              "Accept doesn't allow the type that this address answers."), 0 },

    { RB_OPENAPI_CONFLICT, "Conflict", "409",
      rb_text("현재 상태와 충돌하여 처리할 수 없습니다. code로 구분합니다.",
              "What is there already stands against it; code tells what."),
      RB_OPENAPI_RETRY },

    { RB_OPENAPI_GONE, "Gone", "410",
      rb_text("이미 종료되었거나 삭제되었습니다. code로 구분합니다.",
              "It was there and has ended; code tells how."), 0 },

    { RB_OPENAPI_ETAG|RB_OPENAPI_REVISED, "PreconditionFailed", "412",
      rb_text("If-Match의 ETag가 지금 내용의 것이 아닙니다.",
              "The ETag in If-Match isn't that of what is there now."), 0 },

    { RB_OPENAPI_BODY, "ContentTooLarge", "413",
      rb_text("본문이 너무 큽니다.", "The body is too large."), 0 },

    { RB_OPENAPI_BODY, "UnsupportedMediaType", "415",
      rb_text("본문이 이 주소가 받는 형식이 아니거나 압축되어 있습니다.",
              "The body isn't of the type that this address takes, or is "
              "compressed."), 0 },

    { RB_OPENAPI_KEY, "IdempotencyKeyReused", "422",
      rb_text("같은 Idempotency-Key로 다른 요청을 보냈습니다.",
              "The Idempotency-Key was used for another request."), 0 },

    { RB_OPENAPI_RULES, "Refused", "422",
      rb_text("규칙에 맞지 않습니다. errors에 규칙마다 기준과 통과하는 값이 "
              "있습니다.",
              "It doesn't keep the rules; errors names each, its number and "
              "what would pass."), 0 },

    { RB_OPENAPI_MATCH, "PreconditionRequired", "428",
      rb_text("If-Match로 읽을 때 받은 ETag를 보내 주세요.",
              "Send the ETag that came with what you read as If-Match."), 0 },

    { RB_OPENAPI_TOO_MANY, "TooManyRequests", "429",
      rb_text("너무 자주 시도했습니다. Retry-After 뒤에 다시 시도해 주세요.",
              "Tried too often; try again after Retry-After."),
      RB_OPENAPI_RETRY },

    { RB_OPENAPI_UPSTREAM, "BadGateway", "502",
      rb_text("연결된 다른 서비스가 제대로 답하지 않았습니다.",
              "Another service that this needs didn't answer as it should."),
      0 },

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
      rb_text("새로 만든 것의, 또는 이어서 갈 주소.",
              "Where what was created is, or where to go on."), 0 },

    { RB_OPENAPI_RETRY, "RetryAfter", "Retry-After",
      rb_text("다시 시도하기까지 기다릴 초.",
              "Seconds to wait before trying again."), 0 }
};


static const rb_openapi_part_t  rb_openapi_params[] = {

    { RB_OPENAPI_ETAG, "IfNoneMatch", "If-None-Match",
      rb_text("가지고 있는 사본의 ETag.", "The ETag of the copy you have."), 0 },

    { RB_OPENAPI_REVISED, "IfMatch", "If-Match",
      rb_text("읽을 때 받은 ETag. 그 뒤에 바뀌었으면 412로 거절합니다.",
              "The ETag that came with what you read; if it has changed since, "
              "the answer is 412."), 0 },

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
static ngx_uint_t rb_openapi_kind(const rb_route_t *route);
static ngx_int_t rb_openapi_schemas(rb_json_t *j, const rb_router_t *router);
static void rb_openapi_problem_schema(rb_json_t *j,
    const rb_router_t *router);
static void rb_openapi_problem_responses(rb_json_t *j,
    const rb_router_t *router);
static void rb_openapi_security_schemes(rb_json_t *j);
static void rb_openapi_scopes(rb_json_t *j);
static void rb_openapi_header_params(rb_json_t *j, ngx_uint_t features);
static void rb_openapi_header_components(rb_json_t *j, ngx_uint_t features);
static void rb_openapi_part_schema(rb_json_t *j,
    const rb_openapi_part_t *part);
static void rb_openapi_part_ref(rb_json_t *j, const char *section,
    const char *name);


ngx_uint_t
rb_openapi_features(const rb_route_t *route)
{
    ngx_uint_t  i, get, asks, features;

    static const struct {
        ngx_uint_t  problem;
        ngx_uint_t  feature;
    } problems[] = {
        { RB_PROBLEM_CONFLICT, RB_OPENAPI_CONFLICT },
        { RB_PROBLEM_GONE, RB_OPENAPI_GONE },
        { RB_PROBLEM_UNAUTHORIZED, RB_OPENAPI_WHO },
        { RB_PROBLEM_FORBIDDEN, RB_OPENAPI_DENIES },
        { RB_PROBLEM_TOO_MANY, RB_OPENAPI_TOO_MANY },
        { RB_PROBLEM_NOT_FOUND, RB_OPENAPI_ID },
        { RB_PROBLEM_UPSTREAM, RB_OPENAPI_UPSTREAM },
        { RB_PROBLEM_RULES, RB_OPENAPI_RULES }
    };

    get = (route->method == NGX_HTTP_GET);
    asks = (route->roles != RB_ROLE_ANYONE || route->optional);

    features = RB_OPENAPI_ANY
               | (route->path_params && route->path_params->name.len
                  ? RB_OPENAPI_ID : 0)
               | (asks ? RB_OPENAPI_SECRET : 0)
               | (asks && !route->page ? RB_OPENAPI_WHO : 0)
               | (route->roles != RB_ROLE_ANYONE
                  || (!get && (route->page || asks) && !route->no_csrf)
                  ? RB_OPENAPI_DENIES : 0)
               | (route->page && route->roles != RB_ROLE_ANYONE
                  && route->success != NGX_HTTP_SEE_OTHER
                  ? RB_OPENAPI_LOGIN : 0)
               | (route->view || route->page ? RB_OPENAPI_VIEW : 0)
               | (route->body || route->form ? RB_OPENAPI_BODY : 0)
               | (route->idempotent ? RB_OPENAPI_KEY : 0)
               | (route->if_match || route->may_match
                  ? RB_OPENAPI_REVISED : 0)
               | (route->if_match ? RB_OPENAPI_MATCH : 0)
               | (get ? 0 : RB_OPENAPI_WRITE)
               | (route->on_main
                  && !(route->problems & RB_PROBLEM_UNAVAILABLE)
                  ? 0 : RB_OPENAPI_WAITS)
               | (get && (route->fresh || (route->view && !route->page))
                  ? RB_OPENAPI_ETAG : 0)
               | (route->list ? RB_OPENAPI_LIST : 0)
               | (route->success == NGX_HTTP_CREATED
                  || route->success == NGX_HTTP_SEE_OTHER
                  ? RB_OPENAPI_CREATES : 0);

    for (i = 0; i < rb_array_size(problems); i++) {
        if (route->problems & problems[i].problem) {
            features |= problems[i].feature;
        }
    }

    return features;
}


static ngx_uint_t
rb_openapi_all_features(const rb_router_t *router)
{
    ngx_uint_t  i, features;

    features = 0;

    for (i = 0; i < rb_router_count(router); i++) {
        features |= rb_openapi_features(rb_router_route(router, i));
    }

    if (features & (RB_OPENAPI_WRITE|RB_OPENAPI_WAITS|RB_OPENAPI_CONFLICT
                    |RB_OPENAPI_TOO_MANY))
    {
        features |= RB_OPENAPI_RETRY;
    }

    if (features & RB_OPENAPI_LOGIN) {
        features |= RB_OPENAPI_CREATES;
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

    rb_openapi_problem_responses(j, router);
    rb_openapi_header_params(j, features);

    rb_openapi_header_components(j, features);

    if (features & RB_OPENAPI_SECRET) {
        rb_openapi_security_schemes(j);
    }

    rb_json_close(j, '}');

    return NGX_OK;
}


/* One schema a view, where it is first used. */

static ngx_int_t
rb_openapi_schemas(rb_json_t *j, const rb_router_t *router)
{
    ngx_str_t          problem = ngx_string(RB_OPENAPI_PROBLEM);
    ngx_str_t          oauth = ngx_string(RB_OPENAPI_OAUTH_ERROR);
    ngx_uint_t         i, k, sparse;
    const rb_view_t   *view, *other;
    const rb_param_t  *param;

    rb_json_key(j, "schemas");
    rb_json_open(j, '{');

    rb_openapi_problem_schema(j, router);

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
                || rb_openapi_same(&view->name, &problem)
                || rb_openapi_same(&view->name, &oauth))
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
rb_openapi_problem_schema(rb_json_t *j, const rb_router_t *router)
{
    ngx_uint_t  i;

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
            "\"missing_roles\":{\"type\":\"array\","
                "\"items\":{\"type\":\"string\"}},"
            "\"state\":{\"type\":\"string\"},"
            "\"allowed_states\":{\"type\":\"array\","
                "\"items\":{\"type\":\"string\"}},"
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

    static const char  oauth[] =
        "{\"type\":\"object\","
        "\"description\":\"RFC 6749 §5.2\","
        "\"required\":[\"error\"],"
        "\"properties\":{"
            "\"error\":{\"type\":\"string\"},"
            "\"error_description\":{\"type\":\"string\"}},"
        "\"examples\":[{"
            "\"error\":\"invalid_grant\","
            "\"error_description\":\"The code has expired.\"}]}";

    rb_json_key(j, RB_OPENAPI_PROBLEM);
    rb_json_raw(j, schema, sizeof(schema) - 1);

    for (i = 0; i < rb_router_count(router); i++) {

        if (rb_router_route(router, i)->oauth) {
            rb_json_key(j, RB_OPENAPI_OAUTH_ERROR);
            rb_json_raw(j, oauth, sizeof(oauth) - 1);
            break;
        }
    }
}


/* What errors look like differs by kind: of the API, a page's, OAuth's. */

static ngx_uint_t
rb_openapi_kind(const rb_route_t *route)
{
    return route->page ? 1 : route->oauth ? 2 : 0;
}


static const struct {
    ngx_str_t    suffix;
    ngx_str_t    content;
} rb_openapi_kinds[RB_OPENAPI_KINDS] = {

    { ngx_string(""),
      ngx_string("{\"application/problem+json\":{\"schema\":{\"$ref\":"
                 "\"#/components/schemas/" RB_OPENAPI_PROBLEM "\"}}}") },

    { ngx_string("Page"),
      ngx_string("{\"text/html\":{\"schema\":{\"type\":\"string\"}}}") },

    { ngx_string("OAuth"),
      ngx_string("{\"application/json\":{\"schema\":{\"$ref\":"
                 "\"#/components/schemas/" RB_OPENAPI_OAUTH_ERROR "\"}}}") }
};


static void
rb_openapi_problem_responses(rb_json_t *j, const rb_router_t *router)
{
    u_char                    *p, name[64];
    ngx_uint_t                 i, k, kind, features;
    const rb_route_t          *route;
    const rb_openapi_part_t   *part;

    rb_json_key(j, "responses");
    rb_json_open(j, '{');

    for (kind = 0; kind < RB_OPENAPI_KINDS; kind++) {

        for (features = 0, k = 0; k < rb_router_count(router); k++) {
            route = rb_router_route(router, k);

            if (rb_openapi_kind(route) == kind) {
                features |= rb_openapi_features(route);
            }
        }

        for (i = 0; i < rb_array_size(rb_openapi_problems); i++) {
            part = &rb_openapi_problems[i];

            if ((part->when & features) == 0) {
                continue;
            }

            p = ngx_snprintf(name, sizeof(name), "%s%V", part->name,
                             &rb_openapi_kinds[kind].suffix);

            rb_json_key_n(j, (char *) name, p - name);
            rb_json_open(j, '{');
            rb_openapi_description(j, &part->about);
            rb_openapi_header_refs(j, RB_OPENAPI_ANY|part->with);

            /* a 304 has no content, but a tag; a 303 an address */

            if (part->with != RB_OPENAPI_ETAG
                && part->with != RB_OPENAPI_CREATES)
            {
                rb_json_key(j, "content");
                rb_json_raw(j, rb_openapi_kinds[kind].content.data,
                            rb_openapi_kinds[kind].content.len);
            }

            rb_json_close(j, '}');
        }
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_security_schemes(rb_json_t *j)
{
    static const char  simple[] =
        "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\","
            "\"name\":\"__Host-rb_session\"},"
        "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\","
            "\"bearerFormat\":\"JWT\",\"description\":\"RFC 6750\"},"
        "\"dpop\":{\"type\":\"http\",\"scheme\":\"dpop\","
            "\"description\":\"RFC 9449\"},"
        "\"openid\":{\"type\":\"openIdConnect\",\"openIdConnectUrl\":"
            "\"/.well-known/openid-configuration\"}";

    rb_json_key(j, "securitySchemes");
    rb_json_open(j, '{');

    rb_json_raw(j, simple, sizeof(simple) - 1);

    rb_json_key(j, "oauth2");
    rb_json_open(j, '{');
    rb_openapi_member(j, "type", "oauth2");
    rb_json_key(j, "flows");
    rb_json_open(j, '{');

    rb_json_key(j, "authorizationCode");
    rb_json_open(j, '{');
    rb_openapi_member(j, "authorizationUrl", "/oauth/authorize");
    rb_openapi_member(j, "tokenUrl", "/oauth/token");
    rb_openapi_member(j, "refreshUrl", "/oauth/token");
    rb_openapi_scopes(j);
    rb_json_close(j, '}');

    rb_json_key(j, "clientCredentials");
    rb_json_open(j, '{');
    rb_openapi_member(j, "tokenUrl", "/oauth/token");
    rb_openapi_scopes(j);
    rb_json_close(j, '}');

    rb_json_close(j, '}');
    rb_json_close(j, '}');
    rb_json_close(j, '}');
}


static void
rb_openapi_scopes(rb_json_t *j)
{
    const rb_named_bit_t  *name;
    ngx_uint_t             i;

    static const struct {
        ngx_uint_t   bit;
        const char  *about;
    } scopes[] = {
        { RB_SCOPE_OPENID, "누구인지 (OpenID Connect) · who it is" },
        { RB_SCOPE_PROFILE, "이름과 언어 · name and language" },
        { RB_SCOPE_EMAIL, "이메일 · the address" },
        { RB_SCOPE_OFFLINE_ACCESS,
          "로그아웃한 뒤에도 · after signing out, too" },
        { RB_SCOPE_READ, "내 정보 읽기 · reading what the member may" },
        { RB_SCOPE_WRITE, "내 정보 바꾸기 · changing what the member may" }
    };

    rb_json_key(j, "scopes");
    rb_json_open(j, '{');

    for (name = rb_scope_names; name->name.len; name++) {

        for (i = 0; i < rb_array_size(scopes); i++) {
            if (scopes[i].bit == name->bit) {
                rb_openapi_member(j, (char *) name->name.data,
                                  scopes[i].about);
            }
        }
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
rb_openapi_problem_refs(rb_json_t *j, const rb_route_t *route)
{
    u_char                    *p, name[64];
    ngx_uint_t                 i, features;
    const rb_openapi_part_t   *part;

    features = rb_openapi_features(route);

    for (i = 0; i < rb_array_size(rb_openapi_problems); i++) {
        part = &rb_openapi_problems[i];

        if (part->when & features) {
            p = ngx_snprintf(name, sizeof(name) - 1, "%s%V", part->name,
                             &rb_openapi_kinds[rb_openapi_kind(route)].suffix);
            *p = '\0';

            rb_json_key_n(j, part->as, ngx_strlen(part->as));
            rb_openapi_part_ref(j, "responses", (char *) name);
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
