
/*
 * A template, its parameters and a language to text and HTML.
 *
 * Parameters hold what people wrote (names, devices), and a mail may go to
 * somebody who never asked for one: nobody is to advertise through us.  So
 * in what they wrote nothing becomes a link: an invisible word joiner breaks
 * it (U+2060).  It is cut to a sane length and has no line breaks.
 */


#include "notify/rb_notify_internal.h"
#include "base/rb_utf8.h"


#define RB_NOTIFY_VALUE_MAX  300        /* bytes of a parameter */


typedef struct {
    rb_buf_t          *buf;
    json_t            *params;
    rb_lang_e          lang;
    unsigned           html:1;
    unsigned           missing:1;
} rb_notify_writer_t;


/* What codes are called; a value of another parameter stays as it is. */

typedef struct {
    ngx_str_t          param;
    ngx_str_t          value;           /* "": when there is none */
    rb_text_t          text;
} rb_notify_word_t;


static void rb_notify_text(rb_notify_writer_t *w, const ngx_str_t *link,
    const rb_notify_template_t *t);
static void rb_notify_html(rb_notify_writer_t *w, const ngx_str_t *subject,
    const ngx_str_t *link, const rb_notify_template_t *t);
static void rb_notify_paragraphs(rb_notify_writer_t *w,
    const rb_text_t *texts, ngx_uint_t n);
static void rb_notify_fill(rb_notify_writer_t *w, const ngx_str_t *text);
static void rb_notify_param(rb_notify_writer_t *w, const ngx_str_t *name);
static ngx_uint_t rb_notify_where(rb_notify_writer_t *w,
    const ngx_str_t *name);
static void rb_notify_break(rb_notify_writer_t *w);
static void rb_notify_value(rb_notify_writer_t *w, const ngx_str_t *name,
    const ngx_str_t *value);
static void rb_notify_device(rb_notify_writer_t *w,
    const ngx_str_t *device);
static const ngx_str_t *rb_notify_word(rb_lang_e lang, const ngx_str_t *name,
    const ngx_str_t *value);
static void rb_notify_foreign(rb_notify_writer_t *w, const ngx_str_t *value,
    ngx_uint_t tame);
static void rb_notify_add(rb_notify_writer_t *w, const u_char *data,
    size_t len);
static ngx_uint_t rb_notify_same(const ngx_str_t *a, const ngx_str_t *b);


static const rb_notify_word_t  rb_notify_words[] = {
    { ngx_string("name"), ngx_string(""), rb_text("회원", "there") },
    { ngx_string("device"), ngx_string(""), rb_text("알 수 없음", "unknown") },
    { ngx_string("device"), ngx_string("Unknown browser"),
      rb_text("알 수 없는 브라우저", "unknown browser") },
    { ngx_string("place"), ngx_string(""), rb_text("알 수 없음", "unknown") },
    { ngx_string("until"), ngx_string(""),
      rb_text("따로 알려 드릴 때까지", "further notice") },
    { ngx_string("until"), ngx_string("infinity"),
      rb_text("따로 알려 드릴 때까지", "further notice") },
    { ngx_string("reason"), ngx_string(""), rb_text("이용약관 위반",
                                                    "a breach of our terms") },
    { ngx_string("decision"), ngx_string("changes_requested"),
      rb_text("수정 요청", "changes are needed") },
    { ngx_string("decision"), ngx_string("rejected"),
      rb_text("반려", "rejected") },
    { ngx_string("decision"), ngx_string("hidden"),
      rb_text("비공개 처리", "hidden from the public") },
    { ngx_string("decision"), ngx_string("upheld"),
      rb_text("신고하신 내용이 맞다고 보았습니다", "you were right") },
    { ngx_string("decision"), ngx_string("dismissed"),
      rb_text("규정을 어긴 점을 찾지 못했습니다",
              "we found nothing against our rules") },
    { ngx_string("factor"), ngx_string("totp"),
      rb_text("인증 앱", "authenticator app") },
    { ngx_string("factor"), ngx_string("passkey"),
      rb_text("패스키", "passkey") },
    { ngx_string("provider"), ngx_string("kakao"),
      rb_text("카카오", "Kakao") },
    { ngx_string("provider"), ngx_string("naver"),
      rb_text("네이버", "Naver") },
    { ngx_string("provider"), ngx_string("google"),
      rb_text("구글", "Google") },
    { ngx_string("provider"), ngx_string("apple"), rb_text("애플", "Apple") },
    { ngx_string("role"), ngx_string("owner"), rb_text("소유자", "owner") },
    { ngx_string("role"), ngx_string("manager"),
      rb_text("관리자", "manager") },
    { ngx_string("role"), ngx_string("recruiter"),
      rb_text("채용 담당자", "recruiter") },
    { ngx_string("roles"), ngx_string("crew"), rb_text("크루", "crew") },
    { ngx_string("roles"), ngx_string("resort"),
      rb_text("리조트 담당자", "resort") },
    { ngx_string("roles"), ngx_string("moderator"),
      rb_text("운영자", "moderator") },
    { ngx_string("roles"), ngx_string("auditor"),
      rb_text("감사자", "auditor") },
    { ngx_string("roles"), ngx_string("admin"),
      rb_text("관리자", "administrator") },
    { ngx_string("roles"), ngx_string("super_admin"),
      rb_text("최고 관리자", "super administrator") }
};

