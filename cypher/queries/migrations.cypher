// name: guard_migrations
// Before there is any migration: the constraint that makes the lock one node, whoever asks first.
CREATE CONSTRAINT migration_lock_name IF NOT EXISTS FOR (n:MigrationLock) REQUIRE n.name IS UNIQUE;

// name: guard_versions
CREATE CONSTRAINT migration_version IF NOT EXISTS FOR (n:Migration) REQUIRE n.version IS UNIQUE;

// name: take_migration_lock
// The first SET waits for whoever else is in this statement. A holder that died is outlived by its own expiry.
MERGE (lock:MigrationLock {name: 'schema'})
SET lock.asked_at = datetime()
WITH lock
WHERE lock.holder IS NULL OR lock.holder = $holder OR lock.expires_at < datetime()
SET lock.holder = $holder, lock.expires_at = datetime() + duration({seconds: $seconds})
RETURN lock.holder AS holder;

// name: release_migration_lock
MATCH (lock:MigrationLock {name: 'schema', holder: $holder})
REMOVE lock.holder, lock.expires_at;

// name: applied_migrations
MATCH (migration:Migration)
RETURN migration.version AS version, migration.name AS name, migration.checksum AS checksum
ORDER BY version;

// name: record_migration
// Schema and data cannot share a transaction in Neo4j; every migration statement is therefore written to be repeatable.
MERGE (migration:Migration {version: $version})
SET migration.name = $name, migration.checksum = $checksum, migration.applied_at = datetime();
