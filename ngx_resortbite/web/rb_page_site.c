
/*
 * What public pages have around their own content: in the head what search
 * engines and those who share a link want to know, the site's header and
 * footer, and the ways on from an error.
 */


#include "web/rb_negotiate.h"
#include "web/rb_page_parts.h"
#include "web/rb_param.h"
#include <ngx_http.h>


#define RB_PAGE_EN  "/en"


static void rb_page_site_meta(rb_page_t *page, const char *attribute,
    const char *name, const ngx_str_t *content);
static void rb_page_site_rel(rb_page_t *page, const char *markup,
    rb_lang_e lang, const ngx_str_t *path);
static void rb_page_site_open_graph(rb_page_t *page, const rb_text_t *title,
    const rb_page_conf_t *conf, const ngx_str_t *canonical);
static void rb_page_site_json_ld(rb_page_t *page, const ngx_str_t *json);
static void rb_page_site_to(rb_page_t *page, const char *path,
    const rb_text_t *text);
static void rb_page_icon_write(rb_buf_t *b);
static rb_err_t *rb_page_nowhere_handler(rb_req_t *req);
static ngx_uint_t rb_page_below(const ngx_str_t *path, const char *folder);


/* In no table, so that nothing matches them: see rb_page_nowhere(). */

#define rb_page_nowhere_route(nm, pt, en)                                     \
    {                                                                         \
        .name = ngx_string(nm),                                               \
        .method = NGX_HTTP_GET,                                               \
        .path = ngx_string(pt),                                               \
        .handler = rb_page_nowhere_handler,                                   \
        .tag = ngx_string("pages"),                                           \
        .roles = RB_ROLE_ANYONE,                                              \
        .fresh = 1,                                                           \
        .page = 1,                                                            \
        .english = en                                                         \
    }

static const rb_route_t  rb_page_nowhere_routes[RB_LANG_COUNT] = {
    [RB_LANG_KO] = rb_page_nowhere_route("nowhere", "/", 0),
    [RB_LANG_EN] = rb_page_nowhere_route("nowhere_en", "/en", 1)
};


ngx_str_t  rb_page_origin;


ngx_str_t
rb_page_path(ngx_pool_t *pool, rb_lang_e lang, const ngx_str_t *path)
{
    u_char     *p;
    ngx_str_t   own, rest;

    if (lang != RB_LANG_EN) {
        return *path;
    }

    rest = *path;

    /* the home's slash is all of its path */

    if (rest.len && (rest.len == 1 || rest.data[1] == '?')) {
        rest.data++;
        rest.len--;
    }

    own.len = sizeof(RB_PAGE_EN) - 1 + rest.len;
    own.data = ngx_pnalloc(pool, own.len);

    if (own.data == NULL) {
        own.len = 0;
        return own;
    }

    p = ngx_cpymem(own.data, RB_PAGE_EN, sizeof(RB_PAGE_EN) - 1);
    ngx_memcpy(p, rest.data, rest.len);

    return own;
}


ngx_str_t
rb_page_address(ngx_pool_t *pool, rb_lang_e lang, const ngx_str_t *path)
{
    u_char     *p;
    ngx_str_t   own, address;

    own = rb_page_path(pool, lang, path);

    if (own.data == NULL || rb_page_origin.len == 0) {
        return own;
    }

    address.len = rb_page_origin.len + own.len;
    address.data = ngx_pnalloc(pool, address.len);

    if (address.data == NULL) {
        address.len = 0;
        return address;
    }

    p = ngx_cpymem(address.data, rb_page_origin.data, rb_page_origin.len);
    ngx_memcpy(p, own.data, own.len);

    return address;
}


ngx_str_t
rb_page_canonical(rb_req_t *req, ngx_uint_t query)
{
    size_t      en;
    rb_buf_t    b;
    ngx_str_t   path;
    ngx_uint_t  i;

    en = sizeof(RB_PAGE_EN) - 1;

    /* of a path that is none the way leads home */

    for (i = 0; i < rb_param_count(req->route->path_params); i++) {
        if (req->path[i].text.len == 0) {
            ngx_str_set(&path, "/");
            return path;
        }
    }

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_path_write(&b, req);

    /* the English home is /en, the Korean one / */

    if (req->route->english && rb_buf_len(&b) == en) {
        rb_buf_add_lit(&b, "/");
    }

    /* what was refused before its query was read has none */

    if (query && req->query) {
        rb_query_write(&b, req, 0);
    }

    if (b.failed) {
        ngx_str_null(&path);
        return path;
    }

    path.data = b.start;
    path.len = rb_buf_len(&b);

    if (req->route->english) {
        path.data += en;
        path.len -= en;
    }

    return path;
}


