
/*
 * Whether a principal may: roles, scopes, how long ago and by how much they
 * have proved who they are.
 *
 * A route names every role that may call it; none implies another, so that
 * what is written in the table is what holds (a super_admin may do what an
 * admin may where the table says so).  A role in a resort is asked for each
 * time and never kept: it is one read by key, and takes effect at once.
 */


#include "gate/rb_identity_internal.h"
#include "base/rb_uuid.h"
#include "rb_statements.h"


#define RB_ADMIT_TEXT  256


static rb_err_t *rb_admit_role(rb_req_t *req, ngx_uint_t roles,
    ngx_uint_t *granted);
static rb_err_t *rb_admit_resort(rb_req_t *req, ngx_uint_t *role);
static const ngx_str_t *rb_admit_resort_id(const rb_req_t *req);
static rb_err_t *rb_admit_sign_in(ngx_pool_t *pool);
static rb_err_t *rb_admit_missing(rb_req_t *req, ngx_uint_t roles);
static rb_err_t *rb_admit_scopes(rb_req_t *req, ngx_uint_t scopes);
static rb_err_t *rb_admit_proved(rb_req_t *req, ngx_uint_t granted,
    ngx_uint_t step_up);


rb_err_define(rb_err_sign_in, 401, "sign_in_required",
    "로그인이 필요합니다. 로그인한 뒤 다시 시도해 주세요.",
    "You have to be signed in. Sign in and try again.");

rb_err_define(rb_err_role, 403, "role_missing",
    "이 작업을 할 수 있는 역할이 없습니다. 필요한 역할은 missing_roles에 있습니다.",
    "Your account has none of the roles that may do this; missing_roles "
    "names them.");

rb_err_define(rb_err_scope, 403, "insufficient_scope",
    "접근 토큰에 필요한 범위(scope)가 없습니다. 그 범위로 새 토큰을 받아 주세요.",
    "The access token lacks a scope that this needs. Get a token with it.");

rb_err_define(rb_err_own_only, 403, "own_application_needed",
    "계정 보안에 관한 작업은 리조트바이트의 페이지나 앱에서만 할 수 있습니다.",
    "What concerns the account's security can only be done on our own pages "
    "and in our own applications.");

rb_err_define(rb_err_step_up, 401, "insufficient_user_authentication",
    "본인 확인을 다시 해야 합니다. 2단계 인증이 필요한데 아직 없다면 계정 보안 "
    "설정에서 먼저 등록해 주세요.",
    "Prove once more that it is you. If a second factor is needed and you "
    "have none, set one up in your account's security settings first.");


rb_err_t *
rb_identity_admit(rb_req_t *req)
{
    rb_err_t          *err;
    ngx_uint_t         granted;
    const rb_route_t  *route;

    route = req->route;

    if (route->roles == RB_ROLE_ANYONE) {
        return req->principal ? rb_admit_scopes(req, route->scopes) : NULL;
    }

    if (rb_identity == NULL) {
        return &rb_err_no_identity;
    }

    if (req->principal == NULL) {
        return rb_admit_sign_in(req->task.pool);
    }

    err = rb_admit_role(req, route->roles, &granted);

    if (err == NULL) {
        err = rb_admit_scopes(req, route->scopes);
    }

    /* `write' is for what a member does here, not for their account: an
     * application could take that over within minutes of the log-in */

    if (err == NULL && route->step_up && req->principal->member.len
        && !req->principal->own)
    {
        err = &rb_err_own_only;
    }

    return err ? err : rb_admit_proved(req, granted, route->step_up);
}


rb_err_t *
rb_identity_admit_to(rb_req_t *req, ngx_uint_t roles, ngx_uint_t scopes)
{
    rb_err_t    *err;
    ngx_uint_t   granted;

    if (req->principal == NULL) {
        return rb_admit_sign_in(req->task.pool);
    }

    granted = roles ? roles & req->principal->roles : req->principal->roles;

    if (granted == 0) {
        return rb_admit_missing(req, roles);
    }

    err = rb_admit_scopes(req, scopes);

    if (err) {
        return err;
    }

    /* any principal may: nothing that only staff can do */

    return rb_admit_proved(req, roles ? granted : RB_ROLE_MEMBER, 0);
}


/* *granted: the roles by which the principal may. */

static rb_err_t *
rb_admit_role(rb_req_t *req, ngx_uint_t roles, ngx_uint_t *granted)
{
    rb_err_t    *err;
    ngx_uint_t   role;

    *granted = roles & req->principal->roles;

    if (*granted & ~(ngx_uint_t) RB_ROLES_STAFF) {
        return NULL;
    }

    /* by a role in the resort staff may without their second factor */

    if ((roles & RB_ROLES_OF_RESORT) && req->principal->member.len) {
        err = rb_admit_resort(req, &role);

        if (err) {
            return err;
        }

        *granted |= roles & role;
    }

    return *granted ? NULL : rb_admit_missing(req, roles);
}


