
/*
 * The directives of identity: who the issuer is, its keys, and resortbite_auth.
 */


#include "gate/rb_identity.h"

#include <ngx_http.h>


static ngx_command_t  rb_identity_commands[] = {

      ngx_null_command
};


static ngx_http_module_t  rb_identity_module_ctx = {
    NULL,                               /* preconfiguration */
    NULL,                               /* postconfiguration */

    NULL,                               /* create main configuration */
    NULL,                               /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    NULL,                               /* create location configuration */
    NULL                                /* merge location configuration */
};


ngx_module_t  ngx_resortbite_identity_module = {
    NGX_MODULE_V1,
    &rb_identity_module_ctx,               /* module context */
    rb_identity_commands,                  /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};
