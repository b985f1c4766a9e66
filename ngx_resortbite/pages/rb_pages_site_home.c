
/* / and /en: the home page. */


#include "pages/rb_pages_site.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_PAGES_HOME_JOBS     9
#define RB_PAGES_HOME_RESORTS  "6"


static rb_err_t *rb_pages_home_handler(rb_req_t *req);
static void rb_pages_home(rb_page_t *page, const rb_pg_rows_t *jobs,
    const rb_pg_rows_t *resorts);
static void rb_pages_home_links(rb_page_t *page, const char *title_ko,
    const char *title_en, const char *path, const ngx_str_t *codes,
    const rb_text_t *words);
static ngx_str_t rb_pages_home_json(rb_req_t *req);


static const rb_route_t  rb_pages_site_home_table[] = {
    rb_pages_site_route("pages_home", "/", 0, rb_pages_home_handler,
                        "첫 화면", "The home page", NULL, NULL, 0, 30),
    rb_pages_site_route("pages_home_en", "/en", 1, rb_pages_home_handler,
                        "첫 화면 (영어)", "The home page, in English", NULL,
                        NULL, 0, 30)
};

const rb_routes_t  rb_pages_site_home_routes = {
    rb_pages_site_home_table, rb_array_size(rb_pages_site_home_table)
};


static rb_err_t *
rb_pages_home_handler(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_str_t          params[RB_PAGES_RESORTS_NPARAMS];
    rb_page_t          page;
    rb_pg_rows_t       jobs, resorts;
    rb_page_conf_t     conf;
    rb_jobs_search_t   search;

    static const rb_text_t  title = rb_text(
        "숙소와 함께 찾는 리조트 일자리", "Resort jobs that come with a bed");
    static const rb_text_t  about = rb_text(
        "전국 리조트의 시즌 일자리를 시급, 숙소, 식사, 근무기간까지 한눈에 비교하세요.",
        "Seasonal jobs at resorts all over Korea: pay, beds, meals and dates "
        "at a glance.");

    ngx_memzero(&search, sizeof(rb_jobs_search_t));
    search.limit = RB_PAGES_HOME_JOBS;

    err = rb_jobs_search(&req->task, &search, &jobs);
    if (err) {
        return err;
    }

    ngx_memzero(params, sizeof(params));
    ngx_str_set(&params[RB_PAGES_RESORTS_P_LIMIT], RB_PAGES_HOME_RESORTS);

    err = rb_list_query(req, RB_STMT_PAGES_RESORTS,
                        RB_PAGES_RESORTS_WHEN_BY_NEWEST, params, &resorts);
    if (err) {
        return err;
    }

    rb_reply_tag(req, "jobs", NULL);
    rb_reply_tag(req, "resorts", NULL);

    ngx_memzero(&conf, sizeof(rb_page_conf_t));

    conf.bare = 1;
    conf.wide = 1;
    conf.description = about.in[req->lang];
    conf.json_ld = rb_pages_home_json(req);

    rb_page_begin(&page, req, &title, &conf);

    rb_pages_raw(&page, "<section class=\"hero\">\n");
    rb_page_put(&page, "h1", &title);
    rb_page_put(&page, "p", &about);
    rb_pages_search_form(&page, &(rb_pages_filters_t) { .order = 0 }, 0);
    rb_pages_raw(&page, "</section>\n");

    rb_pages_home(&page, &jobs, &resorts);

    return rb_page_end(&page);
}


static void
rb_pages_home(rb_page_t *page, const rb_pg_rows_t *jobs,
    const rb_pg_rows_t *resorts)
{
    static const rb_text_t  newest = rb_text("새로 올라온 일자리",
                                             "Newest jobs");
    static const rb_text_t  all = rb_text("일자리 모두 보기",
                                          "See all jobs");
    static const rb_text_t  joined = rb_text("새로 함께하는 리조트",
                                             "Resorts that joined lately");
    static const rb_text_t  every = rb_text("리조트 모두 보기",
                                            "See all resorts");

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &newest);
    rb_pages_cards(page, jobs, RB_PAGES_HOME_JOBS);
    rb_pages_raw(page, "<p class=\"more\">");
    rb_pages_to_text(page, "/jobs", NULL, &all);
    rb_pages_raw(page, "</p>\n</section>\n");

    rb_pages_home_links(page, "지역별 일자리", "Jobs by region",
                        "/jobs?region=", rb_meta_regions,
                        rb_meta_region_short_words);
    rb_pages_home_links(page, "직무별 일자리", "Jobs by kind of work",
                        "/jobs?category=", rb_meta_categories,
                        rb_meta_category_words);

    if (resorts->count) {
        rb_pages_raw(page, "<section>\n");
        rb_page_put(page, "h2", &joined);
        rb_pages_resort_cards(page, resorts, resorts->count);
        rb_pages_raw(page, "<p class=\"more\">");
        rb_pages_to_text(page, "/resorts", NULL, &every);
        rb_pages_raw(page, "</p>\n</section>\n");
    }
}


static void
rb_pages_home_links(rb_page_t *page, const char *title_ko,
    const char *title_en, const char *path, const ngx_str_t *codes,
    const rb_text_t *words)
{
    ngx_uint_t  i;

    rb_pages_raw(page, "<section>\n");
    rb_page_putf(page, "h2", title_ko, title_en);
    rb_pages_raw(page, "<ul class=\"chips links\">\n");

    for (i = 0; codes[i].len; i++) {
        rb_pages_raw(page, "<li>");
        rb_pages_to_text(page, path, &codes[i], &words[i]);
        rb_pages_raw(page, "</li>\n");
    }

    rb_pages_raw(page, "</ul>\n</section>\n");
}


static ngx_str_t
rb_pages_home_json(rb_req_t *req)
{
    rb_buf_t    b;
    rb_json_t   json;
    ngx_str_t   text;

    static const rb_text_t  name = rb_text("리조트바이트", "ResortBite");
    static const ngx_str_t  home = ngx_string("/");

    (void) rb_buf_init(&b, req->task.pool, 512);
    rb_json_init(&json, &b);

    rb_json_open(&json, '{');
    rb_json_key(&json, "@context");
    rb_json_str(&json, rb_page_lit("https://schema.org"));
    rb_json_key(&json, "@type");
    rb_json_str(&json, rb_page_lit("WebSite"));
    rb_json_key(&json, "name");
    rb_json_str(&json, &name.in[req->lang]);
    rb_json_key(&json, "url");
    rb_pages_address_str(req, &json, &home);
    rb_json_close(&json, '}');

    text.data = b.failed ? NULL : b.start;
    text.len = b.failed ? 0 : rb_buf_len(&b);

    return text;
}
