
/*
 * The rooms that answer requests: all their tables of routes.  Included once,
 * by the module.
 */


#ifndef _NGX_RESORTBITE_ROOMS_H_INCLUDED_
#define _NGX_RESORTBITE_ROOMS_H_INCLUDED_


#include "gate/rb_gate.h"
#include "admin/rb_admin_http.h"
#include "dorms/rb_dorms_http.h"
#include "factors/rb_factors_http.h"
#include "favourites/rb_favourites_http.h"
#include "feeds/rb_feeds_http.h"
#include "jobs/rb_jobs_http.h"
#include "meta/rb_meta_http.h"
#include "moderation/rb_moderation_http.h"
#include "oauth/rb_oauth_http.h"
#include "pages/rb_pages.h"
#include "pages/rb_pages_account.h"
#include "pages/rb_pages_invitation_http.h"
#include "pages/rb_pages_site.h"
#include "posts/rb_posts_http.h"
#include "reports/rb_reports_http.h"
#include "resorts/rb_resorts_desk_http.h"
#include "resorts/rb_resorts_http.h"
#include "resorts/rb_resorts_members_http.h"
#include "resorts/rb_resorts_verification_http.h"
#include "sessions/rb_sessions_http.h"
#include "social/rb_social_http.h"
#include "users/rb_users_http.h"
#include "work/rb_work_http.h"


/* Every room's routes; other modules may add theirs. */

static const rb_routes_t *const  rb_rooms[] = {
    &rb_jobs_routes,
    &rb_posts_routes,
    &rb_posts_edit_routes,
    &rb_posts_past_routes,
    &rb_resorts_routes,
    &rb_dorms_routes,
    &rb_dorms_desk_routes,
    &rb_dorms_rooms_routes,
    &rb_dorms_seasons_routes,
    &rb_reports_routes,
    &rb_reports_desk_routes,
    &rb_moderation_routes,
    &rb_moderation_bulk_routes,
    &rb_meta_routes,
    &rb_feeds_routes,
    &rb_factors_routes,
    &rb_sessions_login_routes,
    &rb_sessions_routes,
    &rb_users_accounts_routes,
    &rb_users_me_routes,
    &rb_oauth_routes,
    &rb_resorts_desk_routes,
    &rb_resorts_members_routes,
    &rb_resorts_verification_routes,
    &rb_pages_invitation_routes,
    &rb_admin_members_routes,
    &rb_admin_trail_routes,
    &rb_admin_clients_routes,
    &rb_admin_mails_routes,
    &rb_social_routes,
    &rb_pages_account_routes,
    &rb_pages_security_routes,
    &rb_pages_social_routes,
    &rb_pages_routes,
    &rb_pages_login_routes,
    &rb_pages_again_routes,
    &rb_pages_sign_up_routes,
    &rb_pages_links_routes,
    &rb_pages_documents_routes,
    &rb_pages_report_routes,
    &rb_pages_site_home_routes,
    &rb_pages_site_jobs_routes,
    &rb_pages_site_job_routes,
    &rb_pages_site_resorts_routes,
    &rb_work_routes,
    &rb_favourites_routes,
    &rb_gate_routes
};


#endif /* _NGX_RESORTBITE_ROOMS_H_INCLUDED_ */
