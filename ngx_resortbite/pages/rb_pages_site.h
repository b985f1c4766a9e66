
/*
 * The site that everybody sees: the home page, jobs, resorts.  What its files
 * share: cards, money, days, texts of several paragraphs, the search form.
 *
 * What is written with rb_pages_raw() is literal markup; everything out of a
 * row goes through rb_page_text() and the attributes of rb_page_open().
 */


#ifndef _RB_PAGES_SITE_H_INCLUDED_
#define _RB_PAGES_SITE_H_INCLUDED_


#include "web/rb_page.h"
#include "jobs/rb_jobs.h"


extern const rb_routes_t  rb_pages_site_home_routes;
extern const rb_routes_t  rb_pages_site_jobs_routes;    /* the list */
extern const rb_routes_t  rb_pages_site_job_routes;
extern const rb_routes_t  rb_pages_site_resorts_routes;


#define rb_pages_raw(page, literal)                                           \
    rb_buf_add_lit((page)->body, literal)

/* One of two literals, by the page's language. */
#define rb_pages_raw_in(page, ko, en)                                         \
    do {                                                                      \
        if ((page)->req->lang == RB_LANG_EN) {                                \
            rb_buf_add_lit((page)->body, en);                                 \
        } else {                                                              \
            rb_buf_add_lit((page)->body, ko);                                 \
        }                                                                     \
    } while (0)


/*
 * A route of the site in both languages.  ko: its path without a slash alone,
 * so that the English one is "/en" and it.  The rest: seconds it is kept, and
 * what else the route says.
 */

#define rb_pages_site_route(nm, pt, en, hd, ko_about, en_about, params, q,    \
    probs, ...)                                                               \
    {                                                                         \
        .name = ngx_string(nm),                                               \
        .method = NGX_HTTP_GET,                                               \
        .path = ngx_string(pt),                                               \
        .handler = hd,                                                        \
        .summary = rb_text(ko_about, en_about),                               \
        .tag = ngx_string("pages"),                                           \
        .path_params = params,                                                \
        .query = q,                                                           \
        .roles = RB_ROLE_ANYONE,                                              \
        .success = NGX_HTTP_OK,                                               \
        .problems = probs,                                                    \
        .fresh = __VA_ARGS__,                                                 \
        .stale_while_revalidate = 60,                                         \
        .stale_if_error = 86400,                                              \
        .page = 1,                                                            \
        .english = en                                                         \
    }


/* A number out of a row; 0 of NULL. */
int64_t rb_pages_number(const ngx_str_t *text);

/* A column of a row by its name; data == NULL when there is none. */
ngx_str_t rb_pages_column(const rb_pg_rows_t *rows, const char *name);

/*
 * What statements of pages.sql part rows, columns and labels by.  Cuts the
 * first part off the front of *rest; 0 at the end.
 */
#define RB_PAGES_ROW     0x1e
#define RB_PAGES_COLUMN  0x1f
#define RB_PAGES_LABEL   0x1d

ngx_uint_t rb_pages_cut_off(ngx_str_t *rest, u_char sep, ngx_str_t *part);

/* All columns of a row, n of them; NGX_ERROR when there are fewer. */
ngx_int_t rb_pages_cut_row(ngx_str_t row, ngx_str_t *columns, ngx_uint_t n);

/* "1,234,500" of a number out of a row: at most RB_PAGES_WON_LEN bytes. */
#define RB_PAGES_WON_LEN  27
u_char *rb_pages_won(u_char *p, int64_t won);


/* Pay as a row has it. */

typedef struct {
    ngx_str_t    type;
    ngx_str_t    min;
    ngx_str_t    max;
    ngx_str_t    hourly;                /* the least by the hour; or empty */
} rb_pages_pay_t;

/* "시급 10,500원~12,000원", "11,250원 an hour", into b. */
void rb_pages_pay_write(rb_buf_t *b, rb_lang_e lang,
    const rb_pages_pay_t *pay);

/* The same as markup: what for, how much, and by the hour if it isn't. */
void rb_pages_pay(rb_page_t *page, const rb_pages_pay_t *pay);


/* <time>: "2026.12.01", "Dec 1, 2026".  Of "2026-12-01" or a longer text. */
void rb_pages_date(rb_page_t *page, const ngx_str_t *date);

/* The same of an instant, "2026-12-01T15:00:00Z": the day it is in Seoul. */
void rb_pages_seoul_date(rb_page_t *page, const ngx_str_t *instant);

