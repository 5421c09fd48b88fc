-- One transaction on what runs, in the order of its locks: keys, processes, business keys; then everything is written
-- by one statement, whatever the number of decisions. Rows come as JSON, each process once, in its last state.

-- name: lock_keys
-- One row for each key over all partitions is held by these locks (R17): who comes later waits for this commit.
SELECT pg_advisory_xact_lock(place)
FROM (
    SELECT DISTINCT hashtextextended(caller || E'\n' || key, 0) AS place
    FROM unnest(%(callers)s::text[], %(keys)s::text[]) AS k (caller, key)
    ORDER BY place
) AS sorted;

-- name: recall
SELECT DISTINCT ON (i.caller, i.key) i.caller, i.key, i.fingerprint, i.status, i.body
FROM unnest(%(callers)s::text[], %(keys)s::text[]) AS k (caller, key)
JOIN idempotency_keys AS i ON i.caller = k.caller AND i.key = k.key
WHERE i.created_at > (SELECT wayline_now()) - %(age)s::interval
ORDER BY i.caller, i.key, i.created_at DESC;

-- name: lock_processes
-- All waiting happens at the advisory locks, which give no transaction id: it is drawn by the first row lock. One drawn
-- before a wait would put this transaction's events before those of whom it waited for, and the outbox follows xids.
-- They are taken for processes that there are none of yet, too: a child's start is taken up by one worker.
WITH held AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock(hashtextextended(id, 1))) AS locks
    FROM (SELECT unnest(%(ids)s::text[]) COLLATE "C" AS id ORDER BY 1) AS wanted
), present AS MATERIALIZED (
    SELECT id FROM process_instances
    WHERE id = ANY (%(ids)s::text[]) AND (SELECT locks FROM held) > 0
    ORDER BY id FOR UPDATE
)
SELECT held.locks, (SELECT count(*) FROM present) AS present FROM held;

-- name: load_markings
-- After the locks, in a statement of its own: its snapshot sees what the last holder wrote to every table, where a
-- locking SELECT would see that of the locked row alone. One row without a process comes when none is asked for.
-- A process that there is none of yet may have been posted its start.
SELECT clock.now, m.marking, (
    SELECT json_agg(json_build_object(
        'id', c.id, 'process_id', c.process_id, 'from_process_id', c.from_process_id, 'kind', c.kind,
        'payload', c.payload, 'calls', c.calls, 'correlation_id', c.correlation_id,
        'put_off', coalesce(c.next_at > clock.now, false)) ORDER BY c.id)
    FROM (SELECT * FROM commands WHERE process_id = wanted.id ORDER BY id LIMIT 100) AS c
)::text AS pending
FROM (SELECT wayline_now() AS now) AS clock
LEFT JOIN unnest(%(ids)s::text[]) AS wanted (id) ON true
LEFT JOIN LATERAL (SELECT marking FROM markings WHERE markings.id = wanted.id OFFSET 0) AS m ON true;

-- name: take_business_keys
-- Waits for whoever is taking or giving back the same key. Sorted, so that two batches cannot wait for each other.
INSERT INTO business_keys (journey, business_key, process_id)
SELECT * FROM unnest(%(journeys)s::text[], %(keys)s::text[], %(processes)s::text[]) AS k (journey, key, process)
ORDER BY journey COLLATE "C", key COLLATE "C"
ON CONFLICT DO NOTHING;

-- name: business_key_holders
SELECT b.journey, b.business_key, b.process_id
FROM unnest(%(journeys)s::text[], %(keys)s::text[]) AS k (journey, key)
JOIN business_keys AS b ON b.journey = k.journey AND b.business_key = k.key;

