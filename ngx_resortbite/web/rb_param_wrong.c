
/*
 * What is wrong with a parameter, told so that one look is enough to correct
 * it: each error says everything that would be right, or the nearest of it.
 */


#include "web/rb_param.h"
#include "web/rb_nearest.h"
#include "base/rb_time.h"


#define RB_PARAM_VALUES_SIZE  320       /* of a list of what is allowed */


void
rb_param_unknown(rb_params_t *ps, const rb_param_t *params, ngx_str_t *name)
{
    ngx_uint_t    i, n;
    rb_nearest_t  nearest;

    rb_nearest_init(&nearest, name);

    n = rb_param_count(params);

    for (i = 0; i < n; i++) {
        rb_nearest_offer(&nearest, &params[i].name);
    }

    /* its name is right, but a dot in it says that it is within an object */

    if (nearest.best.data && nearest.best.len == name->len
        && ngx_strncmp(nearest.best.data, name->data, name->len) == 0)
    {
        ps->err = rb_err_add_field(ps->err, ps->pool, name, "not_nested",
                                   "이름에 점을 쓰지 말고 객체 안에 넣어 보내 "
                                   "주세요.",
                                   "goes into an object, not under a name "
                                   "with a dot.");
        return;
    }

    if (nearest.best.data) {
        ps->err = rb_err_add_field(ps->err, ps->pool, name, "unknown",
                                   "알 수 없는 항목입니다. 혹시 %V인가요?",
                                   "is not known. Did you mean %V?",
                                   &nearest.best);
        return;
    }

    ps->err = rb_err_add_field(ps->err, ps->pool, name, "unknown",
                               "알 수 없는 항목입니다. 빼고 보내 주세요.",
                               "is not known: leave it out.");
}


void
rb_param_wrong(rb_params_t *ps, const rb_param_t *param)
{
    static const struct {
        const char  *ko, *en;
    } kinds[] = {
        [RB_PARAM_STRING] = { "문자열이어야 합니다.", "must be a string." },
        [RB_PARAM_INT]    = { "정수여야 합니다.", "must be an integer." },
        [RB_PARAM_NUMBER] = { "숫자여야 합니다.", "must be a number." },
        [RB_PARAM_BOOL]   = { "true 또는 false여야 합니다.",
                              "must be true or false." },
        [RB_PARAM_UUID]   = { "UUID 문자열이어야 합니다.",
                              "must be a UUID in a string." },
        [RB_PARAM_DATE]   = { "YYYY-MM-DD 형식의 문자열이어야 합니다.",
                              "must be a date in a string, YYYY-MM-DD." },
        [RB_PARAM_ENUM]   = { "문자열이어야 합니다.", "must be a string." },
        [RB_PARAM_ENUMS]  = { "문자열의 배열이어야 합니다.",
                              "must be an array of strings." },
        [RB_PARAM_CURSOR] = { "문자열이어야 합니다.", "must be a string." },
        [RB_PARAM_FIELDS] = { "문자열이어야 합니다.", "must be a string." },
        [RB_PARAM_JSON]   = { "JSON 객체나 배열이어야 합니다.",
                              "must be a JSON object or array." },
        [RB_PARAM_LABELS] = { "문자열의 배열이어야 합니다.",
                              "must be an array of strings." },
        [RB_PARAM_ADDRESSES] = { "주소(문자열)의 배열이어야 합니다.",
                                 "must be an array of addresses." },
        [RB_PARAM_UUIDS]  = { "UUID(문자열)의 배열이어야 합니다.",
                              "must be an array of UUIDs." },
        [RB_PARAM_WEEK]   = { "시간대의 배열이어야 합니다 (예: [{\"day\": "
                              "\"mon\", \"start\": \"22:00\", \"end\": "
                              "\"06:00\"}]).",
                              "must be an array of ranges such as "
                              "[{\"day\": \"mon\", \"start\": \"22:00\", "
                              "\"end\": \"06:00\"}]." }
    };

    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "wrong_type", kinds[param->type].ko,
                               kinds[param->type].en);
}