/* "2026.12.01 – 2027.02.28 약 3개월". */
void rb_pages_period(rb_page_t *page, const ngx_str_t *from,
    const ngx_str_t *until);

/* "D-7", "오늘 마감", "채용 시 마감": a span of class due. */
void rb_pages_due(rb_page_t *page, const ngx_str_t *apply_until);


/*
 * Text as its author typed it: paragraphs between empty lines, a list of lines
 * that begin with "- ", line breaks.
 */
void rb_pages_prose(rb_page_t *page, const ngx_str_t *text);

/* The beginning of a text, cut before a character and not within one. */
ngx_str_t rb_pages_cut(const ngx_str_t *text, size_t max);

/* A section: its heading, and such a text. */
void rb_pages_section(rb_page_t *page, const rb_text_t *title,
    const ngx_str_t *text);

/* An author's words on an English page are Korean: lang="ko", or NULL. */
const ngx_str_t *rb_pages_author_lang(const rb_page_t *page);

/* "강원 정선군": the short name of a region and the city. */
void rb_pages_place(rb_page_t *page, const ngx_str_t *region,
    const ngx_str_t *city);

/* <li class="chip …">; kind is a class or NULL. */
void rb_pages_chip(rb_page_t *page, const char *kind, const rb_text_t *text);

/* Chips of labels; of a JSON array of strings. */
void rb_pages_labels(rb_page_t *page, ngx_str_t labels);
void rb_pages_json_labels(rb_page_t *page, const ngx_str_t *json);


/* <a href="…"> to a Korean path and an id after it, in the page's language;
 * the caller closes it. */
void rb_pages_to(rb_page_t *page, const char *path, const ngx_str_t *id,
    const char *kind);

/* A link that is nothing but its words. */
void rb_pages_to_text(rb_page_t *page, const char *path, const ngx_str_t *id,
    const rb_text_t *text);


/* What a card shows; what is empty it leaves out. */

typedef struct {
    ngx_str_t         id;
    ngx_str_t         title;
    rb_pages_pay_t    pay;
    ngx_str_t         from;
    ngx_str_t         until;
    ngx_str_t         apply_until;
    ngx_str_t         employment;
    ngx_str_t         category;
    ngx_str_t         region;
    ngx_str_t         city;
    ngx_str_t         resort;           /* its name; or empty */
    ngx_uint_t        headcount;
    ngx_uint_t        meals;
    unsigned          dormitory:1;
    unsigned          english:1;        /* the resort's name is */
} rb_pages_card_t;

void rb_pages_card(rb_page_t *page, const rb_pages_card_t *card);

/* Cards of the first n rows of rb_jobs_search(), in a list. */
void rb_pages_cards(rb_page_t *page, const rb_pg_rows_t *rows, ngx_uint_t n);


/* What a list of jobs is filtered by: codes with commas between; or empty. */

typedef struct {
    ngx_str_t          region;
    ngx_str_t          category;
    ngx_str_t          employment_type;
    ngx_str_t          dormitory;
    ngx_str_t          pay_min;
    rb_jobs_order_e    order;
} rb_pages_filters_t;

/* <select> in a field with its label; any: the words of an empty value. */
void rb_pages_select(rb_page_t *page, const char *name,
    const rb_text_t *label, const rb_text_t *any, const ngx_str_t *codes,
    const rb_text_t *words, const ngx_str_t *chosen);

/* The search form, with what it was sent with. */
void rb_pages_search_form(rb_page_t *page, const rb_pages_filters_t *filters,
    ngx_uint_t whole);

/* "/jobs?…": the Korean path of the list with these filters. */
void rb_pages_filters_path(rb_buf_t *b, const rb_pages_filters_t *filters);

/*
 * For the page of what has ended: reads the newest open jobs of its region
 * (yields); and shows them, with the way to all of the region's.
 */
rb_err_t *rb_pages_region_jobs(rb_req_t *req, const ngx_str_t *region,
    rb_pg_rows_t *rows);
void rb_pages_instead(rb_page_t *page, const ngx_str_t *region,
    const rb_pg_rows_t *rows);


/* A name for a resort in the page's language. */
const ngx_str_t *rb_pages_resort_name(rb_lang_e lang, const ngx_str_t *name,
    const ngx_str_t *name_en);

/* Cards of the first n rows of statement pages_resorts. */
void rb_pages_resort_cards(rb_page_t *page, const rb_pg_rows_t *rows,
    ngx_uint_t n);

