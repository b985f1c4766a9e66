
/*
 * What all lists have in common: the parameters limit, cursor, count and
 * fields, filters of one or several codes, and counting.
 *
 * A list is two statements: one reads a page, the other counts, or is a plan
 * in which the planner tells how many it expects (its label `planned').  Both
 * take the same filters, but each numbers its parameters by itself; so a room
 * writes its filters as a macro of the statement's prefix and makes a table
 * for each from it.
 */


#ifndef _RB_LIST_H_INCLUDED_
#define _RB_LIST_H_INCLUDED_


#include "web/rb_req.h"


#define RB_LIST_PAGE      20            /* items of a page by default */
#define RB_LIST_PAGE_MAX  100

extern const ngx_str_t  rb_list_counts[];


/* Rows of a route's query table.  A date is one that PostgreSQL has as well:
 * 2000-01-01 to 2100-12-31. */

#define RB_LIST_DATES  RB_PARAM_DATE, 10957, 47846

#define rb_list_param_limit                                                   \
    { ngx_string("limit"), RB_PARAM_INT, 1, RB_LIST_PAGE_MAX, NULL, 0,       \
      ngx_string("20"),                                                       \
      rb_text("한 페이지에 담을 개수", "How many items a page has") }

#define rb_list_param_cursor                                                  \
    { ngx_string("cursor"), RB_PARAM_CURSOR, 0, 0, NULL, 0,                   \
      ngx_null_string,                                                        \
      rb_text("이전 응답의 next 값. 다음 쪽을 읽습니다.",                     \
              "The value of next in the answer before: reads the next page") }

#define rb_list_param_count                                                   \
    { ngx_string("count"), RB_PARAM_ENUM, 0, 0, rb_list_counts, 0,            \
      ngx_string("none"),                                                     \
      rb_text("전체 개수: 세지 않음(none), 어림값(planned), 정확한 값(exact)", \
              "The total: not at all (none), a guess (planned) or counted "   \
              "(exact)") }

#define rb_list_param_fields                                                  \
    { ngx_string("fields"), RB_PARAM_FIELDS, 0, 0, NULL, 0,                   \
      ngx_null_string,                                                        \
      rb_text("필요한 필드만, 쉼표로 이어서. id는 늘 들어갑니다.",            \
              "Only these fields, with commas between; id is always there") }


/*
 * One filter: where the query has its value and where the statement wants it.
 * A list of codes with one code goes to `one' with the label `when', which is
 * a variant that an index serves; with several, to `many', as an array.
 * Others have `one' only, and usually no label.
 */

typedef struct {
    ngx_uint_t    query;                /* index in the route's query */
    ngx_int_t     one;                  /* parameters; RB_LIST_NONE */
    ngx_int_t     many;
    uint64_t      when;
} rb_list_filter_t;

#define RB_LIST_NONE  -1


/*
 * Fills params and adds to *when.  params has been zeroed: what isn't given
 * stays NULL.  rb_err_internal when out of memory.
 */
rb_err_t *rb_list_filter(rb_req_t *req, const rb_list_filter_t *filters,
    ngx_uint_t n, ngx_str_t *params, uint64_t *when);

/* The index of the value that an enumeration has. */
ngx_uint_t rb_list_choice(const rb_value_t *value);

/*
 * limit's value and one more, as text in buf: by it rb_reply_list() sees that
 * there is a next page.
 */

#define RB_LIST_LIMIT_SIZE  NGX_INT_T_LEN

ngx_str_t rb_list_limit(const rb_value_t *limit, u_char *buf);

/*
 * Reads (yields).  Whatever a client may send has been checked before: if the
 * server still refuses a value, that is rb_err_internal, not an empty list.
 */
rb_err_t *rb_list_query(rb_req_t *req, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows);

/*
 * A list that has neither a total nor a tag: where its query and its statement
 * have what a page is about.
 */

#define RB_LIST_KEYS_MAX  3

typedef struct {
    ngx_uint_t    stmt;                 /* RB_STMT_… */
    ngx_uint_t    query_limit;          /* indices in the route's query */
    ngx_uint_t    query_cursor;
    ngx_uint_t    limit;                /* parameters of the statement */
    ngx_uint_t    after[RB_LIST_KEYS_MAX];  /* in the cursor's order */
    ngx_uint_t    keys;                 /* how many of them: 1 or more */
} rb_list_page_t;

/*
 * Reads the page and answers with it (yields).  Of params, which is the
 * caller's and may be on its stack, it sets limit and after, the latter to
 * NULL on the first page; the caller has set the others.  `after_when' is
 * added to when if a cursor was given.  400 for a cursor that isn't this
 * list's, else what rb_list_query() and rb_reply_list() return.
 */
rb_err_t *rb_list_page(rb_req_t *req, const rb_list_page_t *page,
    uint64_t when, uint64_t after_when, ngx_str_t *params);

/*
 * The total that count= asks for, by a statement like jobs_count (yields);
 * *total is -1 for `none'.  `planned' is the label that makes it a plan.
 */
rb_err_t *rb_list_count(rb_req_t *req, const rb_value_t *count,
    ngx_uint_t stmt, uint64_t when, uint64_t planned,
    const ngx_str_t *params, int64_t *total);


#endif /* _RB_LIST_H_INCLUDED_ */
