-- Applications that get tokens, and what they have been granted.
--
-- Grants are rows of `sessions'.  This room writes those of the kinds grant
-- and client, and looks at the member and the browser session that they hang
-- on, because whether a token is given is decided in the statement that gives
-- it: nothing is given between a look and a write.
--
-- A member may be acted for while `active', or `suspended' until a time that
-- has passed.  A new password ends all grants, and codes that aren't used yet:
-- what is older than it is no good wherever it is looked at, and who gives or
-- ends something locks the member first, so that one waits for the other.


-- What the provider must know of a client: every request of one.
--
-- name: oauth_client_get
SELECT id,
       name,
       auth_method,
       jwks,
       array_to_string(redirect_uris, ' ') AS redirect_uris,
       array_to_string(post_logout_redirect_uris, ' ') AS post_logout_redirect_uris,
       array_to_string(grant_types, ' ') AS grant_types,
       array_to_string(scopes, ' ') AS scopes,
       secret_hash,
       require_par,
       require_dpop,
       first_party,
       disabled_at IS NOT NULL AS disabled
  FROM oauth_clients
 WHERE id = $id;


-- A client as an administrator sees it.
-- view: rb_admin_client_fields
--
-- name: oauth_client_row
SELECT id,
       name,
       auth_method,
       to_json(redirect_uris) AS redirect_uris,
       to_json(post_logout_redirect_uris) AS post_logout_redirect_uris,
       to_json(grant_types) AS grant_types,
       to_json(scopes) AS scopes,
       jwks,
       require_par,
       require_dpop,
       first_party,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(disabled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS disabled_at
  FROM oauth_clients
 WHERE id = $id;


-- All of them, by id; the last column is the key of the next page.
-- view: rb_admin_client_fields
--
-- name: oauth_client_list lane=slow
SELECT id,
       name,
       auth_method,
       to_json(redirect_uris) AS redirect_uris,
       to_json(post_logout_redirect_uris) AS post_logout_redirect_uris,
       to_json(grant_types) AS grant_types,
       to_json(scopes) AS scopes,
       jwks,
       require_par,
       require_dpop,
       first_party,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(disabled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS disabled_at,
       id AS key
  FROM oauth_clients
 WHERE id > $after                                                 -- when: after
 ORDER BY id
 LIMIT $limit;


-- Registers a client, for rb_oauth_client_create().  No row: the id is taken.
--
-- name: oauth_client_create lane=write
WITH client AS (
         INSERT INTO oauth_clients
                (id, name, auth_method, secret_hash, jwks, redirect_uris,
                 post_logout_redirect_uris, grant_types, scopes, require_par,
                 require_dpop, first_party, created_by)
         VALUES ($id::text, $name::text, $auth_method::client_auth_method,
                 $secret_hash::bytea, $jwks::jsonb,
                 string_to_array($redirect_uris, ' '),
                 string_to_array($post_logout_redirect_uris, ' '),
                 string_to_array($grant_types, ' '),
                 string_to_array($scopes, ' '),
                 $require_par::boolean, $require_dpop::boolean,
                 $first_party::boolean, $actor::uuid)
             ON CONFLICT (id) DO NOTHING
         RETURNING id, auth_method, grant_types, scopes
     ),
     event AS (
         INSERT INTO security_events (action, actor_id, client_id, address_hash, request_id, detail)
         SELECT 'client.registered',
                $actor::uuid,
                id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('auth_method', auth_method,
                                   'grant_types', grant_types,
                                   'scopes', scopes)
           FROM client
     )
SELECT id
  FROM client;


-- Changes a client, for rb_oauth_client_update().  No row: there is none.
--
-- name: oauth_client_update lane=write
WITH old AS (
         SELECT *
           FROM oauth_clients
          WHERE id = $id::text
            FOR UPDATE
     ),
     new AS (
         UPDATE oauth_clients AS c
            SET name = $name,
                jwks = $jwks::jsonb,
                redirect_uris = string_to_array($redirect_uris, ' '),
                post_logout_redirect_uris = string_to_array($post_logout_redirect_uris, ' '),
                grant_types = string_to_array($grant_types, ' '),
                scopes = string_to_array($scopes, ' '),
                require_par = $require_par::boolean,
                require_dpop = $require_dpop::boolean,
                first_party = $first_party::boolean,
                updated_at = now()
           FROM old
          WHERE c.id = old.id
         RETURNING c.*
     ),
     event AS (
         INSERT INTO security_events (action, actor_id, client_id, address_hash, request_id, detail)
         SELECT 'client.changed',
                $actor::uuid,
                new.id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('changed', (
                    SELECT coalesce(jsonb_agg(n.key ORDER BY n.key), '[]')
                      FROM jsonb_each(to_jsonb(new) - 'updated_at') AS n
                      JOIN jsonb_each(to_jsonb(old)) AS o USING (key)
                     WHERE n.value <> o.value))
           FROM new
           JOIN old USING (id)
     )
SELECT id
  FROM new;


-- A new secret, for rb_oauth_client_rotate_secret().  No row: there is no such
-- client, or it has none.
--
-- name: oauth_client_secret lane=write
WITH client AS (
         UPDATE oauth_clients
            SET secret_hash = $secret_hash::bytea,
                updated_at = now()
          WHERE id = $id::text
            AND secret_hash IS NOT NULL
         RETURNING id
     ),
     event AS (
         INSERT INTO security_events (action, actor_id, client_id, address_hash, request_id, detail)
         SELECT 'client.changed',
                $actor::uuid,
                id,
                $caller::bytea,
                left($request_id, 100),
                '{"changed": ["secret"]}'
           FROM client
     )
SELECT id
  FROM client;


-- Disables a client and ends what it was granted, or enables it, for
-- rb_oauth_client_disable().  No row: there is none.
--
-- name: oauth_client_disable lane=write
WITH client AS (
         UPDATE oauth_clients
            SET disabled_at = CASE WHEN $disabled::boolean THEN now() END,
                updated_at = now()
          WHERE id = $id::text
            AND (disabled_at IS NOT NULL) <> $disabled::boolean
         RETURNING id
     ),
     ended AS (
         UPDATE sessions AS s
            SET revoked_at = now(),
                revoke_reason = 'client_disabled'
           FROM client AS c
          WHERE $disabled::boolean
            AND s.client_id = c.id
            AND s.revoked_at IS NULL
         RETURNING s.id
     ),
     event AS (
         INSERT INTO security_events (action, actor_id, client_id, address_hash, request_id, detail)
         SELECT 'client.changed',
                $actor::uuid,
                c.id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('changed', jsonb_build_array('disabled'),
                                   'disabled', $disabled::boolean,
                                   'ended', (SELECT count(*) FROM ended))
           FROM client AS c
     )
SELECT id
  FROM oauth_clients
 WHERE id = $id::text;


-- What a member has let a client do, for GET /oauth/authorize.
--
-- name: oauth_consent_get
SELECT array_to_string(scopes, ' ') AS scopes
  FROM oauth_consents
 WHERE member_id = $member::uuid
   AND client_id = $client;


-- Takes a consent back and ends the grants, for rb_oauth_consent_withdraw().
-- No row: there was neither.
--
-- name: oauth_consent_withdraw lane=write
WITH consent AS (
         DELETE FROM oauth_consents
          WHERE member_id = $member::uuid
            AND client_id = $client::text
         RETURNING client_id
     ),
     ended AS (
         UPDATE sessions
            SET revoked_at = now(),
                revoke_reason = 'consent_withdrawn'
          WHERE member_id = $member::uuid
            AND client_id = $client::text
            AND revoked_at IS NULL
         RETURNING id
     ),
     total AS (
         SELECT (SELECT count(*) FROM consent) AS consents,
                (SELECT count(*) FROM ended) AS grants
     ),
     event AS (
         INSERT INTO security_events (action, member_id, actor_id, client_id, address_hash, request_id, detail)
         SELECT 'consent.withdrawn',
                $member::uuid,
                $actor::uuid,
                $client::text,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('ended', grants)
           FROM total
          WHERE consents + grants > 0
     )
SELECT grants
  FROM total
 WHERE consents + grants > 0;


-- Gives a code, for GET and POST /oauth/authorize; `consented' when the member
-- has just said yes.  No row: the browser's session or the client is no good
-- any more.
--
-- name: oauth_code_issue lane=write
WITH session AS (
         SELECT s.*
           FROM sessions AS s
          WHERE s.id = $session::uuid
            AND s.member_id = $member::uuid
            AND s.kind = 'browser'
            AND s.revoked_at IS NULL
            AND s.expires_at > now()
            AND EXISTS (SELECT
                          FROM oauth_clients AS c
                         WHERE c.id = $client::text
                           AND c.disabled_at IS NULL)
     ),
     consent AS (                                                  -- when: consented
         INSERT INTO oauth_consents AS o (member_id, client_id, scopes)  -- when: consented
         SELECT member_id, $client::text, string_to_array($scopes, ' ')  -- when: consented
           FROM session                                            -- when: consented
             ON CONFLICT (member_id, client_id) DO UPDATE          -- when: consented
            SET scopes = (SELECT array_agg(DISTINCT u.scope ORDER BY u.scope)  -- when: consented
                            FROM unnest(o.scopes || EXCLUDED.scopes) AS u (scope)),  -- when: consented
                granted_at = now()                                 -- when: consented
     ),                                                            -- when: consented
     event AS (                                                    -- when: consented
         INSERT INTO security_events                               -- when: consented
                (action, member_id, actor_id, session_id, client_id, address_hash, request_id, detail)  -- when: consented
         SELECT 'consent.given',                                   -- when: consented
                member_id,                                         -- when: consented
                member_id,                                         -- when: consented
                id,                                                -- when: consented
                $client::text,                                     -- when: consented
                $caller::bytea,                                    -- when: consented
                left($request_id, 100),                            -- when: consented
                jsonb_build_object('scopes', string_to_array($scopes, ' '))  -- when: consented
           FROM session                                            -- when: consented
     ),                                                            -- when: consented
     code AS (
         INSERT INTO authorization_codes
                (hash, client_id, member_id, parent_id, redirect_uri, scopes, nonce,
                 code_challenge, dpop_jkt, acr, amr, authenticated_at, expires_at)
         SELECT $hash::bytea,
                $client::text,
                member_id,
                id,
                $redirect_uri,
                string_to_array($scopes, ' '),
                $nonce,
                $code_challenge,
                $dpop_jkt,
                acr,
                amr,
                authenticated_at,
                now() + $seconds::integer * interval '1 second'
           FROM session
         RETURNING client_id
     )
SELECT client_id
  FROM code;


-- What a code was given for, for POST /oauth/token.  On the lane of writes, as
-- who has just seen it used must see by whom.
--
-- name: oauth_code_look lane=write
SELECT client_id,
       redirect_uri,
       code_challenge,
       dpop_jkt,
       used_at IS NOT NULL AS used,
       expires_at > now() AS fresh,
       session_id
  FROM authorization_codes
 WHERE hash = $hash::bytea;


-- Uses a code, once: the grant, its first refresh token.  No row: somebody
-- else was faster, it has expired, or what it hangs on is no good any more.
-- Member and browser session are locked: who is ending them is waited for.
--
-- name: oauth_code_use lane=write
WITH parent AS (
         SELECT p.id, p.device, p.place
           FROM authorization_codes AS a
           JOIN sessions AS p ON p.id = a.parent_id
           JOIN members AS m ON m.id = p.member_id
          WHERE a.hash = $hash::bytea
            AND p.revoked_at IS NULL
            AND p.expires_at > now()
            AND (m.status = 'active' OR m.status = 'suspended' AND m.suspended_until <= now())
            AND coalesce(m.password_changed_at <= a.created_at, true)
            FOR SHARE OF m, p
     ),
     code AS (
         UPDATE authorization_codes AS a
            SET used_at = now(),
                session_id = $session::uuid
           FROM parent AS p
           JOIN oauth_clients AS c ON c.id = $client::text
          WHERE a.hash = $hash::bytea
            AND a.client_id = c.id
            AND a.used_at IS NULL
            AND a.expires_at > now()
            AND c.disabled_at IS NULL
         RETURNING a.*, p.device, p.place
     ),
     session AS (
         INSERT INTO sessions
                (id, kind, member_id, client_id, parent_id, scopes, dpop_jkt, acr, amr,
                 authenticated_at, device, place, expires_at)
         SELECT $session::uuid,
                'grant',
                member_id,
                client_id,
                parent_id,
                scopes,
                $jkt::text,
                acr,
                amr,
                authenticated_at,
                device,
                place,
                now() + $seconds::integer * interval '1 second'
           FROM code
         RETURNING *
     ),
     token AS (                                                    -- when: refresh
         INSERT INTO refresh_tokens (hash, session_id, expires_at) -- when: refresh
         SELECT $refresh_hash::bytea,                              -- when: refresh
                id,                                                -- when: refresh
                least(expires_at, now() + $idle::integer * interval '1 second')  -- when: refresh
           FROM session                                            -- when: refresh
     ),                                                            -- when: refresh
     event AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash, request_id, detail)
         SELECT 'session.started',
                member_id,
                member_id,
                id,
                client_id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('kind', kind, 'scopes', scopes)
           FROM session
     )
SELECT s.id AS session_id,
       s.member_id,
       array_to_string(s.scopes, ' ') AS scopes,
       s.acr,
       to_json(s.amr) AS amr,
       floor(extract(epoch FROM s.authenticated_at))::bigint AS auth_time,
       c.nonce
  FROM session AS s
 CROSS JOIN code AS c;


-- A token or a code came a second time: the whole grant ends, and the member
-- is told.  No row: it had ended before.
--
-- name: oauth_family_revoke lane=write
WITH session AS (
         UPDATE sessions
            SET revoked_at = now(),
                revoke_reason = $reason::text
          WHERE id = $session::uuid
            AND kind = 'grant'
            AND revoked_at IS NULL
         RETURNING id, member_id, client_id
     ),
     event AS (
         INSERT INTO security_events
                (action, member_id, session_id, client_id, address_hash, request_id, detail)
         SELECT 'token.family_revoked',
                member_id,
                id,
                client_id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('reason', $reason::text)
           FROM session
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.token_reused',
                'mail:' || s.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object('name', m.display_name,
                                                                'client', c.name))
           FROM session AS s
           JOIN members AS m ON m.id = s.member_id
           JOIN oauth_clients AS c ON c.id = s.client_id
     )
SELECT id
  FROM session;


-- Rotates a refresh token: of all who come with one at the same instant one
-- finds it unused.  No row: used, unknown, or no good any more; then
-- oauth_refresh_look tells which.
--
-- name: oauth_refresh_use lane=write
WITH token AS (
         UPDATE refresh_tokens AS r
            SET used_at = now(),
                successor_sealed = $sealed::bytea
           FROM sessions AS s
           JOIN members AS m ON m.id = s.member_id
           LEFT JOIN sessions AS p ON p.id = s.parent_id
          WHERE r.hash = $hash::bytea
            AND r.used_at IS NULL
            AND r.expires_at > now()
            AND s.id = r.session_id
            AND s.client_id = $client
            AND s.revoked_at IS NULL
            AND s.expires_at > now()
            AND (s.dpop_jkt IS NULL OR s.dpop_jkt = $jkt::text)
            AND string_to_array($scope, ' ') <@ s.scopes
            AND (m.status = 'active' OR m.status = 'suspended' AND m.suspended_until <= now())
            AND coalesce(m.password_changed_at <= s.created_at, true)
            AND ('offline_access' = ANY (s.scopes)
                 OR p.revoked_at IS NULL AND p.expires_at > now())
         RETURNING r.session_id
     ),
     session AS (
         UPDATE sessions AS s
            SET last_seen_at = now()
           FROM token AS t
          WHERE s.id = t.session_id
         RETURNING s.*
     ),
     next AS (
         INSERT INTO refresh_tokens (hash, session_id, expires_at)
         SELECT $next_hash::bytea,
                id,
                least(expires_at, now() + $idle::integer * interval '1 second')
           FROM session
     )
SELECT id AS session_id,
       member_id,
       array_to_string(scopes, ' ') AS scopes,
       acr,
       to_json(amr) AS amr,
       floor(extract(epoch FROM authenticated_at))::bigint AS auth_time,
       NULL AS nonce
  FROM session;


-- What has become of a refresh token: for POST /oauth/token when it was used,
-- for introspection and revocation.
--
-- name: oauth_refresh_look lane=write
SELECT s.id AS session_id,
       s.member_id,
       array_to_string(s.scopes, ' ') AS scopes,
       s.acr,
       to_json(s.amr) AS amr,
       floor(extract(epoch FROM s.authenticated_at))::bigint AS auth_time,
       NULL AS nonce,
       s.client_id,
       s.dpop_jkt,
       r.used_at IS NOT NULL AS used,
       r.used_at > now() - $grace::integer * interval '1 second' AS just_used,
       r.successor_sealed,
       r.expires_at > now()
           AND s.revoked_at IS NULL
           AND s.expires_at > now()
           AND (m.status = 'active' OR m.status = 'suspended' AND m.suspended_until <= now())
           AND coalesce(m.password_changed_at <= s.created_at, true)
           AND ('offline_access' = ANY (s.scopes)
                OR coalesce(p.revoked_at IS NULL AND p.expires_at > now(), false)) AS live,
       floor(extract(epoch FROM r.created_at))::bigint AS iat,
       floor(extract(epoch FROM r.expires_at))::bigint AS exp
  FROM refresh_tokens AS r
  JOIN sessions AS s ON s.id = r.session_id
  JOIN members AS m ON m.id = s.member_id
  LEFT JOIN sessions AS p ON p.id = s.parent_id
 WHERE r.hash = $hash::bytea;


-- A client for itself, for grant_type=client_credentials.
--
-- name: oauth_client_session lane=write
WITH session AS (
         INSERT INTO sessions
                (id, kind, client_id, scopes, dpop_jkt, acr, amr, authenticated_at, expires_at)
         SELECT $session::uuid,
                'client',
                id,
                string_to_array($scopes, ' '),
                $jkt,
                1,
                '{}',
                now(),
                now() + $seconds::integer * interval '1 second'
           FROM oauth_clients
          WHERE id = $client
            AND disabled_at IS NULL
         RETURNING *
     ),
     event AS (
         INSERT INTO security_events
                (action, session_id, client_id, address_hash, request_id, detail)
         SELECT 'session.started',
                id,
                client_id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('kind', kind, 'scopes', scopes)
           FROM session
     )
SELECT id AS session_id,
       member_id,
       array_to_string(scopes, ' ') AS scopes,
       acr,
       to_json(amr) AS amr,
       floor(extract(epoch FROM authenticated_at))::bigint AS auth_time,
       NULL AS nonce
  FROM session;


-- Begins a device's log-in, for POST /oauth/device_authorization.  No row: the
-- user code is another's.
--
-- name: oauth_device_begin lane=write
INSERT INTO device_codes (hash, user_code, client_id, scopes, interval_s, expires_at)
SELECT $hash::bytea,
       $user_code,
       $client,
       string_to_array($scopes, ' '),
       $interval::smallint,
       now() + $seconds::integer * interval '1 second'
    ON CONFLICT (user_code) DO NOTHING
RETURNING user_code;


-- What a user code is for, for GET and POST /device.
--
-- name: oauth_device_find
SELECT d.client_id,
       c.name,
       array_to_string(d.scopes, ' ') AS scopes
  FROM device_codes AS d
  JOIN oauth_clients AS c ON c.id = d.client_id
 WHERE d.user_code = $user_code
   AND d.status = 'pending'
   AND d.expires_at > now()
   AND c.disabled_at IS NULL;


-- The member's answer, for POST /device.  No row: the code or the browser's
-- session is no good any more.
--
-- name: oauth_device_decide lane=write
WITH session AS (
         SELECT *
           FROM sessions
          WHERE id = $session::uuid
            AND member_id = $member::uuid
            AND kind = 'browser'
            AND revoked_at IS NULL
            AND expires_at > now()
     ),
     code AS (
         UPDATE device_codes AS d
            SET status = CASE WHEN $approved::boolean THEN 'approved' ELSE 'denied' END::device_code_status,
                member_id = s.member_id,
                parent_id = s.id,
                acr = s.acr,
                amr = s.amr,
                authenticated_at = s.authenticated_at
           FROM session AS s
          WHERE d.user_code = $user_code
            AND d.status = 'pending'
            AND d.expires_at > now()
         RETURNING d.client_id, d.member_id, d.parent_id, d.scopes
     ),
     event AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash, request_id, detail)
         SELECT CASE WHEN $approved::boolean THEN 'consent.given' ELSE 'consent.refused' END,
                member_id,
                member_id,
                parent_id,
                client_id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('scopes', scopes, 'device', true)
           FROM code
     )
SELECT client_id
  FROM code;


-- A device asks whether it may, for POST /oauth/token.  The row is locked
-- first, so that of two who ask at once one is told to slow down and one code
-- gives one grant.  No row: there is no such code of this client.
--
-- name: oauth_device_poll lane=write
WITH code AS (
         SELECT *,
                coalesce(now() < polled_at + interval_s * interval '1 second', false) AS too_soon
           FROM device_codes
          WHERE hash = $hash::bytea
            AND client_id = $client::text
            FOR UPDATE
     ),
     good AS (
         SELECT c.*, p.device, p.place
           FROM code AS c
           JOIN sessions AS p ON p.id = c.parent_id
           JOIN members AS m ON m.id = c.member_id
           JOIN oauth_clients AS o ON o.id = c.client_id
          WHERE c.status = 'approved'
            AND NOT c.too_soon
            AND c.expires_at > now()
            AND p.revoked_at IS NULL
            AND p.expires_at > now()
            AND o.disabled_at IS NULL
            AND (m.status = 'active' OR m.status = 'suspended' AND m.suspended_until <= now())
            FOR SHARE OF m, p
     ),
     polled AS (
         UPDATE device_codes AS d
            SET polled_at = now(),
                interval_s = least(60, d.interval_s + CASE WHEN c.too_soon THEN 5 ELSE 0 END),
                status = CASE
                    WHEN EXISTS (SELECT FROM good) THEN 'used'
                    ELSE d.status
                END
           FROM code AS c
          WHERE d.hash = c.hash
     ),
     session AS (
         INSERT INTO sessions
                (id, kind, member_id, client_id, parent_id, scopes, dpop_jkt, acr, amr,
                 authenticated_at, device, place, expires_at)
         SELECT $session::uuid,
                'grant',
                member_id,
                client_id,
                parent_id,
                scopes,
                $jkt::text,
                acr,
                amr,
                authenticated_at,
                '',
                place,
                now() + $seconds::integer * interval '1 second'
           FROM good
         RETURNING *
     ),
     token AS (                                                    -- when: refresh
         INSERT INTO refresh_tokens (hash, session_id, expires_at) -- when: refresh
         SELECT $refresh_hash::bytea,                              -- when: refresh
                id,                                                -- when: refresh
                least(expires_at, now() + $idle::integer * interval '1 second')  -- when: refresh
           FROM session                                            -- when: refresh
     ),                                                            -- when: refresh
     event AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash, request_id, detail)
         SELECT 'session.started',
                member_id,
                member_id,
                id,
                client_id,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('kind', kind, 'scopes', scopes, 'device', true)
           FROM session
     )
SELECT s.id AS session_id,
       s.member_id,
       array_to_string(s.scopes, ' ') AS scopes,
       s.acr,
       to_json(s.amr) AS amr,
       floor(extract(epoch FROM s.authenticated_at))::bigint AS auth_time,
       NULL AS nonce,
       CASE
           WHEN s.id IS NOT NULL THEN 'granted'
           WHEN c.status = 'used' THEN 'used'
           WHEN c.expires_at <= now() THEN 'expired'
           WHEN c.too_soon THEN 'too_soon'
           WHEN c.status = 'pending' THEN 'pending'
           WHEN c.status = 'denied' THEN 'denied'
           ELSE 'gone'
       END AS outcome
  FROM code AS c
  LEFT JOIN session AS s ON true;


-- Whether the session that an access token names is still good, for POST
-- /oauth/introspect.
--
-- name: oauth_session_look
SELECT s.revoked_at IS NULL
           AND s.expires_at > now()
           AND (s.member_id IS NULL
                OR m.status = 'active'
                OR m.status = 'suspended' AND m.suspended_until <= now())
           AND coalesce(m.password_changed_at <= s.created_at, true)
           AND c.disabled_at IS NULL
           AND (s.kind <> 'grant'
                OR 'offline_access' = ANY (s.scopes)
                OR coalesce(p.revoked_at IS NULL AND p.expires_at > now(), false)) AS live
  FROM sessions AS s
  JOIN oauth_clients AS c ON c.id = s.client_id
  LEFT JOIN members AS m ON m.id = s.member_id
  LEFT JOIN sessions AS p ON p.id = s.parent_id
 WHERE s.id = $session::uuid
   AND s.client_id = $client;


-- A client gives a grant back, for POST /oauth/revoke.
--
-- name: oauth_session_revoke lane=write
WITH session AS (
         UPDATE sessions
            SET revoked_at = now(),
                revoke_reason = 'revoked_by_client'
          WHERE id = $session::uuid
            AND client_id = $client
            AND revoked_at IS NULL
         RETURNING id, member_id, client_id
     ),
     event AS (
         INSERT INTO security_events
                (action, member_id, session_id, client_id, address_hash, request_id, detail)
         SELECT 'session.revoked',
                member_id,
                id,
                client_id,
                $caller::bytea,
                left($request_id, 100),
                '{"reason": "revoked_by_client"}'
           FROM session
     )
SELECT id
  FROM session;
