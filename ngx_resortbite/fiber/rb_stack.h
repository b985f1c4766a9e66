
/*
 * Stacks for fibers: mapped memory with a guard page below, so that running
 * over the end faults at once instead of writing into a neighbour.
 */


#ifndef _RB_STACK_H_INCLUDED_
#define _RB_STACK_H_INCLUDED_


#include "base/rb_base.h"


/* Maps a stack and returns its lowest usable byte; NULL when out of memory.
 * size is a multiple of ngx_pagesize. */
u_char *rb_stack_map(size_t size, ngx_log_t *log);
void rb_stack_unmap(u_char *base, size_t size, ngx_log_t *log);

/*
 * Has SIGSEGV handled on a stack of its own: a fault within the guard page of
 * *base is told in the error log as the overflow it is, and the signal then
 * takes its course.  base is read at the fault.
 */
ngx_int_t rb_stack_watch(u_char *volatile *base, ngx_log_t *log);


#endif /* _RB_STACK_H_INCLUDED_ */
