-- Accounts.  What ends sessions ends them in the same statement: a password
-- that is new and sessions that are old must never be seen together.


-- Takes a sign-up, for POST /api/v1/accounts.  An address that has an account
-- costs the same: the sign-up is kept all the same, but the mail has no link to
-- it and says that there is an account.
--
-- No row: the name is none that an account could have.
--
-- name: users_sign_up lane=write
WITH named AS (
         SELECT normalize(btrim($name::text), NFC) AS name
     ),
     current AS (
         SELECT DISTINCT ON (kind) kind, version
           FROM consent_documents
          WHERE effective_from <= seoul_today()
          ORDER BY kind, effective_from DESC
     ),
     given AS (
         SELECT jsonb_object_agg(kind, version) AS consents
           FROM current
          WHERE kind <> 'marketing'
             OR $marketing::boolean
     ),
     account AS (
         SELECT display_name, locale
           FROM members
          WHERE email = $email
     ),
     pending AS (
         INSERT INTO sign_ups (id, email, password_hash, display_name, born_on, role, locale,
                               consents, device_hash, expires_at)
         SELECT $id::uuid,
                $email,
                $hash,
                n.name,
                $born_on::date,
                $role::member_role,
                $locale,
                g.consents,
                $device_hash::bytea,
                now() + INTERVAL '1 day'
           FROM named AS n
          CROSS JOIN given AS g
          WHERE char_length(n.name) BETWEEN 1 AND 50
            AND n.name !~ '[[:cntrl:]]'
         RETURNING id, email, display_name, locale
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT CASE WHEN a.locale IS NULL THEN 'mail.verify_email' ELSE 'mail.already_member' END,
                'mail:' || p.id,
                jsonb_build_object(
                    'to', p.email,
                    'locale', coalesce(a.locale, p.locale),
                    'token_id', CASE WHEN a.locale IS NULL THEN p.id END,
                    'params', jsonb_build_object('name', coalesce(a.display_name, p.display_name)))
           FROM pending AS p
           LEFT JOIN account AS a ON true
     )
SELECT id
  FROM pending;


-- Whether the link of a sign-up is followed where it was asked for, and by what
-- password that is proved elsewhere.
--
-- name: users_sign_up_of
SELECT password_hash,
       coalesce(device_hash = $device_hash::bytea, false) AS here,
       used_at IS NOT NULL AS used
  FROM sign_ups
 WHERE id = $id::uuid
   AND expires_at > now();


