
/*
 * What pages share; the files that they need; and the way out, which is a
 * form, so that no link and no image can sign anybody out.
 */


#include "pages/rb_pages.h"
#include "factors/rb_factors.h"
#include "io/rb_budget.h"
#include "social/rb_social.h"
#include "web/rb_param.h"
#include <ngx_http.h>


#define RB_PAGES_TICKET_COOKIE  "__Host-rb_ticket"
#define RB_PAGES_TICKET_LIFE    600     /* seconds, as a ticket's own */


static void rb_pages_set_ticket(rb_req_t *req, const ngx_str_t *ticket);
static rb_err_t *rb_pages_asset_handler(rb_req_t *req);
static rb_err_t *rb_pages_log_out_handler(rb_req_t *req);
static rb_err_t *rb_pages_log_out_form_handler(rb_req_t *req);


/* An answer costs a row; nobody needs many. */

static const rb_budget_t  rb_pages_passkeys = {
    ngx_string("passkey_options"), 60, 900, 1, 60
};


static const rb_param_t  rb_pages_asset_params[] = {
    { ngx_string("version"), RB_PARAM_STRING, 1, 64, NULL, 1, ngx_null_string,
      rb_text("내용의 해시", "A hash of the content") },
    { ngx_string("file"), RB_PARAM_STRING, 1, 64, NULL, 1, ngx_null_string,
      rb_text("파일 이름", "The file's name") },
    rb_param_end
};


static const rb_param_t  rb_pages_log_out_fields[] = {
    rb_pages_next_field,
    rb_param_end
};


