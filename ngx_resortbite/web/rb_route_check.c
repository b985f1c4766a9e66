
/*
 * A mistake in a room's table is found when nginx reads its configuration,
 * not when the first client meets it.
 */


#include "web/rb_route_check.h"
#include <ngx_http.h>


#define RB_ENUM_VALUES_MAX  64          /* rb_value_t has a bit for each */


static ngx_uint_t rb_route_is_name(const ngx_str_t *name);
static const char *rb_route_check_kind(const rb_route_t *route);
static const char *rb_route_check_who(const rb_route_t *route);
static ngx_uint_t rb_route_of_resort(const rb_route_t *route);
static const char *rb_route_check_path(const rb_route_t *route,
    ngx_str_t *which);
static const char *rb_route_check_params(const rb_route_t *route,
    const rb_param_t *params, ngx_uint_t max, ngx_str_t *which);
static const char *rb_route_check_param(const rb_route_t *route,
    const rb_param_t *params, const rb_param_t *param);


const char *
rb_route_check(const rb_route_t *route, ngx_str_t *which)
{
    const char  *wrong;

    ngx_str_null(which);

    if (!rb_route_is_name(&route->name)) {
        return "needs a name of letters, digits and underscores";
    }

    if (route->handler == NULL) {
        return "has no handler";
    }

    if (route->tag.len == 0 || route->summary.in[RB_LANG_KO].len == 0
        || route->summary.in[RB_LANG_EN].len == 0)
    {
        return "needs a tag, and a summary in every language";
    }

    if (route->method == NGX_HTTP_GET && (route->body || route->idempotent)) {
        return "answers GET and so can't have a body or an idempotency key";
    }

    if (route->method != NGX_HTTP_GET && route->fresh) {
        return "doesn't answer GET and so can't be cached";
    }

    if (route->on_main && route->fresh) {
        return "answers without a fiber and so can't be cached: who asks for "
               "a cached answer may wait for it";
    }

    if (route->any_query && route->query) {
        return "heeds no query and so can't have parameters in it";
    }

    if (route->list && route->view == NULL) {
        return "is a list of no view";
    }

    wrong = rb_route_check_kind(route);

    if (wrong == NULL) {
        wrong = rb_route_check_who(route);
    }

    if (wrong == NULL) {
        wrong = rb_route_check_path(route, which);
    }

    if (wrong == NULL) {
        wrong = rb_route_check_params(route, route->path_params,
                                      RB_PATH_PARAMS_MAX, which);
    }

    if (wrong == NULL) {
        wrong = rb_route_check_params(route, route->query,
                                      RB_QUERY_PARAMS_MAX, which);
    }

    if (wrong == NULL) {
        wrong = rb_route_check_params(route, route->body,
                                      route->form ? RB_QUERY_PARAMS_MAX
                                                  : NGX_MAX_INT_T_VALUE,
                                      which);
    }

    if (wrong == NULL && route->view) {
        wrong = rb_view_prepare(route->view);

        if (wrong) {
            *which = route->view->name;
        }
    }

    return wrong;
}


static ngx_uint_t
rb_route_is_name(const ngx_str_t *name)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c != '_' && (c < '0' || c > '9')
            && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
        {
            return 0;
        }
    }

    return name->len != 0;
}


/* What it takes and what it answers: JSON, forms, pages. */

static const char *
rb_route_check_kind(const rb_route_t *route)
{
    if (route->form && route->method == NGX_HTTP_GET) {
        return "answers GET and so can't take a form's body";
    }

    if (route->page && (route->view || route->list || route->oauth)) {
        return "is a page and so can't answer JSON";
    }

    if (route->page && route->body && !route->form) {
        return "is a page and so takes forms, not JSON";
    }

    if (route->page && route->idempotent) {
        return "is a page and so isn't idempotent by a key";
    }

    if (rb_route_public_page(route) && route->by_language) {
        return "is a public page, whose language is by its path alone";
    }

    if (route->any_origin
        && (route->method != NGX_HTTP_GET || route->roles != RB_ROLE_ANYONE
            || route->optional))
    {
        return "may be read by any site and so must be GET and for anyone, "
               "whoever asks";
    }

    if (route->english
        && (route->fresh == 0 || route->by_language
            || route->path.len < 3
            || ngx_memcmp(route->path.data, "/en", 3) != 0))
    {
        return "is in English by its path, and so must be cached and begin "
               "with /en";
    }

    if (route->redisplays && !(route->page && route->form)) {
        return "shows no form again: that is for a page's form";
    }

    if (route->lenient && !route->form && route->method != NGX_HTTP_GET) {
        return "takes JSON, of which nothing goes unheeded";
    }

    return NULL;
}


