
/*
 * Redis on demand: commands as the query gives them, and what a subscriber
 * of this worker has heard.
 *
 *     GET /test/redis/command?argv=SET%20key%20value&times=1
 *     GET /test/redis/publish?channel=c&message=m
 *     GET /test/redis/subscribe?channel=c
 *     GET /test/redis/heard
 *     GET /test/redis/stats
 */


#include "gate/rb_gate.h"
#include "io/rb_redis.h"


#define RB_TEST_ARGV      64
#define RB_TEST_CHANNELS  8
#define RB_TEST_NAME      64


typedef struct {
    rb_redis_subscription_t    subscription;
    u_char                     name[RB_TEST_NAME];
} rb_test_channel_t;


typedef struct {
    ngx_uint_t           channels;
    rb_test_channel_t    channel[RB_TEST_CHANNELS];
    ngx_uint_t           messages;
    ngx_uint_t           up;            /* how often a subscription came */
    ngx_uint_t           down;          /* and was lost */
    size_t               len;
    u_char               last[256];     /* the last message's beginning */
} rb_test_ear_t;


static rb_err_t *rb_test_redis_command(rb_req_t *req);
static rb_err_t *rb_test_redis_publish(rb_req_t *req);
static rb_err_t *rb_test_redis_subscribe(rb_req_t *req);
static rb_err_t *rb_test_redis_heard(rb_req_t *req);
static rb_err_t *rb_test_redis_stats(rb_req_t *req);


static rb_test_ear_t  rb_test_ear;


static const rb_param_t  rb_test_redis_argv[] = {
    { ngx_string("argv"), RB_PARAM_STRING, 1, 4000, NULL, 1,
      ngx_null_string, rb_text("명령", "words of a command") },
    { ngx_string("times"), RB_PARAM_INT, 1, 1000000, NULL, 0,
      ngx_string("1"), rb_text("번", "how often") },
    rb_param_end
};

static const rb_param_t  rb_test_redis_message[] = {
    { ngx_string("channel"), RB_PARAM_STRING, 1, RB_TEST_NAME, NULL, 1,
      ngx_null_string, rb_text("채널", "channel") },
    { ngx_string("message"), RB_PARAM_STRING, 0, 1000, NULL, 0,
      ngx_string("hello"), rb_text("글", "message") },
    rb_param_end
};

#define rb_test_redis_route(nm, pt, hd, qr, main)                             \
    { .name = ngx_string(nm), .method = NGX_HTTP_GET,                         \
      .path = ngx_string("/test/redis/" pt), .handler = hd,                   \
      .summary = rb_text("시험", "Test"), .tag = ngx_string("test"),          \
      .query = qr, .success = 200, .on_main = main }

static const rb_route_t  rb_test_redis_table[] = {
    rb_test_redis_route("testRedisCommand", "command", rb_test_redis_command,
                        rb_test_redis_argv, 0),
    rb_test_redis_route("testRedisPublish", "publish", rb_test_redis_publish,
                        rb_test_redis_message, 1),
    rb_test_redis_route("testRedisSubscribe", "subscribe",
                        rb_test_redis_subscribe, rb_test_redis_message, 1),
    rb_test_redis_route("testRedisHeard", "heard", rb_test_redis_heard, NULL,
                        1),
    rb_test_redis_route("testRedisStats", "stats", rb_test_redis_stats, NULL,
                        1)
};

const rb_routes_t  rb_test_redis_routes = {
    rb_test_redis_table, rb_array_size(rb_test_redis_table)
};


/* Splits at spaces. */

static ngx_uint_t
rb_test_redis_words(const ngx_str_t *text, ngx_str_t *argv)
{
    u_char      *p, *last, *end;
    ngx_uint_t   n;

    end = text->data + text->len;

    for (n = 0, p = text->data; p <= end && n < RB_TEST_ARGV; p = last + 1) {
        last = ngx_strlchr(p, end, ' ');

        if (last == NULL) {
            last = end;
        }

        argv[n].data = p;
        argv[n++].len = last - p;
    }

    return n;
}


static void
rb_test_redis_write(rb_json_t *json, const rb_redis_reply_t *reply)
{
    ngx_uint_t  i;

    switch (reply->type) {

    case RB_REDIS_NIL:
        rb_json_null(json);
        break;

    case RB_REDIS_INTEGER:
        rb_json_int(json, reply->integer);
        break;

    case RB_REDIS_ARRAY:
        rb_json_open(json, '[');

        for (i = 0; i < reply->count; i++) {
            rb_test_redis_write(json, &reply->items[i]);
        }

        rb_json_close(json, ']');
        break;

    case RB_REDIS_ERROR:
        rb_json_open(json, '{');
        rb_json_key(json, "error");
        rb_json_str(json, &reply->str);
        rb_json_close(json, '}');
        break;

    default:
        rb_json_str(json, &reply->str);
    }
}


