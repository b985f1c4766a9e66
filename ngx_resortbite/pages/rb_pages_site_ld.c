
/*
 * What search engines read: JSON-LD (https://www.w3.org/TR/json-ld11/) in the
 * words of https://schema.org.  The JobPosting has what Google asks for and
 * recommends (https://developers.google.com/search/docs/appearance/
 * structured-data/job-posting), as far as a post says it.
 */


#include "pages/rb_pages_site.h"
#include "meta/rb_meta.h"


/*
 * A page is to stay small, and shows the whole text already: of a very long
 * one the posting has the beginning.
 */

#define RB_PAGES_LD_TEXT   6000         /* bytes */
#define RB_PAGES_LD_SHORT  1200


static void rb_pages_posting_texts(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows, const rb_buf_t *about);
static void rb_pages_posting_employer(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows);
static void rb_pages_posting_dates(rb_json_t *json, const rb_pg_rows_t *rows);
static void rb_pages_posting_pay(rb_json_t *json, const rb_pg_rows_t *rows);
static void rb_pages_posting_kind(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows);
static void rb_pages_posting_benefits(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows);
static void rb_pages_posting_hours(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows);
static void rb_pages_buf_str(rb_json_t *json, const rb_buf_t *b);
static void rb_pages_type(rb_json_t *json, const char *type);


void
rb_pages_crumbs_json(rb_req_t *req, rb_json_t *json,
    const rb_pages_crumb_t *crumbs, ngx_uint_t n)
{
    ngx_uint_t  i;

    rb_json_open(json, '{');
    rb_json_key(json, "@context");
    rb_json_str(json, rb_page_lit("https://schema.org"));
    rb_pages_type(json, "BreadcrumbList");
    rb_json_key(json, "itemListElement");
    rb_json_open(json, '[');

    for (i = 0; i < n; i++) {
        rb_json_open(json, '{');
        rb_pages_type(json, "ListItem");
        rb_json_key(json, "position");
        rb_json_int(json, i + 1);
        rb_json_key(json, "name");
        rb_json_str(json, &crumbs[i].name.in[req->lang]);
        rb_json_key(json, "item");
        rb_pages_address_str(req, json, &crumbs[i].path);
        rb_json_close(json, '}');
    }

    rb_json_close(json, ']');
    rb_json_close(json, '}');
}


void
rb_pages_address_str(rb_req_t *req, rb_json_t *json, const ngx_str_t *path)
{
    ngx_str_t  address;

    address = rb_page_address(req->task.pool, req->lang, path);
    rb_json_str(json, &address);
}


ngx_str_t
rb_pages_absolute(ngx_pool_t *pool, const ngx_str_t *address)
{
    ngx_str_t  whole;

    if (address->len == 0 || address->data[0] != '/'
        || rb_page_origin.len == 0)
    {
        return *address;
    }

    whole.data = ngx_pnalloc(pool, rb_page_origin.len + address->len);

    if (whole.data == NULL) {
        return *address;
    }

    whole.len = ngx_sprintf(whole.data, "%V%V", &rb_page_origin, address)
                - whole.data;

    return whole;
}


/*
 * An address begins with the region, in full or short, and the city; what
 * comes after them is the street.
 */

void
rb_pages_address_json(rb_json_t *json, const ngx_str_t *region,
    const ngx_str_t *city, const ngx_str_t *address)
{
    u_char           *p, *end;
    ngx_str_t         street;
    const rb_text_t  *word;

    word = rb_meta_word(rb_meta_regions, rb_meta_region_words, region);

    rb_json_key(json, "address");
    rb_json_open(json, '{');
    rb_pages_type(json, "PostalAddress");
    rb_json_key(json, "addressCountry");
    rb_json_str(json, rb_page_lit("KR"));
    rb_json_key(json, "addressRegion");
    rb_json_str(json, &word->in[RB_LANG_KO]);

    end = address->data + address->len;
    p = ngx_strlchr(address->data, end, ' ');
    p = p ? ngx_strlchr(p + 1, end, ' ') : NULL;

    if (city->len) {
        rb_json_key(json, "addressLocality");
        rb_json_str(json, city);
    }

    if (p && p + 1 < end) {
        street.data = p + 1;
        street.len = end - street.data;

        rb_json_key(json, "streetAddress");
        rb_json_str(json, &street);
    }

    rb_json_close(json, '}');
}


