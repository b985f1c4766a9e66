-- Law as rules: which moves a post may make and by whom, and what the law
-- finds wrong with one.

-- The state machine of posts, all of it: what isn't here is refused.  Verbs
-- that keep the state are deleting and restoring; they ask nothing of it.
CREATE TABLE post_moves (
    from_status   post_status NOT NULL,
    to_status     post_status NOT NULL,
    actor         text        NOT NULL,
    verb          text        NOT NULL,
    needs_reason  boolean     NOT NULL,
    event         text        NOT NULL,
    PRIMARY KEY (from_status, verb),
    CONSTRAINT post_moves_actor_ck CHECK (actor IN ('resort', 'moderator', 'system')),
    CONSTRAINT post_moves_verb_ck CHECK (verb ~ '^[a-z][a-z_]*$'),
    CONSTRAINT post_moves_event_ck CHECK (event ~ '^post\.[a-z_]+$')
);

COMMENT ON TABLE post_moves IS 'Every allowed move of a post, and who may make it';
COMMENT ON COLUMN post_moves.actor IS
    'review is the system''s: an edit by the resort brings it about';
COMMENT ON COLUMN post_moves.event IS 'In the outbox and the audit trail';

INSERT INTO post_moves (from_status, to_status, actor, verb, needs_reason, event)
VALUES
    ('draft',             'pending',           'resort',    'submit',          false, 'post.submitted'),
    ('changes_requested', 'pending',           'resort',    'submit',          false, 'post.submitted'),
    ('rejected',          'pending',           'resort',    'submit',          false, 'post.submitted'),
    ('pending',           'approved',          'moderator', 'approve',         false, 'post.approved'),
    ('pending',           'changes_requested', 'moderator', 'request_changes', true,  'post.changes_requested'),
    ('pending',           'rejected',          'moderator', 'reject',          true,  'post.rejected'),
    ('approved',          'paused',            'resort',    'pause',           false, 'post.paused'),
    ('paused',            'approved',          'resort',    'resume',          false, 'post.resumed'),
    ('approved',          'hidden',            'moderator', 'hide',            true,  'post.hidden'),
    ('paused',            'hidden',            'moderator', 'hide',            true,  'post.hidden'),
    ('hidden',            'approved',          'moderator', 'unhide',          false, 'post.unhidden'),
    ('approved',          'filled',            'resort',    'fill',            false, 'post.filled'),
    ('approved',          'expired',           'system',    'expire',          false, 'post.expired'),
    ('approved',          'pending',           'system',    'review',          true,  'post.sent_to_review'),
    ('paused',            'pending',           'system',    'review',          true,  'post.sent_to_review');

INSERT INTO post_moves (from_status, to_status, actor, verb, needs_reason, event)
SELECT status, status, 'resort', verb, false, event
  FROM unnest(enum_range(NULL::post_status)) AS status
 CROSS JOIN (VALUES ('delete', 'post.deleted'), ('restore', 'post.restored')) AS v (verb, event);


-- What the public sees of it, or saw last; null before the first approval.
-- Volatile, so that it looks after the post's row was locked and not as of
-- the beginning of the statement.
CREATE FUNCTION post_public_content(post posts)
RETURNS jsonb
LANGUAGE plpgsql
VOLATILE
AS $$
BEGIN
    IF post.approved_version = post.version THEN
        RETURN post_content(post);
    END IF;

    RETURN (SELECT v.content
              FROM post_versions AS v
             WHERE v.post_id = post.id
               AND v.version = post.approved_version);
END
$$;


-- What an application was sent to: the version that was in force then.
CREATE FUNCTION post_content_at(post posts, at timestamptz)
RETURNS jsonb
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
               WHEN coalesce(post.edited_at, post.created_at) <= at THEN post_content(post)
               ELSE coalesce((SELECT v.content
                                FROM post_versions AS v
                               WHERE v.post_id = post.id
                                 AND v.changed_at <= at
                               ORDER BY v.version DESC
                               LIMIT 1),
                             (SELECT v.content
                                FROM post_versions AS v
                               WHERE v.post_id = post.id
                               ORDER BY v.version
                               LIMIT 1),
                             post_content(post))
           END;
END;


-- A text without what can't be seen and turns others' round or hides words from
-- who looks for them: controls of direction, blanks of no width.  Joiners stay,
-- which some scripts and emoji need.  Composed (NFC), without blanks at its ends.
CREATE FUNCTION seen_text(said text)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(normalize(translate(said,
                                 E'\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d'
                                  '\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069'
                                  '\u206a\u206b\u206c\u206d\u206e\u206f\u2800\u3164\ufeff\uffa0'
                                  '\ufff9\ufffa\ufffb', ''),
                       NFC),
             E' \t\r\n\u00a0\u3000');

-- A text as words are looked for in it: as it looks, of any width, and without
-- what isn't seen (Unicode's Default_Ignorable_Code_Point).
CREATE FUNCTION searched_text(said text)
RETURNS text
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN normalize(
           regexp_replace(
               normalize(seen_text(said), NFKC),
               '[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e'
               '\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]+',
               '', 'g'),
           NFC);



-- A post with other content: text is kept as it can be seen, a work
-- type named once, and whoever names a dormitory offers a bed.  Columns that
-- aren't in the patch stay.
CREATE FUNCTION post_patched(post posts, patch jsonb)
RETURNS posts
LANGUAGE plpgsql
IMMUTABLE
AS $$
DECLARE
    after posts := jsonb_populate_record(post, patch);
BEGIN
    IF patch ? 'title' THEN
        after.title := seen_text(after.title);
    END IF;
    IF patch ? 'description' THEN
        after.description := seen_text(after.description);
    END IF;
    IF patch ? 'requirements' THEN
        after.requirements := seen_text(after.requirements);
    END IF;
    IF patch ? 'address' THEN
        after.address := seen_text(after.address);
    END IF;
    IF patch ? 'benefits' THEN
        after.benefits := ARRAY(SELECT seen_text(b)
                                  FROM unnest(after.benefits) WITH ORDINALITY AS u (b, n)
                                 ORDER BY n);
    END IF;
    IF patch->>'dormitory_id' IS NOT NULL AND NOT patch ? 'has_dormitory' THEN
        after.has_dormitory := true;
    END IF;
    IF patch->'has_dormitory' = 'false' AND NOT patch ? 'dormitory_id' THEN
        after.dormitory_id := NULL;
    END IF;
    IF patch ? 'work_type_ids' THEN
        after.work_type_ids := ARRAY(SELECT w
                                       FROM unnest(after.work_type_ids) WITH ORDINALITY AS u (w, n)
                                      GROUP BY w
                                      ORDER BY min(n));
    END IF;

    RETURN after;
