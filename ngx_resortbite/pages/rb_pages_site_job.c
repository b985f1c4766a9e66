
/*
 * /jobs/{id} and /en/jobs/{id}: all that somebody wants to know of a job, and
 * how to apply for it, which is by calling or writing to the resort.
 *
 * All of it is one statement: a second turn with the database would be felt.
 */


#include "pages/rb_pages_site.h"
#include "meta/rb_meta.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_PAGES_ABOUT_SIZE  512        /* of the description in the head */


/* The columns of a post that is like it. */

enum {
    RB_PAGES_ALIKE_ID = 0,
    RB_PAGES_ALIKE_TITLE,
    RB_PAGES_ALIKE_PAY_TYPE,
    RB_PAGES_ALIKE_PAY_MIN,
    RB_PAGES_ALIKE_PAY_MAX,
    RB_PAGES_ALIKE_DORMITORY,
    RB_PAGES_ALIKE_MEALS,
    RB_PAGES_ALIKE_FROM,
    RB_PAGES_ALIKE_UNTIL,
    RB_PAGES_ALIKE_APPLY_UNTIL,
    RB_PAGES_ALIKE_REGION,
    RB_PAGES_ALIKE_CITY,
    RB_PAGES_ALIKE_RESORT_ID,
    RB_PAGES_ALIKE_RESORT,
    RB_PAGES_ALIKE_RESORT_EN,
    RB_PAGES_ALIKE_COLUMNS
};


/* A post and what belongs to it. */

typedef struct {
    rb_pg_rows_t     *rows;             /* of statement pages_job */
    rb_buf_t         *about;            /* its description, as markup */
    ngx_str_t         work;             /* as pages.sql has them; or empty */
    ngx_str_t         dormitory;
    ngx_str_t         alike;
    ngx_str_t         labels;
    ngx_str_t         resort;           /* its name in the page's language */
    ngx_str_t         website;
    rb_pages_pay_t    pay;
    unsigned          open:1;           /* the resort has a page */
} rb_pages_job_t;


static rb_err_t *rb_pages_job_handler(rb_req_t *req);
static rb_err_t *rb_pages_job_read(rb_req_t *req, rb_pages_job_t *job);
static rb_buf_t *rb_pages_job_prose(rb_req_t *req, const rb_pages_job_t *job,
    rb_buf_t *b);
static void rb_pages_job_tag(rb_req_t *req, const rb_pages_job_t *job);
static rb_err_t *rb_pages_job_ended(rb_req_t *req, rb_err_t *ended,
    const rb_pg_rows_t *rows);
static ngx_str_t rb_pages_job_about(rb_req_t *req, const rb_pages_job_t *job);
static ngx_uint_t rb_pages_job_crumbs(rb_req_t *req,
    const rb_pages_job_t *job, rb_pages_crumb_t *crumbs);
static ngx_str_t rb_pages_job_json(rb_req_t *req, const rb_pages_job_t *job,
    const rb_pages_crumb_t *crumbs, ngx_uint_t n);
static void rb_pages_job(rb_page_t *page, const rb_pages_job_t *job);
static void rb_pages_job_top(rb_page_t *page, const rb_pages_job_t *job);
static void rb_pages_job_facts(rb_page_t *page, const rb_pages_job_t *job);
static void rb_pages_job_fact(rb_page_t *page, const char *ko,
    const char *en);
static void rb_pages_job_apply(rb_page_t *page, const rb_pages_job_t *job);
static void rb_pages_job_texts(rb_page_t *page, const rb_pages_job_t *job);
static void rb_pages_job_work(rb_page_t *page, ngx_str_t work);
static void rb_pages_job_resort(rb_page_t *page, const rb_pages_job_t *job);
static void rb_pages_job_alike(rb_page_t *page, const rb_pages_job_t *job);


#define rb_pages_job_value(job, column)                                       \
    rb_pg_value((job)->rows, 0, column)


static const rb_param_t  rb_pages_job_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The job's id") },
    rb_param_end
};

