
/*
 * Access tokens (RFC 9068), proofs of possession (RFC 9449), and what is said
 * of those that are refused.
 */


#include "gate/rb_identity_internal.h"
#include "base/rb_uuid.h"
#include "crypto/rb_dpop.h"
#include "rb_statements.h"


#define RB_TOKEN_LEEWAY    5            /* seconds clocks may differ */
#define RB_PROOF_ALGS      "ES256 EdDSA RS256 PS256"

#define RB_CHALLENGE_MAX   512


static ngx_uint_t rb_identity_typ(const ngx_str_t *typ);
static ngx_uint_t rb_identity_has(ngx_http_request_t *r, const char *name);


rb_err_define(rb_err_proof, 401, "invalid_dpop_proof",
    "DPoP 증명이 올바르지 않습니다. 요청마다 새 증명을 만들어 보내 주세요.",
    "The DPoP proof is not valid. Make a new one for each request.");

rb_err_define(rb_err_replayed, 400, "proof_replayed",
    "이미 사용된 증명입니다. 새로 만들어 보내 주세요.",
    "This proof was used before. Make a new one and send the request again.");


const char *
rb_identity_token(ngx_pool_t *pool, const ngx_str_t *token,
    rb_access_t *access)
{
    json_t      *cnf, *jkt;
    rb_jwt_t     jwt;
    ngx_str_t    value;
    u_char      *id;

    ngx_memzero(access, sizeof(rb_access_t));

    if (rb_jwt_parse(pool, token, &jwt) != NGX_OK
        || !rb_identity_typ(&jwt.typ))
    {
        return "it is not an access token";
    }

    if (rb_jwt_verify_own(&jwt) != NGX_OK) {
        return "it is not signed by this server";
    }

    value = rb_jwt_str(&jwt, "iss");

    if (!rb_same(&value, &rb_identity->issuer)
        || !rb_jwt_for(&jwt, &rb_identity->issuer))
    {
        return "it is not of and for this server";
    }

    if (rb_jwt_times(&jwt, ngx_time(), RB_TOKEN_LEEWAY) != NGX_OK) {
        return "it has expired";
    }

    id = ngx_pnalloc(pool, RB_UUID_LEN);
    value = rb_jwt_str(&jwt, "sid");

    if (id == NULL || rb_uuid_parse(&value, id) != NGX_OK) {
        return "it is of no session";
    }

    access->session.data = id;
    access->session.len = RB_UUID_LEN;
    access->subject = rb_jwt_str(&jwt, "sub");
    access->client = rb_jwt_str(&jwt, "client_id");
    access->expires = rb_jwt_int(&jwt, "exp", 0) + RB_TOKEN_LEEWAY;

    value = rb_jwt_str(&jwt, "scope");
    access->scopes = rb_bits_of(rb_scope_names, &value, ' ');

    cnf = json_object_get(jwt.claims, "cnf");

    if (cnf == NULL) {
        return NULL;
    }

    /* bound to something that is not understood is not bound to nothing */

    jkt = json_object_get(cnf, "jkt");

    if (!json_is_string(jkt)
        || json_string_length(jkt) != RB_VERDICT_JKT)
    {
        return "it is bound in a way that is not known here";
    }

    access->jkt.len = RB_VERDICT_JKT;
    access->jkt.data = ngx_pnalloc(pool, RB_VERDICT_JKT);

    if (access->jkt.data == NULL) {
        return "it could not be read";
    }

    ngx_memcpy(access->jkt.data, json_string_value(jkt), RB_VERDICT_JKT);

    return NULL;
}


/* RFC 9068 §2.1: with or without "application/". */

static ngx_uint_t
rb_identity_typ(const ngx_str_t *typ)
{
    return (typ->len == 6
            && ngx_strncasecmp(typ->data, (u_char *) "at+jwt", 6) == 0)
           || (typ->len == 18
               && ngx_strncasecmp(typ->data, (u_char *) "application/at+jwt",
                                  18) == 0);
}


