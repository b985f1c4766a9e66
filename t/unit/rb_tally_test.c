/* unit: io/rb_tally.c base/rb_hash.c base/rb_uuid.c base/rb_time.c */

/*
 * Counts in shared memory: that they add up exactly, whatever is killed while
 * at it but the one view that an adder was just adding.
 */


#include "io/rb_tally.h"
#include <ngx_event.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sched.h>
#include "support.h"


#define ZONE      (8 * 1024 * 1024)
#define IDS       3000
#define ADDERS    3
#define BATCHES   100000


static ngx_shmtx_t  *mutex;


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


/* as nginx's master does, the test gives back what a killed holder held */

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


static void *
shared(size_t size)
{
    return mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1, 0);
}


static rb_tally_t *
table(size_t size)
{
    u_char           *base;
    rb_tally_t       *t;
    ngx_slab_pool_t  *shpool;

    base = shared(size);
    shpool = (ngx_slab_pool_t *) base;

    shpool->start = base + sizeof(ngx_slab_pool_t);
    shpool->end = base + size;
    shpool->mutex.lock = &shpool->lock.lock;
    mutex = &shpool->mutex;

    t = rb_tally_create(shpool, size);
    rb_tally_init_process(t);

    return t;
}


static ngx_str_t
id(ngx_uint_t n)
{
    ngx_str_t      text;
    static u_char  buf[64];

    (void) snprintf((char *) buf, sizeof(buf),
                    "019b76da-abe8-7%03x-8%03x-%012lx",
                    (unsigned) n & 0xfff, (unsigned) n >> 12,
                    (unsigned long) n * 2654435761ul % 0xffffffffffff);

    text.data = buf;
    text.len = RB_UUID_LEN;

    return text;
}


static ngx_uint_t
number(const u_char *text)
{
    char  digits[4];

    memcpy(digits, text + 15, 3);
    digits[3] = '\0';

    return strtoul(digits, NULL, 16);
}


/* Another caller each time, so that every view counts. */

static void
view(ngx_uint_t n)
{
    ngx_str_t          text;
    static ngx_uint_t  caller[2];

    text = id(n);
    caller[0] = (ngx_uint_t) getpid();
    caller[1]++;
    rb_tally_view(&text, caller, sizeof(caller));
}


static void
plainly(void)
{
    ngx_str_t         text;
    ngx_uint_t        i, n;
    rb_tally_stats_t  stats;

    static rb_tally_batch_t  batch, again;

    support_ok(table(ZONE) != NULL, "a table");
    support_ok(rb_tally_take(&batch) == NGX_DECLINED, "with nothing in it");

    text = id(7);
    rb_tally_view(&text, "a", 1);
    rb_tally_view(&text, "a", 1);
    rb_tally_view(&text, "b", 1);
    ngx_current_msec += (RB_TALLY_AGAIN - 1) * 1000;
    rb_tally_view(&text, "a", 1);
    ngx_current_msec += 1000;
    rb_tally_view(&text, "a", 1);
    rb_tally_stats(&stats);

    support_ok(stats.counted == 3 && stats.repeated == 2,
               "a caller's views of a post count once an hour");

    text = id(8);
    rb_tally_mark(&text);
    rb_tally_view(support_str("no uuid"), "a", 1);
    rb_tally_view(support_str("019b76da-abe8-7000-8000-00000000000g"), "a", 1);

    support_ok(rb_tally_pending() == 3, "three views wait");
    support_ok(rb_tally_take(&batch) == NGX_OK && batch.n == 2, "a batch");

    i = number(batch.count[0].id) == 7 ? 0 : 1;
    text = id(7);
    support_is(batch.count[i].id, RB_UUID_LEN, (char *) text.data,
               "of that post");
    support_ok(batch.count[i].views == 3 && !batch.count[i].recount,
               "its views");
    support_ok(batch.count[1 - i].views == 0 && batch.count[1 - i].recount,
               "and one that is to be counted anew");

    view(7);
    support_ok(rb_tally_take(&again) == NGX_OK
               && memcmp(&batch, &again, sizeof(batch)) == 0,
               "until it is written it stays the same");

    rb_tally_done(&batch);
    rb_tally_done(&batch);
    support_ok(rb_tally_pending() == 1, "what came later stays");
    support_ok(rb_tally_take(&again) == NGX_OK && again.n == 1
               && again.count[0].views == 1
               && memcmp(again.id, batch.id, RB_UUID_LEN) != 0,
               "and is of the next batch");
    rb_tally_done(&batch);
    support_ok(rb_tally_pending() == 1, "which the first one's end is not");
    rb_tally_done(&again);
    support_ok(rb_tally_take(&again) == NGX_DECLINED, "that was all");

    /* more than a batch holds */

    for (n = 0; n < 2500; n++) {
        view(n);
    }

    for (n = 0, i = 0; rb_tally_take(&batch) == NGX_OK; i++) {
        n += batch.n;
        rb_tally_done(&batch);
    }

    support_ok(i == 3 && n == 2500, "three batches of 2,500 posts");
}


