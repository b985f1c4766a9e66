-- What a resort's desk needs to keep its dormitories: places, rooms and beds
-- that go out of use, rent by season; and that nothing goes out of use under
-- somebody who has been given a bed, whatever happens at the same instant.

-- Where it is, if the resort says so; then distance_m is computed.
ALTER TABLE dormitories ADD COLUMN address text;
ALTER TABLE dormitories ADD COLUMN lat double precision;
ALTER TABLE dormitories ADD COLUMN lng double precision;

ALTER TABLE dormitories ADD CONSTRAINT dormitories_address_ck CHECK (
    char_length(address) BETWEEN 2 AND 200 AND address !~ '[[:cntrl:]]') NOT VALID;
ALTER TABLE dormitories ADD CONSTRAINT dormitories_place_ck CHECK (
    (lat IS NULL) = (lng IS NULL)
    AND lat BETWEEN 32.5 AND 39
    AND lng BETWEEN 124 AND 132.5) NOT VALID;

-- A resort that moves must not fail for a house that stays: whatever lies
-- between two places of the country is a distance.  The desk takes less.
ALTER TABLE dormitories DROP CONSTRAINT dormitories_distance_ck;
ALTER TABLE dormitories ADD CONSTRAINT dormitories_distance_ck CHECK (
    distance_m BETWEEN 0 AND 1200000) NOT VALID;

ALTER TABLE dormitories VALIDATE CONSTRAINT dormitories_address_ck;
ALTER TABLE dormitories VALIDATE CONSTRAINT dormitories_place_ck;
ALTER TABLE dormitories VALIDATE CONSTRAINT dormitories_distance_ck;

COMMENT ON COLUMN dormitories.distance_m IS
    'Metres to the place of work: computed where lat and lng are known, else as typed';


-- FOR SHARE holds the resort still until commit: it can't move between this
-- look and the house's row.  Whoever edits both locks the resort first.
CREATE FUNCTION dormitories_measure()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF num_nonnulls(NEW.lat, NEW.lng) = 2 THEN
        SELECT round(geo_point(NEW.lat, NEW.lng) <-> r.location)
          INTO NEW.distance_m
          FROM resorts AS r
         WHERE r.id = NEW.resort_id
           FOR SHARE;
    END IF;

    RETURN NEW;
END
$$;

-- Before dormitories_10_revision, which compares what will be stored.
CREATE TRIGGER dormitories_05_measure
    BEFORE INSERT OR UPDATE OF lat, lng, distance_m, resort_id ON dormitories
    FOR EACH ROW
    EXECUTE FUNCTION dormitories_measure();


-- Runs as its owner, as resorts_keep_posts_right does.
CREATE FUNCTION resorts_keep_distances_right()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM 1
       FROM dormitories
      WHERE resort_id = NEW.id
        AND lat IS NOT NULL
      ORDER BY id
        FOR NO KEY UPDATE;

    UPDATE dormitories
       SET distance_m = distance_m
     WHERE resort_id = NEW.id
       AND lat IS NOT NULL;

    RETURN NULL;
END
$$;

CREATE TRIGGER resorts_keep_distances_right
    AFTER UPDATE ON resorts
    FOR EACH ROW
    WHEN ((OLD.lat, OLD.lng) IS DISTINCT FROM (NEW.lat, NEW.lng))
    EXECUTE FUNCTION resorts_keep_distances_right();


-- A resort's own, also those deleted; dormitories_name_key has the others only.
CREATE INDEX dormitories_resort ON dormitories (resort_id, name, id);

-- What is out of use gives its name back.  These tables are small enough for
-- their indexes to be built at once.
ALTER TABLE rooms ADD COLUMN retired_at timestamptz;

COMMENT ON COLUMN rooms.retired_at IS 'Out of use, with all its beds';

ALTER TABLE rooms DROP CONSTRAINT rooms_name_key;
ALTER TABLE beds DROP CONSTRAINT beds_label_key;

CREATE UNIQUE INDEX rooms_name_key ON rooms (dormitory_id, name) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX beds_label_key ON beds (room_id, label) WHERE retired_at IS NULL;

-- Those out of use included.
CREATE INDEX rooms_dormitory ON rooms (dormitory_id);
CREATE INDEX beds_room ON beds (room_id);


