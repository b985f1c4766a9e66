
/*
 * The fiber that passes purges on.
 *
 * It takes all events that are due, makes one list of their keys without
 * repetition, and sends that in calls of at most `keys=' each.  An event is
 * done when its last key is; what a failed call leaves is due again after a
 * pause, which doubles while calls fail and is the node's: news wait with the
 * rest, so that a cache which comes back gets all of it at once.  Past ten
 * thousand keys that is {"all":true}.
 *
 * Should the worker die, what it has taken is due again after half a minute.
 */


#include "cdn/rb_cdn.h"
#include "base/rb_hash.h"
#include "base/rb_json.h"
#include "crypto/rb_crypto.h"
#include "io/rb_outbound.h"
#include "io/rb_told.h"
#include "rb_statements.h"


#define RB_CDN_TICK       1000          /* ms between two looks */
#define RB_CDN_GATHER     30            /* ms for what comes together */
#define RB_CDN_PAUSE_MIN  500           /* ms after a failed call … */
#define RB_CDN_PAUSE_MAX  30000         /* … and after many */
#define RB_CDN_QUERY      5000          /* a statement may take */
#define RB_CDN_CALL       5000          /* a call may take */
#define RB_CDN_ROUND      15000         /* after which no call is begun: what
                                           was taken is others' again soon */
#define RB_CDN_WANT       600000        /* ms between two words that there is
                                           a cache */
#define RB_CDN_CLAIMED    10000         /* events, as the statement says */
#define RB_CDN_ALL        10000         /* keys above which it is all */
#define RB_CDN_ID         32


/* Events as they were taken, and the keys they name, each once. */

typedef struct {
    rb_task_t      task;
    rb_pg_rows_t   rows;
    uint32_t      *last;                /* of an event: keys up to its last */
    ngx_str_t     *key;
    ngx_uint_t     keys;
    uint32_t      *table;               /* hash of a key to its number + 1 */
    ngx_uint_t     mask;
    unsigned       all:1;
} rb_cdn_round_t;


static void rb_cdn_fiber(void *data);
static ngx_int_t rb_cdn_round(void);
static void rb_cdn_want(rb_task_t *task);
static ngx_int_t rb_cdn_read(rb_cdn_round_t *round);
static ngx_int_t rb_cdn_room(rb_cdn_round_t *round);
static ngx_uint_t rb_cdn_keys_of(rb_cdn_round_t *round, ngx_uint_t row,
    ngx_uint_t add);
static void rb_cdn_key(rb_cdn_round_t *round, const ngx_str_t *key);
static ngx_int_t rb_cdn_pass_on(rb_cdn_round_t *round);
static void rb_cdn_count(const rb_cdn_round_t *round, ngx_uint_t sent,
    const char *why);
static const char *rb_cdn_call(rb_cdn_round_t *round, ngx_uint_t first,
    ngx_uint_t n);
static const char *rb_cdn_ask(rb_cdn_round_t *round, ngx_uint_t first,
    ngx_uint_t n);
static ngx_int_t rb_cdn_body(rb_cdn_round_t *round, ngx_uint_t first,
    ngx_uint_t n, rb_outbound_t *call);
static ngx_int_t rb_cdn_header(rb_cdn_round_t *round, ngx_uint_t first,
    ngx_uint_t n, rb_outbound_t *call);
static ngx_int_t rb_cdn_note(rb_cdn_round_t *round, ngx_uint_t sent,
    const char *why);
static ngx_int_t rb_cdn_ids(rb_cdn_round_t *round, ngx_uint_t sent,
    ngx_uint_t done, ngx_str_t *ids);


static const rb_cdn_conf_t  *rb_cdn_conf;
static rb_fiber_t           *rb_cdn_waiting;
static ngx_uint_t            rb_cdn_told;
static ngx_msec_t            rb_cdn_wanted;     /* said then; 0: not yet */
static ngx_msec_t            rb_cdn_pause;      /* 0: the last call was good */

/* Not on the fiber's stack: it may have to end when that is gone. */
static rb_cdn_round_t        rb_cdn_now;


