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
-- The detail is stored without what can't be seen at its ends.  Variation
-- selectors and tags stay, which end an emoji or a flag.
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
                btrim(normalize($detail, NFC),
                      E' \t\n\u000b\f\r\u0085\u00a0\u00ad\u061c\u1680\u180e'
                       '\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a'
                       '\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d'
                       '\u202e\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u2066\u2067'
                       '\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\u2800\u3000\u3164'
                       '\ufeff\uffa0\ufff9\ufffa\ufffb'),
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
