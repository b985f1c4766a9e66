
/*
 * Reading the directive's URL.  It is read twice: while the configuration is
 * checked, and by each worker for itself, because what a static variable
 * keeps of a configuration that is then refused would be gone.
 *
 *     unix:/path
 *     host:port
 *     redis://[[user:]password@]host[:port][/db]
 *     cluster://[[user:]password@]host:port,host:port,...
 *     sentinel://[[user:]password@]master@host:port,host:port,...[/db]
 *
 * User and password are percent-encoded (RFC 3986 2.1) and are those of the
 * data servers.
 */


#include "io/rb_redis_core.h"
#include "io/rb_resolve.h"


#define RB_REDIS_SERVERS_MAX  64


typedef struct {
    ngx_str_t          scheme;
    rb_redis_kind_e    kind;
    in_port_t          port;
    unsigned           many:1;          /* servers, separated by commas */
    unsigned           db:1;
    const char        *alone;           /* what is wrong with nothing more */
} rb_redis_scheme_t;


static const rb_redis_scheme_t *rb_redis_scheme(ngx_str_t *rest);
static const char *rb_redis_parse_local(ngx_pool_t *pool, ngx_str_t *path,
    rb_redis_target_t *target);
static const char *rb_redis_parse_user(ngx_pool_t *pool, ngx_str_t *rest,
    rb_redis_target_t *target);
static const char *rb_redis_parse_password(ngx_pool_t *pool, ngx_str_t *text,
    rb_redis_target_t *target);
static ngx_uint_t rb_redis_split(ngx_str_t *rest, ngx_str_t *before);
static ngx_int_t rb_redis_unescape(ngx_pool_t *pool, const ngx_str_t *from,
    ngx_str_t *to);
static const char *rb_redis_parse_db(ngx_str_t *rest,
    const rb_redis_scheme_t *scheme, rb_redis_target_t *target);
static const char *rb_redis_parse_servers(ngx_pool_t *pool, ngx_str_t *rest,
    const rb_redis_scheme_t *scheme, rb_redis_target_t *target);
static const char *rb_redis_parse_server(ngx_str_t *text, in_port_t port,
    rb_redis_server_t *server);


static const rb_redis_scheme_t  rb_redis_schemes[] = {
    { ngx_string("redis://"), RB_REDIS_SINGLE, RB_REDIS_PORT, 0, 1,
      "no host: write redis://host:port" },
    { ngx_string("cluster://"), RB_REDIS_CLUSTER, RB_REDIS_PORT, 1, 0,
      "no host: write cluster://host:port,..." },
    { ngx_string("sentinel://"), RB_REDIS_SENTINEL, RB_REDIS_SENTINEL_PORT,
      1, 1, "no master name: write sentinel://master@host:port,..." },
    { ngx_null_string, RB_REDIS_SINGLE, 0, 0, 0, "no host: write host:port" }
};


/* nginx puts the directive's name before what is returned. */

char *
rb_redis_conf_check(ngx_conf_t *cf, rb_redis_conf_t *conf)
{
    u_char             *text, *last;
    const char         *error;
    rb_redis_target_t   target;

    if (conf->url.len == 0) {
        return NGX_CONF_OK;
    }

    error = rb_redis_target_parse(cf->pool, &conf->url, &target);

    if (error == NULL) {
        return rb_resolve_conf(cf);
    }

    text = ngx_pnalloc(cf->pool, NGX_MAX_CONF_ERRSTR);
    if (text == NULL) {
        return NGX_CONF_ERROR;
    }

    last = ngx_snprintf(text, NGX_MAX_CONF_ERRSTR - 1, "is wrong: %s", error);
    *last = '\0';

    return (char *) text;
}


