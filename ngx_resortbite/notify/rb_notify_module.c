
/*
 * The directive of mail:
 *
 *     resortbite_mail smtp://user@mail.example.com:587
 *                     "from=리조트바이트 <no-reply@example.com>"
 *                     password_file=/etc/resortbite/mail;
 *     resortbite_mail location=/out/mail from=no-reply@example.com;
 */


#include "notify/rb_notify_internal.h"
#include "base/rb_utf8.h"
#include "gate/rb_gate.h"
#include "gate/rb_identity.h"

#include <ngx_http.h>


#define RB_NOTIFY_PASSWORD_MAX  1024

#define RB_NOTIFY_EXAMPLE                                                     \
    "resortbite_mail smtp://user@mail.example.com:587 "                       \
    "\"from=ResortBite <no-reply@example.com>\" "                             \
    "password_file=/etc/resortbite/mail-password;"


typedef struct {
    rb_notify_conf_t    notify;
    ngx_str_t           password_file;
    unsigned            set:1;
} rb_notify_main_conf_t;


static void *rb_notify_create_main_conf(ngx_conf_t *cf);
static ngx_int_t rb_notify_postconfiguration(ngx_conf_t *cf);
static ngx_int_t rb_notify_init_process(ngx_cycle_t *cycle);
static void rb_notify_exit_process(ngx_cycle_t *cycle);