static rb_err_t *
rb_test_redis_command(rb_req_t *req)
{
    int64_t            n;
    rb_err_t          *err;
    ngx_str_t          argv[RB_TEST_ARGV];
    rb_json_t          json;
    ngx_uint_t         argc;
    rb_redis_reply_t   reply;

    argc = rb_test_redis_words(&req->query[0].text, argv);

    for (n = 0; n < req->query[1].integer; n++) {
        err = rb_redis_command(&req->task, argc, argv, &reply);

        if (err == &rb_err_cancelled) {
            ngx_log_error(NGX_LOG_NOTICE, req->task.log, 0,
                          "test: cancelled");
        }

        if (err) {
            return err;
        }
    }

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key(&json, "reply");
    rb_test_redis_write(&json, &reply);
    rb_json_close(&json, '}');

    return NULL;
}


/* Answers with one number. */

static rb_err_t *
rb_test_redis_number(rb_req_t *req, const char *key, int64_t n)
{
    rb_err_t   *err;
    rb_json_t   json;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_json_open(&json, '{');
    rb_json_key_n(&json, key, ngx_strlen(key));
    rb_json_int(&json, n);
    rb_json_close(&json, '}');

    return NULL;
}


static rb_err_t *
rb_test_redis_publish(rb_req_t *req)
{
    rb_redis_publish(&req->query[0].text, &req->query[1].text);

    return rb_test_redis_number(req, "ready", rb_redis_ready());
}


static void
rb_test_redis_on_message(void *data, ngx_str_t *message)
{
    rb_test_ear.messages++;
    rb_test_ear.len = ngx_min(message->len, sizeof(rb_test_ear.last));
    ngx_memcpy(rb_test_ear.last, message->data, rb_test_ear.len);
}


static void
rb_test_redis_on_state(void *data, ngx_uint_t subscribed)
{
    if (subscribed) {
        rb_test_ear.up++;

    } else {
        rb_test_ear.down++;
    }
}


static rb_err_t *
rb_test_redis_subscribe(rb_req_t *req)
{
    rb_test_channel_t        *channel;
    rb_redis_subscription_t  *sub;

    if (rb_test_ear.channels == RB_TEST_CHANNELS) {
        return &rb_err_busy;
    }

    channel = &rb_test_ear.channel[rb_test_ear.channels++];
    sub = &channel->subscription;

    sub->channel.data = channel->name;
    sub->channel.len = ngx_min(req->query[0].text.len, RB_TEST_NAME);
    ngx_memcpy(channel->name, req->query[0].text.data, sub->channel.len);

    sub->on_message = rb_test_redis_on_message;
    sub->on_state = rb_test_redis_on_state;

    return rb_test_redis_number(req, "rc", rb_redis_subscribe(sub));
}


static rb_err_t *
rb_test_redis_heard(rb_req_t *req)
{
    rb_err_t   *err;
    ngx_str_t   last;
    rb_json_t   json;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    last.data = rb_test_ear.last;
    last.len = rb_test_ear.len;

    rb_json_open(&json, '{');
    rb_json_key(&json, "messages");
    rb_json_int(&json, rb_test_ear.messages);
    rb_json_key(&json, "up");
    rb_json_int(&json, rb_test_ear.up);
    rb_json_key(&json, "down");
    rb_json_int(&json, rb_test_ear.down);
    rb_json_key(&json, "last");
    rb_json_str(&json, &last);
    rb_json_close(&json, '}');

    return NULL;
}


static rb_err_t *
rb_test_redis_stats(rb_req_t *req)
{
    rb_err_t          *err;
    rb_json_t          json;
    rb_redis_stats_t   stats;

    err = rb_reply_json(req, NGX_HTTP_OK, &json);
    if (err) {
        return err;
    }

    rb_redis_stats(&stats);

#define rb_test_member(name, n)                                               \
    rb_json_key(&json, name);                                                 \
    rb_json_int(&json, n)

    rb_json_open(&json, '{');
    rb_test_member("configured", rb_redis_configured());
    rb_test_member("answers", rb_redis_ready());
    rb_test_member("connections", stats.connections);
    rb_test_member("ready", stats.ready);
    rb_test_member("inflight", stats.inflight);
    rb_test_member("subscribed", stats.subscribed);
    rb_test_member("commands", stats.commands);
    rb_test_member("errors", stats.errors);
    rb_test_member("redirects", stats.redirects);
    rb_test_member("reconnects", stats.reconnects);
    rb_json_close(&json, '}');

#undef rb_test_member

    return NULL;
}
