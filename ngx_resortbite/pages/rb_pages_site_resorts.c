
/*
 * /resorts, /resorts/{id} and the same below /en: resorts by name, and one
 * with its photos, its contacts, its open jobs and where its crew lives.
 */


#include "pages/rb_pages_site.h"
#include "base/rb_token.h"
#include "meta/rb_meta.h"
#include "resorts/rb_resorts.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


#define RB_PAGES_RESORTS         24     /* of a page */
#define RB_PAGES_RESORTS_MORE    "25"
#define RB_PAGES_RESORT_JOBS     20
#define RB_PAGES_RESORTS_CURSOR  "cursor pages_resorts"
#define RB_PAGES_ABOUT_MAX       300    /* bytes */


enum {
    RB_PAGES_Q_REGION = 0,
    RB_PAGES_Q_TYPE,
    RB_PAGES_Q_CURSOR
};

/* The columns of statement pages_resorts. */

enum {
    RB_PAGES_C_ID = 0,
    RB_PAGES_C_NAME,
    RB_PAGES_C_NAME_EN,
    RB_PAGES_C_TYPE,
    RB_PAGES_C_REGION,
    RB_PAGES_C_CITY,
    RB_PAGES_C_PHOTO,
    RB_PAGES_C_AVERAGE,
    RB_PAGES_C_COUNT,
    RB_PAGES_C_JOBS
};


typedef struct {
    ngx_str_t     region;
    ngx_str_t     type;
    ngx_str_t     after;
    ngx_str_t     after_id;
    ngx_str_t     self;
    ngx_str_t     next;
    unsigned      wrong:1;
    unsigned      later:1;              /* not the first page */
} rb_pages_resorts_t;


typedef struct {
    rb_pg_rows_t    *rows;              /* of rb_resorts_read() */
    rb_pg_rows_t     jobs;
    ngx_str_t        dorms;             /* as pages.sql has them; or empty */
    json_t          *photos;
    ngx_str_t        name;              /* in the page's language */
    ngx_str_t        region;
} rb_pages_resort_t;


static rb_err_t *rb_pages_resorts_handler(rb_req_t *req);
static void rb_pages_resorts_asked(rb_req_t *req, rb_pages_resorts_t *list);
static ngx_str_t rb_pages_resorts_code(rb_pages_resorts_t *list,
    const rb_value_t *value, const ngx_str_t *codes);
static rb_err_t *rb_pages_resorts_paths(rb_req_t *req,
    rb_pages_resorts_t *list, const rb_pg_rows_t *rows);
static ngx_str_t rb_pages_resorts_json(rb_req_t *req,
    const rb_pg_rows_t *rows);
static void rb_pages_resorts_form(rb_page_t *page,
    const rb_pages_resorts_t *list);

static rb_err_t *rb_pages_resort_handler(rb_req_t *req);
static rb_err_t *rb_pages_resort_closed(rb_req_t *req, rb_err_t *closed,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_pages_resort_read(rb_req_t *req,
    rb_pages_resort_t *resort);
static json_t *rb_pages_resort_part(rb_req_t *req, const ngx_str_t *text);
static ngx_str_t rb_pages_resort_json(rb_req_t *req,
    const rb_pages_resort_t *resort, const rb_pages_crumb_t *crumbs,
    ngx_uint_t n);
static void rb_pages_resort(rb_page_t *page,
    const rb_pages_resort_t *resort);
static void rb_pages_resort_photos(rb_page_t *page,
    const rb_pages_resort_t *resort);
static void rb_pages_resort_dorms(rb_page_t *page, ngx_str_t dorms);


#define rb_pages_text_param(name, ko, en)                                     \
    { ngx_string(name), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,      \
      rb_text(ko, en) }

static const rb_param_t  rb_pages_resorts_query[] = {
    rb_pages_text_param("region", "지역", "Region"),
    rb_pages_text_param("type", "유형", "Kind of resort"),
    rb_pages_text_param("cursor", "다음 쪽", "The next page"),
    rb_param_end
};

static const rb_param_t  rb_pages_resort_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트 id", "The resort's id") },
    rb_param_end
};

