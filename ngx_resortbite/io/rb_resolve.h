
/*
 * Host names to addresses as the system does it (hosts file, DNS), by
 * getaddrinfo() on nginx's thread pool, so that the worker never blocks.
 */


#ifndef _RB_RESOLVE_H_INCLUDED_
#define _RB_RESOLVE_H_INCLUDED_


#include "base/rb_base.h"


#define RB_RESOLVE_MAX  8               /* addresses of one name */


typedef struct rb_resolve_s  rb_resolve_t;

struct rb_resolve_s {
    /* set by the caller; the name is copied */
    ngx_str_t       host;
    void          (*handler)(rb_resolve_t *resolve);
    void           *data;

    /* the answer: numeric text ended by NUL, owned by the resolve */
    ngx_uint_t      count;              /* 0: error says why */
    u_char          address[RB_RESOLVE_MAX][NGX_SOCKADDR_STRLEN];
    const char     *error;
};


/*
 * Starts a look-up; handler runs once, later, on the main stack, and then the
 * resolve is freed.  A caller that no longer cares sets handler to NULL.
 * NULL when out of memory or the thread pool's queue is full.  Does not yield.
 * nginx waits for its threads when a worker leaves, so start none then.
 */
rb_resolve_t *rb_resolve_start(ngx_str_t *host,
    void (*handler)(rb_resolve_t *resolve), void *data, ngx_log_t *log);

/* Called while reading the configuration; picks the thread pool "default". */
char *rb_resolve_conf(ngx_conf_t *cf);


#endif /* _RB_RESOLVE_H_INCLUDED_ */
