/* unit: web/rb_body.c web/rb_body_list.c web/rb_patch.c web/rb_param.c
   web/rb_param_wrong.c web/rb_query.c web/rb_nearest.c web/rb_view.c
   base/rb_buf.c base/rb_err.c base/rb_json.c base/rb_time.c base/rb_utf8.c
   base/rb_uuid.c base/rb_week.c */

/* JSON bodies with objects and lists in them: what of them is taken, what is
 * told of the rest, and what a PATCH makes of them. */


#include "web/rb_body.h"
#include "web/rb_param.h"
#include "web/rb_patch.h"
#include <ngx_http.h>
#include <stdarg.h>
#include <stdio.h>


static ngx_pool_t  *pool;
static ngx_log_t    test_log;
static ngx_cycle_t  test_cycle;
static int          tests, failed;


/* no view is written here */

ngx_str_t
rb_pg_value(const rb_pg_rows_t *rows, ngx_uint_t row, ngx_uint_t column)
{
    ngx_str_t  null = ngx_null_string;

    return null;
}


static void is(const ngx_str_t *got, const char *expected, const char *name,
    ...) __attribute__((format(printf, 3, 4)));


static void
ok(int condition, const char *name)
{
    printf("%sok %d - %s\n", condition ? "" : "not ", ++tests, name);
    failed += !condition;
}


/* expected NULL: it is absent. */

static void
is(const ngx_str_t *got, const char *expected, const char *name, ...)
{
    int      same;
    va_list  args;

    same = expected ? got->data && got->len == strlen(expected)
                      && memcmp(got->data, expected, got->len) == 0
                    : got->data == NULL;

    printf("%sok %d - ", same ? "" : "not ", ++tests);
    failed += !same;

    va_start(args, name);
    vprintf(name, args);
    va_end(args);

    putchar('\n');

    if (!same) {
        printf("# got      %.*s\n# expected %s\n", (int) got->len,
               (char *) got->data, expected ? expected : "nothing");
    }
}


enum {
    B_NAME = 0, B_TYPE, B_MIN, B_LAT, B_LNG, B_NOTE, B_LABELS, B_PHOTOS,
    B_IDS, B_WEEK, B_MEALS, B_COUNT
};

static const ngx_str_t  types[] = {
    ngx_string("hourly"), ngx_string("daily"), ngx_null_string
};

#define about  rb_text("", "")

static const rb_param_t  body[] = {
    { ngx_string("name"), RB_PARAM_STRING, 1, 10, NULL, 0, ngx_null_string,
      about },
    { ngx_string("pay.type"), RB_PARAM_ENUM, 0, 0, types, 0, ngx_null_string,
      about },
    { ngx_string("pay.min"), RB_PARAM_INT, 1, 1000000, NULL, 1,
      ngx_null_string, about },
    { ngx_string("place.at.lat"), RB_PARAM_NUMBER, -90, 90, NULL, 0,
      ngx_null_string, about },
    { ngx_string("place.at.lng"), RB_PARAM_NUMBER, -180, 180, NULL, 0,
      ngx_null_string, about },
    { ngx_string("place.note"), RB_PARAM_STRING, 0, 10, NULL, 0,
      ngx_null_string, about },
    { ngx_string("labels"), RB_PARAM_LABELS, 0, 3, NULL, 0, ngx_null_string,
      about },
    { ngx_string("photos"), RB_PARAM_ADDRESSES, 0, 2, NULL, 0,
      ngx_null_string, about },
    { ngx_string("ids"), RB_PARAM_UUIDS, 0, 2, NULL, 0, ngx_null_string,
      about },
    { ngx_string("week"), RB_PARAM_WEEK, 1, 40, NULL, 0, ngx_null_string,
      about },
    { ngx_string("meals"), RB_PARAM_INT, 0, 3, NULL, 0, ngx_string("2"),
      about },
    rb_param_end
};

static rb_route_t  route = { .body = body };


