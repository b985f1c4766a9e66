
/* Outcomes and violated constraints of the desk's statements, as errors. */


#include "dorms/rb_dorms_refusals.h"


#define RB_DORMS_ATTEMPTS  3


static ngx_uint_t rb_dorms_again(const rb_pg_rows_t *rows, ngx_uint_t keyed);
static rb_err_t *rb_dorms_violated(ngx_pool_t *pool,
    const rb_pg_rows_t *rows, const char *label);
static rb_err_t *rb_dorms_said(ngx_pool_t *pool, const rb_pg_rows_t *rows);
static rb_err_t *rb_dorms_occupied(ngx_pool_t *pool,
    const rb_pg_rows_t *rows, ngx_uint_t outcome);
static rb_err_t *rb_dorms_offered(ngx_pool_t *pool,
    const rb_pg_rows_t *rows, ngx_uint_t outcome);
static rb_err_t *rb_dorms_overlaps(ngx_pool_t *pool,
    const rb_pg_rows_t *rows, ngx_uint_t outcome);
static rb_err_t *rb_dorms_wrong(ngx_pool_t *pool, const char *field,
    const char *code, const char *ko, const char *en);


rb_err_define(rb_err_dorm_deleted, 409, "dormitory_deleted",
              "삭제한 숙소입니다. 고치려면 먼저 복원(restore)해 주세요.",
              "The dormitory has been deleted. Restore it first.");

rb_err_define(rb_err_dorm_retired, 409, "out_of_use",
              "더 이상 쓰지 않는 방이나 침대입니다. 먼저 복원(restore)해 "
              "주세요.",
              "The room or bed is out of use. Restore it first.");

rb_err_define(rb_err_dorm_name, 409, "name_taken",
              "같은 이름을 이미 쓰고 있습니다. 다른 이름을 주세요.",
              "That name is taken. Choose another one.");

rb_err_define(rb_err_dorm_full, 409, "limit_reached",
              "더 만들 수 없습니다. 쓰지 않는 것을 먼저 지워 주세요.",
              "There are as many as there may be. Remove one that isn't used "
              "first.");

rb_err_define(rb_err_dorm_occupied, 409, "beds_occupied",
              "오늘이나 앞으로 묵을 사람이 있어서 바꿀 수 없습니다.",
              "Beds are taken today or later, so this can't be done.");

rb_err_define(rb_err_dorm_offered, 409, "dormitory_offered",
              "게시 중인 공고가 이 숙소를 제공하고 있습니다. 공고를 먼저 "
              "내리거나 숙소를 바꿔 주세요.",
              "Live posts offer this dormitory. Close them, or change what "
              "they offer, first.");

rb_err_define(rb_err_dorm_season, 409, "season_overlaps",
              "날짜가 다른 시즌과 겹칩니다.",
              "The dates overlap another season.");


/* Of outcomes that say all there is to say. */

static const struct {
    ngx_str_t     outcome;
    rb_err_t     *err;
} rb_dorms_outcomes[] = {
    { ngx_string("done"), NULL },
    { ngx_string("created"), NULL },
    { ngx_string("replayed"), NULL },
    { ngx_string("reused"), &rb_err_key_reused },
    { ngx_string("not_found"), &rb_err_not_found },
    { ngx_string("stale"), &rb_err_precondition },
    { ngx_string("deleted"), &rb_err_dorm_deleted },
    { ngx_string("retired"), &rb_err_dorm_retired },
    { ngx_string("too_many"), &rb_err_dorm_full }
};


/* Of those that need a word more, from the columns beside them. */

static const struct {
    ngx_str_t     outcome;
    rb_err_t   *(*err)(ngx_pool_t *pool, const rb_pg_rows_t *rows,
                       ngx_uint_t outcome);
} rb_dorms_told[] = {
    { ngx_string("occupied"), rb_dorms_occupied },
    { ngx_string("offered"), rb_dorms_offered },
    { ngx_string("overlaps"), rb_dorms_overlaps }
};


/* Of those that are a member's fault, and of constraints, which start with
 * the name of their table. */

