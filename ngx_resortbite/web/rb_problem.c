
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


static const char *rb_problem_oauth_code(const rb_err_t *err);
static void rb_problem_ascii(u_char *p, u_char *last);
static void rb_problem_missing(rb_json_t *json, const char *missing);
static void rb_problem_states(rb_json_t *json, const ngx_str_t *states);
static void rb_problem_errors(rb_json_t *json, const rb_err_field_t *field,
    rb_lang_e lang);


static u_char  rb_problem_no_memory[] =
    "{\"type\":\"/problems/internal_error\",\"title\":\"Out of memory.\","
    "\"status\":500,\"code\":\"internal_error\"}";


void
rb_problem_write(rb_buf_t *b, ngx_pool_t *pool, const rb_err_t *err,
    rb_lang_e lang, const ngx_str_t *request_id)
{
    u_char               text[1024];
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

    s.len = rb_problem_detail(text, sizeof(text), err, lang) - text;

    if (s.len) {
        rb_json_key(&json, "detail");
        rb_json_str(&json, &s);
    }

    s.len = ngx_snprintf(text, sizeof(text), "urn:resortbite:request:%V",
                         request_id)
            - text;
    rb_json_key(&json, "instance");
    rb_json_str(&json, &s);

    rb_problem_errors(&json, err->fields, lang);
    rb_problem_missing(&json, err->missing);
    rb_problem_states(&json, err->states);

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


/* Where something is, and where it may go from there. */

static u_char *
rb_problem_where(u_char *text, size_t size, const ngx_str_t *states,
    rb_lang_e lang)
{
    if (states[1].len == 0) {
        return ngx_snprintf(text, size, (lang == RB_LANG_EN)
                            ? "It is %V now, and you can't move it from "
                              "there."
                            : "지금 상태는 %V이고, 여기에서 바꿀 수 있는 "
                              "상태가 없습니다.",
                            &states[0]);
    }

    return ngx_snprintf(text, size, (lang == RB_LANG_EN)
                        ? "It is %V now; from there you can move it to: %V."
                        : "지금 상태: %V. 바꿀 수 있는 상태: %V.",
                        &states[0], &states[1]);
}


u_char *
rb_problem_detail(u_char *text, size_t size, const rb_err_t *err,
    rb_lang_e lang)
{
    if (err->fields) {
        return ngx_snprintf(text, size, "%V: %V", &err->fields->name,
                            &err->fields->detail[lang]);
    }

    if (err->retry_after) {
        return rb_problem_wait(text, size, err->retry_after, lang);
    }

    if (err->states) {
        return rb_problem_where(text, size, err->states, lang);
    }

    if (err->allow.len) {
        return ngx_snprintf(text, size, (lang == RB_LANG_EN)
                            ? "The address has: %V."
                            : "이 주소에서 쓸 수 있는 메서드: %V.",
                            &err->allow);
    }

    return text;
}


void
rb_problem_write_oauth(rb_req_t *req, const rb_err_t *err)
{
    u_char           text[1024], *p, *last;
    rb_json_t        json;
    ngx_str_t        s;
    rb_err_field_t  *field;

    p = text;
    last = text + sizeof(text);

    for (field = err->fields; field; field = field->next) {
        p = ngx_slprintf(p, last, "%s%V %V", (p == text) ? "" : " ",
                         &field->name, &field->detail[RB_LANG_EN]);
    }

    if (p == text) {
        p = ngx_slprintf(p, last, "%V", &err->problem->title.in[RB_LANG_EN]);
    }

    rb_problem_ascii(text, p);

    (void) rb_buf_init(&req->reply.body, req->task.pool, 512);
    rb_json_init(&json, &req->reply.body);

    rb_json_open(&json, '{');

    s.data = (u_char *) rb_problem_oauth_code(err);
    s.len = s.data ? ngx_strlen(s.data) : 0;

    rb_json_key(&json, "error");
    rb_json_str(&json, s.data ? &s : &err->problem->code);

    s.data = text;
    s.len = p - text;

    rb_json_key(&json, "error_description");
    rb_json_str(&json, &s);

    rb_json_close(&json, '}');
}


/* What isn't said in OAuth's own words; NULL: the code is one of them. */

static const char *
rb_problem_oauth_code(const rb_err_t *err)
{
    switch (err->problem->status) {

    case 404:
    case 405:
    case 406:
    case 413:
    case 415:
        return "invalid_request";

    case 500:
        return "server_error";

    case 503:
        return "temporarily_unavailable";

    default:
        return NULL;
    }
}


/* %x20-21 / %x23-5B / %x5D-7E */

static void
rb_problem_ascii(u_char *p, u_char *last)
{
    for ( /* void */ ; p < last; p++) {

        if (*p == '"' || *p == '\\') {
            *p = '\'';

        } else if (*p < 0x20 || *p > 0x7e) {
            *p = '?';
        }
    }
}


/* "state": "hidden", "allowed_states": ["approved"] */

static void
rb_problem_states(rb_json_t *json, const ngx_str_t *states)
{
    u_char     *p, *last, *comma;
    ngx_str_t   state;

    if (states == NULL) {
        return;
    }

    rb_json_key(json, "state");
    rb_json_str(json, &states[0]);

    rb_json_key(json, "allowed_states");
    rb_json_open(json, '[');

    p = states[1].data;
    last = p + states[1].len;

    for ( /* void */ ; p < last; p = comma + 1) {
        comma = ngx_strlchr(p, last, ',');
        comma = comma ? comma : last;

        state.data = p;
        state.len = comma - p;
        rb_json_str(json, &state);
    }

    rb_json_close(json, ']');
}


static void
rb_problem_missing(rb_json_t *json, const char *missing)
{
    size_t     len;
    ngx_str_t  s;

    if (missing == NULL) {
        return;
    }

    rb_json_key(json, "missing_roles");
    rb_json_open(json, '[');

    for ( ;; ) {
        missing += strspn(missing, " ");
        len = strcspn(missing, " ");

        if (len == 0) {
            break;
        }

        s.data = (u_char *) missing;
        s.len = len;
        rb_json_str(json, &s);

        missing += len;
    }

    rb_json_close(json, ']');
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
