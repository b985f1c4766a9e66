
/* The rows of feeds, and which files the sitemaps are cut into. */


#include "feeds/rb_feeds.h"
#include "base/rb_time.h"
#include "base/rb_utf8.h"
#include "resorts/rb_resorts.h"
#include "rb_statements.h"


#define RB_FEEDS_DAY_LEN  10


/* A half of the tree that is looked at: its slots are from `first' on. */

typedef struct {
    const rb_feeds_file_t    *slots;
    ngx_uint_t                count;
    ngx_uint_t                most;
    rb_feeds_file_t          *files;
    ngx_uint_t                cut;
} rb_feeds_cut_t;


static void rb_feeds_cut_node(rb_feeds_cut_t *c, ngx_uint_t node,
    ngx_uint_t depth, ngx_uint_t begin, ngx_uint_t end);
static ngx_str_t rb_feeds_today(u_char day[RB_FEEDS_DAY_LEN]);
static ngx_uint_t rb_feeds_number(const rb_pg_rows_t *rows, ngx_uint_t row,
    ngx_uint_t column);


rb_err_t *
rb_feeds_files(rb_task_t *task, rb_feeds_kind_e kind,
    rb_feeds_file_t **files, ngx_uint_t *count)
{
    u_char            day[RB_FEEDS_DAY_LEN];
    rb_err_t         *err;
    ngx_str_t         params[RB_FEEDS_JOB_SLOTS_NPARAMS];
    ngx_uint_t        i;
    rb_pg_rows_t      rows;
    rb_feeds_file_t  *slots;

    params[RB_FEEDS_JOB_SLOTS_P_OPEN_ON] = rb_feeds_today(day);

    err = rb_pg_query(task, kind == RB_FEEDS_JOBS
                            ? RB_STMT_FEEDS_JOB_SLOTS
                            : RB_STMT_FEEDS_RESORT_SLOTS,
                      0, params, &rows);
    if (err) {
        return err;
    }

    /* there are no more files than slots that have something */

    slots = ngx_palloc(task->pool,
                       2 * (rows.count + 1) * sizeof(rb_feeds_file_t));
    if (slots == NULL) {
        return &rb_err_internal;
    }

    for (i = 0; i < rows.count; i++) {
        slots[i].node = RB_FEEDS_SLOTS + rb_feeds_number(&rows, i, 0);
        slots[i].pages = rb_feeds_number(&rows, i, 1);
        slots[i].updated_at = rb_pg_value(&rows, i, 2);
    }

    *files = slots + rows.count + 1;
    *count = rb_feeds_cut(slots, rows.count, RB_FEEDS_FILE_PAGES, *files);

    return NULL;
}


ngx_uint_t
rb_feeds_cut(const rb_feeds_file_t *slots, ngx_uint_t count, ngx_uint_t most,
    rb_feeds_file_t *files)
{
    rb_feeds_cut_t  c;

    c.slots = slots;
    c.count = count;
    c.most = most;
    c.files = files;
    c.cut = 0;

    rb_feeds_cut_node(&c, 1, RB_FEEDS_DEPTH, 0, count);

    return c.cut;
}


/* slots[begin] to slots[end - 1] are the node's. */

static void
rb_feeds_cut_node(rb_feeds_cut_t *c, ngx_uint_t node, ngx_uint_t depth,
    ngx_uint_t begin, ngx_uint_t end)
{
    ngx_str_t         newest;
    ngx_uint_t        i, pages, middle;
    rb_feeds_file_t  *file;

    if (begin == end) {
        return;
    }

    pages = 0;
    newest = c->slots[begin].updated_at;

    for (i = begin; i < end; i++) {
        pages += c->slots[i].pages;

        if (ngx_strcmp(c->slots[i].updated_at.data, newest.data) > 0) {
            newest = c->slots[i].updated_at;
        }
    }

    if (pages > c->most && depth) {
        middle = (2 * node + 1) << (depth - 1);

        for (i = begin; i < end && c->slots[i].node < middle; i++) {
            /* void */
        }

        rb_feeds_cut_node(c, 2 * node, depth - 1, begin, i);
        rb_feeds_cut_node(c, 2 * node + 1, depth - 1, i, end);
        return;
    }

    file = &c->files[c->cut++];
    file->node = node;
    file->pages = pages;
    file->updated_at = newest;
}


