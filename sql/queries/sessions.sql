-- Signing in, what is signed in, and what is good once.


-- Whose password is to be looked at: of an address, for a log-in, or of a
-- member who is signed in.  state is what the member is told only after the
-- right password.  known: this browser has been signed in to it before.  changed
-- says which password it was that was looked at, for sessions_start.
--
-- name: sessions_account
SELECT m.id,
       m.email,
       m.password_hash,
       CASE
           WHEN m.status = 'deleted' THEN 'deleted'
           WHEN m.status = 'suspended' AND m.suspended_until > now() THEN 'suspended'
           WHEN m.email_verified_at IS NULL THEN 'unverified'
           ELSE 'active'
       END AS state,
       EXISTS (SELECT
                 FROM member_devices AS d
                WHERE d.member_id = m.id
                  AND d.device_hash = $device_hash::bytea) AS known,
       coalesce(m.password_changed_at, '-infinity') AS changed
  FROM members AS m
 WHERE m.email = $email                                            -- when: by_email
 WHERE m.id = $member::uuid                                        -- when: by_id
   AND m.erased_at IS NULL;


-- A wrong password, or a wrong code: only the trail hears of it.  $member is
-- null when there is no such account.
--
-- name: sessions_failed lane=write
INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                             request_id, detail)
VALUES ($action,
        $member::uuid,
        $actor::uuid,
        $session::uuid,
        $address_hash::bytea,
        left($request_id, 100),
        jsonb_build_object('method', $method::text));


-- A password that was right, hashed anew with today's parameters; not if it
-- was changed meanwhile.
--
-- name: sessions_rehash lane=write
UPDATE members
   SET password_hash = $hash
 WHERE id = $member::uuid
   AND password_hash = $before;


-- Signs in: the session, the browser that is known from now on, the trail, and
-- a mail when the browser is new and others were known.  With a ticket it is
-- the second step, and uses that up.
--
-- One row: the account's state, whether the ticket was good, the session, which
-- is null unless all is as it should be, and whether the password that was right
-- is so still.  The row is locked, so that a new password waits for a session
-- that it is to end.
--
-- name: sessions_start lane=write
WITH account AS (
         SELECT id,
                email,
                display_name,
                locale,
                CASE
                    WHEN status = 'deleted' THEN 'deleted'
                    WHEN status = 'suspended' AND suspended_until > now() THEN 'suspended'
                    WHEN email_verified_at IS NULL THEN 'unverified'
                    ELSE 'active'
                END AS state,
                $changed::timestamptz IS NULL
                OR $changed::timestamptz = coalesce(password_changed_at, '-infinity') AS current
           FROM members
          WHERE id = $member::uuid
            AND erased_at IS NULL
            FOR SHARE
     ),
     ticket AS (                                                   -- when: ticket
         UPDATE one_time_tokens                                    -- when: ticket
            SET used_at = now()                                    -- when: ticket
          WHERE id = $ticket::uuid                                 -- when: ticket
            AND purpose = 'login_step'                             -- when: ticket
            AND member_id = $member::uuid                          -- when: ticket
            AND used_at IS NULL                                    -- when: ticket
            AND expires_at > now()                                 -- when: ticket
         RETURNING id                                              -- when: ticket
     ),                                                            -- when: ticket
     devices AS (
         SELECT count(*) AS known,
                coalesce(bool_or(device_hash = $device_hash::bytea), false) AS this
           FROM member_devices
          WHERE member_id = $member::uuid
     ),
     session AS (
         INSERT INTO sessions (id, kind, member_id, token_hash, acr, amr, authenticated_at,
                               device, device_hash, place, expires_at)
         SELECT $id::uuid,
                'browser',
                a.id,
                $token_hash::bytea,
                $acr::smallint,
                $amr::text[],
                now(),
                left($device, 200),
                $device_hash::bytea,
                left($place, 100),
                now() + make_interval(secs => $life::integer)
           FROM account AS a
          WHERE a.state = 'active'
            AND a.current
            AND EXISTS (SELECT FROM ticket)                        -- when: ticket
         RETURNING id, member_id, device, place
     ),
     device AS (
         INSERT INTO member_devices (member_id, device_hash)
         SELECT member_id, $device_hash::bytea
           FROM session
          WHERE $device_hash::bytea IS NOT NULL
             ON CONFLICT (member_id, device_hash) DO UPDATE
            SET last_seen_at = now()
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.new_sign_in',
                'mail:' || s.id,
                jsonb_build_object(
                    'to', a.email,
                    'locale', a.locale,
                    'params', jsonb_build_object('name', a.display_name,
                                                 'device', s.device,
                                                 'place', s.place))
           FROM session AS s
           JOIN account AS a ON a.id = s.member_id
          CROSS JOIN devices AS d
          WHERE d.known > 0
            AND NOT d.this
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id, detail)
         SELECT 'session.started',
                member_id,
                member_id,
                id,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('amr', to_jsonb($amr::text[]), 'device', device,
                                   'place', place)
           FROM session
     )
