
/*
 * A public page in two languages:
 *
 *     GET /test/public/{id}?region=jeju&page=2
 *     GET /en/test/public/{id}?region=jeju&page=2
 *
 * The id's last digit says what becomes of it: a: 404, b: 410, c: 410 with a
 * page of its own, d: 503; any other: 200.  Its tags are test:<id> and jobs.
 */


#include "gate/rb_gate.h"
#include "web/rb_page.h"


static rb_err_t *rb_test_public(rb_req_t *req);
static void rb_test_public_head(rb_page_t *page, void *data);


rb_err_define(rb_err_test_gone, 410, "test_gone", "끝났습니다.",
              "It is over.");


static const ngx_str_t  rb_test_public_regions[] = {
    ngx_string("gangwon"), ngx_string("jeju"), ngx_null_string
};

static const rb_param_t  rb_test_public_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("아이디", "the id") },
    rb_param_end
};

static const rb_param_t  rb_test_public_query[] = {
    { ngx_string("region"), RB_PARAM_ENUM, 0, 0, rb_test_public_regions, 0,
      ngx_null_string, rb_text("지역", "region") },
    { ngx_string("page"), RB_PARAM_INT, 1, 100, NULL, 0, ngx_string("1"),
      rb_text("쪽", "page") },
    rb_param_end
};

#define rb_test_public_route(nm, pt, en)                                      \
    { .name = ngx_string(nm), .method = NGX_HTTP_GET,                         \
      .path = ngx_string(pt), .handler = rb_test_public,                      \
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),          \
      .path_params = rb_test_public_id, .query = rb_test_public_query,        \
      .success = 200, .problems = RB_PROBLEM_GONE, .fresh = 30,               \
      .stale_while_revalidate = 60, .stale_if_error = 600, .page = 1,         \
      .english = en }

static const rb_route_t  rb_test_pages_table[] = {
    rb_test_public_route("testPublic", "/test/public/{id}", 0),
    rb_test_public_route("testPublicEn", "/en/test/public/{id}", 1)
};

const rb_routes_t  rb_test_pages_routes = {
    rb_test_pages_table, rb_array_size(rb_test_pages_table)
};


static rb_err_t *
rb_test_public(rb_req_t *req)
{
    u_char           last;
    ngx_str_t       *id;
    rb_page_t        page;
    rb_page_conf_t   conf;

    static const rb_text_t  title = rb_text("시험 <쪽>", "Test <page>");
    static const rb_text_t  over = rb_text("다른 것들", "Other ones");

    id = &req->path[0].text;
    last = id->data[id->len - 1];

    if (last == 'a') {
        return &rb_err_not_found;
    }

    if (last == 'b') {
        return &rb_err_test_gone;
    }

    if (last == 'd') {
        return &rb_err_busy;
    }

    rb_reply_tag(req, "test", id);
    rb_reply_tag(req, "jobs", NULL);

    ngx_memzero(&conf, sizeof(rb_page_conf_t));

    conf.error = (last == 'c') ? &rb_err_test_gone : NULL;
    conf.noindex = (last == 'e');
    ngx_str_set(&conf.description, "what \"it\" says");
    ngx_str_set(&conf.image, "https://elsewhere.example/p.jpg");
    ngx_str_set(&conf.json_ld, "{\"name\":\"</script><!--\"}");
    ngx_str_set(&conf.next, "/test/next?page=2");
    conf.og_type = "article";
    conf.head = rb_test_public_head;

    rb_page_begin(&page, req, &title, &conf);

    if (last == 'c') {
        rb_page_put(&page, "h2", &over);
    }

    return rb_page_end(&page);
}


static void
rb_test_public_head(rb_page_t *page, void *data)
{
    rb_page_markup(page, rb_page_lit("<meta name=\"test\" content=\"1\">\n"));
}
