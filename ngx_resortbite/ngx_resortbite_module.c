
/*
 * The module: its directives and its life.  What the directives mean is in
 * the README; what they set goes to the rooms concerned when a worker starts,
 * so that a configuration that is refused leaves nothing behind in the
 * master process.
 */


#include "ngx_resortbite_rooms.h"
#include "gate/rb_gate.h"
#include "gate/rb_changes.h"
#include "gate/rb_identity.h"
#include "gate/rb_upkeep.h"
#include "base/rb_token.h"
#include "io/rb_pg.h"
#include "io/rb_redis.h"
#include "io/rb_tally.h"
#include "io/rb_thread.h"
#include "web/rb_openapi.h"
#include "factors/rb_factors.h"
#include "counters/rb_counters.h"

#include <ngx_http.h>
#include <malloc.h>


#define RB_HEAP_KEPT     (8 * 1024 * 1024)
#define RB_ZONE_MIN      (8 * 1024 * 1024)
#define RB_STACK_MIN     (64 * 1024)
#define RB_SECRET_MAX    4096
#define RB_TIMEOUT_MIN   10             /* ms */
#define RB_TIMEOUT_MAX   600000


typedef struct {
    rb_fiber_conf_t     fibers;
    rb_pg_conf_t        pg;
    rb_redis_conf_t     redis;
    ngx_str_t           secret;
    ngx_shm_zone_t     *zone;
    ngx_array_t         rooms;          /* of const rb_routes_t *, then NULL */
    rb_gate_t           gate;
    rb_tally_t         *tally;          /* in shared memory */
    const char         *needs;          /* the directive that began it */
    unsigned            api:1;          /* some location serves it */
} rb_main_conf_t;


typedef struct {
    rb_gate_conf_t      gate;           /* first: the gate reads it */
    ngx_flag_t          api;
} rb_loc_conf_t;


static void *rb_create_main_conf(ngx_conf_t *cf);
static char *rb_init_main_conf(ngx_conf_t *cf, void *conf);
static void *rb_create_loc_conf(ngx_conf_t *cf);
static char *rb_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);
static ngx_int_t rb_compile(ngx_conf_t *cf);
static ngx_uint_t rb_routes_changed(ngx_cycle_t *old_cycle,
    rb_main_conf_t *mcf);
static ngx_int_t rb_check_needs(ngx_conf_t *cf, rb_main_conf_t *mcf);
static ngx_int_t rb_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t rb_init_process(ngx_cycle_t *cycle);
static void rb_exit_process(ngx_cycle_t *cycle);

