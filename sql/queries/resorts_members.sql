-- Who acts for a resort: its members, and those it invites.  The gate has let
-- through who has a role there; what that role allows is looked at here once
-- more, in the statement that does it, since roles may change meanwhile.
--
-- Names and addresses are read from `members', and whoever accepts an
-- invitation gets the role `resort' there in the same statement: a member of
-- a resort without it must not be.


-- The resort's members, for GET /api/v1/resorts/{id}/members.
-- view: rb_resort_member_fields
--
-- name: resorts_members_list
SELECT m.id,
       m.display_name AS name,
       m.email,
       r.role,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS joined_at,
       r.member_id AS key_id
  FROM resort_members AS r
  JOIN members AS m ON m.id = r.member_id
 WHERE r.resort_id = $resort::uuid
   AND ($after_id::uuid IS NULL OR r.member_id > $after_id::uuid)
   AND m.status <> 'deleted'
 ORDER BY r.member_id
 LIMIT $limit::integer;


-- Those for which somebody acts, for GET /api/v1/me/resorts.
-- view: rb_resort_of_member_fields
--
-- name: resorts_of_member
SELECT r.id,
       r.name,
       r.open,
       m.role,
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS joined_at,
       r.id AS key_id
  FROM resort_members AS m
  JOIN resorts AS r ON r.id = m.resort_id
 WHERE m.member_id = $member::uuid
   AND ($after_id::uuid IS NULL OR m.resort_id > $after_id::uuid)
   AND r.deleted_at IS NULL
 ORDER BY m.resort_id
 LIMIT $limit::integer;