static const rb_route_t  rb_pages_site_job_table[] = {
    rb_pages_site_route("pages_job", "/jobs/{id}", 0, rb_pages_job_handler,
                        "공고 화면", "The page of a job", rb_pages_job_id,
                        NULL, RB_PROBLEM_GONE, 30, .counts_views = 1),
    rb_pages_site_route("pages_job_en", "/en/jobs/{id}", 1,
                        rb_pages_job_handler, "공고 화면 (영어)",
                        "The page of a job, in English", rb_pages_job_id,
                        NULL, RB_PROBLEM_GONE, 30, .counts_views = 1)
};

const rb_routes_t  rb_pages_site_job_routes = {
    rb_pages_site_job_table, rb_array_size(rb_pages_site_job_table)
};


static rb_err_t *
rb_pages_job_handler(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_str_t          title;
    rb_page_t          page;
    rb_text_t          name;
    rb_buf_t           b, about;
    ngx_uint_t         n;
    rb_pg_rows_t       rows;
    rb_page_conf_t     conf;
    rb_pages_job_t     job;
    rb_pages_crumb_t   crumbs[5];

    ngx_memzero(&job, sizeof(rb_pages_job_t));
    job.rows = &rows;

    err = rb_pages_job_read(req, &job);

    if (err == &rb_err_job_ended) {
        return rb_pages_job_ended(req, err, &rows);
    }

    if (err) {
        return err;
    }

    rb_pages_job_tag(req, &job);

    job.about = rb_pages_job_prose(req, &job, &about);

    if (about.failed) {
        return &rb_err_internal;
    }

    title = rb_pages_job_value(&job, RB_JOB_C_TITLE);

    (void) rb_buf_init(&b, req->task.pool, title.len + job.resort.len + 8);
    rb_buf_printf(&b, "%V - %V", &title, &job.resort);

    name.in[req->lang].data = b.start;
    name.in[req->lang].len = b.failed ? 0 : rb_buf_len(&b);

    n = rb_pages_job_crumbs(req, &job, crumbs);

    ngx_memzero(&conf, sizeof(rb_page_conf_t));

    conf.bare = 1;
    conf.wide = 1;
    conf.description = rb_pages_job_about(req, &job);
    conf.json_ld = rb_pages_job_json(req, &job, crumbs, n);
    conf.image = rb_pages_job_value(&job, RB_PAGES_JOB_C_PHOTO);
    conf.image = rb_pages_absolute(req->task.pool, &conf.image);
    conf.og_type = "article";

    rb_page_begin(&page, req, &name, &conf);
    rb_pages_crumbs(&page, crumbs, n);
    rb_pages_job(&page, &job);

    return rb_page_end(&page);
}


static rb_err_t *
rb_pages_job_read(rb_req_t *req, rb_pages_job_t *job)
{
    rb_err_t   *err;
    ngx_str_t   name, name_en, text;

    err = rb_pg_get(&req->task, RB_STMT_PAGES_JOB, &req->path[0].text,
                    job->rows);
    if (err) {
        return err;
    }

    if (job->rows->count == 0) {
        return &rb_err_not_found;
    }

    text = rb_pages_job_value(job, RB_PAGES_JOB_C_STATE);

    err = rb_jobs_state(&text);
    if (err) {
        return err;
    }

    job->work = rb_pages_job_value(job, RB_PAGES_JOB_C_WORK);
    job->dormitory = rb_pages_job_value(job, RB_PAGES_JOB_C_DORM);
    job->alike = rb_pages_job_value(job, RB_PAGES_JOB_C_ALIKE);
    job->labels = rb_pages_job_value(job, RB_JOB_C_BENEFITS);
    job->website = rb_pages_job_value(job, RB_PAGES_JOB_C_WEBSITE);

    name = rb_pages_job_value(job, RB_JOB_C_RESORT_NAME);
    name_en = rb_pages_job_value(job, RB_PAGES_JOB_C_NAME_EN);
    job->resort = *rb_pages_resort_name(req->lang, &name, &name_en);

    text = rb_pages_job_value(job, RB_PAGES_JOB_C_OPEN);
    job->open = text.len && text.data[0] == 't';

    job->pay.type = rb_pages_job_value(job, RB_JOB_C_PAY_TYPE);
    job->pay.min = rb_pages_job_value(job, RB_JOB_C_PAY_MIN);
    job->pay.max = rb_pages_job_value(job, RB_JOB_C_PAY_MAX);
    job->pay.hourly = rb_pages_job_value(job, RB_JOB_C_PAY_HOURLY);

    return NULL;
}


