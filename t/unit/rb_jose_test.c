/* unit: crypto/rb_jose.c crypto/rb_jwk.c crypto/rb_pkey.c crypto/rb_dpop.c
   crypto/rb_keyring.c crypto/rb_keyring_read.c crypto/rb_seal.c
   crypto/rb_crypto.c base/rb_json.c base/rb_buf.c
   base/rb_err.c base/rb_utf8.c */

#include "crypto/rb_jose.h"
#include "crypto/rb_dpop.h"
#include "support.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <utime.h>


#define RFC7515_KEY                                                           \
    "{\"kty\":\"EC\",\"crv\":\"P-256\","                                      \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                  \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"%s}"

#define RFC7515_TOKEN                                                         \
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogIm" \
    "h0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKA" \
    "M6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"


static ngx_pool_t  *pool;


static json_t *
json(const char *fmt, ...)
{
    char       text[4096];
    json_t    *root;
    va_list    args;
    ngx_str_t  s;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    s.data = (u_char *) text;
    s.len = strlen(text);

    return rb_json_parse(pool, &s, &root) ? NULL : root;
}


static ngx_int_t
parse(const char *token, rb_jwt_t *jwt)
{
    ngx_str_t  text;

    text.data = (u_char *) token;
    text.len = strlen(token);

    return rb_jwt_parse(pool, &text, jwt);
}


/* A token of these parts; the signature is nonsense. */

static ngx_str_t
token_of(const char *header, const char *claims)
{
    rb_buf_t   buf;
    ngx_str_t  text;

    rb_buf_init(&buf, pool, 64);
    text = rb_base64url(pool, header, strlen(header));
    rb_buf_add_str(&buf, &text);
    rb_buf_add_lit(&buf, ".");
    text = rb_base64url(pool, claims, strlen(claims));
    rb_buf_add_str(&buf, &text);
    rb_buf_add_lit(&buf, ".AAAA");

    text.data = buf.start;
    text.len = rb_buf_len(&buf);

    return text;
}


static void
test_es256(void)
{
    char       bad[sizeof(RFC7515_TOKEN)];
    rb_jwt_t   jwt;
    ngx_str_t  name;

    support_ok(parse(RFC7515_TOKEN, &jwt) == NGX_OK, "RFC 7515 A.3 is parsed");
    support_ok(rb_jwt_verify_jwk(&jwt, json(RFC7515_KEY, "")) == NGX_OK,
               "and verified");

    name = rb_jwt_str(&jwt, "iss");
    support_is(name.data, name.len, "joe", "its issuer");
    support_ok(rb_jwt_int(&jwt, "exp", 0) == 1300819380, "its end");
    support_ok(rb_jwt_int(&jwt, "iss", -7) == -7, "a text is no number");
    support_ok(rb_jwt_str(&jwt, "exp").data == NULL, "nor the other way");

    strcpy(bad, RFC7515_TOKEN);
    bad[30] ^= 1;
    support_ok(parse(bad, &jwt) != NGX_OK
               || rb_jwt_verify_jwk(&jwt, json(RFC7515_KEY, ""))
                  == NGX_DECLINED, "a claim changed");

    strcpy(bad, RFC7515_TOKEN);
    bad[sizeof(bad) - 5] ^= 1;
    support_ok(parse(bad, &jwt) == NGX_OK
               && rb_jwt_verify_jwk(&jwt, json(RFC7515_KEY, ""))
                  == NGX_DECLINED, "the signature changed");

    bad[sizeof(bad) - 5] = '\0';
    support_ok(parse(bad, &jwt) != NGX_OK
               || rb_jwt_verify_jwk(&jwt, json(RFC7515_KEY, ""))
                  == NGX_DECLINED, "the signature cut");

    support_ok(ERR_peek_error() == 0, "OpenSSL's queue of errors is empty");
}


