/* unit: base/rb_uuid.c base/rb_time.c base/rb_hash.c base/rb_token.c */

/* Identifiers, hashes and tokens. */


#include "base/rb_hash.h"
#include "base/rb_time.h"
#include "base/rb_token.h"
#include "base/rb_uuid.h"
#include "support.h"
#include <sys/wait.h>


#define UUIDS  100000

/* HMAC-SHA-256 of "cursor\0abc", as another implementation computes it */
#define MAC_OF_CURSOR_ABC                                                     \
    "61ff79c8f8b5052a0704ed3464d51d0d" \
    "9633631edbffe2f67dc0b45ad90a6160"


static void
uuids(void)
{
    u_char      last[RB_UUID_LEN], uuid[RB_UUID_LEN], read[RB_UUID_LEN];
    int64_t     before, msec;
    ngx_str_t   s = { RB_UUID_LEN, uuid };
    ngx_uint_t  i, ordered, shaped;

    ordered = 1;
    shaped = 1;
    before = rb_time_now() / 1000;
    memset(last, '0', sizeof(last));

    for (i = 0; i < UUIDS; i++) {
        shaped &= rb_uuid_v7(uuid) == NGX_OK
                  && rb_uuid_parse(&s, read) == NGX_OK
                  && memcmp(uuid, read, RB_UUID_LEN) == 0
                  && uuid[14] == '7' && strchr("89ab", uuid[19]);

        ordered &= memcmp(last, uuid, RB_UUID_LEN) < 0;
        memcpy(last, uuid, RB_UUID_LEN);
    }

    support_ok(shaped, "version 7, variant 10, lower case");
    support_ok(ordered, "each is greater than the one before");

    memmove(uuid + 8, uuid + 9, 4);
    uuid[12] = '\0';
    msec = strtoll((char *) uuid, NULL, 16);
    support_ok(msec >= before && msec <= rb_time_now() / 1000 + 100,
               "they begin with the time");
}


static void
uuids_after_fork(void)
{
    int     fd[2], status;
    pid_t   pid;
    u_char  ours[RB_UUID_LEN], theirs[RB_UUID_LEN];

    if (pipe(fd) == -1) {
        exit(2);
    }

    rb_uuid_v7(ours);
    fflush(stdout);

    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();
        rb_uuid_v7(theirs);
        _exit(write(fd[1], theirs, sizeof(theirs)) != sizeof(theirs));
    }

    rb_uuid_v7(ours);

    if (read(fd[0], theirs, sizeof(theirs)) != sizeof(theirs)) {
        memcpy(theirs, ours, sizeof(ours));
    }

    waitpid(pid, &status, 0);

    support_ok(memcmp(ours + 20, theirs + 20, 16) != 0,
               "a forked process has random bits of its own");
}


static void
uuids_read(void)
{
    u_char      out[RB_UUID_LEN];
    ngx_uint_t  i;

    static const struct {
        const char    *text;
        const char    *canonical;
    } all[] = {
        { "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7f",
          "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7f" },
        { "019AAF42-6F9E-7B3C-9A51-0F3E4C5D6E7F",
          "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7f" },
        { "00000000-0000-0000-0000-000000000000",
          "00000000-0000-0000-0000-000000000000" },
        { "ffffffff-ffff-ffff-ffff-FFFFFFFFFFFF",
          "ffffffff-ffff-ffff-ffff-ffffffffffff" },
        { "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7", NULL },
        { "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7f0", NULL },
        { "019aaf42_6f9e-7b3c-9a51-0f3e4c5d6e7f", NULL },
        { "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7g", NULL },
        { "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e@f", NULL },
        { "019aaf42-6f9e-7b3c-9a51-0f3e4c5d6e\x10""f", NULL },
        { "{19aaf42-6f9e-7b3c-9a51-0f3e4c5d6e7}", NULL },
        { "", NULL }
    };

    for (i = 0; i < rb_array_size(all); i++) {
        ngx_str_t  s = { strlen(all[i].text), (u_char *) all[i].text };

        if (all[i].canonical == NULL) {
            support_ok(rb_uuid_parse(&s, out) == NGX_ERROR, "no UUID: %d",
                       (int) i);

        } else if (rb_uuid_parse(&s, out) == NGX_OK) {
            support_is(out, sizeof(out), all[i].canonical, "UUID %d", (int) i);

        } else {
            support_ok(0, "UUID %d", (int) i);
        }
    }
}