void
rb_pages_geo_json(rb_json_t *json, const ngx_str_t *lat,
    const ngx_str_t *lng)
{
    rb_json_key(json, "geo");
    rb_json_open(json, '{');
    rb_pages_type(json, "GeoCoordinates");
    rb_json_key(json, "latitude");
    rb_json_raw(json, lat->data, lat->len);
    rb_json_key(json, "longitude");
    rb_json_raw(json, lng->data, lng->len);
    rb_json_close(json, '}');
}


void
rb_pages_posting_json(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows, const rb_buf_t *about)
{
    ngx_str_t  region, city, address, lat, lng;

    region = rb_pg_value(rows, 0, RB_JOB_C_REGION);
    city = rb_pg_value(rows, 0, RB_JOB_C_CITY);
    address = rb_pg_value(rows, 0, RB_JOB_C_ADDRESS);
    lat = rb_pg_value(rows, 0, RB_JOB_C_LAT);
    lng = rb_pg_value(rows, 0, RB_JOB_C_LNG);

    rb_json_open(json, '{');
    rb_json_key(json, "@context");
    rb_json_str(json, rb_page_lit("https://schema.org"));
    rb_pages_type(json, "JobPosting");

    rb_pages_posting_texts(req, json, rows, about);
    rb_pages_posting_employer(req, json, rows);

    rb_json_key(json, "jobLocation");
    rb_json_open(json, '{');
    rb_pages_type(json, "Place");
    rb_pages_address_json(json, &region, &city, &address);
    rb_pages_geo_json(json, &lat, &lng);
    rb_json_close(json, '}');

    rb_pages_posting_dates(json, rows);
    rb_pages_posting_pay(json, rows);
    rb_pages_posting_kind(req, json, rows);
    rb_pages_posting_benefits(req, json, rows);
    rb_pages_posting_hours(req, json, rows);

    /* one writes or calls: there is no application on this site */

    rb_json_key(json, "directApply");
    rb_json_bool(json, 0);
    rb_json_close(json, '}');
}


/* The description is HTML, of which Google takes p, ul, li and br. */

static void
rb_pages_posting_texts(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows, const rb_buf_t *about)
{
    rb_buf_t    html, path;
    ngx_str_t   text, cut;
    rb_page_t   page;

    text = rb_pg_value(rows, 0, RB_JOB_C_TITLE);
    rb_json_key(json, "title");
    rb_json_str(json, &text);

    (void) rb_buf_init(&html, req->task.pool, rb_buf_len(about) + 1024);

    ngx_memzero(&page, sizeof(rb_page_t));
    page.req = req;
    page.body = &html;

    text = rb_pg_value(rows, 0, RB_JOB_C_DESCRIPTION);
    cut = rb_pages_cut(&text, RB_PAGES_LD_TEXT);

    if (cut.len == text.len) {
        rb_buf_add(&html, about->start, rb_buf_len(about));

    } else {
        rb_pages_prose(&page, &cut);
        rb_buf_add_lit(&html, "<p>…</p>\n");
    }

    text = rb_pg_value(rows, 0, RB_JOB_C_REQUIREMENTS);

    if (text.len) {
        cut = rb_pages_cut(&text, RB_PAGES_LD_SHORT);
        rb_buf_add_lit(&html, "<p>지원 자격</p>\n");
        rb_pages_prose(&page, &cut);
    }

    rb_json_key(json, "description");
    rb_pages_buf_str(json, &html);

    if (text.len) {
        rb_json_key(json, "qualifications");
        rb_json_str(json, &cut);
    }

    text = rb_pg_value(rows, 0, RB_JOB_C_ID);

    (void) rb_buf_init(&path, req->task.pool, 64);
    rb_buf_add_lit(&path, "/jobs/");
    rb_buf_add_str(&path, &text);

    cut.data = path.start;
    cut.len = rb_buf_len(&path);

    rb_json_key(json, "url");
    rb_pages_address_str(req, json, &cut);

    rb_json_key(json, "identifier");
    rb_json_open(json, '{');
    rb_pages_type(json, "PropertyValue");
    rb_json_key(json, "name");
    rb_json_str(json, rb_page_lit("ResortBite"));
    rb_json_key(json, "value");
    rb_json_str(json, &text);
    rb_json_close(json, '}');
}


