
/*
 * Budgets: how many failures (or mails, or sign-ups) one account, address or
 * device may have, and the growing delay after that.  Counted in the node's
 * shared memory and, for all nodes, in Redis; without Redis each node counts
 * for itself.  Nothing is kept of whom but a keyed hash.
 *
 * A window of `window' seconds has `free' acts without delay; each further
 * one doubles the delay from `delay' seconds up to `delay_max'.  The delay
 * runs from the last act.
 */


#ifndef _RB_BUDGET_H_INCLUDED_
#define _RB_BUDGET_H_INCLUDED_


#include "base/rb_err.h"
#include "fiber/rb_task.h"


typedef struct {
    ngx_str_t     name;                 /* "password_account" */
    ngx_uint_t    free;
    ngx_uint_t    window;               /* seconds */
    ngx_uint_t    delay;                /* seconds */
    ngx_uint_t    delay_max;
} rb_budget_t;


/* One budget and whose it is: an address's MAC, an account's e-mail … */

typedef struct {
    const rb_budget_t   *budget;
    ngx_str_t            whose;
} rb_budget_of_t;


/*
 * Whether an act may be tried now (yields, if there is Redis).  NULL, or
 * rb_err_too_many with Retry-After of the longest delay.  Counts nothing.
 */
rb_err_t *rb_budget_check(rb_task_t *task, const rb_budget_of_t *of,
    ngx_uint_t n);

/*
 * Checks and counts in one: for what is limited whether it succeeds or not
 * (mails, sign-ups), and for guesses before they are looked at, so that many
 * at once can't all pass.  What turned out right is given back.
 */
rb_err_t *rb_budget_spend(rb_task_t *task, const rb_budget_of_t *of,
    ngx_uint_t n);

/* Gives one act back (a right password); forgets all (a reset one). */
void rb_budget_refund(rb_task_t *task, const rb_budget_of_t *of,
    ngx_uint_t n);
void rb_budget_forget(rb_task_t *task, const rb_budget_of_t *of,
    ngx_uint_t n);


/* In the node's zone; NGX_ERROR: too small.  Set in each worker. */
typedef struct rb_budgets_s  rb_budgets_t;

rb_budgets_t *rb_budgets_create(ngx_slab_pool_t *shpool, size_t zone_size);
void rb_budgets_init_process(rb_budgets_t *budgets);

/* 429 too_many_requests */
extern rb_err_t  rb_err_too_many;


#endif /* _RB_BUDGET_H_INCLUDED_ */
