/* unit: notify/rb_notify_templates.c notify/rb_notify_render.c
   notify/rb_mime.c notify/rb_smtp_text.c base/rb_buf.c base/rb_err.c
   base/rb_json.c base/rb_utf8.c */

/* Mails: every template in both languages, and the message on the wire. */


#include "notify/rb_mime.h"
#include "notify/rb_notify_internal.h"
#include "base/rb_utf8.h"
#include "support.h"


static ngx_pool_t  *pool;

/* all that any template asks for */
static const char  everything[] =
    "{\"name\": \"\355\225\230\353\212\230\", \"device\": \"Chrome\","
    " \"place\": \"Seoul\", \"email\": \"new@example.com\","
    " \"until\": \"2027-01-01\", \"factor\": \"totp\", \"client\": \"App\","
    " \"provider\": \"kakao\", \"resort\": \"R\", \"role\": \"manager\","
    " \"inviter\": \"I\", \"roles\": [\"crew\", \"moderator\"],"
    " \"reason\": \"spam\", \"title\": \"T\", \"decision\": \"hidden\","
    " \"changes\": [\"a\", \"b\"], \"answer\": \"A\"}";


static int
contains(const ngx_str_t *text, const char *what)
{
    return memmem(text->data, text->len, what, strlen(what)) != NULL;
}


static json_t *
json(const char *text)
{
    json_t     *root;
    ngx_str_t   s = { strlen(text), (u_char *) text };

    return rb_json_parse(pool, &s, &root) == NULL ? root : NULL;
}


static ngx_int_t
render(const char *template, rb_lang_e lang, const char *link,
    const char *params, rb_mail_t *mail)
{
    ngx_str_t  name = { strlen(template), (u_char *) template };
    ngx_str_t  url = { strlen(link), (u_char *) link };

    return rb_notify_render(pool, &name, lang, &url, json(params), mail);
}


static void
templates(void)
{
    char         name[64];
    ngx_uint_t   i, lang, whole;
    rb_mail_t    mail;

    const rb_notify_template_t  *t;

    for (i = 0; i < rb_notify_templates_count; i++) {
        t = &rb_notify_templates[i];
        memcpy(name, t->name.data, t->name.len);
        name[t->name.len] = '\0';

        for (lang = 0; lang < RB_LANG_COUNT; lang++) {
            whole = render(name, lang, "https://x.example/y?token=z&a=\"b",
                           everything, &mail) == NGX_OK
                    && mail.subject.len && mail.text.len && mail.html.len
                    && rb_utf8_valid(mail.text.data, mail.text.len)
                    && rb_utf8_valid(mail.html.data, mail.html.len)
                    && !contains(&mail.text, "{")
                    && !contains(&mail.html, "{")
                    && !contains(&mail.subject, "{")
                    && !contains(&mail.html, "a=\"b");

            support_ok(whole, "%s in %s", name, lang ? "English" : "Korean");

            support_ok((t->purpose == NULL || t->path != NULL)
                       && (t->path != NULL) == (t->button.in[lang].len > 0)
                       && contains(&mail.text, "https://x.example/y?token=z")
                          == (t->path != NULL)
                       && contains(&mail.html, "<a ") == (t->path != NULL),
                       "its link");

            support_ok(!contains(&mail.text, "\353\213\250\354\266\224")
                       && !contains(&mail.text, "button"),
                       "no button where there is none");
        }

        support_ok(t->purpose == NULL
                   || render(name, RB_LANG_KO, "", everything, &mail)
                      == NGX_DECLINED, "which it needs");
    }

    support_ok(rb_notify_templates_count == 26, "all of them");
}


static void
device(const char *name, rb_lang_e lang, const char *told)
{
    char       params[128];
    rb_mail_t  mail;

    snprintf(params, sizeof(params), "{\"name\": \"a\", \"place\": \"b\","
             " \"device\": \"%s\"}", name);

    support_ok(render("new_sign_in", lang, "", params, &mail) == NGX_OK
               && contains(&mail.text, told), "%s", name);
}


