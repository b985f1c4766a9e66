
/* Identities: whose they are, linking and unlinking. */


#include "social/rb_social.h"
#include "factors/rb_factors.h"
#include "crypto/rb_crypto.h"
#include "rb_statements.h"


static rb_err_t *rb_social_link_outcome(const rb_pg_rows_t *rows);


rb_err_t *
rb_social_member(rb_task_t *task, const rb_social_profile_t *profile,
    ngx_str_t *member)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_SOCIAL_MEMBER_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_SOCIAL_MEMBER_P_PROVIDER] = profile->provider->name;
    params[RB_SOCIAL_MEMBER_P_SUBJECT] = profile->subject;

    ngx_str_null(member);

    err = rb_pg_query(task, RB_STMT_SOCIAL_MEMBER, 0, params, &rows);
    if (err) {
        return err;
    }

    /* that it could not be asked doesn't say that it is nobody's */

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count) {
        *member = rb_pg_value(&rows, 0, 0);
    }

    return NULL;
}


rb_err_t *
rb_social_link(rb_task_t *task, const rb_social_profile_t *profile,
    const ngx_str_t *member, const rb_principal_t *who,
    const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t     *p, params[RB_SOCIAL_LINK_NPARAMS];
    rb_user_t      user;
    rb_pg_rows_t   rows;

    err = rb_users_get(task, member, &user);
    if (err) {
        return err;
    }

    p = params;

    p[RB_SOCIAL_LINK_P_PROVIDER] = profile->provider->name;
    p[RB_SOCIAL_LINK_P_SUBJECT] = profile->subject;
    p[RB_SOCIAL_LINK_P_EMAIL] = profile->email;
    p[RB_SOCIAL_LINK_P_MEMBER] = *member;
    p[RB_SOCIAL_LINK_P_CALLER] = rb_bytea(task->pool, origin->caller,
                                          sizeof(origin->caller));
    p[RB_SOCIAL_LINK_P_REQUEST_ID] = origin->request_id;
    p[RB_SOCIAL_LINK_P_TO] = user.email;
    p[RB_SOCIAL_LINK_P_LOCALE] = user.locale;
    p[RB_SOCIAL_LINK_P_NAME] = user.display_name;
    p[RB_SOCIAL_LINK_P_LABEL] = profile->provider->label.in[
        user.locale.len == 2 && ngx_strncmp(user.locale.data, "en", 2) == 0
        ? RB_LANG_EN : RB_LANG_KO];

    ngx_str_null(&p[RB_SOCIAL_LINK_P_SESSION]);

    if (who) {
        p[RB_SOCIAL_LINK_P_SESSION] = who->session;
    }

    if (p[RB_SOCIAL_LINK_P_CALLER].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_SOCIAL_LINK, 0, params, &rows);

    return err ? err : rb_social_link_outcome(&rows);
}


static rb_err_t *
rb_social_link_outcome(const rb_pg_rows_t *rows)
{
    ngx_str_t  outcome;

    if (rows->sqlstate[0]) {
        return &rb_err_internal;
    }

    /* none: another request has just linked one of the two */

    if (rows->count == 0) {
        return &rb_err_identity_taken;
    }

    outcome = rb_pg_value(rows, 0, 0);

    if (ngx_strcmp(outcome.data, "taken") == 0) {
        return &rb_err_identity_taken;
    }

    if (ngx_strcmp(outcome.data, "other") == 0) {
        return &rb_err_identity_other;
    }

    return NULL;                        /* linked, or was already */
}


rb_err_t *
rb_social_unlink(rb_task_t *task, const ngx_str_t *provider,
    const rb_principal_t *who, const rb_origin_t *origin)
{
    rb_err_t           *err;
    ngx_str_t          *p, outcome, params[RB_SOCIAL_UNLINK_NPARAMS];
    rb_user_t           user;
    ngx_uint_t          methods, english;
    rb_pg_rows_t        rows;
    const rb_social_t  *known;

    static ngx_str_t    yes = ngx_string("true");
    static ngx_str_t    no = ngx_string("false");

    err = rb_users_get(task, &who->member, &user);
    if (err == NULL) {
        err = rb_factors_methods(task, &who->member, &methods);
    }

    if (err) {
        return err;
    }

    english = user.locale.len == 2
              && ngx_strncmp(user.locale.data, "en", 2) == 0;
    known = rb_social_find(provider);

    p = params;

    p[RB_SOCIAL_UNLINK_P_PROVIDER] = *provider;
    p[RB_SOCIAL_UNLINK_P_MEMBER] = who->member;
    p[RB_SOCIAL_UNLINK_P_SESSION] = who->session;
    p[RB_SOCIAL_UNLINK_P_OTHER_WAY] =
        user.has_password || (methods & RB_AMR_HWK) ? yes : no;
    p[RB_SOCIAL_UNLINK_P_CALLER] = rb_bytea(task->pool, origin->caller,
                                            sizeof(origin->caller));
    p[RB_SOCIAL_UNLINK_P_REQUEST_ID] = origin->request_id;
    p[RB_SOCIAL_UNLINK_P_TO] = user.email;
    p[RB_SOCIAL_UNLINK_P_LOCALE] = user.locale;
    p[RB_SOCIAL_UNLINK_P_NAME] = user.display_name;
    p[RB_SOCIAL_UNLINK_P_LABEL] =
        known ? known->label.in[english ? RB_LANG_EN : RB_LANG_KO] : *provider;

    if (p[RB_SOCIAL_UNLINK_P_CALLER].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_SOCIAL_UNLINK, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count != 1) {
        return &rb_err_internal;
    }

    outcome = rb_pg_value(&rows, 0, 0);

    if (ngx_strcmp(outcome.data, "none") == 0) {
        return &rb_err_not_found;
    }

    return ngx_strcmp(outcome.data, "last") == 0 ? &rb_err_identity_last
                                                 : NULL;
}


rb_err_t *
rb_social_identities(rb_task_t *task, const ngx_str_t *member,
    rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_SOCIAL_IDENTITIES_NPARAMS];

    params[RB_SOCIAL_IDENTITIES_P_MEMBER] = *member;

    return rb_pg_query(task, RB_STMT_SOCIAL_IDENTITIES, 0, params, rows);
}
