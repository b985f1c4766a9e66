-- The demo: 300 resorts and 3,000 posts in every state, with the people around
-- them.  One transaction, all triggers on, so every row has passed the rules.
-- Needs words.sql and resorts.sql in the same transaction.

SET LOCAL search_path = resortbite_seed, public;

-- Administrators first: one of each kind, staff 3 verifies business numbers.
INSERT INTO members (id, email, email_verified_at, display_name, roles, created_at, updated_at)
SELECT seed_id('staff', n), role || '@example.com', at, name,
       ARRAY[role]::member_role[], at, at
  FROM (VALUES
      (1, 'super_admin', '운영총괄'),
      (2, 'admin',       '운영담당'),
      (3, 'moderator',   '검수담당'),
      (4, 'auditor',     '감사담당')
  ) AS staff (n, role, name)
 CROSS JOIN LATERAL (SELECT seed_day() - interval '1700 days') AS t (at);

INSERT INTO members (
    id, email, email_verified_at, display_name, locale, status, suspended_until, deleted_at,
    created_at, updated_at)
SELECT seed_id('crew', n), 'crew' || n || '@example.com',
       CASE WHEN n % 17 <> 0 THEN at + interval '5 minutes' END,
       person_name(n), CASE WHEN n % 25 = 0 THEN 'en' ELSE 'ko' END,
       CASE WHEN n % 331 = 0 THEN 'deleted' WHEN n % 211 = 0 THEN 'suspended' ELSE 'active' END::member_status,
       CASE WHEN n % 331 <> 0 AND n % 211 = 0 THEN seed_day() + interval '30 days' END,
       CASE WHEN n % 331 = 0 THEN at END,
       at, at
  FROM generate_series(1, 2000) AS n
 CROSS JOIN LATERAL (SELECT seed_day() - make_interval(mins => 2000 + 170 * (2000 - n))) AS t (at);

SELECT add_resorts(1, 300);

-- Those who can sign in: staff, owners and the first twenty of the crew.  The
-- password of all is resortbite-demo-2026; one salt does for an invented world.
UPDATE members
   SET password_hash = '$scrypt$ln=14,r=8,p=5$yeIdlnAoLgj19zr2bM7umw$u431zIC/iy6O0D95H65IcTyi1ivdd7obt8Qk0micVfI',
       password_changed_at = created_at
 WHERE roles && '{super_admin,admin,moderator,auditor}'::member_role[]
    OR email IN (SELECT 'owner' || n || '@example.com' FROM generate_series(1, 300) AS n)
    OR email IN (SELECT 'crew' || n || '@example.com' FROM generate_series(1, 20) AS n);


-- Ten posts a resort.  The first ten are one of each state, so that documents
-- and tests can name them; the rest are dealt by hash.
CREATE TEMPORARY TABLE post_plan ON COMMIT DROP AS
SELECT i AS n, r.n AS resort_n, r.id AS resort_id, r.region_code, r.address, r.lat, r.lng,
       r.stem, r.brand, r.views, r.season,
       job.category, job.roles, job.tasks, job.wants, job.premium,
       wt.k, shift.minutes,
       CASE
           WHEN i <= 10
               THEN (ARRAY['approved', 'draft', 'pending', 'changes_requested', 'rejected',
                           'paused', 'hidden', 'filled', 'expired', 'approved'])[i]
           WHEN NOT r.verified
               THEN (ARRAY['draft', 'pending'])[1 + i % 2]
           WHEN r.deleted
               THEN (ARRAY['expired', 'filled', 'draft'])[1 + i % 3]
           WHEN dealt < 62 THEN 'approved'
           WHEN dealt < 67 THEN 'draft'
           WHEN dealt < 73 THEN 'pending'
           WHEN dealt < 76 THEN 'changes_requested'
           WHEN dealt < 79 THEN 'rejected'
           WHEN dealt < 83 THEN 'paused'
           WHEN dealt < 85 THEN 'hidden'
           WHEN dealt < 92 THEN 'filled'
           ELSE 'expired'
       END::post_status AS status,
       i = 10 OR i > 10 AND pick('deleted', i, 40) = 0 AS deleted,
       -- by the hour where a week has more than forty, of which a month's 209 don't tell
       CASE
           WHEN shift.n = 5 THEN 'hourly'
           ELSE (ARRAY['hourly', 'hourly', 'hourly', 'monthly', 'daily'])[1 + pick('pay type', i, 5)]
       END::pay_type AS pay_type,
       10320 + 10 * ((job.premium + pick('pay', i, 900)) / 10) AS hourly,
       (ARRAY['seasonal', 'seasonal', 'seasonal', 'part_time', 'full_time', 'day_labor', 'internship'])
           [1 + pick('employment', i, 7)]::employment_type AS employment,
       r.n % 5 <> 4 AND (i <= 10 OR pick('with bed', i, 10) < 7) AS with_bed
  FROM generate_series(1, 3000) AS i
  JOIN resort_plan AS r
    ON r.n = 1 + (i - 1) / 10
 CROSS JOIN LATERAL (SELECT pick('work', i, 5), pick('status', i, 100)) AS wt (k, dealt)
  JOIN job_words AS job
    ON job.category = r.jobs[1 + (pick('job', r.n, 100) + k * 3) % cardinality(r.jobs)]
  JOIN shifts AS shift
    ON shift.n = (pick('shift', r.n, 8) + k) % 8;

