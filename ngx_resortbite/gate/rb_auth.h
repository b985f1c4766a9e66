
/*
 * resortbite_auth: the same sign-in for any location, be it a static folder
 * or a service behind proxy_pass.  An access-phase handler finds out who asks
 * (from shared memory at once, or on a fiber while nginx waits) and either
 * lets the request pass, with the principal in variables and request header
 * fields, or answers it.
 */


#ifndef _RB_AUTH_H_INCLUDED_
#define _RB_AUTH_H_INCLUDED_


#include "gate/rb_identity.h"


typedef enum {
    RB_AUTH_OFF = 0,
    RB_AUTH_OPTIONAL,                   /* whoever is signed in is told of */
    RB_AUTH_REQUIRED
} rb_auth_e;


/* By location: the configuration of ngx_resortbite_identity_module. */

typedef struct {
    ngx_uint_t    mode;                 /* rb_auth_e */
    ngx_uint_t    roles;                /* one of them; 0: any principal */
    ngx_uint_t    scopes;               /* all of them */
    ngx_str_t     login;                /* path or URL; empty: the issuer's */
} rb_auth_conf_t;


/* By server: whether some location of it asks. */

typedef struct {
    ngx_uint_t    asked;
} rb_auth_srv_conf_t;


extern ngx_module_t  ngx_resortbite_identity_module;


/* The directive. */
char *rb_auth_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The variables $resortbite_member …; from preconfiguration. */
ngx_int_t rb_auth_add_variables(ngx_conf_t *cf);

/* The handlers of the phases; from postconfiguration. */
ngx_int_t rb_auth_add_handlers(ngx_conf_t *cf);


#endif /* _RB_AUTH_H_INCLUDED_ */
