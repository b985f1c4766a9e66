
/*
 * Writing rows as JSON, which is most of what a request that asks PostgreSQL
 * costs here.
 *
 * A view is compiled into a plan: a list of nodes, one a field and one an
 * object that fields nest in, the object's before those of its fields.  A
 * node holds the text that precedes its value, comma and quotes and all
 * (`,"id":'), padded so that it is copied 16 bytes at a time without a look
 * at its length.  A node that isn't kept is skipped by its mask, an object
 * with all that is in it by the index of its end.
 *
 * Plans are made before the workers are forked, so that they share them, and
 * live as long as the code: across reloads, whichever succeed.
 */


#include "web/rb_view.h"
#include "base/rb_week.h"


#define RB_VIEW_PAD     16
#define RB_VIEW_DEPTH   8               /* objects within objects */

/* what a key has around the name, and after it */
#define RB_VIEW_AROUND  (sizeof(",\"\":") - 1 + RB_VIEW_PAD)

#define RB_VIEW_OBJECT  ((ngx_uint_t) -1)


typedef struct {
    uint64_t      mask;                 /* of the field; of all within */
    u_char       *key;                  /* `,"name":' */
    size_t        key_len;
    ngx_uint_t    column;               /* of an object: its first field's */
    ngx_uint_t    type;                 /* or RB_VIEW_OBJECT */
    ngx_uint_t    end;                  /* of an object: the node after it */
} rb_view_node_t;


struct rb_view_plan_s {
    rb_view_plan_t    *next;
    ngx_uint_t         count;
    u_char            *text;            /* all keys, after the nodes */
    rb_view_node_t     nodes[];
};


/* What writing one row needs. */

typedef struct {
    const rb_view_plan_t  *plan;
    const rb_view_t       *view;
    const rb_pg_rows_t    *rows;
    ngx_uint_t             row;
    uint64_t               mask;
    rb_buf_t              *buf;
} rb_view_writer_t;


static ngx_uint_t rb_view_count_parts(const rb_view_t *view, size_t *bytes);
static const char *rb_view_compile(const rb_view_t *view,
    rb_view_plan_t *plan);
static rb_view_node_t *rb_view_add_node(rb_view_plan_t *plan, u_char **text,
    const u_char *name, size_t len);
static const char *rb_view_check_names(const rb_view_plan_t *plan,
    ngx_uint_t first, ngx_uint_t end);
static size_t rb_view_shared(const ngx_str_t *a, const ngx_str_t *b);
static void rb_view_write_nodes(rb_view_writer_t *w, ngx_uint_t first,
    ngx_uint_t end);
static ngx_uint_t rb_view_is_null(rb_view_writer_t *w,
    const rb_view_node_t *node);
static void rb_view_key(rb_buf_t *b, const rb_view_node_t *node,
    ngx_uint_t first, size_t more);
static void rb_view_week(rb_buf_t *b, const ngx_str_t *bits);
static void rb_view_value(rb_buf_t *b, ngx_uint_t type,
    const ngx_str_t *value);
static ngx_uint_t rb_view_is_number(const ngx_str_t *s);
static uint64_t rb_view_named(const rb_view_t *view, const ngx_str_t *name);
static ngx_uint_t rb_view_matches(const ngx_str_t *field,
    const ngx_str_t *name);


static rb_view_plan_t  *rb_view_plans;


const char *
rb_view_prepare(const rb_view_t *view)
{
    size_t           size;
    ngx_uint_t       parts;
    const char      *wrong;
    rb_view_plan_t  *plan;

    if (*view->plan) {
        return NULL;
    }

    if (view->count == 0 || view->count > RB_VIEW_FIELDS_MAX) {
        return "must have 1 to 64 fields";
    }

    /* each part of a name may become a node */
    parts = rb_view_count_parts(view, &size);

    size += sizeof(rb_view_plan_t)
            + parts * (sizeof(rb_view_node_t) + RB_VIEW_AROUND);

    plan = ngx_alloc(size, ngx_cycle->log);
    if (plan == NULL) {
        return "could not be prepared: out of memory";
    }

    ngx_memzero(plan, size);
    plan->text = (u_char *) &plan->nodes[parts];

    wrong = rb_view_compile(view, plan);

    if (wrong) {
        ngx_free(plan);
        return wrong;
    }

    plan->next = rb_view_plans;
    rb_view_plans = plan;

    *view->plan = plan;

    return NULL;
}


