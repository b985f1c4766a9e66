
/*
 * Errors as people see them: above a form that is shown again, or on a page
 * of their own; and the way through a log-in back to where one was going.
 */


#include "web/rb_page_parts.h"
#include "web/rb_param.h"
#include "web/rb_problem.h"
#include "web/rb_http.h"


#define RB_PAGE_NEXT_MAX  2000


static ngx_uint_t rb_page_needs_login(rb_req_t *req, const rb_err_t *err);
static ngx_int_t rb_page_here(rb_req_t *req, ngx_str_t *next);
static ngx_int_t rb_page_came_from(rb_req_t *req, ngx_str_t *next);
static ngx_uint_t rb_page_code(const rb_err_t *err, const char *code);


static u_char  rb_page_no_memory[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<title>Out of memory.</title>\n"
    "<p>Out of memory. Try again later.</p>\n</html>\n";


void
rb_page_problem(rb_req_t *req, const rb_err_t *err)
{
    rb_buf_t    *b;
    rb_page_t    page;
    rb_text_t    title;
    ngx_uint_t   status;

    static const rb_text_t  titles[] = {
        rb_text("요청을 처리할 수 없습니다", "This did not work"),
        rb_text("찾을 수 없습니다", "Not found"),
        rb_text("들어갈 수 없습니다", "No entry"),
        rb_text("잠시 뒤에 다시 시도해 주세요", "Try again in a while"),
        rb_text("문제가 생겼습니다", "Something went wrong"),
        rb_text("더 이상 쓸 수 없습니다", "No longer valid"),
        rb_text("더 이상 볼 수 없습니다", "No longer available")
    };

    if (rb_page_needs_login(req, err)) {
        return;
    }

    status = err->problem->status;

    title = (status == 404) ? titles[1]
            : (status == 410)
              ? (rb_route_public_page(req->route) ? titles[6] : titles[5])
            : (status == 401 || status == 403) ? titles[2]
            : (status == 429 || status == 503) ? titles[3]
            : (status >= 500) ? titles[4] : titles[0];

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = err });

    if (rb_route_public_page(req->route)) {
        rb_page_site_onward(&page);
    }

    rb_page_open(&page, "p", "class", rb_page_lit("hint"), NULL);
    rb_page_sayf(&page, "문의하실 때 알려 주실 번호: %V",
                 "If you ask us about it, tell us this number: %V", &req->id);
    rb_page_close(&page, "p");

    if (rb_page_end(&page) == NULL) {
        return;
    }

    b = &req->reply.body;
    ngx_memzero(b, sizeof(rb_buf_t));

    b->pool = req->task.pool;
    b->start = rb_page_no_memory;
    b->last = b->start + sizeof(rb_page_no_memory) - 1;
    b->end = b->last;
}


void
rb_page_error(rb_page_t *page, const rb_err_t *err)
{
    u_char           *p, text[1024];
    ngx_str_t         detail;
    const rb_text_t  *title;

    static const rb_text_t  fields =
        rb_text("입력한 내용을 확인해 주세요.", "Please check what you entered.");

    title = err->fields ? &fields : &err->problem->title;

    rb_page_raw(page, "<div class=\"notice bad\" role=\"alert\">\n");
    rb_page_put(page, "p", title);

    if (err->fields == NULL) {
        p = rb_problem_detail(text, sizeof(text), err, page->req->lang);

        if (p != text) {
            detail.data = text;
            detail.len = p - text;

            rb_page_open(page, "p", NULL);
            rb_page_text(page, &detail);
            rb_page_close(page, "p");
        }
    }

    if (err->missing) {
        rb_page_putf(page, "p", "필요한 권한: %s", "What is needed: %s",
                     err->missing);
    }

    rb_page_raw(page, "</div>\n");
}


