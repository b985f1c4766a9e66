
/*
 * The directives of identity: who the issuer is, its keys, and what goes with
 * them.  What they set is given to the process when a worker starts, so that a
 * configuration that is refused leaves nothing behind in the master process.
 */


#include "gate/rb_identity_internal.h"
#include "gate/rb_outbound_accept.h"
#include "base/rb_hash.h"
#include "crypto/rb_password.h"
#include "web/rb_page.h"


#define RB_IDENTITY_SEED  0x6964656e74697479ull


static void *rb_identity_create_main_conf(ngx_conf_t *cf);
static void *rb_identity_create_srv_conf(ngx_conf_t *cf);
static char *rb_identity_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void *rb_identity_create_loc_conf(ngx_conf_t *cf);
static char *rb_identity_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t rb_identity_preconfiguration(ngx_conf_t *cf);
static ngx_int_t rb_identity_postconfiguration(ngx_conf_t *cf);
static const char *rb_identity_lacks(const rb_identity_main_conf_t *imcf);
static ngx_int_t rb_identity_init_process(ngx_cycle_t *cycle);

static char *rb_identity_issuer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static const char *rb_identity_url_fault(ngx_str_t *url, ngx_str_t *host);
static char *rb_identity_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_identity_blocklist(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *rb_identity_place_conf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *rb_identity_outbound(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  rb_identity_commands[] = {

    { ngx_string("resortbite_identity"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_identity_issuer,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_keys"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_identity_keys,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_password_blocklist"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_identity_blocklist,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_place"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_identity_place_conf,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_outbound"),
      NGX_HTTP_SRV_CONF|NGX_CONF_NOARGS,
      rb_identity_outbound,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_auth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      rb_auth_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  rb_identity_module_ctx = {
    rb_identity_preconfiguration,       /* preconfiguration */
    rb_identity_postconfiguration,      /* postconfiguration */

    rb_identity_create_main_conf,       /* create main configuration */
    NULL,                               /* init main configuration */

    rb_identity_create_srv_conf,        /* create server configuration */
    rb_identity_merge_srv_conf,         /* merge server configuration */

    rb_identity_create_loc_conf,        /* create location configuration */
    rb_identity_merge_loc_conf          /* merge location configuration */
};


ngx_module_t  ngx_resortbite_identity_module = {
    NGX_MODULE_V1,
    &rb_identity_module_ctx,            /* module context */
    rb_identity_commands,               /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    rb_identity_init_process,           /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Life. */

static ngx_int_t
rb_identity_init_process(ngx_cycle_t *cycle)
{
    rb_identity_main_conf_t  *imcf;

    imcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_resortbite_identity_module);

    if (imcf == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    rb_identity = rb_identity_of(cycle);
    rb_keyring = imcf->ring;
    rb_password_blocklist = imcf->blocklist;

    if (rb_identity) {
        rb_page_origin = rb_identity->origin;

    } else {
        ngx_str_null(&rb_page_origin);
    }

    rb_outbound_accept_init(imcf->outbound);

    return NGX_OK;
}


const rb_identity_conf_t *
rb_identity_of(ngx_cycle_t *cycle)
{
    rb_identity_main_conf_t  *imcf;

    imcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_resortbite_identity_module);

    return (imcf && imcf->identity.issuer.len) ? &imcf->identity : NULL;
}


ngx_uint_t
rb_identity_moved(ngx_cycle_t *cycle)
{
    const rb_identity_conf_t  *was, *is;

    if (cycle->old_cycle == NULL || ngx_is_init_cycle(cycle->old_cycle)) {
        return 0;
    }

    was = rb_identity_of(cycle->old_cycle);
    is = rb_identity_of(cycle);

    if (was == NULL || is == NULL) {
        return was != is;
    }

    return was->origin.len != is->origin.len
           || ngx_memcmp(was->origin.data, is->origin.data, is->origin.len)
              != 0;
}


/* Configuration. */

static void *
rb_identity_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(rb_identity_main_conf_t));
}


static void *
rb_identity_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(rb_auth_srv_conf_t));
}


static char *
rb_identity_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    rb_auth_srv_conf_t  *prev = parent;
    rb_auth_srv_conf_t  *conf = child;

    conf->asked |= prev->asked;

    return NGX_CONF_OK;
}


