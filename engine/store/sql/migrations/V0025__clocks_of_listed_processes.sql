-- Processes in lists with their own clocks, and with how many of what is open in each is at risk and late.
CREATE OR REPLACE VIEW process_summaries AS
SELECT p.id, p.title, p.journey, p.journey_version AS version, p.status, p.outcome, p.business_key, p.priority,
    p.initiated_by, p.owner, p.started_at, p.ended_at, p.due_at, p.context, p.compensating,
    p.parent ->> 'process' AS parent,
    (SELECT count(*) FROM tasks AS t WHERE t.process_id = p.id AND t.ended_at IS NULL AND t.kind <> 'system')
        AS open_tasks,
    (SELECT count(*) FROM incidents AS i WHERE i.process_id = p.id AND i.resolved_at IS NULL) AS incidents,
    (SELECT w.sla::text FROM watches AS w WHERE w.process_id = p.id AND w.subject = 'process' ORDER BY w.n DESC LIMIT 1)
        AS sla,
    (SELECT count(*) FROM sla_clocks AS c WHERE c.process_id = p.id AND c.ended_at IS NULL AND c.alert = 'at_risk')
        AS at_risk,
    (SELECT count(*) FROM sla_clocks AS c WHERE c.process_id = p.id AND c.ended_at IS NULL AND c.alert = 'breached')
        AS breached
FROM process_instances AS p;

CREATE OR REPLACE VIEW v_active_processes AS
SELECT * FROM process_summaries WHERE status IN ('pending', 'running', 'suspended');

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
