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


-- Batches of counts: by then nobody sends one again.
--
-- name: upkeep_counter_batches lane=write
DELETE FROM counter_batches
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM counter_batches
            WHERE applied_at < now() - INTERVAL '7 days'
            ORDER BY applied_at
            LIMIT 1000));


-- Posts whose favourites went with their members.
--
-- name: upkeep_recount lane=write
SELECT counters_recount(ARRAY(
           SELECT post_id
             FROM post_counters
            WHERE recount
            ORDER BY post_id
            LIMIT 1000));


-- What nobody takes: purges when no node passes them on any more, and what
-- happened to posts and reports but for what applicants are told of.  Whoever
-- wants those reads them within the week that the outbox keeps them.
--
-- name: upkeep_purges lane=write
UPDATE outbox
   SET published_at = now(),
       last_error = CASE topic
                        WHEN 'cdn.purge' THEN 'no node has resortbite_purge'
                        ELSE 'nobody takes it'
                    END
 WHERE published_at IS NULL
   AND CASE
           WHEN topic = 'cdn.purge' THEN NOT EXISTS (SELECT FROM purge_wanted WHERE until > now())
           ELSE topic <> 'post.worse_published' AND topic NOT LIKE 'mail.%'
       END;


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
     unkept AS (
         DELETE FROM favourites WHERE member_id IN (SELECT id FROM gone)
         RETURNING post_id
     ),
     uncounted AS (
         UPDATE post_counters
            SET recount = true
          WHERE post_id = ANY (ARRAY(
                    SELECT c.post_id
                      FROM post_counters AS c
                     WHERE c.post_id = ANY (ARRAY(SELECT u.post_id FROM unkept AS u))
                     ORDER BY c.post_id
                       FOR UPDATE))
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


-- Posts whose last day has passed in Seoul end, by the system and move_posts().  At
-- most a hundred at once: of more the change feed would say that everything has
-- changed.  Of two nodes that both think they lead, one has the lock and the other
-- finds nothing; what has changed since it was found due is left for the next time.
--
-- name: upkeep_expire_posts lane=write
WITH lease AS MATERIALIZED (
         SELECT pg_try_advisory_xact_lock(hashtext('upkeep_expire_posts')) AS held
     ),
     due AS MATERIALIZED (
         SELECT id, revision
           FROM posts
          WHERE live
            AND least(deadline, ends_on) < seoul_today()
            AND (SELECT held FROM lease)
          ORDER BY least(deadline, ends_on), id
          LIMIT 100
     ),
     expired AS MATERIALIZED (
         SELECT e.id, e.was
           FROM (SELECT jsonb_object_agg(id, jsonb_build_array(revision)) AS read
                   FROM due) AS d
          CROSS JOIN LATERAL move_posts(d.read, 'expire', 'system', NULL, NULL, NULL, NULL, false,
                                        '{}') AS e
          WHERE d.read IS NOT NULL
            AND e.outcome = 'done'
     ),
     told_author AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.post_expired',
                'mail:' || e.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object(
                                       'name', m.display_name,
                                       'resort', r.name,
                                       'title', (e.was).title,
                                       'post_id', e.id,
                                       'until', least((e.was).deadline, (e.was).ends_on)))
           FROM expired AS e
           JOIN resorts AS r ON r.id = (e.was).resort_id
           JOIN members AS m
             ON m.id = (e.was).created_by
            AND m.deleted_at IS NULL
            AND m.erased_at IS NULL
           JOIN resort_members AS o ON o.resort_id = r.id AND o.member_id = m.id
     )
SELECT id
  FROM expired;


-- Tells those who had applied to a post, and still wait, what became worse of
-- it when it was published anew: two hundred at once, in the order of their
-- applications.  An event is locked while it is done, and the rest is the next
-- one's; so each of them gets one mail of each publication.
--
-- name: upkeep_tell_applicants lane=write
WITH due AS MATERIALIZED (
         SELECT id,
                key,
                payload || jsonb_build_object('at', coalesce(payload->>'at', created_at::text))
                    AS payload
           FROM outbox
          WHERE published_at IS NULL
            AND topic = 'post.worse_published'
          ORDER BY id
          LIMIT 1
            FOR UPDATE SKIP LOCKED
     ),
     batch AS MATERIALIZED (
         SELECT a.id, a.crew_id, a.status, a.created_at
           FROM due AS d
           JOIN applications AS a
             ON a.post_id = (d.payload->>'post_id')::uuid
            AND a.id > coalesce((d.payload->>'after')::uuid, '00000000-0000-0000-0000-000000000000')
          ORDER BY a.id
          LIMIT 200
     ),
     told AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.post_changed',
                'mail:' || a.id,
                jsonb_build_object('to', m.email,
                                   'locale', m.locale,
                                   'params', jsonb_build_object(
                                       'name', m.display_name,
                                       'resort', d.payload->>'resort',
                                       'title', d.payload->>'title',
                                       'post_id', d.payload->>'post_id',
                                       'changes', d.payload->'changes'->m.locale))
           FROM due AS d
           JOIN batch AS a ON a.created_at <= (d.payload->>'at')::timestamptz
           JOIN members AS m ON m.id = a.crew_id
          WHERE a.status NOT IN ('accepted', 'rejected', 'withdrawn')
            AND m.deleted_at IS NULL
            AND m.erased_at IS NULL
     ),
     rest AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'post.worse_published',
                d.key,
                d.payload || jsonb_build_object('after', b.last)
           FROM due AS d
           JOIN (SELECT count(*), max(id::text) AS last FROM batch) AS b ON b.count = 200
     )
UPDATE outbox AS o
   SET published_at = now()
  FROM due AS d
 WHERE o.id = d.id;
