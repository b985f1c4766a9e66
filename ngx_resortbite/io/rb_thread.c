
/*
 * Work on a thread.  A job is one allocation of malloc's: nginx's task, and a
 * copy of the caller's data.  The thread sees the copy and one flag, nothing
 * else; all of the rest belongs to the worker.
 *
 * A fiber that leaves early says so by the flag, so that a job which hasn't
 * begun isn't begun for nobody, and leaves the job to its completion.  nginx
 * joins its threads when a worker leaves, after all that is queued: then, too,
 * nothing new is begun.  A job whose completion is no more run goes with the
 * process.
 *
 * The pool is one of our own, because a thread's nice value can be raised but
 * not taken back, and threads of "default" also read files and resolve names.
 */


#include "io/rb_thread.h"
#include <ngx_thread_pool.h>
#include <openssl/crypto.h>
#include <sys/resource.h>
#include <sys/syscall.h>


#define RB_THREAD_NICE   10             /* more than the worker */
#define RB_THREAD_SLICE  100000000      /* ns; the longest there is */


typedef struct {
    ngx_thread_task_t    task;
    rb_fiber_t          *fiber;         /* NULL: nobody waits any more */
    rb_thread_pt         work;
    size_t               size;
    ngx_atomic_t         unwanted;
    unsigned             done:1;
    u_char              *data;
} rb_thread_job_t;


static rb_thread_job_t *rb_thread_job(rb_thread_pt work, const void *data,
    size_t size, ngx_log_t *log);
static rb_err_t *rb_thread_wait(rb_task_t *task, rb_thread_job_t *job);
static void rb_thread_main(void *data, ngx_log_t *log);
static void rb_thread_nicer(void);
static void rb_thread_leave_room(void);
static void rb_thread_done(ngx_event_t *ev);
static void rb_thread_free(rb_thread_job_t *job);


extern ngx_module_t  ngx_thread_pool_module;    /* in no header of nginx */

static ngx_str_t  rb_thread_pool = ngx_string("resortbite");


/*
 * There is no function to say how many threads a pool has, so the directive
 * is called as the parser would.  A configuration that has a pool of this name
 * has it before the "http" block.
 */

char *
rb_thread_conf(ngx_conf_t *cf)
{
    void           *conf;
    char           *rc;
    ngx_array_t    *args, own;
    ngx_command_t  *cmd;

    static ngx_str_t  words[] = {
        ngx_string("thread_pool"),
        ngx_string("resortbite"),
        ngx_string("threads=1"),
        ngx_string("max_queue=256")
    };

    if (ngx_thread_pool_get(cf->cycle, &rb_thread_pool) != NULL) {
        return NGX_CONF_OK;
    }

    ngx_memzero(&own, sizeof(ngx_array_t));
    own.elts = words;
    own.nelts = rb_array_size(words);
    own.size = sizeof(ngx_str_t);

    cmd = ngx_thread_pool_module.commands;
    conf = ngx_get_conf(cf->cycle->conf_ctx, ngx_thread_pool_module);

    args = cf->args;
    cf->args = &own;

    rc = cmd->set(cf, cmd, conf);

    cf->args = args;

    return rc;
}


rb_err_t *
rb_thread_run(rb_task_t *task, rb_thread_pt work, void *data, size_t size)
{
    rb_err_t           *err;
    rb_thread_job_t    *job;
    ngx_thread_pool_t  *pool;

    pool = ngx_thread_pool_get((ngx_cycle_t *) ngx_cycle, &rb_thread_pool);

    job = rb_thread_job(work, data, size, task->log);

    if (pool == NULL || job == NULL) {
        if (job) {
            rb_thread_free(job);
        }

        return &rb_err_internal;
    }

    job->fiber = rb_fiber_self();

    if (ngx_thread_task_post(pool, &job->task) != NGX_OK) {
        rb_thread_free(job);
        return &rb_err_busy;
    }

    err = rb_thread_wait(task, job);

    if (!job->done) {
        job->fiber = NULL;
        job->unwanted = 1;
        return err;
    }

    ngx_memcpy(data, job->data, size);
    rb_thread_free(job);

    return NULL;
}