const char *
rb_redis_target_parse(ngx_pool_t *pool, const ngx_str_t *url,
    rb_redis_target_t *target)
{
    ngx_str_t                 rest;
    const char               *error;
    const rb_redis_scheme_t  *scheme;

    ngx_memzero(target, sizeof(rb_redis_target_t));

    rest = *url;

    if (rest.len >= 5 && ngx_strncmp(rest.data, "unix:", 5) == 0) {
        rest.data += 5;
        rest.len -= 5;
        return rb_redis_parse_local(pool, &rest, target);
    }

    scheme = rb_redis_scheme(&rest);

    if (scheme == NULL) {
        return "unknown scheme: write redis://, cluster://, sentinel://,"
               " unix:/path or host:port (TLS, rediss://, is not supported:"
               " put a local TLS tunnel in front and name it here)";
    }

    if (rest.len == 0) {
        return scheme->alone;
    }

    target->kind = scheme->kind;

    error = rb_redis_parse_user(pool, &rest, target);

    if (error == NULL) {
        error = rb_redis_parse_db(&rest, scheme, target);
    }

    if (error == NULL) {
        error = rb_redis_parse_servers(pool, &rest, scheme, target);
    }

    return error;
}


static const rb_redis_scheme_t *
rb_redis_scheme(ngx_str_t *rest)
{
    const rb_redis_scheme_t  *scheme;

    for (scheme = rb_redis_schemes; scheme->scheme.len; scheme++) {
        if (rest->len >= scheme->scheme.len
            && ngx_strncasecmp(rest->data, scheme->scheme.data,
                               scheme->scheme.len)
               == 0)
        {
            rest->data += scheme->scheme.len;
            rest->len -= scheme->scheme.len;
            return scheme;
        }
    }

    return ngx_strnstr(rest->data, "://", rest->len) ? NULL : scheme;
}


static const char *
rb_redis_parse_local(ngx_pool_t *pool, ngx_str_t *path,
    rb_redis_target_t *target)
{
    struct sockaddr_un  *sun;

    if (path->len == 0 || path->data[0] != '/') {
        return "the path of a Unix socket must start with \"/\": write"
               " unix:/path";
    }

    if (path->len >= sizeof(sun->sun_path)) {
        return "the path of the Unix socket is too long";
    }

    target->servers = ngx_pcalloc(pool, sizeof(rb_redis_server_t));
    if (target->servers == NULL) {
        return "out of memory";
    }

    target->count = 1;
    target->servers[0].host = *path;
    target->servers[0].local = 1;

    return NULL;
}


/* [[user:]password@], and for sentinels [[user:]password@]master@ */

static const char *
rb_redis_parse_user(ngx_pool_t *pool, ngx_str_t *rest,
    rb_redis_target_t *target)
{
    ngx_str_t    before;
    ngx_uint_t   found;

    found = rb_redis_split(rest, &before);

    if (target->kind == RB_REDIS_SENTINEL) {
        target->master = before;
        found = rb_redis_split(&target->master, &before);

        if (target->master.len == 0) {
            return "no master name: write sentinel://master@host:port,...";
        }
    }

    return found ? rb_redis_parse_password(pool, &before, target) : NULL;
}


static const char *
rb_redis_parse_password(ngx_pool_t *pool, ngx_str_t *text,
    rb_redis_target_t *target)
{
    u_char     *colon;
    ngx_str_t   user, password;

    ngx_str_null(&user);
    password = *text;

    colon = ngx_strlchr(text->data, text->data + text->len, ':');

    if (colon) {
        user.data = text->data;
        user.len = colon - text->data;
        password.data = colon + 1;
        password.len = text->len - user.len - 1;
    }

    if (password.len == 0) {
        return "the password is empty: write user:password@ or leave it out";
    }

    if (rb_redis_unescape(pool, &user, &target->user) != NGX_OK
        || rb_redis_unescape(pool, &password, &target->password) != NGX_OK)
    {
        return "out of memory";
    }

    return NULL;
}


/* At the last "@": what is before it is taken off.  Without one, nothing. */

