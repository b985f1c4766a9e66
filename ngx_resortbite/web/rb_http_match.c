
/*
 * If-Match (RFC 9110 §13.1.1) of a request that changes something.  Entity
 * tags of what can be edited are revisions: "7".  They are compared in the
 * statement that makes the change, under the row's lock, and nowhere else.
 */


#include "web/rb_http_fields.h"


#define RB_HTTP_REVISION_DIGITS  9
#define RB_HTTP_REVISIONS_MAX    16


static ngx_int_t rb_http_match_tag(rb_buf_t *b, u_char **p, u_char *last);
static rb_err_t *rb_http_match_bare(rb_req_t *req, const ngx_str_t *value);


/* A list that names no revision of ours matches nothing. */

rb_err_t *
rb_http_check_match(rb_req_t *req, ngx_http_request_t *r)
{
    u_char      *p, *last;
    rb_buf_t     b;
    ngx_str_t    value;
    ngx_uint_t   n;

    static const ngx_str_t  name = ngx_string("if-match");

    ngx_str_null(&req->if_match);

    if (!rb_http_find(r, &name, &value)) {
        return req->route->if_match ? &rb_err_precondition_required : NULL;
    }

    if (value.len == 1 && value.data[0] == '*') {
        return NULL;
    }

    (void) rb_buf_init(&b, req->task.pool, 64);
    rb_buf_add_lit(&b, "{");

    p = value.data;
    last = p + value.len;

    for (n = 0; p < last && n < RB_HTTP_REVISIONS_MAX; /* void */ ) {

        if (rb_http_match_tag(&b, &p, last) == NGX_OK) {
            n++;
        }
    }

    if (b.failed) {
        return &rb_err_internal;
    }

    if (n == 0) {
        return rb_http_match_bare(req, &value);
    }

    b.last[-1] = '}';

    req->if_match.data = b.start;
    req->if_match.len = rb_buf_len(&b);

    return NULL;
}


/* Writes "7," of the next tag; of any other than a revision, nothing. */

static ngx_int_t
rb_http_match_tag(rb_buf_t *b, u_char **p, u_char *last)
{
    size_t   i;
    u_char  *tag, *end;

    tag = *p;
    end = ngx_strlchr(tag, last, ',');
    end = end ? end : last;
    *p = end + 1;

    while (tag < end && (*tag == ' ' || *tag == '\t')) {
        tag++;
    }

    while (tag < end && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    if (end - tag < 3 || end - tag > RB_HTTP_REVISION_DIGITS + 2
        || *tag != '"' || end[-1] != '"')
    {
        return NGX_DECLINED;
    }

    for (i = 1; tag + i < end - 1; i++) {
        if (tag[i] < '0' || tag[i] > '9') {
            return NGX_DECLINED;
        }
    }

    rb_buf_add(b, tag + 1, end - tag - 2);
    rb_buf_add_lit(b, ",");

    return NGX_OK;
}


/* A number without its quotes is the one mistake that is worth a word. */

static rb_err_t *
rb_http_match_bare(rb_req_t *req, const ngx_str_t *value)
{
    ngx_str_t  field;

    if (ngx_atoi(value->data, value->len) == NGX_ERROR) {
        return &rb_err_precondition;
    }

    ngx_str_set(&field, "If-Match");

    return rb_err_add_field(NULL, req->task.pool, &field, "not_quoted",
                            "따옴표까지 ETag입니다: \"%V\"로 보내 주세요.",
                            "the quotes belong to an ETag: send \"%V\".",
                            value);
}
