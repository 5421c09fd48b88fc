-- What one commit writes: a part of a WITH for each set of rows, named as the set. Those whose sets are not empty
-- become one statement, in this order (engine.store.writes), each with its own `rows`. They come as JSON, each row once,
-- in its last state; what is as it usually is may be left out.

-- name: started
started AS (
    INSERT INTO process_instances (
        id, journey, journey_version, part, title, status, outcome, priority, business_key, initiated_by, owner,
        context, started_at, due_at, ended_at, seq, last_at, last_task, last_incident, last_timer, last_wait,
        last_child, last_watch, parent, compensating, suspended_at, suspended_by_parent, undo, gates, created_at)
    SELECT id, journey, journey_version, part, title, status, outcome, priority, business_key, initiated_by, owner,
        context, started_at, due_at, ended_at, seq, last_at, last_task, last_incident, last_timer, last_wait,
        last_child, last_watch, parent, compensating, suspended_at, suspended_by_parent, undo, gates, started_at
    FROM json_populate_recordset(NULL::process_instances, %(rows)s::json)
    ON CONFLICT DO NOTHING
    RETURNING 1
);

-- name: moved
-- `expected` is the seq that the process was decided on.
moved AS (
    UPDATE process_instances AS p SET
        title = g.title, status = g.status, outcome = g.outcome, priority = g.priority, owner = g.owner,
        context = g.context, started_at = g.started_at, due_at = g.due_at, ended_at = g.ended_at, seq = g.seq,
        last_at = g.last_at, last_task = g.last_task, last_incident = g.last_incident, last_timer = g.last_timer,
        last_wait = g.last_wait, last_child = g.last_child, last_watch = g.last_watch, compensating = g.compensating,
        suspended_at = g.suspended_at, suspended_by_parent = g.suspended_by_parent, undo = g.undo, gates = g.gates
    FROM json_to_recordset(%(rows)s::json) AS g (
        id text, expected bigint, title text, status text, outcome text, priority text, owner text, context jsonb,
        started_at timestamptz, due_at timestamptz, ended_at timestamptz, seq bigint, last_at timestamptz,
        last_task integer, last_incident integer, last_timer integer, last_wait integer, last_child integer,
        last_watch integer, compensating boolean, suspended_at timestamptz, suspended_by_parent boolean, undo text[], gates jsonb)
    WHERE p.id = g.id AND p.seq = g.expected
    RETURNING 1
);

-- name: steps
steps AS (
    INSERT INTO steps (
        process_id, atom, visit, state, exit, ready_at, started_at, ended_at, ended_seq, edges, held, output,
        outcome, due_at, elements, performers)
    SELECT process_id, atom, visit, state, exit, ready_at, started_at, ended_at, ended_seq, edges, held, output,
        outcome, due_at, elements, coalesce(performers, '{}')
    FROM json_populate_recordset(NULL::steps, %(rows)s::json)
    ON CONFLICT (process_id, atom, visit) DO UPDATE SET
        state = excluded.state, exit = excluded.exit, ready_at = excluded.ready_at,
        started_at = excluded.started_at, ended_at = excluded.ended_at, ended_seq = excluded.ended_seq,
        edges = excluded.edges, held = excluded.held, output = excluded.output, outcome = excluded.outcome,
        due_at = excluded.due_at, elements = excluded.elements, performers = excluded.performers
);

