
/*
 * GET /sitemap.xml, /sitemaps/{name}, /robots.txt.
 *
 * Each page is named once in each language, and each name tells of both
 * (hreflang), as search engines want it.
 */


#include "feeds/rb_feeds.h"
#include "feeds/rb_feeds_parts_http.h"
#include "web/rb_page.h"
#include "web/rb_param.h"
#include <ngx_http.h>


/* Bytes of one page, in both languages. */
#define RB_FEEDS_PAGE_SIZE  900


/* A kind of file: how its number is named, where its pages are. */

typedef struct {
    ngx_str_t    prefix;
    ngx_str_t    path;
    ngx_str_t    tag;
} rb_feeds_kind_t;


static rb_err_t *rb_feeds_lists_file(rb_req_t *req);
static rb_err_t *rb_feeds_kind_file(rb_req_t *req, rb_feeds_kind_e kind,
    ngx_uint_t node);
static void rb_feeds_open(rb_buf_t *b);
static void rb_feeds_page(rb_buf_t *b, const ngx_str_t *path,
    const ngx_str_t *updated_at);
static void rb_feeds_address(rb_buf_t *b, ngx_uint_t lang,
    const ngx_str_t *path);


static const rb_feeds_kind_t  rb_feeds_kinds[RB_FEEDS_KINDS] = {
    [RB_FEEDS_JOBS] =    { ngx_string("jobs-"), ngx_string("/jobs/"),
                           ngx_string("jobs") },
    [RB_FEEDS_RESORTS] = { ngx_string("resorts-"), ngx_string("/resorts/"),
                           ngx_string("resorts") }
};


rb_err_t *
rb_feeds_index_handler(rb_req_t *req)
{
    rb_buf_t               *b;
    rb_err_t               *err;
    ngx_uint_t              i, kind, count;
    rb_feeds_file_t        *files;
    const rb_feeds_kind_t  *of;

    if (rb_page_origin.len == 0) {
        return &rb_err_no_origin;
    }

    err = rb_feeds_begin(req, "application/xml", 16384);
    if (err) {
        return err;
    }

    b = &req->reply.body;

    rb_buf_add_lit(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<sitemapindex xmlns="
                      "\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");

    for (kind = 0; kind < RB_FEEDS_KINDS; kind++) {
        of = &rb_feeds_kinds[kind];

        rb_reply_tag(req, (const char *) of->tag.data, NULL);

        err = rb_feeds_files(&req->task, kind, &files, &count);
        if (err) {
            return err;
        }

        for (i = 0; i < count; i++) {
            rb_buf_printf(b, "<sitemap><loc>%V/sitemaps/%V%ui.xml</loc>"
                             "<lastmod>%V</lastmod></sitemap>\n",
                          &rb_page_origin, &of->prefix, files[i].node,
                          &files[i].updated_at);
        }
    }

    rb_buf_printf(b, "<sitemap><loc>%V/sitemaps/lists.xml</loc></sitemap>\n"
                     "</sitemapindex>\n", &rb_page_origin);

    return NULL;
}


rb_err_t *
rb_feeds_file_handler(rb_req_t *req)
{
    u_char                 *p;
    size_t                  len;
    ngx_int_t               node;
    ngx_str_t              *name;
    ngx_uint_t              kind;
    const rb_feeds_kind_t  *of;

    static const ngx_str_t  lists = ngx_string("lists.xml");
    static const ngx_str_t  ending = ngx_string(".xml");

    name = &req->path[0].text;

    if (rb_page_origin.len == 0) {
        return &rb_err_no_origin;
    }

    if (name->len == lists.len
        && ngx_memcmp(name->data, lists.data, lists.len) == 0)
    {
        return rb_feeds_lists_file(req);
    }

    for (kind = 0; kind < RB_FEEDS_KINDS; kind++) {
        of = &rb_feeds_kinds[kind];

        if (name->len <= of->prefix.len + ending.len
            || ngx_memcmp(name->data, of->prefix.data, of->prefix.len) != 0
            || ngx_memcmp(name->data + name->len - ending.len, ending.data,
                          ending.len) != 0)
        {
            continue;
        }

        p = name->data + of->prefix.len;
        len = name->len - of->prefix.len - ending.len;
        node = ngx_atoi(p, len);

        /* "jobs-01.xml" is no second name of it */

        if (node > 0 && *p != '0') {
            return rb_feeds_kind_file(req, kind, node);
        }
    }

    return &rb_err_not_found;
}


static rb_err_t *
rb_feeds_kind_file(rb_req_t *req, rb_feeds_kind_e kind, ngx_uint_t node)
{
    rb_buf_t               *b;
    rb_err_t               *err;
    ngx_str_t               path, id, updated_at;
    ngx_uint_t              i;
    rb_pg_rows_t            rows;
    const rb_feeds_kind_t  *of;

    of = &rb_feeds_kinds[kind];

    rb_reply_tag(req, (const char *) of->tag.data, NULL);

    err = rb_feeds_file(&req->task, kind, node, &rows);

    if (err == NULL) {
        err = rb_feeds_begin(req, "application/xml",
                             1024 + rows.count * RB_FEEDS_PAGE_SIZE);
    }

    if (err) {
        return err;
    }

    b = &req->reply.body;
    rb_feeds_open(b);

    for (i = 0; i < rows.count; i++) {
        id = rb_pg_value(&rows, i, 0);
        updated_at = rb_pg_value(&rows, i, 1);

        path.len = of->path.len + id.len;
        path.data = ngx_pnalloc(req->task.pool, path.len);

        if (path.data == NULL) {
            return &rb_err_internal;
        }

        ngx_memcpy(ngx_cpymem(path.data, of->path.data, of->path.len),
                   id.data, id.len);

        rb_feeds_page(b, &path, &updated_at);
    }

    rb_buf_add_lit(b, "</urlset>\n");

    return NULL;
}


