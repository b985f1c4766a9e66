-- The large seed: tables to choose from and functions that add a numbered
-- piece each, so that scripts/seed can run two at a time, show progress and go
-- on after an interruption.  Needs words.sql and resorts.sql before it.
--
-- Pieces are written with session_replication_role = replica: no foreign key
-- checks, no change feed, no minimum wage look-ups.  CHECK, unique and
-- exclusion constraints hold as ever, and scripts/seed looks for orphans when
-- it is done.

SET LOCAL search_path = resortbite_seed, public;

CREATE TABLE good_resorts AS
SELECT row_number() OVER (ORDER BY md5(n::text)) AS rank,
       n, id, region_code, address, lat, lng, stem, brand, views, season, jobs
  FROM resort_plan
 WHERE verified
   AND NOT deleted;

CREATE UNIQUE INDEX ON good_resorts (rank);


-- A vocabulary of 20,000 nouns: those people write, and compounds of two of
-- them for the long tail.  A word's rank is its n.
CREATE TABLE nouns AS
WITH base AS (
    SELECT n::integer, word
      FROM unnest(string_to_array(
          '크루 근무 손님 리조트 객실 시즌 기숙사 숙소 급여 시간 업무 교육 휴무 경험 지원 면접 식사 시설 안전 주말 '
          '고객 서비스 팀 동료 선배 매니저 일정 교대 야간 오전 오후 휴게 계약 보험 수당 보너스 셔틀 버스 역 터미널 '
          '바다 산 호수 숲 눈 슬로프 리프트 곤돌라 스키 보드 장비 렌탈 강습 패트롤 온천 수영장 사우나 스파 워터파크 카페 '
          '레스토랑 주방 홀 연회 조식 뷔페 메뉴 음식 재료 위생 보건증 자격증 면허 신분증 통장 유니폼 신발 방한복 장갑 명찰 무전기 '
          '프런트 예약 체크인 체크아웃 열쇠 로비 엘리베이터 복도 침대 침구 린넨 세탁 청소 욕실 어메니티 수건 점검 고장 수리 분실물 '
          '공연 행사 축제 퍼레이드 불꽃놀이 캠프 체험 카약 서핑 보트 짚라인 자전거 등산 산책로 전망대 정원 잔디 코스 골프 카트 연습장 '
          '가족 어린이 학생 대학생 친구 커플 단체 외국인 관광객 단골 어르신 반려견 아이 부모님 회원 사장님 직원 신입 경력자 조장 '
          '봄 여름 가을 겨울 방학 휴가 성수기 비수기 연휴 명절 설날 추석 크리스마스 새해 새벽 아침 점심 저녁 밤 하루 '
          '날씨 햇볕 바람 비 첫눈 단풍 벚꽃 파도 노을 별 달 공기 풍경 사진 추억 여행 모험 도전 성장 인연 '
          '휴게실 샤워실 주차장 편의점 마트 병원 약국 은행 우체국 도서관 헬스장 노래방 당구장 매점 식당 세탁실 창고 사무실 관제실 의무실 '
          '전화 문자 채팅 메일 지원서 이력서 자기소개 사진첩 서류 명단 일지 점검표 전산 매출 정산 재고 발주 포장 진열 계산 '
          '미소 인사 배려 책임감 성실함 체력 끈기 꼼꼼함 센스 친절 약속 신뢰 소통 협동 열정 집중 여유 웃음 예의 규칙 '
          '월급 시급 일급 주휴 퇴직금 교통비 식비 기숙사비 보증금 관리비 난방비 전기료 와이파이 냉장고 세탁기 건조기 에어컨 난로 전기장판 옷장 '
          '제설 조경 보일러 전기 배관 소방 방송 조명 무대 음향 촬영 홍보 마케팅 통역 번역 영어 중국어 일본어 베트남어 수화 '
          '라이프가드 구명조끼 구급함 심폐소생술 응급처치 수질 수온 튜브 파라솔 모래사장 방파제 등대 해돋이 횟집 수산시장 항구 섬 유람선 낚시 갯벌 '
          '눈썰매 눈꽃 스노모빌 고글 헬멧 부츠 폴 왁싱 바인딩 보관함 이용권 매표소 게이트 안내판 지도 기념품 인형 모자 목도리 손난로 '
          '커피 원두 우유 빵 케이크 샐러드 파스타 스테이크 한식 국밥 김치 비빔밥 떡볶이 막걸리 와인 맥주 칵테일 음료 과일 간식 '
          '계곡 폭포 동굴 사찰 한옥 마을 시장 박물관 미술관 수목원 식물원 동물원 수족관 천문대 전통주 도자기 염색 농장 목장 감귤밭',
          ' ')) WITH ORDINALITY AS words (word, n)
), all_words AS (
    SELECT n, word
      FROM base
     UNION ALL
    SELECT tail.n,
           one.word || CASE WHEN two.word = one.word THEN '길' ELSE two.word END
      FROM (SELECT max(n) AS size FROM base) AS s
     CROSS JOIN LATERAL generate_series(s.size + 1, 20000) AS tail (n)
      JOIN base AS one
        ON one.n = 1 + pick('compound 1', tail.n, s.size)
      JOIN base AS two
        ON two.n = 1 + pick('compound 2', tail.n, s.size)
)
SELECT n, word,
       josa(word, '이', '가') AS subject,
       josa(word, '을', '를') AS object,
       josa(word, '은', '는') AS topic,
       josa(word, '과', '와') AS companion
  FROM all_words;