END
$$;


-- A post of a resort that says nothing yet.
CREATE FUNCTION post_blank(site resorts)
RETURNS posts
LANGUAGE sql
STABLE PARALLEL SAFE
RETURN jsonb_populate_record(NULL::posts, jsonb_build_object(
    'resort_id', site.id,
    'title', '',
    'description', '',
    'daily_minutes', 480,
    'headcount', 1,
    'region_code', site.region_code,
    'address', site.address,
    'lat', site.lat,
    'lng', site.lng,
    'has_dormitory', false,
    'meals_a_day', 0,
    'benefits', '[]'::jsonb,
    'requirements', '',
    'work_type_ids', '[]'::jsonb));


-- What a copy takes over, as a patch: what is past or deleted isn't, and
-- another resort has its own place, beds and work types.
CREATE FUNCTION post_copied(post posts, resort uuid)
RETURNS jsonb
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (post_content(post)
           || CASE
                  WHEN post.ends_on < seoul_today()
                      THEN '{"starts_on": null, "ends_on": null, "apply_until": null}'::jsonb
                  WHEN post.apply_until < seoul_today() THEN '{"apply_until": null}'
                  ELSE '{}'
              END
           || CASE
                  WHEN EXISTS (SELECT
                                 FROM dormitories AS d
                                WHERE d.id = post.dormitory_id
                                  AND d.resort_id = resort
                                  AND d.deleted_at IS NULL)
                      THEN '{}'::jsonb
                  ELSE '{"dormitory_id": null}'
              END
           || jsonb_build_object(
                  'work_type_ids', (SELECT coalesce(jsonb_agg(u.id ORDER BY u.n), '[]')
                                      FROM unnest(post.work_type_ids) WITH ORDINALITY AS u (id, n)
                                      JOIN work_types AS w ON w.id = u.id
                                     WHERE w.resort_id = resort
                                       AND w.deleted_at IS NULL)))
           - CASE
                 WHEN post.resort_id = resort THEN '{}'::text[]
                 ELSE '{region_code,address,lat,lng}'
             END;
END;


-- The keys in which two contents differ; a key that an old version lacks is
-- no difference.
CREATE FUNCTION post_changed(before jsonb, after jsonb)
RETURNS text[]
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(b.key), '{}')
      FROM jsonb_each(before) AS b
      JOIN jsonb_each(after) AS a USING (key)
     WHERE a.value IS DISTINCT FROM b.value;
END;


-- What the keys of a post's content are called in the API and to people.
CREATE TABLE post_fields (
    key       text     PRIMARY KEY,
    name      text     NOT NULL UNIQUE,
    label_ko  text     NOT NULL,
    label_en  text     NOT NULL,
    position  smallint NOT NULL UNIQUE
);

INSERT INTO post_fields (position, key, name, label_ko, label_en)
VALUES
    ( 1, 'title',           'title',             '제목',           'Title'),
    ( 2, 'description',     'description',       '하는 일',        'Description'),
    ( 3, 'category_code',   'category',          '직무',           'Kind of work'),
    ( 4, 'employment_type', 'employment_type',   '고용 형태',      'Kind of employment'),
    ( 5, 'pay_type',        'pay.type',          '급여 기준',      'What pay is for'),
    ( 6, 'pay_min_krw',     'pay.min',           '최저 급여',      'Least pay'),
    ( 7, 'pay_max_krw',     'pay.max',           '최고 급여',      'Most pay'),
    ( 8, 'daily_minutes',   'pay.daily_minutes', '하루 유급 시간', 'Paid time a day'),
    ( 9, 'starts_on',       'period.from',       '근무 시작일',    'First day of work'),
    (10, 'ends_on',         'period.until',      '근무 종료일',    'Last day of work'),
    (11, 'apply_until',     'apply_until',       '지원 마감일',    'Last day to apply'),
    (12, 'headcount',       'headcount',         '모집 인원',      'How many are wanted'),
    (13, 'region_code',     'workplace.region',  '지역',           'Province or city'),
    (14, 'address',         'workplace.address', '주소',           'Address'),
    (15, 'lat',             'workplace.lat',     '위도',           'Latitude'),
    (16, 'lng',             'workplace.lng',     '경도',           'Longitude'),
    (17, 'has_dormitory',   'dormitory',         '숙소 제공',      'A bed'),
    (18, 'dormitory_id',    'dormitory_id',      '숙소',           'Dormitory'),
    (19, 'meals_a_day',     'meals',             '하루 식사',      'Meals a day'),
    (20, 'benefits',        'benefits',          '복리후생',       'Benefits'),
    (21, 'requirements',    'requirements',      '지원 자격',      'What applicants need'),
    (22, 'work_type_ids',   'work_type_ids',     '근무 유형',      'Work types');


-- Keys of a content by their names in the API, in the order of people.
CREATE FUNCTION post_field_names(keys text[])
RETURNS text[]
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(name ORDER BY position), '{}')
      FROM post_fields
     WHERE key = ANY (keys);
END;


