-- Tells caches in front of us what to drop: every change that the public sees
-- is an event of the outbox as well, committed with the change.  The topic is
-- cdn.purge, the payload {"keys": ["job:…", "jobs"]} with the tags of the
-- change feed, or {"all": true}.

-- Whether there is such a cache: nodes that have one (resortbite_purge) move
-- this on.  Where none has, no events are written, and none wait for nobody.
CREATE TABLE purge_wanted (
    one    boolean     PRIMARY KEY DEFAULT true,
    until  timestamptz NOT NULL,
    CONSTRAINT purge_wanted_one_ck CHECK (one)
);

COMMENT ON TABLE purge_wanted IS 'One row, moved on by nodes that pass purges on';

CREATE INDEX outbox_purges ON outbox (id) WHERE published_at IS NULL AND topic = 'cdn.purge';


-- Tags of identity concern no cache outside.
CREATE FUNCTION purge_public(tags text[], changed bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    keys text[];
BEGIN
    IF NOT EXISTS (SELECT FROM purge_wanted WHERE until > now()) THEN
        RETURN;
    END IF;

    SELECT array_agg(tag ORDER BY tag)
      INTO keys
      FROM (SELECT DISTINCT tag
              FROM unnest(tags) AS tag
             WHERE split_part(tag, ':', 1) NOT IN ('session', 'member', 'client')
             LIMIT 1001) AS named;

    IF keys IS NULL THEN
        RETURN;
    END IF;

    -- Of many resorts at once notify_resorts() doesn't name the lists.
    IF cardinality(keys) > 1000 OR (changed > 100 AND 'resorts' = ANY (keys)) THEN
        INSERT INTO outbox (topic, key, payload)
        VALUES ('cdn.purge', 'cdn', '{"all": true}');
    ELSE
        INSERT INTO outbox (topic, key, payload)
        VALUES ('cdn.purge', 'cdn', jsonb_build_object('keys', keys));
    END IF;
END
$$;


CREATE OR REPLACE FUNCTION notify_changes(tags text[], changed bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    tag     text;
    payload text := '';
BEGIN
    PERFORM purge_public(tags, changed);

    -- Past this many rows dropping everything is cheaper than saying what,
    -- here and in every node that listens.
    IF changed > 100 THEN
        PERFORM pg_notify('resortbite_changes', '*');
        RETURN;
    END IF;

    -- PostgreSQL refuses a payload of 8000 bytes.
    FOR tag IN
        SELECT DISTINCT t
          FROM unnest(tags) AS t
         WHERE t IS NOT NULL
         ORDER BY t
    LOOP
        IF octet_length(payload) + octet_length(tag) >= 7900 THEN
            PERFORM pg_notify('resortbite_changes', payload);
            payload := '';
        END IF;

        payload := payload || CASE payload WHEN '' THEN '' ELSE ' ' END || tag;
    END LOOP;

    IF payload <> '' THEN
        PERFORM pg_notify('resortbite_changes', payload);
    END IF;
END
$$;


CREATE OR REPLACE FUNCTION notify_everything()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_TABLE_NAME NOT IN ('sessions', 'members', 'oauth_clients')
       AND EXISTS (SELECT FROM purge_wanted WHERE until > now())
    THEN
        INSERT INTO outbox (topic, key, payload)
        VALUES ('cdn.purge', 'cdn', '{"all": true}');
    END IF;

    PERFORM pg_notify('resortbite_changes', '*');
    RETURN NULL;
END
$$;


GRANT SELECT, INSERT ON purge_wanted TO resortbite_app;
GRANT UPDATE (until) ON purge_wanted TO resortbite_app;
