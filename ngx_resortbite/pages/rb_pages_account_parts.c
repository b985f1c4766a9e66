
/*
 * What /account shows, part by part, each with the form that changes it.
 */


#include "pages/rb_pages_account.h"
#include "gate/rb_identity.h"


/* columns of rb_sessions_list() */

enum {
    RB_SESSION_C_ID = 0,
    RB_SESSION_C_KIND,
    RB_SESSION_C_CURRENT,
    RB_SESSION_C_DEVICE,
    RB_SESSION_C_PLACE,
    RB_SESSION_C_CLIENT,
    RB_SESSION_C_CLIENT_NAME,
    RB_SESSION_C_CREATED,
    RB_SESSION_C_SEEN
};

enum {
    RB_IDENTITY_C_PROVIDER = 0,
    RB_IDENTITY_C_EMAIL,
    RB_IDENTITY_C_LINKED,
    RB_IDENTITY_C_USED
};

/* columns of rb_users_consents() */

enum {
    RB_CONSENT_C_KIND = 0,
    RB_CONSENT_C_VERSION,
    RB_CONSENT_C_REQUIRED,
    RB_CONSENT_C_GIVEN,
    RB_CONSENT_C_GIVEN_VERSION,
    RB_CONSENT_C_AT,
    RB_CONSENT_C_TITLE_KO,
    RB_CONSENT_C_TITLE_EN
};


static void rb_pages_account_profile(rb_page_t *page,
    const rb_account_t *account);
static void rb_pages_account_email(rb_page_t *page,
    const rb_account_t *account);
static void rb_pages_account_password(rb_page_t *page,
    const rb_account_t *account);
static void rb_pages_account_security(rb_page_t *page);
static void rb_pages_account_identities(rb_page_t *page,
    const rb_account_t *account);
static void rb_pages_account_identity(rb_page_t *page,
    const rb_account_t *account, ngx_uint_t row);
static ngx_uint_t rb_pages_account_linked(const rb_account_t *account,
    const ngx_str_t *provider);
static void rb_pages_account_sessions(rb_page_t *page,
    const rb_account_t *account);
static void rb_pages_account_session(rb_page_t *page,
    const rb_account_t *account, ngx_uint_t row);
static void rb_pages_account_grants(rb_page_t *page,
    const rb_account_t *account);
static ngx_uint_t rb_pages_account_is(const rb_account_t *account,
    ngx_uint_t row, const char *kind);
static void rb_pages_account_consents(rb_page_t *page,
    const rb_account_t *account);


void
rb_pages_account_parts(rb_page_t *page, const rb_account_t *account)
{
    rb_pages_account_profile(page, account);
    rb_pages_account_email(page, account);
    rb_pages_account_password(page, account);
    rb_pages_account_security(page);
    rb_pages_account_identities(page, account);
    rb_pages_account_sessions(page, account);
    rb_pages_account_grants(page, account);
    rb_pages_account_consents(page, account);
}


static void
rb_pages_account_profile(rb_page_t *page, const rb_account_t *account)
{
    ngx_str_t         csrf;
    rb_page_input_t   name;

    static const rb_text_t  title = rb_text("프로필", "Profile");
    static const rb_text_t  language =
        rb_text("메일을 받을 언어", "Language of our mails to you");
    static const rb_text_t  save = rb_text("저장", "Save");

    static const rb_page_choice_t  choices[] = {
        { ngx_string("ko"), rb_text("한국어", "한국어") },
        { ngx_string("en"), rb_text("English", "English") },
        { ngx_null_string, rb_text("", "") }
    };

    ngx_memzero(&name, sizeof(rb_page_input_t));
    name.name = "display_name";
    name.label = (rb_text_t) rb_text("이름", "Name");
    name.autocomplete = "name";
    name.value = &account->user.display_name;
    name.maxlength = 50;
    name.required = 1;

    csrf = rb_csrf_token(page->req);

    rb_page_put(page, "h2", &title);
    rb_page_form(page, rb_page_lit("/account/profile"), &csrf);
    rb_page_input(page, &name);
    rb_page_radios(page, "locale", &language, choices, &account->user.locale);
    rb_page_button(page, &save, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);
}


