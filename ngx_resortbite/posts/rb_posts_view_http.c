
/* The columns of the statements of posts.sql, in their order. */


#include "posts/rb_posts_view_http.h"
#include "rb_statements.h"


static const rb_view_field_t  rb_post_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id",
              "The id") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목",
              "Title") },
    { ngx_string("description"), RB_VIEW_STRING, 0,
      rb_text("하는 일과 근무 조건",
              "What the work is like") },
    { ngx_string("category"), RB_VIEW_CODE, 1,
      rb_text("직무 (meta의 categories). 초안에서는 null일 수 "
              "있습니다.",
              "Kind of work (categories of meta); may be null "
              "in a draft") },
    { ngx_string("employment_type"), RB_VIEW_CODE, 1,
      rb_text("고용 형태",
              "Kind of employment") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 1,
      rb_text("급여 기준: hourly, daily, monthly",
              "What it is for: hourly, daily, monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 1,
      rb_text("최저 급여 (원)",
              "The least, in KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 1,
      rb_text("최고 급여 (원)",
              "The most, in KRW") },
    { ngx_string("pay.hourly"), RB_VIEW_INTEGER, 1,
      rb_text("최저 급여를 시급으로 환산한 값 (원)",
              "The least by the hour, in KRW") },
    { ngx_string("pay.daily_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("하루 유급 근무 시간 (분)",
              "Paid minutes of a working day") },
    { ngx_string("period.from"), RB_VIEW_DATE, 1,
      rb_text("근무를 시작하는 날",
              "First day of work") },
    { ngx_string("period.until"), RB_VIEW_DATE, 1,
      rb_text("근무가 끝나는 날. 정해지지 않았으면 null",
              "Last day of work; null when open") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("모집 인원",
              "How many are wanted") },
    { ngx_string("dormitory"), RB_VIEW_BOOL, 0,
      rb_text("숙소를 주는지",
              "Whether there is a bed") },
    { ngx_string("dormitory_id"), RB_VIEW_UUID, 1,
      rb_text("주는 숙소. 정해지지 않았으면 null",
              "The dormitory, when it is settled which") },
    { ngx_string("meals"), RB_VIEW_INTEGER, 0,
      rb_text("하루 식사 제공 횟수",
              "Meals a day") },
    { ngx_string("benefits"), RB_VIEW_JSON, 0,
      rb_text("복리후생: 문자열의 배열",
              "Benefits: an array of strings") },
    { ngx_string("requirements"), RB_VIEW_STRING, 0,
      rb_text("지원 자격",
              "What applicants need") },
    { ngx_string("apply_until"), RB_VIEW_DATE, 1,
      rb_text("지원 마감일. 채용될 때까지면 null",
              "Last day to apply; null until filled") },
    { ngx_string("work_type_ids"), RB_VIEW_JSON, 0,
      rb_text("근무 유형 id의 배열, 고른 차례로",
              "Ids of work types, in the order chosen") },
    { ngx_string("work_types"), RB_VIEW_JSON, 0,
      rb_text("그 근무 유형들: id, name, deleted의 배열",
              "The same with names: id, name, deleted") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태: draft, pending, changes_requested, "
              "approved, rejected, paused, hidden, filled, "
              "expired",
              "State: draft, pending, changes_requested, "
              "approved, rejected, paused, hidden, filled or "
              "expired") },
    { ngx_string("status_reason"), RB_VIEW_STRING, 1,
      rb_text("그 상태가 된 이유",
              "Why it is in this state") },
    { ngx_string("allowed_states"), RB_VIEW_JSON, 0,
      rb_text("리조트가 바꿀 수 있는 상태의 배열",
              "The states that the resort can bring it to") },
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판 번호",
              "Raised by every change of what it says") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("고칠 때마다 커지는 번호: If-Match에 씁니다.",
              "Raised by every change at all: for If-Match") },
    { ngx_string("approved_version"), RB_VIEW_INTEGER, 1,
      rb_text("공개된(마지막으로 공개되었던) 판. 없으면 null",
              "The version that the public sees or saw last; "
              "null before that") },
    { ngx_string("back_in_review"), RB_VIEW_BOOL, 0,
      rb_text("한 번 공개된 뒤 다시 검토를 기다리는지",
              "Whether it was public and now waits for review "
              "again") },
    { ngx_string("worse"), RB_VIEW_JSON, 0,
      rb_text("공개된 판보다 지원자에게 불리해진 항목의 배열",
              "Fields that are worse for applicants than in the "
              "approved version") },
    { ngx_string("findings"), RB_VIEW_JSON, 0,
      rb_text("법과 규칙에 비추어 고치거나(refuse) "
              "확인할(review) 내용: rule, code, severity, "
              "field, found, needed, source, detail의 배열",
              "What the law and the rules find: an array of "
              "rule, code, severity (refuse, review), field, "
              "found, needed, source and detail") },
    { ngx_string("published_at"), RB_VIEW_TIME, 1,
      rb_text("처음 공개된 때",
              "When it was published") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때",
              "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때",
              "When it was changed last") },
    { ngx_string("deleted_at"), RB_VIEW_TIME, 1,
      rb_text("지운 때. 지우지 않았으면 null",
              "When it was deleted; or null") },
    { ngx_string("workplace.region"), RB_VIEW_CODE, 0,
      rb_text("지역",
              "Province or city") },
    { ngx_string("workplace.city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구",
              "City, county or district") },
    { ngx_string("workplace.address"), RB_VIEW_STRING, 0,
      rb_text("주소",
              "Address") },
    { ngx_string("workplace.lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도",
              "Latitude") },
    { ngx_string("workplace.lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도",
              "Longitude") },
    { ngx_string("resort.id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id",
              "The id") },
    { ngx_string("resort.name"), RB_VIEW_STRING, 0,
      rb_text("이름",
              "Name") },
    { ngx_string("resort.type"), RB_VIEW_CODE, 0,
      rb_text("유형 (meta의 resort_types)",
              "Kind (resort_types of meta)") },
    { ngx_string("resort.region"), RB_VIEW_CODE, 0,
      rb_text("지역",
              "Province or city") },
    { ngx_string("resort.city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구",
              "City, county or district") },
    { ngx_string("resort.lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도",
              "Latitude") },
    { ngx_string("resort.lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도",
              "Longitude") },
    { ngx_string("counters.views"), RB_VIEW_INTEGER, 0,
      rb_text("조회 수", "How often it was seen") },
    { ngx_string("counters.favourites"), RB_VIEW_INTEGER, 0,
      rb_text("관심 공고로 담은 수", "How many keep it as a favourite") },
    { ngx_string("counters.applications"), RB_VIEW_INTEGER, 0,
      rb_text("지원 수", "How many have applied") }
};

