
/*
 * Posts at the desk: what a resort writes, and the one way by which a post
 * moves from state to state.
 *
 *     draft > pending                             submit      resort
 *     changes_requested, rejected > pending       submit      resort
 *     pending > approved                          approve     moderator
 *     pending > changes_requested                 request_changes (reason)
 *     pending > rejected                          reject (reason)
 *     approved <> paused                          pause, resume: resort
 *     approved <> hidden                          hide (reason), unhide
 *     approved > filled                           fill        resort
 *     approved > expired                          expire      system
 *     approved, paused > pending                  review      system: an edit
 *     any state                                   delete, restore: resort
 *
 * The table post_moves has exactly these, and move_posts() of the schema
 * (0121) looks there under the row's lock.  What the law refuses can't be
 * submitted, approved, resumed or unhidden, and isn't restored to the public
 * (0111_law.sql).
 */


#ifndef _RB_POSTS_H_INCLUDED_
#define _RB_POSTS_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


typedef enum {
    RB_POSTS_BY_RESORT = 0,
    RB_POSTS_BY_MODERATOR
} rb_posts_by_e;


/* ids are UUID text.  Strings need not be NUL-terminated. */

typedef struct {
    ngx_str_t        post;
    ngx_str_t        resort;            /* whose it must be; empty: any */
    ngx_str_t        verb;              /* "submit", "approve" … */
    ngx_str_t        reason;            /* as typed; or empty */
    ngx_str_t        if_match;          /* as rb_req_t has it; data == NULL:
                                           any revision */
    rb_posts_by_e    by;
} rb_posts_move_t;


/* Strings last as long as the task. */

typedef struct {
    ngx_str_t        from;              /* "pending" */
    ngx_str_t        to;                /* where this move left it */
    ngx_str_t        version;
    ngx_str_t        revision;
    ngx_str_t        post;              /* the row, for rb_posts_show() */
} rb_posts_moved_t;


/*
 * Moves a post (yields).  One statement: the post, its history, the audit
 * trail, the event, and the mails to those whom it concerns.  What the system
 * does by itself is done by statements: an edit (review), upkeep (expire).
 *
 * Errors: rb_err_not_found; rb_err_own_resort (403: a moderator who is a
 * member of the resort; resorts/rb_resorts.h); rb_err_precondition (412);
 * rb_err_state_conflict (409, with the state and those that this actor may
 * move it to; a deleted post's is "deleted"); a 400 that names `reason';
 * rb_err_rules (422, with what the law finds); and those of rb_pg_query().
 */
rb_err_t *rb_posts_move(rb_task_t *task, const rb_posts_move_t *move,
    const rb_principal_t *who, const rb_origin_t *origin,
    rb_posts_moved_t *moved);

/*
 * A draft: new, or a copy of a post.  patch is the columns that the client
 * gave, as rb_patch_write() makes it.
 */

typedef struct {
    ngx_str_t        resort;            /* whose it will be */
    ngx_str_t        patch;
    ngx_str_t        source;            /* the post to copy; or empty */
    ngx_str_t        from;              /* its resort */
    ngx_str_t        key;               /* of idempotency; or empty */
    u_char           request_hash[32];
} rb_posts_new_t;

/*
 * Makes it (yields).  *response is the answer as JSON, as long as the task;
 * *replayed says that it was given before, to the same request with the same
 * key.  Errors: rb_err_not_found (the resort, the post to copy, or who asks is
 * no member of the resort), rb_err_key_reused, rb_err_too_many, a 400 that
 * names fields, and those of rb_pg_query().
 */
rb_err_t *rb_posts_create(rb_task_t *task, const rb_posts_new_t *draft,
    const rb_principal_t *who, const rb_origin_t *origin,
    ngx_str_t *response, ngx_uint_t *replayed);


typedef struct {
    ngx_str_t        post;
    ngx_str_t        resort;
    ngx_str_t        patch;
    ngx_str_t        if_match;
} rb_posts_edit_t;

/*
 * Changes what a post says (yields); one that is public or paused and becomes
 * worse goes back to review.  *left is the row as this edit left it, as JSON
 * for rb_posts_show(); it lasts as long as the task.  Errors:
 * rb_err_not_found, rb_err_precondition, rb_err_state_conflict (filled,
 * expired, deleted), rb_err_rules, a 400 that names fields, and those of
 * rb_pg_query().
 */
rb_err_t *rb_posts_edit(rb_task_t *task, const rb_posts_edit_t *edit,
    const rb_principal_t *who, const rb_origin_t *origin, ngx_str_t *left);


/*
 * A copy of rb_err_rules that lists the findings which refuse, from the JSON
 * of a statement: an array of objects with rule, code, severity (refuse,
 * review), field, found, needed, source, detail_ko and detail_en.
 */
rb_err_t *rb_posts_rules(ngx_pool_t *pool, const ngx_str_t *findings);

/*
 * What a statement that moves or edits says of it, by its first four columns:
 * outcome, state, allowed, findings.  The fifth is the row that it left.
 */
#define RB_POSTS_LEFT  4

rb_err_t *rb_posts_outcome(ngx_pool_t *pool, const rb_pg_rows_t *rows);

/* Of the triggers that are the last guard: their constraints' names to the
 * same error; NULL: another constraint. */
rb_err_t *rb_posts_guarded(ngx_pool_t *pool, const rb_pg_rows_t *rows);

extern rb_err_t  rb_err_state_conflict;         /* 409 state_conflict */
extern rb_err_t  rb_err_rules;                  /* 422 rules_not_met */


#endif /* _RB_POSTS_H_INCLUDED_ */