static ngx_uint_t
rb_view_count_parts(const rb_view_t *view, size_t *bytes)
{
    size_t            k;
    ngx_uint_t        i, parts;
    const ngx_str_t  *name;

    *bytes = 0;
    parts = view->count;

    for (i = 0; i < view->count; i++) {
        name = &view->fields[i].name;
        *bytes += name->len;

        for (k = 0; k < name->len; k++) {
            parts += (name->data[k] == '.');
        }
    }

    return parts;
}


/* When the module is unloaded, its variables go, and with them the plans. */

static void __attribute__((destructor))
rb_view_unload(void)
{
    rb_view_plan_t  *plan;

    while (rb_view_plans) {
        plan = rb_view_plans;
        rb_view_plans = plan->next;
        ngx_free(plan);
    }
}


/*
 * Fields come in order; `open' are the objects that the current one nests in,
 * and `path' the name as far as it belongs to them, with its last dot.
 */

static const char *
rb_view_compile(const rb_view_t *view, rb_view_plan_t *plan)
{
    size_t           start[RB_VIEW_DEPTH + 1], shared;
    u_char          *text, *dot, *p, *last;
    ngx_str_t        path;
    ngx_uint_t       i, d, depth;
    rb_view_node_t  *node, *open[RB_VIEW_DEPTH];

    depth = 0;
    start[0] = 0;
    text = plan->text;
    ngx_str_null(&path);

    for (i = 0; i < view->count; i++) {
        p = view->fields[i].name.data;
        last = p + view->fields[i].name.len;

        shared = rb_view_shared(&path, &view->fields[i].name);

        for ( /* void */ ; depth && start[depth] > shared; depth--) {
            open[depth - 1]->end = plan->count;
        }

        for (p += start[depth]; ; p = dot + 1) {
            dot = ngx_strlchr(p, last, '.');

            if (dot == NULL) {
                break;
            }

            if (dot == p) {
                return "has a field without a name";
            }

            if (depth == RB_VIEW_DEPTH) {
                return "nests too deeply";
            }

            open[depth] = rb_view_add_node(plan, &text, p, dot - p);
            open[depth]->type = RB_VIEW_OBJECT;
            open[depth]->column = i;

            start[++depth] = dot + 1 - view->fields[i].name.data;
        }

        if (p == last) {
            return "has a field without a name";
        }

        node = rb_view_add_node(plan, &text, p, last - p);
        node->column = i;
        node->type = view->fields[i].type;
        node->mask = (uint64_t) 1 << i;

        for (d = 0; d < depth; d++) {
            open[d]->mask |= node->mask;
        }

        path.data = view->fields[i].name.data;
        path.len = start[depth];
    }

    while (depth) {
        open[--depth]->end = plan->count;
    }

    return rb_view_check_names(plan, 0, plan->count);
}


static rb_view_node_t *
rb_view_add_node(rb_view_plan_t *plan, u_char **text, const u_char *name,
    size_t len)
{
    u_char          *p;
    rb_view_node_t  *node;

    node = &plan->nodes[plan->count++];
    node->key = *text;

    p = *text;
    *p++ = ',';
    *p++ = '"';
    p = ngx_cpymem(p, name, len);
    *p++ = '"';
    *p++ = ':';

    node->key_len = p - *text;
    *text = p + RB_VIEW_PAD;

    return node;
}


/* An object's members have different names, within other objects too. */

