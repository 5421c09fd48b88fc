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

-- name: action_states
-- The time, and for each action whether some worker has work of it now, and whether it rests. One row without an action
-- comes when none is asked for.
SELECT clock.now, asked.action, a.paused_at, a.paused_by, a.paused_for, EXISTS (
    SELECT FROM work WHERE action = asked.action AND worker IS NOT NULL AND NOT standing AND lease_until > clock.now
) AS busy
FROM (SELECT wayline_now() AS now) AS clock
LEFT JOIN unnest(%(actions)s::text[]) AS asked (action) ON true
LEFT JOIN actions AS a ON a.action = asked.action;
