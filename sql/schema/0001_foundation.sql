-- What every other table stands on: extensions, pure functions, and the small
-- reference tables that are part of the product rather than of its data.

-- Equality on uuid inside a GiST exclusion constraint (a bed and its days).
CREATE EXTENSION IF NOT EXISTS btree_gist;


-- The server makes its ids itself; this is for seeds and for work by hand.
-- The second argument is where the random bits come from, so that a seed can
-- make the same id again: uuid_v7(ts, md5('post 1')::uuid).
CREATE FUNCTION uuid_v7(ts timestamptz, entropy uuid)
RETURNS uuid
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN overlay(
    overlay(entropy::text
            PLACING overlay(lpad(to_hex((extract(epoch FROM ts) * 1000)::bigint),
                                 12, '0')
                            PLACING '-' FROM 9 FOR 0)
            FROM 1 FOR 13)
    PLACING '7' || substr(entropy::text, 16, 3) || '-'
            || substr('89ab', (ascii(substr(entropy::text, 20, 1)) & 3) + 1, 1)
    FROM 15 FOR 6)::uuid;

COMMENT ON FUNCTION uuid_v7(timestamptz, uuid) IS
    'UUIDv7 (RFC 9562 section 5.7): the instant in milliseconds, the rest from entropy';

CREATE FUNCTION uuid_v7(ts timestamptz)
RETURNS uuid
LANGUAGE sql
VOLATILE STRICT PARALLEL SAFE
RETURN uuid_v7(ts, gen_random_uuid());

COMMENT ON FUNCTION uuid_v7(timestamptz) IS
    'UUIDv7 (RFC 9562 section 5.7) of an instant, with random bits';


-- Ten digits, the last of which checks the nine before it as the National Tax
-- Service defines it: weights 1 3 7 1 3 7 1 3 5, and the tens of the ninth
-- product are added as well.
CREATE FUNCTION business_number_valid(number text)
RETURNS boolean
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN number ~ '^[0-9]{10}$'
   AND number !~ '^0{10}$'
   AND (10 - (  (ascii(substr(number, 1, 1)) - 48)
              + (ascii(substr(number, 2, 1)) - 48) * 3
              + (ascii(substr(number, 3, 1)) - 48) * 7
              + (ascii(substr(number, 4, 1)) - 48)
              + (ascii(substr(number, 5, 1)) - 48) * 3
              + (ascii(substr(number, 6, 1)) - 48) * 7
              + (ascii(substr(number, 7, 1)) - 48)
              + (ascii(substr(number, 8, 1)) - 48) * 3
              + (ascii(substr(number, 9, 1)) - 48) * 5
              + (ascii(substr(number, 9, 1)) - 48) * 5 / 10) % 10) % 10
       = ascii(substr(number, 10, 1)) - 48;

COMMENT ON FUNCTION business_number_valid(text) IS
    'True for a business registration number of ten digits with the right check digit';


-- Metres east and north of 127.75 E 36 N on a spherical transverse Mercator
-- projection, the kind the Korean national grid uses.  Inside the country its
-- scale is within 0.1 % of 1, so the plain distance between two such points is
-- the distance on the ground, and the built-in GiST index on point can hand
-- out neighbours in order.  cube and earthdistance would need a third
-- dimension, an index three times the size, and an extension that only a
-- superuser may install on some hosts.
CREATE FUNCTION geo_point(lat double precision, lng double precision)
RETURNS point
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN point(
    6371008.8 * atanh(cos(radians(lat)) * sin(radians(lng - 127.75))),
    6371008.8 * (atan2(tan(radians(lat)), cos(radians(lng - 127.75)))
                 - radians(36)));

COMMENT ON FUNCTION geo_point(double precision, double precision) IS
    'A place as metres on a plane; a <-> b is the distance in metres within 0.1 %';


-- Every legal date is a date in Seoul, whatever the server's time zone.
CREATE FUNCTION seoul_today()
RETURNS date
LANGUAGE sql
STABLE PARALLEL SAFE
RETURN (now() AT TIME ZONE 'Asia/Seoul')::date;


-- All at most `most` entries, none empty, none longer than 60 characters.
CREATE FUNCTION short_labels(labels text[], most integer)
RETURNS boolean
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN cardinality(labels) <= most
   AND array_position(labels, NULL) IS NULL
   AND NOT ('' = ANY (labels))
   AND char_length(array_to_string(labels, '')) <= 60 * most;


CREATE TABLE regions (
    code      text     PRIMARY KEY,
    iso       text     NOT NULL UNIQUE,
    name_ko   text     NOT NULL UNIQUE,
    short_ko  text     NOT NULL UNIQUE,
    name_en   text     NOT NULL UNIQUE,
    lat       double precision NOT NULL,
    lng       double precision NOT NULL,
    position  smallint NOT NULL UNIQUE,
    CONSTRAINT regions_code_ck CHECK (code ~ '^[a-z]{2,20}$'),
    CONSTRAINT regions_iso_ck CHECK (iso ~ '^KR-[0-9]{2}$'),
    CONSTRAINT regions_place_ck CHECK (lat BETWEEN 32.5 AND 39 AND lng BETWEEN 124 AND 132.5)
);

COMMENT ON TABLE regions IS 'The 17 first-level divisions; code is what the API calls them';
COMMENT ON COLUMN regions.position IS 'The order people expect in a list';

