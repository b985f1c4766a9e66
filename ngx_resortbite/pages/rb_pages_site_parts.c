
/*
 * More of what the site's pages are made of: the search form, where one is,
 * how to reach a resort, dormitories, the hours of a week.
 */


#include "pages/rb_pages_site.h"
#include "base/rb_week.h"
#include "meta/rb_meta.h"
#include "web/rb_param.h"


static void rb_pages_pay_select(rb_page_t *page, const ngx_str_t *chosen);
static void rb_pages_filter_write(rb_buf_t *b, u_char *sep, const char *name,
    const ngx_str_t *value);
static void rb_pages_mail_address(rb_page_t *page, const ngx_str_t *email);
static ngx_uint_t rb_pages_week_same(const rb_week_range_t *ranges,
    ngx_uint_t n, ngx_uint_t a, ngx_uint_t b);
static void rb_pages_week_days(rb_buf_t *b, rb_lang_e lang,
    const ngx_uint_t *days);
static void rb_pages_week_hours(rb_buf_t *b, const rb_week_range_t *ranges,
    ngx_uint_t n, ngx_uint_t day);


/* ---- the search form */

void
rb_pages_search_form(rb_page_t *page, const rb_pages_filters_t *filters,
    ngx_uint_t whole)
{
    static const rb_text_t  region = rb_text("지역", "Region");
    static const rb_text_t  regions = rb_text("모든 지역", "All regions");
    static const rb_text_t  category = rb_text("직무", "Kind of work");
    static const rb_text_t  categories = rb_text("모든 직무", "All work");
    static const rb_text_t  employment = rb_text("고용 형태", "Employment");
    static const rb_text_t  any = rb_text("모두", "Any");
    static const rb_text_t  bed = rb_text("숙소를 주는 일자리만",
                                          "Only with a bed");
    static const rb_text_t  find = rb_text("일자리 찾기", "Find jobs");
    static const rb_text_t  order = rb_text("정렬", "Order");

    rb_pages_raw_in(page,
        "<form class=\"search\" role=\"search\" aria-label=\"일자리 검색\" "
        "method=\"get\" action=\"/jobs\">\n",
        "<form class=\"search\" role=\"search\" aria-label=\"Search jobs\" "
        "method=\"get\" action=\"/en/jobs\">\n");

    rb_pages_select(page, "region", &region, &regions, rb_meta_regions,
                    rb_meta_region_words, &filters->region);
    rb_pages_select(page, "category", &category, &categories,
                    rb_meta_categories, rb_meta_category_words,
                    &filters->category);

    if (whole) {
        rb_pages_select(page, "employment_type", &employment, &any,
                        rb_meta_employment_types, rb_meta_employment_words,
                        &filters->employment_type);
    }

    rb_pages_pay_select(page, &filters->pay_min);

    /* distance needs a place, which a form without script can't tell */

    if (whole) {
        static const ngx_str_t  orders[] = {
            ngx_string("newest"), ngx_string("pay"), ngx_string("deadline"),
            ngx_null_string
        };

        rb_pages_select(page, "order", &order, NULL, orders,
                        rb_meta_job_order_words, &orders[filters->order]);
    }

    rb_pages_raw(page, "<div class=\"check\">");
    rb_page_open(page, "input", "type", rb_page_lit("checkbox"),
                 "id", rb_page_lit("f-dormitory"),
                 "name", rb_page_lit("dormitory"),
                 "value", rb_page_lit("true"),
                 "checked", (filters->dormitory.len == 4)
                            ? rb_page_lit("") : NULL, NULL);
    rb_pages_raw(page, "<label for=\"f-dormitory\">");
    rb_page_say(page, &bed);
    rb_pages_raw(page, "</label></div>\n<button type=\"submit\">");
    rb_page_say(page, &find);
    rb_pages_raw(page, "</button>\n</form>\n");
}