/* The description, which both the page and the JobPosting in it have. */

static rb_buf_t *
rb_pages_job_prose(rb_req_t *req, const rb_pages_job_t *job, rb_buf_t *b)
{
    ngx_str_t  text;
    rb_page_t  page;

    text = rb_pages_job_value(job, RB_JOB_C_DESCRIPTION);

    (void) rb_buf_init(b, req->task.pool, text.len + text.len / 8 + 64);

    ngx_memzero(&page, sizeof(rb_page_t));
    page.req = req;
    page.body = b;

    rb_pages_prose(&page, &text);

    return b;
}


/*
 * The tag of a resort stands for its posts as well, so that the posts alike
 * need no tags of their own: whatever of them changes drops the page.
 */

static void
rb_pages_job_tag(rb_req_t *req, const rb_pages_job_t *job)
{
    ngx_str_t  id, rest, row, columns[RB_PAGES_ALIKE_COLUMNS];

    rb_reply_tag(req, "job", &req->path[0].text);

    id = rb_pages_job_value(job, RB_JOB_C_RESORT_ID);
    rb_reply_tag(req, "resort", &id);

    rest = job->alike;

    while (rest.len && rb_pages_cut_off(&rest, RB_PAGES_ROW, &row)) {
        if (rb_pages_cut_row(row, columns, RB_PAGES_ALIKE_COLUMNS) == NGX_OK) {
            rb_reply_tag(req, "resort", &columns[RB_PAGES_ALIKE_RESORT_ID]);
        }
    }
}


/* 410, with what is open in the same region. */

static rb_err_t *
rb_pages_job_ended(rb_req_t *req, rb_err_t *ended, const rb_pg_rows_t *rows)
{
    rb_err_t      *err;
    ngx_str_t      region;
    rb_page_t      page;
    rb_pg_rows_t   jobs;

    static const rb_text_t  title = rb_text("모집이 끝난 공고입니다",
                                            "This job has ended");

    region = rb_pg_value(rows, 0, RB_JOB_C_REGION);

    err = rb_pages_region_jobs(req, &region, &jobs);
    if (err) {
        return err;
    }

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = ended, .wide = 1 });
    rb_pages_instead(&page, &region, &jobs);

    return rb_page_end(&page);
}


/* "시급 10,500원 · 강원 정선군 · 숙소 제공 …": what a result of a search shows. */

static ngx_str_t
rb_pages_job_about(rb_req_t *req, const rb_pages_job_t *job)
{
    rb_buf_t          b;
    ngx_str_t         text;
    ngx_uint_t        en;
    const rb_text_t  *word;

    en = (req->lang == RB_LANG_EN);

    (void) rb_buf_init(&b, req->task.pool, RB_PAGES_ABOUT_SIZE);

    rb_buf_add_str(&b, &job->resort);
    rb_buf_add_lit(&b, " · ");

    text = rb_pages_job_value(job, RB_JOB_C_REGION);
    word = rb_meta_word(rb_meta_regions, rb_meta_region_short_words, &text);
    rb_buf_add_str(&b, &word->in[req->lang]);

    text = rb_pages_job_value(job, RB_JOB_C_CITY);
    rb_buf_printf(&b, " %V · ", &text);

    rb_pages_pay_write(&b, req->lang, &job->pay);

    text = rb_pages_job_value(job, RB_JOB_C_DORMITORY);

    if (text.len && text.data[0] == 't') {
        rb_buf_printf(&b, "%s", en ? " · bed provided" : " · 숙소 제공");
    }

    text = rb_pages_job_value(job, RB_JOB_C_MEALS);

    if (rb_pages_number(&text)) {
        rb_buf_printf(&b, en ? " · %V meals a day" : " · 하루 %V식", &text);
    }

    text = rb_pages_job_value(job, RB_JOB_C_FROM);
    rb_buf_printf(&b, en ? " · from %V" : " · %V부터", &text);

    text = rb_pages_job_value(job, RB_JOB_C_UNTIL);

    if (text.len) {
        rb_buf_printf(&b, en ? " until %V" : " %V까지", &text);
    }

    text.data = b.failed ? NULL : b.start;
    text.len = b.failed ? 0 : rb_buf_len(&b);

    return text;
}