void
rb_page_site_head(rb_page_t *page, const rb_text_t *title,
    const rb_page_conf_t *conf)
{
    ngx_str_t  canonical;

    rb_page_asset_link(page, "<link rel=\"stylesheet\" href=\"", "site.css",
                       "\">\n");

    canonical = conf->canonical.len ? conf->canonical
                                    : rb_page_canonical(page->req, 1);

    if (canonical.data == NULL) {
        page->body->failed = 1;
        return;
    }

    rb_page_site_meta(page, "name", "description", &conf->description);

    if (conf->noindex || conf->error) {
        rb_page_raw(page, "<meta name=\"robots\" content=\"noindex\">\n");
    }

    /* an error has no address of its own in either language */

    if (conf->error == NULL) {
        rb_page_site_rel(page, "rel=\"canonical\"", page->req->lang,
                         &canonical);
        rb_page_site_rel(page, "rel=\"alternate\" hreflang=\"ko\"",
                         RB_LANG_KO, &canonical);
        rb_page_site_rel(page, "rel=\"alternate\" hreflang=\"en\"",
                         RB_LANG_EN, &canonical);
        rb_page_site_rel(page, "rel=\"alternate\" hreflang=\"x-default\"",
                         RB_LANG_KO, &canonical);
        rb_page_site_rel(page, "rel=\"prev\"", page->req->lang, &conf->prev);
        rb_page_site_rel(page, "rel=\"next\"", page->req->lang, &conf->next);

        rb_page_site_open_graph(page, title, conf, &canonical);
        rb_page_site_json_ld(page, &conf->json_ld);
    }

    rb_page_raw(page, "<link rel=\"alternate\" "
                      "type=\"application/rss+xml\" href=\"");
    rb_page_raw(page, page->req->lang == RB_LANG_EN ? RB_PAGE_EN : "");
    rb_page_raw(page, "/feeds/jobs.xml\">\n");

    if (conf->head) {
        conf->head(page, conf->head_data);
    }
}


static void
rb_page_site_meta(rb_page_t *page, const char *attribute, const char *name,
    const ngx_str_t *content)
{
    if (content->len == 0) {
        return;
    }

    rb_page_raw(page, "<meta ");
    rb_page_raw(page, attribute);
    rb_page_raw(page, "=\"");
    rb_page_raw(page, name);
    rb_page_raw(page, "\" content=\"");
    rb_page_text(page, content);
    rb_page_raw(page, "\">\n");
}


static void
rb_page_site_rel(rb_page_t *page, const char *markup, rb_lang_e lang,
    const ngx_str_t *path)
{
    ngx_str_t  address;

    if (path->len == 0) {
        return;
    }

    address = rb_page_address(page->req->task.pool, lang, path);

    if (address.data == NULL) {
        page->body->failed = 1;
        return;
    }

    rb_page_raw(page, "<link ");
    rb_page_raw(page, markup);
    rb_page_raw(page, " href=\"");
    rb_page_text(page, &address);
    rb_page_raw(page, "\">\n");
}


/* The Open Graph protocol, https://ogp.me/: what a shared link looks like. */