static rb_err_t *
post(rb_req_t *req, const char *json)
{
    memset(req, 0, sizeof(rb_req_t));

    req->task.pool = pool;
    req->task.log = &test_log;
    req->method = NGX_HTTP_POST;
    req->route = &route;
    req->raw_body.data = (u_char *) json;
    req->raw_body.len = strlen(json);

    return rb_body_parse(req);
}


/* What is wrong with a body, as "field code, field code"; "": nothing. */

static void
told(const char *json, const char *expected)
{
    rb_req_t         req;
    rb_err_t        *err;
    ngx_str_t        s;
    rb_err_field_t  *field;

    static char  said[4096];

    err = post(&req, json);
    said[0] = '\0';

    for (field = err ? err->fields : NULL; field; field = field->next) {
        snprintf(said + strlen(said), sizeof(said) - strlen(said),
                 "%s%.*s %.*s", said[0] ? ", " : "", (int) field->name.len,
                 field->name.data, (int) field->code.len, field->code.data);

        if (field->detail[RB_LANG_KO].len == 0
            || field->detail[RB_LANG_EN].len == 0)
        {
            strcat(said, " (without a word)");
        }
    }

    s.data = (u_char *) said;
    s.len = strlen(said);

    is(&s, expected, "%.60s", json);
}


static void
objects(void)
{
    rb_req_t  req;

    ok(post(&req, "{\"place\":{\"note\":\"n\",\"at\":{\"lng\":127.5,"
                  "\"lat\":37.25}},\"pay\":{\"min\":12000,"
                  "\"type\":\"daily\"}}") == NULL,
       "objects within, in any order");
    is(&req.body[B_MIN].text, "12000", "a member of one");
    is(&req.body[B_TYPE].text, "daily", "another of it");
    is(&req.body[B_LAT].text, "37.25", "of one within one");
    is(&req.body[B_LNG].text, "127.5", "and the other of that");
    is(&req.body[B_NOTE].text, "n", "beside it");
    is(&req.body[B_NAME].text, NULL, "what isn't there is absent");
    is(&req.body[B_MEALS].text, "2", "or is its preset");
    ok(req.body[B_MIN].given && !req.body[B_MEALS].given
       && !req.body[B_NAME].given, "only what was written is given");

    told("{\"pay\":{\"min\":1}}", "");
    told("{}", "pay.min required");
    told("{\"pay\":{}}", "pay.min required");
    told("{\"pay\":{\"min\":\"1\"}}", "pay.min wrong_type");
    told("{\"pay\":{\"min\":0,\"type\":\"weekly\"}}",
         "pay.type not_allowed, pay.min out_of_range");
    told("{\"pay.min\":1}", "pay.min required, pay.min not_nested");
    told("{\"pay\":{\"min\":1},\"pay.type\":\"daily\"}",
         "pay.type not_nested");
    told("{\"pay\":{\"min\":1},\"place\":{\"at.lat\":1}}",
         "place.at.lat not_nested");
    told("{\"pay\":{\"min\":1},\"place.at\":{\"lat\":1}}",
         "place.at unknown");
    told("{\"pay\":{\"min\":1,\"max\":2}}", "pay.max unknown");
    told("{\"pay\":{\"min\":1},\"place\":{\"at\":{\"alt\":1},\"on\":2}}",
         "place.at.alt unknown, place.on unknown");
    told("{\"pay\":{\"min\":1},\"places\":{\"at\":{\"lat\":1}}}",
         "places unknown");
    told("{\"pay\":5}", "pay.min required, pay not_an_object");
    told("{\"pay\":[1]}", "pay.min required, pay not_an_object");
    told("{\"pay\":{\"min\":1},\"place\":\"x\"}", "place not_an_object");
    told("{\"pay\":{\"min\":1},\"place\":{\"at\":7}}",
         "place.at not_an_object");
    told("{\"pay\":{\"min\":{\"min\":1}}}", "pay.min wrong_type");
    told("{\"pay\":{\"min\":1},\"name\":{\"first\":\"x\"}}",
         "name wrong_type");
    told("{\"pay\":{\"min\":1},\"\":1}", " unknown");
    told("{\"pay\":{\"min\":1,\"\":1}}", "pay. unknown");
    told("{\"pay\":{\"min\":1},\"pay.min.\":{\"x\":1}}", "pay.min. unknown");
}


