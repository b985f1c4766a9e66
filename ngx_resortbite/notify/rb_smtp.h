
/*
 * A client of a mail submission server (RFC 5321, RFC 6409): STARTTLS
 * (RFC 3207) or TLS at once (RFC 8314), AUTH PLAIN and LOGIN (RFC 4954),
 * SMTPUTF8 (RFC 6531).  All of it yields, within the task's deadline.
 */


#ifndef _RB_SMTP_H_INCLUDED_
#define _RB_SMTP_H_INCLUDED_


#include "io/rb_stream.h"


typedef enum {
    RB_SMTP_STARTTLS = 0,
    RB_SMTP_IMPLICIT,
    RB_SMTP_OFF
} rb_smtp_tls_e;


typedef struct {
    ngx_str_t        host;
    ngx_uint_t       port;
    ngx_str_t        user;              /* empty: no AUTH */
    ngx_str_t        password;
    ngx_str_t        ca;                /* a file; empty: the system's */
    rb_smtp_tls_e    tls;
} rb_smtp_t;


typedef enum {
    RB_SMTP_SENT = 0,
    RB_SMTP_LATER,                      /* refused for now (4xx) */
    RB_SMTP_NEVER,                      /* refused for good (5xx), or the
                                           address can't be written */
    RB_SMTP_LOST                        /* the connection is of no use now */
} rb_smtp_outcome_e;


typedef struct rb_smtp_session_s  rb_smtp_session_t;


/*
 * Connects, greets, begins TLS and authenticates.  NULL: *why says why not.
 * The session lives as long as the task, whose deadline may be moved on from
 * one message to the next.
 */
rb_smtp_session_t *rb_smtp_open(rb_task_t *task, const rb_smtp_t *server,
    const char **why);

/*
 * Hands over one message (lines end with CRLF; dots are stuffed here).
 * Except for RB_SMTP_SENT, *why says what the server said; after
 * RB_SMTP_LATER and RB_SMTP_NEVER the next message may follow.
 */
rb_smtp_outcome_e rb_smtp_send(rb_smtp_session_t *session,
    const ngx_str_t *from, const ngx_str_t *to, const ngx_str_t *message,
    const char **why);

/* QUIT, unless the connection is lost. */
void rb_smtp_close(rb_smtp_session_t *session);


/* Whether it can be an address within <>: no spaces, controls, brackets. */
ngx_uint_t rb_smtp_address(const ngx_str_t *address);

/*
 * One line of a reply: NGX_OK for the last, NGX_AGAIN when more follow,
 * NGX_ERROR when it is none.  *text is what follows the code.
 */
ngx_int_t rb_smtp_reply_line(const ngx_str_t *line, ngx_uint_t *code,
    ngx_str_t *text);


#endif /* _RB_SMTP_H_INCLUDED_ */