ngx_int_t
rb_param_wrong_field(rb_params_t *ps, const rb_param_t *param,
    ngx_str_t *unknown)
{
    ngx_uint_t    i;
    rb_nearest_t  nearest;

    rb_nearest_init(&nearest, unknown);

    for (i = 0; i < ps->view->count; i++) {
        rb_nearest_offer(&nearest, &ps->view->fields[i].name);
    }

    if (nearest.best.data) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "unknown_field",
                                   "%V 필드는 없습니다. 혹시 %V인가요?",
                                   "there is no field %V. Did you mean %V?",
                                   unknown, &nearest.best);
        return NGX_ERROR;
    }

    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "unknown_field",
                               "%V 필드는 없습니다. 응답에 있는 필드 이름을 "
                               "쉼표로 이어 주세요.",
                               "there is no field %V. Name fields of the "
                               "answer, with commas between them.", unknown);
    return NGX_ERROR;
}


void
rb_param_cursor_wrong(rb_params_t *ps, const rb_param_t *param)
{
    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "invalid_cursor",
                               "이 목록과 조건에 맞는 커서가 아닙니다. 이전 "
                               "응답의 next를 그대로 쓰거나 빼고 처음부터 "
                               "읽어 주세요.",
                               "is no cursor of this list with these filters "
                               "and this order. Use next as it was returned, "
                               "or leave it out to start over.");
}


ngx_int_t
rb_param_wrong_number(rb_params_t *ps, const rb_param_t *param)
{
    ngx_uint_t  whole;
    u_char      low[RB_PARAM_NUMBER_SIZE + 1], high[RB_PARAM_NUMBER_SIZE + 1];

    if (param->min == 0 && param->max == 0) {
        rb_param_wrong(ps, param);
        return NGX_ERROR;
    }

    whole = (param->type == RB_PARAM_INT);

    *rb_param_number_write(low, param->min) = '\0';
    *rb_param_number_write(high, param->max) = '\0';

    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "out_of_range",
                               whole ? "%s 이상 %s 이하의 정수여야 합니다."
                                     : "%s 이상 %s 이하의 숫자여야 합니다.",
                               whole ? "must be an integer from %s to %s."
                                     : "must be a number from %s to %s.",
                               low, high);
    return NGX_ERROR;
}


ngx_int_t
rb_param_wrong_date(rb_params_t *ps, const rb_param_t *param)
{
    u_char  low[16], high[16];

    if (param->min == 0 && param->max == 0) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "not_a_date",
                                   "YYYY-MM-DD 형식의 실제 날짜여야 합니다 "
                                   "(예: 2026-12-24).",
                                   "must be a real date, YYYY-MM-DD, such as "
                                   "2026-12-24.");
        return NGX_ERROR;
    }

    *rb_date_write(low, (int32_t) param->min) = '\0';
    *rb_date_write(high, (int32_t) param->max) = '\0';

    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "not_a_date",
                               "%s부터 %s까지의 날짜여야 합니다 "
                               "(YYYY-MM-DD).",
                               "must be a date from %s to %s (YYYY-MM-DD).",
                               low, high);
    return NGX_ERROR;
}


/* Names all that is allowed, or as much of it as a message should be long. */

ngx_int_t
rb_param_wrong_enum(rb_params_t *ps, const rb_param_t *param,
    const ngx_str_t *text)
{
    u_char        *p, *end, values[RB_PARAM_VALUES_SIZE];
    ngx_uint_t     i, cut;
    ngx_str_t      list;
    rb_nearest_t   nearest;

    rb_nearest_init(&nearest, text);

    p = values;
    end = values + sizeof(values);
    cut = 0;

    for (i = 0; param->values[i].len; i++) {
        rb_nearest_offer(&nearest, &param->values[i]);

        /* room for this one, its comma, and the dots of those cut off */

        if (cut || (size_t) (end - p) < param->values[i].len + 8) {
            cut = 1;
            continue;
        }

        p = ngx_sprintf(p, "%s%V", i ? ", " : "", &param->values[i]);
    }

    if (cut) {
        p = ngx_cpymem(p, ", ...", 5);
    }

    list.data = values;
    list.len = p - values;

    if (nearest.best.data) {
        ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                                   "not_allowed",
                                   "혹시 %V인가요? 쓸 수 있는 값: %V.",
                                   "did you mean %V? Allowed are: %V.",
                                   &nearest.best, &list);
        return NGX_ERROR;
    }

    ps->err = rb_err_add_field(ps->err, ps->pool, rb_param_name(param),
                               "not_allowed", "쓸 수 있는 값: %V.",
                               "must be one of: %V.", &list);
    return NGX_ERROR;
}
