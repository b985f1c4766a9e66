
/* What is signed in to an account, for its owner. */


#include "sessions/rb_sessions.h"
#include "rb_statements.h"


rb_err_t *
rb_sessions_list(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *current, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_SESSIONS_LIST_NPARAMS];

    ngx_memzero(params, sizeof(params));

    params[RB_SESSIONS_LIST_P_MEMBER] = *member;
    params[RB_SESSIONS_LIST_P_CURRENT] = *current;
    ngx_str_set(&params[RB_SESSIONS_LIST_P_LIMIT], "100");

    return rb_pg_query(task, RB_STMT_SESSIONS_LIST, 0, params, rows);
}