void
rb_page_error_rest(rb_page_t *page)
{
    ngx_uint_t             i, any;
    const rb_err_field_t  *field;

    field = page->error ? page->error->fields : NULL;
    any = 0;

    for (i = 0; field; field = field->next, i++) {

        if (page->told & ((uint64_t) 1 << i)) {
            continue;
        }

        if (!any++) {
            rb_page_raw(page, "<ul class=\"error\">\n");
        }

        rb_page_open(page, "li", NULL);
        rb_page_text(page, &field->name);
        rb_page_raw(page, page->req->lang == RB_LANG_EN ? " " : ": ");
        rb_page_text(page, &field->detail[page->req->lang]);
        rb_page_close(page, "li");
    }

    if (any) {
        rb_page_close(page, "ul");
    }
}


/*
 * Who has to sign in is led there and back.  A form that was sent meanwhile
 * is lost: back is the page that it was on.
 */

static ngx_uint_t
rb_page_needs_login(rb_req_t *req, const rb_err_t *err)
{
    ngx_int_t    rc;
    ngx_str_t    next, location;
    const char  *path;

    path = rb_page_code(err, "sign_in_required") ? "/login"
           : rb_page_code(err, "insufficient_user_authentication")
             ? "/login/again" : NULL;

    if (path == NULL) {
        return 0;
    }

    rc = (req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
         ? rb_page_here(req, &next) : rb_page_came_from(req, &next);

    if (rc != NGX_OK) {
        ngx_str_set(&next, "/account");
    }

    location = rb_page_with_next(req->task.pool, path, &next);

    if (location.data == NULL) {
        return 0;
    }

    (void) rb_reply_redirect(req, &location);

    return 1;
}


static ngx_int_t
rb_page_here(rb_req_t *req, ngx_str_t *next)
{
    rb_buf_t  b;

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_path_write(&b, req);
    rb_query_write(&b, req, 0);

    next->data = b.start;
    next->len = rb_buf_len(&b);

    return b.failed ? NGX_ERROR : NGX_OK;
}


/* The path in Referer, if it is of the host that was asked. */

static ngx_int_t
rb_page_came_from(rb_req_t *req, ngx_str_t *next)
{
    u_char     *p, *end;
    ngx_str_t   referer, host;

    referer = rb_http_header(req, "referer");
    host = rb_http_header(req, "host");

    end = referer.data + referer.len;
    p = referer.len ? ngx_strlchr(referer.data, end, ':') : NULL;

    if (p == NULL || host.len == 0 || (size_t) (end - p) < 3 + host.len + 1
        || p[1] != '/' || p[2] != '/'
        || ngx_strncasecmp(p + 3, host.data, host.len) != 0)
    {
        return NGX_DECLINED;
    }

    next->data = p + 3 + host.len;
    next->len = end - next->data;

    return rb_page_next_valid(next) ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
rb_page_code(const rb_err_t *err, const char *code)
{
    return err->problem->code.len == ngx_strlen(code)
           && ngx_memcmp(err->problem->code.data, code, ngx_strlen(code)) == 0;
}


ngx_uint_t
rb_page_next_valid(const ngx_str_t *next)
{
    size_t  i;

    if (next->len == 0 || next->len > RB_PAGE_NEXT_MAX
        || next->data[0] != '/'
        || (next->len > 1 && next->data[1] == '/'))
    {
        return 0;
    }

    for (i = 0; i < next->len; i++) {

        if (next->data[i] <= 0x20 || next->data[i] >= 0x7f
            || next->data[i] == '\\')
        {
            return 0;
        }
    }

    return 1;
}


ngx_str_t
rb_page_with_next(ngx_pool_t *pool, const char *path, const ngx_str_t *next)
{
    rb_buf_t   b;
    ngx_str_t  s;

    (void) rb_buf_init(&b, pool, 256);

    rb_buf_add(&b, path, ngx_strlen(path));

    if (rb_page_next_valid(next)) {
        rb_buf_add_lit(&b, "?next=");
        rb_query_escape(&b, next, 0);
    }

    s.data = b.failed ? NULL : b.start;
    s.len = b.failed ? 0 : rb_buf_len(&b);

    return s;
}
