
/*
 * Proof of possession of a key (DPoP, RFC 9449): a JWT that a client makes
 * for each request, with its public key in the header.  Whether the proof was
 * used before is for the caller to ask: *jti_hash is what to remember, for
 * RB_DPOP_AGE * 2 seconds (used_proofs).
 */


#ifndef _RB_DPOP_H_INCLUDED_
#define _RB_DPOP_H_INCLUDED_


#include "crypto/rb_jose.h"


#define RB_DPOP_AGE  60                 /* seconds that iat may be off */


/*
 * Checks a proof (RFC 9449 §4.3) against the request's method and its URI
 * without query and fragment, as clients see it
 * ("https://resortbite.example/api/v1/me").  access_token: of a request to
 * the API the token that came with it, whose hash must be in the proof;
 * empty: none is expected.
 *
 * Returns NULL and fills *jkt (the key's thumbprint, in pool) and jti_hash
 * (SHA-256 of jkt and jti), or what is wrong, as words for people in English
 * that fit into error_description.  Doesn't yield.
 */
const char *rb_dpop_check(ngx_pool_t *pool, const ngx_str_t *proof,
    const ngx_str_t *method, const ngx_str_t *uri, time_t now,
    const ngx_str_t *access_token, ngx_str_t *jkt,
    u_char jti_hash[RB_SHA256_LEN]);


#endif /* _RB_DPOP_H_INCLUDED_ */