-- A value of a content as people read it.
CREATE FUNCTION post_value_text(key text, value jsonb, locale text)
RETURNS text
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
               WHEN value IS NULL OR value = 'null'
                   THEN CASE locale WHEN 'en' THEN 'not settled' ELSE '정하지 않음' END
               WHEN key IN ('pay_min_krw', 'pay_max_krw')
                   THEN to_char((value #>> '{}')::bigint, 'FM999,999,999')
                        || CASE locale WHEN 'en' THEN ' KRW' ELSE '원' END
               WHEN key = 'daily_minutes'
                   THEN (value #>> '{}') || CASE locale WHEN 'en' THEN ' minutes' ELSE '분' END
               WHEN key = 'meals_a_day'
                   THEN (value #>> '{}') || CASE locale WHEN 'en' THEN '' ELSE '끼' END
               WHEN key = 'headcount'
                   THEN (value #>> '{}') || CASE locale WHEN 'en' THEN '' ELSE '명' END
               WHEN key = 'has_dormitory'
                   THEN CASE
                            WHEN value = 'true'
                                THEN CASE locale WHEN 'en' THEN 'yes' ELSE '있음' END
                            ELSE CASE locale WHEN 'en' THEN 'no' ELSE '없음' END
                        END
               WHEN key = 'pay_type' AND locale <> 'en'
                   THEN CASE value #>> '{}'
                            WHEN 'hourly' THEN '시급'
                            WHEN 'daily' THEN '일급'
                            ELSE '월급'
                        END
               WHEN key = 'employment_type' AND locale <> 'en'
                   THEN CASE value #>> '{}'
                            WHEN 'seasonal' THEN '시즌 계약'
                            WHEN 'part_time' THEN '파트타임'
                            WHEN 'full_time' THEN '정규·상근'
                            WHEN 'day_labor' THEN '일용'
                            ELSE '인턴'
                        END
               WHEN key = 'employment_type' THEN replace(value #>> '{}', '_', ' ')
               WHEN key = 'category_code'
                   THEN (SELECT CASE locale WHEN 'en' THEN name_en ELSE name_ko END
                           FROM categories
                          WHERE code = value #>> '{}')
               WHEN key = 'region_code'
                   THEN (SELECT CASE locale WHEN 'en' THEN name_en ELSE name_ko END
                           FROM regions
                          WHERE code = value #>> '{}')
               WHEN key = 'dormitory_id'
                   THEN (SELECT name
                           FROM dormitories
                          WHERE id = (value #>> '{}')::uuid)
               WHEN value = '[]'
                   THEN CASE locale WHEN 'en' THEN 'none' ELSE '없음' END
               WHEN key = 'work_type_ids'
                   THEN (SELECT string_agg(w.name, ', ' ORDER BY u.n)
                           FROM jsonb_array_elements_text(value) WITH ORDINALITY AS u (id, n)
                           JOIN work_types AS w ON w.id = u.id::uuid)
               WHEN jsonb_typeof(value) = 'array'
                   THEN (SELECT string_agg(u.v, ', ' ORDER BY u.n)
                           FROM jsonb_array_elements_text(value) WITH ORDINALITY AS u (v, n))
               ELSE value #>> '{}'
           END;
END;


-- What became worse, a line a field: "최저 급여: 12,000원 → 11,000원".
CREATE FUNCTION post_worse_lines(before jsonb, after jsonb, locale text)
RETURNS jsonb
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(CASE locale WHEN 'en' THEN label_en ELSE label_ko END || ': '
                              || coalesce(post_value_text(key, before->key, locale), '?') || ' → '
                              || coalesce(post_value_text(key, after->key, locale), '?')
                              ORDER BY position),
                    '[]')
      FROM post_fields
     WHERE key = ANY (post_worse(before, after));
END;


-- The same for programs: an array of objects.
CREATE FUNCTION post_worse_values(before jsonb, after jsonb, locale text)
RETURNS jsonb
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(jsonb_build_object(
                                  'field', name,
                                  'label', CASE locale WHEN 'en' THEN label_en ELSE label_ko END,
                                  'before', before->key,
                                  'before_text', post_value_text(key, before->key, locale),
                                  'after', after->key,
                                  'after_text', post_value_text(key, after->key, locale))
                              ORDER BY position),
                    '[]')
      FROM post_fields
     WHERE key = ANY (post_worse(before, after));
END;


-- Words that a post may not use without somebody looking at them.  Regular
-- expressions of PostgreSQL, in any case; written so that innocent words are
-- not hit (스키 170cm, 기본적, 미혼모, 결혼식, 만 18세 이상).
CREATE TABLE watched_patterns (
    code      text PRIMARY KEY,
    rule      text NOT NULL,
    pattern   text NOT NULL,
    about_ko  text NOT NULL,
    about_en  text NOT NULL,
    source    text NOT NULL,
    CONSTRAINT watched_patterns_code_ck CHECK (code ~ '^[a-z][a-z_]{1,39}$'),
    CONSTRAINT watched_patterns_rule_ck CHECK (
        rule IN ('personal_question', 'gender', 'age', 'equal_treatment', 'money', 'contact')),
    CONSTRAINT watched_patterns_pattern_ck CHECK ('' !~* pattern)
);

COMMENT ON TABLE watched_patterns IS 'A post with such a word goes to a moderator, with the reason';

INSERT INTO watched_patterns (code, rule, pattern, about_ko, about_en, source)
VALUES
    ('looks', 'personal_question',
     '(외모|용모)(?!\s*(는|은|와|를|에|로)?\s*(무관|상관|관계\s*없|보지|차별|평가하지))'
     '|미모의|훈남|훈녀|몸매|호감형|전신\s*사진'
     '|\mgood[- ]looking\M|\mattractive\s+(appearance|woman|women|girl|girls|man|men)\M',
     '용모', 'looks', '채용절차의 공정화에 관한 법률 제4조의3 제1호'),
    ('height', 'personal_question',
     '(?<![가-힣])(키|신장)\s*(는|가|이|[:：])?\s*(최소\s*)?(1[3-9][0-9]|20[0-9])(?![0-9])'
     '|(?<![가-힣])(키|신장)\s*(제한|조건)|(?<![가-힣])키(가|는)?\s*(크신|큰|작은|작으신)\s*(분|사람|여성|남성)'
     '|\m1[3-9][0-9]\s*cm\s+(or\s+)?tall\M|\mheight\s*(of|over|above|:)?\s*1[3-9][0-9]',
     '키', 'height', '채용절차의 공정화에 관한 법률 제4조의3 제1호'),
    ('weight', 'personal_question',
     '(?<![가-힣])체중(?!계|\s*(을|의)?\s*(이동|분산|실))|몸무게'
     '|\mbody\s+weight\M|\mweigh(s|ing)?\s+(under|below|less\s+than)\s+[0-9]+',
     '체중', 'body weight', '채용절차의 공정화에 관한 법률 제4조의3 제1호'),
    ('origin', 'personal_question',
     '출신\s*(지역|지(?![가-힣])|도|고향)|출생\s*지|(?<![가-힣])본적(?![가-힣]{0,2}으로)'
     '|(?<![가-힣])고향(은|이|을)?\s*(어디|기재|적어|표기)'
     '|(호남|영남|전라도?|경상도?|충청도?|강원도?|제주도?|서울|부산|대구|인천|광주|대전|울산|경기도?|지역|현지)\s*출신'
     '|\mplace\s+of\s+(birth|origin)\M',
     '출신 지역', 'place of origin', '채용절차의 공정화에 관한 법률 제4조의3 제2호'),
    ('marriage', 'personal_question',
     '(?<![가-힣])(기혼|미혼)(?!모|부(?![가-힣])|부모)|결혼\s*(여부|유무|예정|하지\s*않은|한\s*(분|사람))|혼인\s*(여부|유무|관계|상태)'
     '|유부남|유부녀|(?<![가-힣])독신|\mmarital\s+status\M|\m(un)?married\M|\msingles?\s+(only|women|men)\M',
     '혼인 여부', 'marital status', '채용절차의 공정화에 관한 법률 제4조의3 제2호'),
    ('assets', 'personal_question',
     '(?<![가-힣])재산(?!세|권|상|\s*(을|를|의)?\s*(보호|관리|피해|손해|손실))'
     '|(부동산|자산|자가\s*주택|자가)\s*(소유|보유)?\s*(여부|현황|유무)|\m(personal|family)\s+(assets|wealth)\M',
     '재산', 'assets', '채용절차의 공정화에 관한 법률 제4조의3 제2호'),
    ('family', 'personal_question',
     '(부모|부친|모친|아버지|어머니|가족|형제|자매|배우자|친척)(님)?(의|들의)?\s*(직업|직장|학력|재산|소득|연봉|출신)'
     '|가족\s*(관계|사항)(을|를)?\s*(기재|작성|적어|제출)'
     '|\m(parents|family|spouse)(''s?)?\s+(occupation|job|income|education|schooling|assets)\M',
     '가족의 학력·직업·재산', 'the family''s schooling, occupation or assets',
     '채용절차의 공정화에 관한 법률 제4조의3 제3호'),
    ('gender', 'gender',
     '(여성|남성|여자|남자|여직원|남직원|여학생|남학생)\s*(분|직원)?\s*만(?!족|큼|\s*(이용|출입|입장|사용|묵|투숙))'
     '|(여성|남성|여자|남자|여직원|남직원|여학생|남학생)(분|을|를)?\s*(우대|환영|한정|모집|구함|구인|구합|우선|지원\s*불가|채용)'
     '|성별\s*[:：]?\s*(여성|남성|여자|남자|여(?![가-힣])|남(?![가-힣]))|(?<![가-힣])아가씨'
     '|\m(female|male|women|woman|men|man|girls|boys|ladies)\s+(only|preferred|wanted)\M'
     '|\monly\s+(female|male|women|men|girls|boys)\M',
     '성별', 'gender', '남녀고용평등과 일·가정 양립 지원에 관한 법률 제7조'),
    ('age', 'age',
     '(?<![0-9])[1-7][0-9]\s*(세|살)\s*(이하|미만|까지|이내)(?!(인|의)?\s*(어린이|아동|아이|유아|자녀|손님|고객|학생|투숙객|청소년))'
     '|(?<![0-9])[1-7][0-9]\s*(세|살)?\s*[~∼〜-]\s*[1-7][0-9]\s*(세|살)'
     '|(나이|연령)\s*제한(?!\s*(은|이)?\s*(없|무|두지|하지))'
     '|(?<![0-9])[2-6]0대(만|\s*(만|우대|환영|한정|초반|중반|후반|이하|여성|남성|분))|젊은\s*(분|사람|직원|인재)'
     '|(?<![0-9])(19|20)[0-9]{2}년\s*(생(?!긴|겨|기|산|활|태|일)|이후\s*출생|이후\s*생(?!긴|겨|기|산|활|태|일))'
     '|\m(under|below|younger\s+than|up\s+to)\s+(the\s+age\s+of\s+[2-7][0-9]|[2-7][0-9]\s+years\s+(old|of\s+age))'
     '|\mage\s+limit\M|\mbetween\s+[1-7][0-9]\s+and\s+[1-7][0-9]\s+years\M',
     '나이', 'age', '고용상 연령차별금지 및 고령자고용촉진에 관한 법률 제4조의4'),
    ('nationality', 'equal_treatment',
     '(내국인|한국인|대한민국\s*국민|한국\s*국적자?)\s*(분|직원|크루|지원자)?\s*'
     '(만(?!족|큼|\s*(이용|출입|입장|사용|투숙))|우대|우선|한정|에\s*한|에\s*한정)'
     '|(외국인|외국\s*국적자?|중국인|조선족|교포|동포|다문화)\s*(분)?(은|는|의)?\s*(지원|채용|고용|근무)?(은|이|을)?\s*'
     '(불가|사절|제외|제한(?!\s*(은|이)?\s*(없|무|두지|하지))|안\s*(받|뽑|됩)|받지\s*않|뽑지\s*않)'
     '|(?<![가-힣])국적\s*(은|이|을)?\s*(제한(?!\s*(은|이)?\s*(없|무|두지|하지))|기재|표기|[:：](?!\s*(무관|상관|제한)))'
     '|\mkoreans\s+only\M|\mkorean\s+(nationals?|citizens?|applicants?)\s+only\M'
     '|\monly\s+korean(s|\s+(nationals?|citizens?))\M|\mno\s+foreign(ers)?\M(?!\s+(language|currency))'
     '|\mforeigners\s+(are\s+)?(not|need\s+not)\M',
     '국적', 'nationality', '근로기준법 제6조'),
    ('religion', 'equal_treatment',
     '(?<![가-힣])(종교|신앙)\s*(은|는|이|가|을|를)?\s*'
     '([:：](?!\s*(무관|상관|제한))|기재|표기|적어|밝혀|여부|유무|제한(?!\s*(은|이)?\s*(없|무|두지|하지)))'
     '|(기독교|개신교|천주교|가톨릭|불교|원불교|(?<![가-힣])무교)\s*(인|신자|신도)?\s*(분|직원)?\s*'
     '(만(?!족|큼|\s*(이용|출입|입장))|우대|우선|한정|에\s*한|이신\s*분|인\s*분)'
     '|(?<![가-힣])(신자|교인|신도|성도|신앙인|세례교인)\s*(분)?\s*(만(?!족|큼|\s*(이용|출입|입장))|우대|우선|한정|필수)'
     '|신앙(심|생활)(이|을)?\s*(있|깊|하)|\m(christians?|catholics?|buddhists?)\s+(only|preferred)\M|\mreligion\s*:',
     '종교', 'religion', '근로기준법 제6조'),
    ('military', 'equal_treatment',
     '(?<![가-힣])(군필|병역필)(?!\s*(자|여부)?\s*(은|는)?\s*(무관|상관|관계\s*없))'
     '|(?<![가-힣])미필(자)?\s*(은|는)?\s*(불가|제외|사절|지원\s*불가)'
     '|(병역|군\s*복무|군대)(의무)?(을|를)?\s*(필(?![가-힣])|필한|마친|마치신|완료|이행한|다녀온)'
     '|병역\s*(사항|여부|의무|면제)(?!\s*(은|는|와)?\s*(무관|상관|관계\s*없))'
     '|\mmilitary\s+service\s+(completed|required|must)\M|\mcompleted\s+((the|their|your)\s+)?military\s+service\M',
     '병역', 'military service', '남녀고용평등과 일·가정 양립 지원에 관한 법률 제2조, 제7조'),
    ('money', 'money',
     '선입금|(?<![가-힣])선납|(신원|이행)\s*보증금'
     '|(보증금|예치금|예약금|가입비|등록비|교육비|연수비|소개비|알선료|유니폼비|수수료)\s*(은|는|을|를)?\s*'
     '([0-9]+[0-9,]*\s*(만|천|십만|백만)?\s*원?|[일이삼사오육칠팔구십백천만]+\s*원)?\s*(을|를)?\s*(먼저|미리|입금|송금|이체)'
     '|(가입비|등록비|교육비|연수비|소개비|알선료|유니폼비)\s*(은|는|을|를)?\s*'
     '(본인\s*부담|내(야|셔야)|납부|받습|받아요|있습|있음|별도|[:：]?\s*[1-9][0-9,]*\s*(만|천)?\s*원)'
     '|(입금|송금|이체)\s*(해\s*주(세요|셔야|시면|십시오)|하셔야|하세요|바랍니다|부탁|'
     '후\s*(에\s*)?(출근|근무|채용|입사|확정|합격|배정))'
     '|(통장|체크\s*카드|카드\s*비밀번호|계좌\s*비밀번호)(을|를)?\s*(과\s*[가-힣]+을\s*)?(맡기|맡겨|대여|빌려|양도|보내)'
     '|\m(deposits?|fees?)\s+(is\s+|are\s+|must\s+be\s+|to\s+be\s+)?(paid\s+|payable\s+|due\s+)?'
     '(in\s+advance|up\s*front|before\s+(you\s+)?(start|starting|work))\M'
     '|\mpay\s+(a|the)\s+(registration|training|uniform|recruitment)\s+fee\M',
     '채용 전에 받는 돈', 'money from applicants', '직업안정법 제32조'),
    ('contact', 'contact',
     '(카톡|카카오톡)(으로|으로만|에|에서)?\s*(아이디|id(?![a-z])|[:：]|문의|연락|지원|주세요|친구\s*추가|친추|추가)'
     '|오픈\s*(채팅|카톡|카카오톡|톡방)|(?<![가-힣])(텔레그램|텔레)(?=\s*(으로|로|에|아이디|id|문의|연락|@|[:：]|$|[^가-힣]))'
     '|(?<![가-힣])라인\s*(아이디|id(?![a-z]))|(위챗|왓츠앱)\s*(아이디|id(?![a-z])|으로|[:：])'
     '|open\.kakao\.com|(?<![a-z0-9.])t\.me/|(?<![a-z0-9.])wa\.me/'
     '|\m(kakao\s*talk|kakao|line|wechat|whats\s*app)\s+id\M|\m(on|by|via)\s+(telegram|whats\s*app|wechat|kakao\s*talk)\M'
     '|\mtelegram\s*(id|@|:)',
     '서비스 밖의 연락처', 'contact elsewhere', '직업안정법 제34조');


-- Paid minutes of a weekly schedule: of its longest day, and of the week.
-- Work that goes past midnight belongs to the day it begins on, for 24 hours and
-- then to the next, and the last hours of Sunday run on into Monday.  The hours are presence: what the law
-- orders as a break (Labor Standards Act, article 54: half an hour of four, an
-- hour of eight) is taken off.
CREATE FUNCTION schedule_minutes(schedule bit(168), OUT longest integer, OUT week integer)
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH hours AS (
             SELECT h,
                    get_bit(schedule, h % 168) = 1 AS works,
                    get_bit(schedule, (h + 167) % 168) = 1 AS worked
               FROM generate_series(0, 335) AS h
         ),
         begun AS (
             SELECT h,
                    works,
                    max(h) FILTER (WHERE works AND NOT worked) OVER (ORDER BY h) AS began
               FROM hours
         ),
         days AS (
             SELECT count(*) * 60 AS present
               FROM begun
              WHERE works
                AND h >= 168
              GROUP BY coalesce(began + (h - began) / 24 * 24, h) / 24 % 7
         ),
         paid AS (
             SELECT CASE
                        WHEN present >= 540 THEN present - 60
                        WHEN present >= 270 THEN present - 30
                        ELSE present
                    END AS minutes
               FROM days
         )
    SELECT coalesce(max(minutes), 0)::integer, coalesce(sum(minutes), 0)::integer
      FROM paid;
END;


-- The least that pay of a kind may be, Minimum Wage Act article 6: by an hour as
-- it is, by a day of so many paid minutes, by a month of 209 hours unless the
-- schedule has more than 40 a week, then with the paid holiday of 8 hours
-- (Enforcement Decree article 5).  hours is a month's, else null.
CREATE FUNCTION pay_least(type pay_type, minimum integer, minutes integer, week integer,
                          OUT least_pay bigint, OUT hours integer)
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE type
               WHEN 'hourly' THEN minimum::bigint
               WHEN 'daily' THEN (minimum::bigint * minutes + 59) / 60
               WHEN 'monthly' THEN minimum::bigint * m.hours
           END,
           m.hours
      FROM (SELECT CASE
                       WHEN type <> 'monthly' THEN NULL
                       WHEN coalesce(week, 0) <= 2400 THEN 209
                       ELSE ceil((week / 60.0 + 8) * 365 / 84)::integer
                   END AS hours) AS m;
END;


-- What matches in a searched text, each once, in order.
CREATE FUNCTION watched_words(searched text, pattern text)
RETURNS TABLE (found text, n bigint)
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(m.hit[1], 60), min(m.n)
      FROM regexp_matches(searched, '(' || pattern || ')', 'gi') WITH ORDINALITY AS m (hit, n)
     GROUP BY 1;
END;


-- What stands in the way of a post being public (refuse), and what somebody
-- has to look at (review).  field is the API's name; found and needed are the
-- number or the day; needed is the least that passes, in the post's own terms.
-- The post need not be a row as it is stored: an edit asks before it is made.
-- Volatile, for the reason post_public_content() is.
CREATE TYPE post_finding AS (
    rule       text,
    code       text,
    severity   text,
    field      text,
    found      text,
    needed     text,
    source     text,
    detail_ko  text,
    detail_en  text
);

CREATE FUNCTION post_findings(post posts)
RETURNS SETOF post_finding
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
    f         post_finding;
    site      record;
    minimum   integer;
    longest   integer := 0;
    week      integer := 0;
    minutes   integer;
    hours     integer;
    equal     bigint;
    least_pay bigint;
    period    text;
BEGIN
    f.source := '직업안정법 제25조, 채용절차의 공정화에 관한 법률 제4조';
    f.severity := 'refuse';
    f.rule := 'incomplete';
    f.code := f.rule;

    FOR f.field, f.found, f.needed, f.detail_ko, f.detail_en IN
        SELECT *
          FROM (VALUES
                ('description',
                 CASE WHEN char_length(post.description) < 10
                      THEN char_length(post.description)::text END,
                 '10', '하는 일과 근무 조건을 10자 이상 적어 주세요.',
                 'Say in at least 10 characters what the work is like.'),
                ('category', CASE WHEN post.category_code IS NULL THEN '' END, NULL,
                 '직무를 골라 주세요.', 'Choose the kind of work.'),
                ('employment_type', CASE WHEN post.employment_type IS NULL THEN '' END, NULL,
                 '고용 형태를 골라 주세요.', 'Choose the kind of employment.'),
                ('pay.type', CASE WHEN post.pay_type IS NULL THEN '' END, NULL,
                 '급여 기준(시급, 일급, 월급)을 골라 주세요.',
                 'Say what pay is for: an hour, a day or a month.'),
                ('pay.min', CASE WHEN post.pay_min_krw IS NULL THEN '' END, NULL,
                 '최저 급여를 적어 주세요.', 'Say the least pay.'),
                ('pay.max', CASE WHEN post.pay_max_krw IS NULL THEN '' END, NULL,
                 '최고 급여를 적어 주세요.', 'Say the most pay.'),
                ('period.from', CASE WHEN post.starts_on IS NULL THEN '' END, NULL,
                 '근무를 시작하는 날을 적어 주세요.', 'Say the first day of work.')
               ) AS due
         WHERE column2 IS NOT NULL
    LOOP
        f.found := nullif(f.found, '');
        RETURN NEXT f;
    END LOOP;

    f.found := NULL;
    f.needed := NULL;

    SELECT r.business_verified_at IS NOT NULL AS verified,
           r.deleted_at IS NOT NULL AS deleted,
           coalesce(r.contact_phone, r.contact_email, r.website) IS NOT NULL AS contact
      INTO site
      FROM resorts AS r
     WHERE r.id = post.resort_id;

    IF site.deleted THEN
        f.rule := 'resort_deleted';
        f.code := f.rule;
        f.field := 'resort';
        f.source := '직업안정법 제25조';
        f.detail_ko := '닫은 리조트의 공고는 공개할 수 없습니다.';
        f.detail_en := 'The resort was closed: its posts can''t be public.';
        RETURN NEXT f;
    ELSIF NOT site.verified THEN
        f.rule := 'resort_not_verified';
        f.code := f.rule;
        f.field := 'resort';
        f.source := '직업안정법 제25조, 시행령 제28조';
        f.detail_ko := '사업자등록번호가 확인되기 전에는 공고를 공개할 수 없습니다. '
                     '운영자의 확인을 기다려 주세요.';
        f.detail_en := 'Until the resort''s business number is verified, none of its posts can be '
                     'public. Wait for a moderator to verify it.';
        RETURN NEXT f;
    END IF;

    -- An advertisement without the employer's contact is a false one.
    IF NOT site.contact THEN
        f.rule := 'no_contact';
        f.code := f.rule;
        f.field := 'resort';
        f.source := '직업안정법 제34조, 시행령 제34조';
        f.detail_ko := format('구인자의 연락처가 없는 공고는 공개할 수 없습니다. 리조트의 전화번호, 이메일, '
                              '웹사이트 가운데 하나를 적어 주세요: PATCH /api/v1/resorts/%s/profile 의 contact.',
                              post.resort_id);
        f.detail_en := format('No post can be public without the employer''s contact. Add the resort''s '
                              'telephone, e-mail or website: contact of '
                              'PATCH /api/v1/resorts/%s/profile.', post.resort_id);
        RETURN NEXT f;
    END IF;

    FOR f.found IN
        SELECT w.name
          FROM work_types AS w
         WHERE w.id = ANY (post.work_type_ids)
           AND w.deleted_at IS NOT NULL
    LOOP
        f.rule := 'work_type_deleted';
        f.code := f.rule;
        f.field := 'work_type_ids';
        f.source := NULL;
        f.detail_ko := format('지운 근무 유형입니다: %s. 목록에서 빼 주세요.', f.found);
        f.detail_en := format('This work type was deleted: %s. Take it off the list.', f.found);
        RETURN NEXT f;
    END LOOP;

    SELECT d.name
      INTO f.found
      FROM dormitories AS d
     WHERE d.id = post.dormitory_id
       AND d.deleted_at IS NOT NULL;

    IF f.found IS NOT NULL THEN
        f.rule := 'dormitory_deleted';
        f.code := f.rule;
        f.field := 'dormitory_id';
        f.source := NULL;
        f.detail_ko := format('지운 숙소입니다: %s. 다른 숙소를 고르거나 비워 주세요.', f.found);
        f.detail_en := format('This dormitory was deleted: %s. Choose another, or none.', f.found);
        RETURN NEXT f;
    END IF;

    f.source := NULL;

    IF post.apply_until < seoul_today() THEN
        f.rule := 'apply_until_passed';
        f.code := f.rule;
        f.field := 'apply_until';
        f.found := post.apply_until::text;
        f.needed := seoul_today()::text;
        f.detail_ko := format('지원 마감일(%s)이 지났습니다. %s 이후로 바꾸거나 비워 주세요.', f.found, f.needed);
        f.detail_en := format('The last day to apply (%s) has passed. Choose %s or later, or none.',
                            f.found, f.needed);
        RETURN NEXT f;
    END IF;

    IF post.ends_on < seoul_today() THEN
        f.rule := 'period_passed';
        f.code := f.rule;
        f.field := 'period.until';
        f.found := post.ends_on::text;
        f.needed := seoul_today()::text;
        f.detail_ko := format('근무 기간이 이미 끝났습니다(%s). %s 이후로 바꾸거나 비워 주세요.', f.found, f.needed);
        f.detail_en := format('The work has ended already (%s). Choose %s or later, or none.',
                            f.found, f.needed);
        RETURN NEXT f;
    END IF;

    -- A day's pay is for the minutes that are said, which are those that the
    -- public's list divides by, too: no day of the schedules may have more.
    IF post.pay_type <> 'hourly' THEN
        SELECT coalesce(max(m.longest), 0), coalesce(max(m.week), 0)
          INTO longest, week
          FROM work_types AS w
         CROSS JOIN LATERAL schedule_minutes(w.schedule) AS m
         WHERE w.id = ANY (post.work_type_ids);
    END IF;

    IF post.pay_type = 'daily' AND post.daily_minutes < longest THEN
        f.rule := 'daily_minutes';
        f.code := f.rule;
        f.field := 'pay.daily_minutes';
        f.found := post.daily_minutes::text;
        f.needed := longest::text;
        f.source := '최저임금법 시행령 제5조, 근로기준법 제54조';
        f.detail_ko := format(
            '하루 유급 시간(%s분)이 근무 유형의 가장 긴 하루(휴게 시간을 빼고 %s분)보다 짧습니다. '
            '%s분 이상으로 적어 주세요.', f.found, f.needed, f.needed);
        f.detail_en := format(
            'The paid time of a day (%s minutes) is less than the longest day of the work types '
            '(%s minutes without breaks). Say at least %s minutes.', f.found, f.needed, f.needed);
        RETURN NEXT f;
    END IF;

    minimum := min_wage_krw(post.starts_on, post.ends_on);
    period := post.starts_on || coalesce('~' || post.ends_on, '~');

    IF minimum IS NOT NULL AND post.pay_type IS NOT NULL AND post.pay_min_krw IS NOT NULL THEN
        minutes := CASE post.pay_type WHEN 'hourly' THEN 60 ELSE post.daily_minutes END;

        SELECT p.least_pay, p.hours
          INTO least_pay, hours
          FROM pay_least(post.pay_type, minimum, minutes, week) AS p;

        equal := CASE post.pay_type
                     WHEN 'monthly' THEN post.pay_min_krw / hours
                     ELSE post.pay_min_krw::bigint * 60 / minutes
                 END;

        IF post.pay_min_krw < least_pay THEN
            f.rule := 'minimum_wage';
            f.code := f.rule;
            f.field := 'pay.min';
            f.found := equal::text;
            f.needed := least_pay::text;
            f.source := '최저임금법 제6조, 시행령 제5조';
            f.detail_ko := format(
                '근무 기간(%s)의 최저임금은 시간당 %s원인데 시간당 %s원입니다%s. %s %s원 이상이어야 합니다.',
                period, to_char(minimum, 'FM999,999,999'), to_char(equal, 'FM999,999,999'),
                CASE post.pay_type
                    WHEN 'daily' THEN format(' (하루 %s분 기준)', minutes)
                    WHEN 'monthly' THEN format(' (한 달 %s시간 기준)', hours)
                    ELSE ''
                END,
                CASE post.pay_type WHEN 'hourly' THEN '시급' WHEN 'daily' THEN '일급' ELSE '월급' END,
                to_char(least_pay, 'FM999,999,999'));
            f.detail_en := format(
                'The minimum wage of %s is %s KRW an hour; this is %s KRW an hour%s. '
                'The %s pay must be at least %s KRW.',
                period, to_char(minimum, 'FM999,999,999'), to_char(equal, 'FM999,999,999'),
                CASE post.pay_type
                    WHEN 'daily' THEN format(' (by %s minutes a day)', minutes)
                    WHEN 'monthly' THEN format(' (by %s hours a month)', hours)
                    ELSE ''
                END,
                post.pay_type, to_char(least_pay, 'FM999,999,999'));
            RETURN NEXT f;
        END IF;
    END IF;

    -- Each work type has pay of its own, shown with it: of a day, the longer of
    -- what it says and what its schedule has.
    FOR f.found, f.needed, f.detail_ko, f.detail_en IN
        SELECT w.pay_min_krw::text,
               p.least_pay::text,
               format('근무 유형 ‘%s’의 급여가 근무 기간(%s)의 최저임금(시간당 %s원)보다 적습니다. '
                      '%s %s원은 %s원 이상이어야 합니다. 근무 유형을 고치거나 목록에서 빼 주세요.',
                      w.name, period, to_char(minimum, 'FM999,999,999'),
                      CASE w.pay_type WHEN 'hourly' THEN '시급' WHEN 'daily' THEN '일급' ELSE '월급' END,
                      to_char(w.pay_min_krw, 'FM999,999,999'),
                      to_char(p.least_pay, 'FM999,999,999')),
               format('The work type "%s" pays less than the minimum wage of %s, %s KRW an hour: '
                      'its %s pay of %s KRW must be at least %s KRW. Change it, or take it off '
                      'the list.',
                      w.name, period, to_char(minimum, 'FM999,999,999'), w.pay_type,
                      to_char(w.pay_min_krw, 'FM999,999,999'),
                      to_char(p.least_pay, 'FM999,999,999'))
          FROM unnest(post.work_type_ids) WITH ORDINALITY AS u (id, n)
          JOIN work_types AS w ON w.id = u.id
         CROSS JOIN LATERAL schedule_minutes(w.schedule) AS m
         CROSS JOIN LATERAL pay_least(w.pay_type, minimum,
                                      greatest(w.daily_minutes, m.longest), m.week) AS p
         WHERE minimum IS NOT NULL
           AND w.pay_min_krw < p.least_pay
         ORDER BY u.n
    LOOP
        f.rule := 'minimum_wage';
        f.code := f.rule;
        f.field := 'work_type_ids';
        f.source := '최저임금법 제6조, 시행령 제5조';
        RETURN NEXT f;
    END LOOP;

    -- Each that is said, in the order in which they are.
    f.severity := 'review';
    f.needed := NULL;

    FOR f.rule, f.code, f.field, f.found, f.source, f.detail_ko, f.detail_en IN
        SELECT w.rule,
               w.code,
               t.field,
               h.found,
               w.source,
               format(CASE w.rule
                          WHEN 'contact'
                              THEN '‘%s’: %s로 부르는 공고에는 거짓 구인이 많습니다. 운영자가 확인합니다.'
                          ELSE '‘%s’: 모집할 때 %s에 관한 내용을 요구하거나 조건으로 둘 수 없습니다. '
                               '운영자가 확인합니다.'
                      END,
                      h.found, w.about_ko),
               format(CASE w.rule
                          WHEN 'contact'
                              THEN '"%s": %s is how false jobs are often offered. '
                                   'A moderator will look at it.'
                          ELSE '"%s": recruiting may not ask about %s or make it a condition. '
                               'A moderator will look at it.'
                      END,
                      h.found, w.about_en)
          FROM (
                   SELECT n, field, searched_text(said)
                     FROM (
                              VALUES (1, 'title', post.title),
                                     (2, 'description', post.description),
                                     (3, 'requirements', post.requirements),
                                     (4, 'benefits', array_to_string(post.benefits, E'\n'))
                               UNION ALL
                              SELECT 5,
                                     'work_type_ids',
                                     string_agg(x.name || E'\n' || x.requirements, E'\n')
                                FROM work_types AS x
                               WHERE x.id = ANY (post.work_type_ids)
                          ) AS raw (n, field, said)
                   OFFSET 0
               ) AS t (n, field, text)
         CROSS JOIN watched_patterns AS w
         CROSS JOIN LATERAL watched_words(t.text, w.pattern) AS h
         ORDER BY t.n, w.code, h.n
    LOOP
        RETURN NEXT f;
    END LOOP;
END
$$;


-- Findings as JSON, refusals first, as they come: what statements hand to the server.
CREATE FUNCTION post_findings_json(post posts)
RETURNS jsonb
LANGUAGE sql
VOLATILE
AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]')
      FROM post_findings(post) AS f
$$;


-- As answers show them, in one language.
CREATE FUNCTION post_findings_shown(findings jsonb, locale text)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(f.value - '{detail_ko,detail_en}'::text[]
                              || jsonb_build_object('detail',
                                                    CASE locale
                                                        WHEN 'en' THEN f.value->'detail_en'
                                                        ELSE f.value->'detail_ko'
                                                    END)
                              ORDER BY f.n),
                    '[]')
      FROM jsonb_array_elements(findings) WITH ORDINALITY AS f (value, n);
END;


-- Findings of one severity that weren't there before an edit.
CREATE FUNCTION post_findings_new(had jsonb, has jsonb, wanted text)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_agg(f.value ORDER BY f.n), '[]')
      FROM jsonb_array_elements(has) WITH ORDINALITY AS f (value, n)
     WHERE f.value->>'severity' = wanted
       AND NOT EXISTS (SELECT
                         FROM jsonb_array_elements(had) AS h (value)
                        WHERE h.value->'code' = f.value->'code'
                          AND h.value->'field' = f.value->'field'
                          AND h.value->'found' = f.value->'found'
                          AND h.value->'needed' = f.value->'needed');
END;


-- Why an edit sends a post back to review, for its history: what became worse,
-- and words to be looked at, in no language.
CREATE FUNCTION post_review_reason(worse text[], words jsonb)
RETURNS text
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(concat_ws(' ',
               '@worse ' || nullif(array_to_string(worse, ','), ''),
               '@words ' || (SELECT string_agg(DISTINCT regexp_replace(w.value->>'found', '\s+', ' ', 'g'),
                                               ', ')
                               FROM jsonb_array_elements(words) AS w (value))),
               1000);
END;


-- A reason as people read it: that of an edit in their language, a moderator's
-- as it was written.  Of a text that only looks like the former it makes
-- something, too, and never an error.
CREATE FUNCTION post_reason_shown(reason text, locale text)
RETURNS text
LANGUAGE sql
STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
               WHEN reason ~ '^@(worse|words) '
                   THEN concat_ws(' / ',
                            CASE locale
                                WHEN 'en' THEN 'worse for applicants: '
                                ELSE '지원자에게 불리해진 항목: '
                            END
                            || (SELECT string_agg(CASE locale WHEN 'en' THEN label_en ELSE label_ko END,
                                                  ', ' ORDER BY position)
                                  FROM post_fields
                                 WHERE key = ANY (string_to_array(
                                           substring(reason FROM '^@worse ([a-z_,]+)'), ','))),
                            CASE locale
                                WHEN 'en' THEN 'words to be looked at: '
                                ELSE '확인이 필요한 표현: '
                            END
                            || substring(reason FROM '@words (.*)$'))
               ELSE reason
           END;
END;


-- Publications that applicants are still to be told of.
CREATE INDEX outbox_worse ON outbox (id) WHERE published_at IS NULL AND topic = 'post.worse_published';


-- The desk's list of what was deleted.
CREATE INDEX posts_resort_deleted ON posts (resort_id, status, id DESC) WHERE deleted_at IS NOT NULL;


GRANT SELECT ON post_moves, post_fields, watched_patterns TO resortbite_app;
