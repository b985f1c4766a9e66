-- Months of the audit trail, when the default partition has caught some of
-- their rows already; and a way for the server to have them made in time.
--
-- A partition can't be made while the default one holds rows that belong into
-- it.  Those rows may not be deleted either, so the default partition is taken
-- off, all its rows are put in again, and it goes.  Whoever calls, partitions
-- are their owner's.

CREATE OR REPLACE FUNCTION audit_events_add_months(first_month date, months integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
SET lock_timeout = '3s'
AS $$
DECLARE
    month   date;
    missing date[];
    caught  boolean;
BEGIN
    SELECT array_agg(m ORDER BY m)
      INTO missing
      FROM (
               SELECT (date_trunc('month', first_month) + make_interval(months => n))::date AS m
                 FROM generate_series(0, months - 1) AS n
           ) AS wanted
     WHERE to_regclass(format('audit_events_%s', to_char(m, 'YYYY_MM'))) IS NULL;

    IF missing IS NULL THEN
        RETURN 0;
    END IF;

    LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE;

    SELECT EXISTS (SELECT FROM audit_events_default)
      INTO caught;

    IF caught THEN
        ALTER TABLE audit_events DETACH PARTITION audit_events_default;
        ALTER TABLE audit_events_default RENAME TO audit_events_caught;
        ALTER INDEX audit_events_default_pkey RENAME TO audit_events_caught_pkey;
        CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;
    END IF;

    FOREACH month IN ARRAY missing
    LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS audit_events_%s PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYY_MM'),
            month::timestamp AT TIME ZONE 'Asia/Seoul',
            (month + interval '1 month') AT TIME ZONE 'Asia/Seoul');
    END LOOP;

    IF caught THEN
        INSERT INTO audit_events OVERRIDING SYSTEM VALUE
        SELECT * FROM audit_events_caught;

        DROP TABLE audit_events_caught;
    END IF;

    RETURN cardinality(missing);
END
$$;

-- This month and so many ahead.
CREATE FUNCTION audit_events_keep_months(ahead integer)
RETURNS integer
LANGUAGE sql
SECURITY DEFINER
SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT audit_events_add_months((now() AT TIME ZONE 'Asia/Seoul')::date,
                                   1 + least(greatest(ahead, 0), 36));
END;

REVOKE EXECUTE ON FUNCTION audit_events_keep_months(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_events_keep_months(integer) TO resortbite_app;
