
/*
 * The rules of the desk.  Each change is one statement, which says in its
 * column `outcome' how it went.
 */


#include "dorms/rb_dorms_refusals.h"
#include "base/rb_uuid.h"
#include "rb_statements.h"


#define RB_DORMS_CALLER_MAX  (sizeof("member:") - 1 + RB_UUID_LEN)

#define rb_dorms_trail(S, params, at)                                         \
    do {                                                                      \
        params[S##_P_ACTOR] = (at)->who->member;                              \
        params[S##_P_REQUEST_ID] =                                            \
            rb_dorms_or_null(&(at)->origin->request_id);                      \
        params[S##_P_RESORT] = (at)->resort;                                  \
    } while (0)

#define rb_dorms_most(S, params, number)                                      \
    ngx_str_set(&params[S##_P_MOST], rb_dorms_text(number))

#define rb_dorms_text(number)   rb_dorms_text_(number)
#define rb_dorms_text_(number)  #number


static ngx_str_t rb_dorms_or_null(const ngx_str_t *text);
static rb_err_t *rb_dorms_new_id(ngx_pool_t *pool, ngx_str_t *id);


rb_err_t *
rb_dorms_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, const rb_dorms_once_t *once,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    u_char         caller[RB_DORMS_CALLER_MAX];
    rb_err_t      *err;
    uint64_t       when;
    ngx_str_t      outcome, params[RB_DORMS_DESK_CREATE_NPARAMS];
    ngx_uint_t     column;
    rb_pg_rows_t   rows;

    when = once->key.len ? RB_DORMS_DESK_CREATE_WHEN_KEYED : 0;

    rb_dorms_trail(RB_DORMS_DESK_CREATE, params, at);
    rb_dorms_most(RB_DORMS_DESK_CREATE, params, RB_DORMS_MAX);

    params[RB_DORMS_DESK_CREATE_P_PATCH] = *patch;
    params[RB_DORMS_DESK_CREATE_P_KEY] = once->key;
    params[RB_DORMS_DESK_CREATE_P_REQUEST_HASH] = once->request_hash;
    params[RB_DORMS_DESK_CREATE_P_CALLER].data = caller;
    params[RB_DORMS_DESK_CREATE_P_CALLER].len =
        ngx_snprintf(caller, sizeof(caller), "member:%V", &at->who->member)
        - caller;

    err = rb_dorms_new_id(task->pool, &params[RB_DORMS_DESK_CREATE_P_ID]);
    if (err) {
        return err;
    }

    err = rb_dorms_write(task, RB_STMT_DORMS_DESK_CREATE, when, params,
                         when != 0, "name", &rows);
    if (err) {
        return err;
    }

    outcome = rb_dorms_outcome(&rows, &column);

    *response = rb_pg_value(&rows, 0, column + 1);
    *replayed = (outcome.data[0] == 'r');

    return NULL;
}


rb_err_t *
rb_dorms_desk_read(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *id, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_DORMS_DESK_GET_NPARAMS];

    params[RB_DORMS_DESK_GET_P_RESORT] = *resort;
    params[RB_DORMS_DESK_GET_P_ID] = *id;

    err = rb_pg_query(task, RB_STMT_DORMS_DESK_GET, 0, params, rows);
    if (err) {
        return err;
    }

    return rows->count ? NULL : &rb_err_not_found;
}


rb_err_t *
rb_dorms_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch)
{
    ngx_str_t     params[RB_DORMS_DESK_CHANGE_NPARAMS];
    rb_pg_rows_t  rows;

    rb_dorms_trail(RB_DORMS_DESK_CHANGE, params, at);

    params[RB_DORMS_DESK_CHANGE_P_ID] = at->dormitory;
    params[RB_DORMS_DESK_CHANGE_P_IF_MATCH] = at->if_match;
    params[RB_DORMS_DESK_CHANGE_P_PATCH] = *patch;

    return rb_dorms_write(task, RB_STMT_DORMS_DESK_CHANGE, 0, params, 0,
                          "name", &rows);
}


rb_err_t *
rb_dorms_delete(rb_task_t *task, const rb_dorms_at_t *at)
{
    ngx_str_t     params[RB_DORMS_DESK_DELETE_NPARAMS];
    rb_pg_rows_t  rows;

    rb_dorms_trail(RB_DORMS_DESK_DELETE, params, at);

    params[RB_DORMS_DESK_DELETE_P_ID] = at->dormitory;
    params[RB_DORMS_DESK_DELETE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_DESK_DELETE, 0, params, 0,
                          "name", &rows);
}


rb_err_t *
rb_dorms_restore(rb_task_t *task, const rb_dorms_at_t *at)
{
    ngx_str_t     params[RB_DORMS_DESK_RESTORE_NPARAMS];
    rb_pg_rows_t  rows;

    rb_dorms_trail(RB_DORMS_DESK_RESTORE, params, at);
    rb_dorms_most(RB_DORMS_DESK_RESTORE, params, RB_DORMS_MAX);

    params[RB_DORMS_DESK_RESTORE_P_ID] = at->dormitory;
    params[RB_DORMS_DESK_RESTORE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_DESK_RESTORE, 0, params, 0,
                          "name", &rows);
}


rb_err_t *
rb_dorms_room_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, const ngx_str_t *labels, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_DORMS_ROOM_CREATE_NPARAMS];

    rb_dorms_trail(RB_DORMS_ROOM_CREATE, params, at);
    rb_dorms_most(RB_DORMS_ROOM_CREATE, params, RB_ROOMS_MAX);

    params[RB_DORMS_ROOM_CREATE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_ROOM_CREATE_P_PATCH] = *patch;
    params[RB_DORMS_ROOM_CREATE_P_LABELS] = *labels;

    err = rb_dorms_new_id(task->pool, &params[RB_DORMS_ROOM_CREATE_P_ID]);
    if (err) {
        return err;
    }

    return rb_dorms_write(task, RB_STMT_DORMS_ROOM_CREATE, 0, params, 0,
                          "labels", rows);
}