static const rb_text_t  rb_notify_footer = rb_text(
    "이 메일은 발신 전용입니다. 리조트바이트는 메일로 비밀번호를 묻지 "
    "않습니다.",
    "Please don't answer this mail. ResortBite never asks for your password "
    "by mail.");

static const ngx_str_t  rb_notify_lang_names[RB_LANG_COUNT] = {
    ngx_string("ko"), ngx_string("en")
};


ngx_int_t
rb_notify_render(ngx_pool_t *pool, const ngx_str_t *template, rb_lang_e lang,
    const ngx_str_t *link, json_t *params, rb_mail_t *mail)
{
    rb_buf_t                     subject, text, html;
    rb_notify_writer_t           w;
    const rb_notify_template_t  *t;

    t = rb_notify_template(template);

    if (t == NULL || (t->purpose && link->len == 0)) {
        return NGX_DECLINED;
    }

    if (rb_buf_init(&subject, pool, 128) != NGX_OK
        || rb_buf_init(&text, pool, 1024) != NGX_OK
        || rb_buf_init(&html, pool, 4096) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&w, sizeof(rb_notify_writer_t));

    w.params = params;
    w.lang = lang;

    w.buf = &subject;
    rb_notify_fill(&w, &t->subject.in[lang]);

    mail->subject.data = subject.start;
    mail->subject.len = rb_buf_len(&subject);

    w.buf = &text;
    rb_notify_text(&w, link, t);

    w.buf = &html;
    w.html = 1;
    rb_notify_html(&w, &mail->subject, link, t);

    if (subject.failed || text.failed || html.failed) {
        return NGX_ERROR;
    }

    mail->text.data = text.start;
    mail->text.len = rb_buf_len(&text);
    mail->html.data = html.start;
    mail->html.len = rb_buf_len(&html);

    return w.missing ? NGX_DECLINED : NGX_OK;
}


static void
rb_notify_text(rb_notify_writer_t *w, const ngx_str_t *link,
    const rb_notify_template_t *t)
{
    rb_notify_paragraphs(w, t->before, RB_NOTIFY_PARAGRAPHS);

    if (link->len && t->button.in[w->lang].len) {
        rb_buf_printf(w->buf, "%V:" CRLF "%V" CRLF CRLF,
                      &t->button.in[w->lang], link);
    }

    rb_notify_paragraphs(w, t->after, rb_array_size(t->after));

    rb_buf_printf(w->buf, "--" CRLF "%V" CRLF,
                  &rb_notify_footer.in[w->lang]);
}


/* Styles are inline: many readers drop all others. */

