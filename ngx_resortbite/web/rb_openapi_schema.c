
/*
 * The tables that validate and serialise say nearly all that a schema can; a
 * type's schema is a row here, and what a parameter limits goes beside it.
 */


#include "web/rb_openapi_schema.h"
#include "web/rb_param.h"
#include "base/rb_week.h"
#include <stdio.h>


#define RB_OPENAPI_REF_MAX  256


typedef struct {
    const char    *type;                /* NULL: an object or an array */
    const char    *format;              /* or NULL */
} rb_openapi_type_t;


static const rb_openapi_type_t  rb_openapi_param_types[] = {
    [RB_PARAM_STRING] = { "string", NULL },
    [RB_PARAM_INT]    = { "integer", "int64" },
    [RB_PARAM_NUMBER] = { "number", NULL },
    [RB_PARAM_BOOL]   = { "boolean", NULL },
    [RB_PARAM_UUID]   = { "string", "uuid" },
    [RB_PARAM_DATE]   = { "string", "date" },
    [RB_PARAM_ENUM]   = { "string", NULL },
    [RB_PARAM_ENUMS]  = { "array", NULL },
    [RB_PARAM_CURSOR] = { "string", NULL },
    [RB_PARAM_FIELDS] = { "array", NULL },
    [RB_PARAM_JSON]   = { NULL, NULL },
    [RB_PARAM_LABELS] = { "array", NULL },
    [RB_PARAM_ADDRESSES] = { "array", NULL },
    [RB_PARAM_UUIDS]  = { "array", NULL },
    [RB_PARAM_WEEK]   = { "array", NULL }
};


static const rb_openapi_type_t  rb_openapi_view_types[] = {
    [RB_VIEW_STRING]  = { "string", NULL },
    [RB_VIEW_UUID]    = { "string", "uuid" },
    [RB_VIEW_CODE]    = { "string", NULL },
    [RB_VIEW_INTEGER] = { "integer", "int64" },
    [RB_VIEW_NUMBER]  = { "number", NULL },
    [RB_VIEW_BOOL]    = { "boolean", NULL },
    [RB_VIEW_DATE]    = { "string", "date" },
    [RB_VIEW_TIME]    = { "string", "date-time" },
    [RB_VIEW_JSON]    = { NULL, NULL },
    [RB_VIEW_WEEK]    = { "array", NULL }
};


/* Fields [first, end) of a view, whose names begin after `prefix' bytes. */

typedef struct {
    const rb_view_t    *view;
    ngx_uint_t          first;
    ngx_uint_t          end;
    size_t              prefix;
    ngx_uint_t          sparse;
} rb_openapi_object_t;


static void rb_openapi_limits(rb_json_t *j, const rb_param_t *param);
static void rb_openapi_limit(rb_json_t *j, const char *key, double value);
static void rb_openapi_items(rb_json_t *j, rb_param_type_e type);
static void rb_openapi_range(rb_json_t *j);
static ngx_uint_t rb_openapi_members(rb_json_t *j, const rb_param_t **param,
    size_t prefix);
static void rb_openapi_required_of(rb_json_t *j, const rb_param_t *param,
    size_t prefix, const rb_param_t *end);
static void rb_openapi_values(rb_json_t *j, const ngx_str_t *values);
static void rb_openapi_preset(rb_json_t *j, const rb_param_t *param);
static void rb_openapi_preset_array(rb_json_t *j, const ngx_str_t *preset);
static void rb_openapi_field_names(rb_json_t *j, const rb_view_t *view);
static void rb_openapi_object(rb_json_t *j, const rb_openapi_object_t *o);
static void rb_openapi_required(rb_json_t *j, const rb_openapi_object_t *o);
static void rb_openapi_field(rb_json_t *j, const rb_view_field_t *field);
static void rb_openapi_type(rb_json_t *j, const rb_openapi_type_t *type,
    ngx_uint_t nullable);
