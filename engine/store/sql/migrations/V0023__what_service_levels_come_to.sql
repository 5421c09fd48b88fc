-- What service levels come to: what is at risk or breached now, and what was met or breached in a stretch of time.

-- `at_risk` or `breached`. Null for nearly all, where it takes no room and is in none of the indexes below.
ALTER TABLE tasks ADD COLUMN sla_alert text;
ALTER TABLE watches ADD COLUMN target_at timestamptz, ADD COLUMN alert text;

-- Breaches by the moment of the target; what is open and at risk or breached, in the order of the inbox; and what is
-- over, for figures of a stretch of time.
CREATE INDEX tasks_breached ON tasks (sla_target_at, process_id, n) WHERE sla_alert = 'breached';
CREATE INDEX tasks_alerts ON tasks (role, urgency, due_order, created_at, process_id, n) INCLUDE (atom, sla_alert)
    WHERE ended_at IS NULL AND sla_alert IS NOT NULL;
CREATE INDEX tasks_verdicts ON tasks (ended_at) WHERE ended_at IS NOT NULL AND sla IS NOT NULL;
CREATE INDEX watches_breached ON watches (target_at, process_id, n) WHERE alert = 'breached';
CREATE INDEX watches_alerts ON watches (alert) WHERE ended_at IS NULL AND alert IS NOT NULL;
CREATE INDEX watches_verdicts ON watches (ended_at) WHERE ended_at IS NOT NULL;

-- Every task and watch with its clock, which not all tasks have: a condition here would keep statements from walking
-- along the indexes of both in their order.
DROP VIEW sla_metrics;
CREATE VIEW sla_clocks AS
SELECT process_id, true AS of_task, n, 'task' AS subject, atom, visit, NULL AS part, name, role, assignee, delegated_by,
    escalated_to, status, sla, sla_alert AS alert, sla_target_at AS target_at, sla_next_at AS next_at, ended_at
FROM tasks
UNION ALL
SELECT process_id, false, n, subject, atom, visit, part, coalesce(part, atom), NULL, NULL, NULL, NULL, NULL, sla, alert,
    target_at, next_at, ended_at
FROM watches;

-- Every clock, running or over, with the case, and with who has seen a breach. `state` is on_track, at_risk, breached
-- or met; over and neither of the last two where its work was given up. Moments are exact; `standing` has no target, but
-- so much left of it.
CREATE VIEW sla_metrics AS
SELECT c.process_id, c.of_task, c.n, c.subject, c.atom, c.visit, c.part, c.role, c.assignee, p.journey,
    p.journey_version, p.title AS process_title, c.name, c.sla ->> 'level' AS level, c.sla ->> 'state' AS state,
    (c.sla ->> 'since')::timestamptz AS started_at, c.target_at,
    CASE WHEN c.sla ->> 'state' <> 'on_track' THEN (c.sla ->> 'warn_at')::timestamptz END AS at_risk_at,
    CASE WHEN c.alert = 'breached' THEN c.target_at END AS breached_at,
    CASE WHEN c.sla ->> 'state' = 'met' THEN c.ended_at END AS met_at, c.ended_at,
    (c.sla ->> 'escalated')::integer AS escalated, (c.sla ->> 'standing')::boolean AS standing,
    c.sla ->> 'target_left' AS target_left, c.sla ->> 'calendar' AS calendar, c.next_at,
    a.at AS acknowledged_at, a.by AS acknowledged_by, a.note, c.alert, c.status, c.delegated_by, c.escalated_to,
    p.owner, p.initiated_by
FROM sla_clocks AS c
JOIN process_instances AS p ON p.id = c.process_id
LEFT JOIN sla_acknowledgements AS a
    ON a.process_id = c.process_id AND a.of_task = c.of_task AND a.n = c.n
WHERE c.sla IS NOT NULL;

-- Tasks as their readers see them, with their clocks.
CREATE OR REPLACE VIEW task_summaries AS
SELECT t.process_id, t.n, t.kind, p.title AS process_title, p.journey, t.atom, t.visit, t.item_index, t.name,
    t.description, t.optional, t.role, t.assignee, t.delegated_by, t.seeking, t.escalations, t.status, t.priority,
    t.due_at,
    coalesce(t.input, p.context) AS input, t.output, t.created_at, t.started_at, t.ended_at, t.version, t.urgency,
    t.due_order, t.escalated_to, t.sla::text AS sla, t.sla_alert
FROM tasks AS t JOIN process_instances AS p ON p.id = t.process_id;