static void
long_names(void)
{
    int        i;
    char       json[2048];
    rb_req_t   req;
    rb_err_t  *err;

    strcpy(json, "{\"pay\":{\"min\":1,\"");

    for (i = 0; i < 100; i++) {
        strcat(json, "long name ");
    }

    strcat(json, "\":1}}");

    err = post(&req, json);
    ok(err && err->fields && err->fields->next == NULL
       && err->fields->name.len < 200
       && memcmp(err->fields->name.data, "pay.long", 8) == 0,
       "a name of a thousand bytes is told in part");
}


static void
nulls(void)
{
    rb_req_t  req;

    ok(post(&req, "{\"pay\":{\"min\":1,\"type\":null},\"name\":null,"
                  "\"meals\":null,\"labels\":null,\"week\":null}") == NULL,
       "null where nothing is required");
    ok(req.body[B_TYPE].null && req.body[B_NAME].null && req.body[B_MEALS].null
       && req.body[B_LABELS].null && req.body[B_WEEK].null,
       "is told from absent");
    ok(!req.body[B_NOTE].null && !req.body[B_MIN].null
       && !req.body[B_IDS].null, "which isn't null");
    ok(!req.body[B_NAME].given && req.body[B_NAME].text.data == NULL,
       "nor given");

    told("{\"pay\":{\"min\":null}}", "pay.min required");
    told("{\"pay\":null}", "pay.min required");

    ok(post(&req, "{\"pay\":{\"min\":1},\"place\":null}") == NULL
       && req.body[B_LAT].null && req.body[B_LNG].null
       && req.body[B_NOTE].null && !req.body[B_TYPE].null,
       "an object that is null: so is all in it");
    ok(post(&req, "{\"pay\":{\"min\":1},\"place\":{\"at\":null}}") == NULL
       && req.body[B_LAT].null && req.body[B_LNG].null
       && !req.body[B_NOTE].null, "one within one, too");
}


/* What an Idempotency-Key is for. */

static void
hashes(void)
{
    size_t    i;
    rb_req_t  req;
    u_char    hash[32], was[4][32];

    static const char  *const bodies[] = {
        "{\"pay\":{\"min\":1}}",
        "{\"pay\":{\"min\":1},\"name\":null}",
        "{\"pay\":{\"min\":1},\"place\":{\"note\":null}}",
        "{\"pay\":{\"min\":1},\"place\":{\"note\":\"\"}}"
    };

    for (i = 0; i < 4; i++) {
        ok(post(&req, bodies[i]) == NULL && rb_body_hash(&req) == NULL,
           bodies[i]);
        memcpy(was[i], req.request_hash, 32);
    }

    ok(memcmp(was[0], was[1], 32) && memcmp(was[1], was[2], 32)
       && memcmp(was[2], was[3], 32) && memcmp(was[0], was[2], 32)
       && memcmp(was[0], was[3], 32),
       "null, empty and absent are three requests");

    memcpy(hash, was[1], 32);
    ok(post(&req, "{\"name\": null, \"pay\": {\"min\": 1}}") == NULL
       && rb_body_hash(&req) == NULL
       && memcmp(hash, req.request_hash, 32) == 0,
       "the same in another order is the same");
}


#define PAY  "{\"pay\":{\"min\":1},"
#define ID   "019b76da-abe8-7d62-948b-d35b18e5716b"
#define UP   "019B76DA-ABE8-7D62-948B-D35B18E5716B"