static void rb_openapi_part(const rb_openapi_object_t *o, ngx_uint_t i,
    ngx_str_t *name, rb_openapi_object_t *within);


void
rb_openapi_member(rb_json_t *j, const char *key, const char *value)
{
    ngx_str_t  s;

    s.data = (u_char *) value;
    s.len = ngx_strlen(value);

    rb_json_key_n(j, key, ngx_strlen(key));
    rb_json_str(j, &s);
}


void
rb_openapi_description(rb_json_t *j, const rb_text_t *text)
{
    ngx_str_t         s;
    rb_buf_t          both;
    const ngx_str_t  *ko, *en;

    ko = &text->in[RB_LANG_KO];
    en = &text->in[RB_LANG_EN];

    if (ko->len == 0 && en->len == 0) {
        return;
    }

    if (rb_buf_init(&both, j->buf->pool, ko->len + en->len + 2) != NGX_OK) {
        j->buf->failed = 1;
        return;
    }

    rb_buf_add_str(&both, ko);

    if (ko->len && en->len) {
        rb_buf_add_lit(&both, "\n\n");
    }

    rb_buf_add_str(&both, en);

    s.data = both.start;
    s.len = rb_buf_len(&both);

    rb_json_key(j, "description");
    rb_json_str(j, &s);
}


void
rb_openapi_ref(rb_json_t *j, const char *section, const ngx_str_t *name)
{
    u_char  *p, text[RB_OPENAPI_REF_MAX];

    p = ngx_snprintf(text, sizeof(text), "\"#/components/%s/%V\"", section,
                     name);

    rb_json_open(j, '{');
    rb_json_key(j, "$ref");
    rb_json_raw(j, text, p - text);
    rb_json_close(j, '}');
}


void
rb_openapi_param_schema(rb_json_t *j, const rb_param_t *param,
    const rb_view_t *view, const rb_text_t *about)
{
    rb_json_open(j, '{');

    rb_openapi_type(j, &rb_openapi_param_types[param->type], 0);

    switch (param->type) {

    case RB_PARAM_ENUM:
        rb_json_key(j, "enum");
        rb_openapi_values(j, param->values);
        break;

    case RB_PARAM_ENUMS:
    case RB_PARAM_FIELDS:
        rb_json_key(j, "items");
        rb_json_open(j, '{');
        rb_openapi_member(j, "type", "string");
        rb_json_key(j, "enum");

        if (param->type == RB_PARAM_ENUMS) {
            rb_openapi_values(j, param->values);

        } else {
            rb_openapi_field_names(j, view);
        }

        rb_json_close(j, '}');
        rb_json_key(j, "uniqueItems");
        rb_json_bool(j, 1);
        break;

    case RB_PARAM_LABELS:
    case RB_PARAM_ADDRESSES:
    case RB_PARAM_UUIDS:
        rb_json_key(j, "items");
        rb_openapi_items(j, param->type);
        rb_openapi_limit(j, "maxItems", param->max);
        break;

    case RB_PARAM_WEEK:
        rb_json_key(j, "items");
        rb_openapi_range(j);
        rb_openapi_limit(j, "minItems", param->min > 0);
        rb_openapi_limit(j, "maxItems", RB_WEEK_RANGES_MAX);
        break;

    default:
        rb_openapi_limits(j, param);
    }

    if (param->preset.len) {
        rb_json_key(j, "default");
        rb_openapi_preset(j, param);
    }

    if (about) {
        rb_openapi_description(j, about);
    }

    rb_json_close(j, '}');
}


static void
rb_openapi_limits(rb_json_t *j, const rb_param_t *param)
{
    if (param->min == 0 && param->max == 0) {
        return;
    }

    switch (param->type) {

    case RB_PARAM_STRING:
        rb_openapi_limit(j, "minLength", param->min);
        rb_openapi_limit(j, "maxLength", param->max);
        break;

    case RB_PARAM_INT:
    case RB_PARAM_NUMBER:
        rb_openapi_limit(j, "minimum", param->min);
        rb_openapi_limit(j, "maximum", param->max);
        break;

    default:
        break;
    }
}