static const char *
rb_view_check_names(const rb_view_plan_t *plan, ngx_uint_t first,
    ngx_uint_t end)
{
    const char            *wrong;
    ngx_uint_t             i, k, next;
    const rb_view_node_t  *a, *b;

    for (i = first; i < end; i = next) {
        a = &plan->nodes[i];
        next = (a->type == RB_VIEW_OBJECT) ? a->end : i + 1;

        for (k = next; k < end;
             k = (b->type == RB_VIEW_OBJECT) ? b->end : k + 1)
        {
            b = &plan->nodes[k];

            if (a->key_len == b->key_len
                && ngx_memcmp(a->key, b->key, a->key_len) == 0)
            {
                return "has a name twice, or an object's fields apart";
            }
        }

        if (a->type == RB_VIEW_OBJECT) {
            wrong = rb_view_check_names(plan, i + 1, a->end);

            if (wrong) {
                return wrong;
            }
        }
    }

    return NULL;
}


static size_t
rb_view_shared(const ngx_str_t *a, const ngx_str_t *b)
{
    size_t  i, n;

    n = ngx_min(a->len, b->len);

    for (i = 0; i < n && a->data[i] == b->data[i]; i++) { /* void */ }

    return i;
}


void
rb_view_write(rb_json_t *json, const rb_view_t *view,
    const rb_pg_rows_t *rows, ngx_uint_t row, uint64_t mask)
{
    rb_view_writer_t  w;

    if (*view->plan == NULL && rb_view_prepare(view) != NULL) {
        json->buf->failed = 1;
        json->buf->end = json->buf->last;
        return;
    }

    w.plan = *view->plan;
    w.view = view;
    w.rows = rows;
    w.row = row;
    w.mask = mask;
    w.buf = json->buf;

    rb_json_open(json, '{');
    rb_view_write_nodes(&w, 0, w.plan->count);
    rb_json_close(json, '}');
}


static void
rb_view_write_nodes(rb_view_writer_t *w, ngx_uint_t first, ngx_uint_t end)
{
    ngx_str_t              value;
    ngx_uint_t             i, comma;
    const rb_view_node_t  *node;

    comma = 0;

    for (i = first; i < end; i++) {
        node = &w->plan->nodes[i];

        if ((node->mask & w->mask) == 0) {
            if (node->type == RB_VIEW_OBJECT) {
                i = node->end - 1;
            }

            continue;
        }

        if (node->type != RB_VIEW_OBJECT) {
            value = rb_pg_value(w->rows, w->row, node->column);
            rb_view_key(w->buf, node, !comma, value.len);
            rb_view_value(w->buf, node->type, &value);

        } else {
            rb_view_key(w->buf, node, !comma, 0);

            if (rb_view_is_null(w, node)) {
                rb_buf_add_lit(w->buf, "null");

            } else {
                rb_buf_add_lit(w->buf, "{");
                rb_view_write_nodes(w, i + 1, node->end);
                rb_buf_add_lit(w->buf, "}");
            }

            i = node->end - 1;
        }

        comma = 1;
    }
}


/*
 * All columns count, not only those asked for: which of them are doesn't
 * change whether the object is there.
 */

static ngx_uint_t
rb_view_is_null(rb_view_writer_t *w, const rb_view_node_t *node)
{
    uint64_t    left;
    ngx_str_t   value;
    ngx_uint_t  column;

    column = node->column;

    for (left = node->mask >> column; left; left >>= 1) {
        value = rb_pg_value(w->rows, w->row, column++);

        if (value.data) {
            return 0;
        }
    }

    return 1;
}


/* Writes the key, without its comma if it is the first. */

static void
rb_view_key(rb_buf_t *b, const rb_view_node_t *node, ngx_uint_t first,
    size_t more)
{
    size_t         i, len;
    const u_char  *key;

    len = node->key_len;

    /* with room for a plain value, so that it rarely needs to ask again */
    more += len + 2 * RB_VIEW_PAD;

    if ((size_t) (b->end - b->last) < more && rb_buf_grow(b, more) != NGX_OK) {
        return;
    }

    key = node->key + first;
    len -= first;

    for (i = 0; i < len; i += RB_VIEW_PAD) {
        ngx_memcpy(b->last + i, key + i, RB_VIEW_PAD);
    }

    b->last += len;
}


