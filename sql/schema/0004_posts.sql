-- Work and the posts that offer it.

CREATE TYPE pay_type AS ENUM ('hourly', 'daily', 'monthly');

CREATE TYPE employment_type AS ENUM (
    'seasonal', 'part_time', 'full_time', 'day_labor', 'internship');

CREATE TYPE post_status AS ENUM (
    'draft', 'pending', 'changes_requested', 'approved', 'rejected',
    'paused', 'hidden', 'filled', 'expired');


-- What an hour of work pays, for ordering and for the minimum wage.  A month
-- counts 209 hours as the law does; a day counts its own paid minutes.
-- Rounded down: half a won must not lift a post over the minimum.
CREATE FUNCTION pay_per_hour(type pay_type, amount integer, daily_minutes integer)
RETURNS integer
LANGUAGE sql
IMMUTABLE PARALLEL SAFE
RETURN CASE type
           WHEN 'hourly' THEN amount
           WHEN 'daily' THEN (amount::bigint * 60 / daily_minutes)::integer
           WHEN 'monthly' THEN amount / 209
       END;


-- A resort's posts are all in one place, and an index that hands out
-- neighbours can order by nothing but the distance.  So each post is moved by
-- up to half a metre to a spot that only its id decides: distances differ,
-- and the distance alone is a total order that a page can go on from.
CREATE FUNCTION post_location(lat double precision, lng double precision, id uuid)
RETURNS point
LANGUAGE sql
IMMUTABLE STRICT PARALLEL SAFE
RETURN geo_point(lat, lng)
       + point(('x' || right(id::text, 8))::bit(32)::bigint / 4294967296.0 - 0.5,
               ('x' || substr(id::text, 21, 3) || substr(id::text, 25, 4))::bit(28)::bigint
               / 268435456.0 - 0.5);


-- schedule: bit h is needed, h = day * 24 + hour of day, Monday 0, Asia/Seoul;
-- get_bit(schedule, h) reads it, and as text the leftmost character is hour 0.
CREATE TABLE work_types (
    id             uuid        PRIMARY KEY,
    resort_id      uuid        NOT NULL REFERENCES resorts (id),
    name           text        NOT NULL,
    category_code  text        NOT NULL REFERENCES categories (code),
    schedule       bit(168)    NOT NULL,
    headcount      integer     NOT NULL DEFAULT 1,
    pay_type       pay_type    NOT NULL,
    pay_min_krw    integer     NOT NULL,
    pay_max_krw    integer     NOT NULL,
    daily_minutes  smallint    NOT NULL DEFAULT 480,
    requirements   text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz,
    CONSTRAINT work_types_of_resort_key UNIQUE (id, resort_id),
    CONSTRAINT work_types_name_ck CHECK (
        char_length(name) BETWEEN 1 AND 60 AND name !~ '[[:cntrl:]]'),
    CONSTRAINT work_types_schedule_ck CHECK (bit_count(schedule) > 0),
    CONSTRAINT work_types_headcount_ck CHECK (headcount BETWEEN 1 AND 999),
    CONSTRAINT work_types_pay_ck CHECK (
        pay_min_krw > 0 AND pay_min_krw <= pay_max_krw AND pay_max_krw <= 100000000),
    CONSTRAINT work_types_minutes_ck CHECK (daily_minutes BETWEEN 60 AND 1440),
    CONSTRAINT work_types_requirements_ck CHECK (char_length(requirements) <= 2000)
);

COMMENT ON COLUMN work_types.daily_minutes IS 'Paid minutes of a working day, breaks left out';

CREATE UNIQUE INDEX work_types_name_key
    ON work_types (resort_id, name) WHERE deleted_at IS NULL;


