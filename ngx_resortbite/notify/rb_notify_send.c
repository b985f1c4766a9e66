
/*
 * The fiber in worker 0 of each node that sends mail.  README.md tells how
 * the nodes share the queue and why a mail may come twice.
 *
 * It waits in the background, so that a worker may leave at once, but for a
 * mail that is under way: a worker that leaves sees that one through, and
 * gives back the others that it has taken.
 */


#include "notify/rb_notify_internal.h"
#include "notify/rb_mime.h"
#include "base/rb_time.h"
#include "base/rb_uuid.h"
#include "io/rb_outbound.h"
#include "io/rb_pg.h"
#include "io/rb_told.h"
#include "sessions/rb_sessions.h"
#include "rb_statements.h"


#define RB_NOTIFY_TICK      1000        /* ms */
#define RB_NOTIFY_PAUSE     60000       /* ms at most while that fails */
#define RB_NOTIFY_QUERY     10000
#define RB_NOTIFY_OPEN      20000
#define RB_NOTIFY_MAIL      60000       /* ms a mail may take */
#define RB_NOTIFY_BATCH     180000      /* ms; within what notify_claim takes
                                           them for */
#define RB_NOTIFY_RELAYED   200         /* at once, as the statements say */
#define RB_NOTIFY_CLAIMED   20
#define RB_NOTIFY_COUNT     60000       /* ms between two counts of them */
#define RB_NOTIFY_RECORDS   20          /* attempts to note what was sent */


typedef enum {
    RB_NOTIFY_IDLE = 0,                 /* all that was due has been tried */
    RB_NOTIFY_MORE,                     /* there may be more */
    RB_NOTIFY_FAILING                   /* who sends it is away */
} rb_notify_state_e;


/* A row of notify_claim. */

typedef struct {
    ngx_str_t            id;
    ngx_str_t            template;
    ngx_str_t            recipient;
    ngx_str_t            params;
    ngx_str_t            attempts;
    rb_lang_e            lang;
} rb_notify_mail_t;


/* One round: a pool and a task that end with it. */

typedef struct {
    rb_task_t            task;
    rb_smtp_session_t   *session;
} rb_notify_round_t;


static void rb_notify_fiber(void *data);
static rb_notify_state_e rb_notify_round(void);
static void rb_notify_relay(rb_task_t *task);
static void rb_notify_count(rb_task_t *task);
static ngx_uint_t rb_notify_batch(rb_notify_round_t *round,
    const rb_pg_rows_t *rows);
static rb_notify_mail_t rb_notify_row(const rb_pg_rows_t *rows,
    ngx_uint_t i);
static ngx_uint_t rb_notify_open(rb_notify_round_t *round,
    const rb_pg_rows_t *rows);
static rb_smtp_outcome_e rb_notify_one(rb_notify_round_t *round,
    const rb_notify_mail_t *mail);
static rb_smtp_outcome_e rb_notify_write(ngx_pool_t *pool,
    const rb_notify_mail_t *mail, rb_mail_t *written, const char **why);
static ngx_int_t rb_notify_link(ngx_pool_t *pool,
    const rb_notify_mail_t *mail, json_t *params, ngx_str_t *link);
static ngx_int_t rb_notify_page(ngx_pool_t *pool, const char *path,
    rb_lang_e lang, json_t *params, ngx_str_t *link);
static rb_smtp_outcome_e rb_notify_by_smtp(rb_notify_round_t *round,
    const rb_envelope_t *envelope, const rb_mail_t *mail, const char **why);
static rb_smtp_outcome_e rb_notify_by_http(rb_task_t *task,
    const rb_envelope_t *envelope, const rb_mail_t *mail, const char **why);
static ngx_str_t rb_notify_json(ngx_pool_t *pool,
    const rb_envelope_t *envelope, const rb_mail_t *mail);
