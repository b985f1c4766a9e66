
/*
 * Kakao and Naver, each with its own ways.
 *
 * Kakao: the id is a number; kakao_account.email is there only if the member
 * has agreed, and good only if is_email_valid (nobody else has taken the
 * address over) and is_email_verified.
 *
 * Naver: errors of its token endpoint are answers of status 200; the profile
 * is nested in `response', beside a resultcode.  Nothing tells that its
 * address is verified: members may name any, so it counts as unverified.
 */


#include "social/rb_social_provider.h"


static rb_err_t *rb_social_exchange(rb_task_t *task,
    const rb_social_t *provider, const rb_social_grant_t *grant,
    ngx_str_t *bearer);


rb_err_t *
rb_social_kakao_profile(rb_task_t *task, const rb_social_grant_t *grant,
    rb_social_profile_t *profile)
{
    u_char             digits[NGX_INT64_LEN];
    json_t            *me, *id, *account;
    rb_err_t          *err;
    ngx_str_t          subject, email, name;
    ngx_uint_t         verified;
    rb_social_call_t   call = rb_social_get("/userinfo");

    err = rb_social_exchange(task, profile->provider, grant,
                             &call.authorization);
    if (err == NULL) {
        err = rb_social_call(task, profile->provider, &call, NULL, &me);
    }

    if (err) {
        return err;
    }

    id = json_object_get(me, "id");

    if (!json_is_integer(id) || json_integer_value(id) <= 0) {
        return rb_social_fault(task, profile->provider, "told no id");
    }

    subject.data = digits;
    subject.len = ngx_sprintf(digits, "%L", (int64_t) json_integer_value(id))
                  - digits;

    account = json_object_get(me, "kakao_account");
    email = rb_social_string(account, "email");
    name = rb_social_string(json_object_get(account, "profile"), "nickname");

    verified = json_is_true(json_object_get(account, "is_email_valid"))
               && json_is_true(json_object_get(account, "is_email_verified"));

    rb_social_take_email(task, profile, &email, verified);

    if (rb_social_take_subject(task, profile, &subject) != NGX_OK
        || rb_social_take_name(task, profile, &name) != NGX_OK)
    {
        return &rb_err_internal;
    }

    return NULL;
}


rb_err_t *
rb_social_naver_profile(rb_task_t *task, const rb_social_grant_t *grant,
    rb_social_profile_t *profile)
{
    json_t            *me, *response;
    rb_err_t          *err;
    ngx_int_t          rc;
    ngx_str_t          result, subject, email, name;
    rb_social_call_t   call = rb_social_get("/userinfo");

    err = rb_social_exchange(task, profile->provider, grant,
                             &call.authorization);
    if (err == NULL) {
        err = rb_social_call(task, profile->provider, &call, NULL, &me);
    }

    if (err) {
        return err;
    }

    result = rb_social_string(me, "resultcode");
    response = json_object_get(me, "response");

    if (result.len != 2 || ngx_strncmp(result.data, "00", 2) != 0
        || !json_is_object(response))
    {
        return rb_social_fault(task, profile->provider, "told no profile");
    }

    subject = rb_social_string(response, "id");
    email = rb_social_string(response, "email");
    name = rb_social_string(response, "name");

    if (name.len == 0) {
        name = rb_social_string(response, "nickname");
    }

    rc = rb_social_take_subject(task, profile, &subject);

    if (rc == NGX_DECLINED) {
        return rb_social_fault(task, profile->provider, "told no id");
    }

    rb_social_take_email(task, profile, &email, 0);

    return rc == NGX_OK && rb_social_take_name(task, profile, &name) == NGX_OK
           ? NULL : &rb_err_internal;
}


/*
 * The code for an access token, as an Authorization field.  Both take the
 * client's secret in the form; Naver wants the state, Kakao knows PKCE and
 * each ignores the other's.
 */

static rb_err_t *
rb_social_exchange(rb_task_t *task, const rb_social_t *provider,
    const rb_social_grant_t *grant, ngx_str_t *bearer)
{
    json_t            *answer;
    rb_err_t          *err;
    rb_buf_t           form;
    rb_social_call_t   call = rb_social_get("/token");

    static ngx_str_t   grant_type = ngx_string("authorization_code");

    if (rb_buf_init(&form, task->pool, 512) != NGX_OK) {
        return &rb_err_internal;
    }

    rb_social_param(&form, "grant_type", &grant_type);
    rb_social_param(&form, "client_id", &provider->client_id);
    rb_social_param(&form, "client_secret", &provider->secret);
    rb_social_param(&form, "redirect_uri", &grant->redirect_uri);
    rb_social_param(&form, "code", &grant->code);

    if (provider->kind == RB_SOCIAL_NAVER) {
        rb_social_param(&form, "state", &grant->state);

    } else {
        rb_social_param(&form, "code_verifier", &grant->verifier);
    }

    if (form.failed) {
        return &rb_err_internal;
    }

    call.form.data = form.start;
    call.form.len = rb_buf_len(&form);

    err = rb_social_call(task, provider, &call, NULL, &answer);
    if (err) {
        return err;
    }

    return rb_social_bearer(task, provider, answer, bearer);
}
