
/*
 * Budgets.
 *
 * The node's own table is sets of eight entries in shared memory, found by a
 * keyed hash of the budget's name and of whom it counts; a full set gives up
 * the entry that would be forgotten first.  Looking and counting is one step
 * under the zone's mutex, which nginx's master frees if its holder is killed.
 * An entry that was being written to then is off by one act at the most.
 *
 * Redis keeps the same three numbers by the same rules, in a script, so that
 * counting is one step there, too; it goes by Redis' own clock, since those
 * of nodes differ.  What is spent is first taken here and then there; if one
 * of them refuses, what was taken is put back.  When Redis fails to answer it
 * isn't asked any further, so that one of its timeouts is all that is lost.
 */


#include "io/rb_budget.h"
#include "io/rb_redis.h"
#include "base/rb_token.h"


#define RB_BUDGET_WAYS     8
#define RB_BUDGET_KEY      16           /* bytes of the MAC that are kept */
#define RB_BUDGET_AT_ONCE  8            /* budgets of one act */
#define RB_BUDGET_NAMES    512          /* bytes hashed without allocating */

#define RB_BUDGET_ARGV     9            /* words of the script's call */

#define RB_BUDGET_PREFIX   "rb:budget:"


/* Times are ngx_current_msec, which all workers of a node have in common. */

typedef struct {
    u_char               key[RB_BUDGET_KEY];
    uint64_t             last;          /* act */
    uint64_t             until;         /* counted; before that it is free */
    uint32_t             started;       /* low bits; of the window */
    uint32_t             count;
} rb_budget_entry_t;


typedef struct {
    rb_budget_entry_t    entry[RB_BUDGET_WAYS];
} rb_budget_set_t;


struct rb_budgets_s {
    ngx_slab_pool_t     *shpool;
    uint64_t             sets;
    rb_budget_set_t      set[];
};


/* What one budget of an act is known by, and was before it was spent. */

typedef struct {
    u_char               key[RB_BUDGET_KEY];
    uint64_t             last;
    uint64_t             until;
} rb_budget_key_t;


static rb_err_t *rb_budget_keys(rb_task_t *task, const rb_budget_of_t *of,
    ngx_uint_t n, rb_budget_key_t *keys);
static rb_budget_entry_t *rb_budget_find(const rb_budget_key_t *key,
    uint64_t now);
static rb_budget_entry_t *rb_budget_take(const rb_budget_key_t *key,
    uint64_t now);
static uint64_t rb_budget_delay(const rb_budget_t *budget, uint32_t count);
static uint64_t rb_budget_wait(const rb_budget_t *budget,
    const rb_budget_entry_t *entry, uint64_t now);
static uint64_t rb_budget_longest(const rb_budget_of_t *of,
    const rb_budget_key_t *keys, ngx_uint_t n, uint64_t now);
static uint64_t rb_budget_count(const rb_budget_of_t *of,
    rb_budget_key_t *keys, ngx_uint_t n);
static void rb_budget_uncount(const rb_budget_key_t *keys, ngx_uint_t n,
    uint64_t spent);
static ngx_int_t rb_budget_ask(rb_task_t *task, const char *act,
    const rb_budget_t *budget, const rb_budget_key_t *key, uint64_t *wait);
static ngx_uint_t rb_budget_eval(ngx_str_t *argv, const char *act,
    const rb_budget_t *budget, u_char numbers[4][NGX_INT64_LEN]);
static rb_err_t *rb_budget_refuse(rb_task_t *task, uint64_t wait);


static rb_budgets_t  *rb_budgets;


rb_err_define(rb_err_too_many, 429, "too_many_requests",
              "시도가 너무 많습니다. 잠시 뒤 다시 시도해 주세요.",
              "There have been too many attempts. Try again in a while.");


/*
 * n, s, l: acts, start of the window and last act in milliseconds.  The key
 * lasts as long as the window, or as the delay if that is longer.  Returns
 * the milliseconds to wait.
 */

