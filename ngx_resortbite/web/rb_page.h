
/*
 * HTML pages.  Everything that is written is escaped: texts, attributes and
 * what an attribute with an address may hold; only rb_page_markup() takes
 * markup as it is.  A page works without a script, carries a Content Security
 * Policy that allows nothing that it doesn't have, and is never stored, unless
 * it is a public one (rb_route_public_page()): those have no script at all,
 * the header and footer of the site, what search engines want to know in their
 * head, and are kept in caches.  Their bytes must follow from their route,
 * parameters and rows alone.
 *
 *     rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = err });
 *     rb_page_form(&page, &action, &csrf);
 *     rb_page_input(&page, &email_input);
 *     rb_page_button(&page, &send, RB_PAGE_PRIMARY, NULL, NULL);
 *     rb_page_form_end(&page);
 *     return rb_page_end(&page);
 *
 * For routes with `page' set.  Nothing here yields.  Running out of memory is
 * told by rb_page_end().
 */


#ifndef _RB_PAGE_H_INCLUDED_
#define _RB_PAGE_H_INCLUDED_


#include "web/rb_req.h"


typedef struct rb_page_s {
    rb_req_t          *req;
    rb_buf_t          *body;            /* the reply's */
    const rb_err_t    *error;           /* shown on top and beside fields */
    uint64_t           told;            /* bit i: its field i is, beside an
                                           input */
    ngx_uint_t         forms;           /* begun so far: ids differ by it */
    unsigned           focused:1;
} rb_page_t;


/* How a page differs from a plain one; all members may be 0. */

typedef struct {
    ngx_uint_t         status;          /* 0: the error's, or 200 */
    const rb_err_t    *error;           /* what was wrong with the form sent,
                                           or why it was refused; or NULL */
    const char        *script;          /* an asset: "passkey.js"; or NULL */
    ngx_str_t          form_to;         /* where the answer to a form may
                                           redirect beyond our own origin: a
                                           whole redirect URI; or empty */
    unsigned           wide:1;          /* for tables and lists of devices */

    /*
     * The rest is for public pages.  Paths are the Korean ones, as
     * "/jobs?region=jeju", of which those of other languages are made.
     */
    unsigned           bare:1;          /* no heading: the page has its own */
    unsigned           noindex:1;       /* not to be found; links are followed.
                                           Of errors it is understood */
    ngx_str_t          canonical;       /* path; empty: of the request, with
                                           the parameters the route knows */
    ngx_str_t          prev;            /* path of the page before; or empty */
    ngx_str_t          next;            /* of the one after; or empty */
    ngx_str_t          description;     /* what it says, in a sentence or two */
    ngx_str_t          image;           /* absolute address; or empty */
    const char        *og_type;         /* Open Graph's; NULL: "website" */
    ngx_str_t          og_title;        /* empty: the title */
    ngx_str_t          og_description;  /* empty: the description */
    ngx_str_t          json_ld;         /* a JSON text, embedded safely */
    void             (*head)(struct rb_page_s *page, void *data);
                                        /* adds to the head; or NULL */
    void              *head_data;
} rb_page_conf_t;


/*
 * The installation's origin, "https://resortbite.example", without a slash at
 * the end; set when a worker starts.  Empty when it isn't known: addresses in
 * pages are paths then.
 */
extern ngx_str_t  rb_page_origin;

/*
 * A Korean path of a public page as it is in a language: "/" and "/en",
 * "/jobs?a=b" and "/en/jobs?a=b"; and with the origin before it.  In pool;
 * data == NULL when out of memory.
 */
ngx_str_t rb_page_path(ngx_pool_t *pool, rb_lang_e lang,
    const ngx_str_t *path);
ngx_str_t rb_page_address(ngx_pool_t *pool, rb_lang_e lang,
    const ngx_str_t *path);

/* The canonical path of a request, Korean, with parameters or without. */
ngx_str_t rb_page_canonical(rb_req_t *req, ngx_uint_t query);


/*
 * Status, header fields and everything down to the heading, which is the
 * title; then the error, if any.  conf may be NULL.
 */
