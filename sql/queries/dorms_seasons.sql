-- A resort's desk: rent by season, and what is free.  Locks are as in
-- dorms_desk.sql.


-- Adds a season, for
-- POST /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons.  Two that overlap
-- at one instant meet in dormitory_rents_one_a_day; the second asks once more.
--
-- outcome: `done', `deleted', `backwards', `too_long', `overlaps' (which one),
-- `too_many' or `not_found'.
-- view: rb_dorm_season_fields
--
-- name: dorms_season_create lane=write
WITH house AS MATERIALIZED (
         SELECT d.id, d.deleted_at
           FROM dormitories AS d
           JOIN resorts AS r ON r.id = d.resort_id
          WHERE d.id = $dormitory::uuid
            AND d.resort_id = $resort::uuid
            AND r.deleted_at IS NULL
            FOR NO KEY UPDATE OF d
     ),
     wanted AS (
         SELECT $id::uuid AS id,
                p.patch->>'label' AS label,
                (p.patch->>'from')::date AS starts,
                (p.patch->>'until')::date AS ends,
                (p.patch->>'rent')::integer AS rent
           FROM (SELECT patch_texts($patch) AS patch) AS p
     ),
     input AS (
         SELECT w.id,
                w.label,
                w.rent,
                w.ends <= w.starts AS backwards,
                w.ends - w.starts > 366 AS too_long,
                CASE WHEN w.starts < w.ends THEN daterange(w.starts, w.ends) END AS season
           FROM wanted AS w
     ),
     other AS (
         SELECT s.label, s.season
           FROM input AS n
           JOIN dormitory_rents AS s
             ON s.dormitory_id = $dormitory::uuid
            AND s.season && n.season
            AND s.id <> n.id
          ORDER BY s.season
          LIMIT 1
     ),
     verdict AS (
         SELECT CASE
                    WHEN h.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN n.backwards THEN 'backwards'
                    WHEN n.too_long THEN 'too_long'
                    WHEN EXISTS (SELECT FROM other) THEN 'overlaps'
                    WHEN parts_in_use('seasons', h.id) >= $most::integer THEN 'too_many'
                    ELSE 'done'
                END AS outcome
           FROM input AS n
           LEFT JOIN house AS h ON true
     ),
     made AS (
         INSERT INTO dormitory_rents (id, dormitory_id, season, label, rent_monthly_krw)
         SELECT n.id, $dormitory::uuid, n.season, n.label, n.rent
           FROM input AS n
           JOIN verdict AS v ON v.outcome = 'done'
         RETURNING *
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.season_created',
                'dormitory_season',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'season', season,
                                   'rent_monthly_krw', rent_monthly_krw)
           FROM made
     )
SELECT s.id,
       s.label,
       lower(s.season) AS from,
       upper(s.season) AS until,
       s.rent_monthly_krw AS "rent.monthly",
       s.revision,
       o.label AS other_label,
       lower(o.season) AS other_from,
       upper(o.season) AS other_until,
       v.outcome
  FROM verdict AS v
  LEFT JOIN made AS s ON true
  LEFT JOIN other AS o ON true;


-- Changes one, for
-- PATCH /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons/{season_id}.
--
-- outcome: as of dorms_season_create, and `stale'.
-- view: rb_dorm_season_fields
--
-- name: dorms_season_change lane=write
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
         SELECT s.id, s.label, s.season, s.rent_monthly_krw, s.revision
           FROM house AS h
           JOIN dormitory_rents AS s ON s.dormitory_id = h.id
          WHERE s.id = $season::uuid
            FOR UPDATE OF s
     ),
     wanted AS (
         SELECT b.id AS id,
                coalesce(p.patch->>'label', b.label) AS label,
                coalesce((p.patch->>'from')::date, lower(b.season)) AS starts,
                coalesce((p.patch->>'until')::date, upper(b.season)) AS ends,
                coalesce((p.patch->>'rent')::integer, b.rent_monthly_krw) AS rent
           FROM before AS b
          CROSS JOIN (SELECT patch_texts($patch) AS patch) AS p
     ),
     input AS (
         SELECT w.id,
                w.label,
                w.rent,
                w.ends <= w.starts AS backwards,
                w.ends - w.starts > 366 AS too_long,
                CASE WHEN w.starts < w.ends THEN daterange(w.starts, w.ends) END AS season
           FROM wanted AS w
     ),
     other AS (
         SELECT s.label, s.season
           FROM input AS n
           JOIN dormitory_rents AS s
             ON s.dormitory_id = $dormitory::uuid
            AND s.season && n.season
            AND s.id <> n.id
          ORDER BY s.season
          LIMIT 1
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    WHEN n.backwards THEN 'backwards'
                    WHEN n.too_long THEN 'too_long'
                    WHEN EXISTS (SELECT FROM other) THEN 'overlaps'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN before AS b ON true
           LEFT JOIN input AS n ON true
     ),
     changed AS (
         UPDATE dormitory_rents AS s
            SET label = n.label,
                season = n.season,
                rent_monthly_krw = n.rent
           FROM input AS n
           JOIN verdict AS v ON v.outcome = 'done'
          WHERE s.id = n.id
         RETURNING s.*
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.season_changed',
                'dormitory_season',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'season', season,
                                   'rent_monthly_krw', rent_monthly_krw)
           FROM changed
          WHERE revision <> (SELECT revision FROM before)
     )
SELECT s.id,
       s.label,
       lower(s.season) AS from,
       upper(s.season) AS until,
       s.rent_monthly_krw AS "rent.monthly",
       s.revision,
       o.label AS other_label,
       lower(o.season) AS other_from,
       upper(o.season) AS other_until,
       v.outcome
  FROM verdict AS v
  LEFT JOIN changed AS s ON true
  LEFT JOIN other AS o ON true;


-- Takes one away, for
-- DELETE /api/v1/resorts/{id}/dormitories/{dormitory_id}/seasons/{season_id}.
--
-- outcome: `done', `stale', `deleted' or `not_found'.
--
-- name: dorms_season_remove lane=write
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
         SELECT s.id, s.label, s.season, s.rent_monthly_krw, s.revision
           FROM house AS h
           JOIN dormitory_rents AS s ON s.dormitory_id = h.id
          WHERE s.id = $season::uuid
            FOR UPDATE OF s
     ),
     verdict AS (
         SELECT CASE
                    WHEN b.id IS NULL THEN 'not_found'
                    WHEN h.deleted_at IS NOT NULL THEN 'deleted'
                    WHEN NOT b.revision = ANY ($if_match::integer[]) THEN 'stale'
                    ELSE 'done'
                END AS outcome
           FROM (VALUES (true)) AS one
           LEFT JOIN house AS h ON true
           LEFT JOIN before AS b ON true
     ),
     removed AS (
         DELETE FROM dormitory_rents AS s
          USING before AS b, verdict AS v
          WHERE s.id = b.id
            AND v.outcome = 'done'
         RETURNING s.*
     ),
     trail AS (
         INSERT INTO audit_events (actor_id, action, subject_type, subject_id, request_id, detail)
         SELECT $actor::uuid,
                'dormitory.season_removed',
                'dormitory_season',
                id,
                left($request_id, 100),
                jsonb_build_object('resort_id', $resort::uuid,
                                   'dormitory_id', $dormitory::uuid,
                                   'label', label,
                                   'season', season,
                                   'rent_monthly_krw', rent_monthly_krw)
           FROM removed
     )
