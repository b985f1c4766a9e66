
/*
 * /jobs and /en/jobs: the list of open jobs.
 *
 * The list takes the filters of GET /api/v1/jobs that a form can have.  They
 * come from links that people keep and pass on, so what isn't understood is
 * left out and said, instead of refused.  Lists by region, by kind of work and
 * by both are to be found by search engines; any other is one of too many ways
 * to see the same jobs.
 */


#include "pages/rb_pages_site.h"
#include "base/rb_token.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_PAGES_LIST         20        /* jobs of a page */
#define RB_PAGES_REGION_TAGS  3         /* a list of more is tagged "jobs" */
#define RB_PAGES_PAY_MAX      10000000
#define RB_PAGES_CURSOR       "cursor pages_jobs "


/* Parameters of the list. */

enum {
    RB_PAGES_Q_REGION = 0,
    RB_PAGES_Q_CATEGORY,
    RB_PAGES_Q_EMPLOYMENT,
    RB_PAGES_Q_DORMITORY,
    RB_PAGES_Q_PAY_MIN,
    RB_PAGES_Q_ORDER,
    RB_PAGES_Q_CURSOR,
    RB_PAGES_Q_BACK
};


/* A list as it was asked for. */

typedef struct {
    rb_pages_filters_t    filters;
    ngx_str_t             cursor;       /* of this page; empty: the first */
    ngx_str_t             back;         /* of the one before; "1": that is the
                                           first; empty: not known */
    ngx_str_t             after[RB_JOBS_KEYS];
    ngx_str_t             self;         /* path, without cursors */
    ngx_str_t             next;
    ngx_str_t             prev;
    int64_t               total;        /* a guess; -1: all are shown */
    unsigned              wrong:1;      /* something wasn't understood */
    unsigned              plain:1;      /* region or kind of work at most */
} rb_pages_list_t;


static rb_err_t *rb_pages_list_handler(rb_req_t *req);
static void rb_pages_list_asked(rb_req_t *req, rb_pages_list_t *list);
static ngx_str_t rb_pages_codes(rb_pages_list_t *list, ngx_pool_t *pool,
    const rb_value_t *value, const ngx_str_t *codes);
static ngx_str_t rb_pages_pay_asked(rb_pages_list_t *list, ngx_pool_t *pool,
    const rb_value_t *value);
static void rb_pages_list_cursor(rb_req_t *req, rb_pages_list_t *list);
static rb_err_t *rb_pages_list_total(rb_req_t *req, rb_pages_list_t *list,
    const rb_jobs_search_t *search, const rb_pg_rows_t *rows);
static rb_err_t *rb_pages_list_paths(rb_req_t *req, rb_pages_list_t *list,
    const rb_pg_rows_t *rows);
static ngx_str_t rb_pages_list_path(rb_req_t *req,
    const rb_pages_filters_t *filters, const ngx_str_t *cursor,
    const ngx_str_t *back);
static void rb_pages_list_tag(rb_req_t *req, const ngx_str_t *region);
static rb_err_t *rb_pages_list(rb_req_t *req, rb_pages_list_t *list,
    const rb_pg_rows_t *rows);
static void rb_pages_list_title(rb_req_t *req, const rb_pages_list_t *list,
    rb_text_t *title);
static ngx_str_t rb_pages_list_json(rb_req_t *req,
    const rb_pages_list_t *list, const rb_text_t *title,
    const rb_pg_rows_t *rows);
static void rb_pages_list_top(rb_page_t *page, const rb_pages_list_t *list,
    const rb_text_t *title, ngx_uint_t shown);
static void rb_pages_list_chips(rb_page_t *page,
    const rb_pages_filters_t *filters);
static void rb_pages_list_chip(rb_page_t *page,
    const rb_pages_filters_t *filters, size_t member, const ngx_str_t *codes,
    const rb_text_t *words, const rb_text_t *word);
static void rb_pages_list_ways(rb_page_t *page, const rb_pages_list_t *list);
static ngx_uint_t rb_pages_one(const ngx_str_t *codes);


#define rb_pages_text_param(name, ko, en)                                     \
    { ngx_string(name), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,      \
      rb_text(ko, en) }