static const rb_route_t  rb_pages_site_resorts_table[] = {
    rb_pages_site_route("pages_resorts", "/resorts", 0,
                        rb_pages_resorts_handler, "리조트 목록 화면",
                        "The page of resorts", NULL, rb_pages_resorts_query,
                        0, 60),
    rb_pages_site_route("pages_resorts_en", "/en/resorts", 1,
                        rb_pages_resorts_handler, "리조트 목록 화면 (영어)",
                        "The page of resorts, in English", NULL,
                        rb_pages_resorts_query, 0, 60),
    rb_pages_site_route("pages_resort", "/resorts/{id}", 0,
                        rb_pages_resort_handler, "리조트 화면",
                        "The page of a resort", rb_pages_resort_id, NULL,
                        RB_PROBLEM_GONE, 60),
    rb_pages_site_route("pages_resort_en", "/en/resorts/{id}", 1,
                        rb_pages_resort_handler, "리조트 화면 (영어)",
                        "The page of a resort, in English",
                        rb_pages_resort_id, NULL, RB_PROBLEM_GONE, 60)
};

const rb_routes_t  rb_pages_site_resorts_routes = {
    rb_pages_site_resorts_table, rb_array_size(rb_pages_site_resorts_table)
};


/* ---- the list */

static rb_err_t *
rb_pages_resorts_handler(rb_req_t *req)
{
    rb_err_t             *err;
    uint64_t              when;
    ngx_str_t             params[RB_PAGES_RESORTS_NPARAMS];
    rb_page_t             page;
    rb_pg_rows_t          rows;
    rb_page_conf_t        conf;
    rb_pages_resorts_t    list;

    static const rb_text_t  title = rb_text("리조트", "Resorts");
    static const rb_text_t  about = rb_text(
        "크루를 찾는 전국의 리조트입니다. 숙소와 복리후생, 지금 모집하는 일자리를 확인하세요.",
        "Resorts all over Korea that look for crew: where they are, what they "
        "offer, and the jobs that are open.");

    rb_pages_resorts_asked(req, &list);

    ngx_memzero(params, sizeof(params));
    when = RB_PAGES_RESORTS_WHEN_BY_NAME;

    ngx_str_set(&params[RB_PAGES_RESORTS_P_LIMIT], RB_PAGES_RESORTS_MORE);

    if (list.region.len) {
        when |= RB_PAGES_RESORTS_WHEN_REGION;
        params[RB_PAGES_RESORTS_P_REGION] = list.region;
    }

    if (list.type.len) {
        when |= RB_PAGES_RESORTS_WHEN_TYPE;
        params[RB_PAGES_RESORTS_P_TYPE] = list.type;
    }

    if (list.later) {
        when |= RB_PAGES_RESORTS_WHEN_AFTER_NAME;
        params[RB_PAGES_RESORTS_P_AFTER] = list.after;
        params[RB_PAGES_RESORTS_P_AFTER_ID] = list.after_id;
    }

    err = rb_list_query(req, RB_STMT_PAGES_RESORTS, when, params, &rows);

    if (err == NULL) {
        err = rb_pages_resorts_paths(req, &list, &rows);
    }

    if (err) {
        return err;
    }

    rb_reply_tag(req, "resorts", NULL);
    rb_reply_tag(req, "jobs", NULL);

    ngx_memzero(&conf, sizeof(rb_page_conf_t));

    conf.wide = 1;
    conf.noindex = list.wrong || list.later || list.region.len
                   || list.type.len || rows.count == 0;
    conf.canonical = list.later ? conf.canonical : list.self;
    conf.next = list.next;
    conf.description = about.in[req->lang];
    conf.json_ld = rb_pages_resorts_json(req, &rows);

    rb_page_begin(&page, req, &title, &conf);
    rb_pages_resorts_form(&page, &list);

    rb_pages_raw(&page, "<section>\n");
    rb_page_putf(&page, "h2", "함께하는 리조트", "Resorts with us");
    rb_pages_resort_cards(&page, &rows, RB_PAGES_RESORTS);
    rb_pages_raw(&page, "</section>\n");

    if (list.next.len) {
        rb_pages_raw_in(&page, "<nav class=\"ways\" aria-label=\"쪽\">\n",
                               "<nav class=\"ways\" aria-label=\"Pages\">\n");
        list.next = rb_page_path(req->task.pool, req->lang, &list.next);
        rb_page_open(&page, "a", "href", &list.next, "rel",
                     rb_page_lit("next"), NULL);
        rb_page_sayf(&page, "다음 →", "Next →");
        rb_pages_raw(&page, "</a>\n</nav>\n");
    }

    return rb_page_end(&page);
}