static ngx_uint_t
rb_pages_job_crumbs(rb_req_t *req, const rb_pages_job_t *job,
    rb_pages_crumb_t *crumbs)
{
    rb_buf_t    b;
    ngx_str_t   region, id;

    static const rb_text_t  home = rb_text("홈", "Home");
    static const rb_text_t  jobs = rb_text("일자리", "Jobs");

    crumbs[0].name = home;
    ngx_str_set(&crumbs[0].path, "/");
    crumbs[1].name = jobs;
    ngx_str_set(&crumbs[1].path, "/jobs");

    region = rb_pages_job_value(job, RB_JOB_C_REGION);
    id = rb_pages_job_value(job, RB_JOB_C_ID);

    (void) rb_buf_init(&b, req->task.pool, 128);
    rb_buf_printf(&b, "/jobs?region=%V", &region);

    crumbs[2].name = *rb_meta_word(rb_meta_regions, rb_meta_region_words,
                                   &region);
    crumbs[2].path.data = b.start;
    crumbs[2].path.len = rb_buf_len(&b);

    rb_buf_printf(&b, "/jobs/%V", &id);

    crumbs[3].name.in[RB_LANG_KO] = rb_pages_job_value(job, RB_JOB_C_TITLE);
    crumbs[3].name.in[RB_LANG_EN] = crumbs[3].name.in[RB_LANG_KO];
    crumbs[3].path.data = b.start + crumbs[2].path.len;
    crumbs[3].path.len = rb_buf_len(&b) - crumbs[2].path.len;

    return 4;
}


static ngx_str_t
rb_pages_job_json(rb_req_t *req, const rb_pages_job_t *job,
    const rb_pages_crumb_t *crumbs, ngx_uint_t n)
{
    rb_buf_t    b;
    rb_json_t   json;
    ngx_str_t   text;

    (void) rb_buf_init(&b, req->task.pool, 6144);
    rb_json_init(&json, &b);

    rb_json_open(&json, '[');
    rb_pages_posting_json(req, &json, job->rows, job->about);
    rb_pages_crumbs_json(req, &json, crumbs, n);
    rb_json_close(&json, ']');

    text.data = b.failed ? NULL : b.start;
    text.len = b.failed ? 0 : rb_buf_len(&b);

    return text;
}


static void
rb_pages_job(rb_page_t *page, const rb_pages_job_t *job)
{
    rb_pages_raw(page, "<div class=\"with-side right\">\n<article>\n");
    rb_pages_job_top(page, job);
    rb_pages_job_facts(page, job);
    rb_pages_job_texts(page, job);

    /* for those whose window has one column */

    rb_pages_raw_in(page, "<a class=\"button go\" href=\"#apply\">지원 방법 보기"
                          "</a>\n",
                          "<a class=\"button go\" href=\"#apply\">How to apply"
                          "</a>\n");

    rb_pages_raw(page, "</article>\n<aside class=\"side\" id=\"apply\">\n");
    rb_pages_job_apply(page, job);
    rb_pages_raw(page, "</aside>\n</div>\n");
    rb_pages_job_alike(page, job);
}


