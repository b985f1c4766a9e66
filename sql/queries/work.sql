-- Work types of a resort: what is worked, when, by how many and for how much.
--
-- Writes lock the work type FOR UPDATE, against which post_work_types' foreign
-- key and the trigger of a post that is submitted wait: see the schema.  They
-- say how it went in `outcome', with what an error has to name: the most
-- minutes that begin on one day of the schedule, and the posts in the way.
-- Whoever makes one locks the resort's row, and counts then.
-- A resort that has closed has no desk, and so none of them.


-- A page of a resort's work types by name, for
-- GET /api/v1/resorts/{id}/work-types.
-- view: rb_work_type_fields
--
-- name: work_list
SELECT w.id,
       w.resort_id,
       w.name,
       w.category_code AS category,
       w.schedule,
       bit_count(w.schedule) AS hours_a_week,
       w.headcount,
       w.pay_type AS "pay.type",
       w.pay_min_krw AS "pay.min",
       w.pay_max_krw AS "pay.max",
       pay_per_hour(w.pay_type, w.pay_min_krw, w.daily_minutes) AS "pay.hourly",
       w.daily_minutes,
       w.requirements,
       w.revision,
       work_type_warnings(w) AS warnings,
       to_char(w.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(w.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       w.name AS key,
       w.id AS key_id
  FROM work_types AS w
 WHERE w.resort_id = $resort::uuid
   AND w.deleted_at IS NULL
   AND EXISTS (SELECT
                 FROM resorts
                WHERE id = $resort::uuid
                  AND deleted_at IS NULL)
   AND ($after::text IS NULL OR (w.name, w.id) > ($after::text, $after_id::uuid))
 ORDER BY w.name, w.id
 LIMIT $limit::integer;


-- One, for GET /api/v1/resorts/{id}/work-types/{work_type_id}.
-- view: rb_work_type_fields
--
-- name: work_get
SELECT w.id,
       w.resort_id,
       w.name,
       w.category_code AS category,
       w.schedule,
       bit_count(w.schedule) AS hours_a_week,
       w.headcount,
       w.pay_type AS "pay.type",
       w.pay_min_krw AS "pay.min",
       w.pay_max_krw AS "pay.max",
       pay_per_hour(w.pay_type, w.pay_min_krw, w.daily_minutes) AS "pay.hourly",
       w.daily_minutes,
       w.requirements,
       w.revision,
       work_type_warnings(w) AS warnings,
       to_char(w.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(w.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
  FROM work_types AS w
 WHERE w.id = $id::uuid
   AND w.resort_id = $resort::uuid
   AND w.deleted_at IS NULL
   AND EXISTS (SELECT
                 FROM resorts
                WHERE id = $resort::uuid
                  AND deleted_at IS NULL);


-- Makes one, for POST /api/v1/resorts/{id}/work-types.  What isn't given comes
-- from the template, if one is named.  For its idempotency key the row is kept
-- that the answer was written of.
--
-- outcome: `done', `replayed', `reused' (the key, for another request),
-- `not_found' (the resort), `template' (there is none of the code), `pay' (the
-- least is more than the most), `day' (too many minutes), `name' (taken) or
-- `too_many' ($most there are).
-- view: rb_work_type_fields
--
-- name: work_create lane=write
WITH before AS (                                                   -- when: keyed
         SELECT request_hash, response                             -- when: keyed
           FROM idempotency_keys                                   -- when: keyed
          WHERE caller = $caller                                   -- when: keyed
            AND key = $key                                         -- when: keyed
            AND route = 'work_types_create'                        -- when: keyed
     ),                                                            -- when: keyed
     resort AS MATERIALIZED (                                      -- when: keyed
WITH resort AS MATERIALIZED (                                      -- when: !keyed
         SELECT id
           FROM resorts
          WHERE id = $resort::uuid
            AND deleted_at IS NULL
            FOR NO KEY UPDATE
     ),
     template AS (
         SELECT jsonb_build_object(
                    'name', CASE $lang WHEN 'en' THEN name_en ELSE name_ko END,
                    'category_code', category_code,
                    'schedule', schedule,
                    'daily_minutes', daily_minutes,
                    'requirements',
                    CASE $lang WHEN 'en' THEN requirements_en ELSE requirements_ko END) AS gives
           FROM work_type_templates
          WHERE code = $template
     ),
     wanted AS (
         SELECT r.id AS resort_id,
                tidied(n.name) AS name,
                n.category_code,
                n.schedule,
                n.headcount,
                n.pay_type,
                n.pay_min_krw,
                n.pay_max_krw,
                coalesce(n.daily_minutes, least(480, 60 * week_longest_day(n.schedule)))
                    AS daily_minutes,
                tidied(n.requirements) AS requirements
           FROM resort AS r
           LEFT JOIN template AS t ON true
          CROSS JOIN LATERAL jsonb_populate_record(
                    NULL::work_types,
                    jsonb_build_object('headcount', 1, 'requirements', '')
                    || coalesce(t.gives, '{}') || $patch::jsonb) AS n
          WHERE $template IS NULL
             OR t.gives IS NOT NULL
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT FROM resort) THEN 'not_found'
                    WHEN NOT EXISTS (SELECT FROM wanted) THEN 'template'
                    WHEN EXISTS (SELECT FROM wanted WHERE pay_min_krw > pay_max_krw) THEN 'pay'
                    WHEN EXISTS (SELECT
                                   FROM wanted
                                  WHERE daily_minutes > 60 * week_longest_day(schedule))
                        THEN 'day'
                    WHEN EXISTS (SELECT
                                   FROM wanted AS n
                                   JOIN work_types AS w
                                     ON w.resort_id = n.resort_id
                                    AND w.name = n.name
                                    AND w.deleted_at IS NULL)
                        THEN 'name'
                    WHEN (SELECT work_types_in_use(id) FROM resort) >= $most::integer
                        THEN 'too_many'
                    ELSE 'done'
                END AS outcome
     ),
     made AS (
         INSERT INTO work_types (id, resort_id, name, category_code, schedule, headcount,
                                 pay_type, pay_min_krw, pay_max_krw, daily_minutes, requirements)
         SELECT $id::uuid,
                n.resort_id,
                n.name,
                n.category_code,
                n.schedule,
                n.headcount,
                n.pay_type,
                n.pay_min_krw,
                n.pay_max_krw,
                n.daily_minutes,
                n.requirements
           FROM wanted AS n
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE NOT EXISTS (SELECT FROM before)                    -- when: keyed
         RETURNING work_types AS w
     ),
     answer AS (
         SELECT (m.w).id,
                (m.w).resort_id,
                (m.w).name,
                (m.w).category_code AS category,
                (m.w).schedule,
                bit_count((m.w).schedule) AS hours_a_week,
                (m.w).headcount,
                (m.w).pay_type AS "pay.type",
                (m.w).pay_min_krw AS "pay.min",
                (m.w).pay_max_krw AS "pay.max",
                pay_per_hour((m.w).pay_type, (m.w).pay_min_krw, (m.w).daily_minutes)
                    AS "pay.hourly",
                (m.w).daily_minutes,
                (m.w).requirements,
                (m.w).revision,
                work_type_warnings(m.w) AS warnings,
                to_char((m.w).created_at AT TIME ZONE 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
                to_char((m.w).updated_at AT TIME ZONE 'UTC',
                        'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
           FROM made AS m
     ),
     kept AS (                                                     -- when: keyed
         INSERT INTO idempotency_keys                              -- when: keyed
                (caller, key, route, request_hash, status, response)  -- when: keyed
         SELECT $caller,                                           -- when: keyed
                $key,                                              -- when: keyed
                'work_types_create',                               -- when: keyed
                $request_hash::bytea,                              -- when: keyed
                201,                                               -- when: keyed
                row_to_json(a)::text                               -- when: keyed
           FROM answer AS a                                        -- when: keyed
     ),                                                            -- when: keyed
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'work_type.created',
                'work_type',
                id,
                left($request_id, 100),
                jsonb_strip_nulls(jsonb_build_object('resort_id', resort_id,
                                                     'name', name,
                                                     'template', $template))
           FROM answer
     )
SELECT a.*,
       v.outcome,
       (SELECT 60 * week_longest_day(schedule) FROM wanted) AS day_minutes,
       NULL::json AS posts
  FROM verdict AS v
  LEFT JOIN answer AS a ON true
 WHERE NOT EXISTS (SELECT FROM before)                             -- when: keyed
 UNION ALL                                                         -- when: keyed
SELECT r.*,                                                        -- when: keyed
       CASE WHEN b.request_hash = $request_hash::bytea THEN 'replayed' ELSE 'reused' END,  -- when: keyed
       NULL,                                                       -- when: keyed
       NULL                                                        -- when: keyed
  FROM before AS b                                                 -- when: keyed
 CROSS JOIN LATERAL json_to_record(b.response::json)               -- when: keyed
            AS r (id uuid, resort_id uuid, name text, category text, schedule bit(168),  -- when: keyed
                  hours_a_week bigint, headcount integer, "pay.type" pay_type,  -- when: keyed
                  "pay.min" integer, "pay.max" integer, "pay.hourly" integer,  -- when: keyed
                  daily_minutes smallint, requirements text, revision integer,  -- when: keyed
                  warnings json, created_at text, updated_at text);  -- when: keyed


-- Changes one, for PATCH /api/v1/resorts/{id}/work-types/{work_type_id}.
--
-- outcome: `done', `not_found', `stale' (the revision), `category', `schedule',
-- `words' or `less' (of a work type that posts offer), `pay', `day' or `name'.
-- With `words' and `less' the posts say which field it is, too.
-- view: rb_work_type_fields
--
-- name: work_change lane=write
WITH found AS MATERIALIZED (
         SELECT w AS was
           FROM work_types AS w
          WHERE w.id = $id::uuid
            AND w.resort_id = $resort::uuid
            AND w.deleted_at IS NULL
            AND EXISTS (SELECT
                          FROM resorts
                         WHERE id = $resort::uuid
                           AND deleted_at IS NULL)
            FOR UPDATE
     ),
     wanted AS MATERIALIZED (
         SELECT f.was,
                tidied(n.name) AS name,
                n.category_code,
                n.schedule,
                n.headcount,
                n.pay_type,
                n.pay_min_krw,
                n.pay_max_krw,
                n.daily_minutes,
                tidied(n.requirements) AS requirements
           FROM found AS f
          CROSS JOIN LATERAL jsonb_populate_record(f.was, $patch::jsonb) AS n
     ),
     holding AS MATERIALIZED (
         SELECT p.id, p.title, p.status
           FROM post_work_types AS o
           JOIN posts AS p ON p.id = o.post_id
          WHERE o.work_type_id = $id::uuid
            AND post_holds_work(p.status, p.deleted_at)
          ORDER BY p.id
          LIMIT 5
     ),
     words AS MATERIALIZED (
         SELECT CASE WHEN strpos(searched_text(n.name), x.found) > 0 THEN 'name' ELSE 'requirements' END AS field,
                x.found
           FROM wanted AS n
          CROSS JOIN LATERAL work_type_words_new((n.was).name || E'\n' || (n.was).requirements,
                                                 n.name || E'\n' || n.requirements) AS x
          WHERE (n.name, n.requirements) <> ((n.was).name, (n.was).requirements)
            AND EXISTS (SELECT FROM holding)
          LIMIT 1
     ),
     less AS MATERIALIZED (
         SELECT work_type_pays_less(n.was, jsonb_populate_record(n.was, $patch::jsonb)) AS field
           FROM wanted AS n
     ),
     verdict AS MATERIALIZED (
         SELECT CASE
                    WHEN n.was IS NULL THEN 'not_found'
                    WHEN $if_match::integer[] IS NOT NULL
                     AND (n.was).revision <> ALL ($if_match::integer[])
                        THEN 'stale'
                    WHEN n.schedule <> (n.was).schedule AND EXISTS (SELECT FROM holding)
                        THEN 'schedule'
                    WHEN n.category_code <> (n.was).category_code
                     AND EXISTS (SELECT FROM holding)
                        THEN 'category'
                    WHEN n.pay_min_krw > n.pay_max_krw THEN 'pay'
                    WHEN (SELECT field FROM less) IS NOT NULL AND EXISTS (SELECT FROM holding)
                        THEN 'less'
                    WHEN EXISTS (SELECT FROM words) THEN 'words'
                    WHEN n.daily_minutes > 60 * week_longest_day(n.schedule)
                     AND (n.daily_minutes, n.schedule)
                         IS DISTINCT FROM ((n.was).daily_minutes, (n.was).schedule)
                        THEN 'day'
                    WHEN EXISTS (SELECT
                                   FROM work_types AS w
                                  WHERE w.resort_id = $resort::uuid
                                    AND w.name = n.name
                                    AND w.id <> $id::uuid
                                    AND w.deleted_at IS NULL)
                        THEN 'name'
                    ELSE 'done'
                END AS outcome,
                60 * week_longest_day(n.schedule) AS day_minutes
           FROM (VALUES (1)) AS one
           LEFT JOIN wanted AS n ON true
     ),
     changed AS (
         UPDATE work_types AS w
            SET name = n.name,
                category_code = n.category_code,
                schedule = n.schedule,
                headcount = n.headcount,
                pay_type = n.pay_type,
                pay_min_krw = n.pay_min_krw,
                pay_max_krw = n.pay_max_krw,
                daily_minutes = n.daily_minutes,
                requirements = n.requirements,
                updated_at = CASE
                    WHEN (n.name, n.category_code, n.schedule, n.headcount, n.pay_type,
                          n.pay_min_krw, n.pay_max_krw, n.daily_minutes, n.requirements)
                         IS DISTINCT FROM
                         (w.name, w.category_code, w.schedule, w.headcount, w.pay_type,
                          w.pay_min_krw, w.pay_max_krw, w.daily_minutes, w.requirements)
                        THEN now()
                    ELSE w.updated_at
                END
           FROM wanted AS n
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE w.id = (n.was).id
         RETURNING w
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'work_type.changed',
                'work_type',
                (c.w).id,
                left($request_id, 100),
                jsonb_build_object(
                    'resort_id', (c.w).resort_id,
                    'revision', (c.w).revision,
                    'changed', (SELECT jsonb_agg(name ORDER BY name)
                                  FROM jsonb_object_keys($patch::jsonb) AS name))
           FROM changed AS c
           JOIN wanted AS n ON (n.was).revision <> (c.w).revision
     )
