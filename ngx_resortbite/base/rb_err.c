
/*
 * The shared kinds of errors, and the making of those that say more.
 *
 * What a client wrote comes back in field names and details.  It is cut to a
 * sane length and its invalid UTF-8 replaced here, once, so that no answer
 * can be made malformed or huge by what it complains about.
 */


#include "base/rb_err.h"
#include "base/rb_utf8.h"


#define RB_ERR_NAME_MAX    128          /* bytes */
#define RB_ERR_DETAIL_MAX  512
#define RB_ERR_FIELDS_MAX  32           /* told of one request */


/* a kind that also says how long to wait */

#define rb_err_define_retry(name, st, cd, seconds, ko, en)                    \
    static const rb_problem_t  name##_problem =                               \
        { st, ngx_string(cd), rb_text(ko, en) };                              \
    rb_err_t  name = { &name##_problem, seconds, ngx_null_string, NULL,        \
                       ngx_null_string, NULL, NULL, 0 }


rb_err_define(rb_err_not_found, 404, "not_found",
    "찾으시는 내용이 없거나 더 이상 공개되지 않습니다. 주소를 확인해 주세요.",
    "There is nothing here, or it is no longer public. Check the address.");

rb_err_define(rb_err_not_acceptable, 406, "not_acceptable",
    "요청한 형식으로는 응답할 수 없습니다. Accept 헤더에 application/json을 "
    "포함해 주세요.",
    "No answer in the media types you accept. Include application/json in "
    "the Accept header.");

rb_err_define(rb_err_precondition, 412, "precondition_failed",
    "If-Match에 적힌 버전이 아닙니다. 최신 내용을 다시 불러온 뒤 시도해 주세요.",
    "This is not the version named in If-Match. Load the latest version and "
    "try again.");

rb_err_define(rb_err_too_large, 413, "content_too_large",
    "보낸 내용이 너무 큽니다. 크기를 줄여 다시 보내 주세요.",
    "What you sent is too large. Make it smaller and send it again.");

rb_err_define(rb_err_unsupported_type, 415, "unsupported_media_type",
    "지원하지 않는 형식입니다. Content-Type을 application/json으로 하고 "
    "압축하지 않은 JSON을 보내 주세요.",
    "This format is not supported. Send uncompressed JSON with the "
    "Content-Type application/json.");

rb_err_define(rb_err_key_reused, 422, "idempotency_key_reused",
    "이 Idempotency-Key는 다른 요청에 이미 사용되었습니다. 새 키로 다시 보내 "
    "주세요.",
    "This Idempotency-Key was already used for a different request. Send it "
    "again with a new key.");

rb_err_define(rb_err_precondition_required, 428, "precondition_required",
    "다른 사람이 먼저 바꾼 내용을 덮어쓰지 않도록, 읽을 때 받은 ETag를 If-Match로 "
    "보내 주세요.",
    "Send the ETag that came with what you read as If-Match, so that nobody "
    "else's change is overwritten.");

rb_err_define(rb_err_internal, 500, "internal_error",
    "서버에 문제가 생겼습니다. 잠시 뒤 다시 시도하고, 계속되면 X-Request-Id와 "
    "함께 알려 주세요.",
    "Something went wrong on our side. Try again later; if it persists, tell "
    "us the X-Request-Id.");

rb_err_define_retry(rb_err_busy, 503, "busy", 1,
    "지금 요청이 몰려 있습니다. 잠시 뒤 다시 시도해 주세요.",
    "The server is busy. Try again in a moment.");

rb_err_define_retry(rb_err_database, 503, "database_unavailable", 2,
    "데이터베이스에 연결할 수 없습니다. 잠시 뒤 같은 요청을 다시 보내 주세요.",
    "The database cannot be reached. Send the same request again in a "
    "moment.");

rb_err_define_retry(rb_err_timeout, 503, "timed_out", 1,
    "처리 시간이 초과되었습니다. 잠시 뒤 같은 요청을 다시 보내 주세요.",
    "This took too long. Send the same request again in a moment.");

rb_err_define(rb_err_cancelled, 499, "cancelled",
    "응답을 받기 전에 연결이 끊어졌습니다.",
    "The client closed the connection before the answer.");


static const rb_problem_t  rb_err_invalid_problem = {
    400, ngx_string("invalid_request"),
    rb_text("요청에 잘못된 값이 있습니다. errors에 적힌 항목을 고쳐 다시 보내 "
            "주세요.",
            "The request has invalid values. Correct what is listed in errors "
            "and send it again.")
};


static const rb_problem_t  rb_err_method_problem = {
    405, ngx_string("method_not_allowed"),
    rb_text("이 주소에서는 쓸 수 없는 메서드입니다. Allow 헤더에 적힌 메서드를 "
            "사용해 주세요.",
            "This address does not have the method. Use one of those in the "
            "Allow header.")
};


