
/*
 * What nginx, and what is behind it, is told of who asks: variables, and
 * request header fields that no client can bring along itself.
 *
 * nginx 1.22 passes on every element of its list of header fields, so one is
 * got rid of by leaving it out of the list.  Others point at elements (Host,
 * cookies), which therefore stay where they are: the list's parts are made
 * anew around the gaps.
 */


#include "gate/rb_identity_internal.h"


#define RB_TELL_PREFIX  "x-resortbite-"


typedef enum {
    RB_TELL_MEMBER = 0,
    RB_TELL_ROLES,
    RB_TELL_SCOPES,
    RB_TELL_CLIENT,
    RB_TELL_SESSION,
    RB_TELL_ACR
} rb_tell_e;


static ngx_uint_t rb_tell_is_ours(const ngx_table_elt_t *h);
static ngx_int_t rb_tell_value(ngx_pool_t *pool, const rb_principal_t *who,
    rb_tell_e what, ngx_str_t *value);
static ngx_int_t rb_tell_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t rb_tell_cookie(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static u_char *rb_tell_pairs(u_char *p, const u_char *start,
    const ngx_str_t *cookie);


static const struct {
    rb_tell_e    what;
    ngx_str_t    name;
    ngx_str_t    lowcase;
}
rb_tell_fields[] = {
    { RB_TELL_MEMBER, ngx_string("X-ResortBite-Member"),
      ngx_string("x-resortbite-member") },
    { RB_TELL_ROLES, ngx_string("X-ResortBite-Roles"),
      ngx_string("x-resortbite-roles") },
    { RB_TELL_SCOPES, ngx_string("X-ResortBite-Scopes"),
      ngx_string("x-resortbite-scopes") },
    { RB_TELL_CLIENT, ngx_string("X-ResortBite-Client"),
      ngx_string("x-resortbite-client") },
    { RB_TELL_SESSION, ngx_string("X-ResortBite-Session"),
      ngx_string("x-resortbite-session") }
};


static ngx_http_variable_t  rb_tell_variables[] = {

    { ngx_string("resortbite_member"), NULL, rb_tell_variable,
      RB_TELL_MEMBER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_roles"), NULL, rb_tell_variable,
      RB_TELL_ROLES, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_scopes"), NULL, rb_tell_variable,
      RB_TELL_SCOPES, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_client"), NULL, rb_tell_variable,
      RB_TELL_CLIENT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_session"), NULL, rb_tell_variable,
      RB_TELL_SESSION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_acr"), NULL, rb_tell_variable,
      RB_TELL_ACR, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("resortbite_cookie"), NULL, rb_tell_cookie, 0,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
rb_auth_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = rb_tell_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_int_t
rb_auth_strip(ngx_http_request_t *r)
{
    ngx_uint_t           i, start, ours;
    ngx_list_t          *list;
    ngx_list_part_t     *part, *next, first, **link, *made;
    ngx_table_elt_t     *h;
    rb_auth_srv_conf_t  *ascf;

    ascf = ngx_http_get_module_srv_conf(r, ngx_resortbite_identity_module);

    if (!ascf->asked) {                 /* such as one that is behind */
        return NGX_DECLINED;
    }

    list = &r->headers_in.headers;
    ours = 0;

    for (part = &list->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            ours += rb_tell_is_ours(&h[i]);
        }
    }

    if (ours == 0) {
        return NGX_DECLINED;
    }

    /* runs of what stays, as parts: none of them is empty */

    ngx_memzero(&first, sizeof(ngx_list_part_t));
    made = NULL;
    link = NULL;

    for (part = &list->part; part; part = next) {
        next = part->next;
        h = part->elts;

        for (i = 0; i < part->nelts; /* void */ ) {

            if (rb_tell_is_ours(&h[i])) {
                i++;
                continue;
            }

            for (start = i; i < part->nelts && !rb_tell_is_ours(&h[i]); i++) {
                /* void */
            }

            if (link == NULL) {
                made = &first;

            } else {
                made = ngx_palloc(r->pool, sizeof(ngx_list_part_t));
                if (made == NULL) {
                    return NGX_HTTP_INTERNAL_SERVER_ERROR;
                }

                *link = made;
            }

            made->elts = &h[start];
            made->nelts = i - start;
            made->next = NULL;
            link = &made->next;
        }
    }

    if (made == NULL) {                 /* nothing stays */
        list->part.nelts = 0;
        list->part.next = NULL;
        list->last = &list->part;

        return NGX_DECLINED;
    }

    list->part = first;
    list->last = (made == &first) ? &list->part : made;

    /* the last run has no room behind it: the next push makes a part */

    list->nalloc = list->last->nelts;

    return NGX_DECLINED;
}


/* In any case, and with the underscores that others take for hyphens. */

static ngx_uint_t
rb_tell_is_ours(const ngx_table_elt_t *h)
{
    u_char  c;
    size_t  i;

    if (h->key.len < sizeof(RB_TELL_PREFIX) - 1) {
        return 0;
    }

    for (i = 0; i < sizeof(RB_TELL_PREFIX) - 1; i++) {
        c = ngx_tolower(h->key.data[i]);

        if (c == '_') {
            c = '-';
        }

        if (c != (u_char) RB_TELL_PREFIX[i]) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
rb_auth_tell(ngx_http_request_t *r, const rb_principal_t *who)
{
    ngx_str_t           value;
    ngx_uint_t          i;
    ngx_table_elt_t    *h;
    rb_identity_ctx_t  *ctx;

    ctx = rb_identity_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->told) {                    /* before an internal redirect */
        return NGX_OK;
    }

    ctx->told = 1;

    for (i = 0; i < rb_array_size(rb_tell_fields); i++) {

        if (rb_tell_value(r->pool, who, rb_tell_fields[i].what, &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (value.len == 0) {
            continue;
        }

        h = ngx_list_push(&r->headers_in.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        h->key = rb_tell_fields[i].name;
        h->lowcase_key = rb_tell_fields[i].lowcase.data;
        h->hash = ngx_hash_key(h->lowcase_key,
                               rb_tell_fields[i].lowcase.len);
        h->value = value;

#if (nginx_version >= 1023000)
        h->next = NULL;
#endif
    }

    return NGX_OK;
}


static ngx_int_t
rb_tell_value(ngx_pool_t *pool, const rb_principal_t *who, rb_tell_e what,
    ngx_str_t *value)
{
    ngx_str_null(value);

    switch (what) {

    case RB_TELL_MEMBER:
        *value = who->member;
        return NGX_OK;

    case RB_TELL_CLIENT:
        *value = who->client;
        return NGX_OK;

    case RB_TELL_SESSION:
        *value = who->session;
        return NGX_OK;

    case RB_TELL_ROLES:
        *value = rb_names_of(pool, rb_role_names, who->roles, ' ');
        return value->data ? NGX_OK : NGX_ERROR;

    case RB_TELL_SCOPES:
        *value = rb_names_of(pool, rb_scope_names, who->scopes, ' ');
        return value->data ? NGX_OK : NGX_ERROR;

    case RB_TELL_ACR:
        value->data = (u_char *) (who->acr == 2 ? "2" : "1");
        value->len = 1;
    }

    return NGX_OK;
}


static ngx_int_t
rb_tell_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t           value;
    rb_identity_ctx_t  *ctx;

    ctx = rb_identity_ctx_of(r);

    if (ctx == NULL || ctx->who == NULL) {
        *v = ngx_http_variable_null_value;
        return NGX_OK;
    }

    if (rb_tell_value(r->pool, ctx->who, (rb_tell_e) data, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    v->data = value.data;
    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* Cookie without ours, for a service that is not to act as its users:
 * proxy_set_header Cookie $resortbite_cookie; */

static ngx_int_t
rb_tell_cookie(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    size_t            len;
    u_char           *p;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = 0;
    p = NULL;

    /* once to count, once to write; a pair may grow by the space that was not
     * before it, and has a byte at least */

    for ( ;; ) {

        for (part = &r->headers_in.headers.part; part; part = part->next) {
            h = part->elts;

            for (i = 0; i < part->nelts; i++) {

                if (h[i].key.len != 6
                    || ngx_strncasecmp(h[i].key.data, (u_char *) "cookie", 6)
                       != 0)
                {
                    continue;
                }

                if (p) {
                    p = rb_tell_pairs(p, v->data, &h[i].value);

                } else {
                    len += 2 * h[i].value.len + 2;
                }
            }
        }

        if (p || len == 0) {
            break;
        }

        p = ngx_pnalloc(r->pool, len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        v->data = p;
    }

    if (p == NULL || p == v->data) {
        *v = ngx_http_variable_null_value;
        return NGX_OK;
    }

    v->len = p - v->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static u_char *
rb_tell_pairs(u_char *p, const u_char *start, const ngx_str_t *cookie)
{
    u_char  *s, *end, *last;

    last = cookie->data + cookie->len;

    for (s = cookie->data; s < last; s = end + 1) {

        while (s < last && *s == ' ') { s++; }

        for (end = s; end < last && *end != ';'; end++) { /* void */ }

        if (end == s
            || (end - s > 10
                && ngx_strncasecmp(s, (u_char *) "__Host-rb_", 10) == 0))
        {
            continue;
        }

        if (p != start) {
            *p++ = ';';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, s, end - s);
    }

    return p;
}