SELECT outcome
  FROM verdict;


-- Every room and bed in use, and what of the dates is taken, for
-- GET /api/v1/resorts/{id}/dormitories/{dormitory_id}/availability; not by whom.
-- A bed that is taken is free from the end of the last of these stays, and of
-- those that follow it without a night between.  OFFSET 0 makes the planner
-- look bed by bed: else it may collect everybody's stays.
-- view: rb_dorm_availability_fields
--
-- name: dorms_availability lane=slow
SELECT d.id,
       d.name,
       $from::date AS from,
       $until::date AS until,
       coalesce(space.beds, 0) AS beds,
       coalesce(space.free_beds, 0) AS free_beds,
       coalesce(space.rooms, '[]') AS rooms
  FROM dormitories AS d
 CROSS JOIN LATERAL (
           SELECT sum(in_room.beds) AS beds,
                  sum(in_room.free_beds) AS free_beds,
                  json_agg(json_build_object(
                      'id', r.id,
                      'name', r.name,
                      'floor', r.floor,
                      'gender', r.gender,
                      'free_beds', in_room.free_beds,
                      'beds', in_room.list) ORDER BY r.floor, r.name) AS rooms
             FROM rooms AS r
            CROSS JOIN LATERAL (
                      SELECT count(*) AS beds,
                             count(*) FILTER (WHERE NOT stays.taken && stays.asked) AS free_beds,
                             coalesce(json_agg(json_build_object(
                                 'id', b.id,
                                 'label', b.label,
                                 'free', NOT stays.taken && stays.asked,
                                 'free_from', coalesce(
                                     (SELECT upper(t.part)
                                        FROM unnest(stays.taken) AS t (part)
                                       WHERE t.part && stays.asked
                                       ORDER BY t.part DESC
                                       LIMIT 1),
                                     lower(stays.asked)),
                                 'taken', (SELECT coalesce(json_agg(json_build_object(
                                                      'from', lower(t.part * stays.asked),
                                                      'until', upper(t.part * stays.asked))
                                                      ORDER BY t.part),
                                                  '[]')
                                             FROM unnest(stays.taken) AS t (part)
                                            WHERE t.part && stays.asked)) ORDER BY b.label),
                                 '[]') AS list
                        FROM beds AS b
                       CROSS JOIN LATERAL (
                                 SELECT coalesce((SELECT range_agg(o.stay)
                                                    FROM occupancies AS o
                                                   WHERE o.bed_id = b.id
                                                     AND o.stay && daterange($from::date, NULL)
                                                     AND o.status IN ('assigned', 'checked_in',
                                                                      'checkout_requested',
                                                                      'checked_out', 'settled')),
                                                 '{}') AS taken,
                                        daterange($from::date, $until::date) AS asked
                                 OFFSET 0
                             ) AS stays
                       WHERE b.room_id = r.id
                         AND b.retired_at IS NULL
                  ) AS in_room
            WHERE r.dormitory_id = d.id
              AND r.retired_at IS NULL
       ) AS space
 WHERE d.id = $dormitory::uuid
   AND d.resort_id = $resort::uuid
   AND d.deleted_at IS NULL;
