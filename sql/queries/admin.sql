-- What staff see and do.  Whoever reads about people leaves a row in
-- audit_events for each of them, in the statement that reads.  The gate has
-- seen a role of staff; what it is looked at once more where something is
-- changed, on rows that are locked.


-- Accounts, for GET /api/v1/admin/members: by the whole of an address, by the
-- beginning of a name, or all, the newest first.  The row that only says that
-- there is another page is not shown, and not in the trail.
-- view: rb_admin_member_fields
--
-- name: admin_members_list lane=write
WITH found AS MATERIALIZED (
         SELECT *
           FROM members
          WHERE true
            AND email = lower($email)                                -- when: email
            AND display_name COLLATE "C" >= normalize($name, NFC)    -- when: by_name
            AND display_name COLLATE "C" < normalize($name, NFC) || chr(1114111)  -- when: by_name
            AND (display_name COLLATE "C", id) > ($after, $after_id::uuid)  -- when: after_name
            AND id < $after_id::uuid                                 -- when: after_newest
          ORDER BY display_name COLLATE "C", id                      -- when: by_name
          ORDER BY id DESC                                           -- when: by_newest
          LIMIT $limit::integer
     ),
     shown AS (
         SELECT id
           FROM found
          ORDER BY display_name COLLATE "C", id                      -- when: by_name
          ORDER BY id DESC                                           -- when: by_newest
          LIMIT $limit::integer - 1
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id)
         SELECT $actor::uuid, 'member.read', 'member', id, left($request_id, 100)
           FROM shown
     )
