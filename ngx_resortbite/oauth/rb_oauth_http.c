
/* The oauth room's routes. */


#include "oauth/rb_oauth_room_http.h"

#include <ngx_http.h>


static const rb_param_t  rb_oauth_authorize_query[] = {
    rb_oauth_request_fields,
    rb_param_end
};

static const rb_param_t  rb_oauth_authorize_form[] = {
    rb_oauth_request_fields,
    rb_oauth_field("decision", 20, "accept 또는 deny", "accept or deny"),
    rb_param_end
};

static const rb_param_t  rb_oauth_par_form[] = {
    rb_oauth_client_fields,
    rb_oauth_request_fields_more,
    rb_param_end
};

static const rb_param_t  rb_oauth_token_form[] = {
    rb_oauth_client_fields,
    rb_oauth_field("grant_type", 100,
                   "authorization_code, refresh_token, client_credentials, "
                   RB_OAUTH_DEVICE_GRANT,
                   "authorization_code, refresh_token, client_credentials, "
                   RB_OAUTH_DEVICE_GRANT),
    rb_oauth_field("code", 200, "인가 코드", "The authorization code"),
    rb_oauth_field("redirect_uri", RB_OAUTH_URI_LEN, "코드를 받은 주소",
                   "Where the code was sent"),
    rb_oauth_field("code_verifier", 200, "PKCE (RFC 7636)",
                   "PKCE (RFC 7636)"),
    rb_oauth_field("refresh_token", 200, "갱신 토큰", "The refresh token"),
    rb_oauth_field("scope", 200, "이 토큰에 담을 권한", "Of this token"),
    rb_oauth_field("device_code", 200, "기기 코드 (RFC 8628)",
                   "The device's code (RFC 8628)"),
    rb_param_end
};

static const rb_param_t  rb_oauth_presented_form[] = {
    rb_oauth_client_fields,
    rb_oauth_field("token", 8192, "접근 토큰이나 갱신 토큰",
                   "An access or a refresh token"),
    rb_oauth_field("token_type_hint", 50, "access_token, refresh_token",
                   "access_token, refresh_token"),
    rb_param_end
};

static const rb_param_t  rb_oauth_device_request_form[] = {
    rb_oauth_client_fields,
    rb_oauth_field("scope", 200, "권한", "What is asked for"),
    rb_param_end
};

static const rb_param_t  rb_oauth_device_query[] = {
    rb_oauth_field("user_code", 50, "기기에 보이는 코드",
                   "The code on the device"),
    rb_param_end
};

static const rb_param_t  rb_oauth_device_fields[] = {
    rb_oauth_field("user_code", 50, "기기에 보이는 코드",
                   "The code on the device"),
    rb_oauth_field("decision", 20, "accept 또는 deny", "accept or deny"),
    rb_param_end
};

#define rb_oauth_logout_fields                                                \
    rb_oauth_field("id_token_hint", 8192, "ID 토큰", "An ID token"),           \
    rb_oauth_field("client_id", 64, "애플리케이션 id", "The client's id"),      \
    rb_oauth_field("post_logout_redirect_uri", RB_OAUTH_URI_LEN,              \
                   "돌아갈 주소: 등록된 것과 같아야 합니다",                        \
                   "Where to go on to: one that is registered"),              \
    rb_oauth_field("state", 2000, "그대로 돌려받는 값", "Comes back as it is"), \
    rb_oauth_field("ui_locales", 100, "ko, en", "ko, en")

static const rb_param_t  rb_oauth_logout_query[] = {
    rb_oauth_logout_fields,
    rb_param_end
};

static const rb_param_t  rb_oauth_logout_form[] = {
    rb_oauth_logout_fields,
    rb_oauth_field("confirm", 20, "true", "true"),
    rb_param_end
};