ngx_int_t
rb_cdn_start(ngx_cycle_t *cycle, const rb_cdn_conf_t *conf)
{
    rb_cdn_conf = conf;

    return rb_fiber_start(rb_cdn_fiber, NULL, cycle->log) ? NGX_OK
                                                          : NGX_ERROR;
}


void
rb_cdn_wake(void)
{
    rb_cdn_told = 1;

    if (rb_cdn_waiting) {
        rb_fiber_wake(rb_cdn_waiting);
    }
}


void
rb_cdn_stop(void)
{
    rb_task_t  *task;

    task = &rb_cdn_now.task;

    if (task->pool) {
        rb_task_end(task);
        ngx_destroy_pool(task->pool);
        task->pool = NULL;
    }
}


/* While calls fail, news don't shorten the pause. */

static void
rb_cdn_fiber(void *data)
{
    ngx_int_t   rc;
    rb_wake_e   woken;
    ngx_msec_t  until;

    rc = NGX_OK;

    for ( ;; ) {
        until = ngx_current_msec + (rb_cdn_pause ? rb_cdn_pause : RB_CDN_TICK);
        woken = RB_WAKE;

        while (rc != NGX_AGAIN && woken != RB_WAKE_CANCELLED && !ngx_exiting
               && (ngx_msec_int_t) (until - ngx_current_msec) > 0
               && (rb_cdn_pause || !rb_cdn_told))
        {
            rb_cdn_waiting = rb_fiber_self();
            woken = rb_fiber_wait_background(until - ngx_current_msec);
            rb_cdn_waiting = NULL;
        }

        if (rb_cdn_told && woken != RB_WAKE_CANCELLED && !ngx_exiting) {
            woken = rb_fiber_wait_background(RB_CDN_GATHER);
        }

        if (woken == RB_WAKE_CANCELLED || ngx_exiting) {
            return;
        }

        rb_cdn_told = 0;
        rc = rb_cdn_round();

        if (rc == NGX_ERROR) {
            rb_cdn_pause = rb_cdn_pause
                           ? ngx_min(rb_cdn_pause * 2, RB_CDN_PAUSE_MAX)
                           : RB_CDN_PAUSE_MIN;

        } else {
            rb_cdn_pause = 0;
        }
    }
}


/*
 * NGX_AGAIN: there is more at once; NGX_ERROR: a call has failed.  An error of the
 * database is logged where it arises, and the next round tries again.
 */

static ngx_int_t
rb_cdn_round(void)
{
    ngx_int_t        rc;
    rb_err_t        *err;
    rb_cdn_round_t  *round;

    round = &rb_cdn_now;
    ngx_memzero(round, sizeof(rb_cdn_round_t));

    round->task.log = (ngx_log_t *) ngx_cycle->log;
    round->task.background = 1;
    round->task.deadline = ngx_current_msec + RB_CDN_QUERY;
    round->task.pool = ngx_create_pool(16384, round->task.log);

    if (round->task.pool == NULL) {
        return NGX_OK;
    }

    rb_cdn_want(&round->task);

    rc = NGX_OK;
    err = rb_pg_query(&round->task, RB_STMT_CDN_CLAIM, 0, NULL, &round->rows);

    if (err == NULL) {
        rb_told.purge_events = round->rows.count;
    }

    if (err == NULL && round->rows.count) {
        rc = rb_cdn_read(round) == NGX_OK ? rb_cdn_pass_on(round) : NGX_ERROR;

        if (rc == NGX_OK && round->rows.count == RB_CDN_CLAIMED) {
            rc = NGX_AGAIN;
        }
    }

    rb_cdn_stop();

    return rc;
}


/* Until it has been said once it is said each time. */

static void
rb_cdn_want(rb_task_t *task)
{
    rb_pg_rows_t  rows;

    if (rb_cdn_wanted && ngx_current_msec - rb_cdn_wanted < RB_CDN_WANT) {
        return;
    }

    if (rb_pg_query(task, RB_STMT_CDN_WANT, 0, NULL, &rows) == NULL
        && rows.sqlstate[0] == '\0')
    {
        rb_cdn_wanted = ngx_current_msec;
    }
}