/* Flipping one bit of the input flips each bit of the output half the time. */

/* Both hashes in a row. */

#define HASH_WORDS  3
#define HASH_BITS   (64 * HASH_WORDS)

static void
hash_both(const void *data, size_t len, uint64_t seed,
    uint64_t hash[HASH_WORDS])
{
    hash[0] = rb_hash64(data, len, seed);
    rb_hash128(data, len, seed, &hash[1]);
}


static void
hash_avalanche(size_t len)
{
    int        flips[HASH_BITS], low, high;
    size_t     bit;
    u_char     data[160];
    uint64_t   before[HASH_WORDS], after[HASH_WORDS];
    ngx_int_t  i, k, rounds;

    memset(flips, 0, sizeof(flips));
    low = INT32_MAX;
    high = 0;
    rounds = 40;

    for (i = 0; i < rounds; i++) {
        for (k = 0; k < (ngx_int_t) len; k++) {
            data[k] = random();
        }

        hash_both(data, len, i, before);

        for (bit = 0; bit < len * 8; bit++) {
            data[bit / 8] ^= 1 << bit % 8;
            hash_both(data, len, i, after);
            data[bit / 8] ^= 1 << bit % 8;

            for (k = 0; k < HASH_BITS; k++) {
                flips[k] += (before[k / 64] ^ after[k / 64]) >> k % 64 & 1;
            }
        }
    }

    for (k = 0; k < HASH_BITS; k++) {
        low = ngx_min(low, flips[k]);
        high = ngx_max(high, flips[k]);
    }

    /* five standard deviations around one half */
    bit = rounds * len * 8;
    support_ok((low - bit / 2.0) * (low - bit / 2.0) < 25 * bit / 4.0
               && (high - bit / 2.0) * (high - bit / 2.0) < 25 * bit / 4.0,
               "avalanche of %d bytes: %.3f to %.3f", (int) len,
               (double) low / bit, (double) high / bit);
}


static int
hash_order(const void *a, const void *b)
{
    uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return x < y ? -1 : x > y;
}


static void
hash_distribution(void)
{
    char         key[64];
    double       chi;
    ngx_int_t    i, len, equal;

    static uint64_t  all[200000];
    static int       slots[1024];

    for (i = 0; i < 200000; i++) {
        len = snprintf(key, sizeof(key), "/api/v1/jobs?limit=20&page=%d",
                       (int) i);
        all[i] = rb_hash64(key, len, 7);
        slots[all[i] & 1023]++;
    }

    chi = 0;
    for (i = 0; i < 1024; i++) {
        chi += (slots[i] - 200000 / 1024.0) * (slots[i] - 200000 / 1024.0)
               / (200000 / 1024.0);
    }

    /* 1023 degrees of freedom: 1023 +- 5 * sqrt(2 * 1023) */
    support_ok(chi > 797 && chi < 1249, "even in its low bits: chi² %.0f",
               chi);

    qsort(all, 200000, sizeof(uint64_t), hash_order);
    for (i = 1, equal = 0; i < 200000; i++) {
        equal += all[i] == all[i - 1];
    }
    support_ok(equal == 0, "no two of 200000 keys collide");
}


