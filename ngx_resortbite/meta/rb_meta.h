
/*
 * The words of the product's API: regions, kinds of work, of employment, of
 * pay and of resorts.  Clients read them from GET /api/v1/meta; other rooms
 * take the lists of codes for their parameters.
 *
 * Regions and categories are tables in the database, where their names are;
 * their codes are here as well, because a parameter is checked without asking
 * it.  A test holds the two against each other.
 */


#ifndef _RB_META_H_INCLUDED_
#define _RB_META_H_INCLUDED_


#include "base/rb_base.h"


/* Lists of codes, each ending with an empty string, for rb_param_t. */

extern const ngx_str_t  rb_meta_regions[];
extern const ngx_str_t  rb_meta_categories[];
extern const ngx_str_t  rb_meta_employment_types[];
extern const ngx_str_t  rb_meta_pay_types[];
extern const ngx_str_t  rb_meta_resort_types[];
extern const ngx_str_t  rb_meta_dorm_types[];
extern const ngx_str_t  rb_meta_job_orders[];
extern const ngx_str_t  rb_meta_resort_orders[];
extern const ngx_str_t  rb_meta_report_reasons[];


/* What the codes of one list are called; regions and categories aside. */

typedef struct {
    ngx_str_t           name;           /* "employment_types" */
    const ngx_str_t    *codes;
    const rb_text_t    *words;          /* as many, in the same order */
} rb_meta_list_t;

extern const rb_meta_list_t  rb_meta_lists[];
extern const ngx_uint_t      rb_meta_lists_count;


/* Limits that clients are told of and rooms keep to. */

#define RB_LIMIT_RADIUS_KM        100
#define RB_LIMIT_STAY_DAYS        366
#define RB_LIMIT_REPORT_DETAIL    2000


#endif /* _RB_META_H_INCLUDED_ */