static void
rb_pages_job_top(rb_page_t *page, const rb_pages_job_t *job)
{
    ngx_str_t   text, region, city, id;
    ngx_uint_t  meals;

    static const rb_text_t  bed = rb_text("숙소 제공", "Bed provided");
    static const rb_text_t  no_bed = rb_text("숙소 없음", "No bed");

    id = rb_pages_job_value(job, RB_JOB_C_RESORT_ID);
    region = rb_pages_job_value(job, RB_JOB_C_REGION);
    city = rb_pages_job_value(job, RB_JOB_C_CITY);

    rb_pages_raw(page, "<p class=\"where\">");

    if (job->open) {
        rb_pages_to(page, "/resorts/", &id, NULL);
        rb_page_text(page, &job->resort);
        rb_pages_raw(page, "</a>");

    } else {
        rb_page_text(page, &job->resort);
    }

    rb_pages_raw(page, " · ");
    rb_pages_place(page, &region, &city);
    rb_pages_raw(page, "</p>\n");

    text = rb_pages_job_value(job, RB_JOB_C_TITLE);
    rb_page_open(page, "h1", "lang", rb_pages_author_lang(page), NULL);
    rb_page_text(page, &text);
    rb_pages_raw(page, "</h1>\n");

    rb_pages_pay(page, &job->pay);

    rb_pages_raw(page, "<ul class=\"chips\">\n");

    text = rb_pages_job_value(job, RB_JOB_C_DORMITORY);

    if (text.len && text.data[0] == 't') {
        rb_pages_chip(page, "bed", &bed);

    } else {
        rb_pages_chip(page, NULL, &no_bed);
    }

    text = rb_pages_job_value(job, RB_JOB_C_MEALS);
    meals = rb_pages_number(&text);

    if (meals) {
        rb_pages_raw(page, "<li class=\"meal\">");
        rb_page_sayf(page, "하루 %ui식 제공", (meals == 1)
                                              ? "%ui meal a day"
                                              : "%ui meals a day", meals);
        rb_pages_raw(page, "</li>\n");
    }

    text = rb_pages_job_value(job, RB_JOB_C_EMPLOYMENT);
    rb_pages_chip(page, NULL, rb_meta_word(rb_meta_employment_types,
                                           rb_meta_employment_words, &text));

    text = rb_pages_job_value(job, RB_JOB_C_CATEGORY);
    rb_pages_chip(page, NULL, rb_meta_word(rb_meta_categories,
                                           rb_meta_category_words, &text));
    rb_pages_raw(page, "</ul>\n");
}


static void
rb_pages_job_facts(rb_page_t *page, const rb_pages_job_t *job)
{
    ngx_str_t  from, until, text;

    from = rb_pages_job_value(job, RB_JOB_C_FROM);
    until = rb_pages_job_value(job, RB_JOB_C_UNTIL);

    rb_pages_raw(page, "<dl class=\"facts\">\n");

    rb_pages_job_fact(page, "근무기간", "Dates");
    rb_pages_period(page, &from, &until);
    rb_pages_raw(page, "</dd></div>\n");

    rb_pages_job_fact(page, "지원 마감", "Apply by");
    text = rb_pages_job_value(job, RB_JOB_C_APPLY_UNTIL);

    if (text.len) {
        rb_pages_date(page, &text);
        rb_pages_raw(page, " ");
    }

    rb_pages_due(page, &text);
    rb_pages_raw(page, "</dd></div>\n");

    rb_pages_job_fact(page, "모집 인원", "Wanted");
    text = rb_pages_job_value(job, RB_JOB_C_HEADCOUNT);
    rb_page_sayf(page, "%V명", "%V", &text);
    rb_pages_raw(page, "</dd></div>\n");

    rb_pages_job_fact(page, "올린 날", "Posted");
    text = rb_pages_job_value(job, RB_JOB_C_PUBLISHED_AT);
    rb_pages_seoul_date(page, &text);
    rb_pages_raw(page, "</dd></div>\n</dl>\n");
}


static void
rb_pages_job_fact(rb_page_t *page, const char *ko, const char *en)
{
    rb_pages_raw(page, "<div><dt>");
    rb_page_sayf(page, ko, en);
    rb_pages_raw(page, "</dt><dd>");
}


