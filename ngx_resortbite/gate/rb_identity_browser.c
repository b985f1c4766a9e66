
/*
 * What concerns browsers: cookies, the defence against requests that another
 * site has them make, and what a session is shown as to its owner.
 *
 * A CSRF token is a nonce and its MAC with the session (or, before there is
 * one, the device cookie) it was made for.  It is another one each time, so
 * that compressed pages don't give it away (BREACH), and nothing is kept.
 */


#include "gate/rb_identity_internal.h"
#include "base/rb_token.h"
#include "base/rb_utf8.h"


#define RB_CSRF_NONCE      16
#define RB_CSRF_MAC        32
#define RB_CSRF_OWNER_MAX  64

#define RB_DEVICE_MAX_AGE  (400 * 86400)        /* browsers keep no longer */
#define RB_COOKIE_ATTRS    "; Path=/; Secure; HttpOnly; SameSite=Lax"

#define RB_AGENT_MAX       64
#define RB_PLACE_MAX       100          /* characters */


/* The first that is found in a user agent names it. */

typedef struct {
    ngx_str_t    token;
    ngx_str_t    name;
} rb_agent_t;


static ngx_int_t rb_csrf_owner(rb_req_t *req, ngx_uint_t device,
    ngx_str_t *owner);
static ngx_int_t rb_csrf_mac(const u_char *nonce, const ngx_str_t *owner,
    u_char mac[RB_CSRF_MAC]);
static ngx_uint_t rb_csrf_matches(rb_req_t *req, const ngx_str_t *given);
static rb_err_t *rb_csrf_wrong(rb_req_t *req, ngx_uint_t origin);
static const ngx_str_t *rb_agent_find(const rb_agent_t *table,
    const ngx_str_t *agent);
static void rb_place_network(rb_req_t *req, ngx_str_t *place);
static void rb_identity_cookie(rb_req_t *req, const char *name,
    const ngx_str_t *value, time_t max_age);


rb_err_define(rb_err_csrf, 403, "cross_site_request",
    "이 요청이 저희 페이지에서 왔는지 확인할 수 없습니다. 페이지를 새로 고친 뒤 "
    "다시 시도해 주세요.",
    "We can't tell whether this request comes from a page of ours. Load the "
    "page anew and try again.");


/* Others that pretend to be one of those below come before it. */

static const rb_agent_t  rb_agent_browsers[] = {
    { ngx_string("KAKAOTALK"), ngx_string("KakaoTalk") },
    { ngx_string("NAVER("), ngx_string("Naver app") },
    { ngx_string("Whale/"), ngx_string("Whale") },
    { ngx_string("SamsungBrowser/"), ngx_string("Samsung Internet") },
    { ngx_string("Edg/"), ngx_string("Edge") },
    { ngx_string("EdgA/"), ngx_string("Edge") },
    { ngx_string("EdgiOS/"), ngx_string("Edge") },
    { ngx_string("OPR/"), ngx_string("Opera") },
    { ngx_string("Vivaldi/"), ngx_string("Vivaldi") },
    { ngx_string("FxiOS/"), ngx_string("Firefox") },
    { ngx_string("Firefox/"), ngx_string("Firefox") },
    { ngx_string("CriOS/"), ngx_string("Chrome") },
    { ngx_string("Chrome/"), ngx_string("Chrome") },
    { ngx_string("Safari/"), ngx_string("Safari") },
    { ngx_string("okhttp/"), ngx_string("Android app") },
    { ngx_string("CFNetwork/"), ngx_string("Apple app") },
    { ngx_string("curl/"), ngx_string("curl") },
    { ngx_null_string, ngx_string("Unknown browser") }
};

static const rb_agent_t  rb_agent_systems[] = {
    { ngx_string("iPhone"), ngx_string("iPhone") },
    { ngx_string("iPad"), ngx_string("iPad") },
    { ngx_string("Android"), ngx_string("Android") },
    { ngx_string("Windows"), ngx_string("Windows") },
    { ngx_string("CrOS"), ngx_string("ChromeOS") },
    { ngx_string("Macintosh"), ngx_string("macOS") },
    { ngx_string("Darwin"), ngx_string("Apple") },
    { ngx_string("Linux"), ngx_string("Linux") },
    { ngx_null_string, ngx_null_string }
};