static void
rb_pages_posting_employer(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows)
{
    rb_buf_t    path;
    ngx_str_t   name, text;

    name = rb_pg_value(rows, 0, RB_JOB_C_RESORT_NAME);

    rb_json_key(json, "hiringOrganization");
    rb_json_open(json, '{');
    rb_pages_type(json, "Organization");
    rb_json_key(json, "name");
    rb_json_str(json, &name);

    text = rb_pg_value(rows, 0, RB_PAGES_JOB_C_WEBSITE);

    if (text.len) {
        rb_json_key(json, "sameAs");
        rb_json_str(json, &text);
    }

    /* the first photo stands for a resort wherever one picture is shown */

    text = rb_pg_value(rows, 0, RB_PAGES_JOB_C_PHOTO);

    if (text.len) {
        text = rb_pages_absolute(req->task.pool, &text);
        rb_json_key(json, "logo");
        rb_json_str(json, &text);
    }

    text = rb_pg_value(rows, 0, RB_PAGES_JOB_C_OPEN);

    if (text.len && text.data[0] == 't') {
        (void) rb_buf_init(&path, req->task.pool, 64);
        rb_buf_add_lit(&path, "/resorts/");
        text = rb_pg_value(rows, 0, RB_JOB_C_RESORT_ID);
        rb_buf_add_str(&path, &text);

        text.data = path.start;
        text.len = rb_buf_len(&path);

        rb_json_key(json, "url");
        rb_pages_address_str(req, json, &text);
    }

    rb_json_close(json, '}');

    text = rb_pg_value(rows, 0, RB_JOB_C_RESORT_TYPE);
    rb_json_key(json, "industry");
    rb_json_str(json, &rb_meta_word(rb_meta_resort_types,
                                    rb_meta_resort_words, &text)
                        ->in[req->lang]);
}


/* It is valid through the last day that one can apply on, which is Seoul's. */

static void
rb_pages_posting_dates(rb_json_t *json, const rb_pg_rows_t *rows)
{
    u_char      text[sizeof("YYYY-MM-DDT23:59:59+09:00")];
    ngx_str_t   date, until;

    date = rb_pg_value(rows, 0, RB_JOB_C_PUBLISHED_AT);
    rb_json_key(json, "datePosted");
    rb_json_str(json, &date);

    date = rb_pg_value(rows, 0, RB_JOB_C_APPLY_UNTIL);
    until = rb_pg_value(rows, 0, RB_JOB_C_UNTIL);

    /* as texts dates compare like days */

    if (date.len != 10
        || (until.len == 10 && ngx_memcmp(until.data, date.data, 10) < 0))
    {
        date = until;
    }

    if (date.len == 10) {
        until.data = text;
        until.len = ngx_sprintf(text, "%VT23:59:59+09:00", &date) - text;

        rb_json_key(json, "validThrough");
        rb_json_str(json, &until);
    }

    date = rb_pg_value(rows, 0, RB_JOB_C_FROM);
    rb_json_key(json, "jobStartDate");
    rb_json_str(json, &date);

    date = rb_pg_value(rows, 0, RB_JOB_C_HEADCOUNT);
    rb_json_key(json, "totalJobOpenings");
    rb_json_raw(json, date.data, date.len);
}


static void
rb_pages_posting_pay(rb_json_t *json, const rb_pg_rows_t *rows)
{
    ngx_str_t  type, min, max;

    static const rb_text_t  units[] = {
        rb_text("HOUR", "HOUR"), rb_text("DAY", "DAY"),
        rb_text("MONTH", "MONTH")
    };

    type = rb_pg_value(rows, 0, RB_JOB_C_PAY_TYPE);
    min = rb_pg_value(rows, 0, RB_JOB_C_PAY_MIN);
    max = rb_pg_value(rows, 0, RB_JOB_C_PAY_MAX);

    rb_json_key(json, "baseSalary");
    rb_json_open(json, '{');
    rb_pages_type(json, "MonetaryAmount");
    rb_json_key(json, "currency");
    rb_json_str(json, rb_page_lit("KRW"));
    rb_json_key(json, "value");
    rb_json_open(json, '{');
    rb_pages_type(json, "QuantitativeValue");
    rb_json_key(json, "minValue");
    rb_json_raw(json, min.data, min.len);
    rb_json_key(json, "maxValue");
    rb_json_raw(json, max.data, max.len);
    rb_json_key(json, "unitText");
    rb_json_str(json, &rb_meta_word(rb_meta_pay_types, units, &type)
                        ->in[RB_LANG_EN]);
    rb_json_close(json, '}');
    rb_json_close(json, '}');
}


