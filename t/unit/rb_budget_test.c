/* unit: io/rb_budget.c base/rb_token.c base/rb_err.c base/rb_utf8.c */

/*
 * Budgets: what is free, how delays grow, what a window forgets, what is put
 * back when one of several refuses; and processes that count at once.
 */


#include "io/rb_budget.h"
#include "io/rb_redis.h"
#include "base/rb_token.h"
#include <ngx_event.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sched.h>
#include "support.h"


#define ZONE  (256 * 1024)


/* nginx and Redis, as far as budgets see them */

ngx_uint_t  ngx_pagesize = 4096;

rb_err_define(rb_err_redis, 503, "redis_unavailable", "", "");

static ngx_uint_t  redis_ready;         /* it is there, and */
static int64_t     redis_says;          /* answers this; -1: it fails */
static ngx_uint_t  redis_asked;
static u_char      redis_acts[64];      /* first letters, in their order */


void *
ngx_slab_alloc(ngx_slab_pool_t *shpool, size_t size)
{
    u_char  *p;

    p = ngx_align_ptr(shpool->start, 4096);

    if (p + size > shpool->end) {
        return NULL;
    }

    shpool->start = p + size;

    return p;
}


void
ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    ngx_atomic_uint_t  none = 0;

    while (!__atomic_compare_exchange_n(mtx->lock, &none, ngx_pid, 0,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    {
        none = 0;
        sched_yield();
    }
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    __atomic_store_n(mtx->lock, 0, __ATOMIC_RELEASE);
}


ngx_uint_t
rb_redis_ready(void)
{
    return redis_ready;
}


rb_err_t *
rb_redis_command(rb_task_t *task, ngx_uint_t argc, const ngx_str_t *argv,
    rb_redis_reply_t *reply)
{
    (void) task;

    redis_acts[redis_asked++ % sizeof(redis_acts)] =
        argc > 4 ? argv[4].data[0] : 'd';

    if (redis_says < 0) {
        return &rb_err_redis;
    }

    memset(reply, 0, sizeof(*reply));
    reply->type = RB_REDIS_INTEGER;
    reply->integer = argc > 4 && argv[4].data[0] != 'r' ? redis_says : 0;

    return NULL;
}


static rb_task_t  task;

static const rb_budget_t  account = {
    ngx_string("password_account"), 5, 900, 2, 900
};

static const rb_budget_t  address = {
    ngx_string("password_address"), 30, 900, 2, 900
};


static rb_budgets_t *
make(size_t size)
{
    size_t            bytes;
    ngx_slab_pool_t  *shpool;

    bytes = ngx_align(size, 4096) + 3 * 4096;
    shpool = mmap(NULL, bytes, PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1,
                  0);

    shpool->start = (u_char *) shpool + 4096;
    shpool->end = (u_char *) shpool + bytes;
    shpool->mutex.lock = &shpool->lock.lock;

    return rb_budgets_create(shpool, size);
}


/* Seconds to wait before the act could be done; 0: it was. */

static ngx_uint_t
spend(const rb_budget_t *budget, const char *whose)
{
    rb_err_t        *err;
    rb_budget_of_t   of = { budget, { strlen(whose), (u_char *) whose } };

    err = rb_budget_spend(&task, &of, 1);

    return err ? err->retry_after : 0;
}


static ngx_uint_t
check(const rb_budget_t *budget, const char *whose)
{
    rb_err_t        *err;
    rb_budget_of_t   of = { budget, { strlen(whose), (u_char *) whose } };

    err = rb_budget_check(&task, &of, 1);

    return err ? err->retry_after : 0;
}


static ngx_uint_t
spend_all(const rb_budget_t *budget, const char *whose, ngx_uint_t n)
{
    ngx_uint_t  done;

    for (done = 0; n; n--) {
        done += spend(budget, whose) == 0;
    }

    return done;
}


static void
pass(double seconds)
{
    ngx_current_msec += (ngx_msec_t) (seconds * 1000);
}


static void
delays(void)
{
    ngx_uint_t  i, delay;

    support_ok(check(&account, "a") == 0, "nobody waits at first");
    support_ok(spend_all(&account, "a", 5) == 5, "five are free");
    support_ok(check(&account, "a") == 2, "then the next one waits");
    support_ok(spend(&account, "a") == 2, "and is not done before");
    support_ok(spend_all(&account, "a", 100) == 0 && check(&account, "a") == 2,
               "trying in vain doesn't lengthen it");
    support_ok(check(&account, "b") == 0, "another account is another");
    support_ok(check(&address, "a") == 0, "another budget too");

    pass(1.2);
    support_ok(check(&account, "a") == 1, "the rest of a second is told whole");
    pass(0.8);

    for (i = 0, delay = 2; i < 7; i++, delay *= 2) {

        if (spend(&account, "a") != 0 || check(&account, "a") != delay * 2) {
            break;
        }

        pass(delay * 2);
    }

    support_ok(i == 7, "each doubles it");

    pass(900);
    support_ok(spend_all(&account, "a", 6) == 5,
               "when the window has passed, five are free again");
}


static void
longest(void)
{
    ngx_uint_t         i;
    static rb_budget_t  mails = { ngx_string("mail"), 2, 60, 40, 100 };

    for (i = 0; i < 2; i++) {
        (void) spend(&mails, "m");
    }

    pass(40);
    support_ok(spend(&mails, "m") == 0, "one more after the delay");
    pass(30);
    support_ok(check(&mails, "m") == 50,
               "a delay lasts longer than the window in which it arose");
    pass(50);
    support_ok(spend_all(&mails, "m", 3) == 2, "and is then forgotten");

    mails.free = 0;
    mails.delay = 1;
    support_ok(spend(&mails, "none") == 0 && spend(&mails, "none") == 2,
               "with none free each waits for the last");
}


/* A worker's clock stands still while it works: others' are ahead of it. */

static void
behind(void)
{
    pass(10);
    support_ok(spend(&account, "clock") == 0, "one worker");
    pass(-0.02);
    support_ok(check(&account, "clock") == 0 && spend(&account, "clock") == 0,
               "another's clock is behind: what is free doesn't wait for it");
    pass(0.02);
    support_ok(spend_all(&account, "clock", 10) == 3,
               "and what was counted isn't forgotten for it");
    pass(-0.02);
    support_ok(check(&account, "clock") == 3, "what is over waits");
    pass(0.02);
}


static void
several(void)
{
    rb_err_t        *err;
    rb_budget_of_t   of[2] = { { &address, ngx_string("10.0.0.1") },
                               { &account, ngx_string("c") } };

    (void) spend_all(&account, "c", 5);

    err = rb_budget_spend(&task, of, 2);
    support_ok(err && err->retry_after == 2, "one of two refuses");
    support_ok(spend_all(&address, "10.0.0.1", 40) == 30,
               "and nothing is taken of the other");

    rb_budget_refund(&task, &of[1], 1);
    support_ok(spend(&account, "c") == 0, "what is given back can be spent");

    rb_budget_forget(&task, of, 2);
    support_ok(spend_all(&account, "c", 10) == 5
               && spend_all(&address, "10.0.0.1", 40) == 30,
               "what is forgotten begins anew");

    rb_budget_refund(&task, &(rb_budget_of_t) { &account, ngx_string("no") },
                     1);
    support_ok(spend_all(&account, "no", 10) == 5,
               "there is nothing to give back of nothing");
}


static void
redis(void)
{
    rb_err_t        *err;
    rb_budget_of_t   of[2] = { { &address, ngx_string("10.0.0.2") },
                               { &account, ngx_string("d") } };

    redis_ready = 1;
    redis_says = 7001;
    support_ok(check(&account, "d") == 8, "what other nodes count, counts");
    support_ok(spend(&account, "d") == 8, "for spending too");

    redis_says = 0;
    redis_asked = 0;
    support_ok(spend_all(&account, "d", 10) == 5,
               "and what they refused was put back here");
    support_ok(redis_asked == 5, "what this node refuses isn't asked there");

    redis_says = 1000;
    support_ok(check(&account, "d") == 2, "the longer of the two is told");

    rb_budget_forget(&task, of, 2);
    redis_asked = 0;
    err = rb_budget_spend(&task, of, 2);
    support_ok(err && redis_asked == 1, "the first to refuse is the last asked");

    redis_says = -1;
    redis_asked = 0;
    support_ok(rb_budget_spend(&task, of, 2) == NULL && redis_asked == 1,
               "it fails: the node decides, and doesn't ask twice");

    redis_says = 0;
    redis_asked = 0;
    rb_budget_forget(&task, of, 2);
    support_is(redis_acts, redis_asked, "dd", "forgetting is told there");

    redis_ready = 0;
    redis_asked = 0;
    support_ok(spend(&account, "d") == 0 && redis_asked == 0,
               "not there: not asked");
}


static void
full(void)
{
    char        name[32];
    ngx_uint_t  i, kept;

    for (i = 0; i < 5000; i++) {
        (void) snprintf(name, sizeof(name), "filler%d", (int) i);
        (void) spend(&account, name);
        pass(0.001);
    }

    (void) spend_all(&account, "late", 5);
    kept = check(&account, "late");

    support_ok(kept == 2, "a full table takes a new one");
    support_ok(spend_all(&account, "filler0", 5) == 5
               && spend_all(&account, "filler4999", 5) == 4,
               "for the oldest");
}


/* Guesses of four processes at once. */

static void
at_once(void)
{
    int          status;
    pid_t        pid;
    ngx_uint_t   i, child, *done;

    done = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1, 0);

    for (child = 0; child < 4; child++) {
        pid = fork();

        if (pid == 0) {
            ngx_pid = getpid();

            for (i = 0; i < 50; i++) {
                __atomic_add_fetch(done, spend(&account, "race") == 0,
                                   __ATOMIC_SEQ_CST);
            }

            _exit(0);
        }
    }

    while (wait(&status) > 0) { /* void */ }

    support_ok(*done == 5, "two hundred at once: five are let through (%d)",
               (int) *done);
}


int
main(void)
{
    ngx_str_t  secret = ngx_string("01234567890123456789012345678901");

    task.pool = support_pool();
    task.log = task.pool->log;
    ngx_current_msec = 4294967296 - 10000;  /* low bits turn over soon */

    support_ok(rb_budget_spend(&task, NULL, 0) == &rb_err_internal,
               "without a table everything is refused");

    rb_token_secret(&secret);
    support_ok(make(100) == NULL, "a zone may be too small");
    rb_budgets_init_process(make(ZONE));

    delays();
    longest();
    behind();
    several();
    redis();
    full();
    at_once();

    rb_token_secret(NULL);
    ngx_destroy_pool(task.pool);

    return support_done();
}
