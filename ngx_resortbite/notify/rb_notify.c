
/* The queue, as staff sees it. */


#include "notify/rb_notify.h"
#include "rb_statements.h"


rb_err_t *
rb_notify_list(rb_task_t *task, const ngx_str_t *status,
    const ngx_str_t *after, const ngx_str_t *after_id,
    const ngx_str_t *limit, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_NOTIFY_LIST_NPARAMS];

    ngx_memzero(params, sizeof(params));

    params[RB_NOTIFY_LIST_P_STATUS] = *status;
    params[RB_NOTIFY_LIST_P_AFTER] = *after;
    params[RB_NOTIFY_LIST_P_AFTER_ID] = *after_id;
    params[RB_NOTIFY_LIST_P_LIMIT] = *limit;

    return rb_pg_query(task, RB_STMT_NOTIFY_LIST,
                       after->data ? RB_NOTIFY_LIST_WHEN_AFTER : 0, params,
                       rows);
}


rb_err_t *
rb_notify_retry(rb_task_t *task, const ngx_str_t *id,
    const rb_principal_t *who, const ngx_str_t *request_id)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_NOTIFY_RETRY_NPARAMS];
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));

    params[RB_NOTIFY_RETRY_P_ID] = *id;
    params[RB_NOTIFY_RETRY_P_REQUEST_ID] = *request_id;

    if (who->member.len) {
        params[RB_NOTIFY_RETRY_P_ACTOR] = who->member;
    }

    err = rb_pg_query(task, RB_STMT_NOTIFY_RETRY, 0, params, &rows);
    if (err) {
        return err;
    }

    return rows.count ? NULL : &rb_err_not_found;
}