-- name: tasks
tasks AS (
    INSERT INTO tasks (
        process_id, n, kind, atom, visit, name, role, action, status, priority, input, output, created_at, assignee,
        started_at, ended_at, attempts, next_at, timeout_seconds, item_index, due_at, description, optional,
        blocked_from, seeking, delegated_by, escalations, escalated_to, sla, sla_target_at, sla_next_at, sla_alert)
    SELECT process_id, n, kind, atom, visit, name, role, action, status, priority, input, output, created_at,
        assignee, started_at, ended_at, coalesce(attempts, 0), next_at, timeout_seconds, item_index, due_at, description,
        coalesce(optional, false), blocked_from, coalesce(seeking, false), delegated_by, coalesce(escalations, 0),
        escalated_to, sla, sla_target_at, sla_next_at, sla_alert
    FROM json_populate_recordset(NULL::tasks, %(rows)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        role = excluded.role, status = excluded.status, priority = excluded.priority, input = excluded.input,
        output = excluded.output, assignee = excluded.assignee, started_at = excluded.started_at,
        ended_at = excluded.ended_at,
        attempts = excluded.attempts, next_at = excluded.next_at, due_at = excluded.due_at,
        blocked_from = excluded.blocked_from, seeking = excluded.seeking, delegated_by = excluded.delegated_by,
        escalations = excluded.escalations, escalated_to = excluded.escalated_to, sla = excluded.sla,
        sla_target_at = excluded.sla_target_at, sla_next_at = excluded.sla_next_at, sla_alert = excluded.sla_alert
);

-- name: placed
-- A changed place ends the lease: the token in it is never given out again.
placed AS (
    INSERT INTO work (process_id, n, action, due_at, timeout_seconds, attempt, standing)
    SELECT process_id, n, action, due_at, timeout_seconds, attempt, standing
    FROM json_populate_recordset(NULL::work, %(rows)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        due_at = excluded.due_at, attempt = excluded.attempt, standing = excluded.standing, worker = NULL,
        lease_until = NULL
);

-- name: stands
-- Stands still with its process, or moves on by the time that it stood, its lease too (R12); but for `others`, which
-- have a place of their own in `placed` or `closed`.
stands AS (
    UPDATE work AS w SET
        standing = s.standing, due_at = w.due_at + make_interval(secs => s.stood),
        lease_until = w.lease_until + make_interval(secs => s.stood)
    FROM json_to_recordset(%(rows)s::json) AS s (
        process_id text, standing boolean, stood double precision, others integer[])
    WHERE w.process_id = s.process_id AND w.n <> ALL (s.others)
);

-- name: closed
closed AS (
    DELETE FROM work AS w USING json_populate_recordset(NULL::work, %(rows)s::json) AS c
    WHERE w.process_id = c.process_id AND w.n = c.n
);

-- name: sought
-- Sought anew, or told to be looked at again, a task is due at once.
sought AS (
    INSERT INTO assignment_queue (process_id, n, role, since, next_at)
    SELECT process_id, n, role, since, since
    FROM json_to_recordset(%(rows)s::json) AS s (process_id text, n integer, role text, since timestamptz)
    ON CONFLICT (process_id, n) DO UPDATE SET next_at = excluded.next_at, looks = 0
);

-- name: settled
settled AS (
    DELETE FROM assignment_queue AS q
    USING json_to_recordset(%(rows)s::json) AS s (process_id text, n integer)
    WHERE q.process_id = s.process_id AND q.n = s.n
);

-- name: incidents
incidents AS (
    INSERT INTO incidents (
        process_id, n, atom, visit, code, stage, message, fix, raised_at, task, resolved_at, item_index)
    SELECT process_id, n, atom, visit, code, stage, message, fix, raised_at, task, resolved_at, item_index
    FROM json_populate_recordset(NULL::incidents, %(rows)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET resolved_at = excluded.resolved_at
);

-- name: timers
-- Set anew, a timer is nobody's to fire any more.
timers AS (
    INSERT INTO timers (process_id, n, kind, atom, visit, due_at, moves, standing, left_seconds, calendar)
    SELECT process_id, n, kind, atom, visit, due_at, moves, standing, left_seconds, calendar
    FROM json_populate_recordset(NULL::timers, %(rows)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        due_at = excluded.due_at, standing = excluded.standing, left_seconds = excluded.left_seconds,
        claimed_until = NULL
);

-- name: timers_gone
timers_gone AS (
    DELETE FROM timers AS t USING json_populate_recordset(NULL::timers, %(rows)s::json) AS g
    WHERE t.process_id = g.process_id AND t.n = g.n
);

-- name: watches
watches AS (
    INSERT INTO watches (process_id, n, subject, atom, visit, part, sla, ended_at, next_at, target_at, alert)
    SELECT process_id, n, subject, atom, visit, part, sla, ended_at, next_at, target_at, alert
    FROM json_populate_recordset(NULL::watches, %(rows)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        sla = excluded.sla, ended_at = excluded.ended_at, next_at = excluded.next_at,
        target_at = excluded.target_at, alert = excluded.alert
);

-- name: waits
waits AS (
    INSERT INTO waits (process_id, n, atom, visit, name, key, key_value, since, bound_message, bound_body)
    SELECT process_id, n, atom, visit, name, key, key_value, since, bound_message, bound_body
    FROM json_populate_recordset(NULL::waits, %(rows)s::json)
    ON CONFLICT (process_id, n) DO UPDATE SET
        bound_message = excluded.bound_message, bound_body = excluded.bound_body
);

-- name: waits_gone
waits_gone AS (
    DELETE FROM waits AS w USING json_populate_recordset(NULL::waits, %(rows)s::json) AS g
    WHERE w.process_id = g.process_id AND w.n = g.n
);

-- name: used
used AS (
    DELETE FROM messages AS m USING json_to_recordset(%(rows)s::json) AS u (id bigint) WHERE m.id = u.id
);

-- name: children
children AS (
    INSERT INTO children (process_id, child, n, atom, visit, item_index, since, ended, over)
    SELECT process_id, child, n, atom, visit, item_index, since, ended, over
    FROM json_populate_recordset(NULL::children, %(rows)s::json)
    ON CONFLICT (process_id, child) DO UPDATE SET ended = excluded.ended, over = excluded.over
);

-- name: documents
documents AS (
    INSERT INTO case_documents (
        process_id, document, version, state, since, links, note, atom, visit, received_by, received_at, judged_by,
        judged_for)
    SELECT process_id, document, version, state, since, links, note, atom, visit, received_by, received_at, judged_by,
        judged_for
    FROM json_populate_recordset(NULL::case_documents, %(rows)s::json)
);

-- name: judged
judged AS (
    UPDATE case_documents AS d SET
        state = j.state, since = j.since, judged_by = j.judged_by, judged_for = j.judged_for
    FROM json_to_recordset(%(rows)s::json) AS j (
        process_id text, document text, version integer, state text, since timestamptz, judged_by text,
        judged_for text)
    WHERE d.process_id = j.process_id AND d.document = j.document AND d.version = j.version
);

-- name: posted
-- Ids in the order of posting: a process takes up what it was posted by them.
posted AS (
    INSERT INTO commands (process_id, kind, payload, calls, from_process_id, correlation_id)
    SELECT process_id, kind, payload, calls, from_process_id, correlation_id
    FROM ROWS FROM (json_to_recordset(%(rows)s::json) AS (
        process_id text, kind text, payload json, calls text, from_process_id text, correlation_id text))
        WITH ORDINALITY AS p (process_id, kind, payload, calls, from_process_id, correlation_id, place)
    ORDER BY place
);

-- name: taken_up
taken_up AS (
    DELETE FROM commands AS c USING json_to_recordset(%(rows)s::json) AS t (process_id text, id bigint)
    WHERE c.process_id = t.process_id AND c.id = t.id
);

-- name: put_off
put_off AS (
    UPDATE commands AS c SET
        failures = c.failures + 1,
        next_at = wayline_now() + least(make_interval(secs => 2 ^ least(c.failures, 16)), interval '5 minutes')
    FROM json_to_recordset(%(rows)s::json) AS t (process_id text, id bigint)
    WHERE c.process_id = t.process_id AND c.id = t.id
);

-- name: events
-- The payload is taken as a text first: as JSON within JSON it would be read twice.
events AS (
    INSERT INTO process_events (
        process_id, seq, at, type, v, actor, severity, correlation_id, atom, visit, task, payload)
    SELECT process_id, seq, at, type, v, actor, severity, correlation_id, atom, visit, task,
        payload::jsonb
    FROM json_to_recordset(%(rows)s::json) AS e (
        process_id text, seq bigint, at timestamptz, type text, v smallint, actor text, severity text,
        correlation_id text, atom text, visit integer, task integer, payload text)
);

-- name: released
released AS (
    UPDATE task_assignments AS a SET
        released_at = r.released_at, completed_at = r.completed_at,
        accepted_at = coalesce(a.accepted_at, r.accepted_at)
    FROM json_populate_recordset(NULL::task_assignments, %(rows)s::json) AS r
    WHERE a.process_id = r.process_id AND a.n = r.n AND a.released_at IS NULL
    RETURNING 1
);

-- name: accepted
accepted AS (
    UPDATE task_assignments AS a SET accepted_at = coalesce(a.accepted_at, r.accepted_at)
    FROM json_populate_recordset(NULL::task_assignments, %(rows)s::json) AS r
    WHERE a.process_id = r.process_id AND a.n = r.n AND a.released_at IS NULL
);

-- name: assigned
assigned AS (
    INSERT INTO task_assignments (
        process_id, n, seq, method, assigned_by, from_user, to_user, at, released_at, role, turn, instead_of,
        accepted_at, completed_at)
    SELECT process_id, n, seq, method, assigned_by, from_user, to_user, at, released_at, role, turn, instead_of,
        accepted_at, completed_at
    FROM json_populate_recordset(NULL::task_assignments, %(rows)s::json)
);

-- name: assigned_in_turn
-- Counting `released` makes it run first: a task has one holder at any moment.
assigned_in_turn AS (
    INSERT INTO task_assignments (
        process_id, n, seq, method, assigned_by, from_user, to_user, at, released_at, role, turn, instead_of,
        accepted_at, completed_at)
    SELECT process_id, n, seq, method, assigned_by, from_user, to_user, at, released_at, role, turn, instead_of,
        accepted_at, completed_at
    FROM json_populate_recordset(NULL::task_assignments, %(rows)s::json)
    WHERE (SELECT count(*) FROM released) >= 0
);

-- name: freed
freed AS (
    DELETE FROM business_keys AS b USING json_populate_recordset(NULL::business_keys, %(rows)s::json) AS f
    WHERE b.journey = f.journey AND b.business_key = f.business_key AND b.process_id = f.process_id
);

-- name: answers
answers AS (
    INSERT INTO idempotency_keys (caller, key, fingerprint, status, body)
    SELECT caller, key, fingerprint, status, body
    FROM json_populate_recordset(NULL::idempotency_keys, %(rows)s::json)
);
