
/*
 * Work that takes CPU for long, such as scrypt, off the event loop: on nginx's
 * thread pool "resortbite", which has one thread a worker and a queue of 256
 * unless the configuration says otherwise ("thread_pool resortbite …", before
 * the "http" block).  Its threads run with less priority than the worker (10
 * nicer) and on half of the processors, so that requests that need no such
 * work hardly feel it.
 */


#ifndef _RB_THREAD_H_INCLUDED_
#define _RB_THREAD_H_INCLUDED_


#include "base/rb_err.h"
#include "fiber/rb_task.h"


/* Runs on a thread: no pool, no log, nothing of nginx. */
typedef void (*rb_thread_pt)(void *data);


/*
 * Runs work(data) on a thread and returns when it has ended (yields).  data
 * of `size' bytes is copied there and back, so that a fiber that is cancelled
 * or past its deadline can leave while the thread goes on; the copy is wiped
 * and freed when both are through.  What data points to must be in the copy.
 *
 * Errors: rb_err_busy (the queue is full), rb_err_timeout, rb_err_cancelled.
 */
rb_err_t *rb_thread_run(rb_task_t *task, rb_thread_pt work, void *data,
    size_t size);

/* Called while reading the configuration; adds the pool if there is none. */
char *rb_thread_conf(ngx_conf_t *cf);


#endif /* _RB_THREAD_H_INCLUDED_ */
