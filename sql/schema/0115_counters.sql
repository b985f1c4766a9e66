-- Favourites, and how often a post was looked at, kept and applied for.
--
-- No view writes a row: nodes gather them in shared memory and add them in
-- batches, each under an id of its own, so that a batch sent twice (nobody
-- knew whether the first had been committed) counts once.  The other two
-- numbers are counted anew from their tables when a node says that they may
-- have changed.  Nothing of it is in the change feed: no public answer shows
-- it.

CREATE TABLE favourites (
    member_id   uuid        NOT NULL REFERENCES members (id),
    post_id     uuid        NOT NULL REFERENCES posts (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (member_id, post_id)
);

CREATE INDEX favourites_newest ON favourites (member_id, created_at DESC, post_id DESC);
CREATE INDEX favourites_post ON favourites (post_id);


CREATE TABLE post_counters (
    post_id       uuid        PRIMARY KEY REFERENCES posts (id),
    views         bigint      NOT NULL DEFAULT 0,
    favourites    bigint      NOT NULL DEFAULT 0,
    applications  bigint      NOT NULL DEFAULT 0,
    recount       boolean     NOT NULL DEFAULT false,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT post_counters_ck CHECK (views >= 0 AND favourites >= 0 AND applications >= 0)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

COMMENT ON TABLE post_counters IS 'Of a post without a row nothing has been counted';
COMMENT ON COLUMN post_counters.recount IS
    'favourites and applications are to be counted anew: what changed them was no request';

CREATE INDEX post_counters_recount ON post_counters (post_id) WHERE recount;


CREATE TABLE counter_batches (
    id          uuid        PRIMARY KEY,
    applied_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX counter_batches_age ON counter_batches (applied_at);


-- Each statement in here sees what was committed before it began, so counting
-- begins when the rows are ours: of two that count the same post the second
-- sees all that the first saw.  A favourite that is committed later has it
-- counted again.
CREATE FUNCTION counters_recount(posts uuid[])
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO post_counters (post_id)
    SELECT p.id
      FROM posts AS p
     WHERE p.id = ANY (counters_recount.posts)
     ORDER BY p.id
        ON CONFLICT (post_id) DO NOTHING;

    PERFORM
       FROM post_counters AS c
      WHERE c.post_id = ANY (counters_recount.posts)
      ORDER BY c.post_id
        FOR UPDATE;

    UPDATE post_counters AS c
       SET favourites = (SELECT count(*) FROM favourites AS f WHERE f.post_id = c.post_id),
           applications = (SELECT count(*) FROM applications AS a WHERE a.post_id = c.post_id),
           recount = false,
           updated_at = now()
     WHERE c.post_id = ANY (counters_recount.posts);
END
$$;


-- Adds a batch: views by post, and of which posts the rest is to be counted
-- anew.  A post may be in it twice.  False: this batch was added before.
CREATE FUNCTION counters_add(batch uuid, posts uuid[], views bigint[], recounts boolean[])
RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO counter_batches (id)
    VALUES (batch)
        ON CONFLICT (id) DO NOTHING;

    IF NOT FOUND THEN
        RETURN false;
    END IF;

    INSERT INTO post_counters AS c (post_id, views)
    SELECT p.id, added.views
      FROM (SELECT u.post_id, sum(u.views) AS views
              FROM unnest(counters_add.posts, counters_add.views) AS u (post_id, views)
             GROUP BY u.post_id) AS added
      JOIN posts AS p
        ON p.id = added.post_id
     ORDER BY p.id
        ON CONFLICT (post_id) DO UPDATE
       SET views = c.views + excluded.views,
           updated_at = now();

    IF true = ANY (recounts) THEN
        PERFORM counters_recount(ARRAY(
            SELECT DISTINCT u.post_id
              FROM unnest(counters_add.posts, recounts) AS u (post_id, recount)
             WHERE u.recount));
    END IF;

    RETURN true;
END
$$;


INSERT INTO post_counters (post_id, applications)
SELECT post_id, count(*)
  FROM applications
 GROUP BY post_id;


GRANT SELECT, INSERT, UPDATE ON post_counters TO resortbite_app;
GRANT SELECT, INSERT, DELETE ON favourites, counter_batches TO resortbite_app;