ngx_str_t
rb_csrf_token(rb_req_t *req)
{
    u_char     text[RB_CSRF_NONCE + RB_CSRF_MAC];
    ngx_str_t  owner, token = ngx_null_string;

    /* a browser that has neither is given a device cookie now */

    if (req->principal == NULL || req->principal->by != RB_BY_COOKIE) {
        (void) rb_identity_device(req);
    }

    if ((rb_csrf_owner(req, 0, &owner) != NGX_OK
         && rb_csrf_owner(req, 1, &owner) != NGX_OK)
        || rb_random(text, RB_CSRF_NONCE) != NGX_OK
        || rb_csrf_mac(text, &owner, text + RB_CSRF_NONCE) != NGX_OK)
    {
        return token;
    }

    return rb_base64url(req->task.pool, text, sizeof(text));
}


rb_err_t *
rb_csrf_check(rb_req_t *req, const ngx_str_t *token)
{
    rb_err_t   *err;
    ngx_str_t   given;

    err = rb_csrf_check_origin(req);
    if (err) {
        return err;
    }

    given = *token;

    if (given.len == 0) {
        given = req->csrf;
    }

    if (given.len == 0) {
        given = rb_http_header(req, RB_CSRF_HEADER);
    }

    return rb_csrf_matches(req, &given) ? NULL : rb_csrf_wrong(req, 0);
}


/*
 * What the browser itself says of where the request comes from, which no page
 * can forge.  Old ones say nothing; the token then has to do.  A page that
 * withholds its referrer has "null" for an origin, so that it is for
 * Sec-Fetch-Site to say that it is ours.
 */

rb_err_t *
rb_csrf_check_origin(rb_req_t *req)
{
    ngx_str_t   origin, site;
    ngx_uint_t  same;

    if (rb_identity == NULL) {
        return &rb_err_no_identity;
    }

    origin = rb_http_header(req, "Origin");
    site = rb_http_header(req, "Sec-Fetch-Site");

    same = (site.len == 11
            && ngx_memcmp(site.data, "same-origin", 11) == 0);

    if (site.len && !same) {
        return rb_csrf_wrong(req, 1);
    }

    if (origin.len == 0 || rb_same(&origin, &rb_identity->origin)) {
        return NULL;
    }

    return (same && origin.len == 4 && ngx_memcmp(origin.data, "null", 4) == 0)
           ? NULL : rb_csrf_wrong(req, 1);
}


/* A page says to load it anew; programs are told what they have to send. */

static rb_err_t *
rb_csrf_wrong(rb_req_t *req, ngx_uint_t origin)
{
    rb_err_t    *err;
    ngx_str_t    name;
    ngx_pool_t  *pool;

    if (req->route && req->route->page) {
        return &rb_err_csrf;
    }

    pool = req->task.pool;
    err = rb_err_list(pool, &rb_err_csrf);

    if (origin) {
        ngx_str_set(&name, "Origin");

        return rb_err_add_field(err, pool, &name, "cross_site",
            "쿠키로 부르는 요청은 %V에서 와야 합니다. 다른 곳에서는 쿠키 "
            "대신 Authorization 헤더를 쓰세요.",
            "A request with the cookie has to come from %V. Elsewhere use "
            "the header Authorization instead of the cookie.",
            &rb_identity->origin);
    }

    ngx_str_set(&name, RB_CSRF_HEADER);

    return rb_err_add_field(err, pool, &name, "invalid",
        "쿠키로 부르는 요청에는 " RB_CSRF_HEADER " 헤더가 필요합니다. 값은 "
        "POST /api/v1/sessions의 응답에 있는 csrf_token입니다.",
        "A request with the cookie needs the header " RB_CSRF_HEADER ". Its "
        "value is csrf_token of the answer of POST /api/v1/sessions.");
}


/* A page may have been loaded before its browser signed in, so that a token
 * of the device is as good. */

static ngx_uint_t
rb_csrf_matches(rb_req_t *req, const ngx_str_t *given)
{
    u_char      mac[RB_CSRF_MAC];
    ngx_str_t   owner, token, expected, got;
    ngx_uint_t  i, matches;

    if (rb_base64url_decode(req->task.pool, given, &token) != NGX_OK
        || token.len != RB_CSRF_NONCE + RB_CSRF_MAC)
    {
        return 0;
    }

    got.data = token.data + RB_CSRF_NONCE;
    got.len = RB_CSRF_MAC;
    matches = 0;

    for (i = 0; i < 2; i++) {

        if (rb_csrf_owner(req, i, &owner) != NGX_OK
            || rb_csrf_mac(token.data, &owner, mac) != NGX_OK)
        {
            continue;
        }

        expected.data = mac;
        expected.len = RB_CSRF_MAC;
        matches |= rb_same(&expected, &got);
    }

    return matches;
}