static void
test_other_algs(void)
{
    rb_jwt_t   jwt;
    json_t    *okp, *rsa;
    ngx_str_t  text, sig;

    static const char  n[] =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw"
        "-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b3269"
        "0r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS"
        "-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aG"
        "hyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp"
        "oQ";

    static const char  rs256[] =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQo"
        "gImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF"
        "80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
        "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO7"
        "5vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
        "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgG"
        "Y9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    /* RFC 8037 A.4: its payload is no JSON, so it is taken apart by hand */

    okp = json("{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
               "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}");

    memset(&jwt, 0, sizeof(jwt));
    ngx_str_set(&jwt.alg, "EdDSA");
    ngx_str_set(&jwt.signed_part,
                "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    ngx_str_set(&sig, "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki"
                "4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    rb_base64url_decode(pool, &sig, &jwt.signature);

    support_ok(rb_jwt_verify_jwk(&jwt, okp) == NGX_OK, "RFC 8037 A.4");
    ngx_str_set(&jwt.alg, "Ed25519");
    support_ok(rb_jwt_verify_jwk(&jwt, okp) == NGX_OK, "by its newer name");
    ngx_str_set(&jwt.alg, "ES256");
    support_ok(rb_jwt_verify_jwk(&jwt, okp) == NGX_DECLINED,
               "not by another algorithm");

    ngx_str_set(&jwt.alg, "EdDSA");
    jwt.signature.data[0] ^= 1;
    support_ok(rb_jwt_verify_jwk(&jwt, okp) == NGX_DECLINED, "changed");

    rb_jwk_thumbprint(pool, okp, &text);
    support_is(text.data, text.len,
               "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
               "the thumbprint of RFC 8037 A.3");

    rsa = json("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}", n);
    support_ok(parse(rs256, &jwt) == NGX_OK
               && rb_jwt_verify_jwk(&jwt, rsa) == NGX_OK, "RFC 7515 A.2");
    ngx_str_set(&jwt.alg, "PS256");
    support_ok(rb_jwt_verify_jwk(&jwt, rsa) == NGX_DECLINED,
               "its signature is not PSS");
}


/* RFC 7638 §3.1 */

static void
test_thumbprint(void)
{
    ngx_str_t  text;

    static const char  n[] =
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R"
        "K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9"
        "yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg"
        "nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We"
        "Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
        "gw";

    rb_jwk_thumbprint(pool, json("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\""
                                 ",\"alg\":\"RS256\",\"kid\":\"2011\"}", n),
                      &text);
    support_is(text.data, text.len,
               "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
               "the thumbprint of RFC 7638");
    support_ok(rb_jwk_thumbprint(pool, json("{\"kty\":\"oct\"}"), &text)
               == NGX_DECLINED, "of a secret there is none");
}


static void
test_refused_tokens(void)
{
    size_t      i;
    char       *deep;
    rb_jwt_t    jwt;
    ngx_str_t   text;

    static const char *const  headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"\"}",
        "{\"alg\":\"HS256\"}", "{\"alg\":\"ES384\"}", "{}", "[]", "1",
        "{\"alg\":[\"ES256\"]}", "{\"alg\":\"ES256\",\"alg\":\"none\"}",
        "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"ES256\",\"kid\":1}", "{\"alg\":\"ES256\",\"typ\":null}",
        "{\"alg\":\"ES256\"} ."
    };

    static const char *const  tokens[] = {
        "", ".", "..", "...", "a.b", "e30.e30.", "eyJhbGciOiJFUzI1NiJ9.e30",
        "eyJhbGciOiJFUzI1NiJ9.e30.AAAA.AAAA", "eyJhbGciOiJFUzI1NiJ9.e30.A",
        "eyJhbGciOiJFUzI1NiJ9.e30=.AAAA", "eyJhbGciOiJFUzI1NiJ9.W10.AAAA"
    };

    for (i = 0; i < rb_array_size(headers); i++) {
        text = token_of(headers[i], "{}");
        support_ok(rb_jwt_parse(pool, &text, &jwt) == NGX_DECLINED,
                   "header %s is refused", headers[i]);
    }

    for (i = 0; i < rb_array_size(tokens); i++) {
        support_ok(parse(tokens[i], &jwt) == NGX_DECLINED,
                   "\"%s\" is no token", tokens[i]);
    }

    deep = malloc(4001);
    memset(deep, '[', 4000);
    deep[4000] = '\0';
    text = token_of("{\"alg\":\"ES256\"}", deep);
    support_ok(rb_jwt_parse(pool, &text, &jwt) == NGX_DECLINED, "deep claims");
    free(deep);

    deep = malloc(RB_JWT_MAX + 2);
    memset(deep, 'a', RB_JWT_MAX + 1);
    deep[RB_JWT_MAX + 1] = '\0';
    support_ok(parse(deep, &jwt) == NGX_DECLINED, "a long one");
    free(deep);
}


