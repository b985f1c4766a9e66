
/*
 * GET and POST /oauth/logout (OpenID Connect RP-Initiated Logout 1.0): a
 * client sends a member here to be signed out of this browser.
 *
 * With an ID token of the member who is signed in, that is done at once;
 * without one anybody's link could do it, so the member is asked.  They are
 * sent on only to an address that the client has registered.
 */


#include "oauth/rb_oauth_room_http.h"
#include "crypto/rb_jose.h"


typedef struct {
    ngx_str_t            subject;       /* of the ID token; or empty */
    ngx_str_t            to;            /* with its state; or empty */
    rb_oauth_client_t    client;
    unsigned             known:1;       /* client is filled in */
} rb_oauth_logout_t;


static rb_err_t *rb_oauth_logout_read(rb_req_t *req, rb_value_t *values,
    rb_oauth_logout_t *logout);
static rb_err_t *rb_oauth_logout_hint(rb_req_t *req, const ngx_str_t *hint,
    ngx_str_t *client, ngx_str_t *subject);
static rb_err_t *rb_oauth_logout_to(rb_req_t *req, rb_value_t *values,
    rb_oauth_logout_t *logout);
static rb_err_t *rb_oauth_logout_do(rb_req_t *req,
    const rb_oauth_logout_t *logout);
static rb_err_t *rb_oauth_logout_ask(rb_req_t *req,
    const rb_oauth_logout_t *logout, rb_value_t *values);
static rb_err_t *rb_oauth_logout_again(rb_req_t *req, rb_value_t *values);


static const rb_text_t  rb_oauth_logout_title =
    rb_text("로그아웃", "Log out");

static const char *const  rb_oauth_logout_names[] = {
    "id_token_hint", "client_id", "post_logout_redirect_uri", "state",
    "ui_locales"
};


rb_err_t *
rb_oauth_logout_handler(rb_req_t *req)
{
    rb_err_t               *err;
    rb_oauth_logout_t       logout;
    const rb_principal_t   *who;

    err = rb_oauth_logout_read(req, req->query, &logout);
    if (err) {
        return err;
    }

    who = rb_oauth_member(req);

    if (who && !rb_same(&who->member, &logout.subject)) {
        return rb_oauth_logout_ask(req, &logout, req->query);
    }

    return rb_oauth_logout_do(req, &logout);
}


/*
 * The page's answer; or a client's POST, which brings no cookies and is asked
 * again as a GET.
 */

rb_err_t *
rb_oauth_logout_post_handler(rb_req_t *req)
{
    rb_err_t           *err;
    rb_oauth_logout_t   logout;

    if (rb_oauth_body(req, RB_OAUTH_L_CONFIRM).len == 0
        || rb_oauth_member(req) == NULL)
    {
        return rb_oauth_logout_again(req, req->body);
    }

    err = rb_csrf_check(req, &req->csrf);
    if (err) {
        return err;
    }

    err = rb_oauth_logout_read(req, req->body, &logout);
    if (err) {
        return err;
    }

    return rb_oauth_logout_do(req, &logout);
}


static rb_err_t *
rb_oauth_logout_read(rb_req_t *req, rb_value_t *values,
    rb_oauth_logout_t *logout)
{
    rb_err_t    *err;
    ngx_str_t    client, *asked;

    ngx_memzero(logout, sizeof(rb_oauth_logout_t));
    ngx_str_null(&client);

    err = rb_oauth_ready();
    if (err) {
        return err;
    }

    asked = &values[RB_OAUTH_L_CLIENT_ID].text;

    if (values[RB_OAUTH_L_HINT].text.len) {
        err = rb_oauth_logout_hint(req, &values[RB_OAUTH_L_HINT].text,
                                   &client, &logout->subject);
        if (err) {
            return err;
        }

        if (asked->len && !rb_same(asked, &client)) {
            return &rb_err_oauth_client_unknown;
        }

    } else {
        client = *asked;
    }

    if (client.len) {
        err = rb_oauth_client_get(&req->task, &client, &logout->client);

        if (err == &rb_err_not_found) {
            return &rb_err_oauth_client_unknown;
        }

        if (err) {
            return err;
        }

        logout->known = 1;
    }

    return rb_oauth_logout_to(req, values, logout);
}


/* An old token tells as well who it is for (§2): exp isn't looked at. */

