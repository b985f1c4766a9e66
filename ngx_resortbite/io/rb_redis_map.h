
/* A cluster's map, as its two files share it. */


#ifndef _RB_REDIS_MAP_H_INCLUDED_
#define _RB_REDIS_MAP_H_INCLUDED_


#include "io/rb_redis_cluster.h"


#define RB_REDIS_NODES      512
#define RB_REDIS_NOWHERE    0xffff
#define RB_REDIS_SOON       1000        /* between refreshes, ms */
#define RB_REDIS_CALM       60000


typedef struct {
    rb_redis_node_t    *place[RB_REDIS_NODES];
    ngx_uint_t          places;         /* in use so far */
    uint16_t            slot[RB_REDIS_SLOTS];
    rb_redis_node_t    *seed;
    ngx_uint_t          next_seed;
    rb_redis_call_t     refresh;
    ngx_msec_t          refreshed;
    ngx_event_t         timer;
    unsigned            refreshing:1;
    unsigned            stale:1;        /* the map is known to be old */
    unsigned            loaded:1;
} rb_redis_cluster_t;


extern rb_redis_cluster_t  *rb_redis_cluster;


/* Reads the answer to CLUSTER SLOTS that `from' gave. */
void rb_redis_cluster_load(rb_redis_node_t *from,
    const rb_redis_value_t *ranges);

/* A node that answers; NULL: none does. */
rb_redis_node_t *rb_redis_cluster_any(void);

/* The map may be old: fetch it, at once unless it was just fetched. */
void rb_redis_cluster_doubt(void);


#endif /* _RB_REDIS_MAP_H_INCLUDED_ */
