
/*
 * Codes, in the order in which people expect them, and what they are called.
 * The codes are those of the schema's enumerations and reference tables.
 */


#include "meta/rb_meta.h"


const ngx_str_t  rb_meta_regions[] = {
    ngx_string("seoul"), ngx_string("busan"), ngx_string("daegu"),
    ngx_string("incheon"), ngx_string("gwangju"), ngx_string("daejeon"),
    ngx_string("ulsan"), ngx_string("sejong"), ngx_string("gyeonggi"),
    ngx_string("gangwon"), ngx_string("chungbuk"), ngx_string("chungnam"),
    ngx_string("jeonbuk"), ngx_string("jeonnam"), ngx_string("gyeongbuk"),
    ngx_string("gyeongnam"), ngx_string("jeju"), ngx_null_string
};


const ngx_str_t  rb_meta_categories[] = {
    ngx_string("front_desk"), ngx_string("housekeeping"),
    ngx_string("food_service"), ngx_string("kitchen"), ngx_string("cafe"),
    ngx_string("lift"), ngx_string("ski_patrol"), ngx_string("ski_school"),
    ngx_string("rental"), ngx_string("lifeguard"), ngx_string("activity"),
    ngx_string("ticketing"), ngx_string("retail"), ngx_string("facility"),
    ngx_string("shuttle"), ngx_string("wellness"), ngx_string("kids"),
    ngx_string("office"), ngx_null_string
};


const ngx_str_t  rb_meta_employment_types[] = {
    ngx_string("seasonal"), ngx_string("part_time"), ngx_string("full_time"),
    ngx_string("day_labor"), ngx_string("internship"), ngx_null_string
};

static const rb_text_t  rb_meta_employment_words[] = {
    rb_text("시즌 근무", "Seasonal"),
    rb_text("파트타임", "Part-time"),
    rb_text("정규직", "Full-time"),
    rb_text("일용직", "Day labour"),
    rb_text("인턴", "Internship")
};


const ngx_str_t  rb_meta_pay_types[] = {
    ngx_string("hourly"), ngx_string("daily"), ngx_string("monthly"),
    ngx_null_string
};

static const rb_text_t  rb_meta_pay_words[] = {
    rb_text("시급", "By the hour"),
    rb_text("일급", "By the day"),
    rb_text("월급", "By the month")
};


const ngx_str_t  rb_meta_resort_types[] = {
    ngx_string("ski"), ngx_string("beach"), ngx_string("mountain"),
    ngx_string("urban"), ngx_string("lake"), ngx_string("golf"),
    ngx_string("hot_spring"), ngx_string("theme_park"), ngx_null_string
};

static const rb_text_t  rb_meta_resort_words[] = {
    rb_text("스키 리조트", "Ski resort"),
    rb_text("해변 리조트", "Beach resort"),
    rb_text("산악 리조트", "Mountain resort"),
    rb_text("도심 호텔·리조트", "City resort"),
    rb_text("호수 리조트", "Lake resort"),
    rb_text("골프 리조트", "Golf resort"),
    rb_text("온천 리조트", "Hot spring resort"),
    rb_text("테마파크 리조트", "Theme park resort")
};


const ngx_str_t  rb_meta_dorm_types[] = {
    ngx_string("building"), ngx_string("apartment"),
    ngx_string("shared_house"), ngx_string("studio"),
    ngx_string("guest_room"), ngx_null_string
};

static const rb_text_t  rb_meta_dorm_words[] = {
    rb_text("기숙사 건물", "Dormitory building"),
    rb_text("아파트", "Apartment"),
    rb_text("셰어하우스", "Shared house"),
    rb_text("원룸", "Studio"),
    rb_text("객실", "Guest room")
};


const ngx_str_t  rb_meta_job_orders[] = {
    ngx_string("newest"), ngx_string("pay"), ngx_string("deadline"),
    ngx_string("distance"), ngx_null_string
};

static const rb_text_t  rb_meta_job_order_words[] = {
    rb_text("최신순", "Newest first"),
    rb_text("급여 높은 순", "Best paid first"),
    rb_text("마감 임박순", "Closing soonest first"),
    rb_text("가까운 순", "Nearest first")
};


const ngx_str_t  rb_meta_resort_orders[] = {
    ngx_string("name"), ngx_string("newest"), ngx_null_string
};

static const rb_text_t  rb_meta_resort_order_words[] = {
    rb_text("이름순", "By name"),
    rb_text("최근 등록순", "Newest first")
};


const ngx_str_t  rb_meta_report_reasons[] = {
    ngx_string("scam"), ngx_string("wage"), ngx_string("discrimination"),
    ngx_string("false_info"), ngx_string("harassment"), ngx_string("other"),
    ngx_null_string
};

static const rb_text_t  rb_meta_report_words[] = {
    rb_text("사기가 의심돼요", "It looks like a scam"),
    rb_text("최저임금 위반이나 임금 문제가 있어요", "Illegal or unpaid wages"),
    rb_text("차별하는 내용이 있어요", "It discriminates"),
    rb_text("사실과 다른 내용이에요", "It is not true"),
    rb_text("괴롭힘이나 성희롱이 있어요", "Harassment"),
    rb_text("기타", "Something else")
};


const rb_meta_list_t  rb_meta_lists[] = {
    { ngx_string("employment_types"), rb_meta_employment_types,
      rb_meta_employment_words },
    { ngx_string("pay_types"), rb_meta_pay_types, rb_meta_pay_words },
    { ngx_string("resort_types"), rb_meta_resort_types,
      rb_meta_resort_words },
    { ngx_string("dorm_types"), rb_meta_dorm_types, rb_meta_dorm_words },
    { ngx_string("report_reasons"), rb_meta_report_reasons,
      rb_meta_report_words },
    { ngx_string("job_orders"), rb_meta_job_orders,
      rb_meta_job_order_words },
    { ngx_string("resort_orders"), rb_meta_resort_orders,
      rb_meta_resort_order_words }
};

const ngx_uint_t  rb_meta_lists_count = rb_array_size(rb_meta_lists);