static void
rb_pages_account_email(rb_page_t *page, const rb_account_t *account)
{
    ngx_str_t  csrf;

    static const rb_text_t  title = rb_text("이메일", "E-mail address");
    static const rb_text_t  change =
        rb_text("확인 메일 보내기", "Send a mail to confirm it");

    static const rb_page_input_t  email = {
        .name = "email",
        .type = "email",
        .label = rb_text("새 이메일", "New e-mail address"),
        .hint = rb_text("새 주소로 보내는 메일의 링크를 눌러야 바뀝니다. "
                        "지금 주소로도 알려 드립니다.",
                        "It changes when you follow the link in the mail to "
                        "the new address. We tell the old one, too."),
        .autocomplete = "email",
        .maxlength = 254,
        .required = 1
    };

    csrf = rb_csrf_token(page->req);

    rb_page_put(page, "h2", &title);
    rb_page_putf(page, "p", "지금 주소: %V", "Your address: %V",
                 &account->user.email);
    rb_page_form(page, rb_page_lit("/account/email"), &csrf);
    rb_page_input(page, &email);
    rb_page_button(page, &change, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);
}


static void
rb_pages_account_password(rb_page_t *page, const rb_account_t *account)
{
    ngx_str_t  csrf;

    static const rb_text_t  title = rb_text("비밀번호", "Password");
    static const rb_text_t  change =
        rb_text("비밀번호 바꾸기", "Change the password");
    static const rb_text_t  set =
        rb_text("비밀번호 정하기", "Set a password");

    static const rb_page_input_t  old = {
        .name = "old_password",
        .type = "password",
        .label = rb_text("지금 비밀번호", "Current password"),
        .autocomplete = "current-password",
        .required = 1
    };

    static const rb_page_input_t  new = {
        .name = "new_password",
        .type = "password",
        .label = rb_text("새 비밀번호", "New password"),
        .hint = rb_text("8자 이상. 바꾸면 다른 곳에서는 모두 로그아웃됩니다.",
                        "8 characters or more. It signs you out everywhere "
                        "else."),
        .autocomplete = "new-password",
        .required = 1
    };

    csrf = rb_csrf_token(page->req);

    rb_page_put(page, "h2", &title);
    rb_page_form(page, rb_page_lit("/account/password"), &csrf);

    /* for password managers; without a name it isn't sent */

    rb_page_open(page, "input", "type", rb_page_lit("text"), "autocomplete",
                 rb_page_lit("username"), "value", &account->user.email,
                 "hidden", rb_page_lit(""), NULL);

    if (account->user.has_password) {
        rb_page_input(page, &old);
    }

    rb_page_input(page, &new);
    rb_page_button(page, account->user.has_password ? &change : &set,
                   RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);
}


static void
rb_pages_account_security(rb_page_t *page)
{
    static const rb_text_t  title = rb_text("로그인 보안", "Sign-in security");
    static const rb_text_t  manage =
        rb_text("인증 앱, 패스키, 복구 코드",
                "Authenticator, passkeys, recovery codes");

    rb_page_put(page, "h2", &title);
    rb_page_open(page, "a", "class", rb_page_lit("button"), "href",
                 rb_page_lit("/account/security"), NULL);
    rb_page_say(page, &manage);
    rb_page_close(page, "a");
}


static void
rb_pages_account_identities(rb_page_t *page, const rb_account_t *account)
{
    u_char              path[64];
    ngx_str_t           href;
    ngx_uint_t          i;
    const rb_social_t  *provider;

    static const rb_text_t  title =
        rb_text("연결된 외부 계정", "Linked accounts");
    static const rb_text_t  none =
        rb_text("연결된 계정이 없습니다.", "There are none.");

    if (rb_social_providers.count == 0 && account->identities.count == 0) {
        return;
    }

    rb_page_put(page, "h2", &title);

    if (account->identities.count == 0) {
        rb_page_put(page, "p", &none);

    } else {
        rb_pages_time_zone(page);
    }

    rb_page_open(page, "ul", "class", rb_page_lit("rows"), NULL);

    for (i = 0; i < account->identities.count; i++) {
        rb_pages_account_identity(page, account, i);
    }

    rb_page_close(page, "ul");

    for (i = 0; i < rb_social_providers.count; i++) {
        provider = &rb_social_providers.list[i];

        if (rb_pages_account_linked(account, &provider->name)) {
            continue;
        }

        href.data = path;
        href.len = ngx_snprintf(path, sizeof(path), "/auth/social/%V/link",
                                &provider->name) - path;

        rb_page_open(page, "a", "class", rb_page_lit("button"), "href", &href,
                     NULL);
        rb_page_sayf(page, "%V 계정 연결", "Link your %V account",
                     &provider->label.in[page->req->lang]);
        rb_page_close(page, "a");
    }
}


