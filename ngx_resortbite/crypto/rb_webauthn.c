
/*
 * What an authenticator sends is bytes of a stranger.  CBOR is looked through
 * before libcbor builds anything of it: each length against what is left, no
 * indefinite ones (CTAP2's canonical form has none), no deep nesting; so it
 * never asks for more memory than a small multiple of the input.
 */


#include "crypto/rb_webauthn.h"
#include "crypto/rb_pkey.h"
#include "base/rb_json.h"
#include <cbor.h>
#include <openssl/err.h>


#define RB_CLIENT_DATA_MAX   4096
#define RB_ATTESTATION_MAX   32768
#define RB_AUTH_DATA_MAX     8192
#define RB_COSE_MAX          2000
#define RB_CREDENTIAL_MIN    16
#define RB_CREDENTIAL_MAX    1023
#define RB_CBOR_DEPTH        8

#define RB_AUTH_HEAD_LEN     37         /* rpIdHash, flags, signCount */
#define RB_AAGUID_LEN        16

/* flags of authenticator data (§6.1) */
#define RB_AUTH_UP  0x01
#define RB_AUTH_UV  0x04
#define RB_AUTH_BE  0x08
#define RB_AUTH_BS  0x10
#define RB_AUTH_AT  0x40
#define RB_AUTH_ED  0x80

/* COSE's labels and values (RFC 9053) */
#define RB_COSE_KTY     1
#define RB_COSE_ALG     3
#define RB_COSE_OKP     1
#define RB_COSE_EC2     2
#define RB_COSE_RSA     3
#define RB_COSE_ES256   -7
#define RB_COSE_EDDSA   -8
#define RB_COSE_RS256   -257


/* A COSE_Key taken apart.  Its strings are the item's. */

typedef struct {
    int64_t       kty;
    int64_t       alg;
    int64_t       crv;
    ngx_str_t     minus[3];             /* of labels -1, -2, -3 */
    unsigned      seen;                 /* a bit a label */
} rb_cose_t;


static const char *rb_webauthn_client(ngx_pool_t *pool,
    const rb_webauthn_t *rp, const ngx_str_t *client_data, const char *type);
static const char *rb_webauthn_authenticator(const rb_webauthn_t *rp,
    const ngx_str_t *data, rb_credential_t *credential);
static const char *rb_webauthn_attested(const ngx_str_t *data,
    rb_credential_t *credential);
static ngx_int_t rb_webauthn_auth_data(ngx_pool_t *pool,
    const ngx_str_t *object, ngx_str_t *data);
static const char *rb_webauthn_verify(EVP_PKEY *pkey,
    const ngx_str_t *authenticator_data, const ngx_str_t *client_data,
    const ngx_str_t *signature);

static EVP_PKEY *rb_cose_public(const ngx_str_t *text);
static ngx_int_t rb_cose_read(cbor_item_t *map, rb_cose_t *cose);
static ngx_int_t rb_cose_member(cbor_item_t *value, int64_t label,
    rb_cose_t *cose);
static ngx_int_t rb_cbor_int(cbor_item_t *item, int64_t *value);
static const u_char *rb_cbor_skip(const u_char *p, const u_char *end,
    ngx_uint_t depth);
static const u_char *rb_cbor_head(const u_char *p, const u_char *end,
    ngx_uint_t *major, uint64_t *value);
static cbor_item_t *rb_cbor_load(const u_char *p, size_t len);


const char *
rb_webauthn_register(ngx_pool_t *pool, const rb_webauthn_t *rp,
    const ngx_str_t *client_data, const ngx_str_t *attestation_object,
    rb_credential_t *credential)
{
    EVP_PKEY    *pkey;
    ngx_int_t    rc;
    ngx_str_t    data;
    const char  *why;

    ngx_memzero(credential, sizeof(rb_credential_t));

    why = rb_webauthn_client(pool, rp, client_data, "webauthn.create");
    if (why) {
        return why;
    }

    rc = rb_webauthn_auth_data(pool, attestation_object, &data);
    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? "out_of_memory" : "bad_cbor";
    }

    why = rb_webauthn_authenticator(rp, &data, credential);
    if (why) {
        return why;
    }

    if (credential->credential_id.len == 0) {
        return "no_credential";
    }

    pkey = rb_cose_public(&credential->public_key);
    if (pkey == NULL) {
        return "bad_key";
    }

    EVP_PKEY_free(pkey);

    return NULL;
}