rb_err_t *
rb_feeds_file(rb_task_t *task, rb_feeds_kind_e kind, ngx_uint_t node,
    rb_pg_rows_t *rows)
{
    u_char       day[RB_FEEDS_DAY_LEN], text[3][NGX_INT_T_LEN];
    rb_err_t    *err;
    ngx_str_t    params[RB_FEEDS_JOBS_NPARAMS], numbers[3];
    ngx_uint_t   i, depth, values[3];

    if (node == 0 || node >= RB_FEEDS_NODES) {
        return &rb_err_not_found;
    }

    for (depth = RB_FEEDS_DEPTH; (node >> (RB_FEEDS_DEPTH - depth)) > 1;
         depth--)
    {
        /* void */
    }

    values[0] = (node << depth) - RB_FEEDS_SLOTS;
    values[1] = ((node + 1) << depth) - RB_FEEDS_SLOTS - 1;
    values[2] = RB_FEEDS_FILE_MOST + 1;

    for (i = 0; i < 3; i++) {
        numbers[i].data = text[i];
        numbers[i].len = ngx_sprintf(text[i], "%ui", values[i]) - text[i];
    }

    if (kind == RB_FEEDS_RESORTS) {
        params[RB_FEEDS_RESORTS_P_FIRST] = numbers[0];
        params[RB_FEEDS_RESORTS_P_LAST] = numbers[1];
        params[RB_FEEDS_RESORTS_P_LIMIT] = numbers[2];

        err = rb_pg_query(task, RB_STMT_FEEDS_RESORTS, 0, params, rows);

    } else {
        params[RB_FEEDS_JOBS_P_FIRST] = numbers[0];
        params[RB_FEEDS_JOBS_P_LAST] = numbers[1];
        params[RB_FEEDS_JOBS_P_LIMIT] = numbers[2];
        params[RB_FEEDS_JOBS_P_OPEN_ON] = rb_feeds_today(day);

        err = rb_pg_query(task, RB_STMT_FEEDS_JOBS, 0, params, rows);
    }

    if (err) {
        return err;
    }

    return rows->count > RB_FEEDS_FILE_MOST ? &rb_err_not_found : NULL;
}


rb_err_t *
rb_feeds_lists(rb_task_t *task, rb_pg_rows_t *rows)
{
    u_char     day[RB_FEEDS_DAY_LEN];
    ngx_str_t  params[RB_FEEDS_LISTS_NPARAMS];

    params[RB_FEEDS_LISTS_P_OPEN_ON] = rb_feeds_today(day);

    return rb_pg_query(task, RB_STMT_FEEDS_LISTS, 0, params, rows);
}


rb_err_t *
rb_feeds_newest(rb_task_t *task, const ngx_str_t *region,
    const ngx_str_t *category, rb_lang_e lang, rb_pg_rows_t *rows)
{
    u_char     day[RB_FEEDS_DAY_LEN];
    uint64_t   when;
    ngx_str_t  params[RB_FEEDS_NEWEST_NPARAMS];

    params[RB_FEEDS_NEWEST_P_OPEN_ON] = rb_feeds_today(day);
    params[RB_FEEDS_NEWEST_P_REGION] = *region;
    params[RB_FEEDS_NEWEST_P_CATEGORY] = *category;

    when = (region->len ? RB_FEEDS_NEWEST_WHEN_REGION : 0)
           | (category->len ? RB_FEEDS_NEWEST_WHEN_CATEGORY : 0)
           | (lang == RB_LANG_EN ? RB_FEEDS_NEWEST_WHEN_EN : 0);

    return rb_pg_query(task, RB_STMT_FEEDS_NEWEST, when, params, rows);
}


/* The last column says how the public sees the resort. */

rb_err_t *
rb_feeds_board(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *origin, rb_pg_rows_t *rows)
{
    u_char      day[RB_FEEDS_DAY_LEN];
    rb_err_t   *err;
    ngx_str_t   state, params[RB_FEEDS_BOARD_NPARAMS];

    params[RB_FEEDS_BOARD_P_RESORT] = *resort;
    params[RB_FEEDS_BOARD_P_OPEN_ON] = rb_feeds_today(day);
    params[RB_FEEDS_BOARD_P_ORIGIN] = *origin;

    /* an address without its origin is a path, not NULL */

    if (origin->data == NULL) {
        ngx_str_set(&params[RB_FEEDS_BOARD_P_ORIGIN], "");
    }

    err = rb_pg_query(task, RB_STMT_FEEDS_BOARD, 0, params, rows);
    if (err) {
        return err;
    }

    if (rows->count == 0) {
        return &rb_err_not_found;
    }

    state = rb_pg_value(rows, 0, rows->columns - 1);

    if (state.data == NULL) {
        return &rb_err_not_found;
    }

    return state.data[0] == 'o' ? NULL : &rb_err_resort_closed;
}


void
rb_feeds_escape(rb_buf_t *b, const ngx_str_t *text)
{
    size_t         n;
    const char    *as;
    const u_char  *p, *end, *run;

    p = text->data;
    end = p + text->len;

    for (run = p; p < end; p += n) {
        n = rb_utf8_char(p, end);

        switch (n ? *p : 0) {
        case '&':  as = "&amp;";  break;
        case '<':  as = "&lt;";   break;
        case '>':  as = "&gt;";   break;
        case '"':  as = "&quot;"; break;
        case '\'': as = "&#39;";  break;

        /* a parser would make a line feed of it */
        case '\r': as = "&#13;";  break;

        case '\n': case '\t':
            continue;

        default:

            /* U+FFFE and U+FFFF are no characters of XML */

            if (n && *p >= 0x20
                && !(n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe))
            {
                continue;
            }

            as = "";
        }

        rb_buf_add(b, run, p - run);
        rb_buf_add(b, as, ngx_strlen(as));

        n = n ? n : 1;
        run = p + n;
    }

    rb_buf_add(b, run, end - run);
}


static ngx_str_t
rb_feeds_today(u_char day[RB_FEEDS_DAY_LEN])
{
    ngx_str_t  text;

    text.data = day;
    text.len = rb_date_write(day, rb_date_today()) - day;

    return text;
}


static ngx_uint_t
rb_feeds_number(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    ngx_int_t  n;
    ngx_str_t  text;

    text = rb_pg_value(rows, row, column);
    n = ngx_atoi(text.data, text.len);

    return n == NGX_ERROR ? 0 : (ngx_uint_t) n;
}
