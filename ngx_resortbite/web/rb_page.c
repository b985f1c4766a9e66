
/*
 * A page is written from its first byte to its last into the reply's buffer.
 * Whatever comes from outside passes through rb_page_escape(), which leaves
 * nothing that could end a text or a quoted attribute, and no bytes that
 * aren't UTF-8, out of which a lenient reader could make such a thing.
 */


#include "web/rb_page_parts.h"
#include "web/rb_param.h"
#include "base/rb_utf8.h"
#include <ngx_http.h>


#define RB_PAGE_SIZE       8192
#define RB_PAGE_SITE_SIZE  24576        /* of public ones: most have less */
#define RB_PAGE_TEXT_MAX   2048         /* of a formatted text */


static void rb_page_headers(rb_page_t *page, const rb_page_conf_t *conf);
static void rb_page_csp_to(rb_buf_t *b, const ngx_str_t *uri);
static void rb_page_head(rb_page_t *page, const rb_text_t *title,
    const rb_page_conf_t *conf);
static void rb_page_top(rb_page_t *page);
static ngx_int_t rb_page_other(rb_page_t *page, const char *code,
    ngx_str_t *href);
static void rb_page_attribute(rb_page_t *page, const char *name,
    const ngx_str_t *value);
static ngx_uint_t rb_page_address_valid(const char *name,
    const ngx_str_t *value);
static void rb_page_vsayf(rb_page_t *page, const char *format, va_list args);
static void rb_page_escape(rb_buf_t *b, const u_char *p, size_t len);


const rb_text_t  rb_page_product = rb_text("리조트바이트", "ResortBite");


void
rb_page_begin(rb_page_t *page, rb_req_t *req, const rb_text_t *title,
    const rb_page_conf_t *conf)
{
    rb_reply_t  *reply;

    static const rb_page_conf_t  plain;

    conf = conf ? conf : &plain;
    reply = &req->reply;

    ngx_memzero(page, sizeof(rb_page_t));
    page->req = req;
    page->body = &reply->body;
    page->error = conf->error;

    (void) rb_buf_init(page->body, req->task.pool,
                       rb_route_public_page(req->route) ? RB_PAGE_SITE_SIZE
                                                        : RB_PAGE_SIZE);

    reply->status = conf->status ? conf->status
                    : conf->error ? conf->error->problem->status
                    : NGX_HTTP_OK;

    if (conf->error) {
        reply->retry_after = conf->error->retry_after;
    }

    ngx_str_set(&reply->type, "text/html; charset=utf-8");

    if (rb_route_public_page(req->route)) {
        rb_page_head(page, title, conf);
        rb_page_site_top(page);

    } else {
        rb_page_headers(page, conf);
        rb_page_head(page, title, conf);
        rb_page_top(page);
    }

    rb_page_raw(page, conf->wide ? "<main id=\"main\" class=\"wide\">\n"
                                 : "<main id=\"main\">\n");

    if (!conf->bare) {
        rb_page_put(page, "h1", title);
    }

    if (conf->error) {
        rb_page_error(page, conf->error);
    }
}


rb_err_t *
rb_page_end(rb_page_t *page)
{
    rb_page_error_rest(page);

    rb_page_raw(page, "</main>\n");

    if (rb_route_public_page(page->req->route)) {
        rb_page_site_bottom(page);
    }

    rb_page_raw(page, "</body>\n</html>\n");

    return page->body->failed ? &rb_err_internal : NULL;
}


/* Of a page that is somebody's; a public one's are rb_http_out.c's. */

static void
rb_page_headers(rb_page_t *page, const rb_page_conf_t *conf)
{
    rb_buf_t    b;
    rb_req_t   *req;
    ngx_str_t   policy;

    static const ngx_str_t  referrer = ngx_string("same-origin");

    req = page->req;

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_buf_add_lit(&b, "default-src 'none'; style-src 'self'; "
                       "img-src 'self' data:; base-uri 'none'; "
                       "frame-ancestors 'none'; form-action 'self'");
    rb_page_csp_to(&b, &conf->form_to);

    if (conf->script) {
        rb_buf_add_lit(&b, "; script-src 'self'; connect-src 'self'");
    }

    if (b.failed) {
        page->body->failed = 1;
        return;
    }

    policy.data = b.start;
    policy.len = rb_buf_len(&b);

    ngx_str_set(&req->reply.cache_control, "no-store");

    rb_reply_header(req, "Content-Security-Policy", &policy);
    rb_reply_header(req, "Referrer-Policy", &referrer);
}


