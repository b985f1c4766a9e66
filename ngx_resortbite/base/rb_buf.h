
/*
 * A growing byte buffer in a pool, contiguous, for building bodies and keys.
 * Running out of memory sets `failed' and turns later appends into no-ops, so
 * that a writer checks once, at the end.
 */


#ifndef _RB_BUF_H_INCLUDED_
#define _RB_BUF_H_INCLUDED_


#include "base/rb_base.h"


typedef struct {
    u_char       *start;
    u_char       *last;                 /* one past the last byte written */
    u_char       *end;
    ngx_pool_t   *pool;                 /* owns the memory */
    unsigned      failed:1;
} rb_buf_t;


/* Returns NGX_ERROR when out of memory (and the buffer is then failed). */
ngx_int_t rb_buf_init(rb_buf_t *b, ngx_pool_t *pool, size_t size);

/* Makes room for n more bytes.  NGX_OK, or NGX_ERROR and failed. */
ngx_int_t rb_buf_grow(rb_buf_t *b, size_t n);

/* Appends a format of ngx_vslprintf(), of any length. */
void rb_buf_printf(rb_buf_t *b, const char *fmt, ...);


static ngx_inline size_t
rb_buf_len(const rb_buf_t *b)
{
    return b->last - b->start;
}


static ngx_inline void
rb_buf_add(rb_buf_t *b, const void *data, size_t n)
{
    /* nothing may be at NULL, which memcpy() must not be given */
    if (n == 0) {
        return;
    }

    if ((size_t) (b->end - b->last) < n && rb_buf_grow(b, n) != NGX_OK) {
        return;
    }

    b->last = ngx_cpymem(b->last, data, n);
}


static ngx_inline void
rb_buf_add_str(rb_buf_t *b, const ngx_str_t *s)
{
    rb_buf_add(b, s->data, s->len);
}


#define rb_buf_add_lit(b, literal)                                            \
    rb_buf_add(b, literal, sizeof(literal) - 1)


#endif /* _RB_BUF_H_INCLUDED_ */
