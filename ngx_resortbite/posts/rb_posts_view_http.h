
/* How posts are shown at the desk. */


#ifndef _RB_POSTS_VIEW_HTTP_H_INCLUDED_
#define _RB_POSTS_VIEW_HTTP_H_INCLUDED_


#include "web/rb_req.h"


#define RB_POST_REVISION  25            /* "revision" of rb_post_view */


extern const rb_view_t  rb_post_view;
extern const rb_view_t  rb_post_summary_view;
extern const rb_view_t  rb_post_created_view;
extern const rb_view_t  rb_post_version_summary_view;
extern const rb_view_t  rb_post_version_view;
extern const rb_view_t  rb_post_step_view;
extern const rb_view_t  rb_job_changes_view;

/* Path parameters: the resort; the resort and a post of it. */
extern const rb_param_t  rb_posts_resort_id[];
extern const rb_param_t  rb_posts_ids[];


/*
 * Answers with the post of the path (yields), whole: as a write left it (JSON,
 * of rb_posts_move() or rb_posts_edit()), or, with NULL, as it is now.
 */
rb_err_t *rb_posts_show(rb_req_t *req, const ngx_str_t *left);


#endif /* _RB_POSTS_VIEW_HTTP_H_INCLUDED_ */
