
/*
 * Signing in by an account elsewhere, as browsers see it:
 *
 *     GET  /auth/social/{provider}            sends the browser there
 *     GET  /auth/social/{provider}/link       likewise, to link what it finds
 *     GET  /auth/social/{provider}/callback   takes it back
 *     GET  /auth/finish, POST                 whose identity is new: signs up
 *     GET  /auth/link, POST                   links it to who is signed in
 *
 * All ways begin with a GET: the answer to a form of ours may not redirect to
 * another origin (form-action of our Content Security Policy).  So that no
 * other site can link an account by leading a browser to the second of them,
 * the last asks, with a form.
 */


#include "pages/rb_pages_account.h"
#include "social/rb_social.h"
#include "gate/rb_identity.h"
#include "io/rb_budget.h"
#include "web/rb_page.h"


enum {
    RB_SOCIAL_Q_STATE = 0,
    RB_SOCIAL_Q_CODE,
    RB_SOCIAL_Q_ISS,
    RB_SOCIAL_Q_ERROR
};

enum {
    RB_FINISH_B_TOKEN = 0,
    RB_FINISH_B_EMAIL,
    RB_FINISH_B_PASSWORD,
    RB_FINISH_B_NAME,
    RB_FINISH_B_BORN,
    RB_FINISH_B_ROLE,
    RB_FINISH_B_TERMS,
    RB_FINISH_B_PRIVACY,
    RB_FINISH_B_MARKETING
};


static rb_err_t *rb_pages_social_begin(rb_req_t *req);
static rb_err_t *rb_pages_social_begin_link(rb_req_t *req);
static rb_err_t *rb_pages_social_leave(rb_req_t *req,
    const ngx_str_t *member);
static rb_err_t *rb_pages_social_callback(rb_req_t *req);
static rb_err_t *rb_pages_social_found(rb_req_t *req, rb_social_way_t *way,
    const rb_social_profile_t *profile);
static rb_err_t *rb_pages_social_keep(rb_req_t *req, rb_social_way_t *way,
    const rb_social_profile_t *profile);
static rb_err_t *rb_pages_finish(rb_req_t *req);
static rb_err_t *rb_pages_finish_post(rb_req_t *req);
static rb_err_t *rb_pages_finish_show(rb_req_t *req, const ngx_str_t *token,
    const rb_social_profile_t *profile, const rb_err_t *error);
static void rb_pages_finish_email(rb_page_t *page,
    const rb_social_profile_t *profile);
static void rb_pages_finish_form(rb_page_t *page,
    const rb_social_profile_t *profile);
static void rb_pages_finish_sign_up(rb_req_t *req,
    const rb_social_profile_t *profile, rb_sign_up_t *sign_up);
static rb_err_t *rb_pages_finish_mail(rb_req_t *req,
    const rb_social_profile_t *profile, const rb_sign_up_t *sign_up,
    const rb_origin_t *origin);
static rb_err_t *rb_pages_finish_create(rb_req_t *req,
    const rb_sign_up_t *sign_up, const rb_origin_t *origin);
static rb_err_t *rb_pages_link(rb_req_t *req);
static rb_err_t *rb_pages_link_post(rb_req_t *req);
static rb_err_t *rb_pages_social_kept(rb_req_t *req, const ngx_str_t *token,
    ngx_uint_t take, rb_social_way_t *way, rb_social_profile_t *profile);
static rb_err_t *rb_pages_social_go(rb_req_t *req, const char *path,
    const ngx_str_t *token);
static ngx_str_t rb_pages_social_path(rb_req_t *req, const char *path,
    const ngx_str_t *token);


/* Each way that is begun is a row, whoever begins it. */

static const rb_budget_t  rb_pages_social_budget = {
    ngx_string("social_begin"), 200, 900, 1, 60
};


static const ngx_str_t  rb_finish_roles[] = {
    ngx_string("crew"), ngx_string("resort"), ngx_null_string
};

static const rb_param_t  rb_social_path[] = {
    { ngx_string("provider"), RB_PARAM_STRING, 2, 30, NULL, 1,
      ngx_null_string,
      rb_text("서비스의 이름", "The provider's name here") },
    rb_param_end
};

