
/*
 * Asking the database who a cookie or a token stands for, and keeping what it
 * says.
 *
 * The counter of changes is read before: a change that comes while it answers
 * makes the verdict void.  The database must be the primary: a replica may not
 * know yet of what has been revoked, so while there is only that nobody gets
 * in.
 */


#include "gate/rb_identity_internal.h"
#include "base/rb_hash.h"
#include "base/rb_uuid.h"
#include "rb_statements.h"


#define RB_IDENTITY_SEEN_AFTER    300   /* seconds between writes */
#define RB_IDENTITY_SEEN_TIMEOUT  5000  /* ms */
#define RB_IDENTITY_SEEN_KEPT     64    /* a power of two */


/* Columns of gate_session. */

enum {
    RB_SESSION_C_REPLICA = 0,
    RB_SESSION_C_ID,
    RB_SESSION_C_MEMBER,
    RB_SESSION_C_CLIENT,
    RB_SESSION_C_ROLES,
    RB_SESSION_C_SCOPES,
    RB_SESSION_C_ACR,
    RB_SESSION_C_AMR,
    RB_SESSION_C_AUTHENTICATED_AT,
    RB_SESSION_C_EXPIRES_AT,
    RB_SESSION_C_UNSEEN,
    RB_SESSION_C_JKT,
    RB_SESSION_C_SECOND,
    RB_SESSION_C_OWN
};


/* A session's last_seen_at being moved on, with no client behind it. */

typedef struct {
    rb_task_t     task;
    u_char        id[RB_UUID_LEN];
} rb_identity_seen_t;


static ngx_int_t rb_identity_row(const rb_pg_rows_t *rows,
    const rb_access_t *access, rb_verdict_t *verdict);
static ngx_int_t rb_identity_fits(const rb_access_t *access,
    rb_verdict_t *verdict, const ngx_str_t *jkt);
static void rb_identity_tag(rb_verdict_t *verdict, const char *kind,
    const ngx_str_t *id);
static void rb_identity_seen(const rb_verdict_t *verdict);
static void rb_identity_seen_fiber(void *data);


/* "session:<id>": by what a change is announced. */

static void
rb_identity_tag(rb_verdict_t *verdict, const char *kind, const ngx_str_t *id)
{
    u_char  text[128], *p;

    p = ngx_snprintf(text, sizeof(text), "%s:%V", kind, id);
    verdict->tag[verdict->tags++] = rb_tag_hash(text, p - text);
}


static ngx_uint_t
rb_identity_bits(const rb_pg_rows_t *rows, ngx_uint_t column,
    const rb_named_bit_t *names)
{
    ngx_str_t  value;

    value = rb_pg_value(rows, 0, column);

    return rb_bits_of(names, &value, ',');
}


static int64_t
rb_identity_number(const rb_pg_rows_t *rows, ngx_uint_t column)
{
    ngx_str_t  value;

    value = rb_pg_value(rows, 0, column);

    return ngx_atoi(value.data, value.len);
}


rb_err_t *
rb_identity_ask(rb_req_t *req, const rb_credential_t *credential,
    const rb_access_t *access, rb_verdict_t *verdict)
{
    rb_err_t      *err;
    uint64_t       when;
    ngx_str_t      params[RB_GATE_SESSION_NPARAMS], value;
    rb_pg_rows_t   rows;

    ngx_memzero(verdict, sizeof(rb_verdict_t));
    ngx_memzero(params, sizeof(params));

    /* before it is asked for: what changes from here on is seen */

    verdict->epoch = rb_cache_epoch(rb_gate.cache);
    verdict->made = ngx_current_msec;
    verdict->generation = rb_identity->generation;

    if (access) {
        when = 0;
        params[RB_GATE_SESSION_P_ID] = access->session;

    } else {
        when = RB_GATE_SESSION_WHEN_COOKIE;
        params[RB_GATE_SESSION_P_HASH] = rb_bytea(req->task.pool,
                                                  credential->digest,
                                                  RB_SHA256_LEN);
        if (params[RB_GATE_SESSION_P_HASH].data == NULL) {
            return &rb_err_internal;
        }
    }

    err = rb_pg_query(&req->task, RB_STMT_GATE_SESSION, when, params, &rows);

    if (err) {
        return err;
    }

    /* a replica may be behind: it can't say who is still signed in */

    value = rb_pg_value(&rows, 0, RB_SESSION_C_REPLICA);

    if (value.len != 1 || value.data[0] != 'f') {
        return &rb_err_database;
    }

    if (rb_pg_value(&rows, 0, RB_SESSION_C_ID).data == NULL
        || rb_identity_row(&rows, access, verdict) != NGX_OK)
    {
        return &rb_err_token_invalid;
    }

    if (rb_identity_number(&rows, RB_SESSION_C_UNSEEN)
        >= RB_IDENTITY_SEEN_AFTER)
    {
        rb_identity_seen(verdict);
    }

    if (rb_gate.verdicts) {
        rb_verdict_put(rb_gate.verdicts, credential->digest, verdict);
    }

    return NULL;
}


/* NGX_DECLINED: the token says other than the session. */

