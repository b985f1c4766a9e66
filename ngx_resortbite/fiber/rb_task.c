
/* A task's deadline, and the end of what it holds. */


#include "fiber/rb_task.h"


ngx_msec_t
rb_task_left(const rb_task_t *task, ngx_msec_t cap)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (task->deadline - ngx_current_msec);

    if (left <= 0) {
        return 0;
    }

    return ngx_min((ngx_msec_t) left, cap);
}


rb_wake_e
rb_task_wait(rb_task_t *task, ngx_msec_t timeout)
{
    return task->background ? rb_fiber_wait_background(timeout)
                            : rb_fiber_wait(timeout);
}


rb_task_cleanup_t *
rb_task_cleanup_add(rb_task_t *task)
{
    rb_task_cleanup_t  *cleanup;

    cleanup = ngx_palloc(task->pool, sizeof(rb_task_cleanup_t));
    if (cleanup == NULL) {
        return NULL;
    }

    cleanup->handler = NULL;
    cleanup->next = task->cleanups;
    task->cleanups = cleanup;

    return cleanup;
}


void
rb_task_end(rb_task_t *task)
{
    rb_task_cleanup_t  *cleanup;

    while (task->cleanups) {
        cleanup = task->cleanups;
        task->cleanups = cleanup->next;

        if (cleanup->handler) {
            cleanup->handler(cleanup->data);
        }
    }
}
