
/*
 * POST /oauth/device_authorization (RFC 8628 §3.1), and the page /device on
 * which a member types in the code.  The address with the code in it fills in
 * the field and no more: whether it is the one on the device's screen is for
 * the member to see (§5.4).
 */


#include "oauth/rb_oauth_room_http.h"
#include "users/rb_users.h"


static rb_err_t *rb_oauth_device_form(rb_req_t *req, const ngx_str_t *code,
    const rb_err_t *wrong);
static rb_err_t *rb_oauth_device_confirm(rb_req_t *req,
    const ngx_str_t *code, const ngx_str_t *name, const ngx_str_t *scopes);
static rb_err_t *rb_oauth_device_done(rb_req_t *req, ngx_uint_t approved);


static const rb_text_t  rb_oauth_device_title =
    rb_text("기기 연결", "Connect a device");

static const rb_text_t  rb_oauth_device_next =
    rb_text("계속", "Continue");

static const rb_text_t  rb_oauth_device_allow =
    rb_text("허용", "Allow");

static const rb_text_t  rb_oauth_device_deny =
    rb_text("거절", "Deny");


rb_err_t *
rb_oauth_device_authorization_handler(rb_req_t *req)
{
    u_char               uri[512], *p;
    rb_err_t            *err;
    rb_json_t            json;
    ngx_str_t            text;
    rb_oauth_client_t    client;
    rb_oauth_caller_t    caller;
    rb_oauth_device_t    device;

    err = rb_oauth_authenticate(req, &client);

    if (err == NULL && rb_oauth_is(&client.auth_method, "none")) {
        err = rb_oauth_begin(req);
    }

    if (err) {
        return err;
    }

    caller.client = &client;
    caller.origin = NULL;
    ngx_str_null(&caller.jkt);

    err = rb_oauth_device_begin(&req->task, &caller,
                                &rb_oauth_body(req, RB_OAUTH_DA_SCOPE),
                                &device);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    p = ngx_slprintf(uri, uri + sizeof(uri), "%V/device",
                     &rb_identity->issuer);
    text.data = uri;
    text.len = p - uri;

    rb_json_open(&json, '{');
    rb_json_key(&json, "device_code");
    rb_json_str(&json, &device.device_code);
    rb_json_key(&json, "user_code");
    rb_json_str(&json, &device.user_code);
    rb_json_key(&json, "verification_uri");
    rb_json_str(&json, &text);

    p = ngx_slprintf(p, uri + sizeof(uri), "?user_code=%V",
                     &device.user_code);
    text.len = p - uri;

    rb_json_key(&json, "verification_uri_complete");
    rb_json_str(&json, &text);
    rb_json_key(&json, "expires_in");
    rb_json_int(&json, RB_OAUTH_DEVICE_LIFE);
    rb_json_key(&json, "interval");
    rb_json_int(&json, RB_OAUTH_DEVICE_POLL);
    rb_json_close(&json, '}');

    return NULL;
}


rb_err_t *
rb_oauth_device_handler(rb_req_t *req)
{
    rb_err_t   *err;
    ngx_str_t   code;

    err = rb_oauth_ready();
    if (err) {
        return err;
    }

    if (rb_oauth_user_code(req->task.pool,
                           &rb_oauth_query(req, RB_OAUTH_D_USER_CODE), &code)
        != NGX_OK)
    {
        ngx_str_null(&code);
    }

    return rb_oauth_device_form(req, &code, NULL);
}


rb_err_t *
rb_oauth_device_post_handler(rb_req_t *req)
{
    rb_err_t               *err;
    ngx_str_t               code, client, name, scopes, *decision;
    ngx_uint_t              approved;
    rb_origin_t             origin;
    const rb_principal_t   *who;

    err = rb_identity_origin(req, &origin);
    if (err) {
        return err;
    }

    who = rb_oauth_member(req);

    if (who == NULL) {
        return &rb_err_sign_in;
    }

    if (rb_oauth_user_code(req->task.pool,
                           &rb_oauth_body(req, RB_OAUTH_D_USER_CODE), &code)
        != NGX_OK)
    {
        return rb_oauth_device_form(req, NULL, &rb_err_oauth_user_code);
    }

    decision = &rb_oauth_body(req, RB_OAUTH_D_DECISION);

    if (decision->len == 0) {

        err = rb_oauth_device_find(&req->task, &code, who, &origin, &client,
                                   &name, &scopes);

        return err ? rb_oauth_device_form(req, &code, err)
                   : rb_oauth_device_confirm(req, &code, &name, &scopes);
    }

    approved = rb_oauth_is(decision, "accept");

    err = rb_oauth_device_decide(&req->task, &code, approved, who, &origin);

    return err ? rb_oauth_device_form(req, &code, err)
               : rb_oauth_device_done(req, approved);
}


