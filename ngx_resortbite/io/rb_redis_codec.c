
/*
 * hiredis' reader calls us for each value that it has read, top down, and we
 * hang it into its array; a reply is handed on when it is whole.  It lives in
 * a scratch pool that is emptied before the next one.
 *
 * The server's numbers are not trusted.  The reader holds a bulk string's
 * bytes only as they come; arrays are lists (see the header); and the reply's
 * bytes, waiting or read, are limited.  hiredis looks for the end of a line
 * from its start each time, so a line that doesn't end would cost the square
 * of its length: it is refused early.
 *
 * What hiredis allocates itself (the reader's buffer, a formatted command)
 * fails softly when memory is out, in 0.14 too.
 */


#include "io/rb_redis_codec.h"
#include <hiredis/hiredis.h>


#define RB_REDIS_ARGV         32        /* arguments without an allocation */
#define RB_REDIS_SCRATCH      4096
#define RB_REDIS_KEEP         65536     /* memory an idle connection keeps */
#define RB_REDIS_REFUSED      "a reply too large"


/* what hiredis calls with changed between 0.14 and 1.0 */

#if (HIREDIS_MAJOR >= 1)
typedef size_t  rb_redis_elements_t;
#else
typedef int     rb_redis_elements_t;
#endif


static void *rb_redis_on_string(const redisReadTask *task, char *str,
    size_t len);
static void *rb_redis_on_array(const redisReadTask *task,
    rb_redis_elements_t elements);
static void *rb_redis_on_integer(const redisReadTask *task, long long n);
static void *rb_redis_on_nil(const redisReadTask *task);
static rb_redis_value_t *rb_redis_value(const redisReadTask *task,
    rb_redis_type_e type);
static void *rb_redis_scratch(rb_redis_decoder_t *d, size_t n);
static ngx_int_t rb_redis_decoder_clear(rb_redis_decoder_t *d);
static ngx_int_t rb_redis_decoder_check(rb_redis_decoder_t *d);
static ngx_int_t rb_redis_out_format(rb_redis_out_t *out, ngx_uint_t argc,
    const ngx_str_t *argv, const char **args, size_t *lens);
static ngx_int_t rb_redis_out_room(rb_redis_out_t *out, size_t n);


#if (HIREDIS_MAJOR >= 1)

/* RESP3 only; no server sends it unasked, and one that does is harmless */

static void *
rb_redis_on_double(const redisReadTask *task, double n, char *str, size_t len)
{
    return rb_redis_on_string(task, str, len);
}


static void *
rb_redis_on_bool(const redisReadTask *task, int n)
{
    return rb_redis_on_integer(task, n);
}

#endif


static redisReplyObjectFunctions  rb_redis_functions = {
    .createString = rb_redis_on_string,
    .createArray = rb_redis_on_array,
    .createInteger = rb_redis_on_integer,
#if (HIREDIS_MAJOR >= 1)
    .createDouble = rb_redis_on_double,
    .createBool = rb_redis_on_bool,
#endif
    .createNil = rb_redis_on_nil,
};


ngx_int_t
rb_redis_decoder_init(rb_redis_decoder_t *d, ngx_log_t *log)
{
    d->used = 0;
    d->log = log;
    d->error = NULL;

    d->scratch = ngx_create_pool(RB_REDIS_SCRATCH, log);
    if (d->scratch == NULL) {
        return NGX_ERROR;
    }

    d->reader = redisReaderCreateWithFunctions(&rb_redis_functions);
    if (d->reader == NULL) {
        rb_redis_decoder_free(d);
        return NGX_ERROR;
    }

    d->reader->privdata = d;

    return NGX_OK;
}


void
rb_redis_decoder_free(rb_redis_decoder_t *d)
{
    if (d->reader) {
        redisReaderFree(d->reader);
        d->reader = NULL;
    }

    if (d->scratch) {
        ngx_destroy_pool(d->scratch);
        d->scratch = NULL;
    }
}