static char *rb_postgres(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_postgres_replica(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *rb_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_secret_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_fibers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *rb_timeout(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


static ngx_command_t  rb_commands[] = {

    { ngx_string("resortbite_postgres"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      rb_postgres,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(rb_main_conf_t, pg),
      NULL },

    { ngx_string("resortbite_postgres_replica"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_postgres_replica,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      rb_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(rb_main_conf_t, redis),
      NULL },

    { ngx_string("resortbite_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      rb_secret_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_fibers"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      rb_fibers,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      rb_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("resortbite_cache"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(rb_loc_conf_t, gate.cache),
      NULL },

    { ngx_string("resortbite_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      rb_timeout,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  rb_module_ctx = {
    rb_gate_add_variables,              /* preconfiguration */
    rb_compile,                         /* postconfiguration */

    rb_create_main_conf,                /* create main configuration */
    rb_init_main_conf,                  /* init main configuration */

    NULL,                               /* create server configuration */
    NULL,                               /* merge server configuration */

    rb_create_loc_conf,                 /* create location configuration */
    rb_merge_loc_conf                   /* merge location configuration */
};


ngx_module_t  ngx_resortbite_module = {
    NGX_MODULE_V1,
    &rb_module_ctx,                     /* module context */
    rb_commands,                        /* module directives */
    NGX_HTTP_MODULE,                    /* module type */
    NULL,                               /* init master */
    NULL,                               /* init module */
    rb_init_process,                    /* init process */
    NULL,                               /* init thread */
    NULL,                               /* exit thread */
    rb_exit_process,                    /* exit process */
    NULL,                               /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Life. */

static ngx_int_t
rb_init_process(ngx_cycle_t *cycle)
{
    rb_main_conf_t            *mcf;
    const rb_identity_conf_t  *identity;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_resortbite_module);

    if (mcf == NULL || !mcf->api) {
        return NGX_OK;
    }

    /*
     * A worker's heap rises and falls with each turn.  What is free at its end
     * is kept: given back, it would be asked for again at the next turn, and
     * come page by page, which took a seventh of what a page costs.
     */

    (void) mallopt(M_TRIM_THRESHOLD, RB_HEAP_KEPT);

    rb_gate = mcf->gate;
    rb_token_secret(&mcf->secret);

    rb_budgets_init_process(mcf->gate.budgets);
    rb_tally_init_process(mcf->tally);

    identity = rb_identity_of(cycle);

    if (identity) {
        rb_factors_init(&identity->origin, &identity->host);
    }

    if (rb_fiber_init_process(cycle, &mcf->fibers) != NGX_OK
        || rb_pg_init_process(cycle, &mcf->pg) != NGX_OK
        || rb_redis_init_process(cycle, &mcf->redis) != NGX_OK
        || rb_metrics_init_process(cycle, rb_gate.metrics) != NGX_OK
        || rb_counters_init_process(cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_worker != 0) {
        return NGX_OK;
    }

    /* what is one a node */

    if (rb_changes_init_process(cycle, rb_gate.cache) != NGX_OK) {
        return NGX_ERROR;
    }

    return rb_upkeep_init_process(cycle, rb_gate.cache);
}


static void
rb_exit_process(ngx_cycle_t *cycle)
{
    rb_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_resortbite_module);

    if (mcf == NULL || !mcf->api
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return;
    }

    rb_redis_exit_process();
    rb_pg_exit_process();
    rb_fiber_exit_process();
}


static ngx_int_t
rb_init_zone(ngx_shm_zone_t *zone, void *data)
{
    rb_main_conf_t   *mcf, *old;
    ngx_slab_pool_t  *shpool;

    mcf = zone->data;
    old = data;

    if (old) {                          /* a reload keeps what is in it */
        mcf->gate.cache = old->gate.cache;
        mcf->gate.metrics = old->gate.metrics;
        mcf->gate.verdicts = old->gate.verdicts;
        mcf->gate.budgets = old->gate.budgets;
        mcf->tally = old->tally;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    shpool->log_nomem = 0;              /* the cache evicts and tries again */

    /* the cache takes all that is left but what the metrics need */

    mcf->gate.verdicts = rb_verdicts_create(shpool, zone->shm.size);
    mcf->gate.budgets = rb_budgets_create(shpool, zone->shm.size);
    mcf->tally = rb_tally_create(shpool, zone->shm.size);
    mcf->gate.cache = rb_cache_create(shpool, zone->shm.size);
    mcf->gate.metrics = rb_metrics_create(shpool,
                                          rb_router_count(mcf->gate.router));

    if (mcf->gate.cache == NULL || mcf->gate.metrics == NULL
        || mcf->gate.verdicts == NULL || mcf->gate.budgets == NULL
        || mcf->tally == NULL)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "\"resortbite_zone\" is too small: try 64m");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Configuration. */

static void *
rb_create_main_conf(ngx_conf_t *cf)
{
    ngx_uint_t            i;
    rb_main_conf_t       *mcf;
    const rb_routes_t   **room;

    mcf = ngx_pcalloc(cf->pool, sizeof(rb_main_conf_t));

    if (mcf == NULL
        || ngx_array_init(&mcf->rooms, cf->pool, rb_array_size(rb_rooms) + 1,
                          sizeof(const rb_routes_t *))
           != NGX_OK)
    {
        return NULL;
    }

    for (i = 0; i < rb_array_size(rb_rooms); i++) {
        room = ngx_array_push(&mcf->rooms);
        *room = rb_rooms[i];
    }

    return mcf;
}


ngx_int_t
rb_gate_add_room(ngx_conf_t *cf, const rb_routes_t *routes)
{
    rb_main_conf_t       *mcf;
    const rb_routes_t   **room;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_resortbite_module);

    room = ngx_array_push(&mcf->rooms);
    if (room == NULL) {
        return NGX_ERROR;
    }

    *room = routes;

    return NGX_OK;
}


void
rb_gate_need(ngx_conf_t *cf, const char *directive)
{
    rb_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_resortbite_module);

    if (mcf->needs == NULL) {
        mcf->needs = directive;
    }

    mcf->api = 1;
}


static char *
rb_init_main_conf(ngx_conf_t *cf, void *conf)
{
    rb_main_conf_t  *mcf = conf;

    if (mcf->fibers.max == 0) {
        mcf->fibers.max = 10000;
        mcf->fibers.stack_size = 256 * 1024;
        mcf->fibers.keep = 1024;
    }

    return NGX_CONF_OK;
}


static void *
rb_create_loc_conf(ngx_conf_t *cf)
{
    rb_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(rb_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    lcf->gate.cache = NGX_CONF_UNSET;
    lcf->gate.timeout = NGX_CONF_UNSET_MSEC;

    return lcf;
}


static char *
rb_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    rb_loc_conf_t             *prev = parent;
    rb_loc_conf_t             *conf = child;
    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_value(conf->gate.cache, prev->gate.cache, 1);
    ngx_conf_merge_msec_value(conf->gate.timeout, prev->gate.timeout, 5000);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "if" and "limit_except" blocks within a location that serves the API */

    if (prev->api && (clcf->noname || clcf->lmt_excpt)) {
        conf->api = 1;

        if (clcf->lmt_excpt && clcf->handler == NULL) {
            clcf->handler = rb_gate_handler;
        }
    }

    if (conf->api) {

        if (clcf->handler && clcf->handler != rb_gate_handler) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "location \"%V\" has \"resortbite_api\" and "
                               "another handler, such as \"proxy_pass\": "
                               "give each a location of its own",
                               &clcf->name);
            return NGX_CONF_ERROR;
        }

        rb_http_body_conf(clcf);
    }

    return NGX_CONF_OK;
}


/* All directives are known: is what the API needs there? */

static ngx_int_t
rb_compile(ngx_conf_t *cf)
{
    rb_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_resortbite_module);

    if (mcf->api && rb_check_needs(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->api && rb_thread_conf(cf) != NGX_CONF_OK) {
        return NGX_ERROR;
    }

    /* a zone is made for the routes, though no location may serve them yet */

    if (!mcf->api && mcf->zone == NULL) {
        return NGX_OK;
    }

    if (rb_gate_add_room(cf, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    mcf->gate.router = rb_router_create(cf, mcf->rooms.elts);
    if (mcf->gate.router == NULL) {
        return NGX_ERROR;
    }

    if (mcf->zone
        && (rb_routes_changed(cf->cycle->old_cycle, mcf)
            || rb_identity_moved(cf->cycle)))
    {
        mcf->zone->noreuse = 1;
    }

    return rb_openapi_write(cf->pool, mcf->gate.router, &mcf->gate.openapi);
}


/*
 * What is in the zone knows routes by their number.  A reload with other
 * modules that bring rooms, or without them, so begins with a new zone.
 */

static ngx_uint_t
rb_routes_changed(ngx_cycle_t *old_cycle, rb_main_conf_t *mcf)
{
    ngx_uint_t       i, n;
    rb_main_conf_t  *old;

    if (old_cycle == NULL || ngx_is_init_cycle(old_cycle)) {
        return 0;
    }

    old = ngx_http_cycle_get_module_main_conf(old_cycle,
                                              ngx_resortbite_module);
    if (old == NULL || old->gate.router == NULL) {
        return 0;
    }

    n = rb_router_count(mcf->gate.router);

    if (n != rb_router_count(old->gate.router)) {
        return 1;
    }

    for (i = 0; i < n; i++) {
        if (rb_router_route(mcf->gate.router, i)
            != rb_router_route(old->gate.router, i))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
rb_check_needs(ngx_conf_t *cf, rb_main_conf_t *mcf)
{
    const char  *missing;

    missing = NULL;

    if (mcf->pg.conninfo.len == 0) {
        missing = "\"resortbite_postgres\", such as: resortbite_postgres "
                  "\"host=/run/postgresql dbname=resortbite\";";

    } else if (mcf->zone == NULL) {
        missing = "\"resortbite_zone\", such as: resortbite_zone 64m;";

    } else if (mcf->secret.len == 0) {
        missing = "\"resortbite_secret_file\", such as: "
                  "resortbite_secret_file /etc/resortbite/secret; (made by: "
                  "openssl rand -out /etc/resortbite/secret 64)";
    }

    if (missing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%s\" needs, in the "
                           "\"http\" block, %s", mcf->needs, missing);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Reads a name=value argument into the field that bears the name.  Sizes and
 * times take nginx's units.
 */

typedef struct {
    ngx_str_t       name;               /* with its "=" */
    ngx_uint_t     *number;
    ngx_msec_t     *msec;
    size_t         *size;
    ngx_int_t       min;
    ngx_int_t       max;
} rb_argument_t;


static char *
rb_conf_argument(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *arg,
    rb_argument_t *known)
{
    ngx_int_t       n;
    ngx_str_t       value;
    rb_argument_t  *a;

    for (a = known; a->name.len; a++) {

        if (arg->len <= a->name.len
            || ngx_strncmp(arg->data, a->name.data, a->name.len) != 0)
        {
            continue;
        }

        value.data = arg->data + a->name.len;
        value.len = arg->len - a->name.len;

        n = a->msec ? ngx_parse_time(&value, 0)
                    : a->size ? (ngx_int_t) ngx_parse_size(&value)
                              : ngx_atoi(value.data, value.len);

        if (n == NGX_ERROR || n < a->min || n > a->max) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" in \"%V\": \"%V\" "
                               "takes a value from %i to %i%s", arg,
                               &cmd->name, &a->name, a->min, a->max,
                               a->msec ? " milliseconds, such as 500ms or 5s"
                                       : "");
            return NGX_CONF_ERROR;
        }

        if (a->msec) {
            *a->msec = (ngx_msec_t) n;

        } else if (a->size) {
            *a->size = (size_t) n;

        } else {
            *a->number = (ngx_uint_t) n;
        }

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" is no parameter of \"%V\"; it takes:", arg,
                       &cmd->name);

    for (a = known; a->name.len; a++) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "    %V", &a->name);
    }

    return NGX_CONF_ERROR;
}


static char *
rb_conf_arguments(ngx_conf_t *cf, ngx_command_t *cmd, ngx_uint_t first,
    rb_argument_t *known)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = first; i < cf->args->nelts; i++) {
        if (rb_conf_argument(cf, cmd, &value[i], known) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
rb_postgres(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t       *value;
    rb_main_conf_t  *mcf = conf;
    rb_pg_conf_t    *pg = &mcf->pg;

    rb_argument_t  known[] = {
        { ngx_string("point="), &pg->lane_size[0], NULL, NULL, 1, 64 },
        { ngx_string("slow="), &pg->lane_size[1], NULL, NULL, 1, 64 },
        { ngx_string("write="), &pg->lane_size[2], NULL, NULL, 1, 64 },
        { ngx_string("exclusive="), &pg->lane_size[3], NULL, NULL, 1, 64 },
        { ngx_string("queue="), &pg->queue, NULL, NULL, 1, 1000000 },
        { ngx_string("timeout="), NULL, &pg->timeout, NULL, 10, 600000 },
        { ngx_string("connect_timeout="), NULL, &pg->connect_timeout, NULL,
          10, 600000 },
        { ngx_null_string, NULL, NULL, NULL, 0, 0 }
    };

    if (pg->conninfo.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    pg->conninfo = value[1];
    pg->lane_size[0] = 1;
    pg->lane_size[1] = 2;
    pg->lane_size[2] = 1;
    pg->lane_size[3] = 2;
    pg->queue = 2048;
    pg->timeout = 5000;
    pg->connect_timeout = 3000;

    if (pg->conninfo.len == 0) {
        return "has an empty connection string";
    }

    if (rb_conf_arguments(cf, cmd, 2, known) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return rb_pg_conf_check(cf, &pg->conninfo);
}


static char *
rb_postgres_replica(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t       *value;
    rb_main_conf_t  *mcf = conf;

    if (mcf->pg.replica.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty connection string";
    }

    mcf->pg.replica = value[1];

    return rb_pg_conf_check(cf, &mcf->pg.replica);
}


static char *
rb_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t        *value;
    rb_main_conf_t   *mcf = conf;
    rb_redis_conf_t  *redis = &mcf->redis;

    rb_argument_t  known[] = {
        { ngx_string("queue="), &redis->queue, NULL, NULL, 1, 1000000 },
        { ngx_string("timeout="), NULL, &redis->timeout, NULL, 10, 600000 },
        { ngx_string("connect_timeout="), NULL, &redis->connect_timeout, NULL,
          10, 600000 },
        { ngx_null_string, NULL, NULL, NULL, 0, 0 }
    };

    if (redis->url.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    redis->url = value[1];
    redis->queue = 4096;
    redis->timeout = 500;
    redis->connect_timeout = 1000;

    if (rb_conf_arguments(cf, cmd, 2, known) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return rb_redis_conf_check(cf, redis);
}


static char *
rb_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ssize_t          size;
    ngx_str_t       *value, name = ngx_string("resortbite");
    rb_main_conf_t  *mcf = conf;

    if (mcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size < RB_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no size for \"resortbite_zone\", which "
                           "takes at least 8m, such as: resortbite_zone 64m;",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    mcf->zone = ngx_shared_memory_add(cf, &name, size, &ngx_resortbite_module);
    if (mcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    mcf->zone->init = rb_init_zone;
    mcf->zone->data = mcf;

    return NGX_CONF_OK;
}


/* Reads up to RB_SECRET_MAX bytes; returns the file's size, or NGX_ERROR. */

static ssize_t
rb_read_secret(ngx_conf_t *cf, ngx_str_t *name, u_char *buf)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        (void) ngx_close_file(fd);
        return NGX_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        (void) ngx_close_file(fd);
        ngx_set_errno(NGX_EINVAL);
        return NGX_ERROR;
    }

    if (ngx_file_access(&fi) & 077) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\" can be read by others than its owner: "
                           "chmod 600 %V", name, name);
    }

    n = ngx_read_fd(fd, buf, RB_SECRET_MAX);
    (void) ngx_close_file(fd);

    return n < 0 ? NGX_ERROR : (ssize_t) ngx_max(n, ngx_file_size(&fi));
}


static char *
rb_secret_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ssize_t          n;
    ngx_str_t       *value, name;
    rb_main_conf_t  *mcf = conf;

    if (mcf->secret.len) {
        return "is duplicate";
    }

    value = cf->args->elts;
    name = value[1];

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->secret.data = ngx_pnalloc(cf->pool, RB_SECRET_MAX);
    if (mcf->secret.data == NULL) {
        return NGX_CONF_ERROR;
    }

    n = rb_read_secret(cf, &name, mcf->secret.data);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "can't read \"%V\"; make it by: openssl rand -out "
                           "%V 64 && chmod 600 %V", &name, &name, &name);
        return NGX_CONF_ERROR;
    }

    if (n < RB_SECRET_MIN || n > RB_SECRET_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" holds %z bytes, a secret has from %d to "
                           "%d; make it by: openssl rand -out %V 64", &name, n,
                           RB_SECRET_MIN, RB_SECRET_MAX, &name);
        return NGX_CONF_ERROR;
    }

    mcf->secret.len = n;

    return NGX_CONF_OK;
}


static char *
rb_fibers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t         n;
    ngx_str_t        *value;
    rb_main_conf_t   *mcf = conf;
    rb_fiber_conf_t  *fibers = &mcf->fibers;

    rb_argument_t  known[] = {
        { ngx_string("stack="), NULL, NULL, &fibers->stack_size, RB_STACK_MIN,
          64 * 1024 * 1024 },
        { ngx_string("keep="), &fibers->keep, NULL, NULL, 0, 1000000 },
        { ngx_null_string, NULL, NULL, NULL, 0, 0 }
    };

    if (fibers->max) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no number of fibers; write, for example: "
                           "resortbite_fibers 10000;", &value[1]);
        return NGX_CONF_ERROR;
    }

    fibers->max = (ngx_uint_t) n;
    fibers->stack_size = 256 * 1024;
    fibers->keep = ngx_min(fibers->max, 1024);

    return rb_conf_arguments(cf, cmd, 2, known);
}


static char *
rb_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    rb_loc_conf_t             *lcf = conf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is duplicate, or the location has another handler";
    }

    clcf->handler = rb_gate_handler;

    rb_gate_need(cf, "resortbite_api");
    lcf->api = 1;

    return NGX_CONF_OK;
}


static char *
rb_timeout(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t       n;
    ngx_str_t      *value;
    rb_loc_conf_t  *lcf = conf;

    if (lcf->gate.timeout != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_parse_time(&value[1], 0);

    if (n == NGX_ERROR || n < RB_TIMEOUT_MIN || n > RB_TIMEOUT_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is no time a request may take: "
                           "\"resortbite_timeout\" takes from 10ms to 10m, "
                           "such as: resortbite_timeout 5s;", &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->gate.timeout = (ngx_msec_t) n;

    return NGX_CONF_OK;
}
