/* unit: crypto/rb_crypto.c crypto/rb_password.c base/rb_utf8.c */

#include "crypto/rb_crypto.h"
#include "crypto/rb_password.h"
#include "support.h"
#include <sys/stat.h>
#include <unistd.h>


static ngx_pool_t  *pool;


static void
test_base64url(void)
{
    size_t      i, n;
    u_char      bytes[64], out[64];
    ngx_str_t   text, data;

    /* RFC 4648 §10, without the padding */

    static const struct { const char *plain; const char *text; } vectors[] = {
        { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "-__-" }
    };

    static const char *const  bad[] = {
        "Zg==", "Z", "Zh", "Zm9", "Zm 8", "Zm+v", "Zm/v", "Zm9vY", "\xc3\xa4"
    };

    for (i = 0; i < rb_array_size(vectors); i++) {
        text = rb_base64url(pool, vectors[i].plain, strlen(vectors[i].plain));
        support_is(text.data, text.len, vectors[i].text,
                   "base64url of %zu bytes", strlen(vectors[i].plain));

        support_ok(rb_base64url_decode(pool, &text, &data) == NGX_OK,
                   "is read");
        support_is(data.data, data.len, vectors[i].plain, "and is the same");
    }

    for (i = 0; i < rb_array_size(bad); i++) {
        text.data = (u_char *) bad[i];
        text.len = strlen(bad[i]);
        support_ok(rb_base64url_decode(pool, &text, &data) == NGX_DECLINED,
                   "\"%s\" is not base64url", bad[i]);
    }

    memset(bytes, 0x5a, sizeof(bytes));
    text = rb_base64url(pool, bytes, 33);
    support_ok(rb_base64url_read(text.data, text.len, out, 33, &n) == NGX_OK
               && n == 33 && memcmp(bytes, out, 33) == 0,
               "what fits is read");
    support_ok(rb_base64url_read(text.data, text.len, out, 32, &n)
               == NGX_DECLINED, "what doesn't fit is not");
}


static void
test_bytea(void)
{
    ngx_str_t  text, data;

    text = rb_bytea(pool, "\x00\x9f\xff", 3);
    support_is(text.data, text.len, "\\x009fff", "bytea");
    support_ok(rb_bytea_decode(pool, &text, &data) == NGX_OK
               && data.len == 3 && memcmp(data.data, "\x00\x9f\xff", 3) == 0,
               "and back");
    support_ok(rb_bytea_decode(pool, &text, &text) == NGX_OK
               && text.len == 3 && memcmp(text.data, "\x00\x9f\xff", 3) == 0,
               "in the place of its text");
    text = rb_base64url(pool, "foobar", 6);
    support_ok(rb_base64url_decode(pool, &text, &text) == NGX_OK, "and so");
    support_is(text.data, text.len, "foobar", "is base64url");
    support_ok(rb_bytea_decode(pool, support_str("\\x"), &data) == NGX_OK
               && data.len == 0, "none");
    support_ok(rb_bytea_decode(pool, support_str("\\x0"), &data)
               == NGX_DECLINED, "half a byte");
    support_ok(rb_bytea_decode(pool, support_str("\\x0g"), &data)
               == NGX_DECLINED, "no digit");
    support_ok(rb_bytea_decode(pool, support_str("009fff"), &data)
               == NGX_DECLINED, "no prefix");

    text = rb_hash_param(pool, support_str("abc"));
    support_is(text.data, text.len, "\\xba7816bf8f01cfea414140de5dae2223b00361"
               "a396177a9cb410ff61f20015ad", "SHA-256 of a text");
}


static void
test_random(void)
{
    u_char     one[RB_SECRET_TEXT_LEN], two[RB_SECRET_TEXT_LEN];
    ngx_str_t  text, data;

    support_ok(rb_random_text(one) == NGX_OK && rb_random_text(two) == NGX_OK
               && memcmp(one, two, sizeof(one)) != 0, "secrets differ");

    text.data = one;
    text.len = sizeof(one);
    support_ok(rb_base64url_decode(pool, &text, &data) == NGX_OK
               && data.len == 32, "and are 32 bytes as base64url");

    support_ok(rb_same(support_str("abc"), support_str("abc")), "same");
    support_ok(!rb_same(support_str("abc"), support_str("abd")), "not same");
    support_ok(!rb_same(support_str("abc"), support_str("ab")), "shorter");
}


/* RFC 7914 §12: the vectors whose memory we would give. */

static void
test_scrypt(void)
{
    ngx_uint_t  weak;

    static const char  vector[] =
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y"
        "0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA";
    static const char  vector2[] =
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qb"
        "VD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";
    ngx_str_t  hash = ngx_string(vector), hash2 = ngx_string(vector2);

    support_ok(rb_password_verify(support_str("password"), &hash, &weak)
               == NGX_OK, "RFC 7914's second vector");
    support_ok(weak, "is below today's parameters");
    support_ok(rb_password_verify(support_str("passwore"), &hash, &weak)
               == NGX_DECLINED && !weak, "another password isn't it");
    support_ok(rb_password_verify(support_str("pleaseletmein"), &hash2, &weak)
               == NGX_OK && weak, "its third");
}