static void
rb_openapi_limit(rb_json_t *j, const char *key, double value)
{
    int   n;
    char  text[32];

    n = snprintf(text, sizeof(text), "%.15g", value);

    rb_json_key_n(j, key, ngx_strlen(key));
    rb_json_raw(j, text, n);
}


static void
rb_openapi_items(rb_json_t *j, rb_param_type_e type)
{
    ngx_str_t  s;

    static const char  label[] =
        "{\"type\":\"string\",\"minLength\":1,\"maxLength\":60}";
    static const char  address[] =
        "{\"type\":\"string\",\"format\":\"uri-reference\","
        "\"maxLength\":500}";
    static const char  uuid[] = "{\"type\":\"string\",\"format\":\"uuid\"}";

    s.data = (u_char *) (type == RB_PARAM_LABELS ? label
                         : type == RB_PARAM_ADDRESSES ? address : uuid);
    s.len = ngx_strlen(s.data);

    rb_json_raw(j, s.data, s.len);
}


/* One of a week's: over midnight when it doesn't end after its start. */

static void
rb_openapi_range(rb_json_t *j)
{
    static const char  range[] =
        "{\"type\":\"object\",\"additionalProperties\":false,"
        "\"properties\":{"
        "\"day\":{\"type\":\"string\",\"enum\":[\"mon\",\"tue\",\"wed\","
        "\"thu\",\"fri\",\"sat\",\"sun\"]},"
        "\"start\":{\"type\":\"string\","
        "\"pattern\":\"^([01][0-9]|2[0-3]):00$\"},"
        "\"end\":{\"type\":\"string\","
        "\"pattern\":\"^([01][0-9]|2[0-4]):00$\"}},"
        "\"required\":[\"day\",\"start\",\"end\"]}";

    rb_json_raw(j, range, sizeof(range) - 1);
}


static void
rb_openapi_values(rb_json_t *j, const ngx_str_t *values)
{
    rb_json_open(j, '[');

    for ( /* void */ ; values->len; values++) {
        rb_json_str(j, values);
    }

    rb_json_close(j, ']');
}


static void
rb_openapi_preset(rb_json_t *j, const rb_param_t *param)
{
    switch (param->type) {

    case RB_PARAM_INT:
    case RB_PARAM_NUMBER:
    case RB_PARAM_BOOL:
        rb_json_raw(j, param->preset.data, param->preset.len);
        break;

    case RB_PARAM_ENUMS:
    case RB_PARAM_FIELDS:
        rb_openapi_preset_array(j, &param->preset);
        break;

    default:
        rb_json_str(j, &param->preset);
    }
}


static void
rb_openapi_preset_array(rb_json_t *j, const ngx_str_t *preset)
{
    u_char     *p, *last, *comma;
    ngx_str_t   value;

    p = preset->data;
    last = p + preset->len;

    rb_json_open(j, '[');

    for ( ;; ) {
        comma = ngx_strlchr(p, last, ',');

        value.data = p;
        value.len = (comma ? comma : last) - p;
        rb_json_str(j, &value);

        if (comma == NULL) {
            break;
        }

        p = comma + 1;
    }

    rb_json_close(j, ']');
}


/* Each field, and before the fields of an object the object itself. */

static void
rb_openapi_field_names(rb_json_t *j, const rb_view_t *view)
{
    size_t            k;
    ngx_str_t         name, object;
    ngx_uint_t        i;
    const ngx_str_t  *before;

    rb_json_open(j, '[');

    for (i = 0; i < view->count; i++) {
        name = view->fields[i].name;

        for (k = 0; k < name.len; k++) {
            if (name.data[k] != '.') {
                continue;
            }

            before = i ? &view->fields[i - 1].name : NULL;

            if (before == NULL || before->len <= k
                || ngx_memcmp(before->data, name.data, k + 1) != 0)
            {
                object.data = name.data;
                object.len = k;
                rb_json_str(j, &object);
            }
        }

        rb_json_str(j, &name);
    }

    rb_json_close(j, ']');
}


