-- no-transaction
-- For those who look for an account by the beginning of a name.
DROP INDEX CONCURRENTLY IF EXISTS members_name;

CREATE INDEX CONCURRENTLY members_name ON members (display_name COLLATE "C", id);