static void
test_password(void)
{
    size_t      i, len;
    u_char      text[RB_PASSWORD_HASH_MAX], other[RB_PASSWORD_HASH_MAX];
    ngx_str_t   hash, bad;
    ngx_uint_t  weak;

    static const char *const  broken[] = {
        "$scrypt$ln=14,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$",
        "$scrypt$ln=30,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=20,r=32,p=5$c2FsdHNhbHRzYWx0c2FsdA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=14,r=8,p=0$c2FsdHNhbHRzYWx0c2FsdA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$AAAA", "plain", "$scrypt$"
    };

    support_ok(rb_password_hash(support_str("correct horse"), text, &len)
               == NGX_OK, "a password is hashed");

    hash.data = text;
    hash.len = len;

    support_ok(len > 30 && memcmp(text, "$scrypt$ln=14,r=8,p=5$", 22) == 0
               && memchr(text, '=', len) && text[len - 1] != '=',
               "as a PHC string");
    support_ok(rb_password_verify(support_str("correct horse"), &hash, &weak)
               == NGX_OK && !weak, "and verified");
    support_ok(rb_password_verify(support_str("correct horsf"), &hash, &weak)
               == NGX_DECLINED, "another is not");
    support_ok(rb_password_verify(support_str(""), &hash, &weak)
               == NGX_DECLINED, "nor none");

    support_ok(rb_password_hash(support_str("correct horse"), other, &i)
               == NGX_OK && (i != len || memcmp(text, other, len) != 0),
               "the salt differs each time");

    text[len - 10] ^= 1;
    support_ok(rb_password_verify(support_str("correct horse"), &hash, &weak)
               == NGX_DECLINED, "a changed hash is another's");

    ngx_str_null(&bad);
    support_ok(rb_password_verify(support_str("correct horse"), &bad, &weak)
               == NGX_DECLINED, "no account: declined");

    for (i = 0; i < rb_array_size(broken); i++) {
        bad.data = (u_char *) broken[i];
        bad.len = strlen(broken[i]);
        support_ok(rb_password_verify(support_str("x"), &bad, &weak)
                   == NGX_DECLINED, "%s is declined", broken[i]);
    }
}


static ngx_uint_t
fault_is(const char *password, const char *email, const char *name,
    const char *expected)
{
    ngx_str_t    p, e, n;
    const char  *fault;

    p.data = (u_char *) password;
    p.len = strlen(password);
    e.data = (u_char *) email;
    e.len = strlen(email);
    n.data = (u_char *) name;
    n.len = strlen(name);

    fault = rb_password_fault(&p, &e, &n);

    return fault ? (expected && strcmp(fault, expected) == 0)
                 : expected == NULL;
}


static void
test_faults(void)
{
    FILE         *f;
    char          name[] = "/tmp/rb_blocklist_XXXXXX", longest[129 * 3 + 1];
    ngx_conf_t    cf;
    ngx_str_t     file;
    ngx_uint_t    i;

    memset(&cf, 0, sizeof(cf));
    cf.pool = pool;
    cf.temp_pool = pool;
    cf.log = &support_log;
    cf.cycle = &support_cycle;

    f = fdopen(mkstemp(name), "w");
    fputs("# comment\n\nPassword1\nqwer1234\r\n비밀번호1234\nlast-one", f);

    for (i = 0; i < 5000; i++) {
        fprintf(f, "\ncommon%05u", (unsigned) i);
    }

    fclose(f);

    file.data = (u_char *) name;
    file.len = strlen(name);

    support_ok(rb_password_blocklist_read(&cf, &file, &rb_password_blocklist)
               == NGX_CONF_OK, "a block list is read");
    unlink(name);

    support_ok(fault_is("qwer1234", "", "", "too_common"), "on the list");
    support_ok(fault_is("pASSWORD1", "", "", "too_common"), "in any case");
    support_ok(fault_is("비밀번호1234", "", "", "too_common"), "in Korean");
    support_ok(fault_is("last-one", "", "", "too_common"), "the last line of "
               "what others begin");
    support_ok(fault_is("common04999", "", "", "too_common"), "thousands");
    support_ok(fault_is("# comment", "", "", NULL), "no comment");
    support_ok(fault_is("1234567", "", "", "too_short"), "too short");
    support_ok(fault_is("여덟글자입니다요", "", "", NULL), "eight characters");
    support_ok(fault_is("일곱글자입니다", "", "", "too_short"), "seven");

    for (i = 0; i < 129; i++) {
        memcpy(longest + i * 3, "한", 3);
    }

    longest[129 * 3] = '\0';
    support_ok(fault_is(longest, "", "", "too_long"), "129 characters");
    longest[128 * 3] = '\0';
    support_ok(fault_is(longest, "", "", NULL), "128 characters");

    support_ok(fault_is("minji.kim@x.kr", "Minji.Kim@x.kr", "", "personal"),
               "the address");
    support_ok(fault_is("Minji.Kim2026!", "minji.kim@x.kr", "", "personal"),
               "its local part with digits");
    support_ok(fault_is("crew1999", "crew1@example.com", "", "personal"),
               "other digits than it has");
    support_ok(fault_is("김민지리조트최고", "a@b.c", "김민지리조트최고", "personal"),
               "the name");
    support_ok(fault_is("2026ResortBite!", "", "", "personal"),
               "the product's name");
    support_ok(fault_is("리조트바이트12", "", "", "personal"), "in Korean");
    support_ok(fault_is("resortbite-lover", "", "", NULL), "and more is fine");
    support_ok(fault_is("20261123", "1@x.kr", "", NULL), "digits alone are "
               "nobody's name");

    rb_password_blocklist = NULL;

    file.data = (u_char *) "/nonexistent/list";
    file.len = sizeof("/nonexistent/list") - 1;
    support_ok(rb_password_blocklist_read(&cf, &file, &rb_password_blocklist)
               == NGX_CONF_ERROR
               && strstr((char *) support_logged, "/nonexistent/list"),
               "a list that isn't there is named");
}


int
main(void)
{
    pool = support_pool();
    ngx_cacheline_size = 64;
    ngx_pagesize = 4096;

    test_base64url();
    test_bytea();
    test_random();
    test_scrypt();
    test_password();
    test_faults();

    ngx_destroy_pool(pool);

    return support_done();
}
