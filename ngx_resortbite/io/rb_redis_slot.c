
/*
 * From a command to its hash slot: CRC16 of the key, or of what stands
 * between the first "{" and the next "}" when that isn't empty, modulo 16384
 * (Redis Cluster Specification, "Key distribution model", "Hash tags").
 */


#include "io/rb_redis_cluster.h"


#define RB_REDIS_CRC16  0x1021          /* XMODEM: x^16 + x^12 + x^5 + 1 */


typedef struct {
    ngx_str_t     name;
    ngx_uint_t    key;                  /* 0: what follows STREAMS */
} rb_redis_key_t;


static uint16_t rb_redis_crc16(const u_char *data, size_t len);
static ngx_uint_t rb_redis_key_place(ngx_uint_t argc, const ngx_str_t *argv);
static ngx_uint_t rb_redis_is(const ngx_str_t *arg, const ngx_str_t *word);


/* commands whose key isn't their first argument */

static const rb_redis_key_t  rb_redis_keys[] = {
    { ngx_string("EVAL"), 3 },
    { ngx_string("EVALSHA"), 3 },
    { ngx_string("EVAL_RO"), 3 },
    { ngx_string("EVALSHA_RO"), 3 },
    { ngx_string("FCALL"), 3 },
    { ngx_string("FCALL_RO"), 3 },
    { ngx_string("XGROUP"), 2 },
    { ngx_string("XINFO"), 2 },
    { ngx_string("OBJECT"), 2 },
    { ngx_string("BITOP"), 2 },
    { ngx_string("XREAD"), 0 },
    { ngx_string("XREADGROUP"), 0 }
};


static const ngx_str_t  rb_redis_streams = ngx_string("STREAMS");


ngx_uint_t
rb_redis_cluster_slot(ngx_uint_t argc, const ngx_str_t *argv)
{
    u_char      *open, *close, *last;
    ngx_str_t    key;
    ngx_uint_t   place;

    place = rb_redis_key_place(argc, argv);

    if (place >= argc) {
        return RB_REDIS_NO_KEY;
    }

    key = argv[place];
    last = key.data + key.len;

    open = ngx_strlchr(key.data, last, '{');

    if (open) {
        close = ngx_strlchr(open + 1, last, '}');

        if (close && close > open + 1) {
            key.data = open + 1;
            key.len = close - key.data;
        }
    }

    return rb_redis_crc16(key.data, key.len) % RB_REDIS_SLOTS;
}


static ngx_uint_t
rb_redis_key_place(ngx_uint_t argc, const ngx_str_t *argv)
{
    ngx_uint_t  i, k;

    for (k = 0; k < rb_array_size(rb_redis_keys); k++) {
        if (!rb_redis_is(&argv[0], &rb_redis_keys[k].name)) {
            continue;
        }

        if (rb_redis_keys[k].key) {
            return rb_redis_keys[k].key;
        }

        for (i = 1; i < argc; i++) {
            if (rb_redis_is(&argv[i], &rb_redis_streams)) {
                return i + 1;
            }
        }

        return argc;
    }

    return 1;
}


static ngx_uint_t
rb_redis_is(const ngx_str_t *arg, const ngx_str_t *word)
{
    return arg->len == word->len
           && ngx_strncasecmp(arg->data, word->data, word->len) == 0;
}


static uint16_t
rb_redis_crc16(const u_char *data, size_t len)
{
    size_t           i;
    uint16_t         crc;
    ngx_uint_t       n, bit;
    static uint16_t  table[256];

    if (table[1] == 0) {
        for (n = 0; n < 256; n++) {
            crc = (uint16_t) (n << 8);

            for (bit = 0; bit < 8; bit++) {
                crc = (uint16_t) ((crc << 1)
                                  ^ (crc & 0x8000 ? RB_REDIS_CRC16 : 0));
            }

            table[n] = crc;
        }
    }

    crc = 0;

    for (i = 0; i < len; i++) {
        crc = (uint16_t) ((crc << 8) ^ table[((crc >> 8) ^ data[i]) & 0xff]);
    }

    return crc;
}
