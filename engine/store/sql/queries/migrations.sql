-- name: lock_migrations
-- Two numbers, a space of locks apart from the keys of `lock_keys`.
SELECT pg_advisory_xact_lock(7797, 1);

-- name: make_migrations_table
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: applied_migrations
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

-- name: note_migration
INSERT INTO schema_migrations (version, name, checksum) VALUES (%(version)s, %(name)s, %(checksum)s);

-- name: adopt
SELECT wayline_adopt();

-- name: is_of_this_server
SELECT cluster = wayline_cluster() AS ours FROM epoch;
