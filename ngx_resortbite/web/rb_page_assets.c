
/*
 * The files that pages need, as they are sent.  Their addresses have a hash of
 * them in it, so that a browser may keep them for ever.
 *
 * Colours keep a contrast of 4.5:1 for text and 3:1 for the edges of fields
 * (WCAG 2.2, 1.4.3 and 1.4.11) on a light and on a dark ground.
 */


#include "web/rb_page_parts.h"
#include "base/rb_hash.h"


#define RB_PAGE_VERSION_SEED  0x6173736574732d31ull


static const char  rb_page_css[] =
    ":root{color-scheme:light dark;--bg:#f3f6f7;--card:#fff;"
    "--text:#1b2733;--soft:#50606d;--line:#70808d;--rule:#dbe3e8;"
    "--main:#0b6b63;--on:#fff;--link:#0a625b;--bad:#b3261e;"
    "--badbg:#fdecea;--good:#1c6b34;--goodbg:#e8f5ec;--notebg:#eaf2f8}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#10171c;"
    "--card:#182229;--text:#e6edf2;--soft:#a9b8c3;--line:#7f919e;"
    "--rule:#2b3841;--main:#55c7b9;--on:#04211d;--link:#74d6ca;"
    "--bad:#ff9d94;--badbg:#3a1d1b;--good:#8fd9a5;--goodbg:#173024;"
    "--notebg:#1d2c38}}\n"
    "*{box-sizing:border-box}\n"
    "[hidden]{display:none!important}\n"
    "html{font:100%/1.6 system-ui,-apple-system,"
    "\"Apple SD Gothic Neo\",\"Noto Sans KR\",\"Malgun Gothic\","
    "sans-serif;background:var(--bg);color:var(--text);"
    "-webkit-text-size-adjust:100%}\n"
    "body{margin:0 auto;padding:0 1rem 3rem;max-width:60rem;"
    "overflow-wrap:anywhere;word-break:keep-all}\n"
    "header{display:flex;flex-wrap:wrap;justify-content:space-between;"
    "align-items:center;gap:.5rem 1rem;padding:1.25rem 0}\n"
    ".brand{font-weight:700;font-size:1.2rem;color:var(--main);"
    "text-decoration:none}\n"
    "nav{display:flex;gap:.25rem;font-size:.9rem}\n"
    "nav a,nav span{padding:.35rem .6rem;border-radius:.4rem}\n"
    "nav span{font-weight:600;background:var(--rule)}\n"
    "main{max-width:27rem;margin:1rem auto;padding:1.75rem;"
    "background:var(--card);border:1px solid var(--rule);"
    "border-radius:1rem}\n"
    "main.wide{max-width:46rem}\n"
    "h1{margin:0 0 1.25rem;font-size:1.5rem;line-height:1.3}\n"
    "h2{margin:2rem 0 .75rem;font-size:1.15rem;line-height:1.4}\n"
    "p{margin:.5rem 0}\n"
    "a{color:var(--link);text-underline-offset:.15em}\n"
    ".skip{position:absolute;left:-999rem}\n"
    ".skip:focus{left:1rem;top:.5rem;padding:.5rem 1rem;"
    "background:var(--card)}\n"
    ":focus-visible{outline:3px solid var(--main);outline-offset:2px;"
    "border-radius:.3rem}\n"
    ".field,fieldset{margin:1.1rem 0}\n"
    "fieldset{padding:0;border:0;min-width:0}\n"
    "legend,label{font-weight:600;padding:0}\n"
    ".field label{display:block}\n"
    "input:not([type]),input[type=text],input[type=email],"
    "input[type=password],input[type=date],input[type=tel],"
    "input[type=url],input[type=search],select,textarea{display:block;"
    "width:100%;min-height:2.9rem;margin-top:.35rem;"
    "padding:.55rem .75rem;font:inherit;color:inherit;"
    "background:var(--card);border:1px solid var(--line);"
    "border-radius:.6rem}\n"
    "[aria-invalid=true]{border-color:var(--bad)!important;"
    "border-width:2px!important}\n"
    "input[type=checkbox],input[type=radio]{width:1.25rem;"
    "height:1.25rem;margin:.2rem .6rem 0 0;flex:none;"
    "accent-color:var(--main)}\n"
    ".check{display:flex;flex-wrap:wrap;align-items:flex-start;"
    "margin:.75rem 0}\n"
    ".check label{flex:1 1 12rem;font-weight:400}\n"
    ".check .error{flex-basis:100%}\n"
    ".choice{display:flex;align-items:flex-start;padding:.35rem 0;"
    "font-weight:400}\n"
    ".hint{margin:.15rem 0;font-size:.9rem;color:var(--soft)}\n"
    "time{white-space:nowrap}\n"
    ".error{margin:.35rem 0;font-size:.95rem;color:var(--bad);"
    "font-weight:600}\n"
    "ul.error{padding-left:1.2rem}\n"
    ".notice{margin:0 0 1.25rem;padding:.6rem 1rem;border-radius:.6rem;"
    "border:1px solid var(--line);background:var(--notebg)}\n"
    ".notice.good{border-color:var(--good);background:var(--goodbg)}\n"
    ".notice.bad{border-color:var(--bad);background:var(--badbg)}\n"
    "button,.button{display:block;width:100%;min-height:2.9rem;"
    "margin:1rem 0 0;padding:.6rem 1rem;font:inherit;font-weight:700;"
    "text-align:center;text-decoration:none;cursor:pointer;"
    "border:1px solid var(--main);border-radius:.6rem;"
    "background:var(--main);color:var(--on)}\n"
    "button.secondary,.button{background:transparent;color:var(--link);"
    "border-color:var(--line)}\n"
    "button.danger{background:transparent;color:var(--bad);"
    "border-color:var(--bad)}\n"
    "button:hover,.button:hover{text-decoration:underline}\n"
    "form+form,form+.button{margin-top:.75rem}\n"
    ".link{margin-top:1rem}\n"
    "hr{margin:1.75rem 0;border:0;border-top:1px solid var(--rule)}\n"
    ".rows{margin:0;padding:0;list-style:none}\n"
    ".rows>li{padding:.9rem 0;border-top:1px solid var(--rule)}\n"
    ".rows>li:first-child{border-top:0}\n"
    "dl{margin:.5rem 0}\n"
    "dt{font-weight:600}\n"
    "dd{margin:0 0 .6rem}\n"
    "table{width:100%;border-collapse:collapse}\n"
    "th,td{padding:.5rem .4rem;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--rule)}\n"
    "code,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"
    "monospace;font-size:1.05em}\n"
    ".big{font-size:1.6rem;letter-spacing:.15em}\n"
    "svg,img{max-width:100%;height:auto}\n"
    ".qr{display:inline-block;padding:.75rem;background:#fff;"
    "border-radius:.6rem}\n"
    "@media (max-width:30rem){main{padding:1.25rem;"
    "border-radius:.75rem}}\n"
    "@media (forced-colors:active){button,.button{border:2px solid}}\n";