static void
test_refused_keys(void)
{
    size_t       i;
    EVP_PKEY    *pkey;
    const char  *why;

    static const char *const  keys[] = {
        "{}", "[]", "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
        "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\","
        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":7}",
        "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wW\","
        "\"e\":\"AQAB\"}"
    };

    for (i = 0; i < rb_array_size(keys); i++) {
        why = NULL;
        pkey = rb_jwk_public(json("%s", keys[i]), &why);
        support_ok(pkey == NULL && why, "%s: %s", keys[i], why);
        EVP_PKEY_free(pkey);
    }

    support_ok(rb_jwks_check(json("{\"keys\":[" RFC7515_KEY "]}", ""))
               == NULL, "a set of one good key");
    support_ok(rb_jwks_check(json("{\"keys\":[" RFC7515_KEY ",{}]}", ""))
               != NULL, "one bad key");
    support_ok(rb_jwks_check(json("{\"keys\":[]}")) != NULL, "no keys");
    support_ok(rb_jwks_check(json("{\"keys\":{}}")) != NULL, "no array");
    support_ok(rb_jwks_check(json("[]")) != NULL, "no object");
    support_ok(ERR_peek_error() == 0, "OpenSSL's queue of errors is empty");
}


static void
test_sets(void)
{
    rb_jwt_t  jwt;

    static const char  other[] =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
        "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

    parse(RFC7515_TOKEN, &jwt);

    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[%s," RFC7515_KEY "]}",
                                            other, ",\"kid\":\"k\""))
               == NGX_OK, "no kid in the token: each key that fits");
    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[%s]}", other))
               == NGX_DECLINED, "none that fits");
    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[" RFC7515_KEY "]}",
                                            ",\"use\":\"enc\""))
               == NGX_DECLINED, "one that encrypts");
    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[" RFC7515_KEY "]}",
                                            ",\"alg\":\"ES384\""))
               == NGX_DECLINED, "one for another algorithm");
    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[" RFC7515_KEY "]}",
                                            ",\"key_ops\":[\"sign\"]"))
               == NGX_DECLINED, "one for signing");
    support_ok(rb_jwt_verify_set(&jwt, json("{}")) == NGX_DECLINED, "no set");

    ngx_str_set(&jwt.kid, "k");
    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[" RFC7515_KEY "]}",
                                            ",\"kid\":\"k\""))
               == NGX_OK, "by kid");
    support_ok(rb_jwt_verify_set(&jwt, json("{\"keys\":[" RFC7515_KEY "]}",
                                            ",\"kid\":\"l\""))
               == NGX_DECLINED, "of another kid");
}


static ngx_uint_t
in_time(const char *claims, time_t now, time_t leeway)
{
    rb_jwt_t   jwt;
    ngx_str_t  text;

    text = token_of("{\"alg\":\"ES256\"}", claims);

    return rb_jwt_parse(pool, &text, &jwt) == NGX_OK
           && rb_jwt_times(&jwt, now, leeway) == NGX_OK;
}


