
/*
 * What a unit test stands on in place of nginx: pools, formats and logs, on
 * malloc(), so that sanitizers see each allocation's bounds; memory that runs
 * out when asked to; and TAP.
 *
 * It defines the functions of nginx's core that units under test call, so a
 * program includes it in one file only.  A pool is a list of blocks, one an
 * allocation.  The formats are those of ngx_vslprintf(): %V %s %*s %d %i %D
 * %L %O %T %z %M %P with u, x, a width and leading zeros, %c and %%.
 */


#ifndef _RB_SUPPORT_H_INCLUDED_
#define _RB_SUPPORT_H_INCLUDED_


#include "base/rb_base.h"
#include <stdio.h>


/* After this many allocations from pools, the next ones fail; -1: never. */
static ngx_int_t  support_allocations_left = -1;

/* What was logged last. */
static u_char  support_logged[2048];

ngx_pool_t *support_pool(void);

/* One line of TAP.  Returns whether it was ok. */
int support_ok(int ok, const char *name, ...)
    __attribute__((format(printf, 2, 3)));

/* Compares bytes with a C string and shows both when they differ. */
int support_is(const void *data, size_t len, const char *expected,
    const char *name, ...) __attribute__((format(printf, 4, 5)));

/* The plan; returns main()'s result. */
int support_done(void);


#define support_str(literal)                                                  \
    (&(ngx_str_t) { sizeof(literal) - 1, (u_char *) literal })


typedef struct support_block_s  support_block_t;

struct support_block_s {
    support_block_t    *next;
    /* what is handed out follows, aligned */
    max_align_t         data[];
};


typedef struct {
    ngx_pool_t          pool;           /* first: cast from and to it */
    support_block_t    *blocks;
} support_pool_t;


static ngx_log_t    support_log = { .log_level = NGX_LOG_DEBUG };
static ngx_cycle_t  support_cycle = { .log = &support_log };

static ngx_time_t   support_time;

volatile ngx_cycle_t  *ngx_cycle = &support_cycle;
volatile ngx_time_t   *ngx_cached_time = &support_time;
volatile ngx_msec_t    ngx_current_msec;
ngx_pid_t              ngx_pid = 1;
ngx_uint_t             ngx_worker;


static int  support_tests;
static int  support_failed;


ngx_pool_t *
support_pool(void)
{
    return ngx_create_pool(4096, &support_log);
}


ngx_pool_t *
ngx_create_pool(size_t size, ngx_log_t *log)
{
    support_pool_t  *pool;

    (void) size;

    pool = calloc(1, sizeof(support_pool_t));
    if (pool == NULL) {
        return NULL;
    }

    pool->pool.log = log;

    return &pool->pool;
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    support_block_t     *block, *next;
    ngx_pool_cleanup_t  *cln;

    for (cln = pool->cleanup; cln; cln = cln->next) {
        if (cln->handler) {
            cln->handler(cln->data);
        }
    }

    for (block = ((support_pool_t *) pool)->blocks; block; block = next) {
        next = block->next;
        free(block);
    }

    free(pool);
}


