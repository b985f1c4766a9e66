
/*
 * The title is the problem's own and never changes but by language; what is
 * particular to this request is in detail and errors.  instance names the
 * request by its id, by which a log finds it.
 *
 * When there is no memory even for this, the answer is a constant: an error
 * must be told whatever happens.
 */


#include "web/rb_problem.h"
#include "base/rb_json.h"


static void rb_problem_detail(rb_json_t *json, const rb_err_t *err,
    rb_lang_e lang);
static void rb_problem_errors(rb_json_t *json, const rb_err_field_t *field,
    rb_lang_e lang);


static u_char  rb_problem_no_memory[] =
    "{\"type\":\"/problems/internal_error\",\"title\":\"Out of memory.\","
    "\"status\":500,\"code\":\"internal_error\"}";


void
rb_problem_write(rb_buf_t *b, ngx_pool_t *pool, const rb_err_t *err,
    rb_lang_e lang, const ngx_str_t *request_id)
{
    u_char               text[256];
    rb_json_t            json;
    ngx_str_t            s;
    const rb_problem_t  *problem;

    problem = err->problem;

    (void) rb_buf_init(b, pool, 1024);
    rb_json_init(&json, b);

    s.data = text;

    rb_json_open(&json, '{');

    s.len = ngx_snprintf(text, sizeof(text), "/problems/%V", &problem->code)
            - text;
    rb_json_key(&json, "type");
    rb_json_str(&json, &s);

    rb_json_key(&json, "title");
    rb_json_str(&json, &problem->title.in[lang]);

    rb_json_key(&json, "status");
    rb_json_int(&json, problem->status);

    rb_json_key(&json, "code");
    rb_json_str(&json, &problem->code);

    rb_problem_detail(&json, err, lang);

    s.len = ngx_snprintf(text, sizeof(text), "urn:resortbite:request:%V",
                         request_id)
            - text;
    rb_json_key(&json, "instance");
    rb_json_str(&json, &s);

    rb_problem_errors(&json, err->fields, lang);

    rb_json_close(&json, '}');

    if (b->failed) {
        ngx_memzero(b, sizeof(rb_buf_t));

        b->pool = pool;
        b->start = rb_problem_no_memory;
        b->last = b->start + sizeof(rb_problem_no_memory) - 1;
        b->end = b->last;
    }
}


/* How long to wait, as people say it; Retry-After has it in seconds. */

static u_char *
rb_problem_wait(u_char *text, size_t size, ngx_uint_t seconds, rb_lang_e lang)
{
    if (seconds < 120) {
        return ngx_snprintf(text, size, (lang == RB_LANG_EN)
                            ? "Try again in %ui second%s."
                            : "%ui초 뒤에 다시 시도해 주세요.",
                            seconds, (seconds == 1) ? "" : "s");
    }

    if (seconds < 7200) {
        return ngx_snprintf(text, size, (lang == RB_LANG_EN)
                            ? "Try again in %ui minutes."
                            : "%ui분 뒤에 다시 시도해 주세요.",
                            (seconds + 59) / 60);
    }

    return ngx_snprintf(text, size, (lang == RB_LANG_EN)
                        ? "Try again in %ui hours."
                        : "%ui시간 뒤에 다시 시도해 주세요.",
                        (seconds + 3599) / 3600);
}


/* The first wrong field, how long to wait, or what is allowed. */

static void
rb_problem_detail(rb_json_t *json, const rb_err_t *err, rb_lang_e lang)
{
    u_char      text[1024];
    ngx_str_t   s;

    s.data = text;

    if (err->fields) {
        s.len = ngx_snprintf(text, sizeof(text), "%V: %V", &err->fields->name,
                             &err->fields->detail[lang])
                - text;

    } else if (err->retry_after) {
        s.len = rb_problem_wait(text, sizeof(text), err->retry_after, lang)
                - text;

    } else if (err->allow.len) {
        s.len = ngx_snprintf(text, sizeof(text),
                             (lang == RB_LANG_EN)
                             ? "The address has: %V."
                             : "이 주소에서 쓸 수 있는 메서드: %V.",
                             &err->allow)
                - text;

    } else {
        return;
    }

    rb_json_key(json, "detail");
    rb_json_str(json, &s);
}


static void
rb_problem_errors(rb_json_t *json, const rb_err_field_t *field, rb_lang_e lang)
{
    if (field == NULL) {
        return;
    }

    rb_json_key(json, "errors");
    rb_json_open(json, '[');

    for ( /* void */ ; field; field = field->next) {
        rb_json_open(json, '{');

        rb_json_key(json, "field");
        rb_json_str(json, &field->name);
        rb_json_key(json, "code");
        rb_json_str(json, &field->code);
        rb_json_key(json, "detail");
        rb_json_str(json, &field->detail[lang]);

        rb_json_close(json, '}');
    }

    rb_json_close(json, ']');
}
