
/*
 * What goes wrong, by the codes that the RFCs give: RFC 6749 §4.1.2.1 and
 * §5.2, RFC 8628 §3.5, RFC 9101 §6.2, RFC 9449 §5, OpenID Connect Core
 * §3.1.2.6.
 */


#include "oauth/rb_oauth_rules.h"


rb_err_define(rb_err_oauth_client, 401, "invalid_client",
              "애플리케이션을 확인하지 못했습니다. client_id와 등록된 인증 "
              "방법, 비밀 값을 확인하세요.",
              "The client could not be authenticated. Check its id, its "
              "secret or key, and that it uses the method it was registered "
              "with.");

rb_err_define(rb_err_oauth_client_unknown, 400, "client_unknown",
              "이 링크를 보낸 애플리케이션을 알 수 없습니다. 그 애플리케이션"
              "에서 다시 시작하세요.",
              "We don't know the application that sent you here. Please start "
              "again from it.");

rb_err_define(rb_err_oauth_redirect_uri, 400, "redirect_uri_unknown",
              "이 링크의 돌아갈 주소(redirect_uri)가 등록된 것과 다릅니다. "
              "애플리케이션을 만든 곳에 알려 주세요.",
              "The address to return to (redirect_uri) is not one that the "
              "application has registered. Please tell its makers.");

rb_err_define(rb_err_oauth_request_uri, 400, "invalid_request_uri",
              "이 링크는 한 번만 쓸 수 있고, 이미 썼거나 시간이 지났습니다. "
              "애플리케이션에서 다시 시작하세요.",
              "This link works once, and was used already or is too old. "
              "Please start again from the application.");

rb_err_define(rb_err_oauth_request, 400, "invalid_request",
              "필요한 매개변수가 없거나 잘못되었습니다.",
              "A parameter that is needed is missing or wrong.");

rb_err_define(rb_err_oauth_hint, 400, "id_token_hint_invalid",
              "이 링크의 id_token_hint가 저희가 만든 것이 아닙니다. 애플리케"
              "이션에서 다시 시작하세요.",
              "The id_token_hint of this link is not one of ours. Please "
              "start again from the application.");

rb_err_define(rb_err_oauth_request_redirect, 400, "invalid_request",
              "redirect_uri가 등록된 것과 다릅니다.",
              "redirect_uri must be one that the client has registered.");

rb_err_define(rb_err_oauth_two_ways, 400, "invalid_request",
              "애플리케이션은 한 가지 방법으로만 인증해야 합니다.",
              "The client must authenticate in one way only.");

rb_err_define(rb_err_oauth_pkce, 400, "invalid_request",
              "code_challenge가 필요합니다(RFC 7636, S256).",
              "code_challenge is required: 43 characters of base64url "
              "(RFC 7636, S256).");

rb_err_define(rb_err_oauth_pkce_method, 400, "invalid_request",
              "code_challenge_method는 S256이어야 합니다.",
              "code_challenge_method must be S256.");

rb_err_define(rb_err_oauth_prompt, 400, "invalid_request",
              "prompt는 none 하나이거나 login, consent, select_account "
              "중에서 골라야 합니다.",
              "prompt must be none alone, or some of login, consent and "
              "select_account.");

rb_err_define(rb_err_oauth_max_age, 400, "invalid_request",
              "max_age는 초를 나타내는 정수여야 합니다.",
              "max_age must be a whole number of seconds.");

rb_err_define(rb_err_oauth_response_mode, 400, "invalid_request",
              "response_mode는 query만 쓸 수 있습니다.",
              "response_mode must be query.");

rb_err_define(rb_err_oauth_par_needed, 400, "invalid_request",
              "이 애플리케이션은 요청을 먼저 /oauth/par로 보내야 합니다.",
              "This client must push its requests to /oauth/par first.");

rb_err_define(rb_err_oauth_jkt, 400, "invalid_request",
              "dpop_jkt가 DPoP 증명의 키와 다릅니다.",
              "dpop_jkt must be the thumbprint of the DPoP proof's key: 43 "
              "characters of base64url.");

rb_err_define(rb_err_oauth_jar, 400, "request_not_supported",
              "request 매개변수는 쓸 수 없습니다. /oauth/par를 쓰세요.",
              "Request objects are not supported. Push the request to "
              "/oauth/par instead.");

rb_err_define(rb_err_oauth_response_type, 400, "unsupported_response_type",
              "response_type은 code여야 합니다.",
              "response_type must be code.");

rb_err_define(rb_err_oauth_grant_type, 400, "unsupported_grant_type",
              "지원하지 않는 grant_type입니다.",
              "grant_type must be authorization_code, refresh_token, "
              "client_credentials or "
              "urn:ietf:params:oauth:grant-type:device_code.");

rb_err_define(rb_err_oauth_unauthorized, 400, "unauthorized_client",
              "이 애플리케이션에는 허용되지 않은 방법입니다.",
              "The client is not registered for this grant type.");

rb_err_define(rb_err_oauth_scope, 400, "invalid_scope",
              "이 애플리케이션이 받을 수 없는 권한(scope)입니다.",
              "A scope is unknown, or is more than the client may have or "
              "was granted.");

rb_err_define(rb_err_oauth_grant, 400, "invalid_grant",
              "코드나 토큰이 잘못되었거나, 썼거나, 만료되었거나, 취소되었"
              "습니다.",
              "The code or token is wrong, used, expired or revoked, or was "
              "given for another client, key, redirect_uri or code_verifier.");

rb_err_define(rb_err_oauth_dpop, 400, "invalid_dpop_proof",
              "DPoP 증명이 없거나 잘못되었습니다.",
              "The DPoP proof is missing, wrong, too old or was used before.");

rb_err_define(rb_err_oauth_pending, 400, "authorization_pending",
              "아직 승인하지 않았습니다.",
              "The user has not answered yet.");

rb_err_define(rb_err_oauth_slow_down, 400, "slow_down",
              "너무 자주 묻고 있습니다. 간격을 5초 늘리세요.",
              "Too often: add 5 seconds to the interval.");

rb_err_define(rb_err_oauth_expired, 400, "expired_token",
              "코드가 만료되었습니다. 처음부터 다시 시작하세요.",
              "The device code has expired. Begin again.");

rb_err_define(rb_err_oauth_denied, 400, "access_denied",
              "사용자가 거절했습니다.",
              "The user said no.");

rb_err_define(rb_err_oauth_login, 400, "login_required",
              "로그인이 필요합니다.",
              "The user has to log in.");

rb_err_define(rb_err_oauth_consent, 400, "consent_required",
              "사용자의 동의가 필요합니다.",
              "The user has to consent.");

rb_err_define(rb_err_oauth_session_gone, 400, "login_required",
              "로그인이 끝났습니다. 다시 로그인하세요.",
              "The session has ended. Please log in again.");

rb_err_define(rb_err_oauth_user_code, 404, "user_code_unknown",
              "그런 코드가 없거나 시간이 지났습니다. 기기에 보이는 코드를 "
              "확인하세요.",
              "There is no such code, or it has expired. Check the code that "
              "your device shows.");

rb_err_define(rb_err_client_taken, 409, "client_id_taken",
              "이미 있는 client_id입니다. 다른 것을 고르세요.",
              "There is a client with this id. Choose another one.");

rb_err_define(rb_err_client_no_secret, 409, "client_has_no_secret",
              "이 애플리케이션은 비밀 값을 쓰지 않습니다.",
              "This client authenticates without a secret.");
