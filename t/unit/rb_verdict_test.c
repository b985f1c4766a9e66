/* unit: gate/rb_verdict.c */

/*
 * Verdicts in shared memory: when one is believed, that no reader ever sees
 * half of one, and what a writer that is killed leaves.
 */


#include "gate/rb_verdict.h"
#include <ngx_event.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sched.h>
#include "support.h"


#define ZONE    (1024 * 1024)
#define SECRETS 40


/* nginx and the cache, as far as verdicts see them */

static ngx_uint_t   heard = 1;
static uint64_t     changed[8];
static ngx_shmtx_t *mutex;


void *
ngx_slab_calloc(ngx_slab_pool_t *shpool, size_t size)
{
    u_char  *p;

    p = ngx_align_ptr(shpool->start, 64);

    if (p + size > shpool->end) {
        return NULL;
    }

    shpool->start = p + size;

    return p;
}


/* as nginx's master does, the test gives back what a killed writer held */

void
ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    while (!__sync_bool_compare_and_swap((uint64_t *) mtx->lock, 0,
                                         (uint64_t) getpid()))
    {
        sched_yield();
    }
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    __sync_bool_compare_and_swap((uint64_t *) mtx->lock, (uint64_t) getpid(),
                                 0);
}


ngx_uint_t
rb_cache_heard(rb_cache_t *cache, ngx_msec_t within)
{
    return heard;
}


ngx_uint_t
rb_cache_unchanged_since(rb_cache_t *cache, uint64_t epoch,
    const uint32_t *tags, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (changed[tags[i] % 8] > epoch) {
            return 0;
        }
    }

    return 1;
}


static void
secret(u_char digest[RB_SHA256_LEN], ngx_uint_t n)
{
    memset(digest, 0, RB_SHA256_LEN);

    /* all in a few sets, so that they displace one another */
    digest[0] = (u_char) (n % 4);
    digest[31] = (u_char) n;
}


static void
fill(rb_verdict_t *verdict, ngx_uint_t n)
{
    memset(verdict, (int) n, sizeof(rb_verdict_t));

    verdict->tags = 0;
    verdict->generation = 7;
    verdict->expires = ngx_time() + 1000;
    verdict->made = ngx_current_msec;
    verdict->epoch = 5;
}


static ngx_uint_t
whole(const rb_verdict_t *verdict, ngx_uint_t n)
{
    rb_verdict_t  expected;

    fill(&expected, n);
    expected.made = verdict->made;
    expected.expires = verdict->expires;

    return memcmp(&expected, verdict, sizeof(rb_verdict_t)) == 0;
}


static ngx_slab_pool_t *
zone(void)
{
    u_char           *base;
    ngx_slab_pool_t  *shpool;

    base = mmap(NULL, ZONE, PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1, 0);
    shpool = (ngx_slab_pool_t *) base;

    shpool->start = base + sizeof(ngx_slab_pool_t);
    shpool->end = base + ZONE;
    shpool->mutex.lock = &shpool->lock.lock;
    mutex = &shpool->mutex;

    return shpool;
}


static void
believed(void)
{
    u_char          digest[RB_SHA256_LEN], other[RB_SHA256_LEN];
    rb_verdict_t    verdict, got;
    rb_verdicts_t  *verdicts;

    verdicts = rb_verdicts_create(zone(), ZONE);
    support_ok(verdicts != NULL, "a table");

    secret(digest, 1);
    fill(&verdict, 1);
    verdict.tags = 2;
    verdict.tag[0] = 3;
    verdict.tag[1] = 4;

    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got)
               == NGX_DECLINED, "nothing is known");

    rb_verdict_put(verdicts, digest, &verdict);
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got) == NGX_OK
               && memcmp(&got, &verdict, sizeof(got)) == 0, "what was put");

    secret(other, 1);
    other[30] ^= 1;
    support_ok(rb_verdict_get(verdicts, NULL, other, 7, &got)
               == NGX_DECLINED, "not under a digest that is nearly the same");
    support_ok(rb_verdict_get(verdicts, NULL, digest, 8, &got)
               == NGX_DECLINED, "not for other keys");

    heard = 0;
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got)
               == NGX_DECLINED, "not while nothing is heard");
    heard = 1;

    changed[4] = 5;
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got) == NGX_OK,
               "a change from before");
    changed[4] = 6;
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got)
               == NGX_DECLINED, "a change since");
    changed[4] = 0;

    ngx_current_msec += RB_VERDICT_AGE - 1;
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got) == NGX_OK,
               "nearly a minute");
    ngx_current_msec += 1;
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got)
               == NGX_DECLINED, "a minute");

    verdict.made = ngx_current_msec;
    verdict.expires = ngx_time();
    rb_verdict_put(verdicts, digest, &verdict);
    support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got)
               == NGX_DECLINED, "what has expired");
}


