
/* Asking the sentinels which server is the master now. */


#ifndef _RB_REDIS_SENTINEL_H_INCLUDED_
#define _RB_REDIS_SENTINEL_H_INCLUDED_


#include "io/rb_redis_link.h"


typedef struct rb_redis_sentinel_s  rb_redis_sentinel_t;


struct rb_redis_sentinel_s {
    rb_redis_conn_t     conn;
    rb_redis_link_t    *link;
    ngx_uint_t          next;           /* sentinel to ask */
    ngx_uint_t          left;           /* to ask in this attempt */
};


rb_redis_sentinel_t *rb_redis_sentinel_create(rb_redis_link_t *link);

/* Ends in rb_redis_link_found() or rb_redis_link_fail(). */
void rb_redis_sentinel_ask(rb_redis_sentinel_t *sentinel);

/* Breaks off, and tells nobody. */
void rb_redis_sentinel_stop(rb_redis_sentinel_t *sentinel);


#endif /* _RB_REDIS_SENTINEL_H_INCLUDED_ */
