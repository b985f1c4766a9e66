-- The moderators' desk for posts.  One post is moved by posts_move, many at once
-- here; both by move_posts() (0121).


-- Posts to look at, for GET /api/v1/admin/posts: pending ones and those that were
-- sent back, rejected or hidden in the order in which that was done to them,
-- the oldest first; others by their id, the newest first.  flagged: those of
-- which the law or a watched word finds something, among the two hundred that have
-- waited longest: it takes two milliseconds to look at one, of long texts ten.
-- view: rb_moderation_queue_fields
--
-- name: moderation_queue lane=slow
WITH page AS MATERIALIZED (
         SELECT post                                                                     -- when: flagged
           FROM (                                                                        -- when: flagged
         SELECT p AS post
           FROM posts AS p
          WHERE p.deleted_at IS NULL
            AND p.status = 'pending'                                                     -- when: by_pending
            AND p.status IN ('changes_requested', 'rejected', 'hidden')                  -- when: by_desk
            AND p.status = $status::post_status                                          -- when: by_desk
            AND p.status = $status::post_status                                          -- when: by_id
            AND p.resort_id = $resort::uuid                                              -- when: of_resort
            AND (p.updated_at, p.id) > ($after::timestamptz, $after_id::uuid)            -- when: after_pending
            AND (p.updated_at, p.id) > ($after::timestamptz, $after_id::uuid)            -- when: after_desk
            AND p.id < $after_id::uuid                                                   -- when: after_id
          ORDER BY p.updated_at, p.id                                                    -- when: by_pending
          ORDER BY p.updated_at, p.id                                                    -- when: by_desk
          ORDER BY p.id DESC                                                             -- when: by_id
          LIMIT 200                                                                      -- when: flagged
                ) AS waiting                                                             -- when: flagged
          WHERE EXISTS (SELECT FROM post_findings(post))                                 -- when: flagged
          LIMIT $limit::integer
     )
