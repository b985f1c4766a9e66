
/*
 * Who is asking, and from where.  The gate finds the former out of a cookie or
 * a token before the handler runs, and the latter when a handler asks for it;
 * rules are given them and trust them.
 */


#ifndef _RB_PRINCIPAL_H_INCLUDED_
#define _RB_PRINCIPAL_H_INCLUDED_


#include "base/rb_base.h"


/*
 * Roles, as bits.  A route names those of which one is enough.  The three of
 * a resort are held in one resort: a route that names them has the resort's
 * id in its path, and the gate asks for that resort.
 */

#define RB_ROLE_ANYONE        0
#define RB_ROLE_MEMBER        0x001     /* any account that may sign in */
#define RB_ROLE_CREW          0x002
#define RB_ROLE_RESORT        0x004     /* acts for some resort, or will */
#define RB_ROLE_MODERATOR     0x008
#define RB_ROLE_AUDITOR       0x010
#define RB_ROLE_ADMIN         0x020
#define RB_ROLE_SUPER_ADMIN   0x040
#define RB_ROLE_OWNER         0x100     /* of the resort in the path */
#define RB_ROLE_MANAGER       0x200
#define RB_ROLE_RECRUITER     0x400
#define RB_ROLE_CLIENT        0x800     /* an application for itself */

#define RB_ROLES_STAFF        (RB_ROLE_MODERATOR|RB_ROLE_AUDITOR              \
                               |RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN)
#define RB_ROLES_OF_RESORT    (RB_ROLE_OWNER|RB_ROLE_MANAGER                  \
                               |RB_ROLE_RECRUITER)


/* Scopes, as bits.  Cookies have all of them; tokens what was granted. */

#define RB_SCOPE_OPENID          0x01
#define RB_SCOPE_PROFILE         0x02
#define RB_SCOPE_EMAIL           0x04
#define RB_SCOPE_OFFLINE_ACCESS  0x08
#define RB_SCOPE_READ            0x10   /* what the member may read */
#define RB_SCOPE_WRITE           0x20   /* what the member may change */
#define RB_SCOPES_ALL            0x3f


/* How somebody signed in (RFC 8176), as bits. */

#define RB_AMR_PWD     0x01             /* password */
#define RB_AMR_OTP     0x02             /* a code of an authenticator */
#define RB_AMR_RCV     0x04             /* a recovery code: "kba" is it not */
#define RB_AMR_HWK     0x08             /* passkey */
#define RB_AMR_USER    0x10             /* which verified its user */
#define RB_AMR_FED     0x20             /* an account elsewhere */
#define RB_AMR_MFA     0x40             /* more than one of them */


typedef enum {
    RB_BY_COOKIE = 0,
    RB_BY_BEARER,                       /* RFC 6750 */
    RB_BY_DPOP                          /* RFC 9449 */
} rb_by_e;


/* Strings live as long as the request; ids are lower-case UUID text. */

typedef struct {
    ngx_str_t     member;               /* empty: a client for itself */
    ngx_str_t     session;
    ngx_str_t     client;               /* empty: signed in with a cookie */
    ngx_uint_t    roles;                /* RB_ROLE_…, without a resort's */
    ngx_uint_t    scopes;               /* RB_SCOPE_… */
    ngx_uint_t    amr;                  /* RB_AMR_… */
    ngx_uint_t    acr;                  /* 1 one factor, 2 two or a passkey */
    int64_t       authenticated_at;     /* seconds since 1970 */
    rb_by_e       by;
    unsigned      second:1;             /* a second factor is set up */
    unsigned      own:1;                /* a browser, or an application of
                                           ours (first_party) */
} rb_principal_t;


/* Where a request comes from; all may be empty but caller. */

typedef struct {
    ngx_str_t     device_hash;          /* as bytea text; or empty */
    ngx_str_t     device;               /* "Chrome on Windows" */
    ngx_str_t     place;
    ngx_str_t     request_id;
    u_char        caller[32];           /* MAC of the address */
} rb_origin_t;


/* Names, in the order of the bits; the last is empty. */

typedef struct {
    ngx_str_t     name;
    ngx_uint_t    bit;
} rb_named_bit_t;

extern const rb_named_bit_t  rb_role_names[];
extern const rb_named_bit_t  rb_scope_names[];
extern const rb_named_bit_t  rb_amr_names[];

/* The bit of a name; 0: there is none. */
ngx_uint_t rb_bit_of(const rb_named_bit_t *names, const ngx_str_t *name);

/*
 * Bits of "{crew,resort}", as PostgreSQL writes an array, or of "openid email"
 * with sep ' '.  Unknown names are left out.
 */
ngx_uint_t rb_bits_of(const rb_named_bit_t *names, const ngx_str_t *text,
    u_char sep);

/*
 * The other way: names joined by sep, in pool.  With sep ',' in braces, as
 * PostgreSQL reads an array.  data == NULL when out of memory.
 */
ngx_str_t rb_names_of(ngx_pool_t *pool, const rb_named_bit_t *names,
    ngx_uint_t bits, u_char sep);


#endif /* _RB_PRINCIPAL_H_INCLUDED_ */