ngx_int_t
rb_redis_decoder_feed(rb_redis_decoder_t *d, const u_char *data, size_t n)
{
    if (redisReaderFeed(d->reader, (const char *) data, n) != REDIS_OK) {
        d->error = d->reader->errstr;
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
rb_redis_decoder_next(rb_redis_decoder_t *d, rb_redis_value_t **value)
{
    void  *reply;

    /* while a reply is in parts, d->reader->reply holds what came of it */

    if (d->reader->reply == NULL && rb_redis_decoder_clear(d) != NGX_OK) {
        d->error = "out of memory";
        return NGX_ERROR;
    }

    if (redisReaderGetReply(d->reader, &reply) != REDIS_OK) {
        if (d->error == NULL) {
            d->error = d->reader->errstr;
        }

        return NGX_ERROR;
    }

    if (reply == NULL) {
        return rb_redis_decoder_check(d);
    }

    *value = reply;

    return NGX_OK;
}


static ngx_int_t
rb_redis_decoder_clear(rb_redis_decoder_t *d)
{
    if (d->used <= RB_REDIS_KEEP) {
        ngx_reset_pool(d->scratch);
        d->used = 0;
        return NGX_OK;
    }

    /* a reset would keep all blocks of a large reply */

    ngx_destroy_pool(d->scratch);
    d->used = 0;

    d->scratch = ngx_create_pool(RB_REDIS_SCRATCH, d->log);

    return d->scratch ? NGX_OK : NGX_ERROR;
}


/* What waits in the reader's buffer is the start of one value. */

static ngx_int_t
rb_redis_decoder_check(rb_redis_decoder_t *d)
{
    size_t  waiting;

    waiting = d->reader->len - d->reader->pos;

    if (waiting > RB_REDIS_REPLY_MAX) {
        d->error = RB_REDIS_REFUSED;
        return NGX_ERROR;
    }

    if (waiting > RB_REDIS_LINE_MAX
        && memchr(d->reader->buf + d->reader->pos, '\n', RB_REDIS_LINE_MAX)
           == NULL)
    {
        d->error = "a line too long";
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


static void *
rb_redis_scratch(rb_redis_decoder_t *d, size_t n)
{
    if (n > RB_REDIS_REPLY_MAX - d->used) {
        d->error = RB_REDIS_REFUSED;
        return NULL;
    }

    d->used += n;

    return ngx_palloc(d->scratch, n);
}


static rb_redis_value_t *
rb_redis_value(const redisReadTask *task, rb_redis_type_e type)
{
    rb_redis_value_t  *value, *array;

    value = rb_redis_scratch(task->privdata, sizeof(rb_redis_value_t));
    if (value == NULL) {
        return NULL;
    }

    ngx_memzero(value, sizeof(rb_redis_value_t));
    value->type = type;

    if (task->parent == NULL) {
        return value;
    }

    array = task->parent->obj;

    if (array->last) {
        array->last->next = value;

    } else {
        array->first = value;
    }

    array->last = value;
    array->count++;

    return value;
}


static void *
rb_redis_on_string(const redisReadTask *task, char *str, size_t len)
{
    rb_redis_type_e    type;
    rb_redis_value_t  *value;

    switch (task->type) {

    case REDIS_REPLY_ERROR:
        type = RB_REDIS_ERROR;
        break;

    case REDIS_REPLY_STATUS:
        type = RB_REDIS_STATUS;
        break;

    default:
        type = RB_REDIS_STRING;
    }

    value = rb_redis_value(task, type);
    if (value == NULL) {
        return NULL;
    }

    value->str.data = rb_redis_scratch(task->privdata, len + 1);
    if (value->str.data == NULL) {
        return NULL;
    }

    ngx_memcpy(value->str.data, str, len);
    value->str.data[len] = '\0';
    value->str.len = len;

    return value;
}


static void *
rb_redis_on_array(const redisReadTask *task, rb_redis_elements_t elements)
{
    return rb_redis_value(task, RB_REDIS_ARRAY);
}


static void *
rb_redis_on_integer(const redisReadTask *task, long long n)
{
    rb_redis_value_t  *value;

    value = rb_redis_value(task, RB_REDIS_INTEGER);
    if (value) {
        value->integer = n;
    }

    return value;
}


static void *
rb_redis_on_nil(const redisReadTask *task)
{
    return rb_redis_value(task, RB_REDIS_NIL);
}


/* The depth is the reader's limit, below ten. */

ngx_int_t
rb_redis_value_copy(ngx_pool_t *pool, const rb_redis_value_t *value,
    rb_redis_reply_t *reply)
{
    ngx_uint_t               i;
    const rb_redis_value_t  *item;

    reply->type = value->type;
    reply->integer = value->integer;
    reply->count = value->count;
    reply->items = NULL;
    ngx_str_null(&reply->str);

    if (value->str.data) {
        reply->str.data = ngx_pnalloc(pool, value->str.len + 1);
        if (reply->str.data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(reply->str.data, value->str.data, value->str.len + 1);
        reply->str.len = value->str.len;
    }

    if (value->count == 0) {
        return NGX_OK;
    }

    reply->items = ngx_palloc(pool, value->count * sizeof(rb_redis_reply_t));
    if (reply->items == NULL) {
        return NGX_ERROR;
    }

    for (i = 0, item = value->first; item; i++, item = item->next) {
        if (rb_redis_value_copy(pool, item, &reply->items[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_uint_t
rb_redis_value_starts(const rb_redis_value_t *value, const char *prefix)
{
    size_t  len;

    len = ngx_strlen(prefix);

    return value->str.len >= len
           && ngx_memcmp(value->str.data, prefix, len) == 0;
}


ngx_int_t
rb_redis_out_command(rb_redis_out_t *out, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    size_t       *lens, few_lens[RB_REDIS_ARGV];
    ngx_int_t     rc;
    const char  **args, *few_args[RB_REDIS_ARGV];

    if (argc <= RB_REDIS_ARGV) {
        return rb_redis_out_format(out, argc, argv, few_args, few_lens);
    }

    if (argc > RB_REDIS_OUT_MAX / (sizeof(char *) + sizeof(size_t))) {
        return NGX_ERROR;
    }

    args = ngx_alloc(argc * (sizeof(char *) + sizeof(size_t)), ngx_cycle->log);
    if (args == NULL) {
        return NGX_ERROR;
    }

    lens = (size_t *) (args + argc);

    rc = rb_redis_out_format(out, argc, argv, args, lens);

    ngx_free(args);

    return rc;
}


static ngx_int_t
rb_redis_out_format(rb_redis_out_t *out, ngx_uint_t argc,
    const ngx_str_t *argv, const char **args, size_t *lens)
{
    char        *command;
    ngx_int_t    rc;
    long long    len;
    ngx_uint_t   i;

    if (argc == 0) {
        return NGX_ERROR;
    }

    for (i = 0; i < argc; i++) {
        args[i] = argv[i].len ? (const char *) argv[i].data : "";
        lens[i] = argv[i].len;
    }

    len = redisFormatCommandArgv(&command, (int) argc, args, lens);
    if (len < 0) {
        return NGX_ERROR;
    }

    rc = rb_redis_out_add(out, command, (size_t) len);

    redisFreeCommand(command);

    return rc;
}


ngx_int_t
rb_redis_out_add(rb_redis_out_t *out, const void *data, size_t n)
{
    if ((size_t) (out->end - out->last) < n
        && rb_redis_out_room(out, n) != NGX_OK)
    {
        return NGX_ERROR;
    }

    out->last = ngx_cpymem(out->last, data, n);

    return NGX_OK;
}


/* Doubles, and leaves behind what was sent. */

static ngx_int_t
rb_redis_out_room(rb_redis_out_t *out, size_t n)
{
    size_t   len, size;
    u_char  *start;

    len = rb_redis_out_len(out);

    if (n > RB_REDIS_OUT_MAX - len) {
        return NGX_ERROR;
    }

    for (size = 4096; size < len + n; size *= 2) { /* void */ }

    start = ngx_alloc(size, ngx_cycle->log);
    if (start == NULL) {
        return NGX_ERROR;
    }

    if (len) {
        ngx_memcpy(start, out->pos, len);
    }

    rb_redis_out_free(out);

    out->start = start;
    out->pos = start;
    out->last = start + len;
    out->end = start + size;

    return NGX_OK;
}


void
rb_redis_out_sent(rb_redis_out_t *out, size_t n)
{
    out->pos += n;

    if (out->pos < out->last) {
        return;
    }

    if (out->end - out->start > RB_REDIS_KEEP) {
        rb_redis_out_free(out);
        return;
    }

    out->pos = out->start;
    out->last = out->start;
}


void
rb_redis_out_free(rb_redis_out_t *out)
{
    if (out->start) {
        ngx_free(out->start);
    }

    ngx_memzero(out, sizeof(rb_redis_out_t));
}
