
/*
 * The grammar of request header fields that we judge: what a value says, with
 * no request behind it.  All of these take any bytes.  Nothing here yields.
 */


#ifndef _RB_NEGOTIATE_H_INCLUDED_
#define _RB_NEGOTIATE_H_INCLUDED_


#include "base/rb_base.h"


#define RB_IDEMPOTENCY_KEY_MAX  255


/*
 * Whether Accept allows application/json (RFC 9110 §12.5.1): the most
 * specific range that matches decides, by its q.  A value without a single
 * valid range allows all.
 */
ngx_uint_t rb_accept_json(const ngx_str_t *accept);

/* Likewise for text/html. */
ngx_uint_t rb_accept_html(const ngx_str_t *accept);

/* English if Accept-Language wants it more than Korean (§12.5.4). */
rb_lang_e rb_accept_language(const ngx_str_t *accept);

/* Whether Content-Type is application/json, in UTF-8 if it says a charset. */
ngx_uint_t rb_content_type_json(const ngx_str_t *type);

/* Whether it is application/x-www-form-urlencoded, likewise. */
ngx_uint_t rb_content_type_form(const ngx_str_t *type);

/*
 * The value of a cookie in a Cookie field (RFC 6265 §5.4).  NGX_DECLINED:
 * none; NGX_ABORT: two of the name, of which either may be forged.
 */
ngx_int_t rb_cookie_value(const ngx_str_t *field, const char *name,
    ngx_str_t *value);

/*
 * Whether a list of entity tags holds this one, or is "*" (§13.1.1, §13.1.2).
 * weak: W/"a" equals "a"; else a weak tag equals none.
 */
ngx_uint_t rb_etag_listed(const ngx_str_t *list, const ngx_str_t *etag,
    ngx_uint_t weak);

/*
 * Idempotency-Key: 1 to 255 visible ASCII characters, bare or as a quoted
 * string (RFC 8941 §3.3.3); both forms of a key are the same key.  The key
 * points into value, or into pool when it had escapes.  NGX_DECLINED when it
 * is malformed, NGX_ERROR when out of memory.
 */
ngx_int_t rb_idempotency_key(ngx_pool_t *pool, const ngx_str_t *value,
    ngx_str_t *key);

/* Whether a client's X-Request-Id can be taken over: 8 to 128 of
 * [A-Za-z0-9._-]. */
ngx_uint_t rb_request_id_valid(const ngx_str_t *id);

/* W3C Trace Context §3.2: version 00, or a later one that starts like it. */
ngx_uint_t rb_traceparent_valid(const ngx_str_t *value);


#endif /* _RB_NEGOTIATE_H_INCLUDED_ */