/*
 * Somebody killed between counting and saying where leaves a view in a group
 * that nobody looks through.  The table begins with the pool, a seed, how many
 * groups and sets there are, and where the groups' flags are.
 */

static void
unsaid(void)
{
    rb_tally_t  *t;

    static rb_tally_batch_t  batch;

    t = table(ZONE);
    view(1);
    memset(((uint32_t **) t)[4], 0, ((uint64_t *) t)[2] * sizeof(uint32_t));

    support_ok(rb_tally_take(&batch) == NGX_DECLINED
               && rb_tally_pending() == 1, "a view that nobody was told of");

    rb_tally_init_process(t);

    support_ok(rb_tally_take(&batch) == NGX_OK && batch.n == 1
               && batch.count[0].views == 1,
               "is found by the worker that takes the dead one's place");
}


/* What takes no more says so, and gives room when it is written. */

static void
full(void)
{
    ngx_uint_t        n, before;
    rb_tally_stats_t  stats;

    static rb_tally_batch_t  batch;

    table(ZONE);
    rb_tally_stats(&stats);
    before = stats.dropped;

    for (n = 0; n < 40000; n++) {
        view(n);
    }

    rb_tally_stats(&stats);
    support_ok(stats.dropped > before
               && rb_tally_pending() == 40000 - (stats.dropped - before),
               "what there is no place for is counted as dropped");

    for (n = 0; rb_tally_take(&batch) == NGX_OK; n += batch.n) {
        rb_tally_done(&batch);
    }

    support_ok(n == 40000 - (stats.dropped - before) && !rb_tally_pending(),
               "and the rest is written");

    before = stats.dropped;

    for (n = 0; n < 8192; n++) {
        view(n);
    }

    rb_tally_stats(&stats);
    support_ok(stats.dropped == before, "after that there is room again");
}


/*
 * The database: the parent.  A flusher hands over a batch and waits for it to
 * be committed; it is killed at any time, and so are adders.
 */

typedef struct {
    uint64_t           ready;
    uint64_t           committed;
    uint64_t           begun[ADDERS];
    uint64_t           ended[ADDERS];
    uint64_t           stop;
    rb_tally_batch_t   batch;
} table_t;


static volatile table_t  *desk;


static void
adder(ngx_uint_t me, unsigned seed)
{
    while (!desk->stop) {
        desk->begun[me]++;
        view((ngx_uint_t) rand_r(&seed) % IDS);
        desk->ended[me]++;
    }

    _exit(0);
}


static void
flusher(void)
{
    static rb_tally_batch_t  batch;

    for ( ;; ) {
        if (rb_tally_take(&batch) != NGX_OK) {
            sched_yield();
            continue;
        }

        memcpy((void *) &desk->batch, &batch, sizeof(batch));
        __sync_synchronize();
        desk->ready = 1;

        while (!desk->committed) {
            sched_yield();
        }

        desk->committed = 0;
        rb_tally_done(&batch);
    }
}


