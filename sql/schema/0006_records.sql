-- What stands beside every business write: reports, idempotency, the outbox,
-- the audit trail.

CREATE TYPE report_reason AS ENUM (
    'scam', 'wage', 'discrimination', 'false_info', 'harassment', 'other');

CREATE TYPE report_status AS ENUM ('open', 'upheld', 'dismissed');

-- caller is whichever of the two is known; a member's address is not kept.
-- day follows from created_at, so nobody can report twice by naming a day.
CREATE TABLE reports (
    id             uuid          PRIMARY KEY,
    post_id        uuid          NOT NULL REFERENCES posts (id),
    reporter_id    uuid          REFERENCES members (id),
    reporter_hash  bytea,
    caller         bytea         NOT NULL
                   GENERATED ALWAYS AS (
                       coalesce(uuid_send(reporter_id), reporter_hash)) STORED,
    reason         report_reason NOT NULL,
    detail         text          NOT NULL DEFAULT '',
    day            date          NOT NULL
                   GENERATED ALWAYS AS (
                       (created_at AT TIME ZONE 'Asia/Seoul')::date) STORED,
    status         report_status NOT NULL DEFAULT 'open',
    handled_by     uuid          REFERENCES members (id),
    handled_at     timestamptz,
    created_at     timestamptz   NOT NULL DEFAULT now(),
    CONSTRAINT reports_once_a_day_key UNIQUE (post_id, caller, day),
    CONSTRAINT reports_reporter_ck CHECK (num_nonnulls(reporter_id, reporter_hash) = 1),
    CONSTRAINT reports_hash_ck CHECK (octet_length(reporter_hash) = 32),
    CONSTRAINT reports_detail_ck CHECK (char_length(detail) <= 2000),
    CONSTRAINT reports_other_ck CHECK (reason <> 'other' OR detail <> ''),
    CONSTRAINT reports_handled_ck CHECK (
        (status = 'open') = (handled_at IS NULL)
        AND (handled_by IS NULL) = (handled_at IS NULL))
);

COMMENT ON COLUMN reports.reporter_hash IS 'Keyed hash (32 bytes) of an anonymous caller''s address';

CREATE INDEX reports_open ON reports (created_at, id) WHERE status = 'open';


-- status and response are null only inside the transaction that claims a key
-- before it knows its answer; they are set before it commits.
CREATE TABLE idempotency_keys (
    caller        text        NOT NULL,
    key           text        NOT NULL,
    route         text        NOT NULL,
    request_hash  bytea       NOT NULL,
    status        smallint,
    response      text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key, route),
    CONSTRAINT idempotency_keys_caller_ck CHECK (char_length(caller) BETWEEN 1 AND 100),
    CONSTRAINT idempotency_keys_key_ck CHECK (char_length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_route_ck CHECK (char_length(route) BETWEEN 1 AND 100),
    CONSTRAINT idempotency_keys_hash_ck CHECK (octet_length(request_hash) = 32),
    CONSTRAINT idempotency_keys_status_ck CHECK (status BETWEEN 200 AND 599),
    CONSTRAINT idempotency_keys_answer_ck CHECK ((status IS NULL) = (response IS NULL))
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);

COMMENT ON COLUMN idempotency_keys.response IS 'The body as sent: a repetition gets the same bytes';

-- A day's worth is kept and the rest deleted, hence the early vacuum above.
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);


CREATE TABLE outbox (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at    timestamptz NOT NULL DEFAULT now(),
    topic         text        NOT NULL,
    key           text        NOT NULL,
    payload       jsonb       NOT NULL,
    available_at  timestamptz NOT NULL DEFAULT now(),
    attempts      integer     NOT NULL DEFAULT 0,
    last_error    text,
    published_at  timestamptz,
    CONSTRAINT outbox_topic_ck CHECK (topic ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$'),
    CONSTRAINT outbox_key_ck CHECK (char_length(key) BETWEEN 1 AND 200),
    CONSTRAINT outbox_payload_ck CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT outbox_attempts_ck CHECK (attempts >= 0)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

COMMENT ON COLUMN outbox.topic IS 'What happened, dotted: report.created';
COMMENT ON COLUMN outbox.key IS 'Whose: events of one key are published in the order of id';
COMMENT ON COLUMN outbox.available_at IS 'Not before: a failed attempt moves it on (backoff)';

-- Only what is waiting: stays a few pages however long the history grows.
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;

-- The server's role may not delete from the outbox; it may ask for what was
-- published long enough ago to be nobody's business any more.
CREATE FUNCTION outbox_purge(keep interval)
RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    removed bigint;
BEGIN
    IF keep < interval '1 day' THEN
        RAISE EXCEPTION 'outbox_purge keeps at least 1 day, was asked for %', keep
              USING ERRCODE = 'invalid_parameter_value';
    END IF;

    DELETE FROM outbox
     WHERE published_at < now() - keep;
    GET DIAGNOSTICS removed = ROW_COUNT;

    RETURN removed;
END
$$;


-- A month a partition: the trail is read by time and dropped by time.
CREATE TABLE audit_events (
    id            bigint      GENERATED ALWAYS AS IDENTITY,
    created_at    timestamptz NOT NULL DEFAULT now(),
    actor_id      uuid,
    action        text        NOT NULL,
    subject_type  text        NOT NULL,
    subject_id    uuid,
    request_id    text,
    detail        jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (created_at, id),
    CONSTRAINT audit_events_action_ck CHECK (action ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$'),
    CONSTRAINT audit_events_subject_ck CHECK (subject_type ~ '^[a-z][a-z_]*$'),
    CONSTRAINT audit_events_request_ck CHECK (char_length(request_id) <= 100),
    CONSTRAINT audit_events_detail_ck CHECK (jsonb_typeof(detail) = 'object')
) PARTITION BY RANGE (created_at);

COMMENT ON COLUMN audit_events.actor_id IS
    'Null: nobody signed in, or the system.  Not a key, so that erasing a member leaves the trail';

CREATE INDEX audit_events_subject ON audit_events (subject_id, created_at DESC);
CREATE INDEX audit_events_actor ON audit_events (actor_id, created_at DESC);

-- Catches what no month was made for, so that a write never fails for it.
CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;

-- Months are months in Seoul, like every legal date.
CREATE FUNCTION audit_events_add_months(first_month date, months integer)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    month date;
    added integer := 0;
BEGIN
    FOR month IN
        SELECT (date_trunc('month', first_month) + make_interval(months => n))::date
          FROM generate_series(0, months - 1) AS n
    LOOP
        IF to_regclass(format('audit_events_%s', to_char(month, 'YYYY_MM'))) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE audit_events_%s PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
                to_char(month, 'YYYY_MM'),
                month::timestamp AT TIME ZONE 'Asia/Seoul',
                (month + interval '1 month') AT TIME ZONE 'Asia/Seoul');
            added := added + 1;
        END IF;
    END LOOP;

    RETURN added;
END
$$;

SELECT audit_events_add_months('2026-01-01', 36);

CREATE TRIGGER audit_events_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_rewriting();


-- What scripts/seed has done, so that a second run changes nothing and an
-- interrupted one goes on where it stopped.
CREATE TABLE seed_steps (
    seed      text             NOT NULL,
    step      text             NOT NULL,
    rows      bigint           NOT NULL,
    seconds   double precision NOT NULL,
    day       date             NOT NULL,
    done_at   timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (seed, step)
);

COMMENT ON COLUMN seed_steps.day IS 'The day the seed''s dates are counted from';
