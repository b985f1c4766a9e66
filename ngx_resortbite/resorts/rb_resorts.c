
/* The rules of resorts. */


#include "resorts/rb_resorts.h"
#include "rb_statements.h"


rb_err_define(rb_err_resort_closed, 410, "resort_closed",
              "더 이상 리조트바이트에 등록되어 있지 않은 리조트입니다.",
              "This resort is no longer on ResortBite.");


/* The statement's last column says how the public sees the resort. */

rb_err_t *
rb_resorts_read(rb_task_t *task, const ngx_str_t *id, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   state;

    err = rb_pg_get(task, RB_STMT_RESORTS_GET, id, rows);
    if (err) {
        return err;
    }

    if (rows->count == 0) {
        return &rb_err_not_found;
    }

    state = rb_pg_value(rows, 0, rows->columns - 1);

    if (state.data == NULL) {
        return &rb_err_not_found;
    }

    return state.data[0] == 'o' ? NULL : &rb_err_resort_closed;
}
