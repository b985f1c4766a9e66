
/* The worker's subscriber, on a connection of its own. */


#ifndef _RB_REDIS_PUBSUB_H_INCLUDED_
#define _RB_REDIS_PUBSUB_H_INCLUDED_


#include "io/rb_redis_link.h"


ngx_int_t rb_redis_pubsub_init(void);
void rb_redis_pubsub_exit(void);

/* A server has left the cluster: a subscription there would hear nothing. */
void rb_redis_pubsub_left(const rb_redis_server_t *server);

void rb_redis_pubsub_stats(rb_redis_stats_t *stats);


#endif /* _RB_REDIS_PUBSUB_H_INCLUDED_ */
