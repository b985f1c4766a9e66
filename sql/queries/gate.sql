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
