-- The words both seeds are made of, and the functions that choose among them.
-- They live in a schema of their own that scripts/seed drops when it is done.
-- Places are real; resorts, people and businesses are invented.

CREATE SCHEMA resortbite_seed;
SET LOCAL search_path = resortbite_seed, public;


-- Everything is chosen by hashing a name and a row number, never by random():
-- the same row is the same on every run and every machine.
CREATE FUNCTION pick(what text, n bigint, choices integer)
RETURNS integer
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN (('x' || substr(md5(what || ':' || n::text), 1, 7))::bit(28)::integer) % choices;

CREATE FUNCTION pick(what text, n bigint, words text[])
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN words[1 + pick(what, n, cardinality(words))];

-- Ids count seconds from a fixed instant, so that they do not change with the
-- day of seeding and can be written into documents and tests.  The same as
-- uuid_v7(instant, md5(what and n)::uuid), in PL/pgSQL because ten million
-- calls of that one would be most of the large seed's time.
CREATE FUNCTION seed_id(what text, n bigint)
RETURNS uuid
LANGUAGE plpgsql
IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    entropy text := md5('resortbite ' || what || ' ' || n::text);
BEGIN
    RETURN lpad(to_hex((1767225600 + n) * 1000), 12, '0')
           || '7' || substr(entropy, 14, 3)
           || substr('89ab', (ascii(substr(entropy, 17, 1)) & 3) + 1, 1)
           || substr(entropy, 18, 15);
END
$$;

-- A business number that checks: tax office, kind of business, serial.
CREATE FUNCTION business_number(n bigint)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT head || digit
          FROM (SELECT (101 + n * 37 % 797)::text || (81 + n % 8)::text
                       || lpad(((n * 7919 + 13) % 10000)::text, 4, '0') AS head) AS h
         CROSS JOIN generate_series(0, 9) AS digit
         WHERE business_number_valid(head || digit));

-- A week as bits: the days (Monday 0) on which a shift begins, when, how long.
CREATE FUNCTION week(days integer[], starts integer, hours integer)
RETURNS bit(168)
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg(CASE WHEN EXISTS (SELECT
                                              FROM unnest(days) AS day
                                             WHERE (h - day * 24 - starts + 336) % 168 < hours)
                               THEN '1' ELSE '0' END, '' ORDER BY h)::bit(168)
          FROM generate_series(0, 167) AS h);

-- 을/를, 이/가, 은/는, 과/와, 으로/로: the form after a word that ends in a
-- consonant or the one after a vowel (for 로 also after ㄹ).
CREATE FUNCTION josa(word text, after_consonant text, after_vowel text)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN word || CASE
                   WHEN ascii(right(word, 1)) NOT BETWEEN 44032 AND 55203 THEN after_vowel
                   WHEN (ascii(right(word, 1)) - 44032) % 28 = 0 THEN after_vowel
                   WHEN (ascii(right(word, 1)) - 44032) % 28 = 8 AND after_vowel = '로' THEN after_vowel
                   ELSE after_consonant
               END;

CREATE FUNCTION person_name(n bigint)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN pick('surname', n, '{김,김,김,김,이,이,이,박,박,최,정,강,조,윤,장,임,한,오,서,신,권,황,안,송,류,홍,전,고,문,손,양,배,백,허,남,심,노,하,곽,성,차,주,우,구,민,진,나,지,엄,채}'::text[])
       || pick('given1', n, '{민,서,지,하,도,예,수,현,준,시,유,은,주,태,승,재,정,다,나,소,연,채,건,우,동,성,영,미,경,혜,선,진,가,윤,이,규,상,형,보,세}'::text[])
       || pick('given2', n, '{준,연,우,윤,서,현,민,진,호,영,은,원,빈,아,율,희,수,환,훈,혁,석,철,경,주,린,솔,나,라,인,정,미,욱,성,재,식,지,선,하,결,람}'::text[]);


CREATE TABLE places (
    n            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    region_code  text NOT NULL,
    stem         text NOT NULL,
    area         text NOT NULL,
    lat          double precision NOT NULL,
    lng          double precision NOT NULL,
    types        text[] NOT NULL
);

