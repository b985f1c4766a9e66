
/*
 * The rules of a resort's desk: its dormitories, rooms, beds and rents.  Of
 * this room only.
 *
 * A dormitory has rooms, a room beds; rooms and beds go out of use, they are
 * not deleted.  A bed has one occupant a day at most.  Days are [from, until),
 * of stays as of seasons: the night of `until' is not counted.
 *
 * Rent is by the month, and by season where the dormitory has seasons.  What a
 * stay costs is counted by calendar month: a whole month is its rent; a piece
 * of one (the first, the last, one that a season begins or ends in) is the
 * rent by its nights out of the month's days, rounded down to 10 won.
 * dormitory_rent() in sql/schema/0113_dormitory_desk.sql counts it.
 *
 * Whoever calls acts for the resort, which the gate has seen.  ids are UUID
 * text; one that is not of the id before it is rb_err_not_found.  if_match is
 * an array of revisions as PostgreSQL writes it, or has data == NULL: any.
 * patch is a JSON object of columns.  All yield; besides their own errors
 * those of rb_pg_query(), a 400 that names a member, and
 *
 *     rb_err_not_found, rb_err_precondition (412)
 *     rb_err_dorm_deleted, rb_err_dorm_retired (409): restore it first
 *     rb_err_dorm_name (409): a name or label that another one has
 *     rb_err_dorm_full (409): there are as many as there may be
 *     rb_err_dorm_occupied (409): beds are taken today or later; names `beds'
 */


#ifndef _RB_DORMS_DESK_H_INCLUDED_
#define _RB_DORMS_DESK_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


/* Those in use, at most. */

#define RB_DORMS_MAX    100             /* of a resort */
#define RB_ROOMS_MAX    300             /* of a dormitory */
#define RB_BEDS_MAX     26              /* of a room: A to Z */
#define RB_SEASONS_MAX  60              /* of a dormitory, past ones too */


/* Where, by whom.  Ids that a call doesn't need are not looked at. */

typedef struct {
    ngx_str_t                resort;
    ngx_str_t                dormitory;
    ngx_str_t                room;
    ngx_str_t                bed;
    ngx_str_t                season;
    ngx_str_t                if_match;
    const rb_principal_t    *who;
    const rb_origin_t       *origin;
} rb_dorms_at_t;


/* A request that may be repeated; key may be empty. */

typedef struct {
    ngx_str_t    key;
    ngx_str_t    request_hash;          /* as bytea text */
} rb_dorms_once_t;


/*
 * Makes a dormitory.  *response is the answer as JSON, in the task's pool;
 * *replayed says that it was given before, to the same request with the same
 * key.  rb_err_key_reused.
 */
rb_err_t *rb_dorms_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, const rb_dorms_once_t *once,
    ngx_str_t *response, ngx_uint_t *replayed);

/* One that may be deleted: a row of dorms_desk_get. */
rb_err_t *rb_dorms_desk_read(rb_task_t *task, const ngx_str_t *resort,
    const ngx_str_t *id, rb_pg_rows_t *rows);

rb_err_t *rb_dorms_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch);

/* rb_err_dorm_offered (409): live posts offer it; names `posts'. */
rb_err_t *rb_dorms_delete(rb_task_t *task, const rb_dorms_at_t *at);

rb_err_t *rb_dorms_restore(rb_task_t *task, const rb_dorms_at_t *at);


/*
 * Rooms, beds and seasons: rows is one row with the columns of the statement's
 * view in front.  labels is a JSON array, of a room's beds.  What is retired
 * keeps its stays on record and gives its name back; a retired room's beds are
 * out of use with it.
 */

rb_err_t *rb_dorms_room_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, const ngx_str_t *labels, rb_pg_rows_t *rows);
rb_err_t *rb_dorms_room_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, rb_pg_rows_t *rows);
rb_err_t *rb_dorms_room_retire(rb_task_t *task, const rb_dorms_at_t *at);
rb_err_t *rb_dorms_room_restore(rb_task_t *task, const rb_dorms_at_t *at,
    rb_pg_rows_t *rows);

rb_err_t *rb_dorms_bed_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *label, rb_pg_rows_t *rows);
rb_err_t *rb_dorms_bed_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *label, rb_pg_rows_t *rows);
rb_err_t *rb_dorms_bed_retire(rb_task_t *task, const rb_dorms_at_t *at);
rb_err_t *rb_dorms_bed_restore(rb_task_t *task, const rb_dorms_at_t *at,
    rb_pg_rows_t *rows);

/*
 * patch has label, from, until and rent, not columns.  rb_err_dorm_season
 * (409): it overlaps another one, which it names.
 */
rb_err_t *rb_dorms_season_create(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, rb_pg_rows_t *rows);
rb_err_t *rb_dorms_season_change(rb_task_t *task, const rb_dorms_at_t *at,
    const ngx_str_t *patch, rb_pg_rows_t *rows);
rb_err_t *rb_dorms_season_remove(rb_task_t *task, const rb_dorms_at_t *at);


extern rb_err_t  rb_err_dorm_deleted;           /* 409 dormitory_deleted */
extern rb_err_t  rb_err_dorm_retired;           /* 409 out_of_use */
extern rb_err_t  rb_err_dorm_name;              /* 409 name_taken */
extern rb_err_t  rb_err_dorm_full;              /* 409 limit_reached */
extern rb_err_t  rb_err_dorm_occupied;          /* 409 beds_occupied */
extern rb_err_t  rb_err_dorm_offered;           /* 409 dormitory_offered */
extern rb_err_t  rb_err_dorm_season;            /* 409 season_overlaps */


#endif /* _RB_DORMS_DESK_H_INCLUDED_ */