static void
hashes(void)
{
    size_t      len;
    u_char      zeros[200];
    uint64_t    seen[200][HASH_WORDS];
    ngx_uint_t  i, k, differ;

    memset(zeros, 0, sizeof(zeros));

    for (len = 0, differ = 1; len < 200; len++) {
        hash_both(zeros, len, 1, seen[len]);

        for (i = 0; i < len; i++) {
            for (k = 0; k < HASH_WORDS; k++) {
                differ &= seen[i][k] != seen[len][k];
            }
        }
    }

    support_ok(differ, "zeros of each length hash differently");
    support_ok(rb_hash64("a", 1, 1) != rb_hash64("a", 1, 2),
               "seeds make another hash");
    support_ok(rb_hash64(NULL, 0, 1) == rb_hash64("", 0, 1),
               "nothing at NULL");

    for (len = 1; len <= 20; len++) {
        hash_avalanche(len);
    }

    hash_avalanche(33);
    hash_avalanche(64);
    hash_avalanche(150);
    hash_distribution();
}


static void
hex(const u_char *data, size_t len, char *out)
{
    for ( /* void */ ; len; len--) {
        out += sprintf(out, "%02x", *data++);
    }
}


static void
tokens(ngx_pool_t *pool)
{
    u_char      mac[32], data[70];
    char        text[65];
    size_t      i, bit;
    ngx_str_t   token, again, payload, changed;
    ngx_uint_t  refused;

    static ngx_str_t  key = ngx_string("0123456789abcdef0123456789abcdef");

    support_ok(rb_token_sign(pool, "cursor", support_str("x"), &token)
               == NGX_ERROR, "no key, no token");

    rb_token_secret(&key);

    support_ok(rb_token_mac("cursor", "abc", 3, mac) == NGX_OK, "a MAC");
    hex(mac, 32, text);
    support_is(text, 64, MAC_OF_CURSOR_ABC, "is HMAC-SHA-256");

    support_ok(rb_token_mac("cursor", "abc", 3, mac) == NGX_OK, "once more");
    hex(mac, 32, text);
    support_is(text, 64, MAC_OF_CURSOR_ABC, "is the same");

    for (i = 0; i < 70; i++) {
        memset(data, (int) i * 37, sizeof(data));
        payload.data = data;
        payload.len = i;

        if (rb_token_sign(pool, "cursor", &payload, &token) != NGX_OK
            || rb_token_verify(pool, "cursor", &token, &again) != NGX_OK
            || again.len != i || memcmp(again.data, data, i) != 0)
        {
            break;
        }
    }

    support_ok(i == 70, "payloads of 0 to 69 bytes come back");
    support_ok(rb_token_verify(pool, "other", &token, &again) == NGX_DECLINED,
               "refused for another purpose");

    refused = 1;

    for (bit = 0; bit < token.len * 8; bit++) {
        token.data[bit / 8] ^= 1 << bit % 8;
        refused &= rb_token_verify(pool, "cursor", &token, &again)
                   == NGX_DECLINED;
        token.data[bit / 8] ^= 1 << bit % 8;
    }

    support_ok(refused, "refused with any bit of the text changed");

    for (i = 0, refused = 1; i < token.len; i++) {
        changed.data = token.data;
        changed.len = i;
        refused &= rb_token_verify(pool, "cursor", &changed, &again)
                   == NGX_DECLINED;
    }

    support_ok(refused, "refused when cut");
    support_ok(rb_token_verify(pool, "cursor", support_str("a=b"), &again)
               == NGX_DECLINED, "refused when no base64url");

    support_allocations_left = 0;
    support_ok(rb_token_sign(pool, "cursor", &payload, &token) == NGX_ERROR
               && rb_token_verify(pool, "cursor", &token, &again)
                  == NGX_ERROR, "out of memory");
    support_allocations_left = -1;

    rb_token_secret(support_str("fedcba9876543210fedcba9876543210"));
    support_ok(rb_token_verify(pool, "cursor", &token, &again)
               == NGX_DECLINED, "refused under another key");

    rb_token_secret(NULL);
}


int
main(void)
{
    ngx_pool_t  *pool;

    pool = support_pool();

    uuids();
    uuids_after_fork();
    uuids_read();
    hashes();
    tokens(pool);

    ngx_destroy_pool(pool);

    return support_done();
}
