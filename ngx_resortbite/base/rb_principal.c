
/* Names of roles, scopes and methods, and sets of them as text. */


#include "base/rb_principal.h"


const rb_named_bit_t  rb_role_names[] = {
    { ngx_string("member"), RB_ROLE_MEMBER },
    { ngx_string("crew"), RB_ROLE_CREW },
    { ngx_string("resort"), RB_ROLE_RESORT },
    { ngx_string("moderator"), RB_ROLE_MODERATOR },
    { ngx_string("auditor"), RB_ROLE_AUDITOR },
    { ngx_string("admin"), RB_ROLE_ADMIN },
    { ngx_string("super_admin"), RB_ROLE_SUPER_ADMIN },
    { ngx_string("owner"), RB_ROLE_OWNER },
    { ngx_string("manager"), RB_ROLE_MANAGER },
    { ngx_string("recruiter"), RB_ROLE_RECRUITER },
    { ngx_string("client"), RB_ROLE_CLIENT },
    { ngx_null_string, 0 }
};

const rb_named_bit_t  rb_scope_names[] = {
    { ngx_string("openid"), RB_SCOPE_OPENID },
    { ngx_string("profile"), RB_SCOPE_PROFILE },
    { ngx_string("email"), RB_SCOPE_EMAIL },
    { ngx_string("offline_access"), RB_SCOPE_OFFLINE_ACCESS },
    { ngx_string("read"), RB_SCOPE_READ },
    { ngx_string("write"), RB_SCOPE_WRITE },
    { ngx_null_string, 0 }
};

const rb_named_bit_t  rb_amr_names[] = {
    { ngx_string("pwd"), RB_AMR_PWD },
    { ngx_string("otp"), RB_AMR_OTP },
    { ngx_string("rcv"), RB_AMR_RCV },
    { ngx_string("hwk"), RB_AMR_HWK },
    { ngx_string("user"), RB_AMR_USER },
    { ngx_string("fed"), RB_AMR_FED },
    { ngx_string("mfa"), RB_AMR_MFA },
    { ngx_null_string, 0 }
};


ngx_uint_t
rb_bit_of(const rb_named_bit_t *names, const ngx_str_t *name)
{
    for ( /* void */ ; names->name.len; names++) {
        if (names->name.len == name->len
            && ngx_memcmp(names->name.data, name->data, name->len) == 0)
        {
            return names->bit;
        }
    }

    return 0;
}


ngx_uint_t
rb_bits_of(const rb_named_bit_t *names, const ngx_str_t *text, u_char sep)
{
    u_char      *p, *last;
    ngx_str_t    name;
    ngx_uint_t   bits;

    bits = 0;
    p = text->data;
    last = p + text->len;

    if (sep == ',' && text->len >= 2 && *p == '{') {
        p++;
        last--;
    }

    while (p < last) {
        name.data = p;

        while (p < last && *p != sep) {
            p++;
        }

        name.len = p - name.data;
        bits |= rb_bit_of(names, &name);
        p++;
    }

    return bits;
}


ngx_str_t
rb_names_of(ngx_pool_t *pool, const rb_named_bit_t *names, ngx_uint_t bits,
    u_char sep)
{
    size_t                 len;
    u_char                *p;
    ngx_str_t              text;
    const rb_named_bit_t  *n;

    len = 2;

    for (n = names; n->name.len; n++) {
        len += n->name.len + 1;
    }

    text.len = 0;
    text.data = ngx_pnalloc(pool, len);
    if (text.data == NULL) {
        return text;
    }

    p = text.data;

    if (sep == ',') {
        *p++ = '{';
    }

    for (n = names; n->name.len; n++) {

        if (!(bits & n->bit)) {
            continue;
        }

        if (p > text.data && p[-1] != '{') {
            *p++ = sep;
        }

        p = ngx_cpymem(p, n->name.data, n->name.len);
    }

    if (sep == ',') {
        *p++ = '}';
    }

    text.len = p - text.data;

    return text;
}
