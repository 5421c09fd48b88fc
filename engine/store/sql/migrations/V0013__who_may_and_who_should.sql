-- Who may, who should: four eyes, tasks that the engine gives out, delegation, working time.

DROP VIEW v_my_tasks;
DROP VIEW task_summaries;
DROP VIEW v_active_processes;
DROP VIEW process_summaries;
DROP VIEW markings;

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

-- The marking of a process as one JSON text, in the shape of `engine.core.process.Process`: the current visit of every
-- step, the open tasks with their leases, the open incidents, timers, waits and children. Numbers keep their digits.
CREATE VIEW markings AS
SELECT p.id, p.title, json_build_object(
    'id', p.id, 'journey', p.journey, 'version', p.journey_version, 'part', p.part, 'status', p.status,
    'priority', p.priority, 'initiated_by', p.initiated_by, 'owner', p.owner, 'started_at', p.started_at,
    'context', p.context, 'business_key', p.business_key, 'due_at', p.due_at, 'ended_at', p.ended_at,
    'outcome', p.outcome, 'seq', p.seq, 'last_at', p.last_at, 'last_task', p.last_task,
    'last_incident', p.last_incident, 'last_timer', p.last_timer, 'last_wait', p.last_wait,
    'last_child', p.last_child, 'parent', p.parent, 'compensating', p.compensating,
    'suspended_at', p.suspended_at, 'suspended_by_parent', p.suspended_by_parent, 'undo', p.undo, 'gates', p.gates,
    'steps', coalesce((
        SELECT json_object_agg(s.atom, json_build_object(
            'atom', s.atom, 'visit', s.visit, 'state', s.state, 'exit', s.exit, 'ready_at', s.ready_at,
            'started_at', s.started_at, 'ended_at', s.ended_at, 'ended_seq', s.ended_seq, 'edges', s.edges,
            'held', s.held, 'output', s.output, 'outcome', s.outcome, 'due_at', s.due_at,
            'elements', s.elements, 'performers', s.performers) ORDER BY s.ready_at, s.atom)
        FROM (SELECT DISTINCT ON (atom) * FROM steps WHERE process_id = p.id ORDER BY atom, visit DESC) AS s), '{}'),
    'tasks', coalesce((
        SELECT json_object_agg(t.n, json_build_object(
            'n', t.n, 'kind', t.kind, 'atom', t.atom, 'visit', t.visit, 'name', t.name, 'role', t.role,
            'action', t.action, 'status', t.status, 'priority', t.priority, 'input', t.input,
            'created_at', t.created_at, 'assignee', t.assignee, 'started_at', t.started_at, 'ended_at', t.ended_at,
            'output', t.output, 'attempts', t.attempts, 'next_at', t.next_at,
            'timeout_seconds', t.timeout_seconds, 'version', t.version, 'item_index', t.item_index,
            'due_at', t.due_at, 'description', t.description, 'optional', t.optional, 'blocked_from', t.blocked_from,
            'seeking', t.seeking, 'delegated_by', t.delegated_by, 'escalations', t.escalations,
            'lease', CASE WHEN w.lease_until IS NOT NULL
                THEN json_build_object('token', w.token, 'worker', w.worker, 'until', w.lease_until) END) ORDER BY t.n)
        FROM tasks AS t LEFT JOIN work AS w ON w.process_id = t.process_id AND w.n = t.n
        WHERE t.process_id = p.id AND t.ended_at IS NULL), '{}'),
    'incidents', coalesce((
        SELECT json_object_agg(i.n, json_build_object(
            'n', i.n, 'atom', i.atom, 'visit', i.visit, 'code', i.code, 'stage', i.stage, 'message', i.message,
            'fix', i.fix, 'raised_at', i.raised_at, 'task', i.task, 'item_index', i.item_index,
            'resolved_at', i.resolved_at) ORDER BY i.n)
        FROM incidents AS i WHERE i.process_id = p.id AND i.resolved_at IS NULL), '{}'),
    'timers', coalesce((
        SELECT json_object_agg(t.n, json_build_object(
            'n', t.n, 'kind', t.kind, 'atom', t.atom, 'visit', t.visit, 'due_at', t.due_at, 'moves', t.moves,
            'standing', t.standing, 'left', CASE WHEN t.left_seconds < 0 THEN format('-PT%sS', -t.left_seconds)
                WHEN t.left_seconds >= 0 THEN format('PT%sS', t.left_seconds) END,
            'calendar', t.calendar) ORDER BY t.n)
        FROM timers AS t WHERE t.process_id = p.id), '{}'),
    'waits', coalesce((
        SELECT json_object_agg(w.n, json_build_object(
            'n', w.n, 'atom', w.atom, 'visit', w.visit, 'name', w.name, 'key', w.key_value, 'since', w.since,
            'bound', CASE WHEN w.bound_message IS NOT NULL
                THEN json_build_object('message', w.bound_message, 'body', w.bound_body) END) ORDER BY w.n)
        FROM waits AS w WHERE w.process_id = p.id), '{}'),
    'children', coalesce((
        SELECT json_object_agg(c.child, json_build_object(
            'id', c.child, 'n', c.n, 'atom', c.atom, 'visit', c.visit, 'item_index', c.item_index,
            'since', c.since, 'ended', c.ended) ORDER BY c.n)
        FROM children AS c WHERE c.process_id = p.id AND NOT c.over), '{}')
)::text AS marking
FROM process_instances AS p;

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