static const rb_route_t  rb_oauth_table[] = {
    {
        .name = ngx_string("oauth_discovery"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/.well-known/openid-configuration"),
        .handler = rb_oauth_metadata_handler,
        .summary = rb_text("OpenID 공급자 정보", "The OpenID provider"),
        .tag = ngx_string("oauth"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAVAILABLE,
        .on_main = 1,
        .any_query = 1
    },
    {
        .name = ngx_string("oauth_metadata"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/.well-known/oauth-authorization-server"),
        .handler = rb_oauth_metadata_handler,
        .summary = rb_text("인가 서버 정보", "The authorization server"),
        .tag = ngx_string("oauth"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAVAILABLE,
        .on_main = 1,
        .any_query = 1
    },
    {
        .name = ngx_string("oauth_jwks"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/oauth/jwks"),
        .handler = rb_oauth_jwks_handler,
        .summary = rb_text("서명 키", "Keys that sign tokens"),
        .tag = ngx_string("oauth"),
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAVAILABLE,
        .on_main = 1,
        .any_query = 1
    },
    {
        .name = ngx_string("oauth_authorize"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/oauth/authorize"),
        .handler = rb_oauth_authorize_handler,
        .summary = rb_text("로그인과 동의", "Log in and consent"),
        .tag = ngx_string("oauth"),
        .query = rb_oauth_authorize_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .lenient = 1,
        .page = 1
    },
    {
        .name = ngx_string("oauth_authorize_post"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/authorize"),
        .handler = rb_oauth_authorize_post_handler,
        .summary = rb_text("동의하거나 거절", "Consent, or don't"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_authorize_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_FORBIDDEN|RB_PROBLEM_TOO_MANY,
        .optional = 1,
        .form = 1,
        .lenient = 1,
        .page = 1,
        .no_csrf = 1
    },
    {
        .name = ngx_string("oauth_par"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/par"),
        .handler = rb_oauth_par_handler,
        .summary = rb_text("인가 요청을 먼저 보내기 (RFC 9126)",
                           "Push an authorization request (RFC 9126)"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_par_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_CREATED,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .lenient = 1,
        .oauth = 1,
        .no_csrf = 1
    },
    {
        .name = ngx_string("oauth_token"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/token"),
        .handler = rb_oauth_token_handler,
        .summary = rb_text("토큰 받기", "Get tokens"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_token_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .lenient = 1,
        .oauth = 1,
        .no_csrf = 1
    },
    {
        .name = ngx_string("oauth_introspect"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/introspect"),
        .handler = rb_oauth_introspect_handler,
        .summary = rb_text("토큰이 유효한지 묻기 (RFC 7662)",
                           "Ask about a token (RFC 7662)"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_presented_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .lenient = 1,
        .oauth = 1,
        .no_csrf = 1
    },
    {
        .name = ngx_string("oauth_revoke"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/revoke"),
        .handler = rb_oauth_revoke_handler,
        .summary = rb_text("토큰 취소 (RFC 7009)", "Revoke a token (RFC 7009)"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_presented_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .lenient = 1,
        .oauth = 1,
        .no_csrf = 1
    },
    {
        .name = ngx_string("oauth_userinfo"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/oauth/userinfo"),
        .handler = rb_oauth_userinfo_handler,
        .summary = rb_text("누구인지", "Who it is"),
        .tag = ngx_string("oauth"),
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_OPENID,
        .success = NGX_HTTP_OK,
        .any_query = 1
    },
    {
        .name = ngx_string("oauth_userinfo_post"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/userinfo"),
        .handler = rb_oauth_userinfo_handler,
        .summary = rb_text("누구인지", "Who it is"),
        .tag = ngx_string("oauth"),
        .roles = RB_ROLE_MEMBER,
        .scopes = RB_SCOPE_OPENID,
        .success = NGX_HTTP_OK
    },
    {
        .name = ngx_string("oauth_device_authorization"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/device_authorization"),
        .handler = rb_oauth_device_authorization_handler,
        .summary = rb_text("기기 연결 시작 (RFC 8628)",
                           "Begin a device's log-in (RFC 8628)"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_device_request_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_UNAUTHORIZED|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .lenient = 1,
        .oauth = 1,
        .no_csrf = 1
    },
    {
        .name = ngx_string("oauth_device"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/device"),
        .handler = rb_oauth_device_handler,
        .summary = rb_text("기기의 코드를 넣는 곳", "Type in a device's code"),
        .tag = ngx_string("oauth"),
        .query = rb_oauth_device_query,
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_OK,
        .lenient = 1,
        .page = 1
    },
    {
        .name = ngx_string("oauth_device_post"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/device"),
        .handler = rb_oauth_device_post_handler,
        .summary = rb_text("기기를 허용하거나 거절", "Allow a device, or don't"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_device_fields,
        .roles = RB_ROLE_MEMBER,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_NOT_FOUND|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .page = 1
    },
    {
        .name = ngx_string("oauth_logout"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/oauth/logout"),
        .handler = rb_oauth_logout_handler,
        .summary = rb_text("로그아웃", "Log out"),
        .tag = ngx_string("oauth"),
        .query = rb_oauth_logout_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .optional = 1,
        .lenient = 1,
        .page = 1
    },
    {
        .name = ngx_string("oauth_logout_post"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/oauth/logout"),
        .handler = rb_oauth_logout_post_handler,
        .summary = rb_text("로그아웃 확인", "Log out, yes"),
        .tag = ngx_string("oauth"),
        .body = rb_oauth_logout_form,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_FORBIDDEN,
        .optional = 1,
        .form = 1,
        .lenient = 1,
        .page = 1,
        .no_csrf = 1
    }
};

const rb_routes_t  rb_oauth_routes = {
    rb_oauth_table, rb_array_size(rb_oauth_table)
};
