/* unit: oauth/rb_oauth_text.c oauth/rb_oauth_clients_check.c
   base/rb_principal.c base/rb_uuid.c base/rb_json.c base/rb_buf.c
   base/rb_err.c base/rb_time.c base/rb_utf8.c crypto/rb_crypto.c
   crypto/rb_jose.c
   crypto/rb_jwk.c crypto/rb_pkey.c crypto/rb_keyring.c
   crypto/rb_keyring_read.c crypto/rb_seal.c */

#include "oauth/rb_oauth_rules.h"
#include "support.h"


static ngx_pool_t  *pool;


static ngx_str_t
str(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


static void
test_lists(void)
{
    size_t     at;
    ngx_str_t  list, item;

    list = str("  openid  read ");
    at = 0;

    support_ok(rb_oauth_next(&list, &at, &item), "a list's first item");
    support_is(item.data, item.len, "openid", "is openid");
    support_ok(rb_oauth_next(&list, &at, &item), "and its second");
    support_is(item.data, item.len, "read", "is read");
    support_ok(!rb_oauth_next(&list, &at, &item), "there is no third");

    support_ok(rb_oauth_has_lit(&list, "read"), "it has read");
    support_ok(!rb_oauth_has_lit(&list, "rea"), "but no part of it");
    support_ok(!rb_oauth_has_lit(&list, ""), "and nothing empty");

    item = str("read openid");
    support_ok(rb_oauth_within(&list, &item), "all are within");
    item = str("read write");
    support_ok(!rb_oauth_within(&list, &item), "one isn't");
    item = str("");
    support_ok(rb_oauth_within(&list, &item), "none is");
}


static void
test_uris(void)
{
    ngx_str_t    uri;
    ngx_uint_t   i;
    const char  *fault;

    static const struct {
        const char  *uri;
        const char  *fault;
    } uris[] = {
        { "https://a.example/cb", NULL },
        { "https://a.example", NULL },
        { "https://a.example:8443/cb?x=y", NULL },
        { "http://127.0.0.1/cb", NULL },
        { "http://127.0.0.1:8080/cb", NULL },
        { "http://[::1]/cb", NULL },
        { "http://[::1]:80/cb", NULL },
        { "http://localhost:3000/", NULL },
        { "com.example.app:/cb", NULL },
        { "com.example.app://cb", NULL },
        { "http://a.example/cb", "not_https" },
        { "http://127.0.0.1.evil.example/", "not_https" },
        { "http://localhost.evil.example/", "not_https" },
        { "https://", "not_https" },
        { "https:///cb", "not_https" },
        { "https://:443/cb", "not_https" },
        { "https://a.example:/cb", "not_https" },
        { "https://user@a.example/", "not_https" },
        { "http://127.0.0.1@evil.example/", "not_https" },
        { "https://a.example/#x", "has_fragment" },
        { "https://*.example/", "bad_character" },
        { "https://a.example/\"x", "bad_character" },
        { "https://a.example/\\x", "bad_character" },
        { "https://a.example/\xea\xb0\x80", "bad_character" },
        { "javascript:alert(1)", "not_https" },
        { "data:text/html,x", "not_https" },
        { "app:/cb", "not_https" },
        { "com.example.:/cb", "not_https" },
        { ".com.example:/cb", "not_https" },
        { "com.example.app:", "not_https" },
        { "/cb", "not_https" },
        { "", "not_https" }
    };

    for (i = 0; i < rb_array_size(uris); i++) {
        uri = str(uris[i].uri);
        fault = rb_oauth_uri_fault(&uri);

        support_ok(fault == uris[i].fault
                   || (fault && uris[i].fault
                       && strcmp(fault, uris[i].fault) == 0),
                   "%s: %s", uris[i].uri, fault ? fault : "good");
    }
}


static void
test_known(void)
{
    ngx_str_t            uri;
    ngx_uint_t           i;
    rb_oauth_client_t    client;

    static const struct {
        const char  *method;
        const char  *uri;
        ngx_uint_t   known;
    } asked[] = {
        { "none", "https://a.example/cb", 1 },
        { "none", "https://a.example/cb/", 0 },
        { "none", "https://a.example/CB", 0 },
        { "none", "https://a.example:443/cb", 0 },
        { "none", "http://127.0.0.1/cb", 1 },
        { "none", "http://127.0.0.1:1/cb", 1 },
        { "none", "http://127.0.0.1:65535/cb", 1 },
        { "none", "http://127.0.0.1:655350/cb", 0 },
        { "none", "http://127.0.0.1:x/cb", 0 },
        { "none", "http://127.0.0.1:1/cb?x", 0 },
        { "none", "http://127.0.0.1:1/cb#x", 0 },
        { "none", "http://[::1]:7/cb", 1 },
        { "none", "http://localhost:3000/cb", 1 },
        { "none", "http://localhost:3001/cb", 0 },
        { "client_secret_basic", "http://127.0.0.1/cb", 1 },
        { "client_secret_basic", "http://127.0.0.1:1/cb", 0 },
        { "none", "", 0 }
    };

    memset(&client, 0, sizeof(client));
    client.redirect_uris = str("https://a.example/cb http://127.0.0.1/cb "
                               "http://[::1]:5/cb "
                               "http://localhost:3000/cb");

    for (i = 0; i < rb_array_size(asked); i++) {
        client.auth_method = str(asked[i].method);
        uri = str(asked[i].uri);

        support_ok(rb_oauth_uri_known(&client, &uri) == asked[i].known,
                   "%s of %s is %s", asked[i].uri, asked[i].method,
                   asked[i].known ? "known" : "not");
    }
}


static void
test_params(void)
{
    rb_buf_t   b;
    ngx_str_t  value;

    rb_buf_init(&b, pool, 8);
    rb_buf_add_lit(&b, "https://a.example/cb");
    value = str("a b&c=d\xea\xb0\x80~");
    rb_oauth_add_param(&b, "state", &value);
    value = str("x");
    rb_oauth_add_param(&b, "iss", &value);

    support_is(b.start, rb_buf_len(&b),
               "https://a.example/cb?state=a%20b%26c%3Dd%EA%B0%80~&iss=x",
               "parameters are added");

    rb_buf_init(&b, pool, 8);
    rb_buf_add_lit(&b, "https://a.example/cb?x=y");
    rb_oauth_add_param(&b, "iss", &value);

    support_is(b.start, rb_buf_len(&b), "https://a.example/cb?x=y&iss=x",
               "to those that are there");
}


/* Whether the client is refused for exactly this field; NULL: for none. */

static void
check(const rb_oauth_client_t *client, const char *field, const char *name)
{
    rb_err_t         *err;
    ngx_uint_t        found, others;
    rb_err_field_t   *f;

    err = rb_oauth_client_check(pool, client);
    found = others = 0;

    for (f = err ? err->fields : NULL; f; f = f->next) {
        if (field && f->name.len == strlen(field)
            && memcmp(f->name.data, field, f->name.len) == 0)
        {
            found++;

        } else {
            others++;
        }
    }

    support_ok(found == (field != NULL) && others == 0, "%s: %s", name,
               field ? field : "good");
}


static void
test_registration(void)
{
    rb_oauth_client_t  good, c;

    static const char  key[] =
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
        "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

    memset(&good, 0, sizeof(good));
    good.id = str("app-1");
    good.name = str("\xec\x95\xb1");
    good.auth_method = str("none");
    good.redirect_uris = str("https://a.example/cb");
    good.grant_types = str("authorization_code refresh_token");
    good.scopes = str("openid read");

    check(&good, NULL, "a public client");

    c = good;
    c.id = str("a/b");
    check(&c, "id", "a bad id");
    c.id = str("ab");
    check(&c, "id", "a short id");

    c = good;
    c.name = str("");
    check(&c, "name", "no name");
    c.name = str("a\nb");
    check(&c, "name", "a name of two lines");

    c = good;
    c.auth_method = str("client_secret_jwt");
    check(&c, "auth_method", "an unknown method");

    c = good;
    c.grant_types = str("authorization_code implicit");
    check(&c, "grant_types", "an unknown grant");
    c.grant_types = str("");
    check(&c, "grant_types", "no grant");
    c.grant_types = str("client_credentials");
    check(&c, "grant_types", "client_credentials of a public client");

    c = good;
    c.scopes = str("openid admin");
    check(&c, "scopes", "an unknown scope");
    c.scopes = str("");
    check(&c, NULL, "no scope");

    c = good;
    c.redirect_uris = str("");
    check(&c, "redirect_uris", "no redirect URI");
    c.redirect_uris = str("https://a.example/ http://a.example/");
    check(&c, "redirect_uris", "a bad redirect URI");
    c.redirect_uris = str("https://a.a/ https://a.b/ https://a.c/ "
                          "https://a.d/ https://a.e/ https://a.f/ "
                          "https://a.g/ https://a.h/ https://a.i/ "
                          "https://a.j/ https://a.k/ https://a.l/ "
                          "https://a.m/ https://a.n/ https://a.o/ "
                          "https://a.p/ https://a.q/");
    check(&c, "redirect_uris", "seventeen of them");

    c = good;
    c.post_logout_redirect_uris = str("x");
    check(&c, "post_logout_redirect_uris", "a bad one after logging out");

    c = good;
    c.jwks = str(key);
    check(&c, "jwks", "keys of a client that has no use for them");
    c.auth_method = str("private_key_jwt");
    check(&c, NULL, "keys of one that has");
    c.jwks = str("{\"keys\":[]}");
    check(&c, "jwks", "a set without keys");
    c.jwks = str("x");
    check(&c, "jwks", "what is no JSON");
    c.jwks.len = 0;
    check(&c, "jwks", "no keys");
}


int
main(void)
{
    pool = support_pool();

    test_lists();
    test_uris();
    test_known();
    test_params();
    test_registration();

    ngx_destroy_pool(pool);

    return support_done();
}
