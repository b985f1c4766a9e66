
/* What the halves of rb_page share: the page and its forms. */


#ifndef _RB_PAGE_PARTS_H_INCLUDED_
#define _RB_PAGE_PARTS_H_INCLUDED_


#include "web/rb_page.h"


/* Literal markup. */
void rb_page_raw(rb_page_t *page, const char *text);

/* What went wrong, on top of a page; and, at its end, of which fields nothing
 * was said beside an input. */
void rb_page_error(rb_page_t *page, const rb_err_t *err);
void rb_page_error_rest(rb_page_t *page);


#endif /* _RB_PAGE_PARTS_H_INCLUDED_ */
