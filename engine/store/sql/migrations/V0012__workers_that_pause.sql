-- While there is a row, all workers of all processes rest: nothing is claimed, no timer fires, nothing posted is taken up.
CREATE TABLE workers_pause (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since timestamptz NOT NULL DEFAULT wayline_now(),
    by text NOT NULL,
    reason text NOT NULL
);

-- What a database needs that was brought back to an earlier time, or to another server. Whoever followed it notices by
-- the new id. Workers rest until somebody has looked: what they did after that time is done, and the database does not
-- know. Leases are given back, and tokens begin above all that were ever given out, those of a time that is lost
-- included: they are at least the milliseconds since 1970 of the last time this was called, and no work is claimed more
-- than once a millisecond. So who still works on what it claimed then is refused.
CREATE FUNCTION wayline_begin_anew(actor text, why text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first_token bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
    -- Numbers of another server's transactions may be above any of this one's, and would wait to be read for years.
    -- Within a process, and from one that posts to one that takes up, ids are in order as well.
    IF EXISTS (SELECT FROM process_events WHERE xid >= pg_current_xact_id()) THEN
        ALTER TABLE process_events ALTER COLUMN xid TYPE xid8 USING '0'::xid8;
    END IF;
    UPDATE work SET token = greatest(token + 1, first_token), worker = NULL, lease_until = NULL;
    EXECUTE format('ALTER TABLE work ALTER COLUMN token SET DEFAULT %s', first_token);
    UPDATE timers SET claimed_until = NULL WHERE claimed_until IS NOT NULL;
    UPDATE epoch SET id = gen_random_uuid(), cluster = wayline_cluster();
    INSERT INTO workers_pause (by, reason) VALUES (actor, why)
        ON CONFLICT (one) DO UPDATE SET since = excluded.since, by = excluded.by, reason = excluded.reason;
    INSERT INTO audit_events (type, actor, subject, payload)
        VALUES ('database.restored', actor, 'database', jsonb_build_object('reason', why));
    PERFORM wayline_make_partitions();
END $$;

-- Takes over a database that was loaded from the dump of another server.
CREATE OR REPLACE FUNCTION wayline_adopt() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT cluster FROM epoch) = wayline_cluster() THEN
        RETURN false;
    END IF;
    PERFORM wayline_begin_anew('system', 'The database was loaded from the dump of another server.');
    RETURN true;
END $$;
