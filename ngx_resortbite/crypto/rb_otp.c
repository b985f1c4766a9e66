
/*
 * HOTP's truncation (RFC 4226 §5.3) of HMAC-SHA-1 over the number of the
 * step.  SHA-1 is sound here, and all that authenticators agree on.
 */


#include "crypto/rb_otp.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <qrencode.h>


#define RB_TOTP_DIGITS   6
#define RB_QR_TEXT_MAX   1000
#define RB_QR_MARGIN     4              /* modules, ISO/IEC 18004 §6.3.8 */


static void rb_otp_escape(rb_buf_t *buf, const ngx_str_t *text);
static void rb_qr_path(rb_buf_t *svg, const QRcode *qr);
static void rb_qr_text(rb_buf_t *svg, const ngx_str_t *text);


ngx_int_t
rb_totp_find(const ngx_str_t *secret, const ngx_str_t *code, time_t now,
    int64_t *step)
{
    u_char      own[RB_TOTP_DIGITS];
    int64_t     first, i;
    ngx_int_t   rc;

    if (code->len != RB_TOTP_DIGITS) {
        return NGX_DECLINED;
    }

    first = (int64_t) now / RB_TOTP_STEP - 1;
    rc = NGX_DECLINED;

    for (i = first; i < first + 3; i++) {

        if (rb_totp_code(secret, i, own) != NGX_OK) {
            return NGX_ERROR;
        }

        if (CRYPTO_memcmp(own, code->data, RB_TOTP_DIGITS) == 0) {
            *step = i;
            rc = NGX_OK;
        }
    }

    OPENSSL_cleanse(own, sizeof(own));

    return rc;
}


ngx_int_t
rb_totp_code(const ngx_str_t *secret, int64_t step, u_char code[6])
{
    u_char         counter[8], mac[EVP_MAX_MD_SIZE];
    uint32_t       n;
    ngx_int_t      i;
    unsigned int   len;
    const u_char  *p;

    for (i = 7; i >= 0; i--) {
        counter[i] = (u_char) (step & 0xff);
        step >>= 8;
    }

    if (HMAC(EVP_sha1(), secret->data, (int) secret->len, counter,
             sizeof(counter), mac, &len)
        == NULL || len != 20)
    {
        return NGX_ERROR;
    }

    p = mac + (mac[19] & 0xf);
    n = ((uint32_t) (p[0] & 0x7f) << 24 | (uint32_t) p[1] << 16
         | (uint32_t) p[2] << 8 | p[3]) % 1000000;

    for (i = RB_TOTP_DIGITS - 1; i >= 0; i--) {
        code[i] = (u_char) ('0' + n % 10);
        n /= 10;
    }

    OPENSSL_cleanse(mac, sizeof(mac));

    return NGX_OK;
}


ngx_int_t
rb_totp_uri(ngx_pool_t *pool, const ngx_str_t *secret,
    const ngx_str_t *issuer, const ngx_str_t *account, ngx_str_t *uri)
{
    rb_buf_t   buf;
    ngx_str_t  text;

    text = rb_base32(pool, secret->data, secret->len);

    if (text.data == NULL || rb_buf_init(&buf, pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_buf_add_lit(&buf, "otpauth://totp/");
    rb_otp_escape(&buf, issuer);
    rb_buf_add_lit(&buf, ":");
    rb_otp_escape(&buf, account);
    rb_buf_add_lit(&buf, "?secret=");
    rb_buf_add_str(&buf, &text);
    rb_buf_add_lit(&buf, "&issuer=");
    rb_otp_escape(&buf, issuer);
    rb_buf_add_lit(&buf, "&algorithm=SHA1&digits=6&period=30");

    uri->data = buf.start;
    uri->len = rb_buf_len(&buf);

    return buf.failed ? NGX_ERROR : NGX_OK;
}


static void
rb_otp_escape(rb_buf_t *buf, const ngx_str_t *text)
{
    size_t  i;
    u_char  c, escaped[3];

    static const u_char  digits[] = "0123456789ABCDEF";

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
            || c == '~' || c == '@')
        {
            rb_buf_add(buf, &c, 1);
            continue;
        }

        escaped[0] = '%';
        escaped[1] = digits[c >> 4];
        escaped[2] = digits[c & 0xf];
        rb_buf_add(buf, escaped, 3);
    }
}


ngx_str_t
rb_base32(ngx_pool_t *pool, const void *data, size_t len)
{
    u_char        *p;
    uint32_t       bits;
    ngx_str_t      text;
    ngx_uint_t     have;
    const u_char  *src;

    static const u_char  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    text.len = 0;
    text.data = ngx_pnalloc(pool, len / 5 * 8 + 8);

    if (text.data == NULL) {
        return text;
    }

    p = text.data;
    src = data;
    bits = 0;
    have = 0;

    while (len--) {
        bits = (bits << 8 | *src++) & 0xfff;
        have += 8;

        while (have >= 5) {
            have -= 5;
            *p++ = letters[bits >> have & 0x1f];
        }
    }

    if (have) {
        *p++ = letters[bits << (5 - have) & 0x1f];
    }

    text.len = p - text.data;

    return text;
}


ngx_int_t
rb_qr_svg(rb_buf_t *svg, const ngx_str_t *text, const ngx_str_t *title)
{
    int      size;
    QRcode  *qr;

    if (text->len == 0 || text->len > RB_QR_TEXT_MAX) {
        return NGX_ERROR;
    }

    qr = QRcode_encodeData((int) text->len, text->data, 0, QR_ECLEVEL_M);

    if (qr == NULL) {
        return NGX_ERROR;
    }

    size = qr->width + 2 * RB_QR_MARGIN;

    rb_buf_printf(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
                  " viewBox=\"0 0 %d %d\" width=\"240\" height=\"240\""
                  " shape-rendering=\"crispEdges\"><title>", size, size);
    rb_qr_text(svg, title);
    rb_buf_printf(svg, "</title><rect width=\"%d\" height=\"%d\""
                  " fill=\"#fff\"/><path fill=\"#000\" d=\"", size, size);
    rb_qr_path(svg, qr);
    rb_buf_add_lit(svg, "\"/></svg>");

    QRcode_free(qr);

    return svg->failed ? NGX_ERROR : NGX_OK;
}


/* A rectangle of height 1 for each run of dark modules. */

static void
rb_qr_path(rb_buf_t *svg, const QRcode *qr)
{
    int            x, y, run;
    const u_char  *row;

    for (y = 0; y < qr->width; y++) {
        row = qr->data + y * qr->width;

        for (x = 0; x < qr->width; x += run) {

            for (run = 0; x + run < qr->width && (row[x + run] & 1); run++) {
                /* void */
            }

            if (run == 0) {
                run = 1;
                continue;
            }

            rb_buf_printf(svg, "M%d %dh%dv1h-%dz", x + RB_QR_MARGIN,
                          y + RB_QR_MARGIN, run, run);
        }
    }
}


static void
rb_qr_text(rb_buf_t *svg, const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {

        switch (text->data[i]) {

        case '<':
            rb_buf_add_lit(svg, "&lt;");
            break;

        case '>':
            rb_buf_add_lit(svg, "&gt;");
            break;

        case '&':
            rb_buf_add_lit(svg, "&amp;");
            break;

        default:
            rb_buf_add(svg, &text->data[i], 1);
        }
    }
}