/* No state or code is shown as it is kept. */

static void
codes(void)
{
    char         params[256];
    rb_mail_t    mail;
    ngx_uint_t   i;

    static const struct {
        const char  *template;
        const char  *decision;
    } decisions[] = {
        { "post_returned", "changes_requested" },
        { "post_returned", "rejected" },
        { "post_returned", "hidden" },
        { "report_decided", "upheld" },
        { "report_decided", "dismissed" }
    };

    for (i = 0; i < rb_array_size(decisions); i++) {
        snprintf(params, sizeof(params), "{\"name\": \"a\","
                 " \"resort\": \"R\", \"title\": \"T\", \"reason\": \"x\","
                 " \"answer\": \"y\", \"decision\": \"%s\"}",
                 decisions[i].decision);

        support_ok(render(decisions[i].template, RB_LANG_KO, "", params,
                          &mail) == NGX_OK
                   && !contains(&mail.text, decisions[i].decision), "%s",
                   decisions[i].decision);
    }
}


static void
parameters(void)
{
    rb_mail_t  mail;

    support_ok(render("nothing", RB_LANG_KO, "", "{}", &mail) == NGX_DECLINED,
               "no such template");
    support_ok(render("email_changed", RB_LANG_KO, "", "{}", &mail)
               == NGX_DECLINED, "a parameter is missing");
    support_ok(render("email_changed", RB_LANG_KO, "", "{\"name\": 7}", &mail)
               == NGX_DECLINED, "or is no text");

    support_ok(render("email_changed", RB_LANG_EN, "", "{\"name\": null}",
                      &mail) == NGX_OK && contains(&mail.text, "Hello there,"),
               "nobody's name");

    render("roles_changed", RB_LANG_EN, "",
           "{\"name\": \"a\", \"roles\": [\"crew\", \"super_admin\"]}", &mail);
    support_ok(contains(&mail.text, "crew, super administrator"),
               "codes are named, lists told");

    render("post_changed", RB_LANG_EN, "",
           "{\"name\": \"a\", \"resort\": \"R\", \"title\": \"T\","
           " \"changes\": [\"meals 2\", \"pay\\r\\n- 3\"]}", &mail);
    support_ok(contains(&mail.text, "as follows.\r\n- meals 2\r\n- pay  - 3")
               && contains(&mail.html, "<br>\r\n&#8226; meals 2"),
               "changes have a line each, and no more");

    support_ok(render("post_public", RB_LANG_EN, "", everything, &mail)
               == NGX_OK && !contains(&mail.text, "See the post")
               && !contains(&mail.html, "<a "),
               "a page that isn't known is left out");

    device("Unknown browser", RB_LANG_EN, "Device: unknown browser\r\n");
    device("Unknown browser on Windows", RB_LANG_EN,
           "Device: unknown browser (Windows)\r\n");
    device("Unknown browser", RB_LANG_KO, "\352\270\260\352\270\260: "
           "\354\225\214 \354\210\230 \354\227\206\353\212\224 "
           "\353\270\214\353\235\274\354\232\260\354\240\200\r\n");
    device("Unknown browser on Windows", RB_LANG_KO, "\353\270\214"
           "\353\235\274\354\232\260\354\240\200 (Windows)\r\n");
    device("Chrome on Windows", RB_LANG_KO, ": Chrome on Windows\r\n");

    render("email_changed", RB_LANG_EN, "",
           "{\"name\": \"<a href='http://evil.example'>\\r\\nBcc: x\"}",
           &mail);
    support_ok(contains(&mail.html, "&lt;a href="), "HTML is escaped");
    support_ok(!contains(&mail.html, "evil.example")
               && !contains(&mail.text, "evil.example")
               && !contains(&mail.text, "http://"), "no link is made");
    support_ok(!contains(&mail.text, "\r\nBcc"), "nor a line");

    render("confirm_email", RB_LANG_EN, "x",
           "{\"name\": \"a\", \"email\": \"a.b@c.example\"}", &mail);
    support_ok(contains(&mail.text, "a.b@c.example"),
               "but an address is as it is");
}


