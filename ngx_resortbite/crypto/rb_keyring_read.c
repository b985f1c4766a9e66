
/*
 * Keys are read by the master process, which may be root, and live as long as
 * the configuration that names their folder; workers have them by fork.
 */


#include "crypto/rb_keyring.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>


#define RB_KEY_FILE_MAX  16384
#define RB_KID_MAX       64
#define RB_SEAL_KEY_LEN  32


/* One file of the folder. */

typedef struct {
    ngx_str_t     path;                 /* ended by NUL */
    ngx_str_t     name;                 /* without its extension */
    time_t        made;
    size_t        len;
    u_char        text[RB_KEY_FILE_MAX];
} rb_key_file_t;


static ngx_int_t rb_keyring_folder(ngx_conf_t *cf, ngx_str_t *dir,
    rb_keyring_t *ring);
static ngx_int_t rb_keyring_file(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_str_t *name, rb_keyring_t *ring);
static ngx_int_t rb_keyring_load(ngx_conf_t *cf, rb_key_file_t *file);
static ngx_int_t rb_keyring_pem(ngx_conf_t *cf, rb_key_file_t *file,
    rb_keyring_t *ring);
static ngx_int_t rb_keyring_alg(EVP_PKEY *pkey, rb_alg_e *alg);
static ngx_int_t rb_keyring_seal(ngx_conf_t *cf, rb_key_file_t *file,
    rb_keyring_t *ring);
static int rb_keyring_no_password(char *buf, int size, int rwflag, void *data);
static void rb_keyring_sort(rb_keyring_t *ring);
static ngx_int_t rb_keyring_publish(ngx_pool_t *pool, rb_keyring_t *ring);
static ngx_int_t rb_keyring_jwk(ngx_pool_t *pool, rb_json_t *json,
    const rb_signing_key_t *key);
static ngx_str_t rb_keyring_coordinate(ngx_pool_t *pool, EVP_PKEY *pkey,
    const char *name);
static void rb_keyring_free(void *data);


char *
rb_keyring_read(ngx_conf_t *cf, ngx_str_t *dir, rb_keyring_t **ring)
{
    ngx_str_t            folder;
    rb_keyring_t        *r;
    ngx_pool_cleanup_t  *cln;

    folder = *dir;

    if (ngx_conf_full_name(cf->cycle, &folder, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    r = ngx_pcalloc(cf->pool, sizeof(rb_keyring_t));

    if (cln == NULL || r == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = rb_keyring_free;
    cln->data = r;

    if (rb_keyring_folder(cf, &folder, r) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (r->count == 0 || r->sealed_by == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the key folder \"%V\" has no key that %s; make "
                           "one with: scripts/keys %s %V", &folder,
                           r->count ? "seals (<n>.seal)"
                                    : "signs (<kid>.pem)",
                           r->count ? "seal" : "init", &folder);
        return NGX_CONF_ERROR;
    }

    rb_keyring_sort(r);

    if (rb_keyring_publish(cf->pool, r) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the public keys of \"%V\" could not be written "
                           "as a JWK set", &folder);
        return NGX_CONF_ERROR;
    }

    *ring = r;

    return NGX_CONF_OK;
}


static ngx_int_t
rb_keyring_folder(ngx_conf_t *cf, ngx_str_t *dir, rb_keyring_t *ring)
{
    ngx_dir_t  folder;
    ngx_str_t  name;
    ngx_int_t  rc;

    if (ngx_open_dir(dir, &folder) == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "the key folder \"%V\" can't be opened; make it "
                           "with: scripts/keys init %V", dir, dir);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    while (rc == NGX_OK) {
        ngx_set_errno(0);

        if (ngx_read_dir(&folder) == NGX_ERROR) {

            if (ngx_errno != 0 && ngx_errno != NGX_ENOMOREFILES) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                                   "the key folder \"%V\" can't be read",
                                   dir);
                rc = NGX_ERROR;
            }

            break;
        }

        name.data = ngx_de_name(&folder);
        name.len = ngx_de_namelen(&folder);

        rc = rb_keyring_file(cf, dir, &name, ring);
    }

    ngx_close_dir(&folder);

    return rc;
}


/* What is neither a .pem nor a .seal is somebody else's. */

