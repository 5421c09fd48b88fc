-- Who gets the tasks that the engine gives out: one role at a time, by one assigner.

-- name: take_role
-- Roles are found by hopping along the index, the one whose first row is longest due before the others. Its lock goes
-- with the transaction, which draws no id before it is over: nobody waits for it, and the outbox is not held back.
WITH RECURSIVE roles AS (
    (SELECT role FROM assignment_queue ORDER BY role LIMIT 1)
    UNION ALL
    SELECT (SELECT q.role FROM assignment_queue AS q WHERE q.role > roles.role ORDER BY q.role LIMIT 1)
    FROM roles WHERE roles.role IS NOT NULL
), firsts AS (
    SELECT role, (
        SELECT q.next_at FROM assignment_queue AS q WHERE q.role = roles.role ORDER BY q.next_at LIMIT 1) AS next_at
    FROM roles WHERE role IS NOT NULL
)
SELECT role FROM (
    SELECT role FROM firsts
    WHERE (next_at <= (SELECT wayline_now()) OR role = ANY (%(freed)s::text[]))
        AND NOT EXISTS (SELECT FROM workers_pause)
    ORDER BY next_at, role
    OFFSET 0
) AS in_order
WHERE pg_try_advisory_xact_lock(hashtextextended(role, 4))
LIMIT 1;

-- name: seekers
-- In one statement, and so of one moment: whoever comes after an assigner that was killed sees of a commit of its that
-- was under way both the rows that are gone and the turns that were given, or neither.
SELECT (
    SELECT json_agg(s ORDER BY s.since, s.process, s.n) FROM (
        SELECT q.process_id AS process, q.n, q.since, q.next_at, p.journey, p.journey_version AS version, t.atom,
            t.priority, (
                SELECT i.message FROM incidents AS i
                WHERE i.process_id = q.process_id AND i.task = q.n AND i.stage = 'assignment'
                    AND i.resolved_at IS NULL
            ) AS known, coalesce((
                SELECT json_agg(h.to_user ORDER BY h.seq)
                FROM (
                    SELECT a.to_user, max(a.seq) AS seq FROM task_assignments AS a
                    WHERE a.process_id = q.process_id AND a.n = q.n
                    GROUP BY a.to_user
                ) AS h), '[]') AS had
        FROM (
            (SELECT process_id, n, since, next_at FROM assignment_queue
            WHERE role = %(role)s AND next_at <= (SELECT wayline_now())
            ORDER BY next_at, since, process_id, n
            LIMIT %(limit)s)
            UNION
            (SELECT process_id, n, since, next_at FROM assignment_queue
            WHERE role = %(role)s AND %(waiting)s
            ORDER BY since, process_id, n
            LIMIT %(limit)s)
        ) AS q
        JOIN tasks AS t ON t.process_id = q.process_id AND t.n = q.n
        JOIN process_instances AS p ON p.id = q.process_id
    ) AS s
)::text AS seekers, (
    SELECT json_object_agg(u.id, coalesce((
        SELECT a.turn FROM task_assignments AS a
        WHERE a.role = %(role)s AND coalesce(a.instead_of, a.to_user) = u.id AND a.turn IS NOT NULL
        ORDER BY a.turn DESC
        LIMIT 1), 0))
    FROM unnest(%(holders)s::text[]) AS u (id)
) AS turns, (SELECT version FROM organisation) AS organisation, wayline_now() AS now;

-- name: turns
SELECT u.id, (
    SELECT a.turn FROM task_assignments AS a
    WHERE a.role = %(role)s AND coalesce(a.instead_of, a.to_user) = u.id AND a.turn IS NOT NULL
    ORDER BY a.turn DESC
    LIMIT 1) AS turn
FROM unnest(%(holders)s::text[]) AS u (id);

-- name: performers
-- Of the last visit; who did the one before counts until somebody has done it again.
SELECT w.process_id, w.atom, s.performers
FROM unnest(%(processes)s::text[], %(atoms)s::text[]) AS w (process_id, atom) CROSS JOIN LATERAL (
    SELECT performers FROM steps
    WHERE steps.process_id = w.process_id AND steps.atom = w.atom
    ORDER BY visit DESC
    LIMIT 1
) AS s
WHERE cardinality(s.performers) > 0;

-- name: loads
SELECT u.id, t.low, t.medium, t.high, t.critical, (
    SELECT a.at FROM task_assignments AS a WHERE a.to_user = u.id ORDER BY a.at DESC LIMIT 1) AS last_at
FROM unnest(%(users)s::text[]) AS u (id) CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE urgency = 3) AS low, count(*) FILTER (WHERE urgency = 2) AS medium,
        count(*) FILTER (WHERE urgency = 1) AS high, count(*) FILTER (WHERE urgency = 0) AS critical
    FROM tasks
    WHERE assignee = u.id AND kind <> 'system' AND ended_at IS NULL
) AS t;

-- name: with_room
-- Of those who had as many open tasks as they take, who has fewer now.
SELECT u.id FROM unnest(%(users)s::text[], %(capacities)s::integer[]) AS u (id, capacity)
WHERE u.capacity > (
    SELECT count(*) FROM (
        SELECT FROM tasks WHERE assignee = u.id AND kind <> 'system' AND ended_at IS NULL LIMIT u.capacity
    ) AS at_most);

-- name: put_off
-- Nothing is, once the organisation is another than the one that was looked at: whoever changes it waits for this, or
-- this for them. A row that was made due meanwhile stays so.
WITH present AS MATERIALIZED (SELECT version FROM organisation FOR SHARE)
UPDATE assignment_queue AS q SET looks = q.looks + 1, next_at = least(
    w.again_at, (SELECT wayline_now()) + least(interval '1 second' * 2 ^ least(q.looks, 20), %(longest)s::interval))
FROM unnest(%(processes)s::text[], %(tasks)s::integer[], %(seen)s::timestamptz[], %(again)s::timestamptz[])
    AS w (process_id, n, next_at, again_at)
WHERE q.process_id = w.process_id AND q.n = w.n AND q.next_at = w.next_at
    AND (SELECT version FROM present) = %(organisation)s;

-- name: had
SELECT n, to_user FROM task_assignments
WHERE process_id = %(process)s AND n = ANY (%(tasks)s::integer[])
GROUP BY n, to_user
ORDER BY n, max(seq);

-- name: assignments
SELECT seq, method, assigned_by, from_user, to_user, instead_of, role, at, accepted_at, completed_at, released_at
FROM task_assignments
WHERE process_id = %(process)s AND n = %(n)s AND seq > coalesce(%(seq)s::bigint, 0)
ORDER BY seq
LIMIT %(limit)s;