const char *
rb_webauthn_assert(ngx_pool_t *pool, const rb_webauthn_t *rp,
    const ngx_str_t *public_key, const ngx_str_t *client_data,
    const ngx_str_t *authenticator_data, const ngx_str_t *signature,
    rb_credential_t *credential)
{
    EVP_PKEY    *pkey;
    const char  *why;

    ngx_memzero(credential, sizeof(rb_credential_t));

    why = rb_webauthn_client(pool, rp, client_data, "webauthn.get");
    if (why) {
        return why;
    }

    why = rb_webauthn_authenticator(rp, authenticator_data, credential);
    if (why) {
        return why;
    }

    pkey = rb_cose_public(public_key);
    if (pkey == NULL) {
        return "bad_key";
    }

    why = rb_webauthn_verify(pkey, authenticator_data, client_data,
                             signature);
    EVP_PKEY_free(pkey);

    return why;
}


/* §5.8.1: what the browser says it was asked, and by whom. */

static const char *
rb_webauthn_client(ngx_pool_t *pool, const rb_webauthn_t *rp,
    const ngx_str_t *client_data, const char *type)
{
    json_t      *root, *cross;
    rb_err_t    *err;
    ngx_str_t    challenge, origin;
    const char  *said;

    if (client_data->len > RB_CLIENT_DATA_MAX) {
        return "bad_client_data";
    }

    err = rb_json_parse(pool, client_data, &root);

    if (err) {
        return (err == &rb_err_internal) ? "out_of_memory"
                                         : "bad_client_data";
    }

    said = json_string_value(json_object_get(root, "type"));

    if (said == NULL || ngx_strcmp(said, type) != 0) {
        return "type_mismatch";
    }

    said = json_string_value(json_object_get(root, "challenge"));
    challenge.data = (u_char *) said;
    challenge.len = said ? ngx_strlen(said) : 0;

    if (challenge.len == 0 || !rb_same(&challenge, &rp->challenge)) {
        return "challenge_mismatch";
    }

    said = json_string_value(json_object_get(root, "origin"));
    origin.data = (u_char *) said;
    origin.len = said ? ngx_strlen(said) : 0;

    if (origin.len == 0 || !rb_same(&origin, &rp->origin)) {
        return "origin_mismatch";
    }

    cross = json_object_get(root, "crossOrigin");

    if (cross && !json_is_false(cross)) {
        return "cross_origin";
    }

    return NULL;
}