void
rb_pages_select(rb_page_t *page, const char *name, const rb_text_t *label,
    const rb_text_t *any, const ngx_str_t *codes, const rb_text_t *words,
    const ngx_str_t *chosen)
{
    rb_buf_t    *b;
    size_t       len;
    ngx_uint_t   i, one;

    b = page->body;
    len = ngx_strlen(name);

    rb_pages_raw(page, "<div class=\"field\"><label for=\"f-");
    rb_buf_add(b, name, len);
    rb_pages_raw(page, "\">");
    rb_page_say(page, label);
    rb_pages_raw(page, "</label><select id=\"f-");
    rb_buf_add(b, name, len);
    rb_pages_raw(page, "\" name=\"");
    rb_buf_add(b, name, len);
    rb_pages_raw(page, "\">\n");

    if (any) {
        rb_pages_raw(page, "<option value=\"\">");
        rb_page_say(page, any);
        rb_pages_raw(page, "</option>\n");
    }

    for (i = 0; codes[i].len; i++) {
        one = codes[i].len == chosen->len
              && ngx_memcmp(codes[i].data, chosen->data, chosen->len) == 0;

        rb_pages_raw(page, "<option value=\"");
        rb_buf_add_str(b, &codes[i]);

        if (one) {
            rb_pages_raw(page, "\" selected>");

        } else {
            rb_pages_raw(page, "\">");
        }

        rb_page_say(page, &words[i]);
        rb_pages_raw(page, "</option>\n");
    }

    rb_pages_raw(page, "</select></div>\n");
}


/* Steps above what the law asks for, and what the address said. */

static void
rb_pages_pay_select(rb_page_t *page, const ngx_str_t *chosen)
{
    u_char      text[RB_PAGES_WON_LEN];
    int64_t     asked, pay;
    ngx_str_t   won;
    ngx_uint_t  i;

    static const rb_text_t  label = rb_text("시급 (환산)", "Pay by the hour");
    static const rb_text_t  any = rb_text("상관없음", "Any");

    static const int64_t  steps[] = {
        10500, 11000, 12000, 13000, 15000, 20000
    };

    asked = rb_pages_number(chosen);

    rb_pages_raw(page, "<div class=\"field\"><label for=\"f-pay_min\">");
    rb_page_say(page, &label);
    rb_pages_raw(page, "</label><select id=\"f-pay_min\" name=\"pay_min\">\n"
                       "<option value=\"\">");
    rb_page_say(page, &any);
    rb_pages_raw(page, "</option>\n");

    for (i = 0; i <= rb_array_size(steps); i++) {

        if (i == rb_array_size(steps)) {

            if (asked == 0) {
                break;
            }

            pay = asked;

        } else {
            pay = steps[i];
        }

        rb_buf_printf(page->body, "<option value=\"%L\"%s>", pay,
                      (pay == asked) ? " selected" : "");

        won.data = text;
        won.len = rb_pages_won(text, pay) - text;

        rb_page_sayf(page, "%V원 이상", "₩%V or more", &won);
        rb_pages_raw(page, "</option>\n");

        if (pay == asked) {
            asked = 0;
        }
    }

    rb_pages_raw(page, "</select></div>\n");
}


/* What is given has been checked: codes, digits, true. */

void
rb_pages_filters_path(rb_buf_t *b, const rb_pages_filters_t *filters)
{
    u_char  sep;

    sep = '?';

    rb_buf_add_lit(b, "/jobs");
    rb_pages_filter_write(b, &sep, "region=", &filters->region);
    rb_pages_filter_write(b, &sep, "category=", &filters->category);
    rb_pages_filter_write(b, &sep, "employment_type=",
                          &filters->employment_type);
    rb_pages_filter_write(b, &sep, "dormitory=", &filters->dormitory);
    rb_pages_filter_write(b, &sep, "pay_min=", &filters->pay_min);

    if (filters->order != RB_JOBS_BY_NEWEST) {
        rb_pages_filter_write(b, &sep, "order=",
                              &rb_meta_job_orders[filters->order]);
    }
}


static void
rb_pages_filter_write(rb_buf_t *b, u_char *sep, const char *name,
    const ngx_str_t *value)
{
    if (value->len == 0) {
        return;
    }

    rb_buf_add(b, sep, 1);
    rb_buf_add(b, name, ngx_strlen(name));
    rb_buf_add_str(b, value);
    *sep = '&';
}


/* ---- where one is */

void
rb_pages_crumbs(rb_page_t *page, const rb_pages_crumb_t *crumbs,
    ngx_uint_t n)
{
    ngx_str_t   href;
    ngx_uint_t  i;

    rb_pages_raw_in(page, "<nav class=\"crumbs\" aria-label=\"현재 위치\">\n"
                          "<ol>\n",
                          "<nav class=\"crumbs\" aria-label=\"Breadcrumbs\">\n"
                          "<ol>\n");

    for (i = 0; i + 1 < n; i++) {
        href = rb_page_path(page->req->task.pool, page->req->lang,
                            &crumbs[i].path);

        rb_pages_raw(page, "<li>");
        rb_page_open(page, "a", "href", &href, NULL);
        rb_page_say(page, &crumbs[i].name);
        rb_pages_raw(page, "</a></li>\n");
    }

    rb_pages_raw(page, "</ol>\n</nav>\n");
}


