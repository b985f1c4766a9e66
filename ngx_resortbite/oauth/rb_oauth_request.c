
/*
 * The authorization request: RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect
 * Core §3.1.2.1, RFC 9126 (pushed), RFC 9449 §10 (dpop_jkt).
 *
 * A pushed request is taken when its member arrives.  If they have to log in
 * or consent first, it is kept on under a request_uri of its own, which is
 * used when the code is given; so each is good once, and what the client
 * pushed is what is decided about.  A request that would make too long an
 * address to come back to is kept in the same way.
 */


#include "oauth/rb_oauth_rules.h"
#include "rb_statements.h"


#define RB_OAUTH_URN          "urn:ietf:params:oauth:request_uri:"
#define RB_OAUTH_MAX_AGE_LEN  9         /* digits */


static ngx_int_t rb_oauth_request_token(const ngx_str_t *request_uri,
    u_char kind, ngx_str_t *token);
static rb_err_t *rb_oauth_request_read(ngx_pool_t *pool,
    const ngx_str_t *data, rb_oauth_request_t *request);
static rb_err_t *rb_oauth_check_pkce(ngx_pool_t *pool,
    const rb_oauth_request_t *request);
static rb_err_t *rb_oauth_check_prompt(rb_oauth_request_t *request);
static rb_err_t *rb_oauth_check_max_age(rb_oauth_request_t *request);
static ngx_uint_t rb_oauth_is_s256(ngx_pool_t *pool, const ngx_str_t *text);


const ngx_str_t  rb_oauth_request_names[RB_OAUTH_A_COUNT] = {
    ngx_string("client_id"),
    ngx_string("redirect_uri"),
    ngx_string("response_type"),
    ngx_string("response_mode"),
    ngx_string("scope"),
    ngx_string("state"),
    ngx_string("nonce"),
    ngx_string("code_challenge"),
    ngx_string("code_challenge_method"),
    ngx_string("prompt"),
    ngx_string("max_age"),
    ngx_string("login_hint"),
    ngx_string("ui_locales"),
    ngx_string("acr_values"),
    ngx_string("dpop_jkt"),
    ngx_string("request_uri"),
    ngx_string("request"),
    ngx_string("auth_after")
};


rb_err_t *
rb_oauth_request_client(rb_task_t *task, rb_oauth_request_t *request)
{
    rb_err_t   *err;
    ngx_str_t  *uri;

    if (request->value[RB_OAUTH_A_CLIENT_ID].len == 0) {
        return &rb_err_oauth_client_unknown;
    }

    err = rb_oauth_client_get(task, &request->value[RB_OAUTH_A_CLIENT_ID],
                              &request->client);

    if (err == &rb_err_not_found) {
        return &rb_err_oauth_client_unknown;
    }

    if (err) {
        return err;
    }

    if (request->client.disabled) {
        return &rb_err_oauth_client_unknown;
    }

    uri = &request->value[RB_OAUTH_A_REDIRECT_URI];

    if (uri->len == 0 || !rb_oauth_uri_known(&request->client, uri)) {
        return &rb_err_oauth_redirect_uri;
    }

    return NULL;
}


rb_err_t *
rb_oauth_request_check(ngx_pool_t *pool, rb_oauth_request_t *request)
{
    rb_err_t         *err;
    ngx_str_t        *v;
    const ngx_str_t  *asked;

    v = request->value;

    if (v[RB_OAUTH_A_REQUEST].len) {
        return &rb_err_oauth_jar;
    }

    if (request->client.require_par && !request->pushed) {
        return &rb_err_oauth_par_needed;
    }

    if (!rb_oauth_has_lit(&request->client.grant_types,
                          "authorization_code"))
    {
        return &rb_err_oauth_unauthorized;
    }

    if (v[RB_OAUTH_A_RESPONSE_TYPE].len == 0) {
        return &rb_err_oauth_request;
    }

    if (!rb_oauth_is(&v[RB_OAUTH_A_RESPONSE_TYPE], "code")) {
        return &rb_err_oauth_response_type;
    }

    if (v[RB_OAUTH_A_RESPONSE_MODE].len
        && !rb_oauth_is(&v[RB_OAUTH_A_RESPONSE_MODE], "query"))
    {
        return &rb_err_oauth_response_mode;
    }

    err = rb_oauth_check_pkce(pool, request);
    if (err) {
        return err;
    }

    /* none asked for: all that the client may have */

    asked = v[RB_OAUTH_A_SCOPE].len ? &v[RB_OAUTH_A_SCOPE]
                                    : &request->client.scopes;

    if (!rb_oauth_within(&request->client.scopes, asked)) {
        return &rb_err_oauth_scope;
    }

    request->scopes = rb_names_of(pool, rb_scope_names,
                                  rb_bits_of(rb_scope_names, asked, ' '),
                                  ' ');
    if (request->scopes.data == NULL) {
        return &rb_err_internal;
    }

    if (request->scopes.len == 0) {
        return &rb_err_oauth_scope;
    }

    err = rb_oauth_check_prompt(request);
    if (err) {
        return err;
    }

    request->acr =
        rb_oauth_has_lit(&v[RB_OAUTH_A_ACR_VALUES], "2")
        && !rb_oauth_has_lit(&v[RB_OAUTH_A_ACR_VALUES], "1") ? 2 : 1;

    return rb_oauth_check_max_age(request);
}


