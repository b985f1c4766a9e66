
/*
 * Codes, in the order in which people expect them, and what they are called.
 * The codes are those of the schema's enumerations and reference tables.
 */


#include "meta/rb_meta.h"


static ngx_uint_t rb_meta_begins(const ngx_str_t *text,
    const ngx_str_t *with);


const ngx_str_t  rb_meta_regions[] = {
    ngx_string("seoul"), ngx_string("busan"), ngx_string("daegu"),
    ngx_string("incheon"), ngx_string("gwangju"), ngx_string("daejeon"),
    ngx_string("ulsan"), ngx_string("sejong"), ngx_string("gyeonggi"),
    ngx_string("gangwon"), ngx_string("chungbuk"), ngx_string("chungnam"),
    ngx_string("jeonbuk"), ngx_string("jeonnam"), ngx_string("gyeongbuk"),
    ngx_string("gyeongnam"), ngx_string("jeju"), ngx_null_string
};

const rb_text_t  rb_meta_region_words[] = {
    rb_text("서울특별시", "Seoul"),
    rb_text("부산광역시", "Busan"),
    rb_text("대구광역시", "Daegu"),
    rb_text("인천광역시", "Incheon"),
    rb_text("광주광역시", "Gwangju"),
    rb_text("대전광역시", "Daejeon"),
    rb_text("울산광역시", "Ulsan"),
    rb_text("세종특별자치시", "Sejong"),
    rb_text("경기도", "Gyeonggi"),
    rb_text("강원특별자치도", "Gangwon"),
    rb_text("충청북도", "North Chungcheong"),
    rb_text("충청남도", "South Chungcheong"),
    rb_text("전북특별자치도", "North Jeolla"),
    rb_text("전라남도", "South Jeolla"),
    rb_text("경상북도", "North Gyeongsang"),
    rb_text("경상남도", "South Gyeongsang"),
    rb_text("제주특별자치도", "Jeju")
};