static void
rb_pages_account_identity(rb_page_t *page, const rb_account_t *account,
    ngx_uint_t row)
{
    ngx_str_t           name, email, used;
    const rb_social_t  *provider;

    static const rb_text_t  unlink = rb_text("연결 해제", "Unlink it");

    name = rb_pg_value(&account->identities, row, RB_IDENTITY_C_PROVIDER);
    email = rb_pg_value(&account->identities, row, RB_IDENTITY_C_EMAIL);
    used = rb_pg_value(&account->identities, row, RB_IDENTITY_C_USED);
    provider = rb_social_find(&name);

    rb_page_open(page, "li", NULL);
    rb_page_open(page, "strong", NULL);
    rb_page_text(page, provider ? &provider->label.in[page->req->lang]
                                : &name);
    rb_page_close(page, "strong");

    if (email.len) {
        rb_page_sayf(page, " ", " ");
        rb_page_text(page, &email);
    }

    if (used.len) {
        rb_page_open(page, "p", "class", rb_page_lit("hint"), NULL);
        rb_page_sayf(page, "마지막 로그인 ", "Last signed in ");
        rb_pages_when(page, &used);
        rb_page_close(page, "p");
    }

    rb_pages_button_form(page, rb_page_lit("/account/identities"), "provider",
                         &name, &unlink, RB_PAGE_SECONDARY);
    rb_page_close(page, "li");
}