static void rb_notify_sent(rb_task_t *task, const rb_notify_mail_t *mail);
static void rb_notify_failed(rb_task_t *task, const rb_notify_mail_t *mail,
    ngx_uint_t dead, const char *why);
static void rb_notify_release(rb_task_t *task, const rb_notify_mail_t *mail);


static const rb_notify_conf_t  *rb_notify_conf;
static ngx_str_t                rb_notify_issuer;
static ngx_msec_t               rb_notify_counted;      /* then; 0: not yet */

/* Not on the fiber's stack: it may have to end when that is gone. */
static rb_notify_round_t        rb_notify_now;


ngx_int_t
rb_notify_start(ngx_cycle_t *cycle, const rb_notify_conf_t *conf,
    const ngx_str_t *issuer)
{
    if (conf == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "mails wait, for there "
                      "is no \"resortbite_mail\"");
        return NGX_OK;
    }

    rb_notify_conf = conf;
    rb_notify_issuer = *issuer;

    return rb_fiber_start(rb_notify_fiber, NULL, cycle->log) ? NGX_OK
                                                             : NGX_ERROR;
}


/* While the server fails it is asked less and less, and mails stay untried. */

static void
rb_notify_fiber(void *data)
{
    ngx_msec_t         pause;
    rb_notify_state_e  state;

    pause = RB_NOTIFY_TICK;

    while (rb_fiber_wait_background(pause) != RB_WAKE_CANCELLED
           && !ngx_exiting)
    {
        do {
            state = rb_notify_round();
        } while (state == RB_NOTIFY_MORE && !ngx_exiting);

        pause = state == RB_NOTIFY_FAILING
                ? ngx_min(pause * 2, RB_NOTIFY_PAUSE) : RB_NOTIFY_TICK;
    }
}


static rb_notify_state_e
rb_notify_round(void)
{
    rb_err_t           *err;
    rb_task_t          *task;
    rb_pg_rows_t        rows;
    rb_notify_state_e   state;

    ngx_memzero(&rb_notify_now, sizeof(rb_notify_round_t));

    task = &rb_notify_now.task;
    task->log = (ngx_log_t *) ngx_cycle->log;
    task->background = 1;
    task->deadline = ngx_current_msec + RB_NOTIFY_QUERY;
    task->pool = ngx_create_pool(4096, task->log);

    if (task->pool == NULL) {
        return RB_NOTIFY_IDLE;
    }

    rb_notify_relay(task);
    rb_notify_count(task);

    state = RB_NOTIFY_IDLE;
    err = rb_pg_query(task, RB_STMT_NOTIFY_CLAIM, 0, NULL, &rows);

    if (err == NULL && rows.count) {

        if (!rb_notify_batch(&rb_notify_now, &rows)) {
            state = RB_NOTIFY_FAILING;

        } else if (rows.count == RB_NOTIFY_CLAIMED) {
            state = RB_NOTIFY_MORE;
        }
    }

    rb_notify_stop();

    return state;
}


void
rb_notify_stop(void)
{
    rb_task_t  *task;

    task = &rb_notify_now.task;

    if (task->pool) {
        rb_task_end(task);
        ngx_destroy_pool(task->pool);
        task->pool = NULL;
    }
}


/* An error is logged where it arises, and the next round tries again. */

static void
rb_notify_relay(rb_task_t *task)
{
    rb_err_t      *err;
    rb_pg_rows_t   rows;

    do {
        err = rb_pg_query(task, RB_STMT_NOTIFY_RELAY, 0, NULL, &rows);
    } while (err == NULL && rows.affected == RB_NOTIFY_RELAYED);

    if (err == NULL && rows.sqlstate[0]) {
        ngx_log_error(NGX_LOG_ERR, task->log, 0, "mails can't be taken from "
                      "the outbox: %s %V", rows.sqlstate, &rows.constraint);
    }
}


