-- Purges: from the outbox to the caches in front of us.


-- Says for a day that there is a cache to be told; asked when a node starts
-- and every ten minutes.  One that was told nothing before may hold anything,
-- so it drops all; and once more a minute later, for changes in transactions
-- that had begun before.
--
-- name: cdn_want lane=write
WITH silent AS (
         SELECT
          WHERE NOT EXISTS (SELECT FROM purge_wanted WHERE until > now())
     ),
     wanted AS (
         INSERT INTO purge_wanted (one, until)
         VALUES (true, now() + INTERVAL '1 day')
             ON CONFLICT (one) DO UPDATE
            SET until = excluded.until
     )
INSERT INTO outbox (topic, key, payload, available_at)
SELECT 'cdn.purge', 'cdn', '{"all": true}', now() + wait
  FROM silent
 CROSS JOIN (VALUES (INTERVAL '0'), (INTERVAL '1 minute')) AS twice (wait);


-- Takes the events that are due, for half a minute: until then other nodes
-- leave them alone, and should we not come back, they are due again.
--
-- name: cdn_claim lane=write
WITH due AS (
         SELECT id
           FROM outbox
          WHERE published_at IS NULL
            AND topic = 'cdn.purge'
            AND available_at <= now()
          ORDER BY id
          LIMIT 10000
            FOR UPDATE SKIP LOCKED
     ),
     taken AS (
         UPDATE outbox AS o
            SET attempts = o.attempts + 1,
                available_at = now() + INTERVAL '30 seconds'
           FROM due
          WHERE o.id = due.id
         RETURNING o.id, o.payload
     )
SELECT id,
       payload ? 'all' AS everything,
       CASE
           WHEN jsonb_typeof(payload->'keys') = 'array'
               THEN (SELECT string_agg(key, ' ')
                       FROM jsonb_array_elements_text(payload->'keys') AS key)
       END AS keys
  FROM taken
 ORDER BY id;


-- The cache has dropped what these name.
--
-- name: cdn_done lane=write
UPDATE outbox
   SET published_at = now(),
       last_error = NULL
 WHERE id = ANY ($ids::bigint[])
   AND published_at IS NULL;


-- It hasn't: again in so many milliseconds.
--
-- name: cdn_failed lane=write
UPDATE outbox
   SET last_error = left($error, 500),
       available_at = now() + $wait::integer * INTERVAL '1 millisecond'
 WHERE id = ANY ($ids::bigint[])
   AND published_at IS NULL;
