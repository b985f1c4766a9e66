-- The trail refuses rewriting row by row: a trigger FOR EACH ROW is copied to
-- every partition and holds for who names a partition instead of the table,
-- which the one FOR EACH STATEMENT did not.
DROP TRIGGER audit_events_append_only ON audit_events;

CREATE TRIGGER audit_events_append_only
    BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW
    EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER audit_events_no_truncate
    BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_rewriting();
