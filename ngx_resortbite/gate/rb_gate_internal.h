
/* Shared by the gate's two halves: nginx's side and the fiber's. */


#ifndef _RB_GATE_INTERNAL_H_INCLUDED_
#define _RB_GATE_INTERNAL_H_INCLUDED_


#include "gate/rb_gate.h"


/*
 * What the fiber does: makes the answer, through the cache where the route
 * and the location allow, into ctx->req->reply or ctx->kept (yields).
 */
void rb_gate_answer(rb_gate_ctx_t *ctx);

/* Has a stale answer made anew in the background, unless somebody is at it. */
void rb_gate_refresh(const ngx_str_t *key);


#endif /* _RB_GATE_INTERNAL_H_INCLUDED_ */
