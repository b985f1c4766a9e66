-- no-transaction
--
-- A filter that few live posts match walks the order's index over all of them
-- and used to look each up in the table: with 100,000 live of 500,000, 110 to
-- 150 ms a page (more on a busy machine), though only a page of them is shown.
-- Now what the filters ask is in every such index, and jobs_list reads the
-- table for the page alone: 7 to 14 ms, by distance 35.
--
-- posts_live_filters (0102) is not needed any more: any of these counts as
-- well.  All columns here were in an index before, so no update that was HOT
-- ceases to be.  Sizes with 100,000 live posts: 77 MB in 12 indexes before,
-- 100 MB in 11 after.
--
-- An index that an interrupted run has left invalid is made anew.
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
  FROM pg_index
 WHERE indrelid = 'posts'::regclass
   AND NOT indisvalid
   AND starts_with(indexrelid::regclass::text, 'posts_list_')
\gexec

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_newest
    ON posts (published_at DESC, id DESC)
    INCLUDE (deadline, ends_on, starts_on, pay_hourly_krw, employment_type,
             pay_type, has_dormitory, region_code, category_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_pay
    ON posts (pay_hourly_krw DESC, id DESC)
    INCLUDE (deadline, ends_on, starts_on, employment_type, pay_type,
             has_dormitory, region_code, category_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_deadline
    ON posts (deadline, id)
    INCLUDE (ends_on, starts_on, pay_hourly_krw, employment_type, pay_type,
             has_dormitory, region_code, category_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_region_newest
    ON posts (region_code, published_at DESC, id DESC)
    INCLUDE (deadline, ends_on, starts_on, pay_hourly_krw, employment_type,
             pay_type, has_dormitory, category_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_region_pay
    ON posts (region_code, pay_hourly_krw DESC, id DESC)
    INCLUDE (deadline, ends_on, starts_on, employment_type, pay_type,
             has_dormitory, category_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_region_deadline
    ON posts (region_code, deadline, id)
    INCLUDE (ends_on, starts_on, pay_hourly_krw, employment_type, pay_type,
             has_dormitory, category_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_category_newest
    ON posts (category_code, published_at DESC, id DESC)
    INCLUDE (deadline, ends_on, starts_on, pay_hourly_krw, employment_type,
             pay_type, has_dormitory, region_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_category_pay
    ON posts (category_code, pay_hourly_krw DESC, id DESC)
    INCLUDE (deadline, ends_on, starts_on, employment_type, pay_type,
             has_dormitory, region_code)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_category_deadline
    ON posts (category_code, deadline, id)
    INCLUDE (ends_on, starts_on, pay_hourly_krw, employment_type, pay_type,
             has_dormitory, region_code)
    WHERE live;

-- A radius uses this one in every order, so that it has all their keys.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_list_location
    ON posts USING gist (location)
    INCLUDE (id, published_at, deadline, ends_on, starts_on, pay_hourly_krw,
             employment_type, pay_type, has_dormitory, region_code,
             category_code)
    WHERE live;

DROP INDEX CONCURRENTLY IF EXISTS posts_live_newest;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_pay;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_deadline;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_region_newest;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_region_pay;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_region_deadline;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_category_newest;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_category_pay;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_category_deadline;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_location;
DROP INDEX CONCURRENTLY IF EXISTS posts_live_filters;

-- An index-only scan looks into the table wherever a page isn't known to be
-- all visible.  At a twentieth, 25,000 updates of 500,000 rows could take that
-- from half of the table before a vacuum gave it back; and by inserts alone
-- one came only after a fifth.  With 5,000 live rows updated since the last
-- vacuum the 7 to 14 ms are 12 to 21.
ALTER TABLE posts SET (autovacuum_vacuum_scale_factor = 0.01,
                       autovacuum_vacuum_insert_scale_factor = 0.02);

-- What is visible is written down by a vacuum only.
VACUUM (ANALYZE) posts;
