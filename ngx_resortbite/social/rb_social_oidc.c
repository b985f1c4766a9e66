
/*
 * OpenID providers: discovery, the exchange of the code, the ID token.
 *
 * What a provider publishes (its configuration, its keys) is kept by the
 * process for some minutes.  A token that no kept key verifies has the keys
 * fetched anew, once: providers roll theirs over without notice.
 */


#include "social/rb_social_provider.h"
#include "crypto/rb_jose.h"


#define RB_OIDC_KEPT    600             /* seconds */
#define RB_OIDC_LEEWAY  60


/* By the provider's index. */

typedef struct {
    json_t    *document;
    json_t    *jwks;
    time_t     document_at;
    time_t     jwks_at;
} rb_oidc_cache_t;


static rb_err_t *rb_oidc_document(rb_task_t *task,
    const rb_social_t *provider, json_t **document);
static rb_err_t *rb_oidc_document_fault(rb_task_t *task,
    const rb_social_t *provider, json_t *document);
static rb_err_t *rb_oidc_jwks(rb_task_t *task, const rb_social_t *provider,
    ngx_uint_t anew, json_t **jwks);
static rb_err_t *rb_oidc_hold(rb_task_t *task, json_t *value);
static void rb_oidc_release(void *data);
static rb_err_t *rb_oidc_exchange(rb_task_t *task,
    const rb_social_t *provider, const rb_social_grant_t *grant,
    json_t *document, json_t **answer);
static ngx_uint_t rb_oidc_by_post(json_t *document);
static rb_err_t *rb_oidc_basic(rb_task_t *task, const rb_social_t *provider,
    ngx_str_t *authorization);
static rb_err_t *rb_oidc_verify(rb_task_t *task, const rb_social_t *provider,
    const ngx_str_t *token, rb_jwt_t *jwt);
static const char *rb_oidc_claims_fault(const rb_social_t *provider,
    const rb_social_grant_t *grant, const rb_jwt_t *jwt);
static rb_err_t *rb_oidc_take(rb_task_t *task, json_t *claims,
    rb_social_profile_t *profile);
static void rb_oidc_take_email(rb_task_t *task, json_t *claims,
    rb_social_profile_t *profile);
static rb_err_t *rb_oidc_userinfo(rb_task_t *task, json_t *answer,
    rb_social_profile_t *profile);


static rb_oidc_cache_t  rb_oidc_cache[RB_SOCIAL_MAX];


rb_err_t *
rb_social_oidc_profile(rb_task_t *task, const rb_social_grant_t *grant,
    rb_social_profile_t *profile)
{
    json_t             *document, *answer;
    rb_err_t           *err;
    rb_jwt_t            jwt;
    ngx_str_t           token;
    const char         *fault;
    const rb_social_t  *provider;

    provider = profile->provider;

    err = rb_oidc_document(task, provider, &document);
    if (err == NULL) {
        err = rb_oidc_exchange(task, provider, grant, document, &answer);
    }

    if (err) {
        return err;
    }

    token = rb_social_string(answer, "id_token");

    if (token.len == 0 || token.len > RB_JWT_MAX) {
        return rb_social_fault(task, provider, "gave no ID token");
    }

    err = rb_oidc_verify(task, provider, &token, &jwt);
    if (err) {
        return err;
    }

    fault = rb_oidc_claims_fault(provider, grant, &jwt);
    if (fault) {
        return rb_social_fault(task, provider, fault);
    }

    err = rb_oidc_take(task, jwt.claims, profile);
    if (err) {
        return err;
    }

    if (profile->email.len
        || rb_social_string(document, "userinfo_endpoint").len == 0)
    {
        return NULL;
    }

    return rb_oidc_userinfo(task, answer, profile);
}


rb_err_t *
rb_social_oidc_authorize(rb_task_t *task, const rb_social_t *provider,
    ngx_str_t *uri, ngx_uint_t *sends_iss)
{
    json_t    *document;
    rb_err_t  *err;

    err = rb_oidc_document(task, provider, &document);
    if (err) {
        return err;
    }

    *uri = rb_social_string(document, "authorization_endpoint");
    *sends_iss = json_is_true(json_object_get(document,
                              "authorization_response_iss_parameter_supported"));

    return NULL;
}


/* OpenID Connect Discovery 1.0 §4.  The document lives as long as the task. */

static rb_err_t *
rb_oidc_document(rb_task_t *task, const rb_social_t *provider,
    json_t **document)
{
    rb_err_t          *err;
    rb_oidc_cache_t   *cache;
    rb_social_call_t   call =
                           rb_social_get("/.well-known/openid-configuration");

    cache = &rb_oidc_cache[provider->index];

    if (cache->document && ngx_time() - cache->document_at < RB_OIDC_KEPT) {
        *document = cache->document;
        return rb_oidc_hold(task, *document);
    }

    err = rb_social_call(task, provider, &call, NULL, document);
    if (err == NULL) {
        err = rb_oidc_document_fault(task, provider, *document);
    }

    if (err) {
        return err;
    }

    json_decref(cache->document);

    cache->document = json_incref(*document);
    cache->document_at = ngx_time();

    return NULL;
}