static ngx_uint_t
is_for(const char *claims, const char *audience)
{
    rb_jwt_t   jwt;
    ngx_str_t  text, aud;

    text = token_of("{\"alg\":\"ES256\"}", claims);
    aud.data = (u_char *) audience;
    aud.len = strlen(audience);

    return rb_jwt_parse(pool, &text, &jwt) == NGX_OK
           && rb_jwt_for(&jwt, &aud);
}


static void
test_claims(void)
{
    support_ok(in_time("{\"exp\":1000}", 999, 0), "before exp");
    support_ok(!in_time("{\"exp\":1000}", 1000, 0), "at exp");
    support_ok(in_time("{\"exp\":1000}", 1004, 5), "after, with leeway");
    support_ok(!in_time("{\"exp\":1000}", 1005, 5), "after the leeway");
    support_ok(!in_time("{}", 1, 0), "no exp");
    support_ok(!in_time("{\"exp\":\"1000\"}", 1, 0), "exp is a text");
    support_ok(in_time("{\"exp\":1000.5}", 1000, 0), "with a fraction");
    support_ok(!in_time("{\"exp\":1000,\"nbf\":500}", 499, 0), "before nbf");
    support_ok(in_time("{\"exp\":1000,\"nbf\":500}", 500, 0), "at nbf");
    support_ok(!in_time("{\"exp\":1000,\"nbf\":\"\"}", 500, 0), "bad nbf");
    support_ok(!in_time("{\"exp\":1000,\"iat\":500}", 400, 60), "of the "
               "future");
    support_ok(in_time("{\"exp\":1000,\"iat\":500}", 440, 60), "within the "
               "leeway");

    support_ok(is_for("{\"aud\":\"a\"}", "a"), "aud");
    support_ok(!is_for("{\"aud\":\"ab\"}", "a"), "another");
    support_ok(is_for("{\"aud\":[\"b\",\"a\"]}", "a"), "one of several");
    support_ok(!is_for("{\"aud\":[1,{}]}", "a"), "none of them");
    support_ok(!is_for("{}", "a"), "no aud");
}


/* Keys of our own. */

static char  folder[] = "/tmp/rb_keys_XXXXXX";


static void
make_key(const char *kid, rb_alg_e alg, time_t made)
{
    FILE            *f;
    char             path[256];
    EVP_PKEY        *pkey;
    struct utimbuf   times = { made, made };

    pkey = (alg == RB_ALG_ES256) ? EVP_EC_gen("P-256")
                                 : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    snprintf(path, sizeof(path), "%s/%s.pem", folder, kid);
    f = fopen(path, "w");
    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    chmod(path, 0600);
    utime(path, &times);
    EVP_PKEY_free(pkey);
}


static void
make_file(const char *name, const void *data, size_t len, mode_t mode)
{
    FILE  *f;
    char   path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    fwrite(data, 1, len, f);
    fclose(f);
    chmod(path, mode);
}


static void
drop_file(const char *name)
{
    char  path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}


static char *
read_ring(ngx_pool_t *p, rb_keyring_t **ring)
{
    char       *rc;
    ngx_conf_t  cf;
    ngx_str_t   dir;

    memset(&cf, 0, sizeof(cf));
    cf.pool = p;
    cf.temp_pool = pool;
    cf.log = &support_log;
    cf.cycle = &support_cycle;

    dir.data = (u_char *) folder;
    dir.len = strlen(folder);

    support_logged[0] = '\0';
    rc = rb_keyring_read(&cf, &dir, ring);

    return rc;
}


static ngx_uint_t
refuses(const char *word)
{
    char          *rc;
    ngx_pool_t    *p;
    rb_keyring_t  *ring;

    p = support_pool();
    rc = read_ring(p, &ring);
    ngx_destroy_pool(p);

    return rc == NGX_CONF_ERROR && strstr((char *) support_logged, word);
}


