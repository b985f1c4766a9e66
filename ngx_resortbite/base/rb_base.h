
/*
 * base: what every room stands on.  Strings, numbers, time, identifiers and
 * errors; no I/O and no nginx request.  nothing here yields.
 */


#ifndef _RB_BASE_H_INCLUDED_
#define _RB_BASE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    RB_LANG_KO = 0,                     /* the default */
    RB_LANG_EN,
    RB_LANG_COUNT
} rb_lang_e;


/* A message for people, in every language the product speaks. */

typedef struct {
    ngx_str_t    in[RB_LANG_COUNT];
} rb_text_t;


#define rb_text(ko, en)  { { ngx_string(ko), ngx_string(en) } }


#define rb_array_size(a)  (sizeof(a) / sizeof((a)[0]))


#endif /* _RB_BASE_H_INCLUDED_ */
