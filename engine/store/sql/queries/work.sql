-- The workers' queue (R10).

-- name: claim_work
-- Due work of each action by itself, so that what no worker does never stands in the way; the oldest of all is taken.
-- The time is read once: a volatile call in the condition could use no index. Nothing while all workers are paused.
WITH clock AS MATERIALIZED (
    SELECT wayline_now() AS now
), limited AS MATERIALIZED (
    -- One worker at a time claims of an action with a limit, and no other waits for it. The row comes as it is now, the
    -- leases as they were when the statement began: if there was a claim in between, `turn` has moved on from what
    -- the same row had then, and the leases are too old to be counted.
    SELECT a.action, a.turn, a.most - held.count AS room
    FROM actions AS a CROSS JOIN LATERAL (
        SELECT count(*) FROM work WHERE action = a.action AND worker IS NOT NULL
    ) AS held
    WHERE a.action = ANY (%(actions)s::text[]) AND a.paused_at IS NULL AND held.count < a.most
        AND EXISTS (
            SELECT FROM work
            WHERE action = a.action AND lease_until IS NULL AND NOT standing AND due_at <= (SELECT now FROM clock))
    FOR UPDATE OF a SKIP LOCKED
), wanted AS (
    SELECT w.action, least(w.room, limited.room) AS room
    FROM unnest(%(actions)s::text[], %(rooms)s::integer[]) AS w (action, room)
    LEFT JOIN actions AS a ON a.action = w.action
    LEFT JOIN limited ON limited.action = a.action AND limited.turn = a.turn
    WHERE a.paused_at IS NULL AND (a.most IS NULL OR limited.action IS NOT NULL)
        AND NOT EXISTS (SELECT FROM workers_pause)
), due AS (
    SELECT d.process_id, d.n
    FROM wanted AS w CROSS JOIN LATERAL (
        SELECT process_id, n, due_at FROM work
        WHERE action = w.action AND lease_until IS NULL AND NOT standing AND due_at <= (SELECT now FROM clock)
        ORDER BY due_at, process_id, n
        LIMIT w.room
        FOR UPDATE SKIP LOCKED
    ) AS d
    ORDER BY d.due_at, d.process_id, d.n
    LIMIT %(limit)s
), taken AS (
    UPDATE work AS w
    SET token = w.token + 1, worker = %(worker)s,
        lease_until = (SELECT now FROM clock)
            + coalesce(%(lease)s::interval, make_interval(secs => w.timeout_seconds))
    FROM due WHERE w.process_id = due.process_id AND w.n = due.n
    RETURNING w.process_id, w.n, w.action, w.attempt, w.token, w.due_at, w.lease_until
), counted AS (
    UPDATE actions AS a SET turn = a.turn + 1
    FROM limited WHERE a.action = limited.action AND a.action IN (SELECT action FROM taken)
)
SELECT taken.process_id AS process, taken.n AS task, t.atom, t.visit, t.item_index, taken.action, coalesce(t.input, '{}') AS input,
    taken.attempt + 1 AS attempt, taken.token, taken.lease_until AS deadline,
    taken.lease_until - (SELECT now FROM clock) AS lease
FROM taken JOIN tasks AS t ON t.process_id = taken.process_id AND t.n = taken.n
ORDER BY taken.due_at, taken.process_id, taken.n;

-- name: give_back
-- Due as before for whoever asks next. The token of this lease is never given out again.
UPDATE work AS w SET worker = NULL, lease_until = NULL
FROM unnest(%(processes)s::text[], %(tasks)s::integer[], %(tokens)s::bigint[]) AS given (process_id, n, token)
WHERE w.process_id = given.process_id AND w.n = given.n AND w.token = given.token AND w.worker = %(worker)s;

-- name: extend_lease
-- Only who holds it yet, by the token or by name. What stands still is not held longer, and is given as such.
UPDATE work SET
    lease_until = CASE WHEN standing THEN lease_until
        ELSE greatest(lease_until, wayline_now() + %(lease)s::interval) END
WHERE process_id = %(process)s AND n = %(n)s AND (standing OR lease_until > wayline_now())
    AND CASE WHEN %(token)s::bigint IS NULL THEN worker = %(worker)s ELSE worker IS NOT NULL AND token = %(token)s END
RETURNING standing, lease_until;

-- name: expired_leases
-- Those of processes that somebody is at just now are left to them, or to the next look.
SELECT process_id, n, token FROM (
    SELECT process_id, n, token FROM work
    WHERE NOT standing AND lease_until IS NOT NULL AND lease_until <= (SELECT wayline_now())
    ORDER BY lease_until, process_id, n
    LIMIT 4 * %(limit)s
) AS oldest
WHERE pg_try_advisory_xact_lock(hashtextextended(process_id, 1))
LIMIT %(limit)s;

-- name: next_due_in
-- No row when there is none, as the least of nothing and 0 would be 0.
SELECT greatest(extract(epoch FROM d.due_at - wayline_now()), 0)::double precision AS seconds
FROM unnest(%(actions)s::text[]) AS a (action) CROSS JOIN LATERAL (
    SELECT due_at FROM work
    WHERE action = a.action AND lease_until IS NULL AND NOT standing AND due_at IS NOT NULL
    ORDER BY due_at
    LIMIT 1
) AS d
WHERE NOT EXISTS (SELECT FROM actions WHERE actions.action = a.action AND paused_at IS NOT NULL)
ORDER BY d.due_at
LIMIT 1;