static void
rb_page_site_open_graph(rb_page_t *page, const rb_text_t *title,
    const rb_page_conf_t *conf, const ngx_str_t *canonical)
{
    rb_lang_e   lang;
    ngx_str_t   address, type;

    static const ngx_str_t  website = ngx_string("website");

    static const ngx_str_t  locales[RB_LANG_COUNT] = {
        [RB_LANG_KO] = ngx_string("ko_KR"),
        [RB_LANG_EN] = ngx_string("en_US")
    };

    lang = page->req->lang;
    type = website;

    if (conf->og_type) {
        type.data = (u_char *) conf->og_type;
        type.len = ngx_strlen(conf->og_type);
    }

    rb_page_site_meta(page, "property", "og:type", &type);
    rb_page_site_meta(page, "property", "og:site_name",
                      &rb_page_product.in[lang]);
    rb_page_site_meta(page, "property", "og:locale", &locales[lang]);
    rb_page_site_meta(page, "property", "og:title",
                      conf->og_title.len ? &conf->og_title : &title->in[lang]);
    rb_page_site_meta(page, "property", "og:description",
                      conf->og_description.len ? &conf->og_description
                                               : &conf->description);
    rb_page_site_meta(page, "property", "og:image", &conf->image);

    /* both are absolute addresses by definition */

    if (rb_page_origin.len) {
        address = rb_page_address(page->req->task.pool, lang, canonical);

        rb_page_site_meta(page, "property", "og:url", &address);
    }
}


/*
 * A script element ends at "</script", and "<!--" changes how it is read
 * (HTML §4.12.1.3).  In JSON a "<" is only ever within a string, where it can
 * be written otherwise; so can U+2028 and U+2029, which end a line for those
 * who read it as a script.
 */

static void
rb_page_site_json_ld(rb_page_t *page, const ngx_str_t *json)
{
    u_char  *p, *lt, *line, *end;

    if (json->len == 0) {
        return;
    }

    p = json->data;
    end = p + json->len;

    rb_page_raw(page, "<script type=\"application/ld+json\">");

    lt = memchr(p, '<', end - p);
    line = memchr(p, 0xe2, end - p);

    while (lt || line) {

        if (lt && (line == NULL || lt < line)) {
            rb_buf_add(page->body, p, lt - p);
            rb_page_raw(page, "\\u003c");

            p = lt + 1;
            lt = memchr(p, '<', end - p);
            continue;
        }

        if (end - line > 2 && line[1] == 0x80
            && (line[2] == 0xa8 || line[2] == 0xa9))
        {
            rb_buf_add(page->body, p, line - p);
            rb_page_raw(page, (line[2] == 0xa8) ? "\\u2028" : "\\u2029");
            p = line + 3;
        }

        line = memchr(line + 1, 0xe2, end - line - 1);
    }

    rb_buf_add(page->body, p, end - p);

    rb_page_raw(page, "</script>\n");
}


void
rb_page_site_top(rb_page_t *page)
{
    static const rb_text_t  skip = rb_text("본문으로 가기", "Skip to content");
    static const rb_text_t  jobs = rb_text("일자리", "Jobs");
    static const rb_text_t  resorts = rb_text("리조트", "Resorts");
    static const rb_text_t  login = rb_text("로그인", "Log in");

    rb_page_raw(page, "<body class=\"site\">\n"
                      "<a class=\"skip\" href=\"#main\">");
    rb_page_say(page, &skip);
    rb_page_raw(page, "</a>\n<header>\n<a class=\"brand\" href=\"");
    rb_page_raw(page, page->req->lang == RB_LANG_EN ? RB_PAGE_EN : "/");
    rb_page_raw(page, "\">");
    rb_page_say(page, &rb_page_product);
    rb_page_raw(page, page->req->lang == RB_LANG_EN
                      ? "</a>\n<nav aria-label=\"Site\">\n"
                      : "</a>\n<nav aria-label=\"사이트\">\n");

    rb_page_site_to(page, "/jobs", &jobs);
    rb_page_site_to(page, "/resorts", &resorts);

    rb_page_raw(page, "<a href=\"/login\" rel=\"nofollow\">");
    rb_page_say(page, &login);
    rb_page_raw(page, "</a>\n</nav>\n<nav aria-label=\"언어 · Language\">");
    rb_page_language(page, RB_LANG_KO, "한국어");
    rb_page_language(page, RB_LANG_EN, "English");
    rb_page_raw(page, "</nav>\n</header>\n");
}


void
rb_page_site_bottom(rb_page_t *page)
{
    rb_page_raw(page, "<footer>\n<nav>\n");

    if (page->req->lang == RB_LANG_EN) {
        rb_page_raw(page, "<a href=\"/terms?lang=en\">Terms</a>\n"
                          "<a href=\"/privacy?lang=en\">Privacy</a>\n");

    } else {
        rb_page_raw(page, "<a href=\"/terms\">이용약관</a>\n"
                          "<a href=\"/privacy\">개인정보</a>\n");
    }

    rb_page_raw(page, "</nav>\n<p>");
    rb_page_say(page, &rb_page_product);
    rb_page_raw(page, "</p>\n</footer>\n");
}