static rb_err_t *
rb_oidc_document_fault(rb_task_t *task, const rb_social_t *provider,
    json_t *document)
{
    ngx_str_t  issuer, authorize;

    issuer = rb_social_string(document, "issuer");
    authorize = rb_social_string(document, "authorization_endpoint");

    if (!rb_same(&issuer, &provider->issuer)) {
        return rb_social_fault(task, provider, "says that it is another "
                               "issuer than the directive's");
    }

    if (!rb_social_address_good(&authorize)) {
        return rb_social_fault(task, provider, "names no authorization "
                               "endpoint with https");
    }

    return NULL;
}


static rb_err_t *
rb_oidc_jwks(rb_task_t *task, const rb_social_t *provider, ngx_uint_t anew,
    json_t **jwks)
{
    rb_err_t          *err;
    rb_oidc_cache_t   *cache;
    rb_social_call_t   call = rb_social_get("/jwks");

    cache = &rb_oidc_cache[provider->index];

    if (!anew && cache->jwks && ngx_time() - cache->jwks_at < RB_OIDC_KEPT) {
        *jwks = cache->jwks;
        return rb_oidc_hold(task, *jwks);
    }

    err = rb_social_call(task, provider, &call, NULL, jwks);
    if (err) {
        return err;
    }

    json_decref(cache->jwks);

    cache->jwks = json_incref(*jwks);
    cache->jwks_at = ngx_time();

    return NULL;
}


/* Another fiber may put a new one in its place while this one waits. */

static rb_err_t *
rb_oidc_hold(rb_task_t *task, json_t *value)
{
    ngx_pool_cleanup_t  *cleanup;

    cleanup = ngx_pool_cleanup_add(task->pool, 0);
    if (cleanup == NULL) {
        return &rb_err_internal;
    }

    cleanup->handler = rb_oidc_release;
    cleanup->data = json_incref(value);

    return NULL;
}


static void
rb_oidc_release(void *data)
{
    json_decref(data);
}


void
rb_social_oidc_exit_process(void)
{
    ngx_uint_t  i;

    for (i = 0; i < RB_SOCIAL_MAX; i++) {
        json_decref(rb_oidc_cache[i].document);
        json_decref(rb_oidc_cache[i].jwks);
    }

    ngx_memzero(rb_oidc_cache, sizeof(rb_oidc_cache));
}


/* OpenID Connect Core 1.0 §3.1.3.1. */

