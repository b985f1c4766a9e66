
/*
 * The exposition: Prometheus' text format, version 0.0.4.  Samples of one
 * name stand together, below their HELP and TYPE.
 */


#include "gate/rb_metrics_zone.h"
#include "gate/rb_gate.h"
#include "io/rb_tally.h"


static void rb_metrics_sum(const rb_metrics_t *metrics, ngx_uint_t route,
    rb_metrics_route_t *sum);
static void rb_metrics_family(rb_buf_t *out, const char *name,
    const char *type, const char *help);
static void rb_metrics_label(const rb_metrics_t *metrics,
    const rb_router_t *router, ngx_uint_t route, ngx_str_t *name,
    const char **method);
static void rb_metrics_write_requests(const rb_metrics_t *metrics,
    const rb_router_t *router, rb_buf_t *out);
static void rb_metrics_write_durations(const rb_metrics_t *metrics,
    const rb_router_t *router, rb_buf_t *out);
static void rb_metrics_write_served(const rb_metrics_t *metrics,
    const rb_router_t *router, rb_buf_t *out);
static void rb_metrics_write_cache(rb_cache_t *cache, rb_buf_t *out);
static void rb_metrics_write_vitals(const rb_metrics_t *metrics,
    rb_buf_t *out);
static void rb_metrics_write_vital(ngx_uint_t i, const uint64_t *sum,
    rb_buf_t *out);


#define rb_metric(v, t, name, help)                                           \
    { RB_VITAL_##v, RB_##t, 0, ngx_string("resortbite_" name),                \
      ngx_string(help), NULL }

#define rb_metric_result(v, name, result, help)                               \
    { RB_VITAL_##v, RB_COUNTER, 0, ngx_string("resortbite_" name),            \
      ngx_string(help), result }

#define rb_metric_lanes(v, t, name, help)                                     \
    { RB_VITAL_PG_##v, RB_##t, 1, ngx_string("resortbite_postgres_" name),    \
      ngx_string(help), NULL }

const rb_metric_t  rb_metrics_vitals[] = {

    rb_metric(FIBERS_ALIVE, GAUGE, "fibers", "Fibers alive."),
    rb_metric(FIBERS_WAITING, GAUGE, "fibers_waiting",
              "Fibers suspended in a wait."),
    rb_metric(FIBERS_IDLE_STACKS, GAUGE, "fiber_stacks_idle",
              "Stacks kept for the next fibers."),
    rb_metric(FIBERS_STARTED, COUNTER, "fibers_started_total",
              "Fibers started."),
    rb_metric(FIBERS_REFUSED, COUNTER, "fibers_refused_total",
              "Fibers refused because of the limit; each was a 503."),

    rb_metric_lanes(CONNECTIONS, GAUGE, "connections",
                    "Connections to PostgreSQL that are configured."),
    rb_metric_lanes(READY, GAUGE, "connections_ready",
                    "Connections to PostgreSQL that are up."),
    rb_metric_lanes(QUEUED, GAUGE, "statements_queued",
                    "Statements waiting to be sent."),
    rb_metric_lanes(INFLIGHT, GAUGE, "statements_inflight",
                    "Statements sent and not yet answered."),
    rb_metric_lanes(STATEMENTS, COUNTER, "statements_total",
                    "Statements sent."),
    rb_metric_lanes(SYNCS, COUNTER, "syncs_total",
                    "Batches of statements, each ended by one sync."),
    rb_metric_lanes(ERRORS, COUNTER, "errors_total",
                    "Statements that failed, or were lost with their "
                    "connection."),
    rb_metric_lanes(REFUSED, COUNTER, "refused_total",
                    "Statements refused because the queue was full."),
    rb_metric_lanes(RECONNECTS, COUNTER, "reconnects_total",
                    "Connections made again after one was lost."),

    rb_metric(REDIS_CONNECTIONS, GAUGE, "redis_connections",
              "Connections to Redis that are wanted."),
    rb_metric(REDIS_READY, GAUGE, "redis_connections_ready",
              "Connections to Redis that are up."),
    rb_metric(REDIS_INFLIGHT, GAUGE, "redis_commands_inflight",
              "Commands sent and not yet answered."),
    rb_metric(REDIS_COMMANDS, COUNTER, "redis_commands_total",
              "Commands sent."),
    rb_metric(REDIS_ERRORS, COUNTER, "redis_errors_total",
              "Commands that failed."),
    rb_metric(REDIS_REDIRECTS, COUNTER, "redis_redirects_total",
              "MOVED and ASK followed."),
    rb_metric(REDIS_RECONNECTS, COUNTER, "redis_reconnects_total",
              "Connections made again after one was lost."),

    rb_metric(CHANGES_LISTENING, GAUGE, "changes_listening",
              "1 while the node hears of changes from PostgreSQL."),
    rb_metric(CHANGES_SUBSCRIBED, GAUGE, "changes_subscribed",
              "1 while the node hears of changes from Redis."),
    rb_metric(CHANGES_LEADER, GAUGE, "changes_leader",
              "1 on the node that passes changes on to Redis."),
    rb_metric(CHANGES_NOTIFIED, COUNTER, "changes_notified_total",
              "Notifications of changes from PostgreSQL."),
    rb_metric(CHANGES_RECEIVED, COUNTER, "changes_received_total",
              "Messages of changes from Redis."),

    rb_metric(VIEWS_COUNTED, COUNTER, "views_total",
              "Views of posts that were counted."),
    rb_metric(VIEWS_REPEATED, COUNTER, "views_repeated_total",
              "Views not counted, for the same caller's within the hour."),
    rb_metric(VIEWS_DROPPED, COUNTER, "views_dropped_total",
              "Views and marks lost, because the zone had no place for them."),
    rb_metric(VIEWS_WRITTEN, COUNTER, "views_written_total",
              "Views written to the database."),
    rb_metric(VIEWS_BATCHES, COUNTER, "views_batches_total",
              "Batches in which they were written."),

    rb_metric_result(PURGES_PASSED, "purges_total", "passed",
                     "Calls that tell a cache what to drop."),
    rb_metric_result(PURGES_FAILED, "purges_total", "failed", ""),
    rb_metric(PURGE_KEYS, COUNTER, "purge_keys_total",
              "Keys that caches were told to drop."),
    rb_metric(PURGE_EVENTS, GAUGE, "purge_events_waiting",
              "Changes taken to be passed on to a cache that were not, as of "
              "the last attempt."),
    rb_metric_result(MAILS_SENT, "mails_total", "sent",
                     "Attempts to send a mail; dead are those given up."),
    rb_metric_result(MAILS_FAILED, "mails_total", "failed", ""),
    rb_metric_result(MAILS_DEAD, "mails_total", "dead", ""),
    rb_metric(MAILS_WAITING, GAUGE, "mails_waiting",
              "Mails in the queue, which all nodes share, as of the last "
              "minute; up to ten thousand."),

    rb_metric(CONNECTIONS, GAUGE, "connections",
              "Connections that nginx's workers have open."),
    rb_metric(CONNECTIONS_MAX, GAUGE, "connections_limit",
              "Connections that nginx's workers may have open."),
    rb_metric(MEMORY, GAUGE, "workers_memory_bytes",
              "Resident memory of all workers, what they share left out.")
};

