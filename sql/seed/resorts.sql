-- Resorts, their people, work types and beds: the part both seeds share, for
-- the numbers of resorts between first and last.  Functions, so that the
-- large seed can do it in pieces.  :day is the day dates are counted from.

SET LOCAL search_path = resortbite_seed, public;

CREATE FUNCTION seed_day() RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN timestamptz :'day_start';

CREATE TABLE resort_plan AS
SELECT i AS n,
       seed_id('resort', i) AS id,
       place.region_code,
       place.stem,
       brand.word AS brand,
       kind.type::resort_type AS type,
       place.stem || ' ' || brand.word || ' ' || pick('kind', i, words.kinds)
       || CASE WHEN turn >= 37 THEN ' 별관' ELSE '' END AS name,
       brand.word_en || ' ' || words.kinds_en || ' '
       || initcap(place.region_code) AS name_en,
       place.area || ' ' || (11 + pick('lot', i, 890))
       || CASE WHEN pick('lot2', i, 3) = 0 THEN '' ELSE '-' || (1 + pick('lot3', i, 40)) END AS address,
       round((place.lat + (pick('lat', i, 400) - 200) / 20000.0)::numeric, 6)::double precision AS lat,
       round((place.lng + (pick('lng', i, 400) - 200) / 20000.0)::numeric, 6)::double precision AS lng,
       -- Of each twenty resorts one waits for its number to be verified and
       -- each hundred-and-first is gone; neither can have live posts.
       i % 20 <> 19 AS verified,
       i % 101 = 50 AS deleted,
       words.views,
       words.season,
       words.jobs
  FROM generate_series(1, :last_resort) AS i
 CROSS JOIN LATERAL (SELECT (i - 1) / (SELECT count(*) FROM places) AS turn) AS t
  JOIN places AS place
    ON place.n = 1 + (i - 1) % (SELECT count(*) FROM places)
  JOIN brands AS brand
    ON brand.n = 1 + (place.n * 7 + turn * 13) % 37
 CROSS JOIN LATERAL (SELECT place.types[1 + pick('type', i, cardinality(place.types))] AS type) AS kind
  JOIN type_words AS words
    ON words.type = kind.type::resort_type;

CREATE UNIQUE INDEX ON resort_plan (n);
CREATE UNIQUE INDEX ON resort_plan (id);


CREATE FUNCTION add_resorts(first integer, last integer)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = resortbite_seed, public
AS $$
DECLARE
    added bigint;
