-- Who may, who should: four eyes, tasks that the engine gives out, delegation, working time.

DROP VIEW v_my_tasks;
DROP VIEW task_summaries;
DROP VIEW v_active_processes;
DROP VIEW process_summaries;
DROP VIEW markings; -- V0021 makes it anew

-- Who did the tasks of a visit; while nobody has, of the one before.
ALTER TABLE steps ADD COLUMN performers text[] NOT NULL DEFAULT '{}';

ALTER TABLE tasks
    ADD COLUMN seeking boolean NOT NULL DEFAULT false,
    ADD COLUMN delegated_by text,
    ADD COLUMN escalations integer NOT NULL DEFAULT 0 CHECK (escalations >= 0),
    ADD CONSTRAINT delegated_to_somebody CHECK (delegated_by IS NULL OR assignee IS NOT NULL);

-- What is `left` of a timer with a calendar is working time.
ALTER TABLE timers ADD COLUMN calendar text;

-- One of the stage `assignment` holds nothing: nobody could be chosen for its task.
ALTER TABLE incidents
    DROP CONSTRAINT incidents_stage_check,
    ADD CONSTRAINT incidents_stage_check
        CHECK (stage IN ('input', 'table', 'sets', 'edges', 'work', 'assignment'));

-- `turn` counts what the engine gave in a role, `instead_of` is who is absent. Who has a task accepts it by starting it.
ALTER TABLE task_assignments
    DROP CONSTRAINT task_assignments_method_check,
    ADD CONSTRAINT task_assignments_method_check CHECK (method IN (
        'claim', 'complete', 'fail', 'reassign', 'round_robin', 'load_balanced', 'skill_based', 'same_as',
        'substitute', 'delegate', 'return', 'escalate')),
    ADD COLUMN role text,
    ADD COLUMN turn bigint,
    ADD COLUMN instead_of text,
    ADD COLUMN accepted_at timestamptz,
    ADD COLUMN completed_at timestamptz;
CREATE INDEX task_assignments_in_turn ON task_assignments (role, to_user, turn) WHERE turn IS NOT NULL;

-- The tasks for which the engine chooses somebody: a row for each that is seeking and pending, looked at from `next_at`.
CREATE TABLE assignment_queue (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL,
    role text NOT NULL,
    since timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    PRIMARY KEY (process_id, n),
    FOREIGN KEY (process_id, n) REFERENCES tasks
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX assignment_queue_next ON assignment_queue (next_at, since, process_id, n);

-- Processes as lists show them.
CREATE VIEW process_summaries AS
SELECT p.id, p.title, p.journey, p.journey_version AS version, p.status, p.outcome, p.business_key, p.priority,
    p.initiated_by, p.owner, p.started_at, p.ended_at, p.due_at, p.context, p.compensating,
    p.parent ->> 'process' AS parent,
    (SELECT count(*) FROM tasks AS t WHERE t.process_id = p.id AND t.ended_at IS NULL AND t.kind <> 'system')
        AS open_tasks,
    (SELECT count(*) FROM incidents AS i WHERE i.process_id = p.id AND i.resolved_at IS NULL) AS incidents
FROM process_instances AS p;

CREATE VIEW v_active_processes AS
SELECT * FROM process_summaries WHERE status IN ('pending', 'running', 'suspended');

-- Tasks as their readers see them; without an input of its own, a task shows the whole context.
CREATE VIEW task_summaries AS
SELECT t.process_id, t.n, t.kind, p.title AS process_title, p.journey, t.atom, t.visit, t.item_index, t.name,
    t.description, t.optional, t.role, t.assignee, t.delegated_by, t.seeking, t.escalations, t.status, t.priority,
    t.due_at,
    coalesce(t.input, p.context) AS input, t.output, t.created_at, t.started_at, t.ended_at, t.version, t.urgency,
    t.due_order
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id;

-- The inbox for SQL clients. Who asks is said by two settings of the session:
--   SELECT set_config('wayline.user', 'uma', false), set_config('wayline.roles', 'underwriter,closer', false);
CREATE VIEW v_my_tasks AS
SELECT * FROM task_summaries
WHERE kind <> 'system' AND ended_at IS NULL
    AND (assignee = current_setting('wayline.user', true)
        OR (assignee IS NULL AND role = ANY (string_to_array(current_setting('wayline.roles', true), ','))))
ORDER BY urgency, due_order, created_at, process_id, n;
