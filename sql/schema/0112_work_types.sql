-- Work types at a resort's desk: templates to begin with, and that what a post
-- offers stays what crew read there.


-- The most hours that begin on one day: a night's work is that of its evening.
-- An unbroken run of over 23 hours is cut at midnights, as it is when shown.
CREATE FUNCTION week_longest_day(schedule bit(168))
RETURNS integer
LANGUAGE plpgsql
IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    free  integer;
    first integer;
    run   integer := 0;
    days  integer[] := '{0,0,0,0,0,0,0}';
    day   integer;
BEGIN
    free := position('0' IN schedule::text) - 1;

    IF free < 0 THEN
        RETURN 24;
    END IF;

    -- Around the week from an hour that is free to the same.
    FOR n IN 1..168 LOOP
        IF get_bit(schedule, (free + n) % 168) = 1 THEN
            run := run + 1;
        ELSIF run > 0 THEN
            first := free + n - run;

            FOR hour IN first..first + run - 1 LOOP
                day := 1 + CASE WHEN run <= 23 THEN first ELSE hour END / 24 % 7;
                days[day] := days[day] + 1;
            END LOOP;

            run := 0;
        END IF;
    END LOOP;

    RETURN (SELECT max(hours) FROM unnest(days) AS hours);
END
$$;


-- A schedule as the API writes it (see base/rb_week.h), for what is made of many
-- in one answer: in order of start, an unbroken run of up to 23 hours whole, a
-- longer one cut at midnights.
CREATE FUNCTION week_ranges(schedule bit(168))
RETURNS jsonb
LANGUAGE plpgsql
IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    free   integer := greatest(position('0' IN schedule::text) - 1, 0);
    first  integer;
    run    integer := 0;
    short  boolean;
    take   integer;
    starts integer[] := '{}';
    hours  integer[] := '{}';
BEGIN
    -- Around the week from an hour that is free, and one more, which ends all.
    FOR n IN free..free + 168 LOOP
        IF n < free + 168 AND get_bit(schedule, n % 168) = 1 THEN
            run := run + 1;
            CONTINUE;
        END IF;

        first := n - run;
        short := run <= 23;

        WHILE run > 0 LOOP
            take := CASE WHEN short THEN run ELSE least(run, 24 - first % 24) END;
            starts := starts || first % 168;
            hours := hours || take;
            first := first + take;
            run := run - take;
        END LOOP;
    END LOOP;

    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                          'day', ('{mon,tue,wed,thu,fri,sat,sun}'::text[])[1 + r.start / 24],
                                          'start', to_char(r.start % 24, 'FM00') || ':00',
                                          'end', to_char((r.start % 24 + r.hours - 1) % 24 + 1, 'FM00')
                                                 || ':00')
                                      ORDER BY r.start),
                            '[]')
              FROM unnest(starts, hours) AS r (start, hours));
END
$$;


-- Which posts hold a work type: those that the public sees or may see again
-- without another review.
CREATE FUNCTION post_holds_work(status post_status, deleted_at timestamptz)
RETURNS boolean
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
RETURN status IN ('pending', 'approved', 'paused', 'hidden') AND deleted_at IS NULL;


-- Words of a work type that somebody would have to look at before the public
-- reads them, and that weren't there.  Its name and its requirements are one
-- text, as they are for post_findings().
CREATE FUNCTION work_type_words_new(had text, has text)
RETURNS TABLE (found text)
LANGUAGE sql
STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT now.found
      FROM (SELECT searched_text(had) AS had, searched_text(has) AS has OFFSET 0) AS t
     CROSS JOIN watched_patterns AS w
     CROSS JOIN LATERAL watched_words(t.has, w.pattern) AS now
      LEFT JOIN LATERAL watched_words(t.had, w.pattern) AS before ON before.found = now.found
     WHERE before.found IS NULL
     ORDER BY w.code, now.n;
END;


-- What of a work type's pay became worse for who works: its first field's name.
CREATE FUNCTION work_type_pays_less(was work_types, has work_types)
RETURNS text
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
RETURN CASE
           WHEN has.pay_type <> was.pay_type THEN 'pay.type'
           WHEN has.pay_min_krw < was.pay_min_krw THEN 'pay.min'
           WHEN has.pay_max_krw < was.pay_max_krw THEN 'pay.max'
           WHEN has.daily_minutes > was.daily_minutes THEN 'daily_minutes'
       END;


