
/*
 * Writing: strings are copied and looked through in one pass, 16 bytes at a
 * time with SSE2, else eight in a general register; only a byte that must be
 * escaped leaves that loop.  Room for the whole string and its closing quote
 * is made first, so that the loop needs no check.
 *
 * Parsing: jansson's parser calls itself for each level of nesting, so depth
 * is bounded by a look through the text before it starts.  That look knows
 * strings, because brackets in them nest nothing.  It needs no more of the
 * grammar: in text that isn't JSON it may count wrong, but never less levels
 * than the parser gets to before it finds the error.
 */


#include "base/rb_json.h"
#include "base/rb_utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif


#define RB_JSON_ONES   0x0101010101010101ull
#define RB_JSON_HIGHS  0x8080808080808080ull

#define RB_JSON_INT_LEN  (sizeof("-9223372036854775808") - 1)


/* What jansson complains about, in words for people. */

typedef struct {
    enum json_error_code    error;
    const char             *code;
    const char             *ko;
    const char             *en;
} rb_json_error_t;


static const rb_json_error_t  rb_json_errors[] = {

    { json_error_premature_end_of_input, "unexpected_end",
      "%ui행 %ui열에서 JSON이 중간에 끝났습니다. 끝까지 보내 주세요.",
      "The JSON ends too early, at line %ui, column %ui. Send all of it." },

    { json_error_end_of_input_expected, "trailing_content",
      "%ui행 %ui열: JSON 값 뒤에 다른 내용이 있습니다. 값 하나만 보내 주세요.",
      "Line %ui, column %ui: there is something after the JSON value. Send "
      "one value only." },

    { json_error_invalid_utf8, "invalid_utf8",
      "%ui행 %ui열에 잘못된 UTF-8이 있습니다. UTF-8로 저장해 보내 주세요.",
      "Line %ui, column %ui: this is not valid UTF-8. Encode the text as "
      "UTF-8." },

    { json_error_duplicate_key, "duplicate_key",
      "%ui행 %ui열: 같은 이름의 항목이 두 번 있습니다. 하나만 남겨 주세요.",
      "Line %ui, column %ui: a member is there twice. Keep one of them." },

    { json_error_null_byte_in_key, "nul_character",
      "%ui행 %ui열: 이름에 NUL 문자(\\u0000)를 쓸 수 없습니다.",
      "Line %ui, column %ui: a name may not have a NUL character (\\u0000)." },

    { json_error_null_character, "nul_character",
      "%ui행 %ui열: 문자열에 NUL 문자(\\u0000)를 쓸 수 없습니다.",
      "Line %ui, column %ui: a string may not have a NUL character "
      "(\\u0000)." },

    { json_error_numeric_overflow, "number_too_large",
      "%ui행 %ui열: 수가 너무 큽니다. 더 작은 수를 써 주세요.",
      "Line %ui, column %ui: the number is too large. Use a smaller one." },

    /* the last one stands for all others */

    { json_error_invalid_syntax, "invalid_json",
      "%ui행 %ui열에서 JSON 문법이 틀렸습니다. 그 앞뒤를 확인해 주세요.",
      "The JSON has a syntax error near line %ui, column %ui. Check what is "
      "there." }
};


static size_t rb_json_copy_plain(u_char *dst, const u_char *src, size_t n);
static u_char *rb_json_escape(u_char *p, u_char c);
static const u_char *rb_json_too_deep(const ngx_str_t *text);
static rb_err_t *rb_json_depth_error(ngx_pool_t *pool, const ngx_str_t *text,
    const u_char *where);
static rb_err_t *rb_json_parse_error(ngx_pool_t *pool,
    const json_error_t *error);
static void rb_json_drop(void *data);


void
rb_json_open(rb_json_t *j, u_char c)
{
    u_char  text[2] = { ',', c };

    rb_buf_add(j->buf, text + !j->comma, 1 + j->comma);
    j->comma = 0;
}


void
rb_json_close(rb_json_t *j, u_char c)
{
    rb_buf_add(j->buf, &c, 1);
    j->comma = 1;
}