const rb_view_t  rb_post_view = rb_view("Post",
    rb_post_fields);


static const rb_view_field_t  rb_post_summary_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id",
              "The id") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목",
              "Title") },
    { ngx_string("category"), RB_VIEW_CODE, 1,
      rb_text("직무 (meta의 categories). 초안에서는 null일 수 "
              "있습니다.",
              "Kind of work (categories of meta); may be null "
              "in a draft") },
    { ngx_string("employment_type"), RB_VIEW_CODE, 1,
      rb_text("고용 형태",
              "Kind of employment") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 1,
      rb_text("급여 기준: hourly, daily, monthly",
              "What it is for: hourly, daily, monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 1,
      rb_text("최저 급여 (원)",
              "The least, in KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 1,
      rb_text("최고 급여 (원)",
              "The most, in KRW") },
    { ngx_string("pay.hourly"), RB_VIEW_INTEGER, 1,
      rb_text("최저 급여를 시급으로 환산한 값 (원)",
              "The least by the hour, in KRW") },
    { ngx_string("period.from"), RB_VIEW_DATE, 1,
      rb_text("근무를 시작하는 날",
              "First day of work") },
    { ngx_string("period.until"), RB_VIEW_DATE, 1,
      rb_text("근무가 끝나는 날. 정해지지 않았으면 null",
              "Last day of work; null when open") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("모집 인원",
              "How many are wanted") },
    { ngx_string("dormitory"), RB_VIEW_BOOL, 0,
      rb_text("숙소를 주는지",
              "Whether there is a bed") },
    { ngx_string("apply_until"), RB_VIEW_DATE, 1,
      rb_text("지원 마감일. 채용될 때까지면 null",
              "Last day to apply; null until filled") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태: draft, pending, changes_requested, "
              "approved, rejected, paused, hidden, filled, "
              "expired",
              "State: draft, pending, changes_requested, "
              "approved, rejected, paused, hidden, filled or "
              "expired") },
    { ngx_string("status_reason"), RB_VIEW_STRING, 1,
      rb_text("그 상태가 된 이유",
              "Why it is in this state") },
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판 번호",
              "Raised by every change of what it says") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("고칠 때마다 커지는 번호: If-Match에 씁니다.",
              "Raised by every change at all: for If-Match") },
    { ngx_string("approved_version"), RB_VIEW_INTEGER, 1,
      rb_text("공개된(마지막으로 공개되었던) 판. 없으면 null",
              "The version that the public sees or saw last; "
              "null before that") },
    { ngx_string("published_at"), RB_VIEW_TIME, 1,
      rb_text("처음 공개된 때",
              "When it was published") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때",
              "When it was made") },
    { ngx_string("updated_at"), RB_VIEW_TIME, 0,
      rb_text("마지막으로 바뀐 때",
              "When it was changed last") },
    { ngx_string("deleted_at"), RB_VIEW_TIME, 1,
      rb_text("지운 때. 지우지 않았으면 null",
              "When it was deleted; or null") },
    { ngx_string("counters.views"), RB_VIEW_INTEGER, 0,
      rb_text("조회 수", "How often it was seen") },
    { ngx_string("counters.favourites"), RB_VIEW_INTEGER, 0,
      rb_text("관심 공고로 담은 수", "How many keep it as a favourite") },
    { ngx_string("counters.applications"), RB_VIEW_INTEGER, 0,
      rb_text("지원 수", "How many have applied") }
};