static ngx_uint_t
rb_pages_account_linked(const rb_account_t *account, const ngx_str_t *provider)
{
    ngx_str_t   name;
    ngx_uint_t  i;

    for (i = 0; i < account->identities.count; i++) {
        name = rb_pg_value(&account->identities, i, RB_IDENTITY_C_PROVIDER);

        if (name.len == provider->len
            && ngx_memcmp(name.data, provider->data, name.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
rb_pages_account_sessions(rb_page_t *page, const rb_account_t *account)
{
    ngx_uint_t  i;

    static const rb_text_t  title =
        rb_text("로그인되어 있는 곳", "Where you are signed in");
    static const rb_text_t  all =
        rb_text("다른 모든 곳에서 로그아웃", "Sign out everywhere else");

    rb_page_put(page, "h2", &title);
    rb_pages_time_zone(page);
    rb_page_open(page, "ul", "class", rb_page_lit("rows"), NULL);

    for (i = 0; i < account->sessions.count; i++) {
        if (rb_pages_account_is(account, i, "browser")) {
            rb_pages_account_session(page, account, i);
        }
    }

    rb_page_close(page, "ul");

    rb_pages_button_form(page, rb_page_lit("/account/sessions/end-all"), NULL,
                         NULL, &all, RB_PAGE_DANGER);
}


static void
rb_pages_account_session(rb_page_t *page, const rb_account_t *account,
    ngx_uint_t row)
{
    ngx_str_t   id, device, place, seen, current;

    static const rb_text_t  end = rb_text("로그아웃", "Sign out");
    static const rb_text_t  this =
        rb_text("지금 이 브라우저", "This browser");

    id = rb_pg_value(&account->sessions, row, RB_SESSION_C_ID);
    device = rb_pg_value(&account->sessions, row, RB_SESSION_C_DEVICE);
    place = rb_pg_value(&account->sessions, row, RB_SESSION_C_PLACE);
    seen = rb_pg_value(&account->sessions, row, RB_SESSION_C_SEEN);
    current = rb_pg_value(&account->sessions, row, RB_SESSION_C_CURRENT);

    rb_page_open(page, "li", NULL);
    rb_page_open(page, "strong", NULL);

    if (device.len) {
        rb_page_text(page, &device);

    } else {
        rb_page_sayf(page, "알 수 없는 기기", "Unknown device");
    }

    rb_page_close(page, "strong");

    rb_page_open(page, "p", "class", rb_page_lit("hint"), NULL);

    if (place.len) {
        rb_page_text(page, &place);
        rb_page_sayf(page, " · ", " · ");
    }

    rb_page_sayf(page, "마지막 사용 ", "Last used ");
    rb_pages_when(page, &seen);
    rb_page_close(page, "p");

    if (current.len && current.data[0] == 't') {
        rb_page_put(page, "p", &this);

    } else {
        rb_pages_button_form(page, rb_page_lit("/account/sessions/end"),
                             "session", &id, &end, RB_PAGE_SECONDARY);
    }

    rb_page_close(page, "li");
}


/* Applications that act for the member; one may have several grants. */

static void
rb_pages_account_grants(rb_page_t *page, const rb_account_t *account)
{
    ngx_str_t   client, name, seen;
    ngx_uint_t  i, any;

    static const rb_text_t  title =
        rb_text("접근을 허용한 애플리케이션", "Applications with access");
    static const rb_text_t  end =
        rb_text("허용 거두기", "Take the access back");

    any = 0;

    for (i = 0; i < account->sessions.count; i++) {

        if (!rb_pages_account_is(account, i, "grant")) {
            continue;
        }

        if (!any++) {
            rb_page_put(page, "h2", &title);
            rb_pages_time_zone(page);
            rb_page_open(page, "ul", "class", rb_page_lit("rows"), NULL);
        }

        client = rb_pg_value(&account->sessions, i, RB_SESSION_C_CLIENT);
        name = rb_pg_value(&account->sessions, i, RB_SESSION_C_CLIENT_NAME);
        seen = rb_pg_value(&account->sessions, i, RB_SESSION_C_SEEN);

        rb_page_open(page, "li", NULL);
        rb_page_open(page, "strong", NULL);
        rb_page_text(page, &name);
        rb_page_close(page, "strong");
        rb_page_open(page, "p", "class", rb_page_lit("hint"), NULL);
        rb_page_sayf(page, "마지막 사용 ", "Last used ");
        rb_pages_when(page, &seen);
        rb_page_close(page, "p");
        rb_pages_button_form(page, rb_page_lit("/account/grants"), "client",
                             &client, &end, RB_PAGE_SECONDARY);
        rb_page_close(page, "li");
    }

    if (any) {
        rb_page_close(page, "ul");
    }
}


static ngx_uint_t
rb_pages_account_is(const rb_account_t *account, ngx_uint_t row,
    const char *kind)
{
    ngx_str_t  value;

    value = rb_pg_value(&account->sessions, row, RB_SESSION_C_KIND);

    return value.data && ngx_strcmp(value.data, kind) == 0;
}


/* What is needed is shown; what isn't can be changed. */

static void
rb_pages_account_consents(rb_page_t *page, const rb_account_t *account)
{
    u_char      path[64];
    ngx_str_t   kind, href, title, version, at, given, csrf;
    ngx_uint_t  i, marketing;

    static const rb_text_t  heading = rb_text("동의", "Consents");
    static const rb_text_t  news =
        rb_text("새 소식과 혜택을 메일로 받겠습니다.",
                "Send me news and offers by mail.");
    static const rb_text_t  about =
        rb_text("소식 수신 동의 내용 읽기", "Read what that means");
    static const rb_text_t  save = rb_text("저장", "Save");

    marketing = 0;

    rb_page_put(page, "h2", &heading);
    rb_pages_time_zone(page);
    rb_page_open(page, "ul", "class", rb_page_lit("rows"), NULL);

    for (i = 0; i < account->consents.count; i++) {
        given = rb_pg_value(&account->consents, i, RB_CONSENT_C_GIVEN);

        if (rb_pg_value(&account->consents, i, RB_CONSENT_C_REQUIRED).data[0]
            != 't')
        {
            marketing = (given.len && given.data[0] == 't');
            continue;
        }

        title = rb_pg_value(&account->consents, i,
                            page->req->lang == RB_LANG_EN
                            ? RB_CONSENT_C_TITLE_EN : RB_CONSENT_C_TITLE_KO);
        version = rb_pg_value(&account->consents, i,
                              RB_CONSENT_C_GIVEN_VERSION);
        at = rb_pg_value(&account->consents, i, RB_CONSENT_C_AT);

        kind = rb_pg_value(&account->consents, i, RB_CONSENT_C_KIND);
        href.data = path;
        href.len = ngx_snprintf(path, sizeof(path), "/%V", &kind) - path;

        rb_page_open(page, "li", NULL);
        rb_page_open(page, "a", "href", &href, NULL);
        rb_page_text(page, &title);
        rb_page_close(page, "a");
        rb_page_open(page, "p", "class", rb_page_lit("hint"), NULL);

        if (at.len) {
            rb_page_sayf(page, "%V 판 · 동의 ", "Version %V · agreed ",
                         &version);
            rb_pages_when(page, &at);

        } else {
            rb_page_sayf(page, "동의한 적이 없습니다", "Not agreed to yet");
        }

        rb_page_close(page, "p");
        rb_page_close(page, "li");
    }

    rb_page_close(page, "ul");

    csrf = rb_csrf_token(page->req);

    rb_page_form(page, rb_page_lit("/account/consents"), &csrf);
    rb_page_checkbox(page, "marketing", &news, marketing, 0);
    rb_page_link(page, "/marketing", &about);
    rb_page_button(page, &save, RB_PAGE_SECONDARY, NULL, NULL);
    rb_page_form_end(page);
}
