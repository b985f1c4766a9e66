
/*
 * One fiber that looks around each second.  Its waits are background ones, and
 * its statements have a pool and a deadline of their own each time.
 */


#include "gate/rb_upkeep.h"
#include "gate/rb_changes.h"
#include "base/rb_time.h"
#include "rb_statements.h"


#define RB_UPKEEP_TICK      1000        /* ms */
#define RB_UPKEEP_KEYS      60          /* ticks */
#define RB_UPKEEP_TIMEOUT   10000
#define RB_UPKEEP_AT_ONCE   1000        /* keys, as the statement says */


static void rb_upkeep_fiber(void *data);
static void rb_upkeep_forget_keys(void);


ngx_int_t
rb_upkeep_init_process(ngx_cycle_t *cycle, rb_cache_t *cache)
{
    return rb_fiber_start(rb_upkeep_fiber, cache, cycle->log) ? NGX_OK
                                                              : NGX_ERROR;
}


static void
rb_upkeep_fiber(void *data)
{
    int32_t              today;
    ngx_uint_t           ticks;
    rb_cache_t          *cache = data;
    rb_changes_stats_t   changes;

    today = rb_date_today();
    ticks = 0;

    while (rb_fiber_wait_background(RB_UPKEEP_TICK) != RB_WAKE_CANCELLED
           && !ngx_exiting)
    {
        if (rb_date_today() != today) {
            today = rb_date_today();
            rb_cache_changed_all(cache);
        }

        rb_changes_stats(&changes);

        if (!changes.leader) {
            ticks = 0;
            continue;
        }

        if (ticks++ % RB_UPKEEP_KEYS == 0) {
            rb_upkeep_forget_keys();
        }
    }
}


/* An error is logged where it arises, and the next minute tries again. */

static void
rb_upkeep_forget_keys(void)
{
    rb_err_t      *err;
    rb_task_t      task;
    rb_pg_rows_t   rows;

    ngx_memzero(&task, sizeof(rb_task_t));

    task.log = ngx_cycle->log;
    task.background = 1;
    task.deadline = ngx_current_msec + RB_UPKEEP_TIMEOUT;
    task.pool = ngx_create_pool(1024, ngx_cycle->log);

    if (task.pool == NULL) {
        return;
    }

    do {
        err = rb_pg_query(&task, RB_STMT_GATE_FORGET_KEYS, 0, NULL, &rows);
    } while (err == NULL && rows.affected == RB_UPKEEP_AT_ONCE);

    rb_task_end(&task);
    ngx_destroy_pool(task.pool);
}
