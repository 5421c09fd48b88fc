-- The server this database lives on: another one after a dump was loaded elsewhere, another timeline after a recovery
-- to a point in time or a failover. In all of these, events that were read from here before may be gone.
CREATE FUNCTION wayline_cluster() RETURNS text LANGUAGE sql STABLE
RETURN (SELECT system_identifier FROM pg_control_system())::text;
CREATE FUNCTION wayline_timeline() RETURNS text LANGUAGE sql STABLE
RETURN (SELECT timeline_id FROM pg_control_checkpoint())::text;

ALTER TABLE epoch ADD COLUMN cluster text;
UPDATE epoch SET cluster = wayline_cluster();
ALTER TABLE epoch ALTER COLUMN cluster SET NOT NULL;

-- Takes over a database that was loaded from the dump of another server. Its events have that server's transaction
-- numbers, which may be above any of this one's, and would wait to be read for years; within a process their ids are
-- in order as well.
CREATE FUNCTION wayline_adopt() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT cluster FROM epoch) = wayline_cluster() THEN
        RETURN false;
    END IF;
    ALTER TABLE process_events DISABLE TRIGGER append_only;
    UPDATE process_events SET xid = '0';
    ALTER TABLE process_events ENABLE TRIGGER append_only;
    UPDATE epoch SET id = gen_random_uuid(), cluster = wayline_cluster();
    RETURN true;
END $$;
