
/*
 * How it went with what rooms tell others on their own: purges to caches,
 * mails to mail servers.  Rooms count here and the gate tells the sums, since
 * neither may see the other.
 */


#ifndef _RB_TOLD_H_INCLUDED_
#define _RB_TOLD_H_INCLUDED_


#include "base/rb_base.h"


/* Of this process; what waits is as it was last seen. */

typedef struct {
    uint64_t      purges_passed;        /* calls */
    uint64_t      purges_failed;
    uint64_t      purge_keys;           /* in calls that were passed on */
    uint64_t      purge_events;         /* taken, and not passed on */
    uint64_t      mails_sent;
    uint64_t      mails_failed;         /* attempts; there will be others */
    uint64_t      mails_dead;           /* there won't */
    uint64_t      mails_waiting;        /* in the queue, which all nodes
                                           share; up to ten thousand */
} rb_told_t;

extern rb_told_t  rb_told;


#endif /* _RB_TOLD_H_INCLUDED_ */
