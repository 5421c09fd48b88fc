-- What the marking does not tell to those who ask what holds a process.

-- name: newest_events
-- The newest ones of these types, and of these atoms if any are named. Bound by the start: earlier partitions are not
-- looked at.
SELECT process_id, seq, at, type, actor, atom, visit, task, payload::text AS payload
FROM process_events
WHERE process_id = %(id)s AND type = ANY (%(types)s::text[])
    AND (%(atoms)s::text[] IS NULL OR atom = ANY (%(atoms)s::text[]))
    AND at >= (SELECT started_at FROM process_instances WHERE id = %(id)s)
ORDER BY seq DESC
LIMIT %(limit)s;

-- name: busy_actions
-- The time, and of which actions some worker has work now.
SELECT wayline_now() AS now, (
    SELECT array_agg(DISTINCT action) FROM work
    WHERE lease_until IS NOT NULL AND NOT standing AND lease_until > wayline_now()
        AND action = ANY (%(actions)s::text[])
) AS busy;
