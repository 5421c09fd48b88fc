-- Webhooks, and what was sent to each.

-- name: all_webhooks
SELECT id, url, description, kinds, secret, active, failing_since, stopped_because, created_at, created_by
FROM webhooks ORDER BY id;

-- name: webhook
SELECT id, url, description, kinds, secret, active, failing_since, stopped_because, created_at, created_by
FROM webhooks WHERE id = %(id)s;

-- name: lock_webhooks
-- Two that count at once would both find room for one more.
SELECT pg_advisory_xact_lock(hashtextextended('wayline webhooks', 0));

-- name: create_webhook
WITH created AS (
    INSERT INTO webhooks (id, url, description, kinds, secret, created_by)
    SELECT %(id)s, %(url)s, %(description)s, %(kinds)s::text[], %(secret)s, %(by)s
    WHERE (SELECT count(*) FROM webhooks) < %(most)s
    RETURNING *
), audited AS (
    INSERT INTO audit_events (type, actor, subject, payload)
    SELECT 'webhook.created', %(by)s, id, jsonb_build_object('kinds', kinds) FROM created
)
SELECT id, url, description, kinds, secret, active, failing_since, stopped_because, created_at, created_by FROM created;

-- name: change_webhook
-- Made active, it is tried at once; whatever it failed by was of the time before.
WITH changed AS (
    UPDATE webhooks SET url = coalesce(%(url)s, url), description = coalesce(%(description)s, description),
        kinds = coalesce(%(kinds)s::text[], kinds), active = coalesce(%(active)s, active),
        stopped_because = CASE WHEN coalesce(%(active)s, active) THEN NULL ELSE stopped_because END,
        failing_since = CASE WHEN %(active)s THEN NULL ELSE failing_since END,
        rests_until = CASE WHEN %(active)s THEN NULL ELSE rests_until END
    WHERE id = %(id)s
    RETURNING *
), audited AS (
    INSERT INTO audit_events (type, actor, subject, payload)
    SELECT 'webhook.changed', %(by)s, id, jsonb_build_object('kinds', kinds, 'active', active) FROM changed
)
SELECT id, url, description, kinds, secret, active, failing_since, stopped_because, created_at, created_by FROM changed;

-- name: delete_webhook
WITH deleted AS (
    DELETE FROM webhooks WHERE id = %(id)s RETURNING id
)
INSERT INTO audit_events (type, actor, subject) SELECT 'webhook.deleted', %(by)s, id FROM deleted;

-- name: list_deliveries
SELECT id::text AS id, kind, state, attempts, next_at, why, created_at, ended_at
FROM deliveries
WHERE webhook_id = %(webhook)s AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(after)s::timestamptz IS NULL OR (created_at, id) < (%(after)s, %(id)s::uuid))
ORDER BY created_at DESC, deliveries.id DESC
LIMIT %(limit)s;

-- name: send_again
WITH failed AS (
    SELECT id FROM deliveries WHERE webhook_id = %(webhook)s AND state = 'failed'
    ORDER BY created_at DESC, id DESC LIMIT %(limit)s
    FOR UPDATE
), again AS (
    UPDATE deliveries AS d SET state = 'waiting', attempts = 0, next_at = wayline_now(), ended_at = NULL
    FROM failed WHERE d.id = failed.id
    RETURNING d.id
), audited AS (
    INSERT INTO audit_events (type, actor, subject, payload)
    SELECT 'webhook.sent_again', %(by)s, %(webhook)s, jsonb_build_object('deliveries', count(*)) FROM again
)
SELECT count(*) AS count FROM again;
