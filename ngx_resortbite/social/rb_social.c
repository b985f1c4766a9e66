
/*
 * The rules of signing in by an account elsewhere.
 *
 * The state that goes along is a one-time token.  Nonce and PKCE's verifier
 * are MACs of it under the server's secret, so that neither the browser nor
 * whoever reads the table could make them.
 */


#include "social/rb_social_provider.h"
#include "crypto/rb_crypto.h"
#include "base/rb_token.h"
#include "rb_statements.h"


#define RB_SOCIAL_TIMEOUT  5000         /* ms for all calls of one way */
#define RB_SOCIAL_REST     1000         /* ms to tell that it didn't work */


static rb_err_t *rb_social_way_data(rb_task_t *task,
    const rb_social_way_t *way, const rb_social_profile_t *profile,
    ngx_str_t *data);
static rb_err_t *rb_social_way_read(rb_task_t *task, const ngx_str_t *data,
    rb_social_way_t *way, json_t **root);
static rb_err_t *rb_social_grant(rb_task_t *task, const rb_social_way_t *way,
    const ngx_str_t *state, rb_social_grant_t *grant);
static ngx_str_t rb_social_derive(rb_task_t *task, const char *purpose,
    const ngx_str_t *state);
static rb_err_t *rb_social_uri(rb_task_t *task, const rb_social_way_t *way,
    const ngx_str_t *authorize, const rb_social_grant_t *grant,
    ngx_str_t *uri);
static rb_err_t *rb_social_ask(rb_task_t *task, rb_social_way_t *way,
    const rb_social_return_t *back, rb_social_profile_t *profile);
static rb_err_t *rb_social_check_iss(rb_task_t *task,
    const rb_social_way_t *way, const rb_social_return_t *back);
static rb_err_t *rb_social_returned(rb_task_t *task,
    const rb_social_way_t *way, const rb_social_return_t *back);
static ngx_str_t rb_social_copy(rb_task_t *task, json_t *root,
    const char *name);
static ngx_msec_t rb_social_hurry(rb_task_t *task);


rb_social_providers_t  rb_social_providers;


rb_err_define(rb_err_social_state, 400, "sign_in_not_begun_here",
              "이 로그인은 이 브라우저에서 시작되지 않았거나 이미 끝났습니다. "
              "로그인 화면에서 다시 시작해 주세요.",
              "This sign-in was not begun in this browser, or is over "
              "already. Begin again at the log-in page.");

rb_err_define(rb_err_social_cancelled, 403, "sign_in_cancelled",
              "로그인을 취소하셨거나 정보 제공에 동의하지 않으셨습니다. 다시 "
              "하거나 다른 방법으로 로그인할 수 있습니다.",
              "You cancelled signing in, or did not consent. You may try "
              "again, or sign in another way.");

rb_err_define(rb_err_identity_taken, 409, "identity_taken",
              "이 외부 계정은 다른 리조트바이트 계정에 연결되어 있습니다. "
              "그 계정에서 먼저 연결을 해제해 주세요.",
              "That account is linked to another ResortBite account. Unlink "
              "it there first.");

rb_err_define(rb_err_identity_other, 409, "other_identity_linked",
              "같은 서비스의 다른 계정이 이미 연결되어 있습니다. 먼저 그 연결을 "
              "해제해 주세요.",
              "Another account of that service is linked already. Unlink it "
              "first.");

rb_err_define(rb_err_identity_last, 409, "last_way_to_sign_in",
              "이 연결을 해제하면 로그인할 방법이 없어집니다. 먼저 비밀번호나 "
              "패스키를 등록해 주세요.",
              "Without this link you could not sign in any more. Set a "
              "password or add a passkey first.");


const rb_social_t *
rb_social_find(const ngx_str_t *name)
{
    ngx_uint_t          i;
    const rb_social_t  *provider;

    for (i = 0; i < rb_social_providers.count; i++) {
        provider = &rb_social_providers.list[i];

        if (provider->name.len == name->len
            && ngx_memcmp(provider->name.data, name->data, name->len) == 0)
        {
            return provider;
        }
    }

    return NULL;
}