/*
 * The source expression of a redirect URI: its origin or, of an application's
 * own scheme, that.  One with other characters than those of a host is left
 * out: it could say something else to the policy.
 */

static void
rb_page_csp_to(rb_buf_t *b, const ngx_str_t *uri)
{
    size_t     i, scheme, end;
    u_char     c;

    for (scheme = 0; scheme < uri->len && uri->data[scheme] != ':'; scheme++) {
        c = uri->data[scheme] | 0x20;

        if ((c < 'a' || c > 'z')
            && (scheme == 0
                || ngx_strchr("0123456789+-.", uri->data[scheme]) == NULL))
        {
            return;
        }
    }

    if (scheme == uri->len || scheme == 0) {
        return;
    }

    end = scheme + 1;

    if (ngx_strncasecmp(uri->data, (u_char *) "http:", 5) == 0
        || ngx_strncasecmp(uri->data, (u_char *) "https:", 6) == 0)
    {
        if (uri->len < end + 3
            || ngx_memcmp(uri->data + end, "//", 2) != 0)
        {
            return;
        }

        end += 2;

        for (i = end; i < uri->len && uri->data[i] != '/'
                      && uri->data[i] != '?' && uri->data[i] != '#'; i++)
        {
            c = uri->data[i];

            if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z')
                && ngx_strchr(".-_:[]", c) == NULL)
            {
                return;
            }
        }

        end = i;
    }

    rb_buf_add_lit(b, " ");
    rb_buf_add(b, uri->data, end);
}


