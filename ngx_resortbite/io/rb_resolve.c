
/*
 * Look-ups on the thread pool.  The thread sees nothing but the task's own
 * context: a copy of the name and room for the answer.  It allocates nothing
 * from nginx and logs nothing, for neither is thread-safe.
 *
 * A look-up's memory is a pool of its own.  It is given back when the answer
 * has come, whether or not somebody still wants it; a worker that leaves
 * before takes it along.  (nginx waits for its threads when a worker leaves,
 * and a look-up can't be broken off: so callers start none then.)
 */


#include "io/rb_resolve.h"
#include <ngx_event.h>
#include <ngx_thread_pool.h>
#include <netdb.h>


typedef struct {
    rb_resolve_t    resolve;            /* first: what the caller sees */
    ngx_pool_t     *pool;
    char           *name;               /* ends with NUL */
} rb_resolve_task_t;


static ngx_thread_task_t *rb_resolve_task(ngx_str_t *host, ngx_log_t *log);
static void rb_resolve_thread(void *data, ngx_log_t *log);
static ngx_uint_t rb_resolve_has(rb_resolve_t *resolve, u_char *address);
static void rb_resolve_done(ngx_event_t *ev);


static ngx_str_t  rb_resolve_pool_name = ngx_string("default");


char *
rb_resolve_conf(ngx_conf_t *cf)
{
    if (ngx_thread_pool_add(cf, NULL) == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


rb_resolve_t *
rb_resolve_start(ngx_str_t *host, void (*handler)(rb_resolve_t *resolve),
    void *data, ngx_log_t *log)
{
    ngx_thread_pool_t  *tp;
    ngx_thread_task_t  *task;
    rb_resolve_task_t  *ctx;

    /* asked for anew each time: a static would outlive a refused reload */

    tp = ngx_thread_pool_get((ngx_cycle_t *) ngx_cycle, &rb_resolve_pool_name);
    if (tp == NULL) {
        return NULL;
    }

    task = rb_resolve_task(host, log);
    if (task == NULL) {
        return NULL;
    }

    ctx = task->ctx;
    ctx->resolve.handler = handler;
    ctx->resolve.data = data;

    if (ngx_thread_task_post(tp, task) != NGX_OK) {
        ngx_destroy_pool(ctx->pool);
        return NULL;
    }

    return &ctx->resolve;
}


static ngx_thread_task_t *
rb_resolve_task(ngx_str_t *host, ngx_log_t *log)
{
    ngx_pool_t         *pool;
    ngx_thread_task_t  *task;
    rb_resolve_task_t  *ctx;

    pool = ngx_create_pool(2048, log);
    if (pool == NULL) {
        return NULL;
    }

    task = ngx_thread_task_alloc(pool, sizeof(rb_resolve_task_t));
    if (task == NULL) {
        goto failed;
    }

    ctx = task->ctx;
    ctx->pool = pool;

    ctx->name = ngx_pnalloc(pool, host->len + 1);
    if (ctx->name == NULL) {
        goto failed;
    }

    ngx_memcpy(ctx->name, host->data, host->len);
    ctx->name[host->len] = '\0';

    ctx->resolve.host.len = host->len;
    ctx->resolve.host.data = (u_char *) ctx->name;

    task->handler = rb_resolve_thread;
    task->event.handler = rb_resolve_done;
    task->event.data = ctx;
    task->event.log = log;

    return task;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


/* Runs on a thread. */

static void
rb_resolve_thread(void *data, ngx_log_t *log)
{
    rb_resolve_task_t  *ctx = data;

    int                 rc;
    u_char             *address;
    rb_resolve_t       *resolve;
    struct addrinfo     hints, *list, *ai;

    resolve = &ctx->resolve;

    ngx_memzero(&hints, sizeof(struct addrinfo));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;

    rc = getaddrinfo(ctx->name, NULL, &hints, &list);
    if (rc != 0) {
        resolve->error = gai_strerror(rc);
        return;
    }

    for (ai = list; ai && resolve->count < RB_RESOLVE_MAX; ai = ai->ai_next) {
        address = resolve->address[resolve->count];

        if (getnameinfo(ai->ai_addr, ai->ai_addrlen, (char *) address,
                        NGX_SOCKADDR_STRLEN, NULL, 0, NI_NUMERICHOST)
            == 0
            && !rb_resolve_has(resolve, address))
        {
            resolve->count++;
        }
    }

    freeaddrinfo(list);

    if (resolve->count == 0) {
        resolve->error = "the name has no address";
    }
}


/* A line said twice in the hosts file is one address. */

static ngx_uint_t
rb_resolve_has(rb_resolve_t *resolve, u_char *address)
{
    ngx_uint_t  i;

    for (i = 0; i < resolve->count; i++) {
        if (ngx_strcmp(resolve->address[i], address) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
rb_resolve_done(ngx_event_t *ev)
{
    rb_resolve_task_t  *ctx = ev->data;

    if (ctx->resolve.handler) {
        ctx->resolve.handler(&ctx->resolve);
    }

    ngx_destroy_pool(ctx->pool);
}
