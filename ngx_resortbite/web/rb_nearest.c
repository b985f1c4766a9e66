
/*
 * Distance as typists err: a letter more, less, another, or two swapped
 * (F. J. Damerau, "A technique for computer detection and correction of
 * spelling errors", CACM 7:3, 1964), without editing a swapped pair again.
 * Three rows of the matrix are kept.  Long words are not compared at all, so
 * the work is bounded whatever a client sends.
 */


#include "web/rb_nearest.h"


#define RB_NEAREST_LEN_MAX  40


static ngx_uint_t rb_nearest_distance(const ngx_str_t *a, const ngx_str_t *b);


void
rb_nearest_init(rb_nearest_t *nearest, const ngx_str_t *word)
{
    nearest->word = *word;
    ngx_str_null(&nearest->best);

    /* one error in three letters still is a likeness, one in two is not */
    nearest->distance = word->len / 3 + 1;
}


void
rb_nearest_offer(rb_nearest_t *nearest, const ngx_str_t *known)
{
    ngx_uint_t  distance;

    if (nearest->word.len > RB_NEAREST_LEN_MAX
        || known->len > RB_NEAREST_LEN_MAX)
    {
        return;
    }

    distance = rb_nearest_distance(&nearest->word, known);

    if (distance < nearest->distance
        || (nearest->best.data == NULL && distance == nearest->distance))
    {
        nearest->distance = distance;
        nearest->best = *known;
    }
}


static ngx_uint_t
rb_nearest_distance(const ngx_str_t *a, const ngx_str_t *b)
{
    size_t      i, j;
    ngx_uint_t  rows[3][RB_NEAREST_LEN_MAX + 1], *row, *last, *before, cost;

    last = rows[0];
    before = rows[2];

    for (j = 0; j <= b->len; j++) {
        last[j] = j;
        before[j] = 0;
    }

    for (i = 1; i <= a->len; i++) {
        row = rows[i % 3];
        row[0] = i;

        for (j = 1; j <= b->len; j++) {
            cost = ngx_tolower(a->data[i - 1]) != ngx_tolower(b->data[j - 1]);

            row[j] = ngx_min(last[j - 1] + cost,
                             ngx_min(last[j], row[j - 1]) + 1);

            if (i > 1 && j > 1 && a->data[i - 1] == b->data[j - 2]
                && a->data[i - 2] == b->data[j - 1])
            {
                row[j] = ngx_min(row[j], before[j - 2] + 1);
            }
        }

        before = last;
        last = row;
    }

    return last[b->len];
}
