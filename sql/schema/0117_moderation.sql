-- The moderators' desk: who looks at a report, how it was decided and what the
-- reporter is told.

CREATE TYPE report_action AS ENUM ('none', 'post_hidden');

ALTER TABLE reports ADD COLUMN assigned_to uuid;
ALTER TABLE reports ADD COLUMN assigned_at timestamptz;
ALTER TABLE reports ADD COLUMN action report_action;
ALTER TABLE reports ADD COLUMN answer text;
ALTER TABLE reports ADD COLUMN revision integer NOT NULL DEFAULT 1;

COMMENT ON COLUMN reports.assigned_to IS 'Who of the staff looks at it, or did';
COMMENT ON COLUMN reports.action IS 'What the decision did to the post; null while it is open';
COMMENT ON COLUMN reports.answer IS 'To the reporter; null: none was written';
COMMENT ON COLUMN reports.revision IS 'Raised by every change of the row: what If-Match names';

UPDATE reports
   SET action = 'none'
 WHERE status <> 'open';

ALTER TABLE reports
    ADD CONSTRAINT reports_assigned_fk FOREIGN KEY (assigned_to) REFERENCES members (id);
ALTER TABLE reports ADD CONSTRAINT reports_taken_ck CHECK (
    (assigned_to IS NULL) = (assigned_at IS NULL));
ALTER TABLE reports ADD CONSTRAINT reports_outcome_ck CHECK (
    (status = 'open') = (action IS NULL)
    AND (status <> 'dismissed' OR action = 'none')
    AND (status <> 'open' OR answer IS NULL));
ALTER TABLE reports ADD CONSTRAINT reports_text_ck CHECK (
    char_length(answer) BETWEEN 1 AND 1000);

CREATE TRIGGER reports_10_revision
    BEFORE UPDATE ON reports
    FOR EACH ROW
    EXECUTE FUNCTION raise_revision('revision', 'caller', 'day');

-- The queues: all that is open (reports_open), what nobody looks at, what one
-- looks at; of one post; what was decided; one's own.
CREATE INDEX reports_open_free ON reports (created_at, id)
    WHERE status = 'open' AND assigned_to IS NULL;
CREATE INDEX reports_open_assigned ON reports (assigned_to, created_at, id)
    WHERE status = 'open' AND assigned_to IS NOT NULL;
CREATE INDEX reports_open_post ON reports (post_id, created_at, id)
    WHERE status = 'open';
CREATE INDEX reports_decided ON reports (status, handled_at, id)
    WHERE status <> 'open';
CREATE INDEX reports_decided_assigned ON reports (assigned_to, status, handled_at, id)
    WHERE status <> 'open' AND assigned_to IS NOT NULL;
CREATE INDEX reports_reporter ON reports (reporter_id, created_at, id)
    WHERE reporter_id IS NOT NULL;

GRANT UPDATE (assigned_to, assigned_at, action, answer) ON reports TO resortbite_app;
