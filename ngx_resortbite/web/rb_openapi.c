
/*
 * The document is made of what the routes' tables say and of what follows from
 * a route's kind (rb_openapi_parts.h).  Everything is in the order of the
 * tables, so that one build of the module always writes the same bytes.
 */


#include "web/rb_openapi.h"
#include "web/rb_openapi_parts.h"
#include "web/rb_openapi_schema.h"
#include <ngx_http.h>


#define RB_OPENAPI_SIZE  65536


/* What the rooms are called; one that isn't here goes by its own name. */

typedef struct {
    ngx_str_t    name;
    rb_text_t    about;
} rb_openapi_tag_t;


static const rb_openapi_tag_t  rb_openapi_tags[] = {
    { ngx_string("jobs"), rb_text("채용 공고", "Job posts") },
    { ngx_string("resorts"), rb_text("리조트", "Resorts") },
    { ngx_string("dorms"), rb_text("기숙사", "Dormitories") },
    { ngx_string("meta"), rb_text("지역, 직종과 제한 값",
                                  "Regions, categories and limits") },
    { ngx_string("feeds"), rb_text("검색 엔진과 다른 사이트가 읽는 것",
                                   "For search engines and other sites") },
    { ngx_string("reports"), rb_text("신고", "Reports of abuse") },
    { ngx_string("users"), rb_text("회원", "Members") },
    { ngx_string("sessions"), rb_text("로그인", "Log-ins and sessions") },
    { ngx_string("factors"), rb_text("2단계 인증", "Second factors") },
    { ngx_string("social"), rb_text("다른 계정으로 로그인",
                                    "Accounts elsewhere") },
    { ngx_string("oauth"), rb_text("OAuth 2와 OpenID Connect",
                                   "OAuth 2 and OpenID Connect") },
    { ngx_string("pages"), rb_text("사람이 보는 페이지",
                                   "Pages for people") },
    { ngx_string("search"), rb_text("검색", "Search") },
    { ngx_string("applications"), rb_text("지원", "Applications") },
    { ngx_string("matching"), rb_text("매칭", "Matching") },
    { ngx_string("reviews"), rb_text("평가", "Reviews") },
    { ngx_string("chat"), rb_text("대화", "Conversations") },
    { ngx_string("notify"), rb_text("알림", "Notifications") },
    { ngx_string("payments"), rb_text("결제", "Payments") },
    { ngx_string("files"), rb_text("파일", "Files") },
    { ngx_string("analytics"), rb_text("통계", "Statistics") },
    { ngx_string("admin"), rb_text("관리", "Administration") },
    { ngx_string("ops"), rb_text("운영", "Operations") }
};


static void rb_openapi_info(rb_json_t *j);
static void rb_openapi_write_tags(rb_json_t *j, const rb_router_t *router);
static void rb_openapi_paths(rb_json_t *j, const rb_router_t *router);
static void rb_openapi_path(rb_json_t *j, const rb_router_t *router,
    ngx_uint_t first);
static void rb_openapi_operation(rb_json_t *j, const rb_route_t *route);
static void rb_openapi_security(rb_json_t *j, const rb_route_t *route);
static void rb_openapi_way(rb_json_t *j, const char *name, ngx_uint_t scopes);
static void rb_openapi_names(rb_json_t *j, const rb_named_bit_t *names,
    ngx_uint_t bits);
static void rb_openapi_parameters(rb_json_t *j, const rb_route_t *route);
static void rb_openapi_parameter(rb_json_t *j, const rb_route_t *route,
    const rb_param_t *param, const char *in);
static void rb_openapi_request_body(rb_json_t *j, const rb_route_t *route);
static void rb_openapi_responses(rb_json_t *j, const rb_route_t *route);
static void rb_openapi_success(rb_json_t *j, const rb_route_t *route);
static void rb_openapi_list(rb_json_t *j, const rb_view_t *view);