static void
rb_notify_count(rb_task_t *task)
{
    ngx_int_t       n;
    ngx_str_t       count;
    rb_pg_rows_t    rows;

    if (rb_notify_counted
        && ngx_current_msec - rb_notify_counted < RB_NOTIFY_COUNT)
    {
        return;
    }

    rb_notify_counted = ngx_current_msec;

    if (rb_pg_query(task, RB_STMT_NOTIFY_WAITING, 0, NULL, &rows) == NULL
        && rows.count)
    {
        count = rb_pg_value(&rows, 0, 0);
        n = ngx_atoi(count.data, count.len);
        rb_told.mails_waiting = (n == NGX_ERROR) ? 0 : (uint64_t) n;
    }
}


static ngx_uint_t
rb_notify_batch(rb_notify_round_t *round, const rb_pg_rows_t *rows)
{
    ngx_uint_t         i, well;
    ngx_msec_t         start;
    rb_notify_mail_t   mail;

    start = ngx_current_msec;

    if (rb_notify_conf->location.len == 0 && !rb_notify_open(round, rows)) {
        return 0;
    }

    well = 1;
    round->task.background = 0;

    for (i = 0; i < rows->count; i++) {
        mail = rb_notify_row(rows, i);

        if (!well || ngx_exiting || ngx_terminate
            || ngx_current_msec - start > RB_NOTIFY_BATCH)
        {
            rb_notify_release(&round->task, &mail);
            continue;
        }

        well = rb_notify_one(round, &mail) != RB_SMTP_LOST;
    }

    if (round->session) {
        round->task.deadline = ngx_current_msec + RB_NOTIFY_QUERY;
        rb_smtp_close(round->session);
    }

    return well;
}


static rb_notify_mail_t
rb_notify_row(const rb_pg_rows_t *rows, ngx_uint_t i)
{
    ngx_str_t         locale;
    rb_notify_mail_t  mail;

    mail.id = rb_pg_value(rows, i, 0);
    mail.template = rb_pg_value(rows, i, 1);
    mail.recipient = rb_pg_value(rows, i, 2);
    locale = rb_pg_value(rows, i, 3);
    mail.params = rb_pg_value(rows, i, 4);
    mail.attempts = rb_pg_value(rows, i, 5);

    mail.lang = locale.len == 2 && ngx_strncmp(locale.data, "en", 2) == 0
                ? RB_LANG_EN : RB_LANG_KO;

    return mail;
}


/* The server is away for all of them. */

static ngx_uint_t
rb_notify_open(rb_notify_round_t *round, const rb_pg_rows_t *rows)
{
    ngx_uint_t         i;
    const char        *why;
    rb_notify_mail_t   mail;

    round->task.deadline = ngx_current_msec + RB_NOTIFY_OPEN;
    round->session = rb_smtp_open(&round->task, &rb_notify_conf->smtp, &why);

    if (round->session) {
        return 1;
    }

    ngx_log_error(NGX_LOG_ERR, round->task.log, 0, "no mail can be sent by "
                  "\"%V\": %s", &rb_notify_conf->smtp.host, why);

    for (i = 0; i < rows->count; i++) {
        mail = rb_notify_row(rows, i);
        rb_notify_failed(&round->task, &mail, 0, why);
    }

    return 0;
}


static rb_smtp_outcome_e
rb_notify_one(rb_notify_round_t *round, const rb_notify_mail_t *mail)
{
    rb_mail_t          written;
    const char        *why;
    rb_envelope_t      envelope;
    rb_smtp_outcome_e  outcome;

    ngx_memzero(&envelope, sizeof(rb_envelope_t));

    envelope.from_name = rb_notify_conf->from_name;
    envelope.from = rb_notify_conf->from;
    envelope.to = mail->recipient;
    envelope.id = mail->id;
    envelope.date = (time_t) (rb_time_now() / 1000000);

    outcome = rb_notify_write(round->task.pool, mail, &written, &why);

    if (outcome == RB_SMTP_SENT) {
        round->task.deadline = ngx_current_msec + RB_NOTIFY_MAIL;

        outcome = rb_notify_conf->location.len
                  ? rb_notify_by_http(&round->task, &envelope, &written, &why)
                  : rb_notify_by_smtp(round, &envelope, &written, &why);
    }

    if (outcome == RB_SMTP_SENT) {
        rb_notify_sent(&round->task, mail);

    } else {
        rb_notify_failed(&round->task, mail, outcome == RB_SMTP_NEVER, why);
    }

    return outcome;
}


