
/* JSON Schema (2020-12, as OpenAPI 3.1 has it) of parameters and views. */


#ifndef _RB_OPENAPI_SCHEMA_H_INCLUDED_
#define _RB_OPENAPI_SCHEMA_H_INCLUDED_


#include "web/rb_route.h"


/* Writes "key": "value". */
void rb_openapi_member(rb_json_t *j, const char *key, const char *value);

/* Writes "description": Korean, an empty line, English; nothing for none. */
void rb_openapi_description(rb_json_t *j, const rb_text_t *text);

/*
 * The schema of one parameter; view is the one whose fields= it selects, and
 * about the description that goes into the schema, or NULL.
 */
void rb_openapi_param_schema(rb_json_t *j, const rb_param_t *param,
    const rb_view_t *view, const rb_text_t *about);

/* A body's: an object of its members and, unless it is lenient, no others; of
 * a page's form the field `csrf' is one. */
void rb_openapi_body_schema(rb_json_t *j, const rb_route_t *route);

/* What a view writes; sparse: fields= may leave out all but id. */
void rb_openapi_view_schema(rb_json_t *j, const rb_view_t *view,
    ngx_uint_t sparse);

/* {"$ref": "#/components/<section>/<name>"} */
void rb_openapi_ref(rb_json_t *j, const char *section, const ngx_str_t *name);


#endif /* _RB_OPENAPI_SCHEMA_H_INCLUDED_ */