/* For whom a token is: the session, or the device.  NGX_DECLINED: neither. */

static ngx_int_t
rb_csrf_owner(rb_req_t *req, ngx_uint_t device, ngx_str_t *owner)
{
    rb_identity_ctx_t  *ctx;

    if (!device) {

        if (req->principal == NULL || req->principal->by != RB_BY_COOKIE) {
            return NGX_DECLINED;
        }

        *owner = req->principal->session;
        return NGX_OK;
    }

    *owner = rb_http_cookie(req, RB_DEVICE_COOKIE);

    if (owner->len != RB_SECRET_TEXT_LEN) {
        ctx = req->http ? rb_identity_ctx_of(req->http) : NULL;

        if (ctx == NULL || ctx->device.len == 0) {
            return NGX_DECLINED;
        }

        *owner = ctx->device;
    }

    return NGX_OK;
}


static ngx_int_t
rb_csrf_mac(const u_char *nonce, const ngx_str_t *owner,
    u_char mac[RB_CSRF_MAC])
{
    u_char  text[RB_CSRF_NONCE + RB_CSRF_OWNER_MAX];

    if (owner->len > RB_CSRF_OWNER_MAX) {
        return NGX_DECLINED;
    }

    ngx_memcpy(text, nonce, RB_CSRF_NONCE);
    ngx_memcpy(text + RB_CSRF_NONCE, owner->data, owner->len);

    return rb_token_mac("csrf", text, RB_CSRF_NONCE + owner->len, mac);
}


rb_err_t *
rb_identity_origin(rb_req_t *req, rb_origin_t *origin)
{
    ngx_uint_t  cookies;

    ngx_memzero(origin, sizeof(rb_origin_t));

    if (req->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)
        && rb_http_caller(req) != NGX_OK)
    {
        return &rb_err_internal;
    }

    cookies = req->principal ? req->principal->by == RB_BY_COOKIE
                             : !req->route->oauth;

    if (cookies || rb_http_cookie(req, RB_DEVICE_COOKIE).len) {
        origin->device_hash = rb_identity_device(req);
    }

    origin->device = rb_identity_agent(req);
    origin->place = rb_identity_place(req);
    origin->request_id = req->id;

    ngx_memcpy(origin->caller, req->caller, sizeof(origin->caller));

    return NULL;
}


ngx_str_t
rb_identity_device(rb_req_t *req)
{
    ngx_str_t           secret, none = ngx_null_string;
    rb_identity_ctx_t  *ctx;

    if (req->http == NULL) {
        return none;
    }

    secret = rb_http_cookie(req, RB_DEVICE_COOKIE);

    if (secret.len == RB_SECRET_TEXT_LEN) {
        return rb_hash_param(req->task.pool, &secret);
    }

    ctx = rb_identity_ctx(req->http);
    if (ctx == NULL) {
        return none;
    }

    if (ctx->device.len == 0) {
        ctx->device.data = ngx_pnalloc(req->task.pool, RB_SECRET_TEXT_LEN);

        if (ctx->device.data == NULL
            || rb_random_text(ctx->device.data) != NGX_OK)
        {
            return none;
        }

        ctx->device.len = RB_SECRET_TEXT_LEN;

        rb_identity_cookie(req, RB_DEVICE_COOKIE, &ctx->device,
                           RB_DEVICE_MAX_AGE);
    }

    return rb_hash_param(req->task.pool, &ctx->device);
}


void
rb_identity_set_cookie(rb_req_t *req, const ngx_str_t *secret, time_t max_age)
{
    rb_identity_cookie(req, RB_SESSION_COOKIE, secret, max_age);
}


void
rb_identity_clear_cookie(rb_req_t *req)
{
    static const ngx_str_t  nothing = ngx_null_string;

    rb_identity_cookie(req, RB_SESSION_COOKIE, &nothing, 0);
}