INSERT INTO places (region_code, stem, area, lat, lng, types)
VALUES
    ('gangwon',   '대관령',   '강원특별자치도 평창군 대관령면 횡계리',   37.677, 128.718, '{ski,mountain}'),
    ('gangwon',   '발왕산',   '강원특별자치도 평창군 대관령면 용산리',   37.645, 128.680, '{ski,golf}'),
    ('gangwon',   '봉평',     '강원특별자치도 평창군 봉평면 무이리',     37.580, 128.325, '{ski,mountain}'),
    ('gangwon',   '진부',     '강원특별자치도 평창군 진부면 간평리',     37.635, 128.560, '{mountain,ski}'),
    ('gangwon',   '고한',     '강원특별자치도 정선군 고한읍 고한리',     37.207, 128.838, '{ski,mountain}'),
    ('gangwon',   '가리왕산', '강원특별자치도 정선군 북평면 숙암리',     37.470, 128.600, '{ski,mountain}'),
    ('gangwon',   '둔내',     '강원특별자치도 횡성군 둔내면 두원리',     37.490, 128.245, '{ski,golf}'),
    ('gangwon',   '팔봉산',   '강원특별자치도 홍천군 서면 팔봉리',       37.646, 127.684, '{ski,golf}'),
    ('gangwon',   '강촌',     '강원특별자치도 춘천시 남산면 백양리',     37.822, 127.588, '{ski,lake}'),
    ('gangwon',   '의암호',   '강원특별자치도 춘천시 삼천동',           37.870, 127.700, '{lake,urban}'),
    ('gangwon',   '섬강',     '강원특별자치도 원주시 지정면 월송리',     37.408, 127.826, '{golf,ski}'),
    ('gangwon',   '치악산',   '강원특별자치도 원주시 소초면 학곡리',     37.412, 128.048, '{mountain}'),
    ('gangwon',   '경포',     '강원특별자치도 강릉시 안현동',           37.796, 128.908, '{beach,lake}'),
    ('gangwon',   '주문진',   '강원특별자치도 강릉시 주문진읍 향호리',   37.911, 128.820, '{beach}'),
    ('gangwon',   '정동진',   '강원특별자치도 강릉시 강동면 정동진리',   37.690, 129.033, '{beach}'),
    ('gangwon',   '설악',     '강원특별자치도 속초시 설악동',           38.172, 128.490, '{mountain,hot_spring}'),
    ('gangwon',   '대포항',   '강원특별자치도 속초시 대포동',           38.175, 128.605, '{beach}'),
    ('gangwon',   '척산',     '강원특별자치도 속초시 노학동',           38.192, 128.541, '{hot_spring}'),
    ('gangwon',   '봉포',     '강원특별자치도 고성군 토성면 봉포리',     38.250, 128.563, '{beach,golf}'),
    ('gangwon',   '낙산',     '강원특별자치도 양양군 강현면 주청리',     38.117, 128.632, '{beach}'),
    ('gangwon',   '죽도',     '강원특별자치도 양양군 현남면 인구리',     37.972, 128.760, '{beach}'),
    ('gangwon',   '오색',     '강원특별자치도 양양군 서면 오색리',       38.078, 128.450, '{hot_spring,mountain}'),
    ('gangwon',   '맹방',     '강원특별자치도 삼척시 근덕면 하맹방리',   37.395, 129.222, '{beach}'),
    ('gangwon',   '망상',     '강원특별자치도 동해시 망상동',           37.593, 129.092, '{beach}'),
    ('gangwon',   '함백산',   '강원특별자치도 태백시 소도동',           37.117, 128.945, '{ski,mountain}'),
    ('gangwon',   '동강',     '강원특별자치도 영월군 영월읍 거운리',     37.220, 128.510, '{mountain,lake}'),
    ('gangwon',   '내린천',   '강원특별자치도 인제군 인제읍 고사리',     38.040, 128.200, '{mountain}'),
    ('jeju',      '중문',     '제주특별자치도 서귀포시 색달동',         33.248, 126.410, '{beach,golf}'),
    ('jeju',      '표선',     '제주특별자치도 서귀포시 표선면 표선리',   33.326, 126.835, '{beach,golf}'),
    ('jeju',      '성산',     '제주특별자치도 서귀포시 성산읍 고성리',   33.450, 126.915, '{beach}'),
    ('jeju',      '안덕',     '제주특별자치도 서귀포시 안덕면 상천리',   33.308, 126.388, '{golf,theme_park}'),
    ('jeju',      '협재',     '제주특별자치도 제주시 한림읍 협재리',     33.394, 126.240, '{beach}'),
    ('jeju',      '애월',     '제주특별자치도 제주시 애월읍 곽지리',     33.450, 126.305, '{beach}'),
    ('jeju',      '함덕',     '제주특별자치도 제주시 조천읍 함덕리',     33.543, 126.669, '{beach}'),
    ('jeju',      '노형',     '제주특별자치도 제주시 노형동',           33.485, 126.481, '{urban}'),
    ('jeju',      '교래',     '제주특별자치도 제주시 조천읍 교래리',     33.428, 126.673, '{mountain,golf}'),
    ('gyeonggi',  '곤지암',   '경기도 광주시 도척면 도웅리',           37.337, 127.294, '{ski,golf}'),
    ('gyeonggi',  '지산',     '경기도 이천시 마장면 해월리',           37.216, 127.345, '{ski,golf}'),
    ('gyeonggi',  '설봉',     '경기도 이천시 안흥동',                 37.280, 127.450, '{hot_spring,urban}'),
    ('gyeonggi',  '천마산',   '경기도 남양주시 화도읍 묵현리',         37.661, 127.298, '{ski,mountain}'),
    ('gyeonggi',  '청평',     '경기도 가평군 청평면 고성리',           37.735, 127.480, '{lake}'),
    ('gyeonggi',  '남이나루', '경기도 가평군 가평읍 달전리',           37.805, 127.522, '{lake,mountain}'),
    ('gyeonggi',  '산정호수', '경기도 포천시 영북면 산정리',           38.068, 127.318, '{lake,hot_spring}'),
    ('gyeonggi',  '용문',     '경기도 양평군 용문면 신점리',           37.548, 127.575, '{mountain,lake}'),
    ('gyeonggi',  '처인',     '경기도 용인시 처인구 포곡읍 전대리',     37.293, 127.203, '{theme_park}'),
    ('gyeonggi',  '제부도',   '경기도 화성시 서신면 제부리',           37.172, 126.628, '{beach}'),
    ('gyeonggi',  '킨텍스',   '경기도 고양시 일산서구 대화동',         37.668, 126.745, '{urban}'),
    ('seoul',     '명동',     '서울특별시 중구 명동2가',               37.563, 126.985, '{urban}'),
    ('seoul',     '여의도',   '서울특별시 영등포구 여의도동',           37.522, 126.925, '{urban}'),
    ('seoul',     '잠실',     '서울특별시 송파구 잠실동',               37.512, 127.100, '{urban,theme_park}'),
    ('seoul',     '삼성동',   '서울특별시 강남구 삼성동',               37.512, 127.058, '{urban}'),
    ('seoul',     '우이',     '서울특별시 강북구 우이동',               37.662, 127.012, '{mountain,urban}'),
    ('incheon',   '을왕리',   '인천광역시 중구 을왕동',                 37.447, 126.373, '{beach,golf}'),
    ('incheon',   '영종도',   '인천광역시 중구 운서동',                 37.440, 126.455, '{urban,theme_park}'),
    ('incheon',   '송도',     '인천광역시 연수구 송도동',               37.388, 126.643, '{urban}'),
    ('incheon',   '강화',     '인천광역시 강화군 화도면 동막리',         37.594, 126.458, '{beach,hot_spring}'),
    ('busan',     '해운대',   '부산광역시 해운대구 우동',               35.159, 129.160, '{beach,urban}'),
    ('busan',     '기장',     '부산광역시 기장군 기장읍 시랑리',         35.193, 129.223, '{beach,theme_park}'),
    ('busan',     '광안리',   '부산광역시 수영구 광안동',               35.153, 129.118, '{beach,urban}'),
    ('busan',     '송정',     '부산광역시 해운대구 송정동',             35.180, 129.200, '{beach}'),
    ('daegu',     '팔공산',   '대구광역시 동구 용수동',                 35.985, 128.697, '{mountain,urban}'),
    ('daegu',     '수성못',   '대구광역시 수성구 두산동',               35.828, 128.615, '{urban,lake}'),
    ('gwangju',   '무등산',   '광주광역시 동구 지산동',                 35.148, 126.945, '{mountain,urban}'),
    ('gwangju',   '상무',     '광주광역시 서구 치평동',                 35.152, 126.849, '{urban}'),
    ('daejeon',   '유성',     '대전광역시 유성구 봉명동',               36.355, 127.342, '{hot_spring,urban}'),
    ('daejeon',   '보문산',   '대전광역시 중구 대사동',                 36.310, 127.422, '{urban,theme_park}'),
    ('ulsan',     '주전',     '울산광역시 동구 주전동',                 35.553, 129.447, '{beach}'),
    ('ulsan',     '신불산',   '울산광역시 울주군 상북면 등억알프스리',   35.548, 129.068, '{mountain,hot_spring}'),
    ('sejong',    '세종호수', '세종특별자치시 어진동',                 36.498, 127.268, '{lake,urban}'),
    ('sejong',    '금강',     '세종특별자치시 장군면 금암리',           36.470, 127.200, '{golf,mountain}'),
    ('chungbuk',  '수안보',   '충청북도 충주시 수안보면 온천리',         36.846, 127.994, '{hot_spring,ski}'),
    ('chungbuk',  '충주호',   '충청북도 충주시 동량면 화암리',           37.010, 127.990, '{lake}'),
    ('chungbuk',  '청풍',     '충청북도 제천시 청풍면 교리',             36.998, 128.165, '{lake,mountain}'),
    ('chungbuk',  '단양',     '충청북도 단양군 단양읍 상진리',           36.975, 128.355, '{mountain,lake}'),
    ('chungbuk',  '속리산',   '충청북도 보은군 속리산면 사내리',         36.530, 127.825, '{mountain}'),
    ('chungnam',  '대천',     '충청남도 보령시 신흑동',                 36.305, 126.515, '{beach}'),
    ('chungnam',  '안면도',   '충청남도 태안군 안면읍 승언리',           36.512, 126.345, '{beach,golf}'),
    ('chungnam',  '만리포',   '충청남도 태안군 소원면 모항리',           36.786, 126.142, '{beach}'),
    ('chungnam',  '덕산',     '충청남도 예산군 덕산면 사동리',           36.693, 126.660, '{hot_spring,theme_park}'),
    ('chungnam',  '도고',     '충청남도 아산시 도고면 기곡리',           36.760, 126.880, '{hot_spring}'),
    ('chungnam',  '부여',     '충청남도 부여군 규암면 합정리',           36.305, 126.903, '{urban,golf}'),
    ('jeonbuk',   '덕유산',   '전북특별자치도 무주군 설천면 심곡리',     35.893, 127.737, '{ski,mountain}'),
    ('jeonbuk',   '변산',     '전북특별자치도 부안군 변산면 격포리',     35.633, 126.470, '{beach}'),
    ('jeonbuk',   '전주한옥', '전북특별자치도 전주시 완산구 교동',       35.814, 127.153, '{urban}'),
    ('jeonbuk',   '내장산',   '전북특별자치도 정읍시 내장동',           35.492, 126.925, '{mountain}'),
    ('jeonbuk',   '지리산뱀사골', '전북특별자치도 남원시 산내면 부운리', 35.385, 127.585, '{mountain}'),
    ('jeonnam',   '여수',     '전라남도 여수시 수정동',                 34.745, 127.745, '{beach,urban}'),
    ('jeonnam',   '돌산',     '전라남도 여수시 돌산읍 우두리',           34.720, 127.755, '{beach}'),
    ('jeonnam',   '순천만',   '전라남도 순천시 오천동',                 34.930, 127.500, '{lake,urban}'),
    ('jeonnam',   '화순',     '전라남도 화순군 북면 옥리',               35.160, 127.085, '{hot_spring}'),
    ('jeonnam',   '진도',     '전라남도 진도군 의신면 초사리',           34.395, 126.330, '{beach}'),
    ('jeonnam',   '해남',     '전라남도 해남군 화원면 주광리',           34.705, 126.260, '{golf,beach}'),
    ('gyeongbuk', '보문',     '경상북도 경주시 신평동',                 35.843, 129.283, '{lake,theme_park}'),
    ('gyeongbuk', '감포',     '경상북도 경주시 감포읍 나정리',           35.790, 129.500, '{beach}'),
    ('gyeongbuk', '백암',     '경상북도 울진군 온정면 소태리',           36.720, 129.345, '{hot_spring}'),
    ('gyeongbuk', '영일대',   '경상북도 포항시 북구 두호동',             36.062, 129.380, '{beach,urban}'),
    ('gyeongbuk', '문경새재', '경상북도 문경시 문경읍 상초리',           36.765, 128.075, '{mountain,hot_spring}'),
    ('gyeongbuk', '울릉',     '경상북도 울릉군 북면 추산리',             37.530, 130.850, '{beach,mountain}'),
    ('gyeongnam', '거제',     '경상남도 거제시 일운면 소동리',           34.850, 128.705, '{beach}'),
    ('gyeongnam', '통영',     '경상남도 통영시 도남동',                 34.828, 128.440, '{beach,urban}'),
    ('gyeongnam', '남해',     '경상남도 남해군 남면 덕월리',             34.780, 127.855, '{golf,beach}'),
    ('gyeongnam', '배내골',   '경상남도 양산시 원동면 대리',             35.430, 128.950, '{ski,mountain}'),
    ('gyeongnam', '부곡',     '경상남도 창녕군 부곡면 거문리',           35.440, 128.495, '{hot_spring}'),
    ('gyeongnam', '하동',     '경상남도 하동군 화개면 운수리',           35.225, 127.645, '{mountain}');


