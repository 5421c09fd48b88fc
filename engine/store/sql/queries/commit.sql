-- One transaction on what runs, in the order of its locks: keys, processes, business keys. What it writes is in
-- sql/writes.

-- name: lock
-- Keys first, then processes. One row for each key over all partitions is held by its lock (R17): who comes later waits
-- for this commit. Processes that there are none of yet are locked, too: a child's start is taken up by one worker. All
-- waiting happens here, where nothing gives a transaction id yet: one drawn before a wait would put this transaction's
-- events before those of whom it waited for, and the outbox follows xids.
WITH keys AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock(place)) AS locks
    FROM (
        SELECT DISTINCT hashtextextended(caller || E'\n' || key, 0) AS place
        FROM unnest(%(callers)s::text[], %(keys)s::text[]) AS k (caller, key)
        ORDER BY place
    ) AS sorted
)
SELECT count(pg_advisory_xact_lock(hashtextextended(id, 1))) AS locks
FROM (SELECT unnest(%(ids)s::text[]) COLLATE "C" AS id ORDER BY 1) AS wanted
WHERE (SELECT locks FROM keys) >= 0;

-- name: look
-- After the locks, in a statement of its own: its snapshot sees what the last holder wrote. One row without a process
-- comes when none is asked for. `xid` is the transaction that wrote the process's row last, null where there is no such
-- process: it may have been posted its start. Most have been posted nothing and have no lease, which is seen for all
-- together.
SELECT clock.now, wanted.id, p.xmin::text AS xid, CASE WHEN found.posted THEN (
    SELECT json_agg(json_build_object(
        'id', c.id, 'process_id', c.process_id, 'from_process_id', c.from_process_id, 'kind', c.kind,
        'payload', c.payload, 'calls', c.calls, 'correlation_id', c.correlation_id,
        'put_off', coalesce(c.next_at > clock.now, false)) ORDER BY c.id)
    FROM (SELECT * FROM commands WHERE process_id = wanted.id ORDER BY id LIMIT 100) AS c
) END::text AS pending, CASE WHEN found.leased THEN (
    SELECT json_object_agg(w.n, json_build_object('token', w.token, 'worker', w.worker, 'until', w.lease_until))
    FROM work AS w WHERE w.process_id = wanted.id AND w.lease_until IS NOT NULL
) END::text AS leases, CASE WHEN coalesce(wanted.place, 1) = 1 THEN (
    SELECT json_agg(json_build_object(
        'caller', r.caller, 'key', r.key, 'fingerprint', r.fingerprint, 'status', r.status, 'body', r.body))
    FROM (
        SELECT DISTINCT ON (i.caller, i.key) i.caller, i.key, i.fingerprint, i.status, i.body
        FROM unnest(%(callers)s::text[], %(keys)s::text[]) AS k (caller, key)
        JOIN idempotency_keys AS i ON i.caller = k.caller AND i.key = k.key
        WHERE i.created_at > (SELECT wayline_now()) - %(age)s::interval
        ORDER BY i.caller, i.key, i.created_at DESC
    ) AS r
) END::text AS remembered
FROM (SELECT wayline_now() AS now) AS clock
CROSS JOIN (
    SELECT EXISTS (SELECT FROM commands WHERE process_id = ANY (%(ids)s::text[])) AS posted,
        EXISTS (SELECT FROM work WHERE process_id = ANY (%(ids)s::text[]) AND lease_until IS NOT NULL) AS leased
) AS found
LEFT JOIN unnest(%(ids)s::text[]) WITH ORDINALITY AS wanted (id, place) ON true
LEFT JOIN process_instances AS p ON p.id = wanted.id;

-- name: load_markings
SELECT m.id, m.marking FROM unnest(%(ids)s::text[]) AS wanted (id)
JOIN LATERAL (SELECT id, marking FROM markings WHERE markings.id = wanted.id OFFSET 0) AS m ON true;

-- name: take_business_keys
-- Waits for whoever is taking or giving back the same key. Sorted, so that two batches cannot wait for each other.
INSERT INTO business_keys (journey, business_key, process_id)
SELECT * FROM unnest(%(journeys)s::text[], %(keys)s::text[], %(processes)s::text[]) AS k (journey, key, process)
ORDER BY journey COLLATE "C", key COLLATE "C"
ON CONFLICT DO NOTHING;

-- name: business_key_holders
SELECT b.journey, b.business_key, b.process_id
FROM unnest(%(journeys)s::text[], %(keys)s::text[]) AS k (journey, key)
JOIN business_keys AS b ON b.journey = k.journey AND b.business_key = k.key;
