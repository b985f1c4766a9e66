/* unit: crypto/rb_webauthn.c crypto/rb_pkey.c crypto/rb_crypto.c
   base/rb_json.c base/rb_buf.c base/rb_err.c base/rb_utf8.c */

/*
 * An authenticator of our own: it makes keys, writes CBOR by hand and signs,
 * and then lies in every way that it can.
 */

#include "crypto/rb_webauthn.h"
#include "base/rb_buf.h"
#include "support.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>


#define UP  0x01
#define UV  0x04
#define BE  0x08
#define BS  0x10
#define AT  0x40
#define ED  0x80

#define CHALLENGE  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ORIGIN     "https://resortbite.example"
#define RP_ID      "resortbite.example"


static ngx_pool_t     *pool;
static EVP_PKEY       *key;
static rb_webauthn_t   rp;


static ngx_str_t
done(rb_buf_t *b)
{
    ngx_str_t  text;

    text.data = b->start;
    text.len = rb_buf_len(b);

    return text;
}


static ngx_str_t
client_data(const char *fmt, ...)
{
    char       text[1024];
    va_list    args;
    rb_buf_t   b;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    rb_buf_init(&b, pool, 64);
    rb_buf_add(&b, text, strlen(text));

    return done(&b);
}


static ngx_str_t
good_client(const char *type)
{
    return client_data("{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":"
                       "\"%s\",\"crossOrigin\":false}", type, CHALLENGE,
                       ORIGIN);
}


/* COSE_Key of the public key; alg -7, -8 or -257. */

static ngx_str_t
cose(int alg)
{
    u_char    raw[600];
    size_t    len;
    BIGNUM   *n, *e;
    rb_buf_t  b;

    rb_buf_init(&b, pool, 64);

    if (alg == -7) {
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                        raw, sizeof(raw), &len);
        rb_buf_add(&b, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", 10);
        rb_buf_add(&b, raw + 1, 32);
        rb_buf_add(&b, "\x22\x58\x20", 3);
        rb_buf_add(&b, raw + 33, 32);

    } else if (alg == -8) {
        len = sizeof(raw);
        EVP_PKEY_get_raw_public_key(key, raw, &len);
        rb_buf_add(&b, "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", 10);
        rb_buf_add(&b, raw, 32);

    } else {
        n = e = NULL;
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n);
        BN_bn2bin(n, raw);
        rb_buf_add(&b, "\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00", 11);
        rb_buf_add(&b, raw, 256);
        rb_buf_add(&b, "\x21\x43\x01\x00\x01", 5);
        BN_free(n);
        BN_free(e);
    }

    return done(&b);
}


static ngx_str_t
auth_data(const char *rp_id, u_char flags, uint32_t count,
    const ngx_str_t *cose_key, const char *tail, size_t tail_len)
{
    u_char    hash[32], head[5];
    rb_buf_t  b;

    rb_sha256(rp_id, strlen(rp_id), hash);
    rb_buf_init(&b, pool, 64);
    rb_buf_add(&b, hash, 32);

    head[0] = flags;
    head[1] = count >> 24;
    head[2] = count >> 16;
    head[3] = count >> 8;
    head[4] = count;
    rb_buf_add(&b, head, 5);

    if (flags & AT) {
        rb_buf_add(&b, "aaguidaaguidaagu", 16);
        rb_buf_add(&b, "\0\x14", 2);
        rb_buf_add(&b, "credential id of 20b", 20);
        rb_buf_add_str(&b, cose_key);
    }

    rb_buf_add(&b, tail, tail_len);

    return done(&b);
}


static ngx_str_t
attestation(const ngx_str_t *data)
{
    u_char    len[3];
    rb_buf_t  b;

    rb_buf_init(&b, pool, 64);
    rb_buf_add(&b, "\xa3\x63" "fmt\x64none\x67" "attStmt\xa0\x68" "authData",
               4 + 1 + 5 + 8 + 1 + 9);
    len[0] = 0x59;
    len[1] = data->len >> 8;
    len[2] = data->len;
    rb_buf_add(&b, len, 3);
    rb_buf_add_str(&b, data);

    return done(&b);
}


