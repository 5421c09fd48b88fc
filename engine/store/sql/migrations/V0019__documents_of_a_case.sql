-- The documents of cases: links to what the atoms of a journey use and produce, and how each stands.

-- Every version that came, with what became of it; the newest one counts. `since` it stands so, and `judged_for` is why
-- it was refused, or a note beside its acceptance. It came for a `visit` of an `atom`, where one makes or needs it.
CREATE TABLE case_documents (
    process_id text COLLATE "C" NOT NULL REFERENCES process_instances,
    document text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('received', 'accepted', 'refused')),
    since timestamptz NOT NULL,
    links jsonb NOT NULL CHECK (jsonb_typeof(links) = 'array'),
    note text,
    atom text,
    visit integer,
    received_by text NOT NULL,
    received_at timestamptz NOT NULL,
    judged_by text,
    judged_for text,
    PRIMARY KEY (process_id, document, version),
    CONSTRAINT for_a_visit_of_an_atom CHECK ((atom IS NULL) = (visit IS NULL)),
    CONSTRAINT judged_by_somebody CHECK ((state = 'received') = (judged_by IS NULL))
);

-- The marking of a process as one JSON text, in the shape of `engine.core.process.Process`: the current visit of every
-- step, the open tasks with their leases, the open incidents, timers, waits and children, the newest version of every
-- document that came. Numbers keep their digits.
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
        FROM children AS c WHERE c.process_id = p.id AND NOT c.over), '{}'),
    'documents', coalesce((
        SELECT json_object_agg(d.document, json_build_object(
            'document', d.document, 'version', d.version, 'state', d.state, 'since', d.since,
            'received_by', d.received_by, 'atom', d.atom, 'visit', d.visit))
        FROM (SELECT DISTINCT ON (document) * FROM case_documents WHERE process_id = p.id
            ORDER BY document, version DESC) AS d), '{}')
)::text AS marking
FROM process_instances AS p;
