-- What the gate keeps in order by itself.


-- Forgets idempotency keys after a day, a thousand at a time; the leader's
-- upkeep asks until there are no more.
--
-- name: gate_forget_keys lane=write
DELETE FROM idempotency_keys
 WHERE ctid = ANY (ARRAY(
           SELECT ctid
             FROM idempotency_keys
            WHERE created_at < now() - INTERVAL '1 day'
            ORDER BY created_at
            LIMIT 1000));


-- Who a cookie (by its hash) or an access token (by its session's id) stands
-- for, and whether it still does.  Always one row: without an id there is no
-- such session, or it has ended, or its account or client may not act; replica
-- says that the answer may be old.
--
-- second is whether a second factor is set up; own, that no stranger's
-- application is between; unseen are the seconds since
-- the session was last seen, moved on by gate_session_seen.  A browser's
-- session ends when it was not seen for 14 days, as RB_SESSION_IDLE says.
--
-- name: gate_session
SELECT here.replica,
       s.id,
       s.member_id,
       s.client_id,
       m.roles,
       s.scopes,
       s.acr,
       s.amr,
       floor(extract(epoch FROM s.authenticated_at))::bigint AS authenticated_at,
       floor(extract(epoch FROM s.expires_at))::bigint AS expires_at,
       greatest(0, extract(epoch FROM now() - s.last_seen_at))::bigint AS unseen,
       s.dpop_jkt,
       EXISTS (SELECT
                 FROM totp_factors AS f
                WHERE f.member_id = s.member_id
                  AND f.confirmed_at IS NOT NULL)
       OR EXISTS (SELECT
                    FROM passkeys AS p
                   WHERE p.member_id = s.member_id) AS second,
       coalesce(c.first_party, true) AS own
  FROM (SELECT pg_is_in_recovery() AS replica) AS here
  LEFT JOIN (sessions AS s
             LEFT JOIN members AS m ON m.id = s.member_id
             LEFT JOIN oauth_clients AS c ON c.id = s.client_id)
    ON s.token_hash = $hash::bytea                                 -- when: cookie
    ON s.id = $id::uuid                                            -- when: !cookie
   AND s.kind <> 'browser'                                         -- when: !cookie
   AND s.revoked_at IS NULL
   AND s.expires_at > now()
   AND s.last_seen_at > now() - INTERVAL '14 days'                 -- when: cookie
   AND (s.member_id IS NULL
        OR m.status = 'active'
        OR (m.status = 'suspended' AND m.suspended_until <= now()))
   AND c.disabled_at IS NULL;


-- A session was seen; at most every five minutes, without making anybody wait.
--
-- name: gate_session_seen lane=write
UPDATE sessions
   SET last_seen_at = now()
 WHERE id = $id::uuid
   AND revoked_at IS NULL
   AND last_seen_at < now() - INTERVAL '5 minutes';


-- What a member is in a resort, for routes with the resort's id in the path.
-- Always one row; role is null for a stranger.
--
-- name: gate_resort_role
SELECT pg_is_in_recovery() AS replica,
       (SELECT role
          FROM resort_members
         WHERE resort_id = $resort::uuid
           AND member_id = $member::uuid) AS role;


-- Takes a DPoP proof, or an assertion's jti, once: no row was inserted when it
-- was taken before.
--
-- name: gate_proof_once lane=write
INSERT INTO used_proofs (hash, expires_at)
VALUES ($hash::bytea, to_timestamp($expires::bigint))
    ON CONFLICT (hash) DO NOTHING;