static const rb_param_t  rb_pages_list_query[] = {
    rb_pages_text_param("region", "지역. 여럿이면 쉼표로 이어 주세요.",
                        "Regions, with commas between"),
    rb_pages_text_param("category", "직무. 여럿이면 쉼표로 이어 주세요.",
                        "Kinds of work, with commas between"),
    rb_pages_text_param("employment_type",
                        "고용 형태. 여럿이면 쉼표로 이어 주세요.",
                        "Kinds of employment, with commas between"),
    rb_pages_text_param("dormitory", "숙소를 주는 공고만: true",
                        "Only with a bed: true"),
    rb_pages_text_param("pay_min", "시급으로 환산해 적어도 이만큼 (원)",
                        "At least this by the hour, in KRW"),
    rb_pages_text_param("order", "정렬: newest, pay, deadline",
                        "In which order: newest, pay, deadline"),
    rb_pages_text_param("cursor", "다음 쪽", "The next page"),
    rb_pages_text_param("back", "이전 쪽", "The page before"),
    rb_param_end
};


static const rb_route_t  rb_pages_site_jobs_table[] = {
    rb_pages_site_route("pages_jobs", "/jobs", 0, rb_pages_list_handler,
                        "공고 목록 화면", "The page of jobs", NULL,
                        rb_pages_list_query, 0, 5),
    rb_pages_site_route("pages_jobs_en", "/en/jobs", 1,
                        rb_pages_list_handler, "공고 목록 화면 (영어)",
                        "The page of jobs, in English", NULL,
                        rb_pages_list_query, 0, 5)
};

const rb_routes_t  rb_pages_site_jobs_routes = {
    rb_pages_site_jobs_table, rb_array_size(rb_pages_site_jobs_table)
};


static rb_err_t *
rb_pages_list_handler(rb_req_t *req)
{
    rb_err_t          *err;
    rb_pg_rows_t       rows;
    rb_pages_list_t    list;
    rb_jobs_search_t   search;

    rb_pages_list_asked(req, &list);

    ngx_memzero(&search, sizeof(rb_jobs_search_t));

    search.region = list.filters.region;
    search.category = list.filters.category;
    search.employment_type = list.filters.employment_type;
    search.dormitory = list.filters.dormitory;
    search.pay_min = list.filters.pay_min;
    search.order = list.filters.order;
    search.after[0] = list.after[0];
    search.after[1] = list.after[1];
    search.limit = RB_PAGES_LIST + 1;

    err = rb_jobs_search(&req->task, &search, &rows);

    if (err == NULL) {
        err = rb_pages_list_total(req, &list, &search, &rows);
    }

    if (err == NULL) {
        err = rb_pages_list_paths(req, &list, &rows);
    }

    if (err) {
        return err;
    }

    rb_pages_list_tag(req, &list.filters.region);

    return rb_pages_list(req, &list, &rows);
}


static void
rb_pages_list_asked(rb_req_t *req, rb_pages_list_t *list)
{
    rb_value_t  *value;
    ngx_pool_t  *pool;
    ngx_uint_t   i;

    ngx_memzero(list, sizeof(rb_pages_list_t));

    pool = req->task.pool;

    list->filters.region = rb_pages_codes(list, pool,
                                          &req->query[RB_PAGES_Q_REGION],
                                          rb_meta_regions);
    list->filters.category = rb_pages_codes(list, pool,
                                            &req->query[RB_PAGES_Q_CATEGORY],
                                            rb_meta_categories);
    list->filters.employment_type = rb_pages_codes(list, pool,
                                        &req->query[RB_PAGES_Q_EMPLOYMENT],
                                        rb_meta_employment_types);
    list->filters.pay_min = rb_pages_pay_asked(list, pool,
                                           &req->query[RB_PAGES_Q_PAY_MIN]);

    value = &req->query[RB_PAGES_Q_DORMITORY];

    if (value->text.len == 4
        && ngx_strncmp(value->text.data, "true", 4) == 0)
    {
        list->filters.dormitory = value->text;

    } else if (value->text.len) {
        list->wrong = 1;
    }

    value = &req->query[RB_PAGES_Q_ORDER];

    for (i = 0; i < RB_JOBS_BY_DISTANCE && value->text.len; i++) {

        if (value->text.len == rb_meta_job_orders[i].len
            && ngx_memcmp(value->text.data, rb_meta_job_orders[i].data,
                          value->text.len) == 0)
        {
            break;
        }
    }

    if (i == RB_JOBS_BY_DISTANCE) {
        list->wrong = 1;
        i = 0;
    }

    list->filters.order = i;

    rb_pages_list_cursor(req, list);

    list->plain = !list->wrong && list->cursor.len == 0 && i == 0
                  && rb_pages_one(&list->filters.region)
                  && rb_pages_one(&list->filters.category)
                  && list->filters.employment_type.len == 0
                  && list->filters.dormitory.len == 0
                  && list->filters.pay_min.len == 0;
}


