-- Figures about who does how much. `users` null: of everybody.

-- name: count_assignments
-- The newest of a stretch of time, `limit` at most: `seen` tells whether there were more.
WITH found AS (
    SELECT role, method, at, accepted_at, completed_at
    FROM task_assignments
    WHERE at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
        AND (%(users)s::text[] IS NULL OR to_user = ANY (%(users)s::text[]))
    ORDER BY at DESC
    LIMIT %(limit)s
)
SELECT role, method, count(*) AS assignments, count(accepted_at) AS accepted, count(completed_at) AS completed,
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM accepted_at - at)))::numeric, 3)::float8
        AS accept_p50_seconds,
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - at)))::numeric, 3)::float8
        AS complete_p50_seconds,
    (SELECT count(*) FROM found) AS seen
FROM found
GROUP BY role, method
ORDER BY role, method;

-- name: count_loads
SELECT t.assignee AS user, count(*) AS open, count(*) FILTER (WHERE t.status = 'in_progress') AS in_progress,
    count(*) FILTER (WHERE t.status = 'blocked') AS blocked,
    count(*) FILTER (WHERE t.due_order < (SELECT wayline_now())) AS overdue,
    sum(CASE t.priority WHEN 'low' THEN %(of_low)s::integer WHEN 'medium' THEN %(of_medium)s::integer
        WHEN 'high' THEN %(of_high)s::integer ELSE %(of_critical)s::integer END) AS weight
FROM tasks AS t
WHERE t.ended_at IS NULL AND t.kind <> 'system' AND t.assignee > %(after)s::text
    AND (%(users)s::text[] IS NULL OR t.assignee = ANY (%(users)s::text[]))
GROUP BY t.assignee
ORDER BY t.assignee
LIMIT %(limit)s;

-- name: count_tasks
-- Of all by what became of them; of people's open ones by role, and by what may want somebody's attention.
WITH seen AS (
    SELECT t.status, t.role, t.ended_at IS NULL AND t.kind <> 'system' AS open, t.assignee, t.due_order, t.delegated_by,
        t.escalations
    FROM tasks AS t
    WHERE %(everything)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
        OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[])
)
SELECT 'status' AS kind, status AS name, count(*) AS count FROM seen GROUP BY status
UNION ALL
SELECT 'role', role, count(*) FROM seen WHERE open AND role IS NOT NULL GROUP BY role
UNION ALL
SELECT 'open', one.name, one.count
FROM (
    SELECT count(*) FILTER (WHERE assignee IS NULL) AS unassigned,
        count(*) FILTER (WHERE status = 'in_progress') AS in_progress,
        count(*) FILTER (WHERE status = 'blocked') AS blocked,
        count(*) FILTER (WHERE due_order < (SELECT wayline_now())) AS overdue,
        count(*) FILTER (WHERE delegated_by IS NOT NULL) AS delegated,
        count(*) FILTER (WHERE escalations > 0) AS escalated
    FROM seen WHERE open
) AS whole CROSS JOIN LATERAL (VALUES ('unassigned', unassigned), ('in_progress', in_progress), ('blocked', blocked),
    ('overdue', overdue), ('delegated', delegated), ('escalated', escalated)) AS one (name, count)
ORDER BY kind, name;
