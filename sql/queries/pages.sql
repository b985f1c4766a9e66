-- What pages show beside what other rooms read for them.


-- The page of a post.  First what jobs_get has up to resort.type, in the same
-- columns but labels for benefits and null for what isn't shown; then the
-- resort's contacts, its work with the hours of a week, where its crew sleeps,
-- and others like it: of the same resort and, only when these are too few,
-- among the newest of its region first those of its kind of work.  state and
-- OFFSET 0 are as in jobs_get, the array as well.  One statement, since each
-- costs a page a turn with the database.
--
-- Of what there may be several of, rows are parted by U+001E, their columns by
-- U+001F and labels by U+001D, which is quicker to write and to read than JSON;
-- texts that could hold such a character lose it.
--
-- name: pages_job coalesce
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
       NULL AS dormitory_id,
       p.meals_a_day AS meals,
       array_to_string(p.benefits, E'\x1d') AS benefits,
       p.requirements,
       p.apply_until,
       NULL AS status,
       to_char(p.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
       NULL AS updated_at,
       p.region_code AS "workplace.region",
       split_part(p.address, ' ', 2) AS "workplace.city",
       p.address AS "workplace.address",
       p.lat AS "workplace.lat",
       p.lng AS "workplace.lng",
       r.id AS "resort.id",
       r.name AS "resort.name",
       r.type AS "resort.type",
       r.name_en,
       r.open,
       r.contact_phone,
       r.contact_email,
       r.website,
       r.photos[1] AS photo,
       r.rating_avg,
       r.rating_count,
       (SELECT string_agg(w.line, E'\x1e')
          FROM (
                   SELECT concat_ws(E'\x1f', work.name, work.schedule, work.pay_type,
                                    work.pay_min_krw, work.pay_max_krw) AS line
                     FROM unnest(p.work_type_ids) WITH ORDINALITY AS o (id, n)
                    CROSS JOIN LATERAL (
                              SELECT *
                                FROM work_types
                               WHERE id = o.id
                                 AND deleted_at IS NULL
                              OFFSET 0
                          ) AS work
                    ORDER BY o.n
               ) AS w) AS work,
       (SELECT concat_ws(E'\x1f', d.name, d.type, least(d.rent_monthly_krw, season.lowest),
                         greatest(d.rent_monthly_krw, season.highest), d.deposit_krw, d.utilities_included,
                         d.distance_m,
                         translate(array_to_string(d.facilities, E'\x1d'), E'\x1e\x1f', ''))
          FROM dormitories AS d
         CROSS JOIN LATERAL (
                   SELECT min(rent_monthly_krw) AS lowest,
                          max(rent_monthly_krw) AS highest
                     FROM dormitory_rents
                    WHERE dormitory_id = d.id
                      AND upper(season) > day.today
               ) AS season
         WHERE d.id = p.dormitory_id
           AND d.deleted_at IS NULL) AS dorm,
       (SELECT string_agg(
                   concat_ws(E'\x1f', a.id, a.title, a.pay_type, a.pay_min_krw, a.pay_max_krw,
                             a.has_dormitory, a.meals_a_day, a.starts_on,
                             coalesce(a.ends_on::text, ''), coalesce(a.apply_until::text, ''),
                             a.region_code, translate(split_part(a.address, ' ', 2), E'\x1e\x1f', ''),
                             a.resort_id, a.resort, coalesce(a.resort_en, '')), E'\x1e')
          FROM (
                   (SELECT id, title, pay_type, pay_min_krw, pay_max_krw, has_dormitory, meals_a_day,
                           starts_on, ends_on, apply_until, region_code, address, resort_id,
                           r.name AS resort, r.name_en AS resort_en
                      FROM posts
                     WHERE live
                       AND resort_id = p.resort_id
                       AND id <> p.id
                       AND least(deadline, ends_on) >= day.today
                     ORDER BY published_at DESC, posts.id DESC
                     LIMIT 3)
                    UNION ALL
                   (SELECT alike.id, title, pay_type, pay_min_krw, pay_max_krw, has_dormitory, meals_a_day,
                           starts_on, ends_on, apply_until, region_code, address, resort_id,
                           resort.name, resort.name_en
                      FROM (
                               SELECT id
                                 FROM (
                                          SELECT id, category_code, published_at
                                            FROM posts
                                           WHERE live
                                             AND region_code = p.region_code
                                             AND least(deadline, ends_on) >= day.today
                                           ORDER BY published_at DESC, id DESC
                                           LIMIT 16
                                      ) AS newest
                                ORDER BY category_code <> p.category_code, published_at DESC, id DESC
                           ) AS found
                     CROSS JOIN LATERAL (
                               SELECT *
                                 FROM posts
                                WHERE id = found.id
                                  AND resort_id <> p.resort_id
                               OFFSET 0
                           ) AS alike
                     CROSS JOIN LATERAL (
                               SELECT name, name_en
                                 FROM resorts
                                WHERE id = alike.resort_id
                               OFFSET 0
                           ) AS resort)
                    LIMIT 3
               ) AS a) AS alike,
       CASE
           WHEN p.live AND least(p.deadline, p.ends_on) >= day.today THEN 'open'
           WHEN p.published_at IS NOT NULL
                AND (p.live OR p.deleted_at IS NOT NULL OR p.status IN ('filled', 'expired'))
                THEN 'ended'
       END AS state
  FROM posts AS p
 CROSS JOIN LATERAL (
           SELECT *
             FROM resorts
            WHERE id = p.resort_id
           OFFSET 0
       ) AS r
 CROSS JOIN (SELECT seoul_today() AS today OFFSET 0) AS day
 WHERE p.id = ANY ((SELECT $ids::uuid[])::uuid[]);


-- For the page of a resort that rb_resorts_read() has found open: where its
-- crew sleeps, parted as in pages_job.  Its posts are read by
-- rb_jobs_search().
--
-- name: pages_resort_dorms coalesce
SELECT r.id,
       (SELECT string_agg(line, E'\x1e')
          FROM (
                   SELECT concat_ws(E'\x1f', d.name, d.type, least(d.rent_monthly_krw, season.lowest),
                                    greatest(d.rent_monthly_krw, season.highest), d.deposit_krw,
                                    d.utilities_included, d.distance_m,
                                    translate(array_to_string(d.facilities, E'\x1d'), E'\x1e\x1f', '')) AS line
                     FROM dormitories AS d
                    CROSS JOIN LATERAL (
                              SELECT min(rent_monthly_krw) AS lowest,
                                     max(rent_monthly_krw) AS highest
                                FROM dormitory_rents
                               WHERE dormitory_id = d.id
                                 AND upper(season) > seoul_today()
                          ) AS season
                    WHERE d.resort_id = r.id
                      AND d.deleted_at IS NULL
                    ORDER BY d.name
                    LIMIT 20
               ) AS d) AS dormitories
  FROM resorts AS r
 WHERE r.id = ANY ((SELECT $ids::uuid[])::uuid[]);


-- A page of /resorts, by name, and the newest for the home page; each with the
-- number of its posts that can be applied for.  Labels and the two limits are
-- as in jobs_list.
--
-- name: pages_resorts lane=slow
SELECT r.id,
       r.name,
       r.name_en,
       r.type,
       r.region_code AS region,
       split_part(r.address, ' ', 2) AS city,
       r.photos[1] AS photo,
       r.rating_avg,
       r.rating_count,
       (SELECT count(*)
          FROM posts
         WHERE live
           AND resort_id = r.id
           AND least(deadline, ends_on) >= seoul_today()) AS jobs
  FROM (
           SELECT *
             FROM resorts
            WHERE open
              AND region_code = $region                    -- when: region
              AND type = $type::resort_type                -- when: type
              AND (name, id) > ($after, $after_id::uuid)   -- when: after_name
            ORDER BY name, id                              -- when: by_name
            ORDER BY created_at DESC, id DESC              -- when: by_newest
            LIMIT 101
       ) AS r
 ORDER BY name, id                                         -- when: by_name
 ORDER BY created_at DESC, id DESC                         -- when: by_newest
 LIMIT $limit::integer;
