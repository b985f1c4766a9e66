
/*
 * Forms.  Each input has a label of its own, and what is wrong with it is
 * said beside it, for eyes and for screen readers (aria-describedby,
 * aria-invalid); the first wrong one has the focus.
 */


#include "web/rb_page_parts.h"
#include "web/rb_param.h"
#include <ngx_http.h>


static const rb_err_field_t *rb_page_wrong(rb_page_t *page,
    const ngx_str_t *name, ngx_uint_t *index);
static void rb_page_wrong_put(rb_page_t *page, const ngx_str_t *name,
    const rb_text_t *label, const rb_text_t *required);
static ngx_uint_t rb_page_typed(rb_page_t *page, const ngx_str_t *name,
    ngx_str_t *text);
static void rb_page_control(rb_page_t *page, const rb_page_input_t *input,
    const ngx_str_t *text, ngx_uint_t wrong);
static void rb_page_id(rb_page_t *page, const ngx_str_t *name,
    const char *suffix);
static void rb_page_string(rb_page_t *page, const char *name,
    const char *value);
static void rb_page_described(rb_page_t *page, const ngx_str_t *name,
    ngx_uint_t hint, ngx_uint_t wrong);


static const rb_text_t  rb_page_unchecked =
    rb_text("꼭 필요한 항목입니다. 선택해 주세요.",
            "This is needed: please choose it.");


void
rb_page_form(rb_page_t *page, const ngx_str_t *action, const ngx_str_t *csrf)
{
    page->forms++;

    rb_page_open(page, "form", "method", rb_page_lit("post"),
                 "action", action, NULL);
    rb_page_raw(page, "\n");

    if (csrf->len) {
        rb_page_hidden(page, "csrf", csrf);
    }
}


void
rb_page_form_end(rb_page_t *page)
{
    rb_page_close(page, "form");
}


void
rb_page_passkey_form(rb_page_t *page, const char *kind,
    const ngx_str_t *action, const ngx_str_t *options, const ngx_str_t *csrf)
{
    ngx_str_t  s;

    page->forms++;

    s.data = (u_char *) kind;
    s.len = ngx_strlen(kind);

    rb_page_open(page, "form", "method", rb_page_lit("post"),
                 "action", action, "data-passkey", &s,
                 "data-options", options, "hidden", rb_page_lit(""), NULL);
    rb_page_raw(page, "\n");

    rb_page_hidden(page, "csrf", csrf);
    rb_page_raw(page, "<input type=\"hidden\" name=\"handle\">\n"
                      "<input type=\"hidden\" name=\"answer\">\n"
                      "<p class=\"error\" role=\"alert\" hidden>");
    rb_page_sayf(page, "패스키를 쓸 수 없었습니다. 다시 시도하거나 다른 방법을 "
                       "이용해 주세요.",
                 "The passkey could not be used. Try again, or use another "
                 "way.");
    rb_page_raw(page, "</p>\n");
}


void
rb_page_hidden(rb_page_t *page, const char *name, const ngx_str_t *value)
{
    rb_page_raw(page, "<input type=\"hidden\"");
    rb_page_string(page, "name", name);
    rb_page_raw(page, " value=\"");
    rb_page_text(page, value);
    rb_page_raw(page, "\">\n");
}


void
rb_page_input(rb_page_t *page, const rb_page_input_t *input)
{
    ngx_str_t              name, text;
    ngx_uint_t             secret, index;
    const rb_err_field_t  *wrong;

    name.data = (u_char *) input->name;
    name.len = ngx_strlen(input->name);

    wrong = rb_page_wrong(page, &name, &index);

    secret = input->secret
             || (input->type && ngx_strcmp(input->type, "password") == 0)
             || (input->autocomplete
                 && ngx_strcmp(input->autocomplete, "one-time-code") == 0);

    if (secret || !rb_page_typed(page, &name, &text)) {
        ngx_str_null(&text);

        if (!secret && input->value) {
            text = *input->value;
        }
    }

    rb_page_raw(page, "<div class=\"field\">\n<label for=\"");
    rb_page_id(page, &name, "");
    rb_page_raw(page, "\">");
    rb_page_say(page, &input->label);
    rb_page_raw(page, "</label>\n");

    if (input->hint.in[page->req->lang].len) {
        rb_page_raw(page, "<p class=\"hint\" id=\"");
        rb_page_id(page, &name, "-hint");
        rb_page_raw(page, "\">");
        rb_page_say(page, &input->hint);
        rb_page_raw(page, "</p>\n");
    }

    rb_page_control(page, input, &text, wrong != NULL);
    rb_page_wrong_put(page, &name, &input->label, NULL);
    rb_page_raw(page, "</div>\n");
}