static void
rb_pages_job_texts(rb_page_t *page, const rb_pages_job_t *job)
{
    ngx_str_t  text, lat, lng, name, columns[RB_PAGES_DORM_COLUMNS];

    static const rb_text_t  about = rb_text("어떤 일인가요", "The work");
    static const rb_text_t  needs = rb_text("이런 분을 찾아요",
                                            "Who is wanted");
    static const rb_text_t  benefits = rb_text("복리후생", "Benefits");
    static const rb_text_t  place = rb_text("일하는 곳", "Where it is");
    static const rb_text_t  house = rb_text("지내는 곳", "Where you live");

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &about);
    rb_page_open(page, "div", "class", rb_page_lit("prose"),
                 "lang", rb_pages_author_lang(page), NULL);
    rb_buf_add(page->body, job->about->start, rb_buf_len(job->about));
    rb_pages_raw(page, "</div>\n</section>\n");

    rb_pages_job_work(page, job->work);

    text = rb_pages_job_value(job, RB_JOB_C_REQUIREMENTS);

    if (text.len) {
        rb_pages_section(page, &needs, &text);
    }

    if (job->labels.len) {
        rb_pages_raw(page, "<section>\n");
        rb_page_put(page, "h2", &benefits);
        rb_pages_labels(page, job->labels);
        rb_pages_raw(page, "</section>\n");
    }

    if (rb_pages_cut_row(job->dormitory, columns, RB_PAGES_DORM_COLUMNS)
        == NGX_OK)
    {
        rb_pages_raw(page, "<section>\n");
        rb_page_put(page, "h2", &house);
        rb_pages_dormitory(page, columns);
        rb_pages_raw(page, "</section>\n");
    }

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &place);
    text = rb_pages_job_value(job, RB_JOB_C_ADDRESS);
    name = rb_pages_job_value(job, RB_JOB_C_RESORT_NAME);
    lat = rb_pages_job_value(job, RB_JOB_C_LAT);
    lng = rb_pages_job_value(job, RB_JOB_C_LNG);
    rb_pages_map(page, &text, &name, &lat, &lng);
    rb_pages_raw(page, "</section>\n");

    rb_pages_job_resort(page, job);
}


static void
rb_pages_job_work(rb_page_t *page, ngx_str_t work)
{
    ngx_str_t        row, columns[RB_PAGES_WORK_COLUMNS];
    rb_pages_pay_t   pay;

    static const rb_text_t  title = rb_text("근무 시간표", "Hours");

    if (work.len == 0) {
        return;
    }

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &title);
    rb_pages_raw(page, "<div class=\"cards\">\n");

    while (rb_pages_cut_off(&work, RB_PAGES_ROW, &row)) {

        if (rb_pages_cut_row(row, columns, RB_PAGES_WORK_COLUMNS) != NGX_OK) {
            continue;
        }

        rb_pages_raw(page, "<div class=\"card\">\n");

        rb_page_open(page, "h3", "lang", rb_pages_author_lang(page), NULL);
        rb_page_text(page, &columns[RB_PAGES_WORK_NAME]);
        rb_pages_raw(page, "</h3>\n");

        pay.type = columns[RB_PAGES_WORK_PAY_TYPE];
        pay.min = columns[RB_PAGES_WORK_PAY_MIN];
        pay.max = columns[RB_PAGES_WORK_PAY_MAX];
        ngx_str_null(&pay.hourly);

        rb_pages_pay(page, &pay);
        rb_pages_week(page, &columns[RB_PAGES_WORK_SCHEDULE]);
        rb_pages_raw(page, "</div>\n");
    }

    rb_pages_raw(page, "</div>\n</section>\n");
}


/* How to apply.  It is promised only what there is: a telephone, an address. */

static void
rb_pages_job_apply(rb_page_t *page, const rb_pages_job_t *job)
{
    ngx_str_t  phone, email, due;

    static const rb_text_t  title = rb_text("지원하기", "How to apply");
    static const rb_text_t  how = rb_text(
        "리조트에 직접 연락해 지원하세요. 공고 제목을 함께 알려 주면 빠릅니다.",
        "Apply to the resort itself. It helps to name the title of the job.");
    static const rb_text_t  care = rb_text(
        "면접 전에 돈이나 통장, 신분증 사본을 달라고 하면 응하지 마세요.",
        "Never send money, bank books or copies of your ID before an "
        "interview.");

    phone = rb_pages_job_value(job, RB_PAGES_JOB_C_PHONE);
    email = rb_pages_job_value(job, RB_PAGES_JOB_C_EMAIL);
    due = rb_pages_job_value(job, RB_JOB_C_APPLY_UNTIL);

    rb_pages_raw(page, "<section class=\"apply\">\n");
    rb_page_put(page, "h2", &title);
    rb_pages_raw(page, "<p>");
    rb_pages_due(page, &due);
    rb_pages_raw(page, "</p>\n");
    rb_page_put(page, "p", &how);
    rb_pages_contacts(page, &phone, &email, &job->website);
    rb_pages_raw(page, "<p class=\"hint\">");
    rb_page_say(page, &care);
    rb_pages_raw(page, "</p>\n<p><a rel=\"nofollow\" href=\"/jobs/");
    rb_page_text(page, &page->req->path[0].text);
    rb_pages_raw_in(page, "/report?lang=ko\">이 공고 신고하기</a>",
                          "/report?lang=en\">Report this job</a>");
    rb_pages_raw(page, "</p>\n</section>\n");
}


