
/*
 * Keys of this installation, read from a folder when nginx starts or reloads:
 *
 *     <kid>.pem   signs tokens: a private key, P-256 (ES256) or Ed25519
 *                 (EdDSA, RFC 8037).  kid is the file's name.
 *     <n>.seal    seals what is kept encrypted: 32 random bytes; n from 1 to
 *                 255, the highest seals, all of them open
 *
 * Rolling over: all signing keys are published and accepted; the newest signs
 * that was made (by its file's modification time) at least RB_KEY_LEAD ago,
 * or the oldest if none was, so that every node and client knows a key before
 * a token bears it.  scripts/keys makes, lists and retires them.
 */


#ifndef _RB_KEYRING_H_INCLUDED_
#define _RB_KEYRING_H_INCLUDED_


#include "crypto/rb_crypto.h"
#include "base/rb_json.h"
#include <openssl/evp.h>


#define RB_KEY_LEAD   600               /* seconds a key is known before use */
#define RB_KEYS_MAX   16


typedef enum {
    RB_ALG_ES256 = 0,
    RB_ALG_EDDSA
} rb_alg_e;


typedef struct {
    ngx_str_t     kid;
    rb_alg_e      alg;
    EVP_PKEY     *key;
    time_t        made;
} rb_signing_key_t;


typedef struct {
    rb_signing_key_t    keys[RB_KEYS_MAX];  /* newest first */
    ngx_uint_t          count;
    u_char              seal[256][32];
    u_char              sealed_by;      /* the highest number; 0: none */
    unsigned            seal_known[8];  /* a bit a number, 32 a word */
    ngx_str_t           jwks;           /* the public set (RFC 7517 §5) */
} rb_keyring_t;


/*
 * Reads the folder.  NGX_CONF_ERROR, and the log says which file is wrong and
 * what to do.  Keys are freed with cf->pool.
 */
char *rb_keyring_read(ngx_conf_t *cf, ngx_str_t *dir, rb_keyring_t **ring);

/* Which key signs at this time. */
const rb_signing_key_t *rb_keyring_signer(const rb_keyring_t *ring,
    time_t now);

/* NULL: no key has this id. */
const rb_signing_key_t *rb_keyring_find(const rb_keyring_t *ring,
    const ngx_str_t *kid);

/* The process's ring; set when a worker starts.  NULL: none is configured. */
extern const rb_keyring_t  *rb_keyring;


/*
 * AES-256-GCM with a random nonce: number of the key || nonce || ciphertext ||
 * tag, in pool.  context (whose, and what for) is authenticated, so that one
 * row's value can't be put into another.  NGX_ERROR: no ring, no memory.
 */
ngx_int_t rb_seal(ngx_pool_t *pool, const ngx_str_t *plain,
    const ngx_str_t *context, ngx_str_t *sealed);

/* NGX_DECLINED: not sealed by us, or in another context. */
ngx_int_t rb_unseal(ngx_pool_t *pool, const ngx_str_t *sealed,
    const ngx_str_t *context, ngx_str_t *plain);

/* The same with a key made of a secret that somebody holds (HKDF-SHA-256). */
ngx_int_t rb_seal_for(ngx_pool_t *pool, const ngx_str_t *secret,
    const ngx_str_t *plain, ngx_str_t *sealed);
ngx_int_t rb_unseal_with(ngx_pool_t *pool, const ngx_str_t *secret,
    const ngx_str_t *sealed, ngx_str_t *plain);


#endif /* _RB_KEYRING_H_INCLUDED_ */
