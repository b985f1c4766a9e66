/* unit: crypto/rb_webauthn.c crypto/rb_pkey.c crypto/rb_crypto.c
   base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_utf8.c */

/*
 * What an authenticator sends: the first byte chooses between an attestation
 * object, authenticator data with a key before it, and what the browser says.
 * What is taken for a credential lies within the bytes and is a good key.
 */


#include "crypto/rb_webauthn.h"
#include "support.h"
#include <openssl/err.h>


static const ngx_str_t  created = ngx_string(
    "{\"type\":\"webauthn.create\",\"challenge\":\"AAAA\","
    "\"origin\":\"https://a.example\"}");

static const ngx_str_t  got = ngx_string(
    "{\"type\":\"webauthn.get\",\"challenge\":\"AAAA\","
    "\"origin\":\"https://a.example\"}");


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static void
check_credential(const rb_credential_t *credential)
{
    check(credential->credential_id.len >= 16
          && credential->credential_id.len <= 1023);
    check(credential->public_key.len > 0
          && credential->public_key.len <= 2000);
    check(credential->backup_eligible || !credential->backed_up);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t        text, key, signature;
    ngx_pool_t      *pool;
    const char      *why;
    rb_webauthn_t    rp = { ngx_string("AAAA"),
                            ngx_string("https://a.example"),
                            ngx_string("a.example"), 0 };
    rb_credential_t  credential;

    if (size < 2) {
        return 0;
    }

    pool = support_pool();

    text.data = (u_char *) data + 2;
    text.len = size - 2;

    switch (data[0] % 3) {

    case 0:
        why = rb_webauthn_register(pool, &rp, &created, &text, &credential);

        if (why == NULL) {
            check_credential(&credential);
        }

        break;

    case 1:
        key.data = text.data;
        key.len = ngx_min(data[1], text.len);
        text.data += key.len;
        text.len -= key.len;
        ngx_str_set(&signature, "0");

        /* nobody signs by chance */
        check(rb_webauthn_assert(pool, &rp, &key, &got, &text, &signature,
                                 &credential) != NULL);
        break;

    default:
        ngx_str_set(&key, "");
        check(rb_webauthn_assert(pool, &rp, &key, &text, &key, &key,
                                 &credential) != NULL);
    }

    check(ERR_peek_error() == 0);
    ngx_destroy_pool(pool);

    return 0;
}
