-- What editing needs: a revision of every row that can be edited, and of a
-- post all that its history has to tell.

-- A revision is what If-Match names: it goes up with every change of a row,
-- whoever makes it.  posts.version goes up with its content only.
ALTER TABLE resorts ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE dormitories ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE rooms ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE beds ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE work_types ADD COLUMN revision integer NOT NULL DEFAULT 1;
ALTER TABLE posts ADD COLUMN revision integer NOT NULL DEFAULT 1;

-- An update that changes nothing raises nothing.  Its arguments are the
-- generated columns, which NEW doesn't have yet.
CREATE FUNCTION raise_revision()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.revision := OLD.revision
                    + CASE WHEN to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN 0 ELSE 1 END;
    RETURN NEW;
END
$$;

CREATE TRIGGER resorts_10_revision
    BEFORE UPDATE ON resorts
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision', 'location', 'open');

CREATE TRIGGER dormitories_10_revision
    BEFORE UPDATE ON dormitories
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision');

CREATE TRIGGER rooms_10_revision
    BEFORE UPDATE ON rooms
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision');

CREATE TRIGGER beds_10_revision
    BEFORE UPDATE ON beds
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision');

CREATE TRIGGER work_types_10_revision
    BEFORE UPDATE ON work_types
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision');

CREATE TRIGGER posts_10_revision
    BEFORE UPDATE ON posts
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision', 'location', 'pay_hourly_krw', 'deadline', 'live');


-- The work types of a post are part of what it says, so they are in its row
-- and in its versions; post_work_types follows, for keys and for looking up.
ALTER TABLE posts ADD COLUMN work_type_ids uuid[] NOT NULL DEFAULT '{}';

-- The version that the public sees or saw last: what a later one is compared
-- with.  Null before the first approval.
ALTER TABLE posts ADD COLUMN approved_version integer;

-- Who last changed what a post says: updated_by and updated_at are also those
-- of who moved it.  Null: nobody since it was made.
ALTER TABLE posts ADD COLUMN edited_by uuid REFERENCES members (id);
ALTER TABLE posts ADD COLUMN edited_at timestamptz;

ALTER TABLE posts ADD CONSTRAINT posts_work_types_ck CHECK (
    cardinality(work_type_ids) <= 20 AND array_position(work_type_ids, NULL) IS NULL) NOT VALID;
ALTER TABLE posts ADD CONSTRAINT posts_approved_version_ck CHECK (
    approved_version BETWEEN 1 AND version) NOT VALID;

COMMENT ON COLUMN posts.revision IS 'Raised by every change of the row: what If-Match names';
COMMENT ON COLUMN posts.work_type_ids IS 'In the order chosen; post_work_types follows it';
COMMENT ON COLUMN posts.approved_version IS
    'The version that the public sees or saw last; null before the first approval';
COMMENT ON COLUMN posts.edited_by IS 'Whose the present version is; null: created_by''s';

-- All of them are filled in, and the constraints validated, by 0120_posts_kept.sql:
-- nobody could read posts while this transaction did so.


-- What a post says, as its versions keep it.
CREATE FUNCTION post_content(post posts)
RETURNS jsonb
LANGUAGE sql
STABLE PARALLEL SAFE
RETURN jsonb_build_object(
    'title', post.title,
    'description', post.description,
    'category_code', post.category_code,
    'employment_type', post.employment_type,
    'pay_type', post.pay_type,
    'pay_min_krw', post.pay_min_krw,
    'pay_max_krw', post.pay_max_krw,
    'daily_minutes', post.daily_minutes,
    'starts_on', post.starts_on,
    'ends_on', post.ends_on,
    'apply_until', post.apply_until,
    'headcount', post.headcount,
    'region_code', post.region_code,
    'address', post.address,
    'lat', post.lat,
    'lng', post.lng,
    'has_dormitory', post.has_dormitory,
    'dormitory_id', post.dormitory_id,
    'meals_a_day', post.meals_a_day,
    'benefits', post.benefits,
    'requirements', post.requirements,
    'work_type_ids', post.work_type_ids);


