-- Jobs that members keep.


-- Keeps a job, for PUT /api/v1/me/favourites/{job_id}; that it is open was
-- asked of it before.  full: nothing was done, as a member keeps so many at
-- most (a few more when they are put at one instant).
--
-- name: favourites_put lane=write
WITH room AS MATERIALIZED (
         SELECT count(*) < 1000 OR bool_or(post_id = $post::uuid) AS is
           FROM favourites
          WHERE member_id = $member::uuid
     ),
     kept AS (
         INSERT INTO favourites (member_id, post_id)
         SELECT $member::uuid, $post::uuid
           FROM room
          WHERE room.is
             ON CONFLICT (member_id, post_id) DO NOTHING
     )
SELECT NOT room.is AS full
  FROM room;


-- name: favourites_delete lane=write
DELETE FROM favourites
 WHERE member_id = $member::uuid
   AND post_id = $post::uuid;


-- A page of GET /api/v1/me/favourites: what a list of jobs shows, and whether
-- it has ended since.  One that is paused, hidden or under review again isn't
-- there until it is back; nor is one that was deleted as such.
-- view: rb_favourite_fields
--
-- name: favourites_list lane=slow
SELECT p.id,
       to_char(f.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS kept_at,
       s.state = 'ended' AS ended,
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
       r.id AS "resort.id",
       r.name AS "resort.name",
       r.type AS "resort.type",
       f.created_at AS key,
       f.post_id AS key_id
  FROM favourites AS f
  JOIN posts AS p
    ON p.id = f.post_id
  JOIN resorts AS r
    ON r.id = p.resort_id
 CROSS JOIN LATERAL (
           SELECT CASE
                      WHEN p.live AND least(p.deadline, p.ends_on) >= seoul_today() THEN 'open'
                      WHEN p.published_at IS NOT NULL
                           AND (p.live
                                OR p.status IN ('filled', 'expired')
                                OR p.deleted_at IS NOT NULL AND p.status IN ('approved', 'paused'))
                           THEN 'ended'
                  END AS state
       ) AS s
 WHERE f.member_id = $member::uuid
   AND s.state IS NOT NULL
   AND (f.created_at, f.post_id) < ($after::timestamptz, $after_id::uuid)  -- when: after
 ORDER BY f.created_at DESC, f.post_id DESC
 LIMIT $limit::bigint;
