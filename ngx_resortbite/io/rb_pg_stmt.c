/*
 * Assembling the text of one variant of a named statement: the fragments
 * whose conditions hold are joined, and the parameters met on the way are
 * numbered $1, $2 … in order of first appearance in this variant.
 */

#include <assert.h>
#include <string.h>

#include "io/rb_pg_stmt.h"


/* where the text goes; len counts on beyond what fits */

typedef struct {
    char    *buf;
    size_t   size;
    size_t   len;
} rb_stmt_out_t;


static void rb_stmt_put(rb_stmt_out_t *out, const char *text, size_t len);
static void rb_stmt_put_param(rb_stmt_out_t *out, unsigned number);
static unsigned rb_stmt_number(uint8_t *param_map, unsigned *nparams,
    unsigned param);


size_t
rb_stmt_text(const rb_stmt_t *st, uint64_t when, char *buf, size_t size,
    uint8_t *param_map, unsigned *nparams)
{
    size_t                     i;
    unsigned                   number;
    rb_stmt_out_t              out;
    const rb_stmt_fragment_t  *f;

    assert(st->nparams <= RB_STMT_MAX_PARAMS);

    out.buf = buf;
    out.size = size;
    out.len = 0;

    *nparams = 0;

    if (st->text != NULL) {
        while (*nparams < st->nparams) {
            param_map[*nparams] = (uint8_t) *nparams;
            (*nparams)++;
        }

        rb_stmt_put(&out, st->text, st->len);
    }

    for (i = 0; i < st->nfragments; i++) {
        f = &st->fragments[i];

        if ((f->when_any != 0 && (when & f->when_any) == 0)
            || (when & f->when_not) != 0)
        {
            continue;
        }

        rb_stmt_put(&out, f->text, f->len);

        if (f->param >= 0) {
            number = rb_stmt_number(param_map, nparams, (unsigned) f->param);
            rb_stmt_put_param(&out, number);
        }
    }

    if (size != 0) {
        buf[out.len < size ? out.len : size - 1] = '\0';
    }

    return out.len;
}


/* the number, from 1, that a parameter has in this variant */

static unsigned
rb_stmt_number(uint8_t *param_map, unsigned *nparams, unsigned param)
{
    unsigned  k;

    for (k = 0; k < *nparams; k++) {
        if (param_map[k] == param) {
            return k + 1;
        }
    }

    param_map[k] = (uint8_t) param;
    *nparams = k + 1;

    return k + 1;
}


static void
rb_stmt_put_param(rb_stmt_out_t *out, unsigned number)
{
    char   text[4], *p;

    p = text + sizeof(text);

    do {
        *--p = (char) ('0' + number % 10);
        number /= 10;
    } while (number != 0 && p > text + 1);

    *--p = '$';

    rb_stmt_put(out, p, (size_t) (text + sizeof(text) - p));
}


static void
rb_stmt_put(rb_stmt_out_t *out, const char *text, size_t len)
{
    size_t  room;

    room = out->len < out->size ? out->size - out->len : 0;

    if (room != 0) {
        memcpy(out->buf + out->len, text, len < room ? len : room);
    }

    out->len += len;
}