static ngx_int_t
rb_keyring_file(ngx_conf_t *cf, ngx_str_t *dir, ngx_str_t *name,
    rb_keyring_t *ring)
{
    size_t          ext;
    ngx_int_t       rc;
    rb_key_file_t  *file;

    if (name->len > 4
        && ngx_memcmp(name->data + name->len - 4, ".pem", 4) == 0)
    {
        ext = 4;

    } else if (name->len > 5
               && ngx_memcmp(name->data + name->len - 5, ".seal", 5) == 0)
    {
        ext = 5;

    } else {
        return NGX_OK;
    }

    if (name->data[0] == '.') {
        return NGX_OK;
    }

    file = ngx_pcalloc(cf->temp_pool, sizeof(rb_key_file_t));
    if (file == NULL) {
        return NGX_ERROR;
    }

    file->path.len = dir->len + 1 + name->len;
    file->path.data = ngx_pnalloc(cf->temp_pool, file->path.len + 1);
    file->name.len = name->len - ext;
    file->name.data = ngx_pnalloc(cf->pool, file->name.len + 1);

    if (file->path.data == NULL || file->name.data == NULL) {
        return NGX_ERROR;
    }

    *ngx_sprintf(file->path.data, "%V/%V", dir, name) = '\0';
    *ngx_cpymem(file->name.data, name->data, file->name.len) = '\0';

    rc = rb_keyring_load(cf, file);

    if (rc == NGX_OK) {
        rc = (ext == 4) ? rb_keyring_pem(cf, file, ring)
                        : rb_keyring_seal(cf, file, ring);
    }

    OPENSSL_cleanse(file->text, sizeof(file->text));

    return rc;
}


static ngx_int_t
rb_keyring_load(ngx_conf_t *cf, rb_key_file_t *file)
{
    ssize_t           n;
    ngx_fd_t          fd;
    const char       *fault;
    ngx_file_info_t   info;

    fd = ngx_open_file(file->path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "the key \"%V\" can't be opened", &file->path);
        return NGX_ERROR;
    }

    fault = NULL;

    if (ngx_fd_info(fd, &info) == NGX_FILE_ERROR || !ngx_is_file(&info)) {
        fault = "is no file; take it out of the folder";

    } else if (info.st_mode & (S_IROTH|S_IWOTH|S_IWGRP)) {
        fault = "can be read or written by others; say: chmod 600";

    } else if (ngx_file_size(&info) > RB_KEY_FILE_MAX) {
        fault = "is too long to be a key; take it out of the folder";
    }

    n = fault ? 0 : ngx_read_fd(fd, file->text, RB_KEY_FILE_MAX);

    if (n < 0) {
        fault = "can't be read";
    }

    if (fault) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, (n < 0) ? ngx_errno : 0,
                           "the key \"%V\" %s", &file->path, fault);
        ngx_close_file(fd);
        return NGX_ERROR;
    }

    file->len = n;
    file->made = ngx_file_mtime(&info);

    ngx_close_file(fd);

    return NGX_OK;
}


static ngx_int_t
rb_keyring_pem(ngx_conf_t *cf, rb_key_file_t *file, rb_keyring_t *ring)
{
    BIO               *bio;
    size_t             i;
    EVP_PKEY          *pkey;
    rb_signing_key_t  *key;

    if (ring->count == RB_KEYS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is one signing key too many, %d can be "
                           "kept; say: scripts/keys prune FOLDER",
                           &file->path, RB_KEYS_MAX);
        return NGX_ERROR;
    }

    for (i = 0; i < file->name.len; i++) {
        if (!isalnum(file->name.data[i]) && file->name.data[i] != '-'
            && file->name.data[i] != '_')
        {
            break;
        }
    }

    if (i < file->name.len || i > RB_KID_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": the name of a key has at most %d letters, "
                           "digits, \"-\" and \"_\"", &file->path,
                           RB_KID_MAX);
        return NGX_ERROR;
    }

    bio = BIO_new_mem_buf(file->text, (int) file->len);
    pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, rb_keyring_no_password,
                                         NULL)
               : NULL;
    BIO_free(bio);

    key = &ring->keys[ring->count];

    if (pkey == NULL || rb_keyring_alg(pkey, &key->alg) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no private key for P-256 or Ed25519 in "
                           "PEM, without a password; make one with: "
                           "scripts/keys rotate FOLDER", &file->path);
        EVP_PKEY_free(pkey);
        ERR_clear_error();
        return NGX_ERROR;
    }

    key->key = pkey;
    key->kid = file->name;
    key->made = file->made;
    ring->count++;

    return NGX_OK;
}


static ngx_int_t
rb_keyring_alg(EVP_PKEY *pkey, rb_alg_e *alg)
{
    char    group[32];
    size_t  len;

    if (EVP_PKEY_is_a(pkey, "ED25519")) {
        *alg = RB_ALG_EDDSA;
        return NGX_OK;
    }

    if (EVP_PKEY_is_a(pkey, "EC")
        && EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) == 1
        && ngx_strcmp(group, "prime256v1") == 0)
    {
        *alg = RB_ALG_ES256;
        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* nginx may have no terminal: nobody is asked. */

static int
rb_keyring_no_password(char *buf, int size, int rwflag, void *data)
{
    return -1;
}


static ngx_int_t
rb_keyring_seal(ngx_conf_t *cf, rb_key_file_t *file, rb_keyring_t *ring)
{
    ngx_int_t  n;

    n = ngx_atoi(file->name.data, file->name.len);

    if (n < 1 || n > 255 || file->name.data[0] == '0') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\": a key that seals is named by its number, "
                           "1 to 255, such as 1.seal", &file->path);
        return NGX_ERROR;
    }

    if (file->len != RB_SEAL_KEY_LEN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has %uz bytes, a key that seals has %d; "
                           "make one with: scripts/keys seal FOLDER",
                           &file->path, file->len, RB_SEAL_KEY_LEN);
        return NGX_ERROR;
    }

    ngx_memcpy(ring->seal[n], file->text, RB_SEAL_KEY_LEN);
    ring->seal_known[n / 32] |= 1u << (n % 32);

    if (n > ring->sealed_by) {
        ring->sealed_by = (u_char) n;
    }

    return NGX_OK;
}


