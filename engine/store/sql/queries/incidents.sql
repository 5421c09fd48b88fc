-- Reads of incidents: seen by who sees their process. A filter that is null is none.

-- name: read_incident
SELECT i.process_id, i.n, i.atom, i.visit, i.item_index, i.code, i.message, i.fix, i.raised_at, i.resolved_at
FROM incidents AS i JOIN process_instances AS p ON p.id = i.process_id
WHERE i.process_id = %(process)s AND i.n = %(n)s
    AND (%(everything)s OR p.initiated_by = %(caller)s OR p.owner = %(caller)s OR EXISTS (
        SELECT FROM tasks AS t WHERE t.process_id = p.id
            AND (%(every_task)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
                OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]))));

-- name: list_incidents
SELECT i.process_id, i.n, i.atom, i.visit, i.item_index, i.code, i.message, i.fix, i.raised_at, i.resolved_at
FROM incidents AS i JOIN process_instances AS p ON p.id = i.process_id
WHERE (%(at)s::timestamptz IS NULL OR (i.raised_at, i.process_id, i.n) < (%(at)s, %(id)s::text, %(n)s::integer))
    AND (%(process)s::text IS NULL OR i.process_id = %(process)s)
    AND (%(code)s::text IS NULL OR i.code = %(code)s)
    AND (%(journey)s::text IS NULL OR p.journey = %(journey)s)
    AND (%(atom)s::text IS NULL OR i.atom = %(atom)s)
    AND (%(open)s::boolean IS NULL OR (i.resolved_at IS NULL) = %(open)s)
    AND (%(everything)s OR p.initiated_by = %(caller)s OR p.owner = %(caller)s OR EXISTS (
        SELECT FROM tasks AS t WHERE t.process_id = p.id
            AND (%(every_task)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
                OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[]))))
ORDER BY i.raised_at DESC, i.process_id DESC, i.n DESC
LIMIT %(limit)s;

-- name: count_incidents
SELECT 'code' AS kind, code AS name, count(*) AS count
FROM incidents WHERE resolved_at IS NULL GROUP BY code ORDER BY name;
