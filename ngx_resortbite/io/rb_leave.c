
/*
 * nginx tells idle connections of its end by calling their read handlers.  So
 * we are one: a connection without a socket.
 */


#include "io/rb_leave.h"
#include <ngx_event.h>


/* not -1, which nginx takes for a free one */
#define RB_LEAVE_FD  ((ngx_socket_t) -2)


static void rb_leave_handler(ngx_event_t *ev);


static void  (*rb_leave_to)(void);


ngx_int_t
rb_leave_watch(ngx_cycle_t *cycle, void (*handler)(void))
{
    ngx_connection_t  *c;

    /* its number is only used to find that of an open socket */

    c = ngx_get_connection(0, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    if (ngx_cycle->files && ngx_cycle->files[0] == c) {
        ngx_cycle->files[0] = NULL;
    }

    c->fd = RB_LEAVE_FD;
    c->idle = 1;
    c->log = cycle->log;
    c->read->handler = rb_leave_handler;
    c->read->log = cycle->log;

    rb_leave_to = handler;

    return NGX_OK;
}


static void
rb_leave_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (!c->close) {
        return;
    }

    c->idle = 0;
    c->fd = 0;
    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    rb_leave_to();
}