-- A draft may lack what a post needs; from pending on it is complete.
-- Place and region are copied from the resort (and follow it) because the
-- public list filters and orders by them; the resort's name is joined.
CREATE TABLE posts (
    id               uuid            PRIMARY KEY,
    resort_id        uuid            NOT NULL REFERENCES resorts (id),
    title            text            NOT NULL,
    description      text            NOT NULL DEFAULT '',
    category_code    text            REFERENCES categories (code),
    employment_type  employment_type,
    pay_type         pay_type,
    pay_min_krw      integer,
    pay_max_krw      integer,
    daily_minutes    smallint        NOT NULL DEFAULT 480,
    pay_hourly_krw   integer
                     GENERATED ALWAYS AS (
                         pay_per_hour(pay_type, pay_min_krw, daily_minutes)) STORED,
    starts_on        date,
    ends_on          date,
    apply_until      date,
    deadline         date            NOT NULL
                     GENERATED ALWAYS AS (
                         coalesce(apply_until, 'infinity'::date)) STORED,
    headcount        integer         NOT NULL DEFAULT 1,
    region_code      text            NOT NULL REFERENCES regions (code),
    address          text            NOT NULL,
    lat              double precision NOT NULL,
    lng              double precision NOT NULL,
    location         point           NOT NULL
                     GENERATED ALWAYS AS (post_location(lat, lng, id)) STORED,
    has_dormitory    boolean         NOT NULL DEFAULT false,
    dormitory_id     uuid,
    meals_a_day      smallint        NOT NULL DEFAULT 0,
    benefits         text[]          NOT NULL DEFAULT '{}',
    requirements     text            NOT NULL DEFAULT '',
    status           post_status     NOT NULL DEFAULT 'draft',
    status_reason    text,
    version          integer         NOT NULL DEFAULT 1,
    created_by       uuid            NOT NULL REFERENCES members (id),
    updated_by       uuid            NOT NULL REFERENCES members (id),
    created_at       timestamptz     NOT NULL DEFAULT now(),
    updated_at       timestamptz     NOT NULL DEFAULT now(),
    published_at     timestamptz,
    deleted_at       timestamptz,
    live             boolean         NOT NULL
                     GENERATED ALWAYS AS (status = 'approved'
                                          AND deleted_at IS NULL) STORED,
    CONSTRAINT posts_of_resort_key UNIQUE (id, resort_id),
    CONSTRAINT posts_dormitory_fk
        FOREIGN KEY (dormitory_id, resort_id) REFERENCES dormitories (id, resort_id),
    CONSTRAINT posts_complete_ck CHECK (
        status = 'draft'
        OR (char_length(description) >= 10
            AND category_code IS NOT NULL
            AND employment_type IS NOT NULL
            AND pay_type IS NOT NULL
            AND pay_min_krw IS NOT NULL
            AND pay_max_krw IS NOT NULL
            AND starts_on IS NOT NULL)),
    CONSTRAINT posts_title_ck CHECK (
        char_length(title) BETWEEN 2 AND 100
        AND title IS NFC NORMALIZED
        AND title !~ '[[:cntrl:]]'),
    CONSTRAINT posts_text_ck CHECK (
        char_length(description) <= 10000 AND char_length(requirements) <= 5000),
    CONSTRAINT posts_pay_ck CHECK (
        pay_min_krw > 0 AND pay_min_krw <= pay_max_krw AND pay_max_krw <= 100000000),
    CONSTRAINT posts_minutes_ck CHECK (daily_minutes BETWEEN 60 AND 1440),
    CONSTRAINT posts_period_ck CHECK (
        isfinite(starts_on)
        AND isfinite(ends_on)
        AND ends_on >= starts_on
        AND ends_on - starts_on <= 1096),
    CONSTRAINT posts_period_start_ck CHECK (ends_on IS NULL OR starts_on IS NOT NULL),
    CONSTRAINT posts_apply_until_ck CHECK (
        isfinite(apply_until) AND (ends_on IS NULL OR apply_until <= ends_on)),
    CONSTRAINT posts_headcount_ck CHECK (headcount BETWEEN 1 AND 999),
    CONSTRAINT posts_address_ck CHECK (char_length(address) BETWEEN 5 AND 200),
    CONSTRAINT posts_place_ck CHECK (lat BETWEEN 32.5 AND 39 AND lng BETWEEN 124 AND 132.5),
    CONSTRAINT posts_has_dormitory_ck CHECK (dormitory_id IS NULL OR has_dormitory),
    CONSTRAINT posts_meals_ck CHECK (meals_a_day BETWEEN 0 AND 3),
    CONSTRAINT posts_benefits_ck CHECK (short_labels(benefits, 30)),
    CONSTRAINT posts_reason_ck CHECK (
        char_length(status_reason) <= 1000
        AND (status NOT IN ('rejected', 'changes_requested', 'hidden')
             OR coalesce(char_length(status_reason), 0) >= 2)),
    CONSTRAINT posts_version_ck CHECK (version >= 1),
    CONSTRAINT posts_published_ck CHECK (
        published_at IS NOT NULL
        OR status IN ('draft', 'pending', 'changes_requested', 'rejected'))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 0.02);

-- fillfactor 85: a row is about a kilobyte, so a tenth of a page would not
-- hold a second copy of one; with it, edits of text stay on the page (HOT).
-- Vacuum early: live posts are a fifth of the table, and the planner and the
-- index-only parts of the list must see it as it is.

