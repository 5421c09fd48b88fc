-- Configurations of service levels, and the calendars that they count in.

-- name: put_configuration
-- The same document changes nothing and is not audited.
WITH put AS (
    INSERT INTO sla_configs (id, document, changed_by)
    VALUES (%(id)s, %(document)s::json, %(by)s)
    ON CONFLICT (id) DO UPDATE SET
        version = nextval('sla_config_versions'), document = excluded.document, changed_at = wayline_now(),
        changed_by = excluded.changed_by
        WHERE sla_configs.document::text <> excluded.document::text
    RETURNING id, version
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'sla_config.put', %(by)s, id, jsonb_build_object('version', version) FROM put;

-- name: count_in_calendars
-- Those that are there stay while the configuration names them. Says how many there are.
WITH dropped AS (
    DELETE FROM sla_config_calendars WHERE config = %(id)s AND calendar <> ALL (%(calendars)s::text[])
), there AS (
    SELECT id FROM calendars WHERE id = ANY (%(calendars)s::text[]) ORDER BY id FOR KEY SHARE
), kept AS (
    INSERT INTO sla_config_calendars (config, calendar)
    SELECT %(id)s, id FROM there
    ON CONFLICT DO NOTHING
)
SELECT count(*) AS found FROM there;

-- name: delete_configuration
WITH deleted AS (
    DELETE FROM sla_configs WHERE id = %(id)s RETURNING id, version
)
INSERT INTO audit_events (type, actor, subject, payload)
SELECT 'sla_config.deleted', %(by)s, id, jsonb_build_object('version', version) FROM deleted;

-- name: configuration_records
SELECT id, version, document::text AS document, created_at, changed_at, changed_by
FROM sla_configs
WHERE (%(ids)s::text[] IS NULL OR id = ANY (%(ids)s::text[])) AND id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: configuration_versions
SELECT id, version FROM sla_configs;