static char *rb_notify_mail(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_notify_argument(ngx_conf_t *cf, rb_notify_main_conf_t *nmcf,
    const ngx_str_t *argument);
static char *rb_notify_server(ngx_conf_t *cf, rb_smtp_t *smtp,
    const ngx_str_t *url);
static char *rb_notify_host(ngx_conf_t *cf, rb_smtp_t *smtp, u_char *p,
    u_char *end);
static char *rb_notify_from(ngx_conf_t *cf, rb_notify_conf_t *conf,
    ngx_str_t *from);
static char *rb_notify_tls(ngx_conf_t *cf, rb_smtp_t *smtp,
    const ngx_str_t *value);
static char *rb_notify_ca(ngx_conf_t *cf, rb_smtp_t *smtp, ngx_str_t *file);
static char *rb_notify_check(ngx_conf_t *cf, rb_notify_main_conf_t *nmcf);
static char *rb_notify_password(ngx_conf_t *cf, rb_smtp_t *smtp,
    ngx_str_t *name);
static ngx_uint_t rb_notify_loopback(const ngx_str_t *host);


static ngx_command_t  rb_notify_commands[] = {

    { ngx_string("resortbite_mail"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      rb_notify_mail,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  rb_notify_module_ctx = {
    NULL,                               /* preconfiguration */
    rb_notify_postconfiguration,        /* postconfiguration */

    rb_notify_create_main_conf,         /* create main configuration */
    NULL,                               /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    NULL,                               /* create location configuration */
    NULL                                /* merge location configuration */
};


ngx_module_t  ngx_resortbite_notify_module = {
    NGX_MODULE_V1,
    &rb_notify_module_ctx,              /* module context */
    rb_notify_commands,                 /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    rb_notify_init_process,             /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    rb_notify_exit_process,             /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
rb_notify_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(rb_notify_main_conf_t));
}


static ngx_int_t
rb_notify_postconfiguration(ngx_conf_t *cf)
{
    rb_notify_main_conf_t  *nmcf;

    nmcf = ngx_http_conf_get_module_main_conf(cf, ngx_resortbite_notify_module);

    return nmcf->notify.location.len
           ? rb_identity_need_outbound(cf, "resortbite_mail") : NGX_OK;
}


/* Fibers run where the API is served. */

static ngx_int_t
rb_notify_init_process(ngx_cycle_t *cycle)
{
    ngx_str_t               issuer;
    rb_notify_main_conf_t  *nmcf;

    nmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_resortbite_notify_module);

    if (nmcf == NULL || rb_gate.cache == NULL || ngx_worker != 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    ngx_str_null(&issuer);

    if (rb_identity) {
        issuer = rb_identity->issuer;
    }

    return rb_notify_start(cycle, nmcf->set ? &nmcf->notify : NULL, &issuer);
}


static void
rb_notify_exit_process(ngx_cycle_t *cycle)
{
    rb_notify_stop();
    rb_stream_exit_process();
}


static char *
rb_notify_mail(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                   *rc;
    ngx_str_t              *value;
    ngx_uint_t              i;
    rb_notify_main_conf_t  *nmcf = conf;

    if (nmcf->set) {
        return "is duplicate";
    }

    nmcf->set = 1;
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rc = rb_notify_argument(cf, nmcf, &value[i]);
        if (rc != NGX_CONF_OK) {
            return rc;
        }
    }

    return rb_notify_check(cf, nmcf);
}


static char *
rb_notify_argument(ngx_conf_t *cf, rb_notify_main_conf_t *nmcf,
    const ngx_str_t *argument)
{
    ngx_str_t          value;
    ngx_uint_t         i;
    rb_notify_conf_t  *conf;

    static const ngx_str_t  names[] = {
        ngx_string("smtp://"), ngx_string("location="), ngx_string("from="),
        ngx_string("password_file="), ngx_string("tls="), ngx_string("ca=")
    };

    conf = &nmcf->notify;

    for (i = 0; i < rb_array_size(names); i++) {
        if (argument->len > names[i].len
            && ngx_strncmp(argument->data, names[i].data, names[i].len) == 0)
        {
            break;
        }
    }

    if (i == rb_array_size(names)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no parameter of \"resortbite_mail\"; a "
                           "parameter with spaces is quoted whole; write, for "
                           "example: " RB_NOTIFY_EXAMPLE, argument);
        return NGX_CONF_ERROR;
    }

    value.data = argument->data + names[i].len;
    value.len = argument->len - names[i].len;

    switch (i) {
    case 0:
        return rb_notify_server(cf, &conf->smtp, &value);
    case 1:
        conf->location = value;
        return NGX_CONF_OK;
    case 2:
        return rb_notify_from(cf, conf, &value);
    case 3:
        nmcf->password_file = value;
        return NGX_CONF_OK;
    case 4:
        return rb_notify_tls(cf, &conf->smtp, &value);
    default:
        return rb_notify_ca(cf, &conf->smtp, &value);
    }
}


/* [user@]host[:port]; a user's name may be an address. */

static char *
rb_notify_server(ngx_conf_t *cf, rb_smtp_t *smtp, const ngx_str_t *url)
{
    u_char  *p, *at, *end;

    end = url->data + url->len;
    at = NULL;

    for (p = url->data; p < end; p++) {
        if (*p == '@') {
            at = p;
        }
    }

    if (at) {
        smtp->user.data = url->data;
        smtp->user.len = at - url->data;
    }

    return rb_notify_host(cf, smtp, at ? at + 1 : url->data, end);
}


static char *
rb_notify_host(ngx_conf_t *cf, rb_smtp_t *smtp, u_char *p, u_char *end)
{
    u_char     *colon;
    ngx_int_t   port;

    smtp->host.data = p;
    colon = ngx_strlchr(p, end, ':');

    if (p < end && *p == '[') {
        p = ngx_strlchr(p, end, ']');

        if (p) {
            smtp->host.data++;
            smtp->host.len = p - smtp->host.data;
            colon = p + 1 < end ? p + 1 : NULL;
        }

    } else {
        smtp->host.len = (colon ? colon : end) - p;
    }

    port = colon && *colon == ':' ? ngx_atoi(colon + 1, end - colon - 1)
                                  : colon ? NGX_ERROR : 0;

    if (smtp->host.len == 0 || port < 0 || port > 65535
        || (colon && port == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_mail\" takes a server as "
                           "smtp://[user@]host[:port], such as: "
                           RB_NOTIFY_EXAMPLE);
        return NGX_CONF_ERROR;
    }

    smtp->port = port;

    return NGX_CONF_OK;
}


/* "Name <address>" or the address alone. */

static char *
rb_notify_from(ngx_conf_t *cf, rb_notify_conf_t *conf, ngx_str_t *from)
{
    size_t      i;
    u_char     *open, *end;
    ngx_uint_t  good;

    end = from->data + from->len;
    open = ngx_strlchr(from->data, end, '<');

    conf->from = *from;

    if (open && end[-1] == '>') {
        conf->from.data = open + 1;
        conf->from.len = end - open - 2;
        conf->from_name.data = from->data;
        conf->from_name.len = open - from->data;

        while (conf->from_name.len
               && conf->from_name.data[conf->from_name.len - 1] == ' ')
        {
            conf->from_name.len--;
        }
    }

    good = rb_smtp_address(&conf->from)
           && rb_utf8_valid(conf->from_name.data, conf->from_name.len);

    for (i = 0; i < conf->from.len; i++) {
        good = good && conf->from.data[i] < 0x80;
    }

    for (i = 0; i < conf->from_name.len; i++) {
        good = good && conf->from_name.data[i] >= ' ';
    }

    if (!good) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"from=%V\" in \"resortbite_mail\" is nobody mail "
                           "can come from; write \"from=ResortBite "
                           "<no-reply@example.com>\", with the quotes, or "
                           "from=no-reply@example.com", from);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
rb_notify_tls(ngx_conf_t *cf, rb_smtp_t *smtp, const ngx_str_t *value)
{
    ngx_uint_t  i;

    static const ngx_str_t  names[] = {
        ngx_string("starttls"), ngx_string("implicit"), ngx_string("off")
    };

    for (i = 0; i < rb_array_size(names); i++) {
        if (value->len == names[i].len
            && ngx_strncmp(value->data, names[i].data, value->len) == 0)
        {
            smtp->tls = i;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"tls=%V\" in \"resortbite_mail\": it is starttls "
                       "(the default), implicit or off", value);

    return NGX_CONF_ERROR;
}


static char *
rb_notify_ca(ngx_conf_t *cf, rb_smtp_t *smtp, ngx_str_t *file)
{
    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (access((char *) file->data, R_OK) == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "can't read \"%V\", which \"resortbite_mail\" "
                           "names as ca=: a file of certificates (PEM) that "
                           "the workers can read", file);
        return NGX_CONF_ERROR;
    }

    smtp->ca = *file;

    return NGX_CONF_OK;
}


/* All of it is known: does it fit together? */

static char *
rb_notify_check(ngx_conf_t *cf, rb_notify_main_conf_t *nmcf)
{
    rb_smtp_t         *smtp;
    const char        *wrong;
    rb_notify_conf_t  *conf;

    static const ngx_uint_t  ports[] = { 587, 465, 25 };

    conf = &nmcf->notify;
    smtp = &conf->smtp;
    wrong = NULL;

    if ((smtp->host.len == 0) == (conf->location.len == 0)) {
        wrong = "needs either a server (smtp://…) or a location=";

    } else if (conf->location.len && conf->location.data[0] != '/') {
        wrong = "takes as location= the path of an internal location, such "
                "as location=/out/mail";

    } else if (conf->from.len == 0) {
        wrong = "needs from=, who the mails come from";

    } else if ((smtp->user.len == 0) != (nmcf->password_file.len == 0)) {
        wrong = "needs both a user (smtp://user@…) and a password_file=, or "
                "neither";

    } else if (smtp->tls == RB_SMTP_OFF && smtp->user.len
               && !rb_notify_loopback(&smtp->host))
    {
        wrong = "has tls=off and a user: the password would go over the "
                "network in the clear; use tls=starttls or tls=implicit";
    }

    if (wrong) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"resortbite_mail\" %s; for example: "
                           RB_NOTIFY_EXAMPLE, wrong);
        return NGX_CONF_ERROR;
    }

    if (smtp->port == 0) {
        smtp->port = ports[smtp->tls];
    }

    return smtp->user.len ? rb_notify_password(cf, smtp, &nmcf->password_file)
                          : NGX_CONF_OK;
}


