
/* How jobs are shown: whole, and in lists. */


#ifndef _RB_JOBS_VIEW_HTTP_H_INCLUDED_
#define _RB_JOBS_VIEW_HTTP_H_INCLUDED_


#include "web/rb_view.h"


extern const rb_view_t  rb_job_view;
extern const rb_view_t  rb_job_summary_view;


#endif /* _RB_JOBS_VIEW_HTTP_H_INCLUDED_ */