static const rb_param_t  rb_social_begin_query[] = {
    { ngx_string("next"), RB_PARAM_STRING, 0, 2000, NULL, 0, ngx_null_string,
      rb_text("로그인한 뒤에 갈 경로", "The path to go to then") },
    rb_param_end
};

static const rb_param_t  rb_social_callback_query[] = {
    { ngx_string("state"), RB_PARAM_STRING, 0, 200, NULL, 0, ngx_null_string,
      rb_text("보낼 때의 state", "The state that went along") },
    { ngx_string("code"), RB_PARAM_STRING, 0, 2000, NULL, 0, ngx_null_string,
      rb_text("토큰과 바꿀 코드", "The code for a token") },
    { ngx_string("iss"), RB_PARAM_STRING, 0, 500, NULL, 0, ngx_null_string,
      rb_text("보낸 서비스 (RFC 9207)", "The issuer (RFC 9207)") },
    { ngx_string("error"), RB_PARAM_STRING, 0, 200, NULL, 0, ngx_null_string,
      rb_text("오류", "What went wrong there") },
    rb_param_end
};

static const rb_param_t  rb_social_token_query[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("확인된 외부 계정", "The identity that was proved") },
    rb_param_end
};

static const rb_param_t  rb_link_body[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("확인된 외부 계정", "The identity that was proved") },
    rb_param_end
};

