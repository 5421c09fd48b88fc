-- The events as the projection follows them: in the order (xid, id), nothing above the oldest transaction under way.

-- name: epoch
-- With what a restore changes by itself, as the id alone comes back with the rest of the database.
SELECT concat_ws('/', id, wayline_cluster(), wayline_timeline()) AS epoch FROM epoch;

-- name: events_after
-- Ordered by the column: a bare `xid` would be the text that is selected, where '1000' comes before '998'. The epoch and
-- the time are asked for once for all rows.
SELECT process_id, seq, id, xid::text AS xid, at, type, actor, atom, visit, task, payload::text AS payload,
    (SELECT concat_ws('/', id, wayline_cluster(), wayline_timeline()) FROM epoch) AS epoch, (SELECT wayline_now()) AS now
FROM process_events
WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY process_events.xid, id
LIMIT %(limit)s;

-- name: events_of_types_after
-- Of the next events those of some types, and of the last one that was looked at its place: payloads are what costs.
WITH scanned AS MATERIALIZED (
    SELECT process_id, seq, id, xid, at, type, actor, atom, visit, task, payload
    FROM process_events
    WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY process_events.xid, id
    LIMIT %(limit)s
), last AS (
    SELECT xid, id FROM scanned ORDER BY scanned.xid DESC, id DESC LIMIT 1
)
SELECT process_id, seq, id, xid::text AS xid, at, type, actor, atom, visit, task,
    CASE WHEN type = ANY (%(types)s::text[]) THEN payload::text END AS payload,
    (SELECT concat_ws('/', id, wayline_cluster(), wayline_timeline()) FROM epoch) AS epoch, (SELECT wayline_now()) AS now
FROM scanned
WHERE type = ANY (%(types)s::text[]) OR (xid, id) = (SELECT xid, id FROM last)
ORDER BY scanned.xid, id;

-- name: lag
-- What no reader may see yet is counted too: it waits all the same.
SELECT count(*) AS events, coalesce(extract(epoch FROM wayline_now() - min(at)), 0)::double precision AS seconds
FROM (
    SELECT at FROM process_events
    WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint)
    ORDER BY xid, id
    LIMIT %(most)s
) AS waiting;

-- name: held_back
-- What is committed, but not below the oldest transaction under way, whose process only its own role may see.
SELECT count(*) AS events, coalesce(extract(epoch FROM wayline_now() - min(at)), 0)::double precision AS seconds,
    (SELECT pid FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY age(backend_xid) DESC LIMIT 1) AS pid
FROM (
    SELECT at FROM process_events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id LIMIT %(most)s
) AS waiting;

-- name: newest_event
SELECT id FROM process_events ORDER BY process_events.xid DESC, id DESC LIMIT 1;

-- name: try_prune
SELECT pg_try_advisory_xact_lock(hashtextextended('wayline prune', 0)) AS taken;

-- name: prune
SELECT wayline_make_partitions(), wayline_drop_keys(%(age)s::interval);
