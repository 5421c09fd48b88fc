-- What runs. Each table has the process first in its key, and no key leads from one process to another or to a
-- journey: all rows of a process could live on a server of their own.

CREATE TABLE process_instances (
    id text COLLATE "C" PRIMARY KEY,
    journey text COLLATE "C" NOT NULL,
    journey_version text COLLATE "C" NOT NULL,
    part text,
    title text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('pending', 'running', 'suspended', 'completed', 'failed', 'cancelled')),
    outcome text,
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    business_key text,
    initiated_by text NOT NULL,
    owner text NOT NULL,
    context jsonb NOT NULL CHECK (jsonb_typeof(context) = 'object'),
    started_at timestamptz NOT NULL,
    due_at timestamptz,
    ended_at timestamptz,
    seq bigint NOT NULL CHECK (seq > 0),
    last_at timestamptz NOT NULL,
    last_task integer NOT NULL DEFAULT 0,
    last_incident integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT wayline_now(),
    CONSTRAINT ended_when_over CHECK ((status IN ('completed', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT outcome_when_completed CHECK ((status = 'completed') = (outcome IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX process_instances_newest ON process_instances (started_at, id);
CREATE INDEX process_instances_by_status ON process_instances (status, started_at, id);
CREATE INDEX process_instances_by_journey ON process_instances (journey, started_at, id);
CREATE INDEX process_instances_by_initiator ON process_instances (initiated_by, started_at, id);
CREATE INDEX process_instances_by_owner ON process_instances (owner, started_at, id);
CREATE INDEX process_instances_by_business_key ON process_instances (business_key, started_at, id)
    WHERE business_key IS NOT NULL;
CREATE INDEX process_instances_active ON process_instances (started_at, id)
    WHERE status IN ('pending', 'running', 'suspended');

CREATE TABLE steps (
    process_id text COLLATE "C" NOT NULL REFERENCES process_instances,
    atom text COLLATE "C" NOT NULL,
    visit integer NOT NULL CHECK (visit > 0),
    state text NOT NULL CHECK (state IN ('waiting', 'active', 'completed', 'failed', 'skipped', 'cancelled')),
    exit text CHECK (exit IN ('done', 'error', 'timeout')),
    ready_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    ended_seq bigint,
    edges boolean[],
    held text CHECK (held IN ('input', 'table', 'sets', 'edges', 'work')),
    output jsonb,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, atom, visit),
    CONSTRAINT ended_when_resolved CHECK ((state IN ('waiting', 'active')) = (ended_at IS NULL)),
    CONSTRAINT numbered_when_resolved CHECK ((ended_at IS NULL) = (ended_seq IS NULL)),
    CONSTRAINT exit_when_exited CHECK ((state IN ('completed', 'failed')) = (exit IS NOT NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX steps_one_unresolved_visit ON steps (process_id, atom) WHERE state IN ('waiting', 'active');

-- `urgency` and `due_order` are the order of the inbox: smaller is sooner.
CREATE TABLE tasks (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    kind text NOT NULL CHECK (kind IN ('human', 'system')),
    atom text COLLATE "C" NOT NULL,
    visit integer NOT NULL,
    name text NOT NULL,
    role text,
    action text,
    status text NOT NULL
        CHECK (status IN ('pending', 'assigned', 'in_progress', 'blocked', 'completed', 'failed', 'cancelled')),
    priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    urgency smallint NOT NULL GENERATED ALWAYS AS
        (CASE priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END) STORED,
    input jsonb,
    output jsonb,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    due_order timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(due_at, 'infinity')) STORED,
    assignee text,
    started_at timestamptz,
    ended_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    timeout_seconds double precision,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, n),
    FOREIGN KEY (process_id, atom, visit) REFERENCES steps,
    CONSTRAINT ended_when_closed CHECK ((status IN ('completed', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT pending_is_nobodys CHECK (status <> 'pending' OR assignee IS NULL),
    CONSTRAINT taken_by_somebody CHECK (status NOT IN ('assigned', 'in_progress') OR assignee IS NOT NULL),
    CONSTRAINT action_when_system CHECK ((kind = 'system') = (action IS NOT NULL)),
    CONSTRAINT next_only_when_open CHECK (next_at IS NULL OR ended_at IS NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX tasks_one_open_for_each_step ON tasks (process_id, atom, visit) WHERE ended_at IS NULL;
CREATE INDEX tasks_newest ON tasks (created_at, process_id, n);
CREATE INDEX tasks_by_role ON tasks (role, created_at, process_id, n) WHERE role IS NOT NULL;
CREATE INDEX tasks_by_assignee ON tasks (assignee, created_at, process_id, n) WHERE assignee IS NOT NULL;
CREATE INDEX tasks_open_by_status ON tasks (status, created_at, process_id, n) WHERE ended_at IS NULL;
CREATE INDEX tasks_inbox_of_user ON tasks (assignee, urgency, due_order, created_at, process_id, n)
    WHERE ended_at IS NULL AND kind = 'human' AND assignee IS NOT NULL;
CREATE INDEX tasks_inbox_of_role ON tasks (role, urgency, due_order, created_at, process_id, n)
    WHERE ended_at IS NULL AND kind = 'human' AND assignee IS NULL;

CREATE TABLE incidents (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    atom text COLLATE "C" NOT NULL,
    visit integer NOT NULL,
    code text NOT NULL CHECK (code IN (
        'unresolved', 'rule_failed', 'no_path', 'rework_limit', 'action_failed', 'task_failed', 'child_failed',
        'nobody_eligible')),
    stage text NOT NULL CHECK (stage IN ('input', 'table', 'sets', 'edges', 'work')),
    message text NOT NULL,
    fix text NOT NULL,
    raised_at timestamptz NOT NULL,
    task integer,
    resolved_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, n),
    FOREIGN KEY (process_id, atom, visit) REFERENCES steps
);
CREATE UNIQUE INDEX incidents_one_open_for_each_step ON incidents (process_id, atom, visit)
    WHERE resolved_at IS NULL;
CREATE INDEX incidents_newest ON incidents (raised_at, process_id, n);
CREATE INDEX incidents_open ON incidents (raised_at, process_id, n) WHERE resolved_at IS NULL;

CREATE TRIGGER count_change BEFORE UPDATE ON process_instances
    FOR EACH ROW EXECUTE FUNCTION wayline_count_change();
CREATE TRIGGER count_change BEFORE UPDATE ON steps FOR EACH ROW EXECUTE FUNCTION wayline_count_change();
CREATE TRIGGER count_change BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION wayline_count_change();
CREATE TRIGGER count_change BEFORE UPDATE ON incidents FOR EACH ROW EXECUTE FUNCTION wayline_count_change();