static ngx_int_t
rb_identity_row(const rb_pg_rows_t *rows, const rb_access_t *access,
    rb_verdict_t *verdict)
{
    ngx_str_t  session, member, client, jkt, second, own;

    session = rb_pg_value(rows, 0, RB_SESSION_C_ID);
    member = rb_pg_value(rows, 0, RB_SESSION_C_MEMBER);
    client = rb_pg_value(rows, 0, RB_SESSION_C_CLIENT);
    second = rb_pg_value(rows, 0, RB_SESSION_C_SECOND);
    own = rb_pg_value(rows, 0, RB_SESSION_C_OWN);
    jkt = rb_pg_value(rows, 0, RB_SESSION_C_JKT);

    if (session.len != RB_VERDICT_ID || client.len > RB_VERDICT_CLIENT
        || (member.len && member.len != RB_VERDICT_ID))
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(verdict->session, session.data, session.len);
    rb_identity_tag(verdict, "session", &session);

    if (member.len) {
        ngx_memcpy(verdict->member, member.data, member.len);
        verdict->member_len = (uint8_t) member.len;
        rb_identity_tag(verdict, "member", &member);
    }

    if (client.len) {
        ngx_memcpy(verdict->client, client.data, client.len);
        verdict->client_len = (uint8_t) client.len;
        rb_identity_tag(verdict, "client", &client);
    }

    verdict->roles = member.len
                     ? RB_ROLE_MEMBER
                       | rb_identity_bits(rows, RB_SESSION_C_ROLES,
                                          rb_role_names)
                     : RB_ROLE_CLIENT;

    verdict->amr = rb_identity_bits(rows, RB_SESSION_C_AMR, rb_amr_names);
    verdict->acr = (uint8_t) rb_identity_number(rows, RB_SESSION_C_ACR);
    verdict->second = (second.len == 1 && second.data[0] == 't');
    verdict->own = (own.len == 1 && own.data[0] == 't');
    verdict->authenticated_at =
        rb_identity_number(rows, RB_SESSION_C_AUTHENTICATED_AT);
    verdict->expires = rb_identity_number(rows, RB_SESSION_C_EXPIRES_AT);
    verdict->cookie = (access == NULL);

    if (access == NULL) {
        verdict->scopes = RB_SCOPES_ALL;
        return NGX_OK;
    }

    verdict->scopes = access->scopes
                      & rb_identity_bits(rows, RB_SESSION_C_SCOPES,
                                         rb_scope_names);
    verdict->expires = ngx_min(verdict->expires, access->expires);

    return rb_identity_fits(access, verdict, &jkt);
}


static ngx_uint_t
rb_identity_is(const ngx_str_t *text, const u_char *data, size_t len)
{
    return text->len == len && ngx_memcmp(text->data, data, len) == 0;
}


/* The token is of the session's member and client, and bound as that is. */

static ngx_int_t
rb_identity_fits(const rb_access_t *access, rb_verdict_t *verdict,
    const ngx_str_t *jkt)
{
    ngx_uint_t  subject;

    subject = verdict->member_len
              ? rb_identity_is(&access->subject, verdict->member,
                               verdict->member_len)
              : rb_identity_is(&access->subject, verdict->client,
                               verdict->client_len);

    if (!subject
        || !rb_identity_is(&access->client, verdict->client,
                           verdict->client_len)
        || (jkt->len && !rb_identity_is(&access->jkt, jkt->data, jkt->len)))
    {
        return NGX_DECLINED;
    }

    if (access->jkt.len) {
        ngx_memcpy(verdict->jkt, access->jkt.data, RB_VERDICT_JKT);
        verdict->jkt_len = RB_VERDICT_JKT;
    }

    return NGX_OK;
}


/*
 * Has last_seen_at moved on, which no request waits for: a fiber of its own
 * does it.  Many requests of one session may come here at once, so that this
 * process remembers which it has written lately; the statement would do
 * nothing for the others.
 */

static void
rb_identity_seen(const rb_verdict_t *verdict)
{
    uint64_t             hash;
    ngx_pool_t          *pool;
    rb_identity_seen_t  *seen;

    static struct {
        uint64_t         hash;
        time_t           at;
    }                    lately[RB_IDENTITY_SEEN_KEPT], *slot;

    hash = rb_hash64(verdict->session, RB_VERDICT_ID, 0);
    slot = &lately[hash & (RB_IDENTITY_SEEN_KEPT - 1)];

    if (slot->hash == hash && ngx_time() - slot->at < RB_IDENTITY_SEEN_AFTER) {
        return;
    }

    slot->hash = hash;
    slot->at = ngx_time();

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    seen = ngx_pcalloc(pool, sizeof(rb_identity_seen_t));

    if (seen != NULL) {
        seen->task.pool = pool;
        seen->task.log = ngx_cycle->log;
        seen->task.deadline = ngx_current_msec + RB_IDENTITY_SEEN_TIMEOUT;
        seen->task.background = 1;
        ngx_memcpy(seen->id, verdict->session, RB_UUID_LEN);

        if (rb_fiber_start(rb_identity_seen_fiber, seen, ngx_cycle->log)) {
            return;
        }
    }

    ngx_destroy_pool(pool);
}


static void
rb_identity_seen_fiber(void *data)
{
    ngx_str_t            params[RB_GATE_SESSION_SEEN_NPARAMS];
    ngx_pool_t          *pool;
    rb_pg_rows_t         rows;
    rb_identity_seen_t  *seen = data;

    params[RB_GATE_SESSION_SEEN_P_ID].data = seen->id;
    params[RB_GATE_SESSION_SEEN_P_ID].len = RB_UUID_LEN;

    /* a failure is logged where it arises; the next request tries again */

    (void) rb_pg_query(&seen->task, RB_STMT_GATE_SESSION_SEEN, 0, params,
                       &rows);

    pool = seen->task.pool;

    rb_task_end(&seen->task);
    ngx_destroy_pool(pool);
}