static void
rb_pages_resorts_asked(rb_req_t *req, rb_pages_resorts_t *list)
{
    u_char      *p;
    ngx_str_t    payload;
    rb_value_t  *value;

    ngx_memzero(list, sizeof(rb_pages_resorts_t));

    list->region = rb_pages_resorts_code(list, &req->query[RB_PAGES_Q_REGION],
                                         rb_meta_regions);
    list->type = rb_pages_resorts_code(list, &req->query[RB_PAGES_Q_TYPE],
                                       rb_meta_resort_types);

    value = &req->query[RB_PAGES_Q_CURSOR];

    if (value->text.len == 0) {
        return;
    }

    if (rb_token_verify(req->task.pool, RB_PAGES_RESORTS_CURSOR, &value->text,
                        &payload)
        != NGX_OK
        || (p = ngx_strlchr(payload.data, payload.data + payload.len, '\n'))
           == NULL)
    {
        list->wrong = 1;
        return;
    }

    list->later = 1;
    list->after_id.data = payload.data;
    list->after_id.len = p - payload.data;
    list->after.data = p + 1;
    list->after.len = payload.data + payload.len - list->after.data;
}


static ngx_str_t
rb_pages_resorts_code(rb_pages_resorts_t *list, const rb_value_t *value,
    const ngx_str_t *codes)
{
    ngx_uint_t  i;

    static const ngx_str_t  none = ngx_null_string;

    if (value->text.len == 0) {
        return none;
    }

    for (i = 0; codes[i].len; i++) {

        if (codes[i].len == value->text.len
            && ngx_memcmp(codes[i].data, value->text.data, codes[i].len) == 0)
        {
            return codes[i];
        }
    }

    list->wrong = 1;

    return none;
}


static rb_err_t *
rb_pages_resorts_paths(rb_req_t *req, rb_pages_resorts_t *list,
    const rb_pg_rows_t *rows)
{
    u_char      *p;
    rb_buf_t     b;
    ngx_str_t    id, name, payload, token;

    (void) rb_buf_init(&b, req->task.pool, 256);

    rb_buf_printf(&b, "/resorts%s%V%s%V",
                  list->region.len ? "?region=" : "", &list->region,
                  list->type.len ? (list->region.len ? "&type=" : "?type=")
                                 : "", &list->type);

    list->self.data = b.start;
    list->self.len = rb_buf_len(&b);

    if (rows->count > RB_PAGES_RESORTS) {
        id = rb_pg_value(rows, RB_PAGES_RESORTS - 1, RB_PAGES_C_ID);
        name = rb_pg_value(rows, RB_PAGES_RESORTS - 1, RB_PAGES_C_NAME);

        p = ngx_pnalloc(req->task.pool, id.len + 1 + name.len);
        if (p == NULL) {
            return &rb_err_internal;
        }

        payload.data = p;
        payload.len = ngx_sprintf(p, "%V\n%V", &id, &name) - p;

        if (rb_token_sign(req->task.pool, RB_PAGES_RESORTS_CURSOR, &payload,
                          &token)
            != NGX_OK)
        {
            return &rb_err_internal;
        }

        list->next.len = list->self.len + sizeof("?cursor=") - 1 + token.len;
        list->next.data = ngx_pnalloc(req->task.pool, list->next.len);

        if (list->next.data == NULL) {
            return &rb_err_internal;
        }

        ngx_sprintf(list->next.data, "%V%scursor=%V", &list->self,
                    (list->region.len || list->type.len) ? "&" : "?", &token);
    }

    return b.failed ? &rb_err_internal : NULL;
}


