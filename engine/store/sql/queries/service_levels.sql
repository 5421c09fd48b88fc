-- What service levels come to: breaches, verdicts of a stretch of time, and what is at risk or breached now.

-- name: list_breaches
-- Newest first, or one. Who sees a task is said as in tasks.sql, who sees a process as in processes.sql; whoever looks
-- after the whole (`monitors`) sees all. The first condition on the moment lets a page begin in the middle of an index.
SELECT m.process_id, m.of_task, m.n, m.subject, m.process_title, m.journey, m.atom, m.visit, m.part, m.name, m.role,
    m.assignee, m.status, m.level, m.started_at, m.target_at AS breached_at, m.ended_at, m.escalated, m.acknowledged_at,
    m.acknowledged_by, m.note
FROM sla_metrics AS m
WHERE m.alert = 'breached'
    AND (%(at)s::timestamptz IS NULL OR m.target_at <= %(at)s)
    AND (%(at)s::timestamptz IS NULL
        OR (m.target_at, m.process_id, m.n, m.of_task) < (%(at)s, %(id)s::text, %(n)s::integer, %(task)s::boolean))
    AND (%(process)s::text IS NULL OR m.process_id = %(process)s)
    AND (%(of_task)s::boolean IS NULL OR m.of_task = %(of_task)s)
    AND (%(number)s::integer IS NULL OR m.n = %(number)s)
    AND (%(level)s::text IS NULL OR m.level = %(level)s)
    AND (%(journey)s::text IS NULL OR m.journey = %(journey)s)
    AND (%(role)s::text IS NULL OR m.role = %(role)s)
    AND (%(assignee)s::text IS NULL OR m.assignee = %(assignee)s)
    AND (%(open)s::boolean IS NULL OR %(open)s = (m.ended_at IS NULL))
    AND (%(acknowledged)s::boolean IS NULL OR %(acknowledged)s = (m.acknowledged_at IS NOT NULL))
    AND (%(monitors)s OR CASE WHEN m.of_task
        THEN %(every_task)s OR m.assignee = ANY (%(people)s::text[]) OR m.role = ANY (%(roles)s::text[])
            OR m.delegated_by = %(caller)s OR m.escalated_to = ANY (%(roles)s::text[])
        ELSE %(everything)s OR m.initiated_by = %(caller)s OR m.owner = %(caller)s OR EXISTS (
            SELECT FROM tasks AS t WHERE t.process_id = m.process_id
                AND (%(every_task)s OR t.assignee = ANY (%(people)s::text[]) OR t.role = ANY (%(roles)s::text[])
                    OR t.delegated_by = %(caller)s OR t.escalated_to = ANY (%(roles)s::text[])))
        END)
ORDER BY m.target_at DESC, m.process_id DESC, m.n DESC, m.of_task DESC
LIMIT %(limit)s;

-- name: acknowledge_breach
-- Nothing where somebody did before: they wait for each other at the key.
WITH seen AS (
    INSERT INTO sla_acknowledgements (process_id, of_task, n, note, by)
    VALUES (%(process)s, %(of_task)s, %(n)s, %(note)s, %(by)s)
    ON CONFLICT DO NOTHING
    RETURNING process_id, of_task, n
), audited AS (
    INSERT INTO audit_events (type, actor, subject, payload)
    SELECT 'breach.acknowledged', %(by)s, process_id, jsonb_build_object('of_task', of_task, 'n', n) FROM seen
)
SELECT n FROM seen;

-- name: count_verdicts
-- Met at its end, breached at its target: the newest `most` of each in this time, by level. How long what is over took
-- is all time that passed. There is a row without a level where none was found.
WITH over AS MATERIALIZED (
    SELECT c.process_id, c.subject, c.sla ->> 'level' AS level, c.sla ->> 'state' = 'met' AS met, false AS breached,
        extract(epoch FROM c.ended_at - (c.sla ->> 'since')::timestamptz)::float8 AS seconds
    FROM sla_clocks AS c
    WHERE c.sla IS NOT NULL AND c.ended_at >= %(since)s AND c.ended_at < %(until)s
        AND c.alert IS DISTINCT FROM 'breached'
    ORDER BY c.ended_at DESC LIMIT %(most)s
), late AS MATERIALIZED (
    SELECT c.process_id, c.subject, c.sla ->> 'level' AS level, false AS met, true AS breached,
        extract(epoch FROM c.ended_at - (c.sla ->> 'since')::timestamptz)::float8 AS seconds
    FROM sla_clocks AS c
    WHERE c.target_at >= %(since)s AND c.target_at < %(until)s AND c.alert = 'breached'
    ORDER BY c.target_at DESC LIMIT %(most)s
), verdicts AS (
    SELECT v.subject, v.breached, v.level COLLATE "C" AS level, v.seconds
    FROM (SELECT * FROM over UNION ALL SELECT * FROM late) AS v
    WHERE (v.met OR v.breached) AND (%(level)s::text IS NULL OR v.level = %(level)s)
        AND (%(journey)s::text IS NULL OR v.process_id IN (
            SELECT id FROM process_instances WHERE journey = %(journey)s))
)
SELECT g.*, whole.complete
FROM (SELECT (SELECT count(*) FROM over) < %(most)s AND (SELECT count(*) FROM late) < %(most)s AS complete) AS whole
LEFT JOIN (
    SELECT level, subject, count(*) FILTER (WHERE NOT breached) AS met, count(*) FILTER (WHERE breached) AS breached,
        round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::numeric, 3)::float8 AS p50_seconds,
        round(percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)::numeric, 3)::float8 AS p90_seconds
    FROM verdicts
    WHERE %(after)s::text IS NULL OR (level, subject) > (%(after)s COLLATE "C", %(after_of)s::text)
    GROUP BY level, subject
    ORDER BY level, subject
    LIMIT %(limit)s
) AS g ON true
ORDER BY g.level, g.subject;