static void
lists(void)
{
    rb_req_t   req;
    rb_err_t  *err;

    ok(post(&req, PAY "\"labels\":[\"\xec\x8b\x9d\xec\x82\xac\",\"a b\"],"
                      "\"photos\":[\"/p/1.jpg\",\"https://x.example/p\"],"
                      "\"ids\":[\"" ID "\"]}") == NULL, "lists");
    is(&req.body[B_LABELS].text, "[\"\xec\x8b\x9d\xec\x82\xac\",\"a b\"]",
       "of labels");
    is(&req.body[B_PHOTOS].text, "[\"/p/1.jpg\",\"https://x.example/p\"]",
       "of addresses");
    is(&req.body[B_IDS].text, "[\"" ID "\"]", "of ids");
    ok(req.body[B_LABELS].integer == 2 && req.body[B_LABELS].given,
       "and how many");

    ok(post(&req, PAY "\"labels\":[],\"ids\":[]}") == NULL, "empty ones");
    is(&req.body[B_LABELS].text, "[]", "are not absent");

    told(PAY "\"labels\":[\"a\",\"b\",\"c\"]}", "");
    told(PAY "\"labels\":[\"a\",\"b\",\"c\",\"d\"]}", "labels too_many");
    told(PAY "\"photos\":[\"/a\",\"/b\",\"/c\"]}", "photos too_many");
    told(PAY "\"ids\":[\"" ID "\",\"" ID "\",\"" ID "\"]}", "ids too_many");
    told(PAY "\"labels\":\"a\",\"photos\":{},\"ids\":1,\"week\":true}",
         "labels wrong_type, photos wrong_type, ids wrong_type, "
         "week wrong_type");
    told(PAY "\"labels\":[\"\"]}", "labels invalid_item");
    told(PAY "\"labels\":[\"  \"]}", "labels invalid_item");
    told(PAY "\"labels\":[\"a\\nb\"]}", "labels invalid_item");
    told(PAY "\"labels\":[\"\\u0085\"]}", "labels invalid_item");
    told(PAY "\"labels\":[1]}", "labels invalid_item");
    told(PAY "\"labels\":[null]}", "labels invalid_item");
    told(PAY "\"labels\":[[\"a\"]]}", "labels invalid_item");
    told(PAY "\"labels\":[\"123456789 123456789 123456789 123456789 "
         "123456789 1234567890\"]}", "");
    told(PAY "\"labels\":[\"123456789 123456789 123456789 123456789 "
         "123456789 12345678901\"]}", "labels invalid_item");
    told(PAY "\"ids\":[\"" UP "\"]}", "");
    told(PAY "\"ids\":[\"" ID "0\"]}", "ids invalid_item");
    told(PAY "\"ids\":[\"x\",\"y\"]}", "ids invalid_item");

    err = post(&req, PAY "\"labels\":[\"a\",\"b\",\"\"]}");
    ok(err && strstr((char *) err->fields->detail[RB_LANG_EN].data,
                     "entry 3"), "the entry is told by its number");
}


static void
addresses(void)
{
    size_t  i;
    char    json[256];

    static const char  *const good[] = {
        "https://a", "https://a.example/b?c=d#e", "/a", "/a//b", "/a%20b"
    };

    static const char  *const bad[] = {
        "", "/", "//host/a", "http://a.example/", "https://", "https:///a",
        "javascript:alert(1)", "data:,x", "a.jpg", "/a b", "/a<b", "/a>b",
        "/a\\\\b", "\\\\a", "/a\\\"b", "/\\u00e9", "/a\\nb", " /a",
        "HTTPS://a.example/"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        sprintf(json, PAY "\"photos\":[\"%s\"]}", good[i]);
        told(json, "");
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sprintf(json, PAY "\"photos\":[\"%s\"]}", bad[i]);
        told(json, "photos invalid_item");
    }
}


