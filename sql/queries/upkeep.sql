-- What ends by itself, in all of identity's tables: the leader's upkeep asks
-- for each, again while it removes as many rows as it may.


-- Links, tickets and ceremonies.  A day longer than they are good, so that
-- who comes late is still told that they have expired.
--
-- name: upkeep_one_time_tokens lane=write
DELETE FROM one_time_tokens
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM one_time_tokens
            WHERE expires_at < now() - INTERVAL '1 day'
            ORDER BY expires_at
            LIMIT 1000));


-- Sign-ups that nobody has confirmed, and those that became accounts.
--
-- name: upkeep_sign_ups lane=write
DELETE FROM sign_ups
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM sign_ups
            WHERE expires_at < now() - INTERVAL '1 day'
            ORDER BY expires_at
            LIMIT 1000));


-- Codes; a used one stays a day, for a second use takes back what it gave.
--
-- name: upkeep_authorization_codes lane=write
DELETE FROM authorization_codes
 WHERE hash = ANY (ARRAY(
           SELECT hash
             FROM authorization_codes
            WHERE expires_at < now() - INTERVAL '1 day'
            ORDER BY expires_at
            LIMIT 1000));


-- name: upkeep_device_codes lane=write
DELETE FROM device_codes
 WHERE hash = ANY (ARRAY(
           SELECT hash
             FROM device_codes
            WHERE expires_at < now() - INTERVAL '1 day'
            ORDER BY expires_at
            LIMIT 1000));


-- A proof that has expired is refused for its age.
--
-- name: upkeep_used_proofs lane=write
DELETE FROM used_proofs
 WHERE hash = ANY (ARRAY(
           SELECT hash
             FROM used_proofs
            WHERE expires_at < now()
            ORDER BY expires_at
            LIMIT 1000));


-- Until then a used one is kept: it tells of a stolen one.
--
-- name: upkeep_refresh_tokens lane=write
DELETE FROM refresh_tokens
 WHERE hash = ANY (ARRAY(
           SELECT hash
             FROM refresh_tokens
            WHERE expires_at < now()
            ORDER BY expires_at
            LIMIT 1000));


-- Sessions that ended a month ago.
--
-- name: upkeep_sessions_expired lane=write
DELETE FROM sessions
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM sessions
            WHERE expires_at < now() - INTERVAL '30 days'
            ORDER BY expires_at
            LIMIT 1000));


-- name: upkeep_sessions_revoked lane=write
DELETE FROM sessions
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM sessions
            WHERE revoked_at < now() - INTERVAL '30 days'
            ORDER BY revoked_at
            LIMIT 1000));


-- Browsers that nobody has used for a year.
--
-- name: upkeep_member_devices lane=write
DELETE FROM member_devices
 WHERE (member_id, device_hash) IN (
           SELECT member_id, device_hash
             FROM member_devices
            WHERE last_seen_at < now() - INTERVAL '1 year'
            ORDER BY last_seen_at
            LIMIT 1000);


-- Mails: sent ones after a month, dead ones after three.
--
-- name: upkeep_mails lane=write
DELETE FROM mails
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM mails
            WHERE created_at < now() - INTERVAL '30 days'
              AND (status = 'sent'
                   OR status = 'dead' AND created_at < now() - INTERVAL '90 days')
            ORDER BY created_at
            LIMIT 1000));


-- The outbox's events a week after they were published.
--
-- name: upkeep_outbox lane=write
SELECT outbox_purge(INTERVAL '7 days');


-- Months of the audit trail, a year ahead.
--
-- name: upkeep_audit_months lane=write
SELECT audit_events_keep_months(12);


-- Accounts whose members deleted them a month ago: what is left is an id that
-- others' rows point to, the consents (which must be provable for longer) and
-- the trail.  Sessions that have ended and links that were used go by the
-- statements above.  Chains are taken in their order, lest two such statements
-- wait for one another.
--
-- name: upkeep_erase lane=write
WITH gone AS (
         SELECT id, email
           FROM members
          WHERE deleted_at < now() - INTERVAL '30 days'
            AND erased_at IS NULL
          ORDER BY deleted_at
          LIMIT 100
            FOR UPDATE SKIP LOCKED
     ),
     erased AS (
         UPDATE members AS m
            SET email = 'erased-' || m.id || '@erased.invalid',
                email_verified_at = NULL,
                password_hash = NULL,
                password_changed_at = NULL,
                phone_sealed = NULL,
                born_on = NULL,
                display_name = '탈퇴한 회원',
                roles = '{crew}',
                updated_at = now(),
                erased_at = now()
           FROM gone
          WHERE m.id = gone.id
         RETURNING m.id
     ),
     totp AS (
         DELETE FROM totp_factors WHERE member_id IN (SELECT id FROM gone)
     ),
     codes AS (
         DELETE FROM recovery_codes WHERE member_id IN (SELECT id FROM gone)
     ),
     keys AS (
         DELETE FROM passkeys WHERE member_id IN (SELECT id FROM gone)
     ),
     identities AS (
         DELETE FROM member_identities WHERE member_id IN (SELECT id FROM gone)
     ),
     devices AS (
         DELETE FROM member_devices WHERE member_id IN (SELECT id FROM gone)
     ),
     granted AS (
         DELETE FROM oauth_consents WHERE member_id IN (SELECT id FROM gone)
     ),
     resorts_left AS (
         DELETE FROM resort_members WHERE member_id IN (SELECT id FROM gone)
     ),
     ended AS (
         DELETE FROM sessions
          WHERE member_id IN (SELECT id FROM gone)
            AND revoked_at IS NULL
     ),
     links AS (
         DELETE FROM one_time_tokens
          WHERE member_id IN (SELECT id FROM gone)
            AND used_at IS NULL
     ),
     invited AS (
         UPDATE resort_invitations AS i
            SET email = 'erased-' || gone.id || '@erased.invalid'
           FROM gone
          WHERE i.email = gone.email
     )
INSERT INTO security_events (action, member_id)
SELECT 'account.erased', id
  FROM erased
 ORDER BY get_byte(uuid_send(id), 15) & 15;