void rb_page_begin(rb_page_t *page, rb_req_t *req, const rb_text_t *title,
    const rb_page_conf_t *conf);

/* The rest.  rb_err_internal when out of memory. */
rb_err_t *rb_page_end(rb_page_t *page);


/*
 * Elements.  name is a literal; pairs of an attribute's name (a literal) and
 * its value (const ngx_str_t *; NULL: the pair is left out; empty: written
 * without a value, as "disabled") end with NULL:
 *
 *     rb_page_open(&page, "a", "href", &address, NULL);
 *     rb_page_text(&page, &label);
 *     rb_page_close(&page, "a");
 *
 * href, src, action and formaction take a path of ours, "#…", "?…", http: and
 * https: addresses, src also data:image/…; others are left out.
 */
void rb_page_open(rb_page_t *page, const char *name, ...)
    __attribute__((sentinel));
void rb_page_close(rb_page_t *page, const char *name);

/* Text: as it is; in the page's language; a format of ngx_sprintf(). */
void rb_page_text(rb_page_t *page, const ngx_str_t *text);
void rb_page_say(rb_page_t *page, const rb_text_t *text);
void rb_page_sayf(rb_page_t *page, const char *ko, const char *en, ...);

/* An element with nothing but a text in it: "p", "h2", "strong" … */
void rb_page_put(rb_page_t *page, const char *name, const rb_text_t *text);
void rb_page_putf(rb_page_t *page, const char *name, const char *ko,
    const char *en, ...);

/* A link in a paragraph of its own. */
void rb_page_link(rb_page_t *page, const char *href, const rb_text_t *text);

/* Markup of our own making: the SVG of a QR code.  Never a client's text. */
void rb_page_markup(rb_page_t *page, const ngx_str_t *markup);

#define rb_page_lit(literal)  (&(const ngx_str_t) ngx_string(literal))


/* Notices. */

typedef enum {
    RB_PAGE_STATUS = 0,                 /* it went well: role="status" */
    RB_PAGE_NOTE,                       /* good to know */
    RB_PAGE_ALERT                       /* something is wrong: role="alert" */
} rb_page_notice_e;

void rb_page_notice(rb_page_t *page, rb_page_notice_e kind,
    const rb_text_t *text);


/* Forms: POST, with the field `csrf' (rb_csrf_token()) unless it is empty. */

void rb_page_form(rb_page_t *page, const ngx_str_t *action,
    const ngx_str_t *csrf);
void rb_page_form_end(rb_page_t *page);

void rb_page_hidden(rb_page_t *page, const char *name,
    const ngx_str_t *value);


/*
 * A field with its label, its hint and what is wrong with it (from the page's
 * error).  Its value is what the client sent, if anything, else `value'; a
 * password, a one-time code and what is marked secret never come back.
 */

typedef struct {
    const char        *name;
    const char        *type;            /* NULL: "text"; "textarea" for more
                                           than a line */
    rb_text_t          label;
    rb_text_t          hint;            /* or empty */
    const char        *autocomplete;    /* "email", "new-password" …; NULL:
                                           "off" */
    const char        *inputmode;       /* "numeric" …; or NULL */
    const ngx_str_t   *value;           /* or NULL */
    ngx_uint_t         maxlength;       /* characters; 0: none */
    unsigned           required:1;
    unsigned           focus:1;         /* the first thing to be typed in */
    unsigned           secret:1;        /* never comes back */
} rb_page_input_t;

void rb_page_input(rb_page_t *page, const rb_page_input_t *input);

/* A box that sends "true" when checked.  text in the label. */
void rb_page_checkbox(rb_page_t *page, const char *name,
    const rb_text_t *label, ngx_uint_t checked, ngx_uint_t required);

/* One of several values (the last is empty), each with its label. */

typedef struct {
    ngx_str_t          value;
    rb_text_t          label;
} rb_page_choice_t;

void rb_page_radios(rb_page_t *page, const char *name,
    const rb_text_t *legend, const rb_page_choice_t *choices,
    const ngx_str_t *chosen);


