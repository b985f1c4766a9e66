
/*
 * Purges: tells caches in front of us what to drop.  Every change that the
 * public sees is an event of the outbox (sql/schema/0116_purge.sql); worker 0
 * of each node that has the directive `resortbite_purge' passes them on, by a
 * POST to an internal location:
 *
 *     POST /out/cdn
 *     Content-Type: application/json
 *     Surrogate-Key: job:019b76da-… jobs jobs:region:gangwon resort:019b76da-…
 *     X-ResortBite-Purge: 5d41402abc4b2a76b9719d911017c592
 *
 *     {"keys":["job:019b76da-…","jobs","jobs:region:gangwon",…]}
 *
 * or, with {"all":true} and no Surrogate-Key, everything.  The keys are those
 * that answers carry in their own Surrogate-Key.  X-ResortBite-Purge is the
 * same when a purge of the same events is repeated.  2xx says that it is done;
 * after anything else it is tried again.  Keys of many events go together, in
 * no order; one may be sent twice, none is left out.
 */


#ifndef _RB_CDN_H_INCLUDED_
#define _RB_CDN_H_INCLUDED_


#include "io/rb_pg.h"


typedef struct {
    ngx_str_t     location;             /* "/out/cdn" */
    ngx_uint_t    keys;                 /* of a call, at most */
    ngx_uint_t    s_maxage;             /* seconds, of public answers */
} rb_cdn_conf_t;


/* In worker 0: starts the fiber that does it; it delays no reload but by a
 * call that is under way. */
ngx_int_t rb_cdn_start(ngx_cycle_t *cycle, const rb_cdn_conf_t *conf);

/* There may be something to do: now rather than with the next second. */
void rb_cdn_wake(void);

/* At the worker's end: what a fiber holds that will not run again. */
void rb_cdn_stop(void);


#endif /* _RB_CDN_H_INCLUDED_ */