-- When and what is worked, and for how much, is what crew apply to, and the words
-- were reviewed with the post.  Statements look first and say which posts; this is for the
-- one that came in between.  Whoever changes a work type has locked it FOR
-- UPDATE, whoever offers it FOR KEY SHARE (below, or by a foreign key), so of
-- two at once the second sees what the first did: each query of a volatile
-- function has a snapshot of its own.
CREATE FUNCTION work_types_stay_as_offered()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM post_work_types AS o
                 JOIN posts AS p ON p.id = o.post_id
                WHERE o.work_type_id = NEW.id
                  AND post_holds_work(p.status, p.deleted_at))
       AND (OLD.schedule <> NEW.schedule
            OR OLD.category_code <> NEW.category_code
            OR work_type_pays_less(OLD, NEW) IS NOT NULL
            OR (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
            OR EXISTS (SELECT
                         FROM work_type_words_new(OLD.name || E'\n' || OLD.requirements,
                                                  NEW.name || E'\n' || NEW.requirements)))
    THEN
        RAISE EXCEPTION 'work type % is offered by a post', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'work_types_in_use_ck',
                    TABLE = 'work_types';
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER work_types_20_stay_as_offered
    BEFORE UPDATE ON work_types
    FOR EACH ROW
    WHEN (OLD.schedule <> NEW.schedule
          OR OLD.category_code <> NEW.category_code
          OR work_type_pays_less(OLD, NEW) IS NOT NULL
          OR OLD.name <> NEW.name
          OR OLD.requirements <> NEW.requirements
          OR (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL))
    EXECUTE FUNCTION work_types_stay_as_offered();


-- The other side: a work type that has gone can't be offered any more.  It is
-- told as if there were none, which a foreign key would say of another id.
CREATE FUNCTION offered_work_types_are_there()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    gone uuid;
BEGIN
    FOR gone IN
        SELECT CASE WHEN w.deleted_at IS NOT NULL THEN w.id END
          FROM work_types AS w
         WHERE w.id = ANY (NEW.work_type_ids)
         ORDER BY w.id
           FOR KEY SHARE
    LOOP
        IF gone IS NOT NULL THEN
            RAISE EXCEPTION 'work type % has been deleted', gone
                  USING ERRCODE = 'foreign_key_violation',
                        CONSTRAINT = 'post_work_types_work_type_fk',
                        TABLE = 'posts';
        END IF;
    END LOOP;

    RETURN NULL;
END
$$;

CREATE TRIGGER posts_45_offered_insert
    AFTER INSERT ON posts
    FOR EACH ROW
    WHEN (NEW.work_type_ids <> '{}'
          AND post_holds_work(NEW.status, NEW.deleted_at))
    EXECUTE FUNCTION offered_work_types_are_there();

CREATE TRIGGER posts_45_offered_update
    AFTER UPDATE ON posts
    FOR EACH ROW
    WHEN (NEW.work_type_ids <> '{}'
          AND post_holds_work(NEW.status, NEW.deleted_at)
          AND (NEW.work_type_ids <> OLD.work_type_ids
               OR NOT post_holds_work(OLD.status, OLD.deleted_at)))
    EXECUTE FUNCTION offered_work_types_are_there();


-- What a desk is told of a work type that could not be offered as it is: the law
-- is kept when a post is submitted.
CREATE FUNCTION work_type_warnings(work work_types)
RETURNS json
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
               WHEN hourly < minimum
                   THEN json_build_array(json_build_object('field', 'pay.min',
                                                           'code', 'below_minimum_wage',
                                                           'hourly', hourly,
                                                           'minimum', minimum))
               ELSE '[]'::json
           END
      FROM (SELECT pay_per_hour(work.pay_type, work.pay_min_krw, work.daily_minutes) AS hourly,
                   min_wage_krw(seoul_today(), seoul_today()) AS minimum) AS pay;
END;


-- How many a resort has.  Volatile, so that it looks anew whenever it is called:
-- with the resort's row locked before, none is missed.
CREATE FUNCTION work_types_in_use(resort uuid)
RETURNS bigint
LANGUAGE sql
VOLATILE
BEGIN ATOMIC
    SELECT count(*)
      FROM work_types AS w
     WHERE w.resort_id = resort
       AND w.deleted_at IS NULL;
END;


-- A desk's list, by name.
CREATE INDEX work_types_resort_name ON work_types (resort_id, name, id) WHERE deleted_at IS NULL;


-- What a resort may begin a work type with; its pay is its own to say.
CREATE TABLE work_type_templates (
    code             text      PRIMARY KEY,
    position         smallint  NOT NULL UNIQUE,
    category_code    text      NOT NULL REFERENCES categories (code),
    name_ko          text      NOT NULL,
    name_en          text      NOT NULL,
    schedule         bit(168)  NOT NULL,
    daily_minutes    smallint  NOT NULL,
    requirements_ko  text      NOT NULL,
    requirements_en  text      NOT NULL,
    CONSTRAINT work_type_templates_code_ck CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
    CONSTRAINT work_type_templates_name_ck CHECK (
        char_length(name_ko) BETWEEN 1 AND 60 AND char_length(name_en) BETWEEN 1 AND 60),
    CONSTRAINT work_type_templates_minutes_ck CHECK (
        daily_minutes BETWEEN 60 AND 60 * week_longest_day(schedule)),
    CONSTRAINT work_type_templates_requirements_ck CHECK (
        char_length(requirements_ko) <= 2000 AND char_length(requirements_en) <= 2000)
);

COMMENT ON TABLE work_type_templates IS 'Reference: shifts as resorts have them, to begin with';

-- days: Monday 0; a shift goes on from its start for so many hours.
INSERT INTO work_type_templates (
    position, code, category_code, name_ko, name_en, schedule, daily_minutes,
    requirements_ko, requirements_en)
SELECT t.position, t.code, t.category, t.name_ko, t.name_en,
       (SELECT string_agg(
                   CASE WHEN EXISTS (SELECT
                                       FROM unnest(t.days) AS d
                                      WHERE (h - d * 24 - t.starts + 336) % 168 < t.hours)
                        THEN '1' ELSE '0' END, '' ORDER BY h)::bit(168)
          FROM generate_series(0, 167) AS h),
       t.minutes, t.want_ko, t.want_en
  FROM (VALUES
    ( 1, 'lift_day', 'lift', '리프트 운영 (주간)', 'Lift operation (day)',
      '{2,3,4,5,6}'::integer[], 8, 9, 480,
      '추운 곳에서 오래 서서 일할 수 있는 분. 안전 교육은 첫날에 합니다.',
      'You can stand outside in the cold for long. Safety training is on the first day.'),
    ( 2, 'lift_night', 'lift', '리프트 운영 (야간)', 'Lift operation (night skiing)',
      '{3,4,5,6}', 15, 8, 420,
      '야간 스키 운영을 맡습니다. 마감 뒤 셔틀이 있습니다.',
      'You run the lifts of night skiing. A shuttle leaves after closing.'),
    ( 3, 'snow_making_night', 'facility', '야간 제설', 'Snow making (night)',
      '{0,1,2,3,4}', 22, 8, 420,
      '밤새 제설기를 돌보며, 영하 15도에서도 일합니다. 야간 근로 수당은 법에 따라 더합니다.',
      'You tend snow guns through the night, at 15 below zero too. Night work is paid extra as the law says.'),
    ( 4, 'ski_patrol_day', 'ski_patrol', '스키 패트롤', 'Ski patrol',
      '{2,3,4,5,6}', 8, 9, 480,
      '상급 코스를 어떤 눈에서도 내려올 수 있는 분. 응급처치 자격이 있으면 좋습니다.',
      'You ski advanced slopes in any snow. A first-aid certificate is welcome.'),
    ( 5, 'ski_school_weekend', 'ski_school', '스키 강습 (주말)', 'Ski school (weekends)',
      '{5,6}', 9, 8, 420,
      '스키 또는 스노보드 강사 자격이 있는 분.',
      'You are a certified ski or snowboard instructor.'),
    ( 6, 'rental_morning', 'rental', '렌탈 하우스 (오전)', 'Rental shop (morning)',
      '{0,3,4,5,6}', 7, 8, 420,
      '부츠와 바인딩 맞추기를 배워서 합니다.',
      'You fit boots and bindings; we teach you how.'),
    ( 7, 'ticket_office', 'ticketing', '매표·안내', 'Ticket office',
      '{2,3,4,5,6}', 8, 9, 480,
      '계산과 안내를 정확하게 하는 분. 영어나 중국어를 하면 좋습니다.',
      'You are exact with money and with directions. English or Chinese is welcome.'),
    ( 8, 'housekeeping_day', 'housekeeping', '객실정비', 'Room cleaning',
      '{0,1,4,5,6}', 9, 8, 420,
      '체크아웃 뒤 객실을 정돈합니다. 2인 1조로 일합니다.',
      'You make rooms ready after check-out, in teams of two.'),
    ( 9, 'breakfast_service', 'food_service', '조식 홀서빙', 'Breakfast service',
      '{0,3,4,5,6}', 5, 7, 390,
      '이른 아침에 시작합니다. 보건증이 필요합니다.',
      'It starts early in the morning. You need a health certificate for food handling.'),
    (10, 'banquet_evening', 'food_service', '연회 서빙 (저녁)', 'Banquet service (evening)',
      '{4,5,6}', 15, 8, 420,
      '행사 준비와 서빙, 정리를 합니다. 보건증이 필요합니다.',
      'You set up, serve and clear events. You need a health certificate for food handling.'),
    (11, 'kitchen_split', 'kitchen', '주방 보조', 'Kitchen assistant',
      '{0,1,2,3,4}', 10, 9, 480,
      '재료 손질과 설거지부터 시작합니다. 보건증이 필요합니다.',
      'You begin with preparing and washing up. You need a health certificate for food handling.'),
    (12, 'cafe_day', 'cafe', '카페', 'Café',
      '{2,3,4,5,6}', 9, 8, 420,
      '음료를 만들고 손님을 맞습니다. 보건증이 필요합니다.',
      'You make drinks and serve guests. You need a health certificate for food handling.'),
    (13, 'front_desk_early', 'front_desk', '프런트 (오전조)', 'Front desk (early shift)',
      '{0,1,2,3,4}', 7, 8, 450,
      '체크아웃과 문의를 맡습니다. 외국어를 하면 좋습니다.',
      'You check guests out and answer questions. Foreign languages are welcome.'),
    (14, 'front_desk_late', 'front_desk', '프런트 (오후조)', 'Front desk (late shift)',
      '{2,3,4,5,6}', 15, 8, 450,
      '체크인과 안내를 맡습니다. 외국어를 하면 좋습니다.',
      'You check guests in and show them around. Foreign languages are welcome.'),
    (15, 'front_desk_night', 'front_desk', '프런트 (야간조)', 'Front desk (night shift)',
      '{4,5,6,0,1}', 23, 8, 420,
      '밤사이 프런트를 지킵니다. 야간 근로 수당은 법에 따라 더합니다.',
      'You keep the front desk through the night. Night work is paid extra as the law says.'),
    (16, 'lifeguard_day', 'lifeguard', '수상안전 (풀·해변)', 'Lifeguard (pool and beach)',
      '{2,3,4,5,6}', 9, 9, 480,
      '인명구조요원 자격이 있는 분.',
      'You are a certified lifeguard.'),
    (17, 'kids_weekend', 'kids', '키즈 클럽 (주말)', 'Kids club (weekends)',
      '{4,5,6}', 9, 9, 480,
      '어린이 돌봄 경험이 있는 분. 성범죄 경력 조회에 동의해야 합니다.',
      'You have looked after children before, and consent to the check that the law asks for.'),
    (18, 'shuttle_two_ends', 'shuttle', '셔틀 운전', 'Shuttle driver',
      '{0,1,2,3,4}', 7, 9, 480,
      '1종 대형 면허가 있고 무사고 경력이 3년 넘는 분.',
      'You have a licence for large vehicles and three years without an accident.')
  ) AS t (position, code, category, name_ko, name_en, days, starts, hours, minutes,
          want_ko, want_en);

CREATE TRIGGER work_type_templates_notify
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON work_type_templates
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();

GRANT SELECT ON work_type_templates TO resortbite_app;

COMMENT ON COLUMN idempotency_keys.response IS
    'The body as sent, or the row that it was written of: a repetition gets the same bytes';
