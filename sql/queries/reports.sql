-- Reports of abuse, from both sides: who makes one, and the staff who decide.
-- What the public sees doesn't change by a report alone.


-- Takes a report, for POST /api/v1/jobs/{id}/reports, with all that belongs to
-- it: the answer kept for its idempotency key, the event, the audit trail.
-- All of it commits, or nothing does.
--
-- outcome is `created'; or `replayed' or `reused' when the key was used
-- before, for the same request or for another; no row at all means that this
-- caller has reported the post today, or that the post may not be reported
-- ($open is false).  A caller is a member, whose id is kept, or an address, of
-- which a keyed hash is.
--
-- Two requests with one key at the same instant: the second waits on one of
-- the two unique keys for the first.  On the report's it then inserts nothing
-- and returns no row; on the key's it fails with 23505 and nothing of it
-- remains.  Either way the caller asks once more, and now sees what the first
-- has left.
--
-- The detail is stored without what can't be seen at its ends.  Variation
-- selectors and tags stay, which end an emoji or a flag.
--
-- name: reports_create lane=write
WITH before AS (                                                   -- when: keyed
         SELECT request_hash, response                             -- when: keyed
           FROM idempotency_keys                                   -- when: keyed
          WHERE caller = $caller                                   -- when: keyed
            AND key = $key                                         -- when: keyed
            AND route = 'reports_create'                           -- when: keyed
     ),                                                            -- when: keyed
     report AS (                                                   -- when: keyed
WITH report AS (                                                   -- when: !keyed
         INSERT INTO reports (id, post_id, reporter_id, reporter_hash, reason, detail, created_at)
         SELECT $id::uuid,
                $post::uuid,
                $reporter::uuid,
                $caller_hash::bytea,
                $reason::report_reason,
                btrim(normalize($detail, NFC),
                      E' \t\n\u000b\f\r\u0085\u00a0\u00ad\u061c\u1680\u180e'
                       '\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
                       '\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d'
                       '\u202e\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2066\u2067'
                       '\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\u2800\u3000\u3164'
                       '\ufeff\uffa0\ufff9\ufffa\ufffb'),
                $created_at::timestamptz
          WHERE $open::boolean
            AND NOT EXISTS (SELECT FROM before)                    -- when: keyed
             ON CONFLICT (post_id, caller, day) DO NOTHING
         RETURNING id, post_id, reason, created_at
     ),
     kept AS (                                                     -- when: keyed
         INSERT INTO idempotency_keys                              -- when: keyed
                (caller, key, route, request_hash, status, response)  -- when: keyed
         SELECT $caller, $key, 'reports_create', $request_hash::bytea, 201, $response  -- when: keyed
           FROM report                                             -- when: keyed
     ),                                                            -- when: keyed
     event AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'report.created',
                'job:' || post_id,
                jsonb_build_object('report_id', id,
                                   'job_id', post_id,
                                   'reason', reason,
                                   'created_at', created_at)
           FROM report
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $reporter::uuid,
                'report.created',
                'job',
                post_id,
                left($request_id, 100),
                jsonb_build_object('report_id', id, 'reason', reason)
           FROM report
     )
SELECT 'created' AS outcome,
       NULL AS response
  FROM report
 UNION ALL                                                         -- when: keyed
SELECT CASE WHEN request_hash = $request_hash::bytea THEN 'replayed' ELSE 'reused' END,  -- when: keyed
       response                                                    -- when: keyed
  FROM before;                                                     -- when: keyed


