
/* What the halves of rb_page share: the page and its forms. */


#ifndef _RB_PAGE_PARTS_H_INCLUDED_
#define _RB_PAGE_PARTS_H_INCLUDED_


#include "web/rb_page.h"


/* Literal markup, whose length the compiler then knows. */
static ngx_inline void
rb_page_raw(rb_page_t *page, const char *text)
{
    rb_buf_add(page->body, text, ngx_strlen(text));
}



/* The address of an asset, between two pieces of markup. */
void rb_page_asset_link(rb_page_t *page, const char *before,
    const char *name, const char *after);

/* The product's name. */
extern const rb_text_t  rb_page_product;

/* The same request in the other language, or the mark that this is it. */
void rb_page_language(rb_page_t *page, rb_lang_e lang, const char *name);


/* Public pages (rb_page_site.c): what they add to the head, their header,
 * their footer, what is said below an error, their style. */
void rb_page_site_head(rb_page_t *page, const rb_text_t *title,
    const rb_page_conf_t *conf);
void rb_page_site_top(rb_page_t *page);
void rb_page_site_bottom(rb_page_t *page);
void rb_page_site_onward(rb_page_t *page);

extern const rb_page_asset_t  rb_page_site_css;


/* What went wrong, on top of a page; and, at its end, of which fields nothing
 * was said beside an input. */
void rb_page_error(rb_page_t *page, const rb_err_t *err);
void rb_page_error_rest(rb_page_t *page);


#endif /* _RB_PAGE_PARTS_H_INCLUDED_ */