static const char  rb_budget_script[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local free, window = tonumber(ARGV[2]), tonumber(ARGV[3])\n"
    "local first, most = tonumber(ARGV[4]), tonumber(ARGV[5])\n"
    "local h = redis.call('HMGET', KEYS[1], 'n', 's', 'l')\n"
    "local n, s, l = tonumber(h[1] or 0), tonumber(h[2] or now),"
        " tonumber(h[3] or now)\n"
    "local function delay()\n"
    "  if n < free then return 0 end\n"
    "  return math.min(first * 2 ^ (n - free), most)\n"
    "end\n"
    "if ARGV[1] == 'refund' then\n"
    "  if n > 1 then redis.call('HINCRBY', KEYS[1], 'n', -1)\n"
    "  else redis.call('DEL', KEYS[1]) end\n"
    "  return 0\n"
    "end\n"
    "local wait = 0\n"
    "if n > 0 and delay() > 0 then\n"
    "  wait = math.max(0, l + delay() - now)\n"
    "end\n"
    "if ARGV[1] == 'spend' and wait == 0 then\n"
    "  n = n + 1\n"
    "  redis.call('HSET', KEYS[1], 'n', n, 's', string.format('%.0f', s),"
        " 'l', string.format('%.0f', now))\n"
    "  redis.call('PEXPIRE', KEYS[1],"
        " string.format('%.0f', math.max(s + window - now, delay(), 1)))\n"
    "end\n"
    "return wait\n";


rb_budgets_t *
rb_budgets_create(ngx_slab_pool_t *shpool, size_t zone_size)
{
    size_t         size;
    rb_budgets_t  *budgets;

    size = zone_size / 32;

    if (size < sizeof(rb_budgets_t) + sizeof(rb_budget_set_t)) {
        return NULL;
    }

    budgets = ngx_slab_alloc(shpool, size);
    if (budgets == NULL) {
        return NULL;
    }

    ngx_memzero(budgets, size);

    budgets->shpool = shpool;
    budgets->sets = (size - sizeof(rb_budgets_t)) / sizeof(rb_budget_set_t);

    return budgets;
}


void
rb_budgets_init_process(rb_budgets_t *budgets)
{
    rb_budgets = budgets;
}


rb_err_t *
rb_budget_check(rb_task_t *task, const rb_budget_of_t *of, ngx_uint_t n)
{
    rb_err_t         *err;
    uint64_t          wait, there;
    ngx_uint_t        i;
    rb_budget_key_t   keys[RB_BUDGET_AT_ONCE];

    err = rb_budget_keys(task, of, n, keys);
    if (err) {
        return err;
    }

    ngx_shmtx_lock(&rb_budgets->shpool->mutex);
    wait = rb_budget_longest(of, keys, n, ngx_current_msec);
    ngx_shmtx_unlock(&rb_budgets->shpool->mutex);

    for (i = 0; i < n; i++) {

        if (rb_budget_ask(task, "check", of[i].budget, &keys[i], &there)
            != NGX_OK)
        {
            break;
        }

        wait = ngx_max(wait, there);
    }

    return wait ? rb_budget_refuse(task, wait) : NULL;
}


rb_err_t *
rb_budget_spend(rb_task_t *task, const rb_budget_of_t *of, ngx_uint_t n)
{
    rb_err_t         *err;
    uint64_t          wait, ignored, spent;
    ngx_uint_t        i;
    rb_budget_key_t   keys[RB_BUDGET_AT_ONCE];

    err = rb_budget_keys(task, of, n, keys);
    if (err) {
        return err;
    }

    spent = ngx_current_msec;

    wait = rb_budget_count(of, keys, n);
    if (wait) {
        return rb_budget_refuse(task, wait);
    }

    for (i = 0; i < n; i++) {

        if (rb_budget_ask(task, "spend", of[i].budget, &keys[i], &wait)
            != NGX_OK)
        {
            return NULL;
        }

        if (wait) {
            break;
        }
    }

    if (i == n) {
        return NULL;
    }

    rb_budget_uncount(keys, n, spent);

    while (i--) {
        if (rb_budget_ask(task, "refund", of[i].budget, &keys[i], &ignored)
            != NGX_OK)
        {
            break;
        }
    }

    return rb_budget_refuse(task, wait);
}


void
rb_budget_refund(rb_task_t *task, const rb_budget_of_t *of, ngx_uint_t n)
{
    uint64_t          ignored;
    ngx_uint_t        i;
    rb_budget_key_t   keys[RB_BUDGET_AT_ONCE];

    if (rb_budget_keys(task, of, n, keys) != NULL) {
        return;
    }

    rb_budget_uncount(keys, n, (uint64_t) -1);

    for (i = 0; i < n; i++) {
        if (rb_budget_ask(task, "refund", of[i].budget, &keys[i], &ignored)
            != NGX_OK)
        {
            return;
        }
    }
}


void
rb_budget_forget(rb_task_t *task, const rb_budget_of_t *of, ngx_uint_t n)
{
    uint64_t            ignored;
    ngx_uint_t          i;
    rb_budget_key_t     keys[RB_BUDGET_AT_ONCE];
    rb_budget_entry_t  *entry;

    if (rb_budget_keys(task, of, n, keys) != NULL) {
        return;
    }

    ngx_shmtx_lock(&rb_budgets->shpool->mutex);

    for (i = 0; i < n; i++) {
        entry = rb_budget_find(&keys[i], ngx_current_msec);

        if (entry) {
            entry->count = 0;
            entry->until = 0;
        }
    }

    ngx_shmtx_unlock(&rb_budgets->shpool->mutex);

    for (i = 0; i < n; i++) {
        if (rb_budget_ask(task, NULL, of[i].budget, &keys[i], &ignored)
            != NGX_OK)
        {
            return;
        }
    }
}


/* What each is known by: HMAC(name || 0 || whose). */

static rb_err_t *
rb_budget_keys(rb_task_t *task, const rb_budget_of_t *of, ngx_uint_t n,
    rb_budget_key_t *keys)
{
    u_char      *p, *text, mac[32], names[RB_BUDGET_NAMES];
    size_t       len;
    ngx_uint_t   i;

    if (rb_budgets == NULL || n > RB_BUDGET_AT_ONCE) {
        return &rb_err_internal;
    }

    for (i = 0; i < n; i++) {
        len = of[i].budget->name.len + 1 + of[i].whose.len;
        text = names;

        if (len > sizeof(names)) {
            text = ngx_pnalloc(task->pool, len);
            if (text == NULL) {
                return &rb_err_internal;
            }
        }

        p = ngx_cpymem(text, of[i].budget->name.data, of[i].budget->name.len);
        *p++ = '\0';

        if (of[i].whose.len) {
            ngx_memcpy(p, of[i].whose.data, of[i].whose.len);
        }

        if (rb_token_mac("budget", text, len, mac) != NGX_OK) {
            return &rb_err_internal;
        }

        ngx_memcpy(keys[i].key, mac, RB_BUDGET_KEY);
    }

    return NULL;
}


/* The node's table.  The mutex is held. */

static rb_budget_set_t *
rb_budget_set(const rb_budget_key_t *key)
{
    uint64_t  hash;

    ngx_memcpy(&hash, key->key, sizeof(hash));

    return &rb_budgets->set[hash % rb_budgets->sets];
}


/* The entry, if it still counts. */

static rb_budget_entry_t *
rb_budget_find(const rb_budget_key_t *key, uint64_t now)
{
    ngx_uint_t          i;
    rb_budget_entry_t  *entry;

    entry = rb_budget_set(key)->entry;

    for (i = 0; i < RB_BUDGET_WAYS; i++, entry++) {
        if (entry->until > now && entry->count
            && ngx_memcmp(entry->key, key->key, RB_BUDGET_KEY) == 0)
        {
            return entry;
        }
    }

    return NULL;
}


/* The entry, or a new one in place of that which ends first. */

static rb_budget_entry_t *
rb_budget_take(const rb_budget_key_t *key, uint64_t now)
{
    ngx_uint_t          i;
    rb_budget_set_t    *set;
    rb_budget_entry_t  *entry;

    entry = rb_budget_find(key, now);
    if (entry) {
        return entry;
    }

    set = rb_budget_set(key);
    entry = set->entry;

    for (i = 1; i < RB_BUDGET_WAYS; i++) {
        if (set->entry[i].until < entry->until) {
            entry = &set->entry[i];
        }
    }

    ngx_memcpy(entry->key, key->key, RB_BUDGET_KEY);
    entry->count = 0;
    entry->last = 0;
    entry->until = 0;
    entry->started = (uint32_t) now;

    return entry;
}


/* Milliseconds from the last act to the next one. */

static uint64_t
rb_budget_delay(const rb_budget_t *budget, uint32_t count)
{
    uint64_t  delay, most;
    uint32_t  over;

    if (count < budget->free) {
        return 0;
    }

    delay = (uint64_t) budget->delay * 1000;
    most = (uint64_t) budget->delay_max * 1000;

    for (over = count - budget->free; over && delay < most; over--) {
        delay *= 2;
    }

    return ngx_min(delay, most);
}


static uint64_t
rb_budget_wait(const rb_budget_t *budget, const rb_budget_entry_t *entry,
    uint64_t now)
{
    uint64_t  due, delay;

    delay = rb_budget_delay(budget, entry->count);

    /* what is free doesn't wait for a clock that is behind that of the worker
     * of the last act */

    if (delay == 0) {
        return 0;
    }

    due = entry->last + delay;

    return due > now ? due - now : 0;
}


static uint64_t
rb_budget_longest(const rb_budget_of_t *of, const rb_budget_key_t *keys,
    ngx_uint_t n, uint64_t now)
{
    uint64_t                  wait, longest;
    ngx_uint_t                i;
    const rb_budget_entry_t  *entry;

    longest = 0;

    for (i = 0; i < n; i++) {
        entry = rb_budget_find(&keys[i], now);

        if (entry) {
            wait = rb_budget_wait(of[i].budget, entry, now);
            longest = ngx_max(longest, wait);
        }
    }

    return longest;
}


/* Counts one act of each, if none has to wait; else says how long. */

static uint64_t
rb_budget_count(const rb_budget_of_t *of, rb_budget_key_t *keys,
    ngx_uint_t n)
{
    uint64_t            now, last, wait, age, left, delay;
    ngx_uint_t          i;
    rb_budget_entry_t  *entry;

    now = ngx_current_msec;

    ngx_shmtx_lock(&rb_budgets->shpool->mutex);

    wait = rb_budget_longest(of, keys, n, now);

    for (i = 0; wait == 0 && i < n; i++) {
        entry = rb_budget_take(&keys[i], now);

        keys[i].last = entry->last;
        keys[i].until = entry->until;

        /* a worker whose clock is behind doesn't set the entry's back: its
         * window would seem to be over */

        last = ngx_max(now, entry->last);

        entry->count++;
        entry->last = last;

        age = (uint32_t) last - entry->started;
        left = (uint64_t) of[i].budget->window * 1000;
        left = left > age ? left - age : 0;

        delay = rb_budget_delay(of[i].budget, entry->count);
        entry->until = last + ngx_max(left, delay);
    }

    ngx_shmtx_unlock(&rb_budgets->shpool->mutex);

    return wait;
}


/*
 * Takes one act of each back.  One that was never let through (spent when it
 * says) leaves the time of the act before as it was; one that was, doesn't.
 */

static void
rb_budget_uncount(const rb_budget_key_t *keys, ngx_uint_t n, uint64_t spent)
{
    ngx_uint_t          i;
    rb_budget_entry_t  *entry;

    ngx_shmtx_lock(&rb_budgets->shpool->mutex);

    for (i = 0; i < n; i++) {
        entry = rb_budget_find(&keys[i], ngx_current_msec);

        if (entry == NULL) {
            continue;
        }

        entry->count--;

        if (entry->last == spent) {
            entry->last = keys[i].last;
            entry->until = keys[i].until;
        }

        if (entry->count == 0) {
            entry->until = 0;
        }
    }

    ngx_shmtx_unlock(&rb_budgets->shpool->mutex);
}


/*
 * The same in Redis; act NULL forgets.  NGX_DECLINED: there is none, or it
 * doesn't answer.
 */

static ngx_int_t
rb_budget_ask(rb_task_t *task, const char *act, const rb_budget_t *budget,
    const rb_budget_key_t *key, uint64_t *wait)
{
    u_char            *p, name[sizeof(RB_BUDGET_PREFIX) + 2 * RB_BUDGET_KEY];
    u_char             numbers[4][NGX_INT64_LEN];
    ngx_str_t          argv[RB_BUDGET_ARGV];
    ngx_uint_t         argc;
    rb_redis_reply_t   reply;

    *wait = 0;

    if (!rb_redis_ready()) {
        return NGX_DECLINED;
    }

    p = ngx_cpymem(name, RB_BUDGET_PREFIX, sizeof(RB_BUDGET_PREFIX) - 1);
    p = ngx_hex_dump(p, (u_char *) key->key, RB_BUDGET_KEY);

    if (act) {
        argc = rb_budget_eval(argv, act, budget, numbers);
        argv[3].data = name;
        argv[3].len = p - name;

    } else {
        argc = 2;
        ngx_str_set(&argv[0], "DEL");
        argv[1].data = name;
        argv[1].len = p - name;
    }

    if (rb_redis_command(task, argc, argv, &reply) != NULL) {
        return NGX_DECLINED;
    }

    if (reply.type != RB_REDIS_INTEGER) {
        ngx_log_error(NGX_LOG_ERR, task->log, 0,
                      "Redis doesn't count budgets: %V", &reply.str);
        return NGX_DECLINED;
    }

    *wait = act && reply.integer > 0 ? (uint64_t) reply.integer : 0;

    return NGX_OK;
}


/* EVAL script 1 key act free window delay most; the key is the caller's. */

static ngx_uint_t
rb_budget_eval(ngx_str_t *argv, const char *act, const rb_budget_t *budget,
    u_char numbers[4][NGX_INT64_LEN])
{
    ngx_uint_t  i, values[4];

    values[0] = budget->free;
    values[1] = budget->window * 1000;
    values[2] = budget->delay * 1000;
    values[3] = budget->delay_max * 1000;

    ngx_str_set(&argv[0], "EVAL");
    ngx_str_set(&argv[1], rb_budget_script);
    ngx_str_set(&argv[2], "1");
    argv[4].data = (u_char *) act;
    argv[4].len = ngx_strlen(act);

    for (i = 0; i < 4; i++) {
        argv[5 + i].data = numbers[i];
        argv[5 + i].len = ngx_sprintf(numbers[i], "%ui", values[i])
                          - numbers[i];
    }

    return RB_BUDGET_ARGV;
}


static rb_err_t *
rb_budget_refuse(rb_task_t *task, uint64_t wait)
{
    return rb_err_retry(task->pool, &rb_err_too_many, (wait + 999) / 1000);
}
