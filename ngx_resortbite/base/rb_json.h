
/*
 * A JSON writer (RFC 8259) into an rb_buf_t.  It places commas by itself:
 *
 *     rb_json_open(&j, '{');
 *     rb_json_key(&j, "id");  rb_json_str(&j, &id);
 *     rb_json_close(&j, '}');
 *
 * Strings are expected to be valid UTF-8 (what PostgreSQL returns and what
 * jansson parsed is); control characters, '"' and '\' are escaped, the bytes
 * above 0x7f pass.  Parsing is jansson's, behind rb_json_parse().
 */


#ifndef _RB_JSON_H_INCLUDED_
#define _RB_JSON_H_INCLUDED_


#include "base/rb_buf.h"
#include "base/rb_err.h"
#include <jansson.h>


#define RB_JSON_DEPTH_MAX  64           /* nesting accepted from a client */


typedef struct {
    rb_buf_t     *buf;
    unsigned      comma:1;              /* a value was just written */
} rb_json_t;


#define rb_json_init(j, b)  (j)->buf = (b); (j)->comma = 0

void rb_json_open(rb_json_t *j, u_char c);           /* '{' or '[' */
void rb_json_close(rb_json_t *j, u_char c);          /* '}' or ']' */
void rb_json_key_n(rb_json_t *j, const char *name, size_t len);
#define rb_json_key(j, literal)  rb_json_key_n(j, literal, sizeof(literal) - 1)

/* A string; null when s->data is NULL, as PostgreSQL's NULL is given. */
void rb_json_str(rb_json_t *j, const ngx_str_t *s);
void rb_json_int(rb_json_t *j, int64_t n);
void rb_json_bool(rb_json_t *j, ngx_uint_t b);
void rb_json_null(rb_json_t *j);

/* The string alone, quoted and escaped; commas are the caller's. */
void rb_json_quote(rb_buf_t *b, const u_char *data, size_t len);

/* A value that already is JSON text: a number, an array from PostgreSQL. */
void rb_json_raw(rb_json_t *j, const void *text, size_t len);


/*
 * Parses what a client sent.  Refuses, before any recursion, nesting deeper
 * than RB_JSON_DEPTH_MAX; refuses duplicate keys, NUL in strings, invalid
 * UTF-8 and anything after the value.  On success *root is a new reference
 * that is dropped with the pool.  On failure returns a 400 whose field "body"
 * names the line and column and what was wrong.  Errors: that 400 and
 * rb_err_internal, when out of memory.
 */
rb_err_t *rb_json_parse(ngx_pool_t *pool, const ngx_str_t *text,
    json_t **root);


#endif /* _RB_JSON_H_INCLUDED_ */
