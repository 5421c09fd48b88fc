-- What waits: timers for their time, posted commands for their process, steps for messages and messages for steps.

-- name: claim_timers
-- By what they are now, never by a cursor: what came due while nothing ran is found like everything else. A claim that
-- nobody made good lapses.
WITH clock AS MATERIALIZED (
    SELECT wayline_now() AS now
), due AS (
    SELECT process_id, n FROM timers
    WHERE NOT standing AND due_at <= (SELECT now FROM clock)
        AND (claimed_until IS NULL OR claimed_until <= (SELECT now FROM clock))
        AND NOT EXISTS (SELECT FROM workers_pause)
    ORDER BY due_at, process_id, n
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE timers AS t SET claimed_until = (SELECT now FROM clock) + %(claim)s::interval
    FROM due WHERE t.process_id = due.process_id AND t.n = due.n
    RETURNING t.process_id, t.due_at
)
SELECT process_id FROM claimed GROUP BY process_id ORDER BY min(due_at), process_id;

-- name: clocks_due
-- The processes whose clocks have come to a mark, the longest passed first. One that somebody is at just now is left to
-- them, and the next is looked at; two that see the same do it once. Those `without` are not looked at now.
WITH due AS (
    SELECT process_id, min(at) AS at FROM (
        (SELECT process_id, sla_next_at AS at FROM tasks
        WHERE sla_next_at <= (SELECT wayline_now()) AND process_id <> ALL (%(without)s::text[])
        ORDER BY sla_next_at, process_id LIMIT 4 * %(limit)s)
        UNION ALL
        (SELECT process_id, next_at FROM watches
        WHERE next_at <= (SELECT wayline_now()) AND process_id <> ALL (%(without)s::text[])
        ORDER BY next_at, process_id LIMIT 4 * %(limit)s)
    ) AS marks
    WHERE NOT EXISTS (SELECT FROM workers_pause)
    GROUP BY process_id
)
SELECT process_id FROM (SELECT process_id FROM due ORDER BY at, process_id OFFSET 0) AS in_order
WHERE pg_try_advisory_xact_lock(hashtextextended(process_id, 1))
LIMIT %(limit)s;

-- name: waiting_commands
-- One that is put off holds up what came after it for its process, and nothing else. A process that somebody is at just
-- now is left to them, and the next is looked at: nobody waits here, nor in the transaction that follows.
WITH oldest AS (
    SELECT id, process_id FROM commands AS c
    WHERE NOT EXISTS (
        SELECT FROM commands AS before
        WHERE before.process_id = c.process_id AND before.id <= c.id AND before.next_at > (SELECT wayline_now()))
        AND NOT EXISTS (SELECT FROM workers_pause)
    ORDER BY id
    LIMIT 4 * %(limit)s
)
SELECT process_id FROM (SELECT process_id FROM oldest GROUP BY process_id ORDER BY min(id) OFFSET 0) AS in_order
WHERE pg_try_advisory_xact_lock(hashtextextended(process_id, 1))
LIMIT %(limit)s;

-- name: lock_places
-- Who keeps a message for a place, and who looks what is kept there, wait for each other's commit.
SELECT pg_advisory_xact_lock(place) FROM (
    SELECT DISTINCT hashtextextended(name || E'\n' || key, 2) AS place
    FROM unnest(%(names)s::text[], %(keys)s::text[]) AS a (name, key)
    ORDER BY place
) AS sorted;

-- name: kept_messages
SELECT a.name, a.key, m.id, m.message_id, m.body::text AS body
FROM unnest(%(names)s::text[], %(keys)s::text[]) AS a (name, key) CROSS JOIN LATERAL (
    SELECT id, message_id, body FROM messages
    WHERE place = hashtextextended(a.name || E'\n' || a.key, 2) AND name = a.name AND key = a.key
        AND kept_until > (SELECT wayline_now())
    ORDER BY id
    LIMIT 20
) AS m
ORDER BY m.id;

-- name: longest_wait
SELECT process_id, n FROM waits
WHERE place = hashtextextended(%(name)s::text || E'\n' || %(key)s::text, 2) AND name = %(name)s AND key = %(key)s
    AND bound_message IS NULL
ORDER BY since, id
LIMIT 1;

-- name: keep_message
INSERT INTO messages (message_id, name, key, body, kept_until)
VALUES (%(id)s, %(name)s, %(key)s, %(body)s::json, %(until)s);

-- name: forget_messages
WITH past AS (
    SELECT id FROM messages WHERE kept_until <= (SELECT wayline_now())
    ORDER BY kept_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
DELETE FROM messages AS m USING past WHERE m.id = past.id;

-- name: now
SELECT wayline_now() AS now;

-- name: advance_clock
SELECT wayline_advance_clock(%(goal)s) AS now;

-- name: next_due
-- The first of each kind after now. What is due by now is the workers' to do, not to be waited for.
SELECT min(due_at) AS due FROM (
    (SELECT due_at FROM timers WHERE NOT standing AND due_at > (SELECT wayline_now()) AND due_at <= %(until)s
    ORDER BY due_at LIMIT 1)
    UNION ALL
    (SELECT min(due_at) FROM work
    WHERE lease_until IS NULL AND NOT standing AND due_at > (SELECT wayline_now()) AND due_at <= %(until)s)
    UNION ALL
    (SELECT lease_until FROM work
    WHERE NOT standing AND lease_until > (SELECT wayline_now()) AND lease_until <= %(until)s
    ORDER BY lease_until LIMIT 1)
    UNION ALL
    (SELECT sla_next_at FROM tasks WHERE sla_next_at > (SELECT wayline_now()) AND sla_next_at <= %(until)s
    ORDER BY sla_next_at LIMIT 1)
    UNION ALL
    (SELECT next_at FROM watches WHERE next_at > (SELECT wayline_now()) AND next_at <= %(until)s
    ORDER BY next_at LIMIT 1)
) AS coming;

-- name: settled
-- Only a sandbox asks, which is small; put off are only commands that failed in a way nobody expected.
SELECT NOT EXISTS (
        SELECT FROM commands AS c
        WHERE NOT EXISTS (
            SELECT FROM commands AS before
            WHERE before.process_id = c.process_id AND before.id <= c.id AND before.next_at > (SELECT wayline_now())))
    AND NOT EXISTS (SELECT FROM timers WHERE NOT standing AND due_at <= (SELECT wayline_now()))
    AND NOT EXISTS (SELECT FROM tasks WHERE sla_next_at <= (SELECT wayline_now()))
    AND NOT EXISTS (SELECT FROM watches WHERE next_at <= (SELECT wayline_now()))
    AND NOT EXISTS (SELECT FROM assignment_queue WHERE next_at <= (SELECT wayline_now()))
    AND NOT EXISTS (SELECT FROM work WHERE NOT standing AND lease_until <= (SELECT wayline_now())) AS settled;
