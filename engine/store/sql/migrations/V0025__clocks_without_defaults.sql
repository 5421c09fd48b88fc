-- Every clock, as before. One that never stood still and was never escalated does not say so any more.
CREATE OR REPLACE VIEW sla_metrics AS
SELECT c.process_id, c.of_task, c.n, c.subject, c.atom, c.visit, c.part, c.role, c.assignee, p.journey,
    p.journey_version, p.title AS process_title, c.name, c.sla ->> 'level' AS level, c.sla ->> 'state' AS state,
    (c.sla ->> 'since')::timestamptz AS started_at, c.target_at,
    CASE WHEN c.sla ->> 'state' <> 'on_track' THEN (c.sla ->> 'warn_at')::timestamptz END AS at_risk_at,
    CASE WHEN c.alert = 'breached' THEN c.target_at END AS breached_at,
    CASE WHEN c.sla ->> 'state' = 'met' THEN c.ended_at END AS met_at, c.ended_at,
    coalesce((c.sla ->> 'escalated')::integer, 0) AS escalated,
    coalesce((c.sla ->> 'standing')::boolean, false) AS standing,
    c.sla ->> 'target_left' AS target_left, c.sla ->> 'calendar' AS calendar, c.next_at,
    a.at AS acknowledged_at, a.by AS acknowledged_by, a.note, c.alert, c.status, c.delegated_by, c.escalated_to,
    p.owner, p.initiated_by
FROM sla_clocks AS c
JOIN process_instances AS p ON p.id = c.process_id
LEFT JOIN sla_acknowledgements AS a
    ON a.process_id = c.process_id AND a.of_task = c.of_task AND a.n = c.n
WHERE c.sla IS NOT NULL;
