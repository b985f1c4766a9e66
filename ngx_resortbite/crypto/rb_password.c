
/*
 * scrypt is OpenSSL's KDF of that name.  Its memory is bounded by what we say,
 * so that a hash with absurd parameters costs nothing but a refusal.
 *
 * Where there is no account a hash is made all the same, with a salt that is
 * always the same, and thrown away: it takes as long as the real thing.
 */


#include "crypto/rb_password.h"
#include "base/rb_utf8.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>


#define RB_SCRYPT_LN         14         /* log2 of N */
#define RB_SCRYPT_R          8
#define RB_SCRYPT_P          5
#define RB_SCRYPT_MEMORY     (64 * 1024 * 1024)

#define RB_SCRYPT_SALT_LEN   16
#define RB_SCRYPT_HASH_LEN   32
#define RB_SCRYPT_BYTES_MAX  64         /* of a salt or hash that we read */

#define RB_PASSWORD_BYTES    (RB_PASSWORD_MAX * 4)
#define RB_BLOCKLIST_MAX     (16 * 1024 * 1024)


typedef struct {
    ngx_uint_t    ln;
    ngx_uint_t    r;
    ngx_uint_t    p;
    size_t        salt_len;
    size_t        hash_len;
    u_char        salt[RB_SCRYPT_BYTES_MAX];
    u_char        hash[RB_SCRYPT_BYTES_MAX];
} rb_scrypt_t;


static ngx_int_t rb_scrypt_run(const ngx_str_t *password,
    const rb_scrypt_t *s, u_char *out);
static ngx_int_t rb_scrypt_parse(const ngx_str_t *text, rb_scrypt_t *s);
static ngx_int_t rb_scrypt_number(u_char **pos, u_char *end,
    const char *name, ngx_uint_t max, ngx_uint_t *value);
static ngx_int_t rb_scrypt_bytes(u_char **pos, u_char *end, u_char *out,
    size_t *len);
static u_char *rb_scrypt_write(u_char *p, const u_char *data, size_t len);
static ngx_int_t rb_blocklist_keys(ngx_conf_t *cf, ngx_array_t *keys,
    ngx_str_t *text);
static ngx_int_t rb_blocklist_file(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);
static ngx_str_t rb_password_core(ngx_str_t text);
static ngx_uint_t rb_password_is(const ngx_str_t *password,
    const ngx_str_t *word);
static size_t rb_password_lower(u_char *dst, size_t max, const ngx_str_t *src);


ngx_hash_t  *rb_password_blocklist;


