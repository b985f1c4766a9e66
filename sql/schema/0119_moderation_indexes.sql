-- no-transaction
--
-- What moderators go through: pending posts have an index (posts_pending); of
-- others by what was done to them last where they are few, else by their id.
--
-- An index that an interrupted run has left invalid is made anew.
SELECT format('DROP INDEX CONCURRENTLY %s', indexrelid::regclass)
  FROM pg_index
 WHERE indrelid = 'posts'::regclass
   AND NOT indisvalid
   AND indexrelid::regclass::text IN ('posts_desk', 'posts_status', 'posts_resort_published',
                                      'posts_live_until')
\gexec

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_desk
    ON posts (status, updated_at, id)
    WHERE status IN ('changes_requested', 'rejected', 'hidden') AND deleted_at IS NULL;

CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_status
    ON posts (status, id)
    WHERE deleted_at IS NULL;

-- Whether a resort has published before.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_resort_published
    ON posts (resort_id)
    WHERE published_at IS NOT NULL;

-- Which ones end with the day.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posts_live_until
    ON posts (least(deadline, ends_on), id)
    WHERE live;
