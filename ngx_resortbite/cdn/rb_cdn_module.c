
/*
 * The directive of purges:
 *
 *     resortbite_purge location=/out/cdn s_maxage=1d keys=100;
 *
 * and the location, in the server that has resortbite_outbound:
 *
 *     location = /out/cdn {
 *         internal;
 *         proxy_pass https://api.fastly.com/service/SERVICE/purge;
 *         proxy_set_header Fastly-Key …;
 *     }
 */


#include "cdn/rb_cdn.h"
#include "gate/rb_changes.h"
#include "gate/rb_gate.h"
#include "gate/rb_identity.h"

#include <ngx_http.h>


#define RB_CDN_KEYS      100
#define RB_CDN_KEYS_MAX  150            /* a header field of 8 KB holds them */
#define RB_CDN_AGE       86400          /* 0: as long as browsers */
#define RB_CDN_AGE_MAX   31536000

#define rb_cdn_text(n)   rb_cdn_text_of(n)
#define rb_cdn_text_of(n)  #n

#define RB_CDN_EXAMPLE                                                        \
    "resortbite_purge location=/out/cdn s_maxage=1d keys=100;"


typedef struct {
    rb_cdn_conf_t    cdn;
    ngx_uint_t       given;             /* parameters, a bit each */
    unsigned         set:1;
} rb_cdn_main_conf_t;


static void *rb_cdn_create_main_conf(ngx_conf_t *cf);
static ngx_int_t rb_cdn_postconfiguration(ngx_conf_t *cf);
static ngx_int_t rb_cdn_init_process(ngx_cycle_t *cycle);
static void rb_cdn_exit_process(ngx_cycle_t *cycle);
static char *rb_cdn_purge(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static const char *rb_cdn_argument(rb_cdn_main_conf_t *cmcf,
    const ngx_str_t *argument);
static const char *rb_cdn_value(rb_cdn_conf_t *conf, ngx_uint_t i,
    const ngx_str_t *value);


static ngx_command_t  rb_cdn_commands[] = {

    { ngx_string("resortbite_purge"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_ANY,
      rb_cdn_purge,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  rb_cdn_module_ctx = {
    NULL,                               /* preconfiguration */
    rb_cdn_postconfiguration,           /* postconfiguration */

    rb_cdn_create_main_conf,            /* create main configuration */
    NULL,                               /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    NULL,                               /* create location configuration */
    NULL                                /* merge location configuration */
};


ngx_module_t  ngx_resortbite_cdn_module = {
    NGX_MODULE_V1,
    &rb_cdn_module_ctx,                 /* module context */
    rb_cdn_commands,                    /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    rb_cdn_init_process,                /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    rb_cdn_exit_process,                /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
rb_cdn_create_main_conf(ngx_conf_t *cf)
{
    rb_cdn_main_conf_t  *cmcf;

    cmcf = ngx_pcalloc(cf->pool, sizeof(rb_cdn_main_conf_t));
    if (cmcf == NULL) {
        return NULL;
    }

    cmcf->cdn.keys = RB_CDN_KEYS;
    cmcf->cdn.s_maxage = RB_CDN_AGE;

    return cmcf;
}


static ngx_int_t
rb_cdn_postconfiguration(ngx_conf_t *cf)
{
    rb_cdn_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_resortbite_cdn_module);

    return cmcf->set ? rb_identity_need_outbound(cf, "resortbite_purge")
                     : NGX_OK;
}


/* Fibers run where the API is served. */

static ngx_int_t
rb_cdn_init_process(ngx_cycle_t *cycle)
{
    rb_cdn_main_conf_t  *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_resortbite_cdn_module);

    if (cmcf == NULL || !cmcf->set || rb_gate.cache == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    rb_reply_shared_age = cmcf->cdn.s_maxage;

    if (ngx_worker != 0) {
        return NGX_OK;
    }

    rb_changes_told = rb_cdn_wake;

    return rb_cdn_start(cycle, &cmcf->cdn);
}


static void
rb_cdn_exit_process(ngx_cycle_t *cycle)
{
    rb_cdn_stop();
}


static char *
rb_cdn_purge(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t           *value;
    ngx_uint_t           i;
    const char          *wrong;
    rb_cdn_main_conf_t  *cmcf = conf;

    if (cmcf->set) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_purge\" is duplicate: there is one "
                           "of it, and the location that it names can pass "
                           "purges on to whom it likes");
        return NGX_CONF_ERROR;
    }

    cmcf->set = 1;
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        wrong = rb_cdn_argument(cmcf, &value[i]);

        if (wrong) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" in \"resortbite_purge\": %s; for "
                               "example: " RB_CDN_EXAMPLE, &value[i], wrong);
            return NGX_CONF_ERROR;
        }
    }

    if (cmcf->cdn.location.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_purge\" needs location=, the path "
                           "of the internal location that purges are sent "
                           "to; for example: " RB_CDN_EXAMPLE);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* NULL, or what is wrong with it. */

static const char *
rb_cdn_argument(rb_cdn_main_conf_t *cmcf, const ngx_str_t *argument)
{
    ngx_str_t   value;
    ngx_uint_t  i;

    static const ngx_str_t  names[] = {
        ngx_string("location="), ngx_string("s_maxage="), ngx_string("keys=")
    };

    for (i = 0; i < rb_array_size(names); i++) {
        if (argument->len > names[i].len
            && ngx_strncmp(argument->data, names[i].data, names[i].len) == 0)
        {
            break;
        }
    }

    if (i == rb_array_size(names)) {
        return "the parameters are location=, s_maxage= and keys=, each with "
               "a value";
    }

    if (cmcf->given & (1 << i)) {
        return "this parameter is given twice: write it once";
    }

    cmcf->given |= 1 << i;
    value.data = argument->data + names[i].len;
    value.len = argument->len - names[i].len;

    return rb_cdn_value(&cmcf->cdn, i, &value);
}


static const char *
rb_cdn_value(rb_cdn_conf_t *conf, ngx_uint_t i, const ngx_str_t *value)
{
    ngx_int_t  n;
    ngx_str_t  text;

    text = *value;

    switch (i) {

    case 0:
        conf->location = text;

        if (text.data[0] != '/') {
            return "location= is the path of an internal location, which "
                   "begins with \"/\"; the address goes to its proxy_pass";
        }

        if (ngx_strlchr(text.data, text.data + text.len, '?')) {
            return "location= is a path without \"?\"; a query goes to the "
                   "proxy_pass of that location";
        }

        return NULL;

    case 1:
        n = ngx_parse_time(&text, 1);
        conf->s_maxage = (ngx_uint_t) n;

        return n >= 0 && n <= RB_CDN_AGE_MAX
               ? NULL : "s_maxage= is a time of at most 1y (0: caches keep "
                        "answers as long as browsers do)";

    default:
        n = ngx_atoi(text.data, text.len);
        conf->keys = (ngx_uint_t) n;

        return n >= 1 && n <= RB_CDN_KEYS_MAX
               ? NULL : "keys= from 1 to " rb_cdn_text(RB_CDN_KEYS_MAX)
                        " is how many a call names at most";
    }
}
