
/*
 * Calls to providers.  Their answers are JSON objects; what isn't, and what
 * doesn't come in time, is the provider's fault and told as such.
 */


#include "social/rb_social_provider.h"
#include "io/rb_outbound.h"
#include "io/rb_stream.h"


#define RB_SOCIAL_NAME_MAX  50          /* characters, as accounts have them */


rb_err_define(rb_err_social_provider, 502, "provider_failed",
              "연결하려는 서비스가 응답하지 않거나 잘못 응답했습니다. 저장된 것은 "
              "없습니다. 잠시 뒤에 다시 시도하거나 다른 방법으로 로그인해 "
              "주세요.",
              "The service you wanted to sign in with did not answer, or "
              "answered wrongly. Nothing was stored. Try again in a while, or "
              "sign in another way.");


rb_err_t *
rb_social_call(rb_task_t *task, const rb_social_t *provider,
    const rb_social_call_t *call, ngx_uint_t *status, json_t **root)
{
    rb_err_t       *err;
    rb_buf_t        uri;
    rb_answer_t     answer;
    rb_outbound_t   out;

    if (rb_buf_init(&uri, task->pool, 64) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_buf_printf(&uri, "%V%s", &provider->location, call->path);

    ngx_memzero(&out, sizeof(rb_outbound_t));

    out.uri.data = uri.start;
    out.uri.len = rb_buf_len(&uri);
    out.authorization = call->authorization;

    if (call->form.len) {
        ngx_str_set(&out.method, "POST");
        ngx_str_set(&out.type, "application/x-www-form-urlencoded");
        out.body = call->form;

    } else {
        ngx_str_set(&out.method, "GET");
    }

    err = rb_outbound_call(task, &out, &answer);

    if (err == &rb_err_timeout) {
        return rb_social_fault(task, provider, "did not answer in time");
    }

    if (err == &rb_err_unreachable) {
        return rb_social_fault(task, provider, "can't be reached");
    }

    if (err) {
        return err;
    }

    if (answer.status != 200) {
        ngx_log_error(NGX_LOG_WARN, task->log, 0,
                      "provider \"%V\": \"%V\" answered %ui",
                      &provider->name, &out.uri, answer.status);
    }

    if (status) {
        *status = answer.status;

    } else if (answer.status != 200) {
        return &rb_err_social_provider;
    }

    err = rb_json_parse(task->pool, &answer.body, root);

    if (err == &rb_err_internal) {
        return err;
    }

    if (err || !json_is_object(*root)) {
        return rb_social_fault(task, provider,
                               "answered with what is no JSON object");
    }

    return NULL;
}


rb_err_t *
rb_social_bearer(rb_task_t *task, const rb_social_t *provider, json_t *answer,
    ngx_str_t *bearer)
{
    size_t     i;
    ngx_str_t  token;

    token = rb_social_string(answer, "access_token");

    for (i = 0; i < token.len; i++) {
        if (token.data[i] <= ' ' || token.data[i] >= 0x7f) {
            token.len = 0;
        }
    }

    if (token.len == 0) {
        return rb_social_fault(task, provider, "gave no access token");
    }

    bearer->data = ngx_pnalloc(task->pool, sizeof("Bearer ") + token.len);
    if (bearer->data == NULL) {
        return &rb_err_internal;
    }

    bearer->len = ngx_sprintf(bearer->data, "Bearer %V", &token)
                  - bearer->data;

    return NULL;
}


rb_err_t *
rb_social_fault(rb_task_t *task, const rb_social_t *provider,
    const char *what)
{
    ngx_log_error(NGX_LOG_WARN, task->log, 0, "provider \"%V\" %s",
                  &provider->name, what);

    return &rb_err_social_provider;
}


void
rb_social_param(rb_buf_t *buf, const char *name, const ngx_str_t *value)
{
    rb_buf_printf(buf, "%s%s=", rb_buf_len(buf) ? "&" : "", name);
    rb_social_escape(buf, value);
}


void
rb_social_escape(rb_buf_t *buf, const ngx_str_t *value)
{
    size_t  escapes;

    escapes = ngx_escape_uri(NULL, value->data, value->len,
                             NGX_ESCAPE_URI_COMPONENT);

    if (escapes == 0) {
        rb_buf_add_str(buf, value);
        return;
    }

    if (rb_buf_grow(buf, value->len + 2 * escapes) == NGX_OK) {
        buf->last = (u_char *) ngx_escape_uri(buf->last, value->data,
                                              value->len,
                                              NGX_ESCAPE_URI_COMPONENT);
    }
}


ngx_str_t
rb_social_string(json_t *object, const char *name)
{
    json_t     *value;
    ngx_str_t   text;

    ngx_str_null(&text);

    value = json_object_get(object, name);

    if (json_is_string(value)) {
        text.data = (u_char *) json_string_value(value);
        text.len = json_string_length(value);
    }

    return text;
}


void
rb_social_take_email(rb_task_t *task, rb_social_profile_t *profile,
    const ngx_str_t *email, ngx_uint_t verified)
{
    ngx_str_t  canonical;

    if (email->len == 0
        || rb_users_email(task->pool, email, &canonical) != NULL)
    {
        return;
    }

    profile->email = canonical;
    profile->email_verified = (verified != 0);
}


ngx_int_t
rb_social_take_name(rb_task_t *task, rb_social_profile_t *profile,
    const ngx_str_t *name)
{
    size_t      len;
    ngx_uint_t  n;

    for (len = 0, n = 0; len < name->len; len++) {
        if ((name->data[len] & 0xc0) != 0x80 && ++n > RB_SOCIAL_NAME_MAX) {
            break;
        }
    }

    profile->name.len = len;
    profile->name.data = ngx_pnalloc(task->pool, len + 1);

    if (profile->name.data == NULL) {
        return NGX_ERROR;
    }

    profile->name.data[len] = '\0';

    if (len) {
        ngx_memcpy(profile->name.data, name->data, len);
    }

    return NGX_OK;
}


ngx_int_t
rb_social_take_subject(rb_task_t *task, rb_social_profile_t *profile,
    const ngx_str_t *subject)
{
    if (subject->len == 0
        || ngx_utf8_length(subject->data, subject->len) > 255)
    {
        return NGX_DECLINED;
    }

    profile->subject.len = subject->len;
    profile->subject.data = ngx_pstrdup(task->pool, (ngx_str_t *) subject);

    return profile->subject.data ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
rb_social_address_good(const ngx_str_t *address)
{
    u_char      *p;
    ngx_uint_t   i;

    static const ngx_str_t  schemes[] = {
        ngx_string("https://"),
        ngx_string("http://localhost:"),
        ngx_string("http://127.0.0.1:")
    };

    for (p = address->data; p < address->data + address->len; p++) {
        if (*p <= ' ' || *p >= 0x7f) {
            return 0;
        }
    }

    for (i = 0; i < rb_array_size(schemes); i++) {
        if (address->len > schemes[i].len
            && ngx_strncmp(address->data, schemes[i].data, schemes[i].len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
