-- A resort's desk for its posts, and the moves of posts through their states.
--
-- Every write locks the resort first (FOR SHARE: its verification and its
-- address stay what they are) and then the post.  What the law says is asked
-- of functions that look after the lock was got (0111).


-- Moves a post, deletes it softly and restores it, for rb_posts_move(), whoever
-- asks: see move_posts() (0121), which has all of it and the outcomes.  $resort
-- is null where posts of all resorts may be moved.  No row: no such post there.
-- post is what the move left, for posts_get.
--
-- name: posts_move lane=write
SELECT m.outcome,
       CASE WHEN (m.was).deleted_at IS NULL THEN (m.was).status::text ELSE 'deleted' END AS state,
       array_to_string(post_allowed(m.was, $by), ',') AS allowed,
       m.findings,
       to_jsonb(m.became) AS post,
       (m.became).status,
       (m.became).version,
       (m.became).revision
  FROM move_posts(jsonb_build_object($post::uuid, to_jsonb($if_match::integer[])),
                  $verb, $by, $resort::uuid, $actor::uuid, $reason, $request_id, false,
                  '{}') AS m;


-- A page of GET /api/v1/resorts/{id}/posts, newest first: the ids are in the
-- order of time.  Each state has its own short walk of an index, and what they
-- find is merged.
-- view: rb_post_summary_fields
--
-- name: posts_list lane=slow
SELECT p.id,
       p.title,
       p.category_code AS category,
       p.employment_type,
       p.pay_type AS "pay.type",
       p.pay_min_krw AS "pay.min",
       p.pay_max_krw AS "pay.max",
       p.pay_hourly_krw AS "pay.hourly",
       p.starts_on AS "period.from",
       p.ends_on AS "period.until",
       p.headcount,
       p.has_dormitory AS dormitory,
       p.apply_until,
       p.status,
       post_reason_shown(p.status_reason, $lang) AS status_reason,
       p.version,
       p.revision,
       p.approved_version,
       to_char(p.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
       to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(p.deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at,
       coalesce(c.views, 0) AS "counters.views",
       coalesce(c.favourites, 0) AS "counters.favourites",
       coalesce(c.applications, 0) AS "counters.applications",
       p.id AS key_id
  FROM unnest(coalesce($statuses::post_status[], enum_range(NULL::post_status))) AS s (status)
 CROSS JOIN LATERAL (
           SELECT *
             FROM posts
            WHERE resort_id = $resort::uuid
              AND status = s.status
              AND deleted_at IS NULL                               -- when: !deleted
              AND deleted_at IS NOT NULL                           -- when: deleted
              AND ($after_id::uuid IS NULL OR id < $after_id::uuid)
            ORDER BY id DESC
            LIMIT $limit::integer
       ) AS p
  LEFT JOIN post_counters AS c ON c.post_id = p.id
 ORDER BY p.id DESC
 LIMIT $limit::integer;


-- One post, whole, for GET /api/v1/resorts/{id}/posts/{post_id}; and for the
-- answer to what changed it, with the row that the change left: looked up again,
-- it might be what somebody else has made of it since.
-- view: rb_post_fields
--
-- name: posts_get
SELECT p.id,
       p.title,
       p.description,
       p.category_code AS category,
       p.employment_type,
       p.pay_type AS "pay.type",
       p.pay_min_krw AS "pay.min",
       p.pay_max_krw AS "pay.max",
       p.pay_hourly_krw AS "pay.hourly",
       p.daily_minutes AS "pay.daily_minutes",
       p.starts_on AS "period.from",
       p.ends_on AS "period.until",
       p.headcount,
       p.has_dormitory AS dormitory,
       p.dormitory_id,
       p.meals_a_day AS meals,
       array_to_json(p.benefits) AS benefits,
       p.requirements,
       p.apply_until,
       array_to_json(p.work_type_ids) AS work_type_ids,
       (SELECT coalesce(json_agg(json_build_object('id', w.id,
                                                   'name', w.name,
                                                   'deleted', w.deleted_at IS NOT NULL)
                                 ORDER BY u.n),
                        '[]')
          FROM unnest(p.work_type_ids) WITH ORDINALITY AS u (id, n)
          JOIN work_types AS w ON w.id = u.id) AS work_types,
       p.status,
       post_reason_shown(p.status_reason, $lang) AS status_reason,
       array_to_json(post_allowed(p, 'resort')) AS allowed_states,
       p.version,
       p.revision,
       p.approved_version,
       p.status = 'pending' AND p.approved_version IS NOT NULL AS back_in_review,
       CASE
           WHEN p.approved_version < p.version
               THEN array_to_json(post_field_names(coalesce(
                        post_worse(post_public_content(p), post_content(p)), '{}')))
           ELSE '[]'
       END AS worse,
       CASE
           WHEN p.deleted_at IS NULL AND p.status NOT IN ('filled', 'expired')
               THEN post_findings_shown(post_findings_json(p), $lang)
           ELSE '[]'
       END AS findings,
       to_char(p.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
       to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(p.deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at,
       p.region_code AS "workplace.region",
       split_part(p.address, ' ', 2) AS "workplace.city",
       p.address AS "workplace.address",
       p.lat AS "workplace.lat",
       p.lng AS "workplace.lng",
       r.id AS "resort.id",
       r.name AS "resort.name",
       r.type AS "resort.type",
       r.region_code AS "resort.region",
       split_part(r.address, ' ', 2) AS "resort.city",
       r.lat AS "resort.lat",
       r.lng AS "resort.lng",
       coalesce(c.views, 0) AS "counters.views",
       coalesce(c.favourites, 0) AS "counters.favourites",
       coalesce(c.applications, 0) AS "counters.applications"
  FROM posts AS p                                                            -- when: !left
  FROM jsonb_populate_record(NULL::posts, $left::jsonb) AS p                 -- when: left
  JOIN resorts AS r ON r.id = p.resort_id
  LEFT JOIN post_counters AS c ON c.post_id = p.id
 WHERE p.id = $post::uuid
   AND p.resort_id = $resort::uuid;


-- Makes a draft, for POST /api/v1/resorts/{id}/posts; and, as a copy of the
-- post $source of the resort $from, for POST …/posts/{post_id}/copy.  Place
-- and region are the resort's unless the patch says otherwise.  Whoever copies
-- into another resort must be a member of that one, too.
--
-- outcome: `created', `replayed' or `reused' as in reports_create.  No row:
-- there is no such resort or post, or this caller may not write there.
-- response is the answer that is kept for the key.
--
-- name: posts_create lane=write
WITH before AS (                                                   -- when: keyed
         SELECT request_hash, response                             -- when: keyed
           FROM idempotency_keys                                   -- when: keyed
          WHERE caller = $caller                                   -- when: keyed
            AND key = $key                                         -- when: keyed
            AND route = $route                                     -- when: keyed
     ),                                                            -- when: keyed
     resort AS MATERIALIZED (                                      -- when: keyed
WITH resort AS MATERIALIZED (                                      -- when: !keyed
         SELECT r AS site
           FROM resorts AS r
          WHERE r.id = $resort::uuid
            AND r.deleted_at IS NULL
            AND EXISTS (SELECT
                          FROM resort_members
                         WHERE resort_id = r.id
                           AND member_id = $actor::uuid)
            FOR SHARE
     ),
     draft AS MATERIALIZED (
         SELECT post_patched(post_blank(r.site), $patch::jsonb) AS post  -- when: !copy
           FROM resort AS r                                        -- when: !copy
         SELECT post_patched(post_blank(r.site),                   -- when: copy
                             post_copied(p, (r.site).id) || $patch::jsonb) AS post  -- when: copy
           FROM resort AS r                                        -- when: copy
           JOIN posts AS p                                         -- when: copy
             ON p.id = $source::uuid                               -- when: copy
            AND p.resort_id = $from::uuid                          -- when: copy
     ),
     made AS (
         INSERT INTO posts (id, resort_id, title, description, category_code, employment_type,
                            pay_type, pay_min_krw, pay_max_krw, daily_minutes, starts_on, ends_on,
                            apply_until, headcount, region_code, address, lat, lng, has_dormitory,
                            dormitory_id, meals_a_day, benefits, requirements, work_type_ids,
                            created_by, updated_by)
         SELECT $id::uuid, (post).resort_id, (post).title, (post).description,
                (post).category_code, (post).employment_type, (post).pay_type,
                (post).pay_min_krw, (post).pay_max_krw, (post).daily_minutes, (post).starts_on,
                (post).ends_on, (post).apply_until, (post).headcount, (post).region_code,
                (post).address, (post).lat, (post).lng, (post).has_dormitory,
                (post).dormitory_id, (post).meals_a_day, (post).benefits, (post).requirements,
                (post).work_type_ids, $actor::uuid, $actor::uuid
           FROM draft
          WHERE NOT EXISTS (SELECT FROM before)                    -- when: keyed
         RETURNING id, resort_id, title,
                   format('{"id":"%s","resort_id":"%s","title":%s,"status":"%s","version":%s,'
                          '"revision":%s,"created_at":"%s"}',
                          id, resort_id, to_json(title), status, version, revision,
                          to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                       AS response
     ),
     kept AS (                                                     -- when: keyed
         INSERT INTO idempotency_keys                              -- when: keyed
                (caller, key, route, request_hash, status, response)  -- when: keyed
         SELECT $caller, $key, $route, $request_hash::bytea, 201, response  -- when: keyed
           FROM made                                               -- when: keyed
     ),                                                            -- when: keyed
     event AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'post.created',
                'job:' || id,
                jsonb_build_object('post_id', id, 'resort_id', resort_id)
           FROM made
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'post.created',
                'job',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id)
                || jsonb_build_object('copy_of', $source::uuid)    -- when: copy
           FROM made
     )
SELECT 'created' AS outcome,
       response
  FROM made
 UNION ALL                                                         -- when: keyed
SELECT CASE WHEN request_hash = $request_hash::bytea THEN 'replayed' ELSE 'reused' END,  -- when: keyed
       response                                                    -- when: keyed
  FROM before;                                                     -- when: keyed


-- Changes what a post says, for PATCH /api/v1/resorts/{id}/posts/{post_id}.
-- $patch has the columns that change.  One that is approved or paused goes
-- back to review by itself when it has become worse than what the public sees,
-- or has words that somebody must look at and that weren't there.  What the
-- law refuses and was not there before is refused in what is public, paused or
-- waiting; a draft may lack what it likes, and what was sent back or hidden
-- must stay complete.
--
-- outcome: `done', `stale', `state' (filled, expired and deleted posts stay as
-- they are) or `rules'.  No row: no such post.  post is what the edit left, for
-- posts_get.
--
-- name: posts_edit lane=write
WITH resort AS MATERIALIZED (
         SELECT id
           FROM resorts
          WHERE id = $resort::uuid
            FOR SHARE
     ),
     locked AS MATERIALIZED (
         SELECT p AS post,
                p.deleted_at IS NULL AND p.status NOT IN ('filled', 'expired') AS editable,
                $if_match::integer[] IS NULL OR p.revision = ANY ($if_match::integer[]) AS fresh
           FROM posts AS p
           JOIN resort AS r ON r.id = p.resort_id
          WHERE p.id = $post::uuid
            FOR UPDATE OF p
     ),
     patched AS MATERIALIZED (
         SELECT post,
                editable,
                fresh,
                post_patched(post, $patch::jsonb) AS after
           FROM locked
     ),
     looked AS MATERIALIZED (
         SELECT *,
                post_content(post) AS before_says,
                post_content(after) AS says,
                CASE
                    WHEN editable AND fresh AND (post).status <> 'draft'
                        THEN post_findings_json(post)
                    ELSE '[]'
                END AS had,
                CASE
                    WHEN editable AND fresh AND (post).status <> 'draft'
                        THEN post_findings_json(after)
                    ELSE '[]'
                END AS has,
                CASE
                    WHEN (post).status IN ('approved', 'paused')
                        THEN coalesce(post_worse(post_public_content(post), post_content(after)),
                                      '{}')
                    ELSE '{}'
                END AS worse
           FROM patched
     ),
     weighed AS MATERIALIZED (
         SELECT *,
                CASE
                    WHEN (post).status IN ('approved', 'paused', 'pending')
                        THEN post_findings_new(had, has, 'refuse')
                    ELSE jsonb_path_query_array(
                             has, '$[*] ? (@.severity == "refuse" && @.rule == "incomplete")')
                END AS refused,
                CASE
                    WHEN (post).status IN ('approved', 'paused')
                        THEN post_findings_new(had, has, 'review')
                    ELSE '[]'
                END AS words
           FROM looked
     ),
     verdict AS MATERIALIZED (
         SELECT *,
                CASE
                    WHEN NOT fresh THEN 'stale'
                    WHEN NOT editable THEN 'state'
                    WHEN refused <> '[]' THEN 'rules'
                    ELSE 'done'
                END AS outcome,
                m.to_status AS sent_to
           FROM weighed AS w
           LEFT JOIN post_moves AS m
             ON m.from_status = (w.post).status
            AND m.actor = 'system'
            AND m.verb = 'review'
            AND (w.worse <> '{}' OR w.words <> '[]')
     ),
     edited AS (
         UPDATE posts AS p
            SET title = (v.after).title,
                description = (v.after).description,
                category_code = (v.after).category_code,
                employment_type = (v.after).employment_type,
                pay_type = (v.after).pay_type,
                pay_min_krw = (v.after).pay_min_krw,
                pay_max_krw = (v.after).pay_max_krw,
                daily_minutes = (v.after).daily_minutes,
                starts_on = (v.after).starts_on,
                ends_on = (v.after).ends_on,
                apply_until = (v.after).apply_until,
                headcount = (v.after).headcount,
                region_code = (v.after).region_code,
                address = (v.after).address,
                lat = (v.after).lat,
                lng = (v.after).lng,
                has_dormitory = (v.after).has_dormitory,
                dormitory_id = (v.after).dormitory_id,
                meals_a_day = (v.after).meals_a_day,
                benefits = (v.after).benefits,
                requirements = (v.after).requirements,
                work_type_ids = (v.after).work_type_ids,
                status = coalesce(v.sent_to, p.status),
                status_reason = CASE
                                    WHEN v.sent_to IS NULL THEN p.status_reason
                                    ELSE post_review_reason(v.worse, v.words)
                                END,
                updated_by = $actor::uuid,
                updated_at = now()
           FROM verdict AS v
          WHERE p.id = (v.post).id
            AND v.outcome = 'done'
            AND v.before_says <> v.says
         RETURNING p.id, p.resort_id, p.status, p.status_reason, p.version, p AS post
     ),
     event AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT t.topic,
                'job:' || e.id,
                jsonb_build_object('post_id', e.id,
                                   'resort_id', e.resort_id,
                                   'from', (v.post).status,
                                   'to', e.status,
                                   'version', e.version)
           FROM edited AS e
           JOIN verdict AS v ON true
          CROSS JOIN LATERAL (
                    VALUES ('post.edited'), (CASE WHEN v.sent_to IS NOT NULL THEN v.event END)
                ) AS t (topic)
          WHERE t.topic IS NOT NULL
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                coalesce(CASE WHEN v.sent_to IS NOT NULL THEN v.event END, 'post.edited'),
                'job',
                e.id,
                left($request_id, 100),
                jsonb_strip_nulls(jsonb_build_object(
                    'resort_id', e.resort_id,
                    'version', e.version,
                    'changed', post_field_names(post_changed(v.before_says, v.says)),
                    'worse', post_field_names(v.worse),
                    'from', (v.post).status,
                    'to', e.status,
                    'reason', CASE WHEN v.sent_to IS NOT NULL THEN e.status_reason END))
           FROM edited AS e
           JOIN verdict AS v ON true
     )
SELECT v.outcome,
       CASE WHEN (v.post).deleted_at IS NULL THEN (v.post).status::text ELSE 'deleted' END AS state,
       array_to_string(post_allowed(v.post, 'resort'), ',') AS allowed,
       v.refused AS findings,
       to_jsonb(coalesce(e.post, v.post)) AS post
  FROM verdict AS v
  LEFT JOIN edited AS e ON true;


-- The versions of a post, the newest first, for GET …/posts/{post_id}/versions:
-- what each changed of the one before it, and what of that is worse for who
-- applies.
-- view: rb_post_version_summary_fields
--
-- name: posts_versions lane=slow
SELECT v.version,
       v.version = p.version AS current,
       v.version = p.approved_version AS approved,
       to_char(v.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS changed_at,
       m.id AS "changed_by.id",
       m.display_name AS "changed_by.name",
       array_to_json(post_field_names(coalesce(post_changed(b.content, v.content), '{}'))) AS changed,
       array_to_json(post_field_names(coalesce(post_worse(b.content, v.content), '{}'))) AS worse,
       v.version AS key
  FROM posts AS p
 CROSS JOIN LATERAL (
           SELECT p.version,
                  post_content(p) AS content,
                  coalesce(p.edited_by, p.created_by) AS changed_by,
                  coalesce(p.edited_at, p.created_at) AS changed_at
            WHERE $after::integer IS NULL
            UNION ALL
           (SELECT version, content, changed_by, changed_at
              FROM post_versions
             WHERE post_id = p.id
               AND ($after::integer IS NULL OR version < $after::integer)
             ORDER BY version DESC
             LIMIT $limit::integer)
       ) AS v
  LEFT JOIN post_versions AS b ON b.post_id = p.id AND b.version = v.version - 1
  LEFT JOIN members AS m ON m.id = v.changed_by
 WHERE p.id = $post::uuid
   AND p.resort_id = $resort::uuid
 ORDER BY v.version DESC
 LIMIT $limit::integer;


-- What a version said, for GET …/posts/{post_id}/versions/{version}.
-- view: rb_post_version_fields
--
-- name: posts_version
SELECT v.version,
       v.version = p.version AS current,
       v.version = p.approved_version AS approved,
       to_char(v.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS changed_at,
       m.id AS "changed_by.id",
       m.display_name AS "changed_by.name",
       (c).title,
       (c).description,
       (c).category_code AS category,
       (c).employment_type,
       (c).pay_type AS "pay.type",
       (c).pay_min_krw AS "pay.min",
       (c).pay_max_krw AS "pay.max",
       (c).daily_minutes AS "pay.daily_minutes",
       (c).starts_on AS "period.from",
       (c).ends_on AS "period.until",
       (c).headcount,
       (c).has_dormitory AS dormitory,
       (c).dormitory_id,
       (c).meals_a_day AS meals,
       array_to_json((c).benefits) AS benefits,
       (c).requirements,
       (c).apply_until,
       array_to_json((c).work_type_ids) AS work_type_ids,
       (c).region_code AS "workplace.region",
       split_part((c).address, ' ', 2) AS "workplace.city",
       (c).address AS "workplace.address",
       (c).lat AS "workplace.lat",
       (c).lng AS "workplace.lng"
  FROM posts AS p
 CROSS JOIN LATERAL (
           SELECT p.version,
                  post_content(p) AS content,
                  coalesce(p.edited_by, p.created_by) AS changed_by,
                  coalesce(p.edited_at, p.created_at) AS changed_at
            WHERE p.version = $version::integer
            UNION ALL
           SELECT version, content, changed_by, changed_at
             FROM post_versions
            WHERE post_id = p.id
              AND version = $version::integer
       ) AS v
 CROSS JOIN LATERAL jsonb_populate_record(NULL::posts,
                                          '{"work_type_ids": []}' || v.content) AS c
  LEFT JOIN members AS m ON m.id = v.changed_by
 WHERE p.id = $post::uuid
   AND p.resort_id = $resort::uuid;


-- The way of a post through its states, the newest step first, for
-- GET …/posts/{post_id}/history.  Who of the moderators decided isn't told.
-- view: rb_post_step_fields
--
-- name: posts_history lane=slow
SELECT s.id,
       s.step,
       s.from_status AS "from",
       s.to_status AS "to",
       post_reason_shown(s.reason, $lang) AS reason,
       s.version,
       coalesce(k.actor, 'system') AS "actor.kind",
       m.id AS "actor.id",
       m.display_name AS "actor.name",
       to_char(s.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
       s.id AS key
  FROM posts AS p
  JOIN post_status_changes AS s ON s.post_id = p.id
  LEFT JOIN LATERAL (
           SELECT CASE WHEN s.step = 'status' THEN min(actor) ELSE 'resort' END AS actor
             FROM post_moves
            WHERE from_status = s.from_status
              AND to_status = s.to_status
       ) AS k ON true
  LEFT JOIN members AS m ON m.id = s.actor_id AND k.actor <> 'moderator'
 WHERE p.id = $post::uuid
   AND p.resort_id = $resort::uuid
   AND ($after::bigint IS NULL OR s.id < $after::bigint)
 ORDER BY s.id DESC
 LIMIT $limit::integer;


-- What of a post has become worse since a member applied to it, for
-- GET /api/v1/jobs/{id}/changes: what the public sees now, or saw last,
-- against what was in force then.  No row: they haven't applied.
-- view: rb_job_changes_fields
--
-- name: posts_changes
SELECT p.id,
       p.title,
       a.id AS application_id,
       to_char(a.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS applied_at,
       coalesce(post_worse_values(post_content_at(p, a.created_at), post_public_content(p), $lang),
                '[]') AS changes
  FROM applications AS a
  JOIN posts AS p ON p.id = a.post_id
 WHERE a.crew_id = $member::uuid
   AND a.post_id = $post::uuid;


-- Whether a resort has a post, for the lists of what it was.
--
-- name: posts_exists
SELECT id
  FROM posts
 WHERE id = $post::uuid
   AND resort_id = $resort::uuid;
