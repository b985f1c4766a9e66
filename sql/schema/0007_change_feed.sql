-- Tells every node which cached answers are out of date.
--
-- Channel resortbite_changes; a payload is cache tags with a space between,
-- or * for everything.  Tags: job:<id>, resort:<id>, jobs, jobs:region:<code>,
-- resorts.  An answer carries the tags of all it shows and is dropped when one
-- of them is named.  Triggers are per statement and look at transition tables,
-- so a bulk update sends one notification instead of one a row.  A change
-- that the public can't see before or after it sends none.  Rows are compared
-- as images (*<>), because point has no equality of its own.

CREATE FUNCTION notify_changes(tags text[], changed bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    tag     text;
    payload text := '';
BEGIN
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


CREATE FUNCTION notify_everything()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('resortbite_changes', '*');
    RETURN NULL;
END
$$;


CREATE FUNCTION notify_posts()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    tags    text[];
    changed bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg('job:' || id) || array_agg('resort:' || resort_id)
               || array_agg('jobs:region:' || region_code),
               count(*)
          INTO tags, changed
          FROM new_rows
         WHERE live;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg('job:' || id) || array_agg('resort:' || resort_id)
               || array_agg('jobs:region:' || region_code),
               count(*)
          INTO tags, changed
          FROM old_rows
         WHERE live;
    ELSE
        SELECT array_agg('job:' || n.id)
               || array_agg('resort:' || o.resort_id) || array_agg('resort:' || n.resort_id)
               || array_agg('jobs:region:' || o.region_code)
               || array_agg('jobs:region:' || n.region_code),
               count(*)
          INTO tags, changed
          FROM old_rows AS o
          JOIN new_rows AS n USING (id)
         WHERE (o.live OR n.live)
           AND o *<> n;
    END IF;

    IF changed > 0 THEN
        PERFORM notify_changes(tags || 'jobs'::text, changed);
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER posts_notify_insert
    AFTER INSERT ON posts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_posts();

CREATE TRIGGER posts_notify_update
    AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_posts();

CREATE TRIGGER posts_notify_delete
    AFTER DELETE ON posts
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_posts();

CREATE TRIGGER posts_notify_truncate
    AFTER TRUNCATE ON posts
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();


-- Jobs carry the tag of their resort, lists of jobs need not: so what a list
-- shows or filters by (name, type, place) names the lists of the regions in
-- which the resort has live posts too.
CREATE FUNCTION notify_resorts()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    tags      text[];
    changed   bigint;
    in_lists  uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg('resort:' || id), count(*)
          INTO tags, changed
          FROM new_rows
         WHERE open;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg('resort:' || id), count(*), array_agg(id)
          INTO tags, changed, in_lists
          FROM old_rows
         WHERE open;
    ELSE
        SELECT array_agg('resort:' || n.id), count(*),
               array_agg(n.id) FILTER (
                   WHERE (o.name, o.name_en, o.type, o.region_code, o.address, o.lat, o.lng, o.open)
                         IS DISTINCT FROM
                         (n.name, n.name_en, n.type, n.region_code, n.address, n.lat, n.lng, n.open))
          INTO tags, changed, in_lists
          FROM old_rows AS o
          JOIN new_rows AS n USING (id)
         WHERE (o.open OR n.open)
           AND o *<> n;
    END IF;

    IF changed = 0 THEN
        RETURN NULL;
    END IF;

    IF changed <= 100 AND in_lists IS NOT NULL THEN
        SELECT tags || array_agg(DISTINCT 'jobs:region:' || region_code) || 'jobs'::text
          INTO tags
          FROM posts
         WHERE resort_id = ANY (in_lists)
           AND live
        HAVING count(*) > 0
         UNION ALL
        SELECT tags
         LIMIT 1;
    END IF;

    PERFORM notify_changes(tags || 'resorts'::text, changed);
    RETURN NULL;
END
$$;

CREATE TRIGGER resorts_notify_insert
    AFTER INSERT ON resorts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_resorts();

CREATE TRIGGER resorts_notify_update
    AFTER UPDATE ON resorts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_resorts();

CREATE TRIGGER resorts_notify_delete
    AFTER DELETE ON resorts
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_resorts();

CREATE TRIGGER resorts_notify_truncate
    AFTER TRUNCATE ON resorts
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();


-- Everything else that the public sees only as part of a resort or a job:
-- whoever shows it carries its resort's tag.  The trigger's argument is the
-- query that leads from a changed row to its resort.
CREATE FUNCTION notify_resort_parts()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    source  text;
    tags    text[];
    changed bigint;
BEGIN
    source := CASE TG_OP
                  WHEN 'INSERT' THEN '(SELECT * FROM new_rows)'
                  WHEN 'DELETE' THEN '(SELECT * FROM old_rows)'
                  ELSE '((TABLE old_rows EXCEPT TABLE new_rows)'
                       ' UNION ALL (TABLE new_rows EXCEPT TABLE old_rows))'
              END;

    EXECUTE format(
        'SELECT array_agg(''resort:'' || resort_id), count(*) FROM ('
            'SELECT DISTINCT part.resort_id FROM (%s) AS part'
            ' JOIN resorts ON resorts.id = part.resort_id AND resorts.open) AS r',
        replace(TG_ARGV[0], 'CHANGED', source || ' AS changed'))
       INTO tags, changed;

    IF changed > 0 THEN
        PERFORM notify_changes(tags, changed);
    END IF;

    RETURN NULL;
END
$$;

DO $$
DECLARE
    part  record;
    event record;
BEGIN
    FOR part IN
        SELECT *
          FROM (VALUES
              ('dormitories',
               'SELECT changed.resort_id FROM CHANGED'),
              ('rooms',
               'SELECT d.resort_id FROM CHANGED'
               ' JOIN dormitories AS d ON d.id = changed.dormitory_id'),
              ('beds',
               'SELECT d.resort_id FROM CHANGED'
               ' JOIN rooms AS r ON r.id = changed.room_id'
               ' JOIN dormitories AS d ON d.id = r.dormitory_id'),
              ('work_types',
               'SELECT changed.resort_id FROM CHANGED'),
              ('post_work_types',
               'SELECT changed.resort_id FROM CHANGED'
               ' JOIN posts AS p ON p.id = changed.post_id AND p.live')
          ) AS parts (name, query)
    LOOP
        FOR event IN
            SELECT *
              FROM (VALUES
                  ('insert', 'NEW TABLE AS new_rows'),
                  ('update', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'),
                  ('delete', 'OLD TABLE AS old_rows')
              ) AS events (name, tables)
        LOOP
            EXECUTE format(
                'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s'
                ' FOR EACH STATEMENT EXECUTE FUNCTION notify_resort_parts(%L)',
                part.name || '_notify_' || event.name, event.name, part.name,
                event.tables, part.query);
        END LOOP;

        EXECUTE format(
            'CREATE TRIGGER %I AFTER TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION notify_everything()',
            part.name || '_notify_truncate', part.name);
    END LOOP;
END
$$;


-- The words every answer is labelled with: rare, and everything shows them.
CREATE TRIGGER regions_notify
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON regions
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();

CREATE TRIGGER categories_notify
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON categories
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();