-- Invitations of a resort, the newest first, for
-- GET /api/v1/resorts/{id}/members/invitations.
-- view: rb_invitation_fields
--
-- name: resorts_invitations
SELECT i.id,
       i.email,
       i.role,
       CASE
           WHEN i.accepted_at IS NOT NULL THEN 'accepted'
           WHEN i.revoked_at IS NOT NULL THEN 'revoked'
           WHEN i.expires_at <= now() THEN 'expired'
           ELSE 'open'
       END AS status,
       m.id AS "invited_by.id",
       m.display_name AS "invited_by.name",
       to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(i.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS expires_at,
       i.created_at AS key,
       i.id AS key_id
  FROM resort_invitations AS i
  JOIN members AS m ON m.id = i.invited_by
 WHERE i.resort_id = $resort::uuid
   AND ($after::timestamptz IS NULL
        OR (i.created_at, i.id) < ($after::timestamptz, $after_id::uuid))
 ORDER BY i.created_at DESC, i.id DESC
 LIMIT $limit::integer;


-- Invites an address, for POST /api/v1/resorts/{id}/members/invitations.  An
-- owner may invite managers and recruiters, a manager recruiters.  An open
-- invitation of the same address is taken back: the last one counts.
--
-- outcome: `done', `forbidden', `member' (is one already) or `not_found'.
-- view: rb_invitation_fields
--
-- name: resorts_invite lane=write
WITH actor AS (
         SELECT r.id AS resort_id,
                r.name AS resort,
                m.role,
                a.id,
                a.display_name
           FROM resorts AS r
           JOIN resort_members AS m ON m.resort_id = r.id
           JOIN members AS a ON a.id = m.member_id
          WHERE r.id = $resort::uuid
            AND r.deleted_at IS NULL
            AND m.member_id = $actor::uuid
     ),
     known AS (
         SELECT m.locale,
                EXISTS (SELECT
                          FROM resort_members AS r
                         WHERE r.resort_id = $resort::uuid
                           AND r.member_id = m.id) AS already
           FROM members AS m
          WHERE m.email = $email
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT FROM actor) THEN 'not_found'
                    WHEN NOT EXISTS (SELECT
                                       FROM actor
                                      WHERE role = 'owner'
                                         OR (role = 'manager' AND $role = 'recruiter'))
                        THEN 'forbidden'
                    WHEN EXISTS (SELECT FROM known WHERE already) THEN 'member'
                    ELSE 'done'
                END AS outcome
     ),
     taken_back AS (
         UPDATE resort_invitations
            SET revoked_at = now()
          WHERE resort_id = $resort::uuid
            AND email = $email
            AND accepted_at IS NULL
            AND revoked_at IS NULL
            AND EXISTS (SELECT FROM verdict WHERE outcome = 'done')
     ),
     made AS (
         INSERT INTO resort_invitations (id, resort_id, email, role, invited_by, expires_at)
         SELECT $id::uuid,
                a.resort_id,
                $email,
                $role::resort_member_role,
                a.id,
                now() + INTERVAL '7 days'
           FROM actor AS a
           JOIN verdict AS v ON v.outcome = 'done'
         RETURNING id, resort_id, email, role, created_at, expires_at
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.invitation',
                'mail:' || m.id,
                jsonb_build_object('to', m.email,
                                   'locale', coalesce((SELECT locale FROM known), $locale),
                                   'token_id', m.id,
                                   'params', jsonb_build_object('resort', a.resort,
                                                                'role', m.role,
                                                                'inviter', a.display_name))
           FROM made AS m
          CROSS JOIN actor AS a
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'invitation.sent',
                $actor::uuid,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('resort_id', m.resort_id,
                                   'invitation_id', m.id,
                                   'role', m.role)
           FROM made AS m
     )
SELECT m.id,
       m.email,
       m.role,
       'open' AS status,
       a.id AS "invited_by.id",
       a.display_name AS "invited_by.name",
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(m.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS expires_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN made AS m ON true
  LEFT JOIN actor AS a ON true;


-- Takes an invitation back, for
-- DELETE /api/v1/resorts/{id}/members/invitations/{invitation_id}.  A manager
-- may do so with those of recruiters.
--
-- outcome: `done' (also when it was taken back before), `accepted',
-- `forbidden' or `not_found'.
--
-- name: resorts_invitation_revoke lane=write
WITH invited AS (
         SELECT i.id,
                i.role,
                i.accepted_at,
                i.revoked_at,
                m.role = 'owner' OR (m.role = 'manager' AND i.role = 'recruiter') AS allowed
           FROM resort_invitations AS i
           JOIN resort_members AS m ON m.resort_id = i.resort_id AND m.member_id = $actor::uuid
          WHERE i.id = $id::uuid
            AND i.resort_id = $resort::uuid
            FOR UPDATE OF i
     ),
     revoked AS (
         UPDATE resort_invitations AS i
            SET revoked_at = now()
           FROM invited AS v
          WHERE i.id = v.id
            AND v.allowed
            AND v.accepted_at IS NULL
            AND v.revoked_at IS NULL
         RETURNING i.id, i.role
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'invitation.revoked',
                $actor::uuid,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'invitation_id', id,
                                   'role', role)
           FROM revoked
     )
SELECT coalesce((SELECT CASE
                            WHEN NOT allowed THEN 'forbidden'
                            WHEN accepted_at IS NOT NULL THEN 'accepted'
                            ELSE 'done'
                        END
                   FROM invited),
                'not_found') AS outcome;


