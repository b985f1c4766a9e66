
/* Reading resortbite_auth. */


#include "gate/rb_identity_internal.h"


static char *rb_auth_parameter(ngx_conf_t *cf, rb_auth_conf_t *acf,
    ngx_str_t *arg);
static char *rb_auth_bits(ngx_conf_t *cf, ngx_str_t *arg, size_t prefix,
    const rb_named_bit_t *names, ngx_uint_t allowed, ngx_uint_t *bits);


/* resortbite_auth off|optional|required [roles=] [scopes=] [login=]; */

char *
rb_auth_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                *value;
    ngx_uint_t                i;
    rb_auth_conf_t           *acf = conf;
    rb_auth_srv_conf_t       *ascf;
    rb_identity_main_conf_t  *imcf;

    if (acf->mode != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        acf->mode = RB_AUTH_OFF;

    } else if (ngx_strcmp(value[1].data, "optional") == 0) {
        acf->mode = RB_AUTH_OPTIONAL;

    } else if (ngx_strcmp(value[1].data, "required") == 0) {
        acf->mode = RB_AUTH_REQUIRED;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_auth\" begins with off, optional or "
                           "required, not with \"%V\", such as: "
                           "resortbite_auth required roles=admin;",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (rb_auth_parameter(cf, acf, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (acf->mode != RB_AUTH_REQUIRED && cf->args->nelts > 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_auth %V\" lets everybody pass, so "
                           "it takes no parameters; to demand a role write: "
                           "resortbite_auth required %V;", &value[1],
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    if (acf->mode != RB_AUTH_OFF) {
        imcf = ngx_http_conf_get_module_main_conf(cf,
                                               ngx_resortbite_identity_module);
        imcf->auth = 1;

        ascf = ngx_http_conf_get_module_srv_conf(cf,
                                               ngx_resortbite_identity_module);
        ascf->asked = 1;

        rb_gate_need(cf, "resortbite_auth");
    }

    return NGX_CONF_OK;
}


static char *
rb_auth_parameter(ngx_conf_t *cf, rb_auth_conf_t *acf, ngx_str_t *arg)
{
    if (ngx_strncmp(arg->data, "roles=", 6) == 0) {
        return rb_auth_bits(cf, arg, 6, rb_role_names,
                            ~(ngx_uint_t) RB_ROLES_OF_RESORT, &acf->roles);
    }

    if (ngx_strncmp(arg->data, "scopes=", 7) == 0) {
        return rb_auth_bits(cf, arg, 7, rb_scope_names, RB_SCOPES_ALL,
                            &acf->scopes);
    }

    if (ngx_strncmp(arg->data, "login=/", 7) == 0
        || ngx_strncmp(arg->data, "login=https://", 14) == 0)
    {
        acf->login.data = arg->data + 6;
        acf->login.len = arg->len - 6;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is no parameter of "
                       "\"resortbite_auth\"; it takes: roles=admin,moderator "
                       "scopes=read,write login=/login", arg);

    return NGX_CONF_ERROR;
}


/* Names with commas between, each known and allowed. */

static char *
rb_auth_bits(ngx_conf_t *cf, ngx_str_t *arg, size_t prefix,
    const rb_named_bit_t *names, ngx_uint_t allowed, ngx_uint_t *bits)
{
    u_char                *p, *last;
    ngx_str_t              name;
    ngx_uint_t             bit;
    const rb_named_bit_t  *n;

    p = arg->data + prefix;
    last = arg->data + arg->len;

    do {
        name.data = p;
        while (p < last && *p != ',') { p++; }
        name.len = p - name.data;

        bit = rb_bit_of(names, &name) & allowed;

        if (bit == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" in \"%V\" is not known here; "
                               "\"resortbite_auth\" knows:", &name, arg);

            for (n = names; n->name.len; n++) {
                if (n->bit & allowed) {
                    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "    %V",
                                       &n->name);
                }
            }

            return NGX_CONF_ERROR;
        }

        *bits |= bit;

    } while (p++ < last);

    return NGX_CONF_OK;
}