/* Who may call.  A cached answer is everybody's. */

static const char *
rb_route_check_who(const rb_route_t *route)
{
    if (route->fresh
        && (route->roles != RB_ROLE_ANYONE || route->optional))
    {
        return "is cached and so must be for anyone, whoever asks";
    }

    if (route->optional && route->roles != RB_ROLE_ANYONE) {
        return "needs a role and so can't be for anyone as well";
    }

    if (route->step_up && route->roles == RB_ROLE_ANYONE) {
        return "asks for a recent log-in, but for no role";
    }

    if (route->scopes && route->roles == RB_ROLE_ANYONE && !route->optional) {
        return "asks for scopes, but for nobody who could have them";
    }

    if (route->on_main
        && (route->roles != RB_ROLE_ANYONE || route->optional))
    {
        return "answers without a fiber and so can't find out who asks";
    }

    if (route->roles & RB_ROLES_OF_RESORT && !rb_route_of_resort(route)) {
        return "needs a role in a resort, but its path has no /resorts/{id} "
               "with a UUID first";
    }

    return NULL;
}


static ngx_uint_t
rb_route_of_resort(const rb_route_t *route)
{
    u_char     *p;
    ngx_str_t   before = ngx_string("/resorts/");

    p = ngx_strlchr(route->path.data, route->path.data + route->path.len,
                    '{');

    return p && (size_t) (p - route->path.data) >= before.len
           && ngx_memcmp(p - before.len, before.data, before.len) == 0
           && route->path_params
           && route->path_params[0].type == RB_PARAM_UUID;
}


/* Segments aren't empty; those in braces are path_params, in their order. */

static const char *
rb_route_check_path(const rb_route_t *route, ngx_str_t *which)
{
    u_char            *p, *last, *end;
    ngx_str_t          name;
    const rb_param_t  *param;

    p = route->path.data;
    last = p + route->path.len;
    param = route->path_params;

    if (route->path.len == 0 || *p != '/') {
        return "needs a path that begins with a slash";
    }

    for (p++; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '/');
        end = end ? end : last;

        if (end == p || end + 1 == last) {
            return "has an empty segment in its path";
        }

        if (*p != '{') {
            continue;
        }

        name.data = p + 1;
        name.len = end - p - 2;
        *which = name;

        if (end - p < 3 || end[-1] != '}') {
            return "has a brace in its path that doesn't end";
        }

        if (param == NULL || param->name.len != name.len
            || ngx_memcmp(param->name.data, name.data, name.len) != 0)
        {
            return "has a parameter in its path that path_params doesn't "
                   "have there";
        }

        param++;
    }

    if (param && param->name.len) {
        *which = param->name;
        return "has a path parameter that isn't in its path";
    }

    ngx_str_null(which);

    return NULL;
}


static const char *
rb_route_check_params(const rb_route_t *route, const rb_param_t *params,
    ngx_uint_t max, ngx_str_t *which)
{
    ngx_uint_t   i, k;
    const char  *wrong;

    if (params == NULL) {
        return NULL;
    }

    for (i = 0; params[i].name.len; i++) {
        *which = params[i].name;

        if (i == max) {
            return "has too many parameters";
        }

        for (k = 0; k < i; k++) {
            if (params[k].name.len == params[i].name.len
                && ngx_memcmp(params[k].name.data, params[i].name.data,
                              params[i].name.len) == 0)
            {
                return "has a parameter twice";
            }
        }

        wrong = rb_route_check_param(route, params, &params[i]);

        if (wrong) {
            return wrong;
        }
    }

    ngx_str_null(which);

    return NULL;
}


static const char *
rb_route_check_param(const rb_route_t *route, const rb_param_t *params,
    const rb_param_t *param)
{
    ngx_uint_t  n;

    if (param->min > param->max) {
        return "has a parameter whose least value exceeds its greatest";
    }

    if (param->required && param->preset.len) {
        return "has a required parameter with a preset";
    }

    if (param->type == RB_PARAM_FIELDS && route->view == NULL) {
        return "has a parameter for fields, but no view";
    }

    if (param->type >= RB_PARAM_LABELS && (params != route->body || route->form
                                           || param->max == 0))
    {
        return "has a list that isn't of a JSON body, or has no limit";
    }

    if (param->type != RB_PARAM_ENUM && param->type != RB_PARAM_ENUMS) {
        return NULL;
    }

    if (param->values == NULL || param->values[0].len == 0) {
        return "has an enumeration without values";
    }

    for (n = 0; param->values[n].len; n++) { /* void */ }

    if (n > RB_ENUM_VALUES_MAX) {
        return "has an enumeration of more than 64 values";
    }

    return NULL;
}