static void
rb_notify_html(rb_notify_writer_t *w, const ngx_str_t *subject,
    const ngx_str_t *link, const rb_notify_template_t *t)
{
    rb_buf_printf(w->buf, "<!doctype html>" CRLF "<html lang=\"%V\">" CRLF
                  "<head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                  "content=\"width=device-width\"><title>",
                  &rb_notify_lang_names[w->lang]);

    rb_notify_add(w, subject->data, subject->len);

    rb_buf_add_lit(w->buf, "</title></head>" CRLF "<body style=\"margin:0;"
                   "padding:24px;background:#f4f6f8;color:#1b2733;"
                   "font:16px/1.6 sans-serif\">" CRLF "<div style=\"max-width:"
                   "560px;margin:0 auto;padding:24px;background:#ffffff;"
                   "border-radius:8px\">" CRLF);

    rb_notify_paragraphs(w, t->before, RB_NOTIFY_PARAGRAPHS);

    if (link->len && t->button.in[w->lang].len) {
        rb_buf_add_lit(w->buf, "<p><a href=\"");
        rb_notify_add(w, link->data, link->len);
        rb_buf_printf(w->buf, "\" style=\"display:inline-block;padding:12px "
                      "20px;background:#0b5cad;color:#ffffff;"
                      "text-decoration:none;border-radius:6px\">%V</a></p>"
                      CRLF, &t->button.in[w->lang]);
    }

    rb_notify_paragraphs(w, t->after, rb_array_size(t->after));

    rb_buf_printf(w->buf, "<p style=\"margin-top:32px;color:#5a6773;"
                  "font-size:13px\">%V</p>" CRLF "</div>" CRLF "</body>" CRLF
                  "</html>" CRLF, &rb_notify_footer.in[w->lang]);
}


static void
rb_notify_paragraphs(rb_notify_writer_t *w, const rb_text_t *texts,
    ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n && texts[i].in[w->lang].len; i++) {

        if (w->html) {
            rb_buf_add_lit(w->buf, "<p>");
        }

        rb_notify_fill(w, &texts[i].in[w->lang]);

        if (w->html) {
            rb_buf_add_lit(w->buf, "</p>" CRLF);

        } else {
            rb_buf_add_lit(w->buf, CRLF CRLF);
        }
    }
}


/* The text with its {parameters} filled in. */

static void
rb_notify_fill(rb_notify_writer_t *w, const ngx_str_t *text)
{
    u_char     *p, *brace, *end;
    ngx_str_t   name;

    p = text->data;
    end = text->data + text->len;

    while ((brace = ngx_strlchr(p, end, '{')) != NULL) {
        rb_notify_add(w, p, brace - p);

        name.data = brace + 1;
        p = ngx_strlchr(name.data, end, '}');
        name.len = p - name.data;
        p++;

        rb_notify_param(w, &name);
    }

    rb_notify_add(w, p, end - p);
}


/*
 * An array's values are told with commas between, but of changes each has a
 * line of its own.
 */

static void
rb_notify_param(rb_notify_writer_t *w, const ngx_str_t *name)
{
    char        key[32];
    size_t      i;
    json_t     *value, *item;
    ngx_str_t   text;

    static const ngx_str_t  changes = ngx_string("changes");

    if (rb_notify_where(w, name)) {
        return;
    }

    (void) ngx_cpystrn((u_char *) key, name->data,
                       ngx_min(name->len + 1, sizeof(key)));

    value = json_object_get(w->params, key);

    if (json_is_array(value) && json_array_size(value)) {
        json_array_foreach(value, i, item) {
            if (rb_notify_same(name, &changes)) {
                rb_notify_break(w);

            } else if (i) {
                rb_buf_add_lit(w->buf, ", ");
            }

            text.data = (u_char *) json_string_value(item);
            text.len = json_string_length(item);
            rb_notify_value(w, name, &text);
        }

        return;
    }

    if (!json_is_string(value) && !json_is_null(value)) {
        w->missing = 1;
        return;
    }

    text.data = (u_char *) json_string_value(value);
    text.len = json_string_length(value);
    rb_notify_value(w, name, &text);
}


/* The text has no buttons: it says to open the address instead. */

static ngx_uint_t
rb_notify_where(rb_notify_writer_t *w, const ngx_str_t *name)
{
    ngx_uint_t        i;
    const ngx_str_t  *words;

    static const struct {
        ngx_str_t     name;
        rb_text_t     text;
        rb_text_t     html;
    } where[] = {
        { ngx_string("below"),
          rb_text("아래 주소를 열어", "at the address below"),
          rb_text("아래 단추를 눌러", "with the button below") },
        { ngx_string("above"),
          rb_text("위 주소를 열어", "at the address above"),
          rb_text("위 단추를 눌러", "with the button above") }
    };

    for (i = 0; i < rb_array_size(where); i++) {

        if (rb_notify_same(&where[i].name, name)) {
            words = w->html ? &where[i].html.in[w->lang]
                            : &where[i].text.in[w->lang];
            rb_notify_add(w, words->data, words->len);
            return 1;
        }
    }

    return 0;
}