/* Four secrets of a set are kept; a fifth takes the oldest one's place. */

static void
displaced(void)
{
    u_char          digest[RB_SHA256_LEN];
    ngx_uint_t      i, known;
    rb_verdict_t    verdict, got;
    rb_verdicts_t  *verdicts;

    verdicts = rb_verdicts_create(zone(), ZONE);

    for (i = 0; i < 5; i++) {
        ngx_current_msec++;
        secret(digest, 4 * i);
        fill(&verdict, 4 * i);
        rb_verdict_put(verdicts, digest, &verdict);
        rb_verdict_put(verdicts, digest, &verdict);
    }

    for (i = 0, known = 0; i < 5; i++) {
        secret(digest, 4 * i);

        if (rb_verdict_get(verdicts, NULL, digest, 7, &got) == NGX_OK) {
            known |= 1 << i;
        }
    }

    support_ok(known == 0x1e, "of five in a set the oldest has gone");
}


/* How often the writers have written, in memory they share. */

static volatile ngx_uint_t  *writes;


static void
writer(rb_verdicts_t *verdicts, unsigned seed)
{
    u_char        digest[RB_SHA256_LEN];
    ngx_uint_t    n;
    rb_verdict_t  verdict;

    for ( ;; ) {
        n = (ngx_uint_t) rand_r(&seed) % SECRETS;
        secret(digest, n);
        fill(&verdict, n);
        rb_verdict_put(verdicts, digest, &verdict);
        __sync_fetch_and_add(writes, 1);
    }
}


static void
killed(void)
{
    pid_t           pid;
    u_char          digest[RB_SHA256_LEN];
    ngx_uint_t      i, n, kills, found, torn, before;
    rb_verdict_t    got;
    rb_verdicts_t  *verdicts;

    verdicts = rb_verdicts_create(zone(), ZONE);
    found = 0;
    torn = 0;

    writes = mmap(NULL, sizeof(ngx_uint_t), PROT_READ|PROT_WRITE,
                  MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    for (kills = 0; kills < 200; kills++) {
        before = *writes;
        pid = fork();

        if (pid == 0) {
            writer(verdicts, (unsigned) kills + 1);
        }

        while (*writes == before) {     /* it is at it */
            sched_yield();
        }

        for (i = 0; i < 2000; i++) {
            n = i % SECRETS;
            secret(digest, n);

            if (rb_verdict_get(verdicts, NULL, digest, 7, &got) == NGX_OK) {
                found++;
                torn += !whole(&got, n);
            }
        }

        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);

        /* nginx's master */
        __sync_bool_compare_and_swap((uint64_t *) mutex->lock,
                                     (uint64_t) pid, 0);
    }

    support_ok(found > 1000, "verdicts are found while others write");
    support_ok(torn == 0, "and each is whole");

    for (n = 0; n < 4; n++) {
        secret(digest, n);
        fill(&got, n);
        rb_verdict_put(verdicts, digest, &got);

        support_ok(rb_verdict_get(verdicts, NULL, digest, 7, &got) == NGX_OK
                   && whole(&got, n), "and there is room after 200 deaths");
    }
}


int
main(void)
{
    ngx_current_msec = 1000 * 1000;
    support_time.sec = 1000000;

    believed();
    displaced();
    killed();

    return support_done();
}
