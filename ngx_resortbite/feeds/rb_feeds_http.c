
/* The routes of feeds/, the feed of new posts and a resort's board. */


#include "feeds/rb_feeds_http.h"
#include "feeds/rb_feeds.h"
#include "feeds/rb_feeds_parts_http.h"
#include "meta/rb_meta.h"
#include "web/rb_page.h"
#include "web/rb_param.h"
#include <ngx_http.h>


/* Seconds.  A change drops what was kept; these are for who keeps copies that
 * no change reaches. */

#define RB_FEEDS_FRESH       60
#define RB_FEEDS_REVALIDATE  600
#define RB_FEEDS_ON_ERROR    86400

#define RB_FEEDS_ITEM_SIZE   2048


/* Parameters of the feed. */

enum {
    RB_FEEDS_Q_REGION = 0,
    RB_FEEDS_Q_CATEGORY
};


static rb_err_t *rb_feeds_rss_handler(rb_req_t *req);
static void rb_feeds_channel(rb_req_t *req, rb_lang_e lang,
    const rb_pg_rows_t *rows);
static void rb_feeds_item(rb_req_t *req, rb_lang_e lang,
    const rb_pg_rows_t *rows, ngx_uint_t row);
static void rb_feeds_text(rb_req_t *req, const ngx_str_t *text);
static void rb_feeds_element(rb_buf_t *b, const char *name,
    const ngx_str_t *text);
static rb_err_t *rb_feeds_board_handler(rb_req_t *req);


rb_err_define(rb_err_no_origin, 503, "origin_not_set_up",
    "이 설치의 주소가 설정되지 않아 주소 목록을 만들 수 없습니다. 설정 파일에 "
    "resortbite_identity https://…을 적어 주세요.",
    "The address of this installation is not set, so there are no addresses "
    "to list. Set resortbite_identity https://… in its configuration.");


static const rb_param_t  rb_feeds_name[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, 40, NULL, 1, ngx_null_string,
      rb_text("색인이 말하는 파일 이름: jobs-1.xml, resorts-1.xml, lists.xml",
              "A file's name as the index has it: jobs-1.xml, "
              "resorts-1.xml, lists.xml") },
    rb_param_end
};

static const rb_param_t  rb_feeds_resort_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};

static const rb_param_t  rb_feeds_query[] = {
    { ngx_string("region"), RB_PARAM_ENUM, 0, 0, rb_meta_regions, 0,
      ngx_null_string,
      rb_text("이 지역의 공고만", "Only jobs of this province or city") },
    { ngx_string("category"), RB_PARAM_ENUM, 0, 0, rb_meta_categories, 0,
      ngx_null_string,
      rb_text("이 직무의 공고만", "Only this kind of work") },
    rb_param_end
};


static const rb_view_field_t  rb_feeds_board_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id", "The id") },
    { ngx_string("name"), RB_VIEW_STRING, 0,
      rb_text("이름", "Name") },
    { ngx_string("name_en"), RB_VIEW_STRING, 1,
      rb_text("영문 이름", "Name in English") },
    { ngx_string("type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)", "Kind (resort_types of meta)") },
    { ngx_string("region"), RB_VIEW_CODE, 0,
      rb_text("지역 (meta의 regions)",
              "Province or city (regions of meta)") },
    { ngx_string("city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구", "City, county or district") },
    { ngx_string("photo"), RB_VIEW_STRING, 1,
      rb_text("첫 사진", "The first photo") },
    { ngx_string("rating.average"), RB_VIEW_NUMBER, 1,
      rb_text("평균 별점. 평가가 없으면 null",
              "Average of the ratings; null without any") },
    { ngx_string("rating.count"), RB_VIEW_INTEGER, 0,
      rb_text("평가 수", "How many ratings") },
    { ngx_string("url"), RB_VIEW_STRING, 0,
      rb_text("리조트 페이지의 주소", "Address of the resort's page") },
    { ngx_string("url_en"), RB_VIEW_STRING, 0,
      rb_text("영어 페이지의 주소", "Address of its page in English") },
    { ngx_string("count"), RB_VIEW_INTEGER, 0,
      rb_text("모집 중인 공고 수", "How many jobs are open") },
    { ngx_string("jobs"), RB_VIEW_JSON, 0,
      rb_text("모집 중인 공고를 짧게, 최근 것부터 200건까지: id, title, "
              "category, employment_type, pay, period, headcount, dormitory, "
              "meals, apply_until, published_at, url, url_en",
              "The open jobs in short, the newest 200: id, title, category, "
              "employment_type, pay, period, headcount, dormitory, meals, "
              "apply_until, published_at, url, url_en") }
};

static const rb_view_t  rb_feeds_board_view =
    rb_view("ResortBoard", rb_feeds_board_fields);