-- Texts of a few sentences for the rows first to last.  A word of rank r comes
-- up about as often as 1/r says (Zipf): exp of a uniform number is cheap and
-- has just that distribution.  PL/pgSQL, because its arrays are indexed in
-- constant time; a join of 25 million words would sort them all.
CREATE FUNCTION texts(what text, first bigint, last bigint, fewest integer, most integer)
RETURNS TABLE (n bigint, body text)
LANGUAGE plpgsql
STABLE
SET search_path = resortbite_seed, public
AS $$
DECLARE
    plains     text[];
    subjects   text[];
    objects    text[];
    topics     text[];
    companions text[];
    adverbs    CONSTANT text[] := '{함께,매일,꼼꼼히,즐겁게,안전하게,차근차근,빠르게,정성껏,미리,바로,자주,천천히,편하게,꾸준히,언제나,새롭게,친절하게,깨끗하게,성실하게,조용히,제때,틈틈이,든든하게,힘차게}';
    places     CONSTANT text[] := '{현장에서,로비에서,단지 안에서,교대 전에,성수기에,주말마다,아침마다,첫 주에,입사 후,시즌 동안,쉬는 날에,저녁에,야간에,매장에서,사무실에서,기숙사에서,근처에서,선배와,팀별로,순서대로}';
    does       CONSTANT text[] := '{준비합니다,제공합니다,안내합니다,관리합니다,확인합니다,정리합니다,도와드립니다,배웁니다,맡습니다,점검합니다,지원합니다,나눕니다,기록합니다,전달합니다,챙깁니다,살핍니다,소개합니다,운영합니다,드립니다,우대합니다,가르쳐 드립니다,바꿉니다,모집합니다,약속합니다,신청합니다,만듭니다,돌봅니다,지급합니다,보관합니다,조절합니다}';
    isdone     CONSTANT text[] := '{있습니다,많습니다,좋습니다,가깝습니다,필요합니다,중요합니다,시작됩니다,열립니다,이어집니다,달라집니다,늘어납니다,정해집니다,편합니다,넓습니다,새롭습니다,가능합니다,기다립니다,무료입니다}';
    size       integer;
    scale      double precision;
    state      bigint;
    a          integer;
    b          integer;
    c          integer;
    sentence   integer;
