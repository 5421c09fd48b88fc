-- What people and webhooks are told of events, and the lists of users.

-- name: told
-- How far, and the epoch of the database now.
SELECT t.epoch, t.xid::text AS xid, t.id, t.at, concat_ws('/', e.id, wayline_cluster(), wayline_timeline()) AS present
FROM told AS t, epoch AS e;

-- name: begin_telling_anew
-- The events of a database that was restored have other transaction numbers. Those it may not have told of are at most
-- `overlap` older than the last that it did; telling of one twice changes nothing. Only from the epoch that was seen.
UPDATE told SET epoch = %(present)s, (xid, id) = (
    SELECT coalesce(first.xid, pg_snapshot_xmin(pg_current_snapshot())), coalesce(first.id - 1, 0)
    FROM (SELECT) AS one LEFT JOIN LATERAL (
        SELECT e.xid, e.id FROM process_events AS e WHERE e.at >= told.at - %(overlap)s::interval
        ORDER BY e.xid, e.id LIMIT 1
    ) AS first ON true)
WHERE epoch = %(epoch)s;

-- name: cases_of
SELECT id AS process, journey, journey_version AS version, business_key, owner, initiated_by, parent IS NOT NULL AS child
FROM process_instances WHERE id = ANY (%(processes)s::text[]);

-- name: work_of
SELECT t.process_id AS process, t.n, t.name, t.role, t.assignee,
    t.ended_at IS NULL AND t.sla_alert IS NOT DISTINCT FROM 'at_risk' AS at_risk
FROM unnest(%(processes)s::text[], %(tasks)s::integer[]) AS wanted (process_id, n)
JOIN tasks AS t ON t.process_id = wanted.process_id AND t.n = wanted.n;

-- name: preferences_of
SELECT user_id, channels, digest_at, time_zone FROM notification_preferences WHERE user_id = ANY (%(users)s::text[]);

-- name: hooks
SELECT id, kinds FROM webhooks WHERE active ORDER BY id;

-- name: tell
-- Nothing where another one has moved on from the same place meanwhile; its row is waited for.
WITH moved AS (
    UPDATE told SET xid = %(xid)s::text::xid8, id = %(id)s, at = greatest(at, %(at)s::timestamptz)
    WHERE epoch = %(epoch)s AND xid = %(was_xid)s::text::xid8 AND id = %(was_id)s
    RETURNING one
), noted AS (
    INSERT INTO notifications (id, user_id, kind, process_id, task, incident, atom, text, at)
    SELECT n.id, n."user", n.kind, n.process, n.task, n.incident, n.atom, n.text, n.at
    FROM moved, jsonb_to_recordset(%(notifications)s::jsonb) AS n (
        id uuid, "user" text, kind text, process text, task integer, incident integer, atom text, text text,
        at timestamptz)
    ON CONFLICT (id) DO NOTHING
), sent AS (
    INSERT INTO deliveries (id, channel, user_id, webhook_id, kind, message, next_at)
    SELECT s.id, s.channel, s."user", s.webhook, s.kind, s.message, wayline_now()
    FROM moved, jsonb_to_recordset(%(sendings)s::jsonb) AS s (
        id uuid, channel text, "user" text, webhook text, kind text, message jsonb)
    ON CONFLICT (id) DO NOTHING
)
SELECT EXISTS (SELECT FROM moved) AS moved;

-- name: list_notifications
-- Ordered by the column: a bare `id` would be the text that is selected, which no index has.
SELECT id::text AS id, user_id, kind, process_id, task, incident, atom, text, at, read_at
FROM notifications
WHERE user_id = %(user)s AND (%(after)s::timestamptz IS NULL OR (at, id) < (%(after)s, %(id)s::uuid))
ORDER BY at DESC, notifications.id DESC
LIMIT %(limit)s;

-- name: list_unread
-- As above, along an index of the unread alone.
SELECT id::text AS id, user_id, kind, process_id, task, incident, atom, text, at, read_at
FROM notifications
WHERE user_id = %(user)s AND read_at IS NULL
    AND (%(after)s::timestamptz IS NULL OR (at, id) < (%(after)s, %(id)s::uuid))
ORDER BY at DESC, notifications.id DESC
LIMIT %(limit)s;

-- name: count_unread
SELECT count(*) AS count FROM (
    SELECT FROM notifications WHERE user_id = %(user)s AND read_at IS NULL LIMIT %(most)s
) AS unread;

-- name: read_notification
UPDATE notifications SET read_at = coalesce(read_at, wayline_now()) WHERE id = %(id)s::uuid AND user_id = %(user)s
RETURNING id::text AS id, user_id, kind, process_id, task, incident, atom, text, at, read_at;

-- name: read_all
UPDATE notifications SET read_at = wayline_now()
WHERE user_id = %(user)s AND read_at IS NULL AND (%(until)s::timestamptz IS NULL OR at <= %(until)s);

-- name: prefer
INSERT INTO notification_preferences (user_id, channels, digest_at, time_zone, digest_due)
VALUES (%(user)s, %(channels)s::jsonb, %(digest_at)s, %(time_zone)s, %(digest_due)s)
ON CONFLICT (user_id) DO UPDATE SET channels = excluded.channels, digest_at = excluded.digest_at,
    time_zone = excluded.time_zone, digest_due = excluded.digest_due;

-- name: forget_notifications
DELETE FROM notifications WHERE id IN (
    SELECT id FROM notifications WHERE at < (SELECT wayline_now()) - %(age)s::interval ORDER BY at LIMIT %(limit)s);

-- name: forget_deliveries
-- What still waits after so long waits for a webhook that is gone, or no longer active.
DELETE FROM deliveries WHERE id IN (
    SELECT id FROM deliveries
    WHERE created_at < (SELECT wayline_now()) - %(age)s::interval ORDER BY created_at LIMIT %(limit)s);