static void
out_of_memory(void)
{
    ngx_int_t   i, rc, failed, n;
    json_t     *params;
    rb_mail_t   mail;

    params = json(everything);
    failed = 0;
    n = 0;

    for (i = 0; i < 100; i++) {
        support_allocations_left = i;
        rc = rb_notify_render(pool, support_str("invitation"), RB_LANG_KO,
                              support_str("https://x"), params, &mail);
        support_allocations_left = -1;

        if (rc == NGX_OK) {
            break;
        }

        n++;
        failed += rc == NGX_ERROR;
    }

    support_ok(n > 2 && failed == n, "out of memory: %d times", (int) n);
}


static void
words(void)
{
    u_char      text[400];
    rb_buf_t    buf;
    ngx_str_t   s;
    ngx_uint_t  i, n, good;

    rb_buf_init(&buf, pool, 16);
    rb_mime_words(&buf, support_str("Hello there"), 9);
    support_is(buf.start, rb_buf_len(&buf), "Hello there", "plain text");

    rb_buf_init(&buf, pool, 16);
    rb_mime_words(&buf, support_str("\355\225\234"), 9);
    support_is(buf.start, rb_buf_len(&buf), "=?UTF-8?B?7ZWc?=", "Korean");

    rb_buf_init(&buf, pool, 16);
    rb_mime_words(&buf, support_str("a\r\nBcc: b"), 9);
    support_ok(memchr(buf.start, '\r', rb_buf_len(&buf)) == NULL,
               "no line of its own");

    rb_buf_init(&buf, pool, 16);
    rb_mime_words(&buf, support_str("=?UTF-8?B?7ZWc?="), 9);
    support_ok(memcmp(buf.start, "=?UTF-8?B?PT9", 13) == 0,
               "what looks encoded is encoded");

    for (i = 0; i + 3 <= sizeof(text); i += 3) {
        memcpy(text + i, "\355\225\234", 3);
    }

    s.data = text;
    s.len = i;
    rb_buf_init(&buf, pool, 16);
    rb_mime_words(&buf, &s, 9);

    for (n = 9, good = 1, i = 0; i < rb_buf_len(&buf); i++) {
        if (buf.start[i] == '\n') {
            good = good && buf.start[i + 1] == ' ' && buf.start[i - 1] == '\r'
                   && buf.start[i - 2] == '=';
            n = 0;
            continue;
        }

        good = good && ++n <= 77;
    }

    support_ok(good, "a long one is folded between words of 75");
}


