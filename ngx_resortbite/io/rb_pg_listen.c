
/*
 * Listening for notifications, on a connection of its own outside pipeline
 * mode.  A tick four times a second probes the server, so that one that has
 * stopped, or has no schema, is noticed, and tries for the leader's advisory
 * lock while the session doesn't hold it; the lock goes with the session, so
 * that a node that dies is replaced by another one's next tick.
 *
 * The server sends what was notified before it says that it is ready for the
 * next query, and libpq hands out both in order.  So when a probe is through,
 * and the notifications read with it are passed on, nothing is missing of what
 * was committed before the probe was sent.
 */


#include "io/rb_pg_lane.h"


#define RB_PG_LISTEN_FIRST_TICK  20
#define RB_PG_LISTEN_TICK        250
#define RB_PG_LISTEN_SILENT      4000
#define RB_PG_LISTEN_TEXT        256


typedef struct {
    rb_pg_conn_t        conn;           /* first: its user's data */
    rb_pg_listener_t   *listener;
    ngx_event_t         tick;
    ngx_msec_t          asked;          /* when that was sent */
    unsigned            busy:1;         /* a query is under way */
    unsigned            answered:1;     /* and told of once all is read */
    unsigned            listening:1;
    unsigned            leader:1;
} rb_pg_ear_t;


static ngx_int_t rb_pg_ear_ready(rb_pg_conn_t *conn);
static void rb_pg_ear_readable(rb_pg_conn_t *conn);
static void rb_pg_ear_lost(rb_pg_conn_t *conn, ngx_uint_t established);
static void rb_pg_ear_result(rb_pg_ear_t *ear, PGresult *result);
static void rb_pg_ear_query(rb_pg_ear_t *ear, const char *text);
static void rb_pg_ear_tick(ngx_event_t *ev);


static const rb_pg_conn_user_t  rb_pg_ear_user = {
    rb_pg_ear_ready,
    rb_pg_ear_readable,
    rb_pg_ear_lost
};

/* one a worker: to be closed at its end */
static rb_pg_ear_t  *rb_pg_ear;


ngx_int_t
rb_pg_listen(rb_pg_listener_t *listener)
{
    rb_pg_ear_t  *ear;

    if (!rb_pg.configured || rb_pg_ear != NULL) {
        return NGX_DECLINED;
    }

    ear = ngx_calloc(sizeof(rb_pg_ear_t), rb_pg.log);
    if (ear == NULL) {
        return NGX_ERROR;
    }

    ear->listener = listener;

    ear->tick.handler = rb_pg_ear_tick;
    ear->tick.data = ear;
    ear->tick.log = rb_pg.log;
    ear->tick.cancelable = 1;

    ear->conn.conf = rb_pg.conf;
    ear->conn.conninfo = (const char *) rb_pg.conf->conninfo.data;
    ear->conn.user = &rb_pg_ear_user;
    ear->conn.log = rb_pg.log;
    ear->conn.role = "listener";

    rb_pg_ear = ear;
    rb_pg_conn_start(&ear->conn);

    return NGX_OK;
}


void
rb_pg_listen_exit(void)
{
    if (rb_pg_ear == NULL) {
        return;
    }

    rb_pg_conn_end(&rb_pg_ear->conn);

    if (rb_pg_ear->tick.timer_set) {
        ngx_del_timer(&rb_pg_ear->tick);
    }

    ngx_free(rb_pg_ear);
    rb_pg_ear = NULL;
}


static ngx_int_t
rb_pg_ear_ready(rb_pg_conn_t *conn)
{
    char          text[RB_PG_LISTEN_TEXT];
    rb_pg_ear_t  *ear;

    ear = (rb_pg_ear_t *) conn;

    *ngx_snprintf((u_char *) text, sizeof(text) - 1, "LISTEN %V; %V",
                  &ear->listener->channel, &ear->listener->probe) = '\0';

    rb_pg_ear_query(ear, text);

    if (!ear->busy) {
        return NGX_ERROR;
    }

    /* the first tick, right behind the LISTEN, asks for the lock */

    ngx_add_timer(&ear->tick, RB_PG_LISTEN_FIRST_TICK);

    return NGX_OK;
}


