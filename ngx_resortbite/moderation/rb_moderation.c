
/*
 * The rules of moving many posts.  The statement locks and decides; here is
 * how its answer is told.
 *
 * Of two equal requests with one key at the same instant the second finds the
 * first's key where it wants to put its own (23505): nothing of it remains,
 * and asking once more it is answered with what the first has left.
 */


#include "moderation/rb_moderation.h"
#include "rb_statements.h"


#define RB_MODERATION_ATTEMPTS  3
#define RB_MODERATION_HEX       (2 + 64)        /* "\x" and 32 bytes */


static void rb_moderation_params(const rb_moderation_bulk_t *bulk,
    const rb_principal_t *who, const ngx_str_t *request_id,
    ngx_str_t *params);
static rb_err_t *rb_moderation_outcome(ngx_pool_t *pool,
    const rb_pg_rows_t *rows, ngx_str_t *response, ngx_uint_t *replayed);


rb_err_t *
rb_moderation_bulk(rb_task_t *task, const rb_moderation_bulk_t *bulk,
    const rb_principal_t *who, const ngx_str_t *request_id,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    u_char        *p, caller[sizeof("member:") - 1 + 36];
    u_char         hash[RB_MODERATION_HEX];
    rb_err_t      *err;
    uint64_t       when;
    ngx_str_t      params[RB_MODERATION_BULK_NPARAMS];
    ngx_uint_t     attempt;
    rb_pg_rows_t   rows;

    ngx_memzero(params, sizeof(params));
    rb_moderation_params(bulk, who, request_id, params);

    when = 0;

    if (bulk->key.len) {
        when = RB_MODERATION_BULK_WHEN_KEYED;

        params[RB_MODERATION_BULK_P_KEY] = bulk->key;

        params[RB_MODERATION_BULK_P_CALLER].data = caller;
        params[RB_MODERATION_BULK_P_CALLER].len =
            ngx_snprintf(caller, sizeof(caller), "member:%V", &who->member)
            - caller;

        p = ngx_cpymem(hash, "\\x", 2);
        p = ngx_hex_dump(p, (u_char *) bulk->request_hash,
                         sizeof(bulk->request_hash));

        params[RB_MODERATION_BULK_P_REQUEST_HASH].data = hash;
        params[RB_MODERATION_BULK_P_REQUEST_HASH].len = p - hash;
    }

    for (attempt = 0; attempt < RB_MODERATION_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, RB_STMT_MODERATION_BULK, when, params, &rows);
        if (err) {
            return err;
        }

        if (rows.sqlstate[0] == 0) {
            return rb_moderation_outcome(task->pool, &rows, response,
                                         replayed);
        }

        /*
         * Another's key, or what went away while this waited for its locks:
         * asked once more it is one post's outcome.
         */

        if (ngx_strncmp(rows.sqlstate, "235", 3) != 0) {
            return &rb_err_internal;
        }
    }

    return &rb_err_busy;
}


static void
rb_moderation_params(const rb_moderation_bulk_t *bulk,
    const rb_principal_t *who, const ngx_str_t *request_id,
    ngx_str_t *params)
{
    static const ngx_str_t  answers[] = {
        ngx_string("false"), ngx_string("true")
    };

    static const ngx_str_t  locales[] = {
        ngx_string("ko"), ngx_string("en")
    };

    params[RB_MODERATION_BULK_P_VERB] = bulk->verb;
    params[RB_MODERATION_BULK_P_POSTS] = bulk->posts;
    params[RB_MODERATION_BULK_P_REVISIONS] = bulk->revisions;
    params[RB_MODERATION_BULK_P_REASON] = bulk->reason;
    params[RB_MODERATION_BULK_P_DRY] = answers[bulk->dry];
    params[RB_MODERATION_BULK_P_LOCALE] = locales[bulk->lang == RB_LANG_EN];
    params[RB_MODERATION_BULK_P_ACTOR] = who->member;
    params[RB_MODERATION_BULK_P_REQUEST_ID] = *request_id;
}


static rb_err_t *
rb_moderation_outcome(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_str_t *response, ngx_uint_t *replayed)
{
    char       *outcome;
    ngx_str_t   reason = ngx_string("reason");

    if (rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = (char *) rb_pg_value(rows, 0, 0).data;
    *response = rb_pg_value(rows, 0, 1);
    *replayed = (ngx_strcmp(outcome, "replayed") == 0);

    if (*replayed || ngx_strcmp(outcome, "done") == 0) {
        return NULL;
    }

    if (ngx_strcmp(outcome, "reason") == 0) {
        return rb_err_add_field(NULL, pool, &reason, "required",
                                "이유를 2자 이상 1,000자 이하로 적어 주세요.",
                                "say why in 2 to 1,000 characters.");
    }

    return ngx_strcmp(outcome, "reused") == 0 ? &rb_err_key_reused
                                              : &rb_err_internal;
}
