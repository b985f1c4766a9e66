
/*
 * Writing what was counted.  A batch that wasn't answered for is sent again
 * under its own id, by this worker or another, and counts once (counters_add
 * in sql/schema/0115_counters.sql).  While PostgreSQL is away, counts stay in
 * shared memory.
 *
 * A worker that is asked to leave writes before it goes, whichever it is:
 * after a reload the next ones would, but the last one of all can't know that
 * it is that.
 */


#include "counters/rb_counters.h"
#include "base/rb_buf.h"
#include "io/rb_leave.h"
#include "io/rb_tally.h"
#include "rb_statements.h"


#define RB_COUNTERS_TICK      2000      /* ms between two looks */
#define RB_COUNTERS_QUERY     5000      /* a batch may take */
#define RB_COUNTERS_LAST      2000      /* likewise, of one that leaves */
#define RB_COUNTERS_LEAVING   3         /* attempts of such a one */
#define RB_COUNTERS_PAUSE     300       /* ms between them */


static void rb_counters_fiber(void *data);
static void rb_counters_leave(void);
static void rb_counters_leaving(void *data);
static ngx_int_t rb_counters_flush(ngx_uint_t background);
static ngx_int_t rb_counters_send(rb_task_t *task,
    const rb_tally_batch_t *batch);
static ngx_int_t rb_counters_params(ngx_pool_t *pool,
    const rb_tally_batch_t *batch, ngx_str_t *params);


/* is somebody at it, after being asked to leave? */
static ngx_uint_t  rb_counters_last;


ngx_int_t
rb_counters_init_process(ngx_cycle_t *cycle)
{
    rb_counters_last = 0;
    rb_tally_added_late = rb_counters_leave;

    if (rb_leave_watch(cycle, rb_counters_leave) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_worker != 0) {
        return NGX_OK;
    }

    return rb_fiber_start(rb_counters_fiber, NULL, cycle->log) ? NGX_OK
                                                               : NGX_ERROR;
}


void
rb_counters_mark(const ngx_str_t *post)
{
    rb_tally_mark(post);
}


static void
rb_counters_fiber(void *data)
{
    while (rb_fiber_wait_background(RB_COUNTERS_TICK) != RB_WAKE_CANCELLED
           && !ngx_exiting)
    {
        (void) rb_counters_flush(1);
    }
}


/* Also after each view that a leaving worker's last requests add. */

static void
rb_counters_leave(void)
{
    if (rb_counters_last) {
        rb_counters_last = 2;
        return;
    }

    rb_counters_last = 2;

    if (rb_fiber_start(rb_counters_leaving, NULL, (ngx_log_t *) ngx_cycle->log)
        == NULL)
    {
        rb_counters_last = 0;
    }
}


/* 2: something was added since it last looked. */

static void
rb_counters_leaving(void *data)
{
    ngx_uint_t  failed;

    failed = 0;

    while (rb_counters_last == 2 && failed < RB_COUNTERS_LEAVING) {
        rb_counters_last = 1;

        if (rb_counters_flush(0) == NGX_OK) {
            continue;
        }

        failed++;
        rb_counters_last = 2;

        if (rb_fiber_sleep(RB_COUNTERS_PAUSE) == RB_WAKE_CANCELLED) {
            break;
        }
    }

    rb_counters_last = 0;
}


/* Everything that is there.  NGX_ERROR: what is left is tried again later. */

static ngx_int_t
rb_counters_flush(ngx_uint_t background)
{
    ngx_int_t          rc;
    rb_task_t          task;
    rb_tally_batch_t  *batch;

    ngx_memzero(&task, sizeof(rb_task_t));

    task.log = (ngx_log_t *) ngx_cycle->log;
    task.background = background;

    rc = NGX_OK;

    do {
        task.pool = ngx_create_pool(4096, task.log);
        if (task.pool == NULL) {
            return NGX_ERROR;
        }

        batch = ngx_palloc(task.pool, sizeof(rb_tally_batch_t));

        if (batch == NULL) {
            rc = NGX_ERROR;

        } else {
            rc = rb_tally_take(batch);
        }

        if (rc == NGX_OK) {
            rc = rb_counters_send(&task, batch);
        }

        rb_task_end(&task);
        ngx_destroy_pool(task.pool);

    } while (rc == NGX_OK && !(background && ngx_exiting));

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/* An error is logged where it arises. */

static ngx_int_t
rb_counters_send(rb_task_t *task, const rb_tally_batch_t *batch)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_COUNTERS_FLUSH_NPARAMS];
    rb_pg_rows_t   rows;

    if (rb_counters_params(task->pool, batch, params) != NGX_OK) {
        return NGX_ERROR;
    }

    task->deadline = ngx_current_msec
                     + (task->background ? RB_COUNTERS_QUERY
                                         : RB_COUNTERS_LAST);

    err = rb_pg_query(task, RB_STMT_COUNTERS_FLUSH, 0, params, &rows);
    if (err) {
        return NGX_ERROR;
    }

    if (rows.sqlstate[0]) {
        ngx_log_error(NGX_LOG_ERR, task->log, 0, "what was counted is "
                      "refused: %s %V", rows.sqlstate, &rows.constraint);
        return NGX_ERROR;
    }

    rb_tally_done(batch);

    return NGX_OK;
}


/* Three arrays as PostgreSQL writes them. */

static ngx_int_t
rb_counters_params(ngx_pool_t *pool, const rb_tally_batch_t *batch,
    ngx_str_t *params)
{
    u_char                   c;
    rb_buf_t                 buf[3];
    ngx_uint_t               i;
    const rb_tally_count_t  *count;

    static const ngx_uint_t  places[3] = {
        RB_COUNTERS_FLUSH_P_POSTS, RB_COUNTERS_FLUSH_P_VIEWS,
        RB_COUNTERS_FLUSH_P_RECOUNTS
    };

    if (rb_buf_init(&buf[0], pool, 2 + batch->n * (RB_UUID_LEN + 1)) != NGX_OK
        || rb_buf_init(&buf[1], pool, 2 + batch->n * 4) != NGX_OK
        || rb_buf_init(&buf[2], pool, 2 + batch->n * 2) != NGX_OK)
    {
        return NGX_ERROR;
    }

    c = '{';

    for (i = 0; i < batch->n; i++) {
        count = &batch->count[i];

        rb_buf_printf(&buf[0], "%c%*s", c, (size_t) RB_UUID_LEN, count->id);
        rb_buf_printf(&buf[1], "%c%uD", c, count->views);
        rb_buf_printf(&buf[2], "%c%c", c, count->recount ? 't' : 'f');
        c = ',';
    }

    for (i = 0; i < 3; i++) {
        rb_buf_add_lit(&buf[i], "}");

        if (buf[i].failed) {
            return NGX_ERROR;
        }

        params[places[i]].data = buf[i].start;
        params[places[i]].len = rb_buf_len(&buf[i]);
    }

    params[RB_COUNTERS_FLUSH_P_BATCH].data = (u_char *) batch->id;
    params[RB_COUNTERS_FLUSH_P_BATCH].len = RB_UUID_LEN;

    return NGX_OK;
}
