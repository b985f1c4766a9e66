
/* /api/v1/admin/mails: those that wait or could not be sent. */


#include "admin/rb_admin_http.h"
#include "notify/rb_notify.h"
#include "web/rb_list.h"
#include <ngx_http.h>


#define RB_ADMIN_KEYS  2                /* columns of a cursor */


enum {
    RB_ADMIN_Q_STATUS = 0,
    RB_ADMIN_Q_LIMIT,
    RB_ADMIN_Q_CURSOR
};


static rb_err_t *rb_admin_mails_handler(rb_req_t *req);
static rb_err_t *rb_admin_retry_handler(rb_req_t *req);


static const rb_view_field_t  rb_admin_mail_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("메일 id", "The id") },
    { ngx_string("template"), RB_VIEW_CODE, 0,
      rb_text("무슨 메일", "What it tells") },
    { ngx_string("recipient"), RB_VIEW_STRING, 0,
      rb_text("받는 주소", "Whom it goes to") },
    { ngx_string("locale"), RB_VIEW_CODE, 0,
      rb_text("언어: ko, en", "Language: ko or en") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태: queued(대기), sent(보냄), dead(실패)",
              "State: queued, sent or dead") },
    { ngx_string("attempts"), RB_VIEW_INTEGER, 0,
      rb_text("시도한 횟수", "How often it was tried") },
    { ngx_string("last_error"), RB_VIEW_STRING, 1,
      rb_text("마지막 실패의 이유", "Why the last attempt failed") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("생긴 때", "When it was made") },
    { ngx_string("available_at"), RB_VIEW_TIME, 0,
      rb_text("다음에 시도할 때", "When it is tried next") },
    { ngx_string("sent_at"), RB_VIEW_TIME, 1,
      rb_text("보낸 때", "When it was sent") }
};

static const rb_view_t  rb_admin_mail_view = rb_view("Mail",
                                                     rb_admin_mail_fields);


static const ngx_str_t  rb_admin_mail_statuses[] = {
    ngx_string("dead"), ngx_string("queued"), ngx_string("sent"),
    ngx_null_string
};

static const rb_param_t  rb_admin_mails_query[] = {
    { ngx_string("status"), RB_PARAM_ENUM, 0, 0, rb_admin_mail_statuses, 0,
      ngx_string("dead"),
      rb_text("상태", "State") },
    rb_list_param_limit,
    rb_list_param_cursor,
    rb_param_end
};

static const rb_param_t  rb_admin_mail_id[] = {
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("메일 id", "The mail's id") },
    rb_param_end
};


static const rb_route_t  rb_admin_mails_table[] = {
    {
        .name = ngx_string("admin_mails_list"),
        .method = NGX_HTTP_GET,
        .path = ngx_string("/api/v1/admin/mails"),
        .handler = rb_admin_mails_handler,
        .summary = rb_text("메일. 본 것은 기록에 남습니다.",
                           "Mails; what is read is on record"),
        .tag = ngx_string("admin"),
        .query = rb_admin_mails_query,
        .view = &rb_admin_mail_view,
        .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_READ,
        .success = NGX_HTTP_OK,
        .list = 1
    },
    {
        .name = ngx_string("admin_mails_retry"),
        .method = NGX_HTTP_POST,
        .path = ngx_string("/api/v1/admin/mails/{id}/retry"),
        .handler = rb_admin_retry_handler,
        .summary = rb_text("실패한 메일 다시 보내기",
                           "Send a dead mail once more"),
        .tag = ngx_string("admin"),
        .path_params = rb_admin_mail_id,
        .roles = RB_ROLE_ADMIN|RB_ROLE_SUPER_ADMIN,
        .scopes = RB_SCOPE_WRITE,
        .step_up = RB_ADMIN_STEP_UP,
        .success = NGX_HTTP_NO_CONTENT
    }
};

const rb_routes_t  rb_admin_mails_routes = {
    rb_admin_mails_table, rb_array_size(rb_admin_mails_table)
};


/* GET /api/v1/admin/mails */

static rb_err_t *
rb_admin_mails_handler(rb_req_t *req)
{
    u_char             buf[RB_LIST_LIMIT_SIZE];
    rb_buf_t           detail;
    rb_err_t          *err;
    ngx_str_t          keyset[RB_ADMIN_KEYS], limit, read;
    rb_pg_rows_t       rows;
    const rb_value_t  *status;

    status = &req->query[RB_ADMIN_Q_STATUS];
    limit = rb_list_limit(&req->query[RB_ADMIN_Q_LIMIT], buf);

    ngx_memzero(keyset, sizeof(keyset));

    err = rb_req_keyset(req, &req->query[RB_ADMIN_Q_CURSOR], RB_ADMIN_KEYS,
                        keyset);
    if (err) {
        return err;
    }

    (void) rb_buf_init(&detail, req->task.pool, 64);
    rb_buf_printf(&detail, "{\"status\":\"%V\"}", &status->text);

    if (detail.failed) {
        return &rb_err_internal;
    }

    read.data = detail.start;
    read.len = rb_buf_len(&detail);

    /* first: nothing is shown that isn't on record */

    err = rb_admin_trail(&req->task, "mails.read", "mails", &read,
                         req->principal, &req->id);
    if (err) {
        return err;
    }

    err = rb_notify_list(&req->task, &status->text, &keyset[0], &keyset[1],
                         &limit, &rows);

    return err ? err
               : rb_reply_list(req, &rows,
                               req->query[RB_ADMIN_Q_LIMIT].integer,
                               RB_ADMIN_KEYS, -1);
}


/* POST /api/v1/admin/mails/{id}/retry */

static rb_err_t *
rb_admin_retry_handler(rb_req_t *req)
{
    rb_err_t  *err;

    err = rb_notify_retry(&req->task, &req->path[0].text, req->principal,
                          &req->id);

    return err ? err : rb_reply_nothing(req);
}
