
/*
 * The rules of verifying a resort's business.  A decision is one statement,
 * which says in its last column how it went.
 */


#include "resorts/rb_resorts_rules.h"
#include "rb_statements.h"


#define RB_RESORTS_ATTEMPTS  3


/* Columns of resorts_decide, from its end. */

enum {
    RB_RESORTS_D_OUTCOME = 1,
    RB_RESORTS_D_LIVE,
    RB_RESORTS_D_BEFORE,
    RB_RESORTS_D_HOLDER
};


static rb_err_t *rb_resorts_decided(rb_task_t *task, const ngx_str_t *resort,
    const rb_pg_rows_t *rows);
static rb_err_t *rb_resorts_state(ngx_pool_t *pool, const ngx_str_t *state);
static rb_err_t *rb_resorts_held(ngx_pool_t *pool, const ngx_str_t *holder);


rb_err_define(rb_err_verification_state, 409, "verification_state",
              "지금 상태에서는 할 수 없는 일입니다. state가 지금 상태이고 "
              "allowed_states가 갈 수 있는 상태입니다.",
              "Not from the state that the verification is in: state. It may "
              "go to one of allowed_states.");

rb_err_define(rb_err_own_resort, 403, "own_resort",
              "자신이 구성원인 리조트의 일은 직접 결정할 수 없습니다. 다른 "
              "운영진에게 부탁해 주세요.",
              "Nobody decides about a resort that they are a member of. Ask "
              "another moderator.");


static const rb_problem_t  rb_err_moderator_needed_problem = {
    403, ngx_string("role_missing"),
    rb_text("운영진(moderator, admin, super_admin)만 할 수 있습니다.",
            "Only moderators and administrators may do that.")
};

rb_err_t  rb_err_moderator_needed = {
    &rb_err_moderator_needed_problem, 0, ngx_null_string, NULL,
    ngx_null_string, "moderator admin super_admin", NULL, 0
};


/* From which state to which others; the resort's own people make it wait. */

static const struct {
    ngx_str_t     state;
    ngx_str_t     allowed;
} rb_resorts_states[] = {
    { ngx_string("none"), ngx_string("waiting,refused") },
    { ngx_string("waiting"), ngx_string("verified,refused") },
    { ngx_string("verified"), ngx_string("refused,waiting") },
    { ngx_string("refused"), ngx_string("verified,waiting") }
};


static const ngx_str_t  rb_resorts_moves[] = {  /* by rb_resort_move_e */
    ngx_string("verify"), ngx_string("refuse"), ngx_string("withdraw")
};


rb_err_t *
rb_resorts_decide(rb_task_t *task, const ngx_str_t *resort,
    rb_resort_move_e move, const ngx_str_t *reason,
    const ngx_str_t *if_match, const rb_principal_t *who,
    const rb_origin_t *origin, rb_pg_rows_t *rows)
{
    rb_err_t    *err;
    ngx_str_t    params[RB_RESORTS_DECIDE_NPARAMS];
    ngx_uint_t   attempt;

    params[RB_RESORTS_DECIDE_P_ID] = *resort;
    params[RB_RESORTS_DECIDE_P_MOVE] = rb_resorts_moves[move];
    params[RB_RESORTS_DECIDE_P_REASON] = *reason;
    params[RB_RESORTS_DECIDE_P_IF_MATCH] = *if_match;
    params[RB_RESORTS_DECIDE_P_ACTOR] = who->member;
    params[RB_RESORTS_DECIDE_P_REQUEST_ID] =
        rb_resorts_or_null(&origin->request_id);

    for (attempt = 0; attempt < RB_RESORTS_ATTEMPTS; attempt++) {

        err = rb_pg_query(task, RB_STMT_RESORTS_DECIDE, 0, params, rows);
        if (err) {
            return err;
        }

        /* a post has gone live, or the number was taken, that the statement
         * could not see yet */

        if (rb_resorts_violates(rows, "resorts_no_live_posts_ck")
            || ngx_strcmp(rows->sqlstate, "23505") == 0)
        {
            continue;
        }

        if (rows->sqlstate[0]) {
            return rb_resorts_refused(task->pool, rows);
        }

        return rb_resorts_decided(task, resort, rows);
    }

    return &rb_err_busy;
}


static rb_err_t *
rb_resorts_decided(rb_task_t *task, const ngx_str_t *resort,
    const rb_pg_rows_t *rows)
{
    ngx_str_t  outcome, value;

    if (rows->count == 0) {
        return &rb_err_internal;
    }

    outcome = rb_pg_value(rows, 0, rows->columns - RB_RESORTS_D_OUTCOME);

    if (ngx_strcmp(outcome.data, "state") == 0) {
        value = rb_pg_value(rows, 0, rows->columns - RB_RESORTS_D_BEFORE);
        return rb_resorts_state(task->pool, &value);
    }

    if (ngx_strcmp(outcome.data, "taken") == 0) {
        value = rb_pg_value(rows, 0, rows->columns - RB_RESORTS_D_HOLDER);
        return rb_resorts_held(task->pool, &value);
    }

    if (ngx_strcmp(outcome.data, "live") == 0) {
        value = rb_pg_value(rows, 0, rows->columns - RB_RESORTS_D_LIVE);
        return rb_resorts_posts_left(task->pool, &rb_err_resort_live, resort,
                                     "approved", &value, 1);
    }

    return rb_resorts_outcome(rows);
}


static rb_err_t *
rb_resorts_state(ngx_pool_t *pool, const ngx_str_t *state)
{
    ngx_uint_t  i;

    for (i = 0; i < rb_array_size(rb_resorts_states); i++) {

        if (state->len == rb_resorts_states[i].state.len
            && ngx_memcmp(state->data, rb_resorts_states[i].state.data,
                          state->len) == 0)
        {
            return rb_err_states(pool, &rb_err_verification_state, state,
                                 &rb_resorts_states[i].allowed);
        }
    }

    return &rb_err_internal;
}


/* Staff are told whose the number is. */

static rb_err_t *
rb_resorts_held(ngx_pool_t *pool, const ngx_str_t *holder)
{
    ngx_str_t  name = ngx_string("business_number");

    return rb_err_add_field(rb_err_list(pool, &rb_err_number_taken), pool,
                            &name, "taken",
                            "이 번호로 등록된 리조트: "
                            "/api/v1/admin/resorts/%V",
                            "is that of /api/v1/admin/resorts/%V now.",
                            holder);
}
