
/*
 * The words of the product's API: regions, kinds of work, of employment, of
 * pay and of resorts.  Clients read them from GET /api/v1/meta; other rooms
 * take the lists of codes for their parameters.
 *
 * Regions and categories are tables in the database, where their names are;
 * their codes and names are here as well, because a parameter is checked and
 * a page is written without asking it.  A test holds the two against each
 * other.
 */


#ifndef _RB_META_H_INCLUDED_
#define _RB_META_H_INCLUDED_


#include "base/rb_err.h"


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


/* What the codes of one list are called; regions and categories aside, which
 * GET /api/v1/meta reads from the database. */

typedef struct {
    ngx_str_t           name;           /* "employment_types" */
    const ngx_str_t    *codes;
    const rb_text_t    *words;          /* as many, in the same order */
} rb_meta_list_t;

extern const rb_meta_list_t  rb_meta_lists[];
extern const ngx_uint_t      rb_meta_lists_count;


/*
 * The words of each list of codes above, in the same order.  Regions have a
 * short name as well, the one that people say.
 */

extern const rb_text_t  rb_meta_region_words[];
extern const rb_text_t  rb_meta_region_short_words[];
extern const rb_text_t  rb_meta_category_words[];
extern const rb_text_t  rb_meta_employment_words[];
extern const rb_text_t  rb_meta_pay_words[];
extern const rb_text_t  rb_meta_resort_words[];
extern const rb_text_t  rb_meta_dorm_words[];
extern const rb_text_t  rb_meta_job_order_words[];
extern const rb_text_t  rb_meta_resort_order_words[];
extern const rb_text_t  rb_meta_report_words[];

/*
 * The words of one code of a list.  Never NULL: of a code that isn't there
 * (the database knows one more), an empty text.
 */
const rb_text_t *rb_meta_word(const ngx_str_t *codes, const rb_text_t *words,
    const ngx_str_t *code);


/*
 * A 400 for an address that doesn't begin with its region's name, long or
 * short (or what it was called in older addresses); err otherwise, which is
 * NULL or what was wrong before.  name is the address's in the request.  A
 * region that isn't one is somebody else's to refuse.
 */
rb_err_t *rb_meta_address_check(ngx_pool_t *pool, rb_err_t *err,
    ngx_str_t *name, const ngx_str_t *region, const ngx_str_t *address);


/* Limits that clients are told of and rooms keep to. */

#define RB_LIMIT_RADIUS_KM        100
#define RB_LIMIT_STAY_DAYS        366
#define RB_LIMIT_REPORT_DETAIL    2000


#endif /* _RB_META_H_INCLUDED_ */