/* ---- resorts */

const ngx_str_t *
rb_pages_resort_name(rb_lang_e lang, const ngx_str_t *name,
    const ngx_str_t *name_en)
{
    return (lang == RB_LANG_EN && name_en->len) ? name_en : name;
}


void
rb_pages_contacts(rb_page_t *page, const ngx_str_t *phone,
    const ngx_str_t *email, const ngx_str_t *website)
{
    static const rb_text_t  none = rb_text(
        "이 리조트는 아직 연락처를 올리지 않았습니다.",
        "This resort has not published how to reach it.");

    if (phone->len == 0 && email->len == 0 && website->len == 0) {
        rb_page_put(page, "p", &none);
        return;
    }

    rb_pages_raw(page, "<ul class=\"contacts\">\n");

    if (phone->len) {
        rb_pages_raw_in(page, "<li><span class=\"soft\">전화</span> ",
                              "<li><span class=\"soft\">Telephone</span> ");
        rb_pages_raw(page, "<a href=\"tel:");
        rb_page_text(page, phone);
        rb_pages_raw(page, "\">");
        rb_page_text(page, phone);
        rb_pages_raw(page, "</a></li>\n");
    }

    if (email->len) {
        rb_pages_raw_in(page, "<li><span class=\"soft\">이메일</span> ",
                              "<li><span class=\"soft\">E-mail</span> ");
        rb_pages_raw(page, "<a href=\"mailto:");
        rb_pages_mail_address(page, email);
        rb_pages_raw(page, "\">");
        rb_page_text(page, email);
        rb_pages_raw(page, "</a></li>\n");
    }

    if (website->len) {
        rb_pages_raw_in(page, "<li><span class=\"soft\">웹사이트</span> ",
                              "<li><span class=\"soft\">Website</span> ");
        rb_page_open(page, "a", "href", website,
                     "rel", rb_page_lit("nofollow noopener external"), NULL);
        rb_page_text(page, website);
        rb_pages_raw(page, "</a></li>\n");
    }

    rb_pages_raw(page, "</ul>\n");
}


/* What is special in a mailto: address is escaped (RFC 6068 §2). */

static void
rb_pages_mail_address(rb_page_t *page, const ngx_str_t *email)
{
    u_char     *at;
    ngx_str_t   part;

    at = ngx_strlchr(email->data, email->data + email->len, '@');

    if (at == NULL) {
        return;
    }

    part.data = email->data;
    part.len = at - email->data;
    rb_query_escape(page->body, &part, 0);

    rb_pages_raw(page, "@");

    part.data = at + 1;
    part.len = email->data + email->len - part.data;
    rb_query_escape(page->body, &part, 0);
}


void
rb_pages_rating(rb_page_t *page, const ngx_str_t *average,
    const ngx_str_t *count)
{
    if (average->len == 0 || rb_pages_number(count) == 0) {
        return;
    }

    rb_pages_raw(page, "<span class=\"rating\"><span aria-hidden=\"true\">★"
                       "</span> ");
    rb_page_sayf(page, "평점 %V (%V명)", "Rated %V by %V", average, count);
    rb_pages_raw(page, "</span>");
}


void
rb_pages_map(rb_page_t *page, const ngx_str_t *address,
    const ngx_str_t *name, const ngx_str_t *lat, const ngx_str_t *lng)
{
    rb_page_open(page, "p", "lang", rb_pages_author_lang(page), NULL);
    rb_page_text(page, address);
    rb_pages_raw(page, "</p>\n<p><a rel=\"nofollow noopener external\" "
                       "href=\"https://map.kakao.com/link/map/");
    rb_query_escape(page->body, name, 1);
    rb_pages_raw(page, ",");
    rb_page_text(page, lat);
    rb_pages_raw(page, ",");
    rb_page_text(page, lng);
    rb_pages_raw(page, "\">");
    rb_page_sayf(page, "카카오맵에서 보기", "See it on KakaoMap");
    rb_pages_raw(page, "</a></p>\n");
}


/* ---- dormitories */

