/* unit: web/rb_route.c web/rb_route_tree.c web/rb_route_check.c web/rb_view.c
   base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_utf8.c base/rb_week.c */

/*
 * Paths through the router, and fields= through a view.  A path that matches
 * has its parameters, none of them empty or leading elsewhere.
 */


#include "web/rb_route.h"
#include "support.h"
#include <ngx_http.h>


static const rb_param_t  params[] = {
    { ngx_string("a"), RB_PARAM_STRING, 0, 0, NULL, 1, ngx_null_string,
      rb_text("", "") },
    { ngx_string("b"), RB_PARAM_STRING, 0, 0, NULL, 1, ngx_null_string,
      rb_text("", "") },
    rb_param_end
};

static const rb_param_t  one_param[] = {
    { ngx_string("a"), RB_PARAM_STRING, 0, 0, NULL, 1, ngx_null_string,
      rb_text("", "") },
    rb_param_end
};

static const rb_view_field_t  fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0, rb_text("", "") },
    { ngx_string("a.b"), RB_VIEW_STRING, 0, rb_text("", "") },
    { ngx_string("a.c.d"), RB_VIEW_STRING, 0, rb_text("", "") },
    { ngx_string("e"), RB_VIEW_STRING, 0, rb_text("", "") }
};

static const rb_view_t  view = rb_view("View", fields);


ngx_str_t
rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    return (ngx_str_t) ngx_string("x");
}


static rb_err_t *
handler(rb_req_t *req)
{
    return NULL;
}


#define route(nm, mt, pt, ps)                                                 \
    { .name = ngx_string(nm), .method = mt, .path = ngx_string(pt),           \
      .handler = handler, .summary = rb_text("x", "x"),                       \
      .tag = ngx_string("x"), .path_params = ps }

static const rb_route_t  routes[] = {
    route("root", NGX_HTTP_GET, "/", NULL),
    route("fixed", NGX_HTTP_GET, "/a/b", NULL),
    route("one", NGX_HTTP_GET, "/a/{a}", one_param),
    route("two", NGX_HTTP_GET, "/a/{a}/x/{b}", params),
    route("both", NGX_HTTP_POST, "/a/b/{a}/c", one_param),
    route("other", NGX_HTTP_POST, "/a/{a}/d", one_param)
};


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
mask(const ngx_str_t *s)
{
    uint64_t   kept;
    ngx_str_t  unknown;

    if (rb_view_mask(&view, s, &kept, &unknown) == NGX_OK) {
        check((kept & 1) && kept < 16);

    } else {
        check(unknown.data >= s->data
              && unknown.data + unknown.len <= s->data + s->len);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t            s, allow, values[RB_PATH_PARAMS_MAX];
    ngx_conf_t           cf;
    ngx_uint_t           index, i;
    rb_routes_t          room = { routes, rb_array_size(routes) };
    const rb_route_t    *found;
    const rb_routes_t   *rooms[] = { &room, NULL };

    static ngx_pool_t   *pool;
    static rb_router_t  *router;

    if (router == NULL) {
        pool = support_pool();
        memset(&cf, 0, sizeof(cf));
        cf.pool = pool;
        router = rb_router_create(&cf, rooms);
        check(router != NULL);
    }

    s.data = (u_char *) data;
    s.len = size;
    memset(values, 0, sizeof(values));

    switch (rb_router_match(router, NGX_HTTP_GET, &s, &found, &index, values,
                            &allow))
    {
    case NGX_OK:
        check(found == rb_router_route(router, index) && allow.len);

        for (i = 0;
             found->path_params && found->path_params[i].name.len;
             i++)
        {
            check(values[i].len
                  && !(values[i].len <= 2 && values[i].data[0] == '.'
                       && values[i].data[values[i].len - 1] == '.'));
        }

        break;

    case NGX_HTTP_NOT_ALLOWED:
        check(allow.len != 0);
        break;

    default:
        break;
    }

    mask(&s);

    return 0;
}