static rb_smtp_outcome_e
rb_notify_write(ngx_pool_t *pool, const rb_notify_mail_t *mail,
    rb_mail_t *written, const char **why)
{
    json_t     *params;
    ngx_int_t   rc;
    ngx_str_t   link;

    *why = "out of memory";

    if (!rb_smtp_address(&mail->recipient)) {
        *why = "it is no address that mail can be sent to";
        return RB_SMTP_NEVER;
    }

    if (rb_json_parse(pool, &mail->params, &params) != NULL) {
        *why = "its parameters are no JSON";
        return RB_SMTP_NEVER;
    }

    rc = rb_notify_link(pool, mail, params, &link);

    if (rc == NGX_AGAIN) {
        *why = "links need resortbite_identity";
        return RB_SMTP_LATER;
    }

    if (rc == NGX_OK) {
        rc = rb_notify_render(pool, &mail->template, mail->lang, &link,
                              params, written);
    }

    if (rc == NGX_DECLINED) {
        *why = "there is no such template, or it lacks a parameter";
        return RB_SMTP_NEVER;
    }

    return rc == NGX_OK ? RB_SMTP_SENT : RB_SMTP_LATER;
}


/*
 * Empty for a template without a button, and where what it leads to isn't
 * known.  NGX_AGAIN: there is no issuer.
 */