ngx_int_t
rb_password_hash(const ngx_str_t *password, u_char hash[RB_PASSWORD_HASH_MAX],
    size_t *len)
{
    u_char       *p;
    rb_scrypt_t   s;

    s.ln = RB_SCRYPT_LN;
    s.r = RB_SCRYPT_R;
    s.p = RB_SCRYPT_P;
    s.salt_len = RB_SCRYPT_SALT_LEN;
    s.hash_len = RB_SCRYPT_HASH_LEN;

    if (rb_random(s.salt, s.salt_len) != NGX_OK
        || rb_scrypt_run(password, &s, s.hash) != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_sprintf(hash, "$scrypt$ln=%ui,r=%ui,p=%ui$", s.ln, s.r, s.p);

    p = rb_scrypt_write(p, s.salt, s.salt_len);
    *p++ = '$';
    p = rb_scrypt_write(p, s.hash, s.hash_len);

    *len = p - hash;

    return NGX_OK;
}


ngx_int_t
rb_password_verify(const ngx_str_t *password, const ngx_str_t *hash,
    ngx_uint_t *weak)
{
    u_char        out[RB_SCRYPT_BYTES_MAX];
    ngx_int_t     rc;
    ngx_uint_t    known;
    rb_scrypt_t   s;

    *weak = 0;

    known = (hash->len && rb_scrypt_parse(hash, &s) == NGX_OK);

    if (!known) {
        ngx_memzero(&s, sizeof(s));
        s.ln = RB_SCRYPT_LN;
        s.r = RB_SCRYPT_R;
        s.p = RB_SCRYPT_P;
        s.salt_len = RB_SCRYPT_SALT_LEN;
        s.hash_len = RB_SCRYPT_HASH_LEN;
    }

    if (rb_scrypt_run(password, &s, out) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = (CRYPTO_memcmp(out, s.hash, s.hash_len) == 0 && known)
         ? NGX_OK : NGX_DECLINED;

    *weak = rc == NGX_OK
            && (s.ln < RB_SCRYPT_LN || s.r < RB_SCRYPT_R || s.p < RB_SCRYPT_P
                || s.salt_len < RB_SCRYPT_SALT_LEN
                || s.hash_len < RB_SCRYPT_HASH_LEN);

    OPENSSL_cleanse(out, sizeof(out));

    return rc;
}


static ngx_int_t
rb_scrypt_run(const ngx_str_t *password, const rb_scrypt_t *s, u_char *out)
{
    int            ok;
    EVP_KDF       *kdf;
    uint64_t       n, memory;
    uint32_t       r, p;
    OSSL_PARAM     params[7], *param;
    EVP_KDF_CTX   *ctx;

    n = (uint64_t) 1 << s->ln;
    r = (uint32_t) s->r;
    p = (uint32_t) s->p;
    memory = RB_SCRYPT_MEMORY;

    kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    if (kdf == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    param = params;

    /* an empty password has bytes too, none of which are read */
    *param++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD,
                   password->len ? (void *) password->data : (void *) "",
                   password->len);
    *param++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                            (void *) s->salt, s->salt_len);
    *param++ = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n);
    *param++ = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r);
    *param++ = OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p);
    *param++ = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM,
                                           &memory);
    *param = OSSL_PARAM_construct_end();

    ok = EVP_KDF_derive(ctx, out, s->hash_len, params);
    EVP_KDF_CTX_free(ctx);

    return (ok == 1) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
rb_scrypt_parse(const ngx_str_t *text, rb_scrypt_t *s)
{
    u_char  *p, *end;

    p = text->data;
    end = p + text->len;

    if (rb_scrypt_number(&p, end, "$scrypt$ln=", 20, &s->ln) != NGX_OK
        || rb_scrypt_number(&p, end, ",r=", 32, &s->r) != NGX_OK
        || rb_scrypt_number(&p, end, ",p=", 64, &s->p) != NGX_OK
        || rb_scrypt_bytes(&p, end, s->salt, &s->salt_len) != NGX_OK
        || rb_scrypt_bytes(&p, end, s->hash, &s->hash_len) != NGX_OK
        || p != end || s->hash_len < 16)
    {
        return NGX_DECLINED;
    }

    if ((((uint64_t) 1 << s->ln) + s->p + 2) * 128 * s->r > RB_SCRYPT_MEMORY) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
rb_scrypt_number(u_char **pos, u_char *end, const char *name, ngx_uint_t max,
    ngx_uint_t *value)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   n;

    p = *pos;
    len = ngx_strlen(name);

    if ((size_t) (end - p) < len || ngx_memcmp(p, name, len) != 0) {
        return NGX_DECLINED;
    }

    p += len;

    for (n = 0; p < end && *p >= '0' && *p <= '9' && n <= max; p++) {
        n = n * 10 + (*p - '0');
    }

    if (n < 1 || n > max) {
        return NGX_DECLINED;
    }

    *pos = p;
    *value = n;

    return NGX_OK;
}


/* "$" and bytes as base64 without padding, up to the next "$" or the end. */

