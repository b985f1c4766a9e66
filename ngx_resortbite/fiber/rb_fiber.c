
/*
 * How fibers run.
 *
 * A fiber's descriptor lies at the top of its stack, so that a waiting fiber
 * costs no page beside those its frames touch.  Stacks of ended fibers are
 * kept in a list, the last one used first, since its pages are still warm.
 *
 * A wait arms the timer, marks the fiber as waiting and switches to the main
 * stack.  A wake-up, the timer and a cancellation all do the same thing: they
 * note why and post the fiber's event; its handler, on the main stack, is the
 * only place from which a fiber is resumed (beside its start).  So no event
 * handler ever finds the stack changed under its feet, and a fiber that is
 * woken twice is resumed once.
 *
 *     rb_fiber_wake() ----+
 *     timer --------------+--> posted event --> rb_fiber_resume() --> fiber
 *     rb_fiber_cancel() --+                            ^                |
 *                                                      +---- waits -----+
 */


#include "fiber/rb_fiber.h"
#include "fiber/rb_fiber_switch.h"
#include "fiber/rb_stack.h"

#include <ngx_event.h>


#if defined(__SANITIZE_ADDRESS__)
#define RB_FIBER_ASAN  1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RB_FIBER_ASAN  1
#endif
#endif

#if (RB_FIBER_ASAN)
#include <sanitizer/common_interface_defs.h>
#endif

#if (RB_HAVE_VALGRIND)
#include <valgrind/valgrind.h>
#endif


/* how often the end of a turn lets other posted events go first */
#define RB_TURN_PATIENCE  4


struct rb_fiber_s {
    void               *sp;             /* while it is not running */
    u_char             *stack;          /* lowest usable byte */

    rb_fiber_main_pt    main;
    void               *data;

    ngx_event_t         wake;           /* posted to be resumed */
    ngx_event_t         timer;

    rb_fiber_t         *next;           /* in the list of idle stacks */

    ngx_uint_t          shields;

    unsigned            waiting:1;
    unsigned            woken:1;
    unsigned            cancelled:1;
    unsigned            done:1;

#if (RB_FIBER_ASAN)
    void               *fake_stack;
#endif
#if (RB_HAVE_VALGRIND)
    unsigned            valgrind_id;
#endif
};


typedef struct {
    rb_fiber_conf_t     conf;
    rb_fiber_t         *current;
    u_char *volatile    current_stack;  /* read by the SIGSEGV handler */
    void               *main_sp;
    rb_fiber_t         *idle;
    rb_fiber_stats_t    stats;
    ngx_log_t          *log;

    ngx_event_t         turn;           /* posted when a turn has an end */
    ngx_queue_t         turn_ends;
    ngx_uint_t          turn_patience;

#if (RB_FIBER_ASAN)
    void               *main_fake_stack;
    const void         *main_bottom;
    size_t              main_size;
#endif
} rb_fiber_scheduler_t;


static rb_fiber_t *rb_fiber_take_stack(ngx_log_t *log);
static void rb_fiber_give_stack(rb_fiber_t *f);
static void rb_fiber_unmap(rb_fiber_t *f);
static void rb_fiber_entry(void);
static void rb_fiber_resume(rb_fiber_t *f);
static void rb_fiber_suspend(rb_fiber_t *f);
static rb_wake_e rb_fiber_wait_for(ngx_msec_t timeout, unsigned background);
static void rb_fiber_wake_handler(ngx_event_t *ev);
static void rb_fiber_timer_handler(ngx_event_t *ev);
static void rb_turn_handler(ngx_event_t *ev);


static rb_fiber_scheduler_t  rb_fibers;


ngx_int_t
rb_fiber_init_process(ngx_cycle_t *cycle, rb_fiber_conf_t *conf)
{
    ngx_memzero(&rb_fibers, sizeof(rb_fiber_scheduler_t));

    rb_fibers.conf = *conf;
    rb_fibers.conf.stack_size = ngx_align(conf->stack_size, ngx_pagesize);
    rb_fibers.log = cycle->log;

    rb_fibers.turn.handler = rb_turn_handler;
    rb_fibers.turn.log = cycle->log;
    ngx_queue_init(&rb_fibers.turn_ends);

    return rb_stack_watch(&rb_fibers.current_stack, cycle->log);
}


void
rb_fiber_exit_process(void)
{
    rb_fiber_t  *f;

    while (rb_fibers.idle) {
        f = rb_fibers.idle;
        rb_fibers.idle = f->next;
        rb_fiber_unmap(f);
    }
}