INSERT INTO posts (
    id, resort_id, title, description, category_code, employment_type, pay_type,
    pay_min_krw, pay_max_krw, daily_minutes, starts_on, ends_on, apply_until, headcount,
    region_code, address, lat, lng, has_dormitory, dormitory_id, meals_a_day, benefits,
    requirements, work_type_ids, status, status_reason, created_by, updated_by, created_at,
    updated_at, published_at, deleted_at)
SELECT seed_id('post', n), resort_id,
       CASE pick('title', n, 6)
           WHEN 0 THEN format('[%s] %s %s %s 모집', pick('season', n, season), stem, brand, role)
           WHEN 1 THEN format('%s %s %s 크루를 찾습니다%s', stem, brand, role,
                              CASE WHEN with_bed THEN ' (기숙사 제공)' ELSE '' END)
           WHEN 2 THEN format('%s 함께할 %s 구합니다 - %s', josa(pick('season', n, season), '을', '를'),
                              josa(role, '을', '를'), stem)
           WHEN 3 THEN format('%s%s 모집 - %s', CASE WHEN with_bed THEN '숙식 제공 ' ELSE '' END, role,
                              pick('call', n, ARRAY['초보 환영', '경력 우대', '친구와 함께 지원 가능', '장기 근무자 우대']))
           WHEN 4 THEN format('%s %s에서 일할 %s 채용', stem, brand, role)
           ELSE format('(%s) %s %s명 모집 / %s', pick('season', n, season), role, 1 + n % 12, stem)
       END,
       concat_ws(E'\n\n',
           pick('view', resort_n, views) || ' ' || pick('hello', n, ARRAY[
               '이번 시즌을 함께할 크루를 모집합니다.',
               '손님을 반갑게 맞아 줄 새 식구를 찾습니다.',
               '한 시즌 즐겁게 일하고 좋은 추억도 만들어 가세요.']),
           E'하는 일\n- ' || pick('task a', n, tasks[1:2]) || E'\n- '
           || pick('task b', n, tasks[3:]) || E'\n- 근무는 교대표에 따르며 휴게 시간은 법대로 지킵니다.',
           '지내는 곳' || E'\n' || CASE
               WHEN with_bed THEN '직원 기숙사의 침대를 배정해 드립니다. 침구는 개인이 준비하거나 빌릴 수 있습니다.'
               ELSE '출퇴근이 가능한 분을 찾습니다. 통근버스 노선은 문의해 주세요.' END,
           pick('bye', n, ARRAY[
               '궁금한 점은 채팅으로 물어봐 주세요. 지원하신 모든 분께 결과를 알려 드립니다.',
               '면접은 영상 통화로도 볼 수 있습니다. 편하게 지원해 주세요.',
               '마감 전이라도 먼저 지원한 분부터 연락드립니다.'])),
       category, employment, pay_type, pay_min, pay_max, minutes,
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
       status,
       CASE status
           WHEN 'changes_requested' THEN '근무 시간을 요일별로 적어 주세요.'
           WHEN 'rejected' THEN '실제 근무지와 다른 주소가 적혀 있습니다.'
           WHEN 'hidden' THEN '신고가 접수되어 확인하고 있습니다.'
           WHEN 'filled' THEN '모집 인원을 모두 채웠습니다.'
       END,
       seed_id('owner', resort_n), seed_id('owner', resort_n),
       written_at, coalesce(published_at, written_at), published_at,
       CASE WHEN deleted THEN seed_day() - interval '1 day' END
  FROM post_plan
 CROSS JOIN LATERAL (SELECT pick('role', n, roles)) AS a (role)
 CROSS JOIN LATERAL (SELECT seed_day() - make_interval(secs => 600 + CASE
                                WHEN status IN ('filled', 'expired') THEN 86400 * 40 + pick('published', n, 86400 * 60)
                                ELSE pick('published', n, 86400 * 28) END)) AS b (at)
 CROSS JOIN LATERAL (SELECT at - interval '26 hours',
                            CASE WHEN status NOT IN ('draft', 'pending', 'changes_requested', 'rejected')
                                 THEN at END) AS c (written_at, published_at)
 CROSS JOIN LATERAL (SELECT CASE
                                WHEN status = 'expired' THEN :'day'::date - 1 - pick('apply', n, 30)
                                WHEN pick('open end', n, 10) = 0 THEN NULL
                                ELSE :'day'::date + 7 + pick('apply', n, 60)
                            END) AS d (apply_until)
 CROSS JOIN LATERAL (SELECT CASE
                                WHEN status = 'expired' THEN apply_until + pick('starts', n, 20)
                                ELSE :'day'::date - 10 + pick('starts', n, 75)
                            END) AS e (starts_on)
 CROSS JOIN LATERAL (SELECT CASE pay_type
                                WHEN 'hourly' THEN hourly
                                -- Rounded up, so that the division by hours stays over the minimum.
                                WHEN 'daily' THEN (hourly * minutes / 60 + 999) / 1000 * 1000
                                ELSE (hourly * 209 + 9999) / 10000 * 10000
                            END,
                            CASE pick('range', n, 3) WHEN 0 THEN 0 ELSE pick('more', n, 15) END) AS f (pay_min, more)
 CROSS JOIN LATERAL (SELECT pay_min + pay_min / 100 * more / 10 * 10) AS g (pay_max)
 ORDER BY n;


