
/*
 * Pages for people: what they see of log-in, sign-up and their account, and
 * by which they report a job.  They have no rules of their own; those are in
 * users/, sessions/, factors/, social/, reports/.  This is what the files of this room share.
 */


#ifndef _RB_PAGES_H_INCLUDED_
#define _RB_PAGES_H_INCLUDED_


#include "gate/rb_identity.h"
#include "sessions/rb_sessions.h"
#include "web/rb_page.h"


extern const rb_routes_t  rb_pages_routes;              /* files, log-out */
extern const rb_routes_t  rb_pages_login_routes;
extern const rb_routes_t  rb_pages_again_routes;
extern const rb_routes_t  rb_pages_sign_up_routes;
extern const rb_routes_t  rb_pages_links_routes;        /* out of mails */
extern const rb_routes_t  rb_pages_documents_routes;
extern const rb_routes_t  rb_pages_report_routes;       /* of a job */


/* A field of a form or a parameter of a query, in a table of them. */

#define rb_pages_field(name, type, max, required)                             \
    { ngx_string(name), type, (max) ? 1 : 0, max, NULL, required,             \
      ngx_null_string, rb_text("", "") }

/* The parameter that says where to go afterwards. */
#define rb_pages_next_field                                                   \
    { ngx_string("next"), RB_PARAM_STRING, 0, 0, NULL, 0, ngx_null_string,    \
      rb_text("끝난 뒤에 갈, 이 사이트의 주소",                               \
              "Where to go afterwards, a path of this site") }


/* The first fields of a form by which a passkey answers. */
#define rb_pages_passkey_fields                                               \
    { ngx_string("handle"), RB_PARAM_STRING, 1, 512, NULL, 1,                 \
      ngx_null_string,                                                        \
      rb_text("options와 함께 받은 값", "What came with the options") },      \
    { ngx_string("answer"), RB_PARAM_JSON, 0, 0, NULL, 1, ngx_null_string,    \
      rb_text("PublicKeyCredential.toJSON()의 값",                            \
              "The value of PublicKeyCredential.toJSON()") }


/*
 * What a form begins with that may be sent by nobody, too: its token is
 * checked, and where it comes from found.
 */
rb_err_t *rb_pages_begin(rb_req_t *req, rb_origin_t *origin);

/* A field that was sent, or a parameter of the query, by its name. */
ngx_str_t rb_pages_value(rb_req_t *req, const char *name);

/* `next' of the form or the query if it is valid, or empty. */
ngx_str_t rb_pages_next(rb_req_t *req);

/* 303 to next if it is valid, else to `otherwise'. */
rb_err_t *rb_pages_go(rb_req_t *req, const char *otherwise,
    const ngx_str_t *next);

/*
 * After a step of a log-in: sets the cookie and goes to next (or /account),
 * or goes on to the second step.  Whoever was signed in before is signed out
 * (yields).
 */
rb_err_t *rb_pages_signed_in(rb_req_t *req, const rb_login_t *login,
    const ngx_str_t *next);

/* The ticket of a log-in whose second step is due; or empty. */
ngx_str_t rb_pages_ticket(rb_req_t *req);

/*
 * The boxes of a sign-up, each with a link to what it is about.  One by one:
 * nobody may have to take the optional with the required (Personal
 * Information Protection Act, article 22).
 */
void rb_pages_consents(rb_page_t *page);

/*
 * Links to sign in by an account elsewhere; ko and en say so, with %V for
 * whose.  Links and not forms: the policy lets forms go to our own origin
 * only.
 */
void rb_pages_social_links(rb_page_t *page, const ngx_str_t *next,
    const char *ko, const char *en);

/*
 * Takes the answer of a passkey (rb_pages_passkey_fields; yields): it has to
 * be member's, or may be anybody's if that is NULL.  rb_err_code_refused, and
 * the errors of rb_factors_passkey_take().
 */
rb_err_t *rb_pages_passkey_take(rb_req_t *req, const ngx_str_t *member,
    ngx_str_t *owner, ngx_uint_t *amr);

/* What a passkey's script wants: options and handle, as JSON. */
rb_err_t *rb_pages_passkey_options(rb_req_t *req, const ngx_str_t *member);
rb_err_t *rb_pages_passkey_reply(rb_req_t *req, const ngx_str_t *options,
    const ngx_str_t *handle);

/* Whether a page is shown again with the error (4xx), which else is its own
 * page. */
#define rb_pages_shown(err)                                                   \
    ((err)->problem->status >= 400 && (err)->problem->status < 499)


#endif /* _RB_PAGES_H_INCLUDED_ */
