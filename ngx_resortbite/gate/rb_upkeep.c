
/*
 * Two fibers that look around each second: one at the clock, and one, which a
 * slow database may hold up, at the tables.  Their waits are background ones,
 * and statements have a pool and a deadline of their own each time.
 */


#include "gate/rb_upkeep.h"
#include "gate/rb_changes.h"
#include "base/rb_time.h"
#include "rb_statements.h"


#define RB_UPKEEP_TICK      1000        /* ms */
#define RB_UPKEEP_TIMEOUT   10000
#define RB_UPKEEP_NOW       1           /* ticks */
#define RB_UPKEEP_SOON      5
#define RB_UPKEEP_MINUTE    60
#define RB_UPKEEP_HOUR      3600


/* A statement that is asked again while it changes as many rows as it may. */

typedef struct {
    ngx_uint_t    stmt;
    ngx_uint_t    every;                /* ticks */
    ngx_uint_t    at_once;              /* rows, as the statement says */
} rb_upkeep_t;


static void rb_upkeep_midnight(void *data);
static void rb_upkeep_leader(void *data);
static void rb_upkeep_do(const rb_upkeep_t *upkeep);


static const rb_upkeep_t  rb_upkeeps[] = {
    { RB_STMT_UPKEEP_EXPIRE_POSTS, RB_UPKEEP_SOON, 100 },
    { RB_STMT_UPKEEP_TELL_APPLICANTS, RB_UPKEEP_NOW, 1 },
    { RB_STMT_GATE_FORGET_KEYS, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_ONE_TIME_TOKENS, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_SIGN_UPS, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_AUTHORIZATION_CODES, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_DEVICE_CODES, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_USED_PROOFS, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_REFRESH_TOKENS, RB_UPKEEP_MINUTE, 1000 },
    { RB_STMT_UPKEEP_RECOUNT, RB_UPKEEP_MINUTE, 0 },
    { RB_STMT_UPKEEP_SESSIONS_EXPIRED, RB_UPKEEP_HOUR, 1000 },
    { RB_STMT_UPKEEP_SESSIONS_REVOKED, RB_UPKEEP_HOUR, 1000 },
    { RB_STMT_UPKEEP_MEMBER_DEVICES, RB_UPKEEP_HOUR, 1000 },
    { RB_STMT_UPKEEP_MAILS, RB_UPKEEP_HOUR, 1000 },
    { RB_STMT_UPKEEP_ERASE, RB_UPKEEP_HOUR, 100 },
    { RB_STMT_UPKEEP_COUNTER_BATCHES, RB_UPKEEP_HOUR, 1000 },
    { RB_STMT_UPKEEP_PURGES, RB_UPKEEP_HOUR, 0 },
    { RB_STMT_UPKEEP_OUTBOX, RB_UPKEEP_HOUR, 0 },
    { RB_STMT_UPKEEP_AUDIT_MONTHS, RB_UPKEEP_HOUR, 0 }
};


ngx_int_t
rb_upkeep_init_process(ngx_cycle_t *cycle, rb_cache_t *cache)
{
    return rb_fiber_start(rb_upkeep_midnight, cache, cycle->log)
           && rb_fiber_start(rb_upkeep_leader, NULL, cycle->log)
           ? NGX_OK : NGX_ERROR;
}


static void
rb_upkeep_midnight(void *data)
{
    int32_t      today;
    rb_cache_t  *cache = data;

    today = rb_date_today();

    while (rb_fiber_wait_background(RB_UPKEEP_TICK) != RB_WAKE_CANCELLED
           && !ngx_exiting)
    {
        if (rb_date_today() != today) {
            today = rb_date_today();
            rb_cache_changed_all(cache);
        }
    }
}


static void
rb_upkeep_leader(void *data)
{
    ngx_uint_t           i, ticks;
    rb_changes_stats_t   changes;

    ticks = 0;

    while (rb_fiber_wait_background(RB_UPKEEP_TICK) != RB_WAKE_CANCELLED
           && !ngx_exiting)
    {
        rb_changes_stats(&changes);

        if (!changes.leader) {
            ticks = 0;
            continue;
        }

        for (i = 0; i < rb_array_size(rb_upkeeps); i++) {
            if (ticks % rb_upkeeps[i].every == 0) {
                rb_upkeep_do(&rb_upkeeps[i]);
            }
        }

        ticks++;
    }
}


/* An error is logged where it arises, and the next time tries again. */

static void
rb_upkeep_do(const rb_upkeep_t *upkeep)
{
    rb_err_t      *err;
    rb_task_t      task;
    rb_pg_rows_t   rows;

    ngx_memzero(&task, sizeof(rb_task_t));

    task.log = ngx_cycle->log;
    task.background = 1;
    task.pool = ngx_create_pool(1024, ngx_cycle->log);

    if (task.pool == NULL) {
        return;
    }

    do {
        task.deadline = ngx_current_msec + RB_UPKEEP_TIMEOUT;

        err = rb_pg_query(&task, upkeep->stmt, 0, NULL, &rows);

    } while (err == NULL && upkeep->at_once
             && rows.affected == upkeep->at_once && !ngx_exiting);

    if (err == NULL && rows.sqlstate[0]) {
        ngx_log_error(NGX_LOG_ERR, task.log, 0, "upkeep: %s is refused: %s %V",
                      rb_statements[upkeep->stmt].name, rows.sqlstate,
                      &rows.constraint);
    }

    rb_task_end(&task);
    ngx_destroy_pool(task.pool);
}