#define rb_feeds_route(nm, pt, hd)                                            \
    .name = ngx_string(nm),                                                   \
    .method = NGX_HTTP_GET,                                                   \
    .path = ngx_string(pt),                                                   \
    .handler = hd,                                                            \
    .tag = ngx_string("feeds"),                                               \
    .roles = RB_ROLE_ANYONE,                                                  \
    .success = NGX_HTTP_OK,                                                   \
    .fresh = RB_FEEDS_FRESH,                                                  \
    .stale_while_revalidate = RB_FEEDS_REVALIDATE,                            \
    .stale_if_error = RB_FEEDS_ON_ERROR

static const rb_route_t  rb_feeds_table[] = {
    {
        rb_feeds_route("sitemap_index", "/sitemap.xml",
                       rb_feeds_index_handler),
        .summary = rb_text("사이트맵 색인 (sitemaps.org)",
                           "The index of sitemaps (sitemaps.org)"),
        .lenient = 1
    },
    {
        rb_feeds_route("sitemap_file", "/sitemaps/{name}",
                       rb_feeds_file_handler),
        .summary = rb_text("사이트맵 하나", "One sitemap"),
        .path_params = rb_feeds_name,
        .lenient = 1
    },
    {
        rb_feeds_route("robots", "/robots.txt", rb_feeds_robots_handler),
        .summary = rb_text("검색 로봇이 지킬 것 (RFC 9309)",
                           "What robots are to keep to (RFC 9309)"),
        .lenient = 1
    },
    {
        rb_feeds_route("feeds_jobs", "/feeds/jobs.xml", rb_feeds_rss_handler),
        .summary = rb_text("새 공고 50건 (RSS 2.0)",
                           "The 50 newest jobs (RSS 2.0)"),
        .query = rb_feeds_query,
        .lenient = 1
    },
    {
        rb_feeds_route("feeds_jobs_en", "/en/feeds/jobs.xml",
                       rb_feeds_rss_handler),
        .summary = rb_text("새 공고 50건, 영어로 (RSS 2.0)",
                           "The 50 newest jobs, in English (RSS 2.0)"),
        .query = rb_feeds_query,
        .lenient = 1,
        .english = 1
    },
    {
        rb_feeds_route("resorts_board", "/api/v1/resorts/{id}/board",
                       rb_feeds_board_handler),
        .summary = rb_text("리조트와 모집 중인 공고를 한 번에: 리조트의 "
                           "홈페이지에서 바로 읽을 수 있습니다 (CORS)",
                           "A resort and its open jobs at once, which its own "
                           "web site may read (CORS)"),
        .path_params = rb_feeds_resort_id,
        .view = &rb_feeds_board_view,
        .problems = RB_PROBLEM_GONE,
        .any_origin = 1
    }
};

const rb_routes_t  rb_feeds_routes = {
    rb_feeds_table, rb_array_size(rb_feeds_table)
};


rb_err_t *
rb_feeds_begin(rb_req_t *req, const char *type, size_t size)
{
    rb_reply_t  *reply;

    reply = &req->reply;

    reply->status = NGX_HTTP_OK;
    reply->type.data = (u_char *) type;
    reply->type.len = ngx_strlen(type);

    return rb_buf_init(&reply->body, req->task.pool, size) == NGX_OK
           ? NULL : &rb_err_internal;
}


static rb_err_t *
rb_feeds_rss_handler(rb_req_t *req)
{
    rb_err_t      *err;
    rb_lang_e      lang;
    ngx_str_t     *region;
    ngx_uint_t     i;
    rb_pg_rows_t   rows;

    if (rb_page_origin.len == 0) {
        return &rb_err_no_origin;
    }

    lang = req->route->english ? RB_LANG_EN : RB_LANG_KO;
    region = &req->query[RB_FEEDS_Q_REGION].text;

    if (region->len) {
        rb_reply_tag(req, "jobs:region", region);

    } else {
        rb_reply_tag(req, "jobs", NULL);
    }

    err = rb_feeds_newest(&req->task, region,
                          &req->query[RB_FEEDS_Q_CATEGORY].text, lang, &rows);

    if (err == NULL) {
        err = rb_feeds_begin(req, "application/rss+xml; charset=utf-8",
                             2048 + rows.count * RB_FEEDS_ITEM_SIZE);
    }

    if (err) {
        return err;
    }

    rb_feeds_channel(req, lang, &rows);

    for (i = 0; i < rows.count; i++) {
        rb_feeds_item(req, lang, &rows, i);
    }

    rb_buf_add_lit(&req->reply.body, "</channel>\n</rss>\n");

    return NULL;
}


/* What the feed is of is in its address and so in its link. */