static void
rb_identity_cookie(rb_req_t *req, const char *name, const ngx_str_t *value,
    time_t max_age)
{
    size_t     len;
    ngx_str_t  cookie;

    len = ngx_strlen(name) + 1 + value->len + sizeof(RB_COOKIE_ATTRS)
          + sizeof("; Max-Age=") + NGX_TIME_T_LEN;

    cookie.data = ngx_pnalloc(req->task.pool, len);
    if (cookie.data == NULL) {
        return;
    }

    cookie.len = ngx_snprintf(cookie.data, len, "%s=%V; Max-Age=%T%s", name,
                              value, max_age, RB_COOKIE_ATTRS)
                 - cookie.data;

    rb_reply_header(req, "Set-Cookie", &cookie);
}


ngx_str_t
rb_identity_agent(rb_req_t *req)
{
    ngx_str_t         agent, text;
    const ngx_str_t  *browser, *system;

    agent = rb_http_header(req, "User-Agent");
    browser = rb_agent_find(rb_agent_browsers, &agent);
    system = rb_agent_find(rb_agent_systems, &agent);

    if (system->len == 0) {
        return *browser;
    }

    text.data = ngx_pnalloc(req->task.pool, RB_AGENT_MAX);
    if (text.data == NULL) {
        return *browser;
    }

    text.len = ngx_snprintf(text.data, RB_AGENT_MAX, "%V on %V", browser,
                            system)
               - text.data;

    return text;
}


static const ngx_str_t *
rb_agent_find(const rb_agent_t *table, const ngx_str_t *agent)
{
    for ( /* void */ ; table->token.len; table++) {
        if (agent->len >= table->token.len
            && ngx_strnstr(agent->data, (char *) table->token.data,
                           agent->len)
               != NULL)
        {
            break;
        }
    }

    return &table->name;
}


ngx_str_t
rb_identity_place(rb_req_t *req)
{
    size_t     len, chars;
    ngx_str_t  place = ngx_null_string;

    if (req->http == NULL || rb_identity == NULL) {
        return place;
    }

    if (rb_identity->place == NULL
        || ngx_http_complex_value(req->http, rb_identity->place, &place)
           != NGX_OK
        || place.len == 0)
    {
        rb_place_network(req, &place);
        return place;
    }

    /* whatever a database of places says must be text, and not long */

    for (len = 0, chars = 0; len < place.len; len++) {

        if (place.data[len] < 0x20 || place.data[len] == 0x7f) {
            rb_place_network(req, &place);
            return place;
        }

        if ((place.data[len] & 0xc0) != 0x80 && chars++ == RB_PLACE_MAX) {
            break;
        }
    }

    place.len = len;

    if (!rb_utf8_valid(place.data, place.len)) {
        rb_place_network(req, &place);
    }

    return place;
}


/* The network that the address is of: enough to tell home from abroad. */

static void
rb_place_network(rb_req_t *req, ngx_str_t *place)
{
    u_char              *p;
    struct sockaddr     *sa;
    ngx_http_request_t  *r;
    struct sockaddr_in   sin;

#if (NGX_HAVE_INET6)
    struct in6_addr     *in6;
#endif

    r = req->http;
    sa = r->connection->sockaddr;
    ngx_str_null(place);

    place->data = ngx_pnalloc(req->task.pool, NGX_SOCKADDR_STRLEN);
    if (place->data == NULL) {
        return;
    }

    p = NULL;

#if (NGX_HAVE_INET6)

    if (sa->sa_family == AF_INET6) {
        in6 = &((struct sockaddr_in6 *) sa)->sin6_addr;

        if (!IN6_IS_ADDR_V4MAPPED(in6)) {
            place->len = ngx_sprintf(place->data, "%xd:%xd:%xd::/48",
                                     in6->s6_addr[0] << 8 | in6->s6_addr[1],
                                     in6->s6_addr[2] << 8 | in6->s6_addr[3],
                                     in6->s6_addr[4] << 8 | in6->s6_addr[5])
                         - place->data;
            return;
        }

        p = &in6->s6_addr[12];
    }

#endif

    if (sa->sa_family == AF_INET) {
        sin = *(struct sockaddr_in *) sa;
        p = (u_char *) &sin.sin_addr;
    }

    if (p) {
        place->len = ngx_sprintf(place->data, "%d.%d.%d.0/24", p[0], p[1],
                                 p[2])
                     - place->data;
    }
}