static const struct {
    ngx_str_t     name;
    const char   *field;                /* NULL: where the label came from */
    const char   *code;
    const char   *ko;
    const char   *en;
} rb_dorms_wrongs[] = {
    { ngx_string("far"), "place.lat", "too_far",
      "리조트에서 100 km 넘게 떨어져 있습니다. 위도와 경도를 확인해 주세요.",
      "is more than 100 km from the resort: check latitude and longitude." },
    { ngx_string("backwards"), "until", "not_after_from",
      "from보다 뒤여야 합니다.", "must be after from." },
    { ngx_string("too_long"), "until", "too_long",
      "from에서 366일 안이어야 합니다.", "must be within 366 days of from." },
    { ngx_string("dormitories_name_ck"), "name", "invalid",
      "1~60자의 한 줄 글이어야 합니다.",
      "must be 1 to 60 characters on one line." },
    { ngx_string("dormitories_text_ck"), "description", "too_long",
      "소개와 생활 규칙은 각각 5000자 이하여야 합니다.",
      "description and rules have at most 5000 characters each." },
    { ngx_string("dormitories_facilities_ck"), "facilities", "too_long",
      "시설은 40개까지, 하나에 60자까지 쓸 수 있습니다.",
      "has at most 40 entries of 60 characters." },
    { ngx_string("dormitories_photo_addresses_ck"), "photos", "invalid_item",
      "https://로 시작하거나 /로 시작하는 주소여야 합니다.",
      "are addresses that begin with https:// or with one slash." },
    { ngx_string("dormitories_address_ck"), "place.address", "invalid",
      "2~200자의 한 줄 글이어야 합니다.",
      "must be 2 to 200 characters on one line." },
    { ngx_string("dormitories_place_ck"), "place.lat", "incomplete",
      "위도(lat)와 경도(lng)는 함께 주거나 함께 비워 주세요.",
      "lat and lng belong together: give both, or null for both." },
    { ngx_string("rooms_name_ck"), "name", "invalid",
      "1~30자의 한 줄 글이어야 합니다.",
      "must be 1 to 30 characters on one line." },
    { ngx_string("beds_label_ck"), NULL, "invalid",
      "1~20자의 한 줄 글이어야 합니다.",
      "must be 1 to 20 characters on one line." },
    { ngx_string("dormitory_rents_label_ck"), "label", "invalid",
      "1~30자의 한 줄 글이어야 합니다.",
      "must be 1 to 30 characters on one line." }
};


rb_err_t *
rb_dorms_write(rb_task_t *task, ngx_uint_t stmt, uint64_t when,
    const ngx_str_t *params, ngx_uint_t keyed, const char *label,
    rb_pg_rows_t *rows)
{
    rb_err_t    *err;
    ngx_uint_t   attempt;

    for (attempt = 1; /* void */ ; attempt++) {

        err = rb_pg_query(task, stmt, when, params, rows);
        if (err) {
            return err;
        }

        if (rows->sqlstate[0] == '\0') {
            return rb_dorms_said(task->pool, rows);
        }

        if (attempt == RB_DORMS_ATTEMPTS || !rb_dorms_again(rows, keyed)) {
            return rb_dorms_violated(task->pool, rows, label);
        }
    }
}


ngx_str_t
rb_dorms_outcome(const rb_pg_rows_t *rows, ngx_uint_t *column)
{
    ngx_str_t   name, none = ngx_null_string;
    ngx_uint_t  i;

    for (i = 0; rows->count && i < rows->columns; i++) {
        name = rb_pg_column_name(rows, i);

        if (name.len == sizeof("outcome") - 1
            && ngx_memcmp(name.data, "outcome", name.len) == 0)
        {
            *column = i;
            return rb_pg_value(rows, 0, i);
        }
    }

    return none;
}


/*
 * Whether it is what another one did at the same instant: gave somebody a bed,
 * published a post, made a season, or had the same idempotency key.
 */

static ngx_uint_t
rb_dorms_again(const rb_pg_rows_t *rows, ngx_uint_t keyed)
{
    size_t  len;

    static const ngx_str_t  vacant = ngx_string("_vacant_ck");

    if (ngx_strcmp(rows->sqlstate, "23505") == 0) {
        return keyed;
    }

    if (ngx_strcmp(rows->sqlstate, "23P01") == 0) {
        return 1;
    }

    len = rows->constraint.len;

    if (len > vacant.len
        && ngx_memcmp(rows->constraint.data + len - vacant.len, vacant.data,
                      vacant.len) == 0)
    {
        return 1;
    }

    return len && ngx_strcmp(rows->constraint.data,
                             "dormitories_no_live_posts_ck") == 0;
}