static void
rb_feeds_channel(rb_req_t *req, rb_lang_e lang, const rb_pg_rows_t *rows)
{
    rb_buf_t   *b, query, self;
    ngx_str_t   s, newest;

    static const rb_text_t  title =
        rb_text("리조트바이트 새 공고", "New jobs on ResortBite");
    static const rb_text_t  about =
        rb_text("리조트 시즌 일자리, 새로 올라온 순서로",
                "Seasonal work at Korean resorts, the newest first");

    b = &req->reply.body;

    (void) rb_buf_init(&query, req->task.pool, 128);
    (void) rb_buf_init(&self, req->task.pool, 256);
    rb_query_write(&query, req, 0);

    s.data = query.start;
    s.len = rb_buf_len(&query);

    rb_buf_add_lit(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<rss version=\"2.0\" "
                      "xmlns:atom=\"http://www.w3.org/2005/Atom\">\n"
                      "<channel>\n");
    rb_feeds_element(b, "title", &title.in[lang]);

    rb_buf_printf(&self, "%V%s/jobs%V", &rb_page_origin,
                  lang == RB_LANG_EN ? "/en" : "", &s);
    newest.data = self.start;
    newest.len = rb_buf_len(&self);

    rb_feeds_element(b, "link", &newest);
    rb_feeds_element(b, "description", &about.in[lang]);

    rb_buf_add_lit(b, "<language>");
    rb_buf_printf(b, "%s</language>\n", lang == RB_LANG_EN ? "en" : "ko");

    if (rows->count) {
        newest = rb_pg_value(rows, 0, RB_FEEDS_C_PUBLISHED_AT);
        rb_feeds_element(b, "pubDate", &newest);
    }

    self.last = self.start;
    rb_buf_printf(&self, "%V%V%V", &rb_page_origin, &req->route->path, &s);
    newest.data = self.start;
    newest.len = rb_buf_len(&self);

    rb_buf_add_lit(b, "<atom:link rel=\"self\" "
                      "type=\"application/rss+xml\" href=\"");
    rb_feeds_escape(b, &newest);
    rb_buf_add_lit(b, "\"/>\n");

    b->failed |= query.failed | self.failed;
}


static void
rb_feeds_item(rb_req_t *req, rb_lang_e lang, const rb_pg_rows_t *rows,
    ngx_uint_t row)
{
    rb_buf_t    *b;
    ngx_str_t    value;
    ngx_uint_t   i;

    static const struct {
        ngx_uint_t   column;
        const char  *name;
    } elements[] = {
        { RB_FEEDS_C_TITLE, "title" },
        { RB_FEEDS_C_PUBLISHED_AT, "pubDate" },
        { RB_FEEDS_C_CATEGORY, "category" },
        { RB_FEEDS_C_REGION, "category" }
    };

    b = &req->reply.body;
    value = rb_pg_value(rows, row, RB_FEEDS_C_ID);

    rb_buf_printf(b, "<item>\n<guid isPermaLink=\"false\">%V</guid>\n"
                     "<link>%V%s/jobs/%V</link>\n", &value, &rb_page_origin,
                  lang == RB_LANG_EN ? "/en" : "", &value);

    for (i = 0; i < rb_array_size(elements); i++) {
        value = rb_pg_value(rows, row, elements[i].column);
        rb_feeds_element(b, elements[i].name, &value);
    }

    rb_buf_add_lit(b, "<description>");
    value = rb_pg_value(rows, row, RB_FEEDS_C_RESORT);
    rb_feeds_text(req, &value);
    rb_buf_add_lit(b, "&lt;br&gt;");
    value = rb_pg_value(rows, row, RB_FEEDS_C_DESCRIPTION);
    rb_feeds_text(req, &value);
    rb_buf_add_lit(b, "</description>\n</item>\n");
}


/*
 * Readers take a description for HTML that was escaped: so a text becomes HTML
 * that shows it, and that is escaped.
 */

static void
rb_feeds_text(rb_req_t *req, const ngx_str_t *text)
{
    rb_buf_t   html;
    ngx_str_t  s;

    (void) rb_buf_init(&html, req->task.pool, text->len + text->len / 8 + 16);
    rb_feeds_escape(&html, text);

    s.data = html.start;
    s.len = rb_buf_len(&html);

    rb_feeds_escape(&req->reply.body, &s);

    req->reply.body.failed |= html.failed;
}


static void
rb_feeds_element(rb_buf_t *b, const char *name, const ngx_str_t *text)
{
    rb_buf_printf(b, "<%s>", name);
    rb_feeds_escape(b, text);
    rb_buf_printf(b, "</%s>\n", name);
}


static rb_err_t *
rb_feeds_board_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t     *resort;
    rb_pg_rows_t   rows;

    resort = &req->path[0].text;

    rb_reply_tag(req, "resort", resort);

    err = rb_feeds_board(&req->task, resort, &rb_page_origin, &rows);

    return err ? err : rb_reply_row(req, &rows);
}