-- What a resort of a type calls itself, and how it describes itself.
CREATE TABLE type_words (
    type      resort_type PRIMARY KEY,
    kinds     text[] NOT NULL,
    kinds_en  text   NOT NULL,
    views     text[] NOT NULL,
    season    text[] NOT NULL,
    jobs      text[] NOT NULL
);

INSERT INTO type_words (type, kinds, kinds_en, views, season, jobs)
VALUES
    ('ski', '{스키리조트,스노우파크,마운틴리조트}', 'Ski Resort',
     '{"슬로프 18면과 곤돌라를 갖춘 스키 리조트입니다.","설질이 좋기로 알려진 고원의 스키 리조트로 야간 개장도 합니다.","초보자 슬로프와 눈썰매장이 넓어 가족 손님이 많습니다."}',
     '{"스키 시즌","겨울 시즌","동계 시즌"}',
     '{lift,ski_patrol,ski_school,rental,ticketing,food_service,front_desk,housekeeping,kitchen,shuttle,cafe}'),
    ('beach', '{비치리조트,오션호텔,씨사이드리조트}', 'Beach Resort',
     '{"전 객실에서 바다가 보이는 해변 리조트입니다.","백사장까지 걸어서 3분, 인피니티 풀과 서핑 스쿨을 운영합니다.","해 뜨는 바다를 마주한 조용한 해변에 있습니다."}',
     '{"여름 성수기","해변 시즌","휴가 시즌"}',
     '{lifeguard,activity,front_desk,housekeeping,food_service,kitchen,cafe,retail,facility,kids}'),
    ('mountain', '{포레스트리조트,숲속리조트,산장호텔}', 'Forest Resort',
     '{"국립공원 입구의 숲속 리조트로 등산과 휴양을 함께 즐깁니다.","해발 700미터 숲에 자리한 독채형 리조트입니다.","계곡을 끼고 있어 사계절 손님이 끊이지 않습니다."}',
     '{"단풍 시즌","산행 시즌","숲캉스 시즌"}',
     '{front_desk,housekeeping,activity,facility,food_service,kitchen,cafe,shuttle,kids}'),
    ('urban', '{호텔,스테이,레지던스호텔}', 'Hotel',
     '{"역에서 걸어서 5분 거리의 도심 호텔입니다.","비즈니스 손님과 관광객이 고루 찾는 도심 호텔입니다.","연회장 여섯 곳을 갖춘 도심 호텔입니다."}',
     '{"연회 시즌","연말 시즌","상반기"}',
     '{front_desk,housekeeping,food_service,kitchen,cafe,wellness,office,facility,shuttle}'),
    ('lake', '{레이크리조트,호반호텔,수상리조트}', 'Lake Resort',
     '{"호수를 둘러싼 산책로와 수상레저 시설을 갖추고 있습니다.","물안개 피는 호숫가에 있는 휴양 리조트입니다.","카약과 수상스키를 즐길 수 있는 호반 리조트입니다."}',
     '{"수상레저 시즌","봄 시즌","가을 시즌"}',
     '{activity,lifeguard,front_desk,housekeeping,food_service,kitchen,cafe,facility}'),
    ('golf', '{컨트리클럽,골프앤리조트,CC리조트}', 'Golf Resort',
     '{"27홀 대중제 코스와 콘도를 함께 운영합니다.","사계절 잔디가 좋은 골프 리조트입니다.","골프 코스와 연습장, 클럽하우스를 갖추고 있습니다."}',
     '{"라운드 시즌","봄 라운드 시즌","가을 라운드 시즌"}',
     '{front_desk,facility,food_service,kitchen,retail,shuttle,wellness,housekeeping}'),
    ('hot_spring', '{온천리조트,스파호텔,온천호텔}', 'Spa Resort',
     '{"천연 온천수를 쓰는 대욕장과 노천탕이 있습니다.","온천 워터파크와 객실을 함께 운영합니다.","3대째 이어 온 온천 호텔을 새로 단장했습니다."}',
     '{"온천 시즌","겨울 온천 시즌","워터파크 시즌"}',
     '{wellness,lifeguard,front_desk,housekeeping,food_service,kitchen,ticketing,facility}'),
    ('theme_park', '{파크리조트,어드벤처리조트,랜드호텔}', 'Park Resort',
     '{"놀이기구 30여 종과 호텔을 함께 운영합니다.","공연과 퍼레이드가 매일 열리는 테마파크 리조트입니다.","실내외 워터파크가 이어진 가족형 리조트입니다."}',
     '{"축제 시즌","방학 시즌","퍼레이드 시즌"}',
     '{ticketing,activity,kids,retail,food_service,cafe,lifeguard,facility,office,kitchen}');