ngx_int_t
rb_openapi_write(ngx_pool_t *pool, const rb_router_t *router,
    ngx_str_t *document)
{
    rb_buf_t   b;
    rb_json_t  j;

    if (rb_buf_init(&b, pool, RB_OPENAPI_SIZE) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_json_init(&j, &b);

    rb_json_open(&j, '{');
    rb_openapi_member(&j, "openapi", "3.1.0");
    rb_openapi_info(&j);
    rb_openapi_write_tags(&j, router);
    rb_openapi_paths(&j, router);

    if (rb_openapi_components(&j, router) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_json_close(&j, '}');

    if (b.failed) {
        return NGX_ERROR;
    }

    document->data = b.start;
    document->len = rb_buf_len(&b);

    return NGX_OK;
}


static void
rb_openapi_info(rb_json_t *j)
{
    static const rb_text_t  about =
        rb_text("리조트바이트: 리조트 시즌 일자리와 숙소를 찾는 크루와, 크루를 "
                "찾는 리조트를 잇는 채용 플랫폼. 시각은 UTC(RFC 3339), 날짜는 "
                "한국 시간 기준이며, 금액은 원(KRW) 단위의 정수입니다. /api/ "
                "아래의 2xx와 3xx가 아닌 모든 응답은 "
                "application/problem+json(RFC 9457)입니다.",
                "ResortBite: a recruiting platform for resorts' seasonal "
                "crew, with work and a bed. Times are UTC (RFC 3339), days are "
                "Korea's, amounts are integers in KRW. Every answer under "
                "/api/ that is not 2xx or 3xx is application/problem+json "
                "(RFC 9457).");

    rb_json_key(j, "info");
    rb_json_open(j, '{');
    rb_openapi_member(j, "title", "ResortBite API");
    rb_openapi_member(j, "version", "1");
    rb_openapi_description(j, &about);

    rb_json_key(j, "contact");
    rb_json_open(j, '{');
    rb_openapi_member(j, "name", "리조트바이트 (ResortBite)");
    rb_json_close(j, '}');

    rb_json_key(j, "license");
    rb_json_open(j, '{');
    rb_openapi_member(j, "name", "ResortBite");
    rb_openapi_member(j, "identifier", "LicenseRef-ResortBite");
    rb_json_close(j, '}');
    rb_json_close(j, '}');

    rb_json_key(j, "servers");
    rb_json_open(j, '[');
    rb_json_open(j, '{');
    rb_openapi_member(j, "url", "/");
    rb_openapi_member(j, "description", "이 문서를 답한 서버 (this server)");
    rb_json_close(j, '}');
    rb_json_close(j, ']');
}


static void
rb_openapi_write_tags(rb_json_t *j, const rb_router_t *router)
{
    ngx_uint_t         i, k;
    rb_text_t          about;
    const rb_route_t  *route;

    rb_json_key(j, "tags");
    rb_json_open(j, '[');

    for (i = 0; i < rb_router_count(router); i++) {
        route = rb_router_route(router, i);

        for (k = 0; k < i; k++) {
            if (rb_openapi_same(&route->tag, &rb_router_route(router, k)->tag))
            {
                break;
            }
        }

        if (k < i) {
            continue;
        }

        about.in[RB_LANG_KO] = route->tag;
        ngx_str_null(&about.in[RB_LANG_EN]);

        for (k = 0; k < rb_array_size(rb_openapi_tags); k++) {
            if (rb_openapi_same(&route->tag, &rb_openapi_tags[k].name)) {
                about = rb_openapi_tags[k].about;
            }
        }

        rb_json_open(j, '{');
        rb_json_key(j, "name");
        rb_json_str(j, &route->tag);
        rb_openapi_description(j, &about);
        rb_json_close(j, '}');
    }

    rb_json_close(j, ']');
}


/* A path is written where its first route is, with all its methods. */

static void
rb_openapi_paths(rb_json_t *j, const rb_router_t *router)
{
    ngx_uint_t         i, k;
    const rb_route_t  *route;

    rb_json_key(j, "paths");
    rb_json_open(j, '{');

    for (i = 0; i < rb_router_count(router); i++) {
        route = rb_router_route(router, i);

        for (k = 0; k < i; k++) {
            if (rb_openapi_same(&route->path,
                                &rb_router_route(router, k)->path))
            {
                break;
            }
        }

        if (k == i) {
            rb_openapi_path(j, router, i);
        }
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_path(rb_json_t *j, const rb_router_t *router, ngx_uint_t first)
{
    ngx_uint_t         i, m;
    const rb_route_t  *route;

    static const struct {
        ngx_uint_t    method;
        ngx_str_t     name;
    } methods[] = {
        { NGX_HTTP_GET, ngx_string("get") },
        { NGX_HTTP_POST, ngx_string("post") },
        { NGX_HTTP_PUT, ngx_string("put") },
        { NGX_HTTP_PATCH, ngx_string("patch") },
        { NGX_HTTP_DELETE, ngx_string("delete") }
    };

    route = rb_router_route(router, first);

    rb_json_key_n(j, (char *) route->path.data, route->path.len);
    rb_json_open(j, '{');

    for (m = 0; m < rb_array_size(methods); m++) {
        for (i = first; i < rb_router_count(router); i++) {
            route = rb_router_route(router, i);

            if (route->method == methods[m].method
                && rb_openapi_same(&route->path,
                                   &rb_router_route(router, first)->path))
            {
                rb_json_key_n(j, (char *) methods[m].name.data,
                              methods[m].name.len);
                rb_openapi_operation(j, route);
            }
        }
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_operation(rb_json_t *j, const rb_route_t *route)
{
    rb_json_open(j, '{');

    rb_json_key(j, "operationId");
    rb_json_str(j, &route->name);

    rb_json_key(j, "tags");
    rb_json_open(j, '[');
    rb_json_str(j, &route->tag);
    rb_json_close(j, ']');

    rb_json_key(j, "summary");
    rb_json_str(j, &route->summary.in[RB_LANG_KO]);
    rb_json_key(j, "description");
    rb_json_str(j, &route->summary.in[RB_LANG_EN]);

    rb_openapi_security(j, route);
    rb_openapi_parameters(j, route);

    if (route->body || route->form) {
        rb_openapi_request_body(j, route);
    }

    rb_openapi_responses(j, route);

    rb_json_close(j, '}');
}


/*
 * Any one of them will do; an empty list says that no credentials are needed,
 * an empty object that they may be left out.
 */

static void
rb_openapi_security(rb_json_t *j, const rb_route_t *route)
{
    ngx_uint_t  i, of_pages;

    static const char *const  ways[] = { "bearer", "dpop", "openid" };

    of_pages = rb_route_of_pages(route);

    rb_json_key(j, "security");
    rb_json_open(j, '[');

    if (route->optional) {
        rb_json_open(j, '{');
        rb_json_close(j, '}');
    }

    if (route->optional || route->roles != RB_ROLE_ANYONE) {

        if (route->roles != RB_ROLE_CLIENT) {
            rb_openapi_way(j, "cookie", 0);
        }

        for (i = 0; !of_pages && i < rb_array_size(ways); i++) {
            rb_openapi_way(j, ways[i],
                           ngx_strcmp(ways[i], "openid") == 0 ? route->scopes
                                                              : 0);
        }

        if (!of_pages) {
            rb_openapi_way(j, "oauth2", route->scopes);
        }
    }

    rb_json_close(j, ']');

    if (route->roles != RB_ROLE_ANYONE) {
        rb_json_key(j, "x-roles");
        rb_openapi_names(j, rb_role_names, route->roles);
    }

    if (route->step_up) {
        rb_json_key(j, "x-step-up");
        rb_json_int(j, route->step_up);
    }
}


static void
rb_openapi_way(rb_json_t *j, const char *name, ngx_uint_t scopes)
{
    rb_json_open(j, '{');
    rb_json_key_n(j, name, ngx_strlen(name));
    rb_openapi_names(j, rb_scope_names, scopes);
    rb_json_close(j, '}');
}


static void
rb_openapi_names(rb_json_t *j, const rb_named_bit_t *names, ngx_uint_t bits)
{
    rb_json_open(j, '[');

    for ( /* void */ ; names->name.len; names++) {
        if (bits & names->bit) {
            rb_json_str(j, &names->name);
        }
    }

    rb_json_close(j, ']');
}


static void
rb_openapi_parameters(rb_json_t *j, const rb_route_t *route)
{
    const rb_param_t  *param;

    rb_json_key(j, "parameters");
    rb_json_open(j, '[');

    for (param = route->path_params; param && param->name.len; param++) {
        rb_openapi_parameter(j, route, param, "path");
    }

    for (param = route->query; param && param->name.len; param++) {
        rb_openapi_parameter(j, route, param, "query");
    }

    rb_openapi_param_refs(j, rb_openapi_features(route));

    rb_json_close(j, ']');
}


static void
rb_openapi_parameter(rb_json_t *j, const rb_route_t *route,
    const rb_param_t *param, const char *in)
{
    rb_json_open(j, '{');

    rb_json_key(j, "name");
    rb_json_str(j, &param->name);
    rb_openapi_member(j, "in", in);
    rb_openapi_description(j, &param->about);

    if (param->required || *in == 'p') {
        rb_json_key(j, "required");
        rb_json_bool(j, 1);
    }

    if (param->type == RB_PARAM_ENUMS || param->type == RB_PARAM_FIELDS) {
        /* comma separated */
        rb_openapi_member(j, "style", *in == 'p' ? "simple" : "form");
        rb_json_key(j, "explode");
        rb_json_bool(j, 0);
    }

    rb_json_key(j, "schema");
    rb_openapi_param_schema(j, param, route->view, NULL);

    rb_json_close(j, '}');
}


static void
rb_openapi_request_body(rb_json_t *j, const rb_route_t *route)
{
    rb_json_key(j, "requestBody");
    rb_json_open(j, '{');
    rb_json_key(j, "required");
    rb_json_bool(j, 1);
    rb_json_key(j, "content");
    rb_json_open(j, '{');

    if (route->form) {
        rb_json_key(j, "application/x-www-form-urlencoded");

    } else {
        rb_json_key(j, "application/json");
    }

    rb_json_open(j, '{');
    rb_json_key(j, "schema");
    rb_openapi_body_schema(j, route);
    rb_json_close(j, '}');
    rb_json_close(j, '}');
    rb_json_close(j, '}');
}


static void
rb_openapi_responses(rb_json_t *j, const rb_route_t *route)
{
    rb_json_key(j, "responses");
    rb_json_open(j, '{');

    rb_openapi_success(j, route);

    rb_openapi_problem_refs(j, route);

    rb_json_close(j, '}');
}


static void
rb_openapi_success(rb_json_t *j, const rb_route_t *route)
{
    u_char  *p, text[NGX_INT_T_LEN];

    static const char       html[] =
        "{\"text/html\":{\"schema\":{\"type\":\"string\"}}}";
    static const rb_text_t  about = rb_text("성공", "Success");

    p = ngx_snprintf(text, sizeof(text), "%ui",
                     route->success ? route->success : NGX_HTTP_OK);

    rb_json_key_n(j, (char *) text, p - text);
    rb_json_open(j, '{');
    rb_openapi_description(j, &about);
    rb_openapi_header_refs(j, rb_openapi_features(route));

    if (route->page && route->success != NGX_HTTP_SEE_OTHER) {
        rb_json_key(j, "content");
        rb_json_raw(j, html, sizeof(html) - 1);

    } else if (route->view) {
        rb_json_key(j, "content");
        rb_json_open(j, '{');
        rb_json_key(j, "application/json");
        rb_json_open(j, '{');
        rb_json_key(j, "schema");

        if (route->list) {
            rb_openapi_list(j, route->view);

        } else {
            rb_openapi_ref(j, "schemas", &route->view->name);
        }

        rb_json_close(j, '}');
        rb_json_close(j, '}');
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_list(rb_json_t *j, const rb_view_t *view)
{
    static const rb_text_t  next =
        rb_text("다음 쪽의 cursor. 마지막 쪽이면 null.",
                "The cursor of the next page; null on the last one.");
    static const rb_text_t  count =
        rb_text("전체 개수. count를 요청했을 때만 있습니다.",
                "How many there are in all; only when count was asked for.");

    rb_json_open(j, '{');
    rb_openapi_member(j, "type", "object");
    rb_json_key(j, "required");
    rb_json_open(j, '[');
    rb_json_raw(j, "\"items\",\"next\"", sizeof("\"items\",\"next\"") - 1);
    rb_json_close(j, ']');

    rb_json_key(j, "properties");
    rb_json_open(j, '{');

    rb_json_key(j, "items");
    rb_json_open(j, '{');
    rb_openapi_member(j, "type", "array");
    rb_json_key(j, "items");
    rb_openapi_ref(j, "schemas", &view->name);
    rb_json_close(j, '}');

    rb_json_key(j, "next");
    rb_json_open(j, '{');
    rb_json_key(j, "type");
    rb_json_open(j, '[');
    rb_json_raw(j, "\"string\",\"null\"", sizeof("\"string\",\"null\"") - 1);
    rb_json_close(j, ']');
    rb_openapi_description(j, &next);
    rb_json_close(j, '}');

    rb_json_key(j, "count");
    rb_json_open(j, '{');
    rb_openapi_member(j, "type", "integer");
    rb_openapi_description(j, &count);
    rb_json_close(j, '}');

    rb_json_close(j, '}');
    rb_json_close(j, '}');
}
