
/*
 * The buffer doubles, so that building a body costs a constant per byte.  A
 * buffer that failed has no room left (end == last), so that the inline
 * appends come here, and are refused.
 */


#include "base/rb_buf.h"


#define RB_BUF_MIN  256


static ngx_int_t rb_buf_fail(rb_buf_t *b);


ngx_int_t
rb_buf_init(rb_buf_t *b, ngx_pool_t *pool, size_t size)
{
    ngx_memzero(b, sizeof(rb_buf_t));
    b->pool = pool;

    size = ngx_max(size, 1);

    b->start = ngx_pnalloc(pool, size);
    if (b->start == NULL) {
        return rb_buf_fail(b);
    }

    b->last = b->start;
    b->end = b->start + size;

    return NGX_OK;
}


ngx_int_t
rb_buf_grow(rb_buf_t *b, size_t n)
{
    size_t   len, size;
    u_char  *p;

    if (b->failed) {
        return NGX_ERROR;
    }

    if ((size_t) (b->end - b->last) >= n) {
        return NGX_OK;
    }

    len = rb_buf_len(b);
    size = b->end - b->start;

    if (n > NGX_MAX_SIZE_T_VALUE / 4 || size > NGX_MAX_SIZE_T_VALUE / 4) {
        return rb_buf_fail(b);
    }

    size = ngx_max(ngx_max(size * 2, len + n), RB_BUF_MIN);

    p = ngx_pnalloc(b->pool, size);
    if (p == NULL) {
        return rb_buf_fail(b);
    }

    if (len) {
        ngx_memcpy(p, b->start, len);
    }

    /* gives large blocks back; small ones stay with the pool */
    if (b->start) {
        (void) ngx_pfree(b->pool, b->start);
    }

    b->start = p;
    b->last = p + len;
    b->end = p + size;

    return NGX_OK;
}


/*
 * ngx_vslprintf() doesn't tell that it cut: text that fills the room to its
 * last byte is written once more, with more room.
 */

void
rb_buf_printf(rb_buf_t *b, const char *fmt, ...)
{
    u_char   *p;
    size_t    room;
    va_list   args;

    if (rb_buf_grow(b, ngx_strlen(fmt) + 1) != NGX_OK) {
        return;
    }

    for ( ;; ) {
        va_start(args, fmt);
        p = ngx_vslprintf(b->last, b->end, fmt, args);
        va_end(args);

        if (p < b->end) {
            b->last = p;
            return;
        }

        room = b->end - b->last;

        if (rb_buf_grow(b, room * 2) != NGX_OK) {
            return;
        }
    }
}


static ngx_int_t
rb_buf_fail(rb_buf_t *b)
{
    b->failed = 1;
    b->end = b->last;

    return NGX_ERROR;
}
