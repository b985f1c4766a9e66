
/*
 * Folded multiplication: the 128-bit product of two words, its halves xored,
 * spreads every input bit over all 64 output bits.  Two chains run side by
 * side over 32 bytes a step, so that the processor multiplies both at once.
 *
 * A factor of zero would swallow the other one.  Every word is therefore
 * xored with a key derived from the seed, which strangers don't know, before
 * it is multiplied.
 *
 * The result depends on the machine's byte order: it is for memory and for
 * entity tags, not for storage.
 */


#include "base/rb_hash.h"


/* the first 64 bits of the fractional parts of √2, √3, √5, √7, √11 */

#define RB_HASH_K0  0x6a09e667f3bcc908ull
#define RB_HASH_K1  0xbb67ae8584caa73bull
#define RB_HASH_K2  0x3c6ef372fe94f82bull
#define RB_HASH_K3  0xa54ff53a5f1d36f1ull
#define RB_HASH_K4  0x510e527fade682d1ull


__extension__ typedef unsigned __int128  rb_hash_wide_t;


static ngx_inline uint64_t
rb_hash_fold(uint64_t a, uint64_t b)
{
    rb_hash_wide_t  product;

    product = (rb_hash_wide_t) a * b;

    return (uint64_t) product ^ (uint64_t) (product >> 64);
}


static ngx_inline uint64_t
rb_hash_word(const u_char *p)
{
    uint64_t  w;

    ngx_memcpy(&w, p, 8);

    return w;
}


static ngx_inline uint64_t
rb_hash_half(const u_char *p)
{
    uint32_t  w;

    ngx_memcpy(&w, p, 4);

    return w;
}


/* The last 0 to 16 bytes as two words; every byte is in one of them. */

static ngx_inline void
rb_hash_tail(const u_char *p, size_t len, uint64_t *a, uint64_t *b)
{
    if (len >= 8) {
        *a = rb_hash_word(p);
        *b = rb_hash_word(p + len - 8);

    } else if (len >= 4) {
        *a = rb_hash_half(p);
        *b = rb_hash_half(p + len - 4);

    } else if (len) {
        *a = (uint64_t) p[0] << 16 | (uint64_t) p[len >> 1] << 8 | p[len - 1];
        *b = 0;

    } else {
        *a = 0;
        *b = 0;
    }
}


uint64_t
rb_hash64(const void *data, size_t len, uint64_t seed)
{
    size_t         left;
    uint64_t       a, b, x, y, key;
    const u_char  *p;

    p = data;
    left = len;

    key = rb_hash_fold(seed ^ RB_HASH_K0, RB_HASH_K1);
    a = key ^ seed;
    b = key ^ RB_HASH_K4;

    while (left > 32) {
        a = rb_hash_fold(rb_hash_word(p) ^ key ^ RB_HASH_K1,
                         rb_hash_word(p + 8) ^ a);
        b = rb_hash_fold(rb_hash_word(p + 16) ^ key ^ RB_HASH_K2,
                         rb_hash_word(p + 24) ^ b);
        p += 32;
        left -= 32;
    }

    if (left > 16) {
        a = rb_hash_fold(rb_hash_word(p) ^ key ^ RB_HASH_K3,
                         rb_hash_word(p + 8) ^ a);
        p += 16;
        left -= 16;
    }

    rb_hash_tail(p, left, &x, &y);

    a = rb_hash_fold(x ^ key ^ RB_HASH_K2, y ^ a);

    return rb_hash_fold(a ^ RB_HASH_K3, b ^ (uint64_t) len * RB_HASH_K1);
}


/* Each half of the hash depends on all four chains. */

void
rb_hash128(const void *data, size_t len, uint64_t seed, uint64_t hash[2])
{
    size_t         left;
    uint64_t       a, b, c, d, x, y, key;
    const u_char  *p;

    p = data;
    left = len;

    key = rb_hash_fold(seed ^ RB_HASH_K0, RB_HASH_K1);
    a = key ^ seed;
    b = key ^ RB_HASH_K2;
    c = key ^ RB_HASH_K3;
    d = key ^ RB_HASH_K4;

    while (left > 64) {
        a = rb_hash_fold(rb_hash_word(p) ^ key ^ RB_HASH_K1,
                         rb_hash_word(p + 8) ^ a);
        b = rb_hash_fold(rb_hash_word(p + 16) ^ key ^ RB_HASH_K2,
                         rb_hash_word(p + 24) ^ b);
        c = rb_hash_fold(rb_hash_word(p + 32) ^ key ^ RB_HASH_K3,
                         rb_hash_word(p + 40) ^ c);
        d = rb_hash_fold(rb_hash_word(p + 48) ^ key ^ RB_HASH_K4,
                         rb_hash_word(p + 56) ^ d);
        p += 64;
        left -= 64;
    }

    while (left > 16) {
        x = rb_hash_fold(rb_hash_word(p) ^ key ^ RB_HASH_K0,
                         rb_hash_word(p + 8) ^ a);
        a = b;
        b = c;
        c = d;
        d = x;
        p += 16;
        left -= 16;
    }

    rb_hash_tail(p, left, &x, &y);

    a = rb_hash_fold(x ^ key ^ RB_HASH_K1, y ^ a);

    x = rb_hash_fold(a ^ RB_HASH_K2, b ^ (uint64_t) len * RB_HASH_K1);
    y = rb_hash_fold(c ^ RB_HASH_K3, d ^ key);

    hash[0] = rb_hash_fold(x ^ RB_HASH_K0, y ^ key);
    hash[1] = rb_hash_fold(x ^ key ^ RB_HASH_K4, y ^ RB_HASH_K1);
}