static void
rb_view_value(rb_buf_t *b, ngx_uint_t type, const ngx_str_t *value)
{
    if (value->data == NULL) {
        rb_buf_add_lit(b, "null");
        return;
    }

    switch (type) {

    case RB_VIEW_STRING:
        rb_json_quote(b, value->data, value->len);
        break;

    case RB_VIEW_BOOL:
        if (value->len && value->data[0] == 't') {
            rb_buf_add_lit(b, "true");

        } else {
            rb_buf_add_lit(b, "false");
        }

        break;

    case RB_VIEW_INTEGER:
    case RB_VIEW_NUMBER:
        if (rb_view_is_number(value)) {
            rb_buf_add_str(b, value);

        } else {
            /* JSON has no NaN and no Infinity */
            rb_buf_add_lit(b, "null");
        }

        break;

    case RB_VIEW_JSON:
        rb_buf_add_str(b, value);
        break;

    case RB_VIEW_WEEK:
        rb_view_week(b, value);
        break;

    default: /* RB_VIEW_UUID, RB_VIEW_CODE, RB_VIEW_DATE, RB_VIEW_TIME */
        rb_buf_add_lit(b, "\"");
        rb_buf_add_str(b, value);
        rb_buf_add_lit(b, "\"");
    }
}


static void
rb_view_week(rb_buf_t *b, const ngx_str_t *bits)
{
    rb_week_t  week;

    if (rb_week_from_bits(bits, &week) == NGX_OK) {
        rb_week_write(b, &week);

    } else {
        rb_buf_add_lit(b, "null");
    }
}


/* PostgreSQL's numbers are JSON's, except those that are none. */

static ngx_uint_t
rb_view_is_number(const ngx_str_t *s)
{
    return s->len && s->data[s->len - 1] >= '0' && s->data[s->len - 1] <= '9';
}


ngx_int_t
rb_view_mask(const rb_view_t *view, const ngx_str_t *fields, uint64_t *mask,
    ngx_str_t *unknown)
{
    u_char     *p, *last, *comma;
    uint64_t    found;
    ngx_str_t   name, id = ngx_string("id");

    *mask = rb_view_named(view, &id);

    p = fields->data;
    last = p + fields->len;

    for ( ;; ) {
        comma = ngx_strlchr(p, last, ',');

        name.data = p;
        name.len = (comma ? comma : last) - p;

        found = rb_view_named(view, &name);

        if (found == 0) {
            *unknown = name;
            return NGX_DECLINED;
        }

        *mask |= found;

        if (comma == NULL) {
            return NGX_OK;
        }

        p = comma + 1;
    }
}


void
rb_view_names(rb_buf_t *b, const rb_view_t *view, uint64_t mask)
{
    u_char      *dot, *last;
    uint64_t     within;
    ngx_str_t    name;
    ngx_uint_t   i, first;

    first = 1;

    for (i = 0; i < view->count; i++) {

        if ((mask & ((uint64_t) 1 << i)) == 0) {
            continue;
        }

        /* the outermost object that is whole, or else the field itself */

        name = view->fields[i].name;
        last = name.data + name.len;

        for (dot = name.data; /* void */ ; dot++) {
            dot = ngx_strlchr(dot, last, '.');
            name.len = (dot ? dot : last) - name.data;

            within = rb_view_named(view, &name);

            if (dot == NULL || (within & ~mask) == 0) {
                break;
            }
        }

        if (!first) {
            rb_buf_add_lit(b, ",");
        }

        rb_buf_add_str(b, &name);

        mask &= ~within;
        first = 0;
    }
}


/* The fields that a name stands for: a bit each. */

static uint64_t
rb_view_named(const rb_view_t *view, const ngx_str_t *name)
{
    uint64_t    fields;
    ngx_uint_t  i;

    fields = 0;

    for (i = 0; i < view->count; i++) {
        if (rb_view_matches(&view->fields[i].name, name)) {
            fields |= (uint64_t) 1 << i;
        }
    }

    return fields;
}


/* The field is of that name, or within the object of that name. */

static ngx_uint_t
rb_view_matches(const ngx_str_t *field, const ngx_str_t *name)
{
    return name->len
           && field->len >= name->len
           && ngx_memcmp(field->data, name->data, name->len) == 0
           && (field->len == name->len || field->data[name->len] == '.');
}