static void *
rb_identity_create_loc_conf(ngx_conf_t *cf)
{
    rb_auth_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(rb_auth_conf_t));

    if (conf) {
        conf->mode = NGX_CONF_UNSET_UINT;
    }

    return conf;
}


/* A level has the whole of what one directive says, or what is above it. */

static char *
rb_identity_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    rb_auth_conf_t  *prev = parent;
    rb_auth_conf_t  *conf = child;

    if (conf->mode != NGX_CONF_UNSET_UINT) {
        return NGX_CONF_OK;
    }

    *conf = *prev;

    if (conf->mode == NGX_CONF_UNSET_UINT) {
        conf->mode = RB_AUTH_OFF;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
rb_identity_preconfiguration(ngx_conf_t *cf)
{
    return rb_auth_add_variables(cf);
}


static ngx_int_t
rb_identity_postconfiguration(ngx_conf_t *cf)
{
    const char               *lacks;
    rb_identity_conf_t       *identity;
    rb_identity_main_conf_t  *imcf;

    imcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_resortbite_identity_module);
    identity = &imcf->identity;

    lacks = rb_identity_lacks(imcf);

    if (lacks) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", lacks);
        return NGX_ERROR;
    }

    if (imcf->ring) {
        identity->ring = imcf->ring;
        identity->generation = rb_hash64(imcf->ring->jwks.data,
                                         imcf->ring->jwks.len,
                                         rb_hash64(identity->issuer.data,
                                                   identity->issuer.len,
                                                   RB_IDENTITY_SEED));
    }

    if (imcf->auth && rb_auth_add_handlers(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return imcf->outbound ? rb_outbound_accept_conf(cf, imcf->outbound)
                          : NGX_OK;
}


/* What one directive needs of another; NULL: nothing is missing. */

static const char *
rb_identity_lacks(const rb_identity_main_conf_t *imcf)
{
    ngx_uint_t  issuer;

    issuer = (imcf->identity.issuer.len != 0);

    if (issuer && imcf->ring == NULL) {
        return "\"resortbite_identity\" needs, in the \"http\" block, "
               "\"resortbite_keys\", such as: resortbite_keys "
               "/etc/resortbite/keys; (made by: scripts/keys init "
               "/etc/resortbite/keys)";
    }

    if (issuer) {
        return NULL;
    }

    if (imcf->ring) {
        return "\"resortbite_keys\" needs, in the \"http\" block, "
               "\"resortbite_identity\", such as: resortbite_identity "
               "https://resortbite.example;";
    }

    if (imcf->auth) {
        return "\"resortbite_auth\" needs, in the \"http\" block, "
               "\"resortbite_identity\" and \"resortbite_keys\", such as: "
               "resortbite_identity https://resortbite.example; "
               "resortbite_keys /etc/resortbite/keys;";
    }

    if (imcf->blocklist) {
        return "\"resortbite_password_blocklist\" needs, in the \"http\" "
               "block, \"resortbite_identity\", such as: resortbite_identity "
               "https://resortbite.example;";
    }

    if (imcf->identity.place) {
        return "\"resortbite_place\" needs, in the \"http\" block, "
               "\"resortbite_identity\", such as: resortbite_identity "
               "https://resortbite.example;";
    }

    return NULL;
}


/* resortbite_identity https://resortbite.example; */

static char *
rb_identity_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                *value;
    const char               *fault;
    rb_identity_conf_t       *identity;
    rb_identity_main_conf_t  *imcf = conf;

    identity = &imcf->identity;
    value = cf->args->elts;

    if (identity->issuer.len) {
        return "is duplicate";
    }

    fault = rb_identity_url_fault(&value[1], &identity->host);

    if (fault) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no issuer: %s; write, for example: "
                           "resortbite_identity https://resortbite.example;",
                           &value[1], fault);
        return NGX_CONF_ERROR;
    }

    /* scheme, host and port are all that an issuer of ours has */

    identity->issuer = value[1];
    identity->origin = value[1];

    return NGX_CONF_OK;
}


/* NULL when it is good; then *host is a slice of it. */