static void
rb_page_control(rb_page_t *page, const rb_page_input_t *input,
    const ngx_str_t *text, ngx_uint_t wrong)
{
    u_char      number[NGX_INT_T_LEN + 1];
    ngx_str_t   name;
    ngx_uint_t  area;

    name.data = (u_char *) input->name;
    name.len = ngx_strlen(input->name);

    area = (input->type && ngx_strcmp(input->type, "textarea") == 0);

    rb_page_raw(page, area ? "<textarea rows=\"6\" id=\"" : "<input id=\"");
    rb_page_id(page, &name, "");
    rb_page_raw(page, "\"");
    rb_page_string(page, "name", input->name);

    if (!area) {
        rb_page_string(page, "type", input->type ? input->type : "text");
    }

    rb_page_string(page, "autocomplete",
                   input->autocomplete ? input->autocomplete : "off");
    rb_page_string(page, "inputmode", input->inputmode);

    if (input->maxlength) {
        *ngx_sprintf(number, "%ui", input->maxlength) = '\0';
        rb_page_string(page, "maxlength", (char *) number);
    }

    if (!area && text->len) {
        rb_page_raw(page, " value=\"");
        rb_page_text(page, text);
        rb_page_raw(page, "\"");
    }

    if (input->required) {
        rb_page_raw(page, " required");
    }

    if (!page->focused
        && (wrong || (input->focus
                      && !(page->error && page->error->fields))))
    {
        page->focused = 1;
        rb_page_raw(page, " autofocus");
    }

    rb_page_described(page, &name, input->hint.in[page->req->lang].len != 0,
                      wrong);
    rb_page_raw(page, ">\n");

    /* HTML drops a line break right after the tag: that one */

    if (area) {
        rb_page_text(page, text);
        rb_page_raw(page, "</textarea>\n");
    }
}


void
rb_page_checkbox(rb_page_t *page, const char *name, const rb_text_t *label,
    ngx_uint_t checked, ngx_uint_t required)
{
    ngx_str_t   s, text;
    ngx_uint_t  index;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    if (rb_page_typed(page, &s, &text)) {
        checked = (text.len == 4 && ngx_memcmp(text.data, "true", 4) == 0);
    }

    rb_page_raw(page, "<div class=\"field check\">\n<input type=\"checkbox\" "
                      "value=\"true\" id=\"");
    rb_page_id(page, &s, "");
    rb_page_raw(page, "\"");
    rb_page_string(page, "name", name);
    rb_page_raw(page, checked ? " checked" : "");
    rb_page_raw(page, required ? " required" : "");
    rb_page_described(page, &s, 0, rb_page_wrong(page, &s, &index) != NULL);
    rb_page_raw(page, ">\n<label for=\"");
    rb_page_id(page, &s, "");
    rb_page_raw(page, "\">");
    rb_page_say(page, label);
    rb_page_raw(page, "</label>\n");
    rb_page_wrong_put(page, &s, label, &rb_page_unchecked);
    rb_page_raw(page, "</div>\n");
}


void
rb_page_radios(rb_page_t *page, const char *name, const rb_text_t *legend,
    const rb_page_choice_t *choices, const ngx_str_t *chosen)
{
    ngx_str_t   s, text;
    ngx_uint_t  i, index;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    if (!rb_page_typed(page, &s, &text)) {
        ngx_str_null(&text);

        if (chosen) {
            text = *chosen;
        }
    }

    rb_page_raw(page, "<fieldset");
    rb_page_described(page, &s, 0, rb_page_wrong(page, &s, &index) != NULL);
    rb_page_raw(page, ">\n");
    rb_page_put(page, "legend", legend);

    for (i = 0; choices[i].value.len; i++) {
        rb_page_raw(page, "<label class=\"choice\"><input type=\"radio\"");
        rb_page_string(page, "name", name);
        rb_page_raw(page, " value=\"");
        rb_page_text(page, &choices[i].value);
        rb_page_raw(page, "\" required");

        if (text.len == choices[i].value.len
            && ngx_memcmp(text.data, choices[i].value.data, text.len) == 0)
        {
            rb_page_raw(page, " checked");
        }

        rb_page_raw(page, "> ");
        rb_page_say(page, &choices[i].label);
        rb_page_raw(page, "</label>\n");
    }

    rb_page_wrong_put(page, &s, legend, &rb_page_unchecked);
    rb_page_close(page, "fieldset");
}