-- What an invitation is to, for the page that its link leads to; state as in
-- resorts_invitation_accept, `other' left out.
--
-- name: resorts_invitation_look
SELECT r.name AS resort,
       i.role,
       m.display_name AS inviter,
       i.email,
       CASE
           WHEN i.accepted_at IS NOT NULL THEN 'accepted'
           WHEN i.revoked_at IS NOT NULL OR i.expires_at <= now() THEN 'ended'
           ELSE 'open'
       END AS state
  FROM resort_invitations AS i
  JOIN resorts AS r ON r.id = i.resort_id
  JOIN members AS m ON m.id = i.invited_by
 WHERE i.id = $id::uuid
   AND r.deleted_at IS NULL;


-- Accepts one, for POST /api/v1/invitations/accept and the page.  It is for
-- the member whose address, which they have proved to be theirs, was invited.
-- Who is a member already keeps their role if that is more.
--
-- outcome: `done' (also when this member has accepted it before), `other' (it
-- is somebody else's), `ended' (taken back, too old), `gone' (accepted before,
-- and no member any more) or `not_found'.  Of several at once those that waited
-- for the first see the invitation as it is since, but not yet the member that
-- it made: they say `gone', too, and ask again.
-- view: rb_resort_of_member_fields
--
-- name: resorts_invitation_accept lane=write
WITH invited AS (
         SELECT i.id,
                i.resort_id,
                i.role,
                r.name,
                r.open,
                CASE
                    WHEN m.id IS NULL THEN 'other'
                    WHEN i.accepted_by = m.id THEN 'again'
                    WHEN i.accepted_at IS NOT NULL
                      OR i.revoked_at IS NOT NULL
                      OR i.expires_at <= now()
                        THEN 'ended'
                    ELSE 'done'
                END AS outcome
           FROM resort_invitations AS i
           JOIN resorts AS r ON r.id = i.resort_id
           LEFT JOIN members AS m
             ON m.id = $actor::uuid
            AND m.email = i.email
            AND m.email_verified_at IS NOT NULL
          WHERE i.id = $id::uuid
            AND r.deleted_at IS NULL
            FOR UPDATE OF i
     ),
     accepted AS (
         UPDATE resort_invitations AS i
            SET accepted_at = now(),
                accepted_by = $actor::uuid
           FROM invited AS v
          WHERE i.id = v.id
            AND v.outcome = 'done'
         RETURNING i.id, i.resort_id, i.role
     ),
     joined AS (
         INSERT INTO resort_members (resort_id, member_id, role)
         SELECT resort_id, $actor::uuid, role
           FROM accepted
             ON CONFLICT (resort_id, member_id) DO UPDATE
            SET role = least(resort_members.role, EXCLUDED.role)
         RETURNING resort_id, role, created_at
     ),
     roles AS (
         UPDATE members
            SET roles = roles || 'resort'::member_role,
                updated_at = now()
          WHERE id = $actor::uuid
            AND NOT 'resort' = ANY (roles)
            AND EXISTS (SELECT FROM joined)
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'invitation.accepted',
                $actor::uuid,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id,
                                   'invitation_id', id,
                                   'role', role)
           FROM accepted
     )
SELECT v.resort_id AS id,
       v.name,
       v.open,
       coalesce(j.role, m.role, v.role) AS role,
       to_char(coalesce(j.created_at, m.created_at, now()) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS joined_at,
       CASE
           WHEN v.outcome <> 'again' THEN v.outcome
           WHEN m.role IS NULL THEN 'gone'
           ELSE 'done'
       END AS outcome
  FROM invited AS v
  LEFT JOIN joined AS j ON true
  LEFT JOIN resort_members AS m ON m.resort_id = v.resort_id AND m.member_id = $actor::uuid;


-- Changes what a member may do, for
-- PATCH /api/v1/resorts/{id}/members/{member_id}.  All rows of the resort are
-- locked in one order first, and what is counted is what they say then: two
-- owners who make each other less at once leave one.  Then the account of another
-- owner is: whoever deletes theirs has those rows locked until it is committed
-- (users_lock_owners), and only by locking it is seen as it is since.
-- Invitations that the member could not send any more are taken back.
--
-- outcome: `done', `forbidden', `last_owner' or `not_found'.
-- view: rb_resort_member_fields
--
-- name: resorts_member_change lane=write
WITH acting AS MATERIALIZED (
         SELECT r.member_id,
                r.role,
                r.created_at
           FROM resort_members AS r
          WHERE r.resort_id = $resort::uuid
          ORDER BY r.member_id
            FOR UPDATE
     ),
     others AS MATERIALIZED (
         SELECT m.id
           FROM members AS m
          WHERE m.id = ANY (ARRAY(SELECT member_id
                                    FROM acting
                                   WHERE role = 'owner'
                                     AND member_id <> $member::uuid))
            AND m.status <> 'deleted'
          ORDER BY m.id
            FOR SHARE
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT
                                       FROM acting
                                      WHERE member_id = $actor::uuid
                                        AND role = 'owner')
                        THEN 'forbidden'
                    WHEN NOT EXISTS (SELECT FROM acting WHERE member_id = $member::uuid)
                        THEN 'not_found'
                    WHEN $role <> 'owner'
                     AND EXISTS (SELECT FROM acting WHERE member_id = $member::uuid AND role = 'owner')
                     AND NOT EXISTS (SELECT FROM others)
                        THEN 'last_owner'
                    ELSE 'done'
                END AS outcome
     ),
     target AS (
         SELECT a.member_id, a.role, a.created_at
           FROM acting AS a
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE a.member_id = $member::uuid
     ),
     changed AS (
         UPDATE resort_members AS r
            SET role = $role::resort_member_role
           FROM target AS t
          WHERE r.resort_id = $resort::uuid
            AND r.member_id = t.member_id
            AND t.role <> $role::resort_member_role
         RETURNING t.role AS before
     ),
     taken_back AS (
         UPDATE resort_invitations
            SET revoked_at = now()
          WHERE resort_id = $resort::uuid
            AND invited_by = $member::uuid
            AND accepted_at IS NULL
            AND revoked_at IS NULL
            AND ($role = 'recruiter' OR ($role = 'manager' AND role = 'manager'))
            AND EXISTS (SELECT FROM changed)
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'roles.changed',
                $member::uuid,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'before', before,
                                   'after', $role::resort_member_role)
           FROM changed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.roles_changed',
                'mail:' || m.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object('name', m.display_name,
                                                                'roles', r.name || ': ' || $role))
           FROM changed
           JOIN members AS m ON m.id = $member::uuid
           JOIN resorts AS r ON r.id = $resort::uuid
     )
