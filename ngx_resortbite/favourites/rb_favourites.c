
/*
 * The rules of favourites.  Whatever becomes of a write, the post is counted
 * anew: of one whose answer was lost nobody knows whether it was committed.
 */


#include "favourites/rb_favourites.h"
#include "counters/rb_counters.h"
#include "jobs/rb_jobs.h"
#include "rb_statements.h"


rb_err_define(rb_err_favourites_full, 409, "limit_reached",
              "찜한 공고가 1,000건이라 더 찜할 수 없습니다. 보지 않는 것을 먼저 풀어 "
              "주세요.",
              "You keep 1,000 jobs, which is the most. Let one go first.");


rb_err_t *
rb_favourites_put(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *post)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FAVOURITES_PUT_NPARAMS];
    rb_pg_rows_t   rows;

    err = rb_jobs_read(task, post, &rows);
    if (err) {
        return err;
    }

    params[RB_FAVOURITES_PUT_P_MEMBER] = who->member;
    params[RB_FAVOURITES_PUT_P_POST] = *post;

    err = rb_pg_query(task, RB_STMT_FAVOURITES_PUT, 0, params, &rows);

    if (err == NULL && rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (err == NULL && rb_pg_value(&rows, 0, 0).data[0] == 't') {
        return &rb_err_favourites_full;
    }

    rb_counters_mark(post);

    return err;
}


rb_err_t *
rb_favourites_delete(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *post)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_FAVOURITES_DELETE_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_FAVOURITES_DELETE_P_MEMBER] = who->member;
    params[RB_FAVOURITES_DELETE_P_POST] = *post;

    err = rb_pg_query(task, RB_STMT_FAVOURITES_DELETE, 0, params, &rows);

    if (err || rows.affected) {
        rb_counters_mark(post);
    }

    return err;
}
