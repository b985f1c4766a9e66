
/*
 * Fibers: stackful coroutines on nginx's event loop, so that a handler reads
 * like blocking code and never blocks the worker.  This folder is the only
 * code that switches stacks.
 *
 * A fiber runs until it waits.  Event handlers never switch to it: they call
 * rb_fiber_wake(), which posts an event, and the event loop resumes it.  The
 * one exception is the start: rb_fiber_start() called on the main stack runs
 * the new fiber at once, up to its first wait.
 *
 * Waiting is like a condition variable: a wake-up says "look again", nothing
 * more.  Whoever waits loops over its own condition, and takes itself off
 * whatever list it hung on before it leaves, for whatever reason it leaves.
 *
 * Cancellation is cooperative: rb_fiber_cancel() makes the current wait, or
 * the next one, return RB_WAKE_CANCELLED; a suspended stack is never freed.
 * Between rb_fiber_shield() and rb_fiber_unshield() waits don't see it.
 *
 * Everything here belongs to one worker; nothing is thread-safe.
 */


#ifndef _RB_FIBER_H_INCLUDED_
#define _RB_FIBER_H_INCLUDED_


#include "base/rb_base.h"


typedef struct rb_fiber_s  rb_fiber_t;

typedef void (*rb_fiber_main_pt)(void *data);


typedef enum {
    RB_WAKE = 0,                        /* somebody called rb_fiber_wake() */
    RB_WAKE_TIMEOUT,
    RB_WAKE_CANCELLED
} rb_wake_e;


typedef struct {
    ngx_uint_t    max;                  /* fibers alive at once, a worker */
    size_t        stack_size;           /* bytes, without the guard page */
    ngx_uint_t    keep;                 /* idle stacks kept for reuse */
} rb_fiber_conf_t;


typedef struct {
    ngx_uint_t    alive;
    ngx_uint_t    waiting;
    ngx_uint_t    idle_stacks;
    ngx_uint_t    refused;              /* starts refused at the limit */
    ngx_uint_t    started;
} rb_fiber_stats_t;


/* Called once in each worker, and at its end. */
ngx_int_t rb_fiber_init_process(ngx_cycle_t *cycle, rb_fiber_conf_t *conf);
void rb_fiber_exit_process(void);

/*
 * Starts main(data) on a fiber.  Called on the main stack, it returns when
 * the fiber first waits or has ended; called on a fiber, the new one starts
 * in the same turn of the event loop, later.  NULL when the limit is reached
 * or memory is out: answer 503.  The fiber's own stack is given back when
 * main returns; the pointer is then dangling, so that whoever keeps it must
 * hear of the end from main itself.
 */
rb_fiber_t *rb_fiber_start(rb_fiber_main_pt main, void *data, ngx_log_t *log);

/* The running fiber; NULL on the main stack. */
rb_fiber_t *rb_fiber_self(void);

/*
 * Suspends the running fiber (yields) until a wake-up, for at most `timeout'
 * milliseconds, or until it is cancelled.  Wake-ups since the last wait are
 * not lost: the wait then returns at once.  A background wait does not keep
 * a worker from leaving on reload.
 */
rb_wake_e rb_fiber_wait(ngx_msec_t timeout);
rb_wake_e rb_fiber_wait_background(ngx_msec_t timeout);

/* Makes a waiting fiber look again, in this turn of the event loop. */
void rb_fiber_wake(rb_fiber_t *f);

/* Asks the fiber to end; it hears of it at its waits. */
void rb_fiber_cancel(rb_fiber_t *f);
ngx_uint_t rb_fiber_cancelled(void);

/* Nestable.  The cancellation is kept, not lost. */
void rb_fiber_shield(void);
void rb_fiber_unshield(void);

/* Yields for this long; RB_WAKE_TIMEOUT unless cancelled. */
rb_wake_e rb_fiber_sleep(ngx_msec_t msec);

void rb_fiber_stats(rb_fiber_stats_t *stats);


/*
 * The end of a turn: handler(data) is called once, on the main stack, after
 * the fibers and posted events of this turn of the event loop have run.  So
 * what they queued leaves together.  Posting one that is posted is a no-op.
 */

typedef struct rb_turn_s  rb_turn_t;

struct rb_turn_s {
    void         (*handler)(void *data);
    void          *data;
    ngx_queue_t    queue;
    unsigned       posted:1;
};


void rb_turn_end(rb_turn_t *turn);


#endif /* _RB_FIBER_H_INCLUDED_ */