SELECT a.state,
       true AS ticket,                                             -- when: !ticket
       EXISTS (SELECT FROM ticket) AS ticket,                      -- when: ticket
       s.id AS session,
       a.current
  FROM account AS a
  LEFT JOIN session AS s ON true;


-- A session has proved itself anew; see rb_sessions_step_up().
--
-- name: sessions_step_up lane=write
WITH raised AS (
         UPDATE sessions
            SET acr = greatest(acr, $acr::smallint),
                amr = $amr::text[],
                authenticated_at = now()
          WHERE id = $id::uuid
            AND member_id = $member::uuid
            AND revoked_at IS NULL
            AND expires_at > now()
         RETURNING id, member_id
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id, detail)
         SELECT 'session.stepped_up',
                member_id,
                member_id,
                id,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('amr', to_jsonb($amr::text[]))
           FROM raised
     )
SELECT id
  FROM raised;


-- Ends one session of a member, and the grants given in it, unless they were
-- given to last (offline_access).
--
-- name: sessions_end lane=write
WITH ended AS (
         UPDATE sessions
            SET revoked_at = now(),
                revoke_reason = $reason
          WHERE id = $id::uuid
            AND member_id = $member::uuid
            AND revoked_at IS NULL
            AND expires_at > now()
         RETURNING id, member_id, client_id
     ),
     grants AS (
         UPDATE sessions AS s
            SET revoked_at = now(),
                revoke_reason = $reason
           FROM ended AS e
          WHERE s.parent_id = e.id
            AND s.revoked_at IS NULL
            AND NOT 'offline_access' = ANY (s.scopes)
         RETURNING s.id
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, client_id,
                                      address_hash, request_id, detail)
         SELECT 'session.revoked',
                member_id,
                $actor::uuid,
                id,
                client_id,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('reason', $reason::text, 'grants', (SELECT count(*) FROM grants))
           FROM ended
     )
SELECT id
  FROM ended;


-- Ends all of a member's sessions and grants, but one or none.
--
-- name: sessions_end_all lane=write
WITH ended AS (
         UPDATE sessions
            SET revoked_at = now(),
                revoke_reason = $reason
          WHERE member_id = $member::uuid
            AND revoked_at IS NULL
            AND id IS DISTINCT FROM $but::uuid
         RETURNING id, expires_at
     ),
     told AS (
         SELECT count(*) AS ended
           FROM ended
          WHERE expires_at > now()
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id, detail)
         SELECT 'session.revoked',
                $member::uuid,
                $actor::uuid,
                $session::uuid,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('reason', $reason::text, 'sessions', ended)
           FROM told
          WHERE ended > 0
     )
SELECT ended
  FROM told;


-- What is signed in to a member's account, for GET /api/v1/sessions: browsers
-- and applications, the newest first.  A browser's ends when it was not seen
-- for 14 days, as RB_SESSION_IDLE says.
-- view: rb_session_fields
--
-- name: sessions_list
SELECT s.id,
       s.kind,
       coalesce(s.id = $current::uuid, false) AS current,
       s.device,
       s.place,
       c.id AS "client.id",
       c.name AS "client.name",
       to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(s.last_seen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_seen_at,
       to_char(CASE s.kind
                   WHEN 'browser' THEN least(s.expires_at, s.last_seen_at + INTERVAL '14 days')
                   ELSE s.expires_at
               END AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS expires_at,
       s.created_at AS key,
       s.id AS key_id
  FROM sessions AS s
  LEFT JOIN oauth_clients AS c ON c.id = s.client_id
 WHERE s.member_id = $member::uuid
   AND s.revoked_at IS NULL
   AND s.expires_at > now()
   AND (s.kind <> 'browser' OR s.last_seen_at > now() - INTERVAL '14 days')
   AND (s.created_at, s.id) < ($after::timestamptz, $after_id::uuid)  -- when: after
 ORDER BY s.created_at DESC, s.id DESC
 LIMIT $limit::integer;


-- What is good once: made, looked at, used.
--
-- name: once_make lane=write
INSERT INTO one_time_tokens (id, purpose, member_id, data, expires_at)
VALUES ($id::uuid,
        $purpose,
        $member::uuid,
        $data::jsonb,
        now() + make_interval(secs => $seconds::integer));


-- name: once_look
SELECT member_id,
       data
  FROM one_time_tokens
 WHERE id = $id::uuid
   AND purpose = $purpose
   AND used_at IS NULL
   AND expires_at > now();


-- name: once_take lane=write
UPDATE one_time_tokens
   SET used_at = now()
 WHERE id = $id::uuid
   AND purpose = $purpose
   AND used_at IS NULL
   AND expires_at > now()
RETURNING member_id, data;


-- A guess at the second step: a ticket is good for ten.
--
-- name: sessions_ticket_try lane=write
UPDATE one_time_tokens
   SET attempts = attempts + 1
 WHERE id = $id::uuid
   AND purpose = 'login_step'
   AND used_at IS NULL
   AND expires_at > now()
   AND attempts < 10
RETURNING member_id, data;