static pid_t
start(void (*code)(ngx_uint_t), ngx_uint_t n)
{
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        code(n);
        _exit(0);
    }

    return pid;
}


static void start_adder(ngx_uint_t n) { adder(n, (unsigned) getpid()); }
static void start_flusher(ngx_uint_t n) { flusher(); }


static void
bury(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    __sync_bool_compare_and_swap((uint64_t *) mutex->lock, (uint64_t) pid, 0);
}


static char      (*known)[RB_UUID_LEN];
static uint64_t    nknown, total, again;


static void
commit(const rb_tally_batch_t *batch)
{
    uint64_t    i;
    ngx_uint_t  k;

    /* only the last ones can come again */

    for (i = nknown; i > 0 && i + 8 > nknown; i--) {
        if (memcmp(known[i - 1], batch->id, RB_UUID_LEN) == 0) {
            again++;
            return;
        }
    }

    memcpy(known[nknown++ % BATCHES], batch->id, RB_UUID_LEN);

    for (k = 0; k < batch->n; k++) {
        total += batch->count[k].views;
    }
}


static void
serve(void)
{
    static rb_tally_batch_t  batch;

    if (desk->ready) {
        __sync_synchronize();
        memcpy(&batch, (void *) &desk->batch, sizeof(batch));
        commit(&batch);
        desk->ready = 0;
        desk->committed = 1;
    }
}


static void
killed(ngx_uint_t adders_too)
{
    pid_t            adders[ADDERS], writer;
    uint64_t         begun, ended, deaths;
    ngx_uint_t       i, kills;

    static unsigned          seed = 7;
    static rb_tally_batch_t  batch;

    table(ZONE);
    desk = shared(sizeof(table_t));
    known = calloc(BATCHES, RB_UUID_LEN);
    nknown = total = again = deaths = 0;

    for (i = 0; i < ADDERS; i++) {
        adders[i] = start(start_adder, i);
    }

    writer = start(start_flusher, 0);

    for (kills = 0; kills < 60; kills++) {

        for (i = (ngx_uint_t) rand_r(&seed) % 60; i; i--) {
            serve();
            sched_yield();
        }

        /* committed or not, whoever is next doesn't know */

        if (rand_r(&seed) % 2) {
            serve();
        }

        bury(writer);
        desk->ready = 0;
        desk->committed = 0;
        writer = start(start_flusher, 0);

        if (adders_too && kills % 3 == 0) {
            i = (ngx_uint_t) rand_r(&seed) % ADDERS;
            bury(adders[i]);
            deaths++;
            adders[i] = start(start_adder, i);
        }
    }

    desk->stop = 1;

    for (i = 0; i < ADDERS; i++) {
        waitpid(adders[i], NULL, 0);
    }

    bury(writer);

    while (rb_tally_take(&batch) == NGX_OK) {
        commit(&batch);
        rb_tally_done(&batch);
    }

    for (i = 0, begun = 0, ended = 0; i < ADDERS; i++) {
        begun += desk->begun[i];
        ended += desk->ended[i];
    }

    support_ok(begun > 10000 && nknown > 20 && again > 0,
               "%ld views in %ld batches, %ld of them sent again",
               (long) begun, (long) nknown, (long) again);

    if (adders_too) {
        support_ok(total >= ended && total <= begun,
                   "of each of %ld adders that were killed one view at most",
                   (long) deaths);

    } else {
        support_ok(total == ended && begun == ended,
                   "each view is written once: %ld of %ld", (long) total,
                   (long) ended);
    }

    support_ok(rb_tally_pending() == 0, "and nothing is left");
    free(known);
}


int
main(void)
{
    ngx_current_msec = 1000 * 1000;
    support_time.sec = 1000000;

    plainly();
    unsaid();
    full();
    killed(0);
    killed(1);

    return support_done();
}
