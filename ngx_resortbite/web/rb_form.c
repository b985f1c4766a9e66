
/*
 * Two fields of one name are two readings of a form, and whoever checks the
 * one may not be who uses the other; so all of them are refused (RFC 6749
 * §3.2 asks for it), a second one without a value, too.
 *
 * Texts are kept as they were typed beside the values: a form that is shown
 * again shows what was wrong with what.
 */


#include "web/rb_form.h"


#define RB_FORM_UNKNOWN_MAX  16


/* What parsing works with beside rb_params_t. */

typedef struct {
    rb_req_t           *req;
    const rb_param_t   *params;
    uint64_t            refused;        /* bit i: told already */
    ngx_uint_t          unknown;
    unsigned            csrf_refused:1;
} rb_form_t;


static void rb_form_field(rb_params_t *ps, rb_form_t *form, ngx_str_t *name,
    const ngx_str_t *value);
static void rb_form_take(rb_params_t *ps, rb_form_t *form, ngx_uint_t i,
    const ngx_str_t *value);
static void rb_form_repeated(rb_params_t *ps, const ngx_str_t *name);


static const ngx_str_t  rb_form_csrf = ngx_string("csrf");


rb_err_t *
rb_form_parse(rb_req_t *req)
{
    ngx_int_t     rc;
    ngx_str_t     rest, name, value;
    rb_form_t     form;
    ngx_uint_t    i, n, pieces;
    rb_params_t   ps;

    ngx_memzero(&ps, sizeof(rb_params_t));
    ps.pool = req->task.pool;
    ps.lines = 1;

    ngx_memzero(&form, sizeof(rb_form_t));
    form.req = req;
    form.params = req->route->body;

    n = rb_param_count(form.params);

    req->body = ngx_pcalloc(ps.pool, (n + 1) * sizeof(rb_value_t));
    req->form = ngx_pcalloc(ps.pool, (n + 1) * sizeof(ngx_str_t));

    if (req->body == NULL || req->form == NULL) {
        return &rb_err_internal;
    }

    pieces = 0;
    rest = req->raw_body;

    for ( ;; ) {
        rc = rb_pairs_next(&ps, &rest, &pieces, &name, &value);

        if (rc == NGX_DONE || rc == NGX_ABORT) {
            break;
        }

        if (rc == NGX_OK) {
            rb_form_field(&ps, &form, &name, &value);
            continue;
        }

        i = rb_param_find(form.params, &name);

        if (i < n) {
            form.refused |= (uint64_t) 1 << i;
        }
    }

    for (i = 0; i < n; i++) {

        if (form.refused & ((uint64_t) 1 << i)) {
            continue;
        }

        if (req->form[i].len) {
            rb_param_parse(&ps, &form.params[i], &req->form[i],
                           &req->body[i]);

        } else {
            rb_param_absent(&ps, &form.params[i], &req->body[i]);
        }
    }

    return ps.err;
}


static void
rb_form_field(rb_params_t *ps, rb_form_t *form, ngx_str_t *name,
    const ngx_str_t *value)
{
    ngx_uint_t  i;

    i = rb_param_find(form->params, name);

    if (i < rb_param_count(form->params)) {
        rb_form_take(ps, form, i, value);
        return;
    }

    if (name->len == rb_form_csrf.len
        && ngx_memcmp(name->data, rb_form_csrf.data, name->len) == 0)
    {
        if (form->req->csrf.data == NULL) {
            form->req->csrf = *value;

        } else if (!form->csrf_refused) {
            form->csrf_refused = 1;
            rb_form_repeated(ps, &rb_form_csrf);
        }

        return;
    }

    /* nobody corrects more of them at once */

    if (!form->req->route->lenient && form->unknown++ < RB_FORM_UNKNOWN_MAX) {
        rb_param_unknown(ps, form->params, name);
    }
}


static void
rb_form_take(rb_params_t *ps, rb_form_t *form, ngx_uint_t i,
    const ngx_str_t *value)
{
    u_char            *p;
    ngx_str_t         *text;
    const rb_param_t  *param;

    text = &form->req->form[i];
    param = &form->params[i];

    if (text->data == NULL) {
        *text = *value;
        return;
    }

    if (param->type != RB_PARAM_ENUMS) {

        if (!(form->refused & ((uint64_t) 1 << i))) {
            form->refused |= (uint64_t) 1 << i;
            rb_form_repeated(ps, &param->name);
        }

        return;
    }

    if (value->len == 0) {
        return;
    }

    p = ngx_pnalloc(ps->pool, text->len + 1 + value->len);
    if (p == NULL) {
        ps->err = &rb_err_internal;
        return;
    }

    text->len = ngx_sprintf(p, "%V%s%V", text, text->len ? "," : "", value)
                - p;
    text->data = p;
}


static void
rb_form_repeated(rb_params_t *ps, const ngx_str_t *name)
{
    ps->err = rb_err_add_field(ps->err, ps->pool, (ngx_str_t *) name,
                               "repeated", "한 번만 쓸 수 있습니다.",
                               "may be given only once.");
}
