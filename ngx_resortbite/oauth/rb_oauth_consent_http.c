
/*
 * The consent page, what scopes are called, and the way back to a client.
 */


#include "oauth/rb_oauth_room_http.h"
#include "users/rb_users.h"


static const struct {
    ngx_str_t     scope;
    rb_text_t     text;
} rb_oauth_words[] = {
    { ngx_string("openid"),
      rb_text("누구인지 확인하기", "Know that it is you") },
    { ngx_string("profile"),
      rb_text("이름과 언어 보기", "See your name and language") },
    { ngx_string("email"),
      rb_text("이메일 주소 보기", "See your e-mail address") },
    { ngx_string("offline_access"),
      rb_text("로그아웃한 뒤에도 계속 쓰기",
              "Keep its access after you log out") },
    { ngx_string("read"),
      rb_text("내 지원과 일정 등 내 정보 읽기",
              "Read your data, such as applications and schedules") },
    { ngx_string("write"),
      rb_text("나를 대신해 지원하고 정보 바꾸기",
              "Apply and change your data in your name") }
};


static const rb_text_t  rb_oauth_consent_title =
    rb_text("접근 허용", "Allow access");

static const rb_text_t  rb_oauth_accept_label =
    rb_text("허용", "Allow");

static const rb_text_t  rb_oauth_deny_label =
    rb_text("거절", "Deny");

static const rb_text_t  rb_oauth_consent_note =
    rb_text("허용한 내용은 계정의 로그인 목록에서 언제든 끊을 수 있습니다.",
            "You can end this at any time in the list of sessions of your "
            "account.");

static const rb_text_t  rb_oauth_leave_title =
    rb_text("돌아가는 중", "Taking you back");

static const rb_text_t  rb_oauth_leave_text =
    rb_text("애플리케이션으로 돌아갑니다. 저절로 넘어가지 않으면 아래를 "
            "누르세요.",
            "You are being taken back to the application. If nothing "
            "happens, follow the link.");


rb_err_t *
rb_oauth_consent_page(rb_req_t *req, const rb_oauth_request_t *request,
    const ngx_str_t *here)
{
    rb_err_t        *err;
    rb_page_t        page;
    rb_user_t        user;
    ngx_str_t        csrf;
    ngx_uint_t       i, pending;
    rb_page_conf_t   conf;

    err = rb_users_get(&req->task, &req->principal->member, &user);
    if (err) {
        return err;
    }

    ngx_memzero(&conf, sizeof(conf));
    conf.form_to = request->value[RB_OAUTH_A_REDIRECT_URI];

    csrf = rb_csrf_token(req);
    pending = (request->value[RB_OAUTH_A_REQUEST_URI].len != 0);

    rb_page_begin(&page, req, &rb_oauth_consent_title, &conf);
    rb_page_signed_in(&page, &user.display_name, &user.email);

    rb_page_putf(&page, "p", "%V에서 다음을 요청합니다.",
                 "%V would like to:", &request->client.name);

    rb_oauth_scopes_list(&page, &request->scopes);
    rb_page_put(&page, "p", &rb_oauth_consent_note);

    rb_page_form(&page, rb_page_lit("/oauth/authorize"), &csrf);

    for (i = 0; i < RB_OAUTH_A_COUNT; i++) {

        if (request->value[i].len == 0
            || (pending && i != RB_OAUTH_A_CLIENT_ID
                && i != RB_OAUTH_A_REQUEST_URI
                && i != RB_OAUTH_A_AUTH_AFTER))
        {
            continue;
        }

        rb_page_hidden(&page, (char *) rb_oauth_request_names[i].data,
                       &request->value[i]);
    }

    rb_page_button(&page, &rb_oauth_accept_label, RB_PAGE_PRIMARY,
                   "decision", rb_page_lit("accept"));
    rb_page_button(&page, &rb_oauth_deny_label, RB_PAGE_SECONDARY,
                   "decision", rb_page_lit("deny"));
    rb_page_form_end(&page);

    rb_page_sign_out(&page, &csrf, here);

    return rb_page_end(&page);
}


void
rb_oauth_scopes_list(rb_page_t *page, const ngx_str_t *scopes)
{
    ngx_uint_t  i;

    rb_page_open(page, "ul", NULL);

    for (i = 0; i < rb_array_size(rb_oauth_words); i++) {
        if (rb_oauth_has(scopes, &rb_oauth_words[i].scope)) {
            rb_page_put(page, "li", &rb_oauth_words[i].text);
        }
    }

    rb_page_close(page, "ul");
}


/*
 * The address is of characters that rb_oauth_uri_fault() lets pass and of
 * what rb_oauth_add_param() writes: of those, '&' alone is markup.  It is
 * written by hand, as the scheme may be the application's own.
 */

rb_err_t *
rb_oauth_leave(rb_req_t *req, const ngx_str_t *uri, ngx_uint_t by_form)
{
    size_t       i;
    rb_buf_t     link, refresh;
    rb_page_t    page;
    ngx_str_t    text;

    static const ngx_str_t  label[RB_LANG_COUNT] = {
        ngx_string("계속"), ngx_string("Continue")
    };

    if (!by_form) {
        return rb_reply_redirect(req, uri);
    }

    if (rb_buf_init(&link, req->task.pool, 512) != NGX_OK
        || rb_buf_init(&refresh, req->task.pool, 512) != NGX_OK)
    {
        return &rb_err_internal;
    }

    rb_buf_add_lit(&link, "<p><a rel=\"noreferrer\" href=\"");

    for (i = 0; i < uri->len; i++) {
        if (uri->data[i] == '&') {
            rb_buf_add_lit(&link, "&amp;");
        } else {
            rb_buf_add(&link, &uri->data[i], 1);
        }
    }

    rb_buf_add_lit(&link, "\">");
    rb_buf_add_str(&link, &label[req->lang]);
    rb_buf_add_lit(&link, "</a></p>");

    rb_buf_add_lit(&refresh, "0;url=");
    rb_buf_add_str(&refresh, uri);

    if (link.failed || refresh.failed) {
        return &rb_err_internal;
    }

    rb_page_begin(&page, req, &rb_oauth_leave_title, NULL);
    rb_page_put(&page, "p", &rb_oauth_leave_text);

    text.data = link.start;
    text.len = rb_buf_len(&link);
    rb_page_markup(&page, &text);

    text.data = refresh.start;
    text.len = rb_buf_len(&refresh);
    rb_reply_header(req, "Refresh", &text);

    return rb_page_end(&page);
}
