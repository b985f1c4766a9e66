
/* What the desk's handlers share. */


#ifndef _RB_DORMS_DESK_HTTP_H_INCLUDED_
#define _RB_DORMS_DESK_HTTP_H_INCLUDED_


#include "dorms/rb_dorms_desk.h"
#include "dorms/rb_dorms_http.h"


#define RB_DORMS_MANAGERS  (RB_ROLE_OWNER|RB_ROLE_MANAGER)

#define rb_dorms_param_id(name, ko, en)                                       \
    { ngx_string(name), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,        \
      rb_text(ko, en) }

#define rb_dorms_param_resort                                                 \
    rb_dorms_param_id("id", "리조트 id", "The resort's id")

#define rb_dorms_param_dormitory                                              \
    rb_dorms_param_id("dormitory_id", "숙소 id", "The dormitory's id")


/*
 * Where a request of the desk acts, and for whom: by its path, whose third id
 * is a room's or a season's, and If-Match.  rb_err_internal.
 */
rb_err_t *rb_dorms_at(rb_req_t *req, rb_dorms_at_t *at, rb_origin_t *origin);


#endif /* _RB_DORMS_DESK_HTTP_H_INCLUDED_ */
