-- A resort's own desk: making one, what it says of itself, closing it.  The
-- gate has let through who has a role there; what that role allows is looked
-- at once more in the statement that writes.
--
-- A change locks the resort's row first and then looks at its posts, as a post
-- that goes live does (posts_may_go_live).  One that went live in between is
-- found by the trigger behind resorts_no_live_posts_ck, one that was submitted
-- by that behind resorts_no_pending_posts_ck.


-- Makes a resort, for POST /api/v1/resorts: with its owner, whose account may
-- act for resorts from now on.  $patch has its columns.  response is what the
-- profile says of it then, and what a repetition of the request is answered.
--
-- outcome: `created'; `replayed' or `reused' when the key was used before, for
-- the same request or for another; `unverified' (the address of whoever asks),
-- `taken' or `claimed' (the business number, by a resort that was verified or
-- wasn't yet; one that was refused doesn't hold it) or `not_found' (the account
-- is gone); `spent' instead of any of these when no more may be made today.  Of two with one
-- key, or one number, at the same instant the second fails with 23505 and asks
-- once more.
--
-- name: resorts_create lane=write
WITH before AS (                                                   -- when: keyed
         SELECT request_hash, response                             -- when: keyed
           FROM idempotency_keys                                   -- when: keyed
          WHERE caller = 'member:' || $actor                       -- when: keyed
            AND key = $key                                         -- when: keyed
            AND route = 'resorts_create'                           -- when: keyed
     ),                                                            -- when: keyed
     actor AS MATERIALIZED (                                       -- when: keyed
WITH actor AS MATERIALIZED (                                       -- when: !keyed
         SELECT id, roles, email_verified_at
           FROM members
          WHERE id = $actor::uuid
            AND status <> 'deleted'
            FOR UPDATE
     ),
     told AS MATERIALIZED (
         SELECT tidied(p.name) AS name,
                tidied(p.name_en) AS name_en,
                p.type,
                coalesce(tidied(p.description), '') AS description,
                coalesce(tidied(p.environment), '') AS environment,
                coalesce(p.benefits, '{}') AS benefits,
                coalesce(p.photos, '{}') AS photos,
                p.region_code,
                tidied(p.address) AS address,
                p.lat,
                p.lng,
                tidied(p.contact_phone) AS contact_phone,
                tidied(p.contact_email) AS contact_email,
                tidied(p.website) AS website,
                replace(p.business_number, '-', '') AS business_number,
                tidied(p.business_name) AS business_name,
                tidied(p.representative) AS representative,
                p.opened_on
           FROM jsonb_populate_record(NULL::resorts, $patch::jsonb) AS p
     ),
     holder AS (
         SELECT r.business_verified_at IS NOT NULL AS verified
           FROM resorts AS r
           JOIN told AS t ON t.business_number = r.business_number
          WHERE r.deleted_at IS NULL
            AND r.verification_refused_at IS NULL
     ),
     verdict AS (
         SELECT CASE
                    WHEN EXISTS (SELECT                            -- when: keyed
                                   FROM before                     -- when: keyed
                                  WHERE request_hash = $request_hash::bytea)  -- when: keyed
                        THEN 'replayed'                            -- when: keyed
                    WHEN EXISTS (SELECT FROM before) THEN 'reused'  -- when: keyed
                    WHEN true THEN 'spent'                         -- when: spent
                    WHEN NOT EXISTS (SELECT FROM actor) THEN 'not_found'
                    WHEN EXISTS (SELECT FROM actor WHERE email_verified_at IS NULL)
                        THEN 'unverified'
                    WHEN EXISTS (SELECT FROM holder WHERE verified) THEN 'taken'
                    WHEN EXISTS (SELECT FROM holder) THEN 'claimed'
                    ELSE 'created'
                END AS outcome
     ),
     made AS (
         INSERT INTO resorts AS r
                (id, name, name_en, type, description, environment, benefits, photos, region_code,
                 address, lat, lng, contact_phone, contact_email, website, business_number,
                 business_name, representative, opened_on)
         SELECT $id::uuid,
                t.name,
                t.name_en,
                t.type,
                t.description,
                t.environment,
                t.benefits,
                t.photos,
                t.region_code,
                t.address,
                t.lat,
                t.lng,
                t.contact_phone,
                t.contact_email,
                t.website,
                t.business_number,
                t.business_name,
                t.representative,
                t.opened_on
           FROM told AS t
           JOIN verdict AS v ON v.outcome = 'created'
         RETURNING r AS whole
     ),
     joined AS (
         INSERT INTO resort_members (resort_id, member_id, role)
         SELECT (whole).id, $actor::uuid, 'owner'
           FROM made
     ),
     roles AS (
         UPDATE members
            SET roles = roles || 'resort'::member_role,
                updated_at = now()
          WHERE id = $actor::uuid
            AND NOT 'resort' = ANY (roles)
            AND EXISTS (SELECT FROM made)
     ),
     answer AS (
         SELECT json_build_object(
                    'id', (whole).id,
                    'name', (whole).name,
                    'name_en', (whole).name_en,
                    'type', (whole).type,
                    'description', (whole).description,
                    'environment', (whole).environment,
                    'benefits', (whole).benefits,
                    'photos', (whole).photos,
                    'region', (whole).region_code,
                    'address', (whole).address,
                    'lat', (whole).lat,
                    'lng', (whole).lng,
                    'contact', json_build_object('phone', (whole).contact_phone,
                                                 'email', (whole).contact_email,
                                                 'website', (whole).website),
                    'business_number', (whole).business_number,
                    'business_name', (whole).business_name,
                    'representative', (whole).representative,
                    'opened_on', (whole).opened_on,
                    'open', false,
                    'verification', json_build_object(
                        'status', resort_verification(whole),
                        'reason', NULL,
                        'asked_at', to_char((whole).verification_asked_at AT TIME ZONE 'UTC',
                                            'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                        'decided_at', NULL),
                    'role', 'owner',
                    'posts', json_build_object('draft', 0, 'pending', 0, 'changes_requested', 0,
                                               'approved', 0, 'rejected', 0, 'paused', 0,
                                               'hidden', 0, 'filled', 0, 'expired', 0),
                    'beds', 0,
                    'rating', json_build_object('average', NULL, 'count', 0),
                    'created_at', to_char((whole).created_at AT TIME ZONE 'UTC',
                                          'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                    'updated_at', to_char((whole).updated_at AT TIME ZONE 'UTC',
                                          'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text AS response
           FROM made
     ),
     kept AS (                                                     -- when: keyed
         INSERT INTO idempotency_keys                              -- when: keyed
                (caller, key, route, request_hash, status, response)  -- when: keyed
         SELECT 'member:' || $actor,                               -- when: keyed
                $key,                                              -- when: keyed
                'resorts_create',                                  -- when: keyed
                $request_hash::bytea,                              -- when: keyed
                201,                                               -- when: keyed
                response                                           -- when: keyed
           FROM answer                                             -- when: keyed
     ),                                                            -- when: keyed
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'roles.changed',
                $actor::uuid,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('resort_id', (whole).id, 'before', NULL, 'after', 'owner')
           FROM made
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'resort.created',
                'resort',
                (whole).id,
                left($request_id, 100),
                jsonb_build_object('name', (whole).name,
                                   'business_number', (whole).business_number)
           FROM made
     )
SELECT coalesce((SELECT response FROM answer),
                (SELECT response FROM before),                     -- when: keyed
                '') AS response,
       outcome
  FROM verdict;


-- What a resort's people see of it, for GET /api/v1/resorts/{id}/profile.
-- view: rb_resort_profile_fields
--
-- name: resorts_profile
SELECT r.id,
       r.name,
       r.name_en,
       r.type,
       r.description,
       r.environment,
       array_to_json(r.benefits) AS benefits,
       array_to_json(r.photos) AS photos,
       r.region_code AS region,
       r.address,
       r.lat,
       r.lng,
       r.contact_phone AS "contact.phone",
       r.contact_email AS "contact.email",
       r.website AS "contact.website",
       r.business_number,
       r.business_name,
       r.representative,
       r.opened_on,
       r.open,
       resort_verification(r) AS "verification.status",
       r.verification_reason AS "verification.reason",
       to_char(r.verification_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           AS "verification.asked_at",
       to_char(coalesce(r.business_verified_at, r.verification_refused_at) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "verification.decided_at",
       m.role,
       p.draft AS "posts.draft",
       p.pending AS "posts.pending",
       p.changes_requested AS "posts.changes_requested",
       p.approved AS "posts.approved",
       p.rejected AS "posts.rejected",
       p.paused AS "posts.paused",
       p.hidden AS "posts.hidden",
       p.filled AS "posts.filled",
       p.expired AS "posts.expired",
       (SELECT count(*)
          FROM dormitories AS d
          JOIN rooms AS o ON o.dormitory_id = d.id
          JOIN beds AS b ON b.room_id = o.id
         WHERE d.resort_id = r.id
           AND d.deleted_at IS NULL
           AND b.retired_at IS NULL) AS beds,
       r.rating_avg AS "rating.average",
       r.rating_count AS "rating.count",
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       r.revision
  FROM resorts AS r
  JOIN resort_members AS m ON m.resort_id = r.id AND m.member_id = $member::uuid
 CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE status = 'draft') AS draft,
                  count(*) FILTER (WHERE status = 'pending') AS pending,
                  count(*) FILTER (WHERE status = 'changes_requested') AS changes_requested,
                  count(*) FILTER (WHERE status = 'approved') AS approved,
                  count(*) FILTER (WHERE status = 'rejected') AS rejected,
                  count(*) FILTER (WHERE status = 'paused') AS paused,
                  count(*) FILTER (WHERE status = 'hidden') AS hidden,
                  count(*) FILTER (WHERE status = 'filled') AS filled,
                  count(*) FILTER (WHERE status = 'expired') AS expired
             FROM posts
            WHERE resort_id = r.id
              AND deleted_at IS NULL
       ) AS p
 WHERE r.id = $resort::uuid
   AND r.deleted_at IS NULL;


-- Changes what $patch has, for PATCH /api/v1/resorts/{id}/profile.  Whatever a
-- moderator has verified is to be verified anew when it changes
-- (resorts_keep_verification), which closes the resort: not while it has live
-- posts.  One that was refused asks again by it, if its number is still free.
-- The trail names what has changed, and of what identifies a resort says from
-- what to what.
--
-- outcome: `done' (also when nothing is new), `not_found', `role', `stale',
-- `taken' or `claimed' (as above) or `live'; live says how many posts.
--
-- name: resorts_change lane=write
WITH resort AS MATERIALIZED (
         SELECT r AS whole,
                r.id,
                r.revision,
                r.business_verified_at,
                r.verification_refused_at
           FROM resorts AS r
          WHERE r.id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR UPDATE
     ),
     told AS MATERIALIZED (
         SELECT tidied(p.name) AS name,
                tidied(p.name_en) AS name_en,
                p.type,
                tidied(p.description) AS description,
                tidied(p.environment) AS environment,
                p.benefits,
                p.photos,
                p.region_code,
                tidied(p.address) AS address,
                p.lat,
                p.lng,
                tidied(p.contact_phone) AS contact_phone,
                tidied(p.contact_email) AS contact_email,
                tidied(p.website) AS website,
                replace(p.business_number, '-', '') AS business_number,
                tidied(p.business_name) AS business_name,
                tidied(p.representative) AS representative,
                p.opened_on
           FROM resort AS r
          CROSS JOIN LATERAL jsonb_populate_record(r.whole, $patch::jsonb) AS p
     ),
     differs AS MATERIALIZED (
         SELECT n.key, o.value AS before, n.value AS after
           FROM resort AS r
          CROSS JOIN told AS t
          CROSS JOIN LATERAL jsonb_each(to_jsonb(t)) AS n
           JOIN LATERAL jsonb_each(to_jsonb(r.whole)) AS o ON o.key = n.key
          WHERE o.value <> n.value
     ),
     holder AS (
         SELECT r.business_verified_at IS NOT NULL AS verified
           FROM resorts AS r
           JOIN told AS t ON t.business_number = r.business_number
          WHERE r.deleted_at IS NULL
            AND r.verification_refused_at IS NULL
            AND r.id <> $resort::uuid
            AND (EXISTS (SELECT FROM resort WHERE verification_refused_at IS NULL)
                 OR EXISTS (SELECT FROM differs WHERE key NOT IN ('benefits', 'photos')))
     ),
     live AS (
         SELECT count(*) AS n
           FROM posts
          WHERE resort_id = $resort::uuid
            AND live
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT FROM resort) THEN 'not_found'
                    WHEN NOT EXISTS (SELECT
                                       FROM resort_members
                                      WHERE resort_id = $resort::uuid
                                        AND member_id = $actor::uuid
                                        AND role IN ('owner', 'manager'))
                        THEN 'role'
                    WHEN NOT EXISTS (SELECT
                                       FROM resort
                                      WHERE $if_match::integer[] IS NULL
                                         OR revision = ANY ($if_match::integer[]))
                        THEN 'stale'
                    WHEN EXISTS (SELECT FROM holder WHERE verified) THEN 'taken'
                    WHEN EXISTS (SELECT FROM holder) THEN 'claimed'
                    WHEN live.n > 0
                     AND EXISTS (SELECT FROM resort WHERE business_verified_at IS NOT NULL)
                     AND EXISTS (SELECT
                                   FROM differs
                                  WHERE key IN ('business_number', 'business_name',
                                                'representative', 'opened_on'))
                        THEN 'live'
                    ELSE 'done'
                END AS outcome,
                live.n AS live
           FROM live
     ),
     changed AS (
         UPDATE resorts AS r
            SET name = t.name,
                name_en = t.name_en,
                type = t.type,
                description = t.description,
                environment = t.environment,
                benefits = t.benefits,
                photos = t.photos,
                region_code = t.region_code,
                address = t.address,
                lat = t.lat,
                lng = t.lng,
                contact_phone = t.contact_phone,
                contact_email = t.contact_email,
                website = t.website,
                business_number = t.business_number,
                business_name = t.business_name,
                representative = t.representative,
                opened_on = t.opened_on,
                updated_at = now()
           FROM told AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = $resort::uuid
            AND EXISTS (SELECT FROM differs)
         RETURNING r.id
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'resort.changed',
                'resort',
                c.id,
                left($request_id, 100),
                d.detail
           FROM changed AS c
          CROSS JOIN (SELECT jsonb_build_object(
                                 'fields', jsonb_agg(key ORDER BY key),
                                 'before', coalesce(jsonb_object_agg(key, before)
                                                    FILTER (WHERE telling), '{}'),
                                 'after', coalesce(jsonb_object_agg(key, after)
                                                   FILTER (WHERE telling), '{}')) AS detail
                        FROM differs
                       CROSS JOIN LATERAL (
                                 SELECT key IN ('name', 'region_code', 'address',
                                                'business_number', 'business_name',
                                                'representative', 'opened_on') AS telling
                             ) AS t) AS d
     )
SELECT live, outcome
  FROM verdict;


-- Closes a resort for good, for DELETE /api/v1/resorts/{id}: the public is told
-- that it is gone, its number may be registered again, and nobody comes by an
-- invitation any more.  Not while it has live posts, or such as moderators
-- are looking at.
--
-- outcome: `done', `not_found', `forbidden', `stale', `live' or `pending'; live
-- and pending say how many posts.
--
-- name: resorts_close lane=write
WITH resort AS MATERIALIZED (
         SELECT id, name, revision
           FROM resorts
          WHERE id = $resort::uuid
            AND deleted_at IS NULL
            FOR UPDATE
     ),
     counts AS (
         SELECT count(*) FILTER (WHERE live) AS live,
                count(*) FILTER (WHERE status = 'pending') AS pending
           FROM posts
          WHERE resort_id = $resort::uuid
            AND deleted_at IS NULL
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT FROM resort) THEN 'not_found'
                    WHEN NOT EXISTS (SELECT
                                       FROM resort_members
                                      WHERE resort_id = $resort::uuid
                                        AND member_id = $actor::uuid
                                        AND role = 'owner')
                        THEN 'forbidden'
                    WHEN NOT EXISTS (SELECT
                                       FROM resort
                                      WHERE $if_match::integer[] IS NULL
                                         OR revision = ANY ($if_match::integer[]))
                        THEN 'stale'
                    WHEN c.live > 0 THEN 'live'
                    WHEN c.pending > 0 THEN 'pending'
                    ELSE 'done'
                END AS outcome,
                c.live,
                c.pending
           FROM counts AS c
     ),
     closed AS (
         UPDATE resorts AS r
            SET deleted_at = now(),
                updated_at = now()
           FROM verdict AS v
          WHERE r.id = $resort::uuid
            AND v.outcome = 'done'
         RETURNING r.id, r.name
     ),
     taken_back AS (
         UPDATE resort_invitations AS i
            SET revoked_at = now()
           FROM closed AS c
          WHERE i.resort_id = c.id
            AND i.accepted_at IS NULL
            AND i.revoked_at IS NULL
         RETURNING i.id
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'resort.closed',
                'resort',
                id,
                left($request_id, 100),
                jsonb_build_object('name', name,
                                   'invitations', (SELECT count(*) FROM taken_back))
           FROM closed
     )
SELECT live, pending, outcome
  FROM verdict;
