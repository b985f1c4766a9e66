
/* The common parts of lists; the header tells how they work. */


#include "web/rb_list.h"


enum {
    RB_LIST_COUNT_NONE = 0,
    RB_LIST_COUNT_PLANNED,
    RB_LIST_COUNT_EXACT
};


static rb_err_t *rb_list_array(ngx_pool_t *pool, const ngx_str_t *codes,
    ngx_str_t *array);
static rb_err_t *rb_list_planned(rb_req_t *req, const ngx_str_t *plan,
    int64_t *total);


/* in the order of the enumeration above */

const ngx_str_t  rb_list_counts[] = {
    ngx_string("none"), ngx_string("planned"), ngx_string("exact"),
    ngx_null_string
};


rb_err_t *
rb_list_filter(rb_req_t *req, const rb_list_filter_t *filters, ngx_uint_t n,
    ngx_str_t *params, uint64_t *when)
{
    rb_err_t                *err;
    ngx_uint_t               i;
    const rb_value_t        *value;
    const rb_list_filter_t  *filter;

    for (i = 0; i < n; i++) {
        filter = &filters[i];
        value = &req->query[filter->query];

        if (value->text.data == NULL) {
            continue;
        }

        /* more than one bit set: several codes */

        if (filter->many != RB_LIST_NONE
            && (filter->one == RB_LIST_NONE
                || (value->set & (value->set - 1)) != 0))
        {
            err = rb_list_array(req->task.pool, &value->text,
                                &params[filter->many]);
            if (err) {
                return err;
            }

            continue;
        }

        params[filter->one] = value->text;
        *when |= filter->when;
    }

    return NULL;
}


/* "a,b" as PostgreSQL writes an array.  Codes need no quotes. */

static rb_err_t *
rb_list_array(ngx_pool_t *pool, const ngx_str_t *codes, ngx_str_t *array)
{
    u_char  *p;

    array->len = codes->len + 2;

    array->data = ngx_pnalloc(pool, array->len);
    if (array->data == NULL) {
        return &rb_err_internal;
    }

    p = array->data;
    *p++ = '{';
    p = ngx_cpymem(p, codes->data, codes->len);
    *p = '}';

    return NULL;
}


ngx_uint_t
rb_list_choice(const rb_value_t *value)
{
    uint64_t    set;
    ngx_uint_t  i;

    for (i = 0, set = value->set; set > 1; set >>= 1) {
        i++;
    }

    return i;
}


ngx_str_t
rb_list_limit(const rb_value_t *limit, u_char *buf)
{
    ngx_str_t  text;

    text.data = buf;
    text.len = ngx_sprintf(buf, "%L", limit->integer + 1) - buf;

    return text;
}


rb_err_t *
rb_list_query(rb_req_t *req, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows)
{
    rb_err_t  *err;

    err = rb_pg_query(&req->task, stmt, when, params, rows);

    if (err == NULL && rows->sqlstate[0]) {
        ngx_log_error(NGX_LOG_ERR, req->task.log, 0,
                      "%V: PostgreSQL refused a parameter: %s",
                      &req->route->name, rows->sqlstate);
        return &rb_err_internal;
    }

    return err;
}


rb_err_t *
rb_list_page(rb_req_t *req, const rb_list_page_t *page, uint64_t when,
    uint64_t after_when, ngx_str_t *params)
{
    u_char             buf[RB_LIST_LIMIT_SIZE];
    rb_err_t          *err;
    ngx_str_t          keyset[RB_LIST_KEYS_MAX];
    ngx_uint_t         i;
    rb_pg_rows_t       rows;
    const rb_value_t  *limit;

    err = rb_req_keyset(req, &req->query[page->query_cursor], page->keys,
                        keyset);
    if (err) {
        return err;
    }

    if (keyset[0].data) {
        when |= after_when;
    }

    for (i = 0; i < page->keys; i++) {
        params[page->after[i]] = keyset[i];
    }

    limit = &req->query[page->query_limit];
    params[page->limit] = rb_list_limit(limit, buf);

    err = rb_list_query(req, page->stmt, when, params, &rows);

    return err ? err : rb_reply_list(req, &rows, limit->integer, page->keys,
                                     -1);
}


rb_err_t *
rb_list_count(rb_req_t *req, const rb_value_t *count, ngx_uint_t stmt,
    uint64_t when, uint64_t planned, const ngx_str_t *params, int64_t *total)
{
    rb_err_t      *err;
    ngx_str_t      value;
    ngx_uint_t     how;
    rb_pg_rows_t   rows;

    *total = -1;
    how = rb_list_choice(count);

    if (how == RB_LIST_COUNT_NONE) {
        return NULL;
    }

    if (how == RB_LIST_COUNT_PLANNED) {
        when |= planned;
    }

    err = rb_list_query(req, stmt, when, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_internal;
    }

    value = rb_pg_value(&rows, 0, 0);

    if (how == RB_LIST_COUNT_PLANNED) {
        return rb_list_planned(req, &value, total);
    }

    *total = ngx_atoof(value.data, value.len);

    return NULL;
}


/* [{"Plan": {…, "Plan Rows": 1776, …}}] */

static rb_err_t *
rb_list_planned(rb_req_t *req, const ngx_str_t *plan, int64_t *total)
{
    json_t    *root, *rows;
    rb_err_t  *err;

    err = rb_json_parse(req->task.pool, plan, &root);
    if (err) {
        return &rb_err_internal;
    }

    rows = json_object_get(json_object_get(json_array_get(root, 0), "Plan"),
                           "Plan Rows");

    if (!json_is_number(rows)) {
        return &rb_err_internal;
    }

    *total = (int64_t) json_number_value(rows);

    return NULL;
}