const rb_view_t  rb_post_summary_view = rb_view("PostSummary",
    rb_post_summary_fields);


static const rb_view_field_t  rb_post_created_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id",
              "The id") },
    { ngx_string("resort_id"), RB_VIEW_UUID, 0,
      rb_text("리조트 id",
              "The resort's id") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목",
              "Title") },
    { ngx_string("status"), RB_VIEW_CODE, 0,
      rb_text("상태: draft, pending, changes_requested, "
              "approved, rejected, paused, hidden, filled, "
              "expired",
              "State: draft, pending, changes_requested, "
              "approved, rejected, paused, hidden, filled or "
              "expired") },
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판 번호",
              "Raised by every change of what it says") },
    { ngx_string("revision"), RB_VIEW_INTEGER, 0,
      rb_text("고칠 때마다 커지는 번호: If-Match에 씁니다.",
              "Raised by every change at all: for If-Match") },
    { ngx_string("created_at"), RB_VIEW_TIME, 0,
      rb_text("만든 때",
              "When it was made") }
};

const rb_view_t  rb_post_created_view = rb_view("PostCreated",
    rb_post_created_fields);


static const rb_view_field_t  rb_post_version_summary_fields[] = {
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판 번호",
              "Raised by every change of what it says") },
    { ngx_string("current"), RB_VIEW_BOOL, 0,
      rb_text("지금의 판인지",
              "Whether it is the present one") },
    { ngx_string("approved"), RB_VIEW_BOOL, 1,
      rb_text("공개된(마지막으로 공개되었던) 판인지",
              "Whether the public sees it, or saw it last") },
    { ngx_string("changed_at"), RB_VIEW_TIME, 0,
      rb_text("이 판을 쓴 때",
              "When it was written") },
    { ngx_string("changed_by.id"), RB_VIEW_UUID, 0,
      rb_text("쓴 회원의 id",
              "Who wrote it") },
    { ngx_string("changed_by.name"), RB_VIEW_STRING, 1,
      rb_text("쓴 회원의 이름",
              "Their name") },
    { ngx_string("changed"), RB_VIEW_JSON, 0,
      rb_text("바로 앞 판에서 바뀐 항목의 배열",
              "The fields that it changed of the version before") },
    { ngx_string("worse"), RB_VIEW_JSON, 0,
      rb_text("그 가운데 지원자에게 불리해진 항목의 배열",
              "Those of them that became worse for applicants") }
};

const rb_view_t  rb_post_version_summary_view = rb_view("PostVersionSummary",
    rb_post_version_summary_fields);