/* Its first line; read by the master, which still may. */

static char *
rb_notify_password(ngx_conf_t *cf, rb_smtp_t *smtp, ngx_str_t *name)
{
    ssize_t   n;
    u_char   *p;
    ngx_fd_t  fd;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    smtp->password.data = ngx_pnalloc(cf->pool, RB_NOTIFY_PASSWORD_MAX);
    if (smtp->password.data == NULL) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    n = NGX_ERROR;

    if (fd != NGX_INVALID_FILE) {
        n = ngx_read_fd(fd, smtp->password.data, RB_NOTIFY_PASSWORD_MAX);
    }

    if (n < 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "can't read \"%V\", which \"resortbite_mail\" "
                           "names as password_file=: a file that holds the "
                           "password, with mode 0600", name);
    }

    if (fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(fd);
    }

    if (n < 0) {
        return NGX_CONF_ERROR;
    }

    for (p = smtp->password.data;
         p < smtp->password.data + n && *p != LF && *p != CR;
         p++)
    { /* void */ }

    smtp->password.len = p - smtp->password.data;

    if (smtp->password.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" holds no password",
                           name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
rb_notify_loopback(const ngx_str_t *host)
{
    return (host->len == 9 && ngx_strncmp(host->data, "localhost", 9) == 0)
           || (host->len == 3 && ngx_strncmp(host->data, "::1", 3) == 0)
           || (ngx_inet_addr(host->data, host->len) != INADDR_NONE
               && ngx_strncmp(host->data, "127.", 4) == 0);
}
