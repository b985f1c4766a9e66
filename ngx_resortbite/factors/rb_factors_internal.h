
/* What the files of this room share. */


#ifndef _RB_FACTORS_INTERNAL_H_INCLUDED_
#define _RB_FACTORS_INTERNAL_H_INCLUDED_


#include "factors/rb_factors.h"
#include "base/rb_json.h"
#include "crypto/rb_crypto.h"


#define RB_UUID_BYTES  16


/* Of this installation. */
extern ngx_str_t  rb_factors_origin;
extern ngx_str_t  rb_factors_rp_id;

/* PostgreSQL's booleans. */
extern const ngx_str_t  rb_factors_true;
extern const ngx_str_t  rb_factors_false;


/* Takes a recovery code (yields); rb_err_code_refused. */
rb_err_t *rb_factors_take_recovery(rb_task_t *task, const ngx_str_t *member,
    const ngx_str_t *code);

/*
 * Ten new codes, and their hashes as a statement takes them.  They are shown
 * only if the statement says that they were kept.
 */
rb_err_t *rb_factors_codes(ngx_pool_t *pool, const ngx_str_t *member,
    rb_recovery_codes_t *codes, ngx_str_t *hashes);

/* The parameters of a statement that say who does it. */

#define rb_factors_set_by(params, stmt, by, hash)                             \
    (params)[stmt##_P_MEMBER] = (by)->who->member;                            \
    (params)[stmt##_P_SESSION] = (by)->who->session;                          \
    (params)[stmt##_P_CLIENT] = (by)->who->client;                            \
                                                                              \
    if ((by)->who->client.len == 0) {                                         \
        ngx_str_null(&(params)[stmt##_P_CLIENT]);                             \
    }                                                                         \
                                                                              \
    (params)[stmt##_P_ADDRESS] = (hash);                                      \
    (params)[stmt##_P_REQUEST_ID] = (by)->request_id

/* `removed', `last' or `none', as the statements of removal say. */
rb_err_t *rb_factors_removed(const rb_pg_rows_t *rows);


/* What a browser returns, decoded (PublicKeyCredential.toJSON()). */

typedef struct {
    json_t       *root;
    json_t       *response;
    ngx_str_t     id;                   /* rawId */
    ngx_str_t     client_data;
} rb_factors_answer_t;

/*
 * Begins a ceremony (yields); member may be empty.  rows are the member's and
 * its passkeys', as factors_ceremony_begin returns them.
 */
rb_err_t *rb_factors_ceremony(rb_task_t *task, const char *purpose,
    const ngx_str_t *member, ngx_str_t *challenge, ngx_str_t *handle,
    rb_pg_rows_t *rows);

/* The ceremony's id; rb_err_code_refused when the handle isn't ours. */
rb_err_t *rb_factors_handle_read(rb_task_t *task, const char *purpose,
    const ngx_str_t *handle, ngx_str_t *id);

/* The passkeys of a ceremony's rows, as an array of descriptors (§5.8.3). */
void rb_factors_credentials(rb_json_t *json, ngx_pool_t *pool,
    const rb_pg_rows_t *rows);

void rb_factors_key_str(rb_json_t *json, const char *name,
    const char *value);

/* NGX_DECLINED when it is no such answer. */
ngx_int_t rb_factors_answer(ngx_pool_t *pool, const ngx_str_t *text,
    rb_factors_answer_t *answer);

/* A member of it in base64url, of one byte or more; NGX_DECLINED. */
ngx_int_t rb_factors_member(ngx_pool_t *pool, json_t *object,
    const char *name, ngx_str_t *value);

ngx_int_t rb_factors_uuid_bytes(const ngx_str_t *uuid,
    u_char bytes[RB_UUID_BYTES]);


#endif /* _RB_FACTORS_INTERNAL_H_INCLUDED_ */
