/* unit: crypto/rb_otp.c crypto/rb_crypto.c base/rb_buf.c */

#include "crypto/rb_otp.h"
#include "support.h"


static ngx_pool_t  *pool;


/* RFC 6238 appendix B, of whose eight digits we take the last six. */

static void
test_totp(void)
{
    size_t      i;
    u_char      code[6];
    int64_t     step;
    ngx_str_t   secret = ngx_string("12345678901234567890"), text;

    static const struct { int64_t at; const char *code; } vectors[] = {
        { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" },
        { 1234567890, "005924" }, { 2000000000, "279037" },
        { 20000000000, "353130" }
    };

    for (i = 0; i < rb_array_size(vectors); i++) {
        rb_totp_code(&secret, vectors[i].at / RB_TOTP_STEP, code);
        support_is(code, 6, vectors[i].code, "RFC 6238 at %lld",
                   (long long) vectors[i].at);

        text.data = (u_char *) vectors[i].code;
        text.len = 6;

        support_ok(rb_totp_find(&secret, &text, vectors[i].at, &step)
                   == NGX_OK && step == vectors[i].at / RB_TOTP_STEP,
                   "is found at its time");
        support_ok(rb_totp_find(&secret, &text, vectors[i].at + RB_TOTP_STEP,
                                &step) == NGX_OK
                   && step == vectors[i].at / RB_TOTP_STEP,
                   "and a step later");
        support_ok(rb_totp_find(&secret, &text, vectors[i].at - RB_TOTP_STEP,
                                &step) == NGX_OK, "and a step earlier");
        support_ok(rb_totp_find(&secret, &text,
                                vectors[i].at + 2 * RB_TOTP_STEP, &step)
                   == NGX_DECLINED, "but not two later");
    }

    support_ok(rb_totp_find(&secret, support_str("287083"), 59, &step)
               == NGX_DECLINED, "a wrong code");
    support_ok(rb_totp_find(&secret, support_str("28708"), 59, &step)
               == NGX_DECLINED, "a short one");
    support_ok(rb_totp_find(&secret, support_str("2870820"), 59, &step)
               == NGX_DECLINED, "a long one");
    support_ok(rb_totp_find(&secret, support_str(""), 59, &step)
               == NGX_DECLINED, "none");
}


static void
test_base32(void)
{
    size_t     i;
    ngx_str_t  text;

    static const char *const  vectors[][2] = {
        { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" },
        { "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" },
        { "foobar", "MZXW6YTBOI" }
    };

    for (i = 0; i < rb_array_size(vectors); i++) {
        text = rb_base32(pool, vectors[i][0], strlen(vectors[i][0]));
        support_is(text.data, text.len, vectors[i][1], "RFC 4648 §10: %s",
                   vectors[i][0]);
    }
}


static void
test_uri(void)
{
    ngx_str_t  uri;

    support_ok(rb_totp_uri(pool, support_str("foobar"),
                           support_str("Resort Bite"),
                           support_str("a+b:c@x.kr"), &uri) == NGX_OK, "a URI");
    support_is(uri.data, uri.len,
               "otpauth://totp/Resort%20Bite:a%2Bb%3Ac@x.kr?secret="
               "MZXW6YTBOI&issuer=Resort%20Bite&algorithm=SHA1&digits=6&"
               "period=30", "as authenticators read it");
}


static void
test_qr(void)
{
    char       long_text[1002];
    rb_buf_t   svg;
    ngx_str_t  text;

    rb_buf_init(&svg, pool, 64);
    support_ok(rb_qr_svg(&svg, support_str("otpauth://totp/x?secret=ABC"),
                         support_str("QR <&>")) == NGX_OK, "a QR code");
    rb_buf_add(&svg, "", 1);

    support_ok(strncmp((char *) svg.start, "<svg ", 5) == 0
               && strstr((char *) svg.start, "</svg>"), "an <svg>");
    support_ok(strstr((char *) svg.start, "role=\"img\"")
               && strstr((char *) svg.start, "viewBox=\"0 0 37 37\""),
               "that readers know, with a quiet zone");
    support_ok(strstr((char *) svg.start,
                      "<title>QR &lt;&amp;&gt;</title>") != NULL,
               "whose title is escaped");

    /* the finder pattern at the upper left: seven dark modules */
    support_ok(strstr((char *) svg.start, "d=\"M4 4h7v1h-7z") != NULL,
               "drawn from the corner");

    memset(long_text, 'x', sizeof(long_text));
    text.data = (u_char *) long_text;
    text.len = 1001;
    rb_buf_init(&svg, pool, 64);
    support_ok(rb_qr_svg(&svg, &text, support_str("")) == NGX_ERROR,
               "over 1000 bytes is refused");
    text.len = 1000;
    support_ok(rb_qr_svg(&svg, &text, support_str("")) == NGX_OK,
               "1000 bytes is not");
}


int
main(void)
{
    pool = support_pool();

    test_totp();
    test_base32();
    test_uri();
    test_qr();

    ngx_destroy_pool(pool);

    return support_done();
}