static void
rb_pg_ear_readable(rb_pg_conn_t *conn)
{
    PGnotify     *notify;
    PGresult     *result;
    ngx_str_t     payload;
    rb_pg_ear_t  *ear;

    ear = (rb_pg_ear_t *) conn;

    while (ear->busy && !PQisBusy(conn->pg)) {
        result = PQgetResult(conn->pg);

        if (result == NULL) {
            ear->busy = 0;
            ear->answered = 1;
            rb_pg_conn_expect(conn, 0);

            if (!ear->listening) {
                ear->listening = 1;
                ear->listener->on_state(ear->listener->data, 1);
            }

            break;
        }

        rb_pg_ear_result(ear, result);
        PQclear(result);

        if (conn->state != RB_PG_READY) {
            return;
        }
    }

    for ( ;; ) {

        if (conn->state != RB_PG_READY) {
            return;
        }

        notify = PQnotifies(conn->pg);
        if (notify == NULL) {
            break;
        }

        payload.data = (u_char *) notify->extra;
        payload.len = ngx_strlen(notify->extra);

        ear->listener->on_notify(ear->listener->data, &payload);
        PQfreemem(notify);
    }

    if (ear->answered) {
        ear->answered = 0;

        if (ear->listener->on_heard) {
            ear->listener->on_heard(ear->listener->data, ear->asked);
        }
    }
}


static void
rb_pg_ear_result(rb_pg_ear_t *ear, PGresult *result)
{
    ExecStatusType  status;

    status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        rb_pg_conn_lose(&ear->conn, PQresultErrorMessage(result));
        return;
    }

    if (!ear->leader && PQntuples(result) == 1
        && ngx_strcmp(PQgetvalue(result, 0, 0), "t") == 0)
    {
        ear->leader = 1;
        ear->listener->on_leader(ear->listener->data, 1);
    }
}


static void
rb_pg_ear_lost(rb_pg_conn_t *conn, ngx_uint_t established)
{
    rb_pg_ear_t  *ear;

    ear = (rb_pg_ear_t *) conn;

    ear->busy = 0;
    ear->answered = 0;

    if (ear->tick.timer_set) {
        ngx_del_timer(&ear->tick);
    }

    if (ear->leader) {
        ear->leader = 0;
        ear->listener->on_leader(ear->listener->data, 0);
    }

    ear->listening = 0;
    ear->listener->on_state(ear->listener->data, 0);
}


static void
rb_pg_ear_query(rb_pg_ear_t *ear, const char *text)
{
    if (PQsendQuery(ear->conn.pg, text) == 0) {
        rb_pg_conn_lose(&ear->conn, NULL);
        return;
    }

    ear->busy = 1;
    ear->asked = ngx_current_msec;
    rb_pg_conn_expect(&ear->conn, RB_PG_LISTEN_SILENT);
    rb_pg_conn_flush(&ear->conn);
}


static void
rb_pg_ear_tick(ngx_event_t *ev)
{
    char          text[RB_PG_LISTEN_TEXT];
    rb_pg_ear_t  *ear;

    ear = ev->data;

    ngx_add_timer(&ear->tick, RB_PG_LISTEN_TICK);

    if (ear->busy || ear->conn.state != RB_PG_READY) {
        return;
    }

    if (ear->leader || ear->listener->leader_key == 0) {
        *ngx_snprintf((u_char *) text, sizeof(text) - 1, "%V",
                      &ear->listener->probe) = '\0';

    } else {
        *ngx_snprintf((u_char *) text, sizeof(text) - 1,
                      "SELECT pg_try_advisory_lock(%L); %V",
                      ear->listener->leader_key, &ear->listener->probe) = '\0';
    }

    rb_pg_ear_query(ear, text);
}