BEGIN
    -- An owner for each, and for every second one somebody who recruits.
    INSERT INTO members (id, email, email_verified_at, display_name, roles, created_at, updated_at)
    SELECT seed_id('owner', n), 'owner' || n || '@example.com', at, person_name(10000000 + n),
           '{resort}'::member_role[], at, at
      FROM generate_series(first, last) AS n
     CROSS JOIN LATERAL (SELECT seed_day() - make_interval(days => 1300 + pick('owner', n, 300))) AS t (at)
     UNION ALL
    SELECT seed_id('recruiter', n), 'recruiter' || n || '@example.com', at, person_name(20000000 + n),
           '{resort}'::member_role[], at, at
      FROM generate_series(first, last) AS n
     CROSS JOIN LATERAL (SELECT seed_day() - make_interval(days => 100 + pick('recruiter', n, 90))) AS t (at)
     WHERE n % 2 = 0
     ORDER BY 1;

    INSERT INTO resorts (
        id, name, name_en, type, description, environment, benefits, region_code, address,
        lat, lng, contact_phone, contact_email, website, business_number, business_name,
        representative, opened_on, verification_asked_at, verification_refused_at,
        verification_reason, business_verified_at, business_verified_by, rating_avg,
        rating_count, created_at, updated_at, deleted_at)
    SELECT id, name, name_en, type,
           pick('view', n, views) || ' '
           || pick('about', n, ARRAY[
               '시즌마다 함께할 크루를 넉넉히 모집하고 있으며, 처음 일하는 분도 선배 크루가 곁에서 알려 드립니다.',
               '크루의 절반 이상이 다음 시즌에도 다시 찾아오는 곳입니다.',
               '근로계약서를 첫날 쓰고 급여는 정해진 날에 어김없이 드립니다.',
               '또래 크루가 많아 쉬는 날에도 심심하지 않습니다.']),
           pick('around', n, ARRAY[
               '읍내까지 셔틀로 15분, 편의점과 식당이 단지 안에 있습니다.',
               '버스 터미널에서 택시로 10분 거리이며 마트와 병원이 가깝습니다.',
               '주변이 조용한 편이라 차가 있으면 편합니다.',
               '기차역에서 무료 셔틀이 하루 여덟 번 다닙니다.']),
           CASE n % 4
               WHEN 0 THEN ARRAY['4대 보험', '직원 식당', '시설 무료 이용']
               WHEN 1 THEN ARRAY['4대 보험', '기숙사', '리프트권 할인', '명절 상여']
               WHEN 2 THEN ARRAY['4대 보험', '통근버스', '객실 할인', '장기근속 수당']
               ELSE ARRAY['4대 보험', '식사 제공', '시즌 완주 보너스']
           END,
           region_code, address, lat, lng,
           '0' || (31 + pick('area', n, 30)) || '-' || lpad((200 + pick('tel1', n, 700))::text, 3, '0')
           || '-' || lpad(pick('tel2', n, 10000)::text, 4, '0'),
           'crew@resort' || n || '.example.com',
           'https://resort' || n || '.example.com',
           business_number(n),
           '주식회사 ' || brand,
           person_name(10000000 + n),
           -- Of those that wait one in fifteen has not told enough to be
           -- looked at, and one has been refused.
           CASE WHEN n % 300 <> 59 THEN date '1995-03-02' + pick('opened', n, 10000) END,
           CASE
               WHEN verified THEN at + interval '1 day'
               WHEN n % 300 <> 59 THEN seed_day() - make_interval(hours => 2 + n % 300)
           END,
           CASE WHEN n % 300 = 39 THEN seed_day() - interval '5 hours' END,
           CASE WHEN n % 300 = 39 THEN '사업자등록증의 상호와 적어 주신 상호가 다릅니다.' END,
           CASE WHEN verified THEN at + interval '3 days' END,
           CASE WHEN verified THEN seed_id('staff', 3) END,
           CASE WHEN reviews > 0 THEN 3 + pick('rating', n, 190) / 100.0 END,
           reviews, at, at,
           CASE WHEN deleted THEN seed_day() - interval '20 days' END
      FROM resort_plan
     CROSS JOIN LATERAL (SELECT seed_day() - make_interval(days => 1000 + pick('resort', n, 300)),
                                CASE WHEN verified THEN pick('reviews', n, 90) ELSE 0 END) AS t (at, reviews)
     WHERE n BETWEEN first AND last
     ORDER BY n;
    GET DIAGNOSTICS added = ROW_COUNT;

    INSERT INTO resort_members (resort_id, member_id, role, created_at)
    SELECT seed_id('resort', n), seed_id('owner', n), 'owner'::resort_member_role, seed_day()
      FROM generate_series(first, last) AS n
     UNION ALL
    SELECT seed_id('resort', n), seed_id('recruiter', n), 'recruiter', seed_day()
      FROM generate_series(first, last) AS n
     WHERE n % 2 = 0;

    -- Five kinds of work a resort, each with a shift of its own.
    INSERT INTO work_types (
        id, resort_id, name, category_code, schedule, headcount, pay_type,
        pay_min_krw, pay_max_krw, daily_minutes, requirements, created_at, updated_at)
    SELECT seed_id('work type', r.n * 10 + k), r.id,
           pick('role', r.n * 10 + k, job.roles) || ' (' || shift.name || ')',
           job.category, week(shift.days, shift.starts, shift.hours),
           1 + pick('heads', r.n * 10 + k, 8), 'hourly',
           wage, wage + 10 * pick('wage max', r.n * 10 + k, 120), shift.minutes,
           pick('want', r.n * 10 + k, job.wants),
           seed_day() - interval '990 days', seed_day() - interval '990 days'
      FROM resort_plan AS r
     CROSS JOIN generate_series(0, 4) AS k
      JOIN job_words AS job
        ON job.category = r.jobs[1 + (pick('job', r.n, 100) + k * 3) % cardinality(r.jobs)]
      JOIN shifts AS shift
        ON shift.n = (pick('shift', r.n, 8) + k) % 8
     CROSS JOIN LATERAL (SELECT 10320 + job.premium / 2
                                + 10 * pick('wage', r.n * 10 + k, 60)) AS w (wage)
     WHERE r.n BETWEEN first AND last;

    -- Four resorts of five have a dormitory, each third one a second.
    INSERT INTO dormitories (
        id, resort_id, name, type, description, rules, facilities, rent_monthly_krw,
        deposit_krw, utilities_included, distance_m, created_at, updated_at)
    SELECT seed_id('dormitory', r.n * 10 + k), r.id,
           (ARRAY['크루하우스', '별빛관'])[k + 1],
           (ARRAY['building', 'apartment', 'shared_house', 'studio', 'guest_room'])
               [1 + pick('dorm type', r.n * 10 + k, 5)]::dormitory_type,
           pick('dorm', r.n * 10 + k, ARRAY[
               '2인 1실 기준이며 층마다 샤워실과 휴게실이 있습니다.',
               '리조트 정문에서 걸어서 다닐 수 있는 직원 기숙사입니다.',
               '지난해 새로 단장한 원룸형 기숙사입니다.',
               '읍내 아파트를 빌려 쓰며 출퇴근 셔틀이 섭니다.']),
           '실내 금연, 밤 11시 이후 정숙. 외부인 숙박은 안 됩니다.',
           CASE (r.n + k) % 3
               WHEN 0 THEN ARRAY['와이파이', '세탁기', '난방', '에어컨', '공용 주방']
               WHEN 1 THEN ARRAY['와이파이', '세탁기', '건조기', '난방', '장비 보관실']
               ELSE ARRAY['와이파이', '세탁기', '에어컨', '개인 욕실', '냉장고']
           END,
           rent, CASE WHEN rent > 0 THEN rent * 2 ELSE 0 END, r.n % 3 <> 1,
           50 + 10 * pick('dorm metres', r.n * 10 + k, 500),
           seed_day() - interval '990 days', seed_day() - interval '990 days'
      FROM resort_plan AS r
     CROSS JOIN generate_series(0, 1) AS k
     CROSS JOIN LATERAL (SELECT 50000 * greatest(0, pick('rent', r.n * 10 + k, 8) - 3)) AS t (rent)
     WHERE r.n BETWEEN first AND last
       AND r.n % 5 <> 4
       AND (k = 0 OR r.n % 3 = 0);

    -- Where rent is paid, two houses of three have more of it in the season:
    -- this one and the next, of winter and of summer.
    INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw, created_at)
    SELECT seed_id('dormitory rent', (r.n * 10 + k) * 10 + turn * 2 + season.n), d.id,
           daterange(season.starts, (season.starts + interval '3 months')::date),
           season.label, d.rent_monthly_krw + season.more, d.created_at
      FROM resort_plan AS r
     CROSS JOIN generate_series(0, 1) AS k
      JOIN dormitories AS d ON d.id = seed_id('dormitory', r.n * 10 + k)
     CROSS JOIN generate_series(0, 1) AS turn
     CROSS JOIN LATERAL (SELECT extract(year FROM seed_day() AT TIME ZONE 'Asia/Seoul')::integer
                                + turn) AS y (year)
     CROSS JOIN LATERAL (
               VALUES (0, make_date(y.year, 12, 1), '겨울 성수기', 50000),
                      (1, make_date(y.year, 6, 15), '여름 성수기', 30000)
           ) AS season (n, starts, label, more)
     WHERE r.n BETWEEN first AND last
       AND d.rent_monthly_krw > 0
       AND (r.n + k) % 3 <> 2
     ORDER BY 1;

    INSERT INTO rooms (id, dormitory_id, name, floor, gender, created_at)
    SELECT seed_id('room', r.n * 1000 + k * 100 + room),
           seed_id('dormitory', r.n * 10 + k),
           (1 + room / 4) || lpad((1 + room % 4)::text, 2, '0') || '호', 1 + room / 4,
           (ARRAY['female', 'male', 'any'])[1 + (room / 4 + r.n) % 3]::room_gender,
           seed_day() - interval '990 days'
      FROM resort_plan AS r
     CROSS JOIN generate_series(0, 1) AS k
     CROSS JOIN LATERAL generate_series(0, 3 + pick('rooms', r.n * 10 + k, 8)) AS room
     WHERE r.n BETWEEN first AND last
       AND r.n % 5 <> 4
       AND (k = 0 OR r.n % 3 = 0);

    INSERT INTO beds (id, room_id, label, created_at)
    SELECT seed_id('bed', (r.n * 1000 + k * 100 + room) * 10 + bed),
           seed_id('room', r.n * 1000 + k * 100 + room),
           chr(65 + bed), seed_day() - interval '990 days'
      FROM resort_plan AS r
     CROSS JOIN generate_series(0, 1) AS k
     CROSS JOIN LATERAL generate_series(0, 3 + pick('rooms', r.n * 10 + k, 8)) AS room
     CROSS JOIN LATERAL generate_series(0, 1 + pick('beds', r.n * 10 + k, 3)) AS bed
     WHERE r.n BETWEEN first AND last
       AND r.n % 5 <> 4
       AND (k = 0 OR r.n % 3 = 0);

    RETURN added;
END
$$;
