
/*
 * What the site's pages are made of: numbers, money and days as people read
 * them, texts as they were typed, cards of jobs.
 */


#include "pages/rb_pages_site.h"
#include "base/rb_time.h"
#include "meta/rb_meta.h"


#define RB_PAGES_DATE_LEN   10
#define RB_PAGES_DATE_SIZE  40          /* of any way to write one */


static ngx_int_t rb_pages_ymd(const ngx_str_t *date, int32_t *day,
    ngx_uint_t ymd[3]);
static u_char *rb_pages_date_write(u_char *p, rb_lang_e lang,
    const ngx_uint_t ymd[3], ngx_uint_t year);
static void rb_pages_time(rb_page_t *page, const ngx_str_t *date,
    ngx_uint_t year);
static const rb_text_t *rb_pages_pay_word(const ngx_str_t *type);
static void rb_pages_card_chips(rb_page_t *page, const rb_pages_card_t *card);
static const u_char *rb_pages_line_end(const u_char *p, const u_char *end);
static void rb_pages_block(rb_page_t *page, const u_char *p,
    const u_char *end);


int64_t
rb_pages_number(const ngx_str_t *text)
{
    ngx_int_t  n;

    n = text->len ? ngx_atoi(text->data, text->len) : 0;

    return (n == NGX_ERROR) ? 0 : n;
}


ngx_str_t
rb_pages_column(const rb_pg_rows_t *rows, const char *name)
{
    ngx_str_t   found;
    ngx_uint_t  i;

    for (i = 0; i < rows->columns; i++) {
        found = rb_pg_column_name(rows, i);

        if (found.len == ngx_strlen(name)
            && ngx_memcmp(found.data, name, found.len) == 0)
        {
            return rb_pg_value(rows, 0, i);
        }
    }

    ngx_str_null(&found);

    return found;
}


ngx_uint_t
rb_pages_cut_off(ngx_str_t *rest, u_char sep, ngx_str_t *part)
{
    u_char  *p;

    if (rest->data == NULL) {
        return 0;
    }

    *part = *rest;
    p = memchr(rest->data, sep, rest->len);

    if (p == NULL) {
        ngx_str_null(rest);
        return 1;
    }

    part->len = p - part->data;
    rest->len -= part->len + 1;
    rest->data = p + 1;

    return 1;
}