void
rb_json_key_n(rb_json_t *j, const char *name, size_t len)
{
    if (j->comma) {
        rb_buf_add_lit(j->buf, ",");
    }

    rb_json_quote(j->buf, (const u_char *) name, len);
    rb_buf_add_lit(j->buf, ":");

    j->comma = 0;
}


void
rb_json_str(rb_json_t *j, const ngx_str_t *s)
{
    if (s->data == NULL) {
        rb_json_null(j);
        return;
    }

    if (j->comma) {
        rb_buf_add_lit(j->buf, ",");
    }

    rb_json_quote(j->buf, s->data, s->len);
    j->comma = 1;
}


void
rb_json_int(rb_json_t *j, int64_t n)
{
    u_char    *p, text[RB_JSON_INT_LEN];
    uint64_t   left;

    p = text + sizeof(text);
    left = (n < 0) ? 0 - (uint64_t) n : (uint64_t) n;

    do {
        *--p = '0' + left % 10;
        left /= 10;
    } while (left);

    if (n < 0) {
        *--p = '-';
    }

    rb_json_raw(j, p, text + sizeof(text) - p);
}


void
rb_json_bool(rb_json_t *j, ngx_uint_t b)
{
    if (b) {
        rb_json_raw(j, "true", 4);

    } else {
        rb_json_raw(j, "false", 5);
    }
}


void
rb_json_null(rb_json_t *j)
{
    rb_json_raw(j, "null", 4);
}


void
rb_json_raw(rb_json_t *j, const void *text, size_t len)
{
    if (j->comma) {
        rb_buf_add_lit(j->buf, ",");
    }

    rb_buf_add(j->buf, text, len);
    j->comma = 1;
}


void
rb_json_quote(rb_buf_t *b, const u_char *data, size_t len)
{
    size_t  run;

    /* two quotes now; room for what is left and the second one always */

    if ((size_t) (b->end - b->last) < len + 2
        && rb_buf_grow(b, len + 2) != NGX_OK)
    {
        return;
    }

    *b->last++ = '"';

    for ( ;; ) {
        run = rb_json_copy_plain(b->last, data, len);

        b->last += run;
        data += run;
        len -= run;

        if (len == 0) {
            break;
        }

        if ((size_t) (b->end - b->last) < len + 6
            && rb_buf_grow(b, len + 6) != NGX_OK)
        {
            return;
        }

        b->last = rb_json_escape(b->last, *data++);
        len--;
    }

    *b->last++ = '"';
}


static ngx_inline ngx_uint_t
rb_json_special(u_char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}


/*
 * Copies up to the first byte that must be escaped; returns how many.  It may
 * write beyond them, but not beyond n.
 */