static void
message(void)
{
    size_t         i, n;
    rb_mail_t      mail;
    ngx_str_t      text;
    ngx_uint_t     good;
    rb_envelope_t  e;

    memset(&e, 0, sizeof(e));
    e.from_name = *support_str("\353\246\254\354\241\260\355\212\270");
    e.from = *support_str("no-reply@example.com");
    e.to = *support_str("a@example.net");
    e.id = *support_str("019b76da-abe8-7409-b745-9cf1e2829bb1");
    e.date = 1795410000;

    render("verify_email", RB_LANG_KO, "https://x/y?token=z", everything,
           &mail);
    text = rb_mime_message(pool, &e, &mail);

    support_ok(memcmp(text.data, "Date: Mon, 23 Nov 2026 05:00:00 +0000\r\n",
                      39) == 0, "a message");
    support_ok(contains(&text, "From: =?UTF-8?B?66as7KGw7Yq4?=\r\n"
                               " <no-reply@example.com>\r\n"), "From");
    support_ok(contains(&text, "\r\nMessage-ID: <019b76da-abe8-7409-b745-"
                               "9cf1e2829bb1@example.com>\r\n"), "Message-ID");

    for (i = 0, n = 0, good = 1; i < text.len; i++, n++) {
        good = good && text.data[i] < 0x80 && text.data[i]
               && (text.data[i] != '\n' || text.data[i - 1] == '\r')
               && (text.data[i] != '\r' || text.data[i + 1] == '\n')
               && (text.data[i] != '.' || text.data[i - 1] != '\n');

        if (text.data[i] == '\n') {
            good = good && n <= 79;
            n = 0;
        }
    }

    support_ok(good, "7 bits, whole and short lines, no dot at the start");

    e.to = *support_str("a@example.net>\r\nRCPT TO:<b@example.net");
    support_ok(rb_mime_message(pool, &e, &mail).data == NULL,
               "an address that is none");

    e.to = *support_str("a@example.net");
    e.id = *support_str("x\r\nBcc: y");
    support_ok(rb_mime_message(pool, &e, &mail).data == NULL, "nor an id");

    e.id = *support_str("x");
    support_allocations_left = 0;
    support_ok(rb_mime_message(pool, &e, &mail).data == NULL,
               "out of memory");
    support_allocations_left = -1;
}


static void
smtp(void)
{
    ngx_str_t   text;
    ngx_uint_t  i, code;

    static const struct {
        const char    *text;
        ngx_uint_t     good;
    } addresses[] = {
        { "a@b", 1 }, { "a.b+c@example.com", 1 }, { "\355\225\234@x.kr", 1 },
        { "", 0 }, { "a", 0 }, { "@", 0 }, { "a@", 0 }, { "@b", 0 },
        { "a@b@c", 0 }, { "a b@c", 0 }, { "a@b\r\nc", 0 }, { "a@b>", 0 },
        { "<a@b", 0 }, { "a\tb@c", 0 }, { "a@b\177", 0 }, { "\"a\"@b", 0 },
        { "a,b@c", 0 }, { "a;b@c", 0 }, { "a:b@c", 0 }, { "(a)b@c", 0 }
    };

    static const struct {
        const char    *line;
        ngx_int_t      rc;
        ngx_uint_t     code;
        const char    *text;
    } replies[] = {
        { "250 OK", NGX_OK, 250, "OK" }, { "250-SIZE 1", NGX_AGAIN, 250,
        "SIZE 1" }, { "354", NGX_OK, 354, "" }, { "220 ", NGX_OK, 220, "" },
        { "", NGX_ERROR, 0, "" }, { "25", NGX_ERROR, 0, "" },
        { "250OK", NGX_ERROR, 0, "" }, { "abc OK", NGX_ERROR, 0, "" },
        { "199 x", NGX_ERROR, 0, "" }, { "600 x", NGX_ERROR, 0, "" },
        { "-50 x", NGX_ERROR, 0, "" }
    };

    for (i = 0; i < rb_array_size(addresses); i++) {
        text.data = (u_char *) addresses[i].text;
        text.len = strlen(addresses[i].text);
        support_ok(rb_smtp_address(&text) == addresses[i].good,
                   "address %d is %s", (int) i,
                   addresses[i].good ? "one" : "none");
    }

    for (i = 0; i < rb_array_size(replies); i++) {
        ngx_str_t  line = { strlen(replies[i].line),
                            (u_char *) replies[i].line };

        code = 0;
        ngx_str_set(&text, "");
        support_ok(rb_smtp_reply_line(&line, &code, &text) == replies[i].rc
                   && code == replies[i].code
                   && text.len == strlen(replies[i].text),
                   "reply %d", (int) i);
    }
}


int
main(void)
{
    pool = support_pool();

    templates();
    parameters();
    codes();
    out_of_memory();
    words();
    message();
    smtp();

    ngx_destroy_pool(pool);

    return support_done();
}