rb_fiber_t *
rb_fiber_start(rb_fiber_main_pt main, void *data, ngx_log_t *log)
{
    rb_fiber_t  *f;

    if (rb_fibers.stats.alive >= rb_fibers.conf.max) {
        rb_fibers.stats.refused++;
        return NULL;
    }

    f = rb_fiber_take_stack(log);
    if (f == NULL) {
        rb_fibers.stats.refused++;
        return NULL;
    }

    f->sp = rb_fiber_switch_prepare((u_char *) f, rb_fiber_entry);
    f->main = main;
    f->data = data;

    f->wake.handler = rb_fiber_wake_handler;
    f->wake.data = f;
    f->wake.log = rb_fibers.log;

    f->timer.handler = rb_fiber_timer_handler;
    f->timer.data = f;
    f->timer.log = rb_fibers.log;

    rb_fibers.stats.alive++;
    rb_fibers.stats.started++;

    if (rb_fibers.current == NULL) {
        rb_fiber_resume(f);

    } else {
        f->waiting = 1;
        rb_fibers.stats.waiting++;
        rb_fiber_wake(f);
    }

    return f;
}


rb_fiber_t *
rb_fiber_self(void)
{
    return rb_fibers.current;
}


rb_wake_e
rb_fiber_wait(ngx_msec_t timeout)
{
    return rb_fiber_wait_for(timeout, 0);
}


rb_wake_e
rb_fiber_wait_background(ngx_msec_t timeout)
{
    return rb_fiber_wait_for(timeout, 1);
}


static rb_wake_e
rb_fiber_wait_for(ngx_msec_t timeout, unsigned background)
{
    rb_fiber_t  *f;

    f = rb_fibers.current;

    if (f == NULL) {
        ngx_log_error(NGX_LOG_EMERG, rb_fibers.log, 0,
                      "a wait on the main stack would block the worker");
        ngx_abort();
    }

    if (rb_fiber_cancelled()) {
        return RB_WAKE_CANCELLED;
    }

    if (f->woken) {
        f->woken = 0;
        return RB_WAKE;
    }

    if (timeout == 0) {
        return RB_WAKE_TIMEOUT;
    }

    if (timeout != NGX_TIMER_INFINITE) {
        f->timer.cancelable = background;
        ngx_add_timer(&f->timer, timeout);
    }

    rb_fiber_suspend(f);

    if (f->timer.timer_set) {
        ngx_del_timer(&f->timer);
    }

    if (rb_fiber_cancelled()) {
        return RB_WAKE_CANCELLED;
    }

    if (f->woken) {
        f->woken = 0;
        return RB_WAKE;
    }

    return RB_WAKE_TIMEOUT;
}


void
rb_fiber_wake(rb_fiber_t *f)
{
    f->woken = 1;

    if (f->waiting) {
        ngx_post_event(&f->wake, &ngx_posted_events);
    }
}


void
rb_fiber_cancel(rb_fiber_t *f)
{
    f->cancelled = 1;

    if (f->waiting && f->shields == 0) {
        ngx_post_event(&f->wake, &ngx_posted_events);
    }
}


ngx_uint_t
rb_fiber_cancelled(void)
{
    rb_fiber_t  *f;

    f = rb_fibers.current;

    return f != NULL && f->cancelled && f->shields == 0;
}


void
rb_fiber_shield(void)
{
    rb_fibers.current->shields++;
}


void
rb_fiber_unshield(void)
{
    rb_fibers.current->shields--;
}


rb_wake_e
rb_fiber_sleep(ngx_msec_t msec)
{
    rb_wake_e   wake;
    ngx_msec_t  end, now;

    end = ngx_current_msec + msec;

    for ( ;; ) {
        now = ngx_current_msec;

        if ((ngx_msec_int_t) (end - now) <= 0) {
            return RB_WAKE_TIMEOUT;
        }

        wake = rb_fiber_wait(end - now);

        if (wake != RB_WAKE) {
            return wake;
        }
    }
}


void
rb_fiber_stats(rb_fiber_stats_t *stats)
{
    *stats = rb_fibers.stats;
}


/* Stacks. */

static rb_fiber_t *
rb_fiber_take_stack(ngx_log_t *log)
{
    u_char      *stack;
    rb_fiber_t  *f;

    f = rb_fibers.idle;

    if (f) {
        rb_fibers.idle = f->next;
        rb_fibers.stats.idle_stacks--;
        stack = f->stack;

#if (RB_HAVE_VALGRIND)
        unsigned  id = f->valgrind_id;

        ngx_memzero(f, sizeof(rb_fiber_t));
        f->valgrind_id = id;
#else
        ngx_memzero(f, sizeof(rb_fiber_t));
#endif

        f->stack = stack;
        return f;
    }

    stack = rb_stack_map(rb_fibers.conf.stack_size, log);
    if (stack == NULL) {
        return NULL;
    }

    f = (rb_fiber_t *) (stack + rb_fibers.conf.stack_size
                        - ngx_align(sizeof(rb_fiber_t), 64));
    f->stack = stack;

#if (RB_HAVE_VALGRIND)
    f->valgrind_id = VALGRIND_STACK_REGISTER(stack, (u_char *) f);
#endif

    return f;
}