-- What of it became worse for who applies: less pay, other dates, no bed or
-- another one, fewer meals, a benefit less, other work, another place.  Empty:
-- nothing.
-- Versions from before work types were kept have no work_type_ids.
CREATE FUNCTION post_worse(before jsonb, after jsonb)
RETURNS text[]
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(key ORDER BY n), '{}')
      FROM (VALUES
            (1, 'pay_type', before->>'pay_type' <> after->>'pay_type'),
            (2, 'pay_min_krw', (after->>'pay_min_krw')::bigint < (before->>'pay_min_krw')::bigint),
            (3, 'pay_max_krw', (after->>'pay_max_krw')::bigint < (before->>'pay_max_krw')::bigint),
            (4, 'daily_minutes',
                after->>'pay_type' <> 'hourly'
                AND (after->>'daily_minutes')::integer > (before->>'daily_minutes')::integer),
            (5, 'starts_on', before->>'starts_on' IS DISTINCT FROM after->>'starts_on'),
            (6, 'ends_on', before->>'ends_on' IS DISTINCT FROM after->>'ends_on'),
            (7, 'has_dormitory',
                (before->>'has_dormitory')::boolean AND NOT (after->>'has_dormitory')::boolean),
            (8, 'dormitory_id',
                (after->>'has_dormitory')::boolean
                AND before->>'dormitory_id' IS NOT NULL
                AND before->>'dormitory_id' IS DISTINCT FROM after->>'dormitory_id'),
            (9, 'meals_a_day', (after->>'meals_a_day')::integer < (before->>'meals_a_day')::integer),
            (10, 'benefits', NOT before->'benefits' <@ (after->'benefits')),
            (11, 'employment_type', before->>'employment_type' <> after->>'employment_type'),
            (12, 'category_code', before->>'category_code' <> after->>'category_code'),
            (13, 'work_type_ids', NOT before->'work_type_ids' <@ (after->'work_type_ids')),
            (14, 'region_code', before->>'region_code' <> after->>'region_code'),
            (15, 'address', before->>'address' <> after->>'address'),
            -- by more than about a kilometre, though its address says it hasn't moved
            (16, 'lat',
                before->>'address' = after->>'address'
                AND greatest(abs((before->>'lat')::float8 - (after->>'lat')::float8) * 111,
                             abs((before->>'lng')::float8 - (after->>'lng')::float8) * 88) > 1)
           ) AS change (n, key, worse)
     WHERE worse;
END;


-- The history has steps of three kinds; the system has no account.
CREATE TYPE post_step AS ENUM ('status', 'deleted', 'restored');

ALTER TABLE post_status_changes ADD COLUMN step post_step NOT NULL DEFAULT 'status';
ALTER TABLE post_status_changes ADD COLUMN version integer;
ALTER TABLE post_status_changes ALTER COLUMN actor_id DROP NOT NULL;

COMMENT ON COLUMN post_status_changes.step IS 'deleted and restored: both states are the one it was in';
COMMENT ON COLUMN post_status_changes.version IS 'Of the post at this step; null in steps of before it was kept';
COMMENT ON COLUMN post_status_changes.actor_id IS 'Null: the system, as when a post expires';


CREATE OR REPLACE FUNCTION posts_keep_history()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    before jsonb := post_content(OLD);
    after  jsonb := post_content(NEW);
    edited boolean := before IS DISTINCT FROM after;
    -- The resort has moved, and its posts with it: from within its trigger.
    moves_along boolean := pg_trigger_depth() > 1
                           AND post_worse(before, after) <@ '{region_code,address,lat}';
