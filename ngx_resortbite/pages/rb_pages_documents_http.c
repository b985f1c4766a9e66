
/*
 * /terms, /privacy, /marketing: what a sign-up asks to be agreed to, for
 * anybody to read; and the boxes of a sign-up, each with the way there.
 */


#include "pages/rb_pages.h"
#include "users/rb_users.h"
#include <ngx_http.h>


static rb_err_t *rb_pages_document_handler(rb_req_t *req);
static void rb_pages_paragraphs(rb_page_t *page, const ngx_str_t *text);


/* A path is the document's kind. */

#define rb_pages_document_route(kind, ko, en)                                 \
    {                                                                         \
        .name = ngx_string("pages_" kind),                                    \
        .method = NGX_HTTP_GET,                                               \
        .path = ngx_string("/" kind),                                         \
        .handler = rb_pages_document_handler,                                 \
        .summary = rb_text(ko, en),                                           \
        .tag = ngx_string("pages"),                                           \
        .roles = RB_ROLE_ANYONE,                                              \
        .success = NGX_HTTP_OK,                                               \
        .problems = RB_PROBLEM_NOT_FOUND,                                     \
        .page = 1                                                             \
    }

static const rb_route_t  rb_pages_documents_table[] = {
    rb_pages_document_route("terms", "이용약관 전문", "The terms of service"),
    rb_pages_document_route("privacy", "개인정보 수집·이용 전문",
                            "How personal data is collected and used"),
    rb_pages_document_route("marketing", "소식 수신 동의 전문",
                            "What who wants news and offers agrees to")
};

const rb_routes_t  rb_pages_documents_routes = {
    rb_pages_documents_table, rb_array_size(rb_pages_documents_table)
};


static rb_err_t *
rb_pages_document_handler(rb_req_t *req)
{
    rb_err_t      *err;
    ngx_str_t      kind, version, since, text;
    rb_page_t      page;
    rb_text_t      title;
    rb_pg_rows_t   rows;

    kind = req->route->path;
    kind.data++;
    kind.len--;

    err = rb_users_documents(&req->task, &kind, req->lang, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    version = rb_pg_value(&rows, 0, RB_DOCUMENT_C_VERSION);
    since = rb_pg_value(&rows, 0, RB_DOCUMENT_C_EFFECTIVE);
    text = rb_pg_value(&rows, 0, RB_DOCUMENT_C_TEXT);

    title.in[RB_LANG_KO] = rb_pg_value(&rows, 0, RB_DOCUMENT_C_TITLE);
    title.in[RB_LANG_EN] = title.in[RB_LANG_KO];

    rb_page_begin(&page, req, &title, NULL);

    rb_page_open(&page, "p", "class", rb_page_lit("hint"), NULL);
    rb_page_sayf(&page, "%V 판 · %V부터 시행",
                 "Version %V · in force since %V", &version, &since);
    rb_page_close(&page, "p");

    rb_pages_paragraphs(&page, &text);

    return rb_page_end(&page);
}


static void
rb_pages_paragraphs(rb_page_t *page, const ngx_str_t *text)
{
    u_char     *p, *end, *last;
    ngx_str_t   paragraph;

    p = text->data;
    last = text->data + text->len;

    while (p < last) {

        end = ngx_strlcasestrn(p, last, (u_char *) "\n\n", 1);

        if (end == NULL) {
            end = last;
        }

        if (end > p) {
            paragraph.data = p;
            paragraph.len = end - p;

            rb_page_open(page, "p", NULL);
            rb_page_text(page, &paragraph);
            rb_page_close(page, "p");
        }

        p = (last - end > 2) ? end + 2 : last;
    }
}


void
rb_pages_consents(rb_page_t *page)
{
    ngx_uint_t  i;

    static const struct {
        const char  *name;
        const char  *href;
        rb_text_t    label;
        rb_text_t    read;
        unsigned     required:1;
    } consents[] = {
        { "terms", "/terms",
          rb_text("[필수] 이용약관에 동의합니다.",
                  "I agree to the terms of service. (required)"),
          rb_text("이용약관 읽기", "Read the terms of service"), 1 },
        { "privacy", "/privacy",
          rb_text("[필수] 개인정보 수집·이용에 동의합니다.",
                  "I agree to the collection and use of my personal data. "
                  "(required)"),
          rb_text("개인정보 수집·이용 내용 읽기",
                  "Read what is collected and used"), 1 },
        { "marketing", "/marketing",
          rb_text("[선택] 새 소식과 혜택을 메일로 받겠습니다.",
                  "Send me news and offers by mail. (optional)"),
          rb_text("소식 수신 동의 내용 읽기", "Read what that means"), 0 }
    };

    for (i = 0; i < rb_array_size(consents); i++) {
        rb_page_checkbox(page, consents[i].name, &consents[i].label, 0,
                         consents[i].required);
        rb_page_link(page, consents[i].href, &consents[i].read);
    }
}