CREATE TABLE brands (
    n        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    word     text NOT NULL,
    word_en  text NOT NULL
);

INSERT INTO brands (word, word_en)
VALUES
    ('솔바람', 'Solbaram'), ('하늘마루', 'Haneulmaru'), ('온새미', 'Onsaemi'),
    ('푸른결', 'Pureungyeol'), ('달빛', 'Dalbit'), ('윤슬', 'Yunseul'),
    ('가온', 'Gaon'), ('라온', 'Raon'), ('해오름', 'Haeoreum'),
    ('별마당', 'Byeolmadang'), ('누리', 'Nuri'), ('아라', 'Ara'),
    ('다솜', 'Dasom'), ('은가람', 'Eungaram'), ('미르', 'Mireu'),
    ('한울', 'Hanul'), ('그린밸리', 'Green Valley'), ('블루웨이브', 'Blue Wave'),
    ('스카이힐', 'Sky Hill'), ('선라이즈', 'Sunrise'), ('메이플', 'Maple'),
    ('오아시스', 'Oasis'), ('파인트리', 'Pine Tree'), ('로얄', 'Royal'),
    ('그랜드', 'Grand'), ('시원', 'Siwon'), ('늘봄', 'Neulbom'),
    ('노을', 'Noeul'), ('여울', 'Yeoul'), ('마루', 'Maru'), ('휴', 'Hyu'),
    ('담', 'Dam'), ('소담', 'Sodam'), ('포레', 'Foret'), ('몽블리스', 'Montbliss'),
    ('코랄', 'Coral'), ('라미르', 'Lamir');