-- Stays from today on, whose people would lose their bed.
CREATE FUNCTION beds_taken(ids uuid[], OUT beds bigint, OUT until date)
RETURNS record
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT count(DISTINCT o.bed_id),
           max(upper(o.stay))
      FROM occupancies AS o
     WHERE o.bed_id = ANY (ids)
       AND o.stay && daterange(seoul_today(), NULL)
       AND o.status IN ('assigned', 'checked_in', 'checkout_requested', 'checked_out', 'settled');
END;

COMMENT ON FUNCTION beds_taken(uuid[]) IS
    'How many of these beds are taken today or later, and until when';

CREATE FUNCTION beds_of(dormitory uuid, room uuid)
RETURNS uuid[]
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT coalesce(array_agg(b.id), '{}')
      FROM rooms AS r
      JOIN beds AS b ON b.room_id = r.id
     WHERE r.dormitory_id = dormitory
       AND (room IS NULL OR r.id = room);
END;

COMMENT ON FUNCTION beds_of(uuid, uuid) IS
    'The beds of a dormitory or, where a room is given, of that room; also those out of use';


-- A statement that retires a bed sees the stays that were there when it began;
-- this looks again with the bed's row locked.  occupancies_bed_in_use holds
-- the same rows FOR SHARE, so of two at one instant the second is refused.
CREATE FUNCTION beds_keep_occupants()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    taken record;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'beds' THEN
            SELECT * INTO taken FROM beds_taken(ARRAY[NEW.id]);
        WHEN 'rooms' THEN
            SELECT * INTO taken FROM beds_taken(beds_of(NEW.dormitory_id, NEW.id));
        ELSE
            SELECT * INTO taken FROM beds_taken(beds_of(NEW.id, NULL));
    END CASE;

    IF taken.beds > 0 THEN
        RAISE EXCEPTION '% % has occupants until %', TG_TABLE_NAME, NEW.id, taken.until
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = TG_TABLE_NAME || '_vacant_ck',
                    TABLE = TG_TABLE_NAME;
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER beds_20_keep_occupants
    BEFORE UPDATE ON beds
    FOR EACH ROW
    WHEN (OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL)
    EXECUTE FUNCTION beds_keep_occupants();

-- Neither does a room become another gender's while people sleep in it.
CREATE TRIGGER rooms_20_keep_occupants
    BEFORE UPDATE ON rooms
    FOR EACH ROW
    WHEN (OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL OR OLD.gender <> NEW.gender)
    EXECUTE FUNCTION beds_keep_occupants();

CREATE TRIGGER dormitories_20_keep_occupants
    BEFORE UPDATE ON dormitories
    FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION beds_keep_occupants();


CREATE FUNCTION dormitories_keep_offers()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM posts
                WHERE resort_id = NEW.resort_id
                  AND live
                  AND dormitory_id = NEW.id)
    THEN
        RAISE EXCEPTION 'live posts offer dormitory %', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'dormitories_no_live_posts_ck',
                    TABLE = 'dormitories';
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER dormitories_20_keep_offers
    BEFORE UPDATE ON dormitories
    FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
    EXECUTE FUNCTION dormitories_keep_offers();


-- Nobody is given a bed that is out of use.  What is over may be entered and
-- corrected for any bed.  Locks in the order of all: house, room, bed.
CREATE FUNCTION occupancies_bed_in_use()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    house  uuid;
    place  uuid;
    in_use boolean := true;
    gone   timestamptz;
BEGIN
    SELECT r.dormitory_id, r.id
      INTO house, place
      FROM beds AS b
      JOIN rooms AS r ON r.id = b.room_id
     WHERE b.id = NEW.bed_id;

    -- no such bed: its key says so
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;

    SELECT deleted_at INTO gone FROM dormitories WHERE id = house FOR SHARE;
    in_use := gone IS NULL;

    SELECT retired_at INTO gone FROM rooms WHERE id = place FOR SHARE;
    in_use := in_use AND gone IS NULL;

    SELECT retired_at INTO gone FROM beds WHERE id = NEW.bed_id FOR SHARE;
    in_use := in_use AND gone IS NULL;

    IF NOT in_use THEN
        RAISE EXCEPTION 'bed % is out of use', NEW.bed_id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'occupancies_bed_in_use_ck',
                    TABLE = 'occupancies';
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER occupancies_bed_in_use_insert
    BEFORE INSERT ON occupancies
    FOR EACH ROW
    WHEN (NEW.bed_id IS NOT NULL
          AND NEW.status NOT IN ('requested', 'waitlisted', 'refused')
          AND upper(NEW.stay) > seoul_today())
    EXECUTE FUNCTION occupancies_bed_in_use();

