
/*
 * A fast keyed hash for tables in shared memory and for entity tags.  Not for
 * secrets: those take HMAC-SHA-256 from OpenSSL (see rb_token.h).
 */


#ifndef _RB_HASH_H_INCLUDED_
#define _RB_HASH_H_INCLUDED_


#include "base/rb_base.h"


/* 64 bits; seed keeps strangers from choosing collisions. */
uint64_t rb_hash64(const void *data, size_t len, uint64_t seed);

/* 128 bits, of long data in half of the time that two of 64 take. */
void rb_hash128(const void *data, size_t len, uint64_t seed,
    uint64_t hash[2]);


#endif /* _RB_HASH_H_INCLUDED_ */