static const char *
rb_identity_url_fault(ngx_str_t *url, ngx_str_t *host)
{
    u_char     *p, *last;
    ngx_str_t   port;
    ngx_uint_t  secure;

    static const ngx_str_t  https = ngx_string("https://");
    static const ngx_str_t  http = ngx_string("http://");

    last = url->data + url->len;
    secure = url->len > https.len
             && ngx_strncmp(url->data, https.data, https.len) == 0;

    if (!secure && (url->len <= http.len
                    || ngx_strncmp(url->data, http.data, http.len) != 0))
    {
        return "it begins with https:// and a host";
    }

    p = url->data + (secure ? https.len : http.len);
    host->data = p;

    if (*p == '[') {
        while (p < last && *p != ']') { p++; }
        p += (p < last);

    } else {
        while (p < last
               && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')
                   || *p == '-' || *p == '.'))
        {
            p++;
        }
    }

    host->len = p - host->data;

    if (host->len == 0 || (p < last && *p != ':' && *p != '/' && *p != '?')) {
        return "its host is written in small letters, digits, - and .";
    }

    port.len = 0;

    if (p < last && *p == ':') {
        port.data = ++p;

        while (p < last && *p >= '0' && *p <= '9') { p++; }

        port.len = p - port.data;

        if (ngx_atoi(port.data, port.len) < 1
            || ngx_atoi(port.data, port.len) > 65535)
        {
            return "its port is a number from 1 to 65535";
        }
    }

    if (p < last) {
        return "it has no path and no query, not even a slash at its end";
    }

    if (port.len && ngx_atoi(port.data, port.len) == (secure ? 443 : 80)) {
        return "browsers leave out the usual port, so leave it out here too";
    }

    if (!secure
        && !(host->len == 9 && ngx_strncmp(host->data, "localhost", 9) == 0)
        && !(host->len == 9 && ngx_strncmp(host->data, "127.0.0.1", 9) == 0)
        && !(host->len == 5 && ngx_strncmp(host->data, "[::1]", 5) == 0))
    {
        return "http:// is for localhost, 127.0.0.1 and [::1] only, since "
               "cookies and tokens would go unencrypted";
    }

    return NULL;
}


static char *
rb_identity_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                *value, dir;
    rb_identity_main_conf_t  *imcf = conf;

    if (imcf->ring) {
        return "is duplicate";
    }

    value = cf->args->elts;
    dir = value[1];

    if (ngx_conf_full_name(cf->cycle, &dir, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return rb_keyring_read(cf, &dir, &imcf->ring);
}


static char *
rb_identity_blocklist(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                *value, file;
    rb_identity_main_conf_t  *imcf = conf;

    if (imcf->blocklist) {
        return "is duplicate";
    }

    value = cf->args->elts;
    file = value[1];

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return rb_password_blocklist_read(cf, &file, &imcf->blocklist);
}


static char *
rb_identity_place_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                         *value;
    rb_identity_main_conf_t           *imcf = conf;
    ngx_http_compile_complex_value_t   ccv;

    if (imcf->identity.place) {
        return "is duplicate";
    }

    value = cf->args->elts;

    imcf->identity.place = ngx_pcalloc(cf->pool,
                                       sizeof(ngx_http_complex_value_t));
    if (imcf->identity.place == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = imcf->identity.place;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


static char *
rb_identity_outbound(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    rb_identity_main_conf_t  *imcf = conf;

    if (imcf->outbound) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_outbound\" is in two servers: calls "
                           "to other services go through one, so keep all "
                           "their internal locations in that");
        return NGX_CONF_ERROR;
    }

    imcf->outbound = ngx_http_conf_get_module_srv_conf(cf,
                                                       ngx_http_core_module);

    return NGX_CONF_OK;
}


ngx_int_t
rb_identity_need_outbound(ngx_conf_t *cf, const char *directive)
{
    rb_identity_main_conf_t  *imcf;

    imcf = ngx_http_conf_get_module_main_conf(cf,
                                              ngx_resortbite_identity_module);

    if (imcf->outbound) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%s\" with \"location=\" needs "
                       "\"resortbite_outbound;\" in the server that has the "
                       "internal location", directive);
    return NGX_ERROR;
}
