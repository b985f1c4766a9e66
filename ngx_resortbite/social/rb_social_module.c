
/*
 * The directive of log-in by an account elsewhere:
 *
 *     resortbite_social google kind=oidc issuer=https://accounts.google.com
 *                       client_id=… secret_file=google.secret
 *                       location=/out/google label_ko=구글 label_en=Google;
 */


#include "social/rb_social_provider.h"
#include "gate/rb_identity.h"

#include <ngx_http.h>


#define RB_SOCIAL_SECRET_MAX  1024


typedef struct {
    ngx_array_t    providers;           /* of rb_social_t */
} rb_social_conf_t;


/* What a kind is when the directive doesn't say otherwise. */

typedef struct {
    ngx_str_t      name;
    ngx_str_t      issuer;
    ngx_str_t      authorize;
    ngx_str_t      scope;
    rb_text_t      label;
} rb_social_preset_t;


static void *rb_social_create_main_conf(ngx_conf_t *cf);
static ngx_int_t rb_social_postconfiguration(ngx_conf_t *cf);
static ngx_int_t rb_social_init_process(ngx_cycle_t *cycle);
static void rb_social_exit_process(ngx_cycle_t *cycle);
static char *rb_social(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_social_argument(ngx_conf_t *cf, rb_social_t *provider,
    ngx_str_t *argument);
static char *rb_social_kind(ngx_conf_t *cf, rb_social_t *provider);
static char *rb_social_check(ngx_conf_t *cf, rb_social_t *provider);
static char *rb_social_secret(ngx_conf_t *cf, rb_social_t *provider,
    ngx_str_t *name);
static ngx_uint_t rb_social_name_good(const ngx_str_t *name);


/* in the order of rb_social_kind_e */

static const rb_social_preset_t  rb_social_presets[] = {
    { ngx_string("oidc"), ngx_null_string, ngx_null_string,
      ngx_string("openid email profile"), rb_text("", "") },
    { ngx_string("kakao"), ngx_string("https://kauth.kakao.com"),
      ngx_string("https://kauth.kakao.com/oauth/authorize"), ngx_null_string,
      rb_text("카카오", "Kakao") },
    { ngx_string("naver"), ngx_string("https://nid.naver.com"),
      ngx_string("https://nid.naver.com/oauth2.0/authorize"), ngx_null_string,
      rb_text("네이버", "Naver") }
};


/* name=value; the text goes where offset says. */

static const struct {
    ngx_str_t    name;
    size_t       offset;
} rb_social_arguments[] = {
    { ngx_string("client_id="), offsetof(rb_social_t, client_id) },
    { ngx_string("location="), offsetof(rb_social_t, location) },
    { ngx_string("issuer="), offsetof(rb_social_t, issuer) },
    { ngx_string("authorize="), offsetof(rb_social_t, authorize) },
    { ngx_string("scope="), offsetof(rb_social_t, scope) },
    { ngx_string("label_ko="), offsetof(rb_social_t, label.in[RB_LANG_KO]) },
    { ngx_string("label_en="), offsetof(rb_social_t, label.in[RB_LANG_EN]) }
};


static ngx_command_t  rb_social_commands[] = {

    { ngx_string("resortbite_social"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      rb_social,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  rb_social_module_ctx = {
    NULL,                               /* preconfiguration */
    rb_social_postconfiguration,        /* postconfiguration */

    rb_social_create_main_conf,         /* create main configuration */
    NULL,                               /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    NULL,                               /* create location configuration */
    NULL                                /* merge location configuration */
};


ngx_module_t  ngx_resortbite_social_module = {
    NGX_MODULE_V1,
    &rb_social_module_ctx,              /* module context */
    rb_social_commands,                 /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    rb_social_init_process,             /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    rb_social_exit_process,             /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
rb_social_create_main_conf(ngx_conf_t *cf)
{
    rb_social_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(rb_social_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->providers, cf->pool, 4, sizeof(rb_social_t))
           != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


static ngx_int_t
rb_social_postconfiguration(ngx_conf_t *cf)
{
    rb_social_conf_t  *conf;

    conf = ngx_http_conf_get_module_main_conf(cf, ngx_resortbite_social_module);

    return conf->providers.nelts
           ? rb_identity_need_outbound(cf, "resortbite_social") : NGX_OK;
}


static ngx_int_t
rb_social_init_process(ngx_cycle_t *cycle)
{
    rb_social_conf_t  *conf;

    conf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_resortbite_social_module);

    if (conf) {
        rb_social_providers.list = conf->providers.elts;
        rb_social_providers.count = conf->providers.nelts;
    }

    return NGX_OK;
}


static void
rb_social_exit_process(ngx_cycle_t *cycle)
{
    rb_social_oidc_exit_process();
}


static char *
rb_social(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    rb_social_conf_t  *scf = conf;

    char         *rv;
    ngx_str_t    *value;
    ngx_uint_t    i;
    rb_social_t  *provider, *others;

    value = cf->args->elts;

    if (!rb_social_name_good(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"resortbite_social\": use "
                           "2 to 30 of a-z, 0-9 and _, beginning with a "
                           "letter, such as \"google\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    others = scf->providers.elts;

    for (i = 0; i < scf->providers.nelts; i++) {
        if (others[i].name.len == value[1].len
            && ngx_memcmp(others[i].name.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"resortbite_social %V\" is there twice: give "
                               "each provider a name of its own", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (scf->providers.nelts == RB_SOCIAL_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "more than %d \"resortbite_social\"",
                           RB_SOCIAL_MAX);
        return NGX_CONF_ERROR;
    }

    provider = ngx_array_push(&scf->providers);
    if (provider == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(provider, sizeof(rb_social_t));

    provider->name = value[1];
    provider->index = scf->providers.nelts - 1;

    rv = rb_social_kind(cf, provider);

    for (i = 2; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        rv = rb_social_argument(cf, provider, &value[i]);
    }

    return rv == NGX_CONF_OK ? rb_social_check(cf, provider) : rv;
}


/* What kind= says comes first: the rest may say otherwise. */

static char *
rb_social_kind(ngx_conf_t *cf, rb_social_t *provider)
{
    ngx_str_t                 *value, kind;
    ngx_uint_t                 i, k;
    const rb_social_preset_t  *preset;

    value = cf->args->elts;
    ngx_str_null(&kind);

    for (i = 2; i < cf->args->nelts; i++) {
        if (value[i].len > 5 && ngx_strncmp(value[i].data, "kind=", 5) == 0) {
            kind.data = value[i].data + 5;
            kind.len = value[i].len - 5;
        }
    }

    for (k = 0; k < rb_array_size(rb_social_presets); k++) {
        preset = &rb_social_presets[k];

        if (preset->name.len == kind.len
            && ngx_strncmp(preset->name.data, kind.data, kind.len) == 0)
        {
            provider->kind = k;
            provider->issuer = preset->issuer;
            provider->authorize = preset->authorize;
            provider->scope = preset->scope;
            provider->label = preset->label;

            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"resortbite_social %V\" needs \"kind=oidc\", "
                       "\"kind=kakao\" or \"kind=naver\"", &provider->name);

    return NGX_CONF_ERROR;
}


static char *
rb_social_argument(ngx_conf_t *cf, rb_social_t *provider, ngx_str_t *argument)
{
    ngx_str_t         value, *slot;
    ngx_uint_t        i;
    const ngx_str_t  *name;

    for (i = 0; i < rb_array_size(rb_social_arguments); i++) {
        name = &rb_social_arguments[i].name;

        if (argument->len > name->len
            && ngx_strncmp(argument->data, name->data, name->len) == 0)
        {
            slot = (ngx_str_t *) ((u_char *) provider
                                  + rb_social_arguments[i].offset);
            slot->data = argument->data + name->len;
            slot->len = argument->len - name->len;

            return NGX_CONF_OK;
        }
    }

    if (argument->len > 5 && ngx_strncmp(argument->data, "kind=", 5) == 0) {
        return NGX_CONF_OK;
    }

    if (argument->len > 12
        && ngx_strncmp(argument->data, "secret_file=", 12) == 0)
    {
        value.data = argument->data + 12;
        value.len = argument->len - 12;

        return rb_social_secret(cf, provider, &value);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"resortbite_social\": "
                       "there are kind=, client_id=, secret_file=, location=, "
                       "issuer=, authorize=, scope=, label_ko= and label_en=",
                       argument);

    return NGX_CONF_ERROR;
}


static char *
rb_social_check(ngx_conf_t *cf, rb_social_t *provider)
{
    ngx_str_t   *location;
    ngx_uint_t   i;

    if (provider->client_id.len == 0 || provider->secret.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_social %V\" needs \"%s=\", which the "
                           "provider gives whoever registers with it",
                           &provider->name,
                           provider->client_id.len ? "secret_file"
                                                   : "client_id");
        return NGX_CONF_ERROR;
    }

    location = &provider->location;

    if (location->len && location->data[location->len - 1] == '/') {
        location->len--;
    }

    if (location->len < 2 || location->data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_social %V\" needs "
                           "\"location=/out/%V\" and a \"location /out/%V/ "
                           "{ internal; proxy_pass …; }\" that leads to the "
                           "provider", &provider->name, &provider->name,
                           &provider->name);
        return NGX_CONF_ERROR;
    }

    if (!rb_social_address_good(&provider->issuer)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_social %V\" with \"kind=oidc\" needs "
                           "\"issuer=https://…\", exactly as the provider's "
                           "own configuration says it", &provider->name);
        return NGX_CONF_ERROR;
    }

    if (provider->authorize.len
        && !rb_social_address_good(&provider->authorize))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"authorize=%V\" of "
                           "\"resortbite_social %V\": browsers are sent to an "
                           "address with https, or http for localhost",
                           &provider->authorize, &provider->name);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < RB_LANG_COUNT; i++) {
        if (provider->label.in[i].len == 0) {
            provider->label.in[i] = provider->label.in[!i].len
                                    ? provider->label.in[!i]
                                    : provider->name;
        }
    }

    return NGX_CONF_OK;
}


/* One line: what an editor has put at its end isn't part of it. */

static char *
rb_social_secret(ngx_conf_t *cf, rb_social_t *provider, ngx_str_t *name)
{
    u_char     buf[RB_SOCIAL_SECRET_MAX + 1];
    ssize_t    n;
    ngx_fd_t   fd;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed: put the client's "
                           "secret of \"resortbite_social %V\" into it",
                           name, &provider->name);
        return NGX_CONF_ERROR;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));
    ngx_close_file(fd);

    while (n > 0 && buf[n - 1] <= ' ') {
        n--;
    }

    if (n <= 0 || n > RB_SOCIAL_SECRET_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has to be one line, the client's secret of "
                           "\"resortbite_social %V\", of at most %d bytes",
                           name, &provider->name, RB_SOCIAL_SECRET_MAX);
        return NGX_CONF_ERROR;
    }

    provider->secret.data = ngx_pnalloc(cf->pool, n);
    if (provider->secret.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(provider->secret.data, buf, n);
    provider->secret.len = n;

    ngx_explicit_memzero(buf, sizeof(buf));

    return NGX_CONF_OK;
}


/* As member_identities_provider_ck has it. */

static ngx_uint_t
rb_social_name_good(const ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!(c >= 'a' && c <= 'z')
            && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
        {
            return 0;
        }
    }

    return name->len >= 2 && name->len <= 30;
}
