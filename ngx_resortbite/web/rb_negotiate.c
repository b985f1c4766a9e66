
/*
 * Header fields that are lists are cut at commas outside of quotes, their
 * elements at semicolons outside of quotes; both by rb_cut(), which takes the
 * next piece off the front of what is left.  Weights are thousandths.
 */


#include "web/rb_negotiate.h"


#define RB_WEIGHT_MAX  1000


static ngx_uint_t rb_accept(const ngx_str_t *accept, const char *type,
    const char *group);
static ngx_uint_t rb_content_type(const ngx_str_t *field, const char *type);
static ngx_uint_t rb_cut(ngx_str_t *rest, u_char separator, ngx_str_t *piece);
static void rb_trim(ngx_str_t *s);
static ngx_uint_t rb_same(const ngx_str_t *s, const char *literal);
static ngx_uint_t rb_name_value(const ngx_str_t *piece, ngx_str_t *name,
    ngx_str_t *value);
static ngx_int_t rb_weight(ngx_str_t *params);
static ngx_int_t rb_weight_parse(const ngx_str_t *s);
static ngx_uint_t rb_lower_hex(const u_char *p, size_t len,
    ngx_uint_t *nonzero);


ngx_uint_t
rb_accept_json(const ngx_str_t *accept)
{
    return rb_accept(accept, "application/json", "application/*");
}


ngx_uint_t
rb_accept_html(const ngx_str_t *accept)
{
    return rb_accept(accept, "text/html", "text/*");
}


static ngx_uint_t
rb_accept(const ngx_str_t *accept, const char *type, const char *group)
{
    ngx_int_t   weight, best_weight;
    ngx_str_t   rest, element, range;
    ngx_uint_t  specific, best, seen;

    rest = *accept;
    best = 0;
    best_weight = 0;
    seen = 0;

    while (rb_cut(&rest, ',', &element)) {

        (void) rb_cut(&element, ';', &range);
        weight = rb_weight(&element);

        if (weight == NGX_ERROR
            || ngx_strlchr(range.data, range.data + range.len, '/') == NULL)
        {
            continue;
        }

        seen = 1;
        specific = rb_same(&range, type) ? 3
                   : rb_same(&range, group) ? 2
                   : rb_same(&range, "*/*") ? 1 : 0;

        if (specific > best) {
            best = specific;
            best_weight = weight;

        } else if (specific == best && specific) {
            best_weight = ngx_max(best_weight, weight);
        }
    }

    return !seen || best_weight > 0;
}


rb_lang_e
rb_accept_language(const ngx_str_t *accept)
{
    ngx_int_t  weight, ko, en, any, *to;
    ngx_str_t  rest, element, range;

    rest = *accept;
    ko = en = any = -1;

    while (rb_cut(&rest, ',', &element)) {

        (void) rb_cut(&element, ';', &range);
        weight = rb_weight(&element);

        if (weight == NGX_ERROR || range.len == 0) {
            continue;
        }

        if (range.len == 1 && range.data[0] == '*') {
            to = &any;

        } else if (range.len >= 2 && (range.len == 2 || range.data[2] == '-'))
        {
            to = (ngx_strncasecmp(range.data, (u_char *) "en", 2) == 0) ? &en
                 : (ngx_strncasecmp(range.data, (u_char *) "ko", 2) == 0) ? &ko
                 : NULL;

        } else {
            to = NULL;
        }

        if (to) {
            *to = ngx_max(*to, weight);
        }
    }

    if (ko == -1) {
        ko = ngx_max(any, 0);
    }

    if (en == -1) {
        en = ngx_max(any, 0);
    }

    return (en > ko) ? RB_LANG_EN : RB_LANG_KO;
}


ngx_uint_t
rb_content_type_json(const ngx_str_t *type)
{
    return rb_content_type(type, "application/json");
}


ngx_uint_t
rb_content_type_form(const ngx_str_t *type)
{
    return rb_content_type(type, "application/x-www-form-urlencoded");
}