BEGIN
    SELECT array_agg(w.word ORDER BY w.n), array_agg(w.subject ORDER BY w.n),
           array_agg(w.object ORDER BY w.n), array_agg(w.topic ORDER BY w.n),
           array_agg(w.companion ORDER BY w.n), count(*)
      INTO plains, subjects, objects, topics, companions, size
      FROM nouns AS w;

    scale := ln(size + 1) / 2147483648.0;

    FOR row_number IN first .. last LOOP
        n := row_number;
        state := pick(what, n, 268435455) + 1;
        body := '';

        FOR sentence IN 1 .. fewest + pick('sentences', n, most - fewest + 1) LOOP
            -- A linear congruence; its high bits are what is used.
            state := (state * 1103515245 + 12345) & 2147483647;
            a := floor(exp(state * scale))::integer;
            state := (state * 1103515245 + 12345) & 2147483647;
            b := floor(exp(state * scale))::integer;
            state := (state * 1103515245 + 12345) & 2147483647;
            c := (state >> 12)::integer;

            body := body || CASE c & 7
                WHEN 0 THEN places[1 + (c >> 3) % 20] || ' ' || objects[a] || ' ' || adverbs[1 + (c >> 7) % 24] || ' ' || does[1 + (c >> 5) % 30]
                WHEN 1 THEN topics[a] || ' ' || plains[b] || ' ' || objects[1 + (c >> 4) % 360] || ' ' || does[1 + (c >> 5) % 30]
                WHEN 2 THEN subjects[a] || ' ' || adverbs[1 + (c >> 3) % 24] || ' ' || isdone[1 + (c >> 6) % 18]
                WHEN 3 THEN plains[a] || ' ' || companions[b] || ' ' || objects[1 + (c >> 4) % 360] || ' ' || adverbs[1 + (c >> 3) % 24] || ' ' || does[1 + (c >> 5) % 30]
                WHEN 4 THEN companions[a] || ' ' || subjects[b] || ' ' || isdone[1 + (c >> 5) % 18]
                WHEN 5 THEN places[1 + (c >> 3) % 20] || ' ' || plains[a] || ' ' || subjects[b] || ' ' || isdone[1 + (c >> 5) % 18]
                WHEN 6 THEN adverbs[1 + (c >> 3) % 24] || ' ' || plains[b] || ' ' || objects[a] || ' ' || does[1 + (c >> 5) % 30]
                ELSE topics[a] || ' ' || places[1 + (c >> 3) % 20] || ' ' || objects[b] || ' ' || does[1 + (c >> 5) % 30]
            END || '. ';
        END LOOP;

        body := rtrim(body);
        RETURN NEXT;
    END LOOP;
END
$$;


CREATE FUNCTION add_members(first bigint, last bigint)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = resortbite_seed, public
AS $$
DECLARE
    added bigint;
BEGIN
    INSERT INTO members (
        id, email, email_verified_at, display_name, locale, status, suspended_until, deleted_at,
        created_at, updated_at)
    SELECT seed_id('crew', n), 'crew' || n || '@example.com',
           CASE WHEN n % 17 <> 0 THEN at + interval '5 minutes' END,
           person_name(n), CASE WHEN n % 25 = 0 THEN 'en' ELSE 'ko' END,
           CASE WHEN n % 331 = 0 THEN 'deleted'
                WHEN n % 997 = 0 THEN 'suspended'
                ELSE 'active' END::member_status,
           CASE WHEN n % 331 <> 0 AND n % 997 = 0 THEN seed_day() + interval '30 days' END,
           CASE WHEN n % 331 = 0 THEN at END,
           at, at
      FROM generate_series(first, last) AS n
     CROSS JOIN LATERAL (SELECT seed_day() - make_interval(secs => 86400 + pick('joined', n, 94608000))) AS t (at);
    GET DIAGNOSTICS added = ROW_COUNT;

    RETURN added;
END
$$;