static ngx_int_t
rb_scrypt_bytes(u_char **pos, u_char *end, u_char *out, size_t *len)
{
    u_char      *p, *last, c;
    uint32_t     bits;
    ngx_uint_t   have, sextet;

    p = *pos;

    if (p == end || *p++ != '$') {
        return NGX_DECLINED;
    }

    bits = 0;
    have = 0;
    last = out;

    for ( /* void */ ; p < end && *p != '$'; p++) {
        c = *p;

        if (c >= 'A' && c <= 'Z') {
            sextet = c - 'A';

        } else if (c >= 'a' && c <= 'z') {
            sextet = c - 'a' + 26;

        } else if (c >= '0' && c <= '9') {
            sextet = c - '0' + 52;

        } else if (c == '+' || c == '/') {
            sextet = (c == '+') ? 62 : 63;

        } else {
            return NGX_DECLINED;
        }

        bits = (bits << 6 | sextet) & 0xffff;
        have += 6;

        if (have >= 8) {
            if (last == out + RB_SCRYPT_BYTES_MAX) {
                return NGX_DECLINED;
            }

            have -= 8;
            *last++ = (u_char) (bits >> have);
        }
    }

    if (have == 6 || (bits & ((1u << have) - 1)) || last == out) {
        return NGX_DECLINED;
    }

    *pos = p;
    *len = last - out;

    return NGX_OK;
}


static u_char *
rb_scrypt_write(u_char *p, const u_char *data, size_t len)
{
    /* it ends by NUL, for which there is room, and pads to whole fours */
    p += EVP_EncodeBlock(p, data, (int) len);

    while (p[-1] == '=') {
        p--;
    }

    return p;
}


char *
rb_password_blocklist_read(ngx_conf_t *cf, ngx_str_t *file, ngx_hash_t **list)
{
    ngx_str_t         name, text;
    ngx_pool_t       *temp;
    ngx_array_t       keys;
    ngx_hash_init_t   hash;

    name = *file;

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    temp = ngx_create_pool(16384, cf->log);
    if (temp == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_array_init(&keys, temp, 1024, sizeof(ngx_hash_key_t)) != NGX_OK
        || rb_blocklist_file(cf, &name, &text) != NGX_OK
        || rb_blocklist_keys(cf, &keys, &text) != NGX_OK)
    {
        ngx_destroy_pool(temp);
        return NGX_CONF_ERROR;
    }

    if (keys.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no passwords: one a line is expected",
                           &name);
        ngx_destroy_pool(temp);
        return NGX_CONF_ERROR;
    }

    hash.hash = NULL;
    hash.key = ngx_hash_key;
    hash.max_size = keys.nelts * 2 + 16;
    hash.bucket_size = ngx_align(1024, ngx_cacheline_size);
    hash.name = "resortbite_password_blocklist";
    hash.pool = cf->pool;
    hash.temp_pool = NULL;

    if (ngx_hash_init(&hash, keys.elts, keys.nelts) != NGX_OK) {
        ngx_destroy_pool(temp);
        return NGX_CONF_ERROR;
    }

    ngx_destroy_pool(temp);
    *list = hash.hash;

    return NGX_CONF_OK;
}


static ngx_int_t
rb_blocklist_file(ngx_conf_t *cf, ngx_str_t *name, ngx_str_t *text)
{
    off_t            size;
    ssize_t          n;
    ngx_file_t       file;
    ngx_file_info_t  info;

    ngx_memzero(&file, sizeof(file));
    file.name = *name;
    file.log = cf->log;

    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\", the list of common passwords, can't be "
                           "opened", name);
        return NGX_ERROR;
    }

    size = -1;

    if (ngx_fd_info(file.fd, &info) != NGX_FILE_ERROR && ngx_is_file(&info)) {
        size = ngx_file_size(&info);
    }

    if (size < 0 || size > RB_BLOCKLIST_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be a file of at most 16 MB, one "
                           "password a line", name);
        goto failed;
    }

    text->len = (size_t) size;
    text->data = ngx_pnalloc(cf->temp_pool, text->len + 1);

    if (text->data == NULL) {
        goto failed;
    }

    n = ngx_read_file(&file, text->data, text->len, 0);

    if (n < 0) {
        goto failed;
    }

    text->len = n;
    ngx_close_file(file.fd);

    return NGX_OK;

failed:

    ngx_close_file(file.fd);

    return NGX_ERROR;
}