INSERT INTO regions (position, code, iso, short_ko, name_ko, name_en, lat, lng)
VALUES
    ( 1, 'seoul',     'KR-11', '서울', '서울특별시',     'Seoul',             37.5665, 126.9780),
    ( 2, 'busan',     'KR-26', '부산', '부산광역시',     'Busan',             35.1796, 129.0756),
    ( 3, 'daegu',     'KR-27', '대구', '대구광역시',     'Daegu',             35.8714, 128.6014),
    ( 4, 'incheon',   'KR-28', '인천', '인천광역시',     'Incheon',           37.4563, 126.7052),
    ( 5, 'gwangju',   'KR-29', '광주', '광주광역시',     'Gwangju',           35.1595, 126.8526),
    ( 6, 'daejeon',   'KR-30', '대전', '대전광역시',     'Daejeon',           36.3504, 127.3845),
    ( 7, 'ulsan',     'KR-31', '울산', '울산광역시',     'Ulsan',             35.5384, 129.3114),
    ( 8, 'sejong',    'KR-50', '세종', '세종특별자치시', 'Sejong',            36.4800, 127.2890),
    ( 9, 'gyeonggi',  'KR-41', '경기', '경기도',         'Gyeonggi',          37.4138, 127.5183),
    (10, 'gangwon',   'KR-42', '강원', '강원특별자치도', 'Gangwon',           37.8228, 128.1555),
    (11, 'chungbuk',  'KR-43', '충북', '충청북도',       'North Chungcheong', 36.8000, 127.7000),
    (12, 'chungnam',  'KR-44', '충남', '충청남도',       'South Chungcheong', 36.5184, 126.8000),
    (13, 'jeonbuk',   'KR-45', '전북', '전북특별자치도', 'North Jeolla',      35.7175, 127.1530),
    (14, 'jeonnam',   'KR-46', '전남', '전라남도',       'South Jeolla',      34.8679, 126.9910),
    (15, 'gyeongbuk', 'KR-47', '경북', '경상북도',       'North Gyeongsang',  36.4919, 128.8889),
    (16, 'gyeongnam', 'KR-48', '경남', '경상남도',       'South Gyeongsang',  35.4606, 128.2132),
    (17, 'jeju',      'KR-49', '제주', '제주특별자치도', 'Jeju',              33.4890, 126.4983);


CREATE TABLE categories (
    code      text     PRIMARY KEY,
    name_ko   text     NOT NULL UNIQUE,
    name_en   text     NOT NULL UNIQUE,
    position  smallint NOT NULL UNIQUE,
    CONSTRAINT categories_code_ck CHECK (code ~ '^[a-z][a-z_]{1,29}$')
);

COMMENT ON TABLE categories IS 'Kinds of work a post, a work type and a crew member can name';

INSERT INTO categories (position, code, name_ko, name_en)
VALUES
    ( 1, 'front_desk',   '프런트·컨시어지',   'Front desk and concierge'),
    ( 2, 'housekeeping', '객실관리·하우스키핑', 'Housekeeping'),
    ( 3, 'food_service', '홀서빙·연회',       'Food service and banquets'),
    ( 4, 'kitchen',      '주방·조리',         'Kitchen'),
    ( 5, 'cafe',         '카페·베이커리',     'Café and bakery'),
    ( 6, 'lift',         '리프트·곤돌라 운영', 'Lift and gondola operation'),
    ( 7, 'ski_patrol',   '스키 패트롤·안전',  'Ski patrol and safety'),
    ( 8, 'ski_school',   '스키·보드 강습',    'Ski and snowboard school'),
    ( 9, 'rental',       '렌탈·장비',         'Rental and equipment'),
    (10, 'lifeguard',    '수상안전·라이프가드', 'Lifeguard'),
    (11, 'activity',     '레저·액티비티',     'Leisure and activities'),
    (12, 'ticketing',    '매표·고객안내',     'Ticketing and guest service'),
    (13, 'retail',       '매장·판매',         'Retail'),
    (14, 'facility',     '시설·조경',         'Facilities and grounds'),
    (15, 'shuttle',      '운전·셔틀',         'Driving and shuttle'),
    (16, 'wellness',     '스파·사우나',       'Spa and sauna'),
    (17, 'kids',         '키즈·돌봄',         'Kids and care'),
    (18, 'office',       '사무·마케팅',       'Office and marketing');


CREATE TABLE min_wages (
    effective_from  date    PRIMARY KEY,
    hourly_krw      integer NOT NULL,
    monthly_hours   integer NOT NULL DEFAULT 209,
    CONSTRAINT min_wages_hourly_ck CHECK (hourly_krw > 0),
    CONSTRAINT min_wages_hours_ck CHECK (monthly_hours BETWEEN 1 AND 744)
);

COMMENT ON TABLE min_wages IS
    'The legal minimum by the day it takes effect; a later year counts as the last one known';

INSERT INTO min_wages (effective_from, hourly_krw)
VALUES
    ('2024-01-01',  9860),
    ('2025-01-01', 10030),
    ('2026-01-01', 10320);


-- The highest minimum in force on any day of a period; an open end is taken
-- to reach no further than the first day, because nobody knows the wage yet.
CREATE FUNCTION min_wage_krw(starts_on date, ends_on date)
RETURNS integer
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT max(hourly_krw)
      FROM min_wages
     WHERE effective_from <= coalesce(ends_on, starts_on)
       AND effective_from >= coalesce((SELECT max(effective_from)
                                         FROM min_wages
                                        WHERE effective_from <= starts_on),
                                      '-infinity'::date);
END;
