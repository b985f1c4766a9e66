
/* Lists in JSON bodies, between the files of web/ that read one. */


#ifndef _RB_BODY_LIST_H_INCLUDED_
#define _RB_BODY_LIST_H_INCLUDED_


#include "web/rb_param.h"
#include "base/rb_json.h"


/*
 * Checks an array against a parameter of type LABELS, ADDRESSES, UUIDS or
 * WEEK.  value->text is compact JSON, value->integer the number of items; of a
 * week its bits and its hours.  NGX_ERROR with ps->err set.
 */
ngx_int_t rb_body_list(rb_params_t *ps, const rb_param_t *param,
    json_t *array, rb_value_t *value);


#endif /* _RB_BODY_LIST_H_INCLUDED_ */