void
rb_openapi_body_schema(rb_json_t *j, const rb_route_t *route)
{
    ngx_uint_t         any;
    const rb_param_t  *params;

    static const char  csrf[] = "{\"type\":\"string\"}";

    static const rb_param_t  none[] = { rb_param_end };

    params = route->body ? route->body : none;

    rb_json_open(j, '{');
    rb_openapi_member(j, "type", "object");
    rb_json_key(j, "additionalProperties");
    rb_json_bool(j, route->lenient);

    rb_json_key(j, "properties");
    rb_json_open(j, '{');

    if (route->form && route->page && !route->no_csrf) {
        rb_json_key(j, "csrf");
        rb_json_raw(j, csrf, sizeof(csrf) - 1);
    }

    any = rb_openapi_members(j, &params, 0);

    rb_json_close(j, '}');

    if (any) {
        rb_openapi_required_of(j, route->body, 0, NULL);
    }

    rb_json_close(j, '}');
}


/*
 * Members of an object, from *param on: names that begin with the first
 * `prefix' bytes of its own, one object for those that share the next part.
 * Moves *param past them; says whether any is required.
 */

static ngx_uint_t
rb_openapi_members(rb_json_t *j, const rb_param_t **param, size_t prefix)
{
    size_t             len;
    ngx_uint_t         any;
    const rb_param_t  *first, *within;

    any = 0;
    first = *param;

    while ((*param)->name.len
           && (*param)->name.len > prefix
           && ngx_memcmp((*param)->name.data, first->name.data, prefix) == 0)
    {
        any |= (*param)->required;
        len = rb_param_part(&(*param)->name, prefix);

        rb_json_key_n(j, (char *) (*param)->name.data + prefix, len);

        if (prefix + len == (*param)->name.len) {
            rb_openapi_param_schema(j, *param, NULL, &(*param)->about);
            (*param)++;
            continue;
        }

        within = *param;

        rb_json_open(j, '{');
        rb_openapi_member(j, "type", "object");
        rb_json_key(j, "additionalProperties");
        rb_json_bool(j, 0);
        rb_json_key(j, "properties");
        rb_json_open(j, '{');

        if (rb_openapi_members(j, param, prefix + len + 1)) {
            rb_json_close(j, '}');
            rb_openapi_required_of(j, within, prefix + len + 1, *param);

        } else {
            rb_json_close(j, '}');
        }

        rb_json_close(j, '}');
    }

    return any;
}


/* "required" of the members in [param, end); end NULL: of all there are. */

static void
rb_openapi_required_of(rb_json_t *j, const rb_param_t *param, size_t prefix,
    const rb_param_t *end)
{
    size_t      len;
    ngx_str_t   name, before;

    ngx_str_null(&before);

    rb_json_key(j, "required");
    rb_json_open(j, '[');

    for ( /* void */ ; param != end && param->name.len; param++) {

        if (!param->required) {
            continue;
        }

        len = rb_param_part(&param->name, prefix);

        name.data = param->name.data + prefix;
        name.len = len;

        if (name.len == before.len
            && ngx_memcmp(name.data, before.data, len) == 0)
        {
            continue;
        }

        rb_json_str(j, &name);
        before = name;
    }

    rb_json_close(j, ']');
}


void
rb_openapi_view_schema(rb_json_t *j, const rb_view_t *view, ngx_uint_t sparse)
{
    rb_openapi_object_t  o;

    o.view = view;
    o.first = 0;
    o.end = view->count;
    o.prefix = 0;
    o.sparse = sparse;

    rb_openapi_object(j, &o);
}


