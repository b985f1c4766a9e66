
/*
 * Being told that this worker is to leave in order (a reload, QUIT).  One
 * that has nothing left but background waits leaves in the same turn: who is
 * told may start what has to be done before, with waits that hold it back.
 */


#ifndef _RB_LEAVE_H_INCLUDED_
#define _RB_LEAVE_H_INCLUDED_


#include "base/rb_base.h"


/*
 * handler() is called once, on the main stack, with ngx_exiting set.  One a
 * worker; takes one of its connections.  NGX_ERROR when it has none.
 */
ngx_int_t rb_leave_watch(ngx_cycle_t *cycle, void (*handler)(void));


#endif /* _RB_LEAVE_H_INCLUDED_ */