static ngx_int_t
rb_notify_link(ngx_pool_t *pool, const rb_notify_mail_t *mail,
    json_t *params, ngx_str_t *link)
{
    json_t                      *value;
    rb_buf_t                     buf;
    ngx_int_t                    rc;
    ngx_str_t                    id, token;
    const rb_notify_template_t  *t;

    ngx_str_null(link);

    t = rb_notify_template(&mail->template);

    if (t == NULL || t->path == NULL) {
        return t ? NGX_OK : NGX_DECLINED;
    }

    if (t->purpose == NULL) {
        return rb_notify_page(pool, t->path, mail->lang, params, link);
    }

    if (rb_notify_issuer.len == 0) {
        return NGX_AGAIN;
    }

    value = json_object_get(params, "token_id");

    if (!json_is_string(value)) {
        return NGX_DECLINED;
    }

    id.data = (u_char *) json_string_value(value);
    id.len = json_string_length(value);

    rc = rb_once_token(pool, t->purpose, &id, &token);
    if (rc != NGX_OK) {
        return rc;
    }

    if (rb_buf_init(&buf, pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_buf_printf(&buf, "%V%s?token=%V", &rb_notify_issuer, t->path, &token);

    link->data = buf.start;
    link->len = rb_buf_len(&buf);

    return buf.failed ? NGX_ERROR : NGX_OK;
}


/* A mail without it still tells what it has to tell. */

static ngx_int_t
rb_notify_page(ngx_pool_t *pool, const char *path, rb_lang_e lang,
    json_t *params, ngx_str_t *link)
{
    u_char      uuid[RB_UUID_LEN];
    json_t     *value;
    rb_buf_t    buf;
    ngx_str_t   id;

    value = json_object_get(params, "post_id");

    id.data = (u_char *) json_string_value(value);
    id.len = json_string_length(value);

    if (rb_notify_issuer.len == 0 || id.data == NULL
        || rb_uuid_parse(&id, uuid) != NGX_OK)
    {
        return NGX_OK;
    }

    if (rb_buf_init(&buf, pool, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    rb_buf_printf(&buf, "%V%s%s%V", &rb_notify_issuer,
                  lang == RB_LANG_EN ? "/en" : "", path, &id);

    link->data = buf.start;
    link->len = rb_buf_len(&buf);

    return buf.failed ? NGX_ERROR : NGX_OK;
}


static rb_smtp_outcome_e
rb_notify_by_smtp(rb_notify_round_t *round, const rb_envelope_t *envelope,
    const rb_mail_t *mail, const char **why)
{
    ngx_str_t  message;

    message = rb_mime_message(round->task.pool, envelope, mail);

    if (message.data == NULL) {
        *why = "out of memory";
        return RB_SMTP_LATER;
    }

    return rb_smtp_send(round->session, &envelope->from, &envelope->to,
                        &message, why);
}


/*
 * What the provider refuses for what it holds, it will refuse again; a wrong
 * key, a budget that is spent or an outage is not the mail's fault.
 */

static rb_smtp_outcome_e
rb_notify_by_http(rb_task_t *task, const rb_envelope_t *envelope,
    const rb_mail_t *mail, const char **why)
{
    u_char         *p;
    rb_err_t       *err;
    rb_answer_t     answer;
    rb_outbound_t   call;

    ngx_memzero(&call, sizeof(rb_outbound_t));

    ngx_str_set(&call.method, "POST");
    ngx_str_set(&call.type, "application/json");
    call.uri = rb_notify_conf->location;
    call.body = rb_notify_json(task->pool, envelope, mail);
    call.headers = 1;
    ngx_str_set(&call.header[0].name, "Idempotency-Key");
    call.header[0].value = envelope->id;

    *why = "out of memory";

    if (call.body.data == NULL) {
        return RB_SMTP_LATER;
    }

    err = rb_outbound_call(task, &call, &answer);
    if (err) {
        *why = "the provider can't be reached";
        return RB_SMTP_LOST;
    }

    if (answer.status >= 200 && answer.status < 300) {
        return RB_SMTP_SENT;
    }

    p = ngx_pnalloc(task->pool, sizeof("the provider answers 500"));

    if (p) {
        *ngx_sprintf(p, "the provider answers %ui", answer.status) = '\0';
        *why = (char *) p;
    }

    if (answer.status == 400 || answer.status == 413 || answer.status == 422) {
        return RB_SMTP_NEVER;
    }

    return RB_SMTP_LOST;
}


static ngx_str_t
rb_notify_json(ngx_pool_t *pool, const rb_envelope_t *envelope,
    const rb_mail_t *mail)
{
    rb_buf_t   buf, id, from;
    rb_json_t  json;
    ngx_str_t  text;

    ngx_str_null(&text);

    if (rb_buf_init(&buf, pool, 8192) != NGX_OK
        || rb_buf_init(&id, pool, 128) != NGX_OK
        || rb_buf_init(&from, pool, 128) != NGX_OK)
    {
        return text;
    }

    rb_mime_message_id(&id, envelope);

    if (envelope->from_name.len) {
        rb_buf_printf(&from, "%V <%V>", &envelope->from_name,
                      &envelope->from);

    } else {
        rb_buf_add_str(&from, &envelope->from);
    }

    rb_json_init(&json, &buf);
    rb_json_open(&json, '{');

    text.data = from.start;
    text.len = rb_buf_len(&from);
    rb_json_key(&json, "from");
    rb_json_str(&json, &text);

    rb_json_key(&json, "to");
    rb_json_str(&json, &envelope->to);
    rb_json_key(&json, "subject");
    rb_json_str(&json, &mail->subject);
    rb_json_key(&json, "text");
    rb_json_str(&json, &mail->text);
    rb_json_key(&json, "html");
    rb_json_str(&json, &mail->html);

    text.data = id.start;
    text.len = rb_buf_len(&id);
    rb_json_key(&json, "message_id");
    rb_json_str(&json, &text);

    rb_json_close(&json, '}');

    ngx_str_null(&text);

    if (!buf.failed && !id.failed && !from.failed) {
        text.data = buf.start;
        text.len = rb_buf_len(&buf);
    }

    return text;
}


/* Each second that this can't be noted brings nearer that it is sent twice. */

static void
rb_notify_sent(rb_task_t *task, const rb_notify_mail_t *mail)
{
    rb_err_t      *err;
    ngx_str_t      params[RB_NOTIFY_SENT_NPARAMS];
    ngx_uint_t     i;
    rb_pg_rows_t   rows;

    rb_told.mails_sent++;
    params[RB_NOTIFY_SENT_P_ID] = mail->id;

    for (i = 0; i < RB_NOTIFY_RECORDS; i++) {
        task->deadline = ngx_current_msec + RB_NOTIFY_QUERY;

        err = rb_pg_query(task, RB_STMT_NOTIFY_SENT, 0, params, &rows);

        if (err == NULL) {
            ngx_log_error(NGX_LOG_INFO, task->log, 0, "mail %V (%V) is sent",
                          &mail->id, &mail->template);
            return;
        }

        if (ngx_exiting || rb_fiber_sleep(1000) == RB_WAKE_CANCELLED) {
            break;
        }
    }

    ngx_log_error(NGX_LOG_ERR, task->log, 0, "mail %V (%V) is sent, which "
                  "could not be noted: it will be sent again", &mail->id,
                  &mail->template);
}


/*
 * What the server said may name the address: it is in the row alone.  The last
 * of its attempts may make it dead, too.
 */

static void
rb_notify_failed(rb_task_t *task, const rb_notify_mail_t *mail,
    ngx_uint_t dead, const char *why)
{
    rb_err_t     *err;
    ngx_str_t     params[RB_NOTIFY_FAILED_NPARAMS], status;
    ngx_uint_t    level;
    rb_pg_rows_t  rows;

    task->deadline = ngx_current_msec + RB_NOTIFY_QUERY;

    params[RB_NOTIFY_FAILED_P_ID] = mail->id;
    params[RB_NOTIFY_FAILED_P_ATTEMPTS] = mail->attempts;
    params[RB_NOTIFY_FAILED_P_ERROR].data = (u_char *) why;
    params[RB_NOTIFY_FAILED_P_ERROR].len = ngx_strlen(why);
    params[RB_NOTIFY_FAILED_P_DEAD].data = (u_char *) (dead ? "t" : "f");
    params[RB_NOTIFY_FAILED_P_DEAD].len = 1;

    err = rb_pg_query(task, RB_STMT_NOTIFY_FAILED, 0, params, &rows);

    if (err == NULL && rows.count) {
        status = rb_pg_value(&rows, 0, 0);
        dead = status.len == 4 && ngx_memcmp(status.data, "dead", 4) == 0;
    }

    if (dead) {
        rb_told.mails_dead++;

    } else {
        rb_told.mails_failed++;
    }

    level = dead ? NGX_LOG_ERR : NGX_LOG_WARN;

    ngx_log_error(level, task->log, 0, "mail %V (%V) was not sent by attempt "
                  "%V%s", &mail->id, &mail->template, &mail->attempts,
                  dead ? " and never will be" : "");
}


static void
rb_notify_release(rb_task_t *task, const rb_notify_mail_t *mail)
{
    ngx_str_t     params[RB_NOTIFY_RELEASE_NPARAMS];
    rb_pg_rows_t  rows;

    task->deadline = ngx_current_msec + RB_NOTIFY_QUERY;

    params[RB_NOTIFY_RELEASE_P_ID] = mail->id;
    params[RB_NOTIFY_RELEASE_P_ATTEMPTS] = mail->attempts;

    (void) rb_pg_query(task, RB_STMT_NOTIFY_RELEASE, 0, params, &rows);
}
