-- A resort's desk: rooms and beds.  Locks are as in dorms_desk.sql.


-- Adds a room with its beds, for
-- POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms.
--
-- outcome: `done', `deleted' (the dormitory), `too_many' or `not_found'.
-- view: rb_room_fields
--
-- name: dorms_room_create lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR NO KEY UPDATE OF d
     ),
     verdict AS (
         SELECT CASE
                    WHEN h.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN parts_in_use('rooms', h.id) >= $most::integer THEN 'too_many'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
     ),
     input AS (
         SELECT n.*
           FROM jsonb_populate_record(NULL::rooms, patch_texts($patch)) AS n
     ),
     made AS (
         INSERT INTO rooms (id, dormitory_id, name, floor, gender)
         SELECT $id::uuid, $dormitory::uuid, n.name, n.floor, n.gender
           FROM input AS n
           JOIN verdict AS v ON v.outcome = 'done'
         RETURNING *
     ),
     placed AS (
         INSERT INTO beds (id, room_id, label)
         SELECT uuid_v7(clock_timestamp()), m.id, seen_text(l.label)
           FROM made AS m
          CROSS JOIN jsonb_array_elements_text($labels::jsonb) AS l (label)
         RETURNING *
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'room.created',
                'room',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'name', name)
           FROM made
     )
SELECT r.id,
       r.dormitory_id,
       r.name,
       r.floor,
       r.gender,
       (SELECT coalesce(json_agg(json_build_object(
                            'id', b.id,
                            'label', b.label,
                            'revision', b.revision,
                            'retired_at', to_char(b.retired_at AT TIME ZONE 'UTC',
                                                  'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                            ORDER BY b.retired_at NULLS FIRST, b.label),
                        '[]')
          FROM placed AS b
         WHERE b.room_id = r.id) AS beds,
       r.revision,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(r.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS retired_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN made AS r ON true;


-- Changes one, for
-- PATCH /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}.
--
-- outcome: `done', `stale', `deleted', `retired', `occupied' (its gender can't
-- change: beds are taken today or later) or `not_found'.
-- view: rb_room_fields
--
-- name: dorms_room_change lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR NO KEY UPDATE OF d
     ),
     before AS MATERIALIZED (
         SELECT r AS was, r.id, r.gender, r.revision, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR NO KEY UPDATE OF r
     ),
     input AS (
         SELECT n.*
           FROM before AS b
          CROSS JOIN LATERAL jsonb_populate_record(b.was, patch_texts($patch)) AS n
     ),
     taken AS (
         SELECT t.beds, t.until
           FROM before AS b
           JOIN input AS n ON n.gender <> b.gender
          CROSS JOIN LATERAL beds_taken(beds_of($dormitory::uuid, b.id)) AS t
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN b.retired_at IS NOT NULL THEN 'retired'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.beds > 0 THEN 'occupied'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN before AS b ON true
           LEFT JOIN taken AS t ON true
     ),
     changed AS (
         UPDATE rooms AS r
            SET name = n.name,
                floor = n.floor,
                gender = n.gender
           FROM input AS n
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = n.id
         RETURNING r.*
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'room.changed',
                'room',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'revision', revision)
           FROM changed
          WHERE revision <> (SELECT revision FROM before)
     )
SELECT r.id,
       r.dormitory_id,
       r.name,
       r.floor,
       r.gender,
       (SELECT coalesce(json_agg(json_build_object(
                            'id', b.id,
                            'label', b.label,
                            'revision', b.revision,
                            'retired_at', to_char(b.retired_at AT TIME ZONE 'UTC',
                                                  'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                            ORDER BY b.retired_at NULLS FIRST, b.label),
                        '[]')
          FROM beds AS b
         WHERE b.room_id = r.id) AS beds,
       r.revision,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(r.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS retired_at,
       v.outcome,
       t.beds AS taken,
       t.until
  FROM verdict AS v
  LEFT JOIN changed AS r ON true
  LEFT JOIN taken AS t ON true;


-- Takes one out of use, with its beds, for
-- DELETE /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}.
--
-- outcome: `done' (also when it was before), `stale', `deleted', `occupied'
-- (how many beds, until when) or `not_found'.
--
-- name: dorms_room_retire lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR SHARE OF d
     ),
     before AS MATERIALIZED (
         SELECT r.id, r.revision, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR NO KEY UPDATE OF r
     ),
     taken AS (
         SELECT t.beds, t.until
           FROM before AS b
          CROSS JOIN LATERAL beds_taken(beds_of($dormitory::uuid, b.id)) AS t
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN b.retired_at IS NOT NULL THEN 'done'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.beds > 0 THEN 'occupied'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN before AS b ON true
           LEFT JOIN taken AS t ON true
     ),
     changed AS (
         UPDATE rooms AS r
            SET retired_at = now()
           FROM before AS b
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = b.id
            AND b.retired_at IS NULL
         RETURNING r.id, r.name
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'room.retired',
                'room',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'name', name)
           FROM changed
     )
SELECT v.outcome,
       t.beds,
       t.until
  FROM verdict AS v
  LEFT JOIN taken AS t ON true;


-- Takes one back into use, for
-- POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/restore.
--
-- outcome: `done' (also when it was in use), `stale', `deleted', `too_many' or
-- `not_found'.
-- view: rb_room_fields
--
-- name: dorms_room_restore lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR NO KEY UPDATE OF d
     ),
     before AS MATERIALIZED (
         SELECT r.id, r.revision, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR NO KEY UPDATE OF r
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN b.retired_at IS NULL THEN 'done'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN parts_in_use('rooms', h.id) >= $most::integer THEN 'too_many'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN before AS b ON true
     ),
     changed AS (
         UPDATE rooms AS r
            SET retired_at = NULL
           FROM before AS b
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE r.id = b.id
         RETURNING r.*
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'room.restored',
                'room',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'name', name)
           FROM changed
          WHERE revision <> (SELECT revision FROM before)
     )
SELECT r.id,
       r.dormitory_id,
       r.name,
       r.floor,
       r.gender,
       (SELECT coalesce(json_agg(json_build_object(
                            'id', b.id,
                            'label', b.label,
                            'revision', b.revision,
                            'retired_at', to_char(b.retired_at AT TIME ZONE 'UTC',
                                                  'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                            ORDER BY b.retired_at NULLS FIRST, b.label),
                        '[]')
          FROM beds AS b
         WHERE b.room_id = r.id) AS beds,
       r.revision,
       to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(r.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS retired_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN changed AS r ON true;


-- Adds a bed, for
-- POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds.
--
-- outcome: `done', `deleted', `retired' (the room), `too_many' or `not_found'.
-- view: rb_bed_fields
--
-- name: dorms_bed_create lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR SHARE OF d
     ),
     place AS MATERIALIZED (
         SELECT r.id, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR NO KEY UPDATE OF r
     ),
     verdict AS (
         SELECT CASE
                    WHEN p.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN p.retired_at IS NOT NULL THEN 'retired'
                    WHEN parts_in_use('beds', p.id) >= $most::integer THEN 'too_many'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN place AS p ON true
     ),
     made AS (
         INSERT INTO beds (id, room_id, label)
         SELECT $id::uuid, $room::uuid, seen_text($label)
           FROM verdict AS v
          WHERE v.outcome = 'done'
         RETURNING *
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'bed.created',
                'bed',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'room_id', $room::uuid,
                                   'label', label)
           FROM made
     )