SELECT (c.w).id,
       (c.w).resort_id,
       (c.w).name,
       (c.w).category_code AS category,
       (c.w).schedule,
       bit_count((c.w).schedule) AS hours_a_week,
       (c.w).headcount,
       (c.w).pay_type AS "pay.type",
       (c.w).pay_min_krw AS "pay.min",
       (c.w).pay_max_krw AS "pay.max",
       pay_per_hour((c.w).pay_type, (c.w).pay_min_krw, (c.w).daily_minutes) AS "pay.hourly",
       (c.w).daily_minutes,
       (c.w).requirements,
       (c.w).revision,
       work_type_warnings(c.w) AS warnings,
       to_char((c.w).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char((c.w).updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       v.outcome,
       v.day_minutes,
       (SELECT json_agg(row_to_json(h))
          FROM (SELECT h.*,
                       CASE v.outcome WHEN 'less' THEN l.field ELSE w.field END AS field,
                       w.found
                  FROM holding AS h
                  LEFT JOIN words AS w ON true
                  LEFT JOIN less AS l ON true) AS h) AS posts
  FROM verdict AS v
  LEFT JOIN changed AS c ON true;


-- Deletes one, for DELETE /api/v1/resorts/{id}/work-types/{work_type_id}.
-- Posts that have ended, and drafts, still name it.
--
-- outcome: `done', `not_found', `stale' or `in_use'.
--
-- name: work_delete lane=write
WITH found AS MATERIALIZED (
         SELECT w.id, w.resort_id, w.name, w.revision
           FROM work_types AS w
          WHERE w.id = $id::uuid
            AND w.resort_id = $resort::uuid
            AND w.deleted_at IS NULL
            AND EXISTS (SELECT
                          FROM resorts
                         WHERE id = $resort::uuid
                           AND deleted_at IS NULL)
            FOR UPDATE
     ),
     holding AS MATERIALIZED (
         SELECT p.id, p.title, p.status
           FROM post_work_types AS o
           JOIN posts AS p ON p.id = o.post_id
          WHERE o.work_type_id = $id::uuid
            AND post_holds_work(p.status, p.deleted_at)
          ORDER BY p.id
          LIMIT 5
     ),
     verdict AS MATERIALIZED (
         SELECT CASE
                    WHEN f.id IS NULL THEN 'not_found'
                    WHEN $if_match::integer[] IS NOT NULL
                     AND f.revision <> ALL ($if_match::integer[])
                        THEN 'stale'
                    WHEN EXISTS (SELECT FROM holding) THEN 'in_use'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (1)) AS one
           LEFT JOIN found AS f ON true
     ),
     gone AS (
         UPDATE work_types AS w
            SET deleted_at = now(),
                updated_at = now()
           FROM found AS f
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE w.id = f.id
         RETURNING w.id, w.resort_id, w.name
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'work_type.deleted',
                'work_type',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id, 'name', name)
           FROM gone
     )
SELECT outcome,
       NULL::integer AS day_minutes,
       (SELECT json_agg(row_to_json(h)) FROM holding AS h) AS posts
  FROM verdict;


-- Copies one within the resort, or to another one for which the caller acts,
-- for POST /api/v1/resorts/{id}/work-types/{work_type_id}/copy.
--
-- outcome: `done', `not_found', `forbidden' (nobody of the other resort, or
-- there is none), `name' or `too_many'.
-- view: rb_work_type_fields
--
-- name: work_copy lane=write
WITH target AS MATERIALIZED (
         SELECT r.id
           FROM resorts AS r
           JOIN resort_members AS m ON m.resort_id = r.id
          WHERE r.id = coalesce($to::uuid, $resort::uuid)
            AND r.deleted_at IS NULL
            AND m.member_id = $actor::uuid
            FOR NO KEY UPDATE OF r
     ),
     source AS (
         SELECT w.*,
                coalesce(tidied($name), w.name) AS new_name
           FROM work_types AS w
          WHERE w.id = $id::uuid
            AND w.resort_id = $resort::uuid
            AND w.deleted_at IS NULL
            AND EXISTS (SELECT
                          FROM resorts
                         WHERE id = $resort::uuid
                           AND deleted_at IS NULL)
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT FROM source) THEN 'not_found'
                    WHEN NOT EXISTS (SELECT FROM target) THEN 'forbidden'
                    WHEN EXISTS (SELECT
                                   FROM target AS t
                                  CROSS JOIN source AS s
                                   JOIN work_types AS w
                                     ON w.resort_id = t.id
                                    AND w.name = s.new_name
                                    AND w.deleted_at IS NULL)
                        THEN 'name'
                    WHEN (SELECT work_types_in_use(id) FROM target) >= $most::integer
                        THEN 'too_many'
                    ELSE 'done'
                END AS outcome
     ),
     made AS (
         INSERT INTO work_types (id, resort_id, name, category_code, schedule, headcount,
                                 pay_type, pay_min_krw, pay_max_krw, daily_minutes, requirements)
         SELECT $new_id::uuid,
                t.id,
                s.new_name,
                s.category_code,
                s.schedule,
                s.headcount,
                s.pay_type,
                s.pay_min_krw,
                s.pay_max_krw,
                s.daily_minutes,
                s.requirements
           FROM source AS s
          CROSS JOIN target AS t
           JOIN verdict AS v ON v.outcome = 'done'
         RETURNING work_types AS w
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'work_type.copied',
                'work_type',
                (m.w).id,
                left($request_id, 100),
                jsonb_build_object('resort_id', (m.w).resort_id,
                                   'name', (m.w).name,
                                   'of', $id::uuid,
                                   'of_resort_id', $resort::uuid)
           FROM made AS m
     )
SELECT (m.w).id,
       (m.w).resort_id,
       (m.w).name,
       (m.w).category_code AS category,
       (m.w).schedule,
       bit_count((m.w).schedule) AS hours_a_week,
       (m.w).headcount,
       (m.w).pay_type AS "pay.type",
       (m.w).pay_min_krw AS "pay.min",
       (m.w).pay_max_krw AS "pay.max",
       pay_per_hour((m.w).pay_type, (m.w).pay_min_krw, (m.w).daily_minutes) AS "pay.hourly",
       (m.w).daily_minutes,
       (m.w).requirements,
       (m.w).revision,
       work_type_warnings(m.w) AS warnings,
       to_char((m.w).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char((m.w).updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       v.outcome,
       NULL::integer AS day_minutes,
       NULL::json AS posts
  FROM verdict AS v
  LEFT JOIN made AS m ON true;


-- What a live post offers, in its order, for GET /api/v1/jobs/{id}/work-types
-- and the job's page.
-- view: rb_work_of_job_fields
--
-- name: work_of_post
SELECT w.id,
       w.name,
       w.category_code AS category,
       w.schedule,
       bit_count(w.schedule) AS hours_a_week,
       w.headcount,
       w.pay_type AS "pay.type",
       w.pay_min_krw AS "pay.min",
       w.pay_max_krw AS "pay.max",
       w.daily_minutes,
       w.requirements
  FROM posts AS p
 CROSS JOIN LATERAL unnest(p.work_type_ids) WITH ORDINALITY AS o (id, n)
  JOIN work_types AS w ON w.id = o.id
 WHERE p.id = $post::uuid
   AND p.live
 ORDER BY o.n;


-- What a work type may begin with, in one language, for
-- GET /api/v1/work-type-templates.
-- view: rb_work_template_fields
--
-- name: work_templates
SELECT code,
       name_ko AS name,                                            -- when: !en
       name_en AS name,                                            -- when: en
       category_code AS category,
       schedule,
       bit_count(schedule) AS hours_a_week,
       daily_minutes,
       requirements_ko AS requirements                             -- when: !en
       requirements_en AS requirements                             -- when: en
  FROM work_type_templates
 ORDER BY position;