static rb_err_t *
rb_oauth_logout_hint(rb_req_t *req, const ngx_str_t *hint, ngx_str_t *client,
    ngx_str_t *subject)
{
    rb_jwt_t   jwt;
    ngx_str_t  iss;

    switch (rb_jwt_parse(req->task.pool, hint, &jwt)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return &rb_err_oauth_hint;

    default:
        return &rb_err_internal;
    }

    iss = rb_jwt_str(&jwt, "iss");
    *client = rb_jwt_str(&jwt, "aud");
    *subject = rb_jwt_str(&jwt, "sub");

    if (!rb_oauth_is(&jwt.typ, "JWT") || rb_jwt_verify_own(&jwt) != NGX_OK
        || !rb_same(&iss, &rb_identity->issuer)
        || client->len == 0 || subject->len == 0)
    {
        return &rb_err_oauth_hint;
    }

    return NULL;
}


static rb_err_t *
rb_oauth_logout_to(rb_req_t *req, rb_value_t *values,
    rb_oauth_logout_t *logout)
{
    rb_buf_t    b;
    ngx_str_t  *uri, *state;

    uri = &values[RB_OAUTH_L_REDIRECT_URI].text;
    state = &values[RB_OAUTH_L_STATE].text;

    if (uri->len == 0) {
        return NULL;
    }

    /* nobody is sent to a client that was disabled */

    if (!logout->known || logout->client.disabled
        || !rb_oauth_has(&logout->client.post_logout_redirect_uris, uri))
    {
        return &rb_err_oauth_redirect_uri;
    }

    if (rb_buf_init(&b, req->task.pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add_str(&b, uri);

    if (state->len) {
        rb_oauth_add_param(&b, "state", state);
    }

    logout->to.data = b.start;
    logout->to.len = rb_buf_len(&b);

    return b.failed ? &rb_err_internal : NULL;
}


/* Who isn't signed in, or not any more, has what they came for. */

static rb_err_t *
rb_oauth_logout_do(rb_req_t *req, const rb_oauth_logout_t *logout)
{
    rb_err_t               *err;
    rb_page_t               page;
    rb_origin_t             origin;
    const rb_principal_t   *who;

    static const rb_text_t  done =
        rb_text("로그아웃했습니다.", "You are logged out.");

    who = rb_oauth_member(req);

    if (who) {
        err = rb_identity_origin(req, &origin);

        if (err == NULL) {
            err = rb_sessions_end(&req->task, &who->member, &who->session,
                                  "signed_out", who, &origin);
        }

        if (err && err != &rb_err_not_found) {
            return err;
        }

        rb_identity_clear_cookie(req);
    }

    if (logout->to.len) {
        return rb_oauth_leave(req, &logout->to, 0);
    }

    rb_page_begin(&page, req, &rb_oauth_logout_title, NULL);
    rb_page_notice(&page, RB_PAGE_STATUS, &done);

    return rb_page_end(&page);
}


static rb_err_t *
rb_oauth_logout_ask(rb_req_t *req, const rb_oauth_logout_t *logout,
    rb_value_t *values)
{
    ngx_str_t        csrf;
    rb_page_t        page;
    ngx_uint_t       i;
    rb_page_conf_t   conf;

    static const rb_text_t  yes = rb_text("로그아웃", "Log out");

    csrf = rb_csrf_token(req);

    ngx_memzero(&conf, sizeof(conf));
    conf.form_to = logout->to;

    rb_page_begin(&page, req, &rb_oauth_logout_title, &conf);

    if (logout->known) {
        rb_page_putf(&page, "p",
                     "%V에서 이 브라우저의 로그아웃을 요청했습니다. 로그아웃"
                     "할까요?",
                     "%V asks to log you out of this browser. Log out?",
                     &logout->client.name);

    } else {
        rb_page_putf(&page, "p", "이 브라우저에서 로그아웃할까요?",
                     "Log out of this browser?");
    }

    rb_page_form(&page, rb_page_lit("/oauth/logout"), &csrf);

    for (i = 0; i < rb_array_size(rb_oauth_logout_names); i++) {
        if (values[i].text.len) {
            rb_page_hidden(&page, rb_oauth_logout_names[i],
                           &values[i].text);
        }
    }

    rb_page_button(&page, &yes, RB_PAGE_PRIMARY, "confirm",
                   rb_page_lit("true"));
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


static rb_err_t *
rb_oauth_logout_again(rb_req_t *req, rb_value_t *values)
{
    rb_buf_t    b;
    ngx_str_t   uri;
    ngx_uint_t  i;

    if (rb_buf_init(&b, req->task.pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_add_lit(&b, "/oauth/logout");

    for (i = 0; i < rb_array_size(rb_oauth_logout_names); i++) {
        if (values[i].text.len) {
            rb_oauth_add_param(&b, rb_oauth_logout_names[i],
                               &values[i].text);
        }
    }

    uri.data = b.start;
    uri.len = rb_buf_len(&b);

    return b.failed ? &rb_err_internal : rb_reply_redirect(req, &uri);
}