/* How to reach a resort: telephone, mail, website. */
void rb_pages_contacts(rb_page_t *page, const ngx_str_t *phone,
    const ngx_str_t *email, const ngx_str_t *website);

/* "★ 4.5 (12)"; nothing without ratings. */
void rb_pages_rating(rb_page_t *page, const ngx_str_t *average,
    const ngx_str_t *count);

/* Address, and the way to a map. */
void rb_pages_map(rb_page_t *page, const ngx_str_t *address,
    const ngx_str_t *name, const ngx_str_t *lat, const ngx_str_t *lng);

/* A dormitory as statements of pages.sql have it. */

enum {
    RB_PAGES_DORM_NAME = 0,
    RB_PAGES_DORM_TYPE,
    RB_PAGES_DORM_RENT_MIN,             /* of it and of seasons to come */
    RB_PAGES_DORM_RENT_MAX,
    RB_PAGES_DORM_DEPOSIT,
    RB_PAGES_DORM_UTILITIES,
    RB_PAGES_DORM_DISTANCE,
    RB_PAGES_DORM_FACILITIES,
    RB_PAGES_DORM_COLUMNS
};

void rb_pages_dormitory(rb_page_t *page, const ngx_str_t *row);

/* A kind of work, likewise. */

enum {
    RB_PAGES_WORK_NAME = 0,
    RB_PAGES_WORK_SCHEDULE,
    RB_PAGES_WORK_PAY_TYPE,
    RB_PAGES_WORK_PAY_MIN,
    RB_PAGES_WORK_PAY_MAX,
    RB_PAGES_WORK_COLUMNS
};

/* Weekly hours: schedule is 168 characters of 0 and 1. */
void rb_pages_week(rb_page_t *page, const ngx_str_t *schedule);

/* The same in words, "월–금 09:00–18:00", into b; and without a page. */
void rb_pages_week_write(rb_buf_t *b, rb_lang_e lang,
    const ngx_str_t *schedule);


/*
 * JSON-LD.  The texts are in the task's pool; data == NULL when out of
 * memory.
 */

/* Beginning and end of what all pages have: [{…}, breadcrumbs]. */

typedef struct {
    rb_text_t      name;
    ngx_str_t      path;                /* Korean */
} rb_pages_crumb_t;

/* The trail, as JSON-LD; and as a nav.  The last one is where one is. */
void rb_pages_crumbs_json(rb_req_t *req, rb_json_t *json,
    const rb_pages_crumb_t *crumbs, ngx_uint_t n);
void rb_pages_crumbs(rb_page_t *page, const rb_pages_crumb_t *crumbs,
    ngx_uint_t n);

/* PostalAddress and GeoCoordinates as members of an object. */
void rb_pages_address_json(rb_json_t *json, const ngx_str_t *region,
    const ngx_str_t *city, const ngx_str_t *address);
void rb_pages_geo_json(rb_json_t *json, const ngx_str_t *lat,
    const ngx_str_t *lng);

/* An absolute address of a Korean path in the request's language. */
void rb_pages_address_str(rb_req_t *req, rb_json_t *json,
    const ngx_str_t *path);

/* An address that may be a path of ours. */
ngx_str_t rb_pages_absolute(ngx_pool_t *pool, const ngx_str_t *address);

/*
 * The columns of statement pages_job that come after those it shares with
 * jobs_get, RB_JOB_C_…
 */

enum {
    RB_PAGES_JOB_C_NAME_EN = RB_JOB_C_RESORT_TYPE + 1,  /* the resort's */
    RB_PAGES_JOB_C_OPEN,                /* the resort is */
    RB_PAGES_JOB_C_PHONE,
    RB_PAGES_JOB_C_EMAIL,
    RB_PAGES_JOB_C_WEBSITE,
    RB_PAGES_JOB_C_PHOTO,
    RB_PAGES_JOB_C_RATING_AVG,
    RB_PAGES_JOB_C_RATING_COUNT,
    RB_PAGES_JOB_C_WORK,                /* rows of RB_PAGES_WORK_… */
    RB_PAGES_JOB_C_DORM,                /* a row of RB_PAGES_DORM_… */
    RB_PAGES_JOB_C_ALIKE,
    RB_PAGES_JOB_C_STATE                /* as rb_jobs_state() takes it */
};

/*
 * The JobPosting (https://schema.org/JobPosting) of an open post: a row of
 * statement pages_job, and its description as rb_pages_prose() writes it.
 */
void rb_pages_posting_json(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows, const rb_buf_t *about);


#endif /* _RB_PAGES_SITE_H_INCLUDED_ */
