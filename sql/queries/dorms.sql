-- Where crew sleep.


-- A page of a resort's dormitories, for GET /api/v1/resorts/{id}/dorms.  With
-- dates, a bed is free if nobody has it on any night from $from up to $until,
-- the day of leaving; a request that was not assigned a bed takes none.  OFFSET
-- 0 makes the planner look bed by bed: else it may collect everybody's stays.
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
       d.deposit_krw AS "rent.deposit",
       d.utilities_included AS "rent.utilities_included",
       d.distance_m,
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
                       GROUP BY room.id
                  ) AS r
       ) AS space
 ORDER BY d.name
 LIMIT $limit::integer;