const ngx_uint_t  rb_metrics_nvitals = rb_array_size(rb_metrics_vitals);


/* in the order of rb_served_e */

static const char *const  rb_metrics_served[RB_METRICS_SERVED] = {
    "bypass", "hit", "stale", "miss", "joined", "error_stale"
};

/* in the order of RB_LANE_…, the one lent to transactions, the replica's */

static const char *const  rb_metrics_lanes[RB_PG_LANES] = {
    "point", "slow", "write", "exclusive", "replica_point", "replica_slow"
};

static const struct {
    ngx_uint_t      method;
    const char     *name;
} rb_metrics_methods[] = {
    { NGX_HTTP_GET, "GET" },
    { NGX_HTTP_POST, "POST" },
    { NGX_HTTP_PUT, "PUT" },
    { NGX_HTTP_PATCH, "PATCH" },
    { NGX_HTTP_DELETE, "DELETE" }
};


void
rb_metrics_write(rb_metrics_t *metrics, const rb_router_t *router,
    rb_cache_t *cache, rb_buf_t *out)
{
    rb_metrics_family(out, "resortbite_build_info", "gauge",
                      "Always 1; its labels say what runs.");
    rb_buf_add_lit(out, "resortbite_build_info{nginx=\"" NGINX_VERSION
                        "\"} 1\n");

    rb_metrics_write_requests(metrics, router, out);
    rb_metrics_write_durations(metrics, router, out);
    rb_metrics_write_served(metrics, router, out);

    if (cache) {
        rb_metrics_write_cache(cache, out);
    }

    rb_metrics_write_vitals(metrics, out);

    rb_metrics_family(out, "resortbite_views_pending", "gauge",
                      "Views counted and not known to be written.");
    rb_buf_printf(out, "resortbite_views_pending %uL\n", rb_tally_pending());
}