BEGIN
    NEW.version := OLD.version;
    NEW.edited_by := OLD.edited_by;
    NEW.edited_at := OLD.edited_at;

    IF edited THEN
        INSERT INTO post_versions (post_id, version, content, changed_by, changed_at)
        VALUES (OLD.id, OLD.version, before,
                coalesce(OLD.edited_by, OLD.created_by),
                coalesce(OLD.edited_at, OLD.created_at));
        NEW.version := OLD.version + 1;
        NEW.edited_by := NEW.updated_by;
        NEW.edited_at := now();
    END IF;

    NEW.approved_version := CASE
        WHEN NEW.status = 'approved' THEN NEW.version
        WHEN edited
         AND OLD.approved_version = OLD.version
         AND (post_worse(before, after) = '{}' OR moves_along) THEN NEW.version
        ELSE OLD.approved_version
    END;

    IF OLD.status <> NEW.status THEN
        INSERT INTO post_status_changes
               (post_id, step, from_status, to_status, reason, actor_id, version)
        VALUES (OLD.id, 'status', OLD.status, NEW.status, NEW.status_reason,
                CASE WHEN NEW.status <> 'expired' THEN NEW.updated_by END, NEW.version);
    END IF;

    IF (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) THEN
        INSERT INTO post_status_changes
               (post_id, step, from_status, to_status, reason, actor_id, version)
        VALUES (OLD.id,
                CASE WHEN NEW.deleted_at IS NULL THEN 'restored' ELSE 'deleted' END::post_step,
                NEW.status, NEW.status, NULL, NEW.updated_by, NEW.version);
    END IF;

    RETURN NEW;
END
$$;


CREATE FUNCTION posts_first_version()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.approved_version := CASE WHEN NEW.published_at IS NOT NULL THEN NEW.version END;
    RETURN NEW;
END
$$;

CREATE TRIGGER posts_10_first_version
    BEFORE INSERT ON posts
    FOR EACH ROW
    EXECUTE FUNCTION posts_first_version();


-- Another resort's work type, and one there isn't, violate
-- post_work_types_work_type_fk.
CREATE FUNCTION posts_keep_work_types()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM post_work_types
         WHERE post_id = NEW.id
           AND NOT work_type_id = ANY (NEW.work_type_ids);
    END IF;

    INSERT INTO post_work_types (post_id, work_type_id, resort_id)
    SELECT DISTINCT NEW.id, id, NEW.resort_id
      FROM unnest(NEW.work_type_ids) AS id
        ON CONFLICT (post_id, work_type_id) DO NOTHING;

    RETURN NULL;
END
$$;

CREATE TRIGGER posts_40_work_types_insert
    AFTER INSERT ON posts
    FOR EACH ROW
    WHEN (NEW.work_type_ids <> '{}')
    EXECUTE FUNCTION posts_keep_work_types();

CREATE TRIGGER posts_40_work_types_update
    AFTER UPDATE ON posts
    FOR EACH ROW
    WHEN (NEW.work_type_ids <> OLD.work_type_ids)
    EXECUTE FUNCTION posts_keep_work_types();


-- Addresses of photos: of our own files, or elsewhere by https.
CREATE FUNCTION photo_addresses(addresses text[])
RETURNS boolean
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN array_position(addresses, NULL) IS NULL
   AND NOT EXISTS (SELECT
                     FROM unnest(addresses) AS address
                    WHERE address !~ '^(https://[^[:space:]/]+|/[^[:space:]/])[^[:space:]<>"\\]*$'
                       OR octet_length(address) > 500);

-- So far only whoever wrote SQL could give any: what isn't one is dropped, and
-- said.  It can't wait, as any change of such a row would be refused, and both
-- tables have thousands of rows at most.
SET LOCAL client_min_messages = notice;

DO $$
DECLARE
    place text;
    had   record;
BEGIN
    FOREACH place IN ARRAY ARRAY['resorts', 'dormitories'] LOOP
        FOR had IN EXECUTE format('SELECT id, photos FROM %I
                                    WHERE NOT photo_addresses(photos)
                                    ORDER BY id FOR UPDATE', place)
        LOOP
            RAISE NOTICE '% %: of its photos % only addresses stay', place, had.id, had.photos;

            EXECUTE format('UPDATE %I SET photos = $1 WHERE id = $2', place)
              USING ARRAY(SELECT address
                            FROM unnest(had.photos) WITH ORDINALITY AS o (address, n)
                           WHERE photo_addresses(ARRAY[address])
                           ORDER BY n), had.id;
        END LOOP;
    END LOOP;
END
$$;

SET LOCAL client_min_messages = warning;

ALTER TABLE resorts ADD CONSTRAINT resorts_photo_addresses_ck
    CHECK (photo_addresses(photos));
ALTER TABLE dormitories ADD CONSTRAINT dormitories_photo_addresses_ck
    CHECK (photo_addresses(photos));