rb_err_t *
rb_social_begin(rb_task_t *task, const rb_social_way_t *way, ngx_str_t *uri)
{
    rb_err_t           *err;
    ngx_str_t           data, state, authorize;
    ngx_uint_t          sends_iss;
    ngx_msec_t          deadline;
    rb_social_grant_t   grant;

    authorize = way->provider->authorize;

    if (authorize.len == 0) {
        deadline = rb_social_hurry(task);
        err = rb_social_oidc_authorize(task, way->provider, &authorize,
                                       &sends_iss);
        task->deadline = deadline;

        if (err) {
            return err;
        }
    }

    err = rb_social_way_data(task, way, NULL, &data);

    if (err == NULL) {
        err = rb_once_make(task, "social_state", &way->member, &data,
                           RB_SOCIAL_STATE, &state);
    }

    if (err == NULL) {
        err = rb_social_grant(task, way, &state, &grant);
    }

    return err ? err : rb_social_uri(task, way, &authorize, &grant, uri);
}


/* What is remembered of a way, and of whom it has found. */

static rb_err_t *
rb_social_way_data(rb_task_t *task, const rb_social_way_t *way,
    const rb_social_profile_t *profile, ngx_str_t *data)
{
    rb_buf_t   buf;
    rb_json_t  json;

    if (rb_buf_init(&buf, task->pool, 256) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');
    rb_json_key(&json, "provider");
    rb_json_str(&json, &way->provider->name);
    rb_json_key(&json, "device");
    rb_json_str(&json, &way->device);
    rb_json_key(&json, "next");
    rb_json_str(&json, &way->next);

    if (profile) {
        rb_json_key(&json, "subject");
        rb_json_str(&json, &profile->subject);
        rb_json_key(&json, "email");
        rb_json_str(&json, &profile->email);
        rb_json_key(&json, "email_verified");
        rb_json_bool(&json, profile->email_verified);
        rb_json_key(&json, "name");
        rb_json_str(&json, &profile->name);
    }

    rb_json_close(&json, '}');

    data->data = buf.start;
    data->len = rb_buf_len(&buf);

    return buf.failed ? &rb_err_internal : NULL;
}


/*
 * The same, read again: the way must be of this browser (way->device).  With
 * way->provider given, of that one.
 */

static rb_err_t *
rb_social_way_read(rb_task_t *task, const ngx_str_t *data,
    rb_social_way_t *way, json_t **root)
{
    rb_err_t           *err;
    ngx_str_t           device, name;
    const rb_social_t  *provider;

    err = rb_json_parse(task->pool, data, root);
    if (err) {
        return &rb_err_internal;
    }

    device = rb_social_string(*root, "device");
    name = rb_social_string(*root, "provider");
    provider = rb_social_find(&name);

    if (device.len == 0 || !rb_same(&device, &way->device)
        || provider == NULL
        || (way->provider && way->provider != provider))
    {
        return &rb_err_social_state;
    }

    way->provider = provider;
    way->next = rb_social_copy(task, *root, "next");

    return way->next.data ? NULL : &rb_err_internal;
}


static rb_err_t *
rb_social_grant(rb_task_t *task, const rb_social_way_t *way,
    const ngx_str_t *state, rb_social_grant_t *grant)
{
    ngx_str_t  *uri;

    static const char  path[] = "/auth/social/%V/callback";

    grant->state = *state;
    grant->nonce = rb_social_derive(task, "social_nonce", state);
    grant->verifier = rb_social_derive(task, "social_verifier", state);

    uri = &grant->redirect_uri;
    uri->data = ngx_pnalloc(task->pool, way->origin.len + sizeof(path)
                                        + way->provider->name.len);

    if (uri->data == NULL || grant->nonce.data == NULL
        || grant->verifier.data == NULL)
    {
        return &rb_err_internal;
    }

    uri->len = ngx_sprintf(uri->data, "%V/auth/social/%V/callback",
                           &way->origin, &way->provider->name) - uri->data;

    return NULL;
}


static ngx_str_t
rb_social_derive(rb_task_t *task, const char *purpose, const ngx_str_t *state)
{
    u_char     mac[32];
    ngx_str_t  text;

    ngx_str_null(&text);

    if (rb_token_mac(purpose, state->data, state->len, mac) != NGX_OK) {
        return text;
    }

    return rb_base64url(task->pool, mac, sizeof(mac));
}


/* OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3. */

static rb_err_t *
rb_social_uri(rb_task_t *task, const rb_social_way_t *way,
    const ngx_str_t *authorize, const rb_social_grant_t *grant,
    ngx_str_t *uri)
{
    u_char              digest[RB_SHA256_LEN];
    rb_buf_t            query, all;
    ngx_str_t           challenge;
    const rb_social_t  *provider;

    static ngx_str_t    code = ngx_string("code");
    static ngx_str_t    s256 = ngx_string("S256");

    provider = way->provider;

    if (rb_buf_init(&query, task->pool, 512) != NGX_OK
        || rb_buf_init(&all, task->pool, 512) != NGX_OK
        || rb_sha256(grant->verifier.data, grant->verifier.len, digest)
           != NGX_OK)
    {
        return &rb_err_internal;
    }

    challenge = rb_base64url(task->pool, digest, sizeof(digest));

    rb_social_param(&query, "response_type", &code);
    rb_social_param(&query, "client_id", &provider->client_id);
    rb_social_param(&query, "redirect_uri", &grant->redirect_uri);
    rb_social_param(&query, "state", &grant->state);

    if (provider->scope.len) {
        rb_social_param(&query, "scope", &provider->scope);
    }

    if (provider->kind != RB_SOCIAL_NAVER) {
        rb_social_param(&query, "code_challenge", &challenge);
        rb_social_param(&query, "code_challenge_method", &s256);
    }

    if (provider->kind == RB_SOCIAL_OIDC) {
        rb_social_param(&query, "nonce", &grant->nonce);
    }

    rb_buf_printf(&all, "%V%s%*s", authorize,
                  ngx_strlchr(authorize->data,
                              authorize->data + authorize->len, '?')
                  ? "&" : "?",
                  rb_buf_len(&query), query.start);

    uri->data = all.start;
    uri->len = rb_buf_len(&all);

    return challenge.data == NULL || query.failed || all.failed
           ? &rb_err_internal : NULL;
}


rb_err_t *
rb_social_end(rb_task_t *task, rb_social_way_t *way,
    const rb_social_return_t *back, rb_social_profile_t *profile)
{
    json_t      *root;
    rb_err_t    *err;
    ngx_str_t    data;
    ngx_msec_t   deadline;

    if (back->state.len == 0) {
        return &rb_err_social_state;
    }

    err = rb_once_look(task, "social_state", &back->state, &way->member,
                       &data);

    /* only the browser that began it uses it up */

    if (err == NULL) {
        err = rb_social_way_read(task, &data, way, &root);
    }

    if (err == NULL) {
        err = rb_once_take(task, "social_state", &back->state, &way->member,
                           &data);
    }

    if (err) {
        return err == &rb_err_link ? &rb_err_social_state : err;
    }

    deadline = rb_social_hurry(task);

    err = rb_social_ask(task, way, back, profile);

    task->deadline = deadline;

    return err;
}


static rb_err_t *
rb_social_ask(rb_task_t *task, rb_social_way_t *way,
    const rb_social_return_t *back, rb_social_profile_t *profile)
{
    rb_err_t           *err;
    rb_social_grant_t   grant;

    err = rb_social_check_iss(task, way, back);
    if (err == NULL) {
        err = rb_social_returned(task, way, back);
    }

    if (err == NULL) {
        err = rb_social_grant(task, way, &back->state, &grant);
    }

    if (err) {
        return err;
    }

    grant.code = back->code;

    ngx_memzero(profile, sizeof(rb_social_profile_t));
    profile->provider = way->provider;

    switch (way->provider->kind) {

    case RB_SOCIAL_KAKAO:
        return rb_social_kakao_profile(task, &grant, profile);

    case RB_SOCIAL_NAVER:
        return rb_social_naver_profile(task, &grant, profile);

    default:
        return rb_social_oidc_profile(task, &grant, profile);
    }
}


/*
 * RFC 9207 §2.4: when it is sent, or promised, it is the issuer that we sent
 * the browser to.
 */

static rb_err_t *
rb_social_check_iss(rb_task_t *task, const rb_social_way_t *way,
    const rb_social_return_t *back)
{
    rb_err_t    *err;
    ngx_str_t    authorize;
    ngx_uint_t   sends_iss;

    if (back->iss.len) {
        return rb_same(&back->iss, &way->provider->issuer)
               ? NULL
               : rb_social_fault(task, way->provider,
                                 "sent the browser back in another's name");
    }

    if (way->provider->kind != RB_SOCIAL_OIDC) {
        return NULL;
    }

    err = rb_social_oidc_authorize(task, way->provider, &authorize,
                                   &sends_iss);
    if (err) {
        return err;
    }

    return sends_iss ? rb_social_fault(task, way->provider,
                                       "sent the browser back without iss")
                     : NULL;
}


static rb_err_t *
rb_social_returned(rb_task_t *task, const rb_social_way_t *way,
    const rb_social_return_t *back)
{
    static ngx_str_t  denied = ngx_string("access_denied");

    if (back->error.len == 0 && back->code.len) {
        return NULL;
    }

    if (rb_same(&back->error, &denied)) {
        return &rb_err_social_cancelled;
    }

    return rb_social_fault(task, way->provider,
                           back->error.len ? "sent the browser back with "
                                             "an error"
                                           : "sent the browser back without "
                                             "a code");
}


rb_err_t *
rb_social_keep(rb_task_t *task, const rb_social_profile_t *profile,
    const rb_social_way_t *way, ngx_str_t *token)
{
    rb_err_t   *err;
    ngx_str_t   data, nobody;

    err = rb_social_way_data(task, way, profile, &data);
    if (err) {
        return err;
    }

    ngx_str_null(&nobody);

    return rb_once_make(task, "social_identity", &nobody, &data,
                        RB_SOCIAL_KEPT, token);
}


rb_err_t *
rb_social_kept(rb_task_t *task, const ngx_str_t *token, ngx_uint_t take,
    rb_social_way_t *way, rb_social_profile_t *profile)
{
    json_t     *root;
    rb_err_t   *err;
    ngx_str_t   data, member;

    err = rb_once_look(task, "social_identity", token, &member, &data);

    if (err == NULL) {
        way->provider = NULL;
        err = rb_social_way_read(task, &data, way, &root);
    }

    if (err == NULL && take) {
        err = rb_once_take(task, "social_identity", token, &member, &data);
    }

    if (err) {
        return err == &rb_err_social_state ? &rb_err_link : err;
    }

    ngx_memzero(profile, sizeof(rb_social_profile_t));

    profile->provider = way->provider;
    profile->subject = rb_social_copy(task, root, "subject");
    profile->email = rb_social_copy(task, root, "email");
    profile->name = rb_social_copy(task, root, "name");
    profile->email_verified =
                         json_is_true(json_object_get(root, "email_verified"))
                         && profile->email.len;

    return profile->subject.data && profile->email.data && profile->name.data
           ? NULL : &rb_err_internal;
}


/* Never NULL but when out of memory. */

static ngx_str_t
rb_social_copy(rb_task_t *task, json_t *root, const char *name)
{
    ngx_str_t  value, copy;

    value = rb_social_string(root, name);

    copy.len = value.len;
    copy.data = ngx_pnalloc(task->pool, value.len + 1);

    if (copy.data) {
        copy.data[value.len] = '\0';

        /* none has no address either, which memcpy() must not be given */

        if (value.len) {
            ngx_memcpy(copy.data, value.data, value.len);
        }
    }

    return copy;
}


/* Calls end early enough for the request to tell; returns its own deadline. */

static ngx_msec_t
rb_social_hurry(rb_task_t *task)
{
    ngx_msec_t  deadline, left;

    deadline = task->deadline;
    left = rb_task_left(task, RB_SOCIAL_TIMEOUT + RB_SOCIAL_REST);

    task->deadline = ngx_current_msec
                     + (left > 2 * RB_SOCIAL_REST ? left - RB_SOCIAL_REST
                                                  : left / 2);

    return deadline;
}