static void
test_keyring_faults(void)
{
    u_char  seal[32];

    memset(seal, 7, sizeof(seal));

    support_ok(refuses("scripts/keys init"), "an empty folder");
    make_key("a", RB_ALG_ES256, 1000);
    support_ok(refuses("scripts/keys seal"), "nothing that seals");

    make_file("0.seal", seal, 32, 0600);
    support_ok(refuses("0.seal"), "number 0");
    drop_file("0.seal");

    make_file("256.seal", seal, 32, 0600);
    support_ok(refuses("256.seal"), "number 256");
    drop_file("256.seal");

    make_file("1.seal", seal, 31, 0600);
    support_ok(refuses("31 bytes"), "a short one");
    make_file("1.seal", seal, 32, 0644);
    support_ok(refuses("chmod 600"), "one that all may read");
    make_file("1.seal", seal, 32, 0600);

    make_file("b.pem", "no key", 6, 0600);
    support_ok(refuses("b.pem"), "no PEM");
    drop_file("b.pem");

    make_file("b c.pem", "no key", 6, 0600);
    support_ok(refuses("b c.pem"), "a bad name");
    drop_file("b c.pem");

    make_file("README", "hello", 5, 0644);
    make_file(".new.pem", "half", 4, 0644);
    drop_file("a.pem");
    support_ok(refuses("scripts/keys init"), "other files are no keys");
    support_ok(ERR_peek_error() == 0, "OpenSSL's queue of errors is empty");
}


static void
test_rollover(void)
{
    json_t                  *set;
    rb_jwt_t                 jwt;
    ngx_str_t                token, kid, *claims;
    ngx_pool_t              *p, *old;
    rb_keyring_t            *ring, *before;
    const rb_signing_key_t  *key;

    static const char  exp[] = "{\"exp\":4102444800,\"sub\":\"m\"}";

    claims = &(ngx_str_t) { sizeof(exp) - 1, (u_char *) exp };
    old = support_pool();
    p = support_pool();

    make_key("first", RB_ALG_ES256, 100000);
    support_ok(read_ring(old, &before) == NGX_CONF_OK, "one key");
    rb_keyring = before;

    support_time.sec = 100000;
    support_ok(rb_jwt_sign(pool, "at+jwt", claims, &token) == NGX_OK,
               "the only key signs at once");
    support_ok(rb_jwt_parse(pool, &token, &jwt) == NGX_OK
               && rb_jwt_verify_own(&jwt) == NGX_OK, "and verifies");
    support_is(jwt.kid.data, jwt.kid.len, "first", "kid");
    support_is(jwt.typ.data, jwt.typ.len, "at+jwt", "typ");
    support_is(jwt.alg.data, jwt.alg.len, "ES256", "alg");

    set = json("%.*s", (int) before->jwks.len, before->jwks.data);
    support_ok(rb_jwt_verify_set(&jwt, set) == NGX_OK,
               "the published set verifies it");
    support_ok(rb_jwks_check(set) == NULL, "and holds good keys only");

    make_key("second", RB_ALG_EDDSA, 200000);
    support_ok(read_ring(p, &ring) == NGX_CONF_OK && ring->count == 2,
               "a second key");
    rb_keyring = ring;

    support_ok(rb_jwt_verify_own(&jwt) == NGX_OK,
               "what the first has signed is still good");

    key = rb_keyring_signer(ring, 200000 + RB_KEY_LEAD - 1);
    support_is(key->kid.data, key->kid.len, "first", "too new to sign");
    key = rb_keyring_signer(ring, 200000 + RB_KEY_LEAD);
    support_is(key->kid.data, key->kid.len, "second", "then it signs");
    key = rb_keyring_signer(ring, 100000);
    support_is(key->kid.data, key->kid.len, "first",
               "the oldest, when none is known for long");

    support_time.sec = 300000;
    support_ok(rb_jwt_sign(pool, "JWT", claims, &token) == NGX_OK
               && rb_jwt_parse(pool, &token, &jwt) == NGX_OK
               && rb_jwt_verify_own(&jwt) == NGX_OK, "signed with EdDSA");
    support_is(jwt.kid.data, jwt.kid.len, "second", "by the second");

    set = json("%.*s", (int) ring->jwks.len, ring->jwks.data);
    support_ok(rb_jwt_verify_set(&jwt, set) == NGX_OK, "published too");

    rb_keyring = before;
    support_ok(rb_jwt_verify_own(&jwt) == NGX_DECLINED,
               "a ring without it doesn't know it");
    rb_keyring = ring;

    ngx_str_set(&kid, "first");
    jwt.kid = kid;
    support_ok(rb_jwt_verify_own(&jwt) == NGX_DECLINED,
               "nor under another's kid");
    ngx_str_null(&jwt.kid);
    support_ok(rb_jwt_verify_own(&jwt) == NGX_DECLINED, "nor without one");
    support_ok(rb_keyring_find(ring, support_str("third")) == NULL, "no such");

    rb_keyring = NULL;
    support_ok(rb_jwt_sign(pool, "JWT", claims, &token) == NGX_ERROR,
               "without a ring nothing is signed");

    ngx_destroy_pool(old);
    ngx_destroy_pool(p);
}