SELECT b.id,
       b.room_id,
       b.label,
       b.revision,
       to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(b.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS retired_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN made AS b ON true;


-- Changes its label, for
-- PATCH /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds/{bed_id}.
--
-- outcome: `done', `stale', `deleted', `retired' or `not_found'.
-- view: rb_bed_fields
--
-- name: dorms_bed_change lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR SHARE OF d
     ),
     place AS MATERIALIZED (
         SELECT r.id, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR NO KEY UPDATE OF r
     ),
     before AS MATERIALIZED (
         SELECT b.id, b.label, b.revision, b.retired_at
           FROM place AS p
           JOIN beds AS b ON b.room_id = p.id
          WHERE b.id = $bed::uuid
            FOR NO KEY UPDATE OF b
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN p.retired_at IS NOT NULL OR b.retired_at IS NOT NULL THEN 'retired'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN place AS p ON true
           LEFT JOIN before AS b ON true
     ),
     changed AS (
         UPDATE beds AS b
            SET label = seen_text($label)
           FROM before AS o
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE b.id = o.id
         RETURNING b.*
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'bed.changed',
                'bed',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'room_id', $room::uuid,
                                   'label', label)
           FROM changed
          WHERE revision <> (SELECT revision FROM before)
     )
SELECT b.id,
       b.room_id,
       b.label,
       b.revision,
       to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(b.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS retired_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN changed AS b ON true;


-- Takes one out of use, for
-- DELETE /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds/{bed_id}.
--
-- outcome: `done' (also when it was before), `stale', `deleted', `occupied'
-- (it is taken today or later: until when) or `not_found'.
--
-- name: dorms_bed_retire lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR SHARE OF d
     ),
     place AS MATERIALIZED (
         SELECT r.id, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR SHARE OF r
     ),
     before AS MATERIALIZED (
         SELECT b.id, b.label, b.revision, b.retired_at
           FROM place AS p
           JOIN beds AS b ON b.room_id = p.id
          WHERE b.id = $bed::uuid
            FOR NO KEY UPDATE OF b
     ),
     taken AS (
         SELECT t.beds, t.until
           FROM before AS b
          CROSS JOIN LATERAL beds_taken(ARRAY[b.id]) AS t
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN b.retired_at IS NOT NULL THEN 'done'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.beds > 0 THEN 'occupied'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN before AS b ON true
           LEFT JOIN taken AS t ON true
     ),
     changed AS (
         UPDATE beds AS b
            SET retired_at = now()
           FROM before AS o
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE b.id = o.id
            AND o.retired_at IS NULL
         RETURNING b.id, b.label
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'bed.retired',
                'bed',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'room_id', $room::uuid,
                                   'label', label)
           FROM changed
     )
