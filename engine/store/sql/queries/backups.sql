-- What a backup notes of a database, and what a restore looks at and leaves behind.

-- name: hold_still
-- Shared: several backups may be taken at once. Neither migrations nor the pruner's partitions come between: both would
-- wait for the dump's locks, and everything else for theirs.
SELECT pg_advisory_lock_shared(hashtextextended('wayline prune', 0)), pg_advisory_lock_shared(7797, 1);

-- name: backup_facts
SELECT wayline_now() AS taken_at, current_setting('server_version') AS server, current_database() AS database,
    concat_ws('/', id, wayline_cluster(), wayline_timeline()) AS epoch, pg_export_snapshot() AS snapshot
FROM epoch;

-- name: last_event
SELECT at, process_id AS process, seq FROM process_events ORDER BY xid DESC, id DESC LIMIT 1;

-- name: own_tables
SELECT relname AS name FROM pg_class
WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind = 'r'
ORDER BY relname;

-- name: forget_who_was_there
SELECT pg_stat_clear_snapshot();

-- name: other_sessions
-- Whose kind we may not see has a user, where what the server itself runs has none.
SELECT coalesce(string_agg(DISTINCT coalesce(nullif(application_name, ''), usename), ', '), '') AS names,
    count(*) AS sessions
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
    AND coalesce(backend_type, 'client backend') = 'client backend';

-- name: is_empty
-- Of tables, views, sequences and functions.
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace(%(schema)s))
    AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = to_regnamespace(%(schema)s)) AS empty;

-- name: has_engine
SELECT to_regclass('schema_migrations') IS NOT NULL AND to_regclass('process_instances') IS NOT NULL AS engine;

-- name: has_cases
SELECT EXISTS (SELECT FROM process_instances) OR EXISTS (SELECT FROM journeys) AS cases;

-- name: set_aside
ALTER SCHEMA public RENAME TO wayline_set_aside;

-- name: make_schema
CREATE SCHEMA public;

-- name: drop_set_aside
DROP SCHEMA wayline_set_aside CASCADE;

-- name: events_after_time
SELECT count(*) AS events FROM process_events WHERE at > coalesce(%(at)s::timestamptz, '-infinity');

-- name: begin_anew
SELECT wayline_begin_anew(%(actor)s, %(why)s);
