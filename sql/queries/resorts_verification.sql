-- Verification of resorts by moderators.  What staff read of a business is in
-- the trail, a row for each resort, in the statement that reads.


-- A page of those that wait for a moderator, whoever has waited longest first,
-- or of those that were verified or refused, in the same order; or the one that
-- holds a business number, whatever its state but refused; for
-- GET /api/v1/admin/resorts.  The row that only says that there is another
-- page is not shown, and not in the trail.
-- view: rb_resort_queue_fields
--
-- name: resorts_queue lane=write
WITH found AS MATERIALIZED (
         SELECT r AS whole
           FROM resorts AS r
          WHERE deleted_at IS NULL
            AND business_verified_at IS NULL                       -- when: by_waiting
            AND verification_refused_at IS NULL                    -- when: by_waiting|by_number
            AND business_number = replace($number, '-', '')        -- when: by_number
            AND verification_asked_at IS NOT NULL                  -- when: by_waiting
            AND verification_refused_at IS NOT NULL                -- when: by_refused
            AND open                                               -- when: by_verified
            AND (verification_asked_at, id) > ($after::timestamptz, $after_id::uuid)  -- when: after_waiting|after_refused|after_verified
          ORDER BY verification_asked_at, id
          LIMIT $limit::integer
     ),
     shown AS (
         SELECT (whole).id
           FROM found
          ORDER BY (whole).verification_asked_at, (whole).id
          LIMIT $limit::integer - 1
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id)
         SELECT $actor::uuid, 'resort.read', 'resort', id, left($request_id, 100)
           FROM shown
     )