SELECT (g.post).id,
       (g.post).revision,
       (g.post).title,
       (g.post).status,
       post_reason_shown((g.post).status_reason, $locale) AS status_reason,
       (g.post).version,
       (g.post).approved_version,
       (g.post).resort_id AS "resort.id",
       (SELECT name FROM resorts WHERE id = (g.post).resort_id) AS "resort.name",
       (SELECT business_verified_at IS NOT NULL
          FROM resorts
         WHERE id = (g.post).resort_id) AS "resort.verified",
       (g.post).created_by AS "author.id",
       (SELECT display_name FROM members WHERE id = (g.post).created_by) AS "author.name",
       f.findings,
       f.refusals,
       array_to_json(coalesce(post_field_names(post_worse(post_public_content(g.post),
                                                          post_content(g.post))), '{}')) AS worse,
       NOT EXISTS (SELECT
                     FROM posts AS o
                    WHERE o.resort_id = (g.post).resort_id
                      AND o.published_at IS NOT NULL
                      AND o.id <> (g.post).id) AS first_of_resort,
       (SELECT count(*)
          FROM reports AS o
         WHERE o.post_id = (g.post).id
           AND o.status = 'open') AS open_reports,
       to_char((g.post).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char((g.post).updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       (g.post).updated_at AS key,                                                       -- when: by_pending
       (g.post).updated_at AS key,                                                       -- when: by_desk
       (g.post).id AS key,                                                               -- when: by_id
       (g.post).id AS key_id
  FROM page AS g
 CROSS JOIN LATERAL (
           SELECT count(*) AS findings,
                  count(*) FILTER (WHERE severity = 'refuse') AS refusals
             FROM post_findings(g.post)
       ) AS f
 ORDER BY (g.post).updated_at, (g.post).id                                               -- when: by_pending
 ORDER BY (g.post).updated_at, (g.post).id                                               -- when: by_desk
 ORDER BY (g.post).id DESC;                                                              -- when: by_id


-- One of them, for GET /api/v1/admin/posts/{id}, deleted ones too: all that is to
-- be known before it is decided.  changes is what differs from what the public
-- sees, or saw last; null when it never saw the post.  Reports aren't shown to who
-- is a member of the resort.
-- view: rb_moderation_post_fields
--
-- name: moderation_post lane=slow
SELECT p.id,
       p.revision,
       p.title,
       p.status,
       post_reason_shown(p.status_reason, $locale) AS status_reason,
       p.version,
       p.approved_version,
       r.id AS "resort.id",
       r.name AS "resort.name",
       r.open AS "resort.open",
       r.business_number AS "resort.business_number",
       to_char(r.business_verified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "resort.verified_at",
       (SELECT count(*)
          FROM posts AS o
         WHERE o.resort_id = p.resort_id
           AND o.published_at IS NOT NULL
           AND o.id <> p.id) AS "resort.published_posts",
       m.id AS "author.id",
       m.display_name AS "author.name",
       p.description,
       p.category_code AS category,
       p.employment_type,
       p.pay_type AS "pay.type",
       p.pay_min_krw AS "pay.min",
       p.pay_max_krw AS "pay.max",
       p.daily_minutes AS "pay.daily_minutes",
       p.starts_on AS "period.from",
       p.ends_on AS "period.until",
       p.apply_until,
       p.headcount,
       p.region_code AS "workplace.region",
       p.address AS "workplace.address",
       p.lat AS "workplace.lat",
       p.lng AS "workplace.lng",
       p.has_dormitory AS dormitory,
       p.dormitory_id,
       (SELECT json_build_object('id', d.id,
                                 'name', d.name,
                                 'rent', json_build_object('monthly', d.rent_monthly_krw,
                                                           'deposit', d.deposit_krw,
                                                           'utilities_included', d.utilities_included))
          FROM dormitories AS d
         WHERE d.id = p.dormitory_id) AS dormitory_details,
       p.meals_a_day AS meals,
       array_to_json(p.benefits) AS benefits,
       p.requirements,
       array_to_json(p.work_type_ids) AS work_type_ids,
       (SELECT coalesce(json_agg(json_build_object('id', w.id,
                                                   'name', w.name,
                                                   'pay', json_build_object('type', w.pay_type,
                                                                            'min', w.pay_min_krw,
                                                                            'max', w.pay_max_krw),
                                                   'daily_minutes', w.daily_minutes,
                                                   'schedule', week_ranges(w.schedule),
                                                   'requirements', w.requirements,
                                                   'deleted', w.deleted_at IS NOT NULL)
                                 ORDER BY u.n), '[]')
          FROM unnest(p.work_type_ids) WITH ORDINALITY AS u (id, n)
          JOIN work_types AS w ON w.id = u.id) AS work_types,
       (SELECT coalesce(json_agg(json_build_object('rule', f.rule,
                                                   'code', f.code,
                                                   'severity', f.severity,
                                                   'field', f.field,
                                                   'found', f.found,
                                                   'needed', f.needed,
                                                   'source', f.source,
                                                   'detail', CASE $locale
                                                                 WHEN 'en' THEN f.detail_en
                                                                 ELSE f.detail_ko
                                                             END)), '[]')
          FROM post_findings(p) AS f) AS findings,
       (SELECT json_agg(json_build_object('field', k.name,
                                          'before', b.content->k.key,
                                          'after', b.now->k.key,
                                          'worse', k.key = ANY (b.worse))
                        ORDER BY k.position)
          FROM (SELECT c.content,
                       post_content(p) AS now,
                       post_worse(c.content, post_content(p)) AS worse
                  FROM post_public_content(p) AS c (content)
               ) AS b
          LEFT JOIN post_fields AS k ON b.content->k.key IS DISTINCT FROM b.now->k.key
         WHERE b.content IS NOT NULL) AS changes,
       (SELECT coalesce(json_agg(json_build_object('id', o.id,
                                                   'reason', o.reason,
                                                   'detail', o.detail,
                                                   'created_at', to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                                 ORDER BY o.created_at, o.id), '[]')
          FROM (SELECT *
                  FROM reports AS q
                 WHERE q.post_id = p.id
                   AND q.status = 'open'
                   AND NOT report_of_own(p.id, $actor::uuid)
                 ORDER BY q.created_at, q.id
                 LIMIT 100) AS o) AS reports,
       (SELECT coalesce(json_agg(json_build_object('step', h.step,
                                                   'from', h.from_status,
                                                   'to', h.to_status,
                                                   'reason', h.reason,
                                                   'version', h.version,
                                                   'actor', a.display_name,
                                                   'at', to_char(h.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                                 ORDER BY h.id DESC), '[]')
          FROM (SELECT *
                  FROM post_status_changes AS q
                 WHERE q.post_id = p.id
                 ORDER BY q.id DESC
                 LIMIT 100) AS h
          LEFT JOIN members AS a ON a.id = h.actor_id) AS history,
       to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(p.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
       to_char(p.deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at
  FROM posts AS p
  JOIN resorts AS r ON r.id = p.resort_id
  JOIN members AS m ON m.id = p.created_by
 WHERE p.id = $id::uuid;


-- Moves many posts, for POST /api/v1/admin/posts/bulk, each for itself: what is
-- wrong with one changes nothing for the others.  See move_posts() (0121).
-- $posts and $revisions go together.  With $dry nothing is written, and the answer
-- is the one that would have been given, but for the revisions.
--
-- outcome: `done', `reason' (one is due; nothing was done), `replayed' or `reused'
-- (see reports_create).  In the answer, of each post: `done', `not_found',
-- `own_resort', `stale', `state_conflict' or `rules_not_met'.
--
-- name: moderation_bulk lane=write
WITH before AS (                                                                         -- when: keyed
         SELECT request_hash, response                                                   -- when: keyed
           FROM idempotency_keys                                                         -- when: keyed
          WHERE caller = $caller                                                         -- when: keyed
            AND key = $key                                                               -- when: keyed
            AND route = 'admin_posts_bulk'                                               -- when: keyed
     ),                                                                                  -- when: keyed
     asked AS MATERIALIZED (                                                             -- when: keyed
WITH asked AS MATERIALIZED (                                                             -- when: !keyed
         SELECT u.id, u.revision, u.n
           FROM unnest($posts::uuid[], $revisions::integer[])
                WITH ORDINALITY AS u (id, revision, n)
          WHERE NOT EXISTS (SELECT FROM before)                                          -- when: keyed
     ),
     moved AS MATERIALIZED (
         SELECT m.*
           FROM (SELECT jsonb_object_agg(id, jsonb_build_array(revision)) AS read
                   FROM asked) AS a
          CROSS JOIN LATERAL move_posts(a.read, $verb, 'moderator', NULL, $actor::uuid, $reason,
                                        $request_id, $dry::boolean, '{}') AS m
          WHERE a.read IS NOT NULL
     ),
     items AS (
         SELECT a.n,
                coalesce(m.outcome, 'not_found') AS outcome,
                json_build_object(
                    'id', a.id,
                    'outcome', CASE m.outcome
                                   WHEN 'own' THEN 'own_resort'
                                   WHEN 'state' THEN 'state_conflict'
                                   WHEN 'rules' THEN 'rules_not_met'
                                   ELSE coalesce(m.outcome, 'not_found')
                               END,
                    'title', (m.was).title,
                    'from', CASE
                                WHEN (m.was).deleted_at IS NULL THEN (m.was).status::text
                                ELSE 'deleted'
                            END,
                    'to', CASE m.outcome WHEN 'done' THEN m.to_status END,
                    'revision', (m.became).revision,
                    'allowed_states', CASE
                        WHEN m.id IS NULL THEN '[]'
                        WHEN m.outcome = 'done'
                            THEN array_to_json(post_allowed(
                                     jsonb_populate_record(m.was,
                                                           jsonb_build_object('status', m.to_status)),
                                     'moderator'))
                        ELSE array_to_json(post_allowed(m.was, 'moderator'))
                    END,
                    'findings', CASE m.outcome
                        WHEN 'rules'
                            THEN (SELECT json_agg(json_build_object(
                                                      'code', f->>'code',
                                                      'field', f->>'field',
                                                      'found', f->>'found',
                                                      'needed', f->>'needed',
                                                      'detail', f->>CASE $locale
                                                                        WHEN 'en' THEN 'detail_en'
                                                                        ELSE 'detail_ko'
                                                                    END))
                                    FROM jsonb_array_elements(m.findings) AS f
                                   WHERE f->>'severity' = 'refuse')
                        ELSE '[]'
                    END) AS item
           FROM asked AS a
           LEFT JOIN moved AS m ON m.id = a.id
     ),
     answer AS MATERIALIZED (
         SELECT CASE WHEN bool_or(outcome = 'reason') THEN 'reason' ELSE 'done' END AS outcome,
                json_build_object('dry_run', $dry::boolean,
                                  'done', count(*) FILTER (WHERE outcome = 'done'),
                                  'refused', count(*) FILTER (WHERE outcome <> 'done'),
                                  'items', json_agg(item ORDER BY n))::text AS response
           FROM items
         HAVING count(*) > 0
     ),                                                                                  -- when: keyed
     kept AS (                                                                           -- when: keyed
         INSERT INTO idempotency_keys                                                    -- when: keyed
                (caller, key, route, request_hash, status, response)                     -- when: keyed
         SELECT $caller, $key, 'admin_posts_bulk', $request_hash::bytea, 200, response   -- when: keyed
           FROM answer                                                                   -- when: keyed
          WHERE outcome = 'done'                                                         -- when: keyed
     )
SELECT outcome,
       response
  FROM answer
 UNION ALL                                                                               -- when: keyed
SELECT CASE WHEN request_hash = $request_hash::bytea THEN 'replayed' ELSE 'reused' END,  -- when: keyed
       response                                                                          -- when: keyed
  FROM before;                                                                           -- when: keyed
