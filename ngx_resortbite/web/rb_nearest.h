
/* "Did you mean": the known word that is nearest to an unknown one. */


#ifndef _RB_NEAREST_H_INCLUDED_
#define _RB_NEAREST_H_INCLUDED_


#include "base/rb_base.h"


typedef struct {
    ngx_str_t     word;
    ngx_str_t     best;                 /* data == NULL: none is near */
    ngx_uint_t    distance;
} rb_nearest_t;


void rb_nearest_init(rb_nearest_t *nearest, const ngx_str_t *word);

/* Offers a known word; the first of the nearest is kept. */
void rb_nearest_offer(rb_nearest_t *nearest, const ngx_str_t *known);


#endif /* _RB_NEAREST_H_INCLUDED_ */