static rb_err_t *rb_err_alloc(ngx_pool_t *pool, const rb_problem_t *problem);
static ngx_int_t rb_err_clean_copy(ngx_pool_t *pool, ngx_str_t *to,
    const u_char *from, size_t len, size_t max);


rb_err_t *
rb_err_add_field(rb_err_t *err, ngx_pool_t *pool, ngx_str_t *name,
    const char *code, const char *ko, const char *en, ...)
{
    u_char           *p, text[RB_ERR_DETAIL_MAX];
    va_list           args;
    ngx_uint_t        n;
    rb_lang_e         lang;
    rb_err_field_t   *field, **last;

    const char  *format[RB_LANG_COUNT] = {
        [RB_LANG_KO] = ko, [RB_LANG_EN] = en
    };

    if (err == NULL) {
        err = rb_err_alloc(pool, &rb_err_invalid_problem);

    } else if (err->problem != &rb_err_invalid_problem && !err->lists) {
        /* another error, such as out of memory, came first: it stands */
        return err;
    }

    if (err == NULL) {
        return &rb_err_internal;
    }

    for (n = 0, last = &err->fields; *last; last = &(*last)->next) {
        n++;
    }

    if (n >= RB_ERR_FIELDS_MAX) {
        return err;
    }

    field = ngx_pcalloc(pool, sizeof(rb_err_field_t));
    if (field == NULL
        || rb_err_clean_copy(pool, &field->name, name->data, name->len,
                             RB_ERR_NAME_MAX) != NGX_OK)
    {
        return &rb_err_internal;
    }

    field->code.data = (u_char *) code;
    field->code.len = ngx_strlen(code);

    for (lang = 0; lang < RB_LANG_COUNT; lang++) {
        va_start(args, en);
        p = ngx_vslprintf(text, text + sizeof(text), format[lang], args);
        va_end(args);

        if (rb_err_clean_copy(pool, &field->detail[lang], text, p - text,
                              RB_ERR_DETAIL_MAX) != NGX_OK)
        {
            return &rb_err_internal;
        }
    }

    *last = field;

    return err;
}


rb_err_t *
rb_err_method_not_allowed(ngx_pool_t *pool, ngx_str_t *allow)
{
    rb_err_t  *err;

    err = rb_err_alloc(pool, &rb_err_method_problem);
    if (err == NULL) {
        return &rb_err_internal;
    }

    err->allow = *allow;

    return err;
}


/* Out of memory, the kind itself still says enough. */

rb_err_t *
rb_err_retry(ngx_pool_t *pool, rb_err_t *kind, ngx_uint_t retry_after)
{
    rb_err_t  *err;

    err = rb_err_alloc(pool, kind->problem);
    if (err == NULL) {
        return kind;
    }

    *err = *kind;
    err->retry_after = retry_after;

    return err;
}


rb_err_t *
rb_err_list(ngx_pool_t *pool, rb_err_t *kind)
{
    rb_err_t  *err;

    err = rb_err_alloc(pool, kind->problem);
    if (err == NULL) {
        return kind;
    }

    *err = *kind;
    err->lists = 1;

    return err;
}


rb_err_t *
rb_err_states(ngx_pool_t *pool, rb_err_t *kind, const ngx_str_t *state,
    const ngx_str_t *allowed)
{
    rb_err_t   *err;
    ngx_str_t  *states;

    err = rb_err_alloc(pool, kind->problem);
    states = ngx_palloc(pool, 2 * sizeof(ngx_str_t));

    if (err == NULL || states == NULL) {
        return kind;
    }

    states[0].len = state->len;
    states[0].data = ngx_pstrdup(pool, (ngx_str_t *) state);
    states[1].len = allowed->len;
    states[1].data = ngx_pstrdup(pool, (ngx_str_t *) allowed);

    if (states[0].data == NULL || (allowed->len && states[1].data == NULL)) {
        return kind;
    }

    *err = *kind;
    err->states = states;

    return err;
}


static rb_err_t *
rb_err_alloc(ngx_pool_t *pool, const rb_problem_t *problem)
{
    rb_err_t  *err;

    err = ngx_pcalloc(pool, sizeof(rb_err_t));

    if (err) {
        err->problem = problem;
    }

    return err;
}


/* Copies valid UTF-8, at most max bytes, never half a character. */

static ngx_int_t
rb_err_clean_copy(ngx_pool_t *pool, ngx_str_t *to, const u_char *from,
    size_t len, size_t max)
{
    size_t         n;
    u_char        *p;
    const u_char  *end, *limit;

    end = from + len;
    limit = from + ngx_min(len, max);

    p = ngx_pnalloc(pool, limit - from + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    to->data = p;

    while (from < limit) {
        n = rb_utf8_char(from, end);

        if (n == 0) {
            *p++ = '?';
            from++;
            continue;
        }

        if (n > (size_t) (limit - from)) {
            break;
        }

        p = ngx_cpymem(p, from, n);
        from += n;
    }

    to->len = p - to->data;

    return NGX_OK;
}