static ngx_uint_t
rb_redis_split(ngx_str_t *rest, ngx_str_t *before)
{
    size_t  n;

    ngx_str_null(before);

    for (n = rest->len; n > 0; n--) {
        if (rest->data[n - 1] == '@') {
            before->data = rest->data;
            before->len = n - 1;
            rest->data += n;
            rest->len -= n;
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
rb_redis_unescape(ngx_pool_t *pool, const ngx_str_t *from, ngx_str_t *to)
{
    u_char  *src, *dst;

    ngx_str_null(to);

    if (from->len == 0) {
        return NGX_OK;
    }

    dst = ngx_pnalloc(pool, from->len);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    to->data = dst;
    src = from->data;

    ngx_unescape_uri(&dst, &src, from->len, 0);

    to->len = dst - to->data;

    return NGX_OK;
}


static const char *
rb_redis_parse_db(ngx_str_t *rest, const rb_redis_scheme_t *scheme,
    rb_redis_target_t *target)
{
    u_char     *slash;
    size_t      len;
    ngx_int_t   n;

    slash = ngx_strlchr(rest->data, rest->data + rest->len, '/');
    if (slash == NULL) {
        return NULL;
    }

    len = rest->data + rest->len - (slash + 1);
    rest->len = slash - rest->data;

    if (len == 0) {
        return NULL;
    }

    if (!scheme->db) {
        return "only redis:// and sentinel:// take the number of a database";
    }

    n = ngx_atoi(slash + 1, len);

    if (n == NGX_ERROR || n > RB_REDIS_DB_MAX) {
        return "what follows \"/\" must be the number of a database";
    }

    target->db = n;

    return NULL;
}


static const char *
rb_redis_parse_servers(ngx_pool_t *pool, ngx_str_t *rest,
    const rb_redis_scheme_t *scheme, rb_redis_target_t *target)
{
    u_char      *p, *last, *comma;
    ngx_str_t    text;
    ngx_uint_t   max;
    const char  *error;

    max = scheme->many ? RB_REDIS_SERVERS_MAX : 1;

    target->servers = ngx_pcalloc(pool, max * sizeof(rb_redis_server_t));
    if (target->servers == NULL) {
        return "out of memory";
    }

    p = rest->data;
    last = rest->data + rest->len;

    for ( ;; ) {
        comma = ngx_strlchr(p, last, ',');

        text.data = p;
        text.len = (comma ? comma : last) - p;

        if (target->count == max) {
            return scheme->many
                   ? "too many servers: name at most 64"
                   : "several servers: write cluster:// or sentinel://";
        }

        error = rb_redis_parse_server(&text, scheme->port,
                                      &target->servers[target->count++]);
        if (error || comma == NULL) {
            return error;
        }

        p = comma + 1;
    }
}


/* host:port, [IPv6]:port; port 0: there is no usual one, it must be given */

static const char *
rb_redis_parse_server(ngx_str_t *text, in_port_t port,
    rb_redis_server_t *server)
{
    u_char     *p, *last;
    ngx_int_t   n;

    last = text->data + text->len;
    server->host = *text;
    server->port = port;

    if (text->len && text->data[0] == '[') {
        p = ngx_strlchr(text->data, last, ']');
        if (p == NULL) {
            return "an IPv6 address lacks its \"]\"";
        }

        server->host.data = text->data + 1;
        server->host.len = p - server->host.data;
        p++;

    } else {
        p = ngx_strlchr(text->data, last, ':');
        if (p == NULL) {
            p = last;
        }

        server->host.len = p - text->data;
    }

    if (server->host.len == 0 || server->host.len > RB_REDIS_HOST_MAX
        || ngx_strlchr(server->host.data,
                       server->host.data + server->host.len, '/'))
    {
        return "no host: write host:port";
    }

    if (p == last) {
        return port ? NULL : "no port: write host:port";
    }

    n = (*p == ':') ? ngx_atoi(p + 1, last - (p + 1)) : NGX_ERROR;

    if (n < 1 || n > 65535) {
        return "the port must be a number from 1 to 65535"
               " (an IPv6 address goes in brackets)";
    }

    server->port = (in_port_t) n;

    return NULL;
}


ngx_uint_t
rb_redis_same_server(const rb_redis_server_t *a, const rb_redis_server_t *b)
{
    return a->port == b->port
           && a->local == b->local
           && a->host.len == b->host.len
           && ngx_strncasecmp(a->host.data, b->host.data, a->host.len) == 0;
}