static ngx_str_t
sign(const ngx_str_t *data, const ngx_str_t *client)
{
    u_char       hash[32], *sig;
    size_t       len;
    rb_buf_t     b;
    ngx_str_t    text;
    EVP_MD_CTX  *ctx;

    rb_sha256(client->data, client->len, hash);
    rb_buf_init(&b, pool, 64);
    rb_buf_add_str(&b, data);
    rb_buf_add(&b, hash, 32);

    len = 600;
    sig = ngx_palloc(pool, len);
    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit_ex(ctx, NULL,
                          EVP_PKEY_is_a(key, "ED25519") ? NULL : "SHA256",
                          NULL, NULL, key, NULL);
    EVP_DigestSign(ctx, sig, &len, b.start, rb_buf_len(&b));
    EVP_MD_CTX_free(ctx);

    text.data = sig;
    text.len = len;

    return text;
}


static void
expect(const char *why, const char *expected, const char *name)
{
    support_ok(expected ? why && strcmp(why, expected) == 0 : why == NULL,
               "%s: %s", name, why ? why : "good");
}


static void
test_alg(int alg, const char *name)
{
    ngx_str_t        public, data, client, object, sig;
    rb_credential_t  cred;

    public = cose(alg);
    data = auth_data(RP_ID, UP|UV|AT|BE|BS, 7, &public, "", 0);
    client = good_client("webauthn.create");
    object = attestation(&data);

    expect(rb_webauthn_register(pool, &rp, &client, &object, &cred), NULL,
           name);
    support_is(cred.credential_id.data, cred.credential_id.len,
               "credential id of 20b", "its id");
    support_ok(cred.sign_count == 7 && cred.user_verified
               && cred.backup_eligible && cred.backed_up
               && memcmp(cred.aaguid, "aaguidaaguidaagu", 16) == 0,
               "its flags and counter");
    support_ok(rb_same(&cred.public_key, &public), "its key");

    data = auth_data(RP_ID, UP, 0x01020304, NULL, "", 0);
    client = good_client("webauthn.get");
    sig = sign(&data, &client);

    expect(rb_webauthn_assert(pool, &rp, &public, &client, &data, &sig,
                              &cred), NULL, "signs");
    support_ok(cred.sign_count == 0x01020304 && !cred.user_verified
               && !cred.backed_up, "without verifying its user");

    sig.data[sig.len / 2] ^= 1;
    expect(rb_webauthn_assert(pool, &rp, &public, &client, &data, &sig,
                              &cred), "bad_signature", "another signature");
    sig.data[sig.len / 2] ^= 1;

    data.data[36] ^= 1;
    expect(rb_webauthn_assert(pool, &rp, &public, &client, &data, &sig,
                              &cred), "bad_signature", "another counter");
    sig.len = 0;
    expect(rb_webauthn_assert(pool, &rp, &public, &client, &data, &sig,
                              &cred), "bad_signature", "none");
}


static const char *
answers(ngx_str_t client, u_char flags, const char *rp_id)
{
    ngx_str_t        public, data, sig;
    rb_credential_t  cred;

    public = cose(-7);
    data = auth_data(rp_id, flags, 1, &public, (flags & ED) ? "\xa0" : "",
                     (flags & ED) ? 1 : 0);
    sig = sign(&data, &client);

    return rb_webauthn_assert(pool, &rp, &public, &client, &data, &sig, &cred);
}


