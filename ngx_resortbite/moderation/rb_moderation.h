
/*
 * The moderators' desk for posts: many moved at once.  One is moved by
 * rb_posts_move(); by which edges both go is in posts/rb_posts.h.
 */


#ifndef _RB_MODERATION_H_INCLUDED_
#define _RB_MODERATION_H_INCLUDED_


#include "base/rb_principal.h"
#include "io/rb_pg.h"


#define RB_MODERATION_AT_ONCE  100


typedef struct {
    ngx_str_t    verb;                  /* of posts/rb_posts.h: "approve" */
    ngx_str_t    posts;                 /* "{id,id}", as PostgreSQL has it; */
    ngx_str_t    revisions;             /* "{3,1}": of each */
    ngx_str_t    reason;                /* as typed; or empty */
    ngx_str_t    key;                   /* of idempotency; or empty */
    u_char       request_hash[32];
    rb_lang_e    lang;                  /* of what is wrong with a post */
    unsigned     dry:1;                 /* only look what would happen */
} rb_moderation_bulk_t;


/*
 * Moves each post for itself (yields): one statement.  *response is the answer
 * as JSON, {"dry_run": …, "done": n, "refused": n, "items": [{"id", "outcome",
 * "title", "from", "to", "revision", "allowed_states", "findings"}]} in the
 * order that was given; it lasts as long as the task.  *replayed says that it
 * was given before, to the same request with the same key.  A dry run says the
 * same but for the revisions of what would be done.
 *
 * Errors: a 400 that names `reason', rb_err_key_reused, rb_err_busy when the
 * same request is still under way elsewhere, and those of rb_pg_query().
 */
rb_err_t *rb_moderation_bulk(rb_task_t *task,
    const rb_moderation_bulk_t *bulk, const rb_principal_t *who,
    const ngx_str_t *request_id, ngx_str_t *response, ngx_uint_t *replayed);


#endif /* _RB_MODERATION_H_INCLUDED_ */