-- Of 497,000 posts the 98,224 that make 100,000 live ones together with the
-- demo's 1,776, spread by a step that shares no factor with the number.
CREATE FUNCTION post_is_live(n bigint)
RETURNS boolean
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN (n - 3001) * 160007 % 497000 < 98224;

CREATE FUNCTION add_posts(first bigint, last bigint)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = resortbite_seed, public
AS $$
DECLARE
    added  bigint;
    number bigint;
    day    CONSTANT date := (seed_day() AT TIME ZONE 'Asia/Seoul')::date;
BEGIN
    -- How many: a few resorts have many posts, most have some.
    SELECT count(*) INTO number FROM good_resorts;

    CREATE TEMPORARY TABLE plan ON COMMIT DROP AS
    SELECT i AS n, r.n AS resort_n, r.id AS resort_id, r.region_code, r.address, r.lat, r.lng,
           r.stem, r.brand, r.views, r.season,
           job.category, job.roles, job.tasks, job.wants, wt.k, shift.minutes,
           CASE
               WHEN post_is_live(i) THEN 'approved'
               WHEN dealt < 560 THEN 'expired'
               WHEN dealt < 850 THEN 'filled'
               WHEN dealt < 890 THEN 'draft'
               WHEN dealt < 920 THEN 'paused'
               WHEN dealt < 940 THEN 'rejected'
               WHEN dealt < 955 THEN 'pending'
               WHEN dealt < 965 THEN 'changes_requested'
               WHEN dealt < 975 THEN 'hidden'
               ELSE 'approved'
           END::post_status AS status,
           NOT post_is_live(i) AND (dealt >= 975 OR dealt % 20 = 7) AS deleted,
           CASE
               WHEN shift.n = 5 THEN 'hourly'
               ELSE (ARRAY['hourly', 'hourly', 'hourly', 'monthly', 'daily'])[1 + pick('pay type', i, 5)]
           END::pay_type AS pay_type,
           10320 + 10 * ((job.premium + pick('pay', i, 900)) / 10) AS hourly,
           (ARRAY['seasonal', 'seasonal', 'seasonal', 'part_time', 'full_time', 'day_labor', 'internship'])
               [1 + pick('employment', i, 7)]::employment_type AS employment,
           r.n % 5 <> 4 AND pick('with bed', i, 10) < 7 AS with_bed,
           texts.body
      FROM texts('post', first, last, 4, 9) AS texts (i, body)
      JOIN good_resorts AS r
        ON r.rank = 1 + floor(number * power(pick('resort of', i, 100000000) / 1e8::double precision, 1.6))::bigint
     CROSS JOIN LATERAL (SELECT pick('work', i, 5), pick('status', i, 1000)) AS wt (k, dealt)
      JOIN job_words AS job
        ON job.category = r.jobs[1 + (pick('job', r.n, 100) + k * 3) % cardinality(r.jobs)]
      JOIN shifts AS shift
        ON shift.n = (pick('shift', r.n, 8) + k) % 8;

    INSERT INTO posts (
        id, resort_id, title, description, category_code, employment_type, pay_type,
        pay_min_krw, pay_max_krw, daily_minutes, starts_on, ends_on, apply_until, headcount,
        region_code, address, lat, lng, has_dormitory, dormitory_id, meals_a_day, benefits,
        requirements, work_type_ids, approved_version, status, status_reason, created_by,
        updated_by, created_at, updated_at, published_at, deleted_at)
    SELECT seed_id('post', n), resort_id,
           CASE pick('title', n, 8)
               WHEN 0 THEN format('[%s] %s %s %s 모집', pick('season', n, season), stem, brand, role)
               WHEN 1 THEN format('%s %s %s 크루를 찾습니다%s', stem, brand, role,
                                  CASE WHEN with_bed THEN ' (기숙사 제공)' ELSE '' END)
               WHEN 2 THEN format('%s 함께할 %s 구합니다 - %s', josa(pick('season', n, season), '을', '를'),
                                  josa(role, '을', '를'), stem)
               WHEN 3 THEN format('%s%s 모집 - %s', CASE WHEN with_bed THEN '숙식 제공 ' ELSE '' END, role,
                                  pick('call', n, ARRAY['초보 환영', '경력 우대', '친구와 함께 지원 가능', '장기 근무자 우대']))
               WHEN 4 THEN format('%s %s에서 일할 %s 채용', stem, brand, role)
               WHEN 5 THEN format('(%s) %s %s명 모집 / %s', pick('season', n, season), role, 1 + n % 12, stem)
               WHEN 6 THEN format('%s %s %s, %s', stem, role, 1 + n % 12 || '명', ltrim(split_part(body, '.', 1)))
               ELSE format('%s %s | %s', brand, role, ltrim(split_part(body, '.', 2)))
           END,
           concat_ws(E'\n\n',
               pick('view', resort_n, views),
               E'하는 일\n- ' || pick('task a', n, tasks[1:2]) || E'\n- ' || pick('task b', n, tasks[3:]),
               body),
           category, employment, pay_type, pay_min, pay_min + pay_min / 100 * more / 10 * 10, minutes,
           starts_on, greatest(starts_on + 28 + pick('length', n, 120), apply_until + 7), apply_until,
           1 + pick('headcount', n, 12),
           region_code, address, lat, lng,
           with_bed, CASE WHEN with_bed THEN seed_id('dormitory', resort_n * 10) END,
           CASE WHEN with_bed THEN 2 + n % 2 ELSE n % 2 END,
           CASE n % 3
               WHEN 0 THEN ARRAY['4대 보험', '시즌 완주 보너스']
               WHEN 1 THEN ARRAY['4대 보험', '시설 무료 이용', '주휴수당']
               ELSE ARRAY['4대 보험', '야간수당', '교통비 지원']
           END,
           pick('want', n, wants),
           ARRAY[seed_id('work type', resort_n * 10 + k)]
               || CASE WHEN n % 3 = 0 AND pay_type = 'hourly'
                       THEN ARRAY[seed_id('work type', resort_n * 10 + (k + 1) % 5)]
                       ELSE '{}' END,
           CASE WHEN status NOT IN ('draft', 'pending', 'changes_requested', 'rejected') THEN 1 END,
           status,
           CASE status
               WHEN 'changes_requested' THEN '근무 시간을 요일별로 적어 주세요.'
               WHEN 'rejected' THEN '실제 근무지와 다른 주소가 적혀 있습니다.'
               WHEN 'hidden' THEN '신고가 접수되어 확인하고 있습니다.'
               WHEN 'filled' THEN '모집 인원을 모두 채웠습니다.'
           END,
           seed_id('owner', resort_n), seed_id('owner', resort_n),
           at - interval '26 hours', at,
           CASE WHEN status NOT IN ('draft', 'pending', 'changes_requested', 'rejected') THEN at END,
           CASE WHEN deleted THEN seed_day() - interval '1 day' END
      FROM plan
     CROSS JOIN LATERAL (SELECT pick('role', n, roles)) AS a (role)
     CROSS JOIN LATERAL (SELECT seed_day() - make_interval(secs => 600 + CASE
                                    WHEN status IN ('filled', 'expired') THEN 86400 * 60 + pick('published', n, 86400 * 900)
                                    ELSE pick('published', n, 86400 * 45) END)) AS b (at)
     CROSS JOIN LATERAL (SELECT CASE
                                    WHEN status IN ('filled', 'expired')
                                        THEN (at AT TIME ZONE 'Asia/Seoul')::date + 14 + pick('apply', n, 40)
                                    WHEN pick('open end', n, 10) = 0 THEN NULL
                                    ELSE day + 7 + pick('apply', n, 60)
                                END) AS d (apply_until)
     CROSS JOIN LATERAL (SELECT coalesce(apply_until, day + 30) - 20 + pick('starts', n, 50)) AS e (starts_on)
     CROSS JOIN LATERAL (SELECT CASE pay_type
                                    WHEN 'hourly' THEN hourly
                                    WHEN 'daily' THEN (hourly * minutes / 60 + 999) / 1000 * 1000
                                    ELSE (hourly * 209 + 9999) / 10000 * 10000
                                END,
                                CASE pick('range', n, 3) WHEN 0 THEN 0 ELSE pick('more', n, 15) END) AS f (pay_min, more)
     ORDER BY n;
    GET DIAGNOSTICS added = ROW_COUNT;

    INSERT INTO post_work_types (post_id, work_type_id, resort_id)
    SELECT seed_id('post', n), seed_id('work type', resort_n * 10 + k), resort_id
      FROM (SELECT n, resort_n, resort_id, k
              FROM plan
             UNION ALL
            SELECT n, resort_n, resort_id, (k + 1) % 5
              FROM plan
             WHERE n % 3 = 0
               AND pay_type = 'hourly') AS offered
     ORDER BY n;

    RETURN added;
