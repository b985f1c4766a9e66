-- Second factors: authenticators (TOTP), recovery codes, passkeys.
--
-- A change commits with its security event and its mail, or not at all.  The
-- mail needs the member's address, name and language, which are read here:
-- this room is below users/.


-- What is set up, for rb_factors_methods().
--
-- name: factors_methods
SELECT EXISTS (SELECT
                 FROM totp_factors
                WHERE member_id = $member::uuid
                  AND confirmed_at IS NOT NULL) AS totp,
       EXISTS (SELECT
                 FROM recovery_codes
                WHERE member_id = $member::uuid
                  AND used_at IS NULL) AS recovery,
       EXISTS (SELECT
                 FROM passkeys
                WHERE member_id = $member::uuid) AS passkey;


-- The same in numbers, for rb_factors_list().
--
-- name: factors_summary
SELECT (SELECT to_char(confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
          FROM totp_factors
         WHERE member_id = $member::uuid) AS totp_at,
       (SELECT count(*)
          FROM recovery_codes
         WHERE member_id = $member::uuid
           AND used_at IS NULL) AS recovery_codes;


-- name: factors_passkeys
SELECT id,
       name,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_used_at,
       backed_up
  FROM passkeys
 WHERE member_id = $member::uuid
 ORDER BY created_at, id;


-- An authenticator's secret, for rb_factors_take_code() and what sets one up.
--
-- name: factors_totp_get
SELECT f.secret_sealed,
       f.confirmed_at IS NOT NULL AS confirmed,
       m.email
  FROM totp_factors AS f
  JOIN members AS m ON m.id = f.member_id
 WHERE f.member_id = $member::uuid;


-- Takes the code of a step, once: of two requests with one code the second
-- finds that its step isn't after the last one.
--
-- name: factors_totp_take lane=write
UPDATE totp_factors
   SET last_step = $step::bigint
 WHERE member_id = $member::uuid
   AND confirmed_at IS NOT NULL
   AND last_step < $step::bigint
RETURNING last_step;


-- Takes a recovery code, once.
--
-- name: factors_recovery_take lane=write
UPDATE recovery_codes
   SET used_at = now()
 WHERE member_id = $member::uuid
   AND hash = $hash::bytea
   AND used_at IS NULL
RETURNING place;


-- Begins to set up an authenticator.  One that was begun and not confirmed is
-- forgotten; one that is set up stays, and there is no row.
--
-- name: factors_totp_begin lane=write
WITH begun AS (
         INSERT INTO totp_factors (member_id, secret_sealed)
         VALUES ($member::uuid, $sealed::bytea)
             ON CONFLICT (member_id) DO UPDATE
            SET secret_sealed = excluded.secret_sealed,
                created_at = now()
          WHERE totp_factors.confirmed_at IS NULL
         RETURNING member_id
     )
SELECT m.email
  FROM begun
  JOIN members AS m ON m.id = begun.member_id;


-- Sets it up, and makes recovery codes where there are none.  $sealed is what
-- the code was checked against: if another was begun meanwhile there is no
-- row.
--
-- name: factors_totp_confirm lane=write
WITH confirmed AS (
         UPDATE totp_factors
            SET confirmed_at = now(),
                last_step = $step::bigint
          WHERE member_id = $member::uuid
            AND confirmed_at IS NULL
            AND secret_sealed = $sealed::bytea
         RETURNING member_id
     ),
     codes AS (
         INSERT INTO recovery_codes (member_id, place, hash)
         SELECT c.member_id, h.place, decode(h.hash, 'hex')
           FROM confirmed AS c
          CROSS JOIN string_to_table($hashes, ' ') WITH ORDINALITY AS h (hash, place)
          WHERE NOT EXISTS (SELECT FROM recovery_codes WHERE member_id = $member::uuid)
             ON CONFLICT (member_id, place) DO NOTHING
         RETURNING member_id
     ),
     trail AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash,
                 request_id, detail)
         SELECT t.action, t.member_id, t.member_id, $session::uuid, $client, $address::bytea,
                left($request_id, 100), t.detail
           FROM (SELECT 'factor.added' AS action,
                        member_id,
                        jsonb_build_object('factor', 'totp') AS detail
                   FROM confirmed
                  UNION ALL
                 SELECT 'recovery_codes.made',
                        member_id,
                        '{}'
                   FROM codes
                  GROUP BY member_id) AS t
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.factor_added',
                'mail:' || m.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object('name', m.display_name,
                                                                'factor', 'totp'))
           FROM confirmed AS c
           JOIN members AS m ON m.id = c.member_id
     )
SELECT (SELECT count(*) FROM codes) AS codes
  FROM confirmed;


