
/*
 * How much of a body is read.  nginx's own limit (client_max_body_size) is
 * answered with its HTML page, so a location that serves us has none; instead
 * a request body filter ends the reading as soon as there is more than any
 * route takes, and the body goes on as if that were all of it.  It is too
 * large then (rb_http_read_body()), and told so like everything else.
 *
 * It is a module of its own, beside the one with the directives, since a
 * filter needs a place in nginx's chain and in the location's configuration,
 * and nothing else.
 */


#include "web/rb_http.h"


/* What chunks of a body may take beside its bytes. */

#define RB_HTTP_CHUNKS_MAX  16384


typedef struct {
    ngx_flag_t    limited;              /* the location serves us */
} rb_http_body_conf_t;


static void *rb_http_body_create_conf(ngx_conf_t *cf);
static ngx_int_t rb_http_body_init(ngx_conf_t *cf);
static ngx_int_t rb_http_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
static ngx_uint_t rb_http_body_exceeds(const ngx_http_request_body_t *rb);


static ngx_http_module_t  rb_http_body_module_ctx = {
    NULL,                               /* preconfiguration */
    rb_http_body_init,                  /* postconfiguration */

    NULL,                               /* create main configuration */
    NULL,                               /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    rb_http_body_create_conf,           /* create location configuration */
    NULL                                /* merge location configuration */
};


ngx_module_t  ngx_resortbite_body_module = {
    NGX_MODULE_V1,
    &rb_http_body_module_ctx,           /* module context */
    NULL,                               /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    NULL,                               /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    NULL,                               /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_request_body_filter_pt  rb_http_body_next;


static void *
rb_http_body_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(rb_http_body_conf_t));
}


static ngx_int_t
rb_http_body_init(ngx_conf_t *cf)
{
    rb_http_body_next = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = rb_http_body_filter;

    return NGX_OK;
}


void
rb_http_body_conf(ngx_http_core_loc_conf_t *clcf)
{
    size_t                size;
    rb_http_body_conf_t  *conf;

    size = RB_HTTP_BODY_MAX + RB_HTTP_CHUNKS_MAX;

    if (clcf->client_body_buffer_size < size) {
        clcf->client_body_buffer_size = size;
    }

    clcf->client_max_body_size = 0;

    conf = clcf->loc_conf[ngx_resortbite_body_module.ctx_index];
    conf->limited = 1;
}


/*
 * Not before nginx waits for more: while it still goes through what came with
 * the header, it expects to go on reading (HTTP/2 would read, and call us,
 * twice).  That much is bounded by its buffers.
 */

static ngx_int_t
rb_http_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                 rc;
    ngx_chain_t              *cl;
    rb_http_body_conf_t      *conf;
    ngx_http_request_body_t  *rb;

    conf = ngx_http_get_module_loc_conf(r, ngx_resortbite_body_module);
    rb = r->request_body;

    /* the rest of a long HTTP/2 frame comes even after the end */

    if (conf->limited && rb->last_saved) {
        for (cl = in; cl; cl = cl->next) {
            cl->buf->pos = cl->buf->last;
        }

        return NGX_OK;
    }

    rc = rb_http_body_next(r, in);

    if (rc != NGX_OK || !conf->limited || rb->last_saved
        || r->read_event_handler == ngx_http_block_reading
        || !rb_http_body_exceeds(rb))
    {
        return rc;
    }

    rb->rest = 0;
    rb->last_saved = 1;

    /* what still comes is of this request, and must not become the next */

    r->keepalive = 0;
    r->lingering_close = 1;

#if (NGX_HTTP_V2)
    if (r->stream) {
        r->stream->skip_data = 1;
    }
#endif

    /* of what went into a file, the last filter makes a buffer */

    return rb_http_body_next(r, NULL);
}


/* What is in a file did not fit into the buffer, which is larger than that. */

static ngx_uint_t
rb_http_body_exceeds(const ngx_http_request_body_t *rb)
{
    size_t        len;
    ngx_chain_t  *cl;

    if (rb->temp_file) {
        return 1;
    }

    len = 0;

    for (cl = rb->bufs; cl; cl = cl->next) {
        len += cl->buf->last - cl->buf->pos;
    }

    return len > RB_HTTP_BODY_MAX;
}