-- The link of a sign-up was followed: the account, what was agreed to, the
-- trail.  The account takes over the sign-up's id, so that whoever follows the
-- link again finds it.
--
-- One row, or none when there is no such link any more.  made is false if
-- the address had an account by then; a link followed by two at once, too, for
-- the second: asked once more it is `used'.
--
-- name: users_verify lane=write
WITH link AS (
         SELECT id, email, password_hash, display_name, born_on, role, locale, consents, used_at
           FROM sign_ups
          WHERE id = $id::uuid
            AND expires_at > now()
     ),
     made AS (
         INSERT INTO members (id, email, email_verified_at, display_name, locale, roles,
                              password_hash, password_changed_at, born_on)
         SELECT id, email, now(), display_name, locale, ARRAY[role], password_hash, now(), born_on
           FROM link
          WHERE used_at IS NULL
             ON CONFLICT DO NOTHING
         RETURNING id
     ),
     used AS (
         UPDATE sign_ups AS s
            SET used_at = now()
           FROM made AS m
          WHERE s.id = m.id
     ),
     agreed AS (
         INSERT INTO member_consents (member_id, kind, version, given)
         SELECT m.id, c.key::consent_kind, c.value, true
           FROM made AS m
           JOIN link AS l ON l.id = m.id
          CROSS JOIN jsonb_each_text(l.consents) AS c
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, address_hash, request_id,
                                      detail)
         SELECT 'account.created',
                m.id,
                m.id,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('by', 'email', 'role', l.role, 'consents', l.consents)
           FROM made AS m
           JOIN link AS l ON l.id = m.id
     )
SELECT l.id,
       l.used_at IS NOT NULL AS used,
       EXISTS (SELECT FROM made) AS made
  FROM link AS l;


-- An account for an address that another provider has verified.  No row: the
-- address has an account.  fit is false when the name is none.
--
-- name: users_create lane=write
WITH named AS (
         SELECT name,
                char_length(name) BETWEEN 1 AND 50 AND name !~ '[[:cntrl:]]' AS fit
           FROM normalize(btrim($name::text), NFC) AS name
     ),
     current AS (
         SELECT DISTINCT ON (kind) kind, version
           FROM consent_documents
          WHERE effective_from <= seoul_today()
          ORDER BY kind, effective_from DESC
     ),
     made AS (
         INSERT INTO members (id, email, email_verified_at, display_name, locale, roles, born_on)
         SELECT $id::uuid, $email, now(), n.name, $locale, ARRAY[$role::member_role], $born_on::date
           FROM named AS n
          WHERE n.fit
             ON CONFLICT DO NOTHING
         RETURNING id, roles
     ),
     agreed AS (
         INSERT INTO member_consents (member_id, kind, version, given)
         SELECT m.id, c.kind, c.version, true
           FROM made AS m
          CROSS JOIN current AS c
          WHERE c.kind <> 'marketing'
             OR $marketing::boolean
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, address_hash, request_id,
                                      detail)
         SELECT 'account.created',
                id,
                id,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('by', 'identity', 'role', roles[1])
           FROM made
     )
SELECT n.fit,
       m.id
  FROM named AS n
  LEFT JOIN made AS m ON true;


-- Whose address it is; and who somebody is.
--
-- name: users_find
SELECT id
  FROM members
 WHERE email = $email;


-- name: users_get
SELECT id,
       email,
       display_name,
       locale,
       roles,
       floor(extract(epoch FROM updated_at))::bigint AS updated_at,
       password_hash IS NOT NULL AS has_password,
       email_verified_at IS NOT NULL AS email_verified
  FROM members
 WHERE id = $id::uuid
   AND status <> 'deleted';


-- One's own account, for GET /api/v1/me.
-- view: rb_me_fields
--
-- name: users_me
SELECT id,
       email,
       email_verified_at IS NOT NULL AS email_verified,
       display_name,
       locale,
       array_to_json(roles) AS roles,
       born_on,
       password_hash IS NOT NULL AS has_password,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       (extract(epoch FROM updated_at) * 1000000)::bigint AS version
  FROM members
 WHERE id = $id::uuid
   AND status <> 'deleted';


-- Name and language, of PATCH /api/v1/me; what is null stays.  A version given
-- is that of what was read.  current is whether it was the right one.
--
-- name: users_rename lane=write
WITH named AS (
         SELECT name,
                name IS NULL
                OR (char_length(name) BETWEEN 1 AND 50 AND name !~ '[[:cntrl:]]') AS fit
           FROM normalize(btrim($name::text), NFC) AS name
     ),
     before AS (
         SELECT id,
                ($version::bigint IS NULL
                 OR $version::bigint = (extract(epoch FROM updated_at) * 1000000)::bigint) AS current
           FROM members
          WHERE id = $id::uuid
            AND status <> 'deleted'
            FOR UPDATE
     ),
     changed AS (
         UPDATE members AS m
            SET display_name = coalesce(n.name, m.display_name),
                locale = coalesce($locale, m.locale),
                updated_at = now()
           FROM before AS b
          CROSS JOIN named AS n
          WHERE m.id = b.id
            AND b.current
            AND n.fit
         RETURNING m.id
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id)
         SELECT 'account.changed',
                id,
                id,
                $session::uuid,
                $address_hash::bytea,
                left($request_id, 100)
           FROM changed
     )
SELECT b.current,
       n.fit
  FROM before AS b
 CROSS JOIN named AS n;


-- A link to set a new password, for POST /api/v1/password-resets.  With no such
-- account, or a deleted one, a token is made all the same, for nobody.
--
-- name: users_forgot lane=write
WITH account AS (
         SELECT id, email, display_name, locale
           FROM members
          WHERE email = $email
            AND status <> 'deleted'
     ),
     token AS (
         INSERT INTO one_time_tokens (id, purpose, member_id, expires_at)
         VALUES ($id::uuid, 'reset_password', (SELECT id FROM account), now() + INTERVAL '1 hour')
         RETURNING id
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.reset_password',
                'mail:' || t.id,
                jsonb_build_object(
                    'to', a.email,
                    'locale', a.locale,
                    'token_id', t.id,
                    'params', jsonb_build_object('name', a.display_name))
           FROM token AS t
          CROSS JOIN account AS a
     )
INSERT INTO security_events (action, member_id, address_hash, request_id)
VALUES ('password.reset_asked',
        (SELECT id FROM account),
        $address_hash::bytea,
        left($request_id, 100));


-- Whom a link to a new password is for: what the password must not be.
--
-- name: users_reset_of
SELECT m.id,
       m.email,
       m.display_name
  FROM one_time_tokens AS t
  JOIN members AS m ON m.id = t.member_id
 WHERE t.id = $id::uuid
   AND t.purpose = 'reset_password'
   AND t.used_at IS NULL
   AND t.expires_at > now()
   AND m.status <> 'deleted';


-- Nobody signs in to the account, or changes its password, until the change of
-- it is committed; what began before is seen by the statement after this.
--
-- name: users_lock lane=write
SELECT id
  FROM members
 WHERE id = $id::uuid
   FOR NO KEY UPDATE;


-- A new password: by a link, which proves the address as well, or by who is
-- signed in.  Either voids what waits: other links, the link to another
-- address that a thief may have asked for, log-ins that are half done.
-- Sessions end, but the one in which it was done, with grants and all.
--
-- No row: the link was used meanwhile, or the password changed since the old
-- one was found right.
--
-- name: users_set_password lane=write
WITH link AS (                                                     -- when: by_link
         UPDATE one_time_tokens                                    -- when: by_link
            SET used_at = now()                                    -- when: by_link
          WHERE id = $link::uuid                                   -- when: by_link
            AND purpose = 'reset_password'                         -- when: by_link
            AND used_at IS NULL                                    -- when: by_link
            AND expires_at > now()                                 -- when: by_link
         RETURNING id, member_id                                   -- when: by_link
     ),                                                            -- when: by_link
     others AS (                                                   -- when: by_link
         UPDATE one_time_tokens AS t                               -- when: by_link
            SET used_at = now()                                    -- when: by_link
           FROM link AS l                                          -- when: by_link
          WHERE t.member_id = l.member_id                          -- when: by_link
            AND t.purpose IN ('reset_password', 'confirm_email',   -- when: by_link
                              'login_step')                        -- when: by_link
            AND t.used_at IS NULL                                  -- when: by_link
            AND t.id <> l.id                                       -- when: by_link
     ),                                                            -- when: by_link
     account AS (                                                  -- when: by_link
WITH others AS (                                                   -- when: by_session
         UPDATE one_time_tokens                                    -- when: by_session
            SET used_at = now()                                    -- when: by_session
          WHERE member_id = $member::uuid                          -- when: by_session
            AND purpose IN ('reset_password', 'confirm_email',     -- when: by_session
                            'login_step')                          -- when: by_session
            AND used_at IS NULL                                    -- when: by_session
     ),                                                            -- when: by_session
     account AS (                                                  -- when: by_session
         UPDATE members AS m
            SET password_hash = $hash,
                password_changed_at = now(),
                email_verified_at = coalesce(email_verified_at, now()),  -- when: by_link
                updated_at = now()
           FROM link AS l                                          -- when: by_link
          WHERE m.id = l.member_id                                 -- when: by_link
          WHERE m.id = $member::uuid                               -- when: by_session
            AND m.password_changed_at IS NOT DISTINCT FROM         -- when: by_session
                $before::timestamptz                               -- when: by_session
            AND m.status <> 'deleted'
         RETURNING m.id, m.email, m.display_name, m.locale
     ),
     ended AS (
         UPDATE sessions AS s
            SET revoked_at = now(),
                revoke_reason = 'password_changed'
           FROM account AS a
          WHERE s.member_id = a.id
            AND s.revoked_at IS NULL
            AND s.id <> $session::uuid                             -- when: by_session
         RETURNING s.id
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.password_changed',
                'mail:' || $mail::text,
                jsonb_build_object(
                    'to', email,
                    'locale', locale,
                    'params', jsonb_build_object('name', display_name,
                                                 'device', $device::text,
                                                 'place', $place::text))
           FROM account
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id, detail)
         SELECT 'password.reset',                                  -- when: by_link
                id,                                                -- when: by_link
                NULL::uuid,                                        -- when: by_link
                NULL::uuid,                                        -- when: by_link
         SELECT 'password.changed',                                -- when: by_session
                id,                                                -- when: by_session
                id,                                                -- when: by_session
                $session::uuid,                                    -- when: by_session
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('sessions_ended', (SELECT count(*) FROM ended))
           FROM account
     )
SELECT id,
       email
  FROM account;


-- What a new password must not be, and whether there is an old one.
--
-- name: users_password_of
SELECT email,
       display_name,
       password_hash IS NOT NULL AS has_password,
       password_changed_at
  FROM members
 WHERE id = $id::uuid
   AND status <> 'deleted';


-- A new address is asked for: a link goes there, and word of it to the old one.
-- If it is somebody else's, they are told so instead.
--
-- name: users_change_email lane=write
WITH account AS (
         SELECT id, email, display_name, locale
           FROM members
          WHERE id = $member::uuid
            AND status <> 'deleted'
     ),
     owner AS (
         SELECT id, display_name, locale
           FROM members
          WHERE email = $email
     ),
     token AS (
         INSERT INTO one_time_tokens (id, purpose, member_id, data, expires_at)
         SELECT $id::uuid,
                'confirm_email',
                id,
                jsonb_build_object('email', $email,
                                   'device', encode($device_hash::bytea, 'hex')),
                now() + INTERVAL '1 day'
           FROM account
         RETURNING id
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.confirm_email',
                'mail:' || t.id,
                jsonb_build_object(
                    'to', $email,
                    'locale', a.locale,
                    'token_id', t.id,
                    'params', jsonb_build_object('name', a.display_name, 'email', $email))
           FROM token AS t
          CROSS JOIN account AS a
          WHERE NOT EXISTS (SELECT FROM owner)
          UNION ALL
         SELECT 'mail.already_member',
                'mail:' || t.id,
                jsonb_build_object(
                    'to', $email,
                    'locale', o.locale,
                    'params', jsonb_build_object('name', o.display_name))
           FROM token AS t
          CROSS JOIN owner AS o
          UNION ALL
         SELECT 'mail.email_changing',
                'mail:' || t.id || ':old',
                jsonb_build_object(
                    'to', a.email,
                    'locale', a.locale,
                    'params', jsonb_build_object('name', a.display_name, 'email', $email))
           FROM token AS t
          CROSS JOIN account AS a
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id)
         SELECT 'email.change_asked',
                id,
                id,
                $session::uuid,
                $address_hash::bytea,
                left($request_id, 100)
           FROM account
     )
SELECT id
  FROM token;


-- Whose the link to a new address is, and whether it is followed where it was
-- asked for.
--
-- name: users_confirm_of
SELECT member_id,
       coalesce(data->>'device' = encode($device_hash::bytea, 'hex'), false) AS here
  FROM one_time_tokens
 WHERE id = $id::uuid
   AND purpose = 'confirm_email'
   AND used_at IS NULL
   AND expires_at > now();


-- The link in the new mailbox was followed.  Both addresses hear of it, and
-- what else waits in either is void.  No row: no such link.  changed is false
-- when the address has become another's.
--
-- name: users_confirm_email lane=write
WITH link AS (
         UPDATE one_time_tokens
            SET used_at = now()
          WHERE id = $id::uuid
            AND purpose = 'confirm_email'
            AND used_at IS NULL
            AND expires_at > now()
         RETURNING id, member_id, data->>'email' AS email
     ),
     before AS (
         SELECT m.id, m.email, l.email AS next, m.display_name, m.locale
           FROM link AS l
           JOIN members AS m ON m.id = l.member_id
          WHERE m.status <> 'deleted'
            AND NOT EXISTS (SELECT
                              FROM members AS o
                             WHERE o.email = l.email
                               AND o.id <> m.id)
     ),
     changed AS (
         UPDATE members AS m
            SET email = b.next,
                email_verified_at = now(),
                updated_at = now()
           FROM before AS b
          WHERE m.id = b.id
         RETURNING m.id
     ),
     others AS (
         UPDATE one_time_tokens AS t
            SET used_at = now()
           FROM link AS l
          WHERE t.member_id = l.member_id
            AND t.purpose IN ('reset_password', 'confirm_email')
            AND t.used_at IS NULL
            AND t.id <> l.id
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.email_changed',
                'mail:' || l.id || ':' || t.side,
                jsonb_build_object(
                    'to', t.address,
                    'locale', b.locale,
                    'params', jsonb_build_object('name', b.display_name))
           FROM link AS l
          CROSS JOIN before AS b
          CROSS JOIN LATERAL (VALUES ('old', b.email), ('new', b.next)) AS t (side, address)
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, address_hash, request_id)
         SELECT 'email.changed', id, id, $address_hash::bytea, left($request_id, 100)
           FROM changed
     )
SELECT l.member_id,
       EXISTS (SELECT FROM changed) AS changed
  FROM link AS l;


-- Who else owns the resorts that somebody owns stays as it is until the
-- deletion of the account is committed: of two owners who go at once, the
-- second is seen to be the last.  Locked as a change of members locks them.
--
-- name: users_lock_owners lane=write
SELECT o.member_id
  FROM resort_members AS o
 WHERE o.resort_id IN (SELECT resort_id
                         FROM resort_members
                        WHERE member_id = $id::uuid
                          AND role = 'owner')
 ORDER BY o.resort_id, o.member_id
   FOR UPDATE;


-- Asks for an account to be deleted: nobody can sign in from now on, and after
-- 30 days the upkeep erases it.  Until then the link brings it back.  needed:
-- a resort would be left that nobody owns.  It runs after users_lock_owners and
-- users_lock, and so sees a resort that was made at the same instant.
--
-- name: users_delete lane=write
WITH needed AS (
         SELECT
           FROM resort_members AS own
           JOIN resorts AS r ON r.id = own.resort_id AND r.deleted_at IS NULL
          WHERE own.member_id = $member::uuid
            AND own.role = 'owner'
            AND NOT EXISTS (SELECT
                              FROM resort_members AS o
                              JOIN members AS m ON m.id = o.member_id
                             WHERE o.resort_id = own.resort_id
                               AND o.member_id <> own.member_id
                               AND o.role = 'owner'
                               AND m.status <> 'deleted')
     ),
     account AS (
         UPDATE members
            SET status = 'deleted',
                suspended_until = NULL,
                deleted_at = now(),
                updated_at = now()
          WHERE id = $member::uuid
            AND status <> 'deleted'
            AND NOT EXISTS (SELECT FROM needed)
         RETURNING id, email, display_name, locale
     ),
     ended AS (
         UPDATE sessions AS s
            SET revoked_at = now(),
                revoke_reason = 'account_deleted'
           FROM account AS a
          WHERE s.member_id = a.id
            AND s.revoked_at IS NULL
     ),
     others AS (
         UPDATE one_time_tokens AS t
            SET used_at = now()
           FROM account AS a
          WHERE t.member_id = a.id
            AND t.used_at IS NULL
     ),
     token AS (
         INSERT INTO one_time_tokens (id, purpose, member_id, expires_at)
         SELECT $id::uuid, 'restore_account', id, now() + INTERVAL '30 days'
           FROM account
         RETURNING id
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.account_deleted',
                'mail:' || t.id,
                jsonb_build_object(
                    'to', a.email,
                    'locale', a.locale,
                    'token_id', t.id,
                    'params', jsonb_build_object('name', a.display_name,
                                                 'until', to_char(seoul_today() + 30, 'YYYY-MM-DD')))
           FROM token AS t
          CROSS JOIN account AS a
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id)
         SELECT 'account.deleted',
                id,
                id,
                $session::uuid,
                $address_hash::bytea,
                left($request_id, 100)
           FROM account
     )
SELECT EXISTS (SELECT FROM account) AS deleted,
       EXISTS (SELECT FROM needed) AS needed;


-- Brings a deleted account back, for POST /api/v1/accounts/restore.
--
-- name: users_restore lane=write
WITH link AS (
         UPDATE one_time_tokens
            SET used_at = now()
          WHERE id = $id::uuid
            AND purpose = 'restore_account'
            AND used_at IS NULL
            AND expires_at > now()
         RETURNING member_id
     ),
     account AS (
         UPDATE members AS m
            SET status = 'active',
                deleted_at = NULL,
                updated_at = now()
           FROM link AS l
          WHERE m.id = l.member_id
            AND m.status = 'deleted'
            AND m.erased_at IS NULL
         RETURNING m.id
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, address_hash, request_id)
         SELECT 'account.restored', id, id, $address_hash::bytea, left($request_id, 100)
           FROM account
     )
SELECT id
  FROM account;


-- What there is to agree to now, in one language, for GET /api/v1/consents and
-- the pages /terms, /privacy, /marketing.
-- view: rb_document_fields
--
-- name: users_documents
SELECT DISTINCT ON (kind)
       kind,
       version,
       effective_from,
       required,
       CASE WHEN $english::boolean THEN title_en ELSE title_ko END AS title,
       CASE WHEN $english::boolean THEN text_en ELSE text_ko END AS text
  FROM consent_documents
 WHERE effective_from <= seoul_today()
   AND kind = $kind::consent_kind                                  -- when: kind
 ORDER BY kind, effective_from DESC;


-- What there is to agree to now, and what the member has said to it last, for
-- GET /api/v1/me/consents.
-- view: rb_consent_fields
--
-- name: users_consents
SELECT d.kind,
       d.version,
       d.required,
       coalesce(c.given, false) AS given,
       c.version AS given_version,
       to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
       d.title_ko,
       d.title_en,
       d.effective_from
  FROM (SELECT DISTINCT ON (kind) kind, version, required, title_ko, title_en, effective_from
          FROM consent_documents
         WHERE effective_from <= seoul_today()
         ORDER BY kind, effective_from DESC) AS d
  LEFT JOIN LATERAL (SELECT given, version, at
                       FROM member_consents
                      WHERE member_id = $member::uuid
                        AND kind = d.kind
                      ORDER BY id DESC
                      LIMIT 1) AS c ON true
 ORDER BY d.kind;


-- All that the member has said to one kind, the last first, for
-- GET /api/v1/me/consents/{kind}.
-- view: rb_consent_word_fields
--
-- name: users_consent_history
SELECT version,
       given,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
       id AS key
  FROM member_consents
 WHERE member_id = $member::uuid
   AND kind = $kind::consent_kind
   AND id < $after::bigint                                         -- when: after
 ORDER BY id DESC
 LIMIT $limit::integer;


-- Agrees to the current version, or takes that back.  Saying the same again
-- adds nothing.  No row: the kind has no document.  refused: what is required
-- can't be taken back while there is an account.
--
-- name: users_consent lane=write
WITH current AS (
         SELECT kind, version, required
           FROM consent_documents
          WHERE kind = $kind::consent_kind
            AND effective_from <= seoul_today()
          ORDER BY effective_from DESC
          LIMIT 1
     ),
     account AS (
         SELECT id
           FROM members
          WHERE id = $member::uuid
            AND status <> 'deleted'
            FOR UPDATE
     ),
     last AS (
         SELECT given, version
           FROM member_consents
          WHERE member_id = $member::uuid
            AND kind = $kind::consent_kind
          ORDER BY id DESC
          LIMIT 1
     ),
     said AS (
         INSERT INTO member_consents (member_id, kind, version, given)
         SELECT a.id, c.kind, c.version, $given::boolean
           FROM account AS a
          CROSS JOIN current AS c
           LEFT JOIN last AS l ON true
          WHERE ($given::boolean OR NOT c.required)
            AND CASE
                    WHEN $given::boolean THEN (l.given AND l.version = c.version) IS NOT TRUE
                    ELSE coalesce(l.given, false)
                END
         RETURNING member_id, kind, version, given
     ),
     trail AS (
         INSERT INTO security_events (action, member_id, actor_id, session_id, address_hash,
                                      request_id, detail)
         SELECT CASE WHEN given THEN 'consent.given' ELSE 'consent.withdrawn' END,
                member_id,
                member_id,
                $session::uuid,
                $address_hash::bytea,
                left($request_id, 100),
                jsonb_build_object('kind', kind, 'version', version)
           FROM said
     )
SELECT required AND NOT $given::boolean AS refused
  FROM current;


-- What has happened to one's own account, for GET /api/v1/me/events.
-- view: rb_my_event_fields
--
-- name: users_events lane=slow
SELECT action,
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
       session_id,
       client_id,
       coalesce(actor_id = member_id, false) AS by_me,
       detail,
       at AS key,
       seq AS key_id
  FROM security_events
 WHERE member_id = $member::uuid
   AND (at, seq) < ($after::timestamptz, $after_id::bigint)        -- when: after
 ORDER BY at DESC, seq DESC
 LIMIT $limit::integer;