-- name: count_alerts
-- What is open and at risk or breached, by level.
SELECT (c.sla ->> 'level') COLLATE "C" AS level, c.subject, count(*) FILTER (WHERE c.alert = 'at_risk') AS at_risk,
    count(*) FILTER (WHERE c.alert = 'breached') AS breached
FROM sla_clocks AS c
WHERE c.ended_at IS NULL AND c.alert IS NOT NULL AND (%(level)s::text IS NULL OR c.sla ->> 'level' = %(level)s)
    AND (%(journey)s::text IS NULL OR c.process_id IN (SELECT id FROM process_instances WHERE journey = %(journey)s))
    AND (%(after)s::text IS NULL
        OR ((c.sla ->> 'level') COLLATE "C", c.subject) > (%(after)s COLLATE "C", %(after_of)s::text))
GROUP BY 1, 2
ORDER BY 1, 2
LIMIT %(limit)s;

-- name: count_verdicts_since
-- For each level that is asked for, since each of the moments asked for; the newest `most` of each kind.
WITH asked AS (
    SELECT * FROM unnest(%(levels)s::text[], %(moments)s::timestamptz[]) AS a (level, since)
), over AS MATERIALIZED (
    SELECT c.sla ->> 'level' AS level, c.sla ->> 'state' = 'met' AS met, false AS breached, c.ended_at AS at
    FROM sla_clocks AS c
    WHERE c.sla IS NOT NULL AND c.ended_at >= %(since)s AND c.ended_at < %(until)s
        AND c.alert IS DISTINCT FROM 'breached'
    ORDER BY c.ended_at DESC LIMIT %(most)s
), late AS MATERIALIZED (
    SELECT c.sla ->> 'level' AS level, false AS met, true AS breached, c.target_at AS at
    FROM sla_clocks AS c
    WHERE c.target_at >= %(since)s AND c.target_at < %(until)s AND c.alert = 'breached'
    ORDER BY c.target_at DESC LIMIT %(most)s
), verdicts AS (
    SELECT v.at, v.breached, v.level
    FROM (SELECT * FROM over UNION ALL SELECT * FROM late) AS v
    WHERE (v.met OR v.breached) AND v.level = ANY (%(levels)s::text[])
)
SELECT a.level, a.since, count(*) FILTER (WHERE NOT v.breached) AS met, count(*) FILTER (WHERE v.breached) AS breached,
    (SELECT count(*) FROM over) < %(most)s AND (SELECT count(*) FROM late) < %(most)s AS complete
FROM asked AS a LEFT JOIN verdicts AS v ON v.level = a.level AND v.at >= a.since
GROUP BY a.level, a.since;

-- name: clocks_standing
-- What is open and at risk or breached, and for how long the oldest mark has been passed and not been noted.
SELECT (SELECT count(*) FROM tasks WHERE ended_at IS NULL AND sla_alert IS NOT NULL AND sla_alert = 'at_risk')
        + (SELECT count(*) FROM watches WHERE ended_at IS NULL AND alert = 'at_risk') AS at_risk,
    (SELECT count(*) FROM tasks WHERE ended_at IS NULL AND sla_alert IS NOT NULL AND sla_alert = 'breached')
        + (SELECT count(*) FROM watches WHERE ended_at IS NULL AND alert = 'breached') AS breached,
    greatest(0, extract(epoch FROM wayline_now() - least(
        (SELECT min(sla_next_at) FROM tasks WHERE sla_next_at IS NOT NULL),
        (SELECT min(next_at) FROM watches WHERE next_at IS NOT NULL))))::float8 AS lag;
