-- Reads of processes. A filter that is null is none; statements are planned for their values.
-- Who sees a process: who started or owns it, who sees one of its tasks, and who sees all (`everything`).

-- name: read_process
SELECT m.title, m.marking, (
    %(everything)s OR p.initiated_by = %(caller)s OR p.owner = %(caller)s OR EXISTS (
        SELECT FROM tasks AS t WHERE t.process_id = p.id
            AND (%(every_task)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
                OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[])))
) AS visible, (
    SELECT json_agg(json_build_object('atom', c.atom, 'visit', c.visit, 'item_index', c.item_index, 'child', c.child)
        ORDER BY c.n)
    FROM children AS c WHERE c.process_id = p.id
) AS children, (
    SELECT w.sla FROM watches AS w WHERE w.process_id = p.id AND w.subject = 'process' ORDER BY w.n DESC LIMIT 1
)::text AS clock
FROM process_instances AS p JOIN markings AS m ON m.id = p.id
WHERE p.id = %(id)s;

-- name: all_visits
SELECT atom, visit, state, exit FROM steps WHERE process_id = %(id)s ORDER BY visit, ready_at, atom;

-- name: list_processes
SELECT id, title, journey, version, status, outcome, business_key, priority, initiated_by, owner, started_at,
    ended_at, due_at, open_tasks, incidents, compensating, parent, sla, at_risk, breached
FROM process_summaries AS p
WHERE (%(at)s::timestamptz IS NULL OR (p.started_at, p.id) < (%(at)s, %(id)s::text))
    AND (%(status)s::text IS NULL OR p.status = %(status)s)
    AND (%(journey)s::text IS NULL OR p.journey = %(journey)s)
    AND (%(business_key)s::text IS NULL OR p.business_key = %(business_key)s)
    AND (%(initiated_by)s::text IS NULL OR p.initiated_by = %(initiated_by)s)
    AND (%(owner)s::text IS NULL OR p.owner = %(owner)s)
    AND (%(involved)s::text IS NULL OR p.initiated_by = %(involved)s OR p.owner = %(involved)s)
    AND (%(parent)s::text IS NULL OR p.parent = %(parent)s)
    AND (%(like)s::text IS NULL OR p.title ILIKE %(like)s OR p.business_key ILIKE %(like)s)
    AND (%(context)s::jsonb[] IS NULL OR p.context @> ANY (%(context)s::jsonb[]))
    AND (%(everything)s OR p.initiated_by = %(caller)s OR p.owner = %(caller)s OR EXISTS (
        SELECT FROM tasks AS t WHERE t.process_id = p.id
            AND (%(every_task)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
                OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]))))
ORDER BY p.started_at DESC, p.id DESC
LIMIT %(limit)s;

-- name: whereabouts
-- Where these stand; `most` of each kind.
SELECT p.id, p.journey, p.journey_version AS version, (
    SELECT coalesce(json_agg(s), '[]') FROM (
        SELECT atom, visit, coalesce(started_at, ready_at) AS since FROM steps
        WHERE process_id = p.id AND state = 'active' ORDER BY started_at, atom LIMIT %(most)s) AS s
) AS steps, (
    SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT n, name, role, assignee, status, priority, due_at FROM tasks
        WHERE process_id = p.id AND ended_at IS NULL AND kind <> 'system'
        ORDER BY urgency, due_order, created_at, n LIMIT %(most)s) AS t
) AS tasks, (
    SELECT coalesce(json_agg(i), '[]') FROM (
        SELECT n, atom, code, message, raised_at FROM incidents
        WHERE process_id = p.id AND resolved_at IS NULL ORDER BY raised_at, n LIMIT %(most)s) AS i
) AS incidents
FROM process_instances AS p
WHERE p.id = ANY (%(ids)s::text[]);

-- name: list_active_processes
SELECT id, title, journey, version, status, outcome, business_key, priority, initiated_by, owner, started_at,
    ended_at, due_at, open_tasks, incidents, compensating, parent, sla, at_risk, breached
FROM v_active_processes AS p
WHERE %(at)s::timestamptz IS NULL OR (p.started_at, p.id) > (%(at)s, %(id)s::text)
ORDER BY p.started_at, p.id
LIMIT %(limit)s;

-- name: count_processes
SELECT CASE WHEN grouping(p.status) = 0 THEN 'status' WHEN grouping(p.journey) = 0 THEN 'journey' ELSE 'outcome' END
        AS kind, coalesce(p.status, p.journey, p.outcome) AS name, count(*) AS count
FROM process_instances AS p
WHERE %(everything)s OR p.initiated_by = %(caller)s OR p.owner = %(caller)s OR EXISTS (
    SELECT FROM tasks AS t WHERE t.process_id = p.id
        AND (%(every_task)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
            OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[])))
GROUP BY GROUPING SETS ((p.status), (p.journey), (p.outcome))
HAVING coalesce(p.status, p.journey, p.outcome) IS NOT NULL
ORDER BY kind, name;

-- name: history
-- Bound by its beginning as well: partitions from before it are not looked at.
SELECT seq, type, v, at, actor, severity, correlation_id, atom, visit, task, payload
FROM process_events
WHERE process_id = %(id)s AND seq > coalesce(%(seq)s::bigint, 0)
    AND at >= (SELECT created_at FROM process_instances WHERE id = %(id)s)
ORDER BY seq
LIMIT %(limit)s;

-- name: ping
SELECT 1;
