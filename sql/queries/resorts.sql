-- What the public sees of resorts: those that are open, that is verified and
-- not deleted.


-- One resort, for GET /api/v1/resorts/{id}.  state is `open', `ended' (410: it
-- was public once and has closed) or null (404, as while its verification is
-- taken back).  The array is in a sub-select for the reason told at jobs_get.
-- view: rb_resort_fields
--
-- name: resorts_get coalesce
SELECT id,
       name,
       name_en,
       type,
       description,
       environment,
       array_to_json(benefits) AS benefits,
       array_to_json(photos) AS photos,
       region_code AS region,
       split_part(address, ' ', 2) AS city,
       address,
       lat,
       lng,
       contact_phone AS "contact.phone",
       contact_email AS "contact.email",
       website AS "contact.website",
       rating_avg AS "rating.average",
       rating_count AS "rating.count",
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       (SELECT count(*)
          FROM posts AS p
         WHERE p.resort_id = r.id
           AND p.live
           AND least(p.deadline, p.ends_on) >= seoul_today()) AS open_jobs,
       CASE
           WHEN open THEN 'open'
           WHEN deleted_at IS NOT NULL
            AND coalesce(first_verified_at, business_verified_at) IS NOT NULL
               THEN 'ended'
       END AS state
  FROM resorts AS r
 WHERE id = ANY ((SELECT $ids::uuid[])::uuid[]);


-- A page of GET /api/v1/resorts.  Labels, the CASE and the two limits are as
-- in jobs_list.
-- view: rb_resort_summary_fields
--
-- name: resorts_list lane=slow
SELECT id,
       name,
       name_en,
       type,
       region_code AS region,
       split_part(address, ' ', 2) AS city,
       lat,
       lng,
       photos[1] AS photo,
       rating_avg AS "rating.average",
       rating_count AS "rating.count",
       name AS key,                                        -- when: by_name
       created_at AS key,                                  -- when: by_newest
       id AS key_id
  FROM (
           SELECT *
             FROM resorts
            WHERE open
              AND region_code = $region                    -- when: region
              AND type = $type::resort_type                -- when: type
              AND (name, id) > ($after, $after_id::uuid)   -- when: after_name
              AND (created_at, id) < ($after::timestamptz, $after_id::uuid)  -- when: after_newest
              AND CASE
                      WHEN ($regions::text[] IS NULL OR region_code = ANY ($regions::text[]))
                       AND ($types::resort_type[] IS NULL OR type = ANY ($types::resort_type[]))
                      THEN true
                      ELSE false
                  END
            ORDER BY name, id                              -- when: by_name
            ORDER BY created_at DESC, id DESC              -- when: by_newest
            LIMIT 101
       ) AS r
 ORDER BY name, id                                         -- when: by_name
 ORDER BY created_at DESC, id DESC                         -- when: by_newest
 LIMIT $limit::integer;


-- How many there are on all pages; see jobs_count.
--
-- name: resorts_count lane=slow
EXPLAIN (FORMAT JSON)                                      -- when: planned
SELECT id                                                  -- when: planned
SELECT count(*)                                            -- when: !planned
  FROM resorts
 WHERE open
   AND region_code = $region                               -- when: region
   AND type = $type::resort_type                           -- when: type
   AND ($regions::text[] IS NULL OR region_code = ANY ($regions::text[]))
   AND ($types::resort_type[] IS NULL OR type = ANY ($types::resort_type[]));
