
/* OpenSSL checks that a point is on its curve when it takes it. */


#include "crypto/rb_pkey.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>


static EVP_PKEY *rb_pkey_made(const char *type, OSSL_PARAM *params);
static void rb_pkey_native(u_char *dst, const u_char *src, size_t len);


EVP_PKEY *
rb_pkey_p256(const u_char x[32], const u_char y[32])
{
    u_char       point[1 + 32 + 32];
    OSSL_PARAM   params[3];

    point[0] = 0x04;                    /* both coordinates follow */
    ngx_memcpy(point + 1, x, 32);
    ngx_memcpy(point + 33, y, 32);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *) "prime256v1", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, sizeof(point));
    params[2] = OSSL_PARAM_construct_end();

    return rb_pkey_made("EC", params);
}


EVP_PKEY *
rb_pkey_ed25519(const u_char x[32])
{
    EVP_PKEY  *pkey;

    pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x, 32);

    if (pkey == NULL) {
        ERR_clear_error();
    }

    return pkey;
}


EVP_PKEY *
rb_pkey_rsa(const u_char *n, size_t n_len, const u_char *e, size_t e_len)
{
    u_char       modulus[RB_PKEY_RSA_N_MAX], exponent[RB_PKEY_RSA_E_MAX];
    OSSL_PARAM   params[3];

    if (n_len < RB_PKEY_RSA_N_MIN || n_len > RB_PKEY_RSA_N_MAX || n[0] == 0
        || (n_len == RB_PKEY_RSA_N_MIN && n[0] < 0x80)
        || !(n[n_len - 1] & 1))
    {
        return NULL;
    }

    if (e_len == 0 || e_len > RB_PKEY_RSA_E_MAX || e[0] == 0
        || !(e[e_len - 1] & 1) || (e_len == 1 && e[0] < 3))
    {
        return NULL;
    }

    rb_pkey_native(modulus, n, n_len);
    rb_pkey_native(exponent, e, e_len);

    params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, n_len);
    params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent,
                                        e_len);
    params[2] = OSSL_PARAM_construct_end();

    return rb_pkey_made("RSA", params);
}


static EVP_PKEY *
rb_pkey_made(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        EVP_PKEY_free(pkey);
        pkey = NULL;
        ERR_clear_error();
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* OpenSSL's parameters are numbers in the machine's order. */

static void
rb_pkey_native(u_char *dst, const u_char *src, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
#if (NGX_HAVE_LITTLE_ENDIAN)
        dst[i] = src[len - 1 - i];
#else
        dst[i] = src[i];
#endif
    }
}