static void
test_seal(void)
{
    u_char         two[32];
    ngx_str_t      plain, sealed, again, third;
    ngx_uint_t     i;
    ngx_pool_t    *p, *q;
    rb_keyring_t  *ring;

    p = support_pool();
    q = support_pool();
    read_ring(p, &ring);
    rb_keyring = ring;

    support_ok(rb_seal(pool, support_str("secret"), support_str("totp:1"),
                       &sealed) == NGX_OK, "sealed");
    support_ok(sealed.len == 1 + 12 + 6 + 16 && sealed.data[0] == 1
               && memmem(sealed.data, sealed.len, "secret", 6) == NULL,
               "by number 1");
    support_ok(rb_unseal(pool, &sealed, support_str("totp:1"), &plain)
               == NGX_OK, "opened");
    support_is(plain.data, plain.len, "secret", "and is what it was");
    support_ok(rb_unseal(pool, &sealed, support_str("totp:2"), &plain)
               == NGX_DECLINED && plain.len == 0,
               "not in another's place");

    rb_seal(pool, support_str("secret"), support_str("totp:1"), &again);
    support_ok(memcmp(again.data, sealed.data, sealed.len) != 0,
               "never twice the same");

    memset(two, 9, sizeof(two));
    make_file("2.seal", two, 32, 0600);
    read_ring(q, &ring);
    rb_keyring = ring;

    support_ok(rb_unseal(pool, &sealed, support_str("totp:1"), &plain)
               == NGX_OK, "with a newer key the older still opens");
    support_ok(rb_seal(pool, support_str(""), support_str("x"), &third)
               == NGX_OK && third.data[0] == 2, "the newer seals");
    support_ok(rb_unseal(pool, &third, support_str("x"), &plain) == NGX_OK
               && plain.len == 0, "even nothing");

    sealed.data[0] = 2;
    support_ok(rb_unseal(pool, &sealed, support_str("totp:1"), &plain)
               == NGX_DECLINED, "under another number");
    sealed.data[0] = 3;
    support_ok(rb_unseal(pool, &sealed, support_str("totp:1"), &plain)
               == NGX_DECLINED, "under one that isn't there");
    sealed.data[0] = 1;

    for (i = 1; i < sealed.len; i++) {
        sealed.data[i] ^= 0x10;

        if (rb_unseal(pool, &sealed, support_str("totp:1"), &plain)
            != NGX_DECLINED)
        {
            break;
        }

        sealed.data[i] ^= 0x10;
    }

    support_ok(i == sealed.len, "any byte changed");

    again = sealed;
    again.len = 28;
    support_ok(rb_unseal(pool, &again, support_str("totp:1"), &plain)
               == NGX_DECLINED, "cut");

    support_ok(rb_seal_for(pool, support_str("token one"),
                           support_str("successor"), &sealed) == NGX_OK,
               "sealed for a secret's holder");
    support_ok(rb_unseal_with(pool, support_str("token one"), &sealed, &plain)
               == NGX_OK, "who opens it");
    support_is(plain.data, plain.len, "successor", "as it was");
    support_ok(rb_unseal_with(pool, support_str("token two"), &sealed, &plain)
               == NGX_DECLINED, "another doesn't");
    support_ok(rb_unseal_with(pool, support_str("token one"),
                              support_str("short"), &plain) == NGX_DECLINED,
               "nor is anything opened");
    support_ok(ERR_peek_error() == 0, "OpenSSL's queue of errors is empty");

    rb_keyring = NULL;
    ngx_destroy_pool(p);
    ngx_destroy_pool(q);
}