ngx_int_t
rb_pages_cut_row(ngx_str_t row, ngx_str_t *columns, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (!rb_pages_cut_off(&row, RB_PAGES_COLUMN, &columns[i])) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


u_char *
rb_pages_won(u_char *p, int64_t won)
{
    u_char      digits[NGX_INT64_LEN];
    ngx_uint_t  i, n;

    n = ngx_sprintf(digits, "%L", won) - digits;

    for (i = 0; i < n; i++) {

        if (i && (n - i) % 3 == 0) {
            *p++ = ',';
        }

        *p++ = digits[i];
    }

    return p;
}


static const rb_text_t *
rb_pages_pay_word(const ngx_str_t *type)
{
    static const rb_text_t  words[] = {
        rb_text("시급", "an hour"),
        rb_text("일급", "a day"),
        rb_text("월급", "a month")
    };

    return rb_meta_word(rb_meta_pay_types, words, type);
}


void
rb_pages_pay_write(rb_buf_t *b, rb_lang_e lang, const rb_pages_pay_t *pay)
{
    u_char            *p, text[RB_PAGES_WON_LEN * 2 + 16];
    int64_t            min, max;
    const rb_text_t   *word;

    min = rb_pages_number(&pay->min);
    max = rb_pages_number(&pay->max);
    word = rb_pages_pay_word(&pay->type);

    if (lang == RB_LANG_KO) {
        rb_buf_add_str(b, &word->in[lang]);
        rb_buf_add_lit(b, " ");
        p = rb_pages_won(text, min);

        if (max > min) {
            *p++ = '~';
            p = rb_pages_won(p, max);
        }

        rb_buf_add(b, text, p - text);
        rb_buf_add_lit(b, "원");
        return;
    }

    p = ngx_cpymem(text, "₩", sizeof("₩") - 1);
    p = rb_pages_won(p, min);

    if (max > min) {
        p = ngx_cpymem(p, "–", sizeof("–") - 1);
        p = rb_pages_won(p, max);
    }

    *p++ = ' ';
    rb_buf_add(b, text, p - text);
    rb_buf_add_str(b, &word->in[lang]);
}


void
rb_pages_pay(rb_page_t *page, const rb_pages_pay_t *pay)
{
    u_char     *p, text[RB_PAGES_WON_LEN * 2 + 16];
    int64_t     min, max;
    ngx_str_t   amount;
    rb_lang_e   lang;

    lang = page->req->lang;
    min = rb_pages_number(&pay->min);
    max = rb_pages_number(&pay->max);

    rb_pages_raw(page, "<p class=\"pay\"><span class=\"per\">");
    rb_page_say(page, (lang == RB_LANG_KO)
                      ? rb_pages_pay_word(&pay->type)
                      : rb_meta_word(rb_meta_pay_types, rb_meta_pay_words,
                                     &pay->type));
    rb_pages_raw(page, "</span> <strong>");

    p = text;

    if (lang == RB_LANG_EN) {
        p = ngx_cpymem(p, "₩", sizeof("₩") - 1);
    }

    p = rb_pages_won(p, min);

    if (max > min) {
        p = ngx_cpymem(p, "–", sizeof("–") - 1);
        p = rb_pages_won(p, max);
    }

    if (lang == RB_LANG_KO) {
        p = ngx_cpymem(p, "원", sizeof("원") - 1);
    }

    amount.data = text;
    amount.len = p - text;
    rb_page_text(page, &amount);
    rb_pages_raw(page, "</strong>");

    if (pay->hourly.len && pay->type.len && pay->type.data[0] != 'h') {
        amount.len = rb_pages_won(text, rb_pages_number(&pay->hourly)) - text;

        rb_pages_raw(page, " <span class=\"soft\">");
        rb_page_sayf(page, "시급으로 %V원", "₩%V an hour", &amount);
        rb_pages_raw(page, "</span>");
    }

    rb_pages_raw(page, "</p>\n");
}


static ngx_int_t
rb_pages_ymd(const ngx_str_t *date, int32_t *day, ngx_uint_t ymd[3])
{
    ngx_str_t  text;

    if (date->len < RB_PAGES_DATE_LEN) {
        return NGX_ERROR;
    }

    text.data = date->data;
    text.len = RB_PAGES_DATE_LEN;

    ymd[0] = (ngx_uint_t) ngx_atoi(text.data, 4);
    ymd[1] = (ngx_uint_t) ngx_atoi(text.data + 5, 2);
    ymd[2] = (ngx_uint_t) ngx_atoi(text.data + 8, 2);

    return rb_date_parse(&text, day);
}


/* Without the year if it is `year'. */

static u_char *
rb_pages_date_write(u_char *p, rb_lang_e lang, const ngx_uint_t ymd[3],
    ngx_uint_t year)
{
    static const char  months[12][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
        "Nov", "Dec"
    };

    if (lang == RB_LANG_EN) {
        p = ngx_sprintf(p, "%s %ui", months[ymd[1] - 1], ymd[2]);

        return (ymd[0] == year) ? p : ngx_sprintf(p, ", %ui", ymd[0]);
    }

    if (ymd[0] != year) {
        p = ngx_sprintf(p, "%ui.", ymd[0]);
    }

    return ngx_sprintf(p, "%02ui.%02ui", ymd[1], ymd[2]);
}


static void
rb_pages_time(rb_page_t *page, const ngx_str_t *date, ngx_uint_t year)
{
    u_char      text[RB_PAGES_DATE_SIZE];
    int32_t     day;
    ngx_str_t   machine, people;
    ngx_uint_t  ymd[3];

    if (rb_pages_ymd(date, &day, ymd) != NGX_OK) {
        return;
    }

    machine.data = date->data;
    machine.len = RB_PAGES_DATE_LEN;

    people.data = text;
    people.len = rb_pages_date_write(text, page->req->lang, ymd, year) - text;

    rb_page_open(page, "time", "datetime", &machine, NULL);
    rb_page_text(page, &people);
    rb_pages_raw(page, "</time>");
}


void
rb_pages_date(rb_page_t *page, const ngx_str_t *date)
{
    rb_pages_time(page, date, 0);
}


void
rb_pages_seoul_date(rb_page_t *page, const ngx_str_t *instant)
{
    u_char      text[RB_PAGES_DATE_LEN];
    int64_t     usec;
    ngx_str_t   date;

    if (rb_rfc3339_parse(instant, &usec) != NGX_OK) {
        return;
    }

    date.data = text;
    date.len = rb_date_write(text, (int32_t) ((usec / 1000000
                                               + RB_SEOUL_OFFSET_SECONDS)
                                              / 86400))
               - text;

    rb_pages_time(page, &date, 0);
}


void
rb_pages_period(rb_page_t *page, const ngx_str_t *from,
    const ngx_str_t *until)
{
    int32_t     first, last, days;
    ngx_uint_t  a[3], b[3];

    rb_pages_time(page, from, 0);

    if (until->len == 0) {
        rb_page_sayf(page, "부터 (끝나는 날 협의)", " on (end to be agreed)");
        return;
    }

    if (rb_pages_ymd(from, &first, a) != NGX_OK
        || rb_pages_ymd(until, &last, b) != NGX_OK)
    {
        return;
    }

    rb_pages_raw(page, " – ");
    rb_pages_time(page, until, a[0]);

    days = last - first + 1;

    rb_pages_raw(page, " <span class=\"soft\">");

    if (days < 60) {
        rb_page_sayf(page, "%d일", (days == 1) ? "%d day" : "%d days",
                     (int) days);

    } else {
        rb_page_sayf(page, "약 %d개월", "about %d months",
                     (int) ((days * 10 + 152) / 304));
    }

    rb_pages_raw(page, "</span>");
}


/*
 * It says another thing each day: cached pages are dropped at Seoul's
 * midnight.
 */

void
rb_pages_due(rb_page_t *page, const ngx_str_t *apply_until)
{
    int32_t     day, left;
    ngx_uint_t  ymd[3];

    if (apply_until->len == 0
        || rb_pages_ymd(apply_until, &day, ymd) != NGX_OK)
    {
        rb_pages_raw(page, "<span class=\"due\">");
        rb_page_sayf(page, "채용 시 마감", "Open until filled");
        rb_pages_raw(page, "</span>");
        return;
    }

    left = day - rb_date_today();

    if (left <= 3) {
        rb_pages_raw(page, "<span class=\"due soon\">");

    } else {
        rb_pages_raw(page, "<span class=\"due\">");
    }

    if (left <= 0) {
        rb_page_sayf(page, "오늘 마감", "Closes today");

    } else {
        rb_page_sayf(page, "D-%d", (left == 1) ? "%d day left"
                                               : "%d days left", (int) left);
    }

    rb_pages_raw(page, "</span>");
}


static const u_char *
rb_pages_line_end(const u_char *p, const u_char *end)
{
    const u_char  *nl;

    nl = memchr(p, '\n', end - p);

    return nl ? nl : end;
}


/* Cuts into blocks at empty lines. */

void
rb_pages_prose(rb_page_t *page, const ngx_str_t *text)
{
    ngx_uint_t     blank;
    const u_char  *p, *q, *end, *block, *eol;

    end = text->data + text->len;
    block = NULL;

    for (p = text->data; p < end; p = eol + 1) {
        eol = rb_pages_line_end(p, end);

        for (blank = 1, q = p; q < eol; q++) {
            if (*q != ' ' && *q != '\r' && *q != '\t') {
                blank = 0;
                break;
            }
        }

        if (blank && block) {
            rb_pages_block(page, block, p);
            block = NULL;

        } else if (!blank && block == NULL) {
            block = p;
        }

        if (eol == end) {
            break;
        }
    }

    if (block) {
        rb_pages_block(page, block, end);
    }
}


/* One paragraph; lines of it that begin with a dash are a list. */

static void
rb_pages_block(rb_page_t *page, const u_char *p, const u_char *end)
{
    ngx_str_t      line;
    ngx_uint_t     item;
    const u_char  *eol;
    enum { none = 0, paragraph, list } in;

    in = none;

    for ( ;; p = eol + 1) {

        if (p >= end) {
            break;
        }

        eol = rb_pages_line_end(p, end);

        line.data = (u_char *) p;
        line.len = eol - p;

        while (line.len && line.data[line.len - 1] == '\r') {
            line.len--;
        }

        item = line.len > 2 && line.data[0] == '-' && line.data[1] == ' ';

        if (item) {
            line.data += 2;
            line.len -= 2;

            if (in == paragraph) {
                rb_pages_raw(page, "</p>\n");
            }

            if (in != list) {
                rb_pages_raw(page, "<ul>\n");
                in = list;
            }

            rb_pages_raw(page, "<li>");
            rb_page_text(page, &line);
            rb_pages_raw(page, "</li>\n");

        } else if (line.len) {

            if (in == list) {
                rb_pages_raw(page, "</ul>\n");
            }

            if (in == paragraph) {
                rb_pages_raw(page, "<br>\n");

            } else {
                rb_pages_raw(page, "<p>");
                in = paragraph;
            }

            rb_page_text(page, &line);
        }
    }

    if (in == paragraph) {
        rb_pages_raw(page, "</p>\n");

    } else if (in == list) {
        rb_pages_raw(page, "</ul>\n");
    }
}


ngx_str_t
rb_pages_cut(const ngx_str_t *text, size_t max)
{
    ngx_str_t  cut;

    cut = *text;

    if (cut.len <= max) {
        return cut;
    }

    cut.len = max;

    while (cut.len && (cut.data[cut.len] & 0xc0) == 0x80) {
        cut.len--;
    }

    return cut;
}


void
rb_pages_section(rb_page_t *page, const rb_text_t *title,
    const ngx_str_t *text)
{
    rb_pages_raw(page, "<section>\n");
    rb_page_put(page, "h2", title);
    rb_page_open(page, "div", "class", rb_page_lit("prose"),
                 "lang", rb_pages_author_lang(page), NULL);
    rb_pages_prose(page, text);
    rb_pages_raw(page, "</div>\n</section>\n");
}


const ngx_str_t *
rb_pages_author_lang(const rb_page_t *page)
{
    static const ngx_str_t  ko = ngx_string("ko");

    return (page->req->lang == RB_LANG_KO) ? NULL : &ko;
}


void
rb_pages_place(rb_page_t *page, const ngx_str_t *region,
    const ngx_str_t *city)
{
    rb_page_say(page, rb_meta_word(rb_meta_regions, rb_meta_region_short_words,
                                   region));

    if (city->len) {
        rb_pages_raw(page, " ");
        rb_page_open(page, "span", "lang", rb_pages_author_lang(page), NULL);
        rb_page_text(page, city);
        rb_pages_raw(page, "</span>");
    }
}


void
rb_pages_chip(rb_page_t *page, const char *kind, const rb_text_t *text)
{
    ngx_str_t  class;

    class.data = (u_char *) kind;
    class.len = kind ? ngx_strlen(kind) : 0;

    rb_page_open(page, "li", "class", kind ? &class : NULL, NULL);
    rb_page_say(page, text);
    rb_pages_raw(page, "</li>\n");
}


void
rb_pages_labels(rb_page_t *page, ngx_str_t labels)
{
    ngx_str_t  label;

    rb_page_open(page, "ul", "class", rb_page_lit("chips"),
                 "lang", rb_pages_author_lang(page), NULL);

    while (rb_pages_cut_off(&labels, RB_PAGES_LABEL, &label)) {
        rb_pages_raw(page, "<li>");
        rb_page_text(page, &label);
        rb_pages_raw(page, "</li>\n");
    }

    rb_pages_raw(page, "</ul>\n");
}


void
rb_pages_json_labels(rb_page_t *page, const ngx_str_t *json)
{
    size_t      i;
    json_t     *root, *item;
    rb_buf_t    b;
    ngx_str_t   labels;

    if (rb_json_parse(page->req->task.pool, json, &root) != NULL) {
        return;
    }

    (void) rb_buf_init(&b, page->req->task.pool, json->len);

    json_array_foreach(root, i, item) {

        if (i) {
            rb_buf_add_lit(&b, "\x1d");
        }

        rb_buf_add(&b, json_string_value(item), json_string_length(item));
    }

    labels.data = b.start;
    labels.len = rb_buf_len(&b);

    rb_pages_labels(page, labels);
}


void
rb_pages_to(rb_page_t *page, const char *path, const ngx_str_t *id,
    const char *kind)
{
    rb_buf_t   *b;

    b = page->body;

    rb_pages_raw(page, "<a href=\"");

    if (page->req->lang == RB_LANG_EN) {
        rb_pages_raw(page, "/en");

        /* the home's slash is all of its path */

        if (path[0] == '/' && path[1] == '\0') {
            path++;
        }
    }

    rb_buf_add(b, path, ngx_strlen(path));

    if (id) {
        rb_page_text(page, id);
    }

    if (kind) {
        rb_pages_raw(page, "\" class=\"");
        rb_buf_add(b, kind, ngx_strlen(kind));
    }

    rb_pages_raw(page, "\">");
}


void
rb_pages_to_text(rb_page_t *page, const char *path, const ngx_str_t *id,
    const rb_text_t *text)
{
    rb_pages_to(page, path, id, NULL);
    rb_page_say(page, text);
    rb_pages_raw(page, "</a>");
}


void
rb_pages_card(rb_page_t *page, const rb_pages_card_t *card)
{
    rb_pages_raw(page, "<li class=\"card job\">\n<p class=\"where\">");

    if (card->resort.len) {
        rb_page_open(page, "span", "lang",
                     card->english ? NULL : rb_pages_author_lang(page), NULL);
        rb_page_text(page, &card->resort);
        rb_pages_raw(page, "</span> · ");
    }

    rb_pages_place(page, &card->region, &card->city);
    rb_pages_raw(page, "</p>\n");

    rb_page_open(page, "h3", "lang", rb_pages_author_lang(page), NULL);
    rb_pages_to(page, "/jobs/", &card->id, NULL);
    rb_page_text(page, &card->title);
    rb_pages_raw(page, "</a></h3>\n");

    rb_pages_pay(page, &card->pay);
    rb_pages_card_chips(page, card);

    rb_pages_raw(page, "<p class=\"when\"><span>");
    rb_pages_period(page, &card->from, &card->until);
    rb_pages_raw(page, "</span> ");
    rb_pages_due(page, &card->apply_until);
    rb_pages_raw(page, "</p>\n</li>\n");
}


static void
rb_pages_card_chips(rb_page_t *page, const rb_pages_card_t *card)
{
    static const rb_text_t  bed = rb_text("숙소 제공", "Bed provided");

    if (!card->dormitory && card->meals == 0
        && card->employment.len + card->category.len == 0)
    {
        return;
    }

    rb_pages_raw(page, "<ul class=\"chips\">\n");

    if (card->dormitory) {
        rb_pages_chip(page, "bed", &bed);
    }

    if (card->meals) {
        rb_pages_raw(page, "<li class=\"meal\">");
        rb_page_sayf(page, "하루 %ui식", (card->meals == 1)
                                         ? "%ui meal a day"
                                         : "%ui meals a day", card->meals);
        rb_pages_raw(page, "</li>\n");
    }

    if (card->employment.len) {
        rb_pages_chip(page, NULL, rb_meta_word(rb_meta_employment_types,
                                               rb_meta_employment_words,
                                               &card->employment));
    }

    if (card->category.len) {
        rb_pages_chip(page, NULL, rb_meta_word(rb_meta_categories,
                                               rb_meta_category_words,
                                               &card->category));
    }

    rb_pages_raw(page, "</ul>\n");
}


void
rb_pages_cards(rb_page_t *page, const rb_pg_rows_t *rows, ngx_uint_t n)
{
    ngx_str_t         text;
    ngx_uint_t        i;
    rb_pages_card_t   card;

    rb_pages_raw(page, "<ul class=\"cards\">\n");
    ngx_memzero(&card, sizeof(card));

    for (i = 0; i < n && i < rows->count; i++) {
        card.id = rb_pg_value(rows, i, RB_JOBS_C_ID);
        card.title = rb_pg_value(rows, i, RB_JOBS_C_TITLE);
        card.pay.type = rb_pg_value(rows, i, RB_JOBS_C_PAY_TYPE);
        card.pay.min = rb_pg_value(rows, i, RB_JOBS_C_PAY_MIN);
        card.pay.max = rb_pg_value(rows, i, RB_JOBS_C_PAY_MAX);
        card.pay.hourly = rb_pg_value(rows, i, RB_JOBS_C_PAY_HOURLY);
        card.from = rb_pg_value(rows, i, RB_JOBS_C_FROM);
        card.until = rb_pg_value(rows, i, RB_JOBS_C_UNTIL);
        card.apply_until = rb_pg_value(rows, i, RB_JOBS_C_APPLY_UNTIL);
        card.employment = rb_pg_value(rows, i, RB_JOBS_C_EMPLOYMENT);
        card.category = rb_pg_value(rows, i, RB_JOBS_C_CATEGORY);
        card.region = rb_pg_value(rows, i, RB_JOBS_C_REGION);
        card.city = rb_pg_value(rows, i, RB_JOBS_C_CITY);
        card.resort = rb_pg_value(rows, i, RB_JOBS_C_RESORT_NAME);

        text = rb_pg_value(rows, i, RB_JOBS_C_HEADCOUNT);
        card.headcount = rb_pages_number(&text);

        text = rb_pg_value(rows, i, RB_JOBS_C_MEALS);
        card.meals = rb_pages_number(&text);

        text = rb_pg_value(rows, i, RB_JOBS_C_DORMITORY);
        card.dormitory = text.len && text.data[0] == 't';

        rb_pages_card(page, &card);
    }

    rb_pages_raw(page, "</ul>\n");
}


rb_err_t *
rb_pages_region_jobs(rb_req_t *req, const ngx_str_t *region,
    rb_pg_rows_t *rows)
{
    rb_jobs_search_t  search;

    ngx_memzero(&search, sizeof(rb_jobs_search_t));

    search.region = *region;
    search.limit = 6;

    return rb_jobs_search(&req->task, &search, rows);
}


void
rb_pages_instead(rb_page_t *page, const ngx_str_t *region,
    const rb_pg_rows_t *rows)
{
    const rb_text_t  *word;

    static const rb_text_t  all = rb_text("일자리 모두 보기", "See all jobs");

    word = rb_meta_word(rb_meta_regions, rb_meta_region_words, region);

    if (rows->count) {
        rb_pages_raw(page, "<section>\n");
        rb_page_putf(page, "h2", "지금 지원할 수 있는 %V 일자리",
                     "Jobs that are open now in %V",
                     &word->in[page->req->lang]);
        rb_pages_cards(page, rows, rows->count);
        rb_pages_raw(page, "<p class=\"more\">");
        rb_pages_to(page, "/jobs?region=", region, NULL);
        rb_page_sayf(page, "%V 일자리 모두 보기", "All jobs in %V",
                     &word->in[page->req->lang]);
        rb_pages_raw(page, "</a></p>\n</section>\n");
    }

    rb_pages_raw(page, "<p class=\"more\">");
    rb_pages_to_text(page, "/jobs", NULL, &all);
    rb_pages_raw(page, "</p>\n");
}
