
/*
 * What the parts of the Redis client share: where to go, and one worker's
 * state.  Only io/rb_redis*.c include this.
 */


#ifndef _RB_REDIS_CORE_H_INCLUDED_
#define _RB_REDIS_CORE_H_INCLUDED_


#include "io/rb_redis.h"


#define RB_REDIS_PORT           6379
#define RB_REDIS_SENTINEL_PORT  26379
#define RB_REDIS_HOST_MAX       255     /* bytes of a name or path */
#define RB_REDIS_DB_MAX         65535


typedef enum {
    RB_REDIS_SINGLE = 0,
    RB_REDIS_CLUSTER,
    RB_REDIS_SENTINEL
} rb_redis_kind_e;


typedef struct {
    ngx_str_t     host;                 /* a name, an address, or a path */
    in_port_t     port;
    unsigned      local:1;              /* host is a Unix socket's path */
} rb_redis_server_t;


/* What the directive names. */

typedef struct {
    rb_redis_kind_e       kind;
    rb_redis_server_t    *servers;      /* seeds of a cluster, sentinels */
    ngx_uint_t            count;
    ngx_str_t             user;
    ngx_str_t             password;     /* data == NULL: none */
    ngx_str_t             master;       /* what the sentinels call it */
    ngx_uint_t            db;
} rb_redis_target_t;


typedef struct {
    rb_redis_conf_t       conf;
    rb_redis_target_t     target;
    ngx_log_t            *log;
    uint64_t              commands;
    uint64_t              errors;
    uint64_t              redirects;
    uint64_t              reconnects;
    unsigned              configured:1;
} rb_redis_t;


extern rb_redis_t  rb_redis;


/* NULL, or what is wrong with the URL and what to write instead. */
const char *rb_redis_target_parse(ngx_pool_t *pool, const ngx_str_t *url,
    rb_redis_target_t *target);

ngx_uint_t rb_redis_same_server(const rb_redis_server_t *a,
    const rb_redis_server_t *b);


#endif /* _RB_REDIS_CORE_H_INCLUDED_ */
