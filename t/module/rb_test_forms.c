
/*
 * Forms, pages, header fields and methods on demand: what web/ promises of
 * them, without a room that uses them.
 */


#include "gate/rb_gate.h"
#include "web/rb_page.h"


static rb_err_t *rb_test_form(rb_req_t *req);
static rb_err_t *rb_test_method(rb_req_t *req);
static rb_err_t *rb_test_fields(rb_req_t *req);
static rb_err_t *rb_test_page(rb_req_t *req);
static rb_err_t *rb_test_refused(rb_req_t *req);


rb_err_define(rb_test_sign_in, 401, "sign_in_required", "로그인", "Sign in");
rb_err_define(rb_test_step_up, 401, "insufficient_user_authentication",
    "다시", "Again");
rb_err_define(rb_test_grant, 400, "invalid_grant", "만료",
    "The \"code\" has expired \xe2\x80\x94 or was used.");
rb_err_define(rb_test_role, 403, "role_missing", "권한이 없습니다.",
    "You lack a role.");


static const ngx_str_t  rb_test_colours[] = {
    ngx_string("red"), ngx_string("green"), ngx_null_string
};

static const rb_param_t  rb_test_form_fields[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, 8, NULL, 1, ngx_null_string,
      rb_text("이름", "A name") },
    { ngx_string("n"), RB_PARAM_INT, 0, 9, NULL, 0, ngx_string("7"),
      rb_text("수", "A number") },
    { ngx_string("colours"), RB_PARAM_ENUMS, 0, 0, rb_test_colours, 0,
      ngx_null_string, rb_text("색", "Colours") },
    { ngx_string("yes"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("예", "Yes") },
    { ngx_string("json"), RB_PARAM_JSON, 0, 0, NULL, 0, ngx_null_string,
      rb_text("JSON", "JSON") },
    { ngx_string("password"), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,
      rb_text("비밀번호", "A password") },
    rb_param_end
};

static const rb_param_t  rb_test_form_id[] = {
    { ngx_string("id"), RB_PARAM_INT, 0, 9, NULL, 1, ngx_null_string,
      rb_text("번호", "A number") },
    rb_param_end
};

static const rb_param_t  rb_test_form_why[] = {
    { ngx_string("why"), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,
      rb_text("왜", "Why") },
    rb_param_end
};


#define rb_test_common(nm, mt, pt, hd)                                        \
    .name = ngx_string(nm), .method = mt, .path = ngx_string("/test/" pt),    \
    .handler = hd, .summary = rb_text("시험", "Test"),                        \
    .tag = ngx_string("test"), .success = 200

static const rb_route_t  rb_test_forms_table[] = {
    { rb_test_common("testWebForm", NGX_HTTP_POST, "form", rb_test_form),
      .body = rb_test_form_fields, .form = 1 },
    { rb_test_common("testWebFormOauth", NGX_HTTP_POST, "form/oauth",
                     rb_test_form),
      .body = rb_test_form_fields, .form = 1, .oauth = 1, .lenient = 1 },
    { rb_test_common("testWebFormJson", NGX_HTTP_POST, "form/json",
                     rb_test_form),
      .body = rb_test_form_fields, .idempotent = 1 },
    { rb_test_common("testWebPut", NGX_HTTP_PUT, "form/{id}", rb_test_method),
      .path_params = rb_test_form_id, .body = rb_test_form_fields,
      .idempotent = 1 },
    { rb_test_common("testWebPatch", NGX_HTTP_PATCH, "form/{id}",
                     rb_test_method),
      .path_params = rb_test_form_id, .body = rb_test_form_fields },
    { rb_test_common("testWebDelete", NGX_HTTP_DELETE, "form/{id}",
                     rb_test_method),
      .path_params = rb_test_form_id, .idempotent = 1 },
    { rb_test_common("testWebFields", NGX_HTTP_GET, "fields", rb_test_fields),
      .query = rb_test_form_why },
    { rb_test_common("testWebPage", NGX_HTTP_GET, "page", rb_test_page),
      .query = rb_test_form_why, .page = 1 },
    { rb_test_common("testWebPageForm", NGX_HTTP_POST, "page", rb_test_page),
      .body = rb_test_form_fields, .page = 1, .form = 1, .redisplays = 1 },
    { rb_test_common("testWebRefused", NGX_HTTP_GET, "page/refused",
                     rb_test_refused),
      .query = rb_test_form_why, .page = 1 },
    { rb_test_common("testWebRefusedForm", NGX_HTTP_POST, "page/refused",
                     rb_test_refused),
      .body = rb_test_form_why, .page = 1, .form = 1 },
    { rb_test_common("testWebRefusedOauth", NGX_HTTP_POST, "oauth/refused",
                     rb_test_refused),
      .body = rb_test_form_why, .form = 1, .oauth = 1 },
    { rb_test_common("testWebRefusedJson", NGX_HTTP_GET, "refused",
                     rb_test_refused),
      .query = rb_test_form_why }
};

const rb_routes_t  rb_test_forms_routes = {
    rb_test_forms_table, rb_array_size(rb_test_forms_table)
};


/* Answers what was understood. */

static rb_err_t *
rb_test_form(rb_req_t *req)
{
    rb_err_t    *err;
    rb_json_t    json;
    ngx_uint_t   i;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');

    for (i = 0; rb_test_form_fields[i].name.len; i++) {
        rb_json_key_n(&json, (char *) rb_test_form_fields[i].name.data,
                      rb_test_form_fields[i].name.len);
        rb_json_str(&json, &req->body[i].text);
    }

    rb_json_key(&json, "csrf");
    rb_json_str(&json, &req->csrf);
    rb_json_close(&json, '}');

    return NULL;
}


