-- Reads of tasks. A filter that is null is none; statements are planned for their values.
-- Who sees a task (as engine.core.access says it): its assignee and their manager (`people`), its role and who leads it
-- (`roles`; and of the role it was escalated to), who delegated it, and who sees all (`everything`).

-- name: read_task
SELECT process_id, n, kind, process_title, journey, atom, visit, item_index, name, description, optional, role,
    assignee, status, priority, due_at, input, output, created_at, started_at, ended_at, version, delegated_by, seeking,
    escalations, sla
FROM task_summaries AS t
WHERE t.process_id = %(process)s AND t.n = %(n)s
    AND (%(everything)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
        OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]));

-- name: list_tasks
SELECT process_id, n, kind, process_title, journey, atom, visit, item_index, name, description, optional, role,
    assignee, status, priority, due_at, input, output, created_at, started_at, ended_at, version, delegated_by, seeking,
    escalations, sla
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
    AND (%(sla)s::text IS NULL OR t.sla_alert = %(sla)s)
    AND (%(everything)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
        OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]))
ORDER BY t.created_at DESC, t.process_id DESC, t.n DESC
LIMIT %(limit)s;
