
/*
 * What was found out about a cookie or an access token, in shared memory, for
 * all workers of a node.
 *
 * A verdict is good for a minute at most, until its token or session ends,
 * while none of the session, member and client that it is about has changed
 * since it was made (the cache's counter of changes, see rb_cache.h), and
 * only while the node has proof, not older than RB_VERDICT_HEARD, that it
 * hears of changes.  So what is revoked is refused within that time by every
 * node, even one whose connection has died without a sign.
 *
 * Reading takes no lock (a seqlock, as in the cache); writing takes the
 * zone's mutex.  README.md has the whole argument.
 */


#ifndef _RB_VERDICT_H_INCLUDED_
#define _RB_VERDICT_H_INCLUDED_


#include "gate/rb_cache.h"
#include "base/rb_principal.h"
#include "crypto/rb_crypto.h"


#define RB_VERDICT_AGE     60000        /* ms; then the database is asked */
#define RB_VERDICT_HEARD   900          /* ms since it was known to hear */
#define RB_VERDICT_ID      36           /* of a member or session: a UUID */
#define RB_VERDICT_CLIENT  64
#define RB_VERDICT_JKT     43           /* a SHA-256 as base64url */
#define RB_VERDICT_TAGS    3


typedef struct rb_verdicts_s  rb_verdicts_t;


/* Texts are not ended; a length of 0: it has none. */

typedef struct {
    u_char        member[RB_VERDICT_ID];
    u_char        session[RB_VERDICT_ID];
    u_char        client[RB_VERDICT_CLIENT];
    u_char        jkt[RB_VERDICT_JKT];  /* the key a token is bound to */
    uint8_t       member_len;
    uint8_t       client_len;
    uint8_t       jkt_len;
    uint8_t       acr;
    uint8_t       cookie;               /* of a cookie, not of a token */
    uint8_t       second;               /* a second factor is set up */
    uint8_t       own;                  /* of no stranger's application */
    uint8_t       tags;
    uint32_t      roles;
    uint32_t      scopes;
    uint32_t      amr;
    uint32_t      tag[RB_VERDICT_TAGS];
    int64_t       authenticated_at;
    int64_t       expires;              /* seconds since 1970 */
    uint64_t      generation;           /* of issuer and keys */
    uint64_t      epoch;                /* rb_cache_epoch() before it was
                                           asked for */
    uint64_t      made;                 /* ngx_current_msec, likewise */
} rb_verdict_t;


/* A part of a new zone, taken before the cache takes the rest; NULL: too
 * small. */
rb_verdicts_t *rb_verdicts_create(ngx_slab_pool_t *shpool, size_t zone_size);

/*
 * NGX_OK and a copy of what is known of the cookie or token with this
 * SHA-256, if it may be relied upon now; else NGX_DECLINED.  No lock.
 */
ngx_int_t rb_verdict_get(rb_verdicts_t *verdicts, rb_cache_t *cache,
    const u_char digest[RB_SHA256_LEN], uint64_t generation,
    rb_verdict_t *verdict);

/* Keeps it, in place of the oldest of its set. */
void rb_verdict_put(rb_verdicts_t *verdicts,
    const u_char digest[RB_SHA256_LEN], const rb_verdict_t *verdict);


#endif /* _RB_VERDICT_H_INCLUDED_ */