-- Kinds of work: what the person is called, what they do, what is asked.
CREATE TABLE job_words (
    category  text PRIMARY KEY,
    premium   integer NOT NULL,
    roles     text[] NOT NULL,
    tasks     text[] NOT NULL,
    wants     text[] NOT NULL
);

INSERT INTO job_words (category, premium, roles, tasks, wants)
VALUES
    ('front_desk', 700,
     '{"프런트 데스크","컨시어지","야간 프런트","예약실 상담"}',
     '{"체크인과 체크아웃을 돕고 객실을 배정합니다.","전화와 온라인 예약을 확인하고 변경을 처리합니다.","손님의 짐을 보관하고 주변 관광을 안내합니다.","야간에는 마감 정산과 순찰을 함께 합니다.","단체 손님의 명단을 미리 받아 객실 키를 준비합니다."}',
     '{"영어나 중국어로 간단한 안내가 가능하면 좋습니다.","호텔 예약 프로그램을 다뤄 본 분을 우대합니다.","밝은 인사와 차분한 응대가 가장 중요합니다."}'),
    ('housekeeping', 400,
     '{"객실관리","하우스키핑 룸메이드","하우스키핑 인스펙터","린넨실"}',
     '{"체크아웃한 객실을 정리하고 침구를 교체합니다.","욕실을 청소하고 어메니티를 채웁니다.","객실 점검표에 따라 고장과 분실물을 보고합니다.","세탁물을 분류하고 린넨 창고의 재고를 관리합니다.","복도와 로비 등 공용 공간을 깨끗하게 유지합니다."}',
     '{"두 명이 한 조로 일하므로 처음이어도 괜찮습니다.","꼼꼼하고 체력이 좋은 분이면 됩니다.","객실 정비 경력이 있으면 조장을 맡습니다."}'),
    ('food_service', 500,
     '{"홀서빙","연회 서버","조식 뷔페 서버","레스토랑 스태프"}',
     '{"조식 뷔페의 음식을 채우고 테이블을 정리합니다.","손님을 자리로 안내하고 주문을 받습니다.","연회 행사의 테이블을 차리고 음식을 나릅니다.","와인과 음료를 준비하고 바를 정돈합니다.","마감 후 식기를 정리하고 다음 날 예약을 확인합니다."}',
     '{"보건증이 필요하며 발급을 도와드립니다.","서서 일하는 시간이 길어 편한 신발이 필요합니다.","연회 경험이 있으면 시급을 더 드립니다."}'),
    ('kitchen', 1100,
     '{"주방보조","조리사","제과 보조","한식 조리","세척실"}',
     '{"재료를 손질하고 조리대를 준비합니다.","뷔페의 따뜻한 음식을 조리하고 맛을 확인합니다.","식자재를 검수하고 유통기한을 관리합니다.","주방 기기를 청소하고 위생 일지를 씁니다.","직원 식당의 세 끼를 함께 준비합니다."}',
     '{"조리기능사 자격이 있으면 우대합니다.","보건증을 준비해 주세요.","칼과 불을 다루므로 안전 교육을 먼저 받습니다."}'),
    ('cafe', 450,
     '{"바리스타","베이커리 스태프","라운지 카페","카페 스태프"}',
     '{"에스프레소 음료를 만들고 매장을 관리합니다.","빵과 디저트를 진열하고 포장합니다.","손님의 주문을 받고 결제를 돕습니다.","원두와 우유의 재고를 확인하고 발주합니다."}',
     '{"바리스타 자격이나 카페 경력이 있으면 좋습니다.","주말 오전에 일할 수 있는 분을 찾습니다.","보건증이 필요합니다."}'),
    ('lift', 600,
     '{"리프트 운영","곤돌라 승하차 안내","리프트 안전요원","눈썰매장 운영"}',
     '{"손님의 승하차를 돕고 안전바를 확인합니다.","리프트의 이상을 살피고 관제실에 보고합니다.","대기 줄을 정리하고 이용 방법을 안내합니다.","승하차장의 눈을 치우고 미끄럼을 막습니다.","눈썰매장의 출발 신호를 맡습니다."}',
     '{"추운 날 야외에서 일하며 방한복을 지급합니다.","스키나 보드를 탈 줄 몰라도 됩니다.","안전 교육 이수 후 배치됩니다."}'),
    ('ski_patrol', 1900,
     '{"스키 패트롤","슬로프 안전요원","의무실 보조"}',
     '{"슬로프를 순찰하고 위험한 곳에 표지를 세웁니다.","다친 손님을 응급처치하고 의무실로 옮깁니다.","개장 전 슬로프의 상태를 점검합니다.","과속과 위험한 활강을 계도합니다."}',
     '{"중급 이상의 스키 또는 보드 실력이 필요합니다.","응급처치 교육 이수증이 있으면 우대합니다.","무전기 교신 요령을 입사 후 가르쳐 드립니다."}'),
    ('ski_school', 2600,
     '{"스키 강사","스노보드 강사","어린이 스키 강사","강습 데스크"}',
     '{"초급 손님에게 넘어지는 법부터 가르칩니다.","어린이 강습반을 인솔하고 안전을 살핍니다.","강습 예약을 확인하고 반을 나눕니다.","강습 후 손님에게 연습 방법을 알려 드립니다."}',
     '{"스키 또는 스노보드 지도자 자격이 필요합니다.","아이들과 잘 지내는 분이면 좋습니다.","영어 강습이 가능하면 수당이 있습니다."}'),
    ('rental', 450,
     '{"렌탈 스태프","장비 정비","의류 대여","렌탈하우스"}',
     '{"손님의 키와 발에 맞는 장비를 골라 드립니다.","반납된 장비를 점검하고 소독합니다.","바인딩을 조절하고 왁싱을 합니다.","대여 현황을 전산에 입력합니다."}',
     '{"장비를 다뤄 본 적이 없어도 가르쳐 드립니다.","아침 일찍 시작하는 근무입니다.","손이 빠르고 친절한 분을 찾습니다."}'),
    ('lifeguard', 2100,
     '{"라이프가드","수상안전요원","수영장 안전요원","해변 안전요원"}',
     '{"수영장과 해변을 감시하고 위험을 알립니다.","물에 빠진 손님을 구조하고 응급처치합니다.","이용 수칙을 안내하고 구명조끼를 대여합니다.","수질과 수온을 재어 일지에 적습니다."}',
     '{"수상구조사 또는 인명구조 자격이 필요합니다.","심폐소생술 이수증을 확인합니다.","햇볕 아래 일하므로 교대 휴식이 자주 있습니다."}'),
    ('activity', 900,
     '{"액티비티 가이드","서핑 스쿨 보조","짚라인 운영","카약 가이드","캠핑장 관리"}',
     '{"손님에게 장비를 입혀 드리고 안전 수칙을 설명합니다.","체험 프로그램을 진행하고 사진을 찍어 드립니다.","장비를 세척하고 파손을 점검합니다.","예약 손님을 모아 체험 장소로 인솔합니다."}',
     '{"바깥에서 몸을 쓰는 일을 좋아하는 분이면 됩니다.","동력수상레저 면허가 있으면 우대합니다.","사람들 앞에서 말하기를 즐기는 분을 찾습니다."}'),
    ('ticketing', 350,
     '{"매표소","고객안내 데스크","입장 게이트","종합안내소"}',
     '{"이용권을 판매하고 할인 카드를 확인합니다.","입장 손님의 표를 확인하고 길을 안내합니다.","분실물과 미아 신고를 접수합니다.","하루 매출을 정산하고 보고합니다."}',
     '{"계산이 정확한 분을 찾습니다.","외국인 손님이 많아 간단한 영어가 필요합니다.","처음 일하는 분도 이틀 교육 후 배치됩니다."}'),
    ('retail', 350,
     '{"기념품점 판매","편의점 스태프","골프숍 판매","매장 관리"}',
     '{"상품을 진열하고 가격표를 바꿉니다.","손님에게 상품을 추천하고 계산합니다.","재고를 세고 창고를 정리합니다.","시즌 상품의 진열대를 꾸밉니다."}',
     '{"판매 경험이 있으면 우대합니다.","마감 근무가 가능한 분이면 좋습니다.","꾸준히 일할 분을 찾습니다."}'),
    ('facility', 900,
     '{"시설관리","조경 관리","코스 관리","전기·설비 보조","제설 작업"}',
     '{"객실의 고장 신고를 받아 수리합니다.","보일러와 공조기를 점검하고 기록합니다.","잔디를 깎고 나무를 돌봅니다.","눈을 치우고 제설제를 뿌립니다.","수영장의 여과기를 청소합니다."}',
     '{"전기나 설비 자격증이 있으면 수당을 드립니다.","야간 당직이 한 달에 네 번 있습니다.","공구를 다룰 줄 아는 분을 찾습니다."}'),
    ('shuttle', 1600,
     '{"셔틀버스 운전","카트 운전","발렛 파킹","통근버스 운전"}',
     '{"역과 리조트 사이의 셔틀을 운행합니다.","손님의 짐을 싣고 내립니다.","운행 전 차량을 점검하고 일지를 씁니다.","단지 안에서 전동 카트를 운전합니다."}',
     '{"1종 보통 이상의 면허가 필요합니다.","대형 면허와 버스 운전 자격이 있으면 우대합니다.","눈길 운전 경험이 있으면 좋습니다."}'),
    ('wellness', 500,
     '{"스파 데스크","대욕장 관리","사우나 스태프","피트니스 데스크"}',
     '{"스파 예약을 받고 손님을 안내합니다.","대욕장의 물 온도와 청결을 관리합니다.","수건과 가운을 채우고 세탁을 보냅니다.","운동 기구를 닦고 이용 방법을 알려 드립니다."}',
     '{"조용하고 깔끔한 응대가 필요합니다.","새벽 개장 근무가 포함됩니다.","미용이나 체육 전공자를 우대합니다."}'),
    ('kids', 800,
     '{"키즈클럽 선생님","키즈카페 스태프","아동 돌봄","체험교실 보조"}',
     '{"아이들의 놀이와 만들기 수업을 진행합니다.","놀이 시설의 안전을 살피고 소독합니다.","부모님께 아이의 하루를 전해 드립니다.","간식 시간을 준비하고 알레르기를 확인합니다."}',
     '{"보육이나 유아교육 전공자를 우대합니다.","채용 전에 아동학대 범죄 전력을 조회합니다.","아이들을 좋아하고 참을성 있는 분을 찾습니다."}'),
    ('office', 900,
     '{"마케팅 어시스턴트","인사 보조","회계 보조","SNS 콘텐츠 담당"}',
     '{"행사 소식을 쓰고 사진을 올립니다.","근태와 급여 자료를 정리합니다.","거래처의 청구서를 확인하고 입력합니다.","고객 후기를 모아 부서에 전달합니다."}',
     '{"문서 작성과 표 계산이 능숙해야 합니다.","사진이나 영상을 다룰 줄 알면 좋습니다.","주말 휴무, 주 5일 근무입니다."}');


-- Shifts: the days they begin on, the hour, and how many hours.
CREATE TABLE shifts (
    n        integer PRIMARY KEY,
    name     text NOT NULL,
    days     integer[] NOT NULL,
    starts   integer NOT NULL,
    hours    integer NOT NULL,
    minutes  smallint NOT NULL
);

INSERT INTO shifts (n, name, days, starts, hours, minutes)
VALUES
    (0, '주간',        '{0,1,2,3,4}',  9,  9, 480),
    (1, '오전',        '{2,3,4,5,6}',  6,  9, 480),
    (2, '오후',        '{1,2,3,4,5}', 13,  9, 480),
    (3, '야간',        '{0,1,2,3,4}', 22,  8, 450),
    (4, '주말',        '{5,6}',        8, 10, 540),
    (5, '주말 포함 주간', '{3,4,5,6,0}',  8, 10, 540),
    (6, '마감',        '{4,5,6,0,1}', 16,  8, 450),
    (7, '주말 야간',    '{4,5,6}',     21,  9, 480);
