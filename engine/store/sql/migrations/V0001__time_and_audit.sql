-- The time of everything that runs. Milliseconds, as the API writes them; a sandbox puts its offset here.
-- Volatile: compare a column with (SELECT wayline_now()), which is read once and can use an index.
CREATE FUNCTION wayline_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN date_trunc('milliseconds', clock_timestamp());

-- Keeps `version` and `updated_at` of a row, whoever changes it.
CREATE FUNCTION wayline_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := wayline_now();
    RETURN NEW;
END $$;

CREATE FUNCTION wayline_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Which database this is. Whoever restores it from a backup gives it a new id, so that who followed it notices.
CREATE TABLE epoch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO epoch DEFAULT VALUES;

-- What concerns no process: publishing, retiring, pausing; later roles, users and settings.
CREATE TABLE audit_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT wayline_now(),
    type text NOT NULL,
    actor text NOT NULL,
    subject text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_events_of_subject ON audit_events (subject, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION wayline_refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION wayline_refuse_change();
