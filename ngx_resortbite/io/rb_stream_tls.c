
/*
 * TLS is OpenSSL's on the stream's socket.  nginx reports errors that others
 * leave in OpenSSL's queue as alerts, so each call here leaves it empty.
 * Contexts are kept, for reading the certificates takes milliseconds; a
 * reload reads them anew.
 */


#include "io/rb_stream_internal.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>


#define RB_STREAM_CONTEXTS  8           /* files of certificates kept */


typedef struct {
    SSL_CTX              *ctx;
    u_char                ca[NGX_MAX_PATH];     /* "": the system's */
} rb_stream_context_t;


static SSL_CTX *rb_stream_context(const ngx_str_t *ca);
static SSL_CTX *rb_stream_new_context(const ngx_str_t *ca);
static ngx_int_t rb_stream_verify_name(SSL *ssl, const ngx_str_t *name);
static rb_err_t *rb_stream_handshake(rb_stream_t *stream);


static rb_stream_context_t  rb_stream_contexts[RB_STREAM_CONTEXTS];
static ngx_uint_t           rb_stream_ncontexts;


rb_err_t *
rb_stream_tls(rb_stream_t *stream, const ngx_str_t *name, const ngx_str_t *ca,
    ngx_uint_t verify)
{
    SSL_CTX  *ctx;

    if (stream->peer == NULL || stream->ssl) {
        return rb_stream_fail(stream, "the connection is closed");
    }

    /* sent in the clear, by whoever is in between, to count as protected */

    if (stream->pos != stream->last) {
        return rb_stream_fail(stream, "the server sent data before TLS");
    }

    ERR_clear_error();

    ctx = rb_stream_context(ca);
    if (ctx == NULL) {
        ERR_clear_error();
        return rb_stream_fail(stream, ca->len ? "the file of certificates "
                              "can't be read" : "no TLS context");
    }

    stream->ssl = SSL_new(ctx);

    if (stream->ssl == NULL
        || SSL_set_fd(stream->ssl, stream->peer->fd) != 1
        || rb_stream_verify_name(stream->ssl, name) != NGX_OK)
    {
        ERR_clear_error();
        return rb_stream_fail(stream, "TLS could not be set up");
    }

    SSL_set_verify(stream->ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                   NULL);

    return rb_stream_handshake(stream);
}


static SSL_CTX *
rb_stream_context(const ngx_str_t *ca)
{
    SSL_CTX              *ctx;
    ngx_uint_t            i;
    rb_stream_context_t  *kept;

    for (i = 0; i < rb_stream_ncontexts; i++) {
        kept = &rb_stream_contexts[i];

        if (ngx_strlen(kept->ca) == ca->len
            && ngx_strncmp(kept->ca, ca->data, ca->len) == 0)
        {
            return kept->ctx;
        }
    }

    if (ca->len >= NGX_MAX_PATH || rb_stream_ncontexts == RB_STREAM_CONTEXTS) {
        return NULL;
    }

    ctx = rb_stream_new_context(ca);
    if (ctx == NULL) {
        return NULL;
    }

    kept = &rb_stream_contexts[rb_stream_ncontexts++];
    kept->ctx = ctx;
    (void) ngx_cpystrn(kept->ca, ca->data, ca->len + 1);

    return ctx;
}


static SSL_CTX *
rb_stream_new_context(const ngx_str_t *ca)
{
    int       rc;
    char      file[NGX_MAX_PATH];
    SSL_CTX  *ctx;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        return NULL;
    }

    (void) ngx_cpystrn((u_char *) file, ca->data, ca->len + 1);

    rc = ca->len ? SSL_CTX_load_verify_locations(ctx, file, NULL)
                 : SSL_CTX_set_default_verify_paths(ctx);

    if (rc != 1 || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(ctx);
        return NULL;
    }

    (void) SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                                 |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    return ctx;
}


/* SNI is for names only (RFC 6066 §3); a certificate may name an address. */

static ngx_int_t
rb_stream_verify_name(SSL *ssl, const ngx_str_t *name)
{
    char                text[NGX_MAXHOSTNAMELEN];
    X509_VERIFY_PARAM  *param;

    if (name->len == 0 || name->len >= sizeof(text)) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn((u_char *) text, name->data, name->len + 1);

    param = SSL_get0_param(ssl);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, text) == 1) {
        return NGX_OK;
    }

    ERR_clear_error();

    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if (X509_VERIFY_PARAM_set1_host(param, text, 0) != 1
        || SSL_set_tlsext_host_name(ssl, text) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static rb_err_t *
rb_stream_handshake(rb_stream_t *stream)
{
    int        rc;
    long       verified;
    rb_err_t  *err;

    for ( ;; ) {
        ERR_clear_error();

        rc = SSL_connect(stream->ssl);
        if (rc == 1) {
            return NULL;
        }

        verified = SSL_get_verify_result(stream->ssl);

        err = rb_stream_tls_again(stream, rc);
        if (err == NULL) {
            continue;
        }

        if (err == &rb_err_unreachable && verified != X509_V_OK) {
            (void) ngx_snprintf((u_char *) stream->why, RB_STREAM_WHY,
                                "the certificate is not accepted: %s%Z",
                                X509_verify_cert_error_string(verified));
        }

        return err;
    }
}


rb_err_t *
rb_stream_tls_again(rb_stream_t *stream, int rc)
{
    int            error;
    char           text[RB_STREAM_WHY];
    unsigned long  code;

    error = SSL_get_error(stream->ssl, rc);

    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        ERR_clear_error();
        return rb_stream_wait(stream, error == SSL_ERROR_WANT_WRITE,
                              NGX_MAX_INT32_VALUE);
    }

    code = ERR_peek_error();
    ERR_clear_error();

    if (error == SSL_ERROR_SSL && code) {
        ERR_error_string_n(code, text, sizeof(text));
        return rb_stream_fail(stream, text);
    }

    return rb_stream_fail(stream, "the connection was closed");
}


void
rb_stream_tls_exit_process(void)
{
    while (rb_stream_ncontexts) {
        SSL_CTX_free(rb_stream_contexts[--rb_stream_ncontexts].ctx);
    }
}