static const char *
rb_webauthn_authenticator(const rb_webauthn_t *rp, const ngx_str_t *data,
    rb_credential_t *credential)
{
    u_char         hash[RB_SHA256_LEN], flags;
    ngx_str_t      own, theirs;
    const u_char  *p;

    if (data->len < RB_AUTH_HEAD_LEN || data->len > RB_AUTH_DATA_MAX) {
        return "bad_authenticator_data";
    }

    if (rb_sha256(rp->rp_id.data, rp->rp_id.len, hash) != NGX_OK) {
        return "out_of_memory";
    }

    own.data = hash;
    own.len = sizeof(hash);
    theirs.data = data->data;
    theirs.len = sizeof(hash);

    if (!rb_same(&own, &theirs)) {
        return "rp_id_mismatch";
    }

    flags = data->data[32];
    p = data->data + 33;

    credential->sign_count = (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
                             | (uint32_t) p[2] << 8 | p[3];
    credential->user_verified = (flags & RB_AUTH_UV) != 0;
    credential->backup_eligible = (flags & RB_AUTH_BE) != 0;
    credential->backed_up = (flags & RB_AUTH_BS) != 0;

    if (!(flags & RB_AUTH_UP)) {
        return "user_not_present";
    }

    if (rp->verify_user && !credential->user_verified) {
        return "user_not_verified";
    }

    if (credential->backed_up && !credential->backup_eligible) {
        return "bad_authenticator_data";
    }

    return rb_webauthn_attested(data, credential);
}


/*
 * What follows the head, as the flags say: a credential (§6.5.1), extensions;
 * and nothing more.
 */

static const char *
rb_webauthn_attested(const ngx_str_t *data, rb_credential_t *credential)
{
    u_char         flags;
    size_t         len;
    const u_char  *p, *end, *key;

    flags = data->data[32];
    p = data->data + RB_AUTH_HEAD_LEN;
    end = data->data + data->len;

    if (flags & RB_AUTH_AT) {

        if (end - p < RB_AAGUID_LEN + 2) {
            return "bad_authenticator_data";
        }

        ngx_memcpy(credential->aaguid, p, RB_AAGUID_LEN);
        p += RB_AAGUID_LEN;

        len = (size_t) p[0] << 8 | p[1];
        p += 2;

        if (len < RB_CREDENTIAL_MIN || len > RB_CREDENTIAL_MAX
            || (size_t) (end - p) < len)
        {
            return "bad_authenticator_data";
        }

        credential->credential_id.data = (u_char *) p;
        credential->credential_id.len = len;
        p += len;

        key = p;
        p = rb_cbor_skip(key, end, 0);

        if (p == NULL || p - key > RB_COSE_MAX) {
            return "bad_key";
        }

        credential->public_key.data = (u_char *) key;
        credential->public_key.len = p - key;
    }

    if (flags & RB_AUTH_ED) {

        if (p == end || *p >> 5 != 5) {
            return "bad_authenticator_data";
        }

        p = rb_cbor_skip(p, end, 0);
    }

    return (p == end) ? NULL : "bad_authenticator_data";
}


/* authData of an attestation object (§6.5.4); copied into the pool. */

static ngx_int_t
rb_webauthn_auth_data(ngx_pool_t *pool, const ngx_str_t *object,
    ngx_str_t *data)
{
    size_t             i, found;
    ngx_int_t          rc;
    cbor_item_t       *map, *key, *value;
    struct cbor_pair  *pairs;

    if (object->len > RB_ATTESTATION_MAX) {
        return NGX_DECLINED;
    }

    map = rb_cbor_load(object->data, object->len);

    if (map == NULL) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;
    found = 0;
    pairs = cbor_isa_map(map) ? cbor_map_handle(map) : NULL;

    for (i = 0; pairs && i < cbor_map_size(map); i++) {
        key = pairs[i].key;
        value = pairs[i].value;

        if (!cbor_isa_string(key) || cbor_string_length(key) != 8
            || ngx_memcmp(cbor_string_handle(key), "authData", 8) != 0)
        {
            continue;
        }

        if (found++ || !cbor_isa_bytestring(value)) {
            rc = NGX_DECLINED;
            break;
        }

        data->len = cbor_bytestring_length(value);
        data->data = ngx_pnalloc(pool, data->len + 1);

        if (data->data == NULL) {
            rc = NGX_ERROR;
            break;
        }

        if (data->len) {
            ngx_memcpy(data->data, cbor_bytestring_handle(value), data->len);
        }

        rc = NGX_OK;
    }

    cbor_decref(&map);

    return rc;
}


/* The signature is over the data and the hash of what the browser said. */

static const char *
rb_webauthn_verify(EVP_PKEY *pkey, const ngx_str_t *authenticator_data,
    const ngx_str_t *client_data, const ngx_str_t *signature)
{
    int          ok;
    u_char       text[RB_AUTH_DATA_MAX + RB_SHA256_LEN];
    size_t       len;
    EVP_MD_CTX  *ctx;

    len = authenticator_data->len;
    ngx_memcpy(text, authenticator_data->data, len);

    if (rb_sha256(client_data->data, client_data->len, text + len)
        != NGX_OK)
    {
        return "out_of_memory";
    }

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return "out_of_memory";
    }

    ok = EVP_DigestVerifyInit_ex(ctx, NULL,
                                 EVP_PKEY_is_a(pkey, "ED25519") ? NULL
                                                                : "SHA256",
                                 NULL, NULL, pkey, NULL) == 1
         && EVP_DigestVerify(ctx, signature->data, signature->len, text,
                             len + RB_SHA256_LEN) == 1;

    EVP_MD_CTX_free(ctx);

    if (!ok) {
        ERR_clear_error();
        return "bad_signature";
    }

    return NULL;
}


static EVP_PKEY *
rb_cose_public(const ngx_str_t *text)
{
    EVP_PKEY     *pkey;
    rb_cose_t     cose;
    cbor_item_t  *map;

    if (text->len > RB_COSE_MAX) {
        return NULL;
    }

    map = rb_cbor_load(text->data, text->len);

    if (map == NULL) {
        return NULL;
    }

    pkey = NULL;

    if (rb_cose_read(map, &cose) != NGX_OK) {
        /* void */

    } else if (cose.kty == RB_COSE_EC2) {

        if (cose.alg == RB_COSE_ES256 && cose.crv == 1
            && cose.minus[1].len == 32 && cose.minus[2].len == 32)
        {
            pkey = rb_pkey_p256(cose.minus[1].data, cose.minus[2].data);
        }

    } else if (cose.kty == RB_COSE_OKP) {

        if (cose.alg == RB_COSE_EDDSA && cose.crv == 6
            && cose.minus[1].len == 32)
        {
            pkey = rb_pkey_ed25519(cose.minus[1].data);
        }

    } else if (cose.kty == RB_COSE_RSA && cose.alg == RB_COSE_RS256) {
        pkey = rb_pkey_rsa(cose.minus[0].data, cose.minus[0].len,
                           cose.minus[1].data, cose.minus[1].len);
    }

    cbor_decref(&map);

    return pkey;
}