static rb_err_t *
rb_oauth_check_pkce(ngx_pool_t *pool, const rb_oauth_request_t *request)
{
    const ngx_str_t  *v;

    v = request->value;

    if (!rb_oauth_is_s256(pool, &v[RB_OAUTH_A_CODE_CHALLENGE])) {
        return &rb_err_oauth_pkce;
    }

    /* left out, it would be "plain" (RFC 7636 §4.3) */

    if (!rb_oauth_is(&v[RB_OAUTH_A_CODE_CHALLENGE_METHOD], "S256")) {
        return &rb_err_oauth_pkce_method;
    }

    if (v[RB_OAUTH_A_DPOP_JKT].len
        && !rb_oauth_is_s256(pool, &v[RB_OAUTH_A_DPOP_JKT]))
    {
        return &rb_err_oauth_jkt;
    }

    return NULL;
}


static ngx_uint_t
rb_oauth_is_s256(ngx_pool_t *pool, const ngx_str_t *text)
{
    ngx_str_t  data;

    return text->len == RB_OAUTH_S256_LEN
           && rb_base64url_decode(pool, text, &data) == NGX_OK;
}


static rb_err_t *
rb_oauth_check_prompt(rb_oauth_request_t *request)
{
    size_t       at;
    ngx_str_t    one;
    ngx_uint_t   bit;

    static const rb_named_bit_t  names[] = {
        { ngx_string("none"), RB_OAUTH_PROMPT_NONE },
        { ngx_string("login"), RB_OAUTH_PROMPT_LOGIN },
        { ngx_string("consent"), RB_OAUTH_PROMPT_CONSENT },
        { ngx_string("select_account"), RB_OAUTH_PROMPT_SELECT },
        { ngx_null_string, 0 }
    };

    at = 0;
    request->prompt = 0;

    while (rb_oauth_next(&request->value[RB_OAUTH_A_PROMPT], &at, &one)) {

        bit = rb_bit_of(names, &one);

        if (bit == 0) {
            request->prompt = 0;
            return &rb_err_oauth_prompt;
        }

        request->prompt |= bit;
    }

    if ((request->prompt & RB_OAUTH_PROMPT_NONE)
        && request->prompt != RB_OAUTH_PROMPT_NONE)
    {
        return &rb_err_oauth_prompt;
    }

    return NULL;
}


static rb_err_t *
rb_oauth_check_max_age(rb_oauth_request_t *request)
{
    ngx_int_t   n;
    ngx_str_t  *text;

    text = &request->value[RB_OAUTH_A_MAX_AGE];

    if (text->len == 0) {
        request->max_age = -1;
        return NULL;
    }

    n = text->len <= RB_OAUTH_MAX_AGE_LEN ? ngx_atoi(text->data, text->len)
                                          : NGX_ERROR;
    if (n == NGX_ERROR) {
        return &rb_err_oauth_max_age;
    }

    request->max_age = n;

    return NULL;
}