static rb_thread_job_t *
rb_thread_job(rb_thread_pt work, const void *data, size_t size,
    ngx_log_t *log)
{
    rb_thread_job_t  *job;

    job = ngx_calloc(sizeof(rb_thread_job_t), log);
    if (job == NULL) {
        return NULL;
    }

    job->data = ngx_alloc(size, log);
    if (job->data == NULL) {
        ngx_free(job);
        return NULL;
    }

    ngx_memcpy(job->data, data, size);

    job->work = work;
    job->size = size;

    job->task.ctx = job;
    job->task.handler = rb_thread_main;
    job->task.event.handler = rb_thread_done;
    job->task.event.data = job;
    job->task.event.log = ngx_cycle->log;

    return job;
}


static rb_err_t *
rb_thread_wait(rb_task_t *task, rb_thread_job_t *job)
{
    ngx_msec_t  left;

    while (!job->done) {

        left = rb_task_left(task, NGX_MAX_INT32_VALUE);

        if (left == 0) {
            return &rb_err_timeout;
        }

        if (rb_task_wait(task, left) == RB_WAKE_CANCELLED && !job->done) {
            return &rb_err_cancelled;
        }
    }

    return NULL;
}


/* Runs on a thread. */

static void
rb_thread_main(void *data, ngx_log_t *log)
{
    rb_thread_job_t  *job = data;

    static __thread unsigned  begun;

    if (!begun) {
        begun = 1;
        rb_thread_nicer();
        rb_thread_leave_room();
    }

    if (!job->unwanted && !ngx_terminate) {
        job->work(job->data);
    }
}


/* sched_setattr(2); in no header of the C library yet */

typedef struct {
    uint32_t    size;
    uint32_t    policy;
    uint64_t    flags;
    int32_t     nice;
    uint32_t    priority;
    uint64_t    runtime;
    uint64_t    deadline;
    uint64_t    period;
} rb_thread_sched_t;


/*
 * A thread has a nice value of its own on Linux; it began with the worker's.
 * A long slice costs it nothing but its claim to end it: since Linux 6.12 who
 * wakes up with a shorter one, as the worker does, takes the processor at
 * once and not at the next tick.  Older kernels don't heed it.
 */

static void
rb_thread_nicer(void)
{
    rb_thread_sched_t  sched;

    ngx_memzero(&sched, sizeof(rb_thread_sched_t));

    sched.size = sizeof(rb_thread_sched_t);
    sched.policy = SCHED_OTHER;
    sched.nice = ngx_min(getpriority(PRIO_PROCESS, 0) + RB_THREAD_NICE, 19);
    sched.runtime = RB_THREAD_SLICE;

    (void) syscall(SYS_sched_setattr, 0, &sched, 0);
}


/*
 * The lower half of the processors is enough: with a thread a worker and a
 * worker a processor all of them would be busy whenever many sign in, and
 * whoever wakes up would have to have somebody else put to sleep first.
 */

static void
rb_thread_leave_room(void)
{
    int        i, keep;
    cpu_set_t  set;

    if (sched_getaffinity(0, sizeof(cpu_set_t), &set) != 0) {
        return;
    }

    keep = CPU_COUNT(&set) / 2;

    if (keep == 0) {
        return;
    }

    for (i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &set) && keep-- <= 0) {
            CPU_CLR(i, &set);
        }
    }

    (void) sched_setaffinity(0, sizeof(cpu_set_t), &set);
}


/* On the main stack again. */

static void
rb_thread_done(ngx_event_t *ev)
{
    rb_thread_job_t  *job = ev->data;

    if (job->fiber == NULL) {
        rb_thread_free(job);
        return;
    }

    job->done = 1;
    rb_fiber_wake(job->fiber);
}


static void
rb_thread_free(rb_thread_job_t *job)
{
    OPENSSL_cleanse(job->data, job->size);
    ngx_free(job->data);
    ngx_free(job);
}
