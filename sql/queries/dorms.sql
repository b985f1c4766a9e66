-- Where crew sleep, as the public sees it.


-- A page of a resort's dormitories, for GET /api/v1/resorts/{id}/dorms.  With
-- dates, a bed is free if nobody has it on any night from $from up to $until,
-- the day of leaving; a request that was not assigned a bed takes none.  OFFSET
-- 0 makes the planner look bed by bed: else it may collect everybody's stays.
-- Seasons are those of the dates or, without dates, those that are not over.
-- view: rb_dorm_fields
--
-- name: dorms_list lane=slow
SELECT d.id,
       d.name,
       d.type,
       d.description,
       d.rules,
       array_to_json(d.facilities) AS facilities,
       array_to_json(d.photos) AS photos,
       d.rent_monthly_krw AS "rent.monthly",
       rent.lowest AS "rent.min",
       rent.highest AS "rent.max",
       rent.total AS "rent.total",
       d.deposit_krw AS "rent.deposit",
       d.utilities_included AS "rent.utilities_included",
       season.list AS "rent.seasons",
       d.distance_m,
       (d.distance_m * 3 + 199) / 200 AS walk_minutes,
       space.beds,
       space.free_beds,
       space.rooms,
       d.name AS key
  FROM (
           SELECT *
             FROM dormitories
            WHERE resort_id = $resort::uuid
              AND deleted_at IS NULL
              AND name > $after                                    -- when: after
            ORDER BY name
            LIMIT 101
       ) AS d
 CROSS JOIN LATERAL (
           SELECT coalesce(json_agg(json_build_object(
                               'label', s.label,
                               'from', lower(s.season),
                               'until', upper(s.season),
                               'monthly', s.rent_monthly_krw) ORDER BY s.season),
                           '[]') AS list,
                  min(s.rent_monthly_krw) AS lowest,
                  max(s.rent_monthly_krw) AS highest
             FROM dormitory_rents AS s
            WHERE s.dormitory_id = d.id
              AND s.season && daterange($from::date, $until::date) -- when: dates
              AND s.season && daterange(seoul_today(), NULL)       -- when: !dates
       ) AS season
 CROSS JOIN LATERAL (
           SELECT min(part.rent_monthly_krw) AS lowest,            -- when: dates
                  max(part.rent_monthly_krw) AS highest,           -- when: dates
                  sum(part.amount_krw) AS total                    -- when: dates
             FROM dormitory_rent(d.id, daterange($from::date, $until::date)) AS part  -- when: dates
           SELECT least(d.rent_monthly_krw, season.lowest) AS lowest,  -- when: !dates
                  greatest(d.rent_monthly_krw, season.highest) AS highest,  -- when: !dates
                  NULL AS total                                    -- when: !dates
       ) AS rent
 CROSS JOIN LATERAL (
           SELECT coalesce(sum(beds), 0) AS beds,
                  coalesce(sum(free_beds), 0) AS free_beds,        -- when: dates
                  NULL AS free_beds,                               -- when: !dates
                  coalesce(array_to_json(array_agg(row_to_json(r) ORDER BY floor, name)),
                           '[]') AS rooms
             FROM (
                      SELECT room.name,
                             room.floor,
                             room.gender,
                             count(bed.id) AS beds,
                             count(bed.id) FILTER (WHERE NOT EXISTS (         -- when: dates
                                 SELECT                                       -- when: dates
                                   FROM occupancies AS o                      -- when: dates
                                  WHERE o.bed_id = bed.id                     -- when: dates
                                    AND o.stay && daterange($from::date, $until::date)  -- when: dates
                                    AND o.status IN ('assigned', 'checked_in',  -- when: dates
                                                     'checkout_requested',    -- when: dates
                                                     'checked_out', 'settled')  -- when: dates
                                 OFFSET 0                                     -- when: dates
                             )) AS free_beds                                  -- when: dates
                             NULL AS free_beds                                -- when: !dates
                        FROM rooms AS room
                        LEFT JOIN beds AS bed
                          ON bed.room_id = room.id
                         AND bed.retired_at IS NULL
                       WHERE room.dormitory_id = d.id
                         AND room.retired_at IS NULL
                       GROUP BY room.id
                  ) AS r
       ) AS space
 ORDER BY d.name
 LIMIT $limit::integer;


-- What a stay costs in a dormitory of an open resort, for
-- GET /api/v1/resorts/{id}/dormitories/{dormitory_id}/quote.
-- view: rb_dorm_quote_fields
--
-- name: dorms_quote
SELECT d.id,
       d.name,
       $from::date AS from,
       $until::date AS until,
       $until::date - $from::date AS nights,
       cost.parts,
       cost.rent,
       d.deposit_krw AS deposit,
       d.utilities_included
  FROM dormitories AS d
  JOIN resorts AS r ON r.id = d.resort_id
 CROSS JOIN LATERAL (
           SELECT json_agg(json_build_object(
                      'from', lower(part.piece),
                      'until', upper(part.piece),
                      'season', part.label,
                      'nights', upper(part.piece) - lower(part.piece),
                      'month_days', part.month_days,
                      'monthly', part.rent_monthly_krw,
                      'amount', part.amount_krw) ORDER BY part.piece) AS parts,
                  sum(part.amount_krw) AS rent
             FROM dormitory_rent(d.id, daterange($from::date, $until::date)) AS part
       ) AS cost
 WHERE d.id = $id::uuid
   AND d.resort_id = $resort::uuid
   AND d.deleted_at IS NULL
   AND r.open;
