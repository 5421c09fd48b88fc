-- The life of a task: whom it was escalated to, and what its performers have not finished.

-- The role that was told last: who holds it sees the task and may share it out.
ALTER TABLE tasks ADD COLUMN escalated_to text;

-- Unfinished outputs, each for its performer alone. They are nobody's once the task is over, and dropped soon after.
CREATE TABLE task_drafts (
    process_id text COLLATE "C" NOT NULL,
    n integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    output jsonb NOT NULL CHECK (jsonb_typeof(output) = 'object'),
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, n, user_id),
    FOREIGN KEY (process_id, n) REFERENCES tasks
);
CREATE TRIGGER count_change BEFORE UPDATE ON task_drafts
    FOR EACH ROW EXECUTE FUNCTION wayline_count_change();

-- The marking of a process as one JSON text, in the shape of `engine.core.process.Process`: the current visit of every
-- step, the open tasks with their leases, the open incidents, timers, waits and children. Numbers keep their digits.
CREATE OR REPLACE VIEW markings AS
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
            'escalated_to', t.escalated_to,
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

-- Tasks as their readers see them; without an input of its own, a task shows the whole context.
CREATE OR REPLACE VIEW task_summaries AS
SELECT t.process_id, t.n, t.kind, p.title AS process_title, p.journey, t.atom, t.visit, t.item_index, t.name,
    t.description, t.optional, t.role, t.assignee, t.delegated_by, t.seeking, t.escalations, t.status, t.priority,
    t.due_at,
    coalesce(t.input, p.context) AS input, t.output, t.created_at, t.started_at, t.ended_at, t.version, t.urgency,
    t.due_order, t.escalated_to
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id;