/* The proof of RFC 9449 §4.1 */

#define RFC9449_PROOF                                                         \
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI" \
    "6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOV" \
    "ZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtM" \
    "jU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh" \
    "0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-G" \
    "xA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70n" \
    "fbV37xRZT3Lg"


static const char *
dpop(const char *proof, const char *method, const char *uri, time_t now,
    const char *token, ngx_str_t *jkt)
{
    u_char     hash[RB_SHA256_LEN];
    ngx_str_t  p, m, u, t;

    p.data = (u_char *) proof;
    p.len = strlen(proof);
    m.data = (u_char *) method;
    m.len = strlen(method);
    u.data = (u_char *) uri;
    u.len = strlen(uri);
    t.data = (u_char *) token;
    t.len = strlen(token);

    return rb_dpop_check(pool, &p, &m, &u, now, &t, jkt, hash);
}


static void
test_dpop(void)
{
    size_t       i;
    char         bad[sizeof(RFC9449_PROOF)];
    ngx_str_t    jkt;
    const char  *why;

    static const time_t  at = 1562262616;

    static const char *const  same[] = {
        "https://server.example.com/token", "https://SERVER.example.com/token",
        "https://server.example.com:443/token", "HTTPS://server.example.com/"
        "%74oken", "https://server.example.com/token?x=1",
        "https://server.example.com:/token"
    };

    static const char *const  others[] = {
        "https://server.example.com/tokens", "http://server.example.com/token",
        "https://server.example.com:8443/token", "https://server.example.com",
        "https://server.example.com/%2ftoken", "/token", "",
        "https://server.example.com/tok%zzen"
    };

    why = dpop(RFC9449_PROOF, "POST", same[0], at, "", &jkt);
    support_ok(why == NULL, "RFC 9449's proof: %s", why ? why : "good");
    support_is(jkt.data, jkt.len,
               "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
               "its key's thumbprint");

    for (i = 1; i < rb_array_size(same); i++) {
        support_ok(dpop(RFC9449_PROOF, "POST", same[i], at, "", &jkt) == NULL,
                   "%s is the same", same[i]);
    }

    for (i = 0; i < rb_array_size(others); i++) {
        why = dpop(RFC9449_PROOF, "POST", others[i], at, "", &jkt);
        support_ok(why && strstr(why, "htu"), "%s is not", others[i]);
    }

    why = dpop(RFC9449_PROOF, "GET", same[0], at, "", &jkt);
    support_ok(why && strstr(why, "htm"), "another method");
    support_ok(dpop(RFC9449_PROOF, "POST", same[0], at + 60, "", &jkt) == NULL,
               "a minute old");
    why = dpop(RFC9449_PROOF, "POST", same[0], at + 61, "", &jkt);
    support_ok(why && strstr(why, "iat"), "older");
    why = dpop(RFC9449_PROOF, "POST", same[0], at - 61, "", &jkt);
    support_ok(why && strstr(why, "iat"), "of the future");
    why = dpop(RFC9449_PROOF, "POST", same[0], at, "a-token", &jkt);
    support_ok(why && strstr(why, "ath"), "no hash of the token");

    strcpy(bad, RFC9449_PROOF);
    bad[sizeof(bad) - 5] ^= 1;
    why = dpop(bad, "POST", same[0], at, "", &jkt);
    support_ok(why && strstr(why, "signed"), "another signature");
    why = dpop(RFC7515_TOKEN, "POST", same[0], at, "", &jkt);
    support_ok(why && strstr(why, "typ"), "a token of another kind");
    why = dpop("x", "POST", same[0], at, "", &jkt);
    support_ok(why && strstr(why, "JWT"), "no token");
}