/* Columns: id, everything, keys with a space between. */

static ngx_int_t
rb_cdn_read(rb_cdn_round_t *round)
{
    ngx_str_t   everything;
    ngx_uint_t  i;

    if (rb_cdn_room(round) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < round->rows.count && !round->all; i++) {
        everything = rb_pg_value(&round->rows, i, 1);

        if (everything.len && everything.data[0] == 't') {
            round->all = 1;
        }

        (void) rb_cdn_keys_of(round, i, 1);
        round->last[i] = (uint32_t) round->keys;

        if (round->keys > RB_CDN_ALL) {
            round->all = 1;
        }
    }

    return NGX_OK;
}


static ngx_int_t
rb_cdn_room(rb_cdn_round_t *round)
{
    ngx_uint_t   i, n;
    ngx_pool_t  *pool;

    pool = round->task.pool;

    for (i = 0, n = 0; i < round->rows.count && n <= RB_CDN_ALL; i++) {
        n += rb_cdn_keys_of(round, i, 0);
    }

    n = ngx_min(n, RB_CDN_ALL + 1);

    for (i = 64; i < 2 * n; i *= 2) { /* void */ }

    round->mask = i - 1;
    round->table = ngx_pcalloc(pool, i * sizeof(uint32_t));
    round->key = ngx_palloc(pool, (n + 1) * sizeof(ngx_str_t));
    round->last = ngx_pcalloc(pool, round->rows.count * sizeof(uint32_t));

    return round->table && round->key && round->last ? NGX_OK : NGX_ERROR;
}


/* How many keys an event names; to add them there must be room. */

static ngx_uint_t
rb_cdn_keys_of(rb_cdn_round_t *round, ngx_uint_t row, ngx_uint_t add)
{
    u_char      *p, *end;
    ngx_str_t    keys, key;
    ngx_uint_t   n;

    keys = rb_pg_value(&round->rows, row, 2);
    p = keys.data;
    end = p + keys.len;

    for (n = 0; p < end; p++) {

        for (key.data = p; p < end && *p != ' '; p++) { /* void */ }

        key.len = p - key.data;

        if (key.len == 0) {
            continue;
        }

        n++;

        if (add && round->keys <= RB_CDN_ALL) {
            rb_cdn_key(round, &key);
        }
    }

    return n;
}


static void
rb_cdn_key(rb_cdn_round_t *round, const ngx_str_t *key)
{
    ngx_str_t   *known;
    ngx_uint_t   place;

    place = rb_hash64(key->data, key->len, 0) & round->mask;

    while (round->table[place]) {
        known = &round->key[round->table[place] - 1];

        if (known->len == key->len
            && ngx_memcmp(known->data, key->data, key->len) == 0)
        {
            return;
        }

        place = (place + 1) & round->mask;
    }

    round->key[round->keys++] = *key;
    round->table[place] = (uint32_t) round->keys;
}


/*
 * Calls; then notes which events are done and which are not.  One is seen
 * through even if others take it too meanwhile: half of it is nothing done.
 */

static ngx_int_t
rb_cdn_pass_on(rb_cdn_round_t *round)
{
    ngx_uint_t   sent, n;
    ngx_msec_t   start;
    const char  *why;

    start = ngx_current_msec;
    round->task.background = 0;         /* what is begun is seen through */
    sent = 0;
    why = NULL;

    if (round->all) {
        why = rb_cdn_call(round, 0, 0);
        sent = why ? 0 : round->keys;

    } else {
        while (sent < round->keys) {

            if (ngx_exiting
                || (ngx_current_msec - start > RB_CDN_ROUND
                    && sent >= round->last[0]))
            {
                break;
            }

            n = ngx_min(round->keys - sent, rb_cdn_conf->keys);
            why = rb_cdn_call(round, sent, n);

            if (why) {
                break;
            }

            sent += n;
        }
    }

    rb_cdn_count(round, sent, why);

    return rb_cdn_note(round, sent, why);
}