void
rb_pages_dormitory(rb_page_t *page, const ngx_str_t *row)
{
    u_char     *p, won[RB_PAGES_WON_LEN * 2 + sizeof("–")];
    int64_t     n, least;
    ngx_str_t   text;

    rb_page_open(page, "h3", "lang", rb_pages_author_lang(page), NULL);
    rb_page_text(page, &row[RB_PAGES_DORM_NAME]);
    rb_pages_raw(page, "</h3>\n<dl class=\"facts\">\n");

    rb_pages_raw_in(page, "<div><dt>유형</dt><dd>", "<div><dt>Kind</dt><dd>");
    rb_page_say(page, rb_meta_word(rb_meta_dorm_types, rb_meta_dorm_words,
                                   &row[RB_PAGES_DORM_TYPE]));
    rb_pages_raw_in(page, "</dd></div>\n<div><dt>숙소비</dt><dd>",
                          "</dd></div>\n<div><dt>Rent</dt><dd>");

    n = rb_pages_number(&row[RB_PAGES_DORM_RENT_MAX]);
    least = rb_pages_number(&row[RB_PAGES_DORM_RENT_MIN]);

    p = won;

    if (least < n) {
        p = rb_pages_won(p, least);
        p = ngx_cpymem(p, "–", sizeof("–") - 1);
    }

    text.data = won;
    text.len = rb_pages_won(p, n) - won;

    if (n == 0) {
        rb_page_sayf(page, "무료", "Free");

    } else if (least < n) {
        rb_page_sayf(page, "한 달 %V원, 시기에 따라", "₩%V a month, by season",
                     &text);

    } else {
        rb_page_sayf(page, "한 달 %V원", "₩%V a month", &text);
    }

    if (row[RB_PAGES_DORM_UTILITIES].data[0] == 't') {
        rb_page_sayf(page, " (공과금 포함)", " (utilities included)");
    }

    rb_pages_raw(page, "</dd></div>\n");

    n = rb_pages_number(&row[RB_PAGES_DORM_DEPOSIT]);

    if (n) {
        text.len = rb_pages_won(won, n) - won;
        rb_pages_raw_in(page, "<div><dt>보증금</dt><dd>",
                              "<div><dt>Deposit</dt><dd>");
        rb_page_sayf(page, "%V원", "₩%V", &text);
        rb_pages_raw(page, "</dd></div>\n");
    }

    n = rb_pages_number(&row[RB_PAGES_DORM_DISTANCE]);

    rb_pages_raw_in(page, "<div><dt>일터까지</dt><dd>",
                          "<div><dt>To work</dt><dd>");

    if (n < 1000) {
        rb_page_sayf(page, "%Lm", "%L m", n);

    } else {
        rb_page_sayf(page, "%L.%Lkm", "%L.%L km", n / 1000, n % 1000 / 100);
    }

    rb_pages_raw(page, "</dd></div>\n</dl>\n");

    if (row[RB_PAGES_DORM_FACILITIES].len) {
        rb_pages_labels(page, row[RB_PAGES_DORM_FACILITIES]);
    }
}


/* ---- weeks */

/*
 * Days that have the same hours stand together: "월–금" and their hours, "토"
 * and its own.
 */

void
rb_pages_week(rb_page_t *page, const ngx_str_t *schedule)
{
    rb_buf_t          b;
    rb_week_t         week;
    ngx_str_t         text;
    ngx_uint_t        i, k, n, days[RB_WEEK_DAYS + 1], done[RB_WEEK_DAYS];
    rb_week_range_t   ranges[RB_WEEK_RANGES_MAX];

    if (rb_week_from_bits(schedule, &week) != NGX_OK) {
        return;
    }

    n = rb_week_ranges(&week, ranges);

    ngx_memzero(done, sizeof(done));

    rb_pages_raw_in(page,
        "<table class=\"week\"><caption>한 주의 근무 시간</caption>\n"
        "<thead><tr><th scope=\"col\">요일</th><th scope=\"col\">시간</th>"
        "</tr></thead>\n<tbody>\n",
        "<table class=\"week\"><caption>Hours of a week</caption>\n"
        "<thead><tr><th scope=\"col\">Days</th><th scope=\"col\">Hours</th>"
        "</tr></thead>\n<tbody>\n");

    for (i = 0; i < RB_WEEK_DAYS; i++) {

        if (done[i]) {
            continue;
        }

        ngx_memzero(days, sizeof(days));

        for (k = i; k < RB_WEEK_DAYS; k++) {
            if (rb_pages_week_same(ranges, n, i, k)) {
                done[k] = days[k] = 1;
            }
        }

        (void) rb_buf_init(&b, page->req->task.pool, 64);

        rb_pages_raw(page, "<tr><th scope=\"row\">");
        rb_pages_week_days(&b, page->req->lang, days);
        text.data = b.start;
        text.len = rb_buf_len(&b);
        rb_page_text(page, &text);
        rb_pages_raw(page, "</th><td>");

        b.last = b.start;
        rb_pages_week_hours(&b, ranges, n, i);

        if (rb_buf_len(&b)) {
            text.data = b.start;
            text.len = rb_buf_len(&b);
            rb_page_text(page, &text);

        } else {
            rb_page_sayf(page, "쉼", "Off");
        }

        rb_pages_raw(page, "</td></tr>\n");
    }

    rb_pages_raw(page, "</tbody></table>\n");
}