static void
rb_fiber_give_stack(rb_fiber_t *f)
{
    if (rb_fibers.stats.idle_stacks >= rb_fibers.conf.keep) {
        rb_fiber_unmap(f);
        return;
    }

    f->next = rb_fibers.idle;
    rb_fibers.idle = f;
    rb_fibers.stats.idle_stacks++;
}


static void
rb_fiber_unmap(rb_fiber_t *f)
{
#if (RB_HAVE_VALGRIND)
    VALGRIND_STACK_DEREGISTER(f->valgrind_id);
#endif

    rb_stack_unmap(f->stack, rb_fibers.conf.stack_size, rb_fibers.log);
}


/* Switching. */

static void
rb_fiber_resume(rb_fiber_t *f)
{
    rb_fibers.current = f;
    rb_fibers.current_stack = f->stack;

#if (RB_FIBER_ASAN)
    __sanitizer_start_switch_fiber(&rb_fibers.main_fake_stack, f->stack,
                                   (u_char *) f - f->stack);
#endif

    rb_fiber_switch(&rb_fibers.main_sp, f->sp);

#if (RB_FIBER_ASAN)
    __sanitizer_finish_switch_fiber(rb_fibers.main_fake_stack, NULL, NULL);
#endif

    rb_fibers.current = NULL;
    rb_fibers.current_stack = NULL;

    if (!f->done) {
        return;
    }

    if (f->wake.posted) {
        ngx_delete_posted_event(&f->wake);
    }

    rb_fibers.stats.alive--;
    rb_fiber_give_stack(f);
}


static void
rb_fiber_suspend(rb_fiber_t *f)
{
    f->waiting = 1;
    rb_fibers.stats.waiting++;

#if (RB_FIBER_ASAN)
    __sanitizer_start_switch_fiber(&f->fake_stack, rb_fibers.main_bottom,
                                   rb_fibers.main_size);
#endif

    rb_fiber_switch(&f->sp, rb_fibers.main_sp);

#if (RB_FIBER_ASAN)
    __sanitizer_finish_switch_fiber(f->fake_stack, &rb_fibers.main_bottom,
                                    &rb_fibers.main_size);
#endif
}


/* Where a new stack begins; it leaves by a switch and never returns. */

static void
rb_fiber_entry(void)
{
    rb_fiber_t  *f;

#if (RB_FIBER_ASAN)
    __sanitizer_finish_switch_fiber(NULL, &rb_fibers.main_bottom,
                                    &rb_fibers.main_size);
#endif

    f = rb_fibers.current;

    f->main(f->data);

    f->done = 1;

#if (RB_FIBER_ASAN)
    __sanitizer_start_switch_fiber(NULL, rb_fibers.main_bottom,
                                   rb_fibers.main_size);
#endif

    rb_fiber_switch(&f->sp, rb_fibers.main_sp);

    ngx_abort();
}


static void
rb_fiber_wake_handler(ngx_event_t *ev)
{
    rb_fiber_t  *f;

    f = ev->data;

    f->waiting = 0;
    rb_fibers.stats.waiting--;

    rb_fiber_resume(f);
}


static void
rb_fiber_timer_handler(ngx_event_t *ev)
{
    rb_fiber_t  *f;

    f = ev->data;

    ngx_post_event(&f->wake, &ngx_posted_events);
}


/* The end of a turn. */

void
rb_turn_end(rb_turn_t *turn)
{
    if (turn->posted) {
        return;
    }

    turn->posted = 1;
    ngx_queue_insert_tail(&rb_fibers.turn_ends, &turn->queue);

    if (!rb_fibers.turn.posted) {
        rb_fibers.turn_patience = RB_TURN_PATIENCE;
        ngx_post_event(&rb_fibers.turn, &ngx_posted_events);
    }
}


static void
rb_turn_handler(ngx_event_t *ev)
{
    rb_turn_t    *turn;
    ngx_queue_t  *q;

    if (!ngx_queue_empty(&ngx_posted_events) && rb_fibers.turn_patience) {
        rb_fibers.turn_patience--;
        ngx_post_event(ev, &ngx_posted_events);
        return;
    }

    while (!ngx_queue_empty(&rb_fibers.turn_ends)) {
        q = ngx_queue_head(&rb_fibers.turn_ends);
        ngx_queue_remove(q);

        turn = ngx_queue_data(q, rb_turn_t, queue);
        turn->posted = 0;
        turn->handler(turn->data);
    }
}