-- What crew sent: two each, to posts that are or were public.
WITH wishes AS (
    SELECT DISTINCT ON (crew, post) n, crew, post
      FROM generate_series(1, 6000) AS n
     CROSS JOIN LATERAL (SELECT 1 + pick('by', n, 2000), 1 + pick('for', n, 3000)) AS w (crew, post)
     ORDER BY crew, post, n
)
INSERT INTO applications (
    id, post_id, crew_id, status, on_hold, status_reason, work_type_ids, message, resume,
    answers, created_at, updated_at)
SELECT seed_id('application', w.n), p.id, seed_id('crew', w.crew), s.status,
       s.status IN ('pending', 'reviewing') AND pick('hold', w.n, 12) = 0,
       CASE WHEN s.status = 'rejected' THEN pick('why', w.n, ARRAY[
           '모집 인원이 찼습니다. 다음 시즌에 꼭 다시 지원해 주세요.',
           '근무 가능한 날이 서로 맞지 않았습니다.',
           '필요한 자격을 확인하지 못했습니다.']) END,
       ARRAY[seed_id('work type', plan.resort_n * 10 + plan.k)],
       pick('message', w.n, ARRAY[
           '안녕하세요. 지난 시즌 다른 리조트에서 석 달 일했습니다. 성실하게 하겠습니다.',
           '친구와 함께 지원합니다. 같은 기숙사를 쓸 수 있을까요?',
           '주말과 공휴일에도 근무할 수 있습니다.',
           '처음이지만 빨리 배우는 편입니다. 잘 부탁드립니다.',
           '방학 동안 끝까지 일할 수 있습니다.',
           '']),
       jsonb_build_object(
           'name', person_name(w.crew),
           'experience', CASE w.crew % 3
               WHEN 0 THEN '[]'::jsonb
               WHEN 1 THEN jsonb_build_array(jsonb_build_object('place', '카페', 'work', '홀 서빙', 'months', 1 + w.crew % 20))
               ELSE jsonb_build_array(jsonb_build_object('place', '호텔', 'work', '객실 정비', 'months', 2 + w.crew % 9))
           END,
           'certificates', CASE WHEN w.crew % 7 = 0 THEN jsonb_build_array('인명구조요원') ELSE '[]'::jsonb END,
           'languages', CASE WHEN w.crew % 4 = 0 THEN jsonb_build_array('영어') ELSE '[]'::jsonb END),
       '[]', t.at, t.at
  FROM wishes AS w
  JOIN post_plan AS plan ON plan.n = w.post
  JOIN posts AS p ON p.id = seed_id('post', w.post)
 CROSS JOIN LATERAL (SELECT (ARRAY['pending', 'pending', 'pending', 'reviewing', 'reviewing',
                                   'interview_scheduled', 'interview_completed', 'offer_sent',
                                   'accepted', 'rejected', 'rejected', 'withdrawn'])
                            [1 + pick('application', w.n, 12)]::application_status) AS s (status)
 CROSS JOIN LATERAL (SELECT p.published_at + make_interval(secs => pick('sent', w.n, 86400 * 20)) AS at) AS t0
 CROSS JOIN LATERAL (SELECT least(t0.at, seed_day() - make_interval(secs => w.n % 500))) AS t (at)
 WHERE p.published_at IS NOT NULL
   AND p.published_at < seed_day() - interval '500 seconds'
 ORDER BY w.n;