static rb_err_t *
rb_oidc_exchange(rb_task_t *task, const rb_social_t *provider,
    const rb_social_grant_t *grant, json_t *document, json_t **answer)
{
    rb_err_t          *err;
    rb_buf_t           form;
    rb_social_call_t   call = rb_social_get("/token");

    static ngx_str_t   grant_type = ngx_string("authorization_code");

    if (rb_buf_init(&form, task->pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_social_param(&form, "grant_type", &grant_type);
    rb_social_param(&form, "code", &grant->code);
    rb_social_param(&form, "redirect_uri", &grant->redirect_uri);
    rb_social_param(&form, "code_verifier", &grant->verifier);

    if (rb_oidc_by_post(document)) {
        rb_social_param(&form, "client_id", &provider->client_id);
        rb_social_param(&form, "client_secret", &provider->secret);

    } else {
        err = rb_oidc_basic(task, provider, &call.authorization);
        if (err) {
            return err;
        }
    }

    if (form.failed) {
        return &rb_err_internal;
    }

    call.form.data = form.start;
    call.form.len = rb_buf_len(&form);

    return rb_social_call(task, provider, &call, NULL, answer);
}


/* client_secret_basic unless the provider says that it only takes the other. */

static ngx_uint_t
rb_oidc_by_post(json_t *document)
{
    size_t       i;
    json_t      *methods, *method;
    ngx_uint_t   post;

    methods = json_object_get(document,
                              "token_endpoint_auth_methods_supported");
    post = 0;

    json_array_foreach(methods, i, method) {
        if (!json_is_string(method)) {
            continue;
        }

        if (ngx_strcmp(json_string_value(method), "client_secret_basic")
            == 0)
        {
            return 0;
        }

        if (ngx_strcmp(json_string_value(method), "client_secret_post") == 0)
        {
            post = 1;
        }
    }

    return post;
}


/* RFC 6749 §2.3.1: both parts are form-encoded first. */

static rb_err_t *
rb_oidc_basic(rb_task_t *task, const rb_social_t *provider,
    ngx_str_t *authorization)
{
    u_char     *p;
    rb_buf_t    buf;
    ngx_str_t   plain, encoded;

    if (rb_buf_init(&buf, task->pool, 256) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_social_escape(&buf, &provider->client_id);
    rb_buf_add_lit(&buf, ":");
    rb_social_escape(&buf, &provider->secret);

    if (buf.failed) {
        return &rb_err_internal;
    }

    plain.data = buf.start;
    plain.len = rb_buf_len(&buf);

    p = ngx_pnalloc(task->pool, sizeof("Basic ") - 1
                                + ngx_base64_encoded_length(plain.len));
    if (p == NULL) {
        return &rb_err_internal;
    }

    encoded.data = ngx_cpymem(p, "Basic ", sizeof("Basic ") - 1);
    ngx_encode_base64(&encoded, &plain);

    authorization->data = p;
    authorization->len = encoded.data + encoded.len - p;

    ngx_explicit_memzero(plain.data, plain.len);

    return NULL;
}


static rb_err_t *
rb_oidc_verify(rb_task_t *task, const rb_social_t *provider,
    const ngx_str_t *token, rb_jwt_t *jwt)
{
    json_t      *jwks;
    rb_err_t    *err;
    ngx_int_t    rc;
    ngx_uint_t   anew;

    rc = rb_jwt_parse(task->pool, token, jwt);

    if (rc == NGX_ERROR) {
        return &rb_err_internal;
    }

    if (rc != NGX_OK) {
        return rb_social_fault(task, provider,
                               "gave an ID token that is none");
    }

    for (anew = 0; anew < 2; anew++) {

        err = rb_oidc_jwks(task, provider, anew, &jwks);
        if (err) {
            return err;
        }

        rc = rb_jwt_verify_set(jwt, jwks);

        if (rc == NGX_OK) {
            return NULL;
        }

        if (rc == NGX_ERROR) {
            return &rb_err_internal;
        }
    }

    return rb_social_fault(task, provider,
                           "gave an ID token that none of its keys signed");
}


/* OpenID Connect Core 1.0 §3.1.3.7.  NULL: all is as it has to be. */

static const char *
rb_oidc_claims_fault(const rb_social_t *provider,
    const rb_social_grant_t *grant, const rb_jwt_t *jwt)
{
    json_t     *aud;
    ngx_str_t   iss, azp, nonce;

    iss = rb_jwt_str(jwt, "iss");
    azp = rb_jwt_str(jwt, "azp");
    nonce = rb_jwt_str(jwt, "nonce");

    if (!rb_same(&iss, &provider->issuer)) {
        return "gave an ID token of another issuer";
    }

    if (!rb_jwt_for(jwt, &provider->client_id)) {
        return "gave an ID token for another client";
    }

    aud = json_object_get(jwt->claims, "aud");

    if (azp.data ? !rb_same(&azp, &provider->client_id)
                 : json_array_size(aud) > 1)
    {
        return "gave an ID token that another client asked for";
    }

    if (rb_jwt_times(jwt, ngx_time(), RB_OIDC_LEEWAY) != NGX_OK) {
        return "gave an ID token that is too old or too new";
    }

    if (!rb_same(&nonce, &grant->nonce)) {
        return "gave an ID token with another nonce";
    }

    return NULL;
}


static rb_err_t *
rb_oidc_take(rb_task_t *task, json_t *claims, rb_social_profile_t *profile)
{
    ngx_int_t  rc;
    ngx_str_t  subject, name;

    subject = rb_social_string(claims, "sub");
    name = rb_social_string(claims, "name");

    rc = rb_social_take_subject(task, profile, &subject);

    if (rc == NGX_DECLINED) {
        return rb_social_fault(task, profile->provider, "told no subject");
    }

    if (rc != NGX_OK || rb_social_take_name(task, profile, &name) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_oidc_take_email(task, claims, profile);

    return NULL;
}


/* email_verified is a boolean (§5.1); some providers quote it. */

static void
rb_oidc_take_email(rb_task_t *task, json_t *claims,
    rb_social_profile_t *profile)
{
    ngx_str_t   email, quoted;
    ngx_uint_t  verified;

    email = rb_social_string(claims, "email");
    quoted = rb_social_string(claims, "email_verified");

    verified = json_is_true(json_object_get(claims, "email_verified"))
               || (quoted.len == 4 && ngx_strcmp(quoted.data, "true") == 0);

    rb_social_take_email(task, profile, &email, verified);
}


/* §5.3: it speaks of the same subject, or is not to be used. */

static rb_err_t *
rb_oidc_userinfo(rb_task_t *task, json_t *answer,
    rb_social_profile_t *profile)
{
    json_t            *info;
    rb_err_t          *err;
    ngx_str_t          subject, name;
    rb_social_call_t   call = rb_social_get("/userinfo");

    err = rb_social_bearer(task, profile->provider, answer,
                           &call.authorization);
    if (err == NULL) {
        err = rb_social_call(task, profile->provider, &call, NULL, &info);
    }

    if (err) {
        return err;
    }

    subject = rb_social_string(info, "sub");

    if (!rb_same(&subject, &profile->subject)) {
        return rb_social_fault(task, profile->provider,
                               "told of another subject than it signed");
    }

    name = rb_social_string(info, "name");

    if (profile->name.len == 0
        && rb_social_take_name(task, profile, &name) != NGX_OK)
    {
        return &rb_err_internal;
    }

    rb_oidc_take_email(task, info, profile);

    return NULL;
}