static void
test_client(void)
{
    expect(answers(good_client("webauthn.get"), UP, RP_ID), NULL, "good");
    expect(answers(good_client("webauthn.create"), UP, RP_ID),
           "type_mismatch", "of the other kind");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"challenge\":"
                               "\"AAAA\",\"origin\":\"" ORIGIN "\"}"), UP,
                   RP_ID), "challenge_mismatch", "another challenge");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"origin\":\""
                               ORIGIN "\"}"), UP, RP_ID),
           "challenge_mismatch", "no challenge");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"challenge\":\""
                               CHALLENGE "\",\"origin\":"
                               "\"https://resortbite.example.evil\"}"), UP,
                   RP_ID), "origin_mismatch", "another origin");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"challenge\":\""
                               CHALLENGE "\"}"), UP, RP_ID),
           "origin_mismatch", "no origin");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"challenge\":\""
                               CHALLENGE "\",\"origin\":\"" ORIGIN
                               "\",\"crossOrigin\":true}"), UP, RP_ID),
           "cross_origin", "in somebody's frame");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"challenge\":\""
                               CHALLENGE "\",\"origin\":\"" ORIGIN "\"}"), UP,
                   RP_ID), NULL, "crossOrigin unsaid");
    expect(answers(client_data("{\"type\":\"webauthn.get\",\"type\":"
                               "\"webauthn.get\"}"), UP, RP_ID),
           "bad_client_data", "a member twice");
    expect(answers(client_data("[]"), UP, RP_ID), "type_mismatch", "no object");
    expect(answers(client_data(" "), UP, RP_ID), "bad_client_data", "nothing");
}


static void
test_flags(void)
{
    expect(answers(good_client("webauthn.get"), UP, "evil.example"),
           "rp_id_mismatch", "for another site");
    expect(answers(good_client("webauthn.get"), UV, RP_ID),
           "user_not_present", "nobody was there");
    expect(answers(good_client("webauthn.get"), UP|BS, RP_ID),
           "bad_authenticator_data", "backed up what can't be");
    expect(answers(good_client("webauthn.get"), UP|ED, RP_ID), NULL,
           "with extensions");

    rp.verify_user = 1;
    expect(answers(good_client("webauthn.get"), UP, RP_ID),
           "user_not_verified", "who it was wasn't asked");
    expect(answers(good_client("webauthn.get"), UP|UV, RP_ID), NULL,
           "it was");
    rp.verify_user = 0;
}


static const char *
registers(const ngx_str_t *data)
{
    ngx_str_t        client, object;
    rb_credential_t  cred;

    client = good_client("webauthn.create");
    object = attestation(data);

    return rb_webauthn_register(pool, &rp, &client, &object, &cred);
}


static const char *
takes_object(const char *bytes, size_t len)
{
    ngx_str_t        client, object;
    rb_credential_t  cred;

    client = good_client("webauthn.create");
    object.data = (u_char *) bytes;
    object.len = len;

    return rb_webauthn_register(pool, &rp, &client, &object, &cred);
}


static const char *
takes_key(const char *bytes, size_t len)
{
    ngx_str_t  text, data;

    text.data = (u_char *) bytes;
    text.len = len;
    data = auth_data(RP_ID, UP|AT, 0, &text, "", 0);

    return registers(&data);
}


