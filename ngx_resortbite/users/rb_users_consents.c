
/*
 * What members have agreed to: by version, each word a row, the last counts
 * (Personal Information Protection Act, article 22: apart from one another,
 * and marketing optional).
 */


#include "users/rb_users_rules.h"
#include "rb_statements.h"


rb_err_define(rb_err_consent_required, 409, "consent_required",
              "서비스를 쓰는 동안 꼭 필요한 동의입니다. 거두려면 탈퇴해 주세요.",
              "The service can't do without this. To take it back, delete the "
              "account.");


rb_err_t *
rb_users_documents(rb_task_t *task, const ngx_str_t *kind, rb_lang_e lang,
    rb_pg_rows_t *rows)
{
    uint64_t   when;
    ngx_str_t  params[RB_USERS_DOCUMENTS_NPARAMS];

    ngx_memzero(params, sizeof(params));
    params[RB_USERS_DOCUMENTS_P_ENGLISH] =
        rb_users_flag(lang == RB_LANG_EN);
    when = 0;

    if (kind) {
        params[RB_USERS_DOCUMENTS_P_KIND] = *kind;
        when = RB_USERS_DOCUMENTS_WHEN_KIND;
    }

    return rb_pg_query(task, RB_STMT_USERS_DOCUMENTS, when, params, rows);
}


rb_err_t *
rb_users_consents(rb_task_t *task, const ngx_str_t *member,
    rb_pg_rows_t *rows)
{
    ngx_str_t  params[RB_USERS_CONSENTS_NPARAMS];

    params[RB_USERS_CONSENTS_P_MEMBER] = *member;

    return rb_pg_query(task, RB_STMT_USERS_CONSENTS, 0, params, rows);
}


rb_err_t *
rb_users_consent(rb_task_t *task, const rb_principal_t *who,
    const ngx_str_t *kind, ngx_uint_t given, const rb_origin_t *origin)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_USERS_CONSENT_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_USERS_CONSENT_P_KIND] = *kind;
    params[RB_USERS_CONSENT_P_GIVEN] = rb_users_flag(given);
    params[RB_USERS_CONSENT_P_MEMBER] = who->member;
    params[RB_USERS_CONSENT_P_SESSION] = rb_users_or_null(&who->session);
    params[RB_USERS_CONSENT_P_ADDRESS_HASH] = rb_users_address(task->pool,
                                                               origin);
    params[RB_USERS_CONSENT_P_REQUEST_ID] =
        rb_users_or_null(&origin->request_id);

    err = rb_users_run(task, RB_STMT_USERS_CONSENT, 0, params, &rows);
    if (err) {
        return err;
    }

    if (rows.count == 0) {
        return &rb_err_not_found;
    }

    return rb_users_true(&rows, 0) ? &rb_err_consent_required : NULL;
}