static ngx_int_t
rb_cose_read(cbor_item_t *map, rb_cose_t *cose)
{
    size_t             i;
    int64_t            label;
    struct cbor_pair  *pairs;

    ngx_memzero(cose, sizeof(rb_cose_t));

    if (!cbor_isa_map(map)) {
        return NGX_DECLINED;
    }

    pairs = cbor_map_handle(map);

    for (i = 0; i < cbor_map_size(map); i++) {

        if (rb_cbor_int(pairs[i].key, &label) != NGX_OK) {
            continue;
        }

        if (rb_cose_member(pairs[i].value, label, cose) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* Those that we read, once each; -4 would be a private key. */

static ngx_int_t
rb_cose_member(cbor_item_t *value, int64_t label, rb_cose_t *cose)
{
    unsigned    bit;
    ngx_str_t  *text;

    if (label < -4 || label > RB_COSE_ALG) {
        return NGX_OK;
    }

    bit = 1u << (label + 4);

    if (label == -4 || (cose->seen & bit)) {
        return NGX_DECLINED;
    }

    cose->seen |= bit;

    if (label == RB_COSE_KTY) {
        return rb_cbor_int(value, &cose->kty);
    }

    if (label == RB_COSE_ALG) {
        return rb_cbor_int(value, &cose->alg);
    }

    if (label >= 0) {
        return NGX_OK;
    }

    if (label == -1 && cbor_is_int(value)) {
        return rb_cbor_int(value, &cose->crv);
    }

    if (!cbor_isa_bytestring(value)) {
        return NGX_DECLINED;
    }

    text = &cose->minus[-label - 1];
    text->data = cbor_bytestring_handle(value);
    text->len = cbor_bytestring_length(value);

    return NGX_OK;
}


static ngx_int_t
rb_cbor_int(cbor_item_t *item, int64_t *value)
{
    uint64_t  n;

    if (!cbor_is_int(item)) {
        return NGX_DECLINED;
    }

    n = cbor_get_int(item);

    if (n > INT32_MAX) {
        return NGX_DECLINED;
    }

    *value = cbor_isa_negint(item) ? -1 - (int64_t) n : (int64_t) n;

    return NGX_OK;
}


/* One item that takes all of the bytes. */

static cbor_item_t *
rb_cbor_load(const u_char *p, size_t len)
{
    cbor_item_t              *item;
    struct cbor_load_result   result;

    if (len == 0 || rb_cbor_skip(p, p + len, 0) != p + len) {
        return NULL;
    }

    item = cbor_load(p, len, &result);

    if (item && (result.error.code != CBOR_ERR_NONE || result.read != len)) {
        cbor_decref(&item);
        return NULL;
    }

    return item;
}


/* Past the item at p; NULL when it isn't one that we'd read. */

static const u_char *
rb_cbor_skip(const u_char *p, const u_char *end, ngx_uint_t depth)
{
    uint64_t    value, items;
    ngx_uint_t  major;

    if (depth > RB_CBOR_DEPTH) {
        return NULL;
    }

    p = rb_cbor_head(p, end, &major, &value);

    if (p == NULL) {
        return NULL;
    }

    switch (major) {

    case 0:                             /* integers */
    case 1:
    case 7:                             /* true, null, floats */
        return p;

    case 2:                             /* strings */
    case 3:
        return (value <= (uint64_t) (end - p)) ? p + value : NULL;

    case 6:                             /* a tag and its item */
        return rb_cbor_skip(p, end, depth + 1);

    default:                            /* array, map */

        if (value > (uint64_t) (end - p)) {
            return NULL;
        }

        items = (major == 5) ? value * 2 : value;
    }

    while (p && items--) {
        p = rb_cbor_skip(p, end, depth + 1);
    }

    return p;
}


static const u_char *
rb_cbor_head(const u_char *p, const u_char *end, ngx_uint_t *major,
    uint64_t *value)
{
    ngx_uint_t  extra;

    if (p == end) {
        return NULL;
    }

    *major = *p >> 5;
    *value = *p++ & 0x1f;

    if (*value < 24) {
        return p;
    }

    /* 28 to 30 are nothing, 31 is an indefinite length or its end */

    if (*value > 27) {
        return NULL;
    }

    extra = (ngx_uint_t) 1 << (*value - 24);

    if ((size_t) (end - p) < extra) {
        return NULL;
    }

    for (*value = 0; extra; extra--) {
        *value = *value << 8 | *p++;
    }

    return p;
}
