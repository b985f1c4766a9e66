-- What machines read of the market: sitemaps, the feed of new posts, a
-- resort's board.  "Open" is as in jobs.sql; the day comes from the caller, so
-- that an index of sitemaps and its files hold to one.


-- How many open posts each slot has and when the last of them was changed: of
-- these the sitemaps of posts are cut (rb_feeds_cut()).  A walk of posts_slots
-- from end to end: 30 ms for 100,000 live posts.
--
-- name: feeds_job_slots lane=slow
SELECT id_slot(id) AS slot,
       count(*) AS pages,
       to_char(max(updated_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
  FROM posts
 WHERE live
   AND least(deadline, ends_on) >= $open_on::date
 GROUP BY id_slot(id)
 ORDER BY id_slot(id);


-- Likewise of open resorts, by resorts_slots.
--
-- name: feeds_resort_slots lane=slow
SELECT id_slot(id) AS slot,
       count(*) AS pages,
       to_char(max(updated_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
  FROM resorts
 WHERE open
 GROUP BY id_slot(id)
 ORDER BY id_slot(id);


-- One file of posts, for GET /sitemaps/jobs-N.xml: those of a range of slots.
-- The limit tells a number that the index has long given up.
--
-- name: feeds_jobs lane=slow
SELECT id,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
  FROM posts
 WHERE live
   AND id_slot(id) BETWEEN $first::integer AND $last::integer
   AND least(deadline, ends_on) >= $open_on::date
 ORDER BY id_slot(id), id
 LIMIT $limit::integer;


-- One file of resorts, likewise.
--
-- name: feeds_resorts lane=slow
SELECT id,
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
  FROM resorts
 WHERE open
   AND id_slot(id) BETWEEN $first::integer AND $last::integer
 ORDER BY id_slot(id), id
 LIMIT $limit::integer;


-- The lists that have something in them, for GET /sitemaps/lists.xml: those of
-- a region (category is null), of a category, of both, and their newest post.
-- A walk of one index from end to end, whichever lists there are.
--
-- name: feeds_lists lane=slow
SELECT region_code AS region,
       category_code AS category,
       to_char(max(published_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at
  FROM posts
 WHERE live
   AND least(deadline, ends_on) >= $open_on::date
 GROUP BY GROUPING SETS ((region_code), (category_code), (region_code, category_code))
 ORDER BY region_code, category_code;


-- The newest open posts, for GET /feeds/jobs.xml: of all, of a region, of a
-- category or of both.
--
-- name: feeds_newest lane=slow
SELECT p.id,
       p.title,
       p.description,
       to_char(p.published_at AT TIME ZONE 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "+0000"') AS published_at,
       to_char(p.published_at AT TIME ZONE 'Asia/Seoul', 'YYYY-MM-DD') AS published_on,
       r.name AS resort,                                             -- when: !en
       coalesce(r.name_en, r.name) AS resort,                        -- when: en
       g.name_ko AS region,                                          -- when: !en
       g.name_en AS region,                                          -- when: en
       c.name_ko AS category                                         -- when: !en
       c.name_en AS category                                         -- when: en
  FROM (
           SELECT p.id, p.published_at
             FROM posts AS p
            WHERE p.live
              AND p.region_code = $region                            -- when: region
              AND p.category_code = $category                        -- when: category
              AND least(p.deadline, p.ends_on) >= $open_on::date
            ORDER BY p.published_at DESC, p.id DESC
            LIMIT 50
       ) AS o
 CROSS JOIN LATERAL (
           SELECT *
             FROM posts
            WHERE id = o.id
           OFFSET 0
       ) AS p
 CROSS JOIN LATERAL (
           SELECT name, name_en
             FROM resorts
            WHERE id = p.resort_id
           OFFSET 0
       ) AS r
  JOIN regions AS g ON g.code = p.region_code
  JOIN categories AS c ON c.code = p.category_code
 ORDER BY o.published_at DESC, o.id DESC;


-- A resort and its open posts in short, for GET /api/v1/resorts/{id}/board:
-- the newest 200 of them, and how many there are.  state is as in resorts_get.
-- view: rb_feeds_board_fields
--
-- name: feeds_board lane=slow
SELECT r.id,
       r.name,
       r.name_en,
       r.type,
       r.region_code AS region,
       split_part(r.address, ' ', 2) AS city,
       r.photos[1] AS photo,
       r.rating_avg AS "rating.average",
       r.rating_count AS "rating.count",
       $origin || '/resorts/' || r.id AS url,
       $origin || '/en/resorts/' || r.id AS url_en,
       (
           SELECT count(*)
             FROM posts AS p
            WHERE p.live
              AND p.resort_id = r.id
              AND least(p.deadline, p.ends_on) >= $open_on::date
       ) AS count,
       (
           SELECT coalesce(json_agg(json_build_object(
                      'id', p.id,
                      'title', p.title,
                      'category', p.category_code,
                      'employment_type', p.employment_type,
                      'pay', json_build_object('type', p.pay_type, 'min', p.pay_min_krw,
                                               'max', p.pay_max_krw),
                      'period', json_build_object('from', p.starts_on, 'until', p.ends_on),
                      'headcount', p.headcount,
                      'dormitory', p.has_dormitory,
                      'meals', p.meals_a_day,
                      'apply_until', p.apply_until,
                      'published_at', to_char(p.published_at AT TIME ZONE 'UTC',
                                              'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                      'url', $origin || '/jobs/' || p.id,
                      'url_en', $origin || '/en/jobs/' || p.id)
                      ORDER BY p.published_at DESC, p.id DESC), '[]'::json)
             FROM (
                      SELECT *
                        FROM posts
                       WHERE live
                         AND resort_id = r.id
                         AND least(deadline, ends_on) >= $open_on::date
                       ORDER BY published_at DESC, id DESC
                       LIMIT 200
                  ) AS p
       ) AS jobs,
       CASE
           WHEN r.open THEN 'open'
           WHEN r.business_verified_at IS NOT NULL THEN 'ended'
       END AS state
  FROM resorts AS r
 WHERE r.id = $resort::uuid;
