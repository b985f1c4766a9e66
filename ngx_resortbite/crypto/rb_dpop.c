
/*
 * Two URIs are compared after what RFC 3986 §6.2.2 and §6.2.3 call equal:
 * case of scheme, host and escapes, escapes that need not be, the port that
 * goes without saying, an empty path.
 */


#include "crypto/rb_dpop.h"


#define RB_DPOP_URI_MAX  2048
#define RB_DPOP_JTI_MIN  8
#define RB_DPOP_JTI_MAX  128


static ngx_uint_t rb_dpop_uri(const ngx_str_t *uri, u_char *out, size_t *len);
static u_char *rb_dpop_authority(u_char *p, const u_char *s,
    const u_char *end, ngx_uint_t secure);
static u_char *rb_dpop_path(u_char *p, const u_char *s, const u_char *end);
static ngx_uint_t rb_dpop_hex(u_char c);
static ngx_uint_t rb_dpop_unreserved(ngx_uint_t c);
static ngx_uint_t rb_dpop_same_uri(const ngx_str_t *a, const ngx_str_t *b);


const char *
rb_dpop_check(ngx_pool_t *pool, const ngx_str_t *proof,
    const ngx_str_t *method, const ngx_str_t *uri, time_t now,
    const ngx_str_t *access_token, ngx_str_t *jkt,
    u_char jti_hash[RB_SHA256_LEN])
{
    json_t     *jwk;
    u_char      hash[RB_SHA256_LEN];
    int64_t     iat;
    rb_buf_t    buf;
    rb_jwt_t    jwt;
    ngx_int_t   rc;
    ngx_str_t   htm, htu, jti, ath, expected;

    static const char  no_memory[] = "out of memory";

    rc = rb_jwt_parse(pool, proof, &jwt);

    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? no_memory
                                 : "the proof is not a signed JWT";
    }

    if (jwt.typ.len != sizeof("dpop+jwt") - 1
        || ngx_strncasecmp(jwt.typ.data, (u_char *) "dpop+jwt", jwt.typ.len)
           != 0)
    {
        return "the proof's typ is not dpop+jwt";
    }

    jwk = json_object_get(jwt.header, "jwk");

    if (rb_jwt_verify_jwk(&jwt, jwk) != NGX_OK) {
        return "the proof is not signed with the public key in its header";
    }

    if (rb_jwk_thumbprint(pool, jwk, jkt) != NGX_OK) {
        return no_memory;
    }

    htm = rb_jwt_str(&jwt, "htm");
    htu = rb_jwt_str(&jwt, "htu");
    jti = rb_jwt_str(&jwt, "jti");
    iat = rb_jwt_int(&jwt, "iat", 0);

    if (htm.len == 0 || !rb_same(&htm, method)) {
        return "the proof's htm is not the method of this request";
    }

    if (!rb_dpop_same_uri(&htu, uri)) {
        return "the proof's htu is not the URI of this request";
    }

    if (iat < now - RB_DPOP_AGE || iat > now + RB_DPOP_AGE) {
        return "the proof's iat is not of this minute";
    }

    if (jti.len < RB_DPOP_JTI_MIN || jti.len > RB_DPOP_JTI_MAX) {
        return "the proof's jti must have 8 to 128 characters";
    }

    if (access_token->len) {
        ath = rb_jwt_str(&jwt, "ath");

        if (rb_sha256(access_token->data, access_token->len, hash) != NGX_OK) {
            return no_memory;
        }

        expected = rb_base64url(pool, hash, sizeof(hash));

        if (expected.data == NULL) {
            return no_memory;
        }

        if (!rb_same(&ath, &expected)) {
            return "the proof's ath is not the hash of the access token";
        }
    }

    if (rb_buf_init(&buf, pool, 256) != NGX_OK) {
        return no_memory;
    }

    rb_buf_add_str(&buf, jkt);
    rb_buf_add_lit(&buf, ".");
    rb_buf_add_str(&buf, &jti);

    if (buf.failed
        || rb_sha256(buf.start, rb_buf_len(&buf), jti_hash) != NGX_OK)
    {
        return no_memory;
    }

    return NULL;
}


static ngx_uint_t
rb_dpop_same_uri(const ngx_str_t *a, const ngx_str_t *b)
{
    size_t  n, m;
    u_char  left[RB_DPOP_URI_MAX + 8], right[RB_DPOP_URI_MAX + 8];

    return rb_dpop_uri(a, left, &n) && rb_dpop_uri(b, right, &m)
           && n == m && ngx_memcmp(left, right, n) == 0;
}


/* Writes the normal form, without query and fragment; 0: it is no URI. */

static ngx_uint_t
rb_dpop_uri(const ngx_str_t *uri, u_char *out, size_t *len)
{
    u_char        *p;
    ngx_uint_t     secure;
    const u_char  *s, *end, *path;

    if (uri->len == 0 || uri->len > RB_DPOP_URI_MAX) {
        return 0;
    }

    s = uri->data;

    for (end = s; end < uri->data + uri->len; end++) {
        if (*end == '?' || *end == '#') {
            break;
        }
    }

    if (end - s > 8
        && ngx_strncasecmp((u_char *) s, (u_char *) "https://", 8) == 0)
    {
        secure = 1;
        p = ngx_cpymem(out, "https://", 8);
        s += 8;

    } else if (end - s > 7
               && ngx_strncasecmp((u_char *) s, (u_char *) "http://", 7) == 0)
    {
        secure = 0;
        p = ngx_cpymem(out, "http://", 7);
        s += 7;

    } else {
        return 0;
    }

    for (path = s; path < end && *path != '/'; path++) { /* void */ }

    p = rb_dpop_authority(p, s, path, secure);

    if (path == end) {
        *p++ = '/';
    }

    p = rb_dpop_path(p, path, end);

    if (p == NULL) {
        return 0;
    }

    *len = p - out;

    return 1;
}


static u_char *
rb_dpop_authority(u_char *p, const u_char *s, const u_char *end,
    ngx_uint_t secure)
{
    size_t       n;
    const char  *port;

    port = secure ? ":443" : ":80";
    n = ngx_strlen(port);

    if ((size_t) (end - s) > n && ngx_memcmp(end - n, port, n) == 0) {
        end -= n;

    } else if (end > s && end[-1] == ':') {
        end--;
    }

    while (s < end) {
        *p++ = ngx_tolower(*s);
        s++;
    }

    return p;
}


static u_char *
rb_dpop_path(u_char *p, const u_char *s, const u_char *end)
{
    ngx_uint_t  high, low, c;

    static const u_char  digits[] = "0123456789ABCDEF";

    while (s < end) {

        if (*s != '%') {
            *p++ = *s++;
            continue;
        }

        if (end - s < 3) {
            return NULL;
        }

        high = rb_dpop_hex(s[1]);
        low = rb_dpop_hex(s[2]);

        if (high > 0xf || low > 0xf) {
            return NULL;
        }

        c = high << 4 | low;
        s += 3;

        if (rb_dpop_unreserved(c)) {
            *p++ = (u_char) c;
            continue;
        }

        *p++ = '%';
        *p++ = digits[high];
        *p++ = digits[low];
    }

    return p;
}


static ngx_uint_t
rb_dpop_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? (ngx_uint_t) (c - 'a' + 10) : 16;
}


static ngx_uint_t
rb_dpop_unreserved(ngx_uint_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}