END
$$;


-- Who applied where: posts that were public get some each, popular ones many.
-- That comes to more than was asked for, so posts are left out by hash until
-- the total is met, and the last one kept takes what remains.
CREATE FUNCTION plan_applications(total bigint)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = resortbite_seed, public
AS $$
BEGIN
    DROP TABLE IF EXISTS application_plan;

    CREATE TABLE application_plan AS
    SELECT n, published_at, work_type_ids, wanted,
           (sum(wanted) OVER (ORDER BY n) - wanted)::bigint AS before
      FROM (SELECT n, published_at, work_type_ids,
                   least(wanted, total - so_far) AS wanted
              FROM (SELECT n, published_at, wanted,
                           (sum(wanted) OVER (ORDER BY md5(n::text)) - wanted)::bigint AS so_far
                      FROM (SELECT n, p.published_at,
                                   (1 + floor((CASE WHEN p.live THEN 16 ELSE 5 END)
                                              * -ln((pick('popular', n, 1000000) + 0.5) / 1000000.0)))::bigint AS wanted
                              FROM generate_series(3001, 500000) AS n
                              JOIN posts AS p ON p.id = seed_id('post', n)
                             WHERE p.published_at IS NOT NULL) AS popular) AS ranked
             CROSS JOIN LATERAL (SELECT array_agg(work_type_id ORDER BY work_type_id) AS work_type_ids
                                   FROM post_work_types
                                  WHERE post_id = seed_id('post', n)) AS offered
             WHERE so_far < total) AS kept;

    CREATE UNIQUE INDEX ON application_plan (n);
    ANALYZE application_plan;

    RETURN (SELECT sum(wanted) FROM application_plan);