static rb_err_t *
rb_oauth_device_form(rb_req_t *req, const ngx_str_t *code,
    const rb_err_t *wrong)
{
    ngx_str_t         csrf;
    rb_page_t         page;
    rb_page_conf_t    conf;
    rb_page_input_t   input;

    static const rb_page_input_t  field = {
        .name = "user_code",
        .label = rb_text("기기에 보이는 코드", "The code on your device"),
        .hint = rb_text("BCDF-GHJK처럼 생긴 글자 여덟 개입니다.",
                        "Eight letters, such as BCDF-GHJK."),
        .maxlength = 20,
        .required = 1,
        .focus = 1
    };

    if (wrong && wrong->problem->status >= 499) {
        return (rb_err_t *) wrong;
    }

    ngx_memzero(&conf, sizeof(conf));
    conf.error = wrong;

    input = field;
    input.value = code && code->len ? code : NULL;

    csrf = rb_csrf_token(req);

    rb_page_begin(&page, req, &rb_oauth_device_title, &conf);
    rb_page_form(&page, rb_page_lit("/device"), &csrf);
    rb_page_input(&page, &input);
    rb_page_button(&page, &rb_oauth_device_next, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


static rb_err_t *
rb_oauth_device_confirm(rb_req_t *req, const ngx_str_t *code,
    const ngx_str_t *name, const ngx_str_t *scopes)
{
    u_char      path[64];
    rb_err_t   *err;
    ngx_str_t   csrf, here;
    rb_page_t   page;
    rb_user_t   user;

    static const rb_text_t  warning =
        rb_text("지금 앞에 있는 기기에 보이는 코드가 맞는지 확인해 주세요. "
                "다른 사람이 보낸 코드라면 거절해 주세요.",
                "Make sure that this code is on a device before you now. If "
                "somebody has sent it to you, deny.");

    err = rb_users_get(&req->task, &req->principal->member, &user);
    if (err) {
        return err;
    }

    csrf = rb_csrf_token(req);

    here.data = path;
    here.len = ngx_snprintf(path, sizeof(path), "/device?user_code=%V", code)
               - path;

    rb_page_begin(&page, req, &rb_oauth_device_title, NULL);
    rb_page_signed_in(&page, &user.display_name, &user.email);

    rb_page_putf(&page, "p", "%V에서 다음을 요청합니다. 코드: %V",
                 "%V, with the code %V, would like to:", name, code);

    rb_oauth_scopes_list(&page, scopes);
    rb_page_notice(&page, RB_PAGE_NOTE, &warning);

    rb_page_form(&page, rb_page_lit("/device"), &csrf);
    rb_page_hidden(&page, "user_code", code);
    rb_page_button(&page, &rb_oauth_device_allow, RB_PAGE_PRIMARY,
                   "decision", rb_page_lit("accept"));
    rb_page_button(&page, &rb_oauth_device_deny, RB_PAGE_SECONDARY,
                   "decision", rb_page_lit("deny"));
    rb_page_form_end(&page);

    rb_page_sign_out(&page, &csrf, &here);

    return rb_page_end(&page);
}


static rb_err_t *
rb_oauth_device_done(rb_req_t *req, ngx_uint_t approved)
{
    rb_page_t  page;

    static const rb_text_t  yes =
        rb_text("기기를 연결했습니다. 기기로 돌아가 주세요.",
                "The device is connected. Go back to it.");

    static const rb_text_t  no =
        rb_text("거절했습니다. 기기는 연결되지 않았습니다.",
                "Denied: the device is not connected.");

    rb_page_begin(&page, req, &rb_oauth_device_title, NULL);
    rb_page_notice(&page, RB_PAGE_STATUS, approved ? &yes : &no);

    return rb_page_end(&page);
}
