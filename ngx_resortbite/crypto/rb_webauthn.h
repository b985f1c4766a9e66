
/*
 * Web Authentication, level 2 (W3C): what a relying party checks of what an
 * authenticator returns (§7.1, §7.2).  Attestation is not asked for ("none"),
 * and any statement is ignored.  Keys are COSE (RFC 9052, 9053): ES256, EdDSA
 * (Ed25519), RS256.  CBOR (RFC 8949) is read by libcbor.
 */


#ifndef _RB_WEBAUTHN_H_INCLUDED_
#define _RB_WEBAUTHN_H_INCLUDED_


#include "crypto/rb_crypto.h"


/* What the ceremony was begun with. */

typedef struct {
    ngx_str_t     challenge;            /* as base64url */
    ngx_str_t     origin;               /* "https://resortbite.example" */
    ngx_str_t     rp_id;                /* "resortbite.example" */
    unsigned      verify_user:1;        /* UV is required */
} rb_webauthn_t;


/* What a new credential is; slices of what was passed in, or in pool. */

typedef struct {
    ngx_str_t     credential_id;
    ngx_str_t     public_key;           /* COSE_Key */
    u_char        aaguid[16];
    uint32_t      sign_count;
    unsigned      user_verified:1;
    unsigned      backup_eligible:1;
    unsigned      backed_up:1;
} rb_credential_t;


/*
 * Each returns NULL, or what was wrong: a static word such as
 * "challenge_mismatch", "origin_mismatch", "rp_id_mismatch",
 * "user_not_present", "user_not_verified", "bad_signature", "bad_cbor",
 * "bad_key", "out_of_memory".  Inputs are decoded bytes.
 */

const char *rb_webauthn_register(ngx_pool_t *pool, const rb_webauthn_t *rp,
    const ngx_str_t *client_data, const ngx_str_t *attestation_object,
    rb_credential_t *credential);

/* credential->sign_count, user_verified and backed_up are what was signed. */
const char *rb_webauthn_assert(ngx_pool_t *pool, const rb_webauthn_t *rp,
    const ngx_str_t *public_key, const ngx_str_t *client_data,
    const ngx_str_t *authenticator_data, const ngx_str_t *signature,
    rb_credential_t *credential);


#endif /* _RB_WEBAUTHN_H_INCLUDED_ */