static const rb_param_t  rb_finish_body[] = {
    { ngx_string("token"), RB_PARAM_STRING, 1, 200, NULL, 1, ngx_null_string,
      rb_text("확인된 외부 계정", "The identity that was proved") },
    { ngx_string("email"), RB_PARAM_STRING, 0, 254, NULL, 0, ngx_null_string,
      rb_text("메일 주소", "The e-mail address") },
    { ngx_string("password"), RB_PARAM_STRING, 0, 1000, NULL, 0,
      ngx_null_string, rb_text("비밀번호", "The password") },
    { ngx_string("display_name"), RB_PARAM_STRING, 1, 50, NULL, 1,
      ngx_null_string, rb_text("이름", "The name") },
    { ngx_string("born_on"), RB_PARAM_DATE, 0, 0, NULL, 1, ngx_null_string,
      rb_text("생년월일", "The date of birth") },
    { ngx_string("role"), RB_PARAM_ENUM, 0, 0, rb_finish_roles, 1,
      ngx_null_string, rb_text("가입 유형", "As what") },
    { ngx_string("terms"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("이용약관 동의", "Consent to the terms") },
    { ngx_string("privacy"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("개인정보 수집·이용 동의",
              "Consent to the use of personal data") },
    { ngx_string("marketing"), RB_PARAM_BOOL, 0, 0, NULL, 0, ngx_null_string,
      rb_text("소식 수신 동의", "Consent to news and offers") },
    rb_param_end
};


static const rb_route_t  rb_pages_social_table[] = {
    {
        .name = ngx_string("page_social"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/auth/social/{provider}"),
        .handler = rb_pages_social_begin,
        .summary = rb_text("외부 계정으로 로그인 시작",
                           "Begin to sign in by an account elsewhere"),
        .tag = ngx_string("pages"),
        .path_params = rb_social_path,
        .query = rb_social_begin_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UPSTREAM|RB_PROBLEM_TOO_MANY,
        .page = 1
    },
    {
        .name = ngx_string("page_social_link"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/auth/social/{provider}/link"),
        .handler = rb_pages_social_begin_link,
        .summary = rb_text("외부 계정 연결 시작",
                           "Begin to link an account elsewhere"),
        .tag = ngx_string("pages"),
        .path_params = rb_social_path,
        .query = rb_social_begin_query,
        .roles = RB_ROLE_MEMBER,
        .step_up = 900,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UPSTREAM|RB_PROBLEM_TOO_MANY,
        .page = 1
    },
    {
        .name = ngx_string("page_social_callback"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/auth/social/{provider}/callback"),
        .handler = rb_pages_social_callback,
        .summary = rb_text("외부 서비스에서 돌아옴",
                           "Back from the provider"),
        .tag = ngx_string("pages"),
        .path_params = rb_social_path,
        .query = rb_social_callback_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_UPSTREAM|RB_PROBLEM_CONFLICT
                    |RB_PROBLEM_FORBIDDEN,
        .optional = 1,
        .lenient = 1,
        .page = 1
    },
    {
        .name = ngx_string("page_social_finish"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/auth/finish"),
        .handler = rb_pages_finish,
        .summary = rb_text("외부 계정으로 처음 온 사람의 가입",
                           "Sign-up of who comes by an account elsewhere"),
        .tag = ngx_string("pages"),
        .query = rb_social_token_query,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .optional = 1,
        .page = 1
    },
    {
        .name = ngx_string("page_social_finish_post"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/auth/finish"),
        .handler = rb_pages_finish_post,
        .summary = rb_text("그 가입 양식", "Its form"),
        .tag = ngx_string("pages"),
        .body = rb_finish_body,
        .roles = RB_ROLE_ANYONE,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_GONE|RB_PROBLEM_CONFLICT|RB_PROBLEM_TOO_MANY,
        .form = 1,
        .page = 1,
        .redisplays = 1
    },
    {
        .name = ngx_string("page_link"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/auth/link"),
        .handler = rb_pages_link,
        .summary = rb_text("외부 계정 연결 확인",
                           "Whether to link an account elsewhere"),
        .tag = ngx_string("pages"),
        .query = rb_social_token_query,
        .roles = RB_ROLE_MEMBER,
        .step_up = 900,
        .success = NGX_HTTP_OK,
        .problems = RB_PROBLEM_GONE,
        .page = 1
    },
    {
        .name = ngx_string("page_link_post"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/auth/link"),
        .handler = rb_pages_link_post,
        .summary = rb_text("외부 계정 연결", "Link an account elsewhere"),
        .tag = ngx_string("pages"),
        .body = rb_link_body,
        .roles = RB_ROLE_MEMBER,
        .step_up = 900,
        .success = NGX_HTTP_SEE_OTHER,
        .problems = RB_PROBLEM_GONE|RB_PROBLEM_CONFLICT,
        .form = 1,
        .page = 1
    }
};

const rb_routes_t  rb_pages_social_routes = {
    rb_pages_social_table, rb_array_size(rb_pages_social_table)
};


/* GET /auth/social/{provider} */

static rb_err_t *
rb_pages_social_begin(rb_req_t *req)
{
    static ngx_str_t  nobody = ngx_null_string;

    return rb_pages_social_leave(req, &nobody);
}


/* GET /auth/social/{provider}/link */

static rb_err_t *
rb_pages_social_begin_link(rb_req_t *req)
{
    return rb_pages_social_leave(req, &req->principal->member);
}


static rb_err_t *
rb_pages_social_leave(rb_req_t *req, const ngx_str_t *member)
{
    rb_err_t         *err;
    ngx_str_t         uri;
    rb_budget_of_t    of;
    rb_social_way_t   way;

    ngx_memzero(&way, sizeof(rb_social_way_t));

    way.provider = rb_social_find(&req->path[0].text);

    if (way.provider == NULL) {
        return &rb_err_not_found;
    }

    if (rb_http_caller(req) != NGX_OK) {
        return &rb_err_internal;
    }

    of.budget = &rb_pages_social_budget;
    of.whose.data = req->caller;
    of.whose.len = sizeof(req->caller);

    err = rb_budget_spend(&req->task, &of, 1);
    if (err) {
        return err;
    }

    way.origin = rb_identity->origin;
    way.device = rb_identity_device(req);
    way.member = *member;

    if (rb_page_next_valid(&req->query[0].text)) {
        way.next = req->query[0].text;
    }

    err = rb_social_begin(&req->task, &way, &uri);

    return err ? err : rb_reply_redirect(req, &uri);
}


/* GET /auth/social/{provider}/callback */

static rb_err_t *
rb_pages_social_callback(rb_req_t *req)
{
    rb_err_t             *err;
    rb_social_way_t       way;
    rb_social_return_t    back;
    rb_social_profile_t   profile;

    ngx_memzero(&way, sizeof(rb_social_way_t));

    way.provider = rb_social_find(&req->path[0].text);

    if (way.provider == NULL) {
        return &rb_err_not_found;
    }

    way.origin = rb_identity->origin;
    way.device = rb_identity_device(req);

    back.state = req->query[RB_SOCIAL_Q_STATE].text;
    back.code = req->query[RB_SOCIAL_Q_CODE].text;
    back.iss = req->query[RB_SOCIAL_Q_ISS].text;
    back.error = req->query[RB_SOCIAL_Q_ERROR].text;

    err = rb_social_end(&req->task, &way, &back, &profile);

    return err ? err : rb_pages_social_found(req, &way, &profile);
}


static rb_err_t *
rb_pages_social_found(rb_req_t *req, rb_social_way_t *way,
    const rb_social_profile_t *profile)
{
    rb_err_t     *err;
    rb_login_t    login;
    ngx_str_t     member;
    rb_origin_t   origin;

    /* who wanted to link has to be signed in still, in this browser */

    if (way->member.len
        && (req->principal == NULL
            || !rb_same(&req->principal->member, &way->member)))
    {
        return &rb_err_social_state;
    }

    err = rb_social_member(&req->task, profile, &member);
    if (err) {
        return err;
    }

    if (member.len == 0) {
        return rb_pages_social_keep(req, way, profile);
    }

    if (way->member.len) {
        return rb_same(&member, &way->member) ? rb_pages_go(req, "/account",
                                                            &way->next)
                                              : &rb_err_identity_taken;
    }

    err = rb_identity_origin(req, &origin);

    if (err == NULL) {
        err = rb_login_proved(&req->task, &member, RB_AMR_FED, &origin,
                              &login);
    }

    return err ? err : rb_pages_signed_in(req, &login, &way->next);
}


/* An identity that nobody has yet: to be linked, or to sign up with. */

static rb_err_t *
rb_pages_social_keep(rb_req_t *req, rb_social_way_t *way,
    const rb_social_profile_t *profile)
{
    rb_err_t   *err;
    ngx_str_t   token;

    err = rb_social_keep(&req->task, profile, way, &token);
    if (err) {
        return err;
    }

    return rb_pages_social_go(req, way->member.len ? "/auth/link"
                                                   : "/auth/finish", &token);
}


/* GET /auth/finish */

static rb_err_t *
rb_pages_finish(rb_req_t *req)
{
    rb_err_t             *err;
    ngx_str_t             token;
    rb_social_way_t       way;
    rb_social_profile_t   profile;

    token = req->query[0].text;

    if (req->principal) {
        return rb_pages_social_go(req, "/auth/link", &token);
    }

    err = rb_pages_social_kept(req, &token, 0, &way, &profile);

    return err ? err : rb_pages_finish_show(req, &token, &profile, NULL);
}


static rb_err_t *
rb_pages_finish_show(rb_req_t *req, const ngx_str_t *token,
    const rb_social_profile_t *profile, const rb_err_t *error)
{
    ngx_str_t         csrf, link, login;
    rb_page_t         page;
    rb_err_t         *err;
    ngx_str_t         member;
    const ngx_str_t  *label;

    static const rb_text_t  title =
        rb_text("마지막 한 단계", "One last step");
    static const rb_text_t  have =
        rb_text("이미 계정이 있으신가요?", "Do you have an account already?");
    static const rb_text_t  sign_in =
        rb_text("로그인해서 연결하기", "Sign in and link it");
    static const rb_text_t  new_here =
        rb_text("처음이신가요?", "Are you new here?");
    static const rb_text_t  sign_up = rb_text("가입하기", "Sign up");

    ngx_str_null(&member);

    if (profile->email_verified) {
        err = rb_users_find(&req->task, &profile->email, &member);
        if (err) {
            return err;
        }
    }

    link = rb_pages_social_path(req, "/auth/link", token);
    login = rb_page_with_next(req->task.pool, "/login", &link);
    csrf = rb_csrf_token(req);
    label = &profile->provider->label.in[req->lang];

    rb_page_begin(&page, req, &title, &(rb_page_conf_t) { .error = error });

    rb_page_putf(&page, "p",
                 "%V 계정을 확인했습니다. 아직 어느 리조트바이트 계정에도 "
                 "연결되어 있지 않습니다.",
                 "Your %V account is confirmed. It is not linked to a "
                 "ResortBite account yet.", label);

    if (member.len) {
        rb_page_putf(&page, "p",
                     "%V 주소로 가입한 리조트바이트 계정이 이미 있습니다.",
                     "There is a ResortBite account of %V already.",
                     &profile->email);

    } else {
        rb_page_put(&page, "h2", &have);
    }

    rb_page_putf(&page, "p",
                 "그 계정으로 로그인하면 %V 계정을 연결할지 여쭙니다. 메일 "
                 "주소가 같아도 로그인하기 전에는 연결하지 않습니다.",
                 "Sign in to it, and we ask whether to link your %V account. "
                 "Until you do nothing is linked, even if the e-mail "
                 "addresses are the same.", label);
    rb_page_open(&page, "a", "class", rb_page_lit("button"), "href", &login,
                 NULL);
    rb_page_say(&page, &sign_in);
    rb_page_close(&page, "a");

    if (member.len) {
        return rb_page_end(&page);
    }

    rb_page_put(&page, "h2", &new_here);
    rb_page_form(&page, rb_page_lit("/auth/finish"), &csrf);
    rb_page_hidden(&page, "token", token);

    if (profile->email_verified) {
        rb_page_putf(&page, "p", "이메일: %V", "E-mail address: %V",
                     &profile->email);
    }

    rb_pages_finish_form(&page, profile);
    rb_page_button(&page, &sign_up, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);

    return rb_page_end(&page);
}


static void
rb_pages_finish_form(rb_page_t *page, const rb_social_profile_t *profile)
{
    rb_page_input_t  name;

    static const rb_text_t  role = rb_text("가입 유형", "Sign up as");
    static const rb_page_choice_t  roles[] = {
        { ngx_string("crew"), rb_text("일할 곳을 찾는 크루",
                                      "Crew, looking for work") },
        { ngx_string("resort"), rb_text("사람을 찾는 리조트",
                                        "A resort, looking for crew") },
        { ngx_null_string, rb_text("", "") }
    };

    static const rb_page_input_t  born = {
        .name = "born_on",
        .type = "date",
        .label = rb_text("생년월일", "Date of birth"),
        .hint = rb_text("만 14세부터 가입할 수 있습니다.",
                        "You have to be 14 or older."),
        .autocomplete = "bday",
        .required = 1
    };

    if (!profile->email_verified) {
        rb_pages_finish_email(page, profile);
    }

    ngx_memzero(&name, sizeof(rb_page_input_t));
    name.name = "display_name";
    name.label = (rb_text_t) rb_text("이름", "Name");
    name.autocomplete = "name";
    name.value = &profile->name;
    name.maxlength = 50;
    name.required = 1;

    rb_page_input(page, &name);
    rb_page_input(page, &born);
    rb_page_radios(page, "role", &role, roles, &roles[0].value);
    rb_pages_consents(page);
}


/* With no address that the provider vouches for, any other sign-up's fields. */

static void
rb_pages_finish_email(rb_page_t *page, const rb_social_profile_t *profile)
{
    rb_page_input_t  email;

    static const rb_page_input_t  password = {
        .name = "password",
        .type = "password",
        .label = rb_text("비밀번호", "Password"),
        .hint = rb_text("8자 이상", "8 characters or more"),
        .autocomplete = "new-password",
        .required = 1
    };

    ngx_memzero(&email, sizeof(rb_page_input_t));
    email.name = "email";
    email.type = "email";
    email.label = (rb_text_t) rb_text("이메일", "E-mail address");
    email.autocomplete = "email";
    email.value = &profile->email;
    email.maxlength = 254;
    email.required = 1;

    rb_page_putf(page, "p",
                 "%V에서 확인된 메일 주소를 받지 못했습니다. 적어 주신 주소로 "
                 "확인 메일을 보내 드립니다.",
                 "%V told us no address that it has verified. We send a mail "
                 "to the one that you enter.",
                 &profile->provider->label.in[page->req->lang]);
    rb_page_input(page, &email);
    rb_page_input(page, &password);
}


/* POST /auth/finish */

static rb_err_t *
rb_pages_finish_post(rb_req_t *req)
{
    rb_err_t             *err;
    ngx_str_t             token;
    rb_origin_t           origin;
    rb_sign_up_t          sign_up;
    rb_social_way_t       way;
    rb_social_profile_t   profile;

    token = req->body[RB_FINISH_B_TOKEN].text;

    if (token.len == 0) {
        return &rb_err_link;
    }

    err = rb_pages_social_kept(req, &token, 0, &way, &profile);
    if (err == NULL) {
        err = rb_identity_origin(req, &origin);
    }

    if (err) {
        return err;
    }

    if (req->wrong) {
        return rb_pages_finish_show(req, &token, &profile, req->wrong);
    }

    rb_pages_finish_sign_up(req, &profile, &sign_up);

    err = profile.email_verified
          ? rb_pages_finish_create(req, &sign_up, &origin)
          : rb_pages_finish_mail(req, &profile, &sign_up, &origin);

    if (err && (err->fields || err == &rb_err_email_taken)) {
        return rb_pages_finish_show(req, &token, &profile, err);
    }

    return err;
}


static void
rb_pages_finish_sign_up(rb_req_t *req, const rb_social_profile_t *profile,
    rb_sign_up_t *sign_up)
{
    ngx_memzero(sign_up, sizeof(rb_sign_up_t));

    sign_up->email = profile->email_verified
                     ? profile->email : req->body[RB_FINISH_B_EMAIL].text;
    sign_up->password = req->body[RB_FINISH_B_PASSWORD].text;
    sign_up->display_name = req->body[RB_FINISH_B_NAME].text;
    sign_up->born_on = req->body[RB_FINISH_B_BORN].text;
    sign_up->role = req->body[RB_FINISH_B_ROLE].text;
    sign_up->lang = req->lang;
    sign_up->terms = (req->body[RB_FINISH_B_TERMS].integer != 0);
    sign_up->privacy = (req->body[RB_FINISH_B_PRIVACY].integer != 0);
    sign_up->marketing = (req->body[RB_FINISH_B_MARKETING].integer != 0);
}


/*
 * The provider has verified the address: the account is made and linked.  The
 * identity stays kept until there is an account for it, so that somebody whose
 * form is refused can correct it.
 */

static rb_err_t *
rb_pages_finish_create(rb_req_t *req, const rb_sign_up_t *sign_up,
    const rb_origin_t *origin)
{
    rb_err_t             *err;
    ngx_str_t             member;
    rb_login_t            login;
    rb_social_way_t       way;
    rb_social_profile_t   profile;

    err = rb_users_create(&req->task, sign_up, origin, &member);

    if (err == NULL) {
        err = rb_pages_social_kept(req, &req->body[RB_FINISH_B_TOKEN].text, 1,
                                   &way, &profile);
    }

    if (err == NULL) {
        err = rb_social_link(&req->task, &profile, &member, NULL, origin);
    }

    if (err == NULL) {
        err = rb_login_proved(&req->task, &member, RB_AMR_FED, origin,
                              &login);
    }

    return err ? err : rb_pages_signed_in(req, &login, &way.next);
}


/*
 * No verified address: the sign-up is as any other, by a mail.  Who has
 * followed its link comes here again by the provider and signs in to link it;
 * nothing is remembered meanwhile that somebody else's account could get.
 */

static rb_err_t *
rb_pages_finish_mail(rb_req_t *req, const rb_social_profile_t *profile,
    const rb_sign_up_t *sign_up, const rb_origin_t *origin)
{
    rb_err_t   *err;
    rb_page_t   page;

    static const rb_text_t  title =
        rb_text("메일을 확인해 주세요", "Check your mail");

    err = rb_users_sign_up(&req->task, sign_up, origin);
    if (err) {
        return err;
    }

    rb_page_begin(&page, req, &title, NULL);
    rb_page_putf(&page, "p",
                 "%V 주소로 메일을 보냈습니다. 메일의 링크를 누르면 가입이 "
                 "끝납니다.",
                 "We have sent a mail to %V. Follow its link to finish your "
                 "sign-up.", &sign_up->email);
    rb_page_putf(&page, "p",
                 "그다음 다시 %V 계정으로 로그인을 누르고 방금 정한 "
                 "비밀번호로 한 번 로그인하면 두 계정이 연결됩니다.",
                 "Then sign in with %V once more, and with your new password: "
                 "this links the two accounts.",
                 &profile->provider->label.in[req->lang]);

    return rb_page_end(&page);
}


/* GET /auth/link */

static rb_err_t *
rb_pages_link(rb_req_t *req)
{
    rb_err_t             *err;
    ngx_str_t             token, csrf;
    rb_page_t             page;
    rb_user_t             user;
    rb_social_way_t       way;
    rb_social_profile_t   profile;

    static const rb_text_t  title =
        rb_text("계정을 연결할까요?", "Link the accounts?");
    static const rb_text_t  yes = rb_text("연결하기", "Link them");
    static const rb_text_t  no = rb_text("연결하지 않기", "Don't link them");

    token = req->query[0].text;

    err = rb_pages_social_kept(req, &token, 0, &way, &profile);
    if (err == NULL) {
        err = rb_users_get(&req->task, &req->principal->member, &user);
    }

    if (err) {
        return err;
    }

    csrf = rb_csrf_token(req);

    rb_page_begin(&page, req, &title, NULL);
    rb_page_putf(&page, "p",
                 "연결하면 앞으로 %V 계정으로 이 리조트바이트 계정에 로그인할 "
                 "수 있습니다.",
                 "Your %V account will then sign you in to this ResortBite "
                 "account.", &profile.provider->label.in[req->lang]);

    rb_page_open(&page, "dl", NULL);
    rb_page_putf(&page, "dt", "%V 계정", "%V account",
                 &profile.provider->label.in[req->lang]);
    rb_page_open(&page, "dd", NULL);
    rb_page_text(&page, profile.email.len ? &profile.email
                        : profile.name.len ? &profile.name
                                           : &profile.subject);
    rb_page_close(&page, "dd");
    rb_page_putf(&page, "dt", "리조트바이트 계정", "ResortBite account");
    rb_page_open(&page, "dd", NULL);
    rb_page_text(&page, &user.email);
    rb_page_close(&page, "dd");
    rb_page_close(&page, "dl");

    rb_page_form(&page, rb_page_lit("/auth/link"), &csrf);
    rb_page_hidden(&page, "token", &token);
    rb_page_button(&page, &yes, RB_PAGE_PRIMARY, NULL, NULL);
    rb_page_form_end(&page);
    rb_page_link(&page, "/account", &no);

    return rb_page_end(&page);
}


/* POST /auth/link */

static rb_err_t *
rb_pages_link_post(rb_req_t *req)
{
    rb_err_t             *err;
    rb_origin_t           origin;
    rb_social_way_t       way;
    rb_social_profile_t   profile;

    err = rb_pages_social_kept(req, &req->body[0].text, 1, &way, &profile);
    if (err == NULL) {
        err = rb_identity_origin(req, &origin);
    }

    if (err == NULL) {
        err = rb_social_link(&req->task, &profile, &req->principal->member,
                             req->principal, &origin);
    }

    return err ? err : rb_pages_go(req, "/account", &way.next);
}


static rb_err_t *
rb_pages_social_kept(rb_req_t *req, const ngx_str_t *token, ngx_uint_t take,
    rb_social_way_t *way, rb_social_profile_t *profile)
{
    ngx_memzero(way, sizeof(rb_social_way_t));

    way->device = rb_identity_device(req);

    return rb_social_kept(&req->task, token, take, way, profile);
}


static rb_err_t *
rb_pages_social_go(rb_req_t *req, const char *path, const ngx_str_t *token)
{
    ngx_str_t  location;

    location = rb_pages_social_path(req, path, token);

    return location.data ? rb_reply_redirect(req, &location)
                         : &rb_err_internal;
}


static ngx_str_t
rb_pages_social_path(rb_req_t *req, const char *path, const ngx_str_t *token)
{
    u_char     *p;
    uintptr_t   escapes;
    ngx_str_t   whole;

    escapes = ngx_escape_uri(NULL, token->data, token->len,
                             NGX_ESCAPE_URI_COMPONENT);

    whole.len = ngx_strlen(path) + sizeof("?token=") - 1 + token->len
                + 2 * escapes;
    whole.data = ngx_pnalloc(req->task.pool, whole.len);

    if (whole.data == NULL) {
        ngx_str_null(&whole);
        return whole;
    }

    p = ngx_cpymem(whole.data, path, ngx_strlen(path));
    p = ngx_cpymem(p, "?token=", sizeof("?token=") - 1);

    if (escapes) {
        (void) ngx_escape_uri(p, token->data, token->len,
                              NGX_ESCAPE_URI_COMPONENT);

    } else {
        ngx_memcpy(p, token->data, token->len);
    }

    return whole;
}