static void
weeks(void)
{
    rb_req_t  req;

    ok(post(&req, PAY "\"week\":[{\"day\":\"sun\",\"start\":\"22:00\","
                      "\"end\":\"02:00\"}]}") == NULL, "a week");
    ok(req.body[B_WEEK].text.len == 168
       && memcmp(req.body[B_WEEK].text.data, "1100", 4) == 0
       && memcmp(req.body[B_WEEK].text.data + 164, "0011", 4) == 0,
       "is its bits, Monday first");
    ok(req.body[B_WEEK].integer == 4, "with its hours");

    told(PAY "\"week\":[]}", "week out_of_range");
    told(PAY "\"week\":[{\"day\":\"mon\",\"start\":\"00:00\",\"end\":"
         "\"24:00\"},{\"day\":\"wed\",\"start\":\"00:00\",\"end\":"
         "\"16:00\"}]}", "");
    told(PAY "\"week\":[{\"day\":\"mon\",\"start\":\"00:00\",\"end\":"
         "\"24:00\"},{\"day\":\"wed\",\"start\":\"00:00\",\"end\":"
         "\"17:00\"}]}", "week out_of_range");
    told(PAY "\"week\":[{\"day\":\"mon\",\"start\":\"00:30\",\"end\":"
         "\"24:00\"},7]}", "week[0].start not_an_hour, week[1] not_an_object");
    told("{\"week\":[{}],\"name\":\"\",\"x\":1}",
         "name too_short, pay.min required, week[0].day required, "
         "week[0].start required, week[0].end required, x unknown");
}


static const rb_patch_t  columns[] = {
    { B_NAME, ngx_string("title"), 1 },
    { B_TYPE, ngx_string("pay_type"), 0 },
    { B_MIN, ngx_string("pay_min_krw"), 0 },
    { B_LABELS, ngx_string("benefits"), 0 },
    { B_WEEK, ngx_string("schedule"), 0 },
    { B_MEALS, ngx_string("meals"), 0 }
};


static void
patches(void)
{
    char        expected[512];
    rb_req_t    req;
    rb_err_t   *err;
    ngx_str_t   patch;

    (void) post(&req, "{\"pay\":{\"min\":9,\"type\":\"daily\"},\"name\":"
                      "\"a\\\"b\",\"labels\":[\"c\"],\"meals\":0}");
    ok(rb_patch_write(&req, columns, rb_array_size(columns), &patch) == NULL,
       "a patch");
    is(&patch, "{\"title\":\"a\\\"b\",\"pay_type\":\"daily\","
       "\"pay_min_krw\":9,\"benefits\":[\"c\"],\"meals\":0}",
       "names columns");

    (void) post(&req, PAY "\"name\":null,\"week\":[{\"day\":\"mon\","
                      "\"start\":\"00:00\",\"end\":\"01:00\"}]}");
    ok(rb_patch_write(&req, columns, rb_array_size(columns), &patch) == NULL,
       "with null, and a week");
    sprintf(expected, "{\"title\":null,\"pay_min_krw\":1,"
                      "\"schedule\":\"1%0167d\",\"meals\":2}", 0);
    is(&patch, expected, "which is a string of bits; a preset is there too");

    (void) post(&req, "{\"pay\":{\"min\":1,\"type\":null},\"labels\":null}");
    err = rb_patch_write(&req, columns, rb_array_size(columns), &patch);
    ok(err && err->fields && err->fields->next
       && err->fields->next->next == NULL, "null where there is none");
    is(&err->fields->name, "pay.type", "is told by the member's name");
    is(&err->fields->next->name, "labels", "each");
    is(&err->fields->code, "not_null", "and why");
}


int
main(void)
{
    test_cycle.log = &test_log;
    ngx_cycle = &test_cycle;
    ngx_pagesize = 4096;
    ngx_cacheline_size = 64;

    pool = ngx_create_pool(4096, &test_log);

    objects();
    long_names();
    nulls();
    hashes();
    lists();
    addresses();
    weeks();
    patches();

    ngx_destroy_pool(pool);

    printf("1..%d\n", tests);

    return failed != 0;
}
