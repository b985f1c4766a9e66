
/* The rules of job posts. */


#include "jobs/rb_jobs.h"
#include "rb_statements.h"


rb_err_define(rb_err_job_ended, 410, "job_ended",
              "모집이 끝난 공고입니다. 다른 공고를 찾아보세요.",
              "This job has been filled or has ended. Please look for "
              "another.");


/* The statement's last column says how the public sees the post. */

rb_err_t *
rb_jobs_read(rb_task_t *task, const ngx_str_t *id, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   state;

    err = rb_pg_get(task, RB_STMT_JOBS_GET, id, rows);
    if (err) {
        return err;
    }

    if (rows->count == 0) {
        return &rb_err_not_found;
    }

    state = rb_pg_value(rows, 0, rows->columns - 1);

    return rb_jobs_state(&state);
}


rb_err_t *
rb_jobs_state(const ngx_str_t *state)
{
    if (state->data == NULL) {
        return &rb_err_not_found;
    }

    return state->data[0] == 'o' ? NULL : &rb_err_job_ended;
}
