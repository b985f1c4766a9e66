
/*
 * What a PATCH changes (RFC 5789, in the manner of RFC 7396: what isn't there
 * stays, null empties), as the JSON object that statements apply to a row by
 * jsonb_populate_record(row, $patch::jsonb).
 */


#ifndef _RB_PATCH_H_INCLUDED_
#define _RB_PATCH_H_INCLUDED_


#include "web/rb_req.h"


/* Which member of the route's body goes to which column. */

typedef struct {
    ngx_uint_t     member;              /* index in route->body */
    ngx_str_t      column;
    unsigned       nullable:1;          /* null is a value of it */
} rb_patch_t;


/*
 * Writes those that the client wrote, and presets of those it didn't: of a
 * POST it is the whole row.  patch is "{}" when there are none; it is in the
 * task's pool.  A 400 that names each member that can't be null.
 */
rb_err_t *rb_patch_write(rb_req_t *req, const rb_patch_t *columns,
    ngx_uint_t n, ngx_str_t *patch);

/*
 * A 400 that names what lacks of n members of the body, from first on, that
 * are changed together or not at all; err otherwise, which is NULL or what
 * was wrong before.
 */
rb_err_t *rb_patch_whole(rb_req_t *req, rb_err_t *err, ngx_uint_t first,
    ngx_uint_t n);


#endif /* _RB_PATCH_H_INCLUDED_ */
