-- no-transaction
--
-- What sitemaps are made of.  A post is in the file of its slot, whenever it
-- was made and whatever else is open: only when a file has become too full is
-- it cut in two.  The slot is of an id's last bits, which are random in every
-- id (RFC 9562 §5.7), so that all files grow alike.
--
-- Both the count of a slot's posts and what was changed last are answered by
-- the index alone.  It has updated_at, so that no update of a post is HOT any
-- more; posts change by hand, and what counts by itself isn't in their rows.

CREATE OR REPLACE FUNCTION id_slot(id uuid)
RETURNS integer
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN (get_byte(uuid_send(id), 14) & 15) << 8 | get_byte(uuid_send(id), 15);

COMMENT ON FUNCTION id_slot(uuid) IS 'One of 4096, by the last 12 bits of an id';

-- An index that an interrupted run has left invalid is made anew.
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
  FROM pg_index
 WHERE indrelid IN ('posts'::regclass, 'resorts'::regclass)
   AND NOT indisvalid
   AND indexrelid::regclass::text LIKE '%\_slots'
\gexec

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_slots
    ON posts (id_slot(id), id)
    INCLUDE (updated_at, deadline, ends_on)
    WHERE live;

CREATE INDEX CONCURRENTLY IF NOT EXISTS resorts_slots
    ON resorts (id_slot(id), id)
    INCLUDE (updated_at)
    WHERE open;
