-- A resort's desk: its dormitories.  Whoever calls acts for the resort, which
-- the gate has seen; an id of another resort is none.
--
-- Rows are locked in the order of all: the resort, the dormitory, the room, the
-- bed.  What has names and a limit within another is made and renamed by one at
-- a time: the other's row is locked FOR NO KEY UPDATE, so that two which trade
-- names don't wait for each other, and parts_in_use() counts all that is there.
-- What a statement sees besides is as old as its beginning; triggers look
-- again, with the row locked, at what must not be missed (0113), and the caller
-- asks once more when they refuse.


-- A page of a resort's dormitories, for GET /api/v1/resorts/{id}/dormitories;
-- with $deleted those that are deleted.
-- view: rb_dorm_row_fields
--
-- name: dorms_desk_list
SELECT d.id,
       d.name,
       d.type,
       d.photos[1] AS photo,
       d.rent_monthly_krw AS "rent.monthly",
       d.deposit_krw AS "rent.deposit",
       d.utilities_included AS "rent.utilities_included",
       d.distance_m,
       (SELECT count(*)
          FROM rooms AS r
         WHERE r.dormitory_id = d.id
           AND r.retired_at IS NULL) AS rooms,
       (SELECT count(*)
          FROM rooms AS r
          JOIN beds AS b ON b.room_id = r.id
         WHERE r.dormitory_id = d.id
           AND r.retired_at IS NULL
           AND b.retired_at IS NULL) AS beds,
       d.revision,
       to_char(d.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(d.deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at,
       d.name AS key,
       d.id AS key_id
  FROM dormitories AS d
 WHERE d.resort_id = $resort::uuid
   AND (d.deleted_at IS NOT NULL) = $deleted::boolean
   AND ($after::text IS NULL OR (d.name, d.id) > ($after::text, $after_id::uuid))
 ORDER BY d.name, d.id
 LIMIT $limit::integer;


-- One of them with all that it has, also what is out of use, for
-- GET /api/v1/resorts/{id}/dormitories/{dormitory_id} and after a change.
-- view: rb_dorm_desk_fields
--
-- name: dorms_desk_get
SELECT d.id,
       d.name,
       d.type,
       d.description,
       d.rules,
       array_to_json(d.facilities) AS facilities,
       array_to_json(d.photos) AS photos,
       d.rent_monthly_krw AS "rent.monthly",
       d.deposit_krw AS "rent.deposit",
       d.utilities_included AS "rent.utilities_included",
       d.address AS "place.address",
       d.lat AS "place.lat",
       d.lng AS "place.lng",
       d.distance_m,
       (d.distance_m * 3 + 199) / 200 AS walk_minutes,
       (SELECT count(*)
          FROM rooms AS r
          JOIN beds AS b ON b.room_id = r.id
         WHERE r.dormitory_id = d.id
           AND r.retired_at IS NULL
           AND b.retired_at IS NULL) AS beds,
       (SELECT coalesce(json_agg(json_build_object(
                            'id', r.id,
                            'name', r.name,
                            'floor', r.floor,
                            'gender', r.gender,
                            'beds', in_room.list,
                            'revision', r.revision,
                            'retired_at', to_char(r.retired_at AT TIME ZONE 'UTC',
                                                  'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                            ORDER BY r.retired_at NULLS FIRST, r.floor, r.name),
                        '[]')
          FROM rooms AS r
         CROSS JOIN LATERAL (
                   SELECT coalesce(json_agg(json_build_object(
                                       'id', b.id,
                                       'label', b.label,
                                       'revision', b.revision,
                                       'retired_at', to_char(b.retired_at AT TIME ZONE 'UTC',
                                                             'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
                                       ORDER BY b.retired_at NULLS FIRST, b.label),
                                   '[]') AS list
                     FROM beds AS b
                    WHERE b.room_id = r.id
               ) AS in_room
         WHERE r.dormitory_id = d.id) AS rooms,
       (SELECT coalesce(json_agg(json_build_object(
                            'id', s.id,
                            'label', s.label,
                            'from', lower(s.season),
                            'until', upper(s.season),
                            'rent', json_build_object('monthly', s.rent_monthly_krw),
                            'revision', s.revision) ORDER BY s.season),
                        '[]')
          FROM dormitory_rents AS s
         WHERE s.dormitory_id = d.id) AS seasons,
       (SELECT count(*)
          FROM posts AS p
         WHERE p.resort_id = d.resort_id
           AND p.dormitory_id = d.id
           AND p.live) AS posts,
       d.revision,
       to_char(d.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(d.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       to_char(d.deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS deleted_at
  FROM dormitories AS d
 WHERE d.id = $id::uuid
   AND d.resort_id = $resort::uuid;


-- Makes one, for POST /api/v1/resorts/{id}/dormitories, and keeps the answer
-- for its idempotency key: what dorms_desk_get would say.
--
-- outcome: `created', `far' (its place is more than 100 km from the resort),
-- `too_many', `not_found'; or `replayed' or `reused' when the key was used
-- before, for the same request or for another.  As in reports_create, of two
-- with one key at the same instant the second fails on a unique key, and asks
-- once more.
--
-- name: dorms_desk_create lane=write
WITH before AS (                                                   -- when: keyed
         SELECT request_hash, response                             -- when: keyed
           FROM idempotency_keys                                   -- when: keyed
          WHERE caller = $caller                                   -- when: keyed
            AND key = $key                                         -- when: keyed
            AND route = 'dormitories_create'                       -- when: keyed
     ),                                                            -- when: keyed
     resort AS MATERIALIZED (                                      -- when: keyed
WITH resort AS MATERIALIZED (                                      -- when: !keyed
         SELECT id, location
           FROM resorts
          WHERE id = $resort::uuid
            AND deleted_at IS NULL
            FOR NO KEY UPDATE
     ),
     input AS (
         SELECT n.*
           FROM jsonb_populate_record(NULL::dormitories, patch_texts($patch)) AS n
     ),
     verdict AS (
         SELECT CASE
                    WHEN r.id IS NULL THEN 'not_found'
                    WHEN geo_point(n.lat, n.lng) <-> r.location > 100000 THEN 'far'
                    WHEN parts_in_use('dormitories', r.id) >= $most::integer THEN 'too_many'
                    ELSE 'created'
                END AS outcome
           FROM input AS n
           LEFT JOIN resort AS r ON true
     ),
     made AS (
         INSERT INTO dormitories (id, resort_id, name, type, description, rules, facilities,
                                  photos, rent_monthly_krw, deposit_krw, utilities_included,
                                  address, lat, lng, distance_m)
         SELECT $id::uuid,
                $resort::uuid,
                n.name,
                n.type,
                coalesce(n.description, ''),
                coalesce(n.rules, ''),
                coalesce(n.facilities, '{}'),
                coalesce(n.photos, '{}'),
                coalesce(n.rent_monthly_krw, 0),
                coalesce(n.deposit_krw, 0),
                coalesce(n.utilities_included, false),
                n.address,
                n.lat,
                n.lng,
                coalesce(n.distance_m, 0)
           FROM input AS n
           JOIN verdict AS v ON v.outcome = 'created'
          WHERE NOT EXISTS (SELECT FROM before)                    -- when: keyed
         RETURNING *
     ),
     answer AS (
         SELECT row_to_json(a)::text AS response
           FROM made AS d
          CROSS JOIN LATERAL (
                    SELECT d.id,
                           d.name,
                           d.type,
                           d.description,
                           d.rules,
                           d.facilities,
                           d.photos,
                           json_build_object('monthly', d.rent_monthly_krw,
                                             'deposit', d.deposit_krw,
                                             'utilities_included', d.utilities_included) AS rent,
                           CASE
                               WHEN num_nonnulls(d.address, d.lat) > 0
                                   THEN json_build_object('address', d.address,
                                                          'lat', d.lat,
                                                          'lng', d.lng)
                           END AS place,
                           d.distance_m,
                           (d.distance_m * 3 + 199) / 200 AS walk_minutes,
                           0 AS beds,
                           json_build_array() AS rooms,
                           json_build_array() AS seasons,
                           0 AS posts,
                           d.revision,
                           to_char(d.created_at AT TIME ZONE 'UTC',
                                   'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
                           to_char(d.updated_at AT TIME ZONE 'UTC',
                                   'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
                           NULL AS deleted_at
                ) AS a
     ),
     kept AS (                                                     -- when: keyed
         INSERT INTO idempotency_keys                              -- when: keyed
                (caller, key, route, request_hash, status, response)  -- when: keyed
         SELECT $caller, $key, 'dormitories_create', $request_hash::bytea, 201, response  -- when: keyed
           FROM answer                                             -- when: keyed
     ),                                                            -- when: keyed
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.created',
                'dormitory',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id, 'name', name)
           FROM made
     )
SELECT v.outcome,
       a.response
  FROM verdict AS v
  LEFT JOIN answer AS a ON true
 WHERE NOT EXISTS (SELECT FROM before)                             -- when: keyed
 UNION ALL                                                         -- when: keyed
SELECT CASE WHEN request_hash = $request_hash::bytea THEN 'replayed' ELSE 'reused' END,  -- when: keyed
       response                                                    -- when: keyed
  FROM before;                                                     -- when: keyed


-- Changes one, for PATCH /api/v1/resorts/{id}/dormitories/{dormitory_id}.
--
-- outcome: `done', `stale', `deleted', `far' or `not_found'.
--
-- name: dorms_desk_change lane=write
WITH resort AS MATERIALIZED (
         SELECT id, location
           FROM resorts
          WHERE id = $resort::uuid
            AND deleted_at IS NULL
            FOR NO KEY UPDATE
     ),
     before AS MATERIALIZED (
         SELECT d AS was, d.id, d.lat, d.lng, d.revision, d.deleted_at, r.location
           FROM resort AS r
           JOIN dormitories AS d ON d.resort_id = r.id
          WHERE d.id = $id::uuid
            FOR NO KEY UPDATE OF d
     ),
     input AS (
         SELECT n.*,
                (n.lat, n.lng) IS DISTINCT FROM (b.lat, b.lng)
                AND geo_point(n.lat, n.lng) <-> b.location > 100000 AS far,
                to_jsonb(n) - computed.name <> to_jsonb(b.was) - computed.name AS edited
           FROM before AS b
          CROSS JOIN LATERAL jsonb_populate_record(b.was, patch_texts($patch)) AS n
          CROSS JOIN LATERAL (
                    SELECT CASE WHEN n.lat IS NULL THEN '' ELSE 'distance_m' END
                ) AS computed (name)
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN b.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN n.far THEN 'far'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN before AS b ON true
           LEFT JOIN input AS n ON true
     ),
     changed AS (
         UPDATE dormitories AS d
            SET name = n.name,
                type = n.type,
                description = n.description,
                rules = n.rules,
                facilities = n.facilities,
                photos = n.photos,
                rent_monthly_krw = n.rent_monthly_krw,
                deposit_krw = n.deposit_krw,
                utilities_included = n.utilities_included,
                address = n.address,
                lat = n.lat,
                lng = n.lng,
                distance_m = n.distance_m,
                updated_at = now()
           FROM input AS n
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE d.id = n.id
            AND n.edited
         RETURNING d.id, d.resort_id, d.revision
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.changed',
                'dormitory',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id,
                                   'revision', revision,
                                   'changed', (SELECT jsonb_agg(key ORDER BY key)
                                                 FROM jsonb_object_keys(patch_texts($patch)) AS key))
           FROM changed
     )
SELECT outcome
  FROM verdict;


-- Deletes one, for DELETE /api/v1/resorts/{id}/dormitories/{dormitory_id}: the
-- row stays.
--
-- outcome: `done' (also when it was deleted before), `stale', `occupied' (beds
-- are taken today or later: how many, until when), `offered' (live posts offer
-- it: how many, the first of them) or `not_found'.
--
-- name: dorms_desk_delete lane=write
WITH resort AS MATERIALIZED (
         SELECT id
           FROM resorts
          WHERE id = $resort::uuid
            AND deleted_at IS NULL
            FOR SHARE
     ),
     before AS MATERIALIZED (
         SELECT d.id, d.resort_id, d.revision, d.deleted_at
           FROM resort AS r
           JOIN dormitories AS d ON d.resort_id = r.id
          WHERE d.id = $id::uuid
            FOR NO KEY UPDATE OF d
     ),
     taken AS (
         SELECT t.beds, t.until
           FROM before AS b
          CROSS JOIN LATERAL beds_taken(beds_of(b.id, NULL)) AS t
     ),
     offering AS (
         SELECT count(*) AS posts,
                (array_agg(p.id ORDER BY p.id))[1] AS post
           FROM before AS b
           JOIN posts AS p
             ON p.resort_id = b.resort_id
            AND p.dormitory_id = b.id
            AND p.live
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN b.deleted_at IS NOT NULL THEN 'done'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN t.beds > 0 THEN 'occupied'
                    WHEN o.posts > 0 THEN 'offered'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN before AS b ON true
           LEFT JOIN taken AS t ON true
           LEFT JOIN offering AS o ON true
     ),
     changed AS (
         UPDATE dormitories AS d
            SET deleted_at = now(),
                updated_at = now()
           FROM before AS b
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE d.id = b.id
            AND b.deleted_at IS NULL
         RETURNING d.id, d.resort_id, d.name
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.deleted',
                'dormitory',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id, 'name', name)
           FROM changed
     )
SELECT v.outcome,
       t.beds,
       t.until,
       o.posts,
       o.post
  FROM verdict AS v
  LEFT JOIN taken AS t ON true
  LEFT JOIN offering AS o ON true;


-- Brings a deleted one back, for
-- POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/restore.
--
-- outcome: `done' (also when it wasn't deleted), `stale', `too_many' or
-- `not_found'.
--
-- name: dorms_desk_restore lane=write
WITH resort AS MATERIALIZED (
         SELECT id
           FROM resorts
          WHERE id = $resort::uuid
            AND deleted_at IS NULL
            FOR NO KEY UPDATE
     ),
     before AS MATERIALIZED (
         SELECT d.id, d.resort_id, d.revision, d.deleted_at
           FROM resort AS r
           JOIN dormitories AS d ON d.resort_id = r.id
          WHERE d.id = $id::uuid
            FOR NO KEY UPDATE OF d
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN b.deleted_at IS NULL THEN 'done'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN parts_in_use('dormitories', b.resort_id) >= $most::integer THEN 'too_many'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN before AS b ON true
     ),
     changed AS (
         UPDATE dormitories AS d
            SET deleted_at = NULL,
                updated_at = now()
           FROM before AS b
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE d.id = b.id
            AND b.deleted_at IS NOT NULL
         RETURNING d.id, d.resort_id, d.name
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.restored',
                'dormitory',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', resort_id, 'name', name)
           FROM changed
     )
SELECT outcome
  FROM verdict;