static void
rb_page_head(rb_page_t *page, const rb_text_t *title,
    const rb_page_conf_t *conf)
{
    rb_page_raw(page, "<!DOCTYPE html>\n<html lang=\"");
    rb_page_raw(page, page->req->lang == RB_LANG_EN ? "en" : "ko");
    rb_page_raw(page, "\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    rb_page_say(page, title);
    rb_page_raw(page, " · ");
    rb_page_say(page, &rb_page_product);
    rb_page_raw(page, "</title>\n"
                      "<meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\">\n"
                      "<meta name=\"color-scheme\" content=\"light dark\">\n");

    rb_page_asset_link(page, "<link rel=\"stylesheet\" href=\"", "page.css",
                       "\">\n");
    rb_page_asset_link(page, "<link rel=\"icon\" href=\"", "icon.svg",
                       "\">\n");

    if (rb_route_public_page(page->req->route)) {
        rb_page_site_head(page, title, conf);

    } else if (conf->script) {
        rb_page_asset_link(page, "<script src=\"", conf->script,
                           "\" defer></script>\n");
    }

    rb_page_raw(page, "</head>\n");
}


void
rb_page_asset_link(rb_page_t *page, const char *before, const char *name,
    const char *after)
{
    u_char                  version[RB_PAGE_VERSION_LEN];
    ngx_str_t               s;
    const rb_page_asset_t  *asset;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    asset = rb_page_asset(&s);

    if (asset == NULL) {
        ngx_log_error(NGX_LOG_ALERT, page->req->task.log, 0,
                      "there is no asset \"%V\"", &s);
        return;
    }

    rb_page_version(asset, version);

    rb_page_raw(page, before);
    rb_page_raw(page, "/assets/");
    rb_buf_add(page->body, version, RB_PAGE_VERSION_LEN);
    rb_page_raw(page, "/");
    rb_page_raw(page, name);
    rb_page_raw(page, after);
}


static void
rb_page_top(rb_page_t *page)
{
    static const rb_text_t  skip = rb_text("본문으로 가기", "Skip to content");

    rb_page_raw(page, "<body>\n<a class=\"skip\" href=\"#main\">");
    rb_page_say(page, &skip);
    rb_page_raw(page, "</a>\n<header>\n<a class=\"brand\" href=\"/account\">");
    rb_page_say(page, &rb_page_product);
    rb_page_raw(page, "</a>\n<nav aria-label=\"언어 · Language\">");
    rb_page_language(page, RB_LANG_KO, "한국어");
    rb_page_language(page, RB_LANG_EN, "English");
    rb_page_raw(page, "</nav>\n</header>\n");
}


void
rb_page_language(rb_page_t *page, rb_lang_e lang, const char *name)
{
    ngx_str_t    href;
    const char  *code;

    code = (lang == RB_LANG_EN) ? "en" : "ko";

    if (page->req->lang == lang) {
        rb_page_raw(page, "<span aria-current=\"true\">");
        rb_page_raw(page, name);
        rb_page_raw(page, "</span>\n");
        return;
    }

    if (rb_page_other(page, code, &href) != NGX_OK) {
        page->body->failed = 1;
        return;
    }

    rb_page_raw(page, "<a lang=\"");
    rb_page_raw(page, code);
    rb_page_raw(page, "\" hreflang=\"");
    rb_page_raw(page, code);
    rb_page_raw(page, rb_route_public_page(page->req->route)
                      ? "\"" : "\" rel=\"nofollow\"");
    rb_page_attribute(page, "href", &href);
    rb_page_raw(page, ">");
    rb_page_raw(page, name);
    rb_page_raw(page, "</a>\n");
}


/* The same address in the other language: a public page's has another path,
 * of the others ?lang= is heeded. */

static ngx_int_t
rb_page_other(rb_page_t *page, const char *code, ngx_str_t *href)
{
    size_t             before;
    rb_buf_t           b;
    ngx_str_t          path;
    rb_req_t          *req;
    const rb_route_t  *route;

    req = page->req;
    route = req->route;

    if (rb_route_public_page(route)) {
        path = rb_page_canonical(req, 1);

        if (path.data == NULL) {
            return NGX_ERROR;
        }

        *href = rb_page_path(req->task.pool, code[0] == 'e' ? RB_LANG_EN
                                                            : RB_LANG_KO,
                             &path);

        return href->data ? NGX_OK : NGX_ERROR;
    }

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_path_write(&b, req);
    before = rb_buf_len(&b);

    /* what was refused before its query was read has none */

    if (req->query || rb_param_count(route->query) == 0) {
        rb_query_write(&b, req, 0);
    }

    rb_buf_add(&b, (rb_buf_len(&b) == before) ? "?" : "&", 1);
    rb_buf_add_lit(&b, "lang=");
    rb_buf_add(&b, code, 2);

    href->data = b.start;
    href->len = rb_buf_len(&b);

    return b.failed ? NGX_ERROR : NGX_OK;
}


void
rb_page_open(rb_page_t *page, const char *name, ...)
{
    va_list           args;
    const char       *attribute;
    const ngx_str_t  *value;

    rb_page_raw(page, "<");
    rb_page_raw(page, name);

    va_start(args, name);

    while ((attribute = va_arg(args, const char *)) != NULL) {
        value = va_arg(args, const ngx_str_t *);

        if (value) {
            rb_page_attribute(page, attribute, value);
        }
    }

    va_end(args);

    rb_page_raw(page, ">");
}


void
rb_page_close(rb_page_t *page, const char *name)
{
    rb_page_raw(page, "</");
    rb_page_raw(page, name);
    rb_page_raw(page, ">\n");
}


static void
rb_page_attribute(rb_page_t *page, const char *name, const ngx_str_t *value)
{
    if (!rb_page_address_valid(name, value)) {
        return;
    }

    rb_page_raw(page, " ");
    rb_page_raw(page, name);

    if (value->len) {
        rb_page_raw(page, "=\"");
        rb_page_text(page, value);
        rb_page_raw(page, "\"");
    }
}


/* Of an attribute that has none, it is. */

static ngx_uint_t
rb_page_address_valid(const char *name, const ngx_str_t *value)
{
    ngx_uint_t  i;

    static const char *const  names[] = {
        "href", "src", "action", "formaction"
    };

    static const ngx_str_t  starts[] = {
        ngx_string("https://"), ngx_string("http://"), ngx_string("#"),
        ngx_string("?"), ngx_string("data:image/")
    };

    for (i = 0; ngx_strcmp(names[i], name) != 0; i++) {
        if (i + 1 == rb_array_size(names)) {
            return 1;
        }
    }

    /* "//host" and "/\host" are another's */

    if (value->len && value->data[0] == '/') {
        return value->len == 1
               || (value->data[1] != '/' && value->data[1] != '\\');
    }

    for (i = 0; i < rb_array_size(starts); i++) {

        if (value->len >= starts[i].len
            && ngx_strncasecmp(value->data, starts[i].data, starts[i].len)
               == 0)
        {
            return i + 1 < rb_array_size(starts)
                   || ngx_strcmp(name, "src") == 0;
        }
    }

    return 0;
}


void
rb_page_text(rb_page_t *page, const ngx_str_t *text)
{
    rb_page_escape(page->body, text->data, text->len);
}


void
rb_page_say(rb_page_t *page, const rb_text_t *text)
{
    rb_page_text(page, &text->in[page->req->lang]);
}


void
rb_page_sayf(rb_page_t *page, const char *ko, const char *en, ...)
{
    va_list  args;

    va_start(args, en);
    rb_page_vsayf(page, (page->req->lang == RB_LANG_EN) ? en : ko, args);
    va_end(args);
}


void
rb_page_put(rb_page_t *page, const char *name, const rb_text_t *text)
{
    rb_page_open(page, name, NULL);
    rb_page_say(page, text);
    rb_page_close(page, name);
}


void
rb_page_putf(rb_page_t *page, const char *name, const char *ko,
    const char *en, ...)
{
    va_list  args;

    rb_page_open(page, name, NULL);

    va_start(args, en);
    rb_page_vsayf(page, (page->req->lang == RB_LANG_EN) ? en : ko, args);
    va_end(args);

    rb_page_close(page, name);
}


void
rb_page_link(rb_page_t *page, const char *href, const rb_text_t *text)
{
    ngx_str_t  address;

    address.data = (u_char *) href;
    address.len = ngx_strlen(href);

    rb_page_raw(page, "<p class=\"link\">");
    rb_page_open(page, "a", "href", &address, NULL);
    rb_page_say(page, text);
    rb_page_raw(page, "</a></p>\n");
}


void
rb_page_markup(rb_page_t *page, const ngx_str_t *markup)
{
    rb_buf_add_str(page->body, markup);
}


void
rb_page_notice(rb_page_t *page, rb_page_notice_e kind, const rb_text_t *text)
{
    static const char *const  open[] = {
        [RB_PAGE_STATUS] = "<div class=\"notice good\" role=\"status\">",
        [RB_PAGE_NOTE]   = "<div class=\"notice\">",
        [RB_PAGE_ALERT]  = "<div class=\"notice bad\" role=\"alert\">"
    };

    rb_page_raw(page, open[kind]);
    rb_page_put(page, "p", text);
    rb_page_raw(page, "</div>\n");
}


static void
rb_page_vsayf(rb_page_t *page, const char *format, va_list args)
{
    u_char  *p, text[RB_PAGE_TEXT_MAX];

    p = ngx_vslprintf(text, text + sizeof(text), format, args);

    rb_page_escape(page->body, text, p - text);
}


/* What a byte is to rb_page_escape(): plain, the first of three, special. */

#define RB_PAGE_PLAIN    0
#define RB_PAGE_THREE    1
#define RB_PAGE_SPECIAL  2

static const u_char  rb_page_bytes[256] = {
    [0x00 ... 0x08] = RB_PAGE_SPECIAL,
    [0x0b ... 0x0c] = RB_PAGE_SPECIAL,
    [0x0e ... 0x1f] = RB_PAGE_SPECIAL,
    ['"'] = RB_PAGE_SPECIAL,
    ['&' ... '\''] = RB_PAGE_SPECIAL,
    ['<'] = RB_PAGE_SPECIAL,
    ['>'] = RB_PAGE_SPECIAL,
    [0x7f ... 0xe0] = RB_PAGE_SPECIAL,
    [0xe1 ... 0xec] = RB_PAGE_THREE,
    [0xed ... 0xff] = RB_PAGE_SPECIAL
};


/*
 * Most of a text passes as it is: ASCII, and what is of three bytes, as Hangul
 * is, by its bounds (RFC 3629 §4); the rest is looked at one by one.
 */

static void
rb_page_escape(rb_buf_t *b, const u_char *p, size_t len)
{
    size_t         n;
    const char    *as;
    const u_char  *end, *run;

    if (len == 0) {
        return;
    }

    end = p + len;

    for (run = p; p < end; p += n) {

        switch (rb_page_bytes[*p]) {

        case RB_PAGE_PLAIN:
            n = 1;
            continue;

        case RB_PAGE_THREE:
            if (end - p > 2 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80)
            {
                n = 3;
                continue;
            }
        }

        n = rb_utf8_char(p, end);

        if (n > 1) {
            continue;
        }

        switch (n ? *p : 0) {
        case '&':  as = "&amp;";  break;
        case '<':  as = "&lt;";   break;
        case '>':  as = "&gt;";   break;
        case '"':  as = "&quot;"; break;
        case '\'': as = "&#39;";  break;
        default:   as = "\xef\xbf\xbd";        /* U+FFFD */
        }

        rb_buf_add(b, run, p - run);
        rb_buf_add(b, as, ngx_strlen(as));

        n = n ? n : 1;
        run = p + n;
    }

    rb_buf_add(b, run, end - run);
}