/* The codes that there are, in the list's order: each list has one address. */

static ngx_str_t
rb_pages_codes(rb_pages_list_t *list, ngx_pool_t *pool,
    const rb_value_t *value, const ngx_str_t *codes)
{
    u_char      *p, *end, *comma;
    size_t       len;
    uint64_t     set;
    ngx_str_t    text;
    ngx_uint_t   i;

    ngx_str_null(&text);

    if (value->text.len == 0) {
        return text;
    }

    set = 0;
    len = 0;
    end = value->text.data + value->text.len;

    for (p = value->text.data; p < end; p = comma + 1) {
        comma = ngx_strlchr(p, end, ',');
        comma = comma ? comma : end;

        for (i = 0; codes[i].len; i++) {
            if (codes[i].len == (size_t) (comma - p)
                && ngx_memcmp(codes[i].data, p, codes[i].len) == 0)
            {
                break;
            }
        }

        if (codes[i].len == 0) {
            list->wrong = 1;

        } else {
            set |= (uint64_t) 1 << i;
            len += codes[i].len + 1;
        }
    }

    if (set == 0) {
        return text;
    }

    text.data = ngx_pnalloc(pool, len);
    if (text.data == NULL) {
        return text;
    }

    p = text.data;

    for (i = 0; codes[i].len; i++) {

        if (set & ((uint64_t) 1 << i)) {

            if (p != text.data) {
                *p++ = ',';
            }

            p = ngx_cpymem(p, codes[i].data, codes[i].len);
        }
    }

    text.len = p - text.data;

    return text;
}


/* An amount as people write one: "12,000". */

static ngx_str_t
rb_pages_pay_asked(rb_pages_list_t *list, ngx_pool_t *pool,
    const rb_value_t *value)
{
    u_char      c;
    size_t      i;
    int64_t     pay;
    ngx_str_t   text;

    ngx_str_null(&text);
    pay = 0;

    for (i = 0; i < value->text.len; i++) {
        c = value->text.data[i];

        if (c == ',') {
            continue;
        }

        if (c < '0' || c > '9' || pay > RB_PAGES_PAY_MAX) {
            list->wrong = 1;
            return text;
        }

        pay = pay * 10 + (c - '0');
    }

    if (pay > RB_PAGES_PAY_MAX) {
        list->wrong = 1;
        return text;
    }

    if (pay) {
        text.data = ngx_pnalloc(pool, NGX_INT64_LEN);

        if (text.data) {
            text.len = ngx_sprintf(text.data, "%L", pay) - text.data;
        }
    }

    return text;
}


/*
 * A cursor is where the page before ended, "key id", signed for its order: it
 * goes into a statement.  One that isn't ours, or of another order, leads to
 * the first page.
 */

static void
rb_pages_list_cursor(rb_req_t *req, rb_pages_list_t *list)
{
    u_char      *p;
    ngx_str_t    payload;
    rb_value_t  *value;

    static const char *const  purposes[] = {
        RB_PAGES_CURSOR "newest", RB_PAGES_CURSOR "pay",
        RB_PAGES_CURSOR "deadline"
    };

    value = &req->query[RB_PAGES_Q_CURSOR];

    if (value->text.len == 0) {
        return;
    }

    if (rb_token_verify(req->task.pool, purposes[list->filters.order],
                        &value->text, &payload)
        != NGX_OK
        || (p = ngx_strlchr(payload.data, payload.data + payload.len, '\n'))
           == NULL)
    {
        list->wrong = 1;
        return;
    }

    list->after[0].data = payload.data;
    list->after[0].len = p - payload.data;
    list->after[1].data = p + 1;
    list->after[1].len = payload.data + payload.len - list->after[1].data;

    list->cursor = value->text;

    value = &req->query[RB_PAGES_Q_BACK];

    if (value->text.len == 1 && value->text.data[0] == '1') {
        list->back = value->text;
        return;
    }

    if (value->text.len
        && rb_token_verify(req->task.pool, purposes[list->filters.order],
                           &value->text, &payload) == NGX_OK)
    {
        list->back = value->text;
    }
}


