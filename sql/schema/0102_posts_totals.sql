-- no-transaction
--
-- How many live posts match a filter (count=exact): every filter of the public
-- list is in this index, so that counting reads some megabytes of it and not
-- the table.  On 100,000 live posts of 500,000: 0.5 ms for a region instead of
-- 16, and 22 ms for all instead of 300.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_live_filters ON posts (region_code, category_code)
    INCLUDE (deadline, ends_on, starts_on, pay_hourly_krw, employment_type, pay_type, has_dormitory)
    WHERE live;
