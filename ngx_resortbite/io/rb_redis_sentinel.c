
/*
 * Finding the master (Redis' guidelines for Sentinel clients): ask the
 * sentinels in turn; the first that knows the master is believed, and the
 * master itself is asked by ROLE whether it is one.  A sentinel may be behind
 * the others, so each new attempt of the link starts with the next one.
 */


#include "io/rb_redis_sentinel.h"


static void rb_redis_sentinel_try(rb_redis_sentinel_t *sentinel,
    const char *why);
static void rb_redis_sentinel_opened(rb_redis_conn_t *conn);
static void rb_redis_sentinel_reply(rb_redis_conn_t *conn,
    const rb_redis_value_t *value);
static void rb_redis_sentinel_closed(rb_redis_conn_t *conn, const char *why);


static const rb_redis_conn_ops_t  rb_redis_sentinel_ops = {
    rb_redis_sentinel_opened,
    rb_redis_sentinel_reply,
    rb_redis_sentinel_closed
};


rb_redis_sentinel_t *
rb_redis_sentinel_create(rb_redis_link_t *link)
{
    rb_redis_sentinel_t  *sentinel;

    sentinel = ngx_calloc(sizeof(rb_redis_sentinel_t), rb_redis.log);
    if (sentinel == NULL) {
        return NULL;
    }

    rb_redis_conn_init(&sentinel->conn, &rb_redis_sentinel_ops, sentinel);

    sentinel->link = link;
    sentinel->next = ngx_random() % rb_redis.target.count;

    return sentinel;
}


void
rb_redis_sentinel_ask(rb_redis_sentinel_t *sentinel)
{
    sentinel->left = rb_redis.target.count;

    rb_redis_sentinel_try(sentinel, "no sentinel");
}


void
rb_redis_sentinel_stop(rb_redis_sentinel_t *sentinel)
{
    rb_redis_conn_close(&sentinel->conn);
}


static void
rb_redis_sentinel_try(rb_redis_sentinel_t *sentinel, const char *why)
{
    rb_redis_server_t  *server;

    if (sentinel->left == 0) {
        rb_redis_link_fail(sentinel->link, why);
        return;
    }

    sentinel->left--;

    server = &rb_redis.target.servers[sentinel->next];
    sentinel->next = (sentinel->next + 1) % rb_redis.target.count;

    rb_redis_conn_open(&sentinel->conn, server);
}


static void
rb_redis_sentinel_opened(rb_redis_conn_t *conn)
{
    ngx_str_t  argv[] = {
        ngx_string("SENTINEL"),
        ngx_string("get-master-addr-by-name"),
        rb_redis.target.master
    };

    if (rb_redis_conn_command(conn, rb_array_size(argv), argv) != NGX_OK) {
        rb_redis_conn_close(conn);
        rb_redis_sentinel_try(conn->owner, "out of memory");
    }
}


static void
rb_redis_sentinel_reply(rb_redis_conn_t *conn, const rb_redis_value_t *value)
{
    ngx_int_t             port;
    rb_redis_value_t     *host;
    rb_redis_sentinel_t  *sentinel;

    sentinel = conn->owner;
    port = NGX_ERROR;
    host = value->first;

    if (value->count == 2) {
        port = ngx_atoi(value->last->str.data, value->last->str.len);
    }

    if (port < 1 || port > 65535
        || rb_redis_link_set_server(sentinel->link, &host->str, port, 0)
           != NGX_OK)
    {
        rb_redis_conn_close(conn);
        rb_redis_sentinel_try(sentinel, "no sentinel knows the master");
        return;
    }

    rb_redis_conn_close(conn);
    rb_redis_link_found(sentinel->link);
}


static void
rb_redis_sentinel_closed(rb_redis_conn_t *conn, const char *why)
{
    rb_redis_sentinel_try(conn->owner, why);
}
