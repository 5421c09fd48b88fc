-- Rework, waits, timers, messages, lists of work, children and suspension: what the contract's R7 to R18 keep.

DROP VIEW v_my_tasks;
DROP VIEW task_summaries;
DROP VIEW v_active_processes;
DROP VIEW process_summaries;
DROP VIEW markings;

-- A process without a journey is there for a task off the graph (R18).
ALTER TABLE process_instances
    ALTER COLUMN journey DROP NOT NULL,
    ALTER COLUMN journey_version DROP NOT NULL,
    ADD COLUMN created_at timestamptz,
    ADD COLUMN parent jsonb,
    ADD COLUMN compensating boolean NOT NULL DEFAULT false,
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN suspended_by_parent boolean NOT NULL DEFAULT false,
    ADD COLUMN undo text[] NOT NULL DEFAULT '{}',
    ADD COLUMN gates jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN last_timer integer NOT NULL DEFAULT 0,
    ADD COLUMN last_wait integer NOT NULL DEFAULT 0,
    ADD COLUMN last_child integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT version_of_a_journey CHECK ((journey IS NULL) = (journey_version IS NULL)),
    ADD CONSTRAINT suspended_since CHECK ((status = 'suspended') = (suspended_at IS NOT NULL)),
    ADD CONSTRAINT compensates_while_open CHECK (NOT compensating OR ended_at IS NULL);
-- When its history begins: one that waits for its `not_before` is started later (R1).
UPDATE process_instances SET created_at = started_at;
ALTER TABLE process_instances ALTER COLUMN created_at SET NOT NULL;
CREATE INDEX process_instances_by_parent ON process_instances ((parent ->> 'process'), started_at, id)
    WHERE parent IS NOT NULL;

ALTER TABLE steps
    ADD COLUMN elements jsonb CHECK (jsonb_typeof(elements) = 'array'),
    ADD COLUMN due_at timestamptz,
    ADD COLUMN outcome text;

-- Off the graph a task has no step. For people's work `due_at` is when it should be done.
ALTER TABLE tasks
    DROP CONSTRAINT tasks_kind_check,
    ALTER COLUMN atom DROP NOT NULL,
    ALTER COLUMN visit DROP NOT NULL,
    ADD COLUMN item_index integer CHECK (item_index >= 0),
    ADD COLUMN description text,
    ADD COLUMN optional boolean NOT NULL DEFAULT false,
    ADD COLUMN blocked_from text CHECK (blocked_from IN ('pending', 'assigned', 'in_progress')),
    ADD CONSTRAINT tasks_kind_check CHECK (kind IN ('human', 'system', 'ad_hoc')),
    ADD CONSTRAINT step_when_on_the_graph CHECK (
        (kind = 'ad_hoc') = (atom IS NULL) AND (atom IS NULL) = (visit IS NULL)
        AND (atom IS NOT NULL OR item_index IS NULL)),
    ADD CONSTRAINT optional_off_the_graph CHECK (NOT optional OR kind = 'ad_hoc'),
    ADD CONSTRAINT blocked_from_somewhere CHECK (status <> 'blocked' OR blocked_from IS NOT NULL);
DROP INDEX tasks_one_open_for_each_step;
CREATE UNIQUE INDEX tasks_one_open_for_each_element ON tasks (process_id, atom, visit, item_index) NULLS NOT DISTINCT
    WHERE ended_at IS NULL AND atom IS NOT NULL;
DROP INDEX tasks_inbox_of_user;
DROP INDEX tasks_inbox_of_role;
CREATE INDEX tasks_inbox_of_user ON tasks (assignee, urgency, due_order, created_at, process_id, n)
    WHERE ended_at IS NULL AND kind <> 'system' AND assignee IS NOT NULL;
CREATE INDEX tasks_inbox_of_role ON tasks (role, urgency, due_order, created_at, process_id, n)
    WHERE ended_at IS NULL AND kind <> 'system' AND assignee IS NULL;

ALTER TABLE task_assignments
    DROP CONSTRAINT task_assignments_method_check,
    ADD CONSTRAINT task_assignments_method_check CHECK (method IN ('claim', 'complete', 'fail', 'reassign'));

ALTER TABLE incidents ADD COLUMN item_index integer CHECK (item_index >= 0);
DROP INDEX incidents_one_open_for_each_step;
CREATE UNIQUE INDEX incidents_one_open_for_each_element ON incidents (process_id, atom, visit, item_index)
    NULLS NOT DISTINCT WHERE resolved_at IS NULL;

-- While its process is suspended, work is `standing`: nobody may take it, and its lease does not run out (R12).
ALTER TABLE work ADD COLUMN standing boolean NOT NULL DEFAULT false;
DROP INDEX work_due;
DROP INDEX work_leased;
CREATE INDEX work_due ON work (action, due_at, process_id, n)
    WHERE lease_until IS NULL AND due_at IS NOT NULL AND NOT standing;