static rb_err_t *
rb_dorms_violated(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    const char *label)
{
    rb_err_t    *err;
    ngx_str_t    name;
    ngx_uint_t   i;
    const char  *constraint, *field;

    if (rows->constraint.len == 0) {
        return &rb_err_internal;
    }

    constraint = (const char *) rows->constraint.data;

    if (ngx_strcmp(constraint, "dormitories_name_key") == 0
        || ngx_strcmp(constraint, "rooms_name_key") == 0
        || ngx_strcmp(constraint, "beds_label_key") == 0)
    {
        field = constraint[0] == 'b' ? label : "name";
        name.data = (u_char *) field;
        name.len = ngx_strlen(field);

        err = rb_err_list(pool, &rb_err_dorm_name);

        return rb_err_add_field(err, pool, &name, "taken",
                                "이미 쓰고 있는 이름입니다.",
                                "is taken.");
    }

    for (i = 0; i < rb_array_size(rb_dorms_wrongs); i++) {
        if (ngx_strcmp(constraint, rb_dorms_wrongs[i].name.data) == 0) {
            field = rb_dorms_wrongs[i].field;

            return rb_dorms_wrong(pool, field ? field : label,
                                  rb_dorms_wrongs[i].code,
                                  rb_dorms_wrongs[i].ko,
                                  rb_dorms_wrongs[i].en);
        }
    }

    return &rb_err_internal;
}


static rb_err_t *
rb_dorms_said(ngx_pool_t *pool, const rb_pg_rows_t *rows)
{
    ngx_str_t   outcome;
    ngx_uint_t  i, column;

    outcome = rb_dorms_outcome(rows, &column);

    if (outcome.data == NULL) {
        return &rb_err_internal;
    }

    for (i = 0; i < rb_array_size(rb_dorms_outcomes); i++) {
        if (ngx_strcmp(outcome.data, rb_dorms_outcomes[i].outcome.data) == 0) {
            return rb_dorms_outcomes[i].err;
        }
    }

    for (i = 0; i < rb_array_size(rb_dorms_told); i++) {
        if (ngx_strcmp(outcome.data, rb_dorms_told[i].outcome.data) == 0) {
            return rb_dorms_told[i].err(pool, rows, column);
        }
    }

    for (i = 0; i < rb_array_size(rb_dorms_wrongs); i++) {
        if (ngx_strcmp(outcome.data, rb_dorms_wrongs[i].name.data) == 0) {
            return rb_dorms_wrong(pool, rb_dorms_wrongs[i].field,
                                  rb_dorms_wrongs[i].code,
                                  rb_dorms_wrongs[i].ko,
                                  rb_dorms_wrongs[i].en);
        }
    }

    return &rb_err_internal;
}


/* How many, until when: after the outcome. */

static rb_err_t *
rb_dorms_occupied(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_uint_t outcome)
{
    rb_err_t   *err;
    ngx_str_t   beds, until, name = ngx_string("beds");

    beds = rb_pg_value(rows, 0, outcome + 1);
    until = rb_pg_value(rows, 0, outcome + 2);

    err = rb_err_list(pool, &rb_err_dorm_occupied);

    return rb_err_add_field(err, pool, &name, "occupied",
                            "침대 %V개에 묵는 사람이 있습니다. 마지막으로 "
                            "나가는 날은 %V입니다.",
                            "are taken: %V of them, the last one until %V.",
                            &beds, &until);
}


/* How many posts, the first of them: after the beds. */

static rb_err_t *
rb_dorms_offered(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_uint_t outcome)
{
    rb_err_t   *err;
    ngx_str_t   posts, post, name = ngx_string("posts");

    posts = rb_pg_value(rows, 0, outcome + 3);
    post = rb_pg_value(rows, 0, outcome + 4);

    err = rb_err_list(pool, &rb_err_dorm_offered);

    return rb_err_add_field(err, pool, &name, "offered",
                            "게시 중인 공고 %V건이 제공합니다. 첫 공고: %V",
                            "offer it: %V that are live, the first is %V.",
                            &posts, &post);
}


/* Label, from, until of the other one: before the outcome. */

static rb_err_t *
rb_dorms_overlaps(ngx_pool_t *pool, const rb_pg_rows_t *rows,
    ngx_uint_t outcome)
{
    rb_err_t   *err;
    ngx_str_t   label, from, until, name = ngx_string("from");

    label = rb_pg_value(rows, 0, outcome - 3);
    from = rb_pg_value(rows, 0, outcome - 2);
    until = rb_pg_value(rows, 0, outcome - 1);

    err = rb_err_list(pool, &rb_err_dorm_season);

    return rb_err_add_field(err, pool, &name, "overlaps",
                            "%V 시즌(%V부터 %V 전날까지)과 겹칩니다.",
                            "overlaps the season %V, from %V up to %V.",
                            &label, &from, &until);
}


static rb_err_t *
rb_dorms_wrong(ngx_pool_t *pool, const char *field, const char *code,
    const char *ko, const char *en)
{
    ngx_str_t  name;

    name.data = (u_char *) field;
    name.len = ngx_strlen(field);

    return rb_err_add_field(NULL, pool, &name, code, ko, en);
}
