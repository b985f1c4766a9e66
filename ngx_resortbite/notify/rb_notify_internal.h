
/*
 * What the files of this room share: templates and settings.
 */


#ifndef _RB_NOTIFY_INTERNAL_H_INCLUDED_
#define _RB_NOTIFY_INTERNAL_H_INCLUDED_


#include "notify/rb_notify.h"
#include "notify/rb_smtp.h"


#define RB_NOTIFY_PARAGRAPHS  6


/*
 * Paragraphs may hold {parameters}; those from the button on come below it.
 * {below} and {above} are how to go to where the button leads, which the text
 * has an address for.  Unused ones are empty.  Without a button there is no
 * link; one without a purpose leads to the page of a post, and is left out
 * when the link is empty.
 */

typedef struct {
    ngx_str_t      name;
    const char    *purpose;             /* of the link's token */
    const char    *path;                /* of the link's page, or what the
                                           post's id is appended to */
    rb_text_t      subject;
    rb_text_t      before[RB_NOTIFY_PARAGRAPHS];
    rb_text_t      button;
    rb_text_t      after[2];
} rb_notify_template_t;

/* NULL: there is none of that name. */
const rb_notify_template_t *rb_notify_template(const ngx_str_t *name);

/* All of them, for tests. */
extern const rb_notify_template_t  rb_notify_templates[];
extern const ngx_uint_t            rb_notify_templates_count;


/* Where mail goes; from the directive. */

typedef struct {
    ngx_str_t      from_name;           /* may be empty */
    ngx_str_t      from;                /* the address */
    ngx_str_t      location;            /* empty: SMTP */
    rb_smtp_t      smtp;
} rb_notify_conf_t;

/*
 * Starts the fiber that moves, sends and gives up mails.  conf NULL: it only
 * says how it is without.  issuer begins the links in mails.
 */
ngx_int_t rb_notify_start(ngx_cycle_t *cycle, const rb_notify_conf_t *conf,
    const ngx_str_t *issuer);

/* At the worker's end: frees what the fiber was at, which is gone by then. */
void rb_notify_stop(void);


#endif /* _RB_NOTIFY_INTERNAL_H_INCLUDED_ */
