-- Mail: from the outbox to the queue, from the queue to a mail server.


-- Moves what the outbox has for us into the queue; asked each second by a
-- worker of every node, until it moves less than it may.  An event is moved
-- once: it is locked while it is, and its id is unique in mails.  Nothing in
-- an event can make this fail, or one that is wrong would hold up all others:
-- it becomes a mail that can't be sent, and is seen as such.
--
-- name: notify_relay lane=write
WITH due AS (
         SELECT id, created_at, topic, payload
           FROM outbox
          WHERE published_at IS NULL
            AND topic LIKE 'mail.%'
          ORDER BY id
          LIMIT 200
            FOR UPDATE SKIP LOCKED
     ),
     published AS (
         UPDATE outbox AS o
            SET published_at = now()
           FROM due
          WHERE o.id = due.id
     )
INSERT INTO mails (id, outbox_id, template, recipient, locale, params)
SELECT uuid_v7(created_at),
       id,
       substr(topic, 6),
       coalesce(payload->>'to', ''),
       CASE WHEN payload->>'locale' = 'en' THEN 'en' ELSE 'ko' END,
       CASE WHEN jsonb_typeof(payload->'params') = 'object' THEN payload->'params' ELSE '{}' END
       || jsonb_strip_nulls(jsonb_build_object('token_id', payload->>'token_id'))
  FROM due
    ON CONFLICT (outbox_id) DO NOTHING;


-- Takes mails that are due, for five minutes: until then the others leave
-- them alone, and should we not come back, they are due again.
--
-- name: notify_claim lane=write
UPDATE mails
   SET attempts = attempts + 1,
       available_at = now() + INTERVAL '5 minutes'
 WHERE id = ANY (ARRAY(
           SELECT id
             FROM mails
            WHERE status = 'queued'
              AND available_at <= now()
            ORDER BY available_at
            LIMIT 20
              FOR UPDATE SKIP LOCKED))
RETURNING id, template, recipient, locale, params, attempts;


-- How many wait, up to ten thousand; asked once a minute.
--
-- name: notify_waiting lane=slow
SELECT count(*)
  FROM (SELECT
          FROM mails
         WHERE status = 'queued'
         ORDER BY available_at
         LIMIT 10000) AS waiting;


-- A mail server has taken it.
--
-- name: notify_sent lane=write
UPDATE mails
   SET status = 'sent',
       sent_at = now(),
       last_error = NULL
 WHERE id = $id::uuid
   AND status <> 'sent';


-- It was not taken: again later, after 1 min, 5 min, 15 min, 1 h, 2 h, 3 h,
-- 4 h, 6 h and 8 h, give or take a tenth, which is a day in all; or not any
-- more.  Who has taken it over since then knows better.
--
-- name: notify_failed lane=write
UPDATE mails
   SET status = CASE
                    WHEN $dead::boolean OR attempts >= 10 THEN 'dead'
                    ELSE 'queued'
                END::mail_status,
       last_error = left($error, 500),
       available_at = now()
           + (ARRAY[60, 300, 900, 3600, 7200, 10800, 14400, 21600, 28800])[least(attempts, 9)]
             * (0.9 + 0.2 * random()) * INTERVAL '1 second'
 WHERE id = $id::uuid
   AND status = 'queued'
   AND attempts = $attempts::smallint
RETURNING status;


-- Gives back what was taken and not tried.
--
-- name: notify_release lane=write
UPDATE mails
   SET attempts = attempts - 1,
       available_at = now()
 WHERE id = $id::uuid
   AND status = 'queued'
   AND attempts = $attempts::smallint;


-- A page of the mails of one status, for staff.
-- view: rb_admin_mail_fields
--
-- name: notify_list lane=slow
SELECT id,
       template,
       recipient,
       locale,
       status,
       attempts,
       last_error,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(available_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS available_at,
       to_char(sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS sent_at,
       created_at AS key,
       id AS key_id
  FROM mails
 WHERE status = $status::mail_status
   AND (created_at, id) < ($after::timestamptz, $after_id::uuid)  -- when: after
 ORDER BY created_at DESC, id DESC
 LIMIT $limit::bigint;


-- Sends a dead mail once more.
--
-- name: notify_retry lane=write
WITH mail AS (
         UPDATE mails
            SET status = 'queued',
                attempts = 0,
                available_at = now()
          WHERE id = $id::uuid
            AND status = 'dead'
         RETURNING id, template
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'mail.retried',
                'mail',
                id,
                left($request_id, 100),
                jsonb_build_object('template', template)
           FROM mail
     )
SELECT id
  FROM mail;
