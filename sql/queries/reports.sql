-- Reports of abuse.


-- Takes a report, for POST /api/v1/jobs/{id}/reports, with all that belongs to
-- it: the answer kept for its idempotency key, the event, the audit trail.
-- All of it commits, or nothing does.
--
-- outcome is `created'; or `replayed' or `reused' when the key was used
-- before, for the same request or for another; no row at all means that this
-- caller has reported the post today, or that the post may not be reported
-- ($open is false).
--
-- Two requests with one key at the same instant: the second waits on one of
-- the two unique keys for the first.  On the report's it then inserts nothing
-- and returns no row; on the key's it fails with 23505 and nothing of it
-- remains.  Either way the caller asks once more, and now sees what the first
-- has left.
--
-- name: reports_create lane=write
WITH before AS (                                                   -- when: keyed
         SELECT request_hash, response                             -- when: keyed
           FROM idempotency_keys                                   -- when: keyed
          WHERE caller = $caller                                   -- when: keyed
            AND key = $key                                         -- when: keyed
            AND route = 'reports_create'                           -- when: keyed
     ),                                                            -- when: keyed
     report AS (                                                   -- when: keyed
WITH report AS (                                                   -- when: !keyed
         INSERT INTO reports (id, post_id, reporter_hash, reason, detail, created_at)
         SELECT $id::uuid,
                $post::uuid,
                $caller_hash::bytea,
                $reason::report_reason,
                btrim(normalize($detail, NFC), E' \t\r\n'),
                $created_at::timestamptz
          WHERE $open::boolean
            AND NOT EXISTS (SELECT FROM before)                    -- when: keyed
             ON CONFLICT (post_id, caller, day) DO NOTHING
         RETURNING id, post_id, reason, created_at
     ),
     kept AS (                                                     -- when: keyed
         INSERT INTO idempotency_keys                              -- when: keyed
                (caller, key, route, request_hash, status, response)  -- when: keyed
         SELECT $caller, $key, 'reports_create', $request_hash::bytea, 201, $response  -- when: keyed
           FROM report                                             -- when: keyed
     ),                                                            -- when: keyed
     event AS (
         INSERT INTO outbox (topic, key, payload)
         SELECT 'report.created',
                'job:' || post_id,
                jsonb_build_object('report_id', id,
                                   'job_id', post_id,
                                   'reason', reason,
                                   'created_at', created_at)
           FROM report
     ),
     trail AS (
         INSERT INTO audit_events (action, subject_type, subject_id, request_id, detail)
         SELECT 'report.created',
                'job',
                post_id,
                left($request_id, 100),
                jsonb_build_object('report_id', id, 'reason', reason)
           FROM report
     )
SELECT 'created' AS outcome,
       NULL AS response
  FROM report
 UNION ALL                                                         -- when: keyed
SELECT CASE WHEN request_hash = $request_hash::bytea THEN 'replayed' ELSE 'reused' END,  -- when: keyed
       response                                                    -- when: keyed
  FROM before;                                                     -- when: keyed


-- What has become of a report, for GET /api/v1/jobs/{id}/reports/{report_id}.
-- view: rb_report_fields
--
-- name: reports_get
SELECT id,
       post_id AS job_id,
       reason,
       status,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at
  FROM reports
 WHERE id = $id::uuid
   AND post_id = $post::uuid;
