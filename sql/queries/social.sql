-- Accounts elsewhere that sign in to one here.


-- Whose identity it is, for /auth/social/{provider}/callback; it is marked as
-- used.
--
-- name: social_member lane=write
UPDATE member_identities
   SET used_at = now()
 WHERE provider = $provider
   AND subject = $subject
RETURNING member_id;


-- Links an identity to a member, for POST /auth/link and for an account that
-- was just made by POST /auth/finish; the member is told by mail.
--
-- outcome is `linked'; `already'; `taken' when the identity is another
-- member's; `other' when the member has another identity of that provider.
-- No row: another request has linked one of the two at this instant.
--
-- name: social_link lane=write
WITH linked AS (
         INSERT INTO member_identities (provider, subject, member_id, email)
         VALUES ($provider, $subject, $member::uuid, nullif($email, ''))
             ON CONFLICT DO NOTHING
         RETURNING provider
     ),
     event AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, address_hash, request_id, detail)
         SELECT 'identity.linked',
                $member::uuid,
                $member::uuid,
                $session::uuid,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('provider', provider)
           FROM linked
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.identity_linked',
                'mail:' || $member,
                jsonb_build_object('to', $to::text,
                                   'locale', $locale::text,
                                   'params', jsonb_build_object('name', $name::text,
                                                                'provider', $label::text))
           FROM linked
     )
SELECT 'linked' AS outcome
  FROM linked
 UNION ALL
(SELECT CASE
            WHEN member_id = $member::uuid AND subject = $subject THEN 'already'
            WHEN subject = $subject THEN 'taken'
            ELSE 'other'
        END
   FROM member_identities
  WHERE provider = $provider
    AND (subject = $subject OR member_id = $member::uuid)
  ORDER BY (subject = $subject) DESC)
 LIMIT 1;


-- Takes a link away, for DELETE /api/v1/me/identities/{provider} and
-- POST /account/identities, and tells the member by mail.  $other_way: they
-- have a password or a passkey.  All of the member's identities are locked, so
-- that of two at once the second sees what the first has left.
--
-- outcome is `unlinked', `last' (nothing else signs in) or `none'.
--
-- name: social_unlink lane=write
WITH mine AS MATERIALIZED (
         SELECT provider
           FROM member_identities
          WHERE member_id = $member::uuid
          ORDER BY provider
            FOR UPDATE
     ),
     verdict AS MATERIALIZED (
         SELECT CASE
                    WHEN count(*) FILTER (WHERE provider = $provider) = 0 THEN 'none'
                    WHEN $other_way::boolean OR count(*) > 1 THEN 'unlinked'
                    ELSE 'last'
                END AS outcome
           FROM mine
     ),
     gone AS (
         DELETE FROM member_identities
          WHERE member_id = $member::uuid
            AND provider = $provider
            AND (SELECT outcome FROM verdict) = 'unlinked'
         RETURNING provider
     ),
     event AS (
         INSERT INTO security_events
                (action, member_id, actor_id, session_id, address_hash, request_id, detail)
         SELECT 'identity.unlinked',
                $member::uuid,
                $member::uuid,
                $session::uuid,
                $caller::bytea,
                left($request_id, 100),
                jsonb_build_object('provider', provider)
           FROM gone
     ),
     mail AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'mail.identity_unlinked',
                'mail:' || $member,
                jsonb_build_object('to', $to::text,
                                   'locale', $locale::text,
                                   'params', jsonb_build_object('name', $name::text,
                                                                'provider', $label::text))
           FROM gone
     )
SELECT outcome
  FROM verdict;


-- What is linked to a member, for GET /api/v1/me/identities and /account.
-- view: rb_identity_fields
--
-- name: social_identities lane=point
SELECT provider,
       email,
       to_char(linked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS linked_at,
       to_char(used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS used_at
  FROM member_identities
 WHERE member_id = $member::uuid
 ORDER BY provider;