static void
rb_openapi_object(rb_json_t *j, const rb_openapi_object_t *o)
{
    ngx_str_t            name;
    ngx_uint_t           i, nullable;
    rb_openapi_object_t  within;

    static const rb_openapi_type_t  object = { "object", NULL };

    nullable = 1;

    for (i = o->first; i < o->end; i++) {
        nullable &= o->view->fields[i].nullable;
    }

    rb_json_open(j, '{');

    /* the whole row is there or it isn't answered */
    rb_openapi_type(j, &object, nullable && o->prefix);

    rb_json_key(j, "properties");
    rb_json_open(j, '{');

    for (i = o->first; i < o->end; i = within.end) {
        rb_openapi_part(o, i, &name, &within);
        rb_json_key_n(j, (char *) name.data, name.len);

        if (within.prefix) {
            rb_openapi_object(j, &within);

        } else {
            rb_openapi_field(j, &o->view->fields[i]);
        }
    }

    rb_json_close(j, '}');
    rb_openapi_required(j, o);
    rb_json_close(j, '}');
}


static void
rb_openapi_required(rb_json_t *j, const rb_openapi_object_t *o)
{
    ngx_str_t            name;
    ngx_uint_t           i, any;
    rb_openapi_object_t  within;

    any = 0;

    for (i = o->first; i < o->end; i = within.end) {
        rb_openapi_part(o, i, &name, &within);

        if (o->sparse
            && (o->prefix || name.len != 2
                || ngx_memcmp(name.data, "id", 2) != 0))
        {
            continue;
        }

        if (!any) {
            rb_json_key(j, "required");
            rb_json_open(j, '[');
            any = 1;
        }

        rb_json_str(j, &name);
    }

    if (any) {
        rb_json_close(j, ']');
    }
}


/*
 * The member that field i makes or is within.  within->end is the field after
 * it; within->prefix is 0 when the member is the field itself.
 */

static void
rb_openapi_part(const rb_openapi_object_t *o, ngx_uint_t i, ngx_str_t *name,
    rb_openapi_object_t *within)
{
    u_char           *p, *dot;
    ngx_uint_t        k;
    const ngx_str_t  *field, *next;

    field = &o->view->fields[i].name;
    p = field->data + o->prefix;
    dot = ngx_strlchr(p, field->data + field->len, '.');

    *within = *o;
    within->first = i;
    within->end = i + 1;
    within->prefix = dot ? (size_t) (dot + 1 - field->data) : 0;

    name->data = p;
    name->len = (dot ? dot : field->data + field->len) - p;

    if (dot == NULL) {
        return;
    }

    for (k = i + 1; k < o->end; k++) {
        next = &o->view->fields[k].name;

        if (next->len <= within->prefix
            || ngx_memcmp(next->data, field->data, within->prefix) != 0)
        {
            break;
        }
    }

    within->end = k;
}


static void
rb_openapi_field(rb_json_t *j, const rb_view_field_t *field)
{
    rb_json_open(j, '{');
    rb_openapi_type(j, &rb_openapi_view_types[field->type], field->nullable);

    if (field->type == RB_VIEW_JSON) {
        rb_json_key(j, "items");
        rb_json_raw(j, "{}", 2);

    } else if (field->type == RB_VIEW_WEEK) {
        rb_json_key(j, "items");
        rb_openapi_range(j);
    }

    rb_openapi_description(j, &field->about);
    rb_json_close(j, '}');
}


static void
rb_openapi_type(rb_json_t *j, const rb_openapi_type_t *type,
    ngx_uint_t nullable)
{
    u_char  *p, text[64];

    if (type->type && !nullable) {
        rb_openapi_member(j, "type", type->type);

    } else {
        p = ngx_snprintf(text, sizeof(text), "[\"%s\"%s]",
                         type->type ? type->type : "object\",\"array",
                         nullable ? ",\"null\"" : "");

        rb_json_key(j, "type");
        rb_json_raw(j, text, p - text);
    }

    if (type->format) {
        rb_openapi_member(j, "format", type->format);
    }
}