-- Takes an authenticator away; with the last factor the recovery codes go,
-- which are a way around factors.  outcome is `removed', `none', or `last' for
-- a member of the staff, who must keep one.
--
-- name: factors_totp_remove lane=write
WITH allowed AS (
         SELECT m.id, m.email, m.locale, m.display_name
           FROM members AS m
          WHERE m.id = $member::uuid
            AND (NOT m.roles && '{moderator,auditor,admin,super_admin}'::member_role[]
                 OR EXISTS (SELECT FROM passkeys AS p WHERE p.member_id = m.id))
     ),
     removed AS (
         DELETE FROM totp_factors AS f
          USING allowed AS a
          WHERE f.member_id = a.id
            AND f.confirmed_at IS NOT NULL
         RETURNING f.member_id, a.email, a.locale, a.display_name
     ),
     codes AS (
         DELETE FROM recovery_codes AS c
          USING removed AS r
          WHERE c.member_id = r.member_id
            AND NOT EXISTS (SELECT FROM passkeys AS p WHERE p.member_id = $member::uuid)
     ),
     trail AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash,
                 request_id, detail)
         SELECT 'factor.removed', member_id, member_id, $session::uuid, $client,
                $address::bytea, left($request_id, 100),
                jsonb_build_object('factor', 'totp')
           FROM removed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.factor_removed',
                'mail:' || member_id,
                jsonb_build_object('to', email,
                                   'locale', locale,
                                   'params', jsonb_build_object('name', display_name,
                                                                'factor', 'totp'))
           FROM removed
     )
SELECT CASE
           WHEN EXISTS (SELECT FROM removed) THEN 'removed'
           WHEN EXISTS (SELECT
                          FROM totp_factors
                         WHERE member_id = $member::uuid
                           AND confirmed_at IS NOT NULL)
                AND NOT EXISTS (SELECT FROM allowed) THEN 'last'
           ELSE 'none'
       END AS outcome;


-- Ten new recovery codes in the places of the old.  No row: there is no factor
-- that they could stand in for.
--
-- name: factors_recovery_make lane=write
WITH owner AS (
         SELECT m.id, m.email, m.locale, m.display_name
           FROM members AS m
          WHERE m.id = $member::uuid
            AND (EXISTS (SELECT
                           FROM totp_factors AS f
                          WHERE f.member_id = m.id
                            AND f.confirmed_at IS NOT NULL)
                 OR EXISTS (SELECT FROM passkeys AS p WHERE p.member_id = m.id))
     ),
     codes AS (
         INSERT INTO recovery_codes (member_id, place, hash)
         SELECT o.id, h.place, decode(h.hash, 'hex')
           FROM owner AS o
          CROSS JOIN string_to_table($hashes, ' ') WITH ORDINALITY AS h (hash, place)
             ON CONFLICT (member_id, place) DO UPDATE
            SET hash = excluded.hash,
                created_at = now(),
                used_at = NULL
     ),
     trail AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash,
                 request_id)
         SELECT 'recovery_codes.made', id, id, $session::uuid, $client, $address::bytea,
                left($request_id, 100)
           FROM owner
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.recovery_codes_made',
                'mail:' || id,
                jsonb_build_object('to', email,
                                   'locale', locale,
                                   'params', jsonb_build_object('name', display_name))
           FROM owner
     )
SELECT id
  FROM owner;


-- Begins a passkey's ceremony ($purpose is passkey_create or passkey_get), for
-- five minutes.  Returns the member and a row a passkey, or with columns of
-- NULL when there are none; no row at all when $member is NULL.
--
-- name: factors_ceremony_begin lane=write
WITH begun AS (
         INSERT INTO one_time_tokens (id, purpose, member_id, data, expires_at)
         VALUES ($id::uuid, $purpose, $member::uuid,
                 jsonb_build_object('challenge', $challenge::text),
                 now() + interval '5 minutes')
     )
SELECT m.email,
       m.display_name,
       p.credential_id,
       to_json(p.transports) AS transports
  FROM members AS m
  LEFT JOIN passkeys AS p ON p.member_id = m.id
 WHERE m.id = $member::uuid
 ORDER BY p.created_at;


-- Ends a ceremony of creation: its challenge, once.
--
-- name: factors_ceremony_take lane=write
UPDATE one_time_tokens
   SET used_at = now()
 WHERE id = $id::uuid
   AND purpose = 'passkey_create'
   AND member_id = $member::uuid
   AND used_at IS NULL
   AND expires_at > now()
RETURNING data->>'challenge' AS challenge;


-- Ends a ceremony of signing in, with the passkey that was chosen.
--
-- name: factors_passkey_take lane=write
WITH ceremony AS (
         UPDATE one_time_tokens
            SET used_at = now()
          WHERE id = $id::uuid
            AND purpose = 'passkey_get'
            AND used_at IS NULL
            AND expires_at > now()
         RETURNING member_id, data->>'challenge' AS challenge
     )
SELECT c.challenge,
       c.member_id,
       p.id,
       p.member_id AS owner_id,
       p.public_key
  FROM ceremony AS c
  JOIN passkeys AS p ON p.credential_id = $credential::bytea;