/*
 * How many there are, as the planner guesses it (counting reads them all); of
 * a list that is one page it is known.
 */

static rb_err_t *
rb_pages_list_total(rb_req_t *req, rb_pages_list_t *list,
    const rb_jobs_search_t *search, const rb_pg_rows_t *rows)
{
    rb_err_t    *err;
    uint64_t     when;
    ngx_str_t    params[RB_JOBS_COUNT_NPARAMS];
    rb_value_t   planned;

    list->total = -1;

    if (list->cursor.len || rows->count <= RB_PAGES_LIST) {
        return NULL;
    }

    err = rb_jobs_search_count(req->task.pool, search, params, &when);
    if (err) {
        return err;
    }

    ngx_memzero(&planned, sizeof(rb_value_t));
    planned.set = 0x2;                  /* the second of rb_list_counts */

    err = rb_list_count(req, &planned, RB_STMT_JOBS_COUNT, when,
                        RB_JOBS_COUNT_WHEN_PLANNED, params, &list->total);

    list->total = ngx_max(list->total, (int64_t) rows->count);

    return err;
}


static rb_err_t *
rb_pages_list_paths(rb_req_t *req, rb_pages_list_t *list,
    const rb_pg_rows_t *rows)
{
    u_char      *p;
    ngx_str_t    key, id, payload, token;
    ngx_uint_t   last;

    static const ngx_str_t  first = ngx_string("1");

    static const char *const  purposes[] = {
        RB_PAGES_CURSOR "newest", RB_PAGES_CURSOR "pay",
        RB_PAGES_CURSOR "deadline"
    };

    list->self = rb_pages_list_path(req, &list->filters, NULL, NULL);

    if (list->back.len) {
        list->prev = (list->back.len == 1)
                     ? list->self
                     : rb_pages_list_path(req, &list->filters, &list->back,
                                          NULL);
    }

    if (rows->count <= RB_PAGES_LIST) {
        return list->self.data ? NULL : &rb_err_internal;
    }

    last = RB_PAGES_LIST - 1;
    key = rb_pg_value(rows, last, rows->columns - 2);
    id = rb_pg_value(rows, last, rows->columns - 1);

    p = ngx_pnalloc(req->task.pool, key.len + 1 + id.len);
    if (p == NULL) {
        return &rb_err_internal;
    }

    payload.data = p;
    payload.len = ngx_sprintf(p, "%V\n%V", &key, &id) - p;

    if (rb_token_sign(req->task.pool, purposes[list->filters.order], &payload,
                      &token)
        != NGX_OK)
    {
        return &rb_err_internal;
    }

    list->next = rb_pages_list_path(req, &list->filters, &token,
                                    list->cursor.len ? &list->cursor
                                                     : &first);

    return (list->self.data && list->next.data) ? NULL : &rb_err_internal;
}


static ngx_str_t
rb_pages_list_path(rb_req_t *req, const rb_pages_filters_t *filters,
    const ngx_str_t *cursor, const ngx_str_t *back)
{
    size_t     bare;
    rb_buf_t   b;
    ngx_str_t  path;

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_pages_filters_path(&b, filters);
    bare = sizeof("/jobs") - 1;

    if (cursor) {
        rb_buf_add(&b, (rb_buf_len(&b) == bare) ? "?" : "&", 1);
        rb_buf_add_lit(&b, "cursor=");
        rb_buf_add_str(&b, cursor);
    }

    if (back) {
        rb_buf_add_lit(&b, "&back=");
        rb_buf_add_str(&b, back);
    }

    path.data = b.failed ? NULL : b.start;
    path.len = b.failed ? 0 : rb_buf_len(&b);

    return path;
}


/* The tags that the database's triggers name when a list may change. */

static void
rb_pages_list_tag(rb_req_t *req, const ngx_str_t *region)
{
    u_char      *p, *end, *comma;
    ngx_str_t    code;
    ngx_uint_t   n;

    end = region->data + region->len;

    for (n = 1, p = region->data; p < end; p++) {
        n += (*p == ',');
    }

    if (region->len == 0 || n > RB_PAGES_REGION_TAGS) {
        rb_reply_tag(req, "jobs", NULL);
        return;
    }

    for (p = region->data; p < end; p = comma + 1) {
        comma = ngx_strlchr(p, end, ',');
        comma = comma ? comma : end;

        code.data = p;
        code.len = comma - p;
        rb_reply_tag(req, "jobs:region", &code);
    }
}