-- What has become of a report, for GET /api/v1/jobs/{id}/reports/{report_id}.
-- view: rb_report_fields
--
-- name: reports_get
SELECT id,
       post_id AS job_id,
       reason,
       status,
       answer,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(handled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS decided_at
  FROM reports
 WHERE id = $id::uuid
   AND post_id = $post::uuid;


-- Those that a member has made, the newest first, for GET /api/v1/me/reports.
-- view: rb_reports_own_fields
--
-- name: reports_of_member
SELECT r.id,
       p.id AS "job.id",
       p.title AS "job.title",
       r.reason,
       r.detail,
       r.status,
       r.answer,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(r.handled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS decided_at,
       r.created_at AS key,
       r.id AS key_id
  FROM reports AS r
  JOIN posts AS p ON p.id = r.post_id
 WHERE r.reporter_id = $member::uuid
   AND ($after::timestamptz IS NULL
        OR (r.created_at, r.id) < ($after::timestamptz, $after_id::uuid))
 ORDER BY r.created_at DESC, r.id DESC
 LIMIT $limit::integer;


-- The queue, for GET /api/v1/admin/reports: what is open, the oldest first; or
-- what was decided, the last one first.  Of both what one of the staff looks
-- at, what nobody does, or what is of one post.  Nobody is shown reports of a
-- resort that they are a member of, here and below: it isn't to learn who wrote.
-- view: rb_reports_queue_fields
--
-- name: reports_queue lane=slow
WITH r AS MATERIALIZED (
         SELECT *
           FROM reports
          WHERE true
            AND status = 'open'                                             -- when: by_open
            AND status <> 'open'                                            -- when: by_decided
            AND status = $status::report_status                             -- when: by_decided
            AND assigned_to = $actor::uuid                                  -- when: assigned
            AND assigned_to IS NULL                                         -- when: unassigned
            AND post_id = $post::uuid                                       -- when: of_post
            AND NOT report_of_own(post_id, $actor::uuid)
            AND (created_at, id) > ($after::timestamptz, $after_id::uuid)   -- when: after_open
            AND (handled_at, id) < ($after::timestamptz, $after_id::uuid)   -- when: after_decided
          ORDER BY created_at, id                                           -- when: by_open
          ORDER BY handled_at DESC, id DESC                                 -- when: by_decided
          LIMIT $limit::integer
     )
SELECT r.id,
       r.revision,
       p.id AS "job.id",
       p.title AS "job.title",
       p.status AS "job.status",
       s.id AS "resort.id",
       s.name AS "resort.name",
       r.reason,
       r.detail,
       r.status,
       r.reporter_id IS NOT NULL AS by_member,
       (SELECT count(*)
          FROM reports AS o
         WHERE o.post_id = r.post_id
           AND o.status = 'open') AS open_reports,
       r.assigned_to AS "assigned_to.id",
       (SELECT display_name FROM members WHERE id = r.assigned_to) AS "assigned_to.name",
       to_char(r.assigned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS assigned_at,
       r.action,
       r.answer,
       r.handled_by AS "handled_by.id",
       (SELECT display_name FROM members WHERE id = r.handled_by) AS "handled_by.name",
       to_char(r.handled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS handled_at,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       r.created_at AS key,                                                 -- when: by_open
       r.handled_at AS key,                                                 -- when: by_decided
       r.id AS key_id
  FROM r
  JOIN posts AS p ON p.id = r.post_id
  JOIN resorts AS s ON s.id = p.resort_id
 ORDER BY r.created_at, r.id                                                -- when: by_open
 ORDER BY r.handled_at DESC, r.id DESC;                                     -- when: by_decided


-- One of them, for GET /api/v1/admin/reports/{id}, with who made it; reading
-- that (`read') is on record.  For the answer to what changed it, with the row
-- that the change left.
-- view: rb_reports_staff_fields
--
-- name: reports_staff_get lane=write
WITH trail AS (                                                             -- when: read
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id) -- when: read
         SELECT $actor::uuid, 'report.read', 'report', id, left($request_id, 100)     -- when: read
           FROM reports                                                               -- when: read
          WHERE id = $id::uuid                                                        -- when: read
            AND NOT report_of_own(post_id, $actor::uuid)                              -- when: read
     )                                                                                -- when: read
SELECT r.id,
       r.revision,
       p.id AS "job.id",
       p.title AS "job.title",
       p.status AS "job.status",
       s.id AS "resort.id",
       s.name AS "resort.name",
       r.reason,
       r.detail,
       r.status,
       r.reporter_id IS NOT NULL AS by_member,
       (SELECT count(*)
          FROM reports AS o
         WHERE o.post_id = r.post_id
           AND o.status = 'open') AS open_reports,
       r.assigned_to AS "assigned_to.id",
       (SELECT display_name FROM members WHERE id = r.assigned_to) AS "assigned_to.name",
       to_char(r.assigned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS assigned_at,
       r.action,
       r.answer,
       r.handled_by AS "handled_by.id",
       (SELECT display_name FROM members WHERE id = r.handled_by) AS "handled_by.name",
       to_char(r.handled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS handled_at,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       m.id AS "reporter.id",
       m.display_name AS "reporter.name"
  FROM reports AS r                                                                   -- when: read
  FROM jsonb_populate_record(NULL::reports, $left::jsonb) AS r                        -- when: !read
  JOIN posts AS p ON p.id = r.post_id
  JOIN resorts AS s ON s.id = p.resort_id
  LEFT JOIN members AS m ON m.id = r.reporter_id
 WHERE r.id = $id::uuid
   AND NOT report_of_own(r.post_id, $actor::uuid);


-- Gives a report to one of the staff, for POST /api/v1/admin/reports/{id}/assign.
-- From somebody else it is taken by an admin ($admin), or by who says by
-- If-Match that they have seen whose it is.
--
-- outcome: `done', `not_found', `decided' (it isn't open), `stale', `taken' (it
-- is somebody else's) or `no_staff' (whom it is given to).  status is what the
-- report is in, report what this left.
--
-- name: reports_assign lane=write
WITH locked AS MATERIALIZED (
         SELECT r AS report, r.id, r.status, r.revision, r.assigned_to, r.post_id
           FROM reports AS r
          WHERE r.id = $id::uuid
            AND NOT report_of_own(r.post_id, $actor::uuid)
            FOR UPDATE
     ),
     verdict AS (
         SELECT t.status,
                t.report,
                CASE
                    WHEN t.id IS NULL THEN 'not_found'
                    WHEN t.status <> 'open' THEN 'decided'
                    WHEN NOT t.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.assigned_to <> $actor::uuid
                     AND $if_match::integer[] IS NULL
                     AND NOT $admin::boolean
                        THEN 'taken'
                    WHEN report_of_own(t.post_id, $to::uuid) THEN 'no_staff'
                    WHEN NOT EXISTS (SELECT
                                       FROM members
                                      WHERE id = $to::uuid
                                        AND status = 'active'
                                        AND roles && '{moderator,admin,super_admin}')
                        THEN 'no_staff'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (1)) AS one
           LEFT JOIN locked AS t ON true
     ),
     given AS (
         UPDATE reports AS r
            SET assigned_to = $to::uuid,
                assigned_at = now()
           FROM locked AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = t.id
            AND t.assigned_to IS DISTINCT FROM $to::uuid
         RETURNING r.id, r AS report, t.assigned_to AS before, r.assigned_to AS after
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'report.assigned',
                'report',
                id,
                left($request_id, 100),
                jsonb_build_object('before', before, 'after', after)
           FROM given
     )
SELECT v.outcome,
       v.status,
       to_jsonb(coalesce(g.report, v.report)) AS report
  FROM verdict AS v
  LEFT JOIN given AS g ON true;


-- Gives it back to everybody, for POST /api/v1/admin/reports/{id}/release.
--
-- outcome as above, but for `no_staff'.
--
-- name: reports_release lane=write
WITH locked AS MATERIALIZED (
         SELECT r AS report, r.id, r.status, r.revision, r.assigned_to, r.post_id
           FROM reports AS r
          WHERE r.id = $id::uuid
            AND NOT report_of_own(r.post_id, $actor::uuid)
            FOR UPDATE
     ),
     verdict AS (
         SELECT t.status,
                t.report,
                CASE
                    WHEN t.id IS NULL THEN 'not_found'
                    WHEN t.status <> 'open' THEN 'decided'
                    WHEN NOT t.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.assigned_to <> $actor::uuid
                     AND $if_match::integer[] IS NULL
                     AND NOT $admin::boolean
                        THEN 'taken'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (1)) AS one
           LEFT JOIN locked AS t ON true
     ),
     released AS (
         UPDATE reports AS r
            SET assigned_to = NULL,
                assigned_at = NULL
           FROM locked AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = t.id
            AND t.assigned_to IS NOT NULL
         RETURNING r.id, r AS report, t.assigned_to AS before
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'report.released',
                'report',
                id,
                left($request_id, 100),
                jsonb_build_object('before', before)
           FROM released
     )
SELECT v.outcome,
       v.status,
       to_jsonb(coalesce(g.report, v.report)) AS report
  FROM verdict AS v
  LEFT JOIN released AS g ON true;


-- Decides, for POST /api/v1/admin/reports/{id}/decide: the report and, if $all,
-- whatever else is open of its post are closed alike; with $hide the post is
-- hidden; the reporters who are members and, if the post was hidden, those who
-- answer for it are told.  All of it commits, or nothing does.
--
-- Locked are the resort, the post, then its reports in order of id.  The post
-- moves by move_posts() (0121).
--
-- outcome: `done', `not_found', `decided', `stale', `taken'; and of the post
-- `state', where it can't be hidden (post_status, post_allowed), or `reason'.
--
-- name: reports_decide lane=write
WITH asked AS (
         SELECT r.post_id, p.resort_id
           FROM reports AS r
           JOIN posts AS p ON p.id = r.post_id
          WHERE r.id = $id::uuid
            AND NOT report_of_own(r.post_id, $actor::uuid)
     ),
     resort AS MATERIALIZED (
         SELECT id
           FROM resorts
          WHERE id = (SELECT resort_id FROM asked)
            FOR SHARE
     ),
     post AS MATERIALIZED (
         SELECT p.id, p.title
           FROM resort AS s
           JOIN posts AS p ON p.resort_id = s.id
          WHERE p.id = (SELECT post_id FROM asked)
            FOR UPDATE OF p
     ),
     locked AS MATERIALIZED (
         SELECT r.id, r.status, r.revision, r.assigned_to
           FROM reports AS r
          WHERE r.post_id = (SELECT id FROM post)
            AND (r.id = $id::uuid OR ($all::boolean AND r.status = 'open'))
          ORDER BY r.id
            FOR UPDATE
     ),
     looked AS MATERIALIZED (
         SELECT t.status,
                CASE
                    WHEN t.id IS NULL THEN 'not_found'
                    WHEN t.status <> 'open' THEN 'decided'
                    WHEN NOT t.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.assigned_to <> $actor::uuid
                     AND $if_match::integer[] IS NULL
                     AND NOT $admin::boolean
                        THEN 'taken'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (1)) AS one
           LEFT JOIN locked AS t ON t.id = $id::uuid
     ),
     hidden AS MATERIALIZED (
         SELECT m.outcome, m.was
           FROM looked AS k
          CROSS JOIN LATERAL move_posts(
                    jsonb_build_object((SELECT id FROM post), NULL), 'hide', 'moderator', NULL,
                    $actor::uuid, $reason, $request_id, false,
                    jsonb_build_object('report_id', $id::uuid)) AS m
          WHERE k.outcome = 'done'
            AND $hide::boolean
     ),
     verdict AS MATERIALIZED (
         SELECT k.status,
                coalesce(h.outcome, k.outcome) AS outcome,
                h.was
           FROM looked AS k
           LEFT JOIN hidden AS h ON true
     ),
     decided AS (
         UPDATE reports AS r
            SET status = $decision::report_status,
                action = CASE WHEN $hide::boolean THEN 'post_hidden' ELSE 'none' END::report_action,
                answer = nullif(seen_text($answer), ''),
                handled_by = $actor::uuid,
                handled_at = now()
           FROM locked AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = t.id
         RETURNING r.id, r AS report, r.reporter_id, r.status, r.action, r.answer
     ),
     event AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'report.decided',
                'job:' || p.id,
                jsonb_build_object('report_id', d.id,
                                   'job_id', p.id,
                                   'decision', d.status,
                                   'action', d.action)
           FROM decided AS d
          CROSS JOIN post AS p
     ),
     told AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.report_decided',
                'mail:' || d.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object(
                                       'name', m.display_name,
                                       'title', p.title,
                                       'decision', d.status,
                                       'answer', coalesce(d.answer, '-')))
           FROM decided AS d
           JOIN members AS m ON m.id = d.reporter_id AND m.status <> 'deleted'
          CROSS JOIN post AS p
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'report.' || d.status,
                'report',
                d.id,
                left($request_id, 100),
                jsonb_strip_nulls(jsonb_build_object('job_id', p.id,
                                                     'action', d.action,
                                                     'answer', d.answer))
           FROM decided AS d
          CROSS JOIN post AS p
     )
SELECT v.outcome,
       v.status,
       to_jsonb(d.report) AS report,
       CASE WHEN (v.was).deleted_at IS NULL THEN (v.was).status::text ELSE 'deleted' END AS post_status,
       array_to_string(post_allowed(v.was, 'moderator'), ',') AS post_allowed
  FROM verdict AS v
  LEFT JOIN decided AS d ON d.id = $id::uuid;
