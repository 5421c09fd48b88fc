-- The pause of all workers.

-- name: current_pause
SELECT since, by, reason FROM workers_pause;

-- name: begin_pause
-- Gives nothing where there is a pause already.
INSERT INTO workers_pause (by, reason) VALUES (%(by)s, %(reason)s)
ON CONFLICT (one) DO NOTHING
RETURNING since, by, reason;

-- name: end_pause
DELETE FROM workers_pause RETURNING since, by, reason;

-- name: backlog
WITH clock AS MATERIALIZED (
    SELECT wayline_now() AS now
)
SELECT
    (SELECT count(*) FROM work
        WHERE lease_until IS NULL AND NOT standing AND due_at <= (SELECT now FROM clock)) AS work,
    (SELECT count(*) FROM timers WHERE NOT standing AND due_at <= (SELECT now FROM clock)) AS timers,
    (SELECT count(*) FROM commands) AS commands,
    (SELECT count(*) FROM work
        WHERE NOT standing AND lease_until IS NOT NULL AND lease_until > (SELECT now FROM clock)) AS held;
