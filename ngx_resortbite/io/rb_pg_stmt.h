/*
 * Named SQL statements, as C tables.
 *
 * sql/queries/<room>.sql is turned into rb_statements.c and .h by
 * scripts/statements when the module is configured.  A statement without
 * variants is one text, ready to prepare.  A statement with variants has
 * lines that are there only under a condition ("-- when: region"), such as
 * the filters of a list: it is kept as fragments, and the text of one variant
 * is assembled here, with parameters renumbered, because PostgreSQL refuses
 * to prepare a text that skips a number ("could not determine data type of
 * parameter $2").
 *
 * Nothing here allocates, suspends or fails; the tables are constant.
 */

#ifndef RB_PG_STMT_H
#define RB_PG_STMT_H


#include <stddef.h>
#include <stdint.h>


#define RB_STMT_MAX_PARAMS  250


/* which of a worker's connections a statement travels on */

typedef enum {
    RB_LANE_POINT,
    RB_LANE_SLOW,
    RB_LANE_WRITE
} rb_lane_t;


/*
 * A piece of a statement: its text, then one parameter (-1: none).  It
 * belongs to a variant that has any label of when_any (0: to all) and no
 * label of when_not.
 */

typedef struct {
    const char               *text;
    size_t                    len;
    int                       param;
    uint64_t                  when_any;
    uint64_t                  when_not;
} rb_stmt_fragment_t;


typedef struct {
    const char               *name;
    rb_lane_t                 lane;
    unsigned                  coalesce:1;

    /* over the whole statement: RB_<NAME>_P_<PARAM> counts from 0 up to it */
    unsigned                  nparams;

    /* text is NULL when there are variants; when not, parameter i is $i+1 */
    const char               *text;
    size_t                    len;

    const rb_stmt_fragment_t *fragments;
    size_t                    nfragments;

    /* for messages and metrics: names by parameter and by label bit */
    const char *const        *params;
    const char *const        *labels;
    unsigned                  nlabels;

    /* room enough for the text of any variant, with its final zero */
    size_t                    max_size;
} rb_stmt_t;


/*
 * Writes the text of the variant `when` (RB_<NAME>_WHEN_<LABEL> bits; ignored
 * by a statement without variants) to buf, always ended by a zero if size is
 * not 0, and sets *nparams to the number of parameters this variant takes and
 * param_map[k] to the parameter of the statement that is its $k+1.
 *
 * param_map has room for st->nparams.  buf may be NULL with size 0 to learn
 * the length and the map alone.
 *
 * Returns the length of the whole text; it was cut if that is >= size.  With
 * size = st->max_size it never is.
 */
size_t rb_stmt_text(const rb_stmt_t *st, uint64_t when, char *buf, size_t size,
    uint8_t *param_map, unsigned *nparams);


#endif /* RB_PG_STMT_H */