SELECT m.id,
       m.display_name AS name,
       m.email,
       CASE WHEN t.member_id IS NOT NULL THEN $role::resort_member_role END AS role,
       to_char(t.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS joined_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN target AS t ON true
  LEFT JOIN members AS m ON m.id = t.member_id;


-- Ends it, for DELETE /api/v1/resorts/{id}/members/{member_id}: an owner does
-- so, or the member.  Locked as above; their open invitations are taken back.
--
-- outcome as above.
--
-- name: resorts_member_remove lane=write
WITH acting AS MATERIALIZED (
         SELECT r.member_id,
                r.role
           FROM resort_members AS r
          WHERE r.resort_id = $resort::uuid
          ORDER BY r.member_id
            FOR UPDATE
     ),
     others AS MATERIALIZED (
         SELECT m.id
           FROM members AS m
          WHERE m.id = ANY (ARRAY(SELECT member_id
                                    FROM acting
                                   WHERE role = 'owner'
                                     AND member_id <> $member::uuid))
            AND m.status <> 'deleted'
          ORDER BY m.id
            FOR SHARE
     ),
     verdict AS (
         SELECT CASE
                    WHEN NOT EXISTS (SELECT
                                       FROM acting
                                      WHERE member_id = $actor::uuid
                                        AND (role = 'owner' OR member_id = $member::uuid))
                        THEN 'forbidden'
                    WHEN NOT EXISTS (SELECT FROM acting WHERE member_id = $member::uuid)
                        THEN 'not_found'
                    WHEN EXISTS (SELECT FROM acting WHERE member_id = $member::uuid AND role = 'owner')
                     AND NOT EXISTS (SELECT FROM others)
                        THEN 'last_owner'
                    ELSE 'done'
                END AS outcome
     ),
     removed AS (
         DELETE FROM resort_members
          WHERE resort_id = $resort::uuid
            AND member_id = $member::uuid
            AND EXISTS (SELECT FROM verdict WHERE outcome = 'done')
         RETURNING role
     ),
     taken_back AS (
         UPDATE resort_invitations
            SET revoked_at = now()
          WHERE resort_id = $resort::uuid
            AND invited_by = $member::uuid
            AND accepted_at IS NULL
            AND revoked_at IS NULL
            AND EXISTS (SELECT FROM removed)
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'roles.changed',
                $member::uuid,
                $actor::uuid,
                $session::uuid,
                $client,
                $address::bytea,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'before', role,
                                   'after', NULL)
           FROM removed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.roles_changed',
                'mail:' || m.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object('name', m.display_name,
                                                                'roles',
                                                                r.name || CASE m.locale
                                                                    WHEN 'en' THEN ': none'
                                                                    ELSE ': 없음'
                                                                END))
           FROM removed
           JOIN members AS m ON m.id = $member::uuid
           JOIN resorts AS r ON r.id = $resort::uuid
     )
SELECT outcome
  FROM verdict;