rb_err_t *
rb_oauth_request_push(rb_task_t *task, const rb_oauth_request_t *request,
    const char *purpose, ngx_uint_t seconds, ngx_str_t *request_uri)
{
    rb_buf_t     buf;
    rb_err_t    *err;
    rb_json_t    json;
    ngx_str_t    data, token, nobody;
    ngx_uint_t   i;

    if (rb_buf_init(&buf, task->pool, 1024) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');

    for (i = 0; i < RB_OAUTH_A_COUNT; i++) {

        if (request->value[i].len == 0 || i == RB_OAUTH_A_REQUEST_URI
            || i == RB_OAUTH_A_AUTH_AFTER)
        {
            continue;
        }

        rb_json_key_n(&json, (char *) rb_oauth_request_names[i].data,
                      rb_oauth_request_names[i].len);
        rb_json_str(&json, &request->value[i]);
    }

    rb_json_key(&json, "pushed");
    rb_json_bool(&json, request->pushed);
    rb_json_close(&json, '}');

    if (buf.failed) {
        return &rb_err_internal;
    }

    data.data = buf.start;
    data.len = rb_buf_len(&buf);
    ngx_str_null(&nobody);

    err = rb_once_make(task, purpose, &nobody, &data, seconds, &token);
    if (err) {
        return err;
    }

    if (rb_buf_init(&buf, task->pool, 128) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_printf(&buf, RB_OAUTH_URN "%c-%V", purpose[0], &token);

    request_uri->data = buf.start;
    request_uri->len = rb_buf_len(&buf);

    return buf.failed ? &rb_err_internal : NULL;
}


/* The kind is the first letter of the purpose: "par", "authorize". */

static ngx_int_t
rb_oauth_request_token(const ngx_str_t *request_uri, u_char kind,
    ngx_str_t *token)
{
    size_t  n;

    n = sizeof(RB_OAUTH_URN) - 1;

    if (request_uri->len <= n + 2
        || ngx_memcmp(request_uri->data, RB_OAUTH_URN, n) != 0
        || request_uri->data[n] != kind || request_uri->data[n + 1] != '-')
    {
        return NGX_DECLINED;
    }

    token->data = request_uri->data + n + 2;
    token->len = request_uri->len - n - 2;

    return NGX_OK;
}


/*
 * RFC 9126 §4: with a request_uri nothing but it and client_id counts.  What
 * is pending stays good until its code is given, so that its member may go
 * back and forth.
 */

rb_err_t *
rb_oauth_request_load(rb_task_t *task, rb_oauth_request_t *request,
    ngx_uint_t *pending)
{
    rb_err_t   *err;
    ngx_str_t   uri, token, member, data, client;

    uri = request->value[RB_OAUTH_A_REQUEST_URI];
    client = request->value[RB_OAUTH_A_CLIENT_ID];
    *pending = 0;

    if (rb_oauth_request_token(&uri, 'p', &token) == NGX_OK) {
        err = rb_once_take(task, "par", &token, &member, &data);

    } else if (rb_oauth_request_token(&uri, 'a', &token) == NGX_OK) {
        err = rb_once_look(task, "authorize", &token, &member, &data);
        *pending = 1;

    } else {
        return &rb_err_oauth_request_uri;
    }

    if (err == &rb_err_link) {
        return &rb_err_oauth_request_uri;
    }

    if (err == NULL) {
        err = rb_oauth_request_read(task->pool, &data, request);
    }

    if (err) {
        return err;
    }

    if (!rb_same(&client, &request->value[RB_OAUTH_A_CLIENT_ID])) {
        return &rb_err_oauth_request_uri;
    }

    if (*pending) {
        request->value[RB_OAUTH_A_REQUEST_URI] = uri;
    }

    return NULL;
}


static rb_err_t *
rb_oauth_request_read(ngx_pool_t *pool, const ngx_str_t *data,
    rb_oauth_request_t *request)
{
    json_t       *root, *value;
    ngx_str_t     after;
    ngx_uint_t    i;

    if (rb_json_parse(pool, data, &root) != NULL) {
        return &rb_err_internal;
    }

    after = request->value[RB_OAUTH_A_AUTH_AFTER];
    ngx_memzero(request->value, sizeof(request->value));

    for (i = 0; i < RB_OAUTH_A_COUNT; i++) {

        value = json_object_get(root,
                                (char *) rb_oauth_request_names[i].data);

        if (json_is_string(value)) {
            request->value[i].data = (u_char *) json_string_value(value);
            request->value[i].len = json_string_length(value);
        }
    }

    request->value[RB_OAUTH_A_AUTH_AFTER] = after;
    request->pushed = json_is_true(json_object_get(root, "pushed"));

    return NULL;
}


rb_err_t *
rb_oauth_request_use(rb_task_t *task, const ngx_str_t *request_uri)
{
    rb_err_t   *err;
    ngx_str_t   token, member, data;

    if (rb_oauth_request_token(request_uri, 'a', &token) != NGX_OK) {
        return &rb_err_oauth_request_uri;
    }

    err = rb_once_take(task, "authorize", &token, &member, &data);

    return err == &rb_err_link ? &rb_err_oauth_request_uri : err;
}


ngx_uint_t
rb_oauth_assured(const rb_oauth_request_t *request)
{
    const ngx_str_t  *uri;

    uri = &request->value[RB_OAUTH_A_REDIRECT_URI];

    return !rb_oauth_is(&request->client.auth_method, "none")
           || (uri->len > 8 && ngx_strncmp(uri->data, "https://", 8) == 0);
}


rb_err_t *
rb_oauth_consented(rb_task_t *task, const ngx_str_t *member,
    const rb_oauth_request_t *request, ngx_uint_t *consented)
{
    rb_err_t      *err;
    ngx_str_t      p[RB_OAUTH_CONSENT_GET_NPARAMS], scopes;
    rb_pg_rows_t   rows;

    *consented = 0;

    p[RB_OAUTH_CONSENT_GET_P_MEMBER] = *member;
    p[RB_OAUTH_CONSENT_GET_P_CLIENT] = request->client.id;

    err = rb_pg_query(task, RB_STMT_OAUTH_CONSENT_GET, 0, p, &rows);
    if (err) {
        return err;
    }

    if (rows.sqlstate[0]) {
        return &rb_err_internal;
    }

    if (rows.count) {
        scopes = rb_pg_value(&rows, 0, 0);
        *consented = rb_oauth_within(&scopes, &request->scopes);
    }

    return NULL;
}
