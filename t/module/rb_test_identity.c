
/*
 * Routes that ask who asks, and say so.
 */


#include "gate/rb_identity.h"


#define RB_TEST_RESORT  "/test/identity/resorts/{id}"

/* key is a literal */

#define rb_test_member(json, key, text)                                       \
    {                                                                         \
        ngx_str_t  value = text;                                              \
                                                                              \
        rb_json_key(json, key);                                               \
        rb_json_str(json, &value);                                            \
    }


static rb_err_t *rb_test_whoami(rb_req_t *req);
static void rb_test_principal(rb_json_t *json, rb_req_t *req);


static const rb_param_t  rb_test_resort_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("리조트", "resort") },
    rb_param_end
};

static const rb_param_t  rb_test_form[] = {
    { ngx_string("note"), RB_PARAM_STRING, 0, 100, NULL, 0, ngx_null_string,
      rb_text("메모", "note") },
    rb_param_end
};


#define rb_test_who(nm, m, p, ...)                                            \
    { .name = ngx_string(nm), .method = m, .path = ngx_string(p),             \
      .handler = rb_test_whoami, .summary = rb_text("시험", "Test"),           \
      .tag = ngx_string("test"), .success = 200, __VA_ARGS__ }

static const rb_route_t  rb_test_identity_table[] = {
    rb_test_who("testIdentityOptional", NGX_HTTP_GET, "/test/identity/optional",
                .optional = 1),
    rb_test_who("testIdentityMember", NGX_HTTP_GET, "/test/identity/member",
                .roles = RB_ROLE_MEMBER|RB_ROLE_CLIENT,
                .scopes = RB_SCOPE_READ),
    rb_test_who("testIdentityWrites", NGX_HTTP_POST, "/test/identity/member",
                .roles = RB_ROLE_MEMBER, .scopes = RB_SCOPE_WRITE),
    rb_test_who("testIdentityForm", NGX_HTTP_POST, "/test/identity/form",
                .roles = RB_ROLE_MEMBER, .body = rb_test_form, .form = 1),
    rb_test_who("testIdentityNoCsrf", NGX_HTTP_POST, "/test/identity/no_csrf",
                .roles = RB_ROLE_MEMBER, .no_csrf = 1),
    rb_test_who("testIdentityStaff", NGX_HTTP_GET, "/test/identity/staff",
                .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN),
    rb_test_who("testIdentityDanger", NGX_HTTP_GET, "/test/identity/danger",
                .roles = RB_ROLE_MEMBER, .step_up = 900),
    rb_test_who("testIdentityResort", NGX_HTTP_GET, RB_TEST_RESORT,
                .roles = RB_ROLE_OWNER|RB_ROLE_MANAGER|RB_ROLE_ADMIN,
                .path_params = rb_test_resort_id)
};


const rb_routes_t  rb_test_identity_routes = {
    rb_test_identity_table, rb_array_size(rb_test_identity_table)
};


static rb_err_t *
rb_test_whoami(rb_req_t *req)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_reply_json(req, 200, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');

    if (req->principal) {
        rb_test_principal(&json, req);
    }

    rb_test_member(&json, "device", rb_identity_device(req));
    rb_test_member(&json, "csrf", rb_csrf_token(req));
    rb_test_member(&json, "agent", rb_identity_agent(req));
    rb_test_member(&json, "place", rb_identity_place(req));

    rb_json_close(&json, '}');

    return NULL;
}


static void
rb_test_principal(rb_json_t *json, rb_req_t *req)
{
    ngx_pool_t            *pool;
    const rb_principal_t  *who;

    static const ngx_str_t  by[] = {
        ngx_string("cookie"), ngx_string("bearer"), ngx_string("dpop")
    };

    who = req->principal;
    pool = req->task.pool;

    rb_test_member(json, "by", by[who->by]);
    rb_test_member(json, "member", who->member);
    rb_test_member(json, "session", who->session);
    rb_test_member(json, "client", who->client);
    rb_test_member(json, "roles",
                   rb_names_of(pool, rb_role_names, who->roles, ' '));
    rb_test_member(json, "scopes",
                   rb_names_of(pool, rb_scope_names, who->scopes, ' '));
    rb_test_member(json, "amr",
                   rb_names_of(pool, rb_amr_names, who->amr, ' '));

    rb_json_key(json, "acr");
    rb_json_int(json, who->acr);
    rb_json_key(json, "second");
    rb_json_int(json, who->second);
}
