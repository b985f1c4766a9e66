
/* What the pages of one's own account share. */


#ifndef _RB_PAGES_ACCOUNT_H_INCLUDED_
#define _RB_PAGES_ACCOUNT_H_INCLUDED_


#include "pages/rb_pages.h"
#include "social/rb_social.h"
#include "web/rb_page.h"


extern const rb_routes_t  rb_pages_account_routes;
extern const rb_routes_t  rb_pages_security_routes;
extern const rb_routes_t  rb_pages_social_routes;


/* All that the page shows. */

typedef struct {
    rb_user_t       user;
    rb_pg_rows_t    sessions;
    rb_pg_rows_t    identities;
    rb_pg_rows_t    consents;
} rb_account_t;

/* The parts of /account, with their forms. */
void rb_pages_account_parts(rb_page_t *page, const rb_account_t *account);


/* A time of the database as people in Korea read it: a <time> element. */
void rb_pages_when(rb_page_t *page, const ngx_str_t *rfc3339);

/* That times are Korea's: once for each list of them. */
void rb_pages_time_zone(rb_page_t *page);

/*
 * A form that is a button: action, one hidden field (name NULL: none), what
 * the button says.
 */
void rb_pages_button_form(rb_page_t *page, const ngx_str_t *action,
    const char *name, const ngx_str_t *value, const rb_text_t *label,
    rb_page_button_e kind);


#endif /* _RB_PAGES_ACCOUNT_H_INCLUDED_ */
