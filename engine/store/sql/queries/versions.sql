-- Journeys and their versions.

-- name: save_journey
INSERT INTO journeys (journey, name) VALUES (%(journey)s, %(name)s)
ON CONFLICT (journey) DO UPDATE SET name = excluded.name WHERE journeys.name <> excluded.name;

-- name: save_draft
-- Another content takes a draft off its way to Neo4j: what is under way there must not be published as this one.
INSERT INTO journey_versions (journey, version, name, hash, document, media, sensitive)
VALUES (%(journey)s, %(version)s, %(name)s, %(hash)s, %(document)s, %(media)s, %(sensitive)s::text[])
ON CONFLICT (journey, version) DO UPDATE SET
    name = excluded.name, hash = excluded.hash, document = excluded.document, media = excluded.media,
    sensitive = excluded.sensitive,
    publishing = journey_versions.publishing AND journey_versions.hash = excluded.hash
WHERE journey_versions.status = 'draft';

-- name: version
SELECT journey, version, name, status, hash, document, media, created_at, published_at, publishing,
    routes::text AS routes, routes_hash
FROM journey_versions WHERE journey = %(journey)s AND version = %(version)s;

-- name: lock_version
SELECT status, hash FROM journey_versions WHERE journey = %(journey)s AND version = %(version)s FOR UPDATE;

-- name: mark_publishing
UPDATE journey_versions SET publishing = true
WHERE journey = %(journey)s AND version = %(version)s AND status = 'draft';

-- name: publish
UPDATE journey_versions SET
    status = 'published', publishing = false, published_at = wayline_now(),
    routes = %(routes)s::json, routes_hash = %(routes_hash)s
WHERE journey = %(journey)s AND version = %(version)s AND status = 'draft' AND hash = %(hash)s;

-- name: sensitive_names
SELECT DISTINCT unnest(sensitive) AS name FROM journey_versions WHERE status <> 'draft' AND sensitive <> '{}';

-- name: retire
UPDATE journey_versions SET status = 'retired'
WHERE journey = %(journey)s AND version = %(version)s AND status = 'published';

-- name: pause
UPDATE journeys SET paused = %(paused)s WHERE journey = %(journey)s AND paused <> %(paused)s;

-- name: audit
INSERT INTO audit_events (type, actor, subject, payload)
VALUES (%(type)s, %(actor)s, %(subject)s, %(payload)s::jsonb);

-- name: journey_records
SELECT j.journey, j.name, j.paused, coalesce((
    SELECT json_agg(json_build_array(v.version, v.status) ORDER BY v.created_at, v.version)
    FROM journey_versions AS v WHERE v.journey = j.journey), '[]') AS versions
FROM journeys AS j
WHERE (%(journey)s::text IS NULL OR j.journey = %(journey)s)
    AND (%(after)s::text IS NULL OR j.journey > %(after)s)
ORDER BY j.journey
LIMIT %(limit)s;

-- name: unfinished
SELECT journey, version FROM journey_versions WHERE publishing ORDER BY journey, version;

-- name: published
SELECT journey, version, status FROM journey_versions WHERE status <> 'draft' ORDER BY journey, version;