void
rb_page_button(rb_page_t *page, const rb_text_t *label, rb_page_button_e kind,
    const char *name, const ngx_str_t *value)
{
    static const char *const  kinds[] = {
        [RB_PAGE_PRIMARY]   = "primary",
        [RB_PAGE_SECONDARY] = "secondary",
        [RB_PAGE_DANGER]    = "danger"
    };

    rb_page_raw(page, "<button type=\"submit\"");
    rb_page_string(page, "class", kinds[kind]);

    if (name) {
        rb_page_string(page, "name", name);
        rb_page_raw(page, " value=\"");
        rb_page_text(page, value);
        rb_page_raw(page, "\"");
    }

    rb_page_raw(page, ">");
    rb_page_say(page, label);
    rb_page_raw(page, "</button>\n");
}


void
rb_page_signed_in(rb_page_t *page, const ngx_str_t *name,
    const ngx_str_t *email)
{
    rb_page_putf(page, "p", "로그인한 계정: %V (%V)", "Signed in as %V (%V)",
                 name, email);
}


void
rb_page_sign_out(rb_page_t *page, const ngx_str_t *csrf,
    const ngx_str_t *next)
{
    static const rb_text_t  other =
        rb_text("내 계정이 아닌가요? 로그아웃",
                "Not your account? Sign out");

    rb_page_form(page, rb_page_lit("/logout"), csrf);

    if (rb_page_next_valid(next)) {
        rb_page_hidden(page, "next", next);
    }

    rb_page_button(page, &other, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);
}


/* The first error of a field, and where it is among all. */

static const rb_err_field_t *
rb_page_wrong(rb_page_t *page, const ngx_str_t *name, ngx_uint_t *index)
{
    const rb_err_field_t  *field;

    *index = 0;

    field = page->error ? page->error->fields : NULL;

    for ( /* void */ ; field; field = field->next, (*index)++) {

        if (field->name.len == name->len
            && ngx_memcmp(field->name.data, name->data, name->len) == 0)
        {
            return field;
        }
    }

    return NULL;
}


/*
 * In English what is told of a field is the rest of a sentence that its name
 * begins; here that is its label.  required is what to say of one that is
 * missing and isn't typed in.
 */

static void
rb_page_wrong_put(rb_page_t *page, const ngx_str_t *name,
    const rb_text_t *label, const rb_text_t *required)
{
    ngx_uint_t             index;
    const rb_err_field_t  *wrong;

    wrong = rb_page_wrong(page, name, &index);

    if (wrong == NULL) {
        return;
    }

    page->told |= (uint64_t) 1 << index;

    rb_page_raw(page, "<p class=\"error\" id=\"");
    rb_page_id(page, name, "-error");
    rb_page_raw(page, "\">");

    if (required && wrong->code.len == sizeof("required") - 1
        && ngx_memcmp(wrong->code.data, "required", wrong->code.len) == 0)
    {
        rb_page_say(page, required);

    } else {

        if (page->req->lang == RB_LANG_EN) {
            rb_page_say(page, label);
            rb_page_raw(page, " ");
        }

        rb_page_text(page, &wrong->detail[page->req->lang]);
    }

    rb_page_raw(page, "</p>\n");
}


/* What was typed into a field, if the form sent has it. */

static ngx_uint_t
rb_page_typed(rb_page_t *page, const ngx_str_t *name, ngx_str_t *text)
{
    ngx_uint_t         i;
    const rb_param_t  *params;

    params = page->req->route->body;

    if (page->req->form == NULL) {
        return 0;
    }

    i = rb_param_find(params, name);

    if (i == rb_param_count(params)) {
        return 0;
    }

    *text = page->req->form[i];

    return 1;
}


static void
rb_page_id(rb_page_t *page, const ngx_str_t *name, const char *suffix)
{
    rb_buf_printf(page->body, "f%ui-", page->forms);
    rb_page_text(page, name);
    rb_page_raw(page, suffix);
}


static void
rb_page_string(rb_page_t *page, const char *name, const char *value)
{
    ngx_str_t  s;

    if (value == NULL) {
        return;
    }

    s.data = (u_char *) value;
    s.len = ngx_strlen(value);

    rb_page_raw(page, " ");
    rb_page_raw(page, name);
    rb_page_raw(page, "=\"");
    rb_page_text(page, &s);
    rb_page_raw(page, "\"");
}


static void
rb_page_described(rb_page_t *page, const ngx_str_t *name, ngx_uint_t hint,
    ngx_uint_t wrong)
{
    if (!hint && !wrong) {
        return;
    }

    rb_page_raw(page, " aria-describedby=\"");

    if (hint) {
        rb_page_id(page, name, "-hint");
    }

    if (hint && wrong) {
        rb_page_raw(page, " ");
    }

    if (wrong) {
        rb_page_id(page, name, "-error");
    }

    rb_page_raw(page, wrong ? "\" aria-invalid=\"true\"" : "\"");
}