static rb_err_t *
rb_pages_list(rb_req_t *req, rb_pages_list_t *list, const rb_pg_rows_t *rows)
{
    rb_page_t        page;
    rb_text_t        title;
    ngx_uint_t       shown;
    rb_page_conf_t   conf;

    static const rb_text_t  about = rb_text(
        "시급, 숙소, 식사, 근무기간을 비교하고 나에게 맞는 리조트 일자리를 찾아보세요.",
        "Compare pay, beds, meals and dates, and find the resort job that "
        "suits you.");
    static const rb_text_t  none = rb_text(
        "지금은 조건에 맞는 일자리가 없습니다. 조건을 줄이면 더 많은 일자리를 볼 수 있어요.",
        "No job matches right now. With fewer filters there are more.");
    static const rb_text_t  all = rb_text("조건 없이 모두 보기",
                                          "See all jobs");

    shown = ngx_min(rows->count, RB_PAGES_LIST);

    rb_pages_list_title(req, list, &title);

    ngx_memzero(&conf, sizeof(rb_page_conf_t));

    conf.bare = 1;
    conf.wide = 1;
    conf.noindex = !list->plain || shown == 0;
    conf.canonical = list->cursor.len
                     ? rb_pages_list_path(req, &list->filters, &list->cursor,
                                          NULL)
                     : list->self;
    conf.prev = list->prev;
    conf.next = list->next;
    conf.description = about.in[req->lang];
    conf.json_ld = rb_pages_list_json(req, list, &title, rows);

    rb_page_begin(&page, req, &title, &conf);

    rb_pages_list_top(&page, list, &title, shown);

    if (shown) {
        rb_pages_cards(&page, rows, shown);
        rb_pages_list_ways(&page, list);

    } else {
        rb_page_notice(&page, RB_PAGE_NOTE, &none);
        rb_pages_raw(&page, "<p class=\"more\">");
        rb_pages_to_text(&page, "/jobs", NULL, &all);
        rb_pages_raw(&page, "</p>\n");
    }

    rb_pages_raw(&page, "</section>\n</div>\n");

    return rb_page_end(&page);
}


/* "강원특별자치도 카페·베이커리 일자리" where there is one of either. */

static void
rb_pages_list_title(rb_req_t *req, const rb_pages_list_t *list,
    rb_text_t *title)
{
    rb_buf_t          b;
    const rb_text_t  *region, *category;

    static const rb_text_t  plain = rb_text("리조트 일자리", "Resort jobs");

    region = rb_meta_word(rb_meta_regions, rb_meta_region_words,
                          &list->filters.region);
    category = rb_meta_word(rb_meta_categories, rb_meta_category_words,
                            &list->filters.category);

    *title = plain;

    if (region->in[0].len == 0 && category->in[0].len == 0) {
        return;
    }

    (void) rb_buf_init(&b, req->task.pool, 128);

    if (req->lang == RB_LANG_EN) {
        rb_buf_printf(&b, "%V%s%s%V", &category->in[1],
                      category->in[1].len ? ": resort jobs" : "Resort jobs",
                      region->in[1].len ? " in " : "", &region->in[1]);

    } else {
        rb_buf_printf(&b, "%V%s%V%s일자리", &region->in[0],
                      region->in[0].len ? " " : "", &category->in[0],
                      category->in[0].len ? " " : "리조트 ");
    }

    if (!b.failed) {
        title->in[req->lang].data = b.start;
        title->in[req->lang].len = rb_buf_len(&b);
    }
}