static ngx_str_t
rb_pages_resorts_json(rb_req_t *req, const rb_pg_rows_t *rows)
{
    u_char            *p, path[64];
    rb_buf_t           b;
    rb_json_t          json;
    ngx_str_t          text;
    ngx_uint_t         i;
    rb_pages_crumb_t   crumbs[2];

    static const rb_text_t  home = rb_text("홈", "Home");
    static const rb_text_t  resorts = rb_text("리조트", "Resorts");

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

    for (i = 0; i < rows->count && i < RB_PAGES_RESORTS; i++) {
        text = rb_pg_value(rows, i, RB_PAGES_C_ID);
        p = ngx_slprintf(path, path + sizeof(path), "/resorts/%V", &text);

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
    crumbs[1].name = resorts;
    ngx_str_set(&crumbs[1].path, "/resorts");

    rb_pages_crumbs_json(req, &json, crumbs, 2);
    rb_json_close(&json, ']');

    text.data = b.failed ? NULL : b.start;
    text.len = b.failed ? 0 : rb_buf_len(&b);

    return text;
}


static void
rb_pages_resorts_form(rb_page_t *page, const rb_pages_resorts_t *list)
{
    static const rb_text_t  wrong = rb_text(
        "알 수 없는 조건이 있어 빼고 찾았습니다.",
        "Some of the filters are not known and were left out.");
    static const rb_text_t  region = rb_text("지역", "Region");
    static const rb_text_t  regions = rb_text("모든 지역", "All regions");
    static const rb_text_t  type = rb_text("유형", "Kind");
    static const rb_text_t  types = rb_text("모든 유형", "All kinds");
    static const rb_text_t  find = rb_text("리조트 찾기", "Find resorts");

    if (list->wrong) {
        rb_page_notice(page, RB_PAGE_NOTE, &wrong);
    }

    rb_pages_raw_in(page,
        "<form class=\"search\" role=\"search\" aria-label=\"리조트 검색\" "
        "method=\"get\" action=\"/resorts\">\n",
        "<form class=\"search\" role=\"search\" aria-label=\"Search resorts\" "
        "method=\"get\" action=\"/en/resorts\">\n");

    rb_pages_select(page, "region", &region, &regions, rb_meta_regions,
                    rb_meta_region_words, &list->region);
    rb_pages_select(page, "type", &type, &types, rb_meta_resort_types,
                    rb_meta_resort_words, &list->type);

    rb_pages_raw(page, "<button type=\"submit\">");
    rb_page_say(page, &find);
    rb_pages_raw(page, "</button>\n</form>\n");
}


void
rb_pages_resort_cards(rb_page_t *page, const rb_pg_rows_t *rows,
    ngx_uint_t n)
{
    ngx_str_t   id, name, name_en, type, region, city, photo, average, count;
    ngx_uint_t  i;

    rb_pages_raw(page, "<ul class=\"cards\">\n");

    for (i = 0; i < rows->count && i < n; i++) {
        id = rb_pg_value(rows, i, RB_PAGES_C_ID);
        name = rb_pg_value(rows, i, RB_PAGES_C_NAME);
        name_en = rb_pg_value(rows, i, RB_PAGES_C_NAME_EN);
        type = rb_pg_value(rows, i, RB_PAGES_C_TYPE);
        region = rb_pg_value(rows, i, RB_PAGES_C_REGION);
        city = rb_pg_value(rows, i, RB_PAGES_C_CITY);
        photo = rb_pg_value(rows, i, RB_PAGES_C_PHOTO);

        rb_pages_raw(page, "<li class=\"card resort\">\n");

        /* the link beside it says what it is of */

        if (photo.len) {
            rb_page_open(page, "img", "src", &photo, "alt", rb_page_lit(""),
                         "width", rb_page_lit("640"),
                         "height", rb_page_lit("480"),
                         "loading", rb_page_lit("lazy"), NULL);
            rb_pages_raw(page, "\n");
        }

        rb_pages_raw(page, "<h3>");
        rb_pages_to(page, "/resorts/", &id, NULL);
        rb_page_text(page, rb_pages_resort_name(page->req->lang, &name,
                                                &name_en));
        rb_pages_raw(page, "</a></h3>\n<p class=\"where\">");
        rb_page_say(page, rb_meta_word(rb_meta_resort_types,
                                       rb_meta_resort_words, &type));
        rb_pages_raw(page, " · ");
        rb_pages_place(page, &region, &city);
        rb_pages_raw(page, "</p>\n<p class=\"when\">");

        average = rb_pg_value(rows, i, RB_PAGES_C_AVERAGE);
        count = rb_pg_value(rows, i, RB_PAGES_C_COUNT);
        rb_pages_rating(page, &average, &count);

        count = rb_pg_value(rows, i, RB_PAGES_C_JOBS);

        if (rb_pages_number(&count)) {
            rb_pages_raw(page, " <span class=\"due\">");
            rb_page_sayf(page, "일자리 %V건", "Open jobs: %V", &count);
            rb_pages_raw(page, "</span>");
        }

        rb_pages_raw(page, "</p>\n</li>\n");
    }

    rb_pages_raw(page, "</ul>\n");
}


/* ---- one */

static rb_err_t *
rb_pages_resort_handler(rb_req_t *req)
{
    rb_err_t            *err;
    rb_page_t            page;
    rb_text_t            title;
    ngx_str_t            about, id;
    rb_pg_rows_t         rows;
    rb_page_conf_t       conf;
    rb_pages_crumb_t     crumbs[3];
    rb_pages_resort_t    resort;

    static const rb_text_t  home = rb_text("홈", "Home");
    static const rb_text_t  resorts = rb_text("리조트", "Resorts");

    ngx_memzero(&resort, sizeof(rb_pages_resort_t));
    resort.rows = &rows;

    err = rb_resorts_read(&req->task, &req->path[0].text, &rows);

    if (err == &rb_err_resort_closed) {
        return rb_pages_resort_closed(req, err, &rows);
    }

    if (err == NULL) {
        err = rb_pages_resort_read(req, &resort);
    }

    if (err) {
        return err;
    }

    id = req->path[0].text;
    rb_reply_tag(req, "resort", &id);

    title.in[RB_LANG_KO] = resort.name;
    title.in[RB_LANG_EN] = resort.name;

    crumbs[0].name = home;
    ngx_str_set(&crumbs[0].path, "/");
    crumbs[1].name = resorts;
    ngx_str_set(&crumbs[1].path, "/resorts");
    crumbs[2].name = title;
    crumbs[2].path = rb_page_canonical(req, 0);

    about = rb_pages_column(&rows, "description");
    about = rb_pages_cut(&about, RB_PAGES_ABOUT_MAX);

    ngx_memzero(&conf, sizeof(rb_page_conf_t));

    conf.bare = 1;
    conf.wide = 1;
    conf.description = about.len ? about : resort.name;
    conf.json_ld = rb_pages_resort_json(req, &resort, crumbs, 3);

    if (json_array_size(resort.photos)) {
        json_t  *first = json_array_get(resort.photos, 0);

        conf.image.data = (u_char *) json_string_value(first);
        conf.image.len = json_string_length(first);
        conf.image = rb_pages_absolute(req->task.pool, &conf.image);
    }

    rb_page_begin(&page, req, &title, &conf);
    rb_pages_crumbs(&page, crumbs, 3);
    rb_pages_resort(&page, &resort);

    return rb_page_end(&page);
}


/* 410, with jobs in the same region. */

static rb_err_t *
rb_pages_resort_closed(rb_req_t *req, rb_err_t *closed,
    const rb_pg_rows_t *rows)
{
    rb_err_t      *err;
    ngx_str_t      region;
    rb_page_t      page;
    rb_pg_rows_t   jobs;

    static const rb_text_t  title = rb_text("이제 없는 리조트입니다",
                                            "This resort has left");

    region = rb_pages_column(rows, "region");

    err = rb_pages_region_jobs(req, &region, &jobs);
    if (err) {
        return err;
    }

    rb_page_begin(&page, req, &title,
                  &(rb_page_conf_t) { .error = closed, .wide = 1 });
    rb_pages_instead(&page, &region, &jobs);

    return rb_page_end(&page);
}


static rb_err_t *
rb_pages_resort_read(rb_req_t *req, rb_pages_resort_t *resort)
{
    rb_err_t          *err;
    ngx_str_t          name, name_en, text;
    rb_pg_rows_t       dorms;
    rb_jobs_search_t   search;

    name = rb_pages_column(resort->rows, "name");
    name_en = rb_pages_column(resort->rows, "name_en");
    resort->name = *rb_pages_resort_name(req->lang, &name, &name_en);
    resort->region = rb_pages_column(resort->rows, "region");

    text = rb_pages_column(resort->rows, "photos");
    resort->photos = rb_pages_resort_part(req, &text);

    err = rb_pg_get(&req->task, RB_STMT_PAGES_RESORT_DORMS,
                    &req->path[0].text, &dorms);
    if (err) {
        return err;
    }

    if (dorms.count) {
        resort->dorms = rb_pg_value(&dorms, 0, 1);
    }

    ngx_memzero(&search, sizeof(rb_jobs_search_t));

    search.resort = req->path[0].text;
    search.limit = RB_PAGES_RESORT_JOBS;

    return rb_jobs_search(&req->task, &search, &resort->jobs);
}


static json_t *
rb_pages_resort_part(rb_req_t *req, const ngx_str_t *text)
{
    json_t  *root;

    if (text->len == 0 || rb_json_parse(req->task.pool, text, &root) != NULL) {
        return NULL;
    }

    return root;
}


static ngx_str_t
rb_pages_resort_json(rb_req_t *req, const rb_pages_resort_t *resort,
    const rb_pages_crumb_t *crumbs, ngx_uint_t n)
{
    size_t         i;
    json_t        *item;
    rb_buf_t       b;
    ngx_str_t      text, other, address;
    rb_json_t      json;
    ngx_uint_t     k;
    rb_pg_rows_t  *rows;

    static const struct {
        ngx_str_t      key;
        const char    *column;
    } texts[] = {
        { ngx_string("name"), "name" },
        { ngx_string("alternateName"), "name_en" },
        { ngx_string("telephone"), "contact.phone" },
        { ngx_string("email"), "contact.email" },
        { ngx_string("sameAs"), "contact.website" }
    };

    rows = resort->rows;

    (void) rb_buf_init(&b, req->task.pool, 4096);
    rb_json_init(&json, &b);

    rb_json_open(&json, '[');
    rb_json_open(&json, '{');
    rb_json_key(&json, "@context");
    rb_json_str(&json, rb_page_lit("https://schema.org"));
    rb_json_key(&json, "@type");
    rb_json_str(&json, rb_page_lit("LodgingBusiness"));
    rb_json_key(&json, "url");
    rb_pages_address_str(req, &json, &crumbs[n - 1].path);

    for (k = 0; k < rb_array_size(texts); k++) {
        text = rb_pages_column(rows, texts[k].column);

        if (text.len) {
            rb_json_key_n(&json, (char *) texts[k].key.data,
                          texts[k].key.len);
            rb_json_str(&json, &text);
        }
    }

    text = rb_pages_column(rows, "description");

    if (text.len) {
        text = rb_pages_cut(&text, 4 * RB_PAGES_ABOUT_MAX);
        rb_json_key(&json, "description");
        rb_json_str(&json, &text);
    }

    if (json_array_size(resort->photos)) {
        rb_json_key(&json, "image");
        rb_json_open(&json, '[');

        json_array_foreach(resort->photos, i, item) {
            text.data = (u_char *) json_string_value(item);
            text.len = json_string_length(item);
            text = rb_pages_absolute(req->task.pool, &text);
            rb_json_str(&json, &text);
        }

        rb_json_close(&json, ']');
    }

    text = rb_pages_column(rows, "city");
    address = rb_pages_column(rows, "address");
    rb_pages_address_json(&json, &resort->region, &text, &address);

    text = rb_pages_column(rows, "lat");
    other = rb_pages_column(rows, "lng");
    rb_pages_geo_json(&json, &text, &other);

    text = rb_pages_column(rows, "rating.average");
    other = rb_pages_column(rows, "rating.count");

    if (text.len && rb_pages_number(&other)) {
        rb_json_key(&json, "aggregateRating");
        rb_json_open(&json, '{');
        rb_json_key(&json, "@type");
        rb_json_str(&json, rb_page_lit("AggregateRating"));
        rb_json_key(&json, "ratingValue");
        rb_json_raw(&json, text.data, text.len);
        rb_json_key(&json, "ratingCount");
        rb_json_raw(&json, other.data, other.len);
        rb_json_key(&json, "bestRating");
        rb_json_int(&json, 5);
        rb_json_close(&json, '}');
    }

    rb_json_close(&json, '}');
    rb_pages_crumbs_json(req, &json, crumbs, n);
    rb_json_close(&json, ']');

    text.data = b.failed ? NULL : b.start;
    text.len = b.failed ? 0 : rb_buf_len(&b);

    return text;
}


static void
rb_pages_resort(rb_page_t *page, const rb_pages_resort_t *resort)
{
    ngx_str_t      type, city, text, other, more;
    rb_pg_rows_t  *rows;

    static const rb_text_t  about = rb_text("소개", "About");
    static const rb_text_t  around = rb_text("근무 환경과 주변",
                                             "Surroundings");
    static const rb_text_t  benefits = rb_text("복리후생", "Benefits");
    static const rb_text_t  jobs = rb_text("지금 모집하는 일자리",
                                           "Open jobs");
    static const rb_text_t  none = rb_text("지금은 모집하는 일자리가 없습니다.",
                                           "There are no open jobs now.");
    static const rb_text_t  contact = rb_text("연락처", "Contact");
    static const rb_text_t  place = rb_text("위치", "Where it is");

    rows = resort->rows;

    rb_pages_raw(page, "<h1>");
    rb_page_text(page, &resort->name);
    rb_pages_raw(page, "</h1>\n<p class=\"where\">");

    type = rb_pages_column(rows, "type");
    city = rb_pages_column(rows, "city");
    rb_page_say(page, rb_meta_word(rb_meta_resort_types, rb_meta_resort_words,
                                   &type));
    rb_pages_raw(page, " · ");
    rb_pages_place(page, &resort->region, &city);
    rb_pages_raw(page, " ");

    text = rb_pages_column(rows, "rating.average");
    other = rb_pages_column(rows, "rating.count");
    rb_pages_rating(page, &text, &other);
    rb_pages_raw(page, "</p>\n");

    rb_pages_resort_photos(page, resort);

    rb_pages_raw(page, "<div class=\"with-side right\">\n<article>\n");

    text = rb_pages_column(rows, "description");

    if (text.len) {
        rb_pages_section(page, &about, &text);
    }

    text = rb_pages_column(rows, "environment");

    if (text.len) {
        rb_pages_section(page, &around, &text);
    }

    text = rb_pages_column(rows, "benefits");

    if (text.len > 2) {
        rb_pages_raw(page, "<section>\n");
        rb_page_put(page, "h2", &benefits);
        rb_pages_json_labels(page, &text);
        rb_pages_raw(page, "</section>\n");
    }

    rb_pages_resort_dorms(page, resort->dorms);

    rb_pages_raw(page, "</article>\n<aside class=\"side\">\n<section>\n");
    rb_page_put(page, "h2", &contact);
    text = rb_pages_column(rows, "contact.phone");
    other = rb_pages_column(rows, "contact.email");
    more = rb_pages_column(rows, "contact.website");
    rb_pages_contacts(page, &text, &other, &more);
    rb_pages_raw(page, "</section>\n<section>\n");

    rb_page_put(page, "h2", &place);
    text = rb_pages_column(rows, "address");
    other = rb_pages_column(rows, "lat");
    more = rb_pages_column(rows, "lng");
    city = rb_pages_column(rows, "name");
    rb_pages_map(page, &text, &city, &other, &more);
    rb_pages_raw(page, "</section>\n</aside>\n</div>\n<section>\n");

    rb_page_put(page, "h2", &jobs);

    if (resort->jobs.count) {
        rb_pages_cards(page, &resort->jobs, resort->jobs.count);

    } else {
        rb_page_put(page, "p", &none);
    }

    rb_pages_raw(page, "</section>\n");
}


static void
rb_pages_resort_photos(rb_page_t *page, const rb_pages_resort_t *resort)
{
    size_t      i;
    json_t     *item;
    u_char     *p, alt[256];
    ngx_str_t   src, text;

    if (json_array_size(resort->photos) == 0) {
        return;
    }

    rb_pages_raw(page, "<ul class=\"photos\">\n");

    json_array_foreach(resort->photos, i, item) {
        src.data = (u_char *) json_string_value(item);
        src.len = json_string_length(item);

        p = ngx_slprintf(alt, alt + sizeof(alt),
                         (page->req->lang == RB_LANG_EN) ? "%V, photo %uz"
                                                         : "%V 사진 %uz",
                         &resort->name, i + 1);
        text.data = alt;
        text.len = p - alt;

        /* the first ones are seen at once */

        rb_pages_raw(page, "<li>");
        rb_page_open(page, "img", "src", &src, "alt", &text,
                     "width", rb_page_lit("640"),
                     "height", rb_page_lit("480"),
                     "loading", (i < 2) ? NULL : rb_page_lit("lazy"), NULL);
        rb_pages_raw(page, "</li>\n");
    }

    rb_pages_raw(page, "</ul>\n");
}


static void
rb_pages_resort_dorms(rb_page_t *page, ngx_str_t dorms)
{
    ngx_str_t  row, columns[RB_PAGES_DORM_COLUMNS];

    static const rb_text_t  title = rb_text("크루 숙소", "Where crew lives");

    if (dorms.len == 0) {
        return;
    }

    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", &title);
    rb_pages_raw(page, "<div class=\"cards\">\n");

    while (rb_pages_cut_off(&dorms, RB_PAGES_ROW, &row)) {

        if (rb_pages_cut_row(row, columns, RB_PAGES_DORM_COLUMNS) == NGX_OK) {
            rb_pages_raw(page, "<div class=\"card\">\n");
            rb_pages_dormitory(page, columns);
            rb_pages_raw(page, "</div>\n");
        }
    }

    rb_pages_raw(page, "</div>\n</section>\n");
}