/* A proof of our own, whose parts we choose. */

static const char *
own_proof(EVP_PKEY *pkey, const char *claims, const char *token)
{
    char        head[512], jwk[256];
    u_char      raw[32], sig[64];
    size_t      len;
    rb_buf_t    buf;
    ngx_str_t   x, text, jkt;
    EVP_MD_CTX *ctx;

    len = sizeof(raw);
    EVP_PKEY_get_raw_public_key(pkey, raw, &len);
    x = rb_base64url(pool, raw, len);
    snprintf(jwk, sizeof(jwk),
             "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%.*s\"}",
             (int) x.len, x.data);
    snprintf(head, sizeof(head),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\",\"jwk\":%s}", jwk);

    rb_buf_init(&buf, pool, 512);
    text = rb_base64url(pool, head, strlen(head));
    rb_buf_add_str(&buf, &text);
    rb_buf_add_lit(&buf, ".");
    text = rb_base64url(pool, claims, strlen(claims));
    rb_buf_add_str(&buf, &text);

    len = sizeof(sig);
    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey);
    EVP_DigestSign(ctx, sig, &len, buf.start, rb_buf_len(&buf));
    EVP_MD_CTX_free(ctx);

    text = rb_base64url(pool, sig, len);
    rb_buf_add_lit(&buf, ".");
    rb_buf_add_str(&buf, &text);
    rb_buf_add(&buf, "", 1);

    return dpop((char *) buf.start, "GET", "https://rb.example/api/v1/me",
                1000, token, &jkt);
}


static void
test_dpop_parts(void)
{
    u_char       hash[32];
    char         claims[512];
    EVP_PKEY    *pkey;
    ngx_str_t    ath;
    const char  *why;

    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    rb_sha256("token", 5, hash);
    ath = rb_base64url(pool, hash, sizeof(hash));
    snprintf(claims, sizeof(claims), "{\"htm\":\"GET\",\"htu\":"
             "\"https://rb.example/api/v1/me\",\"iat\":1000,"
             "\"jti\":\"12345678\",\"ath\":\"%.*s\"}", (int) ath.len,
             ath.data);

    support_ok(own_proof(pkey, claims, "token") == NULL, "with ath");
    why = own_proof(pkey, claims, "tokem");
    support_ok(why && strstr(why, "ath"), "of another token");
    why = own_proof(pkey, "{\"htm\":\"GET\",\"htu\":"
                    "\"https://rb.example/api/v1/me\",\"iat\":1000,"
                    "\"jti\":\"1234567\"}", "");
    support_ok(why && strstr(why, "jti"), "a short jti");
    why = own_proof(pkey, "{\"htm\":\"GET\",\"htu\":"
                    "\"https://rb.example/api/v1/me\",\"iat\":\"1000\","
                    "\"jti\":\"12345678\"}", "");
    support_ok(why && strstr(why, "iat"), "iat as a text");
    why = own_proof(pkey, "{}", "");
    support_ok(why != NULL, "nothing in it");

    EVP_PKEY_free(pkey);
}


int
main(void)
{
    pool = support_pool();
    ngx_pagesize = 4096;

    test_es256();
    test_other_algs();
    test_thumbprint();
    test_refused_tokens();
    test_refused_keys();
    test_sets();
    test_claims();

    if (mkdtemp(folder) == NULL) {
        return 1;
    }

    test_keyring_faults();
    test_rollover();
    test_seal();
    test_dpop();
    test_dpop_parts();

    drop_file("first.pem");
    drop_file("second.pem");
    drop_file("1.seal");
    drop_file("2.seal");
    drop_file("README");
    drop_file(".new.pem");
    rmdir(folder);

    ngx_destroy_pool(pool);

    return support_done();
}