SELECT (whole).id,
       (whole).name,
       (whole).type,
       (whole).region_code AS region,
       (whole).business_number,
       (whole).business_name,
       (whole).representative,
       (whole).opened_on,
       resort_verification(whole) AS "verification.status",
       (whole).verification_reason AS "verification.reason",
       to_char((whole).verification_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           AS "verification.asked_at",
       to_char(coalesce((whole).business_verified_at, (whole).verification_refused_at)
               AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "verification.decided_at",
       to_char((whole).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       (whole).verification_asked_at AS key,
       (whole).id AS key_id
  FROM found
 ORDER BY (whole).verification_asked_at, (whole).id;


-- All that is needed to decide, for GET /api/v1/admin/resorts/{id}: what the
-- resort says, who owns it, what else they own, and what has been done to it
-- lately (reading aside).
-- view: rb_resort_case_fields
--
-- name: resorts_case lane=write
WITH found AS MATERIALIZED (
         SELECT r AS whole
           FROM resorts AS r
          WHERE id = $id::uuid
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id)
         SELECT $actor::uuid, 'resort.read', 'resort', (whole).id, left($request_id, 100)
           FROM found
     )
SELECT (whole).id,
       (whole).name,
       (whole).name_en,
       (whole).type,
       (whole).description,
       (whole).environment,
       array_to_json((whole).benefits) AS benefits,
       array_to_json((whole).photos) AS photos,
       (whole).region_code AS region,
       (whole).address,
       (whole).lat,
       (whole).lng,
       (whole).contact_phone AS "contact.phone",
       (whole).contact_email AS "contact.email",
       (whole).website AS "contact.website",
       (whole).business_number,
       (whole).business_name,
       (whole).representative,
       (whole).opened_on,
       (whole).open,
       resort_verification(whole) AS "verification.status",
       (whole).verification_reason AS "verification.reason",
       to_char((whole).verification_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           AS "verification.asked_at",
       to_char(coalesce((whole).business_verified_at, (whole).verification_refused_at)
               AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "verification.decided_at",
       (SELECT m.display_name
          FROM members AS m
         WHERE m.id = (whole).business_verified_by) AS "verification.decided_by",
       p.live AS live_posts,
       p.pending AS pending_posts,
       coalesce((SELECT json_agg(json_build_object('id', m.id,
                                                   'name', m.display_name,
                                                   'email', m.email)
                                 ORDER BY m.id)
                   FROM resort_members AS o
                   JOIN members AS m ON m.id = o.member_id
                  WHERE o.resort_id = (whole).id
                    AND o.role = 'owner'),
                '[]') AS owners,
       coalesce((SELECT json_agg(json_build_object('id', other.id,
                                                   'name', other.name,
                                                   'business_number', other.business_number,
                                                   'verification', resort_verification(other),
                                                   'closed', other.deleted_at IS NOT NULL)
                                 ORDER BY other.id)
                   FROM resorts AS other
                  WHERE other.id IN (SELECT also.resort_id
                                       FROM resort_members AS o
                                       JOIN resort_members AS also ON also.member_id = o.member_id
                                      WHERE o.resort_id = (whole).id
                                        AND o.role = 'owner'
                                        AND also.role = 'owner')
                    AND other.id <> (whole).id),
                '[]') AS other_resorts,
       coalesce((SELECT json_agg(json_build_object(
                                     'at', to_char(a.created_at AT TIME ZONE 'UTC',
                                                   'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                     'action', a.action,
                                     'actor_id', a.actor_id,
                                     'actor', (SELECT m.display_name
                                                 FROM members AS m
                                                WHERE m.id = a.actor_id),
                                     'detail', a.detail)
                                 ORDER BY a.created_at DESC, a.id DESC)
                   FROM (SELECT *
                           FROM audit_events
                          WHERE subject_id = (whole).id
                            AND subject_type = 'resort'
                            AND action <> 'resort.read'
                          ORDER BY created_at DESC
                          LIMIT 50) AS a),
                '[]') AS history,
       to_char((whole).created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char((whole).updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char((whole).deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS closed_at,
       (whole).revision
  FROM found
 CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE live) AS live,
                  count(*) FILTER (WHERE status = 'pending') AS pending
             FROM posts
            WHERE resort_id = (whole).id
              AND deleted_at IS NULL
       ) AS p;


-- What a moderator decides, for POST /api/v1/admin/resorts/{id}/verify, /refuse
-- and /withdraw ($move):
--
--     waiting, refused > verified     verify
--     none, waiting > refused         refuse
--     verified > refused              withdraw, not while posts are live
--
-- A resort that has told too little holds its number as well, and may be refused
-- it.  Nobody decides about a resort of their own.  The row is locked first: of two
-- who decide at once the second is told what the first has done.
--
-- outcome: `done', `not_found', `staff' (the role is gone), `own', `stale',
-- `state' (before is the one it is in), `taken' (its number; holder has it now)
-- or `live' (live says how many posts).
-- view: rb_resort_decision_fields
--
-- name: resorts_decide lane=write
WITH resort AS MATERIALIZED (
         SELECT r AS whole,
                r.id,
                r.revision,
                r.business_number,
                resort_verification(r) AS status
           FROM resorts AS r
          WHERE r.id = $id::uuid
            AND r.deleted_at IS NULL
            FOR UPDATE
     ),
     holder AS (
         SELECT o.id
           FROM resorts AS o
           JOIN resort AS r ON r.business_number = o.business_number
          WHERE o.deleted_at IS NULL
            AND o.verification_refused_at IS NULL
            AND o.id <> $id::uuid
     ),
     verdict AS (
         SELECT CASE
                    WHEN r.id IS NULL THEN 'not_found'
                    WHEN NOT EXISTS (SELECT
                                       FROM members
                                      WHERE id = $actor::uuid
                                        AND roles && '{moderator,admin,super_admin}')
                        THEN 'staff'
                    WHEN EXISTS (SELECT
                                   FROM resort_members
                                  WHERE resort_id = $id::uuid
                                    AND member_id = $actor::uuid)
                        THEN 'own'
                    WHEN NOT ($if_match::integer[] IS NULL
                              OR r.revision = ANY ($if_match::integer[]))
                        THEN 'stale'
                    WHEN NOT CASE $move
                                 WHEN 'verify' THEN r.status IN ('waiting', 'refused')
                                 WHEN 'refuse' THEN r.status IN ('none', 'waiting')
                                 ELSE r.status = 'verified'
                             END
                        THEN 'state'
                    WHEN $move = 'verify' AND EXISTS (SELECT FROM holder) THEN 'taken'
                    WHEN $move = 'withdraw' AND l.live > 0 THEN 'live'
                    ELSE 'done'
                END AS outcome,
                r.status AS before,
                l.live
           FROM (SELECT count(*) AS live
                   FROM posts
                  WHERE resort_id = $id::uuid
                    AND live) AS l
           LEFT JOIN resort AS r ON true
     ),
     changed AS (
         UPDATE resorts AS r
            SET business_verified_at = CASE WHEN $move = 'verify' THEN now() END,
                business_verified_by = CASE WHEN $move = 'verify' THEN $actor::uuid END,
                verification_refused_at = CASE WHEN $move <> 'verify' THEN now() END,
                verification_reason = CASE WHEN $move <> 'verify' THEN tidied($reason) END,
                updated_at = now()
           FROM verdict AS v
          WHERE r.id = $id::uuid
            AND v.outcome = 'done'
         RETURNING r AS whole
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'resort.' || CASE $move
                                 WHEN 'verify' THEN 'verified'
                                 WHEN 'refuse' THEN 'refused'
                                 ELSE 'verification_withdrawn'
                             END,
                'resort',
                (whole).id,
                left($request_id, 100),
                jsonb_strip_nulls(jsonb_build_object(
                    'business_number', (whole).business_number,
                    'business_name', (whole).business_name,
                    'representative', (whole).representative,
                    'opened_on', (whole).opened_on,
                    'reason', (whole).verification_reason))
           FROM changed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.resort_' || CASE $move
                                      WHEN 'verify' THEN 'verified'
                                      WHEN 'refuse' THEN 'refused'
                                      ELSE 'verification_withdrawn'
                                  END,
                'mail:' || m.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object(
                                       'name', m.display_name,
                                       'resort', (c.whole).name,
                                       'reason', coalesce((c.whole).verification_reason, '')))
           FROM changed AS c
           JOIN resort_members AS o ON o.resort_id = (c.whole).id AND o.role = 'owner'
           JOIN members AS m ON m.id = o.member_id AND m.status <> 'deleted'
     )
SELECT (c.whole).id,
       (c.whole).name,
       resort_verification(c.whole) AS "verification.status",
       (c.whole).verification_reason AS "verification.reason",
       to_char((c.whole).verification_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           AS "verification.asked_at",
       to_char(coalesce((c.whole).business_verified_at, (c.whole).verification_refused_at)
               AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "verification.decided_at",
       (c.whole).revision,
       (SELECT id FROM holder) AS holder,
       v.before,
       v.live,
       v.outcome
  FROM verdict AS v
  LEFT JOIN changed AS c ON true;
