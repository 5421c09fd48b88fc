-- What is sent to people and webhooks.

-- name: claim_letters
WITH due AS (
    SELECT id FROM deliveries
    WHERE webhook_id IS NULL AND next_at <= (SELECT wayline_now()) AND NOT EXISTS (SELECT FROM workers_pause)
    ORDER BY next_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries AS d SET attempts = d.attempts + 1, next_at = wayline_now() + %(lease)s::interval
FROM due WHERE d.id = due.id
RETURNING d.id::text AS id, d.channel, d.kind, d.message, d.attempts AS attempt, d.user_id AS "user",
    d.webhook_id AS webhook, NULL AS url, NULL AS secret;

-- name: claim_messages
-- Of each webhook by itself, at most `room`, so that one that is slow leaves others theirs. Of one that did not answer
-- last a single one, to see whether it does now; none while it rests.
WITH clock AS MATERIALIZED (
    SELECT wayline_now() AS now
), due AS (
    SELECT d.id, w.url, w.secret
    FROM webhooks AS w CROSS JOIN LATERAL (
        SELECT id, next_at FROM deliveries
        WHERE webhook_id = w.id AND next_at <= (SELECT now FROM clock)
        ORDER BY next_at, id
        LIMIT CASE WHEN w.failing_since IS NULL THEN %(room)s ELSE 1 END
        FOR UPDATE SKIP LOCKED
    ) AS d
    WHERE w.active AND (w.rests_until IS NULL OR w.rests_until <= (SELECT now FROM clock))
        AND NOT EXISTS (SELECT FROM workers_pause)
    ORDER BY d.next_at, d.id
    LIMIT %(limit)s
)
UPDATE deliveries AS d SET attempts = d.attempts + 1, next_at = (SELECT now FROM clock) + %(lease)s::interval
FROM due WHERE d.id = due.id
RETURNING d.id::text AS id, d.channel, d.kind, d.message, d.attempts AS attempt, d.user_id AS "user",
    d.webhook_id AS webhook, due.url, due.secret;

-- name: settle_delivery
-- A webhook that fails rests for as long as it has failed by now, at least 5 s and at most 5 minutes. One that says that
-- it is gone, or has answered nothing for 3 days, is no longer active.
WITH clock AS MATERIALIZED (
    SELECT wayline_now() AS now
), settled AS (
    UPDATE deliveries SET state = %(state)s, why = %(why)s, next_at = (SELECT now FROM clock) + %(wait)s::interval,
        ended_at = CASE WHEN %(state)s <> 'waiting' THEN (SELECT now FROM clock) END
    WHERE id = %(id)s::uuid AND attempts = %(attempt)s AND state = 'waiting'
    RETURNING webhook_id
), heard AS (
    UPDATE webhooks SET failing_since = NULL, rests_until = NULL
    WHERE id IN (SELECT webhook_id FROM settled) AND %(state)s = 'delivered' AND failing_since IS NOT NULL
), missed AS (
    UPDATE webhooks SET
        failing_since = coalesce(failing_since, clock.now),
        rests_until = clock.now
            + least(greatest(clock.now - coalesce(failing_since, clock.now), interval '5 s'), interval '5 min'),
        active = active AND NOT %(gone)s AND coalesce(failing_since, clock.now) > clock.now - interval '3 days',
        stopped_because = CASE
            WHEN %(gone)s THEN 'It said that it is gone.'
            WHEN coalesce(failing_since, clock.now) <= clock.now - interval '3 days' THEN 'It took nothing for 3 days.'
            END
    FROM clock
    WHERE id IN (SELECT webhook_id FROM settled) AND %(state)s IN ('waiting', 'failed') AND active
    RETURNING id, active, stopped_because
), audited AS (
    INSERT INTO audit_events (type, actor, subject, payload)
    SELECT 'webhook.stopped', 'system', id, jsonb_build_object('reason', stopped_because) FROM missed WHERE NOT active
)
SELECT EXISTS (SELECT FROM settled) AS settled;

-- name: digests_due
WITH clock AS MATERIALIZED (
    SELECT wayline_now() AS now
)
SELECT clock.now, p.user_id AS "user", p.digest_at AS at, p.time_zone, p.digest_due AS due
FROM clock LEFT JOIN LATERAL (
    SELECT * FROM notification_preferences
    WHERE digest_due <= (SELECT now FROM clock) ORDER BY digest_due, user_id LIMIT %(limit)s
) AS p ON true;

-- name: plan_digests
-- Moves each on from when it was due, so that of two planners one does; the id is that of the user's day.
WITH planned AS (
    UPDATE notification_preferences AS p SET digest_due = given.due
    FROM jsonb_to_recordset(%(planned)s::jsonb) AS given (
        "user" text, id uuid, day date, was timestamptz, due timestamptz)
    WHERE p.user_id = given."user" AND p.digest_due = given.was
    RETURNING p.user_id, given.id, given.day
), made AS (
    INSERT INTO deliveries (id, channel, user_id, kind, message, next_at)
    SELECT id, 'digest', user_id, 'digest', jsonb_build_object('day', day), wayline_now() FROM planned
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT count(*) AS made FROM made;