/*
 * Each line in lower case.  What is longer than a password may be can't be
 * one, and is left out.
 */

static ngx_int_t
rb_blocklist_keys(ngx_conf_t *cf, ngx_array_t *keys, ngx_str_t *text)
{
    u_char          *p, *end, *line;
    ngx_str_t        word;
    ngx_hash_key_t  *key;

    p = text->data;
    end = p + text->len;

    while (p < end) {
        line = p;

        while (p < end && *p != '\n') {
            p++;
        }

        word.data = line;
        word.len = p - line;
        p++;

        while (word.len && word.data[word.len - 1] <= ' ') {
            word.len--;
        }

        if (word.len == 0 || word.data[0] == '#'
            || word.len > RB_PASSWORD_MAX)
        {
            continue;
        }

        key = ngx_array_push(keys);
        if (key == NULL) {
            return NGX_ERROR;
        }

        (void) rb_password_lower(word.data, word.len, &word);

        key->key = word;
        key->key_hash = ngx_hash_key(word.data, word.len);
        key->value = (void *) 1;
    }

    return NGX_OK;
}


const char *
rb_password_fault(const ngx_str_t *password, const ngx_str_t *email,
    const ngx_str_t *name)
{
    size_t       len;
    u_char       lower[RB_PASSWORD_BYTES];
    ngx_str_t    text, local;

    static const ngx_str_t  product[] = {
        ngx_string("resortbite"), ngx_string("리조트바이트")
    };

    len = rb_utf8_length(password->data, password->len);

    if (len < RB_PASSWORD_MIN) {
        return "too_short";
    }

    if (len > RB_PASSWORD_MAX || password->len > sizeof(lower)) {
        return "too_long";
    }

    text.data = lower;
    text.len = rb_password_lower(lower, sizeof(lower), password);

    if (rb_password_blocklist
        && ngx_hash_find(rb_password_blocklist,
                         ngx_hash_key(text.data, text.len), text.data,
                         text.len))
    {
        return "too_common";
    }

    local = *email;

    for (len = 0; len < email->len; len++) {
        if (email->data[len] == '@') {
            local.len = len;
        }
    }

    if (rb_password_is(&text, email) || rb_password_is(&text, &local)
        || rb_password_is(&text, name) || rb_password_is(&text, &product[0])
        || rb_password_is(&text, &product[1]))
    {
        return "personal";
    }

    return NULL;
}


/* Whether it is the word, or differs by what is put around words only. */

static ngx_uint_t
rb_password_is(const ngx_str_t *password, const ngx_str_t *word)
{
    u_char     buf[RB_PASSWORD_BYTES];
    ngx_str_t  lower, a, b;

    if (word->len == 0 || word->len > sizeof(buf)) {
        return 0;
    }

    lower.data = buf;
    lower.len = rb_password_lower(buf, sizeof(buf), word);

    if (password->len == lower.len
        && ngx_memcmp(password->data, lower.data, lower.len) == 0)
    {
        return 1;
    }

    a = rb_password_core(*password);
    b = rb_password_core(lower);

    return b.len && a.len == b.len
           && ngx_memcmp(a.data, b.data, b.len) == 0;
}


/* Without the digits and signs at its ends. */

static ngx_str_t
rb_password_core(ngx_str_t text)
{
    u_char  c;

    while (text.len) {
        c = text.data[text.len - 1];

        if (c >= 0x80 || ngx_tolower(c) != ngx_toupper(c)) {
            break;
        }

        text.len--;
    }

    while (text.len) {
        c = text.data[0];

        if (c >= 0x80 || ngx_tolower(c) != ngx_toupper(c)) {
            break;
        }

        text.data++;
        text.len--;
    }

    return text;
}


static size_t
rb_password_lower(u_char *dst, size_t max, const ngx_str_t *src)
{
    size_t  i;

    for (i = 0; i < src->len && i < max; i++) {
        dst[i] = ngx_tolower(src->data[i]);
    }

    return i;
}
