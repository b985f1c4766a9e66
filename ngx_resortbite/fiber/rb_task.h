
/*
 * A task is what a fiber works for: where its memory comes from, where it
 * logs, until when it may take, and what it has spent.  A request is one; the
 * refresh of a cached answer and a background job are others.  io/ asks for a
 * task and never for a request.
 */


#ifndef _RB_TASK_H_INCLUDED_
#define _RB_TASK_H_INCLUDED_


#include "fiber/rb_fiber.h"


typedef struct rb_task_cleanup_s  rb_task_cleanup_t;

struct rb_task_cleanup_s {
    void               (*handler)(void *data);
    void                *data;
    rb_task_cleanup_t   *next;
};


typedef struct {
    ngx_pool_t          *pool;          /* outlives the task */
    ngx_log_t           *log;
    ngx_msec_t           deadline;      /* ngx_current_msec when it must end */
    uint64_t             pg_usec;       /* spent waiting for PostgreSQL */
    uint64_t             redis_usec;    /* and for Redis */
    ngx_uint_t           pg_calls;
    rb_task_cleanup_t   *cleanups;
    unsigned             background:1;  /* its waits don't delay a reload */
} rb_task_t;


/* Milliseconds left before the deadline, at most cap; 0 when it has passed. */
ngx_msec_t rb_task_left(const rb_task_t *task, ngx_msec_t cap);

/* rb_fiber_wait() or rb_fiber_wait_background(), as the task asks (yields). */
rb_wake_e rb_task_wait(rb_task_t *task, ngx_msec_t timeout);

/*
 * What a task holds beyond memory of its pool (results of statements) goes
 * when it ends, which may be long before the pool does: a slow client keeps
 * the pool, not a result of some megabytes.  NULL when out of memory.
 */
rb_task_cleanup_t *rb_task_cleanup_add(rb_task_t *task);
void rb_task_end(rb_task_t *task);


#endif /* _RB_TASK_H_INCLUDED_ */