static const rb_route_t  rb_pages_table[] = {
    {
        .name = ngx_string("pages_asset"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/assets/{version}/{file}"),
        .handler = rb_pages_asset_handler,
        .summary = rb_text("페이지가 쓰는 파일", "A file that pages need"),
        .tag = ngx_string("pages"),
        .path_params = rb_pages_asset_params,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .on_main = 1
    },
    {
        .name = ngx_string("pages_log_out_form"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/logout"),
        .handler = rb_pages_log_out_form_handler,
        .summary = rb_text("로그아웃 페이지", "The page to sign out"),
        .tag = ngx_string("pages"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("pages_log_out"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/logout"),
        .handler = rb_pages_log_out_handler,
        .summary = rb_text("로그아웃", "Sign out"),
        .tag = ngx_string("pages"),
        .body = rb_pages_log_out_fields,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .optional = 1,
        .form = 1,
        .page = 1
    }
};

const rb_routes_t  rb_pages_routes = {
    rb_pages_table, rb_array_size(rb_pages_table)
};


rb_err_t *
rb_pages_begin(rb_req_t *req, rb_origin_t *origin)
{
    rb_err_t  *err;

    err = rb_csrf_check(req, &req->csrf);

    return err ? err : rb_identity_origin(req, origin);
}


ngx_str_t
rb_pages_value(rb_req_t *req, const char *name)
{
    ngx_str_t   s, value = ngx_null_string;
    ngx_uint_t  i;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    i = rb_param_find(req->route->body, &s);

    if (req->body && i < rb_param_count(req->route->body)) {
        return req->body[i].text;
    }

    i = rb_param_find(req->route->query, &s);

    if (req->query && i < rb_param_count(req->route->query)) {
        return req->query[i].text;
    }

    return value;
}


ngx_str_t
rb_pages_next(rb_req_t *req)
{
    ngx_str_t  next;

    next = rb_pages_value(req, "next");

    if (!rb_page_next_valid(&next)) {
        ngx_str_null(&next);
    }

    return next;
}


rb_err_t *
rb_pages_go(rb_req_t *req, const char *otherwise, const ngx_str_t *next)
{
    ngx_str_t  location;

    if (rb_page_next_valid(next)) {
        return rb_reply_redirect(req, next);
    }

    location.data = (u_char *) otherwise;
    location.len = ngx_strlen(otherwise);

    return rb_reply_redirect(req, &location);
}


rb_err_t *
rb_pages_signed_in(rb_req_t *req, const rb_login_t *login,
    const ngx_str_t *next)
{
    rb_err_t              *err;
    ngx_str_t              location, none = ngx_null_string;
    rb_origin_t            origin;
    const rb_principal_t  *before;

    if (login->outcome == RB_LOGIN_SECOND_FACTOR) {
        rb_pages_set_ticket(req, &login->ticket);

        location = rb_page_with_next(req->task.pool, "/login/second", next);

        return location.data ? rb_reply_redirect(req, &location)
                             : &rb_err_internal;
    }

    before = req->principal;

    if (before && before->by == RB_BY_COOKIE) {
        err = rb_identity_origin(req, &origin);

        if (err == NULL) {
            err = rb_sessions_end(&req->task, &before->member,
                                  &before->session, "replaced", before,
                                  &origin);
        }

        if (err && err->problem->status != 404) {
            return err;
        }
    }

    if (rb_pages_ticket(req).len) {
        rb_pages_set_ticket(req, &none);
    }

    rb_identity_set_cookie(req, &login->secret, RB_SESSION_MAX);

    return rb_pages_go(req, "/account", next);
}


ngx_str_t
rb_pages_ticket(rb_req_t *req)
{
    return rb_http_cookie(req, RB_PAGES_TICKET_COOKIE);
}


/* In a cookie and not in an address, which logs keep.  Empty: forgets it. */

static void
rb_pages_set_ticket(rb_req_t *req, const ngx_str_t *ticket)
{
    rb_buf_t   b;
    ngx_str_t  value;

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_buf_printf(&b, RB_PAGES_TICKET_COOKIE "=%V; Path=/; Max-Age=%d; Secure; "
                  "HttpOnly; SameSite=Lax", ticket,
                  ticket->len ? RB_PAGES_TICKET_LIFE : 0);

    if (b.failed) {
        req->reply.broken = 1;
        return;
    }

    value.data = b.start;
    value.len = rb_buf_len(&b);

    rb_reply_header(req, "Set-Cookie", &value);
}


void
rb_pages_social_links(rb_page_t *page, const ngx_str_t *next, const char *ko,
    const char *en)
{
    char                path[128];
    ngx_str_t           href;
    ngx_uint_t          i;
    const rb_social_t  *provider;

    for (i = 0; i < rb_social_providers.count; i++) {
        provider = &rb_social_providers.list[i];

        *ngx_snprintf((u_char *) path, sizeof(path) - 1, "/auth/social/%V",
                      &provider->name) = '\0';

        href = rb_page_with_next(page->req->task.pool, path, next);

        rb_page_open(page, "a", "class", rb_page_lit("button"),
                     "rel", rb_page_lit("nofollow"), "href", &href, NULL);
        rb_page_sayf(page, ko, en, &provider->label.in[page->req->lang]);
        rb_page_close(page, "a");
    }
}


rb_err_t *
rb_pages_passkey_take(rb_req_t *req, const ngx_str_t *member,
    ngx_str_t *owner, ngx_uint_t *amr)
{
    rb_err_t  *err;

    err = rb_factors_passkey_take(&req->task, &req->body[0].text,
                                  &req->body[1].text, owner, amr);
    if (err) {
        return err;
    }

    return member && !rb_same(owner, member) ? &rb_err_code_refused : NULL;
}


rb_err_t *
rb_pages_passkey_options(rb_req_t *req, const ngx_str_t *member)
{
    rb_err_t        *err;
    ngx_str_t        options, handle, none = ngx_null_string;
    rb_budget_of_t   of;

    err = rb_csrf_check(req, &none);
    if (err) {
        return err;
    }

    of.budget = &rb_pages_passkeys;
    of.whose.data = req->caller;
    of.whose.len = sizeof(req->caller);

    err = rb_budget_spend(&req->task, &of, 1);
    if (err) {
        return err;
    }

    err = rb_factors_passkey_options(&req->task, member, &options, &handle);

    return err ? err : rb_pages_passkey_reply(req, &options, &handle);
}


rb_err_t *
rb_pages_passkey_reply(rb_req_t *req, const ngx_str_t *options,
    const ngx_str_t *handle)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "handle");
    rb_json_str(&json, handle);
    rb_json_key(&json, "options");
    rb_json_raw(&json, options->data, options->len);
    rb_json_close(&json, '}');

    return NULL;
}


/*
 * GET /assets/{version}/{file}.  An address of another version is of a page
 * that another release of this server wrote; what it gets it must ask for
 * anew.
 */

static rb_err_t *
rb_pages_asset_handler(rb_req_t *req)
{
    u_char                  version[RB_PAGE_VERSION_LEN];
    rb_reply_t             *reply;
    const rb_page_asset_t  *asset;

    asset = rb_page_asset(&req->path[1].text);
    if (asset == NULL) {
        return &rb_err_not_found;
    }

    reply = &req->reply;
    reply->status = NGX_HTTP_OK;
    reply->type = asset->type;

    reply->body.pool = req->task.pool;
    reply->body.start = asset->content.data;
    reply->body.last = asset->content.data + asset->content.len;
    reply->body.end = reply->body.last;

    rb_page_version(asset, version);

    if (req->path[0].text.len == RB_PAGE_VERSION_LEN
        && ngx_memcmp(req->path[0].text.data, version, RB_PAGE_VERSION_LEN)
           == 0)
    {
        ngx_str_set(&reply->cache_control,
                    "public, max-age=31536000, immutable");

    } else {
        ngx_str_set(&reply->cache_control, "public, no-cache");
    }

    return NULL;
}


/* GET /logout */

static rb_err_t *
rb_pages_log_out_form_handler(rb_req_t *req)
{
    ngx_str_t  csrf, none = ngx_null_string;
    rb_page_t  page;

    static const rb_text_t  title = rb_text("로그아웃", "Sign out");
    static const rb_text_t  question =
        rb_text("이 기기에서 로그아웃할까요?", "Sign out on this device?");

    if (req->principal == NULL) {
        return rb_pages_go(req, "/login", &none);
    }

    csrf = rb_csrf_token(req);

    rb_page_begin(&page, req, &title, NULL);
    rb_page_put(&page, "p", &question);

    rb_page_form(&page, rb_page_lit("/logout"), &csrf);
    rb_page_button(&page, &title, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


/*
 * POST /logout.  Who isn't signed in any more is where they want to be.  With
 * `next' somebody else signs in to go on there.
 */

static rb_err_t *
rb_pages_log_out_handler(rb_req_t *req)
{
    rb_err_t     *err;
    ngx_str_t     next, location, none = ngx_null_string;
    rb_origin_t   origin;

    if (req->principal) {
        err = rb_identity_origin(req, &origin);

        if (err == NULL) {
            err = rb_sessions_end(&req->task, &req->principal->member,
                                  &req->principal->session, "signed_out",
                                  req->principal, &origin);
        }

        if (err && err->problem->status != 404) {
            return err;
        }

        rb_identity_clear_cookie(req);
    }

    next = rb_pages_next(req);

    if (next.len == 0) {
        return rb_pages_go(req, "/login?notice=signed_out", &none);
    }

    location = rb_page_with_next(req->task.pool, "/login", &next);

    return location.data ? rb_reply_redirect(req, &location)
                         : &rb_err_internal;
}