rb_err_t *
rb_identity_proof(rb_req_t *req, const ngx_str_t *access_token,
    ngx_str_t *jkt)
{
    u_char               hash[RB_SHA256_LEN], *p;
    rb_err_t            *err;
    ngx_str_t            proof, method, path, uri;
    const char          *wrong;
    ngx_http_request_t  *r;

    r = req->http;
    ngx_str_null(jkt);

    if (r == NULL || rb_identity == NULL) {
        return &rb_err_no_identity;
    }

    proof = rb_http_header(req, "DPoP");

    if (proof.len == 0) {

        /* two of them are none that could be believed (RFC 9449 §4.3) */

        return rb_identity_has(r, "dpop")
               ? rb_identity_refuse(req->task.pool, &rb_err_proof, RB_BY_DPOP,
                                    "invalid_dpop_proof",
                                    "exactly one DPoP field is needed", NULL)
               : NULL;
    }

    /* a slice of what was read: a HEAD is proved as a HEAD */

    method = r->method_name;

    if (rb_http_uri(r, &path) != NGX_OK) {
        return &rb_err_internal;
    }

    /* a proof names no query (RFC 9449 §4.2), however long that is */

    p = ngx_strlchr(path.data, path.data + path.len, '?');

    if (p) {
        path.len = p - path.data;
    }

    /* as clients see it, whatever stands between them and this server */

    uri.len = rb_identity->origin.len + path.len;
    uri.data = ngx_pnalloc(req->task.pool, uri.len);

    if (uri.data == NULL) {
        return &rb_err_internal;
    }

    p = ngx_cpymem(uri.data, rb_identity->origin.data,
                   rb_identity->origin.len);
    ngx_memcpy(p, path.data, path.len);

    wrong = rb_dpop_check(req->task.pool, &proof, &method, &uri, ngx_time(),
                          access_token, jkt, hash);

    if (wrong) {
        return rb_identity_refuse(req->task.pool, &rb_err_proof, RB_BY_DPOP,
                                  "invalid_dpop_proof", wrong, NULL);
    }

    err = rb_identity_once(&req->task, hash, ngx_time() + 2 * RB_DPOP_AGE);

    if (err == &rb_err_replayed) {
        return rb_identity_refuse(req->task.pool, &rb_err_proof, RB_BY_DPOP,
                                  "invalid_dpop_proof",
                                  "the proof was used before", NULL);
    }

    return err;
}


/* Whether there is any such field; name in lower case. */

static ngx_uint_t
rb_identity_has(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return 1;
            }
        }
    }

    return 0;
}


rb_err_t *
rb_identity_once(rb_task_t *task, const u_char hash[RB_SHA256_LEN],
    time_t expires)
{
    u_char         text[NGX_TIME_T_LEN];
    rb_err_t      *err;
    ngx_str_t      params[RB_GATE_PROOF_ONCE_NPARAMS];
    rb_pg_rows_t   rows;

    params[RB_GATE_PROOF_ONCE_P_HASH] = rb_bytea(task->pool, hash,
                                                 RB_SHA256_LEN);
    params[RB_GATE_PROOF_ONCE_P_EXPIRES].data = text;
    params[RB_GATE_PROOF_ONCE_P_EXPIRES].len = ngx_sprintf(text, "%T", expires)
                                               - text;

    if (params[RB_GATE_PROOF_ONCE_P_HASH].data == NULL) {
        return &rb_err_internal;
    }

    err = rb_pg_query(task, RB_STMT_GATE_PROOF_ONCE, 0, params, &rows);

    if (err) {
        return err;
    }

    return rows.affected == 1 ? NULL : &rb_err_replayed;
}


rb_err_t *
rb_identity_refuse(ngx_pool_t *pool, rb_err_t *kind, rb_by_e by,
    const char *error, const char *description, const char *more)
{
    u_char    *p, *last;
    rb_err_t  *err;

    err = ngx_palloc(pool, sizeof(rb_err_t) + RB_CHALLENGE_MAX);
    if (err == NULL) {
        return kind;
    }

    *err = *kind;
    p = (u_char *) (err + 1);
    last = p + RB_CHALLENGE_MAX;

    err->authenticate.data = p;

    p = ngx_slprintf(p, last, "%s realm=\"resortbite\", error=\"%s\"",
                     by == RB_BY_DPOP ? "DPoP" : "Bearer", error);

    if (description) {
        p = ngx_slprintf(p, last, ", error_description=\"%s\"", description);
    }

    if (by == RB_BY_DPOP) {
        p = ngx_slprintf(p, last, ", algs=\"" RB_PROOF_ALGS "\"");
    }

    if (more) {
        p = ngx_slprintf(p, last, ", %s", more);
    }

    err->authenticate.len = p - err->authenticate.data;

    return err;
}