const rb_text_t  rb_meta_region_short_words[] = {
    rb_text("서울", "Seoul"),
    rb_text("부산", "Busan"),
    rb_text("대구", "Daegu"),
    rb_text("인천", "Incheon"),
    rb_text("광주", "Gwangju"),
    rb_text("대전", "Daejeon"),
    rb_text("울산", "Ulsan"),
    rb_text("세종", "Sejong"),
    rb_text("경기", "Gyeonggi"),
    rb_text("강원", "Gangwon"),
    rb_text("충북", "North Chungcheong"),
    rb_text("충남", "South Chungcheong"),
    rb_text("전북", "North Jeolla"),
    rb_text("전남", "South Jeolla"),
    rb_text("경북", "North Gyeongsang"),
    rb_text("경남", "South Gyeongsang"),
    rb_text("제주", "Jeju")
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

const rb_text_t  rb_meta_category_words[] = {
    rb_text("프런트·컨시어지", "Front desk and concierge"),
    rb_text("객실관리·하우스키핑", "Housekeeping"),
    rb_text("홀서빙·연회", "Food service and banquets"),
    rb_text("주방·조리", "Kitchen"),
    rb_text("카페·베이커리", "Café and bakery"),
    rb_text("리프트·곤돌라 운영", "Lift and gondola operation"),
    rb_text("스키 패트롤·안전", "Ski patrol and safety"),
    rb_text("스키·보드 강습", "Ski and snowboard school"),
    rb_text("렌탈·장비", "Rental and equipment"),
    rb_text("수상안전·라이프가드", "Lifeguard"),
    rb_text("레저·액티비티", "Leisure and activities"),
    rb_text("매표·고객안내", "Ticketing and guest service"),
    rb_text("매장·판매", "Retail"),
    rb_text("시설·조경", "Facilities and grounds"),
    rb_text("운전·셔틀", "Driving and shuttle"),
    rb_text("스파·사우나", "Spa and sauna"),
    rb_text("키즈·돌봄", "Kids and care"),
    rb_text("사무·마케팅", "Office and marketing")
};


const ngx_str_t  rb_meta_employment_types[] = {
    ngx_string("seasonal"), ngx_string("part_time"), ngx_string("full_time"),
    ngx_string("day_labor"), ngx_string("internship"), ngx_null_string
};

const rb_text_t  rb_meta_employment_words[] = {
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

const rb_text_t  rb_meta_pay_words[] = {
    rb_text("시급", "By the hour"),
    rb_text("일급", "By the day"),
    rb_text("월급", "By the month")
};


const ngx_str_t  rb_meta_resort_types[] = {
    ngx_string("ski"), ngx_string("beach"), ngx_string("mountain"),
    ngx_string("urban"), ngx_string("lake"), ngx_string("golf"),
    ngx_string("hot_spring"), ngx_string("theme_park"), ngx_null_string
};

const rb_text_t  rb_meta_resort_words[] = {
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

const rb_text_t  rb_meta_dorm_words[] = {
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

const rb_text_t  rb_meta_job_order_words[] = {
    rb_text("최신순", "Newest first"),
    rb_text("급여 높은 순", "Best paid first"),
    rb_text("마감 임박순", "Closing soonest first"),
    rb_text("가까운 순", "Nearest first")
};


const ngx_str_t  rb_meta_resort_orders[] = {
    ngx_string("name"), ngx_string("newest"), ngx_null_string
};

const rb_text_t  rb_meta_resort_order_words[] = {
    rb_text("이름순", "By name"),
    rb_text("최근 등록순", "Newest first")
};


const ngx_str_t  rb_meta_report_reasons[] = {
    ngx_string("scam"), ngx_string("wage"), ngx_string("discrimination"),
    ngx_string("false_info"), ngx_string("harassment"), ngx_string("other"),
    ngx_null_string
};

const rb_text_t  rb_meta_report_words[] = {
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


const rb_text_t *
rb_meta_word(const ngx_str_t *codes, const rb_text_t *words,
    const ngx_str_t *code)
{
    ngx_uint_t  i;

    static const rb_text_t  none = rb_text("", "");

    for (i = 0; codes[i].len; i++) {

        if (codes[i].len == code->len
            && ngx_memcmp(codes[i].data, code->data, code->len) == 0)
        {
            return &words[i];
        }
    }

    return &none;
}


rb_err_t *
rb_meta_address_check(ngx_pool_t *pool, rb_err_t *err, ngx_str_t *name,
    const ngx_str_t *region, const ngx_str_t *address)
{
    size_t            i;
    ngx_str_t         text;
    const rb_text_t  *full, *brief;

    /* the one that doesn't begin with today's short name, until 2024 */
    static const ngx_str_t  renamed = ngx_string("jeonbuk");
    static const ngx_str_t  before = ngx_string("전라북도");

    full = rb_meta_word(rb_meta_regions, rb_meta_region_words, region);
    brief = rb_meta_word(rb_meta_regions, rb_meta_region_short_words, region);

    for (i = 0; i < address->len && address->data[i] == ' '; i++) {
        /* void */
    }

    text.data = address->data + i;
    text.len = address->len - i;

    if (rb_meta_begins(&text, &full->in[RB_LANG_KO])
        || rb_meta_begins(&text, &brief->in[RB_LANG_KO])
        || (renamed.len == region->len && rb_meta_begins(region, &renamed)
            && rb_meta_begins(&text, &before)))
    {
        return err;
    }

    return rb_err_add_field(err, pool, name, "other_region",
                            "지역(%V)의 이름으로 시작해야 합니다: ‘%V’ 또는 "
                            "‘%V’. 주소가 맞다면 지역을 고쳐 주세요.",
                            "must begin with the name of its region (%V), "
                            "\"%V\" or \"%V\". If the address is right, "
                            "change the region.",
                            region, &full->in[RB_LANG_KO],
                            &brief->in[RB_LANG_KO]);
}


static ngx_uint_t
rb_meta_begins(const ngx_str_t *text, const ngx_str_t *with)
{
    return text->len >= with->len
           && ngx_memcmp(text->data, with->data, with->len) == 0;
}