COMMENT ON COLUMN posts.pay_hourly_krw IS 'The least an hour pays: the list''s pay order and minimum filter';
COMMENT ON COLUMN posts.daily_minutes IS 'Paid minutes of a working day; what a daily wage is divided by';
COMMENT ON COLUMN posts.apply_until IS 'Last day to apply, in Seoul; null is until filled';
COMMENT ON COLUMN posts.deadline IS 'apply_until with null as infinity, so that a keyset needs no case for null';
COMMENT ON COLUMN posts.location IS 'geo_point(lat, lng) but for half a metre that tells posts of one place apart';
COMMENT ON COLUMN posts.live IS 'The public sees it: approved and not deleted';
COMMENT ON COLUMN posts.updated_by IS 'Who made this version; goes into the histories with it';
COMMENT ON COLUMN posts.status_reason IS 'Why it is in this state; due when rejected, sent back or hidden';

-- The public list.  Each order, alone and with the one filter that people
-- combine with it, is a forward scan of one of these; id makes it total.  They
-- hold live posts only, a fifth of the table, so all of them are smaller than
-- the primary key and a draft's edits touch none of them.
CREATE INDEX posts_live_newest ON posts (published_at DESC, id DESC) WHERE live;
CREATE INDEX posts_live_pay ON posts (pay_hourly_krw DESC, id DESC) WHERE live;
CREATE INDEX posts_live_deadline ON posts (deadline, id) WHERE live;
CREATE INDEX posts_live_region_newest ON posts (region_code, published_at DESC, id DESC) WHERE live;
CREATE INDEX posts_live_region_pay ON posts (region_code, pay_hourly_krw DESC, id DESC) WHERE live;
CREATE INDEX posts_live_region_deadline ON posts (region_code, deadline, id) WHERE live;
CREATE INDEX posts_live_category_newest ON posts (category_code, published_at DESC, id DESC) WHERE live;
CREATE INDEX posts_live_category_pay ON posts (category_code, pay_hourly_krw DESC, id DESC) WHERE live;
CREATE INDEX posts_live_category_deadline ON posts (category_code, deadline, id) WHERE live;
CREATE INDEX posts_live_resort_newest ON posts (resort_id, published_at DESC, id DESC) WHERE live;
CREATE INDEX posts_live_location ON posts USING gist (location) WHERE live;