void *
ngx_palloc(ngx_pool_t *pool, size_t size)
{
    support_block_t  *block;
    support_pool_t   *owner = (support_pool_t *) pool;

    if (support_allocations_left == 0) {
        return NULL;
    }

    if (support_allocations_left > 0) {
        support_allocations_left--;
    }

    block = malloc(sizeof(support_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->next = owner->blocks;
    owner->blocks = block;

    return block->data;
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return ngx_palloc(pool, size);
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    void  *p;

    p = ngx_palloc(pool, size);

    return p ? memset(p, 0, size) : NULL;
}


u_char *
ngx_pstrdup(ngx_pool_t *pool, ngx_str_t *src)
{
    u_char  *p;

    p = ngx_pnalloc(pool, src->len);

    return p ? memcpy(p, src->data, src->len) : NULL;
}


ngx_int_t
ngx_pfree(ngx_pool_t *pool, void *p)
{
    support_block_t  *block, **last;

    for (last = &((support_pool_t *) pool)->blocks; *last;
         last = &(*last)->next)
    {
        block = *last;

        if (block->data == p) {
            *last = block->next;
            free(block);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pcalloc(pool, sizeof(ngx_pool_cleanup_t));
    if (cln == NULL) {
        return NULL;
    }

    if (size) {
        cln->data = ngx_palloc(pool, size);
        if (cln->data == NULL) {
            return NULL;
        }
    }

    cln->next = pool->cleanup;
    pool->cleanup = cln;

    return cln;
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    (void) log;

    return malloc(size);
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    (void) log;

    return calloc(1, size);
}


void *
ngx_array_push(ngx_array_t *a)
{
    void  *elts;

    if (a->nelts == a->nalloc) {
        elts = ngx_palloc(a->pool, a->size * a->nalloc * 2);
        if (elts == NULL) {
            return NULL;
        }

        memcpy(elts, a->elts, a->size * a->nelts);
        a->elts = elts;
        a->nalloc *= 2;
    }

    return (u_char *) a->elts + a->size * a->nelts++;
}


ngx_int_t
ngx_hextoi(u_char *line, size_t n)
{
    ngx_int_t  value;

    for (value = 0; n; n--, line++) {
        if (!isxdigit(*line)) {
            return NGX_ERROR;
        }

        value = value * 16
                + (isdigit(*line) ? *line - '0' : (*line | 0x20) - 'a' + 10);
    }

    return value;
}


typedef struct {
    unsigned    is_unsigned:1;
    unsigned    hex:1;
    unsigned    zero:1;
    int         width;
    size_t      limit;                  /* of %*s */
} support_format_t;


static u_char *
support_put(u_char *p, u_char *last, const void *data, size_t n)
{
    n = ngx_min(n, (size_t) (last - p));

    if (n) {
        memcpy(p, data, n);
    }

    return p + n;
}


static const char *
support_flags(const char *fmt, support_format_t *f, va_list *args)
{
    memset(f, 0, sizeof(*f));
    f->limit = (size_t) -1;
    f->zero = (*fmt == '0');

    while (isdigit((u_char) *fmt)) {
        f->width = f->width * 10 + (*fmt++ - '0');
    }

    for ( ;; fmt++) {
        switch (*fmt) {

        case 'u':
            f->is_unsigned = 1;
            continue;

        case 'x':
            f->hex = 1;
            f->is_unsigned = 1;
            continue;

        case '*':
            f->limit = va_arg(*args, size_t);
            continue;

        default:
            return fmt;
        }
    }
}


static u_char *
support_number(u_char *p, u_char *last, char type, support_format_t *f,
    va_list *args)
{
    int        n;
    char       text[128];
    int64_t    value;

    switch (type) {
    case 'd':
        value = f->is_unsigned ? (int64_t) va_arg(*args, u_int)
                               : va_arg(*args, int);
        break;
    case 'D':
        value = f->is_unsigned ? (int64_t) va_arg(*args, uint32_t)
                               : va_arg(*args, int32_t);
        break;
    case 'P':
        value = va_arg(*args, ngx_pid_t);
        break;
    default: /* i, L, O, T, z, M: 64 bits where the tests run */
        value = va_arg(*args, int64_t);
    }

    n = snprintf(text, sizeof(text),
                 f->hex ? (f->zero ? "%0*" PRIx64 : "%*" PRIx64)
                 : f->is_unsigned ? (f->zero ? "%0*" PRIu64 : "%*" PRIu64)
                 : (f->zero ? "%0*" PRId64 : "%*" PRId64),
                 f->width, value);

    return support_put(p, last, text, n);
}


u_char *
ngx_vslprintf(u_char *buf, u_char *last, const char *fmt, va_list source)
{
    char               c;
    u_char            *p;
    va_list            args;
    ngx_str_t         *v;
    const char        *s;
    support_format_t   f;

    va_copy(args, source);

    for (p = buf; *fmt && p < last; fmt++) {

        if (*fmt != '%') {
            *p++ = *fmt;
            continue;
        }

        fmt = support_flags(fmt + 1, &f, &args);

        switch (*fmt) {

        case 'V':
            v = va_arg(args, ngx_str_t *);
            p = support_put(p, last, v->data, v->len);
            break;

        case 's':
            s = va_arg(args, const char *);
            p = support_put(p, last, s, (f.limit == (size_t) -1) ? strlen(s)
                                                                 : f.limit);
            break;

        case 'c':
            c = va_arg(args, int);
            p = support_put(p, last, &c, 1);
            break;

        case '%':
            *p++ = '%';
            break;

        case 'd': case 'D': case 'i': case 'L': case 'O': case 'T': case 'z':
        case 'M': case 'P':
            p = support_number(p, last, *fmt, &f, &args);
            break;

        default:
            fprintf(stderr, "support: no format %%%c\n", *fmt);
            abort();
        }
    }

    va_end(args);

    return p;
}


u_char *
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, (u_char *) -1, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_snprintf(u_char *buf, size_t max, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + max, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_slprintf(u_char *buf, u_char *last, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, last, fmt, args);
    va_end(args);

    return p;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    va_list  args;

    (void) level;
    (void) log;
    (void) err;

    va_start(args, fmt);
    *ngx_vslprintf(support_logged, support_logged + sizeof(support_logged) - 1,
                   fmt, args) = '\0';
    va_end(args);
}


void
ngx_conf_log_error(ngx_uint_t level, ngx_conf_t *cf, ngx_err_t err,
    const char *fmt, ...)
{
    va_list  args;

    (void) level;
    (void) cf;
    (void) err;

    va_start(args, fmt);
    *ngx_vslprintf(support_logged, support_logged + sizeof(support_logged) - 1,
                   fmt, args) = '\0';
    va_end(args);
}


static void
support_line(int ok, const char *name, va_list args)
{
    support_tests++;
    support_failed += !ok;

    printf("%sok %d - ", ok ? "" : "not ", support_tests);
    vprintf(name, args);
    putchar('\n');
    fflush(stdout);
}


int
support_ok(int ok, const char *name, ...)
{
    va_list  args;

    va_start(args, name);
    support_line(ok, name, args);
    va_end(args);

    return ok;
}


int
support_is(const void *data, size_t len, const char *expected,
    const char *name, ...)
{
    int      ok;
    va_list  args;

    ok = len == strlen(expected)
         && (len == 0 || memcmp(data, expected, len) == 0);

    va_start(args, name);
    support_line(ok, name, args);
    va_end(args);

    if (!ok) {
        printf("#      got: %.*s\n# expected: %s\n", (int) len,
               (const char *) data, expected);
    }

    return ok;
}


int
support_done(void)
{
    printf("1..%d\n", support_tests);

    return support_failed ? 1 : 0;
}


#endif /* _RB_SUPPORT_H_INCLUDED_ */
