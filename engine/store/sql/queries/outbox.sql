-- The events as the projection follows them: in the order (xid, id), nothing above the oldest transaction under way.

-- name: epoch
-- With what a restore changes by itself, as the id alone comes back with the rest of the database.
SELECT concat_ws('/', id, wayline_cluster(), wayline_timeline()) AS epoch FROM epoch;

-- name: events_after
-- Ordered by the column: a bare `xid` would be the text that is selected, where '1000' comes before '998'.
SELECT process_id, seq, id, xid::text AS xid, at, type, actor, atom, visit, task, payload::text AS payload
FROM process_events
WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY process_events.xid, id
LIMIT %(limit)s;

-- name: lag
-- What no reader may see yet is counted too: it waits all the same.
SELECT count(*) AS events, coalesce(extract(epoch FROM wayline_now() - min(at)), 0)::double precision AS seconds
FROM (
    SELECT at FROM process_events
    WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s::bigint)
    ORDER BY xid, id
    LIMIT %(most)s
) AS waiting;

-- name: try_prune
SELECT pg_try_advisory_xact_lock(hashtextextended('wayline prune', 0)) AS taken;

-- name: prune
SELECT wayline_make_partitions(), wayline_drop_keys(%(age)s::interval);