/* The home, the lists, and of them those of a region, a category or both. */

static rb_err_t *
rb_feeds_lists_file(rb_req_t *req)
{
    u_char        *p, text[128];
    rb_buf_t      *b;
    rb_err_t      *err;
    ngx_str_t      path, region, category, published_at;
    ngx_uint_t     i;
    rb_pg_rows_t   rows;

    static const ngx_str_t  none = ngx_null_string;

    static const ngx_str_t  pages[] = {
        ngx_string("/"), ngx_string("/jobs"), ngx_string("/resorts")
    };

    rb_reply_tag(req, "jobs", NULL);

    err = rb_feeds_lists(&req->task, &rows);

    if (err == NULL) {
        err = rb_feeds_begin(req, "application/xml",
                             4096 + rows.count * RB_FEEDS_PAGE_SIZE);
    }

    if (err) {
        return err;
    }

    b = &req->reply.body;
    rb_feeds_open(b);

    for (i = 0; i < rb_array_size(pages); i++) {
        rb_feeds_page(b, &pages[i], &none);
    }

    for (i = 0; i < rows.count; i++) {
        region = rb_pg_value(&rows, i, 0);
        category = rb_pg_value(&rows, i, 1);
        published_at = rb_pg_value(&rows, i, 2);

        p = ngx_snprintf(text, sizeof(text), "/jobs?%s%V%s%s%V",
                         region.len ? "region=" : "", &region,
                         region.len && category.len ? "&" : "",
                         category.len ? "category=" : "", &category);
        path.data = text;
        path.len = p - text;

        rb_feeds_page(b, &path, &published_at);
    }

    rb_buf_add_lit(b, "</urlset>\n");

    return NULL;
}


static void
rb_feeds_open(rb_buf_t *b)
{
    rb_buf_add_lit(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<urlset xmlns="
                      "\"http://www.sitemaps.org/schemas/sitemap/0.9\" "
                      "xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n");
}


static void
rb_feeds_page(rb_buf_t *b, const ngx_str_t *path, const ngx_str_t *updated_at)
{
    ngx_uint_t  lang, other;

    static const char *const  names[RB_LANG_COUNT] = {
        [RB_LANG_KO] = "ko",
        [RB_LANG_EN] = "en"
    };

    for (lang = 0; lang < RB_LANG_COUNT; lang++) {
        rb_buf_add_lit(b, "<url><loc>");
        rb_feeds_address(b, lang, path);
        rb_buf_add_lit(b, "</loc>");

        if (updated_at->len) {
            rb_buf_add_lit(b, "<lastmod>");
            rb_buf_add_str(b, updated_at);
            rb_buf_add_lit(b, "</lastmod>");
        }

        for (other = 0; other < RB_LANG_COUNT; other++) {
            rb_buf_add_lit(b, "<xhtml:link rel=\"alternate\" hreflang=\"");
            rb_buf_add(b, names[other], 2);
            rb_buf_add_lit(b, "\" href=\"");
            rb_feeds_address(b, other, path);
            rb_buf_add_lit(b, "\"/>");
        }

        rb_buf_add_lit(b, "</url>\n");
    }
}


static void
rb_feeds_address(rb_buf_t *b, ngx_uint_t lang, const ngx_str_t *path)
{
    ngx_str_t  rest;

    rest = *path;

    rb_buf_add_str(b, &rb_page_origin);

    if (lang == RB_LANG_EN) {
        rb_buf_add_lit(b, "/en");

        /* the home's slash is all of its path */

        if (rest.len == 1) {
            return;
        }
    }

    rb_feeds_escape(b, &rest);
}


/* RFC 9309.  What is for one's own account, or for programs, is in no search;
 * pages and their styles are. */

rb_err_t *
rb_feeds_robots_handler(rb_req_t *req)
{
    rb_buf_t  *b;
    rb_err_t  *err;

    err = rb_feeds_begin(req, "text/plain; charset=utf-8", 1024);
    if (err) {
        return err;
    }

    b = &req->reply.body;

    rb_buf_add_lit(b, "User-agent: *\n"
                      "Disallow: /account\n"
                      "Disallow: /api/\n"
                      "Disallow: /auth/\n"
                      "Disallow: /device\n"
                      "Disallow: /forgot-password\n"
                      "Disallow: /invitation\n"
                      "Disallow: /login\n"
                      "Disallow: /logout\n"
                      "Disallow: /oauth/\n"
                      "Disallow: /reset-password\n"
                      "Disallow: /signup\n");

    if (rb_page_origin.len) {
        rb_buf_printf(b, "\nSitemap: %V/sitemap.xml\n", &rb_page_origin);
    }

    return NULL;
}