-- Who sleeps where now: one bed of three is taken, by somebody different each.
INSERT INTO occupancies (id, resort_id, bed_id, crew_id, stay, status, created_at, updated_at)
SELECT seed_id('occupancy', crew), resort_id, bed_id, seed_id('crew', crew),
       daterange(:'day'::date - 20 - crew % 30, :'day'::date + 10 + crew % 50),
       CASE crew % 5 WHEN 0 THEN 'assigned' ELSE 'checked_in' END::occupancy_status,
       seed_day() - interval '60 days', seed_day() - interval '20 days'
  FROM (SELECT b.id AS bed_id, d.resort_id, (row_number() OVER (ORDER BY b.id))::integer AS crew
          FROM beds AS b
          JOIN rooms AS r ON r.id = b.room_id
          JOIN dormitories AS d ON d.id = r.dormitory_id
         WHERE pick('taken', ('x' || right(b.id::text, 6))::bit(24)::integer, 3) = 0) AS taken
 WHERE crew <= 1500;

-- A few reports for the moderators to look at.
INSERT INTO reports (id, post_id, reporter_id, reporter_hash, reason, detail, created_at)
SELECT seed_id('report', n), p.id,
       CASE WHEN n % 2 = 0 THEN seed_id('crew', n * 7) END,
       CASE WHEN n % 2 = 1 THEN sha256(convert_to('demo ' || n, 'UTF8')) END,
       (ARRAY['scam', 'wage', 'discrimination', 'false_info', 'harassment', 'other'])[1 + n % 6]::report_reason,
       pick('report', n, ARRAY[
           '공고에 적힌 시급과 면접에서 들은 시급이 다릅니다.',
           '연락처로 전화하니 다른 회사라고 합니다.',
           '기숙사가 없다고 들었는데 공고에는 있다고 되어 있습니다.',
           '나이를 이유로 지원을 받지 않겠다고 했습니다.']),
       seed_day() - make_interval(hours => n)
  FROM generate_series(1, 24) AS n
  JOIN posts AS p ON p.id = seed_id('post', 10 * n + 1);

-- Two of them somebody looks at, and four are decided.
UPDATE reports
   SET assigned_to = seed_id('staff', 3),
       assigned_at = created_at + interval '3 hours'
 WHERE id IN (SELECT seed_id('report', n) FROM generate_series(19, 24) AS n);

UPDATE reports
   SET status = 'dismissed',
       action = 'none',
       answer = '리조트에 확인해 보니 공고에 적힌 대로였습니다. 알려 주셔서 고맙습니다.',
       handled_by = seed_id('staff', 3),
       handled_at = created_at + interval '5 hours'
 WHERE id IN (SELECT seed_id('report', n) FROM generate_series(21, 24) AS n);


-- Jobs that the crew keep, and how often each post was looked at.
INSERT INTO favourites (member_id, post_id, created_at)
SELECT seed_id('crew', n), p.id, seed_day() - make_interval(hours => 1 + n % 240)
  FROM generate_series(1, 800) AS n
 CROSS JOIN generate_series(1, 3) AS k
  JOIN posts AS p ON p.id = seed_id('post', 1 + pick('kept', 10 * n + k, 3000))
 WHERE p.live
    ON CONFLICT (member_id, post_id) DO NOTHING;

SELECT counters_recount(ARRAY(SELECT id FROM posts WHERE published_at IS NOT NULL));

UPDATE post_counters
   SET views = applications * 12 + favourites * 5
               + pick('views', ('x' || right(post_id::text, 6))::bit(24)::integer, 400);


-- Applications to try the OpenID provider with: one on somebody's own machine,
-- and one that acts for itself, whose secret is the demo's password.
INSERT INTO oauth_clients (
    id, name, auth_method, secret_hash, redirect_uris, grant_types, scopes, first_party)
VALUES
    ('demo-app', '데모 앱', 'none', NULL,
     '{http://127.0.0.1/callback}',
     '{authorization_code,refresh_token,urn:ietf:params:oauth:grant-type:device_code}',
     '{openid,profile,email,offline_access,read,write}', false),
    ('demo-service', '데모 서비스', 'client_secret_basic', sha256('resortbite-demo-2026'),
     '{}', '{client_credentials}', '{read}', true);