SELECT id,
       email,
       display_name AS name,
       locale,
       array_to_json(roles) AS roles,
       status,
       CASE
           WHEN suspended_until < 'infinity'
               THEN to_char(suspended_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
       END AS suspended_until,
       to_char(email_verified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS email_verified_at,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at,
       display_name AS key,
       id AS key_id
  FROM found
 ORDER BY display_name COLLATE "C", id                               -- when: by_name
 ORDER BY id DESC;                                                   -- when: by_newest


-- One account, for GET /api/v1/admin/members/{id}.
-- view: rb_admin_member_fields
--
-- name: admin_members_get lane=write
WITH found AS MATERIALIZED (
         SELECT *
           FROM members
          WHERE id = $id::uuid
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id)
         SELECT $actor::uuid, 'member.read', 'member', id, left($request_id, 100)
           FROM found
     )
SELECT id,
       email,
       display_name AS name,
       locale,
       array_to_json(roles) AS roles,
       status,
       CASE
           WHEN suspended_until < 'infinity'
               THEN to_char(suspended_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
       END AS suspended_until,
       to_char(email_verified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS email_verified_at,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at
  FROM found;


-- Sets an account's roles, for PUT /api/v1/admin/members/{id}/roles.  Roles of
-- staff are given and taken by a super_admin, and by nobody to or from
-- themself; so whoever takes the role of another super_admin stays one, and
-- there always is one.  Both rows are locked, in one order: of two who take
-- each other's role at once the second has none any more.  An admin changes
-- the other roles of those who are no staff.
--
-- outcome: `done', `not_found', `deleted', `forbidden' (the actor's role isn't
-- enough, or is gone) or `oneself'.
--
-- name: admin_roles_change lane=write
WITH locked AS MATERIALIZED (
         SELECT id,
                email,
                display_name,
                locale,
                roles,
                status,
                ARRAY(SELECT r
                        FROM unnest(roles) AS r
                       WHERE r NOT IN ('crew', 'resort')
                       ORDER BY r) AS staff
           FROM members
          WHERE id IN ($actor::uuid, $member::uuid)
          ORDER BY id
            FOR UPDATE
     ),
     wanted AS (
         SELECT $roles::member_role[] AS roles,
                ARRAY(SELECT r
                        FROM unnest($roles::member_role[]) AS r
                       WHERE r NOT IN ('crew', 'resort')
                       ORDER BY r) AS staff
     ),
     verdict AS (
         SELECT CASE
                    WHEN t.id IS NULL THEN 'not_found'
                    WHEN t.status = 'deleted' THEN 'deleted'
                    WHEN NOT 'super_admin' = ANY (a.roles)
                     AND (NOT 'admin' = ANY (a.roles)
                          OR t.staff <> w.staff
                          OR cardinality(t.staff) > 0)
                        THEN 'forbidden'
                    WHEN t.id = a.id AND t.staff <> w.staff THEN 'oneself'
                    ELSE 'done'
                END AS outcome
           FROM wanted AS w
           JOIN locked AS a ON a.id = $actor::uuid
           LEFT JOIN locked AS t ON t.id = $member::uuid
     ),
     target AS (
         SELECT t.id, t.email, t.display_name, t.locale, t.roles AS before
           FROM locked AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE t.id = $member::uuid
     ),
     changed AS (
         UPDATE members AS m
            SET roles = w.roles,
                updated_at = now()
           FROM target AS t
          CROSS JOIN wanted AS w
          WHERE m.id = t.id
            AND NOT (t.before <@ w.roles AND t.before @> w.roles)
         RETURNING t.*, w.roles AS after
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'roles.changed',
                id,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('before', before, 'after', after)
           FROM changed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.roles_changed',
                'mail:' || id,
                jsonb_build_object('to', email,
                                   'locale', locale,
                                   'params', jsonb_build_object('name', display_name,
                                                                'roles', array_to_string(after, ', ')))
           FROM changed
     )
SELECT coalesce((SELECT outcome FROM verdict), 'forbidden') AS outcome;


-- Suspends an account, for PUT /api/v1/admin/members/{id}/suspension: until a
-- day in Seoul or for good.  All of its sessions, grants and waiting links end
-- with it.  An admin suspends nobody of staff, and a super_admin no super_admin.
--
-- outcome as above, or `peer'.
--
-- name: admin_suspend lane=write
WITH locked AS MATERIALIZED (
         SELECT id,
                email,
                display_name,
                locale,
                status,
                CASE
                    WHEN 'super_admin' = ANY (roles) THEN 3
                    WHEN 'admin' = ANY (roles) THEN 2
                    WHEN roles && '{moderator,auditor}' THEN 1
                    ELSE 0
                END AS rank
           FROM members
          WHERE id IN ($actor::uuid, $member::uuid)
          ORDER BY id
            FOR UPDATE
     ),
     verdict AS (
         SELECT CASE
                    WHEN t.id IS NULL THEN 'not_found'
                    WHEN t.status = 'deleted' THEN 'deleted'
                    WHEN t.id = a.id THEN 'oneself'
                    WHEN a.rank < 2 OR (a.rank = 2 AND t.rank > 0) THEN 'forbidden'
                    WHEN t.rank = 3 THEN 'peer'
                    ELSE 'done'
                END AS outcome
           FROM locked AS a
           LEFT JOIN locked AS t ON t.id = $member::uuid
          WHERE a.id = $actor::uuid
     ),
     changed AS (
         UPDATE members AS m
            SET status = 'suspended',
                suspended_until = coalesce($until::date::timestamp AT TIME ZONE 'Asia/Seoul',
                                           'infinity'),
                updated_at = now()
           FROM locked AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE m.id = t.id
            AND t.id = $member::uuid
         RETURNING m.id, m.email, m.display_name, m.locale
     ),
     ended AS (
         UPDATE sessions AS s
            SET revoked_at = now(),
                revoke_reason = 'suspended'
           FROM changed AS c
          WHERE s.member_id = c.id
            AND s.revoked_at IS NULL
     ),
     links AS (
         UPDATE one_time_tokens AS o
            SET used_at = now()
           FROM changed AS c
          WHERE o.member_id = c.id
            AND o.used_at IS NULL
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'account.suspended',
                id,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('until', $until::date, 'reason', $reason::text)
           FROM changed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.suspended',
                'mail:' || id,
                jsonb_build_object('to', email,
                                   'locale', locale,
                                   'params', jsonb_build_object('name', display_name,
                                                                'until', coalesce($until::date::text, ''),
                                                                'reason', $reason::text))
           FROM changed
     )
SELECT coalesce((SELECT outcome FROM verdict), 'forbidden') AS outcome;


-- Lifts a suspension, for DELETE /api/v1/admin/members/{id}/suspension; of one
-- that isn't suspended nothing changes.  outcome as above.
--
-- name: admin_unsuspend lane=write
WITH locked AS MATERIALIZED (
         SELECT id,
                status,
                CASE
                    WHEN 'super_admin' = ANY (roles) THEN 3
                    WHEN 'admin' = ANY (roles) THEN 2
                    WHEN roles && '{moderator,auditor}' THEN 1
                    ELSE 0
                END AS rank
           FROM members
          WHERE id IN ($actor::uuid, $member::uuid)
          ORDER BY id
            FOR UPDATE
     ),
     verdict AS (
         SELECT CASE
                    WHEN t.id IS NULL THEN 'not_found'
                    WHEN t.status = 'deleted' THEN 'deleted'
                    WHEN a.rank < 2 OR (a.rank = 2 AND t.rank > 0) THEN 'forbidden'
                    ELSE 'done'
                END AS outcome
           FROM locked AS a
           LEFT JOIN locked AS t ON t.id = $member::uuid
          WHERE a.id = $actor::uuid
     ),
     changed AS (
         UPDATE members AS m
            SET status = 'active',
                suspended_until = NULL,
                updated_at = now()
           FROM locked AS t
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE m.id = t.id
            AND t.id = $member::uuid
            AND t.status = 'suspended'
         RETURNING m.id
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id)
         SELECT 'account.unsuspended',
                id,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100)
           FROM changed
     )
SELECT coalesce((SELECT outcome FROM verdict), 'forbidden') AS outcome;


-- Security events, the newest first, for GET /api/v1/admin/security-events.
-- Reading them is in the trail, with what was asked for.
-- view: rb_security_event_fields
--
-- name: admin_security_events lane=write
WITH found AS MATERIALIZED (
         SELECT *
           FROM security_events
          WHERE true
            AND member_id = $member::uuid                            -- when: member
            AND action = $action                                     -- when: action
            AND at >= $from::date::timestamp AT TIME ZONE 'Asia/Seoul'  -- when: from
            AND (at, chain, seq) < ($after::timestamptz, $after_chain::smallint, $after_seq::bigint)  -- when: after
          ORDER BY at DESC, chain DESC, seq DESC
          LIMIT $limit::integer
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'security_events.read',
                'security_events',
                $subject::uuid,
                left($request_id, 100),
                jsonb_strip_nulls(jsonb_build_object('action', $asked_action::text,
                                                     'from', $asked_from::text))
     )
SELECT chain || '-' || seq AS id,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
       action,
       member_id,
       actor_id,
       session_id,
       client_id,
       encode(address_hash, 'hex') AS address_hash,
       request_id,
       detail::text AS detail,
       at AS key,
       chain AS key_chain,
       seq AS key_seq
  FROM found
 ORDER BY at DESC, chain DESC, seq DESC;


-- Whether the trail is what it was, for
-- GET /api/v1/admin/security-events/verification: no rows, or the first fault
-- of each chain.
--
-- name: admin_verify lane=slow
SELECT chain, seq, fault
  FROM security_events_verify($chain::smallint);


-- Somebody has read what is about people and not accounts: a page of mails.
--
-- name: admin_trail lane=write
INSERT INTO audit_events (actor_id, action, subject_type, request_id, detail)
VALUES ($actor::uuid, $action, $subject, left($request_id, 100), $detail::jsonb);
