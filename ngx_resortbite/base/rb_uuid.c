
/*
 * UUIDv7 as RFC 9562 §5.7 lays it out:
 *
 *     48 bits  milliseconds since 1970
 *      4 bits  7, the version
 *     12 bits  the counter of §6.2, method 1
 *      2 bits  10, the variant
 *     62 bits  random
 *
 * Each millisecond's counter starts at random in the lower half of its range,
 * so that at least 2,048 follow in order; when it runs over, the millisecond
 * is taken from the future.  A clock that is set back doesn't take us back:
 * then the last millisecond goes on.
 *
 * Random bytes come from the kernel a bufferful at a time.  A forked worker
 * must not go on with its parent's: the buffer belongs to a process id.
 */


#include "base/rb_uuid.h"
#include "base/rb_time.h"
#include <sys/random.h>


#define RB_UUID_RANDOM      1024        /* bytes taken from the kernel */
#define RB_UUID_COUNTER     0xfff


typedef struct {
    ngx_pid_t    pid;                   /* whose bytes these are */
    size_t       used;
    uint64_t     msec;
    ngx_uint_t   counter;
    u_char       random[RB_UUID_RANDOM];
} rb_uuid_state_t;


static rb_uuid_state_t  rb_uuid_state;


static ngx_int_t rb_uuid_random(u_char *out, size_t n);
static void rb_uuid_write(u_char *p, const u_char *bytes);
static ngx_uint_t rb_uuid_is_hex(u_char c);


ngx_int_t
rb_uuid_v7(u_char *out)
{
    u_char            bytes[16];
    uint64_t          msec;
    ngx_uint_t        i;
    rb_uuid_state_t  *state;

    state = &rb_uuid_state;

    /* bytes 6 and 7 seed the counter; 8 to 15 are the random bits */

    if (rb_uuid_random(bytes + 6, 10) != NGX_OK) {
        return NGX_ERROR;
    }

    msec = rb_time_now() / 1000;

    if (msec > state->msec) {
        state->msec = msec;
        state->counter = (bytes[6] << 8 | bytes[7]) & (RB_UUID_COUNTER >> 1);

    } else if (state->counter < RB_UUID_COUNTER) {
        state->counter++;

    } else {
        state->msec++;
        state->counter = (bytes[6] << 8 | bytes[7]) & (RB_UUID_COUNTER >> 1);
    }

    for (i = 0; i < 6; i++) {
        bytes[i] = state->msec >> (40 - 8 * i);
    }

    bytes[6] = 0x70 | state->counter >> 8;
    bytes[7] = state->counter;
    bytes[8] = 0x80 | (bytes[8] & 0x3f);

    rb_uuid_write(out, bytes);

    return NGX_OK;
}


ngx_int_t
rb_uuid_parse(const ngx_str_t *s, u_char *out)
{
    u_char      c;
    ngx_uint_t  i;

    if (s->len != RB_UUID_LEN) {
        return NGX_ERROR;
    }

    for (i = 0; i < RB_UUID_LEN; i++) {
        c = s->data[i];

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') {
                return NGX_ERROR;
            }

        } else if (!rb_uuid_is_hex(c)) {
            return NGX_ERROR;
        }

        out[i] = (c >= 'A' && c <= 'F') ? c | 0x20 : c;
    }

    return NGX_OK;
}


static ngx_int_t
rb_uuid_random(u_char *out, size_t n)
{
    size_t            got;
    ssize_t           rc;
    rb_uuid_state_t  *state;

    state = &rb_uuid_state;

    if (state->pid != ngx_pid || sizeof(state->random) - state->used < n) {

        for (got = 0; got < sizeof(state->random); got += rc) {
            rc = getrandom(state->random + got, sizeof(state->random) - got,
                           GRND_NONBLOCK);

            if (rc == -1 && ngx_errno == NGX_EINTR) {
                rc = 0;

            } else if (rc == -1) {
                state->used = sizeof(state->random);
                return NGX_ERROR;
            }
        }

        state->pid = ngx_pid;
        state->used = 0;
    }

    ngx_memcpy(out, state->random + state->used, n);
    state->used += n;

    return NGX_OK;
}


static void
rb_uuid_write(u_char *p, const u_char *bytes)
{
    ngx_uint_t  i;

    static const u_char  hex[] = "0123456789abcdef";

    for (i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }

        *p++ = hex[bytes[i] >> 4];
        *p++ = hex[bytes[i] & 0xf];
    }
}


static ngx_uint_t
rb_uuid_is_hex(u_char c)
{
    u_char  lower;

    lower = c | 0x20;

    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}