-- Who has the bed already keeps it; a shorter stay is none anew.
CREATE TRIGGER occupancies_bed_in_use_update
    BEFORE UPDATE ON occupancies
    FOR EACH ROW
    WHEN (NEW.bed_id IS NOT NULL
          AND NEW.status NOT IN ('requested', 'waitlisted', 'refused')
          AND upper(NEW.stay) > seoul_today()
          AND (OLD.bed_id IS DISTINCT FROM NEW.bed_id
               OR OLD.status IN ('requested', 'waitlisted', 'refused')
               OR NOT NEW.stay <@ OLD.stay))
    EXECUTE FUNCTION occupancies_bed_in_use();


-- The other side of dormitories_no_live_posts_ck.
CREATE FUNCTION posts_dormitory_in_use()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    gone timestamptz;
BEGIN
    SELECT deleted_at INTO gone FROM dormitories WHERE id = NEW.dormitory_id FOR SHARE;

    IF gone IS NOT NULL THEN
        RAISE EXCEPTION 'post % cannot be live: its dormitory is deleted', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'posts_dormitory_in_use_ck',
                    TABLE = 'posts';
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER posts_35_dormitory_in_use_insert
    AFTER INSERT ON posts
    FOR EACH ROW
    WHEN (NEW.live AND NEW.dormitory_id IS NOT NULL)
    EXECUTE FUNCTION posts_dormitory_in_use();

CREATE TRIGGER posts_35_dormitory_in_use_update
    AFTER UPDATE ON posts
    FOR EACH ROW
    WHEN (NEW.live
          AND NEW.dormitory_id IS NOT NULL
          AND (NOT OLD.live OR OLD.dormitory_id IS DISTINCT FROM NEW.dormitory_id))
    EXECUTE FUNCTION posts_dormitory_in_use();


-- What a month costs within a season; without one, dormitories.rent_monthly_krw.
-- Days are [from, until), as stays are.
CREATE TABLE dormitory_rents (
    id                uuid        PRIMARY KEY,
    dormitory_id      uuid        NOT NULL REFERENCES dormitories (id),
    season            daterange   NOT NULL,
    label             text        NOT NULL,
    rent_monthly_krw  integer     NOT NULL,
    revision          integer     NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dormitory_rents_season_ck CHECK (
        NOT isempty(season)
        AND NOT lower_inf(season)
        AND NOT upper_inf(season)
        AND isfinite(lower(season))
        AND isfinite(upper(season))
        AND upper(season) - lower(season) <= 366),
    CONSTRAINT dormitory_rents_label_ck CHECK (
        char_length(label) BETWEEN 1 AND 30
        AND label IS NFC NORMALIZED
        AND label !~ '[[:cntrl:]]'),
    CONSTRAINT dormitory_rents_money_ck CHECK (rent_monthly_krw BETWEEN 0 AND 5000000),
    CONSTRAINT dormitory_rents_one_a_day EXCLUDE USING gist (
        dormitory_id WITH =, season WITH &&)
);

COMMENT ON COLUMN dormitory_rents.rent_monthly_krw IS '0 is free';

-- what a page asks for; looking into the exclusion's own index takes three
-- times as long
CREATE INDEX dormitory_rents_of_dormitory ON dormitory_rents (dormitory_id)
    INCLUDE (season, rent_monthly_krw);

CREATE TRIGGER dormitory_rents_10_revision
    BEFORE UPDATE ON dormitory_rents
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision');

GRANT SELECT, INSERT, UPDATE, DELETE ON dormitory_rents TO resortbite_app;


-- What a stay costs, a row for each piece of a calendar month with one rent.
-- A whole month is its rent; a piece of one is the rent by its nights out of
-- the month's days, rounded down to 10 won.
CREATE FUNCTION dormitory_rent(
    dormitory uuid,
    stay daterange,
    OUT piece daterange,
    OUT label text,
    OUT rent_monthly_krw integer,
    OUT month_days integer,
    OUT amount_krw bigint)