void
rb_pages_week_write(rb_buf_t *b, rb_lang_e lang, const ngx_str_t *schedule)
{
    rb_week_t         week;
    ngx_uint_t        i, k, n, some, days[RB_WEEK_DAYS + 1];
    ngx_uint_t        done[RB_WEEK_DAYS];
    rb_week_range_t   ranges[RB_WEEK_RANGES_MAX];

    if (rb_week_from_bits(schedule, &week) != NGX_OK) {
        return;
    }

    n = rb_week_ranges(&week, ranges);
    some = 0;

    ngx_memzero(done, sizeof(done));

    for (i = 0; i < RB_WEEK_DAYS; i++) {
        ngx_memzero(days, sizeof(days));

        for (k = 0; k < n && ranges[k].day != i; k++) { /* void */ }

        if (k == n || done[i]) {
            continue;
        }

        for (k = i; k < RB_WEEK_DAYS; k++) {
            if (rb_pages_week_same(ranges, n, i, k)) {
                done[k] = days[k] = 1;
            }
        }

        if (some++) {
            rb_buf_add_lit(b, ", ");
        }

        rb_pages_week_days(b, lang, days);
        rb_buf_add_lit(b, " ");
        rb_pages_week_hours(b, ranges, n, i);
    }
}


static ngx_uint_t
rb_pages_week_same(const rb_week_range_t *ranges, ngx_uint_t n, ngx_uint_t a,
    ngx_uint_t b)
{
    ngx_uint_t  i, k;

    for (i = 0, k = 0; ; i++, k++) {

        while (i < n && ranges[i].day != a) {
            i++;
        }

        while (k < n && ranges[k].day != b) {
            k++;
        }

        if (i == n || k == n) {
            return i == n && k == n;
        }

        if (ranges[i].start != ranges[k].start
            || ranges[i].hours != ranges[k].hours)
        {
            return 0;
        }
    }
}


/* "월–금", "토, 일": three days and more in a row are a span. */

static void
rb_pages_week_days(rb_buf_t *b, rb_lang_e lang, const ngx_uint_t *days)
{
    ngx_uint_t  i, k, some;

    static const rb_text_t  names[RB_WEEK_DAYS] = {
        rb_text("월", "Mon"), rb_text("화", "Tue"), rb_text("수", "Wed"),
        rb_text("목", "Thu"), rb_text("금", "Fri"), rb_text("토", "Sat"),
        rb_text("일", "Sun")
    };

    some = 0;

    for (i = 0; i < RB_WEEK_DAYS; i = k) {
        k = i + 1;

        if (!days[i]) {
            continue;
        }

        if (some++) {
            rb_buf_add_lit(b, ", ");
        }

        rb_buf_add_str(b, &names[i].in[lang]);

        while (k < RB_WEEK_DAYS && days[k]) {
            k++;
        }

        if (k - i >= 3) {
            rb_buf_add_lit(b, "–");
            rb_buf_add_str(b, &names[k - 1].in[lang]);

        } else {
            k = i + 1;
        }
    }
}


static void
rb_pages_week_hours(rb_buf_t *b, const rb_week_range_t *ranges, ngx_uint_t n,
    ngx_uint_t day)
{
    ngx_uint_t  i, end, some;

    some = 0;

    for (i = 0; i < n; i++) {

        if (ranges[i].day != day) {
            continue;
        }

        end = ranges[i].start + ranges[i].hours;

        rb_buf_printf(b, "%s%02ui:00–%02ui:00", some++ ? ", " : "",
                      ranges[i].start, (end > 24) ? end - 24 : end);
    }
}