static size_t
rb_json_copy_plain(u_char *dst, const u_char *src, size_t n)
{
    size_t    i;
    uint64_t  w, quote, slash, found;

    i = 0;

#if defined(__SSE2__)

    for ( /* void */ ; n - i >= 16; i += 16) {
        int      mask;
        __m128i  v, special;

        v = _mm_loadu_si128((const __m128i *) (const void *) (src + i));
        _mm_storeu_si128((__m128i *) (void *) (dst + i), v);

        /* the lesser of v and 0x1f is v: a control character */
        special = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
        special = _mm_or_si128(special, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
        special = _mm_or_si128(special,
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

        mask = _mm_movemask_epi8(special);

        if (mask) {
            return i + __builtin_ctz(mask);
        }
    }

#endif

    for ( /* void */ ; n - i >= 8; i += 8) {
        ngx_memcpy(&w, src + i, 8);
        ngx_memcpy(dst + i, &w, 8);

        /* subtracting borrows from the high bit of a byte that was less; a
         * byte after such a one may be taken for special, so the loop below
         * looks again */
        quote = w ^ RB_JSON_ONES * '"';
        slash = w ^ RB_JSON_ONES * '\\';

        found = ((w - RB_JSON_ONES * 0x20) & ~w)
                | ((quote - RB_JSON_ONES) & ~quote)
                | ((slash - RB_JSON_ONES) & ~slash);

        if (found & RB_JSON_HIGHS) {
            break;
        }
    }

    for ( /* void */ ; i < n && !rb_json_special(src[i]); i++) {
        dst[i] = src[i];
    }

    return i;
}


static u_char *
rb_json_escape(u_char *p, u_char c)
{
    u_char  letter;

    static const u_char  hex[] = "0123456789abcdef";

    /* RFC 8259 §7; the others have no short form */

    static const u_char  letters[0x60] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
        ['"'] = '"', ['\\'] = '\\'
    };

    letter = letters[c];

    *p++ = '\\';

    if (letter) {
        *p++ = letter;
        return p;
    }

    *p++ = 'u';
    *p++ = '0';
    *p++ = '0';
    *p++ = hex[c >> 4];
    *p++ = hex[c & 0xf];

    return p;
}


rb_err_t *
rb_json_parse(ngx_pool_t *pool, const ngx_str_t *text, json_t **root)
{
    json_error_t         error;
    const u_char        *where;
    ngx_pool_cleanup_t  *cln;

    where = rb_json_too_deep(text);

    if (where) {
        return rb_json_depth_error(pool, text, where);
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return &rb_err_internal;
    }

    *root = json_loadb((const char *) text->data, text->len,
                       JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &error);

    if (*root == NULL) {
        return rb_json_parse_error(pool, &error);
    }

    cln->handler = rb_json_drop;
    cln->data = *root;

    return NULL;
}


/* Where nesting first exceeds the limit; or NULL. */

static const u_char *
rb_json_too_deep(const ngx_str_t *text)
{
    ngx_uint_t     depth, string;
    const u_char  *p, *end;

    depth = 0;
    string = 0;

    end = text->data + text->len;

    for (p = text->data; p < end; p++) {

        if (string) {
            if (*p == '\\') {
                p++;

            } else if (*p == '"' || *p == '\n') {
                /* a string can't hold a line break: the parser stops here,
                 * what follows doesn't matter */
                string = 0;
            }

            continue;
        }

        if (*p == '"') {
            string = 1;

        } else if (*p == '{' || *p == '[') {
            if (++depth > RB_JSON_DEPTH_MAX) {
                return p;
            }

        } else if ((*p == '}' || *p == ']') && depth) {
            depth--;
        }
    }

    return NULL;
}


static rb_err_t *
rb_json_depth_error(ngx_pool_t *pool, const ngx_str_t *text,
    const u_char *where)
{
    ngx_str_t      name = ngx_string("body");
    ngx_uint_t     line, column;
    const u_char  *p, *start;

    line = 1;
    start = text->data;

    for (p = text->data; p < where; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }

    column = rb_utf8_length(start, where - start) + 1;

    return rb_err_add_field(NULL, pool, &name, "too_deep",
        "%ui행 %ui열: 괄호가 너무 깊게 겹쳐 있습니다. %d단계까지만 쓸 수 "
        "있습니다.",
        "Line %ui, column %ui: this is nested too deeply. At most %d levels "
        "are accepted.",
        line, column, RB_JSON_DEPTH_MAX);
}


static rb_err_t *
rb_json_parse_error(ngx_pool_t *pool, const json_error_t *error)
{
    ngx_str_t               name = ngx_string("body");
    ngx_uint_t              i, line, column;
    enum json_error_code    code;

    code = json_error_code(error);

    if (code == json_error_out_of_memory) {
        return &rb_err_internal;
    }

    for (i = 0; i < rb_array_size(rb_json_errors) - 1; i++) {
        if (rb_json_errors[i].error == code) {
            break;
        }
    }

    /* -1 when there is nothing to point at: empty text */
    line = ngx_max(error->line, 1);
    column = ngx_max(error->column, 1);

    return rb_err_add_field(NULL, pool, &name, rb_json_errors[i].code,
                            rb_json_errors[i].ko, rb_json_errors[i].en,
                            line, column);
}


static void
rb_json_drop(void *data)
{
    json_decref(data);
}