static const rb_view_field_t  rb_post_version_fields[] = {
    { ngx_string("version"), RB_VIEW_INTEGER, 0,
      rb_text("내용의 판 번호",
              "Raised by every change of what it says") },
    { ngx_string("current"), RB_VIEW_BOOL, 0,
      rb_text("지금의 판인지",
              "Whether it is the present one") },
    { ngx_string("approved"), RB_VIEW_BOOL, 1,
      rb_text("공개된(마지막으로 공개되었던) 판인지",
              "Whether the public sees it, or saw it last") },
    { ngx_string("changed_at"), RB_VIEW_TIME, 0,
      rb_text("이 판을 쓴 때",
              "When it was written") },
    { ngx_string("changed_by.id"), RB_VIEW_UUID, 0,
      rb_text("쓴 회원의 id",
              "Who wrote it") },
    { ngx_string("changed_by.name"), RB_VIEW_STRING, 1,
      rb_text("쓴 회원의 이름",
              "Their name") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목",
              "Title") },
    { ngx_string("description"), RB_VIEW_STRING, 0,
      rb_text("하는 일과 근무 조건",
              "What the work is like") },
    { ngx_string("category"), RB_VIEW_CODE, 1,
      rb_text("직무 (meta의 categories). 초안에서는 null일 수 "
              "있습니다.",
              "Kind of work (categories of meta); may be null "
              "in a draft") },
    { ngx_string("employment_type"), RB_VIEW_CODE, 1,
      rb_text("고용 형태",
              "Kind of employment") },
    { ngx_string("pay.type"), RB_VIEW_CODE, 1,
      rb_text("급여 기준: hourly, daily, monthly",
              "What it is for: hourly, daily, monthly") },
    { ngx_string("pay.min"), RB_VIEW_INTEGER, 1,
      rb_text("최저 급여 (원)",
              "The least, in KRW") },
    { ngx_string("pay.max"), RB_VIEW_INTEGER, 1,
      rb_text("최고 급여 (원)",
              "The most, in KRW") },
    { ngx_string("pay.daily_minutes"), RB_VIEW_INTEGER, 0,
      rb_text("하루 유급 근무 시간 (분)",
              "Paid minutes of a working day") },
    { ngx_string("period.from"), RB_VIEW_DATE, 1,
      rb_text("근무를 시작하는 날",
              "First day of work") },
    { ngx_string("period.until"), RB_VIEW_DATE, 1,
      rb_text("근무가 끝나는 날. 정해지지 않았으면 null",
              "Last day of work; null when open") },
    { ngx_string("headcount"), RB_VIEW_INTEGER, 0,
      rb_text("모집 인원",
              "How many are wanted") },
    { ngx_string("dormitory"), RB_VIEW_BOOL, 0,
      rb_text("숙소를 주는지",
              "Whether there is a bed") },
    { ngx_string("dormitory_id"), RB_VIEW_UUID, 1,
      rb_text("주는 숙소. 정해지지 않았으면 null",
              "The dormitory, when it is settled which") },
    { ngx_string("meals"), RB_VIEW_INTEGER, 0,
      rb_text("하루 식사 제공 횟수",
              "Meals a day") },
    { ngx_string("benefits"), RB_VIEW_JSON, 0,
      rb_text("복리후생: 문자열의 배열",
              "Benefits: an array of strings") },
    { ngx_string("requirements"), RB_VIEW_STRING, 0,
      rb_text("지원 자격",
              "What applicants need") },
    { ngx_string("apply_until"), RB_VIEW_DATE, 1,
      rb_text("지원 마감일. 채용될 때까지면 null",
              "Last day to apply; null until filled") },
    { ngx_string("work_type_ids"), RB_VIEW_JSON, 0,
      rb_text("근무 유형 id의 배열, 고른 차례로",
              "Ids of work types, in the order chosen") },
    { ngx_string("workplace.region"), RB_VIEW_CODE, 0,
      rb_text("지역",
              "Province or city") },
    { ngx_string("workplace.city"), RB_VIEW_STRING, 0,
      rb_text("시·군·구",
              "City, county or district") },
    { ngx_string("workplace.address"), RB_VIEW_STRING, 0,
      rb_text("주소",
              "Address") },
    { ngx_string("workplace.lat"), RB_VIEW_NUMBER, 0,
      rb_text("위도",
              "Latitude") },
    { ngx_string("workplace.lng"), RB_VIEW_NUMBER, 0,
      rb_text("경도",
              "Longitude") }
};