static rb_err_t *
rb_test_method(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;
    ngx_str_t   hash;
    u_char      text[64];

    if (req->method == NGX_HTTP_DELETE && req->path[0].integer == 0) {
        return rb_reply_nothing(req);
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    hash.data = text;
    hash.len = ngx_hex_dump(text, req->request_hash, 32) - text;

    rb_json_open(&json, '{');
    rb_json_key(&json, "id");
    rb_json_int(&json, req->path[0].integer);
    rb_json_key(&json, "name");

    if (req->body) {
        rb_json_str(&json, &req->body[0].text);

    } else {
        rb_json_null(&json);
    }

    rb_json_key(&json, "key");
    rb_json_str(&json, &req->idempotency_key);
    rb_json_key(&json, "hash");
    rb_json_str(&json, &hash);
    rb_json_close(&json, '}');

    return NULL;
}


/* Header fields in and out. */

static rb_err_t *
rb_test_fields(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;
    ngx_str_t   value;

    static const ngx_str_t  one = ngx_string("one");
    static const ngx_str_t  two = ngx_string("two");
    static const ngx_str_t  a = ngx_string("a=1");
    static const ngx_str_t  b = ngx_string("b=2");
    static const ngx_str_t  evil = ngx_string("x\r\nSet-Cookie: evil=1");

    rb_reply_header(req, "X-Test", &one);
    rb_reply_header(req, "x-test", &two);
    rb_reply_header(req, "Set-Cookie", &a);
    rb_reply_header(req, "Set-Cookie", &b);

    value = req->query[0].text;

    if (value.len == 4 && ngx_memcmp(value.data, "evil", 4) == 0) {
        rb_reply_header(req, "X-Test", &evil);
    }

    if (value.len == 2 && ngx_memcmp(value.data, "go", 2) == 0) {
        return rb_reply_redirect(req, rb_page_lit("/test/page?why=a%20b"));
    }

    if (value.len == 5 && ngx_memcmp(value.data, "error", 5) == 0) {
        return &rb_test_role;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');

    value = rb_http_cookie(req, "__Host-x");
    rb_json_key(&json, "cookie");
    rb_json_str(&json, &value);

    value = rb_http_header(req, "X-Thing");
    rb_json_key(&json, "thing");
    rb_json_str(&json, &value);

    rb_json_close(&json, '}');

    return NULL;
}


/* Everything that a page can have. */

static rb_err_t *
rb_test_page(rb_req_t *req)
{
    ngx_str_t  none = ngx_null_string, why;
    rb_page_t  page;

    static const rb_text_t  title = rb_text("시험 <페이지>", "A <test>");
    static const rb_text_t  send = rb_text("보내기", "Send");
    static const rb_text_t  yes = rb_text("예", "Yes");

    static const rb_page_input_t  name = {
        .name = "name", .label = rb_text("이름", "Name"),
        .hint = rb_text("짧게", "A short one"),
        .autocomplete = "name", .maxlength = 8, .required = 1, .focus = 1
    };

    static const rb_page_input_t  password = {
        .name = "password", .type = "password",
        .label = rb_text("비밀번호", "Password")
    };

    static const rb_page_choice_t  colours[] = {
        { ngx_string("red"), rb_text("빨강", "Red") },
        { ngx_string("green"), rb_text("초록", "Green") },
        { ngx_null_string, rb_text("", "") }
    };

    why = none;

    if (req->query) {
        why = req->query[0].text;
    }

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) {
                      .error = req->wrong,
                      .script = why.len ? "passkey.js" : NULL,
                      .form_to = ngx_string("https://app.example:8443/cb?x")
                  });

    rb_page_open(&page, "a", "href", &why, "class", rb_page_lit("mine"),
                 NULL);
    rb_page_text(&page, &why);
    rb_page_close(&page, "a");
    rb_page_putf(&page, "p", "이유: %V", "Why: %V", &why);

    rb_page_form(&page, rb_page_lit("/test/page"), rb_page_lit("tok\"en"));
    rb_page_input(&page, &name);
    rb_page_input(&page, &password);
    rb_page_radios(&page, "colours", &title, colours, rb_page_lit("green"));
    rb_page_checkbox(&page, "yes", &yes, 1, 0);
    rb_page_button(&page, &send, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


static rb_err_t *
rb_test_refused(rb_req_t *req)
{
    rb_err_t   *err;
    ngx_str_t   why;

    static const ngx_str_t  cookie = ngx_string("kept=1");

    rb_reply_header(req, "Set-Cookie", &cookie);

    why = req->query ? req->query[0].text : req->body[0].text;

    err = ngx_pcalloc(req->task.pool, sizeof(rb_err_t));
    if (err == NULL || why.len == 0) {
        return &rb_err_not_found;
    }

    switch (why.data[0]) {

    case 's':
        return &rb_test_sign_in;

    case 'a':
        return &rb_test_step_up;

    case 'g':
        *err = rb_test_grant;
        ngx_str_set(&err->authenticate, "Basic realm=\"x\"");
        return err;

    case 'r':
        *err = rb_test_role;
        err->missing = "admin super_admin";
        return err;

    case 'd':
        return &rb_err_database;

    default:
        return &rb_err_internal;
    }
}