-- name: write_commits
-- `expected` is the seq the process was decided on, null for a start. The number of processes written is the answer;
-- whoever calls compares it.
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(processes)s::json) AS r (
        id text, expected bigint, journey text, journey_version text, part text, title text, status text,
        outcome text, priority text, business_key text, initiated_by text, owner text, context jsonb,
        started_at timestamptz, due_at timestamptz, ended_at timestamptz, seq bigint, last_at timestamptz,
        last_task integer, last_incident integer, last_timer integer, last_wait integer, last_child integer,
        parent jsonb, compensating boolean, suspended_at timestamptz, suspended_by_parent boolean, undo text[],
        gates jsonb)
), started AS (
    INSERT INTO process_instances (
        id, journey, journey_version, part, title, status, outcome, priority, business_key, initiated_by, owner,
        context, started_at, due_at, ended_at, seq, last_at, last_task, last_incident, last_timer, last_wait,
        last_child, parent, compensating, suspended_at, suspended_by_parent, undo, gates, created_at)
    SELECT id, journey, journey_version, part, title, status, outcome, priority, business_key, initiated_by, owner,
        context, started_at, due_at, ended_at, seq, last_at, last_task, last_incident, last_timer, last_wait,
        last_child, parent, compensating, suspended_at, suspended_by_parent, undo, gates, started_at
    FROM given WHERE expected IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
), moved AS (
    UPDATE process_instances AS p SET
        title = g.title, status = g.status, outcome = g.outcome, priority = g.priority, owner = g.owner,
        context = g.context, started_at = g.started_at, due_at = g.due_at, ended_at = g.ended_at, seq = g.seq, last_at = g.last_at,
        last_task = g.last_task, last_incident = g.last_incident, last_timer = g.last_timer,
        last_wait = g.last_wait, last_child = g.last_child, compensating = g.compensating,
        suspended_at = g.suspended_at, suspended_by_parent = g.suspended_by_parent, undo = g.undo, gates = g.gates
    FROM given AS g WHERE p.id = g.id AND p.seq = g.expected
    RETURNING p.id
), written_steps AS (
    INSERT INTO steps (
        process_id, atom, visit, state, exit, ready_at, started_at, ended_at, ended_seq, edges, held, output, outcome,
        due_at, elements)
    SELECT process_id, atom, visit, state, exit, ready_at, started_at, ended_at, ended_seq, edges, held, output, outcome,
        due_at, elements
    FROM json_populate_recordset(NULL::steps, %(steps)s::json)
    ON CONFLICT (process_id, atom, visit) DO UPDATE SET
        state = excluded.state, exit = excluded.exit, ready_at = excluded.ready_at,
        started_at = excluded.started_at, ended_at = excluded.ended_at, ended_seq = excluded.ended_seq,
        edges = excluded.edges, held = excluded.held, output = excluded.output, outcome = excluded.outcome,
        due_at = excluded.due_at, elements = excluded.elements
), written_tasks AS (
    INSERT INTO tasks (
        process_id, n, kind, atom, visit, name, role, action, status, priority, input, output, created_at, assignee,
        started_at, ended_at, attempts, next_at, timeout_seconds, item_index, due_at, description, optional,
        blocked_from)
    SELECT process_id, n, kind, atom, visit, name, role, action, status, priority, input, output, created_at,
        assignee, started_at, ended_at, attempts, next_at, timeout_seconds, item_index, due_at, description, optional,
        blocked_from
    FROM json_populate_recordset(NULL::tasks, %(tasks)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        status = excluded.status, priority = excluded.priority, input = excluded.input, output = excluded.output,
        assignee = excluded.assignee, started_at = excluded.started_at, ended_at = excluded.ended_at,
        attempts = excluded.attempts, next_at = excluded.next_at, due_at = excluded.due_at,
        blocked_from = excluded.blocked_from
), placed AS MATERIALIZED (
    SELECT process_id, n, action, due_at, timeout_seconds, attempt, standing
    FROM json_populate_recordset(NULL::work, %(placed)s::json)
), closed AS MATERIALIZED (
    SELECT process_id, n FROM json_populate_recordset(NULL::work, %(closed)s::json)
), placed_work AS (
    -- A changed place ends the lease: the token in it is never given out again.
    INSERT INTO work (process_id, n, action, due_at, timeout_seconds, attempt, standing)
    SELECT process_id, n, action, due_at, timeout_seconds, attempt, standing FROM placed
    ON CONFLICT (process_id, n) DO UPDATE SET
        due_at = excluded.due_at, attempt = excluded.attempt, standing = excluded.standing, worker = NULL,
        lease_until = NULL
), stopped_work AS (
    -- Stands still with its process, or moves on by the time that it stood, its lease too (R12).
    UPDATE work AS w SET
        standing = s.standing, due_at = w.due_at + make_interval(secs => s.stood),
        lease_until = w.lease_until + make_interval(secs => s.stood)
    FROM json_to_recordset(%(stands)s::json) AS s (process_id text, standing boolean, stood double precision)
    WHERE w.process_id = s.process_id
        AND NOT EXISTS (SELECT FROM placed AS p WHERE p.process_id = w.process_id AND p.n = w.n)
        AND NOT EXISTS (SELECT FROM closed AS c WHERE c.process_id = w.process_id AND c.n = w.n)
), closed_work AS (
    DELETE FROM work AS w USING closed AS c WHERE w.process_id = c.process_id AND w.n = c.n
), written_incidents AS (
    INSERT INTO incidents (process_id, n, atom, visit, code, stage, message, fix, raised_at, task, resolved_at,
        item_index)
    SELECT process_id, n, atom, visit, code, stage, message, fix, raised_at, task, resolved_at, item_index
    FROM json_populate_recordset(NULL::incidents, %(incidents)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET resolved_at = excluded.resolved_at
), written_timers AS (
    -- Set anew, a timer is nobody's to fire any more.
    INSERT INTO timers (process_id, n, kind, atom, visit, due_at, moves, standing, left_seconds)
    SELECT process_id, n, kind, atom, visit, due_at, moves, standing, left_seconds
    FROM json_populate_recordset(NULL::timers, %(timers)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        due_at = excluded.due_at, standing = excluded.standing, left_seconds = excluded.left_seconds,
        claimed_until = NULL
), gone_timers AS (
    DELETE FROM timers AS t USING json_populate_recordset(NULL::timers, %(timers_gone)s::json) AS g
    WHERE t.process_id = g.process_id AND t.n = g.n
), written_waits AS (
    INSERT INTO waits (process_id, n, atom, visit, name, key, key_value, since, bound_message, bound_body)
    SELECT process_id, n, atom, visit, name, key, key_value, since, bound_message, bound_body
    FROM json_populate_recordset(NULL::waits, %(waits)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        bound_message = excluded.bound_message, bound_body = excluded.bound_body
), gone_waits AS (
    DELETE FROM waits AS w USING json_populate_recordset(NULL::waits, %(waits_gone)s::json) AS g
    WHERE w.process_id = g.process_id AND w.n = g.n
), used_messages AS (
    DELETE FROM messages AS m USING json_to_recordset(%(used)s::json) AS u (id bigint) WHERE m.id = u.id
), written_children AS (
    INSERT INTO children (process_id, child, n, atom, visit, item_index, since, ended, over)
    SELECT process_id, child, n, atom, visit, item_index, since, ended, over
    FROM json_populate_recordset(NULL::children, %(children)s::json)
    ON CONFLICT (process_id, child) DO UPDATE SET ended = excluded.ended, over = excluded.over
), posted AS (
    -- Ids in the order of posting: a process takes up what it was posted by them.
    INSERT INTO commands (process_id, kind, payload, calls, from_process_id, correlation_id)
    SELECT process_id, kind, payload, calls, from_process_id, correlation_id
    FROM ROWS FROM (json_to_recordset(%(posted)s::json) AS (
        process_id text, kind text, payload json, calls text, from_process_id text, correlation_id text))
        WITH ORDINALITY AS p (process_id, kind, payload, calls, from_process_id, correlation_id, place)
    ORDER BY place
), taken_up AS (
    DELETE FROM commands AS c USING json_to_recordset(%(taken_up)s::json) AS t (process_id text, id bigint)
    WHERE c.process_id = t.process_id AND c.id = t.id
), put_off AS (
    UPDATE commands AS c SET
        failures = c.failures + 1,
        next_at = wayline_now() + least(make_interval(secs => 2 ^ least(c.failures, 16)), interval '5 minutes')
    FROM json_to_recordset(%(put_off)s::json) AS t (process_id text, id bigint)
    WHERE c.process_id = t.process_id AND c.id = t.id
), written_events AS (
    INSERT INTO process_events (
        process_id, seq, at, type, v, actor, severity, correlation_id, atom, visit, task, payload)
    SELECT process_id, seq, at, type, v, actor, severity, correlation_id, atom, visit, task, payload
    FROM json_populate_recordset(NULL::process_events, %(events)s::json)
), released AS (
    UPDATE task_assignments AS a SET released_at = r.released_at
    FROM json_populate_recordset(NULL::task_assignments, %(released)s::json) AS r
    WHERE a.process_id = r.process_id AND a.n = r.n AND a.released_at IS NULL
    RETURNING 1
), assigned AS (
    -- Counting `released` makes it run first: a task has one holder at any moment.
    INSERT INTO task_assignments (process_id, n, seq, method, assigned_by, from_user, to_user, at, released_at)
    SELECT process_id, n, seq, method, assigned_by, from_user, to_user, at, released_at
    FROM json_populate_recordset(NULL::task_assignments, %(assigned)s::json)
    WHERE (SELECT count(*) FROM released) >= 0
), freed_keys AS (
    DELETE FROM business_keys AS b USING given AS g
    WHERE g.ended_at IS NOT NULL AND b.journey = g.journey AND b.business_key = g.business_key AND b.process_id = g.id
), remembered AS (
    INSERT INTO idempotency_keys (caller, key, fingerprint, status, body)
    SELECT caller, key, fingerprint, status, body
    FROM json_populate_recordset(NULL::idempotency_keys, %(answers)s::json)
)
SELECT (SELECT count(*) FROM started) + (SELECT count(*) FROM moved) AS written;
