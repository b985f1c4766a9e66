
/*
 * The front door: statements in, rows out; the lanes do the rest.
 */


#include "io/rb_pg_lane.h"


static rb_err_t *rb_pg_call_init(rb_pg_call_t *call, rb_task_t *task,
    rb_pg_rows_t *rows);


rb_pg_t  rb_pg;


char *
rb_pg_conf_check(ngx_conf_t *cf, const ngx_str_t *conninfo)
{
    char              *message;
    PQconninfoOption  *options;

    message = NULL;
    options = PQconninfoParse((const char *) conninfo->data, &message);

    if (options != NULL) {
        PQconninfoFree(options);
        return rb_resolve_conf(cf);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "PostgreSQL is named by a libpq connection "
                       "string, such as \"host=/run/postgresql "
                       "dbname=resortbite user=resortbite\" or "
                       "\"postgresql://user@host/resortbite\": %*s",
                       message ? ngx_strlen(message) - 1 : 0, message);
    PQfreemem(message);                 /* which ends with a line feed */

    return NGX_CONF_ERROR;
}


ngx_int_t
rb_pg_init_process(ngx_cycle_t *cycle, rb_pg_conf_t *conf)
{
    ngx_uint_t     i, k;
    rb_pg_lane_t  *lane;

    ngx_memzero(&rb_pg, sizeof(rb_pg_t));

    if (conf->conninfo.len == 0) {
        return NGX_OK;
    }

    rb_pg.configured = 1;
    rb_pg.conf = conf;
    rb_pg.log = cycle->log;
    rb_pg.nvariants = RB_STMT_COUNT;
    ngx_queue_init(&rb_pg.waiting);

    for (i = 0; i < RB_PG_LANES; i++) {
        lane = &rb_pg.lanes[i];

        if (rb_pg_lane_init(lane, cycle->pool, i) != NGX_OK) {
            return NGX_ERROR;
        }

        for (k = 0; k < lane->nlinks; k++) {
            rb_pg_conn_start(&lane->links[k].conn);
        }
    }

    return NGX_OK;
}


void
rb_pg_exit_process(void)
{
    ngx_uint_t  i;

    if (!rb_pg.configured) {
        return;
    }

    rb_pg_listen_exit();

    for (i = 0; i < RB_PG_LANES; i++) {
        rb_pg_lane_exit(&rb_pg.lanes[i]);
    }
}


rb_err_t *
rb_pg_query(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows)
{
    return rb_pg_run(task, &rb_statements[stmt], when, params, rows);
}


rb_err_t *
rb_pg_run(rb_task_t *task, const rb_stmt_t *stmt, uint64_t when,
    const ngx_str_t *params, rb_pg_rows_t *rows)
{
    rb_err_t         *err;
    rb_pg_call_t      call;
    rb_pg_variant_t  *variant;

    err = rb_pg_call_init(&call, task, rows);
    if (err) {
        return err;
    }

    variant = rb_pg_variant(stmt, when);
    if (variant == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_lane_submit(rb_pg_lane_for(stmt->lane), variant, params,
                            &call);
    if (err) {

        if (variant->index >= RB_PG_VARIANTS) {
            rb_pg_variant_free(variant);
        }

        return err;
    }

    return rb_pg_call_wait(&call, rb_task_left(task, rb_pg.conf->timeout));
}


rb_err_t *
rb_pg_get(rb_task_t *task, ngx_uint_t stmt, const ngx_str_t *id,
    rb_pg_rows_t *rows)
{
    rb_err_t      *err;
    rb_pg_call_t   call;

    err = rb_pg_call_init(&call, task, rows);
    if (err) {
        return err;
    }

    call.id = id;

    err = rb_pg_lane_gather(rb_pg_lane_for(RB_LANE_POINT), stmt, &call);
    if (err) {
        return err;
    }

    return rb_pg_call_wait(&call, rb_task_left(task, rb_pg.conf->timeout));
}


static rb_err_t *
rb_pg_call_init(rb_pg_call_t *call, rb_task_t *task, rb_pg_rows_t *rows)
{
    ngx_memzero(rows, sizeof(rb_pg_rows_t));

    if (!rb_pg.configured) {
        return &rb_err_database;
    }

    if (rb_fiber_cancelled()) {
        return &rb_err_cancelled;
    }

    ngx_memzero(call, sizeof(rb_pg_call_t));

    call->task = task;
    call->fiber = rb_fiber_self();
    call->rows = rows;

    return NULL;
}


ngx_str_t
rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    int        r, c;
    ngx_str_t  value;
    PGresult  *result;

    result = rows->result;
    r = (int) (rows->first + row);
    c = (int) column;

    value.len = (size_t) PQgetlength(result, r, c);
    value.data = (u_char *) PQgetvalue(result, r, c);

    if (value.len == 0 && PQgetisnull(result, r, c)) {
        value.data = NULL;
    }

    return value;
}


ngx_str_t
rb_pg_column_name(const rb_pg_rows_t *rows, ngx_uint_t column)
{
    char       *s;
    ngx_str_t   name = ngx_null_string;

    s = PQfname(rows->result, (int) column);

    if (s != NULL) {
        name.data = (u_char *) s;
        name.len = ngx_strlen(s);
    }

    return name;
}


void
rb_pg_stats(rb_pg_stats_t stats[RB_PG_LANES])
{
    ngx_uint_t     i, k;
    rb_pg_lane_t  *lane;
    rb_pg_link_t  *link;

    ngx_memzero(stats, RB_PG_LANES * sizeof(rb_pg_stats_t));

    if (!rb_pg.configured) {
        return;
    }

    for (i = 0; i < RB_PG_LANES; i++) {
        lane = &rb_pg.lanes[i];

        stats[i] = lane->stats;
        stats[i].name.data = (u_char *) lane->name;
        stats[i].name.len = ngx_strlen(lane->name);
        stats[i].connections = lane->nlinks;
        stats[i].queued = lane->queued + lane->gathered;

        for (k = 0; k < lane->nlinks; k++) {
            link = &lane->links[k];

            stats[i].ready += (link->conn.state == RB_PG_READY);
            stats[i].inflight += link->depth;
            stats[i].reconnects += link->conn.reconnects;
        }
    }
}


ngx_uint_t
rb_pg_ready(ngx_uint_t index)
{
    ngx_uint_t     k;
    rb_pg_lane_t  *lane;

    if (!rb_pg.configured) {
        return 0;
    }

    lane = &rb_pg.lanes[index];

    for (k = 0; k < lane->nlinks; k++) {
        if (lane->links[k].conn.state == RB_PG_READY) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
rb_pg_replica_ready(void)
{
    return rb_pg_ready(RB_PG_REPLICA + RB_LANE_POINT)
           && rb_pg_ready(RB_PG_REPLICA + RB_LANE_SLOW);
}