END
$$;

-- The t-th applicant of a post is a start plus t steps, around all crew: no
-- two the same as long as steps times applicants stay under their number.
CREATE FUNCTION add_applications(first bigint, last bigint)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = resortbite_seed, public
AS $$
DECLARE
    added bigint;
BEGIN
    INSERT INTO applications (
        id, post_id, crew_id, status, on_hold, status_reason, work_type_ids, message, resume,
        answers, created_at, updated_at)
    SELECT seed_id('application', serial), post_id, seed_id('crew', crew), status,
           status IN ('pending', 'reviewing') AND serial % 12 = 0,
           CASE WHEN status = 'rejected' THEN (ARRAY[
               '모집 인원이 찼습니다. 다음 시즌에 꼭 다시 지원해 주세요.',
               '근무 가능한 날이 서로 맞지 않았습니다.',
               '필요한 자격을 확인하지 못했습니다.'])[1 + serial % 3] END,
           work_type_ids, one.body || ' ' || two.body,
           jsonb_build_object(
               'name', person_name(crew),
               'experience', CASE crew % 3
                   WHEN 0 THEN '[]'::jsonb
                   WHEN 1 THEN jsonb_build_array(jsonb_build_object('place', '카페', 'work', '홀 서빙', 'months', 1 + crew % 20))
                   ELSE jsonb_build_array(jsonb_build_object('place', '호텔', 'work', '객실 정비', 'months', 2 + crew % 9))
               END,
               'certificates', CASE WHEN crew % 7 = 0 THEN jsonb_build_array('인명구조요원') ELSE '[]'::jsonb END,
               'languages', CASE WHEN crew % 4 = 0 THEN jsonb_build_array('영어') ELSE '[]'::jsonb END),
           '[]', at, at
      FROM (SELECT 10000 + plan.before + t AS serial,
                   seed_id('post', plan.n) AS post_id, work_type_ids,
                   2001 + (pick('start', plan.n, 990000) + t * (1 + pick('step', plan.n, 900))) % 990000 AS crew,
                   least(plan.published_at + make_interval(secs => 60 + pick('sent', plan.n * 1000 + t, 86400 * 20)),
                         seed_day() - make_interval(secs => pick('late', plan.n * 1000 + t, 500))) AS at,
                   (ARRAY['pending', 'pending', 'pending', 'reviewing', 'reviewing',
                          'interview_scheduled', 'interview_completed', 'offer_sent',
                          'accepted', 'rejected', 'rejected', 'withdrawn'])
                       [1 + pick('application', plan.n * 1000 + t, 12)]::application_status AS status
              FROM application_plan AS plan
             CROSS JOIN LATERAL generate_series(0, plan.wanted - 1) AS t
             WHERE plan.n BETWEEN first AND last
            -- Kept apart, or each use of a column would compute it again.
            OFFSET 0) AS sent
      JOIN texts('message', 0, 9999, 1, 2) AS one
        ON one.n = serial % 10000
      JOIN texts('message', 0, 9999, 1, 2) AS two
        ON two.n = (serial / 10000 * 7919 + serial * 31) % 10000
     ORDER BY serial;
    GET DIAGNOSTICS added = ROW_COUNT;

    RETURN added;