static ngx_str_t
rb_pages_list_json(rb_req_t *req, const rb_pages_list_t *list,
    const rb_text_t *title, const rb_pg_rows_t *rows)
{
    u_char            *p, path[64];
    rb_buf_t           b;
    rb_json_t          json;
    ngx_str_t          text;
    ngx_uint_t         i;
    rb_pages_crumb_t   crumbs[3];

    static const rb_text_t  home = rb_text("홈", "Home");
    static const rb_text_t  jobs = rb_text("일자리", "Jobs");

    (void) rb_buf_init(&b, req->task.pool, 4096);
    rb_json_init(&json, &b);

    rb_json_open(&json, '[');
    rb_json_open(&json, '{');
    rb_json_key(&json, "@context");
    rb_json_str(&json, rb_page_lit("https://schema.org"));
    rb_json_key(&json, "@type");
    rb_json_str(&json, rb_page_lit("ItemList"));
    rb_json_key(&json, "itemListElement");
    rb_json_open(&json, '[');

    for (i = 0; i < rows->count && i < RB_PAGES_LIST; i++) {
        text = rb_pg_value(rows, i, RB_JOBS_C_ID);
        p = ngx_slprintf(path, path + sizeof(path), "/jobs/%V", &text);

        rb_json_open(&json, '{');
        rb_json_key(&json, "@type");
        rb_json_str(&json, rb_page_lit("ListItem"));
        rb_json_key(&json, "position");
        rb_json_int(&json, i + 1);
        rb_json_key(&json, "url");

        text.data = path;
        text.len = p - path;
        rb_pages_address_str(req, &json, &text);
        rb_json_close(&json, '}');
    }

    rb_json_close(&json, ']');
    rb_json_close(&json, '}');

    crumbs[0].name = home;
    ngx_str_set(&crumbs[0].path, "/");
    crumbs[1].name = jobs;
    ngx_str_set(&crumbs[1].path, "/jobs");
    crumbs[2].name = *title;
    crumbs[2].path = list->self;

    rb_pages_crumbs_json(req, &json, crumbs,
                         list->self.len > sizeof("/jobs") - 1 ? 3 : 2);
    rb_json_close(&json, ']');

    text.data = b.failed ? NULL : b.start;
    text.len = b.failed ? 0 : rb_buf_len(&b);

    return text;
}


static void
rb_pages_list_top(rb_page_t *page, const rb_pages_list_t *list,
    const rb_text_t *title, ngx_uint_t shown)
{
    u_char      text[RB_PAGES_WON_LEN];
    int64_t     total, unit;
    ngx_str_t   number;

    static const rb_text_t  wrong = rb_text(
        "알 수 없는 조건이 있어 빼고 찾았습니다.",
        "Some of the filters are not known and were left out.");
    static const rb_text_t  filters = rb_text("조건 바꾸기",
                                              "Change the filters");

    rb_page_put(page, "h1", title);

    if (list->wrong) {
        rb_page_notice(page, RB_PAGE_NOTE, &wrong);
    }

    rb_pages_raw(page, "<div class=\"with-side\">\n<section class=\"side\">\n");
    rb_page_put(page, "h2", &filters);
    rb_pages_search_form(page, &list->filters, 1);
    rb_pages_raw(page, "</section>\n<section>\n");

    rb_pages_raw_in(page, "<h2 class=\"count\">찾은 일자리 ",
                          "<h2 class=\"count\">Jobs found ");

    if (list->total > 0) {
        /* two figures of it: it is a guess */

        for (unit = 1, total = list->total; total >= 100; total /= 10) {
            unit *= 10;
        }

        number.data = text;
        number.len = rb_pages_won(text, total * unit) - text;

        rb_pages_raw(page, "<span class=\"soft\">");
        rb_page_sayf(page, "약 %V건", "about %V", &number);
        rb_pages_raw(page, "</span>");

    } else if (list->cursor.len == 0) {
        rb_pages_raw(page, "<span class=\"soft\">");
        rb_page_sayf(page, "%ui건", "%ui", shown);
        rb_pages_raw(page, "</span>");
    }

    rb_pages_raw(page, "</h2>\n");
    rb_pages_list_chips(page, &list->filters);
}


/* What is filtered by; each leads to the list without it. */