void
rb_page_site_onward(rb_page_t *page)
{
    static const rb_text_t  jobs =
        rb_text("지금 모집 중인 일자리 보기", "See the jobs that are open now");
    static const rb_text_t  home = rb_text("첫 화면으로", "To the home page");

    rb_page_raw(page, "<ul class=\"onward\">\n<li>");
    rb_page_site_to(page, "/jobs", &jobs);
    rb_page_raw(page, "</li>\n<li>");
    rb_page_site_to(page, "/", &home);
    rb_page_raw(page, "</li>\n</ul>\n");
}


const rb_route_t *
rb_page_nowhere(const ngx_str_t *path, const ngx_str_t *accept)
{
    if (rb_page_below(path, "/api") || rb_page_below(path, "/oauth")
        || accept->len == 0
        || ngx_strlcasestrn(accept->data, accept->data + accept->len,
                            (u_char *) "text/html", 9 - 1) == NULL
        || !rb_accept_html(accept))
    {
        return NULL;
    }

    return &rb_page_nowhere_routes[rb_page_below(path, RB_PAGE_EN)
                                   ? RB_LANG_EN : RB_LANG_KO];
}


ngx_int_t
rb_page_moved(rb_req_t *req, const rb_router_t *router, const ngx_str_t *path,
    const ngx_str_t *uri)
{
    rb_buf_t           b;
    ngx_str_t          shorter, location, allow, values[RB_PATH_PARAMS_MAX];
    ngx_uint_t         i;
    const rb_route_t  *route;

    static const ngx_str_t  icon = ngx_string("/favicon.ico");

    if (!(req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || rb_buf_init(&b, req->task.pool, 128) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    shorter.data = path->data;
    shorter.len = path->len - 1;

    if (path->len == icon.len
        && ngx_memcmp(path->data, icon.data, icon.len) == 0)
    {
        rb_page_icon_write(&b);

    } else if (path->len > 2 && path->data[shorter.len] == '/'
               && path->data[1] != '/'
               && rb_router_match(router, req->method, &shorter, &route, &i,
                                  values, &allow)
                  == NGX_OK
               && rb_route_public_page(route))
    {
        rb_buf_add_str(&b, &shorter);
        rb_buf_add(&b, uri->data + path->len, uri->len - path->len);

    } else {
        return NGX_DECLINED;
    }

    if (b.failed) {
        return NGX_DECLINED;
    }

    location.data = b.start;
    location.len = rb_buf_len(&b);

    (void) rb_reply_redirect(req, &location);

    req->reply.status = NGX_HTTP_PERMANENT_REDIRECT;
    ngx_str_set(&req->reply.cache_control, "public, max-age=86400");

    return NGX_OK;
}


static void
rb_page_icon_write(rb_buf_t *b)
{
    u_char            version[RB_PAGE_VERSION_LEN];
    static ngx_str_t  name = ngx_string("icon.svg");

    rb_page_version(rb_page_asset(&name), version);

    rb_buf_add_lit(b, "/assets/");
    rb_buf_add(b, version, RB_PAGE_VERSION_LEN);
    rb_buf_add_lit(b, "/icon.svg");
}


static rb_err_t *
rb_page_nowhere_handler(rb_req_t *req)
{
    return &rb_err_not_found;
}


static ngx_uint_t
rb_page_below(const ngx_str_t *path, const char *folder)
{
    size_t  len;

    len = ngx_strlen(folder);

    return path->len >= len && ngx_memcmp(path->data, folder, len) == 0
           && (path->len == len || path->data[len] == '/');
}


static void
rb_page_site_to(rb_page_t *page, const char *path, const rb_text_t *text)
{
    ngx_str_t  href, own;

    own.data = (u_char *) path;
    own.len = ngx_strlen(path);

    href = rb_page_path(page->req->task.pool, page->req->lang, &own);

    if (href.data == NULL) {
        page->body->failed = 1;
        return;
    }

    rb_page_open(page, "a", "href", &href, NULL);
    rb_page_say(page, text);
    rb_page_close(page, "a");
}
