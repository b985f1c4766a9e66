-- The public list of resorts, newest first.
CREATE INDEX resorts_open_newest ON resorts (created_at DESC, id DESC) WHERE open;