static void
rb_pages_list_chips(rb_page_t *page, const rb_pages_filters_t *filters)
{
    u_char      *p, text[64];
    rb_text_t    pay;

    static const rb_text_t  bed = rb_text("숙소 제공", "With a bed");

    if (filters->region.len + filters->category.len
        + filters->employment_type.len + filters->dormitory.len
        + filters->pay_min.len == 0)
    {
        return;
    }

    rb_pages_raw_in(page,
        "<ul class=\"chips links active\" aria-label=\"걸러 낸 조건\">\n",
        "<ul class=\"chips links active\" aria-label=\"Filters\">\n");

    rb_pages_list_chip(page, filters, offsetof(rb_pages_filters_t, region),
                       rb_meta_regions, rb_meta_region_short_words, NULL);
    rb_pages_list_chip(page, filters, offsetof(rb_pages_filters_t, category),
                       rb_meta_categories, rb_meta_category_words, NULL);
    rb_pages_list_chip(page, filters,
                       offsetof(rb_pages_filters_t, employment_type),
                       rb_meta_employment_types, rb_meta_employment_words,
                       NULL);
    rb_pages_list_chip(page, filters, offsetof(rb_pages_filters_t, dormitory),
                       NULL, NULL, &bed);

    p = text;

    if (page->req->lang == RB_LANG_EN) {
        p = ngx_cpymem(p, "₩", sizeof("₩") - 1);
    }

    p = rb_pages_won(p, rb_pages_number(&filters->pay_min));

    if (page->req->lang == RB_LANG_EN) {
        p = ngx_cpymem(p, " or more", sizeof(" or more") - 1);

    } else {
        p = ngx_cpymem(p, "원 이상", sizeof("원 이상") - 1);
    }

    pay.in[RB_LANG_KO].data = text;
    pay.in[RB_LANG_KO].len = p - text;
    pay.in[RB_LANG_EN] = pay.in[RB_LANG_KO];

    rb_pages_list_chip(page, filters, offsetof(rb_pages_filters_t, pay_min),
                       NULL, NULL, &pay);

    rb_pages_raw(page, "</ul>\n");
}


static void
rb_pages_list_chip(rb_page_t *page, const rb_pages_filters_t *filters,
    size_t member, const ngx_str_t *codes, const rb_text_t *words,
    const rb_text_t *word)
{
    u_char              *p, *end, *comma;
    ngx_str_t            path, code, *value;
    rb_pages_filters_t   without;

    without = *filters;
    value = (ngx_str_t *) ((u_char *) &without + member);

    if (value->len == 0) {
        return;
    }

    p = value->data;
    end = p + value->len;

    ngx_str_null(value);
    path = rb_pages_list_path(page->req, &without, NULL, NULL);
    path = rb_page_path(page->req->task.pool, page->req->lang, &path);

    rb_pages_raw(page, "<li>");
    rb_page_open(page, "a", "href", &path, "rel", rb_page_lit("nofollow"),
                 NULL);

    if (word) {
        rb_page_say(page, word);

    } else {

        for ( ; p < end; p = comma + 1) {
            comma = ngx_strlchr(p, end, ',');
            comma = comma ? comma : end;

            code.data = p;
            code.len = comma - p;

            rb_page_say(page, rb_meta_word(codes, words, &code));

            if (comma < end) {
                rb_pages_raw(page, ", ");
            }
        }
    }

    rb_pages_raw_in(page, " <span aria-hidden=\"true\">×</span>"
                          "<span class=\"hide\"> 조건 빼기</span></a></li>\n",
                          " <span aria-hidden=\"true\">×</span>"
                          "<span class=\"hide\"> (remove)</span></a></li>\n");
}


static void
rb_pages_list_ways(rb_page_t *page, const rb_pages_list_t *list)
{
    ngx_str_t  href;

    if (list->next.len == 0 && list->cursor.len == 0) {
        return;
    }

    rb_pages_raw_in(page, "<nav class=\"ways\" aria-label=\"쪽\">\n",
                          "<nav class=\"ways\" aria-label=\"Pages\">\n");

    if (list->prev.len) {
        href = rb_page_path(page->req->task.pool, page->req->lang,
                            &list->prev);
        rb_page_open(page, "a", "href", &href, "rel", rb_page_lit("prev"),
                     NULL);
        rb_page_sayf(page, "← 이전", "← Back");
        rb_pages_raw(page, "</a>\n");

    } else if (list->cursor.len) {
        href = rb_page_path(page->req->task.pool, page->req->lang,
                            &list->self);
        rb_page_open(page, "a", "href", &href, NULL);
        rb_page_sayf(page, "← 처음", "← First page");
        rb_pages_raw(page, "</a>\n");
    }

    if (list->next.len) {
        href = rb_page_path(page->req->task.pool, page->req->lang,
                            &list->next);
        rb_page_open(page, "a", "href", &href, "rel", rb_page_lit("next"),
                     NULL);
        rb_page_sayf(page, "다음 →", "Next →");
        rb_pages_raw(page, "</a>\n");
    }

    rb_pages_raw(page, "</nav>\n");
}


/* None or one, that is: no comma. */

static ngx_uint_t
rb_pages_one(const ngx_str_t *codes)
{
    return codes->len == 0
           || ngx_strlchr(codes->data, codes->data + codes->len, ',') == NULL;
}