CREATE INDEX work_leased ON work (lease_until, process_id, n) WHERE lease_until IS NOT NULL AND NOT standing;

-- R11, R16: what happens at a time, set in the order of `n`. One that `moves` has some seconds `left` while its process
-- is suspended; all of that process's are `standing`. A worker that is firing it has it until `claimed_until`.
CREATE TABLE timers (
    process_id text COLLATE "C" NOT NULL REFERENCES process_instances,
    n integer NOT NULL CHECK (n > 0),
    kind text NOT NULL CHECK (kind IN ('timeout', 'for', 'until', 'not_before')),
    atom text COLLATE "C",
    visit integer,
    due_at timestamptz NOT NULL,
    moves boolean NOT NULL,
    standing boolean NOT NULL,
    left_seconds numeric,
    claimed_until timestamptz,
    PRIMARY KEY (process_id, n),
    FOREIGN KEY (process_id, atom, visit) REFERENCES steps,
    CONSTRAINT step_unless_it_holds_the_start CHECK (
        (kind = 'not_before') = (atom IS NULL) AND (atom IS NULL) = (visit IS NULL)),
    CONSTRAINT left_while_it_stands CHECK ((moves AND standing) = (left_seconds IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX timers_due ON timers (due_at, process_id, n) WHERE NOT standing;

-- R16: who waits for a message. `place` is where those of one name and key lie; `key` is the JSON text that equal keys
-- share. A suspended process's wait may have a message bound to it already (R12). `id` is the order in which waits of
-- the same moment began.
CREATE TABLE waits (
    id bigint GENERATED ALWAYS AS IDENTITY,
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    atom text COLLATE "C" NOT NULL,
    visit integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    key_value json,
    place bigint NOT NULL GENERATED ALWAYS AS (hashtextextended(name || E'\n' || key, 2)) STORED,
    since timestamptz NOT NULL,
    bound_message text,
    bound_body json,
    PRIMARY KEY (process_id, n),
    FOREIGN KEY (process_id, atom, visit) REFERENCES steps,
    CONSTRAINT bound_with_a_body CHECK ((bound_message IS NULL) = (bound_body IS NULL))
);
CREATE INDEX waits_longest ON waits (place, since, id) WHERE bound_message IS NULL;

-- R16: messages that came before anyone waited for them; in the order of `id` they came.
CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL,
    name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    place bigint NOT NULL GENERATED ALWAYS AS (hashtextextended(name || E'\n' || key, 2)) STORED,
    body json NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT wayline_now(),
    kept_until timestamptz NOT NULL
);
CREATE INDEX messages_oldest ON messages (place, id);
CREATE INDEX messages_past ON messages (kept_until);

-- R15: the children that a process has or had. One that has ended and was not heard yet has `ended` (R12).
CREATE TABLE children (
    process_id text COLLATE "C" NOT NULL,
    child text COLLATE "C" NOT NULL,
    n integer NOT NULL CHECK (n > 0),
    atom text COLLATE "C" NOT NULL,
    visit integer NOT NULL,
    item_index integer CHECK (item_index >= 0),
    since timestamptz NOT NULL,
    ended json,
    over boolean NOT NULL DEFAULT false,
    PRIMARY KEY (process_id, child),
    UNIQUE (process_id, n),
    FOREIGN KEY (process_id, atom, visit) REFERENCES steps
);

-- What a process is posted may start it, as a child of the version it `calls`. One that failed in a way nobody
-- expected is put off until `next_at`, and with it what came after.
ALTER TABLE commands
    ALTER COLUMN payload TYPE json,
    ADD COLUMN calls text,
    ADD COLUMN correlation_id text,
    ADD COLUMN failures integer NOT NULL DEFAULT 0,
    ADD COLUMN next_at timestamptz;

-- How far a sandbox's clock was moved. The amount stands in `wayline_now()` itself, which is planned into the
-- statements that call it, so that a clock that was never moved costs nothing.
CREATE TABLE sandbox_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    moved interval NOT NULL DEFAULT '0'
);
INSERT INTO sandbox_clock DEFAULT VALUES;

-- Moves the clock on to `goal`, at the least: it never goes back. Gives the time then.
CREATE FUNCTION wayline_advance_clock(goal timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    ahead interval;
BEGIN
    SELECT moved INTO ahead FROM sandbox_clock FOR UPDATE;
    IF goal <= clock_timestamp() + ahead THEN
        RETURN date_trunc('milliseconds', clock_timestamp() + ahead);
    END IF;
    ahead := make_interval(secs => extract(epoch FROM goal - clock_timestamp())::double precision);
    UPDATE sandbox_clock SET moved = ahead;
    EXECUTE format('CREATE OR REPLACE FUNCTION wayline_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE '
        'RETURN date_trunc(''milliseconds'', clock_timestamp() + %L::interval)', ahead);
    RETURN date_trunc('milliseconds', clock_timestamp() + ahead);
END $$;
