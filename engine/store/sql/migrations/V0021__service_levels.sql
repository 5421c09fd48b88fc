-- Service levels: the clocks of tasks beside the tasks, those of all else as watches, and what is configured.

-- A clock as JSON (`engine.core.clocks.Clock`), and of it what one looks for: its target, and the next mark it comes to.
ALTER TABLE tasks
    ADD COLUMN sla json,
    ADD COLUMN sla_target_at timestamptz,
    ADD COLUMN sla_next_at timestamptz,
    ADD CONSTRAINT no_mark_after_the_end CHECK (sla_next_at IS NULL OR ended_at IS NULL);
CREATE INDEX tasks_marks ON tasks (sla_next_at, process_id) WHERE sla_next_at IS NOT NULL;

-- What is due first, by its date or its service level.
ALTER TABLE tasks ALTER COLUMN due_order SET EXPRESSION AS
    (least(coalesce(due_at, 'infinity'), coalesce(sla_target_at, 'infinity')));

-- What nobody has of a role, the oldest first.
CREATE INDEX tasks_inbox_of_role_by_age ON tasks (role, created_at, process_id, n) INCLUDE (atom)
    WHERE ended_at IS NULL AND kind <> 'system' AND assignee IS NULL;

ALTER TABLE process_instances ADD COLUMN last_watch integer NOT NULL DEFAULT 0;
CREATE TABLE watches (
    process_id text COLLATE "C" NOT NULL REFERENCES process_instances,
    n integer NOT NULL CHECK (n > 0),
    subject text NOT NULL CHECK (subject IN ('step', 'module', 'phase', 'process')),
    atom text COLLATE "C",
    visit integer,
    part text COLLATE "C",
    sla json NOT NULL,
    ended_at timestamptz,
    next_at timestamptz,
    PRIMARY KEY (process_id, n),
    CONSTRAINT no_mark_after_the_end CHECK (next_at IS NULL OR ended_at IS NULL)
);
CREATE UNIQUE INDEX watches_one_at_a_time ON watches (process_id, subject, atom, part) NULLS NOT DISTINCT
    WHERE ended_at IS NULL;
CREATE INDEX watches_marks ON watches (next_at, process_id) WHERE next_at IS NOT NULL;

-- Service levels by configuration: the document as it was given. `version` is another after every change.
CREATE SEQUENCE sla_config_versions;
CREATE TABLE sla_configs (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('sla_config_versions'),
    document json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    changed_at timestamptz NOT NULL DEFAULT wayline_now(),
    changed_by text NOT NULL
);

-- Who has seen a breach, and what they say of it. Of a task or of a watch, by its number.
CREATE TABLE sla_acknowledgements (
    process_id text COLLATE "C" NOT NULL REFERENCES process_instances,
    of_task boolean NOT NULL,
    n integer NOT NULL,
    note text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT wayline_now(),
    PRIMARY KEY (process_id, of_task, n)
);

-- Every clock, running or over: `state` is on_track, at_risk, breached or met; over and neither of the last two where its
-- work was given up. Moments are exact; `standing` has no target, but so much left of it.
CREATE VIEW sla_metrics AS
SELECT m.process_id, m.of_task, m.n, m.subject, m.atom, m.visit, m.part, m.role, m.assignee, p.journey,
    p.journey_version, p.title AS process_title, m.name, m.sla ->> 'level' AS level, m.sla ->> 'state' AS state,
    (m.sla ->> 'since')::timestamptz AS started_at, (m.sla ->> 'target_at')::timestamptz AS target_at,
    CASE WHEN m.sla ->> 'state' <> 'on_track' THEN (m.sla ->> 'warn_at')::timestamptz END AS at_risk_at,
    CASE WHEN m.sla ->> 'state' = 'breached' THEN (m.sla ->> 'target_at')::timestamptz END AS breached_at,
    CASE WHEN m.sla ->> 'state' = 'met' THEN m.ended_at END AS met_at, m.ended_at,
    (m.sla ->> 'escalated')::integer AS escalated, (m.sla ->> 'standing')::boolean AS standing,
    m.sla ->> 'target_left' AS target_left, m.sla ->> 'calendar' AS calendar, m.next_at,
    a.at AS acknowledged_at, a.by AS acknowledged_by, a.note
FROM (
    SELECT process_id, true AS of_task, n, 'task' AS subject, atom, visit, NULL AS part, role, assignee, name, sla,
        ended_at, sla_next_at AS next_at
    FROM tasks WHERE sla IS NOT NULL
    UNION ALL
    SELECT process_id, false, n, subject, atom, visit, part, NULL, NULL, coalesce(part, atom), sla, ended_at, next_at
    FROM watches
) AS m
JOIN process_instances AS p ON p.id = m.process_id
LEFT JOIN sla_acknowledgements AS a
    ON a.process_id = m.process_id AND a.of_task = m.of_task AND a.n = m.n;

-- The marking of a process as one JSON text, in the shape of `engine.core.process.Process`: the current visit of every
-- step, the open tasks with their leases, the open incidents, timers, waits and children, the newest version of every
-- document that came, and the clocks of what is no task. Numbers keep their digits.
CREATE VIEW markings AS
SELECT p.id, p.title, json_build_object(
    'id', p.id, 'journey', p.journey, 'version', p.journey_version, 'part', p.part, 'status', p.status,
    'priority', p.priority, 'initiated_by', p.initiated_by, 'owner', p.owner, 'started_at', p.started_at,
    'context', p.context, 'business_key', p.business_key, 'due_at', p.due_at, 'ended_at', p.ended_at,
    'outcome', p.outcome, 'seq', p.seq, 'last_at', p.last_at, 'last_task', p.last_task,
    'last_incident', p.last_incident, 'last_timer', p.last_timer, 'last_wait', p.last_wait,
    'last_child', p.last_child, 'last_watch', p.last_watch, 'parent', p.parent, 'compensating', p.compensating,
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
            'escalated_to', t.escalated_to, 'sla', t.sla,
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
            ORDER BY document, version DESC) AS d), '{}'),
    'watches', coalesce((
        SELECT json_object_agg(w.subject || ':' || coalesce(w.part, w.atom, ''), json_build_object(
            'n', w.n, 'of', w.subject, 'atom', w.atom, 'visit', w.visit, 'part', w.part, 'clock', w.sla,
            'ended_at', w.ended_at) ORDER BY w.n)
        FROM watches AS w WHERE w.process_id = p.id AND w.ended_at IS NULL), '{}')
)::text AS marking
FROM process_instances AS p;
