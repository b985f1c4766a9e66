
/*
 * Mail.  Whoever has something to tell writes an event to the outbox, in the
 * transaction of what it tells of:
 *
 *     INSERT INTO outbox (topic, key, payload)
 *     VALUES ('mail.verify_email', 'mail:' || id,
 *             jsonb_build_object('to', address, 'locale', 'ko',
 *                                'token_id', id,
 *                                'params', jsonb_build_object('name', name)))
 *
 * This room takes it from there: a row of `mails', text and HTML in the
 * reader's language, SMTP or an HTTP provider, retries, dead letters.
 *
 *   template             token_id is of         params
 *   verify_email         sign_ups               name
 *   already_member       -                      name
 *   reset_password       one_time_tokens        name
 *   password_changed     -                      name, device, place
 *   confirm_email        one_time_tokens        name, email (the new one)
 *   email_changing       -                      name, email (the new one)
 *   email_changed        -                      name
 *   account_deleted      one_time_tokens        name, until (YYYY-MM-DD)
 *   new_sign_in          -                      name, device, place
 *   factor_added         -                      name, factor (totp, passkey)
 *   factor_removed       -                      name, factor
 *   recovery_codes_made  -                      name
 *   token_reused         -                      name, client
 *   identity_linked      -                      name, provider
 *   identity_unlinked    -                      name, provider
 *   invitation           resort_invitations     resort, role, inviter
 *   roles_changed        -                      name, roles
 *   suspended            -                      name, until (or empty), reason
 *   post_public          -                      name, resort, title, post_id
 *   post_changed         -                      name, resort, title, changes,
 *                                               post_id
 *   post_returned        -                      name, resort, title, decision,
 *                                               reason
 *   post_expired         -                      name, resort, title, until,
 *                                               post_id
 *   report_decided       -                      name, title, decision (upheld,
 *                                               dismissed), answer
 *
 * A token_id becomes a link with rb_once_token(), for the purpose that the
 * template is named after, on the page of that template:
 * /verify-email?token=… /reset-password /confirm-email /restore-account
 * (purpose restore_account) /invitation.  A post_id becomes one to /jobs/{id},
 * English /en/jobs/{id}.
 */


#ifndef _RB_NOTIFY_H_INCLUDED_
#define _RB_NOTIFY_H_INCLUDED_


#include "base/rb_buf.h"
#include "base/rb_err.h"
#include "base/rb_json.h"
#include "base/rb_principal.h"
#include "io/rb_pg.h"


/* A mail as it will be sent; all in pool. */

typedef struct {
    ngx_str_t     subject;
    ngx_str_t     text;
    ngx_str_t     html;
} rb_mail_t;


/*
 * Renders a template.  link is the whole URL, or empty.  NGX_DECLINED: no
 * such template, or a parameter is missing; NGX_ERROR: no memory.
 */
ngx_int_t rb_notify_render(ngx_pool_t *pool, const ngx_str_t *template,
    rb_lang_e lang, const ngx_str_t *link, json_t *params, rb_mail_t *mail);


/*
 * For those who look after it.  A page of mails with this status (queued,
 * sent or dead), the newest first (yields): id, template, recipient, locale,
 * status, attempts, last_error, created_at, available_at, sent_at, then the
 * two keys of the keyset.  after and after_id are those of the last row
 * before, or data == NULL; limit is text.
 */
rb_err_t *rb_notify_list(rb_task_t *task, const ngx_str_t *status,
    const ngx_str_t *after, const ngx_str_t *after_id,
    const ngx_str_t *limit, rb_pg_rows_t *rows);

/*
 * Sends a dead mail once more, with all its attempts, and leaves a row in
 * audit_events (yields).  rb_err_not_found when there is no such dead mail.
 */
rb_err_t *rb_notify_retry(rb_task_t *task, const ngx_str_t *id,
    const rb_principal_t *who, const ngx_str_t *request_id);


#endif /* _RB_NOTIFY_H_INCLUDED_ */