static void
rb_pages_job_resort(rb_page_t *page, const rb_pages_job_t *job)
{
    ngx_str_t  id, type, average, count;

    static const rb_text_t  title = rb_text("이 리조트", "The resort");
    static const rb_text_t  more = rb_text("리조트 소개와 다른 일자리 보기",
                                           "About the resort, and its other "
                                           "jobs");

    id = rb_pages_job_value(job, RB_JOB_C_RESORT_ID);
    type = rb_pages_job_value(job, RB_JOB_C_RESORT_TYPE);
    average = rb_pages_job_value(job, RB_PAGES_JOB_C_RATING_AVG);
    count = rb_pages_job_value(job, RB_PAGES_JOB_C_RATING_COUNT);

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &title);
    rb_pages_raw(page, "<p><strong>");
    rb_page_text(page, &job->resort);
    rb_pages_raw(page, "</strong> <span class=\"soft\">");
    rb_page_say(page, rb_meta_word(rb_meta_resort_types, rb_meta_resort_words,
                                   &type));
    rb_pages_raw(page, "</span> ");
    rb_pages_rating(page, &average, &count);
    rb_pages_raw(page, "</p>\n");

    if (job->open) {
        rb_pages_raw(page, "<p>");
        rb_pages_to_text(page, "/resorts/", &id, &more);
        rb_pages_raw(page, "</p>\n");
    }

    rb_pages_raw(page, "</section>\n");
}


static void
rb_pages_job_alike(rb_page_t *page, const rb_pages_job_t *job)
{
    ngx_str_t         rest, row, columns[RB_PAGES_ALIKE_COLUMNS];
    ngx_str_t        *name, *name_en;
    rb_pages_card_t   card;

    static const rb_text_t  title = rb_text("비슷한 일자리", "Similar jobs");

    if (job->alike.len == 0) {
        return;
    }

    rest = job->alike;

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &title);
    rb_pages_raw(page, "<ul class=\"cards\">\n");

    while (rb_pages_cut_off(&rest, RB_PAGES_ROW, &row)) {

        if (rb_pages_cut_row(row, columns, RB_PAGES_ALIKE_COLUMNS) != NGX_OK) {
            continue;
        }

        ngx_memzero(&card, sizeof(rb_pages_card_t));

        card.id = columns[RB_PAGES_ALIKE_ID];
        card.title = columns[RB_PAGES_ALIKE_TITLE];
        card.pay.type = columns[RB_PAGES_ALIKE_PAY_TYPE];
        card.pay.min = columns[RB_PAGES_ALIKE_PAY_MIN];
        card.pay.max = columns[RB_PAGES_ALIKE_PAY_MAX];
        card.from = columns[RB_PAGES_ALIKE_FROM];
        card.until = columns[RB_PAGES_ALIKE_UNTIL];
        card.apply_until = columns[RB_PAGES_ALIKE_APPLY_UNTIL];
        card.region = columns[RB_PAGES_ALIKE_REGION];
        card.city = columns[RB_PAGES_ALIKE_CITY];

        name = &columns[RB_PAGES_ALIKE_RESORT];
        name_en = &columns[RB_PAGES_ALIKE_RESORT_EN];
        card.resort = *rb_pages_resort_name(page->req->lang, name, name_en);
        card.english = (card.resort.data != name->data);

        card.meals = rb_pages_number(&columns[RB_PAGES_ALIKE_MEALS]);
        card.dormitory = columns[RB_PAGES_ALIKE_DORMITORY].data[0] == 't';

        rb_pages_card(page, &card);
    }

    rb_pages_raw(page, "</ul>\n<p class=\"more\">");
    rest = rb_pages_job_value(job, RB_JOB_C_REGION);
    rb_pages_to(page, "/jobs?region=", &rest, NULL);
    rb_page_sayf(page, "%V 일자리 모두 보기", "All jobs in %V",
                 &rb_meta_word(rb_meta_regions, rb_meta_region_words, &rest)
                   ->in[page->req->lang]);
    rb_pages_raw(page, "</a></p>\n</section>\n");
}
