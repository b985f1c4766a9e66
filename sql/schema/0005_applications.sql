-- What crew send to a post.

CREATE TYPE application_status AS ENUM (
    'pending', 'reviewing', 'interview_scheduled', 'interview_completed',
    'offer_sent', 'accepted', 'rejected', 'withdrawn');

-- resume, answers and work_type_ids are what was sent, kept as sent: they do
-- not follow later changes of the profile or the post, so they are not keys.
CREATE TABLE applications (
    id             uuid               PRIMARY KEY,
    post_id        uuid               NOT NULL REFERENCES posts (id),
    crew_id        uuid               NOT NULL REFERENCES members (id),
    status         application_status NOT NULL DEFAULT 'pending',
    on_hold        boolean            NOT NULL DEFAULT false,
    status_reason  text,
    work_type_ids  uuid[]             NOT NULL DEFAULT '{}',
    message        text               NOT NULL DEFAULT '',
    resume         jsonb              NOT NULL,
    answers        jsonb              NOT NULL DEFAULT '[]',
    created_at     timestamptz        NOT NULL DEFAULT now(),
    updated_at     timestamptz        NOT NULL DEFAULT now(),
    CONSTRAINT applications_once_key UNIQUE (crew_id, post_id),
    CONSTRAINT applications_message_ck CHECK (char_length(message) <= 2000),
    CONSTRAINT applications_resume_ck CHECK (jsonb_typeof(resume) = 'object'),
    CONSTRAINT applications_answers_ck CHECK (jsonb_typeof(answers) = 'array'),
    CONSTRAINT applications_work_types_ck CHECK (
        cardinality(work_type_ids) <= 20 AND array_position(work_type_ids, NULL) IS NULL),
    CONSTRAINT applications_reason_ck CHECK (
        char_length(status_reason) <= 1000
        AND (status <> 'rejected' OR coalesce(char_length(status_reason), 0) >= 2)),
    CONSTRAINT applications_hold_ck CHECK (
        NOT on_hold OR status NOT IN ('accepted', 'rejected', 'withdrawn'))
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05,
        autovacuum_analyze_scale_factor = 0.05);

-- status is in no index: a post has few applications, so a filter is cheap,
-- and moving one through its states stays on its page (HOT, fillfactor 90).
CREATE INDEX applications_post ON applications (post_id, id);
CREATE INDEX applications_crew ON applications (crew_id, id);


CREATE FUNCTION applications_check_work_types()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT
                 FROM unnest(NEW.work_type_ids) AS chosen (id)
                WHERE NOT EXISTS (SELECT
                                    FROM post_work_types AS offered
                                   WHERE offered.post_id = NEW.post_id
                                     AND offered.work_type_id = chosen.id))
    THEN
        RAISE EXCEPTION 'application % chooses a work type its post does not offer', NEW.id
              USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'applications_work_type_offered_ck',
                    TABLE = 'applications';
    END IF;

    RETURN NEW;
END
$$;

CREATE TRIGGER applications_check_work_types
    BEFORE INSERT ON applications
    FOR EACH ROW
    WHEN (NEW.work_type_ids <> '{}')
    EXECUTE FUNCTION applications_check_work_types();


CREATE TABLE application_status_changes (
    id              bigint             GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id  uuid               NOT NULL REFERENCES applications (id),
    from_status     application_status NOT NULL,
    to_status       application_status NOT NULL,
    reason          text,
    actor_id        uuid               REFERENCES members (id),
    changed_at      timestamptz        NOT NULL DEFAULT now()
);

COMMENT ON COLUMN application_status_changes.actor_id IS 'Null: the system, as when a post ends';

CREATE INDEX application_status_changes_application
    ON application_status_changes (application_id, id);

CREATE TRIGGER application_status_changes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON application_status_changes
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_rewriting();
