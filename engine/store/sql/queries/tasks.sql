-- Reads of tasks. A filter that is null is none; statements are planned for their values.
-- Who sees a task: its assignee, its role, and who sees all (`everything`).

-- name: read_task
SELECT process_id, n, kind, process_title, journey, atom, visit, item_index, name, description, optional, role,
    assignee, status, priority, due_at, input, output, created_at, started_at, ended_at, version
FROM task_summaries AS t
WHERE t.process_id = %(process)s AND t.n = %(n)s
    AND (%(everything)s OR t.assignee = %(caller)s OR t.role = ANY (%(roles)s::text[]));

-- name: list_tasks
SELECT process_id, n, kind, process_title, journey, atom, visit, item_index, name, description, optional, role,
    assignee, status, priority, due_at, input, output, created_at, started_at, ended_at, version
FROM task_summaries AS t
WHERE (%(at)s::timestamptz IS NULL OR (t.created_at, t.process_id, t.n) < (%(at)s, %(id)s::text, %(n)s::integer))
    AND (%(status)s::text IS NULL OR t.status = %(status)s)
    AND (%(role)s::text IS NULL OR t.role = %(role)s)
    AND (%(assignee)s::text IS NULL OR t.assignee = %(assignee)s)
    AND (%(process)s::text IS NULL OR t.process_id = %(process)s)
    AND (%(journey)s::text IS NULL OR t.journey = %(journey)s)
    AND (%(atom)s::text IS NULL OR t.atom = %(atom)s)
    AND (%(overdue)s::boolean IS NULL
        OR %(overdue)s = (t.ended_at IS NULL AND t.due_order < (SELECT wayline_now())))
    AND (%(everything)s OR t.assignee = %(caller)s OR t.role = ANY (%(roles)s::text[]))
ORDER BY t.created_at DESC, t.process_id DESC, t.n DESC
LIMIT %(limit)s;

-- name: inbox
-- What is mine, and of each of my roles what is nobody's: each a walk along its own index, the most urgent of all kept.
WITH urgent AS (
    (SELECT process_id, n FROM tasks
    WHERE assignee = %(user)s AND kind <> 'system' AND ended_at IS NULL
        AND (%(urgency)s::smallint IS NULL OR (urgency, due_order, created_at, process_id, n)
            > (%(urgency)s, coalesce(%(due)s::timestamptz, 'infinity'), %(at)s::timestamptz, %(id)s::text, %(n)s::integer))
    ORDER BY urgency, due_order, created_at, process_id, n
    LIMIT %(limit)s)
    UNION ALL
    SELECT of_role.process_id, of_role.n
    FROM (SELECT DISTINCT unnest(%(roles)s::text[]) AS role) AS mine CROSS JOIN LATERAL (
        SELECT process_id, n FROM tasks
        WHERE role = mine.role AND assignee IS NULL AND kind <> 'system' AND ended_at IS NULL
            AND (%(urgency)s::smallint IS NULL OR (urgency, due_order, created_at, process_id, n)
                > (%(urgency)s, coalesce(%(due)s::timestamptz, 'infinity'), %(at)s::timestamptz, %(id)s::text, %(n)s::integer))
        ORDER BY urgency, due_order, created_at, process_id, n
        LIMIT %(limit)s
    ) AS of_role
)
SELECT t.process_id, t.n, t.kind, t.process_title, t.journey, t.atom, t.visit, t.item_index, t.name,
    t.description, t.optional, t.role, t.assignee, t.status, t.priority, t.due_at, t.input, t.output, t.created_at, t.started_at, t.ended_at, t.version, t.urgency
FROM urgent JOIN task_summaries AS t ON t.process_id = urgent.process_id AND t.n = urgent.n
ORDER BY t.urgency, t.due_order, t.created_at, t.process_id, t.n
LIMIT %(limit)s;

-- name: count_tasks
SELECT CASE WHEN grouping(t.status) = 0 THEN 'status' ELSE 'role' END AS kind, coalesce(t.status, t.role) AS name,
    count(*) AS count
FROM tasks AS t
WHERE %(everything)s OR t.assignee = %(caller)s OR t.role = ANY (%(roles)s::text[])
GROUP BY GROUPING SETS ((t.status), (t.role, t.ended_at IS NULL))
HAVING coalesce(t.status, t.role) IS NOT NULL AND (grouping(t.status) = 0 OR (t.ended_at IS NULL))
ORDER BY kind, name;