END
$$;


-- What the replica role did not look at while the pieces were written.
CREATE FUNCTION count_orphans()
RETURNS bigint
LANGUAGE sql
STABLE
SET search_path = public
BEGIN ATOMIC
    SELECT (SELECT count(*) FROM posts AS p
              LEFT JOIN resorts AS r ON r.id = p.resort_id
             WHERE r.id IS NULL OR (p.live AND NOT r.open))
         + (SELECT count(*) FROM posts AS p
              LEFT JOIN members AS m ON m.id = p.created_by
             WHERE m.id IS NULL)
         + (SELECT count(*) FROM posts AS p
              LEFT JOIN dormitories AS d ON (d.id, d.resort_id) = (p.dormitory_id, p.resort_id)
             WHERE p.dormitory_id IS NOT NULL AND d.id IS NULL)
         + (SELECT count(*) FROM posts
             WHERE live AND pay_hourly_krw < min_wage_krw(starts_on, ends_on))
         + (SELECT count(*) FROM post_work_types AS o
              LEFT JOIN posts AS p ON (p.id, p.resort_id) = (o.post_id, o.resort_id)
              LEFT JOIN work_types AS w ON (w.id, w.resort_id) = (o.work_type_id, o.resort_id)
             WHERE p.id IS NULL OR w.id IS NULL)
         + (SELECT count(*) FROM applications AS a
              LEFT JOIN posts AS p ON p.id = a.post_id
              LEFT JOIN members AS m ON m.id = a.crew_id
             WHERE p.id IS NULL OR m.id IS NULL)
         + (SELECT count(*) FROM beds AS b
              LEFT JOIN rooms AS r ON r.id = b.room_id
              LEFT JOIN dormitories AS d ON d.id = r.dormitory_id
              LEFT JOIN resorts AS t ON t.id = d.resort_id
             WHERE t.id IS NULL);
END;
