
/*
 * Public keys of their numbers, as JWK and COSE bring them.  Each is checked
 * and is the caller's to free; NULL when it is not a good key.
 */


#ifndef _RB_PKEY_H_INCLUDED_
#define _RB_PKEY_H_INCLUDED_


#include "base/rb_base.h"
#include <openssl/evp.h>


#define RB_PKEY_RSA_N_MAX  512          /* bytes: 4096 bits */
#define RB_PKEY_RSA_N_MIN  256
#define RB_PKEY_RSA_E_MAX  4


EVP_PKEY *rb_pkey_p256(const u_char x[32], const u_char y[32]);
EVP_PKEY *rb_pkey_ed25519(const u_char x[32]);

/*
 * Big-endian, without leading zeros.  n is odd and of 2048 to 4096 bits, e
 * odd, at least 3, of 32 bits at most: a large one only makes us work.
 */
EVP_PKEY *rb_pkey_rsa(const u_char *n, size_t n_len, const u_char *e,
    size_t e_len);


#endif /* _RB_PKEY_H_INCLUDED_ */
