-- What belongs to a task's life beside its state.

-- name: read_draft
SELECT d.output, d.version, d.updated_at
FROM task_drafts AS d JOIN tasks AS t ON t.process_id = d.process_id AND t.n = d.n
WHERE d.process_id = %(process)s AND d.n = %(n)s AND d.user_id = %(user)s AND t.ended_at IS NULL;

-- name: keep_draft
-- Gives nothing where the task is over, or where `known` is not the version there is.
INSERT INTO task_drafts AS d (process_id, n, user_id, output)
SELECT t.process_id, t.n, %(user)s, %(output)s::jsonb
FROM tasks AS t
WHERE t.process_id = %(process)s AND t.n = %(n)s AND t.ended_at IS NULL AND t.kind <> 'system'
    AND (%(known)s::bigint IS NULL OR EXISTS (
        SELECT FROM task_drafts AS k
        WHERE k.process_id = t.process_id AND k.n = t.n AND k.user_id = %(user)s AND k.version = %(known)s))
ON CONFLICT (process_id, n, user_id) DO UPDATE SET output = excluded.output
    WHERE %(known)s::bigint IS NULL OR d.version = %(known)s
RETURNING output, version, updated_at;

-- name: drop_draft
DELETE FROM task_drafts WHERE process_id = %(process)s AND n = %(n)s AND user_id = %(user)s RETURNING version;

-- name: forget_drafts
WITH over AS (
    SELECT d.process_id, d.n, d.user_id
    FROM task_drafts AS d JOIN tasks AS t ON t.process_id = d.process_id AND t.n = d.n
    WHERE t.ended_at IS NOT NULL
    LIMIT %(limit)s
)
DELETE FROM task_drafts AS d USING over
WHERE d.process_id = over.process_id AND d.n = over.n AND d.user_id = over.user_id
RETURNING d.n;

-- name: task_comments
-- Bound by its process's beginning as well: partitions from before it are not looked at.
SELECT seq, at, actor, payload
FROM process_events
WHERE process_id = %(process)s AND task = %(n)s AND type = 'task.commented' AND seq > %(after)s
    AND at >= (SELECT created_at FROM process_instances WHERE id = %(process)s)
ORDER BY seq
LIMIT %(limit)s;

-- name: movable_tasks
-- Who sees a task is said as in tasks.sql.
SELECT t.process_id AS process, t.n, t.name, p.title AS process_title, t.role, p.journey, t.atom, t.assignee, t.status,
    t.version
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id
WHERE t.ended_at IS NULL AND t.kind <> 'system'
    AND (%(after_process)s::text IS NULL OR (t.process_id, t.n) > (%(after_process)s, %(after_n)s::integer))
    AND (%(assignee)s::text IS NULL OR t.assignee = %(assignee)s OR t.delegated_by = %(assignee)s)
    AND (NOT %(held)s OR t.assignee IS NOT NULL)
    AND (%(role)s::text IS NULL OR t.role = %(role)s)
    AND (%(journey)s::text IS NULL OR p.journey = %(journey)s)
    AND (%(atom)s::text IS NULL OR t.atom = %(atom)s)
    AND (%(process)s::text IS NULL OR t.process_id = %(process)s)
    AND (%(everything)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
        OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]))
ORDER BY t.process_id, t.n
LIMIT %(limit)s;

-- name: count_movable_tasks
SELECT grouping(t.role) AS not_of_role, grouping(p.journey) AS not_of_journey, coalesce(t.role, '') AS role,
    coalesce(p.journey, '') AS journey, count(*) AS count
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id
WHERE t.ended_at IS NULL AND t.kind <> 'system'
    AND (%(assignee)s::text IS NULL OR t.assignee = %(assignee)s OR t.delegated_by = %(assignee)s)
    AND (NOT %(held)s OR t.assignee IS NOT NULL)
    AND (%(role)s::text IS NULL OR t.role = %(role)s)
    AND (%(journey)s::text IS NULL OR p.journey = %(journey)s)
    AND (%(atom)s::text IS NULL OR t.atom = %(atom)s)
    AND (%(process)s::text IS NULL OR t.process_id = %(process)s)
    AND (%(everything)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
        OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]))
GROUP BY GROUPING SETS ((), (t.role), (p.journey))
ORDER BY role, journey;