-- A passkey was used.  Its counter must have risen, unless it has none (both
-- are 0): a lower one speaks of a copy of the key, which is put on record.
--
-- name: factors_passkey_used lane=write
WITH used AS (
         UPDATE passkeys
            SET sign_count = $count::bigint,
                backed_up = $backed_up::boolean,
                last_used_at = now()
          WHERE id = $id::uuid
            AND (sign_count < $count::bigint OR (sign_count = 0 AND $count::bigint = 0))
         RETURNING id
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, detail)
         SELECT 'passkey.counter_fell',
                p.member_id,
                jsonb_build_object('passkey_id', p.id,
                                   'counter', p.sign_count,
                                   'given', $count::bigint)
           FROM passkeys AS p
          WHERE p.id = $id::uuid
            AND NOT EXISTS (SELECT FROM used)
     )
SELECT id
  FROM used;


-- Adds a passkey, and makes recovery codes where there are none.  No row: the
-- member has $max of them.  The credential of another, or once more the same:
-- passkeys_credential_key.
--
-- name: factors_passkey_add lane=write
WITH added AS (
         INSERT INTO passkeys
                (id, member_id, credential_id, public_key, sign_count, transports, aaguid,
                 name, discoverable, backed_up)
         SELECT $id::uuid, m.id, $credential::bytea, $public_key::bytea, $count::bigint,
                $transports::text[], encode($aaguid::bytea, 'hex')::uuid, $name,
                $discoverable::boolean, $backed_up::boolean
           FROM members AS m
          WHERE m.id = $member::uuid
            AND (SELECT count(*)
                   FROM passkeys AS p
                  WHERE p.member_id = m.id) < $max::integer
         RETURNING id, member_id, created_at
     ),
     codes AS (
         INSERT INTO recovery_codes (member_id, place, hash)
         SELECT a.member_id, h.place, decode(h.hash, 'hex')
           FROM added AS a
          CROSS JOIN string_to_table($hashes, ' ') WITH ORDINALITY AS h (hash, place)
          WHERE NOT EXISTS (SELECT FROM recovery_codes WHERE member_id = $member::uuid)
             ON CONFLICT (member_id, place) DO NOTHING
         RETURNING member_id
     ),
     trail AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash,
                 request_id, detail)
         SELECT t.action, t.member_id, t.member_id, $session::uuid, $client, $address::bytea,
                left($request_id, 100), t.detail
           FROM (SELECT 'factor.added' AS action,
                        member_id,
                        jsonb_build_object('factor', 'passkey', 'passkey_id', id) AS detail
                   FROM added
                  UNION ALL
                 SELECT 'recovery_codes.made',
                        member_id,
                        '{}'
                   FROM codes
                  GROUP BY member_id) AS t
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.factor_added',
                'mail:' || m.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object('name', m.display_name,
                                                                'factor', 'passkey'))
           FROM added AS a
           JOIN members AS m ON m.id = a.member_id
     )
SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       (SELECT count(*) FROM codes) AS codes
  FROM added;


-- name: factors_passkey_rename lane=write
UPDATE passkeys
   SET name = btrim(normalize($name, NFC))
 WHERE id = $id::uuid
   AND member_id = $member::uuid
RETURNING id;


-- Takes a passkey away; as factors_totp_remove.
--
-- name: factors_passkey_remove lane=write
WITH allowed AS (
         SELECT m.id, m.email, m.locale, m.display_name
           FROM members AS m
          WHERE m.id = $member::uuid
            AND (NOT m.roles && '{moderator,auditor,admin,super_admin}'::member_role[]
                 OR EXISTS (SELECT
                              FROM totp_factors AS f
                             WHERE f.member_id = m.id
                               AND f.confirmed_at IS NOT NULL)
                 OR EXISTS (SELECT
                              FROM passkeys AS p
                             WHERE p.member_id = m.id
                               AND p.id <> $id::uuid))
     ),
     removed AS (
         DELETE FROM passkeys AS p
          USING allowed AS a
          WHERE p.id = $id::uuid
            AND p.member_id = a.id
         RETURNING p.id, p.member_id, a.email, a.locale, a.display_name
     ),
     codes AS (
         DELETE FROM recovery_codes AS c
          USING removed AS r
          WHERE c.member_id = r.member_id
            AND NOT EXISTS (SELECT
                              FROM totp_factors AS f
                             WHERE f.member_id = $member::uuid
                               AND f.confirmed_at IS NOT NULL)
            AND NOT EXISTS (SELECT
                              FROM passkeys AS p
                             WHERE p.member_id = $member::uuid
                               AND p.id <> $id::uuid)
     ),
     trail AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, client_id, address_hash,
                 request_id, detail)
         SELECT 'factor.removed', member_id, member_id, $session::uuid, $client,
                $address::bytea, left($request_id, 100),
                jsonb_build_object('factor', 'passkey', 'passkey_id', id)
           FROM removed
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.factor_removed',
                'mail:' || member_id,
                jsonb_build_object('to', email,
                                   'locale', locale,
                                   'params', jsonb_build_object('name', display_name,
                                                                'factor', 'passkey'))
           FROM removed
     )
SELECT CASE
           WHEN EXISTS (SELECT FROM removed) THEN 'removed'
           WHEN EXISTS (SELECT
                          FROM passkeys
                         WHERE id = $id::uuid
                           AND member_id = $member::uuid)
                AND NOT EXISTS (SELECT FROM allowed) THEN 'last'
           ELSE 'none'
       END AS outcome;
