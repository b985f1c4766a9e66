
/*
 * Parameters: values of the path, the query and the body by their declaration
 * (rb_param_t), and the canonical text of path and query.  Needs no nginx
 * request.  Nothing here yields.
 */


#ifndef _RB_PARAM_H_INCLUDED_
#define _RB_PARAM_H_INCLUDED_


#include "web/rb_req.h"


/* What parsing works with.  err begins as NULL and collects what is wrong. */

typedef struct {
    ngx_pool_t         *pool;           /* owns texts that had to be copied */
    const rb_view_t    *view;           /* for FIELDS; or NULL */
    rb_err_t           *err;
    unsigned            lines:1;        /* line breaks and tabs are text */
} rb_params_t;


/* How many there are, before the one without a name; of NULL: 0. */
ngx_uint_t rb_param_count(const rb_param_t *params);

/* How long the part of a dotted name is that begins at `from'. */
static ngx_inline size_t
rb_param_part(const ngx_str_t *name, size_t from)
{
    u_char  *p, *end;

    p = name->data + from;
    end = ngx_strlchr(p, name->data + name->len, '.');

    return (end ? end : name->data + name->len) - p;
}


/* The index of the one of this name, or how many there are. */
ngx_uint_t rb_param_find(const rb_param_t *params, const ngx_str_t *name);

/*
 * Parses one text.  value->text is canonical, in pool or in text's memory.
 * On failure value->text.data stays NULL and err names the parameter.
 */
void rb_param_parse(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text, rb_value_t *value);

/* What was not given: the preset, or an error when it is required. */
void rb_param_absent(rb_params_t *ps, const rb_param_t *param,
    rb_value_t *value);

/* A decimal as JSON and SQL read it, at most 9 places. */
u_char *rb_param_number_write(u_char *p, double number);

#define RB_PARAM_NUMBER_SIZE  32


/*
 * Errors, added to ps->err.  Those that return an ngx_int_t return NGX_ERROR,
 * for parsers to pass on.
 */

/* A parameter's name as rb_err_add_field() takes it. */
#define rb_param_name(param)  ((ngx_str_t *) &(param)->name)

/* One with a name that none has.  Tells the nearest of those there are. */
void rb_param_unknown(rb_params_t *ps, const rb_param_t *params,
    ngx_str_t *name);

/* Not even of the right type. */
void rb_param_wrong(rb_params_t *ps, const rb_param_t *param);

/* A cursor that was tampered with, or is another list's. */
void rb_param_cursor_wrong(rb_params_t *ps, const rb_param_t *param);

ngx_int_t rb_param_wrong_number(rb_params_t *ps, const rb_param_t *param);
ngx_int_t rb_param_wrong_date(rb_params_t *ps, const rb_param_t *param);
ngx_int_t rb_param_wrong_enum(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text);
ngx_int_t rb_param_wrong_field(rb_params_t *ps, const rb_param_t *param,
    ngx_str_t *unknown);


/* The values of the path's parameters, checked, into req->path. */
void rb_path_parse(rb_params_t *ps, const rb_route_t *route,
    const ngx_str_t *texts, rb_value_t *values);

/*
 * The query string into values, which has room for rb_param_count() of
 * route->query.  A parameter without a value counts as absent; unknown ones
 * are errors, but of routes that are lenient, and of pages, whose addresses
 * others add words of their own to.
 */
void rb_query_parse(rb_params_t *ps, const rb_route_t *route,
    const ngx_str_t *args, rb_value_t *values);

/*
 * The next name and value of an application/x-www-form-urlencoded text, cut
 * off the front of *rest and decoded: slices of it, or in pool.  Empty pieces
 * are passed over.  NGX_DONE at the end; NGX_ERROR when an escape is none,
 * which is told and does not end the text; with NGX_ABORT it does: there are
 * more pieces than RB_PAIRS_MAX, which is told, too.  *pieces begins as 0.
 */

#define RB_PAIRS_MAX  64

ngx_int_t rb_pairs_next(rb_params_t *ps, ngx_str_t *rest, ngx_uint_t *pieces,
    ngx_str_t *name, ngx_str_t *value);

/* Appends a text as a query has it. */
void rb_query_escape(rb_buf_t *b, const ngx_str_t *s, ngx_uint_t segment);

/* Writes the path with the parameters' canonical values. */
void rb_path_write(rb_buf_t *b, const rb_req_t *req);

/*
 * Writes "?a=1&b=2", or nothing, with what was given and isn't the preset,
 * in the route's order, leaving out what `skip' says.
 */

#define RB_QUERY_NOT_CURSOR  0x1
#define RB_QUERY_NOT_SHAPE   0x2        /* fields, limit, count */

void rb_query_write(rb_buf_t *b, const rb_req_t *req, ngx_uint_t skip);


#endif /* _RB_PARAM_H_INCLUDED_ */