static void
test_bytes(void)
{
    size_t           i;
    char             deep[64];
    ngx_str_t        public, data, client, object, cut, none;
    const char      *why;
    rb_credential_t  cred;

    public = cose(-7);
    none = (ngx_str_t) ngx_null_string;

    data = auth_data(RP_ID, UP|AT, 0, &public, "", 0);
    expect(registers(&data), NULL, "good");

    client = good_client("webauthn.create");
    object = attestation(&data);

    for (i = 0; i < object.len; i++) {
        cut.len = i;
        cut.data = malloc(i + 1);
        memcpy(cut.data, object.data, i);
        why = rb_webauthn_register(pool, &rp, &client, &cut, &cred);
        free(cut.data);

        if (why == NULL) {
            break;
        }
    }

    support_ok(i == object.len, "cut anywhere it is refused");

    for (i = 37; i < data.len; i++) {
        cut = data;
        cut.len = i;

        if (registers(&cut) == NULL) {
            break;
        }
    }

    support_ok(i == data.len, "so is its data");

    data = auth_data(RP_ID, UP|AT, 0, &public, "x", 1);
    expect(registers(&data), "bad_authenticator_data", "something after it");
    data = auth_data(RP_ID, UP|AT|ED, 0, &public, "\xa0", 1);
    expect(registers(&data), NULL, "extensions");
    data = auth_data(RP_ID, UP|AT|ED, 0, &public, "\xa0\xa0", 2);
    expect(registers(&data), "bad_authenticator_data", "twice");
    data = auth_data(RP_ID, UP|AT|ED, 0, &public, "", 0);
    expect(registers(&data), "bad_authenticator_data", "missing");
    data = auth_data(RP_ID, UP|AT|ED, 0, &public, "\x01", 1);
    expect(registers(&data), "bad_authenticator_data", "that are no map");
    data = auth_data(RP_ID, UP, 0, &none, "", 0);
    expect(registers(&data), "no_credential", "no credential");

    expect(takes_object("", 0), "bad_cbor", "no object");
    expect(takes_object("\xa0", 1), "bad_cbor", "an empty one");
    expect(takes_object("\xa0\xa0", 2), "bad_cbor", "two");
    expect(takes_object("\x80", 1), "bad_cbor", "an array");
    expect(takes_object("\xa1\x68" "authData\x01", 11), "bad_cbor",
           "a number for data");
    expect(takes_object("\xbf\xff", 2), "bad_cbor", "an indefinite map");
    expect(takes_object("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 9),
           "bad_cbor", "2^64 - 1 members");
    expect(takes_object("\x9b\x00\x00\x00\x01\x00\x00\x00\x00", 9),
           "bad_cbor", "2^32 items");
    expect(takes_object("\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 9),
           "bad_cbor", "2^64 - 1 bytes");

    memset(deep, 0x81, sizeof(deep));
    deep[sizeof(deep) - 1] = 0;
    expect(takes_object(deep, sizeof(deep)), "bad_cbor", "deeply nested");

    expect(takes_key("\xa0", 1), "bad_key", "a key of nothing");
    expect(takes_key("\xa1\x01\x02", 3), "bad_key", "a key of a type alone");
    expect(takes_key("\x01", 1), "bad_key", "a number for a key");
    expect(takes_key("", 0), "bad_key", "no key");
    expect(takes_key("\xa4\x01\x02\x01\x02\x03\x26\x20\x01", 9), "bad_key",
           "a type twice");
    expect(takes_key("\xa4\x01\x04\x03\x05\x20\x41x\x21\x41y", 11), "bad_key",
           "a symmetric key");

    /* ES256 with a point that is not on the curve */
    public.data[20] ^= 1;
    data = auth_data(RP_ID, UP|AT, 0, &public, "", 0);
    expect(registers(&data), "bad_key", "a point off the curve");
    public.data[20] ^= 1;

    /* ES384's number with a P-256 key */
    public.data[4] = 0x38;
    data = auth_data(RP_ID, UP|AT, 0, &public, "", 0);
    support_ok(registers(&data) != NULL, "another algorithm");
    public.data[4] = 0x26;

    support_ok(ERR_peek_error() == 0, "OpenSSL's queue of errors is empty");
}


int
main(void)
{
    pool = support_pool();

    ngx_str_set(&rp.challenge, CHALLENGE);
    ngx_str_set(&rp.origin, ORIGIN);
    ngx_str_set(&rp.rp_id, RP_ID);
    rp.verify_user = 0;

    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    test_alg(-8, "EdDSA");
    EVP_PKEY_free(key);

    key = EVP_RSA_gen(2048);
    test_alg(-257, "RS256");
    EVP_PKEY_free(key);

    key = EVP_EC_gen("P-256");
    test_alg(-7, "ES256");
    test_client();
    test_flags();
    test_bytes();
    EVP_PKEY_free(key);

    ngx_destroy_pool(pool);

    return support_done();
}