rb_err_t *
rb_dorms_room_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_DORMS_ROOM_CHANGE_NPARAMS];

    rb_dorms_trail(RB_DORMS_ROOM_CHANGE, params, at);

    params[RB_DORMS_ROOM_CHANGE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_ROOM_CHANGE_P_ROOM] = at->room;
    params[RB_DORMS_ROOM_CHANGE_P_IF_MATCH] = at->if_match;
    params[RB_DORMS_ROOM_CHANGE_P_PATCH] = *patch;

    return rb_dorms_write(task, RB_STMT_DORMS_ROOM_CHANGE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_room_retire(rb_task_t *task, const rb_dorms_at_t *at)
{
    ngx_str_t     params[RB_DORMS_ROOM_RETIRE_NPARAMS];
    rb_pg_rows_t  rows;

    rb_dorms_trail(RB_DORMS_ROOM_RETIRE, params, at);

    params[RB_DORMS_ROOM_RETIRE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_ROOM_RETIRE_P_ROOM] = at->room;
    params[RB_DORMS_ROOM_RETIRE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_ROOM_RETIRE, 0, params, 0,
                          "label", &rows);
}


rb_err_t *
rb_dorms_room_restore(rb_task_t *task, const rb_dorms_at_t *at,
    rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_DORMS_ROOM_RESTORE_NPARAMS];

    rb_dorms_trail(RB_DORMS_ROOM_RESTORE, params, at);
    rb_dorms_most(RB_DORMS_ROOM_RESTORE, params, RB_ROOMS_MAX);

    params[RB_DORMS_ROOM_RESTORE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_ROOM_RESTORE_P_ROOM] = at->room;
    params[RB_DORMS_ROOM_RESTORE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_ROOM_RESTORE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_bed_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *label, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_DORMS_BED_CREATE_NPARAMS];

    rb_dorms_trail(RB_DORMS_BED_CREATE, params, at);
    rb_dorms_most(RB_DORMS_BED_CREATE, params, RB_BEDS_MAX);

    params[RB_DORMS_BED_CREATE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_BED_CREATE_P_ROOM] = at->room;
    params[RB_DORMS_BED_CREATE_P_LABEL] = *label;

    err = rb_dorms_new_id(task->pool, &params[RB_DORMS_BED_CREATE_P_ID]);
    if (err) {
        return err;
    }

    return rb_dorms_write(task, RB_STMT_DORMS_BED_CREATE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_bed_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *label, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_DORMS_BED_CHANGE_NPARAMS];

    rb_dorms_trail(RB_DORMS_BED_CHANGE, params, at);

    params[RB_DORMS_BED_CHANGE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_BED_CHANGE_P_ROOM] = at->room;
    params[RB_DORMS_BED_CHANGE_P_BED] = at->bed;
    params[RB_DORMS_BED_CHANGE_P_IF_MATCH] = at->if_match;
    params[RB_DORMS_BED_CHANGE_P_LABEL] = *label;

    return rb_dorms_write(task, RB_STMT_DORMS_BED_CHANGE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_bed_retire(rb_task_t *task, const rb_dorms_at_t *at)
{
    ngx_str_t     params[RB_DORMS_BED_RETIRE_NPARAMS];
    rb_pg_rows_t  rows;

    rb_dorms_trail(RB_DORMS_BED_RETIRE, params, at);

    params[RB_DORMS_BED_RETIRE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_BED_RETIRE_P_ROOM] = at->room;
    params[RB_DORMS_BED_RETIRE_P_BED] = at->bed;
    params[RB_DORMS_BED_RETIRE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_BED_RETIRE, 0, params, 0,
                          "label", &rows);
}


rb_err_t *
rb_dorms_bed_restore(rb_task_t *task, const rb_dorms_at_t *at,
    rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_DORMS_BED_RESTORE_NPARAMS];

    rb_dorms_trail(RB_DORMS_BED_RESTORE, params, at);
    rb_dorms_most(RB_DORMS_BED_RESTORE, params, RB_BEDS_MAX);

    params[RB_DORMS_BED_RESTORE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_BED_RESTORE_P_ROOM] = at->room;
    params[RB_DORMS_BED_RESTORE_P_BED] = at->bed;
    params[RB_DORMS_BED_RESTORE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_BED_RESTORE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_season_create(rb_task_t *task, const rb_dorms_at_t *at, const
    ngx_str_t *patch, rb_pg_rows_t *rows)
{
    rb_err_t   *err;
    ngx_str_t   params[RB_DORMS_SEASON_CREATE_NPARAMS];

    rb_dorms_trail(RB_DORMS_SEASON_CREATE, params, at);
    rb_dorms_most(RB_DORMS_SEASON_CREATE, params, RB_SEASONS_MAX);

    params[RB_DORMS_SEASON_CREATE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_SEASON_CREATE_P_PATCH] = *patch;

    err = rb_dorms_new_id(task->pool, &params[RB_DORMS_SEASON_CREATE_P_ID]);
    if (err) {
        return err;
    }

    return rb_dorms_write(task, RB_STMT_DORMS_SEASON_CREATE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_season_change(rb_task_t *task, const rb_dorms_at_t *at, const
    ngx_str_t *patch, rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_DORMS_SEASON_CHANGE_NPARAMS];

    rb_dorms_trail(RB_DORMS_SEASON_CHANGE, params, at);

    params[RB_DORMS_SEASON_CHANGE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_SEASON_CHANGE_P_SEASON] = at->season;
    params[RB_DORMS_SEASON_CHANGE_P_IF_MATCH] = at->if_match;
    params[RB_DORMS_SEASON_CHANGE_P_PATCH] = *patch;

    return rb_dorms_write(task, RB_STMT_DORMS_SEASON_CHANGE, 0, params, 0,
                          "label", rows);
}


rb_err_t *
rb_dorms_season_remove(rb_task_t *task, const rb_dorms_at_t *at)
{
    ngx_str_t     params[RB_DORMS_SEASON_REMOVE_NPARAMS];
    rb_pg_rows_t  rows;

    rb_dorms_trail(RB_DORMS_SEASON_REMOVE, params, at);

    params[RB_DORMS_SEASON_REMOVE_P_DORMITORY] = at->dormitory;
    params[RB_DORMS_SEASON_REMOVE_P_SEASON] = at->season;
    params[RB_DORMS_SEASON_REMOVE_P_IF_MATCH] = at->if_match;

    return rb_dorms_write(task, RB_STMT_DORMS_SEASON_REMOVE, 0, params, 0,
                          "label", &rows);
}


static ngx_str_t
rb_dorms_or_null(const ngx_str_t *text)
{
    ngx_str_t  null = ngx_null_string;

    return text->len ? *text : null;
}


static rb_err_t *
rb_dorms_new_id(ngx_pool_t *pool, ngx_str_t *id)
{
    id->len = RB_UUID_LEN;
    id->data = ngx_pnalloc(pool, RB_UUID_LEN);

    if (id->data == NULL || rb_uuid_v7(id->data) != NGX_OK) {
        return &rb_err_internal;
    }

    return NULL;
}