-- A resort's own desk, the moderators' queue, and the keys that point here.
CREATE INDEX posts_resort_status ON posts (resort_id, status, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX posts_pending ON posts (updated_at, id) WHERE status = 'pending' AND deleted_at IS NULL;
CREATE INDEX posts_dormitory ON posts (dormitory_id) WHERE dormitory_id IS NOT NULL;

-- A resort has one region, which the planner would otherwise multiply in again.
CREATE STATISTICS posts_resort_region (dependencies) ON resort_id, region_code FROM posts;


CREATE TABLE post_work_types (
    post_id       uuid NOT NULL,
    work_type_id  uuid NOT NULL,
    resort_id     uuid NOT NULL,
    PRIMARY KEY (post_id, work_type_id),
    CONSTRAINT post_work_types_post_fk
        FOREIGN KEY (post_id, resort_id) REFERENCES posts (id, resort_id),
    CONSTRAINT post_work_types_work_type_fk
        FOREIGN KEY (work_type_id, resort_id) REFERENCES work_types (id, resort_id)
);

CREATE INDEX post_work_types_work_type ON post_work_types (work_type_id);

COMMENT ON COLUMN post_work_types.resort_id IS
    'Both sides'' resort: what keeps a post from offering another resort''s work';


-- Nothing here is rewritten: a version and a step stay what they were.
CREATE TABLE post_versions (
    post_id     uuid        NOT NULL REFERENCES posts (id),
    version     integer     NOT NULL,
    content     jsonb       NOT NULL,
    changed_by  uuid        NOT NULL REFERENCES members (id),
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (post_id, version)
);

COMMENT ON TABLE post_versions IS
    'What a post said before each change; the present version is the row in posts';

CREATE TABLE post_status_changes (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_id      uuid        NOT NULL REFERENCES posts (id),
    from_status  post_status NOT NULL,
    to_status    post_status NOT NULL,
    reason       text,
    actor_id     uuid        NOT NULL REFERENCES members (id),
    changed_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX post_status_changes_post ON post_status_changes (post_id, id);


-- "Every change keeps a version" holds whoever writes the UPDATE.  Runs as
-- its owner, so that the server's role needs no right to write history.
CREATE FUNCTION posts_keep_history()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    content_keys CONSTANT text[] := ARRAY[
        'title', 'description', 'category_code', 'employment_type', 'pay_type',
        'pay_min_krw', 'pay_max_krw', 'daily_minutes', 'starts_on', 'ends_on',
        'apply_until', 'headcount', 'region_code', 'address', 'lat', 'lng',
        'has_dormitory', 'dormitory_id', 'meals_a_day', 'benefits', 'requirements'];
    before jsonb;
    after  jsonb;
BEGIN
    SELECT jsonb_object_agg(key, value)
      INTO before
      FROM jsonb_each(to_jsonb(OLD))
     WHERE key = ANY (content_keys);

    SELECT jsonb_object_agg(key, value)
      INTO after
      FROM jsonb_each(to_jsonb(NEW))
     WHERE key = ANY (content_keys);

    IF before IS DISTINCT FROM after THEN
        INSERT INTO post_versions (post_id, version, content, changed_by, changed_at)
        VALUES (OLD.id, OLD.version, before, OLD.updated_by, OLD.updated_at);
        NEW.version := OLD.version + 1;
    ELSE
        NEW.version := OLD.version;
    END IF;

    IF OLD.status <> NEW.status THEN
        INSERT INTO post_status_changes (post_id, from_status, to_status, reason, actor_id)
        VALUES (OLD.id, OLD.status, NEW.status, NEW.status_reason, NEW.updated_by);
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER posts_20_history
    BEFORE UPDATE ON posts
    FOR EACH ROW
    EXECUTE FUNCTION posts_keep_history();


-- What the law asks before a post is public, and what a CHECK can't look up.
-- FOR SHARE holds the resort still until commit, so that it can't be deleted
-- or lose its verification between this look and the post going live.
CREATE FUNCTION posts_may_go_live()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    resort_open boolean;
    minimum     integer;
BEGIN
    SELECT open
      INTO resort_open
      FROM resorts
     WHERE id = NEW.resort_id
       FOR SHARE;

    IF NOT coalesce(resort_open, false) THEN
        RAISE EXCEPTION 'post % cannot be live: its resort is not verified or is deleted', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'posts_resort_open_ck',
                    TABLE = 'posts';
    END IF;

    minimum := min_wage_krw(NEW.starts_on, NEW.ends_on);

    IF NEW.pay_hourly_krw < minimum THEN
        RAISE EXCEPTION 'post % pays % KRW an hour, the minimum wage is %',
              NEW.id, NEW.pay_hourly_krw, minimum
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'posts_min_wage_ck',
                    TABLE = 'posts';
    END IF;

    RETURN NEW;
END
$$;

-- Generated columns are not filled in yet in a BEFORE trigger, hence AFTER.
CREATE TRIGGER posts_30_may_go_live_insert
    AFTER INSERT ON posts
    FOR EACH ROW
    WHEN (NEW.live)
    EXECUTE FUNCTION posts_may_go_live();

CREATE TRIGGER posts_30_may_go_live_update
    AFTER UPDATE ON posts
    FOR EACH ROW
    WHEN (NEW.live
          AND (NOT OLD.live
               OR OLD.resort_id <> NEW.resort_id
               OR OLD.pay_hourly_krw <> NEW.pay_hourly_krw
               OR OLD.starts_on <> NEW.starts_on
               OR OLD.ends_on IS DISTINCT FROM NEW.ends_on))
    EXECUTE FUNCTION posts_may_go_live();


-- The other side of the same promise, and the copies of place and region:
-- posts that were where the resort was move with it, others stay.  Runs as its
-- owner, because whoever may edit a resort need have no right on its posts.
CREATE FUNCTION resorts_keep_posts_right()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    IF OLD.open AND NOT NEW.open
       AND EXISTS (SELECT FROM posts
                    WHERE resort_id = NEW.id
                      AND live)
    THEN
        RAISE EXCEPTION 'resort % still has live posts', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'resorts_no_live_posts_ck',
                    TABLE = 'resorts';
    END IF;

    IF (OLD.region_code, OLD.address, OLD.lat, OLD.lng)
       IS DISTINCT FROM (NEW.region_code, NEW.address, NEW.lat, NEW.lng)
    THEN
        UPDATE posts
           SET region_code = NEW.region_code,
               address = NEW.address,
               lat = NEW.lat,
               lng = NEW.lng,
               updated_at = now()
         WHERE resort_id = NEW.id
           AND region_code = OLD.region_code
           AND address = OLD.address
           AND lat = OLD.lat
           AND lng = OLD.lng
           AND deleted_at IS NULL;
    END IF;

    RETURN NULL;
END
$$;

CREATE TRIGGER resorts_keep_posts_right
    AFTER UPDATE ON resorts
    FOR EACH ROW
    EXECUTE FUNCTION resorts_keep_posts_right();


-- Histories can be added to and read, not rewritten, not even by their owner
-- in a hurry; erasing a person goes through a procedure that says so.
CREATE FUNCTION refuse_rewriting()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% is a history: rows are added, never changed or removed', TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER post_versions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON post_versions
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER post_status_changes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON post_status_changes
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_rewriting();
