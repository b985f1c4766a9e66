
/* What the pages of one's own account share. */


#include "pages/rb_pages_account.h"
#include "base/rb_time.h"
#include "gate/rb_identity.h"


void
rb_pages_when(rb_page_t *page, const ngx_str_t *rfc3339)
{
    u_char      text[RB_RFC3339_LEN];
    int64_t     at;
    ngx_str_t   shown;

    if (rb_rfc3339_parse(rfc3339, &at) != NGX_OK) {
        rb_page_text(page, rfc3339);
        return;
    }

    (void) rb_rfc3339_write(text,
                            at + RB_SEOUL_OFFSET_SECONDS * (int64_t) 1000000);

    text[sizeof("2026-11-23") - 1] = ' ';

    shown.data = text;
    shown.len = sizeof("2026-11-23 01:02") - 1;

    rb_page_open(page, "time", "datetime", rfc3339, NULL);
    rb_page_text(page, &shown);
    rb_page_close(page, "time");
}


void
rb_pages_time_zone(rb_page_t *page)
{
    rb_page_open(page, "p", "class", rb_page_lit("hint"), NULL);
    rb_page_sayf(page, "시각은 한국 시간(KST)입니다.",
                 "Times are Korean time (KST).");
    rb_page_close(page, "p");
}


void
rb_pages_button_form(rb_page_t *page, const ngx_str_t *action,
    const char *name, const ngx_str_t *value, const rb_text_t *label,
    rb_page_button_e kind)
{
    ngx_str_t  csrf;

    csrf = rb_csrf_token(page->req);

    rb_page_form(page, action, &csrf);

    if (name) {
        rb_page_hidden(page, name, value);
    }

    rb_page_button(page, label, kind, NULL, NULL);
    rb_page_form_end(page);
}