static ngx_uint_t
rb_content_type(const ngx_str_t *field, const char *type)
{
    ngx_str_t  rest, piece, name, value;

    rest = *field;

    if (!rb_cut(&rest, ';', &piece) || !rb_same(&piece, type)) {
        return 0;
    }

    while (rb_cut(&rest, ';', &piece)) {

        if (piece.len == 0) {
            continue;
        }

        if (!rb_name_value(&piece, &name, &value)) {
            return 0;
        }

        if (rb_same(&name, "charset") && !rb_same(&value, "utf-8")) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
rb_cookie_value(const ngx_str_t *field, const char *name, ngx_str_t *value)
{
    size_t      len;
    u_char     *p, *end, *stop;
    ngx_str_t   piece;
    ngx_uint_t  found;

    len = ngx_strlen(name);
    end = field->data + field->len;
    found = 0;

    /* quotes mean nothing here: a value ends at a semicolon */

    for (p = field->data; p < end; p = stop + 1) {
        stop = ngx_strlchr(p, end, ';');
        stop = stop ? stop : end;

        piece.data = p;
        piece.len = stop - p;
        rb_trim(&piece);

        if (piece.len <= len || piece.data[len] != '='
            || ngx_memcmp(piece.data, name, len) != 0)
        {
            continue;
        }

        if (found++) {
            return NGX_ABORT;
        }

        value->data = piece.data + len + 1;
        value->len = piece.len - len - 1;
    }

    return found ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
rb_etag_listed(const ngx_str_t *list, const ngx_str_t *etag, ngx_uint_t weak)
{
    ngx_str_t  rest, tag;

    rest = *list;

    while (rb_cut(&rest, ',', &tag)) {

        if (tag.len == 1 && tag.data[0] == '*') {
            return 1;
        }

        if (weak && tag.len > 2 && tag.data[0] == 'W' && tag.data[1] == '/') {
            tag.data += 2;
            tag.len -= 2;
        }

        if (tag.len && tag.len == etag->len
            && ngx_memcmp(tag.data, etag->data, tag.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
rb_idempotency_key(ngx_pool_t *pool, const ngx_str_t *value, ngx_str_t *key)
{
    size_t      i;
    u_char     *p, c;
    ngx_str_t   s;
    ngx_uint_t  quoted;

    s = *value;
    rb_trim(&s);

    quoted = s.len >= 2 && s.data[0] == '"' && s.data[s.len - 1] == '"';

    if (quoted) {
        s.data++;
        s.len -= 2;
    }

    /* a limit before the copy: escapes at most double the length */

    if (s.len == 0 || s.len > 2 * RB_IDEMPOTENCY_KEY_MAX) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(pool, s.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    key->data = p;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (quoted && c == '\\') {
            if (++i == s.len || (s.data[i] != '"' && s.data[i] != '\\')) {
                return NGX_DECLINED;
            }

            c = s.data[i];

        } else if (c == '"' || c <= 0x20 || c >= 0x7f) {
            return NGX_DECLINED;
        }

        *p++ = c;
    }

    key->len = p - key->data;

    return (key->len > RB_IDEMPOTENCY_KEY_MAX) ? NGX_DECLINED : NGX_OK;
}


ngx_uint_t
rb_request_id_valid(const ngx_str_t *id)
{
    size_t  i;
    u_char  c;

    if (id->len < 8 || id->len > 128) {
        return 0;
    }

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
rb_traceparent_valid(const ngx_str_t *value)
{
    u_char      *p;
    ngx_uint_t   trace, parent, unused;

    enum { version = 0, trace_id = 3, parent_id = 36, flags = 53, end = 55 };

    p = value->data;

    if (value->len < end
        || p[trace_id - 1] != '-' || p[parent_id - 1] != '-'
        || p[flags - 1] != '-'
        || !rb_lower_hex(p + version, 2, &unused)
        || !rb_lower_hex(p + trace_id, 32, &trace) || !trace
        || !rb_lower_hex(p + parent_id, 16, &parent) || !parent
        || !rb_lower_hex(p + flags, 2, &unused))
    {
        return 0;
    }

    if (p[0] == '0' && p[1] == '0') {
        return value->len == end;
    }

    if (p[0] == 'f' && p[1] == 'f') {
        return 0;
    }

    return value->len == end || p[end] == '-';
}


/* Returns 0 at the end.  The piece is trimmed; it may be empty. */

static ngx_uint_t
rb_cut(ngx_str_t *rest, u_char separator, ngx_str_t *piece)
{
    size_t      i;
    u_char      c;
    ngx_uint_t  quoted;

    if (rest->len == 0) {
        piece->data = rest->data;
        piece->len = 0;
        return 0;
    }

    quoted = 0;

    for (i = 0; i < rest->len; i++) {
        c = rest->data[i];

        if (c == '"') {
            quoted = !quoted;

        } else if (quoted && c == '\\') {
            i++;

        } else if (!quoted && c == separator) {
            break;
        }
    }

    i = ngx_min(i, rest->len);

    piece->data = rest->data;
    piece->len = i;
    rb_trim(piece);

    if (i < rest->len) {
        i++;
    }

    rest->data += i;
    rest->len -= i;

    return 1;
}


static void
rb_trim(ngx_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        s->data++;
        s->len--;
    }

    while (s->len
           && (s->data[s->len - 1] == ' ' || s->data[s->len - 1] == '\t'))
    {
        s->len--;
    }
}


static ngx_uint_t
rb_same(const ngx_str_t *s, const char *literal)
{
    return s->len == ngx_strlen(literal)
           && ngx_strncasecmp(s->data, (u_char *) literal, s->len) == 0;
}


/* "name=value"; a quoted value loses its quotes. */

static ngx_uint_t
rb_name_value(const ngx_str_t *piece, ngx_str_t *name, ngx_str_t *value)
{
    u_char  *equals, *end;

    end = piece->data + piece->len;
    equals = ngx_strlchr(piece->data, end, '=');

    if (equals == NULL) {
        return 0;
    }

    name->data = piece->data;
    name->len = equals - piece->data;

    value->data = equals + 1;
    value->len = end - value->data;

    if (value->len >= 2 && value->data[0] == '"' && end[-1] == '"') {
        value->data++;
        value->len -= 2;
    }

    return 1;
}


/* The q among parameters: NGX_ERROR when it is malformed. */

static ngx_int_t
rb_weight(ngx_str_t *params)
{
    ngx_str_t  piece, name, value;

    while (rb_cut(params, ';', &piece)) {

        if (rb_name_value(&piece, &name, &value) && rb_same(&name, "q")) {
            return rb_weight_parse(&value);
        }
    }

    return RB_WEIGHT_MAX;
}


/* RFC 9110 §12.4.2: 0 or 1 with at most three decimals. */

static ngx_int_t
rb_weight_parse(const ngx_str_t *s)
{
    size_t     i;
    ngx_int_t  weight, unit;

    if (s->len == 0 || s->len > 5 || (s->data[0] != '0' && s->data[0] != '1')
        || (s->len > 1 && s->data[1] != '.'))
    {
        return NGX_ERROR;
    }

    weight = (s->data[0] - '0') * RB_WEIGHT_MAX;
    unit = RB_WEIGHT_MAX / 10;

    for (i = 2; i < s->len; i++) {

        if (s->data[i] < '0' || s->data[i] > '9') {
            return NGX_ERROR;
        }

        weight += (s->data[i] - '0') * unit;
        unit /= 10;
    }

    return (weight > RB_WEIGHT_MAX) ? NGX_ERROR : weight;
}


static ngx_uint_t
rb_lower_hex(const u_char *p, size_t len, ngx_uint_t *nonzero)
{
    size_t  i;

    *nonzero = 0;

    for (i = 0; i < len; i++) {

        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f'))) {
            return 0;
        }

        *nonzero |= (p[i] != '0');
    }

    return 1;
}
