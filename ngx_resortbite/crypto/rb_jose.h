
/*
 * JSON Web Signature in compact form (RFC 7515), JSON Web Key (RFC 7517),
 * JSON Web Token (RFC 7519).  Algorithms are a list of what is accepted, never
 * what a token says it wants: ES256, EdDSA (Ed25519, also by the name
 * "Ed25519" of RFC 9864), and RS256, PS256 of other issuers' and clients'
 * keys.  `crit', `b64', `jku', `x5u' are refused or not heeded.
 */


#ifndef _RB_JOSE_H_INCLUDED_
#define _RB_JOSE_H_INCLUDED_


#include "crypto/rb_keyring.h"


#define RB_JWT_MAX  8192                /* bytes of a token */


/* A token taken apart, not yet verified.  All in pool. */

typedef struct {
    json_t       *header;
    json_t       *claims;
    ngx_str_t     alg;
    ngx_str_t     kid;                  /* or empty */
    ngx_str_t     typ;                  /* or empty */
    ngx_str_t     signed_part;          /* slice of the token */
    ngx_str_t     signature;            /* decoded */
} rb_jwt_t;


/*
 * NGX_DECLINED: not a token, or one with a header that we must refuse;
 * NGX_ERROR: no memory.
 */
ngx_int_t rb_jwt_parse(ngx_pool_t *pool, const ngx_str_t *token,
    rb_jwt_t *jwt);

/*
 * Verifies with one of our keys, by kid.  NGX_DECLINED: it isn't ours.  Looks
 * at the signature only; rb_jwt_times() looks at exp, nbf and iat.
 */
ngx_int_t rb_jwt_verify_own(const rb_jwt_t *jwt);

/*
 * Verifies with a key of a set ({"keys": […]} of a client or of another
 * issuer): by kid when the token has one, else with each that fits its alg.
 */
ngx_int_t rb_jwt_verify_set(const rb_jwt_t *jwt, json_t *jwks);

/* Verifies with one JWK (the one in a DPoP proof's header). */
ngx_int_t rb_jwt_verify_jwk(const rb_jwt_t *jwt, json_t *jwk);

/*
 * exp (required), nbf, iat against now with `leeway' seconds of tolerance.
 * NGX_DECLINED: too old or too new.
 */
ngx_int_t rb_jwt_times(const rb_jwt_t *jwt, time_t now, time_t leeway);

/* A string claim, ended by NUL; data == NULL: none, or no string. */
ngx_str_t rb_jwt_str(const rb_jwt_t *jwt, const char *claim);

/* A whole number; fallback when there is none. */
int64_t rb_jwt_int(const rb_jwt_t *jwt, const char *claim, int64_t fallback);

/* Whether `aud' is, or holds, this. */
ngx_uint_t rb_jwt_for(const rb_jwt_t *jwt, const ngx_str_t *audience);

/*
 * Signs claims (JSON text of an object) with the ring's signer; typ is
 * "at+jwt" (RFC 9068), "JWT" …  The token is in pool.
 */
ngx_int_t rb_jwt_sign(ngx_pool_t *pool, const char *typ,
    const ngx_str_t *claims, ngx_str_t *token);

/* Signs with a key of one's own, for a client's assertion; alg by the key. */
ngx_int_t rb_jwt_sign_with(ngx_pool_t *pool, const rb_signing_key_t *key,
    const char *typ, const ngx_str_t *claims, ngx_str_t *token);


/*
 * A public JWK: kty EC (P-256), OKP (Ed25519) or RSA (2048 bits and more).
 * Private members are refused.  NULL and *why (static) when it is not good.
 */
EVP_PKEY *rb_jwk_public(json_t *jwk, const char **why);

/* {"keys": […]} of 1 to 16 good public keys; NULL, or why it isn't. */
const char *rb_jwks_check(json_t *jwks);

/* The thumbprint (RFC 7638), base64url of SHA-256, in pool. */
ngx_int_t rb_jwk_thumbprint(ngx_pool_t *pool, json_t *jwk, ngx_str_t *text);


#endif /* _RB_JOSE_H_INCLUDED_ */
