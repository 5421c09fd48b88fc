-- The workers' queue (R10): one row for each open system task. `due_at` is null while an incident holds it, `attempt`
-- counts the failed ones. A worker holds the row until `lease_until`; `token` only grows and fences late answers.
CREATE TABLE work (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL,
    action text COLLATE "C" NOT NULL,
    due_at timestamptz,
    timeout_seconds double precision NOT NULL CHECK (timeout_seconds > 0),
    attempt integer NOT NULL DEFAULT 0,
    token bigint NOT NULL DEFAULT 0,
    worker text,
    lease_until timestamptz,
    PRIMARY KEY (process_id, n),
    FOREIGN KEY (process_id, n) REFERENCES tasks,
    CONSTRAINT held_by_somebody CHECK ((worker IS NULL) = (lease_until IS NULL)),
    CONSTRAINT held_work_is_due CHECK (lease_until IS NULL OR due_at IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX work_due ON work (action, due_at, process_id, n) WHERE lease_until IS NULL AND due_at IS NOT NULL;
CREATE INDEX work_leased ON work (lease_until, process_id, n) WHERE lease_until IS NOT NULL;

-- Look-ups that span processes have small tables and keys of their own.

-- R17: the open process that holds a business key.
CREATE TABLE business_keys (
    journey text COLLATE "C" NOT NULL,
    business_key text COLLATE "C" NOT NULL,
    process_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (journey, business_key)
);

-- What one process asks of another (a child's end, a message): written in the asking one's transaction, for
-- `process_id` to take up in a transaction of its own.
CREATE TABLE commands (
    process_id text COLLATE "C" NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    from_process_id text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, id)
);
CREATE INDEX commands_oldest ON commands (id);

-- R17: answers remembered for a caller's key; a partition a day, dropped when past its age. One row for each key
-- across partitions is held by advisory locks that are taken before the look-up.
CREATE TABLE idempotency_keys (
    caller text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    fingerprint text NOT NULL,
    status smallint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (caller, key, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE idempotency_keys_default PARTITION OF idempotency_keys DEFAULT;