static const char  rb_page_icon[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 "
    "32\"><rect width=\"32\" height=\"32\" rx=\"8\" "
    "fill=\"#0b6b63\"/><path d=\"M4 25 13 9l5 9 3-4 7 11z\" "
    "fill=\"#fff\"/></svg>\n";


static const char  rb_page_passkey[] =
    "'use strict';\n"
    "\n"
    "// Fills in the forms that a passkey answers.  Without this "
    "script, or without\n"
    "// passkeys in the browser, they stay hidden.\n"
    "\n"
    "(function () {\n"
    "  function bytes(text) {\n"
    "    var raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));\n"
    "    return Uint8Array.from(raw,"
    " function (c) { return c.charCodeAt(0); });\n"
    "  }\n"
    "\n"
    "  function text(buffer) {\n"
    "    return btoa(String.fromCharCode.apply(null,"
    " new Uint8Array(buffer)))\n"
    "      .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/,"
    " '');\n"
    "  }\n"
    "\n"
    "  function descriptors(list) {\n"
    "    return (list || []).map(function (one) {\n"
    "      return Object.assign({}, one, { id: bytes(one.id) });\n"
    "    });\n"
    "  }\n"
    "\n"
    "  function understood(kind, json) {\n"
    "    var options = Object.assign({}, json.publicKey || json);\n"
    "\n"
    "    options.challenge = bytes(options.challenge);\n"
    "\n"
    "    if (kind === 'create') {\n"
    "      options.user = Object.assign({}, options.user,\n"
    "        { id: bytes(options.user.id) });\n"
    "      options.excludeCredentials = "
    "descriptors(options.excludeCredentials);\n"
    "    } else {\n"
    "      options.allowCredentials = "
    "descriptors(options.allowCredentials);\n"
    "    }\n"
    "\n"
    "    return { publicKey: options };\n"
    "  }\n"
    "\n"
    "  function answered(credential) {\n"
    "    var from = credential.response;\n"
    "    var response = { clientDataJSON: text(from.clientDataJSON) };\n"
    "\n"
    "    ['attestationObject', 'authenticatorData', 'signature',"
    " 'userHandle']\n"
    "      .forEach(function (name) {\n"
    "        if (from[name]) {\n"
    "          response[name] = text(from[name]);\n"
    "        }\n"
    "      });\n"
    "\n"
    "    if (from.getTransports) {\n"
    "      response.transports = from.getTransports();\n"
    "    }\n"
    "\n"
    "    return JSON.stringify({\n"
    "      id: credential.id,\n"
    "      rawId: text(credential.rawId),\n"
    "      type: credential.type,\n"
    "      authenticatorAttachment: credential.authenticatorAttachment "
    "|| undefined,\n"
    "      clientExtensionResults: "
    "credential.getClientExtensionResults(),\n"
    "      response: response\n"
    "    });\n"
    "  }\n"
    "\n"
    "  async function ask(form) {\n"
    "    var kind = form.dataset.passkey;\n"
    "    var fields = form.elements;\n"
    "    var body = new URLSearchParams();\n"
    "\n"
    "    if (fields.ticket) {\n"
    "      body.set('ticket', fields.ticket.value);\n"
    "    }\n"
    "\n"
    "    var reply = await fetch(form.dataset.options, {\n"
    "      method: 'POST',\n"
    "      headers: { 'Accept': 'application/json',\n"
    "                 'X-CSRF-Token': fields.csrf.value },\n"
    "      body: body\n"
    "    });\n"
    "\n"
    "    if (!reply.ok) {\n"
    "      throw new Error('refused: ' + reply.status);\n"
    "    }\n"
    "\n"
    "    var json = await reply.json();\n"
    "    var options = understood(kind, json.options);\n"
    "    var credential = kind === 'create'\n"
    "      ? await navigator.credentials.create(options)\n"
    "      : await navigator.credentials.get(options);\n"
    "\n"
    "    fields.handle.value = json.handle;\n"
    "    fields.answer.value = answered(credential);\n"
    "    form.submit();\n"
    "  }\n"
    "\n"
    "  if (!window.PublicKeyCredential) {\n"
    "    return;\n"
    "  }\n"
    "\n"
    "  document.querySelectorAll('form[data-passkey]').forEach(function ("
    "form) {\n"
    "    var error = form.querySelector('.error');\n"
    "\n"
    "    form.hidden = false;\n"
    "\n"
    "    form.addEventListener('submit', function (event) {\n"
    "      event.preventDefault();\n"
    "      error.hidden = true;\n"
    "\n"
    "      ask(form).catch(function () {\n"
    "        error.hidden = false;\n"
    "      });\n"
    "    });\n"
    "  });\n"
    "})();\n";


#define rb_page_file(name, type, content)                                     \
    { ngx_string(name), ngx_string(type),                                     \
      { sizeof(content) - 1, (u_char *) content } }

static const rb_page_asset_t  rb_page_own_assets[] = {
    rb_page_file("page.css", "text/css; charset=utf-8", rb_page_css),
    rb_page_file("icon.svg", "image/svg+xml", rb_page_icon),
    rb_page_file("passkey.js", "text/javascript; charset=utf-8",
                 rb_page_passkey)
};

static const rb_page_asset_t *const  rb_page_assets[] = {
    &rb_page_own_assets[0],
    &rb_page_own_assets[1],
    &rb_page_own_assets[2],
    &rb_page_site_css
};


const rb_page_asset_t *
rb_page_asset(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < rb_array_size(rb_page_assets); i++) {

        if (rb_page_assets[i]->name.len == name->len
            && ngx_memcmp(rb_page_assets[i]->name.data, name->data,
                          name->len) == 0)
        {
            return rb_page_assets[i];
        }
    }

    return NULL;
}


void
rb_page_version(const rb_page_asset_t *asset, u_char *version)
{
    uint64_t     hash;
    ngx_uint_t   i;

    static uint64_t      hashes[rb_array_size(rb_page_assets)];
    static const u_char  hex[] = "0123456789abcdef";

    for (i = 0; rb_page_assets[i] != asset; i++) { /* void */ }

    if (hashes[i] == 0) {
        hashes[i] = rb_hash64(asset->content.data, asset->content.len,
                              RB_PAGE_VERSION_SEED);
    }

    hash = hashes[i];

    for (i = 0; i < RB_PAGE_VERSION_LEN; i++) {
        version[i] = hex[hash >> 60];
        hash <<= 4;
    }
}
