
/*
 * Views: how the columns of a statement become a JSON object.  One table
 * serves the serialiser, the sparse `fields=' parameter and the schema in the
 * API's description.  Columns are in the table's order, and a test holds the
 * names against the statement's own.
 *
 * A name with a dot nests: "resort.id", "resort.name" (consecutive) become
 * "resort": {"id": …, "name": …}.  An object all of whose columns are NULL (an
 * outer join that found nothing) is null.
 */


#ifndef _RB_VIEW_H_INCLUDED_
#define _RB_VIEW_H_INCLUDED_


#include "base/rb_json.h"
#include "io/rb_pg.h"


#define RB_VIEW_FIELDS_MAX  64          /* a mask has as many bits */


typedef enum {
    RB_VIEW_STRING = 0,
    RB_VIEW_UUID,                       /* a string that needs no escaping */
    RB_VIEW_CODE,                       /* likewise: an enumeration's value */
    RB_VIEW_INTEGER,
    RB_VIEW_NUMBER,
    RB_VIEW_BOOL,                       /* PostgreSQL's t and f */
    RB_VIEW_DATE,
    RB_VIEW_TIME,                       /* RFC 3339, formatted by SQL */
    RB_VIEW_JSON,                       /* json text: an array, an object */
    RB_VIEW_WEEK                        /* bit(168), as ranges: base/rb_week.h */
} rb_view_type_e;


typedef struct {
    ngx_str_t          name;
    rb_view_type_e     type;
    unsigned           nullable:1;
    rb_text_t          about;
} rb_view_field_t;


typedef struct rb_view_plan_s  rb_view_plan_t;


typedef struct {
    ngx_str_t                 name;     /* of the schema: "Job" */
    const rb_view_field_t    *fields;
    ngx_uint_t                count;    /* at most RB_VIEW_FIELDS_MAX */
    rb_view_plan_t          **plan;     /* what rb_view_prepare() made */
} rb_view_t;

/*
 * At file scope only: there a compound literal is a variable that lasts as
 * long as the program, and so holds the plan of a view that is constant.
 */
#define rb_view(name, fields)                                                 \
    { ngx_string(name), fields, rb_array_size(fields),                        \
      &(rb_view_plan_t *) { NULL } }


/*
 * Compiles the view for writing, once in a process; the router does it for
 * all views of its routes.  NULL, or what is wrong with the table: a name
 * twice, an object's fields apart, too many fields, out of memory.
 */
const char *rb_view_prepare(const rb_view_t *view);

/*
 * Writes one row as an object; bit i of mask keeps field i; ~0 keeps all.
 * Out of memory, the buffer is failed.
 */
void rb_view_write(rb_json_t *json, const rb_view_t *view,
    const rb_pg_rows_t *rows, ngx_uint_t row, uint64_t mask);

/*
 * The mask for `fields=a,b,resort': names of fields or of their objects; id
 * is always kept.  NGX_DECLINED and *unknown when there is no such field.
 */
ngx_int_t rb_view_mask(const rb_view_t *view, const ngx_str_t *fields,
    uint64_t *mask, ngx_str_t *unknown);

/*
 * The other way: writes the names in the view's order, an object by its own
 * where the whole of it is kept.  rb_view_mask() makes the same mask of that.
 */
void rb_view_names(rb_buf_t *b, const rb_view_t *view, uint64_t mask);


#endif /* _RB_VIEW_H_INCLUDED_ */
