
/*
 * UTF-8 by its well-formedness table (Unicode, table 3-7): the first byte
 * tells the length and the range of the second, the rest are 80..BF.  Runs
 * of ASCII are passed eight bytes at a time.
 */


#include "base/rb_utf8.h"


#define RB_UTF8_HIGH_BITS  0x8080808080808080ull


size_t
rb_utf8_char(const u_char *p, const u_char *end)
{
    u_char  low, high;
    size_t  i, n;

    if (p >= end) {
        return 0;
    }

    if (p[0] < 0x80) {
        return 1;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    }

    n = (p[0] < 0xe0) ? 2 : (p[0] < 0xf0) ? 3 : 4;

    if ((size_t) (end - p) < n) {
        return 0;
    }

    low = (p[0] == 0xe0) ? 0xa0 : (p[0] == 0xf0) ? 0x90 : 0x80;
    high = (p[0] == 0xed) ? 0x9f : (p[0] == 0xf4) ? 0x8f : 0xbf;

    if (p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


ngx_uint_t
rb_utf8_valid(const u_char *p, size_t len)
{
    size_t         n;
    uint64_t       word;
    const u_char  *end;

    end = p + len;

    while (p < end) {

        if (end - p >= 8) {
            ngx_memcpy(&word, p, 8);

            if ((word & RB_UTF8_HIGH_BITS) == 0) {
                p += 8;
                continue;
            }
        }

        n = rb_utf8_char(p, end);
        if (n == 0) {
            return 0;
        }

        p += n;
    }

    return 1;
}


size_t
rb_utf8_length(const u_char *p, size_t len)
{
    size_t         n;
    const u_char  *end;

    n = 0;

    for (end = p + len; p < end; p++) {
        n += (*p & 0xc0) != 0x80;
    }

    return n;
}