typedef enum {
    RB_PAGE_PRIMARY = 0,
    RB_PAGE_SECONDARY,
    RB_PAGE_DANGER
} rb_page_button_e;

/* Sends the form, with name=value when a name is given. */
void rb_page_button(rb_page_t *page, const rb_text_t *label,
    rb_page_button_e kind, const char *name, const ngx_str_t *value);


/*
 * Whose account a page is about to act for; and, below the form that does, the
 * way out: a form that signs out, and leads through a log-in to `next'.
 */
void rb_page_signed_in(rb_page_t *page, const ngx_str_t *name,
    const ngx_str_t *email);
void rb_page_sign_out(rb_page_t *page, const ngx_str_t *csrf,
    const ngx_str_t *next);


/*
 * Whether it may be redirected to after signing in: a path of ours, that is
 * one which begins with a single slash and has neither a backslash nor a
 * control character, at most 2000 bytes.
 */
ngx_uint_t rb_page_next_valid(const ngx_str_t *next);

/* "<path>?next=<next, escaped>", or the path alone when there is no next that
 * is valid.  data == NULL when out of memory. */
ngx_str_t rb_page_with_next(ngx_pool_t *pool, const char *path,
    const ngx_str_t *next);


/*
 * An error's page: title, fields, how long to wait, the request's id; of a
 * public page also the ways on.  A handler that has more to say (that a post
 * has ended, and which ones are like it) begins a page of its own with the
 * error and answers NULL: what was kept of its address goes all the same.
 * What rb_http_problem() answers for routes with `page' set; of a log-in that is
 * needed (401 sign_in_required, insufficient_user_authentication) it makes a
 * redirection to /login and /login/again that leads back.
 */
void rb_page_problem(rb_req_t *req, const rb_err_t *err);

/*
 * What a browser is told of a path that no route has: a public page's problem,
 * in English below /en.  The route to be given to it; NULL when the path isn't
 * where pages are (/api, /oauth) or it is no browser that navigates, which is
 * one that asks for text/html by name.
 */
const rb_route_t *rb_page_nowhere(const ngx_str_t *path,
    const ngx_str_t *accept);

/*
 * Of a GET's or HEAD's path that no route has: whether somebody means another,
 * that is a public page's with a slash at its end, or /favicon.ico.  The
 * reply is then complete, a 308 to that.  NGX_DECLINED: nobody does.
 * uri is the path and, behind a "?", the query.
 */
ngx_int_t rb_page_moved(rb_req_t *req, const rb_router_t *router,
    const ngx_str_t *path, const ngx_str_t *uri);


/*
 * A form that a passkey fills in: hidden until the script passkey.js finds
 * that the browser can.  kind is "get" or "create".  Its button has the script
 * POST `ticket' (or nothing) and X-CSRF-Token to the address `options', which
 * answers {"handle": "…", "options": {…}} (PublicKeyCredentialRequestOptions
 * or …CreationOptions as JSON, WebAuthn §5.1.8), and then sends the form with
 * the fields csrf, handle, answer (PublicKeyCredential.toJSON()) and those
 * that rb_page_hidden() adds between.
 */
void rb_page_passkey_form(rb_page_t *page, const char *kind,
    const ngx_str_t *action, const ngx_str_t *options, const ngx_str_t *csrf);


/* Files that pages need, served by a route of pages/ for ever: page.css and
 * icon.svg for all of them, site.css for public ones, passkey.js. */

typedef struct {
    ngx_str_t          name;            /* "page.css" */
    ngx_str_t          type;
    ngx_str_t          content;
} rb_page_asset_t;

/* NULL: there is none of the name. */
const rb_page_asset_t *rb_page_asset(const ngx_str_t *name);

/* 16 hexadecimal digits that differ when the content does. */
#define RB_PAGE_VERSION_LEN  16
void rb_page_version(const rb_page_asset_t *asset, u_char *version);


#endif /* _RB_PAGE_H_INCLUDED_ */