/* Newest first; of equally old ones by name, so that nodes agree. */

static void
rb_keyring_sort(rb_keyring_t *ring)
{
    ngx_uint_t         i, j;
    rb_signing_key_t   key;

    for (i = 1; i < ring->count; i++) {
        key = ring->keys[i];

        for (j = i; j > 0; j--) {

            if (ring->keys[j - 1].made > key.made
                || (ring->keys[j - 1].made == key.made
                    && ngx_strcmp(ring->keys[j - 1].kid.data, key.kid.data)
                       > 0))
            {
                break;
            }

            ring->keys[j] = ring->keys[j - 1];
        }

        ring->keys[j] = key;
    }
}


static ngx_int_t
rb_keyring_publish(ngx_pool_t *pool, rb_keyring_t *ring)
{
    rb_buf_t    buf;
    rb_json_t   json;
    ngx_uint_t  i;

    if (rb_buf_init(&buf, pool, 512) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "keys");
    rb_json_open(&json, '[');

    for (i = 0; i < ring->count; i++) {
        if (rb_keyring_jwk(pool, &json, &ring->keys[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    rb_json_close(&json, ']');
    rb_json_close(&json, '}');

    ring->jwks.data = buf.start;
    ring->jwks.len = rb_buf_len(&buf);

    return buf.failed ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
rb_keyring_jwk(ngx_pool_t *pool, rb_json_t *json, const rb_signing_key_t *key)
{
    size_t     len;
    u_char     raw[32];
    ngx_str_t  x, y;

    static const ngx_str_t  kty[] = { ngx_string("EC"), ngx_string("OKP") };
    static const ngx_str_t  crv[] = {
        ngx_string("P-256"), ngx_string("Ed25519")
    };
    static const ngx_str_t  alg[] = {
        ngx_string("ES256"), ngx_string("EdDSA")
    };
    static const ngx_str_t  use = ngx_string("sig");

    ngx_str_null(&y);

    if (key->alg == RB_ALG_ES256) {
        x = rb_keyring_coordinate(pool, key->key, OSSL_PKEY_PARAM_EC_PUB_X);
        y = rb_keyring_coordinate(pool, key->key, OSSL_PKEY_PARAM_EC_PUB_Y);

        if (y.data == NULL) {
            return NGX_ERROR;
        }

    } else {
        len = sizeof(raw);

        if (EVP_PKEY_get_raw_public_key(key->key, raw, &len) != 1) {
            return NGX_ERROR;
        }

        x = rb_base64url(pool, raw, len);
    }

    if (x.data == NULL) {
        return NGX_ERROR;
    }

    rb_json_open(json, '{');
    rb_json_key(json, "kty");
    rb_json_str(json, &kty[key->alg]);
    rb_json_key(json, "crv");
    rb_json_str(json, &crv[key->alg]);
    rb_json_key(json, "x");
    rb_json_str(json, &x);

    if (y.data) {
        rb_json_key(json, "y");
        rb_json_str(json, &y);
    }

    rb_json_key(json, "kid");
    rb_json_str(json, &key->kid);
    rb_json_key(json, "use");
    rb_json_str(json, &use);
    rb_json_key(json, "alg");
    rb_json_str(json, &alg[key->alg]);
    rb_json_close(json, '}');

    return NGX_OK;
}


static ngx_str_t
rb_keyring_coordinate(ngx_pool_t *pool, EVP_PKEY *pkey, const char *name)
{
    BIGNUM     *n;
    u_char      bytes[32];
    ngx_str_t   text;

    n = NULL;
    ngx_str_null(&text);

    if (EVP_PKEY_get_bn_param(pkey, name, &n) == 1
        && BN_bn2binpad(n, bytes, sizeof(bytes)) == sizeof(bytes))
    {
        text = rb_base64url(pool, bytes, sizeof(bytes));
    }

    BN_free(n);

    return text;
}


static void
rb_keyring_free(void *data)
{
    rb_keyring_t *ring = data;

    while (ring->count) {
        EVP_PKEY_free(ring->keys[--ring->count].key);
    }

    OPENSSL_cleanse(ring->seal, sizeof(ring->seal));
}