const rb_view_t  rb_post_version_view = rb_view("PostVersion",
    rb_post_version_fields);


static const rb_view_field_t  rb_post_step_fields[] = {
    { ngx_string("id"), RB_VIEW_INTEGER, 0,
      rb_text("단계의 번호",
              "The step's number") },
    { ngx_string("step"), RB_VIEW_CODE, 0,
      rb_text("status(상태가 바뀜), deleted(지움), "
              "restored(복원)",
              "status, deleted or restored") },
    { ngx_string("from"), RB_VIEW_CODE, 0,
      rb_text("앞의 상태",
              "The state before") },
    { ngx_string("to"), RB_VIEW_CODE, 0,
      rb_text("다음 상태",
              "The state after") },
    { ngx_string("reason"), RB_VIEW_STRING, 1,
      rb_text("이유",
              "Why") },
    { ngx_string("version"), RB_VIEW_INTEGER, 1,
      rb_text("그때의 판 번호",
              "The version at that time") },
    { ngx_string("actor.kind"), RB_VIEW_CODE, 0,
      rb_text("누가: resort, moderator, system",
              "Who: resort, moderator or system") },
    { ngx_string("actor.id"), RB_VIEW_UUID, 1,
      rb_text("리조트 구성원의 id. 운영자면 null",
              "The resort's member; null of moderators") },
    { ngx_string("actor.name"), RB_VIEW_STRING, 1,
      rb_text("그 이름",
              "Their name") },
    { ngx_string("at"), RB_VIEW_TIME, 0,
      rb_text("언제",
              "When") }
};

const rb_view_t  rb_post_step_view = rb_view("PostStep",
    rb_post_step_fields);


static const rb_view_field_t  rb_job_changes_fields[] = {
    { ngx_string("id"), RB_VIEW_UUID, 0,
      rb_text("공고 id",
              "The id") },
    { ngx_string("title"), RB_VIEW_STRING, 0,
      rb_text("제목",
              "Title") },
    { ngx_string("application_id"), RB_VIEW_UUID, 0,
      rb_text("내 지원 id",
              "The id of one's application") },
    { ngx_string("applied_at"), RB_VIEW_TIME, 0,
      rb_text("지원한 때",
              "When one applied") },
    { ngx_string("changes"), RB_VIEW_JSON, 0,
      rb_text("지원한 뒤 불리해진 항목: field, label, before, "
              "before_text, after, after_text의 배열",
              "What became worse since: an array of field, "
              "label, before, before_text, after and after_text") }
};

const rb_view_t  rb_job_changes_view = rb_view("JobChanges",
    rb_job_changes_fields);


#define rb_posts_param_resort                                                 \
    { ngx_string("id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,        \
      rb_text("리조트 id", "The resort's id") }

const rb_param_t  rb_posts_resort_id[] = {
    rb_posts_param_resort,
    rb_param_end
};

const rb_param_t  rb_posts_ids[] = {
    rb_posts_param_resort,
    { ngx_string("post_id"), RB_PARAM_UUID, 0, 0, NULL, 1, ngx_null_string,
      rb_text("공고 id", "The post's id") },
    rb_param_end
};


rb_err_t *
rb_posts_show(rb_req_t *req, const ngx_str_t *left)
{
    rb_err_t      *err;
    uint64_t       when;
    ngx_str_t      params[RB_POSTS_GET_NPARAMS];
    rb_pg_rows_t   rows;

    static const ngx_str_t  languages[RB_LANG_COUNT] = {
        [RB_LANG_KO] = ngx_string("ko"), [RB_LANG_EN] = ngx_string("en")
    };

    ngx_memzero(params, sizeof(params));

    params[RB_POSTS_GET_P_RESORT] = req->path[0].text;
    params[RB_POSTS_GET_P_POST] = req->path[1].text;
    params[RB_POSTS_GET_P_LANG] = languages[req->lang];

    when = 0;

    if (left) {
        when = RB_POSTS_GET_WHEN_LEFT;
        params[RB_POSTS_GET_P_LEFT] = *left;
    }

    err = rb_pg_query(&req->task, RB_STMT_POSTS_GET, when, params, &rows);

    return err ? err : rb_reply_revised(req, &rows, RB_POST_REVISION);
}