static void
rb_notify_break(rb_notify_writer_t *w)
{
    if (w->html) {
        rb_buf_add_lit(w->buf, "<br>" CRLF "&#8226; ");

    } else {
        rb_buf_add_lit(w->buf, CRLF "- ");
    }
}


static void
rb_notify_value(rb_notify_writer_t *w, const ngx_str_t *name,
    const ngx_str_t *value)
{
    const ngx_str_t  *word;

    static const ngx_str_t  email = ngx_string("email");
    static const ngx_str_t  device = ngx_string("device");

    word = rb_notify_word(w->lang, name, value);

    if (word) {
        rb_notify_add(w, word->data, word->len);
        return;
    }

    if (rb_notify_same(name, &device)) {
        rb_notify_device(w, value);
        return;
    }

    rb_notify_foreign(w, value, !rb_notify_same(name, &email));
}


/* "Chrome on Windows", the browser alone, or what an app says of itself. */

static void
rb_notify_device(rb_notify_writer_t *w, const ngx_str_t *device)
{
    size_t            len;
    ngx_str_t         rest;
    const ngx_str_t  *word;

    static const ngx_str_t  name = ngx_string("device");
    static const ngx_str_t  unknown = ngx_string("Unknown browser on ");

    len = unknown.len - (sizeof(" on ") - 1);

    if (device->len < unknown.len
        || ngx_memcmp(device->data, unknown.data, unknown.len) != 0)
    {
        rb_notify_foreign(w, device, 1);
        return;
    }

    rest.data = unknown.data;
    rest.len = len;
    word = rb_notify_word(w->lang, &name, &rest);
    rb_notify_add(w, word->data, word->len);

    rest.data = device->data + unknown.len;
    rest.len = device->len - unknown.len;
    rb_notify_add(w, (const u_char *) " (", 2);
    rb_notify_foreign(w, &rest, 1);
    rb_notify_add(w, (const u_char *) ")", 1);
}


static const ngx_str_t *
rb_notify_word(rb_lang_e lang, const ngx_str_t *name, const ngx_str_t *value)
{
    ngx_uint_t               i;
    const rb_notify_word_t  *word;

    for (i = 0; i < rb_array_size(rb_notify_words); i++) {
        word = &rb_notify_words[i];

        if (rb_notify_same(&word->param, name)
            && rb_notify_same(&word->value, value))
        {
            return &word->text.in[lang];
        }
    }

    return NULL;
}


static void
rb_notify_foreign(rb_notify_writer_t *w, const ngx_str_t *value,
    ngx_uint_t tame)
{
    size_t         n;
    const u_char  *p, *end;

    p = value->data;
    end = p + ngx_min(value->len, RB_NOTIFY_VALUE_MAX);

    for ( /* void */ ; p < end; p += n) {
        n = rb_utf8_char(p, end);

        if (n == 0) {
            return;                     /* cut within a character */
        }

        if (*p < ' ' || *p == 0x7f) {
            rb_notify_add(w, (const u_char *) " ", 1);
            continue;
        }

        rb_notify_add(w, p, n);

        if (tame && ngx_strlchr((u_char *) ".:/@", (u_char *) ".:/@" + 4, *p))
        {
            rb_buf_add_lit(w->buf, "\xe2\x81\xa0");
        }
    }
}


static void
rb_notify_add(rb_notify_writer_t *w, const u_char *data, size_t len)
{
    u_char  *p;
    size_t   extra;

    if (!w->html) {
        rb_buf_add(w->buf, data, len);
        return;
    }

    extra = ngx_escape_html(NULL, (u_char *) data, len);

    if (rb_buf_grow(w->buf, len + extra) != NGX_OK) {
        return;
    }

    p = (u_char *) ngx_escape_html(w->buf->last, (u_char *) data, len);
    w->buf->last = p;
}


static ngx_uint_t
rb_notify_same(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}