RETURNS SETOF record
LANGUAGE sql
STABLE
BEGIN ATOMIC
    WITH months AS (
             SELECT stay * daterange(m::date, (m + interval '1 month')::date) AS days,
                    extract(day FROM m + interval '1 month' - interval '1 day')::integer AS month_days
               FROM generate_series(date_trunc('month', lower(stay)::timestamp),
                                    upper(stay)::timestamp - interval '1 day',
                                    interval '1 month') AS m
         ),
         pieces AS (
             SELECT m.days * s.season AS piece,
                    s.label,
                    s.rent_monthly_krw,
                    m.month_days
               FROM months AS m
               JOIN dormitory_rents AS s
                 ON s.dormitory_id = dormitory
                AND s.season && m.days
              UNION ALL
             SELECT u.piece,
                    NULL,
                    d.rent_monthly_krw,
                    m.month_days
               FROM months AS m
               JOIN dormitories AS d ON d.id = dormitory
              CROSS JOIN LATERAL unnest(
                        datemultirange(m.days)
                        - coalesce((SELECT range_agg(s.season)
                                      FROM dormitory_rents AS s
                                     WHERE s.dormitory_id = dormitory
                                       AND s.season && m.days),
                                   '{}')) AS u (piece)
         )
    SELECT p.piece,
           p.label,
           p.rent_monthly_krw,
           p.month_days,
           CASE
               WHEN upper(p.piece) - lower(p.piece) = p.month_days THEN p.rent_monthly_krw::bigint
               ELSE p.rent_monthly_krw::bigint * (upper(p.piece) - lower(p.piece))
                    / (p.month_days * 10) * 10
           END
      FROM pieces AS p
     ORDER BY p.piece;
END;

COMMENT ON FUNCTION dormitory_rent(uuid, daterange) IS
    'What a stay costs, by month and season; the days of a stay are [from, until)';


-- How many parts a resort, a dormitory or a room has in use; of seasons, all.
-- Volatile, so that it looks anew whenever it is called: with the row that has
-- the parts locked before, none is missed.
CREATE FUNCTION parts_in_use(part text, whole uuid)
RETURNS bigint
LANGUAGE sql
VOLATILE
BEGIN ATOMIC
    SELECT CASE part
               WHEN 'dormitories' THEN
                   (SELECT count(*)
                      FROM dormitories AS d
                     WHERE d.resort_id = whole
                       AND d.deleted_at IS NULL)
               WHEN 'rooms' THEN
                   (SELECT count(*)
                      FROM rooms AS r
                     WHERE r.dormitory_id = whole
                       AND r.retired_at IS NULL)
               WHEN 'beds' THEN
                   (SELECT count(*)
                      FROM beds AS b
                     WHERE b.room_id = whole
                       AND b.retired_at IS NULL)
               WHEN 'seasons' THEN
                   (SELECT count(*)
                      FROM dormitory_rents AS s
                     WHERE s.dormitory_id = whole)
           END;
END;


-- A JSON object of columns, its texts as they are seen;
-- jsonb_populate_record() takes it.
CREATE FUNCTION patch_texts(patch text)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_object_agg(
               key,
               CASE jsonb_typeof(value)
                   WHEN 'string' THEN to_jsonb(seen_text(value #>> '{}'))
                   ELSE value
               END), '{}')
      FROM jsonb_each(normalize(patch, NFC)::jsonb);
END;


-- As the other parts of a resort: 0007 has the functions.
DO $$
DECLARE
    event record;
BEGIN
    FOR event IN
        SELECT *
          FROM (VALUES
              ('insert', 'NEW TABLE AS new_rows'),
              ('update', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'),
              ('delete', 'OLD TABLE AS old_rows')
          ) AS events (name, tables)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER %s ON dormitory_rents REFERENCING %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION notify_resort_parts(%L)',
            'dormitory_rents_notify_' || event.name, event.name, event.tables,
            'SELECT d.resort_id FROM CHANGED'
            ' JOIN dormitories AS d ON d.id = changed.dormitory_id');
    END LOOP;
END
$$;

CREATE TRIGGER dormitory_rents_notify_truncate
    AFTER TRUNCATE ON dormitory_rents
    FOR EACH STATEMENT
    EXECUTE FUNCTION notify_everything();