SELECT v.outcome,
       t.beds,
       t.until
  FROM verdict AS v
  LEFT JOIN taken AS t ON true;


-- Takes one back into use, for
-- POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/rooms/{room_id}/beds/{bed_id}/restore.
--
-- outcome: `done' (also when it was in use), `stale', `deleted', `retired' (the
-- room), `too_many' or `not_found'.
-- view: rb_bed_fields
--
-- name: dorms_bed_restore lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR SHARE OF d
     ),
     place AS MATERIALIZED (
         SELECT r.id, r.retired_at
           FROM house AS h
           JOIN rooms AS r ON r.dormitory_id = h.id
          WHERE r.id = $room::uuid
            FOR NO KEY UPDATE OF r
     ),
     before AS MATERIALIZED (
         SELECT b.id, b.label, b.revision, b.retired_at
           FROM place AS p
           JOIN beds AS b ON b.room_id = p.id
          WHERE b.id = $bed::uuid
            FOR NO KEY UPDATE OF b
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN p.retired_at IS NOT NULL THEN 'retired'
                    WHEN b.retired_at IS NULL THEN 'done'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN parts_in_use('beds', p.id) >= $most::integer THEN 'too_many'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN place AS p ON true
           LEFT JOIN before AS b ON true
     ),
     changed AS (
         UPDATE beds AS b
            SET retired_at = NULL
           FROM before AS o
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE b.id = o.id
         RETURNING b.*
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'bed.restored',
                'bed',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'room_id', $room::uuid,
                                   'label', label)
           FROM changed
          WHERE revision <> (SELECT revision FROM before)
     )
SELECT b.id,
       b.room_id,
       b.label,
       b.revision,
       to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(b.retired_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS retired_at,
       v.outcome
  FROM verdict AS v
  LEFT JOIN changed AS b ON true;
