-- What the server may do.  resortbite_app is a group: a deployment makes its
-- own login role and grants it this one.  It belongs to the whole cluster, so
-- another database's migration may have made it, or be making it right now.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'resortbite_app') THEN
        CREATE ROLE resortbite_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO resortbite_app;

-- Functions are open to everybody by default; this one deletes.
REVOKE EXECUTE ON FUNCTION outbox_purge(interval) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION audit_events_add_months(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_purge(interval) TO resortbite_app;

-- Reference tables change by migration.
GRANT SELECT ON regions, categories, min_wages, schema_migrations TO resortbite_app;

-- People, resorts, posts and applications are never deleted, only marked.
GRANT SELECT, INSERT, UPDATE ON
    members, resorts, dormitories, rooms, beds, occupancies, work_types, posts, applications
    TO resortbite_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON resort_members, post_work_types TO resortbite_app;

-- An unlucky report is handled, not edited.
GRANT SELECT, INSERT ON reports TO resortbite_app;
GRANT UPDATE (status, handled_by, handled_at) ON reports TO resortbite_app;

-- post_versions and post_status_changes are written by a trigger as its owner.
GRANT SELECT ON post_versions, post_status_changes TO resortbite_app;
GRANT SELECT, INSERT ON application_status_changes, audit_events TO resortbite_app;

GRANT SELECT, INSERT, DELETE ON idempotency_keys TO resortbite_app;
GRANT UPDATE (status, response) ON idempotency_keys TO resortbite_app;

GRANT SELECT, INSERT ON outbox TO resortbite_app;
GRANT UPDATE (available_at, attempts, last_error, published_at) ON outbox TO resortbite_app;
