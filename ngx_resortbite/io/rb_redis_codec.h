
/*
 * Redis' protocol (RESP2): commands to bytes, bytes to replies.  hiredis does
 * both; what is ours is where the bytes and the replies live, and how much of
 * them there may be.  Nothing here does I/O or yields.
 */


#ifndef _RB_REDIS_CODEC_H_INCLUDED_
#define _RB_REDIS_CODEC_H_INCLUDED_


#include "io/rb_redis.h"


#define RB_REDIS_REPLY_MAX  (64 * 1024 * 1024)
#define RB_REDIS_OUT_MAX    (64 * 1024 * 1024)
#define RB_REDIS_LINE_MAX   (64 * 1024)


/*
 * A reply as it was read, in the decoder's scratch memory: gone when the
 * callback that got it returns.  An array's elements are a list, because an
 * array that says it has a billion of them gets memory only for those that
 * came.
 */

typedef struct rb_redis_value_s  rb_redis_value_t;

struct rb_redis_value_s {
    rb_redis_type_e      type;
    int64_t              integer;
    ngx_str_t            str;
    ngx_uint_t           count;         /* elements */
    rb_redis_value_t    *first;
    rb_redis_value_t    *last;
    rb_redis_value_t    *next;          /* in the array it is in */
};


typedef struct {
    struct redisReader  *reader;
    ngx_pool_t          *scratch;
    size_t               used;          /* of scratch, by this reply */
    ngx_log_t           *log;
    const char          *error;         /* after NGX_ERROR */
} rb_redis_decoder_t;


/* Bytes to be sent, contiguous: those from pos to last. */

typedef struct {
    u_char    *start;
    u_char    *pos;
    u_char    *last;
    u_char    *end;
} rb_redis_out_t;


ngx_int_t rb_redis_decoder_init(rb_redis_decoder_t *d, ngx_log_t *log);
void rb_redis_decoder_free(rb_redis_decoder_t *d);

/* Takes over what was received.  NGX_ERROR: d->error says why. */
ngx_int_t rb_redis_decoder_feed(rb_redis_decoder_t *d, const u_char *data,
    size_t n);

/*
 * The next whole reply: NGX_OK, NGX_AGAIN (more bytes are needed) or
 * NGX_ERROR.  The one before is gone then.
 */
ngx_int_t rb_redis_decoder_next(rb_redis_decoder_t *d,
    rb_redis_value_t **value);

/* Copies a reply into a pool.  NGX_ERROR: out of memory. */
ngx_int_t rb_redis_value_copy(ngx_pool_t *pool, const rb_redis_value_t *value,
    rb_redis_reply_t *reply);

/* Whether value is a string, status or error that starts with prefix. */
ngx_uint_t rb_redis_value_starts(const rb_redis_value_t *value,
    const char *prefix);


/*
 * Appends a command; all of it or nothing.  NGX_ERROR: out of memory, or more
 * than RB_REDIS_OUT_MAX would wait.
 */
ngx_int_t rb_redis_out_command(rb_redis_out_t *out, ngx_uint_t argc,
    const ngx_str_t *argv);
ngx_int_t rb_redis_out_add(rb_redis_out_t *out, const void *data, size_t n);

/* After n bytes were sent. */
void rb_redis_out_sent(rb_redis_out_t *out, size_t n);
void rb_redis_out_free(rb_redis_out_t *out);

#define rb_redis_out_len(out)  ((size_t) ((out)->last - (out)->pos))


#endif /* _RB_REDIS_CODEC_H_INCLUDED_ */