static void
rb_pages_posting_kind(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows)
{
    ngx_str_t  code;

    static const rb_text_t  kinds[] = {
        rb_text("TEMPORARY", "TEMPORARY"),
        rb_text("PART_TIME", "PART_TIME"),
        rb_text("FULL_TIME", "FULL_TIME"),
        rb_text("PER_DIEM", "PER_DIEM"),
        rb_text("INTERN", "INTERN")
    };

    code = rb_pg_value(rows, 0, RB_JOB_C_EMPLOYMENT);
    rb_json_key(json, "employmentType");
    rb_json_str(json, &rb_meta_word(rb_meta_employment_types, kinds, &code)
                        ->in[RB_LANG_EN]);

    code = rb_pg_value(rows, 0, RB_JOB_C_CATEGORY);
    rb_json_key(json, "occupationalCategory");
    rb_json_str(json, &rb_meta_word(rb_meta_categories, rb_meta_category_words,
                                    &code)->in[req->lang]);
}


static void
rb_pages_posting_benefits(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows)
{
    rb_buf_t   b;
    ngx_str_t  text, label;

    (void) rb_buf_init(&b, req->task.pool, 256);

    text = rb_pg_value(rows, 0, RB_JOB_C_DORMITORY);

    if (text.len && text.data[0] == 't') {
        rb_buf_add_lit(&b, "숙소 제공");
    }

    text = rb_pg_value(rows, 0, RB_JOB_C_MEALS);

    if (rb_pages_number(&text)) {
        rb_buf_printf(&b, "%s하루 %V식", rb_buf_len(&b) ? ", " : "", &text);
    }

    text = rb_pg_value(rows, 0, RB_JOB_C_BENEFITS);

    while (text.len && rb_pages_cut_off(&text, RB_PAGES_LABEL, &label)) {

        if (rb_buf_len(&b)) {
            rb_buf_add_lit(&b, ", ");
        }

        rb_buf_add_str(&b, &label);
    }

    if (rb_buf_len(&b)) {
        rb_json_key(json, "jobBenefits");
        rb_pages_buf_str(json, &b);
    }
}


static void
rb_pages_posting_hours(rb_req_t *req, rb_json_t *json,
    const rb_pg_rows_t *rows)
{
    rb_buf_t   b;
    ngx_str_t  work, row, columns[RB_PAGES_WORK_COLUMNS];

    work = rb_pg_value(rows, 0, RB_PAGES_JOB_C_WORK);

    if (work.len == 0) {
        return;
    }

    (void) rb_buf_init(&b, req->task.pool, 256);

    while (rb_pages_cut_off(&work, RB_PAGES_ROW, &row)) {

        if (rb_pages_cut_row(row, columns, RB_PAGES_WORK_COLUMNS) != NGX_OK) {
            continue;
        }

        if (rb_buf_len(&b)) {
            rb_buf_add_lit(&b, "; ");
        }

        rb_buf_add_str(&b, &columns[RB_PAGES_WORK_NAME]);
        rb_buf_add_lit(&b, ": ");
        rb_pages_week_write(&b, req->lang, &columns[RB_PAGES_WORK_SCHEDULE]);
    }

    rb_json_key(json, "workHours");
    rb_pages_buf_str(json, &b);
}


static void
rb_pages_buf_str(rb_json_t *json, const rb_buf_t *b)
{
    ngx_str_t  text;

    if (b->failed) {
        json->buf->failed = 1;
        return;
    }

    text.data = b->start;
    text.len = rb_buf_len(b);

    rb_json_str(json, &text);
}


static void
rb_pages_type(rb_json_t *json, const char *type)
{
    ngx_str_t  text;

    text.data = (u_char *) type;
    text.len = ngx_strlen(type);

    rb_json_key(json, "@type");
    rb_json_str(json, &text);
}