static void
rb_metrics_write_requests(const rb_metrics_t *metrics,
    const rb_router_t *router, rb_buf_t *out)
{
    ngx_str_t            name;
    ngx_uint_t           route, class;
    const char          *method;
    rb_metrics_route_t   sum;

    rb_metrics_family(out, "resortbite_http_requests_total", "counter",
                      "Requests answered, by route and class of status.");

    for (route = 0; route <= metrics->routes; route++) {
        rb_metrics_sum(metrics, route, &sum);
        rb_metrics_label(metrics, router, route, &name, &method);

        for (class = 0; class < RB_METRICS_CLASSES; class++) {

            /* classes that an API never answers with are left out */

            if (class < 2 && sum.status[class] == 0) {
                continue;
            }

            rb_buf_printf(out, "resortbite_http_requests_total{"
                          "route=\"%V\",method=\"%s\",status=\"%uixx\"} "
                          "%uL\n",
                          &name, method, class, sum.status[class]);
        }
    }
}


static void
rb_metrics_write_durations(const rb_metrics_t *metrics,
    const rb_router_t *router, rb_buf_t *out)
{
    uint64_t             count;
    ngx_str_t            name;
    ngx_uint_t           route, i;
    const char          *method;
    rb_metrics_route_t   sum;

    rb_metrics_family(out, "resortbite_http_request_duration_seconds",
                      "histogram",
                      "From a request's first byte to its answer.");

    for (route = 0; route <= metrics->routes; route++) {
        rb_metrics_sum(metrics, route, &sum);
        rb_metrics_label(metrics, router, route, &name, &method);
        count = 0;

        for (i = 0; i < RB_METRICS_BUCKETS; i++) {
            count += sum.bucket[i];

            rb_buf_printf(out,
                          "resortbite_http_request_duration_seconds_bucket{"
                          "route=\"%V\",method=\"%s\",le=\"%s\"} %uL\n",
                          &name, method, rb_metrics_buckets[i].le, count);
        }

        count += sum.bucket[RB_METRICS_BUCKETS];

        rb_buf_printf(out,
                      "resortbite_http_request_duration_seconds_bucket{"
                      "route=\"%V\",method=\"%s\",le=\"+Inf\"} %uL\n",
                      &name, method, count);
        rb_buf_printf(out,
                      "resortbite_http_request_duration_seconds_sum{"
                      "route=\"%V\",method=\"%s\"} %uL.%06uL\n",
                      &name, method, sum.usec / 1000000, sum.usec % 1000000);
        rb_buf_printf(out,
                      "resortbite_http_request_duration_seconds_count{"
                      "route=\"%V\",method=\"%s\"} %uL\n",
                      &name, method, count);
    }
}


static void
rb_metrics_write_served(const rb_metrics_t *metrics,
    const rb_router_t *router, rb_buf_t *out)
{
    ngx_str_t            name;
    ngx_uint_t           route, i;
    const char          *method;
    const rb_route_t    *r;
    rb_metrics_route_t   sum;

    rb_metrics_family(out, "resortbite_http_cache_answers_total", "counter",
                      "Answers of routes that are cached, by how the cache "
                      "served.");

    for (route = 0; route < metrics->routes; route++) {
        r = rb_router_route(router, route);

        if (r->fresh == 0) {
            continue;
        }

        rb_metrics_sum(metrics, route, &sum);
        rb_metrics_label(metrics, router, route, &name, &method);

        for (i = 0; i < RB_METRICS_SERVED; i++) {
            rb_buf_printf(out, "resortbite_http_cache_answers_total{"
                          "route=\"%V\",result=\"%s\"} %uL\n",
                          &name, rb_metrics_served[i], sum.served[i]);
        }
    }
}


static void
rb_metrics_write_cache(rb_cache_t *cache, rb_buf_t *out)
{
    ngx_uint_t        i;
    rb_cache_stats_t  stats;

    rb_cache_stats(cache, &stats);

    const struct {
        const char  *name;
        const char  *type;
        const char  *help;
        uint64_t     value;
    } metrics[] = {
        { "resortbite_cache_entries", "gauge",
          "Answers kept.", stats.entries },
        { "resortbite_cache_used_bytes", "gauge",
          "Memory of answers kept.", stats.bytes },
        { "resortbite_cache_size_bytes", "gauge",
          "Memory there is for answers.", stats.size },
        { "resortbite_cache_fresh_total", "counter",
          "Look-ups that found a fresh answer.", stats.fresh },
        { "resortbite_cache_stale_total", "counter",
          "Look-ups that found one to serve while it is made anew.",
          stats.stale },
        { "resortbite_cache_misses_total", "counter",
          "Look-ups that found none, or one for errors only.",
          stats.misses },
        { "resortbite_cache_stores_total", "counter",
          "Answers kept so far.", stats.stores },
        { "resortbite_cache_evictions_total", "counter",
          "Answers dropped to make room.", stats.evictions },
        { "resortbite_cache_invalidations_total", "counter",
          "Changes that the cache was told of.", stats.invalidations },
        { "resortbite_cache_flights_total", "counter",
          "Answers made on behalf of all who asked.", stats.flights },
        { "resortbite_cache_joined_total", "counter",
          "Requests that waited for another's answer.", stats.joined }
    };

    for (i = 0; i < rb_array_size(metrics); i++) {
        rb_metrics_family(out, metrics[i].name, metrics[i].type,
                          metrics[i].help);
        rb_buf_printf(out, "%s %uL\n", metrics[i].name, metrics[i].value);
    }
}


