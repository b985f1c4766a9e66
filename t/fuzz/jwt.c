/* unit: crypto/rb_jose.c crypto/rb_jwk.c crypto/rb_pkey.c crypto/rb_dpop.c
   crypto/rb_keyring.c crypto/rb_crypto.c base/rb_json.c base/rb_buf.c
   base/rb_err.c base/rb_utf8.c */

/*
 * A token, a new line, and a key or a set of keys as JSON.  What is taken for
 * a token has an algorithm of ours and none of what we refuse; what is taken
 * for a key has a thumbprint; and nothing verifies by chance.
 */


#include "crypto/rb_dpop.h"
#include "support.h"
#include <openssl/err.h>


ngx_int_t
ngx_strncasecmp(u_char *a, u_char *b, size_t n)
{
    return strncasecmp((char *) a, (char *) b, n);
}


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
check_jwt(const rb_jwt_t *jwt)
{
    size_t  i;

    static const char *const  algs[] = {
        "ES256", "EdDSA", "Ed25519", "RS256", "PS256"
    };

    check(json_is_object(jwt->header) && json_is_object(jwt->claims));
    check(json_object_get(jwt->header, "crit") == NULL);

    for (i = 0; i < rb_array_size(algs); i++) {
        if (strcmp(algs[i], (char *) jwt->alg.data) == 0) {
            break;
        }
    }

    check(i < rb_array_size(algs));

    (void) rb_jwt_times(jwt, 1000, 60);
    (void) rb_jwt_for(jwt, support_str("a"));
    (void) rb_jwt_str(jwt, "iss");
    (void) rb_jwt_int(jwt, "iat", 0);

    check(rb_jwt_verify_own(jwt) == NGX_DECLINED);
}


static void
check_keys(ngx_pool_t *pool, json_t *keys)
{
    EVP_PKEY    *pkey;
    ngx_str_t    text;
    const char  *why;

    why = NULL;
    pkey = rb_jwk_public(keys, &why);
    check(pkey != NULL || why != NULL);

    if (pkey) {
        check(rb_jwk_thumbprint(pool, keys, &text) == NGX_OK
              && text.len == RB_SECRET_TEXT_LEN);
    }

    EVP_PKEY_free(pkey);
    (void) rb_jwks_check(keys);
    (void) rb_jwk_thumbprint(pool, keys, &text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t         *keys;
    u_char          hash[RB_SHA256_LEN];
    rb_jwt_t        jwt;
    ngx_int_t       rc;
    ngx_str_t       token, rest, jkt;
    ngx_pool_t     *pool;
    const uint8_t  *line;

    pool = support_pool();
    line = size ? memchr(data, '\n', size) : NULL;

    token.data = (u_char *) data;
    token.len = line ? (size_t) (line - data) : size;
    rest.data = (u_char *) data + token.len + (line != NULL);
    rest.len = data + size - rest.data;

    rc = rb_jwt_parse(pool, &token, &jwt);
    check(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc == NGX_OK) {
        check_jwt(&jwt);
    }

    if (rb_json_parse(pool, &rest, &keys) == NULL) {
        check_keys(pool, keys);

        if (rc == NGX_OK) {
            (void) rb_jwt_verify_jwk(&jwt, keys);
            (void) rb_jwt_verify_set(&jwt, keys);
        }
    }

    (void) rb_dpop_check(pool, &token, support_str("POST"),
                         support_str("https://server.example.com/token"),
                         1562262616, support_str(""), &jkt, hash);

    check(ERR_peek_error() == 0);
    ngx_destroy_pool(pool);

    return 0;
}
