-- Working calendars, and who counts in them.

-- name: put_calendar
-- The same document with the same holidays changes nothing and is not audited.
WITH put AS (
    INSERT INTO calendars (id, document, holidays, source, changed_by)
    VALUES (%(id)s, %(document)s::json, %(holidays)s::json, %(source)s, %(by)s)
    ON CONFLICT (id) DO UPDATE SET
        version = nextval('calendar_versions'), document = excluded.document, holidays = excluded.holidays,
        source = excluded.source, changed_at = wayline_now(), changed_by = excluded.changed_by
        WHERE calendars.document::text <> excluded.document::text
            OR calendars.holidays::text <> excluded.holidays::text
    RETURNING id, version
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'calendar.put', %(by)s, id, jsonb_build_object('version', version, 'source', %(source)s::text) FROM put;

-- name: lock_calendar
-- So that no version that counts in it is published from here on, and no configuration that does is put.
SELECT id FROM calendars WHERE id = %(id)s FOR UPDATE;

-- name: calendar_in_use
SELECT coalesce((
    SELECT array_agg(u.journey || '@' || u.version ORDER BY u.journey, u.version)
    FROM calendar_uses AS u WHERE u.calendar = c.id), '{}') AS used_by, coalesce((
    SELECT array_agg(s.config ORDER BY s.config)
    FROM sla_config_calendars AS s WHERE s.calendar = c.id), '{}') AS configurations, coalesce((
    SELECT array_agg(p.id) FROM (SELECT id FROM users WHERE calendar = c.id ORDER BY id LIMIT 20) AS p), '{}') AS users
FROM calendars AS c WHERE c.id = %(id)s;

-- name: delete_calendar
WITH deleted AS (
    DELETE FROM calendars WHERE id = %(id)s RETURNING id, version
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'calendar.deleted', %(by)s, id, jsonb_build_object('version', version) FROM deleted;

-- name: calendar_records
SELECT c.id, c.version, c.document::text AS document, c.holidays::text AS holidays, c.source, c.created_at,
    c.changed_at, c.changed_by, coalesce((
        SELECT array_agg(u.journey || '@' || u.version ORDER BY u.journey, u.version)
        FROM calendar_uses AS u WHERE u.calendar = c.id), '{}') AS used_by, coalesce((
        SELECT array_agg(s.config ORDER BY s.config)
        FROM sla_config_calendars AS s WHERE s.calendar = c.id), '{}') AS configurations
FROM calendars AS c
WHERE (%(ids)s::text[] IS NULL OR c.id = ANY (%(ids)s::text[])) AND c.id > %(after)s
ORDER BY c.id
LIMIT %(limit)s;

-- name: calendar_versions
SELECT id, version FROM calendars;

-- name: use_calendars
-- Those that are there stay until the version is published, and then because it is.
INSERT INTO calendar_uses (calendar, journey, version)
SELECT c.id, %(journey)s, %(version)s
FROM (SELECT id FROM calendars WHERE id = ANY (%(calendars)s::text[]) ORDER BY id FOR KEY SHARE) AS c;
