-- What the public sees of job posts.
--
-- A post is open while it is live and can still be applied for: neither its
-- deadline nor its period has passed.  The day is Seoul's, and comes from the
-- caller where one answer must hold to one day.


-- One post, for GET /api/v1/jobs/{id} and whoever asks rb_jobs_get().  state
-- is `open', `ended' (410: it was public once) or null (404).  OFFSET 0 keeps
-- the resort a look-up by key however small the table is: what the planner
-- would otherwise choose for ten ids at once is a hash of all resorts.  The
-- array is in a sub-select so that it doesn't see how many there are: a plan
-- for one id would look so much cheaper than one for any number of them that
-- it would plan anew each time.
-- view: rb_job_fields
--
-- name: jobs_get coalesce
SELECT p.id,
       p.title,
       p.description,
       p.category_code AS category,
       p.employment_type,
       p.pay_type AS "pay.type",
       p.pay_min_krw AS "pay.min",
       p.pay_max_krw AS "pay.max",
       p.pay_hourly_krw AS "pay.hourly",
       p.starts_on AS "period.from",
       p.ends_on AS "period.until",
       p.headcount,
       p.has_dormitory AS dormitory,
       p.dormitory_id,
       p.meals_a_day AS meals,
       array_to_json(p.benefits) AS benefits,
       p.requirements,
       p.apply_until,
       p.status,
       to_char(p.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
       to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
       p.region_code AS "workplace.region",
       split_part(p.address, ' ', 2) AS "workplace.city",
       p.address AS "workplace.address",
       p.lat AS "workplace.lat",
       p.lng AS "workplace.lng",
       r.id AS "resort.id",
       r.name AS "resort.name",
       r.type AS "resort.type",
       r.region_code AS "resort.region",
       split_part(r.address, ' ', 2) AS "resort.city",
       r.lat AS "resort.lat",
       r.lng AS "resort.lng",
       CASE
           WHEN p.live AND least(p.deadline, p.ends_on) >= seoul_today() THEN 'open'
           WHEN p.published_at IS NOT NULL
                AND (p.live OR p.deleted_at IS NOT NULL OR p.status IN ('filled', 'expired'))
                THEN 'ended'
       END AS state
  FROM posts AS p
 CROSS JOIN LATERAL (
           SELECT id, name, type, region_code, address, lat, lng
             FROM resorts
            WHERE id = p.resort_id
           OFFSET 0
       ) AS r
 WHERE p.id = ANY ((SELECT $ids::uuid[])::uuid[]);


-- A page of GET /api/v1/jobs and of /api/v1/resorts/{id}/jobs.  One label by_…
-- says in which order, and its after_… that a page went before.
--
-- There are few labels, because every combination of them is a statement of
-- its own on every connection: only what an index can serve has one.  The
-- other filters are in one CASE, which the planner takes for an even chance;
-- written as plain conditions on parameters it doesn't know, they would look
-- so rare to it that it read and sorted the whole table.
--
-- The page is cut twice.  101 is the longest page and one more: a number the
-- planner sees, so that it walks an index in the list's own order; the limit
-- of the request then ends the walk earlier.  By distance an index can walk,
-- but not by distance and id: so it is left to find the nearest with all that
-- are as near as the last of them, and those few are sorted.
--
-- Which posts are on the page is answered by the index alone: all that the
-- CASE asks is in it (0104), so that a filter which hardly anything matches
-- costs a walk of the index and not one of the table.  A column that is added
-- to the filters must be added there; t/statements.t tells.
-- view: rb_job_summary_fields
--
-- name: jobs_list lane=slow
SELECT p.id,
       p.title,
       p.category_code AS category,
       p.employment_type,
       p.pay_type AS "pay.type",
       p.pay_min_krw AS "pay.min",
       p.pay_max_krw AS "pay.max",
       p.pay_hourly_krw AS "pay.hourly",
       p.starts_on AS "period.from",
       p.ends_on AS "period.until",
       p.headcount,
       p.has_dormitory AS dormitory,
       p.meals_a_day AS meals,
       p.apply_until,
       to_char(p.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
       p.region_code AS "workplace.region",
       split_part(p.address, ' ', 2) AS "workplace.city",
       p.lat AS "workplace.lat",
       p.lng AS "workplace.lng",
       r.id AS "resort.id",
       r.name AS "resort.name",
       r.type AS "resort.type",
       r.region_code AS "resort.region",
       split_part(r.address, ' ', 2) AS "resort.city",
       r.lat AS "resort.lat",
       r.lng AS "resort.lng",
       round((p.location <-> geo_point($lat::float8, $lng::float8)) / 10) / 100 AS distance_km,
       o.rank AS key,
       o.id AS key_id
  FROM (
           SELECT p.id,
                  p.published_at AS rank                           -- when: by_newest
                  p.pay_hourly_krw AS rank                         -- when: by_pay
                  p.deadline AS rank                               -- when: by_deadline
                  p.location <-> geo_point($lat::float8, $lng::float8) AS rank  -- when: by_distance
             FROM posts AS p
            WHERE p.live
              AND p.region_code = $region                          -- when: region
              AND p.category_code = $category                      -- when: category
              AND p.resort_id = $resort::uuid                      -- when: resort
              AND p.location <@ circle(geo_point($lat::float8, $lng::float8),  -- when: radius
                                       $radius_km::float8 * 1000)  -- when: radius
              AND p.pay_hourly_krw >= $pay_min::integer            -- when: by_pay
              AND p.deadline >= $open_on::date                     -- when: by_deadline
              AND (p.published_at, p.id) < ($after::timestamptz, $after_id::uuid)  -- when: after_newest
              AND (p.pay_hourly_krw, p.id) < ($after::integer, $after_id::uuid)  -- when: after_pay
              AND (p.deadline, p.id) > ($after::date, $after_id::uuid)  -- when: after_deadline
              AND (p.location <-> geo_point($lat::float8, $lng::float8), p.id)  -- when: after_distance
                  > ($after::float8, $after_id::uuid)              -- when: after_distance
              AND CASE
                      WHEN least(p.deadline, p.ends_on) >= $open_on::date
                       AND p.pay_hourly_krw >= $pay_min::integer
                       AND ($regions::text[] IS NULL OR p.region_code = ANY ($regions::text[]))
                       AND ($categories::text[] IS NULL OR p.category_code = ANY ($categories::text[]))
                       AND ($employment::employment_type[] IS NULL
                            OR p.employment_type = ANY ($employment::employment_type[]))
                       AND ($pay_types::pay_type[] IS NULL OR p.pay_type = ANY ($pay_types::pay_type[]))
                       AND ($dormitory::boolean IS NULL OR p.has_dormitory = $dormitory::boolean)
                       AND ($starts_from::date IS NULL OR p.starts_on >= $starts_from::date)
                       AND ($ends_until::date IS NULL OR p.ends_on <= $ends_until::date)
                      THEN true
                      ELSE false
                  END
            ORDER BY p.published_at DESC, p.id DESC                -- when: by_newest
            ORDER BY p.pay_hourly_krw DESC, p.id DESC              -- when: by_pay
            ORDER BY p.deadline, p.id                              -- when: by_deadline
            ORDER BY rank                                          -- when: by_distance
            FETCH FIRST 101 ROWS WITH TIES                         -- when: by_distance
            LIMIT 101                                              -- when: by_newest|by_pay|by_deadline
       ) AS o
 CROSS JOIN LATERAL (
           SELECT *
             FROM posts
            WHERE id = o.id
           OFFSET 0
       ) AS p
 CROSS JOIN LATERAL (
           SELECT id, name, type, region_code, address, lat, lng
             FROM resorts
            WHERE id = p.resort_id
           OFFSET 0
       ) AS r
 ORDER BY o.rank DESC, o.id DESC                                   -- when: by_newest|by_pay
 ORDER BY o.rank, o.id                                             -- when: by_deadline|by_distance
 LIMIT $limit::integer;


-- How many there are on all pages: counted, or (planned) as the planner
-- guesses it.  EXPLAIN takes the parameters' values into account and reads no
-- row; here the filters are plain conditions, so that the guess is a good one.
-- t/statements.t holds them against those of the list.
--
-- name: jobs_count lane=slow
EXPLAIN (FORMAT JSON)                                              -- when: planned
SELECT count(*)                                                    -- when: !planned
SELECT p.id                                                        -- when: planned
  FROM posts AS p
 WHERE p.live
   AND p.region_code = $region                                     -- when: region
   AND p.category_code = $category                                 -- when: category
   AND p.resort_id = $resort::uuid                                 -- when: resort
   AND p.location <@ circle(geo_point($lat::float8, $lng::float8),  -- when: radius
                            $radius_km::float8 * 1000)             -- when: radius
   AND least(p.deadline, p.ends_on) >= $open_on::date
   AND p.pay_hourly_krw >= $pay_min::integer
   AND ($regions::text[] IS NULL OR p.region_code = ANY ($regions::text[]))
   AND ($categories::text[] IS NULL OR p.category_code = ANY ($categories::text[]))
   AND ($employment::employment_type[] IS NULL
        OR p.employment_type = ANY ($employment::employment_type[]))
   AND ($pay_types::pay_type[] IS NULL OR p.pay_type = ANY ($pay_types::pay_type[]))
   AND ($dormitory::boolean IS NULL OR p.has_dormitory = $dormitory::boolean)
   AND ($starts_from::date IS NULL OR p.starts_on >= $starts_from::date)
   AND ($ends_until::date IS NULL OR p.ends_on <= $ends_until::date);
