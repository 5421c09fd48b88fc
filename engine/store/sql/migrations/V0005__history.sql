-- Every fact, once, for ever. `xid` is the transaction that wrote it: readers follow (xid, id) and stop below the
-- oldest transaction under way, as ids alone are given at insert and seen at commit. The payload is the fact without
-- what stands in columns.
CREATE TABLE process_events (
    process_id text COLLATE "C" NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    id bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    type text NOT NULL,
    v smallint NOT NULL,
    actor text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
    correlation_id text,
    atom text,
    visit integer,
    task integer,
    payload jsonb NOT NULL,
    PRIMARY KEY (process_id, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX process_events_in_commit_order ON process_events (xid, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON process_events
    FOR EACH ROW EXECUTE FUNCTION wayline_refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON process_events
    FOR EACH STATEMENT EXECUTE FUNCTION wayline_refuse_change();
CREATE TABLE process_events_default PARTITION OF process_events DEFAULT;
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON process_events_default
    FOR EACH STATEMENT EXECUTE FUNCTION wayline_refuse_change();

-- Who had a task, and how it came to them: a row for each time, `seq` being the event that says so.
CREATE TABLE task_assignments (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL,
    seq bigint NOT NULL,
    method text NOT NULL CHECK (method IN ('claim', 'start', 'complete', 'reassign')),
    assigned_by text NOT NULL,
    from_user text,
    to_user text NOT NULL,
    at timestamptz NOT NULL,
    released_at timestamptz,
    PRIMARY KEY (process_id, n, seq),
    FOREIGN KEY (process_id, n) REFERENCES tasks
);
CREATE UNIQUE INDEX task_assignments_one_holder ON task_assignments (process_id, n) WHERE released_at IS NULL;
CREATE INDEX task_assignments_of_user ON task_assignments (to_user, at);

-- Makes one partition of process_events or idempotency_keys, if it is not there. Attached rather than created in
-- place, as that would stop every writer of the parent.
CREATE FUNCTION wayline_make_partition(parent text, lower timestamptz, upper timestamptz, suffix text)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := parent || '_' || suffix;
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, lower, upper);
    IF parent = 'process_events' THEN
        EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION wayline_refuse_change()', name);
    END IF;
EXCEPTION WHEN check_violation THEN
    -- The default partition has rows of this range already; they stay there, and so do those to come.
    NULL;
END $$;

-- Partitions of the coming time: three months of events, three days of keys. Ranges are in UTC, whoever calls.
CREATE FUNCTION wayline_make_partitions() RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    start timestamptz;
BEGIN
    FOR start IN
        SELECT date_trunc('month', wayline_now()) + ahead * interval '1 month' FROM generate_series(0, 2) AS ahead
    LOOP
        PERFORM wayline_make_partition('process_events', start, start + interval '1 month', to_char(start, 'YYYY_MM'));
    END LOOP;
    FOR start IN
        SELECT date_trunc('day', wayline_now()) + ahead * interval '1 day' FROM generate_series(0, 2) AS ahead
    LOOP
        PERFORM wayline_make_partition(
            'idempotency_keys', start, start + interval '1 day', to_char(start, 'YYYY_MM_DD'));
    END LOOP;
END $$;
SELECT wayline_make_partitions();

-- Drops the keys that are older than `age`: whole partitions, and what came to lie in the default one.
CREATE FUNCTION wayline_drop_keys(age interval) RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN
        SELECT inhrelid::regclass FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'idempotency_keys'::regclass
            AND relname ~ '^idempotency_keys_\d{4}_\d{2}_\d{2}$'
            AND to_date(right(relname, 10), 'YYYY_MM_DD') + interval '1 day' <= wayline_now() - age
    LOOP
        EXECUTE format('DROP TABLE %s', partition);
    END LOOP;
    DELETE FROM idempotency_keys_default WHERE created_at <= wayline_now() - age;
END $$;