static void
rb_metrics_write_vitals(const rb_metrics_t *metrics, rb_buf_t *out)
{
    uint64_t             sum[RB_VITALS], workers;
    ngx_uint_t           i, k, n, alive;
    const rb_metric_t   *metric;
    rb_metrics_block_t  *block;

    ngx_memzero(sum, sizeof(sum));
    workers = 0;

    for (block = rb_metrics_first(metrics); block; block = block->next) {
        alive = rb_metrics_is_alive(block);
        workers += alive;

        for (i = 0; i < rb_metrics_nvitals; i++) {
            metric = &rb_metrics_vitals[i];
            n = metric->lanes ? RB_PG_LANES : 1;

            if (metric->type == RB_GAUGE && !alive) {
                continue;
            }

            for (k = metric->vital; k < metric->vital + n; k++) {
                sum[k] += rb_metrics_load(block->vital[k]);
            }
        }
    }

    rb_metrics_family(out, "resortbite_workers", "gauge",
                      "Worker processes, with those that are leaving.");
    rb_buf_printf(out, "resortbite_workers %uL\n", workers);

    for (i = 0; i < rb_metrics_nvitals; i++) {
        rb_metrics_write_vital(i, sum, out);
    }
}


static void
rb_metrics_write_vital(ngx_uint_t i, const uint64_t *sum, rb_buf_t *out)
{
    const rb_metric_t  *metric;

    metric = &rb_metrics_vitals[i];

    if (metric->help.len) {
        rb_metrics_family(out, (char *) metric->name.data,
                          metric->type == RB_GAUGE ? "gauge" : "counter",
                          (char *) metric->help.data);
    }

    if (metric->result) {
        rb_buf_printf(out, "%V{result=\"%s\"} %uL\n", &metric->name,
                      metric->result, sum[metric->vital]);
        return;
    }

    if (!metric->lanes) {
        rb_buf_printf(out, "%V %uL\n", &metric->name, sum[metric->vital]);
        return;
    }

    for (i = 0; i < RB_PG_LANES; i++) {
        rb_buf_printf(out, "%V{lane=\"%s\"} %uL\n", &metric->name,
                      rb_metrics_lanes[i], sum[metric->vital + i]);
    }
}


static void
rb_metrics_family(rb_buf_t *out, const char *name, const char *type,
    const char *help)
{
    rb_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                  type);
}


/* Names are our own identifiers: nothing in them needs escaping. */

static void
rb_metrics_label(const rb_metrics_t *metrics, const rb_router_t *router,
    ngx_uint_t route, ngx_str_t *name, const char **method)
{
    ngx_uint_t         i;
    const rb_route_t  *r;

    *method = "";

    if (route == metrics->routes) {
        ngx_str_set(name, "none");
        return;
    }

    r = rb_router_route(router, route);
    *name = r->name;

    for (i = 0; i < rb_array_size(rb_metrics_methods); i++) {
        if (rb_metrics_methods[i].method & r->method) {
            *method = rb_metrics_methods[i].name;
            return;
        }
    }
}


static void
rb_metrics_sum(const rb_metrics_t *metrics, ngx_uint_t route,
    rb_metrics_route_t *sum)
{
    ngx_uint_t           i;
    rb_metrics_block_t  *block;
    rb_metrics_route_t  *part;

    ngx_memzero(sum, sizeof(rb_metrics_route_t));

    for (block = rb_metrics_first(metrics); block; block = block->next) {
        part = &block->route[route];

        sum->usec += rb_metrics_load(part->usec);

        for (i = 0; i < RB_METRICS_CLASSES; i++) {
            sum->status[i] += rb_metrics_load(part->status[i]);
        }

        for (i = 0; i < RB_METRICS_SERVED; i++) {
            sum->served[i] += rb_metrics_load(part->served[i]);
        }

        for (i = 0; i <= RB_METRICS_BUCKETS; i++) {
            sum->bucket[i] += rb_metrics_load(part->bucket[i]);
        }
    }
}
