
/* GET /api/v1/meta: the API's words and limits, for filters and forms. */


#include "meta/rb_meta_http.h"
#include "meta/rb_meta.h"
#include "web/rb_list.h"
#include "rb_statements.h"
#include <ngx_http.h>


static rb_err_t *rb_meta_handler(rb_req_t *req);
static void rb_meta_write_list(rb_json_t *json, const rb_meta_list_t *list,
    rb_lang_e lang);
static void rb_meta_write_limits(rb_json_t *json);


static const rb_view_field_t  rb_meta_fields[] = {
    { ngx_string("language"), RB_VIEW_CODE, 0,
      rb_text("이름들의 언어: ko 또는 en", "Language of the names: ko or en") },
    { ngx_string("regions"), RB_VIEW_JSON, 0,
      rb_text("광역시·도: code, name, lat, lng",
              "Provinces and metropolitan cities: code, name, lat, lng") },
    { ngx_string("categories"), RB_VIEW_JSON, 0,
      rb_text("직무: code, name", "Kinds of work: code, name") },
    { ngx_string("employment_types"), RB_VIEW_JSON, 0,
      rb_text("고용 형태: code, name", "Kinds of employment: code, name") },
    { ngx_string("pay_types"), RB_VIEW_JSON, 0,
      rb_text("급여 기준: code, name", "What pay is for: code, name") },
    { ngx_string("resort_types"), RB_VIEW_JSON, 0,
      rb_text("리조트 유형: code, name", "Kinds of resort: code, name") },
    { ngx_string("dorm_types"), RB_VIEW_JSON, 0,
      rb_text("숙소 유형: code, name", "Kinds of dormitory: code, name") },
    { ngx_string("report_reasons"), RB_VIEW_JSON, 0,
      rb_text("신고 사유: code, name", "Reasons of a report: code, name") },
    { ngx_string("job_orders"), RB_VIEW_JSON, 0,
      rb_text("공고 정렬: code, name", "Orders of jobs: code, name") },
    { ngx_string("resort_orders"), RB_VIEW_JSON, 0,
      rb_text("리조트 정렬: code, name", "Orders of resorts: code, name") },
    { ngx_string("limits.page_default"), RB_VIEW_INTEGER, 0,
      rb_text("limit을 주지 않았을 때의 개수", "Items of a page by default") },
    { ngx_string("limits.page_max"), RB_VIEW_INTEGER, 0,
      rb_text("limit의 최댓값", "The greatest limit") },
    { ngx_string("limits.radius_km_max"), RB_VIEW_INTEGER, 0,
      rb_text("radius_km의 최댓값", "The greatest radius_km") },
    { ngx_string("limits.stay_days_max"), RB_VIEW_INTEGER, 0,
      rb_text("숙소 빈자리를 물을 수 있는 최대 일수",
              "Days that free beds can be asked for") },
    { ngx_string("limits.report_detail_max"), RB_VIEW_INTEGER, 0,
      rb_text("신고 내용의 최대 글자 수", "Characters of a report's detail") }
};

static const rb_view_t  rb_meta_view = rb_view("Meta", rb_meta_fields);


static const rb_route_t  rb_meta_table[] = {
    {
        .name = ngx_string("meta_get"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/meta"),
        .handler = rb_meta_handler,
        .summary = rb_text("코드와 이름, 한도", "Codes, names and limits"),
        .tag = ngx_string("meta"),
        .view = &rb_meta_view,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .fresh = 300,
        .stale_while_revalidate = 3600,
        .stale_if_error = 86400,
        .by_language = 1
    }
};

const rb_routes_t  rb_meta_routes = {
    rb_meta_table, rb_array_size(rb_meta_table)
};


/* GET /api/v1/meta; no tag: a change of its tables drops everything. */

static rb_err_t *
rb_meta_handler(rb_req_t *req)
{
    uint64_t       when;
    rb_err_t      *err;
    ngx_str_t      value;
    rb_json_t      json;
    ngx_uint_t     i;
    rb_pg_rows_t   rows;

    static const ngx_str_t  languages[] = {
        [RB_LANG_KO] = ngx_string("ko"),
        [RB_LANG_EN] = ngx_string("en")
    };

    when = (req->lang == RB_LANG_EN) ? RB_META_WORDS_WHEN_EN : 0;

    err = rb_pg_query(&req->task, RB_STMT_META_WORDS, when, NULL, &rows);
    if (err) {
        return err;
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');

    rb_json_key(&json, "language");
    rb_json_str(&json, &languages[req->lang]);

    /* the statement's columns, regions and categories */

    for (i = 0; i < rows.columns; i++) {
        value = rb_pg_column_name(&rows, i);
        rb_json_key_n(&json, (char *) value.data, value.len);

        value = rb_pg_value(&rows, 0, i);
        rb_json_raw(&json, value.data, value.len);
    }

    for (i = 0; i < rb_meta_lists_count; i++) {
        rb_meta_write_list(&json, &rb_meta_lists[i], req->lang);
    }

    rb_meta_write_limits(&json);
    rb_json_close(&json, '}');

    return NULL;
}


static void
rb_meta_write_list(rb_json_t *json, const rb_meta_list_t *list,
    rb_lang_e lang)
{
    ngx_uint_t  i;

    rb_json_key_n(json, (char *) list->name.data, list->name.len);
    rb_json_open(json, '[');

    for (i = 0; list->codes[i].len; i++) {
        rb_json_open(json, '{');
        rb_json_key(json, "code");
        rb_json_str(json, &list->codes[i]);
        rb_json_key(json, "name");
        rb_json_str(json, &list->words[i].in[lang]);
        rb_json_close(json, '}');
    }

    rb_json_close(json, ']');
}


static void
rb_meta_write_limits(rb_json_t *json)
{
    rb_json_key(json, "limits");
    rb_json_open(json, '{');

    rb_json_key(json, "page_default");
    rb_json_int(json, RB_LIST_PAGE);
    rb_json_key(json, "page_max");
    rb_json_int(json, RB_LIST_PAGE_MAX);
    rb_json_key(json, "radius_km_max");
    rb_json_int(json, RB_LIMIT_RADIUS_KM);
    rb_json_key(json, "stay_days_max");
    rb_json_int(json, RB_LIMIT_STAY_DAYS);
    rb_json_key(json, "report_detail_max");
    rb_json_int(json, RB_LIMIT_REPORT_DETAIL);

    rb_json_close(json, '}');
}