static rb_err_t *
rb_admit_resort(rb_req_t *req, ngx_uint_t *role)
{
    u_char            id[RB_UUID_LEN];
    rb_err_t         *err;
    ngx_str_t         params[RB_GATE_RESORT_ROLE_NPARAMS], value;
    rb_pg_rows_t      rows;
    const ngx_str_t  *resort;

    *role = 0;
    resort = rb_admit_resort_id(req);

    /* what is wrong with the path is told to who may ask */

    if (resort == NULL || rb_uuid_parse(resort, id) != NGX_OK) {
        return NULL;
    }

    params[RB_GATE_RESORT_ROLE_P_RESORT].data = id;
    params[RB_GATE_RESORT_ROLE_P_RESORT].len = RB_UUID_LEN;
    params[RB_GATE_RESORT_ROLE_P_MEMBER] = req->principal->member;

    err = rb_pg_query(&req->task, RB_STMT_GATE_RESORT_ROLE, 0, params, &rows);

    if (err) {
        return err;
    }

    value = rb_pg_value(&rows, 0, 0);

    if (value.len != 1 || value.data[0] != 'f') {
        return &rb_err_database;        /* a replica may be behind */
    }

    value = rb_pg_value(&rows, 0, 1);

    if (value.len) {
        *role = rb_bit_of(rb_role_names, &value) & RB_ROLES_OF_RESORT;
    }

    return NULL;
}


/* The path's parameter `resort_id', or else its first, which is `id'. */

static const ngx_str_t *
rb_admit_resort_id(const rb_req_t *req)
{
    ngx_uint_t         i;
    const rb_param_t  *params;

    static const ngx_str_t  name = ngx_string("resort_id");

    params = req->route->path_params;

    if (params == NULL || params[0].name.len == 0) {
        return NULL;
    }

    for (i = 0; i < RB_PATH_PARAMS_MAX && params[i].name.len; i++) {
        if (params[i].name.len == name.len
            && ngx_memcmp(params[i].name.data, name.data, name.len) == 0)
        {
            return &req->path[i].text;
        }
    }

    return &req->path[0].text;
}


/* Both ways to bring a token (RFC 6750 §3, RFC 9449 §7.1); a request without
 * any is told of no error. */

static rb_err_t *
rb_admit_sign_in(ngx_pool_t *pool)
{
    rb_err_t  *err;

    err = ngx_palloc(pool, sizeof(rb_err_t));
    if (err == NULL) {
        return &rb_err_sign_in;
    }

    *err = rb_err_sign_in;
    ngx_str_set(&err->authenticate, "Bearer realm=\"resortbite\", "
                "DPoP realm=\"resortbite\", algs=\"ES256 EdDSA RS256 PS256\"");

    return err;
}


static rb_err_t *
rb_admit_missing(rb_req_t *req, ngx_uint_t roles)
{
    u_char     *missing;
    rb_err_t   *err;
    ngx_str_t   names;

    names = rb_names_of(req->task.pool, rb_role_names, roles, ' ');
    err = ngx_palloc(req->task.pool, sizeof(rb_err_t) + names.len + 1);

    if (names.data == NULL || err == NULL) {
        return &rb_err_role;
    }

    missing = (u_char *) (err + 1);
    *ngx_cpymem(missing, names.data, names.len) = '\0';

    *err = rb_err_role;
    err->missing = (char *) missing;

    return err;
}


static rb_err_t *
rb_admit_scopes(rb_req_t *req, ngx_uint_t scopes)
{
    u_char      more[RB_ADMIT_TEXT];
    ngx_str_t   names;

    if ((req->principal->scopes & scopes) == scopes) {
        return NULL;
    }

    names = rb_names_of(req->task.pool, rb_scope_names, scopes, ' ');

    if (names.data == NULL) {
        return &rb_err_scope;
    }

    *ngx_snprintf(more, sizeof(more) - 1, "scope=\"%V\"", &names) = '\0';

    return rb_identity_refuse(req->task.pool, &rb_err_scope,
                              req->principal->by, "insufficient_scope",
                              "the token lacks a scope", (char *) more);
}


/*
 * RFC 9470.  Who may only by a role of staff needs two factors; a dangerous
 * act needs all that are set up, and not long ago.
 */

static rb_err_t *
rb_admit_proved(rb_req_t *req, ngx_uint_t granted, ngx_uint_t step_up)
{
    u_char                *p, *last, more[RB_ADMIT_TEXT];
    ngx_uint_t             acr, old;
    const rb_principal_t  *who;

    who = req->principal;

    if (who->member.len == 0) {         /* a client has nobody to ask */
        return NULL;
    }

    acr = ((granted & ~(ngx_uint_t) RB_ROLES_STAFF) == 0
           || (step_up && who->second))
          ? 2 : 1;

    old = step_up
          && (int64_t) ngx_time() - who->authenticated_at > (int64_t) step_up;

    if (who->acr >= acr && !old) {
        return NULL;
    }

    p = more;
    last = more + sizeof(more) - 1;

    p = ngx_slprintf(p, last, "acr_values=\"%ui\"", acr);

    if (step_up) {
        p = ngx_slprintf(p, last, ", max_age=\"%ui\"", step_up);
    }

    *p = '\0';

    return rb_identity_refuse(req->task.pool, &rb_err_step_up,
                              who->by, "insufficient_user_authentication",
                              who->acr < acr ? "a second factor is needed"
                                             : "the log-in is too old",
                              (char *) more);
}