static void
rb_cdn_count(const rb_cdn_round_t *round, ngx_uint_t sent, const char *why)
{
    ngx_uint_t  i;

    rb_told.purge_events = 0;

    for (i = 0; i < round->rows.count; i++) {
        rb_told.purge_events += round->all ? why != NULL
                                           : round->last[i] > sent;
    }
}


/* n keys, or with n 0 everything.  NULL: it is done. */

static const char *
rb_cdn_call(rb_cdn_round_t *round, ngx_uint_t first, ngx_uint_t n)
{
    const char  *why;

    why = rb_cdn_ask(round, first, n);

    if (why) {
        rb_told.purges_failed++;

    } else {
        rb_told.purges_passed++;
        rb_told.purge_keys += n;
    }

    return why;
}


static const char *
rb_cdn_ask(rb_cdn_round_t *round, ngx_uint_t first, ngx_uint_t n)
{
    u_char         *p;
    rb_err_t       *err;
    rb_answer_t     answer;
    rb_outbound_t   call;

    ngx_memzero(&call, sizeof(rb_outbound_t));

    ngx_str_set(&call.method, "POST");
    ngx_str_set(&call.type, "application/json");
    call.uri = rb_cdn_conf->location;

    if (rb_cdn_body(round, first, n, &call) != NGX_OK
        || rb_cdn_header(round, first, n, &call) != NGX_OK)
    {
        return "out of memory";
    }

    round->task.deadline = ngx_current_msec + RB_CDN_CALL;

    err = rb_outbound_call(&round->task, &call, &answer);

    if (err) {
        return err == &rb_err_timeout ? "the cache doesn't answer"
                                      : "the cache can't be reached";
    }

    if (answer.status >= 200 && answer.status < 300) {
        return NULL;
    }

    p = ngx_pnalloc(round->task.pool, sizeof("the cache answers 500"));

    if (p == NULL) {
        return "the cache refuses";
    }

    *ngx_sprintf(p, "the cache answers %ui", answer.status) = '\0';

    return (char *) p;
}


static ngx_int_t
rb_cdn_body(rb_cdn_round_t *round, ngx_uint_t first, ngx_uint_t n,
    rb_outbound_t *call)
{
    rb_buf_t    buf;
    rb_json_t   json;
    ngx_uint_t  i;

    if (rb_buf_init(&buf, round->task.pool, 32 + 64 * n) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');

    if (n == 0) {
        rb_json_key(&json, "all");
        rb_json_bool(&json, 1);

    } else {
        rb_json_key(&json, "keys");
        rb_json_open(&json, '[');

        for (i = first; i < first + n; i++) {
            rb_json_str(&json, &round->key[i]);
        }

        rb_json_close(&json, ']');
    }

    rb_json_close(&json, '}');

    call->body.data = buf.start;
    call->body.len = rb_buf_len(&buf);

    return buf.failed ? NGX_ERROR : NGX_OK;
}


/* The id is made of what is sent and of the events that it is for. */

static ngx_int_t
rb_cdn_header(rb_cdn_round_t *round, ngx_uint_t first, ngx_uint_t n,
    rb_outbound_t *call)
{
    u_char      *id, digest[RB_SHA256_LEN];
    rb_buf_t     text;
    ngx_str_t    ids;
    ngx_uint_t   i;

    id = ngx_pnalloc(round->task.pool, RB_CDN_ID);

    if (id == NULL
        || rb_buf_init(&text, round->task.pool, 64 + 64 * n) != NGX_OK
        || rb_cdn_ids(round, 0, 0, &ids) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = first; i < first + n; i++) {
        if (i > first) {
            rb_buf_add_lit(&text, " ");
        }

        rb_buf_add_str(&text, &round->key[i]);
    }

    call->header[call->headers].value.data = text.start;
    call->header[call->headers].value.len = rb_buf_len(&text);

    if (n) {
        ngx_str_set(&call->header[call->headers].name, "Surrogate-Key");
        call->headers++;
    }

    rb_buf_add_str(&text, &ids);

    if (text.failed
        || rb_sha256(text.start, rb_buf_len(&text), digest) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (n) {                            /* it may have moved */
        call->header[call->headers - 1].value.data = text.start;
    }

    (void) ngx_hex_dump(id, digest, RB_CDN_ID / 2);

    ngx_str_set(&call->header[call->headers].name, "X-ResortBite-Purge");
    call->header[call->headers].value.data = id;
    call->header[call->headers].value.len = RB_CDN_ID;
    call->headers++;

    return NGX_OK;
}


/*
 * Should it not be noted that they are done, they will be sent again.  What
 * there was no time for is due at once: the cache is slow, but it answers.
 */

static ngx_int_t
rb_cdn_note(rb_cdn_round_t *round, ngx_uint_t sent, const char *why)
{
    u_char         wait[NGX_INT_T_LEN];
    rb_err_t      *err;
    ngx_int_t      rc;
    ngx_str_t      ids, params[RB_CDN_FAILED_NPARAMS];
    ngx_uint_t     pause;
    rb_pg_rows_t   rows;

    if (why == NULL || !round->all) {

        if (rb_cdn_ids(round, sent, 1, &ids) != NGX_OK) {
            return NGX_ERROR;
        }

        round->task.deadline = ngx_current_msec + RB_CDN_QUERY;
        params[RB_CDN_DONE_P_IDS] = ids;

        err = ids.len > 2 ? rb_pg_query(&round->task, RB_STMT_CDN_DONE, 0,
                                        params, &rows)
                          : NULL;
        if (err) {
            return NGX_OK;
        }
    }

    if (why == NULL && sent == round->keys) {
        return NGX_OK;
    }

    pause = 0;
    rc = NGX_AGAIN;

    if (why) {
        ngx_log_error(NGX_LOG_WARN, round->task.log, 0, "a purge of %ui keys "
                      "was not passed on to \"%V\": %s", round->keys - sent,
                      &rb_cdn_conf->location, why);

        /* a little before we look again, with all that has come until then */

        pause = rb_cdn_pause ? ngx_min(rb_cdn_pause * 2, RB_CDN_PAUSE_MAX)
                             : RB_CDN_PAUSE_MIN;
        rc = NGX_ERROR;

    } else {
        why = "there was no time";
    }

    if (ngx_exiting) {
        pause = 0;
    }

    if (rb_cdn_ids(round, sent, 0, &ids) != NGX_OK) {
        return NGX_ERROR;
    }

    params[RB_CDN_FAILED_P_IDS] = ids;
    params[RB_CDN_FAILED_P_ERROR].data = (u_char *) why;
    params[RB_CDN_FAILED_P_ERROR].len = ngx_strlen(why);
    params[RB_CDN_FAILED_P_WAIT].data = wait;
    params[RB_CDN_FAILED_P_WAIT].len = ngx_sprintf(wait, "%ui",
                                                   pause * 9 / 10)
                                       - wait;

    round->task.deadline = ngx_current_msec + RB_CDN_QUERY;

    (void) rb_pg_query(&round->task, RB_STMT_CDN_FAILED, 0, params, &rows);

    return rc;
}


/* Events, as PostgreSQL writes an array: those whose keys are among the first
 * so many (done), or the others. */

static ngx_int_t
rb_cdn_ids(rb_cdn_round_t *round, ngx_uint_t sent, ngx_uint_t done,
    ngx_str_t *ids)
{
    u_char       c;
    rb_buf_t     buf;
    ngx_str_t    id;
    ngx_uint_t   i, is;

    if (rb_buf_init(&buf, round->task.pool, 16 + 12 * round->rows.count)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    c = '{';

    for (i = 0; i < round->rows.count; i++) {
        is = round->all ? done : round->last[i] <= sent;

        if (is == done) {
            id = rb_pg_value(&round->rows, i, 0);
            rb_buf_printf(&buf, "%c%V", c, &id);
            c = ',';
        }
    }

    rb_buf_add(&buf, c == '{' ? "{}" : "}", c == '{' ? 2 : 1);

    ids->data = buf.start;
    ids->len = rb_buf_len(&buf);

    return buf.failed ? NGX_ERROR : NGX_OK;
}
